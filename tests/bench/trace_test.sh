#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# tap-timeout: 120
# A trace is known by its content: in cells, in the manifest, by --resume; and what is no trace is refused in one line.
set -u
cd "$(dirname "$0")/../.." || exit 1
gb=$(realpath "${B:-build}/grantbench")
shipped=$PWD/workloads/traces/sample.iolog
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
# shellcheck source=tests/tools/tap.sh
. tests/tools/tap.sh
cd "$tmp" || exit 1

run() {
	out=$("$gb" --quiet --allow-untrusted --launches=0 --budget=0.4 --results=r "$@" 2>&1 </dev/null)
	code=$?
}
# has DIR PYTHON: c are the cells, m is the manifest, s the summary.
has() {
	python3 -c 'import json, sys
d = sys.argv[1] + "/"
c = [json.loads(x) for x in open(d + "cells.jsonl")]
m, s = json.load(open(d + "manifest.json")), json.load(open(d + "summary.json"))
sys.exit(not eval("(%s)" % sys.argv[2]))' "$1" "$2"
}
# refused NAME CODE TEXT ARGS...: one line with TEXT.
refused() {
	local name=$1 want=$2 text=$3
	shift 3
	run "$@"
	[ $code = "$want" ] && [ "$(wc -l <<<"$out")" = 1 ] && [[ $out == "grantbench: "*"$text"* ]]
	ok $? "$name: exit code $want"
}
sha() { sha256sum <"$1" | cut -d' ' -f1; }

mkdir a else
head -n 60 "$shipped" >a/x.iolog
head -n 80 "$shipped" >a_x.iolog

echo 1..21
run --set trace=./a/x.iolog,./a_x.iolog --out=two
[ $code = 0 ] && has two "[x['files']['trace']['sha256'] for x in c] == ['$(sha a/x.iolog)', '$(sha a_x.iolog)']"
ok $? "names that differ in / and _ are two cells, each with its SHA-256"
has two "[f['sha256'] for f in m['files']] == [x['files']['trace']['sha256'] for x in c] and s['files'] == m['files'] and
	[f['value'] for f in m['files']] == ['./a/x.iolog', './a_x.iolog']"
ok $? "manifest and summary have them, under the names that were given"
has two "'trace:x.iolog@$(sha a/x.iolog | cut -c-12)' in c[0]['cell'].split('/')"
ok $? "a cell is called by the end of the path and the content"
mkdir b && cp a/x.iolog b/y.iolog && ln -s ../a_x.iolog b/x.iolog
run --set trace=./b/x.iolog,./a/x.iolog --dry-run
[ $code = 0 ] && [ "$(sort -u <<<"$out" | wc -l)" = 2 ]
ok $? "one name in two folders is two cells"
run --set trace=sample --dry-run
[ $code = 0 ] && [[ $out == *"/trace:sample/"* ]]
ok $? "a trace that comes along keeps its name"
long=$PWD
for _ in 1 2 3 4; do long+=/$(printf '%.0sd' {1..150}); done
mkdir -p "$long" && cp a/x.iolog "$long"
run --set trace="$long/x.iolog" --out=long
[ $code = 0 ] && has long "len(c[0]['params']['trace']) > 600 and c[0]['status'] in ('ok', 'unstable')"
ok $? "a path of more than 600 bytes is replayed"

mkfifo pipe
echo 'fio version 9' >no.iolog
printf 'fio version 3 iolog\n1 vdisk add\n2 vdisk open\n3 vdisk trim 0 4096\n4 vdisk close\n' >trims.iolog
cp a/x.iolog mine.iolog
cp a/x.iolog 'with,comma.iolog'
refused "a folder" 2 "'./a' is a folder" --set trace=./a --out=no
refused "a pipe" 2 "is a device or a pipe" --set trace=./pipe --out=no
refused "a name without a slash" 2 "has a slash: ./mine.iolog" --set trace=mine.iolog --out=no
refused "a comma in a name" 2 "a comma separates values" --set trace=./with,comma.iolog --out=no
refused "a name that no file can have" 2 "File name too long" --set trace=./"$(printf 'x%.0s' {1..300})" --out=no
refused "a path that no file can have" 2 "1 to 4095 bytes" --set trace=/"$(printf 'x%.0s' {1..5000})" --out=no
refused "a file that is no trace" 2 "no.iolog:1: only versions 2 and 3" --set trace=./no.iolog --out=no
refused "a trace without reads and writes" 2 "no read and no write" --set trace=./trims.iolog --out=no
[ ! -e no ]
ok $? "and nothing was made of any of them"

# A run of two cells that ended after its first.
run --set trace=./mine.iolog --set entry=none,syscall --out=begun
head -n 1 begun/cells.jsonl >one && mv one begun/cells.jsonl
cp -r begun before
cd else || exit 1
refused "to resume from another folder" 5 "in the folder in which the run began" --resume=../begun --results=../r
cd .. || exit 1
sed -i '$d' mine.iolog
refused "to resume with another content" 5 "its SHA-256 was $(sha a/x.iolog | cut -c-12)" --resume=begun
cmp begun/cells.jsonl before/cells.jsonl && cmp begun/manifest.json before/manifest.json
ok $? "and the run is as it was"
cp a/x.iolog mine.iolog
run --resume=begun
[ $code = 0 ] && has begun "len(c) == 2 and c[1]['files'] == c[0]['files']"
ok $? "the same content again goes on"
# It changes while the run goes on: after the first cell, which is long enough for that.
"$gb" --quiet --allow-untrusted --launches=1 --budget=4 --results=r --set trace=./mine.iolog --set entry=none,syscall --out=moving >out 2>&1 &
pid=$!
until [ -s moving/manifest.json ]; do sleep 0.02; done
sed -i '$d' mine.iolog
wait $pid
code=$?
out=$(<out)
[ $code = 1 ] && has moving "any(x['status'] == 'error' and 'has changed since the run began' in x['reason'] for x in c)"
ok $? "one that changes under a run is an error that says so"
has moving "all(x['files']['trace']['sha256'] == '$(sha a/x.iolog)' for x in c)"
ok $? "and no cell claims the new content"
exit $bad
