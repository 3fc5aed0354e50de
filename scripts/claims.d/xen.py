# SPDX-License-Identifier: GPL-2.0-only
"""A real Xen, in the lab (docs/lab.md): measured only when it is asked for."""
import concurrent.futures
import csv
import functools
import glob
import io
import json
import os
import re
import shutil

from claims_base import LOGS, TOP, Broken, Claim, Figure, Group, call, log_open, program, script

PAIR = "cell=%s/batch:256/mapper:%s/granter:pv/iommu:%s#v1"
PV, PVH = ("pv-pairs", PAIR % ("domain", "pv", "none")), ("pvh-pairs", PAIR % ("dom0", "translated", "strict"))

BATCHES = "1,8,31,32,33,64,256,512"
SAME = ("--set=map_unmap.vcpu=same",)
OWN = (("pv-v1", ("--version=1",), SAME), ("pv-v2", ("--version=2",), SAME),
       ("pv+domu", ("--machine=pv+domu",), ()), ("pvh+domu", ("--machine=pvh+domu",), ()))


def lab(log, *args, good=(0,)):
    """One run of scripts/lab: what it printed."""
    p = script(log, "lab", *args[:1], "--replace", *args[1:])
    if p.returncode not in good:
        raise Broken("scripts/lab %s ended with exit code %d, see %s" % (
            args[0], p.returncode, os.path.relpath(log.name, TOP)))
    return p.stdout


def folder(name):
    """Where a boot's results go."""
    return os.path.join(LOGS, "lab-" + name)


@functools.lru_cache(None)
def work():
    """The output of scripts/lab counts, whose profiles are kept until the next time."""
    with log_open("xen.counts") as log:
        return lab(log, "counts", "--out=" + folder("counts"), good=(0, 1))


def counts(claim):
    text = work()
    m = re.search(r"^(\d+) cells.*: (\d+) equal, (\d+) listed, (\d+) differs, (\d+) not", text, re.M)
    if not m:
        raise Broken("scripts/lab counts compared nothing")
    cells, equal, listed, differs, unseen = map(int, m.groups())
    idle = len(re.findall("is not needed$", text, re.M))
    broken = re.search(r"^(\d+) of them are not compared", text, re.M)
    good = differs + idle <= claim.limit and equal > 1000 and not broken
    return Figure("%d of %d counts differ, %d by the list, %d exceptions idle; %d cells and operations, "
                  "%s broken off by an event, %d counts not observable" % (
                      differs, equal + listed + differs, listed, idle, cells,
                      broken.group(1) if broken else "0", unseen), good, 1, 1, "runs")


def plugin(claim):
    """A boot with the plugin and one without: their figures."""
    args = ["--job=check", "--", "--target=xen", "--filter=^map_unmap/", "--set=map_unmap.batch=1,256",
            "--set=map_unmap.vcpu=same", "--launches=0", "--budget=2"]
    with log_open(claim.name) as log:
        for profile in ("no", "yes"):
            lab(log, "boot", "--profile=" + profile, "--out=" + folder("plugin-" + profile), *args)
        if not os.path.getsize(os.path.join(folder("plugin-yes"), "profile")):
            raise Broken("the plugin wrote nothing")
        found = [figures(folder("plugin-" + x)) for x in ("no", "yes")]
        log.write("%s\n%s\n" % tuple(found))
    if not found[0] or len(found[0]) != len(found[1]):
        raise Broken("there is nothing to compare")
    n = sum(found[1].get(k) != v for k, v in found[0].items())
    return Figure("%d of %d figures differ" % (n, len(found[0])), n <= claim.limit, 1, 1, "pairs of boots")


@functools.lru_cache(None)
def all_machines():
    """make lab: every machine twice. What it said, and the folder with its results."""
    out = folder("all")
    with log_open("xen.lab") as log:
        p = script(log, "lab-all", "--replace", "--out=" + out)
    return p.stderr, out


