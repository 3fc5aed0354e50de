#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# scripts/scaling: what it refuses, and that a pack runs with its own libraries, from wherever it lies.
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/tools/tap.sh
. tests/tools/tap.sh
B=${B:-build}
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"; [ "$(readlink /tmp/gnb-scaling)" != "$tmp/pack" ] || rm -f /tmp/gnb-scaling' EXIT

for a in --seconds=0 --seconds=481 --seconds=x --nonsense --out= --pack="$tmp" --out="$tmp"; do
	out=$(scripts/scaling "$a" 2>&1)
	code=$?
	[ $code = 2 ] && [ "$(wc -l <<<"$out")" = 1 ]
	ok $? "refuses $a by one line, with exit code 2"
done

if ! command -v patchelf >/dev/null; then
	out='' code=6
	ok 0 "a pack # SKIP patchelf is not installed"
else
	out=$(scripts/scaling --pack="$tmp/pack" 2>&1)
	ok $? "a pack is made"
	out=$(cd "$tmp" && pack/scaling --seconds=5 --out=run 2>&1)
	code=$?
	[ $code = 0 ] && grep -q '"lock":"plain"' "$tmp/run/cells.jsonl"
	ok $? "it measures both kinds of locks into an ordinary run"
	ln -sfn "$tmp/pack" /tmp/gnb-scaling
	out=$(ldd "$tmp/pack/grantbench" | grep '=>' | grep -v '/tmp/gnb-scaling/')
	[ -z "$out" ]
	ok $? "every library is the pack's"
	rm -f /tmp/gnb-scaling
	out=$("$B/grantbench-report" "$tmp/run" 2>&1)
	ok $? "there is a report of it"
fi
echo "1..$n"
exit $bad
