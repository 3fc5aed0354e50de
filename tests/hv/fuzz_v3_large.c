// SPDX-License-Identifier: GPL-2.0-only
/*
 * The fuzz harness: large entries of version 3. A host of its own, with a granter whose RAM has two aligned runs of 2M and
 * a mapper with room for eight entries, made when an input first wants it. By well-behaved guests, where each page leads
 * and what a revoke takes is known here without the hypervisor; by hostile ones, whose words change while they are
 * read, the invariants are what is looked at.
 */
#include "fuzz_v3_large.h"

/* ---- operations ---- */

static void change_entry(void)
{
	uint8_t b = fz_u8();
	unsigned region = b % REGIONS, i = fz_u32() % RUN;

	if (region >= 2 && b & 0x40)
		fzl_node(0)[region] =
			b & 0x30 ? fzl_leaf(b & 0x20 ? RUN : 0, b & 0x80 ? GNTV3_READONLY : 0) : 0;
	else if (b & 0x0c)
		fzl_make_run(region, b & 0x20 ? RUN : 0);
	else
		fzl_node(1 + region)[i] =
			b & 0x10 ? fzl_leaf(fz_u32() % DATA, b & 0x80 ? GNTV3_READONLY : 0) : 0;
}

/* What was mapped leads where the tree says, and by entries that the request allows. */
static void mapped(const struct gnttab_v3_map *in, const struct gnttab_v3_map *out, unsigned slot,
		   int n)
{
	unsigned large = 0;
	bool readonly;

	for (unsigned i = 0; i < out->done; i++) {
		struct place *p = &fz_large.place[slot + i];
		unsigned order;
		uint64_t e = hv_pt_hw_get(fz_large.host, &fz_large.m->p2m.pt,
					  HV_GFN_MAP_BASE + slot + i, &order),
			 want = fzl_granted(in->ref + i, &readonly);

		if (!e || hv_pte_mfn(e) != want || p->state != HOLE ||
		    (readonly && !(in->flags & GNTV3_MAP_READONLY)))
			fz_fail("large: reference %#lx at slot %u leads to %#lx, granted is %#lx",
				(unsigned long)in->ref + i, slot + i, (unsigned long)e,
				(unsigned long)want);
		if (order && !(in->flags & GNTV3_ACCEPT_2M))
			fz_fail("large: an entry of 2M that nobody wanted");
		large += order && !((slot + i) % RUN);
		*p = (struct place){ .state = PAGE,
				     .owner = n,
				     .mfn = want,
				     .ref = in->ref + i,
				     .write = !(in->flags & GNTV3_MAP_READONLY),
				     .whole = order };
	}
	if (large != out->large)
		fz_fail("large: %u entries of 2M, and it says %u", large, out->large);
	fz_large.live[n] = (struct live){ out->done != 0, in->tree, out->handle, in->flags };
}

/* Why a request ended where it did. */
static void check_end(const struct gnttab_v3_map *in, const struct gnttab_v3_map *out,
		      unsigned slot)
{
	bool readonly, good = true;
	uint64_t mfn = fzl_granted(in->ref + out->done, &readonly);

	if (out->status == GNTST_okay)
		good = out->done == in->count;
	else if (out->status == GNTST_bad_gntref || out->status == GNTST_bad_page)
		good = mfn == HV_INVALID;
	else if (out->status == GNTST_permission_denied)
		good = readonly && !(in->flags & GNTV3_MAP_READONLY);
	else if (out->status == GNTST_bad_virt_addr)
		good = fz_large.place[slot + out->done].state != HOLE;
	else
		good = out->status == GNTST_no_space ||
		       (fz_large.failing && out->status == GNTST_no_device_space);
	if (!good)
		fz_fail("large: reference %#lx: status %d after %u of %u", (unsigned long)in->ref,
			out->status, out->done, in->count);
}

