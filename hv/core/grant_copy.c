/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * GNTTABOP_copy, after Xen's gnttab_copy(), acquire_grant_for_copy() and release_grant_for_copy().
 * Sub-page and transitive entries (version 2) are refused with GNTST_general_error.
 */
#include "domain.h"
#include "grant.h"
#include "guest.h"

struct copy_buf {
	/* what the guest named */
	grant_ref_t ref;
	uint64_t frame;
	domid_t domid;
	/* what is held for it */
	struct hv_domain *domain;
	struct hv_page *page;
	uint8_t *virt;
	bool read_only, have_grant, have_type;
};

static void release_grant(struct hv_vcpu *cur, struct hv_domain *rd, grant_ref_t ref, bool readonly)
{
	struct hv_grant_table *rgt = rd->gt;
	uint16_t *status = NULL;
	struct hv_active *act;

	hv_grant_read_lock(cur, rgt);
	act = hv_active_acquire(cur, rgt, ref);
	if (ref < hv_nr_entries(rgt))
		status = hv_use_word(rgt, ref);
	if (!hv_mutant(COPY_LEAK))
		act->pin -= readonly ? HV_PIN_HSTR : HV_PIN_HSTW;
	hv_grant_reduce_status(cur, act, status, readonly);
	hv_active_release(cur, act);
	hv_grant_read_unlock(cur, rgt);
}

/* A first or first writable use: mark it, look up the frame, latch it or compare with what is
 * latched. */
static int use_entry(struct hv_vcpu *cur, struct hv_domain *rd, grant_ref_t ref, bool readonly,
		     struct hv_active *act, struct hv_page **page)
{
	struct hv_grant_table *rgt = rd->gt;
	domid_t ldom = cur->d->id;
	uint64_t mfn;
	int rc;

	if (rgt->version == 2) {
		uint16_t flags = (uint16_t)hv_guest_read(cur, hv_entry_header(rgt, ref));

		/* Not modelled: as with "gnttab=no-transitive", and the same for sub-page entries.
		 */
		if ((flags & GTF_type_mask) == GTF_transitive || (flags & GTF_sub_page))
			return GNTST_general_error;
	}
	rc = hv_grant_set_status(cur, rgt, ref, act, readonly, false, ldom);
	if (rc != GNTST_okay)
		return rc;
	rc = hv_grant_get_frame(cur, rd, hv_entry_frame(cur, rgt, ref), page);
	if (rc != GNTST_okay)
		goto clear;
	mfn = hv_page_mfn(cur->host, *page);
	if (!act->pin) {
		act->domid = ldom;
		act->is_sub_page = false;
		act->start = 0;
		act->length = HV_PAGE_SIZE;
		act->trans_domain = rd;
		act->trans_gref = ref;
		act->mfn = mfn;
	} else if (act->mfn != mfn) {
		hv_put_page(cur, *page);
		*page = NULL;
		rc = GNTST_general_error;
		goto clear;
	}
	return GNTST_okay;
clear:
	hv_grant_reduce_status(cur, act, hv_use_word(rgt, ref), readonly);
	return rc;
}

static int acquire_grant(struct hv_vcpu *cur, struct hv_domain *rd, grant_ref_t ref, bool readonly,
			 struct hv_page **page)
{
	struct hv_grant_table *rgt = rd->gt;
	uint32_t incr = readonly ? HV_PIN_HSTR : HV_PIN_HSTW;
	int rc = GNTST_bad_gntref;
	struct hv_active *act;

	*page = NULL;
	hv_grant_read_lock(cur, rgt);
	if (ref >= hv_nr_entries(rgt))
		goto unlock;
	act = hv_active_acquire(cur, rgt, ref);
	rc = GNTST_general_error;
	if (act->pin && (act->domid != cur->d->id || (act->pin & HV_PIN_OVERFLOW(incr))))
		goto release;
	if (!act->pin || (!readonly && !(act->pin & HV_PIN_WRITE_MASK))) {
		rc = use_entry(cur, rd, ref, readonly, act, page);
		if (rc != GNTST_okay)
			goto release;
	} else {
		struct hv_domain *owner;

		*page = hv_page(cur->host, act->mfn);
		owner = hv_get_owner_and_page(cur, *page);
		if (owner != rd || hv_load(&rd->is_dying)) {
			if (owner)
				hv_put_page(cur, *page);
			*page = NULL;
			rc = GNTST_bad_domain;
			hv_grant_reduce_status(cur, act, hv_use_word(rgt, ref), readonly);
			goto release;
		}
	}
	act->pin += incr;
	rc = GNTST_okay;
release:
	hv_active_release(cur, act);
unlock:
	hv_grant_read_unlock(cur, rgt);
	return rc;
}

static void release_buf(struct hv_vcpu *cur, struct copy_buf *b)
{
	b->virt = NULL;
	if (b->have_grant)
		release_grant(cur, b->domain, b->ref, b->read_only);
	b->have_grant = false;
	if (b->have_type)
		hv_put_type(cur, b->page);
	b->have_type = false;
	if (b->page)
		hv_put_page(cur, b->page);
	b->page = NULL;
}

