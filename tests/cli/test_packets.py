"""Packets that are no flow of anybody, in real networks: what keeps a link alive passes, and is no way round a policy."""

import json
import mmap
import select
import socket
import struct
import subprocess
import time
import unittest

from network import PATIENCE, NetworkTest, family_of
from weft_cli import BINARY, environment

MARK = b"what nobody may learn"
SOLICITATION, ADVERTISEMENT, ROUTER_SOLICITATION = 135, 136, 133
BROADCAST = "ff:ff:ff:ff:ff:ff"


def checksum(data):
    total = sum(struct.unpack(f"!{(len(data) + 1) // 2}H", data + b"\0" * (len(data) % 2)))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ip(source, destination, protocol, payload, at, hops=64):
    """An IP packet whose payload has its checksum at that offset."""
    family = family_of(source)
    addresses = socket.inet_pton(family, source) + socket.inet_pton(family, destination)
    if family == socket.AF_INET6:
        pseudo, head = struct.pack("!IHBB", len(payload), 0, 0, protocol), struct.pack("!IHBB", 0x60000000, len(payload), protocol, hops)
    else:
        pseudo = struct.pack("!BBH", 0, protocol, len(payload))
        head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(payload), 1, 0, hops, protocol, 0)
        head = head[:10] + struct.pack("!H", checksum(head + addresses))
    payload = payload[:at] + struct.pack("!H", checksum(addresses + pseudo + payload)) + payload[at + 2:]
    return (b"\x86\xdd" if family == socket.AF_INET6 else b"\x08\x00") + head + addresses + payload


def discovery(kind, source, destination, target):
    body = struct.pack("!BBHI", kind, 0, 0, 0) + (b"" if kind == ROUTER_SOLICITATION else socket.inet_pton(socket.AF_INET6, target))
    return ip(source, destination, 58, body + MARK + b"\0" * (-len(body + MARK) % 8), 2, hops=255)


def segment(port):
    return struct.pack("!HHIIBBHHH", 40000, port, 1, 0, 0x50, 0x02, 65535, 0, 0) + bytes(120)


def options4(source, destination, payload):
    """An IPv4 packet of TCP with as many options as there can be, each of which looks like a header of port 5432."""
    head = struct.pack("!BBHHHBBH", 0x4F, 0, 60 + len(payload), 1, 0, 64, 6, 0) + socket.inet_aton(source) + socket.inet_aton(destination)
    head += struct.pack("!HH", 40000, 5432) * 10
    return b"\x08\x00" + head[:10] + struct.pack("!H", checksum(head)) + head[12:] + payload


def chain6(source, destination, payload, offset=0):
    """An IPv6 packet of TCP behind hop-by-hop options, 240 bytes of destination options and a fragment header."""
    bait = struct.pack("!HH", 40000, 5432) * 60
    body = bytes([60, 0, 1, 4, 0, 0, 0, 0]) + bytes([44, 29]) + bait[2:] + struct.pack("!BBHI", 6, 0, offset << 3 | 1, 7) + payload
    head = struct.pack("!IHBB", 0x60000000, len(body), 0, 64) + socket.inet_pton(socket.AF_INET6, source) + socket.inet_pton(socket.AF_INET6, destination)
    return b"\x86\xdd" + head + body


def tagged(packet):
    return b"\x88\xa8\x00\x2a\x81\x00\x00\x2b" + packet


