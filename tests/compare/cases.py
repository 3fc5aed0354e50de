#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""What grantbench compare says of made-up runs: verdicts, exit codes, lines. Prints TAP.

  cases.py BUILD TMP
"""
import copy
import json
import os
import random
import re
import subprocess
import sys

sys.dont_write_bytecode = True
import made

B, TMP = sys.argv[1:]
GB = os.path.abspath(os.path.join(B, "grantbench"))
tests = bad = 0
last = ""


def ok(good, name):
    global tests, bad
    tests += 1
    print("%sok %d - %s" % ("" if good else "not ", tests, name))
    if not good:
        bad = 1
        print("".join("# %s\n" % x[:300] for x in last.splitlines()[:40]), end="", flush=True)


def strict(text):
    def no(x):
        raise ValueError(x)
    return json.loads(text, parse_constant=no)


def run(*args, cwd=None, shell=None):
    """(exit code, stdout, stderr)"""
    global last
    argv = [GB, "compare"] + list(args)
    if shell:
        argv = ["bash", "-c", shell + '; exec "$@"', "bash"] + argv
    p = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, cwd=cwd or TMP)
    last = "%s\nexit code %d\n%s%s" % (" ".join(args), p.returncode, p.stdout, p.stderr)
    return p.returncode, p.stdout, p.stderr


def verdict(*args):
    """The document; its exit code has to be the program's."""
    global last
    code, out, _ = run("--format=json", *args)
    d = strict(out)
    last = "%s\nexit code %d\n" % (" ".join(args), code) + "\n".join(json.dumps(r) for r in d["rows"])
    assert d["exit"] == code, (d["exit"], code)
    return d


def rows(d, figure=None):
    return [(r["verdict"], r["version"], r["metric"]) for r in d["rows"] if figure in (None, r["figure"])]


def one(d, figure):
    found = [r for r in d["rows"] if r["figure"] == figure]
    assert len(found) == 1, found
    return found[0]


def path(name):
    return os.path.join(TMP, name)


def small(name, env=None, counts=None, rows_of=None, **more):
    """A run of one cell, one launch and one row."""
    r = rows_of or [made.row("v1", counts=dict(made.COUNTS, **(counts or {})))]
    return made.write(path(name), [made.cell("map_unmap/batch:64", r, **more)], env=env)


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
    for k, v in (("compiler", "gcc 13"), ("cflags", "-O3"), ("libc", "glibc 2.40"), ("libc", None)):
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
    d = pair(base, [v * 1.06 for v in base[:7]] + [None])
    ok(one(d, "ratio")["launches"] == [8, 7], "a launch without a ratio is none")
    d = pair(base, [None] * 8)
    ok(one(d, "ratio")["verdict"] == "unclear" and d["exit"] == 0, "no ratio at all is unclear, not missing")
    a = made.write(path("a"), made.launches("map_unmap/batch:64", "v2", base))
    for key, value in (("cpu_model", "Other"), ("microcode", "0x2"), ("compiler", "gcc 13"), ("cflags", "-O3")):
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


def many(name, n, launches, special=None):
    """n cells; special: those ratios of the first."""
    lot, cells = random.Random(name), []
    for i in range(n):
        values = [1 + lot.random() / 100 for _ in range(launches)]
        cells += made.launches("map_unmap/batch:%d" % i, "v2", special if special and not i else values)
    return made.write(path(name), cells)


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


