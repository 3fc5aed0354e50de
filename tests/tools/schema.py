#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Hold the files of a run against docs/results.md.

  schema.py CHECK DIR

CHECK is one of those below. Prints what is wrong, one line each; exit 1 if anything is.
"""
import csv
import functools
import json
import math
import os
import re
import sys

DOC = os.path.join(os.path.dirname(__file__), "../../docs/results.md")
WORDS = {"name": "string", "words": "string", "xen": "bool", "differs": "array of strings", "colour": "string"}
WORK = {"grant", "table", "map", "unmap", "copy", "large", "revoke"}
KINDS = {"ok", "skipped", "error", "unstable", "timeout"}



def level_of(n):
    """A ratio over fewer than 8 layouts has the level of their whole range, if that is 0.95."""
    return 0.99 if n >= 8 else 1 - 2 ** (1 - n) if n >= 6 else None


def is_number(v):
    return isinstance(v, (int, float)) and not isinstance(v, bool) and math.isfinite(v)


def is_type(v, kind):
    """Does a value have a type as the document words it?"""
    if " or " in kind:
        return any(is_type(v, k) for k in kind.split(" or "))
    if kind == "null":
        return v is None
    if kind in ("string", "strings"):
        return isinstance(v, str)
    if kind in ("number", "numbers"):
        return is_number(v)
    if kind == "bool":
        return isinstance(v, bool)
    if kind in ("object", "array"):
        return isinstance(v, dict if kind == "object" else list)
    if kind == "array of strings":
        return isinstance(v, list) and all(isinstance(x, str) for x in v)
    if kind == "object of strings":
        return isinstance(v, dict) and all(isinstance(x, str) for x in v.values())
    if kind.startswith("{"):
        keys = [k.strip() for k in kind.strip("{}").split(",")]
        return isinstance(v, dict) and sorted(v) == sorted(keys)
    if kind.isdigit():
        return v == int(kind)
    raise SystemExit("docs/results.md: a type that is not known here: " + kind)


def tables():
    """{name: {key: type}}: the tables with a type column. "lo, hi | number" is two keys, "a, b, c | strings, number"
    three."""
    out, last, name = {}, "", None
    for line in open(DOC, encoding="utf-8"):
        if line.startswith("## "):
            last = line[3:].strip()
        elif line.startswith("A row is "):
            last = "row"
        elif line.startswith("A probed cell is"):
            last = "probed"
        m = re.match(r"\| ([^|]+) \| ([^|]+) \| .*\|$", line)
        if not m or m.group(1).startswith("---"):
            continue
        if m.group(1) == "key":
            name = last
            out[name] = {}
            continue
        keys, kinds = m.group(1).split(", "), m.group(2).split(", ")
        if kinds[0] == "strings" and len(kinds) == 2:
            kinds = ["string"] * (len(keys) - 1) + kinds[1:]
        elif "{" in m.group(2) or len(kinds) != len(keys):
            kinds = [m.group(2)] * len(keys)
        out[name].update(zip(keys, kinds))
    return out


def fits(what, value, table):
    for key in sorted(set(table) - set(value)):
        yield "%s: %s is not there" % (what, key)
    for key in sorted(set(value) - set(table)):
        yield "%s: %s is not in the document" % (what, key)
    for key, kind in table.items():
        if key in value and not is_type(value[key], kind):
            yield "%s: %s is %.60r, not %s" % (what, key, value[key], kind)


def load(path, name):
    with open(os.path.join(path, name), encoding="utf-8") as f:
        return [json.loads(x) for x in f] if name.endswith("l") else json.load(f)


def rows(path):
    for c in load(path, "cells.jsonl"):
        for r in c["rows"]:
            yield "%s %d %s %s" % (c["cell"], c["launch"], r["version"], r["metric"]), c, r


def manifest(path):
    m = load(path, "manifest.json")
    yield from fits("manifest", m, tables()["manifest.json"])
    text = open(DOC, encoding="utf-8").read()
    keys = re.search(r"environment\.before and \.after: (.*?); a value", text, re.S).group(1)
    keys = [k.split(" ")[0] for k in re.split(r",\s+", re.sub(r"\s*[({][^)}]*[)}]", "", keys))]
    for side in ("before", "after"):
        env = m["environment"][side]
        yield from ("%s: %s is not there" % (side, k) for k in keys if k not in env)
        yield from ("%s: %s is not in the document" % (side, k) for k in env if k not in keys)
    for hexes in (m["fingerprint"], m["fingerprints"]["machine"], m["fingerprints"]["subject"]):
        if not re.fullmatch("[0-9a-f]{64}", hexes):
            yield "fingerprint: " + hexes
    for key in ("started", "ended"):
        if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", m[key]):
            yield "%s: %s" % (key, m[key])
    yield from ("fingerprint_keys: %s is no key" % k for k in m["fingerprint_keys"]
                if k not in m["environment"]["before"] and k not in m)
    clock = m["clock"]
    if [type(clock[k]) for k in ("name", "unit", "exact", "trusted")] != [str, str, bool, bool] or clock[
            "unit"] != ("instructions" if clock["exact"] else "ns") or clock["trusted"] != (clock["reason"] is None):
        yield "clock: %s" % clock
    if (m["noise"] is None) != clock["exact"]:
        yield "noise: %s by the clock %s" % (m["noise"], clock["name"])
    yield from ("left_out: %s" % x for x in m["left_out"]
                if set(x) != {"what", "kind", "reason"} or x["kind"] not in ("parameter", "benchmark"))
    if m["baseline"] != m["versions"][0]["name"]:
        yield "baseline: " + m["baseline"]
    yield from ("versions: %s" % v for v in m["versions"]
                if sorted(v) != sorted(WORDS) or not all(is_type(v[k], WORDS[k]) for k in WORDS)
                or not re.fullmatch("#[0-9a-f]{6}", v["colour"]) or set(v["differs"]) - WORK)
    yield from ("benches: %s" % b for b in m["benches"]
                if set(b) != {"name", "summary", "measures", "not_measured"} or not is_type(b["summary"], "string"))
    if set(m["counts"]) != KINDS:
        yield "counts: %s" % m["counts"]


def cells(path):
    table, seen = tables()["cells.jsonl"], set()
    for c in load(path, "cells.jsonl"):
        what = "%s %s" % (c.get("cell"), c.get("launch"))
        yield from fits(what, c, table)
        if c["status"] not in KINDS:
            yield "%s: status %s" % (what, c["status"])
        if (c["status"] == "ok") != (not c["reason"]) and c["status"] != "ok":
            yield "%s: %s without a reason" % (what, c["status"])
        if c["status"] == "ok" and not c["rows"]:
            yield what + ": ok without rows"
        if c["status"] in ("skipped", "error", "timeout") and c["rows"]:
            yield "%s: %s with rows" % (what, c["status"])
        if not all(isinstance(v, str) for v in c["params"].values()):
            yield what + ": params are not strings"
        if c["cell"] != c["bench"] + "".join("/%s:%s" % p for p in c["params"].items()):
            yield what + ": the name does not tell the params"
        if what in seen:
            yield what + ": twice"
        seen.add(what)


def row_checks(path):
    table, n = tables()["row"], 0
    for what, c, r in rows(path):
        n += 1
        yield from fits(what, r, table)
        if r["better"] not in ("lower", "higher") or r["class"] not in ("X", "C"):
            yield "%s: %s %s" % (what, r["better"], r["class"])
        if r["lo"] is not None and not r["min"] <= r["lo"] <= r["value"] <= r["hi"] <= r["max"]:
            yield "%s: %s %s %s %s %s" % (what, r["min"], r["lo"], r["value"], r["hi"], r["max"])
        if r["class"] == "C" and (r["lo"] != r["value"] or r["hi"] != r["value"] or r["self"]):
            yield what + ": exact, but with an interval"
        counted = c["clock"] == "instructions"
        if counted != r["unit"].startswith("instructions") and not r["unit"].startswith("bytes/"):
            yield "%s: %s by the clock %s" % (what, r["unit"], c["clock"])
        if counted and (r["class"] != "C" or r["ratio"] and (r["ratio"]["class"], r["ratio"]["level"]) != ("C", 1)):
            yield what + ": instructions that are not exact"
        if r["class"] == "C" and r["ratio"] and not counted:
            yield what + ": exact, but with a ratio"
        if (r["counts_spread"] is not None) != (r["counted"] > 1) or r["counted"] < 1:
            yield "%s: %s counting runs, spread %s" % (what, r["counted"], r["counts_spread"])
        for key in ("ratio", "self"):
            e = r[key]
            if not e:
                continue
            keys = {"value", "lo", "hi", "level", "n", "class", "layouts"} | ({"to"} if key == "ratio" else set())
            if set(e) != keys or not counted and (
                    e["level"] != level_of(e["n"]) or e["class"] != ("X" if e["lo"] is None else "H")
                    or e["n"] != sum(x is not None for x in e["layouts"])):
                yield "%s: %s is %s" % (what, key, e)
            if (e["lo"] is None) != (e["level"] is None) or (e["lo"] is None) != (e["hi"] is None):
                yield "%s: %s is %s" % (what, key, e)
            if e["lo"] is not None and not e["lo"] <= e["value"] <= e["hi"]:
                yield "%s: %s is %s" % (what, key, e)
        # A metric of other versions alone has no baseline.
        based = any(x["metric"] == r["metric"] and x["self"] for x in c["rows"])
        if r["class"] == "X" and (r["ratio"] and r["self"] or based and not r["ratio"] and not r["self"]):
            yield what + ": a time has either a ratio, or is the baseline's and has self"
        if r["counts"] and not all(is_number(v) and v >= 0 for v in r["counts"].values()):
            yield what + ": counts are not numbers"
        of_class = ("S" if float(c["params"].get("threads", 1)) > 1 else "C") if r["counts"] else None
        if r["counts_class"] != of_class:
            yield "%s: counts of class %s" % (what, r["counts_class"])
        if (r["counts"] is not None) != (r["ops_counted"] > 0):
            yield "%s: counts of %s operations" % (what, r["ops_counted"])
        if r["shares"] and abs(sum(r["shares"]) - 1) > 0.05:
            yield "%s: shares are %s" % (what, r["shares"])
    # In the lab a run is one version on one machine.
    if n < (100 if load(path, "manifest.json")["target"] == "hv" else 1):
        yield "only %d rows" % n


def read_histogram(path):
    out = []
    for line in open(path, encoding="ascii"):
        if not line.startswith("#"):
            value, share, count = line.split()
            out.append((int(value), float(share), int(count)))
    return out


def histograms(path):
    n = 0
    for what, c, r in rows(path):
        q = r["latency"]
        if not q:
            continue
        n += 1
        if set(q) != {"n", "min", "p50", "p90", "p99", "p99_9", "max", "file"}:
            yield "%s: latency has %s" % (what, sorted(q))
            continue
        h = read_histogram(os.path.join(path, q["file"]))
        if not h or any(a[0] >= b[0] or a[1] >= b[1] for a, b in zip(h, h[1:])):
            yield what + ": values and shares do not rise"
            continue
        total, seen = sum(x[2] for x in h), 0
        if total != q["n"] or any(x[2] <= 0 for x in h):
            yield "%s: %d samples in the file, %d in the row" % (what, total, q["n"])
        for value, share, count in h:
            seen += count
            if abs(share - seen / total) > 1e-6:
                yield "%s: share %g at %d, counted %g" % (what, share, value, seen / total)
        # A value stands for its bucket, 1/32 wide.
        if not (q["min"] <= h[0][0] <= q["min"] * 33 / 32 + 1 and h[-1][0] == q["max"]):
            yield "%s: from %d to %d, the row says %d to %d" % (what, h[0][0], h[-1][0], q["min"], q["max"])
        for key, part in (("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p99_9", 0.999)):
            rank, seen, want = math.ceil(part * total * (1 - 1e-13)), 0, None
            for value, _, count in h:
                seen += count
                if seen >= rank:
                    want = min(value, q["max"])
                    break
            # Without ten samples beyond it there is none.
            if part > 0.5 and total * (1 - part) * (1 + 1e-13) < 10:
                want = None
            if q[key] != want:
                yield "%s: %s is %s, by the file %s" % (what, key, q[key], want)
    if n < (4 if load(path, "manifest.json")["target"] == "hv" else 1):
        yield "only %d rows with a histogram" % n


def benchmark(path):
    d, names = load(path, "benchmark.json"), set()
    context = ("date", "host_name", "executable", "num_cpus", "mhz_per_cpu", "cpu_scaling_enabled", "caches",
               "library_build_type")
    yield from ("context: %s is not there" % k for k in context if k not in d["context"])
    if sorted(d) != ["benchmarks", "context"] or not d["benchmarks"]:
        yield "keys %s" % sorted(d)
    for b in d["benchmarks"]:
        if b["name"] in names:
            yield b["name"] + ": twice"
        names.add(b["name"])
        kinds = {"name": str, "run_name": str, "run_type": str}
        if b.get("error_occurred"):
            kinds.update(error_message=str)
        else:
            kinds.update(repetitions=int, repetition_index=int, threads=int, iterations=int, real_time=(int, float),
                         cpu_time=(int, float), time_unit=str)
            kinds.update(definition=str, better=str)
            kinds["class"] = str
        for key, kind in kinds.items():
            if not isinstance(b.get(key), kind) or isinstance(b.get(key), bool):
                yield "%s: %s is %r" % (b["name"], key, b.get(key))
        yield from ("%s: %s is %r" % (b["name"], k, v) for k, v in b.items() if k not in kinds
                    and k not in ("error_occurred", "cell", "version", "metric", "cpu_time_is") and v is not None
                    and not is_number(v))
    known = {"cell", "version", "metric", "cpu_time_is"}
    full = {}
    for b in d["benchmarks"]:
        if len(b["name"]) > 80 or b["name"] != b["run_name"]:
            yield b["name"] + ": longer than 80, or not its run_name"
        if not known & set(b) or not isinstance(b["cell"], str):
            yield b["name"] + ": no cell"
        if not b.get("error_occurred"):
            if b["cpu_time"] != b["real_time"] or b["cpu_time_is"] != "real_time":
                yield b["name"] + ": cpu_time is not what it says"
            kind = "ratio" if b["time_unit"] == "ratio" else "count" if b["time_unit"] == "per operation" else ""
            full.setdefault((b["cell"], b["version"], b["metric"], kind), []).append(b["real_time"])
    m, want = load(path, "manifest.json"), {}
    if (d["context"]["fingerprint"], d["context"]["git_sha"]) != (m["fingerprint"], m["git"] and m["git"]["sha"]):
        yield "context: not the fingerprint and commit of the manifest"
    if d["context"]["library_build_type"] != m["environment"]["before"]["build_type"]:
        yield "context: library_build_type " + d["context"]["library_build_type"]
    for c in load(path, "summary.json")["cells"]:
        for r in c["rows"] if c["status"] == "ok" else []:
            key = c["cell"], r["version"], r["metric"]
            if r["value"] is not None:
                want[key + ("",)] = [r["value"]]
            if r["ratio"]:
                want[key + ("ratio",)] = [r["ratio"]["value"]]
    have = {k: v for k, v in full.items() if k[3] != "count"}
    yield from ("%s: %s, in summary.json %s" % (k, have.get(k), want.get(k)) for k in sorted(set(have) | set(want))
                if have.get(k) != want.get(k))
    failed = {c["cell"] for c in load(path, "cells.jsonl") if c["launch"] == 0 and c["status"] != "ok"}
    if failed != {b["cell"] for b in d["benchmarks"] if b.get("error_occurred")}:
        yield "failed cells are not those of cells.jsonl"


def median(values):
    v = sorted(values)
    return (v[(len(v) - 1) // 2] + v[len(v) // 2]) / 2


def close(a, b):
    return a == b or a is not None and b is not None and abs(a - b) <= 1e-8 * abs(b)


def apart(c):
    """How far the cores of a line lay apart; None: not known, or they moved while it ran (docs/methodology.md)."""
    looks = [c["pingpong"][k] for k in ("before_ns", "after_ns")] if c.get("pingpong") else []
    looks = [max(x) for x in looks if x and None not in x]
    return max(looks) if looks and max(looks) <= 1.5 * min(looks) else None


def one_group(launches):
    """Those of the group that most are of; of several the nearest, and what is not known comes last."""
    groups, known = [[c for c in launches if apart(c) is None]], [c for c in launches if apart(c) is not None]
    while known:
        least = min(map(apart, known))
        groups.insert(-1, [c for c in known if apart(c) <= 1.5 * least])
        known = [c for c in known if apart(c) > 1.5 * least]
    return max(groups, key=len)


def summary(path):
    """Every figure against those of the launches, and the table against the JSON."""
    d, launches, m = load(path, "summary.json"), {}, load(path, "manifest.json")
    yield from ("%s is not the manifest's" % k for k in ("suite", "git", "started", "status", "target", "clock", "baseline", "meta",
                                                         "files", "fingerprint", "fingerprints") if d.get(k) != m.get(k))
    env = m["environment"]["before"]
    yield from ("machine: %s is %s" % (k, v) for k, v in d["machine"].items() if k in env and env[k] != v)
    if len(d["machine"]) < 20 or d["machine"]["clock"] != m["clock"]["name"]:
        yield "machine: %s" % d["machine"]
    if d["subject"]["suite"] != m["suite"] or d["subject"]["variant"] != env["variant"]:
        yield "subject: %s" % d["subject"]
    for c in load(path, "cells.jsonl"):
        launches.setdefault(c["cell"], []).append(c)
    if {c["cell"] for c in d["cells"]} != set(launches) or len(d["cells"]) != len(launches):
        yield "cells are not those of cells.jsonl"
    seen = {}
    for c in d["cells"]:
        usable = [x for x in sorted(launches.get(c["cell"], []), key=lambda x: x["launch"])
                  if x["status"] in ("ok", "unstable")]
        left, usable = len(usable), one_group(usable)
        if c["other_group"] != left - len(usable):
            yield "%s: %s of another group, not %d" % (c["cell"], c["other_group"], left - len(usable))
        rows_of = {}
        first = launches[c["cell"]][0]
        if (c["def_version"], c["files"]) != (first["def_version"], first["files"]):
            yield "%s: definition %s of %s" % (c["cell"], c["def_version"], c["files"])
        if c["unstable"] != (bool(usable) and 2 * sum(x["status"] != "ok" for x in usable) >= len(usable)):
            yield "%s: unstable is %s" % (c["cell"], c["unstable"])
        if (c["threshold"] is None) != m["clock"]["exact"] or (c["threshold"] or 0.01) < 0.01:
            yield "%s: threshold %s" % (c["cell"], c["threshold"])
        for x in usable:
            for r in x["rows"]:
                rows_of.setdefault((r["version"], r["metric"]), []).append(r)
        if c["launches"] != len(usable) or len(c["rows"]) != len(rows_of):
            yield "%s: %d launches, %d rows" % (c["cell"], c["launches"], len(c["rows"]))
        for r in c["rows"]:
            key = r["version"], r["metric"]
            of, what = rows_of.get(key, []), "%s %s %s" % ((c["cell"],) + key)
            seen[(c["cell"],) + key] = r
            values = [x["value"] for x in of if x["value"] is not None]
            ratios = [x["ratio"]["value"] for x in of if x["ratio"] and x["ratio"]["value"] is not None]
            if r["launches"] != len(of) or r["over"] != ("launches" if len(of) > 1 else "rounds"):
                yield "%s: %s launches over %s" % (what, r["launches"], r["over"])
            # Both are written with ten digits, or by a script with as many as there are.
            if r["ratio"] and (len(r["ratio"]["each"]) != len(ratios) or
                               not all(map(functools.partial(math.isclose, rel_tol=1e-9), r["ratio"]["each"], ratios))):
                yield "%s: each launch is %s, was %s" % (what, r["ratio"]["each"], ratios)
            for e, all_of in ((r, values), (r["ratio"], ratios)):
                if bool(all_of) != bool(e and e["value"] is not None):
                    yield "%s: %s of %s" % (what, e, all_of)
                elif e and e["value"] is not None:
                    if not close(e["value"], median(all_of)):
                        yield "%s: %s of %s" % (what, e["value"], all_of)
                    # No interval without its level, and no level without an interval.
                    if len({e[k] is None for k in ("lo", "hi", "level")}) != 1:
                        yield "%s: %s" % (what, e)
                    if e["lo"] is not None and not e["lo"] <= e["value"] <= e["hi"]:
                        yield "%s: %s" % (what, e)
            counts = [x["counts"] for x in of if x["counts"]]
            if r["counts"] != (counts[0] if counts else None):
                yield what + ": counts"
            if r["counts_class"] != (of[0]["counts_class"] if counts else None):
                yield "%s: counts of class %s" % (what, r["counts_class"])
            if r["counts_vary"] and r["counts_class"] == "C":
                yield "%s: exact counts vary: %s" % (what, r["counts_vary"])
            vary = [k for k in (counts[0] if counts else {}) if any(x.get(k) != counts[0][k] for x in counts)]
            if r["counts_vary"] != vary:
                yield "%s: %s vary, it says %s" % (what, vary, r["counts_vary"])
    with open(os.path.join(path, "summary.csv"), encoding="utf-8", newline="") as f:
        table = list(csv.DictReader(f))
    lines = {(x["cell"], x["version"], x["metric"]): x for x in table if x["version"]}
    if set(lines) != set(seen) or len(table) != len(seen) + sum(not c["rows"] for c in d["cells"]):
        yield "summary.csv has not the rows of summary.json"
    for key in set(lines) & set(seen):
        x, r = lines[key], seen[key]
        pairs = [(x[k], r[k]) for k in ("launches", "value", "lo", "hi", "level")]
        pairs += [(x["ratio"], r["ratio"] and r["ratio"]["value"]), (x["ratio_level"], r["ratio"] and r["ratio"]["level"])]
        pairs += [(x["count." + k], v) for k, v in (r["counts"] or {}).items()]
        yield from ("%s: %s in the table, %s" % (" ".join(key), a, b) for a, b in pairs
                    if (float(a) if a else None) != b or None in x or None in x.values())


def contention(path):
    """contention.json: keys and types, sums, and no pair of another group of cores in a figure."""
    d = load(path, "contention.json")
    yield from fits("contention", d, tables()["contention.json"])
    yield from ("missing: %s" % x for x in d["missing"] if set(x) != {"what", "reason"} or not x["reason"])
    if set(d["probed"]) | {x["what"] for x in d["missing"]} != set(d["asked"]) and d["cells"]:
        yield "asked %s, probed %s, missing %s" % (d["asked"], d["probed"], d["missing"])
    near = {}
    for c in d["cells"]:
        what = "%s %s" % (c.get("cell"), c.get("version"))
        yield from fits(what, c, tables()["probed"])
        used = [p for p in c["pairs"] if p["used"]]
        if c["status"] != ("ok" if used else "failed" if d["probed"] else "skipped") or not used and not c["reason"]:
            yield "%s: %s of %d pairs: %s" % (what, c["status"], len(used), c["reason"])
        if bool(used) != bool(c["perturbation"]) or bool(used) != bool(c["waits"]):
            yield what + ": figures without a pair, or a pair without figures"
        near.setdefault(c["cell"], []).extend(p[s]["pingpong_ns"] for p in used for s in ("probed", "unprobed"))
        if not used:
            continue
        ratios = sorted(p["probed"]["value"] / p["unprobed"]["value"] for p in used)
        e = c["perturbation"]
        if e["pairs"] != len(used) or not all(map(functools.partial(math.isclose, rel_tol=1e-6), (
                e["ratio"], e["ratio_min"], e["ratio_max"]), (median(ratios), ratios[0], ratios[-1]))):
            yield "%s: %s of %s" % (what, e, ratios)
        w = c["waits"]
        for k in (w["locks"] or []) + (w["kernel_locks"] or []):
            if sum(k["wait_histogram"]) != k.get("ended", k["contended"]):
                yield "%s: a histogram of %s" % (what, k)
            if not k["wait_p50_ns"] or not k["wait_p50_ns"] <= k["wait_p90_ns"] <= k["wait_p99_ns"]:
                yield "%s: percentiles of %s" % (what, k)
        for k in w["locks"] or []:
            mine = sum(t["contended"] for t in w["threads"] if t["lock"] == k["lock"])
            if mine != k["contended"] and len(w["threads"]) < 20:
                yield "%s: %s: threads have %d of %d" % (what, k["lock"], mine, k["contended"])
    for cell, ns in near.items():
        known = [x for x in ns if x is not None]
        if known and (len(known) < len(ns) or max(known) > 1.5 * min(known)):
            yield "%s: pairs of several groups are used: %s" % (cell, ns)


CHECKS = {"contention": contention, "manifest": manifest, "cells": cells, "rows": row_checks, "histograms": histograms, "benchmark": benchmark,
          "summary": summary}


def main(args):
    if len(args) != 2 or args[0] not in CHECKS:
        print(__doc__, "\n", *CHECKS, file=sys.stderr)
        return 2
    wrong = list(CHECKS[args[0]](args[1]))
    print("\n".join(wrong[:30]))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
