#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# tap-timeout: 300
# Ten million fuzzed hypercalls under ASan and UBSan, by well-behaved and by hostile guests; the seeds of
# libFuzzer replayed; and a finding that replays from its file.
set -u
cd "$(dirname "$0")/../.." || exit 1
CALLS=10000000
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
B=build-hvfuzz
M=build-hvmutants
# shellcheck source=tests/tools/tap.sh
. tests/tools/tap.sh
detail() { tail -n 40 "$tmp/out"; }

echo 1..6
make -j2 --no-print-directory SAN=hvfuzz WERROR=1 $B/tests/hv/fuzz >"$tmp/out" 2>&1 &&
	make -j2 --no-print-directory SAN=hvmutants WERROR=1 $M/tests/hv/fuzz >>"$tmp/out" 2>&1
ok $? "builds"

seed=${FUZZ_SEED:-1}
done_calls=0
for mode in valid hostile; do
	$B/tests/hv/fuzz -n $((CALLS / 2)) -s "$seed" -m $mode -o $B/found-$mode >"$tmp/out" 2>&1
	ok $? "no invariant is violated by $mode guests (seed $seed)"
	echo "# $(tail -n 1 "$tmp/out")"
	calls=$(sed -n 's/^\([0-9]*\) hypercalls in.*/\1/p' "$tmp/out")
	done_calls=$((done_calls + ${calls:-0}))
done
[ $done_calls -ge $CALLS ]
ok $? "$done_calls hypercalls"

$B/tests/hv/fuzz tests/data/fuzz/* >"$tmp/out" 2>&1
ok $? "the seeds"

HV_MUTANT=5 $M/tests/hv/fuzz -n 1000000 -m hostile -o "$tmp/found" >"$tmp/first" 2>&1
HV_MUTANT=5 $M/tests/hv/fuzz -o "$tmp/again" "$tmp/found" >"$tmp/second" 2>&1
cat "$tmp/first" "$tmp/second" >"$tmp/out" 2>/dev/null
what() { sed -n 's/^hv_fuzz: .* guests, hypercall [0-9]*: //p' "$1"; }
[ -s "$tmp/found" ] && [ -n "$(what "$tmp/first")" ] && [ "$(what "$tmp/first")" = "$(what "$tmp/second")" ]
ok $? "a word read twice is found, and found again from its file"
exit $bad
