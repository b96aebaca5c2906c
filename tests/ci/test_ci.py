"""The templates under ci/ and the hooks of pre-commit: not read over, but run."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import unittest
import xml.etree.ElementTree as xml

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cli"))
from weft_cli import BINARY, NEVER_HOLDS, NEVER_REFUTED, POLICY, SOURCE, WeftTest, environment

try:
    import yaml
except ImportError:
    yaml = None

TESTED = NEVER_HOLDS + 'test "t" { web -> db : tcp/5432 is allow }\n'
FAILING = NEVER_HOLDS + 'test "t" { web -> db : tcp/5433 is allow }\n'
CONFLICT = POLICY.replace("  allow web -> db : tcp/5432\n", "  allow web -> db : tcp/5432\n  allow web -> any : tcp/80\n  deny web -> db : tcp/80\n")
SYNTAX = POLICY.replace("web -> db", "web => db")


class CiTest(WeftTest):
    def setUp(self):
        super().setUp()
        if yaml is None:
            self.skipTest("SKIPPED: no python3-yaml, which reads the templates")
        self.write(".git/HEAD", "")
        bin = self.at / "bin of the test"
        bin.mkdir()
        (bin / "weft").symlink_to(shutil.which(BINARY) or BINARY)
        self.path = f"{bin}:{os.environ['PATH']}"

    def shell(self, script, at=".", env=None):
        """As the runners of both services start a script: it ends at the first command that fails."""
        variables = environment({"PATH": self.path, **(env or {})})
        return subprocess.run(["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", script], cwd=self.at / at, env=variables,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=120)


    def commit(self):
        """Everything there is, in a new repository."""
        shutil.rmtree(self.at / ".git")
        for words in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "one"]):
            subprocess.run(["git", "-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false", *words],
                           cwd=self.at, check=True, stdout=subprocess.DEVNULL)


class GithubAction(CiTest):
    def action(self):
        return yaml.safe_load((SOURCE / "ci/github/action.yml").read_text())

    def run_action(self, **given):
        """Runs the steps as GitHub does: `${{ }}` filled in, outputs and variables through files."""
        action = self.action()
        inputs = {name: given.pop(name.replace("-", "_"), each.get("default", "")) for name, each in action["inputs"].items()}
        self.assertEqual(given, {}, "no such input")
        steps = {}

        def fill(text):
            def value(match):
                scope, *rest = match.group(1).split(".")
                if scope == "inputs":
                    return inputs[rest[0]]
                self.assertEqual((scope, rest[1]), ("steps", "outputs"), f"nobody fills in {match.group(0)}")
                return steps[rest[0]].get(rest[2], "")
            return re.sub(r"\$\{\{ *([\w.-]+) *\}\}", value, str(text))

        for step in action["runs"]["steps"]:
            self.assertEqual(step["shell"], "bash")
            self.assertNotIn("${{", step["run"], "an input must not become part of a script")
            output = self.at / "github-output"
            output.write_text("")
            variables = {name: fill(text) for name, text in step.get("env", {}).items()}
            variables["GITHUB_OUTPUT"] = str(output)
            variables["GITHUB_STEP_SUMMARY"] = str(self.at / "github-summary")
            done = self.shell(step["run"], fill(step.get("working-directory", ".")), variables)
            steps[step["id"]] = dict(line.split("=", 1) for line in output.read_text().splitlines())
            if done.returncode != 0:
                break
        done.outputs = {name: fill(each["value"]) for name, each in action["outputs"].items()}
        return done

    def test_it_is_an_action(self):
        action = self.action()
        self.assertEqual(action["runs"]["using"], "composite")
        for each in list(action["inputs"].values()) + list(action["outputs"].values()):
            self.assertTrue(each["description"])

    def test_a_clean_project(self):
        self.write("weft.toml", '[project]\nsources = ["net"]\n')
        self.write("net/p.weft", TESTED)
        done = self.run_action()
        self.assertEqual((done.returncode, done.stdout, done.outputs), (0, "", {"exit-code": "0", "sarif": ""}), done)
        self.assertIn("1 assertion proved", done.stderr)

    def test_findings_fail_and_are_annotated(self):
        self.write("my net/p.weft", NEVER_REFUTED)
        self.write("q.weft", "label app : \"web\" | \"db\"\n")
        done = self.run_action(paths="my net/p.weft\n")
        self.assertEqual((done.returncode, done.outputs["exit-code"]), (1, "1"), done)
        self.assertIn("::error file=my net/p.weft,line=12,", done.stdout)

    def test_warnings_fail_under_strict(self):
        self.write("p.weft", CONFLICT)
        self.assertEqual(self.run_action(paths="p.weft").returncode, 1)
        done = self.run_action(paths="p.weft", strict="false")
        self.assertEqual(done.returncode, 0, done)
        self.assertIn("::warning file=p.weft", done.stdout)

    def test_a_failed_test_fails(self):
        self.write("p.weft", FAILING)
        done = self.run_action(paths="p.weft")
        self.assertEqual(done.returncode, 1, done)
        self.assertIn("title=W9050::", done.stdout)
        self.assertEqual(self.run_action(paths="p.weft", tests="false").returncode, 0)

    def test_ten_of_a_kind_are_all_that_a_step_shows(self):
        claims = "".join(f"never web -> db : tcp/{5000 + i}\n" for i in range(12))
        tests = "".join(f'test "{i}" {{ web -> db : tcp/{5000 + i} is deny }}\n' for i in range(12))
        self.write("p.weft", POLICY.replace("tcp/5432", "tcp/5000-5100") + claims + tests)
        done = self.run_action(paths="p.weft")
        self.assertEqual(done.returncode, 1, done)
        self.assertEqual(len(re.findall("(?m)^::error ", done.stdout)), 10, done)
        self.assertEqual(len(re.findall("W9050", done.stdout)), 12, "what is over stays in the log")

    def test_the_first_policy_of_a_repository(self):
        if shutil.which("git") is None:
            self.skipTest("SKIPPED: no git")
        self.write("README", "nothing here yet")
        self.commit()
        self.write("net/p.weft", TESTED)
        done = self.run_action(paths="net", against="HEAD")
        self.assertEqual(done.returncode, 0, done)
        self.assertIn("has no policy there: it is compared as an empty one", (self.at / "github-summary").read_text())

    def test_input_errors_are_told_once(self):
        self.write("p.weft", SYNTAX)
        done = self.run_action(paths="p.weft")
        self.assertEqual((done.returncode, done.outputs["exit-code"]), (2, "2"), done)
        self.assertEqual(done.stdout.count("::error"), 1, done)

    def test_a_sarif_log(self):
        self.write("net/p.weft", NEVER_REFUTED)
        done = self.run_action(paths="p.weft", working_directory="net", sarif="weft.sarif")
        self.assertEqual((done.returncode, done.outputs["sarif"]), (1, "net/weft.sarif"), done)
        self.assertTrue((self.at / done.outputs["sarif"]).exists())
        self.assertEqual(self.run_action(paths="net/p.weft", sarif="./weft.sarif").outputs["sarif"], "./weft.sarif")
        [run] = json.loads((self.at / "net/weft.sarif").read_text())["runs"]
        self.assertEqual(run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], "net/p.weft")

    def test_inputs_are_never_run(self):
        self.write("p.weft", TESTED)
        done = self.run_action(paths='p.weft\n"; touch here; $(touch here); `touch here`', sarif="$(touch here).sarif")
        self.assertEqual(done.returncode, 2, done)
        self.assertFalse((self.at / "here").exists())

    def test_what_changes_is_summed_up(self):
        if shutil.which("git") is None:
            self.skipTest("SKIPPED: no git")
        self.write("net/p.weft", TESTED)
        self.commit()
        summary = self.at / "github-summary"
        done = self.run_action(paths="net", against="HEAD", fail_on="widened")
        self.assertEqual(done.returncode, 0, done)
        self.assertIn("quivalent", summary.read_text())
        summary.unlink()
        self.write("net/p.weft", TESTED.replace("tcp/5432\n", "tcp/5432\n  allow db -> web : tcp/7777\n", 1))
        self.assertEqual(self.run_action(paths="net", against="HEAD").returncode, 0)
        self.assertIn("tcp/7777", summary.read_text())
        self.assertEqual(self.run_action(paths="net", against="HEAD", fail_on="widened").returncode, 1)
        self.assertEqual(self.run_action(paths="net", against="HEAD", fail_on="narrowed").returncode, 0)
        done = self.run_action(paths="net", against="--upload-pack=touch here")
        self.assertEqual((done.returncode, done.outputs["exit-code"]), (2, "2"), done)
        self.assertFalse((self.at / "here").exists())

    def test_an_inventory(self):
        self.write("p.weft", TESTED)
        self.write("cluster.yaml", "workloads:\n  - {name: a/b, ns: a, labels: {app: web}}\n")
        self.assertIn("1 workload;", self.run_action(paths="p.weft", inventory="cluster.yaml").stderr)

    def test_no_program(self):
        done = self.run_action(weft="no-such-weft")
        self.assertEqual((done.returncode, done.outputs["exit-code"]), (2, "2"), done)
        self.assertIn("::error title=weft::there is no program `weft` on this runner", done.stdout)


class GitlabTemplate(CiTest):
    def run_job(self, **variables):
        job = yaml.safe_load((SOURCE / "ci/gitlab/weft.gitlab-ci.yml").read_text())[".weft"]
        reports = job["artifacts"]["reports"]
        self.assertEqual(job["artifacts"]["when"], "always", "the reports of a job that fails are the ones wanted")
        done = self.shell("\n".join(job["script"]), env={**job["variables"], **variables})
        quality = self.at / reports["codequality"]
        done.quality = json.loads(quality.read_text()) if quality.exists() else None
        done.cases = [case for name in reports["junit"] if (self.at / name).exists()
                      for case in xml.fromstring((self.at / name).read_text()).iter("testcase")]
        return done

    def test_a_clean_project(self):
        self.write("weft.toml", '[project]\nsources = ["p.weft"]\n')
        self.write("p.weft", TESTED)
        done = self.run_job()
        self.assertEqual((done.returncode, done.quality), (0, []), done)
        self.assertEqual([case.get("name") for case in done.cases], ["never web -> db : udp", "web -> db : tcp/5432 is allow"])

    def test_findings(self):
        self.write("p.weft", NEVER_REFUTED)
        done = self.run_job(WEFT_POLICY="p.weft")
        self.assertEqual(done.returncode, 1, done)
        self.assertEqual([each["check_name"] for each in done.quality], ["W3002"])
        self.assertEqual(len([case for case in done.cases if case.find("failure") is not None]), 1)

    def test_what_changes_is_kept(self):
        if shutil.which("git") is None:
            self.skipTest("SKIPPED: no git")
        self.write("weft.toml", '[project]\nsources = ["p.weft"]\n')
        self.write("p.weft", TESTED)
        self.commit()
        self.write("p.weft", TESTED.replace("tcp/5432\n", "tcp/5432\n  allow db -> web : tcp/7777\n", 1))
        self.assertEqual(self.run_job(WEFT_AGAINST="HEAD").returncode, 0)
        self.assertIn("tcp/7777", (self.at / "weft-diff.md").read_text())
        self.assertEqual(self.run_job(WEFT_AGAINST="HEAD", WEFT_FAIL_ON="widened").returncode, 1)

    def test_strictness(self):
        self.write("p.weft", CONFLICT)
        self.assertEqual(self.run_job(WEFT_POLICY="p.weft").returncode, 1)
        self.assertEqual(self.run_job(WEFT_POLICY="p.weft", WEFT_STRICT="false").returncode, 0)

    def test_a_failed_test_and_input_errors(self):
        self.write("p.weft", FAILING)
        self.assertEqual(self.run_job(WEFT_POLICY="p.weft").returncode, 1)
        self.write("p.weft", SYNTAX)
        done = self.run_job(WEFT_POLICY="p.weft")
        self.assertEqual((done.returncode, [each["check_name"] for each in done.quality]), (2, ["W1006"]), done)


@unittest.skipUnless(shutil.which("pre-commit"), "SKIPPED: no pre-commit")
class PreCommit(CiTest):
    def setUp(self):
        super().setUp()
        shutil.rmtree(self.at / ".git")
        # The hooks as a repository of their own: what pre-commit clones.
        self.git("init", "-q", "hooks")
        shutil.copy(SOURCE / ".pre-commit-hooks.yaml", self.at / "hooks")
        self.git("add", ".", at="hooks")
        self.git("commit", "-qm", "hooks", at="hooks")
        revision = self.git("rev-parse", "HEAD", at="hooks").strip()
        self.git("init", "-q", "work")
        hooks = yaml.safe_load((SOURCE / ".pre-commit-hooks.yaml").read_text())
        self.write("work/.pre-commit-config.yaml", yaml.safe_dump(
            {"repos": [{"repo": str(self.at / "hooks"), "rev": revision, "hooks": [{"id": hook["id"]} for hook in hooks]}]}))
        self.write("work/weft.toml", '[project]\nsources = ["*.weft"]\n')

    def variables(self):
        return environment({"PATH": self.path, "PRE_COMMIT_HOME": str(self.at / "cache"), "GIT_CONFIG_GLOBAL": "/dev/null", "HOME": str(self.at)})

    def git(self, *words, at="."):
        identity = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "init.defaultBranch=main"]
        done = subprocess.run(["git", *identity, *words], cwd=self.at / at, env=self.variables(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.assertEqual(done.returncode, 0, done)
        return done.stdout

    def run_hooks(self):
        self.git("add", "-A", at="work")
        done = subprocess.run(["pre-commit", "run", "--all-files", "--color", "never"], cwd=self.at / "work", env=self.variables(),
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300)
        done.hooks = dict(re.findall(r"(?m)^(weft \w+)\.+(?:\(no files to check\))?(\w+)$", done.stdout))
        return done

    def formatted(self, policy):
        return self.expect(0, "fmt", "-", stdin=policy.encode()).out

    def test_what_is_right_passes(self):
        self.write("work/p.weft", self.formatted(TESTED))
        done = self.run_hooks()
        self.assertEqual((done.returncode, done.hooks), (0, {"weft fmt": "Passed", "weft check": "Passed", "weft test": "Passed"}), done.stdout)

    def test_untidy_text_is_rewritten_and_fails_once(self):
        self.write("work/p.weft", TESTED.replace("allow web -> db", "allow   web->db"))
        done = self.run_hooks()
        self.assertEqual((done.returncode, done.hooks["weft fmt"], done.hooks["weft check"]), (1, "Failed", "Passed"), done.stdout)
        self.assertEqual((self.at / "work/p.weft").read_text(), self.formatted(TESTED))
        self.assertEqual(self.run_hooks().returncode, 0)

    def test_what_is_wrong_fails(self):
        for policy, hook, text in ((NEVER_REFUTED, "weft check", "W3002"), (CONFLICT, "weft check", "W3001"), (FAILING, "weft test", "it is denied")):
            self.write("work/p.weft", self.formatted(policy))
            done = self.run_hooks()
            self.assertEqual((done.returncode, done.hooks[hook]), (1, "Failed"), done.stdout)
            self.assertIn(text, done.stdout)


if __name__ == "__main__":
    unittest.main()
