#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""What grantbench compare says of figures: counts, instructions, ratios of time, and rows that are not there."""
import copy
import json
import os
import sys

sys.dont_write_bytecode = True
import made
from case import end, many, ok, one, path, rows, run, small, verdict


def counts():
    a = small("a")
    d = verdict(a, small("b"))
    ok(d["exit"] == 0 and rows(d) == [("same", "v1", "map")], "equal counts are the same")
    d = verdict(a, small("b", counts={"flushes": 1, "spin_locks": 3}))
    r = one(d, "counts")
    ok(d["exit"] == 3 and r["verdict"] == "slower" and r["fails"] and r["effect"] is None and r["changes"] == [
        {"count": "spin_locks", "base": 2, "now": 3}, {"count": "flushes", "base": 0, "now": 1}],
       "more work is worse, also where there was none")
    d = verdict(a, small("b", counts={"flushes": 1}))
    ok(d["exit"] == 3 and one(d, "counts")["effect"] is None, "from nothing there is no share of what it was")
    d = verdict(a, small("b", counts={"atomic_rmws": 8.984375}))
    ok(d["exit"] == 0 and one(d, "counts")["verdict"] == "faster", "less is better, by one part of a count")
    d = verdict(a, small("b", counts={"atomic_rmws": 8, "spin_locks": 3}))
    ok(d["exit"] == 3 and one(d, "counts")["verdict"] == "changed", "more of one and less of another has changed")
    b = small("b", rows_of=[made.row("v1", counts={k: v for k, v in made.COUNTS.items() if k != "spin_locks"})])
    d = verdict(a, b)
    ok(d["exit"] == 3 and one(d, "counts")["verdict"] == "changed" and one(d, "counts")["changes"] == [
        {"count": "spin_locks", "base": 2, "now": None}], "a count that is not made any more")
    d = verdict(b, a)
    ok(d["exit"] == 0 and one(d, "counts")["verdict"] == "same", "one that was not made before is no change")
    d = verdict(a, small("b", rows_of=[made.row("v1", counts=None, counts_class=None)]))
    ok(d["exit"] == 3 and one(d, "counts")["verdict"] == "missing", "counts that are not there are missing")
    contend = made.cell("p2m_lock/threads:2", [made.row("v1", counts_class="S")])
    other = copy.deepcopy(contend)
    other["rows"][0]["counts"]["spin_locks"] = 7
    d = verdict(made.write(path("s1"), [contend]), made.write(path("s2"), [other]))
    ok(d["exit"] == 0 and not d["rows"], "counts of several threads are not compared")
    wavers = [made.cell("map_unmap/batch:64", [made.row("v1")], k) for k in range(2)]
    wavers[1]["rows"][0]["counts"]["flushes"] = 2
    d = verdict(a, made.write(path("b"), wavers))
    ok(one(d, "counts")["verdict"] == "untrusted" and "flushes" in one(d, "counts")["reason"],
       "counts that differ between launches of one run are not trusted, and named")
    for env in ({"cpu_model": "Other CPU", "microcode": "0x9", "compiler": "clang 14", "libc": "musl"},):
        d = verdict(a, small("b", env=env, counts={"flushes": 1}))
        ok(d["exit"] == 3 and one(d, "counts")["verdict"] == "slower", "counts are compared on whatever machine")
    for key in ("guest_type", "granter", "iommu"):
        x, y = (small(n, env={"target_facts": {key: v, "xen": n}}) for n, v in (("a", "one"), ("b", "another")))
        code, out, _ = run(x, y, "--only=counts")
        ok(code == 5 and key in out, "counts of another %s are not compared" % key)


