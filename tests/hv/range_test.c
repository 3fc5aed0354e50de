// SPDX-License-Identifier: GPL-2.0-only
/* v1-range: what is mapped, refused and taken away. */
#include "ranges.h"

/* ---- there and back ---- */

static void sizes(const char *name, struct fx_opts o, bool device)
{
	static const struct {
		unsigned count, page, slot, flags, large;
	} c[] = {
		{ 1, 3, 5, 0, 0 },
		{ 64, 100, 7, 0, 0 },
		{ 512, 0, 512, 0, 0 },
		{ 512, 0, 512, GNTRANGE_ACCEPT_2M, 1 },
		{ 512, 512, 0, GNTRANGE_ACCEPT_2M | GNTRANGE_READONLY, 1 },
		{ 512, 1, 512, GNTRANGE_ACCEPT_2M, 0 },
		{ 512, 0, 511, GNTRANGE_ACCEPT_2M, 0 },
		{ 511, 0, 512, GNTRANGE_ACCEPT_2M, 0 },
	};
	uint32_t handle;

	if (!start(name, o))
		return;
	for (unsigned i = 0; i < sizeof(c) / sizeof(c[0]); i++) {
		bool ro = c[i].flags & GNTRANGE_READONLY;
		unsigned n = c[i].count, ref = RV_REF + c[i].page, slot = c[i].slot,
			 large = o.mapper.guest == HV_GUEST_PV ? 0 : c[i].large;
		uint64_t dfn = hv_guest_map_addr(t.f.m, slot) >> HV_PAGE_SHIFT;

		if (o.mapper.guest == HV_GUEST_PV)
			dfn = hv_guest_frame(t.f.g, c[i].page);
		ok(rv_map(&t, ref, slot, n, c[i].flags, &handle) == GNTST_okay && t.map.done == n &&
			   t.map.large == large,
		   "%s: %u pages of page %u at slot %u: %u large entries", name, n, c[i].page, slot,
		   t.map.large);
		ok(rv_good(&t, slot, (int)c[i].page, n) == n && hv_domain_mappings(t.f.m) == n,
		   "%s: they are in reach of all vCPUs", name);
		ok(marked(ref, n, GTF_reading | (ro ? 0 : GTF_writing)) == n,
		   "%s: the granter's flags say so", name);
		ok(!rv_poke(&t, slot, 0, rv_byte(c[i].page)) == !ro, "%s: and can be written: %d",
		   name, !ro);
		if (device)
			ok(rv_device(&t, dfn) == rv_byte(c[i].page) &&
				   rv_device(&t, dfn + n - 1) == rv_byte(c[i].page + n - 1),
			   "%s: the device reaches them too", name);
		ok(!fx_check(&t.f, true), "%s: invariants while they are mapped", name);
		ok(rv_unmap(&t, handle) == GNTST_okay && rv_good(&t, slot, -1, n) == n &&
			   (!device || (rv_device(&t, dfn) < 0 && rv_device(&t, dfn + n - 1) < 0)),
		   "%s: taken away, and nobody reaches them", name);
		ok(marked(ref, n, 0) == n && rv_unmap(&t, handle) == GNTST_bad_handle,
		   "%s: the marks are gone, and the handle", name);
	}
	end(name);
}

/* ---- refused ---- */

static int changed(size_t at, uint64_t value, unsigned bytes)
{
	struct gnttab_range_map op = rv_args(&t, RV_REF, 0, 4, 0);

	memcpy((char *)&op + at, &value, bytes);
	return rv_map_as(&t, op);
}

#define WITH(field, value)                                                                         \
	changed(offsetof(struct gnttab_range_map, field), (uint64_t)(value), sizeof(t.map.field))

