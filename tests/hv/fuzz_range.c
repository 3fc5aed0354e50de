// SPDX-License-Identifier: GPL-2.0-only
/*
 * The fuzz harness: v1-range, by translated mappers. What each range has mapped where is known here by what its mapper
 * was told, so that an unmap must make holes of just these places.
 */
#include "fuzz.h"

#include "grant_rivals.h"

#define RANGES 64
#define MOST   8 /* pages of a range */

struct fz_range {
	bool live;
	unsigned mapper;
	uint32_t handle;
	uint64_t addr;
	unsigned pages;
};

static struct fz_range range[RANGES];

void fz_range_begin(void)
{
	memset(range, 0, sizeof(range));
}

void fz_range_gone(const struct fz_dom *m)
{
	for (unsigned i = 0; i < RANGES; i++)
		if (range[i].live && range[i].mapper == m->id)
			range[i].live = false;
}

/* All vCPUs look: to have it in their TLBs, or because nothing may be in reach. */
static void look(const struct fz_dom *m, uint64_t addr, bool gone)
{
	uint8_t byte;

	for (unsigned i = 0; i < 2; i++)
		if (m->v[i] && !hv_guest_access(m->v[i], addr, FZ_DATA, &byte, 1, false) && gone)
			fz_fail("d%u: vCPU %u reaches %#lx, of a range that was taken away", m->id,
				i, (unsigned long)addr);
}

static void made(struct fz_dom *m, const struct fz_dom *x, const struct gnttab_range_map *in,
		 const struct gnttab_range_map *out, const uint64_t *expect)
{
	for (unsigned i = 0; i < out->done; i++) {
		uint64_t addr = in->addr + ((uint64_t)i << 12),
			 e = hv_pt_hw_get(fz.host, &m->d->p2m.pt, addr >> 12, NULL),
			 mfn = hv_pte_mfn(e);
		struct fz_place *p = fz_find(m, addr, 0);
		struct fz_tag *tag = fz_page_tag(mfn);

		if (!e || hv_page(fz.host, mfn)->owner != x->d)
			fz_fail("d%u mapped a range of d%u: page %u, mfn %#lx, is not its", m->id,
				x->id, i, (unsigned long)mfn);
		if (!fz.hostile && expect[i] != mfn)
			fz_fail("d%u mapped a range of d%u: page %u, mfn %#lx, granted was %#lx",
				m->id, x->id, i, (unsigned long)mfn, (unsigned long)expect[i]);
		if (p)
			*p = (struct fz_place){ .state = FZ_MAPPED,
						.rw = !(in->flags & GNTRANGE_READONLY),
						.tagged = fz_tag_good(tag) && tag->mfn == mfn,
						.serial = tag->serial,
						.mfn = mfn };
		look(m, addr, false);
	}
}

static struct fz_range *free_range(void)
{
	for (unsigned i = 0; i < RANGES; i++)
		if (!range[i].live)
			return &range[i];
	return NULL;
}

static void map(struct fz_dom *m, uint8_t b)
{
	struct gnttab_range_map *u = (struct gnttab_range_map *)fz_args_page(m, 1), in;
	struct fz_range *r = free_range();
	struct fz_dom *x = fz_live();
	unsigned slot = fz_u8() % FZ_SLOTS, n = 1 + (b >> 3) % MOST;
	uint64_t expect[MOST];
	grant_ref_t ref[MOST];
	bool ro;
	long rc;

	if (!r || x == m)
		return;
	while (n > 1 && slot + n > FZ_SLOTS)
		n--;
	for (unsigned i = 0; i < n; i++)
		if (!fz.hostile && m->place[slot + i].state != FZ_HOLE)
			return;
	ref[0] = fz_pick_ref(m, x, &ro);
	for (unsigned i = 1; i < n; i++) {
		bool other;

		ref[i] = b & 1 ? fz_pick_ref(m, x, &other) : ref[0] + i;
		ro |= b & 1 && other;
	}
	in = (struct gnttab_range_map){ .addr = fz_slot_addr(m, slot, 0),
					.ref = ref[0],
					.count = n,
					.dom = (uint16_t)x->id,
					.flags = ro ? GNTRANGE_READONLY : 0,
					.status = 77 };
	if (b & 1) {
		memcpy((uint8_t *)u + 1024, ref, sizeof(ref));
		in.flags |= GNTRANGE_LIST;
		in.ref = (uintptr_t)u + 1024;
	}
	if (b & 2)
		in.flags |= GNTRANGE_ACCEPT_2M;
	if (fz_odd(16))
		in.flags ^= (uint16_t)(1u << (fz_u8() & 15));
	if (fz_odd(16))
		in.count = fz_u8();
	for (unsigned i = 0; i < n; i++)
		expect[i] = fz_expect(m, x, ref[i], ro, true);
	*u = in;
	rc = fz_call(m, GNTTABOP_range_map, u, 1);
	if (fz_unexpected(m, rc))
		fz_fail("range map: %ld", rc);
	if (!rc && u->status == 77)
		fz_fail("range map: not done");
	if (!rc && u->done && !fz.tampered && (m->revocable || x->revocable))
		fz_fail("range map: done, though no revoke can take it back");
	if (!rc && u->done && (in.count > MOST || u->done > n || fz.tampered)) {
		/* More than is known here: the domain ends before anything else is asked of it. */
		m->doomed = true;
	} else if (!rc && u->done && u->done <= n && u->handle != GNTRANGE_NO_HANDLE) {
		made(m, x, &in, u, expect);
		*r = (struct fz_range){ true, m->id, u->handle, in.addr, u->done };
	}
	fz_after(m);
}

static void unmap(struct fz_dom *m)
{
	struct gnttab_range_unmap *u = (struct gnttab_range_unmap *)fz_args_page(m, 1);
	unsigned first = fz_u8(), n = 0;
	struct fz_range *r[4];
	long rc;

	for (unsigned i = 0; i < RANGES && n < 1 + first % 4; i++) {
		struct fz_range *x = &range[(first + i) % RANGES];

		if (!x->live || x->mapper != m->id)
			continue;
		u[n] = (struct gnttab_range_unmap){ .handle = x->handle, .status = 77 };
		r[n++] = x;
	}
	if (!n)
		return;
	/* The last one twice. */
	u[n] = u[n - 1];
	rc = fz_call(m, GNTTABOP_range_unmap, u, n + 1);
	if (fz_unexpected(m, rc))
		fz_fail("range unmap: %ld", rc);
	/* Preempted, and read again what they were: these or others are gone. */
	m->doomed |= fz.tampered;
	for (unsigned i = 0; i < n && !rc && !fz.tampered; i++) {
		if (u[i].status != GNTST_okay && !fz.hostile)
			fz_fail("range unmap: %d for a well-behaved guest", u[i].status);
		if (u[i].status != GNTST_okay)
			continue;
		r[i]->live = false;
		for (unsigned k = 0; k < r[i]->pages; k++) {
			struct fz_place *p = fz_find(m, r[i]->addr + ((uint64_t)k << 12), 0);

			if (p)
				p->state = FZ_HOLE;
			look(m, r[i]->addr + ((uint64_t)k << 12), true);
		}
	}
	if (!rc && u[n].status != GNTST_bad_handle && !fz.hostile)
		fz_fail("range unmap: a handle is taken twice");
	fz_after(m);
}

void fz_range(void)
{
	struct fz_dom *m = fz_live();
	uint8_t b = fz_u8();

	if (!m->translated || m->doomed)
		return;
	if (b & 4)
		unmap(m);
	else
		map(m, b);
}
