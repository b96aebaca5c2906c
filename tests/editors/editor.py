"""Runs an editor without a screen, alone with the files of this repository: no configuration of the user is read."""

import os
import pathlib
import shutil
import subprocess
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
EDITORS = ROOT / "editors"


def needs(program, package):
    """Skips a test case, saying so, where `program` is absent."""
    return unittest.skipUnless(shutil.which(program), f"`{program}` is absent; apt-get install {package}")


def weft():
    """The program under test."""
    return os.environ["WEFT_BINARY"]


def run(arguments, home, seconds=60, cwd=None, **environment):
    """Runs one editor with an empty home directory; its standard output."""
    settings = {**os.environ, "HOME": str(home), "XDG_CONFIG_HOME": f"{home}/.config", "XDG_DATA_HOME": f"{home}/.local/share",
                "XDG_STATE_HOME": f"{home}/.local/state", "XDG_CACHE_HOME": f"{home}/.cache", "TERM": "dumb", **environment}
    done = subprocess.run([str(argument) for argument in arguments], env=settings, cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=seconds, check=False)
    if done.returncode != 0:
        raise AssertionError(f"{arguments[0]} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}")
    return done.stdout
