"""weft check: what is proved, what is found, and how it is said."""

import unittest

from weft_cli import BOUTIQUE, INVENTORY, NEVER_HOLDS, NEVER_REFUTED, POLICY, WeftTest

CONFLICT = POLICY.replace("  allow web -> db : tcp/5432\n", "  allow web -> db : tcp/5432-5433\n  deny  web -> any : tcp/5432\n")
AMBIGUOUS = """\
label app : "web" | "db"
tiers app
policy one in app ordered priority 5 { allow app == "web" -> app == "db" : tcp/80 }
policy two in app priority 5 { deny app == "web" -> app == "db" : tcp/80 }
"""


class Check(WeftTest):
    def test_the_boutique_is_clean(self):
        outcome = self.expect(0, "check", BOUTIQUE)
        self.assertEqual(outcome.err, "")
        self.assertRegex(outcome.out, r"^online-boutique: \d+ rules, 12 workloads; \d+ assertions proved, 0 refuted, 0 undecided; "
                                      r"0 conflicts\n$")

    def test_a_file_from_standard_input(self):
        outcome = self.expect(0, "check", "-", stdin=NEVER_HOLDS.encode())
        self.assertTrue(outcome.out.startswith("<stdin>: 1 rule, no inventory; 1 assertion proved"), outcome)
        self.assertIn("not checked: whether inventory labels lie in the vocabulary and named ports exist: no inventory is given", outcome.out)

    def test_an_inventory_from_standard_input(self):
        self.write("p.weft", POLICY)
        self.assertIn("2 workloads", self.expect(0, "check", "p.weft", "--inventory", "-", stdin=INVENTORY.encode()).out)
        self.assertIn("W9006", self.expect(2, "check", "-", "--inventory", "-", stdin=POLICY.encode()).err)

    def test_a_refuted_assertion_is_a_finding_with_a_witness(self):
        directory = self.project(NEVER_REFUTED)
        outcome = self.expect(1, "check", directory)
        self.golden("refuted.err", outcome.err)
        self.golden("refuted.out", outcome.out)

    def test_a_conflict_is_a_warning_and_strict_makes_it_a_finding(self):
        self.write("p.weft", CONFLICT)
        outcome = self.expect(0, "check", "p.weft")
        self.assertIn("1 conflict\n", outcome.out)
        self.golden("conflict.err", outcome.err)
        self.expect(1, "check", "p.weft", "--strict")
        self.assertEqual(self.expect(0, "check", "p.weft", "--quiet").err, "")

    def test_conflicts_past_the_limit_are_counted_and_block_nothing(self):
        """More contradictions than are told of: nobody may take the rest for checked, but they would only be warnings."""
        def policy(count):
            rules = "".join(f"  allow web -> db : tcp/1-{i}\n  deny web -> db : tcp/{i}-{count + 20}\n" for i in range(2, count))
            return self.project(POLICY.replace("  allow web -> db : tcp/5432\n", rules))

        outcome = self.expect(0, "check", policy(160), "--quiet")
        self.assertRegex(outcome.out, r"\d+ conflicts, \d+ dead statements\n  not checked: shop/policy\.weft:\d+:3: \d+ further pairs .*: 10000 findings were reported before\n$")
        directory = policy(20)
        report = self.weft("check", directory, "--format", "json").json()
        self.assertEqual((report["exit_code"], report["not_checked"]), (0, []), "all of them are told of")
        # Who wants a build gets no more than can be read.
        self.assertRegex(self.expect(0, "build", directory, "-o", "bundle").err, r"more warnings not shown")

    def test_an_ambiguous_priority_is_a_finding(self):
        self.write("p.weft", AMBIGUOUS)
        outcome = self.expect(1, "check", "p.weft")
        self.assertIn("error W3006", outcome.err)
        self.assertIn("1 ambiguous priority", outcome.out)

    def test_errors_in_the_text_are_input_errors(self):
        directory = self.project(POLICY.replace("-> db", "-> dbb"))
        outcome = self.expect(2, "check", directory)
        self.assertIn("shop: 1 error\n  not checked: conflicts and assertions: the input has errors\n", outcome.out)
        self.golden("unknown_name.err", outcome.err)

    def test_several_policies_are_one(self):
        self.write("a.weft", "label app : \"web\" | \"db\"\ntiers app\n")
        self.write("b.weft", "policy shop in app { allow app == \"web\" -> app == \"db\" : tcp/1 }\n")
        self.assertIn("2 policies: 1 rule", self.expect(0, "check", "a.weft", "b.weft").out)
        self.assertIn("2 policies: 1 rule", self.expect(0, "check", "a.weft", "--policy", "b.weft").out)

    def test_questions_to_the_solver_are_dumped(self):
        directory = self.project(NEVER_REFUTED)
        self.expect(1, "check", directory, "--dump-smt", "smt/deep")
        texts = [path.read_text() for path in sorted((self.at / "smt/deep").iterdir())]
        self.assertTrue(texts)
        self.assertTrue(all("(check-sat)" in text for text in texts))

    def test_the_same_twice(self):
        self.write("p.weft", CONFLICT + "never app == \"web\" -> any : udp\nnever any -> any : any\n")
        self.assertEqual(repr(self.expect(1, "check", "p.weft")), repr(self.expect(1, "check", "p.weft")))


