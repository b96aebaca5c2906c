"""`weft diff`: what a new policy gains and loses, from files, directories and revisions of git."""

import json
import os
import pathlib
import shutil
import subprocess
import unittest

from weft_cli import BOUTIQUE, INVENTORY, POLICY, WeftTest

MORE = POLICY.replace("  allow web -> db : tcp/5432\n", "  allow web -> db : tcp/5432\n  allow db -> web : tcp/8080\n")
LESS = POLICY.replace("  allow web -> db : tcp/5432\n", "  allow web -> db : tcp/5432\n  deny web -> db : any\n")
REWRITTEN = POLICY.replace("allow web -> db : tcp/5432", 'allow app == "web" -> app in {"db"} : tcp/5432-5432')


def git(directory, *words):
    subprocess.run(["git", "-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false", *words],
                   cwd=directory, check=True, capture_output=True)


class DiffOfFiles(WeftTest):
    def pair(self, old, new):
        self.write("old.weft", old)
        self.write("new.weft", new)

    def test_a_policy_and_itself_need_no_solver(self):
        self.pair(POLICY, POLICY)
        outcome = self.weft("diff", "old.weft", "new.weft", "--exit-code")
        self.assertEqual(outcome.code, 0, outcome)
        self.assertIn("old.weft -> new.weft: equivalent", outcome.out)
        self.assertIn("no statement in force differs", outcome.out)
        self.assertEqual(self.weft("diff", "old.weft", "new.weft", "--format", "json").json()["summary"]["questions"], 0)

    def test_the_same_in_other_words_is_equivalent(self):
        self.pair(POLICY, REWRITTEN)
        outcome = self.weft("diff", "old.weft", "new.weft", "--exit-code")
        self.assertEqual(outcome.code, 0, outcome)
        self.assertIn("equivalent", outcome.out)

    def test_what_is_gained_names_both_sides(self):
        self.pair(POLICY, MORE)
        outcome = self.weft("diff", "old.weft", "new.weft")
        self.assertEqual(outcome.code, 0, outcome)
        self.assertEqual(
            outcome.out,
            "old.weft -> new.weft: only widens\n"
            "  every flow that was allowed still is, and more are\n"
            "\n"
            'gained: for example workload {app: "db"} -> workload {app: "web"} : tcp/8080\n'
            "  before: `isolate workload` at old.weft:9:3\n"
            "  now:    `allow db -> web : tcp/8080` at new.weft:11:3\n")

    def test_the_world_stands_where_its_peers_can_meet_it(self):
        """A workload with an address of one family alone talks to addresses of that family."""
        self.pair("profile strict\n", "profile strict\npolicy p { allow world -> workload : tcp/443 }\n")
        for address, world in ("fd00::1", "::"), ("10.0.0.1", "0.0.0.0"):
            self.write("i.yaml", 'workloads:\n  - {name: w6, addresses: ["' + address + '"]}\n')
            outcome = self.weft("diff", "old.weft", "new.weft", "--inventory", "i.yaml")
            self.assertEqual(outcome.code, 0, outcome)
            self.assertIn(f"world at {world} -> `w6`", outcome.out)
            other = "0.0.0.0" if world == "::" else "::"
            self.assertNotIn(f"world at {other} ", outcome.out)

    def test_exit_codes(self):
        self.pair(POLICY, MORE)
        for options, code in ([], 0), (["--exit-code"], 1), (["--fail-on", "widened"], 1), (["--fail-on", "narrowed"], 0), (
                ["--fail-on", "any"], 1):
            self.assertEqual(self.weft("diff", "old.weft", "new.weft", *options).code, code, options)
        self.pair(POLICY, LESS)
        self.assertEqual(self.weft("diff", "old.weft", "new.weft", "--fail-on", "narrowed").code, 1)
        self.assertEqual(self.weft("diff", "old.weft", "new.weft", "--fail-on", "widened").code, 0)
        self.assertEqual(self.weft("diff", "old.weft", "new.weft", "--fail-on", "sideways").code, 2)
        self.assertEqual(self.weft("diff").code, 2)

    def test_json_holds_witness_and_deciders(self):
        self.pair(POLICY, LESS)
        answer = self.weft("diff", "old.weft", "new.weft", "--format", "json").json()
        self.assertEqual(answer["verdict"], "only narrows")
        self.assertEqual(answer["gained"], [])
        (lost,) = answer["lost"]
        self.assertEqual(lost["before"]["verdict"], "allow")
        self.assertEqual(lost["now"]["verdict"], "deny")
        self.assertEqual(lost["now"]["from"]["labels"], {"app": "web"})
        self.assertEqual(lost["by"][0]["now"], {"text": "`deny web -> db : any`", "at": "new.weft:11:3"})

    def test_vocabularies_that_differ_are_named(self):
        self.pair(POLICY, POLICY.replace('"web" | "db"', '"web" | "db" | "cache"'))
        outcome = self.weft("diff", "old.weft", "new.weft")
        self.assertIn("equivalent", outcome.out)
        self.assertIn('note: label app is "web" | "db" in the old policy and "web" | "db" | "cache" in the new one', outcome.out)

    def test_a_deadline_bounds_the_time(self):
        self.pair(POLICY, MORE.replace("tcp/8080\n", "tcp/8080 expires 2027-01-31\n"))
        outcome = self.weft("diff", "old.weft", "new.weft", "--now", "2026-11-01")
        self.assertIn("gained until 2027-01-31: for example", outcome.out)
        outcome = self.weft("diff", "old.weft", "new.weft", "--now", "2027-02-01")
        self.assertIn("equivalent", outcome.out)

    def test_another_profile_is_named(self):
        self.pair("profile strict\n" + POLICY, "profile k8s\n" + POLICY)
        outcome = self.weft("diff", "old.weft", "new.weft")
        self.assertIn("note: the profile was `strict` and is `k8s`", outcome.out)
        self.assertIn("only widens", outcome.out)

    def test_bad_input_is_told_at_its_place(self):
        self.pair(POLICY, "policy shop {\n  allow nobody -> none : tcp/1\n}\n")
        outcome = self.weft("diff", "old.weft", "new.weft")
        self.assertEqual(outcome.code, 2, outcome)
        self.assertIn("new.weft:2:9", outcome.err)
        self.assertEqual(outcome.out, "")

    def test_the_same_output_twice(self):
        self.pair(LESS, MORE)
        for form in "text", "json", "md", "sarif":
            first = self.weft("diff", "old.weft", "new.weft", "--format", form)
            self.assertEqual(first.out, self.weft("diff", "old.weft", "new.weft", "--format", form).out)


