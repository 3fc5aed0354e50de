#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# grantbench-profile and scripts/lab-counts, on a small program with known functions and a made-up profile of it.
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

# One line on stderr that has a word in it, nothing on stdout, and this exit code.
refused() {
	[ "$code" = "$1" ] && [ -z "$out" ] && [ "$(wc -l <"$tmp/err")" = 1 ] && [[ $err == *"$2"* ]]
}

# ---- a program: two files with a local function of the same name each ----
cat >"$tmp/a.S" <<'S'
	.file "a.c"
	.text
	.globl do_grant_table_op, _spin_lock
	.type do_grant_table_op, @function
do_grant_table_op:	nop
	nop
	call helper
	call _spin_lock
	ret
	.size do_grant_table_op, .-do_grant_table_op
	.type helper, @function
helper:	nop
	lock incl (%rax)
	ret
	.size helper, .-helper
	.type helper.cold, @function
helper.cold:
	nop
	ret
	.size helper.cold, .-helper.cold
	.type _spin_lock, @function
_spin_lock:
	lock xaddl %eax, (%rdi)
	lock addl $0, -4(%rsp)
	ret
	.size _spin_lock, .-_spin_lock
S
cat >"$tmp/b.S" <<'S'
	.file "b.c"
	.text
	.type helper, @function
helper:	nop
	ret
	.size helper, .-helper
S
build() { gcc -nostdlib -static -Wl,-Ttext=0x10000,-e,0x10000,--build-id="$1" -o "$2" "$tmp/a.S" "$tmp/b.S"; }
echo 1..40
out=$(build 0xabcdef0123456789abcdef0123456789abcdef01 "$tmp/elf" 2>&1 && build 0x1111222233334444555566667777888899990000 "$tmp/other" 2>&1)
ok $? "a program with symbols"
at() { nm "$tmp/elf" | awk -v n="$1" -v k="${2:-1}" '$3 == n && ++i == k { sub(/^0+/, "", $1); print $1 }'; }
plus() { printf '%x' $((0x$1 + $2)); }
do_grant_table_op=$(at do_grant_table_op) helper=$(at helper) cold=$(at helper.cold) lock=$(at _spin_lock) second=$(at helper 2)

# An operation of 2 in a hypercall; 4 windows, 3 with the least instructions.
mkdir "$tmp/run"
cat >"$tmp/run/profile" <<P
gnb-profile 1
range 0 ffffffff
windows 5 abandoned 0 open 0
instructions 1000
skip 1
op 0 0 2 4 1 0 22 3 30 96 1 2 map_unmap/batch:2#v1
op 1 1 2 4 1 0 3 4 3 12 0 0 map_unmap/batch:2#v1
node 1 0 entry $do_grant_table_op
node 2 1 call $(plus "$do_grant_table_op" 7)
node 3 1 call $(plus "$do_grant_table_op" 12)
node 4 0 interrupt $cold
block 0 $do_grant_table_op 90.90.e806000000
block 1 $helper 90.f0ff00.c3
block 2 $(plus "$do_grant_table_op" 7) e80a000000
block 3 $lock f00fc107.f0834424fc00.c3
block 4 $(plus "$do_grant_table_op" 12) c3
block 5 $cold 90.c3
block 6 $second 90.c3
count 0 1 0 3 8 6
count 0 2 1 3 8 6
count 0 1 2 1 8 6
count 0 3 3 3 8 6
count 0 1 4 1 8 6
count 0 2 5 2 4 0
count 0 4 5 2 1 0
count 1 1 6 2 4 4
count 1 1 6 1 4 4
end
P
echo "xen_build_id abcdef0123456789abcdef0123456789abcdef01" >"$tmp/run/environment"
p=$tmp/run,op=map

run "$tool" table --format=csv --syms="$tmp/elf" "$p"
want="do_grant_table_op,,5,1,0,0
_spin_lock,,3,1,1,1
helper,a.c,3,1,1,0"
[ "$code" = 0 ] && [ "$(tail -n +2 "$tmp/out" | cut -d, -f5-)" = "$want" ]
ok $? "instructions, calls, atomics and barriers per operation, in the least windows"
run "$tool" table --syms="$tmp/elf" "$p"
[ "$code" = 0 ] && [[ $out == *"11.00 instructions each, the least of 4 windows (3 of them alike)"* ]] &&
	grep -qE '^ +3\.00 +1\.0000  helper \(a\.c\)$' "$tmp/out"
