// SPDX-License-Identifier: GPL-2.0-only
/* Ratios over launches, one by one. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "paired.h"

static int append(double **x, size_t n, double v)
{
	double *grown = realloc(*x, (n + 1) * sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	grown[n] = v;
	*x = grown;
	return 0;
}

int gnb_paired_add(struct gnb_paired *p, double base, double now, double ratio, double threshold,
		   double alpha)
{
	double *sorted;

	if (p->said != GNB_SIGN_OPEN)
		return 0;
	if (append(&p->base, p->n, base) || append(&p->now, p->n, now) ||
	    append(&p->ratio, p->n, ratio))
		return -ENOMEM;
	p->n++;
	sorted = malloc(p->n * sizeof(*sorted));
	if (!sorted)
		return -ENOMEM;
	memcpy(sorted, p->ratio, p->n * sizeof(*sorted));
	p->said = gnb_sign_judge(sorted, p->n, threshold, alpha, &p->estimate);
	free(sorted);
	return 0;
}

static double median(const double *x, size_t n)
{
	double *sorted = malloc((n + 1) * sizeof(*sorted)), v = NAN;

	if (sorted && n) {
		memcpy(sorted, x, n * sizeof(*sorted));
		v = gnb_estimate(sorted, n, GNB_LEVEL).value;
	}
	free(sorted);
	return v;
}

double gnb_paired_base(const struct gnb_paired *p)
{
	return median(p->base, p->n);
}

double gnb_paired_now(const struct gnb_paired *p)
{
	return median(p->now, p->n);
}

void gnb_paired_free(struct gnb_paired *p)
{
	free(p->cell);
	free(p->bench);
	free(p->version);
	free(p->metric);
	free(p->unit);
	free(p->to);
	free(p->base);
	free(p->now);
	free(p->ratio);
	*p = (struct gnb_paired){ 0 };
}