class DiffOverAnInventory(WeftTest):
    def test_pairs_are_counted_and_named(self):
        self.write("inventory.yaml", INVENTORY)
        self.write("old.weft", POLICY)
        self.write("new.weft", MORE)
        outcome = self.weft("diff", "old.weft", "new.weft", "--inventory", "inventory.yaml")
        self.assertIn("in the inventory given: 1 pair gained, 0 pairs lost\n"
                      "  + `shop/db-0` -> `shop/web-1` : tcp/8080  (1 pair)\n", outcome.out)
        answer = self.weft("diff", "old.weft", "new.weft", "--inventory", "inventory.yaml", "--format", "json").json()
        self.assertEqual(answer["inventory"]["changes"], [{
            "change": "gained", "from": {"name": "`shop/db-0`", "members": ["shop/db-0"]},
            "to": {"name": "`shop/web-1`", "members": ["shop/web-1"]}, "services": "tcp/8080", "pairs": 1,
            "own_node": False, "example": "`shop/db-0` -> `shop/web-1` : tcp/8080",
            "by": [{"before": {"text": "`isolate workload`", "at": "old.weft:9:3"},
                    "now": {"text": "`allow db -> web : tcp/8080`", "at": "new.weft:11:3"}}]}])

    def test_pairs_equal_what_queries_say(self):
        """Every pair of the boutique, before and after, flow by flow."""
        text = pathlib.Path(BOUTIQUE, "policy.weft")
        old = text.read_text(encoding="utf-8")
        lines = [i for i, line in enumerate(old.split("\n")) if line.strip().startswith("allow ")]
        gone = old.split("\n")
        del gone[lines[1]]
        inventory = str(pathlib.Path(BOUTIQUE, "inventory.yaml"))
        self.write("old.weft", old)
        self.write("new.weft", "\n".join(gone))
        answer = self.weft("diff", "old.weft", "new.weft", "--inventory", inventory, "--format", "json")
        self.assertIn(answer.code, (0,), answer)
        changes = answer.json()["inventory"]["changes"]
        self.assertTrue(changes)
        for change in changes:
            self.assertEqual(change["change"], "lost")
            service = change["services"].split(", ")[0].split("-")[0]
            for source in change["from"]["members"]:
                for destination in change["to"]["members"]:
                    if source == destination:  # nobody needs a rule to talk to himself
                        continue
                    flow = f"{source} -> {destination} : {service}"
                    for name, code in ("old.weft", 0), ("new.weft", 1):
                        outcome = self.weft("query", name, "--inventory", inventory, flow, "--exit-code")
                        self.assertEqual(outcome.code, code, (flow, outcome))


