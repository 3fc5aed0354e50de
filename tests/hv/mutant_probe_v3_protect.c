// SPDX-License-Identifier: GPL-2.0-only
/* Looks for the deliberate defects of version 3's protect, for tests/hv/mutant_probe.c. */
#include "mutant_probe_v3.h"

#include <pthread.h>
#include <sched.h>

#include "page.h"
#include "pt.h"

#define WRITER (V3_HOLE | GNTV3_ACCEPT_READONLY)

static struct v3 t;

static bool writes(unsigned slot, bool dev)
{
	uint8_t byte = 1;
	bool any = false;

	for (unsigned v = 0; hv_domain_vcpu(t.f.m, v); v++)
		any |= !v3_poke(&t, slot, v, 1);
	return any |
	       (dev && !hv_device_access(t.f.m, hv_guest_map_addr(t.f.m, slot) >> HV_PAGE_SHIFT, 0,
					 &byte, 1, true));
}

static void rights(enum hv_iommu_mode iommu)
{
	unsigned n = 1 + hv_probe_draw(60), ref = 8 + hv_probe_draw(100);
	bool dev = iommu != HV_IOMMU_NONE;

	hv_probe_v3_open(&t, iommu, 1 + hv_probe_draw(2), 2);
	want(v3_map(&t, ref, 0, n, WRITER, NULL) == GNTST_okay);
	want(v3_map(&t, ref, n, 1, V3_HOLE, NULL) == GNTST_okay && writes(n, dev));
	for (unsigned i = 0; i < n; i++)
		want(writes(i, dev));
	want(v3_protect(&t, ref, n, 0) == GNTST_okay && t.prot.pages == n &&
	     t.prot.outcomes == GNTV3_GOT_KEPT);
	for (unsigned i = 0; i < n; i++)
		want(!writes(i, dev));
	want(writes(n, dev));
	hv_probe_v3_sane(&t);
	v3_grant(&t, ref, ref, GNTV3_READONLY);
	want(v3_protect(&t, ref, 1, GNTV3_PROTECT_WRITE) == GNTST_okay && !t.prot.pages);
	v3_grant(&t, ref, ref + 1, 0);
	want(v3_protect(&t, ref, 1, GNTV3_PROTECT_WRITE) == GNTST_okay && !t.prot.pages &&
	     !writes(0, dev));
	v3_grant(&t, ref, ref, 0);
	want(v3_protect(&t, ref, n, GNTV3_PROTECT_WRITE) == GNTST_okay && t.prot.pages == n &&
	     writes(0, dev));
	hv_probe_v3_end(&t);
}

/* A PV granter's page that nobody may write can become a page table. */
static void types(void)
{
	struct hv_page *pg;

	want(!v3_open_pv(&t));
	pg = hv_page(t.f.host, hv_guest_frame(t.f.g, 9));
	want(v3_map(&t, 9, 0, 1, WRITER, NULL) == GNTST_okay &&
	     !hv_get_type(t.f.gv, pg, HV_PGT_L1));
	want(v3_protect(&t, 9, 1, 0) == GNTST_okay && hv_get_type(t.f.gv, pg, HV_PGT_L1));
	hv_put_type(t.f.gv, pg);
	hv_probe_v3_end(&t);
}

static bool done;

static void *unmap_it(void *handle)
{
	v3_unmap(&t, *(grant_v3_handle_t *)handle);
	return NULL;
}

static void *protect_9(void *arg)
{
	(void)arg;
	v3_protect(&t, 9, 1, 0);
	__atomic_store_n(&done, true, __ATOMIC_RELEASE);
	return NULL;
}

/* An unmap waits with its flush for an access that goes on: so does a protect. */
static void against_unmap(void)
{
	struct fx_opts o = { .mapper = { .vcpus = 2 } };
	pthread_t unmapper, protector;
	grant_v3_handle_t h;
	struct hv_vcpu *v;
	bool waits;

	done = false;
	want(!v3_open(&t, o, 1, 2));
	want(v3_map(&t, 9, 0, 1, WRITER, &h) == GNTST_okay && !v3_poke(&t, 0, 1, 9));
	v = hv_domain_vcpu(t.f.m, 1);
	__atomic_fetch_add(&v->access_seq, 1, __ATOMIC_SEQ_CST);
	pthread_create(&unmapper, NULL, unmap_it, &h);
	while (hv_pt_hw_get(t.f.host, &t.f.m->p2m.pt, HV_GFN_MAP_BASE, NULL))
		sched_yield();
	pthread_create(&protector, NULL, protect_9, NULL);
	for (unsigned i = 0; i < 20000 && !__atomic_load_n(&done, __ATOMIC_ACQUIRE); i++)
		sched_yield();
	waits = !__atomic_load_n(&done, __ATOMIC_ACQUIRE);
	__atomic_fetch_add(&v->access_seq, 1, __ATOMIC_SEQ_CST);
	pthread_join(unmapper, NULL);
	pthread_join(protector, NULL);
	want(waits);
	hv_probe_v3_end(&t);
}

void hv_probe_v3_protect(void)
{
	for (unsigned i = 0; i < 4; i++)
		rights(i == 0	? HV_IOMMU_NONE
		       : i == 1 ? HV_IOMMU_STRICT
		       : i == 2 ? HV_IOMMU_SHARED
				: HV_IOMMU_BATCHED);
	types();
	against_unmap();
}
