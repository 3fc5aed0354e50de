#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# grantbench-profile locks, on a small program with a lock and a made-up profile of two CPUs that take it.
set -u
cd "$(dirname "$0")/../.." || exit 1
tool=$PWD/${B:-build}/grantbench-profile
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
# shellcheck source=tests/tools/tap.sh
. tests/tools/tap.sh

run() {
	"$@" >"$tmp/out" 2>"$tmp/err" </dev/null
	code=$?
	out=$(cat "$tmp/out")
	err=$(cat "$tmp/err")
}

locks() { run "$tool" locks --syms="$tmp/elf" "$@"; }

# One line on stderr that has a word in it, nothing on stdout, and this exit code.
refused() {
	[ "$code" = "$1" ] && [ -z "$out" ] && [ "$(wc -l <"$tmp/err")" = 1 ] && [[ $err == *"$2"* ]]
}

cat >"$tmp/a.S" <<'S'
	.file "a.c"
	.text
	.globl outer, other, _spin_lock, _spin_unlock, flush_area_mask
	.type outer, @function
outer:	call _spin_lock
	ret
	.size outer, .-outer
	.type other, @function
other:	call _spin_lock
	call flush_area_mask
	ret
	.size other, .-other
	.type _spin_lock, @function
_spin_lock:
	nop
	je 2f
	nop
1:	pause
	jne 1b
2:	ret
	.size _spin_lock, .-_spin_lock
	.type _spin_unlock, @function
_spin_unlock:
	ret
	.size _spin_unlock, .-_spin_unlock
	.type flush_area_mask, @function
flush_area_mask:
	nop
1:	pause
	jne 1b
	ret
	.size flush_area_mask, .-flush_area_mask
S
echo 1..15
gcc -nostdlib -static -Wl,-Ttext=0x10000,-e,0x10000,--build-id=0xabcdef0123456789abcdef0123456789abcdef01 -o "$tmp/elf" "$tmp/a.S"
at() { nm "$tmp/elf" | awk -v n="$1" '$3 == n { sub(/^0+/, "", $1); print $1 }'; }
plus() { printf '%x' $((0x$1 + $2)); }
outer=$(at outer) other=$(at other) lock=$(at _spin_lock) unlock=$(at _spin_unlock) flush=$(at flush_area_mask)

# One thread: 10 calls, nobody waits. Two threads: CPU 0 makes 10 calls of which 2 wait, 3 rounds each; CPU 1 makes
# 10, of which 1 waits, 5 rounds, and 20 more for other, 20 flushes, all of which wait once. An interrupt takes the
# lock, too.
mkdir "$tmp/run"
cat >"$tmp/run/profile" <<P
gnb-profile 1
range 0 ffffffff
windows 30 abandoned 0 open 0
instructions 1000
skip 0
cpus 2
op 0 0 2 10 1 0 3 9 5 30 0 0 c/threads:1#v1
op 1 0 2 10 1 0 3 8 9 42 0 0 c/threads:2#v1
op 2 0 2 10 1 0 3 9 99 90 1 3 c/threads:2#v1
cpu 2 1
node 1 0 entry $outer
node 2 1 call $(plus "$outer" 5)
node 3 0 entry $other
node 4 3 call $(plus "$other" 5)
node 5 3 call $(plus "$other" 10)
node 6 0 interrupt $other
node 7 6 call $(plus "$other" 5)
block 0 $lock 90.7405
block 1 $(plus "$lock" 3) 90.f390
block 2 $(plus "$lock" 4) f390
block 3 $(plus "$lock" 6) 75fc
block 4 $(plus "$lock" 8) c3
block 5 $flush 90.f390
block 6 $unlock c3
count 0 2 0 2 10 9
count 0 2 4 1 10 9
count 0 2 6 1 10 9
count 1 2 0 2 10 8
count 1 2 1 2 2 0
wait 1 2 1 2
count 1 2 2 1 4 0
count 1 2 3 1 6 0
count 1 2 4 1 10 8
count 2 2 0 2 10 9
count 2 2 1 2 1 0
wait 2 2 1 1
count 2 2 2 1 4 0
count 2 2 3 1 5 0
count 2 2 4 1 10 9
count 2 4 0 2 20 20
count 2 4 4 1 20 20
count 2 5 5 2 20 20
wait 2 5 5 20
count 2 7 0 2 1 0
count 2 7 1 2 1 0
wait 2 7 1 1
end
P
printf '%s\n' "xen_build_id abcdef0123456789abcdef0123456789abcdef01" "clock icount" "cpus 2" "turn 1500" >"$tmp/run/environment"

