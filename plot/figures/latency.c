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

#include "cond.h"
#include "escape.h"
#include "latency.h"
#include "load.h"
#include "program.h"

#define CELLS_MAX 3
#define X_MAX	  1001 /* 99.9 %: beyond it the scheduler is what is measured */

/* At most ~400 points: where the x position moves by less than a pixel, the point is left out. */
static void add_line(struct gnb_buf *dat, struct gnb_hist_bins *h, const char *title)
{
	double sum = 0, last = 0;

	gnb_hist_sort(h);
	gnb_buf_add(dat, "\"");
	gnb_buf_plain(dat, title);
	gnb_buf_add(dat, "\"\n");
	for (size_t i = 0; i < h->nr; i++) {
		double rest, x;

		sum += h->bin[i].count;
		/* The last sample stands at half a sample from 1, since 1 itself is infinitely far. */
		rest = fmax(1 - sum / h->n, 0.5 / h->n);
		x = 1 / rest;
		if (i && x > X_MAX)
			break;
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

static bool add_cell(struct gnb_figs *f, struct lines *l, const struct gnb_rec_bench *bench,
		     const struct gnb_rec_cell *cell, const char *metric, unsigned dash,
		     bool name_cell)
{
	bool any = false;

	for (size_t i = 0; i < bench->nr_versions; i++) {
		const char *version = bench->version[i];
		struct gnb_hist_bins h = { 0 };
		char *title;

		for (size_t j = 0; j < cell->nr_launches; j++) {
			const struct gnb_rec_row *row =
				gnb_rec_row(cell->launch[j], version, metric);
			int err = row ? gnb_rec_latency(f->run, row, &h) : -ENODATA;

			l->missing += err && err != -ENODATA;
		}
		title = name_cell ? gnb_strf("%s, %s", version, cell->label)
				  : gnb_strf("%s", version);
		if (h.nr) {
			add_line(&l->dat, &h, title);
			gnb_buf_fmt(&l->colours, "%s%u:0x%06x", l->nr++ ? " " : "", dash,
				    gnb_colour(f->run, version, i));
			any = true;
		}
		free(title);
		gnb_hist_bins_free(&h);
	}
	if (any)
		gnb_cond_add(&l->cond, cell);
	return any;
}

static bool cell_has_latency(const struct gnb_rec_cell *cell, const char *metric)
{
	for (size_t j = 0; j < cell->nr_launches; j++)
		for (size_t k = 0; k < cell->launch[j]->nr_rows; k++) {
			const struct gnb_rec_row *row = &cell->launch[j]->row[k];

			if (row->latency && !strcmp(row->metric, metric))
				return true;
		}
	return false;
}

static bool has_latency(const struct gnb_rec_bench *bench, const char *metric)
{
	for (size_t i = 0; i < bench->nr_cells; i++)
		if (cell_has_latency(bench->cell[i], metric))
			return true;
	return false;
}

/*
 * Which cells besides the centre: those of the parameter that decides what a request does. A
 * benchmark with no such parameter shows its centre alone.
 */
static bool shown(const struct gnb_rec_cell *cell, const struct gnb_rec_cell *centre)
{
	return cell == centre || (gnb_rec_param(cell, "grants") && gnb_rec_on_axis(cell, "grants"));
}

static void one(struct gnb_figs *f, const struct gnb_rec_bench *bench, const char *metric)
{
	const struct gnb_rec_cell *centre = gnb_rec_centre_cell(bench);
	char *raw = gnb_strf("%s-latency-%s", bench->name, metric), *name = gnb_slug(raw);
	char *cond, *caption, *unread, *title;
	struct lines l = { 0 };
	struct gnb_buf more = { 0 };
	unsigned cells = 0, total = 0;

	for (size_t i = 0; i < bench->nr_cells; i++)
		total += bench->cell[i]->nr_launches && shown(bench->cell[i], centre);
	gnb_buf_fmt(&l.dat, "# grantbench plot data: latency of %s, metric %s\n# 1/(1-share) %s\n",
		    bench->name, metric, f->run->clock_unit);
	for (size_t i = 0; i < bench->nr_cells; i++) {
		const struct gnb_rec_cell *cell = bench->cell[i];

		if (!shown(cell, centre))
			continue;
		if (cells < CELLS_MAX)
			cells += add_cell(f, &l, bench, cell, metric, cells, total > 1);
		else if (cell_has_latency(cell, metric))
			gnb_buf_fmt(&more, "%s%s",
				    more.len
					    ? ", "
					    : " Not drawn, since more lines cannot be told apart: ",
				    cell->label);
	}
	if (more.len)
		gnb_buf_add(&more, ".");
	cond = gnb_cond_text(&l.cond);
	unread = l.missing ? gnb_strf(" %u histogram files could not be read.", l.missing)
			   : gnb_strf("%s", "");
	title = gnb_strf("%s: latency of %s by percentile", bench->name, metric);
	caption = gnb_strf(
		"All samples of all launches together, up to the 99.9th percentile; %s.%s%s %s",
		f->run->exact ? "class C; beyond it are interrupts of the hypervisor"
			      : "class X; beyond it is the scheduling of this machine",
		unread, gnb_str(&more), cond);
	if (l.nr)
		gnb_fig(f, name, "latency", &l.dat,
			(const char *const[GNB_FIG_ARGS]){ gnb_str(&l.colours),
							   f->run->clock_unit },
			title, caption);
	else
		gnb_doc_note(
			f->doc,
			"The latency plot of %s is left out: its histogram files are missing or empty.",
			metric);
	free(raw);
	free(name);
	free(cond);
	free(unread);
	free(title);
	free(caption);
	gnb_buf_free(&more);
	gnb_buf_free(&l.dat);
	gnb_buf_free(&l.colours);
}

void gnb_fig_latency(struct gnb_figs *f, const struct gnb_rec_bench *bench)
{
	for (size_t i = 0; i < bench->nr_metrics; i++)
		if (has_latency(bench, bench->metric[i]))
			one(f, bench, bench->metric[i]);
}
