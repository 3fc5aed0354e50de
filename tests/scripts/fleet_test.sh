#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# tap-timeout: 120
# Parts of a plan, and one run of them: what is merged, what is refused, and what may be compared where machines differ.
# With Slurm: fleet_slurm_test.sh.
set -u
cd "$(dirname "$0")/../.." || exit 1
B=${B:-build}
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
# shellcheck source=tests/tools/tap.sh
. tests/tools/tap.sh

what=('--filter=^table_growth/|^map_unmap/batch:[0-9]*/access:rw/mapper:pv/iommu:none/vcpu:same/pin:first/stride:1/flush:count')
all=$("$B/grantbench" --dry-run -q "${what[@]}")
for k in 1 2 3; do "$B/grantbench" --dry-run -q "${what[@]}" --part=$k/3; done >"$tmp/parts"
out=$(diff <(sort <<<"$all") <(sort "$tmp/parts"))
[ -z "$out" ] && [ "$(wc -l <<<"$all")" -gt 5 ] && [ "$("$B/grantbench" --dry-run -q "${what[@]}" --part=2/3 | head -n 1)" = "$(sed -n 2p <<<"$all")" ]
ok $? "three parts are the plan, every cell in one of them: every third"
for text in 0/3 4/3 2 1/3x 1/100000; do
	catch "$B/grantbench" --dry-run "${what[@]}" --part=$text
	in_one_line 2 "K from 1 to N"
	ok $? "--part=$text: exit code 2, one line"
done

# part K [OPTION]...: measured into $tmp/pK.
part() { "$B/grantbench" -q --allow-untrusted --budget=1 --launches=0 --pin=none --results="$tmp/r" --out="$tmp/p$1" --part="$1/3" "${what[@]}" "${@:2}"; }
for k in 1 2 3; do part $k; done 2>"$tmp/err"
err=$(<"$tmp/err")
[ -d "$tmp/p3/histograms" ] && [ "$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["part"]["number"])' "$tmp/p2/manifest.json")" = 2 ]
ok $? "a part says which it is"
"$B/grantbench-report" "$tmp/p2" >/dev/null 2>&1
ok $? "and has a report"

# What --probe would leave: of the second part nothing, as none of its cells has several threads.
waits() {
	python3 - "$@" <<'PY'
import json, sys
folder, word = sys.argv[1:]
plan = json.load(open(folder + "/manifest.json"))["plan"]
json.dump({"schema": 1, "asked": ["lock", "kernel"], "probed": ["lock"] + ([word] if word else []),
           "missing": [] if word else [{"what": "kernel", "reason": "not here"}],
           "cells": [{"cell": name, "version": "v1"} for name in plan]}, open(folder + "/contention.json", "w"))
PY
}
waits "$tmp/p1" kernel && waits "$tmp/p3" ''

