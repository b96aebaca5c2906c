"""Real traffic between workloads and nodes in namespaces of the test's own, held against `weft query`, which is model::evaluate."""

import json
import os
import pathlib
import socket
import unittest

from network import NetworkTest, cgroup_mount, family_of

PROTOCOLS = {"tcp": socket.SOCK_STREAM, "udp": socket.SOCK_DGRAM}

POLICY = """\
label app : "web" | "db" | "cache"

group web   = app == "web"
group db    = app == "db"
group cache = app == "cache"

tiers app

policy shop in app {
  isolate workload
  allow web -> db : tcp/5432, udp/80
  allow cache -> web : tcp/80, udp/5432
}
"""


class Traffic(NetworkTest):
    PORTS = (80, 5432)

    def answers(self, flows):
        """What `weft query` says of flows between addresses: (source, destination, protocol, port)."""
        lines = [json.dumps({"from": {"address": s}, "to": {"address": d}, "service": f"{p}/{n}"}) for s, d, p, n in flows]
        self.write("flows", "\n".join(lines) + "\n")
        answers = self.expect(0, "query", "shop", "--batch", "flows").out.splitlines()
        return {flow: json.loads(line)["verdict"] for flow, line in zip(flows, answers)}

    def every_pair(self, ends, apart=lambda source, destination: True):
        """Each address with each other one of its family; `ends` says in which namespace an address is. The verdicts met."""
        flows = [(s, d, protocol, port) for s in ends for d in ends if ends[s] != ends[d] and family_of(s) == family_of(d)
                 and apart(ends[s], ends[d]) for protocol in PROTOCOLS for port in self.PORTS]
        answers = self.answers(flows)
        for flow in flows:
            source, destination, protocol, port = flow
            with self.subTest(flow=flow):
                pair = (ends[source], source), (ends[destination], destination)
                seen = self.exchange(*pair, PROTOCOLS[protocol], port)
                if seen == "lost" and answers[flow] == "allow":  # a busy machine is slow; a denial is one however long one waits
                    seen = self.exchange(*pair, PROTOCOLS[protocol], port, patience=3)
                self.assertEqual("allow" if seen == "allow" else "deny", answers[flow], seen)
        return set(answers.values())

    def packets(self, status, gate, by):
        return sum(entry["packets"] for entry in status[gate] if entry["by"] == by)


class ManyAddresses(Traffic):
    """One workload with two IPv4 addresses and one of IPv6, on two links; others with one link and both families."""

    ENDS = {"10.0.0.1": "web", "10.0.0.2": "web", "fd00::1": "web", "10.0.1.1": "db", "fd00:1::1": "db", "10.0.2.1": "cache", "fd00:2::1": "cache"}
    INVENTORY = """\
nodes:
  - {name: n1, addresses: [172.31.0.1]}
workloads:
  - {name: web, labels: {app: web}, node: n1, addresses: [10.0.0.1, 10.0.0.2, "fd00::1"], attach: {interface: [web-a, web-b]}}
  - {name: db, labels: {app: db}, node: n1, addresses: [10.0.1.1, "fd00:1::1"], attach: {interface: db-a}}
  - {name: cache, labels: {app: cache}, node: n1, addresses: [10.0.2.1, "fd00:2::1"], attach: {interface: cache-a}}
"""

    def setUp(self):
        super().setUp()
        for name in ("n1", "web", "db", "cache"):
            self.namespace(name)
        self.link("n1", "web-a", "web", "eth0", ["10.0.0.1", "fd00::1"])
        self.link("n1", "web-b", "web", "eth1", ["10.0.0.2"])
        self.link("n1", "db-a", "db", "eth0", ["10.0.1.1", "fd00:1::1"])
        self.link("n1", "cache-a", "cache", "eth0", ["10.0.2.1", "fd00:2::1"])
        for name in ("web", "db", "cache"):
            self.gateway(name, "eth0")
        self.gateway("web", "eth1", "2")
        self.run_in("web", "ip rule add from 10.0.0.2 table 2")
        self.project(POLICY, self.INVENTORY)
        self.expect(0, "build", "shop", "-o", "bundle")

    def test_every_address_is_judged_as_the_policy_says(self):
        loaded = json.loads(self.weft_at("n1", "load", "bundle", "--format", "json"))
        self.assertEqual([(each["workload"], each["interface"]) for each in loaded["attached"]],
                         [("web", "web-a"), ("web", "web-b"), ("db", "db-a"), ("cache", "cache-a")])
        self.assertEqual(self.every_pair(self.ENDS), {"allow", "deny"})
        status = json.loads(self.weft_at("n1", "status", "--format", "json"))
        self.assertGreater(self.packets(status, "egress", "isolation"), 0)
        self.assertGreater(self.packets(status, "ingress", "rule"), 0)
        self.weft_at("n1", "unload")

    def test_an_address_that_is_not_its_own_is_denied_on_both_links(self):
        self.weft_at("n1", "load", "bundle")
        self.run_in("web", "ip address add 10.0.0.9/32 dev lo")
        self.run_in("n1", "ip route add 10.0.0.9 dev web-a")
        self.assertEqual(self.exchange(("web", "10.0.0.9"), ("db", "10.0.1.1"), socket.SOCK_STREAM, 5432), "lost")
        self.run_in("web", "ip rule add from 10.0.0.9 table 2")
        before = self.packets(json.loads(self.weft_at("n1", "status", "--format", "json")), "egress", "unknown")
        self.assertGreater(before, 0)
        self.assertEqual(self.exchange(("web", "10.0.0.9"), ("db", "10.0.1.1"), socket.SOCK_STREAM, 5432), "lost")
        self.assertGreater(self.packets(json.loads(self.weft_at("n1", "status", "--format", "json")), "egress", "unknown"), before)


