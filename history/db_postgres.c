// SPDX-License-Identifier: GPL-2.0-only
/*
 * The database on a server, by PostgreSQL's libpq, which is loaded when it is asked for: without it a history in a file
 * works as ever.
 */
#include <dlfcn.h>
#include <endian.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db_kind.h"

/* The first word of a string that is no URI; a file of such a name is ./host=x. */
static const char *const keywords[] = { "host",	    "hostaddr", "port",	   "dbname",  "user",
					"password", "passfile", "service", "sslmode", "options" };

static bool is_uri(const char *name)
{
	return !strncmp(name, "postgresql://", 13) || !strncmp(name, "postgres://", 11);
}

static bool pg_knows(const char *name)
{
	const char *word = name + strspn(name, " \t");
	size_t n = strspn(word, "abcdefghijklmnopqrstuvwxyz");

	if (is_uri(name))
		return true;
	for (size_t i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++)
		if (n == strlen(keywords[i]) && !strncmp(word, keywords[i], n))
			return word[n + strspn(word + n, " \t")] == '=';
	return false;
}

#ifdef GNB_LIBPQ
#include <postgresql/libpq-fe.h>

#define MAX_PARAMS 12
/* Who writes has it until the end of the transaction; the number is ours. */
#define WRITER "SELECT pg_advisory_xact_lock(7091715302021)"

/* What is used of libpq. */
#define FUNCTIONS(f)                                                                               \
	f(PQclear) f(PQconnectdbParams) f(PQconninfoFree) f(PQconninfoParse) f(PQdb)               \
		f(PQerrorMessage) f(PQexec) f(PQexecPrepared) f(PQfinish) f(PQgetisnull)           \
			f(PQgetlength) f(PQgetvalue) f(PQhost) f(PQntuples) f(PQport) f(PQprepare) \
				f(PQresultErrorField) f(PQresultStatus) f(PQsetNoticeProcessor)    \
					f(PQstatus) f(PQtransactionStatus) f(PQuser)

#define MEMBER(f) __typeof__(f) *f;
static struct {
	FUNCTIONS(MEMBER)
} pq;

struct server {
	struct gnb_db db;
	PGconn *conn;
	unsigned int statements; /* made so far: their names */
};

struct pg_query {
	struct gnb_query q;
	char name[16];
	char *param[MAX_PARAMS];
	int nr;
	bool failed;	/* a parameter found no memory */
	PGresult *rows; /* NULL: not begun */
	int row;
};

static struct server *server(const struct gnb_db *db)
{
	return (struct server *)db;
}

static struct pg_query *query(const struct gnb_query *q)
{
	return (struct pg_query *)q;
}

/* It stays loaded as long as the program runs. */
static int load(struct gnb_db *db)
{
	static const struct {
		const char *name;
		size_t at;
	} each[] = {
#define NAMED(f) { #f, offsetof(__typeof__(pq), f) },
		FUNCTIONS(NAMED)
	};
	void *lib = dlopen("libpq.so.5", RTLD_NOW);

	for (size_t i = 0; lib && i < sizeof(each) / sizeof(each[0]); i++) {
		void *f = dlsym(lib, each[i].name);

		memcpy((char *)&pq + each[i].at, &f, sizeof(f));
		if (!f)
			lib = NULL;
	}
	return lib ? 0
		   : gnb_db_failed(
			     db, -ENOENT,
			     "a history on PostgreSQL needs its library: apt-get install libpq5 (%s)",
			     dlerror());
}

static bool lost(const struct gnb_db *db)
{
	return pq.PQstatus(server(db)->conn) == CONNECTION_BAD;
}

