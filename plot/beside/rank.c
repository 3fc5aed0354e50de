// SPDX-License-Identifier: GPL-2.0-only
/* Do hv's cells stand in the same order as Xen's? */
#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "program.h"
#include "rank.h"

/* Ranks from 1; equal values share the mean of theirs. */
static void ranks(const double *v, size_t n, double *rank)
{
	for (size_t i = 0; i < n; i++) {
		size_t less = 0, same = 0;

		for (size_t j = 0; j < n; j++) {
			less += v[j] < v[i];
			same += v[j] == v[i];
		}
		rank[i] = (double)less + (double)(same + 1) / 2;
	}
}

struct gnb_rank gnb_rank(const struct gnb_beside *b, const size_t *which, size_t n)
{
	struct gnb_rank r = { .rho = NAN, .n = n };
	double *x = gnb_alloc(n, sizeof(*x)), *h = gnb_alloc(n, sizeof(*h));
	double *work = gnb_alloc(2 * n, sizeof(*work)), most = -1;

	r.xen = gnb_alloc(n, sizeof(*r.xen));
	r.hv = gnb_alloc(n, sizeof(*r.hv));
	for (size_t i = 0; i < n; i++) {
		x[i] = b->pair[which[i]].xen_n;
		h[i] = b->pair[which[i]].hv_n;
	}
	ranks(x, n, r.xen);
	ranks(h, n, r.hv);
	for (size_t i = 0; i < n; i++) {
		double d = fabs(r.xen[i] - r.hv[i]);

		if (d > most) {
			most = d;
			r.worst = i;
		}
	}
	/* Two cells are always in one order or the other. */
	if (n > 2)
		r.rho = gsl_stats_spearman(x, 1, h, 1, n, work);
	free(x);
	free(h);
	free(work);
	return r;
}

void gnb_rank_free(struct gnb_rank *r)
{
	free(r->xen);
	free(r->hv);
	r->xen = r->hv = NULL;
}

void gnb_beside_print(const struct gnb_beside *b)
{
	size_t *all = gnb_alloc(b->nr, sizeof(*all));
	struct gnb_rank r;

	for (size_t i = 0; i < b->nr; i++)
		all[i] = i;
	r = gnb_rank(b, all, b->nr);
	printf("Xen beside hv: rank correlation %.3f over %zu cells\n", r.rho, b->nr);
	gnb_rank_free(&r);
	free(all);
}
