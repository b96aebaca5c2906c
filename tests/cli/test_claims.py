"""Claims about chains of hops and about an inventory, as `weft check` answers them."""

import unittest

from weft_cli import WeftTest

POLICY = """\
label app : "web" | "api" | "db"

policy shop {
  allow app == "web" -> app == "api" : tcp/443
  allow app == "api" -> app == "db" : tcp/5432
}
"""

INVENTORY = """\
workloads:
  - {name: shop/web, labels: {app: web}, addresses: [10.0.0.1]}
  - {name: shop/api, labels: {app: api}, addresses: [10.0.0.2]}
  - {name: shop/db, labels: {app: db}, addresses: [10.0.0.3]}
"""


class Claims(WeftTest):
    def check(self, claim, *words, inventory=False):
        self.write("shop.weft", POLICY + claim + "\n")
        self.write("inventory.yaml", INVENTORY)
        more = ["--inventory", "inventory.yaml"] if inventory else []
        return self.weft("check", "shop.weft", *more, *words)

    def test_a_chain_is_told_hop_by_hop(self):
        outcome = self.check('never app == "web" ~> app == "db"')
        self.assertEqual(outcome.code, 1, outcome)
        self.assertIn('`never app == "web" ~> app == "db"` is broken: workload {app: "web"} reaches workload {app: "db"} on '
                      "tcp/5432 in 2 hops", outcome.err)
        self.assertIn('hop 1: workload {app: "web"} -> workload {app: "api"} : tcp/443', outcome.err)
        self.assertIn("this rule allows hop 1", outcome.err)
        self.assertIn("this rule allows hop 2", outcome.err)

    def test_a_project_may_make_a_warning_of_it(self):
        claim = 'never app == "web" -> app == "api" : any'
        self.assertEqual(self.check(claim).code, 1)
        self.write("weft.toml", '[project]\nsources = ["shop.weft"]\n[lint]\nW3002 = "warn"\n')
        outcome = self.weft("check")
        self.assertEqual(outcome.code, 0, outcome)
        self.assertIn("warning W3002: `" + claim + "` is broken", outcome.err)
        self.assertIn("1 refuted", outcome.out)
        self.assertEqual(self.weft("check", "--strict").code, 1)
        self.assertEqual(self.weft("build", "-o", "bundle").code, 0)
        self.write("weft.toml", '[project]\nsources = ["shop.weft"]\n[lint]\nW3002 = "deny"\n')
        self.assertEqual(self.weft("check").code, 1)

    def test_related_ends_in_an_inventory(self):
        claim = 'never workload -> workload : any when source.app {} destination.app in inventory'
        self.assertEqual(self.check(claim.format("=="), inventory=True).code, 0)
        self.assertEqual(self.check(claim.format("!="), inventory=True).code, 1)

    def test_the_chain_is_in_the_document(self):
        (assertion,) = self.check('never app == "web" ~> app == "db"', "--format", "json").json()["assertions"]
        self.assertEqual(assertion["answer"], "refuted")
        self.assertEqual([hop["service"] for hop in assertion["chain"]], ["tcp/443", "tcp/5432"])
        self.assertEqual(assertion["chain"][0]["to"]["labels"], assertion["chain"][1]["from"]["labels"])
        self.assertEqual(assertion["chain"][1]["source"]["at"], "shop.weft:5:3")

    def test_sarif_leads_from_rule_to_rule(self):
        for inventory in (False, True):
            claim = 'never app == "web" ~> app == "db"' + (" in inventory" if inventory else "")
            outcome = self.check(claim, "--format", "sarif", inventory=inventory)
            self.assertEqual(outcome.code, 1, outcome)
            (result,) = [each for each in outcome.json()["runs"][0]["results"] if each["ruleId"] == "W3002"]
            ((flow,),) = [each["threadFlows"] for each in result["codeFlows"]]
            steps = flow["locations"]
            self.assertEqual([step["location"]["physicalLocation"]["region"]["startLine"] for step in steps], [4, 5])
            self.assertEqual([step["executionOrder"] for step in steps], [1, 2])
            texts = [step["location"]["message"]["text"] for step in steps]
            self.assertTrue(texts[0].startswith("hop 1 of 2: "), texts)
            self.assertIn(" : tcp/443; egress at the source: allow by `shop` at shop.weft:4:3", texts[0])
            self.assertIn(" : tcp/5432; ", texts[1])

    def test_sarif_has_a_step_for_each_gate(self):
        self.write("gates.weft", POLICY.replace("  allow app ==", "  allow at source app ==", 1).replace(
            "}\n", "  allow at destination any -> app == \"api\" : tcp\n}\n") + 'never app == "web" -> app == "api"\n : any\n')
        outcome = self.weft("check", "gates.weft", "--format", "sarif")
        (result,) = outcome.json()["runs"][0]["results"]
        steps = result["codeFlows"][0]["threadFlows"][0]["locations"]
        self.assertEqual([step["location"]["physicalLocation"]["region"]["startLine"] for step in steps], [4, 6])
        self.assertIn("; egress at the source: ", steps[0]["location"]["message"]["text"])
        self.assertIn("; ingress at the destination: ", steps[1]["location"]["message"]["text"])
        self.assertNotIn("hop 1", steps[0]["location"]["message"]["text"])

    def test_no_other_finding_has_a_flow(self):
        outcome = self.check('always app == "db" -> app == "web" : tcp/1', "--format", "sarif")
        for result in outcome.json()["runs"][0]["results"]:
            self.assertNotIn("codeFlows", result)

    def test_whom_a_chain_may_lead_over(self):
        outcome = self.check('never app == "web" ~> app == "db" avoiding app == "api"')
        self.assertEqual(outcome.code, 0, outcome)
        self.assertIn("1 assertion proved", outcome.out)

    def test_in_an_inventory_workloads_are_named(self):
        outcome = self.check('never app == "web" ~> app == "db" in inventory', inventory=True)
        self.assertEqual(outcome.code, 1, outcome)
        self.assertIn("`shop/web` at 10.0.0.1 reaches `shop/db` at 10.0.0.3 on tcp/5432 in 2 hops", outcome.err)

    def test_a_chain_that_must_be_there(self):
        outcome = self.check('always app == "web" ~> app == "db" : tcp/5432 in inventory', inventory=True)
        self.assertEqual(outcome.code, 0, outcome)
        outcome = self.check('always app == "web" ~> app == "db" : tcp/5432 avoiding app == "api" in inventory',
                             inventory=True)
        self.assertEqual(outcome.code, 1, outcome)
        self.assertIn("does not reach, by any chain of hops, `shop/db` at 10.0.0.3 on tcp/5432", outcome.err)

    def test_without_an_inventory_it_is_undecided(self):
        outcome = self.check('never app == "web" -> app == "db" : any in inventory')
        self.assertEqual(outcome.code, 3, outcome)
        self.assertIn("it is about an inventory, and none is given", outcome.err)

    def test_fmt_keeps_the_words(self):
        self.write("shop.weft", POLICY + 'never   app=="web"~>app=="db":tcp/5432   avoiding app=="api"   in   inventory\n')
        outcome = self.weft("fmt", "shop.weft")
        self.assertEqual(outcome.code, 0, outcome)
        self.assertIn('never app == "web" ~> app == "db" : tcp/5432 avoiding app == "api" in inventory\n', outcome.out)


if __name__ == "__main__":
    unittest.main()
