# SPDX-License-Identifier: GPL-2.0-only
"""A version against itself: there is no difference, and the interval is to say so."""
import functools
import math
import re
import statistics

from claims_base import (FOUNDATION, TWO_THREADS, Claim, Figure, Group, call, cpus, grantbench, load, log_open, options,
                         program, rows)

LEVEL = 0.99


@functools.lru_cache(None)
def self_rows():
    """(cell, row, loaded) of every time metric of the baseline in the default plan, and the load of the other CPU."""
    cpu, other = cpus()
    with log_open("self") as log:
        plan = call([program("grantbench"), "--dry-run", "--quiet"], log).split()
        two = sum(bool(re.search(TWO_THREADS, name)) for name in plan)
        budget = 10 if options.quick else 60
        # Each cell gets the share that it has in an undivided run.
        with load(other) as burner:
            loaded = grantbench(["--filter=-" + TWO_THREADS, "--pin=%d" % cpu,
                                 "--budget=%g" % (budget * (1 - two / len(plan)))], log)
            share = burner.share() if burner else 0
        alone = grantbench(["--filter=" + TWO_THREADS, "--launches=0", "--budget=%g" % (budget * two / len(plan))],
                           log) if other is not None else []
    out = [(c, r, under) for cells, under in ((loaded, True), (alone, False)) for c, r in rows(cells)
           if c["launch"] == 0 and r["self"]]
    return out, share


def note(log, what, c, r, under):
    log.write("%s: %s %s: %s to %s, %d rounds, %.1f %s%s\n" % (
        what, c["cell"], r["metric"], r["self"]["lo"], r["self"]["hi"], r["self"]["n"], r["value"], r["unit"],
        ", under load" if under else ""))


def self_figure(claim, text, holds, n, share):
    if n < 100 or share < 0.5:
        holds = None if holds else holds
    text += ", other CPU busy to %.0f %%" % (100 * share)
    return Figure(text, holds, 0 if options.quick else 1, 1, "runs of 60 s")


def self_coverage(claim):
    found, share = self_rows()
    inside = 0
    with log_open(claim.name) as log:
        for c, r, under in found:
            lo, hi = r["self"]["lo"], r["self"]["hi"]
            if lo is not None and lo <= 1 <= hi:
                inside += 1
            else:
                note(log, "without 1", c, r, under)
    part = inside / len(found)
    z = statistics.NormalDist().inv_cdf((1 + LEVEL) / 2)
    n = len(found)
    mid, half = part + z * z / 2 / n, z * math.sqrt(part * (1 - part) / n + z * z / 4 / n / n)
    text = "%.3f (%.3f to %.3f): %d of %d intervals" % (part, (mid - half) / (1 + z * z / n),
                                                        (mid + half) / (1 + z * z / n), inside, n)
    return self_figure(claim, text, part >= claim.limit, n, share)


def self_width(claim):
    found, share = self_rows()
    widths = []
    with log_open(claim.name) as log:
        for c, r, under in found:
            if re.search(TWO_THREADS, c["cell"]) or not r["unit"].startswith("ns/") or r["value"] > 1000:
                continue
            e = r["self"]
            widths.append(e["hi"] - e["lo"] if e["lo"] is not None else math.inf)
            if widths[-1] > claim.limit:
                note(log, "width %.4f" % widths[-1], c, r, under)
    inside = sum(w <= claim.limit for w in widths)
    text = "widest %.4f, median %.4f: %d of %d within" % (max(widths), statistics.median(widths), inside, len(widths))
    return self_figure(claim, text, inside == len(widths), len(widths), share)


GROUP = Group(30, [
    Claim("self.coverage", "H", 0.95, "at least %g", "v1 against itself: 99 % intervals that contain 1",
          self_coverage, FOUNDATION),
    Claim("self.width", "H", 0.02, "at most %g", "v1 against itself: width of the interval, one thread, up to 1 us",
          self_width, FOUNDATION),
])