class PacketsTest(NetworkTest):
    def raw(self, name, interface, ethertype=0):
        """A socket for frames; it hears those of that type, or none."""
        with self.within(name):
            out = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ethertype))
            out.bind((interface, ethertype))
        out.settimeout(PATIENCE)
        self.sockets.append(out)
        return out

    def send(self, name, interface, packet, to):
        link = self.raw(name, interface)
        link.send(bytes.fromhex(to.replace(":", "")) + link.getsockname()[4] + packet)

    def send_in_pieces(self, name, interface, packet, to):
        """From a ring that the kernel sends out of where it lies: only the Ethernet header is in one piece with what the programs see first."""
        packet_version, packet_tx_ring, send_request = 10, 13, 1
        link = self.raw(name, interface)
        link.setsockopt(263, packet_version, 1)
        link.setsockopt(263, packet_tx_ring, struct.pack("IIII", 4096, 1, 2048, 2))
        frame = bytes.fromhex(to.replace(":", "")) + link.getsockname()[4] + packet
        with mmap.mmap(link.fileno(), 4096) as ring:
            ring[32:32 + len(frame)] = frame
            ring[:12] = struct.pack("III", send_request, len(frame), len(frame))
            link.send(b"")
            self.assertNotEqual(struct.unpack("I", ring[:4])[0] & 4, 4, "the kernel takes the packet")
        link.close()

    def address_of(self, name, interface):
        return self.raw(name, interface).getsockname()[4].hex(":")

    def hears(self, listener, mark=MARK):
        """Does a frame with the mark arrive? Others are passed over."""
        end = time.monotonic() + PATIENCE
        while select.select([listener], [], [], max(0, end - time.monotonic()))[0]:
            if mark in listener.recv(65536):
                return True
        return False

    def packets(self, name, gate, by):
        status = json.loads(self.weft_at(name, "status", "--format", "json"))
        return sum(entry["packets"] for entry in status[gate] if entry["by"] == by)

    def assert_counted(self, name, gate, by, before):
        """One more packet than before, as soon as a busy machine has got to it; what a kernel says of itself may be there, too."""
        end = time.monotonic() + 3
        while self.packets(name, gate, by) <= before:
            self.assertLess(time.monotonic(), end, f"no packet was decided by {by} at {gate}")
            time.sleep(0.05)

    def uplink(self, name):
        """From n1 to a namespace that is the rest of the world."""
        self.run_in("n1", f"ip link add uplink type veth peer name uplink netns {self.spaces[name]}; ip link set uplink up; "
                          "ip address add 172.31.0.1/24 dev uplink; ip -6 address add fd31::1/64 dev uplink nodad; ip -6 route add fd77::/64 via fd31::9")
        self.run_in(name, "ip link set uplink up; ip address add 172.31.0.9/24 dev uplink; ip -6 address add fd31::9/64 dev uplink nodad; "
                          "ip -6 address add fd77::9/128 dev lo; ip route add 10.0.0.0/16 via 172.31.0.1; ip -6 route add fd00::/16 via fd31::1; "
                          "ip route add 169.254.1.1 via 172.31.0.1")


