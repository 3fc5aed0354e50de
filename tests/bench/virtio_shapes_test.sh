#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Counts of virtio_iommu's cells beside those of Linux 6.12's own driver on an emulated virtio-iommu, and their order by policy;
# and the windows that a policy leaves.
set -u
cd "$(dirname "$0")/../.." || exit 1
B=${B:-build}
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
# shellcheck source=tests/tools/tap.sh
. tests/tools/tap.sh

# cell NAME KEY=VALUE...: one cell is counted, into $tmp/NAME. On a machine that is busy no round may be usable, and then nothing
# is counted: once more.
cell() {
	local name=$1 set=()
	for key in "${@:2}"; do set+=("--set=virtio_iommu.$key"); done
	for _ in 1 2 3 4 5; do
		rm -rf "$tmp/out"
		"$B/grantbench" --quiet --filter='^virtio_iommu/' --launches=0 --budget=0.1 --repetitions=1 --pin=none \
			--versions=v1 --allow-untrusted --target=hv --out="$tmp/out" "${set[@]}" >"$tmp/said" 2>&1
		cp "$tmp/out/cells.jsonl" "$tmp/$name" 2>/dev/null || : >"$tmp/$name"
		! grep -q 'no round of [0-9]* was usable' "$tmp/$name" && break
	done
}

# is EXPRESSION WORDS: of figures n("NAME", "METRIC", "COUNT") and x("NAME", "METRIC"), the last of exact metrics.
is() {
	out=$(python3 - "$tmp" "$1" <<-'PY'
		import json, sys
		tmp, want = sys.argv[1:]
		def row(name, metric):
		    cells = [json.loads(line) for line in open(tmp + "/" + name, encoding="utf-8")]
		    found = [r for c in cells for r in c["rows"] if r["metric"] == metric]
		    return found[0]
		def n(name, metric, count):
		    v = row(name, metric)["counts"][count]
		    print("%s %s %s: %g" % (name, metric, count, v))
		    return v
		def x(name, metric):
		    v = row(name, metric)["value"]
		    print("%s %s: %g" % (name, metric, v))
		    return v
		def pair(name, count):
		    return n(name, "map", count) + n(name, "unmap", count)
		sys.exit(not eval(want))
	PY
	)
	ok $? "$2"
}

cell strict policy=strict
is 'n("strict", "map", "vq_kicks") == 1 and n("strict", "unmap", "vq_kicks") == 1' "a strict pair: 2 kicks (Linux: 2)"
is 'n("strict", "map", "vq_requests") == 1 and n("strict", "unmap", "vq_requests") == 1 and pair("strict", "vq_desc_reads") == 4' \
	"of a request each, of two descriptors"
is 'n("strict", "map", "iotlb_invs") == 0 and n("strict", "unmap", "iotlb_invs") == 1' "with one invalidation"
is 'pair("strict", "exits") == 2 and pair("strict", "vq_completions") == 2 and pair("strict", "vq_notifications") == 0' \
	"a kick is an exit, and nobody is interrupted"
is 'x("strict", "window") == 0 and x("strict", "exposed") == 0' "and no window"
is 'n("strict", "attach", "vq_kicks") == 1 and n("strict", "detach", "vq_kicks") == 1' "attach and detach: a kick each"

cell lazy policy=lazy
is 'n("lazy", "map", "vq_kicks") == 1 and 0 < n("lazy", "unmap", "vq_kicks") < 0.01' "a lazy pair: about one kick (Linux: 1.01)"
is 'n("lazy", "unmap", "vq_kicks") == 2 / 512' "the queue of 256 is full after 255, and is paid at the next"
cell lazy64 policy=lazy queue=64
is 'n("lazy64", "unmap", "vq_kicks") == 2 / 128' "one of 64 after 63"
is '0 < x("lazy", "window") <= 10000 and x("lazy", "exposed") > 0' "its window is no longer than its timer"

cell sg entries=64
is 'n("sg", "map", "vq_maps") == 64 and n("sg", "unmap", "vq_unmaps") == 1' \
	"a scatter list of 64: 64 MAPs and an UNMAP (Linux: 64 and 1)"
is 'pair("sg", "vq_kicks") == 2 and n("sg", "unmap", "iotlb_invs") == 1' "by two kicks (Linux: 2), with one invalidation"
cell sglazy entries=64 policy=lazy queue=64
is 'n("sglazy", "map", "vq_kicks") == 1 and n("sglazy", "unmap", "vq_kicks") < 0.02' "lazily by one (Linux: 1)"
cell each calls=each entries=64
is 'n("each", "map", "vq_kicks") == 64 and n("each", "unmap", "vq_kicks") == 64' \
	"64 pages, each for itself: 64 and 64 kicks (Linux: 64 and 64)"
cell fast calls=fast entries=64
is 'n("fast", "unmap", "vq_unmaps") == 64 and n("fast", "unmap", "vq_kicks") == 1' \
	"64 unmaps and a synchronisation: 64 UNMAPs, a kick (Linux: 64 and 1)"
is 'n("fast", "unmap", "iotlb_invs") == 64' "answered one by one: 64 invalidations"
cell batch calls=fast entries=64 completion=batch
is 'n("batch", "unmap", "iotlb_invs") == 1 and n("batch", "unmap", "vq_completions") == 1' "answered at once: one of them"
cell large calls=sg entries=256
is 'n("large", "map", "vq_kicks") == 2' "256 requests of two descriptors do not fit in a ring of 256: two kicks"

# The order that was published: strict, then lazy and strict with sync_map, then lazy with sync_map.
cell strict_each entries=8 sync=each
cell strict_map entries=8
cell lazy_each entries=8 sync=each policy=lazy queue=64
cell lazy_map entries=8 policy=lazy queue=64
is 'pair("strict_each", "vq_kicks") > pair("lazy_each", "vq_kicks") > pair("lazy_map", "vq_kicks")' "kicks by policy are in order"
is 'pair("strict_each", "vq_kicks") > pair("strict_map", "vq_kicks") > pair("lazy_map", "vq_kicks")' "with sync_map, too"

cell relaxed policy=relaxed
is 'pair("relaxed", "vq_kicks") < 1 and 0 < x("relaxed", "window") <= 10000' "relaxed (draft): fewer kicks, and a window"
cell device policy=relaxed_device
is 'n("device", "map", "vq_kicks") == 1 and n("device", "unmap", "vq_kicks") == 0 and n("device", "map", "iotlb_invs") == 0' \
	"squashed by the device (draft): a kick and no invalidation"
cell refused policy=lazy calls=each
out=$(cat "$tmp/said")
grep -q '"status":"skipped"' "$tmp/refused"
ok $? "a policy that there is not is not measured"
echo "1..$n"
exit $bad
