#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The files of the product make no circle, and no folder knows another that arrows.mk does not let it know; and that what
# says so would say otherwise.
set -u
cd "$(dirname "$0")/../.." || exit 1
B=${B:-build}
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
# shellcheck source=tests/tools/tap.sh
. tests/tools/tap.sh

graph() { python3 tests/tools/graph.py --build="$B" "$@" 2>&1; }

echo 1..10
empty "no circles" < <(graph circles)
empty "no arrow that arrows.mk does not have" < <(graph arrows)
empty "arrows.mk is in order" < <(graph table)
# As many files and arrows as there are: it must not be that nothing was looked at.
out=$(graph count)
read -r files includes calls <<<"$out"
[ "$files" -gt 250 ] && [ "$includes" -gt 500 ] && [ "$calls" -gt 1000 ]
ok $? "and there was something to look at"

# In a copy, with objects of hv.
mkdir -p "$tmp/build" && cp -a Makefile arrows.mk bench compare dashboard export grant-v3 history hv kernel-helpers plot profile record scripts workloads tests "$tmp/" &&
	cp -a "$B/hv" "$tmp/build/" || exit 1
export TREE=$tmp
B=build
graph() { (cd "$tmp" && python3 tests/tools/graph.py --build=build "$@" 2>&1); }
again() { cp hv/memory/page.c "$tmp/hv/memory/page.c"; cp -a arrows.mk "$tmp/"; }

header=$(cd hv/grant && echo *.h | cut -d' ' -f1)
echo "#include \"$header\"" >>"$tmp/hv/memory/page.c"
out=$(graph arrows)
[ "$(wc -l <<<"$out")" = 1 ] && [[ $out == "hv/memory -> hv/grant is not in arrows.mk: hv/memory/page.c includes"* ]]
ok $? "a new include against it is named in one line"
out=$(make -C "$tmp" build/hv/memory/page.o 2>&1)
[ $? != 0 ] && [[ $out == *"$header: No such file"* ]]
ok $? "and does not build"
again

# One that no header tells of which this folder sees.
name=$(nm "$tmp/build/hv/host/domain.o" | awk '$2 == "T" { print $3 }' | while read -r n; do
	grep -qw "$n" hv/include/hv/*.h hv/base/*.h hv/memory/*.h || { echo "$n"; break; }
done)
printf 'void %s(void);\nvoid hv_upwards(void);\nvoid hv_upwards(void)\n{\n\t%s();\n}\n' "$name" "$name" >>"$tmp/hv/memory/page.c"
out=$(make -C "$tmp" build/hv/memory/page.o 2>&1; graph arrows)
[[ $out == *"hv/memory -> hv/host is not in arrows.mk: hv/memory/page.c calls $name"* ]]
ok $? "a call against it, without any header"
out=$(graph circles)
[[ $out == *"hv/host/domain"* && $out == *"hv/memory/page"* ]]
ok $? "which also makes a circle"
again

printf 'sees/hv/base := hv/include hv/grant\n' >>"$tmp/arrows.mk"
out=$(graph table)
[[ $out == *"hv/base <-> hv/grant: a circle"* ]]
ok $? "a circle in the table"
again
mkdir "$tmp/hv/attic" && echo 'int hv_attic;' >"$tmp/hv/attic/x.c"
out=$(graph table)
[[ $out == *"hv/attic: has sources and no line in arrows.mk"* && $out == *"hv/attic: has sources and no room.mk"* ]]
ok $? "a folder that nobody knows of"
exit $bad
