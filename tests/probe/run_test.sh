#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# grantbench --probe: probed runs beside others, behind all that is timed; and without rights, or without gnb-probe, one
# line and a run that goes on. tap-timeout: 240
set -u
cd "$(dirname "$0")/../.." || exit 1
B=${B:-build}
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
chmod 755 "$tmp"
# shellcheck source=tests/tools/tap.sh
. tests/tools/tap.sh

# One cell of two threads, of two versions, once.
run() {
	"$1" --filter='^p2m_lock/' --set=threads="$2" --set=think=200 --set=readers=0 --set=ranges=disjoint --set=cpus=8 \
		--set=lock=percpu --set=entry=none --versions=v1,v2 --quick --launches=0 --budget=1 --allow-untrusted --quiet "${@:3}"
}
# says FILE PYTHON: what an expression about contention.json comes to.
says() { python3 -c 'import json, sys
d = json.load(open(sys.argv[1]))
print(eval(sys.argv[2]))' "$1/contention.json" "$2"; }

if [ "$(nproc)" -lt 2 ]; then
	echo "1..0 # skip needs two cores"
	exit 0
fi
here=$PWD/$B/grantbench
echo 1..13
catch "$here" --probe=lock,kernels
in_one_line 2 "--probe=lock,kernels: there are lock, kernel, stacks, state"
ok $? "a word that is none is refused"
catch run "$here" 1 --probe=lock --out="$tmp/one"
[ $code = 0 ] && [[ $err == *"no cell of the plan has several threads"* || -z $err ]] && [ "$(says "$tmp/one" 'd["cells"]')" = "[]" ]
ok $? "where nobody can wait for anybody, nothing is probed"

catch run "$here" 2 --probe=lock,kernel,stacks,state --out="$tmp/run"
[ $code = 0 ] && [ -s "$tmp/run/contention.json" ]
ok $? "a run with --probe"
err=
code=
out=$(python3 tests/tools/schema.py contention "$tmp/run"; python3 tests/tools/results.py folder "$tmp/run"
	python3 tests/tools/schema.py cells "$tmp/run"; python3 tests/tools/schema.py summary "$tmp/run")
[ -z "$out" ]
ok $? "its files are as docs/results.md has them, and none is left over"
out=$(ls -A "$tmp/run"; grep -c '"launch":10' "$tmp/run/cells.jsonl")
[[ $out != *.probe* ]] && [[ $out == *0 ]] && [ "$(wc -l <"$tmp/run/cells.jsonl")" = 1 ]
ok $? "no probed run is among what is timed"
able=$(says "$tmp/run" '" ".join(d["probed"])')
if [ "$able" = "lock kernel stacks state" ]; then
	out=$(says "$tmp/run" '[(c["status"], c["reason"], [p["used"] for p in c["pairs"]]) for c in d["cells"]]')
	[ "$(says "$tmp/run" 'len(d["cells"]) == 2 and all(c["pairs"] for c in d["cells"])')" = True ]
	ok $? "each version is probed by itself, in pairs"
	# Beside neighbours cores may not be looked at in each run: then there is a reason, and no figure.
	[ "$(says "$tmp/run" 'all(c["waits"]["locks"] and c["waits"]["lost"] == 0 if c["status"] == "ok" else c["reason"] for c in d["cells"])')" = True ]
	ok $? "locks that were waited for are there, nothing is lost"
	[ "$(says "$tmp/run" 'all(any("hv_grant_table_op" in x["stack"] for x in c["waits"]["callers"]) for c in d["cells"] if c["status"] == "ok")')" = True ]
	ok $? "callers have the names of functions"
	[ "$(says "$tmp/run" 'all({t["thread"] for t in c["waits"]["threads"]} == {0, 1} for c in d["cells"] if c["status"] == "ok")')" = True ]
	ok $? "and both threads waited"
else
	for i in "each version is probed by itself, in pairs" "locks that were waited for are there, nothing is lost" \
		"callers have the names of functions" "and both threads waited"; do
		n=$((n + 1))
		echo "ok $n - $i # skip needs root, on a kernel that lets it load programs of eBPF"
	done
fi

# Without rights.
cp "$here" "$B/gnb-probe" "$tmp/" && mkdir "$tmp/nobody" && chown 65534 "$tmp/nobody" 2>/dev/null
nobody=
[ "$(id -u)" != 0 ] || nobody="setpriv --reuid=65534 --regid=65534 --clear-groups"
without() { (cd "$tmp" && $nobody ./grantbench --filter='^p2m_lock/' --set=threads=2 --set=think=200 --set=readers=0 --set=ranges=disjoint --set=cpus=8 \
	--set=lock=percpu --set=entry=none --versions=v1 --quick --launches=0 --budget=1 --allow-untrusted --quiet --probe=lock,kernel --results=nobody --out="$1"); }
catch without nobody/run
[ $code = 0 ] && [ "$(grep -c '^grantbench: --probe=.* goes without: ' <<<"$err")" = 2 ] && [ "$(wc -l <<<"$err")" = 2 ]
ok $? "without rights each word has one line, and the run goes on"
[ "$(says "$tmp/nobody/run" '[c["status"] for c in d["cells"]]')" = "['skipped']" ] &&
	out=$(python3 tests/tools/schema.py contention "$tmp/nobody/run") && [ -z "$out" ]
ok $? "and the row says so"
rm "$tmp/gnb-probe"
catch without nobody/none
[ $code = 0 ] && [[ $err == *"gnb-probe is not beside grantbench"* ]]
ok $? "without gnb-probe, too"

# Whoever kills the run leaves nobody behind.
run "$here" 2 --probe=lock --out="$tmp/killed" >/dev/null 2>&1 &
shell=$!
main=
child=
grand=
for _ in $(seq 400); do
	# What is run under gnb-probe, and not gnb-probe looking at what it can do.
	main=$(pgrep -P $shell) && child=$(pgrep -P "$main") && grep -qz '^--child-cell' "/proc/$child/cmdline" 2>/dev/null &&
		[ "$(cat "/proc/$child/comm")" = gnb-probe ] && grand=$(pgrep -P "$child") && break
	sleep 0.02
done
if [ "$able" = "lock kernel stacks state" ]; then
	kill -9 "$main"
	lives() { [ -r "/proc/$1/stat" ] && ! grep -q ') Z ' "/proc/$1/stat" 2>/dev/null; }
	for _ in $(seq 100); do lives "$child" || lives "$grand" || break; sleep 0.1; done
	out="$main $child $grand"
	[ -n "$grand" ] && ! lives "$child" && ! lives "$grand"
	ok $? "a run that is killed leaves neither gnb-probe nor what it looks at"
else
	echo "ok 13 - a run that is killed leaves neither gnb-probe nor what it looks at # skip needs root, on a kernel that lets it load programs of eBPF"
fi
wait
exit $bad