class AWorkload(PacketsTest):
    POLICY = """\
label app : "web"

group web = app == "web"

tiers app

policy shop in app {
  isolate web
  allow any -> web : tcp/80
}
"""
    INVENTORY = """\
workloads:
  - {name: web, labels: {app: web}, addresses: [10.0.0.1, "fd00::1"], attach: {interface: w0}}
"""

    def setUp(self):
        super().setUp()
        for name in ("n1", "outside", "web"):
            self.namespace(name)
        self.link("n1", "w0", "web", "eth0", ["10.0.0.1", "fd00::1"])
        self.gateway("web", "eth0")
        self.uplink("outside")
        self.project(self.POLICY, self.INVENTORY)
        self.expect(0, "build", "shop", "-o", "bundle")

    def test_neighbour_discovery_is_no_way_out(self):
        listener, router = self.raw("outside", "uplink", 0x86DD), self.address_of("n1", "w0")
        say = lambda kind, source: self.send("web", "eth0", discovery(kind, source, "fd77::9", "fd00::1"), router)
        for _ in range(20):  # until the links are up
            say(ADVERTISEMENT, "fd00::1")
            if heard := self.hears(listener):
                break
        self.assertTrue(heard, "without a gate it goes its way")
        self.weft_at("n1", "load", "bundle")
        self.assertIn('"deny"', self.expect(0, "query", "shop", "web -> fd77::9 : icmp6/136/0", "--format", "json").out)
        while self.hears(listener):  # what waited for the links to be up
            pass
        for kind in (ROUTER_SOLICITATION, SOLICITATION, ADVERTISEMENT):
            for source in ("fd00::1", "fd00::99", "fd77::1", "::", "fe80::99"):
                with self.subTest(kind=kind, source=source):
                    say(kind, source)
                    self.assertFalse(self.hears(listener))

    def test_its_own_address_is_not_let_in_from_outside(self):
        for source, kind in (("fd00::1", socket.AF_INET6), ("10.0.0.1", socket.AF_INET)):
            server = self.socket("web", source, socket.SOCK_DGRAM, 99)
            say = lambda: self.send("outside", "uplink", ip(source, source, 17, struct.pack("!HHHH", 40000, 99, 8 + len(MARK), 0) + MARK, 6),
                                    self.address_of("n1", "uplink"))
            if kind == socket.AF_INET6:  # of IPv4 the kernel of the workload does not believe it
                say()
                self.assertEqual(server.recv(64), MARK, "without a gate it is delivered")
            self.weft_at("n1", "load", "bundle")
            before = self.packets("n1", "ingress", "unknown")
            say()
            with self.assertRaises(TimeoutError):
                server.recv(64)
            self.assert_counted("n1", "ingress", "unknown", before)
            self.weft_at("n1", "unload")

    def test_isolated_it_still_finds_its_neighbours(self):
        self.weft_at("n1", "load", "bundle")
        for address, far in (("10.0.0.1", "172.31.0.9"), ("fd00::1", "fd31::9")):
            for name, interface in (("n1", "w0"), ("web", "eth0")):
                self.run_in(name, f"ip neigh flush dev {interface}")
            self.assertEqual(self.exchange(("outside", far), ("web", address), socket.SOCK_STREAM, 80, patience=3), "allow")

    def test_arp_with_the_address_of_another_is_denied(self):
        listener = self.raw("n1", "w0", 0x0806)
        say = lambda sender: self.send("web", "eth0", b"\x08\x06" + struct.pack("!HHBBH", 1, 0x0800, 6, 4, 2) + bytes(6) + socket.inet_aton(sender) +
                                       MARK[:10], BROADCAST)
        self.weft_at("n1", "load", "bundle")
        for sender in ("10.0.0.9", "169.254.1.1"):
            before = self.packets("n1", "egress", "unknown")
            say(sender)
            self.assert_counted("n1", "egress", "unknown", before)
        before = self.packets("n1", "egress", "link")
        say("10.0.0.1")
        self.assert_counted("n1", "egress", "link", before)
        listener.close()

    def test_packets_in_pieces_are_read_like_others(self):
        policy = self.POLICY.replace("allow any -> web : tcp/80", "allow any -> web : tcp/80\n  allow web -> any : tcp/5432")
        self.project(policy, self.INVENTORY)
        self.expect(0, "build", "shop", "-o", "bundle")
        self.weft_at("n1", "load", "bundle")
        four, six, to = ("10.0.0.1", "172.31.0.9"), ("fd00::1", "fd31::9"), self.address_of("n1", "w0")
        packets = []
        for port, by in ((5432, "rule"), (22, "isolation")):
            for packet in (ip(*four, 6, segment(port), 16), options4(*four, segment(port)), ip(*six, 6, segment(port), 16), chain6(*six, segment(port))):
                packets += [(packet, by), (tagged(packet), by)]
        packets += [(chain6(*six, segment(5432), offset=5), "fragment"), (tagged(chain6(*six, segment(5432), offset=5)), "fragment"),
                    (discovery(ADVERTISEMENT, "fd00::1", "fd77::9", "fd00::1"), "isolation")]
        for packet, by in packets:
            with self.subTest(packet=packet.hex(), by=by):
                before = self.packets("n1", "egress", by)
                self.send_in_pieces("web", "eth0", packet, to)
                self.assert_counted("n1", "egress", by, before)

    def test_segments_beyond_64_kilobytes(self):
        """What is called big TCP: one packet to the gates, whose header cannot say how long it is."""
        policy = self.POLICY.replace("allow any -> web : tcp/80", "allow any -> web : tcp/80\n  allow web -> any : tcp/5432")
        self.project(policy, self.INVENTORY)
        self.expect(0, "build", "shop", "-o", "bundle")
        ends = []
        for sizes, pair in ((("gso_max_size", "gro_max_size"), ("fd00::1", "fd31::9", 0x86DD)),
                            (("gso_ipv4_max_size", "gro_ipv4_max_size"), ("10.0.0.1", "172.31.0.9", 0x0800))):
            try:
                for name, interface in (("web", "eth0"), ("n1", "w0"), ("n1", "uplink"), ("outside", "uplink")):
                    self.run_in(name, f"ip link set {interface} " + " ".join(f"{each} 200000" for each in sizes))
                ends.append(pair)
            except subprocess.CalledProcessError as error:  # the kernel or iproute2 is older: Linux 5.19 for IPv6, 6.3 for IPv4
                refusal = error.stderr.decode().strip()
        if not ends:
            self.skipTest("no packets beyond 64 kilobytes here: " + refusal)
        self.weft_at("n1", "load", "bundle")
        data = MARK * 200_000
        for source, destination, ethertype in ends:
            listener = self.raw("n1", "w0", ethertype)
            server = self.socket("outside", destination, socket.SOCK_STREAM, 5432, patience=10)
            client = self.socket("web", source, socket.SOCK_STREAM, 0, patience=10)
            client.connect((destination, 5432))
            peer, _ = server.accept()
            peer.settimeout(10)
            got, sent, longest = 0, 0, 0
            while got < len(data):
                readable, writable, _ = select.select([peer, listener], [client] if sent < len(data) else [], [], 10)
                self.assertTrue(readable or writable, f"{got} of {len(data)} bytes came through")
                if writable:
                    sent += client.send(data[sent:sent + 2_000_000])
                if listener in readable:
                    longest = max(longest, listener.recv_into(bytearray(1), 1, socket.MSG_TRUNC))
                if peer in readable:
                    got += len(peer.recv(1 << 20))
            peer.close()
            self.assertGreater(longest, 65536 + 54, f"over {source} a packet was that long")
            self.assertEqual(self.packets("n1", "egress", "malformed"), 0)


