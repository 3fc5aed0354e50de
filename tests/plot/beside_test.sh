#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# tap-timeout: 240
# Xen beside hv: grantbench-report --beside on small made-up folders, and scripts/hv-instructions on real cells.
# The figures of the folders are made up for this test. They are not results of anything.
set -u
cd "$(dirname "$0")/../.." || exit 1
export B=${B:-build}
report=$(realpath "$B")/grantbench-report
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
# shellcheck source=tests/tools/tap.sh
. tests/tools/tap.sh

run() { # COMMAND...: its exit code, its output, both streams
	out=$("$@" 2>&1 </dev/null)
	code=$?
}

manifest() { # DIR TARGET GRANTER [FACTS]
	mkdir -p "$1"
	printf '{"schema":1,"suite":"0.0.0-test","git":null,"started":"2000-01-01T00:00:00Z","ended":null,"status":"complete","exit":0,"command":["x"],"target":"%s","budget_s":1,"measured_s":1,"quick":false,"meta":{"TEST DATA":"made up","guest":"PV","granter":"%s"},"plan":[],"counts":{},"environment":{"before":{"target_facts":{%s}},"after":{}},"fingerprint":"00","fingerprint_keys":[],"noise":{}}\n' \
		"$2" "$3" "${4-}" >"$1/manifest.json"
	: >"$1/cells.jsonl"
}

row() { # VERSION METRIC UNIT VALUE COUNTS
	printf '{"version":"%s","metric":"%s","unit":"%s","better":"lower","n":1,"value":%s,"lo":%s,"hi":%s,"min":1,"max":9999,"class":"C","ratio":null,"self":null,"counts":{%s},"ops_counted":8,"shares":null,"latency":null}' \
		"$1" "$2" "$3" "$4" "$4" "$4" "$5"
}

cell() { # DIR TARGET PARAMS ROWS
	printf '{"cell":"map_unmap/%s","bench":"map_unmap","def_version":1,"params":{%s},"axis":null,"target":"%s","mapper":"pv","iommu":"none","flush":"count","entry":"none","host_cpus":8,"launch":0,"status":"ok","reason":null,"rounds":{"asked":1,"done":1,"dropped":0},"seconds":0.1,"rows":[%s],"perf":{"available":false,"reason":"test","events":{}}}\n' \
		"$(tr -d '" ' <<<"$3" | tr , /)" "$3" "$2" "$4" >>"$1/cells.jsonl"
}

work='"spin_locks":3,"page_locks":1,"walks":2,"pte_lookups":1,"page_gets":2,"page_puts":1,"type_gets":0,"type_puts":0,"flushes":0.03125,"iotlb_invs":0,"pcpu_reads":0,"pcpu_writes":0'
xen() { # DIR BATCH VERSION MAP UNMAP: as a count beside a time
	cell "$1" xen "\"batch\":\"$2\",\"mapper\":\"pv\"" \
		"$(row "$3" map ns/page 77777 "\"instructions\":$4"),$(row "$3" unmap ns/page 77777 "\"instructions\":$5")"
}
xen_value() { # the same, as the value, for want of a count
	cell "$1" xen "\"batch\":\"$2\",\"mapper\":\"pv\"" \
		"$(row "$3" map instructions/page "$4" ''),$(row "$3" unmap instructions/page "$5" '')"
}
hv() { # DIR BATCH V1MAP V1UNMAP V2MAP V2UNMAP [FLUSH] [CPUS] [IOMMU]
	cell "$1" hv "\"batch\":\"$2\",\"mapper\":\"pv\",\"flush\":\"${7:-count}\",\"entry\":\"none\",\"cpus\":\"${8:-8}\",\"iommu\":\"${9:-none}\"" \
		"$(row v1 map instructions/page "$3" "$work"),$(row v1 unmap instructions/page "$4" "$work"),$(row v2 map instructions/page "$5" "$work"),$(row v2 unmap instructions/page "$6" "$work")"
}

