// SPDX-License-Identifier: GPL-2.0-only
/*
 * The fuzz harness: grant tables version 3. Each page that is mapped has an entry here, by what its mapper was told; so
 * what unmap, revoke, the end of a tree or of a domain must do to each place is known without the hypervisor.
 */
#include "fuzz_v3.h"

#define TREES 4	 /* of a domain, that the harness knows */
#define FIRST 32 /* slot of a node: tags and what guests write to data lie before */

struct fz_mapped3 fz_mapped3[FZ_MAPPED3];
static struct fz_tree3 tree[FZ_DOMAINS][TREES];

static struct fz_tree3 *trees_of(const struct fz_dom *m)
{
	return tree[m - fz.dom];
}

void fz_v3_begin(void)
{
	memset(fz_mapped3, 0, sizeof(fz_mapped3));
	memset(tree, 0, sizeof(tree));
}

/* ---- what is where ---- */

/* Every vCPU looks there: to have it in its TLB, or because nothing may be in reach. */
static void look(const struct fz_dom *m, uint64_t addr, bool gone)
{
	uint8_t byte;

	for (unsigned i = 0; i < 2; i++)
		if (m->v[i] && !hv_guest_access(m->v[i], addr, FZ_DATA, &byte, 1, false) && gone)
			fz_fail("d%u: vCPU %u reaches %#lx, which was taken away", m->id, i,
				(unsigned long)addr);
}

/* A page is taken away as its mapper accepted it. */
static void taken(struct fz_mapped3 *x)
{
	struct fz_dom *m = fz_by_id(x->mapper);
	struct fz_place *p = m ? fz_find(m, x->addr, 0) : NULL;

	if (x->gone || !(x->flags & (GNTV3_ACCEPT_HOLE | GNTV3_ACCEPT_SINK)))
		return;
	if (m && !m->translated) {
		fz_v3_pv_taken(m, x);
		if (x->gone && !(x->flags & GNTV3_ACCEPT_SINK))
			look(m, x->addr, true);
		return;
	}
	x->gone = true;
	if (!p || p->state != FZ_MAPPED)
		return;
	p->tagged = false;
	p->rw = !(x->flags & GNTV3_MAP_READONLY);
	if (x->flags & GNTV3_ACCEPT_SINK)
		return;
	p->state = FZ_HOLE;
	look(m, x->addr, true);
}

static void unmapped(struct fz_mapped3 *x)
{
	struct fz_dom *m = fz_by_id(x->mapper);
	struct fz_place *p = m ? fz_find(m, x->addr, 0) : NULL;

	x->live = false;
	/* A hole may be something else's by now; and what a PV domain put over a sink is. */
	if (!p || x->lost || (x->gone && !(x->flags & GNTV3_ACCEPT_SINK)))
		return;
	if (!m->translated)
		fz_v3_pv_whose(m, p);
	p->state = FZ_HOLE;
	look(m, x->addr, true);
}

void fz_v3_take_range(const struct fz_dom *g, grant_v3_tree_t id, uint64_t from, uint64_t to)
{
	for (unsigned i = 0; i < FZ_MAPPED3; i++)
		if (fz_mapped3[i].live && fz_mapped3[i].serial == g->serial &&
		    fz_mapped3[i].tree == id && fz_mapped3[i].ref >= from && fz_mapped3[i].ref < to)
			taken(&fz_mapped3[i]);
}

void fz_v3_gone(const struct fz_dom *m)
{
	for (unsigned i = 0; i < FZ_MAPPED3; i++) {
		if (fz_mapped3[i].live && fz_mapped3[i].mapper == m->id)
			fz_mapped3[i].live = false;
		else if (fz_mapped3[i].live && fz_mapped3[i].serial == m->serial)
			taken(&fz_mapped3[i]);
	}
	memset(trees_of(m), 0, sizeof(tree[0]));
}

