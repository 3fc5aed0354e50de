# SPDX-License-Identifier: GPL-2.0-only
"""Log-dirty and pages moved on a real Xen, in the lab (docs/p2m.md): measured only when it is asked for."""
import os
import re

from claims_base import LOGS, TOP, Broken, Claim, Figure, Group, log_open, script


def folder(name):
    return os.path.join(LOGS, "lab-p2m-" + name)


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
    Claim("p2mxen.counts", "C", 0, "at most %g counts",
          "a real Xen's work for log-dirty and moves is not hv's, nor listed", counts),
], when_asked=True)
