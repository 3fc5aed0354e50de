#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# tap-timeout: 120
# Every program and the scripts that print figures: output that does not arrive is exit code 1 with one line, and
# descriptors 0 to 2 that are closed at the start stay out of the results; few descriptors are told as that.
set -u
cd "$(dirname "$0")/../.." || exit 1
B=${B:-build}
export B
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
# shellcheck source=tests/tools/tap.sh
. tests/tools/tap.sh
gb=$B/grantbench
few=(--filter='^table_growth/' --budget=1 --launches=0 --allow-untrusted --pin=none)

# lost PROGRAM ARGS...: its output goes to a full disk.
lost() {
	local name=${1##*/}
	err=$("$@" 2>&1 >/dev/full </dev/null)
	code=$?
	[ $code = 1 ] && [ "$(grep -c "^$name: cannot write to standard output" <<<"$err")" = 1 ] &&
		[[ $err != *Traceback* && $err != *Exception* ]]
	ok $? "$name ${*:2:1}: 1 where standard output is full"
}

for option in --help --version --list --list=json --dry-run doctor; do lost "$gb" $option; done
lost "$gb" --self-test=overhead --pin=none
lost "$gb" --format=json --quiet "${few[@]}" --out="$tmp/full"
python3 tests/tools/results.py folder "$tmp/full" >"$tmp/out" 2>&1
ok $? "and the results of that run are whole"
lost "$gb" --no-progress "${few[@]}" --out="$tmp/summary"
lost "$B/grantbench-report" --help
lost "$B/grantbench-report" --no-plots "$tmp/full"
lost "$B/grantbench-profile" --help
lost "$B/grantbench-export" --help
[ ! -x "$B/grantbench-history" ] || lost "$B/grantbench-history" --help
[ ! -x "$B/grantbench-dashboard" ] || lost "$B/grantbench-dashboard" --help
lost "$B/grantbench-export" csv "$tmp/full"
[ ! -x "$B/grantbench-domain" ] || lost "$B/grantbench-domain" --help
lost scripts/claims --list
lost scripts/hv-instructions --help
lost scripts/iotlb-costs --help
# Their own words are bash's and sed's.
for script in bootstrap check clean-root lab lab-all lab-diff new-benchmark; do
	scripts/$script --help >/dev/full 2>"$tmp/err"
	code=$?
	err=$(<"$tmp/err")
	[ $code = 1 ] && [ -n "$err" ]
	ok $? "$script --help: 1 where standard output is full"
done

# A pipe that nobody reads is no place to arrive at either; the results are not touched by it.
"$gb" "${few[@]}" --no-progress --out="$tmp/pipe" 2>"$tmp/err" | true
[ "${PIPESTATUS[0]}" = 1 ] && grep -q 'standard output: Broken pipe' "$tmp/err" &&
	python3 tests/tools/results.py folder "$tmp/pipe" >"$tmp/out"
ok $? "a reader that goes away: 1, the results are whole"

# closed NAME REDIRECTION...: a run with descriptors closed has a whole folder, and nothing of the summary in it.
closed() {
	local dir=$tmp/closed-$1
	eval '"$gb" "${few[@]}" --launches=1 --no-progress --results="$dir"' "${@:2}" >/dev/null
	code=$?
	out=$(python3 tests/tools/results.py folder "$dir/latest" 2>&1; python3 tests/tools/results.py strict "$dir"/latest/*.json* 2>&1
		grep -l 'honest in time' -r "$dir")
	[ $code = 0 ] && [ -z "$out" ] && [ "$(wc -l <"$dir/.lock")" = 1 ]
	ok $? "closed at the start: $1"
}
closed 0 '<&-'
closed 1 '>&-'
closed 2 '2>&-'
closed 0,1,2 '<&- >&- 2>&-'
out=$("$gb" --no-such-option 2>&1 <&- >&-)
code=$?
[ $code = 2 ]
ok $? "and the exit code is what it was"

# few NUMBER: a run and its report where so many files can be open: they go well, or say so and not something else.
few() {
	local dir=$tmp/few-$1
	err=$(ulimit -n "$1" && "$gb" "${few[@]}" --launches=1 --quiet --results="$dir" 2>&1 >/dev/null)
	code=$?
	case $code in
	0) [ -z "$err" ] || echo "$1 files: 0, and $err" ;;
	1) [ -n "$err" ] && ! grep -vE 'raise ulimit -n(; v3: not supported: .*)?$' <<<"$err" || echo "$1 files: 1, and $err" ;;
	*) echo "$1 files: $code" ;;
	esac
	[ ! -e "$dir/latest" ] || python3 tests/tools/results.py folder "$dir/latest"
	[ ! -e "$dir/latest" ] || [ -z "$(ulimit -n 4; "$B/grantbench-report" "$dir/latest" 2>&1 >/dev/null | grep -v 'Too many open files')" ] ||
		echo "$1 files: the report says something else"
	[ $code = 1 ] || went_well=$((went_well + 1))
	[ $code = 0 ] || was_told=$((was_told + 1))
}
went_well=0
was_told=0
for files in {4..20}; do few $files; done >"$tmp/out"
out=$(<"$tmp/out")
[ -z "$out" ] && [ $went_well -gt 2 ] && [ $was_told -gt 6 ]
ok $? "4 to 20 open files: $was_told times too few, which is said, $went_well times enough"
echo "1..$n"
exit $bad
