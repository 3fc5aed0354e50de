# SPDX-License-Identifier: GPL-2.0-only
"""What the groups of scripts/claims (claims.d/) share: what a claim and a group are, and how programs are measured."""
import contextlib
import functools
import hashlib
import json
import math
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import types

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
B = os.environ.get("B", "build")
LOGS = os.path.join(TOP, B, "claims")
# Where scripts/xen-build leaves what it built.
XENS = os.path.join(os.environ.get("LAB_DIR", os.path.join(TOP, "build", "lab")), "xens")
LEVEL = 0.99
TWO_THREADS = "(threads:2|flush:membarrier)"
# A group that has its claims in several files.
FOUNDATION = ("foundation",)
# What the command was called with.
options = types.SimpleNamespace(quick=False, table=False)


class Missing(Exception):
    """Something that is needed is not here: exit code 6."""


class Broken(Exception):
    """A measurement did not come about: the claim fails, with this reason."""


class Figure:
    """What was measured. holds is None where it cannot be said."""

    def __init__(self, text, holds, launches, asked, unit="launches"):
        self.text, self.holds, self.launches, self.asked, self.unit = text, holds, launches, asked, unit


class Claim:
    """A row: name, class (H time, C counts), limit, the limit in words, statement, and what measures it, a function of
    the claim that returns a Figure."""

    def __init__(self, name, cls, limit, words, statement, measure, groups=()):
        self.name, self.cls, self.words, self.statement = name, cls, words, statement
        self.measure, self.groups = measure, groups
        self.limit = float(os.environ.get("CLAIMS_LIMIT_" + name.replace(".", "_"), limit))


class Group:
    """The GROUP of a file: claims in their order, and the file's rank among the others. when_asked: not measured unless
    it is named."""

    def __init__(self, rank, claims, when_asked=False):
        self.rank, self.claims, self.when_asked = rank, claims, when_asked


def cpus():
    """The CPU to measure on, and another one for the load (or None)."""
    mine = sorted(os.sched_getaffinity(0))
    return mine[-1], mine[0] if len(mine) > 1 else None


def program(*names):
    path = os.path.join(TOP, B, *names)
    if not os.access(path, os.X_OK):
        raise Missing("%s is not built: make claims-programs all" % os.path.relpath(path, TOP))
    return path


def tool(name):
    if not shutil.which(name):
        raise Missing("%s is not installed: scripts/bootstrap" % name)
    return name


def log_open(name):
    if not os.path.isdir(os.path.join(TOP, B)):
        raise Missing("%s is not built: make claims-programs all" % B)
    os.makedirs(LOGS, exist_ok=True)
    return open(os.path.join(LOGS, name + ".log"), "w", encoding="utf-8")


def call(argv, log, cpu=None, good=(0,)):
    """Run a program of ours; its output. Its standard error goes to the log."""
    pin = (lambda: os.sched_setaffinity(0, {cpu})) if cpu is not None else None
    log.write("$ %s\n" % " ".join(argv))
    log.flush()
    p = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, preexec_fn=pin, text=True,
                       check=False)
    if p.returncode not in good:
        raise Broken("%s ended with exit code %d, see %s" % (os.path.basename(argv[0]), p.returncode,
                                                              os.path.relpath(log.name, TOP)))
    return p.stdout


def script(log, name, *args, **env):
    """One run of a script of the lab's. What it cannot do here is said in its one line."""
    log.write("$ scripts/%s %s\n" % (name, " ".join(args)))
    log.flush()
    p = subprocess.run([os.path.join(TOP, "scripts", name)] + list(args), stdin=subprocess.DEVNULL,
                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False, env={**os.environ, **env})
    log.write(p.stdout + p.stderr)
    if p.returncode == 6:
        raise Missing((p.stderr.strip().splitlines() or [name])[-1].replace("lab: ", "", 1))
    return p


def hypervisor(log, variant):
    """The folder of a hypervisor of scripts/xen-build, built if it is not there."""
    if script(log, "xen-build", variant).returncode:
        raise Broken("scripts/xen-build %s failed, see %s" % (variant, os.path.relpath(log.name, TOP)))
    return os.path.join(XENS, variant)


@contextlib.contextmanager
def built_again(log, variant):
    """The folder of the same hypervisor, built once more in another place."""
    first = hypervisor(log, variant)
    second = os.path.join(LOGS, "lab-again", "xens")
    shutil.rmtree(second, ignore_errors=True)
    os.makedirs(second)
    shutil.copytree(os.path.join(XENS, "source"), os.path.join(second, "source"), symlinks=True)
    try:
        if script(log, "xen-build", variant, LAB_DIR=os.path.dirname(second)).returncode:
            raise Broken("%s does not build a second time, see %s" % (variant, os.path.relpath(log.name, TOP)))
        yield first, os.path.join(second, variant)
    finally:
        shutil.rmtree(second)


