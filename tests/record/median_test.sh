#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The program that gives scripts/claims the project's interval.
set -u
cd "$(dirname "$0")/../.." || exit 1
B=${B:-build}
# shellcheck source=tests/tools/tap.sh
. tests/tools/tap.sh

median() {
	out=$("$B/tests/record/median" 2>&1)
	code=$?
}

echo 1..4
median < <(printf '%s\n' 9 1 8 2 7 3 6 4)
[ $code = 0 ] && [ "$out" = "5 1 9 0.99" ]
ok $? "eight numbers: the middle of two, and all of them as the interval"
median < <(seq 40)
[ $code = 0 ] && [ "$out" = "20.5 12 29 0.99" ]
ok $? "forty: ranks 12 and 29, as in the tables"
median < <(echo 0.1 3)
[ $code = 0 ] && [ "$out" = "1.55 nan nan nan" ]
ok $? "too few: no interval, and no level"
median < <(echo 1 x)
[ $code = 1 ] && [ "$(wc -l <<<"$out")" = 1 ]
ok $? "no number: exit code 1, one line"
exit $bad