uint64_t fz_v3_expect(const struct fz_dom *g, const struct fz_tree3 *t, uint64_t ref, bool write)
{
	uint64_t frame = t->root, e = 0;

	if (ref >> 9 * t->levels)
		return HV_INVALID;
	for (unsigned level = t->levels; level-- > 0;) {
		uint64_t mfn = fz_translate(g, frame);

		if (mfn == HV_INVALID)
			return HV_INVALID;
		e = ((uint64_t *)hv_virt(fz.host, mfn))[ref >> 9 * level & 511];
		frame = (e & GNTV3_FRAME) >> 12;
		if ((e & GNTV3_TYPE) == GNTV3_LEAF) {
			uint64_t in = (1ull << 9 * level) - 1;

			if (e & GNTV3_ZERO || level > 2 || frame & in ||
			    (write && e & GNTV3_READONLY))
				return HV_INVALID;
			return fz_translate(g, frame + (ref & in));
		}
		if ((e & (GNTV3_TYPE | GNTV3_ZERO | GNTV3_READONLY)) != GNTV3_TABLE)
			return HV_INVALID;
	}
	return HV_INVALID;
}

/* ---- trees and entries ---- */

static uint64_t some_frame(const struct fz_dom *m)
{
	uint64_t frame = m->frame[fz_u8() % FZ_PAGES];

	return fz_odd(16) ? (fz_u8() & 1 ? fz_u64() : fz_u32() % 4096) : frame;
}

void fz_v3_tree(void)
{
	struct fz_dom *m = fz_live(), *to = fz_live();
	struct fz_tree3 *t = &trees_of(m)[fz_u8() % TREES];
	uint8_t *p = fz_args_page(m, 0);
	bool change = fz_u8() & 1;

	if (t->id && change) {
		struct gnttab_v3_set_root s = { .root = fz_u8() & 7 ? t->root : some_frame(m),
						.tree = t->id,
						.levels = (uint8_t)(t->levels + !(fz_u8() & 15)) };

		memcpy(p, &s, sizeof(s));
		if (!fz_call(m, GNTTABOP_v3_set_root, p, 1) &&
		    !((struct gnttab_v3_set_root *)p)->status) {
			t->root = s.root;
			t->levels = s.levels;
		}
	} else if (t->id && !(fz_u8() & 7)) {
		fz_v3_note();
		*(struct gnttab_v3_unregister *)p = (struct gnttab_v3_unregister){ .tree = t->id };
		if (!fz_call(m, GNTTABOP_v3_unregister, p, 1) &&
		    !((struct gnttab_v3_unregister *)p)->status) {
			fz_v3_take_range(m, t->id, 0, GNTV3_MAX_REF);
			t->id = 0;
		}
	} else if (!t->id) {
		struct gnttab_v3_register r = { .dom = (uint16_t)to->id,
						.flags = fz_odd(8)     ? fz_u8()
							 : fz_u8() & 1 ? GNTV3_REBINDABLE
								       : 0,
						.levels = (uint8_t)(1 +
								    fz_u8() % (fz.hostile ? 5 : 2)),
						.max_maps = (uint8_t)(fz_u8() % 4),
						.root = some_frame(m) };

		memcpy(p, &r, sizeof(r));
		if (!fz_call(m, GNTTABOP_v3_register, p, 1) &&
		    !((struct gnttab_v3_register *)p)->status)
			*t = (struct fz_tree3){ ((struct gnttab_v3_register *)p)->tree,
						r.root,
						r.levels,
						to->id,
						to->serial,
						false };
	}
	fz_after(m);
}

/* Into any page of its own, which are all nodes if a tree leads there; half of the time into a root. */
void fz_v3_entry(void)
{
	struct fz_dom *m = fz_live();
	const struct fz_tree3 *t = &trees_of(m)[fz_u8() % TREES];
	uint64_t frame = m->frame[fz_u8() % FZ_PAGES], mfn, e;
	uint8_t b = fz_u8(), table = fz_u8();
	uint64_t *node;

	/* If that is its RAM: it may have named one of its page tables. */
	for (unsigned i = 0; t->id && b & 0x80 && i < FZ_PAGES; i++)
		if (m->frame[i] == t->root)
			frame = t->root;
	mfn = frame == HV_INVALID ? HV_INVALID : fz_translate(m, frame);
	if (mfn == HV_INVALID)
		return;
	node = hv_virt(fz.host, mfn);
	for (unsigned i = fz_u8() % 16 + 1; i--;) {
		e = some_frame(m) << 12 & GNTV3_FRAME;
		if ((table & 1u << i % 8) && !(i & 1))
			e |= GNTV3_TABLE;
		else
			e |= b & 7 ? GNTV3_LEAF | (b & 8 ? GNTV3_READONLY : 0) : 0;
		if (fz_odd(16))
			e ^= 1ull << (fz_u8() & 63);
		node[FIRST + (b + i) % 16] = e;
	}
}

