// SPDX-License-Identifier: GPL-2.0-only
/* The history's tables, and how runs come into them and leave. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sha256.h>

#include "setting.h"
#include "store.h"
#include "tables.h"

int gnb_store_open(struct gnb_store *s, const char *name, bool create)
{
	int rc;

	*s = (struct gnb_store){ 0 };
	rc = gnb_db_open(&s->db, name, create);
	return rc ? rc : gnb_tables_know(s->db, create);
}

static void forget_runs(struct gnb_store *s)
{
	for (size_t i = 0; i < s->nr_runs; i++) {
		struct gnb_store_run *r = &s->run[i];

		free(r->name);
		free(r->started);
		free(r->commit);
		free(r->status);
		free(r->target);
	}
	free(s->run);
	s->run = NULL;
	s->nr_runs = 0;
}

void gnb_store_close(struct gnb_store *s)
{
	forget_runs(s);
	gnb_db_close(s->db);
}

static void digest(const char *text, size_t len, char hex[SHA256_DIGEST_STRING_LENGTH])
{
	SHA256Data((const uint8_t *)text, len, hex);
}

/* What tells a run from another: under an exact clock two commits may have the same figures, to the byte. */
struct identity {
	const char *started, *fingerprint;
	char commit[100];
};

static struct identity identity_of(const struct gnb_rec_run *r)
{
	struct json_object *m = r->manifest, *git = gnb_json_get(m, "git", json_type_object);
	struct identity is = {
		.started = gnb_json_get_string(m, "started", ""),
		.fingerprint = gnb_json_get_string(m, "fingerprint", ""),
	};

	snprintf(is.commit, sizeof(is.commit), "%.80s%s", gnb_json_get_string(git, "sha", ""),
		 json_object_get_boolean(gnb_json_get(git, "dirty", json_type_boolean)) ? "+" : "");
	return is;
}

/*
 * The run with this content, which is `*id`, or which had its first part and is to be replaced: GNB_THERE, GNB_GREW;
 * GNB_ADDED if there is none; or a failure.
 */
static int known(struct gnb_store *s, const struct identity *is, const char *text, size_t len,
		 int64_t *id)
{
	struct gnb_query *q =
		gnb_db_query(s->db, "SELECT id, bytes, sha256 FROM run WHERE started = $1 AND "
				    "commit_id = $2 AND fingerprint = $3 ORDER BY id");
	int found = GNB_ADDED, rc = q ? 1 : -EIO;

	if (q) {
		gnb_query_text(q, 1, is->started);
		gnb_query_text(q, 2, is->commit);
		gnb_query_text(q, 3, is->fingerprint);
	}
	while (rc == 1 && found == GNB_ADDED && (rc = gnb_query_step(q)) == 1) {
		size_t bytes = (size_t)gnb_row_int(q, 1);
		char hex[SHA256_DIGEST_STRING_LENGTH];

		if (bytes > len)
			continue;
		digest(text, bytes, hex);
		if (strcmp(hex, gnb_row_text(q, 2)))
			continue;
		*id = gnb_row_int(q, 0);
		found = bytes == len ? GNB_THERE : GNB_GREW;
	}
	gnb_query_free(q);
	return rc < 0 ? rc : found;
}

/* What comes into the tables on the way. */
struct adding {
	struct gnb_store *s;
	const struct gnb_rec_run *r;
	struct gnb_query *find_setting, *add_setting, *find_series, *add_series, *add_point;
	int64_t run;
	size_t points;
	int rc;
};

/* What `find` finds, or else what `add` makes; both have their parameters. */
static int64_t id_of(struct adding *a, struct gnb_query *find, struct gnb_query *add)
{
	int64_t id = 0;
	int rc = gnb_query_step(find);

	if (rc == 1) {
		id = gnb_row_int(find, 0);
		gnb_query_reset(find);
	} else if (!rc) {
		rc = gnb_query_step(add);
		id = rc == 1 ? gnb_row_int(add, 0) : 0;
		gnb_query_reset(add);
	}
	if (rc < 0)
		a->rc = rc;
	return id;
}

