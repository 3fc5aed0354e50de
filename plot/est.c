// SPDX-License-Identifier: GPL-2.0-only
/* One figure out of several launches. */
#include <math.h>
#include <stdlib.h>

#include "program.h"
#include "run.h"

bool gnb_rec_estimate(const struct gnb_group *g, const char *version, const char *metric,
		      struct gnb_rec_estimate *e)
{
	double *v = gnb_alloc(g->nr, sizeof(*v)), *ratio = gnb_alloc(g->nr, sizeof(*ratio));
	size_t nv = 0, nr = 0;

	*e = (struct gnb_rec_estimate){ 0 };
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
		e->v = nv > 1 ? gnb_estimate_or_range(v, nv, GNB_LEVEL) : e->row->v;
		e->ratio = nr > 1 ? gnb_estimate_or_range(ratio, nr, GNB_LEVEL) : e->row->ratio;
	}
	free(v);
	free(ratio);
	return e->row != NULL;
}
