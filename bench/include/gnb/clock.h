/* SPDX-License-Identifier: GPL-2.0-only */
/* The suite's clock: CLOCK_MONOTONIC_RAW in nanoseconds, not adjusted by NTP. */
#ifndef GNB_CLOCK_H
#define GNB_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline uint64_t gnb_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC_RAW, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ull + (uint64_t)ts.tv_nsec;
}

#endif
