/* SPDX-License-Identifier: GPL-2.0-only */
/* Where the model's own structures lie. */
#include "place.h"
#include "rand.h"

void *hv_place(struct hv_host *host, size_t bytes)
{
	size_t shift = HV_CACHELINE * (1 + hv_host_rand(host) % (HV_PAGE_SIZE / HV_CACHELINE));
	uint8_t *base, *p;

	bytes = (bytes + HV_CACHELINE - 1) & ~(size_t)(HV_CACHELINE - 1);
	base = aligned_alloc(HV_CACHELINE, bytes + shift);
	if (!base)
		return NULL;
	p = base + shift;
	memset(p, 0, bytes);
	((void **)p)[-1] = base;
	return p;
}

void hv_unplace(void *p)
{
	if (p)
		free(((void **)p)[-1]);
}
