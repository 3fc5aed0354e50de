#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# tap-timeout: 240
# Every file of a quick run, by parsers that are not the suite's, and against docs/results.md.
# JSON_RUN=DIR looks at that run in place of a new one.
set -u
cd "$(dirname "$0")/../.." || exit 1
B=${B:-build}
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
# shellcheck source=tests/tools/tap.sh
. tests/tools/tap.sh

# Perl's JSON::PP takes no NaN, no Infinity, no comment and no trailing comma either.
perl_strict() {
	perl -MJSON::PP -e '
		my $bad = 0;
		for my $name (@ARGV) {
			open(my $f, "<:raw", $name) or die "$name: $!\n";
			my @docs = $name =~ /l$/ ? <$f> : join("", <$f>);
			for (@docs) { eval { JSON::PP->new->utf8->decode($_); 1 } or do { print "$name: $@"; $bad = 1 } }
		}
		exit $bad' "$@"
}

# The parsers themselves: what must not pass, does not.
broken() {
	local text i=0
	while IFS= read -r text; do
		i=$((i + 1))
		printf '%s\n' "$text" >"$tmp/$i.json"
		! python3 tests/tools/results.py strict "$tmp/$i.json" >/dev/null || echo "python takes $text"
		[[ $text == *'"b": 2, "b"'* ]] || ! perl_strict "$tmp/$i.json" >/dev/null || echo "perl takes $text"
	done <<-'LIST'
	{"a": NaN}
	{"a": -Infinity}
	{"a": 1,}
	{"a": 01}
	{"a": 1
	{"a": "b
	{'a': 1}
	{"b": 2, "b": 3}
	{"a": 1} {"a": 2}
	LIST
	printf '{"a": "\xff"}' >"$tmp/x.json"
	! python3 tests/tools/results.py strict "$tmp/x.json" >/dev/null || echo "python takes bytes that are no UTF-8"
	printf '{"a": 1}\n{"a": 2}' >"$tmp/x.jsonl"
	! python3 tests/tools/results.py strict "$tmp/x.jsonl" >/dev/null || echo "a last line without an end passes"
}

echo 1..18
out=$(broken)
[ -z "$out" ]
ok $? "both parsers are strict"

dir=${JSON_RUN:-$tmp/run}
start=$(date +%s%N)
out=
code=0
if [ -z "${JSON_RUN-}" ]; then
	out=$("$B/grantbench" --quick --quiet --allow-untrusted --out="$dir" --meta 'text=ä "quoted" \ </script>' 2>&1)
	code=$?
fi
took=$((($(date +%s%N) - start) / 1000000))
[ $code = 0 ] && [ -z "$out" ]
ok $? "a quick run of everything"
out="$took ms"
[ $took -lt 50000 ]
ok $? "in less than 50 s: twice its budget at most, and what is around"
# The files are to be seen with all that can be in them.
out=$(grep -o '"cell":"[^"]*".*was used up before' "$dir/cells.jsonl" | cut -c1-80)
[ -z "$out" ]
ok $? "and nothing is left out for want of time"

mapfile -t files < <(find "$dir" -name '*.json' -o -name '*.jsonl')
out=$(printf '%s\n' "${files[@]}")
[ ${#files[@]} -ge 3 ]
ok $? "it wrote manifest.json, cells.jsonl and benchmark.json"
out=$(python3 tests/tools/results.py strict "${files[@]}")
ok $? "all of them are strict JSON to Python"
out=$(perl_strict "${files[@]}" 2>&1)
ok $? "and to Perl"
out=$(python3 tests/tools/results.py folder "$dir")
ok $? "the folder is whole: planned cells, counts, histograms"
# What is changed in one of its files is told.
wrong=
for change in 'summary.json s/"fingerprint":"/&0/' 'summary.json s/"value":1/"value":2/' 'summary.csv s/,ns\/page,lower,X,\([0-9]*\),[0-9]/,ns\/page,lower,X,\1,/' \
	'benchmark.json s/"real_time":1/"real_time":2/' 'benchmark.json s/"git_sha":"/&0/'; do
	rm -rf "$tmp/changed" && cp -a "$dir" "$tmp/changed" && sed -i "${change#* }" "$tmp/changed/${change%% *}"
	cmp -s "$dir/${change%% *}" "$tmp/changed/${change%% *}" && wrong+="$change changes nothing; "
	python3 tests/tools/results.py folder "$tmp/changed" >/dev/null && wrong+="$change is not told; "
done
out=$wrong
[ -z "$wrong" ]
ok $? "a figure or a key that is changed in a summary or in benchmark.json is told"
out=$(python3 -c 'import sys, xml.dom.minidom as m; m.parse(sys.argv[1])' "$dir/topology.xml" 2>&1)
ok $? "topology.xml is XML"
for check in manifest cells rows histograms summary benchmark; do
	out=$(python3 tests/tools/schema.py $check "$dir" 2>&1)
	ok $? "$(
		case $check in
		manifest) echo "manifest.json has the keys and types of docs/results.md, and no other" ;;
		cells) echo "so have the lines of cells.jsonl" ;;
		rows) echo "so have rows: medians in their intervals, ratios, counts" ;;
		histograms) echo "quantiles in rows are those of the histogram files" ;;
		summary) echo "summary.json and summary.csv have medians over launches, levels and counts of cells.jsonl" ;;
		benchmark) echo "benchmark.json has Google Benchmark's shape, short names and the figures of summary.json" ;;
		esac
	)"
done

# The report makes them for a run of a grantbench that did not.
cp -a "$dir" "$tmp/old" && rm "$tmp/old"/summary.* "$tmp/old/benchmark.json"
out=$("$B/grantbench-report" --no-plots "$tmp/old" 2>&1 >/dev/null; for f in summary.json summary.csv benchmark.json; do cmp "$dir/$f" "$tmp/old/$f"; done)
[ -z "$out" ]
ok $? "grantbench-report makes the same files where they are missing"

# One round has no interval, and a cell that was skipped has no figure at all: null, and not a number that is none.
dir=$tmp/poor
out=$("$B/grantbench" --filter='^(table_growth|copy)/' --repetitions=1 --budget=0.000001 --launches=0 --quiet \
	--allow-untrusted --out="$dir" 2>&1; python3 tests/tools/results.py folder "$dir"; perl_strict "$dir"/*.json*
	python3 tests/tools/schema.py cells "$dir"; python3 tests/tools/schema.py summary "$dir"; python3 tests/tools/schema.py benchmark "$dir")
[ -z "$out" ] && grep -q '"lo": *null' "$dir/cells.jsonl" && grep -q '"skipped"' "$dir/cells.jsonl"
ok $? "figures that do not exist are null"
exit $bad
