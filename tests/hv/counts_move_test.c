// SPDX-License-Identifier: GPL-2.0-only
/*
 * Work per copy through a part of a page and through a grant that is passed on, per transfer and
 * per unmap_and_replace. All inferred from the source of Xen 4.17; none was measured on a running
 * one. tests/hv/counts_test.c has the other operations.
 */
#include "fixture.h"

#define N 64

struct expect {
	const char *what;
	size_t at;
	double each;
};

/* clang-format off */
#define C(field, each) { #field, offsetof(struct hv_counters, field), each }
#define END { NULL, 0, 0 }
/* clang-format on */

/* As a copy of a whole page, and nr_v2_ops up and down. Each read lock has a barrier, too. */
static const struct expect part_pv[] = { C(spin_locks, 2),
					 C(pcpu_reads, 2),
					 C(frame_lookups, 2),
					 C(page_gets, 2),
					 C(page_puts, 2),
					 C(type_gets, 1),
					 C(type_puts, 1),
					 C(frame_maps, 2),
					 C(status_sets, 1),
					 C(status_clears, 1),
					 C(barriers, 1 + 2),
					 C(guest_reads, 7),
					 C(guest_cmpxchgs, 0),
					 C(domain_lookups, 1.0 / N),
					 C(flushes, 0),
					 C(bytes_copied, 512),
					 END };

/*
 * Two entries, each acquired and released under its own table's lock; ours is locked once more when
 * the other is had.
 */
static const struct expect pass_pv[] = { C(spin_locks, 5),
					 C(pcpu_reads, 5),
					 C(frame_lookups, 2),
					 C(page_gets, 2),
					 C(page_puts, 2),
					 C(type_gets, 1),
					 C(type_puts, 1),
					 C(frame_maps, 2),
					 C(status_sets, 2),
					 C(status_clears, 2),
					 C(barriers, 2 + 5),
					 C(guest_reads, 10),
					 C(guest_cmpxchgs, 0),
					 C(domain_lookups, 1 + 1.0 / N),
					 C(flushes, 0),
					 C(bytes_copied, 512),
					 END };

/* The same, and two look-ups in a p2m. And those for its arguments, of which no structure crosses a page. */
#define LOOKUPS 12
static const struct expect pass_translated[] = { C(spin_locks, 5),
						 C(pcpu_reads, 7 + LOOKUPS),
						 C(walks, 2 + LOOKUPS),
						 C(page_gets, 2 + LOOKUPS),
						 C(page_puts, 2 + LOOKUPS),
						 C(status_sets, 2),
						 C(flushes, 0),
						 END };

/*
 * page_alloc_lock of the giver and twice of the receiver, the entry; the receiver's table twice.
 * One reference, gone by the compare-and-exchange that takes the page.
 */
static const struct expect transfer_v1[] = {
	C(spin_locks, 4),     C(pcpu_reads, 2),	 C(pcpu_writes, 0),
	C(mfn_checks, 1),     C(page_gets, 1),	 C(page_puts, 0),
	C(type_gets, 0),      C(guest_reads, 3), C(guest_cmpxchgs, 1),
	C(domain_lookups, 1), C(walks, 0),	 C(flushes, 1),
	C(flush_locals, 1),   C(arg_copies, 2),	 END
};

/* And into its p2m: look up, set. */
static const struct expect transfer_translated[] = {
	C(spin_locks, 4),     C(pcpu_reads, 2), C(pcpu_writes, 1), C(cpus_scanned, 8),
	C(mfn_checks, 2),     C(page_gets, 1),	C(page_puts, 0),   C(guest_reads, 3),
	C(guest_cmpxchgs, 1), C(walks, 3),	C(flushes, 1),	   END
};

/* A PV unmap, and one more table page looked up, locked and written. */
static const struct expect replace_pv[] = { C(spin_locks, 3),
					    C(pcpu_reads, 2),
					    C(mfn_checks, 3),
					    C(page_gets, 2),
					    C(page_puts, 3),
					    C(frame_maps, 2),
					    C(pte_lookups, 2),
					    C(page_locks, 2),
					    C(entries_written, 2),
					    C(type_puts, 1),
					    C(maptrack_puts, 1),
					    C(flushes, 1.0 / 32),
					    END };

static struct hv_counters before;

static void begin(struct fx *f)
{
	before = *hv_vcpu_counters(f->mv);
}

static void compare(struct fx *f, const char *name, const struct expect *e)
{
	const struct hv_counters *now = hv_vcpu_counters(f->mv);

	for (; e->what; e++) {
		uint64_t n = *(const uint64_t *)((const char *)now + e->at) -
			     *(const uint64_t *)((const char *)&before + e->at);

		ok(n == (uint64_t)(e->each * N), "%s %s: %g each (is %g)", name, e->what, e->each,
		   (double)n / N);
	}
}

static struct fx_opts opts(enum hv_guest granter, enum hv_guest mapper, unsigned version)
{
	return (struct fx_opts){ .granter = { .guest = granter },
				 .mapper = { .guest = mapper },
				 .version = version };
}

