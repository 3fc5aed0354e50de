/* SPDX-License-Identifier: GPL-2.0-only */
/* What a kind of database is to db.c: its operations, and where its SQL is not everybody's. Locking: as db.h. */
#ifndef GNB_DB_KIND_H
#define GNB_DB_KIND_H

#include "db.h"

/* How long a writer waits for another. */
#define GNB_DB_PATIENCE_MS 60000

struct gnb_db_kind {
	struct gnb_db_dialect dialect;
	/* Is a database named so of this kind? */
	bool (*knows)(const char *name);
	/* As gnb_db_open(): *db begins with a struct gnb_db, whose kind is set. */
	int (*open)(struct gnb_db **db, const char *name, bool create);
	/* Free it; kind and name are freed by the caller. */
	void (*close)(struct gnb_db *db);
	int (*check)(struct gnb_db *db);
	int (*run)(struct gnb_db *db, const char *sql);
	int (*begin)(struct gnb_db *db);
	int (*snapshot)(struct gnb_db *db);
	int (*commit)(struct gnb_db *db);
	void (*rollback)(struct gnb_db *db);
	/* What it returns begins with a struct gnb_query; the caller sets db. */
	struct gnb_query *(*query)(struct gnb_db *db, const char *sql);
	void (*free)(struct gnb_query *q);
	void (*set_int)(struct gnb_query *q, int i, int64_t v);
	void (*set_number)(struct gnb_query *q, int i, double v); /* finite */
	void (*set_text)(struct gnb_query *q, int i, const char *s);
	int (*step)(struct gnb_query *q);
	void (*reset)(struct gnb_query *q);
	int64_t (*row_int)(struct gnb_query *q, int i);
	double (*row_number)(struct gnb_query *q, int i);
	const char *(*row_text)(struct gnb_query *q, int i);
};

/* What a connection of each kind begins with. */
struct gnb_db {
	const struct gnb_db_kind *kind;
	char *name; /* for people */
	char error[1024];
};

struct gnb_query {
	struct gnb_db *db;
};

extern const struct gnb_db_kind gnb_db_sqlite, gnb_db_postgres;

#endif
