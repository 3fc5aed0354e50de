// SPDX-License-Identifier: GPL-2.0-only
/* The fuzz harness: operations that move a page to a domain, or a mapping to an address. */
#include "fuzz.h"

/* ---- transfer ---- */

struct move {
	struct gnttab_transfer in;
	struct fz_dom *to;
	struct fz_tag was;
	uint64_t gfn;	/* where the receiver wants it, or its old name for it */
	bool may, once; /* the page can be taken; no other operation of the batch names it */
	bool accepted;	/* the receiver is ready for it */
};

/* An own page that nobody else references. */
static bool stealable(const struct fz_dom *m, uint64_t mfn)
{
	const struct hv_page *pg;

	if (mfn >= fz.host->nr_frames)
		return false;
	pg = hv_page(fz.host, mfn);
	return pg->owner == m->d && !pg->fixed && mfn >= fz.host->first_ram &&
	       (pg->count_info & (HV_PGC_COUNT | HV_PGC_ALLOCATED)) == (1 | HV_PGC_ALLOCATED);
}

static uint32_t header_of(const struct fz_dom *x, grant_ref_t ref)
{
	return ref < hv_nr_grant_entries(x->d->gt) ? *hv_entry_header(x->d->gt, ref) : 0;
}

static uint64_t frame_of(const struct fz_dom *x, grant_ref_t ref)
{
	struct hv_grant_table *gt = x->d->gt;

	if (ref >= hv_nr_grant_entries(gt))
		return HV_INVALID;
	return gt->version == 1 ? hv_entry_v1(gt, ref)->frame
				: hv_entry_v2(gt, ref)->full_page.frame;
}

static void transfer_args(struct fz_dom *m, struct move *mv)
{
	unsigned r = fz_u8() % FZ_REFS;
	struct fz_dom *x;

	memset(mv, 0, sizeof(*mv));
	x = fz_pick(&mv->in.domid);
	mv->in.ref = fz_odd(8) ? fz_u32() % 1600 : 8 + r;
	for (unsigned i = 0; x && i < FZ_REFS; i++, r = (r + 1) % FZ_REFS)
		if (x->pub[r].kind == FZ_ACCEPT && x->pub[r].to == (int)m->id && !fz_odd(8)) {
			mv->in.ref = 8 + r;
			break;
		}
	mv->in.mfn = fz_odd(8) ? fz_u32() % fz.host->nr_frames : fz_own_frame(m);
	mv->to = mv->in.domid == DOMID_SELF ? NULL : x;
	mv->may = stealable(m, mv->in.mfn);
	if (mv->may)
		mv->was = *fz_page_tag(mv->in.mfn);
	if (!x)
		return;
	mv->gfn = frame_of(x, mv->in.ref);
	mv->accepted = mv->to &&
		       header_of(x, mv->in.ref) == (GTF_accept_transfer | (uint32_t)m->id << 16) &&
		       hv_domain_has_room(x->d);
}

/* The receiver got it. */
static void arrived(struct fz_dom *m, const struct move *mv)
{
	struct fz_dom *to = mv->to;
	uint64_t mfn = mv->in.mfn;
	struct fz_place *p;

	fz_stats.moved++;
	if (!to || (mv->once && hv_page(fz.host, mfn)->owner != to->d))
		fz_fail("d%u transferred frame %#lx to d%u, which has it not", m->id,
			(unsigned long)mfn, mv->in.domid);
	if (mv->once && memcmp(&mv->was, fz_page_tag(mfn), sizeof(mv->was)))
		fz_fail("d%u transferred frame %#lx: its content changed", m->id,
			(unsigned long)mfn);
	fz_tag_page(to, mfn);
	if (!to->translated) {
		if (mv->once && frame_of(to, mv->in.ref) != mfn)
			fz_fail("d%u was not told of frame %#lx", to->id, (unsigned long)mfn);
		for (unsigned i = 0; i < FZ_PAGES; i++)
			if (to->frame[i] == HV_INVALID) {
				to->frame[i] = mfn;
				break;
			}
		return;
	}
	/* A later one of the batch went to the same place. */
	if (mv->gfn == HV_INVALID)
		return;
	if (fz_translate(to, mv->gfn) != mfn)
		fz_fail("d%u has frame %#lx, but not at %#lx", to->id, (unsigned long)mfn,
			(unsigned long)mv->gfn);
	p = mv->gfn < 1ull << 40 ? fz_find(to, mv->gfn << 12, 0) : NULL;
	if (p)
		*p = (struct fz_place){ FZ_MAPPED, true, true, true, to->serial, mfn };
	if (mv->gfn < FZ_PAGES)
		to->frame[mv->gfn] = mv->gfn;
}

