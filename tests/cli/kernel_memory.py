"""Tables of a loaded program, to be changed behind Weft's back: as root may, with nothing but the system call and `mmap`."""

import ctypes
import json
import mmap
import os
import platform
import shutil
import struct
import subprocess

BPFTOOL = shutil.which("bpftool") or shutil.which("bpftool", path="/usr/sbin:/sbin")
BPF_MAP_GET_FD_BY_ID = 14


def symbol(program, name):
    """Section, offset and size of a variable in an object file."""
    data = program.read_bytes()
    first, = struct.unpack_from("<Q", data, 0x28)
    _, count, names = struct.unpack_from("<HHH", data, 0x3A)
    sections = [struct.unpack_from("<IIQQQQIIQQ", data, first + 64 * number) for number in range(count)]
    text = lambda table, offset: data[sections[table][4] + offset:data.index(b"\0", sections[table][4] + offset)].decode()
    for section in sections:
        if section[1] != 2:  # SHT_SYMTAB
            continue
        for at in range(section[4], section[4] + section[5], 24):
            label, _, _, place, value, size = struct.unpack_from("<IBBHQQ", data, at)
            if text(section[6], label) == name:
                return text(names, sections[place][0]), value, size
    raise KeyError(name)


def map_descriptor(number):
    attributes = ctypes.create_string_buffer(struct.pack("<I", number), 128)
    call = {"x86_64": 321, "aarch64": 280}[platform.machine()]
    descriptor = ctypes.CDLL(None, use_errno=True).syscall(call, BPF_MAP_GET_FD_BY_ID, attributes, 128)
    if descriptor < 0:
        raise OSError(ctypes.get_errno(), "BPF_MAP_GET_FD_BY_ID")
    return descriptor


def change(program_id, section, offset, work):
    """`work` gets the byte there and says what it becomes."""
    ask = lambda *words: json.loads(subprocess.run([BPFTOOL, "-j", *map(str, words)], check=True, capture_output=True).stdout)
    name = ("weft" + section if section in (".bss", ".data", ".rodata") else section)[:15]
    number, = [each for each in ask("prog", "show", "id", program_id)["map_ids"] if ask("map", "show", "id", each).get("name") == name]
    descriptor = map_descriptor(number)
    with mmap.mmap(descriptor, ask("map", "show", "id", number)["bytes_value"]) as contents:
        contents[offset] = work(contents[offset])
    os.close(descriptor)
