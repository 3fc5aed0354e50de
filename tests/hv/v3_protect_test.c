// SPDX-License-Identifier: GPL-2.0-only
/*
 * GNTTABOP_v3_protect in hv: by CPU and device, of translated and PV granters, and what a slice costs.
 */
#include "v3.h"

#include "page.h"

#define WRITER (V3_HOLE | GNTV3_ACCEPT_READONLY)

static bool is(const struct v3 *t, uint32_t pages, uint16_t outcomes)
{
	return t->prot.status == GNTST_okay && t->prot.done == t->prot.count &&
	       t->prot.pages == pages && t->prot.outcomes == outcomes;
}

static bool device_writes(struct v3 *t, unsigned slot)
{
	uint8_t byte = 9;

	return !hv_device_access(t->f.m, hv_guest_map_addr(t->f.m, slot) >> HV_PAGE_SHIFT, 0, &byte,
				 1, true);
}

/* CPUs that have the right in their TLBs, and the device in the IOTLB. */
static void test_reach(enum hv_iommu_mode iommu, const char *name)
{
	struct fx_opts o = { .mapper = { .iommu = iommu, .vcpus = 2 } };
	bool dev = iommu != HV_IOMMU_NONE;
	grant_v3_handle_t h;
	struct v3 t;

	o.host.audit = true;
	if (!ok(!v3_open(&t, o, 2, 2), "%s: set up", name))
		return;
	ok(v3_map(&t, 8, 0, 4, WRITER, &h) == GNTST_okay, "%s: mapped", name);
	for (unsigned i = 0; i < 8; i++)
		v3_poke(&t, i / 2, i % 2, 9);
	ok(!dev || device_writes(&t, 2), "%s: a device writes", name);
	v3_protect(&t, 9, 2, 0);
	ok(is(&t, 2, 0), "%s: two of four pages are protected", name);
	ok(v3_poke(&t, 1, 0, 1) == -EFAULT && v3_poke(&t, 2, 1, 1) == -EFAULT &&
		   v3_peek(&t, 2, 0) == 9,
	   "%s: no vCPU writes there, and each reads", name);
	ok(!dev || !device_writes(&t, 2), "%s: nor does the device write", name);
	ok(!v3_poke(&t, 0, 0, 1) && !v3_poke(&t, 3, 1, 1), "%s: beside them they do", name);
	ok(!fx_check(&t.f, true), "%s: invariants", name);
	v3_protect(&t, 9, 1, GNTV3_PROTECT_WRITE);
	ok(is(&t, 1, 0) && !v3_poke(&t, 1, 0, 1) && v3_poke(&t, 2, 1, 1) == -EFAULT,
	   "%s: one can be written again", name);
	v3_grant(&t, 10, 10, GNTV3_READONLY);
	v3_protect(&t, 10, 1, GNTV3_PROTECT_WRITE);
	ok(is(&t, 0, GNTV3_GOT_KEPT) && v3_poke(&t, 2, 1, 1) == -EFAULT,
	   "%s: not one whose entry is read-only by now", name);
	ok(v3_revoke(&t, 8, 4, 0) == GNTST_okay && t.rev.pages == 4, "%s: all are revoked", name);
	ok(v3_unmap(&t, h) == GNTST_okay && !v3_close(&t), "%s: invariants again", name);
}

