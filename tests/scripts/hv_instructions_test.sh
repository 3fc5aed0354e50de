#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What scripts/hv-instructions makes of callgrind's dumps, above all of a counting round that was dropped and made again.
set -u
cd "$(dirname "$0")/../.." || exit 1
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
# shellcheck source=tests/tools/tap.sh
. tests/tools/tap.sh

# A program that has hv-instructions as m.
with_m() {
	{
		cat <<-'PY'
			import importlib.machinery, importlib.util, sys
			sys.dont_write_bytecode = True
			sys.path.insert(0, "scripts")
			loader = importlib.machinery.SourceFileLoader("hv_instructions", "scripts/hv-instructions")
			m = importlib.util.module_from_spec(importlib.util.spec_from_loader("hv_instructions", loader))
			loader.exec_module(m)
		PY
		cat
	} | python3 - "$@"
}

# dump NUMBER NAME INSTRUCTIONS
dump() {
	printf 'desc: Trigger: Client Request: %s\ntotals: %s\n' "$2" "$3" >"$tmp/dump.$1"
}

# The sum of one cell, version and metric.
sum() {
	with_m "$tmp" "$@" <<<'print(m.dumps(sys.argv[1])[tuple(sys.argv[2:])])'
}

# main() with a run of a cell, but for its THREADS: without a count of it.
uncounted() {
	with_m "$1" <<-'PY'
		m.programs = lambda: "build/grantbench"
		m.measure = lambda *_: ("", [{"cell": "a/b:1", "status": "ok", "params": {"threads": sys.argv[1]}, "rows": []}], {})
		m.rewrite = m.place = lambda *_: ""
		print(m.checked([]))
	PY
}

echo 1..6
dump 1 "a/b:1 v1 op" 100
dump 2 "a/b:1 v1 op" 20
dump 10 "a/b:1 v1 op" 3
dump 3 "a/b:1 v2 op" 7
out=$(sum a/b:1 v1 op)
[ "$out" = 123 ]
ok $? "spans add up"
# In the order of their numbers, not of their names.
dump 9 "a/b:1 v1 -" 0
out=$(sum a/b:1 v1 op)
[ "$out" = 3 ]
ok $? "what was dumped of a round that was dropped does not count"
out=$(sum a/b:1 v2 op)
[ "$out" = 7 ]
ok $? "nor does that touch another version"
printf 'desc: Trigger: Program termination\ntotals: 5\n' >"$tmp/dump.11"
out=$(sum a/b:1 v1 op)
[ "$out" = 3 ]
ok $? "a dump without a name is nobody's"
out=$(uncounted 1 2>&1)
[[ $out == *"callgrind counted nothing"*1 ]]
ok $? "not one dump of a cell that can be counted: an error"
out=$(uncounted 2 2>&1)
[[ $out == *4 && $out != *nothing* ]]
ok $? "not one of several threads, whose last round was dropped: skipped, as such cells are"
exit $bad
