/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * GNTTABOP_transfer, after Xen's gnttab_transfer() and gnttab_prepare_for_transfer(): a page of a
 * PV guest changes its owner, to where an accept_transfer entry of the new one says. Translated
 * guests may receive, but not call it. A page that was taken from its owner does not go back: when
 * a later check fails, it is freed.
 *
 * Xen copies a page to a lower frame where the receiver's entries have no room for its number; hv
 * has no frame beyond 16 TiB.
 */
#include "args.h"
#include "audit.h"
#include "handlers.h"
#include "lifetime.h"
#include "p2m.h"
#include "page.h"
#include "preempt.h"
#include "status.h"
#include "table.h"
#include "tlb.h"
#include "track.h"

/* Commit the receiver to the page: the version of its table, 0 if its entry does not accept it. */
static unsigned prepare(struct hv_vcpu *cur, struct hv_domain *rd, grant_ref_t ref)
{
	struct hv_grant_table *rgt = rd->gt;
	unsigned version = 0;
	uint32_t *header;
	union hv_header now;

	hv_grant_read_lock(cur, rgt);
	if (ref >= hv_nr_grant_entries(rgt))
		goto unlock;
	header = hv_entry_header(rgt, ref);
	now.raw = hv_guest_read(cur, header);
	for (int tries = 0; tries < HV_HEADER_TRIES; tries++) {
		union hv_header new = now;

		/* Every bit of the flags counts. */
		if (now.flags != GTF_accept_transfer || now.domid != cur->d->id)
			break;
		new.flags |= GTF_transfer_committed;
		if (hv_guest_cmpxchg(cur, header, &now.raw, new.raw)) {
			version = rgt->version;
			break;
		}
	}
unlock:
	hv_grant_read_unlock(cur, rgt);
	return version;
}

/* guest_physmap_add_page() of one frame. */
static int place(struct hv_vcpu *cur, struct hv_domain *e, uint64_t gfn, uint64_t mfn)
{
	struct hv_page *pg = hv_page(cur->host, mfn);

	if (hv_translated(e))
		return hv_p2m_add_page(cur, e, gfn, mfn, HV_P2M_RAM_RW);
	/* For an IOMMU entry, which hv has for grants only, Xen takes and drops a type. */
	if (hv_grant_need_iommu(e)) {
		if (!hv_get_page(cur, pg, e))
			return -EINVAL;
		if (!hv_get_type(cur, pg, HV_PGT_WRITABLE)) {
			hv_put_page(cur, pg);
			return -EINVAL;
		}
		hv_put_type(cur, pg);
		hv_put_page(cur, pg);
	}
	hv_store(&pg->m2p, gfn);
	return 0;
}

/* Tell the receiver: its entry names the frame (PV) or the place it went to, and says so. */
static int complete(struct hv_vcpu *cur, struct hv_domain *e, grant_ref_t ref, unsigned version,
		    uint64_t mfn)
{
	struct hv_grant_table *gt = e->gt;
	int rc = -EILSEQ;
	struct hv_active *act;
	uint16_t *flags;

	hv_grant_read_lock(cur, gt);
	act = hv_active_entry_acquire(cur, gt, ref);
	/* It changed since: the page is the receiver's, but it is not told where. */
	if (gt->version != version)
		goto release;
	rc = place(cur, e, hv_entry_frame(cur, gt, ref), mfn);
	if (!hv_translated(e) && version == 1)
		hv_store(&hv_entry_v1(gt, ref)->frame, (uint32_t)mfn);
	else if (!hv_translated(e))
		hv_store(&hv_entry_v2(gt, ref)->full_page.frame, mfn);
	hv_wmb();
	flags = (uint16_t *)hv_entry_header(gt, ref);
	hv_store_release(flags, (uint16_t)(hv_guest_read(cur, flags) | GTF_transfer_completed));
release:
	hv_active_entry_release(cur, act);
	hv_grant_read_unlock(cur, gt);
	return rc;
}

/* The page has no owner. On an error it still has none. */
static int give(struct hv_vcpu *cur, struct hv_domain *e, grant_ref_t ref, struct hv_page *pg,
		unsigned *version)
{
	if (!hv_reserve_frame(cur, e))
		return GNTST_general_error;
	*version = prepare(cur, e, ref);
	if (*version && !hv_assign_reserved(cur, pg, e))
		return GNTST_okay;
	hv_unreserve_frame(cur, e);
	return GNTST_general_error;
}

static int transfer(struct hv_vcpu *cur, const struct gnttab_transfer *op)
{
	uint64_t mfn = op->mfn;
	unsigned version = 0;
	struct hv_domain *e;
	struct hv_page *pg;
	int rc = GNTST_bad_domain;

	if (!hv_mfn_valid(cur, mfn))
		return GNTST_bad_page;
	pg = hv_page(cur->host, mfn);
	if (hv_steal_page(cur, pg))
		return GNTST_bad_page;
	if (!hv_mutant(TRANSFER_NO_FLUSH))
		hv_flush_pv(cur, cur->d);
	if (cur->host->cfg.audit)
		hv_tlb_audit(cur->host, mfn);
	e = hv_domain_find(cur, op->domid);
	if (e)
		rc = give(cur, e, op->ref, pg, &version);
	if (rc != GNTST_okay) {
		hv_free_stolen(cur, pg);
		return rc;
	}
	return complete(cur, e, op->ref, version, mfn) ? GNTST_general_error : GNTST_okay;
}

long hv_op_transfer(struct hv_vcpu *cur, uint64_t uop, unsigned count)
{
	struct gnttab_transfer op;

	for (unsigned i = 0; i < count; i++, uop += sizeof(op)) {
		int16_t status;

		if (i && hv_preempt(cur))
			return count - i;
		if (hv_copy_from_guest(cur, &op, uop, sizeof(op)))
			return -EFAULT;
		status = (int16_t)transfer(cur, &op);
		if (hv_copy_to_guest(cur, uop + offsetof(struct gnttab_transfer, status), &status,
				     sizeof(status)))
			return -EFAULT;
	}
	return 0;
}
