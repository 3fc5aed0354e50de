/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The project's one interval for programs that are not in C: reads numbers on stdin, prints their
 * median, the two ends of its interval and the level, "nan" for what does not exist. Exit: 0; 1 if
 * something read is no number.
 */
#include <stdio.h>
#include <stdlib.h>

#include "stats.h"

int main(void)
{
	double *x = NULL, v;
	struct gnb_estimate e;
	size_t n = 0;

	while (scanf("%lf", &v) == 1) {
		x = reallocarray(x, n + 1, sizeof(*x));
		if (!x)
			return 1;
		x[n++] = v;
	}
	if (!feof(stdin)) {
		fprintf(stderr, "median: what comes after %zu numbers is none\n", n);
		free(x);
		return 1;
	}
	e = gnb_estimate(x, n, GNB_LEVEL);
	printf("%.17g %.17g %.17g %g\n", e.value, e.lo, e.hi, e.level);
	free(x);
	return 0;
}
