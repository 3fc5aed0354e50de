/* SPDX-License-Identifier: GPL-2.0-only */
/* Types of entries of a p2m, and what is to be said before one changes. */
#ifndef HV_P2M_TYPE_H
#define HV_P2M_TYPE_H

#include "atomic.h"

/* By a grant of version 1 or 2; by a range or a superpage of such; of version 3; of any. */
static inline bool hv_p2m_is_grant(enum hv_p2m_type t)
{
	return t == HV_P2M_GRANT_RW || t == HV_P2M_GRANT_RO;
}

static inline bool hv_p2m_is_range(enum hv_p2m_type t)
{
	return t == HV_P2M_RANGE_RW || t == HV_P2M_RANGE_RO;
}

static inline bool hv_p2m_is_super(enum hv_p2m_type t)
{
	return t == HV_P2M_SUPER_RW || t == HV_P2M_SUPER_RO;
}

static inline bool hv_p2m_is_v3(enum hv_p2m_type t)
{
	return t == HV_P2M_V3_RW || t == HV_P2M_V3_RO;
}

static inline bool hv_p2m_is_any_grant(enum hv_p2m_type t)
{
	return t >= HV_P2M_GRANT_RW && t <= HV_P2M_V3_RO;
}

static inline bool hv_p2m_is_ram(enum hv_p2m_type t)
{
	return t == HV_P2M_RAM_RW || t == HV_P2M_RAM_LOGDIRTY;
}

/* Before an entry is written, under the lock: what was looked up before may not hold any more. */
static inline void hv_p2m_changes(struct hv_domain *d)
{
	hv_store(&d->p2m.changes, d->p2m.changes + 1);
	hv_wmb();
}

/* Of what is mapped so: can it be written? */
static inline bool hv_p2m_writes(enum hv_p2m_type type)
{
	const unsigned readonly = 1u << HV_P2M_GRANT_RO | 1u << HV_P2M_RAM_LOGDIRTY |
				  1u << HV_P2M_RANGE_RO | 1u << HV_P2M_SUPER_RO;

	return !(1u << type & readonly);
}

/* Tables may go: before an entry larger than 4K is made. */
static inline void hv_p2m_forget(struct hv_domain *d)
{
	d->p2m.near = NULL;
}

#endif
