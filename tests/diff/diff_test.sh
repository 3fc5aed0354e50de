#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# tap-timeout: 300
# The differential stream (tests/diff): the same seed gives the same trace, a trace replays, nothing in hv breaks
# under ASan and UBSan, every result that hv can give is reached, deliberate defects make a difference, and a
# difference is found again in a few operations.
set -u
cd "$(dirname "$0")/../.." || exit 1
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
# shellcheck source=tests/tools/tap.sh
. tests/tools/tap.sh
# shellcheck source=tests/diff/stream.sh
. tests/diff/stream.sh

builds

# --- what a trace is ---
$A run -q -n 2000 -v 2 -o "$tmp/one" >"$tmp/out" 2>&1 && $A run -q -n 2000 -v 2 -o "$tmp/two" >"$tmp/out" 2>&1 &&
	cmp "$tmp/one" "$tmp/two" >"$tmp/out" 2>&1
ok $? "the same seed gives the same trace"
$A run -q -n 2000 -v 2 -s 2 -o "$tmp/other" >"$tmp/out" 2>&1
! cmp -s "$tmp/one" "$tmp/other"
ok $? "another seed another"
$A replay -q "$tmp/one" -o "$tmp/again" >"$tmp/out" 2>&1 && cmp "$tmp/one" "$tmp/again" >"$tmp/out" 2>&1
ok $? "a trace replays to the same bytes"

# --- what a guest itself does, where it depends on what others did ---
cat >"$tmp/own" <<'EOF'
# substream 0 seed 1 version 1 domains 2 guests pv,pvh
0 d0 entry 21 1 d1 p0.4 0 0 -> 0
1 d1 map r1 2 21 d0 -> 0 | 0 h0/0 p0.4
2 d1 entry 36 2 d0 p1.1 0 0 -> 0
3 d0 transfer p0.11 d1 36 -> 0 | -1
4 d1 entry 9 1 d0 p1.3 0 0 -> crash
5 d1 getver self -> no domain
# substream 1 seed 1 version 1 domains 2 guests pv,pvh
0 d0 entry 21 1 d1 p0.4 0 0 -> 0
1 d1 physmap 1 0 m1.9 -> 0
2 d1 entry 20 1 d0 p1.3 0 0 -> 0
3 d1 map a9 2 21 d0 -> 0 | 0 h0/0 p0.4
4 d1 entry 20 1 d0 p1.4 0 0 -> none
5 d1 physmap 1 0 w1.0 -> 0
6 d1 look 20 -> flags 0x1 dom d0 frame p1.3
# substream 2 seed 1 version 2 domains 2 guests pvh,pvh
0 d0 trans 21 3 d1 d1 9 -> 0
1 d0 flags 21 1 -> 0
2 d1 map a9 2 21 d0 -> 0 | -9
EOF
names=("a domain that another one crashed does nothing any more"
	"where a grant was mapped is no frame of the table" "a passed-on entry whose type was changed names a hole")
$A replay -q "$tmp/own" -o "$tmp/own.hv" >"$tmp/out" 2>&1
for i in "${!names[@]}"; do
	for f in own own.hv; do
		awk -v i="$i" '/^# substream/ { on = $3 == i } on && !/^=/' "$tmp/$f" >"$tmp/$f.$i"
	done
	diff "$tmp/own.$i" "$tmp/own.hv.$i" >"$tmp/out" 2>&1
	ok $? "${names[i]}"
done

# --- hv itself, and what is reached ---
for version in 1 2; do
	for guests in pv,pv pvh,pvh pv,pvh pvh,pv; do
		for domains in 1 2; do
			sound "version $version, $guests, $domains domains" -n 4800 -v $version -g $guests -d $domains
		done
	done
done

reached map okay general bad_domain bad_gntref bad_page no_space
reached unmap okay general bad_handle bad_dev
reached copy okay general bad_domain bad_gntref denied bad_page bad_copy
reached swap okay bad_gntref eagain
reached setup okay general bad_vaddr bad_domain denied
reached query okay bad_domain denied
reached getver okay ESRCH EPERM
reached setver okay EINVAL EBUSY ERANGE
reached getstatus okay general bad_domain denied ENOSYS
reached raw okay EINVAL ENOSYS EFAULT
reached transfer okay general bad_domain bad_page
reached replace okay general bad_handle
reached decrease okay
reached populate okay
reached physmap okay EINVAL EACCES

