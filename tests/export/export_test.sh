#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# tap-timeout: 120
# grantbench-export: each format of two runs against files that were looked at (tests/data/export), against the rules of
# its reader, and where it is here the reader itself. tests/data/runs/odd has names with quotes, backslashes and newlines,
# figures that do not exist, and cells that failed; old is as runs were before November 2026.
#
# Consumer not run: github-action-benchmark, Bencher, GitLab, benchstat. Their rules are in tests/tools/formats.py.
set -u
cd "$(dirname "$0")/../.." || exit 1
B=${B:-build}
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
# shellcheck source=tests/tools/tap.sh
. tests/tools/tap.sh
x=$B/grantbench-export
runs=tests/data/runs
# Debian's packages are of Debian's python3.
py=/usr/bin/python3
node_exporter=$(command -v prometheus-node-exporter || echo "$B/consumers/usr/bin/prometheus-node-exporter")
compare=/usr/share/benchmark/compare.py
formats=(google-benchmark github-action-smaller github-action-bigger bencher openmetrics gitlab benchfmt csv)

run() { catch "$x" "$@"; }

# reader STATUS NAME: like ok, but 77 is a skip.
reader() {
	[ "$1" = 77 ] && { n=$((n + 1)) && echo "ok $n - $2 # SKIP scripts/bootstrap consumers"; return; }
	ok "$1" "$2"
}

# one_line CODE ARGS...: refused with this code and one line.
one_line() {
	run "${@:2}"
	in_one_line "$1" ''
	ok $? "${*:2}: exit code $1, one line"
}

out=$("$x" --help | sed -n '/^Formats:/,/^$/s/^  \([a-z-]*\) .*/\1/p' | sort | xargs)
[ "$out" = "$(printf '%s\n' "${formats[@]}" | sort | xargs)" ]
ok $? "--help has the formats that are tested here"
for run in odd old; do
	for f in "${formats[@]}"; do
		[ "$run $f" = "old github-action-bigger" ] && continue
		"$x" "$f" $runs/$run >"$tmp/$run.$f" 2>"$tmp/err"
		out=$(diff "tests/data/export/$run.$f" "$tmp/$run.$f")
		ok $? "$f of $run is as it was"
		out=$(tests/tools/formats.py "$f" "$tmp/$run.$f")
		ok $? "$f of $run: the rules"
	done
done

# That the rules can fail: each is broken in one place.
broken() {
	sed "$2" "$tmp/odd.$1" >"$tmp/broken"
	! cmp -s "$tmp/broken" "$tmp/odd.$1" && ! out=$(tests/tools/formats.py "$1" "$tmp/broken")
	ok $? "the rules of $1 find: $3"
}
broken google-benchmark '0,/"real_time":[0-9.]*/s//"real_time":NaN/' "NaN"
broken google-benchmark '0,/"time_unit":"ns"/s//"time_unit":"ratio"/' "a unit that compare.py does not know"
broken github-action-smaller 's/"unit":"[^"]*",//' "no unit"
broken bencher '0,/"count-flushes"/s//"count flushes"/' "no slug"
broken openmetrics 's/\\"/"/g' "a quote that is not escaped"
broken openmetrics '$d' "no end"
broken gitlab 's/\\"/"/g' "a quote that is not escaped"
broken benchfmt 's/%20/ /g' "a blank in a name"
broken csv '3s/,//' "a field less"

for run in odd old; do
	out=$($py tests/tools/formats.py openmetrics-parser "$tmp/$run.openmetrics" 2>&1)
	reader $? "prometheus_client's strict parser reads $run"
	out=$($py tests/tools/formats.py node-exporter "$node_exporter" "$tmp/$run.openmetrics" 2>&1)
	reader $? "the node exporter serves $run"
done
# The slow side is found by its U test, the same run is not.
sed 's/"real_time":\([0-9.]*\)/"real_time":1\1/' "$tmp/odd.google-benchmark" >"$tmp/slow.json"
code=77
if [ -e $compare ] && $py -c 'import scipy' 2>/dev/null; then
	out=$($py $compare --no-color benchmarks "$tmp/odd.google-benchmark" "$tmp/slow.json" 2>&1)
	[ $? = 0 ] && grep -qE 'map_unmap/batch:64/mapper:pv/v1/map_pvalue +0\.000' <<<"$out" && grep -q GEOMEAN <<<"$out"
	code=$?
fi
reader $code "compare.py reads google-benchmark, with its U test"
code=

run csv $runs/odd
[ $code = 0 ] && [ "$(grep -c . <<<"$err")" = 1 ] && [[ $err == *"3 of 7 cells did not end ok"* ]]
ok $? "cells without figures are said"
run github-action-smaller --class=C $runs/odd
[ $code = 0 ] && ! grep -q '/ratio"' <<<"$out" && grep -q 'class C' <<<"$out"
ok $? "--class=C: no ratio"
run github-action-smaller --class=CHX --filter='/v1/map$' $runs/odd
[ $code = 0 ] && [ "$(grep -c '"name"' <<<"$out")" = 1 ] && grep -q '"value":100.25' <<<"$out"
ok $? "--filter: one series, by its whole name"
run openmetrics --out="$tmp/x.prom" $runs/odd
[ $code = 0 ] && [ -z "$out" ] && cmp "$tmp/x.prom" "$tmp/odd.openmetrics" && [ ! -e "$tmp/x.prom.tmp" ]
ok $? "--out: the same, in a file"
for f in "${formats[@]}"; do
	one_line 2 "$f" $runs
done
one_line 2 csv
one_line 2 excel $runs/odd
one_line 2 --class=Y gitlab $runs/odd
one_line 2 --class=C csv $runs/odd
one_line 2 '--filter=(' gitlab $runs/odd
one_line 1 --out=/nowhere/x csv $runs/old
run github-action-bigger $runs/old
[ $code = 4 ] && [ -z "$out" ] && [[ $err == *"nothing to write"* ]]
ok $? "a run without such figures: exit code 4, no file"
run github-action-bigger --out="$tmp/none" $runs/old
[ $code = 4 ] && [ ! -e "$tmp/none" ]
ok $? "nor with --out"
echo "1..$n"
exit $bad
