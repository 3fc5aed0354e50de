#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# tap-timeout: 900
# The lab's machines with an IOMMU for Linux: what they refuse, how a trace becomes counts, and one boot in which the
# module's own tests run (tests/lab/iommu.c) and whose figures and counts are known. The first run downloads 125 MB.
set -u
cd "$(dirname "$0")/../.." || exit 1
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
# shellcheck source=tests/tools/tap.sh
. tests/tools/tap.sh
detail() { printf '%s\n' "exit code $code" "$out" | tail -n 30; }

run() {
	out=$("$@" 2>&1)
	code=$?
}

# refused CODE WORD NAME: with that exit code, in one line that has the word.
refused() {
	[ "$code" = "$1" ] && [ "$(wc -l <<<"$out")" = 1 ] && grep -qF -- "$2" <<<"$out"
	ok $? "$3"
}

echo 1..24
run scripts/lab boot --machine=amdvi --mode=lazy
refused 6 'it has strict passthrough only' "a mode that a machine does not have: one line, exit 6"
run scripts/lab boot --machine=pv --mode=strict
refused 6 'no mode' "a mode where Linux has no IOMMU: one line, exit 6"
run scripts/lab boot --machine=vtd --mode=fast
refused 2 --mode=fast "a mode that there is not: one line, exit 2"
run scripts/lab probe --machine=vtd
refused 6 'no Xen' "what asks Xen, without one: one line, exit 6"
run scripts/lab-iommu --only=vtd-fast
refused 2 vtd-fast "lab-iommu --only of no boot: one line, exit 2"
run scripts/lab-iommu --wait=-1
refused 2 --wait=-1 "lab-iommu --wait of no time: one line, exit 2"
run scripts/lab-iommu --report --out="$tmp/none"
refused 6 'no figures' "lab-iommu --report of nothing: one line, exit 6"
run scripts/lab-iommu --list
[ $code = 0 ] && [ "$(wc -l <<<"$out")" = 10 ] && grep -q '^vtd-lazy  *vtd  *lazy$' <<<"$out" && ! grep -q amdvi-lazy <<<"$out"
ok $? "lab-iommu --list: ten boots, and no lazy AMD-Vi"

