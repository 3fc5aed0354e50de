// SPDX-License-Identifier: GPL-2.0-only
/*
 * Version 3's protect, of large entries: as a whole, in part by what was paid for splitting, in part without, and back;
 * of a run of leaves and of one of 2M, as CPU and device see it.
 */
#include "v3_large.h"

#define WRITER (V3_HOLE | V3_LARGE | GNTV3_ACCEPT_READONLY)

static grant_v3_handle_t handle;

static bool open_2m(struct v3 *t, const char *what, enum hv_iommu_mode iommu, unsigned flags)
{
	struct fx_opts o = { .mapper = { .iommu = iommu } };

	o.host.audit = o.host.poison = true;
	return ok(!v3_open(t, o, 2, 4) && v3_map(t, 0, 0, 512, flags, &handle) == GNTST_okay &&
			  t->map.large == 1,
		  "%s, IOMMU %u: one entry of 2M", what, iommu);
}

/* Protect takes no memory: what came of it, with all invariants. */
static bool turn(struct v3 *t, uint64_t ref, uint64_t n, unsigned flags, unsigned pages,
		 unsigned outcomes)
{
	uint64_t bytes = hv_vcpu_counters(t->f.gv)->bytes_allocated;

	return v3_protect(t, ref, n, flags) == GNTST_okay &&
	       hv_vcpu_counters(t->f.gv)->bytes_allocated == bytes && t->prot.pages == pages &&
	       t->prot.outcomes == outcomes && !fx_check(&t->f, true);
}

static bool back(struct v3 *t, uint64_t ref, uint64_t n, unsigned pages, unsigned outcomes)
{
	return turn(t, ref, n, GNTV3_PROTECT_WRITE, pages, outcomes);
}

/* By CPU and device alike, wherever there is one. */
static bool can(struct v3 *t, unsigned slot, bool write)
{
	bool cpu = write ? !v3_poke(t, slot, 0, 1) : v3_peek(t, slot, 0) >= 0;

	if (t->f.m->iommu.mode != HV_IOMMU_NONE && (v3_device(t, slot, write) >= 0) != cpu)
		ok(0, "slot %u: CPU and device disagree", slot);
	return cpu;
}

static bool writes(struct v3 *t, unsigned slot)
{
	return can(t, slot, true);
}

static void test_whole(enum hv_iommu_mode iommu)
{
	struct v3 t;

	if (!open_2m(&t, "whole", iommu, WRITER))
		return;
	ok(writes(&t, 0) && writes(&t, 300) && writes(&t, 511), "whole: written");
	ok(turn(&t, 0, 512, 0, 512, 0) && v3_order(&t, 7) == 9 && !writes(&t, 0) &&
		   !writes(&t, 300) && !writes(&t, 511) && can(&t, 300, false),
	   "whole: read-only, by one entry");
	ok(turn(&t, 0, 512, 0, 0, 0), "whole: once");
	ok(back(&t, 0, 512, 512, 0) && v3_order(&t, 7) == 9 && writes(&t, 300), "whole: and back");
	ok(turn(&t, 0, 512, 0, 512, 0), "whole: once more");
	v3_grant(&t, 100, 100, GNTV3_READONLY);
	ok(back(&t, 0, 512, 0, GNTV3_GOT_KEPT) && !writes(&t, 99),
	   "whole: not where one leaf of the run is read-only");
	v3_grant(&t, 100, 101, 0);
	ok(back(&t, 0, 512, 0, GNTV3_GOT_KEPT) && !writes(&t, 99),
	   "whole: nor where one names another frame");
	v3_grant(&t, 100, 100, 0);
	ok(back(&t, 0, 512, 512, 0) && writes(&t, 99), "whole: where it is the same again");
	ok(turn(&t, 0, 512, 0, 512, 0) && v3_revoke(&t, 5, 1, 0) == GNTST_okay &&
		   t.rev.pages == 512 && t.rev.outcomes == (GNTV3_GOT_HOLE | GNTV3_GOT_MORE) &&
		   !can(&t, 5, false) && v3_refs(&t, 5) == 0,
	   "whole: read-only it is revoked like any other");
	ok(v3_unmap(&t, handle) == GNTST_okay && !v3_close(&t), "whole: invariants");
}