class Json(WeftTest):
    def test_a_refuted_assertion(self):
        directory = self.project(NEVER_REFUTED)
        outcome = self.expect(1, "check", directory, "--format", "json")
        self.assertEqual(outcome.err, "")
        report = outcome.json()
        self.assertEqual(report["exit_code"], 1)
        self.assertEqual(report["summary"]["refuted"], 1)
        [assertion] = report["assertions"]
        self.assertEqual((assertion["answer"], assertion["text"], assertion["at"]),
                         ("refuted", "never web -> db : tcp", "shop/policy.weft:12:1"))
        [diagnostic] = report["diagnostics"]
        diagnostic["end"] = {k: diagnostic["end"][k] for k in ("line", "column")}
        self.assertEqual({k: diagnostic[k] for k in ("code", "severity", "file", "line", "column", "end")},
                         {"code": "W3002", "severity": "error", "file": "shop/policy.weft", "line": 12, "column": 1,
                          "end": {"line": 12, "column": 22}})
        witness = diagnostic["witness"]
        self.assertEqual(witness, assertion["witness"])
        self.assertEqual(witness["verdict"], "allow")
        self.assertEqual(witness["service"], "tcp/5432")
        self.assertEqual(witness["from"]["labels"]["app"], "web")
        self.assertEqual(witness["source"], {"verdict": "allow", "rule": "shop", "at": "shop/policy.weft:10:3", "tier": "app"})

    def test_a_conflict_has_both_rules_and_a_witness(self):
        self.write("p.weft", CONFLICT)
        [diagnostic] = self.expect(0, "check", "p.weft", "--format", "json").json()["diagnostics"]
        self.assertEqual(diagnostic["code"], "W3001")
        self.assertEqual(len(diagnostic["labels"]), 1)
        self.assertEqual(diagnostic["witness"]["verdict"], "deny")

    def test_an_input_error(self):
        self.write("p.weft", POLICY.replace("-> db", "-> dbb"))
        report = self.expect_json(2, "check", "p.weft")
        self.assertEqual(report["exit_code"], 2)
        [diagnostic] = report["diagnostics"]
        self.assertEqual((diagnostic["severity"], diagnostic["line"]), ("error", 10))
        self.assertTrue(diagnostic["help"])

    def test_a_missing_file(self):
        [diagnostic] = self.expect_json(2, "check", "none.weft")["diagnostics"]
        self.assertEqual(diagnostic["code"], "W9002")
        self.assertNotIn("file", diagnostic)

    def expect_json(self, code, *words):
        outcome = self.weft(*words, "--format", "json")
        self.assertEqual(outcome.code, code, outcome)
        return outcome.json()

    def test_bytes_that_are_no_text_stay_json(self):
        self.write("p.weft", b"label \xff : string\n")
        self.assertTrue(self.expect_json(2, "check", "p.weft")["diagnostics"])


if __name__ == "__main__":
    unittest.main()
