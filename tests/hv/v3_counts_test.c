// SPDX-License-Identifier: GPL-2.0-only
/*
 * Work of version 3 for single pages of 4K, 32 to a hypercall, beside version 1's in the same hypercalls: translated
 * guests, then PV guests, no IOMMU, everything warm. Each level of a tree costs a look-up in a translated granter's p2m,
 * a reference and a word. A copy of a translated caller's arguments costs 6 look-ups: version 3 makes two for the
 * hypercall, version 1 two for each page.
 */
#include "v3.h"

#define N 32

struct counted {
	const char *name;
	size_t at;
	/* Version 3: for each page, for each page and level of its tree, for the hypercall; of map and of unmap. */
	unsigned map_page, map_level, map_call, unmap_page, unmap_call;
	/* Version 1: for each page; and for an unmap's hypercall of so many. */
	unsigned v1_map, v1_unmap, v1_call;
};

#define C(name) #name, offsetof(struct hv_counters, name)

static const struct counted translated[] = {
	{ C(arg_copies), 0, 0, 2, 0, 2, 2, 2, 0 },
	{ C(domain_lookups), 0, 0, 1, 0, 1, 1, 1, 0 },
	{ C(spin_locks), 0, 0, 1, 0, 3, 2, 4, 0 },
	{ C(pcpu_reads), 1, 1, 12, 0, 12, 14, 14, 0 },
	{ C(pcpu_writes), 1, 0, 0, 0, 1, 1, 1, 0 },
	{ C(cpus_scanned), 8, 0, 0, 0, 8, 8, 8, 0 },
	{ C(guest_reads), 0, 1, 0, 0, 0, 3, 0, 0 },
	{ C(page_gets), 1, 1, 12, 0, 12, 13, 12, 0 },
	{ C(page_puts), 0, 1, 12, 1, 12, 12, 13, 0 },
	{ C(frame_maps), 0, 1, 10, 0, 10, 10, 10, 0 },
	/* Those that one slice takes away are neighbours in one table, which is looked for once. */
	{ C(walks), 2, 1, 12, 0, 13, 15, 16, 0 },
	{ C(entries_written), 1, 0, 0, 1, 0, 1, 1, 0 },
	{ C(flushes), 0, 0, 0, 0, 1, 0, 1, 0 },
	{ C(bytes_allocated), 0, 0, 0, 0, 0, 0, 0, 0 },
	{ 0 },
};

static const struct counted pv[] = {
	{ C(arg_copies), 0, 0, 2, 0, 2, 2, 2, 0 },
	{ C(domain_lookups), 0, 0, 1, 0, 1, 1, 1, 0 },
	{ C(spin_locks), 0, 0, 1, 0, 2, 2, 3, 0 },
	{ C(pcpu_reads), 0, 0, 0, 0, 0, 1, 2, 0 },
	{ C(pcpu_writes), 0, 0, 0, 0, 0, 0, 0, 0 },
	{ C(guest_reads), 0, 1, 0, 0, 0, 3, 0, 0 },
	{ C(page_gets), 2, 1, 0, 1, 0, 2, 1, 0 },
	{ C(page_puts), 1, 1, 0, 2, 0, 1, 2, 0 },
	{ C(type_gets), 1, 0, 0, 0, 0, 1, 0, 0 },
	{ C(type_puts), 0, 0, 0, 1, 0, 0, 1, 0 },
	{ C(page_locks), 1, 0, 0, 1, 0, 1, 1, 0 },
	{ C(pte_lookups), 1, 0, 0, 0, 0, 1, 1, 0 },
	{ C(frame_maps), 1, 1, 0, 1, 0, 1, 1, 0 },
	{ C(walks), 0, 0, 0, 0, 0, 0, 0, 0 },
	{ C(entries_written), 1, 0, 0, 1, 0, 1, 1, 0 },
	{ C(flushes), 0, 0, 0, 0, 1, 0, 0, 1 },
	{ C(atomic_rmws), 6, 2, 1, 6, 3, 9, 10, 1 },
	{ C(barriers), 0, 0, 0, 0, 0, 1, 2, 0 },
	{ C(bytes_allocated), 0, 0, 0, 0, 0, 0, 0, 0 },
	{ 0 },
};

static struct hv_counters since(const struct v3 *t, const struct hv_counters *before)
{
	struct hv_counters d = *hv_vcpu_counters(t->f.mv);

	for (unsigned i = 0; i < HV_NR_COUNTERS; i++)
		((uint64_t *)&d)[i] -= ((const uint64_t *)before)[i];
	return d;
}