def values():
    a = made.write(path("a"), [made.cell("table_growth/frames:64", [made.exact("v1", "hv_bytes", 1000)])])
    for now, better, want in ((1000, "lower", "same"), (1001, "lower", "slower"), (999, "lower", "faster"),
                              (1001, "higher", "faster"), (999, "higher", "slower"), (0, "lower", "faster")):
        a = made.write(path("a"), [made.cell("table_growth/frames:64",
                                             [made.exact("v1", "hv_bytes", 1000, better=better)])])
        b = made.write(path("b"), [made.cell("table_growth/frames:64",
                                             [made.exact("v1", "hv_bytes", now, better=better)])])
        d = verdict(a, b)
        ok(one(d, "value")["verdict"] == want and d["exit"] == (3 if want == "slower" else 0),
           "exact figure 1000 -> %d, %s is better: %s" % (now, better, want))
    z = made.write(path("z"), [made.cell("table_growth/frames:64", [made.exact("v1", "hv_bytes", 0)])])
    d = verdict(z, z)
    ok(one(d, "value")["verdict"] == "same" and one(d, "value")["ratio"] == 1, "0 -> 0 is the same")
    d = verdict(z, b)
    ok(one(d, "value")["verdict"] == "same", "0 -> 0 of another run, too")
    d = verdict(z, made.write(path("b"), [made.cell("table_growth/frames:64", [made.exact("v1", "hv_bytes", 5)])]))
    ok(one(d, "value")["verdict"] == "slower" and one(d, "value")["ratio"] is None, "0 -> 5 is worse, by no ratio")


def instructions():
    key = ("map_unmap/batch:64", "v1", "map")

    def pair(was, now, *args, **more):
        a, b = small("a"), small("b")
        made.count(path("a/instructions"), {key: was})
        made.count(path("b/instructions"), {key: now}, **more)
        return verdict(a, b, *args)
    for now, args, want in ((1000, (), "same"), (1002, (), "same"), (1002.1, (), "slower"), (997.9, (), "faster"),
                            (998, (), "same"), (1002, ("--gate=0.1",), "slower"), (1000.001, ("--gate=0",), "slower"),
                            (1000, ("--gate=0",), "same"), (1040, ("--gate=5%",), "same")):
        d = pair(1000, now, *args)
        ok(one(d, "instructions")["verdict"] == want and d["exit"] == (3 if want == "slower" else 0),
           "instructions 1000 -> %s%s: %s" % (now, " with " + args[0] if args else "", want))
    for k, v in (("compiler", "gcc 13"), ("cflags", "-O3"), ("libc", "glibc 2.40"), ("libc", None), ("build_type", "debug")):
        small("b", env={k: v})
        a, b = small("a"), small("b", env={k: v})
        made.count(path("a/instructions"), {key: 1000})
        made.count(path("b/instructions"), {key: 2000}, env={k: v})
        d = verdict(a, b)
        r = one(d, "instructions")
        ok(r["verdict"] == "untrusted" and k in r["reason"] and d["exit"] == 0
           and d["others"][0]["may"]["instructions"]["keys"][0]["key"] == k
           and not d["others"][0]["may"]["counts"]["refused"], "another %s (%s): instructions are not compared" % (k, v))
        code, _, _ = run(a, b, "--only=instructions")
        ok(code == 5, "and refused where they alone are asked for")
        d = verdict(a, b, "--force")
        ok(d["exit"] == 3 and one(d, "instructions")["verdict"] == "slower" and one(d, "instructions")["forced"]
           and not one(d, "counts")["forced"], "by force they are, and say so")
    d = pair(1000, 2000, env={"cpu_model": "Other CPU", "microcode": "0x9", "kernel": "9"})
    ok(one(d, "instructions")["verdict"] == "slower", "another processor is no reason not to")
    for copied, want in ((4096, "untrusted"), (0, "slower")):
        a, b = small("a"), small("b", env={"cpu_features": "avx512f"})
        made.count(path("a/instructions"), {key: 1000}, counts={"bytes_copied": copied})
        made.count(path("b/instructions"), {key: 2000}, counts={"bytes_copied": copied}, env={"cpu_features": "avx512f"})
        d = verdict(a, b)
        ok(one(d, "instructions")["verdict"] == want, "another loop for copies: %s where %d bytes are copied" % (want, copied))
    a, b = small("a"), small("none")
    made.count(path("a/instructions"), {key: 1000})
    d = verdict(a, b)
    r = [x for x in d["rows"] if x["figure"] == "instructions"]
    ok(d["exit"] == 3 and len(r) == 1 and r[0]["verdict"] == "missing" and "hv-instructions" in r[0]["reason"],
       "instructions on one side only are one row that is missing, with what makes them")
    ok(verdict(b, a)["exit"] == 0, "and none if the base has none")
    d = verdict(made.count(path("i"), {key: 1000}), made.count(path("j"), {key: 1003}))
    ok(rows(d) == [("slower", "v1", "map"), ("same", "v1", "map")], "folders of instructions alone have counts, too")
    d = verdict(path("i"), made.count(path("j"), {("map_unmap/batch:1", "v1", "map"): 1003}))
    ok(sorted(x["verdict"] for x in d["rows"]) == ["missing", "new"], "what they lack is told once")


