# SPDX-License-Identifier: GPL-2.0-only
"""What gnb-probe shows, and by how much it disturbs: two threads on one lock, with it and without it, in turn."""
import functools
import hashlib
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time

from claims_base import LOGS, TOP, Broken, Claim, Figure, Group, Missing, call, log_open, median, options, program

# What is attached in the runs of a turn; the first is the base of the others.
WAYS = {"none": None, "waits": "waits", "callers": "waits,callers", "all": "waits,callers,state", "pair": "pair"}
TURNS = 200
MS = 150
# The pair is attached and taken away in turn within one run; its collector has to come before the threads for that.
PAIR_MS = 2000
COLLECTOR = 70  # priority, SCHED_FIFO
SHARE = 0.20
APART = 1.5  # record/pingpong.h


def programs():
    return program("gnb-probe"), program("tests", "probe", "rate")


def run(way, lock, think, log):
    """One run: a dict of its figures, and the lines of its accounts."""
    probe, rate = programs()
    argv = [rate, lock, str(PAIR_MS if way == "pair" else MS), str(think)]
    with tempfile.TemporaryDirectory() as tmp:
        out = os.path.join(tmp, "c.json")
        if WAYS[way]:
            argv = [probe, "--what=" + WAYS[way], "--out=" + out] + argv
        first = (lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(COLLECTOR))) if way == "pair" else None
        p = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=120,
                           preexec_fn=first)
        if p.returncode == 6:
            raise Missing(p.stderr.strip().splitlines()[-1].replace("gnb-probe: ", "", 1))
        if p.returncode or not p.stdout:
            raise Broken("%s ended with exit code %d: %s" % (argv[0], p.returncode, p.stderr.strip()[:200]))
        doc = json.load(open(out, encoding="utf-8")) if WAYS[way] else None
    first, *accounts = p.stdout.splitlines()
    n, seconds, contended, ticks, before, after = map(float, first.split())
    r = {"way": way, "rate": n / seconds, "share": contended / n, "wait_ticks": ticks / max(contended, 1),
         "apart": [before, after]}
    if doc:
        r.update(attach_ms=doc["attach_ms"], detach_ms=doc["detach_ms"])
    if way == "pair":
        r["pair"] = doc["pair"]
    if doc and doc["locks"] is not None:
        r["wrong"] = differs(doc, accounts)
        r["lost"] = doc["lost"]["reads"] + doc["lost"]["records"] + doc["not_final"]
    log.write(json.dumps(r) + "\n")
    log.flush()
    return r


def differs(doc, accounts):
    """How many histograms of the collector are not the process's own."""
    own, got = {}, {}
    for line in accounts:
        _, kind, *rest = line.split()
        have = own.setdefault(kind, [0] * len(rest))
        for i, x in enumerate(rest):
            have[i] = max(have[i], int(x)) if i == 2 else have[i] + int(x)
    for k in doc["locks"]:
        got[k["lock"]] = [k["contended"], k["wait_ticks"], k["wait_max_ticks"]] + k["wait_histogram"]
    # The toolstack's account is in no line: it waits for nobody here.
    return sum(own.get(k) != got.get(k) for k in set(own) | set(got))


def calibrate(lock, log):
    """The think time with which about a fifth of the acquisitions wait."""
    low, high = 0, 20000
    for _ in range(9):
        think = (low + high) // 2
        share = statistics.median(run("none", lock, think, log)["share"] for _ in range(3))
        low, high = (think, high) if share > SHARE else (low, think)
    return (low + high) // 2


def key():
    h = hashlib.sha256()
    for path in programs():
        with open(path, "rb") as f:
            h.update(f.read())
    return h.hexdigest()


@functools.lru_cache(None)
def turns(lock):
    """All turns of a lock: [{way: run}]. What an interruption left is gone on with, if the programs are the same; a
    measurement that is whole is not kept."""
    wanted = 4 if options.quick else TURNS
    path = os.path.join(LOGS, "probes.%s.part" % lock)
    with log_open("probes." + lock) as log:
        head, done = {"key": key(), "ms": MS}, []
        if os.path.exists(path) and not options.quick:
            with open(path, encoding="utf-8") as f:
                lines = [json.loads(x) for x in f if x.endswith("\n")]
            if lines and {k: lines[0].get(k) for k in head} == head:
                head, done = lines[0], lines[1:]
        if not done:
            head["think"] = calibrate(lock, log)
            with open(path, "w", encoding="utf-8") as f:
                f.write(json.dumps(head) + "\n")
        log.write("think %d, %d turns were there\n" % (head["think"], len(done)))
        ways = list(WAYS)
        while len(done) < wanted:
            k = len(done) % len(ways)
            done.append({w: run(w, lock, head["think"], log) for w in ways[k:] + ways[:k]})
            with open(path, "a", encoding="utf-8") as f:
                f.write(json.dumps(done[-1]) + "\n")
        os.remove(path)
    return done


