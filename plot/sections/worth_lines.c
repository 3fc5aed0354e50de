// SPDX-License-Identifier: GPL-2.0-only
/* Finding what version 3 costs: the cells of each kind of work, and the best of the other versions in each. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "program.h"
#include "worth_lines.h"

#define PARAMS_MAX  6
#define METRICS_MAX 2

/* What a reader asks about. Parameters that are not named have the value of the benchmark's centre. */
static const struct work {
	const char *words, *bench;
	const char *metric[METRICS_MAX];
	const char *param[PARAMS_MAX][2];
} works[] = {
	{ "one page of 4 KiB", "map_unmap", { "map", "unmap" }, { { "batch", "1" } } },
	{ "64 pages, each named by itself",
	  "map_unmap",
	  { "map", "unmap" },
	  { { "batch", "64" }, { "stride", "2" } } },
	{ "a range of 256 pages", "map_unmap", { "map", "unmap" }, { { "batch", "256" } } },
	{ "2 MiB by one entry",
	  "large_page",
	  { "map", "unmap" },
	  { { "pages", "512" },
	    { "entries", "leaf" },
	    { "order", "9" },
	    { "memory", "aligned" } } },
	{ "one page from publishing to end of access",
	  "full_cycle",
	  { "cycle" },
	  { { "batch", "1" }, { "levels", "2" }, { "end", "status" }, { "spread", "0" } } },
	{ "taking back one page",
	  "revoke",
	  { "revoke" },
	  { { "pages", "1" },
	    { "order", "0" },
	    { "maps", "1" },
	    { "outcome", "hole" },
	    { "threads", "1" } } },
	{ "taking back 64 pages",
	  "revoke",
	  { "revoke" },
	  { { "pages", "64" },
	    { "order", "0" },
	    { "maps", "1" },
	    { "outcome", "hole" },
	    { "threads", "1" } } },
};

static const struct {
	const char *value, *words;
} mappers[] = { { "translated", "translated" }, { "pv", "PV" } };

bool gnb_worth_ours(const struct gnb_worth_line *line)
{
	return !strcmp(line->version, GNB_WORTH_OURS);
}

/* A variant of version 3 is shown by itself, and never in an answer. */
static bool variant(const char *version)
{
	size_t n = strlen(GNB_WORTH_OURS);

	return !strncmp(version, GNB_WORTH_OURS, n) && version[n] == '-';
}

static bool has_tree(const char *version)
{
	return !strcmp(version, GNB_WORTH_OURS) || variant(version);
}

bool gnb_worth_asked(const struct gnb_figs *f)
{
	for (size_t i = 0; i < f->run->nr_benches; i++)
		for (size_t v = 0; v < f->run->bench[i]->nr_versions; v++)
			if (!strcmp(f->run->bench[i]->version[v], GNB_WORTH_OURS))
				return true;
	return false;
}

/* Where a column's figures are. */
static const struct gnb_rec_run *source(const struct gnb_figs *f, enum gnb_worth_column column)
{
	return column == GNB_WORTH_ENTRY || f->run->exact ? f->run : f->exact;
}

/* What a parameter has to be, NULL: the centre's value. */
static const char *wanted(const struct work *w, const char *mapper, const char *param,
			  enum gnb_worth_column column)
{
	if (!strcmp(param, "mapper"))
		return mapper;
	if (!strcmp(param, "args"))
		return column == GNB_WORTH_NO_ARGS ? "direct" : "walked";
	for (size_t i = 0; i < PARAMS_MAX && w->param[i][0]; i++)
		if (!strcmp(w->param[i][0], param))
			return w->param[i][1];
	return NULL;
}

/* Under an exact clock an entry that the target models costs nothing: what it counts of its own has no such choice. */
static bool right_entry(const struct gnb_rec_run *r, const struct gnb_rec_cell *cell,
			enum gnb_worth_column column)
{
	const char *entry = cell->any->entry;

	if (column != GNB_WORTH_ENTRY)
		return !strcmp(entry, "none");
	return r->exact ? !*entry : strcmp(entry, "none");
}

