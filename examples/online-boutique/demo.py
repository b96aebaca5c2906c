#!/usr/bin/env python3
"""Online Boutique under a Weft policy, in the real kernel.

Checks and builds the policy of this folder, makes one network namespace per service joined to a node by veth pairs, loads the
bundle there, opens real TCP connections between every ordered pair of services on every service port and on one port nobody opened,
and shows what the policy says, what the kernel did and which rule decided. Then it breaks the policy by one line and shows what
the check says. Everything it makes is removed at the end, also after Ctrl-C.

  demo.py --weft build/release/bin/weft
  demo.py --weft … --inventory kubernetes-manifests.yaml --inventory manifests-overlay.yaml
"""
import argparse
import errno
import json
import os
import pathlib
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
NODE = "weft-demo-node"
GATEWAY = "169.254.1.1"  # every workload's next hop; the node answers for it on each link
TIMEOUT = 2.5  # seconds a connection may take: the first retransmission of a lost SYN comes after one

# The ports the application's services listen on, and one that no policy opens.
SERVICE_PORTS = {
    "adservice": 9555, "cartservice": 7070, "checkoutservice": 5050, "currencyservice": 7000, "emailservice": 8080,
    "frontend": 8080, "paymentservice": 50051, "productcatalogservice": 3550, "recommendationservice": 8080,
    "redis-cart": 6379, "shippingservice": 50051,
}
UNOPENED_PORT = 31337


# ---- inside a service's namespace ------------------------------------------------------------------------------------


def serve_and_probe():
    """Listens on every port; then, told targets on stdin, connects to all at once and prints what became of each."""
    ports = json.loads(sys.stdin.readline())
    listeners = []
    for port in ports:
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("0.0.0.0", port))
        listener.listen(64)
        listener.setblocking(False)
        listeners.append(listener)
    print("listening", flush=True)

    targets = json.loads(wait_for_line(listeners))
    outcome, pending = {}, {}
    for address, port in targets:
        client = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        client.setblocking(False)
        code = client.connect_ex((address, port))
        if code in (0, errno.EINPROGRESS):
            pending[client] = f"{address}:{port}"
        else:
            outcome[f"{address}:{port}"] = os.strerror(code)
    deadline = time.monotonic() + TIMEOUT
    while pending and time.monotonic() < deadline:
        readable, writable, _ = select.select(listeners, list(pending), [], 0.05)
        accept(readable)
        for client in writable:
            code = client.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            outcome[pending.pop(client)] = "open" if code == 0 else "refused" if code == errno.ECONNREFUSED else os.strerror(code)
            client.close()
    for client, name in pending.items():
        outcome[name] = "blocked"
        client.close()
    print(json.dumps(outcome), flush=True)
    wait_for_line(listeners)  # the others may still be connecting to us


def accept(listeners):
    for listener in listeners:
        try:
            listener.accept()[0].close()
        except BlockingIOError:
            pass


def wait_for_line(listeners):
    while True:
        readable, _, _ = select.select([sys.stdin, *listeners], [], [])
        accept([one for one in readable if one is not sys.stdin])
        if sys.stdin in readable:
            return sys.stdin.readline()


# ---- the node and its workloads -----------------------------------------------------------------------------------------


def run(*command, check=True, namespace=None):
    if namespace:
        command = ("ip", "netns", "exec", namespace, *command)
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if check and done.returncode != 0:
        raise Failure(f"`{' '.join(map(str, command))}` failed: {done.stderr.strip() or done.stdout.strip()}")
    return done


class Failure(Exception):
    pass


def short(workload):
    return workload.split("/")[-1]


