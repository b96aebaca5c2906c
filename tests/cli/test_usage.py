"""Words, help, environment, streams: what holds for every command."""

import os
import pty
import subprocess
import unittest

from weft_cli import BINARY, BOUTIQUE, POLICY, NEVER_REFUTED, WeftTest, environment

COMMANDS = ["check", "build", "query", "test", "diff", "labels", "profile", "fmt", "load", "unload", "status", "doctor", "lsp", "version",
            "explain", "help"]


class Help(WeftTest):
    def test_weft_alone_prints_short_help(self):
        outcome = self.expect(0)
        self.golden("short_help.txt", outcome.out)
        self.assertEqual(outcome.err, "")

    def test_help_lists_every_command_examples_first(self):
        outcome = self.expect(0, "--help")
        self.golden("help.txt", outcome.out)
        for command in COMMANDS:
            self.assertIn(f"\n  {command} ", outcome.out)
        self.assertLess(outcome.out.index("Examples:"), outcome.out.index("Options"))

    def test_help_of_each_command(self):
        for command in COMMANDS:
            with self.subTest(command):
                by_option = self.expect(0, command, "--help")
                by_command = self.expect(0, "help", command)
                self.assertEqual(by_option.out, by_command.out)
                self.assertLess(by_option.out.index("Examples:"), by_option.out.index("Usage:"))
                self.assertIn(f"weft {command}", by_option.out)
                self.golden(f"help_{command}.txt", by_option.out)

    def test_exit_codes_are_published(self):
        outcome = self.expect(0, "help", "exit-codes")
        for code in ("0", "1", "2", "3", "70"):
            self.assertRegex(outcome.out, rf"(?m)^ +{code}  ")

    def test_unknown_topic(self):
        self.assertIn("did you mean `weft help exit-codes`?", self.expect(2, "help", "exit-code").err)

    def test_version(self):
        self.assertRegex(self.expect(0, "version").out, r"^weft \d+\.\d+\.\d+\nLLVM 19\.\S+, Z3 4\.\S+, libbpf \S+\n$")
        self.assertEqual(self.expect(0, "--version").out, self.expect(0, "version").out)
        self.assertEqual(set(self.expect(0, "version", "--format", "json").json()), {"weft", "llvm", "z3", "libbpf"})


