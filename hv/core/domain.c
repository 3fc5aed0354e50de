/* SPDX-License-Identifier: GPL-2.0-only */
#include "domain.h"
#include "grant.h"
#include "guest.h"
#include "iommu.h"
#include "p2m.h"
#include "page.h"
#include "pv.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static void free_vcpu(struct hv_vcpu *v)
{
	if (!v)
		return;
	v->cpu->used = false;
	hv_unplace(v->unmap);
	hv_unplace(v);
}

static struct hv_vcpu *new_vcpu(struct hv_domain *d, unsigned id)
{
	struct hv_host *host = d->host;
	struct hv_vcpu *v;
	unsigned cpu = 1;

	/* CPU 0 is the toolstack's. */
	while (cpu < host->cfg.nr_cpus && host->cpus[cpu].used)
		cpu++;
	if (cpu == host->cfg.nr_cpus)
		return NULL;
	v = hv_place(host, sizeof(*v));
	if (!v)
		return NULL;
	v->unmap = hv_place(host, HV_UNMAP_CHUNK * sizeof(*v->unmap));
	v->d = d;
	v->host = host;
	v->preempt_every = host->cfg.preempt_every;
	v->id = id;
	v->cpu = &host->cpus[cpu];
	v->cpu->used = true;
	v->rand = host->cfg.seed * 0x9e3779b97f4a7c15ull + d->id * 64ull + id + 1;
	v->maptrack_head = v->maptrack_tail = HV_MAPTRACK_TAIL;
	v->tlb_gen = 1;
	if (v->unmap)
		return v;
	free_vcpu(v);
	return NULL;
}

static void destroy(struct hv_vcpu *cur, struct hv_domain *d)
{
	for (unsigned i = 0; d->vcpu && i < d->nr_vcpus; i++)
		free_vcpu(d->vcpu[i]);
	free(d->vcpu);
	hv_iommu_destroy(cur, d);
	if (d->gt)
		hv_grant_table_destroy(cur, d);
	hv_p2m_destroy(cur, d);
	if (d->memfd >= 0)
		close(d->memfd);
	if (d->heap_bytes)
		hv_violate(d->host, "d%u ended with %lu bytes of hypervisor memory", d->id,
			   (unsigned long)d->heap_bytes);
	hv_unplace(d);
}

void hv_domain_reap(struct hv_host *host)
{
	struct hv_domain *d, *next;

	hv_mutex_lock(&host->ram_lock);
	d = host->ended;
	host->ended = NULL;
	hv_mutex_unlock(&host->ram_lock);
	if (!d)
		return;
	hv_grace_period(host);
	for (; d; d = next) {
		next = d->next_ended;
		destroy(&host->toolstack, d);
	}
}

static void retire(struct hv_domain *d)
{
	struct hv_host *host = d->host;

	hv_store_release(&host->domain[d->id], (struct hv_domain *)NULL);
	hv_mutex_lock(&host->ram_lock);
	d->next_ended = host->ended;
	host->ended = d;
	hv_mutex_unlock(&host->ram_lock);
}

void hv_domain_put_frame(struct hv_vcpu *cur, struct hv_domain *d)
{
	(void)cur;
	if (hv_account_sub(&d->nr_owned, 1) == 1)
		retire(d);
}

/* RAM of the domain: contiguous frames backed by a memfd of its own. */
static int make_memory(struct hv_vcpu *cur, struct hv_domain *d)
{
	struct hv_host *host = d->host;
	uint64_t n = (uint64_t)d->nr_pages + d->args_pages;
	uint64_t mfn = hv_alloc_domain_range(cur, d, n);

	if (mfn == HV_INVALID)
		return -ENOMEM;
	d->first_mfn = mfn;
	d->first_args_mfn = mfn + d->nr_pages;
	d->memfd = memfd_create("hv-domain", MFD_CLOEXEC);
	if (d->memfd < 0 || ftruncate(d->memfd, (off_t)(n << HV_PAGE_SHIFT)) ||
	    mmap(hv_virt(host, mfn), n << HV_PAGE_SHIFT, PROT_READ | PROT_WRITE,
		 MAP_SHARED | MAP_FIXED, d->memfd, 0) == MAP_FAILED)
		return -ENOMEM;
	for (uint64_t i = 0; i < n; i++) {
		hv_store(&hv_page(host, mfn + i)->m2p, i);
		hv_page(host, mfn + i)->fixed = i >= d->nr_pages;
	}
	return 0;
}