def ratios():
    base = [1 + k / 1000 for k in range(8)]

    def pair(x, y, *args, **more):
        a = made.write(path("a"), made.launches("map_unmap/batch:64", "v2", x, **more))
        b = made.write(path("b"), made.launches("map_unmap/batch:64", "v2", y, **more))
        return verdict(a, b, *args)
    for factor, better, want in ((1.06, "lower", "slower"), (0.94, "lower", "faster"), (1.06, "higher", "faster"),
                                 (0.94, "higher", "slower"), (1.001, "lower", "same"), (1, "lower", "same")):
        d = pair(base, [v * factor for v in base], better=better)
        r = one(d, "ratio")
        ok(r["verdict"] == want and d["exit"] == (3 if want == "slower" else 0) and abs(r["ratio"] - factor) < 1e-6
           and r["lo"] <= r["ratio"] <= r["hi"] and r["launches"] == [8, 8],
           "8 launches each, %+.1f %%, %s is better: %s" % (100 * (factor - 1), better, want))
    d = pair(base, [v * 1.06 for v in base])
    ok(abs(one(d, "ratio")["p"] - 2 / 12870) < 1e-9 and one(d, "ratio")["threshold"] == 0.03 and d["family"] == 1,
       "apart: p is 2 of 12870; with few controls 3 % is the least")
    ok(pair(base, [v * 1.06 for v in base], "--min-effect=8")["exit"] == 0, "--min-effect asks for more")
    d = pair(base, [v * (1.06 if k % 2 else 0.97) for k, v in enumerate(base)])
    ok(one(d, "ratio")["verdict"] == "unclear" and one(d, "ratio")["needs"] is None
       and "too far apart" in one(d, "ratio")["reason"], "launches that lie far apart are unclear")
    for up in (True, False):
        leaning = [v * (x if up else 1 / x) for v, x in zip(base, (0.99, 1, 1, 1.05, 1.06, 1.06, 1.07, 1.07))]
        r = one(pair(base, leaning), "ratio")
        ok(r["verdict"] == "unclear" and (r["hi"] > 1.03 if up else r["lo"] < 0.97) and (r["lo"] > 0.97 or not up),
           "so are those whose interval leaves the threshold %s alone" % ("above" if up else "below"))
    d = pair(base, [v * 1.06 for v in base[:7]] + [None])
    ok(one(d, "ratio")["launches"] == [8, 7], "a launch without a ratio is none")
    d = pair(base, [None] * 8)
    ok(one(d, "ratio")["verdict"] == "unclear" and d["exit"] == 0, "no ratio at all is unclear, not missing")
    a = made.write(path("a"), made.launches("map_unmap/batch:64", "v2", base))
    for key, value in (("cpu_model", "Other"), ("microcode", "0x2"), ("hypervisor", "kvm"), ("compiler", "gcc 13"), ("cflags", "-O3")):
        b = made.write(path("b"), made.launches("map_unmap/batch:64", "v2", [2 * v for v in base]), env={key: value})
        d = verdict(a, b)
        r = one(d, "ratio")
        ok(r["verdict"] == "untrusted" and key in r["reason"] and d["exit"] == 0, "another %s: times are not compared" % key)
        code, out, _ = run(a, b, "--only=ratios")
        ok(code == 5 and key in out, "and refused where they alone are asked for, with the key")
    ok(one(verdict(a, b, "--force"), "ratio")["verdict"] == "slower", "--force compares them")
    b = made.write(path("b"), made.launches("map_unmap/batch:64", "v2", [2 * v for v in base]), env={"kernel": "9"})
    d = verdict(a, b)
    ok(one(d, "ratio")["verdict"] == "slower" and d["others"][0]["machine_differs"] == [
        {"key": "kernel", "base": "6.1", "now": "9"}], "another kernel is told, and compared")
    cells = made.launches("map_unmap/batch:64", "v2", [2 * v for v in base])
    for c in cells[:4]:
        c.update(status="unstable", reason="made")
    d = verdict(a, made.write(path("b"), cells))
    ok(one(d, "ratio")["verdict"] == "untrusted" and set(rows(d, "counts")) == {("same", "v1", "map"), ("same", "v2", "map")},
       "a ratio of a cell that was unstable is not trusted, its counts are")
    code, out, _ = run(a, path("b"), "--only=ratios")
    ok(code == 7 and "no cell was stable" in out and verdict(a, path("b"), "--only=ratios")["verdict"] == "untrusted",
       "where no cell was stable: exit code 7")
    b = made.write(path("b"), made.launches("map_unmap/batch:64", "v2", [2 * v for v in base]),
                   clock=dict(made.TIMES, trusted=False, reason="emulated"))
    ok(one(verdict(a, b), "ratio")["verdict"] == "untrusted", "times of an emulated processor are not compared")
    cells = made.launches("map_unmap/batch:64", "v2", base)
    for c in cells:
        c["rows"][1]["ratio"]["to"] = "v1-batch"
    ok(one(verdict(a, made.write(path("b"), cells)), "ratio")["verdict"] == "untrusted", "nor is a ratio to another version")
    d = verdict(a, made.write(path("b"), made.launches("map_unmap/batch:64", "v2", base)))
    ok(not any(r["unit"] == "ns/page" and r["figure"] not in ("counts", "ratio") for r in d["rows"]),
       "a single time is in no row")


