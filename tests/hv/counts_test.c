// SPDX-License-Identifier: GPL-2.0-only
/*
 * Work per map and unmap, against Xen 4.17. The PV column was measured on a running 4.17.7 by
 * counting calls (v1, self-grant, batch 256); the others are read from the source of 4.17 and
 * marked inferred.
 */
#include "fixture.h"

#include <pthread.h>

#define N    256
#define RUNS 10

struct expect {
	const char *what;
	size_t at;
	double map, unmap; /* per page */
};

#define C(field) offsetof(struct hv_counters, field)

/* Batch of 256: per 32 is 1/32. */
static const struct expect pv_self[] = { { "spin_locks", C(spin_locks), 2, 3 },
					 { "mfn_checks", C(mfn_checks), 2, 2 },
					 { "page_gets", C(page_gets), 2, 1 },
					 { "page_puts", C(page_puts), 1, 2 },
					 { "frame_maps", C(frame_maps), 1, 1 },
					 { "pte_lookups", C(pte_lookups), 1, 1 },
					 { "page_locks", C(page_locks), 1, 1 },
					 { "domain_lookups", C(domain_lookups), 1, 1 },
					 { "status_sets", C(status_sets), 1, 0 },
					 { "frame_lookups", C(frame_lookups), 1, 0 },
					 { "type_gets", C(type_gets), 1, 0 },
					 { "type_puts", C(type_puts), 0, 1 },
					 { "maptrack_puts", C(maptrack_puts), 0, 1 },
					 { "flushes", C(flushes), 0, 1.0 / 32 },
					 { "flush_locals", C(flush_locals), 0, 1.0 / 32 },
					 { NULL, 0, 0, 0 } };

/*
 * A translated guest's arguments (arch/x86/mm/hap/guest_walk.c, guest_walk.c, hvm/hvm.c): each copy
 * looks up the root of its page tables and three tables below it, and the frame that these say
 * twice. A map's structures fill pages; of 256 unmaps one lies across two, of 256 copies two.
 */
#define LOOKUPS	      6
#define MAP_WALKS     2
#define UNMAP_WALKS   (2 + 1.0 / N)
#define COPY_WALKS    (2 + 2.0 / N)
#define MAP_LOOKUPS   (LOOKUPS * MAP_WALKS)
#define UNMAP_LOOKUPS (LOOKUPS * UNMAP_WALKS)
#define COPY_LOOKUPS  (LOOKUPS * COPY_WALKS)

static const struct expect arguments[] = {
	{ "arg_copies", C(arg_copies), 2, 2 },
	{ "arg_walks", C(arg_walks), MAP_WALKS, UNMAP_WALKS },
	{ "walk_steps", C(walk_steps), 4 * MAP_WALKS, 4 * UNMAP_WALKS },
	{ "p2m_lookups", C(p2m_lookups), 1 + MAP_LOOKUPS, UNMAP_LOOKUPS },
	{ "frame_maps", C(frame_maps), 5 * MAP_WALKS, 5 * UNMAP_WALKS },
	{ "mfn_checks", C(mfn_checks), 2 + MAP_LOOKUPS, 3 + UNMAP_LOOKUPS },
	{ NULL, 0, 0, 0 }
};

/* Of a PV guest they are read where they are. */
static const struct expect pv_arguments[] = { { "arg_copies", C(arg_copies), 2, 2 },
					      { "arg_walks", C(arg_walks), 0, 0 },
					      { "walk_steps", C(walk_steps), 0, 0 },
					      { "p2m_lookups", C(p2m_lookups), 0, 0 },
					      { NULL, 0, 0, 0 } };

