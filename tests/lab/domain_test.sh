#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# tap-timeout: 120
# The images of our own domain, and the program that makes such domains, as far as that shows without Xen. They and
# what else is not made of rooms' objects follow the flags of the build.
set -u
cd "$(dirname "$0")/../.." || exit 1
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
# shellcheck source=tests/tools/tap.sh
. tests/tools/tap.sh

# refused CODE PART WORD...: one line that has PART, and the exit code.
refused() {
	local code=$1 part=$2
	shift 2
	out=$("$tmp/grantbench-domain" "$@" 2>&1)
	[ $? = "$code" ] && [ "$(wc -l <<<"$out")" = 1 ] && [[ $out == *"$part"* ]]
	ok $? "grantbench-domain $*: exit $code"
}

out=$(make --no-print-directory B="$tmp" WERROR=1 domain 2>&1)
ok $? "make domain"

for type in pvh pv; do
	image=$tmp/grantbench-domain-$type
	out=$(readelf -sW "$image")
	grep -qE ' 0*100000 .* control$' <<<"$out"
	ok $? "$type: the control page is where the client looks for it"
	grep -E ' UND ' <<<"$out" | grep -qvE ' UND *$'
	[ $? = 1 ]
	ok $? "$type: nothing is missing"
	# No FPU: nothing saves its registers, and a domain has not switched it on.
	out=$(objdump -d --no-show-raw-insn "$image" | grep -E '%(xmm|ymm|mm|st)[0-9(]' | head)
	[ -z "$out" ]
	ok $? "$type: no floating-point registers are used"
done
out=$(readelf -nW "$tmp/grantbench-domain-pvh")
grep -q '0x00000012' <<<"$out" && ! grep -q '0x00000005' <<<"$out"
ok $? "pvh: the note is that of a PVH entry, and there is none of PV"
out=$(readelf -nW "$tmp/grantbench-domain-pv")
grep -q 'description data: 78 65 6e 2d 33 2e 30 00' <<<"$out" && ! grep -q '0x00000012' <<<"$out"
ok $? "pv: the notes are those of a PV entry only"

refused 2 'see --help'
refused 2 'see --help' destroy
refused 2 'pvh or' create
refused 2 'pvh or pv' create --type=hvm
refused 2 '4 to 256' create --type=pv --memory=1
refused 2 '4 to 256' create --type=pv --memory=x
refused 2 'from 1 to 2' create --type=pv --version-limit=3
refused 2 'not '"'more'" create --type=pv more
refused 2 "'--what'" create --type=pv --what
refused 2 'No such file' create --type=pv --kernel=/nonexistent
refused 2 'DOMID' destroy 0
refused 2 'DOMID' state -1
if [ ! -e /dev/xen/privcmd ]; then
	refused 6 'dom0' create --type=pv
	refused 6 'dom0' list
fi
out=$("$tmp/grantbench-domain" --help)
[ $? = 0 ] && [[ $out == *destroy* ]]
ok $? "--help"

made=("$tmp"/grantbench-domain{,-pv,-pvh} "$tmp"/lab/lab_{probe,fuzz,send,contend,domain,domu,params} "$tmp/lab/gnb_profile.so")
build() { make --no-print-directory -j2 B="$tmp" WERROR=1 "$@" domain lab-programs "$tmp/lab/gnb_profile.so" 2>&1; }
sums() { sha256sum "${made[@]}" | cut -c-64; }
out=$(build)
ok $? "make domain lab-programs, and the plugin"
sums >"$tmp/first"
out=$(build OPT=-O0)
ok $? "the same with OPT=-O0"
sums >"$tmp/flat"
out=$(comm -12 <(sort "$tmp/first") <(sort "$tmp/flat"))
[ -z "$out" ] && [ "$(wc -l <"$tmp/flat")" = ${#made[@]} ]
ok $? "makes each of them anew"
out=$(build && sums | cmp - "$tmp/first" 2>&1)
ok $? "and without it they are what they were"
if command -v clang >/dev/null; then
	out=$(build CC=clang)
	ok $? "clang builds them"
	out=$(nm -u "$tmp/grantbench-domain-pv" "$tmp/grantbench-domain-pvh" 2>&1 | grep ' [Uu] ')
	[ -z "$out" ]
	ok $? "and asks for nothing that an image has not"
fi
echo "1..$n"
exit $bad
