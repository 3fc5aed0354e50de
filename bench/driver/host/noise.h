/* SPDX-License-Identifier: GPL-2.0-only */
/* Evidence of neighbours: what the machine did beside us, and how often we were not running. */
#ifndef GNB_NOISE_H
#define GNB_NOISE_H

struct json_object;

/* All counters since boot or since the process began. Negative: not to be read. */
struct gnb_noise {
	double steal_ticks, busy_ticks, all_ticks;
	double own_ticks; /* CPU time of this process and of its dead children, in ticks */
	double psi_us, involuntary;
};

void gnb_noise_read(struct gnb_noise *n);

/* The manifest's noise object: what changed from a to b. */
struct json_object *gnb_noise_between(const struct gnb_noise *a, const struct gnb_noise *b);

#endif
