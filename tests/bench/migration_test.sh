#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# migration: what arrives is what was sent, by each way; a device that nobody sees garbles it; it converges or not; what a
# backend has mapped; traces that are none; and one that is recorded here.
set -u
cd "$(dirname "$0")/../.." || exit 1
B=${B:-build}
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
# shellcheck source=tests/tools/tap.sh
. tests/tools/tap.sh

# sent KEY=VALUE...: one cell of these, by v1 and v3.
sent() {
	local set=()
	for key; do set+=("--set=migration.$key"); done
	rm -rf "$tmp/out"
	"$B/grantbench" --quiet --filter=^migration/ --launches=0 --budget=0.1 --repetitions=1 --pin=none --versions=v1,v3 \
		--allow-untrusted --target=hv --out="$tmp/out" "${set[@]}" >"$tmp/said" 2>&1
	cp "$tmp/out/cells.jsonl" "$tmp/cells" 2>/dev/null || : >"$tmp/cells"
}

# is EXPRESSION WORDS: of what the last cell's versions have, by metric: v1["rounds"].
is() {
	out=$(python3 - "$tmp/cells" "$1" <<-'PY'
		import json, sys
		at, want = sys.argv[1:]
		found = {"v1": {}, "v3": {}}
		for line in open(at, encoding="utf-8"):
		    cell = json.loads(line)
		    print(cell["cell"], cell["status"], cell["reason"])
		    for r in cell["rows"]:
		        found[r["version"]][r["metric"]] = r["value"]
		print(found)
		sys.exit(not (found["v1"] and eval(want, found)))
	PY
	)
	ok $? "$2"
}

for way in marks get manual all_set ring; do
	sent way=$way mapped=none
	is 'v1["garbled"] == 0 and 1 < v1["rounds"] < 30' "$way: all has arrived, after some rounds"
done
sent way=marks device=8 tables=separate
is 'v1["garbled"] > 0' "a device that nobody sees garbles it"
sent way=get device=8 tables=separate
is 'v1["garbled"] > 0' "whatever the way"
sent way=marks device=8 tables=bits
is 'v1["garbled"] == 0' "one with dirty bits does not"
sent way=ring device=8 tables=bits
is 'v1["garbled"] == 0' "nor where its bits are beside rings"
sent way=marks bandwidth=20 left=16
is 'v1["rounds"] == 30 and v1["garbled"] == 0' "with little bandwidth it does not converge"
sent way=marks bandwidth=20 left=16 throttle=90
is 'v1["rounds"] < 30 and v1["garbled"] == 0' "a guest that is kept from running lets it"
sent way=marks mapped=pages
is '64 <= v1["stopped"] < 512 and v3["stopped"] == v1["stopped"] and not v1["garbled"]' \
	"64 pages that are mapped one by one are sent when the guest is stopped"
sent way=get mapped=large
is 'v3["stopped"] - v1["stopped"] == 512 - 64 and v1["garbled"] == v3["garbled"] == 0' \
	"mapped by one entry, all 512 are; by version 1, the pages that it had"

refused() { # WANTED NAME
	catch "$B/grantbench" --quiet --dry-run --filter=^migration/ --set=migration.writes="$tmp/bad.pages"
	[ "$code" = 2 ] && [[ $err$out == *"$1"* ]]
	ok $? "$2"
}
printf 'gnb-pages 1\npages 4\n0 1\n5 4\n' >"$tmp/bad.pages"
refused "line 4: there is no such page" "a page that is not there is named by its line"
printf 'gnb-pages 1\npages 4\n5 1\n4 2\n' >"$tmp/bad.pages"
refused "line 4: it is before the line above" "and a time that goes back"
printf 'gnb-pages 1\npages 4\n# nothing\n' >"$tmp/bad.pages"
refused "no page is written to in it" "and a trace of nothing"
printf 'fio version 3 iolog\n' >"$tmp/bad.pages"
refused 'begins with "gnb-pages 1"' "and another file"

# A process of ours: pages 0 to 31 of some memory, over and over.
cat >"$tmp/busy.py" <<-'PY'
	import time
	b = bytearray(64 * 4096)
	for i in range(60):
	    b[i % 32 * 4096] = i
	    time.sleep(0.005)
PY
# Itself, not a script that starts it.
python=$(python3 -c "import sys; print(sys.executable)")
catch scripts/record-pages --tick=2 "$tmp/own.pages" "$python" "$tmp/busy.py"
if [ "$code" = 6 ]; then
	echo "ok $((n += 1)) - a trace is recorded of a process # SKIP $err"
	echo "ok $((n += 1)) - and sent # SKIP $err"
else
	[ "$code" = 0 ] && [ "$(grep -c '^[0-9]' "$tmp/own.pages")" -gt 40 ]
	ok $? "a trace is recorded of a process"
	sent writes="$tmp/own.pages"
	is 'v1["garbled"] == 0' "and sent"
fi
catch scripts/record-pages
[ "$code" = 2 ] && [ "$(wc -l <<<"$err")" = 1 ]
ok $? "a recorder that is told nothing says how"
catch scripts/record-pages "$tmp/x.pages" /no/such/program
[ "$code" = 1 ] && [[ $err == *"/no/such/program cannot be run"* ]]
ok $? "and what cannot be run"
echo "1..$n"
exit $bad