static int claim_buf(struct hv_vcpu *cur, bool by_ref, uint64_t name, struct copy_buf *b)
{
	int rc;

	if (by_ref) {
		rc = acquire_grant(cur, b->domain, (grant_ref_t)name, b->read_only, &b->page);
		if (rc != GNTST_okay)
			return rc;
		b->ref = (grant_ref_t)name;
		b->have_grant = true;
	} else {
		rc = hv_grant_get_frame(cur, b->domain, name, &b->page);
		if (rc != GNTST_okay)
			return rc;
		b->frame = name;
	}
	if (!b->read_only) {
		if (!hv_get_type(cur, b->page, HV_PGT_WRITABLE))
			return GNTST_general_error;
		b->have_type = true;
	}
	b->virt = hv_map_domain_page(cur, hv_page_mfn(cur->host, b->page));
	return GNTST_okay;
}

/* Only DOMID_SELF may be named by frame. hv asks for every operation, not only when the domain
 * changes. */
static int find_domain(struct hv_vcpu *cur, domid_t domid, bool by_ref, struct copy_buf *b)
{
	if (domid != DOMID_SELF && !by_ref)
		return GNTST_permission_denied;
	b->domain = hv_domain_find_any(cur, domid);
	if (!b->domain)
		return GNTST_bad_domain;
	b->domid = domid;
	return GNTST_okay;
}

static bool still_valid(const struct copy_buf *b, bool by_ref, uint64_t name)
{
	if (!b->virt)
		return false;
	if (by_ref)
		return b->have_grant && b->ref == name;
	return !b->have_grant && b->frame == name;
}

/* Guest pages on both sides: others may be at them while we copy, as on real memory. */
__attribute__((no_sanitize("thread"))) static void move(uint8_t *to, const uint8_t *from,
							unsigned len)
{
#ifdef __SANITIZE_THREAD__
	/* The library's function is watched all the same. */
	volatile uint8_t *t = to;

	for (unsigned i = 0; i < len; i++)
		t[to > from ? len - 1 - i : i] = from[to > from ? len - 1 - i : i];
#else
	__builtin_memmove(to, from, len);
#endif
}

static int copy_one(struct hv_vcpu *cur, const struct gnttab_copy *op, struct copy_buf *src,
		    struct copy_buf *dst)
{
	bool src_ref = op->flags & GNTCOPY_source_gref, dst_ref = op->flags & GNTCOPY_dest_gref;
	uint64_t src_name = src_ref ? op->source.u.ref : op->source.u.gmfn;
	uint64_t dst_name = dst_ref ? op->dest.u.ref : op->dest.u.gmfn;
	int rc;

	if (!src->domain || op->source.domid != src->domid || !dst->domain ||
	    op->dest.domid != dst->domid || (!src_ref && op->source.domid != DOMID_SELF) ||
	    (!dst_ref && op->dest.domid != DOMID_SELF)) {
		release_buf(cur, src);
		release_buf(cur, dst);
		rc = find_domain(cur, op->source.domid, src_ref, src);
		if (rc == GNTST_okay)
			rc = find_domain(cur, op->dest.domid, dst_ref, dst);
		if (rc != GNTST_okay) {
			src->domain = dst->domain = NULL;
			return rc;
		}
	}
	if (!still_valid(src, src_ref, src_name)) {
		release_buf(cur, src);
		rc = claim_buf(cur, src_ref, src_name, src);
		if (rc != GNTST_okay)
			return rc;
	}
	if (!still_valid(dst, dst_ref, dst_name)) {
		release_buf(cur, dst);
		rc = claim_buf(cur, dst_ref, dst_name, dst);
		if (rc != GNTST_okay)
			return rc;
	}
	if (op->source.offset + op->len > HV_PAGE_SIZE || op->dest.offset + op->len > HV_PAGE_SIZE)
		return GNTST_bad_copy_arg;
	move(dst->virt + op->dest.offset, src->virt + op->source.offset, op->len);
	cur->count.bytes_copied += op->len;
	return GNTST_okay;
}

long hv_op_copy(struct hv_vcpu *cur, void *uop, unsigned count)
{
	struct gnttab_copy *u = uop, op;
	struct copy_buf src = { .read_only = true }, dst = { .read_only = false };
	unsigned i;

	for (i = 0; i < count; i++, u++) {
		if (i && hv_preempt(cur))
			break;
		hv_copy_from_guest(cur, &op, u, sizeof(op));
		op.status = (int16_t)copy_one(cur, &op, &src, &dst);
		if (op.status != GNTST_okay) {
			release_buf(cur, &src);
			release_buf(cur, &dst);
		}
		hv_copy_to_guest(cur, &u->status, &op.status, sizeof(u->status));
	}
	release_buf(cur, &src);
	release_buf(cur, &dst);
	return count - i;
}