/* What the server says, as an errno, with a sentence that also says what to do. */
static int failed(struct gnb_db *db, const PGresult *r)
{
	const char *state = pq.PQresultErrorField(r, PG_DIAG_SQLSTATE), *says;

	says = pq.PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY);
	if (!says)
		says = pq.PQerrorMessage(server(db)->conn);
	state = state ? state : "";
	if (lost(db))
		return gnb_db_failed(
			db, -EIO,
			"%s: the server went away (%.300s); nothing is half-written, do it again",
			db->name, says);
	if (!strcmp(state, "55P03"))
		return gnb_db_failed(db, -EBUSY,
				     "%s: another process has been writing for too long; try again",
				     db->name);
	/* No such table or column, or one of another type. */
	if (!strcmp(state, "42P01") || !strcmp(state, "42703") || !strcmp(state, "42883"))
		return gnb_db_failed(
			db, -EBADMSG,
			"%s: a database, but no history of grantbench (%.300s); it was left as it is",
			db->name, says);
	if (!strcmp(state, "42501") || !strcmp(state, "25006"))
		return gnb_db_failed(db, -EACCES, "%s: may not be written: %.300s", db->name, says);
	/* What it cannot keep, such as a byte that is no UTF-8. */
	if (!strncmp(state, "22", 2))
		return gnb_db_failed(db, -EILSEQ, "%s: does not take it: %.300s", db->name, says);
	if (!strcmp(state, "53100"))
		return gnb_db_failed(db, -ENOSPC, "%s: no space left; nothing was changed",
				     db->name);
	return gnb_db_failed(db, !strncmp(state, "XX00", 4) ? -EBADMSG : -EIO, "%s: %.300s",
			     db->name, says);
}

/* r is gone afterwards. */
static int done(struct gnb_db *db, PGresult *r)
{
	ExecStatusType is = pq.PQresultStatus(r);
	int rc = is == PGRES_COMMAND_OK || is == PGRES_TUPLES_OK ? 0 : failed(db, r);

	pq.PQclear(r);
	return rc;
}

static int pg_run(struct gnb_db *db, const char *sql)
{
	return done(db, pq.PQexec(server(db)->conn, sql));
}

static void no_notice(void *arg, const char *text)
{
	(void)arg;
	(void)text;
}

/*
 * Does the string say what it seems to say? If not, part of a password may stand where a host or a port was meant, and
 * what libpq says of that would print it.
 */
static bool well_formed(const char *name)
{
	PQconninfoOption *o = pq.PQconninfoParse(name, NULL);
	const char *path = is_uri(name) ? strchr(strstr(name, "//") + 2, '/') : NULL, *end, *at;
	bool good = o;

	for (PQconninfoOption *i = o; i && i->keyword; i++)
		if (i->val && !strcmp(i->keyword, "port"))
			good = good && strspn(i->val, "0123456789,") == strlen(i->val);
	pq.PQconninfoFree(o);
	if (!is_uri(name))
		return good;
	end = name + strcspn(name, "?");
	at = memchr(name, '@', (size_t)(end - name));
	if (at && memchr(at + 1, '@', (size_t)(end - at - 1)))
		good = false;
	return good && !(at && path && path < at);
}