class OnABridge(PacketsTest):
    """Workloads that are neighbours of each other, not of their node alone."""

    def test_neighbours_find_each_other_and_are_judged(self):
        for name in ("n1", "a", "b"):
            self.namespace(name)
        self.run_in("n1", "ip link add br0 type bridge; ip link set br0 up")
        for name, number in (("a", 1), ("b", 2)):
            self.run_in("n1", f"ip link add p{name} type veth peer name eth0 netns {self.spaces[name]}; ip link set p{name} master br0 up")
            self.run_in(name, f"ip link set eth0 up; ip address add 10.5.0.{number}/24 dev eth0; ip -6 address add fd05::{number}/64 dev eth0 nodad")
        self.project("""\
label app : "a" | "b"

tiers app

policy shop in app {
  isolate workload
  allow app == "a" -> app == "b" : tcp/80
}
""", """\
workloads:
  - {name: a, labels: {app: a}, addresses: [10.5.0.1, "fd05::1"], attach: {interface: pa}}
  - {name: b, labels: {app: b}, addresses: [10.5.0.2, "fd05::2"], attach: {interface: pb}}
""")
        self.expect(0, "build", "shop", "-o", "bundle")
        self.weft_at("n1", "load", "bundle")
        for address in ("10.5.0.", "fd05::"):
            for port, expected in ((80, "allow"), (22, "lost"), (80, "allow")):
                for name in ("a", "b"):
                    self.run_in(name, "ip neigh flush dev eth0")
                seen = self.exchange(("a", address + "1"), ("b", address + "2"), socket.SOCK_STREAM, port, patience=3 if expected == "allow" else PATIENCE)
                self.assertEqual(seen, expected, (address, port))
        # Discovery carries what it must between neighbours, and not what claims to come from a third one.
        listener = self.raw("b", "eth0", 0x86DD)
        to = self.address_of("b", "eth0")
        self.send("a", "eth0", discovery(ADVERTISEMENT, "fd05::1", "fd05::2", "fd05::3"), to)
        self.send("a", "eth0", discovery(SOLICITATION, "fd05::3", "fd05::2", "fd05::2"), to)
        self.assertFalse(self.hears(listener))


