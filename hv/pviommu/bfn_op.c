/* SPDX-License-Identifier: GPL-2.0-only */
/* iommu_op() of 2016: an array of operations, and the caller's own pages. After the patches that one vendor shipped. */
#include "args.h"
#include "bfn.h"
#include "context.h"
#include "lifetime.h"
#include "page.h"
#include "preempt.h"

/* ---- the caller's own pages ---- */

/* The frame with a reference: the domain's; if it is not strict anybody's but the hypervisor's. NULL: it may not. */
static struct hv_page *frame_of(struct hv_vcpu *cur, uint64_t gfn, bool relaxed)
{
	struct hv_domain *d = cur->d, *owner;
	enum hv_p2m_type t;
	struct hv_page *pg;

	if (hv_translated(d))
		return hv_bfn_ram(cur, d, gfn, &t);
	if (!hv_mfn_valid(cur, gfn))
		return NULL;
	pg = hv_page(cur->host, gfn);
	owner = hv_get_owner_and_page(cur, pg);
	if (!owner)
		return NULL;
	if ((owner == d || relaxed) && !(hv_load(&pg->count_info) & HV_PGC_XEN_HEAP))
		return pg;
	hv_put_page(cur, pg);
	return NULL;
}

/* A PV domain's page that a device writes to has a type, so that it is no page table. */
static bool wants_type(const struct hv_page *pg, uint64_t entry)
{
	return (entry & HV_PTE_WRITE) && hv_pte_type(entry) == HV_P2M_RAM_RW &&
	       !hv_translated(hv_load(&pg->owner));
}

static int enter_held(struct hv_vcpu *cur, struct hv_page *pg, uint64_t bfn, uint64_t entry)
{
	int rc;

	if (wants_type(pg, entry) && !hv_get_type(cur, pg, HV_PGT_WRITABLE))
		return -EPERM;
	rc = hv_bfn_enter(cur, cur->d, bfn, entry);
	if (rc && wants_type(pg, entry))
		hv_put_type(cur, pg);
	return rc;
}

static int map_page(struct hv_vcpu *cur, const struct bfn_op *op)
{
	bool relaxed = cur->d->bfn.mode == HV_DOM0_RELAXED, no_ref = op->flags & BFN_NO_REF;
	struct hv_page *pg;
	int rc;

	if (op->flags >> BFN_ORDER_SHIFT)
		return -ENOSPC;
	if (!hv_bfn_maps(cur->d) || (no_ref && !relaxed) || op->u.map_page.bfn >= HV_PT_MAX_INDEX ||
	    !(op->flags & BFN_READABLE))
		return -EPERM;
	pg = frame_of(cur, op->u.map_page.gfn, relaxed);
	if (!pg)
		return -EPERM;
	rc = hv_bfn_make_space(cur) ? -EIO : 0;
	/* Whether it is held is in the entry, and nowhere else. */
	if (!rc)
		rc = enter_held(cur, pg, op->u.map_page.bfn,
				hv_pte(hv_page_mfn(cur->host, pg),
				       no_ref ? HV_P2M_MMIO_DIRECT : HV_P2M_RAM_RW,
				       op->flags & BFN_WRITEABLE));
	if (rc || no_ref)
		hv_put_page(cur, pg);
	return rc;
}