class DiffOfMany(WeftTest):
    """Ten namespaces of twenty workloads each, every one isolated for itself."""

    def setUp(self):
        super().setUp()
        spaces = [f"n{i}" for i in range(10)]
        self.policy = "label app : string\npolicy all {\n" + "".join(f'  isolate ns == "{ns}"\n' for ns in spaces) + "}\n"
        self.opened = ('policy opened {\n  allow workload -> ns == "n3" && app == "dns" : udp/53\n'
                       '  allow ns == "n7" -> workload : tcp/9100\n}\n')
        self.write("old.weft", self.policy)
        self.write("new.weft", self.policy + self.opened)
        self.write("inventory.yaml", "workloads:\n" + "".join(
            f"  - {{name: {ns}/w{i}, ns: {ns}, labels: {{app: {'dns' if i < 2 else 'web'}}}, addresses: [10.0.{n}.{i + 1}]}}\n"
            for n, ns in enumerate(spaces) for i in range(20)))

    def test_one_rule_is_one_group_whoever_denied_before(self):
        outcome = self.expect(0, "diff", "old.weft", "new.weft")
        self.assertEqual(outcome.out.count("\ngained: "), 2, outcome)
        self.assertIn("and at least 5 other statements for other flows\n  now:    `allow workload -> ", outcome.out)
        self.assertNotIn("more differences than are listed", outcome.out)
        markdown = self.expect(0, "diff", "old.weft", "new.weft", "--format", "md").out
        self.assertIn("<summary>Flows gained: 2 groups</summary>", markdown)
        self.assertIn("</code>, and at least 5 other statements for other flows | <code>", markdown)

    def test_a_rule_that_is_gone_is_one_group(self):
        outcome = self.expect(0, "diff", "new.weft", "old.weft")
        self.assertEqual(outcome.out.count("\nlost: "), 2, outcome)
        self.assertIn("only narrows", outcome.out)

    def test_peers_stand_under_what_they_have_in_common(self):
        outcome = self.expect(0, "diff", "old.weft", "new.weft", "--inventory", "inventory.yaml")
        self.assertIn("in the inventory given: 4338 pairs gained, 0 pairs lost\n", outcome.out)
        self.assertIn('  + ns == "n7" (20 workloads) -> workload (200 workloads) : tcp/9100  (3980 pairs)\n'
                      "      for example `n7/w0` -> `n0/w0` : tcp/9100\n"
                      '      before: `isolate ns == "n7"` at old.weft:10:3\n'
                      '      now:    `allow ns == "n7" -> workload : tcp/9100` at new.weft:16:3\n', outcome.out)
        self.assertIn('  + workload (200 workloads) -> ns == "n3" && app == "dns" (2 workloads) : udp/53  (398 pairs)\n', outcome.out)
        self.assertEqual(outcome.out.count("\n  + "), 2, outcome)

    def test_every_format_counts_the_same(self):
        words = "diff", "old.weft", "new.weft", "--inventory", "inventory.yaml", "--format"
        inventory = self.expect(0, *words, "json").json()["inventory"]
        self.assertEqual((inventory["gained"], [change["pairs"] for change in inventory["changes"]]), (4338, [3980, 398]))
        self.assertEqual(inventory["changes"][0]["by"][0]["now"]["at"], "new.weft:16:3")
        self.assertEqual(len(inventory["changes"][0]["to"]["members"]), 200)
        markdown = self.expect(0, *words, "md").out
        self.assertIn("**4338 pairs** gained", markdown)
        self.assertIn("(200 workloads)</code> | <code>tcp/9100</code> | 3980 | <code>", markdown)
        results = self.expect(0, *words, "sarif").json()["runs"][0]["results"]
        self.assertEqual([result["ruleId"] for result in results], ["W3030", "W3030"])
        texts = " ".join(result["message"]["text"] for result in results)
        self.assertIn('note: in the inventory given: ns == "n7" (20 workloads) -> workload (200 workloads) : tcp/9100 (3980 pairs)', texts)
        self.assertIn("for other flows", texts)

    def test_all_except_some(self):
        self.write("new.weft", self.policy + 'policy opened {\n  allow app != "dns" -> ns == "n3" : tcp/80\n}\n')
        outcome = self.expect(0, "diff", "old.weft", "new.weft", "--inventory", "inventory.yaml")
        self.assertIn('  + app == "web" (180 workloads) -> ns == "n3" (20 workloads) : tcp/80  (3582 pairs)\n', outcome.out)
        self.write("new.weft", self.policy + 'policy opened {\n  allow workload && !(ns == "n4") -> ns == "n3" : tcp/80\n}\n')
        outcome = self.expect(0, "diff", "old.weft", "new.weft", "--inventory", "inventory.yaml")
        self.assertIn('  + workload except ns == "n4" (180 workloads) -> ns == "n3" (20 workloads) : tcp/80', outcome.out)

    def test_more_groups_than_are_shown_are_counted(self):
        pairs = [(a, b) for a in range(10) for b in range(a)]
        rules = "".join(f'  allow ns == "n0" -> ns in {{"n{a}", "n{b}"}} : tcp/{1000 + 2 * i}\n' for i, (a, b) in enumerate(pairs))
        self.write("new.weft", self.policy + "policy opened {\n" + rules + "}\n")
        words = "diff", "old.weft", "new.weft", "--inventory", "inventory.yaml", "--format"
        changes = self.expect(0, *words, "json").json()["inventory"]["changes"]
        self.assertEqual(len(changes), 45)
        text = self.expect(0, *words, "text").out
        self.assertEqual(text.count("\n  + "), 30, text)
        self.assertIn("\n  … and 15 further groups; `--format json` has all\n", text)


