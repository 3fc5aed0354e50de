// SPDX-License-Identifier: GPL-2.0-only
/* PV-IOMMU of 2016 (draft D): its rules, what emulators have of guests, and pages that guests give up meanwhile. */
#include <pthread.h>
#include <sched.h>

#include "bfns.h"

static struct bfn_op caps(struct fx *f)
{
	struct bfn_op op = { .subop_id = BFN_QUERY_CAPS };

	bf_one(f, 0, op);
	return *bf_ops(f, 0);
}

static void rules(void)
{
	struct bfn_op op = { .subop_id = 99 };
	uint64_t word;
	struct fx f;

	fx_open(&f, bf_opts(HV_DOM0_STRICT));
	ok(hv_bfn_op(f.gv, f.gargs, 1) == -ENOSYS, "for a hardware domain only: -ENOSYS");
	ok(hv_bfn_op(f.mv, f.margs, 0x80000000u) == -EINVAL && !hv_bfn_op(f.mv, f.margs, 0),
	   "less than none: -EINVAL");
	ok(caps(&f).flags == BFN_CAP_MAP, "strict: it can map");
	ok(bf_one(&f, 0, op) == -ENODEV, "no such operation: -ENODEV");
	ok(bf_own(&f, hv_guest_frame(f.m, 3), 5, BF_RW | 9 << BFN_ORDER_SHIFT) == -ENOSPC,
	   "an order: -ENOSPC");
	ok(bf_own(&f, hv_page_mfn(f.host, hv_page(f.host, f.g->first_mfn)), 5, BF_RW) == -EPERM &&
		   bf_own(&f, hv_guest_frame(f.m, 3), 5, BF_RW | BFN_NO_REF) == -EPERM,
	   "strict: what it owns, and holds");
	ok(!bf_own(&f, hv_guest_frame(f.m, 3), 5, BF_RW) &&
		   bf_own(&f, hv_guest_frame(f.m, 4), 5, BF_RW) == -EPERM,
	   "once: -EPERM");
	ok(!bf_dma(&f, 5, &word, false) && bf_dma(&f, 6, &word, false) == -EFAULT,
	   "its devices find it there");
	ok(bf_disown(&f, 6, 0) == -ENOENT && bf_unmap(&f, 5, 0) == -ENOENT &&
		   !bf_disown(&f, 5, 0) && bf_dma(&f, 5, &word, false) == -EFAULT,
	   "and no longer");
	bf_close(&f, "strict");
	fx_open(&f, bf_opts(HV_DOM0_RELAXED));
	ok(caps(&f).flags == (BFN_CAP_MAP | BFN_CAP_ALL_MFNS), "relaxed: anybody's");
	ok(!bf_own(&f, f.g->first_mfn + 7, 7, BF_RW) &&
		   bf_own(&f, hv_virt_to_mfn(f.host, fx_frame(&f, 0, false)), 8, BF_RW) == -EPERM &&
		   !bf_own(&f, hv_guest_frame(f.m, 4), 9, BF_RW | BFN_NO_REF),
	   "but the hypervisor's; held or not");
	*bf_word(&f, 7) = 0x77;
	ok(!bf_dma(&f, 7, &word, false) && word == 0x77, "and finds it");
	ok(!fx_check(&f, true) && !bf_disown(&f, 9, 0) && !bf_disown(&f, 7, BFN_NO_REF) &&
		   !fx_check(&f, true),
	   "whether it is held is not the unmap's to say");
	bf_close(&f, "relaxed");
	fx_open(&f, bf_opts(HV_DOM0_PASSTHROUGH));
	ok(!caps(&f).flags && bf_own(&f, hv_guest_frame(f.m, 3), 5, BF_RW) == -EPERM &&
		   bf_map(&f, 3, 5, 0, BF_RW) == -EPERM,
	   "passthrough: nothing is mapped");
	ok(bf_look(&f, 3, 0) == (int64_t)f.g->first_mfn + 3, "frames are bus frames");
	bf_close(&f, "passthrough");
}

