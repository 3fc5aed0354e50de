#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The report for whoever reads it with a screen reader, a keyboard or a telephone: axe-core finds nothing serious with
# all details open, light and dark; nothing scrolls sideways at 390 px; print shows what is folded. TAP output.
# tap-timeout: 300
# Usage: tests/plot/access_test.sh [folder of the build]
cd "$(dirname "$0")/../.." || exit 1
B=${1:-${B:-build}}
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
# shellcheck source=tests/tools/tap.sh
. tests/tools/tap.sh

# shellcheck source=tests/tools/browser.sh
. tests/tools/browser.sh
page=$tmp/run/report.html

"$B/grantbench" --quick --filter='^(map_unmap|block_replay|iotlb_flush)/' --budget=4 --launches=0 --allow-untrusted --quiet \
	--out="$tmp/run" >"$tmp/out" 2>&1 && "$B/grantbench-report" "$tmp/run" >>"$tmp/out" 2>&1
code=$?
out=$(cat "$tmp/out")
[ $code = 0 ] || [ $code = 6 ]
ok $? "a report to look at"

audit "a quick run"

# The tables and figures of Xen beside hv, out of the same cells: the figures mean nothing here.
beside() { # TARGET
	mkdir "$tmp/$1" && cp "$tmp/run/manifest.json" "$tmp/$1" &&
		sed 's,"unit":"ns/,"unit":"instructions/,g; s/"target":"hv"/"target":"'"$1"'"/' "$tmp/run/cells.jsonl" >"$tmp/$1/cells.jsonl"
}
out=$(beside hv && beside xen && "$B/grantbench-report" --beside="$tmp/xen" "$tmp/hv" 2>&1)
[[ $out == *"Xen beside hv"* ]] && grep -q 'id="fig-xen-beside-hv"' "$tmp/hv/report.html"
ok $? "a report of Xen beside hv"
page=$tmp/hv/report.html
audit "Xen beside hv"
page=$tmp/run/report.html

# What version 3 is worth, out of the same cells, which are taken for its instructions: the figures mean nothing here.
worth() { # another version stands for version 3, so that there is one whatever the run compares
	local all='s/"v3"/"vx"/g; s/"v2"/"v3"/g'
	mkdir -p "$tmp/worth/instructions" && sed "$all" "$tmp/run/manifest.json" >"$tmp/worth/manifest.json" &&
		sed "$all" "$tmp/run/cells.jsonl" >"$tmp/worth/cells.jsonl" &&
		python3 -c 'import json, sys
m = json.load(open(sys.argv[1] + "/manifest.json"))
m["clock"] = {"name": "instructions", "unit": "instructions", "exact": True, "trusted": True, "reason": None}
json.dump(m, open(sys.argv[1] + "/instructions/manifest.json", "w"))' "$tmp/worth" &&
		sed 's/"class":"[XH]"/"class":"C"/g; s,"unit":"ns/,"unit":"instructions/,g' "$tmp/worth/cells.jsonl" \
			>"$tmp/worth/instructions/cells.jsonl" && "$B/grantbench-report" "$tmp/worth"
}
out=$(worth 2>&1)
grep -q 'id="worth"' "$tmp/worth/report.html" && grep -q 'id="fig-worth"' "$tmp/worth/report.html"
ok $? "a report of what version 3 is worth"
page=$tmp/worth/report.html
audit "version 3"
page=$tmp/run/report.html

# Who waited for which lock, as it was measured once.
cp -a "$tmp/run" "$tmp/probed" && cp tests/data/contention/contention.json "$tmp/probed/"
out=$("$B/grantbench-report" "$tmp/probed" 2>&1)
grep -q 'id="contention"' "$tmp/probed/report.html"
ok $? "a report of who waited for which lock"
page=$tmp/probed/report.html
audit "who waited"
page=$tmp/run/report.html

# A family's section is a figure and what it is, the rest is folded: the whole report of a default run is to be below
# 17,300 px, its eight families and the headlines, so three families stay below half of that.
echo 'say("height " + document.documentElement.scrollHeight);' >"$tmp/height.js"
sed -n '/^function say/,/^}/p' "$tmp/axe.js" >"$tmp/say.js"
height() { dom "$1" 1300 | result | sed 's/^height //'; }
copy "$tmp/short.html" "$tmp/say.js" "$tmp/height.js"
copy "$tmp/long.html" "$tmp/open.js" "$tmp/say.js" "$tmp/height.js"
out="$(height "$tmp/short.html") px, $(height "$tmp/long.html") px unfolded"
[[ $out =~ ^([0-9]+)\ px,\ ([0-9]+)\ px\ unfolded$ ]] && [ "${BASH_REMATCH[1]}" -ge 3000 ] && [ "${BASH_REMATCH[1]}" -le 8650 ] &&
	[ "${BASH_REMATCH[2]}" -gt 8650 ]
ok $? "a report of three families is at most 8,650 px long at a width of 1,300, and far longer unfolded"

# What it would find: a text that is too pale, and a picture without a word.
copy "$tmp/pale.html" -e 's/<main>/<main><p style="color:#bbb;background:#fff">pale<\/p>/' "$axe" "$tmp/axe.js"
out=$(dom "$tmp/pale.html" 1300 | result)
[[ $out == *color-contrast* ]]
ok $? "axe-core does find a text that is too pale"

copy "$tmp/wide.html" -e 's/<main>/<main><p style="width:400px">wide<\/p>/' "$tmp/narrow.js"
out=$(dom "$tmp/wide.html" 1300 | result)
[[ $out =~ ^width\ ([0-9]+)\ of\ ([0-9]+)$ ]] && [ "${BASH_REMATCH[1]}" -gt "${BASH_REMATCH[2]}" ]
ok $? "390 px: something too wide does scroll"

pages() { # FILE: of its print
	rm -f "$tmp/a.pdf"
	timeout 60 chromium --headless --no-sandbox --disable-gpu --disable-background-networking --user-data-dir="$tmp/user" \
		--print-to-pdf="$tmp/a.pdf" "file://$1" 2>/dev/null
	grep -ac '/Type /Page$' "$tmp/a.pdf"
}

copy "$tmp/folded.html" -e 's/details::details-content/no-such-element/; s/details>\*{/no-such-element{/'
copy "$tmp/print.html"
folded=$(pages "$tmp/folded.html")
all=$(pages "$tmp/print.html")
out="$folded pages folded, $all printed"
[ "$folded" -ge 1 ] && [ "$all" -ge $((folded + 3)) ]
ok $? "print shows what is folded"
echo "1..$n"
exit $bad
