/* SPDX-License-Identifier: GPL-2.0-only */
/* The summary table that a run ends with. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "estimate.h"
#include "summary.h"

#define CELLS_SHOWN    30
#define FAILURES_SHOWN 10

static struct json_object *get(struct json_object *o, const char *key)
{
	struct json_object *v = NULL;

	json_object_object_get_ex(o, key, &v);
	return v;
}

static bool is_main(struct json_object *cell)
{
	return gnb_json_get_number(cell, "launch", 0) == 0;
}

/* Four digits, all of an exact one, and never in powers of ten. */
static void figure(char *s, size_t len, double v, bool exact)
{
	int whole = v >= 1 ? (int)log10(v) + 1 : 1, digits = exact ? 7 : 4;

	if (isnan(v))
		snprintf(s, len, "-");
	else if (exact && v == floor(v))
		snprintf(s, len, "%.0f", v);
	else
		snprintf(s, len, "%.*f", whole < digits ? digits - whole : 0, v);
}

/* "0.874 [0.861, 0.880] 99.2 %, 8 launches"; without an interval, of how many samples there is none. */
static void ratio_text(char *s, size_t len, const struct gnb_rec_estimate *e)
{
	const struct gnb_estimate *r = &e->ratio;
	const char *over = e->launches > 1 ? "launches" : "layouts";
	int n = snprintf(s, len, "%.3f", r->value);

	if (e->ratio_class == 'C')
		return;
	if (isnan(r->lo))
		snprintf(s + n, len - (size_t)n, " no interval, %zu %s", r->n, over);
	else
		snprintf(s + n, len - (size_t)n, " [%.3f, %.3f] %.1f %%, %zu %s", r->lo, r->hi,
			 100 * r->level, r->n, over);
}

static void print_row(FILE *f, const struct gnb_rec_cell *c, struct json_object *row)
{
	const char *version = gnb_json_get_string(row, "version", "?");
	const char *metric = gnb_json_get_string(row, "metric", "?");
	struct gnb_rec_estimate e;
	char value[64], text[128] = "";
	bool there = c && !gnb_rec_estimate(c, version, metric, &e);

	/* A count has no digits that are noise. */
	figure(value, sizeof(value), there ? e.value.value : NAN,
	       !strcmp(gnb_json_get_string(row, "class", ""), "C"));
	snprintf(value + strlen(value), sizeof(value) - strlen(value), " %s",
		 gnb_json_get_string(row, "unit", ""));
	if (there && e.ratio_to)
		ratio_text(text, sizeof(text), &e);
	fprintf(f, "  %-16s %-9s %25s %s", metric, version, value,
		gnb_json_get_string(row, "class", "?"));
	if (*text)
		fprintf(f, "  %s  %c", text, e.ratio_class);
	fprintf(f, "\n");
}

static const struct gnb_rec_cell *find(const struct gnb_rec_run *run, const char *name)
{
	for (size_t i = 0; i < run->nr_cells; i++)
		if (!strcmp(run->cell[i]->name, name))
			return run->cell[i];
	return NULL;
}

static void print_cell(FILE *f, const struct gnb_rec_run *run, struct json_object *cell)
{
	const struct gnb_rec_cell *c = find(run, gnb_json_get_string(cell, "cell", ""));
	const char *status = gnb_json_get_string(cell, "status", "?"),
		   *reason = gnb_json_get_string(cell, "reason", NULL);
	struct json_object *rows = get(cell, "rows");

	fprintf(f, "%s\n", gnb_json_get_string(cell, "cell", "?"));
	if (strcmp(status, "ok"))
		fprintf(f, "  %s: %s\n", status, reason ? reason : "");
	for (size_t i = 0; rows && i < json_object_array_length(rows); i++)
		print_row(f, c, json_object_array_get_idx(rows, i));
}

/* What the figures are. */
static void heading(FILE *f, struct gnb_results *r)
{
	struct json_object *clock = get(r->manifest, "clock");

	fprintf(f, "target %s; ", gnb_json_get_string(r->manifest, "target", "?"));
	if (json_object_get_boolean(get(clock, "exact"))) {
		fprintf(f,
			"figures are %s within hypercalls, and no times: the median over\nrounds, "
			"each the least of three runs; ratio is to the first version; the clock is "
			"exact, so neither\nnoise nor the baseline against itself is looked at\n\n",
			gnb_json_get_string(clock, "unit", "?"));
		return;
	}
	fprintf(f,
		"time %sis the median over rounds or launches; ratio is to the first version, with "
		"its interval, the\nlevel of that and what it is over; classes: H honest in time "
		"as a ratio, C exact count, X context only\n",
		!strcmp(gnb_json_get_string(clock, "name", ""), "hypercalls") ? "within hypercalls "
									      : "");
	if (r->untrusted)
		fprintf(f, "NOT TO BE TRUSTED: %s, times mean nothing\n", r->untrusted);
	fprintf(f, "\n");
}

void gnb_summary(FILE *f, struct gnb_results *r, const struct gnb_rec_run *run)
{
	size_t n = json_object_array_length(r->cells), shown = 0, centres = 0, mains = 0;
	unsigned counts[GNB_STATUSES];

	for (size_t i = 0; i < n; i++) {
		struct json_object *c = json_object_array_get_idx(r->cells, i);

		mains += is_main(c);
		centres += is_main(c) && !get(c, "axis");
	}
	heading(f, r);
	fprintf(f, "  %-16s %-9s %25s    %s\n", "metric", "version", "value", "ratio");
	for (size_t i = 0; i < n && shown < CELLS_SHOWN; i++) {
		struct json_object *c = json_object_array_get_idx(r->cells, i);

		if (!is_main(c) || (centres && get(c, "axis")))
			continue;
		print_cell(f, run, c);
		shown++;
	}
	if (!centres && mains > shown)
		fprintf(f, "  ... and %zu more cell%s\n", mains - shown,
			mains - shown == 1 ? "" : "s");
	gnb_results_counts(r, counts);
	fprintf(f, "\n%zu cell%s, %zu re-launch%s:", mains, mains == 1 ? "" : "s", n - mains,
		n - mains == 1 ? "" : "es");
	for (int i = 0; i < GNB_STATUSES; i++)
		if (counts[i])
			fprintf(f, " %u %s", counts[i], gnb_status_names[i]);
	fprintf(f, "\n");
	/* A failure that is no centre must not hide. */
	shown = 0;
	for (size_t i = 0; i < n; i++) {
		struct json_object *c = json_object_array_get_idx(r->cells, i);
		const char *s = gnb_json_get_string(c, "status", "");

		if (strcmp(s, "error") && strcmp(s, "timeout"))
			continue;
		if (shown++ < FAILURES_SHOWN)
			fprintf(f, "  %s: %s: %s\n", s, gnb_json_get_string(c, "cell", "?"),
				gnb_json_get_string(c, "reason", ""));
	}
	if (shown > FAILURES_SHOWN)
		fprintf(f, "  ... and %zu more failures in cells.jsonl\n", shown - FAILURES_SHOWN);
	fprintf(f, "results: %s  (grantbench-report %s makes report.html there)\n", r->dir, r->dir);
}
