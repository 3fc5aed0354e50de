#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# tap-timeout: 300
# scripts/bisect-xen under git bisect run: a history in which one build is dearer, others do not build, boot or have the
# figure; and what ends it. The lab is a stand-in here: what a build costs stands in it. `scripts/claims labab.bisect` has
# real ones.
set -u
cd "$(dirname "$0")/../.." || exit 1
top=$PWD
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
# shellcheck source=tests/tools/tap.sh
. tests/tools/tap.sh

# The lab's part: a boot of a hypervisor that is a line "map unmap", or a word for what it does instead.
cat >"$tmp/lab" <<'SH'
#!/bin/bash
echo "$*" >>"$(dirname "$0")/asked"
what=$1
case $what in
machines) printf '%s\n' 'pv grantbench 1 2' 'guests grantbench both'; exit ;;
build) [ ! -e "$(dirname "$0")/broken" ] || { echo "lab: no compiler here" >&2; exit 6; }; exit 0 ;;
esac
for a; do
	case $a in --out=*) out=${a#*=} ;; --xen=*) xen=${a#*=} ;; esac
done
read -r map unmap <"$xen"
mkdir -p "$out"
row() { printf '{"version": "v1", "metric": "%s", "unit": "instructions/page", "value": 9, "counts": {"instructions": %s}}' "$@"; }
cell() { printf '{"cell": "map_unmap/batch:%s/mapper:pv", "status": "ok", "reason": null, "rows": [%s, %s]}\n' "$1" "$(row map "$2")" "$(row unmap "$3")"; }
case $map in
hangs) echo "lab: no end within 600 s" >&2; exit 1 ;;
free) : >"$out/environment"; exit 7 ;;
esac
: >"$out/environment"
mkdir -p "$out/results/20261127T000000Z-x"
case $map in
without) echo '{"cell": "map_unmap/batch:256/mapper:pv", "status": "skipped", "reason": "no version 1", "rows": []}' ;;
*) cell 256 "$map" "$unmap"; cell 1 1367 1514 ;;
esac >"$out/results/20261127T000000Z-x/cells.jsonl"
SH
chmod +x "$tmp/lab"

# history NAME LINE...: a clone with a commit for each line, which is what its build makes; "no" has none.
history() {
	local line n=0
	git init -q "$tmp/$1" && cd "$tmp/$1" || exit 1
	git config user.email x@example.org && git config user.name x
	mkdir xen
	printf 'olddefconfig:\nall:\n\ttest "$$(cat ../line)" != no && cp ../line xen.gz\n.PHONY: all olddefconfig\n' | sed '1i default: all' >xen/Makefile
	echo xen.gz >.gitignore
	shift
	for line; do
		n=$((n + 1))
		echo "$line" >line
		git add -A && git commit -qm "commit $n" --allow-empty || exit 1
		git tag "c$n"
	done
}
# bisect GOOD BAD ARGUMENT...: git's first bad commit, by its tag.
bisect() {
	local good=$1 bad=$2
	shift 2
	git bisect start "$bad" "$good" >/dev/null 2>&1
	out=$(git bisect run "$top/scripts/bisect-xen" "$@" --lab="$tmp/lab" --out="$tmp/out" 2>&1)
	code=$?
	first=$(sed -n 's/^\([0-9a-f]*\) is the first bad commit$/\1/p' <<<"$out" | xargs -r git describe --tags)
	git bisect reset >/dev/null 2>&1
}
# one ARGUMENT...: without git, on what is checked out.
one() {
	out=$("$top/scripts/bisect-xen" "$@" --lab="$tmp/lab" --out="$tmp/out" 2>&1)
	code=$?
}
ends() {
	[ $code = "$1" ] && [ "$(wc -l <<<"$out")" = 1 ] && [[ $out == *"$2"* ]]
	ok $? "$3"
}
CELL=map_unmap/batch:256/v1/map

