// SPDX-License-Identifier: GPL-2.0-only
/* What `grantbench ab` comes to, and how its sides are called. */
#include <stdlib.h>

#include "ab_result.h"

const char *const gnb_ab_names[] = { "base", "other" };

void gnb_ab_free(struct gnb_ab_result *r)
{
	for (size_t i = 0; i < r->n; i++)
		gnb_paired_free(&r->row[i]);
	free(r->row);
	json_object_put(r->summary[0]);
	json_object_put(r->summary[1]);
	*r = (struct gnb_ab_result){ 0 };
}
