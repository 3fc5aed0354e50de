# SPDX-License-Identifier: GPL-2.0-only
"""Change points of a history: how often they are found and how often there is none, and what a long history costs."""
import contextlib
import os
import subprocess
import sys
import tempfile
import time

from claims_base import TOP, Broken, Claim, Figure, Group, call, log_open, options, program, share_text

RECORDED = os.path.join(TOP, "tests", "data", "aa-launches.txt")
KINDS = {"normal": "g", "t3": "t", "recorded": "r"}
SERIES = 4000
STORED = 1000
KILLS = 200


def series():
    return 100 if options.quick else SERIES


def counted(claim, *args):
    """(how many, of how many) as the judge's test program prints them."""
    with log_open(claim.name) as log:
        k, n = map(int, call([program("tests", "history", "power")] + list(args), log).split())
    if not n:
        raise Broken("no series was judged")
    return k, n


def found(claim, kind):
    k, n = counted(claim, "step", KINDS[kind], str(series()), "2", RECORDED)
    return Figure(share_text(k, n), k / n >= claim.limit, series(), SERIES, "series")


def alarms(claim, kind):
    k, n = counted(claim, "null", KINDS[kind], str(series()), "1", RECORDED)
    return Figure(share_text(k, n), k / n <= claim.limit, n, SERIES, "series")


def constant(claim):
    k, n = counted(claim, "constant", str(series()))
    return Figure("%d of %d" % (k, n), k <= claim.limit, n, SERIES, "series")


def speed(claim):
    n = 100 if options.quick else 1000
    with log_open(claim.name) as log:
        took = float(call([program("tests", "history", "power"), "time", "t", str(n), "1", RECORDED], log).split()[0]) / 1e6
    return Figure("%.2f s of a processor" % took, took <= claim.limit, n, 1000, "series of 1000 points")


@contextlib.contextmanager
def million(log):
    """A history of so many points, made row by row in the tables that the program itself made: (file, series)."""
    fill = os.path.join(TOP, "tests", "history", "runs.py")
    n = STORED // 10 if options.quick else STORED
    with tempfile.TemporaryDirectory() as tmp:
        db = tmp + "/history.db"
        call([sys.executable, fill, "make", tmp + "/runs", "1", "0"], log)
        call([program("grantbench-history"), "--db=" + db, "add", tmp + "/runs/run-0000"], log)
        call([sys.executable, fill, "fill", db, str(STORED), str(n)], log)
        yield db, n


def cost(argv, log, env=None):
    """(seconds of a processor, MiB, what it printed) of one run."""
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=log, text=True, env=env) as p:
        text = p.stdout.read()
        _, status, used = os.wait4(p.pid, 0)
        p.returncode = os.waitstatus_to_exitcode(status)
    log.write(text)
    if p.returncode:
        raise Broken("%s ended with exit code %d" % (os.path.basename(argv[0]), p.returncode))
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, text


