#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# tap-timeout: 800
# Each deliberate defect of hv/base/mutant.h is caught in 10 of 10 runs, and the sound build in none: by
# tests/hv/mutant_probe.c, which looks for each, and by the fuzzer, which looks for none in particular.
set -u
cd "$(dirname "$0")/../.." || exit 1
RUNS=10
CALLS=500000
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
B=build-hvmutants
if ! make -j2 --no-print-directory SAN=hvmutants WERROR=1 $B/tests/hv/fuzz $B/tests/hv/mutant_probe >"$tmp/make" 2>&1; then
	sed 's/^/# /' "$tmp/make"
	echo 1..1
	echo "not ok 1 - the build with all mutants"
	exit 1
fi

# Not visible in states that a single thread can reach, or only with more of one thing than random inputs have,
# with superpages, by direct work on an IOMMU, or where two rare things meet.
beyond_fuzzing=" NO_LIMIT NO_ENTRY_LOCK COUNT_OFF NO_RECHECK DROP_RESERVED TRANSFER_NO_FLUSH FORGET_PLACE NEVER_PAYS "
beyond_fuzzing+="ARGS_IN_GRANT KEEP_TABLE WALK_NO_RIGHTS V3_PROTECTS_ALL DEVICE_STAYS "
# Of version 3, besides: what needs two vCPUs at once, a tree that its granter let go of, one frame by two versions, or a
# page that is given up while it is mapped; lists that are full; and what ends in a crash.
beyond_fuzzing+="V3_DYING_IGNORED V3_EARLY_PUT V3_REVOKE_EARLY_PUT V3_WALK_UNLOCKED V3_DOUBLE_READ V3_BLOCK_IGNORED \
V3_NO_CAP V3_ANY_GRANTEE V3_LEFT_MAPS V3_IDLE_FREED V3_LISTS_FREED V3_V1_UNMAPS V3_COPY_UNLOCKED \
V3_ALIAS_NAMED V3_ALIAS_GIVEN_UP V3_PV_OVER V3_PV_HALF V3_PV_ALLOWED V3_PV_LOST_GONE V3_RUN_OF_ANY V3_RUN_LOOSE \
V3_KEEP_TABLE V3_PROTECT_DYING_IGNORED V3_REGAINS_ALL V3_REGAINS_OTHER V3_REVOKE_KEEPS_NODES V3_ROOT_KEEPS_NODES \
V3_INVALIDATES_NOTHING V3_HELD_COPIES V3_BIND_NOTES V3_PV_PROTECT_UNSAID "
# What a granter is told, which may write the same pages itself.
beyond_fuzzing+="V3_STATUS_LATE V3_STATUS_NO_BARRIER V3_STATUS_EARLY V3_NO_NOTICE V3_NO_EVENT "
# Of ranges and superpages: what needs a run of 512 frames, which no domain there has, or two rare things at once.
beyond_fuzzing+="RANGE_STALE_RUN RANGE_ANY_RUN RANGE_EARLY_PUT SUPER_ONE_REF SUPER_UNAGREED SUPER_ANY_FRAMES \
SUPER_V1_UNMAPS SUPER_COPIED "
# Of version 1 with revoke: what needs two vCPUs at once, or a page that is given up while it is mapped.
beyond_fuzzing+="V1R_EARLY_PUT V1R_BUSY_IGNORED V1R_MAP_IGNORED "
# Of pages moved and mapped: what takes two rare things.
beyond_fuzzing+="FOREIGN_EARLY_PUT FOREIGN_LEAK PHYSMAP_OVER_ANY PHYSMAP_ANY_PLACE PHYSMAP_ERRS_LOST MMIO_UNBOUNDED "
# Of memory lent: what takes two vCPUs at once, a large entry or a device, or is met too seldom to be found each time.
beyond_fuzzing+="LEND_NO_FLUSH LEND_NO_SEQ LEND_SEQ_EARLY LEND_SEQ_AT_BEGIN LEND_LAST_RANGE LEND_SPLIT_RIGHTS LEND_DMA \
LEND_GIVEN_UP LEND_OUTLIVES LEND_ANSWER_SIZE LEND_LEAK "
# Of a virtio-iommu: what a driver sees of the inside of a kick, two rare things at once, or tables of the guest's own.
beyond_fuzzing+="VIRTIO_DOUBLE_READ VIRTIO_ANY_INDEX VIRTIO_NO_BOUND VIRTIO_ANSWERS_EARLY VIRTIO_EARLY_PUT VIRTIO_NO_LIMIT \
VIRTIO_TABLE_HEIGHT VIRTIO_TABLE_BITS VIRTIO_TABLE_ANYWHERE VIRTIO_INVALIDATE_NARROW "
# Of PV-IOMMU: what takes two calls that fit each other, or is rare.
beyond_fuzzing+="PVI_INIT_ALLOCS PVI_FIRST_DFN PVI_PREEMPT_INVERTED PVI_KEEPS_P2M PVI_EARLY_PUT PVI_PUTS_ANY \
PVI_TEARDOWN_SHORT PVI_INIT_STUCK PVI_LIST_WALK PVI_REMOTE_FORGETS PVI_DYING_TAKES PVI_NESTED PVI_ANY_OWNER \
PVD_EARLY_PUT PVD_TRUSTS_NO_REF PVD_SWAPS_ANY PVD_SILENT "
# Of log-dirty: what takes a large entry, a device that is assigned, a bitmap of 2 MiB or a grant's page that nobody else
# writes to.
beyond_fuzzing+="LOG_WHOLE_LEAF LOG_ANY_OWNER LOG_UNMAP_CLEAN LOG_UNMAP_ALL LOG_COPY_CLEAN LOG_ENABLE_ANY LOG_ASSIGN_ANY \
LOG_RESTARTS LOG_FORGETS_I3 LOG_NEVER_BUSY LOG_ALLOC_UNSAID LOG_NO_IOTLB LOG_OVERRUN "
# Of it as KVM has it: what takes a large entry, two vCPUs at once, a ring that is full, or is met too seldom.
beyond_fuzzing+="LOG_WAY_LATE_FETCH LOG_WAY_LARGE_OPEN LOG_WAY_WHOLE_LEAF LOG_WAY_MERGES_ANY LOG_WAY_RING_OVERRUN \
LOG_WAY_NEW_CLEAN LOG_WAY_CLEARS_ALL LOG_WAY_CLEAR_BEYOND LOG_WAY_RING_EARLY "
mapfile -t names < <(sed -n '/^enum hv_mutants/,/^}/s/^\tHV_MUTANT_\([A-Z0-9_]*\),.*/\1/p' hv/base/mutant.h)
# shellcheck source=tests/tools/tap.sh
. tests/tools/tap.sh