static bool matches(const struct gnb_rec_cell *cell, const struct work *w, const char *mapper,
		    enum gnb_worth_column column)
{
	const struct gnb_rec_bench *b = cell->bench;

	for (size_t i = 0; i < b->nr_params; i++) {
		const char *is = gnb_rec_param(cell, b->param[i]);
		const char *want = wanted(w, mapper, b->param[i], column);

		if (!strcmp(b->param[i], "entry"))
			continue;
		if (!want)
			want = b->centre[i];
		/* What a target has no choice of is as it is. */
		if (is ? !want || strcmp(is, want) : b->centre[i] != NULL)
			return false;
	}
	return true;
}

static bool has_param(const struct gnb_rec_bench *b, const char *name)
{
	for (size_t i = 0; i < b->nr_params; i++)
		if (!strcmp(b->param[i], name))
			return true;
	return false;
}

/* Why no run has a column's figures; NULL: one may. */
static const char *never(const struct gnb_rec_bench *b, const char *mapper,
			 enum gnb_worth_column column)
{
	/* A PV guest's arguments are read where they are: there is nothing to find. */
	if (column == GNB_WORTH_NO_ARGS && strcmp(mapper, mappers[0].value))
		return "none to find";
	if ((column == GNB_WORTH_NO_ARGS && !has_param(b, "args")) ||
	    (column == GNB_WORTH_ENTRY && !has_param(b, "entry")))
		return "no such choice";
	return NULL;
}

/* Has the benchmark the parameters that make the difference? One without a choice of mapper has translated ones. */
static bool can_match(const struct gnb_rec_bench *b, const struct work *w, const char *mapper,
		      enum gnb_worth_column column)
{
	if (strcmp(b->name, w->bench) ||
	    (!has_param(b, "mapper") && strcmp(mapper, mappers[0].value)))
		return false;
	if (column == GNB_WORTH_NO_ARGS && never(b, mapper, column))
		return false;
	for (size_t i = 0; i < PARAMS_MAX && w->param[i][0]; i++)
		if (!has_param(b, w->param[i][0]))
			return false;
	return true;
}

static const struct gnb_rec_cell *find(const struct gnb_rec_run *r, const struct work *w,
				       const char *mapper, enum gnb_worth_column column)
{
	for (size_t i = 0; r && i < r->nr_benches; i++) {
		const struct gnb_rec_bench *b = r->bench[i];

		for (size_t k = 0; can_match(b, w, mapper, column) && k < b->nr_cells; k++)
			if (b->cell[k]->nr_launches && right_entry(r, b->cell[k], column) &&
			    matches(b->cell[k], w, mapper, column))
				return b->cell[k];
	}
	return NULL;
}

static struct gnb_estimate none(void)
{
	return (struct gnb_estimate){ .value = NAN, .lo = NAN, .hi = NAN, .level = NAN };
}

static struct gnb_estimate exactly(double v)
{
	return isfinite(v)
		       ? (struct gnb_estimate){ .n = 1, .value = v, .lo = v, .hi = v, .level = 1 }
		       : none();
}

/* A version's ratio to the baseline of its launch; 1 if it is that. NaN: there is none. */
static double ratio_in(const struct gnb_rec_launch *l, const char *version, const char *metric,
		       const char *baseline)
{
	const struct gnb_rec_row *row = gnb_rec_row(l, version, metric);

	if (row && !strcmp(version, baseline))
		return 1;
	return row && row->ratio_to && !strcmp(row->ratio_to, baseline) ? row->ratio.value : NAN;
}

/* How often one version takes the time of another. Both were measured in the same rounds, but a launch knows their
 * ratios to its baseline only: the interval of their quotient is over launches. */
