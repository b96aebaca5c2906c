"""weft explain, and the line that leads to it."""

import json
import re
import unittest

from weft_cli import NEVER_REFUTED, POLICY, SOURCE, WeftTest

CODES = sorted(path.stem for path in (SOURCE / "docs" / "codes").glob("W*.md"))


class Explain(WeftTest):
    def test_a_code_in_every_spelling(self):
        page = self.expect(0, "explain", "W1003").out
        self.assertTrue(page.startswith("error W1003: a label key that is not declared\n\n"), page)
        self.assertIn("\nRefused:\n\n    label app : string\n", page)
        self.assertIn("\nAccepted:\n\n", page)
        self.assertIn("\nWhy: ", page)
        self.assertNotIn("```", page)
        for spelling in ("w1003", "1003"):
            self.assertEqual(self.expect(0, "explain", spelling).out, page)

    def test_commands_stand_without_a_heading(self):
        page = self.expect(0, "explain", "W9001").out
        self.assertIn("\nIt fails:\n\n    $ weft chekc shop.weft\n", page)
        self.assertNotIn("With the", page)

    def test_every_code_has_its_page(self):
        for code in CODES:
            outcome = self.expect(0, "explain", code)
            self.assertRegex(outcome.out, rf"^(error|warning|note) {code}: ")
            self.assertNotIn("```", outcome.out)
            self.assertLessEqual(max(len(line) for line in outcome.out.splitlines()), 120, code)

    def test_all_codes_by_group(self):
        listed = self.expect(0, "explain").out
        self.assertEqual(re.findall(r"^  (W\d{4})  \S", listed, re.M), CODES)
        self.assertEqual(re.findall(r"^(W\d\d)xx  \S", listed, re.M), sorted({code[:3] for code in CODES}))

    def test_programs_get_the_pages_as_markdown(self):
        page = self.expect(0, "explain", "W1042", "--format", "json").json()
        self.assertEqual((page["code"], page["severity"], page["group"]), ("W1042", "warning", "policies"))
        text = (SOURCE / "docs/codes/W1042.md").read_text()
        self.assertEqual(f"# W1042 (warning): {page['title']}\n\n{page['text']}", text)
        self.assertEqual([each["code"] for each in self.expect(0, "explain", "--format", "json").json()], CODES)

    def test_an_unknown_code_has_the_nearest(self):
        outcome = self.expect(2, "explain", "W1099")
        self.assertIn("error W9001: there is no code `W1099`", outcome.err)
        self.assertIn("did you mean `weft explain W10", outcome.err)
        self.assertEqual(outcome.out, "")
        self.assertIn("see `weft explain` for all of them", self.expect(2, "explain", "banana").err)
        self.assertIn("W9001", self.expect(2, "explain", "W1003", "W1004").err)


    def test_messages_end_with_where_to_read_more_once(self):
        directory = self.project(POLICY.replace("-> db", "-> dbb").replace("tcp/5432", "tpc/5432"))
        outcome = self.expect(2, "check", directory)
        self.assertTrue(outcome.err.endswith("\n\nfor more: weft explain W1020\n"), outcome)
        self.assertEqual(outcome.err.count("for more"), 1)
        self.assertEqual(self.expect(2, "check", directory, "--quiet").err.count("for more"), 0)
        self.assertEqual(self.weft("check", directory, "--format", "json").err, "")
        self.assertEqual(self.expect(2, "chekc").err.count("for more"), 0)

    def test_the_code_to_read_about_is_that_of_an_error(self):
        self.write("p.weft", NEVER_REFUTED.replace("allow web", "deny !db -> db : udp\n  allow web"))
        outcome = self.expect(1, "check", "p.weft")
        self.assertTrue(outcome.err.startswith("warning W1042"), outcome)
        self.assertTrue(outcome.err.endswith("for more: weft explain W3002\n"), outcome)


