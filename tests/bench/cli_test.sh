#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# tap-timeout: 180
# grantbench as a user meets it: exit codes, one clear line for each error, and what is left on the disk.
# Exit code 3 is reserved: nothing can end with it yet.
# What another test has: the installed tree (make_test.sh), kills and a disk that fills up at any call
# (resume_test.sh), what is in the results (json_test.sh).
set -u
cd "$(dirname "$0")/../.." || exit 1
B=${B:-build}
gb=$PWD/$B/grantbench
tools=$PWD/tests/tools
tmp=$(mktemp -d) || exit 1
mounted=
pids=()
cleanup() {
	local p
	for p in "${pids[@]}"; do kill -9 "$p" 2>/dev/null; done
	[ -z "$mounted" ] || umount "$tmp/disk"
	rm -rf "$tmp"
}
trap cleanup EXIT
cd "$tmp" || exit 1
# shellcheck source=tests/tools/tap.sh
. "$tools/tap.sh"
detail() { printf '%s\n' "exit code $code" "stdout: ${out:0:600}" "stderr: ${err:0:600}" "$(head -c 600 "$tmp/.json" 2>/dev/null)"; }

# run ARGS...: exit code, standard output and error into $code, $out, $err. By default into $tmp/results.
run() {
	"$gb" "$@" >"$tmp/.out" 2>"$tmp/.err" </dev/null
	code=$?
	out=$(cat "$tmp/.out")
	err=$(cat "$tmp/.err")
}

# One line on standard error that begins with our name and holds $1; nothing on standard output.
one_line() {
	[ "$(wc -l <"$tmp/.err")" = 1 ] && [[ $err == "grantbench: "* && $err == *"$1"* ]] && [ ! -s "$tmp/.out" ]
}

fails() { # NAME CODE TEXT ARGS...
	local name=$1 want=$2 text=$3
	shift 3
	run "$@"
	[ "$code" = "$want" ] && one_line "$text"
	ok $? "$name: exit code $want, one line"
}

json() {
	local rc
	python3 "$tools/results.py" "$@" >"$tmp/.json"
	rc=$?
	cat "$tmp/.json"
	return $rc
}
field() { # FILE EXPRESSION over d
	python3 -c 'import json, sys; d = json.load(open(sys.argv[1])); print(eval(sys.argv[2]))' "$1" "$2"
}

# Cells that are quick to measure; unstable ones are the affair of the machine.
CENTRE='^map_unmap/batch:64/access:rw/mapper:translated/iommu:none/vcpu:same/pin:first/stride:1/flush:count/entry:none/cpus:8/args:walked$'
quiet=(--quiet --allow-untrusted --launches=0)
some=("${quiet[@]}" --filter='^(grant_access|copy|table_growth)/')
one=("${quiet[@]}" --filter="$CENTRE" --budget=0.2 --pin=none)

# wait_for SECONDS COMMAND...: until it succeeds.
wait_for() {
	local end=$((SECONDS + $1))
	shift
	until "$@"; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.05
	done
}
lines() { cat "$1" 2>/dev/null | wc -l; }
has_lines() { [ "$(lines "$1")" -ge "$2" ]; }

# ---- usage ----

fails "unknown option" 2 "did you mean --budget?" --budgit=3
fails "unknown option that is like no other" 2 "--help" --zzzzzzzzzzzz
fails "unknown letter" 2 "-Z" -Z
fails "unknown command" 2 "doctor" measure
fails "a value where none belongs" 2 "--quick" --quick=1
fails "no value where one belongs" 2 "--budget" --budget
fails "an empty value" 2 "--filter" --filter=
for v in 0 -3 abc nan inf 1e99 5m; do
	fails "--budget=$v" 2 "--budget=$v" --budget=$v