# The Spearman coefficient of two lists without ties: 1 - 6 sum(d^2) / (n (n^2 - 1)).
# batch 1: Xen 400 100 300 200, hv 40 10 30 20: the same order: 1. batch 8: hv reversed: -1.
manifest "$tmp/v1" xen self
xen "$tmp/v1" 1 v1 400 100
xen "$tmp/v1" 8 v1 40 10
manifest "$tmp/v2" xen self
xen_value "$tmp/v2" 1 v2 300 200
xen_value "$tmp/v2" 8 v2 30 20
manifest "$tmp/hv" hv other
hv "$tmp/hv" 1 9999 9999 9999 9999 membarrier
hv "$tmp/hv" 1 9999 9999 9999 9999 count 64
hv "$tmp/hv" 1 5555 6666 5555 6666 count 8 strict
hv "$tmp/hv" 1 1400 1100 1300 1200
hv "$tmp/hv" 8 11 14 12 13
hv "$tmp/hv" 512 1 2 3 4

echo 1..50
run "$report" --no-plots "$tmp/hv" --beside="$tmp/v1,$tmp/v2"
[ $code = 0 ]
ok $? "hv's folder with two of Xen's: 0"
[[ $out == *"Xen beside hv: rank correlation 0.762 over 8 cells"* ]]
ok $? "the correlation is printed: 1 - 6 * 20 / (8 * 63)"
md=$tmp/hv/report.md
has() { out=$(cat "$md" 2>&1) && grep -qF -- "$1" "$md"; }
has '| all | 8 | 0.762 |'
ok $? "overall"
has '| batch 1 | 4 | 1.000 | none |'
ok $? "per batch size: the same order is 1"
has '| batch 8 | 4 | -1.000 | map\_unmap batch:8 map v1: 4 in Xen, 1 in hv |' || has '| batch 8 | 4 | -1.000 | map_unmap batch:8 map v1: 4 in Xen, 1 in hv |'
ok $? "the opposite order is -1, and the cell that is furthest from its place is named"
has '| map_unmap batch:1 | PV, granter self | map v1 | 400.0 | 1400 | 3.50 | 3 | 4 | 3 | 0.031 | 0 |'
ok $? "a line: instructions as a count, ratio, walks, locks, references, flushes"
has '| map_unmap batch:1 | PV, granter self | map v2 | 300.0 | 1300 | 4.33 |'
ok $? "instructions as the value, where none were counted"
! grep -qE '9999|5555|6666' <(sed -n '/^## Xen beside/,/^## /p' "$md")
ok $? "stand-ins are not Xen's cell, and the smallest number of CPUs is"
! grep -q 'batch 512' <(sed -n '/^## Xen beside/,/^## /p' "$md")
ok $? "what only hv has is left out"
has 'fewer than 20 cells' && has 'All cells of map_unmap: mapper:pv.' && has "hv's granter and mapper are two domains"
ok $? "few cells, parameters left out, and self-grants are said"
grep -qF 'id="beside"' "$tmp/hv/report.html" && grep -qF '0.762' "$tmp/hv/report.html"
ok $? "the page has the section too"

# Differences of versions. Xen v2 - v1: map -100 and unmap +100 in batch 1, map -10 and unmap +10 in 8; hv likewise,
# from the lines above: -100 of 1400 and +100 of 1100, +1 of 11 and -1 of 14.
vsection() { sed -n '/^### What a version costs/,/^### The order/p' "$md"; }
vrow() { vsection | sed 's,\\\\,,g' | grep -F -- "$1"; }
run "$report" --no-plots "$tmp/hv" --beside="$tmp/v1,$tmp/v2"
md=$tmp/hv/report.md
[[ $out == *"differences of versions in 4 rows, 2 with another sign, 2 further apart than 1 % of the operation (2 by its size alone), 0 with a version on one side only"* ]]
ok $? "versions: a line on stdout with the number of rows that disagree"
out=$(vrow 'batch:8') && [[ $out == *'map v2 | -10.0 (-25.00 %) | +1.0 (+9.09 %) | wrong sign | - | - |'* ]] &&
	[[ $out == *'unmap v2 | +10.0 (+100.00 %) | -1.0 (-7.14 %) | wrong sign | - | - |'* ]]
