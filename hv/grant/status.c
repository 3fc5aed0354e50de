/* SPDX-License-Identifier: GPL-2.0-only */
/* Marks of use in entries of both versions, and the frame that an entry names. */
#include "status.h"
#include "p2m.h"
#include "page.h"
#include "table.h"
#include "words.h"

static int grant_set_status_v1(struct hv_vcpu *cur, uint32_t *header, struct hv_active *act,
			       bool readonly, enum hv_use use, domid_t ldom)
{
	uint16_t mask = GTF_type_mask | (use == HV_USE_MAP ? GTF_sub_page : 0);
	union hv_header now = { .raw = hv_guest_read(cur, header) };

	for (int tries = 0; tries < HV_HEADER_TRIES; tries++) {
		union hv_header new = now;

		if (!act->pin && ((now.flags & mask) != GTF_permit_access || now.domid != ldom))
			return GNTST_general_error;
		new.flags |= GTF_reading;
		if (!readonly) {
			new.flags |= GTF_writing;
			if (now.flags & GTF_readonly)
				return GNTST_general_error;
		}
		if (hv_guest_cmpxchg(cur, header, &now.raw, new.raw))
			return GNTST_okay;
	}
	return GNTST_general_error;
}

static bool usable_v2(union hv_header c, uint16_t mask, enum hv_use use, domid_t ldom)
{
	uint16_t type = c.flags & mask;

	return (type == GTF_permit_access || (use == HV_USE_COPY && type == GTF_transitive)) &&
	       c.domid == ldom;
}

static int grant_set_status_v2(struct hv_vcpu *cur, uint32_t *header, uint16_t *status,
			       struct hv_active *act, bool readonly, enum hv_use use, domid_t ldom)
{
	uint16_t mask = GTF_type_mask | (use == HV_USE_MAP ? GTF_sub_page : 0);
	union hv_header c = { .raw = hv_guest_read(cur, header) };

	if (!act->pin && !usable_v2(c, mask, use, ldom))
		return GNTST_general_error;
	if (!readonly && (c.flags & GTF_readonly))
		return GNTST_general_error;
	hv_store(status, (uint16_t)(hv_load(status) | GTF_reading | (readonly ? 0 : GTF_writing)));
	/* The guest must see the mark before the entry is looked at again. */
	hv_mb(cur);
	if (hv_mutant(NO_RECHECK))
		return GNTST_okay;
	c.raw = hv_guest_read(cur, header);
	if (!act->pin) {
		if (!usable_v2(c, mask, use, ldom) || (!readonly && (c.flags & GTF_readonly))) {
			hv_guest_clear_flags(cur, status, GTF_reading | GTF_writing);
			return GNTST_general_error;
		}
	} else if (c.flags & GTF_readonly) {
		hv_guest_clear_flags(cur, status, GTF_writing);
		return GNTST_general_error;
	}
	return GNTST_okay;
}

int hv_grant_set_status(struct hv_vcpu *cur, const struct hv_grant_table *rgt,
			const struct hv_words *w, struct hv_active *act, bool readonly,
			enum hv_use use, domid_t ldom)
{
	cur->count.status_sets++;
	if (rgt->version == 1)
		return grant_set_status_v1(cur, w->header, act, readonly, use, ldom);
	return grant_set_status_v2(cur, w->header, w->use, act, readonly, use, ldom);
}

void hv_grant_reduce_status(struct hv_vcpu *cur, const struct hv_active *act, uint16_t *status,
			    bool readonly)
{
	uint16_t clear = act->pin ? 0 : GTF_reading;

	if (!status)
		return;
	if (!readonly && !(act->pin & HV_PIN_WRITE_MASK))
		clear |= GTF_writing;
	if (clear)
		hv_guest_clear_flags(cur, status, clear);
}

uint64_t hv_entry_frame(struct hv_vcpu *cur, struct hv_grant_table *rgt, grant_ref_t ref)
{
	if (rgt->version == 1)
		return hv_guest_read(cur, &hv_entry_v1(rgt, ref)->frame);
	return hv_guest_read(cur, &hv_entry_v2(rgt, ref)->full_page.frame);
}

int hv_grant_get_frame(struct hv_vcpu *cur, struct hv_domain *rd, uint64_t frame,
		       struct hv_page **pg)
{
	enum hv_p2m_type t;

	cur->count.frame_lookups++;
	*pg = NULL;
	if (hv_translated(rd)) {
		*pg = hv_p2m_get_page(cur, rd, frame, &t);
	} else if (hv_mfn_valid(cur, frame)) {
		struct hv_page *p = hv_page(cur->host, frame);

		if (!(hv_load(&p->count_info) & HV_PGC_XEN_HEAP) && hv_get_page(cur, p, rd))
			*pg = p;
	}
	return *pg ? GNTST_okay : GNTST_bad_page;
}

int hv_grant_get_frame_of_run(struct hv_vcpu *cur, struct hv_domain *rd, uint64_t frame,
			      struct hv_run *run, struct hv_page **pg)
{
	if (!hv_translated(rd))
		return hv_grant_get_frame(cur, rd, frame, pg);
	cur->count.frame_lookups++;
	*pg = hv_p2m_get_page_of_run(cur, rd, frame, run);
	return *pg ? GNTST_okay : GNTST_bad_page;
}
