// SPDX-License-Identifier: GPL-2.0-only
/*
 * TLB flushes per page over the batch size, for each kind of mapper: the design of a version in one picture. Data file,
 * one block per line, headed by its versions and mapper:
 *
 *   batch  flushes per page
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "axis.h"
#include "cond.h"
#include "escape.h"
#include "flushes.h"
#include "program.h"

struct lines {
	struct gnb_buf dat, style, hidden;
	struct gnb_cond cond;
	unsigned nr;
};

/* The largest count of flushes that any metric of the cell has: mapping into a hole flushes nothing. */
static double flushes(const struct gnb_rec_cell *cell, const char *version)
{
	double most = NAN;

	for (size_t i = 0; cell->nr_launches && i < cell->launch[0]->nr_rows; i++) {
		const struct gnb_rec_row *row = &cell->launch[0]->row[i];

		if (!strcmp(row->version, version))
			most = fmax(most, gnb_json_get_number(row->counts, "flushes", NAN));
	}
	return most;
}

/* Does the cell differ from the centre in its batch and its mapper alone? */
static bool shown(const struct gnb_rec_cell *cell, const char *mapper)
{
	const char *own = gnb_rec_param(cell, "mapper"),
		   *centre = gnb_rec_centre(cell->bench, "mapper"),
		   *batch = gnb_rec_param(cell, "batch"),
		   *of_centre = gnb_rec_centre(cell->bench, "batch");
	unsigned differs = (own && centre && strcmp(own, centre)) +
			   (batch && of_centre && strcmp(batch, of_centre));

	return own && !strcmp(own, mapper) && cell->differs == differs;
}

/* The points of a version and mapper as lines of the data file, or NULL if they are too few for a line. */
static char *points(struct lines *l, const struct gnb_rec_bench *bench, const char *version,
		    const char *mapper)
{
	struct gnb_buf block = { 0 };
	struct gnb_point pt[GNB_POINTS_MAX];
	size_t n = 0;

	for (size_t i = 0; i < bench->nr_cells && n < GNB_POINTS_MAX; i++) {
		const struct gnb_rec_cell *cell = bench->cell[i];

		if (shown(cell, mapper) && gnb_rec_number(gnb_rec_param(cell, "batch"), &pt[n].x) &&
		    flushes(cell, version) > 0)
			pt[n++].cell = cell;
	}
	l->hidden.len = 0;
	n = gnb_spread(pt, n, &l->hidden);
	for (size_t i = 0; i < n; i++) {
		gnb_buf_fmt(&block, "%.17g %.17g\n", pt[i].x, flushes(pt[i].cell, version));
		gnb_cond_add(&l->cond, pt[i].cell);
	}
	if (n > 1)
		return gnb_take(&block);
	gnb_buf_free(&block);
	return NULL;
}

/* One line for all versions that flush alike, since one would hide the other. */
static void line(struct gnb_figs *f, struct lines *l, const struct gnb_rec_bench *bench,
		 char **points, size_t first, const char *mapper, unsigned dash)
{
	const char *block = points[first];

	gnb_buf_fmt(&l->style, "%s%u:%zu:0x%06x", l->nr++ ? " " : "", dash,
		    4 + dash + 2 * (first % 5), gnb_colour(f->run, bench->version[first], first));
	gnb_buf_add(&l->dat, "\"");
	gnb_buf_plain(&l->dat, bench->version[first]);
	for (size_t i = first + 1; i < bench->nr_versions; i++) {
		if (!points[i] || strcmp(points[i], block))
			continue;
		gnb_buf_add(&l->dat, " and ");
		gnb_buf_plain(&l->dat, bench->version[i]);
		free(points[i]);
		points[i] = NULL;
	}
	gnb_buf_fmt(&l->dat, ", %s\"\n%s\n\n", mapper, block);
}

static void lines_of(struct gnb_figs *f, struct lines *l, const struct gnb_rec_bench *bench,
		     const char *mapper, unsigned dash)
{
	char **block = gnb_alloc(bench->nr_versions, sizeof(*block));

	for (size_t i = 0; i < bench->nr_versions; i++)
		block[i] = points(l, bench, bench->version[i], mapper);
	for (size_t i = 0; i < bench->nr_versions; i++) {
		if (block[i])
			line(f, l, bench, block, i, mapper, dash);
		free(block[i]);
	}
	free(block);
}

void gnb_fig_flushes(struct gnb_figs *f, const struct gnb_rec_bench *bench)
{
	static const char *const mappers[] = { "pv", "translated" };
	char *raw = gnb_strf("%s-flushes", bench->name), *name = gnb_slug(raw), *cond, *caption,
	     *title = gnb_strf("%s: TLB flushes per page by batch", bench->name);
	struct lines l = { 0 };
	unsigned mappers_drawn = 0;

	gnb_buf_fmt(&l.dat, "# grantbench plot data: flushes per page of %s\n# batch flushes\n",
		    bench->name);
	for (unsigned m = 0; gnb_is_sweep(bench, "batch") && m < 2; m++) {
		unsigned before = l.nr;

		lines_of(f, &l, bench, mappers[m], m);
		mappers_drawn += l.nr > before;
	}
	cond = gnb_cond_text(&l.cond);
	caption = gnb_strf(
		"Exact counts, class C: the same on every machine. Both axes are logarithmic.%s%s%s %s",
		l.hidden.len ? " In the table only, as they would lie on their neighbours: batch "
			     : "",
		l.hidden.len ? l.hidden.s : "", l.hidden.len ? "." : "", cond);
	/* What a version does about flushes shows between the two. */
	if (mappers_drawn == 2)
		gnb_fig(f, name, "flushes", &l.dat,
			(const char *const[GNB_FIG_ARGS]){ gnb_str(&l.style) }, title, caption);
	free(raw);
	free(name);
	free(title);
	free(cond);
	free(caption);
	gnb_buf_free(&l.dat);
	gnb_buf_free(&l.style);
	gnb_buf_free(&l.hidden);
}
