# SPDX-License-Identifier: GPL-2.0-only
"""Version 3 against version 1 and the best of its rivals: instructions and counts of hv, and what attacks it."""
import json
import os
import re
import subprocess
import tempfile

from claims_base import TOP, Broken, Claim, Figure, Group, call, log_open, options, program, tool

# docs/grant-v3-in-xen.md: 512 pages of one granter, PVH mapper, Xen 4.17 under an instruction clock: instructions.
XEN = {"v1": {"map": 6310459, "unmap": 6549237}, "v1-args": {"map": 1731249, "unmap": 2012313},
       "v1-range": {"map": 200665, "unmap": 129867}, "v1-range 2M": {"map": 136327, "unmap": 77934}}
RIVALS = ("v1-batch", "v1-args", "v1-range", "v1-super")


def cells(log, family, sets, versions):
    """Cells of a family in instructions, each in every version asked for."""
    tool("valgrind")
    with tempfile.TemporaryDirectory() as tmp:
        out = os.path.join(tmp, "run")
        call([os.path.join(TOP, "scripts", "hv-instructions"), "--filter=^%s/" % family, "--versions=" + versions,
              "--out=" + out] + ["--set=%s.%s" % (family, s) for s in sets], log)
        with open(os.path.join(out, "cells.jsonl"), encoding="utf-8") as f:
            found = [json.loads(line) for line in f]
    if len(found) != 1 or found[0]["status"] != "ok":
        raise Broken("%s %s: %s" % (family, " ".join(sets), found[0]["reason"] if found else "no cell"))
    return {(r["metric"], r["version"]): r for r in found[0]["rows"]}


def insn(rows, metric, version):
    if (metric, version) not in rows:
        raise Broken("no instructions of %s by %s" % (metric, version))
    return rows[(metric, version)]["value"]


def gain(claim, family, sets, metric, over="v1", at_least=True):
    """How many times dearer another version is; or, not at_least, how many times dearer version 3 is."""
    with log_open(claim.name) as log:
        r = cells(log, family, sets, "%s,v3" % over if over != "best" else "v1,v3," + ",".join(RIVALS))
    v3 = insn(r, metric, "v3")
    name = over if over != "best" else min((v for v in RIVALS + ("v1",) if (metric, v) in r),
                                           key=lambda v: insn(r, metric, v))
    ratio = insn(r, metric, name) / v3 if at_least else v3 / insn(r, metric, name)
    return Figure("%.3f; v3 %.0f, %s %.0f instructions" % (ratio, v3, name, insn(r, metric, name)),
                  ratio >= claim.limit if at_least else ratio <= claim.limit, 1, 1, "runs")


def pages_512(log, version):
    """Cells for 512 pages, in version 1 and another one: instructions of all of them, by metric and version."""
    name = version.split()[0]
    if version.endswith(" 2M"):
        r = cells(log, "large_page", ["entries=run"], "v1," + name)
    else:
        r = cells(log, "map_unmap", ["batch=512"], "v1," + name)
    pages = 1 if version.endswith(" 2M") else 512
    return {(m, v): pages * insn(r, m, n) for m in ("map", "unmap") for v, n in (("v1", "v1"), (version, name))}


def fidelity(claim, version, metric):
    """How far hv's ratio to version 1 is from that of a real Xen."""
    with log_open(claim.name) as log:
        r = pages_512(log, version)
    ratio, xen = r[(metric, "v1")] / r[(metric, version)], XEN["v1"][metric] / XEN[version][metric]
    off = abs(ratio / xen - 1)
    return Figure("%.2f off: %.1f, Xen %.1f" % (off, ratio, xen), off <= claim.limit, 1, 1, "runs")


def same_work(claim):
    """How far instructions of ranges are from those of a real Xen, which need not be compared with version 1 for that."""
    found = []
    with log_open(claim.name) as log:
        for version in ("v1-range", "v1-range 2M"):
            r = pages_512(log, version)
            found += [(abs(r[(m, version)] / XEN[version][m] - 1), "%s %s: %.0f, Xen %.0f" %
                       (version, m, r[(m, version)], XEN[version][m])) for m in ("map", "unmap")]
    worst = max(found)
    return Figure("%.2f off: %s" % worst, worst[0] <= claim.limit, 1, 1, "runs")


def entry_counts(claim):
    """Counts of 2 MiB by one leaf that are not as they have to be."""
    wrong = []
    with log_open(claim.name) as log:
        r = cells(log, "large_page", ["entries=leaf"], "v3")
    want = {"map": {"entries_written": 1, "flushes": 0, "hypercalls": 1},
            "unmap": {"entries_written": 1, "flushes": 1, "hypercalls": 1}}
    for metric, counts in want.items():
        have = r[(metric, "v3")]["counts"]
        wrong += ["%s %s %g" % (metric, k, have[k]) for k, v in counts.items() if have[k] != v]
        more = have["page_gets"] - have["page_puts"]
        if more != (512 if metric == "map" else -512):
            wrong.append("%s references %g" % (metric, more))
    return Figure("%d%s" % (len(wrong), ": " + ", ".join(wrong) if wrong else ""), len(wrong) <= claim.limit, 1, 1, "runs")