def enough():
    """The number that is said to be needed finds what lies apart, and one fewer does not."""
    for n in (1, 7, 60):
        needs = {r["needs"] for r in verdict(many("a", n, 1), many("b", n, 1))["rows"] if r["figure"] == "ratio"}
        least = needs.pop()
        good, told = not needs, []
        for k in (least - 1, least):
            apart = [2 + i / 1000 for i in range(k)]
            d = verdict(many("a", n, k), many("b", n, k, apart))
            told.append({r["cell"]: r["verdict"] for r in d["rows"] if r["figure"] == "ratio"}["map_unmap/batch:0"])
            if k < least:
                good &= {r["needs"] for r in d["rows"] if r["figure"] == "ratio"} == {least}
        ok(good and told == ["unclear", "slower"], "%d ratios of one launch need %d: so many find it, one fewer does not" % (n, least))
    d = verdict(many("a", 1, 20), many("b", 1, 2))
    r = one(d, "ratio")
    ok(r["verdict"] == "unclear" or r["needs"] is None, "20 and 2 can be significant alone: 2 of 231 ways")
    d = verdict(many("a", 30, 20), many("b", 30, 2))
    n = [r["needs"] for r in d["rows"] if r["figure"] == "ratio"][0]
    found = [verdict(many("a", 30, 20), many("b", 30, k, [2.0 + i / 1000 for i in range(k)]))["exit"] for k in (n - 1, n)]
    ok(found == [0, 3], "30 of 20 and 2 launches need %d on the other side" % n)
    # One of 300 with many launches is tested, though the others never could be.
    cells = made.launches("map_unmap/batch:999", "v2", [1 + i / 1000 for i in range(8)])
    apart = made.launches("map_unmap/batch:999", "v2", [1.2 + i / 1000 for i in range(8)])
    a, b = many("a", 300, 1), many("b", 300, 1)
    for p, more in ((a, cells), (b, apart)):
        with open(os.path.join(p, "cells.jsonl"), "a", encoding="utf-8") as f:
            f.write("".join(json.dumps(c) + "\n" for c in more))
    d = verdict(a, b)
    ok(d["exit"] == 3 and d["family"] == 1 and d["counts"]["slower"] == 1, "rows that cannot be significant cost others nothing")
    d = verdict(many("a", 100, 8), many("b", 100, 8, [1.2 + i / 1000 for i in range(8)]))
    ok(d["family"] == 100 and d["counts"]["slower"] == 1 and d["exit"] == 3, "one of 100 is found among as many, 8 launches each")
    d = verdict(many("a", 100, 8), many("b", 100, 8))
    ok(d["counts"]["slower"] == d["counts"]["faster"] == 0, "and none where there is none")
    ok(verdict(many("a", 100, 8), many("b", 100, 8, [1.2 + i / 1000 for i in range(8)]), "--alpha=0.001")["exit"] == 0,
       "a smaller --alpha takes more launches")


