# SPDX-License-Identifier: GPL-2.0-only
"""grantbench ab: how often it raises something about nothing, and whether it finds what was put there.

A verdict is kept as soon as it is there, in build/claims/ab; a call makes as many as fit into CLAIMS_MINUTES (55) and
goes on with the next one. The other core is loaded all the while.
"""
import json
import os
import subprocess
import tempfile
import time

from claims_base import (B, TOP, Broken, Claim, Figure, Group, Part, build, cpus, load, log_open, median, options, program,
                         share_text, stored)

ALARMS, FOUND, HALF = 500, 100, 20
MAP = "map_unmap/batch:64/access:rw/mapper:%s/iommu:none/vcpu:same/pin:first/stride:1/flush:count/entry:%s/cpus:8/args:walked"
CENTRE = "^" + MAP % ("translated", "none") + "$"
# Of nothing, a cell at a time: three of maps, a page's whole cycle, a copy, and the granter's side.
CELLS = [CENTRE, "^" + MAP % ("translated", "syscall") + "$", "^" + MAP % ("pv", "none") + "$",
         "^full_cycle/batch:64/stride:1/spread:0/levels:2/end:status/mapper:translated/entry:none$",
         "^copy/bytes:4096/batch:16/mapper:translated/entry:none/kind:page$",
         "^grant_access/stride:1/access:rw/mapper:translated$"]
# The version that is slowed, and by how many instructions for a page to begin with.
SLOWED, BEGIN = "v1", 80


def verdict(log, args, seconds, cpu):
    """One verdict of at most so many seconds; what is kept of it."""
    with tempfile.TemporaryDirectory() as tmp:
        argv = [program("grantbench"), "ab", "--no-progress", "--allow-untrusted", "--time=%g" % seconds,
                "--json=" + tmp + "/v.json", "--pin=%s" % ",".join(str(c) for c in cpu if c is not None)] + args
        start = time.monotonic()
        p = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                           check=False)
        took = time.monotonic() - start
        if p.returncode not in (0, 3):
            raise Broken("ab ended with exit code %d: %s" % (p.returncode, p.stderr.strip()[:200]))
        with open(tmp + "/v.json", encoding="utf-8") as f:
            d = json.load(f)
    kept = {"took": took, "seed": d["turns"]["seed"], "launches": d["turns"]["launches"],
            "rows": [{k: r[k] for k in ("name", "metric", "verdict", "ratio", "lo", "hi", "reason")} for r in d["rows"]]}
    log.write("%s\n%s\n" % (" ".join(args), json.dumps(kept)))
    log.flush()
    return kept


def verdicts(log, name, asked, seconds, args):
    """As many verdicts as there is time for, args(i) the options of the i-th; those that were made before are kept. And
    how many are asked for."""
    path = os.path.join(stored("ab", name), "verdicts.jsonl")
    few, made = min(asked, 3) if options.quick else asked, []
    if os.path.exists(path):
        with open(path, encoding="utf-8") as f:
            # Of one that was killed in the middle of its line nothing counts.
            made = [json.loads(line) for line in f if line.endswith("\n")]
        with open(path, "w", encoding="utf-8") as f:
            f.writelines(json.dumps(m) + "\n" for m in made)
    mine, other = cpus()
    while len(made) < few and not Part.over():
        with load(other) as burner:
            made.append(verdict(log, args(len(made)), seconds, (mine, other)))
            made[-1]["busy"] = burner.share() if burner else 0
        with open(path, "a", encoding="utf-8") as f:
            f.write(json.dumps(made[-1]) + "\n")
    if not made:
        raise Broken("no verdict is made: call it again")
    return made[:asked], asked


def loaded(made):
    """How busy the other core was in the middle, in words, and whether that is a load."""
    busy = median([m["busy"] for m in made])[0]
    return ", the other core %.0f %% busy" % (100 * busy), busy >= 0.5


def counted(made, of):
    return sum(any(r["verdict"] == of for r in m["rows"]) for m in made)


def alarms(claim):
    """A program against itself, one cell at a time: in how many verdicts anything is raised."""
    with log_open(claim.name) as log:
        made, asked = verdicts(log, "alarms", ALARMS, 10, lambda i: [CELLS[i % len(CELLS)]])
    bad = [m for m in made if any(r["verdict"] in ("slower", "faster") for r in m["rows"])]
    more, good = loaded(made)
    text = "%d of %d verdicts raise something; %d have a row unclear; %.1f s in the middle, %.1f at most%s" % (
        len(bad), len(made), counted(made, "unclear"), median([m["took"] for m in made])[0], max(m["took"] for m in made), more)
    holds = len(bad) <= claim.limit and max(m["took"] for m in made) <= 11
    return Figure(text, (holds if good else None) if holds else False, len(made), asked, "verdicts")


