#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# tap-timeout: 150
# What scripts/hv-instructions makes of callgrind's dumps, above all of a counting round that was dropped and made again;
# that figures do not depend on how many processes count; and the instructions of a run that was made before.
set -u
cd "$(dirname "$0")/../.." || exit 1
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
# shellcheck source=tests/tools/tap.sh
. tests/tools/tap.sh

# dump NUMBER NAME INSTRUCTIONS: all but one of f, whose name only the first dump has; one of g, which f calls.
dump() {
	printf 'desc: Trigger: Client Request: %s\n\nfl=(1)\nfn=(1)%s\n10 %s\ncfn=(2)%s\ncalls=4 20\n+3 77\n+1 1\n\nfn=(2)\n20 1\n\ntotals: %s\n' \
		"$2" "$([ "$1" != 1 ] || echo ' f.isra.0')" "$(($3 - 2))" "$([ "$1" != 1 ] || echo ' g')" "$3" >"$tmp/dump.$1"
}

# The sum of one cell, version and metric, and whose it is.
sum() {
	python3 - "$tmp" "$@" <<-'PY'
		import importlib.machinery, importlib.util, sys
		sys.dont_write_bytecode = True
		sys.path.insert(0, "scripts")
		loader = importlib.machinery.SourceFileLoader("hv_instructions", "scripts/hv-instructions")
		m = importlib.util.module_from_spec(importlib.util.spec_from_loader("hv_instructions", loader))
		loader.exec_module(m)
		cost = m.dumps(sys.argv[1])[tuple(sys.argv[2:])]
		print(sum(cost.values()), *("%s=%d" % x for x in sorted(cost.items())))
	PY
}

dump 1 "a/b:1 v1 op" 100
dump 2 "a/b:1 v1 op" 20
dump 10 "a/b:1 v1 op" 3
dump 3 "a/b:1 v2 op" 7
out=$(sum a/b:1 v1 op)
[ "$out" = "123 f=120 g=3" ]
ok $? "spans add up, and what a function calls is not its own"
# In the order of their numbers, not of their names.
dump 9 "a/b:1 v1 -" 0
out=$(sum a/b:1 v1 op)
[ "$out" = "3 f=2 g=1" ]
ok $? "what was dumped of a round that was dropped does not count"
out=$(sum a/b:1 v2 op)
[ "$out" = "7 f=6 g=1" ]
ok $? "nor does that touch another version"
printf 'desc: Trigger: Program termination\nfn=(1)\n1 5\ntotals: 5\n' >"$tmp/dump.11"
out=$(sum a/b:1 v1 op)
[ "$out" = "3 f=2 g=1" ]
ok $? "a dump without a name is nobody's"

B=${B:-build}
run() {
	out=$("$@" 2>&1)
	code=$?
}
run "$B/grantbench" --quiet --no-progress --allow-untrusted --launches=0 --budget=0.5 --out="$tmp/run" --filter='^map_unmap/' \
	--set=batch=64 --set=mapper=pv,translated --versions=v1,v1-batch
[ -s "$tmp/run/cells.jsonl" ] && python3 - "$tmp/run" <<-'PY'
	import json, sys
	assert json.load(open(sys.argv[1] + "/manifest.json"))["selection"] == [
	    "--set=batch=64", "--set=mapper=pv,translated", "--versions=v1,v1-batch", "--filter=^map_unmap/"]
PY
ok $? "a run says what chose its cells"

# What is missing here does not lose the run: the reason is in its folder, and in the report.
run env PATH="$tmp" "$(python3 -c 'import sys; print(sys.executable)')" scripts/hv-instructions --of="$tmp/run"
[ $code = 6 ] && [ "$(wc -l <<<"$out")" = 1 ] && [ "$(cat "$tmp/run/instructions/reason.txt")" = "${out#*: }" ]
ok $? "without valgrind: 6, a line, and the reason stays"
run "$B/grantbench-report" --no-plots "$tmp/run"
[ $code = 0 ] && grep -q "Instructions were not counted: valgrind is not installed" "$tmp/run/report.md"
ok $? "the report says that instructions were not counted, and why"
for bad_of in --of="$tmp/absent" --of="$tmp"; do
	run scripts/hv-instructions "$bad_of"
	[ $code = 2 ] && [ "$(wc -l <<<"$out")" = 1 ] && [[ $out == *"no results folder"* ]]
	ok $? "--of what is no run: 2, one line"