def stored(claim):
    with log_open(claim.name) as log, million(log) as (db, n):
        took, _, text = zip(*(cost([program("grantbench-history"), "--db=" + db, "show"], log) for _ in range(5)))
        want = "%d of %d series changed" % (n // 100, n + 5)
        if not text[0].splitlines()[-1].startswith(want):
            raise Broken("'%s', and not '%s'" % (text[0].splitlines()[-1], want))
    return Figure("%.2f s of a processor, the least of 5 (%.2f the most); %s" % (min(took), max(took), want),
                  min(took) <= claim.limit, n * STORED, STORED * STORED, "points")


def pages(claim):
    with log_open(claim.name) as log, million(log) as (db, n):
        out = os.path.join(os.path.dirname(db), "pages")
        took, mib, _ = cost([program("grantbench-dashboard"), "--db=" + db, "--out=" + out], log)
        made = len(os.listdir(out + "/series"))
    if made != n + 5:
        raise Broken("%d pages of %d series" % (made, n + 5))
    return Figure("%.2f s of a processor, %.0f MiB, %d pages" % (took, mib, made),
                  took <= claim.limit and mib <= 1024, n * STORED, STORED * STORED, "points")


class Server:
    """A PostgreSQL server of our own, and what it has cost."""

    def __init__(self, log):
        self.log = log
        self.p = subprocess.Popen([os.path.join(TOP, "tests", "tools", "with-postgres"), "sh", "-c",
                                   'printf "%s\\n" "$PGHOST" "$PGUSER" "$PATH" "$POSTGRES_PID"; cat >/dev/null'],
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True, cwd=TOP)
        said = [self.p.stdout.readline().strip() for _ in range(4)]
        if not said[3]:
            raise Missing(said[0] if self.p.wait() == 77 else "PostgreSQL does not start, see " + log.name)
        self.pid = said[3]
        self.env = {**os.environ, "PGHOST": said[0], "PGUSER": said[1], "PATH": said[2]}

    def psql(self, db, *args, **how):
        subprocess.run(["psql", "-qX", "-v", "ON_ERROR_STOP=1", "-d", db] + list(args), env=self.env, check=True,
                       stdout=self.log, stderr=self.log, **how)

    def used(self):
        """Seconds of a processor of connections that have ended."""
        with open("/proc/%s/stat" % self.pid, encoding="ascii") as f:
            return sum(map(int, f.read().rsplit(")", 1)[1].split()[13:15])) / os.sysconf("SC_CLK_TCK")

    def settled(self):
        """The same, when the connections of before have ended."""
        count = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'grantbench'"
        while subprocess.run(["psql", "-qXAtd", "postgres", "-c", count], env=self.env, check=True,
                             stdout=subprocess.PIPE, text=True).stdout.strip() != "0":
            time.sleep(0.05)
        return self.used()

    def stop(self):
        self.p.stdin.close()
        self.p.wait()


@contextlib.contextmanager
def served(log):
    """The same history of a million points in a file, and on a server as its autovacuum leaves it."""
    fill = os.path.join(TOP, "tests", "history", "runs.py")
    with million(log) as (db, n):
        server = Server(log)
        try:
            server.psql("postgres", "-c", "CREATE DATABASE bench")
            url = "postgresql:///bench"
            cost([program("grantbench-history"), "--db=" + url, "add", os.path.dirname(db) + "/runs/run-0000"], log,
                 server.env)
            with subprocess.Popen([sys.executable, fill, "copy", db], stdout=subprocess.PIPE) as rows:
                server.psql("bench", stdin=rows.stdout)
            server.psql("bench", "-c", "VACUUM ANALYZE")
            yield db, url, n, server
        finally:
            server.stop()


def both(server, argv, log):
    """(seconds of a processor of the program, of the server, MiB, text)."""
    before = server.settled()
    took, mib, text = cost(argv, log, server.env)
    return took, server.settled() - before, mib, text


def stored_there(claim):
    with log_open(claim.name) as log, served(log) as (db, url, n, server):
        def show(where, *args):
            return both(server, [program("grantbench-history"), "--db=" + where, "show"] + list(args), log)

        took = sorted((sum(one[:2]), one[0], one[3]) for one in (show(url) for _ in range(5)))
        same = took[0][2] == show(db)[3] and show(url, "--points", "cell:000[0-9]00")[3] == show(
            db, "--points", "cell:000[0-9]00")[3]
    return Figure("%.2f s of processors, the least of 5 (%.2f the most), %.2f of them the program's; %s bytes as from a file"
                  % (took[0][0], took[-1][0], took[0][1], "the same" if same else "not the same"),
                  took[0][0] <= claim.limit and same, n * STORED, STORED * STORED, "points")


def pages_there(claim):
    with log_open(claim.name) as log, served(log) as (db, url, n, server):
        out = os.path.dirname(db) + "/pages."
        took, theirs, mib, _ = both(server, [program("grantbench-dashboard"), "--db=" + url, "--out=%sthere" % out], log)
        cost([program("grantbench-dashboard"), "--db=" + db, "--out=%shere" % out], log)
        made = len(os.listdir(out + "there/series"))
        same = not subprocess.run(["diff", "-r", out + "here", out + "there"], stdout=log, check=False).returncode
    return Figure("%.2f s of processors, %.0f MiB, %d pages; %s bytes as from a file"
                  % (took + theirs, mib, made, "the same" if same else "not the same"),
                  took + theirs <= claim.limit and mib <= 1024 and same and made == n + 5, n * STORED, STORED * STORED,
                  "points")


def kills(claim):
    """From a seed, so that what is found can be looked for again."""
    n = 20 if options.quick else KILLS
    with log_open(claim.name) as log:
        for name in ("grantbench", "grantbench-history", "grantbench-dashboard", "grantbench-report"):
            program(name)
        said = call([sys.executable, os.path.join(TOP, "tests", "tools", "kills.py"), str(n), "1"], log, good=(0, 1))
        log.write(said)
    wrong = int(said.split()[-2])
    return Figure(said.splitlines()[-1], wrong <= claim.limit, n, KILLS, "kills")


GROUP = Group(37, [
    claim for kind in KINDS for claim in (
        Claim("history.found." + kind, "C", 0.95, "at least %g",
              "steps of 1 %% in noise of 0.2 %%, %s, found by their third point" % kind,
              lambda c, kind=kind: found(c, kind)),
        Claim("history.alarms." + kind, "C", 0.01, "at most %g",
              "series of 1000 points without a change that say there is one, %s" % kind,
              lambda c, kind=kind: alarms(c, kind)))
] + [
    Claim("history.constant", "C", 0, "at most %g", "constant series that say there is a change", constant),
    Claim("history.speed", "H", 10, "at most %g s", "judging 1000 series of 1000 points", speed),
    Claim("history.stored", "H", 1, "at most %g s", "history show of 10^6 stored points", stored),
    Claim("history.pages", "H", 60, "at most %g s", "dashboard of 10^6 stored points, in at most 1 GiB", pages),
    Claim("history.stored.postgres", "H", 1, "at most %g s", "the same of history show on PostgreSQL, its server counted in",
          stored_there),
    Claim("history.pages.postgres", "H", 60, "at most %g s", "the same of the dashboard", pages_there),
    Claim("history.kills", "C", 0, "at most %g", "kill -9 of what writes, at a random moment, that leaves something wrong",
          kills),
])
