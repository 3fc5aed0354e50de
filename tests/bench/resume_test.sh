#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# tap-timeout: 400
# A run that is killed, at any moment, and resumed has the rows of one that was not.
# RESUME_SEED=n repeats the moments of an earlier run, RESUME_KILLS=n makes fewer of them.
set -u
cd "$(dirname "$0")/../.." || exit 1
B=${B:-build}
gb=$B/grantbench
KILLS=${RESUME_KILLS:-50}
seed=${RESUME_SEED:-$RANDOM}
RANDOM=$seed
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
# shellcheck source=tests/tools/tap.sh
. tests/tools/tap.sh

# Six cells of five families: latency histograms, exact metrics, two headline cells with a re-launch.
CENTRE='iommu:none/vcpu:same/pin:first/stride:1/flush:count/entry:none/cpus:8/args:walked$'
SIX="^(map_unmap/batch:64/access:rw/mapper:(pv|translated)/$CENTRE|table_growth/frames:16/|grant_access/stride:2/"
SIX+='|iotlb_flush/pages:8/scope:range/|block_replay/grants:persistent/)'
ONE='^table_growth/frames:16/'

# run ROOT ARGS...: without a word to the terminal; unstable cells are this machine's affair.
run() {
	local root=$1
	shift
	"$gb" --results="$root" --quiet --allow-untrusted "$@"
}
results() { python3 tests/tools/results.py "$@"; }
now_ms() { echo $(($(date +%s%N) / 1000000)); }

# keep ROOT: the cells.jsonl of the moment, for `results.py resumed`.
keep() {
	[ ! -e "$1/latest/cells.jsonl" ] || cp "$1/latest/cells.jsonl" "$1.before"
}

echo "# seed $seed"
echo 1..21

# ---- 50 random moments ----

# As short as this machine lasts for all of it; beside busy neighbours that is longer.
args=(--filter="$SIX" --launches=1 --versions=v1,v2,v1-batch)
for ms in 800 1300 2000 3000; do
	start=$(now_ms)
	out=$(run "$tmp/whole" "${args[@]}" --budget=${ms}e-3 2>&1)
	code=$?
	took=$(($(now_ms) - start))
	results rows "$tmp/whole/latest" >"$tmp/want"
	grep -qv ' ok$' "$tmp/want" || grep -q ' - - ' "$tmp/want" || break
done
[ $code = 0 ]
ok $? "a run that nobody disturbs, in $took ms"
out=$(results folder "$tmp/whole/latest")
ok $? "it has a whole folder"
out=$(cat "$tmp/want")
[ "$(cut -d' ' -f1,2 "$tmp/want" | sort -u | wc -l)" = 8 ] && [ "$(wc -l <"$tmp/want")" -gt 40 ] &&
	! grep -v ' ok$' "$tmp/want" && ! grep ' - - ' "$tmp/want"
ok $? "all its 8 cells and launches were measured"
[ "$took" -le $((ms + 1000)) ]
ok $? "it takes little longer than its $ms ms"

starved=0
killed=0
torn=0
# More time than before: what is looked for is which cells are there, not how well they were measured.
more=$((ms + 500))
: >"$tmp/wrong"
roots=()
for ((i = 1; i <= KILLS; i++)); do
	at=$((RANDOM % took))
	root=$tmp/$i-killed-after-$at-ms
	"$gb" --results="$root" --quiet --allow-untrusted "${args[@]}" --budget=${ms}e-3 >/dev/null 2>&1 &
	pid=$!
	sleep "$((at / 1000)).$(printf %03d $((at % 1000)))"
	kill -9 $pid 2>/dev/null
	wait $pid 2>/dev/null
	[ $? != 137 ] || killed=$((killed + 1))
	keep "$root"
	[ ! -s "$root.before" ] || [ -z "$(tail -c 1 "$root.before" | tr -d '\n')" ] || torn=$((torn + 1))
	said=$(run "$root" "${args[@]}" --budget=${more}e-3 --resume 2>&1)
	code=$?
	# Once more, and with more time, if the machine stood still.
	if grep -qE 'used up|no round of' "$root"/latest/cells.jsonl 2>/dev/null && [ $starved -lt 5 ]; then
		starved=$((starved + 1))
		more=$((more + 300))
		i=$((i - 1))
		continue
	fi
	[ $code = 0 ] || echo "${root##*/}: exit code $code: $said" >>"$tmp/wrong"
	roots+=("$root")
done
results resumed "$tmp/want" "${roots[@]}" >>"$tmp/wrong" 2>&1
out=$(cat "$tmp/wrong")
[ ! -s "$tmp/wrong" ]
ok $? "killed at $KILLS random moments and resumed: the same rows, and finished cells as they were"
echo "# $killed of them in time, $torn torn lines, $starved repeated for want of processor time"
rm -rf "${roots[@]}"
out="$killed of $KILLS"
[ $killed -ge $((KILLS * 6 / 10)) ]
ok $? "most kills came before the end"

