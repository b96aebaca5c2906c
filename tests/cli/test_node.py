"""weft load, status, unload, doctor: what the node commands say. Traffic is the matter of the kernel tests."""

import json
import os
import subprocess
import time
import unittest

from weft_cli import BINARY, INVENTORY, POLICY, WeftTest, environment

STATES = {"ok", "missing", "optional", "unknown"}


# A TCP SYN from web to db, as it leaves the workload, to each port that is given.
SEND = """\
import socket, sys
link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
link.bind(("wcli-w0", 0))
for port in sys.argv[1:] or ["5432"]:
    link.send(bytes.fromhex("0200000000020200000000010800"
                            "4500002800004000400600000a0000010a000002"
                            f"9c40{int(port):04x}0000000100000000500200ff00000000"))
"""


# The answer to that SYN, on its way to web. A sender on the node is told that its packet was dropped.
ANSWER = """\
import socket
link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
link.bind(("wcli-web", 0))
try:
    link.send(bytes.fromhex("0200000000010200000000020800"
                            "4500002800004000400600000a0000020a000001"
                            "15389c400000000100000000501200ff00000000"))
except OSError:
    pass
"""

# Makes deadlines come late by so many seconds in the program of this network namespace: what is left when the clock is set.
LATE = """\
import ctypes, glob, json, mmap, os, platform, struct, sys
libc = ctypes.CDLL(None, use_errno=True)
NUMBER = {"x86_64": 321, "aarch64": 280}[platform.machine()]
PROG_GET_FD_BY_ID, MAP_GET_FD_BY_ID, OBJ_GET_INFO_BY_FD = 13, 14, 15

def bpf(command, attributes):
    attributes = ctypes.create_string_buffer(attributes, 128)
    result = libc.syscall(NUMBER, command, attributes, 128)
    assert result >= 0, os.strerror(ctypes.get_errno())
    return result

def info(fd, size, before=b""):
    out = ctypes.create_string_buffer(before, size)
    bpf(OBJ_GET_INFO_BY_FD, struct.pack("=IIQ", fd, size, ctypes.addressof(out)))
    return out.raw

state = json.load(open(glob.glob(os.environ["WEFT_STATE_DIRECTORY"] + "/*")[0]))
program = bpf(PROG_GET_FD_BY_ID, struct.pack("=I", state["programs"]["from_workload"]))
ids = (ctypes.c_uint32 * 64)()
found = info(program, 64, struct.pack("=52xIQ", 64, ctypes.addressof(ids)))
for number in ids[:struct.unpack_from("=I", found, 52)[0]]:
    table = bpf(MAP_GET_FD_BY_ID, struct.pack("=I", number))
    if info(table, 40)[24:40].rstrip(bytes(1)) == b"weft" + state["clock"]["section"].encode():
        at = state["clock"]["offset"]
        begin = at // mmap.PAGESIZE * mmap.PAGESIZE
        memory = mmap.mmap(table, at - begin + 8, offset=begin)
        before, = struct.unpack_from("=q", memory, at - begin)
        struct.pack_into("=q", memory, at - begin, before - int(float(sys.argv[1]) * 10**9))
        sys.exit(0)
sys.exit("no clock is there")
"""