static void transferred(struct fz_dom *m, const struct move *mv, int status)
{
	bool kept = status == GNTST_bad_page;

	if (mv->once && kept == mv->may)
		fz_fail("d%u transferred frame %#lx: %d, but it %s", m->id,
			(unsigned long)mv->in.mfn, status,
			mv->may ? "can be taken" : "is in use or not its");
	if (kept)
		return;
	for (unsigned i = 0; i < FZ_PAGES; i++)
		if (m->frame[i] == mv->in.mfn)
			m->frame[i] = HV_INVALID;
	if (status == GNTST_okay)
		arrived(m, mv);
	else if (!fz.hostile && mv->once && mv->accepted)
		fz_fail("d%u transferred frame %#lx to d%u, which was ready: %d", m->id,
			(unsigned long)mv->in.mfn, mv->in.domid, status);
}

void fz_transfer(void)
{
	struct fz_dom *m = fz_live();
	struct gnttab_transfer *u;
	/* What a second look at an entry sees is open: one at a time is followed. */
	unsigned n = fz.hostile ? 1 : fz_batch(4);
	struct move mv[8];
	long rc;

	/* A page that a lost handle still names would go. */
	fz_settle();
	if (!m->d || m->translated)
		return;
	u = (struct gnttab_transfer *)fz_args_page(m, 1);
	for (unsigned i = 0; i < n; i++) {
		transfer_args(m, &mv[i]);
		u[i] = mv[i].in;
		u[i].status = 77;
	}
	for (unsigned i = 0; i < n; i++) {
		mv[i].once = true;
		for (unsigned k = 0; k < n; k++) {
			if (k != i && mv[k].in.mfn == mv[i].in.mfn)
				mv[i].once = false;
			/* An entry takes one page, and a hole is filled once. */
			if (k < i && (mv[k].to == mv[i].to || mv[k].to == m))
				mv[i].accepted = false;
		}
	}
	rc = fz_call(m, GNTTABOP_transfer, u, n);
	if (rc && rc != -EIO)
		fz_fail("transfer: %ld", rc);
	for (unsigned i = 0; i < n && !rc; i++) {
		if (u[i].status == 77)
			fz_fail("transfer: operation %u of %u was not done", i, n);
		/* Overwritten by a later one of the batch? */
		for (unsigned k = i + 1; k < n; k++)
			if (u[k].status == GNTST_okay && mv[k].to == mv[i].to &&
			    mv[k].gfn == mv[i].gfn)
				mv[i].gfn = HV_INVALID;
		transferred(m, &mv[i], u[i].status);
	}
	fz_after(m);
}

/* ---- unmap and replace ---- */

/* The handle whose mapping is at that place. */
static struct fz_handle *handle_at(struct fz_dom *m, const struct fz_place *p)
{
	for (unsigned i = 0; i < FZ_HANDLES; i++) {
		struct fz_handle *h = &m->handle[i];

		if ((h->flags & GNTMAP_host_map) && fz_find(m, h->addr, h->flags) == p)
			return h;
	}
	return NULL;
}

static void replaced(struct fz_dom *m, const struct gnttab_unmap_and_replace *in, int status)
{
	struct fz_handle *h = in->handle < FZ_HANDLES ? &m->handle[in->handle] : NULL, *moved;
	struct fz_place *at, *from = in->new_addr ? fz_find(m, in->new_addr, 0) : NULL;

	if (!h || !h->flags) {
		if (status == GNTST_okay)
			fz_fail("d%u replaced handle %u, which it never had", m->id, in->handle);
		return;
	}
	if (!(h->flags & GNTMAP_host_map) || !in->host_addr)
		return;
	if (status != GNTST_okay) {
		/* What was to come into its place is gone all the same. */
		if (from && !(h->flags & GNTMAP_contains_pte)) {
			fz_overwritten(m, from);
			from->state = FZ_HOLE;
		}
		return;
	}
	at = fz_find(m, in->host_addr, h->flags);
	h->flags &= (uint16_t)~GNTMAP_host_map;
	if (!(h->flags & GNTMAP_device_map))
		h->flags = 0;
	fz_stats.replaced++;
	moved = from ? handle_at(m, from) : NULL;
	if (at && from)
		*at = *from;
	else if (at)
		at->state = FZ_HOLE;
	if (from)
		from->state = FZ_HOLE;
	if (moved && at)
		moved->addr = fz_slot_addr(m, (unsigned)(at - m->place), moved->flags);
}

/* Is the handle's mapping where we believe it is? Hostile guests unmap by others' addresses. */
static bool in_place(const struct fz_handle *h, const struct fz_place *p)
{
	return p->state == FZ_MAPPED && p->mfn == h->dev >> 12 &&
	       p->rw == !(h->flags & GNTMAP_readonly);
}