static void refused(struct fx_opts o)
{
	struct gnttab_range_unmap *u = (struct gnttab_range_unmap *)t.f.margs;

	if (!start("refused", o))
		return;
	u = (struct gnttab_range_unmap *)t.f.margs;
	ok(WITH(flags, 8) == GNTST_general_error && WITH(pad, 1) == GNTST_general_error,
	   "unknown flags and padding");
	ok(WITH(count, 0) == GNTST_general_error &&
		   WITH(count, GNTRANGE_MAX_COUNT + 1) == GNTST_general_error,
	   "no page, and too many");
	ok(WITH(addr, (1ull << 36) + 8) == GNTST_bad_virt_addr, "an address within a page");
	ok(WITH(addr, ((1ull << 36) - 3) << 12) == GNTST_bad_virt_addr &&
		   WITH(addr, ~0xfffull) == GNTST_bad_virt_addr,
	   "beyond what a domain can have");
	ok(WITH(dom, 15) == GNTST_bad_domain, "no such domain");
	ok(WITH(ref, 4 * 512) == GNTST_bad_gntref && WITH(ref, 1ull << 32) == GNTST_bad_gntref &&
		   WITH(ref, ~0u) == GNTST_bad_gntref,
	   "beyond the table");
	ok(t.map.done == 0 && t.map.handle == GNTRANGE_NO_HANDLE, "there is no handle then");
	ok(WITH(ref, 1) == GNTST_general_error, "an entry that grants nothing");
	fx_entry(&t.f, 2, GTF_permit_access, hv_domain_id(t.f.m), 1u << 30);
	ok(WITH(ref, 2) == GNTST_bad_page && !marks(2), "a frame that is none");
	fx_entry(&t.f, 2, GTF_permit_access | GTF_readonly, hv_domain_id(t.f.m), 5);
	ok(WITH(ref, 2) == GNTST_general_error && !marks(2), "a read-only entry to be written");
	ok(rv_unmap(&t, 0) == GNTST_bad_handle && rv_unmap(&t, ~0u) == GNTST_bad_handle,
	   "no such handle");
	*u = (struct gnttab_range_unmap){ .pad = 1 };
	ok(!hv_grant_table_op(t.f.mv, GNTTABOP_range_unmap, u, 1) &&
		   u->status == GNTST_general_error,
	   "padding of an unmap");
	ok(hv_grant_table_op(t.f.mv, GNTTABOP_range_map, NULL, 1) == -EFAULT &&
		   hv_grant_table_op(t.f.mv, GNTTABOP_range_unmap, NULL, 1) == -EFAULT,
	   "arguments out of reach");
	ok(!hv_domain_mappings(t.f.m), "nothing was mapped by any of these");
	end("refused");
}

/* A page in the middle cannot be mapped: those before it are, by the handle. */
static void partial(struct fx_opts o)
{
	uint32_t handle, in_way;

	if (!start("partial", o))
		return;
	fx_entry(&t.f, RV_REF + 20, 0, 0, 0);
	ok(rv_map(&t, RV_REF, 0, 64, 0, &handle) == GNTST_general_error && t.map.done == 20,
	   "stopped at a reference that grants nothing, after %u", t.map.done);
	ok(rv_good(&t, 0, 0, 20) == 20 && rv_peek(&t, 20, 0) < 0 && !fx_check(&t.f, true),
	   "what came before is mapped");
	ok(rv_unmap(&t, handle) == GNTST_okay && rv_good(&t, 0, -1, 64) == 64 &&
		   marked(RV_REF, 64, 0) == 64,
	   "and goes by the handle");
	fx_grant(&t.f, RV_REF + 20, 20, false);
	ok(rv_map(&t, RV_REF + 600, 30, 1, 0, &in_way) == GNTST_okay, "one page in the way");
	ok(rv_map(&t, RV_REF, 0, 64, 0, &handle) == GNTST_bad_virt_addr && t.map.done == 30 &&
		   marked(RV_REF + 30, 34, 0) == 34 && !fx_check(&t.f, true),
	   "stopped there, after %u, and the rest is given back", t.map.done);
	ok(rv_unmap(&t, handle) == GNTST_okay, "taken away");
	ok(rv_map(&t, RV_REF, 0, 512, GNTRANGE_ACCEPT_2M, &handle) == GNTST_bad_virt_addr &&
		   t.map.done == 30 && !t.map.large,
	   "so 2M come down to pages");
	ok(rv_unmap(&t, handle) == GNTST_okay && rv_unmap(&t, in_way) == GNTST_okay, "taken away");
	ok(rv_map(&t, RV_REF, 0, 512, GNTRANGE_ACCEPT_2M, &handle) == GNTST_okay &&
		   t.map.large == 1 && rv_good(&t, 0, 0, 512) == 512,
	   "an empty table is no obstacle");
	ok(rv_map(&t, RV_REF, 0, 512, GNTRANGE_ACCEPT_2M, NULL) == GNTST_bad_virt_addr &&
		   rv_map(&t, RV_REF, 7, 1, 0, NULL) == GNTST_bad_virt_addr,
	   "2M are");
	ok(!hv_domain_crashed(t.f.m) && rv_unmap(&t, handle) == GNTST_okay,
	   "and nobody is crashed for it");
	end("partial");
}

/* ---- lists ---- */