class Burner:
    """A process that keeps one CPU busy, and ends with this one."""

    CODE = "import os\nwhile os.getppid() == %d:\n for _ in range(100000): pass"

    def __init__(self, cpu):
        self.cpu = cpu
        self.p = subprocess.Popen([sys.executable, "-c", self.CODE % os.getpid()],
                                  preexec_fn=lambda: os.sched_setaffinity(0, {cpu}))
        self.start = self.ticks()

    def ticks(self):
        """Idle ticks of the CPU since boot, and all."""
        with open("/proc/stat", encoding="ascii") as f:
            t = [int(x) for x in re.search(r"^cpu%d (.*)$" % self.cpu, f.read(), re.M).group(1).split()[:8]]
        return t[3] + t[4], sum(t)

    def share(self):
        """How much of the time the CPU was busy, with this or anything else."""
        idle, total = (now - then for now, then in zip(self.ticks(), self.start))
        return 1 - idle / total if total else 0

    def stop(self):
        self.p.kill()
        self.p.wait()


@contextlib.contextmanager
def load(cpu):
    burner = Burner(cpu) if cpu is not None else None
    try:
        yield burner
    finally:
        if burner:
            burner.stop()


class Part:
    """The time that this call may take for runs."""

    end = time.monotonic() + 60 * float(os.environ.get("CLAIMS_MINUTES", "55"))

    @classmethod
    def over(cls):
        return time.monotonic() > cls.end


def build(log, **variant):
    """The folder of a build with a variant."""
    name = "build-" + "-".join("%s-%s" % (k.lower(), v.replace(":", "-")) for k, v in variant.items())
    call(["make", "-C", TOP, "-j2"] + ["%s=%s" % x for x in variant.items()]
         + [name + "/grantbench", name + "/grantbench-report"], log)
    return name


@functools.lru_cache(None)
def revision():
    """The program by its commit and its content: what was built anew is another one."""
    with open(os.path.join(TOP, B, "version.h"), encoding="utf-8") as f:
        sha = re.search(r'#define GNB_GIT_SHA "(.*)"', f.read()).group(1)
    with open(program("grantbench"), "rb") as f:
        return "%s-%s" % (sha, hashlib.sha256(f.read()).hexdigest()[:12])


def stored(group, name):
    """Where a group keeps what it has measured of this program."""
    folder = os.path.join(LOGS, group, revision() + ("-quick" if options.quick else ""), name)
    os.makedirs(folder, exist_ok=True)
    return folder


def median(values):
    """Median and its interval over launches, None where they are too few for one."""
    out = subprocess.run([program("tests", "record", "median")], input="\n".join(map(repr, values)),
                         stdout=subprocess.PIPE, text=True, check=True).stdout
    value, lo, hi = map(float, out.split()[:3])
    return (value, lo, hi) if lo == lo else (value, None, None)


def share_text(k, n):
    """A share with its interval, after Wilson."""
    part, z = k / n, statistics.NormalDist().inv_cdf((1 + LEVEL) / 2)
    mid, half = part + z * z / 2 / n, z * math.sqrt(part * (1 - part) / n + z * z / 4 / n / n)
    return "%.4f (%.4f to %.4f): %d of %d" % (part, (mid - half) / (1 + z * z / n), (mid + half) / (1 + z * z / n), k, n)


def at_most(values, limit, asked, more="", least=False):
    """A median over launches with its interval, against a limit: an upper one, or, with least, a lower one."""
    sign = -1 if least else 1
    if not values:
        raise Broken("no launch gave a figure")
    value, lo, hi = median(values)
    text = "%.3f (%s)%s" % (value, "%.3f to %.3f" % (lo, hi) if lo is not None else "no interval", more)
    holds = False if sign * value > sign * limit else None
    if holds is None and hi is not None and max(sign * lo, sign * hi) <= sign * limit:
        holds = True
    return Figure(text, holds, len(values), asked)


def grantbench(args, log, cpu=None):
    """One run in a process of its own: its lines of cells.jsonl."""
    with tempfile.TemporaryDirectory() as tmp:
        call([program("grantbench"), "--results=" + tmp, "--quiet", "--allow-untrusted"] + args, log, cpu)
        with open(os.path.join(tmp, "latest", "cells.jsonl"), encoding="utf-8") as f:
            text = f.read()
    log.write(text)
    return [json.loads(line) for line in text.splitlines()]


def rows(cells):
    return [(c, r) for c in cells for r in c["rows"]]
