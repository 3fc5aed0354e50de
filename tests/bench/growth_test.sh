#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# tap-timeout: 120
# A tree grows to 2^20 grants, and no step of it does more than a step of a small one; its memory for each GiB is what
# docs/grant-v3.md says. A table does more in each step, which shows that the figure can move.
set -u
cd "$(dirname "$0")/../.." || exit 1
B=${B:-build}
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
# shellcheck source=tests/tools/tap.sh
. tests/tools/tap.sh

# grown NAME OPTION...: a run; what preempts it takes nothing from its exact figures.
grown() {
	local name=$1
	shift
	out=$("$B/grantbench" --quiet --pin=none --allow-untrusted --launches=0 --repetitions=1 --budget=4 \
		--out="$tmp/$name" "$@" 2>&1)
	code=$?
}

# figure NAME GRANTS LEAF VERSION METRIC: its value, or nothing.
figure() {
	python3 - "$tmp/$1" "${@:2}" <<-'PY'
		import json, sys
		folder, grants, leaf, version, metric = sys.argv[1:]
		for line in open(folder + "/cells.jsonl", encoding="utf-8"):
		    c = json.loads(line)
		    if c["params"]["grants"] == grants and c["params"]["leaf"] == leaf:
		        print(*("%g" % r["value"] for r in c["rows"] if (r["version"], r["metric"]) == (version, metric)))
	PY
}

grown small --set tree_growth.grants=64,512,1024,32768 --set tree_growth.leaf=4K
ok $code "up to 32,768 grants"
grown large --set tree_growth.grants=1048576 --set tree_growth.leaf=4K,2M
ok $code "1,048,576 grants"
out=$(for g in 64 512 1024 32768; do figure small $g 4K v3 worst_step; done; figure large 1048576 4K v3 worst_step)
[ "$(wc -l <<<"$out")" = 5 ] && [ "$(sort -u <<<"$out" | wc -l)" = 1 ]
ok $? "a tree: the worst step is the same, however far it grows"
out="$(figure small 1024 4K v1 worst_step) $(figure small 32768 4K v1 worst_step)"
awk '{ exit !($1 > 0 && $2 > 2 * $1) }' <<<"$out"
ok $? "a table: it is not"
out=$(figure large 1048576 4K v3 worst_step_bytes)
[ "$out" = 12288 ]
ok $? "no step of a tree of three levels takes more than three pages"
# The root is one page, whatever the size.
out=$(figure large 1048576 4K v3 guest_bytes)
awk '{ exit !($1 > 2 * 1048576 && $1 - 1024 <= 2.1 * 1048576) }' <<<"$out"
ok $? "at most 2.1 MiB of nodes for a GiB in pages of 4K"
out=$(figure large 1048576 2M v3 guest_bytes)
awk '{ exit !($1 > 4096 && $1 - 1024 <= 4.1 * 1024) }' <<<"$out"
ok $? "at most 4.1 KiB in pages of 2M"
out="$(figure small 32768 4K v1 mapped_bytes) $(figure small 32768 4K v3 mapped_bytes) $(figure small 32768 4K v3 single_bytes)"
awk '{ exit !(NF == 3 && $2 > 4194304 && $3 > $2 && $3 < $1) }' <<<"$out"
ok $? "the hypervisor's memory with all mapped: by 512 neighbours, page by page, and version 1's"
out=$(python3 -c 'import json, sys; print(*(json.loads(x)["reason"] for x in open(sys.argv[1])))' "$tmp/large/cells.jsonl")
grep -q 'v1, v2: .*see max_frames' <<<"$out" && grep -q 'a page of 4 KiB' <<<"$out"
ok $? "what a table does not hold is said"
grown more --set tree_growth.grants=32768 --set tree_growth.max_frames=128 --set tree_growth.leaf=4K
out+=$(figure more 32768 4K v2 guest_bytes)
[ "$code" = 0 ] && [ -n "$(figure more 32768 4K v2 guest_bytes)" ]
ok $? "with more frames it holds more"
echo "1..$n"
exit $bad
