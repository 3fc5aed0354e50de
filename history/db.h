/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A database as a history needs one: a file of SQLite, or a server of PostgreSQL; statements with $1, $2, ... that both
 * understand. Locking: a connection belongs to one thread; several processes may have one each, and writers wait for
 * each other.
 *
 * What fails returns -EBUSY (somebody else wrote for too long), -EBADMSG (it is damaged, or none of ours), -ENOENT (it,
 * or what reads it, is not there), -EINVAL (no such name), -EILSEQ (a text that it cannot keep), -EACCES, -ENOSPC,
 * -ENOMEM or -EIO, and gnb_db_error() has the sentence.
 */
#ifndef GNB_DB_H
#define GNB_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gnb_db;
struct gnb_query;

/* Where SQL is not everybody's; each is put into statements as it is. */
struct gnb_db_dialect {
	const char *catalog;  /* a relation with the name of each table that is there */
	const char *bytewise; /* after TEXT: ordered by its bytes */
	const char *covering; /* after the key of points: it has their figures as well */
	const char *by_key;   /* after the table of points: it lies in the order of its key */
};

/*
 * Open it: name is a file, or a connection string as libpq has them (postgresql://..., host=... dbname=...). create:
 * make the file if it is not there. *db is to be closed even after a failure.
 */
int gnb_db_open(struct gnb_db **db, const char *name, bool create);
void gnb_db_close(struct gnb_db *db);

/* Its name for people, without a password. */
const char *gnb_db_name(const struct gnb_db *db);
const struct gnb_db_dialect *gnb_db_dialect(const struct gnb_db *db);

/* What went wrong last, in a sentence that names the database. */
const char *gnb_db_error(const struct gnb_db *db);

/* The sentence for gnb_db_error(); a text of several lines becomes one. Returns rc. */
int gnb_db_failed(struct gnb_db *db, int rc, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Say of the database what it is instead of what was asked for. */
void gnb_db_refuse(struct gnb_db *db, const char *what);

/* Look at every page of it, where that is ours to do: 0, or -EBADMSG. */
int gnb_db_check(struct gnb_db *db);

/* Statements without results. */
int gnb_db_run(struct gnb_db *db, const char *sql);

/* What is done between them is done in whole or not at all, whatever happens; nobody else writes meanwhile. */
int gnb_db_begin(struct gnb_db *db);
/* The same of what is read: all of it as at one moment. */
int gnb_db_snapshot(struct gnb_db *db);
int gnb_db_commit(struct gnb_db *db);
void gnb_db_rollback(struct gnb_db *db);

/* A statement to be run again and again; NULL if it cannot be made. */
struct gnb_query *gnb_db_query(struct gnb_db *db, const char *sql);
void gnb_query_free(struct gnb_query *q);

/* Its parameters, from 1; text NULL, a number that is not finite: NULL. They stay until they are replaced. */
void gnb_query_int(struct gnb_query *q, int i, int64_t v);
void gnb_query_number(struct gnb_query *q, int i, double v);
void gnb_query_text(struct gnb_query *q, int i, const char *s);

/* The next row: 1; 0 after the last, then it begins anew; or a failure. */
int gnb_query_step(struct gnb_query *q);
/* Leave the rest of its rows. */
void gnb_query_reset(struct gnb_query *q);

/* Columns of the row, from 0: NULL is 0, NaN and "". Text lives until the next step. */
int64_t gnb_row_int(struct gnb_query *q, int i);
double gnb_row_number(struct gnb_query *q, int i);
const char *gnb_row_text(struct gnb_query *q, int i);

#endif