done
fails "--repetitions=0" 2 "--repetitions=0" --repetitions=0
fails "--launches=-1" 2 "--launches=-1" --launches=-1
fails "--launches=1.5" 2 "--launches=1.5" --launches=1.5
fails "--timeout=never" 2 "--timeout" --timeout=never
fails "--versions=v7" 2 "v1-batch" --versions=v7
fails "--baseline=v7" 2 "there are v1, v2, v1-batch" --baseline=v7
fails "no baseline" 2 "--baseline" --baseline=
fails "a baseline that is not compared" 2 "not among --versions=v1,v1-batch" --baseline=v2 --versions=v1,v1-batch
GRANTBENCH_BASELINE=v7 fails "a bad baseline in the environment" 2 "GRANTBENCH_BASELINE" --dry-run
fails "--format=xml" 2 "xml" --format=xml
fails "an option of the library that is not there" 2 "--benchmark_filter" --benchmark_seed=1
fails "--benchmark_filter without a value" 2 "--benchmark_filter=REGEX" --benchmark_filter
fails "--list=xml" 2 "xml" --list=xml
fails "--self-test=all" 2 "overhead" --self-test=all
fails "--meta without =" 2 "KEY=VALUE" --meta=note
fails "--pin=9999" 2 "9999" --pin=9999 "${one[@]:0:4}" --budget=1
fails "a CPU twice in --pin" 2 "CPU 0 is there twice" --pin=0,0 "${one[@]:0:4}" --budget=1
fails "--pin=x" 2 "x" --pin=x "${one[@]:0:4}" --budget=1
fails "a bad regular expression" 2 "[[" --filter='[['
fails "nothing matches" 2 "no cell matches" --filter='^no such cell$'
fails "--set without =" 2 "KEY=VALUE" --set batch
fails "--set of an unknown key" 2 "bitch" --set bitch=1
fails "--set of a value that is no number" 2 "many" --set map_unmap.batch=many
fails "--set of a value that does not exist" 2 "qubes" --set mapper=qubes
fails "--set for an unknown benchmark" 2 "no_such" --set no_such.batch=1
fails "an option that no target has" 2 "granter=self" --target=xen:colour=red
fails "an option of a target without any" 2 "no options" --target=hv:granter=self
fails "a value that a target's option cannot have" 2 "granter=self" --target=xen:granter=moon
fails "an IOMMU mode that Xen does not have" 2 "none|strict|shared" --target=xen:iommu=batched
fails "a kind of domain that there is not" 2 "pvh|pv" --target=xen:granter_type=hvm
fails "a mapper that is nowhere" 2 "here|guest" --target=xen:granter=guest,mapper=there
fails "a target's option twice" 2 "twice" --target=xen:granter=self,granter=self
fails "a target's option without a value" 2 "KEY=VALUE" --target=xen:granter
fails "nothing behind the colon" 2 "--target=xen" --target=xen:
fails "a target that is not there" 6 "has: hv" --target=pdp11
fails "a target with an option, elsewhere" 6 "not available here" --target=xen:granter=self
GRANTBENCH_TARGET=xen:granter=moon fails "the same from the environment" 2 "moon"
fails "--out and --resume" 2 "--out" --out=x --resume=y
fails "--resume of a folder that is not there" 2 "nowhere" --resume=nowhere
mkdir folder
fails "--resume of a folder that is no run" 2 "manifest.json" --resume=folder
mkdir -p torn
echo '{"schema": 1, "pl' >torn/manifest.json
fails "--resume of a torn manifest" 2 "manifest.json" --resume=torn
GRANTBENCH_BUDGET=abc fails "a bad value in the environment" 2 "GRANTBENCH_BUDGET" --dry-run
[ ! -e results ]
ok $? "none of that made a folder of results"

# Google Benchmark's own options, all that this library has by its usage text.
lib=$(ldd "$gb" | awk '/libbenchmark/ { print $3 }')
for name in $(grep -aoE '\[--benchmark_[a-z_]+' "$lib" | tr -d '[' | sort -u) --benchmark_perf_counters; do
	case $name in
	--benchmark_filter | --benchmark_list_tests) continue ;;
	esac
	for value in "" =2 =xml =/nonexistent/x; do
		run "$name$value" "${one[@]}" --out=library
		[ $code = 2 ] && one_line "$name has no effect here" && [ ! -e library ] || echo "$name$value"
	done
