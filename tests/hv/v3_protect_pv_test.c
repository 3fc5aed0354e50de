// SPDX-License-Identifier: GPL-2.0-only
/*
 * Version 3's protect, of PV mappers: entries that lose the right to write and get it back, with what they and their
 * devices hold; entries that were written over or moved; and what comes after it.
 */
#include "v3_pv.h"

#define WRITER (V3_RW | ANY | GNTV3_ACCEPT_READONLY)

static bool writes(struct v3 *t, unsigned slot)
{
	return !v3_poke(t, slot, 0, 1) && !v3_poke(t, slot, 1, 1);
}

/* Nobody can, by whatever was cached. */
static bool unwritten(struct v3 *t, unsigned slot, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (!v3_poke(t, slot + i, 0, 1) || !v3_poke(t, slot + i, 1, 1))
			return false;
	return true;
}

static bool is(struct v3 *t, unsigned pages, unsigned outcomes)
{
	return t->prot.pages == pages && t->prot.outcomes == outcomes && !fx_check(&t->f, true);
}

static void test_turns(enum hv_guest granter, enum hv_iommu_mode iommu)
{
	bool dev = iommu != HV_IOMMU_NONE, pv = granter == HV_GUEST_PV;
	struct hv_counters before;
	grant_v3_handle_t h;
	struct v3 t;

	if (!ok(open_pv(&t, granter, iommu, 0), "turns: set up, %s, IOMMU %d", kind(granter),
		iommu))
		return;
	/* Over the border of a page table. */
	ok(v3_map(&t, 16, 508, 8, WRITER, &h) == GNTST_okay, "turns: mapped");
	for (unsigned i = 0; i < 8; i++) {
		writes(&t, 508 + i);
		dma(&t, mfn_of(&t, 16 + i), true);
	}
	before = *hv_vcpu_counters(t.f.gv);
	ok(v3_protect(&t, 18, 4, 0) == GNTST_okay && is(&t, 4, 0), "turns: four of eight");
	ok(hv_vcpu_counters(t.f.gv)->flushes - before.flushes == 1 &&
		   hv_vcpu_counters(t.f.gv)->bytes_allocated == before.bytes_allocated,
	   "turns: one flush, no memory");
	ok(unwritten(&t, 510, 4) && v3_peek(&t, 511, 1) >= 0 && writes(&t, 509) && writes(&t, 514),
	   "turns: they are read, and their neighbours written");
	ok(dma(&t, mfn_of(&t, 18), false) == dev && !dma(&t, mfn_of(&t, 18), true) &&
		   dma(&t, mfn_of(&t, 17), true) == dev,
	   "turns: by devices, too");
	ok(holds(&t, 18, 1 + dev, 0) && holds(&t, 17, 1 + dev, pv ? 1 + dev : 0),
	   "turns: the references stay, and no type does");
	ok(v3_protect(&t, 16, 8, 0) == GNTST_okay && is(&t, 4, 0) &&
		   v3_protect(&t, 16, 8, 0) == GNTST_okay && is(&t, 0, 0),
	   "turns: the others, and each once");
	v3_grant(&t, 19, 19, GNTV3_READONLY);
	v3_grant(&t, 20, 21, 0);
	ok(v3_protect(&t, 16, 8, GNTV3_PROTECT_WRITE) == GNTST_okay && is(&t, 6, GNTV3_GOT_KEPT) &&
		   unwritten(&t, 511, 2) && writes(&t, 510) && writes(&t, 513),
	   "turns: back, where the same page is granted to be written");
	ok(dma(&t, mfn_of(&t, 18), true) == dev && !dma(&t, mfn_of(&t, 19), true) &&
		   holds(&t, 18, 1 + dev, pv ? 1 + dev : 0) && holds(&t, 19, 1 + dev, 0) &&
		   holds(&t, 21, 1 + dev, pv ? 1 + dev : 0),
	   "turns: and nothing more is held than before");
	ok(v3_unmap(&t, h) == GNTST_okay && !t.unmap.revoked && faults(&t, 508, 8) &&
		   holds(&t, 18, 0, 0) && holds(&t, 19, 0, 0),
	   "turns: its mapper unmaps it with the rights that it has now");
	ok(!v3_close(&t), "turns: invariants");
}

