#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Runs of the lab: folders with names of their own that are not lost, dates, figures.

  scripts/lab_results.py folder NAME FOLDER [OUT] [--replace]   make the folder of a run, print it: OUT, or of its own
  scripts/lab_results.py check OUT                              may a run go there? Nothing is changed
  scripts/lab_results.py date FOLDER                            give what a boot brought out the host's date
  scripts/lab_results.py figures FOLDER                         print its figures

Without OUT a run is in FOLDER/DATE-NAME, and FOLDER/NAME is a link to the newest. Where OUT has a run already, that
becomes OUT.DATE, with the date that it was begun; with --replace it goes.
Exit: 0 ok, 1 failed, 2 usage, or OUT holds something else than a run.
"""
import datetime
import glob
import json
import os
import re
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import ending  # beside this script

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
NOTE = "run"  # what a run is: name, date
STAMP = "%Y%m%dT%H%M%SZ"
ISO = "%Y-%m-%dT%H:%M:%SZ"


class Fail(Exception):
    def __init__(self, code, text):
        super().__init__(text)
        self.code = code


# ---- folders ----

def note(folder):
    """What prepared the run that a folder is, or is a boot of: {"name", "date"}; empty for one from before."""
    for place in (folder, os.path.dirname(os.path.abspath(folder))):
        try:
            with open(os.path.join(place, NOTE), encoding="utf-8") as f:
                return dict(line.rstrip("\n").split(" ", 1) for line in f)
        except OSError:
            pass
    return {}


def is_run(folder):
    """Runs from before have no note, but what an emulator left."""
    return os.path.isfile(os.path.join(folder, NOTE)) or any(
        glob.glob(os.path.join(glob.escape(folder), *deep, name)) for deep in ((), ("*",), ("*", "*"))
        for name in ("took", "console"))


def stamp_of(folder):
    """When the run in a folder was begun, as names have it."""
    try:
        when = datetime.datetime.strptime(note(folder).get("date", ""), ISO)
    except ValueError:
        when = datetime.datetime.utcfromtimestamp(os.stat(folder).st_mtime)
    return when.strftime(STAMP)


def free_name(path):
    """path, or with the first number behind it that nothing has."""
    n, name = 1, path
    while os.path.lexists(name):
        n += 1
        name = "%s-%d" % (path, n)
    return name


def keep(out):
    """What is in out goes to a name of its own."""
    to = free_name("%s.%s" % (out, stamp_of(out)))
    os.rename(out, to)
    print("lab: the run that was in %s is now %s" % (out, to), file=sys.stderr)


def check(out):
    """Is there a run in a folder that somebody named? What is none is refused."""
    if not os.path.lexists(out):
        return False
    if not os.path.isdir(out):
        raise Fail(2, "--out=%s: is no folder" % out)
    if os.listdir(out) in ([], [NOTE]):
        return False
    if not is_run(out):
        raise Fail(2, "--out=%s: holds something else than a run of the lab, which stays as it is; name another folder" %
                   out)
    return True


def clear(out, replace):
    """Make room for a run in a folder that somebody named."""
    if not check(out):
        return
    if replace:
        shutil.rmtree(out)
    else:
        keep(out)


def own_folder(parent, name, now):
    """A folder that nobody else has, and the link that is the newest of that name."""
    os.makedirs(parent, exist_ok=True)
    while True:
        out = free_name(os.path.join(parent, "%s-%s" % (now.strftime(STAMP), name)))
        try:
            os.mkdir(out)
            break
        except FileExistsError:
            pass
    link = os.path.join(parent, name)
    if os.path.isdir(link) and not os.path.islink(link):
        keep(link)
    fresh = "%s.%d" % (out, os.getpid())
    os.symlink(os.path.basename(out), fresh)
    os.replace(fresh, link)
    return out


def new_folder(name, parent, out=None, replace=False):
    """The folder of a run that begins now."""
    now = datetime.datetime.utcnow()
    if out:
        clear(out, replace)
        os.makedirs(out, exist_ok=True)
    else:
        out = own_folder(parent, name, now)
    with open(os.path.join(out, NOTE), "w", encoding="utf-8") as f:
        f.write("name %s\ndate %s\n" % (os.path.basename(out), now.strftime(ISO)))
    return out


# ---- dates ----

def moved(when, start, now):
    """A date of the emulated clock, which began at start, where the host's was now."""
    if not when:
        return when
    return (now + (datetime.datetime.strptime(when, ISO) - start)).strftime(ISO)