/* A reference of the tree; if there is one soon, one that grants something. */
static uint64_t pick_ref(const struct fz_dom *g, const struct fz_tree3 *t)
{
	uint64_t ref = 0;

	for (unsigned tries = 0; tries < 16; tries++) {
		ref = 0;
		for (unsigned level = 0; level < t->levels; level++)
			ref |= (uint64_t)(FIRST + fz_u8() % 16) << 9 * level;
		if (fz_v3_expect(g, t, ref, false) != HV_INVALID || fz_done())
			break;
	}
	return fz_odd(32) ? fz_u64() >> fz_u8() % 64 : ref;
}

struct fz_tree3 *fz_v3_tree_of(const struct fz_mapped3 *x, struct fz_dom **g)
{
	*g = fz_by_id(x->granter);
	for (unsigned i = 0; i < TREES && *g && (*g)->serial == x->serial; i++)
		if (trees_of(*g)[i].id == x->tree)
			return &trees_of(*g)[i];
	return NULL;
}

struct fz_tree3 *fz_v3_pick(struct fz_dom **g, uint64_t *ref)
{
	unsigned first = fz_u8(), n = FZ_DOMAINS * TREES;

	for (unsigned i = 0; i < n; i++) {
		struct fz_tree3 *t = &tree[(first + i) % n / TREES][(first + i) % TREES];

		*g = &fz.dom[(first + i) % n / TREES];
		if (!(*g)->d || !t->id)
			continue;
		*ref = pick_ref(*g, t);
		return t;
	}
	return NULL;
}

/* ---- map ---- */

/* Slots that are holes, as many as are wanted from the first on. */
static unsigned holes(const struct fz_dom *m, unsigned *count)
{
	unsigned s = fz_u8() % FZ_SLOTS, n = 0;

	while (n < *count && s + n < FZ_SLOTS && m->place[s + n].state == FZ_HOLE)
		n++;
	*count = n;
	return s;
}

static void made(struct fz_dom *m, const struct fz_dom *g, const struct fz_tree3 *t,
		 const struct gnttab_v3_map *in, const struct gnttab_v3_map *out)
{
	for (unsigned i = in->done, k = 0; i < out->done; i++) {
		uint64_t addr = in->addr + ((uint64_t)i << 12), want,
			 e = in->flags & GNTV3_MAP_HOST
				     ? fz_v3_entry_of(m, addr)
				     : (out->dev_bus_addr & HV_PTE_MFN_MASK) | HV_PTE_PRESENT,
			 mfn = hv_pte_mfn(e);
		bool write = !(in->flags & GNTV3_MAP_READONLY);
		struct fz_place *p = fz_find(m, addr, 0);
		struct fz_tag *tag = fz_page_tag(mfn);

		fz_stats.v3_maps_ok++;
		if (t->held || t->serial != m->serial)
			fz_fail("d%u mapped d%u tree %#x, which is not, or not yet, for it", m->id,
				g->id, t->id);
		if (!e || hv_page(fz.host, mfn)->owner != g->d)
			fz_fail("d%u mapped d%u tree %#x reference %#lx: mfn %#lx is not its",
				m->id, g->id, t->id, (unsigned long)in->ref + i,
				(unsigned long)mfn);
		want = fz_v3_expect(g, t, in->ref + i, write);
		if (!fz.hostile && want != mfn)
			fz_fail("d%u mapped d%u tree %#x reference %#lx: frame %#lx, granted was %#lx",
				m->id, g->id, t->id, (unsigned long)in->ref + i, (unsigned long)mfn,
				(unsigned long)want);
		if (!m->translated)
			fz_v3_pv_again(m, addr, mfn);
		while (k < FZ_MAPPED3 && fz_mapped3[k].live)
			k++;
		fz_mapped3[k] = (struct fz_mapped3){ .live = true,
						     .mapper = m->id,
						     .granter = g->id,
						     .serial = g->serial,
						     .tree = t->id,
						     .handle = out->handle,
						     .ref = in->ref + i,
						     .addr = addr,
						     .mfn = mfn,
						     .flags = in->flags };
		if (p)
			*p = (struct fz_place){ .state = FZ_MAPPED,
						.rw = write,
						.tagged = fz_tag_good(tag) && tag->mfn == mfn,
						.serial = tag->serial,
						.mfn = mfn };
		look(m, addr, false);
	}
}

