/* SPDX-License-Identifier: GPL-2.0-only */
/* XEN_DOMCTL_shadow_op: the log of dirty pages enabled, read, cleaned and ended, with preemption. */
#include "log_ops.h"
#include "log_device.h"
#include "log_out.h"
#include "log_trie.h"
#include "log_ways.h"
#include "preempt.h"
#include "retype.h"
#include "shadow_op.h"
#include "tlb.h"

static struct hv_log_left *left_of(struct hv_domain *d)
{
	return &d->log.left;
}

static void leave(struct hv_vcpu *cur, struct hv_domain *d, unsigned op, unsigned i4, unsigned i3,
		  uint64_t done)
{
	*left_of(d) = (struct hv_log_left){ cur->d, op, i4, i3, done };
}

/* An operation that was left must be taken up by whoever began it. */
static bool is_anothers(const struct hv_vcpu *cur, const struct hv_log_left *left, unsigned op)
{
	return left->by && (left->by != cur->d || left->op != op) && !hv_mutant(LOG_NEVER_BUSY);
}

/* ---- on and off ---- */

/* paging_log_dirty_enable(), hap_enable_log_dirty(). */
static int enable(struct hv_vcpu *cur, struct hv_domain *d, unsigned mode)
{
	bool override = mode & HV_LOG_OVERRIDE;

	if (override && d->log.veto != HV_VETO_PROPERTY)
		return -EINVAL;
	if (!override && hv_log_refused(d) && !hv_mutant(LOG_ENABLE_ANY))
		return -EINVAL;
	if (d->log.on)
		return -EINVAL;
	if (hv_log_truth(d))
		return -ENOMEM;
	hv_domain_pause(cur, d);
	hv_paging_lock(cur, d);
	hv_store(&d->log.on, true);
	hv_paging_unlock(cur, d);
	hv_marks_global(cur, d, true);
	hv_flush_guest(cur, d);
	hv_domain_unpause(cur, d);
	return 0;
}

/* The nodes of level 2 below one of level 3 go, from i3 on. -HV_ERESTART. */
static int free_below(struct hv_vcpu *cur, struct hv_domain *d, uint64_t **l3, unsigned i4,
		      unsigned i3)
{
	for (; i3 < HV_LOG_NODE; i3++) {
		uint64_t **l2 = (uint64_t **)l3[i3];

		if (!l2)
			continue;
		for (unsigned i2 = 0; i2 < HV_LOG_NODE; i2++)
			if (l2[i2])
				hv_log_free(cur, d, l2[i2]);
		hv_log_free(cur, d, l2);
		l3[i3] = NULL;
		if (i3 < HV_LOG_NODE - 1 && hv_preempt(cur)) {
			leave(cur, d, SHADOW_OFF, i4, i3 + 1, left_of(d)->done);
			return -HV_ERESTART;
		}
	}
	return 0;
}

static int free_from(struct hv_vcpu *cur, struct hv_domain *d, unsigned i4, unsigned i3)
{
	uint64_t **l4 = d->log.top;

	for (; i4 < HV_LOG_NODE; i4++, i3 = 0) {
		uint64_t **l3 = (uint64_t **)l4[i4];
		int rc;

		if (!l3)
			continue;
		rc = free_below(cur, d, l3, i4, i3);
		if (rc)
			return rc;
		hv_log_free(cur, d, l3);
		l4[i4] = NULL;
		if (i4 < HV_LOG_NODE - 1 && hv_preempt(cur)) {
			leave(cur, d, SHADOW_OFF, i4 + 1, 0, left_of(d)->done);
			return -HV_ERESTART;
		}
	}
	hv_log_free(cur, d, l4);
	d->log.top = NULL;
	return 0;
}

