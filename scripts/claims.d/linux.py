# SPDX-License-Identifier: GPL-2.0-only
"""A real Linux on emulated IOMMUs, in the lab (docs/iommu.md): measured only when it is asked for."""
import functools
import json
import os

from claims_base import LOGS, Broken, Claim, Figure, Group, log_open, script

# Linux 6.12.117 of Debian, medians of single readings, in instructions: (map, unmap). Measured by another module and
# another program, before this suite had either.
PAGES = {"vtd-strict": {4096: (796, 1623), 65536: (1094, 1967), 2097152: (1151, 1723)},
         "vtd-lazy": {4096: (789, 1013), 65536: (1094, 1349), 2097152: (1176, 877)},
         "vtd-cm-strict": {4096: (1365, 1623)},
         "amdvi-strict": {4096: (1753, 1690), 65536: (2001, 1784), 2097152: (1983, 1893)},
         "viommu-strict": {4096: (2378, 2271), 65536: (2386, 2280), 2097152: (2621, 2506)},
         "viommu-lazy": {4096: (2688, 1823), 65536: (2704, 1823), 2097152: (2965, 1823)}}
# Passed through, a reading is little more than what is around the call: the loop over calls, which that module had not.
PASSED, LOOP = (87, 67), 10
LISTS = {"vtd-strict": (36069, 3232), "vtd-lazy": (35682, 2410), "amdvi-strict": (39679, 10773),
         "viommu-strict": (142042, 16198)}
CELL = "dma_map/call:%s/bytes:%d/calls:%d"


@functools.lru_cache(None)
def linux():
    """scripts/lab-iommu: its figures, and the boots that were not the same bytes."""
    out = os.path.join(LOGS, "lab-iommu")
    with log_open("linux") as log:
        p = script(log, "lab-iommu", "--out=" + out)
    if p.returncode not in (0, 1) or not os.path.exists(os.path.join(out, "figures.json")):
        raise Broken("scripts/lab-iommu ended with exit code %d, see %s" % (p.returncode, os.path.join(LOGS, "linux.log")))
    with open(os.path.join(out, "figures.json"), encoding="utf-8") as f:
        return json.load(f), p.stderr


def figure(boot, cell, metric):
    try:
        return linux()[0][boot]["%s %s" % (cell, metric)]
    except KeyError as e:
        raise Broken("%s: no %s of %s" % (boot, metric, cell)) from e


def apart(claim, wanted):
    """How far figures are from those that were measured before: ((boot, cell, (map, unmap)), ...)."""
    far = []
    for boot, cell, both in wanted:
        for what, was in zip(("map_p50", "unmap_p50"), both):
            value = figure(boot, cell, what)["value"]
            far.append((abs(value / was - 1), "%s %s %s %.0f, was %d" % (boot, cell, what, value, was)))
    worst = max(far)
    return Figure("%.4f of %d figures, %s" % (worst[0], len(far), worst[1]), worst[0] <= claim.limit, 1, 1, "runs")


def pages(claim):
    for what, was in zip(("map_p50", "unmap_p50"), PASSED):
        value = figure("vtd-passthrough", CELL % ("page", 4096, 1), what)["value"]
        if abs(value - was - LOOP) > 2:
            raise Broken("passed through, %s is %.0f and not %d and a loop of %d" % (what, value, was, LOOP))
    return apart(claim, [(b, CELL % ("page", size, 1), both) for b, sizes in PAGES.items() for size, both in sizes.items()])


def lists(claim):
    return apart(claim, [(b, CELL % ("list", 4096, 64), both) for b, both in LISTS.items()])


