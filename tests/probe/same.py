# SPDX-License-Identifier: GPL-2.0-only
"""Compare contention.json with what tests/probe/load.c printed: same.py JSON OUTPUT waits|callers|state|times."""
import json
import sys

doc = json.load(open(sys.argv[1]))
what = sys.argv[3]
own = {}
for line in open(sys.argv[2]):
    serial, kind, *rest = line.split()
    own[int(serial), kind] = [int(x) for x in rest]
locks = {k["lock"]: k for k in doc["locks"] or []}
wrong = []


def check(true, text):
    if not true:
        wrong.append(text)


if what == "waits":
    check(doc["lost"] == {"reads": 0, "records": 0} and doc["not_final"] == 0, f"lost: {doc['lost']}")
    check(min(own[s, k][0] for s, k in own if k == "p2m_write") > 4096, "no copy before the last was made")
    for kind in {k for _, k in own} | set(locks):
        mine = [v for (_, k), v in own.items() if k == kind]
        got = locks.get(kind)
        want = [sum(c) for c in zip(*mine)]
        have = got and [got["contended"], got["wait_ticks"], got["wait_max_ticks"]] + got["wait_histogram"]
        if want:
            want[2] = max(v[2] for v in mine)
        check(have == want, f"{kind}: {have} where the process has {want}")
        for v in got["vcpus"] if got else []:
            check(own.get((v["vcpu"], kind), [0, 0])[:2] == [v["contended"], v["wait_ticks"]], f"{kind}: {v}")
elif what == "callers":
    top = [c["stack"] for c in doc["callers"] if c["lock"] == "p2m_write"][:3]
    check(top, "no stacks")
    for stack in top:
        check("first_caller" in stack or "second_caller" in stack, f"unknown caller: {stack}")
        check("hv_p2m_lock" in stack, f"without the lock's own function: {stack}")
    for name in "first_caller", "second_caller":
        check(any(name in c["stack"] for c in doc["callers"]), f"{name} was never seen")
elif what == "state":
    serials = {s for s, k in own if k == "p2m_write"}
    waits = [w for w in doc["state"]["waits"] if w["lock"] == "p2m_write"]
    check(doc["state"]["samples"] >= doc["state"]["waiting"] > 0, f"{doc['state']}")
    check(any(w["held_by"] in serials and w["held_by"] != w["vcpu"] and w["vcpu"] in serials for w in waits),
          f"nobody waits for the other one: {waits}")
elif what == "times":
    check(0 < doc["attach_ms"] < 200, f"attach: {doc['attach_ms']} ms")
    check(0 < doc["detach_ms"] < 1000, f"detach: {doc['detach_ms']} ms")
print("\n".join(wrong))
sys.exit(bool(wrong))
