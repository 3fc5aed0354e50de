#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# scripts/lab-v3 and its claims, as far as nothing boots: its boots, its errors, and the tables of figures that are made up.
set -u
cd "$(dirname "$0")/../.." || exit 1
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
# shellcheck source=tests/tools/tap.sh
. tests/tools/tap.sh

run() {
	out=$(scripts/lab-v3 "$@" 2>&1)
	code=$?
}
refused() {
	run "$@"
	[ $code = 2 ] && [ "$(wc -l <<<"$out")" = 1 ]
	ok $? "lab-v3 $*: exit 2, one line"
}

run --list
variants=$(awk '{ print $2 }' <<<"$out" | sort -u)
[ $code = 0 ] && [ "$(awk '{ print $1 }' <<<"$out" | sort | uniq -d)" = "" ]
ok $? "--list: no boot twice"
bad_variants=$(for v in $variants; do [ -f "kernel-helpers/xen/variants/$v" ] || echo "$v"; done)
[ -z "$bad_variants" ] && [[ $variants == *stock* ]]
ok $? "and of hypervisors that there are: $(xargs <<<"$variants")"
machines=$(awk '{ print $3 }' <<<"$out" | sort -u)
empty "on machines of the lab: $(xargs <<<"$machines")" < <(for m in $machines; do [ -f "scripts/lab.d/$m" ] || echo "$m"; done)
refused --only=moon
refused --jobs=0
refused --out=
refused -x

# Figures of version 1 in two builds, of a rival and of version 3.
cat >"$tmp/made_up.py" <<'PY'
import importlib.machinery
import importlib.util
import json
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, "scripts")


def load(name, path):
    loader = importlib.machinery.SourceFileLoader(name, path)
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(name, loader))
    loader.exec_module(module)
    return module


lab_v3 = load("lab_v3", "scripts/lab-v3")
CELL = "map_unmap/batch:%d/mapper:translated/stride:1"


def write(folder, cells):
    os.makedirs(os.path.join(folder, "1", "results", "20240101T000000Z-x"))
    with open(os.path.join(folder, "1", "results", "20240101T000000Z-x", "cells.jsonl"), "w") as f:
        for batch, version, value in cells:
            f.write(json.dumps({"cell": CELL % batch, "status": "ok", "reason": None, "rows": [
                {"version": version, "metric": "map", "unit": "instructions/page", "counts":
                 {"instructions": value, "translated_hypercalls": 1 / batch}},
                {"version": version, "metric": "looks", "unit": "looks/page", "counts": None}]}) + "\n")
        f.write(json.dumps({"cell": "copy/batch:1", "status": "error", "reason": "it broke", "rows": []}) + "\n")


def boot(name, variant, cells, verdict=None):
    folder = os.path.join(sys.argv[1], name)
    write(folder, cells)
    return {"name": name, "variant": variant, "machine": "guests", "version": None, "xen_args": "", "suffix": "",
            "verdict": verdict, "rows": lab_v3.rows(folder), "failures": lab_v3.failures(folder)}


data = {"boots": [boot("guests-stock", "stock", [(1, "v1", 17000.0), (512, "v1", 10000.0)]),
                  boot("guests-v3", "v3", [(1, "v1", 17034.0), (512, "v1", 10000.0), (512, "v3", 100.0)]),
                  boot("guests-args", "rivals", [(512, "v1-args", 2500.0)], "exit code 1: it hangs")],
        "xens": {"v3": {"source": "4.17", "xen_build_id": "abc", "sha256": "def"}}, "decoding": 5120.0, "seconds": 7}
print(lab_v3.report(data, "hv's line"))
PY
out=$(python3 "$tmp/made_up.py" "$tmp/out" 2>&1)
code=$?
has() { grep -qF -- "$1" <<<"$out"; }
has '| batch:512 | map/page | 10000 | 2500 (4) | 100 (100) |'
ok $? "instructions by version, and how many times cheaper than version 1"
has '| batch:512 | map/page | 9990 | 2490 (4.01) | 90.0 (111) |'
ok $? "less what the emulator adds to each hypercall"
has '| batch:1 | map/page | 11880 |'
ok $? "which is more of a page where a hypercall is of one"
has '| guests-v3 | 2 | 1 | 0.200 % |' && ! has '| guests-args | 1'
ok $? "version 1 of the patched build beside that of the build without"
has '| guests-args | rivals | - | exit code 1: it hangs |' && has '| guests-v3 | v3 | - | the same bytes |'
ok $? "boots that failed are said"
has '- guests-stock: copy/batch:1: it broke'
ok $? "and so are cells"
! has looks/page
ok $? "what is no count of instructions is in no table"

# The claims' look into such figures.
cat >"$tmp/claims.py" <<'PY'
import sys

sys.argv[1:] = [sys.argv[1]]
exec(open(sys.argv[1] + "/made_up.py").read().split("print(")[0].replace("sys.argv[1]", "sys.argv[1] + '/claims'"))
claims = load("v3xen", "scripts/claims.d/v3xen.py")
claims.everything = lambda: data
print(claims.one_value("guests-v3", "map_unmap/batch:512/", ("mapper:translated",), "v3", "map"))
for start in ("map_unmap/batch:7/", "map_unmap/"):
    try:
        print(claims.one_value("guests-v3", start, (), "v1", "map"))
    except claims.Broken as e:
        print("broken: %s" % e)
for name in ("v3xen.bits", "v3xen.cells", "v3xen.time"):
    claim = next(c for c in claims.GROUP.claims if c.name == name)
    f = claim.measure(claim)
    print(name, f.holds, f.text)
PY
out=$(python3 "$tmp/claims.py" "$tmp" 2>&1)
code=$?
[ $code = 0 ] && has 100.0 && has 'broken: guests-v3 has 0 figures' && has 'broken: guests-v3 has 2 figures'
ok $? "a claim's figure is of one cell, or it is broken"
has 'v3xen.bits False 1 of 3 pairs differ: guests-args' && has 'v3xen.cells False 3 cells failed' && has 'v3xen.time True 7 s'
ok $? "boots and cells that fail are claims that fail"
echo 1..$n
exit $bad
