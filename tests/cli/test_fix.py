"""weft check --fix: what has one correction is corrected, in the files and nowhere else."""

import os
import subprocess
import unittest

from weft_cli import POLICY, WeftTest

SLIPS = """\
# who may talk to whom
label app : "web" | "db"
tiers app
policy shop in app {
  isolate workload
  allow app = 'web' => app == "db" : tcp/5432;
}
"""
CORRECTED = """\
// who may talk to whom
label app : "web" | "db"
tiers app
policy shop in app {
  isolate workload
  allow app == "web" -> app == "db" : tcp/5432
}
"""
GUESS = POLICY.replace("-> db", "-> dbb")


class Fix(WeftTest):
    def test_slips_are_corrected_and_told(self):
        self.write("p.weft", SLIPS)
        outcome = self.expect(0, "check", "p.weft", "--fix")
        self.assertEqual((self.at / "p.weft").read_text(), CORRECTED)
        self.assertEqual(outcome.err, "")
        lines = outcome.out.splitlines()
        self.assertEqual(sum(line.startswith("fixed p.weft:") for line in lines), 5, outcome)
        self.assertIn("fixed p.weft:1:1: write `//` before every line of it (W1008)", lines)
        self.assertIn("fixed p.weft:6:13: a comparison is written `==` (W1001)", lines)
        self.assertIn("p: 1 rule, no inventory; 0 assertions proved", outcome.out)
        self.assertEqual(self.expect(0, "check", "p.weft", "--fix").out.count("fixed"), 0)

    def test_a_dry_run_prints_a_diff_and_changes_nothing(self):
        self.write("p.weft", SLIPS)
        outcome = self.expect(1, "check", "p.weft", "--fix", "--dry-run")
        self.assertEqual((self.at / "p.weft").read_text(), SLIPS)
        self.assertTrue(outcome.out.startswith("--- p.weft\n+++ p.weft\n@@ -1,7 +1,7 @@\n-# who may talk to whom\n+// who"), outcome)
        patched = subprocess.run(["patch", "-s", "-p0"], cwd=self.at, input=outcome.out.encode(), capture_output=True)
        self.assertEqual(patched.returncode, 0, patched)
        self.assertEqual((self.at / "p.weft").read_text(), CORRECTED)
        self.assertEqual(self.expect(0, "check", "p.weft", "--fix", "--dry-run").out, "")

    def test_ten_rounds_are_enough_for_one_run(self):
        """A statement tells one mistake at a time."""
        slip = POLICY.replace("allow web ->", "allow web " + "and web " * 12 + "->")
        self.write("p.weft", slip)
        outcome = self.expect(2, "check", "p.weft", "--fix")
        self.assertIn("note: there is more to fix: run it again", outcome.err)
        self.assertEqual((outcome.out.count("fixed"), (self.at / "p.weft").read_text().count(" and ")), (10, 2))
        self.assertEqual(self.expect(0, "check", "p.weft", "--fix").out.count("fixed"), 2)
        self.assertEqual((self.at / "p.weft").read_text(), slip.replace(" and ", " && "))

    def test_a_guess_is_left_to_the_author(self):
        self.write("p.weft", GUESS)
        outcome = self.expect(2, "check", "p.weft", "--fix")
        self.assertIn("did you mean `db`?", outcome.err)
        self.assertEqual((self.at / "p.weft").read_text(), GUESS)

    def test_mode_and_links_are_kept(self):
        self.write("real.weft", SLIPS)
        os.chmod(self.at / "real.weft", 0o640)
        os.symlink("real.weft", self.at / "link.weft")
        self.expect(0, "check", "link.weft", "--fix")
        self.assertTrue((self.at / "link.weft").is_symlink())
        self.assertEqual((self.at / "real.weft").read_text(), CORRECTED)
        self.assertEqual((self.at / "real.weft").stat().st_mode & 0o777, 0o640)
        self.assertEqual(sorted(os.listdir(self.at)), ["link.weft", "real.weft"])

    def test_several_files_and_the_inventory(self):
        self.write("p.weft", SLIPS)
        self.write("q.weft", "policy more in app { allow app == 'db' -> app == 'web' : icmp }\n")
        self.write("i.yaml", "workloads:\n  - {name: a, labels: {app: web, version: 1.10}, addresses: [10.0.0.1/32]}\n")
        self.expect(0, "check", "p.weft", "q.weft", "--inventory", "i.yaml", "--fix")
        self.assertEqual((self.at / "q.weft").read_text(), 'policy more in app { allow app == "db" -> app == "web" : icmp }\n')
        self.assertEqual((self.at / "i.yaml").read_text(),
                         'workloads:\n  - {name: a, labels: {app: web, version: "1.10"}, addresses: [10.0.0.1]}\n')

    def test_standard_input_is_told_of_and_not_changed(self):
        outcome = self.expect(2, "check", "-", "--fix", stdin=SLIPS.encode())
        self.assertIn("`<stdin>` is no file", outcome.err)
        self.assertIn("error W1008", outcome.err)

    def test_a_file_that_cannot_be_written_is_an_error(self):
        if os.geteuid() == 0:
            self.skipTest("root may write everything")
        self.write("p.weft", SLIPS)
        os.chmod(self.at / "p.weft", 0o444)
        self.assertIn("W9019", self.expect(2, "check", "p.weft", "--fix").err)
        self.assertEqual((self.at / "p.weft").read_text(), SLIPS)

    def test_json_tells_what_was_fixed(self):
        self.write("p.weft", SLIPS)
        report = self.expect(0, "check", "p.weft", "--fix", "--format", "json").json()
        self.assertEqual(len(report["fixed"]), 5)
        self.assertEqual(report["fixed"][0]["code"], "W1008")
        self.assertEqual(report["diagnostics"], [])

    def test_a_dry_run_alone_means_nothing(self):
        self.write("p.weft", SLIPS)
        self.assertIn("W9001", self.expect(2, "check", "p.weft", "--dry-run").err)


if __name__ == "__main__":
    unittest.main()
