/* SPDX-License-Identifier: GPL-2.0-only */
/* What a count is worth: the least or the mean of its windows, for one operation. */
#include "prof.h"

double prof_scale(const struct prof_op *op, const struct func_opts *o)
{
	uint64_t windows = o->mean ? op->windows : op->least_windows;

	return windows ? 1.0 / (double)windows / (double)(op->count ? op->count : 1) : 0;
}

uint64_t prof_value(const struct prof_count *c, const struct prof *p, const struct func_opts *o)
{
	if (p->nodes[c->node].interrupt && !(o->interrupts && o->mean))
		return 0;
	return o->mean ? c->all : c->least;
}
