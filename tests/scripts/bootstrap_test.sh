#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# scripts/bootstrap with stand-ins for the system's tools: nothing is installed here.
set -u
top=$(cd "$(dirname "$0")/../.." && pwd)
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
# shellcheck source=tests/tools/tap.sh
. "$top/tests/tools/tap.sh"

# tool NAME: a stand-in from stdin.
tool() {
	{
		echo '#!/bin/bash'
		cat
	} >"$tmp/$1"
	chmod +x "$tmp/$1"
}

boot() {
	out=$(PATH="$tmp:$PATH" STATE="$tmp" "$top/scripts/bootstrap" "$@" 2>&1)
	code=$?
}

# Installed are the packages named in $STATE/have.
fresh() {
	: >"$tmp/have"
	: >"$tmp/log"
	rm -f "$tmp/failed"
	tool dpkg-query <<'SH'
for p in $(cat "$STATE/have"); do printf 'installed:%s ' "$p"; done
SH
	tool apt-get <<'SH'
echo "apt-get $*" >>"$STATE/log"
[[ " $* " == *" --simulate "* ]] && exit "$(cat "$STATE/unknown" 2>/dev/null || echo 0)"
[[ " $* " == *" install "* ]] || exit 0
if [ -e "$STATE/fetch" ]; then rm "$STATE/fetch"; echo "E: Failed to fetch something"; exit 100; fi
[ ! -e "$STATE/broken" ] || exit 100
for a; do [[ $a == -* ]] || echo "$a" >>"$STATE/have"; done
SH
	tool id <<<'echo 0'
	tool uname <<<'echo x86_64'
}

echo 1..21
list=$("$top/scripts/bootstrap" --list)

fresh
echo "$list" >"$tmp/have"
boot
[ $code = 0 ] && [ -z "$out" ] && [ ! -s "$tmp/log" ]
ok $? "nothing is missing: nothing is said or done"

fresh
boot
[ $code = 0 ] && grep -q 'install --no-install-recommends.* gcc .* libxen-dev ' "$tmp/log" && ! grep -q update "$tmp/log"
ok $? "all is missing: installed at once, without recommended packages"

fresh
grep -vx valgrind <<<"$list" >"$tmp/have"
boot
[ $code = 0 ] && grep -q 'recommends valgrind$' "$tmp/log" && ! grep -q 'recommends.* gcc' "$tmp/log"
ok $? "one is missing: only that is installed"

fresh
{
	grep -vx gnuplot-nox <<<"$list"
	echo gnuplot-qt
} >"$tmp/have"
boot
[ $code = 0 ] && [ ! -s "$tmp/log" ]
ok $? "an alternative will do"

fresh
echo 100 >"$tmp/unknown"
boot
[ $code = 0 ] && grep -q update "$tmp/log"
ok $? "unknown packages: lists are fetched first"
rm "$tmp/unknown"

fresh
: >"$tmp/fetch"
boot
[ $code = 0 ] && grep -q update "$tmp/log" && grep -q 'once more' <<<"$out"
ok $? "fetching fails once: tried again with fresh lists"

fresh
: >"$tmp/broken"
boot
[ $code = 1 ] && grep -q 'by hand: sudo apt-get install' <<<"$out"
ok $? "the installation fails: exit 1 with the line to type"
rm "$tmp/broken"

fresh
tool id <<<'echo 1000'
tool sudo <<<'exit 1'
boot
[ $code = 6 ] && grep -q 'run: sudo apt-get install --no-install-recommends gcc' <<<"$out" && [ ! -s "$tmp/log" ]
ok $? "no right to install: exit 6 with the line to type"

fresh
tool id <<<'echo 1000'
tool sudo <<'SH'
[ "$1" = -n ] && shift
exec "$@"
SH
boot
[ $code = 0 ] && grep -q 'recommends' "$tmp/log"
ok $? "sudo without a password is used"

fresh
boot --check
[ $code = 6 ] && grep -q '^missing: gcc' <<<"$out" && [ ! -s "$tmp/log" ]
ok $? "--check names what is missing and installs nothing"

fresh
tool uname <<<'echo aarch64'
boot
[ $code = 6 ] && [ "$(wc -l <<<"$out")" = 1 ] && grep -q 'aarch64' <<<"$out"
ok $? "another machine: one line"

fresh
boot laboratory
[ $code = 2 ] && [ "$(wc -l <<<"$out")" = 1 ]
ok $? "an unknown argument: one line, exit 2"