done >.lib
out=$(cat .lib)
[ ! -s .lib ] && [ -n "$lib" ]
ok $? "an option of the library that has no effect: 2, one line, and no run"
run --benchmark_list_tests --benchmark_filter='^table_growth/'
cp .out .lib
run --dry-run --filter='^table_growth/'
[ $code = 0 ] && cmp -s .out .lib && [ -s .lib ]
ok $? "those that it has in common with grantbench mean the same"
BENCHMARK_FORMAT=xml BENCHMARK_OUT=/nonexistent/x BENCHMARK_FILTER=none BENCHMARK_REPETITIONS=3 BENCHMARK_LIST_TESTS=1 \
	BENCHMARK_TIME_UNIT=h run "${one[@]}" --out=library
[ $code = 0 ] && json folder library >.err && [ "$(field library/manifest.json 'd["status"]')" = complete ] && [ "$(lines library/cells.jsonl)" = 1 ]
ok $? "what the library reads from the environment is not for us"
rm -rf library results

# ---- what measures nothing ----

run --version
[ $code = 0 ] && [[ $out == "grantbench "* ]] && [ "$(wc -l <.out)" = 1 ] && [ ! -s .err ]
ok $? "--version"
run --help
[ $code = 0 ] && [[ $out == *--anonymize* && $out == *"Exit codes"* ]] && [ ! -s .err ]
ok $? "--help"
[[ $out == *"xen:granter=self"* ]]
ok $? "--help has the options of targets"
[[ $out == *"xen:mapper=here|guest"* && $out == *"xen:iommu=none|strict|shared"* && $out == *"xen:granter_type=pvh|pv"* ]]
ok $? "all of them"
run --list
[[ $out == *":granter=self"* ]]
ok $? "--list has them too"
[ $code = 0 ] && [[ $out == *"map_unmap: "* && $out == *"block_replay: "* ]] && [ ! -s .err ]
ok $? "--list"
run --list=json
cp .out list.json
[ $code = 0 ] && json strict list.json >.err && [ "$(field list.json 'len(d["benches"]) >= 7 and d["targets"][0]["name"]')" = hv ]
ok $? "--list=json is strict JSON"
run --dry-run
[ $code = 0 ] && [ "$(grep -c '^[a-z0-9_]*/[^ ]*$' .out)" = "$(wc -l <.out)" ] && [ "$(wc -l <.out)" -gt 80 ] &&
	[ "$(sort .out | uniq -d)" = "" ] && [ ! -e results ]
ok $? "--dry-run prints the cells and makes nothing"
for b in $(sed 's,/.*,,' .out | sort -u); do
	[ "$(grep -c "^$b/" .out)" -le 120 ] || echo "$b"
done >.big
[ ! -s .big ]
ok $? "no family has more than 120 cells by default"
run --dry-run --set batch=1,2 --set map_unmap.mapper=pv,translated
[ $code = 0 ] && [ "$(grep -c '^map_unmap/' .out)" = 4 ]
ok $? "--set makes the product"
run --dry-run --filter='-^(map_unmap|p2m_lock)/'
[ $code = 0 ] && [ "$(wc -l <.out)" -gt 10 ] && ! grep -qE '^(map_unmap|p2m_lock)/' .out
ok $? "--filter with a leading - negates"
GRANTBENCH_FILTER="$CENTRE" run -n
[ $code = 0 ] && [ "$(wc -l <.out)" = 1 ]
ok $? "an option from the environment"
run doctor
[[ $code = 0 && $out != *MISSING* || $code = 6 && $out == *MISSING* ]] && [[ $out == *hwloc* || $out == *"ok "* ]]
ok $? "doctor says what there is"

# ---- exit codes of runs ----

run "${one[@]}" --out=plain --meta 'who=<script>alert("1")</script>' --meta $'ugly\t"key\x01=%s%n\\\n`$(id)`\x7f' \
	--meta $'latin=caf\xe9'
