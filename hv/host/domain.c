/* SPDX-License-Identifier: GPL-2.0-only */
/* Domains built and killed. */
#include "domain.h"
#include "iomem.h"
#include "lend.h"
#include "domctl.h"
#include "args.h"
#include "bfn.h"
#include "grant_rivals.h"
#include "guest_pt.h"
#include "iommu.h"
#include "lifetime.h"
#include "log_bits.h"
#include "log_ops.h"
#include "log_trie.h"
#include "mapping.h"
#include "p2m.h"
#include "page.h"
#include "place.h"
#include "pviommu.h"
#include "pv.h"
#include "release.h"
#include "table.h"
#include "tlb.h"
#include "typed.h"
#include "unit.h"
#include "unmap_halves.h"
#include "v3.h"
#include "violation.h"
#include "virtio.h"
#include "waits.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static void free_vcpu(struct hv_vcpu *v)
{
	if (!v)
		return;
	v->cpu->used = false;
	hv_store(&v->cpu->vcpu, (struct hv_vcpu *)NULL);
	hv_waits_end(v->locks);
	hv_free_kept(v);
	hv_unplace(v->unmap);
	hv_unplace(v->frames);
	hv_unplace(v->v3_buffer);
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
	v->frames = hv_place(host, GNTRANGE_MAX_COUNT * sizeof(*v->frames));
	v->v3_buffer = hv_place(host, HV_V3_BUFFER);
	v->locks = hv_waits_new(d->id, cpu, &v->count);
	v->d = d;
	v->host = host;
	v->preempt_every = host->cfg.preempt_every;
	v->id = id;
	v->cpu = &host->cpus[cpu];
	v->cpu->used = true;
	hv_store(&v->cpu->vcpu, v);
	v->rand = host->cfg.seed * 0x9e3779b97f4a7c15ull + d->id * 64ull + id + 1;
	v->maptrack_head = v->maptrack_tail = HV_MAPTRACK_TAIL;
	v->tlb_gen = 1;
	if (v->unmap && v->frames && v->v3_buffer && v->locks)
		return v;
	free_vcpu(v);
	return NULL;
}

