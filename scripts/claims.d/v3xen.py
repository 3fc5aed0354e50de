# SPDX-License-Identifier: GPL-2.0-only
"""Grant tables version 3 inside a real Xen (scripts/lab-v3): measured only when it is asked for."""
import functools
import json
import os
import shutil

from claims_base import LOGS, Broken, Claim, Figure, Group, built_again, log_open, script

OUT = os.path.join(LOGS, "lab-v3")
MANY, LARGE, REVOKE = "map_unmap/batch:512/", "large_page/pages:512/", "revoke/pages:512/order:9/"


@functools.lru_cache(None)
def everything():
    """make lab-v3: its figures. One that failed has them as well, as far as it came."""
    with log_open("v3xen.lab") as log:
        shutil.rmtree(OUT, ignore_errors=True)
        script(log, "lab-v3", "--out=" + OUT)
    try:
        with open(os.path.join(OUT, "figures.json"), encoding="utf-8") as f:
            return json.load(f)
    except OSError as e:
        raise Broken("scripts/lab-v3 left no figures, see %s" % os.path.join(LOGS, "v3xen.lab.log")) from e


def one_value(boot, start, words, version, metric):
    """The figure of the cell that begins so and has all the words in its name."""
    found = [r["value"] for b in everything()["boots"] if b["name"] == boot for k, r in b["rows"].items()
             for cell, v, m in [k.split(" ")]
             if cell.startswith(start) and set(words) <= set(cell.split("/")) and (v, m) == (version, metric)]
    if len(found) != 1:
        raise Broken("%s has %d figures of %s %s %s %s" % (boot, len(found), start, " ".join(words), version, metric))
    return found[0]


STOCK, V3 = ("guests-stock", "v1"), ("guests-v3", "v3")
TRANSLATED = ("mapper:translated",)
RANGE = ("guests-range", "v1-range")
ARGS = ("guests-args", "v1-args")
SUPER = ("guests-super", "v1-super")


def of(who, start, words, metric, pages=1):
    return one_value(who[0], start, words, who[1], metric) * pages


def times(claim, who, start, words, metric):
    """How many times cheaper than version 1."""
    a, b = of(STOCK, start, words, metric), of(who, start, words, metric)
    return Figure("%.1f: %.1f and %.1f" % (a / b, a, b), a / b >= claim.limit, 1, 1, "runs")


def part(claim, a, b):
    """a over b."""
    return Figure("%.3f: %.1f and %.1f" % (a / b, a, b), a / b <= claim.limit, 1, 1, "runs")


def named(claim, metric):
    words = TRANSLATED + ("stride:2",)
    return part(claim, of(V3, MANY, words, metric), of(ARGS, MANY, words, metric))


def single(claim, metric):
    words = TRANSLATED + ("stride:1",)
    return part(claim, of(V3, "map_unmap/batch:1/", words, metric), of(STOCK, "map_unmap/batch:1/", words, metric))


def revoked(claim):
    return part(claim, of(V3, REVOKE, TRANSLATED, "revoke", 512), of(V3, LARGE, ("entries:leaf",), "unmap"))


def pv(claim):
    """Of all batches the dearest."""
    cells = [("map_unmap/batch:%d/" % n, ("mapper:pv", "stride:%d" % s), m) for n in (1, 32, 512) for s in (1, 2)
             for m in ("map", "unmap")]
    worst = max((of(V3, *c) / of(STOCK, *c), "%s %s" % ("/".join((c[0].rstrip("/"),) + c[1]), c[2])) for c in cells)
    return Figure("%.3f: %s" % worst, worst[0] <= claim.limit, 1, 1, "runs")


def residue(claim):
    """The best that version 1 could have for 2 MiB over version 3, of map and unmap the least."""
    found = []
    for m in ("map", "unmap"):
        best, name = min((of((boot, version), LARGE, (entries,), m), version)
                         for boot, version, entries in (RANGE + ("entries:run",), SUPER + ("entries:leaf",)))
        found.append((best / of(V3, LARGE, ("entries:leaf",), m), "%s %s" % (m, name)))
    return Figure(", ".join("%s %.2f" % (m, r) for r, m in found), min(found)[0] >= claim.limit, 1, 1, "runs")


def unchanged(claim, variants):
    """Versions 1 and 2 of builds with patches beside those of the build without, machine by machine."""
    stock = {(b["machine"], b["version"]): b["rows"] for b in everything()["boots"] if b["variant"] == "stock"}
    parts, machines, worst = [], set(), (0, "none")
    for b in everything()["boots"]:
        if b["variant"] not in variants:
            continue
        for k, r in b["rows"].items():
            before = stock.get((b["machine"], b["version"]), {}).get(k)
            if k.split(" ")[1] not in ("v1", "v2") or not before or not before["value"]:
                continue
            parts.append(abs(r["value"] / before["value"] - 1))
            machines.add(b["machine"])
            worst = max(worst, (parts[-1], "%s %s" % (b["name"], k)))
    if len(parts) < 20:
        raise Broken("only %d figures have one of the stock build beside them" % len(parts))
    return Figure("%d of %d differ on %d machines, at most %.3f %%: %s" % (
        sum(p > 0 for p in parts), len(parts), len(machines), 100 * worst[0], worst[1]), worst[0] <= claim.limit, 1, 1,
        "runs")


