"""weft load, status, unload, doctor: what the node commands say. Traffic is the matter of the kernel tests."""

import json
import os
import subprocess
import time
import unittest

from weft_cli import BINARY, POLICY, WeftTest, environment

STATES = {"ok", "missing", "optional", "unknown"}


# One TCP SYN from web to db, as it leaves the workload.
SEND = """\
import socket
frame = bytes.fromhex("0200000000020200000000010800"
                      "4500002800004000400600000a0000010a000002"
                      "9c4015380000000100000000500200ff00000000")
link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
link.bind(("wcli-w0", 0))
link.send(frame)
"""


class Refused(WeftTest):
    def test_no_bundle(self):
        outcome = self.expect(2, "load", "nowhere")
        self.assertRegex(outcome.err, r"error W5002: .*nowhere")

    def test_a_changed_bundle(self):
        self.expect(0, "build", self.project(), "-o", "bundle")
        program = self.at / "bundle/program.o"
        program.write_bytes(program.read_bytes()[:-1] + b"x")
        self.assertRegex(self.expect(2, "load", "bundle").err, r"error W5003: .*program\.o")

    def test_an_unknown_workload(self):
        self.expect(0, "build", self.project(), "-o", "bundle")
        self.assertRegex(self.expect(2, "load", "bundle", "--map", "shop/wbe-1=x").err, r"error W600[15]: ")

    @unittest.skipUnless(os.geteuid() == 0, "needs root to give up its rights")
    def test_without_privilege(self):
        self.expect(0, "build", self.project(), "-o", "bundle")
        for path in [self.at, self.at / "bundle", *(self.at / "bundle").iterdir()]:
            path.chmod(0o755)
        links = "ip link add wcli-web type veth peer name wcli-w0"
        if subprocess.run(["unshare", "--net", "sh", "-c", links], capture_output=True).returncode != 0:
            self.skipTest("no network namespaces here")
        nobody = f"setpriv --reuid 65534 --regid 65534 --clear-groups '{BINARY}'"
        run = lambda words: subprocess.run(["unshare", "--net", "sh", "-c", f"{links} && exec {nobody} {words}"], cwd=self.at,
                                           env=environment(), capture_output=True)
        load = run("load bundle --only shop/web-1")
        if load.returncode in (126, 127):
            self.skipTest("the program is out of reach for other users")
        self.assertEqual(load.returncode, 2, load)
        self.assertRegex(load.stderr, rb"error W6001: ")
        doctor = run("doctor")
        self.assertIn(doctor.returncode, (2, 3), doctor)


class Doctor(WeftTest):
    def test_text_and_json_agree(self):
        outcome = self.weft("doctor")
        report = json.loads(self.weft("doctor", "--format", "json").out)
        states = [check["state"] for check in report["checks"]]
        self.assertTrue(states)
        self.assertLessEqual(set(states), STATES)
        expected = 2 if "missing" in states else 3 if "unknown" in states else 0
        self.assertEqual((report["exit_code"], outcome.code), (expected, expected))
        for check in report["checks"]:
            self.assertIn(f"{check['state']:<9} {check['name']}: ", outcome.out)


