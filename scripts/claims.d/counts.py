# SPDX-License-Identifier: GPL-2.0-only
"""Counts of work: those of a real Xen, and the same in every run."""
import re
import time

from claims_base import (FOUNDATION, TWO_THREADS, Broken, Claim, Figure, Group, call, cpus, grantbench, load, log_open,
                         options, program, rows)


def counts_xen(claim):
    cpu, other = cpus()
    asked, outputs = 10, []
    with log_open(claim.name) as log, load(other) as burner:
        time.sleep(0.5)
        for _ in range(3 if options.quick else asked):
            outputs.append(call([program("tests", "hv", "counts_test")], log, cpu, good=(0, 1)))
        share = burner.share() if burner else 0
        log.write("load on the other CPU: %.2f\n%s" % (share, outputs[0]))
    same = sum(o == outputs[0] for o in outputs)
    wrong = re.findall("^not ok.*", outputs[0], re.M)
    counts = re.findall(".* per page", outputs[0])
    good = same >= claim.limit and not wrong if len(outputs) >= asked else same == len(outputs) and not wrong
    if not counts:
        raise Broken("tests/hv/counts_test printed no counts")
    text = "%d of %d runs identical, %d of %d counts differ from Xen's, other CPU busy to %.0f %%" % (
        same, len(outputs), len(wrong), len(counts), 100 * share)
    return Figure(text, None if good and share < 0.5 else good, len(outputs), asked, "runs")


def counts_runs(claim):
    """The counts of every row of the default plan that needs one thread."""
    cpu, other = cpus()
    asked, runs = 10, []
    with log_open(claim.name) as log, load(other) as burner:
        for _ in range(2 if options.quick else asked):
            cells = grantbench(["--filter=-" + TWO_THREADS, "--launches=0", "--budget=4", "--pin=%d" % cpu], log, cpu)
            runs.append({(c["cell"], r["version"], r["metric"]): (r["counts"], r["ops_counted"])
                         for c, r in rows(cells) if r["counts"]})
        share = burner.share() if burner else 0
        # A cell that a run had no time for has no counts in it.
        every = set.intersection(*map(set, runs))
        wrong = [k for k in every if any(r[k] != runs[0][k] for r in runs)]
        for k in sorted(wrong):
            log.write("differs: %s %s %s: %s\n" % (k + ([r[k] for r in runs],)))
    text = "%d of %d rows differ, other CPU busy to %.0f %%" % (len(wrong), len(every), 100 * share)
    good = len(wrong) <= claim.limit
    enough = len(every) >= 0.9 * max(map(len, runs)) and len(every) > 100 and share >= 0.5
    return Figure(text, None if good and not enough else good, len(runs), asked, "runs")


GROUP = Group(10, [
    Claim("counts.xen", "C", 10, "%g of 10 runs", "work per map and unmap is Xen 4.17's, whatever else runs",
          counts_xen, FOUNDATION),
    Claim("counts.runs", "C", 0, "at most %g rows", "work counts of the default plan differ between runs",
          counts_runs, FOUNDATION),
])
