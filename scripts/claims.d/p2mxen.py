# SPDX-License-Identifier: GPL-2.0-only
"""Log-dirty and pages moved on a real Xen, in the lab (docs/p2m.md): measured only when it is asked for."""
import json
import os
import re

from claims_base import LOGS, TOP, Broken, Claim, Figure, Group, log_open, script

# What was counted before, by another program and other boots (docs/p2m.md): instructions a call or a page.
LOG = "log_dirty/memory:64/dirty:64/density:64/leaf:%s/tables:none/writer:cpu/way:marks"
MOVES = "physmap_map/pages:8/extents:4K/leaf:4K/aligned:yes/over:%s/tables:none"
KNOWN = {
    # A large entry is split once, then 63 pages.
    (LOG % "2M", "first_write"): (114694 + 63 * 4445) / 64,
    (LOG % "2M", "enable"): 8046, (LOG % "2M", "clean"): 9622, (LOG % "2M", "peek"): 3345,
    (MOVES % "emptied", "move_batch"): 5688, (MOVES % "emptied", "move_range"): 5622,
    (MOVES % "emptied", "decrease"): 4255, (MOVES % "emptied", "populate"): 3294,
    (MOVES % "emptied", "device_map"): 2628, (MOVES % "emptied", "device_unmap"): 2596,
}


def folder(name):
    return os.path.join(LOGS, "lab-p2m-" + name)


def figures(claim):
    """Two boots, whose results have to be the same bytes, against what was counted before."""
    with log_open(claim.name) as log:
        p = script(log, "lab", "prove", "--replace", "--machine=p2m", "--out=" + folder("boots"), "--", "--target=xen")
        if p.returncode:
            raise Broken("scripts/lab prove --machine=p2m ended with exit code %d, see %s" % (
                p.returncode, os.path.relpath(log.name, TOP)))
        with open(os.path.join(folder("boots"), "1", "results", "latest", "cells.jsonl"), encoding="utf-8") as f:
            found = {(c["cell"], r["metric"]): r["value"] for c in map(json.loads, f) for r in c["rows"]}
        off = {}
        for key, was in KNOWN.items():
            if key not in found:
                raise Broken("no row %s %s" % key)
            off[key] = abs(found[key] / was - 1)
            log.write("%s %s: %.1f, was %.1f\n" % (*key, found[key], was))
    worst = max(off, key=off.get)
    return Figure("%.3f, %s; two boots alike" % (off[worst], worst[1]), off[worst] <= claim.limit, 1, 1, "pairs of boots")


def counts(claim):
    with log_open(claim.name) as log:
        p = script(log, "lab", "counts", "--replace", "--machine=p2m", "--out=" + folder("counts"))
    m = re.search(r"^(\d+) cells.*: (\d+) equal, (\d+) listed, (\d+) differs, (\d+) not", p.stdout, re.M)
    if not m:
        raise Broken("scripts/lab counts compared nothing, see %s" % os.path.relpath(log.name, TOP))
    cells, equal, listed, differs, unseen = map(int, m.groups())
    return Figure("%d of %d counts differ, %d by the list; %d cells and operations, %d counts not observable" % (
        differs, equal + listed + differs, listed, cells, unseen), p.returncode == 0 and differs <= claim.limit, 1, 1, "runs")


GROUP = Group(48, [
    Claim("p2mxen.figures", "C", 0.05, "at most %g", "part that a toolstack's figure is off from what was counted before",
          figures),
    Claim("p2mxen.counts", "C", 0, "at most %g counts",
          "a real Xen's work for log-dirty and moves is not hv's, nor listed", counts),
], when_asked=True)
