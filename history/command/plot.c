// SPDX-License-Identifier: GPL-2.0-only
/* plot: series over runs, their changes marked, by gnuplot. */
#include <errno.h>
#include <math.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "command.h"
#include "file.h"
#include "text.h"

extern char **environ;

struct plotting {
	struct gnb_store *s;
	const struct gnb_history_options *o;
	size_t nr;
	int code;
};

/* In gnuplot's single quotes only they are special; a line ends there. */
static void quoted(struct gnb_buf *b, const char *text)
{
	gnb_buf_add(b, "'");
	for (; *text; text++)
		if (*text == '\'')
			gnb_buf_add(b, "''");
		else
			gnb_buf_addn(b, (unsigned char)*text < ' ' ? " " : text, 1);
	gnb_buf_add(b, "'");
}

static void data(struct gnb_buf *b, const struct plotting *x, const struct gnb_track *t)
{
	gnb_buf_add(b, "# point value lo hi started commit\n");
	for (size_t i = 0; i < t->nr; i++) {
		const struct gnb_point *p = &t->point[i];
		bool known = isfinite(p->lo) && isfinite(p->hi);

		gnb_buf_fmt(b, "%zu %.10g %.10g %.10g %s %s\n", i, p->value,
			    known ? p->lo : p->value, known ? p->hi : p->value,
			    x->s->run[p->run].started,
			    *x->s->run[p->run].commit ? x->s->run[p->run].commit : "-");
	}
}

/* Where all points are one, gnuplot would have to guess. */
static void range(struct gnb_buf *b, const struct gnb_track *t)
{
	double v = t->point[0].value, room = v ? fabs(v) / 20 : 1;

	for (size_t i = 0; i < t->nr; i++) {
		const struct gnb_point *p = &t->point[i];

		if (p->value != v || (isfinite(p->lo) && isfinite(p->hi) && p->lo < p->hi))
			return;
	}
	gnb_buf_fmt(b, "set yrange [%.10g:%.10g]\n", v - room, v + room);
}

static void script(struct gnb_buf *b, const struct plotting *x, const struct gnb_track *t)
{
	gnb_buf_fmt(b,
		    "set terminal svg size 900,420 background '#ffffff' font 'sans-serif,12'\n"
		    "set output 'series-%lld.svg.tmp'\n"
		    "set title ",
		    (long long)t->id);
	quoted(b, t->name);
	gnb_buf_add(b, " noenhanced\nset ylabel ");
	quoted(b, t->unit);
	gnb_buf_fmt(
		b,
		" noenhanced\nset xlabel 'run, the newest on the right'\nset key off\n"
		"set grid ytics lc '#dddddd'\nset xrange [-0.5:%zu.5]\nset offsets 0,0,graph 0.1,graph 0.15\n",
		t->nr - 1);
	range(b, t);
	for (size_t i = 0; i < t->nr_moved; i++) {
		const struct gnb_moved *m = &t->moved[i];
		const struct gnb_store_run *r = &x->s->run[t->point[m->at].run];
		char words[100], label[200];

		gnb_moved_words(t, m, words, sizeof(words));
		snprintf(label, sizeof(label), "%.60s %s", *r->commit ? r->commit : r->started,
			 words);
		gnb_buf_fmt(
			b,
			"set arrow from %zu-0.5,graph 0 to %zu-0.5,graph 1 nohead lc '#b00020' dt 2\n",
			m->at, m->at);
		gnb_buf_add(b, "set label ");
		quoted(b, label);
		/* Neighbours do not cover each other. */
		gnb_buf_fmt(
			b,
			" noenhanced at %zu-0.5,graph %.2f %s offset character 0.4,0 tc '#b00020'\n",
			m->at, 0.97 - 0.05 * (double)(i % 3), m->at > t->nr / 2 ? "right" : "left");
	}
	gnb_buf_fmt(
		b,
		"plot 'series-%lld.dat' using 1:2:3:4 with yerrorbars pt 7 ps 0.4 lc '#9bbbd8', \\\n"
		"     '' using 1:2 with linespoints pt 7 ps 0.5 lc '#1f5a8c'\n",
		(long long)t->id);
}

/* 0; -ENOENT without gnuplot; -EIO if it could not draw. */
static int gnuplot(const char *dir, const char *file)
{
	char *argv[] = { "gnuplot", (char *)file, NULL };
	posix_spawn_file_actions_t act;
	pid_t pid;
	int rc, status;

	posix_spawn_file_actions_init(&act);
	posix_spawn_file_actions_addchdir_np(&act, dir);
	rc = posix_spawnp(&pid, "gnuplot", &act, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&act);
	if (rc)
		return rc == ENOENT ? -ENOENT : -EIO;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -EIO;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		return -ENOENT;
	return WIFEXITED(status) && !WEXITSTATUS(status) ? 0 : -EIO;
}

static int put(const char *dir, const char *name, struct gnb_buf *b)
{
	char *text = gnb_buf_take(b);
	int rc = text ? gnb_file_write(dir, name, text) : -ENOMEM;

	if (rc)
		gnb_history_say("cannot write %s/%s: %s", dir, name, strerror(-rc));
	free(text);
	return rc;
}

static int plot_one(void *arg, const struct gnb_track *t)
{
	struct plotting *x = arg;
	struct gnb_buf b = { 0 };
	char dat[60], gp[60], svg[60], temp[70];
	int rc;

	if (!t->nr)
		return 0;
	snprintf(dat, sizeof(dat), "series-%lld.dat", (long long)t->id);
	snprintf(gp, sizeof(gp), "series-%lld.gp", (long long)t->id);
	snprintf(svg, sizeof(svg), "series-%lld.svg", (long long)t->id);
	snprintf(temp, sizeof(temp), "%s.tmp", svg);
	data(&b, x, t);
	rc = put(x->o->out, dat, &b);
	if (!rc) {
		script(&b, x, t);
		rc = put(x->o->out, gp, &b);
	}
	if (rc) {
		x->code = EXIT_FAILED;
		return -ECANCELED;
	}
	rc = gnuplot(x->o->out, gp);
	if (rc == -ENOENT) {
		gnb_history_say("gnuplot is missing: apt-get install gnuplot-nox");
		x->code = EXIT_ABSENT;
		return -ECANCELED;
	}
	if (!rc)
		rc = gnb_file_commit(x->o->out, temp, svg);
	if (rc) {
		gnb_history_say("%s: gnuplot could not draw %s/%s", t->name, x->o->out, svg);
		x->code = EXIT_FAILED;
		return -ECANCELED;
	}
	printf("%s/%s  %s\n", x->o->out, svg, t->name);
	x->nr++;
	return 0;
}

int gnb_history_plot(const struct gnb_history_options *o)
{
	struct plotting x = { .o = o };
	struct gnb_store s;
	int rc = gnb_store_open(&s, o->db, false);

	x.s = &s;
	if (!rc && mkdir(o->out, 0777) && errno != EEXIST) {
		gnb_history_say("cannot make %s: %s", o->out, strerror(errno));
		gnb_store_close(&s);
		return EXIT_FAILED;
	}
	if (!rc)
		rc = gnb_store_tracks(&s, o->filter, plot_one, &x);
	if (rc && rc != -ECANCELED) {
		x.code = gnb_history_failed(&s, rc);
	} else if (!rc && !x.nr) {
		gnb_history_say("%s: no series of such a name", gnb_db_name(s.db));
		x.code = EXIT_NOTHING;
	}
	gnb_store_close(&s);
	return x.code;
}
