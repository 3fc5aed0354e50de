#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# scripts/grantbench-perf: with a stand-in that says what perf would, and with perf itself where it is installed.
set -u
cd "$(dirname "$0")/../.." || exit 1
export B=${B:-build}
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
# shellcheck source=tests/tools/tap.sh
. tests/tools/tap.sh
cell=(--filter=^copy/ --set=copy.batch=16 --set=copy.mapper=pv --set=copy.bytes=64 --set=copy.entry=none --versions=v1 --launches=0
	--budget=1 --quiet --no-progress --allow-untrusted "--results=$tmp/results")

try() {
	out=$(scripts/grantbench-perf "$@" 2>"$tmp/err")
	code=$?
	err=$(cat "$tmp/err")
}
refused() {
	local want=$1 word=$2
	shift 2
	try "$@"
	[ $code = "$want" ] && [ "$(wc -l <<<"$err")" = 1 ] && [[ $err == *"$word"* ]]
	ok $? "grantbench-perf $(sed "s,$tmp/,,g" <<<"$*"): exit $want in one line"
}
refused 2 'stat, record or lock'
refused 2 "'top'" top
refused 2 "'--filter=x'" stat --filter=x
refused 2 '--hz=0' record --hz=0
refused 2 '--out=x' stat -- --out=x
refused 6 'apt-get install linux-perf' stat --perf="$tmp/none"
try --help
[ $code = 0 ] && grep -q folded.txt <<<"$out"
ok $? "--help"

# perf as it is seen from here: it runs what it watches, writes a file, and prints.
cat >"$tmp/perf" <<'SH'
#!/bin/bash
echo "$*" >>"${0%/*}/asked"
case $1 in
stat | record | lock)
	[ "$1 ${2-}" != 'lock contention' ] || { cat "${0%/*}/contention" >&2; exit 0; }
	[ ! -e "${0%/*}/denied" ] || { echo >&2; echo 'Error: Permission denied, see perf_event_paranoid' >&2; exit 255; }
	for a; do
		[ "${last-}" != -o ] || echo made >"$a"
		[ "$a" != -- ] || break
		last=$a
		shift
	done
	[ $# != 0 ] || exit 0
	shift
	"$@"
	;;
script) cat "${0%/*}/samples" ;;
esac
SH
chmod +x "$tmp/perf"
printf ' contended   caller\n         3   do_futex\n' >"$tmp/contention"
cat >"$tmp/samples" <<'S'
grant bench 12 1.5: 1 cycles:
	ffffffff81 leaf fn+0x5 ([kernel.kallsyms])
	5a6 main+0x1 (/x/grantbench)

grant bench 12 1.6: 1 cycles:
	ffffffff81 leaf fn+0x9 ([kernel.kallsyms])
	5a6 main+0x2 (/x/grantbench)

other 12 1.6: 1 cycles:
	7a6 [unknown] (/lib/libc.so.6)

S
try record --perf="$tmp/perf" --hz=77 -- "${cell[@]}"
run=$(realpath "$tmp/results/latest")
[ $code = 0 ] && [ "$(cat "$run/perf/folded.txt")" = "grant;main;leaf_fn 2
other;[libc.so.6] 1" ] && [ -s "$run/perf/perf.data" ] && grep -q 'record -q -g -F 77 -e ' "$tmp/asked"
ok $? "record: stacks, folded, with their samples"
grep -qF '| leaf_fn | 2 | 66.7 % |' "$run/report.md" && grep -qF '](perf/folded.txt)' "$run/report.md" && grep -q 'href="perf/folded.txt"' "$run/report.html"
ok $? "they are in the report, and led to"
[ ! -e "$tmp/results/.perf-"* ] && [ "$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["meta"]["watched"])' "$run/manifest.json")" = 'perf record' ]
ok $? "the run says that it was watched, and nothing else is left"
: >"$tmp/samples"
try record --perf="$tmp/perf" -- "${cell[@]}"
[ $code = 1 ] && [[ $(tail -n 1 <<<"$err") == *'took no sample'* ]]
ok $? "no sample: exit 1 and why"
try lock --perf="$tmp/perf" -- "${cell[@]}"
[ $code = 0 ] && grep -q do_futex "$tmp/results/latest/perf/lock.txt"
ok $? "lock: the table that perf prints among its complaints"
try stat --perf="$tmp/perf" --events=cycles -- "${cell[@]}"
[ $code = 0 ] && [ "$(cat "$tmp/results/latest/perf/stat.txt")" = made ] && grep -q '^stat -o [^ ]* -e cycles -- ' "$tmp/asked"
ok $? "stat: its file"
before=$(ls "$tmp/results")
: >"$tmp/denied"
refused 6 'Permission denied' stat --perf="$tmp/perf" -- "${cell[@]}"
[ "$(ls "$tmp/results")" = "$before" ]
ok $? "nothing is measured, and nothing left"
rm "$tmp/denied"
try stat --perf="$tmp/perf" -- "${cell[@]}" --set=copy.batch=no
[ $code = 2 ] && [[ $(tail -n 1 <<<"$err") == *'exit code 2'* ]] && [ "$(ls "$tmp/results")" = "$before" ]
ok $? "grantbench's own refusal is passed on"

if ! command -v perf >/dev/null; then
	ok 0 "perf itself # SKIP no linux-perf: scripts/bootstrap consumers"
elif ! perf stat -e task-clock true >/dev/null 2>&1; then
	ok 0 "perf itself # SKIP it may not watch here"
else
	try stat --events=task-clock,page-faults -- "${cell[@]}"
	[ $code = 0 ] && grep -q task-clock "$tmp/results/latest/perf/stat.txt"
	ok $? "perf stat itself"
	try record --events=cpu-clock -- "${cell[@]}"
	[ $code = 0 ] && grep -q '^grantbench;.*gnb_run_cell.*hv_grant_table_op.* [0-9]*$' "$tmp/results/latest/perf/folded.txt"
	ok $? "perf record itself: stacks down to the hypervisor's entry"
fi
echo "1..$n"
exit $bad
