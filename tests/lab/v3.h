/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared by the parts of lab_domain that speak grant tables version 3: a granter with one tree, and its mapper. */
#ifndef LAB_V3_H
#define LAB_V3_H

#include <stdint.h>

#include "domain.h"
#include "grant_v3.h"

#define V3_REGION 512u

/*
 * The granter's tree has two levels. Of the references, by region: one leaf of 2M; the same pages by leaves of 4K, and
 * once more in the opposite order; and leaves of 4K that cannot be written.
 */
enum { V3_LARGE = 0, V3_SMALL = V3_REGION, V3_TURNED = 2 * V3_REGION, V3_READONLY = 3 * V3_REGION };

struct v3_pair {
	struct gnb_domain *granter, *mapper; /* NULL: dom0 maps, where it has no memory */
	char name[40];
	grant_v3_tree_t tree;
	bool pv;	 /* its mapper */
	bool runs;	 /* its granter's pages lie side by side */
	unsigned pages;	 /* of the granter's, the first of V3_REGION that are granted */
	unsigned nodes;	 /* the first of its nodes, and two pages for notices */
	uint64_t *root;	 /* its nodes, as seen from here */
	uint64_t *small; /* of region 1 */
	char *data;	 /* the pages */
};

/* A tree for the mapper, with flags; V3_LARGE is a table of 4K if the granter's pages are no run. */
void v3_begin(struct v3_pair *p, struct gnb_domain *mapper, struct gnb_domain *granter,
	      unsigned flags);
/* And it is unregistered. */
void v3_end(struct v3_pair *p);

/* A hypercall of the mapper's, and the address of a slot of it. ticks may be NULL. */
int64_t v3_op(struct v3_pair *p, unsigned cmd, void *args, size_t bytes, unsigned count,
	      uint64_t *ticks);
uint64_t v3_slot(const struct v3_pair *p, unsigned i);
/* Of dom0, as a toolstack. */
int64_t v3_dom0_op(unsigned cmd, void *args, size_t bytes, unsigned count, uint64_t *ticks);

/* By the mapper, of count references from ref on, at a slot. The status. */
int v3_map(struct v3_pair *p, unsigned slot, uint64_t ref, unsigned count, unsigned flags,
	   struct gnttab_v3_map *m);
int v3_unmap(struct v3_pair *p, const struct gnttab_v3_map *m, struct gnttab_v3_unmap *u);
/* By the granter. */
int v3_revoke(struct v3_pair *p, uint64_t ref, uint64_t count, unsigned flags,
	      struct gnttab_v3_revoke *r);

/* What the mapper's processor finds at the begin of a page at a slot; no mapping is all ones. */
uint64_t v3_word(struct v3_pair *p, unsigned slot);
/* What the granter wrote into page i. */
uint64_t v3_mark(unsigned i);

/* The parts. */
void v3_check(struct gnb_domain *mapper, struct gnb_domain *granter);
void v3_check_told(struct gnb_domain *mapper, struct gnb_domain *granter);
void v3_check_self(struct gnb_domain *d);
void v3_check_death(enum gnb_domain_type mapper, enum gnb_domain_type granter);
void v3_measure(struct gnb_domain *mapper, struct gnb_domain *granter);
/* With two CPUs: so many revokes against maps, of all kinds together. */
void v3_race(unsigned turns);
/* n domains that die at a random moment of such a race. */
void v3_deaths(unsigned n, unsigned seed);
/* A mapper that has no memory left for tables, when a part of what it has by one entry is taken back. */
void v3_check_pool(void);
/* The same, marked for an instrument outside. */
void v3_profile(void);
/* A PVH dom0 maps, with its IOMMU: what it costs; then 2 MiB so many times, and unmapped, or (revoke) taken back. */
void v3_dom0(unsigned rounds, bool revoke);

#endif
