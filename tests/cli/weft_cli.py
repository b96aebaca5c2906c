"""What the black-box tests share: running the built program in a directory of its own, and golden texts."""

import json
import os
import pathlib
import subprocess
import tempfile
import unittest

BINARY = os.environ.get("WEFT_BINARY", "weft")
SOURCE = pathlib.Path(__file__).resolve().parents[2]
GOLDEN = pathlib.Path(__file__).resolve().parent / "golden"
BOUTIQUE = str(SOURCE / "examples" / "online-boutique")

POLICY = """\
label app : "web" | "db"

group web = app == "web"
group db  = app == "db"

tiers app

policy shop in app {
  isolate workload
  allow web -> db : tcp/5432
}
"""

NEVER_HOLDS = POLICY + "never web -> db : udp\n"
NEVER_REFUTED = POLICY + "never web -> db : tcp\n"

INVENTORY = """\
nodes:
  - {name: n1, addresses: [172.16.0.1]}
workloads:
  - {name: shop/web-1, ns: shop, labels: {app: web}, node: n1, addresses: [10.0.0.1, "fd00::1"],
     attach: {interface: wcli-web}}
  - {name: shop/db-0, ns: shop, labels: {app: db}, node: n1, addresses: [10.0.0.2, "fd00::2"], ports: {pg: tcp/5432},
     attach: {interface: wcli-db}}
"""


def environment(extra=None):
    clean = {k: v for k, v in os.environ.items() if not k.startswith("WEFT_") and k not in ("NO_COLOR", "TERM")}
    clean["LC_ALL"] = "C"
    clean.update(extra or {})
    return clean


class Outcome:
    def __init__(self, process):
        self.code = process.returncode
        self.out = process.stdout.decode("utf-8")
        self.err = process.stderr.decode("utf-8")

    def json(self):
        return json.loads(self.out)

    def __repr__(self):
        return f"exit code {self.code}\n--- stdout\n{self.out}\n--- stderr\n{self.err}"


class WeftTest(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix="weft-cli-")
        self.addCleanup(directory.cleanup)
        self.at = pathlib.Path(directory.name)

    def write(self, name, text):
        path = self.at / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
        return name

    def needs_kernel(self, links="true"):
        """Skips the test where a namespace with these links cannot be made, or the kernel loads no programs."""
        probe = subprocess.run(["unshare", "--net", "sh", "-c", links], capture_output=True)
        if probe.returncode != 0:
            self.skipTest("no network namespaces here: " + probe.stderr.decode().strip())
        doctor = json.loads(self.weft("doctor", "--format", "json").out)
        lacking = [check["name"] for check in doctor["checks"] if check["state"] in ("missing", "unknown")]
        if lacking:
            self.skipTest("the kernel does not load programs here: " + ", ".join(lacking))

    def project(self, policy=POLICY, inventory=INVENTORY):
        """A directory `shop` with a policy and its inventory."""
        self.write("shop/policy.weft", policy)
        self.write("shop/inventory.yaml", inventory)
        return "shop"

    def weft(self, *words, stdin=b"", env=None, timeout=120, **options):
        process = subprocess.run([BINARY, *words], cwd=self.at, input=stdin, env=environment(env), timeout=timeout,
                                 stdout=options.get("stdout", subprocess.PIPE),
                                 stderr=options.get("stderr", subprocess.PIPE))
        process.stdout = process.stdout or b""
        process.stderr = process.stderr or b""
        return Outcome(process)

    def expect(self, code, *words, **options):
        outcome = self.weft(*words, **options)
        self.assertEqual(outcome.code, code, outcome)
        self.assertNotIn("internal error", outcome.err)
        if code == 2:
            self.assertRegex(outcome.err, r"(?m)^error W\d{4}: ", outcome)
        return outcome

    def golden(self, name, text):
        """Compares with tests/cli/golden/NAME; WEFT_BLESS=1 rewrites it for a person to read the difference."""
        path = GOLDEN / name
        if os.environ.get("WEFT_BLESS"):
            path.write_text(text)
        self.assertEqual(text, path.read_text(), f"golden text {name}")
