/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The granter takes back what a mapper has mapped: its entries first, then a hypercall. By the versions that can; a
 * benchmark asks gnb_can_revoke(). As gnb/mapper.h: prepared before a span, called in it, looked at after it.
 *
 * Locking: the granter's first vCPU, by one thread at a time.
 */
#ifndef GNB_REVOKE_H
#define GNB_REVOKE_H

#include <gnb/grant.h>

/* What came of the mappings of a range. */
enum gnb_got {
	GNB_GOT_HOLE = 1 << 0,
	GNB_GOT_SINK = 1 << 1,
	GNB_GOT_MORE = 1 << 2, /* a large entry went as a whole: more than the range */
	GNB_GOT_KEPT = 1 << 3, /* its mapper accepts nothing, and has it still */
};

static inline bool gnb_can_revoke(const struct gnb_version *v)
{
	return v->revoking != GNB_REVOKE_NEVER;
}

/* Mappings of a page that such a version can be asked to take back; 0: none. */
unsigned gnb_revoke_maps_max(const struct gnb_version *v);

/* Can a PV mapper have a page of its own in the place of one that is taken back? */
bool gnb_revoke_pv_sink(const struct gnb_version *v);

struct gnb_taking; /* by which operation */

/* n hypercalls, each of which takes a range back. */
struct gnb_revoke {
	struct gnb_side *s;
	const struct gnb_gtab *g;
	const struct gnb_taking *by;
	struct gnb_vcpu *v;
	void *op;
	unsigned n;
};

/* Room for n of them, for the life of the machine. 0, or -errno with s->why. */
int gnb_revoke_init(struct gnb_revoke *k, struct gnb_side *s, const struct gnb_gtab *g, unsigned n);

/* Call i is to take back count references from ref on, whose entries no longer grant anything: gnb_grant_clear(). */
void gnb_revoke_set(struct gnb_revoke *k, unsigned i, uint32_t ref, uint32_t count);

/* Make n calls from the first-th on, as a span of metric that holds nothing else and counts their references. */
int gnb_revoke_timed(struct gnb_revoke *k, unsigned metric, unsigned first, unsigned n);
/* The same without a span. 0, or -errno with s->why. */
int gnb_revoke_call(struct gnb_revoke *k, unsigned first, unsigned n);

/* Was call i done? 0, or -EIO with s->why. What came of it: enum gnb_got, and pages, of each mapping, that were taken. */
int gnb_revoke_check(struct gnb_revoke *k, unsigned i);
unsigned gnb_revoke_got(const struct gnb_revoke *k, unsigned i);
uint32_t gnb_revoke_pages(const struct gnb_revoke *k, unsigned i);

#endif
