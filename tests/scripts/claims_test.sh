#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# tap-timeout: 120
# scripts/claims itself: what it lists, its line, its exit codes. The claims are not measured here.
set -u
cd "$(dirname "$0")/../.." || exit 1
export B=${B:-build}
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
# shellcheck source=tests/tools/tap.sh
. tests/tools/tap.sh

run() {
	scripts/claims "$@" >"$tmp/out" 2>"$tmp/err" </dev/null
	code=$?
	out=$(cat "$tmp/out")
	err=$(cat "$tmp/err")
}

# The line of a claim: name: statement; limit; figure; launches, seconds; verdict.
line='^[a-z.]+: [^;]+; [^;]+; .+; [0-9]+ of [0-9]+ [a-z0-9 ]+, [0-9]+ s; (holds|fails|not established)$'

echo 1..19
run --list
[ $code = 0 ] && [ "$(wc -l <"$tmp/out")" -ge 11 ] && [ -z "$err" ]
ok $? "--list"
listed=$(sed -E 's/^(\S+) +(\S+)  +(.*\S)  +(\S.*)$/\1|\2|\3|\4/' "$tmp/out")
documented=$(sed -nE 's/^\| ([a-z0-9.]+) \| ([HCX]) \| ([^|]+) \| ([^|]+) \|$/\1|\2|\3|\4/p' docs/claims.md)
out=$(diff <(sed 's/  *|/|/g; s/|  */|/g' <<<"$listed") <(echo "$documented"))
ok $? "names, classes, limits and statements are those of docs/claims.md"
out=
for name in $(cut -d'|' -f1 <<<"$documented"); do
	grep -q "^\*\*.*\b$name\b.*\*\* (" docs/claims.md || out+="$name "
done
[ -z "$out" ]
ok $? "docs/claims.md says of each how it is measured"
out=
for name in $(cut -d'|' -f1 <<<"$listed"); do
	[ -e "scripts/claims.d/${name%%.*}.py" ] || out+="$name "
done
[ -z "$out" ]
ok $? "the first word of a claim's name is its file in scripts/claims.d"
run --list foundation
[ $code = 0 ] && [ "$(wc -l <"$tmp/out")" -ge 7 ] && ! grep -q '^batch' "$tmp/out"
ok $? "--list foundation"
run no.such
[ $code = 2 ] && [ -z "$out" ] && [ "$(wc -l <"$tmp/err")" = 1 ]
ok $? "an unknown name: exit code 2, one line"
run --fast
[ $code = 2 ] && [ -z "$out" ] && [ "$(wc -l <"$tmp/err")" = 1 ]
ok $? "an unknown option: exit code 2, one line"
run flush.batch
[ $code = 0 ] && grep -qE "$line" "$tmp/out" && [ "$(wc -l <"$tmp/out")" = 1 ] && [[ $out == *"3 of 3 runs"*"; holds" ]]
ok $? "a claim that holds: one line, exit code 0"
run --quick flush.batch
[ $code = 7 ] && grep -qE "$line" "$tmp/out" && [[ $out == *"1 of 3 runs"*"; not established" ]]
ok $? "--quick: not established, exit code 7"
CLAIMS_LIMIT_flush_batch=0 run flush.batch
[ $code = 1 ] && [[ $out == *"; fails" ]]
ok $? "a limit that is not met: fails, exit code 1"
CLAIMS_LIMIT_flush_batch=0 run --quick flush.batch
[ $code = 1 ] && [[ $out == *"; fails" ]]
ok $? "fewer launches are enough to fail"
CLAIMS_LIMIT_driver_loop=0.5 run --quick driver.loop flush.batch
[ $code = 1 ] && [ "$(grep -cE "$line" "$tmp/out")" = 2 ]
ok $? "one that fails and one that is not established: exit code 1"
run --quick driver.region
[ $code = 7 ] && [[ $out == *"5 of 20 launches"*"not established" ]]
ok $? "a claim about time, of 5 launches: not established"
# verdict LIMIT LEAST FIRST SECOND: of ten launches of the one figure and ten of the other, against a limit below (1) or above.
verdict() {
	PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=scripts python3 -c 'import sys, claims_base
limit, least, *two = map(float, sys.argv[1:])
print(claims_base.at_most([two[0]] * 10 + [two[1]] * 10, limit, 20, least=bool(least)).holds)' "$@"
}
out="$(verdict 2 0 1 1) $(verdict 2 0 3 3) $(verdict 2 0 1.5 2.2) $(verdict 2 1 3 3) $(verdict 2 1 1 1) $(verdict 2 1 1.9 3)"
[ "$out" = "True False None True False None" ]
ok $? "a limit is held by a whole interval, from below and from above"
B=no-such-build run flush.batch
[ $code = 6 ] && [ -z "$out" ] && [ "$(wc -l <"$tmp/err")" = 1 ] && [ ! -e no-such-build ]
ok $? "nothing is built: exit code 6, one line"
run --quick --table instructions.pv
[ $code = 7 ] && [[ $out == *"map "*", unmap "*"Xen 4.17 PV 998, 966; 1 of 3 runs"* ]] && [[ $out == *"by function: "* ]]
ok $? "instructions under callgrind"
# By function they add up to the figure, but for what was rounded.
out+=$(awk '/by function/ { n++ } $1 ~ /^[0-9.]+$/ { t[n] += $1 } END { print " " t[1], t[2] }' "$B/claims/instructions.pv.log")
awk -v f="$out" 'BEGIN { gsub(/\n/, " ", f); match(f, /map [0-9.]+, unmap [0-9.]+/); split(substr(f, RSTART, RLENGTH), w, /[ ,]+/)
	n = split(f, p, " "); exit !(w[2] > 100 && (w[2] - p[n - 1]) ^ 2 < 0.25 && (w[4] - p[n]) ^ 2 < 0.25) }'
ok $? "and by function they add up to it"

# A program that gives other figures now and then, in the place of the counts test.
mkdir -p "$tmp/$B/tests/hv"
cp -r scripts "$tmp/"
printf '#!/bin/sh\necho "ok 1 - PV v1 map spin_locks: 2 per page (is $(date +%%N))"\n' >"$tmp/$B/tests/hv/counts_test"
chmod +x "$tmp/$B/tests/hv/counts_test"
"$tmp/scripts/claims" counts.xen >"$tmp/out" 2>"$tmp/err"
code=$?
out=$(cat "$tmp/out")
[ $code = 1 ] && [[ $out == *"1 of 10 runs identical"*"; fails" ]]
ok $? "counts that differ from run to run: fails"

# One file more in the copy, between driver and control.
cat >"$tmp/scripts/claims.d/dropped.py" <<'PY'
from claims_base import Claim, Figure, Group

GROUP = Group(25, [
    Claim("dropped.in", "C", 3, "at most %g", "a claim of a test", lambda c: Figure("2", 2 <= c.limit, 1, 1, "runs")),
])
PY
out=$("$tmp/scripts/claims" --list | cut -d' ' -f1 | grep -B1 -A1 '^dropped' | xargs && "$tmp/scripts/claims" dropped)
code=$?
[ $code = 0 ] && [[ $out == "driver.region dropped.in control.launch"*"dropped.in: a claim of a test; at most 3; 2; 1 of 1 runs"*"; holds" ]]
ok $? "a file that is put into scripts/claims.d is a group, in the place of its rank"
exit $bad