class Words(WeftTest):
    def check_refused(self, words, message, help_text):
        outcome = self.expect(2, *words)
        self.assertEqual(outcome.err.split("\n")[0], "error W9001: " + message, outcome)
        self.assertIn(help_text, outcome.err)
        self.assertEqual(outcome.out, "")

    def test_unknown_command(self):
        self.check_refused(["chekc", "x"], "there is no command `chekc`", "did you mean `weft check`?")
        self.check_refused(["frobnicate"], "there is no command `frobnicate`", "see `weft --help`")
        self.check_refused(["--color", "never", "biuld"], "there is no command `biuld`", "did you mean `weft build`?")

    def test_unknown_option(self):
        self.check_refused(["check", "x", "--invetory", "y"], "there is no option `--invetory`", "did you mean `--inventory`?")
        self.check_refused(["check", "x", "--xyzzy"], "there is no option `--xyzzy`", "see `weft check --help`")
        self.check_refused(["--xyzzy"], "there is no option `--xyzzy`", "see `weft --help`")
        self.check_refused(["status", "--colour=always"], "there is no option `--colour=always`", "did you mean `--color`?")

    def test_missing_values(self):
        self.check_refused(["check", "x", "--inventory"], "`--inventory` needs a value", "see `weft check --help`")
        self.check_refused(["check"], "no policy is given", "`weft check .`")
        self.check_refused(["build", "x"], "no output is given", "`-o DIR`")
        self.check_refused(["query", "x"], "no flow is given", "--batch")
        self.check_refused(["load"], "no bundle is given", "weft build")

    def test_wrong_values(self):
        self.check_refused(["check", "x", "--format", "xml"], "`xml` is no value of --format", "text, json, junit, sarif, github, gitlab")
        self.check_refused(["check", "x", "--color", "blue"], "`blue` is no value of --color", "auto, always, never")
        self.check_refused(["build", "x", "--emit", "c"], "`c` is no value of --emit", "plan, ir")
        self.check_refused(["load", "b", "--map", "web"], "`web` is no value of --map", "WORKLOAD=INTERFACE")
        self.check_refused(["load", "b", "--map", "=x"], "`=x` is no value of --map", "WORKLOAD=INTERFACE")
        self.check_refused(["load", "b", "--map", "a=x", "--map", "a=y"], "--map names `a` twice", "")
        self.check_refused(["query", "x", "a -> b : tcp/1", "--batch", "-"], "a flow and `--batch` are both given", "batch")
        self.check_refused(["load", "a", "b"], "unexpected argument `b`", "see `weft load --help`")
        self.check_refused(["status", "x"], "unexpected argument `x`", "see `weft status --help`")

    def test_flags_take_no_value(self):
        for words in (["check", "--strict=no"], ["query", "--exit-code=0"], ["load", "--skip-missing=1"], ["build", "--quiet=false"],
                      ["--version=no"], ["check", "--help=no"], ["check", "-q=no"]):
            flag = words[-1].split("=")[0]
            self.check_refused([*words, "x"], f"`{flag}` takes no value", "--help`")

    def test_given_twice(self):
        self.check_refused(["check", "x", "--format", "json", "--format", "json"], "`--format` is given twice", "weft check --help")
        self.check_refused(["build", "x", "-o", "a", "-o", "b"], "`--output` is given twice", "weft build --help")
        self.check_refused(["build", "x", "-o", "a", "-o"], "`--output` needs a value", "weft build --help")
        self.write("p.weft", POLICY)
        self.expect(0, "check", "p.weft", "--strict", "--strict")

    def test_the_end_of_options(self):
        self.write("p.weft", POLICY)
        self.write("-x.weft", POLICY)
        self.write("--", POLICY)
        self.assertIn("p: 1 rule", self.expect(0, "check", "--", "p.weft").out)
        self.assertIn("p: 1 rule", self.expect(0, "check", "p.weft", "--").out)
        self.assertIn("-x: 1 rule", self.expect(0, "check", "--strict", "--", "-x.weft").out)
        self.assertIn("--: 1 rule", self.expect(0, "check", "--", "--").out)
        self.assertIn("W9002: there is no file or directory `--strict`", self.expect(2, "check", "--", "--strict").err)
        self.assertIn(": allow\n", self.expect(0, "query", "p.weft", "--", "{app: web} -> {app: db} : tcp/5432").out)
        self.assertEqual(self.expect(0, "help", "--", "check").out, self.expect(0, "help", "check").out)
        self.check_refused(["status", "--", "-x"], "unexpected argument `-x`", "see `weft status --help`")
        self.check_refused(["--", "check", "p.weft"], "unexpected argument `check`", "see `weft --help`")
        self.check_refused(["chekc", "--", "p.weft"], "there is no command `chekc`", "did you mean `weft check`?")

    def test_a_map_that_only_leaves_out(self):
        self.check_refused(["load", "b", "--only", "a", "--map", "b=x"], "--map names `b`, which --only leaves out", "`--only b`")

    def test_words_from_a_terminal_are_shown_escaped(self):
        self.check_refused(["\x1b[31mx"], "there is no command `\\x1b[31mx`", "see `weft --help`")

    def test_options_may_stand_before_the_command(self):
        self.write("p.weft", POLICY)
        self.assertEqual(self.expect(0, "--format", "json", "check", "p.weft").out,
                         self.expect(0, "check", "p.weft", "--format", "json").out)

    def test_a_path_may_be_called_like_a_command(self):
        self.write("build/p.weft", POLICY)
        self.assertIn("build: 1 rule", self.expect(0, "check", "build").out)


