# SPDX-License-Identifier: GPL-2.0-only
"""The null over many rows of 8 launches each: how often intervals and readings are wrong about identical work."""
import contextlib
import functools
import json
import math
import os
import random
import statistics
import subprocess
import sys
import tempfile

from claims_base import (TOP, Broken, Claim, Figure, Group, call, cpus, log_open, median, options, program, rows,
                         share_text)

SWEEPER = """import os
a, b = bytearray(32 << 20), bytearray(32 << 20)
while os.getppid() == %d:
    a[:] = b"""
LAUNCHES = 8


@contextlib.contextmanager
def sweeping(cpu):
    """Another process goes through 64 MiB of memory on that CPU."""
    p = subprocess.Popen([sys.executable, "-c", SWEEPER % os.getpid()],
                         preexec_fn=lambda: os.sched_setaffinity(0, {cpu})) if cpu is not None else None
    try:
        yield
    finally:
        if p:
            p.kill()
            p.wait()


@functools.lru_cache(None)
def many(loaded):
    """(controls by launch {row: [ratio]}, readings [(what, cell, version, metric, verdict, lo, hi, threshold)])"""
    cpu, other = cpus()
    batches = "1,32" if options.quick else "1,2,4,8,16,24,31,32,33,48,64,96,128"
    sets = ["batch=" + batches, "access=rw,ro", "mapper=pv,translated", "pin=first,repeat", "stride=1,2,8",
            "vcpu=same,other"]
    cells = 13 * 2 * 2 * 2 * 3 * 2 if not options.quick else 2 * 2 * 2 * 2 * 3 * 2
    with log_open("control.%s" % ("loaded" if loaded else "idle")) as log, tempfile.TemporaryDirectory() as tmp, \
            sweeping(other if loaded else None):
        call([program("grantbench"), "--results=" + tmp, "--quiet", "--allow-untrusted", "--pin=%d" % cpu,
              "--filter=^map_unmap/", "--launches=%d" % (LAUNCHES - 1), "--budget=%d" % (cells * LAUNCHES * 0.16)]
             + ["--set=map_unmap." + x for x in sets], log)
        folder = os.path.join(tmp, "latest")
        by_launch = {}
        for c, r in rows([json.loads(line) for line in open(folder + "/cells.jsonl", encoding="utf-8")]):
            if r["self"] and r["self"]["value"] is not None:
                by_launch.setdefault((c["cell"], r["metric"]), []).append(r["self"]["value"])
        read = []
        for line in call([program("tests", "record", "readings"), folder], log).splitlines():
            w = line.split()
            read.append(w[:5] + [float(x) for x in w[6:8]] + [float(w[10])])
            if w[0] == "control" and w[4] in ("cheaper", "dearer"):
                log.write("read as %s: %s\n" % (w[4], line))
    return by_launch, read


def intervals(claim, loaded):
    _, read = many(loaded)
    e = [r for r in read if r[0] == "control" and not math.isnan(r[5])]
    out = sum(not r[5] <= 1 <= r[6] for r in e)
    holds = out / len(e) <= claim.limit if e else False
    if len(e) < 1000:
        holds = None if holds else holds
    return Figure("%s exclude 1" % share_text(out, len(e)), holds, len(e), 1000, "rows of %d launches" % LAUNCHES)


def middle(claim, loaded):
    """The median of all rows in each launch; between launches it may differ."""
    by_launch, _ = many(loaded)
    whole = [v for v in by_launch.values() if len(v) == LAUNCHES]
    if not whole:
        raise Broken("no row has all launches")
    each = [statistics.median(v[k] for v in whole) for k in range(LAUNCHES)]
    value, lo, hi = median(each)
    lot = random.Random(1)
    again = sorted(statistics.median(statistics.median(v[k] for k in pick) for v in whole)
                   for pick in ([lot.randrange(LAUNCHES) for _ in range(LAUNCHES)] for _ in range(200)))
    text = "%.4f (%s); by a bootstrap over launches %.4f to %.4f; %d rows" % (
        value, "%.4f to %.4f" % (lo, hi) if lo is not None else "no interval", again[1], again[-2], len(whole))
    holds = lo is not None and max(abs(lo - 1), abs(hi - 1)) <= claim.limit
    return Figure(text, holds if len(whole) >= 1000 or not holds else None, len(each), LAUNCHES)


