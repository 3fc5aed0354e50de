/* SPDX-License-Identifier: GPL-2.0-only */
/* Log-dirty as KVM has it: enabled, fetched, cleared and ended. */
#include "log_ways.h"
#include "args.h"
#include "log_bits.h"
#include "log_device.h"
#include "log_out.h"
#include "log_protect.h"
#include "log_ring.h"
#include "p2m.h"
#include "shadow_op.h"
#include "tlb.h"
#include "unit.h"

/* ---- bits ---- */

/* Those of a word of 64 pages that are below page end. */
static uint64_t below(uint64_t word, uint64_t end)
{
	return end - word * 64 >= 64 ? ~0ull : (1ull << (end - word * 64)) - 1;
}

/* ---- on and off ---- */

/* What could be written is looked for by nobody any more: neither a vCPU's TLB nor a device's. */
static void flush(struct hv_vcpu *cur, struct hv_domain *d)
{
	hv_flush_guest(cur, d);
	if (d->iommu.mode == HV_IOMMU_SHARED)
		hv_unit_invalidate(cur, d, 0, 0, HV_SCOPE_DOMAIN);
}

/* kvm_mmu_slot_apply_flags(), with eager_page_split. */
static int enable(struct hv_vcpu *cur, struct hv_domain *d, unsigned mode)
{
	bool override = mode & HV_LOG_OVERRIDE, all = d->log.way == HV_WAY_ALL_SET;
	int rc;

	if ((override && d->log.veto != HV_VETO_PROPERTY) || d->log.on ||
	    (!override && hv_log_refused(d)))
		return -EINVAL;
	rc = hv_log_truth(d);
	rc = rc ? rc : hv_log_room(cur, d);
	if (rc)
		return rc;
	for (uint64_t w = 0; w < hv_log_words(d); w++)
		hv_store(&d->log.bits[w], all ? below(w, d->log.slot) : 0);
	hv_p2m_lock(cur, d);
	hv_store(&d->p2m.marks, true);
	hv_store(&d->log.on, true);
	hv_store(&d->log.added, false);
	if (!all) {
		hv_p2m_changes(d);
		hv_log_protect_all(cur, d, d->log.slot);
	}
	hv_p2m_unlock(cur, d);
	if (!all)
		flush(cur, d);
	return 0;
}

static int disable(struct hv_vcpu *cur, struct hv_domain *d)
{
	if (!hv_load(&d->log.on))
		return 0;
	hv_store(&d->log.on, false);
	hv_p2m_lock(cur, d);
	hv_log_merge(cur, d);
	hv_p2m_unlock(cur, d);
	return 0;
}

/* ---- fetched ---- */

static void new_pages(struct hv_vcpu *cur, struct hv_domain *d)
{
	if (hv_unlikely(d->log.added))
		hv_log_new_pages(cur, d);
}

/* What was put together goes to the toolstack. */
static int hand_out(struct hv_vcpu *cur, struct hv_domain *d, struct hv_log_op *op)
{
	uint64_t n = (op->pages + 63) / 64, dirty = 0;

	for (uint64_t w = 0; w < n; w++)
		dirty += (unsigned)__builtin_popcountll(hv_log_second(d)[w]);
	op->dirty_count = (uint32_t)dirty;
	if (!op->bitmap || !op->pages)
		return 0;
	if (hv_log_out(cur, op->bitmap, hv_log_second(d), (op->pages + 7) / 8))
		return -EFAULT;
	for (uint64_t w = 0; w < n; w++)
		hv_log_told(d, w * 64, hv_log_second(d)[w]);
	return 0;
}

/* kvm_get_dirty_log_protect(), of as many pages as there is room for. */
static int get(struct hv_vcpu *cur, struct hv_domain *d, struct hv_log_op *op)
{
	bool any = false;

	hv_p2m_lock(cur, d);
	hv_p2m_changes(d);
	new_pages(cur, d);
	for (uint64_t w = 0; hv_mutant(LOG_WAY_LATE_FETCH) && w < (op->pages + 63) / 64; w++)
		hv_log_protect(cur, d, w * 64, hv_load(&d->log.bits[w]));
	if (hv_mutant(LOG_WAY_LATE_FETCH)) {
		unsigned spins = 0;

		flush(cur, d);
		/* Long enough that somebody writes, also where there is one core for both. */
		while (spins < 128)
			hv_backoff(&spins);
	}
	for (uint64_t w = 0; w < (op->pages + 63) / 64; w++) {
		uint64_t mask = below(w, op->pages), *bits = &d->log.bits[w];

		mask &= hv_load(bits);
		hv_log_second(d)[w] = mask;
		if (!mask)
			continue;
		any = true;
		/* First: what is opened from here on has its bit again. */
		hv_log_second(d)[w] = hv_fetch_and(cur, bits, ~mask) & mask;
		if (!hv_mutant(LOG_WAY_LATE_FETCH))
			hv_log_protect(cur, d, w * 64, mask);
	}
	hv_p2m_unlock(cur, d);
	if (any)
		flush(cur, d);
	return hand_out(cur, d, op);
}

