// SPDX-License-Identifier: GPL-2.0-only
/* Looks for the deliberate defects of version 1 with revoke, for tests/hv/mutant_probe.c. */
#include "v1_revoke.h"

#include <pthread.h>
#include <sched.h>

#include "back.h"
#include "mutant_probe.h"
#include "page.h"

#define draw hv_probe_draw

static struct fx f;

static void open_with(enum hv_guest m, enum hv_iommu_mode iommu)
{
	struct fx_opts o = v1r_opts(draw(2), m, iommu);

	o.version = 1 + draw(2);
	o.host.seed = 1 + draw(1000);
	o.mapper.flush = HV_FLUSH_PER_HYPERCALL;
	want(!fx_open(&f, o));
	fx_grant(&f, 9, 3, false);
}

static void end(void)
{
	hv_probe_sane(&f);
	hv_domain_kill(f.m);
	hv_probe_kept(&f);
	fx_close(&f);
}

/* Mapped, touched, given up by the granter, and taken away: the frame goes at once, and nothing leads there. */
static void goes(enum hv_guest m, enum hv_iommu_mode iommu)
{
	bool dev = iommu != HV_IOMMU_NONE;
	uint64_t dfn;
	uint32_t h;

	open_with(m, iommu);
	want(!fx_map(&f, 9, 1, V1R_HOLE, &h));
	dfn = v1r_dfn(&f, 1);
	want(v1r_reach(&f, 1, dfn, dev, true) && v1r_give_up(&f, 3) == 1);
	want(v1r_take_back(&f, 9, 1).pages == 1 && v1r_reach(&f, 1, dfn, dev, false));
	hv_probe_kept(&f);
	want(!fx_unmap(&f, h, 1, 0));
	end();
}

/* Of the list's handles some are unmapped; and of an entry that ends nothing more is mapped. */
static void lists(enum hv_guest m)
{
	uint32_t h[3], more;
	unsigned gone;

	open_with(m, HV_IOMMU_NONE);
	for (unsigned i = 0; i < 3; i++)
		want(!fx_map(&f, 9, i, V1R_HOLE, &h[i]));
	gone = draw(3);
	want(!fx_unmap(&f, h[gone], gone, 0));
	hv_probe_sane(&f);
	v1r_end(&f, 9);
	want(fx_map(&f, 9, 5, V1R_HOLE, &more) == GNTST_general_error);
	want(v1r_take_back(&f, 9, 1).outcomes == GNTV1_GOT_HOLE);
	end();
}

/* Where a sink was there is a hole then. */
static void sink(void)
{
	uint32_t h;

	open_with(HV_GUEST_TRANSLATED, HV_IOMMU_NONE);
	want(!fx_map(&f, 9, 1, V1R_SINK, &h) && v1r_take_back(&f, 9, 1).pages == 1);
	want(v1r_reach(&f, 1, 0, false, true) && !fx_unmap(&f, h, 1, 0));
	want(v1r_reach(&f, 1, 0, false, false));
	end();
}

/* ---- two at once ---- */

static struct {
	pthread_t thread;
	struct gnttab_v1_revoke r;
	bool done;
} revoker;

static void *revoke_9(void *arg)
{
	(void)arg;
	revoker.r = v1r_take_back(&f, 9, 1);
	__atomic_store_n(&revoker.done, true, __ATOMIC_RELEASE);
	return NULL;
}

/* It begins, and has time enough to be through if nothing holds it up. */
static bool revoke_now(void)
{
	revoker.done = false;
	pthread_create(&revoker.thread, NULL, revoke_9, NULL);
	for (unsigned i = 0; i < 20000 && !__atomic_load_n(&revoker.done, __ATOMIC_ACQUIRE); i++)
		sched_yield();
	return __atomic_load_n(&revoker.done, __ATOMIC_ACQUIRE);
}

static void *unmap_1(void *handle)
{
	fx_unmap(&f, *(uint32_t *)handle, 1, 0);
	return NULL;
}

static void *map_1(void *handle)
{
	fx_map(&f, 9, 1, V1R_HOLE, handle);
	return NULL;
}

/* An unmap has to wait with its flush for an access that goes on: so has a revoke. */
static void unmap_against_revoke(enum hv_guest m)
{
	struct hv_vcpu *v;
	pthread_t thread;
	uint32_t h;
	bool waits;

	open_with(m, HV_IOMMU_NONE);
	want(!fx_map(&f, 9, 1, V1R_HOLE, &h) && v1r_reach(&f, 1, 0, false, true));
	v = hv_domain_vcpu(f.m, 1);
	__atomic_fetch_add(&v->access_seq, 1, __ATOMIC_SEQ_CST);
	pthread_create(&thread, NULL, unmap_1, &h);
	while (hv_load_acquire(&hv_maptrack(f.m->gt, h)->flags))
		sched_yield();
	waits = !revoke_now();
	__atomic_fetch_add(&v->access_seq, 1, __ATOMIC_SEQ_CST);
	pthread_join(thread, NULL);
	pthread_join(revoker.thread, NULL);
	want(waits && !revoker.r.outcomes);
	end();
}

/* A map has its pin and no entry yet, since the page-table page is locked: a revoke waits, and takes it then. */
static void map_against_revoke(void)
{
	struct hv_page *l1;
	pthread_t thread;
	uint32_t h = 0;
	bool waits;

	open_with(HV_GUEST_PV, HV_IOMMU_NONE);
	l1 = hv_page(f.host, hv_guest_map_pte(f.m, 1) >> HV_PAGE_SHIFT);
	want(hv_page_lock(&f.host->toolstack, l1));
	pthread_create(&thread, NULL, map_1, &h);
	while (!hv_load_acquire(&hv_active_entry(f.g->gt, 9)->pin))
		sched_yield();
	waits = !revoke_now();
	hv_page_unlock(&f.host->toolstack, l1);
	pthread_join(thread, NULL);
	pthread_join(revoker.thread, NULL);
	want(waits && revoker.r.pages == 1 && v1r_reach(&f, 1, 0, false, false));
	end();
}

void hv_probe_v1_revoke(void)
{
	for (unsigned m = 0; m < 2; m++) {
		goes(m, HV_IOMMU_NONE);
		goes(m, HV_IOMMU_STRICT);
		goes(m, m == HV_GUEST_PV ? HV_IOMMU_BATCHED : HV_IOMMU_SHARED);
		lists(m);
		unmap_against_revoke(m);
	}
	sink();
	map_against_revoke();
}
