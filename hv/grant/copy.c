/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * GNTTABOP_copy, after Xen's gnttab_copy(): the two sides of an operation and what is moved between
 * them. How a granted page is had is in acquire.c.
 */
#include "acquire.h"
#include "args.h"
#include "handlers.h"
#include "lifetime.h"
#include "log_trie.h"
#include "move.h"
#include "page.h"
#include "preempt.h"
#include "status.h"

struct copy_buf {
	/* what the guest named */
	grant_ref_t ref;
	uint64_t frame;
	domid_t domid;
	/* what is held for it */
	struct hv_domain *domain;
	struct hv_window w;
	uint8_t *virt;
	bool read_only, have_grant, have_type;
};

static void gnttab_copy_release_buf(struct hv_vcpu *cur, struct copy_buf *b)
{
	b->virt = NULL;
	if (b->have_grant)
		hv_grant_release(cur, b->domain, b->ref, b->read_only);
	b->have_grant = false;
	if (b->have_type)
		hv_put_type(cur, b->w.page);
	b->have_type = false;
	if (b->w.page)
		hv_put_page(cur, b->w.page);
	b->w.page = NULL;
}

/*
 * Only DOMID_SELF may be named by frame. Asked where the frame is claimed, after the other side's
 * buffer: what is still held by frame has been asked for.
 */
static int gnttab_copy_claim_buf(struct hv_vcpu *cur, bool by_ref, uint64_t name,
				 struct copy_buf *b)
{
	int rc;

	if (!by_ref && b->domid != DOMID_SELF)
		return GNTST_permission_denied;
	if (by_ref) {
		rc = hv_grant_acquire(cur, b->domain, (grant_ref_t)name, cur->d->id, b->read_only,
				      HV_PASS_FOLLOW, &b->w);
		if (rc != GNTST_okay)
			return rc;
		b->ref = (grant_ref_t)name;
		b->have_grant = true;
	} else {
		rc = hv_grant_get_frame(cur, b->domain, name, &b->w.page);
		if (rc != GNTST_okay)
			return rc;
		b->frame = name;
		b->w.start = 0;
		b->w.length = HV_PAGE_SIZE;
	}
	if (!b->read_only) {
		if (!hv_get_type(cur, b->w.page, HV_PGT_WRITABLE))
			return GNTST_general_error;
		b->have_type = true;
	}
	b->virt = hv_map_domain_page(cur, hv_page_mfn(cur->host, b->w.page));
	return GNTST_okay;
}

static int find_domain(struct hv_vcpu *cur, domid_t domid, struct copy_buf *b)
{
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

static bool outside(const struct hv_window *w, unsigned offset, unsigned len)
{
	return !hv_mutant(NO_WINDOW) &&
	       (offset < w->start || offset + len > (unsigned)w->start + w->length);
}

/* A status, or HV_RESTART: nothing was done, and it is to be tried again. */
static int gnttab_copy_one(struct hv_vcpu *cur, const struct gnttab_copy *op, struct copy_buf *src,
			   struct copy_buf *dst)
{
	bool src_ref = op->flags & GNTCOPY_source_gref, dst_ref = op->flags & GNTCOPY_dest_gref;
	uint64_t src_name = src_ref ? op->source.u.ref : op->source.u.gmfn;
	uint64_t dst_name = dst_ref ? op->dest.u.ref : op->dest.u.gmfn;
	int rc;

	if (!src->domain || op->source.domid != src->domid || !dst->domain ||
	    op->dest.domid != dst->domid) {
		gnttab_copy_release_buf(cur, src);
		gnttab_copy_release_buf(cur, dst);
		rc = find_domain(cur, op->source.domid, src);
		if (rc == GNTST_okay)
			rc = find_domain(cur, op->dest.domid, dst);
		if (rc != GNTST_okay) {
			src->domain = dst->domain = NULL;
			return rc;
		}
	}
	if (!still_valid(src, src_ref, src_name)) {
		gnttab_copy_release_buf(cur, src);
		rc = gnttab_copy_claim_buf(cur, src_ref, src_name, src);
		if (rc != GNTST_okay)
			return rc;
	}
	if (!still_valid(dst, dst_ref, dst_name)) {
		gnttab_copy_release_buf(cur, dst);
		rc = gnttab_copy_claim_buf(cur, dst_ref, dst_name, dst);
		if (rc != GNTST_okay)
			return rc;
	}
	if (op->source.offset + op->len > HV_PAGE_SIZE || op->dest.offset + op->len > HV_PAGE_SIZE)
		return GNTST_bad_copy_arg;
	if (outside(&src->w, op->source.offset, op->len) ||
	    outside(&dst->w, op->dest.offset, op->len))
		return GNTST_general_error;
	hv_move(cur, dst->virt + op->dest.offset, src->virt + op->source.offset, op->len);
	if (!hv_mutant(LOG_COPY_CLEAN))
		hv_mark_dirty(cur, dst->domain, hv_page_mfn(cur->host, dst->w.page));
	return GNTST_okay;
}

long hv_op_copy(struct hv_vcpu *cur, uint64_t uop, unsigned count)
{
	struct gnttab_copy op;
	struct copy_buf src = { .read_only = true }, dst = { .read_only = false };
	unsigned i;
	int rc, fault = 0;

	for (i = 0; i < count; i++, uop += sizeof(op)) {
		if (i && hv_preempt(cur))
			break;
		fault = hv_copy_from_guest(cur, &op, uop, sizeof(op));
		if (hv_unlikely(fault))
			break;
		rc = gnttab_copy_one(cur, &op, &src, &dst);
		if (rc == HV_RESTART)
			break;
		op.status = (int16_t)rc;
		if (op.status != GNTST_okay) {
			gnttab_copy_release_buf(cur, &src);
			gnttab_copy_release_buf(cur, &dst);
		}
		fault = hv_copy_to_guest(cur, uop + offsetof(struct gnttab_copy, status),
					 &op.status, sizeof(op.status));
		if (hv_unlikely(fault))
			break;
	}
	gnttab_copy_release_buf(cur, &src);
	gnttab_copy_release_buf(cur, &dst);
	return fault ? (long)fault : (long)(count - i);
}
