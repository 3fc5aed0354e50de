#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# tap-timeout: 300
# scripts/lab-ab and what it is made of: which functions of two builds are the same, which boots are asked for, and what is
# said of two boots. The lab is a stand-in here, and a hypervisor a small program with a made-up profile;
# `scripts/claims labab` has real ones.
set -u
cd "$(dirname "$0")/../.." || exit 1
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
# shellcheck source=tests/tools/tap.sh
. tests/tools/tap.sh

# The scripts, with another lab beside them: it takes what a boot left from where the hypervisor is.
mkdir -p "$tmp/top/build" && cp -r scripts "$tmp/top/" && ln -s "$PWD/${B:-build}/grantbench-profile" "$tmp/top/build/" || exit 1
cat >"$tmp/top/scripts/lab" <<'SH'
#!/bin/bash
echo "$*" >>../asked
from=../a part=
for a; do
	case $a in
	--out=*) out=${a#*=} ;;
	--xen=*) from=$(dirname "${a#*=}") ;;
	--job=domain) part=-pairs ;;
	esac
done
[ ! -e "$from/fails" ] || { echo "lab: $(cat "$from/fails")" >&2; exit "$(cat "$from/code")"; }
mkdir -p "$out"
cp "$from/environment" "$out/"
[ "$1" = boot ] || { cp "$from/profile" "$out/" && ln -s "$from/xen-syms" "$out/xen-syms"; }
[ -n "$part" ] || { mkdir -p "$out/results/20261127T000000Z-x" && cp "$from/cells.jsonl" "$out/results/20261127T000000Z-x/"; }
SH
sed -i "s,\.\./,$tmp/," "$tmp/top/scripts/lab"

# source EXTRA PAD: a program whose map calls get_page if EXTRA is "call get_page"; PAD moves all that is behind it.
source_of() {
	cat <<S
	.file "a.c"
	.section .rodata
	.ascii "$2"
message: .ascii "a message"
	.text
	.globl do_grant_table_op, unmap_op, get_page, padded
	.type pad, @function
pad:	$2
	ret
	.size pad, .-pad
	.type do_grant_table_op, @function
do_grant_table_op: nop
	call helper
	$1
	ret
	.size do_grant_table_op, .-do_grant_table_op
	.type helper, @function
helper:	nop
	ret
	.size helper, .-helper
	.type get_page, @function
get_page: nop
	nop
	ret
	.size get_page, .-get_page
	.type unmap_op, @function
unmap_op: lea message(%rip), %rax
	ret
	.size unmap_op, .-unmap_op
	.type padded, @function
padded:	mov \$${3:-1}, %eax
	${4:-}
	jmp helper
	.p2align ${5:-4}
	.size padded, .-padded
S
}
# program NAME ID EXTRA PAD [CONSTANT [MORE [ALIGN]]]
program() {
	mkdir -p "$tmp/$1"
	source_of "${@:3}" | gcc -nostdlib -static -Wl,-Ttext=0xffff82d040200000,-e,do_grant_table_op,--build-id="0x$2" -o "$tmp/$1/xen-syms" -x assembler - &&
		echo "xen of $1" >"$tmp/$1/xen.gz"
}
at() { nm "$tmp/$1/xen-syms" | awk -v n="$2" '$3 == n { print $1 }'; }
plus() { printf '%x' $((0x$1 + $2)); }

