/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where a translated domain has its pages: put somewhere else, taken away, another domain's put there. After Xen's
 * xenmem_add_to_physmap(), xenmem_add_to_physmap_batch() (common/memory.c), xenmem_add_to_physmap_one() and
 * p2m_add_foreign() (arch/x86/mm/p2m.c).
 */
#include "args.h"
#include "give_up.h"
#include "iommu.h"
#include "lifetime.h"
#include "log_ops.h"
#include "page.h"
#include "physmap.h"
#include "preempt.h"
#include "table.h"
#include "typed.h"
#include <xen/memory.h>

#ifndef XENMAPIDX_grant_table_status
#define XENMAPIDX_grant_table_status 0x80000000u
#endif

#define CHUNK 16 /* moves of a range that one invalidation is for */

/*
 * What is at gpfn makes room for mfn: a frame of the hypervisor's is unhooked; other memory is given up, as by
 * decrease_reservation, or cannot be. *gone: to be put when the p2m is let go of.
 */
static int make_room(struct hv_vcpu *cur, struct hv_domain *d, uint64_t gpfn, uint64_t mfn,
		     struct hv_page **gone)
{
	enum hv_p2m_type t;
	uint64_t prev = hv_p2m_get(cur, d, gpfn, &t);

	if ((t == HV_P2M_MMIO_DIRECT || hv_p2m_is_lent(t)) && !hv_mutant(PHYSMAP_OVER_ANY))
		return -EPERM;
	if (prev >= cur->host->nr_frames)
		return 0;
	/* What stands in the place of a revoked page is the hypervisor's too, and stays. */
	if (!hv_p2m_is_special(t) &&
	    hv_load(&hv_page(cur->host, prev)->count_info) & HV_PGC_XEN_HEAP)
		return hv_p2m_remove_page(cur, d, gpfn, prev);
	return prev == mfn ? 0 : hv_give_up(cur, d, gpfn, gone);
}

/* mfn, which the domain has at old, or nowhere, comes to gpfn. Under the p2m's lock. */
static int put_at(struct hv_vcpu *cur, struct hv_domain *d, uint64_t old, uint64_t gpfn,
		  uint64_t mfn, enum hv_p2m_type t, struct hv_page **gone)
{
	int rc = make_room(cur, d, gpfn, mfn, gone);

	if (!rc && old != HV_INVALID && old != gpfn)
		rc = hv_p2m_remove_page(cur, d, old, mfn);
	return rc ? rc : hv_p2m_add_page(cur, d, gpfn, mfn, t);
}

/* XENMAPSPACE_grant_table: a frame of the table has one GFN at a time. */
static int grant_frame(struct hv_vcpu *cur, struct hv_domain *d, uint64_t idx, uint64_t gpfn)
{
	bool status = idx & XENMAPIDX_grant_table_status;
	struct hv_page *gone = NULL;
	int rc = -EINVAL;
	uint64_t mfn;
	void *p;

	hv_grant_write_lock(cur, d->gt);
	p = hv_grant_physmap_frame(
		cur, d, (unsigned)(idx & ~(uint64_t)XENMAPIDX_grant_table_status), status);
	if (p) {
		mfn = hv_virt_to_mfn(cur->host, p);
		hv_p2m_lock(cur, d);
		rc = put_at(cur, d, hv_load(&hv_page(cur->host, mfn)->m2p), gpfn, mfn,
			    HV_P2M_XEN_SHARED, &gone);
		hv_p2m_unlock(cur, d);
	}
	hv_grant_write_unlock(cur, d->gt);
	if (gone)
		hv_put_page(cur, gone);
	return rc;
}

/*
 * XENMAPSPACE_gmfn: the page at gfn comes to gpfn. The source stays locked until it is there (XSA-379). *keep: its
 * reference, if it is kept until the IOTLB is invalidated.
 */
static int move(struct hv_vcpu *cur, struct hv_domain *d, uint64_t gfn, uint64_t gpfn,
		struct hv_page **keep)
{
	struct hv_page *pg = NULL, *gone = NULL;
	enum hv_p2m_type t;
	uint64_t mfn, old;
	int rc = -EINVAL;

