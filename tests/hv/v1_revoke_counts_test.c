// SPDX-License-Identifier: GPL-2.0-only
/*
 * Version 1 with revoke: how much work a revoke is, of 1, 64 and 512 references and of 1 to 128 mappings of a page, beside
 * version 3's of the same; and what the back-pointer adds to a map and an unmap. Translated and PV mappers, no IOMMU and
 * a strict one, everything warm.
 *
 *   v1_revoke_counts_test [-v]    -v: the counts themselves
 */
#include "v1_revoke.h"
#include "v3.h"

#define N HV_NR_COUNTERS

static bool verbose;

static struct hv_counters since(struct hv_vcpu *v, const struct hv_counters *before)
{
	struct hv_counters d = *hv_vcpu_counters(v);

	for (unsigned i = 0; i < N; i++)
		((uint64_t *)&d)[i] -= ((const uint64_t *)before)[i];
	return d;
}

static void show(const char *what, const struct hv_counters *d)
{
	if (!verbose)
		return;
	printf("# %s:", what);
	for (unsigned i = 0; i < N; i++)
		if (((const uint64_t *)d)[i])
			printf(" %s %lu", hv_counter_names[i],
			       (unsigned long)((const uint64_t *)d)[i]);
	printf("\n");
}

static void same(const char *what, const char *counter, uint64_t have, uint64_t want)
{
	ok(have == want, "%s: %s %lu, should be %lu", what, counter, (unsigned long)have,
	   (unsigned long)want);
}

/* refs references, each mapped maps times: what their revoke is. */
static void revoke(enum hv_guest m, enum hv_iommu_mode iommu, unsigned refs, unsigned maps)
{
	struct fx_opts o = v1r_opts(HV_GUEST_TRANSLATED, m, iommu);
	unsigned n = refs * maps, slices = (n + 511) / 512;
	bool pv = m == HV_GUEST_PV, dev = iommu != HV_IOMMU_NONE;
	struct hv_counters before, d = { 0 };
	struct gnttab_v1_revoke r;
	char what[100];
	struct fx f;

	snprintf(what, sizeof(what), "%s mapper, %s, %u references mapped %u times",
		 pv ? "PV" : "translated", v1r_mode[iommu], refs, maps);
	o.frames = 2;
	if (!ok(!fx_open(&f, o), "%s: set up", what))
		return;
	for (unsigned round = 0; round < 2; round++) {
		for (unsigned i = 0; i < refs; i++)
			fx_grant(&f, 8 + i, i % FX_PAGES, false);
		if (v1r_map_many(&f, 8, refs, 0, n, V1R_HOLE))
			ok(0, "%s: maps", what);
		for (unsigned i = 0; i < refs; i++)
			v1r_end(&f, 8 + i);
		before = *hv_vcpu_counters(f.gv);
		r = v1r_revoke(&f, 8, refs);
		d = since(f.gv, &before);
		if (r.status || r.pages != n)
			ok(0, "%s: revokes", what);
		for (unsigned i = 0; i < n; i++)
			*fx_unmap_args(&f, i) = (struct gnttab_unmap_grant_ref){
				.host_addr = hv_guest_map_addr(f.m, i), .handle = 0
			};
		for (unsigned h = 0, i = 0; h < 1024 && i < n; h++)
			i += !fx_unmap(&f, h, 0, 0);
	}
	show(what, &d);
	same(what, "arg_copies", d.arg_copies, 2);
	/* Of the device's counts, the mapper's table is locked for each page. */
	same(what, "pcpu_writes", d.pcpu_writes, pv ? dev ? n : 0 : slices);
	same(what, "flushes", d.flushes, slices);
	same(what, "iotlb_waits", d.iotlb_waits, dev ? slices : 0);
	same(what, "entries_written", d.entries_written,
	     n + (!dev ? 0
		  : pv ? (refs < FX_PAGES ? refs : FX_PAGES)
		       : n));
	same(what, "status_clears", d.status_clears, refs);
	same(what, "bytes_allocated", d.bytes_allocated, 0);
	same(what, "domain_lookups", d.domain_lookups, slices);
	/* Each entry twice, once for each flush, twice for an invalidation; the p2m and grant locks are per CPU. */
	same(what, "spin_locks", d.spin_locks,
	     2 * refs + slices + (dev ? 2 * slices + (pv ? d.entries_written - n : n) : 0));
	ok(!fx_check(&f, true), "%s: invariants", what);
	fx_close(&f);
}