/* Inferred (xen/common/grant_table.c, arch/x86/mm/p2m.c, p2m-ept.c). */
static const struct expect translated[] = {
	{ "spin_locks", C(spin_locks), 2, 4 }, /* unmap: entry, list, entry, and call_lock */
	{ "pcpu_reads", C(pcpu_reads), 2 + MAP_LOOKUPS,
	  2 + UNMAP_LOOKUPS },			 /* grant and granter's p2m; grant twice */
	{ "pcpu_writes", C(pcpu_writes), 1, 1 }, /* the mapper's p2m */
	{ "cpus_scanned", C(cpus_scanned), 8, 8 },
	{ "walks", C(walks), 3 + MAP_LOOKUPS,
	  4 + UNMAP_LOOKUPS }, /* granter get; add: get, set; query, remove: get, get, set */
	{ "page_gets", C(page_gets), 1 + MAP_LOOKUPS, UNMAP_LOOKUPS },
	{ "page_puts", C(page_puts), MAP_LOOKUPS, 1 + UNMAP_LOOKUPS },
	{ "type_gets", C(type_gets), 0, 0 },
	{ "status_sets", C(status_sets), 1, 0 },
	{ "status_clears", C(status_clears), 0, 1 },
	{ "flushes", C(flushes), 0, 1 },
	{ "domain_lookups", C(domain_lookups), 1, 1 },
	{ NULL, 0, 0, 0 }
};

/* All inferred from here on, where they differ from what stands above. */
#define DOMAIN_AND_HANDLE                                                                          \
	{ "domain_lookups", C(domain_lookups), 1, 1 },                                             \
		{ "maptrack_gets", C(maptrack_gets), 1, 0 },                                       \
	{                                                                                          \
		"maptrack_puts", C(maptrack_puts), 0, 1                                            \
	}

/* Version 1 marks by compare-and-exchange, version 2 by a store, a barrier and a second look. */
static const struct expect words_v1[] = { { "guest_reads", C(guest_reads), 3, 0 },
					  { "guest_cmpxchgs", C(guest_cmpxchgs), 1, 0 },
					  { "status_sets", C(status_sets), 1, 0 },
					  { "status_clears", C(status_clears), 0, 1 },
					  DOMAIN_AND_HANDLE,
					  { NULL, 0, 0, 0 } };

static const struct expect words_v2[] = { { "guest_reads", C(guest_reads), 4, 0 },
					  { "guest_cmpxchgs", C(guest_cmpxchgs), 0, 0 },
					  { "status_sets", C(status_sets), 1, 0 },
					  { "status_clears", C(status_clears), 0, 1 },
					  DOMAIN_AND_HANDLE,
					  { NULL, 0, 0, 0 } };

/* The mapper's own table lock for writing, once for each map and unmap: the tracking tree. */
static const struct expect pv_strict[] = {
	/* And mapping_lock; unmap: and the unit's, for each of its two descriptors. */
	{ "spin_locks", C(spin_locks), 3, 6 },
	{ "pcpu_reads", C(pcpu_reads), 1, 2 },
	{ "pcpu_writes", C(pcpu_writes), 1, 1 },
	{ "cpus_scanned", C(cpus_scanned), 8, 8 },
	{ "walks", C(walks), 1, 1 },
	{ "iotlb_invs", C(iotlb_invs), 0, 1 },
	{ "iotlb_waits", C(iotlb_waits), 0, 1 },
	{ "flushes", C(flushes), 0, 1.0 / 32 },
	{ NULL, 0, 0, 0 }
};

/* Not in Xen: the invalidation waits for the end of the call. */
static const struct expect pv_batched[] = { { "pcpu_writes", C(pcpu_writes), 1, 1 },
					    { "iotlb_invs", C(iotlb_invs), 0, 1.0 / N },
					    { "iotlb_waits", C(iotlb_waits), 0, 1.0 / N },
					    { "flushes", C(flushes), 0, 1.0 / 32 },
					    { NULL, 0, 0, 0 } };

static const struct expect shared[] = { { "spin_locks", C(spin_locks), 2, 6 },
					{ "pcpu_writes", C(pcpu_writes), 1, 1 },
					{ "walks", C(walks), 3 + MAP_LOOKUPS, 4 + UNMAP_LOOKUPS },
					{ "iotlb_invs", C(iotlb_invs), 0,
					  1 }, /* into a hole: nothing to invalidate */
					{ "iotlb_waits", C(iotlb_waits), 0, 1 },
					{ "flushes", C(flushes), 0, 1 },
					{ NULL, 0, 0, 0 } };