# boot NAME ID MAP UNMAP: what a boot leaves: figures of the suite, and a profile in which map calls get_page if it can.
boot() {
	local op un n=0
	op=$(at "$1" do_grant_table_op) un=$(at "$1" unmap_op)
	printf 'xen 4.17\nxen_build_id %s\nemulator 7.2\nhost_date %s\n' "$2" "$1" >"$tmp/$1/environment"
	{
		echo gnb-profile 1
		echo range 0 ffffffffffffffff
		echo windows 2 abandoned 0 open 0
		echo instructions 100
		echo skip 0
		n=$((5 + $(nm "$tmp/$1/xen-syms" | grep -c calls_it) * 4))
		for v in 1 2; do
			echo "op $((v * 2)) 0 1 1 0 0 $n 1 $n $n 0 0 map_unmap/batch:1#v$v"
			echo "op $((v * 2 + 1)) 1 1 1 0 0 2 1 2 2 0 0 map_unmap/batch:1#v$v"
		done
		echo "node 1 0 entry $op"
		echo "node 2 1 call $(plus "$op" 6)"
		echo "node 3 0 entry $un"
		echo "node 4 1 call $(plus "$op" 11)"
		echo "block 0 $op 90.e800000000"
		echo "block 1 $(at "$1" helper) 90.c3"
		echo "block 2 $(plus "$op" $((n > 5 ? 11 : 6))) c3"
		echo "block 3 $un 488d0500000000.c3"
		echo "block 4 $(plus "$op" 6) e800000000"
		echo "block 5 $(at "$1" get_page) 90.90.c3"
		for v in 1 2; do
			echo "count $((v * 2)) 1 0 2 1 1"
			echo "count $((v * 2)) 2 1 2 1 1"
			echo "count $((v * 2)) 1 2 1 1 1"
			[ $n = 5 ] || { echo "count $((v * 2)) 1 4 1 1 1"; echo "count $((v * 2)) 4 5 3 1 1"; }
			echo "count $((v * 2 + 1)) 3 3 2 1 1"
		done
		echo end
	} >"$tmp/$1/profile"
	python3 - "$3" "$4" >"$tmp/$1/cells.jsonl" <<'PY'
import json
import sys

rows = [{"version": v, "metric": m, "unit": "instructions/page", "counts": {"instructions": float(x) + more}}
        for v, more in (("v1", 0), ("v2", 26)) for m, x in zip(("map", "unmap"), sys.argv[1:])]
print(json.dumps({"cell": "map_unmap/batch:1", "status": "ok", "reason": None, "rows": rows}))
PY
}
A=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa E=bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb
program a $A '' nop && program b $E 'calls_it: call get_page' 'nop; nop; nop' && program other $E '' nop 2 && program nop $E '' nop 1 nop &&
	program fill $E '' nop 1 '' 5
