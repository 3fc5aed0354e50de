/* SPDX-License-Identifier: GPL-2.0-only */
/* What comes of a cell. */
#include <stdlib.h>

#include "outcome.h"

const char *const gnb_status_names[GNB_STATUSES] = { "ok", "skipped", "error", "unstable",
						     "timeout" };

void gnb_outcome_free(struct gnb_outcome *o)
{
	for (unsigned i = 0; i < o->nlanes; i++)
		gnb_lane_free(&o->lanes[i]);
	free(o->lanes);
	free(o->layout);
	o->layout = NULL;
	o->lanes = NULL;
	o->nlanes = 0;
}
