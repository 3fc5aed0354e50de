# SPDX-License-Identifier: GPL-2.0-only
"""Which functions of two builds of a hypervisor have the same machine code, wherever they and their data lie."""
import hashlib
import re
import subprocess

LABEL = re.compile(r"^[0-9a-f]{16} <(.+)>:$")
# What profile/syms.c takes off a name: pieces belong to their function.
PIECE = re.compile(r"(?<=.)\.(cold|part\.|constprop\.|isra\.).*")
PLACE = re.compile(r"\$?(?:0x)?[0-9a-f]{16}(?: <([^>+]+)(\+0x[0-9a-f]+)?>)?")
FILL = re.compile(r"(data16 |cs )*nop[wl]?\b|xchg %ax,%ax$|int3$")
RELATIVE = re.compile(r"-?0x[0-9a-f]+\(%rip\)")


def base(name):
    return PIECE.sub("", name)


def sizes(path):
    """How long what has a name is, where it has only one."""
    found = {}
    for line in subprocess.run(["readelf", "-sW", path], stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines():
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
    """Name to a sum over the code of all functions of that name and their pieces, in their order."""
    long, found, of, fill = sizes(path), {}, None, []
    p = subprocess.Popen(["objdump", "-d", "--no-show-raw-insn", path], stdout=subprocess.PIPE, text=True)
    for line in p.stdout:
        m = LABEL.match(line)
        if m:
            of, fill = found.setdefault(base(m.group(1)), hashlib.sha256()), []
            of.update(b"\n")
        elif of and "\t" in line:
            fill.append(plain(" ".join(line.split("\t", 1)[1].split()), long))
            # What fills up to where the next one begins is none of this one's.
            if not FILL.match(fill[-1]):
                of.update(("\n".join(fill) + "\n").encode())
                fill = []
    if p.wait():
        raise OSError("objdump cannot read %s" % path)
    return {name: h.hexdigest() for name, h in found.items()}