def files_of():
    """A run's folder, its summary.json and its benchmark.json say the same."""
    cells = made.launches("map_unmap/batch:64", "v2", [1 + k / 1000 for k in range(8)])
    cells += [made.cell("table_growth/frames:64", [made.exact("v1", "hv_bytes", 1000)]),
              made.cell("copy/bytes:64", [], status="error", reason="made")]
    more = copy.deepcopy(cells)
    for c in more[:8]:
        c["rows"][0]["counts"]["flushes"] = 1
    more[8]["rows"][0].update(value=1001, lo=1001, hi=1001)
    a, b = made.write(path("a"), cells), made.write(path("b"), more)
    for p in (a, b):
        subprocess.run([os.path.join(os.path.dirname(GB), "grantbench-report"), "--summary", p], check=True, cwd=TMP)
    whole = {r["name"]: r["verdict"] for r in verdict(a, b)["rows"]}
    for file in ("summary.json", "benchmark.json"):
        d = verdict(a, os.path.join(b, file))
        say = {r["name"]: r["verdict"] for r in d["rows"]}
        if file == "benchmark.json":
            want = {k: "unclear" if k.endswith("/ratio") else v for k, v in whole.items()}
        else:
            want = whole
        ok(say == want and d["exit"] == 3, "%s says what its folder does" % file)
        ok({r["name"]: r["verdict"] for r in verdict(os.path.join(a, file), b)["rows"]} == want, "as the base, too")
    ok(sorted(whole.values()) == ["same", "same", "same", "slower", "slower"], "and that is something")
    old = strict(open(os.path.join(a, "summary.json"), encoding="utf-8").read())
    for k in ("machine", "subject"):
        del old[k]
    for c in old["cells"]:
        for k in ("def_version", "files", "threshold", "unstable"):
            del c[k]
        for r in c["rows"]:
            if r["ratio"]:
                del r["ratio"]["each"]
    with open(path("old.json"), "w", encoding="utf-8") as f:
        json.dump(old, f)
    code, out, _ = run(path("old.json"), b)
    ok(code == 5 and "does not say" in out and "folder" in out, "a summary of an older grantbench: refused, with the mend")


def old_runs():
    """Runs of before a key was there are compared with each other; with newer ones what is not known is named."""
    lacks = {"libc": None, "cpu_features": None, "variant": None}

    def write(name, was):
        p = made.write(path(name), made.launches("map_unmap/batch:64", "v2", [1 + k / 1000 for k in range(8)]))
        if was:
            m = strict(open(os.path.join(p, "manifest.json"), encoding="utf-8").read())
            for k in lacks:
                del m["environment"]["before"][k]
            for k in ("clock", "meta", "versions", "baseline"):
                del m[k]
            with open(os.path.join(p, "manifest.json"), "w", encoding="utf-8") as f:
                json.dump(m, f)
        return p
    a, b, c = write("a", True), write("b", True), write("c", False)
    d = verdict(a, b)
    ok(d["exit"] == 0 and {r["verdict"] for r in d["rows"]} == {"same"}, "two old runs are compared")
    d = verdict(a, c)
    ok([r["verdict"] for r in d["rows"] if r["figure"] == "ratio"] == ["untrusted"]
       and "libc (unknown / glibc 2.36)" in [r["reason"] for r in d["rows"] if r["figure"] == "ratio"][0]
       and {r["verdict"] for r in d["rows"] if r["figure"] == "counts"} == {"same"},
       "an old one and a new one by their counts, and what is not known is named")


