// SPDX-License-Identifier: GPL-2.0-only
/* The fuzz harness: domains, tags, and what a mapper may reach. */
#include "fuzz.h"

struct fz_tag *fz_page_tag(uint64_t mfn)
{
	return hv_virt(fz.host, mfn);
}

void fz_tag_page(const struct fz_dom *m, uint64_t mfn)
{
	*fz_page_tag(mfn) = (struct fz_tag){ FZ_MAGIC, m->serial, mfn };
}

bool fz_tag_good(const struct fz_tag *t)
{
	return t->magic == FZ_MAGIC && t->serial && t->serial <= fz.serials;
}

struct fz_dom *fz_by_id(unsigned id)
{
	for (unsigned i = 0; i < FZ_DOMAINS; i++)
		if (fz.dom[i].d && fz.dom[i].id == id)
			return &fz.dom[i];
	return NULL;
}

struct fz_dom *fz_live(void)
{
	unsigned i = fz_u8() % FZ_DOMAINS;

	/* There are always at least two. */
	while (!fz.dom[i].d)
		i = (i + 1) % FZ_DOMAINS;
	return &fz.dom[i];
}

struct hv_vcpu *fz_vcpu(struct fz_dom *m)
{
	return m->v[1] && (fz_u8() & 1) ? m->v[1] : m->v[0];
}

uint64_t fz_translate(const struct fz_dom *m, uint64_t frame)
{
	uint64_t mfn = frame;

	if (m->translated) {
		uint64_t e = hv_pt_hw_get(fz.host, &m->d->p2m.pt, frame, NULL);

		if (!e || hv_pte_type(e) == HV_P2M_XEN_SHARED)
			return HV_INVALID;
		mfn = hv_pte_mfn(e);
	}
	if (mfn < fz.host->first_ram || mfn >= fz.host->nr_frames ||
	    hv_page(fz.host, mfn)->owner != m->d)
		return HV_INVALID;
	return mfn;
}

uint64_t fz_expect(const struct fz_dom *m, const struct fz_dom *x, grant_ref_t ref, bool readonly,
		   bool map)
{
	struct hv_grant_table *gt = x->d->gt;
	const struct hv_active *act;
	uint16_t flags, domid, type;
	uint64_t frame;
	bool open;

	if (ref >= hv_nr_grant_entries(gt))
		return HV_INVALID;
	act = hv_active_entry(gt, ref);
	if (gt->version == 1) {
		flags = hv_entry_v1(gt, ref)->flags;
		domid = hv_entry_v1(gt, ref)->domid;
		frame = hv_entry_v1(gt, ref)->frame;
	} else {
		flags = hv_entry_v2(gt, ref)->hdr.flags;
		domid = hv_entry_v2(gt, ref)->hdr.domid;
		frame = hv_entry_v2(gt, ref)->full_page.frame;
	}
	/* A copy of version 2 looks at the type once more before, as Xen does. */
	open = fz.hostile && !map && gt->version == 2;
	if (!readonly && (flags & GTF_readonly) && !(act->pin & HV_PIN_WRITE_MASK) && !open)
		return HV_INVALID;
	/*
	 * What its granter ended is used no more, though it is in use. To be marked, it is read once before
	 * that, and what a second read says is open. So is whether a mapper looks that cannot be revoked from.
	 */
	if (act->pin && x->revocable && !(flags & GTF_type_mask) && (!map || m->revocable) &&
	    (!fz.hostile || (map && (readonly || act->pin & HV_PIN_WRITE_MASK))))
		return HV_INVALID;
	if (act->pin)
		return act->domid == m->id ? act->mfn : HV_INVALID;
	if (open)
		return fz_translate(x, frame);
	type = flags & (GTF_type_mask | (map ? GTF_sub_page : 0));
	if (type != GTF_permit_access || domid != m->id)
		return HV_INVALID;
	return fz_translate(x, frame);
}

static int slot_of_pte(const struct fz_dom *m, uint64_t addr)
{
	uint64_t base = hv_guest_map_pte(m->d, 0);

	return addr >= base && addr < base + 8 * FZ_SLOTS ? (int)((addr - base) / 8) : -1;
}