ok $? "another sign, in instructions and in per cent"
out=$(vrow 'batch:1 |') && [[ $out == *'map v2 | -100.0 (-25.00 %) | -100.0 (-7.14 %) | off by 17.9 %, by the size of the operation |'* ]]
ok $? "the same difference of an operation of another size"
out=$(vsection) && [[ $out == *'hv gets the sign wrong: map_unmap map v2'* ]] && [[ $out == *'hv is further than 1 % of the operation from Xen: map_unmap map v2'* ]]
ok $? "both are said by name"

# One that agrees, one that is off by itself, one that only Xen has, and functions: Xen's two folders above, hv's own.
mkdir -p "$tmp/lab1/results" "$tmp/lab2/results"
manifest "$tmp/lab1/results/r" xen self
manifest "$tmp/lab2/results/r" xen self
xen "$tmp/lab1/results/r" 1 v1 1000 1000
xen "$tmp/lab2/results/r" 1 v2 1020 1000
xen "$tmp/lab1/results/r" 8 v1 1000 1000
manifest "$tmp/hv2" hv other
hv "$tmp/hv2" 1 800 800 812 816
hv "$tmp/hv2" 8 800 800 820 816
head='run,cell,op,count,function,file,instructions,calls,locked,fences'
name='map_unmap/batch:1/mapper:pv'
hvname=$(sed -n '1s/{"cell":"\([^"]*\)".*/\1/p' "$tmp/hv2/cells.jsonl")
printf '%s\n' "$head" "x,$name#v1,map,1,old,,30,1,0,0" "x,$name#v1,map,1,both,,970,1,0,0" >"$tmp/lab1/functions.csv"
printf '%s\n' "$head" "x,$name#v2,map,1,new,,57,1,0,0" "x,$name#v2,map,1,both,,963,1,0,0" >"$tmp/lab2/functions.csv"
printf '%s\n' "$head" "x,$hvname#v1,map,1,f,,800,,," "x,$hvname#v2,map,1,f,,812,,," >"$tmp/hv2/functions.csv"
run "$report" --no-plots "$tmp/hv2" --beside="$tmp/lab1/results/r,$tmp/lab2/results/r"
md=$tmp/hv2/report.md
[ $code = 0 ] && [[ $out == *"in 2 rows, 1 with another sign, 0 further apart than 1 % of the operation (0 by its size alone), 2 with a version on one side only"* ]]
ok $? "a version of one side only is counted apart"
out=$(vrow '| map v2 |') && [[ $out == *'| +20.0 (+2.00 %) | +12.0 (+1.50 %) | same sign, within 1 % | new +57.0, old -30.0, both -7.0 | f +12.0 |'* ]]
ok $? "the functions responsible, of both sides"
out=$(vrow '| unmap v2 |') && [[ $out == *'| +0.0 (+0.00 %) | +16.0 (+2.00 %) | wrong sign | - | - |'* ]]
ok $? "no difference in Xen, one in hv: a wrong sign; and no function where no profile says so"
out=$(vrow 'batch:8') && [[ $out == *'map v2 | - | - | Xen has no v2 |'* ]]
ok $? "a version that Xen has not"
sed -i 's/"instructions":1020/"instructions":1040/' "$tmp/lab2/results/r/cells.jsonl"
run "$report" --no-plots "$tmp/hv2" --beside="$tmp/lab1/results/r,$tmp/lab2/results/r"
out=$(vrow '| map v2 |') && [[ $out == *'| +40.0 (+4.00 %) | +12.0 (+1.50 %) | off by 2.5 % |'* ]] &&
	out=$(vsection) && [[ $out == *'(PV, granter self): 1, functions of Xen new +57.0, old -30.0, both -7.0, of hv f +12.0'* ]]
ok $? "off by more than 1 %, in instructions too: said by name with the functions"
sed -i '/"version":"v2"/s/"version":"v2"/"version":"v3"/g' "$tmp/hv2/cells.jsonl"
run "$report" --no-plots "$tmp/hv2" --beside="$tmp/lab1/results/r,$tmp/lab2/results/r"
out=$(vsection) && [[ $out == *'No cell and operation has two versions on both sides'* ]] && [[ $out == *'--versions=v1,v2'* ]]
ok $? "nothing to compare is said, with the mend"
# A timer of Xen's fell into the median of v1, and into the count of one launch: the least count is the work.
manifest "$tmp/timer1" xen self
manifest "$tmp/timer2" xen self
manifest "$tmp/hv3" hv other
mkdir "$tmp/once"
for count in 1000 1500; do
	cell "$tmp/once" xen '"batch":"1","mapper":"pv"' "$(row v1 map instructions/page 1033 "\"instructions\":$count")"
