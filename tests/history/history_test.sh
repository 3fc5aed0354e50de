#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# tap-timeout: 300
# grantbench-history in a file: what cases.sh says; files that are damaged or none of ours; a long history.
set -u
cd "$(dirname "$0")/../.." || exit 1
B=${B:-build}
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
# shellcheck source=tests/tools/tap.sh
. tests/tools/tap.sh
[ -x "$B/grantbench-history" ] || { echo "1..0 # SKIP built without libsqlite3-dev"; exit 0; }

fresh() {
	again "$1"
	rm -f "$db" "$db-journal"
}
again() { db=$tmp/$1.db; }
rows() { python3 -c 'import sqlite3, sys; [print(*r) for r in sqlite3.connect(sys.argv[1]).execute(sys.argv[2])]' "$db" "$1"; }
state() { sha256sum <"$db"; }
nothing() { [ ! -e "$db" ]; }
# shellcheck source=tests/history/cases.sh
. tests/history/cases.sh

# Damaged files are told, kept, and not touched.
damaged() {
	sum=$(sha256sum <"$db")
	for word in "add $runs/run-0001" show prune\ --keep=1; do
		# shellcheck disable=SC2086
		h $word
		in_one_line 1 "$2" && [[ $err == *"$2"*"left as it is"* ]] &&
			[ "$sum" = "$(sha256sum <"$db")" ]
		ok $? "${word%% *} of $1: exit code 1, one line, not a byte changed"
	done
}
cp "$tmp/two.db" "$tmp/page.db"
db=$tmp/page.db
python3 - "$db" <<'PY'
import sys
with open(sys.argv[1], "r+b") as f:
    data = f.read()
    for at in range(16384, len(data), 16384):
        f.seek(at + 8)
        f.write(b"\x5a" * 4000)
PY
damaged "a file with pages overwritten" "damaged"
head -c 60000 "$tmp/two.db" >"$tmp/short.db"
db=$tmp/short.db
damaged "a file that was cut off" "damaged"
echo "These are my notes." >"$tmp/notes.db"
db=$tmp/notes.db
damaged "a file that is no database" "damaged, or no history"
python3 -c 'import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute("CREATE TABLE about (key, value)"); c.commit()' "$tmp/foreign.db"
db=$tmp/foreign.db
damaged "another program's database" "no history of grantbench"
cp "$tmp/two.db" "$tmp/newer.db"
db=$tmp/newer.db
python3 -c 'import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute("UPDATE about SET value = 2 WHERE key = ?", ("schema",)); c.commit()' "$db"
damaged "a newer grantbench's history" "newer grantbench"
db=$tmp/empty.db
: >"$db"
h add "$runs/run-0001"
[ $code = 0 ] && [ "$(rows 'SELECT count(*) FROM run')" = 1 ]
ok $? "an empty file becomes a history"
db=$tmp/no/where.db
h add "$runs/run-0001"
[ $code = 1 ] && [ "$(wc -l <<<"$err")" = 1 ]
ok $? "a folder that is not there: exit code 1, one line"

# Without SQLite the rest is built, and says what it lacks.
out=$(env -u MAKEFLAGS -u MAKELEVEL make -n have_sqlite= all 2>&1)
grep -q '^without grantbench-history and grantbench-dashboard: .*apt-get install libsqlite3-dev$' <<<"$out" &&
	! grep -qE -- '-o [^ ]*/grantbench-(history|dashboard) ' <<<"$out"
ok $? "make without SQLite's header: a line, and no such program"
cp "$B/grantbench" "$tmp/grantbench"
for word in history dashboard; do
	catch "$tmp/grantbench" $word --help
	in_one_line 6 libsqlite3-dev && [[ $err == *libsqlite3-dev ]]
	ok $? "grantbench $word without its program: exit code 6, one line"
	"$B/grantbench" $word --help | grep -q "^Usage: grantbench-$word "
	ok $? "and with it, its help"
done

# A long history. The time is that of a processor: others may be busy.
db=$tmp/long.db
h add "$runs/run-0000"
tests/history/runs.py fill "$db" 1000 1000
/usr/bin/env python3 - "$B/grantbench-history" "$db" >"$tmp/out" <<'PY'
import resource, subprocess, sys
p = subprocess.run([sys.argv[1], "--db=" + sys.argv[2], "show"], stdout=subprocess.PIPE, text=True, check=False)
u = resource.getrusage(resource.RUSAGE_CHILDREN)
print(p.returncode, u.ru_utime + u.ru_stime, u.ru_maxrss // 1024)
print(p.stdout.splitlines()[-1])
PY
out=$(<"$tmp/out")
awk 'NR == 1 { exit !($1 == 0 && $2 < 1.5 && $3 < 1024) }' "$tmp/out" &&
	[[ $out == *"10 of 1005 series changed, 10 changes; 1000005 points of 1001 runs" ]]
ok $? "a million points: $(awk 'NR == 1 { print $2 " s of a processor, " $3 " MiB" }' "$tmp/out"); ten steps found, no other"
echo "1..$n"
exit $bad
