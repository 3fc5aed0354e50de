# SPDX-License-Identifier: GPL-2.0-only
"""Version 3 against version 1 in time, with a system call as entry: what the instructions of the group v3 come to."""
import functools

from claims_base import Claim, Group, at_most, grantbench, log_open, options, rows

LAUNCHES = 20
ENTERED = ["batch=1", "entry=syscall"]


@functools.lru_cache(maxsize=None)
def ratios(family, sets):
    """Version 3 over version 1 of each metric of a cell, one process a launch."""
    found = {}
    with log_open(".".join(("v3time", family) + sets)) as log:
        for _ in range(5 if options.quick else LAUNCHES):
            for _, r in rows(grantbench(["--filter=^%s/" % family, "--versions=v1,v3", "--launches=0", "--budget=2"] +
                                        ["--set=%s.%s" % (family, s) for s in sets], log)):
                if r["version"] == "v3" and r["ratio"]:
                    found.setdefault(r["metric"], []).append(r["ratio"]["value"])
    return found


def held(claim, family, sets, metric, dearer):
    """dearer: how many times dearer version 3 is, at most; else how many times version 1 is, at least."""
    values = ratios(family, tuple(sets)).get(metric, [])
    return at_most(values if dearer else [1 / v for v in values], claim.limit, LAUNCHES, least=not dearer)


def row(name, limit, statement, family, sets, metric, dearer=True):
    return Claim(name, "H", limit, "at most %g" if dearer else "at least %g", statement,
                 lambda c: held(c, family, sets, metric, dearer))


GROUP = Group(46, [
    row("v3time.page", 1.05, "one 4K page, map, a system call as entry: v3 against v1", "map_unmap", ENTERED, "map"),
    row("v3time.page.unmap", 1.02, "the same, unmap", "map_unmap", ENTERED, "unmap"),
    row("v3time.pv", 1.17, "one 4K page by a PV mapper, map, a system call as entry: v3 against v1", "map_unmap",
        ENTERED + ["mapper=pv"], "map"),
    row("v3time.pv.unmap", 1.1, "the same, unmap", "map_unmap", ENTERED + ["mapper=pv"], "unmap"),
    row("v3time.cycle", 1.05, "a page's whole cycle, both sides, a system call as entry: v3 against v1", "full_cycle",
        ENTERED, "cycle"),
    row("v3time.range", 5, "256 neighbours in one call, map, a system call as entry: v1 against v3", "map_unmap",
        ["batch=256", "entry=syscall"], "map", False),
    row("v3time.range.unmap", 5, "the same, unmap", "map_unmap", ["batch=256", "entry=syscall"], "unmap", False),
    row("v3time.large", 60, "2 MiB by one leaf, map, no entry: v1 against v3", "large_page",
        ["entries=leaf"], "map", False),
    row("v3time.large.unmap", 60, "the same, unmap", "large_page", ["entries=leaf"], "unmap", False),
], when_asked=True)
