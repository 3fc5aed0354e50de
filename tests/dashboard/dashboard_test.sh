#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# tap-timeout: 300
# grantbench dashboard: pages that are whole and safe, what they replace, and what they cost.
set -u
cd "$(dirname "$0")/../.." || exit 1
B=${B:-build}
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
# shellcheck source=tests/tools/tap.sh
. tests/tools/tap.sh
[ -x "$B/grantbench-dashboard" ] || { echo "1..0 # SKIP built without libsqlite3-dev"; exit 0; }
db=$tmp/history.db

d() { catch "$B/grantbench-dashboard" --db="$db" "$@"; }

one_line() { # CODE WORDS ARGS...
	d "${@:3}"
	in_one_line "$1" "$2"
	ok $? "${*:3}: exit code $1, one line: $2"
}

# What is wrong with the pages of a folder: not whole, something fetched, a script that is not ours, a link that leads nowhere.
pages() {
	python3 - "$1" <<'PY'
import html.parser, os, sys
class Page(html.parser.HTMLParser):
    def __init__(self, path):
        super().__init__()
        self.path, self.open, self.scripts = path, [], 0
    def handle_starttag(self, tag, attrs):
        a = dict(attrs)
        self.scripts += tag == "script"
        if any(k.startswith("on") for k in a) or "src" in a or tag in ("iframe", "link", "img", "object"):
            print(self.path, "has", tag, a)
        if "href" in a and not os.path.exists(os.path.join(os.path.dirname(self.path), a["href"])):
            print(self.path, "leads to", a["href"])
        if tag not in ("meta", "input", "line", "circle", "polyline"):
            self.open.append(tag)
    def handle_startendtag(self, tag, attrs):
        pass
    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            print(self.path, "ends", tag, "at", self.getpos())
for where, _, names in os.walk(sys.argv[1]):
    for name in names:
        if not name.endswith(".html"):
            continue
        p = Page(os.path.join(where, name))
        text = open(p.path, encoding="utf-8").read()
        p.feed(text)
        if p.open or not text.endswith("</html>\n") or "default-src 'none'" not in text:
            print(p.path, "is not whole", p.open)
        if p.scripts != (name == "index.html"):
            print(p.path, "has", p.scripts, "scripts")
PY
}

one_line 6 "no such file"
"$B/grantbench-history" --db="$db" add tests/data/runs/odd >"$tmp/out"
"$B/grantbench-history" --db="$db" prune --keep=0 >"$tmp/out"
one_line 4 "is empty" --out="$tmp/none"
[ ! -e "$tmp/none" ] && ! compgen -G "$tmp/none.*" >/dev/null
ok $? "and no folder is made"
tests/history/runs.py make "$tmp/runs" 60 0
tests/history/runs.py make "$tmp/runs" 20 60 1.02
"$B/grantbench-history" --db="$db" add "$tmp"/runs/* tests/data/runs/odd >"$tmp/out"
d --out="$tmp/pages"
[ $code = 0 ] && [ "$out" = "$tmp/pages/index.html" ] && [ -z "$err" ] && [ "$(find "$tmp/pages/series" -name '*.html' | wc -l)" = 28 ]
ok $? "a page for each series"
empty "whole, nothing fetched, no script but one, links lead somewhere" < <(pages "$tmp/pages")
grep -q '2 of 28 series changed; 423 points of 81 runs' "$tmp/pages/index.html" && [ "$(grep -c 'data-moved' "$tmp/pages/index.html")" -ge 2 ] &&
	grep -m 1 '<tr data-moved' "$tmp/pages/index.html" | grep -qE '(\+[0-9.]+ %, worse).*000003[b-d].*2026-01-01T01:0'
ok $? "the index says what moved first, and at which commit"
page=$(grep -l 'map_unmap/batch:64/v2/map/ratio</h1>' "$tmp"/pages/series/*.html)
[ "$(grep -c 'class="change"' "$page")" = 1 ] && grep -q '<td>000003[b-d]</td><td>000003[a-c]</td>' "$page" && grep -q '<polyline' "$page"
ok $? "a series has its drawing, its change and the commits around it"
grep -q 'a &quot;b&quot; \\ c' "$tmp/pages/ratios.html" && grep -q '2026-11-20T10:00:00Z' "$tmp/pages/ratios.html"
ok $? "ratios of the newest run; what a name holds is no markup"
sed -i 's/Made by/Mine by/' "$tmp/pages/index.html"
cp -a "$tmp/pages" "$tmp/before"
d --out="$tmp/pages"
[ $code = 0 ] && ! grep -q 'Mine by' "$tmp/pages/index.html" && ! compgen -G "$tmp/pages.*" >/dev/null
ok $? "again: the new pages take the place of the old ones"
sed -i 's/Mine by/Made by/' "$tmp/before/index.html"
out=$(diff -r "$tmp/before" "$tmp/pages")
ok $? "and are the same"
mkdir "$tmp/mine" && echo notes >"$tmp/mine/notes"
one_line 2 "is no dashboard" --out="$tmp/mine"
[ "$(cat "$tmp/mine/notes")" = notes ]
ok $? "a folder of somebody's is left alone"
one_line 1 "cannot make" --out=/nowhere/pages
one_line 2 "no argument" results

# Killed at moments of all kinds: the pages are those of before or the new ones, never half.
half=
for k in $(seq 15); do
	"$B/grantbench-dashboard" --db="$db" --out="$tmp/pages" >"$tmp/out" 2>&1 &
	sleep "0.0$(printf %02d $((k * 7 % 60)))"
	kill -9 $! 2>/dev/null
	wait $! 2>/dev/null
	diff -r "$tmp/before" "$tmp/pages" >"$tmp/out" || half+="$k "
done
out=$half
[ -z "$half" ]
ok $? "killed 15 times: never half"
rm -rf "$tmp"/pages.*

# A long history. The time is that of a processor: others may be busy.
tests/history/runs.py fill "$db" 1000 1000
python3 - "$B/grantbench-dashboard" "$db" "$tmp/long" >"$tmp/out" <<'PY'
import resource, subprocess, sys
p = subprocess.run([sys.argv[1], "--db=" + sys.argv[2], "--out=" + sys.argv[3]], stdout=subprocess.PIPE, check=False)
u = resource.getrusage(resource.RUSAGE_CHILDREN)
print(p.returncode, u.ru_utime + u.ru_stime, u.ru_maxrss // 1024)
PY
out=$(<"$tmp/out")
awk '{ exit !($1 == 0 && $2 < 60 && $3 < 1024) }' "$tmp/out" && [ "$(find "$tmp/long/series" -name '*.html' | wc -l)" = 1028 ]
ok $? "a million points: $(awk '{ print $2 " s of a processor, " $3 " MiB" }' "$tmp/out")"
echo "1..$n"
exit $bad
