#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# grantbench-report on small synthetic folders: escaping, exit codes, damaged files, drawings. TAP output.
# The figures below are made up for this test. They are not results of anything.
# Usage: tests/plot/report_test.sh [folder of the build]
cd "$(dirname "$0")/../.." || exit 1
report=$(realpath "${1:-${B:-build}}/grantbench-report")
scripts=$PWD/plot/figures
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
# shellcheck source=tests/tools/tap.sh
. tests/tools/tap.sh
# shellcheck source=tests/plot/made.sh
. tests/plot/made.sh

skip() { # NAME REASON
	n=$((n + 1))
	echo "ok $n - $1 # SKIP $2"
}

instructions() { # DIR: a run of a target under an instruction clock, two versions in it
	local b
	manifest "$1"
	sed -i 's/"target":"hv"/"target":"xen","target_options":{"granter":"TEST"},"clock":{"name":"instructions","unit":"instructions","exact":true,"trusted":true,"reason":null},"left_out":[{"what":"flush","kind":"parameter","reason":"left <out>"}]/;
		s/"noise":{[^}]*}/"noise":null/' "$1/manifest.json"
	printf '# value share count\n1000 0.25 1\n2000 1 3\n' >"$1/histograms/a.txt"
	{
		for b in 1 8 64; do
			cell map_unmap "$([ $b = 8 ] && echo null || echo '"batch"')" 0 none ok "\"batch\":\"$b\"" \
				"$(pair map instructions/page $((9000 / b)))"
		done
		cell block_replay null 0 none ok '"x":"1"' "$(pair request instructions/request 20 histograms/a.txt)"
	} | sed -E 's/"class":"[XH]"/"class":"C"/g; s/"self":\{[^}]*\}/"self":null/g; s/"(flush|entry)":"[a-z]*"/"\1":null/g
		s/"value":([0-9]+),"lo":[0-9]+,"hi":[0-9]+/"value":\1,"lo":\1,"hi":\1/g; s/"target":"hv"/"target":"xen","clock":"instructions"/' \
		>"$1/cells.jsonl"
}

one_line() { # CODE TEXT COMMAND...: one line on stderr that contains the text
	local want=$1 text=$2 err
	shift 2
	err=$("$@" 2>&1 >/dev/null)
	[ $? = "$want" ] && [ "$(wc -l <<<"$err")" = 1 ] && [[ $err == *"$text"* ]] || { echo "$err"; return 1; }
}