/* paging_free_log_dirty_bitmap(). done: what is returned in the end. */
static int free_trie(struct hv_vcpu *cur, struct hv_domain *d, int done)
{
	struct hv_log_left *left = left_of(d);
	int rc = 0;

	hv_paging_lock(cur, d);
	if (!d->log.top)
		goto out;
	if (!left->by)
		*left = (struct hv_log_left){ .done = (uint64_t)-done };
	rc = free_from(cur, d, left->i4, left->i3);
	if (!rc) {
		d->log.failed_allocs = 0;
		d->log.dirty_count = 0;
		rc = -(int)left->done;
		left->by = NULL;
	}
out:
	hv_paging_unlock(cur, d);
	return rc;
}

/* paging_log_dirty_disable(), hap_disable_log_dirty(). */
static int disable(struct hv_vcpu *cur, struct hv_domain *d, bool resuming)
{
	int rc;

	if (!resuming) {
		hv_domain_pause(cur, d);
		if (d->log.on) {
			hv_paging_lock(cur, d);
			hv_store(&d->log.on, false);
			hv_paging_unlock(cur, d);
			hv_marks_global(cur, d, false);
		}
	}
	rc = free_trie(cur, d, 0);
	if (rc != -HV_ERESTART)
		hv_domain_unpause(cur, d);
	return rc;
}

void hv_log_end(struct hv_vcpu *cur, struct hv_domain *d)
{
	hv_paging_lock(cur, d);
	hv_store(&d->log.on, false);
	hv_paging_unlock(cur, d);
	left_of(d)->by = NULL;
	while (free_trie(cur, d, 0) == -HV_ERESTART)
		;
	free(d->log.truth);
	d->log.truth = NULL;
}

/* ---- CLEAN and PEEK ---- */

/* What is handed out of a leaf, or of none. */
static const uint64_t zeros[HV_PAGE_SIZE / sizeof(uint64_t)];

static int hand_out(struct hv_vcpu *cur, struct hv_domain *d, const struct hv_log_op *op,
		    uint64_t *leaf, uint64_t pages, unsigned bytes, bool clean)
{
	if (op->bitmap && hv_log_out(cur, op->bitmap + (pages >> 3), leaf ? leaf : zeros, bytes))
		return -EFAULT;
	if (!leaf)
		return 0;
	cur->count.frame_maps++;
	if (op->bitmap)
		for (unsigned i = 0; i < bytes / 8; i++)
			hv_log_told(d, pages + i * 64, leaf[i]);
	if (clean)
		for (unsigned i = 0; i < HV_LOG_LEAF / 64; i++)
			hv_store(&leaf[i], 0ull);
	return 0;
}

/* The leaves of one node of level 2, or as many pages without one. */
static int read_leaves(struct hv_vcpu *cur, struct hv_domain *d, const struct hv_log_op *op,
		       uint64_t **l2, uint64_t *pages, bool clean)
{
	for (unsigned i2 = 0; *pages < op->pages && i2 < HV_LOG_NODE; i2++) {
		uint64_t left = (op->pages - *pages + 7) >> 3;
		unsigned bytes = HV_PAGE_SIZE;
		int rc;

		if (left < bytes && !hv_mutant(LOG_OVERRUN))
			bytes = (unsigned)left;
		rc = hand_out(cur, d, op, l2 ? l2[i2] : NULL, *pages, bytes, clean);
		if (rc)
			return rc;
		*pages += (uint64_t)bytes << 3;
	}
	return 0;
}

/* All of the trie from where the operation was left. */
static int read_trie(struct hv_vcpu *cur, struct hv_domain *d, const struct hv_log_op *op,
		     uint64_t *pages)
{
	struct hv_log_left *left = left_of(d);
	uint64_t **l4 = d->log.top;
	bool clean = op->op == SHADOW_CLEAN;
	unsigned i4 = left->i4, i3 = left->i3;
	int rc;

	if (hv_mutant(LOG_RESTARTS))
		i4 = i3 = 0;
	if (hv_mutant(LOG_FORGETS_I3))
		i3 = 0;
	*pages = left->done;
	cur->count.frame_maps += l4 != NULL;
	for (; *pages < op->pages && i4 < HV_LOG_NODE; i4++, i3 = 0) {
		uint64_t **l3 = l4 ? (uint64_t **)l4[i4] : NULL;

		cur->count.frame_maps += l3 != NULL;
		for (; *pages < op->pages && i3 < HV_LOG_NODE; i3++) {
			uint64_t **l2 = l3 ? (uint64_t **)l3[i3] : NULL;

			cur->count.frame_maps += l2 != NULL;
			rc = read_leaves(cur, d, op, l2, pages, clean);
			if (rc)
				return rc;
			if (i3 < HV_LOG_NODE - 1 && hv_preempt(cur)) {
				leave(cur, d, op->op, i4, i3 + 1, *pages);
				return -HV_ERESTART;
			}
		}
		if (i4 < HV_LOG_NODE - 1 && hv_preempt(cur)) {
			leave(cur, d, op->op, i4 + 1, 0, *pages);
			return -HV_ERESTART;
		}
	}
	return 0;
}

