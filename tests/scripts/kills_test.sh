#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# tap-timeout: 120
# kill -9 of what writes, at random moments; scripts/claims history.kills does more of it.
set -u
cd "$(dirname "$0")/../.." || exit 1
B=${B:-build}
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
# shellcheck source=tests/tools/tap.sh
. tests/tools/tap.sh
[ -x "$B/grantbench-history" ] || { echo "1..0 # SKIP built without libsqlite3-dev"; exit 0; }
seed=$RANDOM
catch tests/tools/kills.py 20 $seed
[ $code = 0 ] && [ -z "$err" ] && [[ $out == "20 kills, and "*"; 0 wrong" ]]
ok $? "a run, a comparison, a history, a dashboard and a merge, seed $seed: ${out##*$'\n'}"
echo "1..$n"
exit $bad
