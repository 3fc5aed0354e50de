// SPDX-License-Identifier: GPL-2.0-only
/* gnb_guest: what a session owns, from set-up to release, and its mapping into user space. */
#include <linux/bitmap.h>
#include <linux/capability.h>
#include <linux/security.h>
#include <linux/slab.h>
#include <linux/version.h>
#include <asm/xen/hypercall.h>
#include <asm/xen/hypervisor.h>
#include <xen/features.h>
#include <xen/interface/event_channel.h>
#include <xen/page.h>
#include <xen/xen-ops.h>

#include "session.h"

atomic_t gnb_refs_held = ATOMIC_INIT(0);

int gnb_table_size(u32 *nr, u32 *max)
{
	struct gnttab_query_size q = { .dom = DOMID_SELF };
	int rc = HYPERVISOR_grant_table_op(GNTTABOP_query_size, &q, 1);

	if (rc || q.status != GNTST_okay)
		return rc ? rc : -EIO;
	*nr = q.nr_frames;
	*max = q.max_nr_frames;
	return 0;
}

int gnb_table_version(u16 *version)
{
	struct gnttab_get_version v = { .dom = DOMID_SELF };
	int rc = HYPERVISOR_grant_table_op(GNTTABOP_get_version, &v, 1);

	/* A Xen without the operation has version 1 only. */
	*version = rc == -ENOSYS ? 1 : v.version;
	return rc == -ENOSYS ? 0 : rc;
}

/*
 * No hypercall tells a PV domain its number. But a port that waits for the domain itself knows who that is:
 * Xen puts the number in DOMID_SELF's place (common/event_channel.c, evtchn_alloc_unbound).
 */
static u16 pv_domid(void)
{
	struct evtchn_alloc_unbound port = { .dom = DOMID_SELF, .remote_dom = DOMID_SELF };
	struct evtchn_status status = { .dom = DOMID_SELF };
	struct evtchn_close close;
	u16 domid = GNB_DOMID_UNKNOWN;

	if (HYPERVISOR_event_channel_op(EVTCHNOP_alloc_unbound, &port))
		return domid;
	status.port = port.port;
	if (!HYPERVISOR_event_channel_op(EVTCHNOP_status, &status) &&
	    status.status == EVTCHNSTAT_unbound)
		domid = status.u.unbound.dom;
	close.port = port.port;
	HYPERVISOR_event_channel_op(EVTCHNOP_close, &close);
	return domid;
}

u16 gnb_own_domid(void)
{
	u32 base, eax, ebx, ecx, edx;

	if (xen_pv_domain())
		return pv_domid();
	if (xen_initial_domain())
		return 0;
	base = xen_cpuid_base();
	if (!base)
		return GNB_DOMID_UNKNOWN;
	cpuid(base + 4, &eax, &ebx, &ecx, &edx);
	return eax & (1u << 4) ? ecx : GNB_DOMID_UNKNOWN; /* XEN_HVM_CPUID_DOMID_PRESENT */
}

/*
 * References in a row, from the start of a frame that has no entry of anybody else: only whole frames can be
 * shown to user space. With version 2 the status frames, 2048 references each, must be ours alone as well.
 */
static int alloc_refs(struct gnb_session *m, struct gnb_guest_setup *cfg)
{
	u32 per_frame = m->version == 2 ? 256 : 512, unit = m->version == 2 ? 2048 : 512;
	u32 refs = cfg->frames * per_frame, want = ALIGN(refs, unit) + unit - 1;
	int rc = gnttab_alloc_grant_reference_seq(want, &m->alloc_first);

	if (rc)
		return rc < 0 ? rc : -ENOSPC;
	m->alloc_count = want;
	atomic_add(want, &gnb_refs_held);
	cfg->first_ref = ALIGN(m->alloc_first, unit);
	cfg->refs = refs;
	m->granted = kvzalloc(BITS_TO_LONGS(refs) * sizeof(long), GFP_KERNEL_ACCOUNT);
	return m->granted ? 0 : -ENOMEM;
}

static int alloc_region(struct gnb_session *m, u32 region, u32 count)
{
	m->page[region] = kvcalloc(max(count, 1u), sizeof(struct page *), GFP_KERNEL_ACCOUNT);
	if (!m->page[region])
		return -ENOMEM;
	for (u32 i = 0; i < count; i++) {
		struct page *p = alloc_page(GFP_KERNEL_ACCOUNT | __GFP_ZERO);
		int rc;

		if (!p)
			return -ENOMEM;
		m->page[region][i] = p;
		rc = xa_err(xa_store(&m->gfns, xen_page_to_gfn(p), p, GFP_KERNEL));
		if (rc)
			return rc;
	}
	return 0;
}