class ANode(PacketsTest):
    POLICY = """\
label node.role : "edge"

tiers app

policy edge in app {
  guard node.role == "edge"
  allow any -> node.role == "edge" : tcp/80
}
"""

    def setUp(self):
        super().setUp()
        for name in ("n1", "outside", "web"):
            self.namespace(name)
        self.link("n1", "w0", "web", "eth0", [])
        self.uplink("outside")
        self.project(self.POLICY, 'nodes:\n  - {name: n1, labels: {role: edge}, addresses: [172.31.0.1, "fd31::1"], attach: {interface: uplink}}\n')
        self.expect(0, "build", "shop", "-o", "bundle")

    def link_local(self, name):
        addresses = subprocess.run(["nsenter", f"--net=/run/netns/{self.spaces[name]}", "ip", "-j", "-6", "address", "show", "dev", "uplink", "scope", "link"],
                                   check=True, capture_output=True).stdout
        return next(each["local"] for link in json.loads(addresses) for each in link.get("addr_info", []) if "local" in each)

    def accepts(self, address, port):
        """Does a server on the node that listens everywhere hear from outside?"""
        with self.within("n1"):
            server = socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True)
        self.sockets.append(server)
        with self.within("outside"):
            client = socket.socket(family_of(address), socket.SOCK_STREAM)
            scope = socket.if_nametoindex("uplink")
        self.sockets.append(client)
        client.settimeout(PATIENCE)
        try:
            client.connect((address, port, 0, scope if address.startswith("fe80") else 0) if ":" in address else (address, port))
            return True
        except TimeoutError:
            return False
        finally:
            client.close()
            server.close()

    def test_no_name_of_it_goes_past_its_gate(self):
        deadline = time.monotonic() + 10
        tentative = lambda name: b"tentative" in subprocess.run(
            ["nsenter", f"--net=/run/netns/{self.spaces[name]}", "ip", "-6", "address", "show", "dev", "uplink"], capture_output=True).stdout
        while time.monotonic() < deadline and (tentative("n1") or tentative("outside")):
            time.sleep(0.1)
        names = ("172.31.0.1", "fd31::1", "169.254.1.1", self.link_local("n1"))
        for name in names:
            self.assertTrue(self.accepts(name, 22), f"{name}, without a gate")
        self.weft_at("n1", "load", "bundle")
        for name in names:
            self.assertFalse(self.accepts(name, 22), name)
            self.assertTrue(self.accepts(name, 80), name)

    def test_addresses_that_the_inventory_does_not_list_are_named(self):
        load = lambda *words: subprocess.run(["nsenter", f"--net=/run/netns/{self.spaces['n1']}", BINARY, "load", "bundle", *words], cwd=self.at,
                                             capture_output=True, text=True, env=environment({"WEFT_STATE_DIRECTORY": str(self.at / "state")}))
        self.assertEqual(load().stderr, "")
        self.run_in("n1", "ip address add 10.99.0.1/24 dev uplink; ip -6 address add fd99::1/64 dev uplink nodad; ip address add 10.98.0.1/32 dev lo")
        loaded = load()
        self.assertEqual(loaded.returncode, 0)
        self.assertIn("warning W6015: the inventory does not list all addresses of node `n1`, and its gates let packets to the others pass as forwarded: "
                      "10.98.0.1 at `lo`, 10.99.0.1 at `uplink`, fd99::1 at `uplink`\n", loaded.stderr)
        self.assertIn("  = help: list them", loaded.stderr)
        self.assertTrue(json.loads(load("--format", "json").stdout)["warnings"][0].startswith("W6015: the inventory does not list"))
        self.assertEqual(load("--quiet").stderr, "")


if __name__ == "__main__":
    unittest.main()