class Kernel(WeftTest):
    """In a network namespace of its own, with the links the inventory names."""

    LINKS = ("ip link add wcli-web type veth peer name wcli-w0 && ip link add wcli-db type veth peer name wcli-d0 && "
             "for i in wcli-web wcli-w0 wcli-db wcli-d0 lo; do ip link set $i up; done")

    def setUp(self):
        super().setUp()
        probe = subprocess.run(["unshare", "--net", "sh", "-c", self.LINKS], capture_output=True)
        if probe.returncode != 0:
            self.skipTest("no network namespaces here: " + probe.stderr.decode().strip())
        doctor = json.loads(self.weft("doctor", "--format", "json").out)
        lacking = [check["name"] for check in doctor["checks"] if check["state"] in ("missing", "unknown")]
        if lacking:
            self.skipTest("the kernel does not load programs here: " + ", ".join(lacking))
        self.expect(0, "build", self.project(), "-o", "bundle")

    def inside(self, script):
        """Runs a shell script in a fresh namespace; `weft` is the program."""
        whole = f'set -e; weft() {{ "{BINARY}" "$@"; }}; {self.LINKS}; {script}'
        env = environment({"WEFT_STATE_DIRECTORY": str(self.at / "state")})
        process = subprocess.run(["unshare", "--net", "bash", "-c", whole], cwd=self.at, env=env, capture_output=True, timeout=120)
        return process.returncode, process.stdout.decode(), process.stderr.decode()

    def test_load_status_unload(self):
        code, out, err = self.inside("weft load bundle; weft status; weft status --format json > status.json; weft unload; weft status; "
                                     "weft unload; tc filter show dev wcli-web ingress")
        self.assertEqual((code, err), (0, ""), out)
        self.assertRegex(out, r"(?m)^loaded [0-9a-f]+: 2 of 2 workloads; \d+ map entries, \d+ bytes of tables$")
        for line in ("  shop/web-1 at wcli-web\n", "  shop/db-0 at wcli-db\n", "profile strict", "detached 4 filters from",
                     "nothing is loaded in this network namespace\n", "nothing was loaded in this network namespace\n"):
            self.assertIn(line, out)
        status = json.loads((self.at / "status.json").read_text())
        self.assertTrue(status["loaded"])
        self.assertEqual({each["workload"]: each["interface"] for each in status["attached"]},
                         {"shop/web-1": "wcli-web", "shop/db-0": "wcli-db"})
        self.assertIn("shop/policy.weft:10:3", [entry.get("at") for entry in status["egress"]])
        self.assertEqual(status["differences"], [])

    def test_again(self):
        code, out, err = self.inside("weft load bundle; weft load bundle")
        self.assertEqual((code, err), (0, ""), out)
        first, second = [line for line in out.splitlines() if line.startswith("loaded ")]
        bundle = first.split()[1].rstrip(":")
        self.assertTrue(second.startswith(f"loaded {bundle} in place of what was loaded: 2 of 2 workloads"), out)

    def test_map_and_only(self):
        code, out, err = self.inside("weft load bundle --only shop/web-1 --map shop/web-1=wcli-d0 --format json")
        self.assertEqual((code, err), (0, ""), out)
        self.assertEqual([(each["workload"], each["interface"]) for each in json.loads(out)["attached"]], [("shop/web-1", "wcli-d0")])

    def test_a_missing_interface(self):
        code, out, err = self.inside("ip link del wcli-db; weft load bundle || { code=$?; weft status; exit $code; }")
        self.assertEqual(code, 2, (out, err))
        self.assertIn("error W6004: ", err)
        self.assertIn("nothing is loaded", out)
        code, out, err = self.inside("ip link del wcli-db; weft load bundle --skip-missing")
        self.assertEqual(code, 0, (out, err))
        self.assertIn("loaded ", out)
        self.assertIn("left out: shop/db-0: interface `wcli-db` does not exist", out)

    def test_a_rule_ends_by_itself(self):
        """A packet before the deadline is decided by the rule, the same packet after it is not, and nothing was loaded between."""
        ends = int(time.time()) + 8
        rule = "allow web -> db : tcp/5432"
        deadline = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(ends))
        directory = self.project(POLICY.replace(rule, f"{rule} expires {deadline}"))
        self.expect(0, "build", directory, "-o", "bundle")
        (self.at / "send.py").write_text(SEND)
        count = "weft status --format json > $1.json"
        code, out, err = self.inside(f"count() {{ {count}; }}; weft load bundle; python3 send.py; count before; "
                                     f"sleep $(({ends} + 1 - $(date +%s))); python3 send.py; count after; weft unload")
        self.assertEqual((code, err), (0, ""), out)

        def packets(name):
            entries = json.loads((self.at / f"{name}.json").read_text())["egress"]
            return {by: sum(entry["packets"] for entry in entries if entry["by"] == by) for by in ("rule", "isolation")}

        self.assertEqual(packets("before"), {"rule": 1, "isolation": 0})
        self.assertEqual(packets("after"), {"rule": 1, "isolation": 1})

    def test_a_gate_that_is_gone_is_a_finding(self):
        code, out, err = self.inside("weft load bundle; tc qdisc del dev wcli-web clsact; weft status")
        self.assertEqual(code, 1, (out, err))
        self.assertIn("differs: ", out)


if __name__ == "__main__":
    unittest.main()