ok $? "the same as text"
run "$tool" table --mean --format=csv --syms="$tmp/elf" "$p"
grep -q ',helper,a.c,4,1,' "$tmp/out"
ok $? "the mean over all windows, with the cold piece, which is no call"
run "$tool" table --mean --split --format=csv --syms="$tmp/elf" "$p"
grep -q ',helper,a.c,3,1,' "$tmp/out" && grep -q ',helper.cold,a.c,1,0.5,' "$tmp/out"
ok $? "the cold piece apart"
run "$tool" table --mean --interrupts --split --format=csv --syms="$tmp/elf" "$p"
grep -q ',helper.cold,a.c,1.25,' "$tmp/out"
ok $? "with the interrupt"
run "$tool" table --format=csv --syms="$tmp/elf" "$tmp/run,op=unmap"
grep -q ',helper,b.c,1.5,1,' "$tmp/out"
ok $? "a function of the same name in another file; half a block"
run "$tool" table --format=json --syms="$tmp/elf" "$tmp/run"
[ "$code" = 0 ] && python3 -c '
import json, sys
ops = json.load(open(sys.argv[1]))
assert [o["op"] for o in ops] == ["map", "unmap"] and ops[0]["instructions"] == 11 and ops[0]["least_windows"] == 3
assert sum(f["instructions"] for f in ops[0]["functions"]) == 11' "$tmp/out" 2>"$tmp/err"
ok $? "the same as JSON"
run "$tool" table --top=1 --syms="$tmp/elf" "$p"
[[ $out == *"do_grant_table_op"*"2 others"* ]]
ok $? "--top"
run "$tool" folded --syms="$tmp/elf" "$p"
want="map_unmap/batch:2#v1;map:2;do_grant_table_op 30
map_unmap/batch:2#v1;map:2;do_grant_table_op;_spin_lock 18
map_unmap/batch:2#v1;map:2;do_grant_table_op;helper 18"
[ "$(sort "$tmp/out")" = "$want" ]
ok $? "folded stacks"
run "$tool" flame --syms="$tmp/elf" "$p"
[ "$code" = 0 ] && python3 -c 'import sys, xml.dom.minidom as d; s = d.parse(sys.argv[1])
t = [x.firstChild.data for x in s.getElementsByTagName("title")]
assert "do_grant_table_op: 11.00 instructions, 5.00 of its own, 100.0 %" in t, t' "$tmp/out" 2>"$tmp/err"
ok $? "a flame graph: XML, and what it says of a function"
run "$tool" diff --syms="$tmp/elf" "$p" "$tmp/run,op=unmap"
[ "$code" = 0 ] && grep -qE '^ +5\.00 +0\.00 +-5\.00 .* do_grant_table_op, called by \(entry\) -1\.0000$' "$tmp/out" && grep -qE -- '-9\.50 .*  all$' "$tmp/out"
ok $? "the difference of two operations"
# Two functions have the name helper, in files of their own: they are not mixed up.
run "$tool" diff --format=json --syms="$tmp/elf" "$p" "$tmp/run,op=unmap"
[ "$code" = 0 ] && python3 -c '
import json, sys
found = {(f["function"], f["file"]): [(c["caller"], c["calls_a"], c["calls_b"]) for c in f["called_by"]] for f in json.load(open(sys.argv[1]))}
assert found == {("do_grant_table_op", None): [("(entry)", 1, 0)], ("_spin_lock", None): [("do_grant_table_op", 1, 0)],
                 ("helper", "a.c"): [("do_grant_table_op", 1, 0)], ("helper", "b.c"): [("(entry)", 0, 1)]}, found' "$tmp/out" 2>"$tmp/err"
ok $? "and who called what more or less often"
run "$tool" symbols --syms="$tmp/elf"
[ "$code" = 0 ] && [ "$(cut -d' ' -f3 "$tmp/out" | xargs)" = "do_grant_table_op helper helper _spin_lock helper" ] &&
	grep -qx "0*$helper 0*$cold helper" "$tmp/out" && grep -qx "0*$cold 0*$lock helper" "$tmp/out"
