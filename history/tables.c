// SPDX-License-Identifier: GPL-2.0-only
/* The history's tables: how they are made, and whether they are there. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "tables.h"

#define SCHEMA 1

/* The places are for the database's dialect: bytewise, covering, by_key. Numbers of rows are ours, not its. */
static const char schema[] =
	"CREATE TABLE about (key TEXT PRIMARY KEY, value TEXT NOT NULL);"
	"CREATE TABLE run (id INTEGER PRIMARY KEY, name TEXT NOT NULL, started TEXT%1$s NOT NULL,"
	" suite TEXT NOT NULL, commit_id TEXT NOT NULL, status TEXT NOT NULL, target TEXT NOT NULL,"
	" fingerprint TEXT NOT NULL, bytes BIGINT NOT NULL, sha256 TEXT NOT NULL,"
	" UNIQUE (started, commit_id, fingerprint, sha256, bytes));"
	"CREATE TABLE setting (id INTEGER PRIMARY KEY, words TEXT NOT NULL UNIQUE);"
	"CREATE TABLE series (id INTEGER PRIMARY KEY, name TEXT%1$s NOT NULL, def_version INTEGER NOT NULL,"
	" setting INTEGER NOT NULL REFERENCES setting (id), bench TEXT NOT NULL, cell TEXT NOT NULL,"
	" version TEXT NOT NULL, metric TEXT NOT NULL, kind INTEGER NOT NULL, unit TEXT NOT NULL,"
	" better TEXT NOT NULL, UNIQUE (name, def_version, setting));"
	"CREATE TABLE point (series INTEGER NOT NULL REFERENCES series (id),"
	" run INTEGER NOT NULL REFERENCES run (id), value DOUBLE PRECISION NOT NULL,"
	" lo DOUBLE PRECISION, hi DOUBLE PRECISION, level DOUBLE PRECISION, n BIGINT NOT NULL,"
	" launches INTEGER NOT NULL, class TEXT NOT NULL, PRIMARY KEY (series, run)%2$s)%3$s;"
	"INSERT INTO about (key, value) VALUES ('what', 'grantbench history'), ('schema', '1');";

/* One number of a query that has a row; or a failure. */
static int64_t number_of(struct gnb_db *db, const char *sql)
{
	struct gnb_query *q = gnb_db_query(db, sql);
	int64_t v = q ? gnb_query_step(q) : -EIO;

	if (v > 0)
		v = gnb_row_int(q, 0);
	gnb_query_free(q);
	return v;
}

/* How many tables there are, or of one name; or a failure. */
static int64_t tables(struct gnb_db *db, const char *condition)
{
	char sql[500];

	snprintf(sql, sizeof(sql), "SELECT count(*) FROM %s%s", gnb_db_dialect(db)->catalog,
		 condition);
	return number_of(db, sql);
}

static int make_tables(struct gnb_db *db)
{
	const struct gnb_db_dialect *d = gnb_db_dialect(db);
	char sql[sizeof(schema) + 200];
	int rc = gnb_db_begin(db);

	if (rc)
		return rc;
	snprintf(sql, sizeof(sql), schema, d->bytewise, d->covering, d->by_key);
	/* Another process may have been first. */
	if (!tables(db, ""))
		rc = gnb_db_run(db, sql);
	if (!rc)
		rc = gnb_db_commit(db);
	if (rc)
		gnb_db_rollback(db);
	return rc;
}

/* What an `about` says of itself: the version of the schema, 0 if it is none of ours; or a failure. */
static int64_t says(struct gnb_db *db)
{
	struct gnb_query *q =
		gnb_db_query(db, "SELECT value FROM about WHERE key = 'schema' AND EXISTS"
				 " (SELECT 1 FROM about WHERE value = 'grantbench history')");
	int64_t v = q ? gnb_query_step(q) : -EBADMSG;

	if (v > 0)
		v = strtol(gnb_row_text(q, 0), NULL, 10);
	gnb_query_free(q);
	return v;
}

int gnb_tables_know(struct gnb_db *db, bool create)
{
	int64_t version = tables(db, "");
	int rc;

	if (version < 0)
		return (int)version;
	if (!version && !create)
		return gnb_db_failed(db, -ENOENT,
				     "%s: no history yet; grantbench history add makes it",
				     gnb_db_name(db));
	if (!version) {
		rc = make_tables(db);
		if (rc)
			return rc;
	}
	version = tables(db, " WHERE name = 'about'");
	if (version == 1)
		version = says(db);
	if (version == SCHEMA)
		return 0;
	if (version < 0)
		return (int)version;
	/* What it says of itself may be what is damaged. */
	rc = gnb_db_check(db);
	if (rc)
		return rc;
	gnb_db_refuse(db, version > SCHEMA ? "a history of a newer grantbench; use that one"
					   : "a database, but no history of grantbench");
	return -EBADMSG;
}
