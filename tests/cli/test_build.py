"""weft build: the bundle, whole or not at all."""

import shutil
import hashlib
import json
import os
import pathlib
import signal
import subprocess
import time
import unittest

from weft_cli import BINARY, BOUTIQUE, INVENTORY, NEVER_REFUTED, POLICY, WeftTest, environment


def bytes_of(directory):
    return {path.name: path.read_bytes() for path in sorted(pathlib.Path(directory).iterdir())}


class Build(WeftTest):
    def test_the_boutique(self):
        outcome = self.expect(0, "build", BOUTIQUE, "-o", "bundle")
        self.assertEqual(outcome.err, "")
        self.assertRegex(outcome.out, r"(?m)^online-boutique: \d+ rules, 12 workloads; .*\n"
                                      r"built bundle: 12 endpoints \(12 with an interface\), program \d+ bytes, tables \d+ bytes$")
        self.assertEqual(set(bytes_of(self.at / "bundle")), {"program.o", "maps.json", "maps.bin", "manifest.json"})
        self.assertTrue(bytes_of(self.at / "bundle")["program.o"].startswith(b"\x7fELF"))

    def test_the_manifest_names_inputs_and_rules(self):
        directory = self.project()
        self.expect(0, "build", directory, "-o", "bundle")
        manifest = json.loads((self.at / "bundle/manifest.json").read_text())
        text = json.dumps(manifest)
        for name, content in (("shop/policy.weft", POLICY), ("shop/inventory.yaml", INVENTORY)):
            self.assertIn(name, text)
            self.assertIn(hashlib.sha256(content.encode()).hexdigest(), text)
        for words in ("allow web -> db : tcp/5432", "isolate workload", "shop/policy.weft:10:3", "strict", "own-node"):
            self.assertIn(words, text)

    def test_what_no_packet_filter_can_see_to_is_refused(self):
        directory = self.project(POLICY.replace("allow web -> db : tcp/5432", 'allow web -> db : tcp/5432 requires http(method = "GET")'))
        outcome = self.expect(2, "build", directory, "-o", "bundle")
        self.assertIn("error W9031: a packet filter cannot see to `http`", outcome.err)
        self.assertFalse((self.at / "bundle").exists())
        self.expect(0, "check", directory)
        outcome = self.expect(0, "build", directory, "-o", "bundle", "--widen-obligations")
        self.assertIn("warning W9032: `http` is left out of what is built: the rule will allow every flow of its service", outcome.err)
        self.assertIn("requires http", (self.at / "bundle/manifest.json").read_text())

    def test_twice_is_byte_identical(self):
        directory = self.project()
        self.expect(0, "build", directory, "-o", "one")
        self.expect(0, "build", directory, "-o", "two")
        self.assertEqual(bytes_of(self.at / "one"), bytes_of(self.at / "two"))

    def test_a_bundle_is_replaced(self):
        directory = self.project()
        self.expect(0, "build", directory, "-o", "bundle")
        before = bytes_of(self.at / "bundle")
        self.project(POLICY.replace("5432", "5433"))
        self.expect(0, "build", directory, "-o", "bundle")
        self.assertNotEqual(before, bytes_of(self.at / "bundle"))
        self.assertEqual(sorted(os.listdir(self.at)), ["bundle", "shop"])

    def test_an_empty_directory_is_filled(self):
        (self.at / "bundle").mkdir()
        self.expect(0, "build", self.project(), "-o", "bundle")
        self.assertEqual(len(bytes_of(self.at / "bundle")), 4)

    def test_nowhere_to_attach_is_said(self):
        nowhere = "\n".join(line for line in INVENTORY.replace("],\n", "]}\n").replace("tcp/5432},\n", "tcp/5432}}\n").split("\n")
                            if "attach" not in line)
        self.assertIn("nothing to attach", self.expect(0, "build", self.project(inventory=nowhere), "-o", "bundle").err)

    def test_json(self):
        report = self.expect(0, "build", self.project(), "-o", "bundle", "--format", "json").json()
        self.assertEqual((report["output"], report["endpoints"]), ("bundle", 2))

    def test_the_plan_as_text(self):
        directory = self.project()
        plan = self.expect(0, "build", directory, "--emit", "plan").out
        self.assertIn("allow", plan)
        self.assertEqual(plan, self.expect(0, "build", directory, "--print-plan").out)
        self.assertEqual(sorted(os.listdir(self.at)), ["shop"])
        self.assertEqual(plan, self.expect(0, "build", directory, "--emit", "plan", "-o", "bundle").out)
        self.assertTrue((self.at / "bundle/program.o").exists())

    def test_the_plan_explained(self):
        directory = self.project()
        text = self.expect(0, "build", directory, "--explain-plan").out
        bundle = self.expect(0, "build", directory, "-o", "bundle", "--format", "json").json()
        self.assertIn(f"tables take {bundle['figures']['table bytes']} bytes of at most 268435456", text)
        for words in ("egress gate: rows of bits", "ingress gate: rows of bits", "IPv4 addresses\n  direct table of", "IPv6 addresses\n  direct table of",
                      "rules that cost most\n  shop/policy.weft:10:3  allow web -> db : tcp/5432\n      "):
            self.assertIn(words, text)
        self.assertRegex(text, r"\d+ bytes for 2 entries, and for \d+ groups? of ends and 1 service that no other rule tells apart\n")
        self.assertEqual(sorted(os.listdir(self.at)), ["bundle", "shop"])

    def test_the_plan_explained_as_json(self):
        directory = self.project()
        explained = self.expect(0, "build", directory, "--explain-plan", "--format", "json").json()
        bundle = self.expect(0, "build", directory, "-o", "bundle", "--format", "json").json()
        self.assertEqual(explained["table_bytes"], bundle["figures"]["table bytes"])
        self.assertEqual(explained["addresses"], 5)
        egress = explained["parts"][0]
        self.assertEqual((egress["name"], [(way["name"], way["chosen"]) for way in egress["ways"]]),
                         ("egress gate", [("rows", True), ("matrix", False)]))
        self.assertLess(egress["ways"][1]["looks"]["most"], egress["ways"][0]["looks"]["least"])
        self.assertIn("only where it is asked for", egress["ways"][1]["why"])
        self.assertEqual(explained["rules"][0]["at"], "shop/policy.weft:10:3")
        matrix = self.expect(0, "build", directory, "--strategy", "matrix", "--explain-plan", "--format", "json").json()
        self.assertEqual([way["chosen"] for way in matrix["parts"][0]["ways"]], [False, True])

    def test_what_has_no_json_form_says_so(self):
        directory = self.project()
        for what in ("plan", "ir", "asm", "header"):
            outcome = self.expect(2, "build", directory, "--emit", what, "--format", "json")
            self.assertIn(f"error W9001: `--emit {what}` is text and has no JSON form", outcome.err)
        self.expect(0, "build", directory, "--emit", "plan", env={"WEFT_FORMAT": "json"})
        self.expect(0, "build", directory, "--emit", "maps", "--format", "json")

    def test_pairs_are_counted_for_as_many_as_is_said(self):
        directory = self.project()
        self.expect(0, "build", directory, "-o", "plain")
        self.expect(0, "build", directory, "-o", "counting", "--count-pairs")
        plain, counting = ((self.at / name / "program.o").read_bytes() for name in ("plain", "counting"))
        self.assertNotIn(b"weft_pairs", plain)
        self.assertIn(b"weft_pairs", counting)
        for wrong in ("--count-pairs=63", "--count-pairs=1048577", "--count-pairs=many"):
            self.assertIn("--count-pairs", self.expect(2, "build", directory, "-o", "no", wrong).err)

    def test_a_matrix_where_it_is_asked_for(self):
        directory = self.project()
        self.expect(0, "build", directory, "-o", "bundle", "--strategy", "matrix")
        names = [image["name"] for image in json.loads((self.at / "bundle/maps.json").read_text())["maps"]]
        self.assertIn("weft_egress_matrix", names)
        self.assertNotIn("weft_egress_own_rows", names)
        text = self.expect(0, "build", directory, "--strategy", "matrix", "--explain-plan").out
        self.assertIn("egress gate: a matrix\n", text)
        directory = self.project(POLICY.replace("tcp/5432", "tcp/5432 expires 2099-01-01"))
        text = self.expect(0, "build", directory, "--strategy", "matrix", "--explain-plan").out
        self.assertIn("some rules ask for more than ends and services", text)
        self.assertIn("error W9001: `grid` is no value of --strategy", self.expect(2, "build", directory, "-o", "grid", "--strategy", "grid").err)

    def test_tables_beyond_the_budget_name_the_rules_that_cost_most(self):
        directory = self.project(POLICY.replace("  allow web", "  allow db -> any : udp/53\n  allow web"))
        outcome = self.expect(2, "build", directory, "-o", "bundle", "--max-table-bytes", "10000")
        self.assertRegex(outcome.err, r"error W4101: the tables take \d+ bytes, the budget is 10000; most of it")
        self.assertRegex(outcome.err, r" --> shop/policy\.weft:1[01]:3\n")
        self.assertRegex(outcome.err, r"of all rules this one costs most: \d+ bytes for 2 entries")
        self.assertRegex(outcome.err, r"(?s)allow db -> any : udp/53.*allow web -> db : tcp/5432|allow web -> db : tcp/5432.*allow db -> any : udp/53")
        self.assertFalse((self.at / "bundle").exists())
        self.expect(0, "check", directory)
        outcome = self.expect(0, "check", directory, "--max-table-bytes", "10000")
        self.assertRegex(outcome.err, r"warning W4104: the tables of a build would take \d+ bytes, the budget is 10000")
        self.assertIn("of all rules this one costs most", outcome.err)
        self.expect(1, "check", directory, "--max-table-bytes", "10000", "--strict")

    def test_the_budget_of_a_project(self):
        self.project()
        toml = '[project]\nsources = ["shop"]\ninventory = ["shop/inventory.yaml"]\n[build]\nmax_table_bytes = %s\n'
        self.write("weft.toml", toml % "10_000")
        self.assertIn("W4101", self.expect(2, "build", "-o", "bundle").err)
        self.assertIn("W4104", self.expect(0, "check").err)
        self.expect(0, "build", "-o", "bundle", "--max-table-bytes", "1000000")  # what the command line says wins
        self.write("weft.toml", toml % "10_000" + '[lint]\nW4104 = "deny"\n')
        self.assertIn("W4104", self.expect(1, "check").err)
        self.write("weft.toml", toml % "10_000" + '[lint]\nW4104 = "allow"\n')
        self.assertNotIn("W4104", self.expect(0, "check").err)
        for wrong, code in (("-1", "W9023"), ('"much"', "W9022")):
            self.write("weft.toml", toml % wrong)
            self.assertIn(code, self.expect(2, "check").err)

    def test_the_program_as_ir(self):
        self.assertIn("target triple", self.expect(0, "build", self.project(), "--emit", "ir").out)

    def test_emit_what_is_in_the_bundle(self):
        directory = self.project()
        self.expect(0, "build", directory, "-o", "bundle")
        with open(self.at / "alone.o", "wb") as alone:
            self.expect(0, "build", directory, "--emit", "obj", stdout=alone)
        self.assertEqual((self.at / "alone.o").read_bytes(), (self.at / "bundle/program.o").read_bytes())
        self.assertEqual(self.expect(0, "build", directory, "--emit", "maps").out, (self.at / "bundle/maps.json").read_text())
        self.assertRegex(self.expect(0, "build", directory, "--emit", "asm").out, r"(?m)^weft_from_workload:[^\0]*\n\texit$")

    def test_emit_a_header_that_compilers_take(self):
        """Every list is used, by gcc and clang, as C and as C++."""
        (self.at / "weft_bundle.h").write_text(self.expect(0, "build", self.project(), "--emit", "header").out)
        (self.at / "user.c").write_text("""\
#include "weft_bundle.h"
#define ENTRY(number, action, by, policy, place) {number, action, by, policy, place},
static const struct { unsigned number; const char *action, *by, *policy, *place; } egress[] = { WEFT_EGRESS_ENTRY_LIST(ENTRY) },
	ingress[] = { WEFT_INGRESS_ENTRY_LIST(ENTRY) };
#define ENDPOINT(number, workload, interface) {number, workload, interface},
static const struct { unsigned number; const char *workload, *interface; } endpoints[] = { WEFT_ENDPOINT_LIST(ENDPOINT) };
#define ADDRESS(endpoint, workload, address, class_id, home) {endpoint, workload, address, class_id, home},
static const struct { unsigned endpoint; const char *workload, *address; unsigned class_id, home; } addresses[] = { WEFT_ADDRESS_LIST(ADDRESS) };
#define TABLE(symbol, bytes, elements) {#symbol, bytes, elements},
static const struct { const char *symbol; unsigned bytes, elements; } tables[] = { WEFT_TABLE_LIST(TABLE) };
int main(void)
{
	return !(sizeof(egress) / sizeof(egress[0]) <= WEFT_EGRESS_ENTRIES && egress[0].number == WEFT_ENTRY_MALFORMED && ingress[0].number == WEFT_ENTRY_MALFORMED &&
		 endpoints[0].workload[0] == 's' && addresses[0].endpoint == 0 && addresses[0].address[0] == '1' && tables[0].bytes && sizeof(struct weft_event) == 80);
}
""")
        found = [compiler for compiler in ("gcc", "clang", "clang-19") if shutil.which(compiler)]
        self.assertTrue(found)
        for compiler in found:
            for language in ("-xc -std=c99", "-xc++ -std=c++17"):
                with self.subTest(f"{compiler} {language}"):
                    command = [compiler, *language.split(), "-Wall", "-Wextra", "-Wpedantic", "-Werror", "user.c", "-o", "user"]
                    compiled = subprocess.run(command, cwd=self.at, capture_output=True)
                    self.assertEqual(compiled.returncode, 0, compiled.stderr.decode())
                    self.assertEqual(subprocess.run([self.at / "user"]).returncode, 0)


