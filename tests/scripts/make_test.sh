#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# tap-timeout: 600
# make install and make dist, and a benchmark that scripts/new-benchmark makes: all in a copy.
set -u
# Under `make check` this would be a make within a make, which says where it goes.
unset MAKEFLAGS MAKELEVEL MFLAGS
cd "$(dirname "$0")/../.." || exit 1
B=${B:-build}
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
# shellcheck source=tests/tools/tap.sh
. tests/tools/tap.sh

# The copy says the same about its revision, so that what is built already is up to date.
revision() {
	sed -nE 's/^#define GNB_GIT_SHA "(.*)"/GIT_SHA=\1/p; s/^#define GNB_GIT_DIRTY (.)/GIT_DIRTY=\1/p' \
		"$B/version.h"
}

for f in Makefile arrows.mk bench compare dashboard docs export grant-v3 history hv kernel-helpers LICENSES plot profile record scripts workloads tests debian .gitignore .ci .clang-format; do
	cp -a "$f" "$tmp/" || exit 1
done
mkdir "$tmp/build"
# Not what the lab unpacked: that is 700 MB.
tar -C "$B" --exclude=./lab --exclude=./check -cf - . | tar -C "$tmp/build" -xf - || exit 1
mapfile -t rev < <(revision)
cd "$tmp" || exit 1

# A cell may be unstable on a busy machine; that is not what is tested here.
measure() {
	"$@" --results="$tmp/results" --budget=1 --launches=0 --no-progress --allow-untrusted 2>&1
}

echo 1..26
out=$(make "${rev[@]}" install DESTDIR="$tmp/dest" PREFIX=/opt/gb 2>&1)
ok $? "make install"
inst=$tmp/dest/opt/gb
out=$(find "$inst" -type f)
[ -s "$inst/share/man/man1/grantbench.1" ] && [ -s "$inst/share/grantbench/traces/sample.iolog" ] &&
	[ "$(find "$inst/share/grantbench/plot" -name '*.gp' | wc -l)" = "$(find plot -name '*.gp' | wc -l)" ]
ok $? "the man page, the traces and the plot scripts are installed"
out=$("$inst/bin/grantbench" --version 2>&1)
ok $? "the installed program runs"
out=$(cd / && measure "$inst/bin/grantbench" --filter='^block_replay/' --set entry=none)
ok $? "the installed program finds its trace from anywhere"

# Scripts among the programs find the others, whatever way they are called.
out=$(
	cd / || exit
	find -L "$inst/bin" "$inst/lib/grantbench/tools" -type l
	PATH=$inst/bin:$PATH
	grantbench-fleet merge "$tmp/no-such-part" 2>&1 | grep -v no-such-part
	for p in fleet perf; do "grantbench-$p" --help >/dev/null || echo "$p"; done
)
[ -z "$out" ]
ok $? "programs that are scripts are whole"
out=$(cd "$tmp" && PATH=$inst/bin:$tmp:$PATH grantbench-perf stat --perf=true -- --filter=no-such-cell 2>&1)
[ $? != 6 ] && [[ $out != *"not built"* ]]
ok $? "and find grantbench where it was installed"

lab() { out=$(cd / && LAB_DIR=$tmp/lab "$inst/bin/grantbench-lab" "$@" 2>&1); }
lab machines && [ "$(cut -d' ' -f1 <<<"$out" | sort | xargs)" = "$(LC_ALL=C ls scripts/lab.d | xargs)" ] && lab --version && lab ab --help &&
	grep -q -- --gate <<<"$out"