class DiagnosticJson(WeftTest):
    """The schema of docs/cli.md."""

    PLACE = {"file", "line", "column", "utf16_column", "offset", "end"}
    POSITION = {"line", "column", "utf16_column", "offset"}

    def place(self, value, text):
        self.assertLessEqual(self.PLACE, set(value))
        self.assertEqual(set(value["end"]), self.POSITION)
        data = text.encode()
        for position in (value, value["end"]):
            line_begin = data.rfind(b"\n", 0, position["offset"]) + 1
            before = data[line_begin:position["offset"]]
            self.assertEqual(position["line"], data.count(b"\n", 0, position["offset"]) + 1)
            self.assertEqual(position["column"], len(before) + 1)
            self.assertEqual(position["utf16_column"], len(before.decode().encode("utf-16-le")) // 2 + 1)
        return data[value["offset"]:value["end"]["offset"]].decode()

    def test_places_count_bytes_and_utf16(self):
        text = POLICY + 'policy "größe 😀" in app { allow web -> dbb : tcp/1 } // 😀\n'
        self.write("p.weft", text)
        report = self.weft("check", "p.weft", "--format", "json").json()
        self.assertEqual(report["version"], 1)
        [diagnostic] = report["diagnostics"]
        self.assertEqual(self.place(diagnostic, text), "dbb")
        self.assertLess(diagnostic["utf16_column"], diagnostic["column"])
        self.assertEqual(diagnostic["explain"], "weft explain W1020")
        self.assertEqual(diagnostic["help"], ["did you mean `db`?"])
        [fix] = diagnostic["fixes"]
        self.assertEqual((fix["title"], fix["applicability"]), ("did you mean `db`?", "maybe-incorrect"))
        [edit] = fix["edits"]
        self.assertEqual(self.place(edit, text), "dbb")
        self.assertEqual(edit["replacement"], "db")

    def test_edits_of_machine_applicable_fixes_can_be_made(self):
        text = POLICY.replace("allow web -> db", "allow web => db").replace("5432", "5432;")
        self.write("p.weft", text)
        data = text.encode()
        edits = [edit for diagnostic in self.weft("check", "p.weft", "--format", "json").json()["diagnostics"]
                 for fix in diagnostic["fixes"] if fix["applicability"] == "machine-applicable" for edit in fix["edits"]]
        self.assertEqual(len(edits), 2)
        for edit in sorted(edits, key=lambda each: each["offset"], reverse=True):
            data = data[:edit["offset"]] + edit["replacement"].encode() + data[edit["end"]["offset"]:]
        self.assertEqual(data.decode(), POLICY)

    def test_labels_have_places_too(self):
        text = POLICY + 'group web = app == "web"\n'
        self.write("p.weft", text)
        [diagnostic] = self.weft("check", "p.weft", "--format", "json").json()["diagnostics"]
        [label] = diagnostic["labels"]
        self.assertEqual(self.place(label, text), "web")
        self.assertEqual(label["text"], "it is declared here already")
        self.assertEqual(json.loads(json.dumps(diagnostic)), diagnostic)


TIERED = """\
label app : "web" | "db" | "ops"
group web = app == "web"
group db  = app == "db"
group ops = app == "ops"
tiers guardrails, app

policy rails in guardrails {
  deny any -> db : tcp/22 because "nobody logs in to a database"
  pass web -> db : tcp/5432
}
policy shop in app {
  isolate workload
  allow web -> db : tcp/5432
  allow web -> db : tcp/8080 expires 2026-01-01
  audit allow ops -> web : tcp/9000
}
"""
CLUSTER = """\
workloads:
  - {name: shop/web-1, ns: shop, labels: {app: web}, addresses: [10.0.0.1]}
  - {name: shop/db-0, ns: shop, labels: {app: db}, addresses: [10.0.0.2]}
  - {name: shop/ops-0, ns: shop, labels: {app: ops}, addresses: [10.0.0.3, "fd00::3"]}
"""


class Flows(WeftTest):
    def explain(self, *flows, format="text", policy=TIERED):
        directory = self.project(policy, CLUSTER)
        return self.expect(0, "explain", directory, *flows, "--format", format, "--now", "2026-06-01")

    def story(self, flow, policy=TIERED):
        [story] = self.explain(flow, format="json", policy=policy).json()["stories"]
        return story

    def verdict(self, flow, policy):
        directory = self.project(policy, CLUSTER)
        return self.expect(0, "query", directory, flow, "--format", "json", "--now", "2026-06-01").json()["verdict"]

    def test_the_walk_in_words(self):
        self.golden("explain_flows.out", self.explain(
            "shop/web-1 -> shop/db-0 : tcp/5432", "shop/web-1 -> shop/db-0 : tcp/22", "shop/web-1 -> shop/db-0 : tcp/8080",
            "shop/ops-0 -> shop/web-1 : tcp/9000", "shop/web-1 -> shop/db-0 : udp/53", "8.8.8.8 -> shop/web-1 : tcp/443",
            "shop/web-1 -> shop/web-1 : tcp/1").out)

    def test_the_verdict_is_that_of_query(self):
        for source in ("web-1", "db-0", "ops-0"):
            for destination in ("web-1", "db-0", "ops-0"):
                for service in ("tcp/22", "tcp/5432", "tcp/8080", "tcp/9000", "icmp/8/0"):
                    flow = f"shop/{source} -> shop/{destination} : {service}"
                    self.assertEqual(self.story(flow)["verdict"], self.verdict(flow, TIERED), flow)

    def test_changes_do_what_they_say(self):
        """Made in the text as they are written, each turns the verdict round."""
        edits = {
            "widen": lambda change: TIERED.replace(change["rule"]["text"], change["rule"]["text"].replace("tcp/5432", "tcp/5432, " + change.get("service", ""))),
            "renew": lambda change: TIERED.replace(" expires 2026-01-01", " expires 2027-01-01"),
            "enforce": lambda change: TIERED.replace("audit allow", "allow"),
            "narrow": lambda change: TIERED.replace(change["rule"]["text"] + "\n", "\n"),
            "add": lambda change: TIERED.replace("  isolate workload\n", f"  isolate workload\n  {change['text']}\n"),
        }
        kinds = []
        for flow in ("shop/web-1 -> shop/db-0 : tcp/9", "shop/web-1 -> shop/db-0 : tcp/8080", "shop/ops-0 -> shop/web-1 : tcp/9000",
                     "shop/web-1 -> shop/db-0 : tcp/5432", "shop/db-0 -> shop/web-1 : tcp/1", "shop/ops-0 -> 8.8.8.8 : udp/53",
                     "shop/db-0 -> shop/ops-0 : icmp/8/0", "2001:db8::7 -> shop/ops-0 : tcp/80"):
            story = self.story(flow)
            [change] = story["changes"]
            kinds.append(change["kind"])
            self.assertNotEqual(self.verdict(flow, edits[change["kind"]](change)), story["verdict"], (flow, change))
        self.assertEqual(set(kinds), set(edits))

    def test_every_denied_flow_of_the_boutique_has_a_change_that_works(self):
        policy = (SOURCE / "examples/online-boutique/policy.weft").read_text()
        inventory = (SOURCE / "examples/online-boutique/inventory.yaml").read_text()
        self.write("shop/inventory.yaml", inventory)
        names = re.findall(r"name: (default/\S+?)[,\s]", inventory)
        flows = [f"{source} -> {destination} : tcp/{port}" for source in names[:6] for destination in names[3:8] if source != destination
                 for port in (22, 6379)]
        self.write("shop/policy.weft", policy)
        outcome = self.expect(0, "explain", "shop", *flows, "--format", "json")
        denied = 0
        for line in outcome.out.splitlines():
            found = json.loads(line)
            if found["verdict"] != "deny":
                continue
            [story] = found["stories"]
            [change] = story["changes"]
            if denied % 8 == 0 and change["kind"] == "add":
                self.write("shop/policy.weft", policy.replace("  isolate shop\n", f"  isolate shop\n  {change['text']}\n"))
                self.assertEqual(self.expect(0, "query", "shop", found["flow"], "--format", "json").json()["verdict"], "allow", change)
            denied += 1
        self.assertGreater(denied, 30)

    def test_an_ordered_policy_and_priorities_say_what_came_first(self):
        policy = TIERED.replace("policy shop in app {", "policy early in app priority 5 { deny web -> db : tcp/5432 }\npolicy shop in app priority 10 {")
        out = self.explain("shop/web-1 -> shop/db-0 : tcp/5432", policy=policy).out
        self.assertIn("its priority 10 comes after 5", out)

    def test_errors_are_those_of_query(self):
        directory = self.project(TIERED, CLUSTER)
        self.assertIn("did you mean `shop/web-1`?", self.expect(2, "explain", directory, "web-1 -> shop/db-0 : tcp/1").err)
        self.assertIn("W9101", self.expect(2, "explain", directory, "shop/web-1 -> shop/db-0").err)
        self.assertIn("no policy is given", self.expect(2, "explain", "--no-config", "a -> b : tcp/1").err)
        self.assertIn("unexpected argument", self.expect(2, "explain", "W1003", "W1004").err)


if __name__ == "__main__":
    unittest.main()