static void destroy(struct hv_vcpu *cur, struct hv_domain *d)
{
	hv_log_room_free(cur, d);
	for (unsigned i = 0; d->vcpu && i < d->nr_vcpus; i++)
		free_vcpu(d->vcpu[i]);
	free(d->vcpu);
	hv_pviommu_destroy(cur, d);
	hv_iommu_destroy(cur, d);
	if (d->gt)
		hv_grant_table_destroy(cur, d);
	hv_v3_destroy(cur, d);
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

/* RAM of the domain: contiguous frames backed by a memfd of its own. */
static int make_memory(struct hv_vcpu *cur, struct hv_domain *d)
{
	struct hv_host *host = d->host;
	uint64_t n = (uint64_t)d->nr_pages + d->args_pages + d->table_pages;
	uint64_t mfn = hv_alloc_domain_range(cur, d, n);

	if (mfn == HV_INVALID)
		return -ENOMEM;
	d->first_mfn = mfn;
	d->first_args_mfn = mfn + d->nr_pages;
	d->memfd = memfd_create("hv-domain", MFD_CLOEXEC);
	if (d->memfd < 0 || ftruncate(d->memfd, (off_t)(n << HV_PAGE_SHIFT)) ||
	    mmap(hv_virt(host, mfn), n << HV_PAGE_SHIFT, PROT_READ | PROT_WRITE,
		 MAP_SHARED | MAP_FIXED, d->memfd, 0) == MAP_FAILED)
		return -errno;
	for (uint64_t i = 0; i < n; i++) {
		hv_store(&hv_page(host, mfn + i)->m2p, i);
		hv_page(host, mfn + i)->fixed = i >= d->nr_pages && i - d->nr_pages < d->args_pages;
	}
	return 0;
}

static int fill_p2m(struct hv_vcpu *cur, struct hv_domain *d)
{
	uint64_t n = (uint64_t)d->nr_pages + d->args_pages + d->table_pages;
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
	if (!rc)
		hv_guest_pt_init(d);
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
	if (!c->max_v3_trees)
		c->max_v3_trees = 64;
	if (!c->max_v3_pages)
		c->max_v3_pages = 1024;
	if (!c->log_ring)
		c->log_ring = 1u << 16;
	if (!c->heap_limit)
		c->heap_limit = UINT64_MAX / 2;
	if (!c->pages || c->pages > host->cfg.ram_pages || c->args_pages > host->cfg.ram_pages ||
	    c->vcpus > HV_MAX_VCPUS || c->max_grant_version > 2 || c->max_grant_frames > 1u << 16 ||
	    c->max_maptrack_frames > 1u << 16 || c->max_v3_trees > HV_V3_MAX_TREES ||
	    c->max_v3_pages > 1u << 20 || c->map_slots > 1u << 21 || c->iommu > HV_IOMMU_BATCHED ||
	    c->flush > HV_FLUSH_PER_HYPERCALL ||
	    (c->iommu == HV_IOMMU_SHARED && c->guest == HV_GUEST_PV) ||
	    c->log_veto >= HV_NR_VETOES || c->log_way >= HV_LOG_WAYS ||
	    (c->log_way && c->guest == HV_GUEST_PV) || (c->log_ring & (c->log_ring - 1)) ||
	    c->log_ring < 256 || c->log_ring > 1u << 16 ||
	    (c->iommu_dirty_bits && (c->iommu < HV_IOMMU_STRICT || c->guest == HV_GUEST_PV)) ||
	    (c->revocable && (c->super || c->args_block)))
		return -EINVAL;
	return 0;
}

static enum hv_late flush_policy(const struct hv_domain_config *c)
{
	enum hv_late late = HV_LATE_NONE;

	if (c->flush == HV_FLUSH_PER_HYPERCALL)
		late |= HV_LATE_TLB;
	if (c->iommu == HV_IOMMU_BATCHED)
		late |= HV_LATE_IOTLB;
	return late;
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
	if (!rc)
		rc = hv_v3_init(cur, d, c);
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
	d->v3_walk_cache = c.v3_walk_cache;
	d->log.veto = c.log_veto;
	d->log.way = hv_translated(d) ? c.log_way : HV_LOG_WAYS;
	d->log.mark = d->log.way == HV_WAY_MARKS ? hv_log_pfn : hv_log_bit;
	d->log.mark_frame = d->log.way == HV_WAY_MARKS ? hv_log_mfn : hv_log_bit_of;
	d->log.ring = c.log_ring;
	d->iommu.dirty_bits = c.iommu_dirty_bits;
	d->flush_late = flush_policy(&c);
	d->args_walked = c.guest == HV_GUEST_TRANSLATED && !c.args_direct;
	d->super = c.super ? GNTMAP_super : 0;
	d->args_block = c.args_block ? HV_ARGS_BLOCK : c.super;
	d->beyond_v1 = d->args_block || c.revocable;
#ifdef HV_SLOW
	d->slow = c.slow;
#endif
	d->nr_pages = c.pages;
	d->args_pages = c.args_pages;
	if (hv_translated(d))
		d->table_pages = hv_guest_pt_pages(c.args_pages);
	d->map_slots = c.map_slots;
	d->heap_limit = c.heap_limit;
	d->memfd = -1;
	/* The domain itself, so that it is not retired while it is built or killed. */
	d->nr_owned = 1;
	hv_iomem_init(d);
	d->lends = c.lends;
	d->lender = DOMID_INVALID;
	hv_lend_init(d);
	hv_pviommu_begin(d, c.pv_iommu, c.pv_iommu_large);
	hv_bfn_begin(d, c.dom0_iommu);
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
	/* Or logs its pages, when what does so now is over. */
	hv_domctl_begin(cur);
	hv_log_end(cur, d);
	hv_domctl_end(cur);
	/* It runs no more: nothing may be reached by its TLBs or device when references go. */
	hv_tlb_forget(d);
	if (d->iommu.mode != HV_IOMMU_NONE)
		hv_unit_invalidate(cur, d, 0, 0, HV_SCOPE_DOMAIN);
	hv_virtio_dies(cur, d);
	hv_pviommu_end(cur, d);
	hv_bfn_mapper_ends(cur, d);
	if (d->gt)
		hv_grant_release_mappings(cur, d);
	hv_v3_dies(cur, d);
	hv_lend_lender_dies(cur, d);
	if (hv_translated(d) && d->p2m.pt.root) {
		hv_lend_borrower_dies(cur, d);
		hv_p2m_put_foreign(cur, d);
		hv_p2m_teardown(cur, d);
	}
	hv_mapping_teardown(cur, d);
	hv_pv_teardown(cur, d);
	for (uint64_t mfn = host->first_ram; mfn < host->nr_frames; mfn++) {
		struct hv_page *pg = hv_page(host, mfn);

		if (hv_load(&pg->owner) == d)
			hv_put_alloc_ref(cur, pg);
	}
	hv_bfn_owner_ends(cur, d);
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
