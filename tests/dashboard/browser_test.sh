#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# tap-timeout: 300
# The dashboard as a browser shows it: no errors, filter and sort work, axe-core finds nothing serious, light and dark,
# nothing scrolls sideways on a telephone.
set -u
cd "$(dirname "$0")/../.." || exit 1
B=${B:-build}
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
# shellcheck source=tests/tools/tap.sh
. tests/tools/tap.sh
[ -x "$B/grantbench-dashboard" ] || { echo "1..0 # SKIP built without libsqlite3-dev"; exit 0; }
# shellcheck source=tests/tools/browser.sh
. tests/tools/browser.sh

tests/history/runs.py make "$tmp/runs" 60 0
tests/history/runs.py make "$tmp/runs" 20 60 1.02
"$B/grantbench-history" --db="$tmp/history.db" add "$tmp"/runs/* tests/data/runs/odd >"$tmp/out" 2>&1 &&
	"$B/grantbench-dashboard" --db="$tmp/history.db" --out="$tmp/pages" >>"$tmp/out" 2>&1
out=$(<"$tmp/out")
ok $? "pages to look at"

# What the browser says of a page as it is, its policy included.
console() {
	timeout 60 chromium --headless --no-sandbox --disable-gpu --disable-background-networking --user-data-dir="$tmp/user" \
		--enable-logging=stderr --virtual-time-budget=5000 --dump-dom "file://$1" 2>&1 >"$tmp/dom" | grep CONSOLE
}
series=$(grep -l 'map_unmap/batch:64/v2/map/ratio</h1>' "$tmp"/pages/series/*.html)
for f in "$tmp/pages/index.html" "$tmp/pages/ratios.html" "$series"; do
	empty "$(basename "$f" | sed 's/^[0-9]*/series/'): no errors" < <(console "$f")
done
console "$tmp/pages/index.html" >"$tmp/out"
grep -q '>28 of 28 series<' "$tmp/dom"
ok $? "its script runs under its policy"
sed "s/const body/const bodies/" "$tmp/pages/index.html" >"$tmp/pages/bad.html"
console "$tmp/pages/bad.html" | grep -q 'Content Security Policy'
ok $? "and another does not"

page=$tmp/pages/index.html
sed -n '/^function say/,/^}/p' "$tmp/axe.js" >"$tmp/say.js"
cat >"$tmp/use.js" <<-'JS'
	const shown = () => rows.filter(r => !r.hidden), said2 = [], heads = [...document.querySelectorAll("thead button")];
	const first = i => [...document.querySelector("tbody").rows][0].cells[i].textContent;
	only.click();
	said2.push("moved " + shown().length + " " + said.textContent);
	only.click();
	text.value = "REPLAY  count";
	text.dispatchEvent(new Event("input"));
	said2.push("named " + shown().length);
	text.value = "";
	text.dispatchEvent(new Event("input"));
	heads[1].click();
	const least = first(1);
	heads[1].click();
	said2.push("points " + least + " " + first(1) + " " + heads[1].parentElement.getAttribute("aria-sort"));
	heads[0].click();
	said2.push("name " + first(0));
	heads[4].click(); heads[4].click();
	said2.push("change " + first(4));
	say(said2.join("; "));
JS
copy "$tmp/used.html" "$tmp/say.js" "$tmp/use.js"
out=$(dom "$tmp/used.html" 1300 | result)
[[ $out == "moved 2 2 of 28 series; named "[1-9]*"; points 1 80 descending; name map_unmap/batch:1/"*"; change +33 %, worse" ]]
ok $? "filter and sort work"

audit "the index"
page=$tmp/pages/ratios.html
audit "ratios"
page=$series
audit "a series"
echo "1..$n"
exit $bad