static void foreign(void)
{
	struct hv_bfn_stats s;
	struct bfn_op op;
	uint64_t word;
	struct fx f;

	fx_open(&f, bf_opts(HV_DOM0_STRICT));
	*bf_word(&f, 3) = 0x33;
	ok(bf_look(&f, 3, 0) == -ENOENT, "strict: nothing is there before it is mapped: -ENOENT");
	op = bf_foreign(&f, 3, BF_AT, 0, BF_RW);
	op.u.map_foreign.domid = 15;
	ok(bf_one(&f, 0, op) == -ENXIO, "nobody: -ENXIO");
	op.u.map_foreign.domid = hv_domain_id(f.m);
	ok(bf_one(&f, 0, op) == -EPERM, "oneself, or a PV domain: -EPERM");
	op = bf_foreign(&f, 3, BF_AT, 0, BF_RW);
	op.u.map_foreign.gfn = 5000;
	ok(bf_one(&f, 0, op) == -ENXIO, "no such page: -ENXIO");
	fx_frame(&f, 0, false);
	op.u.map_foreign.gfn = HV_GFN_GRANT_BASE;
	ok(bf_one(&f, 0, op) == -EPERM, "the hypervisor's: -EPERM");
	ok(bf_map(&f, 3, BF_AT, 9, BF_RW) == -EPERM, "no such emulator: -EPERM");
	ok(!bf_map(&f, 3, BF_AT, 0, BF_RW) && !bf_map(&f, 3, BF_AT, 0, BF_RW),
	   "a page is mapped, and the same again is no error");
	ok(!bf_dma(&f, BF_AT, &word, false) && word == 0x33, "a device finds it");
	ok(bf_map(&f, 4, BF_AT, 0, BF_RW) == -EPERM, "another page at its place: -EPERM");
	ok(bf_look(&f, 3, 0) == BF_AT && bf_look(&f, 3, 1) == -ENOENT,
	   "it is found by its emulator");
	ok(!bf_map(&f, 3, BF_AT, 1, BF_RW) && bf_look(&f, 3, 1) == BF_AT,
	   "which may be a second one");
	hv_bfn_stats(f.m, &s);
	ok(s.held == 2 && !fx_check(&f, true), "each holds it");
	ok(bf_unmap(&f, BF_AT, 2) == -ENOENT && !bf_unmap(&f, BF_AT, 0) &&
		   !bf_dma(&f, BF_AT, &word, false) && bf_unmap(&f, BF_AT, 0) == -ENOENT,
	   "one lets go, once");
	ok(!bf_unmap(&f, BF_AT, 1) && bf_dma(&f, BF_AT, &word, false) == -EFAULT,
	   "and the other, and nothing is there");
	bf_close(&f, "foreign");
}

/* Frames are their own bus addresses. */
static void one_to_one(enum hv_iommu_mode iommu)
{
	struct fx_opts o = bf_opts(HV_DOM0_RELAXED);
	struct fx f;
	int64_t bfn;

	o.mapper.iommu = iommu;
	fx_open(&f, o);
	bfn = (int64_t)f.g->first_mfn + 3;
	ok(bf_look(&f, 3, 0) == bfn && bf_look(&f, 3, 0) == bfn && !fx_check(&f, true),
	   "a page is looked up by frame, and held once");
	ok(bf_give_up(&f, 3) == 1 && bf_told(&f, 0) == (uint64_t)bfn &&
		   bf_told(&f, 0) == HV_INVALID,
	   "when it is given up its emulator is told");
	ok(!f.host->frames[bfn].free && !bf_unmap(&f, (uint64_t)bfn, 0) && f.host->frames[bfn].free,
	   "and until it lets go it is nobody else's");
	if (iommu == HV_IOMMU_NONE)
		ok(bf_map(&f, 4, BF_AT, 0, BF_RW) == -EPERM, "nothing is mapped: -EPERM");
	else
		ok(!bf_map(&f, 4, BF_AT, 0, BF_RW) && bf_look(&f, 5, 0) == -ENOENT,
		   "who maps itself has its own addresses from then on");
	bf_close(&f, "1:1");
}

