/* SPDX-License-Identifier: GPL-2.0-only */
/* The targets that are compiled in, and what one says of itself or leaves out. */
#include <string.h>

#include <gnb/target.h>

const struct gnb_target *gnb_target_find(const char *name)
{
	gnb_for_each_target (t)
		if (strcmp((*t)->name, name) == 0)
			return *t;
	return NULL;
}

const struct gnb_clock *gnb_target_clock(const struct gnb_target *t)
{
	static const struct gnb_clock monotonic = { .name = "monotonic", .unit = "ns" };

	return t->clock ? t->clock() : &monotonic;
}

const char *gnb_target_lacks(const struct gnb_target *t, enum gnb_op_kind kind, unsigned nr)
{
	return t->lacks ? t->lacks(kind, nr) : "this target answers grant operations only";
}

const struct gnb_fixed *gnb_target_fixed(const struct gnb_target *t, const char *param)
{
	const struct gnb_fixed *f = t->fixed ? t->fixed() : NULL;

	for (; f && f->param; f++)
		if (strcmp(f->param, param) == 0)
			return f;
	return NULL;
}
