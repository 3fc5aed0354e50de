// SPDX-License-Identifier: GPL-2.0-only
/*
 * The fuzz harness: version 1 with revoke. What each handle was told when it was mapped is known, so what must go is. Of
 * a PV mapper, which may have moved or written over its entries, the hypervisor says of which it found one; that is then
 * not where it was any more, either.
 */
#include "fuzz.h"

#include "back.h"

/* Nothing is in reach there, whatever a vCPU may have in its TLB. */
static void look(const struct fz_dom *m, uint64_t addr)
{
	uint8_t byte;

	for (unsigned i = 0; i < 2; i++)
		if (m->v[i] && !hv_guest_access(m->v[i], addr, FZ_DATA, &byte, 1, false))
			fz_fail("d%u: vCPU %u reaches %#lx, which was revoked", m->id, i,
				(unsigned long)addr);
}

static void taken(struct fz_dom *m, unsigned n, bool strict)
{
	struct fz_handle *h = &m->handle[n];
	bool sink = h->accepts & GNTMAP_accept_sink;
	struct fz_place *p = h->flags & GNTMAP_host_map ? fz_find(m, h->mapped_at, h->flags) : NULL;

	if (!(hv_maptrack(m->d->gt, n)->flags & HV_MT_GONE)) {
		/* Not where it was: of a PV mapper, or what a self-grant lost. */
		if (strict && m->translated && !h->self)
			fz_fail("d%u handle %u was not revoked", m->id, n);
		return;
	}
	h->gone = true;
	h->flags = 0;
	fz_stats.v1_revoked++;
	if (!p || p->state == FZ_UNKNOWN)
		return;
	if (p->state != FZ_MAPPED || p->mfn != h->dev >> 12) {
		if (!fz.hostile)
			fz_fail("d%u handle %u was revoked, and was not there", m->id, n);
		return;
	}
	if (sink) {
		p->tagged = false;
		p->serial = 0;
		return;
	}
	p->state = FZ_HOLE;
	look(m, hv_guest_map_addr(m->d, 0) + ((uint64_t)(p - m->place) << HV_PAGE_SHIFT));
}

/* g revoked from..to-1; what else of its pages is gone, if its arguments may have been read elsewhere. */
static void take_range(const struct fz_dom *g, grant_ref_t from, grant_ref_t to)
{
	for (unsigned i = 0; i < FZ_DOMAINS; i++) {
		struct fz_dom *m = &fz.dom[i];

		for (unsigned k = 0; m->d && k < FZ_HANDLES; k++) {
			const struct fz_handle *h = &m->handle[k];
			bool within = h->ref >= from && h->ref < to;

			if (h->flags && h->accepts && h->granter == g->serial &&
			    (within || fz.hostile))
				taken(m, k, within);
		}
	}
}

bool fz_v1_unmapped(struct fz_dom *m, struct fz_handle *h)
{
	struct fz_place *p = fz_find(m, h->mapped_at, 0);

	if (!h->gone)
		return false;
	if (h->accepts & GNTMAP_accept_sink && p) {
		p->state = FZ_HOLE;
		look(m, h->mapped_at);
	}
	h->gone = false;
	return true;
}

/* What a well-behaved granter does before; the marks are the hypervisor's. */
static void clear(struct fz_dom *m, grant_ref_t ref, unsigned n)
{
	for (; n--; ref++) {
		struct hv_grant_table *gt = m->d->gt;
		uint32_t *header;

		if (ref >= hv_nr_grant_entries(gt))
			return;
		header = hv_entry_header(gt, ref);
		/* Of an entry for a transfer these bits say how far that is. */
		*header &= ~0xffffu | ((*header & GTF_type_mask) == GTF_accept_transfer
					       ? 0
					       : GTF_reading | GTF_writing);
		if (ref >= 8 && ref < 8 + FZ_REFS)
			m->pub[ref - 8].to = -1;
	}
}

/* Nothing is on its way, as there is one thread: a revoke would wait for what seems to be, for good. */
static void nobody_at_it(const struct fz_dom *g, const struct gnttab_v1_revoke *in)
{
	struct hv_grant_table *gt = g->d->gt;
	unsigned n = g->revocable ? hv_nr_grant_entries(gt) : 0;

	for (grant_ref_t ref = in->ref; ref < n && ref - in->ref < in->count; ref++) {
		uint32_t h = hv_back_ref(gt, ref)->first, steps = 0;
		struct fz_dom *m = h ? fz_by_id(hv_active_entry(gt, ref)->domid) : NULL;

		if (hv_back_ref(gt, ref)->busy)
			fz_fail("d%u reference %u is busy, and nobody is at it", g->id, ref);
		for (; h; h = hv_back_handle(m->d->gt, h - 1)->next)
			if (!m || h > m->d->gt->maptrack_limit || steps++ > FZ_HANDLES ||
			    !(hv_maptrack(m->d->gt, h - 1)->flags & HV_MT_HUNG))
				fz_fail("d%u reference %u has a wild handle", g->id, ref);
	}
}

/* Mostly of something that is mapped. */
static grant_ref_t pick_ref(const struct fz_dom *g, uint8_t from)
{
	for (unsigned i = 0; i < FZ_DOMAINS * FZ_HANDLES; i++) {
		unsigned k = (from * 8u + i) % (FZ_DOMAINS * FZ_HANDLES);
		const struct fz_handle *h = &fz.dom[k / FZ_HANDLES].handle[k % FZ_HANDLES];

		if (h->flags && h->accepts && h->granter == g->serial && from < 240)
			return h->ref;
	}
	return 8 + from % FZ_REFS;
}

void fz_v1_revoke(void)
{
	struct fz_dom *m = fz_live();
	uint8_t b = fz_u8();
	struct gnttab_v1_revoke in = { .ref = pick_ref(m, fz_u8()), .count = 1 + (b & 7) }, *u;
	unsigned entries = hv_nr_grant_entries(m->d->gt);
	bool as_asked;
	long rc;

	if (b & 8)
		in.flags = GNTV1_REVOKE_CHECK;
	if (fz_odd(16)) {
		in.ref = fz_u8() & 1 ? fz_u32() : in.ref;
		in.count = fz_u8() & 1 ? fz_u32() : in.count;
		in.flags = fz_u8() & 1 ? fz_u8() : in.flags;
		in.done = fz_u8() & 3;
	} else if (in.ref + in.count > entries) {
		in.count = entries - in.ref;
	}
	if (!(b & 0x10))
		clear(m, in.ref, in.count < 8 ? in.count : 8);
	nobody_at_it(m, &in);
	u = (struct gnttab_v1_revoke *)fz_args_page(m, 1);
	*u = in;
	u->status = 77;
	rc = fz_call(m, GNTTABOP_v1_revoke, u, 1);
	if (!m->revocable) {
		if (rc != -ENOSYS && rc != -EFAULT && rc != -EIO)
			fz_fail("revoke: %ld of a domain that is not revocable", rc);
	} else {
		if (fz_unexpected(m, rc))
			fz_fail("revoke: %ld", rc);
		if (!rc && !fz.hostile && u->status != GNTST_okay &&
		    !(u->status == GNTST_eagain && in.flags))
			fz_fail("revoke: %d for a well-behaved guest", u->status);
		as_asked = !rc && !fz.tampered && u->done > in.done && u->done <= in.count;
		take_range(m, in.ref + in.done, as_asked ? in.ref + u->done : 0);
	}
	fz_after(m);
}
