// SPDX-License-Identifier: GPL-2.0-only
/* The fuzz harness: what a guest and its device do to memory, and memory operations. */
#include "fuzz.h"

/* ---- the granter's entries ---- */

/* In version 2 `pad` is what lies between header and frame: a part, or whose grant is passed on. */
static void store(struct fz_dom *m, grant_ref_t ref, uint16_t flags, domid_t dom, uint32_t pad,
		  uint64_t frame)
{
	struct hv_grant_table *gt = m->d->gt;

	if (gt->version == 1) {
		grant_entry_v1_t *e = hv_entry_v1(gt, ref);

		*e = (grant_entry_v1_t){ flags, dom, (uint32_t)frame };
	} else {
		grant_entry_v2_t *e = hv_entry_v2(gt, ref);

		e->hdr.domid = dom;
		e->full_page.pad0 = pad;
		e->full_page.frame = frame;
		e->hdr.flags = flags;
	}
}

/* Something else than a page that is granted: what it is, or FZ_PAGE if that cannot be now. */
static enum fz_kind publish_other(struct fz_dom *m, grant_ref_t ref, const struct fz_dom *to,
				  bool ro, uint64_t frame)
{
	uint16_t flags = ro ? GTF_readonly : 0;
	uint8_t b = fz_u8(), c = fz_u8();
	struct fz_dom *y = fz_live();
	unsigned off = b & 8 ? 0 : 8 * (c % 64u), r = c % FZ_REFS;

	if (!(b & 3)) {
		/* Into a hole. */
		for (unsigned i = 0; m->translated && i < FZ_PAGES; i++, c++)
			if (m->frame[c % FZ_PAGES] == HV_INVALID)
				break;
		if (m->translated && m->frame[c % FZ_PAGES] != HV_INVALID && !fz.hostile)
			return FZ_PAGE;
		store(m, ref, GTF_accept_transfer, (domid_t)to->id, 0,
		      m->translated ? c % FZ_PAGES : 0);
		return FZ_ACCEPT;
	}
	if (m->d->gt->version == 1)
		return FZ_PAGE;
	if (b & 4) {
		store(m, ref, GTF_permit_access | GTF_sub_page | flags, (domid_t)to->id,
		      off | (16u + 8u * (b >> 3) * 8u) << 16, frame);
		return FZ_PART;
	}
	for (unsigned i = 0; i < FZ_REFS && y != m; i++, r = (r + 1) % FZ_REFS) {
		if (y->pub[r].to != (int)m->id || y->pub[r].kind == FZ_ACCEPT)
			continue;
		store(m, ref, GTF_transitive | flags, (domid_t)to->id, y->id, 8 + r);
		return FZ_PASSED_ON;
	}
	return FZ_PAGE;
}

void fz_write_entry(void)
{
	struct fz_dom *m = fz_live(), *to = fz_live();
	struct hv_grant_table *gt = m->d->gt;
	unsigned r = fz_u8() % FZ_REFS;
	bool ro = !(fz_u8() & 3);
	uint64_t frame = m->frame[fz_u8() % FZ_PAGES];

	if (fz_odd(8)) {
		uint16_t flags = (uint16_t)fz_u32();
		grant_ref_t ref = fz_u32() % hv_nr_grant_entries(gt);

		if (fz_u8() & 1)
			flags = GTF_permit_access | (flags & 0x1f8);
		else if (fz_u8() & 1)
			flags = fz_u8() & 1 ? GTF_accept_transfer : GTF_transitive;
		if (fz_u8() & 1)
			frame = fz_u8() & 1 ? fz_u32() % (6 * 512 + 512) : fz_u64();
		store(m, ref, flags, (domid_t)(fz_u8() & 1 ? fz_u8() % 5 : fz_u32()),
		      fz_u8() & 1 ? fz_u8() % 5 : fz_u32(), frame);
		if (ref >= 8 && ref < 8 + FZ_REFS)
			m->pub[ref - 8].to = -1;
		return;
	}
	/* The protocol: an entry in use is left alone. */
	if (!fz.hostile && m->pub[r].kind != FZ_ACCEPT &&
	    (*hv_use_word(gt, 8 + r) & (GTF_reading | GTF_writing)))
		return;
	if (frame == HV_INVALID || (m->pub[r].to >= 0 && !(fz_u8() & 7))) {
		store(m, 8 + r, 0, 0, 0, 0);
		m->pub[r].to = -1;
		return;
	}
	m->pub[r].kind = fz_u8() & 1 ? FZ_PAGE : publish_other(m, 8 + r, to, ro, frame);
	if (m->pub[r].kind == FZ_PAGE)
		store(m, 8 + r, GTF_permit_access | (ro ? GTF_readonly : 0), (domid_t)to->id, 0,
		      frame);
	m->pub[r].to = (int)to->id;
	m->pub[r].ro = ro;
}