static int fill_p2m(struct hv_vcpu *cur, struct hv_domain *d)
{
	uint64_t n = (uint64_t)d->nr_pages + d->args_pages;
	int rc = 0;

	hv_p2m_lock(cur, d);
	for (uint64_t gfn = 0; gfn < n && !rc;) {
		unsigned order = 18;

		while (order && (((gfn | (d->first_mfn + gfn)) & ((1ull << order) - 1)) ||
				 n - gfn < 1ull << order))
			order -= 9;
		rc = hv_p2m_set(cur, d, gfn, d->first_mfn + gfn, order, HV_P2M_RAM_RW);
		gfn += 1ull << order;
	}
	hv_p2m_unlock(cur, d);
	return rc;
}

static int check_config(const struct hv_host *host, struct hv_domain_config *c)
{
	if (!c->args_pages)
		c->args_pages = 16;
	if (!c->vcpus)
		c->vcpus = 1;
	if (!c->max_grant_frames)
		c->max_grant_frames = 64;
	if (!c->max_maptrack_frames)
		c->max_maptrack_frames = 1024;
	if (!c->max_grant_version)
		c->max_grant_version = 2;
	if (!c->heap_limit)
		c->heap_limit = UINT64_MAX / 2;
	if (!c->pages || c->pages > host->cfg.ram_pages || c->args_pages > host->cfg.ram_pages ||
	    c->vcpus > HV_MAX_VCPUS || c->max_grant_version > 2 || c->max_grant_frames > 1u << 16 ||
	    c->max_maptrack_frames > 1u << 16 || c->map_slots > 1u << 20 ||
	    c->iommu > HV_IOMMU_BATCHED || (c->iommu == HV_IOMMU_SHARED && c->guest == HV_GUEST_PV))
		return -EINVAL;
	return 0;
}

static int build(struct hv_vcpu *cur, struct hv_domain *d, const struct hv_domain_config *c)
{
	int rc;

	d->vcpu = calloc(c->vcpus, sizeof(*d->vcpu));
	if (!d->vcpu)
		return -ENOMEM;
	for (; d->nr_vcpus < c->vcpus; d->nr_vcpus++) {
		d->vcpu[d->nr_vcpus] = new_vcpu(d, d->nr_vcpus);
		if (!d->vcpu[d->nr_vcpus])
			return -ENOMEM;
	}
	rc = hv_iommu_init(cur, d, c->iommu);
	if (!rc)
		rc = hv_translated(d) ? hv_p2m_init(cur, d) : 0;
	if (!rc)
		rc = make_memory(cur, d);
	if (!rc)
		rc = hv_translated(d) ? fill_p2m(cur, d) : hv_pv_init(cur, d);
	if (!rc)
		rc = hv_grant_table_init(cur, d, c);
	return rc;
}

static void kill_locked(struct hv_host *host, struct hv_domain *d);

int hv_domain_create(struct hv_host *host, const struct hv_domain_config *cfg,
		     struct hv_domain **out)
{
	struct hv_vcpu *cur = &host->toolstack;
	struct hv_domain_config c = *cfg;
	struct hv_domain *d;
	unsigned id = 0;
	int rc = check_config(host, &c);