static int pg_open(struct gnb_db **out, const char *name, bool create)
{
	/* What the string and the environment say otherwise comes later, and counts. */
	const char *const key[] = {
		"connect_timeout",  "keepalives_idle",	"keepalives_interval",
		"keepalives_count", "tcp_user_timeout", "fallback_application_name",
		"dbname",	    "client_encoding",	NULL
	};
	const char *const value[] = { getenv("PGCONNECT_TIMEOUT") ? NULL : "30",
				      "30",
				      "10",
				      "3",
				      "60000",
				      "grantbench",
				      name,
				      "UTF8",
				      NULL };
	struct server *s = calloc(1, sizeof(*s));
	struct gnb_db *db = &s->db;
	char sql[200];
	int rc;

	(void)create;
	*out = db;
	if (!s)
		return -ENOMEM;
	db->kind = &gnb_db_postgres;
	rc = load(db);
	if (rc)
		return rc;
	if (!well_formed(name))
		return gnb_db_failed(
			db, -EINVAL,
			"--db: not a connection string of PostgreSQL, such as postgresql://USER@HOST/DATABASE"
			" or 'host=HOST dbname=DATABASE'; a password belongs into ~/.pgpass");
	s->conn = pq.PQconnectdbParams(key, value, 1);
	if (!s->conn)
		return -ENOMEM;
	if (asprintf(&db->name, "postgresql://%s@%s:%s/%s", pq.PQuser(s->conn) ?: "",
		     pq.PQhost(s->conn) ?: "", pq.PQport(s->conn) ?: "",
		     pq.PQdb(s->conn) ?: "") < 0) {
		db->name = NULL;
		return -ENOMEM;
	}
	if (pq.PQstatus(s->conn) != CONNECTION_OK)
		return gnb_db_failed(db, -EIO, "%s: cannot be reached: %.400s", db->name,
				     pq.PQerrorMessage(s->conn));
	pq.PQsetNoticeProcessor(s->conn, no_notice, NULL);
	/* A commit is on the disk before it is told. How long a writer waits, a user may have set. */
	snprintf(sql, sizeof(sql),
		 "SET synchronous_commit = on; SELECT set_config('lock_timeout', '%d', false)"
		 " WHERE current_setting('lock_timeout') = '0'",
		 GNB_DB_PATIENCE_MS);
	return pg_run(db, sql);
}

static void pg_close(struct gnb_db *db)
{
	if (server(db)->conn)
		pq.PQfinish(server(db)->conn);
	free(db);
}

/* Its pages are the server's to look at. */
static int pg_check(struct gnb_db *db)
{
	(void)db;
	return 0;
}

static void pg_rollback(struct gnb_db *db)
{
	PGconn *conn = server(db)->conn;

	if (conn && pq.PQtransactionStatus(conn) != PQTRANS_IDLE)
		pq.PQclear(pq.PQexec(conn, "ROLLBACK"));
}

/* Each statement sees what was committed before it, and only the one who has the lock commits. */
static int pg_begin(struct gnb_db *db)
{
	int rc = pg_run(db, "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE");

	if (!rc)
		rc = pg_run(db, WRITER);
	if (rc)
		pg_rollback(db);
	return rc;
}