locks --format=csv "$tmp/run"
want="c/threads:1#v1,map,2,_spin_lock,outer,1,10,0,0,30,0
c/threads:2#v1,map,2,flush_area_mask,other,0,20,20,20,20,
c/threads:2#v1,map,2,_spin_lock,outer,1,20,3,11,85,25
c/threads:2#v1,map,2,_spin_lock,other,1,20,0,0,60,0"
[ "$code" = 0 ] && [ "$(tail -n +2 "$tmp/out" | cut -d, -f3-)" = "$want" ]
ok $? "calls, those that waited, rounds, instructions, and those beyond the least, of both CPUs"
locks "$tmp/run"
[ "$code" = 0 ] && [[ $out == *"2 CPUs: instruction clock, in turn, at most 1500 instructions each"* ]] &&
	grep -qE '^ +1 +10 +0 +0\.000 % +0\.00 +0\.000  _spin_lock, outer$' "$tmp/out" &&
	grep -qE '^ +2 +20 +3 +15\.000 % +3\.67 +1\.250  _spin_lock, outer$' "$tmp/out" &&
	grep -qE '^ +2 +20 +20 +100\.000 % +1\.00 +-  flush_area_mask, other \(no lock\)$' "$tmp/out"
ok $? "as text, with one and two threads beside each other"
[ "$(grep -c '_spin_lock, outer' "$tmp/out")" = 2 ] && [ "$(grep -c '^c$' "$tmp/out")" = 0 ] && [ "$(grep -c '^c#v1$' "$tmp/out")" = 1 ]
ok $? "once for each number of threads"
! grep -q unlock "$tmp/out"
ok $? "an unlock takes no lock"
locks --format=json "$tmp/run"
[ "$code" = 0 ] && python3 -c '
import json, sys
one, two = json.load(open(sys.argv[1]))
assert two["trust"] == "repeatable" and two["turn"] == "1500" and two["cpus"] == 2 and two["windows"] == 20
assert one["cpus"] == 1 and one["locks"][0]["waited"] == 0
l = {(x["function"], x["caller"]): x for x in two["locks"]}
s = l["_spin_lock", "outer"]
assert (s["calls"], s["waited"], s["rounds"], s["instructions"], s["least"], s["beyond"]) == (20, 3, 11, 85, 3, 25)
assert s["lock"] and abs(s["waited_share"] - 0.15) < 1e-9 and abs(s["rounds_per_waited"] - 11 / 3) < 1e-9
f = l["flush_area_mask", "other"]
assert not f["lock"] and f["least"] is None and f["beyond"] is None' "$tmp/out" 2>"$tmp/err"
ok $? "as JSON"
locks --format=csv --mean --interrupts "$tmp/run,cell=threads:2"
grep -q ',_spin_lock,other,1,21,1,1,' "$tmp/out"
ok $? "with the interrupt"
locks --format=csv "$tmp/run,cell=threads:2,cpu=1"
grep -q ',_spin_lock,outer,1,10,1,5,' "$tmp/out" && ! grep -q threads:1 "$tmp/out"
ok $? "one CPU"
mkdir "$tmp/free" && cp "$tmp/run/profile" "$tmp/free/" && sed 's/icount/free/; /turn/d' "$tmp/run/environment" >"$tmp/free/environment"
locks "$tmp/free"
[ "$code" = 7 ] && [[ $out == *UNTRUSTED* ]]
ok $? "without the instruction clock: said, exit code 7"
locks --format=json "$tmp/free"
[ "$code" = 7 ] && [ "$(grep -c '"trust":"untrusted"' "$tmp/out")" = 2 ]
ok $? "the same as JSON"
sed -i /clock/d "$tmp/free/environment"
locks "$tmp/free"
[ "$code" = 0 ] && [[ $out == *"not known which clock"* ]]
ok $? "a clock that is not known"
run "$tool" diff --format=csv --syms="$tmp/elf" "$tmp/run,cell=threads:1" "$tmp/run,cell=threads:2,cpu=0"
[ "$code" = 0 ] && grep -q '^_spin_lock,,' "$tmp/out"
ok $? "one CPU of two, against another boot"
locks "$tmp/run,cpu=x"
refused 2 "cpu=x"
ok $? "a CPU that is no number: exit code 2"

broken() {
	mkdir -p "$tmp/broken"
	cp "$tmp/run/environment" "$tmp/broken/"
	sed "$2" "$tmp/run/profile" >"$tmp/broken/profile"
	locks "$tmp/broken"
	refused 1 "$3"
	ok $? "$1: exit code 1, one line"
}
broken "a CPU that there is not" 's/^cpu 2 1/cpu 2 2/' "line 10"
broken "a wait of an operation that is not there" 's/^wait 1 2 1/wait 9 2 1/' "what is not in it"
broken "a wait at a block that is not there" 's/^wait 1 2 1/wait 1 2 99/' "line 30"
exit $bad