ok $? "programs with symbols"
boot a $A 22 19
boot b $E 26 19
mkdir "$tmp/odd" && cp "$tmp"/b/* "$tmp/odd/" && sed -i 's/19.0/20.0/' "$tmp/odd/cells.jsonl"
mkdir "$tmp/emulator" && cp "$tmp"/b/* "$tmp/emulator/" && sed -i 's/7.2/8.0/' "$tmp/emulator/environment"

# ---- code ----
other_code() {
	python3 - "$tmp/top/scripts" "$tmp/a/xen-syms" "$tmp/$1/xen-syms" <<'PY'
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv.pop(1))
import lab_code

a, b = map(lab_code.functions, sys.argv[1:])
print(*sorted(n for n in set(a) | set(b) if a.get(n) != b.get(n)))
PY
}
out=$(other_code b)
[ "$out" = "do_grant_table_op pad" ]
ok $? "what lies elsewhere, and refers to what lies elsewhere, is the same code; a call more is not"
out=$(other_code other)
[ "$out" = padded ]
ok $? "nor is another constant"
out=$(other_code nop)
[ "$out" = padded ]
ok $? "nor a nop within a function"
out=$(other_code fill)
[ -z "$out" ]
ok $? "nops up to the next one are nobody's"

# ---- what is refused ----
run() {
	out=$(cd "$tmp" && top/scripts/lab-ab --out="$tmp/ab" --jobs=1 "$@" 2>"$tmp/err")
	code=$?
	err=$(cat "$tmp/err")
}
refused() {
	local want=$1 word=$2
	shift 2
	run "$@"
	[ $code = "$want" ] && [ "$(wc -l <<<"$err")" = 1 ] && [[ $err == *"$word"* ]] && [ ! -e "$tmp/ab" ] && [ ! -e "$tmp/asked" ]
	ok $? "lab-ab $(sed "s,$tmp/,,g" <<<"$*"): exit $want in one line, and nothing is booted"
}
refused 2 'what differs'
refused 2 'what differs' --what=linux
refused 2 '--fast' --fast --new="$tmp/a/xen.gz"
refused 2 'no such file' --new="$tmp/none.gz"
refused 2 'symbols' --new="$tmp/a/profile" --new-syms="$tmp/none"
refused 2 'a version' --old=v1 --new=second --what=version
refused 2 'cannot be the same' --new="$tmp/b/xen.gz" --xen="$tmp/a/xen.gz"
refused 2 "no machine 'pdp11'; there are: domu guests p2m pv" --new="$tmp/b/xen.gz" --machine=pdp11
refused 2 "no machine 'vtd' with a Xen" --new="$tmp/b/xen.gz" --machine=vtd
refused 6 'v1 and v2' --old=v1 --new=v3
for word in x '' -1 nan inf 1e999; do
	refused 2 'a percentage' --new="$tmp/b/xen.gz" --gate="$word"
done

# ---- two builds ----
has() { grep -qF -- "$1" <<<"$out"; }
run --old=a/xen.gz --new=b/xen.gz
[ $code = 0 ] && has '22.00  26.00  +4.00 (+18.18 %)' && has '    get_page +3.00 (calls +1 by do_grant_table_op)' &&
	has '    do_grant_table_op +1.00 (other code)'
ok $? "two builds: figures of the suite, the functions, and who calls them more often"
has '4 figures: 2 differ, 2 are equal to the instruction' && has 'code is the same but for addresses: 0 of them differ' && has 'of 2 the functions'
ok $? "what is equal, and that it has to be"
[ "$(grep -c '^profile .*--machine=pv -- --target=xen --filter=' "$tmp/asked")" = 2 ] && grep -q -- "--xen=$tmp/a/xen.gz --syms=$tmp/a/xen-syms" "$tmp/asked"
ok $? "by two boots, each with its own symbols"
out=$(cat "$tmp/ab/report.md")
has '| map_unmap all v1 unmap | instructions/page | 19.0000 | 19.0000 | equal | the same | - |' && has 'xen_build_id: bbbb'
ok $? "all of it is in the report"
echo keep >"$tmp/ab/mine"
run --old=a/xen.gz --new=a/xen.gz
[ $code = 0 ] && has '4 figures: 0 differ' && has 'of 4 the functions' && [ "$(cat "$tmp"/ab.*/mine)" = keep ]
ok $? "a build and itself differ in nothing; and the report before is still there"
run --old=a/xen.gz --new=odd/xen.gz --replace
[ $code = 0 ] && has '4 figures: 3 differ' && has 'the same but for addresses: 1 of them differ'
ok $? "a figure that differs, though no function's code does, is said"
out=$(cat "$tmp/ab/report.md")
[[ $out == *"though no function's code does"*"- map_unmap all v1 unmap"* ]]
ok $? "and named"
run --old=a/xen.gz --new=emulator/xen.gz --replace
[ $code = 5 ] && has 'more differs than was asked for: emulator: 7.2, 8.0'
ok $? "another emulator: exit 5, and what it is"
run --new=b/xen.gz --replace
[ $code = 0 ] && has 'old: as the lab has it'
ok $? "one build, against what the lab has"

