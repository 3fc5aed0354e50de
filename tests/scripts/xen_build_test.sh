#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# scripts/xen-build, as far as nothing is built: variants, their errors, and that the patches apply to the source if it
# has been fetched.
set -u
cd "$(dirname "$0")/../.." || exit 1
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
# shellcheck source=tests/tools/tap.sh
. tests/tools/tap.sh

# The script, with a place of its own for the kernel-helpers that it reads.
mkdir -p "$tmp/top/kernel-helpers" && cp -r scripts "$tmp/top/" && cp -r kernel-helpers/xen "$tmp/top/kernel-helpers/" &&
	ln -s "$PWD/grant-v3" "$tmp/top/grant-v3" || exit 1
build() {
	out=$(LAB_DIR=${lab:-$tmp/lab} "$tmp/top/scripts/xen-build" "$@" 2>&1)
	code=$?
}
refused() {
	local want=$1 part=$2
	shift 2
	build "$@"
	[ $code = "$want" ] && [ "$(wc -l <<<"$out")" = 1 ] && [[ $out == *"$part"* ]]
	ok $? "xen-build $*: exit $want, $part"
}

build --help
[ $code = 0 ] && [[ $out == *VARIANT* ]]
ok $? "--help"
build --list
[ $code = 0 ] && [ "$(wc -l <<<"$out")" = "$(find kernel-helpers/xen/variants -type f | wc -l)" ] && [[ $out == *stock* ]]
ok $? "--list has every variant"
refused 2 "no variant 'none'" none
refused 2 'see --help' --fast
variant=$tmp/top/kernel-helpers/xen/variants/odd
echo 'wat is this' >"$variant"
refused 1 "variants/odd:1: unknown word 'wat'" --check odd
echo 'series nowhere' >"$variant"
refused 1 'no series' --check odd
rm "$variant"

if command -v dpkg-source bison flex lsb_release >/dev/null; then
	refused 6 'no source here yet' --check
else
	refused 6 'scripts/bootstrap' --check
fi
name="all series apply to the source"
lab=$(realpath -m "${LAB_DIR:-${B:-build}/lab}")
if [ ! -s "$lab/xens/source/version" ]; then
	n=$((n + 2))
	echo "ok $((n - 1)) - $name # SKIP scripts/xen-build --source has not been run"
	echo "ok $n - and one that does not says so # SKIP scripts/xen-build --source has not been run"
else
	build --check
	ok $code "$name"
	mkdir "$tmp/top/kernel-helpers/xen/patches/bad"
	printf -- "%s\n" --- a/xen/Makefile +++ b/xen/Makefile '@@ -1,1 +1,1 @@' '-not there' '+nor here' \
		>"$tmp/top/kernel-helpers/xen/patches/bad/0001-bad.patch"
	echo 'series bad' >"$variant"
	build --check odd
	[ $code = 1 ] && [[ $out == *0001-bad.patch\ does\ not\ apply* ]]
	ok $? "and one that does not says so"
fi

# The series for a maintainer: what git makes of the mails is what is built.
series() {
	out=$(LAB_DIR=$lab GIT_CONFIG_GLOBAL=$tmp/gitconfig GIT_CONFIG_NOSYSTEM=1 scripts/xen-series --out="$tmp/mails" "$@" 2>&1)
	code=$?
}
: >"$tmp/gitconfig"
name="scripts/xen-series applies with git am, and is signed off"
if [ ! -s "$lab/xens/source/version" ]; then
	n=$((n + 1))
	echo "ok $n - $name # SKIP scripts/xen-build --source has not been run"
else
	printf '[user]\n\tname = A Person\n\temail = person@example.org\n' >"$tmp/gitconfig"
	series
	git init -q "$tmp/am" && (cd "$lab/xens/source/tree" && tar -cf - xen SUPPORT.md MAINTAINERS docs/misc 2>/dev/null) | tar -xf - -C "$tmp/am"
	(
		cd "$tmp/am" && export GIT_CONFIG_GLOBAL=$tmp/gitconfig && git add -A -f . && git commit -qm base &&
			git am -q "$tmp"/mails/000[1-9]*.patch
	) >"$tmp/am.log" 2>&1
	[ $? = 0 ] && [ $code = 0 ] && cmp -s grant-v3/map.c "$tmp/am/xen/common/gv3/map.c" &&
		grep -q 'gnttab_v3_op' "$tmp/am/xen/common/grant_table.c" &&
		[ "$(grep -l '^Signed-off-by: A Person' "$tmp"/mails/000[1-9]*.patch | wc -l)" = "$(wc -l <<<"$out" | awk '{ print $1 - 1 }')" ] &&
		! grep -q 'HERE \*\*\*' "$tmp/mails/0000-cover-letter.patch"
	ok $? "$name"
fi
GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null scripts/xen-series --fast >"$tmp/said" 2>&1
[ $? = 2 ] && grep -q "unknown argument '--fast'" "$tmp/said"
ok $? "xen-series refuses what it does not know"
echo "1..$n"
exit $bad
