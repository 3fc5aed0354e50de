# SPDX-License-Identifier: GPL-2.0-only
"""block_replay: what a page costs does not depend on how long the trace is, what else is in it, or the budget."""
import json
import os
import tempfile

from claims_base import TOP, Broken, Claim, Figure, Group, call, cpus, grantbench, log_open, options, program, rows

LENGTHS, TRIMS = (1000, 100000, 1000000), (0, 100000)
BUDGETS = (2, 20)


def trace(path, reads, trims):
    """A fio iolog: trims first, so that whoever walked the trace within a span would pay for them."""
    with open(path, "w", encoding="ascii") as f:
        f.write("fio version 2 iolog\n/dev/xvda add\n/dev/xvda open\n")
        for i in range(trims):
            f.write("/dev/xvda trim %d 4096\n" % (i * 4096))
        for i in range(reads):
            f.write("/dev/xvda read %d 16384\n" % (i * 7919 % 65536 * 16384))
        f.write("/dev/xvda close\n")


def pages(cells):
    """Instructions per page by (what the cell is without its trace, version)."""
    found = {}
    for c, r in rows(cells):
        if r["metric"] == "page":
            key = tuple(sorted((k, str(v)) for k, v in c["params"].items() if k != "trace")) + (r["version"],)
            found[key] = r["value"]
    return found


def length(claim):
    program("grantbench")
    seen, worst, n = {}, 0, 0
    with tempfile.TemporaryDirectory() as tmp, log_open(claim.name) as log:
        for reads in LENGTHS[:2] if options.quick else LENGTHS:
            for trims in TRIMS:
                path, out = os.path.join(tmp, "t.iolog"), os.path.join(tmp, "%d.%d" % (reads, trims))
                trace(path, reads, trims)
                call([os.path.join(TOP, "scripts", "hv-instructions"), "--filter=^block_replay/",
                      "--set=block_replay.trace=" + path, "--out=" + out], log)
                with open(os.path.join(out, "cells.jsonl"), encoding="utf-8") as f:
                    got = pages(json.loads(line) for line in f)
                n += 1
                for key, value in got.items():
                    seen.setdefault(key, []).append(value)
                    log.write("%d reads, %d trims: %s %.3f\n" % (reads, trims, key[-1], value))
    if not seen:
        raise Broken("no instructions of a page")
    for values in seen.values():
        worst = max(worst, max(values) / min(values) - 1)
    return Figure("%.5f apart at most, %d traces, %d figures of a page each" % (worst, n, len(seen)),
                  worst <= claim.limit, n, len(LENGTHS) * len(TRIMS), "traces")


def budget(claim):
    cpu, _ = cpus()
    spans = {}
    with tempfile.TemporaryDirectory() as tmp, log_open(claim.name) as log:
        path = os.path.join(tmp, "t.iolog")
        trace(path, LENGTHS[1], 0)
        for seconds in BUDGETS:
            cells = grantbench(["--filter=^block_replay/", "--set=block_replay.trace=" + path, "--versions=v1,v2",
                                "--set=block_replay.mapper=translated", "--launches=0", "--pin=%d" % cpu,
                                "--budget=%d" % seconds], log)
            for c, r in rows(cells):
                if r["metric"] == "page" and r["version"] == "v2" and r["ratio"] and r["ratio"]["lo"] is not None:
                    spans.setdefault(tuple(sorted((k, str(v)) for k, v in c["params"].items())), []).append(r["ratio"])
    both = [x for x in spans.values() if len(x) == len(BUDGETS)]
    if not both:
        return Figure("no cell has an interval with both budgets", None, 0, len(BUDGETS), "budgets")
    apart = sum(max(r["lo"] for r in x) > min(r["hi"] for r in x) for x in both)
    return Figure("%d of %d apart: %s" % (apart, len(both), "; ".join(
        " and ".join("%.4f [%.4f, %.4f]" % (r["value"], r["lo"], r["hi"]) for r in x) for x in both)),
                  apart <= claim.limit, len(BUDGETS), len(BUDGETS), "budgets")


GROUP = Group(38, [
    Claim("replay.length", "C", 0.005, "at most %g", "how far apart a page's instructions are for traces of 10^3 to 10^6"
          " records, with and without 10^5 trims", length),
    Claim("replay.budget", "H", 0, "at most %g cells", "intervals of v2/v1 with 2 and with 20 s that have nothing in"
          " common", budget),
], when_asked=True)
