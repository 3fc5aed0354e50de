/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Taking the right to write away from pages that are mapped, and giving it back, by what a version has for it: the
 * granter's operation; or its mapper lets go of them, they are granted anew, and it maps them again. Either way the
 * granter's entries say the same afterwards, and so do the mappings.
 *
 * Locking: as gnb/grant.h and gnb/mapper.h, both at once.
 */
#ifndef GNB_PROTECT_H
#define GNB_PROTECT_H

#include <gnb/large.h>
#include <gnb/mapper.h>

struct gnb_protect {
	struct gnb_side *s;
	const struct gnb_gtab *g;
	struct gnb_maps
		*maps; /* page i of the granter, by reference GNB_FIRST_REF + i, at map slot i */
	struct gnb_vcpu *granter, *mapper;
	unsigned order; /* of the entries that grant them */
	bool part; /* less than an entry is meant: where entries are large they are split first */
	struct gnttab_v3_protect *op;
};

/* Can it be done to a part of an entry of that order? */
bool gnb_can_protect_part(const struct gnb_version *v, unsigned order);

/* Prepare for such mappings, which must accept it (GNB_ACCEPT_READONLY). 0 or -errno with s->why. */
int gnb_protect_init(struct gnb_protect *p, struct gnb_side *s, const struct gnb_gtab *g,
		     struct gnb_maps *maps, unsigned order, bool part);

/*
 * Take the right away from n pages from the first-th on, or give it back: the hypercalls of both sides, and the
 * granter's entries. What is around them is as it was, and is mapped. 0; -EBUSY: a mapping did not change; -errno. With
 * s->why.
 */
int gnb_protect(struct gnb_protect *p, unsigned first, unsigned n, bool write);

#endif
