#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""What grantbench compare reads and writes: files, baselines, broken ones, outputs, and steps that are accepted."""
import copy
import json
import os
import random
import re
import subprocess
import sys
import time
import xml.etree.ElementTree

sys.dont_write_bytecode = True
import made
from case import GB, TMP, end, many, ok, one, path, run, skip, small, strict, verdict


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
    code, out, _ = run("--save-baseline=" + name, folder)
    assert (code, out) == (0, "results/baselines/%s.json\n" % name), (code, out)
    return path("results/baselines/%s.json" % name)


def keeping():
    key = ("map_unmap/batch:64", "v1", "map")
    a = small("a")
    made.count(path("a/instructions"), {key: 1000})
    file = baseline("kept", a)
    text = open(file, encoding="utf-8").read()
    ok(strict(text)["instructions"]["cells"][0]["rows"][0]["value"] == 1000 and {r["figure"] for r in verdict("kept", a)["rows"]}
       == {"counts", "instructions"}, "a run is kept with its instructions")
    b = small("b")
    made.count(path("b/instructions"), {key: 1010})
    d = verdict("kept", b)
    ok(d["exit"] == 3 and one(d, "instructions")["verdict"] == "slower", "and others are held against them")
    code, _, err = run("--save-baseline=kept", b)
    ok(code == 2 and "--force" in err and open(file, encoding="utf-8").read() == text, "it is not replaced unasked")
    code, _, _ = run("--save-baseline=kept", b, "--force")
    ok(code == 0 and one(verdict("kept", b), "instructions")["verdict"] == "same", "but by force")
    ok(verdict(file, b)["exit"] == 0, "a baseline's file is one by its path, too")
    for name in ("", "../x", ".x", "a b", "x/y", "-x", "x" * 101):
        code, _, err = run("--save-baseline=" + name, a)
        ok(code == 2 and len(err.splitlines()) == 1, "'%.10s' is no name" % name)
    for args in ((), (a, b)):
        code, _, err = run("--save-baseline=x", *args)
        ok(code == 2 and "one run" in err, "%d runs are not kept under one name" % len(args))
    with open(path("file"), "w", encoding="utf-8"):
        pass
    code, _, err = run("--save-baseline=x", a, "--results=" + path("file"))
    ok(code == 1 and "cannot write" in err, "a root that is none: exit code 1")


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


