/* SPDX-License-Identifier: GPL-2.0-only */
/* A domain whose pages are logged as KVM does it, or as Xen: one call for what each way asks and cleans by. */
#ifndef HV_WAYS_H
#define HV_WAYS_H

#include "dirty.h"

static const char *const way_names[HV_LOG_WAYS] = { "marks", "get", "manual", "all_set", "ring" };

/* What is in the rings goes into the bitmap. */
__attribute__((unused)) static void ways_take(struct fx *f)
{
	uint64_t gfn;

	for (unsigned i = 0; hv_domain_vcpu(f->g, i); i++)
		while (hv_log_ring_take(hv_domain_vcpu(f->g, i), &gfn))
			dirty_bits(f)[gfn / 64] |= 1ull << gfn % 64;
}

/* What is dirty of the first pages, without cleaning it where that can be had: of rings it is taken. */
__attribute__((unused)) static long ways_ask(struct fx *f, enum hv_log_way way, unsigned pages)
{
	long rc = dirty_op(f, way == HV_WAY_GET || way == HV_WAY_RING ? SHADOW_CLEAN : SHADOW_PEEK,
			   0, pages);

	if (!rc && way == HV_WAY_RING)
		ways_take(f);
	return rc;
}

/* What was asked for is clean from here on. */
__attribute__((unused)) static long ways_clean(struct fx *f, enum hv_log_way way, unsigned pages)
{
	if (way == HV_WAY_MARKS)
		return dirty_op(f, SHADOW_CLEAN, 0, pages);
	if (way == HV_WAY_GET)
		return 0;
	return dirty_op(f, way == HV_WAY_RING ? SHADOW_RESET : SHADOW_CLEAR, 0, pages);
}

/* Both. */
__attribute__((unused)) static long ways_fetch(struct fx *f, enum hv_log_way way, unsigned pages)
{
	long rc = way == HV_WAY_MARKS ? 0 : ways_ask(f, way, pages);

	return rc ? rc : ways_clean(f, way, pages);
}

__attribute__((unused)) static struct fx_opts ways_opts(enum hv_log_way way)
{
	struct fx_opts o = dirty_opts();

	o.granter.log_way = way;
	o.host.ram_pages = 16384;
	return o;
}

#endif
