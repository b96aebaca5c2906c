"""weft reach: who may reach whom, in every format."""

import csv
import io
import unittest
import xml.etree.ElementTree

from weft_cli import BOUTIQUE, INVENTORY, POLICY, WeftTest

CHAIN_POLICY = """\
label app : string
group web = app == "web"
group api = app == "api"
group db  = app == "db"
network office = 203.0.113.0/24
service pg = tcp/5432
tiers app
policy shop in app {
  allow office -> web : tcp/443
  allow web -> api : tcp/8080-8089
  allow api -> db : pg
  allow at destination ns == "b" -> db : tcp/9187
  allow at source app == "db" -> world : udp/53
}
"""
CHAIN_INVENTORY = """\
nodes:
  - {name: n1, addresses: [172.16.0.1]}
workloads:
  - {name: a/web-1, ns: a, labels: {app: web}, addresses: [10.0.0.1]}
  - {name: a/web-2, ns: a, labels: {app: web}, addresses: [10.0.0.2]}
  - {name: a/api-1, ns: a, labels: {app: api}, addresses: [10.0.0.3]}
  - {name: b/db-1, ns: b, labels: {app: db}, addresses: [10.0.0.4]}
  - {name: b/db-2, ns: b, labels: {app: db}, addresses: ["fd00::4"]}
"""


