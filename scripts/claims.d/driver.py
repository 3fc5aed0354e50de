# SPDX-License-Identifier: GPL-2.0-only
"""What the driver adds to what it times."""
import functools
import json
import statistics

from claims_base import FOUNDATION, Claim, Group, at_most, call, cpus, log_open, options, program


@functools.lru_cache(None)
def overhead():
    cpu, _ = cpus()
    with log_open("driver") as log:
        return [json.loads(call([program("grantbench"), "--self-test=overhead", "--pin=%d" % cpu], log))
                for _ in range(5 if options.quick else 20)]


def driver(claim, key):
    runs = [r[key] for r in overhead()]
    ns = "; %.2f ns, bare %.2f ns" % (statistics.median(r["driver_ns"] for r in runs),
                                      statistics.median(r["bare_ns"] for r in runs))
    return at_most([r["ratio"]["value"] for r in runs], claim.limit, 20, ns)


GROUP = Group(20, [
    Claim("driver.loop", "H", 1.25, "at most %g", "the batched loop against a bare loop",
          lambda c: driver(c, "batched_loop"), FOUNDATION),
    Claim("driver.region", "H", 1.25, "at most %g", "a timed region against a bare pair of clock reads",
          lambda c: driver(c, "timed_region"), FOUNDATION),
])
