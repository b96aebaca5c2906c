"""Input that is wrong in every way: each a coded message, exit code 2, nothing written."""

import json
import os
import pathlib
import random
import re
import subprocess
import unittest

from weft_cli import BINARY, INVENTORY, POLICY, WeftTest, environment


class BadPolicy(WeftTest):
    def check(self, policy, code, message, place):
        """`weft check` refuses the text; `weft build` does too and writes nothing."""
        directory = self.project(policy)
        outcome = self.expect(2, "check", directory)
        errors = re.findall(r"(?m)^error (W\d{4}): (.*)$", outcome.err)
        self.assertIn(code, [found for found, _ in errors], outcome)
        self.assertRegex(outcome.err, message)
        self.assertIn(f"--> shop/policy.weft:{place}", outcome.err)
        self.assertIn("not checked", outcome.out)
        self.expect(2, "build", directory, "-o", "bundle")
        self.assertNotIn("bundle", os.listdir(self.at))
        return outcome

    def first_code(self, policy):
        return re.search(r"error (W\d{4})", self.expect(2, "check", self.project(policy)).err).group(1)

    def test_unknown_label(self):
        outcome = self.check(POLICY.replace("app == \"db\"", "ap == \"db\""), "W1003", "`ap`", "4:13")
        self.assertIn("did you mean `app`?", outcome.err)

    def test_duplicate_name(self):
        outcome = self.check(POLICY.replace("group db ", "group web"), "W1019", "`web`", "4:7")
        self.assertIn("policy.weft:3:7", outcome.err)  # where it is declared first

    def test_utf16(self):
        self.write("u.weft", POLICY.encode("utf-16"))
        self.assertIn("error W9017: `u.weft` is UTF-16 text\n  = help: save it as UTF-8\n", self.expect(2, "check", "u.weft").err)
        self.check(POLICY.encode("utf-16-be"), "W1005", "NUL", "1:1")

    def test_latin1(self):
        text = POLICY.replace("tiers app", "// caf\u00e9\ntiers app").encode("latin-1")
        self.check(text, "W1004", "UTF-8", "6:7")

    def test_empty_file(self):
        for text in ("", " \n\t\r\n"):
            self.check(text, "W9010", "`shop/policy.weft` is empty", "1:1")

    def test_ten_megabytes_of_garbage(self):
        noise = random.Random(1)
        for text in (noise.randbytes(10_000_000), bytes(noise.choices(b" \n\t{}()\"`abc:;->=!&|/\\0123456789.,", k=10_000_000))):
            outcome = self.expect(2, "check", self.project(text), timeout=120)
            self.assertLess(len(outcome.err), 200_000)
            self.assertLessEqual(len(re.findall(r"(?m)^error ", outcome.err)), 101)

    def test_ten_thousand_parentheses(self):
        for deep in ("(" * 10_000 + "app == \"db\"" + ")" * 10_000, "(" * 10_000, "!" * 10_000 + "workload"):
            with self.subTest(deep[:3]):
                self.check(POLICY.replace("app == \"db\"", deep), "W1010", "nested", "4:")

    def test_binary_zeroes(self):
        self.expect(2, "check", self.project(b"\0" * 1000))

    def test_several_mistakes_are_all_told(self):
        policy = POLICY.replace("app == \"db\"", "ap == \"db\"").replace("in app", "in ap").replace("tcp/5432", "tcp/99999")
        outcome = self.expect(2, "check", self.project(policy))
        self.assertGreaterEqual(len(re.findall(r"(?m)^error ", outcome.err)), 3, outcome)
        self.assertIn("shop: 3 errors\n", outcome.out)


class BadInventory(WeftTest):
    def check(self, inventory, message, place=None):
        directory = self.project(inventory=inventory)
        outcome = self.expect(2, "check", directory)
        self.assertRegex(outcome.err, r"error W2\d{3}: ")
        self.assertIn(message, outcome.err)
        if place:
            self.assertIn(f"--> shop/inventory.yaml:{place}", outcome.err)
        self.expect(2, "query", directory, "shop/web-1 -> shop/db-0 : tcp/5432")
        self.expect(2, "build", directory, "-o", "bundle")
        self.assertEqual(sorted(os.listdir(self.at)), ["shop"])
        return outcome

    def test_two_workloads_on_one_address(self):
        outcome = self.check(INVENTORY.replace("10.0.0.2", "10.0.0.1"), "10.0.0.1", "6:")
        self.assertIn("inventory.yaml:4:", outcome.err)  # who has it already

    def test_duplicate_name(self):
        self.check(INVENTORY.replace("shop/db-0", "shop/web-1"), "`shop/web-1`", "6:")

    def test_unknown_key(self):
        self.check(INVENTORY.replace("addresses: [10.0.0.2", "adresses: [10.0.0.2"), "`adresses`", "6:")

    def test_no_address(self):
        self.check(INVENTORY.replace("10.0.0.2", "10.0.0.300"), "10.0.0.300", "6:")

    def test_no_yaml(self):
        self.check("workloads: [", "", None)
        self.check(b"\xff\xfe" + INVENTORY.encode("utf-16-le"), "", None)
        self.check(random.Random(2).randbytes(1_000_000), "", None)

    def test_deep(self):
        self.check("[" * 100_000, "", None)
        self.check("{\"a\":" * 100_000, "", None)


