#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# tap-timeout: 180
# large_page and revoke: what a large entry, a run and a call that takes back are to be in work counts, which are exact;
# what depends on the granter's memory; and that a row says what was allowed beyond Xen's defaults.
set -u
cd "$(dirname "$0")/../.." || exit 1
B=${B:-build}
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
# shellcheck source=tests/tools/tap.sh
. tests/tools/tap.sh

# cells NAME OPTION...: a run without times, whose counts nothing can disturb.
cells() {
	local name=$1
	shift
	out=$("$B/grantbench" --quiet --pin=none --launches=0 --counts-only --results="$tmp/all" --out="$tmp/$name" "$@" 2>&1)
	code=$?
}

# work NAME VERSION METRIC EXPRESSION...: of the counts of its only cell, per operation, rounded to whole ones.
work() {
	python3 - "$tmp/$1" "${@:2}" <<-'PY'
		import json, sys
		folder, version, metric, *wanted = sys.argv[1:]
		rows = [r for line in open(folder + "/cells.jsonl", encoding="utf-8") for r in json.loads(line)["rows"]]
		got = [r["counts"] for r in rows if (r["version"], r["metric"]) == (version, metric)]
		print(*("%g" % round(eval(w, dict(got[0])), 3) for w in wanted) if len(got) == 1 else ["%d rows" % len(got)])
	PY
}

is() { # NAME WANTED GOT
	out="want: $2"$'\n'"got:  $3"
	[ "$2" = "$3" ]
	ok $? "$1"
}

# Entries, flushes, and references that stay: 512 of each page of 4 KiB, whatever maps them.
taken=(entries_written flushes "page_gets - page_puts")
family=(--filter=^large_page/ --versions=v1,v3)
for memory in aligned shattered misaligned scattered; do
	for entries in leaf run small; do
		cells "$memory-$entries" "${family[@]}" --set "entries=$entries" --set "memory=$memory"
		ok $code "$memory memory, $entries: the effect is the right one"
		large=1
		[[ "$memory $entries" = misaligned* || "$memory $entries" = scattered* || $entries = small ]] && large=512
		is "and one hypercall maps it by $large" "$large 0 512" "$(work "$memory-$entries" v3 map "${taken[@]}")"
		is "and unmaps it with one flush" "$large 1 -512" "$(work "$memory-$entries" v3 unmap "${taken[@]}")"
	done
done
is "version 1: 512 entries, a flush each" "512 512 -512" "$(work aligned-leaf v1 unmap "${taken[@]}")"
# Besides what was mapped a revoke gives back the nodes of the tree that walks remembered.
cells one "${family[@]}" --set take=one
is "one page taken back takes all of a large entry" "1 1 -513" "$(work one v3 take_one "${taken[@]}")"
[ "$(work one v1 map splits)" = "0 rows" ]
ok $? "which version 1 cannot, and is not there"
cells small "${family[@]}" --set take=one --set entries=small
is "of small ones it takes only that" "1 1 -3" "$(work small v3 take_one "${taken[@]}")"
cells reserve "${family[@]}" --set take=reserved
is "with a reserve a large entry is split, by memory that is there" "1 1 -2 0" \
	"$(work reserve v3 take_one splits flushes "page_gets - page_puts" bytes_allocated)"
is "511 are left, and then one again" "511 1" "$(work reserve v3 unmap_rest entries_written) $(work reserve v3 map_again entries_written)"

# A call of 512 pages is one region: one flush, an entry and a reference for each mapping of a page.
family=(--filter=^revoke/ --set pages=512)
each=("512 * flushes" entries_written "512 * (page_gets - page_puts)" bytes_allocated)
for maps in 1 8 127; do
	cells "maps$maps" "${family[@]}" --set "maps=$maps" --versions=v3
	is "$maps mappings of 512 pages taken back" "1 $maps $((-512 * maps - 1)) 0" "$(work "maps$maps" v3 revoke "${each[@]}")"
done
cells more "${family[@]}" --set maps=128 --versions=v3
[ $code = 4 ] && grep -q 'more mappings of a page than may be taken back' "$tmp/more/cells.jsonl"
ok $? "128 are more than a tree allows"
cells kept "${family[@]}" --set outcome=kept
is "what a mapper keeps costs no flush" "0 0" "$(work kept v3 revoke flushes entries_written)"
cells both "${family[@]}" --set order=9
is "a 2M entry is one" "1 1" "$(work both v3 revoke '512 * flushes' '512 * entries_written')"
is "and by version 1 with revoke 512" "1 512" "$(work both v1-revoke revoke '512 * flushes' '512 * entries_written')"
out=$(grep -o 'v1, v2: not supported: a granter cannot take back what is mapped' "$tmp/both/cells.jsonl")
ok $? "versions 1 and 2 say that they cannot"
cells pv "${family[@]}" --set outcome=hole,sink --set mapper=pv --set iommu=none,strict
ok $code "PV mappers, with a device and without"
cells device "${family[@]}" --set outcome=hole,sink,kept --set iommu=none,shared,strict --set order=0,9
ok $code "devices of translated mappers"

# limits FAMILY VERSION
limits() {
	python3 -c 'import json, sys
print(*sorted({str(r["limits"]) for line in open(sys.argv[1]) for r in json.loads(line)["rows"] if r["version"] == sys.argv[2]}))' \
		"$tmp/$1/cells.jsonl" "$2"
}
cells frames --filter=^table_growth/ --set frames=64 --versions=v1
is "64 grant frames are Xen's default" None "$(limits frames v1)"
cells more_frames --filter=^table_growth/ --set frames=65 --versions=v1
is "65 are more" "65 grant frames, 64 by default" "$(limits more_frames v1)"
out=$("$B/grantbench-report" --no-plots "$tmp/more_frames" 2>&1) && grep -q '65 grant frames, 64 by default' "$tmp/more_frames/report.md" &&
	grep -q '65 grant frames, 64 by default' "$tmp/more_frames/report.html"
ok $? "and the report says so"
echo "1..$n"
exit $bad