def there():
    cells = [made.cell("map_unmap/batch:%d" % n, [made.row("v1"), made.row("v2")]) for n in (1, 2, 3)]
    a = made.write(path("a"), cells)
    d = verdict(a, made.write(path("b"), cells[:2]))
    ok(d["exit"] == 3 and [r["cell"] for r in d["rows"] if r["verdict"] == "missing"] == ["map_unmap/batch:3"],
       "a missing cell is one row, and exit code 3")
    ok(verdict(a, path("b"), "--fail-on=slower,changed")["exit"] == 0, "--fail-on without missing lets it pass")
    d = verdict(path("b"), a)
    ok(d["exit"] == 0 and d["counts"]["new"] == 1, "a new one passes")
    ok(verdict(path("b"), a, "--fail-on=new")["exit"] == 3, "but with --fail-on=new")
    ok(verdict(path("b"), a, "--fail-on=none")["exit"] == 0, "none fails with --fail-on=none")
    for status in ("error", "timeout", "skipped"):
        failed = copy.deepcopy(cells)
        failed[1].update(status=status, reason="made so", rows=[])
        d = verdict(a, made.write(path("b"), failed))
        r = [x for x in d["rows"] if x["verdict"] == "missing"]
        ok(d["exit"] == 3 and len(r) == 1 and r[0]["reason"] == status + ": made so", "a cell that is %s is missing, with its reason" % status)
        d = verdict(path("b"), path("b"))
        ok(d["exit"] == 0 and len(d["rows"]) == 4, "of both it is nothing")
        ok(verdict(path("b"), a)["counts"]["new"] == 1, "of the base alone it is new")
    unreached = copy.deepcopy(cells)
    unreached[1].update(status="skipped", unreached=True, reason="the budget was used up", rows=[])
    d = verdict(a, made.write(path("b"), unreached))
    r = [x for x in d["rows"] if x["verdict"] == "untrusted"]
    ok(d["exit"] == 0 and len(r) == 1 and r[0]["reason"] == "the budget was used up" and not d["counts"]["missing"],
       "a cell that the budget did not reach is not compared, and not missing")
    fewer = copy.deepcopy(cells)
    del fewer[0]["rows"][1]
    d = verdict(a, made.write(path("b"), fewer))
    ok([(r["cell"], r["version"]) for r in d["rows"] if r["verdict"] == "missing"] == [("map_unmap/batch:1", "v2")],
       "a missing row of a cell")
    other = copy.deepcopy(cells)
    other[0]["def_version"] = 2
    d = verdict(a, made.write(path("b"), other))
    ok(d["exit"] == 0 and d["counts"]["untrusted"] == 2 and "2, was 1" in d["rows"][0]["reason"],
       "another definition of a benchmark is not compared")
    ok(verdict(a, path("b"), "--fail-on=untrusted")["exit"] == 3, "and fails where it is asked for")
    d = verdict(a, path("b"), "--force")
    ok(d["counts"]["untrusted"] == 0 and sum(r["forced"] for r in d["rows"]) == 2, "but by force")
    files = copy.deepcopy(cells[:1])
    files[0]["files"] = {"trace": {"sha256": "1" * 64, "bytes": 1}}
    a = made.write(path("a"), files)
    files[0]["files"] = {"trace": {"sha256": "2" * 64, "bytes": 1}}
    d = verdict(a, made.write(path("b"), files))
    ok(d["exit"] == 5 and d["counts"]["untrusted"] == 2 and d["verdict"] == "refused",
       "nor is another content of an input; where nothing is left to compare, that is refused")
    d = verdict(a, made.write(path("b"), files, target="xen"))
    ok(d["exit"] == 5 and d["others"][0]["may"]["counts"]["keys"] == [{"key": "target", "base": "hv", "now": "xen"}],
       "two targets are never compared")
    code, out, _ = run(a, path("b"))
    ok(code == 5 and "target (hv / xen)" in out, "and the key is named")


end(counts, values, instructions, ratios, enough, there)
