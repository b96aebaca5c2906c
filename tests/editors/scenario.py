"""The scenario every editor goes through with the language server.

Open scenario/before/shop.weft, see the mistake in it, apply its fix, rename a group (which another file speaks of as well, which
nobody has opened), undo and do it again, format, save. At the end the files are those of scenario/after, in every editor. There are
characters in front of every place that count differently in UTF-8 and UTF-16.
"""

import pathlib
import shutil
import subprocess

SCENARIO = pathlib.Path(__file__).parent / "scenario"
STEPS = ["finding W1006 at `=>`", "fix: `=>` is written `->`", "undone: true", "done"]


def prepare(folder):
    """Puts the policy to work on into a new directory under `folder`; that directory."""
    work = pathlib.Path(folder) / "work"
    shutil.copytree(SCENARIO / "before", work)
    return work


def commit(work):
    """Makes a repository of the directory, with what is in it as its only commit."""
    for words in (["init", "-q"], ["add", "."], ["-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "-q", "-m", "first"]):
        subprocess.run(["git", *words], cwd=work, check=True)


def files(folder):
    return {path.name: path.read_text() for path in sorted(pathlib.Path(folder).glob("*.weft"))}


def check(test, log, work):
    """Holds an editor to what it wrote down about each step, and to the files it left."""
    test.assertEqual(log.strip().split("\n"), STEPS)
    test.assertEqual(files(work), files(SCENARIO / "after"))
    test.assertNotEqual(files(SCENARIO / "before"), files(SCENARIO / "after"))
