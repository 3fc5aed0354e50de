#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# tap-timeout: 180
# Every parameter of every family with values in and out of its range: what is out is refused with the range, and what
# is in is measured, or skipped with a reason. Never a crash, nor a fault of the hypervisor's or the suite's.
set -u
cd "$(dirname "$0")/../.." || exit 1
B=${B:-build}
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
# shellcheck source=tests/tools/tap.sh
. tests/tools/tap.sh

cat >"$tmp/tries.py" <<'EOF'
"""Try all values with a program: tries.py PROGRAM FOLDER [KEY=VALUE]. Prints what is wrong, a line each, and at the
end how many tries there were. KEY=VALUE is one try that is expected to be refused, to see that this would be told."""
import concurrent.futures
import json
import os
import shutil
import subprocess
import sys

program, folder = sys.argv[1:3]
OPTIONS = ["--quiet", "--launches=0", "--budget=0.01", "--repetitions=1", "--pin=none", "--allow-untrusted", "--target=hv"]
# Its threads spin for as long as they think: one version says whether that can be measured.
MORE = {"p2m_lock": ["--versions=v1"]}
REFUSED, SKIPPED = 2, 4


def values(p):
    """(value, is it one that the parameter has): by its range, by the list of its values, or a text's."""
    odd = ["0", "1", "-1", str(2 ** 24), str(2 ** 32), str(2 ** 64), "many", "01", "+1", " 1", "1e3", "0x10"]
    if p["most"] is None:
        return [(v, v in p["sweep"]) for v in odd + p["sweep"]]
    numbers = [p["least"], p["most"], p["least"] - 1, p["most"] + 1] + [int(v) for v in odd[:6]]
    numbers += [int(v) for v in [p["centre"]] + p["sweep"]]
    tries = [(str(v), p["least"] <= v <= p["most"]) for v in numbers] + [(v, False) for v in odd[6:]]
    return sorted(set(tries))


def words(p):
    return "one of %s" % ",".join(p["sweep"]) if p["most"] is None else "%d to %d" % (p["least"], p["most"])


def cells(out):
    with open(os.path.join(out, "cells.jsonl"), encoding="utf-8") as f:
        return [json.loads(line) for line in f]


def what(bench, p, value, right, again, n):
    """What is wrong with a try, or None. again: its cell is measured by another try, so that it is only planned."""
    out = os.path.join(folder, str(n))
    key = "%s.%s=%s" % (bench, p["name"], value)
    r = subprocess.run([program, "--set=" + key, "--out=" + out, "--results=" + out + ".all"] + OPTIONS +
                       MORE.get(bench, []) + ["--dry-run"] * again, stdin=subprocess.DEVNULL,
                       capture_output=True, text=True, timeout=60, check=False)
    said = "%s: exit code %d, %.200r" % (key, r.returncode, r.stderr)
    if not right:
        known = p["most"] is not None or p["sweep"]
        told = r.stderr.count("\n") == 1 and (not known or "%s is %s" % (p["name"], words(p)) in r.stderr)
        return None if r.returncode == REFUSED and told and not os.path.exists(out) else said
    if r.returncode not in (0, SKIPPED) or r.stderr:
        return said
    if again:
        return None if "/%s:%s/" % (p["name"], value) in r.stdout.replace("\n", "/") else said
    found = cells(out)
    shutil.rmtree(out)
    for c in found:
        if c["status"] not in ("ok", "unstable", "skipped") or c["status"] == "skipped" and not c["reason"]:
            return "%s: %s: %s" % (key, c["status"], c["reason"])
        if "budget" in (c["reason"] or ""):
            return "%s: not tried: %s" % (key, c["reason"])
        if c["params"][p["name"]] != value:
            return "%s: measured with %s" % (key, c["params"][p["name"]])
        if p["name"] == "cpus" and c["status"] == "ok" and c["host_cpus"] != int(value):
            return "%s: a host with %s" % (key, c["host_cpus"])
    return None if found else "%s: no cell" % key


def main():
    doc = json.loads(subprocess.run([program, "--list=json"], capture_output=True, check=True).stdout)
    # The centre is one cell, whichever of its values is named.
    tries = [(b["name"], p, v, right, right and i > 0 and v == p["centre"])
             for b in doc["benches"] for i, p in enumerate(b["params"]) for v, right in values(p)]
    if len(sys.argv) > 3:
        key, value = sys.argv[3].split("=")
        tries = [(t[0], t[1], value, False, False) for t in tries if "%s.%s" % (t[0], t[1]["name"]) == key][:1]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for wrong in pool.map(lambda t: what(*t[1], t[0]), enumerate(tries)):
            if wrong:
                print(wrong)
    print("%d tries" % len(tries))


main()
EOF

echo 1..4
out=$(python3 "$tmp/tries.py" "$B/grantbench" "$tmp")
tries=$(tail -n 1 <<<"$out")
[ "${tries% tries}" -gt 400 ]
ok $? "all values are tried: $tries"
empty "each is measured, refused with the range, or skipped with a reason" < <(sed '$d' <<<"$out")
out=$(python3 "$tmp/tries.py" "$B/grantbench" "$tmp" map_unmap.batch=2)
[[ $out == "map_unmap.batch=2: exit code 0"* ]]
ok $? "one that is taken and should not be would be told"
# Of texts there are as many as there are files.
out=$("$B/grantbench" --set "block_replay.trace=$tmp/nothing" --out="$tmp/run" 2>&1)
code=$?
[ $code = 2 ] && [[ $out == "grantbench: --set block_replay.trace="*"cannot be read"* && ! -e $tmp/run ]]
ok $? "a trace that is not there: exit code 2, named"
exit $bad
