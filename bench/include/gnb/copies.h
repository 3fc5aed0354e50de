/* SPDX-License-Identifier: GPL-2.0-only */
/* The mapper's side: operations that copy granted pages. As gnb/mapper.h has those that map. */
#ifndef GNB_COPIES_H
#define GNB_COPIES_H

#include <gnb/mapper.h>

/* n copies, all of granted pages or all of the mapper's own. */
struct gnb_copies {
	struct gnb_side *s;
	struct gnttab_copy *op;
	struct gnttab_v3_copy
		*v3; /* of granted pages, where they are granted by a tree; NULL: op */
	unsigned n;
};

/* As gnb_maps_init(). */
static inline int gnb_copies_init(struct gnb_copies *c, struct gnb_side *s, unsigned n)
{
	c->s = s;
	c->n = n;
	c->v3 = NULL;
	/* The larger of the two serves for both. */
	_Static_assert(sizeof(*c->v3) <= sizeof(*c->op) + 16, "operations of a page's copy");
	c->op = s->t->args_alloc(s->m, GNB_MAPPER, n * (sizeof(*c->op) + 16));
	return c->op ? 0 : gnb_fail(s, -ENOMEM, "no memory for the arguments of %u copies", n);
}

/* Copy i is to take len bytes of the page granted by ref into the mapper's own page. */
static inline void gnb_copy_set(struct gnb_copies *c, unsigned i, uint32_t ref, unsigned page,
				uint16_t len)
{
	struct gnb_side *s = c->s;

	gnb_outside_span(s);
	if (gnb_is_tree(s->version->entries)) {
		c->v3 = (struct gnttab_v3_copy *)c->op;
		c->v3[i] = (struct gnttab_v3_copy){
			.source = { .where = gnb_tree_ref(ref),
				    .tree = s->tree,
				    .dom = s->t->domid(s->m, GNB_GRANTER) },
			.dest = { .where = s->t->own_frame(s->m, page), .dom = DOMID_SELF },
			.len = len,
			.flags = GNTV3_COPY_SOURCE,
		};
		return;
	}
	c->op[i] = (struct gnttab_copy){
		.source = { .u.ref = ref, .domid = s->t->domid(s->m, GNB_GRANTER) },
		.dest = { .u.gmfn = s->t->own_frame(s->m, page), .domid = DOMID_SELF },
		.len = len,
		.flags = GNTCOPY_source_gref,
	};
}

/* Copy i is to take len bytes of the mapper's own page into the one granted by ref. */
static inline void gnb_copy_set_into(struct gnb_copies *c, unsigned i, unsigned page, uint32_t ref,
				     uint16_t len)
{
	struct gnb_side *s = c->s;

	gnb_outside_span(s);
	if (gnb_is_tree(s->version->entries)) {
		c->v3 = (struct gnttab_v3_copy *)c->op;
		c->v3[i] = (struct gnttab_v3_copy){
			.source = { .where = s->t->own_frame(s->m, page), .dom = DOMID_SELF },
			.dest = { .where = gnb_tree_ref(ref),
				  .tree = s->tree,
				  .dom = s->t->domid(s->m, GNB_GRANTER) },
			.len = len,
			.flags = GNTV3_COPY_DEST,
		};
		return;
	}
	c->op[i] = (struct gnttab_copy){
		.source = { .u.gmfn = s->t->own_frame(s->m, page), .domid = DOMID_SELF },
		.dest = { .u.ref = ref, .domid = s->t->domid(s->m, GNB_GRANTER) },
		.len = len,
		.flags = GNTCOPY_dest_gref,
	};
}

/* Copy i is to take len bytes of one of the mapper's own pages into another, by frame numbers. */
static inline void gnb_copy_set_own(struct gnb_copies *c, unsigned i, unsigned from, unsigned to,
				    uint16_t len)
{
	struct gnb_side *s = c->s;

	gnb_outside_span(s);
	c->op[i] = (struct gnttab_copy){
		.source = { .u.gmfn = s->t->own_frame(s->m, from), .domid = DOMID_SELF },
		.dest = { .u.gmfn = s->t->own_frame(s->m, to), .domid = DOMID_SELF },
		.len = len,
	};
}

/* Were the first n done? 0, or -EIO with s->why. */
static inline int gnb_copy_check(struct gnb_copies *c, unsigned n)
{
	gnb_outside_span(c->s);
	for (unsigned i = 0; i < n; i++) {
		int status = c->v3 ? c->v3[i].status : c->op[i].status;

		if (status != GNTST_okay)
			return gnb_fail(c->s, -EIO, "copying page %u: status %d", i, status);
	}
	return 0;
}

/* Do the first n, batch a hypercall, without a look at their statuses. 0, or -errno with s->why. */
static inline int gnb_copy_calls(struct gnb_copies *c, struct gnb_vcpu *v, unsigned n,
				 unsigned batch)
{
	return c->v3 ? gnb_calls(c->s, v, GNTTABOP_v3_copy, c->v3, sizeof(*c->v3), n, batch)
		     : gnb_calls(c->s, v, GNTTABOP_copy, c->op, sizeof(*c->op), n, batch);
}

/* Do the first n by one hypercall, and check them. Likewise. */
static inline int gnb_copy_first(struct gnb_copies *c, struct gnb_vcpu *v, unsigned n)
{
	int rc = gnb_copy_calls(c, v, n, n);

	return rc ? rc : gnb_copy_check(c, n);
}

/* Do all of them, batch a hypercall, and check them; or the calls as one span of metric. 0, or -errno with s->why. */
static inline int gnb_copy(struct gnb_copies *c, struct gnb_vcpu *v, unsigned batch)
{
	int rc = gnb_copy_calls(c, v, c->n, batch);

	return rc ? rc : gnb_copy_check(c, c->n);
}

static inline int gnb_copy_timed(struct gnb_copies *c, struct gnb_vcpu *v, unsigned metric,
				 unsigned batch)
{
	int rc = c->v3 ? gnb_timed_calls(c->s, metric, v, GNTTABOP_v3_copy, c->v3, sizeof(*c->v3),
					 c->n, batch, 1)
		       : gnb_timed_calls(c->s, metric, v, GNTTABOP_copy, c->op, sizeof(*c->op),
					 c->n, batch, 1);

	return rc ? rc : gnb_copy_check(c, c->n);
}

/* As gnb_map_one(), of one of the mapper's own. */
static inline int gnb_copy_one(struct gnb_copies *c, struct gnb_vcpu *v, unsigned i)
{
	long rc = c->s->t->hypercall(v, GNTTABOP_copy, &c->op[i], 1);

	gnb_outside_span(c->s);
	return rc || c->op[i].status ? -EIO : 0;
}

#endif
