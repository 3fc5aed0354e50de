/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A domain as everything knows it: looked up, crashed, accounted for, and ended once nobody looks
 * at it any more. After Xen's common/domain.c.
 */
#ifndef HV_LIFETIME_H
#define HV_LIFETIME_H

#include "atomic.h"
#include "types.h"

/*
 * rcu_lock_domain_by_id(): NULL if there is none. The pointer is good until the caller's hypercall
 * ends. The second form also accepts DOMID_SELF, which is the caller and not looked up
 * (rcu_lock_domain_by_any_id()).
 */
struct hv_domain *hv_domain_find(struct hv_vcpu *cur, domid_t id);
struct hv_domain *hv_domain_find_any(struct hv_vcpu *cur, domid_t id);

/* Xen's max_pages: some more than it was built with. */
static inline uint64_t hv_domain_max_pages(const struct hv_domain *d)
{
	return (uint64_t)d->nr_pages + d->args_pages + d->table_pages + d->map_slots / 512 + 8;
}

/* Below that. One of those counted is the domain itself. */
static inline bool hv_domain_has_room(const struct hv_domain *d)
{
	return hv_load(&d->nr_owned) - 1 < hv_domain_max_pages(d);
}

/* Of so many, which are not too many for a sum. */
static inline bool hv_domain_has_room_for(const struct hv_domain *d, uint64_t pages)
{
	return hv_load(&d->nr_owned) - 1 + pages <= hv_domain_max_pages(d);
}

/* domain_crash(). */
void hv_domain_crash(struct hv_domain *d);

/* Account for an owned frame given back: the last one of a dying domain ends it. */
void hv_domain_put_frame(struct hv_vcpu *cur, struct hv_domain *d);

/* Wait until every vCPU has left the hypercall it was in. */
void hv_grace_period(struct hv_host *host);

/*
 * The same inside of a hypercall that looks at no domain, and at nothing else that others may free, any more: it counts
 * as left meanwhile. What fn() frees is then out of reach of everybody; the toolstack is kept out.
 */
void hv_grace_in_call(struct hv_vcpu *cur, void (*fn)(struct hv_vcpu *cur));

/* Bracket a hypercall, so that hv_grace_period() knows. */
void hv_hypercall_enter(struct hv_vcpu *cur);
void hv_hypercall_exit(struct hv_vcpu *cur);

#define hv_for_each_domain(host, d)                                                                \
	for (unsigned hv_i_ = 0; hv_i_ < HV_MAX_DOMAINS; hv_i_++)                                  \
		if (!(d = hv_load_acquire(&(host)->domain[hv_i_])))                                \
			continue;                                                                  \
		else

#endif