def broken():
    a = small("a")
    os.makedirs(path("empty"), exist_ok=True)
    os.makedirs(path("nothing"), exist_ok=True)
    with open(path("cut.json"), "w", encoding="utf-8") as f:
        f.write('{"schema": 1, "cells": [{"cell": "map')
    with open(path("other.json"), "w", encoding="utf-8") as f:
        f.write('{"schema": 1}')
    with open(path("list.json"), "w", encoding="utf-8") as f:
        f.write("[1, 2]")
    with open(path("future.json"), "w", encoding="utf-8") as f:
        f.write('{"schema": 2, "cells": []}')
    small("cut")
    with open(path("cut/manifest.json"), "w", encoding="utf-8") as f:
        f.write('{"schema": 1, "su')
    small("future")
    made.write(path("future"), [], schema=2)
    none = made.write(path("none"), [])
    for what, args, words in (
            ("nothing", (), "name a base"), ("one run", (a,), "name a base"),
            ("a folder that is not there", (a, path("gone")), "no such folder"),
            ("a baseline that is not there", (a, "gone"), "results/baselines/gone.json"),
            ("an empty folder", (a, path("empty")), "no manifest.json"),
            ("a file that was cut off", (a, path("cut.json")), "not valid JSON"),
            ("a manifest that was cut off", (a, path("cut")), "not valid JSON"),
            ("another JSON file", (a, path("other.json")), "neither a summary"),
            ("a list", (path("list.json"), a), "not valid JSON"),
            ("a file of another schema", (a, path("future.json")), "schema 2"),
            ("a run of another schema", (a, path("future")), "schema 2"),
            ("a base without figures", (none, a), "no figures"),
            ("an unknown option", (a, a, "--bogus"), "--help"),
            ("a wrong gate", (a, a, "--gate=x"), "--gate=PERCENT"), ("a negative gate", (a, a, "--gate=-1"), "--gate=PERCENT"),
            ("a gate that is no number", (a, a, "--gate=nan"), "--gate=PERCENT"),
            ("a wrong effect", (a, a, "--min-effect="), "--min-effect=PERCENT"),
            ("a wrong alpha", (a, a, "--alpha=1"), "--alpha=P"), ("a wrong kind", (a, a, "--only=times"), "--only=LIST"),
            ("an empty kind", (a, a, "--only="), "--only=LIST"),
            ("a wrong verdict", (a, a, "--fail-on=same"), "--fail-on=LIST"),
            ("a wrong format", (a, a, "--format=xml"), "--format=console"),
            ("a reason for nothing", (a, a, "--reason=x"), "--accept"),
            ("accepting without a baseline", (a, a, "--accept=x"), "baseline")):
        code, out, err = run(*args)
        lines = [x for x in err.splitlines() if x]
        ok(code == 2 and not out and words in err and len(lines) <= 2, "%s: exit code 2, and what would be right" % what)
    d = verdict(a, none)
    ok(d["exit"] == 3 and d["counts"]["missing"] == 1, "another without figures misses all")
    os.remove(os.path.join(none, "cells.jsonl"))
    ok(verdict(a, none)["exit"] == 3, "also without cells.jsonl")
    d = verdict(a, made.write(path("b"), [made.cell("map_unmap/batch:64", [made.row("v1")])], tail='{"cell": "torn'))
    ok(d["exit"] == 0 and len(d["rows"]) == 1, "a torn last line is left out")
    small("b")
    with open(path("b/cells.jsonl"), encoding="utf-8") as f:
        text = f.read()
    with open(path("b/cells.jsonl"), "w", encoding="utf-8") as f:
        f.write(text.replace('"spin_locks": 2', '"spin_locks": NaN'))
    d = verdict(a, path("b"))
    ok(d["exit"] == 3 and one(d, "counts")["verdict"] == "changed", "a count that is no number is none any more")
    code, out, _ = run(a, a, "--help")
    ok(code == 0 and "Usage: grantbench compare" in out, "--help")
    code, out, err = run(a, made.write(path("b"), [], status="interrupted"))
    ok("interrupted" in out, "a run that was interrupted says so")


