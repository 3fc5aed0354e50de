#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""What grantbench-export wrote, against the rules of its reader.

  formats.py FORMAT FILE        prints what is wrong, one line each
  formats.py openmetrics-parser FILE
                                the strict parser of python3-prometheus-client
  formats.py node-exporter PROGRAM FILE
                                Prometheus' node exporter serves it: every sample, and no error
Exit: 1 if anything is wrong, 77 if the reader is not here.
"""
import csv
import json
import math
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

wrong = []


def bad(text):
    wrong.append(text)


def constant(text):
    raise ValueError("not strict: " + text)


def pairs(items):
    if len(dict(items)) != len(items):
        raise ValueError("a key twice")
    return dict(items)


def document(text):
    return json.loads(text, parse_constant=constant, object_pairs_hook=pairs)


def finite(v):
    return isinstance(v, (int, float)) and not isinstance(v, bool) and math.isfinite(v)


def google_benchmark(text):
    doc = document(text)
    if not isinstance(doc["context"]["caches"], list):
        bad("context has no caches: Bencher wants them")
    seen = {}
    for b in doc["benchmarks"]:
        for key in ("name", "run_name", "run_type", "threads", "iterations", "real_time", "cpu_time", "time_unit"):
            if key not in b:
                bad("%s: no %s" % (b.get("name"), key))
        if b["time_unit"] not in ("ns", "us", "ms", "s"):
            bad("%s: time_unit %s is none of Google Benchmark's" % (b["name"], b["time_unit"]))
        if not finite(b["real_time"]) or not finite(b["cpu_time"]) or b["real_time"] <= 0:
            bad("%s: a time that is none" % b["name"])
        if b["run_type"] != "iteration" or b["threads"] < 1 or b["iterations"] < 1:
            bad("%s: %s" % (b["name"], b))
        if len(b["name"]) > 80:
            bad("%s: longer than 80" % b["name"])
        seen.setdefault(b["name"], []).append((b["repetition_index"], b["repetitions"]))
    for name, reps in seen.items():
        if [r[0] for r in reps] != list(range(len(reps))) or {r[1] for r in reps} != {len(reps)}:
            bad("%s: repetitions %s" % (name, reps))


def github_action(text):
    doc = document(text)
    if not doc:
        bad("an empty list is an error of the action's")
    names = [e["name"] for e in doc]
    for name in names:
        if names.count(name) > 1:
            bad("%s: twice, and only the first is compared" % name)
    for e in doc:
        if not isinstance(e["name"], str) or not isinstance(e["unit"], str) or not finite(e["value"]):
            bad("%s: name, unit and value" % e)
        if set(e) - {"name", "unit", "value", "range", "extra"}:
            bad("%s: what no action reads" % e["name"])
        if not isinstance(e.get("range", ""), str) or not isinstance(e.get("extra", ""), str):
            bad("%s: range and extra are strings" % e["name"])


def bencher(text):
    doc = document(text)
    for bench, measures in doc.items():
        if not bench or len(bench) > 1024 or not measures:
            bad("%r: a name of 1 to 1024 characters, and a measure" % bench)
        for name, m in measures.items():
            if not re.fullmatch("[a-z0-9]+(-[a-z0-9]+)*", name):
                bad("%s: %s is no slug" % (bench, name))
            if set(m) - {"value", "lower_value", "upper_value"} or not all(map(finite, m.values())):
                bad("%s: %s" % (bench, m))
            if not m.get("lower_value", m["value"]) <= m["value"] <= m.get("upper_value", m["value"]):
                bad("%s %s: bounds on the wrong sides" % (bench, name))


LABEL = r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^\\"\n]|\\[\\"n])*"'
SAMPLE = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)(\{(?:%s(?:,%s)*)?\})? (\S+)" % (LABEL, LABEL))


def openmetrics(text):
    if not text.endswith("\n# EOF\n"):
        bad("does not end with # EOF and a newline")
    family, seen, samples = None, set(), set()
    for line in text.splitlines()[:-1] if "\r" not in text else ["a carriage return"]:
        words = line.split(" ", 3)
        if words[0] == "#" and words[1] == "TYPE":
            family = words[2]
            if family in seen or words[3] != "gauge":
                bad("%s: a family twice, or no gauge" % line)
            seen.add(family)
        elif words[0] == "#":
            if words[1] not in ("UNIT", "HELP") or words[2] != family:
                bad(line)
            if words[1] == "UNIT" and not family.endswith("_" + words[3]):
                bad("%s: the name does not end with the unit" % line)
        else:
            m = SAMPLE.fullmatch(line)
            if not m or m.group(1) != family or not math.isfinite(float(m.group(3))):
                bad("no sample of %s: %s" % (family, line))
            elif m.group(1) + m.group(2) in samples:
                bad("twice: " + line)
            else:
                samples.add(m.group(1) + m.group(2))


def gitlab(text):
    """GitLab takes lines apart as a shell does, and knows a metric by what is left of its first word."""
    openmetrics(text)
    seen = set()
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        words = shlex.split(line)
        if len(words) != 2 or not math.isfinite(float(words[1])):
            bad("not a name and a value: %s" % words)
        if words[0] in seen:
            bad("twice: " + words[0])
        seen.add(words[0])
        if ' class="X"' in line or "low" in words[0].split("{")[0] or len(words[1].lstrip("0.-").replace(".", "")) > 6:
            bad("changes with every run: " + line)


def benchfmt(text):
    units, lines = {}, {}
    for line in text.splitlines():
        if re.fullmatch(r"[a-z][^\sA-Z:]*: .+", line):
            continue
        m = re.fullmatch(r"Unit (\S+) better=(lower|higher)( assume=exact)?", line)
        if m:
            if m.group(1) in units:
                bad("twice: " + line)
            units[m.group(1)] = m.group(3)
            continue
        m = re.fullmatch(r"(Benchmark[A-Z][!-~]*) ([1-9][0-9]*) (\S+) ([!-~]+)", line)
        if not m or not math.isfinite(float(m.group(3))) or m.group(4) not in units:
            bad("no line of a benchmark: " + line)
            continue
        if re.search(r"-\d+$", m.group(1)) or "//" in m.group(1):
            bad("what benchstat takes for GOMAXPROCS, or an empty part: " + m.group(1))
        lines.setdefault((m.group(1), m.group(4)), []).append(float(m.group(3)))
    for (name, unit), values in lines.items():
        if units[unit] and len(set(values)) > 1:
            bad("%s: %s is said to be exact: %s" % (name, unit, values))


def table(text):
    rows = list(csv.reader(text.splitlines(True), strict=True))
    if len({len(r) for r in rows}) != 1:
        bad("lines of %s fields" % sorted({len(r) for r in rows}))
    if len(set(rows[0])) != len(rows[0]):
        bad("a column twice")
    for r in rows[1:]:
        if r[2] == "ok" and r[6] not in ("lower", "higher"):
            bad("no direction: %s" % r)
        for v in r[9:]:
            if re.fullmatch("-?(nan|inf).*", v, re.I):
                bad("no number: %s" % r)


def openmetrics_parser(text):
    try:
        from prometheus_client.openmetrics import parser
    except ImportError:
        sys.exit(77)
    n = 0
    for family in parser.text_string_to_metric_families(text):
        for s in family.samples:
            n += 1
            if not math.isfinite(s.value) or "\0" in "".join(s.labels.values()):
                bad(str(s))
    if n != sum(not line.startswith("#") for line in text.splitlines()):
        bad("%d samples were read" % n)


def node_exporter(program, text):
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    with tempfile.TemporaryDirectory() as tmp, open(os.path.join(tmp, "err"), "w", encoding="utf-8") as err:
        os.mkdir(tmp + "/in")
        with open(tmp + "/in/grantbench.prom", "w", encoding="utf-8") as f:
            f.write(text)
        p = subprocess.Popen([program, "--collector.disable-defaults", "--collector.textfile",
                              "--collector.textfile.directory=" + tmp + "/in",
                              "--web.listen-address=127.0.0.1:%d" % port], stderr=err, stdout=err)
        try:
            for _ in range(200):
                try:
                    with urllib.request.urlopen("http://127.0.0.1:%d/metrics" % port, timeout=10) as r:
                        served = r.read().decode()
                    break
                except OSError:
                    time.sleep(0.1)
            else:
                bad("the node exporter does not answer")
                return
        finally:
            p.kill()
            p.wait()
    if "\nnode_textfile_scrape_error 0\n" not in "\n" + served:
        bad("the node exporter could not read it")
    asked = sum(not line.startswith("#") for line in text.splitlines())
    found = sum(line.startswith("grantbench_") for line in served.splitlines())
    if found != asked:
        bad("%d of %d samples are served" % (found, asked))


FORMATS = {"google-benchmark": google_benchmark, "github-action-smaller": github_action,
           "github-action-bigger": github_action, "bencher": bencher, "openmetrics": openmetrics, "gitlab": gitlab,
           "benchfmt": benchfmt, "csv": table, "openmetrics-parser": openmetrics_parser}


def main(what, *args):
    with open(args[-1], encoding="utf-8", newline="") as f:
        text = f.read()
    try:
        if what == "node-exporter":
            if not shutil.which(args[0]):
                sys.exit(77)
            node_exporter(args[0], text)
        else:
            FORMATS[what](text)
    except (ValueError, KeyError, TypeError) as e:
        bad("%s: %r" % (what, e))
    for line in wrong[:20]:
        print(line)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
