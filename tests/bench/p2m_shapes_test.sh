#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Counts of physmap_map's, lend_revoke's and log_dirty's cells have the shape that a running Xen's or KVM's have, or for
# lending the proposal's formula: what is by the page, by the call, by the large entry.
set -u
cd "$(dirname "$0")/../.." || exit 1
B=${B:-build}
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
# shellcheck source=tests/tools/tap.sh
. tests/tools/tap.sh
# shellcheck source=tests/tools/counted.sh
. tests/tools/counted.sh

small="extents=4K leaf=4K aligned=yes"
# shellcheck disable=SC2086
cell physmap_map pages=64 tables=separate over=nothing $small
is move_batch iotlb_invs 1 "a batch of moves invalidates for each page"
is move_range iotlb_invs 8/64 "a range of 64 pages eight times"
# shellcheck disable=SC2086
cell physmap_map pages=64 tables=none over=emptied $small
is move_range entries_written 2 "a move writes two entries"
is move_range flushes 1 "and flushes once"

large="pages=512 extents=2M leaf=2M"
# shellcheck disable=SC2086
cell physmap_map tables=separate over=nothing aligned=yes $large
is decrease iotlb_invs 1 "2M are given up with an invalidation for each page"
is populate iotlb_invs 0 "and had again with none"
is populate pcpu_writes 1/512 "as one entry"
is device_map pcpu_writes 1/512 "a device's 2M are mapped by one entry"
# shellcheck disable=SC2086
cell physmap_map tables=none over=nothing aligned=no $large
is device_map pcpu_writes 1 "off by one page they are mapped by 512"
is device_map hypercalls 8/512 "in eight calls"
# shellcheck disable=SC2086
cell physmap_map tables=none over=emptied aligned=yes $large
is device_map pcpu_writes 513/512 "and so they are, after a try, where a table is that was emptied"

cell lend_revoke pages=512 entries=2M policy=retry waiting=0 tables=none
is revoke entries_written 1 "a revoke of a large entry writes one"
is revoke flushes 1 "and flushes once"
is access_again hypercalls 3 "a page that was revoked takes three calls to be there again"
cell lend_revoke pages=1 entries=4K policy=retry waiting=8 tables=separate
is revoke entries_written 1 "one of a small entry, too, while eight vCPUs wait"
cell lend_revoke pages=1 entries=2M policy=emulate waiting=0 tables=none
is revoke splits 1 "a page of a large entry parts it"
is revoke entries_written 512+2 "into a table that is filled once"
is access_again hypercalls 2 "an access that the lender does takes two calls"
cell lend_revoke pages=512 entries=4K policy=remap waiting=0 tables=none
is revoke flushes 1 "512 small entries are flushed once"
is access_again hypercalls 0 "what is there again at the end faults no more"
cell lend_revoke pages=512 entries=4K policy=retry waiting=0 tables=none held=entry
is revoke flushes 512 "with the lock taken anew for each they are flushed one by one"
is revoke pcpu_writes 512 "and the lock is taken 512 times"
cell lend_revoke pages=512 entries=2M policy=retry waiting=0 tables=none held=entry
is revoke pcpu_writes 1 "a large entry is one of them"
logged="memory=16 dirty=512 density=64 tables=none writer=cpu"
# shellcheck disable=SC2086
cell log_dirty $logged leaf=2M way=get
is first_write exits 1 "a write to a protected page is one exit"
is first_write walks 1 "and one walk"
is first_write recursive_locks 0 "without a lock"
is first_write splits 0 "since all entries are parted when it is enabled"
is enable splits 8 "2 MiB by 2 MiB"
is enable flushes 1 "with one flush"
is clean entries_written 512 "GET protects the pages that it finds"
is clean flushes 1 "and flushes once"
# shellcheck disable=SC2086
cell log_dirty $logged leaf=4K way=manual
is peek entries_written 0 "manual: what is asked for changes nothing"
is clean pcpu_writes 1 "what is cleared is so with the lock taken once"
is clean flushes 1 "and one flush"
# shellcheck disable=SC2086
cell log_dirty $logged leaf=2M way=all_set
is enable entries_written 0 "all set: enabling does nothing"
is first_write exits 0 "nor does a write"
is clean_all splits 8 "until all is cleared"
is write_again exits 1 "then each page faults once"
# shellcheck disable=SC2086
cell log_dirty $logged leaf=2M way=ring
is peek hypercalls 0 "rings are read without a call"
is clean pcpu_writes 64 "and what was taken is protected by words of 64 pages, 8 of them written to"
is write_again exits 1 "each page faults once"
echo "1..$n"
exit $bad