def bits(claim):
    booted = [b for b in everything()["boots"] if b["rows"] or b["verdict"]]
    bad = [b["name"] for b in booted if b["verdict"]]
    if not booted:
        raise Broken("nothing booted")
    return Figure("%d of %d pairs differ%s" % (len(bad), len(booted), ": " + ", ".join(bad) if bad else ""),
                  len(bad) <= claim.limit, len(booted), len(booted), "pairs")


def cells(claim):
    bad = ["%s: %s" % (b["name"], f.split(":")[0]) for b in everything()["boots"] for f in b["failures"]]
    n = sum(len(b["rows"]) for b in everything()["boots"])
    return Figure("%d cells failed%s; %d figures" % (len(bad), ", the first %s" % bad[0] if bad else "", n),
                  len(bad) <= claim.limit and n > 0, 1, 1, "runs")


def builds(claim):
    """The same source built twice, in two folders."""
    differ = 0
    with log_open(claim.name) as log, built_again(log, "v3") as folders:
        for name in ("xen.gz", "xen-syms"):
            with open(os.path.join(folders[0], name), "rb") as a, open(os.path.join(folders[1], name), "rb") as b:
                differ += a.read() != b.read()
    return Figure("%d of 2 files differ" % differ, differ <= claim.limit, 2, 2, "builds")


def seconds(claim):
    n = everything()["seconds"]
    return Figure("%d s" % n, n <= claim.limit, 1, 1, "runs")


def least(name, limit, statement, *what):
    return Claim(name, "C", limit, "at least %g", statement, lambda c: times(c, *what))


def most(name, limit, statement, measure, *what):
    return Claim(name, "C", limit, "at most %g", statement, lambda c: measure(c, *what))


RUN = TRANSLATED + ("stride:1",)

GROUP = Group(75, [
    most("v3xen.unchanged", 0.005, "versions 1 and 2 of a Xen that has version 3: part that a figure is off", unchanged,
         ("v3",)),
    most("v3xen.off", 0.005, "the same with version 3 switched off in its configuration", unchanged, ("v3-off",)),
    Claim("v3xen.bits", "C", 0, "at most %g pairs", "two boots of make lab-v3 differ in their results", bits),
    Claim("v3xen.builds", "C", 0, "at most %g files", "two builds of the same hypervisor differ", builds),
    Claim("v3xen.cells", "C", 0, "at most %g cells", "cells of make lab-v3 that fail", cells),
    least("v3xen.leaf", 100, "2 MiB by one leaf in a PVH domain, map: version 1 against 3", V3, LARGE, ("entries:leaf",),
          "map"),
    least("v3xen.leaf.unmap", 150, "the same, unmap", V3, LARGE, ("entries:leaf",), "unmap"),
    least("v3xen.range", 40, "2 MiB by one request of v1-range, map: version 1 against it", RANGE, LARGE, ("entries:run",),
          "map"),
    least("v3xen.range.unmap", 80, "the same, unmap", RANGE, LARGE, ("entries:run",), "unmap"),
    least("v3xen.args", 3, "512 pages in one call of a PVH domain, map: version 1 against v1-args", ARGS, MANY, RUN, "map"),
    least("v3xen.args.unmap", 3, "the same, unmap", ARGS, MANY, RUN, "unmap"),
    least("v3xen.run", 6, "512 neighbours of 4K by one request, map: version 1 against 3", V3, MANY, RUN, "map"),
    least("v3xen.run.unmap", 6, "the same, unmap", V3, MANY, RUN, "unmap"),
    most("v3xen.named", 1.1, "512 references named one by one in a call, map: version 3 against v1-args", named, "map"),
    most("v3xen.named.unmap", 1.1, "the same, unmap", named, "unmap"),
    most("v3xen.revoke", 1.1, "a mapped leaf of 2 MiB taken back against its unmap", revoked),
    most("v3xen.one", 1, "one page a call, map: version 3 against 1", single, "map"),
    most("v3xen.one.unmap", 1, "the same, unmap", single, "unmap"),
    most("v3xen.pv", 1.1, "a PV mapper, of all batches the dearest: version 3 against 1", pv),
    Claim("v3xen.residue", "C", 1, "at least %g",
          "2 MiB, map and unmap: the better of v1-range and v1-super against version 3", residue),
    Claim("v3xen.time", "H", 1800, "at most %g s", "make lab-v3, downloads apart, two emulators at a time", seconds),
], when_asked=True)
