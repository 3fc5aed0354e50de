#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""What an IOMMU was asked for, from the emulator's trace of a boot, put into the rows of its results.

  scripts/lab_trace.py FOLDER UNIT [--keep]   UNIT: vtd, amdvi or viommu; --keep: the trace itself stays, too
  scripts/lab_trace.py events UNIT            the trace events that it takes, separated by commas

The module says by marks whose maps and unmaps these are (kernel-helpers/include/gnb_iommu.h): what lies between two
marks is counted, and nothing else. Rows of map and unmap get the counts per operation, `counts_from` ("trace"), and
`traced`: the whole numbers that they come from. FOLDER/traced has the same as a table.
Exit: 0 ok, 1 failed, 2 usage.
"""
import collections
import glob
import json
import os
import re
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import ending  # beside this script

MARKS = "parallel_ioport_write"
MARK = re.compile(MARKS + r" write \[\w+\] addr 0x0?(\d+) val 0x([0-9a-f]+)")
AT, LETTER = "3", "4"  # GNB_IOMMU_MARK_AT, GNB_IOMMU_LETTER_AT
PHASES = {ord("m"): "map", ord("u"): "unmap", ord("e"): None}
# Event, and what its line has, to what is counted.
UNITS = {
    "vtd": (("vtd_inv_desc_iotlb_pages", "", "invalidations"),
            ("vtd_inv_desc_iotlb_domain", "", "domain_invalidations"),
            ("vtd_inv_desc_iotlb_global", "", "global_invalidations"),
            ("vtd_inv_desc_wait_sw", "", "waits"),
            ("vtd_inv_qi_tail", "", "doorbells")),
    "amdvi": (("amdvi_pages_inval", "", "invalidations"),
              ("amdvi_completion_wait", "", "waits"),
              ("amdvi_mmio_write", "COMMAND_TAIL", "doorbells")),
    "viommu": (("virtio_iommu_map", "", "map_requests"),
               ("virtio_iommu_unmap", "", "unmap_requests"),
               ("virtio_iommu_unmap_done", "", "ranges_removed"),
               ("virtio_queue_notify", "", "doorbells")),
}


class Fail(Exception):
    pass


def names(unit):
    return [name for _, _, name in UNITS[unit]]


def read(path, unit):
    """{(cell, phase): {what: how often}}, phases themselves among it as "phases"."""
    found = collections.defaultdict(collections.Counter)
    events = {event: (word, name) for event, word, name in UNITS[unit]}
    cell, letters, phase = None, [], None
    with open(path, encoding="utf-8", errors="replace") as f:
        for line in f:
            event = line.split(" ", 1)[0].rstrip("\n")
            if event == MARKS:
                m = MARK.match(line)
                if not m:
                    raise Fail("%s: a mark that is none: %s" % (path, line.strip()))
                value = int(m.group(2), 16)
                if m.group(1) == LETTER:
                    letters.append(chr(value))
                    if not value:
                        cell, letters = "".join(letters[:-1]), []
                elif m.group(1) == AT:
                    if value not in PHASES:
                        raise Fail("%s: a mark of %#x, and there is none" % (path, value))
                    phase = PHASES[value] if cell else None
                    if phase:
                        found[cell, phase]["phases"] += 1
            elif phase and event in events and events[event][0] in line:
                found[cell, phase][events[event][1]] += 1
    return found


def operation(metric):
    """Of a row's metric: map, unmap or None."""
    m = re.fullmatch(r"(map|unmap)(_p50|_min)?", metric)
    return m.group(1) if m else None


def add(cell, found, unit):
    """The counts of a cell into its rows. Whether there were any."""
    rows = cell["rows"]
    for what in ("map", "unmap"):
        mine = [r for r in rows if operation(r["metric"]) == what]
        whole = next((r for r in mine if r["metric"] == what), None)
        if not whole:
            continue
        seen = found.get((cell["cell"], what))
        if not seen or not whole["ops_counted"] or whole["ops_counted"] % seen["phases"]:
            raise Fail("%s: %s of %s were counted, and marks were seen of %s" % (
                cell["cell"], whole["ops_counted"], what, seen["phases"] if seen else "none"))
        ops = whole["ops_counted"]
        for r in mine:
            counts = r["counts"] = r.get("counts") or {}
            counts.update({n: seen[n] / ops for n in names(unit)})
            r["counts_from"] = "trace"
            r["traced"] = {"operations": ops, **{n: seen[n] for n in names(unit)}}
    return bool(rows)


def join(folder, unit, keep):
    trace = os.path.join(folder, "trace")
    found, lines, known = read(trace, unit), [], set()
    for run in sorted(glob.glob(os.path.join(glob.escape(folder), "results", "2*", "cells.jsonl"))):
        with open(run, encoding="utf-8") as f:
            cells = [json.loads(line) for line in f]
        for c in cells:
            if c["bench"] in ("dma_map", "vfio_map") and c["status"] == "ok":
                add(c, found, unit)
                known.add(c["cell"])
        with open(run + ".new", "w", encoding="utf-8") as f:
            for c in cells:
                f.write(json.dumps(c, separators=(",", ":")) + "\n")
        os.replace(run + ".new", run)
    # Tests of the module tell names, too.
    for (cell, phase), seen in sorted(f for f in found.items() if f[0][0] in known):
        lines.append(" ".join([cell, phase] + ["%s=%d" % (n, seen[n]) for n in ["phases"] + names(unit)]))
    with open(os.path.join(folder, "traced"), "w", encoding="utf-8") as f:
        f.write("\n".join(lines) + "\n" * bool(lines))
    if not keep:
        os.remove(trace)


def main(args):
    keep = "--keep" in args
    args = [a for a in args if a != "--keep"]
    if {"-h", "--help"} & set(args):
        print(__doc__.strip())
        return 0
    if len(args) == 2 and args[1] in UNITS:
        if args[0] == "events":
            print(",".join([MARKS] + list(dict.fromkeys(e for e, _, _ in UNITS[args[1]]))))
            return 0
        try:
            join(args[0], args[1], keep)
        except (Fail, OSError, ValueError, KeyError) as e:
            print("lab: %s" % e, file=sys.stderr)
            return 1
        return 0
    print("lab: lab_trace.py %s: write lab_trace.py FOLDER|events %s, or --help" % (" ".join(args), "|".join(UNITS)),
          file=sys.stderr)
    return 2


if __name__ == "__main__":
    ending.end("lab", lambda: main(sys.argv[1:]))