/* Who accepts no loss; and who could not write. */
static void test_consent(void)
{
	struct v3 t;

	if (!ok(open_pv(&t, HV_GUEST_PV, HV_IOMMU_STRICT, 0), "consent: set up"))
		return;
	v3_map(&t, 9, 0, 1, V3_RW | ANY, NULL);
	ok(v3_protect(&t, 9, 1, 0) == GNTST_okay && is(&t, 0, GNTV3_GOT_KEPT) && writes(&t, 0) &&
		   dma(&t, mfn_of(&t, 9), true),
	   "consent: not without it");
	v3_map(&t, 10, 1, 1, V3_RO | ANY | GNTV3_ACCEPT_READONLY, NULL);
	ok(v3_protect(&t, 10, 1, 0) == GNTST_okay && is(&t, 0, 0) &&
		   v3_protect(&t, 10, 1, GNTV3_PROTECT_WRITE) == GNTST_okay && is(&t, 0, 0) &&
		   unwritten(&t, 1, 1),
	   "consent: one that is read-only has nothing to lose, and gets nothing");
	ok(!v3_close(&t), "consent: invariants");
}

/* For its device alone: there is no entry. */
static void test_device(enum hv_guest granter)
{
	struct gnttab_v3_map m = { .ref = 9,
				   .count = 1,
				   .flags = GNTV3_MAP_DEVICE | GNTV3_ACCEPT_READONLY |
					    GNTV3_ACCEPT_HOLE };
	bool pv = granter == HV_GUEST_PV;
	struct v3 t;

	if (!ok(open_pv(&t, granter, HV_IOMMU_STRICT, 0), "device: set up, %s", kind(granter)))
		return;
	m.tree = t.tree;
	m.dom = hv_domain_id(t.f.g);
	ok(v3_op(t.f.mv, t.f.margs, GNTTABOP_v3_map, &m, sizeof(m), &m.status) == GNTST_okay &&
		   dma(&t, mfn_of(&t, 9), true) && holds(&t, 9, 1, pv),
	   "device: mapped for it alone");
	ok(v3_protect(&t, 9, 1, 0) == GNTST_okay && is(&t, 1, 0) && !dma(&t, mfn_of(&t, 9), true) &&
		   dma(&t, mfn_of(&t, 9), false) && holds(&t, 9, 1, 0),
	   "device: it reads, and does not write");
	ok(v3_protect(&t, 9, 1, GNTV3_PROTECT_WRITE) == GNTST_okay && is(&t, 1, 0) &&
		   dma(&t, mfn_of(&t, 9), true) && holds(&t, 9, 1, pv),
	   "device: and does again");
	ok(v3_protect(&t, 9, 1, 0) == GNTST_okay && v3_unmap(&t, m.handle) == GNTST_okay &&
		   holds(&t, 9, 0, 0) && !dma(&t, mfn_of(&t, 9), false) && !v3_close(&t),
	   "device: invariants when it is unmapped read-only");
}

