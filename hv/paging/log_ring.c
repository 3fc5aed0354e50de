/* SPDX-License-Identifier: GPL-2.0-only */
/* Rings of dirty pages: filled by vCPUs, taken by the toolstack, emptied by its call. */
#include "log_ring.h"
#include "log_bits.h"
#include "log_device.h"
#include "log_protect.h"
#include "p2m.h"

/* KVM_DIRTY_GFN_F_*. */
#define RING_DIRTY 1u
#define RING_TAKEN 2u
#define RESERVED   64u /* KVM_DIRTY_RING_RSVD_ENTRIES: one is full when no more than these are free */

bool hv_log_ring_full(const struct hv_vcpu *v)
{
	const struct hv_ring *r = &v->ring;

	return hv_load_acquire(&r->entry) &&
	       v->d->log.ring - (r->dirty - hv_load_acquire(&r->reset)) <= RESERVED &&
	       !hv_mutant(LOG_WAY_RING_OVERRUN);
}

void hv_log_ring_put(struct hv_vcpu *v, uint64_t gfn)
{
	struct hv_ring *r = &v->ring;
	struct hv_ring_entry *e = hv_ring_at(v->d, r, r->dirty);

	v->count.pages_marked++;
	hv_store(&e->slot, 0u);
	hv_store(&e->gfn, gfn);
	hv_store_release(&e->flags, RING_DIRTY);
	hv_store_release(&r->dirty, r->dirty + 1);
}

bool hv_log_ring_take(struct hv_vcpu *v, uint64_t *gfn)
{
	struct hv_ring *r = &v->ring;
	struct hv_ring_entry *e;

	e = r->entry ? hv_ring_at(v->d, r, r->taken) : NULL;
	if (!e || hv_load_acquire(&e->flags) != RING_DIRTY)
		return false;
	*gfn = hv_load(&e->gfn);
	hv_store_release(&e->flags, RING_TAKEN);
	r->taken++;
	return true;
}

/* Pages of one word of a bitmap, neighbours in the ring, with one taking of the lock. */
static void protect(struct hv_vcpu *cur, struct hv_domain *d, uint64_t word, uint64_t mask)
{
	if (!mask)
		return;
	hv_log_told(d, word * 64, mask);
	hv_p2m_lock(cur, d);
	hv_p2m_changes(d);
	hv_log_protect(cur, d, word * 64, mask);
	hv_p2m_unlock(cur, d);
}

static uint64_t reset(struct hv_vcpu *cur, struct hv_domain *d, struct hv_ring *r)
{
	uint64_t n = 0, word = 0, mask = 0;

	while (r->entry && r->reset != hv_load_acquire(&r->dirty)) {
		struct hv_ring_entry *e = hv_ring_at(d, r, r->reset);
		uint64_t gfn;

		if (!(hv_load_acquire(&e->flags) & RING_TAKEN) && !hv_mutant(LOG_WAY_RING_EARLY))
			break;
		gfn = hv_load(&e->gfn);
		hv_store(&e->flags, 0u);
		hv_store_release(&r->reset, r->reset + 1);
		n++;
		/* It lies in memory of the toolstack's. */
		if (gfn >= d->log.slot)
			continue;
		if (gfn / 64 != word) {
			protect(cur, d, word, mask);
			word = gfn / 64;
			mask = 0;
		}
		mask |= 1ull << gfn % 64;
	}
	protect(cur, d, word, mask);
	return n;
}

uint64_t hv_log_rings_reset(struct hv_vcpu *cur, struct hv_domain *d)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < d->nr_vcpus; i++)
		n += reset(cur, d, &d->vcpu[i]->ring);
	return n;
}
