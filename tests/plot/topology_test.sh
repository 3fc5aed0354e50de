#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The drawing of the machine in the report, of machines that are described and not owned.
cd "$(dirname "$0")/../.." || exit 1
report=$(realpath "${B:-build}/grantbench-report")
scripts=$PWD/plot/figures
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
# shellcheck source=tests/tools/tap.sh
. tests/tools/tap.sh
# shellcheck source=tests/plot/made.sh
. tests/plot/made.sh

full "$tmp/run"
cat >"$tmp/synthetic.c" <<-'EOC'
	#include <hwloc.h>
	int main(int argc, char **argv)
	{
		hwloc_topology_t t;

		return argc != 3 || hwloc_topology_init(&t) || hwloc_topology_set_synthetic(t, argv[1]) ||
		       hwloc_topology_load(t) || hwloc_topology_export_xml(t, argv[2], 0);
	}
EOC
machine() { # NAME DESCRIPTION [PLACES]: a run there
	manifest "$tmp/$1"
	cp "$tmp/run/cells.jsonl" "$tmp/$1/"
	[ -z "$3" ] || sed -i "s/\"plan\"/\"places\":$3,&/" "$tmp/$1/manifest.json"
	"$tmp/synthetic" "$2" "$tmp/$1/topology.xml"
}
boxes() { sed '/^$/,$d; /^#/d' "$tmp/$1/plots/topology.dat"; } # all; colour is the last word
try "topologies can be described" gcc -o "$tmp/synthetic" "$tmp/synthetic.c" -lhwloc
machine wide 'pack:2 numa:1 l3:8 core:8 pu:2' '{"pin":"core","numa":"spread","cpus":"0,128,2","nodes":2}'
try "2 x 64 cores: 0" exits 0 "$report" --scripts="$scripts" "$tmp/wide"
try "a box for the machine, each package, cache, core and CPU" test "$(boxes wide | wc -l)" = $((1 + 2 + 16 + 128 + 256))
try "three of them are used" test "$(boxes wide | grep -c " $((0x0072b2))$")" = 3
try "by whom is written in them" test "$(grep -cE '"(0: 0|128: 1|2: 2)"' "$tmp/wide/plots/topology.dat")" = 3
try "and nodes at their packages" grep -q '"package 1, NUMA node 1: ' "$tmp/wide/plots/topology.dat"
out=$(boxes wide | python3 -c '
import sys
boxes = [tuple(map(float, line.split()[:4])) for line in sys.stdin]
inside = lambda a, b: b[0] <= a[0] < a[2] <= b[2] and b[1] <= a[1] < a[3] <= b[3]
apart = lambda a, b: a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]
for i, a in enumerate(boxes):
    for b in boxes[:i]:
        if not inside(a, b) and not apart(a, b):
            print(a, b)')
[ -z "$out" ]
ok $? "boxes lie in each other or apart"
try "it is drawn" well_formed "$tmp/wide/plots/topology.svg"
machine free 'core:3 pu:1' '{"pin":"none","numa":"any","cpus":"none","nodes":1}'
try "nothing bound: 0" exits 0 "$report" --no-plots "$tmp/free"
try "nothing bound: says so" has "$tmp/free/report.md" "no thread was bound to one"
machine early 'core:3 pu:1'
try "a run that does not say where its threads were: says so" says 0 '' "$report" --no-plots "$tmp/early"
try "and draws the machine" has "$tmp/early/report.md" "is not recorded in this run"
machine huge 'pack:40 core:64 pu:1'
try "a machine too large to draw: 0" exits 0 "$report" --no-plots "$tmp/huge"
try "a machine too large to draw: says how" has "$tmp/huge/report.md" "lstopo -i topology.xml"
for bad_xml in '' '<topology' '<html/>' "$(head -c 300 "$tmp/wide/topology.xml")"; do
	printf '%s' "$bad_xml" >"$tmp/early/topology.xml"
	try "topology.xml of ${#bad_xml} characters: 0" exits 0 "$report" --no-plots "$tmp/early"
	try "and the report says so" has "$tmp/early/report.md" "is not what hwloc can read"
done
echo "1..$n"
exit $bad