def apart(r):
    """How far the cores lay apart; None: not known, or they moved meanwhile."""
    a, b = r["apart"]
    known = [x for x in (a, b) if x == x and x > 0]
    return max(known) if len(known) == 2 and max(known) <= APART * min(known) else None


def grouped(lock):
    """Turns whose runs are all of the group that most runs are of."""
    every = turns(lock)
    known = sorted(apart(r) for t in every for r in t.values() if apart(r))
    groups = []
    while known:
        groups.append([x for x in known if x <= APART * known[0]])
        known = known[len(groups[-1]):]
    if not groups:
        raise Broken("how far the cores are apart could not be measured: others use this machine too")
    best = max(groups, key=len)
    return [t for t in every if all(apart(r) and best[0] <= apart(r) <= best[-1] for r in t.values())], len(every)


def beside(good):
    """What the pair of probes does, in words: attached and taken away in turn, by the accounts of the process."""
    both = [(p["with"], p["without"], p["wait_mean_ns"]) for p in (t["pair"]["pair"] for t in good)
            if p["with"]["contended"] and p["without"]["contended"]]
    if not both:
        return "; the pair: nothing can be said"
    middle = statistics.median
    return ("; the pair: %.2f times the throughput, %.1f %% waited for instead of %.1f, mean waits of %.0f ns instead of "
            "%.0f, by itself %.0f") % (
        middle(a["acquisitions_per_s"] / b["acquisitions_per_s"] for a, b, _ in both),
        100 * middle(a["contended_share"] for a, _, _ in both), 100 * middle(b["contended_share"] for _, b, _ in both),
        middle(a["wait_mean_ns"] for a, _, _ in both), middle(b["wait_mean_ns"] for _, b, _ in both),
        middle(x for _, _, x in both))


def worst(claim, lock, figure, bound):
    """The worst of the three ways by a figure of a turn, with its interval; bound: of (value, lo, hi) what is limited."""
    good, every = grouped(lock)
    found = []
    for way in ("waits", "callers", "all"):
        v = median([figure(t[way], t["none"]) for t in good]) if good else (None, None, None)
        found.append((way, v))
    if not good:
        raise Broken("no turn has all its runs on cores of one group")
    established = [bound(*v) for _, v in found if v[1] is not None]
    text = ", ".join("%s %.3f (%s)" % (w, v[0], "%.3f to %.3f" % v[1:] if v[1] is not None else "no interval")
                     for w, v in found)
    text += ", %d of %d turns of one group" % (len(good), every) + beside(good)
    holds = None if len(established) < 3 else all(x >= claim.limit if claim.limit < 1 else x <= claim.limit
                                                  for x in established)
    return Figure(text, holds, every, TURNS, "turns")


def share(claim, lock):
    return worst(claim, lock, lambda r, base: 100 * (r["share"] - base["share"]),
                 lambda v, lo, hi: max(abs(lo), abs(hi)))


def rate(claim, lock):
    return worst(claim, lock, lambda r, base: r["rate"] / base["rate"], lambda v, lo, hi: lo)


def exact(claim):
    runs = [r for lock in ("ticket", "p2m") for t in turns(lock) for r in t.values() if "wrong" in r]
    wrong, lost = sum(r["wrong"] for r in runs), sum(r["lost"] for r in runs)
    return Figure("%d histograms differ, %d records are lost" % (wrong, lost), wrong + lost <= claim.limit, len(runs),
                  2 * 3 * TURNS, "runs")


def time_of(claim, which):
    """The longest of all runs."""
    runs = [r[which] for lock in ("ticket", "p2m") for t in turns(lock) for w, r in t.items() if w == "all"]
    return Figure("%.1f ms at most, median %.1f" % (max(runs), statistics.median(runs)), max(runs) <= claim.limit,
                  len(runs), 2 * TURNS, "runs")


