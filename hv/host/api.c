/* SPDX-License-Identifier: GPL-2.0-only */
/* What the public interface shows of a host, a domain and its guest. None of it is an operation. */
#include "back.h"
#include "event.h"
#include "page.h"
#include "pv.h"
#include "table.h"
#include "v3.h"

#define X(name, what) #name,
const char *const hv_counter_names[HV_NR_COUNTERS + 1] = { HV_COUNTERS(X) NULL };
#undef X

const char *hv_host_violation(const struct hv_host *host)
{
	return host->violation[0] ? host->violation : NULL;
}

uint64_t hv_host_bar(const struct hv_host *host)
{
	return host->nr_machine > host->nr_frames ? host->nr_frames : HV_INVALID;
}

uint16_t hv_domain_id(const struct hv_domain *d)
{
	return d->id;
}

struct hv_vcpu *hv_domain_vcpu(struct hv_domain *d, unsigned i)
{
	return i < d->nr_vcpus ? d->vcpu[i] : NULL;
}

const struct hv_counters *hv_vcpu_counters(const struct hv_vcpu *v)
{
	return &v->count;
}

const struct hv_lock_account *hv_vcpu_locks(const struct hv_vcpu *v)
{
	return v->locks;
}

const struct hv_lock_account *hv_host_locks(const struct hv_host *host)
{
	return host->toolstack.locks;
}

void hv_domain_usage(const struct hv_domain *d, uint64_t *guest_bytes, uint64_t *hv_bytes)
{
	*guest_bytes = (hv_load(&d->nr_owned) - 1) << HV_PAGE_SHIFT;
	*hv_bytes = hv_load(&d->heap_bytes);
}

static uint64_t maptrack_frames(const struct hv_domain *d)
{
	return hv_load(&d->gt->maptrack_limit) / HV_MAPTRACK_PER_PAGE;
}

void hv_domain_grant_bytes(const struct hv_domain *d, uint64_t *guest_bytes, uint64_t *hv_bytes)
{
	const struct hv_grant_table *gt = d->gt;

	*guest_bytes = (uint64_t)(gt->nr_frames + gt->nr_status_frames) << HV_PAGE_SHIFT;
	*hv_bytes = ((uint64_t)gt->nr_active_pages + maptrack_frames(d)) << HV_PAGE_SHIFT;
	*hv_bytes += hv_load(&gt->ranges.bytes);
	/* v1-revoke: as much again for handles, a page for each frame, and the sink. */
	if (gt->back_refs)
		*hv_bytes += (maptrack_frames(d) + gt->nr_frames + 1) << HV_PAGE_SHIFT;
}

uint64_t hv_domain_maptrack_bytes(const struct hv_domain *d)
{
	/* With revoke (v1-revoke) there is a page of lists beside each frame of handles. */
	return (maptrack_frames(d) << (HV_PAGE_SHIFT + (d->gt->back_refs != NULL))) +
	       hv_load(&d->gt->ranges.bytes);
}

uint64_t hv_domain_v3_bytes(const struct hv_domain *d)
{
	return hv_v3_bytes(d);
}

unsigned hv_domain_mappings(const struct hv_domain *d)
{
	unsigned n = 0;

	for (uint32_t h = 0; h < hv_load(&d->gt->maptrack_limit); h++)
		n += (hv_load(&hv_maptrack(d->gt, h)->flags) & HV_MT_MAPPED) != 0;
	return n + (unsigned)hv_load(&d->gt->ranges.mapped) + hv_v3_mappings(d);
}

/* ---- what a guest sees ---- */

uint64_t hv_guest_frame(const struct hv_domain *d, unsigned i)
{
	if (i >= d->nr_pages)
		return HV_INVALID;
	return hv_translated(d) ? i : d->first_mfn + i;
}

void *hv_guest_frame_ptr(const struct hv_domain *d, uint64_t frame)
{
	uint64_t mfn = frame;

	if (hv_translated(d)) {
		uint64_t e = hv_pt_hw_get(d->host, &d->p2m.pt, frame, NULL);

		mfn = e ? hv_pte_mfn(e) : HV_INVALID;
	}
	if (mfn >= d->host->nr_frames || hv_load(&hv_page(d->host, mfn)->owner) != d)
		return NULL;
	return hv_virt(d->host, mfn);
}

void *hv_guest_args(const struct hv_domain *d, size_t *bytes)
{
	*bytes = (size_t)d->args_pages << HV_PAGE_SHIFT;
	return hv_virt(d->host, d->first_args_mfn);
}

uint64_t hv_guest_cr3(const struct hv_vcpu *v)
{
	return hv_load(&v->cr3);
}

void hv_guest_set_cr3(struct hv_vcpu *v, uint64_t cr3)
{
	hv_store(&v->cr3, cr3);
}

uint64_t hv_guest_take_events(struct hv_domain *d)
{
	return hv_account_exchange(&d->events_pending, 0ull);
}

uint64_t hv_domain_events(const struct hv_domain *d, unsigned port)
{
	return hv_event_port(port) ? hv_load(&d->events[port]) : 0;
}

/* Translated guests map grants above their RAM, where there is nothing to shatter. */
uint64_t hv_guest_map_addr(const struct hv_domain *d, unsigned i)
{
	if (i >= d->map_slots)
		return HV_INVALID;
	if (!hv_translated(d))
		return HV_PV_MAP_BASE + ((uint64_t)i << HV_PAGE_SHIFT);
	return (HV_GFN_MAP_BASE + (uint64_t)i) << HV_PAGE_SHIFT;
}

uint64_t hv_guest_map_pte(const struct hv_domain *d, unsigned i)
{
	struct hv_vcpu *cur = &d->host->toolstack;
	uint64_t *pe;

	if (i >= d->map_slots || hv_translated(d))
		return HV_INVALID;
	pe = hv_pt_slot(cur, (struct hv_pt *)&d->pv, (HV_PV_MAP_BASE >> HV_PAGE_SHIFT) + i,
			HV_PT_FIND);
	return hv_virt_to_mfn(d->host, pe) << HV_PAGE_SHIFT | ((uintptr_t)pe & (HV_PAGE_SIZE - 1));
}