class Environment(WeftTest):
    def test_inputs(self):
        directory = self.project()
        env = {"WEFT_POLICY": f"{directory}/policy.weft", "WEFT_INVENTORY": f"{directory}/inventory.yaml"}
        self.assertIn("2 workloads", self.expect(0, "check", env=env).out)
        self.write("other.weft", POLICY)
        self.assertIn("other: ", self.expect(0, "check", "other.weft", env=env).out)
        self.assertIn("2 policies: ", self.weft("check", env={"WEFT_POLICY": "other.weft:shop/policy.weft"}).out)

    def test_format_and_flag_over_it(self):
        self.write("p.weft", POLICY)
        env = {"WEFT_FORMAT": "json"}
        self.expect(0, "check", "p.weft", env=env).json()
        self.assertIn("p: 1 rule", self.expect(0, "check", "p.weft", "--format", "text", env=env).out)
        self.assertIn("`xml` is no value of WEFT_FORMAT", self.expect(2, "check", "p.weft", env={"WEFT_FORMAT": "xml"}).err)

    def test_color(self):
        self.write("p.weft", NEVER_REFUTED)
        escape = "\x1b["
        self.assertNotIn(escape, self.expect(1, "check", "p.weft").err)
        self.assertIn(escape, self.expect(1, "check", "p.weft", "--color", "always").err)
        self.assertIn(escape, self.expect(1, "check", "p.weft", env={"WEFT_COLOR": "always"}).err)
        self.assertNotIn(escape, self.expect(1, "check", "p.weft", "--color", "never", env={"WEFT_COLOR": "always"}).err)
        self.assertIn(escape, self.expect(1, "check", "p.weft", "--color", "always", env={"NO_COLOR": "1"}).err)

    def on_terminal(self, env):
        primary, secondary = pty.openpty()
        subprocess.run([BINARY, "check", "p.weft"], cwd=self.at, env=environment(env), stdout=subprocess.PIPE, stderr=secondary)
        os.close(secondary)
        text = os.read(primary, 65536).decode()
        os.close(primary)
        return text

    def test_color_on_a_terminal(self):
        self.write("p.weft", NEVER_REFUTED)
        self.assertIn("\x1b[", self.on_terminal({"TERM": "xterm"}))
        self.assertNotIn("\x1b[", self.on_terminal({"TERM": "dumb"}))
        self.assertNotIn("\x1b[", self.on_terminal({"TERM": "xterm", "NO_COLOR": "1"}))
        self.assertIn("\x1b[", self.on_terminal({"TERM": "xterm", "NO_COLOR": ""}))
        self.assertNotIn("\x1b[", self.on_terminal({"TERM": "xterm", "WEFT_COLOR": "never"}))


class Streams(WeftTest):
    def test_a_full_disk_is_an_error(self):
        with open("/dev/full", "wb") as full:
            outcome = self.expect(2, "help", stdout=full)
        self.assertIn("error W9008: cannot write standard output: No space left on device", outcome.err)

    def test_a_closed_standard_output_is_an_error(self):
        self.write("p.weft", POLICY)
        process = subprocess.run(["sh", "-c", f"'{BINARY}' check p.weft >&-"], cwd=self.at, env=environment(), capture_output=True)
        self.assertEqual(process.returncode, 2, process)
        self.assertIn(b"W9008", process.stderr)

    def test_a_reader_that_leaves_is_no_error(self):
        read_end, write_end = os.pipe()
        os.close(read_end)
        with os.fdopen(write_end, "wb") as gone:
            outcome = self.expect(0, "help", "check", stdout=gone)
        self.assertEqual(outcome.err, "")

    def test_quiet_keeps_errors_and_results(self):
        self.write("p.weft", NEVER_REFUTED)
        outcome = self.expect(1, "check", "p.weft", "--quiet")
        self.assertIn("W3002", outcome.err)
        self.assertIn("1 refuted", outcome.out)

    def test_fast_commands_show_no_progress(self):
        primary, secondary = pty.openpty()
        subprocess.run([BINARY, "check", BOUTIQUE], env=environment({"TERM": "xterm"}), stdout=subprocess.PIPE, stderr=secondary)
        os.close(secondary)
        with self.assertRaises(OSError):  # nothing was written: the terminal reports its end
            os.read(primary, 1)
        os.close(primary)


if __name__ == "__main__":
    unittest.main()