struct fz_place *fz_find(struct fz_dom *m, uint64_t addr, unsigned flags)
{
	uint64_t base = hv_guest_map_addr(m->d, 0) >> 12, page = addr >> 12;

	if (!m->translated && (flags & GNTMAP_contains_pte)) {
		int s = slot_of_pte(m, addr);

		return s < 0 ? NULL : &m->place[s];
	}
	if (page >= base && page < base + FZ_SLOTS)
		return &m->place[page - base];
	if (m->translated && page < FZ_RAM)
		return &m->place[FZ_SLOTS + page];
	return NULL;
}

uint64_t fz_slot_addr(const struct fz_dom *m, unsigned slot, unsigned flags)
{
	if (!m->translated && (flags & GNTMAP_contains_pte))
		return hv_guest_map_pte(m->d, slot % FZ_SLOTS);
	return hv_guest_map_addr(m->d, slot % FZ_SLOTS);
}

/* ---- life and death ---- */

void fz_make_host(void)
{
	uint8_t b = fz_u8();
	struct hv_host_config c = { .nr_cpus = 12,
				    .heap_pages = 512,
				    .ram_pages = 6 * 512,
				    .bar_pages = 512,
				    .audit = true,
				    .poison = true,
				    .seed = 1 + b };
	int rc;

	c.preempt_every = b & 1 ? 1 + (b >> 1) % 40 : 0;
	rc = hv_host_create(&c, &fz.host);
	if (rc)
		fz_fail("no host: %d", rc);
}

static void fill(struct fz_dom *m, unsigned vcpus)
{
	for (unsigned i = 0; i < vcpus; i++)
		m->v[i] = hv_domain_vcpu(m->d, i);
	m->id = hv_domain_id(m->d);
	m->serial = ++fz.serials;
	m->args = hv_guest_args(m->d, &m->args_bytes);
	for (unsigned i = 0; i < FZ_RAM; i++) {
		uint64_t mfn = m->d->first_mfn + i;

		if (i < FZ_RAM - FZ_NOTES)
			fz_tag_page(m, mfn);
		if (i < FZ_PAGES)
			m->frame[i] = hv_guest_frame(m->d, i);
		if (m->translated)
			m->place[FZ_SLOTS + i] =
				(struct fz_place){ FZ_MAPPED, true,	 i < FZ_RAM - FZ_NOTES,
						   true,      m->serial, mfn };
	}
	for (unsigned i = 0; i < FZ_REFS; i++)
		m->pub[i].to = -1;
}