static int by_v3(struct v3 *t, struct hv_counters d[2])
{
	struct gnttab_v3_map *m = (struct gnttab_v3_map *)t->f.margs;
	struct gnttab_v3_unmap *u = (struct gnttab_v3_unmap *)(t->f.margs + 8192);
	struct hv_counters before = *hv_vcpu_counters(t->f.mv);
	int bad = 0;

	for (unsigned i = 0; i < N; i++)
		m[i] = v3_map_args(t, i, i, 1, V3_HOLE);
	hv_grant_table_op(t->f.mv, GNTTABOP_v3_map, m, N);
	d[0] = since(t, &before);
	for (unsigned i = 0; i < N; i++) {
		bad |= m[i].status;
		u[i] = (struct gnttab_v3_unmap){ .tree = t->tree,
						 .handle = m[i].handle,
						 .dom = m[i].dom };
	}
	before = *hv_vcpu_counters(t->f.mv);
	hv_grant_table_op(t->f.mv, GNTTABOP_v3_unmap, u, N);
	d[1] = since(t, &before);
	for (unsigned i = 0; i < N; i++)
		bad |= u[i].status;
	return bad;
}

static int by_v1(struct v3 *t, struct hv_counters d[2])
{
	struct hv_counters before = *hv_vcpu_counters(t->f.mv);
	int bad = 0;

	for (unsigned i = 0; i < N; i++)
		*fx_map_args(&t->f, i) =
			(struct gnttab_map_grant_ref){ .host_addr = hv_guest_map_addr(t->f.m, i),
						       .flags = GNTMAP_host_map,
						       .ref = 8 + i,
						       .dom = hv_domain_id(t->f.g) };
	hv_grant_table_op(t->f.mv, GNTTABOP_map_grant_ref, fx_map_args(&t->f, 0), N);
	d[0] = since(t, &before);
	for (unsigned i = 0; i < N; i++) {
		bad |= fx_map_args(&t->f, i)->status;
		*fx_unmap_args(&t->f, i) =
			(struct gnttab_unmap_grant_ref){ .host_addr =
								 fx_map_args(&t->f, i)->host_addr,
							 .handle = fx_map_args(&t->f, i)->handle };
	}
	before = *hv_vcpu_counters(t->f.mv);
	hv_grant_table_op(t->f.mv, GNTTABOP_unmap_grant_ref, fx_unmap_args(&t->f, 0), N);
	d[1] = since(t, &before);
	for (unsigned i = 0; i < N; i++)
		bad |= fx_unmap_args(&t->f, i)->status;
	return bad;
}

static void compare(const char *what, const struct counted *counted, unsigned levels,
		    const struct hv_counters *got, bool v1)
{
	for (const struct counted *c = counted; c->name; c++) {
		uint64_t map = N * (c->map_page + c->map_level * levels) + c->map_call,
			 unmap = N * c->unmap_page + c->unmap_call, m, u;

		if (v1) {
			map = N * c->v1_map;
			unmap = N * c->v1_unmap + c->v1_call;
		}
		memcpy(&m, (const char *)&got[0] + c->at, 8);
		memcpy(&u, (const char *)&got[1] + c->at, 8);
		ok(m == map && u == unmap,
		   "%s: %s: map %lu, should be %lu; unmap %lu, should be %lu", what, c->name,
		   (unsigned long)m, (unsigned long)map, (unsigned long)u, (unsigned long)unmap);
	}
}

static void test(enum hv_guest guest, const struct counted *counted, const char *kind)
{
	struct fx_opts o = { .host = { .nr_cpus = 8 },
			     .granter = { .guest = guest },
			     .mapper = { .guest = guest } };
	struct hv_counters d[2];
	char what[64];
	struct v3 t;

	if (!ok(!v3_set_up(&t, o, 1, 2), "%s: set up", kind))
		return;
	for (unsigned levels = 1; levels <= 4; levels++) {
		if (levels > 1)
			ok(!v3_grow(&t), "%s: %u levels", kind, levels);
		by_v3(&t, d);
		ok(!by_v3(&t, d), "%s: version 3, %u levels", kind, levels);
		snprintf(what, sizeof(what), "%s: version 3, %u levels", kind, levels);
		compare(what, counted, levels, d, false);
	}
	for (unsigned i = 0; i < N; i++)
		fx_grant(&t.f, 8 + i, i, false);
	by_v1(&t, d);
	ok(!by_v1(&t, d), "%s: version 1", kind);
	snprintf(what, sizeof(what), "%s: version 1", kind);
	compare(what, counted, 0, d, true);
	ok(!v3_close(&t), "%s: invariants", kind);
}

int main(void)
{
	test(HV_GUEST_TRANSLATED, translated, "translated");
	test(HV_GUEST_PV, pv, "PV");
	return tap_done();
}