class BadFiles(WeftTest):
    def test_missing(self):
        self.write("shop.weft", POLICY)
        outcome = self.expect(2, "check", "shpo.weft")
        self.assertEqual(outcome.err, "error W9002: there is no file or directory `shpo.weft`\n"
                                      "  = help: did you mean `shop.weft`?\n")
        self.assertIn("W9002", self.expect(2, "check", "shop.weft", "--inventory", "none.yaml").err)
        self.assertIn("W9002", self.expect(2, "query", "shop.weft", "--batch", "none.ndjson").err)

    def test_directory_without_policies(self):
        self.write("empty/readme.txt", "")
        self.assertIn("error W9004: the directory `empty` holds no file named `*.weft`", self.expect(2, "check", "empty").err)
        self.write("shop.weft", POLICY)
        self.assertIn("W9004", self.expect(2, "check", "shop.weft", "--inventory", "empty").err)

    def test_what_is_no_file(self):
        self.assertIn("error W9016: `/dev/zero` is a device, and no file", self.expect(2, "check", "/dev/zero").err)
        os.mkfifo(self.at / "pipe.weft")
        self.assertIn("error W9016: `pipe.weft` is a named pipe", self.expect(2, "check", "pipe.weft", timeout=10).err)

    def test_pipes_of_the_shell(self):
        self.write("p.weft", POLICY)
        self.write("i.yaml", INVENTORY)
        script = f"cat p.weft | '{BINARY}' check /dev/stdin --inventory <(cat i.yaml)"
        process = subprocess.run(["bash", "-c", script], cwd=self.at, env=environment(), capture_output=True, timeout=60)
        self.assertIn(b"1 rule, 2 workloads", process.stdout, process)

    def test_a_file_of_the_other_kind(self):
        self.write("p.weft", POLICY)
        self.write("i.yaml", INVENTORY)
        for words, name, kind, option in ((["i.yaml"], "i.yaml", "an inventory", "--inventory"),
                                          (["p.weft", "--inventory", "p.weft"], "p.weft", "a policy", "--policy")):
            outcome = self.expect(2, "check", *words)
            self.assertEqual(outcome.err, f"error W9015: `{name}` looks like {kind}\n  = help: give it with `{option} {name}`\n")

    def test_an_empty_name(self):
        self.write("p.weft", POLICY)
        self.assertIn("error W9001: the name of a policy is empty", self.expect(2, "check", "").err)
        self.assertIn("error W9001: the name of an inventory is empty", self.expect(2, "check", "p.weft", "--inventory", "").err)

    def test_a_file_named_twice(self):
        self.write("p.weft", POLICY)
        self.assertIn("p: 1 rule,", self.expect(0, "check", "p.weft", "./p.weft").out)

    def test_below_a_file(self):
        self.write("shop.weft", POLICY)
        self.assertIn("error W9003: cannot read `shop.weft/x`: Not a directory", self.expect(2, "check", "shop.weft/x").err)

    def test_standard_input_without_text(self):
        self.assertIn("error W9010: `<stdin>` is empty", self.expect(2, "check", "-").err)

    def test_names_with_odd_bytes_are_shown_escaped(self):
        self.assertIn("`no\\x1b\\x0afile`", self.expect(2, "check", "no\x1b\nfile").err)
        name = b"bad\xff.weft"
        self.assertIn("`bad\\xff.weft`", self.expect(2, "check", os.fsdecode(name)).err)


class Codes(WeftTest):
    """Codes travel: scripts match on them, so each kind of trouble of files and words keeps its own."""

    def test_codes_are_unique(self):
        source = pathlib.Path(__file__).resolve().parents[2]
        header = (source / "driver" / "codes.h").read_text()
        codes = re.findall(r'"(W9\d{3})"', header)
        self.assertEqual(len(codes), len(set(codes)))
        documented = (source / "docs" / "cli.md").read_text()
        for code in codes + ["W9001", "W9008", "W9009", "W9011", "W9013", "W9014"]:
            self.assertIn(code, documented)


if __name__ == "__main__":
    unittest.main()
