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
# shellcheck source=tests/tools/counted.sh
. tests/tools/counted.sh

# A PV guest's arguments take no references: all there are, are of pages.
for pages in 1 8 64 256 512; do
	cell pv_iommu mapper=pv pages=$pages calls=one contexts=16 entries=4K
	for op in map unmap; do
		is $op iotlb_invs 1/$pages "$pages pages, $op: one invalidation"
		is $op iotlb_waits 1/$pages "one wait"
		is $op context_gets 1/$pages "a reference on the context"
	done
	is map page_gets 1 "and one on each page"
	is unmap page_puts 1 "which go"
done
cell pv_iommu mapper=pv pages=64 calls=each contexts=16 entries=4K
is map iotlb_invs 1 "by a call for each page there is one for each"
is unmap context_gets 1 "and a reference on the context as well"
cell pv_iommu mapper=pv pages=512 calls=one contexts=16 entries=2M
is map entries_written 1/512 "2 MiB are one entry (not in the proposal)"
is map page_gets 1 "with a reference on each frame"
is unmap iotlb_invs 1/512 "and one invalidation"
# 12 of them find a translated guest's arguments, in and out.
cell pv_iommu mapper=translated pages=512 calls=one contexts=16 entries=4K
is map p2m_lookups 1+12/512 "a translated guest's pages are looked up one by one"
cell pv_iommu mapper=translated pages=512 calls=one contexts=16 entries=2M
is map p2m_lookups 1/512+12/512 "or all at once"
for contexts in 1 128; do
	cell pv_iommu mapper=pv pages=8 calls=one contexts=$contexts entries=4K
	is map spin_locks 3+4/8 "with $contexts contexts a page takes the same locks"
	is free_context context_invs 1 "a device that goes back is invalidated once"
	is reattach context_invs 1 "and so it is when it comes"
done
echo "1..$n"
exit $bad
