/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * GNTTABOP_cache_flush, after Xen's gnttab_cache_flush(): for PV guests, of a page of their own or
 * one that they have mapped. On x86 "clean" writes back and invalidates too, and "invalidate" alone
 * is not supported.
 */
#include "args.h"
#include "handlers.h"
#include "page.h"
#include "preempt.h"
#include "table.h"

#include <immintrin.h>

/* References looked at before a preemption (GNTTABOP_CONTINUATION_ARG_SHIFT). */
#define SEARCH_STEP 4096

/*
 * grant_map_exists(): an entry by which ld has mfn, locked. If there is none yet, *rc says whether
 * the search goes on at *ref (1) or is over (-EINVAL).
 */
static struct hv_active *find_mapping(struct hv_vcpu *cur, struct hv_grant_table *rgt, uint64_t mfn,
				      grant_ref_t *ref, int *rc)
{
	grant_ref_t r = *ref, end = r + SEARCH_STEP, n = hv_nr_grant_entries(rgt);

	if (end > n)
		end = n;
	for (; r < end; r++) {
		struct hv_active *act = hv_active_entry_acquire(cur, rgt, r);

		if (act->pin && act->domid == cur->d->id && act->mfn == mfn)
			return act;
		hv_active_entry_release(cur, act);
	}
	*rc = -EINVAL;
	if (r < n) {
		*ref = r;
		*rc = 1;
	}
	return NULL;
}

/*
 * clean_and_invalidate_dcache_va_range(): x86 has no smaller unit than a page. The instruction is
 * ordered with stores of its own accord.
 */
static int flush_page(struct hv_vcpu *cur, const struct gnttab_cache_flush *op, uint64_t mfn)
{
	const uint8_t *v = hv_map_domain_page(cur, mfn);

	if (!(op->op & GNTTAB_CACHE_CLEAN))
		return -EOPNOTSUPP;
	for (unsigned i = 0; i < HV_PAGE_SIZE; i += HV_CACHELINE)
		_mm_clflush(v + i);
	return 0;
}

/* 0, 1 when the search is not over, or -errno for the whole call. */
static int flush_one(struct hv_vcpu *cur, const struct gnttab_cache_flush *op, grant_ref_t *ref)
{
	uint64_t mfn = op->a.dev_bus_addr >> HV_PAGE_SHIFT;
	struct hv_active *act = NULL;
	struct hv_domain *owner;
	struct hv_page *pg;
	int rc = 0;

	/* This also refuses GNTTAB_CACHE_SOURCE_GREF. */
	if (op->offset >= HV_PAGE_SIZE || op->length > HV_PAGE_SIZE ||
	    op->offset + op->length > (int)HV_PAGE_SIZE ||
	    (op->op & ~(GNTTAB_CACHE_INVAL | GNTTAB_CACHE_CLEAN)))
		return -EINVAL;
	if (!op->length || !op->op)
		return *ref ? -EILSEQ : 0;
	if (!hv_mfn_valid(cur, mfn))
		return -EINVAL;
	pg = hv_page(cur->host, mfn);
	owner = hv_get_owner_and_page(cur, pg);
	if (!owner)
		return -EPERM;
	if (owner != cur->d) {
		hv_grant_read_lock(cur, owner->gt);
		act = find_mapping(cur, owner->gt, mfn, ref, &rc);
	}
	if (!rc)
		rc = flush_page(cur, op, mfn);
	if (act)
		hv_active_entry_release(cur, act);
	if (owner != cur->d)
		hv_grant_read_unlock(cur, owner->gt);
	hv_put_page(cur, pg);
	return rc;
}

long hv_op_cache_flush(struct hv_vcpu *cur, uint64_t uop, unsigned count)
{
	grant_ref_t *ref = &cur->op_cookie;
	struct gnttab_cache_flush op;

	for (unsigned i = 0; i < count; i++, uop += sizeof(op)) {
		int rc;

		if (i && hv_preempt(cur))
			return count - i;
		if (hv_copy_from_guest(cur, &op, uop, sizeof(op)))
			return -EFAULT;
		while ((rc = flush_one(cur, &op, ref)) > 0)
			if (hv_preempt(cur))
				return count - i;
		if (rc)
			return rc;
		*ref = 0;
	}
	*ref = 0;
	return 0;
}
