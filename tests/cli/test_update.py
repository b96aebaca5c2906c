"""A bundle over one that is loaded: where only addresses differ, the program is kept and told of them."""

import json
import unittest

import kernel_memory
import test_network

INVENTORY = """\
nodes:
  - {{name: n1, addresses: [172.31.0.1]}}
  - {{name: n2, addresses: [172.31.0.2]}}
workloads:
  - {{name: web, labels: {{app: web}}, node: n1, addresses: [10.0.0.1, "fd00::1"], attach: {{interface: web-a}}}}
  - {{name: db, labels: {{app: db}}, node: n2, addresses: [10.0.1.1, "fd00:1::1"]}}
  - {{name: moving, labels: {{app: {moving}}}, node: n2, addresses: [10.0.2.1, "fd00:2::1"]}}
  - {{name: moving-2, labels: {{app: {moving}}}, node: n2, addresses: [10.0.3.1]}}
  - {{name: cache, labels: {{app: cache}}, node: n2, addresses: [10.0.9.9]}}
"""


class Update(test_network.Traffic):
    ENDS = {"10.0.0.1": "web", "fd00::1": "web", "10.0.1.1": "db", "fd00:1::1": "db", "10.0.2.1": "moving", "fd00:2::1": "moving",
            "10.0.3.1": "moving-2"}

    def setUp(self):
        super().setUp()
        self.namespace("n1")
        for name in ("web", "db", "moving", "moving-2"):
            self.namespace(name)
            self.link("n1", name + "-a", name, "eth0", [each for each, end in self.ENDS.items() if end == name])
            self.gateway(name, "eth0")

    def build(self, moving, policy=test_network.POLICY):
        self.project(policy, INVENTORY.format(moving=moving))
        self.expect(0, "build", "shop", "-o", "bundle")

    def load(self, *words):
        return json.loads(self.weft_at("n1", "load", "bundle", "--format", "json", *words))

    def status(self):
        return json.loads(self.weft_at("n1", "status", "--format", "json"))

    def judged_as_said(self):
        # One gate hangs: what the others may among themselves is nobody's business here.
        self.assertEqual(self.every_pair(self.ENDS, lambda source, destination: "web" in (source, destination)), {"allow", "deny"})

    def test_addresses_that_become_others(self):
        self.build("cache")
        first = self.load()
        self.assertIsNone(first["updated"])
        self.judged_as_said()
        before = self.status()

        self.build("db")
        second = self.load()
        self.assertEqual(second["updated"], {"addresses": 3, "networks": 0})
        self.assertEqual((second["replaced"], second["keeps_connections"]), (True, True))
        self.assertEqual(second["attached"][0]["from_workload"]["id"], first["attached"][0]["from_workload"]["id"])
        self.assertGreaterEqual(self.packets(self.status(), "egress", "rule"), self.packets(before, "egress", "rule"))
        self.judged_as_said()
        status = self.status()
        self.assertEqual((status["bundle"], status["differences"]), (second["bundle"], []))
        self.assertNotEqual(status["bundle"], before["bundle"])

        self.build("cache")
        self.assertRegex(self.weft_at("n1", "load", "bundle"),
                         r"(?m)^loaded [0-9a-f]+ in place of what was loaded: only addresses changed: 3 addresses; "
                         r"program, counters and connections kept\n  web at web-a \(\w+\)\n  compare [0-9.]+ ms, change [0-9.]+ ms$")
        self.judged_as_said()
        self.assertRegex(self.weft_at("n1", "load", "bundle"), "(?m)^loaded [0-9a-f]+: nothing to change; program and counters kept$")
        self.assertGreater(self.packets(self.status(), "egress", "rule"), 0)
        self.weft_at("n1", "load", "bundle", "--anew")
        self.assertEqual(self.packets(self.status(), "egress", "rule"), 0)
        self.weft_at("n1", "unload")

    def test_rules_and_kinds_are_loaded_whole(self):
        self.build("cache")
        self.load()
        self.build("cache", policy=test_network.POLICY.replace("tcp/5432, udp/80", "tcp/5432, udp/5432"))
        self.assertIsNone(self.load()["updated"])
        self.judged_as_said()
        # Of its own workloads a node reads the kind together with that of the other end.
        self.project(test_network.POLICY, INVENTORY.format(moving="cache").replace("name: web, labels: {app: web}", "name: web, labels: {app: db}"))
        self.expect(0, "build", "shop", "-o", "bundle")
        self.assertIsNone(self.load()["updated"])
        self.assertEqual(self.status()["differences"], [])
        self.weft_at("n1", "unload")

    def verify(self, code):
        done = self.weft_at("n1", "status", "--verify", "bundle", "--format", "json", code=code)
        return json.loads(done)["verified"]

    @unittest.skipUnless(kernel_memory.BPFTOOL, "needs bpftool")
    def test_what_is_changed_behind_its_back_is_named(self):
        self.build("cache")
        program = self.load()["attached"][0]["from_workload"]["id"]
        self.assertIsNone(self.status()["verified"])
        verified = self.verify(0)
        self.assertEqual((verified["programs"], verified["differences"]), (1, []))
        self.assertGreater(verified["tables"], 10)
        self.assertRegex(self.weft_at("n1", "status", "--verify", "bundle"), r"(?m)^verified: \d+ tables( and \d+ map entr\w+)? are those of the bundle$")

        # What an update changed where it was is in the new bundle, and not in the one before.
        self.build("db")
        difference, = self.verify(1)["differences"]
        self.assertRegex(difference, "^bundle [0-9a-f]{64} is loaded, not [0-9a-f]{64}$")
        self.assertIsNotNone(self.load()["updated"])
        self.assertEqual(self.verify(0)["differences"], [])

        object_file = self.at / "bundle" / "program.o"
        for table, bits in (("weft_direct4_0", 1), ("weft_egress_own_rows", 0x80)):
            section, offset, size = kernel_memory.symbol(object_file, table)
            kernel_memory.change(program, section, offset + size - 2, lambda byte: byte ^ bits)
            difference, = self.verify(1)["differences"]
            self.assertRegex(difference, f"^web-a: element \\d+ of `{table}` is \\d+, not \\d+$")
            kernel_memory.change(program, section, offset + size - 2, lambda byte: byte ^ bits)
        self.assertEqual(self.verify(0)["differences"], [])
        self.weft_at("n1", "unload")
        self.assertEqual(self.verify(1)["differences"], ["the bundle is not loaded"])


if __name__ == "__main__":
    unittest.main()