class DiffForOtherTools(WeftTest):
    def setUp(self):
        super().setUp()
        self.write("inventory.yaml", INVENTORY)
        self.write("old.weft", LESS.replace("deny web -> db : any", 'deny web -> db : any because "a | b <i> `c`"'))
        self.write("new.weft", MORE)

    def test_markdown_is_one_comment(self):
        out = self.weft("diff", "old.weft", "new.weft", "--inventory", "inventory.yaml", "--format", "md").out
        self.assertTrue(out.startswith("### Policy change: only widens\n"), out)
        self.assertIn("<summary>Flows gained: 2 groups</summary>", out)
        self.assertEqual(out.count("<details"), out.count("</details>"))
        # Nothing of a policy is taken for markup: each row keeps its columns.
        for line in out.split("\n"):
            if line.startswith("| <code>"):
                self.assertEqual(line.count("|"), 4, line)
        self.assertIn("&#124;", out)
        self.assertNotIn("<i>", out)

    def test_sarif_places_what_is_gained(self):
        log = self.weft("diff", "old.weft", "new.weft", "--format", "sarif").json()
        results = log["runs"][0]["results"]
        self.assertEqual({result["ruleId"] for result in results}, {"W3030"})
        places = [result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for result in results]
        self.assertEqual(set(places), {"new.weft"})