static const struct expect strict[] = { { "spin_locks", C(spin_locks), 3, 7 },
					{ "pcpu_writes", C(pcpu_writes), 1, 1 },
					{ "walks", C(walks), 4 + MAP_LOOKUPS, 5 + UNMAP_LOOKUPS },
					{ "iotlb_invs", C(iotlb_invs), 0, 1 },
					{ "iotlb_waits", C(iotlb_waits), 0, 1 },
					{ "flushes", C(flushes), 0, 1 },
					{ NULL, 0, 0, 0 } };

/* v1-batch: version 1 in everything but the flush. */
static const struct expect batch_flush[] = {
	{ "spin_locks", C(spin_locks), 2, 3 + 1.0 / N },
	{ "pcpu_reads", C(pcpu_reads), 2 + MAP_LOOKUPS, 2 + UNMAP_LOOKUPS },
	{ "pcpu_writes", C(pcpu_writes), 1, 1 },
	{ "walks", C(walks), 3 + MAP_LOOKUPS, 4 + UNMAP_LOOKUPS },
	{ "page_gets", C(page_gets), 1 + MAP_LOOKUPS, UNMAP_LOOKUPS },
	{ "page_puts", C(page_puts), MAP_LOOKUPS, 1 + UNMAP_LOOKUPS },
	{ "flushes", C(flushes), 0, 1.0 / N },
	{ NULL, 0, 0, 0 }
};

static const struct expect pv_batch_flush[] = { { "spin_locks", C(spin_locks), 2, 3 },
						{ "page_locks", C(page_locks), 1, 1 },
						{ "page_gets", C(page_gets), 2, 1 },
						{ "page_puts", C(page_puts), 1, 2 },
						{ "flushes", C(flushes), 0, 1.0 / N },
						{ "flush_locals", C(flush_locals), 0, 1.0 / N },
						{ NULL, 0, 0, 0 } };

/* A copy from a reference into an own frame, each with another reference and frame. */
static const struct expect copy_pv[] = { { "spin_locks", C(spin_locks), 2, 0 },
					 { "pcpu_reads", C(pcpu_reads), 2, 0 },
					 { "pcpu_writes", C(pcpu_writes), 0, 0 },
					 { "frame_lookups", C(frame_lookups), 2, 0 },
					 { "page_gets", C(page_gets), 2, 0 },
					 { "page_puts", C(page_puts), 2, 0 },
					 { "type_gets", C(type_gets), 1, 0 },
					 { "type_puts", C(type_puts), 1, 0 },
					 { "frame_maps", C(frame_maps), 2, 0 },
					 { "status_sets", C(status_sets), 1, 0 },
					 { "status_clears", C(status_clears), 1, 0 },
					 { "maptrack_gets", C(maptrack_gets), 0, 0 },
					 { "domain_lookups", C(domain_lookups), 1.0 / N, 0 },
					 { "flushes", C(flushes), 0, 0 },
					 { "bytes_copied", C(bytes_copied), 512, 0 },
					 { NULL, 0, 0, 0 } };

/* The same, and two look-ups in a p2m. */
static const struct expect copy_translated[] = { { "spin_locks", C(spin_locks), 2, 0 },
						 { "pcpu_reads", C(pcpu_reads), 4 + COPY_LOOKUPS,
						   0 },
						 { "pcpu_writes", C(pcpu_writes), 0, 0 },
						 { "walks", C(walks), 2 + COPY_LOOKUPS, 0 },
						 { "page_gets", C(page_gets), 2 + COPY_LOOKUPS, 0 },
						 { "page_puts", C(page_puts), 2 + COPY_LOOKUPS, 0 },
						 { "flushes", C(flushes), 0, 0 },
						 { NULL, 0, 0, 0 } };

static void batch(struct fx *f, bool map)
{
	for (unsigned i = 0; i < N; i++) {
		uint64_t addr = hv_guest_map_addr(f->m, i);

		if (map)
			*fx_map_args(f, i) =
				(struct gnttab_map_grant_ref){ .host_addr = addr,
							       .flags = GNTMAP_host_map,
							       .ref = 8 + i,
							       .dom = hv_domain_id(f->g) };
		else
			*fx_unmap_args(f, i) = (struct gnttab_unmap_grant_ref){
				.host_addr = addr, .handle = fx_map_args(f, i)->handle
			};
	}
	if (map)
		hv_grant_table_op(f->mv, GNTTABOP_map_grant_ref, fx_map_args(f, 0), N);
	else
		hv_grant_table_op(f->mv, GNTTABOP_unmap_grant_ref, fx_unmap_args(f, 0), N);
}

