# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What has to hold of grantbench-history over every kind of database. The test that sources this has tests/tools/tap.sh
# and defines:
#   fresh NAME   $db is a database without a history, whatever there was; again NAME: it is one of before
#   rows SQL     what a reader that is not ours finds in it
#   state        a text that changes if anything in it does
#   nothing      is there no table in it?

h() { catch "$B/grantbench-history" --db="$db" "$@"; }

# one_line CODE WORDS ARGS...: refused with this code and one line with these words.
one_line() {
	h "${@:3}"
	in_one_line "$1" "$2"
	ok $? "${*:3}: exit code $1, one line"
}

fresh history
runs=$tmp/runs
tests/history/runs.py make "$runs" 60 0
tests/history/runs.py make "$runs" 20 60 1.01

one_line 6 "grantbench history add makes it" show
one_line 6 "grantbench history add makes it" list
one_line 6 "grantbench history add makes it" prune --keep=1
one_line 2 "no command" forget
one_line 2 "--before=DATE" prune
one_line 2 "not a regular expression" show '('
nothing
ok $? "none of them makes a history"

h add "$runs"/run-00[0-5]?
[ $code = 0 ] && [ "$(grep -c ': added, 5 figures$' <<<"$out")" = 60 ] && [ -z "$err" ]
ok $? "60 runs are added"
sum=$(state)
h add "$runs"/run-00[0-5]? && [ "$(grep -c ': was there$' <<<"$out")" = 60 ] && [ "$sum" = "$(state)" ]
ok $? "adding them again changes nothing"
cp -a "$runs/run-0001" "$tmp/elsewhere"
ln -s "$runs/run-0001" "$tmp/link"
h add "$tmp/elsewhere" "$tmp/link" && [ "$(grep -c ': was there$' <<<"$out")" = 2 ] && [ "$sum" = "$(state)" ]
ok $? "nor does a copy, or a link"
h show
[ $code = 0 ] && [ "$(wc -l <<<"$out")" = 1 ] && [[ $out == "0 of 5 series changed, 0 changes; 300 points of 60 runs" ]]
ok $? "show: nothing changed"

h add "$runs"/run-006? "$runs"/run-007?
h show
[ $code = 0 ] && [ "$(wc -l <<<"$out")" = 3 ] && [[ $out == *"2 of 5 series changed, 2 changes; 400 points of 80 runs" ]] &&
	grep -qE '^map_unmap/batch:64/v2/map/count.flushes  3 -> 4 \(\+33 %, worse\) at 000003c after 000003b, 2026-01-01T01:00:00Z$' <<<"$out" &&
	grep -qE '^map_unmap/batch:64/v2/map/ratio  [0-9.]+ -> 1.0[01][0-9]* \(\+[0-9.]+ %, worse\) at 000003[b-d]' <<<"$out"
ok $? "show: the ratio and the count, at their commit"
# What is judged does not depend on the order in which runs come in.
want=$out
fresh backwards
mapfile -t back < <(printf '%s\n' "$runs"/run-* | tac)
h add "${back[@]}"
h show
[ "$out" = "$want" ]
ok $? "the same when the runs are added backwards"
again history
h show 'flushes$'
[ $code = 0 ] && [ "$(wc -l <<<"$out")" = 5 ] && [[ $out == *"definition 1; target=hv"* ]] && ! grep -q cpu_model= <<<"$out"
ok $? "show REGEX: series with their setting; counts are compared on any machine"
h show --points '/v2/map/ratio$'
[ $code = 0 ] && [ "$(wc -l <<<"$out")" = 83 ] && grep -q 'cpu_model=A CPU' <<<"$out"
ok $? "show --points: each point; ratios of times belong to a kind of machine"
h show '/v1/map$'
[ $code = 0 ] && grep -q 'class X: not judged' <<<"$out" && ! grep -q changed: <<<"$out"
ok $? "absolute times are kept, and never judged"
one_line 4 "of such a name" show nothing
h list
[ $code = 0 ] && [ "$(wc -l <<<"$out")" = 80 ] && [ "$(tail -n 1 <<<"$out")" = "2026-01-01T01:19:00Z  000004f    hv       complete    run-0079" ]
ok $? "list: the runs by their start"

