/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Software TLBs of vCPUs, and the flushes that empty them. A TLB is filled by guest accesses and
 * emptied by nothing but a flush: a translation that was taken away stays usable until then, so
 * that a missing flush can be seen.
 *
 * A flush bumps the generation of each target vCPU and waits until an access that began before is
 * over, as an interrupt would.
 */
#ifndef HV_TLB_H
#define HV_TLB_H

#include "types.h"

/*
 * Flush after a p2m change (EPT: ept_sync_domain() kicks every CPU the domain runs on by
 * on_selected_cpus(), under the host's call_lock).
 */
void hv_flush_translated(struct hv_vcpu *cur, struct hv_domain *d);

/* gnttab_flush_tlb(): the caller's CPUs by flush_area_mask(), others under flush_lock. */
void hv_flush_pv(struct hv_vcpu *cur, struct hv_domain *d);

/* guest_flush_tlb_mask() with nested paging as AMD has it: a translated domain's CPUs by flush_area_mask(). */
void hv_flush_guest(struct hv_vcpu *cur, struct hv_domain *d);

/* Translations were taken away: does their flush wait? Then it is owed from here on. */
static inline bool hv_flush_waits(struct hv_vcpu *cur, enum hv_late what)
{
	if (!(cur->flush_late & what))
		return false;
	cur->flush_owed |= what;
	return true;
}

/* Is a flush owed? Whoever asks does it. */
static inline bool hv_flush_due(struct hv_vcpu *cur, enum hv_late what)
{
	if (!(cur->flush_owed & what))
		return false;
	cur->flush_owed &= ~what;
	return true;
}

/*
 * One access by the vCPU's processor, without what the hypervisor does about a fault (guest_access.c): -EFAULT if there is
 * no mapping or right, or it is marked; -EINVAL beyond one page. It waits as long as the domain is paused.
 */
int hv_tlb_access(struct hv_vcpu *v, uint64_t addr, unsigned off, void *buf, unsigned len,
		  bool write);

/*
 * domain_pause(): until it is undone no vCPU of d, which is not the caller's, accesses memory or takes a fault, and what
 * they did when it was called is over. Their hypercalls are waited for, and not kept from beginning.
 */
void hv_domain_pause(struct hv_vcpu *cur, struct hv_domain *d);
void hv_domain_unpause(struct hv_vcpu *cur, struct hv_domain *d);

/* A fault of a vCPU is seen to by the hypervisor from here on. False: its domain is paused, and it is not. */
bool hv_exit_begin(struct hv_vcpu *v);
void hv_exit_end(struct hv_vcpu *v);

/*
 * A vCPU's fault looks at tables without a lock: a flush waits until it is over, as for an access, since an interrupt that
 * asks for it is not taken meanwhile (walk_shadow_page_lockless_begin()).
 */
void hv_lockless_begin(struct hv_vcpu *v);
void hv_lockless_end(struct hv_vcpu *v);

/* A domain that runs no more has nothing in its TLBs; others may flush them all the same. */
void hv_tlb_forget(struct hv_domain *d);

/* membarrier(2) is usable here. */
bool hv_membarrier_init(void);

#endif
