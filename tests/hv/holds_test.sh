#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A build that records how long locks are held: it builds, and its account is right. tap-timeout: 300
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/tools/tap.sh
. tests/tools/tap.sh

echo 1..2
out=$(make -j"$(nproc)" --no-print-directory HOLD=1 WERROR=1 build-hold/tests/hv/locks_test 2>&1)
ok $? "HOLD=1 builds"
out=$(build-hold/tests/hv/locks_test) && grep -q '^ok .* each time that a lock is held is accounted for' <<<"$out"
ok $? "and accounts for each time that a lock is held"
exit $bad