# Another compiler is another series of ratios, and the same series of counts.
cp -a "$runs/run-0079" "$tmp/other"
sed -i 's/"gcc"/"clang"/; s/01:19:00/01:20:00/' "$tmp/other/manifest.json"
h add "$tmp/other"
h show 'v2/map/(ratio|count.flushes)$'
[ "$(grep -c '/ratio  ' <<<"$out")" = 2 ] && [ "$(grep -c 'flushes  81 points' <<<"$out")" = 1 ]
ok $? "another compiler: other ratios, the same counts"
# Another definition of the benchmark is another series of everything.
cp -a "$runs/run-0079" "$tmp/defined"
sed -i 's/"def_version": 1/"def_version": 2/' "$tmp/defined/cells.jsonl"
sed -i 's/01:19:00/01:21:00/' "$tmp/defined/manifest.json"
h add "$tmp/defined"
h show 'v2/map/count.flushes$'
[ "$(grep -c 'flushes  ' <<<"$out")" = 2 ] && grep -q 'definition 2' <<<"$out"
ok $? "another definition: other series"

# A run that was resumed.
cp -a "$runs/run-0000" "$tmp/resumed"
sed -i 's/00:00:00/05:00:00/; s/"complete"/"interrupted"/' "$tmp/resumed/manifest.json"
h add "$tmp/resumed"
sed 's/batch:64/batch:1/; s/"64"/"1"/; s/"axis": null/"axis": "batch"/' "$runs/run-0000/cells.jsonl" >>"$tmp/resumed/cells.jsonl"
sed -i 's/"interrupted"/"complete"/' "$tmp/resumed/manifest.json"
before=$(rows 'SELECT count(*) FROM run')
h add "$tmp/resumed"
[ $code = 0 ] && [[ $out == *"has grown, replaced, "* ]] && [ "$(rows 'SELECT count(*) FROM run')" = "$before" ] &&
	[ "$(rows "SELECT status FROM run WHERE started LIKE '%05:00:00Z'")" = complete ]
ok $? "a run that was resumed replaces what there was of it"
# Two runs that began in the same second are two.
cp -a "$runs/run-0000" "$tmp/twin"
sed -i 's/"value": 100/"value": 101/' "$tmp/twin/cells.jsonl"
h add "$tmp/twin"
[[ $out == *": added, "* ]] && [ "$(rows 'SELECT count(*) FROM run')" = $((before + 1)) ]
ok $? "another run of the same second is added"
cp -a "$runs/run-0000" "$tmp/running"
sed -i 's/"complete"/"running"/' "$tmp/running/manifest.json"
# Under an exact clock the next commit may have the same figures, at the same emulated time.
cp -a "$runs/run-0000" "$tmp/next"
sed -i 's/"sha": "[0-9a-f]*"/"sha": "fffffff"/' "$tmp/next/manifest.json"
h add "$tmp/next" "$tmp/next"
[ "$(grep -c ': added, ' <<<"$out")" = 1 ] && [ "$(rows 'SELECT count(*) FROM run')" = $((before + 2)) ]
ok $? "another commit with the same figures is added, once"
one_line 2 "--resume" add "$tmp/running"
h add "$tmp" "$tmp/runs/run-0001" /nowhere
[ $code = 2 ] && [[ $out == *"run-0001: was there" ]] && [ "$(wc -l <<<"$err")" = 2 ]
ok $? "folders that are no runs keep no other out"
cp -a "$runs/run-0002" "$tmp/both"
sed -i 's/00:02:00/06:00:00/' "$tmp/both/manifest.json"
cp -a "$tmp/both" "$tmp/part" && mv "$tmp/part" "$tmp/both/instructions"
sed -i 's/"value": 102/"value": 5000/; s/ns.page/instructions\/page/g' "$tmp/both/instructions/cells.jsonl"
h add "$tmp/both"
[ $code = 0 ] && [ "$(grep -c ': added' <<<"$out")" = 2 ] && [ "$(rows "SELECT count(*) FROM run WHERE name = 'both/instructions'")" = 1 ]
ok $? "instructions of the same cells come with a run"

