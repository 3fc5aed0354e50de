// SPDX-License-Identifier: GPL-2.0-only
/*
 * Arguments of translated guests: found by the guest's own page tables, whatever is in these. What
 * cannot be reached is -EFAULT where Xen 4.17 says so, and what was done until then stays done.
 */
#include "fixture.h"
#include "guest_pt.h"
#include "types.h"

#include "grant_v3.h"

#define LEVELS	 4
#define AT	 4096 /* where the arguments of most cases lie */
#define SHIFT(l) (12 + 9 * ((l)-1))

static const struct fx_opts translated = { .granter = { .guest = HV_GUEST_TRANSLATED },
					   .mapper = { .guest = HV_GUEST_TRANSLATED,
						       .pages = 1024 } };

/* The mapper's own entry of that level for the address. */
static uint64_t *entry(const struct fx *f, const void *linear, unsigned level)
{
	uint64_t *e, gfn = hv_guest_cr3(f->mv) >> 12;

	for (unsigned l = LEVELS;; l--) {
		e = (uint64_t *)hv_guest_frame_ptr(f->m, gfn) +
		    ((uintptr_t)linear >> SHIFT(l) & 511);
		if (l == level)
			return e;
		gfn = *e >> 12 & 0xfffffffff;
	}
}

static long query(struct fx *f, const void *at)
{
	return hv_grant_table_op(f->mv, GNTTABOP_query_size, (void *)(uintptr_t)at, 1);
}

/* A question that a guest may ask at any time; its answer is looked for in the RAM behind `real`. */
static void put_query(void *real)
{
	struct gnttab_query_size q = { .dom = DOMID_SELF, .nr_frames = 77, .status = 77 };

	memcpy(real, &q, sizeof(q));
}

static bool answered(const void *real)
{
	struct gnttab_query_size q;

	memcpy(&q, real, sizeof(q));
	return q.status == GNTST_okay && q.nr_frames == 1;
}

/* Ask with one entry changed, and put back what was there. */
static long with(struct fx *f, unsigned level, uint64_t e)
{
	uint64_t *p = entry(f, f->margs + AT, level), old = *p;
	long rc;

	put_query(f->margs + AT);
	*p = e;
	rc = query(f, f->margs + AT);
	*p = old;
	return rc;
}

static void addresses(void)
{
	struct hv_counters c;
	size_t bytes;
	uint8_t *end;
	struct fx f;

	fx_open(&f, translated);
	hv_guest_args(f.m, &bytes);
	end = f.margs + bytes;
	put_query(f.margs + AT + 1);
	ok(!query(&f, f.margs + AT + 1) && answered(f.margs + AT + 1),
	   "arguments need no alignment");
	put_query(f.margs + 2 * AT - 6);
	c = *hv_vcpu_counters(f.mv);
	ok(!query(&f, f.margs + 2 * AT - 6) && answered(f.margs + 2 * AT - 6),
	   "they may lie across two pages");
	ok(hv_vcpu_counters(f.mv)->arg_walks == c.arg_walks + 4 &&
		   hv_vcpu_counters(f.mv)->arg_copies == c.arg_copies + 2,
	   "and each page is looked for");
	put_query(end - sizeof(struct gnttab_query_size));
	ok(!query(&f, end - sizeof(struct gnttab_query_size)), "they may end where memory ends");
	ok(query(&f, end - 8) == -EFAULT, "but not behind");
	ok(query(&f, NULL) == -EFAULT, "a null pointer is no address");
	ok(query(&f, (void *)(UINT64_MAX - 7)) == -EFAULT, "nor is one that wraps");
	put_query(f.margs + AT);
	ok(!query(&f, (void *)((uintptr_t)(f.margs + AT) | 1ull << 63)) && answered(f.margs + AT),
	   "the upper bits of an address are not looked at, as in Xen");
	hv_guest_set_cr3(f.mv, ~0ull);
	ok(query(&f, f.margs + AT) == -EFAULT, "a CR3 beyond all memory");
	hv_guest_set_cr3(f.mv, HV_GFN_MAP_BASE << 12);
	ok(query(&f, f.margs + AT) == -EFAULT, "a CR3 where there is a hole");
	ok(!fx_check(&f, true), "addresses: invariants");
	fx_close(&f);
}