merge() { catch scripts/grantbench-fleet merge --results="$tmp/$1" "${@:2}"; }
one=$tmp/one/latest
merge one "$tmp/p3" "$tmp/p1" "$tmp/p2"
[ $code = 0 ] && [ -z "$err" ] && [ "$(grep -c '^part [123] of 3: .* cells and re-launches$' <<<"$out")" = 3 ] && [ "$(tail -n 1 <<<"$out")" = "$(realpath "$tmp"/one/*-fleet)" ]
ok $? "merged: which machine measured what, and the run's folder"
out=$(python3 - "$one" "$tmp/p1" "$tmp/p2" "$tmp/p3" <<'PY'
import json, sys
def run(d):
    return json.load(open(d + "/manifest.json")), [json.loads(x) for x in open(d + "/cells.jsonl")]
m, cells = run(sys.argv[1])
parts = [run(d) for d in sys.argv[2:]]
host = parts[0][0]["environment"]["before"]["host"]
for c in cells:
    if c.pop("machine") != host:
        print("another machine", c["cell"])
if [c["cell"] for c in cells if not c["launch"]] != m["plan"] or m["part"] is not None:
    print("not in the order of the plan")
key = lambda c: (c["cell"], c["launch"])
if sorted(cells, key=key) != sorted((c for _, p in parts for c in p), key=key):
    print("not the same lines")
if sum(m["counts"].values()) != len(cells) or m["budget_s"] != 3 or m["status"] != "complete":
    print("counts, budget or status", m["counts"], m["budget_s"], m["status"])
d = json.load(open(sys.argv[1] + "/contention.json"))
if [c["cell"] for c in d["cells"]] != [n for i, n in enumerate(m["plan"]) if i % 3 != 1] or d["probed"] != ["lock"] or len(d["missing"]) != 1:
    print("not the waits of the parts", d["probed"], d["missing"])
if m["places"] != parts[0][0]["places"]:
    print("places", m["places"])
if m["environment"]["before"]["cpu_model"] != parts[0][0]["environment"]["before"]["cpu_model"] or m["fingerprint"] != parts[0][0]["fingerprint"]:
    print("another machine in the manifest")
PY
)
[ -z "$out" ] && [ "$(python3 -c 'import json, sys; print("\n".join(json.load(open(sys.argv[1]))["plan"]))' "$one/manifest.json")" = "$all" ]
ok $? "it has their lines, in the order of the plan, and is of one machine"
"$B/grantbench-report" "$one" >/dev/null 2>"$tmp/err" && ! [ -s "$tmp/err" ] && [ -s "$one/report.html" ] && [ -s "$one/summary.csv" ]
ok $? "its report and summaries are written"
catch "$B/grantbench" compare "$one" "$tmp/p1" --only=counts --fail-on=slower,changed
[ $code = 0 ]
ok $? "and it compares with a part of it"

# refused NAME WORDS FOLDER...
refused() {
	merge bad "${@:3}"
	in_one_line 5 "$2" && [ ! -e "$tmp/bad/latest" ]
	ok $? "$1: exit code 5, one line, nothing made"
}
# but FOLDER EXPRESSION: part 2 with a manifest m that python has changed.
but() {
	cp -a "$tmp/p2" "$tmp/$1"
	python3 - "$tmp/$1/manifest.json" "$2" <<'PY'
import json, sys
m = json.load(open(sys.argv[1]))
exec(sys.argv[2])
json.dump(m, open(sys.argv[1], "w"))
PY
}
refused "without a part" "part 2 of 3 is missing" "$tmp/p1" "$tmp/p3"
refused "a part twice" "are both part 1 of 3" "$tmp/p1" "$tmp/p1" "$tmp/p2" "$tmp/p3"
but commit 'm["git"]["sha"] = "fffffff"' && refused "another commit" "differ in git" "$tmp/p1" "$tmp/commit" "$tmp/p3"
but build 'm["environment"]["before"]["variant"] = "DEAR=flush"' && refused "another build" "differ in variant" "$tmp/p1" "$tmp/build" "$tmp/p3"
but wish 'm["selection"].append("--filter=x")' && refused "other cells" "differ in selection" "$tmp/p1" "$tmp/wish" "$tmp/p3"
but time 'm["budget_s"] = 7' && refused "another budget" "differ in budget_s" "$tmp/p1" "$tmp/time" "$tmp/p3"
but cores 'm["part"]["whole"] = "0" * 64' && refused "another plan" "different plans" "$tmp/p1" "$tmp/cores" "$tmp/p3"
but order 'm["plan"].reverse()' && refused "names that are not the plan's" "do not make the plan" "$tmp/p1" "$tmp/order" "$tmp/p3"
but half 'm["status"], m["exit"] = "running", None'
merge bad "$tmp/p1" "$tmp/half" "$tmp/p3"
in_one_line 2 "--resume="
ok $? "one that goes on, or was killed: exit code 2, and how to finish it"
merge bad "$one"
in_one_line 2 "no part"
ok $? "a whole run: exit code 2, one line"
merge bad "$tmp"
in_one_line 2 "no results"
ok $? "another folder: exit code 2, one line"