done
sed '1s/"launch":0/"launch":1/' "$tmp/once/cells.jsonl" | tac >"$tmp/timer1/cells.jsonl"
cell "$tmp/timer2" xen '"batch":"1","mapper":"pv"' "$(row v2 map instructions/page 1020 '"instructions":1020')"
hv "$tmp/hv3" 1 800 800 812 816
run "$report" --no-plots "$tmp/hv3" --beside="$tmp/timer1,$tmp/timer2"
md=$tmp/hv3/report.md
[ $code = 0 ] && [[ $out == *"in 1 rows, 0 with another sign"* ]] && out=$(vrow '| map v2 |') &&
	[[ $out == *'| +20.0 (+2.00 %) | +12.0 (+1.50 %) | same sign, within 1 % |'* ]]
ok $? "a timer in a median makes no wrong sign: the least count goes before the value"
md=$tmp/hv2/report.md
echo 'cell,op' >"$tmp/hv2/functions.csv"
run "$report" --no-plots "$tmp/hv2" --beside="$tmp/lab1/results/r"
[ $code = 2 ] && [ "$(wc -l <<<"$out")" = 1 ] && [[ $out == *"$tmp/hv2/functions.csv: line 1 is not of a table of functions"* ]]
ok $? "a broken table of functions: 2, one line that names it"

md=$tmp/hv/report.md
run "$report" --no-plots "$tmp/v1" --beside="$tmp/hv/" --beside="$tmp/v2"
[ $code = 0 ] && [[ $out == *"0.762 over 8 cells"* ]]
ok $? "in any order, and with the option twice: the same"
cp -r "$tmp/v1" "$tmp/again"
sed -i 's/"instructions":400/"instructions":399/; s/"instructions":100/"instructions":101/' "$tmp/again/cells.jsonl"
run "$report" --no-plots "$tmp/hv" --beside="$tmp/v1,$tmp/v2,$tmp/again"
[ $code = 0 ] && has '| map v1 | 399.0 |' && has '| unmap v1 | 100.0 |'
ok $? "the same cell of two boots: the least"
sed -i 's/"granter":"self"/"granter":"other"/' "$tmp/again/manifest.json"
run "$report" --no-plots "$tmp/hv" --beside="$tmp/v1,$tmp/v2,$tmp/again"
[ $code = 0 ] && [[ $out == *"over 12 cells"* ]] && has 'PV, granter other'
ok $? "the same cell of two machines: both"

manifest "$tmp/vtd" xen self '"guest_type":"PVH","granter":"domU","iommu":"strict"'
xen_value "$tmp/vtd" 1 v1 14000 15000
run "$report" --no-plots "$tmp/hv" --beside="$tmp/vtd"
[ $code = 0 ] && [[ $out == *"over 2 cells"* ]] && has '| PVH, granter domU, iommu strict | map v1 | 14 000 | 5555 |' &&
	has '| unmap v1 | 15 000 | 6666 |'
ok $? "facts go before notes, and an IOMMU that Xen has is hv's parameter"

if command -v gnuplot >/dev/null; then
	run "$report" --scripts=plot/figures "$tmp/hv" --beside="$tmp/v1,$tmp/v2"
	svg=$tmp/hv/plots/xen-beside-hv.svg
	[ $code = 0 ] && [ "$(grep -c '_plot_[0-9]' "$svg")" -ge 7 ] && grep -q 'unmap v2, pv' "$svg"
else
	code=6
	false
fi
ok $? "the plot has every operation"
[ "$(grep -cE '^[0-9]+ [0-9]+$' "$tmp/hv/plots/xen-beside-hv.dat")" = 8 ]
ok $? "and every pair"

