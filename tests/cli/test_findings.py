"""weft check: what never decides, what is odd in an inventory, and what proofs rest on."""

import shutil
import subprocess
import unittest

from weft_cli import INVENTORY, POLICY, WeftTest

TWICE = """\
label app : "web" | "db"
policy shop {
  allow app == "web" -> app == "db" : tcp/5432   // the database
  allow app == "web" -> app == "db" : tcp/5432   // once more
}
"""
FENCED = """\
label app : "web" | "db" | "cache"
tiers admin, main
policy fence in admin {
  deny app == "web" -> app == "db" : tcp/1-100
  deny app == "web" -> app == "db" : tcp/90-200
  deny app == "cache" -> any : any
}
policy shop in main {
  allow app == "web" -> app == "db" : tcp/50-150
  allow app == "web" -> app == "db" : tcp/443
}
never app == "web" -> app == "db" : tcp/60-160
never app == "db" -> app == "web" : any
always app == "web" -> app == "db" : tcp/443
"""


class Dead(WeftTest):
    def test_a_rule_that_several_others_leave_nothing(self):
        self.write("p.weft", FENCED)
        outcome = self.expect(0, "check", "p.weft")
        self.assertIn("warning W3010: this `allow` never decides", outcome.err)
        self.assertIn("1 dead statement\n", outcome.out)
        [diagnostic] = self.expect(0, "check", "p.weft", "--format", "json").json()["diagnostics"]
        self.assertEqual((diagnostic["code"], diagnostic["line"]), ("W3010", 9))
        self.assertEqual([label["line"] for label in diagnostic["labels"]], [4, 5])
        self.assertEqual(diagnostic["witness"]["verdict"], "deny")
        self.expect(1, "check", "p.weft", "--strict")

    def test_an_expected_one_is_silent(self):
        self.write("p.weft", FENCED.replace("  allow app == \"web\" -> app == \"db\" : tcp/50", "  @expect(dead)\n  allow app == \"web\" -> app == \"db\" : tcp/50"))
        self.assertEqual(self.expect(0, "check", "p.weft").err, "")

    def test_levels_of_the_project(self):
        self.write("p.weft", FENCED)
        self.write("weft.toml", '[lint]\nW3010 = "deny"\n')
        self.assertIn("error W3010", self.expect(1, "check").err)
        self.write("weft.toml", '[lint]\nW3010 = "allow"\n')
        self.assertEqual(self.expect(0, "check").err, "")

    def test_what_is_said_twice_is_deleted_by_a_fix(self):
        self.write("p.weft", TWICE)
        outcome = self.expect(0, "check", "p.weft", "--fix")
        self.assertIn("fixed p.weft:4:3: delete this `allow` (W3012)\n", outcome.out)
        self.assertEqual((self.at / "p.weft").read_text(), TWICE.replace("  allow app == \"web\" -> app == \"db\" : tcp/5432   // once more\n", ""))
        self.assertEqual(outcome.err, "")


class Deadlines(WeftTest):
    def test_soon_is_two_weeks_or_what_the_project_says(self):
        self.write("p.weft", TWICE.replace("   // the database", " expires 2030-02-01").replace("   // once more", " expires 2030-02-01").replace("5432 e", "1 e", 1))
        self.assertEqual(self.expect(0, "check", "p.weft", "--now", "2030-01-17").err, "")
        outcome = self.expect(0, "check", "p.weft", "--now", "2030-01-18")
        self.assertIn("warning W3015: this rule expires on 2030-02-01, in 14 days", outcome.err)
        self.write("weft.toml", "[lint]\ndays_before_expiry = 30\n")
        self.assertIn("in 29 days", self.expect(0, "check", "--now", "2030-01-03").err)
        self.write("weft.toml", "[lint]\ndays_before_expiry = 0\n")
        self.assertEqual(self.expect(0, "check", "--now", "2030-01-31").err, "")
        self.write("weft.toml", "[lint]\ndays_before_expiry = \"soon\"\n")
        self.assertIn("W9022", self.expect(2, "check").err)


class Inventory(WeftTest):
    def test_a_group_that_nobody_is_in(self):
        self.write("p.weft", POLICY)
        self.write("i.yaml", INVENTORY.replace("db", "dbb").replace("app: dbb", "app: web"))
        outcome = self.expect(0, "check", "p.weft", "--inventory", "i.yaml")
        self.assertIn("warning W3020: nobody in the inventory matches `db`", outcome.err)
        self.assertEqual(self.expect(0, "check", "p.weft").err, "")