class Refused(WeftTest):
    def test_a_refuted_assertion_stops_the_build(self):
        outcome = self.expect(1, "build", self.project(NEVER_REFUTED), "-o", "bundle")
        self.assertIn("W3002", outcome.err)
        self.assertIn("nothing was built", outcome.err)
        self.assertEqual(sorted(os.listdir(self.at)), ["shop"])

    def test_without_an_inventory(self):
        self.write("p.weft", POLICY)
        outcome = self.expect(2, "build", "p.weft", "-o", "bundle")
        self.assertIn("error W9007: there is no inventory to build for", outcome.err)
        self.assertEqual(sorted(os.listdir(self.at)), ["p.weft"])

    def test_somebody_elses_directory_is_not_replaced(self):
        self.write("work/thesis.txt", "years of work")
        outcome = self.expect(2, "build", self.project(), "-o", "work")
        self.assertIn("error W9009: the directory `work` exists and is no bundle", outcome.err)
        self.assertEqual(bytes_of(self.at / "work"), {"thesis.txt": b"years of work"})
        self.write("half/manifest.json", "{}")
        self.assertIn("error W9009: the directory `half` exists and is no bundle", self.expect(2, "build", "shop", "-o", "half").err)
        self.write("file", "text")
        self.assertIn("W9009", self.expect(2, "build", "shop", "-o", "file").err)
        self.assertEqual((self.at / "file").read_text(), "text")

    def test_a_bundle_with_somebodys_notes_is_not_replaced(self):
        directory = self.project()
        self.expect(0, "build", directory, "-o", "bundle")
        (self.at / "bundle/maps.json").unlink()
        self.expect(0, "build", directory, "-o", "bundle")  # that one is for people, who may delete it
        self.write("bundle/notes.txt", "mine")
        outcome = self.expect(2, "build", directory, "-o", "bundle")
        self.assertEqual(outcome.err, "error W9009: the bundle `bundle` holds `notes.txt`, which is none of its files\n"
                                      "  = help: move `bundle/notes.txt` away, or name a new directory; nothing was written\n")
        self.assertEqual((self.at / "bundle/notes.txt").read_text(), "mine")

    def test_an_output_that_cannot_be_written(self):
        directory = self.project()
        for output in ("/proc/weft/bundle", "shop/policy.weft/bundle"):
            outcome = self.expect(2, "build", directory, "-o", output)
            self.assertRegex(outcome.err, r"error W5001: ")
        self.assertEqual(sorted(os.listdir(self.at)), ["shop"])
        self.assertEqual(sorted(os.listdir(self.at / "shop")), ["inventory.yaml", "policy.weft"])

    def test_a_full_disk_leaves_nothing(self):
        directory = self.project()
        script = f"ulimit -f 8; '{BINARY}' build {directory} -o bundle"  # files of 4 KiB at most
        process = subprocess.run(["sh", "-c", script], cwd=self.at, env=environment(), capture_output=True)
        self.assertEqual(sorted(os.listdir(self.at)), ["shop"], process)
        self.assertEqual(process.returncode, 2, process)
        self.assertIn(b"error W5001: ", process.stderr)