# ---- a gate ----
# gate PERCENT CODE NEW WORDS NAME
gate() {
	run --old=a/xen.gz --new="$3/xen.gz" --gate="$1" --replace
	[ $code = "$2" ] && has "gate at $1 %: $4"
	ok $? "--gate=$1: $5"
}
gate 10 3 b '2 dearer, 0 missing' "what takes 18 % more ends with 3"
grep -q '^## Dearer, by the gate' "$tmp/ab/report.md" && grep -q '^- map_unmap all v1 map$' "$tmp/ab/report.md"
ok $? "and is in the report"
mkdir "$tmp/bit" && cp "$tmp"/a/* "$tmp/bit/" && sed -i 's/22\.0/23.0/' "$tmp/bit/cells.jsonl"
gate 4.5 3 bit '1 dearer, 0 missing' "4.55 % more, too"
gate 4.6 0 bit '0 dearer, 0 missing' "which passes at 4.6"
gate 0 0 a '0 dearer, 0 missing' "a build and itself pass the strictest"
mkdir "$tmp/less" && cp "$tmp"/a/* "$tmp/less/" && sed -i '/^op [35] /d; /^count [35] /d' "$tmp/less/profile" &&
	python3 - "$tmp/less/cells.jsonl" <<'PY'
import json
import sys

with open(sys.argv[1], encoding="utf-8") as f:
    cell = json.loads(f.read())
cell["rows"] = [r for r in cell["rows"] if r["metric"] == "map"]
with open(sys.argv[1], "w", encoding="utf-8") as f:
    print(json.dumps(cell), file=f)
PY
gate 5 3 less '0 dearer, 2 missing' "figures that are gone end with 3"
run --old=less/xen.gz --new=a/xen.gz --gate=5 --replace
[ $code = 0 ] && has '0 dearer, 0 missing' && has '2 are in one of both only'
ok $? "and new ones do not"
mkdir "$tmp/busier" && cp "$tmp"/b/* "$tmp/busier/" && cp "$tmp/a/cells.jsonl" "$tmp/busier/"
gate 50 3 busier '2 dearer, 0 missing' "more of a counted work ends with 3, whatever the instructions"

# ---- versions, machines ----
: >"$tmp/asked"
run --old=v1 --new=v2 --replace --machine=guests
[ $code = 0 ] && [ "$(wc -l <"$tmp/asked")" = 2 ] && grep -q '^boot .*--machine=guests -- --target=xen --versions=v1,v2 .*mapper=pv,translated' "$tmp/asked" &&
	grep -q '^profile .*--machine=guests --job=domain --timeout=1800 -- pairs$' "$tmp/asked" && has '22.00  48.00  +26.00'
ok $? "two versions, where a boot has both: one boot, and one with the pairs that are profiled"
: >"$tmp/asked"
run --old=v1 --new=v2 --replace -- --target=xen --filter=^copy/
[ "$(cut -d' ' -f1,4- "$tmp/asked" | sort)" = "profile --version=1 -- --target=xen --target=xen --filter=^copy/
profile --version=2 -- --target=xen --target=xen --filter=^copy/" ] || [ "$(grep -c -- '--version=[12] .*--filter=^copy/$' "$tmp/asked")" = 2 ]
ok $? "where a boot has one, a boot each; with other cells"
: >"$tmp/asked"
run --what=xen-args --new='gnttab=max-ver:1' --replace --machine=pvh
[ $code = 0 ] && [ "$(grep -c '^profile .*--machine=pvh --job=domain --timeout=1800 -- pairs$' "$tmp/asked")" = 2 ] &&
	[ "$(grep -c -- '--xen-args=gnttab=max-ver:1' "$tmp/asked")" = 1 ] && has '4 figures: 0 differ'
ok $? "words for Xen, on a machine where the suite does not run"

# ---- boots that fail ----
echo 'no end within 600 s' >"$tmp/b/fails"
echo 1 >"$tmp/b/code"
run --old=a/xen.gz --new=b/xen.gz --replace
[ $code = 1 ] && [[ $err == *"no end within 600 s ($tmp/ab/new.log)" ]]
ok $? "a boot that fails: exit 1, why, and its log"
echo 6 >"$tmp/b/code"
run --old=a/xen.gz --new=b/xen.gz --replace
[ $code = 6 ]
ok $? "what is missing here: exit 6"

# Whoever ends it ends what it has begun. The stand-in boots until it is ended.
sed -i '2i trap "kill \$!; echo ended >>'"$tmp"'/ended; exit 143" TERM; [ ! -e '"$tmp"'/slow ] || { echo up >>'"$tmp"'/up; sleep 60 & wait; }' "$tmp/top/scripts/lab"
rm -f "$tmp/b/fails"
: >"$tmp/slow"
"$tmp/top/scripts/lab-ab" --out="$tmp/ab" --old="$tmp/a/xen.gz" --new="$tmp/b/xen.gz" --replace --jobs=2 2>"$tmp/err" &
for i in $(seq 100); do [ "$(wc -l 2>/dev/null <"$tmp/up")" != 2 ] || break; sleep 0.1; done
kill $!
wait $!
code=$?
for i in $(seq 50); do [ "$(wc -l 2>/dev/null <"$tmp/ended")" != 2 ] || break; sleep 0.1; done
[ $code = 143 ] && [ "$(wc -l <"$tmp/ended")" = 2 ]
ok $? "ended early: exit 143, and so are its boots"
rm "$tmp/slow"
run --help && grep -q -- --old-syms <<<"$out"
ok $? "--help"
echo "1..$n"
exit $bad