static void compare(const char *name, const struct expect *e, const struct hv_counters *a,
		    const struct hv_counters *b, bool map)
{
	for (; e->what; e++) {
		uint64_t n = *(const uint64_t *)((const char *)b + e->at) -
			     *(const uint64_t *)((const char *)a + e->at);
		double want = map ? e->map : e->unmap;

		ok(n == (uint64_t)(want * N), "%s %s %s: %g per page (is %g)", name,
		   map ? "map" : "unmap", e->what, want, (double)n / N);
	}
}

struct deltas {
	struct hv_counters first, second; /* map and unmap, or copy and nothing */
};

static void take(struct deltas *d, const struct hv_counters *c)
{
	const uint64_t *a = (const uint64_t *)&c[0], *b = (const uint64_t *)&c[1],
		       *e = (const uint64_t *)&c[2];

	for (unsigned i = 0; i < HV_NR_COUNTERS; i++) {
		((uint64_t *)&d->first)[i] = b[i] - a[i];
		((uint64_t *)&d->second)[i] = e[i] - b[i];
	}
}

static bool copies(struct fx *f)
{
	struct gnttab_copy *op = (struct gnttab_copy *)(f->margs + 8192);
	bool good = true;

	for (unsigned i = 0; i < N; i++) {
		op[i] = (struct gnttab_copy){ .source.domid = hv_domain_id(f->g),
					      .dest.domid = DOMID_SELF,
					      .len = 512,
					      .flags = GNTCOPY_source_gref };
		op[i].source.u.ref = 8 + i;
		op[i].dest.u.gmfn = hv_guest_frame(f->m, i);
	}
	good = !hv_grant_table_op(f->mv, GNTTABOP_copy, op, N);
	for (unsigned i = 0; i < N; i++)
		good &= op[i].status == GNTST_okay;
	return good;
}

/* One run on its own host: the work of the second round, when tables and handles are there. */
static bool measure(struct fx_opts o, bool copy, struct deltas *d)
{
	struct hv_counters c[3];
	bool good = true;
	struct fx f;

	o.frames = 2;
	if (fx_open(&f, o))
		return false;
	for (unsigned i = 0; i < N; i++)
		fx_grant(&f, 8 + i, i, false);
	for (int round = 0; round < 2; round++) {
		c[0] = *hv_vcpu_counters(f.mv);
		if (copy)
			good &= copies(&f);
		else
			batch(&f, true);
		c[1] = *hv_vcpu_counters(f.mv);
		for (unsigned i = 0; i < N && !copy; i++)
			good &= fx_map_args(&f, i)->status == GNTST_okay;
		if (!copy)
			batch(&f, false);
		c[2] = *hv_vcpu_counters(f.mv);
		for (unsigned i = 0; i < N && !copy; i++)
			good &= fx_unmap_args(&f, i)->status == GNTST_okay;
	}
	good &= !fx_check(&f, true);
	fx_close(&f);
	take(d, c);
	return good;
}

static void also(const char *name, struct fx_opts o, bool copy, const struct expect *e)
{
	struct hv_counters none;
	struct deltas d;

	memset(&none, 0, sizeof(none));
	ok(measure(o, copy, &d), "%s: all statuses are okay, and the invariants hold", name);
	if (copy) {
		for (; e->what; e++) {
			uint64_t n = *(const uint64_t *)((const char *)&d.first + e->at);

			ok(n == (uint64_t)(e->map * N), "%s %s: %g per copy (is %g)", name, e->what,
			   e->map, (double)n / N);
		}
		return;
	}
	compare(name, e, &none, &d.first, true);
	compare(name, e, &none, &d.second, false);
}

/* ---- the same counts, whatever the other core does ---- */

static bool stop;

static void *load(void *arg)
{
	volatile uint64_t *n = arg;

	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED))
		++*n;
	return NULL;
}

