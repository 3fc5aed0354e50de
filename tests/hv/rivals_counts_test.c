// SPDX-License-Identifier: GPL-2.0-only
/*
 * Work of v1-range and v1-super for 1, 64 and 512 pages, beside version 1's: what is once a page stays so (entry, flags,
 * pin, reference), what need not be is once a request or once a hypercall. Translated guests, no IOMMU, everything warm.
 * A copy of arguments costs 6 look-ups; version 1 makes two for each page, a range two for the hypercall.
 */
#include "rivals.h"

static struct rv t;

#define LOOKUPS 6u
#define COPIES	2u

struct counted {
	const char *name;
	size_t at;
	/* For each page, for each entry of the p2m, and for the request; of map and of unmap. */
	unsigned map_page, map_entry, map_call, unmap_page, unmap_entry, unmap_call;
};

#define C(name) #name, offsetof(struct hv_counters, name)

/* The granter's RAM is one run: it is looked up once. */
static const struct counted counted[] = {
	{ C(arg_copies), 0, 0, COPIES, 0, 0, COPIES },
	{ C(domain_lookups), 0, 0, 1, 0, 0, 2 },
	/* Entries; record got and published; taken and put, and the flush. */
	{ C(spin_locks), 1, 0, 2, 1, 0, 3 },
	/* The granter's table, and its p2m. */
	{ C(pcpu_reads), 0, 0, COPIES *LOOKUPS + 2, 0, 0, COPIES *LOOKUPS + 1 },
	{ C(pcpu_writes), 0, 0, 1, 0, 0, 1 },
	{ C(p2m_lookups), 0, 0, COPIES *LOOKUPS + 1, 0, 0, COPIES *LOOKUPS },
	{ C(guest_reads), 3, 0, 0, 0, 0, 0 },
	{ C(guest_cmpxchgs), 1, 0, 0, 0, 0, 0 },
	{ C(status_sets), 1, 0, 0, 0, 0, 0 },
	{ C(status_clears), 0, 0, 0, 1, 0, 0 },
	{ C(page_gets), 1, 0, COPIES *LOOKUPS, 0, 0, COPIES *LOOKUPS },
	{ C(page_puts), 0, 0, COPIES *LOOKUPS, 1, 0, COPIES *LOOKUPS },
	/* The table of all entries is looked for once, and a large entry looked for before it is set. */
	{ C(walks), 0, 0, COPIES *LOOKUPS + 2, 0, 0, COPIES *LOOKUPS + 1 },
	{ C(entries_written), 0, 1, 0, 0, 1, 0 },
	{ C(flushes), 0, 0, 0, 0, 0, 1 },
	{ C(maptrack_gets), 0, 0, 0, 0, 0, 0 },
	{ C(bytes_allocated), 0, 0, 0, 0, 0, 0 },
};

static uint64_t value(const struct hv_counters *d, const struct counted *c)
{
	return *(const uint64_t *)((const char *)d + c->at);
}

static bool one_round(unsigned n, unsigned flags, struct hv_counters d[2])
{
	struct hv_counters before = *hv_vcpu_counters(t.f.mv);
	uint32_t handle;
	bool good = rv_map(&t, RV_REF, 0, n, flags, &handle) == GNTST_okay;

	d[0] = rv_since(&t, &before);
	before = *hv_vcpu_counters(t.f.mv);
	good &= rv_unmap(&t, handle) == GNTST_okay;
	d[1] = rv_since(&t, &before);
	return good;
}

static void ranges(unsigned n, unsigned flags)
{
	unsigned entries = n == 512 && flags ? 1 : n;
	struct hv_counters d[2];
	bool good = true;

	for (unsigned i = 0; i < 3; i++)
		good &= one_round(n, flags, d);
	ok(good && !fx_check(&t.f, true), "%u pages by %u entries", n, entries);
	for (unsigned i = 0; i < sizeof(counted) / sizeof(counted[0]); i++) {
		const struct counted *c = &counted[i];
		unsigned set = entries < n && !strcmp(c->name, "walks");
		uint64_t map = (uint64_t)c->map_page * n + c->map_entry * entries + c->map_call +
			       set,
			 unmap = (uint64_t)c->unmap_page * n + c->unmap_entry * entries +
				 c->unmap_call + set;

		ok(value(&d[0], c) == map && value(&d[1], c) == unmap,
		   "%u pages by %u entries, %s: %lu and %lu (are %lu and %lu)", n, entries, c->name,
		   (unsigned long)map, (unsigned long)unmap, (unsigned long)value(&d[0], c),
		   (unsigned long)value(&d[1], c));
	}
}

/* Many requests in one hypercall: one flush, and the arguments in blocks. */
static void blocks(void)
{
	struct gnttab_range_map *m = (struct gnttab_range_map *)(t.f.margs + 8192);
	struct gnttab_range_unmap *u = (struct gnttab_range_unmap *)(t.f.margs + 4 * 8192);
	struct hv_counters before = *hv_vcpu_counters(t.f.mv), d;
	bool good = true;

	for (unsigned i = 0; i < 64; i++)
		m[i] = rv_args(&t, RV_REF + i, i, 1, 0);
	good &= !hv_grant_table_op(t.f.mv, GNTTABOP_range_map, m, 64);
	d = rv_since(&t, &before);
	ok(d.arg_copies == 4, "64 requests are copied by %lu copies", (unsigned long)d.arg_copies);
	for (unsigned i = 0; i < 64; i++) {
		good &= m[i].status == GNTST_okay;
		u[i] = (struct gnttab_range_unmap){ .handle = m[i].handle };
	}
	before = *hv_vcpu_counters(t.f.mv);
	good &= !hv_grant_table_op(t.f.mv, GNTTABOP_range_unmap, u, 64);
	d = rv_since(&t, &before);
	ok(good && d.flushes == 1 && d.arg_copies == 4, "and taken away with %lu flush",
	   (unsigned long)d.flushes);
}

int main(void)
{
	static const unsigned n[] = { 1, 64, 512 };
	struct fx_opts o = { .granter = { .guest = HV_GUEST_TRANSLATED },
			     .mapper = { .guest = HV_GUEST_TRANSLATED } };

	if (!ok(!rv_open(&t, o), "set up"))
		return tap_done();
	for (unsigned i = 0; i < 3; i++)
		ranges(n[i], 0);
	ranges(512, GNTRANGE_ACCEPT_2M);
	blocks();
	fx_close(&t.f);
	return tap_done();
}
