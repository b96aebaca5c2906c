"""weft fmt: printing, checking, showing and rewriting."""

import os
import pathlib
import shutil
import stat
import subprocess
import unittest

from weft_cli import SOURCE, WeftTest

UGLY = "group  web=app==\"web\"// w\r\nlabel app:string\r\n\r\n\r\npolicy p{ allow web->web:tcp / 80 }"
GOOD = "group web = app == \"web\"  // w\nlabel app : string\n\npolicy p {\n  allow web -> web : tcp/80\n}\n"
BROKEN = "group = web\n"


class Fmt(WeftTest):
    def read(self, name):
        return (self.at / name).read_bytes().decode("utf-8")

    def test_prints_one_file_or_standard_input(self):
        self.write("a.weft", UGLY)
        self.assertEqual(self.expect(0, "fmt", "a.weft").out, GOOD)
        self.assertEqual(self.expect(0, "fmt", "-", stdin=UGLY.encode()).out, GOOD)
        self.assertEqual(self.read("a.weft"), UGLY)
        self.write("b.weft", GOOD)
        outcome = self.expect(2, "fmt", "a.weft", "b.weft")
        self.assertIn("error W9001: several files are given", outcome.err)
        self.assertEqual(outcome.out, "")

    def test_writes_and_names_what_changed(self):
        self.write("a.weft", UGLY)
        self.write("b.weft", GOOD)
        (self.at / "a.weft").chmod(0o640)
        before = (self.at / "b.weft").stat()
        self.assertEqual(self.expect(0, "fmt", "-w", "a.weft", "b.weft").out, "a.weft\n")
        self.assertEqual(self.read("a.weft"), GOOD)
        self.assertEqual(stat.S_IMODE((self.at / "a.weft").stat().st_mode), 0o640)
        after = (self.at / "b.weft").stat()
        self.assertEqual((before.st_ino, before.st_mtime_ns), (after.st_ino, after.st_mtime_ns))
        self.assertEqual(self.expect(0, "fmt", "--write", "a.weft", "b.weft").out, "")
        self.assertEqual(sorted(os.listdir(self.at)), ["a.weft", "b.weft"])

    def test_a_link_stays_a_link(self):
        self.write("real/a.weft", UGLY)
        os.symlink("real/a.weft", self.at / "link.weft")
        self.expect(0, "fmt", "-w", "link.weft")
        self.assertTrue((self.at / "link.weft").is_symlink())
        self.assertEqual(self.read("real/a.weft"), GOOD)

    def test_check_lists_what_differs(self):
        self.write("a.weft", UGLY)
        self.write("b.weft", GOOD)
        outcome = self.expect(1, "fmt", "--check", ".")
        self.assertEqual((outcome.out, outcome.err), ("a.weft\n", ""))
        self.assertEqual(self.read("a.weft"), UGLY)
        self.assertEqual(self.expect(0, "fmt", "--check", "b.weft").out, "")

    def test_diff_can_be_applied(self):
        self.write("a.weft", UGLY.replace("\r", ""))
        outcome = self.expect(0, "fmt", "-d", "a.weft")
        self.assertTrue(outcome.out.startswith("--- a.weft\n+++ a.weft\n@@ -1,5 +1,6 @@\n"), outcome)
        self.assertIn("\\ No newline at end of file\n", outcome.out)
        self.assertEqual(self.expect(1, "fmt", "--diff", "--check", "a.weft").out, outcome.out)
        if shutil.which("patch"):
            subprocess.run(["patch", "-s", "-p0"], cwd=self.at, input=outcome.out.encode(), check=True)
            self.assertEqual(self.read("a.weft"), GOOD)

    def test_without_paths_nothing_is_rewritten_unasked(self):
        self.write("a.weft", UGLY)
        outcome = self.expect(2, "fmt", stdin=UGLY.encode())
        self.assertIn("error W9001: no file is named", outcome.err)
        self.assertEqual((outcome.out, self.read("a.weft")), ("", UGLY))

    def test_without_paths_everything_below_is_rewritten(self):
        self.write("z.weft", UGLY)
        self.write("sub/deep/a.weft", UGLY)
        self.write(".hidden/b.weft", UGLY)
        self.write("note.txt", UGLY)
        self.assertEqual(self.expect(0, "fmt", "--write").out, "sub/deep/a.weft\nz.weft\n")
        self.assertEqual((self.read("sub/deep/a.weft"), self.read(".hidden/b.weft")), (GOOD, UGLY))
        self.assertEqual(self.expect(0, "fmt", "--check").out, "")

    def test_without_paths_a_project_says_which_files(self):
        self.write("weft.toml", '[project]\nsources = ["policies/*.weft"]\n')
        self.write("policies/a.weft", UGLY)
        self.write("drafts/b.weft", UGLY)
        self.assertEqual(self.expect(1, "fmt", "--check").out, "policies/a.weft\n")
        self.assertEqual(self.expect(0, "fmt", "--write").out, "policies/a.weft\n")
        self.assertEqual(self.read("drafts/b.weft"), UGLY)
        self.write("weft.toml", 'sources = ["policies/*.weft"]\n')
        self.write("policies/a.weft", UGLY)
        self.assertEqual(self.expect(2, "fmt", "-w").out, "")
        self.assertEqual(self.read("policies/a.weft"), UGLY)

    def test_a_file_with_mistakes_is_left_alone_and_the_others_have_their_turn(self):
        self.write("a.weft", BROKEN)
        self.write("b.weft", UGLY)
        outcome = self.expect(2, "fmt", "--write", "a.weft", "b.weft", "missing.weft")
        self.assertIn("error W1001", outcome.err)
        self.assertIn("a.weft:1:7", outcome.err)
        self.assertIn("error W9002: there is no file or directory `missing.weft`", outcome.err)
        self.assertEqual(outcome.out, "b.weft\n")
        self.assertEqual((self.read("a.weft"), self.read("b.weft")), (BROKEN, GOOD))
        self.assertEqual(self.expect(2, "fmt", "-", stdin=BROKEN.encode()).out, "")

    def test_what_cannot_be_written_is_left_whole(self):
        if os.geteuid() == 0:
            self.skipTest("the superuser may write everything")
        self.write("a.weft", UGLY)
        (self.at / "a.weft").chmod(0o444)
        self.assertIn("error W9030: cannot write `a.weft`: Permission denied", self.expect(2, "fmt", "-w", "a.weft").err)
        self.assertEqual(self.read("a.weft"), UGLY)

    def test_a_file_past_the_limit_of_sizes_is_left_whole(self):
        self.write("a.weft", "".join(f"group  g{i} = app == \"{i}\"\n" for i in range(2000)))
        before = self.read("a.weft")
        process = subprocess.run(["sh", "-c", 'ulimit -f 8; exec "$WEFT_BINARY" fmt -w a.weft'], cwd=self.at, capture_output=True)
        self.assertEqual(process.returncode, 2, process)
        self.assertIn(b"error W9030: cannot write `a.weft`: File too large", process.stderr)
        self.assertEqual(self.read("a.weft"), before)
        self.assertEqual(os.listdir(self.at), ["a.weft"])

    def test_for_programs(self):
        self.write("a.weft", UGLY)
        self.write("b.weft", GOOD)
        self.assertEqual(self.expect(1, "fmt", "--check", "a.weft", "b.weft", "--format", "json").json(),
                         {"exit_code": 1, "files": [{"name": "a.weft", "changed": True}, {"name": "b.weft", "changed": False}]})
        self.assertEqual(self.expect(0, "fmt", "-", "--format", "json", stdin=UGLY.encode()).json(),
                         {"exit_code": 0, "files": [{"name": "<stdin>", "changed": True, "text": GOOD}]})
        self.assertIn("+label app : string", self.expect(0, "fmt", "-d", "a.weft", "--format", "json").json()["files"][0]["diff"])

    def test_words_that_do_not_go_together(self):
        self.assertIn("--write and --check are both given", self.expect(2, "fmt", "-w", "--check", "a.weft").err)
        self.assertIn("--write and --diff are both given", self.expect(2, "fmt", "-w", "-d", "a.weft").err)
        self.assertIn("standard input cannot be rewritten", self.expect(2, "fmt", "-w", "-").err)

    def test_the_examples_are_formatted(self):
        outcome = self.expect(0, "fmt", "--check", *map(str, sorted(pathlib.Path(SOURCE / "examples").rglob("*.weft"))))
        self.assertEqual(outcome.out, "")


if __name__ == "__main__":
    unittest.main()