	if (rc)
		return rc;
	hv_mutex_lock(&host->toolstack_lock);
	hv_domain_reap(host);
	while (id < HV_MAX_DOMAINS && hv_load(&host->domain[id]))
		id++;
	rc = -ENOSPC;
	if (id == HV_MAX_DOMAINS)
		goto out;
	rc = -ENOMEM;
	d = hv_place(host, sizeof(*d));
	if (!d)
		goto out;
	d->host = host;
	d->id = (domid_t)id;
	d->guest = c.guest;
	d->privileged = c.privileged;
	d->batch_flush = c.batch_flush;
	d->nr_pages = c.pages;
	d->args_pages = c.args_pages;
	d->map_slots = c.map_slots;
	d->heap_limit = c.heap_limit;
	d->memfd = -1;
	d->nr_owned =
		1; /* the domain itself, so that it is not retired while it is built or killed */
	rc = build(cur, d, &c);
	hv_store_release(&host->domain[id], d);
	if (rc)
		kill_locked(host, d);
	else
		*out = d;
out:
	hv_mutex_unlock(&host->toolstack_lock);
	return rc;
}

static void kill_locked(struct hv_host *host, struct hv_domain *d)
{
	struct hv_vcpu *cur = &host->toolstack;

	/* With the lock: nobody gives it a page from here on. */
	hv_spin_lock(cur, &d->page_alloc_lock, HV_LVL_ALLOC);
	hv_store(&d->is_dying, true);
	hv_spin_unlock(cur, &d->page_alloc_lock, HV_LVL_ALLOC);
	/* It runs no more: nothing may be reached through its TLBs or its device when references
	 * go. */
	for (unsigned i = 0; i < d->nr_vcpus; i++)
		hv_store(&d->vcpu[i]->tlb_gen, d->vcpu[i]->tlb_gen + 1);
	if (d->iommu.mode != HV_IOMMU_NONE)
		hv_iommu_invalidate(cur, d, 0, 0, HV_SCOPE_DOMAIN);
	if (d->gt)
		hv_grant_release_mappings(cur, d);
	if (hv_translated(d) && d->p2m.pt.root)
		hv_p2m_teardown(cur, d);
	hv_pv_teardown(cur, d);
	for (uint64_t mfn = host->first_ram; mfn < host->nr_frames; mfn++) {
		struct hv_page *pg = hv_page(host, mfn);

		if (hv_load(&pg->owner) == d)
			hv_put_alloc_ref(cur, pg);
	}
	hv_domain_put_frame(cur, d);
	hv_domain_reap(host);
}

void hv_domain_kill(struct hv_domain *d)
{
	struct hv_host *host = d->host;

	hv_mutex_lock(&host->toolstack_lock);
	kill_locked(host, d);
	hv_mutex_unlock(&host->toolstack_lock);
}

/* ---- what others may know of a domain ---- */

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

void hv_domain_usage(const struct hv_domain *d, uint64_t *guest_bytes, uint64_t *hv_bytes)
{
	*guest_bytes = (hv_load(&d->nr_owned) - 1) << HV_PAGE_SHIFT;
	*hv_bytes = hv_load(&d->heap_bytes);
}

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

#define HV_PV_HYPERVISOR_END 0xffff880000000000ull /* HYPERVISOR_VIRT_END */

bool hv_guest_address_okay(const struct hv_domain *d, const void *p)
{
	return hv_translated(d) || (uintptr_t)p < 1ull << 47 ||
	       (uintptr_t)p >= HV_PV_HYPERVISOR_END;
}

bool hv_guest_handle_okay(const struct hv_domain *d, const void *p, uint64_t count, size_t size)
{
	uintptr_t base = (uintptr_t)hv_virt(d->host, d->first_args_mfn), a = (uintptr_t)p;
	uint64_t room = (uint64_t)d->args_pages << HV_PAGE_SHIFT;

	return !(a & 3) && a >= base && a - base <= room && count <= (room - (a - base)) / size;
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
	pe = hv_pt_slot(cur, (struct hv_pt *)&d->pv, (HV_PV_MAP_BASE >> HV_PAGE_SHIFT) + i, false);
	return hv_virt_to_mfn(d->host, pe) << HV_PAGE_SHIFT | ((uintptr_t)pe & (HV_PAGE_SIZE - 1));
}
