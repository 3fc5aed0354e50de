/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is granted to one mapper is granted to another, as after a backend's restart: by what a version has for it. A tree
 * is given to it as it is, by the toolstack, and its granter agrees. The entries of a table name the domain, and each is
 * ended and made anew; who can take back what is mapped does that first, and else nothing may be mapped.
 *
 * Locking: as gnb/grant.h; the toolstack's hypercalls in the same thread.
 */
#ifndef GNB_HANDOVER_H
#define GNB_HANDOVER_H

#include <gnb/revoke.h>

struct gnb_handover {
	struct gnb_side *s;
	struct gnb_gtab *g;
	unsigned n; /* pages of the granter, by references from GNB_FIRST_REF on */
	struct gnb_vcpu *granter, *toolstack;
	struct gnb_revoke revoke; /* of a table */
	struct gnttab_v3_bind *bind;
	struct gnttab_v3_ack *ack;
};

/*
 * For a machine with a second mapper, and what gnb_gtab_init_rebindable() has made: n pages are handed over at once. 0 or
 * -errno with s->why.
 */
int gnb_handover_init(struct gnb_handover *h, struct gnb_side *s, struct gnb_gtab *g, unsigned n);

/* Does it take away what the old mapper still has mapped, if that accepted it? */
bool gnb_handover_takes(const struct gnb_version *v);

/* To the mapper of the machine. 0; -EBUSY: a page is mapped and stays so; -errno. With s->why. */
int gnb_handover(struct gnb_handover *h);

#endif
