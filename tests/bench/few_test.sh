#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# tap-timeout: 180
# Few cells by --set: all get the 8 launches that an interval of 99 % takes, whatever family they are of; and wherever
# an interval is shown, its level stands with it. Levels come from how many launches there were, and from no time.
set -u
cd "$(dirname "$0")/../.." || exit 1
B=${B:-build}
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
# shellcheck source=tests/tools/tap.sh
. tests/tools/tap.sh

cells=(
	"block_replay --set mapper=pv"
	"copy --set bytes=64"
	"grant_access --set stride=2 --set access=ro"
	"iotlb_flush --set scope=page --set pages=1"
	"iotlb_queue --set queue=16 --set pages=1"
	"large_page --set entries=small"
	"map_unmap --set batch=1"
	"p2m_lock --set threads=1 --set think=0"
	"revoke --set pages=1"
	"table_growth --set frames=16"
	"tree_growth --set grants=1024"
	"full_cycle --set end=revoke"
	"per_device --set devices=4"
	"unmap_notify --set batch=64"
	"backend_restart --set pages=64"
	"protect --set pages=1"
	"walk_cache --set walk=hit"
	"log_dirty --set dirty=64"
	"physmap_map --set pages=8"
	"lend_revoke --set pages=16"
	"network --set batch=16"
	"gpu_buffers --set chunk=512"
	"migration --set bandwidth=1000 --versions=v1,v3"
	"virtio_iommu --set entries=8"
	"pv_iommu --set pages=8"
)
# Families of another target than hv, which tests in the lab select from (tests/lab/iommu_test.sh).
elsewhere=(dma_map vfio_map)

few() { # NAME FAMILY OPTION...: a run into $tmp/NAME
	local name=$1 family=$2
	shift 2
	"$B/grantbench" --filter="^$family/" --pin=none --allow-untrusted --out="$tmp/$name" "$@" \
		>"$tmp/$name.console" 2>"$tmp/$name.err"
}

# Every ratio there is, controls too.
levels() { # FOLDER: how many there are, the least level and the least launches
	"$B/tests/record/readings" "$1" | awk '
		{ n++; if (n == 1 || $9 + 0 < l) l = $9 + 0; if (n == 1 || $10 + 0 < k) k = $10 + 0 }
		$9 == "nan" { l = 0 }
		END { printf "%d ratios, level %.4f, %d launches\n", n, l, k; exit !(n && l >= 0.99 && k >= 8) }'
}

# Lines of texts with an interval and no level in them.
alone() {
	sed 's/\xc2\xa0/ /g; s/\\\([][]\)/\1/g' "$@" | grep -E '\[[0-9.]+, [0-9.]+\]' | grep -vE '[0-9] %'
}

families=$("$B/grantbench" --list=json | python3 -c 'import json, sys; print(*(b["name"] for b in json.load(sys.stdin)["benches"]))')
out="tried: ${cells[*]%% *}; there are: $families"
[ "$(tr ' ' '\n' <<<"$families" | sort)" = "$(printf '%s\n' "${cells[@]%% *}" "${elsewhere[@]}" | sort -u)" ]
ok $? "a selection of every family"
for c in "${cells[@]}"; do
	read -ra words <<<"$c"
	few "${words[0]}" "${words[@]}" --budget=4
	out=$(cat "$tmp/${words[0]}.err"; levels "$tmp/${words[0]}")
	code=$?
	ok $code "$c: all ratios at 99 % over 8 launches"
done

# As much time as nobody asked for: twice of it, rather than launches that are missing.
few eight map_unmap --set batch=1,2 --set mapper=pv,translated --set access=rw,ro --quick
out=$(cat "$tmp/eight.err"; levels "$tmp/eight")
code=$?
ok $code "eight cells in 10 s: the same"

few one map_unmap --set batch=64 --launches=0 --repetitions=1 --budget=0.001
for dir in eight one; do
	"$B/grantbench-report" --no-plots "$tmp/$dir" >/dev/null 2>"$tmp/err"
	python3 - "$tmp/$dir/report.html" >"$tmp/$dir.text" <<-'PY'
		import html, re, sys
		text = re.sub(r"<(style|script).*?</\1>", "", open(sys.argv[1], encoding="utf-8").read(), flags=re.S)
		print(html.unescape(re.sub(r"<[^>]*>", "", re.sub(r"</tr>", "\n", text.replace("\n", " ")))))
	PY
	files=("$tmp/$dir.console" "$tmp/$dir.text" "$tmp/$dir/report.md" "$tmp/$dir/summary.csv" "$tmp/$dir/summary.json" \
		"$tmp/$dir/benchmark.json" "$tmp/$dir/cells.jsonl")
	empty "$dir: neither nan nor inf in any text or file" < <(grep -noiE '.{0,30}\b(nan|inf|infinity)\b' "${files[@]}")
	empty "$dir: no interval without its level" < <(alone "${files[@]:0:3}")
	out=$(python3 - "$tmp/$dir" <<-'PY'
		import csv, json, sys
		at, bad = sys.argv[1], 0
		def look(o, where):
		    global bad
		    if isinstance(o, dict):
		        if "lo" in o and len({o[k] is None for k in ("lo", "hi", "level")}) != 1:
		            bad += 1
		            print(where, {k: o.get(k) for k in ("lo", "hi", "level")})
		        o = list(o.values())
		    for x in o if isinstance(o, list) else []:
		        look(x, where)
		for name in ("summary.json", "benchmark.json"):
		    look(json.load(open(at + "/" + name)), name)
		for line in open(at + "/cells.jsonl"):
		    look(json.loads(line), "cells.jsonl")
		for r in csv.DictReader(open(at + "/summary.csv")):
		    for p in ("", "ratio_"):
		        if len({r[p + k] == "" for k in ("lo", "hi", "level")}) != 1:
		            bad += 1
		            print("summary.csv", r)
		sys.exit(bad > 0)
	PY
	)
	ok $? "$dir: nor in a file for machines"
done
out=$(cat "$tmp/one.console")
grep -q ' no interval, [0-9]* layout' <<<"$out" && ! grep -q ' H$' <<<"$out"
ok $? "a ratio without an interval says so, and is context"
echo "1..$n"
exit $bad
