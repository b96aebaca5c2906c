"""Workloads that are cgroups: real sockets of processes in cgroups that the test makes, held against `weft query`."""

import contextlib
import ctypes
import errno
import json
import os
import pathlib
import shutil
import socket
import struct
import subprocess
import time
import unittest

from network import CLONE_NEWNET, PATIENCE, cgroup_mount
from weft_cli import BINARY, WeftTest, environment

POLICY = """\
label app : "web" | "db" | "cache"

group web   = app == "web"
group db    = app == "db"
group cache = app == "cache"

policy shop {
  isolate db
  isolate web ingress
  allow web -> db : tcp/5432, udp/5432
  allow world -> web : tcp/80
  deny web -> cache : tcp/80, udp/80
  allow at source cache -> any : any
}
"""

ADDRESSES = {
    "web": ("10.77.0.1", "fd77::1"),
    "db": ("10.77.0.2", "fd77::2"),
    "cache": ("10.77.0.3", "fd77::3"),
    "stranger": ("10.77.0.9", "fd77::9"),
}
WORKLOADS = ("web", "db", "cache")
PORTS = (80, 5432)


class Cgroups(WeftTest):
    def setUp(self):
        super().setUp()
        mount = cgroup_mount()
        if mount is None:
            self.skipTest("no cgroups of version 2 here")
        doctor = json.loads(self.weft("doctor", "--format", "json").out)
        for check in doctor["checks"]:
            if check["state"] in ("missing", "unknown") or (check["name"] == "cgroups" and check["state"] != "ok"):
                self.skipTest(f"{check['name']}: {check['found']}")
        libc = ctypes.CDLL(None, use_errno=True)
        before = os.open("/proc/self/ns/net", os.O_RDONLY)
        if libc.unshare(CLONE_NEWNET) != 0:
            self.skipTest("no network namespaces here")
        self.addCleanup(os.close, before)
        self.addCleanup(libc.setns, before, CLONE_NEWNET)
        lines = ["ip link set lo up"]
        for v4, v6 in ADDRESSES.values():
            lines += [f"ip address add {v4}/32 dev lo", f"ip -6 address add {v6}/128 dev lo nodad"]
        subprocess.run(["sh", "-ec", "; ".join(lines)], check=True)

        self.home = mount / pathlib.Path("/proc/self/cgroup").read_text().partition("0::")[2].splitlines()[0].lstrip("/")
        self.root = mount / f"weft-test-{os.getpid()}"
        self.root.mkdir()
        self.addCleanup(self.root.rmdir)
        for name in WORKLOADS:
            (self.root / name).mkdir()
            self.addCleanup((self.root / name).rmdir)
        # What is loaded goes with its cgroups, but the sockets of a failed test must not keep them.
        self.sockets = []
        self.addCleanup(lambda: [each.close() for each in self.sockets])
        self.mount = mount

    def build(self, policy=POLICY, *options, families=(4, 6), stranger=None):
        node = "10.77.0.100" if 4 in families else "fd77::100"
        lines = ["nodes:", f'  - {{name: n1, addresses: ["{node}"]}}', "workloads:"]
        for name in WORKLOADS:
            v4, v6 = ADDRESSES[name]
            where = self.root.relative_to(self.mount) / name
            addresses = ", ".join(f'"{v6 if family == 6 else v4}"' for family in families)
            lines.append(f'  - {{name: {name}, labels: {{app: {name}}}, node: n1, addresses: [{addresses}], '
                         f'attach: {{cgroup: "/{where}"}}}}')
        if stranger:
            lines.append(f'  - {{name: stranger, labels: {{app: {stranger}}}, node: n1, addresses: ["{ADDRESSES["stranger"][0]}", "{ADDRESSES["stranger"][1]}"]}}')
        self.write("shop/policy.weft", policy)
        self.write("shop/inventory.yaml", "\n".join(lines) + "\n")
        self.expect(0, "build", "shop", "-o", "bundle", *options)

    def run_weft(self, *words, code=0):
        process = subprocess.run([BINARY, *words], cwd=self.at, capture_output=True, timeout=60,
                                 env=environment({"WEFT_STATE_DIRECTORY": str(self.at / "state")}))
        self.assertEqual(process.returncode, code, process)
        return process.stdout.decode()

    @contextlib.contextmanager
    def within(self, name):
        """This process is in the cgroup of a workload: whose socket it is, is settled when it is made."""
        place = self.home if name == "stranger" else self.root / name
        (place / "cgroup.procs").write_text("0")
        try:
            yield
        finally:
            (self.home / "cgroup.procs").write_text("0")

    def socket(self, name, family, kind, bound=None):
        with self.within(name):
            out = socket.socket(family, kind)
        self.sockets.append(out)
        out.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        out.settimeout(PATIENCE)
        if bound is not None:
            out.bind(bound)
        if kind == socket.SOCK_STREAM and bound is not None:
            out.listen(8)
        return out

    def attempt(self, source, destination, family, kind, port, server, bind=False):
        """How an exchange over a connected socket ends."""
        local = ADDRESSES[source][family == socket.AF_INET6]
        remote = ADDRESSES[destination][family == socket.AF_INET6]
        client = self.socket(source, family, kind)
        if source == "stranger" or bind:
            client.bind((local, 0))  # workloads need not: they speak with their own address
        began = time.monotonic()
        try:
            client.connect((remote, port))
            client.send(b"?")
            peer = server.accept()[0] if kind == socket.SOCK_STREAM else server
            question, address = peer.recvfrom(16)
            if kind == socket.SOCK_STREAM:
                self.assertEqual(peer.getpeername()[0], local)
                peer.send(b"!")
                peer.close()
            else:
                self.assertEqual(address[0], local)
                peer.sendto(b"!", address)
            return "allow" if (question, client.recv(16)) == (b"?", b"!") else "garbled"
        except PermissionError:
            self.assertLess(time.monotonic() - began, PATIENCE / 2, "EPERM comes at once")
            return "refused"
        except TimeoutError:
            return "lost"
        finally:
            client.close()

    def expected(self):
        """What `weft query`, which is model::evaluate, says of every pair: by source, destination, protocol, port."""
        end = lambda name, v6: {"address": ADDRESSES[name][v6]} if name == "stranger" else name
        flows = [(s, d, protocol, port) for s in ADDRESSES for d in ADDRESSES for protocol in ("tcp", "udp") for port in PORTS if s != d]
        lines = [json.dumps({"from": end(s, 0), "to": end(d, 0), "service": f"{protocol}/{port}"}) for s, d, protocol, port in flows]
        self.write("flows", "\n".join(lines) + "\n")
        out = {}
        for flow, line in zip(flows, self.expect(0, "query", "shop", "--batch", "flows").out.splitlines()):
            answer = json.loads(line)
            gate = lambda which: (answer[which] or {"verdict": "allow"})["verdict"]
            out[flow] = "refused" if gate("source") == "deny" else "lost" if gate("destination") == "deny" else "allow"
        return out

    def test_every_pair_is_as_the_policy_says(self):
        self.build()
        self.run_weft("load", "bundle")
        expected = self.expected()
        self.assertEqual(set(expected.values()), {"allow", "refused", "lost"})
        for destination in ADDRESSES:
            for protocol, kind in (("tcp", socket.SOCK_STREAM), ("udp", socket.SOCK_DGRAM)):
                for family in (socket.AF_INET, socket.AF_INET6):
                    for port in PORTS:
                        for source in ADDRESSES:
                            if source == destination:
                                continue
                            # A server of its own for each: what one probe left behind is no answer to the next.
                            server = self.socket(destination, family, kind, (ADDRESSES[destination][family == socket.AF_INET6], port))
                            with self.subTest(source=source, destination=destination, protocol=protocol, family=family.name, port=port):
                                self.assertEqual(self.attempt(source, destination, family, kind, port, server),
                                                 expected[source, destination, protocol, port])
                            server.close()

        status = json.loads(self.run_weft("status", "--format", "json"))
        self.assertEqual({each["workload"]: each["hook"] for each in status["attached"]}, dict.fromkeys(WORKLOADS, "cgroup"))
        packets = lambda gate, by, action: sum(each["packets"] for each in status[gate] if (each["by"], each["action"]) == (by, action))
        self.assertGreater(packets("egress", "rule", "allow"), 0)
        self.assertGreater(packets("egress", "rule", "deny"), 0)
        self.assertGreater(packets("egress", "isolation", "deny"), 0)
        self.assertGreater(packets("ingress", "reply", "allow"), 0)
        self.assertGreater(packets("ingress", "isolation", "deny"), 0)
        self.assertIn("detached 18 filters from", self.run_weft("unload"))
        self.assertIn("nothing is loaded", self.run_weft("status"))
        server = self.socket("web", socket.AF_INET, socket.SOCK_STREAM, (ADDRESSES["web"][0], 5432))
        self.assertEqual(self.attempt("db", "web", socket.AF_INET, socket.SOCK_STREAM, 5432, server, bind=True), "allow")

    def test_datagrams_without_a_connection(self):
        self.build()
        self.run_weft("load", "bundle")
        self.exchange_datagrams(4)
        self.exchange_datagrams(6)

    def exchange_datagrams(self, version):
        family = socket.AF_INET6 if version == 6 else socket.AF_INET
        db, web = ADDRESSES["db"][version == 6], ADDRESSES["web"][version == 6]
        server = self.socket("db", family, socket.SOCK_DGRAM, (db, 5432))
        client = self.socket("web", family, socket.SOCK_DGRAM)
        client.sendto(b"?", (db, 5432))
        question, address = server.recvfrom(16)
        self.assertEqual((question, address[0]), (b"?", web), "it leaves from the address of the workload")
        server.sendto(b"!", address)  # no rule lets db begin anything
        self.assertEqual(client.recv(16), b"!")
        with self.assertRaises(PermissionError):
            server.sendto(b"?", (web, address[1] - 1))
        with self.assertRaises(PermissionError):
            client.sendto(b"?", (db, 80))
        with self.assertRaises(PermissionError):
            self.socket("db", family, socket.SOCK_DGRAM).sendto(b"?", (web, 80))
        server.close()

    def test_addresses_that_become_others(self):
        self.build(stranger="cache")
        self.run_weft("load", "bundle")
        programs = [each["from_workload"] for each in json.loads(self.run_weft("status", "--format", "json"))["attached"]]
        for stranger in ("cache", "web", "cache"):
            self.build(stranger=stranger)
            updated = json.loads(self.run_weft("load", "bundle", "--format", "json"))["updated"]
            self.assertIsNotNone(updated)
            status = json.loads(self.run_weft("status", "--verify", "bundle", "--format", "json"))
            self.assertEqual((status["differences"], status["verified"]["differences"]), ([], []))
            self.assertEqual([each["from_workload"] for each in status["attached"]], programs)
            for version, family in ((0, socket.AF_INET), (1, socket.AF_INET6)):
                with self.subTest(stranger=stranger, family=family):
                    db = ADDRESSES["db"][version]
                    server = self.socket("db", family, socket.SOCK_DGRAM, (db, 5432))
                    client = self.socket("stranger", family, socket.SOCK_DGRAM, (ADDRESSES["stranger"][version], 0))
                    with contextlib.suppress(PermissionError):
                        client.sendto(b"?", (db, 5432))
                    try:
                        heard = server.recv(16)
                    except TimeoutError:
                        heard = None
                    self.assertEqual(heard, b"?" if stranger == "web" else None)
                    server.close()
        self.run_weft("unload")

    def forget_connections(self, bpftool):
        """Empties the tables of what is loaded, behind its back."""
        ask = lambda *words: json.loads(subprocess.run([bpftool, "-j", *map(str, words)], check=True, capture_output=True).stdout)
        attached = json.loads(self.run_weft("status", "--format", "json"))["attached"]
        for number in {number for each in attached for number in ask("prog", "show", "id", each["from_workload"]["id"])["map_ids"]}:
            if ask("map", "show", "id", number)["name"].startswith(("weft_connection", "weft_opening")):
                for entry in ask("map", "dump", "id", number):
                    subprocess.run([bpftool, "map", "delete", "id", str(number), "key", "hex", *(byte[2:] for byte in entry["key"])],
                                   check=True, capture_output=True)

    def test_a_socket_remembers_its_connection_for_a_tick(self):
        bpftool = shutil.which("bpftool") or shutil.which("bpftool", path="/usr/sbin:/sbin")
        if not bpftool:
            self.skipTest("needs bpftool")
        self.build()
        self.run_weft("load", "bundle")
        for version, family in ((0, socket.AF_INET), (1, socket.AF_INET6)):
            db = ADDRESSES["db"][version]
            remembered = False
            for _ in range(20):  # until all of it happens in one tick
                server = self.socket("db", family, socket.SOCK_DGRAM, (db, 5432))
                client = self.socket("web", family, socket.SOCK_DGRAM)
                client.connect((db, 5432))
                client.send(b"?")
                server.connect(server.recvfrom(16)[1])  # of what is sent from here on the packets alone are judged
                server.send(b"1")
                self.assertEqual(client.recv(16), b"1")
                self.forget_connections(bpftool)
                try:
                    server.send(b"2")
                    remembered = client.recv(16) == b"2"
                except (PermissionError, TimeoutError):
                    pass
                if remembered:
                    break
                client.close()
                server.close()
            self.assertTrue(remembered)
            time.sleep(1.5)  # a tick takes 1.3 seconds at most
            with self.assertRaises((PermissionError, TimeoutError)):
                server.send(b"3")
                client.recv(16)
            client.send(b"?")  # the next forward packet brings the connection back
            self.assertEqual(server.recv(16), b"?")
            server.send(b"4")
            self.assertEqual(client.recv(16), b"4")

    def test_an_inventory_of_one_family(self):
        for version, other in ((4, 6), (6, 4)):
            with self.subTest(version=version):
                self.build(families=(version,))
                self.run_weft("load", "bundle")
                self.exchange_datagrams(version)
                # Of the other family the workload has no address that it could speak with.
                stranger = self.socket("web", socket.AF_INET6 if other == 6 else socket.AF_INET, socket.SOCK_DGRAM)
                with self.assertRaises(PermissionError):
                    stranger.sendto(b"?", (ADDRESSES["db"][other == 6], 5432))
                self.run_weft("unload")

    def test_conditions(self):
        """What asks for the most stack: both families, state, and a rule with a condition."""
        for condition in ("expires 2099-01-01", "when source.app != destination.app"):
            with self.subTest(condition=condition):
                self.build(POLICY.replace("udp/5432\n", f"udp/5432 {condition}\n", 1))
                self.run_weft("load", "bundle")
                self.exchange_datagrams(4)
                self.exchange_datagrams(6)
                self.run_weft("unload")

    def test_ipv4_by_a_socket_of_ipv6(self):
        self.build()
        self.run_weft("load", "bundle")
        server = self.socket("db", socket.AF_INET, socket.SOCK_STREAM, (ADDRESSES["db"][0], 5432))
        client = self.socket("web", socket.AF_INET6, socket.SOCK_STREAM)
        client.connect(("::ffff:" + ADDRESSES["db"][0], 5432))
        peer, address = server.accept()
        self.sockets.append(peer)
        self.assertEqual(address[0], ADDRESSES["web"][0])
        with self.assertRaises(PermissionError):
            self.socket("web", socket.AF_INET6, socket.SOCK_STREAM).connect(("::ffff:" + ADDRESSES["db"][0], 80))

    def test_nobody_speaks_with_a_borrowed_address(self):
        self.build()
        self.run_weft("load", "bundle")
        server = self.socket("db", socket.AF_INET, socket.SOCK_STREAM, (ADDRESSES["db"][0], 5432))
        client = self.socket("cache", socket.AF_INET, socket.SOCK_STREAM)
        client.bind((ADDRESSES["web"][0], 0))
        with self.assertRaises(PermissionError):
            client.connect((ADDRESSES["db"][0], 5432))
        server.settimeout(0.05)
        self.assertRaises(TimeoutError, server.accept)

    def test_what_a_process_writes_as_frames_passes_no_gate_of_its_cgroup(self):
        """README says so: if this fails, it says too little of what Weft does."""
        self.build(POLICY.replace("deny web -> cache", "deny at source web -> world : udp/81\n  deny web -> cache"))
        self.run_weft("load", "bundle")
        server = self.socket("stranger", socket.AF_INET6, socket.SOCK_DGRAM, (ADDRESSES["stranger"][1], 81))
        with self.assertRaises(PermissionError):
            self.socket("web", socket.AF_INET6, socket.SOCK_DGRAM).sendto(b"?", (ADDRESSES["stranger"][1], 81))
        ends = b"".join(socket.inet_pton(socket.AF_INET6, ADDRESSES[who][1]) for who in ("web", "stranger"))
        datagram = struct.pack("!HHHH", 40000, 81, 10, 0) + b"!?"
        total = sum(struct.unpack("!24H", ends + struct.pack("!HHH", 10, 0, 17) + datagram))
        total = total % 0xffff  # the sum of ones complements: 2**16 is 1
        datagram = datagram[:6] + struct.pack("!H", 0xffff - total) + datagram[8:]
        link = self.socket("web", socket.AF_PACKET, socket.SOCK_RAW)
        link.bind(("lo", 0))
        link.send(bytes(12) + struct.pack("!HIHBB", 0x86dd, 6 << 28, 10, 17, 64) + ends + datagram)
        self.assertEqual(server.recv(16), b"!?")

    def test_a_new_policy_ends_what_the_old_one_allowed(self):
        self.build()
        self.run_weft("load", "bundle")
        server = self.socket("db", socket.AF_INET, socket.SOCK_STREAM, (ADDRESSES["db"][0], 5432))
        client = self.socket("web", socket.AF_INET, socket.SOCK_STREAM)
        client.connect((ADDRESSES["db"][0], 5432))
        peer = server.accept()[0]
        self.sockets.append(peer)
        peer.settimeout(PATIENCE)
        # The same policy again: replies go on, from the table of connections that is handed on.
        self.assertTrue(json.loads(self.run_weft("load", "bundle", "--format", "json"))["keeps_connections"])
        peer.send(b"!")
        self.assertEqual(client.recv(16), b"!")
        self.build(POLICY.replace("tcp/5432, udp/5432", "tcp/80"))
        self.assertTrue(json.loads(self.run_weft("load", "bundle", "--format", "json"))["replaced"])
        client.send(b"?")
        self.assertRaises(TimeoutError, peer.recv, 16)
        self.run_weft("status")

    def test_denials_are_told_with_the_workload(self):
        self.build(POLICY, "--events", "1000")
        self.run_weft("load", "bundle")
        with self.assertRaises(PermissionError):
            self.socket("web", socket.AF_INET, socket.SOCK_STREAM).connect((ADDRESSES["db"][0], 80))
        stranger = self.socket("stranger", socket.AF_INET6, socket.SOCK_DGRAM, (ADDRESSES["stranger"][1], 0))
        stranger.sendto(b"?", (ADDRESSES["web"][1], 5432))
        # A datagram is judged at its socket: without one there is nobody to judge for.
        self.socket("web", socket.AF_INET6, socket.SOCK_DGRAM, (ADDRESSES["web"][1], 5432))
        stranger.sendto(b"?", (ADDRESSES["web"][1], 5432))
        events = [json.loads(line) for line in self.run_weft("monitor", "--count", "2", "--for", "10", "--format", "json").splitlines()]
        seen = [(each["verdict"], each["gate"], each["workload"], each["interface"].rpartition("/")[2], each["service"]) for each in events]
        self.assertEqual(seen, [("deny", "egress", "web", "web", "tcp/80"), ("deny", "ingress", "web", "web", "udp/5432")])
        self.assertEqual((events[0]["source"], events[0]["destination"]), (ADDRESSES["web"][0], ADDRESSES["db"][0]))
        self.assertEqual((events[0]["destination_name"], events[1]["source"]), ("db", ADDRESSES["stranger"][1]))

    def test_a_bundle_has_programs_for_cgroups_where_its_inventory_names_one(self):
        self.build()
        whole = (self.at / "bundle/program.o").read_bytes()
        inventory = self.at / "shop/inventory.yaml"
        inventory.write_text(inventory.read_text().replace("cgroup:", "interface: veth, cgroup:"))
        text = inventory.read_text().splitlines()
        inventory.write_text("\n".join(line.replace("veth", f"veth{i}") for i, line in enumerate(text)) + "\n")
        self.expect(0, "build", "shop", "-o", "bundle")
        self.assertIn(b"weft_connect4", whole)
        self.assertNotIn(b"weft_connect4", (self.at / "bundle/program.o").read_bytes())
        place = "cgroup:/" + str(self.root.relative_to(self.mount) / "web")
        refused = self.weft("load", "bundle", "--only", "web", "--map", f"web={place}")
        self.assertEqual(refused.code, 2)
        self.assertIn("error W6006: the bundle has no programs for cgroups", refused.err)

    def test_a_cgroup_that_is_gone_or_wrong(self):
        self.build()
        (self.root / "cache").rmdir()
        self.run_weft("load", "bundle", code=2)
        self.run_weft("load", "bundle", "--skip-missing")
        self.assertNotIn("cache", self.run_weft("status").partition("packets")[0])
        (self.root / "cache").mkdir()
        self.run_weft("load", "bundle")
        (self.root / "cache").rmdir()
        (self.root / "cache").mkdir()
        self.assertIn("differs: cache in cgroup `/", self.run_weft("status", code=1))
        self.run_weft("load", "bundle")
        self.run_weft("status")


if __name__ == "__main__":
    unittest.main()