[ $code = 0 ] && [ ! -s .err ] && [ ! -s .out ]
ok $? "a run: exit code 0 and no word with --quiet"
json folder plain >.err
[ $? = 0 ] && [ "$(field plain/manifest.json 'd["meta"]["who"]')" = '<script>alert("1")</script>' ] &&
	[ "$(field plain/manifest.json 'd["meta"]["ugly\t\"key\x01"] == "%s%n\\\n`$(id)`\x7f"')" = True ] &&
	[ "$(field plain/manifest.json '"caf" in d["meta"]["latin"]')" = True ]
ok $? "hostile text in --meta comes back as it was"
fails "--out of a folder that has a run" 2 "--resume=plain" "${one[@]}" --out=plain
run --filter="$CENTRE" --launches=0 --budget=0.2 --allow-untrusted --out=loud2 --pin=none
[ $code = 0 ] && [[ $out == *map* ]] && ! grep -q $'[\r\033]' .out .err
ok $? "a summary, and no progress bar where standard error is no terminal"
script -qec "'$gb' --filter='$CENTRE' --launches=0 --budget=0.3 --allow-untrusted --out=tty" /dev/null </dev/null >.out 2>.err
code=$?
[ $code = 0 ] && grep -q $'\r' .out
ok $? "a progress bar where it is one"
# Lines of the bar, escapes taken out, and their greatest width on a terminal of 40 columns.
script -qec "stty cols 40; '$gb' --filter='^map_unmap/' --launches=0 --budget=0.3 --allow-untrusted --quick --format=json --out=narrow" /dev/null </dev/null >.out 2>.err
out=$(grep -a 's left' .out | tr '\r' '\n' | sed 's/\x1b\[K//g' | grep -a 's left' | awk '{ if (length($0) > w) w = length($0) } END { print w + 0 }')
[ "$out" -gt 10 ] && [ "$out" -lt 40 ]
ok $? "which fits its width"
script -qec "TERM=dumb '$gb' --filter='$CENTRE' --launches=0 --budget=0.3 --allow-untrusted --out=dumb" /dev/null </dev/null >.out 2>.err
! grep -q $'\033' .out && grep -q '^1 cell, 0 re-launches' .out && ! grep -qE '[0-9]e[+-][0-9]' .out
ok $? "and none on a terminal that is dumb; no figure in powers of ten"
# A cell that a neighbour made unstable is an entry without a time: it is measured again then.
for try in 1 2 3 4 5; do
	run "${one[@]}" --out=json$try --format=json
	grep -q '"unstable: ' .out || break
done
cp .out stdout.json
[ $code = 0 ] && json strict stdout.json >.err && [ "$(field stdout.json 'd["benchmarks"][0]["time_unit"]')" = ns ]
ok $? "--format=json prints strict JSON"
"$gb" "${one[@]}" --out=pipe --format=json 2>.err | true
[ "$(field pipe/manifest.json 'd["status"]')" = complete ]
ok $? "a reader that goes away does not take the results with it"

fails "an unknown target" 6 "hv" --target=vmware
run "${quiet[@]}" --filter='^map_unmap/' --set mapper=pv --set iommu=shared --budget=1 --out=skipped
[ $code = 4 ] && [ "$(field skipped/manifest.json 'd["counts"]["skipped"] == len(d["plan"]) and d["status"]')" = complete ]
ok $? "everything skipped: exit code 4"
run --quiet --launches=0 --filter="$CENTRE" --repetitions=1 --budget=0.000001 --out=one
[ $code = 0 ] && json folder one >.out && [ "$(field one/cells.jsonl '[(r["ratio"] or r["self"])["lo"] for r in d["rows"] if r["class"] == "X"] == [None] * len(d["rows"]) and {(r["ratio"] or r["self"])["class"] for r in d["rows"]}')" = "{'X'}" ]
ok $? "one round asked for: exit code 0, ratios without an interval, which are context"
run --quiet --launches=0 --filter="$CENTRE" --repetitions=1 --budget=0.000001 --out=unstable2 --allow-untrusted
[ $code = 0 ] && [ ! -s .err ]
ok $? "the same with --allow-untrusted: 0"
run "${quiet[@]}" --filter='^(table_growth|grant_access)/' --budget=8 --timeout=0.01 --out=timeout
[ $code = 1 ] && json folder timeout >.out && [ "$(field timeout/manifest.json 'd["counts"]["timeout"] > 0 and d["status"]')" = failed ]
ok $? "a cell over its --timeout: exit code 1"
run "${quiet[@]}" --filter='^grant_access/' --budget=0.000001 --pin=none --out=unreached
[ "$(field unreached/summary.json '[c["unreached"] for c in d["cells"]] == [False] + [True] * (len(d["cells"]) - 1) and len(d["cells"]) > 1')" = True ]
ok $? "what the budget did not reach says so"
run "${quiet[@]}" --filter='^block_replay/' --set trace="$tmp/no-such.iolog" --budget=1 --out=notrace
[[ $code = 1 || $code = 2 || $code = 6 ]] && grep -q 'no-such.iolog' .err
ok $? "a trace that is not there is named"

