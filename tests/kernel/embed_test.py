#!/usr/bin/env python3
"""The example of docs/embedding.md: a C program that opens a bundle, fills its tables and runs its program without Weft's
loader decides as `weft query` does, and names the same rule. Prints "SKIPPED:" and why where that is not possible.

Usage: embed_test.py WEFT EXAMPLE
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

SOURCE = pathlib.Path(__file__).resolve().parents[2]

# Networks, and addresses too far apart for an index: maps with entries besides the tables.
POLICY = """\
label app : string
policy p {
  isolate workload
  allow app == "a" -> app == "b" : tcp/80-90
  allow app == "a" -> world 52.0.0.0/8 : tcp/443
  deny app == "a" -> world 52.1.0.0/16 : tcp/443-444
}
"""
INVENTORY = "workloads:\n" + "".join(
    f"  - {{name: s/{name}, ns: s, labels: {{app: {name[0]}}}, addresses: [{address}], attach: {{interface: em-{name}}}}}\n"
    for name, address in (("a", "10.0.0.1"), ("b1", "10.77.3.9"), ("b2", "172.20.1.4"), ("b3", "192.168.200.7")))


def must(*command, **options):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, **options)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def built(weft, bpftool, policy, into, compiler):
    into.mkdir()
    must(weft, "build", policy, "-o", into / "bundle")
    (into / "weft_bundle.h").write_text(must(weft, "build", policy, "--emit", "header"))
    (into / "program.skel.h").write_text(must(bpftool, "gen", "skeleton", into / "bundle/program.o", "name", "program"))
    must(compiler, "-std=gnu11", "-Wall", "-Wextra", "-Werror", "-I", into, SOURCE / "examples/embed/gate.c", "-lbpf", "-o", into / "gate")
    return into / "gate", into / "bundle/maps.bin"


def asked(weft, policy, flow):
    """The verdict of the egress gate, and the place of the rule, where a rule decides."""
    answer = json.loads(subprocess.run([weft, "query", policy, flow, "--format", "json"], capture_output=True, text=True).stdout)
    return answer["source"]["verdict"], answer["source"].get("at", "")


def check(weft, bpftool, policy, flows, scratch, compiler):
    gate, maps = built(weft, bpftool, policy, scratch, compiler)
    seen = set()
    for workload, destination, port in flows:
        done = subprocess.run([gate, maps, workload, destination, str(port)], capture_output=True, text=True)
        if "Operation not permitted" in done.stderr:
            print("SKIPPED: the kernel loads no BPF program for this user")
            sys.exit(0)
        verdict, place = asked(weft, policy, f"{workload} -> {destination} : tcp/{port}")
        said = f"{workload} -> {destination} : tcp/{port}: {done.stdout}{done.stderr}"
        assert done.returncode in (0, 1) and done.stdout.split()[0] == verdict, f"{said}, and `weft query` says {verdict}"
        assert done.stdout.rstrip().endswith(place), f"{said}, and `weft query` names {place}"
        seen.add(verdict)
    assert seen == {"allow", "deny"}, seen
    wrong = subprocess.run([gate, gate, *map(str, flows[0])], capture_output=True, text=True)
    assert wrong.returncode == 2 and "cannot take" in wrong.stderr, wrong
    return len(flows)


def main():
    weft, example = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    bpftool = shutil.which("bpftool") or shutil.which("bpftool", path="/usr/sbin:/sbin")
    if not bpftool or os.geteuid() != 0:
        print("SKIPPED: needs root and bpftool")
        return
    with tempfile.TemporaryDirectory(prefix="weft-embed-") as directory:
        scratch = pathlib.Path(directory)
        own = scratch / "policy"
        own.mkdir()
        (own / "p.weft").write_text(POLICY)
        (own / "inventory.yaml").write_text(INVENTORY)
        shop = [("default/frontend", f"10.42.0.{host}", port) for host in range(11, 23) if host != 12 for port in (7000, 7070, 3550)]
        others = [("s/a", address, port) for address in ("10.77.3.9", "172.20.1.4", "192.168.200.7", "10.77.3.8", "52.9.9.9", "52.1.2.3", "53.0.0.1")
                  for port in (80, 90, 91, 443, 444)]
        compilers = [name for name in ("gcc", "clang", "clang-19") if shutil.which(name)]
        assert compilers
        flows = 0
        for compiler in compilers:
            flows += check(weft, bpftool, example, shop, scratch / f"shop-{compiler}", compiler)
            flows += check(weft, bpftool, own, others, scratch / f"own-{compiler}", compiler)
        print(f"{flows} packets, judged by a program compiled with {', '.join(compilers)}, as `weft query` says")


if __name__ == "__main__":
    main()
