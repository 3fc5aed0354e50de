#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# tap-timeout: 300
# grantbench-history on a PostgreSQL server of the test's own: what cases.sh says; the same bytes as from a file; servers
# that go away, say no, or are not there; passwords, which are not printed; and no libpq.
set -u
cd "$(dirname "$0")/../.." || exit 1
B=${B:-build}
[ -x "$B/grantbench-history" ] || { echo "1..0 # SKIP built without libsqlite3-dev"; exit 0; }
# shellcheck source=tests/tools/within.sh
. tests/tools/within.sh
within with-postgres POSTGRES_PID
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
# shellcheck source=tests/tools/tap.sh
. tests/tools/tap.sh

sql() { psql -qXAt -v ON_ERROR_STOP=1 -F ' ' -d "$@"; }
fresh() {
	again "$1"
	sql postgres -c "DROP DATABASE IF EXISTS $1 WITH (FORCE)" -c "CREATE DATABASE $1" 2>/dev/null
}
again() { db=postgresql:///$1; }
rows() { sql "$db" -c "$1"; }
# With what each row was written by.
state() {
	for t in about run setting series point; do
		sql "$db" -c "SELECT xmin, ctid, * FROM $t"
	done
	sql "$db" -c '\dt'
}
nothing() { [ -z "$(sql "$db" -c '\dt' 2>/dev/null)" ]; }
# shellcheck source=tests/history/cases.sh
. tests/history/cases.sh

# The same runs in the same order, in a file and on the server.
shows() {
	local -a h=("$B/grantbench-history" --db="$1")
	"${h[@]}" add "$runs"/run-00[2-7]? "$runs"/run-00[01]? "$tmp/resumed" tests/data/runs/odd
	"${h[@]}" prune --before=2026-01-01T00:00:02Z
	"${h[@]}" add "$tmp/other" "$tmp/defined"
	"${h[@]}" list
	"${h[@]}" show
	"${h[@]}" show --points .
	"$B/grantbench-dashboard" --db="$1" --out="$2/pages" >/dev/null
	! command -v gnuplot >/dev/null || "${h[@]}" plot --out="$2/drawn" 'map/count' >/dev/null
}
fresh same
mkdir "$tmp/file" "$tmp/server"
shows "$tmp/same.db" "$tmp/file" >"$tmp/file/text" 2>&1
shows "$db" "$tmp/server" >"$tmp/server/text" 2>&1
out=$(diff -r "$tmp/file" "$tmp/server" 2>&1 | head -n 20)
[ -z "$out" ] && [ "$(wc -l <"$tmp/file/text")" -gt 500 ] && [ "$(find "$tmp/file/pages/series" -name '*.html' | wc -l)" -gt 5 ]
ok $? "texts, pages and drawings are the same as from a file, to the byte"

fresh raced
for k in $(seq 8); do
	"$B/grantbench-history" --db="$db" add "$runs/run-000$k" &
done >"$tmp/raced" 2>&1
wait
[ "$(grep -c ': added, 5 figures$' "$tmp/raced")" = 8 ] && [ "$(wc -l <"$tmp/raced")" = 8 ] && [ "$(rows 'SELECT count(*) FROM run')" = 8 ]
ok $? "eight that make the history at once: one does, and all are added"

# Somebody writes for longer than others wait, here a fifth of a second; whoever reads does not wait.
sql "$db" -c "BEGIN; SELECT $(grep -o 'pg_advisory_xact_lock([0-9]*)' history/db_postgres.c); SELECT pg_sleep(60)" >/dev/null 2>&1 &
holder=$!
until [ "$(rows "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted")" = 1 ]; do sleep 0.05; done
PGOPTIONS='-c lock_timeout=200' one_line 8 "try again" add "$runs/run-0010"
h list
[ $code = 0 ] && [ "$(wc -l <<<"$out")" = 8 ]
ok $? "meanwhile the runs are listed"
rows "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)' AND pid <> pg_backend_pid()" >/dev/null
wait $holder 2>/dev/null

# sever: whose connection is ours is cut off.
sever() { sql postgres -c "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'grantbench'"; }
# Points come in slowly there, so that it happens among them.
slow() {
	fresh cut
	h add "$runs/run-0000"
	sql "$db" -c 'CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.002); RETURN NEW; END $$' \
		-c 'CREATE TRIGGER slow BEFORE INSERT ON point FOR EACH ROW EXECUTE FUNCTION slow()'
}
slow
wrong=
hits=0
for k in $(seq 10); do
	"$B/grantbench-history" --db="$db" add "$runs"/run-00?? >"$tmp/said" 2>"$tmp/err" &
	sleep "0.$(printf %02d $((5 + k * 7 % 30)))"
	sever >/dev/null
	wait $!
	code=$?
	said=$(grep -cE ': (added|was there)' "$tmp/said")
	there=$(rows 'SELECT count(*) FROM run' 2>/dev/null || echo 0)
	half=$(rows 'SELECT count(*) FROM run WHERE (SELECT count(*) FROM point WHERE run = id) <> 5' 2>/dev/null || echo 0)
	case $code in
	0) ;;
	1)
		hits=$((hits + 1))
		grep -qE 'went away|cannot be reached' "$tmp/err" || wrong+="$k: $(head -n 1 "$tmp/err") "
		[ "$(sort -u "$tmp/err" | wc -l)" = 1 ] || wrong+="$k: $(wc -l <"$tmp/err") lines "
		;;
	*) wrong+="$k: exit code $code " ;;
	esac
	[ "$there" -ge "$said" ] && [ "$half" = 0 ] || wrong+="$k: $there of $said, $half in part "
	[ "$there" -lt 40 ] || slow
