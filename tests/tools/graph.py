#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The project's graph of files, held against arrows.mk.

  tests/tools/graph.py [--build=DIR] circles     circles of files, one a line; none is the aim
  tests/tools/graph.py [--build=DIR] arrows      arrows between folders that arrows.mk does not have
  tests/tools/graph.py [--build=DIR] table       what is wrong with arrows.mk itself
  tests/tools/graph.py [--build=DIR] count       how many files, includes and calls there are

A node is x.c together with the x.h beside it. An arrow is a direct include, or, by nm over the objects in DIR (default:
build), an undefined symbol to the file that defines it. Tests are not part of it.
"""
import collections
import glob
import os
import re
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PRODUCT = ("bench", "workloads", "record", "plot", "profile", "hv", "kernel-helpers")
INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]')


def sources():
    """Every .c, .cc and .h of the product, by path from the top."""
    found = []
    for top in PRODUCT:
        for at, _, names in os.walk(top):
            found += [os.path.join(at, n) for n in names if n.endswith((".c", ".cc", ".h"))]
    return sorted(found)


def node(path):
    return os.path.splitext(path)[0]


def room(path):
    """The folder as arrows.mk names it: include/gnb and include/hv are where <gnb/x.h> and <hv/x.h> are found."""
    folder = os.path.dirname(path)
    return os.path.dirname(folder) if folder.count("/include/") else folder


def table(kind):
    """The lines of one kind in arrows.mk: {folder: [folders]}."""
    sees = {}
    if os.path.exists("arrows.mk"):
        with open("arrows.mk", encoding="utf-8") as f:
            for line in f.read().replace("\\\n", " ").splitlines():
                m = re.match(kind + r"/(\S+)\s*:=\s*(.*)", line)
                if m:
                    sees[m.group(1)] = m.group(2).split("#")[0].split()
    return sees


def resolve(path, quoted, name, headers, sees):
    """The file that `#include "name"` or `<name>` in path means, or None for a system's or another's."""
    here = os.path.normpath(os.path.join(os.path.dirname(path), name))
    if here in headers:
        return here
    for folder in sees.get(room(path), []):
        there = os.path.join(folder, name)
        if there in headers:
            return there
    # Not by what it may see: by its end, so that what is forbidden is found too. <limits.h> is the system's.
    ends = sorted(h for h in headers if os.path.relpath(h, room(h)) == name)
    return ends[0] if ends and (quoted or "/" in name) else None


def includes(files, sees):
    """(from file, to file, how) of every direct include."""
    headers = {f for f in files if f.endswith(".h")}
    for path in files:
        with open(path, encoding="utf-8") as f:
            for line in f:
                m = INCLUDE.match(line)
                to = m and resolve(path, m.group(1) == '"', m.group(2), headers, sees)
                if to and to != path:
                    yield path, to, 'includes "%s"' % m.group(2)


def symbols(files, build):
    """(from file, to file, how) of every undefined symbol that exactly one object of the product defines."""
    objects = {}
    for path in files:
        o = os.path.join(build, os.path.splitext(path)[0] + ".o")
        if not path.endswith(".h") and os.path.exists(o):
            objects[o] = path
    defined, wanted = collections.defaultdict(set), []
    out = subprocess.run(["nm", "-A", "-P"] + sorted(objects), capture_output=True, text=True, check=True).stdout
    for line in out.splitlines():
        o, rest = line.split(": ", 1)
        name, kind = rest.split()[:2]
        if kind == "U":
            wanted.append((objects[o], name))
        elif kind.isupper():
            defined[name].add(objects[o])
    for path, name in wanted:
        for to in defined[name] if len(defined[name]) == 1 else ():
            yield path, to, "calls %s" % name


def circles(edges):
    """Strongly connected components of more than one node (Tarjan, without recursion)."""
    graph = collections.defaultdict(set)
    for a, b, _ in edges:
        if node(a) != node(b):
            graph[node(a)].add(node(b))
    index, low, stack, on, found = {}, {}, [], set(), []
    for root in sorted(graph):
        if root in index:
            continue
        work = [(root, iter(sorted(graph[root])))]
        index[root] = low[root] = len(index)
        stack.append(root)
        on.add(root)
        while work:
            v, children = work[-1]
            for w in children:
                if w not in index:
                    index[w] = low[w] = len(index)
                    stack.append(w)
                    on.add(w)
                    work.append((w, iter(sorted(graph[w]))))
                    break
                if w in on:
                    low[v] = min(low[v], index[w])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[v])
                if low[v] == index[v]:
                    part = []
                    while True:
                        part.append(stack.pop())
                        on.discard(part[-1])
                        if part[-1] == v:
                            break
                    if len(part) > 1:
                        found.append(sorted(part))
    return sorted(found, key=len, reverse=True)


def forbidden(edges, sees, calls):
    """Lines that name arrows between folders which the table does not have."""
    seen = set()
    for a, b, how in edges:
        arrow = room(a), room(b)
        allowed = sees.get(arrow[0], []) + (calls.get(arrow[0], []) if how.startswith("calls") else [])
        if arrow[0] == arrow[1] or arrow[1] in allowed or (arrow, a) in seen:
            continue
        seen.add((arrow, a))
        yield "%s -> %s is not in arrows.mk: %s %s" % (arrow[0], arrow[1], a, how)


def wrong_table(files, sees):
    folders = {room(f) for f in files}
    for f in sorted(folders - set(sees)):
        yield "%s: has sources and no line in arrows.mk" % f
    for f in sorted(set(sees) - folders):
        if f.split("/")[0] in PRODUCT:
            yield "%s: is in arrows.mk and has no sources" % f
    for f in sorted({room(f) for f in files if not f.endswith(".h")}):
        if not any(os.path.exists(os.path.join(f, how)) for how in ("room.mk", "Kbuild")):
            yield "%s: has sources and no room.mk that says what is made of them" % f
    for f in sorted(sees):
        for to in sees[f]:
            if not os.path.isdir(to):
                yield "%s -> %s: there is no such folder" % (f, to)
            for further in sees.get(to, []):
                if further not in sees[f]:
                    yield "%s -> %s -> %s: but %s does not see %s, whose headers it gets" % (f, to, further, f, further)
            if f in sees.get(to, []):
                yield "%s <-> %s: a circle" % (f, to)


def same_names(files, sees):
    """Headers of one name that one folder sees: which of them it gets is the include path's chance."""
    headers = collections.defaultdict(list)
    for f in files:
        if f.endswith(".h"):
            headers[room(f)].append(os.path.relpath(f, room(f)))
    for folder in sorted(sees):
        first = {}
        for to in [folder] + sees[folder]:
            for name in headers[to]:
                if first.setdefault(name, to) != to:
                    yield "%s sees two headers %s: of %s and %s" % (folder, name, first[name], to)


def main(args):
    build = "build"
    if args and args[0].startswith("--build="):
        build = args.pop(0).split("=", 1)[1]
    if len(args) != 1 or args[0] not in ("circles", "arrows", "table", "count"):
        print(__doc__.strip(), file=sys.stderr)
        return 2
    os.chdir(os.environ.get("TREE", TOP))
    files, sees, calls = sources(), table("sees"), table("calls")
    if args[0] == "table":
        lines = list(wrong_table(files, sees)) + list(same_names(files, sees))
    else:
        edges = list(includes(files, sees)) + list(symbols(files, build))
        if args[0] == "count":
            calls = sum(how.startswith("calls") for _, _, how in edges)
            print(len(files), len(edges) - calls, calls)
            return 0
        if args[0] == "circles":
            lines = ["%d files: %s" % (len(c), " ".join(c)) for c in circles(edges)]
        else:
            lines = list(forbidden(edges, sees, calls))
    print("".join(x + "\n" for x in lines), end="")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