/* A page of a PV granter has a type as long as it is written, and may be anything when it is not. */
static void test_types(void)
{
	struct hv_page *pg;
	grant_v3_handle_t h;
	struct v3 t;

	if (!ok(!v3_open_pv(&t), "PV granter: set up"))
		return;
	pg = hv_page(t.f.host, hv_guest_frame(t.f.g, 9));
	ok(v3_map(&t, 8, 0, 4, WRITER, &h) == GNTST_okay && !fx_check(&t.f, true),
	   "PV granter: mapped");
	ok(!hv_get_type(t.f.gv, pg, HV_PGT_L1), "PV granter: what is written is no page table");
	v3_protect(&t, 9, 1, 0);
	ok(is(&t, 1, 0) && !fx_check(&t.f, true), "PV granter: protected");
	ok(hv_get_type(t.f.gv, pg, HV_PGT_L1), "PV granter: then it may become one");
	v3_protect(&t, 9, 1, GNTV3_PROTECT_WRITE);
	ok(is(&t, 0, GNTV3_GOT_KEPT) && v3_poke(&t, 1, 0, 1) == -EFAULT,
	   "PV granter: and while it is, nobody gets the right to write it");
	hv_put_type(t.f.gv, pg);
	v3_protect(&t, 9, 1, GNTV3_PROTECT_WRITE);
	ok(is(&t, 1, 0) && !v3_poke(&t, 1, 0, 1) && !fx_check(&t.f, true),
	   "PV granter: afterwards they do");
	v3_protect(&t, 9, 2, 0);
	ok(v3_unmap(&t, h) == GNTST_okay && !fx_check(&t.f, true),
	   "PV granter: unmapped, with two of four read-only");
	v3_map(&t, 8, 0, 4, WRITER, &h);
	v3_protect(&t, 9, 2, 0);
	hv_domain_kill(t.f.m);
	ok(!v3_close(&t), "PV granter: or the mapper died");
}

/* Work of the granter's hypercall: as many regions as one names, one flush each. */
static void test_work(void)
{
	static const unsigned pages[] = { 1, 64, 512 };
	const struct hv_counters *c;
	struct hv_counters before;
	struct v3 t;

	if (!ok(!v3_open(&t, (struct fx_opts){ .host = { .nr_cpus = 8 } }, 2, 2), "work: set up"))
		return;
	c = hv_vcpu_counters(t.f.gv);
	for (unsigned i = 0; i < 3; i++) {
		unsigned n = pages[i];
		grant_v3_handle_t h;

		v3_map(&t, 0, 0, n, WRITER, &h);
		before = *c;
		v3_protect(&t, 0, n, 0);
		ok(is(&t, n, 0) && c->entries_written - before.entries_written == n &&
			   c->flushes - before.flushes == 1 &&
			   c->spin_locks - before.spin_locks == 2 &&
			   c->pcpu_writes - before.pcpu_writes == 1 &&
			   c->page_gets - before.page_gets == 12 &&
			   c->page_puts - before.page_puts == 12 &&
			   c->guest_reads == before.guest_reads &&
			   c->bytes_allocated == before.bytes_allocated,
		   "work: %u pages lose the right: as many entries, one flush, the locks once, and no reference",
		   n);
		before = *c;
		v3_protect(&t, 0, n, 0);
		ok(is(&t, 0, 0) && c->entries_written == before.entries_written &&
			   c->flushes == before.flushes,
		   "work: again, and nothing is done");
		before = *c;
		v3_protect(&t, 0, n, GNTV3_PROTECT_WRITE);
		ok(is(&t, n, 0) && c->entries_written - before.entries_written == n &&
			   c->flushes == before.flushes &&
			   c->guest_reads - before.guest_reads == n + 1 &&
			   c->page_gets - before.page_gets == 12 + n + 2 &&
			   c->page_puts - before.page_puts == 12 + n + 2 &&
			   c->bytes_allocated == before.bytes_allocated,
		   "work: it comes back: a walk, and each page's entry read, and its frame looked up");
		v3_unmap(&t, h);
	}
	v3_map(&t, 500, 0, 24, WRITER, NULL);
	before = *c;
	v3_protect(&t, 0, GNTV3_MAX_REF, 0);
	ok(is(&t, 24, 0) && c->flushes - before.flushes == 2,
	   "work: two regions of all, two flushes");
	ok(!v3_close(&t), "work: invariants");
}

int main(void)
{
	test_reach(HV_IOMMU_NONE, "no IOMMU");
	test_reach(HV_IOMMU_STRICT, "strict");
	test_reach(HV_IOMMU_SHARED, "shared");
	test_reach(HV_IOMMU_BATCHED, "batched");
	test_types();
	test_work();
	return tap_done();
}