if [ "$(id -u)" = 0 ]; then
	# Root may write anywhere; a file where the folder should be stops it too.
	touch blocked
	fails "a results folder that cannot be made" 1 "blocked" "${one[@]}" --results=blocked/results
	fails "a run folder that cannot be made" 1 "blocked" "${one[@]}" --out=blocked/run
else
	mkdir -m 555 blocked
	fails "a results folder that cannot be made" 1 "blocked" "${one[@]}" --results=blocked/results
	fails "a run folder that cannot be made" 1 "blocked" "${one[@]}" --out=blocked/run
fi

# A full disk, in the middle of a run; resume_test.sh fills it at every call.
mkdir disk
if mount -t tmpfs -o size=64k,mode=755 tmpfs disk 2>/dev/null; then
	mounted=1
	# Room for the first files and a cell or two.
	run "${quiet[@]}" --filter='^grant_access/' --budget=0.1 --out=disk/size --pin=none
	need=$(($(du -k disk/size | tail -n 1 | cut -f1) + 4))
	rm -rf disk/size
	head -c $((need > 60 ? 0 : (60 - need) * 1024)) /dev/zero >disk/filler
	run "${quiet[@]}" --filter="^(grant_access|map_unmap)/" --budget=1 --out=disk/run --pin=none
else
	# Only root can mount: a disk that is full from the 40th change on.
	gcc -std=c11 -O1 -shared -fPIC -o fault_at.so "$tools/fault_at.c" -ldl
	pre=$(ldd "$gb" | awk '/lib(asan|tsan)/ { print $3 }')
	FULL_AT=40 LD_PRELOAD="${pre:+$pre:}$tmp/fault_at.so" run "${quiet[@]}" --filter="^(grant_access|map_unmap)/" --budget=1 --out=disk/run --pin=none
fi
kept=$(lines disk/run/cells.jsonl)
[ "$code" = 1 ] && one_line "disk/run" && [ "$kept" -ge 1 ] && json strict disk/run/cells.jsonl disk/run/manifest.json >.out
ok $? "a full disk: exit code 1, one line, $kept finished cells kept"
cp -a disk/run full
sed -n 1p full/cells.jsonl >first
run "${quiet[@]}" --budget=2 --pin=none --resume=full
[ $code = 0 ] && [ ! -s .err ] && json folder full >.out && cmp -s <(head -n 1 full/cells.jsonl) first
ok $? "and with room again --resume ends it"

# ---- versions: their order, and the baseline ----

