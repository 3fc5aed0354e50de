// SPDX-License-Identifier: GPL-2.0-only
/* The database in a file, by SQLite. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sqlite3.h>

#include "db.h"

/* How long a writer waits for another. */
#define PATIENCE_MS 60000

static const char damaged[] =
	"%s: damaged, or no history (%.300s); it was left as it is. Move it away, and put a copy in its "
	"place or add the runs again";

struct gnb_db {
	sqlite3 *lite;
	char *file;
	char error[1024];
};

struct gnb_query {
	struct gnb_db *db;
	sqlite3_stmt *lite;
};

/* What SQLite says, as an errno, with a sentence that also says what to do. */
static int failed(struct gnb_db *db, int rc)
{
	const char *says = db->lite ? sqlite3_errmsg(db->lite) : sqlite3_errstr(rc);

	switch (rc & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		snprintf(db->error, sizeof(db->error),
			 "%s: another process has been writing for %d s; try again", db->file,
			 PATIENCE_MS / 1000);
		return -EBUSY;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		snprintf(db->error, sizeof(db->error), damaged, db->file, says);
		return -EBADMSG;
	case SQLITE_NOMEM:
		snprintf(db->error, sizeof(db->error), "out of memory");
		return -ENOMEM;
	case SQLITE_FULL:
		snprintf(db->error, sizeof(db->error), "%s: no space left; nothing was changed",
			 db->file);
		return -ENOSPC;
	case SQLITE_READONLY:
	case SQLITE_PERM:
		snprintf(db->error, sizeof(db->error), "%s: may not be written: %s", db->file,
			 says);
		return -EACCES;
	default:
		snprintf(db->error, sizeof(db->error), "%s: %s", db->file, says);
		return -EIO;
	}
}

int gnb_db_open(struct gnb_db **out, const char *file, bool create)
{
	struct gnb_db *db = calloc(1, sizeof(*db));
	int rc;

	*out = db;
	if (!db)
		return -ENOMEM;
	db->file = strdup(file);
	if (!db->file)
		return -ENOMEM;
	if (!create && access(file, F_OK)) {
		snprintf(db->error, sizeof(db->error),
			 "%s: no such file; grantbench history add makes it", file);
		return -ENOENT;
	}
	rc = sqlite3_open_v2(file, &db->lite,
			     SQLITE_OPEN_READWRITE | (create ? SQLITE_OPEN_CREATE : 0), NULL);
	if (rc == SQLITE_CANTOPEN) {
		snprintf(db->error, sizeof(db->error), "%s: cannot be opened: %s", file,
			 strerror(sqlite3_system_errno(db->lite)));
		return -EACCES;
	}
	if (rc)
		return failed(db, rc);
	sqlite3_extended_result_codes(db->lite, 1);
	sqlite3_busy_timeout(db->lite, PATIENCE_MS);
	/*
	 * A commit is on the disk before it is told; one file, so that it can be copied. Pages are large, and mapped:
	 * a long history is read from end to end.
	 */
	return gnb_db_run(db, "PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"
			      "PRAGMA page_size=16384; PRAGMA mmap_size=1073741824");
}

void gnb_db_close(struct gnb_db *db)
{
	if (!db)
		return;
	sqlite3_close(db->lite);
	free(db->file);
	free(db);
}

const char *gnb_db_error(const struct gnb_db *db)
{
	return db ? db->error : "out of memory";
}

void gnb_db_refuse(struct gnb_db *db, const char *what)
{
	snprintf(db->error, sizeof(db->error), "%s: %s; it was left as it is", db->file, what);
}

int gnb_db_run(struct gnb_db *db, const char *sql)
{
	int rc = sqlite3_exec(db->lite, sql, NULL, NULL, NULL);

	return rc ? failed(db, rc) : 0;
}

int gnb_db_check(struct gnb_db *db)
{
	struct gnb_query *q = gnb_db_query(db, "PRAGMA quick_check(1)");
	int rc = q ? gnb_query_step(q) : -EBADMSG;

	if (rc == 1 && strcmp(gnb_row_text(q, 0), "ok")) {
		snprintf(db->error, sizeof(db->error), damaged, db->file, gnb_row_text(q, 0));
		/* What SQLite says goes over lines. */
		for (char *p = db->error; *p; p++)
			*p = *p == '\n' ? ' ' : *p;
		rc = -EBADMSG;
	}
	gnb_query_free(q);
	return rc < 0 ? rc : 0;
}

int gnb_db_begin(struct gnb_db *db)
{
	return gnb_db_run(db, "BEGIN IMMEDIATE");
}

int gnb_db_snapshot(struct gnb_db *db)
{
	return gnb_db_run(db, "BEGIN");
}

int gnb_db_commit(struct gnb_db *db)
{
	return gnb_db_run(db, "COMMIT");
}

void gnb_db_rollback(struct gnb_db *db)
{
	/* What failed keeps its sentence. */
	if (db->lite && !sqlite3_get_autocommit(db->lite))
		sqlite3_exec(db->lite, "ROLLBACK", NULL, NULL, NULL);
}

struct gnb_query *gnb_db_query(struct gnb_db *db, const char *sql)
{
	struct gnb_query *q = calloc(1, sizeof(*q));
	int rc;

	if (!q) {
		failed(db, SQLITE_NOMEM);
		return NULL;
	}
	q->db = db;
	rc = sqlite3_prepare_v2(db->lite, sql, -1, &q->lite, NULL);
	if (rc) {
		failed(db, rc);
		free(q);
		return NULL;
	}
	return q;
}

void gnb_query_free(struct gnb_query *q)
{
	if (q)
		sqlite3_finalize(q->lite);
	free(q);
}

void gnb_query_int(struct gnb_query *q, int i, int64_t v)
{
	sqlite3_bind_int64(q->lite, i, v);
}

void gnb_query_number(struct gnb_query *q, int i, double v)
{
	if (isfinite(v))
		sqlite3_bind_double(q->lite, i, v);
	else
		sqlite3_bind_null(q->lite, i);
}

void gnb_query_text(struct gnb_query *q, int i, const char *s)
{
	sqlite3_bind_text(q->lite, i, s, -1, SQLITE_TRANSIENT);
}

int gnb_query_step(struct gnb_query *q)
{
	int rc = sqlite3_step(q->lite);

	if (rc == SQLITE_ROW)
		return 1;
	if (rc == SQLITE_DONE) {
		sqlite3_reset(q->lite);
		return 0;
	}
	rc = failed(q->db, rc);
	sqlite3_reset(q->lite);
	return rc;
}

void gnb_query_reset(struct gnb_query *q)
{
	sqlite3_reset(q->lite);
}

int64_t gnb_row_int(struct gnb_query *q, int i)
{
	return sqlite3_column_int64(q->lite, i);
}

double gnb_row_number(struct gnb_query *q, int i)
{
	return sqlite3_column_type(q->lite, i) == SQLITE_NULL ? NAN
							      : sqlite3_column_double(q->lite, i);
}

const char *gnb_row_text(struct gnb_query *q, int i)
{
	const char *s = (const char *)sqlite3_column_text(q->lite, i);

	return s ? s : "";
}
