# SPDX-License-Identifier: GPL-2.0-only
"""Results folders whose figures are made up, for tests of what reads them."""
import copy
import json
import os
import shutil

ENV = {"host": "made", "kernel": "6.1", "cpu_model": "Made CPU", "microcode": "0x1", "cpu_features": "avx avx2 erms",
       "hypervisor": "none", "cpus_online": 2, "cpus_allowed": "0-1", "cmdline": "quiet", "governor": None, "turbo": None,
       "smt": "off", "thp": "madvise", "aslr": 2, "clocksource": "tsc", "numa_balancing": 0, "mitigations": {"l1tf": "no"},
       "compiler": "gcc 12.2.0", "cflags": "-O2", "variant": None, "libc": "glibc 2.36", "build_type": "release",
       "benchmark_library": "1.7.1", "cgroup_cpu_max": None, "target_facts": None}
TIMES = {"name": "monotonic", "unit": "ns", "exact": False, "trusted": True, "reason": None}
INSTRUCTIONS = {"name": "instructions", "unit": "instructions", "exact": True, "trusted": True, "reason": None}
COUNTS = {"hypercalls": 0.015625, "spin_locks": 2, "atomic_rmws": 9, "flushes": 0, "bytes_copied": 0}


def ratio(value, to="v1"):
    if value is None:
        return None
    return {"to": to, "value": value, "lo": value * 0.99, "hi": value * 1.01, "level": 0.99, "n": 10, "class": "H",
            "layouts": [value] * 10}


def row(version, metric="map", **more):
    r = {"version": version, "metric": metric, "unit": "ns/page", "better": "lower", "n": 100, "value": 100.0, "lo": 99.0,
         "hi": 101.0, "level": 0.99, "min": 98.0, "max": 110.0, "class": "X", "ratio": None, "self": None,
         "counts": dict(COUNTS), "counts_class": "C", "ops_counted": 64, "counted": 1, "counts_spread": None, "limits": None,
         "shares": None, "latency": None}
    r.update(more)
    return r


def exact(version, metric, value, unit="bytes/GiB", **more):
    return row(version, metric, value=value, lo=value, hi=value, min=value, max=value, level=1, n=1, unit=unit,
               **dict({"class": "C"}, **more))


def cell(name, rows, launch=0, **more):
    params = dict(p.split(":", 1) for p in name.split("/")[1:])
    c = {"cell": name, "bench": name.split("/")[0], "def_version": 1, "params": params, "files": None, "axis": None,
         "target": "hv", "clock": "monotonic", "mapper": "pv", "iommu": "none", "flush": "count", "entry": "none",
         "args": None, "host_cpus": 8, "launch": launch, "status": "ok", "reason": None,
         "rounds": {"asked": 8, "done": 8, "dropped": 0}, "input": None, "seconds": 0.1, "rows": copy.deepcopy(rows),
         "perf": {"available": False, "reason": "made", "events": {}}}
    c.update(more)
    return c


def launches(name, version, values, metric="map", **more):
    """A cell with one ratio of a version to v1, of so many launches."""
    return [cell(name, [row("v1", metric, **more), row(version, metric, ratio=ratio(v), **more)], k)
            for k, v in enumerate(values)]


def manifest(clock, env=None, **more):
    m = {"schema": 1, "suite": "0.1.0", "git": {"sha": "1234567", "dirty": False}, "started": "2026-11-27T06:01:00Z",
         "ended": "2026-11-27T06:02:00Z", "status": "complete", "exit": 0, "command": ["grantbench"],
         "selection": ["--versions=v1,v2"], "target": "hv", "target_options": {}, "budget_s": 60, "measured_s": 60,
         "quick": False, "meta": {}, "versions": [{"name": "v1"}, {"name": "v2"}], "baseline": "v1", "benches": [],
         "plan": [], "files": [], "left_out": [], "counts": {}, "environment": {"before": dict(ENV, **(env or {})),
                                                                                "after": None},
         "clock": dict(clock), "noise": None, "fingerprint": "0" * 64, "fingerprint_keys": []}
    m.update(more)
    return m


def write(path, cells, clock=None, env=None, tail="", **more):
    """A folder, anew."""
    shutil.rmtree(path, ignore_errors=True)
    os.makedirs(path)
    with open(os.path.join(path, "manifest.json"), "w", encoding="utf-8") as f:
        json.dump(manifest(clock or TIMES, env, **more), f)
    with open(os.path.join(path, "cells.jsonl"), "w", encoding="utf-8") as f:
        f.write("".join(json.dumps(c) + "\n" for c in cells) + tail)
    return path


def count(path, values, env=None, unit="instructions/page", counts=None, **more):
    """A folder of instructions: {(cell, version, metric): value}."""
    cells = {}
    for (name, version, metric), v in values.items():
        cells.setdefault(name, []).append(exact(version, metric, v, unit, counts=dict(COUNTS, **(counts or {}))))
    return write(path, [cell(n, r, clock="instructions") for n, r in cells.items()], INSTRUCTIONS, env,
                 meta={"counter": "callgrind (valgrind-3.19.0)"}, **more)
