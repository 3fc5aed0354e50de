# SPDX-License-Identifier: GPL-2.0-only
"""Two builds of a real Xen, told apart (scripts/lab-ab, scripts/bisect-xen): measured only when it is asked for."""
import functools
import json
import os
import re
import shutil
import subprocess

from claims_base import LOGS, TOP, XENS, Broken, Claim, Figure, Group, built_again, hypervisor, log_open, script

EXTRA = "extra-get-page"
MAP, MAPPER = "map", "gnttab_map_grant_ref"
CALLED = ("get_page", "put_page")
COUNTERS = ("page_gets", "page_puts")
# Between compiled functions and their callers: each return is one of these.
THUNK = "__x86_return_thunk"
# The suite on a PV dom0, and pairs of domains of both kinds.
MACHINES = ("pv", "pvh")


def compare(log, machine, old, new, name):
    """scripts/lab-ab of two hypervisors: its rows."""
    out = os.path.join(LOGS, "lab-ab-%s-%s" % (name, machine))
    p = script(log, "lab-ab", "--replace", "--machine=" + machine, "--old=" + os.path.join(old, "xen.gz"),
               "--new=" + os.path.join(new, "xen.gz"), "--out=" + out)
    if p.returncode:
        raise Broken("scripts/lab-ab ended with exit code %d: %s" % (p.returncode, p.stderr.strip().splitlines()[-1:]))
    with open(os.path.join(out, "ab.json"), encoding="utf-8") as f:
        return json.load(f)["rows"]


@functools.lru_cache(None)
def extra():
    """Debian's source as it is, and with a reference more in each map: (machine, row)."""
    with log_open("labab.extra") as log:
        old, new = hypervisor(log, "stock"), hypervisor(log, EXTRA)
        return [(m, r) for m in MACHINES for r in compare(log, m, old, new, "extra")]


def words(machine, row):
    return " ".join(w for w in (machine, row["cell"], row["version"], row["metric"]) if w)


def more_calls(row):
    """(function, caller) to how many calls more."""
    return {(f["function"], c["caller"]): c["calls_b"] - c["calls_a"] for f in row["functions"] for c in f["called_by"]
            if abs(c["calls_b"] - c["calls_a"]) > 1e-6 and f["function"] != THUNK}


def pairs(claim):
    """In each map: one call more of each, from where the map is, and nothing else is called more or less often."""
    bad, n = [], 0
    for machine, row in extra():
        if row["metric"] != MAP or not row["profiled"]:
            continue
        n += 1
        want = {(name, MAPPER): 1.0 for name in CALLED}
        calls, work = more_calls(row), {c: row["work"].get(c, [0, 0]) for c in COUNTERS}
        if calls.keys() != want.keys() or any(abs(calls[k] - 1) > 1e-4 for k in want) or \
                any(abs(b - a - 1) > 1e-4 for a, b in work.values()):
            bad.append("%s: %s" % (words(machine, row), calls))
    if n < 2 * len(MACHINES):
        raise Broken("only %d figures of a map were profiled, see %s" % (n, os.path.join(LOGS, "labab.extra.log")))
    return Figure("%d of %d maps%s" % (len(bad), n, "; the first: " + bad[0] if bad else ""), len(bad) <= claim.limit, 2, 2,
                  "boots a machine")


def equal(claim):
    """Figures of which no function has other code, and that differ."""
    same = [(m, r) for m, r in extra() if r["changed"] == []]
    other = [(m, r) for m, r in extra() if r["changed"]]
    bad = [words(m, r) for m, r in same if abs(r["new"] - r["old"]) > 1e-6]
    if len(same) < 2 * len(MACHINES) or {n for _, r in other for n in r["changed"]} != {MAPPER}:
        raise Broken("the patch changes other functions than %s, or nothing is without it, see %s" % (
            MAPPER, os.path.join(LOGS, "labab.extra.log")))
    return Figure("%d of %d%s; %d have the function that was changed" % (
        len(bad), len(same), "; the first: " + bad[0] if bad else "", len(other)), len(bad) <= claim.limit, 2, 2,
        "boots a machine")


