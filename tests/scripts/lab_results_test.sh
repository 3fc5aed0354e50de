#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# scripts/lab_results.py: a run of the lab has a name of its own and the host's date, its figures are printed, and no run
# is lost that nobody gave up.
set -u
cd "$(dirname "$0")/../.." || exit 1
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
# shellcheck source=tests/tools/tap.sh
. tests/tools/tap.sh

run() {
	out=$(scripts/lab_results.py "$@" 2>"$tmp/err")
	code=$?
	err=$(cat "$tmp/err")
}
# What a folder holds, whatever it is called.
holds() { grep -qx "$2" "$1/results.tar" 2>/dev/null; }
STAMP='[0-9]*T[0-9]*Z'

run folder pv-v1 "$tmp/out"
first=$out
echo one >"$first/results.tar"
[ $code = 0 ] && [[ ${first##*/} == $STAMP-pv-v1 ]] && [ "$tmp/out/pv-v1" -ef "$first" ] && [ -L "$tmp/out/pv-v1" ] &&
	[ "$(sed -n 's/^name //p' "$first/run")" = "${first##*/}" ] && [[ $(cat "$first/run") == *"date $(date -u +%Y)-"* ]]
ok $? "a run has a folder with its date and name, and the newest a link"
run folder pv-v1 "$tmp/out"
second=$out
[ $code = 0 ] && [ "$second" != "$first" ] && holds "$first" one && [ "$tmp/out/pv-v1" -ef "$second" ]
ok $? "a second one, in the same second too, has another, and the first is there"
for i in $(seq 8); do scripts/lab_results.py folder pv-v1 "$tmp/many" & done >"$tmp/names"
wait
[ "$(sort -u "$tmp/names" | wc -l)" = 8 ] && [ "$(find "$tmp/many" -name run | wc -l)" = 8 ] && [ -L "$tmp/many/pv-v1" ]
ok $? "eight at once have eight"

# As the lab left them until now: a folder where the link is to be.
mkdir "$tmp/old" "$tmp/old/pv-v2"
echo old >"$tmp/old/pv-v2/results.tar"
touch -d 2025-03-04T05:06:07Z "$tmp/old/pv-v2"
run folder pv-v2 "$tmp/old"
[ $code = 0 ] && holds "$tmp/old/pv-v2.20250304T050607Z" old && [ -L "$tmp/old/pv-v2" ]
ok $? "a folder from before, in the link's place, is kept by its date"

run folder x "$tmp/out" "$tmp/mine"
echo mine >"$tmp/mine/results.tar"
was=$(sed -n 's/^date //p' "$tmp/mine/run" | tr -d :-)
run folder x "$tmp/out" "$tmp/mine"
[ $code = 0 ] && [ "$out" = "$tmp/mine" ] && [ ! -e "$tmp/mine/results.tar" ] && holds "$tmp/mine.$was" mine && [[ $err == *"is now $tmp/mine.$was"* ]]
ok $? "--out with a run in it: that one is kept, and said where"
echo mine >"$tmp/mine/results.tar"
run folder x "$tmp/out" "$tmp/mine" --replace
[ $code = 0 ] && [ ! -e "$tmp/mine/results.tar" ] && [ "$(find "$tmp" -name 'mine.*' | wc -l)" = 1 ]
ok $? "--replace: it goes"
mkdir "$tmp/home"
echo dear >"$tmp/home/letter"
run folder x "$tmp/out" "$tmp/home" --replace
[ $code = 2 ] && [ "$(wc -l <<<"$err")" = 1 ] && [[ $err == *"$tmp/home"* ]] && [ "$(cat "$tmp/home/letter")" = dear ]
ok $? "--out with something else in it: exit 2 in one line, and it is as it was, even with --replace"
run folder x "$tmp/out" "$tmp/home/letter"
[ $code = 2 ] && [[ $err == *"no folder"* ]] && [ "$(cat "$tmp/home/letter")" = dear ]
ok $? "nor is a file"
# A run from before has no note, but what the emulator left, perhaps of two boots.
mkdir -p "$tmp/before/1"
: >"$tmp/before/1/console"
run folder x "$tmp/out" "$tmp/before" --replace
[ $code = 0 ] && [ ! -e "$tmp/before/1" ]
ok $? "a run from before is known as one"

# ---- dates: results as the emulated clock would have dated them ----
run folder pv-v1 "$tmp/out" "$tmp/boot"
"${B:-build}/grantbench" --filter='^map_unmap/' --set=map_unmap.batch=1 --versions=v1,v2 --launches=0 --budget=0.2 --results="$tmp/boot/results" \
	--quiet --no-progress --allow-untrusted >"$tmp/log" 2>&1
old=$(readlink -f "$tmp/boot/results/latest")
new=$(dirname "$old")/20240101T000010Z-x-lab
mv "$old" "$new" && ln -sfn "${new##*/}" "$tmp/boot/results/latest"
sed -i 's/"started": *"[^"]*"/"started": "2024-01-01T00:00:10Z"/; s/"ended": *"[^"]*"/"ended": "2024-01-01T00:01:15Z"/' "$new"/*.json
sed -i 's/"date": *"[^"]*"/"date": "2024-01-01T00:00:10Z"/' "$new/benchmark.json"
printf 'xen 4.17\n' >"$tmp/boot/environment"
printf 'name boot\ndate 2026-11-27T23:59:30Z\n' >"$tmp/boot/run"
sum=$(sha256sum <"$new/cells.jsonl")
run date "$tmp/boot"
dir=$tmp/boot/results/20261127T235930Z-x-lab
[ $code = 0 ] && [ "$(readlink "$tmp/boot/results/latest")" = "${dir##*/}" ] && [ "$(sha256sum <"$dir/cells.jsonl")" = "$sum" ] &&
	grep -qx 'host_date 2026-11-27T23:59:30Z' "$tmp/boot/environment" && python3 - "$dir" 2>>"$tmp/err" <<'PY'
import json
import sys


def read(name):
    with open(sys.argv[1] + "/" + name, encoding="utf-8") as f:
        return json.load(f)


m = read("manifest.json")
assert m["started"] == "2026-11-27T23:59:30Z" and m["ended"] == "2026-11-28T00:00:35Z", m
assert m["meta"]["host_date"] == m["started"] and m["meta"]["lab_run"] == "boot", m["meta"]
assert read("summary.json")["started"] == m["started"] and read("benchmark.json")["context"]["date"] == m["started"]
PY
ok $? "results begin at the host's date, are named by it, and take as long as the emulated clock said"
mkdir "$tmp/boot2" && cp -r "$dir" "$tmp/boot2/" && run date "$tmp/boot2"
[ $code = 1 ] && [ "$(wc -l <<<"$err")" = 1 ]
ok $? "what no run of the lab's is has no date: exit 1, one line"

# ---- figures ----
mkdir -p "$tmp/made/results/20240101T000000Z-x"
python3 - >"$tmp/made/results/20240101T000000Z-x/cells.jsonl" <<'PY'
import json


def row(version, metric, least):
    return {"version": version, "metric": metric, "unit": "instructions/page", "value": least + 1, "counts": {"instructions": least}}


for batch, least in ((1, 1367.0), (256, 998.44)):
    print(json.dumps({"cell": "map_unmap/batch:%d/mapper:pv" % batch, "status": "ok", "reason": None,
                      "rows": [row("v1", "map", least), row("v2", "map", least + 26)]}))
print(json.dumps({"cell": "copy/batch:1", "status": "error", "reason": "no memory", "rows": []}))
PY
run figures "$tmp/made"
[ $code = 0 ] && grep -qE '^batch:1 +1367\.0 +1393\.0$' <<<"$out" && grep -qE '^batch:256 +998\.4 +1024\.4$' <<<"$out" &&
	grep -qE '^ +v1 map +v2 map$' <<<"$out" && [[ $out == *"copy/batch:1: no memory" ]]
ok $? "figures: the least of several runs, by cell, version and metric; and what failed"
echo "1..$n"
exit $bad