# order RUN: "launch: versions in the order of rows, each with what its ratios are to", one line per line.
order() {
	python3 -c '
import json, sys
for line in open(sys.argv[1] + "/cells.jsonl"):
    c, seen = json.loads(line), []
    for r in c["rows"]:
        word = r["version"] + ("/" + r["ratio"]["to"] if r["ratio"] else "")
        if word not in seen:
            seen.append(word)
    print("%d: %s" % (c["launch"], " ".join(seen)))' "$1"
}
# compares NAME ORDER RUN ARGS...: a run of one cell, launched once more, in the order wanted by both.
compares() {
	local name=$1 want=$2 folder=$3
	shift 3
	run "${quiet[@]:0:2}" --filter="$CENTRE" --budget=1 --pin=none --launches=1 --out="$folder" "$@"
	out=$(order "$folder")
	[ "$code" = 0 ] && [ "$out" = "0: $want"$'\n'"1: $want" ] &&
		[ "$(field "$folder/manifest.json" '" ".join(v["name"] for v in d["versions"] if v["name"] in "'"$want"'".replace("/", " ").split())')" = "$(sed 's,/[^ ]*,,g' <<<"$want")" ] &&
		[ "$(field "$folder/manifest.json" 'd["baseline"] == d["versions"][0]["name"]')" = True ]
	ok $? "$name"
}
# Those that map a page otherwise than version 1, in the order of the table.
rest="v1-args v1-range v1-revoke v3"
compares "by default the first of the table is the baseline" "v1 v2/v1 v1-batch/v1 $(sed 's,[^ ]*,&/v1,g' <<<"$rest")" by-default
compares "the order of --versions is kept, and its first is the baseline" "v2 v1-batch/v2 v1/v2" ordered \
	--versions=v2,v1-batch,v1
compares "--baseline chooses another" "v2 v1/v2 v1-batch/v2 $(sed 's,[^ ]*,&/v2,g' <<<"$rest")" based --baseline=v2
GRANTBENCH_BASELINE=v2 compares "and so does the environment" "v2 v1/v2" based-env --versions=v1,v2
run "${quiet[@]}" --filter='^(grant_access/stride:1/access:rw|iotlb_flush/pages:512/scope:range/order:0/iommu:strict)/mapper:pv' \
	--budget=0.4 --pin=none --out=placeless --baseline=v1-batch
out=$(order placeless)
[ $code = 0 ] && [ "$(grep -c '^0: v1 v2/v1 v3/v1$' <<<"$out")$(grep -c '^0: v1$' <<<"$out")" = 11 ]
ok $? "where the baseline plays no part the first that does takes its place"
fails "--resume with another order" 5 "--versions" --resume=ordered --versions=v1,v2,v1-batch
fails "--resume with another baseline" 5 "--baseline" --resume=based --baseline=v1
GRANTBENCH_BASELINE=v1 run --resume=based --quiet
[ $code = 0 ]
ok $? "--resume goes on with the baseline that there was"
run --resume=based --baseline=v2 --quiet
[ $code = 0 ]
ok $? "the same one may be given"
cp -a plain keyless && sed -i '/"versions":/,/^  \],/d; /"baseline":/d' keyless/manifest.json
[ "$(field keyless/manifest.json '"versions" in d or "baseline" in d')" = False ] && run --resume=keyless --quiet && [ $code = 0 ]
ok $? "--resume of a run that does not name its versions"
fails "and with other versions" 5 "versions" --resume=keyless --versions=v2

# ---- resume: refused ----

fails "--resume with another plan" 5 "plan" --resume=plain --filter='^copy/'
fails "--resume with other versions" 5 "versions" --resume=plain --versions=v2
cp -a plain other && sed -i -E 's/"fingerprint": "./"fingerprint": "z/' other/manifest.json
fails "--resume on another machine" 5 "fingerprint" --resume=other
cp -a plain older && sed -i 's/"suite": "[^"]*"/"suite": "0.0.0"/' older/manifest.json
fails "--resume of another grantbench" 5 "0.0.0" --resume=older
run --resume=plain --quiet
[ $code = 0 ] && [ "$(lines plain/cells.jsonl)" = 1 ]
ok $? "--resume of a finished run measures nothing"

# ---- two at once, signals ----

# begin OUT ARGS...: a run in the background that has some cells; its process is $pid.
begin() {
	"$gb" "${@:2}" --out="$1" >"$tmp/.bg" 2>&1 </dev/null &
	pid=$!
	pids+=("$pid")
	wait_for 20 has_lines "$1/cells.jsonl" 2
}

