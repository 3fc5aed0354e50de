/* SPDX-License-Identifier: GPL-2.0-only */
/* The cells of a plan. */
#include <stdlib.h>
#include <string.h>

#include "cells.h"

struct gnb_plan_cell *gnb_plan_find(struct gnb_plan *p, const char *name)
{
	for (size_t i = 0; i < p->n; i++)
		if (!strcmp(p->cells[i].cell.name, name))
			return &p->cells[i];
	return NULL;
}

void gnb_plan_free(struct gnb_plan *p)
{
	for (size_t i = 0; i < p->nstrings; i++)
		free(p->strings[i]);
	free(p->strings);
	free(p->cells);
	free(p->left_out);
	memset(p, 0, sizeof(*p));
}