/* Twice, and the second time counts. */
static void copies(struct fx *f, const char *name, const struct expect *e)
{
	struct gnttab_copy *op = (struct gnttab_copy *)f->margs;
	bool good = true;

	for (int round = 0; round < 2; round++) {
		for (unsigned i = 0; i < N; i++) {
			op[i] = (struct gnttab_copy){ .source.domid = hv_domain_id(f->g),
						      .dest.domid = DOMID_SELF,
						      .len = 512,
						      .flags = GNTCOPY_source_gref };
			op[i].source.u.ref = 8 + i;
			op[i].dest.u.gmfn = hv_guest_frame(f->m, i);
		}
		begin(f);
		good &= !hv_grant_table_op(f->mv, GNTTABOP_copy, op, N);
		for (unsigned i = 0; i < N; i++)
			good &= op[i].status == GNTST_okay;
	}
	ok(good, "%s: all statuses are okay", name);
	compare(f, name, e);
	ok(!fx_check(f, true), "%s: invariants", name);
}

static void parts(void)
{
	struct fx f;

	fx_open(&f, opts(HV_GUEST_PV, HV_GUEST_PV, 2));
	for (unsigned i = 0; i < N; i++) {
		fx_part(&f, 8 + i, 0, 2048);
		fx_entry(&f, 8 + i, GTF_permit_access | GTF_sub_page, hv_domain_id(f.m),
			 hv_guest_frame(f.g, i));
	}
	copies(&f, "PV part", part_pv);
	fx_close(&f);
}

static void passed_on(enum hv_guest guest, const char *name, const struct expect *e)
{
	struct fx f, t;

	fx_open(&f, opts(guest, guest, 2));
	ok(!fx_third(&t, &f, (struct hv_domain_config){ .guest = guest }), "%s: a third domain",
	   name);
	for (unsigned i = 0; i < N; i++) {
		fx_grant(&t, 8 + i, i, true);
		fx_pass_on(&f, 8 + i, 0, hv_domain_id(t.g), 8 + i);
	}
	copies(&f, name, e);
	fx_close(&f);
}

/* The receiver gives up as many of its own pages. */
static void make_room(struct fx *f, unsigned n)
{
	struct xen_memory_reservation r = { .nr_extents = n, .domid = DOMID_SELF };

	for (unsigned i = 0; i < n; i++)
		((uint64_t *)(f->gargs + 4096))[i] = hv_guest_frame(f->g, i);
	set_xen_guest_handle(r.extent_start, (xen_pfn_t *)(f->gargs + 4096));
	memcpy(f->gargs, &r, sizeof(r));
	ok(hv_memory_op(f->gv, XENMEM_decrease_reservation, f->gargs) == (long)n, "room");
}

static void transfers(enum hv_guest receiver, const char *name, const struct expect *e)
{
	struct fx_opts o = opts(receiver, HV_GUEST_PV, 1);
	struct gnttab_transfer *op;
	bool good;
	struct fx f;

	fx_open(&f, o);
	make_room(&f, 1 + N);
	op = (struct gnttab_transfer *)f.margs;
	/* The first makes the receiver's tables. */
	for (unsigned i = 0; i < 1 + N; i++) {
		fx_entry(&f, 8 + i, GTF_accept_transfer, hv_domain_id(f.m), FX_PAGES + 1000 + i);
		op[i] = (struct gnttab_transfer){ .mfn = hv_guest_frame(f.m, i),
						  .domid = hv_domain_id(f.g),
						  .ref = 8 + i };
	}
	good = !hv_grant_table_op(f.mv, GNTTABOP_transfer, op, 1);
	begin(&f);
	good &= !hv_grant_table_op(f.mv, GNTTABOP_transfer, op + 1, N);
	for (unsigned i = 0; i < 1 + N; i++)
		good &= op[i].status == GNTST_okay;
	ok(good, "%s: all statuses are okay", name);
	compare(&f, name, e);
	ok(!fx_check(&f, true), "%s: invariants", name);
	fx_close(&f);
}

static void replaces(void)
{
	struct gnttab_unmap_and_replace *op;
	uint32_t h[2 * N];
	bool good = true;
	struct fx f;

	fx_open(&f, opts(HV_GUEST_PV, HV_GUEST_PV, 1));
	op = (struct gnttab_unmap_and_replace *)f.margs;
	for (unsigned i = 0; i < 2 * N; i++) {
		fx_grant(&f, 8 + i, i, false);
		good &= !fx_map(&f, 8 + i, i, GNTMAP_host_map, &h[i]);
	}
	for (unsigned i = 0; i < N; i++)
		op[i] = (struct gnttab_unmap_and_replace){ .host_addr = hv_guest_map_addr(f.m, i),
							   .new_addr =
								   hv_guest_map_addr(f.m, N + i),
							   .handle = h[i] };
	begin(&f);
	good &= !hv_grant_table_op(f.mv, GNTTABOP_unmap_and_replace, op, N);
	for (unsigned i = 0; i < N; i++)
		good &= op[i].status == GNTST_okay;
	ok(good, "PV replace: all statuses are okay");
	compare(&f, "PV replace", replace_pv);
	ok(!fx_check(&f, true), "PV replace: invariants");
	fx_close(&f);
}

int main(void)
{
	parts();
	passed_on(HV_GUEST_PV, "PV passed on", pass_pv);
	passed_on(HV_GUEST_TRANSLATED, "translated passed on", pass_translated);
	transfers(HV_GUEST_PV, "PV transfer", transfer_v1);
	transfers(HV_GUEST_TRANSLATED, "transfer to translated", transfer_translated);
	replaces();
	return tap_done();
}
