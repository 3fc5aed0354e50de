#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A results folder of grantbench's own, read by a program that links librecord, and by Python.
set -u
cd "$(dirname "$0")/../.." || exit 1
export B=${B:-build}
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
# shellcheck source=tests/tools/tap.sh
. tests/tools/tap.sh

ratios() {
	out=$("$B/tests/record/ratios" "$@" 2>&1)
	code=$?
}

measure() { # FOLDER OPTION...
	"$B/grantbench" --out="$tmp/$1" --filter='^(map_unmap|grant_access)/' --set=batch=1,8 --set=mapper=pv \
		--set=iommu=none --set=entry=none --quiet --allow-untrusted "${@:2}" >"$tmp/$1.log" 2>&1
}

echo 1..8
measure one --launches=0 --budget=1 && measure few --launches=2 --budget=2 && measure six --launches=5 --budget=3 && measure many --launches=8 --budget=4
ok $? "four runs: one launch of each cell, three, six and nine"
for run in one few six many; do
	ratios "$tmp/$run"
	[ $code = 0 ] && [ "$(wc -l <<<"$out")" -ge 4 ] &&
		diff <(python3 tests/tools/results.py ratios "$tmp/$run") <(LC_ALL=C sort <<<"$out") >"$tmp/diff"
	code=$?
	out=$(cat "$tmp/diff")
	ok $code "the ratios of run $run, to the last digit"
done
ratios "$tmp/nowhere"
[ $code = 1 ] && [ "$out" = "ratios: $tmp/nowhere: no such folder; give a folder that grantbench wrote, such as results/latest" ]
ok $? "a folder that is not there: a sentence"
cp -r "$tmp/one" "$tmp/odd" && rm "$tmp/odd/cells.jsonl" && mkdir "$tmp/odd/cells.jsonl"
ratios "$tmp/odd"
[ $code = 1 ] && [ "$out" = "ratios: cannot read $tmp/odd/cells.jsonl: Is a directory" ]
ok $? "lines that cannot be read: a sentence"
printf '{"cell":"map' >>"$tmp/one/cells.jsonl"
ratios "$tmp/one"
torn=$out
sed -i '$d' "$tmp/one/cells.jsonl"
ratios "$tmp/one"
[ $code = 0 ] && [ "$out" = "$torn" ]
ok $? "a torn last line is left out"
exit $bad