static void repeat(const char *name, struct fx_opts o, bool copy)
{
	static struct deltas first, d;
	unsigned same = 0;
	uint64_t n = 0;
	pthread_t t;

	stop = false;
	pthread_create(&t, NULL, load, &n);
	measure(o, copy, &first);
	for (unsigned i = 0; i < RUNS; i++)
		same += measure(o, copy, &d) && !memcmp(&d, &first, sizeof(d));
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	pthread_join(t, NULL);
	ok(same == RUNS, "%s: every count the same in %u of %u runs, the other core loaded", name,
	   same, RUNS);
}

static void run(const char *name, struct fx_opts o, const struct expect *e)
{
	struct hv_counters c0, c1, c2;
	struct fx f;
	bool good = true;

	o.frames = 2;
	if (!ok(!fx_open(&f, o), "%s: set up", name))
		return;
	for (unsigned i = 0; i < N; i++)
		fx_grant(&f, 8 + i, i, false);
	/* The first round makes tables and handles. */
	for (int round = 0; round < 2; round++) {
		c0 = *hv_vcpu_counters(f.mv);
		batch(&f, true);
		c1 = *hv_vcpu_counters(f.mv);
		for (unsigned i = 0; i < N; i++)
			good &= fx_map_args(&f, i)->status == GNTST_okay;
		batch(&f, false);
		c2 = *hv_vcpu_counters(f.mv);
		for (unsigned i = 0; i < N; i++)
			good &= fx_unmap_args(&f, i)->status == GNTST_okay;
	}
	ok(good, "%s: all statuses are okay", name);
	compare(name, e, &c0, &c1, true);
	compare(name, e, &c1, &c2, false);
	ok(!fx_check(&f, true), "%s: invariants", name);
	fx_close(&f);
}

int main(void)
{
	struct fx_opts pv = { .granter = { .guest = HV_GUEST_PV },
			      .mapper = { .guest = HV_GUEST_PV },
			      .self = true };
	struct fx_opts hvm = { .granter = { .guest = HV_GUEST_TRANSLATED },
			       .mapper = { .guest = HV_GUEST_TRANSLATED } };

	run("PV v1", pv, pv_self);
	run("translated v1", hvm, translated);
	also("PV v1 arguments", pv, false, pv_arguments);
	also("translated v1 arguments", hvm, false, arguments);
	also("PV v1 words", pv, false, words_v1);
	also("translated v1 words", hvm, false, words_v1);
	also("PV v1 copy", pv, true, copy_pv);
	also("translated v1 copy", hvm, true, copy_translated);
	repeat("PV v1", pv, false);
	repeat("PV v1 copy", pv, true);
	repeat("translated v1", hvm, false);
	hvm.version = pv.version = 2;
	run("PV v2", pv, pv_self);
	run("translated v2", hvm, translated);
	also("PV v2 words", pv, false, words_v2);
	also("translated v2 words", hvm, false, words_v2);
	also("PV v2 copy", pv, true, copy_pv);
	also("translated v2 copy", hvm, true, copy_translated);
	repeat("PV v2", pv, false);
	repeat("translated v2", hvm, false);
	hvm.version = pv.version = 1;
	pv.self = false;
	pv.mapper.iommu = HV_IOMMU_STRICT;
	also("PV v1, strict IOMMU", pv, false, pv_strict);
	repeat("PV v1, strict IOMMU", pv, false);
	pv.mapper.iommu = HV_IOMMU_BATCHED;
	also("PV v1, batched IOMMU", pv, false, pv_batched);
	pv.mapper.iommu = HV_IOMMU_NONE;
	pv.mapper.flush = HV_FLUSH_PER_HYPERCALL;
	also("PV v1-batch", pv, false, pv_batch_flush);
	hvm.mapper.iommu = HV_IOMMU_SHARED;
	also("translated v1, shared IOMMU", hvm, false, shared);
	repeat("translated v1, shared IOMMU", hvm, false);
	hvm.mapper.iommu = HV_IOMMU_STRICT;
	also("translated v1, strict IOMMU", hvm, false, strict);
	repeat("translated v1, strict IOMMU", hvm, false);
	hvm.mapper.iommu = HV_IOMMU_NONE;
	hvm.mapper.flush = HV_FLUSH_PER_HYPERCALL;
	also("translated v1-batch", hvm, false, batch_flush);
	repeat("translated v1-batch", hvm, false);
	return tap_done();
}