static struct gnb_estimate in_time(const struct gnb_rec_cell *cell, const char *version,
				   const char *to, const char *metric)
{
	struct gnb_rec_estimate e;
	struct gnb_estimate q = none();
	double *x;
	size_t n = 0;

	if (!gnb_estimate_of(cell, version, metric, &e) || !e.ratio_to)
		return q;
	if (!strcmp(e.ratio_to, to))
		return e.ratio;
	x = gnb_alloc(cell->nr_launches, sizeof(*x));
	for (size_t i = 0; i < cell->nr_launches; i++) {
		double v = ratio_in(cell->launch[i], version, metric, e.ratio_to) /
			   ratio_in(cell->launch[i], to, metric, e.ratio_to);

		if (isfinite(v))
			x[n++] = v;
	}
	if (n)
		q = gnb_estimate_or_range(x, n, GNB_LEVEL);
	free(x);
	return q;
}

static double value_of(const struct gnb_rec_cell *cell, const char *version, const char *metric)
{
	struct gnb_rec_estimate e;

	return gnb_estimate_of(cell, version, metric, &e) ? e.value.value : NAN;
}

static bool is_exact(const struct gnb_rec_cell *cell, const char *version, const char *metric)
{
	struct gnb_rec_estimate e;

	return gnb_estimate_of(cell, version, metric, &e) && e.row->class == 'C';
}

/* Is the other version the best so far, that is, the one beside which this one costs most? */
static void best_of(const struct gnb_rec_cell *cell, const char *version, const char *other,
		    const char *metric, struct gnb_worth *w)
{
	double value = value_of(cell, other, metric);
	struct gnb_estimate to =
		w->exact ? exactly(w->ours / value) : in_time(cell, version, other, metric);

	if (isnan(to.value) || (w->best && to.value <= w->to_best.value))
		return;
	w->best = other;
	w->least = value;
	w->to_best = to;
}

static struct gnb_worth look(const struct gnb_rec_cell *cell, const char *version,
			     const char *metric)
{
	struct gnb_worth w = {
		.ours = NAN, .base = NAN, .least = NAN, .to_base = none(), .to_best = none()
	};

	if (!cell || isnan(w.ours = value_of(cell, version, metric)))
		return w;
	w.cell = cell;
	w.exact = is_exact(cell, version, metric);
	w.base = value_of(cell, GNB_WORTH_BASE, metric);
	w.to_base =
		w.exact ? exactly(w.ours / w.base) : in_time(cell, version, GNB_WORTH_BASE, metric);
	/* Version 1 first: a version that is no better than it is not named. */
	best_of(cell, version, GNB_WORTH_BASE, metric, &w);
	for (size_t v = 0; v < cell->bench->nr_versions; v++)
		if (!has_tree(cell->bench->version[v]))
			best_of(cell, version, cell->bench->version[v], metric, &w);
	return w;
}

const struct gnb_worth *gnb_worth_main(const struct gnb_worth_line *line)
{
	const struct gnb_worth *bare = &line->col[GNB_WORTH_BARE];

	return bare->cell ? bare : &line->col[GNB_WORTH_ENTRY];
}

static void add(struct gnb_worth_line **lines, size_t *n, const struct gnb_worth_line *line)
{
	*lines = gnb_grow(*lines, *n + 1, sizeof(**lines));
	(*lines)[(*n)++] = *line;
}

/* Version 3 and its variants in one metric. */
static void add_versions(const struct gnb_figs *f, const struct work *w, size_t mapper,
			 const char *metric, struct gnb_worth_line **lines, size_t *n)
{
	const struct gnb_rec_cell *cell[GNB_WORTH_COLUMNS], *first = NULL;

	for (unsigned c = 0; c < GNB_WORTH_COLUMNS; c++) {
		cell[c] = find(source(f, c), w, mappers[mapper].value, c);
		if (cell[c] && !first)
			first = cell[c];
	}
	for (size_t v = 0; first && v < first->bench->nr_versions; v++) {
		const char *version = first->bench->version[v];
		struct gnb_worth_line line = { .version = version,
					       .work = w->words,
					       .mapper = mappers[mapper].words,
					       .metric = metric };
		struct gnb_rec_estimate e;

		if (!has_tree(version))
			continue;
		for (unsigned c = 0; c < GNB_WORTH_COLUMNS; c++) {
			line.col[c] = look(cell[c], version, metric);
			if (!cell[c])
				line.never[c] = never(first->bench, mappers[mapper].value, c);
		}
		if (!gnb_worth_main(&line)->exact)
			continue;
		if (gnb_estimate_of(gnb_worth_main(&line)->cell, version, metric, &e))
			line.unit = e.row->unit;
		add(lines, n, &line);
	}
}