static unsigned room(void)
{
	unsigned n = 0;

	for (unsigned i = 0; i < FZ_MAPPED3; i++)
		n += !fz_mapped3[i].live;
	return n;
}

void fz_v3_map(void)
{
	static const uint16_t accepts[] = { 0, GNTV3_ACCEPT_HOLE,
					    GNTV3_ACCEPT_HOLE | GNTV3_ACCEPT_READONLY,
					    GNTV3_ACCEPT_SINK | GNTV3_ACCEPT_READONLY };
	struct gnttab_v3_map *u, in;
	uint8_t b = fz_u8();
	unsigned count = b & 0x40 ? 1 : 1 + (b & 7), slot;
	struct fz_dom *g, *m;
	struct fz_tree3 *t;
	uint64_t ref, at;
	long rc;

	t = fz_v3_pick(&g, &ref);
	m = t && !fz_odd(16) ? fz_by_id(t->to) : fz_live();
	if (!t || !m || room() < 8)
		return;
	slot = holes(m, &count);
	if (!count)
		return;
	u = (struct gnttab_v3_map *)fz_args_page(m, 1);
	in = (struct gnttab_v3_map){ .ref = ref,
				     .addr = fz_slot_addr(m, slot, 0),
				     .tree = t->id,
				     .count = count,
				     .dom = (uint16_t)g->id,
				     .flags = (uint16_t)(GNTV3_MAP_HOST | accepts[b >> 3 & 3] |
							 (b & 0x20 ? GNTV3_MAP_READONLY : 0)) };
	if (!m->translated)
		fz_v3_pv_args(m, slot, &in);
	at = in.addr;
	if (fz_odd(16))
		in.flags ^= (uint16_t)(1u << (fz_u8() & 15));
	if (fz_odd(32))
		in.addr = fz_u8() & 1 ? fz_u64() & ~0xfffull : (uint64_t)fz_u8() << 12;
	if (fz_odd(16)) {
		/* On with what somebody began. */
		in.done = fz_u8() % 4;
		in.handle = fz_u8();
	}
	if (in.count > 8)
		in.count = 8;
	*u = in;
	u->status = 77;
	fz_stats.maps++;
	rc = fz_call(m, GNTTABOP_v3_map, u, 1);
	if (fz_unexpected(m, rc))
		fz_fail("v3 map: %ld", rc);
	if (!rc && u->status == 77)
		fz_fail("v3 map: not done");
	/* A hostile guest's done, read again, may be anything. */
	if (in.flags & GNTV3_MAP_PTE && in.addr == at)
		in.addr = fz_slot_addr(m, slot, 0);
	if (!rc && u->done > in.done && u->done <= in.count)
		made(m, g, t, &in, u);
	fz_after(m);
}

