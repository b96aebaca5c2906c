#!/usr/bin/env python3
"""Holds every #include against the arrows of ARCHITECTURE.md: a folder sees only what it may, and third parties stay home.

Usage: check.py [ROOT]. Prints each breach as file:line and exits 1; exits 0 where there is none.
"""
import pathlib
import re
import sys

# What a folder may include besides itself.
ARROWS = {
    "base": [],
    "model": ["base"],
    "frontend": ["model", "base"],
    "stdlib-policies": [],
    "inventory": ["model", "base"],
    "bundle": ["base"],
    "plan": ["model", "base", "bundle/abi.h"],
    "verifier": ["plan", "model", "bundle", "base"],
    "codegen": ["plan", "model", "bundle", "base"],
    "runtime": ["bundle", "base"],
    "driver": ["frontend", "stdlib-policies", "inventory", "verifier", "plan", "codegen", "bundle", "model", "base"],
    "lsp": ["driver", "frontend", "stdlib-policies", "inventory", "verifier", "plan", "codegen", "bundle", "model", "base"],
    "cli": ["lsp", "driver", "runtime", "frontend", "inventory", "verifier", "plan", "codegen", "bundle", "model", "base"],
}
# Third-party headers by the only folders that may use them: in .cpp files, and in one header that no other folder includes.
THIRD_PARTY = {
    r"^antlr4|^(Weft)?(Lexer|Parser)\w*\.h$|^Weft(Lexer|Parser)": ["frontend"],
    r"^z3": ["verifier"],
    r"^llvm": ["codegen", "cli"],
    r"^bpf/": ["runtime", "codegen/datapath"],
    r"^yaml": ["inventory"],
    r"^nlohmann": ["bundle", "runtime", "cli", "driver", "lsp"],
    r"^CLI": ["cli"],
    r"^toml\+\+": ["driver"],
    r"^(sha2|md5)\.h$": ["bundle"],
}
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]')


def breaches(root):
    private = {}  # folder -> its headers that show a third party
    included = []  # (place, folder, target)
    yield from scan(root, private, included)
    for folder, headers in private.items():
        if len(headers) > 1:
            yield f"{folder}: {', '.join(sorted(headers))} all show third parties: one private header is allowed"
        for place, other, target in included:
            if other != folder and target in headers:
                yield f"{place}: `{target}` is private to `{folder}`: it shows a third party"


def scan(root, private, included):
    for folder, allowed in ARROWS.items():
        for path in sorted((root / folder).rglob("*")):
            if path.suffix not in {".h", ".cpp", ".c"}:
                continue
            relative = path.relative_to(root)
            for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
                match = INCLUDE.match(line)
                if not match:
                    continue
                target = match.group(1)
                top = target.split("/")[0]
                if top in ARROWS and "/" in target:
                    included.append((f"{relative}:{number}", folder, target))
                    if top != folder and top not in allowed and target not in allowed:
                        yield f"{relative}:{number}: `{folder}` may not include `{target}`"
                    continue
                for pattern, homes in THIRD_PARTY.items():
                    if not re.search(pattern, target):
                        continue
                    if not any(str(relative).startswith(home + "/") for home in homes):
                        yield f"{relative}:{number}: `{target}` belongs to {', '.join(homes)}"
                    elif path.suffix == ".h" and "datapath" not in str(relative):
                        private.setdefault(folder, set()).add(str(relative))


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parents[2])
    found = list(breaches(root))
    for breach in found:
        print(breach)
    if not found:
        print(f"{len(ARROWS)} folders: every include follows the arrows")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