struct gnb_worth_line *gnb_worth_lines(const struct gnb_figs *f, size_t *n)
{
	struct gnb_worth_line *lines = NULL;

	*n = 0;
	for (size_t i = 0; i < sizeof(works) / sizeof(*works); i++)
		for (size_t m = 0; m < sizeof(mappers) / sizeof(*mappers); m++)
			for (size_t k = 0; k < METRICS_MAX && works[i].metric[k]; k++)
				add_versions(f, &works[i], m, works[i].metric[k], &lines, n);
	return lines;
}

static bool in_lines(const struct gnb_worth_line *line, size_t n, const char *version)
{
	for (size_t i = 0; i < n; i++)
		if (!isnan(value_of(gnb_worth_main(&line[i])->cell, version, line[i].metric)))
			return true;
	return false;
}

char *gnb_worth_others(const struct gnb_figs *f, const struct gnb_worth_line *line, size_t n)
{
	const char *name[16], *version, *words;
	size_t names = 0;
	struct gnb_buf b = { 0 };

	for (size_t i = 0; (version = gnb_version_at(f->run, i, &words)); i++)
		if (names < 16 && !has_tree(version) && strcmp(version, GNB_WORTH_BASE) &&
		    in_lines(line, n, version))
			name[names++] = version;
	for (size_t i = 0; i < names; i++)
		gnb_buf_fmt(&b, "%s%s", !i ? "" : i + 1 == names ? " and " : ", ", name[i]);
	return gnb_take(&b);
}

char *gnb_worth_missing(const struct gnb_worth_line *line, size_t n)
{
	struct gnb_buf b = { 0 };

	for (size_t i = 0; i < sizeof(works) / sizeof(*works); i++) {
		size_t k = 0;

		while (k < n && strcmp(line[k].work, works[i].words))
			k++;
		if (k == n)
			gnb_buf_fmt(&b, "%s%s (%s)", b.len ? "; " : "", works[i].words,
				    works[i].bench);
	}
	return gnb_take(&b);
}

/* Has the version a figure in the cell, whatever the metric? */
static bool measured(const struct gnb_rec_cell *cell, const char *version)
{
	for (size_t m = 0; m < cell->bench->nr_metrics; m++)
		if (!isnan(value_of(cell, version, cell->bench->metric[m])))
			return true;
	return false;
}

static void grown(const struct gnb_rec_cell *cell, double grants, struct gnb_worth_growth *g)
{
	for (size_t v = 0; v < cell->bench->nr_versions; v++) {
		const char *version = cell->bench->version[v];

		if (variant(version) || !measured(cell, version))
			continue;
		if (!strcmp(version, GNB_WORTH_OURS)) {
			g->ours = fmax(g->ours, grants);
		} else if (grants > g->others) {
			g->others = grants;
			g->best = version;
		}
	}
}

struct gnb_worth_growth gnb_worth_growth(const struct gnb_figs *f)
{
	struct gnb_worth_growth g = { 0 };

	for (size_t i = 0; i < f->run->nr_benches; i++) {
		const struct gnb_rec_bench *b = f->run->bench[i];

		for (size_t k = 0; !strcmp(b->name, "tree_growth") && k < b->nr_cells; k++) {
			double grants;

			if (!gnb_rec_on_axis(b->cell[k], "grants") ||
			    !gnb_rec_number(gnb_rec_param(b->cell[k], "grants"), &grants))
				continue;
			if (!gnb_rec_number(gnb_rec_centre(b, "max_frames"), &g.frames))
				g.frames = 0;
			grown(b->cell[k], grants, &g);
		}
	}
	return g;
}