static void entries(void)
{
	struct fx f;

	fx_open(&f, translated);
	for (unsigned l = 1; l <= LEVELS; l++) {
		uint64_t e = *entry(&f, f.margs + AT, l);

		ok(with(&f, l, e & ~HV_GPT_PRESENT) == -EFAULT, "level %u: not present", l);
		ok(with(&f, l, e | 1ull << 48) == -EFAULT, "level %u: a reserved bit", l);
		ok(with(&f, l, e & ~HV_GPT_WRITE) == -EFAULT, "level %u: read-only", l);
		ok(with(&f, l, (HV_GFN_MAP_BASE << 12) | HV_GPT_TABLE) == -EFAULT,
		   "level %u: a hole", l);
		ok(with(&f, l, 0x0000fffffffff000ull | HV_GPT_TABLE) == -EFAULT,
		   "level %u: the last frame there could be", l);
		ok(!with(&f, l, e | 1ull << 63) && answered(f.margs + AT),
		   "level %u: not executable is no matter", l);
	}
	ok(with(&f, 4, *entry(&f, f.margs + AT, 4) | HV_GPT_LARGE) == -EFAULT,
	   "level 4: there are no such large pages");
	ok(with(&f, 2, 1ull << 13 | HV_GPT_TABLE | HV_GPT_LARGE) == -EFAULT,
	   "level 2: a large page that is not aligned");
	ok(with(&f, 3, 1ull << 21 | HV_GPT_TABLE | HV_GPT_LARGE) == -EFAULT,
	   "level 3: a large page that is not aligned");
	ok(!fx_check(&f, true), "entries: invariants");
	fx_close(&f);
}

/* A table all of whose entries name it: every address is in it, after as many steps as ever. */
static void loops(void)
{
	struct hv_counters c;
	uint64_t saved[512], *root;
	struct fx f;
	long rc;

	fx_open(&f, translated);
	root = hv_guest_frame_ptr(f.m, hv_guest_cr3(f.mv) >> 12);
	memcpy(saved, root, sizeof(saved));
	for (unsigned i = 0; i < 512; i++)
		root[i] = hv_guest_cr3(f.mv) | HV_GPT_TABLE;
	c = *hv_vcpu_counters(f.mv);
	rc = query(&f, f.margs + AT);
	ok(rc == 0 || rc == -EFAULT, "a loop ends: %ld", rc);
	ok(hv_vcpu_counters(f.mv)->walk_steps - c.walk_steps ==
		   4 * (hv_vcpu_counters(f.mv)->arg_walks - c.arg_walks),
	   "after four steps");
	memcpy(root, saved, sizeof(saved));
	put_query(f.margs + AT);
	ok(!query(&f, f.margs + AT) && answered(f.margs + AT) && !fx_check(&f, true),
	   "and does no harm");
	fx_close(&f);
}

/* The page that an entry of this level which leads to 0 has for the arguments' address. */
static unsigned page_of(const struct fx *f, unsigned level)
{
	return (uintptr_t)(f->margs + AT) >> 12 & ((1u << (9 * (level - 1))) - 1);
}

/* Would that be one of the domain's own tables or arguments? Who writes there writes to what is looked at. */
static bool on_itself(struct fx *f, unsigned level)
{
	uint64_t own = UINT64_MAX;

	for (unsigned l = 1; l <= LEVELS; l++) {
		uint64_t at = (*entry(f, f->margs + AT, l) & 0x0000fffffffff000ull) >> 12;

		own = at < own ? at : own;
	}
	return page_of(f, level) >= own && hv_guest_frame_ptr(f->m, page_of(f, level));
}

