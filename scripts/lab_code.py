# SPDX-License-Identifier: GPL-2.0-only
"""Which functions of two builds of a hypervisor have the same machine code, wherever they and their data lie."""
import hashlib
import os
import re
import subprocess

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
LINE = re.compile(r"^ *([0-9a-f]+):\t(.+)$")
PLACE = re.compile(r"\$?(?:0x)?[0-9a-f]{16}(?: <([^>+]+)(\+0x[0-9a-f]+)?>)?")
FILL = re.compile(r"(data16 |cs )*nop[wl]?\b|xchg %ax,%ax$|int3$")
RELATIVE = re.compile(r"-?0x[0-9a-f]+\(%rip\)")


def lines_of(*command):
    p = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    if p.returncode:
        raise OSError("%s: %s" % (command[0], p.stderr.strip() or "exit code %d" % p.returncode))
    return p.stdout.splitlines()


def sizes(path):
    """How long what has a name is, where it has only one."""
    found = {}
    for line in lines_of("readelf", "-sW", path):
        word = line.split()
        if len(word) == 8 and word[0][:-1].isdigit():
            found.setdefault(word[7], set()).add(int(word[2], 0))
    return {name: size.pop() for name, size in found.items() if len(size) == 1}


def plain(instruction, long):
    """An instruction without addresses: what it names, it names by a symbol. What lies behind the end of one, such as text
    in quotes, has no name."""
    def place(m):
        name, offset = m.group(1), m.group(2)
        if not name:
            return "?"
        return name + (offset or "") if int(offset or "0", 16) <= long.get(name, 0) else "?"

    return PLACE.sub(place, RELATIVE.sub("(%rip)", instruction))


def functions(path):
    """Name to a sum over the code of all functions of that name and their pieces, in their order. Whose an instruction is,
    profiles say the same of."""
    symbols = [(int(a, 16), int(b, 16), name) for a, b, name in (line.split(" ") for line in lines_of(
        os.path.join(TOP, "build", "grantbench-profile"), "symbols", "--syms=" + path))]
    long, at, fill, found = sizes(path), -1, [], {}
    for m in filter(None, map(LINE.match, lines_of("objdump", "-d", "--no-show-raw-insn", path))):
        address = int(m.group(1), 16)
        while at + 1 < len(symbols) and symbols[at + 1][0] <= address:
            at, fill = at + 1, []
            found.setdefault(symbols[at][2], hashlib.sha256()).update(b"\n")
        if at < 0 or address >= symbols[at][1]:
            continue
        fill.append(plain(" ".join(m.group(2).split()), long))
        # What fills up to where the next one begins is none of this one's.
        if not FILL.match(fill[-1]):
            found[symbols[at][2]].update(("\n".join(fill) + "\n").encode())
            fill = []
    return {name: h.hexdigest() for name, h in found.items()}
