/* SPDX-License-Identifier: GPL-2.0-only */
/* The targets that are compiled in. */
#include <string.h>

#include <gnb/target.h>

extern const struct gnb_target gnb_target_hv, gnb_target_xen;

const struct gnb_target *const gnb_targets[] = { &gnb_target_hv, &gnb_target_xen, NULL };

const struct gnb_target *gnb_target_find(const char *name)
{
	for (const struct gnb_target *const *t = gnb_targets; *t; t++)
		if (strcmp((*t)->name, name) == 0)
			return *t;
	return NULL;
}

const struct gnb_clock *gnb_target_clock(const struct gnb_target *t)
{
	static const struct gnb_clock monotonic = { .name = "monotonic", .unit = "ns" };

	return t->clock ? t->clock() : &monotonic;
}

const struct gnb_fixed *gnb_target_fixed(const struct gnb_target *t, const char *param)
{
	const struct gnb_fixed *f = t->fixed ? t->fixed() : NULL;

	for (; f && f->param; f++)
		if (strcmp(f->param, param) == 0)
			return f;
	return NULL;
}