@unittest.skipIf(shutil.which("git") is None, "git is not installed")
class DiffOfRevisions(WeftTest):
    def setUp(self):
        super().setUp()
        git(self.at, "init", "-q", "-b", "main")
        self.write("policies/shop.weft", POLICY)
        git(self.at, "add", ".")
        git(self.at, "commit", "-q", "-m", "one")

    def test_a_revision_against_the_working_tree(self):
        self.write("policies/shop.weft", MORE)
        outcome = self.weft("diff", "HEAD", "--", "policies")
        self.assertEqual(outcome.code, 0, outcome)
        self.assertIn("HEAD -> policies: only widens", outcome.out)
        self.assertIn("before: `isolate workload` at HEAD:policies/shop.weft:9:3", outcome.out)
        self.assertIn("at policies/shop.weft:11:3", outcome.out)

    def test_two_revisions_of_one_path(self):
        self.write("policies/shop.weft", MORE)
        git(self.at, "commit", "-qam", "two")
        outcome = self.weft("diff", "HEAD~1", "HEAD", "--policy", "policies")
        self.assertIn("HEAD~1 -> HEAD: only widens", outcome.out, outcome)
        outcome = self.weft("diff", "HEAD:policies/shop.weft", "HEAD~1:policies/shop.weft")
        self.assertIn("only narrows", outcome.out, outcome)

    def test_each_side_has_its_own_project_file(self):
        self.write("weft.toml", '[project]\nsources = ["policies"]\nprofile = "k8s"\n')
        git(self.at, "add", ".")
        git(self.at, "commit", "-qam", "two")
        self.write("weft.toml", '[project]\nsources = ["policies"]\n')
        outcome = self.weft("diff", "HEAD")
        self.assertIn("HEAD -> the working tree: only narrows", outcome.out, outcome)
        self.assertIn("note: the profile was `k8s` and is `strict`", outcome.out)

    def test_from_a_directory_below(self):
        self.write("policies/shop.weft", MORE)
        self.at = self.at / "policies"
        outcome = self.weft("diff", "HEAD", "shop.weft")
        self.assertIn("HEAD -> shop.weft: only widens", outcome.out, outcome)

    def test_what_git_does_not_know_is_told(self):
        for words, said in (("nowhere",), "git knows no such revision"), (("HEAD:nothing.weft", "policies"), "has no policy file or directory"), (
                ("--", "--upload-pack=x", "policies"), "git knows no such revision"):
            outcome = self.weft("diff", *words)
            self.assertEqual(outcome.code, 2, outcome)
            self.assertIn("W3040", outcome.err)
            self.assertIn(said, outcome.err)

    def test_what_became_of_a_path(self):
        self.write("policies/shop.weft", MORE)
        for word in "HEAD:policies/shop.weft", "HEAD:policies":
            outcome = self.weft("diff", word)
            self.assertEqual(outcome.code, 0, outcome)
            self.assertIn(f"{word} -> {word[5:]}: only widens", outcome.out)

    def test_a_revision_before_there_was_a_policy(self):
        git(self.at, "rm", "-qr", "policies")
        git(self.at, "commit", "-qm", "without")
        self.write("policies/shop.weft", POLICY)
        for words in ("HEAD", "policies"), ("HEAD", "policies/shop.weft"), ("HEAD", "HEAD~1", "--policy", "policies"):
            outcome = self.weft("diff", *words)
            self.assertEqual(outcome.code, 0, outcome)
            self.assertIn("only widens", outcome.out)
            self.assertIn("note: `HEAD` has no policy there: it is compared as an empty one, which denies everything", outcome.out)
            self.assertNotIn("not declared", outcome.out)
            self.assertEqual(outcome.out, self.weft("diff", *words).out, "the same twice")
        # What the word itself names must be there.
        self.assertEqual(self.weft("diff", "HEAD:policies", "policies").code, 2)

    def test_a_log_names_files_by_their_place_in_the_repository(self):
        self.write("policies/shop.weft", MORE)
        git(self.at, "commit", "-qam", "two")
        outcome = self.weft("diff", "HEAD~1", "HEAD", "--policy", "policies", "--format", "sarif")
        self.assertIn('"uri": "policies/shop.weft"', outcome.out)
        self.assertNotIn("HEAD%3A", outcome.out)

    def test_what_is_gone_is_shown_where_it_stood(self):
        self.write("policies/shop.weft", "profile k8s\n" + POLICY.replace("  isolate workload\n", ""))
        self.write("policies/before.weft", "// the first file\n")
        outcome = self.weft("diff", "HEAD", "policies", "--format", "sarif")
        results = json.loads(outcome.out)["runs"][0]["results"]
        self.assertTrue(results, outcome)
        for each in results:
            self.assertEqual(each["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], "policies/shop.weft")

    def test_outside_of_a_repository(self):
        shutil.rmtree(self.at / ".git")
        outcome = self.weft("diff", "HEAD~1", "policies", env={"PATH": os.environ["PATH"], "GIT_CEILING_DIRECTORIES": str(self.at.parent)})
        self.assertEqual(outcome.code, 2, outcome)
        self.assertIn("W3040", outcome.err)

    def test_without_git(self):
        outcome = self.weft("diff", "HEAD~1", "policies", env={"PATH": str(self.at)})
        self.assertEqual(outcome.code, 2, outcome)
        self.assertIn("W3041", outcome.err)

    def test_nothing_is_left_behind(self):
        scratch = self.at / "scratch"
        scratch.mkdir()
        self.weft("diff", "HEAD", "policies", env={"TMPDIR": str(scratch)})
        self.assertEqual(os.listdir(scratch), [])


if __name__ == "__main__":
    unittest.main()
