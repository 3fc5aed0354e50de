/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of the soak share. */
#ifndef HV_SOAK_H
#define HV_SOAK_H

#include <hv/hv.h>

#define get(p)	  __atomic_load_n(p, __ATOMIC_ACQUIRE)
#define set(p, v) __atomic_store_n(p, v, __ATOMIC_RELEASE)

#define SOAK_PAGES    64
#define SOAK_REFS     48			      /* of each vCPU: 8 + 48 * vcpu .. */
#define SOAK_TAG(dom) (0x7a67000000000000ull | (dom)) /* in each page of that domain */

/* A number; *state, which is not 0, goes on. */
uint64_t hv_soak_random(uint64_t *state);

/* A guest writes entry ref of its table: what others look at first goes last. */
void hv_soak_entry(uint8_t *table, unsigned version, unsigned ref, uint16_t flags, domid_t dom,
		   uint64_t frame);

struct hv_soak_tool {
	struct hv_host *host;
	const bool *stop;
	uint64_t rand;
	unsigned made, killed; /* domains */
};

/*
 * A thread, of a struct hv_soak_tool: makes and kills domain 2, which grants to all, and 3, which
 * maps from all.
 */
void *hv_soak_toolstack(void *arg);

/*
 * Two vCPUs unmap the same handle at the same time, often. How often there was not exactly one
 * winner.
 */
int hv_duels(enum hv_guest kind);

/* Domains give each other pages. NULL, or what was wrong. */
const char *hv_moves(void);

/* Trees of version 3 by threads, with a PV mapper or a translated one. NULL, or what was wrong. */
const char *hv_trees(bool pv);

#endif
