#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Has a benchmark's source changed while its def_version has not?

  definitions.py [TREE]

tests/data/definitions.txt has a line for each state of a benchmark's source that was there with a version: its name,
def_version, and a hash of the source without comments and spaces; behind that, in the second line of a version and all
later ones, why the figures are those of the line before. Prints what is wrong, with the line that is missing; exit 1
if anything is.
"""
import glob
import hashlib
import os
import re
import sys

TREE = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")
LIST = "tests/data/definitions.txt"
TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'|//[^\n]*|/\*.*?\*/|\s+|.', re.S)


def bare(text):
    """Without comments and spaces, but for those in strings."""
    return "".join(t for t in TOKEN.findall(text) if not t.isspace() and not t.startswith(("//", "/*")))


def read(path):
    with open(os.path.join(TREE, path), encoding="utf-8") as f:
        return f.read()


def parts(path):
    """A benchmark's file, and what lies beside it that it includes, with the source of each header."""
    todo, found = [path], set()
    while todo:
        p = todo.pop()
        if p in found or not os.path.exists(os.path.join(TREE, p)):
            continue
        found.add(p)
        todo += [os.path.join(os.path.dirname(p), x) for x in re.findall(r'^#include "(\w+\.h)"', read(p), re.M)]
        if p.endswith(".h"):
            todo.append(p[:-1] + "c")
    return sorted(found)


def families():
    """{name: (file, version, hash)}. What a benchmark includes of its folder is part of it."""
    found = {}
    for path in sorted(glob.glob(os.path.join(TREE, "bench/*.c")) + glob.glob(os.path.join(TREE, "workloads/*.c"))):
        path = os.path.relpath(path, TREE)
        text = read(path)
        if "GNB_BENCH(" not in text:
            continue
        name = re.search(r'\.name = "([a-z0-9_]+)",\s*\.summary', text) or re.search(r'\.name = "([a-z0-9_]+)"', text)
        version = re.search(r"\.def_version = (\d+)", text)
        source = "".join(bare(read(p)) for p in parts(path))
        # The version stands in the source, too, and is no change of it.
        source = re.sub(r"\.def_version=\d+", "", source)
        found[name.group(1)] = path, int(version.group(1)), hashlib.sha256(source.encode()).hexdigest()[:16]
    return found


def listed():
    lines = []
    for line in read(LIST).splitlines():
        if line and not line.startswith("#"):
            words = line.split(None, 3)
            lines.append((words[0], int(words[1]), words[2], words[3] if len(words) > 3 else ""))
    return lines


def main():
    now, lines, wrong = families(), listed(), []
    for name, (path, version, digest) in now.items():
        mine = [x for x in lines if x[0] == name]
        last = mine[-1] if mine else None
        line = "%s %d %s" % (name, version, digest)
        if last and last[1:3] == (version, digest):
            pass
        elif last and version == last[1]:
            wrong.append("%s has changed and its def_version has not: raise it, or say why its figures are the same, in %s: "
                         "%s WHY" % (path, LIST, line))
        elif last and version < last[1]:
            wrong.append("%s: def_version %d, it was %d" % (path, version, last[1]))
        else:
            wrong.append("%s: %s lacks its line: %s" % (path, LIST, line))
        for a, b in zip(mine, mine[1:]):
            if b[1] < a[1]:
                wrong.append("%s: %s: versions go back" % (LIST, name))
            if b[1] == a[1] and not b[3]:
                wrong.append("%s: %s %d %s: does not say why" % (LIST, name, b[1], b[2]))
    wrong += ["%s: there is no benchmark %s" % (LIST, n) for n in sorted({x[0] for x in lines} - set(now))]
    print("\n".join(wrong), end="\n" if wrong else "")
    return 1 if wrong or len(now) < 10 else 0


if __name__ == "__main__":
    sys.exit(main())
