# SPDX-License-Identifier: GPL-2.0-only
"""What v1-batch saves in time, where each flush is a real interrupt."""
import math
import statistics

from claims_base import Claim, Figure, Group, at_most, cpus, grantbench, log_open, options, rows


def flush_time(claim, entry):
    """Unmap with a real interrupt a flush: v1-batch against v1, one process a launch."""
    if cpus()[1] is None:
        return Figure("needs a second CPU", None, 0, 20)
    ratios, ns, asked, dropped, tries = [], [], 20, 0, 0
    want = 5 if options.quick else asked
    with log_open(claim.name) as log:
        # A launch in which the other core hardly ran has no figure.
        while len(ratios) < want and tries < 2 * want:
            tries += 1
            for c, r in rows(grantbench(["--filter=^map_unmap/", "--set=batch=64", "--set=mapper=translated",
                                         "--set=flush=membarrier", "--set=entry=" + entry, "--versions=v1,v1-batch",
                                         "--launches=0", "--budget=1"], log)):
                if r["metric"] == "unmap" and r["version"] == "v1-batch" and r["ratio"]:
                    ratios.append(r["ratio"]["value"])
                    dropped += c["rounds"]["dropped"]
                if r["metric"] == "unmap" and r["version"] == "v1":
                    ns.append(r["value"])
    more = "; v1 %.0f ns/page, %d rounds dropped, %d launches without a figure" % (
        statistics.median(ns or [math.nan]), dropped, tries - len(ratios))
    return at_most(ratios, claim.limit, asked, more)


GROUP = Group(60, [
    Claim("batch.flush.time", "H", 0.10, "at most %g", "unmap, v1-batch against v1, a real interrupt a flush, no entry",
          lambda c: flush_time(c, "none")),
    Claim("batch.flush.time.syscall", "H", 0.10, "at most %g", "the same, with a system call as entry",
          lambda c: flush_time(c, "syscall")),
])
