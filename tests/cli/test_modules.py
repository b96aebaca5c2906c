"""The standard modules: each has a test beside it that `weft check` proves and `weft test` passes; and imports of files."""

import pathlib
import unittest

from weft_cli import SOURCE, WeftTest

MODULES = SOURCE / "stdlib-policies"


def module_files():
    return sorted(path for path in MODULES.rglob("*.weft") if MODULES / "tests" not in path.parents)


class Modules(WeftTest):
    def test_every_module_has_a_test_that_imports_it(self):
        self.assertGreaterEqual(len(module_files()), 8)
        for path in module_files():
            parts = path.relative_to(MODULES).with_suffix("").parts
            test = MODULES / "tests" / ("_".join(parts) + "_test.weft")
            with self.subTest(module=".".join(parts)):
                self.assertIn("import std." + ".".join(parts) + "\n", test.read_text())

    def test_every_template_is_used_by_a_test(self):
        tests = "".join(path.read_text() for path in (MODULES / "tests").glob("*_test.weft"))
        for path in module_files():
            for line in path.read_text().splitlines():
                if line.startswith("template "):
                    name = line[len("template "):].split("(")[0]
                    self.assertIn(f"use {name}(", tests + path.read_text().replace(line, ""), path)

    def test_the_claims_are_proved(self):
        for test in sorted((MODULES / "tests").glob("*_test.weft")):
            with self.subTest(test=test.name):
                outcome = self.expect(0, "check", str(test))
                self.assertRegex(outcome.out, r"[1-9]\d* assertions? proved, 0 refuted, 0 undecided; 0 conflicts")
                self.assertEqual(outcome.err, "")

    def test_the_tests_pass_and_decide_by_every_rule(self):
        for test in sorted((MODULES / "tests").glob("*_test.weft")):
            with self.subTest(test=test.name):
                outcome = self.expect(0, "test", str(test), "--coverage")
                self.assertRegex(outcome.out, r"(?m)^  rules: \d+ of \d+ \(100%\)$")
                self.assertRegex(outcome.out, r"(?m)^  isolations: (\d+ of \d+ \(100%\)|none to decide)$")

    def test_a_broken_claim_of_a_module_is_found(self):
        text = (MODULES / "tests" / "ai_serve_openai_backend_test.weft").read_text()
        self.write("p.weft", text + "policy hole { allow notebook -> vllm : tcp/8000 }\n")
        outcome = self.expect(1, "check", "p.weft")
        self.assertIn("std/ai/serve/openai_backend.weft:", outcome.err)
        self.assertIn("in this use of its template", outcome.err)


class Imports(WeftTest):
    def test_paths_are_relative_to_the_file_that_imports(self):
        self.write("policies/main.weft", 'import "shared/labels.weft"\npolicy p { allow web -> web : pg }\n')
        self.write("policies/shared/labels.weft", 'import "../shared/services.weft"\nimport "../main.weft"\n'
                   'label app : string\ngroup web = app == "web"\n')
        self.write("policies/shared/services.weft", "service pg = tcp/5432\n")
        self.expect(0, "check", "policies/main.weft")
        # A file that is given and imported is one file.
        self.expect(0, "check", "policies/main.weft", "policies/shared/services.weft")

    def test_a_missing_file_is_told_at_the_import(self):
        self.write("policies/main.weft", 'import "shared/lables.weft"\npolicy p { allow web -> web : pg }\n')
        self.write("policies/shared/labels.weft", "label app : string\n")
        outcome = self.expect(2, "check", "policies/main.weft")
        self.assertIn("W9002", outcome.err)
        self.assertIn("policies/main.weft:1:8", outcome.err)
        self.assertIn("did you mean `policies/shared/labels.weft`?", outcome.err)
        self.assertNotIn("W1020", outcome.err)

    def test_what_is_no_policy_is_not_imported(self):
        self.write("main.weft", 'import "inventory.yaml"\nimport "."\nimport "empty.weft"\nimport "-"\n'
                   "policy p { isolate workload }\n")
        self.write("inventory.yaml", "workloads: []\n")
        self.write("empty.weft", "\n")
        outcome = self.expect(2, "check", "main.weft")
        for code in ("W9015", "W9016", "W9010", "W9002"):
            self.assertIn(code, outcome.err)

    def test_a_module_is_the_module_where_its_file_is_given(self):
        module = str(pathlib.Path(MODULES) / "core" / "dns.weft")
        test = str(pathlib.Path(MODULES) / "tests" / "core_dns_test.weft")
        self.expect(0, "check", module, test)

    def test_a_rule_of_a_module_is_located_in_it(self):
        self.write("p.weft", "import std.core.dns\nlabel app : string\nuse cluster_dns(clients = ap == \"x\")\n")
        outcome = self.expect(2, "check", "p.weft")
        self.assertIn("p.weft:3:", outcome.err)


if __name__ == "__main__":
    unittest.main()