boot --list extra
[ $code = 2 ]
ok $? "too many arguments: exit 2"

fresh
echo "$list" >"$tmp/have"
start=$(date +%s%N)
boot
[ $((($(date +%s%N) - start) / 1000000)) -lt 1000 ]
ok $? "quick when nothing is missing"

# npm of the stand-in writes what it was asked for; without --prefix there is nothing to find.
npm() {
	tool npm <<'SH'
[ "$1" != --version ] || exit "$(cat "$STATE/no-npm" 2>/dev/null || echo 0)"
echo "npm $*" >>"$STATE/log"
[ ! -e "$STATE/offline" ] || { echo "npm error code ENOTFOUND" >&2; exit 1; }
mkdir -p "$3/node_modules/axe-core" && : >"$3/node_modules/axe-core/axe.min.js"
SH
}
export B=$tmp/build
fresh
npm
echo 1 >"$tmp/no-npm"
boot browser
[ $code = 0 ] && grep -q 'recommends chromium npm$' "$tmp/log" && [ -f "$B/node_modules/axe-core/axe.min.js" ]
ok $? "browser: Chromium and npm are installed, axe-core comes into the build"
rm "$tmp/no-npm"

fresh
echo chromium >"$tmp/have"
boot browser
[ $code = 0 ] && [ -z "$out" ] && [ ! -s "$tmp/log" ]
ok $? "browser: nothing is done twice"

rm -r "$B"
boot browser
[ $code = 0 ] && [ "$(wc -l <"$tmp/log")" = 1 ] && grep -q '^npm install .* axe-core@[0-9.]*$' "$tmp/log"
ok $? "browser: npm of another package will do, and one version is named"

rm -r "$B"
: >"$tmp/offline"
boot browser
[ $code = 6 ] && [ "$(wc -l <<<"$out")" = 1 ] && [[ $out == *"access_test.sh is skipped: code ENOTFOUND" ]]
ok $? "browser: without the network one line with the reason, exit 6"
rm "$tmp/offline"

tool dpkg-deb <<'SH'
[ -e "$2" ] && mkdir -p "$3/usr/bin" && name=${2%%_*} && : >"$3/usr/bin/${name##*/}"
SH
exporter() {
	fresh
	tool apt-get <<'SH'
echo "apt-get $*" >>"$STATE/log"
for a; do
	case " $* " in
	*" --simulate "*) [[ $a != [a-z]* || $a == install ]] || printf 'Inst %s (1)\nInst %s-lib (1)\nInst libc6 [1] (2)\n' "$a" "$a" ;;
	*" download "*)
		[ ! -e "$STATE/offline" ] || exit 100
		[[ $a != [a-z]* || $a == download ]] || : >"${a}_1_amd64.deb"
		;;
	*" install "*) [[ $a != [a-z]* || $a == install ]] || echo "$a" >>"$STATE/have" ;;
	esac
done
SH
}
exporter
boot consumers
[ $code = 0 ] && grep -q "recommends $("$top/scripts/bootstrap" consumers --list | xargs)\$" "$tmp/log" &&
	[ "$(ls "$B/consumers/usr/bin" | wc -l)" = 12 ] && [ -e "$B/consumers/usr/bin/postgresql-lib" ] &&
	[ -e "$B/consumers/usr/bin/prometheus-node-exporter" ] && [ -z "$(ls "$B"/consumers/*.deb 2>/dev/null)" ] &&
	! grep -v -- --simulate "$tmp/log" | grep -qE 'install.*(node-exporter|postgresql|slurm|munge)|libc6'
ok $? "consumers: its list is installed; servers come into the build with what they need, and nothing newer of what is there"
have=$(<"$tmp/have")
exporter
echo "$have" >"$tmp/have"
boot consumers
[ $code = 0 ] && [ -z "$out" ] && [ ! -s "$tmp/log" ]
ok $? "consumers: nothing is done twice"
rm -r "$B"
tool dpkg-query <<'SH'
for p in $(cat "$STATE/have") postgresql; do
	for a; do [ "$a" != "$p" ] || printf 'installed:%s ' "$p"; done
done
SH
: >"$tmp/offline"
boot consumers
[ $code = 6 ] && [ "$(wc -l <<<"$out")" = 1 ] && [[ $out == *"cannot download prometheus-node-exporter munge slurm-client slurmctld slurmd: tests"* ]]
ok $? "consumers: without the network one line with the reason, exit 6"
exit $bad