#define TRIES 8

static void large(unsigned level)
{
	static struct fx all[TRIES];
	struct hv_counters a, b;
	uint64_t *p, old;
	struct fx *f = all;
	uint8_t *real;
	bool good;

	/* Where memory comes to lie is the system's choice: one time in 400 there. */
	fx_open(f, translated);
	while (on_itself(f, level) && f < all + TRIES - 1)
		fx_open(++f, translated);
	p = entry(f, f->margs + AT, level);
	old = *p;
	*p = HV_GPT_TABLE | HV_GPT_LARGE;
	/* Beyond the domain's RAM there is nothing behind it. */
	real = hv_guest_frame_ptr(f->m, page_of(f, level));
	if (real)
		put_query(real);
	a = *hv_vcpu_counters(f->mv);
	good = query(f, f->margs + AT) == (real ? 0 : -EFAULT) && (!real || answered(real));
	b = *hv_vcpu_counters(f->mv);
	ok(good, "arguments in a page of level %u", level);
	ok((b.walk_steps - a.walk_steps) == (5 - level) * (b.arg_walks - a.arg_walks),
	   "its walk is shorter");
	*p = old;
	for (; f >= all; f--)
		fx_close(f);
}

static void give_up(struct fx *f, uint64_t gfn)
{
	struct xen_memory_reservation r = { .domid = DOMID_SELF, .nr_extents = 1 };

	set_xen_guest_handle(r.extent_start, (xen_pfn_t *)(f->margs + 8192));
	memcpy(f->margs + 8192, &gfn, 8);
	memcpy(f->margs, &r, sizeof(r));
	ok(hv_memory_op(f->mv, XENMEM_decrease_reservation, f->margs) == 1, "page %#lx is given up",
	   (unsigned long)gfn);
}

static void given_up(void)
{
	uint64_t e = HV_GPT_TABLE;
	struct fx_opts o = translated;
	struct fx f;

	o.host.audit = o.host.poison = true;
	fx_open(&f, o);
	e |= 5 << 12;
	ok(!with(&f, 1, e), "arguments in any page of RAM");
	give_up(&f, 5);
	ok(with(&f, 1, e) == -EFAULT, "but not when it is gone");
	for (unsigned l = 2; l <= LEVELS; l++)
		ok(with(&f, l, e) == -EFAULT, "nor can it be a table of level %u", l - 1);
	give_up(&f, *entry(&f, f.margs + AT, 2) >> 12 & 0xfffffffff);
	ok(query(&f, f.margs + AT) == -EFAULT, "a guest that gives up its tables has none");
	ok(!fx_check(&f, true) && !hv_host_violation(f.host), "given up: invariants");
	fx_close(&f);
}

/* Pages that are in the p2m by a grant: another domain's, and one of its own. */
static void grants(void)
{
	struct fx_opts o = translated;
	uint64_t other, own, l1;
	struct fx f;

	fx_open(&f, translated);
	fx_grant(&f, 8, 0, false);
	fx_map(&f, 8, 0, GNTMAP_host_map, NULL);
	other = hv_guest_map_addr(f.m, 0) | HV_GPT_TABLE;
	for (unsigned l = 1; l <= LEVELS; l++)
		ok(with(&f, l, other) == -EFAULT, "level %u: another domain's page", l);
	fx_close(&f);

	o.granter.pages = 1024;
	o.self = true;
	fx_open(&f, o);
	l1 = *entry(&f, f.margs + AT, 2) >> 12 & 0xfffffffff;
	memcpy(hv_guest_frame_ptr(f.m, 7), hv_guest_frame_ptr(f.m, l1), HV_PAGE_SIZE);
	fx_grant(&f, 8, 7, false);
	ok(fx_map(&f, 8, 0, GNTMAP_host_map, NULL) == GNTST_okay, "an own page, by a grant");
	own = hv_guest_map_addr(f.m, 0) | HV_GPT_TABLE;
	ok(with(&f, 1, own) == -EFAULT, "arguments do not lie in such a one");
	ok(!with(&f, 2, own) && answered(f.margs + AT), "but a table does, as in Xen");
	ok(!fx_check(&f, true), "grants: invariants");
	fx_close(&f);
}

