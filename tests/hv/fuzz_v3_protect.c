// SPDX-License-Identifier: GPL-2.0-only
/* The fuzz harness: version 3, rights that go and come back. */
#include "fuzz_v3.h"

/* No vCPU of the mapper writes there. */
static void unwritten(const struct fz_dom *m, uint64_t addr)
{
	uint8_t byte = 0;

	for (unsigned i = 0; i < 2; i++)
		if (m->v[i] && !hv_guest_access(m->v[i], addr, FZ_DATA, &byte, 1, true))
			fz_fail("d%u: vCPU %u writes to %#lx, which is protected", m->id, i,
				(unsigned long)addr);
}

/*
 * A PV mapper's page that has no entry as it was made: the device's alone, or the entry was changed, and so it stays, as
 * the granter was told.
 */
static void turned_unseen(struct fz_mapped3 *x, const struct fz_dom *g, const struct fz_tree3 *t,
			  const struct gnttab_v3_protect *u)
{
	bool write = u->flags & GNTV3_PROTECT_WRITE;

	if (x->flags & GNTV3_MAP_HOST) {
		if (x->ro == write && !fz.hostile && !(u->outcomes & GNTV3_GOT_KEPT))
			fz_fail("d%u turned reference %#lx, which d%u has moved, and was not told",
				g->id, (unsigned long)x->ref, x->mapper);
		return;
	}
	/*
	 * Whether a type could be had is not known; nor of a hostile granter by what it was asked for: an entry may have
	 * been another when it was read, and a node that was unlinked and not forgotten goes on granting.
	 */
	x->unsure = write && x->ro && fz.hostile;
	if (!write || fz_v3_expect(g, t, x->ref, true) == x->mfn)
		x->ro = !write;
}

/* A page that was mapped to be written, by one who accepts to lose that. */
static void turned(struct fz_mapped3 *x, const struct fz_dom *g, const struct fz_tree3 *t,
		   const struct gnttab_v3_protect *u)
{
	struct fz_dom *m = fz_by_id(x->mapper);
	struct fz_place *p = m ? fz_find(m, x->addr, 0) : NULL;
	bool write = u->flags & GNTV3_PROTECT_WRITE;
	uint64_t e, want;

	if (m && !m->translated && (x->lost || !(x->flags & GNTV3_MAP_HOST))) {
		turned_unseen(x, g, t, u);
		return;
	}
	/* What has its right gets none. */
	if (!p || p->state != FZ_MAPPED || (write && p->rw))
		return;
	e = fz_v3_entry_of(m, x->addr);
	want = write ? fz_v3_expect(g, t, x->ref, true) : HV_INVALID;
	if (!write && e & HV_PTE_WRITE)
		fz_fail("d%u: reference %#lx is protected, and %#lx can be written", m->id,
			(unsigned long)x->ref, (unsigned long)x->addr);
	/* A PV granter's page may be a page table by now. */
	if (write && !fz.hostile && !(e & HV_PTE_WRITE) != (want != hv_pte_mfn(e)) &&
	    (e & HV_PTE_WRITE || g->translated))
		fz_fail("d%u: reference %#lx grants frame %#lx for writing, and %#lx is mapped as %#lx",
			m->id, (unsigned long)x->ref, (unsigned long)want, (unsigned long)x->addr,
			(unsigned long)e);
	if (!m->translated)
		fz_v3_pv_whose(m, p);
	p->rw = e & HV_PTE_WRITE;
	x->ro = !p->rw;
	if (!write)
		unwritten(m, x->addr);
	fz_stats.v3_turned++;
}

/* Could it write, as its mapper was told, and lose that? */
static bool may_turn(const struct fz_mapped3 *x)
{
	return x->live && !x->gone &&
	       (x->flags & (GNTV3_ACCEPT_READONLY | GNTV3_MAP_READONLY)) == GNTV3_ACCEPT_READONLY;
}

void fz_v3_protect(void)
{
	struct fz_dom *m;
	uint64_t ref;
	struct fz_tree3 *t = fz_v3_pick(&m, &ref);
	struct gnttab_v3_protect p = { .ref = ref }, *u;
	uint8_t b = fz_u8(), k = fz_u8();
	long rc;

	/* Mostly something that is mapped. */
	for (unsigned n = 0; n < FZ_MAPPED3 && b < 240; n++, k++)
		if (may_turn(&fz_mapped3[k])) {
			t = fz_v3_tree_of(&fz_mapped3[k], &m);
			p.ref = fz_mapped3[k].ref;
			break;
		}
	if (!t)
		return;
	p.tree = t->id;
	p.count = 1 + (b & 15);
	p.flags = b & 0x10 ? GNTV3_PROTECT_WRITE : 0;
	if (fz_odd(32))
		p.flags ^= (uint16_t)(1u << (fz_u8() & 15));
	u = (struct gnttab_v3_protect *)fz_args_page(m, 1);
	*u = p;
	fz_v3_note();
	rc = fz_call(m, GNTTABOP_v3_protect, u, 1);
	if (fz_unexpected(m, rc))
		fz_fail("v3 protect: %ld", rc);
	for (unsigned i = 0; i < FZ_MAPPED3 && !rc && u->done <= p.count; i++) {
		struct fz_mapped3 *x = &fz_mapped3[i];

		if (may_turn(x) && x->serial == m->serial && x->tree == t->id && x->ref >= p.ref &&
		    x->ref - p.ref < u->done)
			turned(x, m, t, u);
	}
	fz_after(m);
}