def readings(claim, loaded):
    _, read = many(loaded)
    e = [r for r in read if r[0] == "control"]
    wrong = sum(r[4] in ("cheaper", "dearer") for r in e)
    text = "%d of %d say cheaper or dearer, %d are not established; threshold %.4f" % (
        wrong, len(e), sum(r[4] == "open" for r in e), max(r[7] for r in e))
    holds = wrong <= claim.limit
    return Figure(text, holds if len(e) >= 500 or not holds else None, len(e), 500, "readings")


def threshold(claim):
    _, read = many(False)
    worst = max(r[7] for r in read)
    return Figure("%.4f" % worst, worst <= claim.limit if not options.quick or worst > claim.limit else None,
                  len(read), 500, "readings")


@functools.lru_cache(None)
def slowed():
    """Cells of a build whose v1-batch maps with 144 instructions more: (share of instructions added, verdicts) by cell."""
    cpu, _ = cpus()
    build = "build-slow-v1-batch-144"
    sets = ["batch=16,64" if options.quick else "batch=16,20,24,28,32,48,64,96,128,160,192,224,256", "access=rw,ro",
            "vcpu=same,other", "stride=1,2", "mapper=translated"]
    cells = 13 * 8 if not options.quick else 2 * 8
    chosen = ["--filter=^map_unmap/"] + ["--set=map_unmap." + x for x in sets]
    with log_open("slowdown") as log, tempfile.TemporaryDirectory() as tmp:
        call(["make", "-C", TOP, "SLOW=v1-batch:144", build + "/grantbench", build + "/grantbench-report"], log)
        call(["env", "B=" + build, os.path.join(TOP, "scripts", "hv-instructions"), "--out=" + tmp + "/counted"]
             + chosen, log)
        more, verdicts = {}, {}
        for c, r in rows([json.loads(line) for line in open(tmp + "/counted/cells.jsonl", encoding="utf-8")]):
            if (r["version"], r["metric"]) == ("v1-batch", "map"):
                more[c["cell"]] = r["ratio"]["value"] - 1
        call([os.path.join(TOP, build, "grantbench"), "--out=" + tmp + "/timed", "--quiet", "--allow-untrusted",
              "--pin=%d" % cpu, "--versions=v1,v1-batch", "--launches=%d" % (LAUNCHES - 1),
              "--budget=%d" % (cells * LAUNCHES * 0.16)] + chosen, log)
        for line in call([program("tests", "record", "readings"), tmp + "/timed"], log).splitlines():
            w = line.split()
            if w[0] == "row" and w[2:4] == ["v1-batch", "map"]:
                verdicts[w[1]] = (w[4], float(w[5]), float(w[10]))
                log.write(line + "\n")
    return more, verdicts


def slowdown(claim):
    """Cells in which the work that was added is 3 % of the instructions: how many say that it is dearer."""
    more, verdicts = slowed()
    read = [(more[cell], v) for cell, v in verdicts.items() if 0.025 <= more.get(cell, 0) <= 0.035]
    if not read:
        raise Broken("no cell was slowed by 3 %")
    dearer = sum(v[0] == "dearer" for _, v in read)
    text = "%d of %d; %.2f to %.2f %% of the instructions, in time %.1f %% (median); threshold %.4f" % (
        dearer, len(read), 100 * min(m for m, _ in read), 100 * max(m for m, _ in read),
        100 * (statistics.median(v[1] for _, v in read) - 1), max(v[2] for _, v in read))
    holds = dearer / len(read) >= claim.limit
    return Figure(text, holds if len(read) >= 100 or not holds else None, len(read), 100, "readings")


def both(name, limit, words, statement, measure):
    """The claim with an idle machine and beside a neighbour."""
    return [Claim("null." + name + ".idle", "H", limit, words, statement + ", idle", lambda c: measure(c, False)),
            Claim("null." + name + ".loaded", "H", limit, words, statement + ", the other core sweeping memory",
                  lambda c: measure(c, True))]


GROUP = Group(35, both("intervals", 0.02, "at most %g", "intervals over launches that exclude 1 where they must not",
                       intervals)
              + both("middle", 0.003, "within 1 +- %g", "the median ratio of identical work over launches", middle)
              + both("readings", 1, "at most %g", "identical work that is read as cheaper or dearer", readings)
              + [Claim("null.threshold", "H", 0.015, "at most %g", "from where on a difference is one, one thread, idle",
                       threshold),
                 Claim("null.slowdown", "H", 0.95, "at least %g", "3 % more instructions that are read as dearer, idle",
                       slowdown)], when_asked=True)