static void lists(struct fx_opts o)
{
	uint64_t at;
	unsigned good = 0;
	uint32_t handle;

	if (!start("list", o))
		return;
	at = (uintptr_t)rv_list(&t);
	for (unsigned i = 0; i < 512; i++)
		rv_list(&t)[i] = RV_REF + (i * 37 + 5) % 512;
	ok(rv_map(&t, at, 0, 512, GNTRANGE_LIST | GNTRANGE_ACCEPT_2M, &handle) == GNTST_okay &&
		   t.map.done == 512 && !t.map.large,
	   "512 references in any order");
	/* What is in the list later does not matter. */
	memset(rv_list(&t), 0xff, 2048);
	for (unsigned i = 0; i < 512; i++)
		good += rv_peek(&t, i, 0) == rv_byte((i * 37 + 5) % 512);
	ok(good == 512 && !fx_check(&t.f, true), "each where it was asked for");
	ok(rv_unmap(&t, handle) == GNTST_okay && rv_good(&t, 0, -1, 512) == 512 &&
		   marked(RV_REF, 512, 0) == 512,
	   "taken away");
	for (unsigned i = 0; i < 512; i++)
		rv_list(&t)[i] = RV_REF + i;
	ok(rv_map(&t, at, 0, 512, GNTRANGE_LIST | GNTRANGE_ACCEPT_2M, &handle) == GNTST_okay &&
		   t.map.large == (o.mapper.guest == HV_GUEST_TRANSLATED) &&
		   rv_unmap(&t, handle) == GNTST_okay,
	   "a list of neighbours makes a large entry");
	for (unsigned i = 0; i < 200; i++)
		rv_list(&t)[i] = RV_REF + 9;
	ok(rv_map(&t, at, 0, 200, GNTRANGE_LIST, &handle) == GNTST_general_error &&
		   t.map.done == 128 && !fx_check(&t.f, true),
	   "one reference again and again: version 1's limit of 128");
	ok(fx_map(&t.f, RV_REF + 9, 300, GNTMAP_host_map, NULL) == GNTST_general_error,
	   "which holds for both together");
	ok(rv_unmap(&t, handle) == GNTST_okay && !marks(RV_REF + 9), "taken away");
	ok(rv_map(&t, 0, 0, 4, GNTRANGE_LIST, NULL) == GNTST_bad_virt_addr,
	   "a list out of reach is a bad address");
	end("list");
}

/* ---- with other operations of version 1 ---- */

static int copy(unsigned ref, unsigned page)
{
	struct gnttab_copy *op = (struct gnttab_copy *)(t.f.margs + 8192);

	*op = (struct gnttab_copy){ .source.domid = hv_domain_id(t.f.g),
				    .source.u.ref = ref,
				    .dest.domid = DOMID_SELF,
				    .dest.u.gmfn = hv_guest_frame(t.f.m, page),
				    .len = 16,
				    .flags = GNTCOPY_source_gref };
	return hv_grant_table_op(t.f.mv, GNTTABOP_copy, op, 1) ? -1 : op->status;
}

static void beside_v1(struct fx_opts o)
{
	struct gnttab_set_version v = { .version = 2 };
	uint32_t handle, h1, other;

	if (!start("beside v1", o))
		return;
	ok(fx_map(&t.f, RV_REF + 3, 700, GNTMAP_host_map | GNTMAP_readonly, &h1) == GNTST_okay,
	   "mapped by version 1, to read");
	ok(rv_map(&t, RV_REF, 0, 8, 0, &handle) == GNTST_okay &&
		   marks(RV_REF + 3) == (GTF_reading | GTF_writing),
	   "and within a range, to write");
	ok(copy(RV_REF + 3, 9) == GNTST_okay &&
		   *(uint8_t *)hv_guest_frame_ptr(t.f.m, hv_guest_frame(t.f.m, 9)) == rv_byte(3) &&
		   !fx_check(&t.f, true),
	   "and copied from");
	ok(fx_gop(&t.f, GNTTABOP_set_version, &v, sizeof(v)) == -EBUSY,
	   "the table keeps its version");
	if (o.mapper.guest == HV_GUEST_TRANSLATED) {
		ok(fx_unmap(&t.f, h1, 3, 0) == GNTST_general_error &&
			   rv_peek(&t, 3, 0) == rv_byte(3),
		   "version 1 cannot take away what is the range's, though it is the same frame");
		ok(rv_map(&t, RV_REF + 1000, 700, 1, 0, &other) == GNTST_bad_virt_addr,
		   "nor is a range mapped over version 1's page");
	}
	ok(rv_unmap(&t, handle) == GNTST_okay && marks(RV_REF + 3) == GTF_reading &&
		   rv_peek(&t, 700, 0) == rv_byte(3),
	   "the range goes, the page stays, to read");
	ok(fx_unmap(&t.f, h1, 700, 0) == GNTST_okay && !marks(RV_REF + 3), "and goes by version 1");
	ok(rv_map(&t, RV_REF, 0, 8, 0, &handle) == GNTST_okay &&
		   fx_map(&t.f, RV_REF + 3, 700, GNTMAP_host_map, &h1) == GNTST_okay &&
		   fx_unmap(&t.f, h1, 700, 0) == GNTST_okay && rv_unmap(&t, handle) == GNTST_okay,
	   "the other way round");
	/* The granter changes its entry while it is mapped: what was latched counts. */
	ok(rv_map(&t, RV_REF, 0, 8, 0, &handle) == GNTST_okay, "mapped");
	fx_grant(&t.f, RV_REF + 2, 900, false);
	ok(rv_map(&t, RV_REF + 2, 20, 1, 0, &other) == GNTST_okay &&
		   rv_peek(&t, 20, 0) == rv_byte(2) && rv_unmap(&t, other) == GNTST_okay &&
		   rv_unmap(&t, handle) == GNTST_okay,
	   "a frame is latched by the first pin");
	end("beside v1");
}