# --- defects ---
# What one vCPU without a device cannot see, whose hypervisor always has memory for a table, which leaves its own page
# tables alone and has no large pages.
invisible=" REORDER_FLUSH DROP_IOTLB DOUBLE_READ NO_ENTRY_LOCK COUNT_OFF NO_RECHECK TRANSFER_NO_FLUSH FORGET_PLACE NEVER_PAYS DEVICE_STAYS "
invisible+="ARGS_IN_GRANT WALK_NO_RIGHTS KEEP_TABLE "
for i in "${!defects[@]}"; do
	# These streams speak versions 1 and 2, with pages that are given up and populated: version 3 has
	# tests/diff/v3_test.sh, log-dirty and moves of pages tests/diff/tools_test.sh; lending, PV-IOMMU and a virtio-iommu
	# are in none.
	case "${defects[i]}" in
	V3_* | RANGE_* | SUPER_* | V1R_* | LOG_* | FOREIGN_* | PHYSMAP_* | MMIO_* | LEND_* | VIRTIO_* | PVI_* | PVD_*) continue ;;
	esac
	case $invisible in *" ${defects[i]} "*) continue ;; esac
	differs "$i" "-n 6000 -g pv,pv" "-n 6000 -g pvh,pvh"
done

# --- what is left out on Xen ---
for word in $(sed -n "s/^LISTED='\(.*\)'$/\1/p" scripts/lab-diff); do
	echo "$word" >"$tmp/out"
	$A topics | grep -q "^${word%:*} " && grep -q "^| ${word#*:} | .* | .* | .* |$" docs/design.md &&
		grep -q "\"${word#*:}: " tests/hv/differences_test.c && grep -q "^| ${word%:*} | ${word#*:}" docs/conformance.md
	ok $? "lab-diff leaves out ${word%:*} for a listed difference, which has a test"
done

# --- shrinking ---
shrinks 6

# --- comparing ---
$A compare "$tmp/one" "$tmp/again" >"$tmp/out" 2>&1
ok $? "equal traces are equal"
awk '/ swap .* 0$/ && !done { sub(/0$/, "-12"); done = 1 } { print }' "$tmp/one" >"$tmp/changed"
$A compare "$tmp/one" "$tmp/changed" >"$tmp/out" 2>&1
[ $? = 1 ] && grep -q '^1 sub-streams differ' "$tmp/out" && grep -q -- '2:.*-12' "$tmp/out"
ok $? "one changed result is named"
sed 's,\(h[0-9]*\)/[0-9]*,\1/7,g' "$tmp/one" >"$tmp/changed"
$A compare "$tmp/one" "$tmp/changed" >"$tmp/out" 2>&1
ok $? "numbers of handles do not matter"
$A compare --raw-handles "$tmp/one" "$tmp/changed" >"$tmp/out" 2>&1
[ $? = 1 ]
ok $? "unless they are asked for"

# refused CODE ARGUMENT...: with that exit code and one line.
refused() {
	local want=$1 code
	shift
	$A "$@" >"$tmp/out" 2>&1
	code=$?
	[ $code = "$want" ] && [ "$(wc -l <"$tmp/out")" = 1 ]
	ok $? "refused with $want: $*"
}
refused 2 run --count=0
refused 2 run --guests=hvm,pv
refused 2 run --without=everything
refused 2 cross
refused 6 run --on=kvm
refused 6 replay "$tmp/missing"
sed 's/ map / mop /' "$tmp/one" >"$tmp/broken"
refused 2 replay "$tmp/broken"
$A topics >/dev/full 2>"$tmp/out"
[ $? = 1 ] && grep -q '^hv_diff: cannot write to standard output: No space' "$tmp/out"
ok $? "1 where standard output is full"
echo "1..$n"
exit $bad
