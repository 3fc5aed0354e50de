# SPDX-License-Identifier: GPL-2.0-only
"""Log-dirty on hv: its work beside Xen's, its shape, and no write lost; KVM's own figures (docs/p2m.md)."""
import functools
import glob
import json
import os
import re

from claims_base import LOGS, TOP, Broken, Claim, Figure, Group, call, grantbench, log_open, options, program, rows, script


def counts(claim):
    """Each count is one that was measured on a running Xen 4.17.7."""
    with log_open(claim.name) as log:
        text = call([program("tests", "hv", "dirty_counts_test")], log, good=(0, 1))
        log.write(text)
    counted, wrong = re.findall(r"^(?:not )?ok \d+ - .*: \S+ \d+ \(is \d+\)$", text, re.M), re.findall("^not ok", text, re.M)
    if not counted:
        raise Broken("tests/hv/dirty_counts_test printed no counts")
    return Figure("%d of %d" % (len(wrong), len(counted)), len(wrong) <= claim.limit, 1, 1, "runs")


def race(claim):
    """Writers of each kind beside CLEAN, PEEK and OFF: in each epoch the copy is the memory."""
    writes = 100000 if options.quick else 1000000
    built = os.path.join(TOP, "build-thread", "tests", "hv", "dirty_race_test")
    with log_open(claim.name) as log:
        call(["make", "--no-print-directory", "-j2", "SAN=thread", os.path.relpath(built, TOP)], log)
        text = call([built, str(writes), "marks"], log, good=(0, 1, 66))
        log.write(text)
    done = re.search(r"(\d+) writes, none failed", text)
    lost = re.search(r"in none of (\d+) epochs .*\((\d+) are\)", text)
    if not done or not lost or int(done.group(1)) < writes:
        raise Broken("tests/hv/dirty_race_test ended early, see %s" % os.path.relpath(log.name, TOP))
    bad = int(lost.group(2)) + len(re.findall("^not ok", text, re.M)) + text.count("WARNING: ThreadSanitizer")
    return Figure("%d; %s writes, %s epochs" % (bad, done.group(1), lost.group(1)), bad <= claim.limit, 1, 1, "runs")


def ways(claim):
    """The same of the ways that are KVM's, each by itself."""
    total, bad = 0, 0
    built = os.path.join(TOP, "build-thread", "tests", "hv", "dirty_race_test")
    with log_open(claim.name) as log:
        call(["make", "--no-print-directory", "-j2", "SAN=thread", os.path.relpath(built, TOP)], log)
        for way in ("get", "manual", "all_set", "ring"):
            text = call([built, "25000" if options.quick else "250000", way], log, good=(0, 1, 66))
            log.write(text)
            done = re.search(r"(\d+) writes, none failed", text)
            if not done:
                raise Broken("tests/hv/dirty_race_test %s ended early, see %s" % (way, os.path.relpath(log.name, TOP)))
            total += int(done.group(1))
            bad += len(re.findall("^not ok", text, re.M)) + text.count("WARNING: ThreadSanitizer")
    return Figure("%d; %d writes" % (bad, total), bad <= claim.limit, 1, 1, "runs")


def lend(claim):
    """Memory lent and revoked beside vCPUs that access it: nothing is reached once a revoke has returned."""
    want = 100000 if options.quick else 1000000
    with log_open(claim.name) as log:
        text = call([program("tests", "hv", "lend_race_test"), str(want)], log, good=(0, 1))
        log.write(text)
    found = re.search(r"# revokes (\d+), overlapped (\d+), .* stale accesses (\d+)", text)
    if not found or int(found.group(1)) < want or int(found.group(2)) < want / 10:
        raise Broken("tests/hv/lend_race_test had too few revokes in it, see %s" % os.path.relpath(log.name, TOP))
    bad = int(found.group(3)) + len(re.findall("^not ok", text, re.M))
    return Figure("%d; %s revokes, %s began within an access" % (bad, found.group(1), found.group(2)), bad <= claim.limit,
                  1, 1, "runs")