class Reach(WeftTest):
    def ask(self, *words, code=0):
        return self.expect(code, "reach", self.project(CHAIN_POLICY, CHAIN_INVENTORY), *words)

    def edges(self, *words):
        report = self.ask(*words, "--format", "json").json()
        return {(edge["from"], edge["to"]): edge for edge in report["edges"]}

    def test_everybody(self):
        self.golden("reach.out", self.ask().out)

    def test_the_example(self):
        outcome = self.expect(0, "reach", BOUTIQUE)
        self.golden("reach_boutique.out", outcome.out)

    def test_groups_have_the_names_of_the_policy_and_exact_members(self):
        report = self.ask("--format", "json").json()
        members = {group["name"]: group["members"] for group in report["sources"]}
        self.assertEqual(members["web"], ["a/web-1", "a/web-2"])
        self.assertEqual(members["api"], ["a/api-1"])
        self.assertEqual(members["world 203.0.113.0/24"], [])

    def test_from_and_to_one_subject(self):
        for subject in ("web", "a/web-1", "10.0.0.1", '{app: "web"}', 'app == "web"', 'ns == "a" && !(app == "api")'):
            edges = self.edges("--from", subject)
            self.assertEqual({(a, b): e["services"] for (a, b), e in edges.items() if b == "api"},
                             {(subject, "api"): ["tcp/8080-8089"]}, subject)
        self.assertEqual(set(self.edges("--to", "api")), {("web", "api")})
        self.assertEqual(self.edges("--from", "a/web-1", "--to", "a/api-1")[("a/web-1", "a/api-1")]["pairs"], 1)
        self.assertNotIn(("a/web-1", "api"), self.edges("--from", "a/web-1", "--service", "tcp/1"))
        self.assertEqual(self.edges("--from", "api", "--service", "pg")[("api", 'b/db-1')]["services"], ["tcp/5432"])

    def test_services_open_to_some_stand_apart(self):
        # One database has an IPv6 address only, which nobody else can reach.
        edge = self.edges("--by", "app")[('app == "api"', 'app == "db"')]
        self.assertEqual((edge["services"], edge["pairs"], edge["open_pairs"]), (["tcp/5432"], 1, 1))
        some = self.edges("--by", "ns")[('ns == "a"', 'ns == "b"')]
        self.assertEqual((some["services"], some["services_of_some"], some["pairs"], some["open_pairs"]), ([], ["tcp/5432"], 3, 1))

    def test_chains_with_their_hops(self):
        self.golden("reach_chains.out", self.ask("--from", "office", "--transitive").out)
        report = self.ask("--from", "203.0.113.9", "--to", "b/db-1", "--transitive", "--format", "json").json()
        [chained] = report["chains"]
        self.assertEqual([(hop["from"].split()[0], hop["to"], hop["services"]) for hop in chained["chain"]],
                         [("world", "a/web-1", ["tcp/443"]), ("a/web-1", "a/api-1", ["tcp/8080-8089"]),
                          ("a/api-1", "b/db-1", ["tcp/5432"])])
        self.assertEqual(self.ask("--from", "db", "--to", "web", "--transitive", "--format", "json").json()["chains"], [])

    def test_chains_of_several_lengths_are_told_apart(self):
        text = self.ask("--from", "office", "--transitive", "--by", "ns").out
        self.assertIn("""  ~> ns == "a" in 1 to 2 hops
     2 in 1 hop
       world 203.0.113.0 -> a/web-1 : tcp/443
     1 in 2 hops
       world 203.0.113.0 -> a/web-1 : tcp/443
       a/web-1 -> a/api-1 : tcp/8080-8089
""", text)
        report = self.ask("--from", "office", "--to", 'ns == "a"', "--transitive", "--format", "json").json()
        [chained] = report["chains"]
        self.assertEqual([(each["hops"], each["reached"], len(each["chain"])) for each in chained["by_hops"]], [(1, 2, 1), (2, 1, 2)])
        rows = list(csv.DictReader(io.StringIO(self.ask("--from", "office", "--to", 'ns == "a"', "--transitive", "--format", "csv").out)))
        self.assertEqual([(row["reached"], row["of"], row["hops"]) for row in rows], [("2", "3", "1"), ("1", "3", "2")])

    def test_others_stand_together_as_they_behave_towards_the_subject(self):
        # More than sixty roles: without a subject, everybody of a namespace is one.
        policy = "label app : string\nlabel slot : string\npolicy p {\n  isolate workload\n" + "".join(
            f'  allow slot == "{i}" && app == "web" -> slot == "{i}" && app == "db" : tcp/5432\n' for i in range(40)) + (
            '  allow world 52.0.0.0/8 -> app == "web" : tcp/443\n}\n')
        inventory = "workloads:\n" + "".join(
            f"  - {{name: s/{app}-{i}, ns: s, labels: {{app: {app}, slot: '{i}'}}, addresses: [10.{k}.0.{i + 1}]}}\n"
            for k, app in enumerate(("web", "db")) for i in range(40))
        directory = self.project(policy, inventory)
        out = self.expect(0, "reach", directory, "--from", "s/web-7").out
        self.assertIn("s/web-7 (1 workload)\n  -> s/db-7 : tcp/5432\n", out)
        out = self.expect(0, "reach", directory, "--to", "s/db-7").out
        self.assertIn("s/web-7 (1 workload)\n  -> s/db-7 : tcp/5432\n\nNobody else reaches s/db-7.\n", out)
        out = self.expect(0, "reach", directory, "--exposed").out
        self.assertIn('The world may reach:\n  world 52.0.0.0/8 -> app == "web" : tcp/443\n\n', out)
        rows = self.expect(0, "reach", directory, "--by", "roles", "--format", "json").json()
        self.assertEqual(len([edge for edge in rows["edges"] if edge["services"] == ["tcp/5432"]]), 40)
        self.assertTrue(all(not edge["services_of_some"] for edge in rows["edges"]))

    def test_members_at_some_of_their_addresses(self):
        policy = 'label app : string\npolicy p {\n  isolate workload\n  allow app == "a" -> addr 10.0.0.0/16 && app == "b" : tcp/80\n}\n'
        inventory = """workloads:
  - {name: s/a, ns: s, labels: {app: a}, addresses: [10.2.0.1]}
  - {name: s/b1, ns: s, labels: {app: b}, addresses: [10.0.0.1, 10.1.0.1]}
  - {name: s/b2, ns: s, labels: {app: b}, addresses: [10.0.0.2, 10.1.0.2]}
"""
        directory = self.project(policy, inventory)
        report = self.expect(0, "reach", directory, "--format", "json").json()
        [edge] = report["edges"]
        self.assertEqual((edge["from"], edge["to"]), ('app == "a"', 'app == "b" at 10.0.0.1, 10.0.0.2'))
        [reached] = [group for group in report["destinations"] if group["name"] == edge["to"]]
        self.assertEqual((reached["members"], reached["addresses"]), (["s/b1", "s/b2"], ["10.0.0.1", "10.0.0.2"]))

    def test_blast_radius(self):
        outcome = self.ask("--blast-radius")
        self.golden("reach_radius.out", outcome.out)
        report = self.ask("--blast-radius", "--format", "json").json()
        self.assertEqual(report["blast_radius_of"]["a/web-1"], 2)
        self.assertEqual(report["blast_radius_of"]["a/api-1"], 1)
        self.assertEqual(report["blast_radius_of"]["b/db-1"], 0)

    def test_what_is_exposed(self):
        self.golden("reach_exposed.out", self.ask("--exposed").out)

    def test_tables(self):
        rows = list(csv.DictReader(io.StringIO(self.ask("--format", "csv").out)))
        self.assertIn(("web", "api", "tcp/8080-8089"), {(row["from"], row["to"], row["services"]) for row in rows})
        markdown = self.ask("--format", "md").out.splitlines()
        self.assertEqual({line.count(" |") for line in markdown}, {6})
        self.assertEqual(len(markdown), len(rows) + 2)

    def test_names_say_who_it_is_without_the_labels_that_each_roll_out_changes(self):
        workloads = "".join(
            f"  - {{name: shop/{app}-{i}, ns: shop, labels: {{app: {app}, pod-template-hash: h{app}}}, node: n1, addresses: [10.0.{k}.{i}]}}\n"
            for k, app in enumerate(("web", "api", "db", "mail")) for i in (1, 2, 3))
        workloads += "".join(f"  - {{name: x/web-{i}, ns: x, labels: {{app: web}}, node: n1, addresses: [10.1.0.{i}]}}\n" for i in (1, 2))
        self.project('label app : string\npolicy p {\n  isolate ns == "shop"\n  allow ns == "shop" && app == "web" -> ns == "shop" : tcp/80\n}\n',
                     "nodes:\n  - {name: n1, addresses: [172.16.0.1]}\nworkloads:\n" + workloads)
        def nodes(*words):
            return self.expect(0, "graph", "shop", *words, "--format", "json").json()["nodes"]
        names = {node["name"]: node["members"] for node in nodes("--by", "roles")}
        self.assertNotIn("pod-template-hash", " ".join(names))
        rest = 'ns == "shop" && !(app == "web")'
        self.assertEqual(names.get(rest), 9, names)
        # The name is policy text, and means those it names.
        self.assertEqual([(node["name"], node["members"]) for node in nodes("--focus", rest, "--by", "roles") if node.get("focus")], [(rest, 9)])
        self.write("shop/policy.weft", "label `pod-template-hash` : string\n" + (self.at / "shop/policy.weft").read_text().replace('app == "web"', '`pod-template-hash` == "hweb"'))
        named = " ".join(node["name"] for node in nodes("--by", "roles"))
        self.assertIn("`pod-template-hash`", named, "a policy that speaks of it knows it")

    def test_pictures_are_well_formed_and_need_nothing_else(self):
        for words in ((), ("--transitive",), ("--exposed",), ("--by", "ns"), ("--from", 'app == "web"')):
            svg = self.ask(*words, "--format", "svg").out
            root = xml.etree.ElementTree.fromstring(svg)
            self.assertEqual(root.tag, "{http://www.w3.org/2000/svg}svg")
            html = self.ask(*words, "--format", "html").out
            xml.etree.ElementTree.fromstring(html.removeprefix("<!DOCTYPE html>\n"))
            for text in (svg.replace('xmlns="http://www.w3.org/2000/svg"', ""), html.replace('xmlns="http://www.w3.org/2000/svg"', "")):
                for outside in ("http:", "https:", "url(", "@import", "<script", " src=", " href="):
                    self.assertNotIn(outside, text)
                self.assertIn("prefers-color-scheme:dark", text)
        page = self.ask("--blast-radius", "--format", "html").out
        xml.etree.ElementTree.fromstring(page.removeprefix("<!DOCTYPE html>\n"))

    def test_a_picture_has_a_square_for_every_edge(self):
        svg = xml.etree.ElementTree.fromstring(self.ask("--format", "svg").out)
        squares = [g.find("{*}title").text for g in svg.iter("{http://www.w3.org/2000/svg}g")]
        self.assertEqual(len(squares), len(self.edges()))
        self.assertIn("web -> api : tcp/8080-8089", squares)

    def test_graphs(self):
        dot = self.ask("--format", "dot").out
        self.assertIn('  "web" -> "api" [label="tcp/8080-8089"];\n', dot)
        self.assertEqual(dot.count("{"), dot.count("}"))

    def test_names_that_are_markup(self):
        inventory = CHAIN_INVENTORY.replace("a/api-1", "'a/<api>&\"1'").replace("{app: api}", "{app: '<b>|`x`'}")
        directory = self.project(CHAIN_POLICY, inventory)
        for kind in ("svg", "html"):
            text = self.expect(0, "reach", directory, "--by", "app", "--format", kind).out
            xml.etree.ElementTree.fromstring(text.removeprefix("<!DOCTYPE html>\n"))
            self.assertNotIn("<b>", text)

    def test_what_cannot_be_answered(self):
        for words, code, text in ((("--from", "wbe"), "W9071", "did you mean `web`?"),
                                  (("--from", "a/web-9"), "W9071", "did you mean `a/web-"),
                                  (("--to", 'app == "web" && app == "db"'), "W9072", "stands for nobody"),
                                  (("--from", 'ap == "web"'), "W1003", "--from:1:"),
                                  (("--from", 'app == "web'), "W10", "--from:1:"),
                                  (("--service", "tpc/1"), "W1", "--service:1:"),
                                  (("--service", "tcp/http"), "W9073", "give its number"),
                                  (("--by", "nss"), "W9070", "did you mean `ns`?"),
                                  (("--transitive", "--exposed"), "W9001", "give one of them"),
                                  (("--exposed", "--from", "web"), "W9001", "--from world"),
                                  (("--blast-radius", "--format", "svg"), "W9001", "is a table"),
                                  (("--transitive", "--service", "tcp/1"), "W9001", "leave `--service` out")):
            outcome = self.ask(*words, code=2)
            self.assertIn(f"error {code}", outcome.err, words)
            self.assertIn(text, outcome.err, words)
            self.assertEqual(outcome.out, "")

    def test_what_is_wrong_with_an_option_is_shown_as_it_was_written(self):
        for option, text, place in ("--service", "tpc/1", "1:1"), ("--from", 'app == "web" && ap == "x"', "1:17"):
            outcome = self.ask(option, text, code=2)
            self.assertIn(f" --> {option}:{place}\n1 | {text}\n", outcome.err)
            self.assertNotIn("never", outcome.err)

    def test_an_inventory_is_needed(self):
        self.write("alone.weft", POLICY)
        self.assertIn("error W9007", self.expect(2, "reach", "alone.weft").err)

    def test_the_same_twice(self):
        for words in ((), ("--transitive",), ("--blast-radius",), ("--format", "svg")):
            self.assertEqual(self.ask(*words).out, self.ask(*words).out)

    def test_time_counts(self):
        policy = CHAIN_POLICY.replace("allow api -> db : pg", "allow api -> db : pg expires 2030-01-31")
        directory = self.project(policy, CHAIN_INVENTORY)
        before = self.expect(0, "reach", directory, "--from", "api", "--now", "2030-01-30").out
        after = self.expect(0, "reach", directory, "--from", "api", "--now", "2030-02-01").out
        self.assertIn("tcp/5432", before)
        self.assertNotIn("tcp/5432", after)


if __name__ == "__main__":
    unittest.main()
