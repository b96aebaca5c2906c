"""weft test: expectations in the policy, their reports, and watching."""

import os
import signal
import subprocess
import time
import unittest
import xml.etree.ElementTree as xml

from weft_cli import BINARY, INVENTORY, POLICY, WeftTest, environment

GOOD = """
test "the shop" {
  web -> db : tcp/5432 is allow by shop
  web -> db : tcp/1-5431 is deny by isolation
  db -> web : any is deny
  world -> db : any is deny at destination
  {app: "web"} -> "shop/db-0" : tcp/5432 is allow
  "shop/web-1" -> 10.0.0.2 : tcp/5432 is allow
}
"""
BAD = """
test "two <slips> & more" {
  web -> db : tcp/5432 is deny
  web -> db : tcp/5000-6000 is allow
}
"""


class Tests(WeftTest):
    def test_all_hold(self):
        directory = self.project(POLICY + GOOD)
        outcome = self.expect(0, "test", directory)
        self.assertRegex(outcome.out, r"^ok   the shop \(6 expectations\)\n1 test, 6 expectations: 6 passed, 0 failed; \d+ flows asked\n$")

    def test_failures_say_who_decided(self):
        directory = self.project(POLICY + GOOD + BAD)
        self.golden("test_failures.out", self.expect(1, "test", directory).out)

    def test_without_an_inventory(self):
        self.write("p.weft", POLICY + 'test "t" { web -> db : tcp/5432 is allow }\n')
        self.expect(0, "test", "p.weft")
        self.write("p.weft", POLICY + 'test "t" { web -> "shop/db-0" : tcp/5432 is allow }\n')
        self.assertIn("it names a workload, and there is no inventory", self.expect(1, "test", "p.weft").out)

    def test_input_errors(self):
        self.write("p.weft", POLICY + 'test "t" { wbe -> db : tcp/5432 is allow }\n')
        self.assertIn("did you mean `web`?", self.expect(2, "test", "p.weft").err)
        self.write("p.weft", POLICY)
        self.assertIn("the policy has no tests", self.expect(0, "test", "p.weft").err)

    def test_a_filter(self):
        directory = self.project(POLICY + GOOD + BAD)
        self.assertIn("; 1 test left out;", self.expect(0, "test", directory, "--filter", "shop").out)
        self.assertIn("error W9028: no test has `nothing` in its name", self.expect(2, "test", directory, "--filter", "nothing").err)

    def test_coverage(self):
        rules = POLICY.replace("  allow web -> db : tcp/5432\n", "  allow web -> db : tcp/5432\n  allow db -> web : tcp/9\n")
        directory = self.project(rules + GOOD.replace("  db -> web : any is deny\n", ""))
        outcome = self.expect(0, "test", directory, "--coverage")
        self.assertIn("  rules: 1 of 2 (50%)\n    no test decides shop/policy.weft:11:3: allow db -> web : tcp/9\n", outcome.out)
        report = self.expect(0, "test", directory, "--coverage", "--format", "json").json()
        self.assertEqual([each["line"] for each in report["coverage"]["rules"]["undecided"]], [11])

    def test_every_rule_said_to_be_covered_is_missed_when_it_is_turned_round(self):
        rules = ["allow web -> db : tcp/5432", "deny  web -> db : tcp/22", "allow db -> web : tcp/9"]
        text = POLICY.replace("allow web -> db : tcp/5432", "\n  ".join(rules))
        tests = 'test "t" {\n  web -> db : tcp/5432 is allow\n  db -> web : tcp/1-8 is deny\n  web -> db : tcp/22 is deny\n}\n'
        directory = self.project(text + tests)
        missing = self.expect(0, "test", directory, "--coverage", "--format", "json").json()["coverage"]["rules"]["undecided"]
        uncovered = [each["text"] for each in missing]
        self.assertEqual(uncovered, [rules[2]])
        for rule in rules:
            turned = rule.replace("allow", "deny ") if rule.startswith("allow") else rule.replace("deny ", "allow")
            self.project(text.replace(rule, turned) + tests)
            self.expect(0 if rule in uncovered else 1, "test", directory)

    def test_junit_is_xml(self):
        directory = self.project(POLICY + GOOD + BAD)
        root = xml.fromstring(self.expect(1, "test", directory, "--format", "junit").out)
        self.assertEqual((root.tag, root.get("tests"), root.get("failures")), ("testsuites", "8", "2"))
        cases = root.findall("./testsuite/testcase")
        self.assertEqual(len(cases), 8)
        failed = [case for case in cases if case.find("failure") is not None]
        self.assertEqual({case.get("classname") for case in failed}, {"two <slips> & more"})
        self.assertIn("gate at source: allow", failed[0].find("failure").text)

    def test_tap(self):
        directory = self.project(POLICY + GOOD + BAD)
        lines = self.expect(1, "test", directory, "--format", "tap").out.splitlines()
        self.assertEqual(lines[:2], ["TAP version 14", "1..2"])
        self.assertIn("ok 1 - the shop", lines)
        self.assertIn("not ok 2 - two <slips> & more", lines)
        self.assertIn("W9001", self.expect(2, "check", directory, "--format", "tap").err)

    def test_json(self):
        directory = self.project(POLICY + BAD)
        report = self.weft("test", directory, "--format", "json").json()
        self.assertEqual(report["summary"]["failed"], 2)
        [first, second] = report["tests"][0]["expectations"]
        self.assertEqual((first["passed"], first["flow"]["verdict"], first["flow"]["source"]["rule"]), (False, "allow", "shop"))
        self.assertEqual((second["flows"], second["unexpected_flows"], second["flow"]["verdict"]), (4, 2, "deny"))

    def test_the_same_twice(self):
        directory = self.project(POLICY + GOOD + BAD)
        for form in ("text", "json", "junit", "tap"):
            words = ("test", directory, "--coverage", "--format", form)
            self.assertEqual(self.weft(*words).out, self.weft(*words).out)