begin running "${some[@]}" --budget=30
fails "a second run at the same time" 8 "pid $pid" "${one[@]}" --out=second
run "${one[@]}" --results=elsewhere
[ $code = 0 ]
ok $? "but not with other results"
kill -INT $pid
wait $pid
code=$?
pids=()
err=$(cat .bg)
[ $code = 130 ] && [ "$(field running/manifest.json '(d["status"], d["exit"])')" = "('interrupted', 130)" ] &&
	json folder running >.out && [ "$(lines running/cells.jsonl)" -ge 2 ]
ok $? "SIGINT: 130, results kept, interrupted"
begin running2 "${some[@]}" --budget=30
at=$(date +%s%N)
kill -TERM $pid
wait $pid
code=$?
pids=()
took=$((($(date +%s%N) - at) / 1000000))
err="$(cat .bg) after $took ms"
[ $code = 143 ] && [ "$(field running2/manifest.json '(d["status"], d["exit"])')" = "('interrupted', 143)" ] &&
	json folder running2 >.out
ok $? "SIGTERM: 143, results kept, interrupted"
[ $took -lt 3000 ]
ok $? "and it ends at once"
lines=$(lines running2/cells.jsonl)
run --resume=running2 --quiet --allow-untrusted --budget=2
[ $code = 0 ] && json folder running2 >.out && [ "$(field running2/manifest.json 'd["status"]')" = complete ] &&
	[ "$(lines running2/cells.jsonl)" -gt "$lines" ]
ok $? "an interrupted run is resumed to its end"
begin relaunch --quiet --allow-untrusted --filter="$CENTRE" --set batch=1,64 --launches=40 --budget=30
kill -TERM $pid
wait $pid
code=$?
pids=()
err=$(cat .bg)
[ $code = 143 ] && json folder relaunch >.out && [ -z "$(find /proc -maxdepth 2 -name stat -path '/proc/[0-9]*' -exec awk -v p=$pid '$4 == p' {} + 2>/dev/null)" ]
ok $? "SIGTERM among re-launches: 143, and no process is left"

# ---- anonymize ----

# A host name that is nowhere by chance, if this user may have one.
anonymous() { # NAME-OF-HOST ARGS...
	if unshare --uts true 2>/dev/null; then
		# shellcheck disable=SC2016
		unshare --uts sh -c 'hostname "$1" && shift && exec "$@"' sh "$@"
	else
		shift
		"$@"
	fi
}
host=$(unshare --uts true 2>/dev/null && echo gnb-host-q7z || hostname)
anonymous "$host" "$gb" "${one[@]}" --results="named-$host" --meta "note=on $host" >/dev/null 2>.err
grep -rqaF "$host" "named-$host"/*/manifest.json
ok $? "the host name is in the files of a run"
anonymous "$host" "$gb" "${quiet[@]}" --filter='^(block_replay|table_growth)/' --budget=2 --launches=1 --anonymize \
	--results="hidden-$host" --meta "note=on $host, $host" --meta "$host=1" >.out 2>.err
code=$?
err=$(grep -raF "$host" "hidden-$host" | cut -c 1-300)
[ $code = 0 ] && [ -z "$err" ] && [ "$(find "hidden-$host" -name '*.txt' | wc -l)" -gt 2 ]
ok $? "--anonymize: it is in none of them"
err=$(cd "hidden-$host" && find . | grep -F "$host")
[ -z "$err" ] && json folder "hidden-$host/latest" >.out
ok $? "nor in the name of any"
anonymous "$host" "$gb" --resume --results="hidden-$host" --quiet >.out 2>.err
err=$(grep -raF "$host" "hidden-$host" | cut -c 1-300)
[ -z "$err" ]
ok $? "nor after --resume"

# ---- the budget ----

start=$(date +%s%N)
run --budget=20 --quiet --allow-untrusted --out=twenty
took=$((($(date +%s%N) - start) / 1000000))
err="$err $took ms"
[ $took -lt 40000 ] && [[ $code = 0 ]] && json folder twenty >.out
ok $? "--budget=20: the default plan within 40 s ($took ms)"
[ "$(field twenty/manifest.json 'd["counts"]["ok"] + d["counts"]["unstable"] > len(d["plan"]) / 2')" = True ]
ok $? "and most of its cells were measured"

echo "1..$n"
exit $bad