def date_run(folder, told):
    """Results of grantbench: they began at the host's date, and are named by it. Whoever reads several runs sorts by it."""
    path = os.path.join(folder, "manifest.json")
    with open(path, encoding="utf-8") as f:
        manifest = json.load(f)
    now, start = (datetime.datetime.strptime(d, ISO) for d in (told["date"], manifest["started"]))
    for key in ("started", "ended"):
        manifest[key] = moved(manifest[key], start, now)
    manifest["meta"].update(host_date=told["date"], lab_run=told["name"])
    with open(path + ".new", "w", encoding="utf-8") as f:
        json.dump(manifest, f, indent=2)
        f.write("\n")
    os.replace(path + ".new", path)
    parent, name = os.path.split(folder)
    dated = os.path.join(parent, now.strftime(STAMP) + re.sub(r"^\d{8}T\d{6}Z", "", name))
    os.rename(folder, dated)
    if os.path.islink(os.path.join(parent, "latest")):
        os.remove(os.path.join(parent, "latest"))
        os.symlink(os.path.basename(dated), os.path.join(parent, "latest"))
    if os.path.exists(os.path.join(dated, "summary.json")):
        subprocess.run([os.path.join(TOP, "build", "grantbench-report"), "--summary", dated], stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL, check=True)


def date(folder):
    """What a boot brought out has the emulated clock's date, which is the same in every boot."""
    told = note(folder)
    if not told:
        raise Fail(1, "%s: no run of the lab's was begun there" % folder)
    with open(os.path.join(folder, "environment"), "a", encoding="utf-8") as f:
        f.write("host_date %s\nlab_run %s\n" % (told["date"], told["name"]))
    for run in runs(folder):
        date_run(run, told)


# ---- figures ----

def runs(folder):
    """Results of grantbench in the folder of a boot."""
    return sorted(p for p in glob.glob(os.path.join(glob.escape(folder), "results", "2*")) if os.path.isdir(p))


def cells(folder):
    """All cells of a boot."""
    found = []
    for run in runs(folder):
        with open(os.path.join(run, "cells.jsonl"), encoding="utf-8") as f:
            found += [json.loads(line) for line in f]
    return found


def rows(folder):
    """Of a boot: (cell, version, metric) to its row, if that has instructions. They are the least of several runs."""
    return {(c["cell"], r["version"], r["metric"]): r for c in cells(folder) for r in c["rows"]
            if "instructions" in (r.get("counts") or {})}


def instructions(row):
    return row["counts"]["instructions"]


def failures(folder):
    """Cells that did not come about as they should have, with their reason."""
    return ["%s: %s" % (c["cell"], c["reason"]) for c in cells(folder) if c["status"] in ("error", "timeout")]


def short(cell, others):
    """The parameters of a cell that are not the same in all of its benchmark's."""
    bench, *params = cell.split("/")
    alike = [c.split("/")[1:] for c in others if c.split("/")[0] == bench]
    return " ".join(p for i, p in enumerate(params) if any(o[i:i + 1] != [p] for o in alike)) or "all"


def aligned(lines):
    """Lines of a table: the first column to the left, the others to the right."""
    wide = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    return ["  ".join([line[0].ljust(wide[0])] + [x.rjust(w) for x, w in zip(line[1:], wide[1:])]).rstrip()
            for line in lines]


def figures(folder):
    """The tables of a boot, as lines."""
    found, said = rows(folder), []
    for bench in sorted({k[0].split("/")[0] for k in found}):
        mine = {k: r for k, r in found.items() if k[0].split("/")[0] == bench}
        names = list(dict.fromkeys(k[0] for k in mine))
        columns = list(dict.fromkeys((k[1], k[2], r["unit"].replace("instructions/", "a ")) for k, r in mine.items()))
        lines = [[""] + ["%s %s" % c[:2] for c in columns], [""] + [c[2] for c in columns]]
        for name in names:
            by = {k[1:]: r for k, r in mine.items() if k[0] == name}
            lines.append([short(name, names)] + ["%.1f" % instructions(by[c[:2]]) if c[:2] in by else "" for c in columns])
        said += ["%s, instructions:" % bench] + aligned(lines) + [""]
    return said + failures(folder)


def main(args):
    replace = "--replace" in args
    args = [a for a in args if a != "--replace"]
    if {"-h", "--help"} & set(args):
        print(__doc__.strip())
        return 0
    try:
        if args[:1] == ["folder"] and 3 <= len(args) <= 4:
            print(new_folder(args[1], args[2], args[3] if len(args) > 3 else None, replace))
        elif args[:1] == ["check"] and len(args) == 2:
            check(args[1])
        elif args[:1] == ["date"] and len(args) == 2:
            date(args[1])
        elif args[:1] == ["figures"] and len(args) == 2:
            print("\n".join(figures(args[1])).rstrip("\n") or "no figures in instructions")
        else:
            raise Fail(2, "write lab_results.py folder|check|date|figures, or --help")
    except Fail as e:
        print("lab: %s" % e, file=sys.stderr)
        return e.code
    return 0


if __name__ == "__main__":
    ending.end("lab", lambda: main(sys.argv[1:]))
