# SPDX-License-Identifier: GPL-2.0-only
"""For the cases of grantbench compare: the program, its verdict, and lines of TAP. Called as X.py BUILD TMP."""
import json
import os
import random
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


def skip(name, why):
    global tests
    tests += 1
    print("ok %d - %s # SKIP %s" % (tests, name, why))


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


def many(name, n, launches, special=None):
    """n cells; special: those ratios of the first."""
    lot, cells = random.Random(name), []
    for i in range(n):
        values = [1 + lot.random() / 100 for _ in range(launches)]
        cells += made.launches("map_unmap/batch:%d" % i, "v2", special if special and not i else values)
    return made.write(path(name), cells)


def end(*parts):
    """Run them, and leave with what came of it."""
    for part in parts:
        try:
            part()
        except Exception as e:
            ok(False, "%s ended with %r" % (part.__name__, e))
    print("1..%d" % tests)
    sys.exit(bad)
