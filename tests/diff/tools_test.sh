#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# tap-timeout: 300
# The differential stream with a toolstack (tests/diff, --tools), which logs and moves the domains' pages: the same seed
# gives the same trace, a trace replays, nothing in hv breaks under ASan and UBSan, results are reached, and deliberate
# defects make a difference.
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
$A run -q -n 1000 --tools -g pvh,pvh -o "$tmp/one" >"$tmp/out" 2>&1 &&
	$A run -q -n 1000 --tools -g pvh,pvh -o "$tmp/two" >"$tmp/out" 2>&1 && cmp "$tmp/one" "$tmp/two" >"$tmp/out" 2>&1
ok $? "the same seed gives the same trace"
$A replay -q "$tmp/one" -o "$tmp/again" >"$tmp/out" 2>&1 && cmp "$tmp/one" "$tmp/again" >"$tmp/out" 2>&1
ok $? "a trace replays to the same bytes"
head -n 1 "$tmp/one" | grep -q ' guests pvh,pvh tools$'
ok $? "which says that there is a toolstack"
for args in "-g pv,pvh" "-g pvh,pvh -v 3"; do
	# shellcheck disable=SC2086
	$A run -n 10 --tools $args >"$tmp/out" 2>&1
	[ $? = 2 ] && [ "$(wc -l <"$tmp/out")" = 1 ]
	ok $? "refused: --tools $args"
done

# --- hv itself, and what is reached ---
for version in 1 2; do
	for domains in 1 2; do
		sound "version $version, $domains domains" -n 4000 --tools -v $version -g pvh,pvh -d $domains
	done
done
reached log okay EINVAL
reached shift okay
reached slide okay
reached give okay general
reached have okay

# seen NAME PATTERN: something that no status says.
seen() {
	echo "no line has $2" >"$tmp/out"
	grep -qE "$2" "$tmp/traces"
	ok $? "reached: $1"
}
seen "dirty pages in a PEEK" ' log 12 0 .* -> 0 \| p'
seen "dirty pages in a CLEAN" ' log 11 0 .* -> 0 \| p'
seen "one asked for the last time" ' log 11 1 .* -> 0'
seen "fewer pages than are dirty" ' log 1[12] 0 p[01]\.[0-9]\+0x1 0 -> 0 \| p'
seen "a move that cannot be" ' shift .* -> 0 \|.* -[0-9]'

# --- defects ---
# What one vCPU without a device, that goes on where it was left, cannot see.
invisible=" $(sed -n 's/^| \([A-Z0-9_]*\) | not by a toolstack.s stream: .*/\1/p' docs/conformance.md | xargs) "
for i in "${!defects[@]}"; do
	# KVM's ways are none of this toolstack's.
	case "${defects[i]}" in LOG_WAY_*) continue ;; LOG_* | PHYSMAP_*) ;; *) continue ;; esac
	case $invisible in *" ${defects[i]} "*) continue ;; esac
	differs "$i" "-n 6000 --tools -g pvh,pvh" "-n 6000 --tools -g pvh,pvh -s 2" "-n 6000 --tools -g pvh,pvh -d 1"
done
echo "1..$n"
exit $bad