void fz_v3_unmap(void)
{
	unsigned i = fz_u8(), n = 0, steps;
	struct gnttab_v3_unmap *u;
	struct fz_mapped3 *x[8];
	bool lost[8];
	struct fz_dom *m;
	long rc;

	for (steps = 0; steps < FZ_MAPPED3 && !fz_mapped3[i].live; steps++)
		i = (i + 1) % FZ_MAPPED3;
	m = fz_mapped3[i].live ? fz_by_id(fz_mapped3[i].mapper) : NULL;
	if (!m)
		return;
	u = (struct gnttab_v3_unmap *)fz_args_page(m, 1);
	for (steps = 0; steps < FZ_MAPPED3 && n < 1 + (i & 7); steps++, i = (i + 1) % FZ_MAPPED3) {
		bool twice = false;

		for (unsigned k = 0; k < n; k++)
			twice |= x[k]->handle == fz_mapped3[i].handle &&
				 x[k]->tree == fz_mapped3[i].tree &&
				 x[k]->granter == fz_mapped3[i].granter;
		if (!fz_mapped3[i].live || fz_mapped3[i].mapper != m->id || twice)
			continue;
		x[n] = &fz_mapped3[i];
		u[n] = (struct gnttab_v3_unmap){ .tree = fz_mapped3[i].tree,
						 .handle = fz_mapped3[i].handle,
						 .dom = (uint16_t)fz_mapped3[i].granter,
						 .status = 77 };
		if (fz_odd(32))
			u[n].handle = fz_u8();
		n++;
	}
	if (!n)
		return;
	fz_v3_note();
	for (i = 0; i < n; i++)
		lost[i] = fz_v3_is_lost(m, &u[i]);
	rc = fz_call(m, GNTTABOP_v3_unmap, u, n);
	if (fz_unexpected(m, rc))
		fz_fail("v3 unmap: %ld", rc);
	for (i = 0; i < n && !rc; i++) {
		unsigned before = 0;

		for (unsigned k = 0; k < FZ_MAPPED3; k++) {
			struct fz_mapped3 *y = &fz_mapped3[k];

			if (!y->live || y->mapper != m->id || y->tree != u[i].tree ||
			    y->granter != u[i].dom || y->handle != u[i].handle)
				continue;
			before++;
			if (u[i].status == GNTST_okay)
				unmapped(y);
		}
		/* Two requests of the list may have come to name one handle. */
		if (u[i].status == GNTST_okay && !before && !fz.hostile)
			fz_fail("d%u unmapped handle %u of tree %#x, which it never had", m->id,
				u[i].handle, u[i].tree);
		if (u[i].status != GNTST_okay && before && !fz.hostile && !lost[i])
			fz_fail("v3 unmap: %d for a well-behaved guest", u[i].status);
	}
	fz_after(m);
}

/* ---- revoke ---- */

void fz_v3_revoke(void)
{
	struct fz_dom *m;
	uint64_t ref;
	struct fz_tree3 *t = fz_v3_pick(&m, &ref);
	uint8_t b = fz_u8(), i = fz_u8();
	struct gnttab_v3_revoke r = { .ref = ref, .count = 1 + (b & 15) }, *u;
	long rc;

	if (!t)
		return;
	/* Mostly something that is mapped. */
	for (unsigned n = 0; n < FZ_MAPPED3 && b < 240; n++, i++)
		if (fz_mapped3[i].live && fz_mapped3[i].serial == m->serial &&
		    fz_mapped3[i].tree == t->id) {
			r.ref = fz_mapped3[i].ref;
			break;
		}
	u = (struct gnttab_v3_revoke *)fz_args_page(m, 1);
	r.tree = t->id;
	if (b & 0x10)
		r.flags = b & 0x20   ? GNTV3_REVOKE_BLOCK
			  : b & 0x40 ? GNTV3_REVOKE_UNBLOCK
				     : GNTV3_REVOKE_CHECK;
	if (!fz.hostile && !(fz_u8() & 31))
		r.count = fz_u64() >> fz_u8() % 64;
	/* Of a tree that leads back to its own nodes every entry would be looked at. */
	if (r.flags & GNTV3_REVOKE_CHECK)
		r.count %= 8 * GNTV3_ENTRIES;
	*u = r;
	fz_v3_note();
	rc = fz_call(m, GNTTABOP_v3_revoke, u, 1);
	if (fz_unexpected(m, rc))
		fz_fail("v3 revoke: %ld", rc);
	fz_v3_pv_kept(m, rc ? NULL : u);
	if (!rc && u->done && u->done <= r.count && !(r.flags & GNTV3_REVOKE_UNBLOCK))
		fz_v3_take_range(m, t->id, r.ref, r.ref + u->done);
	fz_stats.v3_revoked += !rc && !fz.hostile ? u->pages : 0;
	fz_after(m);
}
