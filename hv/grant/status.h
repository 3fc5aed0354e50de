/* SPDX-License-Identifier: GPL-2.0-only */
/* Entries in the guest's memory: what they say, and the marks that they are in use. */
#ifndef HV_STATUS_H
#define HV_STATUS_H

#include "table.h"

/* The first word of an entry, which is read and exchanged as one. */
union hv_header {
	uint32_t raw;
	struct {
		uint16_t flags;
		domid_t domid;
	};
};

/* Of its cmpxchg: a guest may change the word faster than that only to harm. */
#define HV_HEADER_TRIES 5

/* What an entry is to be used for: to be mapped it has to grant a whole page. */
enum hv_use { HV_USE_MAP, HV_USE_COPY };

/* Where an entry's words are. Xen has both addresses before it knows whether it needs them, and so does hv. */
struct hv_words {
	uint32_t *header;
	uint16_t *use;
};

/* Lock of the table held for reading, and the reference is in it. */
static inline struct hv_words hv_entry_words(struct hv_grant_table *gt, grant_ref_t ref)
{
	return (struct hv_words){ hv_entry_header(gt, ref), hv_use_word(gt, ref) };
}

/* _set_status(): GNTST_okay or GNTST_general_error. */
int hv_grant_set_status(struct hv_vcpu *cur, const struct hv_grant_table *rgt,
			const struct hv_words *w, struct hv_active *act, bool readonly,
			enum hv_use use, domid_t ldom);
/* reduce_status_for_pin(): take back marks that the pin no longer needs. status may be NULL. */
void hv_grant_reduce_status(struct hv_vcpu *cur, const struct hv_active *act, uint16_t *status,
			    bool readonly);

/* get_paged_frame(): GNTST_okay with a reference on *pg, or GNTST_bad_page. */
int hv_grant_get_frame(struct hv_vcpu *cur, struct hv_domain *rd, uint64_t frame,
		       struct hv_page **pg);
/* The same for one of many pages (hv_p2m_get_page_of_run()). */
struct hv_run;
int hv_grant_get_frame_of_run(struct hv_vcpu *cur, struct hv_domain *rd, uint64_t frame,
			      struct hv_run *run, struct hv_page **pg);
/* The frame number in an entry, read once. */
uint64_t hv_entry_frame(struct hv_vcpu *cur, struct hv_grant_table *rgt, grant_ref_t ref);

#endif