class Misspelt(WeftTest):
    INVENTORY = """\
workloads:
  - {name: shop/web-1, labels: {app: web}}
  - {name: shop/pay-1, labels: {app: payments}, ports: {metrics: tcp/9090}}
"""

    def diagnostics(self, *lines):
        self.write("p.weft", "\n".join(["label app : string", *lines, ""]))
        self.write("i.yaml", self.INVENTORY)
        outcome = self.weft("check", "p.weft", "--inventory", "i.yaml", "--format", "json")
        return outcome.json()["diagnostics"]

    def corrected(self, code, *lines):
        """The text of the policy after the fix of the only finding with that code."""
        (found,) = [each for each in self.diagnostics(*lines) if each["code"] == code]
        (fix,) = found["fixes"]
        self.assertEqual(fix["applicability"], "maybe-incorrect")
        (edit,) = fix["edits"]
        text = (self.at / "p.weft").read_text()
        text = text[:edit["offset"]] + edit["replacement"] + text[edit["end"]["offset"]:]
        return text.split("\n", 1)[1], fix["title"]

    def test_a_value_near_one_that_somebody_has(self):
        text, title = self.corrected("W3020", 'policy p { allow app == "web" -> app == "pyments" : tcp/443 }  // "pyments"')
        self.assertEqual(text, 'policy p { allow app == "web" -> app == "payments" : tcp/443 }  // "pyments"\n')
        self.assertEqual(title, 'did you mean `"payments"`, which somebody has as `app`?')

    def test_of_a_group_at_the_group(self):
        text, _ = self.corrected("W3020", 'group pay = app == "pyments"', 'policy p { allow app == "web" -> pay : tcp/443 }')
        self.assertIn('group pay = app == "payments"\n', text)

    def test_a_value_written_twice_or_near_nothing_has_none(self):
        twice = 'policy p { allow app == "pyments" -> app == "pyments" && ns == "x" : tcp/443 }'
        plain = 'policy p { allow app == "web" -> app == "database" : tcp/443 }'
        for line in (twice, plain):
            for found in self.diagnostics(line):
                self.assertEqual(found["fixes"], [], found)
        (first, *_) = self.diagnostics(twice)
        self.assertIn('did you mean `"payments"`', " ".join(first["help"]))

    def test_a_port_near_one_that_is_declared(self):
        text, title = self.corrected("W9014", 'policy p { allow app == "web" -> app == "payments" : tcp/metrcs }')
        self.assertIn(": tcp/metrics }", text)
        self.assertEqual(title, "did you mean `tcp/metrics`, which somebody declares?")


class Proofs(WeftTest):
    def test_what_they_rest_on(self):
        self.write("p.weft", FENCED)
        outcome = self.expect(0, "check", "p.weft", "-v", "-q")
        self.assertEqual(outcome.out.splitlines()[-3:], [
            "  p.weft:12:1: proved: `deny` of `fence` at p.weft:4:3, `deny` of `fence` at p.weft:5:3",
            "  p.weft:13:1: proved: no rule allows any of it, and profile `strict` denies",
            "  p.weft:14:1: proved: `allow` of `shop` at p.weft:10:3"])
        self.assertEqual(repr(outcome), repr(self.expect(0, "check", "p.weft", "-v", "-q")))
        first, second, third = self.expect(0, "check", "p.weft", "--format", "json").json()["assertions"]
        self.assertEqual(first["grounds"], {"verdict": "deny", "statements": [{"policy": "fence", "at": "p.weft:4:3"},
                                                                              {"policy": "fence", "at": "p.weft:5:3"}]})
        self.assertEqual(second["grounds"], {"verdict": "deny", "statements": []})
        self.assertEqual(third["grounds"]["verdict"], "allow")

    def test_why_nothing_that_should_be_is_allowed(self):
        self.write("p.weft", FENCED + "always app == \"cache\" -> app == \"db\" : tcp\n")
        outcome = self.expect(1, "check", "p.weft")
        self.assertIn("note: no such flow is allowed at all: no rule allows any of it, and profile `strict` denies\n", outcome.err)

    def test_more_effort(self):
        self.write("p.weft", FENCED)
        self.expect(0, "check", "p.weft", "--effort", "10")
        for wrong in ("0", "201", "much", "1.5", "-1"):
            self.assertIn("W9001", self.expect(2, "check", "p.weft", f"--effort={wrong}").err)


@unittest.skipUnless(shutil.which("cvc5"), "cvc5 is not installed: `apt-get install cvc5` has it")
class AnotherSolver(WeftTest):
    def answers(self):
        asked = {"sat": 0, "unsat": 0}
        for question in sorted((self.at / "smt").iterdir()):
            [status] = [line.split()[-1].rstrip(")") for line in question.read_text().splitlines() if line.startswith("(set-info :status")]
            answer = subprocess.run(["cvc5", "--lang", "smt2", str(question)], capture_output=True, text=True, timeout=60)
            self.assertEqual(answer.stdout.strip(), status, f"{question.name}: {answer.stderr}")
            asked[status] += 1
        return asked

    def test_the_questions_about_chains_too(self):
        self.write("p.weft", """\
label app : string
policy shop {
  allow app == "web" -> app == "api" : tcp/443
  allow app == "api" -> app == "db" : tcp/5432
}
never app == "web" ~> app == "db" : tcp/5432
never app == "db" ~> app == "web" : any
""")
        self.expect(1, "check", "p.weft", "--dump-smt", "smt")
        names = [question.name for question in (self.at / "smt").iterdir() if "chain" in question.name]
        # Of the first: no hop leads there; one relay, and no other; then one hop does. Of the second: nobody is reached.
        self.assertEqual(sorted(names), ["assertion-0000-chain-1-arrives.smt2", "assertion-0000-chain-1-relay-0.smt2",
                                         "assertion-0000-chain-1-relay-1.smt2", "assertion-0000-chain-2-arrives.smt2",
                                         "assertion-0001-chain-1-arrives.smt2", "assertion-0001-chain-1-relay-0.smt2"])
        self.assertGreaterEqual(min(self.answers().values()), 2)

    def test_cvc5_gives_the_same_answers(self):
        self.write("p.weft", FENCED + "policy freeze in main {\n  deny app == \"web\" -> any : tcp/400-500\n}\nalways app == \"cache\" -> any : tcp\nalways app == \"web\" -> app == \"db\" : tcp/444\n")
        self.expect(1, "check", "p.weft", "--dump-smt", "smt")
        asked = self.answers()
        self.assertGreaterEqual(min(asked.values()), 2, asked)


if __name__ == "__main__":
    unittest.main()
