#!/usr/bin/env python3
"""Runs one of the node tests of the editors: `run.py textmate` or `run.py vscode`. `run.py pack` only makes the extension.

Installs what the lock file beside the package.json names first, unless it is there already. Where node is absent, or the
registry cannot be reached, the test says so and counts as skipped.
"""

import fcntl
import hashlib
import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
UNREACHABLE = ("ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "ENETUNREACH", "ERR_SOCKET_TIMEOUT")


def skip(reason):
    print(f"SKIPPED: {reason}")
    sys.exit(0)


def install(folder):
    """Brings node_modules of `folder` to what its lock file says; tests that run at once wait for one another."""
    lock = hashlib.sha256((folder / "package-lock.json").read_bytes()).hexdigest()
    mark = folder / "node_modules/.installed"
    with open(folder / "package.json", encoding="utf-8") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        if mark.exists() and mark.read_text() == lock:
            return
        done = subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=folder, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            for word in UNREACHABLE:
                if word in done.stderr:
                    skip(f"the npm registry cannot be reached ({word})")
            sys.exit(f"npm ci in {folder} failed:\n{done.stderr}")
        mark.write_text(lock)


def node(*arguments, cwd):
    sys.exit(subprocess.run(["node", *arguments], cwd=cwd, check=False).returncode)


def main():
    for program in ("node", "npm"):
        if not shutil.which(program):
            skip(f"`{program}` is absent")
    version = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout.strip()
    if int(version[1:].split(".")[0]) < 20:
        skip(f"node {version} is older than 20")
    match sys.argv[1]:
        case "textmate":
            install(HERE)
            node("--test", "textmate.test.mjs", cwd=HERE)
        case "vscode":
            install(HERE)
            install(ROOT / "editors/vscode")
            node("--test", "vscode.test.mjs", cwd=HERE)
        case "pack":
            install(ROOT / "editors/vscode")
            sys.exit(subprocess.run(["npm", "run", "--silent", "package"], cwd=ROOT / "editors/vscode", check=False).returncode)
        case other:
            sys.exit(f"run.py: no test `{other}`")


if __name__ == "__main__":
    main()