/* Given up while it is mapped: held until everybody has let go. */
static void held(void)
{
	struct hv_bfn_stats s;
	uint64_t word, mfn;
	struct fx f;

	fx_open(&f, bf_opts(HV_DOM0_STRICT));
	mfn = f.g->first_mfn + 3;
	*bf_word(&f, 3) = 0x33;
	bf_map(&f, 3, BF_AT, 0, BF_RW | BFN_SWAP);
	bf_map(&f, 3, BF_AT + 1, 1, BF_RW);
	ok(!bf_dma(&f, BF_AT, &word, false) && bf_give_up(&f, 3) == 1 && bf_told(&f, 0) == BF_AT &&
		   bf_told(&f, 1) == BF_AT + 1,
	   "both emulators are told, each of its place");
	ok(!bf_dma(&f, BF_AT, &word, false) && word == 0x33 && !f.host->frames[mfn].free,
	   "and no device faults: one has not agreed to a scratch page");
	ok(bf_map(&f, 3, BF_AT + 2, 0, BF_RW) == -ENXIO, "it is mapped no more");
	ok(!bf_unmap(&f, BF_AT, 0) && !f.host->frames[mfn].free && !bf_unmap(&f, BF_AT + 1, 1) &&
		   f.host->frames[mfn].free && !hv_host_violation(f.host),
	   "the frame is free when the last has let go");
	hv_bfn_stats(f.m, &s);
	ok(s.buffered == 2 && !s.swapped && !s.waited, "and all was counted");
	bf_close(&f, "held");
}

static void swapped(void)
{
	struct hv_bfn_stats s;
	uint64_t word = 0, mfn;
	struct fx f;

	fx_open(&f, bf_opts(HV_DOM0_STRICT));
	mfn = f.g->first_mfn + 3;
	*bf_word(&f, 3) = 0x33;
	bf_map(&f, 3, BF_AT, 0, BF_RW | BFN_SWAP);
	bf_map(&f, 3, BF_AT + 1, 1, BF_RW | BFN_SWAP);
	ok(!bf_dma(&f, BF_AT, &word, false) && bf_give_up(&f, 3) == 1 && f.host->frames[mfn].free &&
		   !hv_host_violation(f.host),
	   "all agreed: the frame is free at once");
	ok(!bf_dma(&f, BF_AT, &word, false) && !word && !bf_dma(&f, BF_AT + 1, &word, true),
	   "and devices reach a scratch page");
	ok(bf_told(&f, 0) == BF_AT, "which they are told all the same");
	ok(bf_map(&f, 4, BF_AT, 0, BF_RW) == -EPERM && bf_unmap(&f, BF_AT, 0) == -ENOENT &&
		   !bf_map(&f, 4, BF_AT, 0, BF_RW),
	   "a late unmap is -ENOENT, and the place is free");
	hv_bfn_stats(f.m, &s);
	ok(s.swapped == 2 && s.held == 1, "and all was counted");
	bf_close(&f, "swapped");
}

static struct fx g;

static void *give_up_ten(void *arg)
{
	unsigned *done = arg;

	for (unsigned i = 0; i < HV_BUFFERED + 2; i++) {
		bf_give_up(&g, i);
		__atomic_store_n(done, i + 1, __ATOMIC_RELEASE);
	}
	return NULL;
}

/* A ring that is full is waited for. */
static void synchronous(void)
{
	struct hv_bfn_stats s = { 0 };
	unsigned done = 0, told = 0;
	pthread_t t;

	fx_open(&g, bf_opts(HV_DOM0_STRICT));
	for (unsigned i = 0; i < HV_BUFFERED + 2; i++)
		bf_map(&g, i, BF_AT + i, 3, BF_RW);
	pthread_create(&t, NULL, give_up_ten, &done);
	while (!__atomic_load_n(&g.m->bfn.stats.waited, __ATOMIC_RELAXED))
		sched_yield();
	ok(__atomic_load_n(&done, __ATOMIC_ACQUIRE) == HV_BUFFERED,
	   "as many as the ring has room for, and the next is waited for");
	for (uint64_t bfn; told < HV_BUFFERED + 2;) {
		if (hv_ioserver_take(g.mv, 3, &bfn))
			told += bfn == BF_AT + told;
		else
			sched_yield();
	}
	pthread_join(t, NULL);
	hv_bfn_stats(g.m, &s);
	ok(told == HV_BUFFERED + 2 && s.waited >= 1, "and all are told in their order");
	for (unsigned i = 0; i < HV_BUFFERED + 2; i++)
		bf_unmap(&g, BF_AT + i, 3);
	bf_close(&g, "synchronous");
}