class Killed(WeftTest):
    def visible(self):
        return sorted(name for name in os.listdir(self.at) if not name.startswith("."))

    def test_kill_leaves_no_partial_bundle(self):
        """Killed at moments spread over the whole run, the output is absent or whole, the old bundle or the new one."""
        directory = self.project()
        start = time.monotonic()
        self.expect(0, "build", directory, "-o", "reference")
        whole_run = time.monotonic() - start
        self.expect(0, "build", directory, "-o", "again")
        reference = bytes_of(self.at / "reference")
        finished = killed = 0
        for moment in range(40):
            process = subprocess.Popen([BINARY, "build", directory, "-o", "bundle"], cwd=self.at, env=environment(),
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(whole_run * 1.2 * moment / 40)
            process.send_signal(signal.SIGKILL)
            if process.wait() == 0:
                finished += 1
            else:
                killed += 1
            self.assertIn(self.visible(), (["again", "reference", "shop"], ["again", "bundle", "reference", "shop"]))
            if (self.at / "bundle").exists():
                self.assertEqual(bytes_of(self.at / "bundle"), reference)
                for path in (self.at / "bundle").iterdir():
                    path.unlink()
                (self.at / "bundle").rmdir()
        self.assertGreater(killed, 5)
        self.expect(0, "build", directory, "-o", "bundle")  # and what a killed run left does not stand in the way
        self.assertEqual(bytes_of(self.at / "bundle"), reference)


if __name__ == "__main__":
    unittest.main()