def families(claim):
    """Counts of the cells of physmap_map and lend_revoke, and of log_dirty as KVM does it."""
    with log_open(claim.name) as log:
        text = call(["bash", os.path.join("tests", "bench", "p2m_shapes_test.sh")], log, good=(0, 1))
        log.write(text)
    good, bad = (len(re.findall(w, text, re.M)) for w in ("^ok", "^not ok"))
    if not good + bad:
        raise Broken("tests/bench/p2m_shapes_test.sh said nothing, see %s" % os.path.relpath(log.name, TOP))
    return Figure("%d of %d" % (bad, good + bad), bad <= claim.limit, 1, 1, "runs")


def work(found, cell, metric, count):
    return found[(cell, metric)][count]


def shape(claim):
    """Counts of hv's cells: what is flat is the same, what is by the page is by the page."""
    name = "log_dirty/memory:%d/dirty:%d/density:64/leaf:%s/tables:none/writer:cpu"
    with log_open(claim.name) as log:
        cells = grantbench(["--filter=^log_dirty/", "--set=log_dirty.memory=64,256", "--set=log_dirty.dirty=512",
                            "--set=log_dirty.density=64", "--set=log_dirty.leaf=2M,4K", "--set=log_dirty.tables=none",
                            "--set=log_dirty.writer=cpu", "--launches=0", "--budget=4", "--allow-untrusted"], log)
    found = {(c["cell"], r["metric"]): r["counts"] for c, r in rows(cells) if r["counts"]}
    small, large, pages = (name % x for x in ((64, 512, "2M"), (256, 512, "2M"), (64, 512, "4K")))
    wrong = []
    try:
        for metric in ("enable", "off"):
            for count in ("entries_written", "flushes", "recursive_locks"):
                if work(found, small, metric, count) != work(found, large, metric, count):
                    wrong.append("%s: %s by the size of memory" % (metric, count))
        if work(found, small, "clean", "entries_written") != work(found, large, "clean", "entries_written"):
            wrong.append("clean: entries by the size of memory")
        first, again = (work(found, large, m, "exits") for m in ("first_write", "write_again"))
        splits = work(found, large, "first_write", "splits") * 512
        if round(again, 6) != 2 or round(first * 512) != 512 + 8 or round(splits) != 8:
            wrong.append("exits %g and %g, splits %g" % (first, again, splits))
        if work(found, pages, "first_write", "splits"):
            wrong.append("entries of 4K are split")
    except KeyError as e:
        raise Broken("no row of %s, see %s" % (e, os.path.relpath(log.name, TOP))) from e
    return Figure("%d; exits a page %.3f after ENABLE, %g after CLEAN; hv" % (len(wrong), first, again),
                  len(wrong) <= claim.limit, 1, 1, "runs")


KVM_CELLS = (r"^(log_dirty/memory:(16|64)/dirty:64/density:512/leaf:4K|log_dirty/memory:64/dirty:(512|4096)/density:512/leaf:4K|"
             r"log_dirty/memory:64/dirty:512/density:512/leaf:2M|lend_revoke/pages:1/entries:[24]|lend_revoke/pages:512/)")
KVM_SETS = ("--set=log_dirty.memory=16,64", "--set=log_dirty.density=512", "--set=log_dirty.dirty=64,512,4096",
            "--set=log_dirty.leaf=4K,2M", "--set=log_dirty.way=get", "--set=lend_revoke.pages=1,512",
            "--set=lend_revoke.entries=4K,2M")


@functools.lru_cache(None)
def kvm_boots():
    """Two boots of Linux with KVM inside: do they agree, and the rows of the first."""
    out = os.path.join(LOGS, "lab-kvm")
    with log_open("p2m.kvm") as log:
        p = script(log, "lab", "prove", "--machine=kvm", "--replace", "--out=" + out, "--", "--target=kvm",
                   "--filter=" + KVM_CELLS, *KVM_SETS, "--launches=0", "--counts-only")
    cells = []
    for name in glob.glob(os.path.join(out, "1", "results", "2*", "cells.jsonl")):
        with open(name, encoding="utf-8") as f:
            cells += [json.loads(line) for line in f]
    if not cells or (p.returncode and "two boots differ" not in p.stderr):
        raise Broken("KVM was not measured, see %s" % os.path.join(LOGS, "p2m.kvm.log"))
    return p.returncode == 0, {(c["cell"], r["metric"]): r["counts"] for c, r in rows(cells) if r["counts"]}


