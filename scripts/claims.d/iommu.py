# SPDX-License-Identifier: GPL-2.0-only
"""What guests' interfaces to an IOMMU cost and keep on hv (docs/iommu.md)."""
import os
import re

from claims_base import TOP, Broken, Claim, Figure, Group, call, grantbench, log_open, options, program, rows

# Of a buffer: kicks of its map and its unmap, MAPs, UNMAPs. Linux 6.12 on an emulated virtio-iommu, by its trace; lazily
# flushes of its queue and its timer come to it, and an UNMAP is done by the next map's kick.
LINUX = {
    "strict pair": (["policy=strict"], (1, 1, 1, 1)),
    "lazy pair": (["policy=lazy"], (1, 0.01, 1, 1)),
    "strict list of 64": (["entries=64"], (1, 1, 64, 1)),
    "lazy list of 64": (["entries=64", "policy=lazy", "queue=64"], (1, 0.01, 64, 1)),
    "64 for themselves": (["entries=64", "calls=each"], (64, 64, 64, 64)),
    "64 unmapped at once": (["entries=64", "calls=fast"], (64, 1, 64, 64)),
}


def cell(log, settings):
    """Rows of one cell by metric. On a machine that is busy no round may be usable, and nothing is counted: once more."""
    for _ in range(5):
        cells = grantbench(["--filter=^virtio_iommu/", "--launches=0", "--budget=0.1", "--repetitions=1", "--versions=v1"]
                           + ["--set=virtio_iommu." + s for s in settings], log)
        found = {r["metric"]: r for c, r in rows(cells)}
        if "map" in found:
            break
    if "map" not in found or not found["map"]["counts"]:
        raise Broken("virtio_iommu has no counts, see %s" % os.path.relpath(log.name, TOP))
    return found


def virtio_counts(claim):
    """Kicks and requests of hv's driver and device beside Linux' own."""
    wrong, said = [], []
    with log_open(claim.name) as log:
        for name, (settings, theirs) in LINUX.items():
            r = cell(log, settings)
            of = [r["map"]["counts"], r["unmap"]["counts"]]
            ours = (of[0]["vq_kicks"], of[1]["vq_kicks"], sum(c["vq_maps"] for c in of), sum(c["vq_unmaps"] for c in of))
            said.append("%s %g (Linux %g)" % (name, round(ours[0] + ours[1], 3), theirs[0] + theirs[1]))
            if any(abs(a - b) > 0.01 for a, b in zip(ours, theirs)):
                wrong.append(name)
                log.write("%s: %s, Linux %s\n" % (name, ours, theirs))
    return Figure("%d; kicks: %s" % (len(wrong), ", ".join(said)), len(wrong) <= claim.limit, 1, 1, "runs")


def virtio_order(claim):
    """strict, then lazy and strict with sync_map, then lazy with sync_map: by kicks of a list of 64."""
    with log_open(claim.name) as log:
        kicks = {}
        for policy in ("strict", "lazy"):
            for sync in ("each", "batch"):
                r = cell(log, ["entries=64", "policy=" + policy, "sync=" + sync, "queue=64"])
                kicks[policy, sync] = r["map"]["counts"]["vq_kicks"] + r["unmap"]["counts"]["vq_kicks"]
                if policy == "lazy" and not r["window"]["value"]:
                    raise Broken("a lazy figure has no window")
    first, last = kicks["strict", "each"], kicks["lazy", "batch"]
    between = (kicks["lazy", "each"], kicks["strict", "batch"])
    wrong = sum(not first > k > last for k in between)
    return Figure("%d; kicks %g, then %g and %g, then %g" % ((wrong, first) + between + (round(last, 3),)),
                  wrong <= claim.limit, 1, 1, "runs")


def virtio_race(claim):
    """Devices that go on while everything is unmapped: answers one by one, and by batch."""
    n = 100000 if options.quick else 1000000
    with log_open(claim.name) as log:
        text = call([program("tests", "hv", "virtio_race_test"), str(n)], log, good=(0, 1))
        log.write(text)
    done = [tuple(map(int, m)) for m in re.findall(r"^# unmaps (\d+), accesses (\d+), stale (\d+)$", text, re.M)]
    if sum(d[0] for d in done) < n:
        raise Broken("tests/hv/virtio_race_test ended early, see %s" % os.path.relpath(log.name, TOP))
    bad = sum(d[2] for d in done) + len(re.findall("^not ok", text, re.M))
    return Figure("%d; %d unmaps, %d accesses" % (bad, sum(d[0] for d in done), sum(d[1] for d in done)),
                  bad <= claim.limit, 1, 1, "runs")


def virtio_window(claim):
    """Each policy by itself, with calls at times that are none's: the device is refused in time."""
    n = 100000 if options.quick else 1000000
    with log_open(claim.name) as log:
        text = call([program("tests", "bench", "viommu_test"), str(n)], log, good=(0, 1))
        log.write(text)
    found = re.findall(r"^# (.*): unmaps (\d+) longest (\d+) declared (\d+)$", text, re.M)
    if not found or any(int(f[1]) < n for f in found):
        raise Broken("tests/bench/viommu_test ended early, see %s" % os.path.relpath(log.name, TOP))
    bad = sum(int(f[2]) > int(f[3]) for f in found) + len(re.findall("^not ok", text, re.M))
    return Figure("%d; longest: %s" % (bad, ", ".join("%s %g us" % (f[0], int(f[2]) / 1000) for f in found)),
                  bad <= claim.limit, 1, 1, "runs")


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
    Claim("iommu.virtio.counts", "C", 0, "at most %g", "cells of virtio_iommu whose kicks and requests are not Linux 6.12's",
          virtio_counts),
    Claim("iommu.virtio.order", "C", 0, "at most %g", "policies out of the order that was published, by kicks", virtio_order),
    Claim("iommu.virtio.race", "C", 0, "at most %g", "accesses to what was unmapped, in 10^6 unmaps beside devices", virtio_race),
    Claim("iommu.virtio.window", "C", 0, "at most %g",
          "policies by which a device reached a range for longer than they declare, in 10^6 unmaps of each", virtio_window),
    Claim("iommu.balloon", "C", 0, "at most %g", "frames used again in 10^5 raced balloons before all let go", balloon),
])
