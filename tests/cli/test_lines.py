"""Instructions carry the line of the policy that asked for them: bpftool shows it, and so does a refusal by the kernel."""

import hashlib
import json
import os
import pathlib
import shutil
import struct
import subprocess
import unittest

from weft_cli import BINARY, POLICY, WeftTest, environment

WHEN = 'allow db -> web : tcp/9000 when source.app != destination.app'
EXPIRES = "allow web -> web : udp/53 expires 2099-01-31"
LINES = POLICY.replace("  allow web", f"  {WHEN}\n  {EXPIRES}\n  allow web")
BPFTOOL = shutil.which("bpftool") or shutil.which("bpftool", path="/usr/sbin:/sbin")
LINKS = "ip link add wcli-web type veth peer name wcli-w0 && ip link add wcli-db type veth peer name wcli-d0"


class Object:
    """As much of an ELF object as it takes to find the instructions of a line and to break one."""

    def __init__(self, path):
        self.path = path
        self.bytes = bytearray(path.read_bytes())
        table, = struct.unpack_from("<Q", self.bytes, 40)
        size, count, names = struct.unpack_from("<HHH", self.bytes, 58)
        headers = [struct.unpack_from("<IIQQQQ", self.bytes, table + size * i) for i in range(count)]
        texts = headers[names][4]
        self.sections = {self.text(texts + header[0]): (header[4], header[5]) for header in headers}

    def text(self, at):
        return self.bytes[at:self.bytes.index(b"\0", at)].decode()

    def lines(self):
        """(file, line, text, offset of the instruction in the object)"""
        btf, ext = self.sections[".BTF"][0], self.sections[".BTF.ext"][0]
        strings = btf + sum(struct.unpack_from("<I", self.bytes, btf + at)[0] for at in (4, 16))
        header, = struct.unpack_from("<I", self.bytes, ext + 4)
        begin, length = struct.unpack_from("<II", self.bytes, ext + 16)
        at, end = ext + header + begin, ext + header + begin + length
        record, = struct.unpack_from("<I", self.bytes, at)
        at += 4
        while at < end:
            section, count = struct.unpack_from("<II", self.bytes, at)
            at += 8
            code = self.sections[self.text(strings + section)][0]
            for _ in range(count):
                offset, file, text, place = struct.unpack_from("<IIII", self.bytes, at)
                yield self.text(strings + file), place >> 10, self.text(strings + text), code + offset
                at += record


def sign(bundle):
    """As a build does it: the hashes of the files, and of the manifest without its own."""
    manifest = json.loads((bundle / "manifest.json").read_text())
    for name, entry in manifest["files"].items():
        content = (bundle / name).read_bytes()
        entry["sha256"], entry["bytes"] = hashlib.sha256(content).hexdigest(), len(content)
    del manifest["sha256"]
    manifest["sha256"] = hashlib.sha256(json.dumps(manifest, indent=2, ensure_ascii=False).encode()).hexdigest()
    (bundle / "manifest.json").write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n")


class Lines(WeftTest):
    def build(self, policy=LINES):
        self.expect(0, "build", self.project(policy), "-o", "bundle")
        return Object(self.at / "bundle/program.o")

    def place(self, statement):
        return "shop/policy.weft", 1 + LINES[:LINES.index(statement)].count("\n"), "  " + statement

    def test_what_asks_for_instructions_has_them(self):
        lines = {line[:3] for line in self.build().lines()}
        for statement in (WHEN, EXPIRES):
            self.assertIn(self.place(statement), lines)
        # Every other instruction stands in the data path.
        others = {file for file, _, _ in lines} - {"shop/policy.weft"}
        for file in others:
            self.assertRegex(file, r"^(\./)?(codegen/datapath/|bundle/|/usr/include/)")

    def test_other_texts_of_a_rule_are_the_same_program(self):
        one = self.build(POLICY)
        code = {name: bytes(one.bytes[at:at + size]) for name, (at, size) in one.sections.items() if name in (".text", "tc")}
        other = self.build("// moved down\n" + POLICY.replace("isolate workload", "isolate  workload"))
        for name, content in code.items():
            at, size = other.sections[name]
            self.assertEqual(content, bytes(other.bytes[at:at + size]))

    def load_broken(self, broken):
        """Breaks the first instruction of which `broken(file, line, text)` holds, in a copy that says it is whole."""
        program = self.build()
        plain = (1, 4, 7)  # classes of instructions that name no table and call nothing, so that libbpf leaves them as they are
        at = next(at for file, line, text, at in program.lines() if program.bytes[at] & 7 in plain and broken(file, line, text))
        program.bytes[at:at + 8] = bytes.fromhex("79a0080000000000")  # r0 = *(u64 *)(r10 + 8): above the stack
        program.path.write_bytes(program.bytes)
        sign(self.at / "bundle")
        if os.geteuid() != 0 or subprocess.run(["unshare", "--net", "sh", "-c", LINKS], capture_output=True).returncode != 0:
            self.skipTest("needs root and network namespaces")
        done = subprocess.run(["unshare", "--net", "sh", "-c", f"{LINKS} && exec '{BINARY}' load bundle"], cwd=self.at,
                              env=environment(), capture_output=True, text=True)
        if "W6001" in done.stderr:
            self.skipTest("the kernel loads no BPF program for this user")
        self.assertEqual(done.returncode, 2, done)
        return done.stderr

    def test_a_refusal_names_the_policy_line(self):
        place = self.place(WHEN)
        said = self.load_broken(lambda *line: line == place)
        self.assertRegex(said, rf"error W6003: the kernel's verifier refused `weft_(from|to)_workload` at "
                               rf"shop/policy\.weft:{place[1]}:3, `{WHEN}`: ")
        self.assertRegex(said, rf"(?m)^(  = note:|         ) .*; {WHEN}")  # the excerpt, line by line
        self.assertNotIn("\\x0a", said)
        self.assertIn("r0 = *(u64 *)(r10 +8)", said)
        self.assertIn("and that statement, without which the policy may load", said)

    def test_a_refusal_elsewhere_names_the_line_of_the_data_path(self):
        said = self.load_broken(lambda file, line, text: "datapath" in file)
        self.assertRegex(said, r"error W6003: the kernel's verifier refused `weft_(from|to)_workload` at \w+\.h:\d+ of the data path: ")
        self.assertNotIn("that statement", said)

    @unittest.skipUnless(os.geteuid() == 0 and BPFTOOL, "needs root and bpftool")
    def test_bpftool_shows_policy_lines(self):
        self.build()
        pins = self.at / "pins"
        pins.mkdir()
        script = (f"mount -t bpf bpf {pins} || exit 99; {BPFTOOL} prog loadall bundle/program.o {pins}/weft type classifier || exit 99; "
                  f"{BPFTOOL} prog dump xlated pinned {pins}/weft/weft_from_workload linum")
        done = subprocess.run(["unshare", "--mount", "sh", "-c", script], cwd=self.at, capture_output=True, text=True)
        if done.returncode == 99:
            self.skipTest(f"no program can be pinned here: {done.stderr.strip()[:200]}")
        self.assertEqual(done.returncode, 0, done.stderr)
        for statement in (WHEN, EXPIRES):
            file, line, text = self.place(statement)
            self.assertIn(f"; {statement} [file:{file} line_num:{line} line_col:3]", done.stdout)


if __name__ == "__main__":
    unittest.main()
