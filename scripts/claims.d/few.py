# SPDX-License-Identifier: GPL-2.0-only
"""Few cells, chosen by --set: that every interval they end with is one of 99 %."""
import math
import os
import tempfile

from claims_base import Broken, Claim, Figure, Group, call, cpus, log_open, options, program

# One cell of each family, and the slowest that is at hand; two, four and eight.
CHOICES = [
    ("block_replay", ["mapper=pv"]),
    ("copy", ["bytes=1500", "batch=64"]),
    ("grant_access", ["stride=31"]),
    ("iotlb_flush", ["pages=262144", "scope=page"]),
    ("iotlb_queue", ["pages=512", "queue=0"]),
    ("map_unmap", ["batch=64"]),
    ("map_unmap", ["batch=1,64", "mapper=pv,translated", "access=rw,ro"]),
    ("p2m_lock", ["threads=1", "think=100000", "cpus=4096"]),
    ("table_growth", ["frames=16,1024", "mapper=translated,pv"]),
]


def lowest(family, sets, log, tmp):
    """(the lowest level of a ratio or control, how many there are) of one run with the default budget."""
    cpu, _ = cpus()
    out = os.path.join(tmp, "%s.%d" % (family, len(sets)))
    call([program("grantbench"), "--out=" + out, "--quiet", "--allow-untrusted", "--pin=%d" % cpu,
          "--filter=^%s/" % family] + ["--set=%s.%s" % (family, x) for x in sets], log)
    levels = [float(line.split()[8]) for line in
              call([program("tests", "record", "readings"), out], log).splitlines()]
    return min((0 if math.isnan(x) else x for x in levels), default=0), len(levels)


def level(claim):
    chosen = CHOICES[5:6] if options.quick else CHOICES
    worst, where, n = 1, "", 0
    with log_open(claim.name) as log, tempfile.TemporaryDirectory() as tmp:
        for family, sets in chosen:
            low, more = lowest(family, sets, log, tmp)
            n += more
            log.write("%s %s: level %.4f of %d ratios\n" % (family, " ".join(sets), low, more))
            if low < worst:
                worst, where = low, "%s %s" % (family, " ".join(sets))
    if not n:
        raise Broken("no run has a ratio")
    return Figure("lowest level %.4f of %d ratios, %s" % (worst, n, where), worst >= claim.limit, len(chosen),
                  len(CHOICES), "runs of 60 s")


GROUP = Group(36, [
    Claim("few.level", "H", 0.99, "at least %g", "the level of what one to eight cells end with, one thread, idle",
          level),
], when_asked=True)