def output():
    a, b = small("a"), small("b", counts={"flushes": 1})
    for shell, what in (("exec >/dev/full", "a full disk"), ("exec >&-", "a closed output")):
        code, _, err = run(a, a, shell=shell)
        ok(code == (1 if "full" in shell else 0) and (len(err.splitlines()) == 1) == ("full" in shell), what)
    code, _, err = run(a, b, shell="exec >/dev/full")
    ok(code == 3 and "standard output" in err, "a regression that cannot be printed is one all the same")
    p = subprocess.run("%s compare --all %s %s | true; echo ${PIPESTATUS[0]}" % (GB, a, b), shell=True, executable="/bin/bash",
                       capture_output=True, text=True, check=False)
    ok(p.stdout.strip() in ("3", "1"), "a reader that goes away")
    code, _, err = run(a, b, "--json=" + path("v.json"), "--markdown=" + path("v.md"))
    d = strict(open(path("v.json"), encoding="utf-8").read())
    ok(code == 3 and d["exit"] == 3 and open(path("v.md"), encoding="utf-8").read().startswith("### grantbench: fails\n"),
       "files for programs and pull requests")
    code, _, err = run(a, b, "--json=" + path("gone/v.json"))
    ok(code == 1 and len(err.splitlines()) == 1 and "gone/v.json" in err, "a file that cannot be written: exit code 1")
    code, _, err = run(a, a, "--json=" + path("v.json"), shell="ulimit -f 1")
    ok(code == 1 and "v.json" in err and strict(open(path("v.json"), encoding="utf-8").read()) == d
       and not os.path.exists(path("v.json.tmp")), "one that finds no room leaves the old one, and nothing half")
    code, out, _ = run(a, small("b|c", counts={"flushes": 1}), "--format=markdown")
    ok(code == 3 and "b\\|c" in out and "| **slower** | map\\_unmap/batch:64/v1/map/counts | flushes 0 -&gt; 1 |".replace(
        "&gt;", "\\>") in out, "a pull request's table, whatever names hold")
    code, out, _ = run("a", "./b")
    ok(out == "".join(x + "\n" for x in (
        "base   a: 2026-11-27T06:01:00Z, 1234567", "other  ./b: 2026-11-27T06:01:00Z, 1234567", "       machine: the same",
        "       subject: the same", "slower 1", "  map_unmap/batch:64/v1/map/counts: flushes 0 -> 1",
        "verdict: fails, by 1 of 1 rows")), "what a terminal shows, word for word")
    code, out, _ = run("a", "a", "--all")
    ok(out.endswith("same 1\n  map_unmap/batch:64/v1/map/counts: \nverdict: passes, 1 rows\n"), "--all tells what is the same")
    cells = [made.cell("map_unmap/batch:%d" % n, [made.row("v1")]) for n in range(50)]
    a = made.write(path("a"), cells)
    for i, c in enumerate(cells):
        c["rows"][0]["counts"]["spin_locks"] += i
    code, out, _ = run(a, made.write(path("b"), cells))
    lines = [x for x in out.splitlines() if x.startswith("  map_unmap")]
    ok(len(lines) == 20 and "batch:49/" in lines[0] and "  and 29 more; --all tells every one" in out and "same 1\n" in out,
       "the largest steps first, and no more than a screen of them")
    code, out, _ = run(a, path("b"), "--format=markdown")
    ok(out.count("\n| **slower**") == 30 and "--all" in out, "nor more than a comment of them")
    text = open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../docs/results.md"), encoding="utf-8").read()
    text = text[text.index("### A verdict"):]
    keys = [k for x in re.findall(r"^\| ([a-z_, ]+) \|", text, re.M) for k in x.split(", ")]
    ok(set(d["rows"][0]) - set(keys) == set() and len(d["rows"][0]) > 20, "the document has every key of a row")


def several():
    a, b, c = small("a"), small("b"), small("c", counts={"flushes": 1})
    d = verdict(a, b, c)
    ok(d["exit"] == 3 and [(r["other"], r["verdict"]) for r in d["rows"]] == [(1, "slower"), (0, "same")]
       and [o["name"] for o in d["others"]] == [b, c], "several others: each against the base")
    code, out, _ = run(a, b, c)
    ok(code == 3 and "[%s]" % c in out, "and the line says of which")
    d = verdict(many("a", 40, 8), many("b", 40, 8), many("c", 40, 8))
    ok(d["family"] == 80, "their ratios are one family")