static int64_t series_id(struct adding *a, const struct gnb_series *s)
{
	struct gnb_buf name = { 0 }, setting = { 0 };
	int64_t id = 0;

	gnb_series_name(s, &name);
	gnb_setting(a->r, s, &setting);
	if (name.failed || setting.failed) {
		a->rc = -ENOMEM;
		goto out;
	}
	gnb_query_text(a->find_setting, 1, setting.s ? setting.s : "");
	gnb_query_text(a->add_setting, 1, setting.s ? setting.s : "");
	id = id_of(a, a->find_setting, a->add_setting);
	if (a->rc)
		goto out;
	gnb_query_text(a->find_series, 1, name.s);
	gnb_query_int(a->find_series, 2, s->cell->bench->def_version);
	gnb_query_int(a->find_series, 3, id);
	gnb_query_text(a->add_series, 1, name.s);
	gnb_query_int(a->add_series, 2, s->cell->bench->def_version);
	gnb_query_int(a->add_series, 3, id);
	gnb_query_text(a->add_series, 4, s->cell->bench->name);
	gnb_query_text(a->add_series, 5, s->cell->name);
	gnb_query_text(a->add_series, 6, s->row->version);
	gnb_query_text(a->add_series, 7, s->row->metric);
	gnb_query_int(a->add_series, 8, s->kind);
	gnb_query_text(a->add_series, 9, s->unit);
	gnb_query_text(a->add_series, 10, s->higher_better ? "higher" : "lower");
	id = id_of(a, a->find_series, a->add_series);
out:
	gnb_buf_free(&name);
	gnb_buf_free(&setting);
	return id;
}

static void add_point(void *arg, const struct gnb_series *s)
{
	const char class[] = { s->class, '\0' };
	struct adding *a = arg;
	int64_t id;
	int rc;

	/* What differs from run to run because threads contend has no history. */
	if (a->rc || s->class == 'S')
		return;
	id = series_id(a, s);
	if (a->rc)
		return;
	gnb_query_int(a->add_point, 1, id);
	gnb_query_int(a->add_point, 2, a->run);
	gnb_query_number(a->add_point, 3, s->figure.value);
	gnb_query_number(a->add_point, 4, s->figure.lo);
	gnb_query_number(a->add_point, 5, s->figure.hi);
	gnb_query_number(a->add_point, 6, s->figure.level);
	gnb_query_int(a->add_point, 7, (int64_t)s->figure.n);
	gnb_query_int(a->add_point, 8, s->launches);
	gnb_query_text(a->add_point, 9, class);
	rc = gnb_query_step(a->add_point);
	if (rc < 0)
		a->rc = rc;
	else
		a->points++;
}

static int add_run(struct adding *a, const char *name, const struct identity *is, const char *text,
		   size_t len)
{
	struct gnb_query *q = gnb_db_query(
		a->s->db,
		"INSERT INTO run (id, name, started, suite, commit_id, status, target, fingerprint,"
		" bytes, sha256) VALUES ((SELECT coalesce(max(id), 0) + 1 FROM run), $1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING id");
	struct json_object *m = a->r->manifest;
	char hex[SHA256_DIGEST_STRING_LENGTH];
	int rc;

	if (!q)
		return -EIO;
	digest(text, len, hex);
	gnb_query_text(q, 1, name);
	gnb_query_text(q, 2, is->started);
	gnb_query_text(q, 3, gnb_json_get_string(m, "suite", ""));
	gnb_query_text(q, 4, is->commit);
	gnb_query_text(q, 5, gnb_json_get_string(m, "status", ""));
	gnb_query_text(q, 6, gnb_json_get_string(m, "target", ""));
	gnb_query_text(q, 7, is->fingerprint);
	gnb_query_int(q, 8, (int64_t)len);
	gnb_query_text(q, 9, hex);
	rc = gnb_query_step(q);
	if (rc == 1)
		a->run = gnb_row_int(q, 0);
	gnb_query_free(q);
	return rc < 0 ? rc : 0;
}

/* One run out of the tables. */
static int remove_run(struct gnb_store *s, int64_t id)
{
	static const char *const each[] = { "DELETE FROM point WHERE run = $1",
					    "DELETE FROM run WHERE id = $1" };
	int rc = 0;

	for (int i = 0; !rc && i < 2; i++) {
		struct gnb_query *q = gnb_db_query(s->db, each[i]);

		if (!q)
			return -EIO;
		gnb_query_int(q, 1, id);
		rc = gnb_query_step(q);
		gnb_query_free(q);
	}
	return rc;
}

static int add_points(struct adding *a)
{
	struct {
		struct gnb_query **q;
		const char *sql;
	} list[] = {
		{ &a->find_setting, "SELECT id FROM setting WHERE words = $1" },
		{ &a->add_setting,
		  "INSERT INTO setting (id, words) VALUES ((SELECT coalesce(max(id), 0) + 1 FROM setting), $1)"
		  " RETURNING id" },
		{ &a->find_series,
		  "SELECT id FROM series WHERE name = $1 AND def_version = $2 AND setting = $3" },
		{ &a->add_series,
		  "INSERT INTO series (id, name, def_version, setting, bench, cell, version, metric, kind, unit,"
		  " better) VALUES ((SELECT coalesce(max(id), 0) + 1 FROM series), $1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING id" },
		{ &a->add_point,
		  "INSERT INTO point (series, run, value, lo, hi, level, n, launches, class)"
		  " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)" },
	};
	size_t n = sizeof(list) / sizeof(list[0]);

	for (size_t i = 0; i < n; i++) {
		*list[i].q = gnb_db_query(a->s->db, list[i].sql);
		if (!*list[i].q)
			a->rc = -EIO;
	}
	if (!a->rc && gnb_series_each(a->r, add_point, a))
		a->rc = -ENOMEM;
	for (size_t i = 0; i < n; i++)
		gnb_query_free(*list[i].q);
	return a->rc;
}