# Versions over the batch size. hv's cells off the centre (its first cell) are not what is drawn.
manifest "$tmp/b1" xen self
manifest "$tmp/b2" xen self
manifest "$tmp/bh" hv other
for b in 1 8 64; do
	xen "$tmp/b1" $b v1 $((4000 / b)) 100
	xen "$tmp/b2" $b v2 $((5000 / b)) 102
	hv "$tmp/bh" $b $((2000 / b)) 100 $((2400 / b)) 99
done
run "$report" --no-plots "$tmp/bh" --beside="$tmp/b1,$tmp/b2"
dat=$tmp/bh/plots/beside-map_unmap-unmap-batch.dat
out=$(cat "$dat" 2>&1)
[ $code = 0 ] && [ "$(grep -c '^"' "$dat")" = 4 ] && grep -q '^64 102 1.02' "$dat" && grep -q '^64 99 0.98' "$dat"
ok $? "by batch: a line for each version of Xen and of hv, and their ratios to v1"
grep -q 'unmap: map by batch, Xen and hv' "$tmp/bh/report.md"
ok $? "by batch: a figure for each metric"
if command -v gnuplot >/dev/null; then
	run "$report" --scripts=plot/figures "$tmp/bh" --beside="$tmp/b1,$tmp/b2"
fi
svg=$tmp/bh/plots/beside-map_unmap-map-batch.svg
[ $code = 0 ] && grep -q 'pages per hypercall, logarithmic<' "$svg" && grep -q '>Xen v2<' "$svg" && grep -q '>hv v2<' "$svg"
ok $? "by batch: drawn, its axis marked"
[ "$(grep -o 'logarithmic<' "$tmp/bh/plots/xen-beside-hv.svg" | wc -l)" = 2 ]
ok $? "both axes of all cells are marked as logarithmic"
shapes() { grep -oE "#gpPt[0-9]+' transform" "$tmp/bh/plots/xen-beside-hv.svg" | sort -u | wc -l; }
[ "$(shapes)" = 4 ]
ok $? "operations and versions are told apart without colour"
run "$report" --no-plots "$tmp/hv" --beside="$tmp/v1,$tmp/v2"
[ $code = 0 ] && ! ls "$tmp"/hv/plots/beside-* 2>/dev/null
ok $? "two batch sizes make no line"

refused() { [ $code = "$1" ] && [ "$(wc -l <<<"$out")" = 1 ] && [[ $out == *"$2"* ]]; }
rm -f "$tmp"/*/report.*
run "$report" --no-plots "$tmp/hv" --beside="$tmp/v1,$tmp/nowhere"
refused 2 "$tmp/nowhere: no such folder"
ok $? "no such folder: 2, one line that names it"
mkdir "$tmp/none"
run "$report" --no-plots "$tmp/hv" --beside="$tmp/none"
refused 2 "$tmp/none: not a results folder"
ok $? "no results folder: 2, one line that names it"
run "$report" --no-plots "$tmp/hv" --beside=
refused 2 "--beside"
ok $? "no name at all: 2, one line"
run "$report" --no-plots "$tmp/v1" --beside="$tmp/v2"
refused 5 "target hv" && [[ $out == *scripts/hv-instructions* ]]
ok $? "no run of hv: 5, one line with the mend"
cp -r "$tmp/hv" "$tmp/times" && sed -i 's,instructions/page,ns/page,g' "$tmp/times/cells.jsonl"
run "$report" --no-plots "$tmp/times" --beside="$tmp/v1"
refused 5 "counted instructions of target hv"
ok $? "a run of hv without instructions: 5, one line"
cp -r "$tmp/hv" "$tmp/apart" && sed -i 's,"mapper":"pv"\,"flush","mapper":"translated"\,"flush",' "$tmp/apart/cells.jsonl"
run "$report" --no-plots "$tmp/apart" --beside="$tmp/v1,$tmp/v2"
refused 5 "no cell"
ok $? "no cell in common: 5, one line"
[ ! -e "$tmp/apart/report.md" ]
ok $? "and no report"

# What callgrind counts: twice the same, and what the counts of the same cell say.
count() {
	run scripts/hv-instructions --out="$1" --filter='^map_unmap/' --set=batch=1,64 --set=mapper=translated \
		--set=vcpu=same
}
value() { # FOLDER BATCH VERSION METRIC
	python3 -c 'import json, sys
for c in map(json.loads, open(sys.argv[1] + "/cells.jsonl")):
    for r in c["rows"]:
        if (c["params"]["batch"], r["version"], r["metric"]) == tuple(sys.argv[2:]):
            print(r["value"] if r["unit"] == "instructions/page" and r["class"] == "C" else "?")' "$@"
}
count "$tmp/c1" && [ $code = 0 ] && first=$out && count "$tmp/c2" && [ $code = 0 ] && [ "$first" = "$tmp/c1" ]
ok $? "hv-instructions counts"
figures() { sed -E 's/"seconds":[^,]*//' "$1/cells.jsonl"; }
out=$(diff <(figures "$tmp/c1") <(figures "$tmp/c2") 2>&1) && [ -s "$tmp/c1/cells.jsonl" ]
ok $? "twice: the same to the last digit"
out=$(python3 tests/tools/results.py folder "$tmp/c1" 2>&1 && python3 tests/tools/schema.py cells "$tmp/c1" 2>&1 &&
	python3 tests/tools/schema.py manifest "$tmp/c1" 2>&1) && grep -q '"counter": "callgrind (valgrind' "$tmp/c1/manifest.json" &&
	grep -q '"clock": {"name": "instructions"' "$tmp/c1/manifest.json"
ok $? "the folder is as docs/results.md has it"
run "$report" --no-plots "$tmp/c1"
md=$tmp/c1/report.md
[ $code = 0 ] && has 'within hypercalls alone, by callgrind' && has '| centre | map | v2 |'
ok $? "and makes a report"
# The functions of a row are its instructions.
out=$(python3 -c 'import csv, json, sys
sums = {}
for r in csv.DictReader(open(sys.argv[1] + "/functions.csv")):
    key = r["cell"], r["op"]
    sums[key] = sums.get(key, 0) + float(r["instructions"])
rows = {(c["cell"] + "#" + r["version"], r["metric"]): r["value"]
        for c in map(json.loads, open(sys.argv[1] + "/cells.jsonl")) for r in c["rows"]}
print(len(rows), sums.keys() == rows.keys() and max(abs(sums[k] - v) for k, v in rows.items()))' "$tmp/c1")
awk '{ exit !($1 >= 12 && $2 != "False" && $2 < 0.01) }' <<<"$out" && grep -q ',hv_op_unmap,' "$tmp/c1/functions.csv"
ok $? "functions.csv: whose instructions they are, all of them"
# A flush per page against one per hypercall; and a hypercall's own cost, spread over 64 pages or not.
out="$(value "$tmp/c1" 64 v1 unmap) $(value "$tmp/c1" 64 v1-batch unmap) $(value "$tmp/c1" 1 v1 map) $(value "$tmp/c1" 64 v1 map)"
awk '{ exit !($1 > $2 + 50 && $3 > $4 + 50 && $4 > 500 && $3 < 5000) }' <<<"$out"
ok $? "flushes and entries cost instructions, and as many as can be"
run scripts/hv-instructions --out="$tmp/threads" --filter='^p2m_lock/threads:2/readers:0/think:200/ranges:disjoint/cpus:8/'
[ $code = 4 ] && grep -q '"status":"skipped","reason":"instructions of several threads are not exact"' "$tmp/threads/cells.jsonl"
ok $? "two threads: skipped with the reason, 4"
code_of() { run "$@" && false || [ "$(wc -l <<<"$out")" = 1 ]; }
code_of scripts/hv-instructions --filter && [ $code = 2 ] && code_of scripts/hv-instructions --out="$tmp/c1" && [ $code = 2 ] &&
	code_of scripts/hv-instructions --filter=no.such --out="$tmp/c3" && [ $code = 2 ] && [ ! -e "$tmp/c3" ] &&
	code_of env B=no-such-build scripts/hv-instructions && [ $code = 6 ]
ok $? "bad arguments: 2, nothing built: 6, one line each"
exit $bad