# Three builds, of which one is dearer than the one before.
history three '998.4 966.3' '1061.4 966.3' '1061.4 966.3'
bisect c1 c3 $CELL 1010
[ $code = 0 ] && [ "$first" = c2 ]
ok $? "three builds, the second dearer: it is found"
grep -q -- "--version=1 -- --target=xen --filter=^map_unmap/ .*--set=map_unmap.batch=256" "$tmp/asked" && grep -q '^boot --machine=pv --xen=/' "$tmp/asked"
ok $? "by boots of the machine that measure this figure"
history many '998 966' no '998 966' hangs '999 966' without '998 966' '1100 966' no hangs '1100 966' '1101 966'
bisect c1 c12 $CELL 1010
[ $code = 0 ] && [ "$first" = c8 ]
ok $? "among builds that fail, hang and have not the figure"
[[ $out == *"1100.0000 instructions/page, bad (at most 1010)"* ]]
ok $? "and each says what it was"
bisect c1 c12 $CELL 1100
[ "$first" = c12 ] && [ $code = 0 ]
ok $? "the limit is in the tables' unit, and is still good itself"
bisect c1 c12 map_unmap/batch:256/v1/unmap 900
# Nothing is good there: git takes the first it looks at for bad.
[[ $out == *"966.0000 instructions/page, bad"* ]]
ok $? "another metric of the same cell is another figure"

cd "$tmp/three" || exit 1
git checkout -q c1
one $CELL 998.4 && [ $code = 0 ]
ok $? "exit 0: at most the limit"
one $CELL 998.3
ends 1 bad "exit 1: more than the limit"
echo no >line
one $CELL 1000
ends 125 'does not build' "exit 125: it does not build"
one $CELL 1000 --build=true
ends 125 'does not build' "nor if the build leaves no hypervisor"
echo hangs >line
one $CELL 1000
ends 125 'does not boot' "exit 125: it does not boot"
echo without >line
one $CELL 1000
ends 125 'no version 1' "exit 125: it has not the figure, with the reason"
# Codes from 1 to 127 would be taken for a bad commit.
echo free >line
one $CELL 1000 --clock=free
ends 128 'exit code 7' "exit 128: figures that mean nothing"
git checkout -q -f c1
one map_unmap/v1/map 1000
ends 128 'name more parameters' "exit 128: a name of several figures"
one map_unmap/batch:7/v1/map 1000
ends 128 'no such figure' "exit 128: a name of none"
one $CELL
ends 128 'CELL LIMIT' "exit 128: no limit"
one $CELL dear
ends 128 "'dear'" "exit 128: a limit that is no number"
one $CELL 0
ends 128 "'0'" "exit 128: nor may it be 0"
one map 1000
ends 128 "'map'" "exit 128: a name of no figure"
one $CELL 1000 -x
ends 128 -x "exit 128: an unknown argument"
one $CELL 1000 --machine=pdp11
ends 128 'there are: pv guests' "exit 128: an unknown machine"
one map_unmap/batch:256/v3/map 1000
ends 128 'v3' "exit 128: a version that the machine has not"
: >"$tmp/broken"
one $CELL 1000
ends 128 'no compiler here' "exit 128: the lab is not ready"
bisect c1 c3 $CELL 1010
[ -z "$first" ] && [ $code != 0 ]
ok $? "and git ends there, without a verdict"
rm "$tmp/broken"
cd "$tmp" || exit 1
GIT_CEILING_DIRECTORIES=$tmp one $CELL 1000
ends 128 'no clone' "exit 128: outside of a clone"
cd three || exit 1
"$top/scripts/bisect-xen" $CELL 1000 --lab="$tmp/lab" --out="$tmp/out" >/dev/full 2>"$tmp/err"
[ $? = 128 ] && [ "$(wc -l <"$tmp/err")" = 1 ]
ok $? "exit 128: output that does not arrive"
"$top/scripts/bisect-xen" --help >"$tmp/help" && grep -q 'git bisect run' "$tmp/help"
ok $? "--help"
echo "1..$n"
exit $bad
