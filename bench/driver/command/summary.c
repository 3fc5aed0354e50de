/* SPDX-License-Identifier: GPL-2.0-only */
/* The summary table that a run ends with. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "stats.h"
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

static struct json_object *find_row(struct json_object *cell, const char *version,
				    const char *metric)
{
	struct json_object *rows = get(cell, "rows");

	for (size_t i = 0; rows && i < json_object_array_length(rows); i++) {
		struct json_object *r = json_object_array_get_idx(rows, i);

		if (!strcmp(gnb_json_get_string(r, "version", ""), version) &&
		    !strcmp(gnb_json_get_string(r, "metric", ""), metric))
			return r;
	}
	return NULL;
}

/* The median over re-launches of this row's ratio, and how many there were. */
static double over_launches(struct gnb_results *r, const char *name, const char *version,
			    const char *metric, size_t *launches)
{
	size_t n = json_object_array_length(r->cells), k = 0;
	double *x = calloc(n + 1, sizeof(*x)), v = NAN;

	for (size_t i = 0; x && i < n; i++) {
		struct json_object *c = json_object_array_get_idx(r->cells, i), *row;

		if (is_main(c) || strcmp(gnb_json_get_string(c, "cell", ""), name))
			continue;
		row = find_row(c, version, metric);
		if (row && get(row, "ratio"))
			x[k++] = gnb_json_get_number(get(row, "ratio"), "value", NAN);
	}
	if (x) {
		struct gnb_estimate e = gnb_estimate(x, k, GNB_LEVEL);

		v = e.value;
		*launches = e.n;
	}
	free(x);
	return v;
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

static void print_row(FILE *f, struct gnb_results *r, struct json_object *cell,
		      struct json_object *row)
{
	const char *version = gnb_json_get_string(row, "version", "?");
	const char *metric = gnb_json_get_string(row, "metric", "?");
	struct json_object *ratio = get(row, "ratio");
	char value[64], text[96] = "";
	size_t launches = 0;

	/* A count has no digits that are noise. */
	figure(value, sizeof(value), gnb_json_get_number(row, "value", NAN),
	       !strcmp(gnb_json_get_string(row, "class", ""), "C"));
	snprintf(value + strlen(value), sizeof(value) - strlen(value), " %s",
		 gnb_json_get_string(row, "unit", ""));
	if (ratio) {
		double again = over_launches(r, gnb_json_get_string(cell, "cell", ""), version,
					     metric, &launches);

		snprintf(text, sizeof(text), "%.3f [%.3f, %.3f]",
			 gnb_json_get_number(ratio, "value", NAN),
			 gnb_json_get_number(ratio, "lo", NAN),
			 gnb_json_get_number(ratio, "hi", NAN));
		if (launches) {
			size_t n = strlen(text);

			snprintf(text + n, sizeof(text) - n, "  %.3f in %zu", again, launches);
		}
	}
	fprintf(f, "  %-16s %-9s %25s %s  %-s%s%s\n", metric, version, value,
		gnb_json_get_string(row, "class", "?"), text, ratio ? "  " : "",
		ratio ? gnb_json_get_string(ratio, "class", "") : "");
}

static void print_cell(FILE *f, struct gnb_results *r, struct json_object *cell)
{
	const char *status = gnb_json_get_string(cell, "status", "?"),
		   *reason = gnb_json_get_string(cell, "reason", NULL);
	struct json_object *rows = get(cell, "rows");

	fprintf(f, "%s\n", gnb_json_get_string(cell, "cell", "?"));
	if (strcmp(status, "ok"))
		fprintf(f, "  %s: %s\n", status, reason ? reason : "");
	for (size_t i = 0; rows && i < json_object_array_length(rows); i++)
		print_row(f, r, cell, json_object_array_get_idx(rows, i));
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
		"time %sis the median over rounds, ratio is to the first version with its 99 %% "
		"interval,\nthen the median over re-launches; classes: H honest in time as a "
		"ratio, C exact count, X context only\n",
		!strcmp(gnb_json_get_string(clock, "name", ""), "hypercalls") ? "within hypercalls "
									      : "");
	if (r->untrusted)
		fprintf(f, "NOT TO BE TRUSTED: %s, times mean nothing\n", r->untrusted);
	fprintf(f, "\n");
}

void gnb_summary(FILE *f, struct gnb_results *r)
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
		print_cell(f, r, c);
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
