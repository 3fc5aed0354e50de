// SPDX-License-Identifier: GPL-2.0-only
/* One figure out of several launches: the median, and an interval that promises no more than n
 * allows. */
#include <math.h>
#include <stdlib.h>

#include "buf.h"
#include "run.h"

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

struct gnb_interval gnb_median(double *v, unsigned n)
{
	struct gnb_interval i = { .value = NAN, .lo = NAN, .hi = NAN, .n = n };
	double term, tail;
	unsigned k = 1;

	if (!n)
		return i;
	qsort(v, n, sizeof(*v), by_value);
	i.value = n % 2 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
	/* tail: P(fewer than k of n samples lie below the median); both tails are left out. */
	term = pow(0.5, n);
	tail = term;
	while (2 * k < n) {
		term = term * (n - k + 1) / k;
		if (2 * (tail + term) > 0.01)
			break;
		tail += term;
		k++;
	}
	i.lo = v[k - 1];
	i.hi = v[n - k];
	i.level = n > 1 ? 1 - 2 * tail : 0;
	return i;
}

bool gnb_estimate(const struct gnb_group *g, const char *version, const char *metric,
		  struct gnb_est *e)
{
	double *v = gnb_alloc(g->nr, sizeof(*v)), *ratio = gnb_alloc(g->nr, sizeof(*ratio));
	unsigned nv = 0, nr = 0;

	*e = (struct gnb_est){ 0 };
	for (size_t i = 0; i < g->nr; i++) {
		const struct gnb_row *row = gnb_row(g->launch[i], version, metric);

		if (!row)
			continue;
		if (!e->row)
			e->row = row;
		e->launches++;
		e->rounds += g->launch[i]->rounds;
		e->dropped += g->launch[i]->dropped;
		if (!isnan(row->v.value))
			v[nv++] = row->v.value;
		if (row->ratio_to) {
			e->ratio_to = row->ratio_to;
			ratio[nr++] = row->ratio.value;
		}
	}
	if (e->row) {
		e->v = nv > 1 ? gnb_median(v, nv) : e->row->v;
		e->ratio = nr > 1 ? gnb_median(ratio, nr) : e->row->ratio;
	}
	free(v);
	free(ratio);
	return e->row != NULL;
}
