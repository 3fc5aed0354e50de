// SPDX-License-Identifier: GPL-2.0-only
/*
 * The fuzz harness: PV mappers of version 3. They write over their entries and move them by version 1's operations; what
 * is in an entry before a call says what the call may do.
 */
#include "fuzz_v3.h"

uint64_t fz_v3_entry_of(const struct fz_dom *m, uint64_t addr)
{
	return hv_pt_hw_get(fz.host, m->translated ? &m->d->p2m.pt : &m->d->pv, addr >> 12, NULL);
}

static bool has_device(const struct fz_dom *m, const struct fz_mapped3 *x)
{
	return m->iommu != HV_IOMMU_NONE && x->granter != x->mapper;
}

void fz_v3_note(void)
{
	for (unsigned i = 0; i < FZ_MAPPED3; i++) {
		struct fz_mapped3 *x = &fz_mapped3[i];
		const struct fz_dom *m = x->live ? fz_by_id(x->mapper) : NULL;
		uint64_t e;

		if (!m || m->translated || !(x->flags & GNTV3_MAP_HOST))
			continue;
		e = fz_v3_entry_of(m, x->addr);
		x->lost = !(e & HV_PTE_PRESENT) || hv_pte_mfn(e) != x->mfn ||
			  !(e & HV_PTE_WRITE) != (x->ro || x->flags & GNTV3_MAP_READONLY);
	}
}

void fz_v3_pv_again(struct fz_dom *m, uint64_t addr, uint64_t mfn)
{
	for (unsigned i = 0; i < FZ_MAPPED3; i++)
		if (fz_mapped3[i].live && fz_mapped3[i].mapper == m->id &&
		    fz_mapped3[i].flags & GNTV3_MAP_HOST && fz_mapped3[i].addr == addr &&
		    fz_mapped3[i].mfn == mfn)
			m->doomed = true;
}

bool fz_v3_is_lost(const struct fz_dom *m, const struct gnttab_v3_unmap *u)
{
	for (unsigned i = 0; i < FZ_MAPPED3; i++) {
		const struct fz_mapped3 *x = &fz_mapped3[i];

		if (x->live && x->lost && !x->gone && x->mapper == m->id && x->tree == u->tree &&
		    x->granter == u->dom && x->handle == u->handle)
			return true;
	}
	return false;
}

void fz_v3_pv_kept(const struct fz_dom *g, const struct gnttab_v3_revoke *r)
{
	if (fz.hostile || !r || r->flags & GNTV3_REVOKE_UNBLOCK || r->outcomes & GNTV3_GOT_KEPT)
		return;
	for (unsigned i = 0; i < FZ_MAPPED3; i++) {
		const struct fz_mapped3 *x = &fz_mapped3[i];

		if (x->live && x->lost && !x->gone && x->serial == g->serial &&
		    x->tree == r->tree && x->ref - r->ref < r->done)
			fz_fail("d%u revoked reference %#lx, which d%u has moved, and was not told",
				g->id, (unsigned long)x->ref, x->mapper);
	}
}

void fz_v3_pv_whose(struct fz_dom *m, const struct fz_place *p)
{
	for (unsigned i = 0; i < FZ_HANDLES; i++)
		if ((m->handle[i].flags & GNTMAP_host_map) &&
		    fz_find(m, m->handle[i].addr, m->handle[i].flags) == p)
			m->doomed = true;
}

void fz_v3_pv_taken(struct fz_dom *m, struct fz_mapped3 *x)
{
	struct fz_place *p = fz_find(m, x->addr, 0);

	x->undev = true;
	if (x->lost)
		return;
	x->gone = true;
	x->ro = false;
	if (!p || !(x->flags & GNTV3_MAP_HOST))
		return;
	fz_v3_pv_whose(m, p);
	p->tagged = false;
	p->rw = !(x->flags & GNTV3_MAP_READONLY);
	if (x->flags & GNTV3_ACCEPT_SINK)
		p->mfn = x->mfn = hv_pte_mfn(fz_v3_entry_of(m, x->addr));
	else
		p->state = FZ_HOLE;
}

void fz_v3_pv_args(struct fz_dom *m, unsigned slot, struct gnttab_v3_map *in)
{
	if (m->iommu != HV_IOMMU_NONE && in->flags & GNTV3_ACCEPT_SINK && !fz_odd(16))
		in->flags |= GNTV3_ACCEPT_HOLE;
	switch (fz_u8() & 7) {
	case 0:
		in->flags |= GNTV3_MAP_PTE;
		in->addr = fz_slot_addr(m, slot, GNTMAP_contains_pte);
		in->count = 1;
		break;
	case 1:
		if (m->iommu == HV_IOMMU_NONE)
			break;
		in->flags = (uint16_t)((in->flags & ~GNTV3_MAP_HOST) | GNTV3_MAP_DEVICE);
		in->addr = 0;
		in->count = 1;
		break;
	default:
		break;
	}
}

/* Is it this page's of m's device? */
static bool is_device(const struct fz_dom *m, const struct fz_mapped3 *x, uint64_t dfn)
{
	return x->live && !x->gone && !x->undev && x->mapper == m->id && x->mfn == dfn &&
	       has_device(m, x);
}

bool fz_v3_device_may(const struct fz_dom *m, uint64_t dfn, bool write)
{
	for (unsigned i = 0; i < FZ_MAPPED3; i++) {
		const struct fz_mapped3 *x = &fz_mapped3[i];

		if (is_device(m, x, dfn) && !(write && (x->ro || x->flags & GNTV3_MAP_READONLY)))
			return true;
	}
	return false;
}

bool fz_v3_device_unsure(const struct fz_dom *m, uint64_t dfn)
{
	for (unsigned i = 0; i < FZ_MAPPED3; i++)
		if (is_device(m, &fz_mapped3[i], dfn) && fz_mapped3[i].unsure)
			return true;
	return false;
}

uint64_t fz_v3_device_frame(const struct fz_dom *m, unsigned i)
{
	for (unsigned n = 0; n < FZ_MAPPED3; n++) {
		const struct fz_mapped3 *x = &fz_mapped3[(i + n) % FZ_MAPPED3];

		if (x->live && !x->gone && x->mapper == m->id)
			return x->mfn;
	}
	return HV_INVALID;
}
