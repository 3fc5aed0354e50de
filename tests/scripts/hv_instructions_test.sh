#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What scripts/hv-instructions makes of callgrind's dumps, above all of a counting round that was dropped and made again.
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

echo 1..4
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
exit $bad