static int unmap_page(struct hv_vcpu *cur, const struct bfn_op *op, struct hv_bfn_batch *b)
{
	struct hv_domain *d = cur->d;
	uint64_t bfn = op->u.unmap_page.bfn, e = 0, old;
	struct hv_page *pg;

	if (op->flags >> BFN_ORDER_SHIFT)
		return -ENOSPC;
	if (!hv_load(&d->bfn.made))
		return -ENOENT;
	hv_spin_lock(cur, &d->bfn.lock, HV_LVL_CONTEXTS);
	e = hv_context_get(cur, &d->bfn.ctx, bfn, NULL);
	/* What an emulator has is its own to unmap. */
	if (hv_pte_type(e) != HV_P2M_RAM_RW && hv_pte_type(e) != HV_P2M_MMIO_DIRECT)
		e = 0;
	if (e)
		hv_context_set(cur, &d->bfn.ctx, bfn, 0, 0, &old);
	hv_spin_unlock(cur, &d->bfn.lock, HV_LVL_CONTEXTS);
	if (!e)
		return -ENOENT;
	b->owed = true;
	pg = hv_page(cur->host, hv_pte_mfn(e));
	if (hv_mutant(PVD_TRUSTS_NO_REF) ? !(op->flags & BFN_NO_REF)
					 : hv_pte_type(e) == HV_P2M_RAM_RW) {
		if (wants_type(pg, e))
			hv_put_type(cur, pg);
		hv_bfn_let_go(cur, b, hv_pte_mfn(e));
	}
	return 0;
}

/* ---- the array ---- */

static int one(struct hv_vcpu *cur, struct bfn_op *op, struct hv_bfn_batch *b)
{
	const struct hv_domain *d = cur->d;

	switch (op->subop_id) {
	case BFN_QUERY_CAPS:
		op->flags = hv_bfn_maps(d) ? BFN_CAP_MAP : 0;
		if (d->bfn.mode == HV_DOM0_RELAXED)
			op->flags |= BFN_CAP_ALL_MFNS;
		op->u.query_caps.offset = 0;
		return 0;
	case BFN_MAP_PAGE:
		return map_page(cur, op);
	case BFN_UNMAP_PAGE:
		return unmap_page(cur, op, b);
	case BFN_MAP_FOREIGN:
		return hv_bfn_map_foreign(cur, op);
	case BFN_LOOKUP_FOREIGN:
		return hv_bfn_lookup_foreign(cur, op);
	case BFN_UNMAP_FOREIGN:
		return hv_bfn_unmap_foreign(cur, op, b);
	default:
		return -ENODEV;
	}
}

/* From operation *done on: 0, -errno, -HV_ERESTART. */
static long operations(struct hv_vcpu *cur, uint64_t at, unsigned count, unsigned *done)
{
	struct hv_bfn_batch b = { 0 };
	struct bfn_op op;
	long rc = 0;

	while (*done < count && !rc) {
		uint64_t here = at + (uint64_t)*done * sizeof(op);

		if (hv_copy_from_guest(cur, &op, here, sizeof(op))) {
			rc = -EFAULT;
			break;
		}
		op.status = one(cur, &op, &b);
		/* An operation alone invalidates at once. */
		if (hv_copy_to_guest(cur, here, &op, sizeof(op)))
			rc = -EFAULT;
		++*done;
		if (!rc && *done < count && hv_preempt(cur))
			rc = -HV_ERESTART;
	}
	hv_bfn_settle(cur, &b);
	return rc;
}

static long step(struct hv_vcpu *cur, uint64_t at, unsigned count, unsigned *done)
{
	long rc;

	hv_hypercall_enter(cur);
	if (hv_domain_crashed(cur->d))
		rc = -EIO;
	else if (!cur->d->privileged || cur->d->bfn.mode == HV_DOM0_NONE)
		rc = -ENOSYS;
	else if ((int)count < 0)
		rc = -EINVAL;
	else if (!hv_guest_handle_okay(cur->d, at, count, sizeof(struct bfn_op)))
		rc = -EFAULT;
	else
		rc = operations(cur, at, count, done);
	hv_hypercall_exit(cur);
	return rc;
}

long hv_bfn_op(struct hv_vcpu *cur, void *arg, unsigned count)
{
	unsigned done = 0;
	long rc;

	while ((rc = step(cur, (uintptr_t)arg, count, &done)) == -HV_ERESTART)
		cur->count.continuations++;
	return rc;
}

void hv_bfn_stats(const struct hv_domain *d, struct hv_bfn_stats *out)
{
	*out = d->bfn.stats;
}
