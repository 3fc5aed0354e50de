// SPDX-License-Identifier: GPL-2.0-only
/* Series out of the history, with their points in order and their changes. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store.h"

/* Room that is used again for each series. */
struct walk {
	struct gnb_store *s;
	size_t *place; /* of a run, by its id */
	int64_t ids;
	struct gnb_track t;
	size_t room, moved_room;
	int (*do_one)(void *arg, const struct gnb_track *t);
	void *arg;
	struct gnb_query *points;
	struct gnb_judge judge;
};

static int more_points(struct walk *w)
{
	size_t room = w->room ? 2 * w->room : 256;
	struct gnb_point *p = reallocarray(w->t.point, room, sizeof(*p));

	if (!p)
		return -ENOMEM;
	w->t.point = p;
	w->room = room;
	return 0;
}

static int by_run(const void *a, const void *b)
{
	const struct gnb_point *p = a, *q = b;

	return (p->run > q->run) - (p->run < q->run);
}

static int read_points(struct walk *w)
{
	bool in_order = true;
	int rc;

	w->t.nr = w->t.judged = 0;
	gnb_query_int(w->points, 1, w->t.id);
	while ((rc = gnb_query_step(w->points)) == 1) {
		int64_t run = gnb_row_int(w->points, 0);
		struct gnb_point *p;

		if (run < 0 || run >= w->ids) {
			gnb_db_refuse(w->s->db,
				      "damaged: it has points of runs that are not there");
			return -EBADMSG;
		}
		if (w->t.nr == w->room && more_points(w))
			return -ENOMEM;
		p = &w->t.point[w->t.nr];
		*p = (struct gnb_point){
			.run = w->place[run],
			.value = gnb_row_number(w->points, 1),
			.lo = gnb_row_number(w->points, 2),
			.hi = gnb_row_number(w->points, 3),
			.class = *gnb_row_text(w->points, 4),
		};
		in_order &= !w->t.nr || p[-1].run < p->run;
		w->t.judged += p->class == 'C' || p->class == 'H';
		w->t.nr++;
	}
	if (!in_order)
		qsort(w->t.point, w->t.nr, sizeof(*w->t.point), by_run);
	return rc;
}

static int add_moved(struct walk *w, const struct gnb_moved *m)
{
	if (w->t.nr_moved == w->moved_room) {
		size_t room = w->moved_room ? 2 * w->moved_room : 16;
		struct gnb_moved *more = reallocarray(w->t.moved, room, sizeof(*more));

		if (!more)
			return -ENOMEM;
		w->t.moved = more;
		w->moved_room = room;
	}
	w->t.moved[w->t.nr_moved++] = *m;
	return 0;
}

/* Points that may be compared, one after another. Exact ones have no noise: any difference is a change. */
static int judge(struct walk *w)
{
	size_t *at = calloc(w->t.judged ? w->t.judged : 1, sizeof(*at)), n = 0;
	struct gnb_change c;
	int rc = at ? 0 : -ENOMEM;

	w->t.nr_moved = 0;
	/* The arrays need no clearing. */
	w->judge.n = w->judge.start = w->judge.nr_base = 0;
	w->judge.spread = w->judge.before = 0;
	w->judge.exact = true;
	for (size_t i = 0; i < w->t.nr; i++)
		w->judge.exact &= w->t.point[i].class != 'H';
	for (size_t i = 0; !rc && i < w->t.nr; i++) {
		const struct gnb_point *p = &w->t.point[i];

		if (p->class != 'C' && p->class != 'H')
			continue;
		at[n++] = i;
		if (gnb_judge_next(&w->judge, p->value, &c))
			rc = add_moved(
				w, &(struct gnb_moved){ at[c.at], at[c.seen], c.before, c.after });
	}
	free(at);
	return rc;
}

void gnb_moved_words(const struct gnb_track *t, const struct gnb_moved *m, char *text, size_t len)
{
	bool worse = (m->after > m->before) != t->higher_better;
	double percent = 100 * (m->after - m->before) / fabs(m->before);

	if (isfinite(percent))
		snprintf(text, len, "%+.2g %%, %s", percent, worse ? "worse" : "better");
	else
		snprintf(text, len, "%s", worse ? "worse" : "better");
}

static int walk(struct walk *w, const regex_t *filter)
{
	struct gnb_query *q = gnb_db_query(
		w->s->db,
		"SELECT series.id, name, unit, better, def_version, words, kind FROM series"
		" JOIN setting ON setting.id = setting ORDER BY name, def_version, series.id");
	int rc = q ? 0 : -EIO;

	while (!rc && (rc = gnb_query_step(q)) == 1) {
		w->t.id = gnb_row_int(q, 0);
		w->t.name = gnb_row_text(q, 1);
		w->t.unit = gnb_row_text(q, 2);
		w->t.higher_better = !strcmp(gnb_row_text(q, 3), "higher");
		w->t.def_version = (int)gnb_row_int(q, 4);
		w->t.setting = gnb_row_text(q, 5);
		w->t.kind = (int)gnb_row_int(q, 6);
		rc = 0;
		if (filter && regexec(filter, w->t.name, 0, NULL, 0))
			continue;
		rc = read_points(w);
		if (!rc)
			rc = judge(w);
		if (!rc)
			rc = w->do_one(w->arg, &w->t);
	}
	gnb_query_free(q);
	return rc;
}

int gnb_store_tracks(struct gnb_store *s, const regex_t *filter,
		     int (*do_one)(void *arg, const struct gnb_track *t), void *arg)
{
	struct walk *w = calloc(1, sizeof(*w));
	int rc = w ? gnb_db_snapshot(s->db) : -ENOMEM;

	if (!rc)
		rc = gnb_store_runs(s);
	if (rc) {
		free(w);
		gnb_db_rollback(s->db);
		return rc;
	}
	w->s = s;
	w->do_one = do_one;
	w->arg = arg;
	for (size_t i = 0; i < s->nr_runs; i++)
		if (s->run[i].id >= w->ids)
			w->ids = s->run[i].id + 1;
	w->place = calloc((size_t)w->ids + 1, sizeof(*w->place));
	if (!w->place)
		rc = -ENOMEM;
	for (size_t i = 0; !rc && i < s->nr_runs; i++)
		w->place[s->run[i].id] = i;
	w->points = gnb_db_query(
		s->db,
		"SELECT run, value, lo, hi, class FROM point WHERE series = $1 ORDER BY run");
	if (!w->points)
		rc = -EIO;
	if (!rc)
		rc = walk(w, filter);
	gnb_query_free(w->points);
	if (rc)
		gnb_db_rollback(s->db);
	else
		rc = gnb_db_commit(s->db);
	free(w->place);
	free(w->t.point);
	free(w->t.moved);
	free(w);
	return rc;
}