# What the unit is asked for, of each boot: the cell, map or unmap, counts per operation. Others are 0.
PAGE, LIST = CELL % ("page", 4096, 1), CELL % ("list", 4096, 64)
EACH, FAST = CELL % ("each", 4096, 64), CELL % ("fast", 4096, 64)
VTD = {"invalidations": 1, "waits": 1, "doorbells": 1}
ASKED = (
    [("vtd-strict", c, "map", {}) for c in (PAGE, LIST, EACH, FAST)] +
    [("vtd-strict", c, "unmap", VTD) for c in (PAGE, LIST, EACH)] +
    [("vtd-strict", FAST, "unmap", {k: 1 / 64 for k in VTD})] +
    [("vtd-cm-strict", PAGE, what, VTD) for what in ("map", "unmap")] +
    [("amdvi-strict", PAGE, what, {"invalidations": 1, "waits": 1}) for what in ("map", "unmap")] +
    [("viommu-strict", PAGE, "map", {"map_requests": 1, "doorbells": 1}),
     ("viommu-strict", PAGE, "unmap", {"unmap_requests": 1, "ranges_removed": 1, "doorbells": 1}),
     ("viommu-strict", LIST, "map", {"map_requests": 64, "doorbells": 1}),
     ("viommu-strict", LIST, "unmap", {"unmap_requests": 1, "ranges_removed": 64, "doorbells": 1}),
     ("viommu-lazy", LIST, "map", {"map_requests": 64, "unmap_requests": 1, "ranges_removed": 64, "doorbells": 1})] +
    [(b, PAGE, what, {}) for b in ("vtd-passthrough", "amdvi-passthrough", "viommu-passthrough") for what in ("map", "unmap")])


def asked(claim):
    """Whole numbers of requests, against what was counted before."""
    wrong = []
    for boot, cell, what, want in ASKED:
        row = figure(boot, cell, what)
        counts = {k: v for k, v in (row["traced"] or {}).items() if k != "operations"}
        if not counts:
            raise Broken("%s: nothing was traced of %s" % (boot, cell))
        ops = row["traced"]["operations"]
        wrong += ["%s %s %s: %s %g" % (boot, cell, what, k, v / ops) for k, v in counts.items() if v != want.get(k, 0) * ops]
    # Lazily a virtio-iommu's unmap is sent with the next map's kick.
    both = [figure("viommu-lazy", PAGE, what)["traced"] for what in ("map", "unmap")]
    if sum(t["unmap_requests"] for t in both) > 1024 or not 1024 <= sum(t["doorbells"] for t in both) <= 1034:
        wrong.append("viommu-lazy %s: %s" % (PAGE, both))
    # Lazily the whole domain, each time that the queue is full: four or five times in 1024.
    row = figure("vtd-lazy", PAGE, "unmap")["traced"]
    if row["operations"] != 1024 or row["domain_invalidations"] not in (4, 5) or row["invalidations"]:
        wrong.append("vtd-lazy %s: %s" % (PAGE, row))
    return Figure("%d of %d%s" % (len(wrong), len(ASKED) + 2, ": " + wrong[0] if wrong else ""), len(wrong) <= claim.limit, 1,
                  1, "runs")


def bits(claim):
    """Boots that were not the same bytes twice."""
    figures, text = linux()
    differ = text.count("two boots differ")
    return Figure("%d of %d pairs differ" % (differ, len(figures)), differ <= claim.limit and len(figures) > 8, 1, 1, "runs")


# With the other claims about IOMMUs, too.
IOMMU = ("iommu",)
GROUP = Group(49, [
    Claim("linux.pages", "C", 0.02, "at most %g off",
          "instructions of a driver's map and unmap of 4K, 64K and 2M in a real Linux", pages, IOMMU),
    Claim("linux.lists", "C", 0.07, "at most %g off", "the same of a scatter list of 64", lists, IOMMU),
    Claim("linux.asked", "C", 0, "at most %g cells",
          "invalidations, waits and doorbells per operation that are not what they were", asked, IOMMU),
    Claim("linux.bits", "C", 0, "at most %g pairs", "two boots on an emulated IOMMU differ in their results", bits, IOMMU),
], when_asked=True)
