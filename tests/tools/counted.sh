# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154
# Sourced by tests of a family's counts, behind tap.sh: B and tmp are set.

# cell FAMILY KEY=VALUE...: one cell is counted, into $tmp/cells.
cell() {
	local family=$1 set=()
	for key in "${@:2}"; do set+=("--set=$family.$key"); done
	rm -rf "$tmp/out"
	"$B/grantbench" --quiet --filter="^$family/" --launches=0 --counts-only --pin=none --versions=v1 --target=hv \
		--out="$tmp/out" "${set[@]}" >"$tmp/said" 2>&1
	cp "$tmp/out/cells.jsonl" "$tmp/cells"
}

# is METRIC COUNT N WORDS: the count of an operation of the last cell.
is() {
	out=$(python3 - "$tmp/cells" "$1" "$2" "$3" <<-'PY'
		import json, sys
		at, metric, count, want = sys.argv[1:]
		cells = [json.loads(line) for line in open(at, encoding="utf-8")]
		found = [r["counts"][count] for c in cells for r in c["rows"] if r["metric"] == metric and r["counts"]]
		print("%s %s: %s, not %s" % (metric, count, found, want))
		sys.exit(not found or any(abs(n - eval(want)) > 1e-9 for n in found))
	PY
	)
	ok $? "$4"
}
