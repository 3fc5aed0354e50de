#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Look at results with a parser that is not the suite's own.

  results.py strict FILE...     every file is strict JSON (.jsonl: every line, and the last one is whole)
  results.py folder DIR [WANT]  all of a finished run: strict files, nothing torn, nothing left over, summaries
                                and benchmark.json as schema.py wants them; and the rows of WANT, the output of:
  results.py rows DIR           one line per row: cell, launch, version, metric, status
  results.py resumed WANT ROOT...  a folder of runs whose latest was killed and resumed: it is whole, with the rows of
                                WANT and with the whole lines of ROOT.before, its cells.jsonl as it was; nothing else
                                is left. What is wrong follows the name of ROOT
  results.py ratios DIR         one line per ratio over launches: cell, metric, version, baseline, launches, ratio and
                                the ends of its interval

Prints what is wrong, one line each; exit 1 if anything is.
"""
import json
import math
import os
import statistics
import sys

sys.dont_write_bytecode = True
import schema

wrong = []
about = ""


def bad(text):
    wrong.append(text)
    print(about + text)


def constant(text):
    raise ValueError("not strict: " + text)


def pairs(items):
    out = dict(items)
    if len(out) != len(items):
        raise ValueError("not strict: a key twice")
    return out


def parse(text):
    return json.loads(text, parse_constant=constant, object_pairs_hook=pairs)


def load(path):
    """The document; a list of them for .jsonl. None if it is not strict."""
    try:
        with open(path, encoding="utf-8", newline="") as f:
            text = f.read()
        if not path.endswith(".jsonl"):
            return parse(text)
        if text and not text.endswith("\n"):
            raise ValueError("the last line is torn")
        return [parse(line) for line in text.split("\n")[:-1]]
    except (OSError, ValueError) as e:
        bad("%s: %s" % (path, e))
        return None


def rows(cells):
    """(cell, launch, version, metric, status). A noisy minute is not what is looked for: unstable counts as ok."""
    out = []
    for c in cells:
        status = "ok" if c["status"] == "unstable" else c["status"]
        for r in c["rows"] or [{"version": "-", "metric": "-"}]:
            out.append((c["cell"], c["launch"], r["version"], r["metric"], status))
    return sorted(out)


def interval(x):
    """The median of several figures and what holds it: order statistics at 99 %, else all of 6 or more."""
    x, k = sorted(x), 1
    while k < len(x) // 2 and sum(math.comb(len(x), i) for i in range(k + 1)) * 200 <= 2 ** len(x):
        k += 1
    return (statistics.median(x), x[k - 1], x[-k]) if len(x) >= 6 else (statistics.median(x), None, None)


def ratios(cells):
    """(cell, metric, version, baseline, launches, ratio, lo, hi)."""
    found = {}
    for c in sorted(cells, key=lambda c: c["launch"]):
        for r in c["rows"]:
            found.setdefault((c["cell"], r["metric"], r["version"]), []).append(r["ratio"])
    for key, list_of in found.items():
        have = [r for r in list_of if r]
        if have:
            e = interval([r["value"] for r in have]) if len(have) > 1 else [have[0][k] for k in ("value", "lo", "hi")]
            yield "%s %s %s" % key, have[-1]["to"], len(list_of), *("nan" if v is None else "%.17g" % v for v in e)


def compare(cells, want):
    with open(want, encoding="utf-8") as f:
        want = set(f.read().splitlines())
    have = {"%s %s %s %s %s" % r for r in rows(cells)}
    for r in sorted(want - have):
        bad("missing: " + r)
    for r in sorted(have - want):
        bad("too many: " + r)


def folder(path, want=None):
    documents = {}
    for where, _, names in os.walk(path):
        for name in names:
            full = os.path.join(where, name)
            rel = os.path.relpath(full, path)
            if name.endswith(".tmp"):
                bad(rel + ": left over")
            elif name.endswith((".json", ".jsonl")):
                documents[rel] = load(full)
            elif not os.path.getsize(full):
                bad(rel + ": empty")
    for name in ("manifest.json", "cells.jsonl", "benchmark.json", "summary.json"):
        if documents.get(name) is None:
            bad(name + ": not there, or not strict")
            return
    manifest, cells = documents["manifest.json"], documents["cells.jsonl"]
    if manifest["status"] not in ("complete", "interrupted", "failed") or not manifest["ended"]:
        bad("manifest.json: status %s, ended %s" % (manifest["status"], manifest["ended"]))
    keys = [(c["cell"], c["launch"]) for c in cells]
    for key in sorted(set(keys)):
        if keys.count(key) > 1:
            bad("cells.jsonl: %s, launch %d: %d lines" % (key + (keys.count(key),)))
    for name in {c["cell"] for c in cells} - set(manifest["plan"]):
        bad("cells.jsonl: %s is not in the plan" % name)
    if manifest["status"] == "complete":
        for name in set(manifest["plan"]) - {c["cell"] for c in cells if c["launch"] == 0}:
            bad("complete, but without %s" % name)
    counts = {}
    for c in cells:
        counts[c["status"]] = counts.get(c["status"], 0) + 1
    if counts != {k: v for k, v in manifest["counts"].items() if v}:
        bad("manifest.json: counts are %s, the lines say %s" % (manifest["counts"], counts))
    named = [r["latency"]["file"] for c in cells for r in c["rows"] if r["latency"]]
    there = ["histograms/" + n for n in os.listdir(os.path.join(path, "histograms"))]
    for name in sorted(set(named) ^ set(there)):
        bad("%s: %s" % (name, "no row has it" if name in there else "not there"))
    if len(set(named)) != len(named):
        bad("a histogram belongs to two rows")
    if want:
        compare(cells, want)
    for name, check in (("summary", schema.summary), ("benchmark.json", schema.benchmark)):
        try:
            for line in check(path):
                bad("%s: %s" % (name, line))
        except (OSError, KeyError, TypeError, ValueError) as e:
            bad("%s: %r" % (name, e))


def resumed(root, want):
    """What has to hold of a root after a kill: one run, or one more that was killed before it had a manifest."""
    latest = os.path.join(root, "latest")
    if not os.path.islink(latest) or not os.path.isdir(latest):
        bad("latest leads nowhere")
    else:
        folder(latest, want)
        names = os.listdir(root)
        if any(n.endswith(".tmp") for n in names):
            bad("a temporary link is left")
        dirs = [n for n in names if n != "latest" and os.path.isdir(os.path.join(root, n))]
        if len(dirs) > 2:
            bad("folders: " + " ".join(sorted(dirs)))
        if os.path.exists(root + ".before"):
            with open(root + ".before", "rb") as before, open(os.path.join(latest, "cells.jsonl"), "rb") as now:
                for i, line in enumerate(before):
                    if line.endswith(b"\n") and now.readline() != line:
                        bad("cells.jsonl: line %d is not what it was" % (i + 1))
                        break


def main(args):
    if len(args) < 2 or args[0] not in ("strict", "folder", "rows", "ratios", "resumed"):
        print(__doc__, file=sys.stderr)
        return 2
    if args[0] == "strict":
        for path in args[1:]:
            load(path)
    elif args[0] == "folder":
        folder(*args[1:3])
    elif args[0] == "resumed":
        global about
        for root in args[2:]:
            about = os.path.basename(root) + ": "
            resumed(root, args[1])
    else:
        cells = load(os.path.join(args[1], "cells.jsonl")) or []
        for r in rows(cells) if args[0] == "rows" else sorted(ratios(cells), key=lambda r: " ".join(map(str, r))):
            print(*r)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