void fz_write_status(void)
{
	struct fz_dom *m = fz_live();
	struct hv_grant_table *gt = m->d->gt;

	if (fz.hostile)
		*hv_use_word(gt, fz_u32() % hv_nr_grant_entries(gt)) = (uint16_t)fz_u32();
}

/* ---- accesses ---- */

static void judge(const struct fz_dom *m, const char *who, uint64_t addr, const struct fz_place *p,
		  int rc, const struct fz_tag *t, bool write)
{
	if (p->state == FZ_UNKNOWN)
		return;
	if (p->state == FZ_HOLE || (write && !p->rw)) {
		if (!rc)
			fz_fail("d%u: %s reached %#lx, where %s", m->id, who, (unsigned long)addr,
				p->state == FZ_HOLE ? "nothing is mapped" : "it may only read");
		return;
	}
	if (rc)
		fz_fail("d%u: %s did not reach its mapping at %#lx: %d", m->id, who,
			(unsigned long)addr, rc);
	if (write || !p->tagged)
		return;
	fz_stats.reads++;
	if (!fz_tag_good(t) || t->serial != p->serial || t->mfn != p->mfn)
		fz_fail("d%u: %s at %#lx read frame %#lx of serial %u (magic %#x), "
			"mapped was %#lx of %u",
			m->id, who, (unsigned long)addr, (unsigned long)t->mfn, t->serial, t->magic,
			(unsigned long)p->mfn, p->serial);
}

static uint64_t some_addr(struct fz_dom *m)
{
	unsigned b = fz_u8();

	if (m->translated && b >= 192)
		return (uint64_t)(b % FZ_RAM) << 12;
	return hv_guest_map_addr(m->d, b % FZ_SLOTS);
}

void fz_access(void)
{
	struct fz_dom *m = fz_live();
	struct hv_vcpu *v = fz_vcpu(m);
	uint64_t addr = some_addr(m), data = fz_u8();
	struct fz_tag t = { 0 };
	bool write = data & 1;
	int rc;

	/* The arguments are not written: they are read while an operation runs. */
	if (write)
		rc = hv_guest_access(v, addr, FZ_DATA + (fz_u8() & 0x78), &data, 8, true);
	else
		rc = hv_guest_access(v, addr, 0, &t, sizeof(t), false);
	/* Its ring of dirty pages is full, and nobody takes any. */
	if (rc == -ENOSPC && write)
		return;
	judge(m, "a guest", addr, fz_find(m, addr, 0), rc, &t, write);
	if (write && !rc)
		fz_log_wrote(m, addr, false);
	if (fz_odd(64)) {
		rc = hv_guest_access(v, fz_u64(), fz_u32() % 5000, &t, fz_u8() % 17, false);
		if (rc && rc != -EFAULT && rc != -EINVAL)
			fz_fail("d%u: an access gave %d", m->id, rc);
	}
	if (hv_host_violation(fz.host))
		fz_fail("%s", hv_host_violation(fz.host));
}