static void map_unmap(void)
{
	uint64_t *p;
	struct fx f;
	long rc;

	fx_open(&f, translated);
	for (unsigned i = 0; i < 3; i++) {
		fx_grant(&f, 8 + i, i, false);
		*fx_map_args(&f, i) =
			(struct gnttab_map_grant_ref){ .host_addr = hv_guest_map_addr(f.m, i),
						       .flags = GNTMAP_host_map,
						       .ref = 8 + i,
						       .dom = hv_domain_id(f.g) };
	}
	p = entry(&f, fx_map_args(&f, 0), 1);
	*p &= ~HV_GPT_WRITE;
	rc = hv_grant_table_op(f.mv, GNTTABOP_map_grant_ref, fx_map_args(&f, 0), 3);
	ok(rc == -EFAULT && hv_domain_mappings(f.m) == 1,
	   "a handle that cannot be told: the mapping stays, the next one is not made");
	*p |= HV_GPT_WRITE;
	rc = hv_grant_table_op(f.mv, GNTTABOP_map_grant_ref, fx_map_args(&f, 1), 2);
	ok(!rc && hv_domain_mappings(f.m) == 3, "the others are made");
	/* Handles come in order. */
	for (unsigned i = 0; i < 3; i++)
		*fx_unmap_args(&f, i) = (struct gnttab_unmap_grant_ref){
			.host_addr = hv_guest_map_addr(f.m, i),
			.handle = fx_map_args(&f, 1)->handle + i - 1,
		};
	p = entry(&f, fx_unmap_args(&f, 0), 1);
	*p &= ~HV_GPT_WRITE;
	rc = hv_grant_table_op(f.mv, GNTTABOP_unmap_grant_ref, fx_unmap_args(&f, 0), 3);
	ok(rc == -EFAULT && hv_domain_mappings(f.m) == 2,
	   "a status that cannot be told: that mapping is gone, the next one is not");
	ok(!fx_check(&f, true), "and it gave back what it held");
	*p &= ~HV_GPT_PRESENT;
	rc = hv_grant_table_op(f.mv, GNTTABOP_unmap_grant_ref, fx_unmap_args(&f, 1), 2);
	ok(rc == -EFAULT && hv_domain_mappings(f.m) == 2, "what cannot be read is not done");
	*p |= HV_GPT_WRITE | HV_GPT_PRESENT;
	rc = hv_grant_table_op(f.mv, GNTTABOP_unmap_grant_ref, fx_unmap_args(&f, 1), 2);
	ok(!rc && !hv_domain_mappings(f.m) && !fx_check(&f, true), "the rest goes");
	fx_close(&f);
}

static void copy_fault(void)
{
	struct gnttab_copy *op;
	uint64_t *p;
	struct fx f;
	long rc;

	fx_open(&f, translated);
	op = (struct gnttab_copy *)(f.margs + AT);
	fx_grant(&f, 8, 0, false);
	fx_fill(&f, 0, 0x5a);
	*op = (struct gnttab_copy){ .source.domid = hv_domain_id(f.g),
				    .dest.domid = DOMID_SELF,
				    .len = 16,
				    .flags = GNTCOPY_source_gref };
	op->source.u.ref = 8;
	op->dest.u.gmfn = 3;
	p = entry(&f, op, 1);
	*p &= ~HV_GPT_WRITE;
	rc = hv_grant_table_op(f.mv, GNTTABOP_copy, op, 1);
	ok(rc == -EFAULT && *(uint8_t *)hv_guest_frame_ptr(f.m, 3) == 0x5a,
	   "a copy whose status cannot be told is made");
	ok(!fx_check(&f, true), "and holds nothing");
	fx_close(&f);
}

