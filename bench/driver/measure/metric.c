/* SPDX-License-Identifier: GPL-2.0-only */
/* A metric's figure and unit, by the clock of the target that it is measured on. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "metric.h"

/*
 * Rates, and what can be said in their place where there is no time: what one of them costs. A byte
 * costs little, so those are per KiB.
 */
static const struct rate {
	const char *name;
	double per;	  /* operations of one unit */
	const char *cost; /* of what, under an instruction clock */
	double ops;	  /* operations in that */
} rates[] = {
	{ "kops/s", 1e3, "op", 1 },	    { "Mops/s", 1e6, "op", 1 },
	{ "kB/s", 1e3, "KiB", 1024 },	    { "MB/s", 1e6, "KiB", 1024 },
	{ "GB/s", 1e9, "KiB", 1024 },	    { "KiB/s", 1024., "KiB", 1024 },
	{ "MiB/s", 1048576., "KiB", 1024 }, { "GiB/s", 1073741824., "KiB", 1024 },
};

static const struct rate *rate_of(const char *unit)
{
	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++)
		if (!strcmp(unit, rates[i].name))
			return &rates[i];
	return NULL;
}

static bool is_rate(const char *unit)
{
	const char *per = strrchr(unit, '/');

	return per && !strcmp(per, "/s");
}

double gnb_unit_ns(const char *unit)
{
	static const struct {
		const char *name;
		double ns;
	} units[] = { { "ns", 1 }, { "us", 1e3 }, { "ms", 1e6 }, { "s", 1e9 } };

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		size_t n = strlen(units[i].name);

		if (!strncmp(unit, units[i].name, n) && (!unit[n] || unit[n] == '/'))
			return units[i].ns;
	}
	return 0;
}

bool gnb_metric_exact(const struct gnb_metric *m, const struct gnb_clock *c)
{
	return m->exact || c->exact;
}

void gnb_metric_unit(const struct gnb_metric *m, const struct gnb_clock *c, char *unit, size_t len)
{
	const char *per = strchr(m->unit, '/');
	const struct rate *r = rate_of(m->unit);

	if (m->exact || !strcmp(c->unit, "ns"))
		snprintf(unit, len, "%s", m->unit);
	else if (r)
		snprintf(unit, len, "%s/%s", c->unit, r->cost);
	else if (is_rate(m->unit))
		snprintf(unit, len, "%s/%.*s", c->unit, (int)(per - m->unit), m->unit);
	else
		snprintf(unit, len, "%s%s", c->unit, per ? per : "");
}

enum gnb_better gnb_metric_better(const struct gnb_metric *m, const struct gnb_clock *c)
{
	/* A rate has become a cost. */
	return !m->exact && strcmp(c->unit, "ns") && is_rate(m->unit) ? GNB_LOWER : m->better;
}

double gnb_metric_value(const struct gnb_metric *m, const struct gnb_clock *c, uint64_t spent,
			uint64_t ops)
{
	const struct rate *r = rate_of(m->unit);
	double unit;

	if (!ops || (!spent && is_rate(m->unit)))
		return NAN;
	if (strcmp(c->unit, "ns"))
		return (double)spent / (double)ops * (r ? r->ops : 1);
	if (is_rate(m->unit))
		return (double)ops * 1e9 / (double)spent / (r ? r->per : 1);
	unit = gnb_unit_ns(m->unit);
	return (double)spent / (double)ops / (unit > 0 ? unit : 1);
}
