/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What log-dirty as KVM has it remembers: a bit a page, which nobody takes a lock to set, room for as many to be handed out,
 * and a ring for each vCPU; charged to the domain. After Linux' virt/kvm/kvm_main.c and dirty_ring.c.
 */
#ifndef HV_LOG_BITS_H
#define HV_LOG_BITS_H

#include "types.h"

/*
 * Room for all RAM that the domain was built with; or what is there, with rings emptied. Once it is there it stays until
 * the domain ends: who sets a bit takes no lock, and may be about to. No vCPU puts anything into its ring meanwhile.
 * -ENOMEM.
 */
int hv_log_room(struct hv_vcpu *cur, struct hv_domain *d);
/* The domain is gone, and who may have looked at it. */
void hv_log_room_free(struct hv_vcpu *cur, struct hv_domain *d);
uint64_t hv_log_room_bytes(const struct hv_domain *d);

/* mark_page_dirty_in_slot(): the page was written to, if it is one that is logged so. */
void hv_log_bit(struct hv_vcpu *cur, struct hv_domain *d, uint64_t pfn);
/* The same of a frame, where the domain has it. */
void hv_log_bit_of(struct hv_vcpu *cur, struct hv_domain *d, uint64_t mfn);

/* Has the page a bit, or is it in a ring and not emptied yet? On an idle host. */
bool hv_log_way_has(const struct hv_domain *d, uint64_t pfn);

/* Words of 64 pages that there are bits of; and where those are put together that are handed out. */
static inline uint64_t hv_log_words(const struct hv_domain *d)
{
	return (d->log.slot + 63) / 64;
}

/* kvm_second_dirty_bitmap(). */
static inline uint64_t *hv_log_second(const struct hv_domain *d)
{
	return d->log.bits + hv_log_words(d);
}

static inline struct hv_ring_entry *hv_ring_at(const struct hv_domain *d, const struct hv_ring *r,
					       uint32_t i)
{
	return &r->entry[i & (d->log.ring - 1)];
}

#endif
