# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What the tests of the differential streams share. Sourced behind tests/tools/tap.sh, with $tmp a folder: what is said
# to $tmp/out is what a failed test shows.

A=build-hvfuzz/tests/diff/hv_diff
M=build-hvmutants/tests/diff/hv_diff
# Deliberate defects of hv, by number.
mapfile -t defects < <(sed -n '/^enum hv_mutants/,/^}/s/^\tHV_MUTANT_\([A-Z0-9_]*\),.*/\1/p' hv/base/mutant.h)

detail() { tail -n 20 "$tmp/out"; }

builds() {
	make -j2 --no-print-directory SAN=hvfuzz WERROR=1 $A >"$tmp/out" 2>&1 &&
		make -j2 --no-print-directory SAN=hvmutants WERROR=1 $M >>"$tmp/out" 2>&1
	ok $? "builds"
}

# sound NAME ARGUMENT...: a stream breaks no invariant of hv. All traces and tables of what was reached are kept together.
sound() {
	local name=$1 code
	shift
	$A run "$@" -o "$tmp/trace" >"$tmp/out" 2>&1
	code=$?
	grep -m 3 broken "$tmp/trace" >>"$tmp/out"
	ok $code "$name: no invariant of hv is broken"
	cat "$tmp/out" >>"$tmp/cover"
	cat "$tmp/trace" >>"$tmp/traces"
}

# reached KIND STATUS...: columns of the table that must not be all zero.
reached() {
	local kind=$1 s missing
	shift
	missing=$(for s; do
		awk -v kind="$kind" -v s="$s" '
			/^structures|^calls/ { delete at; for (i = 2; i <= NF; i++) at[$i] = i }
			$1 == kind && s in at { sum += $at[s] }
			END { if (!sum) print s }' "$tmp/cover"
	done)
	echo "$kind: never ${missing//$'\n'/ }" >"$tmp/out"
	[ -z "$missing" ]
	ok $? "$kind reaches $*"
}

# differs NUMBER KIND...: the first of the streams, each a word of options, in which hv with that defect and hv without
# say different things, is $kind; NONE has no such stream.
differs() {
	local i=$1 found=0
	shift
	for kind; do
		# shellcheck disable=SC2086
		$M cross --on=hv:0 --against=hv:"$i" $kind >"$tmp/out" 2>&1
		case $? in
		0) ;;
		1) found=1 ;;
		*) found=2 ;;
		esac
		[ $found = 0 ] || break
	done
	if [ "${defects[i]}" = NONE ]; then
		ok $found "hv does not differ from itself"
	else
		ok $((found != 1)) "${defects[i]} makes a difference, $kind"
	fi
}

# shrinks NUMBER OPTION...: a difference is made small, and found again from its file.
shrinks() {
	local i=$1
	shift
	$M cross --on=hv:0 --against=hv:"$i" "$@" -n 400 -o "$tmp/short" >"$tmp/out" 2>&1
	[ -s "$tmp/short" ] && [ "$(grep -c '^[0-9]' "$tmp/short")" -le 8 ]
	ok $? "a difference is found in a few operations"
	$M shrink "$tmp/short" --on=hv:0 --against=hv:"$i" >"$tmp/out" 2>&1
	[ $? = 1 ] && grep -q '^1 of 1 sub-streams differ' "$tmp/out"
	ok $? "and again from its file"
}
