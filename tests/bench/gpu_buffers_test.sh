#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# tap-timeout: 120
# gpu_buffers: faults, hypercalls and flushes are what chunks, backing and evictions say.
set -u
cd "$(dirname "$0")/../.." || exit 1
gb=$(realpath "${B:-build}/grantbench")
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
# shellcheck source=tests/tools/tap.sh
. tests/tools/tap.sh

# cell NAME OPTION...: into $tmp/NAME
cell() {
	local name=$1
	shift
	out=$("$gb" --quiet --allow-untrusted --launches=0 --budget=0.3 --pin=none --filter='^gpu_buffers/' --versions=v1 \
		--out="$tmp/$name" "$@" 2>&1 </dev/null)
}
# has NAME PYTHON: n(metric, count) of v1 is per page, f what of 1000 pages faulted; c is the cell.
has() {
	python3 -c 'import json, sys
c = json.loads(open(sys.argv[1] + "/cells.jsonl").readline())
rows = {r["metric"]: r for r in c["rows"] if r["version"] == "v1"}
def n(metric, count):
    return rows[metric]["counts"][count]
f = rows["faults"]["value"]
near = lambda a, b: abs(a - b) < 1e-6 * max(1, abs(b))
sys.exit(not eval("(%s)" % sys.argv[2]))' "$tmp/$1" "$2"
}

echo 1..9
cell all --set buffer=1024 --set chunk=64 --set evicted=100
has all 'near(f, 1000 / 64) and near(n("pass", "exits"), 1 / 64)'
ok $? "all is evicted: each chunk is a fault and an exit"
has all 'near(n("evict", "hypercalls"), 2 / 64) and near(n("evict", "flushes"), 1 / 64) and near(n("pass", "hypercalls"), 3 / 64)'
ok $? "a chunk is two calls and a flush to evict, three calls to have again"
cell one --set buffer=128 --set chunk=1 --set evicted=100
has one 'near(f, 1000) and near(n("evict", "flushes"), 1)'
ok $? "page by page it is a fault and a flush for each"
cell file --set buffer=1024 --set chunk=64 --set evicted=100 --set backing=file
has file 'f == 0 and n("pass", "exits") == 0 and n("pass", "hypercalls") == 0 and near(n("evict", "hypercalls"), 2 / 64)'
ok $? "of a file nothing faults, and its owner calls no more often"
cell pinned --set buffer=1024 --set evicted=0
has pinned 'f == 0 and "evict" not in {r["metric"] for r in c["rows"] if r["value"] is not None and r["counts"] and r["counts"]["hypercalls"]}'
ok $? "evicted=0: nothing moves"
cell whole --set buffer=512 --set chunk=512 --set evicted=100
has whole 'near(n("lend", "entries_written") * 512, 1 + 2) or near(n("lend", "entries_written") * 512, 1)'
ok $? "2 MiB that lie right are lent by one entry"
has whole 'near(f, 1000 / 512) and n("evict", "splits") == 0'
ok $? "and evicted whole without being split"
cell small --set buffer=1 --set evicted=100
has small 'near(f, 1000)'
ok $? "a buffer that is smaller than a chunk is one"
cell odd --set buffer=100 --set chunk=64
grep -q 'a buffer is so many whole chunks' "$tmp/odd/cells.jsonl"
ok $? "half a chunk is refused, with the reason"
exit $bad