static void map(void)
{
	static const uint16_t accepts[] = { 0, GNTV3_ACCEPT_HOLE, GNTV3_ACCEPT_SINK,
					    GNTV3_ACCEPT_HOLE | GNTV3_ACCEPT_SINK };
	struct gnttab_v3_map *u = (struct gnttab_v3_map *)fz_large.margs, in;
	uint8_t b = fz_u8(), k = fz_u8();
	unsigned slot = k % 8 * RUN, n = 0;

	while (n < LIVE && fz_large.live[n].live)
		n++;
	if (n == LIVE)
		return;
	in = (struct gnttab_v3_map){ .ref = (k >> 3) % REGIONS * RUN,
				     .tree = fz_large.tree,
				     .count = b & 1 ? RUN : 2 * RUN,
				     .dom = hv_domain_id(fz_large.g),
				     .flags = (uint16_t)(GNTV3_MAP_HOST | accepts[b >> 1 & 3]) };
	if (b & 0x08)
		in.flags |= GNTV3_MAP_READONLY;
	if (b & 0x30)
		in.flags |= GNTV3_ACCEPT_2M;
	if (b & 0x40)
		in.flags |= GNTV3_RESERVE;
	if (!(k & 0xc0)) {
		/* Not all of it, or not aligned. */
		unsigned off = fz_u32() % RUN;

		in.ref += off;
		slot += k & 0x20 ? off : fz_u8();
		in.count = 1 + (b & 0x80 ? fz_u32() % RUN : fz_u8() % 8u);
	}
	if (in.ref + in.count > REGIONS * RUN)
		in.count = (uint32_t)(REGIONS * RUN - in.ref);
	if (slot + in.count > SLOTS)
		in.count = SLOTS - slot;
	in.addr = hv_guest_map_addr(fz_large.m, slot);
	*u = in;
	u->status = 77;
	fz_stats.maps++;
	fz_large.failing = !(fz_u8() % 8);
	if (fz_large.failing)
		hv_host_fail_alloc(fz_large.host, 1 + fz_u8() % 8);
	if (fzl_call(fz_large.mv, GNTTABOP_v3_map, u))
		u->done = 0;
	hv_host_fail_alloc(fz_large.host, 0);
	if (fz.hostile) {
		fz_large.live[n] = (struct live){ u->done != 0, in.tree, u->handle, in.flags };
		return;
	}
	if (fz_large.tree)
		check_end(&in, u, slot);
	mapped(&in, u, slot, (int)n);
	fz_stats.v3_maps_ok += u->done;
	fz_stats.v3_large += u->large;
}

static void unmap(void)
{
	struct gnttab_v3_unmap *u = (struct gnttab_v3_unmap *)fz_large.margs;
	unsigned n = fz_u8() % LIVE, steps = 0;
	long rc;

	while (steps++ < LIVE && !fz_large.live[n].live)
		n = (n + 1) % LIVE;
	if (!fz_large.live[n].live)
		return;
	*u = (struct gnttab_v3_unmap){ .tree = fz_large.live[n].tree,
				       .handle = fz_large.live[n].handle,
				       .dom = hv_domain_id(fz_large.g) };
	rc = fzl_call(fz_large.mv, GNTTABOP_v3_unmap, u);
	fz_large.live[n].live = false;
	if (fz.hostile)
		return;
	if (rc || u->status)
		fz_fail("large: unmap: %ld, %d", rc, u->status);
	for (unsigned i = 0; i < SLOTS; i++)
		if (fz_large.place[i].state != HOLE && fz_large.place[i].owner == (int)n)
			fzl_take(i, false);
}

static void revoke(void)
{
	struct gnttab_v3_revoke *u = (struct gnttab_v3_revoke *)fz_large.gargs;
	unsigned want, outcomes;
	uint8_t b = fz_u8();
	struct gnttab_v3_revoke r = { .ref = b % REGIONS * RUN,
				      .count = RUN,
				      .tree = fz_large.tree };

	if (b & 0x10) {
		r.ref += fz_u32() % RUN;
		r.count = 1 + (b & 0x20 ? fz_u32() % (2 * RUN) : fz_u8() % 4u);
	} else if (b & 0x40) {
		r.count = fz_u32() % (REGIONS * RUN) + 1;
	}
	*u = r;
	if (fzl_call(fz_large.gv, GNTTABOP_v3_revoke, u) || fz.hostile || !fz_large.tree)
		return;
	want = fzl_taken(fz_large.tree, r.ref, r.ref + r.count, &outcomes);
	if (u->status || u->done != r.count || u->pages != want || u->outcomes != outcomes)
		fz_fail("large: revoke of %lu from %#lx: status %d, %u pages and outcomes %#x, which should be %u and %#x",
			(unsigned long)r.count, (unsigned long)r.ref, u->status, u->pages,
			u->outcomes, want, outcomes);
	fz_stats.v3_revoked += want;
}