/* The same with manual_dirty_log_protect. */
static int peek(struct hv_vcpu *cur, struct hv_domain *d, struct hv_log_op *op)
{
	if (hv_unlikely(hv_load(&d->log.added))) {
		hv_p2m_lock(cur, d);
		new_pages(cur, d);
		hv_p2m_unlock(cur, d);
	}
	for (uint64_t w = 0; w < (op->pages + 63) / 64; w++)
		hv_log_second(d)[w] = hv_load(&d->log.bits[w]) & below(w, op->pages);
	return hand_out(cur, d, op);
}

static int fetch(struct hv_vcpu *cur, struct hv_domain *d, struct hv_log_op *op)
{
	if (op->mode & ~SHADOW_MODE_FINAL)
		return -EINVAL;
	op->dirty_count = op->fault_count = 0;
	if (!d->log.on) {
		op->pages = 0;
		return 0;
	}
	hv_log_harvest(cur, d);
	if (op->pages > d->log.slot)
		op->pages = d->log.slot;
	return op->op == SHADOW_CLEAN ? get(cur, d, op) : peek(cur, d, op);
}

/* ---- cleared ---- */

/* kvm_clear_dirty_log_protect(). */
static int clear(struct hv_vcpu *cur, struct hv_domain *d, const struct hv_log_op *op)
{
	uint64_t first = (uint64_t)op->mode * 64, n = op->pages, w = first / 64;
	bool any = false;

	if (!d->log.on)
		return -EINVAL;
	if (!hv_mutant(LOG_WAY_CLEAR_BEYOND) && (first > d->log.slot || n > d->log.slot - first ||
						 (n % 64 && first + n != d->log.slot)))
		return -EINVAL;
	if (!n)
		return 0;
	if (!hv_guest_handle_okay(cur->d, op->bitmap & ~3ull, 1, (n + 7) / 8 + 3) ||
	    hv_copy_from_guest(cur, hv_log_second(d), op->bitmap, (n + 7) / 8))
		return -EFAULT;
	hv_p2m_lock(cur, d);
	hv_p2m_changes(d);
	for (uint64_t i = 0; i < (n + 63) / 64; i++, w++) {
		uint64_t mask = hv_log_second(d)[i] & below(i, n);

		if (hv_mutant(LOG_WAY_CLEARS_ALL) && mask)
			mask = ~0ull;
		if (mask)
			mask &= hv_fetch_and(cur, &d->log.bits[w], ~mask);
		if (!mask)
			continue;
		any = true;
		hv_log_protect(cur, d, w * 64, mask);
	}
	hv_p2m_unlock(cur, d);
	if (any)
		flush(cur, d);
	return 0;
}

/* kvm_vm_ioctl_reset_dirty_pages(). */
static int reset(struct hv_vcpu *cur, struct hv_domain *d, struct hv_log_op *op)
{
	op->pages = d->log.on ? hv_log_rings_reset(cur, d) : 0;
	if (op->pages)
		flush(cur, d);
	return 0;
}

/* ---- an operation ---- */

static bool has(enum hv_log_way way, unsigned op)
{
	bool apart = way == HV_WAY_MANUAL || way == HV_WAY_ALL_SET;

	switch (op) {
	case SHADOW_PEEK:
	case SHADOW_CLEAR:
		return apart;
	case SHADOW_CLEAN:
		return way == HV_WAY_GET || way == HV_WAY_RING;
	case SHADOW_RESET:
		return way == HV_WAY_RING;
	default:
		return way < HV_LOG_WAYS;
	}
}

int hv_log_way_op(struct hv_vcpu *cur, struct hv_domain *d, struct hv_log_op *op)
{
	if (!has(d->log.way, op->op))
		return -EOPNOTSUPP;
	switch (op->op) {
	case SHADOW_ENABLE:
		return op->mode & SHADOW_MODE_LOG_DIRTY ? enable(cur, d, op->mode) : -EINVAL;
	case SHADOW_ENABLE_LOGDIRTY:
		return enable(cur, d, op->mode);
	case SHADOW_OFF:
		return disable(cur, d);
	case SHADOW_CLEAN:
	case SHADOW_PEEK:
		return fetch(cur, d, op);
	case SHADOW_CLEAR:
		return clear(cur, d, op);
	case SHADOW_RESET:
		return reset(cur, d, op);
	case SHADOW_GET_ALLOCATION:
		op->mb = (unsigned)((hv_load(&d->heap_bytes) + (1u << 20) - 1) >> 20);
		return 0;
	default:
		return -EINVAL;
	}
}