class Network:
    """One namespace per workload and one for their node, which forwards between them."""

    def __init__(self, endpoints):
        self.endpoints = endpoints
        self.probes = {}

    def create(self):
        run("ip", "link", "set", "lo", "up", namespace=NODE)
        run("sysctl", "-qw", "net.ipv4.ip_forward=1", namespace=NODE)
        for name, endpoint in self.endpoints.items():
            space, link = f"weft-demo-{name}", endpoint["interface"]
            run("ip", "netns", "add", space)
            run("ip", "-n", NODE, "link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", space)
            run("ip", "-n", NODE, "addr", "add", f"{GATEWAY}/32", "dev", link)
            run("ip", "-n", NODE, "link", "set", link, "up")
            run("ip", "-n", space, "link", "set", "lo", "up")
            run("ip", "-n", space, "addr", "add", f"{endpoint['address']}/32", "dev", "eth0")
            run("ip", "-n", space, "link", "set", "eth0", "up")
            run("ip", "-n", space, "route", "add", GATEWAY, "dev", "eth0", "scope", "link")
            run("ip", "-n", space, "route", "add", "default", "via", GATEWAY)
            run("ip", "-n", NODE, "route", "add", f"{endpoint['address']}/32", "dev", link)

    def start_services(self, ports):
        for name in self.endpoints:
            self.probes[name] = subprocess.Popen(
                ["ip", "netns", "exec", f"weft-demo-{name}", sys.executable, __file__, "--serve-and-probe"],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            self.tell(name, ports)
        for name, probe in self.probes.items():
            if probe.stdout.readline().strip() != "listening":
                raise Failure(f"the stand-in for {name} did not start")

    def tell(self, name, what):
        self.probes[name].stdin.write(json.dumps(what) + "\n")
        self.probes[name].stdin.flush()

    def connect_all(self, ports):
        """{(source, destination, port): "open" | "blocked" | …} over every ordered pair and port."""
        for name in self.endpoints:
            others = [other for other in self.endpoints if other != name]
            self.tell(name, [(self.endpoints[other]["address"], port) for other in others for port in ports])
        by_address = {endpoint["address"]: name for name, endpoint in self.endpoints.items()}
        outcome = {}
        for name, probe in self.probes.items():
            for target, result in json.loads(probe.stdout.readline()).items():
                address, port = target.rsplit(":", 1)
                outcome[name, by_address[address], int(port)] = result
        return outcome

    def remove(self):
        for probe in self.probes.values():
            probe.kill()
            probe.wait()
        for name in [*(f"weft-demo-{name}" for name in self.endpoints), NODE]:
            run("ip", "netns", "del", name, check=False)


# ---- the story ----------------------------------------------------------------------------------------------------------


class Demo:
    def __init__(self, arguments):
        self.weft = str(pathlib.Path(arguments.weft).resolve())
        self.inventories = [str(pathlib.Path(path).resolve()) for path in arguments.inventory] or [str(HERE / "inventory.yaml")]
        self.bold, self.green, self.red, self.dim, self.plain = (
            ("\033[1m", "\033[32m", "\033[1;31m", "\033[2m", "\033[0m")
            if sys.stdout.isatty() and "NO_COLOR" not in os.environ else ("",) * 5)
        self.failures = 0

    def step(self, text):
        print(f"\n{self.bold}{text}{self.plain}", flush=True)

    def inventory_flags(self):
        return [flag for path in self.inventories for flag in ("--inventory", os.path.basename(path))]

    def weft_run(self, *words, namespace=None, show=True, stdin=None, expect=(0,)):
        """Runs weft in the scratch folder."""
        words = list(map(str, words))
        if show:
            print(f"{self.dim}$ {' '.join(['weft', *words])}{self.plain}", flush=True)
        command = [self.weft, *words]
        if namespace:
            command = ["ip", "netns", "exec", namespace, *command]
        environment = {**os.environ, "WEFT_STATE_DIRECTORY": str(self.scratch / "state")}
        done = subprocess.run(command, capture_output=True, text=True, input=stdin, cwd=self.scratch, env=environment)
        if done.returncode not in expect:
            raise Failure(f"`{' '.join(command)}` ended with {done.returncode}:\n{done.stderr}{done.stdout}")
        return done

    def main(self):
        with tempfile.TemporaryDirectory(prefix="weft-demo-") as scratch:
            self.scratch = pathlib.Path(scratch)
            for path in [HERE / "policy.weft", *self.inventories]:
                shutil.copy(path, scratch)
            policy = "policy.weft"

            self.step("1. Is the policy right? Conflicts and assertions, over every label set the vocabulary allows.")
            print(self.weft_run("check", policy, *self.inventory_flags()).stdout, end="")

            self.step("2. Compile it: an eBPF object and its tables.")
            print(self.weft_run("build", policy, *self.inventory_flags(), "-o", "bundle").stdout, end="")
            endpoints = self.read_endpoints()
            expected = self.ask_policy(endpoints)

            self.step("3. Enforce it: one network namespace per service, real TCP connections between all of them.")
            observed = self.enforce(endpoints)
            self.show(endpoints, expected, observed)
            self.break_policy()
        if self.failures:
            print(f"\n{self.red}{self.failures} connections went against the policy.{self.plain}")
            return 1
        return 0

    def read_endpoints(self):
        manifest = json.loads((self.scratch / "bundle/manifest.json").read_text())
        endpoints = {}
        for endpoint in manifest["endpoints"]:
            v4 = [one["address"] for one in endpoint["addresses"] if ":" not in one["address"]]
            if endpoint["interface"] and v4:
                endpoints[short(endpoint["workload"])] = {
                    "workload": endpoint["workload"], "interface": endpoint["interface"], "address": v4[0]}
        return endpoints

    def ports(self):
        return sorted({*SERVICE_PORTS.values(), UNOPENED_PORT})

    def ask_policy(self, endpoints):
        questions = [(a, b, port) for a in endpoints for b in endpoints if a != b for port in self.ports()]
        lines = "".join(
            json.dumps({"id": i, "from": endpoints[a]["workload"], "to": endpoints[b]["workload"], "service": f"tcp/{port}"}) + "\n"
            for i, (a, b, port) in enumerate(questions))
        done = self.weft_run("query", "--policy", "policy.weft", *self.inventory_flags(), "--batch", "-",
                             show=False, stdin=lines)
        return {question: json.loads(line) for question, line in zip(questions, done.stdout.splitlines(), strict=True)}

    def enforce(self, endpoints):
        """What the kernel did, or None where this machine does not let us ask it."""
        if os.geteuid() != 0:
            print(f"{self.red}Not done: this needs root (network namespaces, CAP_BPF and CAP_NET_ADMIN).{self.plain} "
                  "The rest of the demo does not.")
            return None
        network = Network(endpoints)
        network.remove()  # what a demo that was killed may have left
        try:
            if run("ip", "netns", "add", NODE, check=False).returncode != 0:
                print(f"{self.red}Not done: no network namespaces on this machine.{self.plain}")
                return None
            network.create()
            network.start_services(self.ports())
            loaded = self.weft_run("load", "bundle", namespace=NODE, expect=(0, 2))
            if loaded.returncode == 2 and not any(code in loaded.stderr for code in ("W6001", "W6002")):
                raise Failure(f"`weft load` ended with 2:\n{loaded.stderr}")
            if loaded.returncode == 2:
                print(f"{self.red}Not done: this machine gives no BPF privilege, or its kernel lacks a feature.{self.plain}\n{loaded.stderr}")
                return None
            print(loaded.stdout, end="")
            started = time.monotonic()
            observed = network.connect_all(self.ports())
            seconds = time.monotonic() - started
            print(f"{len(observed)} connections tried in {seconds:.1f} s")
            print(self.weft_run("unload", namespace=NODE).stdout, end="")
            return observed
        finally:
            network.remove()

    def show(self, endpoints, expected, observed):
        names = sorted(endpoints)
        print(f"\n  {self.bold}source ↓   destination →{self.plain}")
        width = max(map(len, names))
        print(" " * (width + 6) + "".join(f"{i:>4}" for i in range(1, len(names) + 1)))
        for i, source in enumerate(names, 1):
            row = "".join(self.cell(source, destination, expected, observed) for destination in names)
            print(f"  {i:>2} {source:<{width}} {row}")
        print(f"\n  {self.green}●{self.plain} reached on the ports the policy allows, and on no other   "
              f"{self.dim}·{self.plain} nothing gets through   {self.red}✘{self.plain} kernel and policy differ")
        if observed is None:
            print("  (policy only: the kernel was not asked)")

        print(f"\n  {self.bold}{'allowed connection':<58}{'policy':<8}{'kernel':<9}deciding rule{self.plain}")
        allowed = {key: answer for key, answer in expected.items() if answer["verdict"] == "allow"}
        for (source, destination, port), answer in sorted(allowed.items()):
            kernel = observed[source, destination, port] if observed else "–"
            egress, ingress = (self.gate(answer[gate]) for gate in ("source", "destination"))
            gates = f"{egress}, both gates" if egress == ingress else f"{egress}, {ingress}"
            print(f"  {f'{source} -> {destination} : tcp/{port}':<58}{'allow':<8}{kernel:<9}{gates}")
        denied = {key: answer for key, answer in expected.items() if answer["verdict"] == "deny"}
        reasons = {}
        for answer in denied.values():
            gate = next(gate for gate in ("source", "destination") if answer[gate] and answer[gate]["verdict"] == "deny")
            reason = f"{'egress' if gate == 'source' else 'ingress'} denied by {self.gate(answer[gate])}"
            reasons[reason] = reasons.get(reason, 0) + 1
        for reason, count in sorted(reasons.items(), key=lambda one: -one[1]):
            print(f"  {f'{count} other connections':<58}{'deny':<8}{'blocked' if observed else '–':<9}{reason}")

        if observed:
            wrong = [key for key, answer in expected.items() if (observed[key] == "open") != (answer["verdict"] == "allow")]
            for source, destination, port in wrong:
                key = (source, destination, port)
                print(f"  {self.red}{source} -> {destination} : tcp/{port}: policy says {expected[key]['verdict']}, "
                      f"the kernel's answer was {observed[key]}{self.plain}")
            self.failures = len(wrong)
            print(f"\n  {len(expected) - len(wrong)} of {len(expected)} connections did what the policy says "
                  f"({len(allowed)} allowed, {len(denied)} denied).")

    def cell(self, source, destination, expected, observed):
        if source == destination:
            return f"{self.dim}{'–':>4}{self.plain}"
        keys = [(source, destination, port) for port in self.ports()]
        if observed and any((observed[key] == "open") != (expected[key]["verdict"] == "allow") for key in keys):
            return f"{self.red}{'✘':>4}{self.plain}"
        reached = any(expected[key]["verdict"] == "allow" for key in keys)
        return f"{self.green}{'●':>4}{self.plain}" if reached else f"{self.dim}{'·':>4}{self.plain}"

    @staticmethod
    def gate(answer):
        if answer is None:
            return "no gate"
        if "rule" in answer:
            return f"{answer['rule']} at {os.path.basename(answer['at'])}"
        return answer["by"] + (f" at {os.path.basename(answer['at'])}" if answer.get("at") else "")

    def break_policy(self):
        self.step("4. Break it by one line, and ask again.")
        before, after = BREAKING_CHANGE
        policy = self.scratch / "policy.weft"
        text = policy.read_text()
        if text.count(before) != 1:
            raise Failure(f"the line `{before}` is not in policy.weft any more")
        policy.write_text(text.replace(before, after))
        print(f"{self.red}-{before}{self.plain}\n{self.green}+{after}{self.plain}")
        done = self.weft_run("check", "policy.weft", *self.inventory_flags(), expect=(1,))
        print(done.stderr + done.stdout, end="")
        print(f"{self.dim}(exit code {done.returncode}: a gate in CI stops here){self.plain}")


BREAKING_CHANGE = (
    "  allow frontend -> cart : cart_api",
    "  allow frontend -> cart_store : redis  // a short cut past the cart service",
)


def main():
    if sys.argv[1:] == ["--serve-and-probe"]:
        serve_and_probe()
        return 0
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weft", default=shutil.which("weft") or "weft", help="the weft binary")
    parser.add_argument("--inventory", action="append", default=[], help="inventory file, repeatable (default: this folder's)")
    try:
        return Demo(parser.parse_args()).main()
    except Failure as failure:
        print(f"demo: {failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
