#!/usr/bin/env python3
"""check.py notices each kind of breach in a small tree made for it."""
import pathlib
import subprocess
import sys
import tempfile

CHECK = pathlib.Path(__file__).with_name("check.py")

# Path, text, and the part of the complaint that must appear (nothing: the tree is clean).
CASES = [
    ({"model/a.cpp": '#include "base/source.h"\n#include <vector>\n'}, None),
    ({"model/a.cpp": '#include "plan/plan.h"\n'}, "model/a.cpp:1: `model` may not include `plan/plan.h`"),
    ({"plan/a.cpp": '#include "bundle/abi.h"\n'}, None),
    ({"plan/a.cpp": '#include "bundle/bundle.h"\n'}, "plan/a.cpp:1: `plan` may not include `bundle/bundle.h`"),
    ({"runtime/a.cpp": "#include <llvm/IR/Module.h>\n"}, "runtime/a.cpp:1: `llvm/IR/Module.h` belongs to codegen"),
    ({"codegen/a.cpp": "#include <z3++.h>\n"}, "codegen/a.cpp:1: `z3++.h` belongs to verifier"),
    ({"verifier/a.h": "#include <z3++.h>\n"}, None),
    ({"verifier/a.h": "#include <z3++.h>\n", "verifier/b.h": "#include <z3.h>\n"}, "one private header is allowed"),
    ({"verifier/a.h": "#include <z3++.h>\n", "driver/b.cpp": '#include "verifier/a.h"\n'}, "private to `verifier`"),
]


def main():
    failed = 0
    for files, expected in CASES:
        with tempfile.TemporaryDirectory() as root:
            for name, text in files.items():
                path = pathlib.Path(root, name)
                path.parent.mkdir(exist_ok=True)
                path.write_text(text)
            done = subprocess.run([sys.executable, CHECK, root], capture_output=True, text=True)
        right = done.returncode == 0 if expected is None else done.returncode == 1 and expected in done.stdout
        if not right:
            failed += 1
            print(f"{files}\n  expected {expected!r}, got exit {done.returncode}: {done.stdout}{done.stderr}")
    print(f"{len(CASES) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
