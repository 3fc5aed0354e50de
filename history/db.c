// SPDX-License-Identifier: GPL-2.0-only
/* Databases of all kinds: which one a name is of, and what they have in common. */
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "db_kind.h"

/* The last takes what no other does. */
static const struct gnb_db_kind *const kinds[] = { &gnb_db_postgres, &gnb_db_sqlite };

int gnb_db_failed(struct gnb_db *db, int rc, const char *fmt, ...)
{
	char *to = db->error;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(db->error, sizeof(db->error), fmt, ap);
	va_end(ap);
	for (const char *p = db->error; *p; p++) {
		bool blank = (unsigned char)*p <= ' ';

		if (!blank)
			*to++ = *p;
		else if (to > db->error && to[-1] != ' ')
			*to++ = ' ';
	}
	while (to > db->error && to[-1] == ' ')
		to--;
	*to = '\0';
	return rc;
}

int gnb_db_open(struct gnb_db **db, const char *name, bool create)
{
	const struct gnb_db_kind *const *kind = kinds;

	while (!(*kind)->knows(name))
		kind++;
	return (*kind)->open(db, name, create);
}

void gnb_db_close(struct gnb_db *db)
{
	if (!db)
		return;
	free(db->name);
	db->kind->close(db);
}

const char *gnb_db_name(const struct gnb_db *db)
{
	return db->name;
}

const struct gnb_db_dialect *gnb_db_dialect(const struct gnb_db *db)
{
	return &db->kind->dialect;
}

const char *gnb_db_error(const struct gnb_db *db)
{
	return db ? db->error : "out of memory";
}

void gnb_db_refuse(struct gnb_db *db, const char *what)
{
	gnb_db_failed(db, 0, "%s: %s; it was left as it is", db->name, what);
}

int gnb_db_check(struct gnb_db *db)
{
	return db->kind->check(db);
}

int gnb_db_run(struct gnb_db *db, const char *sql)
{
	return db->kind->run(db, sql);
}

int gnb_db_begin(struct gnb_db *db)
{
	return db->kind->begin(db);
}

int gnb_db_snapshot(struct gnb_db *db)
{
	return db->kind->snapshot(db);
}

int gnb_db_commit(struct gnb_db *db)
{
	return db->kind->commit(db);
}

void gnb_db_rollback(struct gnb_db *db)
{
	db->kind->rollback(db);
}

struct gnb_query *gnb_db_query(struct gnb_db *db, const char *sql)
{
	struct gnb_query *q = db->kind->query(db, sql);

	if (q)
		q->db = db;
	return q;
}

void gnb_query_free(struct gnb_query *q)
{
	if (q)
		q->db->kind->free(q);
}

void gnb_query_int(struct gnb_query *q, int i, int64_t v)
{
	q->db->kind->set_int(q, i, v);
}

void gnb_query_number(struct gnb_query *q, int i, double v)
{
	if (isfinite(v))
		q->db->kind->set_number(q, i, v);
	else
		q->db->kind->set_text(q, i, NULL);
}

void gnb_query_text(struct gnb_query *q, int i, const char *s)
{
	q->db->kind->set_text(q, i, s);
}

int gnb_query_step(struct gnb_query *q)
{
	return q->db->kind->step(q);
}

void gnb_query_reset(struct gnb_query *q)
{
	q->db->kind->reset(q);
}

int64_t gnb_row_int(struct gnb_query *q, int i)
{
	return q->db->kind->row_int(q, i);
}

double gnb_row_number(struct gnb_query *q, int i)
{
	return q->db->kind->row_number(q, i);
}

const char *gnb_row_text(struct gnb_query *q, int i)
{
	return q->db->kind->row_text(q, i);
}