	hv_p2m_lock(cur, d);
	mfn = hv_p2m_get(cur, d, gfn, &t);
	if (mfn != HV_INVALID && hv_mfn_valid(cur, mfn) &&
	    hv_get_page(cur, hv_page(cur->host, mfn), d))
		pg = hv_page(cur->host, mfn);
	if (pg) {
		old = hv_load(&pg->m2p);
		/* Only by the one place that is its. */
		rc = old != gfn && !hv_mutant(PHYSMAP_ANY_PLACE)
			     ? -EXDEV
			     : put_at(cur, d, old, gpfn, mfn,
				      t == HV_P2M_XEN_SHARED ? t : HV_P2M_RAM_RW, &gone);
	}
	hv_p2m_unlock(cur, d);
	if (!rc && keep) {
		*keep = pg;
		pg = NULL;
	}
	if (pg)
		hv_put_page(cur, pg);
	if (gone)
		hv_put_page(cur, gone);
	return rc;
}

/* The page that a domain names so, with a reference, if it is RAM of its own, and no frame that the hypervisor shares. */
static struct hv_page *ram_of(struct hv_vcpu *cur, struct hv_domain *d, uint64_t frame)
{
	struct hv_page *pg;
	enum hv_p2m_type t;

	if (!hv_translated(d)) {
		pg = hv_mfn_valid(cur, frame) ? hv_page(cur->host, frame) : NULL;
		/* Its grant frames are no RAM: they go whoever has a reference (docs/design.md, difference 1). */
		return pg && !(hv_load(&pg->count_info) & HV_PGC_XEN_HEAP) &&
				       hv_get_page(cur, pg, d)
			       ? pg
			       : NULL;
	}
	pg = hv_p2m_get_page(cur, d, frame, &t);
	if (pg && !hv_p2m_is_ram(t)) {
		hv_put_page(cur, pg);
		pg = NULL;
	}
	return pg;
}

/* XENMAPSPACE_gmfn_foreign: only for a toolstack's own p2m, where such entries do no harm that it could not do. */
static int add_foreign(struct hv_vcpu *cur, struct hv_domain *d, domid_t from, uint64_t fgfn,
		       uint64_t gpfn)
{
	struct hv_page *pg, *gone = NULL;
	struct hv_domain *fd;
	uint64_t mfn;
	int rc;

	if (!d->privileged)
		return -EPERM;
	fd = hv_domain_find(cur, from);
	if (!fd)
		return -ESRCH;
	if (fd == cur->d)
		return -EPERM;
	if (fd == d)
		return -EINVAL;
	pg = ram_of(cur, fd, fgfn);
	if (!pg)
		return -EINVAL;
	mfn = hv_page_mfn(cur->host, pg);
	hv_p2m_lock(cur, d);
	rc = make_room(cur, d, gpfn, HV_INVALID, &gone);
	if (!rc)
		rc = hv_p2m_set_typed(cur, d, gpfn, mfn, 0, HV_P2M_FOREIGN);
	/* p2m_entry_modify(): the entry's own. Who has one gets another. */
	if (!rc)
		hv_get_page(cur, pg, fd);
	hv_p2m_unlock(cur, d);
	hv_put_page(cur, pg);
	if (gone)
		hv_put_page(cur, gone);
	return rc;
}

/* xenmem_add_to_physmap_one(). */
static int one(struct hv_vcpu *cur, struct hv_domain *d, unsigned space, domid_t from, uint64_t idx,
	       uint64_t gpfn)
{
	if (gpfn >= HV_PT_MAX_INDEX)
		return -EINVAL;
	switch (space) {
	case XENMAPSPACE_grant_table:
		return grant_frame(cur, d, idx, gpfn);
	case XENMAPSPACE_gmfn:
		return move(cur, d, idx, gpfn, NULL);
	case XENMAPSPACE_gmfn_foreign:
		return add_foreign(cur, d, from, idx, gpfn);
	default:
		/* The shared info page too, which hv has not. */
		return -EINVAL;
	}
}