def bits(claim):
    """Pairs of boots of one machine that did not give the same bytes."""
    text, out = all_machines()
    asked = len(glob.glob(os.path.join(out, "*", "1")))
    same = len(re.findall("two boots, the same bytes", text))
    if not asked:
        raise Broken("no machine booted, see %s" % os.path.join(LOGS, "xen.lab.log"))
    return Figure("%d of %d pairs differ" % (asked - same, asked), asked - same <= claim.limit, asked, asked, "pairs")


def seconds(claim):
    text, _ = all_machines()
    m = re.search(r"^lab: boots: (\d+) s, downloads before that: (\d+) s", text, re.M)
    if not m:
        raise Broken("make lab did not end")
    return Figure("%s s, and downloads %s s" % m.groups(), int(m.group(1)) <= claim.limit, 1, 1, "runs")


def memory(claim):
    """Twice the largest emulator: two run at a time."""
    _, out = all_machines()
    peaks = []
    for name in glob.glob(os.path.join(out, "*", "[12]", "took")):
        with open(name, encoding="utf-8") as f:
            peaks += [int(x) for x in re.findall(r"(\d+) MiB", f.read())]
    if not peaks:
        raise Broken("no machine booted")
    return Figure("%.1f GiB for two" % (2 * max(peaks) / 1024), 2 * max(peaks) / 1024 <= claim.limit, 1, 1, "runs")


def order(claim):
    text, out = all_machines()
    m = re.search(r"Xen beside hv: rank correlation (-?[\d.]+) over (\d+) cells", text)
    if not m:
        raise Broken("hv's cells were not compared, see %s" % os.path.join(out, "hv.log"))
    return Figure("%s over %s cells" % m.groups(), float(m.group(1)) >= claim.limit and int(m.group(2)) >= 20, 1, 1,
                  "runs")


VERSIONS = ("--set=map_unmap.vcpu=same", "--set=map_unmap.batch=1,8,32,256", "--set=map_unmap.access=rw",
            "--set=map_unmap.pin=first,repeat", "--set=copy.batch=1,16,64", "--set=copy.bytes=64,4096")
BOTH = ("--set=map_unmap.mapper=pv,translated", "--set=copy.mapper=pv,translated")


def differences(claim):
    """What version 2 costs more, on a PV dom0 (two boots, profiled) and between domains of our own, and on hv."""
    out, hv = folder("versions"), os.path.join(folder("versions"), "hv")
    filters = ("--filter=^(map_unmap|copy)/",)
    plans = (("pv-v1", ("profile", "--machine=pv", "--version=1"), VERSIONS),
             ("pv-v2", ("profile", "--machine=pv", "--version=2"), VERSIONS),
             ("guests", ("boot", "--machine=guests"), VERSIONS + BOTH))
    shutil.rmtree(out, ignore_errors=True)
    with log_open(claim.name) as log:
        with concurrent.futures.ThreadPoolExecutor(min(2, os.cpu_count())) as pool:
            for done in [pool.submit(lab, log, *words, "--out=" + os.path.join(out, name), "--", "--target=xen",
                                     "--launches=0", "--budget=4", *filters, *plan) for name, words, plan in plans]:
                done.result()
        p = script(log, "hv-instructions", "--versions=v1,v2", "--out=" + hv, *filters, *VERSIONS, *BOTH)
        if p.returncode:
            raise Broken("scripts/hv-instructions ended with exit code %d, see %s" % (p.returncode, log.name))
        runs = [os.path.join(out, name, "results", "latest") for name, _, _ in plans]
        text = call([program("grantbench-report"), "--no-plots", hv, "--beside=" + ",".join(runs)], log)
        log.write(text)
    m = re.search(r"differences of versions in (\d+) rows, (\d+) with another sign, (\d+) further apart than 1 % of "
                  r"the operation \((\d+) by its size alone\), (\d+) with a version on one side", text)
    if not m or int(m.group(1)) < 40 or int(m.group(5)):
        raise Broken("versions were not compared in at least 40 rows of both sides, see %s" % log.name)
    rows, sign, far, whole, _ = map(int, m.groups())
    return Figure("%d of %d rows have another sign, %d are more than 1 %% of the operation apart, %d of these by its "
                  "size alone" % (sign, rows, far, whole), sign <= claim.limit, 1, 1, "runs")