# Every drawing has its data beside it, the data has figures, every axis has labels, and no plotted
# element is empty but the invisible ones that only carry labels and keys.
drawings_have_data() { # DIR
	local svg n=0
	for svg in "$1"/plots/*.svg; do
		n=$((n + 1))
		grep -qE '^[0-9.+-]+( [0-9.?+-]+)+' "${svg%.svg}.dat" || { echo "$svg: no data"; return 1; }
		[ "$(grep -c '<text' "$svg")" -ge 4 ] || { echo "$svg: too few labels"; return 1; }
		grep -qE '_plot_[0-9]+' "$svg" || { echo "$svg: nothing plotted"; return 1; }
		awk '/_plot_[0-9]/ { on = 1 } on && /<(path|polygon|use|rect)/ { drawn++ }
		     END { exit drawn < 2 }' "$svg" || { echo "$svg: empty"; return 1; }
	done
	[ $n -ge 8 ] || { echo "only $n drawings"; return 1; }
}

# Runs without gnuplot in PATH.
no_gnuplot() {
	mkdir -p "$tmp/empty"
	env PATH="$tmp/empty" "$report" "$@"
}

file_limit() { # the disk, as it were, is full after 4 KiB
	(trap '' XFSZ; ulimit -f 4; exec "$report" --scripts="$scripts" "$@")
}

try "--help" exits 0 "$report" --help
try "--version" exits 0 "$report" --version
try "no folder: 2" exits 2 "$report"
try "two folders: 2" exits 2 "$report" a b
try "unknown option: 2" exits 2 "$report" --nonsense "$tmp"
mkdir "$tmp/none"
try "not a results folder: 2, one line that names it" one_line 2 "$tmp/none" "$report" "$tmp/none"
try "no such folder: 2, one line that names it" one_line 2 "$tmp/absent" "$report" "$tmp/absent"
mkdir "$tmp/bad" && echo '{' >"$tmp/bad/manifest.json"
try "broken manifest: 2" one_line 2 "$tmp/bad" "$report" "$tmp/bad"
mkdir "$tmp/newer" && echo '{"schema":99}' >"$tmp/newer/manifest.json"
try "a newer schema: 2" one_line 2 "schema 99" "$report" "$tmp/newer"
try "no scripts there: 2" exits 2 "$report" --scripts="$tmp/none" "$tmp/none"

full "$tmp/run"
try "gnuplot missing: 6" exits 6 no_gnuplot --scripts="$scripts" "$tmp/run"
try "gnuplot missing: the report is there and says what to install" \
	has "$tmp/run/report.html" "apt-get install gnuplot-nox"
try "gnuplot missing: tables are there" has "$tmp/run/report.md" "| batch:64 | map | v2 |"
try "--no-plots: 0" exits 0 "$report" --no-plots --scripts="$scripts" "$tmp/run"
try "--no-plots: data files are there" test -s "$tmp/run/plots/map_unmap-batch-map.dat"
try "full disk: 1, named" says 1 "report.html" file_limit --no-plots "$tmp/run"
try "full disk: the old report is whole" has "$tmp/run/report.html" "</html>"
try "standard output on a full disk: 1, one line" one_line 1 "standard output: No space" \
	sh -c '"$1" --no-plots --scripts="$2" "$3" >/dev/full' sh "$report" "$scripts" "$tmp/run"
closed() { # every descriptor of the three closed: the report is as it was, and exit code 0
	cp "$tmp/run/report.md" "$tmp/before.md"
	"$report" --no-plots --scripts="$scripts" "$tmp/run" <&- >&- 2>&- && cmp "$tmp/run/report.md" "$tmp/before.md"
}
try "descriptors 0 to 2 closed: 0, the report is whole" closed

if command -v gnuplot >/dev/null; then
	full "$tmp/crowded"
	crowded() { # one line for plots and one for each report; none of gnuplot's
		out=$(file_limit "$tmp/crowded" 2>&1)
		[ $? = 1 ] && [ "$(wc -l <<<"$out")" -le 3 ] && ! grep -qv "^grantbench-report: cannot write $tmp/crowded/" <<<"$out"
	}
	try "full disk: the file is named, and gnuplot is not blamed" crowded
	try "a report with plots: 0" exits 0 "$report" --scripts="$scripts" "$tmp/run"
	try "drawings are well-formed" well_formed "$tmp"/run/plots/*.svg
	try "drawings have data" drawings_have_data "$tmp/run"
	for f in headline-ratios map_unmap-batch-map map_unmap-flushes p2m_lock-shares table_growth-grow \
		block_replay-latency-request newcomer-thing; do
		try "drawing $f" test -s "$tmp/run/plots/$f.svg"
	done
	try "the page holds its drawings" test "$(grep -o '<svg' "$tmp/run/report.html" | wc -l)" = \
		"$(ls "$tmp"/run/plots/*.svg | wc -l)"
	try "ids in the page are unique" test -z "$(grep -oE ' id=["'\''][^"'\'']+' "$tmp/run/report.html" | tr '"' "'" | sort | uniq -d)"
	instructions "$tmp/insn"
	try "an instruction clock: 0" exits 0 "$report" --scripts="$scripts" "$tmp/insn"
	try "an instruction clock: on the axis of a sweep" has "$tmp/insn/plots/map_unmap-batch-map.svg" "map, instructions/page"
	try "an instruction clock: on the axis of bars" has "$tmp/insn/plots/block_replay-request.svg" "request (instructions/request)"
	try "an instruction clock: on the axis of latency" has "$tmp/insn/plots/block_replay-latency-request.svg" ">instructions, logarithmic<"
	try "an instruction clock: no axis is a time" lacks "$tmp/insn/plots/" '<text>[^<]*\bn?s\b' -r --include='*.svg'
	mkdir "$tmp/gp" && cp plot/figures/*.gp "$tmp/gp" && echo 'this is not gnuplot' >"$tmp/gp/sweep.gp"
	flush=$tmp/run/plots/iotlb_flush-pages-flush.svg
	try "of one version: a line for each value of what is crossed with the number" \
		test "$(grep -oE '>scope:(range|page|domain)<' "$flush" | sort -u | wc -l)" = 3
	try "and the pages on the axis, marked as logarithmic" has "$flush" ">pages of a range, logarithmic<"
	try "it is the figure that is seen first" test "$(grep -oE 'id="fig-iotlb_flush[^"]*"' "$tmp/run/report.html" | head -1)" = \
		'id="fig-iotlb_flush-pages-flush"'
	try "what the other parameter does not change: one line, no key" lacks "$tmp/run/plots/iotlb_flush-pages-map.svg" 'tspan[^>]*>(scope:|v1<)'
	try "versions that flush alike share a line" has "$tmp/run/plots/map_unmap-flushes.svg" ">v1 and v2, pv<"
	try "a script that fails: 1" exits 1 "$report" --scripts="$tmp/gp" "$tmp/run"
	try "a script that fails: the report says so" has "$tmp/run/report.html" "gnuplot failed"
	try "again with good scripts: 0" exits 0 "$report" --scripts="$scripts" "$tmp/run"
else
	skip "plots" "gnuplot is not installed"
fi

# Files of a report before that the new one does not make, and those of others. --no-plots names figures without drawing.
stale() { # OPTION...
	local p=$tmp/stale/plots
	rm -rf "$tmp/stale" && cp -r "$tmp/run" "$tmp/stale" && echo 1 >"$p/mine.dat" && echo '<svg/>' >"$p/mine.svg" &&
		echo '<svg/>' >"$p/newcomer-thing.svg" && cp "$p/newcomer-thing.dat" "$p/copy.dat" &&
		echo '# mine' >"$p/p2m_lock-op.dat" &&
		sed -i '/"bench":"newcomer"/d; /"bench":"p2m_lock"/d' "$tmp/stale/cells.jsonl" &&
		sed -i 's/<main>/<main><figure id="fig-..\/manifest.json"><figure id="fig-mine">/' "$tmp/stale/report.html" &&
		"$report" "$@" "$tmp/stale" && [ -s "$p/mine.dat" ] && [ -s "$p/mine.svg" ] && [ -s "$p/copy.dat" ]
}
try "a second report of the same folder: files that no report made stay" stale --no-plots
try "files of figures that it has no more are gone" test ! -e "$tmp/stale/plots/newcomer-thing.dat" -a ! -e "$tmp/stale/plots/newcomer-thing.svg"
try "what a user wrote under the name of one is not" has "$tmp/stale/plots/p2m_lock-op.dat" "# mine"
try "drawings that --no-plots leaves out are gone, their data is there" \
	test ! -e "$tmp/stale/plots/headline-ratios.svg" -a -s "$tmp/stale/plots/headline-ratios.dat"

for f in html md; do
	try "$f: no script from --meta" lacks "$tmp/run/report.$f" '<script|<i>|<b>'
	try "$f: --meta is shown, escaped" has "$tmp/run/report.$f" '&lt;script&gt;alert(1)'
	try "$f: reasons are shown, escaped" has "$tmp/run/report.$f" 'no &lt;i&gt;reason'
	try "$f: what changed" has "$tmp/run/report.$f" 'governor'
	try "$f: planned and not run" has "$tmp/run/report.$f" 'map_unmap/planned:only'
	try "$f: counts that are zero are left out" lacks "$tmp/run/report.$f" 'never'
	try "$f: launches" has "$tmp/run/report.$f" 'Launches'
done
# What became unknown has changed, in the sentence and in the table.
try "md: the sentence names what changed" has "$tmp/run/report.md" 'The machine changed during the run: governor, turbo.'
try "md: and the table shows it" has "$tmp/run/report.md" '| turbo | on | not known | changed |'
try "md: null before and after is the same" has "$tmp/run/report.md" '| host | not known | same |  |'
try "html: nothing from elsewhere" lacks "$tmp/run/report.html" \
	'(src|href|action|data)=["'\'']?(https?:|//)|url\((https?|["'\''])|@import|<link|<img|<iframe|xmlns'
try "html: addresses are text only" test -z "$(sed 's/http:\/\/example.org//' "$tmp/run/report.html" | grep -nE 'https?://')"
try "html: entry none and syscall side by side" has "$tmp/run/report.html" 'Ratio with entry'
try "no temporary files are left" test -z "$(find "$tmp/run" -name '*.tmp*')"

rm -rf "$tmp/insn"
instructions "$tmp/insn"
try "an instruction clock, without plots: 0" exits 0 "$report" --no-plots "$tmp/insn"
for f in html md; do
	try "$f: instructions in the table" has "$tmp/insn/report.$f" "instructions/page"
	try "$f: what the clock counts" has "$tmp/insn/report.$f" "The clock of this run counts instructions"
	try "$f: no figure is a time" lacks "$tmp/insn/report.$f" '\bns\b|\bns/|nanosecond|s were spent|intervals\. Centre'
	try "$f: no figure of class X or H" lacks "$tmp/insn/report.$f" 'class [XH]|[|>] ?[XH] ?[|<]'
	try "$f: no baseline against itself, and why" has "$tmp/insn/report.$f" "Not looked at: the clock"
	try "$f: noise was not looked at" has "$tmp/insn/report.$f" "Noise during the run was not looked at"
	try "$f: what is left out" has "$tmp/insn/report.$f" "left &lt;out&gt;"
	try "$f: options of the target" has "$tmp/insn/report.$f" "Options of the target"
	try "$f: a model that the target has no choice of is not shown as unknown" lacks "$tmp/insn/report.$f" '(entry|flush) \?'
done
try "ratios of counts are class C" has "$tmp/insn/report.md" "Ratio, class C"
manifest "$tmp/untrusted"
sed -i 's/"target":"hv"/"target":"hv","clock":{"name":"monotonic","unit":"ns","exact":false,"trusted":false,"reason":"TEST reason"}/' "$tmp/untrusted/manifest.json"
cp "$tmp/run/cells.jsonl" "$tmp/untrusted/"
try "times that cannot be trusted: 0" exits 0 "$report" --no-plots "$tmp/untrusted"
try "times that cannot be trusted: the report says so" has "$tmp/untrusted/report.md" "cannot be trusted: TEST reason"

for f in html md; do
	try "$f: a run that does not say what its benchmarks are: says so" has "$tmp/run/report.$f" 'has no text for this benchmark'
	try "$f: and what its versions are: those of then" has "$tmp/run/report.$f" 'v1, v2'
done

# A run that says both. TEST-WORDS are no version's.
cp -r "$tmp/run" "$tmp/told"
sed -i 's/"target":"hv"/"target":"hv","versions":[{"name":"v2","words":"TEST-WORDS <b>","colour":"#123456"},{"name":"v1","colour":"blue"}],"baseline":"v2","benches":[{"name":"map_unmap","summary":"s","measures":"TEST-MEASURES <i>","not_measured":"TEST-NOT"},{"name":"elsewhere","summary":"s","measures":null}]/' \
	"$tmp/told/manifest.json"
try "a run that says what its versions and benchmarks are: 0" exits 0 "$report" --no-plots "$tmp/told"
for f in html md; do
	try "$f: what a benchmark measures" has "$tmp/told/report.$f" 'TEST-MEASURES &lt;i'
	try "$f: and does not show" has "$tmp/told/report.$f" 'TEST-NOT'
	try "$f: what a version is" has "$tmp/told/report.$f" 'TEST-WORDS &lt;b'
	try "$f: a benchmark of the suite that is not in the run" has "$tmp/told/report.$f" 'left out with their plots: elsewhere'
	try "$f: one that the manifest has nothing of" has "$tmp/told/report.$f" 'has no text for this benchmark'
done
at=$(grep -h '^[-0-9.]* [0-9.]* .*"' "$tmp/told/plots/newcomer-thing.dat")
try "the colour of a version is the manifest's" grep -q " $((0x123456)) [0-9]* \"" <<<"$at"
try "a colour that is none leaves it as it was" grep -q " $((0x0072b2)) [0-9]* \"" <<<"$at"

cp -r "$tmp/run" "$tmp/shaky"
sed -i 's/"status":"ok"/"status":"unstable"/' "$tmp/shaky/cells.jsonl"
try "unstable cells: 0" exits 0 "$report" --no-plots "$tmp/shaky"
try "what is established reads as dearer" has "$tmp/run/report.md" "times the cost"
try "what is unstable never does" lacks "$tmp/shaky/report.md" '(dearer|cheaper|times the cost)( [|]|[)])'
try "and says why" has "$tmp/shaky/report.md" "not established: the cell was unstable"
for f in run shaky; do
	try "$f: neither nan nor inf" lacks "$tmp/$f/report.md" '\b(nan|inf)\b' -i
done
# newcomer's v2 is dearer by its ratio, and has the smaller time: drift, as times are formed apart from ratios.
cp -r "$tmp/run" "$tmp/drift"
sed -i '/"bench":"newcomer"/s/"value":33,/"value":9,/; /"batch":"64","entry":"none","mapper":"pv"/s/"value":42,/"value":9,/' "$tmp/drift/cells.jsonl"
try "drift set times against their ratios: 0" exits 0 "$report" --no-plots "$tmp/drift"
try "bars: what seems to deny a ratio is not drawn" grep -q '^[^#].* nan .*"drifted  v2" 2$' "$tmp/drift/plots/newcomer-thing.dat"
try "bars: and the caption says so" has "$tmp/drift/report.md" "Drifted: drift set the time against the ratio"
try "sweeps: the ratio alone is shown" grep -q '^64 ? 3.00' "$tmp/drift/plots/map_unmap-batch-map.dat"
try "sweeps: and the caption says so" has "$tmp/drift/report.md" "Of 1 point only the ratio is shown"
try "tables: neither" has "$tmp/drift/report.md" "| drifted |"
try "where nothing drifted, nothing is said" lacks "$tmp/run/report.md" '[|] drifted|Drifted:|only the ratio is shown'
try "unstable cells are drawn as outlines" grep -q '^[^#].*"[0-9.]*  v2" 1$' "$tmp/shaky/plots/newcomer-thing.dat"
try "others are not" lacks "$tmp/run/plots/newcomer-thing.dat" '" 1$'
try "how sure: for want of controls the threshold is the default, and of which kind" \
	has "$tmp/run/report.md" "beyond 3 % (the default, as they had fewer than 20 controls) in cells of threads 1, flush count, entry syscall"
try "the title says what it is" has "$tmp/run/report.md" "# grantbench: v2 compared with v1, on hv"
try "without instructions: says how to have them" has "$tmp/run/report.md" "exact ratio of instructions is not here"
cp -r "$tmp/run" "$tmp/both"
mkdir "$tmp/both/instructions"
sed 's/"target":"hv"/"target":"hv","clock":{"name":"instructions","unit":"instructions","exact":true,"trusted":true,"reason":null}/' \
	"$tmp/run/manifest.json" >"$tmp/both/instructions/manifest.json"
sed 's/"value":3.01,"lo":3.01,"hi":3.01/"value":2.789,"lo":2.789,"hi":2.789/g' "$tmp/run/cells.jsonl" >"$tmp/both/instructions/cells.jsonl"
try "with instructions: 0" exits 0 "$report" --no-plots "$tmp/both"
try "with instructions: their ratio beside that of times" grep -q '3.010 .*2.789' "$tmp/both/report.md"
try "with instructions: in the first sentences" has "$tmp/both/report.md" "of instructions 2.789, exactly"
cp -r "$tmp/both" "$tmp/other"
sed -i 's/"kernel":"test"/"kernel":"test","cflags":"-O0"/' "$tmp/other/instructions/manifest.json"
try "instructions of a program built otherwise: 0" exits 0 "$report" --no-plots "$tmp/other"
try "instructions of a program built otherwise: not used, and why" has "$tmp/other/report.md" \
	"is of another compiler's options"
cp -r "$tmp/both" "$tmp/base"
sed -i 's/"to":"v1"/"to":"v0"/g' "$tmp/base/instructions/cells.jsonl"
try "instructions against another baseline: 0" exits 0 "$report" --no-plots "$tmp/base"
try "instructions against another baseline: not beside" lacks "$tmp/base/report.md" '2\.789'
rm -r "$tmp/both/instructions" && mkdir "$tmp/both/instructions" && echo "TEST <b>reason" >"$tmp/both/instructions/reason.txt"
try "instructions that could not be counted: 0" exits 0 "$report" --no-plots "$tmp/both"
try "instructions that could not be counted: says why" has "$tmp/both/report.md" "were not counted: TEST &lt;b&gt;reason"
sed -i 's/"counts":{"flushes":0.5/"counts":{"flushes":0.25/2' "$tmp/both/cells.jsonl"
try "work that differs: 0" exits 0 "$report" --no-plots "$tmp/both"
try "work that differs stands beside the ratio" grep -q '| flushes 0.25 instead of 0.5 |' "$tmp/both/report.md"

# Work that is the same to the last instruction: a control, although the times say three times the cost.
same_work() { # DIR: both versions have one count of instructions in every cell
	full "$1"
	mkdir "$1/instructions"
	sed 's/"target":"hv"/"target":"hv","clock":{"name":"instructions","unit":"instructions","exact":true,"trusted":true,"reason":null}/' \
		"$1/manifest.json" >"$1/instructions/manifest.json"
	sed -E 's/"n":9,"value":[0-9]+,"lo":[0-9]+,"hi":[0-9]+/"n":1,"value":700,"lo":700,"hi":700/g; s/"value":3.01,"lo":3.01,"hi":3.01/"value":1,"lo":1,"hi":1/g
		s/"class":"[XH]"/"class":"C"/g' "$1/cells.jsonl" >"$1/instructions/cells.jsonl"
}
read_as() { grep -E "^[|] $2 [|] $3 [|] v2 [|]" "$1/report.md" | cut -d'|' -f5 | sort -u; }
same_work "$tmp/same"
try "identical work: 0" exits 0 "$report" --no-plots "$tmp/same"
try "identical work is a control" test "$(read_as "$tmp/same" "batch:64" map)" = " identical work: a control "
try "and its ratio stays" has "$tmp/same/report.md" "| batch:64 | map | v2 | identical work: a control | 3.010"
try "the control's section counts them" has "$tmp/same/report.md" "of the controls are rows of another version"
try "the first sentences say so" has "$tmp/same/report.md" "of identical work, which makes them controls and no results"
try "work of several threads is not known to be identical" test "$(read_as "$tmp/same" "centre" change)" != \
	" identical work: a control "
sed -i '2s/"value":700,"lo":700,"hi":700/"value":701,"lo":701,"hi":701/2' "$tmp/same/instructions/cells.jsonl"
sed -i '4s/"flushes":0.5/"flushes":0.25/2' "$tmp/same/cells.jsonl"
rm "$tmp/same/report.md"
try "one instruction, or one count, more or less: 0" exits 0 "$report" --no-plots "$tmp/same"
try "one instruction more: no control" test "$(read_as "$tmp/same" centre map)" != " identical work: a control "
try "one count less: no control" test "$(read_as "$tmp/same" batch:64 map)" != " identical work: a control "
try "the others are" has "$tmp/same/report.md" "identical work: a control"
try "without instructions nothing is" lacks "$tmp/run/report.md" "identical work: a control"

# More than there is room for: what is left out is named, and what all lines say is said once.
many() { # DIR
	local g v
	manifest "$1"
	printf '# value share count\n10 0.25 1\n20 0.5 1\n40 1 2\n' >"$1/histograms/a.txt"
	{
		cell map_unmap null 0 none ok '"batch":"8"' "$(row v1 map ns/page 900 self
			for v in v2 v3 v4 v5 v6; do printf , && row $v map ns/page 950 1.05; done)"
		for g in one two three four five; do
			cell block_replay "$([ $g = one ] && echo null || echo '"grants"')" 0 none ok "\"grants\":\"$g\"" \
				"$(pair request ns 20 histograms/a.txt)"
		done
	} >"$1/cells.jsonl"
}
many "$tmp/many"
try "many versions and cells: 0" exits 0 "$report" --no-plots "$tmp/many"
try "versions without sentences of their own are named" has "$tmp/many/report.md" \
	"2 more compared with v1, whose ratios are among the headlines: v5 (0 lower in cost and 1 higher, of 1) and v6 (0 lower in cost and 1 higher, of 1)."
heights() { sed -n '/^[^#]/p; /^$/q' "$tmp/many/plots/headline-ratios.dat" | grep ' 950\|1\.05' | cut -d' ' -f1 | sort -u | wc -l; }
try "of more versions than share a line each mark has a height of its own" test "$(heights)" = 5
try "cells that a drawing of latency has no room for are named" has "$tmp/many/report.md" \
	"Not drawn, since more lines cannot be told apart: grants:four, grants:five."
headlines() { sed -n '/^## The headlines/,/^## /p' "$1/report.md" >"$1/headlines.md"; }
headlines "$tmp/many"
try "every headline has its level and sample" has "$tmp/many/headlines.md" "| Level, sample |"
try "a report of few has nothing to add" lacks "$tmp/run/report.md" "more compared with|Not drawn" -E

# Counts that differ between launches: of one thread a defect, of several the schedule.
full "$tmp/moved"
sed -i '3s/"flushes":0.5/"flushes":0.75/g' "$tmp/moved/cells.jsonl"
grep '"p2m_lock/' "$tmp/moved/cells.jsonl" | sed 's/"launch":0/"launch":1/; s/"flushes":0.5/"flushes":0.75/g' >"$tmp/again"
cat "$tmp/again" >>"$tmp/moved/cells.jsonl"
try "counts that moved: 0" exits 0 "$report" --no-plots "$tmp/moved"
defects() { grep -c "this is a defect of the benchmark" "$1/report.md"; }
try "counts of one thread that moved are a defect, those of two are not" test "$(defects "$tmp/moved")" = 1
try "those of two are class S" has "$tmp/moved/report.md" "Work counts of the centre cell (class S"
try "those of one are not" has "$tmp/moved/report.md" "Work counts of the centre cell (exact)"
"$report" --summary "$tmp/moved"
classes() { python3 -c 'import csv, json, sys
d = json.load(open(sys.argv[1] + "/summary.json"))
print(*sorted({(c["bench"], r["counts_class"]) for c in d["cells"] for r in c["rows"] if c["bench"] in ("p2m_lock", "copy", "map_unmap")}))
print(*sorted({(x["bench"], x["counts_class"]) for x in csv.DictReader(open(sys.argv[1] + "/summary.csv")) if x["version"] and x["bench"] in ("p2m_lock", "map_unmap")}))
print(any("/count." in b["name"] and b["cell"].startswith("p2m_lock") for b in json.load(open(sys.argv[1] + "/benchmark.json"))["benchmarks"]))' "$1"; }
try "the files for machines say which is which, and compare what is exact" test "$(classes "$tmp/moved" | tr '\n' ' ')" = \
	"('map_unmap', 'C') ('p2m_lock', 'S') ('map_unmap', 'C') ('p2m_lock', 'S') False "

cp -r "$tmp/run" "$tmp/torn"
printf '{"cell":"map_unmap/batch:99","bench":"map' >>"$tmp/torn/cells.jsonl"
try "torn last line: 0" exits 0 "$report" --no-plots "$tmp/torn"
try "torn last line: the report says so" has "$tmp/torn/report.html" "last line of cells.jsonl is torn"
try "torn last line: the rest is there" has "$tmp/torn/report.md" "| batch:64 | map | v2 |"
cp -r "$tmp/run" "$tmp/hurt"
sed -i '2s/.*/garbage/' "$tmp/hurt/cells.jsonl"
try "a damaged line: 0" exits 0 "$report" --no-plots "$tmp/hurt"
try "a damaged line: the report says which" has "$tmp/hurt/report.md" "line 2"

manifest "$tmp/empty-run" running
try "a run without cells: 0" exits 0 "$report" --scripts="$scripts" "$tmp/empty-run"
try "a run without cells: says so" has "$tmp/empty-run/report.md" "no cells.jsonl"
try "a run without cells: not complete" has "$tmp/empty-run/report.md" "not complete"
try "a run without cells: draws nothing" test -z "$(ls "$tmp/empty-run/plots")"

manifest "$tmp/nulls"
sed 's/"value":[0-9.]*,"lo":[0-9.]*,"hi":[0-9.]*/"value":null,"lo":null,"hi":null/g; s/histograms\/a.txt/..\/..\/etc\/passwd/' \
	"$tmp/run/cells.jsonl" >"$tmp/nulls/cells.jsonl"
try "figures that do not exist: 0" exits 0 "$report" --scripts="$scripts" "$tmp/nulls"
try "a histogram outside the folder is not read" has "$tmp/nulls/report.md" "histogram files are missing"
try "a name of more folders is kept apart" test ! -e "$tmp/nulls/plots/map_unmap-batch-map.svg"

echo "1..$n"
exit $bad
