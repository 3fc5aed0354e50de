# SPDX-License-Identifier: GPL-2.0-only
"""Version 3 in a real Xen, attacked (docs/conformance.md): measured only when it is asked for."""
import os
import re

from claims_base import TOP, Broken, Claim, Figure, Group, hypervisor, log_open, script

SEEDS = "271828,141421,173205,223606,264575"


def xen(log, variant):
    return os.path.join(hypervisor(log, variant), "xen.gz")


def folder(name):
    return os.path.join(TOP, "build", "lab", "out", "claims", name)


def streams(claim):
    """Five seeds, with and without the walk cache: of each kind of machine 20,000 operations either way."""
    differ = total = of = 0
    with log_open(claim.name) as log:
        for cache in ("--v3", "--cache"):
            p = script(log, "lab-diff", cache, "--replace", "--xen=" + xen(log, "v3"), "--seed=" + SEEDS, "--count=4000",
                       "--out=" + folder("v3attack" + cache))
            n = re.search(r"^(\d+) sub-streams differ", p.stdout, re.M)
            ran = re.search(r"operations (\d+), sub-streams (\d+)", p.stdout)
            if not n or not ran or int(ran.group(1)) < 6 * 20000:
                raise Broken("scripts/lab-diff ended early, see %s" % os.path.relpath(log.name, TOP))
            differ += max(int(n.group(1)), p.returncode)
            total, of = total + int(ran.group(1)), of + int(ran.group(2))
    return Figure("%d of %d differ, %d operations" % (differ, of, total), differ <= claim.limit, 2, 2, "boots")


def race(claim):
    """Two variants of the build and two clocks: a quarter of the turns each."""
    turns = int(os.environ.get("V3_RACE_TURNS", "1000000"))
    with log_open(claim.name) as log:
        p = script(log, "lab-v3-race", "--turns=%d" % (turns // 4), "--out=" + folder("v3attack-race"))
    lines = re.findall(r"(\d+) maps, (\d+) revokes, (\d+) of them of something mapped, (\d+) stale; (\d+) tests failed; "
                       r"complaints on the console: (\d+)", p.stdout)
    if len(lines) != 4 or sum(int(n[1]) for n in lines) < turns:
        raise Broken("scripts/lab-v3-race ended early, see %s" % os.path.relpath(log.name, TOP))
    maps, revokes, hits, *bad = (sum(int(n[i]) for n in lines) for i in range(6))
    return Figure("%d; %d maps, %d revokes, %d of something mapped" % (sum(bad), maps, revokes, hits),
                  not p.returncode and sum(bad) <= claim.limit, 4, 4, "boots")


def deaths(claim):
    """Either end dies in the middle of a race, in both builds; and a pool of tables that is empty at a split."""
    bad, tests = 0, 0
    with log_open(claim.name) as log:
        for seed, variant in enumerate(("v3", "debug")):
            out = folder("v3attack-deaths-" + variant)
            script(log, "lab", "boot", "--replace", "--machine=guests", "--job=domain", "--clock=free", "--cpus=2", "--out=" + out,
                   "--xen=" + xen(log, variant), "--", "v3-deaths", "64", str(seed + 1))
            with open(os.path.join(out, "log"), encoding="utf-8") as f:
                text = f.read()
            with open(os.path.join(out, "console"), encoding="utf-8", errors="replace") as f:
                bad += len(re.findall(r"\(XEN\).*(?:BUG|ASSERT|Assertion|WARN|call trace)", f.read()))
            bad += len(re.findall("^not ok", text, re.M))
            if not re.search(r"^1\.\.\d+$", text, re.M):
                raise Broken("%s: the boot ended early, see %s" % (variant, os.path.relpath(log.name, TOP)))
            tests += len(re.findall(" dies after ", text))
    return Figure("%d; %d deaths" % (bad, tests), bad <= claim.limit, 2, 2, "boots")


def mutants(claim):
    """Each defect that can be seen, in a hypervisor of its own choice at boot."""
    with log_open(claim.name) as log:
        p = script(log, "lab-v3-mutants", "--out=" + folder("v3attack-mutants"))
    n = re.search(r"^(\d+) of (\d+) are found$", p.stdout, re.M)
    if not n:
        raise Broken("scripts/lab-v3-mutants ended early, see %s" % os.path.relpath(log.name, TOP))
    missed = int(n.group(2)) - int(n.group(1))
    return Figure("%d of %s" % (missed, n.group(2)), not p.returncode and missed <= claim.limit, 1, 1, "runs")


GROUP = Group(72, [
    Claim("v3attack.streams", "C", 0, "at most %g sub-streams",
          "a real Xen with version 3 says something else than hv, 20,000 operations of each kind of machine", streams),
    Claim("v3attack.race", "C", 0, "at most %g",
          "stale accesses, odd results and complaints in 10^6 revokes against maps on two CPUs", race),
    Claim("v3attack.deaths", "C", 0, "at most %g",
          "something is stale, left or complained of when either end dies in the middle", deaths),
    Claim("v3attack.mutants", "C", 0, "at most %g defects",
          "a defect of the core, built into Xen, is found by neither streams nor tests", mutants),
], when_asked=True)
