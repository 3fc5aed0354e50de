/* SPDX-License-Identifier: GPL-2.0-only */
/* Bits and rings of dirty pages: their memory, and who is in them. */
#include "log_bits.h"
#include "page.h"

static size_t bits_bytes(uint64_t slot)
{
	return 2 * ((slot + 63) / 64) * sizeof(uint64_t);
}

static size_t ring_bytes(const struct hv_domain *d)
{
	return d->log.ring * sizeof(struct hv_ring_entry);
}

static int ring(struct hv_vcpu *cur, struct hv_domain *d, struct hv_ring *r)
{
	if (!r->entry) {
		struct hv_ring_entry *e = hv_zalloc(cur, d, ring_bytes(d));

		if (!e)
			return -ENOMEM;
		hv_store_release(&r->entry, e);
	}
	for (uint32_t i = r->reset; i != hv_load(&r->dirty); i++)
		hv_store(&hv_ring_at(d, r, i)->flags, 0u);
	hv_store(&r->reset, hv_load(&r->dirty));
	r->taken = r->dirty;
	return 0;
}

int hv_log_room(struct hv_vcpu *cur, struct hv_domain *d)
{
	uint64_t slot = (uint64_t)d->nr_pages + d->args_pages + d->table_pages;

	for (unsigned i = 0; i < d->nr_vcpus && d->log.way == HV_WAY_RING; i++)
		if (ring(cur, d, &d->vcpu[i]->ring))
			return -ENOMEM;
	if (d->log.bits)
		return 0;
	d->log.bits = hv_zalloc(cur, d, bits_bytes(slot));
	if (!d->log.bits)
		return -ENOMEM;
	hv_store_release(&d->log.slot, slot);
	return 0;
}

void hv_log_room_free(struct hv_vcpu *cur, struct hv_domain *d)
{
	if (d->log.bits)
		hv_free(cur, d, d->log.bits, bits_bytes(d->log.slot));
	for (unsigned i = 0; d->vcpu && i < d->nr_vcpus; i++)
		if (d->vcpu[i]->ring.entry)
			hv_free(cur, d, d->vcpu[i]->ring.entry, ring_bytes(d));
}

uint64_t hv_log_room_bytes(const struct hv_domain *d)
{
	uint64_t n = d->log.bits ? bits_bytes(d->log.slot) : 0;

	for (unsigned i = 0; i < d->nr_vcpus; i++)
		n += d->vcpu[i]->ring.entry ? ring_bytes(d) : 0;
	return n;
}

void hv_log_bit(struct hv_vcpu *cur, struct hv_domain *d, uint64_t pfn)
{
	if (pfn >= hv_load_acquire(&d->log.slot))
		return;
	cur->count.pages_marked++;
	hv_fetch_or(cur, &d->log.bits[pfn / 64], 1ull << pfn % 64);
}

void hv_log_bit_of(struct hv_vcpu *cur, struct hv_domain *d, uint64_t mfn)
{
	const struct hv_page *pg;

	if (!hv_mfn_valid(cur, mfn))
		return;
	pg = hv_page(cur->host, mfn);
	if (hv_load(&pg->owner) == d)
		hv_log_bit(cur, d, hv_load(&pg->m2p));
}

static bool in_ring(const struct hv_domain *d, const struct hv_ring *r, uint64_t gfn)
{
	for (uint32_t k = r->reset; r->entry && k != r->dirty; k++)
		if (hv_ring_at(d, r, k)->gfn == gfn)
			return true;
	return false;
}

bool hv_log_way_has(const struct hv_domain *d, uint64_t pfn)
{
	if (pfn < d->log.slot && (d->log.bits[pfn / 64] >> pfn % 64 & 1))
		return true;
	for (unsigned i = 0; i < d->nr_vcpus; i++)
		if (in_ring(d, &d->vcpu[i]->ring, pfn))
			return true;
	return false;
}