/* A PV domain's device sees the machine frames of its live handles for other domains' pages. */
static void pv_device(struct fz_dom *m, unsigned h, bool write)
{
	struct fz_handle *any = &m->handle[h];
	uint64_t dfn, data = 0;
	bool may = false;
	int rc;

	for (unsigned i = 0; i < FZ_HANDLES && !any->dev; i++)
		any = &m->handle[(h + i) % FZ_HANDLES];
	dfn = any->dev >> 12;
	if (h & 1 && fz_v3_device_frame(m, h) != HV_INVALID)
		dfn = fz_v3_device_frame(m, h);
	if (fz_odd(16))
		dfn = fz_u32() % (fz.host->nr_frames + 2);
	for (unsigned i = 0; i < FZ_HANDLES; i++)
		if (m->handle[i].flags && !m->handle[i].self && m->handle[i].dev >> 12 == dfn)
			may |= !write || !(m->handle[i].flags & GNTMAP_readonly);
	may |= fz_v3_device_may(m, dfn, write);
	rc = hv_device_access(m->d, dfn, FZ_DATA, &data, 8, write);
	if (write && fz_v3_device_unsure(m, dfn))
		return;
	if (!rc != may)
		fz_fail("d%u: its device may %s%s dfn %#lx, access gave %d", m->id,
			may ? "" : "not ", write ? "write" : "read", (unsigned long)dfn, rc);
}

void fz_device(void)
{
	struct fz_dom *m = fz_live();
	bool write = fz_u8() & 1;
	uint64_t addr = some_addr(m), data = 0;
	struct fz_tag t = { 0 };
	int rc;

	if (m->iommu == HV_IOMMU_NONE)
		return;
	if (!m->translated) {
		pv_device(m, (unsigned)(addr >> 12) % FZ_HANDLES, write);
		return;
	}
	if (write)
		rc = hv_device_access(m->d, addr >> 12, FZ_DATA, &data, 8, true);
	else
		rc = hv_device_access(m->d, addr >> 12, 0, &t, sizeof(t), false);
	/* By tables that are the p2m it may not write where RAM is logged. */
	if (write && rc == -EFAULT && m->iommu == HV_IOMMU_SHARED && m->d->p2m.marks)
		return;
	judge(m, "a device", addr, fz_find(m, addr, 0), rc, &t, write);
	if (write && !rc)
		fz_log_wrote(m, addr, true);
}

/* ---- memory operations ---- */

static uint8_t *args(struct fz_dom *m, unsigned page)
{
	return m->args + page * HV_PAGE_SIZE + FZ_DATA;
}

static struct fz_place *place_of(struct fz_dom *m, uint64_t gfn)
{
	return gfn < 1ull << 40 ? fz_find(m, gfn << 12, 0) : NULL;
}

void fz_physmap(void)
{
	struct fz_dom *m = fz_live();
	uint8_t b = fz_u8();
	struct xen_add_to_physmap a = { .domid = DOMID_SELF,
					.space = XENMAPSPACE_grant_table,
					.idx = b & 3 };
	struct fz_place *p;
	long rc;

	a.gpfn = HV_GFN_GRANT_BASE + a.idx + (b & 4 ? 64 : 0);
	if (b & 8) {
		a.idx |= 0x80000000u;
		a.gpfn += 32;
	}
	if (fz_odd(4)) {
		a.gpfn = fz_u8() & 1 ? some_addr(m) >> 12 : fz_u64();
		a.idx = fz_u8() & 1 ? a.idx : fz_u64();
		a.space = fz_u8() & 15 ? a.space : fz_u8();
	}
	memcpy(args(m, 0), &a, sizeof(a));
	fz_forget_reads();
	rc = hv_memory_op(fz_vcpu(m), XENMEM_add_to_physmap, args(m, 0));
	p = m->translated ? place_of(m, a.gpfn) : NULL;
	if (p && rc != -EIO)
		p->state = FZ_UNKNOWN;
	fz_after(m);
}

