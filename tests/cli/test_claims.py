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

    def test_the_chain_is_in_the_document(self):
        (assertion,) = self.check('never app == "web" ~> app == "db"', "--format", "json").json()["assertions"]
        self.assertEqual(assertion["answer"], "refuted")
        self.assertEqual([hop["service"] for hop in assertion["chain"]], ["tcp/443", "tcp/5432"])
        self.assertEqual(assertion["chain"][0]["to"]["labels"], assertion["chain"][1]["from"]["labels"])
        self.assertEqual(assertion["chain"][1]["source"]["at"], "shop.weft:5:3")

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