class SeveralNodes(Traffic):
    """Two nodes as namespaces, whose interfaces have the same names and numbers, and one load from a third."""

    ENDS = {"10.0.0.1": "web", "fd00::1": "web", "10.0.1.1": "db", "fd00:1::1": "db", "10.0.2.1": "cache", "fd00:2::1": "cache"}

    def setUp(self):
        super().setUp()
        for name in ("n1", "n2", "web", "db", "cache"):
            self.namespace(name)
        n1, n2 = self.spaces["n1"], self.spaces["n2"]
        self.link("n1", "w0", "web", "eth0", ["10.0.0.1", "fd00::1"])
        self.link("n2", "w0", "db", "eth0", ["10.0.1.1", "fd00:1::1"])
        self.link("n2", "w1", "cache", "eth0", ["10.0.2.1", "fd00:2::1"])
        for name in ("web", "db", "cache"):
            self.gateway(name, "eth0")
        self.run_in("n1", f"ip link add uplink type veth peer name uplink netns {n2}; ip link set uplink up; ip address add 172.31.0.1/24 dev uplink; "
                          "ip -6 address add fd31::1/64 dev uplink nodad")
        self.run_in("n2", "ip link set uplink up; ip address add 172.31.0.2/24 dev uplink; ip -6 address add fd31::2/64 dev uplink nodad; "
                          "ip route add 10.0.0.0/24 via 172.31.0.1; ip -6 route add fd00::/64 via fd31::1")
        self.run_in("n1", "ip route add 10.0.0.0/16 via 172.31.0.2; ip -6 route add fd00::/16 via fd31::2")
        self.inventory = f"""\
nodes:
  - {{name: n1, addresses: [172.31.0.1]}}
  - {{name: n2, addresses: [172.31.0.2]}}
workloads:
  - {{name: web, labels: {{app: web}}, node: n1, addresses: [10.0.0.1, "fd00::1"], attach: {{netns: {n1}, interface: w0}}}}
  - {{name: db, labels: {{app: db}}, node: n2, addresses: [10.0.1.1, "fd00:1::1"], attach: {{netns: /run/netns/{n2}, interface: w0}}}}
  - {{name: cache, labels: {{app: cache}}, node: n2, addresses: [10.0.2.1, "fd00:2::1"], attach: {{netns: {n2}, interface: w1}}}}
"""
        self.project(POLICY, self.inventory)
        self.expect(0, "build", "shop", "-o", "bundle", "--events", "1000")
        self.places = [f"netns:{n1}:w0", f"netns:/run/netns/{n2}:w0", f"netns:/run/netns/{n2}:w1"]

    def hooks(self):
        """Gates in each namespace, as the kernel tells of them."""
        return {name: [each["hook"] for each in json.loads(self.weft_at(name, "status", "--format", "json", code=None))["attached"]]
                for name in ("n1", "n2")}

    def weft_at(self, name, *words, code=0):
        if code is not None:
            return super().weft_at(name, *words, code=code)
        try:
            return super().weft_at(name, *words, code=0)
        except AssertionError:  # gates that no record of this namespace knows are a difference
            return super().weft_at(name, *words, code=1)

    def test_one_load_serves_all_of_them(self):
        out = self.weft_at("home", "load", "bundle")
        self.assertRegex(out, r"(?m)^loaded [0-9a-f]+: 3 of 3 workloads")
        for place in self.places:
            self.assertIn(f" at {place} (", out)
        self.assertEqual(self.every_pair(self.ENDS), {"allow", "deny"})

        status = json.loads(self.weft_at("home", "status", "--format", "json"))
        self.assertEqual([each["interface"] for each in status["attached"]], self.places)
        self.assertGreater(self.packets(status, "egress", "isolation"), 0)
        self.assertGreater(self.packets(status, "ingress", "rule"), 0)
        events = [json.loads(line) for line in self.weft_at("home", "monitor", "--for", "1", "--format", "json").splitlines()]
        self.assertEqual({(each["workload"], each["interface"]) for each in events},
                         set(zip(("web", "db", "cache"), self.places)), "interfaces of one number are told apart")

        out = self.weft_at("home", "unload")
        self.assertIn("detached 6 filters from", out)
        self.assertEqual(self.hooks(), {"n1": [], "n2": []})
        self.assertEqual(self.exchange(("db", "10.0.1.1"), ("web", "10.0.0.1"), socket.SOCK_STREAM, 5432), "allow")

    def test_all_or_nothing_over_all_namespaces(self):
        self.run_in("n2", "ip link set w1 name other")
        self.assertIn(f"error W6004: cache: interface `netns:/run/netns/{self.spaces['n2']}:w1` does not exist",
                      self.weft_at("home", "load", "bundle", code=2))
        self.assertEqual(self.hooks(), {"n1": [], "n2": []})
        self.assertIn("left out: cache: ", self.weft_at("home", "load", "bundle", "--skip-missing"))
        self.assertEqual({name: len(each) for name, each in self.hooks().items()}, {"n1": 1, "n2": 1})

    def test_what_is_no_namespace_is_said(self):
        self.assertIn("error W6004: web: network namespace `nowhere` does not exist",
                      self.weft_at("home", "load", "bundle", "--map", "web=netns:nowhere:w0", code=2))
        self.assertIn("is no network namespace", self.weft_at("home", "load", "bundle", "--map", "web=netns:/etc/passwd:w0", code=2))
        self.assertIn("error W6005: `netns:w0` of `web` names no interface",
                      self.weft_at("home", "load", "bundle", "--map", "web=netns:w0", code=2))

    def test_a_namespace_with_a_load_of_its_own_keeps_it(self):
        self.weft_at("n1", "load", "bundle", "--only", "web", "--map", "web=w0")
        error = self.weft_at("home", "load", "bundle", code=2)
        self.assertIn(f"error W6007: network namespace `{self.spaces['n1']}` has a load of its own", error)
        self.assertEqual({name: len(each) for name, each in self.hooks().items()}, {"n1": 1, "n2": 0})
        self.weft_at("n1", "unload")
        self.weft_at("home", "load", "bundle")

    def test_a_namespace_that_is_gone_is_a_finding(self):
        self.weft_at("home", "load", "bundle")
        self.run_in("home", f"ip netns del {self.spaces['n1']}")
        out = self.weft_at("home", "status", code=1)
        self.assertIn(f"differs: web on `{self.places[0]}`: the network namespace is gone, or another has its name", out)
        self.assertIn("detached 4 filters from", self.weft_at("home", "unload"))

    def test_a_bundle_that_leaves_a_namespace_takes_its_gates_away(self):
        self.weft_at("home", "load", "bundle")
        out = self.weft_at("home", "load", "bundle", "--only", "web")
        for place in self.places[1:]:
            self.assertIn(f"  detached: {place}\n", out)
        self.assertEqual({name: len(each) for name, each in self.hooks().items()}, {"n1": 1, "n2": 0})
        self.weft_at("home", "status")