ok $? "and so does the installed lab, from anywhere"
# The programs that its scripts name lie where they look for them, and no link leads nowhere.
tree=$inst/lib/grantbench/lab
out=$(
	find -L "$tree" -type l
	{
		grep -vhE '^ *#' "$tree"/scripts/lab{,[-_]*} | grep -oE '(^|[ "(=])build/(grantbench[a-z-]*|tests/[a-z0-9_/]+)' | tr -d ' "(='
		grep -ohE '\$lab/(lab_[a-z]+|gnb_profile.so)' "$tree"/scripts/lab{,[-_]*} | sed 's,\$lab,build/lab,'
		grep -ohE '^[^#]*\<scripts/lab[a-z_-]+(\.py)?\>' "$tree"/scripts/lab{,[-_]*} | grep -oE 'scripts/lab[a-z_-]+(\.py)?$'
	} | sort -u >used
	[ "$(wc -l <used)" -gt 15 ] || cat used
	while read -r f; do [ -e "$tree/$f" ] || echo "missing: $f"; done <used
)
[ -z "$out" ]
ok $? "and it is whole"

out=$(make "${rev[@]}" install-xen DESTDIR="$tmp/xen" PREFIX=/opt/gb 2>&1) && [ -s "$tmp/xen/opt/gb/lib/grantbench/grantbench-domain-pvh" ] &&
	[ -s "$tmp/xen/opt/gb/lib/grantbench/grantbench-domain-pv" ] && "$tmp/xen/opt/gb/bin/grantbench-domain" --help >/dev/null