if command -v gnuplot >/dev/null; then
	h plot --out="$tmp/plots" '/v2/map/(ratio|count.flushes)$'
	svg=$(sed -n 's/\.svg  map_unmap.batch:64.v2.map.ratio$/.svg/p' <<<"$out" | xargs grep -l '%, worse' | head -n 1)
	[ $code = 0 ] && [ -z "$err" ] && [ -s "$svg" ] && python3 -c 'import sys, xml.dom.minidom as m; m.parse(sys.argv[1])' "$svg" &&
		grep -q '+[0-9.]* %, worse' "$svg" && grep -q 'map_unmap/batch:64/v2/map/ratio' "$svg" && ! ls "$tmp"/plots/*.tmp 2>/dev/null
	ok $? "plot: a drawing with its change"
else
	ok 0 "plot: a drawing with its change # SKIP gnuplot is missing"
fi
PATH=/nowhere h plot --out="$tmp/plots" 'ratio$'
[ $code = 6 ] && [[ $err == *"gnuplot is missing"* ]] && [ "$(wc -l <<<"$err")" = 1 ]
ok $? "plot without gnuplot: exit code 6, one line"

h add tests/data/runs/odd
h show '^replay'
[ $code = 0 ] && [ "$(grep -c '^replay/trace:a "b" \\ c?d' <<<"$out")" -ge 3 ]
ok $? "a newline in a name does not end a line"
h plot --out="$tmp/odd" '^replay.*ratio$'
[ $code = 0 ] || ! command -v gnuplot >/dev/null
ok $? "nor the script of a plot"

h prune --before=2026-01-01T00:30:00Z
[ $code = 0 ] && [ "$out" = "32 runs forgotten" ] && [ "$(rows "SELECT min(started) FROM run")" = 2026-01-01T00:30:00Z ]
ok $? "prune --before"
h prune --keep=3
[ $code = 0 ] && [ "$(rows 'SELECT count(*) FROM run')" = 3 ] &&
	[ "$(rows 'SELECT count(*) FROM point WHERE run NOT IN (SELECT id FROM run)')" = 0 ] &&
	[ "$(rows 'SELECT count(*) FROM series WHERE id NOT IN (SELECT series FROM point)')" = 0 ]
ok $? "prune --keep: and nothing is left of what is gone"

# Two writers, with half of the runs each and some in common.
fresh two
"$B/grantbench-history" --db="$db" add "$runs"/run-00[0-4]? >"$tmp/one" 2>&1 &
one=$!
h add "$runs"/run-00[3-7]?
wait $one
[ $? = 0 ] && [ $code = 0 ] && [ "$(rows 'SELECT count(*) FROM run')" = 80 ] && [ "$(rows 'SELECT count(*) FROM point')" = 400 ] &&
	[ "$(cat "$tmp/one" <(echo "$out") | grep -c ': added')" = 80 ]
ok $? "two writers at once lose nothing, and add nothing twice"
h show
[ "$out" = "$want" ]
ok $? "and what they made is the same"

# Killed at moments of all kinds; what was said to be added is there.
fresh killed
lost=
for k in $(seq 20); do
	"$B/grantbench-history" --db="$db" add "$runs"/run-00?? >"$tmp/said" 2>"$tmp/err" &
	sleep "0.0$(printf %02d $((k * 37 % 50)))"
	kill -9 $! 2>/dev/null
	wait $! 2>/dev/null
	said=$(grep -cE ': (added|was there)' "$tmp/said")
	there=$(rows 'SELECT count(*) FROM run' 2>/dev/null || echo 0)
	[ "${there:-0}" -ge "$said" ] || lost+="$k: $there of $said "
	[ "$k" != 10 ] || fresh killed
done
out=$lost
[ -z "$lost" ]
ok $? "killed 20 times: what was said to be added is there"
h add "$runs"/run-00??
h show
[ "$out" = "$want" ]
ok $? "and after that all of it"
