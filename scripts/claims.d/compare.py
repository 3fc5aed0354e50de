# SPDX-License-Identifier: GPL-2.0-only
"""grantbench compare: how often it raises something about nothing, and whether it finds what was put there.

Runs are made once and kept as the data of their program, in build/claims/compare; a call makes as many as fit into
CLAIMS_MINUTES (55) and goes on with the next one.
"""
import concurrent.futures
import functools
import json
import os
import random
import re
import shutil
import statistics
import subprocess
import tempfile

from claims_base import (B, TOP, Broken, Claim, Figure, Group, Part, build, call, log_open, median, options, program,
                         share_text, stored)

RUNS = 32
PAIRS = 100
RAISED = ("slower", "changed", "missing", "faster", "new")
# The headline that is slowed: v1-batch's map in the centre of map_unmap, by so many instructions to begin with.
SLOWED = re.compile(r"map_unmap/batch:64/access:rw/mapper:translated/iommu:none/vcpu:same/pin:first/stride:1/"
                    r"flush:count/entry:none/cpus:8/args:walked/v1-batch/map/ratio$")
BEGIN, EFFECT = 240, 0.05
# Kinds of hv/base/dear.h, what finds them, and where: benchmark, metric and mapper.
ONE_MORE = {
    "atomic": ("atomic_rmws", r"map_unmap/.*/map/"),
    "lock": ("spin_locks", r"map_unmap/.*/map/"),
    "hidden": (None, r"map_unmap/.*/map/"),
    "flush": ("flushes", r"map_unmap/.*/unmap/"),
    "level": ("levels", r"(map_unmap/.*mapper:translated/|table_growth/.*mapper:translated/)"),
    "byte": ("bytes_allocated", r"table_growth/.*/(grow|hv_bytes)/"),
}
COUNTED = ["--filter=^(map_unmap|table_growth)/", "--set=map_unmap.batch=1,64", "--set=map_unmap.mapper=pv,translated",
           "--set=table_growth.frames=16", "--set=table_growth.mapper=pv,translated", "--versions=v1,v2,v1-batch"]