done
run scripts/hv-instructions --of="$tmp/run" --filter=x
[ $code = 2 ] && [[ $out == *"leave out --filter=x"* ]]
ok $? "--of with a selection of its own: 2"
cp -r "$tmp/run" "$tmp/xen" && sed -i 's/"target": *"hv"/"target": "xen"/' "$tmp/xen/manifest.json"
run scripts/hv-instructions --of="$tmp/xen"
[ $code = 2 ] && [[ $out == *"no run of times on target hv"* ]]
ok $? "--of a run of another target: 2"
cp -r "$tmp/run" "$tmp/older" && sed -i 's/"selection"/"before"/' "$tmp/older/manifest.json"
run scripts/hv-instructions --of="$tmp/older"
[ $code = 2 ] && [[ $out == *"older grantbench"* ]]
ok $? "--of a run that does not say what chose its cells: 2"

if ! command -v valgrind >/dev/null; then
	for t in "the cells of a run" "in the report" "one process or three"; do
		n=$((n + 1))
		echo "ok $n - $t # SKIP valgrind is not installed"
	done
	echo "1..$n"
	exit $bad
fi
run env GRANTBENCH_FILTER=^copy/ GRANTBENCH_OUT="$tmp/elsewhere" scripts/hv-instructions --of="$tmp/run"
[ $code = 0 ] && [ ! -e "$tmp/elsewhere" ] && [ ! -e "$tmp/run/instructions/reason.txt" ] && out=$(python3 - "$tmp/run" <<-'PY' 2>&1
	import json, sys
	def cells(at):
	    return [json.loads(x) for x in open(at + "/cells.jsonl")]
	run, exact = cells(sys.argv[1]), cells(sys.argv[1] + "/instructions")
	assert [c["cell"] for c in run] == [c["cell"] for c in exact] and len(run) == 2
	rows = [[(r["version"], r["metric"]) for c in x for r in c["rows"]] for x in (run, exact)]
	assert rows[0] == rows[1], rows
	m = [json.load(open(x + "/manifest.json")) for x in (sys.argv[1], sys.argv[1] + "/instructions")]
	assert m[0]["plan"] == m[1]["plan"]
PY
)
ok $? "the cells of a run, whatever the environment chooses; the reason of before is gone"
run "$B/grantbench-report" --no-plots "$tmp/run"
[ $code = 0 ] && grep -q "of instructions [0-9.]*, exactly" "$tmp/run/report.md" &&
	grep -q "flushes 0.015625 instead of 0.03125" "$tmp/run/report.md" && ! grep -q "not counted" "$tmp/run/report.md"
ok $? "the report has the exact ratio in its first sentences, and the flushes that differ"

# A cell's figures do not depend on what its process counted before: each third cell, or all of them.
figures() { sed -E 's/"seconds":[^,]*//' "$1/cells.jsonl"; }
run scripts/hv-instructions --filter='^iotlb_flush/pages:(1|8|64)/' --jobs=1 --out="$tmp/one" && [ $code = 0 ] &&
	run scripts/hv-instructions --filter='^iotlb_flush/pages:(1|8|64)/' --jobs=3 --out="$tmp/three" && [ $code = 0 ] &&
	out=$(diff <(figures "$tmp/one") <(figures "$tmp/three") 2>&1) && [ "$(figures "$tmp/one" | wc -l)" = 9 ]
ok $? "one process or three: the same to the last digit, in the same order"
echo "1..$n"
exit $bad
