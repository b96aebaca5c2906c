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

    def test_flows_are_for_query(self):
        self.assertIn("`weft query PATH 'a -> b : tcp/1'`", self.expect(2, "explain", "a -> b : tcp/1").err)

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


if __name__ == "__main__":
    unittest.main()
