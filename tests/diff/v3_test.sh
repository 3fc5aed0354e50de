#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# tap-timeout: 400
# The differential stream of version 3 (tests/diff, --version=3): the same seed gives the same trace, a trace replays,
# nothing in hv breaks under ASan and UBSan, every result of every operation is reached, deliberate defects make a
# difference, and a difference is found again in a few operations.
set -u
cd "$(dirname "$0")/../.." || exit 1
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
A=build-hvfuzz/tests/diff/hv_diff
M=build-hvmutants/tests/diff/hv_diff
# shellcheck source=tests/tools/tap.sh
. tests/tools/tap.sh
detail() { tail -n 20 "$tmp/out"; }

make -j2 --no-print-directory SAN=hvfuzz WERROR=1 $A >"$tmp/out" 2>&1 &&
	make -j2 --no-print-directory SAN=hvmutants WERROR=1 $M >>"$tmp/out" 2>&1
ok $? "builds"

# --- what a trace is ---
$A run -q -n 1000 -v 3 --cache -o "$tmp/one" >"$tmp/out" 2>&1 && $A run -q -n 1000 -v 3 --cache -o "$tmp/two" >"$tmp/out" 2>&1 &&
	cmp "$tmp/one" "$tmp/two" >"$tmp/out" 2>&1
ok $? "the same seed gives the same trace"
$A replay -q "$tmp/one" -o "$tmp/again" >"$tmp/out" 2>&1 && cmp "$tmp/one" "$tmp/again" >"$tmp/out" 2>&1
ok $? "a trace replays to the same bytes, with the walk cache that it says"
head -n 1 "$tmp/one" | grep -q ' version 3 .* cache$'
ok $? "which its first line has"

# --- hv itself, and what is reached ---
for guests in pv,pv pvh,pvh pv,pvh pvh,pv; do
	for domains in 1 2; do
		for cache in '' --cache; do
			# One domain is of the first kind.
			case $domains$guests in 1pv,pvh | 1pvh,pv) continue ;; esac
			$A run -n 4000 -v 3 -g $guests -d $domains $cache -o "$tmp/trace" >"$tmp/out" 2>&1
			code=$?
			grep -m 3 broken "$tmp/trace" >>"$tmp/out"
			ok $code "$guests, $domains domains${cache:+, walk cache}: no invariant of hv is broken"
			cat "$tmp/out" >>"$tmp/cover"
			cat "$tmp/trace" >>"$tmp/traces"
		done
	done
done

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
reached reg okay general bad_domain bad_page no_space
reached unreg okay bad_gntref
reached root okay general bad_gntref bad_page
reached v3map okay general bad_domain bad_gntref bad_handle bad_vaddr denied bad_page eagain no_space
reached v3unmap okay bad_domain bad_gntref bad_handle
reached revoke okay general bad_gntref eagain no_space
reached protect okay general bad_gntref
reached v3copy okay general bad_domain bad_gntref denied bad_page bad_copy eagain
reached v3query okay bad_domain bad_gntref
reached inval okay bad_gntref
reached notify okay general bad_gntref bad_page no_space
reached bind okay bad_domain bad_gntref denied eagain
reached ack okay bad_domain bad_gntref
reached raw3 okay EFAULT EINVAL ENOSYS

# seen NAME PATTERN: something that no status says.
seen() {
	echo "no line has $2" >"$tmp/out"
	grep -qE "$2" "$tmp/traces"
	ok $? "reached: $1"
}
seen "a large entry" ' v3map .* 0 512 v[0-9]+ large 1'
seen "holes by a revoke" ' revoke .* 0x1(;|$)'
seen "sinks" ' revoke .* 0x2(;|$)'
seen "a large entry that goes as a whole" ' revoke .* 0x5(;|$)'
seen "what is kept" ' revoke .* 0x8(;|$)'
seen "rights that are kept" ' protect .* 0x8(;|$)'
seen "a right that a large entry loses as a whole" ' protect .* 0x4(;|$)'
seen "an unmap of what was revoked" ' v3unmap .*0 revoked'
seen "an order of 9 in a query" ' v3query .* 9 [01](;|$)'
seen "an event" ' events -> 1$'
seen "a part that was mapped" ' v3map .* -3 [1-9][0-9]* v[1-9]'
seen "a domain that ends" ' kill '

# --- defects ---
mapfile -t names < <(sed -n '/^enum hv_mutants/,/^}/s/^\tHV_MUTANT_\([A-Z0-9_]*\),.*/\1/p' hv/base/mutant.h)
INVISIBLE=" $(sed -n 's/^| \([A-Z0-9_]*\) | not by one stream: .*/V3_\1/p' docs/conformance.md | xargs) "
# Machine and seed; most defects are seen by the first.
KINDS=()
for seed in 5 6; do
	for kind in pvh,pvh pv,pv "pvh,pvh --cache" "pvh,pvh -d 1" pv,pvh; do KINDS+=("$kind -s $seed"); done
done
for i in "${!names[@]}"; do
	case "${names[i]}" in V3_* | NONE) ;; *) continue ;; esac
	case $INVISIBLE in *" ${names[i]} "*) continue ;; esac
	found=0
	for kind in "${KINDS[@]}"; do
		# shellcheck disable=SC2086
		$M cross --on=hv:0 --against=hv:"$i" -v 3 -n 4000 -g $kind --stop >"$tmp/out" 2>&1
		case $? in
		0) ;;
		1) found=1 ;;
		*) found=2 ;;
		esac
		[ $found = 0 ] || break
	done
	if [ "${names[i]}" = NONE ]; then
		ok $found "hv does not differ from itself"
	else
		ok $((found != 1)) "${names[i]} makes a difference${found:+, $kind}"
	fi
done

# --- the same defects in Xen ---
sed -n 's/^    GV3_M_\([A-Z0-9_]*\),$/\1/p' kernel-helpers/xen/gv3_mutants.h | grep -vx NONE >"$tmp/there"
grep -ohE 'GV3_MUTANT\([A-Z0-9_]+\)' grant-v3/*.c | sed 's/.*(\(.*\))/\1/' | sort -u >"$tmp/here"
diff "$tmp/here" "$tmp/there" >"$tmp/out"
ok $? "a Xen with defects has those of the core"

# --- shrinking ---
for i in "${!names[@]}"; do [ "${names[i]}" != V3_TAKES_ALL ] || taken=$i; done
$M cross --on=hv:0 --against=hv:"$taken" -v 3 -g pvh,pvh -n 400 -o "$tmp/short" >"$tmp/out" 2>&1
[ -s "$tmp/short" ] && [ "$(grep -c '^[0-9]' "$tmp/short")" -le 8 ]
ok $? "a difference is found in a few operations"
$M shrink "$tmp/short" --on=hv:0 --against=hv:"$taken" >"$tmp/out" 2>&1
[ $? = 1 ] && grep -q '^1 of 1 sub-streams differ' "$tmp/out"
ok $? "and again from its file"
echo "1..$n"
exit $bad
