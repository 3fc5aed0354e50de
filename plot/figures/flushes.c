// SPDX-License-Identifier: GPL-2.0-only
/*
 * TLB flushes per page over the batch size, for each kind of mapper: the design of a version in one picture. Data file,
 * one block per version and mapper, headed by its name:
 *
 *   batch  flushes per page
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cond.h"
#include "escape.h"
#include "flushes.h"
#include "program.h"
#include "sweep.h"

struct lines {
	struct gnb_buf dat, style;
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

static void line(struct gnb_figs *f, struct lines *l, const struct gnb_rec_bench *bench,
		 size_t version, const char *mapper, unsigned dash)
{
	struct gnb_buf block = { 0 };
	unsigned points = 0;

	for (size_t i = 0; i < bench->nr_cells; i++) {
		const struct gnb_rec_cell *cell = bench->cell[i];
		double v = shown(cell, mapper) ? flushes(cell, bench->version[version]) : NAN, x;

		if (!(v > 0) || !gnb_rec_number(gnb_rec_param(cell, "batch"), &x))
			continue;
		gnb_buf_fmt(&block, "%.17g %.17g\n", x, v);
		gnb_cond_add(&l->cond, cell);
		points++;
	}
	if (points > 1) {
		gnb_buf_add(&l->dat, "\"");
		gnb_buf_plain(&l->dat, bench->version[version]);
		gnb_buf_add(&l->dat, ", ");
		gnb_buf_plain(&l->dat, mapper);
		gnb_buf_fmt(&l->dat, "\"\n%s\n\n", gnb_str(&block));
		gnb_buf_fmt(&l->style, "%s%u:%zu:0x%06x", l->nr++ ? " " : "", dash,
			    4 + dash + 2 * (version % 5),
			    gnb_colour(f->run, bench->version[version], version));
	}
	gnb_buf_free(&block);
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

		for (size_t i = 0; i < bench->nr_versions; i++)
			line(f, &l, bench, i, mappers[m], m);
		mappers_drawn += l.nr > before;
	}
	cond = gnb_cond_text(&l.cond);
	caption = gnb_strf(
		"Exact counts, class C: the same on every machine. Both axes are logarithmic. %s",
		cond);
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
}