ok $? "symbols: where functions and their pieces are"
mkdir "$tmp/run2" && cp "$tmp/run/profile" "$tmp/run2/" && echo "xen_build_id 1111222233334444555566667777888899990000" >"$tmp/run2/environment"
run "$tool" diff --format=csv --syms="$tmp/elf" --syms="$tmp/other" "$p" "$tmp/run2,op=map"
[ "$code" = 0 ] && grep -qx '_spin_lock,,3,3,1,1' "$tmp/out" && [ "$(wc -l <"$tmp/out")" = 4 ]
ok $? "the difference of two builds, each with its own symbols"
run "$tool" work --format=json --syms="$tmp/elf" "$p"
[ "$code" = 0 ] && python3 -c '
import json, sys
w = json.load(open(sys.argv[1]))[0]["work"]
assert w["spin_locks"]["value"] == 1 and w["atomic_rmws"]["value"] == 2 and w["barriers"]["value"] == 1
assert w["page_gets"]["value"] is None and w["page_gets"]["how"] == "not observable"' "$tmp/out" 2>"$tmp/err"
ok $? "work, and what this build does not show"
names=$(sed -n 's/^\tX(\([a-z0-9_]*\),.*/\1/p' hv/include/hv/counters.h | sort)
out=$(diff <(echo "$names") <(python3 -c '
import json, sys
print("\n".join(sorted(json.load(open(sys.argv[1]))[0]["work"])))' "$tmp/out"))
ok $? "under the names of hv/counters.h, all of them"

# ---- what is refused ----
run "$tool" table --syms="$tmp/other" "$p"
refused 5 "is of build 1111"
ok $? "symbols of another build: exit code 5"
run "$tool" table --build-id=1111222233334444555566667777888899990000 --syms="$tmp/other" "$p"
[ "$code" = 0 ]
ok $? "--build-id"
mkdir "$tmp/unknown" && cp "$tmp/run/profile" "$tmp/unknown/"
run "$tool" table --syms="$tmp/elf" "$tmp/unknown"
refused 5 "not known which hypervisor"
ok $? "no build id: exit code 5"
strip -o "$tmp/stripped" "$tmp/elf"
run "$tool" table --syms="$tmp/stripped" "$p"
refused 5 "no symbols" && { run "$tool" table --syms="$tmp/run/profile" "$p"; refused 5 "not an ELF file"; }
ok $? "no symbols, no ELF file: exit code 5"
run "$tool" table --syms="$tmp/none" "$p"
refused 6 "No such file" && { run "$tool" table --syms="$tmp/elf" "$tmp/none"; refused 6 "No such file"; }
ok $? "a file that is missing: exit code 6"
fine=0
for args in "" "table" "nonsense $tmp/run" "table $tmp/run" "table --syms=$tmp/elf --top=0 $p" \
	"table --syms=$tmp/elf --format=xml $p" "table --syms=$tmp/elf $tmp/run,op=eat" "table --syms=$tmp/elf $tmp/run,count=x" \
	"symbols" "symbols --syms=$tmp/elf $p" "table --syms=$tmp/elf $tmp/run,cell=none" "diff --syms=$tmp/elf $p" "flame --syms=$tmp/elf $tmp/run" \
	"table --interrupts --syms=$tmp/elf $p" "table --nonsense $p" "table --syms=$tmp/elf $tmp/run,nonsense"; do
	# shellcheck disable=SC2086
	run "$tool" $args
	refused 2 "grantbench-profile: " || { fine=1 && echo "# $args" && break; }
done
ok $fine "usage: exit code 2 and one line"

# ---- broken profiles ----
broken() {
	mkdir -p "$tmp/broken"
	cp "$tmp/run/environment" "$tmp/broken/"
	sed "$2" "$tmp/run/profile" >"$tmp/broken/profile"
	run "$tool" table --syms="$tmp/elf" "$tmp/broken"
	refused 1 "$3"
	ok $? "$1: exit code 1, one line"
}
broken "no end" '$d' "did not finish"
broken "another version" '1s/1/2/' "version 1"
broken "a line that is not known" '3s/windows/widows/' "line 3"
broken "a node before its parent" 's/^node 2 1/node 2 9/' "line 9"
broken "an instruction of 16 bytes" 's/^block 5 .*/block 5 1000 90909090909090909090909090909090/' "line 17"
broken "more of a block than there is" 's/^count 1 1 6 2/count 1 1 6 3/' "line 26"
broken "a count of an operation that is not there" 's/^count 1 1 6 2/count 7 1 6 2/' "what is not in it"

# Anything else: no crash, whatever is cut off or changed.
fine=0
size=$(wc -c <"$tmp/run/profile")
for ((i = 0; i < 60; i++)); do
	head -c $((size * i / 60)) "$tmp/run/profile" >"$tmp/broken/profile"
	run "$tool" table --syms="$tmp/elf" "$tmp/broken"
	[ "$code" = 1 ] || fine=1
done
ok $fine "cut off anywhere: exit code 1"

# ---- causes: helper as what copies arguments ----
objcopy --redefine-sym helper=copy_from_user_hvm "$tmp/elf" "$tmp/causes"
run "$tool" causes --format=csv --syms="$tmp/causes" "$p" "$p"
want="copying of arguments,all,3,3,1.5
copying of arguments,itself,3,3,1.5
entry, handle, status,all,8,8,0
entry, handle, status,locks,3,3,0
entry, handle, status,itself,5,5,0"
[ "$code" = 0 ] && [ "$(tail -n +2 "$tmp/out" | tr -d '"')" = "$want" ] && [[ $err == *"causes are listed for build"* ]]
ok $? "causes: by stack and function, what once a hypercall saves, and that the list is of another build"
# work_is SYMBOLS VALUE ELSEWHERE
work_is() {
	run "$tool" work --format=json --syms="$1" "$p"
	python3 -c '
import json, sys
w = json.load(open(sys.argv[1]))[0]["work"]["atomic_rmws"]
assert (w["value"], w["elsewhere"]) == (float(sys.argv[2]), float(sys.argv[3])), w' "$tmp/out" "$2" "$3" 2>"$tmp/err"
}
objcopy --redefine-sym helper=do_softirq "$tmp/elf" "$tmp/entry"
work_is "$tmp/causes" 2 0 && work_is "$tmp/entry" 1 1
ok $? "work: what copying arguments does is the operation's, entry and exit are apart"
run "$tool" causes --syms="$tmp/causes" "$p"
refused 2 "two parts"
ok $? "causes of one part: exit code 2, one line"

# ---- scripts/lab-counts ----
cat >"$tmp/work.json" <<'J'
[{"run": "r", "cell": "c/batch:2#v1", "op": "map", "count": 2, "work": {"spin_locks": {"value": 2.0}, "page_gets": {"value": 3.0},
  "guest_reads": {"value": null}, "continuations": {"value": 0.0}}}]
J
row() { echo '{"cell":"c/batch:2/entry:none/cpus:8","rows":[{"version":"v1","metric":"map","counts":{"continuations":0,"spin_locks":2,"page_gets":'"$1"',"guest_reads":2}}]}'; }
row 3 >"$tmp/cells.jsonl"
row 4 >"$tmp/cells4.jsonl"
echo "page_gets map * get_page: because" >"$tmp/list"
: >"$tmp/none.txt"
LAB_COUNTS_LIST=$tmp/none.txt run scripts/lab-counts "$tmp/work.json" "$tmp/cells.jsonl"
[ "$code" = 0 ] && [[ $out == *"3 equal, 0 listed, 0 differs, 1 not observable"* ]]
ok $? "counts that are equal"
LAB_COUNTS_LIST=$tmp/none.txt run scripts/lab-counts "$tmp/work.json" "$tmp/cells4.jsonl"
[ "$code" = 1 ] && [[ $out == *"1 differs"* ]] && { LAB_COUNTS_LIST=$tmp/list run scripts/lab-counts "$tmp/work.json" "$tmp/cells4.jsonl" && [ "$code" = 0 ]; }
ok $? "one that differs, and is excused"
LAB_COUNTS_LIST=$tmp/list run scripts/lab-counts "$tmp/work.json" "$tmp/cells.jsonl"
[ "$code" = 1 ] && [[ $out == *"is not needed"* ]]
ok $? "an excuse that nothing needs"
echo "page_gets map batch:3 get_page: because" >"$tmp/list"
LAB_COUNTS_LIST=$tmp/list run scripts/lab-counts "$tmp/work.json" "$tmp/cells4.jsonl"
[ "$code" = 1 ] && [[ $out == *"1 differs"* ]]
ok $? "an excuse of other cells"
echo "page_gets * batch:2 get_page: because" >"$tmp/list"
LAB_COUNTS_LIST=$tmp/list run scripts/lab-counts "$tmp/work.json" "$tmp/cells4.jsonl"
[ "$code" = 0 ] && [[ $out == *"2 equal, 1 listed, 0 differs"* ]]
ok $? "an excuse of every operation, and of no other counter"
sed 's/: 0.0}/: 0.5}/; s/"run": "r"/"run": "s"/' "$tmp/work.json" >"$tmp/broken.json"
LAB_COUNTS_LIST=$tmp/none.txt run scripts/lab-counts "$tmp/work.json" "$tmp/broken.json" "$tmp/cells.jsonl"
[ "$code" = 1 ] && [[ $out == *"1 of them are not compared"*"3 equal, 0 listed, 0 differs"* ]]
ok $? "a hypercall that was broken off is not compared, and fails: exit code 1"
exit $bad
