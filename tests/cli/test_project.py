"""weft.toml: what it says holds from every directory below it, and every mistake in it has its place."""

from weft_cli import BOUTIQUE, INVENTORY, POLICY, WeftTest
import json
import unittest

TOML = """\
[project]
name = "shop"
sources = ["policy", "extra.weft"]
inventory = ["cluster.yaml"]
profile = "strict"
"""


class Project(WeftTest):
    def setUp(self):
        super().setUp()
        self.top = self.at
        self.write("policy/shop.weft", POLICY)
        self.write("extra.weft", "never web -> db : udp\n")
        self.write("cluster.yaml", INVENTORY)
        self.write("weft.toml", TOML)
        (self.at / "policy" / "deep").mkdir()
        (self.at / ".git").mkdir()

    def within(self, directory):
        self.at = self.top / directory

    def test_check_just_works_from_every_directory(self):
        expected = "shop: 1 rule, 2 workloads; 1 assertion proved, 0 refuted, 0 undecided; 0 conflicts\n"
        for directory in (".", "policy", "policy/deep"):
            self.within(directory)
            self.assertEqual(self.expect(0, "check").out, expected, directory)

    def test_places_are_relative_to_the_working_directory(self):
        self.write("policy/shop.weft", POLICY.replace("-> db", "-> dbb"))
        for directory, place in ((".", "policy/shop.weft:10:16"), ("policy", " shop.weft:10:16"), ("policy/deep", "../shop.weft:10:16")):
            self.within(directory)
            self.assertIn(place, self.expect(2, "check").err)

    def test_query_and_build_take_their_inputs_from_it(self):
        self.write("weft.toml", TOML + '[build]\noutput = "out/bundle"\nstateless = true\n')
        self.within("policy")
        self.assertIn(": allow\n", self.expect(0, "query", "shop/web-1 -> shop/db-0 : tcp/5432").out)
        (self.top / "out").mkdir()
        self.assertIn("built ../out/bundle: ", self.expect(0, "build").out)
        self.assertTrue((self.top / "out/bundle/manifest.json").exists())
        self.within(".")
        self.expect(0, "build", "-o", "elsewhere", "--no-config", "policy", "extra.weft", "--inventory", "cluster.yaml")
        # Without connection state the program is another one.
        self.assertNotEqual((self.top / "out/bundle/program.o").read_bytes(), (self.top / "elsewhere/program.o").read_bytes())

    def test_a_build_without_output_is_told_both_ways(self):
        outcome = self.expect(2, "build")
        self.assertIn("error W9001: no output is given", outcome.err)
        self.assertIn("`output` under `[build]` in `weft.toml`", outcome.err)

    def test_flags_win_over_the_environment_and_both_over_the_project(self):
        self.write("other.weft", POLICY)
        self.assertIn("other: 1 rule, 2 workloads; 0 assertions", self.expect(0, "check", "other.weft").out)
        self.assertIn("other: 1 rule, 2 workloads", self.expect(0, "check", env={"WEFT_POLICY": "other.weft"}).out)
        self.assertIn("extra.weft", self.expect(2, "check", "extra.weft", env={"WEFT_POLICY": "other.weft"}).err)
        self.write("small.yaml", "workloads:\n  - {name: a, labels: {app: web}}\n")
        self.assertIn("1 workload;", self.expect(0, "check", "--inventory", "small.yaml").out)
        self.assertIn("1 workload;", self.expect(0, "check", env={"WEFT_INVENTORY": "small.yaml"}).out)

    def test_a_project_file_by_name_or_none(self):
        self.write("other/weft.toml", '[project]\nsources = ["../policy"]\nname = "other"\n')
        self.assertIn("other: 1 rule, no inventory", self.expect(0, "check", "--config", "other/weft.toml").out)
        self.assertIn("other: 1 rule, no inventory", self.expect(0, "check", env={"WEFT_CONFIG": "other/weft.toml"}).out)
        self.assertIn("shop: 1 rule", self.expect(0, "check", "--config", "weft.toml", env={"WEFT_CONFIG": "other/weft.toml"}).out)
        self.assertIn("W9001: no policy is given", self.expect(2, "check", "--no-config").err)
        self.assertIn("W9001: --config and --no-config", self.expect(2, "check", "--no-config", "--config", "weft.toml").err)
        self.assertIn("W9002: there is no file or directory `none.toml`", self.expect(2, "check", "--config", "none.toml").err)
        self.assertIn("W9016: `other` is a directory", self.expect(2, "check", "--config", "other").err)

    def test_the_search_ends_at_a_repository(self):
        (self.top / "policy" / ".git").mkdir()
        self.within("policy/deep")
        self.assertIn("no policy is given", self.expect(2, "check").err)
        self.within(".")
        self.expect(0, "check")  # its own directory is looked at all the same

    def test_mistakes_are_told_as_those_of_a_policy(self):
        self.write("weft.toml", TOML.replace("sources", "sourcs"))
        outcome = self.expect(2, "check")
        self.golden("project_key.err", outcome.err)
        report = self.weft("check", "--format", "json").json()
        [diagnostic] = report["diagnostics"]
        self.assertEqual((diagnostic["code"], diagnostic["file"], diagnostic["line"], diagnostic["column"]),
                         ("W9021", "weft.toml", 3, 1))

    def test_text_that_is_no_toml(self):
        self.write("weft.toml", TOML + "x = \n")
        self.assertRegex(self.expect(2, "check").err, r"error W9020: this is no TOML: .*\n --> weft.toml:6:")
        self.write("weft.toml", b"\xff\xfe\x00")
        self.assertIn("error W9020", self.expect(2, "check").err)

    def test_a_profile_the_sources_contradict(self):
        self.write("extra.weft", "profile k8s\n")
        outcome = self.expect(2, "check")
        self.assertIn("error W9026: the policy is written for profile `k8s`, the project for `strict`", outcome.err)
        self.assertIn("weft.toml:5:11", outcome.err)

    def test_levels_of_warnings(self):
        conflict = POLICY.replace("  allow web -> db : tcp/5432\n", "  allow web -> db : tcp/5432-5433\n  deny  web -> any : tcp/5432\n")
        self.write("policy/shop.weft", conflict)
        self.assertIn("warning W3001", self.expect(0, "check").err)
        self.write("weft.toml", TOML + '[lint]\nW3001 = "deny"\n')
        self.assertIn("error W3001", self.expect(1, "check").err)
        self.write("weft.toml", TOML + '[lint]\nW3001 = "allow"\n')
        self.assertEqual(self.expect(0, "check").err, "")

    def test_a_project_of_nothing_but_its_directory(self):
        self.write("bare/weft.toml", "")
        self.write("bare/p.weft", POLICY)
        self.write("bare/inventory.yaml", INVENTORY)
        self.within("bare")
        self.assertIn("bare: 1 rule, 2 workloads", self.expect(0, "check").out)


