#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A benchmark's source does not change without its def_version, by which two runs know that a figure is the same thing,
# unless a line of tests/data/definitions.txt says why; and that a change would be found.
set -u
cd "$(dirname "$0")/../.." || exit 1
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
# shellcheck source=tests/tools/tap.sh
. tests/tools/tap.sh

empty "each benchmark is what its version says" < <(tests/tools/definitions.py)

mkdir -p "$tmp/tests" && cp -a bench workloads "$tmp/" && cp -a tests/data "$tmp/tests/" || exit 1
again() { cp bench/copy.c "$tmp/bench/"; cp tests/data/definitions.txt "$tmp/tests/data/"; cp workloads/*.[ch] "$tmp/workloads/"; }
look() {
	out=$(tests/tools/definitions.py "$tmp")
	code=$?
}
# add WORDS...: the line that is missing, with these words.
add() { echo "$(sed -nE 's/.*: (copy [0-9]+ [0-9a-f]+).*/\1/p' <<<"$out") $*" >>"$tmp/tests/data/definitions.txt"; }

look
[ $code = 0 ]
ok $? "a copy is, too"
printf '\n/* A word more. */\n\n' >>"$tmp/bench/copy.c" && sed -i 's/^\t/        /' "$tmp/bench/copy.c"
look
[ $code = 0 ] && ! cmp -s bench/copy.c "$tmp/bench/copy.c"
ok $? "comments and spaces are no change"
again
echo 'static int one_more;' >>"$tmp/bench/copy.c"
look
[ $code = 1 ] && [[ $out == "bench/copy.c has changed and its def_version has not: raise it, or say why"*" copy 1 "* ]]
ok $? "a change without another version is named, with the line that would allow it"
add
look
[ $code = 1 ] && [[ $out == *"does not say why" ]]
ok $? "a line without words allows nothing"
cp tests/data/definitions.txt "$tmp/tests/data/"
look
add 'nothing that is timed reads it'
look
[ $code = 0 ]
ok $? "one that says why does"
again
sed -i 's/\.def_version = 1,/.def_version = 2,/' "$tmp/bench/copy.c"
look
[ $code = 1 ] && [[ $out == "bench/copy.c: tests/data/definitions.txt lacks its line: copy 2 "* ]]
ok $? "another version needs a line"
add
look
[ $code = 0 ]
ok $? "without words"
cp bench/copy.c "$tmp/bench/"
look
[ $code = 1 ] && [[ $out == *"def_version 1, it was 2" ]]
ok $? "and does not go back"
again
echo 'static int one_more;' >>"$tmp/workloads/iolog.c"
look
[ $code = 1 ] && [[ $out == "workloads/block_replay.c has changed"* && $(wc -l <<<"$out") = 1 ]]
ok $? "what a workload includes of its folder is part of it, and of no other"
again
rm "$tmp/bench/copy.c"
look
[ $code = 1 ] && [[ $out == *"there is no benchmark copy" ]]
ok $? "a line of none is told"
echo "1..$n"
exit $bad
