/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hardware counters of this process by perf_event_open(2), threads made later included. Many
 * virtual machines have none; then the reason is kept for the results. Main thread only.
 */
#ifndef GNB_PERF_H
#define GNB_PERF_H

#include <stdbool.h>
#include <stddef.h>

#define GNB_PERF_EVENTS 4

struct gnb_perf {
	int fd[GNB_PERF_EVENTS]; /* -1: not here */
	bool available;
	bool user_only; /* the kernel's share could not be had */
	char reason[160];
};

extern const char *const gnb_perf_names[GNB_PERF_EVENTS];

/* Open what there is; p->available says whether that is anything. */
void gnb_perf_open(struct gnb_perf *p);
void gnb_perf_close(struct gnb_perf *p);

/* Count from here, and stop. Repeats add up. */
void gnb_perf_on(struct gnb_perf *p);
void gnb_perf_off(struct gnb_perf *p);

/* Events so far, scaled if the counter was shared; NaN where there is none. */
double gnb_perf_read(const struct gnb_perf *p, unsigned i);

#endif
