#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Runs and rows for the tests of grantbench-history.

  runs.py make DIR N FIRST [VALUE]  DIR/run-FIRST... with a cell, its ratio and a count each: N runs, one a minute; ratios
                                    vary by 0.2 % around VALUE (1); the count is 3, from VALUE 1.01 on 4
  runs.py fill DB RUNS SERIES       a database that grantbench-history made: as many runs and series more, with a point
                                    for each pair, and a step of 1 % in the middle of every hundredth series
  runs.py copy DB                   the rows of such a database, for psql: in place of those that are there
"""
import json
import os
import random
import sqlite3
import sys


def make(root, n, first, value):
    for k in range(first, first + n):
        path = os.path.join(root, "run-%04d" % k)
        os.makedirs(path)
        ratio = value * (1 + random.Random(k).gauss(0, 0.002))
        row = {"unit": "ns/page", "better": "lower", "n": 8, "lo": None, "hi": None, "level": None, "class": "X"}
        count = {"flushes": 4 if value >= 1.01 else 3}
        rows = [dict(row, version="v1", metric="map", value=100 + k % 7, ratio=None, counts={"flushes": 3}),
                dict(row, version="v2", metric="map", value=90 + k % 5, counts=count,
                     ratio={"to": "v1", "value": ratio, "lo": ratio - 0.01, "hi": ratio + 0.01, "level": 0.99, "n": 8,
                            "class": "H", "layouts": None})]
        cell = {"cell": "map_unmap/batch:64", "bench": "map_unmap", "def_version": 1, "params": {"batch": "64"},
                "axis": None, "target": "hv", "launch": 0, "status": "ok", "reason": None, "rows": rows}
        with open(os.path.join(path, "cells.jsonl"), "w", encoding="utf-8") as f:
            f.write(json.dumps(cell) + "\n")
        manifest = {"schema": 1, "suite": "0.1.0", "git": {"sha": "%07x" % k, "dirty": False}, "status": "complete",
                    "started": "2026-01-%02dT%02d:%02d:00Z" % (1 + k // 1440, k // 60 % 24, k % 60), "target": "hv",
                    "environment": {"before": {"cpu_model": "A CPU", "compiler": "gcc"}}}
        with open(os.path.join(path, "manifest.json"), "w", encoding="utf-8") as f:
            json.dump(manifest, f)


def fill(path, runs, series):
    db = sqlite3.connect(path)
    db.execute("INSERT INTO setting (words) VALUES ('filled')")
    setting = db.execute("SELECT id FROM setting WHERE words = 'filled'").fetchone()[0]
    run, one = (db.execute("SELECT coalesce(max(id), 0) + 1 FROM " + t).fetchone()[0] for t in ("run", "series"))
    for r in range(runs):
        db.execute("INSERT INTO run VALUES (?, ?, ?, '0.1.0', ?, 'complete', 'hv', '', ?, ?)",
                   (run + r, "run%d" % r, "2027-%02d-%02dT%02d:%02d:00Z" % (1 + r // 40320, 1 + r // 1440 % 28,
                    r // 60 % 24, r % 60), "%07x" % r, r, "%064x" % r))
    for i in range(series):
        db.execute("INSERT INTO series VALUES (?, ?, 1, ?, 'bench', ?, 'v2', 'map', 1, 'ratio', 'lower')",
                   (one + i, "bench/cell:%06d/v2/map/ratio" % i, setting, "bench/cell:%06d" % i))
        lot = random.Random(i)
        db.executemany("INSERT INTO point VALUES (?, ?, ?, 0.99, 1.01, 0.99, 8, 8, 'H')",
                       [(one + i, run + r, lot.gauss(1, 0.002) * (1.01 if i % 100 == 0 and 2 * r >= runs else 1))
                        for r in range(runs)])
    db.commit()


def copy(path):
    db = sqlite3.connect(path)
    print("TRUNCATE about, run, setting, series, point;")
    for table in "about", "run", "setting", "series", "point":
        print("COPY %s FROM stdin;" % table)
        # Points as they come in: run by run.
        for row in db.execute("SELECT * FROM %s%s" % (table, " ORDER BY run, series" if table == "point" else "")):
            print("\t".join("\\N" if v is None else repr(v) if isinstance(v, float) else str(v) for v in row))
        print("\\.")


if __name__ == "__main__":
    if sys.argv[1] == "make":
        make(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), float((sys.argv + ["1"])[5]))
    elif sys.argv[1] == "copy":
        copy(sys.argv[2])
    else:
        fill(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
