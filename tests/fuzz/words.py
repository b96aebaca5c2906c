#!/usr/bin/env python3
"""Writes the dictionary of the policy language for the fuzzers: every word and sign the grammar names, and some literals.

Usage: words.py GRAMMAR OUTPUT
"""
import pathlib
import re
import sys

LITERALS = [
    '"x"', '"\\"', "`x`", "// x\n", "//// x.weft\n", "\\u{1F600}", "80", "8000-8010", "10.0.0.0/8", "10.0.0.1", "fd00::/8",
    "::ffff:10.0.0.1", "2027-01-31", "2027-01-31T12:00:00Z", "tcp", "udp", "icmp", "strict", "std.core.dns", "use x(x = x) as x",
    "source.x == destination.x", "{x: \"x\"}", "@id(x)", "@expect(conflict)", "isolation", "own-node", "self", "\r\n", "\f", "\t",
]


def entry(word):
    escaped = word.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if " " <= c <= "~" else f"\\x{ord(c):02X}" for c in escaped) + '"'


def main():
    grammar = pathlib.Path(sys.argv[1]).read_text(encoding="utf-8")
    words = re.findall(r"^[A-Z_]+ : '((?:\\.|[^'\\])+)' ;$", grammar, re.MULTILINE)
    if len(words) < 60:
        sys.exit(f"{sys.argv[1]}: {len(words)} words found: has its layout changed?")
    lines = [entry(word.replace("\\\\", "\\")) for word in words] + [entry(word) for word in LITERALS]
    pathlib.Path(sys.argv[2]).write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