static void replace_args(struct fz_dom *m, struct gnttab_unmap_and_replace *in, uint32_t *used)
{
	unsigned h = fz_u32() % FZ_HANDLES, s = fz_u8() % FZ_SLOTS;
	const struct fz_handle *there;
	struct fz_place *p;

	memset(in, 0, sizeof(*in));
	in->handle = ~0u;
	for (unsigned i = 0; i < FZ_HANDLES; i++, h = (h + 1) % FZ_HANDLES) {
		p = m->handle[h].flags & GNTMAP_host_map
			    ? fz_find(m, m->handle[h].addr, m->handle[h].flags)
			    : NULL;
		if (!p || p >= &m->place[FZ_SLOTS] || (*used & 1u << (p - m->place)) ||
		    (m->handle[h].flags & GNTMAP_contains_pte) || !in_place(&m->handle[h], p))
			continue;
		*used |= 1u << (p - m->place);
		in->handle = h;
		in->host_addr = m->handle[h].addr;
		break;
	}
	for (unsigned i = 0; i < FZ_SLOTS && (*used & 1u << s); i++)
		s = (s + 1) % FZ_SLOTS;
	/* What its granter may take back a well-behaved guest leaves where it mapped it. */
	there = handle_at(m, &m->place[s]);
	if (!(*used & 1u << s) && fz_u8() >= 16 && (fz.hostile || !there || !there->accepts)) {
		*used |= 1u << s;
		in->new_addr = fz_slot_addr(m, s, 0);
	}
	/* What a PV domain loses stays reachable by its device, as in Xen. */
	if (m->iommu != HV_IOMMU_NONE || !fz_odd(16))
		return;
	switch (fz_u8() & 7) {
	case 0:
		in->handle = fz_u32();
		break;
	case 1:
		in->handle = fz_u32() % FZ_HANDLES;
		break;
	case 2:
		in->new_addr = fz_u64();
		break;
	case 3:
		in->host_addr = fz_u64();
		break;
	case 4:
		in->new_addr = in->host_addr;
		break;
	case 5:
		in->host_addr = 0;
		break;
	default:
		in->host_addr = fz_slot_addr(m, fz_u8(), 0);
	}
}

void fz_replace(void)
{
	struct fz_dom *m = fz_live();
	struct gnttab_unmap_and_replace *u = (struct gnttab_unmap_and_replace *)fz_args_page(m, 1);
	struct gnttab_unmap_and_replace in[8];
	unsigned n = fz_batch(8);
	uint32_t used = 0;
	long rc;

	if (m->translated)
		return;
	for (unsigned i = 0; i < n; i++) {
		replace_args(m, &in[i], &used);
		u[i] = in[i];
		u[i].status = 77;
	}
	rc = fz_call(m, GNTTABOP_unmap_and_replace, u, n);
	for (unsigned i = 0; i < n && !rc && !hv_domain_crashed(m->d); i++) {
		if (u[i].status == 77)
			fz_fail("replace: operation %u of %u was not done", i, n);
		if (!fz.hostile && u[i].status &&
		    (u[i].status != GNTST_bad_handle || in[i].handle != ~0u))
			fz_fail("replace: %d for a well-behaved guest", u[i].status);
		replaced(m, &in[i], u[i].status);
	}
	if (rc && rc != -EIO)
		fz_fail("replace: %ld", rc);
	fz_after(m);
}

/* ---- cache ---- */

/* Has m that frame mapped by way of an entry of its owner? */
static bool has_mapped(const struct fz_dom *m, uint64_t mfn)
{
	for (unsigned i = 0; i < FZ_HANDLES; i++)
		if (m->handle[i].flags && m->handle[i].dev >> 12 == mfn)
			return true;
	return false;
}

void fz_cache_flush(void)
{
	struct fz_dom *m = fz_live();
	struct gnttab_cache_flush *u = (struct gnttab_cache_flush *)fz_args_page(m, 0), in;
	uint64_t mfn = fz_u32() % fz.host->nr_frames;
	unsigned h = fz_u32() % FZ_HANDLES;
	struct hv_domain *owner;
	long rc;

	if (m->translated)
		return;
	if (fz_u8() & 1)
		mfn = m->handle[h].dev >> 12;
	in = (struct gnttab_cache_flush){ .a.dev_bus_addr = mfn << 12,
					  .offset = fz_u8() * 16,
					  .length = 1 + fz_u8() % 16,
					  .op = 1 + fz_u8() % 3 };
	*u = in;
	rc = fz_call(m, GNTTABOP_cache_flush, u, 1);
	owner = hv_page(fz.host, mfn)->owner;
	if (!rc && owner != m->d && !has_mapped(m, mfn))
		fz_fail("d%u flushed frame %#lx, which it has not mapped", m->id,
			(unsigned long)mfn);
	if (rc && !(in.op & GNTTAB_CACHE_CLEAN) && rc != -EOPNOTSUPP && owner == m->d)
		fz_fail("cache_flush: %ld", rc);
	fz_after(m);
}