/* One invalidation for an array. */
static void batch(void)
{
	const struct hv_counters *c;
	uint64_t before, word;
	struct fx f;
	unsigned bad = 0;

	fx_open(&f, bf_opts(HV_DOM0_STRICT));
	c = hv_vcpu_counters(f.mv);
	for (unsigned i = 0; i < 40; i++)
		bf_ops(&f, 0)[i] = bf_foreign(&f, i, BF_AT + i, 0, BF_RW);
	ok(!hv_bfn_op(f.mv, bf_ops(&f, 0), 40), "an array of 40");
	for (unsigned i = 0; i < 40; i++)
		bad += bf_ops(&f, 0)[i].status != 0 || bf_dma(&f, BF_AT + i, &word, false);
	for (unsigned i = 0; i < 40; i++)
		bad += bf_give_up(&f, i) != 1 || bf_told(&f, 0) != BF_AT + i;
	for (unsigned i = 0; i < 40; i++)
		bf_ops(&f, 0)[i] = bf_unmapping(BF_AT + i, i == 7);
	before = c->iotlb_invs;
	ok(!hv_bfn_op(f.mv, bf_ops(&f, 0), 40) && c->iotlb_invs - before == 1,
	   "one invalidation for all of it");
	for (unsigned i = 0; i < 40; i++)
		bad += bf_ops(&f, 0)[i].status != (i == 7 ? -ENOENT : 0);
	ok(!bad && !hv_host_violation(f.host), "each with a status, and references after it");
	bf_close(&f, "batch");
}

static void ends(void)
{
	uint64_t word;
	struct fx f;

	fx_open(&f, bf_opts(HV_DOM0_STRICT));
	for (unsigned i = 0; i < 20; i++)
		bf_map(&f, i, BF_AT + i, i % 3, i % 2 ? BF_RW : BF_RW | BFN_SWAP);
	bf_own(&f, hv_guest_frame(f.m, 3), 5, BF_RW);
	hv_domain_kill(f.g);
	ok(!bf_dma(&f, BF_AT + 1, &word, false) && bf_told(&f, 1) == BF_AT + 1 &&
		   !fx_check(&f, true),
	   "a guest ends, and what emulators have of it stays until they let go");
	ok(!bf_dma(&f, BF_AT, &word, false) && !word, "or is a scratch page");
	bf_close(&f, "a guest's end");
	fx_open(&f, bf_opts(HV_DOM0_STRICT));
	for (unsigned i = 0; i < 20; i++)
		bf_map(&f, i, BF_AT + i, i % 3, BF_RW);
	bf_own(&f, hv_guest_frame(f.m, 3), 5, BF_RW);
	bf_give_up(&f, 3);
	hv_domain_kill(f.m);
	ok(f.host->frames[f.g->first_mfn + 3].free && !hv_host_violation(f.host),
	   "an emulator's domain ends, and all is let go");
	bf_close(&f, "an emulator's end");
}

static void no_memory(void)
{
	struct fx f;
	unsigned failed = 0;

	fx_open(&f, bf_opts(HV_DOM0_STRICT));
	for (unsigned n = 1; n < 9; n++) {
		hv_host_fail_alloc(f.host, n);
		failed += bf_map(&f, n, BF_AT + ((uint64_t)n << 27), 0, BF_RW) != 0;
		failed += fx_check(&f, true) ? 100 : 0;
	}
	hv_host_fail_alloc(f.host, 0);
	ok(failed >= 3 && failed < 9, "where there is no memory nothing is mapped");
	bf_close(&f, "no memory");
}

int main(void)
{
	rules();
	foreign();
	one_to_one(HV_IOMMU_NONE);
	one_to_one(HV_IOMMU_STRICT);
	held();
	swapped();
	synchronous();
	batch();
	ends();
	no_memory();
	return tap_done();
}