def hypercalls(claim):
    """Hypercalls of a page's whole cycle, both sides, more than version 1's."""
    with log_open(claim.name) as log:
        r = cells(log, "full_cycle", ["batch=1"], "v1,v3")
    v1, v3 = (r[("cycle", v)]["counts"]["hypercalls"] for v in ("v1", "v3"))
    return Figure("%g more: %g, v1 %g" % (v3 - v1, v3, v1), v3 - v1 <= claim.limit, 1, 1, "runs")


def stale(claim):
    """Revokes beside a mapper of two vCPUs that map, unmap, read and write: accesses after a promise."""
    n = 40000 if options.quick else 1600000
    with log_open(claim.name) as log:
        text = call([program("tests", "hv", "v3_stale_test"), str(n)], log, good=(0, 1))
        log.write(text)
    done = sum(int(x) for x in re.findall(r"(\d+) revokes, and nothing was in reach", text))
    busy = sum(int(x) for x in re.findall(r"(\d+) revokes while the mapper was busy", text))
    bad = len(re.findall(r"^not ok", text, re.M))
    holds = bad <= claim.limit and ((done >= 10**6 and busy >= 10**5) or None)
    return Figure("%d failures; %d revokes, %d while the mapper was busy" % (bad, done, busy), holds, done, 10**6, "revokes")


def checked(claim, test):
    """A test that is in `make check`: what of it fails."""
    with log_open(claim.name) as log:
        p = subprocess.run([os.path.join(TOP, "scripts", "check"), test], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                           stderr=log, text=True, check=False, cwd=TOP)
        log.write(p.stdout)
    m = re.search(r"^(\d+) passed, (\d+) failed, (\d+) skipped$", p.stdout, re.M)
    if not m:
        raise Broken("scripts/check %s gave no count" % test)
    ok, bad = int(m.group(1)), int(m.group(2))
    return Figure("%d fail, %d hold" % (bad, ok), bad <= claim.limit and ok > 0, 1, 1, "runs")