static int alloc_slots(struct gnb_session *m, u32 count)
{
	int rc;

	m->slot = kvcalloc(max(count, 1u), sizeof(*m->slot), GFP_KERNEL_ACCOUNT);
	m->slot_page = kvcalloc(max(count, 1u), sizeof(*m->slot_page), GFP_KERNEL_ACCOUNT);
	if (!m->slot || !m->slot_page)
		return -ENOMEM;
	rc = count ? gnttab_alloc_pages(count, m->slot_page) : 0;
	if (!rc)
		m->cfg.slots = count;
	return rc;
}

/* Called once, under the lock; a failure leaves the session as it was. */
int gnb_session_setup(struct gnb_session *m, struct gnb_guest_setup *cfg)
{
	int rc;

	/* Once: CPUID leaves a translated domain. */
	m->domid = gnb_own_domid();
	if (m->domid == GNB_DOMID_UNKNOWN)
		return -EOPNOTSUPP;
	memset(&m->cfg, 0, sizeof(m->cfg));
	rc = gnb_table_version(&m->version);
	/*
	 * Linux does not map the status frames of a translated domain (drivers/xen/grant-table.c, gnttab_map), and ends
	 * every grant of version 2 by a look at them: it would crash. A session without references ends none.
	 */
	if (!rc && cfg->frames && m->version == 2 && xen_feature(XENFEAT_auto_translated_physmap))
		rc = -EOPNOTSUPP;
	cfg->refs = cfg->first_ref = 0;
	if (!rc && cfg->frames)
		rc = alloc_refs(m, cfg);
	m->cfg.pages = cfg->pages;
	m->cfg.own_pages = cfg->own_pages;
	if (!rc)
		rc = alloc_region(m, GNB_GUEST_RAM, cfg->pages);
	if (!rc)
		rc = alloc_region(m, GNB_GUEST_OWN, cfg->own_pages);
	if (!rc)
		rc = alloc_slots(m, cfg->slots);
	if (rc)
		gnb_session_release(m);
	else
		m->cfg = *cfg;
	return rc;
}

/* Free the references whose entries are free; how many another domain still holds. */
static u32 free_refs(struct gnb_session *m)
{
	u32 held = 0;

	for (u32 i = 0; i < m->alloc_count; i++) {
		grant_ref_t ref = m->alloc_first + i;

		if (gnttab_end_foreign_access_ref(ref))
			gnttab_free_grant_reference(ref);
		else
			held++;
	}
	atomic_sub(m->alloc_count - held, &gnb_refs_held);
	m->alloc_count = 0;
	return held;
}

/* How many pages had to be kept because they were lost and could not be replaced. */
static u32 free_region(struct gnb_session *m, u32 region, u32 count, bool keep)
{
	u32 lost = 0;

	for (u32 i = 0; m->page[region] && !keep && i < count; i++) {
		struct page *p = m->page[region][i];

		if (p && gnb_page_is_back(p))
			put_page(p);
		else if (p)
			lost++;
		cond_resched();
	}
	kvfree(m->page[region]);
	m->page[region] = NULL;
	return lost;
}

static void free_slots(struct gnb_session *m)
{
	if (m->cfg.slots) {
		u32 n = 0;

		for (u32 i = 0; i < m->cfg.slots; i++)
			if (atomic_read(&m->slot[i].state) != GNB_SLOT_LOST)
				m->slot_page[n++] = m->slot_page[i];
		gnttab_free_pages(n, m->slot_page);
	}
	kvfree(m->slot_page);
	kvfree(m->slot);
	m->slot_page = NULL;
	m->slot = NULL;
}

/* Nobody else has the file, and no mapping of it into user space is left: each holds the file open. */
void gnb_session_release(struct gnb_session *m)
{
	u32 lost = m->cfg.slots ? gnb_session_unmap_all(m) : 0, held = free_refs(m), pages;

	/* Who still has a grant mapped can write to the page: it must not become somebody else's. */
	if (held || lost)
		pr_warn("gnb_guest: %u references are held by another domain, %u slots could not be unmapped: kept for good\n",
			held, lost);
	pages = free_region(m, GNB_GUEST_RAM, m->cfg.pages, held || lost);
	pages += free_region(m, GNB_GUEST_OWN, m->cfg.own_pages, false);
	if (pages)
		pr_warn("gnb_guest: %u pages that this domain mapped from itself could not be replaced: kept for good\n",
			pages);
	free_slots(m);
	xa_destroy(&m->gfns);
	kvfree(m->granted);
	m->granted = NULL;
	memset(&m->cfg, 0, sizeof(m->cfg));
}

