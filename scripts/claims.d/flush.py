# SPDX-License-Identifier: GPL-2.0-only
"""How many flushes v1-batch saves."""
import math

from claims_base import Claim, Figure, Group, grantbench, log_open, options, rows

CENTRE = "iommu:none/vcpu:same/pin:first/stride:1/flush:count/entry:none/cpus:8/args:walked$"


def flush_batch(claim):
    """Flushes of unmapping 64 pages in one hypercall: exact counts of a run."""
    want = {("translated", "v1"): 64, ("translated", "v1-batch"): 1, ("pv", "v1"): 2, ("pv", "v1-batch"): 1}
    asked, runs = 3, []
    with log_open(claim.name) as log:
        for _ in range(1 if options.quick else asked):
            cells = grantbench(["--filter=^map_unmap/batch:64/access:rw/.*/" + CENTRE,
                                "--versions=v1,v1-batch", "--launches=0", "--budget=0.5", "--pin=none"], log)
            runs.append({(c["mapper"], r["version"]): r["counts"]["flushes"] * 64 for c, r in rows(cells)
                         if r["metric"] == "unmap" and r["version"] != "v2"})
    got = runs[0]
    text = ", ".join("%s %s %g" % (k + (got.get(k, math.nan),)) for k in want)
    most = max(got.get(k, math.inf) for k in want if k[1] == "v1-batch")
    good = all(r == got for r in runs) and all(got.get(k) == v for k, v in want.items()) and most <= claim.limit
    return Figure(text, good, len(runs), asked, "runs")


GROUP = Group(50, [
    Claim("flush.batch", "C", 1, "at most %g for v1-batch", "flushes of unmapping 64 pages in one hypercall",
          flush_batch),
])
