// SPDX-License-Identifier: GPL-2.0-only
/* Pages that are mapped lose the right to write, and get it back. */
/* Who has no operation for it has its mapper unmap and map: that, with what prepares and checks it, is the work. */
#define GNB_WHOLE_SPANS
#include <gnb/protect.h>

bool gnb_can_protect_part(const struct gnb_version *v, unsigned order)
{
	/* The one entry of a table that names so much would have to be made anew as many. */
	return !order || v->mapping != GNB_MAP_SUPER;
}

int gnb_protect_init(struct gnb_protect *p, struct gnb_side *s, const struct gnb_gtab *g,
		     struct gnb_maps *maps, unsigned order, bool part)
{
	*p = (struct gnb_protect){ .s = s,
				   .g = g,
				   .maps = maps,
				   .granter = s->t->vcpu(s->m, GNB_GRANTER, 0),
				   .mapper = s->t->vcpu(s->m, GNB_MAPPER, 0),
				   .order = order,
				   .part = part };
	if (!gnb_is_tree(g->entries))
		return 0;
	p->op = s->t->args_alloc(s->m, GNB_GRANTER, sizeof(*p->op));
	return p->op ? 0 : gnb_fail(s, -ENOMEM, "no memory for the arguments of a call");
}

/* Entries of n pages from the first-th on say what may be done with them, whatever is mapped by them. */
static void entries(const struct gnb_protect *p, unsigned first, unsigned n, bool write)
{
	unsigned order = p->part ? 0 : p->order;

	for (unsigned i = first; i < first + n; i += 1u << order)
		gnb_grant_publish_large(p->g, GNB_FIRST_REF + i,
					p->s->t->domid(p->s->m, GNB_MAPPER),
					p->s->t->frame(p->s->m, i), order, !write);
}

/* By the granter alone. */
static int by_granter(struct gnb_protect *p, unsigned first, unsigned n, bool write)
{
	uint32_t ref = GNB_FIRST_REF + first;
	long rc;

	if (p->part && p->order && !write)
		gnb_grant_split(p->g, GNB_FIRST_REF + (first & ~((1u << p->order) - 1)), p->order);
	entries(p, first, n, write);
	gnb_full_barrier();
	*p->op = (struct gnttab_v3_protect){
		.ref = gnb_tree_ref(ref),
		.count = n,
		.tree = p->g->tree.id,
		.flags = write ? GNTV3_PROTECT_WRITE : 0,
	};
	rc = p->s->t->hypercall(p->granter, GNTTABOP_v3_protect, p->op, 1);
	if (rc || p->op->status != GNTST_okay)
		return gnb_fail(p->s, rc < 0 ? (int)rc : -EIO,
				"changing what may be done with pages returned %ld, status %d", rc,
				p->op->status);
	return p->op->outcomes & GNTV3_GOT_KEPT ? gnb_fail(p->s, -EBUSY, "a mapping did not change")
						: 0;
}

/* Entries can be changed when nothing is mapped by them. */
static int free_entries(const struct gnb_protect *p, unsigned first, unsigned n)
{
	unsigned step = gnb_grant_is_large(p->g, p->order) ? 1u << p->order : 1;
	int rc = 0;

	for (unsigned i = first; i < first + n && !rc; i += step)
		rc = gnb_grant_end(p->g, GNB_FIRST_REF + i);
	return rc ? gnb_fail(p->s, rc, "a page that was unmapped is in use") : 0;
}

/* With the help of the mapper, who may have to let go of more: all that it has mapped by the same request. */
static int by_mapper(struct gnb_protect *p, unsigned first, unsigned n, bool write)
{
	unsigned from = first, all = n;
	int rc;

	if (p->maps->r && p->part && p->order) {
		from = first & ~((1u << p->order) - 1);
		all = 1u << p->order;
	}
	rc = gnb_unmap(p->maps, p->mapper, from, all);
	if (!rc)
		rc = free_entries(p, first, n);
	if (rc)
		return rc;
	entries(p, first, n, write);
	for (unsigned i = first; i < first + n; i++)
		gnb_map_set(p->maps, i, gnb_map_addr(p->maps, i), GNB_FIRST_REF + i, !write);
	return gnb_map(p->maps, p->mapper, from, all);
}

int gnb_protect(struct gnb_protect *p, unsigned first, unsigned n, bool write)
{
	return p->op ? by_granter(p, first, n, write) : by_mapper(p, first, n, write);
}