/* The part of an operation under the paging lock. */
static int read_locked(struct hv_vcpu *cur, struct hv_domain *d, struct hv_log_op *op,
		       uint64_t *pages, bool resuming)
{
	struct hv_log_left *left = left_of(d);
	int rc;

	if (!left->by)
		*left = (struct hv_log_left){ 0 };
	if (!resuming)
		hv_log_harvest(cur, d);
	op->fault_count = 0;
	op->dirty_count =
		d->log.dirty_count < UINT32_MAX ? (uint32_t)d->log.dirty_count : UINT32_MAX;
	rc = d->log.failed_allocs ? -ENOMEM : read_trie(cur, d, op, pages);
	if (rc == -HV_ERESTART)
		return rc;
	left->by = NULL;
	if (!rc && op->op == SHADOW_CLEAN)
		d->log.dirty_count = 0;
	return rc;
}

/* paging_log_dirty_op(). */
static int read_log(struct hv_vcpu *cur, struct hv_domain *d, struct hv_log_op *op, bool resuming)
{
	uint64_t pages = 0;
	int rc;

	/* LOGDIRTY_FINAL: frames that the hypervisor itself keeps mapped for writing; hv keeps none of RAM that is logged. */
	if (!resuming)
		hv_domain_pause(cur, d);
	hv_paging_lock(cur, d);
	rc = read_locked(cur, d, op, &pages, resuming);
	hv_paging_unlock(cur, d);
	if (rc == -HV_ERESTART)
		return rc;
	if (!rc && pages < op->pages)
		op->pages = pages;
	if (!rc && op->op == SHADOW_CLEAN) {
		/* hap_clean_dirty_bitmap(): also if nothing is logged (docs/p2m.md). */
		hv_marks_global(cur, d, true);
		hv_flush_guest(cur, d);
		d->log.added = false;
	}
	hv_domain_unpause(cur, d);
	return rc;
}

int hv_log_domctl(struct hv_vcpu *cur, struct hv_domain *d, struct hv_log_op *op, bool resuming)
{
	const struct hv_log_left *left = left_of(d);

	if (d == cur->d)
		return -EINVAL;
	if (hv_load(&d->is_dying))
		return 0;
	if (d->log.way != HV_WAY_MARKS)
		return hv_log_way_op(cur, d, op);
	if (resuming ? !left->by || is_anothers(cur, left, op->op)
		     : left->by && op->op != SHADOW_GET_ALLOCATION && !hv_mutant(LOG_NEVER_BUSY))
		return -EBUSY;
	switch (op->op) {
	case SHADOW_ENABLE:
		if (!(op->mode & SHADOW_MODE_LOG_DIRTY))
			return -EINVAL;
		return enable(cur, d, op->mode);
	case SHADOW_ENABLE_LOGDIRTY:
		return enable(cur, d, op->mode);
	case SHADOW_OFF:
		return disable(cur, d, resuming);
	case SHADOW_CLEAN:
	case SHADOW_PEEK:
		return op->mode & ~SHADOW_MODE_FINAL ? -EINVAL : read_log(cur, d, op, resuming);
	case SHADOW_GET_ALLOCATION:
		op->mb = (unsigned)((hv_load(&d->heap_bytes) + (1u << 20) - 1) >> 20);
		return 0;
	default:
		return -EINVAL;
	}
}
