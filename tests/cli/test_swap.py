"""A policy takes over from another while packets pass: each of them is judged by the one or by the other."""

import json
import subprocess
import unittest

from weft_cli import BINARY, WeftTest, environment

# The client is `one` in the first world and `two` in the second; each of the two may reach something else. Port 1000 is allowed in
# both; 1002 and 1003 only by the rules of the one for the identities of the other.
POLICY = """\
label app : "one" | "two" | "server"

group one    = app == "one"
group two    = app == "two"
group server = app == "server"

tiers app

policy swap in app {{
  isolate workload
  allow {client} -> server : udp/1000
  allow {other} -> server : udp/{port}
}}
"""

INVENTORY = """\
nodes:
  - {{name: n1, addresses: [172.16.0.1]}}
workloads:
  - {{name: swap/client, ns: swap, labels: {{app: {client}}}, node: n1, addresses: [10.0.0.1], attach: {{interface: swap-c}}}}
  - {{name: swap/server, ns: swap, labels: {{app: server}}, node: n1, addresses: [10.0.0.2]}}
"""

# Sends to all three ports without a pause while the bundles are loaded in turns, and says what arrived.
TRAFFIC = """\
import json, socket, struct, subprocess, sys, threading, time

PORTS = (1000, 1002, 1003)
weft, bundles, loads = sys.argv[1], sys.argv[2].split(","), int(sys.argv[3])

def frame(port):
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 36, 0, 0, 64, 17, 0, bytes((10, 0, 0, 1)), bytes((10, 0, 0, 2)))
    total = sum(struct.unpack("!10H", ip))
    while total > 0xffff:
        total = (total & 0xffff) + (total >> 16)
    ip = ip[:10] + struct.pack("!H", total ^ 0xffff) + ip[12:]
    return bytes.fromhex("020000000002 020000000001 0800") + ip + struct.pack("!HHHH", 40000, port, 16, 0) + bytes(8)

receivers = {}
for port in PORTS:
    receivers[port] = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    receivers[port].setsockopt(socket.SOL_SOCKET, 33, 1 << 24)  # SO_RCVBUFFORCE
    receivers[port].bind(("10.0.0.2", port))
    receivers[port].setblocking(False)
link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
link.bind(("swap-s", 0))

sent, arrived = dict.fromkeys(PORTS, 0), dict.fromkeys(PORTS, 0)
done = threading.Event()

def drain():
    for port, receiver in receivers.items():
        try:
            while True:
                receiver.recv(64)
                arrived[port] += 1
        except BlockingIOError:
            pass

def send():
    frames = {port: frame(port) for port in PORTS}
    while not done.is_set():
        for _ in range(50):
            for port in PORTS:
                link.send(frames[port])
                sent[port] += 1
        drain()

sender = threading.Thread(target=send)
sender.start()
try:
    for i in range(loads):
        subprocess.run([weft, "load", bundles[i % len(bundles)]], check=True, capture_output=True)
finally:
    done.set()
    sender.join()
time.sleep(0.3)
drain()
print(json.dumps({"sent": sent, "arrived": arrived}))
"""


class Swap(WeftTest):
    LINKS = ("for i in all default; do echo 1 > /proc/sys/net/ipv6/conf/$i/disable_ipv6; "
             "echo 0 > /proc/sys/net/ipv4/conf/$i/rp_filter; done; "
             "ip link add swap-c address 02:00:00:00:00:02 type veth peer name swap-s && "
             "for i in swap-c swap-s lo; do ip link set $i up; done && ip address add 10.0.0.2/32 dev lo")

    def setUp(self):
        super().setUp()
        self.needs_kernel(self.LINKS)
        self.write("traffic.py", TRAFFIC)

    def build(self, name, client, owner, port):
        """The identities of a world in which the client is `client`, the rules of one in which it is `owner`."""
        other = "two" if owner == "one" else "one"
        project = self.project(POLICY.format(client=owner, other=other, port=port), INVENTORY.format(client=client))
        self.expect(0, "build", project, "-o", name)

    def traffic(self, bundles, loads):
        script = f"set -e; {self.LINKS}; '{BINARY}' load {bundles[0]} > /dev/null; python3 traffic.py '{BINARY}' {','.join(bundles)} {loads}"
        env = environment({"WEFT_STATE_DIRECTORY": str(self.at / "state")})
        process = subprocess.run(["unshare", "--net", "bash", "-c", script], cwd=self.at, env=env, capture_output=True, timeout=300)
        self.assertEqual(process.returncode, 0, process.stderr.decode())
        outcome = json.loads(process.stdout)
        return [(outcome["sent"][port], outcome["arrived"][port]) for port in ("1000", "1002", "1003")]

    def test_no_packet_is_judged_by_a_mix(self):
        self.build("first", client="one", owner="one", port=1002)
        self.build("second", client="two", owner="two", port=1003)
        both, mixed, mixed_too = self.traffic(["first", "second"], 20)
        self.assertGreater(both[0], 1000)
        self.assertEqual(both[0], both[1], "what both policies allow is never dropped")
        self.assertEqual((mixed[1], mixed_too[1]), (0, 0), "what neither allows never passes")

    def test_a_mix_would_be_seen(self):
        self.build("mix", client="one", owner="two", port=1003)
        both, mixed, mixed_too = self.traffic(["mix"], 1)
        self.assertEqual((both[1], mixed[1]), (0, 0))
        self.assertEqual(mixed_too[0], mixed_too[1])


if __name__ == "__main__":
    unittest.main()