class NodeGates(Traffic):
    """A node with gates of its own: what it sends and receives is judged, what it forwards is none of its business."""

    POLICY = """\
label app : "web"
label node.role : "edge"

group web = app == "web"

tiers app

policy edge in app {
  guard node.role == "edge"
  isolate web
  allow any -> node.role == "edge" : tcp/80
  allow at source node.role == "edge" -> any : udp/5432
  allow any -> web : tcp/5432
  allow web -> world : udp/80
}
"""
    ENDS = {"172.31.0.1": "n1", "fd31::1": "n1", "172.31.0.9": "outside", "fd31::9": "outside", "10.0.0.1": "web", "fd00::1": "web"}

    def setUp(self):
        super().setUp()
        for name in ("n1", "outside", "web"):
            self.namespace(name)
        self.link("n1", "w0", "web", "eth0", ["10.0.0.1", "fd00::1"])
        self.gateway("web", "eth0")
        self.run_in("n1", f"ip link add uplink type veth peer name uplink netns {self.spaces['outside']}; ip link set uplink up; "
                          "ip address add 172.31.0.1/24 dev uplink; ip -6 address add fd31::1/64 dev uplink nodad")
        self.run_in("outside", "ip link set uplink up; ip address add 172.31.0.9/24 dev uplink; ip -6 address add fd31::9/64 dev uplink nodad; "
                               "ip route add 10.0.0.0/24 via 172.31.0.1; ip -6 route add fd00::/64 via fd31::1")

    def build(self, attach):
        self.project(self.POLICY, f"""\
nodes:
  - {{name: n1, labels: {{role: edge}}, addresses: [172.31.0.1, "fd31::1"], attach: {attach}}}
workloads:
  - {{name: web, labels: {{app: web}}, node: n1, addresses: [10.0.0.1, "fd00::1"], attach: {{interface: w0}}}}
""")
        self.expect(0, "build", "shop", "-o", "bundle")

    def test_a_node_is_judged_at_its_own_interface(self):
        self.build("{interface: uplink}")
        loaded = json.loads(self.weft_at("n1", "load", "bundle", "--format", "json"))
        self.assertEqual([(each["workload"], each["interface"]) for each in loaded["attached"]], [("n1", "uplink"), ("web", "w0")])
        # Between a node and its own workload there is the workload's link alone.
        apart = lambda source, destination: {source, destination} != {"n1", "web"}
        self.assertEqual(self.every_pair(self.ENDS, apart), {"allow", "deny"})
        status = json.loads(self.weft_at("n1", "status", "--format", "json"))
        for gate in ("egress", "ingress"):
            self.assertGreater(self.packets(status, gate, "forwarded"), 0)
            self.assertGreater(self.packets(status, gate, "profile"), 0)
        self.assertIn("detached 4 filters from", self.weft_at("n1", "unload"))
        self.assertEqual(self.exchange(("n1", "172.31.0.1"), ("outside", "172.31.0.9"), socket.SOCK_STREAM, 80), "allow")

    def test_a_gate_of_a_node_that_is_gone_is_named(self):
        self.build("{interface: uplink}")
        self.weft_at("n1", "load", "bundle", "--hook", "clsact")
        self.run_in("n1", "tc filter del dev uplink ingress")
        self.assertIn("differs: n1 on `uplink`: the ingress gate is gone", self.weft_at("n1", "status", code=1))

    def test_a_node_that_is_a_cgroup_is_judged_towards_its_own_workloads_too(self):
        mount = cgroup_mount()
        if mount is None:
            self.skipTest("no cgroups of version 2 here")
        home = mount / pathlib.Path("/proc/self/cgroup").read_text().partition("0::")[2].splitlines()[0].lstrip("/")
        place = mount / f"weft-test-node-{os.getpid()}"
        place.mkdir()
        self.addCleanup(place.rmdir)
        self.build(f'{{cgroup: "/{place.name}"}}')
        self.weft_at("n1", "load", "bundle")
        (place / "cgroup.procs").write_text("0")  # the sockets of all ends are made here: of other addresses it asks nothing
        try:
            self.assertEqual(self.every_pair(self.ENDS), {"allow", "deny"})
            with self.within("n1"):
                local = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.sockets.append(local)
            local.connect(("127.0.0.1", 80))
            self.assertEqual(local.getsockname()[0], "127.0.0.1", "a node's process is not bound to an address")
        finally:
            (home / "cgroup.procs").write_text("0")
        self.weft_at("n1", "unload")


if __name__ == "__main__":
    unittest.main()
