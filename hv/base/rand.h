/* SPDX-License-Identifier: GPL-2.0-only */
/* The model's dice: a sequence per seed, so that every run can be repeated. */
#ifndef HV_RAND_H
#define HV_RAND_H

#include "types.h"

static inline uint64_t hv_rand(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* The next draw from the host's seed. Toolstack lock held, but while the host is made. */
static inline uint64_t hv_host_rand(struct hv_host *host)
{
	return hv_rand(&host->rand);
}

#endif
