// SPDX-License-Identifier: GPL-2.0-only
/*
 * OpenMetrics: gauges in base units, for the textfile collector of Prometheus' node exporter and for metrics reports of
 * GitLab. Only what Prometheus' older text format has too, since the collector reads that.
 */
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "format.h"

/* All samples of one name: they have to stand together. */
struct family {
	char *name;
	const char *unit; /* NULL: of none that the format knows */
	const char *help;
	struct gnb_buf samples;
};

struct metrics {
	struct gnb_out x; /* first: what gnb_out_each() hands on is it */
	struct family *family;
	size_t nr;
	bool gitlab;
};

/* What a unit is in base units. */
static const struct base {
	const char *unit;
	double scale;
	const char *name, *suffix; /* of the family, and what it ends with */
} bases[] = {
	{ "ns", 1e-9, "time", "seconds" },   { "us", 1e-6, "time", "seconds" },
	{ "ms", 1e-3, "time", "seconds" },   { "s", 1, "time", "seconds" },
	{ "bytes", 1, "size", "bytes" },     { "kops", 1e3, "operations", NULL },
	{ "Mops", 1e6, "operations", NULL }, { "ops", 1, "operations", NULL },
};

static struct family *family_of(struct metrics *m, char *name, const char *unit, const char *help)
{
	struct family *more;

	for (size_t i = 0; name && i < m->nr; i++)
		if (!strcmp(m->family[i].name, name)) {
			free(name);
			return &m->family[i];
		}
	more = name ? reallocarray(m->family, m->nr + 1, sizeof(*more)) : NULL;
	if (!more) {
		free(name);
		m->x.failed = true;
		return NULL;
	}
	m->family = more;
	more[m->nr] = (struct family){ .name = name, .unit = unit, .help = help };
	return &more[m->nr++];
}

static void escaped(struct gnb_buf *b, const char *s)
{
	for (; *s; s++)
		switch (*s) {
		case '\\':
			gnb_buf_add(b, "\\\\");
			break;
		case '"':
			gnb_buf_add(b, "\\\"");
			break;
		case '\n':
			gnb_buf_add(b, "\\n");
			break;
		default:
			gnb_buf_addn(b, s, 1);
		}
}

static void label(struct gnb_buf *b, const char *name, const char *value)
{
	gnb_buf_fmt(b, "%s%s=\"", b->len ? "," : "", name);
	escaped(b, value);
	gnb_buf_add(b, "\"");
}

/* A sample of the family grantbench_WHAT[_BOUND][_UNIT]. */
static void sample(struct metrics *m, const char *what, const char *bound, const char *unit,
		   const char *help, const char *labels, double v)
{
	struct gnb_buf name = { 0 };
	struct family *f;

	gnb_buf_add(&name, "grantbench_");
	for (; *what; what++)
		gnb_buf_fmt(&name, "%c", isalnum((unsigned char)*what) ? *what : '_');
	gnb_buf_fmt(&name, "%s%s%s", bound, unit ? "_" : "", unit ? unit : "");
	f = family_of(m, gnb_buf_take(&name), unit, help);
	if (!f)
		return;
	gnb_buf_fmt(&f->samples, "%s{%s} ", f->name, labels);
	gnb_out_number(&f->samples, v);
	gnb_buf_add(&f->samples, "\n");
}

/* GitLab says that a figure has changed if its text has, so that there are as many digits as repeat. */
static double rounded(double v)
{
	double digit = v == 0 ? 1 : pow(10, floor(log10(fabs(v))) - 2);

	return round(v / digit) * digit;
}

static void samples(struct metrics *m, const char *what, const char *unit, const char *help,
		    const char *labels, double scale, const struct gnb_series *s)
{
	const struct gnb_estimate *e = &s->figure;
	bool exact = s->class == 'C';

	sample(m, what, "", unit, help, labels,
	       (m->gitlab && !exact ? rounded(e->value) : e->value) * scale);
	if (m->gitlab || exact || !isfinite(e->lo) || !isfinite(e->hi))
		return;
	sample(m, what, "_low", unit, "Lower end of its interval.", labels, e->lo * scale);
	sample(m, what, "_high", unit, "Upper end of its interval.", labels, e->hi * scale);
}

