// SPDX-License-Identifier: GPL-2.0-only
/* list and show: the runs, what changed, and series. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"

/* What a run was of. */
static const char *commit_of(const struct gnb_store_run *r)
{
	return *r->commit ? r->commit : "no commit";
}

int gnb_history_list(const struct gnb_history_options *o)
{
	struct gnb_store s;
	int rc = gnb_store_open(&s, o->db, false), code = EXIT_OK;

	if (!rc)
		rc = gnb_store_runs(&s);
	if (rc)
		code = gnb_history_failed(&s, rc);
	for (size_t i = 0; !rc && i < s.nr_runs; i++) {
		const struct gnb_store_run *r = &s.run[i];

		printf("%s  %-10s %-8s %-11s %s\n", r->started, commit_of(r), r->target, r->status,
		       r->name);
	}
	if (!rc && !s.nr_runs) {
		gnb_history_say("%s: no runs", gnb_db_name(s.db));
		code = EXIT_NOTHING;
	}
	gnb_store_close(&s);
	return code;
}

/* What is kept of a change until all are known. */
struct line {
	size_t run;
	char *text;
};

struct showing {
	struct gnb_store *s;
	const struct gnb_history_options *o;
	struct line *line;
	size_t nr, series, points, moved;
};

static void change_text(const struct showing *x, const struct gnb_track *t,
			const struct gnb_moved *m, char *text, size_t len)
{
	const struct gnb_point *first = &t->point[m->at];
	const struct gnb_store_run *r = &x->s->run[first->run];
	char words[100], before[100] = "";

	gnb_moved_words(t, m, words, sizeof(words));
	if (m->at)
		snprintf(before, sizeof(before), " after %.60s",
			 commit_of(&x->s->run[t->point[m->at - 1].run]));
	snprintf(text, len, "%.10g -> %.10g (%s) at %s%s, %s", m->before, m->after, words,
		 commit_of(r), before, r->started);
}

static int keep_line(struct showing *x, const struct gnb_track *t)
{
	const struct gnb_moved *m = &t->moved[t->nr_moved - 1];
	struct line *more = reallocarray(x->line, x->nr + 1, sizeof(*more));
	char text[500], *name;
	int rc;

	if (!more)
		return -ENOMEM;
	x->line = more;
	change_text(x, t, m, text, sizeof(text));
	more[x->nr].run = t->point[m->at].run;
	name = gnb_history_plain(t->name);
	rc = name ? asprintf(&more[x->nr].text, "%s  %s", name, text) : -1;
	free(name);
	if (rc < 0)
		return -ENOMEM;
	x->nr++;
	return 0;
}

static void show_points(const struct showing *x, const struct gnb_track *t)
{
	for (size_t i = 0; i < t->nr; i++) {
		const struct gnb_point *p = &t->point[i];
		const struct gnb_store_run *r = &x->s->run[p->run];

		printf("    %s %-10s %.10g", r->started, commit_of(r), p->value);
		if (isfinite(p->lo) && isfinite(p->hi) && p->lo < p->hi)
			printf(" (%.10g to %.10g)", p->lo, p->hi);
		printf(" class %c\n", p->class);
	}
}

static int show_one(void *arg, const struct gnb_track *t)
{
	struct showing *x = arg;
	const struct gnb_point *last = t->nr ? &t->point[t->nr - 1] : NULL;
	char text[500], *name;

	if (!last)
		return 0;
	x->series++;
	x->points += t->nr;
	x->moved += t->nr_moved;
	if (!x->o->filter)
		return t->nr_moved ? keep_line(x, t) : 0;
	name = gnb_history_plain(t->name);
	if (!name)
		return -ENOMEM;
	printf("%s  %zu point%s, last %.10g %s%s\n", name, t->nr, t->nr == 1 ? "" : "s",
	       last->value, t->unit, t->judged ? "" : ", class X: not judged");
	free(name);
	printf("  definition %d; %s\n", t->def_version, t->setting);
	for (size_t i = 0; i < t->nr_moved; i++) {
		change_text(x, t, &t->moved[i], text, sizeof(text));
		printf("  changed: %s\n", text);
	}
	if (x->o->points)
		show_points(x, t);
	return 0;
}

/* The newest first; of one run in the order of names, which is theirs. */
static int newest_first(const void *a, const void *b)
{
	const struct line *p = a, *q = b;

	if (p->run != q->run)
		return p->run < q->run ? 1 : -1;
	return strcmp(p->text, q->text);
}

int gnb_history_show(const struct gnb_history_options *o)
{
	struct showing x = { .o = o };
	struct gnb_store s;
	int rc = gnb_store_open(&s, o->db, false), code = EXIT_OK;

	x.s = &s;
	if (!rc)
		rc = gnb_store_tracks(&s, o->filter, show_one, &x);
	if (x.nr)
		qsort(x.line, x.nr, sizeof(*x.line), newest_first);
	for (size_t i = 0; !rc && i < x.nr; i++)
		puts(x.line[i].text);
	if (rc) {
		code = gnb_history_failed(&s, rc);
	} else if (!x.series) {
		gnb_history_say("%s: no series%s", gnb_db_name(s.db),
				o->filter ? " of such a name" : "");
		code = EXIT_NOTHING;
	} else if (!o->filter) {
		printf("%zu of %zu series changed, %zu changes; %zu points of %zu runs\n", x.nr,
		       x.series, x.moved, x.points, s.nr_runs);
	}
	for (size_t i = 0; i < x.nr; i++)
		free(x.line[i].text);
	free(x.line);
	gnb_store_close(&s);
	return code;
}
