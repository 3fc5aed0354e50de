// SPDX-License-Identifier: GPL-2.0-only
/* Looks for the deliberate defects of PV-IOMMU, for tests/hv/mutant_probe.c. */
#include "bfns.h"
#include "mutant_probe.h"
#include "pv_contexts.h"

#define draw hv_probe_draw

static struct fx f;
static unsigned ctx;

static enum hv_guest any_guest(void)
{
	return draw(2) ? HV_GUEST_PV : HV_GUEST_TRANSLATED;
}

/* A guest with a context, and its device 1 there. */
static void open_with(struct fx_opts o)
{
	o.host.seed = 1 + draw(1000);
	ctx = (unsigned)pi_open(&f, o);
	want(ctx == 1);
}

/* One call each, looked at before there is another: a lock that is given back too often stops the next one. */
static void one_call(void)
{
	open_with(pi_opts(any_guest()));
	hv_probe_kept(&f);
	want(!pi_map(&f, ctx, draw(100), PI_DFN, 1 + draw(20), PI_RW, NULL));
	hv_probe_kept(&f);
	want(pi_attach(&f, 2, 9) == -ENOENT);
	hv_probe_kept(&f);
	want(pi_attach(&f, 2, 1) == 0);
	hv_probe_close(&f);
}

/* Frames of others, and page tables; nothing is left of what was refused. */
static void frames(void)
{
	struct fx_opts o = pi_opts(HV_GUEST_PV);
	struct pv_iommu_map op;

	o.granter.map_slots = 8;
	open_with(o);
	op = pi_mapping(&f, ctx, 0, PI_DFN, 1, PI_RW);
	op.gfn = hv_guest_frame(f.m, draw(100));
	want(pi_op(f.gv, PV_IOMMU_MAP_PAGES, &op, sizeof(op)) == -EPERM);
	hv_probe_sane(&f);
	op.gfn = hv_guest_map_pte(f.g, 0) >> 12;
	want(pi_op(f.gv, PV_IOMMU_MAP_PAGES, &op, sizeof(op)) == -EPERM);
	hv_probe_close(&f);
	open_with(pi_opts(HV_GUEST_TRANSLATED));
	/* A frame of its grant table is the hypervisor's. */
	want(fx_frame(&f, 0, false));
	op = pi_mapping(&f, ctx, 0, PI_DFN, 1, PI_RW);
	op.gfn = HV_GFN_GRANT_BASE;
	want(pi_op(f.gv, PV_IOMMU_MAP_PAGES, &op, sizeof(op)) == -EPERM);
	hv_probe_close(&f);
}

/* A page that was given up while it was mapped, and read. */
static void released(void)
{
	unsigned page = draw(100);
	uint64_t word;

	open_with(pi_opts(any_guest()));
	want(!pi_map(&f, ctx, page, PI_DFN, 2, PI_RW, NULL));
	want(!pi_read(&f, 1, PI_DFN, &word) && pi_give_up(&f, page) == 1);
	want(!pi_read(&f, 1, PI_DFN, &word));
	want(!pi_unmap(&f, ctx, PI_DFN, 2, NULL) && pi_read(&f, 1, PI_DFN, &word) == -EFAULT);
	hv_probe_kept(&f);
	want(!pi_map(&f, ctx, page + 1, PI_DFN, 1, PI_RW, NULL) &&
	     pi_map(&f, ctx, page + 2, PI_DFN, 1, PI_RW, NULL) == -EADDRINUSE);
	hv_probe_close(&f);
}

static void reserved(void)
{
	uint64_t dfn = 100 + draw(100);

	want(!fx_open(&f, pi_opts(HV_GUEST_TRANSLATED)));
	want(!hv_domain_reserve_dfns(f.g, dfn, 4) && !pi_init(&f, 4, 8) && pi_alloc(&f) == 1);
	want(pi_map(&f, 1, 0, dfn - 2, 4, PI_RW, NULL) == -EADDRNOTAVAIL);
	want(pi_unmap(&f, 1, dfn + draw(4), 1, NULL) == -EADDRNOTAVAIL);
	hv_probe_close(&f);
}

/* Numbers, and what was not done. */
static void numbers(void)
{
	want(!fx_open(&f, pi_opts(any_guest())));
	hv_host_fail_alloc(f.host, 1);
	want(pi_init(&f, 4, 3) == -ENOMEM && !pi_init(&f, 4, 3));
	hv_host_fail_alloc(f.host, 1 + draw(2));
	want(pi_alloc(&f) == -ENOMEM && pi_alloc(&f) == 1);
	hv_probe_sane(&f);
	for (unsigned i = 0; i < 3; i++)
		pi_map(&f, 1, i, (uint64_t)i << 27, 1, PI_RW, NULL);
	want(pi_map(&f, 1, 9, 5ull << 27, 1, PI_RW, NULL) == -ENOMEM);
	want(pi_attach(&f, 1, 1) == 0 && !pi_attach(&f, 2, 1) && !pi_attach(&f, 3, 1));
	want(!pi_free(&f, 1, PV_IOMMU_FREE_REATTACH));
	want(hv_iommu_op(f.gv, PV_IOMMU_ALLOC_NESTED, f.gargs) == -EOPNOTSUPP);
	hv_probe_close(&f);
}