def same(claim):
    """The same source, built in two folders."""
    with log_open(claim.name) as log, built_again(log, "stock") as (first, second):
        rows = [(m, r) for m in MACHINES for r in compare(log, m, first, second, "same")]
    bad = [words(m, r) for m, r in rows if abs(r["new"] - r["old"]) > 1e-6 or r["work"] or r["functions"] or r["changed"]]
    if len(rows) < 4 * len(MACHINES):
        raise Broken("only %d figures" % len(rows))
    return Figure("%d of %d figures%s" % (len(bad), len(rows), "; the first: " + bad[0] if bad else ""),
                  len(bad) <= claim.limit, 2, 2, "boots a machine")


# ---- bisecting ----

def history(log, clone):
    """A clone of Xen: Debian's source, a comment more, the reference more in each map, another comment."""
    source = os.path.join(XENS, "source", "tree")
    patches = os.path.join(TOP, "kernel-helpers", "xen", "patches", EXTRA)
    table = os.path.join(clone, "xen", "common", "grant_table.c")
    shutil.rmtree(os.path.dirname(clone), ignore_errors=True)
    os.makedirs(clone)
    for name in ("xen", "config", "Config.mk", "scripts"):
        path = os.path.join(source, name)
        if os.path.isdir(path):
            shutil.copytree(path, os.path.join(clone, name), symlinks=True)
        else:
            shutil.copy2(path, clone)

    def git(*args):
        p = subprocess.run(["git", "-c", "user.name=x", "-c", "user.email=x@example.org", *args], cwd=clone, text=True,
                           stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        log.write(p.stdout)
        if p.returncode:
            raise Broken("git %s failed, see %s" % (args[0], log.name))
        return p.stdout.strip()

    def commit(subject):
        git("add", "-A")
        git("commit", "-q", "-m", subject)
        return git("rev-parse", "HEAD")

    git("init", "-q")
    commits = [commit("as it is")]
    for more in ("a comment", None, "another one"):
        if more:
            with open(table, "a", encoding="utf-8") as f:
                f.write("/* %s */\n" % more)
        else:
            for name in sorted(n for n in os.listdir(patches) if n.endswith(".patch")):
                git("apply", os.path.join(patches, name))
        commits.append(commit(more or EXTRA))
    return git, commits


def bisected(claim):
    """git bisect run, from the first commit to the last: is the dear one what it finds?"""
    figure, clone = "map_unmap/batch:256/v1/map", os.path.join(LOGS, "lab-bisect", "xen")
    run = [os.path.join(TOP, "scripts", "bisect-xen"), figure]
    with log_open(claim.name) as log:
        if script(log, "xen-build", "--source").returncode:
            raise Broken("Xen's source cannot be had, see %s" % log.name)
        git, commits = history(log, clone)
        out = ["--out=" + os.path.join(LOGS, "lab-bisect")]
        # What the first takes, and a little more.
        git("checkout", "-q", commits[0])
        p = subprocess.run(run + ["1000000"] + out, cwd=clone, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                           check=False)
        log.write(p.stdout)
        first = re.search(r": ([\d.]+) instructions", p.stdout)
        if p.returncode or not first:
            raise Broken("the first commit has no figure: %s" % p.stdout.strip())
        git("bisect", "start", commits[-1], commits[0])
        text = git("bisect", "run", *run, "%.1f" % (float(first.group(1)) + 5), *out)
        git("bisect", "reset")
    found = re.search(r"^([0-9a-f]{40}) is the first bad commit", text, re.M)
    judged = re.findall(r": ([\d.]+) instructions/page, (good|bad)", text)
    missed = int(not found or found.group(1) != commits[2] or {v for _, v in judged} != {"good", "bad"})
    shutil.rmtree(clone)
    return Figure("%d of 1 missed; %s, then %s" % (missed, first.group(1), ", ".join("%s %s" % j for j in judged)),
                  missed <= claim.limit, 1, 1, "histories")


GROUP = Group(76, [
    Claim("labab.pairs", "C", 0, "at most %g", "maps of a Xen with one get_page and put_page more in each, in which that is "
          "not what lab-ab finds", pairs),
    Claim("labab.equal", "C", 0, "at most %g", "figures between two builds that differ, though none of their functions' machine "
          "code does", equal),
    Claim("labab.same", "C", 0, "at most %g", "figures, work or functions that differ between two builds of the same source",
          same),
    Claim("labab.bisect", "C", 0, "at most %g", "a commit of Xen that made a map dearer, not found by git bisect run", bisected),
], when_asked=True)