static void lists(void)
{
	struct gnttab_setup_table s = { .dom = DOMID_SELF, .nr_frames = 1 };
	struct xen_memory_reservation r = { .domid = DOMID_SELF, .nr_extents = 3 };
	struct fx f;

	fx_open(&f, translated);
	set_xen_guest_handle(s.frame_list, (xen_pfn_t *)8);
	memcpy(f.margs, &s, sizeof(s));
	ok(!hv_grant_table_op(f.mv, GNTTABOP_setup_table, f.margs, 1), "a list that is nowhere");
	memcpy(&s, f.margs, sizeof(s));
	ok(s.status == GNTST_bad_virt_addr, "is a bad address");
	set_xen_guest_handle(r.extent_start, (xen_pfn_t *)(f.margs + (64 << 12) - 8));
	*(uint64_t *)(f.margs + (64 << 12) - 8) = 7;
	memcpy(f.margs, &r, sizeof(r));
	ok(hv_memory_op(f.mv, XENMEM_decrease_reservation, f.margs) == 1,
	   "extents are taken as far as they can be read");
	ok(hv_memory_op(f.mv, XENMEM_decrease_reservation, (void *)8) == 0 &&
		   hv_memory_op(f.mv, XENMEM_add_to_physmap, (void *)8) == -EFAULT,
	   "a structure that is nowhere");
	ok(!fx_check(&f, true), "lists: invariants");
	fx_close(&f);
}

/* A list of none is nowhere to be read, of a PV domain neither; but not where only the hypervisor is. */
static void none(void)
{
	static const struct fx_opts pv = { 0 };
	struct fx f;

	fx_open(&f, pv);
	ok(!hv_grant_table_op(f.mv, GNTTABOP_map_grant_ref, NULL, 0) &&
		   !hv_grant_table_op(f.mv, GNTTABOP_v3_map, NULL, 0),
	   "a list of none at no address");
	ok(hv_grant_table_op(f.mv, GNTTABOP_map_grant_ref, NULL, 1) == -EFAULT, "and one of one");
	ok(hv_grant_table_op(f.mv, GNTTABOP_map_grant_ref, (void *)0xffff800000000000ull, 0) ==
		   -EFAULT,
	   "nor where the hypervisor is");
	fx_close(&f);
}

/* As the processor's own walk would set them. */
static void accessed_and_dirty(void)
{
	struct gnttab_get_version v = { .dom = 14 };
	bool good = true;
	struct fx f;

	fx_open(&f, translated);
	for (unsigned l = 1; l <= LEVELS; l++)
		*entry(&f, f.margs + AT, l) &= ~(HV_GPT_ACCESSED | HV_GPT_DIRTY);
	memcpy(f.margs + AT, &v, sizeof(v));
	ok(hv_grant_table_op(f.mv, GNTTABOP_get_version, f.margs + AT, 1) == -ESRCH, "only read");
	for (unsigned l = 1; l <= LEVELS; l++)
		good &= (*entry(&f, f.margs + AT, l) & (HV_GPT_ACCESSED | HV_GPT_DIRTY)) ==
			HV_GPT_ACCESSED;
	ok(good, "marks its way as accessed");
	put_query(f.margs + AT);
	ok(!query(&f, f.margs + AT), "and written");
	for (unsigned l = 1; l <= LEVELS; l++)
		good &= !(*entry(&f, f.margs + AT, l) & HV_GPT_DIRTY) == (l > 1);
	ok(good, "the page as dirty, and no table");
	fx_close(&f);
}

int main(void)
{
	addresses();
	entries();
	loops();
	large(2);
	large(3);
	given_up();
	grants();
	map_unmap();
	copy_fault();
	lists();
	none();
	accessed_and_dirty();
	return tap_done();
}
