#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# tap-timeout: 60
# scripts/check itself: what has to fail, fails, and the last line counts right.
set -u
top=$(cd "$(dirname "$0")/../.." && pwd)
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
mkdir -p "$tmp/scripts" "$tmp/tests/t"
cp "$top/scripts/check" "$tmp/scripts/"
# shellcheck source=tests/tools/tap.sh
. "$top/tests/tools/tap.sh"

# expect NAME "N passed, N failed, N skipped" CODE: of the script on stdin, the only test.
expect() {
	local out code
	rm -f "$tmp"/tests/t/*.sh
	{
		echo '#!/bin/bash'
		cat
	} >"$tmp/tests/t/x_test.sh"
	chmod +x "$tmp/tests/t/x_test.sh"
	out=$("$tmp/scripts/check" 2>&1)
	code=$?
	[ "$(tail -n 1 <<<"$out")" = "$2" ] && [ $code = "$3" ]
	ok $? "$1"
}

echo 1..19
echo 't/x_test.sh: listed' >"$tmp/tests/skips.txt"
expect "all pass" "2 passed, 0 failed, 0 skipped" 0 <<<'echo 1..2; echo ok 1 - a; echo ok 2 - b'
expect "one fails" "1 passed, 1 failed, 0 skipped" 1 <<<'echo 1..2; echo ok 1 - a; echo not ok 2 - b; exit 1'
expect "fails with exit code 0" "0 passed, 1 failed, 0 skipped" 1 <<<'echo 1..1; echo not ok 1 - a'
expect "passes with exit code 3" "1 passed, 1 failed, 0 skipped" 1 <<<'echo 1..1; echo ok 1 - a; exit 3'
expect "a planned test is missing" "1 passed, 1 failed, 0 skipped" 1 <<<'echo 1..2; echo ok 1 - a'
expect "more tests than planned" "2 passed, 1 failed, 0 skipped" 1 <<<'echo 1..1; echo ok 1 - a; echo ok 2 - b'
expect "no plan" "1 passed, 1 failed, 0 skipped" 1 <<<'echo ok 1 - a'
expect "no output" "0 passed, 1 failed, 0 skipped" 1 <<<':'
expect "killed" "1 passed, 2 failed, 0 skipped" 1 <<<'echo 1..2; echo ok 1 - a; kill -SEGV $$'
expect "killed after the last test" "1 passed, 1 failed, 0 skipped" 1 <<<'echo 1..1; echo ok 1 - a; kill -ABRT $$'
expect "too slow" "1 passed, 2 failed, 0 skipped" 1 <<<'# tap-timeout: 1
echo 1..2; echo ok 1 - a; exec sleep 20'
expect "a skip that is listed" "1 passed, 0 failed, 1 skipped" 0 <<<'echo 1..2; echo ok 1 - a; echo "ok 2 - listed # SKIP here"'
expect "a skip that is not" "1 passed, 1 failed, 0 skipped" 1 <<<'echo 1..2; echo ok 1 - a; echo "ok 2 - other # SKIP here"'
expect "a whole file skipped" "0 passed, 1 failed, 0 skipped" 1 <<<'echo "1..0 # SKIP no such machine"'
expect "bail out" "0 passed, 2 failed, 0 skipped" 1 <<<'echo 1..1; echo "Bail out! no"'
expect "wrong number" "2 passed, 1 failed, 0 skipped" 1 <<<'echo 1..2; echo ok 1 - a; echo ok 3 - b'

rm -f "$tmp"/tests/t/*.sh
: >"$tmp/tests/t/gone_test.c"
out=$("$tmp/scripts/check" 2>&1)
[ "$(tail -n 1 <<<"$out")" = "0 passed, 1 failed, 0 skipped" ]
ok $? "a program that was not built"
rm -f "$tmp"/tests/t/*
for i in 1 2 3 4 5 6; do
	printf '#!/bin/bash\n%s\necho 1..1; echo ok 1 - a\n' "$([ $i != 4 ] || echo 'i=0; while [ $((i++)) -lt 100000 ]; do :; done')" >"$tmp/tests/t/${i}_test.sh"
	chmod +x "$tmp/tests/t/${i}_test.sh"
done
out=$("$tmp/scripts/check" 2>&1)
grep -q '^most of a processor: t/4_test.sh [0-9.]* s, ' <<<"$out" && grep -q '^longest: t/' <<<"$out" && [ "$(tail -n 1 <<<"$out")" = "6 passed, 0 failed, 0 skipped" ]
ok $? "of many tests, those that took most are named"
"$tmp/scripts/check" nothing >/dev/null 2>&1
[ $? = 2 ]
ok $? "a name that no test has"
exit $bad