/* xatp_permission_check(). */
static int permitted(const struct hv_vcpu *cur, const struct hv_domain *d, unsigned space)
{
	if (!hv_translated(d) || (space == XENMAPSPACE_dev_mmio && (!d->privileged || d != cur->d)))
		return -EACCES;
	return hv_may_target(cur, d) ? 0 : -EPERM;
}

/* What a chunk of a range moved: one invalidation for where it was, and after the references one for where it is. */
static void end_chunk(struct hv_vcpu *cur, struct hv_domain *d, const struct xen_add_to_physmap *op,
		      uint64_t done, uint64_t tried, struct hv_page *const *moved)
{
	cur->flush_late = cur->flush_owed = HV_LATE_NONE;
	hv_iommu_flush_range(cur, d, op->idx, tried);
	for (uint64_t i = 0; i < done; i++)
		hv_put_page(cur, moved[i]);
	hv_iommu_flush_range(cur, d, op->gpfn, tried);
}

/* XENMAPSPACE_gmfn_range. */
static long range(struct hv_vcpu *cur, struct hv_domain *d, struct xen_add_to_physmap *op,
		  uint64_t *start)
{
	bool late = d->iommu.mode != HV_IOMMU_NONE, left = false;
	struct hv_page *moved[CHUNK];
	uint64_t done = 0, size;
	int rc = 0;

	if (op->size < *start)
		return -EILSEQ;
	if (op->gpfn + op->size < op->gpfn || op->idx + op->size < op->idx)
		return -EOVERFLOW;
	op->idx += *start;
	op->gpfn += *start;
	size = op->size - *start;
	if (late)
		cur->flush_late = HV_LATE_IOTLB;
	while (done < size && !rc && !left) {
		rc = op->gpfn + done >= HV_PT_MAX_INDEX
			     ? -EINVAL
			     : move(cur, d, op->idx + done, op->gpfn + done,
				    late ? &moved[done] : NULL);
		done += !rc;
		left = !rc && done < size && ((late && done == CHUNK) || hv_preempt(cur));
	}
	if (late)
		end_chunk(cur, d, op, done, done + (rc != 0), moved);
	*start += done;
	return left ? -HV_ERESTART : rc;
}

/* Whose pages an operation is about. 0 and *d, or -errno. */
static int target(struct hv_vcpu *cur, domid_t domid, unsigned space, struct hv_domain **d)
{
	*d = hv_domain_find_any(cur, domid);
	return *d ? permitted(cur, *d, space) : -ESRCH;
}

long hv_add_to_physmap(struct hv_vcpu *cur, uint64_t uop, uint64_t *start)
{
	struct xen_add_to_physmap op;
	struct hv_domain *d;
	int rc;

	if (!hv_guest_handle_okay(cur->d, uop, 1, sizeof(op)) ||
	    hv_copy_from_guest(cur, &op, uop, sizeof(op)))
		return -EFAULT;
	if (op.space == XENMAPSPACE_gmfn_foreign)
		return -ENOSYS;
	rc = target(cur, op.domid, op.space, &d);
	if (rc)
		return rc;
	if (op.gpfn == HV_INVALID)
		return -EINVAL;
	return op.space == XENMAPSPACE_gmfn_range
		       ? range(cur, d, &op, start)
		       : one(cur, d, op.space, DOMID_INVALID, op.idx, op.gpfn);
}

