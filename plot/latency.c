// SPDX-License-Identifier: GPL-2.0-only
/*
 * Latency by percentile, from the histograms of all launches together. Data file, one block per
 * line of the figure, headed by its name:
 *
 *   1/(1-share)  nanoseconds, or what the clock of the run counts
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fig.h"

#define CELLS_MAX 3

struct bin {
	double value, count;
};

struct hist {
	struct bin *bin;
	size_t nr;
	double n;
	unsigned files, missing;
};

/* A path of the results that stays in the run folder. */
static bool inside(const char *file)
{
	return *file && *file != '/' && !strstr(file, "..");
}

/* Lines "value share count"; '#' starts a comment. */
static void read_hist(struct hist *h, const char *dir, const char *file)
{
	char *path = gnb_strf("%s/%s", dir, file), *text = NULL, *next, *line;
	size_t len;

	if (inside(file))
		text = gnb_read_file(path, &len);
	free(path);
	if (!text) {
		h->missing++;
		return;
	}
	h->files++;
	next = text;
	while ((line = strsep(&next, "\n"))) {
		struct bin b;

		if (sscanf(line, "%lf %*f %lf", &b.value, &b.count) != 2 || !(b.count > 0))
			continue;
		h->bin = gnb_grow(h->bin, h->nr + 1, sizeof(*h->bin));
		h->bin[h->nr++] = b;
		h->n += b.count;
	}
	free(text);
}

static int by_value(const void *a, const void *b)
{
	const struct bin *p = a, *q = b;

	return (p->value > q->value) - (p->value < q->value);
}

/* At most ~400 points: where the x position moves by less than a pixel, the point is left out. */
static void add_line(struct gnb_buf *dat, struct hist *h, const char *title)
{
	double sum = 0, last = 0;

	qsort(h->bin, h->nr, sizeof(*h->bin), by_value);
	gnb_buf_add(dat, "\"");
	gnb_buf_plain(dat, title);
	gnb_buf_add(dat, "\"\n");
	for (size_t i = 0; i < h->nr; i++) {
		double rest, x;

		sum += h->bin[i].count;
		/* The last sample stands at half a sample from 1, since 1 itself is infinitely far.
		 */
		rest = fmax(1 - sum / h->n, 0.5 / h->n);
		x = 1 / rest;
		if (i && i + 1 < h->nr && x < last * 1.01)
			continue;
		gnb_buf_fmt(dat, "%.9g %.17g\n", x, fmax(h->bin[i].value, 1));
		last = x;
	}
	gnb_buf_add(dat, "\n\n");
}

struct lines {
	struct gnb_buf dat, colours;
	struct gnb_cond cond;
	unsigned nr, missing;
};

static bool add_cell(struct gnb_figs *f, struct lines *l, const struct gnb_family *fam,
		     const struct gnb_group *g, const char *metric, unsigned dash, bool name_cell)
{
	bool any = false;

	for (size_t i = 0; i < fam->nr_versions; i++) {
		const char *version = fam->version[i];
		struct hist h = { 0 };
		char *title;

		for (size_t j = 0; j < g->nr; j++) {
			const struct gnb_row *row = gnb_row(g->launch[j], version, metric);
			const char *file = row ? gnb_json_str(row->latency, "file") : NULL;

			if (file)
				read_hist(&h, f->run->dir, file);
		}
		l->missing += h.missing;
		title = name_cell ? gnb_strf("%s, %s", version, g->label) : gnb_strf("%s", version);
		if (h.nr) {
			add_line(&l->dat, &h, title);
			gnb_buf_fmt(&l->colours, "%s%u:0x%06x", l->nr++ ? " " : "", dash,
				    gnb_colour(f->run, version, i));
			any = true;
		}
		free(title);
		free(h.bin);
	}
	if (any)
		gnb_cond_add(&l->cond, g);
	return any;
}

static bool has_latency(const struct gnb_family *fam, const char *metric)
{
	for (size_t i = 0; i < fam->nr; i++)
		for (size_t j = 0; j < fam->group[i]->nr; j++)
			for (size_t k = 0; k < fam->group[i]->launch[j]->nr_rows; k++) {
				const struct gnb_row *row = &fam->group[i]->launch[j]->rows[k];

				if (row->latency && !strcmp(row->metric, metric))
					return true;
			}
	return false;
}

/*
 * Which cells besides the centre: those of the parameter that decides what a request does. A family
 * with no such parameter shows its centre alone.
 */
static bool shown(const struct gnb_group *g, const struct gnb_group *centre)
{
	return g == centre || (gnb_param(g, "grants") && gnb_on_axis(g, "grants"));
}

static void one(struct gnb_figs *f, const struct gnb_family *fam, const char *metric)
{
	const struct gnb_group *centre = gnb_centre_group(fam);
	char *raw = gnb_strf("%s-latency-%s", fam->name, metric), *name = gnb_slug(raw);
	char *cond, *caption, *unread;
	struct lines l = { 0 };
	unsigned cells = 0, total = 0;

	for (size_t i = 0; i < fam->nr; i++)
		total += fam->group[i]->nr && shown(fam->group[i], centre);
	gnb_buf_fmt(&l.dat, "# grantbench plot data: latency of %s, metric %s\n# 1/(1-share) %s\n",
		    fam->name, metric, f->run->clock_unit);
	for (size_t i = 0; i < fam->nr && cells < CELLS_MAX; i++)
		if (shown(fam->group[i], centre))
			cells += add_cell(f, &l, fam, fam->group[i], metric, cells, total > 1);
	cond = gnb_cond_text(&l.cond);
	unread = l.missing ? gnb_strf(" %u histogram files could not be read.", l.missing)
			   : gnb_strf("%s", "");
	caption = gnb_strf("%s: latency of %s by percentile, all samples of all launches together, "
			   "%s.%s %s",
			   fam->name, metric,
			   f->run->exact ? "class C: interrupts of the hypervisor are in the tail"
					 : "class X: scheduling of this machine is in the tail",
			   unread, cond);
	if (l.nr)
		gnb_fig(f, name, "latency", &l.dat,
			(const char *const[GNB_FIG_ARGS]){ l.colours.s, f->run->clock_unit },
			caption);
	else
		gnb_doc_note(f->doc,
			     "The latency plot of %s is left out: its histogram files are missing "
			     "or empty.",
			     metric);
	free(raw);
	free(name);
	free(cond);
	free(unread);
	free(caption);
	gnb_buf_free(&l.dat);
	gnb_buf_free(&l.colours);
}

void gnb_fig_latency(struct gnb_figs *f, const struct gnb_family *fam)
{
	for (size_t i = 0; i < fam->nr_metrics; i++)
		if (has_latency(fam, fam->metric[i]))
			one(f, fam, fam->metric[i]);
}
