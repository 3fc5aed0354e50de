#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# scripts/iotlb-costs: break-even points of exact counts and given times, and the counts of iotlb_queue themselves.
set -u
cd "$(dirname "$0")/../.." || exit 1
B=${B:-build}
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
# shellcheck source=tests/tools/tap.sh
. tests/tools/tap.sh

# Windows are figures of measured rounds: a short run, whose times are not looked at.
counted() { $B/grantbench --target=hv --quick --budget=3 --launches=0 --pin=none --allow-untrusted --quiet --results="$tmp/r" "$@"; }
costs() { scripts/iotlb-costs "$@" >"$tmp/out" 2>&1; }

counted --filter='^iotlb_queue/' --set threads=1 --set mapper=translated --set shape=even,unaligned,mixed \
	--set queue=0,1,2,16 --set pages=8 >"$tmp/log" 2>&1
ok $? "ranges of 8 pages: every policy and shape"
costs --page=100 --range=150 --domain=900 --wait=50 "$tmp/r/latest"
ok $? "costs of that run"
has() { grep -Eq -- "$1" "$tmp/out" || { out=$(cat "$tmp/out"); false; }; }
has '/queue:0/pages:8/shape:even/.* 8 +8 +1200 +0 +0$'
ok $? "strict: an invalidation and a wait for each page, and nothing stays in reach"
has '/queue:0/pages:8/shape:mixed/.* 3.75 +3.75 +562.5 +0 +0$'
ok $? "mixed ranges: of 8, 4, 2 and 1 pages"
has '/queue:1/pages:8/shape:unaligned/.* 1 +1 +200 +0 +0$'
ok $? "per call: one for the range, aligned or not"
has '/queue:16/pages:8/shape:even/.* 0.0625 +0.0625 +59.375 +16 +524288$'
ok $? "deferred: one for 16 ranges, which leaves 16 unmaps and 512 KiB"
has 'shape:even/threads:1: deferred is cheaper than per call above 4.75 waiting ranges; in this run from 16 on, which leaves 524288 bytes in reach for up to 16 unmaps'
ok $? "break-even of deferring: (900 + 50) / (150 + 50)"

counted --filter='^iotlb_flush/' --set scope=page,range,domain --set pages=1,8,64 --set order=0 --set iommu=strict \
	--set mapper=translated >"$tmp/log" 2>&1
costs --page=100 --range=150 --domain=900 "$tmp/r/latest"
has 'range is cheaper than page above 1.5 pages .in this run from 8 on'
ok $? "break-even of a range's descriptor"
has 'domain is cheaper than page above 9 pages .in this run from 64 on'
ok $? "break-even of a domain's"
costs --page=0 "$tmp/r/latest"
ok $? "a device that needs no time"

costs "$tmp/r/latest"
[ $? = 2 ] && has 'write --page=NS'
ok $? "a time is needed"
costs --page=-1 "$tmp/r/latest"
[ $? = 2 ] && has 'nanoseconds from 0'
ok $? "no time below 0"
costs --page=nan "$tmp/r/latest"
[ $? = 2 ]
ok $? "nor one that is no number"
costs --page=1 "$tmp/none"
[ $? = 2 ] && has 'no run to read'
ok $? "no such run"
counted --filter='^table_growth/frames:16' >"$tmp/log" 2>&1
costs --page=1 "$tmp/r/latest"
[ $? = 4 ] && has 'no cells of iotlb_flush'
ok $? "a run without such cells"

for value in queue=4097 pages=0 pages=262145 pages=9223372036854775807 order=3 threads=0 threads=65; do
	counted --filter='^iotlb_queue/' --set mapper=pv --set shape=even,mixed --set $value >"$tmp/log" 2>&1
	code=$?
	[ $code = 4 ] || [ $code = 2 ]
	ok $? "iotlb_queue with $value: skipped with its reason, or refused ($code)"
done
counted --filter='^iotlb_queue/' --set pages=262144 --set queue=16 --set mapper=translated --set shape=unaligned >"$tmp/log" 2>&1
grep -q 'more tables than' "$tmp/r/latest/cells.jsonl"
ok $? "more ranges of 1G than there is memory for tables are skipped with that reason"
counted --filter='^iotlb_flush/' --set pages=262144 --set order=18 --set mapper=translated --set iommu=strict \
	--set scope=range >"$tmp/log" 2>&1
grep -q '"iotlb_flush/pages:262144.*"metric":"map".*"entries_written":1[,}]' "$tmp/r/latest/cells.jsonl"
ok $? "which are one entry"
echo "1..$n"
exit $bad
