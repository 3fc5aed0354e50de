# SPDX-License-Identifier: GPL-2.0-only
"""Claims about a real Xen, in the lab (docs/lab.md): part of scripts/claims, which has what is used here."""
import csv
import functools
import io
import json
import os
import re
import subprocess

from claims_base import Broken, Figure, Missing

LAB = ("xen",)
PAIR = "cell=%s/batch:256/mapper:%s/granter:pv/iommu:%s#v1"
PV, PVH = ("pv-pairs", PAIR % ("domain", "pv", "none")), ("pvh-pairs", PAIR % ("dom0", "translated", "strict"))


class Xen:
    """c is scripts/claims: log_open, call, TOP, LOGS."""

    def __init__(self, c):
        self.c = c

    def lab(self, log, *args, good=(0,)):
        """One run of scripts/lab. What it cannot do here is said in its one line."""
        log.write("$ scripts/lab %s\n" % " ".join(args))
        log.flush()
        p = subprocess.run([os.path.join(self.c.TOP, "scripts", "lab")] + list(args), stdin=subprocess.DEVNULL,
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
        log.write(p.stdout + p.stderr)
        if p.returncode == 6:
            raise Missing((p.stderr.strip().splitlines() or ["lab"])[-1].replace("lab: ", "", 1))
        if p.returncode not in good:
            raise Broken("scripts/lab %s ended with exit code %d, see %s" % (
                args[0], p.returncode, os.path.relpath(log.name, self.c.TOP)))
        return p.stdout

    def out(self, name):
        return os.path.join(self.c.LOGS, "lab-" + name)

    @functools.lru_cache(None)
    def work(self):
        """The output of scripts/lab counts, whose profiles are kept until the next time."""
        with self.c.log_open("xen.counts") as log:
            return self.lab(log, "counts", "--out=" + self.out("counts"), good=(0, 1))

    def counts(self, claim):
        text = self.work()
        m = re.search(r"^(\d+) cells.*: (\d+) equal, (\d+) listed, (\d+) differs, (\d+) not", text, re.M)
        if not m:
            raise Broken("scripts/lab counts compared nothing")
        cells, equal, listed, differs, unseen = map(int, m.groups())
        idle = len(re.findall("is not needed$", text, re.M))
        broken = re.search(r"^(\d+) of them are not compared", text, re.M)
        good = differs + idle <= claim.limit and equal > 1000
        return Figure("%d of %d counts differ, %d by the list, %d exceptions idle; %d cells and operations, "
                             "%s broken off by an event, %d counts not observable" % (
                                 differs, equal + listed + differs, listed, idle, cells,
                                 broken.group(1) if broken else "0", unseen), good, 1, 1, "runs")

    def plugin(self, claim):
        """A boot with the plugin and one without: their figures."""
        args = ["--job=check", "--", "--target=xen", "--filter=^map_unmap/", "--set=map_unmap.batch=1,256",
                "--set=map_unmap.vcpu=same", "--launches=0", "--budget=2"]
        with self.c.log_open(claim.name) as log:
            for profile in ("no", "yes"):
                self.lab(log, "boot", "--profile=" + profile, "--out=" + self.out("plugin-" + profile), *args)
            if not os.path.getsize(os.path.join(self.out("plugin-yes"), "profile")):
                raise Broken("the plugin wrote nothing")
            found = [self.figures(self.out("plugin-" + x)) for x in ("no", "yes")]
            log.write("%s\n%s\n" % tuple(found))
        if not found[0] or len(found[0]) != len(found[1]):
            raise Broken("there is nothing to compare")
        n = sum(found[1].get(k) != v for k, v in found[0].items())
        return Figure("%d of %d figures differ" % (n, len(found[0])), n <= claim.limit, 1, 1, "pairs of boots")

    def figures(self, out):
        """Values of grantbench's rows, and the least of the probe's."""
        found = {}
        with open(os.path.join(out, "results", "latest", "cells.jsonl"), encoding="utf-8") as f:
            for c in map(json.loads, f):
                found.update({(c["cell"], r["metric"]): r["value"] for r in c["rows"]})
        with open(os.path.join(out, "probe"), encoding="utf-8") as f:
            for m in re.finditer(r"^batch +(\d+): map min (\d+).*unmap min (\d+)", f.read(), re.M):
                found["probe", m.group(1)] = m.group(2, 3)
        return found

    def causes(self, claim):
        """The part of what PVH costs more than PV that is copying of arguments, of both operations the least."""
        self.work()
        tool = os.path.join(self.c.TOP, "build", "grantbench-profile")
        syms = os.path.join(self.out("counts"), PVH[0], "xen-syms")
        words, least = [], 1.0
        with self.c.log_open(claim.name) as log:
            for op in ("map", "unmap"):
                parts = [os.path.join(self.out("counts"), run) + ",op=%s,count=256," % op + cell
                         for run, cell in (PV, PVH)]
                argv = [tool, "causes", "--syms=" + syms]
                log.write(self.c.call(argv + parts, log))
                rows = [r for r in csv.DictReader(io.StringIO(self.c.call(argv + ["--format=csv"] + parts, log)))
                        if r["kind"] == "all"]
                more = {r["place"]: float(r["b"]) - float(r["a"]) for r in rows}
                a, b, saved = (sum(float(r[k]) for r in rows) for k in ("a", "b", "once_saves"))
                least = min(least, more["copying of arguments"] / (b - a))
                words.append("%s %.0f and %.0f: arguments %.0f, the mapper's table %.0f, IOMMU %.0f of the "
                             "difference, once a hypercall would save %.0f" % (
                                 op, a, b, more["copying of arguments"], more["the mapper's table"],
                                 more["the IOMMU's table"], saved))
        return Figure("%.2f; %s" % (least, ", ".join(words)), least >= claim.limit, 1, 1, "runs")


def claims(claim, c):
    """The list; claim is scripts/claims' Claim."""
    xen = Xen(c)
    return [
        claim("xen.counts", "C", 0, "at most %g counts",
              "a real Xen's work per map, unmap and copy is not hv's, nor listed", xen.counts, LAB),
        claim("xen.plugin", "C", 0, "at most %g figures",
              "instructions differ when the emulator's plugin watches the boot", xen.plugin, LAB),
        claim("xen.causes", "C", 0.6, "at least %g",
              "copying of arguments in what a PVH dom0's map and unmap cost more than PV's", xen.causes, LAB),
    ]