/* What is not as it was made is left alone, and told of; each way. */
static void test_lost(enum hv_guest granter, enum hv_iommu_mode iommu)
{
	bool dev = iommu != HV_IOMMU_NONE;
	grant_v3_handle_t h;
	struct v3 t;
	uint32_t a;

	if (!ok(open_pv(&t, granter, iommu, 0), "lost: set up, %s, IOMMU %d", kind(granter), iommu))
		return;
	v3_map(&t, 16, 40, 4, WRITER, &h);
	ok(fx_map(&t.f, V1_REF, 41, GNTMAP_host_map, &a) == GNTST_okay &&
		   v3_protect(&t, 16, 4, 0) == GNTST_okay && is(&t, 3, GNTV3_GOT_KEPT) &&
		   v3_peek(&t, 41, 0) == 700 % 256 && writes(&t, 41),
	   "lost: what is over one of four entries keeps its right, and that is said");
	ok(dma(&t, mfn_of(&t, 17), true) == dev && !dma(&t, mfn_of(&t, 18), true),
	   "lost: the page itself keeps it, too, where a device has it");
	ok(v3_protect(&t, 16, 4, 0) == GNTST_okay && is(&t, 0, GNTV3_GOT_KEPT),
	   "lost: and it is said again");
	fx_map(&t.f, V1_REF + 1, 50, GNTMAP_host_map, &a);
	ok(replace(&t, a, 50, 42) == GNTST_okay && v3_peek(&t, 50, 0) >= 0 &&
		   v3_protect(&t, 18, 1, GNTV3_PROTECT_WRITE) == GNTST_okay &&
		   is(&t, 0, GNTV3_GOT_KEPT) && v3_poke(&t, 50, 0, 1),
	   "lost: one that was moved, read-only, does not get it back");
	ok(holds(&t, 18, 1 + dev, 0), "lost: and nothing is held for it");
	ok(v3_revoke(&t, 16, 4, 0) == GNTST_okay && t.rev.pages == 2 &&
		   t.rev.outcomes == (GNTV3_GOT_SINK | GNTV3_GOT_KEPT) && writes(&t, 40) &&
		   !fx_check(&t.f, true),
	   "lost: what is revoked is the sink then, with the right");
	ok(v3_unregister(&t) == GNTST_okay && !fx_check(&t.f, true), "lost: unregistered");
	hv_domain_kill(t.f.m);
	ok(!v3_close(&t), "lost: and all ends with its mapper");
}

/* A PV granter's page that nobody writes can be a page table; and what is one is written by nobody. */
static void test_types(void)
{
	struct hv_page *pg;
	struct v3 t;

	if (!ok(open_pv(&t, HV_GUEST_PV, HV_IOMMU_STRICT, 0), "types: set up"))
		return;
	pg = hv_page(t.f.host, mfn_of(&t, 9));
	v3_map(&t, 9, 0, 1, WRITER, NULL);
	ok(!hv_get_type(t.f.gv, pg, HV_PGT_L1), "types: no page table while it is written");
	ok(v3_protect(&t, 9, 1, 0) == GNTST_okay && hv_get_type(t.f.gv, pg, HV_PGT_L1),
	   "types: one when it is not");
	ok(v3_protect(&t, 9, 1, GNTV3_PROTECT_WRITE) == GNTST_okay && t.prot.pages == 0 &&
		   t.prot.outcomes == GNTV3_GOT_KEPT && unwritten(&t, 0, 1) &&
		   !dma(&t, mfn_of(&t, 9), true),
	   "types: nobody writes a page table");
	hv_put_type(t.f.gv, pg);
	ok(v3_protect(&t, 9, 1, GNTV3_PROTECT_WRITE) == GNTST_okay && is(&t, 1, 0) && writes(&t, 0),
	   "types: but when it is none any more");
	ok(v3_protect(&t, 9, 1, 0) == GNTST_okay, "types: and read-only again");
	hv_domain_kill(t.f.m);
	ok(holds(&t, 9, 0, 0) && !v3_close(&t), "types: invariants when its mapper dies");
}

int main(void)
{
	for (unsigned i = 0; i < 3; i++) {
		test_turns(HV_GUEST_PV, modes[i]);
		test_turns(HV_GUEST_TRANSLATED, modes[i]);
		test_lost(HV_GUEST_PV, modes[i]);
		test_lost(HV_GUEST_TRANSLATED, modes[i]);
	}
	test_consent();
	test_device(HV_GUEST_PV);
	test_device(HV_GUEST_TRANSLATED);
	test_types();
	return tap_done();
}