# A trace of one row: two maps that asked for nothing, two unmaps with an invalidation and a wait each, and what came
# between.
letters() { # TEXT: as the module tells it
	local i
	for ((i = 0; i < ${#1}; i++)); do printf 'parallel_ioport_write write [SW] addr 0x04 val 0x%02x\n' "'${1:i:1}"; done
	echo 'parallel_ioport_write write [SW] addr 0x04 val 0x00'
}
mark() { printf 'parallel_ioport_write write [SW] addr 0x03 val 0x%02x\n' "'$1"; }
CELL=dma_map/call:page/bytes:4096/calls:1
folder() { # a boot's folder, with such a trace
	rm -rf "$tmp/boot" && mkdir -p "$tmp/boot/results/20260101T000000Z-x"
	cat >"$tmp/boot/results/20260101T000000Z-x/cells.jsonl" <<-END
		{"cell":"$CELL","bench":"dma_map","status":"ok","rows":[{"metric":"map","counts":{"instructions":5},"ops_counted":2},{"metric":"unmap","counts":null,"ops_counted":2},{"metric":"unmap_p50","counts":null,"ops_counted":1},{"metric":"left","counts":null,"ops_counted":0}]}
		{"cell":"dma_map/other","bench":"dma_map","status":"skipped","rows":[]}
	END
	{
		echo vtd_inv_desc_iotlb_pages of nobody
		letters $CELL
		for _ in 1 2; do
			mark m
			mark u
			echo "vtd_inv_desc_iotlb_pages iotlb invalidate domain 0x1 addr 0xfffff000 mask 0x0"
			echo "vtd_inv_desc_wait_sw wait"
			mark e
			echo "vtd_inv_desc_wait_sw wait of nobody"
		done
	} >"$tmp/boot/trace"
}
folder
run scripts/lab_trace.py "$tmp/boot" vtd
out+=$(cat "$tmp/boot/traced" "$tmp"/boot/results/*/cells.jsonl)
python3 - "$tmp"/boot/results/*/cells.jsonl <<'PY' && [ $code = 0 ] && [ ! -e "$tmp/boot/trace" ] && grep -q " unmap phases=2 invalidations=2 .*waits=2" "$tmp/boot/traced"
import json, sys
rows = {r["metric"]: r for r in json.loads(open(sys.argv[1]).readline())["rows"]}
zero = {"domain_invalidations": 0, "global_invalidations": 0, "doorbells": 0}
assert rows["map"]["counts"] == {"instructions": 5, "invalidations": 0, "waits": 0, **zero}, rows
for m in ("unmap", "unmap_p50"):
    assert rows[m]["counts"] == {"invalidations": 1, "waits": 1, **zero} and rows[m]["counts_from"] == "trace", rows
    assert rows[m]["traced"] == {"operations": 2, "invalidations": 2, "waits": 2, **zero}, rows
assert rows["left"]["counts"] is None and "traced" not in rows["left"], rows
PY
ok $? "what lies between marks is counted, per operation, and nothing else"
folder && sed -i 's/val 0x6d/val 0x7a/' "$tmp/boot/trace"
run scripts/lab_trace.py "$tmp/boot" vtd
refused 1 0x7a "a mark that there is not: one line, exit 1"
folder && sed -i '0,/"ops_counted":2/s//"ops_counted":3/' "$tmp"/boot/results/*/cells.jsonl
run scripts/lab_trace.py "$tmp/boot" vtd
refused 1 'marks were seen of 2' "other operations than were counted: one line, exit 1"
folder && sed -i 's/addr 0x04 val 0x64/addr 0x04 val 0x65/' "$tmp/boot/trace"
run scripts/lab_trace.py "$tmp/boot" vtd
refused 1 'marks were seen of none' "marks of another cell: one line, exit 1"
folder
run scripts/lab_trace.py "$tmp/boot" vtd --keep
[ $code = 0 ] && [ -s "$tmp/boot/trace" ]
ok $? "--keep: the trace stays"
run scripts/lab_trace.py "$tmp/boot" smmu
refused 2 smmu "a unit that there is not: one line, exit 2"

run scripts/lab fetch --machine=vtd
ok $code "kernel and headers are there"
dir=$tmp/vtd
run scripts/lab boot --machine=vtd --job=check --out="$dir" --timeout=300 -- --target=linux --launches=0 \
	'--filter=^(dma_map/call:(page/bytes:4096/calls:1$|list/bytes:4096/calls:64|fast/bytes:4096/calls:64|part/bytes:4096/calls:1$)|vfio_map/bytes:4096/memory:small)'
ok $code "a boot of Linux behind a VT-d"
echo "# $(cat "$dir/took")"
out=$(cat "$dir/probe")
! grep -q '^not ok\|BUG\|WARNING\|Oops\|Call Trace' "$dir/probe" && [ "$(grep -c '^ok' "$dir/probe")" -ge 40 ]
ok $? "the module refuses what it has to, does what it says, and processes that are killed leave nothing"
grep '^ok.*ioctls' "$dir/probe" | sed 's/^/# /'

# Of each row of the boot: cell, metric, figure, whole numbers of what was traced.
figures() {
	python3 - "$dir"/results/2*/ <<'PY'
import json, sys
m = json.load(open(sys.argv[1] + "manifest.json"))
facts, meta = m["environment"]["before"]["target_facts"], m["meta"]
assert m["status"] == "complete" and m["target"] == "linux" and m["clock"]["name"] == "instructions", m
assert facts["unit"] == "dmar0" and facts["domain"] == "DMA" and facts["device"] == "0000:00:03.0", facts
assert facts["vfio_device"] == "0000:00:04.0" and meta["machine"] == "vtd" and meta["mode"] == "strict", (facts, meta)
print("kernel", facts["kernel"])
for line in open(sys.argv[1] + "cells.jsonl"):
    c = json.loads(line)
    assert c["status"] == "ok", c
    for r in c["rows"]:
        t = r.get("traced") or {}
        print(c["cell"], r["metric"], "%.0f" % r["value"], *("%s=%d" % x for x in t.items()))
PY
}
run figures
all=$out
ok $code "results have what they are of"
# near FROM TO PATTERN: is the figure of the row within?
near() { awk -v p="$3" -v a="$1" -v b="$2" '$1 " " $2 == p { n = 1; if ($3 < a || $3 > b) exit 1 } END { exit !n }' <<<"$all"; }
out=$all
if grep -q '^kernel 6\.12\.117' <<<"$all"; then
	near 780 812 "$CELL map_p50" && near 1590 1656 "$CELL unmap_p50"
	ok $? "a map and an unmap of 4 KiB are within 2 % of 796 and 1623 instructions"
else
	echo "# another kernel: only plausibility is checked"
	near 400 1600 "$CELL map_p50" && near 800 3200 "$CELL unmap_p50"
	ok $? "a map and an unmap of 4 KiB are plausible for a kernel that is not known"
fi
NONE=domain_invalidations=0\ global_invalidations=0
grep -q "^$CELL map [0-9]* operations=1024 invalidations=0 $NONE waits=0 doorbells=0$" <<<"$all"
ok $? "1024 maps asked the unit for nothing"
grep -q "^$CELL unmap [0-9]* operations=1024 invalidations=1024 $NONE waits=1024 doorbells=1024$" <<<"$all"
ok $? "1024 unmaps had an invalidation, a wait and a doorbell each"
grep -q "^dma_map/call:list/bytes:4096/calls:64 unmap [0-9]* operations=16 invalidations=16 $NONE waits=16 " <<<"$all"
ok $? "a list of 64 has one"
grep -q "^dma_map/call:fast/bytes:4096/calls:64 unmap [0-9]* operations=1024 invalidations=16 $NONE waits=16 " <<<"$all"
ok $? "64 unmaps that are synced at once have one"
grep -q "^dma_map/call:part/bytes:4096/calls:1 taken 2097152$" <<<"$all" && grep -q "^vfio_map/.* map [0-9]* operations=64" <<<"$all"
ok $? "an unmap of a part takes 2 MiB, and VFIO's maps were counted"
exit $bad