/* ---- many in one hypercall ---- */

#define MANY 70

static void many(struct fx_opts o, unsigned every)
{
	struct gnttab_range_map *m;
	struct gnttab_range_unmap *u;
	bool good = true;

	o.host.preempt_every = every;
	if (!start("many", o))
		return;
	m = (struct gnttab_range_map *)(t.f.margs + 8192);
	u = (struct gnttab_range_unmap *)(t.f.margs + 4 * 8192);
	for (unsigned i = 0; i < MANY; i++)
		m[i] = rv_args(&t, RV_REF + 10 * i, 20 * i, 1 + i % 10, 0);
	good &= !hv_grant_table_op(t.f.mv, GNTTABOP_range_map, m, MANY);
	for (unsigned i = 0; i < MANY; i++) {
		good &= m[i].status == GNTST_okay && m[i].done == m[i].count &&
			rv_good(&t, 20 * i, 10 * (int)i, m[i].done) == m[i].done;
		u[i] = (struct gnttab_range_unmap){ .handle = m[i].handle, .status = 77 };
	}
	ok(good && !fx_check(&t.f, true), "%u requests at once, preempted after %u", MANY, every);
	/* One of them twice. */
	u[MANY] = u[7];
	good = !hv_grant_table_op(t.f.mv, GNTTABOP_range_unmap, u, MANY + 1);
	for (unsigned i = 0; i < MANY; i++)
		good &= u[i].status == GNTST_okay &&
			rv_good(&t, 20 * i, -1, m[i].count) == m[i].count;
	ok(good && !hv_domain_mappings(t.f.m), "taken away at once");
	ok(u[MANY].status == GNTST_bad_handle, "each once");
	end("many");
}

int main(void)
{
	struct fx_opts hvm = { .granter = { .guest = HV_GUEST_TRANSLATED },
			       .mapper = { .guest = HV_GUEST_TRANSLATED, .vcpus = 2 } },
		       pv = { .granter = { .guest = HV_GUEST_PV },
			      .mapper = { .guest = HV_GUEST_PV, .vcpus = 2 } },
		       o;

	sizes("translated", hvm, false);
	sizes("PV", pv, false);
	o = hvm;
	o.granter.guest = HV_GUEST_PV;
	sizes("PV granter", o, false);
	o = hvm;
	o.version = 2;
	sizes("version 2's table", o, false);
	for (unsigned i = HV_IOMMU_SHARED; i <= HV_IOMMU_BATCHED; i++) {
		static const char *const name[] = { "", "shared IOMMU", "strict IOMMU",
						    "batched IOMMU" };

		o = hvm;
		o.mapper.iommu = i;
		sizes(name[i], o, true);
	}
	o = pv;
	o.mapper.iommu = HV_IOMMU_STRICT;
	sizes("PV, strict IOMMU", o, true);
	refused(hvm);
	partial(hvm);
	lists(hvm);
	lists(pv);
	beside_v1(hvm);
	beside_v1(pv);
	many(hvm, 0);
	many(hvm, 1);
	many(pv, 3);
	return tap_done();
}