done
out=$wrong
[ -z "$wrong" ] && [ $hits -ge 8 ]
ok $? "the connection is cut, ten times: one line, no run in part, none lost that was said ($hits in the middle)"

# Others' databases, and those of later versions.
damaged() {
	sum=$(sql "$db" -c "SELECT xmin, * FROM about" 2>&1)
	for word in "add $runs/run-0001" show prune\ --keep=1; do
		# shellcheck disable=SC2086
		h $word
		in_one_line 1 "$2" && [[ $err == *"left as it is"* ]] && [ "$sum" = "$(sql "$db" -c "SELECT xmin, * FROM about" 2>&1)" ]
		ok $? "${word%% *} of $1: exit code 1, one line, nothing changed"
	done
}
again raced
sql "$db" -c "UPDATE about SET value = 2 WHERE key = 'schema'"
damaged "a newer grantbench's history" "newer grantbench"
fresh others
sql "$db" -c "CREATE TABLE about (a integer)"
damaged "another program's table of that name" "no history of grantbench"
fresh others
sql "$db" -c "CREATE TABLE invoices (a integer)"
damaged "another program's database" "no history of grantbench"
sql "$db" -c "CREATE SCHEMA bench"
PGOPTIONS='-c search_path=bench' h add "$runs/run-0001"
[ $code = 0 ] && [ "$(rows 'SELECT count(*) FROM bench.run')" = 1 ]
ok $? "in a schema of its own it lies beside them"
again same
sql "$db" -c "CREATE ROLE weak LOGIN" -c "GRANT SELECT ON ALL TABLES IN SCHEMA public TO weak"
PGUSER=weak one_line 1 "may not be written" add "$runs/run-0000"
PGUSER=weak h list
[ $code = 0 ] && [ "$(wc -l <<<"$out")" -gt 70 ]
ok $? "who may only read, reads"
one_line 4 "of such a name" show nothing

cp -a "$runs/run-0003" "$tmp/bytes"
sed -i 's/"hv"/"h\xffv"/; s/00:03:00/07:00:00/' "$tmp/bytes/manifest.json"
h add "$tmp/bytes" "$runs/run-0000"
[ $code = 1 ] && [ "$(wc -l <<<"$err")" = 1 ] && [[ $err == *"does not take it"* && $out == *"run-0000: "* ]]
ok $? "a text that is no UTF-8 is refused, and keeps no other run out"