def baseline(name, folder):
    os.makedirs(path("results/baselines"), exist_ok=True)
    subprocess.run([os.path.join(os.path.dirname(GB), "grantbench-report"), "--summary", folder], check=True, cwd=TMP)
    to = path("results/baselines/%s.json" % name)
    with open(os.path.join(folder, "summary.json"), encoding="utf-8") as f, open(to, "w", encoding="utf-8") as g:
        g.write(f.read())
    return to


def accepting():
    cells = [made.cell("map_unmap/batch:%d" % n, [made.row("v1"), made.row("v2")]) for n in (1, 2, 3)]
    file = baseline("main", made.write(path("a"), cells))
    more = copy.deepcopy(cells[:2])
    for c in more:
        c["rows"][0]["counts"]["flushes"] = 1
    b = made.write(path("b"), more)
    ok(verdict("main", path("a"))["exit"] == 0 and verdict("main", b)["exit"] == 3, "a baseline by its name")
    ok(verdict(path("a"), "main", "--results=" + path("results"))["exit"] == 0, "as the other, from another root")
    os.makedirs(path("main"))
    code, _, err = run("main", b)
    ok(code == 2 and "./main" in err, "a name that is a path as well is not guessed")
    os.rmdir(path("main"))
    before = open(file, encoding="utf-8").read()
    for args, words in ((("main", b, "--accept=nothing"), "no row that fails"), (("main", b, "--accept=["), "regular expression"),
                        (("main", b, b, "--accept=x"), "one other")):
        code, _, err = run(*args)
        ok(code == 2 and words in err and open(file, encoding="utf-8").read() == before, "%s: refused, and nothing written" % words)
    code, out, err = run("main", b, "--accept=batch:1/v1/map/counts", "--reason=meant so")
    d = strict(open(file, encoding="utf-8").read())
    ok(code == 3 and "accepted 1 row" in err and d["accepted"]["map_unmap/batch:1/v1/map/counts"]["reason"] == "meant so",
       "one row is accepted with its reason, the others fail as before")
    d = verdict("main", b)
    r = {x["name"]: x for x in d["rows"]}
    ok(r["map_unmap/batch:1/v1/map/counts"]["verdict"] == "same" and r["map_unmap/batch:1/v1/map/counts"]["accepted"]
       and r["map_unmap/batch:2/v1/map/counts"]["verdict"] == "slower" and r["map_unmap/batch:3/all"]["verdict"] == "missing",
       "it is held against what was accepted")
    jobs = [subprocess.Popen([GB, "compare", "main", b, "--accept=" + x], cwd=TMP, stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL) for x in ("batch:2/v1", "batch:3/all")]
    for j in jobs:
        j.wait()
    d = verdict("main", b)
    ok(d["exit"] == 0 and len(strict(open(file, encoding="utf-8").read())["accepted"]) == 3,
       "two at once lose nothing; what is gone can be accepted, too")
    d = verdict("main", path("a"))
    ok(d["exit"] == 0 and d["counts"]["faster"] == 2 and d["counts"]["new"] == 0, "as it was before is less work than was accepted")
    worse = copy.deepcopy(more)
    worse[0]["rows"][0]["counts"]["flushes"] = 2
    ok(verdict("main", made.write(path("c"), worse))["exit"] == 3, "and a step beyond it fails again")
    half = path("results/baselines/half.json")
    with open(half, "w", encoding="utf-8") as f:
        f.write(before[:200])
    code, _, err = run("half", b, "--accept=x")
    ok(code == 2 and "not valid JSON" in err and open(half, encoding="utf-8").read() == before[:200],
       "a baseline that was cut off is told, and left as it is")


for part in (counts, values, instructions, ratios, enough, there, files_of, old_runs, broken, output, several, accepting):
    try:
        part()
    except Exception as e:
        ok(False, "%s ended with %r" % (part.__name__, e))
print("1..%d" % tests)
sys.exit(bad)
