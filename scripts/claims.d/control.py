# SPDX-License-Identifier: GPL-2.0-only
"""The control: identical work measured as any other, whose true ratio is 1."""
import functools
import re

from claims_base import (FOUNDATION, TWO_THREADS, Broken, Claim, Figure, Group, call, cpus, grantbench, load, log_open,
                         options, program, rows, share_text)


@functools.lru_cache(None)
def launch_rows():
    """(cell, row, loaded) of every time metric of the baseline in the default plan, and the load of the other CPU."""
    cpu, other = cpus()
    with log_open("control.launch") as log:
        plan = call([program("grantbench"), "--dry-run", "--quiet"], log).split()
        two = sum(bool(re.search(TWO_THREADS, name)) for name in plan)
        budget = 20 if options.quick else 100
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
    log.write("%s: %s %s: %s to %s, %d layouts, %.1f %s%s\n" % (
        what, c["cell"], r["metric"], r["self"]["lo"], r["self"]["hi"], r["self"]["n"], r["value"], r["unit"],
        ", under load" if under else ""))


def launch(claim):
    """Intervals of one launch each, over its layouts."""
    found, share = launch_rows()
    there = [f for f in found if f[1]["self"]["lo"] is not None]
    inside = 0
    with log_open(claim.name) as log:
        for c, r, under in there:
            if r["self"]["lo"] <= 1 <= r["self"]["hi"]:
                inside += 1
            else:
                note(log, "without 1", c, r, under)
    if not there:
        raise Broken("no control had an interval")
    holds = inside / len(there) >= claim.limit
    if len(there) < 100 or share < 0.5:
        holds = None if holds else holds
    text = "%s intervals contain 1, %d controls without an interval, other CPU busy to %.0f %%" % (
        share_text(inside, len(there)), len(found) - len(there), 100 * share)
    return Figure(text, holds, 0 if options.quick else 1, 1, "runs of 100 s")


GROUP = Group(30, [
    Claim("control.launch", "H", 0.95, "at least %g", "intervals of one launch that contain 1 where they have to",
          launch, FOUNDATION),
])