void fz_create(void)
{
	uint8_t b = fz_u8(), e = fz_u8();
	struct hv_domain_config c = { .guest = b & 1 ? HV_GUEST_TRANSLATED : HV_GUEST_PV,
				      .iommu = (enum hv_iommu_mode)(b >> 1 & 3),
				      .pages = FZ_PAGES,
				      .args_pages = FZ_ARGS,
				      .vcpus = 1 + (b >> 3 & 1),
				      .map_slots = FZ_SLOTS,
				      .args_block = b & 0x40 && !(e & 8),
				      .super = fz.hostile && b & 0x80 && !(e & 8),
				      .max_grant_frames = 1 + e % 3,
				      .max_maptrack_frames = 1 + (e >> 2 & 1),
				      .privileged = b & 0x10,
				      .revocable = e & 8,
				      .log_veto = (enum hv_log_veto)((e >> 5) % HV_NR_VETOES),
				      /* What is granted is not what a walk says then. */
				      .v3_walk_cache = fz.hostile && b & 0x20,
				      .flush = b & 0x20 ? HV_FLUSH_PER_HYPERCALL
							: HV_FLUSH_PER_MAPPING };
	struct fz_dom *m = NULL;
	int rc;

	for (unsigned i = 0; i < FZ_DOMAINS && !m; i++)
		if (!fz.dom[i].d)
			m = &fz.dom[i];
	if (!m)
		return;
	c.iommu_dirty_bits =
		e & 0x10 && c.guest == HV_GUEST_TRANSLATED && c.iommu >= HV_IOMMU_STRICT;
	/* A PV domain that lends could not give its pages away. */
	c.lends = c.guest == HV_GUEST_TRANSLATED && (c.privileged || (e & 4));
	/* Half of those that can have their pages logged as KVM does it. */
	if (c.guest == HV_GUEST_TRANSLATED && (b * 7u + e) % 8 < HV_LOG_WAYS) {
		c.log_way = (enum hv_log_way)((b * 7u + e) % 8);
		c.log_ring = 256;
	}
	if (c.guest == HV_GUEST_PV && c.iommu == HV_IOMMU_SHARED)
		c.iommu = HV_IOMMU_STRICT;
	c.pv_iommu = true;
	c.pv_iommu_large = e & 1;
	if (c.privileged)
		c.dom0_iommu = (enum hv_dom0_iommu)(HV_DOM0_STRICT + e % 3);
	if (fz_odd(8))
		c.max_grant_version = 1;
	if (fz_odd(8))
		c.heap_limit = (20ull + e) << HV_PAGE_SHIFT;
	if (fz_odd(8))
		c.max_v3_pages = 1 + e % 16;
	memset(m, 0, sizeof(*m));
	rc = hv_domain_create(fz.host, &c, &m->d);
	if (rc) {
		m->d = NULL;
		if (rc != -ENOMEM && rc != -ENOSPC)
			fz_fail("a domain could not be created: %d", rc);
		return;
	}
	m->translated = c.guest == HV_GUEST_TRANSLATED;
	m->iommu = c.iommu;
	m->revocable = c.revocable;
	fill(m, c.vcpus);
	/* Most tables are made by a domain's first operations. */
	if (fz_odd(4))
		hv_host_fail_alloc(fz.host, 1 + fz_u8() % 8);
}

static void end(struct fz_dom *m)
{
	fz_v3_note();
	hv_domain_kill(m->d);
	fz_v3_gone(m);
	fz_range_gone(m);
	memset(m, 0, sizeof(*m));
}

void fz_settle(void)
{
	for (unsigned i = 0; i < FZ_DOMAINS; i++)
		if (fz.dom[i].d && fz.dom[i].lost)
			end(&fz.dom[i]);
}

void fz_kill(struct fz_dom *m)
{
	fz_settle();
	if (m->d)
		end(m);
}

void fz_check(void)
{
	char why[200];

	fz.since_check = 0;
	fz_stats.checks++;
	if (hv_check(fz.host, !fz.hostile, why, sizeof(why)))
		fz_fail("invariant: %s", why);
}

bool fz_after(struct fz_dom *m)
{
	fz_stats.calls++;
	if (hv_host_violation(fz.host))
		fz_fail("%s", hv_host_violation(fz.host));
	for (unsigned i = 0; fz.hostile && i < FZ_DOMAINS; i++)
		if (fz.dom[i].d && &fz.dom[i] != m && !fz_args_at_home(&fz.dom[i]))
			fz_kill(&fz.dom[i]);
	if (!m->d)
		return false;
	if (m->doomed || (fz.hostile && !fz_args_at_home(m))) {
		fz_kill(m);
		return false;
	}
	if (++fz.since_check >= FZ_CHECK_EVERY)
		fz_check();
	if (!hv_domain_crashed(m->d))
		return true;
	if (!fz.hostile)
		fz_fail("a well-behaved domain was crashed");
	fz_stats.crashes++;
	fz_check();
	fz_kill(m);
	return false;
}

void fz_end(void)
{
	fz_v3_large_end();
	fz_virtio_end();
	fz_check();
	for (unsigned i = 0; i < FZ_DOMAINS; i++)
		if (fz.dom[i].d)
			fz_kill(&fz.dom[i]);
	fz_check();
	for (uint64_t i = fz.host->first_ram; i < fz.host->nr_frames; i++)
		if (!hv_page(fz.host, i)->free)
			fz_fail("mfn %#lx leaked", (unsigned long)i);
	if (hv_host_violation(fz.host))
		fz_fail("%s", hv_host_violation(fz.host));
	hv_host_destroy(fz.host);
	fz.host = NULL;
}
