/* SPDX-License-Identifier: GPL-2.0-only */
/* A granted page for the time of a copy. */
#ifndef HV_ACQUIRE_H
#define HV_ACQUIRE_H

#include "table.h"

/* What an operation may reach: a page, with a reference, and the part of it that was granted. */
struct hv_window {
	struct hv_page *page;
	uint16_t start, length; /* bytes */
};

/* Not a status: another vCPU was at the entry, and the hypercall begins again (ERESTART). */
#define HV_RESTART 85

/*
 * A transitive entry is followed to the domain that it names, whose own entry has to grant a page.
 */
enum hv_pass { HV_PASS_FOLLOW, HV_PASS_REFUSE };

/*
 * acquire_grant_for_copy(): a status, or HV_RESTART. On success the entry is pinned for ldom and
 * w->page carries a reference; else w->page is NULL and nothing is held.
 */
int hv_grant_acquire(struct hv_vcpu *cur, struct hv_domain *rd, grant_ref_t ref, domid_t ldom,
		     bool readonly, enum hv_pass pass, struct hv_window *w);
/* release_grant_for_copy(): the pins, along the way on which they were taken; not the reference. */
void hv_grant_release(struct hv_vcpu *cur, struct hv_domain *rd, grant_ref_t ref, bool readonly);

#endif
