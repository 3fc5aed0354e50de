# SPDX-License-Identifier: GPL-2.0-only
"""Log-dirty on hv: its work beside Xen's, its shape, and no write lost (docs/p2m.md)."""
import os
import re

from claims_base import TOP, Broken, Claim, Figure, Group, call, grantbench, log_open, options, program, rows


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
])