static int pg_snapshot(struct gnb_db *db)
{
	return pg_run(db, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
}

static int pg_commit(struct gnb_db *db)
{
	return pg_run(db, "COMMIT");
}

static struct gnb_query *pg_query(struct gnb_db *db, const char *sql)
{
	struct server *s = server(db);
	struct pg_query *q = calloc(1, sizeof(*q));

	if (!q) {
		gnb_db_failed(db, -ENOMEM, "out of memory");
		return NULL;
	}
	snprintf(q->name, sizeof(q->name), "q%u", s->statements++);
	if (!done(db, pq.PQprepare(s->conn, q->name, sql, 0, NULL)))
		return &q->q;
	free(q);
	return NULL;
}

static void pg_reset(struct gnb_query *q)
{
	pq.PQclear(query(q)->rows);
	query(q)->rows = NULL;
}

static void pg_free(struct gnb_query *q)
{
	char sql[40];

	pg_reset(q);
	/* In a transaction that failed it cannot be; the connection ends soon then. */
	snprintf(sql, sizeof(sql), "DEALLOCATE %s", query(q)->name);
	if (pq.PQtransactionStatus(server(q->db)->conn) != PQTRANS_INERROR)
		pq.PQclear(pq.PQexec(server(q->db)->conn, sql));
	for (int i = 0; i < MAX_PARAMS; i++)
		free(query(q)->param[i]);
	free(q);
}

static void set(struct pg_query *q, int i, char *text, bool null)
{
	free(q->param[i - 1]);
	q->param[i - 1] = text;
	q->failed |= !text && !null;
	if (q->nr < i)
		q->nr = i;
}

static void pg_set_int(struct gnb_query *q, int i, int64_t v)
{
	char *text;

	set(query(q), i, asprintf(&text, "%" PRId64, v) < 0 ? NULL : text, false);
}

static void pg_set_number(struct gnb_query *q, int i, double v)
{
	char *text;

	set(query(q), i, asprintf(&text, "%.17g", v) < 0 ? NULL : text, false);
}

static void pg_set_text(struct gnb_query *q, int i, const char *s)
{
	set(query(q), i, s ? strdup(s) : NULL, !s);
}

static int pg_step(struct gnb_query *q)
{
	struct pg_query *p = query(q);

	if (!p->rows) {
		if (p->failed)
			return gnb_db_failed(q->db, -ENOMEM, "out of memory");
		p->rows = pq.PQexecPrepared(server(q->db)->conn, p->name, p->nr,
					    (const char *const *)p->param, NULL, NULL, 1);
		p->row = -1;
		if (pq.PQresultStatus(p->rows) != PGRES_TUPLES_OK) {
			PGresult *r = p->rows;

			p->rows = NULL;
			return done(q->db, r);
		}
	}
	if (++p->row < pq.PQntuples(p->rows))
		return 1;
	pg_reset(q);
	return 0;
}

static uint64_t big_endian(const char *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return be64toh(v);
}

/* In the server's format: a number has its type's bytes, the highest first. */
static int64_t pg_row_int(struct gnb_query *q, int i)
{
	const char *p = pq.PQgetvalue(query(q)->rows, query(q)->row, i);
	uint32_t v;

	switch (pq.PQgetlength(query(q)->rows, query(q)->row, i)) {
	case sizeof(uint64_t):
		return (int64_t)big_endian(p);
	case sizeof(v):
		memcpy(&v, p, sizeof(v));
		return (int32_t)be32toh(v);
	default:
		return 0;
	}
}

static double pg_row_number(struct gnb_query *q, int i)
{
	uint64_t bits = 0;
	double v;

	if (pq.PQgetisnull(query(q)->rows, query(q)->row, i))
		return NAN;
	bits = big_endian(pq.PQgetvalue(query(q)->rows, query(q)->row, i));
	memcpy(&v, &bits, sizeof(v));
	return v;
}

static const char *pg_row_text(struct gnb_query *q, int i)
{
	return pq.PQgetvalue(query(q)->rows, query(q)->row, i);
}

const struct gnb_db_kind gnb_db_postgres = {
	.dialect = { .catalog =
			     "(SELECT relname AS name FROM pg_catalog.pg_class WHERE relnamespace ="
			     " (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = current_schema())"
			     " AND relkind IN ('r', 'p', 'v', 'm', 'f')) AS there",
		     .bytewise = " COLLATE \"C\"",
		     .covering = " INCLUDE (value, lo, hi, class)",
		     .by_key = "" },
	.knows = pg_knows,
	.open = pg_open,
	.close = pg_close,
	.check = pg_check,
	.run = pg_run,
	.begin = pg_begin,
	.snapshot = pg_snapshot,
	.commit = pg_commit,
	.rollback = pg_rollback,
	.query = pg_query,
	.free = pg_free,
	.set_int = pg_set_int,
	.set_number = pg_set_number,
	.set_text = pg_set_text,
	.step = pg_step,
	.reset = pg_reset,
	.row_int = pg_row_int,
	.row_number = pg_row_number,
	.row_text = pg_row_text,
};

#else

static int not_built(struct gnb_db **out, const char *name, bool create)
{
	struct gnb_db *db = calloc(1, sizeof(*db));

	(void)name;
	(void)create;
	*out = db;
	if (!db)
		return -ENOMEM;
	db->kind = &gnb_db_postgres;
	return gnb_db_failed(
		db, -ENOENT,
		"a history on PostgreSQL: this program was built without libpq's header; apt-get"
		" install libpq-dev, and build it again");
}

static void nothing(struct gnb_db *db)
{
	free(db);
}

const struct gnb_db_kind gnb_db_postgres = { .knows = pg_knows,
					     .open = not_built,
					     .close = nothing };

#endif