class Now(WeftTest):
    def test_a_time_that_is_none(self):
        self.write("p.weft", POLICY)
        outcome = self.expect(2, "check", "p.weft", "--now", "2027-02-30")
        self.assertIn("error W9018: there is no day `2027-02-30` (--now)", outcome.err)
        outcome = self.expect(2, "check", "p.weft", env={"WEFT_NOW": "soon"})
        self.assertIn("error W9018: `soon` is no date (WEFT_NOW)", outcome.err)
        self.expect(0, "check", "p.weft", "--now", "2027-03-01T12:00:00+01:00", env={"WEFT_NOW": "soon"})


class Profile(WeftTest):
    def test_all_of_them(self):
        outcome = self.expect(0, "profile")
        self.golden("profiles.out", outcome.out)
        self.assertNotIn("of this policy", outcome.out)

    def test_the_one_in_use_is_marked(self):
        self.write("p.weft", "profile calico\n" + POLICY)
        self.assertIn("calico  (of this policy)\n", self.expect(0, "profile", "--policy", "p.weft").out)
        self.write("weft.toml", '[project]\nprofile = "k8s"\nsources = ["q.weft"]\n')
        self.write("q.weft", POLICY)
        self.assertIn("k8s  (of this policy)\n", self.expect(0, "profile").out)
        marked = [each["name"] for each in self.expect(0, "profile", "--format", "json").json() if each["used"]]
        self.assertEqual(marked, ["k8s"])

    def test_one(self):
        self.assertRegex(self.expect(0, "profile", "k8s").out, r"^k8s\n  default +allow ")
        profile = self.expect(0, "profile", "strict", "--format", "json").json()
        self.assertEqual((profile["default"], profile["own_node_may_enter"], profile["node_gates"]), ("deny", False, False))
        self.assertTrue(all(profile["rules"]))
        self.assertIn("did you mean `strict`?", self.expect(2, "profile", "strct").err)


class Labels(WeftTest):
    def test_the_boutique(self):
        self.golden("labels_boutique.out", self.expect(0, "labels", BOUTIQUE).out)
        report = self.expect(0, "labels", BOUTIQUE, "--format", "json").json()
        used = {each["label"]: each for each in report["used"]}
        self.assertEqual(report["identities"], 13)
        self.assertEqual(used["app"]["values"], 12)
        self.assertEqual(used["app"]["identities_added"], 11)
        self.assertEqual(used["ns"]["identities_added"], 0)

    def test_labels_nobody_looks_at_cost_nothing(self):
        self.write("p.weft", POLICY)
        lines = [f"  - {{name: shop/p{i}, ns: shop, labels: {{app: {'web' if i % 2 else 'db'}, pod-index: \"{i}\", hash: \"h{i % 40}\"}}}}"
                 for i in range(1000)]
        self.write("inventory.yaml", "workloads:\n" + "\n".join(lines) + "\n")
        outcome = self.expect(0, "labels", "p.weft", "--inventory", "inventory.yaml")
        self.assertIn("1000 workloads and 0 nodes: 2 identities by the labels the policy looks at\n", outcome.out)
        self.assertRegex(outcome.out, r"(?m)^  app +2 +2 +1  1 rule; groups web, db$")
        self.assertRegex(outcome.out, r"(?m)^  `pod-index` +1000 +1000  high cardinality$")
        self.assertRegex(outcome.out, r"(?m)^  hash +40 +1000$")
        self.assertEqual(outcome.out, self.expect(0, "labels", "p.weft", "--inventory", "inventory.yaml").out)

    def test_without_an_inventory(self):
        self.write("p.weft", POLICY)
        outcome = self.expect(0, "labels", "p.weft")
        self.assertIn("no inventory is given: values and identities are not counted\n", outcome.out)
        self.assertRegex(outcome.out, r"(?m)^  app +\d+ rules?")
        self.write("idle.weft", "label app, idle : string\npolicy p { allow app == \"a\" -> any : tcp/1 }\n")
        outcome = self.expect(0, "labels", "idle.weft")
        self.assertIn("declared, and not looked at by any rule:\n  idle\n", outcome.out)
        report = json.loads(self.expect(0, "labels", "idle.weft", "--format", "json").out)
        self.assertEqual(report["inventory"], False)
        self.assertEqual([each["label"] for each in report["used"]], ["app"])
        self.assertEqual(report["unused"], [{"label": "idle"}])


if __name__ == "__main__":
    unittest.main()