# The same SYN from a ring that the kernel sends out of where it lies: of such a packet only the Ethernet header is in one piece
# with what the programs see first.
SEND_IN_PIECES = """\
import mmap, socket, struct, sys
link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
PACKET_VERSION, PACKET_TX_RING, SEND_REQUEST, AVAILABLE = 10, 13, 1, 0
link.setsockopt(socket.SOL_PACKET if hasattr(socket, "SOL_PACKET") else 263, PACKET_VERSION, 1)
link.setsockopt(263, PACKET_TX_RING, struct.pack("IIII", 4096, 1, 2048, 2))
ring = mmap.mmap(link.fileno(), 4096)
link.bind(("wcli-w0", 0))
for number, port in enumerate(sys.argv[1:]):
    frame = bytes.fromhex("0200000000020200000000010800"
                          "450000a000004000400600000a0000010a000002"
                          f"9c40{int(port):04x}0000000100000000500200ff00000000") + bytes(120)
    at = number % 2 * 2048
    ring[at + 32:at + 32 + len(frame)] = frame
    ring[at:at + 12] = struct.pack("III", SEND_REQUEST, len(frame), len(frame))
    link.send(b"")
    assert struct.unpack("I", ring[at:at + 4])[0] in (AVAILABLE, 2), "the kernel took the packet"
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
            if check["help"]:
                self.assertEqual(outcome.out.count(f"\n            {check['help']}\n"), 1, "a remedy is said once")

    def test_without_privilege_one_remedy_is_said_once(self):
        nobody = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"] if os.geteuid() == 0 else []
        done = subprocess.run([*nobody, BINARY, "doctor"], env=environment(), capture_output=True, text=True)
        if done.returncode in (126, 127):
            self.skipTest("the program is out of reach for other users")
        self.assertIn(done.returncode, (2, 3), done)
        self.assertGreater(done.stdout.count("unknown   "), 5)
        helps = [line for line in done.stdout.splitlines() if line.startswith("            ")]
        self.assertEqual(len(helps), len(set(helps)), done.stdout)


class Kernel(WeftTest):
    """In a network namespace of its own, with the links the inventory names."""

    # Without IPv6, or the kernel would say a word of its own over the links.
    LINKS = ("for i in all default; do echo 1 > /proc/sys/net/ipv6/conf/$i/disable_ipv6; done; "
             "ip link add wcli-web type veth peer name wcli-w0 && ip link add wcli-db type veth peer name wcli-d0 && "
             "for i in wcli-web wcli-w0 wcli-db wcli-d0 lo; do ip link set $i up; done")

    def setUp(self):
        super().setUp()
        self.needs_kernel(self.LINKS)
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
        for line in ("  shop/web-1 at wcli-web (", "  shop/db-0 at wcli-db (", "profile strict", "detached 4 filters from",
                     "nothing is loaded in this network namespace\n", "nothing was loaded in this network namespace\n"):
            self.assertIn(line, out)
        status = json.loads((self.at / "status.json").read_text())
        self.assertTrue(status["loaded"])
        self.assertEqual({each["workload"]: each["interface"] for each in status["attached"]},
                         {"shop/web-1": "wcli-web", "shop/db-0": "wcli-db"})
        self.assertIn("shop/policy.weft:10:3", [entry.get("at") for entry in status["egress"]])
        self.assertEqual(status["differences"], [])

    def test_again(self):
        code, out, err = self.inside("weft load bundle; weft load bundle; weft load bundle --anew")
        self.assertEqual((code, err), (0, ""), out)
        first, second, third = [line for line in out.splitlines() if line.startswith("loaded ")]
        bundle = first.split()[1].rstrip(":")
        self.assertEqual(second, f"loaded {bundle}: nothing to change; program and counters kept")
        self.assertTrue(third.startswith(f"loaded {bundle} in place of what was loaded: 2 of 2 workloads"), out)

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

    def with_deadline(self, moment, policy=POLICY):
        rule = "allow web -> db : tcp/5432"
        return self.project(policy.replace(rule, f"{rule} expires {moment}"))

    def test_deadlines_that_no_longer_come_at_their_time_are_a_finding(self):
        self.expect(0, "build", self.with_deadline("2099-01-01"), "-o", "bundle")
        (self.at / "late.py").write_text(LATE)
        code, out, err = self.inside("weft load bundle > /dev/null; weft status --format json > right.json; python3 late.py 100; "
                                     "weft status > /dev/null || echo late $?; weft status --format json > late.json || true; "
                                     "weft load bundle > /dev/null; weft status > /dev/null; python3 late.py -40; "
                                     "weft status > /dev/null || echo early $?; weft monitor --for 3; weft status > /dev/null; weft unload")
        self.assertEqual(code, 0, (out, err))
        self.assertIn("late 1\nearly 1\n", out)
        self.assertIn("error W6021: deadlines come 100.0 seconds too late: the clock was set after the bundle was loaded\n", err)
        self.assertIn("error W6021: deadlines come 40.0 seconds too early: ", err)
        self.assertIn("the clock was set: deadlines would have come 40.0 seconds too early, and are right again", err)
        self.assertEqual(err.count("W6021"), 3 + err.count("explain W6021"), err)
        right, late = (json.loads((self.at / f"{name}.json").read_text())["deadlines"] for name in ("right", "late"))
        self.assertIn(right["clock"], ("tai", "boot"))
        self.assertLess(abs(right["seconds_late"]), 1)
        self.assertLess(abs(late["seconds_late"] - 100), 1)

    def test_a_bundle_without_deadlines_has_no_clock(self):
        code, out, err = self.inside("weft load bundle > /dev/null; weft status --format json")
        self.assertEqual(code, 0, (out, err))
        self.assertIsNone(json.loads(out)["deadlines"])

    def test_deadlines_in_a_time_namespace(self):
        """A process in one sees other clocks than the program; what has expired denies all the same."""
        if subprocess.run(["unshare", "--time", "--boottime", "100000", "--fork", "true"], capture_output=True).returncode != 0:
            self.skipTest("no time namespaces here")
        self.expect(0, "build", self.with_deadline(time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 60))), "-o", "bundle",
                    "--now", "2020-01-01T00:00:00Z")
        (self.at / "send.py").write_text(SEND)
        code, out, err = self.inside(f'unshare --time --boottime 100000 --monotonic 5000 --fork "{BINARY}" load bundle > /dev/null; '
                                     "python3 send.py; weft status --format json > status.json; "
                                     f'unshare --time --monotonic 5000 --fork "{BINARY}" monitor --for 1 --format json > events.json')
        self.assertEqual(code, 0, (out, err))
        status = json.loads((self.at / "status.json").read_text())
        self.assertLess(abs(status["deadlines"]["seconds_late"]), 1)
        self.assertEqual({entry["by"]: entry["packets"] for entry in status["egress"] if entry["packets"]}, {"isolation": 1})
        event = json.loads((self.at / "events.json").read_text().splitlines()[0])
        self.assertLess(abs(time.mktime(time.strptime(event["time"][:19], "%Y-%m-%dT%H:%M:%S")) - time.mktime(time.gmtime())), 120)

    def test_pairs_are_counted_where_it_was_asked_for(self):
        self.expect(0, "build", self.project(), "-o", "counting", "--count-pairs=64")
        (self.at / "send.py").write_text(SEND)
        (self.at / "answer.py").write_text(ANSWER)
        code, out, err = self.inside("weft load counting > /dev/null; python3 send.py 5432 5432 5432 22 22; python3 answer.py; "
                                     "weft status --pairs; weft status --pairs --format json > pairs.json")
        self.assertEqual((code, err), (0, ""), out)
        self.assertRegex(out, r"(?m)^     packets  verdict  gate     from -> to\n"
                              r" +3  allow    egress   shop/web-1 -> shop/db-0\n"
                              r" +2  deny     egress   shop/web-1 -> shop/db-0\n"
                              r" +1  reply    ingress  shop/db-0 -> shop/web-1\n")
        pairs = json.loads((self.at / "pairs.json").read_text())
        self.assertEqual((pairs["room"], pairs["forgotten"], pairs["missed_packets"]), (64, 0, 0))
        self.assertEqual([(each["source"]["name"], each["destination"]["name"], each["gate"], each["verdict"], each["packets"])
                          for each in pairs["pairs"]],
                         [("shop/web-1", "shop/db-0", "egress", "allow", 3), ("shop/web-1", "shop/db-0", "egress", "deny", 2),
                          ("shop/db-0", "shop/web-1", "ingress", "reply", 1)])
        code, out, err = self.inside("weft status --pairs")
        self.assertEqual((code, out), (2, ""), err)
        self.assertIn("error W6020: nothing is loaded in this network namespace", err)
        code, out, err = self.inside("weft load bundle > /dev/null; weft status --pairs")
        self.assertEqual((code, out), (2, ""), err)
        self.assertIn("error W6020: the bundle that is loaded counts no pairs", err)

    def test_packets_in_pieces(self):
        """They are judged by what they hold, wherever it lies."""
        self.expect(0, "build", self.project(), "-o", "bundle")
        (self.at / "send.py").write_text(SEND_IN_PIECES)
        code, out, err = self.inside("weft load bundle > /dev/null; python3 send.py 5432 22 5432; weft status --format json")
        self.assertEqual((code, err), (0, ""), out)
        packets = {entry["by"]: entry["packets"] for entry in json.loads(out)["egress"] if entry["packets"]}
        self.assertEqual(packets, {"rule": 2, "isolation": 1})

    def test_connections_outlive_a_load(self):
        """An answer passes under the bundle that was loaded after its question, and not under one that forbids it."""
        self.expect(0, "build", self.project(), "-o", "bundle")
        self.expect(0, "build", self.project(POLICY.replace("5432", "5433")), "-o", "other")
        (self.at / "send.py").write_text(SEND)
        (self.at / "answer.py").write_text(ANSWER)
        replies = 'weft status --format json > $1.json'
        code, out, err = self.inside(f"count() {{ {replies}; }}; weft load bundle; python3 answer.py; count none; python3 send.py; "
                                     "weft load bundle --format json > again.json; python3 answer.py; count kept; "
                                     "weft load other; python3 answer.py; count revoked; weft unload")
        self.assertEqual((code, err), (0, ""), out)
        self.assertTrue(json.loads((self.at / "again.json").read_text())["keeps_connections"])

        def replied(name):
            entries = json.loads((self.at / f"{name}.json").read_text())["ingress"]
            return sum(entry["packets"] for entry in entries if entry["by"] == "reply")

        self.assertEqual([replied(name) for name in ("none", "kept", "revoked")], [0, 1, 0])

    def monitored(self, words, ports, policy=POLICY, build=()):
        """What `weft monitor` says while packets go to these ports."""
        self.expect(0, "build", self.project(policy), "-o", "bundle", *build)
        (self.at / "send.py").write_text(SEND)
        code, out, err = self.inside(f"weft load bundle > /dev/null; python3 send.py {ports}; weft monitor --for 1 {words}")
        self.assertEqual(code, 0, (out, err))
        return out, err

    def test_monitor_names_who_denied(self):
        out, err = self.monitored("--count 2", "22 5432 23")
        self.assertEqual(err, "")
        lines = out.splitlines()
        self.assertEqual(len(lines), 2, out)
        self.assertRegex(lines[0], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z deny at egress of shop/web-1: shop/web-1 \(10\.0\.0\.1\) -> "
                                   r"shop/db-0 \(10\.0\.0\.2\) : tcp/22; deny by isolation in `shop` at shop/policy\.weft:9:3: isolate workload$")
        self.assertIn(": tcp/23; ", lines[1])
        stamp = time.strptime(lines[0][:19], "%Y-%m-%dT%H:%M:%S")
        self.assertLess(abs(time.mktime(stamp) - time.mktime(time.gmtime())), 120)

    def test_monitor_names_peers_of_other_nodes(self):
        """The bundle has no gates of theirs: one of a kind is known by its name, many by what they have in common."""
        lone = INVENTORY.replace(",\n     attach: {interface: wcli-db}", "")
        many = lone + '  - {name: shop/db-1, ns: shop, labels: {app: db}, addresses: [10.0.0.3]}\n'
        (self.at / "send.py").write_text(SEND)
        for inventory, text, name in ((lone, "shop/db-0 (10.0.0.2)", {"destination_name": "shop/db-0"}),
                                      (many, "one of db (10.0.0.2)", {"destination_class_name": "db"})):
            with self.subTest(text):
                self.expect(0, "build", self.project(POLICY, inventory), "-o", "bundle")
                code, out, err = self.inside("weft load bundle > /dev/null; python3 send.py 22 23; weft monitor --for 1 --count 1; "
                                             "weft monitor --for 1 --format json")
                self.assertEqual((code, err), (0, ""), out)
                line, event = out.splitlines()[0], json.loads(out.splitlines()[1])
                self.assertIn(f": shop/web-1 (10.0.0.1) -> {text} : tcp/22; ", line)
                self.assertEqual({key: event[key] for key in event if key in ("destination_name", "destination_class_name")}, name)
                self.assertGreater(event["destination_class"], 0)

    def test_monitor_as_json_with_audit_and_log(self):
        policy = POLICY.replace("allow web -> db : tcp/5432", 'allow web -> db : tcp/5432 log "to the db"\n  audit deny web -> db : tcp/5432')
        out, _ = self.monitored("--format json", "5432", policy)
        events = [json.loads(line) for line in out.splitlines()]
        self.assertEqual(len(events), 1, out)
        event = events[0]
        self.assertEqual({key: event[key] for key in ("verdict", "gate", "workload", "interface", "source", "destination", "service",
                                                      "source_port", "destination_port", "protocol", "log")},
                         {"verdict": "allow", "gate": "egress", "workload": "shop/web-1", "interface": "wcli-web", "source": "10.0.0.1",
                          "destination": "10.0.0.2", "service": "tcp/5432", "source_port": 40000, "destination_port": 5432, "protocol": 6,
                          "log": "to the db"})
        self.assertEqual((event["decided"]["at"], event["without_audit"]["at"]), ("shop/policy.weft:10:3", "shop/policy.weft:11:3"))
        self.assertEqual(event["without_audit"]["verdict"], "deny")

    def test_what_would_decide_without_audit_is_counted_whether_it_is_told_or_not(self):
        rule = "allow web -> db : tcp/5432"
        policy = POLICY.replace(rule, f"{rule}\n  audit deny web -> db : tcp/5432\n  audit allow web -> db : tcp/22")
        self.expect(0, "build", self.project(policy), "-o", "bundle", "--events", "5")
        (self.at / "send.py").write_text(SEND)
        code, out, err = self.inside("weft load bundle > /dev/null; python3 send.py 5432 $(yes 22 | head -30) 23; weft status; "
                                     "weft status --format json > status.json; weft monitor --for 1 > told")
        self.assertEqual(code, 0, (out, err))
        counted = json.loads((self.at / "status.json").read_text())["without_audit"]
        self.assertEqual({entry["at"]: entry["packets"] for entry in counted["egress"]}, {"shop/policy.weft:11:3": 1, "shop/policy.weft:12:3": 30})
        self.assertEqual(counted["ingress"], [])
        self.assertLess(len((self.at / "told").read_text().splitlines()), 30)
        self.assertRegex(out, r"(?m)^egress gates, denied packets and new connections by what would decide without audit:\n"
                              r" +1  deny by `shop` at shop/policy\.weft:11:3: .*\n"
                              r" +30  allow by `shop` at shop/policy\.weft:12:3: ")

    def test_monitor_filters(self):
        rules = {"--workload shop/web-1": 2, "--workload shop/db-0": 2, "--workload shop/other": 0, "--verdict allow": 0, "--verdict deny": 2,
                 "--verdict audited": 0, "--rule shop": 2, "--rule shop/policy.weft:9": 2, "--rule shop/policy.weft:1": 0,
                 "--rule isolation": 2, "--rule profile": 0}
        for words, lines in rules.items():
            with self.subTest(words):
                out, _ = self.monitored(words, "22 23")
                self.assertEqual(len(out.splitlines()), lines, out)

    def test_monitor_says_what_it_was_not_told(self):
        self.expect(0, "build", self.project(), "-o", "bundle", "--events", "5")
        (self.at / "send.py").write_text(SEND)
        code, out, err = self.inside("weft load bundle > /dev/null; (sleep 1; python3 send.py $(seq 1 200)) & weft monitor --for 4; wait")
        self.assertEqual(code, 0, (out, err))
        told = len(out.splitlines())
        self.assertTrue(5 <= told < 100, out)
        self.assertRegex(err, rf"(?m)^{200 - told} denials were not told: more came than the program tells of")

    def test_monitor_needs_something_to_read(self):
        code, out, err = self.inside("weft monitor")
        self.assertEqual(code, 2, (out, err))
        self.assertIn("error W6014: nothing is loaded", err)
        self.expect(0, "build", self.project(), "-o", "bundle", "--events", "0")
        code, out, err = self.inside("weft load bundle > /dev/null; weft monitor")
        self.assertEqual(code, 2, (out, err))
        self.assertIn("error W6014: the bundle that is loaded tells nothing", err)

    def test_the_hook_is_chosen_and_shown(self):
        code, out, err = self.inside("weft load bundle --hook clsact; tc filter show dev wcli-web ingress; weft status; weft unload")
        self.assertEqual((code, err), (0, ""), out)
        self.assertIn("  shop/web-1 at wcli-web (clsact)\n", out)
        self.assertIn("  shop/web-1 at wcli-web (clsact): programs ", out)
        self.assertIn("weft_from_workl", out)
        code, out, err = self.inside("export WEFT_HOOK=clsact; weft load bundle --format json; weft unload > /dev/null")
        self.assertEqual((code, err), (0, ""), out)
        self.assertEqual({each["hook"] for each in json.loads(out)["attached"]}, {"clsact"})
        self.assertIn("`tc` is no value of --hook", self.expect(2, "load", "bundle", "--hook", "tc").err)

    def test_tcx_is_taken_where_it_is(self):
        doctor = json.loads(self.weft("doctor", "--format", "json").out)
        if not any(check["name"] == "tcx" and check["state"] == "ok" for check in doctor["checks"]):
            self.skipTest("the kernel has no tcx")
        code, out, err = self.inside("weft load bundle; weft status; tc qdisc show dev wcli-web; weft unload; weft status")
        self.assertEqual((code, err), (0, ""), out)
        self.assertIn("  shop/web-1 at wcli-web (tcx)\n", out)
        self.assertIn("  shop/web-1 at wcli-web (tcx): programs ", out)
        self.assertNotIn("clsact", out)
        self.assertIn("nothing is loaded", out)

    def test_a_gate_that_is_gone_is_a_finding(self):
        code, out, err = self.inside("weft load bundle --hook clsact; tc qdisc del dev wcli-web clsact; weft status")
        self.assertEqual(code, 1, (out, err))
        self.assertIn("differs: ", out)


if __name__ == "__main__":
    unittest.main()