static void remote(void)
{
	struct fx_opts o = pi_opts(HV_GUEST_TRANSLATED);
	struct pv_iommu_map op;
	uint64_t done = 0;
	struct pv_iommu_free *fr;
	uint64_t at;

	o.host.preempt_every = 1;
	open_with(o);
	at = hv_vcpu_counters(f.gv)->continuations;
	want(!pi_map(&f, ctx, 0, PI_DFN, 513 + draw(200), PI_RW, NULL));
	want(hv_vcpu_counters(f.gv)->continuations - at == 2);
	op = pi_mapping(&f, ctx, 0, PI_DFN + 4096, 300 + draw(200), PI_RW);
	want(!pi_remote(&f, f.mv, hv_domain_id(f.g), PV_IOMMU_MAP_PAGES, &op, sizeof(op)));
	want(pi_remote(&f, f.gv, hv_domain_id(f.m), PV_IOMMU_NOOP, &op, sizeof(op)) == -EPERM);
	/* A context that is going. */
	want(!pi_attach(&f, 1, 0));
	fr = (struct pv_iommu_free *)(f.gargs + 4096);
	*fr = (struct pv_iommu_free){ .ctx_no = (uint16_t)ctx };
	want(hv_iommu_op_step(f.gv, PV_IOMMU_FREE_CONTEXT, fr, &done) == -HV_ERESTART);
	want(pi_map(&f, ctx, 0, 1, 1, PI_RW, NULL) == -EINVAL && pi_attach(&f, 1, ctx) == -EINVAL);
	while (hv_iommu_op_step(f.gv, PV_IOMMU_FREE_CONTEXT, fr, &done) == -HV_ERESTART)
		;
	hv_probe_close(&f);
}

/* All contexts go with their domain, the last one too. */
static void ends(void)
{
	unsigned id;

	want(!fx_open(&f, pi_opts(any_guest())));
	want(!pi_init(&f, 3, 8) && pi_alloc(&f) == 1 && pi_alloc(&f) == 2 && pi_alloc(&f) == 3);
	want(!pi_map(&f, 1 + draw(3), 0, PI_DFN, 5, PI_RW, NULL));
	want(!pi_map(&f, 3, 9, PI_DFN + 9, 5, PI_RW, NULL));
	id = hv_domain_id(f.g);
	hv_domain_kill(f.g);
	want(!f.host->domain[id]);
	hv_probe_close(&f);
}

/* ---- 2016 ---- */

/* Given up while emulators have it: told, and held, or if all agreed swapped. */
static void emulators(void)
{
	unsigned page = draw(100);
	uint64_t word;

	want(!fx_open(&f, bf_opts(HV_DOM0_STRICT)));
	want(!bf_map(&f, page, BF_AT, 0, BF_RW | BFN_SWAP) &&
	     !bf_map(&f, page, BF_AT + 1, 1, BF_RW));
	want(bf_map(&f, page + 1, BF_AT, 0, BF_RW) == -EPERM);
	hv_probe_sane(&f);
	want(!bf_dma(&f, BF_AT, &word, false) && bf_give_up(&f, page) == 1);
	want(bf_told(&f, 0) == BF_AT && bf_told(&f, 1) == BF_AT + 1);
	want(!f.host->frames[f.g->first_mfn + page].free);
	want(bf_unmap(&f, BF_AT + 2, 0) == -ENOENT && bf_unmap(&f, BF_AT, 2) == -ENOENT);
	want(!bf_unmap(&f, BF_AT, 0) && !bf_unmap(&f, BF_AT + 1, 1));
	hv_probe_kept(&f);
	want(f.host->frames[f.g->first_mfn + page].free);
	hv_probe_close(&f);
}

static void relaxed(void)
{
	want(!fx_open(&f, bf_opts(HV_DOM0_RELAXED)));
	want(!bf_own(&f, hv_guest_frame(f.m, draw(100)), 5, BF_RW));
	want(!bf_own(&f, hv_guest_frame(f.m, draw(100)), 6, BF_RW | BFN_NO_REF));
	want(!bf_disown(&f, 5, BFN_NO_REF) && !bf_disown(&f, 6, 0));
	hv_probe_close(&f);
}

/* What was given up is held until the one invalidation of an array. */
static void array(void)
{
	uint64_t word;

	want(!fx_open(&f, bf_opts(HV_DOM0_STRICT)));
	for (unsigned i = 0; i < 5; i++) {
		want(!bf_map(&f, i, BF_AT + i, 0, BF_RW) && !bf_dma(&f, BF_AT + i, &word, false));
		want(bf_give_up(&f, i) == 1 && bf_told(&f, 0) == BF_AT + i);
	}
	for (unsigned i = 0; i < 5; i++)
		bf_ops(&f, 0)[i] = bf_unmapping(BF_AT + i, 0);
	want(!hv_bfn_op(f.mv, bf_ops(&f, 0), 5));
	hv_probe_close(&f);
}

void hv_probe_pviommu(void)
{
	one_call();
	emulators();
	relaxed();
	array();
	frames();
	released();
	reserved();
	numbers();
	remote();
	ends();
}
