"""The formats that other tools read: SARIF, JUnit XML, GitHub's workflow commands, GitLab's code quality."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import unittest
import urllib.parse
import xml.etree.ElementTree as xml

from weft_cli import NEVER_HOLDS, NEVER_REFUTED, POLICY, SOURCE, WeftTest

CONFLICT = POLICY.replace("  allow web -> db : tcp/5432\n", "  allow web -> db : tcp/5432-5433\n  deny  web -> any : tcp/5432\n")
SYNTAX = POLICY.replace("web -> db", "web => db")
TEN_LINES = "// a line\n" * 10
FORMATS = ("text", "json", "sarif", "junit", "github", "gitlab")


def multitool():
    """The validator, if `npm ci --prefix tests/cli/sarif` has put it there. Its bit for running is set by a script of the
    package, which npm may refuse to run."""
    packaged = SOURCE / "tests/cli/sarif/node_modules/@microsoft/sarif-multitool-linux/Sarif.Multitool"
    if packaged.exists() and not os.access(packaged, os.X_OK):
        packaged.chmod(packaged.stat().st_mode | 0o100)
    return str(packaged) if packaged.exists() else shutil.which("sarif-multitool")


class Reports(WeftTest):
    def check(self, format, code, *words, **options):
        return self.expect(code, "check", *words, "--format", format, **options)

    def sarif(self, code, *words, **options):
        log = self.check("sarif", code, *words, **options).json()
        self.assertEqual(log["version"], "2.1.0")
        [run] = log["runs"]
        [invocation] = run["invocations"]
        self.assertEqual(invocation["exitCode"], code)
        rules = run["tool"]["driver"]["rules"]
        self.assertEqual(len({rule["id"] for rule in rules}), len(rules))
        for result in run["results"]:
            self.assertEqual(rules[result["ruleIndex"]]["id"], result["ruleId"])
        return run


class Every(Reports):
    def test_the_exit_code_is_that_of_text(self):
        for name, policy, words, code in (("clean", NEVER_HOLDS, [], 0), ("refuted", NEVER_REFUTED, [], 1), ("conflict", CONFLICT, [], 0),
                                          ("strict", CONFLICT, ["--strict"], 1), ("syntax", SYNTAX, [], 2)):
            self.write(f"{name}.weft", policy)
            for format in FORMATS:
                outcome = self.weft("check", f"{name}.weft", "--format", format, *words)
                self.assertEqual(outcome.code, code, outcome)

    def test_messages_and_the_summary_are_on_standard_error(self):
        self.write("p.weft", CONFLICT)
        text = self.check("text", 0, "p.weft")
        for format in ("sarif", "junit", "github", "gitlab"):
            outcome = self.check(format, 0, "p.weft")
            self.assertTrue(outcome.err.startswith(text.err.split("\nfor more:")[0]), outcome)
            self.assertIn(text.out, outcome.err)
            self.assertEqual(self.check(format, 0, "p.weft", "--quiet").err, "")

    def test_the_same_twice(self):
        self.write("p.weft", CONFLICT + "never web -> db : tcp\nnever any -> any : any\n")
        for format in ("sarif", "junit", "github", "gitlab"):
            self.assertEqual(repr(self.check(format, 1, "p.weft")), repr(self.check(format, 1, "p.weft")))

    def test_fixes_are_made_before(self):
        self.write("p.weft", SYNTAX)
        self.assertEqual(self.check("gitlab", 0, "p.weft", "--fix").json(), [])
        self.assertIn("web -> db", (self.at / "p.weft").read_text())

    def test_unknown_formats(self):
        self.assertIn("it is one of: text, json, junit, sarif, github, gitlab", self.expect(2, "check", "p.weft", "--format", "html5").err)
        self.assertIn("it is one of: text, json\n", self.expect(2, "query", "p.weft", "--format", "sarif").err)


class Sarif(Reports):
    def test_a_conflict_has_both_places_and_its_rule_a_page(self):
        self.write("my shop.weft", CONFLICT)
        run = self.sarif(0, "my shop.weft")
        [result] = run["results"]
        self.assertEqual((result["ruleId"], result["level"]), ("W3001", "warning"))
        self.assertIn("\nhelp: narrow one of the two", result["message"]["text"])
        [location] = result["locations"]
        self.assertEqual(location["physicalLocation"]["artifactLocation"], {"uri": "my%20shop.weft", "uriBaseId": "%SRCROOT%"})
        self.assertEqual(location["physicalLocation"]["region"],
                         {"startLine": 11, "startColumn": 3, "endLine": 11, "endColumn": 30, "snippet": {"text": "deny  web -> any : tcp/5432"}})
        self.assertEqual(location["message"]["text"], "denies it")
        [related] = result["relatedLocations"]
        self.assertEqual((related["id"], related["message"]["text"], related["physicalLocation"]["region"]["startLine"]), (0, "allows it", 10))
        [rule] = run["tool"]["driver"]["rules"]
        page = (SOURCE / "docs/codes/W3001.md").read_text()
        self.assertEqual(rule["shortDescription"]["text"], page.split("\n")[0].split(": ", 1)[1])
        self.assertIn("```weft\nlabel app", rule["help"]["markdown"])
        self.assertNotIn("fails\n", rule["help"]["markdown"])
        self.assertEqual(rule["properties"]["problem.severity"], "warning")
        [remark] = run["invocations"][0]["toolExecutionNotifications"]
        self.assertTrue(remark["message"]["text"].startswith("not checked: "))

    def test_a_fix_is_an_exact_change_of_the_file(self):
        self.write("p.weft", SYNTAX)
        run = self.sarif(2, "p.weft")
        [result] = run["results"]
        self.assertFalse(run["invocations"][0]["executionSuccessful"])
        [fix] = result["fixes"]
        [change] = fix["artifactChanges"]
        [replacement] = change["replacements"]
        region = replacement["deletedRegion"]
        lines = SYNTAX.split("\n")
        line = lines[region["startLine"] - 1]
        lines[region["startLine"] - 1] = line[:region["startColumn"] - 1] + replacement["insertedContent"]["text"] + line[region["endColumn"] - 1:]
        self.assertEqual("\n".join(lines), POLICY)

    def test_columns_are_utf_16(self):
        self.write("p.weft", POLICY.replace('"db"\n', '"db" | "\U0001F600é"\n', 1) + 'group x = app == "\U0001F600é" || ap == "web"\n')
        [result] = self.sarif(2, "p.weft")["results"]
        region = result["locations"][0]["physicalLocation"]["region"]
        line = (self.at / "p.weft").read_text().split("\n")[region["startLine"] - 1].encode("utf-16-le")
        self.assertEqual(line[2 * (region["startColumn"] - 1):2 * (region["endColumn"] - 1)].decode("utf-16-le"), "ap")

    def test_trouble_without_a_place_is_a_notification(self):
        run = self.sarif(2, "missing.weft")
        self.assertEqual(run["results"], [])
        trouble = run["invocations"][0]["toolExecutionNotifications"][0]
        self.assertEqual((trouble["level"], trouble["associatedRule"]["id"]), ("error", "W9002"))

    def test_what_is_no_file_of_the_repository_has_no_base(self):
        run = self.sarif(2, "-", stdin=SYNTAX.encode())
        self.assertEqual(run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"], {"uri": "%3Cstdin%3E"})
        self.write("elsewhere/p.weft", SYNTAX)
        self.write("here/.git/config", "")
        self.at = self.at / "here"
        uri = self.sarif(2, "../elsewhere/p.weft")["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
        self.assertEqual(uri, {"uri": "file://" + urllib.parse.quote(str(self.at.parent / "elsewhere/p.weft"))})

    def test_paths_are_from_the_root_of_the_repository(self):
        self.write(".git/config", "")
        self.write("net/shop/p.weft", SYNTAX)
        self.at = self.at / "net"
        place = self.sarif(2, "shop/p.weft")["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
        self.assertEqual(place, {"uri": "net/shop/p.weft", "uriBaseId": "%SRCROOT%"})
        self.assertIn("::error file=net/shop/p.weft,line=10,", self.check("github", 2, "shop/p.weft").out)
        self.assertEqual(self.check("gitlab", 2, "shop/p.weft").json()[0]["location"]["path"], "net/shop/p.weft")

    def test_brackets_are_no_links(self):
        self.write("p.weft", POLICY + 'test "see [this](0)" { web -> db : tcp/1 is allow }\n')
        log = self.expect(1, "test", "p.weft", "--format", "sarif").json()
        self.assertIn(r"test `see \[this](0)`", log["runs"][0]["results"][0]["message"]["text"])


class Fingerprints(Reports):
    THREE = POLICY + "never web -> db : tcp/5432\nnever web -> db : tcp/5000-6000\nnever web -> db : tcp/5432\n"

    def of(self, policy, format="gitlab"):
        self.write("p.weft", policy)
        if format == "gitlab":
            return [(each["check_name"], each["fingerprint"]) for each in self.check("gitlab", 1, "p.weft").json()]
        return [(each["ruleId"], each["partialFingerprints"]["weftFinding/v1"]) for each in self.sarif(1, "p.weft")["results"]]

    def test_no_two_findings_have_one(self):
        names = self.of(self.THREE)
        self.assertEqual(len(names), 3)
        self.assertEqual(len(set(names)), 3)

    def test_they_stay_when_lines_are_inserted_and_blanks_change(self):
        before = self.of(self.THREE)
        self.assertEqual(before, self.of(TEN_LINES + self.THREE))
        self.assertEqual(before, self.of(self.THREE.replace("policy shop", TEN_LINES + "policy shop")))
        self.assertEqual(before, self.of(self.THREE.replace("never web -> db :", "never  web  ->  db :")))

    def test_one_finding_less_leaves_the_others(self):
        before = self.of(self.THREE)
        after = self.of(self.THREE.replace("never web -> db : tcp/5000-6000\n", ""))
        self.assertEqual([before[0], before[2]], after)

    def test_another_construct_has_another(self):
        self.assertNotEqual(self.of(self.THREE)[1], self.of(self.THREE.replace("5000", "5001"))[1])

    def test_the_second_of_two_alike_on_a_line_has_one_of_its_own(self):
        allow = 'allow app == "web" -> app == "db" : tcp/80'
        names = self.of(f'label app : string\npolicy p {{ {allow} {allow} deny app == "web" -> app == "db" : tcp }}\n'
                        'never app == "web" -> app == "db" : udp/1\nalways app == "web" -> app == "db" : udp/1\n')
        overridden = [name for code, name in names if code == "W3011"]
        self.assertEqual(len(overridden), 2, names)
        self.assertEqual([name.split(":")[1] for name in overridden], ["1", "1"])
        self.assertNotEqual(*overridden)

    def test_sarif_and_gitlab_agree(self):
        self.assertEqual(self.of(self.THREE), self.of(self.THREE, "sarif"))


class Github(Reports):
    COMMAND = re.compile(r"^::(error|warning|notice) ([^:]*)::(.*)$")

    def commands(self, text):
        return [self.COMMAND.match(line).groups() for line in text.splitlines() if line.startswith("::")]

    def test_a_finding_is_one_command(self):
        self.write("p.weft", CONFLICT)
        [(kind, properties, text)] = self.commands(self.check("github", 0, "p.weft").out)
        self.assertEqual((kind, properties), ("warning", "file=p.weft,line=11,endLine=11,col=3,endColumn=30,title=W3001"))
        self.assertIn("the `deny` wins%0Anote: for example", text)

    def test_what_ends_a_property_or_a_line_is_escaped(self):
        name = "a,b:c 100%.weft"
        self.write(name, SYNTAX)
        out = self.check("github", 2, name).out
        self.assertTrue(out.startswith("::error file=a%2Cb%3Ac 100%25.weft,line=10,"), out)

    def test_several_lines_have_no_columns(self):
        self.write("p.weft", POLICY.replace("allow web -> db : tcp/5432", "allow web\n    -> db : tcp/5432") +
                   "never web\n  -> db : tcp\n")
        [(_, properties, _)] = self.commands(self.check("github", 1, "p.weft").out)
        self.assertEqual(properties, "file=p.weft,line=13,endLine=14,title=W3002")

    def test_errors_come_first_and_ten_of_a_kind_are_shown(self):
        for refuted, shown in ((10, 10), (11, 9), (30, 9)):
            self.write("p.weft", CONFLICT.replace("deny  web -> any : tcp/5432", "deny  web -> any : tcp/5433-5434\n  deny web -> web : any\n  allow any -> web : tcp/5432") +
                       "".join(f"never web -> web : tcp/1-{port}\nalways web -> db : tcp/{port}\n" for port in range(2, refuted + 2)))
            out = self.check("github", 1, "p.weft").out
            commands = self.commands(out)
            kinds = [kind for kind, _, _ in commands]
            self.assertEqual(kinds, sorted(kinds), "errors are before warnings")
            self.assertIn("warning", kinds)
            errors = [(properties, text) for kind, properties, text in commands if kind == "error"]
            rest = [line for line in out.splitlines() if line.startswith("error W3003: p.weft:")]
            self.assertEqual(sum("file=" in properties for properties, _ in errors), shown)
            self.assertEqual(len(rest), refuted - shown)
            self.assertLessEqual(len(errors), 10)
            if refuted > 10:
                self.assertEqual(errors[-1], ("title=weft", f"{refuted - 9} of {refuted} errors are not shown beside the code; the log of this step has them"))

    def test_nothing_found_is_nothing_said(self):
        self.write("p.weft", NEVER_HOLDS)
        self.assertEqual(self.check("github", 0, "p.weft").out, "")


class Gitlab(Reports):
    def test_a_refuted_assertion(self):
        self.write("p.weft", NEVER_REFUTED)
        [each] = self.check("gitlab", 1, "p.weft").json()
        self.assertEqual((each["check_name"], each["severity"], each["location"]),
                         ("W3002", "critical", {"path": "p.weft", "lines": {"begin": 12, "end": 12}}))

    def test_severities(self):
        self.write("p.weft", CONFLICT)
        self.assertEqual([each["severity"] for each in self.check("gitlab", 0, "p.weft").json()], ["minor"])
        self.write("weft.toml", '[lint]\nW3001 = "deny"\n')
        self.assertEqual([each["severity"] for each in self.check("gitlab", 1, "p.weft", "--config", "weft.toml").json()], ["major"])

    def test_trouble_without_a_place_is_shown_at_the_policy(self):
        [each] = self.check("gitlab", 2, "missing.weft").json()
        self.assertEqual(each["location"], {"path": "missing.weft", "lines": {"begin": 1}})


class Junit(Reports):
    def suites(self, code, *words, **options):
        root = xml.fromstring(self.check("junit", code, *words, **options).out)
        for what, count in (("tests", "testcase"), ("failures", "testcase/failure"), ("errors", "testcase/error")):
            self.assertEqual(int(root.get(what)), sum(int(suite.get(what)) for suite in root))
            for suite in root:
                self.assertEqual(int(suite.get(what)), len(suite.findall(count)))
        return list(root)

    def test_an_assertion_is_a_case(self):
        self.write("p.weft", NEVER_REFUTED + "never web -> db : udp\n")
        [suite] = self.suites(1, "p.weft")
        refuted, proved = suite
        self.assertEqual((refuted.get("name"), refuted.get("file"), refuted.get("line")), ("never web -> db : tcp", "p.weft", "12"))
        self.assertIn("is broken", refuted.find("failure").get("message"))
        self.assertIn("p.weft:10:3", refuted.find("failure").text)
        self.assertEqual((proved.get("name"), len(proved)), ("never web -> db : udp", 0))

    def test_a_warning_fails_under_strict_only(self):
        self.write("p.weft", CONFLICT)
        [[case]] = self.suites(0, "p.weft")
        self.assertIn("the `deny` wins", case.find("system-out").text)
        [[case]] = self.suites(1, "p.weft", "--strict")
        self.assertEqual(case.find("failure").get("type"), "W3001")

    def test_a_file_without_findings_has_a_case_that_passes(self):
        self.write("p.weft", POLICY)
        [[case]] = self.suites(0, "p.weft")
        self.assertEqual((case.get("name"), len(case)), ("none", 0))

    def test_an_undecided_assertion_is_an_error(self):
        """With a file for a folder, no question can be written: every claim stays open."""
        self.write("p.weft", NEVER_HOLDS)
        self.write("smt", "")
        outcome = self.weft("check", "p.weft", "--format", "junit", "--dump-smt", "smt")
        self.assertNotEqual(outcome.code, 0, outcome)
        root = xml.fromstring(outcome.out)
        self.assertGreater(int(root.get("errors")) + int(root.get("failures")), 0)

    def test_what_xml_cannot_hold_is_replaced(self):
        self.write("p.weft", POLICY + 'never app == "\\u{1}<&>" -> db : tcp\n')
        self.weft("check", "p.weft")
        outcome = self.weft("check", "p.weft", "--format", "junit")
        xml.fromstring(outcome.out)
        self.write("q.weft", (POLICY + "never web -> db \x01\x02 : udp\n").encode())
        xml.fromstring(self.check("junit", 2, "q.weft").out)

    def test_a_missing_file(self):
        [[case]] = self.suites(2, "missing.weft")
        self.assertEqual(case.find("failure").get("type"), "W9002")


class Tests(Reports):
    FAILING = POLICY + 'test "a, b: 50%" {\n  web -> db : tcp/5433 is allow\n  web -> db : tcp/5432 is allow\n}\n'

    def test_a_failed_expectation_is_a_finding(self):
        self.write("p.weft", self.FAILING)
        out = self.expect(1, "test", "p.weft", "--format", "github").out
        self.assertTrue(out.startswith("::error file=p.weft,line=13,endLine=13,col=3,endColumn=32,title=W9050::test `a, b: 50%25`: "
                                       "`web -> db : tcp/5433 is allow` does not hold%0Anote: it is denied%0A"), out)
        [each] = self.expect(1, "test", "p.weft", "--format", "gitlab").json()
        self.assertEqual((each["check_name"], each["location"]["lines"]["begin"]), ("W9050", 13))
        [result] = self.expect(1, "test", "p.weft", "--format", "sarif").json()["runs"][0]["results"]
        self.assertEqual(result["ruleId"], "W9050")

    def test_none_fails(self):
        self.write("p.weft", POLICY + 'test "t" { web -> db : tcp/5432 is allow }\n')
        self.assertEqual(self.expect(0, "test", "p.weft", "--format", "github").out, "")
        self.assertEqual(self.expect(0, "test", "p.weft", "--format", "gitlab").json(), [])

    def test_input_errors_are_in_the_document(self):
        self.write("p.weft", SYNTAX)
        self.assertIn("title=W1006", self.expect(2, "test", "p.weft", "--format", "github").out)
        self.assertEqual(self.expect(2, "test", "p.weft", "--format", "gitlab").json()[0]["check_name"], "W1006")
        self.assertEqual(self.expect(2, "test", "p.weft", "--format", "sarif").json()["runs"][0]["results"][0]["ruleId"], "W1006")
        self.assertEqual(xml.fromstring(self.expect(2, "test", "p.weft", "--format", "junit").out).get("failures"), "1")
        self.assertEqual(self.expect(2, "test", "p.weft", "--format", "tap").out, "TAP version 14\nBail out! the input has errors\n")


class Validated(Reports):
    def test_the_public_validator_has_no_complaint(self):
        """Logs of every case in tests/cases, valid or not, of refuted claims, conflicts and failed tests."""
        validator = multitool()
        if validator is None:
            self.skipTest("SKIPPED: no sarif-multitool; `npm ci --prefix tests/cli/sarif` installs it")
        logs = self.at / "logs"
        logs.mkdir()
        cases = sorted((SOURCE / "tests/cases").rglob("*.weft"))
        self.assertGreater(len(cases), 30)
        self.write("conflict.weft", CONFLICT + "never web -> db : tcp\nalways web -> db : udp\n")
        self.write("syntax.weft", SYNTAX)
        self.write("tests.weft", Tests.FAILING)
        self.write("chain.weft", POLICY + "never web ~> db\nnever web -> db : any\n")
        runs = [("check", str(path)) for path in cases]
        runs += [("check", "conflict.weft"), ("check", "syntax.weft"), ("check", "chain.weft"), ("check", "missing.weft"), ("test", "tests.weft")]
        results = flows = 0
        for number, (command, path) in enumerate(runs):
            outcome = self.weft(command, path, "--format", "sarif", "--no-config")
            results += len(outcome.json()["runs"][0]["results"])
            flows += sum("codeFlows" in result for result in outcome.json()["runs"][0]["results"])
            (logs / f"{number}.sarif").write_text(outcome.out)
        self.assertGreater(results, 100)
        self.assertGreaterEqual(flows, 2)
        done = subprocess.run([validator, "validate", "--rule-kind", "Sarif;Ghas", "--level", "Error;Warning", str(logs / "*.sarif")],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300, text=True)
        # SARIF2005 asks for the address of a page about the tool, which there is not.
        complaints = [line for line in done.stdout.splitlines() if re.search(r" (error|warning) \w+", line) and " SARIF2005: " not in line]
        self.assertEqual(complaints, [], done.stdout)
        self.assertIn(f"Done. {len(runs)} files scanned.", done.stdout)


if __name__ == "__main__":
    unittest.main()
