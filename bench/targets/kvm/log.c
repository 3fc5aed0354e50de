// SPDX-License-Identifier: GPL-2.0-only
/* Log-dirty as KVM has it: fetched and protected at once, fetched and cleared, or by rings. */
#include <errno.h>
#include <linux/kvm.h>
#include <string.h>

#include "here.h"
#include "log.h"
#include "slot.h"

/* KVM orders what it writes into a ring before the word that says so, and so must who reads it. */
#define load_acquire(p)	    __atomic_load_n(p, __ATOMIC_ACQUIRE)
#define store_release(p, v) __atomic_store_n(p, v, __ATOMIC_RELEASE)

static void set_bit(uint8_t *bitmap, uint64_t page)
{
	bitmap[page / 8] |= (uint8_t)(1u << page % 8);
}

static uint64_t bits(const uint8_t *bitmap, uint64_t pages)
{
	uint64_t n = 0;

	for (uint64_t page = 0; page < pages; page++)
		n += bitmap[page / 8] >> page % 8 & 1;
	return n;
}

void gnb_kvm_ring_collect(struct gnb_vcpu *v, uint8_t *bitmap, uint64_t pages)
{
	for (;;) {
		struct kvm_dirty_gfn *e = &v->ring[v->ring_at % v->m->ring_entries];

		if (load_acquire(&e->flags) != KVM_DIRTY_GFN_F_DIRTY)
			return;
		if (e->slot == GNB_KVM_SLOT_RAM && e->offset < pages)
			set_bit(bitmap, e->offset);
		store_release(&e->flags, KVM_DIRTY_GFN_F_RESET);
		v->ring_at++;
	}
}

void gnb_kvm_ring_full(struct gnb_vcpu *v)
{
	gnb_kvm_ring_collect(v, v->m->ring_dirty, v->m->cfg.granter_pages);
	gnb_kvm_timed(v->m, v->m->vm, KVM_RESET_DIRTY_RINGS, NULL);
}

static long enable(struct gnb_machine *m, bool on)
{
	uint64_t large = gnb_kvm_large(m);
	long rc = gnb_kvm_set_slot(m, GNB_KVM_SLOT_RAM, 0, m->ram,
				   (uint64_t)m->cfg.granter_pages * GNB_PAGE_SIZE,
				   on ? KVM_MEM_LOG_DIRTY_PAGES : 0);

	gnb_kvm_large_gone(m, large);
	m->logging = rc ? m->logging : on;
	return rc;
}

/* What is fetched, and in the first way protected again. */
static long fetch(struct gnb_machine *m, struct gnb_log *l)
{
	struct kvm_dirty_log d = { .slot = GNB_KVM_SLOT_RAM, .dirty_bitmap = l->bitmap };
	long rc;

	if (!l->bitmap || l->pages < m->cfg.granter_pages)
		return -EINVAL;
	rc = gnb_kvm_timed(m, m->vm, KVM_GET_DIRTY_LOG, &d);
	l->dirty = rc ? 0 : bits(l->bitmap, m->cfg.granter_pages);
	return rc;
}

static long clear(struct gnb_machine *m, struct gnb_log *l)
{
	struct kvm_clear_dirty_log c = { .slot = GNB_KVM_SLOT_RAM,
					 .first_page = l->first,
					 .num_pages = (uint32_t)l->pages,
					 .dirty_bitmap = l->bitmap };

	if (m->cfg.log_way != GNB_WAY_RING)
		return gnb_kvm_timed(m, m->vm, KVM_CLEAR_DIRTY_LOG, &c);
	return gnb_kvm_timed(m, m->vm, KVM_RESET_DIRTY_RINGS, NULL) < 0 ? -EIO : 0;
}

static long collect(struct gnb_machine *m, struct gnb_log *l)
{
	uint64_t pages = m->cfg.granter_pages, before = gnb_kvm_tsc();

	if (!l->bitmap || l->pages < pages)
		return -EINVAL;
	/* Rings are read by whoever asks, without a call. */
	memcpy(l->bitmap, m->ring_dirty, (pages + 7) / 8);
	memset(m->ring_dirty, 0, (pages + 7) / 8);
	for (unsigned i = 0; i < m->vcpus; i++)
		gnb_kvm_ring_collect(&m->vcpu[i], l->bitmap, pages);
	m->ticks += gnb_kvm_tsc() - before;
	l->dirty = bits(l->bitmap, pages);
	return 0;
}

long gnb_kvm_log(struct gnb_machine *m, unsigned nr, struct gnb_log *l)
{
	bool manual = m->cfg.log_way == GNB_WAY_MANUAL || m->cfg.log_way == GNB_WAY_ALL_SET;
	bool ring = m->cfg.log_way == GNB_WAY_RING;

	switch (nr) {
	case GNB_LOG_ENABLE:
		return m->logging ? -EINVAL : enable(m, true);
	case GNB_LOG_OFF:
		return enable(m, false);
	case GNB_LOG_CLEAN:
		return m->cfg.log_way == GNB_WAY_GET ? fetch(m, l) : -EOPNOTSUPP;
	case GNB_LOG_PEEK:
		return manual ? fetch(m, l) : -EOPNOTSUPP;
	case GNB_LOG_COLLECT:
		return ring ? collect(m, l) : -EOPNOTSUPP;
	case GNB_LOG_CLEAR:
		return manual || ring ? clear(m, l) : -EOPNOTSUPP;
	default:
		return -EOPNOTSUPP;
	}
}
