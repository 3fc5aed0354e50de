/* SPDX-License-Identifier: GPL-2.0-only */
/* Types in a p2m changed: of all RAM, of a range, of a page. After Xen's arch/x86/mm/p2m.c. */
#ifndef HV_RETYPE_H
#define HV_RETYPE_H

#include "types.h"

/* p2m_change_entry_type_global(): all RAM is logged from here on, or no more. */
void hv_marks_global(struct hv_vcpu *cur, struct hv_domain *d, bool log);

/* p2m_change_type_range(): the pages from first to before end are logged, or those that were are no more. -ENOMEM. */
int hv_marks_range(struct hv_vcpu *cur, struct hv_domain *d, uint64_t first, uint64_t end,
		   bool log);

/* The type of what is at gfn, as it will be when its marks are gone. Counted look-up, under the p2m's lock. */
enum hv_p2m_type hv_marks_type(struct hv_vcpu *cur, struct hv_domain *d, uint64_t gfn);

/* p2m_change_type_one(): 0, -EBUSY: it is not of this type; -ENOMEM. */
int hv_retype(struct hv_vcpu *cur, struct hv_domain *d, uint64_t gfn, enum hv_p2m_type from,
	      enum hv_p2m_type to);

#endif
