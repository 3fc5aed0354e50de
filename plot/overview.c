// SPDX-License-Identifier: GPL-2.0-only
/*
 * A family's cells as bars, one figure per metric or unit: the centre, then what each parameter
 * changes. Parameters that have a sweep of their own are left to it.
 */
#include <stdlib.h>
#include <string.h>

#include "fig.h"

#define BARS_MAX 40

static void add_cell(struct gnb_bars *b, const struct gnb_family *fam, const struct gnb_group *g,
		     const char *metric, bool name_metric)
{
	char *label = fam->nr == 1  ? gnb_strf("%s", metric)
		      : name_metric ? gnb_strf("%s, %s", metric, g->label)
				    : gnb_strf("%s", g->label);
	size_t before = b->nr;

	for (size_t i = 0; i < fam->nr_versions; i++) {
		struct gnb_rec_estimate e;

		if (gnb_rec_estimate(g, fam->version[i], metric, &e))
			gnb_bars_add(b, label, i, e.v);
	}
	if (b->nr > before) {
		gnb_cond_add(&b->cond, g);
		b->groups++;
	}
	free(label);
}

/* Centre first, then axis by axis; cells that differ in several parameters are in the table only.
 */
static void add_cells(struct gnb_bars *b, const struct gnb_family *fam, const char *metric,
		      bool name_metric)
{
	const struct gnb_group *centre = gnb_centre_group(fam);

	if (centre)
		add_cell(b, fam, centre, metric, name_metric);
	for (size_t i = 0; i < fam->nr_params; i++) {
		if (gnb_is_sweep(fam, fam->param[i]))
			continue;
		for (size_t j = 0; j < fam->nr; j++)
			if (fam->group[j] != centre && gnb_on_axis(fam->group[j], fam->param[i]))
				add_cell(b, fam, fam->group[j], metric, name_metric);
	}
}

static bool first_of_unit(const struct gnb_family *fam, size_t metric)
{
	for (size_t i = 0; i < metric; i++)
		if (!strcmp(fam->unit[i], fam->unit[metric]))
			return false;
	return true;
}

static size_t metrics_of_unit(const struct gnb_family *fam, const char *unit)
{
	size_t n = 0;

	for (size_t i = 0; i < fam->nr_metrics; i++)
		n += !strcmp(fam->unit[i], unit);
	return n;
}

static bool has_sweep(const struct gnb_family *fam)
{
	for (size_t i = 0; i < fam->nr_params; i++)
		if (gnb_is_sweep(fam, fam->param[i]))
			return true;
	return false;
}

/* Draw and free the bars. what: the metrics in words; file: the end of the file's name. */
static void finish(struct gnb_figs *f, const struct gnb_family *fam, struct gnb_bars *b,
		   const char *what, const char *file, const char *unit)
{
	char *raw = gnb_strf("%s-%s", fam->name, file), *name = gnb_slug(raw);
	char *axis = gnb_strf("%s (%s)", what, unit), *centre = gnb_centre_text(fam);
	char *caption = gnb_strf("%s: %s in %s, by version%s. Centre: %s.", fam->name, what, unit,
				 f->run->exact ? "" : "; thin lines are intervals", centre);

	/* A lone centre that is a point of a sweep is drawn there. */
	if (b->nr && !(b->groups == 1 && has_sweep(fam)))
		gnb_bars_fig(f, b, name, axis, caption);
	gnb_bars_free(b);
	free(centre);
	free(raw);
	free(name);
	free(axis);
	free(caption);
}

void gnb_fig_overview(struct gnb_figs *f, const struct gnb_family *fam)
{
	for (size_t i = 0; i < fam->nr_metrics; i++) {
		struct gnb_bars b = { .series = fam->version, .nr_series = fam->nr_versions };
		size_t sharing = metrics_of_unit(fam, fam->unit[i]);
		struct gnb_buf what = { 0 };

		if (!first_of_unit(fam, i))
			continue;
		for (size_t j = i; j < fam->nr_metrics; j++) {
			if (strcmp(fam->unit[j], fam->unit[i]))
				continue;
			add_cells(&b, fam, fam->metric[j], sharing > 1);
			gnb_buf_fmt(&what, "%s%s", what.len ? ", " : "", fam->metric[j]);
		}
		if (b.nr <= BARS_MAX) {
			finish(f, fam, &b, gnb_str(&what),
			       sharing > 1 ? fam->unit[i] : gnb_str(&what), fam->unit[i]);
			gnb_buf_free(&what);
			continue;
		}
		gnb_buf_free(&what);
		gnb_bars_free(&b);
		/* Too many for one picture: one per metric. */
		for (size_t j = i; j < fam->nr_metrics; j++) {
			struct gnb_bars m = { .series = fam->version,
					      .nr_series = fam->nr_versions };

			if (strcmp(fam->unit[j], fam->unit[i]))
				continue;
			add_cells(&m, fam, fam->metric[j], false);
			finish(f, fam, &m, fam->metric[j], fam->metric[j], fam->unit[j]);
		}
	}
}