def kvm_bits(claim):
    same, found = kvm_boots()
    return Figure("%d of 1 pairs; %d figures" % (not same, len(found)), (not same) <= claim.limit, 1, 1, "pairs")


def kvm_shape(claim):
    """What is by the page in KVM, and what a large entry costs to take back."""
    _, found = kvm_boots()

    def at(words, metric, count="instructions"):
        rows_of = [c[count] for (cell, m), c in found.items() if m == metric and set(words.split()) <= set(cell.split("/"))]
        if len(rows_of) != 1:
            raise Broken("%d rows of %s, %s" % (len(rows_of), words, metric))
        return rows_of[0]

    wrong = []
    log = "log_dirty leaf:%s memory:%d dirty:%d"
    enable = [at(log % ("4K", m, 64), "enable") / (256 * m) for m in (16, 64)]
    clean = [at(log % ("4K", 64, n), "clean") for n in (64, 512, 4096)]
    page = (clean[1] - clean[0]) / 448, (clean[2] - clean[1]) / 3584
    faults = [at(log % (leaf, 64, 512), "write_again", "pf_fast") for leaf in ("4K", "2M")]
    split = at(log % ("2M", 64, 512), "enable", "large_gone")
    lend = "lend_revoke policy:retry entries:%s pages:%d"
    small, large = (at(lend % x, "revoke") for x in (("4K", 1), ("2M", 512)))
    if abs(enable[1] / enable[0] - 1) > 0.05:
        wrong.append("enable")
    if abs(page[1] / page[0] - 1) > 0.05:
        wrong.append("clean")
    if faults != [1, 1] or split != 32:
        wrong.append("faults or splits")
    if not 5 < large / small < 8:
        wrong.append("revoke")
    net = [at(lend % x, "revoke") - at(lend % x, "revoke", "control") for x in (("4K", 1), ("4K", 512), ("2M", 512))]
    return Figure("%d; KVM: enable %.0f and clean %.0f instructions a page, revoke of 2M %.1f times one of 4K (%.0f; net of "
                  "the owner's own work %.0f for 4K, %.0f for 512 of them, %.0f for 2M)%s" % (
                      len(wrong), enable[1], page[1], large / small, small, net[0], net[1], net[2],
                      "".join("; " + w for w in wrong)), len(wrong) <= claim.limit, 1, 1, "runs")


GROUP = Group(47, [
    Claim("p2m.counts", "C", 0, "at most %g counts", "work of log-dirty differs from Xen 4.17's", counts),
    Claim("p2m.shape", "C", 0, "at most %g", "work of log-dirty that is not flat or not by the page as it has to be", shape),
    Claim("p2m.race", "C", 0, "at most %g", "pages lost or reports in 10^6 writes raced against CLEAN, PEEK and OFF, TSan",
          race),
    Claim("p2m.ways", "C", 0, "at most %g", "the same of KVM's ways: GET, manual, initially all set, dirty rings", ways),
    Claim("p2m.lend", "C", 0, "at most %g",
          "of 10^6 revokes of memory lent, 10^5 of them begun within an access to it, that left something in reach", lend),
    Claim("p2m.families", "C", 0, "at most %g counts",
          "counts of physmap_map, lend_revoke and log_dirty's cells that are not by the page, the call or the entry as they have "
          "to be", families),
    Claim("p2m.kvm.bits", "C", 0, "at most %g pairs", "two boots with KVM inside differ in their results", kvm_bits),
    Claim("p2m.kvm.shape", "C", 0, "at most %g", "work of KVM's that is not by the page, or a revoke of 2M not 5 to 8 times "
          "one of 4K, as it has to be", kvm_shape),
])