# Passwords come from where libpq has them, and are printed nowhere.
secret='open:sesame'
db="postgresql://locked:open%3Asesame@/same"
h list
[ $code = 0 ] && [ "$(wc -l <<<"$out")" -gt 70 ]
ok $? "a password in the string"
printf '*:*:*:locked:open\\:sesame\n' >"$tmp/pgpass"
chmod 600 "$tmp/pgpass"
PGPASSFILE=$tmp/pgpass catch "$B/grantbench-history" --db="dbname=same user=locked" list
[ $code = 0 ] && [ "$(wc -l <<<"$out")" -gt 70 ]
ok $? "a password in a file, and a string of the other kind"
told() { [[ $out$err == *sesame* || $out$err == *zauber* ]]; }
for db in "postgresql://locked:open%3Asesame@/same" "user=locked password=$secret dbname=same"; do
	h show nothing
	[ $code = 4 ] && [ "$(wc -l <<<"$err")" = 1 ] && ! told
	ok $? "no password in a line that names the database"
done
for db in "postgresql://locked:zauber@/same" "postgresql://locked:zau#ber@/same" "dbname=same user=locked password='zauber'"; do
	h list
	in_one_line 1 "cannot be reached" && ! told
	ok $? "nor in one that says it is wrong"
done
for db in "postgresql://locked:zauber/ber@/same" "postgresql://locked:zau@zauber@/same" "postgresql://locked@/same?port=zauber" \
	"host=/tmp password=x zauber" "password = 'zauber" "postgresql://locked:%zauber@/same" "postgresql://locked:12/zauber@host/same"; do
	h list
	in_one_line 2 "connection string" && ! told
	ok $? "nor where the string is wrong: ${db/zauber/...}"
	catch "$B/grantbench-dashboard" --db="$db" --out="$tmp/no-pages"
	in_one_line 2 "connection string" && ! told && [ ! -e "$tmp/no-pages" ]
	ok $? "the same of the dashboard"
done
db=postgresql:///nowhere
one_line 1 "cannot be reached" list
db="postgresql://localhost:1/same?connect_timeout=5"
one_line 1 "cannot be reached" list

# libpq is loaded when it is asked for.
mkdir "$tmp/lib"
: >"$tmp/lib/libpq.so.5"
db=postgresql:///same
LD_LIBRARY_PATH=$tmp/lib one_line 6 "apt-get install libpq5" list
LD_LIBRARY_PATH=$tmp/lib catch "$B/grantbench-dashboard" --db="$db" --out="$tmp/no-pages"
in_one_line 6 "apt-get install libpq5"
ok $? "the dashboard without libpq: exit code 6, one line"
db=$tmp/same.db
LD_LIBRARY_PATH=$tmp/lib h list
[ $code = 0 ] && [ -z "$err" ] && ! readelf -d "$B/grantbench-history" "$B/grantbench-dashboard" | grep -q 'NEEDED.*libpq'
ok $? "without libpq a file is read as ever"
out=$(env -u MAKEFLAGS -u MAKELEVEL make -n have_libpq= all 2>&1)
grep -q '^without histories on PostgreSQL: .*apt-get install libpq-dev$' <<<"$out" && ! grep -q -- -DGNB_LIBPQ <<<"$out"
ok $? "make without libpq's header: a line, and the rest is built"
cc -std=c11 -D_GNU_SOURCE -Irecord -Ihistory -o "$tmp/without" history/*.c history/command/*.c -DGNB_SUITE_VERSION='"0"' "$B/librecord.a" \
	-lsqlite3 -lmd -ljson-c -lgsl -lgslcblas -lm 2>"$tmp/err"
db=postgresql:///same
catch "$tmp/without" --db="$db" list
in_one_line 6 "apt-get install libpq-dev"
ok $? "what was built so says so"

# The server ends, and is gone.
slow
"$B/grantbench-history" --db="$db" add "$runs"/run-00?? >"$tmp/said" 2>"$tmp/err" &
sleep 0.3
kill -INT "$POSTGRES_PID"
wait $!
code=$? out='' err=$(<"$tmp/err")
[ "$code" = 1 ] && [[ $err == *"went away"* || $err == *"cannot be reached"* ]]
ok $? "the server ends: exit code 1, and what happened"
one_line 1 "cannot be reached" list
echo "1..$n"
exit $bad
