# SPDX-License-Identifier: GPL-2.0-only
"""Guests' own IOMMU contexts, and what emulators have of guests (docs/iommu.md)."""
import os
import re

from claims_base import Broken, Claim, Figure, Group, call, log_open, options, program


def balloon(claim):
    """Balloons raced against foreign mappings: no frame is used again before all emulators and devices let go."""
    most = 10000 if options.quick else 100000
    with log_open(claim.name) as log:
        text = call([program("tests", "hv", "bfn_race_test"), str(most)], log, good=(0, 1))
        log.write(text)
    done = re.search(r"(\d+) balloons, (\d+) pages mapped, none failed", text)
    reused = re.search(r"used again that a device reached \((\d+) were\)", text)
    if not done or not reused or int(done.group(1)) < most:
        raise Broken("tests/hv/bfn_race_test ended early, see %s" % os.path.basename(log.name))
    bad = int(reused.group(1)) + len(re.findall("^not ok", text, re.M))
    return Figure("%d; %s balloons, %s pages mapped" % (bad, done.group(1), done.group(2)), bad <= claim.limit, 1, 1, "runs")


GROUP = Group(48, [
    Claim("iommu.balloon", "C", 0, "at most %g", "frames used again in 10^5 raced balloons before all let go", balloon),
])
