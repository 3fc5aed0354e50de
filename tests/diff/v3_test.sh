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
# shellcheck source=tests/tools/tap.sh
. tests/tools/tap.sh
# shellcheck source=tests/diff/stream.sh
. tests/diff/stream.sh

builds

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
			sound "$guests, $domains domains${cache:+, walk cache}" -n 4000 -v 3 -g $guests -d $domains $cache
		done
	done
done

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
seen "a right that a large entry loses as a whole" ' protect .* 0x[4c](;|$)'
seen "an unmap of what was revoked" ' v3unmap .*0 revoked'
seen "an order of 9 in a query" ' v3query .* 9 [01](;|$)'
seen "an event" ' events -> 1$'
seen "a part that was mapped" ' v3map .* -3 [1-9][0-9]* v[1-9]'
seen "a domain that ends" ' kill '

# --- defects ---
INVISIBLE=" $(sed -n 's/^| \([A-Z0-9_]*\) | not by one stream: .*/V3_\1/p' docs/conformance.md | xargs) "
# Machine and seed; most defects are seen by the first.
KINDS=()
for seed in 5 6; do
	for kind in pvh,pvh pv,pv "pvh,pvh --cache" "pvh,pvh -d 1" pv,pvh; do KINDS+=("-v 3 -n 4000 --stop -g $kind -s $seed"); done
done
for i in "${!defects[@]}"; do
	case "${defects[i]}" in V3_* | NONE) ;; *) continue ;; esac
	case $INVISIBLE in *" ${defects[i]} "*) continue ;; esac
	differs "$i" "${KINDS[@]}"
done

# --- the same defects in Xen ---
sed -n 's/^    GV3_M_\([A-Z0-9_]*\),$/\1/p' kernel-helpers/xen/gv3_mutants.h | grep -vx NONE >"$tmp/there"
grep -ohE 'GV3_MUTANT\([A-Z0-9_]+\)' grant-v3/*.c | sed 's/.*(\(.*\))/\1/' | sort -u >"$tmp/here"
diff "$tmp/here" "$tmp/there" >"$tmp/out"
ok $? "a Xen with defects has those of the core"

# --- shrinking ---
for i in "${!defects[@]}"; do [ "${defects[i]}" != V3_TAKES_ALL ] || taken=$i; done
shrinks "$taken" -v 3 -g pvh,pvh
echo "1..$n"
exit $bad
