#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# tap-timeout: 240
# The model of map, unmap and revoke (grant-v3/model/race.pml), checked exhaustively; and each thing taken away from it is found.
set -u
cd "$(dirname "$0")/../.." || exit 1
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
# shellcheck source=tests/tools/tap.sh
. tests/tools/tap.sh

command -v spin >/dev/null || { echo "1..0 # SKIP spin is not installed: scripts/bootstrap"; exit 0; }

# verify DEFINE...: the verifier's report in $out.
verify() {
	rm -f "$tmp"/pan*
	out=$(cd "$tmp" && spin -a "$@" race.pml 2>&1 && ${CC:-cc} -O1 -w -DSAFETY -DCOLLAPSE -o pan pan.c 2>&1 && ./pan -m100000 2>&1)
}
holds() { verify "$@"; [[ $out == *"errors: 0"* && $out != *"max search depth too small"* ]]; }
found() { verify "$@"; [[ $out == *"assertion violated"* && $out == *"errors: 1"* ]]; }

cp grant-v3/model/race.pml "$tmp/"
mapfile -t defects < <(sed -n 's/^ \*   \([A-Z_]\+\) .*/\1/p' "$tmp/race.pml")
echo "1..$((${#defects[@]} + 4))"

holds
ok $? "no stale access, no lost reference: $(grep -o '[0-9]* states, stored' <<<"$out")"
holds -DBLOCK
ok $? "and where the granter blocks instead of clearing: $(grep -o '[0-9]* states, stored' <<<"$out")"
holds -DSTATUS
ok $? "and where it asks the status page instead of revoking: $(grep -o '[0-9]* states, stored' <<<"$out")"
[ "${#defects[@]}" -ge 16 ]
ok $? "${#defects[@]} defects are listed"
for d in "${defects[@]}"; do
	case $d in
	BLOCK_*) found -DBLOCK "-D$d" ;;
	STATUS_*) found -DSTATUS "-D$d" ;;
	*) found "-D$d" ;;
	esac
	ok $? "found: $d"
done
exit $bad