def killed():
    """kill -9 at any moment: files that were whole are whole."""
    cells = [made.cell("map_unmap/batch:%d" % n, [made.row("v1")]) for n in range(200)]
    file = baseline("killed", made.write(path("a"), cells))
    for c in cells:
        c["rows"][0]["counts"]["flushes"] = 1
    b, lot, wrong, done, n = made.write(path("b"), cells), random.Random(1), [], 0, 0
    begin = time.monotonic()
    run("killed", b)
    whole = time.monotonic() - begin
    # On a busy machine the time that one takes is another each time.
    while n < 199 and (done < 10 or n - done < 30):
        n += 1
        begin = time.monotonic()
        p = subprocess.Popen([GB, "compare", "killed", b, "--accept=batch:%d/" % n, "--json=" + path("k.json"),
                              "--markdown=" + path("k.md")], cwd=TMP, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            p.wait(1.5 * lot.random() * whole)
            done += 1
            whole = time.monotonic() - begin
        except subprocess.TimeoutExpired:
            p.kill()
            p.wait()
            whole *= 1.02
        for name in (file, path("k.json")):
            try:
                with open(name, encoding="utf-8") as f:
                    strict(f.read())
            except FileNotFoundError:
                wrong += [name] if name == file else []
            except ValueError as e:
                wrong.append("%s: %s" % (name, e))
    ok(not wrong and done >= 10 and n - done >= 30, "killed at many moments: no file is half, and the baseline is there")
    kept = len(strict(open(file, encoding="utf-8").read())["accepted"])
    code, _, _ = run("killed", b, "--accept=.")
    ok(kept >= done and code == 0, "what was accepted by those that ended is kept, and the rest can be")


def nonsense():
    """Any part of a document may be anything: an exit code, a line, and never a crash."""
    a = path("nonsense.json")
    subprocess.run([os.path.join(os.path.dirname(GB), "grantbench-report"), "--summary", small("a")], check=True, cwd=TMP)
    good = open(path("a/summary.json"), encoding="utf-8").read()
    lot, wrong = random.Random(2), []

    def parts(o):
        for k in list(o) if isinstance(o, dict) else range(len(o)):
            yield o, k
            if isinstance(o[k], (dict, list)):
                yield from parts(o[k])
    for n in range(60):
        d = strict(good)
        d["instructions"] = strict(good) if n % 3 == 0 else None
        d["accepted"] = {"map_unmap/batch:64/v1/map/counts": {"at": "then", "row": d["cells"][0]["rows"][0]}} if n % 2 else {}
        for _ in range(lot.choice((1, 1, 3))):
            o, k = lot.choice(list(parts(d)))
            o[k] = lot.choice((None, 1, -1e300, "x", [], {}, [1], {"x": {}}, True))
        if n == 1:
            d["accepted"] = {"map_unmap/batch:64/v1/map/counts": {"at": "then", "row": {}}}
        with open(a, "w", encoding="utf-8") as f:
            json.dump(d, f)
        for args in ((a, path("a")), (path("a"), a)):
            for fmt in ("json", "console", "markdown", "junit"):
                code, out, err = run(*args, "--format=" + fmt)
                if code not in (0, 2, 3, 5) or (code == 2) != (not out) or (code == 2 and len(err.splitlines()) != 1):
                    wrong.append((code, err, d))
                if fmt == "json" and out:
                    strict(out)
                if fmt == "junit" and out:
                    xml.etree.ElementTree.fromstring(out)
    ok(not wrong, "60 documents with anything in them: %s" % str(wrong[:1])[:300])


JUNITPARSER = """
import sys, junitparser
suites = list(junitparser.JUnitXml.fromfile(sys.argv[1]))
print([type(r).__name__ for s in suites for c in s for r in c.result].count("Failure"), sum(s.tests for s in suites))
"""


def junit():
    a = small("ja")
    odd = "odd <&\"'>\n\x01 \xe9"
    code, out, _ = run(a, a, small("jb", counts={"flushes": 1}), "--format=junit", "--junit=" + path("v.xml"))
    suites = list(xml.etree.ElementTree.fromstring(out))
    d = verdict(a, a, path("jb"))
    ok(code == 3 and len(suites) == 2 and sum(len(s) for s in suites) == len(d["rows"])
       and [int(s.get("failures")) for s in suites] == [0, 1] and out == open(path("v.xml"), encoding="utf-8").read(),
       "JUnit: a suite for each of the others, a test case for each row")
    failed = suites[1].find("testcase/failure")
    ok(failed.get("type") == "slower" and "flushes 0 -> 1" in failed.get("message"), "a failure says what it is")
    for s in suites:
        cases = s.findall("testcase")
        ok((int(s.get("tests")), int(s.get("failures")), int(s.get("skipped"))) ==
           (len(cases), len(s.findall("testcase/failure")), len(s.findall("testcase/skipped")))
           and len({c.get("name") for c in cases}) == len(cases), "its counts are its cases', each with a name of its own")
    few = made.write(path("few"), made.launches("map_unmap/batch:64", "v2", [1.0, 1.0]))
    code, out, _ = run(few, few, "--only=ratios", "--format=junit")
    ok(code == 0 and "needs" in xml.etree.ElementTree.fromstring(out).find(".//skipped").get("message"),
       "what is unclear is skipped, and no pass")
    code, out, _ = run(a, small(odd, counts={"flushes": 1}), "--format=junit")
    name = xml.etree.ElementTree.fromstring(out).find("testsuite").get("name")
    ok(code == 3 and name.endswith(odd.replace("\x01", "\ufffd")), "whatever names hold")
    elsewhere = made.write(path("jm"), made.launches("map_unmap/batch:64", "v2", [1.0, 1.0]), env={"cpu_model": "another"})
    code, out, _ = run(few, elsewhere, "--only=ratios", "--format=junit")
    error = xml.etree.ElementTree.fromstring(out).find("testsuite/testcase/error")
    ok(code == 5 and error.get("type") == "refused" and "cpu_model" in error.get("message"), "what may not be compared is an error")
    # By the system's Python, which has it if a package has brought it.
    p = subprocess.run(["/usr/bin/python3", "-c", JUNITPARSER, path("v.xml")], capture_output=True, text=True, check=False)
    if "No module named 'junitparser'" in p.stderr:
        skip("junitparser reads it", "scripts/bootstrap consumers")
    else:
        ok(p.stdout.split() == ["1", str(len(d["rows"]))], "junitparser reads it: %s" % p.stderr[-200:])


end(files_of, old_runs, broken, output, several, keeping, accepting, killed, nonsense, junit)