def fuzz(claim):
    """Random ioctls on both kinds of dom0; what the kernel says of it fails the job."""
    words, bad = [], 0
    with log_open(claim.name) as log:
        for machine in ("pv", "pvh"):
            out = folder("fuzz-" + machine)
            lab(log, "fuzz", "--machine=" + machine, "--out=" + out, "--", "100000", "7", good=(0, 1))
            with open(os.path.join(out, "log"), encoding="utf-8") as f:
                text = f.read()
            n = re.search(r"(\d+) ioctls", text)
            bad += len(re.findall("BUG|WARNING|Oops|Call Trace|kept for good|not ok", text))
            if not n or int(n.group(1)) < 100000:
                raise Broken("%s: fewer ioctls than asked for, see %s" % (machine, log.name))
            words.append("%s %s ioctls" % (machine, n.group(1)))
    return Figure("%d; %s" % (bad, ", ".join(words)), bad <= claim.limit, 1, 1, "runs")


def streams(claim):
    """The differential stream: five seeds in one boot, so many operations each that every kind of machine has 20,000."""
    with log_open(claim.name) as log:
        p = script(log, "lab-diff", "--replace", "--seed=1,2,3,4,5", "--count=4000", "--out=" + folder("streams"))
    differ = re.search(r"^(\d+) sub-streams differ", p.stdout, re.M)
    ran = re.search(r"operations (\d+), sub-streams (\d+)", p.stdout)
    if not differ or not ran or int(ran.group(1)) < 12 * 20000:
        raise Broken("scripts/lab-diff ended early, see %s" % os.path.relpath(log.name, TOP))
    n, (ops, of) = int(differ.group(1)), ran.groups()
    return Figure("%d of %s differ, %s operations" % (n, of, ops), p.returncode == 0 and n <= claim.limit, 1, 1, "runs")


def rows_of(out):
    """Of each row of a boot the least and the median over rounds."""
    with open(os.path.join(out, "results", "latest", "cells.jsonl"), encoding="utf-8") as f:
        return {(c["cell"], r["version"], r["metric"]): (r["min"], r["value"])
                for c in map(json.loads, f) for r in c["rows"]}


def figures(out):
    """Values of grantbench's rows, and the least of the probe's."""
    found = {key: value for key, (_, value) in rows_of(out).items()}
    with open(os.path.join(out, "probe"), encoding="utf-8") as f:
        for m in re.finditer(r"^batch +(\d+): map min (\d+).*unmap min (\d+)", f.read(), re.M):
            found["probe", m.group(1)] = m.group(2, 3)
    return found


def boots(log):
    """The boots of OWN, two at a time. Per machine: its name and the rows of each boot."""
    jobs = [(folder("own-%s-%d" % (name, i)), boots, options, settings)
            for name, options, settings in OWN for i, boots in enumerate(("own", "own", "alike"))]
    with concurrent.futures.ThreadPoolExecutor(min(2, os.cpu_count())) as pool:
        for done in [pool.submit(lab, log, "boot", "--boots=" + boots, "--out=" + out, *options, "--",
                                 "--target=xen", "--filter=^map_unmap/", "--set=map_unmap.batch=" + BATCHES,
                                 *settings) for out, boots, options, settings in jobs]:
            done.result()
    for name, _, _ in OWN:
        found = [rows_of(folder("own-%s-%d" % (name, i))) for i in range(3)]
        if not found[0] or any(f.keys() != found[0].keys() for f in found):
            raise Broken("%s: the boots have not the same cells" % name)
        yield name, found