int gnb_store_add(struct gnb_store *s, const struct gnb_rec_run *r, const char *name,
		  const char *text, size_t len, enum gnb_added *what, size_t *points)
{
	struct identity is = identity_of(r);
	struct adding a = { .s = s, .r = r };
	int64_t old = 0;
	int rc = gnb_db_begin(s->db), found;

	if (rc)
		return rc;
	found = known(s, &is, text, len, &old);
	rc = found < 0 ? found : 0;
	if (found == GNB_GREW)
		rc = remove_run(s, old);
	if (!rc && found != GNB_THERE) {
		rc = add_run(&a, name, &is, text, len);
		if (!rc)
			rc = add_points(&a);
	}
	if (!rc)
		rc = gnb_db_commit(s->db);
	if (rc) {
		gnb_db_rollback(s->db);
		return rc;
	}
	*what = (enum gnb_added)found;
	*points = a.points;
	return 0;
}

int gnb_store_runs(struct gnb_store *s)
{
	struct gnb_query *q = gnb_db_query(
		s->db,
		"SELECT id, name, started, commit_id, status, target FROM run ORDER BY started, id");
	int rc = q ? 0 : -EIO;

	forget_runs(s);
	while (!rc && (rc = gnb_query_step(q)) == 1) {
		struct gnb_store_run *more = reallocarray(s->run, s->nr_runs + 1, sizeof(*more)),
				     *r;

		rc = more ? 0 : -ENOMEM;
		if (rc)
			break;
		s->run = more;
		r = &more[s->nr_runs++];
		*r = (struct gnb_store_run){
			.id = gnb_row_int(q, 0),
			.name = strdup(gnb_row_text(q, 1)),
			.started = strdup(gnb_row_text(q, 2)),
			.commit = strdup(gnb_row_text(q, 3)),
			.status = strdup(gnb_row_text(q, 4)),
			.target = strdup(gnb_row_text(q, 5)),
		};
		if (!r->name || !r->started || !r->commit || !r->status || !r->target)
			rc = -ENOMEM;
	}
	gnb_query_free(q);
	return rc;
}

/* The runs to forget, as a condition with $1. */
static int64_t forget(struct gnb_store *s, const char *condition, int64_t keep, const char *before)
{
	char sql[300];
	int64_t gone = 0;
	int rc = 1;

	while (rc == 1) {
		struct gnb_query *q;
		int64_t id = 0;

		snprintf(sql, sizeof(sql), "SELECT id FROM run WHERE %s ORDER BY id LIMIT 1",
			 condition);
		q = gnb_db_query(s->db, sql);
		if (!q)
			return -EIO;
		if (before)
			gnb_query_text(q, 1, before);
		else
			gnb_query_int(q, 1, keep);
		rc = gnb_query_step(q);
		if (rc == 1)
			id = gnb_row_int(q, 0);
		gnb_query_free(q);
		if (rc != 1)
			break;
		rc = remove_run(s, id);
		rc = rc < 0 ? rc : 1;
		gone += rc == 1;
	}
	return rc < 0 ? rc : gone;
}

int gnb_store_prune(struct gnb_store *s, int64_t keep, const char *before, int64_t *gone)
{
	int64_t by_date = 0, by_number = 0;
	int rc = gnb_db_begin(s->db);

	if (rc)
		return rc;
	if (before)
		by_date = forget(s, "started < $1", 0, before);
	if (by_date >= 0 && keep >= 0)
		by_number = forget(
			s, "id NOT IN (SELECT id FROM run ORDER BY started DESC, id DESC LIMIT $1)",
			keep, NULL);
	rc = by_date < 0 ? (int)by_date : by_number < 0 ? (int)by_number : 0;
	if (!rc)
		rc = gnb_db_run(s->db,
				"DELETE FROM series WHERE id NOT IN (SELECT series FROM point);"
				"DELETE FROM setting WHERE id NOT IN (SELECT setting FROM series)");
	if (!rc)
		rc = gnb_db_commit(s->db);
	if (rc)
		gnb_db_rollback(s->db);
	*gone = by_date + by_number;
	return rc;
}
