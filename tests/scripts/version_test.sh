#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# tap-timeout: 120
# A version is one row: in a copy of the tree, version 1 under another name is added to the table, and is there in
# options, results and report, without a change to any benchmark.
set -u
cd "$(dirname "$0")/../.." || exit 1
B=${B:-build}
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
# shellcheck source=tests/tools/tap.sh
. tests/tools/tap.sh

# The copy says the same about its revision, so that what is built already is up to date.
mapfile -t rev < <(sed -nE 's/^#define GNB_GIT_SHA "(.*)"/GIT_SHA=\1/p; s/^#define GNB_GIT_DIRTY (.)/GIT_DIRTY=\1/p' "$B/version.h")
for f in Makefile arrows.mk bench compare dashboard export grant-v3 history hv kernel-helpers plot profile record scripts workloads tests; do
	cp -a "$f" "$tmp/" || exit 1
done
mkdir "$tmp/build"
tar -C "$B" --exclude=./lab --exclude=./check --exclude=./tests -cf - . | tar -C "$tmp/build" -xf - || exit 1
cd "$tmp" || exit 1

# How many families compare versions, that is more than one; and those of them that do not list the copy, have no row
# of it, or no ratio to v1: a line each.
families() {
	python3 - <<-'EOF'
	import json
	with open("list.json") as f:
	    benches = json.load(f)["benches"]
	by = {b["name"]: b["versions"] for b in benches if len(b["versions"]) > 1}
	have, ratios = {}, {}
	for line in open("run/cells.jsonl"):
	    c = json.loads(line)
	    for r in c["rows"]:
	        have.setdefault(c["bench"], set()).add(r["version"])
	        if r["version"] == "v1-copy" and r["ratio"]:
	            ratios.setdefault(c["bench"], r["ratio"]["to"])
	print(len(by), *sorted(b for b in by if "v1-copy" not in by[b]))
	print(*sorted(set(by) - {b for b in have if "v1-copy" in have[b]}))
	print(*sorted(b for b in by if ratios.get(b) != "v1"))
	EOF
}

echo 1..7
cp bench/side/versions.c versions.before
sed -i 's|^\t{ 0 }$|\t{ .name = "v1-copy",\n\t  .entries = GNB_ENTRIES_V1,\n\t  .differs = GNB_WORK_ALL,\n\t  .words = "Version 1 under another name.",\n\t  .colour = 0x123456 },\n&|' \
	bench/side/versions.c
out=$(diff versions.before bench/side/versions.c)
[ "$(grep -c '^>' <<<"$out")" = 5 ] && ! grep -q '^<' <<<"$out"
ok $? "a row is added to the table, one file"
out=$(make "${rev[@]}" WERROR=1 2>&1)
ok $? "and it builds"
out=$(build/grantbench --help) && grep -q 'v1, v2, .*, v1-copy$' <<<"$out" && out=$(build/grantbench --list) &&
	grep -qxF 'version v1-copy: Version 1 under another name.' <<<"$out"
ok $? "--help and --list have it"
build/grantbench --list=json >list.json
# A cell of each family: the default plan is the same, and takes longer.
cells='^(map_unmap/batch:64/access:ro/mapper:pv|copy/bytes:64|grant_access/stride:2|p2m_lock/threads:1'
cells+='|table_growth/frames:16|block_replay/grants:persistent|iotlb_flush/pages:8/scope:range|iotlb_queue/queue:0/pages:1'
cells+='|tree_growth/grants:1024/leaf:4K|per_device/devices:16|full_cycle/batch:64/stride:1/spread:0/levels:2/end:revoke'
cells+='|large_page/.*/entries:small|unmap_notify/.*/learn:query|protect/pages:1|walk_cache/walk:miss|backend_restart/.*/old:gone'
cells+='|network/way:map|migration/bandwidth:1000/throttle:0/device:0/mapped:pages)/'
out=$(build/grantbench --quick --budget=20 --launches=0 --allow-untrusted --no-progress --filter="$cells" --out=run 2>&1)
code=$?
[ $code = 0 ] && [ "$(python3 -c 'import json; print(*[v["name"] for v in json.load(open("run/manifest.json"))["versions"]])')" = \
	"$(sed -n 's/.*\.name = "\(.*\)",/\1/p' bench/side/versions.c | paste -sd' ')" ]
ok $? "a quick run compares it"
mapfile -t found < <(families)
out="${found[*]}"
# Version 1 takes nothing back, by whatever name.
[ "${found[0]}" = 17 ] && [ "${found[1]}" = revoke ] && [ "${found[2]}" = revoke ]
ok $? "in every family that compares versions and has version 1, with a ratio to it"
out=$(build/grantbench-report --no-plots run 2>&1) && out=$(cat run/report.md) &&
	grep -qF '**v1-copy**: Version 1 under another name.' <<<"$out" &&
	[ "$(awk '/^## / { name = $2 } / \| v1-copy \| / && !seen[name]++ { n++ } END { print n }' run/report.md)" -ge 6 ] &&
	grep -qF 'v1-copy / v1' <<<"$out"
ok $? "it is in the report of each, and in words"
grep -qsw "$((0x123456))" run/plots/*.dat
ok $? "drawn in its colour"
exit $bad