static void vm_set(struct vm_area_struct *vma, unsigned long flags)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 3, 0)
	vm_flags_set(vma, flags);
#else
	vma->vm_flags |= flags;
#endif
}

static int mmap_pages(struct gnb_session *m, struct vm_area_struct *vma, u32 region, u32 first,
		      u32 count)
{
	u32 have = region == GNB_GUEST_RAM ? m->cfg.pages : m->cfg.own_pages;
	int rc = 0;

	if (first > have || count > have - first)
		return -EINVAL;
	vm_set(vma, VM_DONTCOPY | VM_DONTEXPAND | VM_DONTDUMP);
	for (u32 i = 0; i < count && !rc; i++)
		rc = vm_insert_page(vma, vma->vm_start + i * PAGE_SIZE, m->page[region][first + i]);
	return rc;
}

/* Machine frame numbers of the table's first nr frames: for a PV guest, asking again is all it takes. */
static int table_frames(bool status, u32 nr, u64 *frame)
{
	struct gnttab_setup_table s = { .dom = DOMID_SELF, .nr_frames = nr };
	struct gnttab_get_status_frames g = { .dom = DOMID_SELF, .nr_frames = nr };
	int rc;

	if (status) {
		set_xen_guest_handle(g.frame_list, frame);
		rc = HYPERVISOR_grant_table_op(GNTTABOP_get_status_frames, &g, 1);
		return rc ? rc : g.status == GNTST_okay ? 0 : -EIO;
	}
	BUILD_BUG_ON(sizeof(xen_pfn_t) != sizeof(*frame));
	set_xen_guest_handle(s.frame_list, (xen_pfn_t *)frame);
	rc = HYPERVISOR_grant_table_op(GNTTABOP_setup_table, &s, 1);
	return rc ? rc : s.status == GNTST_okay ? 0 : -EIO;
}

static int mmap_table(struct gnb_session *m, struct vm_area_struct *vma, bool status, u32 first,
		      u32 count)
{
	u32 per = status ? 2048 : m->version == 2 ? 256 : 512, base = m->cfg.first_ref / per;
	u32 have = DIV_ROUND_UP(m->cfg.refs, per);
	u64 *frame;
	int *err, rc;

	/* Only Linux knows where in a translated domain the table's frames are, and does not tell. */
	if (xen_feature(XENFEAT_auto_translated_physmap))
		return -EOPNOTSUPP;
	/* What /dev/mem may not do, this may not either. */
	if (!capable(CAP_SYS_RAWIO) || security_locked_down(LOCKDOWN_DEV_MEM))
		return -EPERM;
	if ((status && m->version != 2) || first > have || count > have - first)
		return -EINVAL;
	/* Never more frames than the table has: setup_table would grow it behind Linux' back. */
	frame = kvcalloc(base + have, sizeof(*frame), GFP_KERNEL);
	err = kvcalloc(count, sizeof(*err), GFP_KERNEL);
	rc = frame && err ? table_frames(status, base + have, frame) : -ENOMEM;
	if (!rc) {
		vm_set(vma, VM_IO | VM_PFNMAP | VM_DONTCOPY | VM_DONTEXPAND | VM_DONTDUMP);
		rc = xen_remap_domain_mfn_array(vma, vma->vm_start,
						(xen_pfn_t *)frame + base + first, count, err,
						vma->vm_page_prot, DOMID_SELF);
		rc = rc == count ? 0 : rc < 0 ? rc : -EIO;
	}
	kvfree(frame);
	kvfree(err);
	return rc;
}

int gnb_session_mmap(struct gnb_session *m, struct vm_area_struct *vma)
{
	u64 region = vma->vm_pgoff >> 20;
	u32 first = vma->vm_pgoff & ((1u << 20) - 1), count = vma_pages(vma);

	if (!(vma->vm_flags & VM_SHARED) || vma_pages(vma) > GNB_GUEST_MAX_PAGES)
		return -EINVAL;
	switch (region) {
	case GNB_GUEST_RAM:
	case GNB_GUEST_OWN:
		return mmap_pages(m, vma, region, first, count);
	case GNB_GUEST_TABLE:
	case GNB_GUEST_STATUS:
		return mmap_table(m, vma, region == GNB_GUEST_STATUS, first, count);
	default:
		return -EINVAL;
	}
}