def own(claim):
    """Boots with seeds and dates of their own, and the usual one: least and median of each figure."""
    parts, n, unequal, apart = [], 0, 0, 0
    with log_open(claim.name) as log:
        for name, found in boots(log):
            differ, far = [], []
            for key in found[0]:
                least, median = zip(*(f[key] for f in found))
                log.write("%s %s: least %s, median %s\n" % (name, " ".join(key), least, median))
                differ.append(max(least) - min(least))
                far.append(max(median) / min(median) - 1)
            n += len(differ)
            unequal += sum(d > 0 for d in differ)
            apart += sum(f > 0.001 for f in far)
            parts.append("%s %.2g and %.3f %%" % (name, max(differ), 100 * max(far)))
    text = "%d of %d minima differ, %d medians are 0.1 %% apart; at most, in instructions and in per cent: %s" % (
        unequal, n, apart, ", ".join(parts))
    return Figure(text, unequal + apart <= claim.limit, 3, 3, "boots")


def causes(claim):
    """The part of what PVH costs more than PV that is copying of arguments, of both operations the least."""
    work()
    tool = os.path.join(TOP, "build", "grantbench-profile")
    syms = os.path.join(folder("counts"), PVH[0], "xen-syms")
    words, least = [], 1.0
    with log_open(claim.name) as log:
        for op in ("map", "unmap"):
            parts = [os.path.join(folder("counts"), run) + ",op=%s,count=256," % op + cell
                     for run, cell in (PV, PVH)]
            argv = [tool, "causes", "--syms=" + syms]
            log.write(call(argv + parts, log))
            rows = [r for r in csv.DictReader(io.StringIO(call(argv + ["--format=csv"] + parts, log)))
                    if r["kind"] == "all"]
            more = {r["place"]: float(r["b"]) - float(r["a"]) for r in rows}
            a, b, saved = (sum(float(r[k]) for r in rows) for k in ("a", "b", "once_saves"))
            least = min(least, more["copying of arguments"] / (b - a))
            words.append("%s %.0f and %.0f: arguments %.0f, the mapper's table %.0f, IOMMU %.0f of the "
                         "difference, once a hypercall would save %.0f" % (
                             op, a, b, more["copying of arguments"], more["the mapper's table"],
                             more["the IOMMU's table"], saved))
    return Figure("%.2f; %s" % (least, ", ".join(words)), least >= claim.limit, 1, 1, "runs")


GROUP = Group(70, [
    Claim("xen.bits", "C", 0, "at most %g pairs", "two boots of a machine of the lab differ in their results",
          bits),
    Claim("xen.time", "H", 1200, "at most %g s", "make lab, every machine twice, two emulators at a time",
          seconds),
    Claim("xen.memory", "H", 6, "at most %g GiB", "memory of the lab's emulators", memory),
    Claim("xen.order", "C", 0.8, "at least %g", "hv's order of cells against a real Xen's, by rank", order),
    Claim("xen.versions", "C", 0, "at most %g rows",
          "version 2 costs more on a real Xen and less on hv, or the other way round", differences),
    Claim("xen.fuzz", "C", 0, "at most %g", "complaints of the kernel about random ioctls, processes killed in them",
          fuzz),
    Claim("xen.streams", "C", 0, "at most %g sub-streams",
          "a real Xen says something else than hv, 20,000 operations of each kind of machine", streams),
    Claim("xen.counts", "C", 0, "at most %g counts",
          "a real Xen's work per map, unmap and copy is not hv's, nor listed", counts),
    Claim("xen.plugin", "C", 0, "at most %g figures",
          "instructions differ when the emulator's plugin watches the boot", plugin),
    Claim("xen.own", "C", 0, "at most %g figures",
          "minima that differ, medians 0.1 % apart: boots with seeds and dates of their own", own),
    Claim("xen.causes", "C", 0.6, "at least %g",
          "copying of arguments in what a PVH dom0's map and unmap cost more than PV's", causes),
], when_asked=True)