ok $? "make install-xen: grantbench-domain, beside its images"
src=$(echo "$tmp"/xen/opt/gb/src/gnb_guest-*)
out=$(cd "$src" && cat dkms.conf && grep -oh '#include "[^"]*"' ./*.c ./*.h | cut -d'"' -f2 | xargs ls && sed -n 's/.*-y := //p' Kbuild | tr ' ' '\n' | sed 's/o$/c/' | xargs ls) &&
	[ "gnb_guest-$(sed -n 's/^PACKAGE_VERSION="\(.*\)"/\1/p' "$src/dkms.conf")" = "$(basename "$src")" ]
ok $? "and the module's source, whole, under the version that dkms.conf says"

sources() { find . \( -path ./build -o -path ./results -o -path ./dest -o -path ./xen \) -prune -o -type f -print | sort; }
before=$(sources)
out=$(scripts/new-benchmark made_by_test 2>&1 && make "${rev[@]}" WERROR=1 2>&1)
ok $? "a new benchmark builds"
out=$(comm -13 <(echo "$before") <(sources))
[ "$out" = ./bench/made_by_test.c ]
ok $? "and is one file"
out=$(measure build/grantbench --filter='^made_by_test/' --set entry=none)
ok $? "and runs"
out=$(build/grantbench-report --no-plots results/latest 2>&1) && out=$(cat results/latest/report.md) &&
	grep -qxF '## made_by_test' <<<"$out" && grep -qF 'The hypercalls that map and unmap one page.' <<<"$out" &&
	grep -qF 'What this does not show: The granter' <<<"$out"
ok $? "and is described in the report"
out=$(scripts/new-benchmark made_by_test 2>&1)
[ $? = 2 ] && [ "$(wc -l <<<"$out")" = 1 ]
ok $? "an existing name is refused with one line"
out=$(scripts/new-benchmark '../x' 2>&1)
[ $? = 2 ] && [ "$(wc -l <<<"$out")" = 1 ]
ok $? "a bad name is refused with one line"
rm bench/made_by_test.c

# Left by sources that are gone.
mkdir -p build/gone && touch build/gone/old.o build/libgone.a build/grantbench-gone
# Other flags: everything that is made of sources is made anew, and the results say so. clang reads what gcc builds.
facts() { sed -n 's/^#define GNB_CFLAGS //p' build/version.h; }
was=$(facts)
touch build/before && sleep 0.01
out=$(make "${rev[@]}" -j2 OPT=-O0 all 2>&1 && [ "$was" != "$(facts)" ])
ok $? "make OPT=-O0 builds, and version.h has the flags"
# What is left in a build folder of sources that are gone is nobody's to make anew: of objects those that have their
# source, of the rest what make knows.
known=$(make "${rev[@]}" -pn all 2>/dev/null | sed -nE 's/^(build\/[^ :=]+):.*/\1/p')
made() {
	local f
	find build -path build/tests -prune -o -path build/lab -prune -o -path build/kernel-helpers -prune -o \( -name '*.o' -o -name '*.a' -o -path 'build/grantbench*' ! -name 'grantbench-domain*' \) -type f "$@" -print |
		while read -r f; do
			case $f in
			*.o) f=${f#build/} && [ -e "${f%.o}.c" -o -e "${f%.o}.cc" ] && echo "$f" ;;
			*) grep -qxF "$f" <<<"$known" && echo "$f" ;;
			esac
		done
}
out=$(made ! -newer build/before)
[ -z "$out" ] && [ "$(made -newer build/before | wc -l)" -gt 100 ] && [ "$(made -newer build/before | grep -cE '\.a$|/grantbench')" -ge 5 ]
ok $? "no object, archive or program is left of the other flags"
# The way back is planned only: that is what make decides, and it compiles the same as above.
out=$(make "${rev[@]}" build/flags build/version.h 2>&1 && [ "$was" = "$(facts)" ] && make "${rev[@]}" -n all >plan &&
	made | while read -r f; do case $f in build/*) ;; *) f=build/$f ;; esac; grep -qE " $f( |\$)" plan || echo "$f"; done)
[ $? = 0 ] && [ -z "$out" ] && [ "$(wc -l <plan)" -gt 100 ]
ok $? "make, then: all of it is made again"
out=$(make "${rev[@]}" -j2 -k syntax CC=clang CXX=clang++ WERROR=1 2>&1)
ok $? "clang takes every source, without a warning"

export GIT_AUTHOR_NAME=t GIT_AUTHOR_EMAIL=t@example.org GIT_COMMITTER_NAME=t GIT_COMMITTER_EMAIL=t@example.org
{
	git init -q . && git add Makefile arrows.mk bench compare dashboard docs export grant-v3 history hv kernel-helpers LICENSES plot profile record scripts workloads tests debian .gitignore .ci &&
		git commit -q -m test
} >/dev/null 2>&1
out=$(make dist 2>&1)
first=$(sha256sum dist/*.tar.gz)
find . -name '*.c' -newer .git/HEAD -exec touch {} + 2>/dev/null
sleep 1
out=$(make dist 2>&1)
[ -n "$first" ] && [ "$first" = "$(sha256sum dist/*.tar.gz)" ]
ok $? "make dist gives the same bytes twice"
echo >>bench/include/gnb/clock.h
out=$(make dist 2>&1)
[ $? = 0 ] && grep -q 'warning: uncommitted' <<<"$out" && [ "$first" = "$(sha256sum dist/*.tar.gz)" ]
ok $? "make dist warns of a dirty tree and packs the commit"
mkdir unpacked
out=$(tar -C unpacked -xf dist/*.tar.gz 2>&1 && make -C unpacked/* -n all 2>&1)
ok $? "the archive is complete enough to plan its build"
# The tree here is a repository with a commit: it is named, and not taken for that of what was unpacked in it.
out=$(make build/version.h 2>&1; cat build/version.h)
grep -q "GIT_SHA \"$(git rev-parse --short=7 HEAD)\"" build/version.h
ok $? "a program says which commit it was built from"
out=$(make -C unpacked/* build/version.h 2>&1; cat unpacked/*/build/version.h)
grep -q 'GIT_SHA "nogit"' unpacked/*/build/version.h && grep -q 'GIT_DIRTY 0' unpacked/*/build/version.h
ok $? "and names no commit of a repository that a tarball was unpacked in"
out=$(make -C unpacked/* dist 2>&1)
[ $? != 0 ] && grep -q 'needs a git commit' <<<"$out"
ok $? "nor packs it"
exit $bad