# ---- every call that changes a file ----

out=$(gcc -std=c11 -O1 -shared -fPIC -o "$tmp/fault_at.so" tests/tools/fault_at.c -ldl 2>&1)
ok $? "tests/tools/fault_at.c builds"
# A sanitizer insists on being loaded first.
pre=$(ldd "$gb" | awk '/lib(asan|tsan)/ { print $3 }')
pre="${pre:+$pre:}$tmp/fault_at.so"
one=(--filter="$ONE" --launches=0 --budget=0.1 --pin=none)
out=$(COUNT_FILE=$tmp/calls LD_PRELOAD=$pre run "$tmp/one" "${one[@]}" 2>&1)
results rows "$tmp/one/latest" >"$tmp/want1"
calls=$(cat "$tmp/calls" 2>/dev/null)
[ "${calls:-0}" -gt 25 ] && [ "$(wc -l <"$tmp/want1")" -ge 4 ] && ! grep ' - - ' "$tmp/want1"
ok $? "a run of one cell changes files by $calls calls"

# faults CALLS VAR [VAR=VALUE]: a run with a fault at each call, then resumed. One that finds the disk full says so in
# one line and ends with 1; the lock's content and what follows the last file may be without consequence.
faults() {
	local i root code said what last=$1 var=$2 roots=()
	shift 2
	for ((i = 1; i <= last; i++)); do
		root=$tmp/$var=$i
		rm -rf "$root" "$root.before"
		what=
		{
			env "$@" $var=$i LD_PRELOAD="$pre" "$gb" --results="$root" --quiet --allow-untrusted "${one[@]}" \
				2>"$tmp/said"
		} 2>/dev/null
		code=$?
		case $var-$code in
		KILL_AT-137) ;;
		FULL_AT-0) [ ! -s "$tmp/said" ] || what="exit code 0 and $(cat "$tmp/said")" ;;
		FULL_AT-1) [ "$(grep -c '^grantbench: .*No space left' "$tmp/said")" = "$(wc -l <"$tmp/said")" ] &&
			[ "$(wc -l <"$tmp/said")" = 1 ] || what="said: $(cat "$tmp/said")" ;;
		*) what="exit code $code" ;;
		esac
		keep "$root"
		said=$(run "$root" "${one[@]}" --budget=0.15 --resume 2>&1)
		code=$?
		[ $code = 0 ] && [ -z "$what" ] || echo "$var=$i: $what; resumed: exit code $code: $said"
		roots+=("$root")
	done
	results resumed "$tmp/want1" "${roots[@]}" 2>&1
}
out=$(faults "$calls" KILL_AT)
[ -z "$out" ]
ok $? "killed before each of them and resumed: the same rows"
out=$(COUNT_FILE=$tmp/writes KILL_HALF=1 LD_PRELOAD=$pre run "$tmp/one" "${one[@]}" 2>&1)
writes=$(cat "$tmp/writes" 2>/dev/null)
out=$(faults "${writes:-0}" KILL_AT KILL_HALF=1)
[ -z "$out" ] && [ "${writes:-0}" -ge 5 ]
ok $? "killed in the middle of each of ${writes:-0} writes and resumed: the same rows"
out=$(faults "$calls" FULL_AT)
[ -z "$out" ]
ok $? "the disk is full from each of them on: one line, exit code 1; and resumed: the same rows"

# ---- damage that a kill or a loss of power leaves ----

# damaged NAME COMMAND...: COMMAND in a copy of the undisturbed run, which is then resumed.
damaged() {
	local name=$1
	shift
	rm -rf "$tmp/d"
	cp -a "$tmp/whole" "$tmp/d"
	(cd "$tmp/d/latest" && "$@")
	out=$(run "$tmp/d" "${args[@]}" --budget=${more}e-3 --resume 2>&1)
	code=$?
	out+=$(results resumed "$tmp/want" "$tmp/d" 2>&1)
	[ $code = 0 ] && [ -z "$out" ]
	ok $? "$name"
}
cut_end() { truncate -s -"$1" cells.jsonl; }
zero_end() { truncate -s -3000 cells.jsonl && truncate -s +3000 cells.jsonl; }
garbage_line() { sed -i '4s/.*/{"cell":/' cells.jsonl; }
running() { sed -i 's/"status": "complete"/"status": "running"/' manifest.json; }

damaged "nothing is missing" true
damaged "the last line has no end" cut_end 1
damaged "the last line is cut" cut_end 700
damaged "the end of cells.jsonl is zeros" zero_end
damaged "a line in the middle is broken: it and what follows is measured again" garbage_line
damaged "cells.jsonl is empty" truncate -s 0 cells.jsonl
damaged "cells.jsonl is gone" rm cells.jsonl
damaged "benchmark.json is gone" rm benchmark.json
damaged "the manifest still says running" running
damaged "a temporary file is left" touch manifest.json.tmp benchmark.json.tmp
exit $bad
