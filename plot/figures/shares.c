// SPDX-License-Identifier: GPL-2.0-only
/*
 * Each thread's share of the operations: a total that hides starvation is not a result. Data file:
 *
 *   block 0   y  from to  colour "share as text"
 *   block 1   y "label"
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cond.h"
#include "escape.h"
#include "program.h"
#include "shares.h"

/* Dark, as white digits stand on them. */
static const unsigned thread_colour[] = {
	0x0072b2, 0x8a5a00, 0x00704f, 0x99406f, 0x1f6fa8, 0xb04a00
};

#define EVEN 0.02 /* a share is off an even one by less than this: nothing to see */

struct bars {
	struct gnb_buf dat, labels;
	struct gnb_cond cond;
	size_t threads, even, bars; /* even: bars that are left out */
	double y;
};

/* Median over launches of thread t's share. */
static double share(const struct gnb_rec_cell *cell, const char *version, const char *metric,
		    size_t t)
{
	double *v = gnb_alloc(cell->nr_launches, sizeof(*v)), median;
	size_t n = 0;

	for (size_t i = 0; i < cell->nr_launches; i++) {
		const struct gnb_rec_row *row = gnb_rec_row(cell->launch[i], version, metric);

		if (row && row->shares && t < json_object_array_length(row->shares))
			v[n++] = json_object_get_double(json_object_array_get_idx(row->shares, t));
	}
	median = gnb_estimate(v, n, GNB_LEVEL).value;
	free(v);
	return median;
}

static size_t threads_of(const struct gnb_rec_cell *cell, const char *version, const char **metric)
{
	for (size_t i = 0; i < cell->nr_launches; i++)
		for (size_t j = 0; j < cell->launch[i]->nr_rows; j++) {
			const struct gnb_rec_row *row = &cell->launch[i]->row[j];

			if (row->shares && !strcmp(row->version, version)) {
				*metric = row->metric;
				return json_object_array_length(row->shares);
			}
		}
	return 0;
}

static void add_bar(struct bars *b, const struct gnb_rec_cell *cell, const char *version)
{
	const char *metric;
	size_t n = threads_of(cell, version, &metric);
	double sum = 0, at = 0, off = 0;

	for (size_t t = 0; t < n; t++)
		sum += share(cell, version, metric, t);
	if (n < 2 || !(sum > 0))
		return;
	for (size_t t = 0; t < n; t++)
		off = fmax(off, fabs(share(cell, version, metric, t) / sum - 1.0 / (double)n));
	if (off < EVEN) {
		b->even++;
		return;
	}
	for (size_t t = 0; t < n; t++) {
		double s = share(cell, version, metric, t) / sum;

		gnb_buf_fmt(&b->dat, "%g %.9g %.9g %u \"", b->y, at, at + s,
			    thread_colour[t % (sizeof(thread_colour) / sizeof(*thread_colour))]);
		if (s >= 0.04)
			gnb_buf_fmt(&b->dat, "%zu: %.1f", t, s * 100);
		gnb_buf_add(&b->dat, "\"\n");
		at += s;
	}
	gnb_buf_fmt(&b->labels, "%g \"", b->y);
	gnb_buf_plain(&b->labels, cell->label);
	gnb_buf_add(&b->labels, ", ");
	gnb_buf_plain(&b->labels, version);
	gnb_buf_add(&b->labels, "\"\n");
	if (n > b->threads)
		b->threads = n;
	b->y += 1;
	b->bars++;
}

void gnb_fig_shares(struct gnb_figs *f, const struct gnb_rec_bench *bench)
{
	char *raw = gnb_strf("%s-shares", bench->name), *name = gnb_slug(raw);
	char *cond, *caption, *height, *top, *threads, *title;
	struct gnb_buf colours = { 0 };
	struct bars b = { 0 };

	gnb_buf_fmt(&b.dat, "# grantbench plot data: shares of %s\n# y from to colour percent\n",
		    bench->name);
	for (size_t i = 0; i < bench->nr_cells; i++) {
		double before = b.y;

		for (size_t j = 0; j < bench->nr_versions; j++)
			add_bar(&b, bench->cell[i], bench->version[j]);
		if (b.y > before) {
			gnb_cond_add(&b.cond, bench->cell[i]);
			b.y += 0.5;
		}
	}
	gnb_buf_fmt(&b.dat, "\n\n# y label\n%s", gnb_str(&b.labels));
	for (size_t t = 0; t < b.threads; t++)
		gnb_buf_fmt(&colours, "%s0x%06x", t ? " " : "",
			    thread_colour[t % (sizeof(thread_colour) / sizeof(*thread_colour))]);
	cond = gnb_cond_text(&b.cond);
	height = gnb_strf("%.0f", 132 + b.y * 20);
	top = gnb_strf("%g", b.y - 0.5);
	threads = gnb_strf("%zu", b.threads);
	caption = gnb_strf(
		"Each thread's share of the operations in percent, median over rounds; a cell is named by what "
		"it changes in the centre (%s). %s",
		bench->centre_text, cond);
	title = gnb_strf("%s: uneven shares of threads", bench->name);
	if (b.even)
		gnb_doc_para(
			f->doc,
			"In %zu of %zu cases (cell and version) all threads had the same share, to within %.0f points%s.",
			b.even, b.even + b.bars, EVEN * 100,
			b.threads ? "; the others are in the figure" : "");
	if (b.threads)
		gnb_fig(f, name, "shares", &b.dat,
			(const char *const[GNB_FIG_ARGS]){ height, top, threads,
							   gnb_str(&colours) },
			title, caption);
	free(title);
	free(raw);
	free(name);
	free(cond);
	free(caption);
	free(height);
	free(top);
	free(threads);
	gnb_buf_free(&b.dat);
	gnb_buf_free(&b.labels);
	gnb_buf_free(&colours);
}