static void value(struct metrics *m, const struct gnb_series *s, struct gnb_buf *labels)
{
	size_t n = strcspn(s->unit, "/");
	struct base base = { .scale = 1 };
	struct gnb_buf own = { 0 };

	for (size_t i = 0; i < sizeof(bases) / sizeof(bases[0]); i++)
		if (strlen(bases[i].unit) == n && !strncmp(bases[i].unit, s->unit, n))
			base = bases[i];
	if (!base.name) {
		gnb_buf_addn(&own, s->unit, n);
		base.name = own.s ? own.s : "";
	}
	if (s->unit[n])
		label(labels, "per", s->unit + n + 1);
	m->x.failed |= labels->failed | own.failed;
	samples(m, base.name, base.suffix, "What was measured.", labels->s ? labels->s : "",
		base.scale, s);
	gnb_buf_free(&own);
}

static void series(struct gnb_out *x, const struct gnb_series *s)
{
	struct metrics *m = (struct metrics *)x;
	const char class[] = { s->class, '\0' };
	struct gnb_buf labels = { 0 };

	label(&labels, "cell", s->cell->name);
	label(&labels, "bench", s->cell->bench->name);
	label(&labels, "version", s->row->version);
	label(&labels, "metric", s->row->metric);
	label(&labels, "class", class);
	label(&labels, "better", s->higher_better ? "higher" : "lower");
	if (s->kind == GNB_SERIES_RATIO)
		label(&labels, "to", s->ratio_to);
	if (s->kind == GNB_SERIES_COUNT)
		label(&labels, "count", s->count);
	m->x.failed |= labels.failed;
	if (s->kind == GNB_SERIES_VALUE)
		value(m, s, &labels);
	else if (s->kind == GNB_SERIES_RATIO)
		samples(m, "ratio", NULL, "What was measured, by what the baseline needs.",
			labels.s ? labels.s : "", 1, s);
	else
		samples(m, "work_per_operation", NULL, "How often it was done in an operation.",
			labels.s ? labels.s : "", 1, s);
	gnb_buf_free(&labels);
}

/* What ran, and when. GitLab would say that it has changed. */
static void about(struct metrics *m)
{
	static const char *const keys[] = { "suite", "target", "status", "fingerprint" };
	struct json_object *manifest = m->x.run->manifest;
	const char *started = gnb_json_get_string(manifest, "started", "");
	struct gnb_buf labels = { 0 };
	struct tm tm = { 0 };
	char *end = strptime(started, "%Y-%m-%dT%H:%M:%SZ", &tm);

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		label(&labels, keys[i], gnb_json_get_string(manifest, keys[i], ""));
	label(&labels, "commit",
	      gnb_json_get_string(gnb_json_get(manifest, "git", json_type_object), "sha", ""));
	label(&labels, "clock", m->x.run->clock);
	m->x.failed |= labels.failed;
	sample(m, "run_info", "", NULL, "Which run this is of.", labels.s ? labels.s : "", 1);
	if (end && !*end)
		sample(m, "run_start_time", "", "seconds", "When it began, since 1970.",
		       "clock=\"realtime\"", (double)timegm(&tm));
	gnb_buf_free(&labels);
}

static void write_all(struct gnb_out *x, bool gitlab)
{
	struct metrics m = { .x = *x, .gitlab = gitlab };

	if (!gitlab)
		about(&m);
	gnb_out_each(&m.x, series);
	*x = m.x;
	for (size_t i = 0; i < m.nr; i++) {
		struct family *f = &m.family[i];

		gnb_buf_fmt(&x->text, "# TYPE %s gauge\n", f->name);
		if (f->unit)
			gnb_buf_fmt(&x->text, "# UNIT %s %s\n", f->name, f->unit);
		gnb_buf_fmt(&x->text, "# HELP %s %s\n", f->name, f->help);
		gnb_buf_add(&x->text, f->samples.s ? f->samples.s : "");
		x->failed |= f->samples.failed;
		gnb_buf_free(&f->samples);
		free(f->name);
	}
	free(m.family);
	gnb_buf_add(&x->text, "# EOF\n");
}

static void openmetrics(struct gnb_out *x)
{
	write_all(x, false);
}

static void gitlab(struct gnb_out *x)
{
	write_all(x, true);
}

static const struct gnb_format format_openmetrics = {
	.name = "openmetrics",
	.help = "OpenMetrics, for Prometheus' textfile collector",
	.classes = "CHX",
	.write = openmetrics,
};
GNB_FORMAT(format_openmetrics);

static const struct gnb_format format_gitlab = {
	.name = "gitlab",
	.help = "the same for GitLab's artifacts:reports:metrics: rounded, nothing that always changes",
	.classes = "CH",
	.write = gitlab,
};
GNB_FORMAT(format_gitlab);
