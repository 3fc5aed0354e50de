// SPDX-License-Identifier: GPL-2.0-only
/* Readings of operations in a row, as metrics. */
#include <stdlib.h>

#include <gnb/readings.h>

static int by_size(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void span(struct gnb_side *s, unsigned metric, uint64_t ticks, uint64_t ops)
{
	gnb_start(s, metric);
	s->t->operation(s->m, s->t->vcpu(s->m, GNB_MAPPER, 0), GNB_OP_DRIVER, GNB_DRIVER_SPEND,
			&ticks);
	gnb_stop(s, metric, ops);
}

void gnb_readings(struct gnb_side *s, unsigned first, uint64_t *ticks, unsigned n, unsigned per)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < n; i++)
		sum += ticks[i];
	qsort(ticks, n, sizeof(*ticks), by_size);
	span(s, first + GNB_READ_MEAN, sum, (uint64_t)n * per);
	span(s, first + GNB_READ_MEDIAN, ticks[n / 2], per);
	span(s, first + GNB_READ_LEAST, ticks[0], per);
}
