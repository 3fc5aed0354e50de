// SPDX-License-Identifier: GPL-2.0-only
/* What is granted to one mapper is granted to another. */
#include <gnb/handover.h>

bool gnb_handover_takes(const struct gnb_version *v)
{
	return gnb_can_revoke(v);
}

int gnb_handover_init(struct gnb_handover *h, struct gnb_side *s, struct gnb_gtab *g, unsigned n)
{
	*h = (struct gnb_handover){ .s = s,
				    .g = g,
				    .n = n,
				    .granter = s->t->vcpu(s->m, GNB_GRANTER, 0),
				    .toolstack = s->t->vcpu(s->m, GNB_TOOLSTACK, 0) };
	if (!gnb_is_tree(g->entries))
		return gnb_can_revoke(s->version) ? gnb_revoke_init(&h->revoke, s, g, 1) : 0;
	h->bind = s->t->args_alloc(s->m, GNB_TOOLSTACK, sizeof(*h->bind));
	h->ack = s->t->args_alloc(s->m, GNB_GRANTER, sizeof(*h->ack));
	return h->bind && h->ack ? 0
				 : gnb_fail(s, -ENOMEM, "no memory for the arguments of two calls");
}

static int tree(struct gnb_handover *h)
{
	const struct gnb_target *t = h->s->t;
	uint16_t to = t->domid(h->s->m, GNB_MAPPER);
	long rc;

	*h->bind = (struct gnttab_v3_bind){ .tree = h->g->tree.id,
					    .dom = t->domid(h->s->m, GNB_GRANTER),
					    .to = to };
	rc = t->hypercall(h->toolstack, GNTTABOP_v3_bind, h->bind, 1);
	if (rc || h->bind->status != GNTST_okay)
		return gnb_fail(h->s,
				rc < 0				  ? (int)rc
				: h->bind->status == GNTST_eagain ? -EBUSY
								  : -EIO,
				"giving a tree to domain %u returned %ld, status %d", to, rc,
				h->bind->status);
	*h->ack = (struct gnttab_v3_ack){ .tree = h->g->tree.id, .dom = to };
	rc = t->hypercall(h->granter, GNTTABOP_v3_ack, h->ack, 1);
	return rc || h->ack->status != GNTST_okay
		       ? gnb_fail(h->s, rc < 0 ? (int)rc : -EIO,
				  "agreeing to domain %u returned %ld, status %d", to, rc,
				  h->ack->status)
		       : 0;
}

/* Nothing is granted, and what was mapped is not. */
static int take_back(struct gnb_handover *h)
{
	int rc;

	for (uint32_t ref = GNB_FIRST_REF; ref < GNB_FIRST_REF + h->n; ref++)
		gnb_grant_clear(h->g, ref);
	gnb_full_barrier();
	gnb_revoke_set(&h->revoke, 0, GNB_FIRST_REF, h->n);
	rc = gnb_revoke_call(&h->revoke, 0, 1);
	return rc ? rc : gnb_revoke_check(&h->revoke, 0);
}

static int table(struct gnb_handover *h)
{
	const struct gnb_target *t = h->s->t;
	uint16_t to = t->domid(h->s->m, GNB_MAPPER);
	int rc = gnb_can_revoke(h->s->version) ? take_back(h) : 0;

	for (unsigned i = 0; i < h->n && !rc; i++) {
		if (gnb_grant_end(h->g, GNB_FIRST_REF + i))
			return gnb_fail(h->s, -EBUSY, "reference %u is still mapped",
					GNB_FIRST_REF + i);
		gnb_grant_publish(h->g, GNB_FIRST_REF + i, to, t->frame(h->s->m, i), false);
	}
	return rc;
}

int gnb_handover(struct gnb_handover *h)
{
	return gnb_is_tree(h->g->entries) ? tree(h) : table(h);
}