class Watch(WeftTest):
    def start(self, *words):
        process = subprocess.Popen([BINARY, *words], cwd=self.at, env=environment(), stdin=subprocess.DEVNULL,
                                   stdout=open(self.at / "out", "wb"), stderr=open(self.at / "err", "wb"))
        self.addCleanup(process.kill)
        return process

    def wait_for(self, count, text, name="out"):
        for _ in range(600):
            if (self.at / name).read_text().count(text) >= count:
                return
            time.sleep(0.05)
        self.fail(f"{text!r} did not come {count} times: {(self.at / name).read_text()} {(self.at / 'err').read_text()}")

    def test_it_runs_again_on_every_change_and_ends_on_interrupt(self):
        directory = self.project(POLICY + "test \"t\" { web -> db : tcp/5432 is allow }\n")
        process = self.start("test", directory, "--watch")
        self.wait_for(1, "1 passed, 0 failed")
        self.wait_for(1, "watching", "err")
        self.write("shop/policy.weft", POLICY + "test \"t\" { web -> db : tcp/5432 is deny }\n")
        self.wait_for(1, "0 passed, 1 failed")
        # As editors save: a new file under the old name.
        self.write("new", POLICY + "test \"t\" { web -> db : tcp/1 is deny }\n")
        self.wait_for(2, "watching", "err")
        os.replace(self.at / "new", self.at / "shop/policy.weft")
        self.wait_for(2, "1 passed, 0 failed")
        self.wait_for(3, "watching", "err")
        self.write("shop/policy.weft", POLICY + "test \"t\" { web -> dbb : tcp/1 is deny }\n")
        self.wait_for(4, "watching", "err")
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(30), 2)

    def test_the_exit_code_is_that_of_the_last_run(self):
        for verdict, code in (("allow", 0), ("deny", 1)):
            directory = self.project(POLICY + f"test \"t\" {{ web -> db : tcp/5432 is {verdict} }}\n")
            process = self.start("test", directory, "--watch")
            self.wait_for(1, "watching", "err")
            process.send_signal(signal.SIGINT)
            self.assertEqual(process.wait(30), code)

    def test_a_new_file_of_a_directory_counts(self):
        directory = self.project(POLICY)
        process = self.start("test", directory, "--watch")
        self.wait_for(1, "watching", "err")
        self.write("shop/tests.weft", "test \"t\" { web -> db : tcp/5432 is allow }\n")
        self.wait_for(1, "1 passed, 0 failed")
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(30), 0)

    def test_standard_input_cannot_be_watched(self):
        self.assertIn("W9001: standard input cannot be watched", self.expect(2, "test", "-", "--watch", stdin=POLICY.encode()).err)


if __name__ == "__main__":
    unittest.main()
