#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# tap-timeout: 500
# Two builds, and what grantbench compare says: of one build measured twice nothing; of work that was added on purpose
# (hv/base/dear.h, hv/base/slow.h) what it is, by counts, or by instructions where no counter sees it. All kinds of it
# scripts/claims compare.mutations looks for; here one of each way to be found.
set -u
cd "$(dirname "$0")/../.." || exit 1
B=${B:-build}
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
# shellcheck source=tests/tools/tap.sh
. tests/tools/tap.sh

for wrong in nothing 'atomic lock' none; do
	out=$(make -n "DEAR=$wrong" 2>&1)
	[ $? = 2 ] && [[ $out == *"DEAR=$wrong: there is "*atomic*hidden*byte* ]]
	ok $? "DEAR=$wrong: refused, with what there is"
done
out=$(for k in hidden flush; do
	make -j2 --no-print-directory WERROR=1 DEAR=$k build-dear-$k/grantbench build-dear-$k/grantbench-report || exit 1
done 2>&1)
ok $? "builds with more work, beside the usual one"

count() { # BUILD NAME
	B=$1 scripts/hv-instructions --filter='^map_unmap/' --set=batch=64 --set=mapper=pv,translated \
		--versions=v1,v2,v1-batch --out="$tmp/$2"
}
compare() { # NAME OPTION...
	local name=$1
	shift
	"$B/grantbench" compare "$tmp/base" "$tmp/$name" --json="$tmp/$name.json" "$@"
}
# rows NAME: verdict, version, metric, figure, counts that differ; of rows that are not the same.
rows() {
	python3 - "$tmp/$1.json" <<-'PY'
		import json, sys
		for r in json.load(open(sys.argv[1]))["rows"]:
		    if r["verdict"] != "same":
		        mapper = "pv" if "mapper:pv/" in r["cell"] else "translated"
		        print(r["verdict"], mapper, r["version"], r["metric"], r["figure"],
		              ",".join(c["count"] for c in r["changes"] or []))
	PY
}

out=$(count "$B" base && count "$B" again && count build-dear-hidden hidden && count build-dear-flush flush 2>&1)
ok $? "work and instructions of three builds, and of the usual one again"

out=$(compare again --gate=0)
code=$?
[ $code = 0 ] && [[ $out == *$'\nsame 24\nverdict: passes, 24 rows' ]]
ok $? "one build twice: all counts and all instructions are the same, to the last one"
out=$(rows again)
[ -z "$out" ]
ok $? "and no row says anything else"

# Measured by the clock: times differ, and counts do not.
out=$(for k in 1 2; do
	"$B/grantbench" --filter='^(map_unmap|copy|table_growth)/' --set=entry=none --launches=0 --budget=3 --quiet \
		--allow-untrusted --out="$tmp/run$k" || exit 1
done 2>&1) && out=$("$B/grantbench" compare "$tmp/run1" "$tmp/run2" --only=counts --fail-on=slower,changed,faster)
code=$?
[ $code = 0 ] && [ "$(sed -n 's/^same //p' <<<"$out")" -ge 10 ]
ok $? "two runs by the clock: no count differs"
out=$("$B/grantbench" compare "$tmp/run1" "$tmp/run2" --only=ratios --fail-on=slower,faster)
code=$?
[[ $code = 0 && $out == *"needs "*" launches on each side, there are 1 and 1"* || $code = 7 && $out == *untrusted* ]]
ok $? "and nothing is said of times that one launch has measured, but how many it takes"

out=$(compare hidden)
code=$?
[ $code = 3 ] && [[ $out == *"subject: "*"variant (unknown / DEAR=hidden)"* && $out == *"machine: the same"* ]]
ok $? "a lock that no counter sees: exit code 3; it is the subject that differs, not the machine"
out=$(rows hidden | sort)
[ "$out" = "$(printf 'slower pv %s map instructions \n' v1 v1-batch v2)" ]
ok $? "it is found in the maps by instructions, and nowhere else"
out=$(compare hidden --gate=0 >/dev/null; rows hidden | sort)
[ "$out" = "$(printf 'slower %s map instructions \n' 'pv v1' 'pv v1-batch' 'pv v2' 'translated v1' 'translated v1-batch' 'translated v2')" ]
ok $? "without a gate also where it is less than 0.2 %"
out=$(compare hidden --only=counts)
[ $? = 0 ]
ok $? "and counts alone do not see it"

out=$(compare flush --only=counts)
code=$?
[ $code = 3 ]
ok $? "one more flush for each hypercall that unmaps: exit code 3, by counts alone"
out=$(rows flush)
[ "$(wc -l <<<"$out")" = 6 ] && ! grep -vE '^slower (pv|translated) v[^ ]* unmap counts .*flushes' <<<"$out"
ok $? "it is found in each unmap of each version, as flushes, and nowhere else"
out=$("$B/grantbench" compare "$tmp/flush" "$tmp/base")
code=$?
[ $code = 0 ] && [[ $out == *"faster "* && $out != *"slower "* ]]
ok $? "the other way round it is less work: faster, exit code 0"
out=$(make --no-print-directory -n DEAR=hidden SLOW=v1:4 2>&1 | grep -c 'build-slow-v1-4-dear-hidden')
[ "$out" -gt 0 ]
ok $? "kinds of variants have folders of their own together"
echo "1..$n"
exit $bad