static void query(void)
{
	struct gnttab_v3_query *q = (struct gnttab_v3_query *)fz_large.gargs;
	uint64_t ref = fz_u32() % (REGIONS * RUN);
	unsigned n = 0, order = 0;

	*q = (struct gnttab_v3_query){ .ref = ref, .tree = fz_large.tree, .dom = DOMID_SELF };
	if (fzl_call(fz_large.gv, GNTTABOP_v3_query, q) || fz.hostile || !fz_large.tree)
		return;
	for (unsigned i = 0; i < SLOTS; i++)
		if (fz_large.place[i].state == PAGE && fz_large.place[i].ref == ref &&
		    fz_large.live[fz_large.place[i].owner].tree == fz_large.tree) {
			n++;
			order = fz_large.place[i].whole ? 9 : order;
		}
	if (q->status || q->maps != n || q->order != order)
		fz_fail("large: reference %#lx is mapped %u times by order %u, and known are %u and %u",
			(unsigned long)ref, q->maps, q->order, n, order);
}

/* By a vCPU or the device: what is there, and a word written beside the tag. */
static void look(void)
{
	unsigned slot = fz_u32() % SLOTS;
	const struct place *p = &fz_large.place[slot];
	bool dev = fz_large.device && fz_u8() & 1;
	uint64_t at = hv_guest_map_addr(fz_large.m, slot), x = 0, y = 77;
	struct hv_vcpu *v = hv_domain_vcpu(fz_large.m, fz_u8() & 1);
	int rc = dev ? hv_device_access(fz_large.m, at >> 12, 0, &x, 8, false)
		     : hv_guest_access(v, at, 0, &x, 8, false),
	    wr = dev ? hv_device_access(fz_large.m, at >> 12, WHERE, &y, 8, true)
		     : hv_guest_access(v, at, WHERE, &y, 8, true);

	fz_stats.reads++;
	if (fz.hostile)
		return;
	if (!rc != (p->state != HOLE) || !wr != (p->state != HOLE && p->write) ||
	    (p->state == PAGE && x != (TAG | p->mfn)) || (p->state == SINK && x))
		fz_fail("large: slot %u, state %u: read %d, written %d, found %#lx", slot, p->state,
			rc, wr, (unsigned long)x);
}

/* A page of the granter's goes, and another comes into its place: its p2m is in pieces, and no run. */
static void balloon(void)
{
	struct xen_memory_reservation r = { .domid = DOMID_SELF, .nr_extents = 1 };
	uint64_t gfn = fz_u32() % DATA, mfn;

	if (!hv_translated(fz_large.g))
		return;
	for (unsigned out = 2; out--;) {
		memcpy(fz_large.gargs + 4096, &gfn, 8);
		set_xen_guest_handle(r.extent_start, (xen_pfn_t *)(fz_large.gargs + 4096));
		memcpy(fz_large.gargs, &r, sizeof(r));
		fz_forget_reads();
		hv_memory_op(fz_large.gv,
			     out ? XENMEM_decrease_reservation : XENMEM_populate_physmap,
			     fz_large.gargs);
		fz_stats.calls++;
	}
	mfn = fzl_machine(gfn);
	if (mfn != HV_INVALID)
		fzl_tag(mfn);
}

static void unregister(void)
{
	struct gnttab_v3_unregister *u = (struct gnttab_v3_unregister *)fz_large.gargs;
	unsigned outcomes;

	*u = (struct gnttab_v3_unregister){ .tree = fz_large.tree };
	if (!fzl_call(fz_large.gv, GNTTABOP_v3_unregister, u) && !fz.hostile)
		fzl_taken(fz_large.tree, 0, GNTV3_MAX_REF, &outcomes);
	fzl_new_tree();
}

void fz_v3_large(void)
{
	if (!fz_large.host && !fzl_begin())
		return;
	for (unsigned n = 1 + fz_u8() % 16; n--;) {
		uint8_t b = fz_u8();

		if (b < 8)
			unregister();
		else if (b < 12)
			balloon();
		else if (b < 40)
			change_entry();
		else if (b < 110)
			map();
		else if (b < 160)
			unmap();
		else if (b < 200)
			revoke();
		else if (b < 210)
			query();
		else
			look();
	}
	/* Now and then from the start: what was shattered stays so, and what died is missed. */
	if (!fz_u8() || hv_domain_crashed(fz_large.g) || hv_domain_crashed(fz_large.m))
		fz_v3_large_end();
}
