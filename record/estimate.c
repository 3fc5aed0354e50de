// SPDX-License-Identifier: GPL-2.0-only
/* One figure out of several launches. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "estimate.h"

int gnb_rec_estimate(const struct gnb_rec_cell *c, const char *version, const char *metric,
		     struct gnb_rec_estimate *e)
{
	double *value = calloc(2 * c->nr_launches + 1, sizeof(*value));
	double *ratio;
	size_t values = 0, ratios = 0;

	*e = (struct gnb_rec_estimate){ 0 };
	if (!value)
		return -ENOMEM;
	ratio = value + c->nr_launches;
	for (size_t i = 0; i < c->nr_launches; i++) {
		const struct gnb_rec_row *row = gnb_rec_row(c->launch[i], version, metric);

		if (!row)
			continue;
		if (!e->row)
			e->row = row;
		e->launches++;
		e->rounds += c->launch[i]->rounds;
		e->dropped += c->launch[i]->dropped;
		if (!isnan(row->value.value))
			value[values++] = row->value.value;
		if (row->ratio_to) {
			e->ratio_to = row->ratio_to;
			ratio[ratios++] = row->ratio.value;
		}
	}
	if (e->row) {
		e->value = values > 1 ? gnb_estimate_or_range(value, values, GNB_LEVEL)
				      : e->row->value;
		e->ratio = ratios > 1 ? gnb_estimate_or_range(ratio, ratios, GNB_LEVEL)
				      : e->row->ratio;
	}
	free(value);
	return e->row ? 0 : -ENODATA;
}
