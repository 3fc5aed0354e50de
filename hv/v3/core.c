/* SPDX-License-Identifier: GPL-2.0-only */
/* The core of version 3, compiled into hv, and the way into it. */
#include "slow.h"
#include "v3.h"

#include "gv3_core.c"

_Static_assert(HV_V3_BUFFER >= GV3_BUFFER && HV_V3_MAX_TREES == GV3_MAX_TREES,
	       "v3.h, which does not know the core, says what the core wants");

/* Everybody who could look at them is out: trees that ended on this vCPU. */
static void free_retired(struct hv_vcpu *cur)
{
	while (cur->v3_retired) {
		uint32_t mfn = cur->v3_retired;

		cur->v3_retired = hv_page(cur->host, mfn)->next_free;
		hv_free_heap_page(cur, NULL, hv_virt(cur->host, mfn));
	}
}

/* "Nothing is allocated by unmap, revoke, protect, or the death of a domain", nor by what only looks. */
static bool takes_memory(unsigned op)
{
	switch (op) {
	case GNTTABOP_v3_unregister:
	case GNTTABOP_v3_set_root:
	case GNTTABOP_v3_unmap:
	case GNTTABOP_v3_revoke:
	case GNTTABOP_v3_protect:
	case GNTTABOP_v3_query:
	case GNTTABOP_v3_invalidate:
		return false;
	}
	return true;
}

/* References that this vCPU holds more than when it began: what is looked at is given back, what is mapped is not. */
static uint64_t held(const struct hv_vcpu *cur)
{
	return cur->count.page_gets - cur->count.page_puts;
}

static hv_always_inline long call(struct hv_vcpu *cur, unsigned op, uint64_t at, unsigned count)
{
	uint64_t before = held(cur);
	long rc;

	cur->no_alloc = !takes_memory(op);
	rc = gv3_call(cur, op, at, count);
	if (op == GNTTABOP_v3_map)
		hv_slow(cur, (unsigned)(held(cur) - before));
	cur->no_alloc = false;
	if (cur->v3_retired)
		hv_grace_in_call(cur, free_retired);
	return rc;
}

#define OP(name)                                                                                   \
	long hv_v3_##name(struct hv_vcpu *cur, uint64_t at, unsigned count)                        \
	{                                                                                          \
		return call(cur, GNTTABOP_v3_##name, at, count);                                   \
	}

OP(register)
OP(unregister)
OP(set_root)
OP(map)
OP(unmap)
OP(revoke)
OP(protect)
OP(query)
OP(copy)
OP(notify_setup)
OP(invalidate)
OP(bind)
OP(ack)

int hv_v3_init(struct hv_vcpu *cur, struct hv_domain *d, const struct hv_domain_config *c)
{
	/* This much it has in any case. */
	d->max_v3_bytes = ((uint64_t)c->max_v3_pages << HV_PAGE_SHIFT) + sizeof(struct gv3_state);
	d->v3 = gv3_init(cur, d, c->max_v3_trees);
	return d->v3 ? 0 : -ENOMEM;
}

void hv_v3_dies(struct hv_vcpu *cur, struct hv_domain *d)
{
	cur->no_alloc = true;
	while (gv3_dies(cur, d) == GV3_AGAIN)
		;
	cur->no_alloc = false;
	if (!cur->v3_retired)
		return;
	hv_grace_period(cur->host);
	free_retired(cur);
}

unsigned hv_v3_mappings(const struct hv_domain *d)
{
	unsigned n = 0;

	for (const struct gv3_tree *t = d->v3 ? d->v3->mine : NULL; t; t = t->next)
		n += t->live;
	return n;
}

uint64_t hv_v3_bytes(const struct hv_domain *d)
{
	return d->v3 ? hv_load(&d->v3_bytes) - sizeof(struct gv3_state) : 0;
}

void hv_v3_destroy(struct hv_vcpu *cur, struct hv_domain *d)
{
	if (d->v3)
		gv3_free(cur, d, d->v3);
	d->v3 = NULL;
}