def fuzz(claim):
    """Random calls of valid and of hostile guests, whose words change between any two reads, under ASan and UBSan."""
    n = 10**5 if options.quick else 10**7
    found = done = 0
    with log_open(claim.name) as log, tempfile.TemporaryDirectory() as tmp:
        call(["make", "-C", TOP, "-j2", "SAN=hvfuzz", "build-hvfuzz/tests/hv/fuzz"], log)
        for mode in ("valid", "hostile"):
            p = subprocess.run([os.path.join(TOP, "build-hvfuzz", "tests", "hv", "fuzz"), "-n", str(n // 2), "-s", "7",
                                "-m", mode, "-o", os.path.join(tmp, mode)], stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True, check=False)
            log.write(p.stdout)
            m = re.search(r"^(\d+) hypercalls in", p.stdout, re.M)
            done += int(m.group(1)) if m else 0
            found += p.returncode != 0
    return Figure("%d found; %d calls" % (found, done), found <= claim.limit and (done >= n or None), done, 10**7, "calls")


ONE = ["batch=1"]
NAMED = ["batch=64", "stride=2"]
RANGE = ["batch=256"]
LEAF = ["entries=leaf"]

GROUP = Group(45, [
    Claim("v3.fidelity.args", "C", 0.25, "at most %g off", "v1 against v1-args, 512 pages, map, as on Xen",
          lambda c: fidelity(c, "v1-args", "map")),
    Claim("v3.fidelity.args.unmap", "C", 0.25, "at most %g off", "the same, unmap",
          lambda c: fidelity(c, "v1-args", "unmap")),
    Claim("v3.fidelity.range", "C", 0.7, "at most %g off", "v1 against v1-range, 512 pages by 4K entries, map, as on Xen",
          lambda c: fidelity(c, "v1-range", "map")),
    Claim("v3.fidelity.range.unmap", "C", 0.7, "at most %g off", "the same, unmap",
          lambda c: fidelity(c, "v1-range", "unmap")),
    Claim("v3.fidelity.2m", "C", 0.7, "at most %g off", "v1 against v1-range by one 2M entry, map, as on Xen",
          lambda c: fidelity(c, "v1-range 2M", "map")),
    Claim("v3.fidelity.2m.unmap", "C", 0.7, "at most %g off", "the same, unmap",
          lambda c: fidelity(c, "v1-range 2M", "unmap")),
    Claim("v3.fidelity.work", "C", 0.25, "at most %g off",
          "v1-range, 512 pages, both entries and ways: hv's instructions and Xen's",
          same_work),
    Claim("v3.large.counts", "C", 0, "at most %g counts", "2 MiB by one leaf that are not one write, one flush, 512 references",
          entry_counts),
    Claim("v3.large.map", "C", 60, "at least %g", "2 MiB by one leaf, map: v1 against v3",
          lambda c: gain(c, "large_page", LEAF, "map")),
    Claim("v3.large.unmap", "C", 80, "at least %g", "the same, unmap", lambda c: gain(c, "large_page", LEAF, "unmap")),
    Claim("v3.large.args", "C", 15, "at least %g", "2 MiB by one leaf, map: v1-args against v3",
          lambda c: gain(c, "large_page", LEAF, "map", "v1-args")),
    Claim("v3.large.args.unmap", "C", 15, "at least %g", "the same, unmap",
          lambda c: gain(c, "large_page", LEAF, "unmap", "v1-args")),
    Claim("v3.range.map", "C", 5, "at least %g", "256 neighbours in one call, map: v1 against v3",
          lambda c: gain(c, "map_unmap", RANGE, "map")),
    Claim("v3.range.unmap", "C", 5, "at least %g", "the same, unmap", lambda c: gain(c, "map_unmap", RANGE, "unmap")),
    Claim("v3.large.best", "C", 1.05, "at most %g", "2 MiB by one leaf, map: v3 against the best version without a tree",
          lambda c: gain(c, "large_page", LEAF, "map", "best", False)),
    Claim("v3.large.best.unmap", "C", 1.05, "at most %g", "the same, unmap",
          lambda c: gain(c, "large_page", LEAF, "unmap", "best", False)),
    Claim("v3.range.best", "C", 0.8, "at most %g", "256 neighbours in one call, map: v3 against the best version without a tree",
          lambda c: gain(c, "map_unmap", RANGE, "map", "best", False)),
    Claim("v3.named", "C", 1.1, "at most %g", "64 pages named one by one in a call, map: v3 against v1-args",
          lambda c: gain(c, "map_unmap", NAMED, "map", "v1-args", False)),
    Claim("v3.named.best", "C", 2, "at most %g", "the same against the best version without a tree, which takes a list",
          lambda c: gain(c, "map_unmap", NAMED, "map", "best", False)),
    Claim("v3.page", "C", 1.05, "at most %g", "one 4K page, two levels, map: v3 against v1",
          lambda c: gain(c, "map_unmap", ONE, "map", "v1", False)),
    Claim("v3.page.unmap", "C", 1, "at most %g", "the same, unmap", lambda c: gain(c, "map_unmap", ONE, "unmap", "v1", False)),
    Claim("v3.page.bare", "C", 1.3, "at most %g", "one 4K page, map, arguments not walked to: v3 against v1",
          lambda c: gain(c, "map_unmap", ONE + ["args=direct"], "map", "v1", False)),
    Claim("v3.page.pv", "C", 1.5, "at most %g", "one 4K page by a PV mapper, map: v3 against v1",
          lambda c: gain(c, "map_unmap", ONE + ["mapper=pv"], "map", "v1", False)),
    Claim("v3.cycle", "C", 1.05, "at most %g", "a page's whole cycle, both sides, status page: v3 against v1",
          lambda c: gain(c, "full_cycle", ["batch=1"], "cycle", "v1", False)),
    Claim("v3.cycle.hypercalls", "C", 0, "at most %g more", "hypercalls of a page's whole cycle beside v1's", hypercalls),
    Claim("v3.revoke.stale", "C", 0, "at most %g", "of 10^6 revokes, 10^5 of them raced, that left something in reach", stale),
    Claim("v3.revoke.work", "C", 0, "at most %g tests", "a revoke's work is not the documented formula",
          lambda c: checked(c, "hv/v3_revoke_test")),
    Claim("v3.mutants", "C", 0, "at most %g", "deliberate defects that no test finds",
          lambda c: checked(c, "hv/mutants_test")),
    Claim("v3.lines", "C", 0, "at most %g tests", "locked lines shared between mappers of different trees",
          lambda c: checked(c, "hv/v3_lines_test")),
    Claim("v3.model", "C", 0, "at most %g tests", "the model of map against revoke, and of its defects",
          lambda c: checked(c, "v3/model_test")),
    Claim("v3.explore", "C", 0, "at most %g tests", "interleavings of the real code in which something is broken",
          lambda c: checked(c, "v3/explore_test")),
    Claim("v3.fuzz", "C", 0, "at most %g", "what 10^7 random calls find, valid and hostile guests, ASan and UBSan", fuzz),
], when_asked=True)
