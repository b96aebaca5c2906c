"""Networks for tests: namespaces of the test's own, links between them, and real sockets in each."""

import contextlib
import ctypes
import errno
import os
import pathlib
import socket
import subprocess

from weft_cli import BINARY, WeftTest, environment

PATIENCE = 0.3
CLONE_NEWNET = 0x40000000
GATEWAY = {4: "169.254.1.1", 6: "fe80::1"}
LIBC = ctypes.CDLL(None, use_errno=True)


def family_of(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def cgroup_mount():
    """Where cgroups of version 2 are, or None."""
    for line in pathlib.Path("/proc/self/mountinfo").read_text().splitlines():
        before, _, after = line.partition(" - ")
        if after.split()[0] == "cgroup2" and before.split()[3] == "/":
            return pathlib.Path(before.split()[4])
    return None


class NetworkTest(WeftTest):
    """`weft` runs in `home`, a network namespace that has nothing to do with those of `namespace`."""

    def setUp(self):
        super().setUp()
        self.needs_kernel()
        self.sockets = []
        self.addCleanup(lambda: [each.close() for each in self.sockets])
        self.spaces = {}
        self.namespace("home")

    def namespace(self, name):
        """A network namespace that `ip netns` knows by the answer."""
        space = f"weft-{os.getpid()}-{name}"
        made = subprocess.run(["ip", "netns", "add", space], capture_output=True)
        if made.returncode != 0:
            self.skipTest("no named network namespaces here: " + made.stderr.decode().strip())
        self.addCleanup(subprocess.run, ["ip", "netns", "del", space], capture_output=True)
        self.spaces[name] = space
        settings = ["ip link set lo up", "echo 1 > /proc/sys/net/ipv4/ip_forward", "echo 1 > /proc/sys/net/ipv6/conf/all/forwarding"]
        settings += [f"echo 0 > /proc/sys/net/ipv4/conf/{which}/rp_filter" for which in ("all", "default")]
        self.run_in(name, "; ".join(settings))
        return space

    def run_in(self, name, script):
        """`ip netns exec` would hide the cgroups."""
        subprocess.run(["nsenter", f"--net=/run/netns/{self.spaces[name]}", "sh", "-ec", script], check=True, capture_output=True)

    def link(self, node, interface, workload, inside, addresses):
        """A workload's link with its node: `interface` there, `inside` here, where it has these addresses."""
        self.run_in(node, f"ip link add {interface} type veth peer name {inside} netns {self.spaces[workload]}; ip link set {interface} up; "
                          f"ip address add {GATEWAY[4]}/32 dev {interface}; ip -6 address add {GATEWAY[6]}/64 dev {interface} nodad; "
                          + "; ".join(f"ip route add {each} dev {interface}" for each in addresses))
        lines = [f"ip link set {inside} up"]
        for each in addresses:
            version = 6 if ":" in each else 4
            lines.append(f"ip address add {each}/{128 if version == 6 else 32} dev {inside}" + (" nodad" if version == 6 else ""))
        self.run_in(workload, "; ".join(lines))

    def gateway(self, workload, inside, table="main"):
        """What leaves the workload by this table goes to its node over that link."""
        self.run_in(workload, f"ip route replace {GATEWAY[4]} dev {inside} scope link table {table}; "
                              f"ip route replace default via {GATEWAY[4]} dev {inside} onlink table {table}; "
                              f"ip -6 route replace default via {GATEWAY[6]} dev {inside} table {table}")

    def weft_at(self, name, *words, code=0):
        """Runs weft in a namespace; what it prints."""
        process = subprocess.run(["nsenter", f"--net=/run/netns/{self.spaces[name]}", BINARY, *words], cwd=self.at, capture_output=True, timeout=120,
                                 env=environment({"WEFT_STATE_DIRECTORY": str(self.at / "state")}))
        self.assertEqual(process.returncode, code, process)
        return process.stdout.decode() if code in (0, 1) else process.stderr.decode()

    @contextlib.contextmanager
    def within(self, name):
        """This thread is in that namespace: a socket belongs to the one in which it was made."""
        back, there = os.open("/proc/thread-self/ns/net", os.O_RDONLY), os.open(f"/run/netns/{self.spaces[name]}", os.O_RDONLY)
        try:
            self.assertEqual(LIBC.setns(there, CLONE_NEWNET), 0)
            yield
        finally:
            LIBC.setns(back, CLONE_NEWNET)
            os.close(back)
            os.close(there)

    def socket(self, name, address, kind, port=0, patience=PATIENCE):
        """A socket in that namespace, bound to the address where there is one; a listening one where it has a port."""
        with self.within(name):
            out = socket.socket(family_of(address), kind)
            self.sockets.append(out)
            out.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            out.settimeout(patience)
            out.bind((address, port))
        if kind == socket.SOCK_STREAM and port:
            out.listen(8)
        return out

    def exchange(self, source, destination, kind, port, patience=PATIENCE):
        """A question and its answer between two (namespace, address): "allow", "lost", or "refused" at once."""
        server, client = self.socket(*destination, kind, port, patience), self.socket(*source, kind, 0, patience)
        peer = server
        try:
            client.connect((destination[1], port))
            client.send(b"?")
            if kind == socket.SOCK_STREAM:
                peer, address = server.accept()
                peer.settimeout(patience)
                question = peer.recv(16)
                peer.send(b"!")
            else:
                question, address = server.recvfrom(16)
                server.sendto(b"!", address)
            self.assertEqual((address[0], question), (source[1], b"?"))
            self.assertEqual(client.recv(16), b"!")
            return "allow"
        except TimeoutError:
            return "lost"
        except PermissionError:
            return "refused"
        except OSError as error:  # a judged address of IPv6 may answer that it is prohibited
            if error.errno in (errno.EHOSTUNREACH, errno.ENETUNREACH):
                self.fail(f"the test's own network does not carry {source} -> {destination}: {error}")
            raise
        finally:
            for each in (peer, server, client):
                each.close()
