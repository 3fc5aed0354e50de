#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Kill programs that write, at random moments, and look at what they leave.

  kills.py N SEED   N kills of what still runs, shared out to a run, a comparison, adding to a history, a dashboard and
                    a merge of parts

kill -9 comes at a moment from the seed within the time that the program takes. After each: no file is there that its
readers would not read, nothing is lost that was finished before or that it had said, and the same command again does
the rest. Prints what is wrong, a line each, and at the end how many kills there were, and how many came too late; exit 1
if anything is wrong. B=build-x kills the programs of that build.
"""
import glob
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
B = os.path.join(TOP, os.environ.get("B", "build"))
RUNS_PY = os.path.join(TOP, "tests", "history", "runs.py")
CELLS = "^(table_growth|map_unmap/batch:(1|64|256))/"


class Wrong(Exception):
    """What a kill has left that it must not."""


def call(*argv, good=(0,)):
    p = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if p.returncode not in good:
        raise Wrong("%s: exit code %d: %s" % (" ".join(argv[:3]), p.returncode, (p.stderr.strip().splitlines() or [""])[-1]))
    return p.stdout


def program(name):
    return os.path.join(B, name)


def read_json(path):
    try:
        with open(path, encoding="utf-8") as f:
            return json.load(f)
    except ValueError as e:
        raise Wrong("%s: not whole: %s" % (os.path.basename(path), e)) from e


def lines(path):
    """Whole lines of a cells.jsonl, which are JSON; the last may be torn."""
    if not os.path.exists(path):
        return []
    with open(path, "rb") as f:
        whole = f.read().split(b"\n")[:-1]
    for one in whole:
        try:
            json.loads(one)
        except ValueError as e:
            raise Wrong("a whole line of cells.jsonl is no JSON: %s" % e) from e
    return whole


class Victim:
    """A program that is killed in a folder of its own."""

    def __init__(self, at):
        self.at = at

    def path(self, *names):
        return os.path.join(self.at, *names)

    def prepare(self):
        """Before each kill."""

    def argv(self):
        raise NotImplementedError

    def look(self, said):
        """After it: raise Wrong."""
        raise NotImplementedError


class Run(Victim):
    """Lines that were written are there after --resume, in their order, and what was said to be ok is among them."""

    def prepare(self):
        shutil.rmtree(self.path("results"), ignore_errors=True)

    def argv(self):
        return [program("grantbench"), "--results=" + self.path("results"), "--filter=" + CELLS, "--budget=0.25", "--pin=none",
                "--launches=1", "--allow-untrusted", "--no-progress", "--verbose"]

    def look(self, said):
        dirs = glob.glob(self.path("results", "2*"))
        if not dirs:
            return
        before = lines(os.path.join(dirs[0], "cells.jsonl"))
        have = {json.loads(x)["cell"] for x in before}
        for line in said.splitlines():
            cell = line.split(": ")[2].split(" in ")[0] if line.startswith("grantbench: ok: ") else None
            if cell and cell not in have:
                raise Wrong("%s was said to be measured, and is not there" % cell)
        for path in glob.glob(os.path.join(dirs[0], "*.json")):
            read_json(path)
        if os.path.exists(os.path.join(dirs[0], "manifest.json")):
            call(program("grantbench-report"), dirs[0], good=(0, 4))
            call(program("grantbench"), "--results=" + self.path("results"), "--resume=" + dirs[0], "--allow-untrusted", "--quiet")
            after = lines(os.path.join(dirs[0], "cells.jsonl"))
            if after[:len(before)] != before or read_json(os.path.join(dirs[0], "manifest.json"))["status"] != "complete":
                raise Wrong("--resume lost a line, or did not finish")
        elif before:
            raise Wrong("cells and no manifest")


class Compare(Victim):
    """A baseline and a verdict are those of before, or new, and whole."""

    def __init__(self, at, run):
        super().__init__(at)
        self.run, self.turn = run, 0
        call(*self.keep())

    def keep(self):
        return [program("grantbench"), "compare", "--results=" + self.path("r"), "--save-baseline=kept", "--force", self.run]

    def prepare(self):
        self.turn += 1

    def argv(self):
        if self.turn % 2:
            return self.keep()
        return [program("grantbench"), "compare", "--results=" + self.path("r"), "--json=" + self.path("verdict.json"),
                "--junit=" + self.path("verdict.xml"), "kept", self.run]

    def look(self, said):
        if not read_json(self.path("r", "baselines", "kept.json"))["cells"]:
            raise Wrong("a baseline without cells")
        if os.path.exists(self.path("verdict.json")):
            read_json(self.path("verdict.json"))
        if os.path.exists(self.path("verdict.xml")):
            with open(self.path("verdict.xml"), encoding="utf-8") as f:
                if not f.read().rstrip().endswith("</testsuites>"):
                    raise Wrong("verdict.xml: not whole")
        call(program("grantbench"), "compare", "--results=" + self.path("r"), "kept", self.run)


class Add(Victim):
    """What was said to be added is there, no run is there in part, and adding again does the rest."""

    RUNS = 40

    def __init__(self, at):
        super().__init__(at)
        call(sys.executable, RUNS_PY, "make", self.path("runs"), str(self.RUNS), "0")
        self.left = 0

    def prepare(self):
        # Now and then from the beginning, where the tables are made.
        if not self.left:
            for path in glob.glob(self.path("h.db*")):
                os.remove(path)
        self.left = (self.left + 1) % 4

    def argv(self):
        return [program("grantbench-history"), "--db=" + self.path("h.db"), "add"] + sorted(glob.glob(self.path("runs", "*")))

    def look(self, said):
        call(program("grantbench-history"), "--db=" + self.path("h.db"), "show", good=(0, 4, 6))
        named = sum(": added" in x or ": was there" in x for x in said.splitlines())
        have = self.count()
        if have < named:
            raise Wrong("%d runs were said to be added, %d are there" % (named, have))

    def count(self):
        if not os.path.exists(self.path("h.db")):
            return 0
        db = sqlite3.connect(self.path("h.db"))
        try:
            if db.execute("PRAGMA integrity_check").fetchone() != ("ok",):
                raise Wrong("the database is damaged")
            if not db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                return 0
            if db.execute("SELECT count(*) FROM run WHERE (SELECT count(*) FROM point WHERE run = id) <> 5").fetchone()[0]:
                raise Wrong("a run is there in part")
            return db.execute("SELECT count(*) FROM run").fetchone()[0]
        finally:
            db.close()


class Dashboard(Victim):
    """The pages are those of before, or the new ones, and all of them."""

    def __init__(self, at, db):
        super().__init__(at)
        self.db = db

    def argv(self):
        return [program("grantbench-dashboard"), "--db=" + self.db, "--out=" + self.path("pages")]

    def look(self, said):
        if not os.path.exists(self.path("pages")):
            return
        pages = glob.glob(self.path("pages", "series", "*.html"))
        for path in pages + [self.path("pages", "index.html")]:
            with open(path, encoding="utf-8") as f:
                if not f.read().rstrip().endswith("</html>"):
                    raise Wrong("%s: not whole" % path)
        if len(pages) != 5:
            raise Wrong("%d pages of 5 series" % len(pages))


class Merge(Victim):
    """A run is there in whole or not at all, the parts are as they were, and merging again works."""

    def __init__(self, at):
        super().__init__(at)
        for k in "12":
            call(program("grantbench"), "--results=" + self.path("r"), "--out=" + self.path("part" + k), "--part=%s/2" % k,
                 "--filter=" + CELLS, "--budget=0.25", "--launches=0", "--pin=none", "--allow-untrusted", "--quiet")
        self.parts = self.state()

    def state(self):
        return {k: open(self.path(k, "cells.jsonl"), "rb").read() for k in ("part1", "part2")}

    def argv(self):
        return [os.path.join(TOP, "scripts", "grantbench-fleet"), "merge", "--results=" + self.path("merged"), self.path("part1"),
                self.path("part2")]

    def look(self, said):
        runs = glob.glob(self.path("merged", "*-fleet*"))
        named = [x for x in said.splitlines() if x.startswith("/") or x.startswith(self.at)]
        for run in runs + [self.path("merged", "latest")] * os.path.lexists(self.path("merged", "latest")) + named:
            m = read_json(os.path.join(run, "manifest.json"))
            if len(lines(os.path.join(run, "cells.jsonl"))) != len(m["plan"]) or not read_json(
                    os.path.join(run, "summary.json"))["cells"]:
                raise Wrong("%s: a run in part" % os.path.basename(run))
        if self.state() != self.parts:
            raise Wrong("a part has changed")
        for run in runs[1:]:
            shutil.rmtree(run)
            if not os.path.exists(self.path("merged", "latest")):
                os.unlink(self.path("merged", "latest"))


def kill_one(victim, after):
    """Kill it so many seconds after its start: what it had said, and whether it still ran."""
    victim.prepare()
    with tempfile.TemporaryFile("w+", encoding="utf-8") as said:
        p = subprocess.Popen(victim.argv(), stdin=subprocess.DEVNULL, stdout=said, stderr=said, start_new_session=True)
        try:
            p.wait(after)
        except subprocess.TimeoutExpired:
            pass
        ran = p.poll() is None
        p.kill()
        p.wait()
        # What it had started has lost it, and is not waited for.
        try:
            os.killpg(p.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        said.seek(0)
        return said.read(), ran


def takes(victim):
    victim.prepare()
    start = time.monotonic()
    call(*victim.argv())
    took = time.monotonic() - start
    victim.look("")
    return took


def main(n, seed):
    lot, wrong, late, k = random.Random(seed), 0, 0, 0
    with tempfile.TemporaryDirectory() as tmp:
        def at(name):
            os.mkdir(os.path.join(tmp, name))
            return os.path.join(tmp, name)

        run = Run(at("run"))
        run.prepare()
        call(*run.argv())
        measured = os.path.join(tmp, "measured")
        shutil.copytree(os.path.realpath(run.path("results", "latest")), measured)
        add = Add(at("add"))
        call(*add.argv())
        shutil.copy(add.path("h.db"), os.path.join(tmp, "whole.db"))
        victims = [run, Compare(at("compare"), measured), add, Dashboard(at("pages"), os.path.join(tmp, "whole.db")),
                   Merge(at("merge"))]
        most = {v: takes(v) for v in victims}
        while k < n:
            victim = victims[k % len(victims)]
            after = lot.uniform(0, most[victim])
            try:
                said, ran = kill_one(victim, after)
                k += ran
                late += not ran
                # It has become faster than it was.
                most[victim] = most[victim] if ran else max(after, most[victim] / 2)
                victim.look(said)
            except (Wrong, OSError, KeyError) as e:
                wrong += 1
                print("kill %d, %s, after %.3f s: %s" % (k, type(victim).__name__, after, e))
        try:
            call(*add.argv())
            if add.count() != add.RUNS:
                raise Wrong("%d of %d runs after adding them again" % (add.count(), add.RUNS))
            takes(victims[3])
            takes(victims[4])
        except (Wrong, OSError) as e:
            wrong += 1
            print("at the end: %s" % e)
    print("%d kills, and %d that came too late; %d wrong" % (n, late, wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2])))