/* Nobody has paid for a split: all of it goes, and comes back only as a whole. */
static void test_more(enum hv_iommu_mode iommu)
{
	struct v3 t;

	if (!open_2m(&t, "more", iommu, WRITER))
		return;
	ok(writes(&t, 100) && writes(&t, 400), "more: written");
	ok(turn(&t, 100, 4, 0, 512, GNTV3_GOT_MORE) && v3_order(&t, 7) == 9 && !writes(&t, 100) &&
		   !writes(&t, 400),
	   "more: of four pages, and all lose it");
	ok(back(&t, 100, 4, 0, GNTV3_GOT_KEPT) && !writes(&t, 100), "more: four get nothing back");
	ok(back(&t, 0, 511, 0, GNTV3_GOT_KEPT) && back(&t, 1, 511, 0, GNTV3_GOT_KEPT),
	   "more: nor all but one");
	ok(back(&t, 0, 1024, 512, 0) && writes(&t, 100) && writes(&t, 400),
	   "more: by a range that is larger they all do");
	ok(turn(&t, 511, 1, 0, 512, GNTV3_GOT_MORE) && v3_unmap(&t, handle) == GNTST_okay &&
		   !t.unmap.revoked && v3_refs(&t, 100) == 0 && !v3_close(&t),
	   "more: unmapped read-only");
}

/* What was paid for: a part is a part, either way. */
static void test_parts(enum hv_iommu_mode iommu)
{
	struct v3 t;

	if (!open_2m(&t, "parts", iommu, WRITER | GNTV3_RESERVE))
		return;
	ok(writes(&t, 99) && writes(&t, 100), "parts: written");
	ok(turn(&t, 100, 4, 0, 4, 0) && v3_order(&t, 7) == 0 && !writes(&t, 100) &&
		   !writes(&t, 103) && can(&t, 100, false) && writes(&t, 99) && writes(&t, 104),
	   "parts: four pages of a split entry");
	ok(v3_leads(&t, 0, 0, 512), "parts: all lead where they did");
	ok(turn(&t, 0, 512, 0, 508, 0) && !writes(&t, 99), "parts: the rest");
	ok(back(&t, 102, 2, 2, 0) && writes(&t, 102) && !writes(&t, 101),
	   "parts: two of them back");
	ok(v3_revoke(&t, 101, 2, 0) == GNTST_okay && t.rev.pages == 2 &&
		   t.rev.outcomes == GNTV3_GOT_HOLE && !can(&t, 101, false) && writes(&t, 103) &&
		   !fx_check(&t.f, true),
	   "parts: revoked, one with the right and one without");
	ok(back(&t, 0, 512, 509, 0) && writes(&t, 0) && !can(&t, 102, false),
	   "parts: what is gone gets nothing");
	ok(v3_unmap(&t, handle) == GNTST_okay && t.unmap.revoked && v3_refs(&t, 100) == 0,
	   "parts: unmapped");
	ok(v3_map(&t, 0, 0, 512, WRITER | GNTV3_RESERVE, &handle) == GNTST_okay &&
		   t.map.large == 1 && turn(&t, 0, 512, 0, 512, 0) && v3_order(&t, 7) == 9 &&
		   back(&t, 100, 4, 4, 0) && v3_order(&t, 7) == 0 && writes(&t, 100) &&
		   !writes(&t, 104),
	   "parts: a part of what lost it as a whole");
	hv_domain_kill(t.f.m);
	ok(v3_refs(&t, 100) == 0 && !v3_close(&t), "parts: its mapper dies");
}

/* A sink in the place of a page that was read-only: its mapper's own, so it may write. */
static void test_sink(void)
{
	struct v3 t;

	if (!open_2m(&t, "sink", HV_IOMMU_STRICT,
		     V3_SINK | V3_LARGE | GNTV3_ACCEPT_READONLY | GNTV3_RESERVE))
		return;
	ok(turn(&t, 0, 512, 0, 512, 0) && v3_revoke(&t, 0, 8, 0) == GNTST_okay &&
		   t.rev.pages == 8 && t.rev.outcomes == GNTV3_GOT_SINK && writes(&t, 7) &&
		   !writes(&t, 8) && v3_refs(&t, 7) == 0 && v3_refs(&t, 8) == 1,
	   "sink: it is written, and the rest is read-only still");
	ok(!fx_check(&t.f, true) && v3_unmap(&t, handle) == GNTST_okay && !v3_close(&t),
	   "sink: invariants");
}

int main(void)
{
	static const enum hv_iommu_mode modes[] = { HV_IOMMU_NONE, HV_IOMMU_STRICT, HV_IOMMU_SHARED,
						    HV_IOMMU_BATCHED };

	for (unsigned i = 0; i < 4; i++) {
		test_whole(modes[i]);
		test_more(modes[i]);
		test_parts(modes[i]);
	}
	test_sink();
	return tap_done();
}
