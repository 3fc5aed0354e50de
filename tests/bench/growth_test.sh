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

# grown NAME GRANTS LEAF OPTION...: a run of one cell; what preempts it takes nothing from its exact figures.
grown() {
	out=$("$B/grantbench" --quiet --pin=none --allow-untrusted --launches=0 --repetitions=1 --budget=0.5 --results="$tmp/all" --out="$tmp/$1" \
		--set tree_growth.grants="$2" --set tree_growth.leaf="$3" "${@:4}" 2>&1)
	code=$?
}

# figure NAME VERSION METRIC: its value, or nothing.
figure() {
	python3 - "$tmp/$1" "${@:2}" <<-'PY'
		import json, sys
		folder, version, metric = sys.argv[1:]
		with open(folder + "/cells.jsonl", encoding="utf-8") as f:
		    rows = json.loads(f.readline())["rows"]
		print(*("%g" % r["value"] for r in rows if (r["version"], r["metric"]) == (version, metric)))
	PY
}

for g in 64 512 1024 32768; do
	grown $g $g 4K
	ok $code "$g grants"
done
out="$(figure 1024 v1 worst_step) $(figure 32768 v1 worst_step)"
awk '{ exit !($1 > 0 && $2 > 2 * $1) }' <<<"$out"
ok $? "a table: the worst step of a larger one does more"
grown more 32768 4K --set tree_growth.max_frames=128
out+="$(figure 32768 v2 guest_bytes) $(figure more v2 guest_bytes)"
[ "$code" = 0 ] && [ -z "$(figure 32768 v2 guest_bytes)" ] && [ -n "$(figure more v2 guest_bytes)" ]
ok $? "what its frames do not hold is left out, and with more frames it is not"
out=$(python3 -c 'import json, sys; print(*(json.loads(x)["reason"] for x in open(sys.argv[1])))' "$tmp/32768/cells.jsonl")
grep -q 'v2: .*see max_frames' <<<"$out"
ok $? "which is said"

# As long as a version with trees is compared.
if "$B/grantbench" --list | grep -q '^version v3: '; then
	grown 1048576 1048576 4K
	ok $code "1048576 grants"
	out=$(for g in 64 512 1024 32768 1048576; do figure $g v3 worst_step; done)
	[ "$(wc -l <<<"$out")" = 5 ] && [ "$(sort -u <<<"$out" | wc -l)" = 1 ]
	ok $? "a tree: the worst step is the same, however far it grows"
	out=$(figure 1048576 v3 worst_step_bytes)
	[ "$out" = 12288 ]
	ok $? "no step of a tree of three levels takes more than three pages"
	# The root is one page, whatever the size.
	out=$(figure 1048576 v3 guest_bytes)
	awk '{ exit !($1 > 2 * 1048576 && $1 - 1024 <= 2.1 * 1048576) }' <<<"$out"
	ok $? "at most 2.1 MiB of nodes for a GiB in pages of 4K"
	grown large 1048576 2M
	out=$(figure large v3 guest_bytes)
	awk '{ exit !($1 > 4096 && $1 - 1024 <= 4.1 * 1024) }' <<<"$out"
	ok $? "at most 4.1 KiB in pages of 2M"
	out="$(figure 32768 v1 mapped_bytes) $(figure 32768 v3 mapped_bytes) $(figure 32768 v3 single_bytes)"
	awk '{ exit !(NF == 3 && $2 > 4194304 && $3 > $2 && $3 < $1) }' <<<"$out"
	ok $? "the hypervisor's memory with all mapped: by 512 neighbours, page by page, and version 1's"
fi
echo "1..$n"
exit $bad