/* The same by version 3, for whoever compares. */
static void revoke_v3(unsigned refs)
{
	struct hv_counters before, d = { 0 };
	char what[40];
	struct v3 t;

	snprintf(what, sizeof(what), "version 3, %u references", refs);
	if (!ok(!v3_open(&t, (struct fx_opts){ .mapper = { .vcpus = 2 } }, 2, 2), "%s", what))
		return;
	for (unsigned round = 0; round < 2; round++) {
		grant_v3_handle_t h;

		for (unsigned i = 0; i < refs; i++)
			v3_grant(&t, i, i % 512, 0);
		if (v3_map(&t, 0, 0, refs, V3_HOLE, &h) != GNTST_okay)
			ok(0, "%s: maps", what);
		for (unsigned i = 0; i < refs; i++)
			v3_end(&t, i);
		before = *hv_vcpu_counters(t.f.gv);
		if (v3_revoke(&t, 0, refs, 0) != GNTST_okay || t.rev.pages != refs)
			ok(0, "%s: revokes", what);
		d = since(t.f.gv, &before);
		v3_unmap(&t, h);
	}
	show(what, &d);
	same(what, "flushes", d.flushes, 1);
	ok(!v3_close(&t), "%s: invariants", what);
}

/* Map and unmap of 64 pages a hypercall: the same work as without, whatever the flags. */
static void map_unmap(enum hv_guest m, struct hv_counters d[2], bool revocable, unsigned maps)
{
	struct fx_opts o = v1r_opts(HV_GUEST_TRANSLATED, m, HV_IOMMU_NONE);
	struct hv_counters before;
	unsigned n = 64;
	struct fx f;

	o.granter.revocable = o.mapper.revocable = revocable;
	if (!ok(!fx_open(&f, o), "map and unmap: set up"))
		return;
	for (unsigned i = 0; i < n; i++)
		fx_grant(&f, 8 + i, i, false);
	for (unsigned round = 0; round < 2; round++) {
		before = *hv_vcpu_counters(f.mv);
		if (v1r_map_many(&f, 8, n / maps, 0, n, revocable ? V1R_HOLE : GNTMAP_host_map))
			ok(0, "map and unmap: maps");
		d[0] = since(f.mv, &before);
		for (unsigned i = 0; i < n; i++)
			*fx_unmap_args(&f, i) = (struct gnttab_unmap_grant_ref){
				.host_addr = fx_map_args(&f, i)->host_addr,
				.handle = fx_map_args(&f, i)->handle
			};
		before = *hv_vcpu_counters(f.mv);
		hv_grant_table_op(f.mv, GNTTABOP_unmap_grant_ref, fx_unmap_args(&f, 0), n);
		d[1] = since(f.mv, &before);
	}
	fx_close(&f);
}

static void adds(enum hv_guest m, unsigned maps)
{
	struct hv_counters plain[2] = { { 0 } }, back[2] = { { 0 } };
	bool differs = false;
	map_unmap(m, plain, false, maps);
	map_unmap(m, back, true, maps);
	for (unsigned half = 0; half < 2; half++)
		for (unsigned i = 0; i < N; i++)
			if (((uint64_t *)&back[half])[i] != ((uint64_t *)&plain[half])[i]) {
				printf("# %s: %s %lu with a back-pointer, %lu without\n",
				       half ? "unmap" : "map", hv_counter_names[i],
				       (unsigned long)((uint64_t *)&back[half])[i],
				       (unsigned long)((uint64_t *)&plain[half])[i]);
				differs = true;
			}
	ok(!differs, "map and unmap, %u mappings of a page: no work more with a back-pointer",
	   maps);
	show("map with a back-pointer", &back[0]);
	show("unmap with a back-pointer", &back[1]);
}

int main(int argc, char **argv)
{
	static const unsigned refs[] = { 1, 64, 512 }, maps[] = { 2, 16, 128 };

	verbose = argc > 1 && !strcmp(argv[1], "-v");
	for (unsigned m = 0; m < 2; m++)
		for (unsigned i = 0; i < 3; i++) {
			revoke(m, HV_IOMMU_NONE, refs[i], 1);
			revoke(m, HV_IOMMU_STRICT, refs[i], 1);
			revoke(m, HV_IOMMU_NONE, 1, maps[i]);
		}
	for (unsigned i = 0; i < 3; i++)
		revoke_v3(refs[i]);
	for (unsigned m = 0; m < 2; m++) {
		adds(m, 1);
		adds(m, 4);
	}
	return tap_done();
}
