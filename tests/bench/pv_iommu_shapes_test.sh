#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Counts of pv_iommu's cells have the shape of the proposal: one invalidation and wait a call, a reference for each page and
# one for the context.
set -u
cd "$(dirname "$0")/../.." || exit 1
B=${B:-build}
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
# shellcheck source=tests/tools/tap.sh
. tests/tools/tap.sh

# cell KEY=VALUE...: one cell is counted, into $tmp/cells.
cell() {
	local set=()
	for key in "$@"; do set+=("--set=pv_iommu.$key"); done
	rm -rf "$tmp/out"
	"$B/grantbench" --quiet --filter="^pv_iommu/" --launches=0 --budget=0.1 --repetitions=1 --pin=none --versions=v1 \
		--allow-untrusted --target=hv --out="$tmp/out" "${set[@]}" >"$tmp/said" 2>&1
	cp "$tmp/out/cells.jsonl" "$tmp/cells"
}

# is METRIC COUNT N WORDS: the count of an operation of the last cell, a page or a call.
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

# A PV guest's arguments take no references: all there are, are of pages.
for pages in 1 8 64 256 512; do
	cell mapper=pv pages=$pages calls=one contexts=16 entries=4K
	for op in map unmap; do
		is $op iotlb_invs 1/$pages "$pages pages, $op: one invalidation"
		is $op iotlb_waits 1/$pages "one wait"
		is $op context_gets 1/$pages "a reference on the context"
	done
	is map page_gets 1 "and one on each page"
	is unmap page_puts 1 "which go"
done
cell mapper=pv pages=64 calls=each contexts=16 entries=4K
is map iotlb_invs 1 "by a call for each page there is one for each"
is unmap context_gets 1 "and a reference on the context as well"
cell mapper=pv pages=512 calls=one contexts=16 entries=2M
is map entries_written 1/512 "2 MiB are one entry (not in the proposal)"
is map page_gets 1 "with a reference on each frame"
is unmap iotlb_invs 1/512 "and one invalidation"
# 12 of them find a translated guest's arguments, in and out.
cell mapper=translated pages=512 calls=one contexts=16 entries=4K
is map p2m_lookups 1+12/512 "a translated guest's pages are looked up one by one"
cell mapper=translated pages=512 calls=one contexts=16 entries=2M
is map p2m_lookups 1/512+12/512 "or all at once"
for contexts in 1 128; do
	cell mapper=pv pages=8 calls=one contexts=$contexts entries=4K
	is map spin_locks 3+4/8 "with $contexts contexts a page takes the same locks"
	is free_context context_invs 1 "a device that goes back is invalidated once"
	is reattach context_invs 1 "and so it is when it comes"
done
echo "1..$n"
exit $bad