# Another processor for the second part: its figures are that machine's, and are held against nobody else's.
but other 'm["environment"]["before"].update(cpu_model="Another CPU", host="elsewhere"); m["fingerprints"]["machine"] = "1" * 64; m["fingerprint"] = "2" * 64'
merge mixed "$tmp/p1" "$tmp/other" "$tmp/p3"
[ $code = 0 ] && grep -q '^part 2 of 3: elsewhere (Another CPU), ' <<<"$out"
ok $? "another machine: it is named"
mixed=$tmp/mixed/latest
catch "$B/grantbench" compare "$one" "$mixed" --format=json
out=$(python3 - "$mixed/cells.jsonl" 3<<<"$out" <<'PY'
import json, os, sys
machine = {c["cell"]: c["machine"] for c in map(json.loads, open(sys.argv[1]))}
rows = json.load(os.fdopen(3))["rows"]
seen = set()
for r in rows:
    elsewhere = machine[r["cell"]] == "elsewhere"
    said = "differ in cpu_model" in (r["reason"] or "") and r["verdict"] == "untrusted"
    seen.add((r["figure"], elsewhere))
    if said != (elsewhere and r["figure"] == "ratio"):
        print(r["cell"], r["figure"], r["verdict"], r["reason"])
if not {("ratio", True), ("ratio", False), ("counts", True)} <= seen:
    print("not all kinds were there:", seen)
PY
)
[ -z "$out" ]
ok $? "compared with one machine's: the other's ratios are untrusted, its counts and all others are compared"
catch "$B/grantbench" compare "$mixed" "$mixed"
[ $code = 0 ] && ! grep -q 'differ in' <<<"$out"
ok $? "compared with itself: nothing is refused"
if [ -x "$B/grantbench-history" ]; then
	"$B/grantbench-history" --db="$tmp/h.db" add "$one" "$mixed" >/dev/null
	catch "$B/grantbench-history" --db="$tmp/h.db" show '/ratio$'
	[ "$(grep -c 'cpu_model=Another CPU' <<<"$out")" -gt 0 ] && [ "$(grep -c '  1 point,' <<<"$out")" = $((2 * $(grep -c 'cpu_model=Another CPU' <<<"$out"))) ]
	ok $? "in a history they are series of their own"
else
	ok 0 "in a history they are series of their own # SKIP built without libsqlite3-dev"
fi
"$B/grantbench-report" "$mixed" >/dev/null && grep -q 'elsewhere (Another CPU)' "$mixed/report.md"
ok $? "the report names both machines"

# Without Slurm.
mkdir "$tmp/bin"
ln -s "$(python3 -c 'import sys; print(sys.executable)')" "$tmp/bin/python3"
PATH=$tmp/bin catch python3 scripts/grantbench-fleet --results="$tmp/r" -- --quick
in_one_line 6 "apt-get install slurm-client"
ok $? "sinfo is missing: exit code 6, one line"
PATH=$tmp/bin catch python3 scripts/grantbench-fleet --results="$tmp/r" --parts=2 -- --quick
[ $code = 6 ] && [ "$(wc -l <<<"$err")" = 1 ] && [[ $err == *"sbatch is missing: apt-get install slurm-client" ]]
ok $? "sbatch is missing: exit code 6, one line"
for args in --part=3 --parts=0 --tries=x merge --lab=nowhere '--resume=/nowhere' '-- --out=x' '--parts=2 --lab=pv'; do
	# shellcheck disable=SC2086
	catch scripts/grantbench-fleet $args
	in_one_line 2 ''
	ok $? "$args: exit code 2, one line"
done
catch scripts/grantbench-fleet --results="$tmp/r" --parts=2 -- --filter=no-such-cell
in_one_line 2 "no cell matches"
ok $? "cells that there are not: exit code 2, before anything is handed out"
echo "1..$n"
exit $bad