/* One entry of a batch. */
static int entry(struct hv_vcpu *cur, struct hv_domain *d,
		 const struct xen_add_to_physmap_batch *op, uint64_t i)
{
	uint64_t idx, gpfn;
	int err;

	if (hv_copy_from_guest(cur, &idx, (uintptr_t)op->idxs.p + i * sizeof(idx), sizeof(idx)) ||
	    hv_copy_from_guest(cur, &gpfn, (uintptr_t)op->gpfns.p + i * sizeof(gpfn), sizeof(gpfn)))
		return -EFAULT;
	if (gpfn == HV_INVALID)
		return -EINVAL;
	err = one(cur, d, op->space, op->u.foreign_domid, idx, gpfn);
	if (hv_mutant(PHYSMAP_ERRS_LOST))
		err = 0;
	return hv_copy_to_guest(cur, (uintptr_t)op->errs.p + i * sizeof(err), &err, sizeof(err))
		       ? -EFAULT
		       : 0;
}

static bool lists_okay(const struct hv_vcpu *cur, const struct xen_add_to_physmap_batch *op)
{
	const struct hv_domain *d = cur->d;

	return hv_guest_handle_okay(d, (uintptr_t)op->idxs.p, op->size, sizeof(uint64_t)) &&
	       hv_guest_handle_okay(d, (uintptr_t)op->gpfns.p, op->size, sizeof(uint64_t)) &&
	       hv_guest_handle_okay(d, (uintptr_t)op->errs.p, op->size, sizeof(int));
}

long hv_add_to_physmap_batch(struct hv_vcpu *cur, uint64_t uop, uint64_t *start)
{
	struct xen_add_to_physmap_batch op;
	struct hv_domain *d;
	int rc;

	if (!hv_guest_handle_okay(cur->d, uop, 1, sizeof(op)) ||
	    hv_copy_from_guest(cur, &op, uop, sizeof(op)))
		return -EFAULT;
	if (op.space == XENMAPSPACE_gmfn_range)
		return -EOPNOTSUPP;
	rc = target(cur, op.domid, op.space, &d);
	if (rc)
		return rc;
	if (op.size <= *start)
		return *start ? -EILSEQ : 0;
	if (!lists_okay(cur, &op))
		return -EFAULT;
	if (op.space == XENMAPSPACE_dev_mmio && op.u.res0)
		return -EOPNOTSUPP;
	for (uint64_t i = *start; i < op.size; i++) {
		if (i != *start && hv_preempt(cur)) {
			*start = i;
			return -HV_ERESTART;
		}
		rc = entry(cur, d, &op, i);
		if (rc)
			return rc;
	}
	return 0;
}

/* guest_physmap_remove_page() of what neither a grant nor an argument may be in. */
static int unhook_shared(struct hv_vcpu *cur, struct hv_domain *d, uint64_t gfn)
{
	enum hv_p2m_type t;
	int rc = -ENOENT;
	uint64_t mfn;

	hv_p2m_lock(cur, d);
	mfn = hv_p2m_get(cur, d, gfn, &t);
	if (t == HV_P2M_XEN_SHARED)
		rc = hv_p2m_remove_page(cur, d, gfn, mfn);
	hv_p2m_unlock(cur, d);
	return rc;
}

long hv_remove_from_physmap(struct hv_vcpu *cur, uint64_t uop, uint64_t *start)
{
	struct xen_remove_from_physmap op;
	struct hv_domain *d;
	enum hv_p2m_type t;
	struct hv_page *pg;
	int rc;

	(void)start;
	if (!hv_guest_handle_okay(cur->d, uop, 1, sizeof(op)) ||
	    hv_copy_from_guest(cur, &op, uop, sizeof(op)))
		return -EFAULT;
	rc = target(cur, op.domid, XENMAPSPACE_gmfn, &d);
	if (rc)
		return rc;
	if (op.gpfn >= HV_PT_MAX_INDEX)
		return -ENOENT;
	pg = hv_p2m_get_page(cur, d, op.gpfn, &t);
	if (!pg)
		return t == HV_P2M_FOREIGN	? hv_p2m_clear_foreign(cur, d, op.gpfn)
		       : t == HV_P2M_XEN_SHARED ? unhook_shared(cur, d, op.gpfn)
						: -ENOENT;
	rc = hv_p2m_remove_page(cur, d, op.gpfn, hv_page_mfn(cur->host, pg));
	hv_put_page(cur, pg);
	return rc;
}