def costs(log, slow, builds):
    """By how much more time the map of a slowed build takes: against the usual one, or against itself without the work."""
    kept = verdict(log, sides(slow, builds) + ["--alpha=0.000001", "--launches=40"], 60, cpus())
    return [r["ratio"] - 1 for r in kept["rows"] if r["metric"] == "map"][0]


def slow_by(log, effect, builds):
    """A build that is slower by so much here, and by how many instructions; found once for a program."""
    path = os.path.join(stored("ab", "slowed"), "%g-%s" % (effect, "builds" if builds else "settings"))
    if not os.path.exists(path):
        n, per = max(4, 4 * round(effect / 0.02 * BEGIN / 4)), None
        for _ in range(3):
            slow = build(log, SLOW="%s:%d" % (SLOWED, n)) + "/grantbench"
            more = costs(log, slow, builds)
            log.write("%d more instructions: %.4f of the time\n" % (n, more))
            if abs(more / effect - 1) <= 0.1:
                break
            # Where the code of a build lies has a part in it; what an instruction takes, the settings say.
            per = per or max(costs(log, slow, False), 0.001) / n
            n = max(4, 4 * round((n + (effect - more) / per) / 4))
        with open(path, "w", encoding="utf-8") as f:
            f.write("%d\n" % n)
    with open(path, encoding="utf-8") as f:
        n = int(f.read())
    return n, build(log, SLOW="%s:%d" % (SLOWED, n)) + "/grantbench"


def sides(slow, builds):
    base = os.path.join(B, "grantbench") if builds else slow
    return ["--base=" + os.path.join(TOP, base), "--other=" + os.path.join(TOP, slow), CENTRE] + (
        [] if builds else ["--base-with=--target=hv:slow=no"])


def maps(made):
    return [r for m in made for r in m["rows"] if r["metric"] == "map"]


def power(claim, effect, builds):
    """A slowdown of a known size in the map of one cell: in how many verdicts it is found."""
    with log_open(claim.name) as log:
        n, slow = slow_by(log, effect, builds)
        made, asked = verdicts(log, claim.name, FOUND, 60, lambda i: sides(slow, builds))
        told = ""
        if not builds and not Part.over():
            n_half, half = slow_by(log, 0.005, False)
            few, _ = verdicts(log, "half", HALF, 60, lambda i: sides(half, False))
            told = "; of 0.5 %% (%d instructions) %d of %d say slower, %d the same, %.2f %% in the middle" % (
                n_half, sum(r["verdict"] == "slower" for r in maps(few)), len(few),
                sum(r["verdict"] == "same" for r in maps(few)), 100 * (median([r["ratio"] for r in maps(few)])[0] - 1))
    found = sum(r["verdict"] == "slower" for r in maps(made))
    ratio = median([r["ratio"] for r in maps(made)])[0] - 1
    more, good = loaded(made)
    text = "%s, slowed by %d instructions, in time %.2f %%; %d raise something else, too; %.0f s in the middle%s%s" % (
        share_text(found, len(made)), n, 100 * ratio,
        sum(any(r["verdict"] in ("slower", "faster") and r["metric"] != "map" for r in m["rows"]) for m in made),
        median([m["took"] for m in made])[0], more, told)
    holds = found / len(made) >= claim.limit
    # Another slowdown than the one that is claimed shows nothing.
    if not 0.8 * effect <= ratio <= 1.1 * effect or not good:
        holds = None
    return Figure(text, holds, len(made), asked, "verdicts")


GROUP = Group(37, [
    Claim("ab.alarms", "H", 1, "at most %g", "of 500 verdicts of ab on a program against itself, one cell in 10 s, that "
          "raise anything, the other core loaded", alarms),
    Claim("ab.power.settings", "H", 0.97, "at least %g", "2 % more time by a setting, one cell in 60 s, that ab finds, the "
          "other core loaded", lambda c: power(c, 0.02, False)),
    Claim("ab.power.builds", "H", 0.97, "at least %g", "4 % more time of another build, one cell in 60 s, that ab finds, the "
          "other core loaded", lambda c: power(c, 0.04, True)),
], when_asked=True)