static long reservation(struct fz_dom *m, unsigned cmd, const uint64_t *frames, unsigned n)
{
	struct xen_memory_reservation r = { .domid = DOMID_SELF, .nr_extents = n };

	memcpy(args(m, 2), frames, n * sizeof(*frames));
	set_xen_guest_handle(r.extent_start, (xen_pfn_t *)args(m, 2));
	memcpy(args(m, 0), &r, sizeof(r));
	fz_forget_reads();
	return hv_memory_op(fz_vcpu(m), cmd, args(m, 0));
}

void fz_decrease(void)
{
	struct fz_dom *m = fz_live();
	unsigned n = 1 + fz_u8() % 3, at[3];
	uint64_t frame[3];
	long done;

	/* A page that a lost handle still names would go. */
	fz_settle();
	if (!m->d)
		return;
	for (unsigned i = 0; i < n; i++) {
		at[i] = fz_u8() % FZ_PAGES;
		frame[i] = m->frame[at[i]];
		if (fz_odd(8))
			frame[i] = fz_u8() & 1 ? some_addr(m) >> 12 : fz_u64();
	}
	done = reservation(m, XENMEM_decrease_reservation, frame, n);
	if (fz.tampered) {
		fz_forget_all();
		fz_after(m);
		return;
	}
	if (done > (long)n)
		fz_fail("gave up %ld pages of %u", done, n);
	for (long i = 0; i < done; i++) {
		struct fz_place *p = m->translated ? place_of(m, frame[i]) : NULL;

		if (p)
			p->state = FZ_HOLE;
		for (unsigned k = 0; k < FZ_PAGES; k++)
			if (m->frame[k] == frame[i])
				m->frame[k] = HV_INVALID;
	}
	fz_after(m);
}

void fz_populate(void)
{
	struct fz_dom *m = fz_live();
	unsigned n = 1 + fz_u8() % 3, at[3];
	uint64_t frame[3];
	long done;

	for (unsigned i = 0; i < n; i++) {
		at[i] = fz_u8() % FZ_PAGES;
		/* Into a hole; a hostile guest also over what is there. */
		for (unsigned k = 0; k < FZ_PAGES && m->frame[at[i]] != HV_INVALID && !fz.hostile;
		     k++)
			at[i] = (at[i] + 1) % FZ_PAGES;
		if (m->frame[at[i]] != HV_INVALID && !fz_odd(4))
			return;
		for (unsigned k = 0; k < i; k++)
			if (at[k] == at[i])
				return;
		frame[i] = m->translated ? at[i] : 0;
		if (m->translated && fz_odd(16))
			frame[i] = some_addr(m) >> 12;
	}
	done = reservation(m, XENMEM_populate_physmap, frame, n);
	if (fz.tampered) {
		fz_forget_all();
		fz_after(m);
		return;
	}
	if (done > (long)n)
		fz_fail("populated %ld pages of %u", done, n);
	/* A page came into the place of the list, whose rest then was what lay there. */
	if (!fz_args_at_home(m)) {
		fz_after(m);
		return;
	}
	memcpy(frame, args(m, 2), sizeof(frame));
	for (long i = 0; i < done; i++) {
		uint64_t mfn = fz_translate(m, frame[i]);
		struct fz_place *p = m->translated ? place_of(m, frame[i]) : NULL;

		if (mfn == HV_INVALID)
			fz_fail("d%u: populated frame %#lx is not there", m->id,
				(unsigned long)frame[i]);
		fz_tag_page(m, mfn);
		if (p)
			*p = (struct fz_place){ FZ_MAPPED, true, true, true, m->serial, mfn };
		if (!m->translated || frame[i] < FZ_PAGES)
			m->frame[m->translated ? frame[i] : at[i]] = frame[i];
	}
	fz_after(m);
}
