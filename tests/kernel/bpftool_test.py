#!/usr/bin/env python3
"""The object of a bundle is one that other tools take as it is: bpftool loads it, prints it, and writes a skeleton of it that
compiles. Runs in a mount namespace of its own. Prints "SKIPPED:" and why where that is not possible.

Usage: bpftool_test.py WEFT EXAMPLE
"""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile


def run(*command):
    return subprocess.run([str(part) for part in command], capture_output=True, text=True)


def must(*command):
    done = run(*command)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def check(weft, example, bpftool, scratch, pins):
    bundle = pathlib.Path(scratch, "bundle")
    must(weft, "build", example, "-o", bundle)
    loaded = run(bpftool, "prog", "loadall", bundle / "program.o", pins / "weft", "type", "classifier")
    if "Operation not permitted" in loaded.stderr:
        print("SKIPPED: the kernel loads no BPF program for this user")
        return
    assert loaded.returncode == 0, loaded.stderr
    assert {path.name for path in (pins / "weft").iterdir()} >= {"weft_from_workload", "weft_to_workload"}
    # The kernel took the type information: the dump speaks in lines of the data path.
    dump = must(bpftool, "prog", "dump", "xlated", "pinned", pins / "weft/weft_from_workload")
    assert "int weft_from_workload(struct __sk_buff * skb)" in dump and "; " in dump, dump[:2000]
    skeleton = pathlib.Path(scratch, "weft.skel.h")
    skeleton.write_text(must(bpftool, "gen", "skeleton", bundle / "program.o", "name", "weft"))
    user = pathlib.Path(scratch, "user.c")
    # The tables are declared with the types of abi.h, as for whoever embeds a bundle.
    user.write_text('#include "bundle/abi.h"\n#include "weft.skel.h"\nint main(void) { struct weft *w = weft__open(); weft__destroy(w); return !w; }\n')
    must("cc", "-Wall", user, "-I", scratch, "-I", pathlib.Path(__file__).parents[2], "-o", pathlib.Path(scratch, "user"), "-lbpf")
    must(pathlib.Path(scratch, "user"))
    print("bpftool loads the object, prints it, and writes a skeleton that compiles and opens")


def main():
    weft, example = sys.argv[1:3]
    bpftool = shutil.which("bpftool") or shutil.which("bpftool", path="/usr/sbin:/sbin")
    if not bpftool or os.geteuid() != 0:
        print("SKIPPED: needs root and bpftool")
        return
    if "WEFT_IN_NAMESPACE" not in os.environ:
        os.environ["WEFT_IN_NAMESPACE"] = "1"
        os.execvp("unshare", ["unshare", "--mount", sys.executable, *sys.argv])
    with tempfile.TemporaryDirectory(prefix="weft-bpftool-") as scratch:
        pins = pathlib.Path(scratch, "pins")
        pins.mkdir()
        if run("mount", "-t", "bpf", "bpf", pins).returncode != 0:
            print("SKIPPED: no bpf file system can be mounted here")
            return
        try:
            check(weft, example, bpftool, pathlib.Path(scratch), pins)
        finally:
            must("umount", pins)


if __name__ == "__main__":
    main()