def callers(claim):
    """The three stacks that waited most, of a program whose callers are known."""
    wrong = runs = 0
    asked = 10
    probe, load = program("gnb-probe"), program("tests", "probe", "load")
    with log_open(claim.name) as log, tempfile.TemporaryDirectory() as tmp:
        for _ in range(1 if options.quick else asked):
            with open(tmp + "/out", "w", encoding="utf-8") as f:
                f.write(call([probe, "--what=waits,callers", "--out=" + tmp + "/c.json", load, "500"], log))
            p = subprocess.run([sys.executable, os.path.join(TOP, "tests/probe/same.py"), tmp + "/c.json", tmp + "/out",
                                "callers"], stdout=log, stderr=log, check=False)
            wrong += p.returncode != 0
            runs += 1
    return Figure("%d of %d runs name another function, or none" % (wrong, runs), wrong <= claim.limit, runs, asked,
                  "runs")


def kernel(claim):
    """The kernel's own count of waits in a process that makes them, by perf, beside that of gnb-probe."""
    asked, off, counts, names = 5, [], [], 0
    probe, load = program("gnb-probe"), program("tests", "probe", "kernel_load")
    with log_open(claim.name) as log:
        for _ in range(1 if options.quick else asked):
            with tempfile.TemporaryDirectory() as tmp:
                p = subprocess.run([os.path.join(TOP, "tests/probe/beside_perf.sh"), probe, load, tmp], stdout=log,
                                   stderr=log, check=False, stdin=subprocess.DEVNULL)
                if p.returncode == 9:
                    raise Missing("the kernel's locks are counted by perf, as root, with tracefs: scripts/bootstrap")
                if p.returncode:
                    raise Broken("perf and gnb-probe did not both look, see build/claims/%s.log" % claim.name)
                with open(tmp + "/perf", encoding="utf-8") as f:
                    count = int(re.search(r"^(\d+),,lock:contention_begin", f.read(), re.M).group(1))
                with open(tmp + "/c.json", encoding="utf-8") as f:
                    doc = json.load(f)["kernel"]
                names += any("mmap" in (x["caller"] or "") or "munmap" in (x["caller"] or "") for x in doc["locks"]
                             if x["type"].startswith("rwsem"))
                counts.append(count)
                off.append(abs(doc["begins"] - count) / max(count, 1))
                log.write("%d by perf, %d by gnb-probe\n" % (count, doc["begins"]))
    good = max(off) <= claim.limit and names == len(off) and min(counts) > 50
    return Figure("%.4f at most of %d to %d waits, the memory's lock named in %d" % (max(off), min(counts), max(counts),
                                                                                  names), good, len(off), asked, "runs")


def killed(claim):
    """Probes that are still attached, or processes that have ended, some time after gnb-probe was killed."""
    asked, left = 10, 0
    probe, load = program("gnb-probe"), program("tests", "probe", "load")
    runs = 1 if options.quick else asked
    with log_open(claim.name) as log:
        for _ in range(runs):
            with subprocess.Popen([load, "watch"], stdout=subprocess.PIPE, text=True) as p:
                time.sleep(0.3)
                with subprocess.Popen([probe, "--pid=%d" % p.pid, "--out=/dev/null"], stderr=log) as c:
                    first = p.stdout.readline().strip()
                    time.sleep(0.3)
                    c.kill()
                last = p.stdout.readline().strip()
                left += (first, last) != ("attached", "gone") or p.wait() != 0
    return Figure("%d of %d" % (left, runs), left <= claim.limit, runs, asked, "runs")


def of(lock, words):
    return [Claim("probes.share." + lock, "H", 6, "at most %g points",
                  "the share of locks waited for, probed and not, " + words, lambda c: share(c, lock)),
            Claim("probes.rate." + lock, "H", 0.8, "at least %g",
                  "the throughput when probed by that when not, " + words, lambda c: rate(c, lock))]


GROUP = Group(90, of("ticket", "a ticket lock") + of("p2m", "hv's p2m lock") + [
    Claim("probes.exact", "C", 0, "at most %g", "histograms of the collector that are not the process's own, or lost",
          exact),
    Claim("probes.attach", "H", 200, "at most %g ms", "attaching to all probes", lambda c: time_of(c, "attach_ms")),
    Claim("probes.detach", "H", 1000, "at most %g ms", "detaching from them", lambda c: time_of(c, "detach_ms")),
    Claim("probes.killed", "C", 0, "at most %g", "collectors killed with -9 that leave a probe, or no process", killed),
    Claim("probes.callers", "C", 0, "at most %g", "top three stacks of known callers that name others", callers),
    Claim("probes.kernel", "C", 0.01, "at most %g", "waits for the kernel's locks, off perf's count", kernel),
], when_asked=True)
