#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# tap-timeout: 300
# The threaded soak under ThreadSanitizer, without a single report and without suppressions; and the same
# program on an hv that skips a lock, where it has to fail.
set -u
cd "$(dirname "$0")/../.." || exit 1
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
B=build-thread
export TSAN_OPTIONS="halt_on_error=0 exitcode=66 history_size=4"
# shellcheck source=tests/tools/tap.sh
. tests/tools/tap.sh
detail() { grep -vE '^ok|^# epoch' "$tmp/out" | head -n 60; }

echo 1..11
make -j2 --no-print-directory SAN=thread WERROR=1 $B/tests/hv/{soak,v1_revoke_stale_test,rivals_stale_test,dirty_race_test,lend_race_test,virtio_race_test,pviommu_race_test,bfn_race_test} >"$tmp/out" 2>&1 &&
	make -j2 --no-print-directory SAN=thread MUTANT=11 WERROR=1 $B-mutant11/tests/hv/soak >>"$tmp/out" 2>&1
ok $? "builds"
$B/tests/hv/soak "${SOAK_SECONDS:-16}" >"$tmp/out" 2>&1
code=$?
! grep -q '^not ok' "$tmp/out" && [ "$(grep -c '^ok' "$tmp/out")" = 37 ]
ok $? "threads on one host: everyone sees only what was granted, and every count is right"
! grep -q 'WARNING: ThreadSanitizer' "$tmp/out" && [ $code = 0 ]
ok $? "no report (exit code $code)"
grep '^# epoch' "$tmp/out"
$B/tests/hv/v1_revoke_stale_test 7000 >"$tmp/out" 2>&1 && ! grep -q 'WARNING: ThreadSanitizer' "$tmp/out"
ok $? "version 1 with revoke, beside who maps, copies and dies: no report"
$B/tests/hv/rivals_stale_test 3000 >"$tmp/out" 2>&1 && ! grep -q 'WARNING: ThreadSanitizer' "$tmp/out"
ok $? "ranges and superpages, beside a granter that ends entries: no report"
$B/tests/hv/dirty_race_test 20000 >"$tmp/out" 2>&1 && ! grep -q 'WARNING: ThreadSanitizer' "$tmp/out"
ok $? "log-dirty, beside writers of each kind: no report"
$B/tests/hv/lend_race_test 4000 >"$tmp/out" 2>&1 && ! grep -q 'WARNING: ThreadSanitizer' "$tmp/out"
ok $? "memory lent, revoked beside who reads and writes it: no report"
$B/tests/hv/virtio_race_test 4000 >"$tmp/out" 2>&1 && ! grep -q 'WARNING: ThreadSanitizer' "$tmp/out"
ok $? "a virtio-iommu's unmaps, beside devices that go on: no report"
$B/tests/hv/pviommu_race_test 500 >"$tmp/out" 2>&1 && ! grep -q 'WARNING: ThreadSanitizer' "$tmp/out"
ok $? "contexts of a guest's, made and freed beside who maps there, and devices: no report"
$B/tests/hv/bfn_race_test 500 >"$tmp/out" 2>&1 && ! grep -q 'WARNING: ThreadSanitizer' "$tmp/out"
ok $? "pages given up beside emulators that map them: no report"
$B-mutant11/tests/hv/soak 4 >"$tmp/out" 2>&1
[ $? != 0 ]
ok $? "an unmap without the entry's lock is noticed"
exit $bad