# count COMMAND: in how many of the runs it said that something is wrong (exit 1; a crash is not a finding).
count() {
	local seed code caught=0
	seq $RUNS | xargs -P "$(nproc)" -I{} bash -c "$1 {}"' >"$tmp/out.{}" 2>&1; echo $? >"$tmp/code.{}"'
	for seed in $(seq $RUNS); do
		code=$(<"$tmp/code.$seed")
		if [ "$code" = 1 ]; then
			caught=$((caught + 1))
		elif [ "$code" != 0 ]; then
			echo "# exit code $code: $(tail -n 1 "$tmp/out.$seed")" >&2
		fi
	done
	echo $caught
}

probe() { $B/tests/hv/mutant_probe "$1" "$part"; }
fuzz() { $B/tests/hv/fuzz -n $CALLS -o "$tmp/found.$1" -s "$1"; }
# part NAME: the part of the probe that looks for it, which goes first.
part() {
	case $1 in
	V3_*) echo v3 ;;
	RANGE_* | SUPER_*) echo rivals ;;
	V1R_*) echo v1-revoke ;;
	LOG_* | FOREIGN_* | PHYSMAP_* | MMIO_* | LEND_*) echo p2m ;;
	DEVICE_*) echo context ;;
	VIRTIO_*) echo virtio ;;
	PVI_* | PVD_*) echo pviommu ;;
	*) echo grants ;;
	esac
}
export -f probe fuzz
export B CALLS tmp part

caught() { # WANTED FOUND NAME
	out="not $1"
	[ "$1" = "$2" ]
	ok $? "$3: caught in $2 of $RUNS"
}

for i in "${!names[@]}"; do
	export HV_MUTANT=$i
	part=$(part "${names[i]}")
	want=$RUNS
	[ "${names[i]}" != NONE ] || want=0
	caught $want "$(count probe)" "${names[i]}, by the probe"
	case $beyond_fuzzing in *" ${names[i]} "*) continue ;; esac
	caught $want "$(count fuzz)" "${names[i]}, by the fuzzer"
done
echo "1..$n"
exit $bad
