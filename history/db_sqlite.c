// SPDX-License-Identifier: GPL-2.0-only
/* The database in a file, by SQLite. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sqlite3.h>

#include "db_kind.h"

static const char damaged[] =
	"%s: damaged, or no history (%.300s); it was left as it is. Move it away, and put a copy in its "
	"place or add the runs again";

struct lite {
	struct gnb_db db;
	sqlite3 *lite;
};

struct lite_query {
	struct gnb_query q;
	sqlite3_stmt *lite;
};

static sqlite3 *connection(const struct gnb_db *db)
{
	return ((const struct lite *)db)->lite;
}

static sqlite3_stmt *statement(const struct gnb_query *q)
{
	return ((const struct lite_query *)q)->lite;
}

/* Every other name is a file's. */
static bool lite_knows(const char *name)
{
	(void)name;
	return true;
}

/* What SQLite says, as an errno, with a sentence that also says what to do. */
static int failed(struct gnb_db *db, int rc)
{
	const char *says = connection(db) ? sqlite3_errmsg(connection(db)) : sqlite3_errstr(rc);

	switch (rc & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return gnb_db_failed(db, -EBUSY,
				     "%s: another process has been writing for %d s; try again",
				     db->name, GNB_DB_PATIENCE_MS / 1000);
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return gnb_db_failed(db, -EBADMSG, damaged, db->name, says);
	case SQLITE_NOMEM:
		return gnb_db_failed(db, -ENOMEM, "out of memory");
	case SQLITE_FULL:
		return gnb_db_failed(db, -ENOSPC, "%s: no space left; nothing was changed",
				     db->name);
	case SQLITE_READONLY:
	case SQLITE_PERM:
		return gnb_db_failed(db, -EACCES, "%s: may not be written: %s", db->name, says);
	default:
		return gnb_db_failed(db, -EIO, "%s: %s", db->name, says);
	}
}

static int lite_run(struct gnb_db *db, const char *sql)
{
	int rc = sqlite3_exec(connection(db), sql, NULL, NULL, NULL);

	return rc ? failed(db, rc) : 0;
}

static int lite_open(struct gnb_db **out, const char *file, bool create)
{
	struct lite *l = calloc(1, sizeof(*l));
	struct gnb_db *db = &l->db;
	int rc;

	*out = db;
	if (!l)
		return -ENOMEM;
	db->kind = &gnb_db_sqlite;
	db->name = strdup(file);
	if (!db->name)
		return -ENOMEM;
	if (!create && access(file, F_OK))
		return gnb_db_failed(db, -ENOENT,
				     "%s: no such file; grantbench history add makes it", file);
	rc = sqlite3_open_v2(file, &l->lite,
			     SQLITE_OPEN_READWRITE | (create ? SQLITE_OPEN_CREATE : 0), NULL);
	if (rc == SQLITE_CANTOPEN)
		return gnb_db_failed(db, -EACCES, "%s: cannot be opened: %s", file,
				     strerror(sqlite3_system_errno(l->lite)));
	if (rc)
		return failed(db, rc);
	sqlite3_extended_result_codes(l->lite, 1);
	sqlite3_busy_timeout(l->lite, GNB_DB_PATIENCE_MS);
	/*
	 * A commit is on the disk before it is told; one file, so that it can be copied. Pages are large, and mapped:
	 * a long history is read from end to end.
	 */
	return lite_run(db, "PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"
			    "PRAGMA page_size=16384; PRAGMA mmap_size=1073741824");
}

static void lite_close(struct gnb_db *db)
{
	sqlite3_close(connection(db));
	free(db);
}

static int lite_begin(struct gnb_db *db)
{
	return lite_run(db, "BEGIN IMMEDIATE");
}

static int lite_snapshot(struct gnb_db *db)
{
	return lite_run(db, "BEGIN");
}

static int lite_commit(struct gnb_db *db)
{
	return lite_run(db, "COMMIT");
}

static void lite_rollback(struct gnb_db *db)
{
	/* What failed keeps its sentence. */
	if (connection(db) && !sqlite3_get_autocommit(connection(db)))
		sqlite3_exec(connection(db), "ROLLBACK", NULL, NULL, NULL);
}

static struct gnb_query *lite_query(struct gnb_db *db, const char *sql)
{
	struct lite_query *q = calloc(1, sizeof(*q));
	int rc = q ? sqlite3_prepare_v2(connection(db), sql, -1, &q->lite, NULL) : SQLITE_NOMEM;

	if (!rc)
		return &q->q;
	failed(db, rc);
	free(q);
	return NULL;
}

static void lite_free(struct gnb_query *q)
{
	sqlite3_finalize(statement(q));
	free(q);
}

static void lite_set_int(struct gnb_query *q, int i, int64_t v)
{
	sqlite3_bind_int64(statement(q), i, v);
}

static void lite_set_number(struct gnb_query *q, int i, double v)
{
	sqlite3_bind_double(statement(q), i, v);
}

static void lite_set_text(struct gnb_query *q, int i, const char *s)
{
	sqlite3_bind_text(statement(q), i, s, -1, SQLITE_TRANSIENT);
}

static int lite_step(struct gnb_query *q)
{
	int rc = sqlite3_step(statement(q));

	if (rc == SQLITE_ROW)
		return 1;
	rc = rc == SQLITE_DONE ? 0 : failed(q->db, rc);
	sqlite3_reset(statement(q));
	return rc;
}

static void lite_reset(struct gnb_query *q)
{
	sqlite3_reset(statement(q));
}

static int64_t lite_row_int(struct gnb_query *q, int i)
{
	return sqlite3_column_int64(statement(q), i);
}

static double lite_row_number(struct gnb_query *q, int i)
{
	return sqlite3_column_type(statement(q), i) == SQLITE_NULL
		       ? NAN
		       : sqlite3_column_double(statement(q), i);
}

static const char *lite_row_text(struct gnb_query *q, int i)
{
	const char *s = (const char *)sqlite3_column_text(statement(q), i);

	return s ? s : "";
}

static int lite_check(struct gnb_db *db)
{
	struct gnb_query *q = gnb_db_query(db, "PRAGMA quick_check(1)");
	int rc = q ? lite_step(q) : -EBADMSG;

	if (rc == 1 && strcmp(lite_row_text(q, 0), "ok"))
		rc = gnb_db_failed(db, -EBADMSG, damaged, db->name, lite_row_text(q, 0));
	gnb_query_free(q);
	return rc < 0 ? rc : 0;
}

const struct gnb_db_kind gnb_db_sqlite = {
	/* A point is found by its series without another index. */
	.dialect = { .catalog = "sqlite_master",
		     .bytewise = "",
		     .covering = "",
		     .by_key = " WITHOUT ROWID" },
	.knows = lite_knows,
	.open = lite_open,
	.close = lite_close,
	.check = lite_check,
	.run = lite_run,
	.begin = lite_begin,
	.snapshot = lite_snapshot,
	.commit = lite_commit,
	.rollback = lite_rollback,
	.query = lite_query,
	.free = lite_free,
	.set_int = lite_set_int,
	.set_number = lite_set_number,
	.set_text = lite_set_text,
	.step = lite_step,
	.reset = lite_reset,
	.row_int = lite_row_int,
	.row_number = lite_row_number,
	.row_text = lite_row_text,
};