def compare(base, now, *args):
    """The verdict of two files or folders."""
    p = subprocess.run([program("grantbench"), "compare", "--format=json", base, now] + list(args),
                       stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    if p.returncode not in (0, 3):
        raise Broken("compare ended with exit code %d: %s" % (p.returncode,
                                                              (p.stderr.strip().splitlines() or ["no line"])[-1]))
    return json.loads(p.stdout)


def runs(name, where, log):
    """The summaries of default runs of a build, as many as there is time for; what was made before is kept."""
    asked = 3 if options.quick else RUNS
    made = [os.path.join(stored("compare", name), "%02d.json" % k) for k in range(asked)]
    for path in made:
        if os.path.exists(path):
            continue
        if Part.over():
            break
        with tempfile.TemporaryDirectory() as tmp:
            call([os.path.join(TOP, where, "grantbench"), "--out=" + tmp + "/run", "--quiet", "--allow-untrusted"]
                 + (["--quick"] if options.quick else []), log)
            shutil.copyfile(tmp + "/run/summary.json", path + ".tmp")
        os.replace(path + ".tmp", path)
    return [p for p in made if os.path.exists(p)], asked


def all_of(pairs):
    with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        return list(pool.map(lambda p: compare(*p), pairs))


def resampled(n, bad):
    """The middle 95 % of the share of pairs, runs drawn again: pairs of one run go together."""
    lot, shares = random.Random(1), []
    for _ in range(1000):
        pick = [lot.randrange(n) for _ in range(n)]
        pairs = [(min(i, j), max(i, j)) for k, i in enumerate(pick) for j in pick[:k] if i != j]
        shares.append(sum(p in bad for p in pairs) / len(pairs) if pairs else 0)
    shares.sort()
    return shares[25], shares[974]


def alarms(claim):
    """All pairs of runs of one program: in how many is anything raised."""
    with log_open(claim.name) as log:
        files, asked = runs("usual", B, log)
        if len(files) < 2:
            raise Broken("%d of %d runs are made: call it again" % (len(files), asked))
        pairs = [(i, j) for i in range(len(files)) for j in range(i + 1, len(files))]
        bad, unsure = set(), []
        for (i, j), d in zip(pairs, all_of([(files[i], files[j]) for i, j in pairs])):
            unsure.append((d["counts"]["unclear"], d["counts"]["untrusted"]))
            for r in d["rows"]:
                if r["verdict"] in RAISED:
                    bad.add((i, j))
                    log.write("%s %s: %s %s %s\n" % (files[i], files[j], r["verdict"], r["name"], r["reason"] or ""))
    lo, hi = resampled(len(files), bad)
    text = "%s pairs raise something; by a bootstrap over runs %.4f to %.4f; a pair has %.0f rows unclear, %.0f untrusted" % (
        share_text(len(bad), len(pairs)), lo, hi, *(statistics.median(x[k] for x in unsure) for k in (0, 1)))
    return Figure(text, len(bad) / len(pairs) <= claim.limit, len(files), asked, "runs")


def centre(name, log):
    """What a build's v1-batch costs in the centre, by the clock: the median over launches."""
    with tempfile.TemporaryDirectory() as tmp:
        call([os.path.join(TOP, name, "grantbench"), "--out=" + tmp + "/run", "--quiet", "--allow-untrusted",
              "--versions=v1,v1-batch", "--filter=^map_unmap/", "--set=batch=64", "--launches=15", "--budget=16"], log)
        with open(tmp + "/run/summary.json", encoding="utf-8") as f:
            rows = [r for c in json.load(f)["cells"] for r in c["rows"]]
    return [r["ratio"]["value"] for r in rows if (r["version"], r["metric"]) == ("v1-batch", "map")][0]


def slow_by(log):
    """How many instructions make 5 % of the time here; found once for a program."""
    path = os.path.join(stored("compare", "slowed"), "instructions")
    if not os.path.exists(path):
        n = BEGIN
        for _ in range(2):
            more = centre(build(log, SLOW="v1-batch:%d" % n), log) / centre(B, log) - 1
            log.write("%d more instructions: %.4f of the time\n" % (n, more))
            if more <= 0.01:
                raise Broken("%d instructions more cost %.2f %% of the time here" % (n, 100 * more))
            n = max(4, 4 * round(n * EFFECT / more / 4))
        with open(path, "w", encoding="utf-8") as f:
            f.write("%d\n" % n)
    with open(path, encoding="utf-8") as f:
        return int(f.read())


def power(claim):
    """Pairs of a usual run and one of the slowed build: in how many the slowed headline is found."""
    with log_open(claim.name) as log:
        n = slow_by(log)
        usual, asked = runs("usual", B, log)
        slow, _ = runs("slowed", build(log, SLOW="v1-batch:%d" % n), log)
        k = min(len(usual), len(slow))
        if not k:
            raise Broken("no pair of runs is made: call it again")
        # Each run as often as any other.
        pairs = [(i, (i + s) % k) for s in range(k) for i in range(k)][:PAIRS]
        found, effects, wrong = 0, [], 0
        for (i, j), d in zip(pairs, all_of([(usual[i], slow[j]) for i, j in pairs])):
            mine = [r for r in d["rows"] if SLOWED.search(r["name"])]
            found += any(r["verdict"] == "slower" for r in mine)
            effects += [r["ratio"] - 1 for r in mine if r["ratio"]]
            wrong += any(r["verdict"] in RAISED and "/v1-batch/map" not in r["name"] for r in d["rows"])
            log.write("%s %s: %s\n" % (usual[i], slow[j], [(r["verdict"], r["ratio"], r["reason"]) for r in mine]))
    if not effects:
        raise Broken("no pair of runs has the headline")
    effect = median(effects)[0]
    text = "%d of %d, slowed by %d instructions, in time %.2f %%; %d raise something else, too" % (
        found, len(pairs), n, 100 * effect, wrong)
    holds = found / len(pairs) >= claim.limit
    # Another slowdown than the one that is claimed shows nothing.
    if not 0.8 * EFFECT <= effect <= 1.1 * EFFECT:
        holds = None
    return Figure(text, holds, k, asked, "runs of each")


FOLDERS = []


@functools.lru_cache(None)
def counted(name):
    """The folder of work and instructions of a build."""
    with log_open("compare.%s" % name) as log:
        where = B if name in ("usual", "again") else build(log, DEAR=name)
        folder = tempfile.mkdtemp(prefix="claims-compare-")
        FOLDERS.append(folder)
        call(["env", "B=" + where, os.path.join(TOP, "scripts", "hv-instructions"), "--out=" + folder + "/run"] + COUNTED,
             log)
    return folder + "/run"


def forget():
    """All that was counted."""
    for folder in FOLDERS:
        shutil.rmtree(folder, ignore_errors=True)
    FOLDERS.clear()
    counted.cache_clear()


def raised(d):
    return [r for r in d["rows"] if r["verdict"] in RAISED]


def more_work(claim):
    """Builds with one more of something: not found, or found where it is not."""
    bad, told, kinds = [], [], list(ONE_MORE)[:2] if options.quick else list(ONE_MORE)
    try:
        with log_open(claim.name) as log:
            same = compare(counted("usual"), counted("again"), "--gate=0")
            bad += ["nothing: " + r["name"] for r in raised(same)]
            for kind in kinds:
                count, where = ONE_MORE[kind]
                # Entries of another size are other code, which may as well be a little cheaper.
                only = ["--only=counts"] if kind == "byte" else []
                rows = raised(compare(counted("usual"), counted(kind), *only))
                by_count = [r for r in rows if any(c["count"] == count for c in r["changes"] or [])]
                by_instructions = [r for r in rows if r["figure"] == "instructions"]
                mine = by_count if count else by_instructions
                if not mine or not all(r["verdict"] == "slower" for r in rows):
                    bad.append("%s: not found, or not as slower" % kind)
                if not count and any(r["changes"] for r in rows):
                    bad.append("%s: a counter sees it" % kind)
                bad += ["%s: %s" % (kind, r["name"]) for r in rows if not re.search("^" + where, r["name"])]
                told.append("%s %d" % (kind, len(mine)))
            log.write("\n".join(bad) + "\n")
    finally:
        forget()
    text = "%d; rows by kind: %s; of %d rows of one build twice %d differ" % (
        len(bad), ", ".join(told), len(same["rows"]), len(raised(same)))
    return Figure(text, len(bad) <= claim.limit, len(told), len(ONE_MORE), "builds")


GROUP = Group(37, [
    Claim("compare.work", "C", 0, "at most %g", "one more atomic, lock, flush, level or byte, or a lock past the counters, "
          "that compare does not find, or finds where it is not", more_work),
    Claim("compare.alarms", "H", 0.01, "at most %g", "pairs of default runs of one program in which compare raises "
          "anything, idle", alarms),
    Claim("compare.power", "H", 0.95, "at least %g", "5 % more time of one headline that compare finds in two default "
          "runs, idle", power),
], when_asked=True)
