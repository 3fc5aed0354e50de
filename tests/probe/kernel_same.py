# SPDX-License-Identifier: GPL-2.0-only
"""Hold contention.json against what tests/probe/kernel_load.c printed and perf counted: kernel_same.py JSON OUTPUT WHAT PERF."""
import json
import sys

doc = json.load(open(sys.argv[1]))
what = sys.argv[3]
kernel = doc["kernel"]
wrong = []


def check(true, text):
    if not true:
        wrong.append(text)


if what == "perf":
    line = [x for x in open(sys.argv[4]) if "lock:contention_begin" in x][0]
    count = int(line.split(",")[0])
    check(count > 50, f"perf has seen {count} waits only")
    check(abs(kernel["begins"] - count) <= max(2, 0.01 * count), f"{kernel['begins']} where perf has {count}")
    check(kernel["lost"] == 0, f"lost {kernel['lost']}")
elif what == "names":
    names = {(x["caller"], x["type"]) for x in kernel["locks"]}
    check(kernel["names"], "the kernel's functions have no names")
    # What maps and unmaps takes the lock of the process's memory for writing.
    check(any(c and ("munmap" in c or "mmap" in c) and t == "rwsem:W" for c, t in names), f"no mmap in {names}")
    check(all(c is None or "slowpath" not in c and not c.startswith("bpf_") for c, t in names), f"{names}")
    check(len(names) == len(kernel["locks"]) or None in {c for c, _ in names}, "a caller twice")
elif what == "times":
    for x in kernel["locks"]:
        # One may be waiting when the process ends.
        check(x["contended"] - x["ended"] in (0, 1), f"{x['caller']}: {x['contended']} begun, {x['ended']} ended")
        check(sum(x["wait_histogram"]) == x["ended"], f"{x['caller']}: histogram {sum(x['wait_histogram'])}")
        check(x["wait_max_ns"] <= x["wait_ns"], f"{x['caller']}: {x['wait_max_ns']} of {x['wait_ns']} ns")
    check(sum(x["contended"] for x in kernel["locks"]) <= kernel["begins"], "more waits than events")
elif what == "futex":
    address, waits = open(sys.argv[2]).read().split("\n")[1].split()
    mine = [x for x in kernel["futexes"] if x["address"] == address]
    check(sum(x["waits"] for x in mine) == int(waits) and all(x["op"] == "wait" for x in mine),
          f"{[(x['address'], x['waits']) for x in kernel['futexes']]} where the process has {waits} at {address}")
    check(any("syscall" in x["stack"] for x in mine), f"{[x['stack'] for x in mine]}")
elif what == "quick":
    check(0 < doc["attach_ms"] < 200, f"attach: {doc['attach_ms']} ms")
    check(0 < doc["detach_ms"] < 1000, f"detach: {doc['detach_ms']} ms")
elif what == "pair":
    pair = doc["pair"]
    check(pair["with"]["windows"] >= 1 and pair["without"]["windows"] >= 1, f"{pair}")
    for side in pair["with"], pair["without"]:
        check(side["contended"] <= side["acquisitions"], f"{side}")
print("\n".join(wrong))
sys.exit(bool(wrong))
