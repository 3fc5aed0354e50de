// SPDX-License-Identifier: GPL-2.0-only
/* Looks for the deliberate defects of grant tables version 3, for tests/hv/mutant_probe.c. */
#include "mutant_probe_v3.h"

#include <pthread.h>
#include <sched.h>

#include "pt.h"

#define draw hv_probe_draw

static struct v3 t;

void hv_probe_v3_open(struct v3 *v, enum hv_iommu_mode iommu, unsigned levels, unsigned max_maps)
{
	struct fx_opts o = { .mapper = { .iommu = iommu, .vcpus = 1 + draw(3) } };

	o.host.audit = o.host.poison = true;
	o.host.seed = 1 + draw(1000);
	want(!v3_open(v, o, levels, max_maps));
}

void hv_probe_v3_sane(struct v3 *v)
{
	char why[200];

	if (hv_check(v->f.host, true, why, sizeof(why)))
		hv_probe_caught(why);
	if (hv_host_violation(v->f.host))
		hv_probe_caught(hv_host_violation(v->f.host));
}

void hv_probe_v3_end(struct v3 *v)
{
	hv_probe_v3_sane(v);
	want(v3_unregister(v) == GNTST_okay);
	hv_probe_v3_sane(v);
	hv_domain_kill(v->f.m);
	if (hv_host_violation(v->f.host))
		hv_probe_caught(hv_host_violation(v->f.host));
	fx_close(&v->f);
}

static void open_with(enum hv_iommu_mode iommu, unsigned levels, unsigned max_maps)
{
	hv_probe_v3_open(&t, iommu, levels, max_maps);
}

static void sane(void)
{
	hv_probe_v3_sane(&t);
}

static void end(void)
{
	hv_probe_v3_end(&t);
}

/* By all vCPUs and the device, to write: is it in reach? */
static bool reached(unsigned slot, bool dev)
{
	uint8_t byte = 0;
	bool all = false;

	for (unsigned v = 0; hv_domain_vcpu(t.f.m, v); v++)
		all |= !v3_poke(&t, slot, v, 1);
	return all |
	       (dev && !hv_device_access(t.f.m, hv_guest_map_addr(t.f.m, slot) >> HV_PAGE_SHIFT, 0,
					 &byte, 1, true));
}

/* Mapped, touched, given up by the granter, and taken away: by whom, and what is there then. */
static void goes(enum hv_iommu_mode iommu, bool revoked)
{
	unsigned n = 1 + draw(70), first = 256 - draw(n), slot = draw(100);
	bool dev = iommu != HV_IOMMU_NONE;
	grant_v3_handle_t h, keep;

	open_with(iommu, 1 + draw(2), 4);
	want(v3_map(&t, first, slot, n, V3_HOLE, &h) == GNTST_okay);
	want(v3_map(&t, 400, slot + n, 1, V3_RW, &keep) == GNTST_okay);
	sane();
	for (unsigned i = 0; i < n; i++) {
		want(reached(slot + i, dev));
		want(v3_balloon(&t, first + i, true) == 1);
	}
	sane();
	if (revoked) {
		want(v3_revoke(&t, 0, 512, 0) == GNTST_okay && t.rev.pages == n);
		want(t.rev.outcomes == (GNTV3_GOT_HOLE | GNTV3_GOT_KEPT) && reached(slot + n, dev));
	} else {
		want(v3_unmap(&t, h) == GNTST_okay);
	}
	for (unsigned i = 0; i < n; i++)
		want(!reached(slot + i, dev));
	end();
}

static void rights(void)
{
	unsigned ref = 8 + draw(100);
	grant_v3_handle_t h;
	struct v3 other;

	open_with(HV_IOMMU_NONE, 2, 3);
	v3_grant(&t, ref, ref, GNTV3_READONLY);
	want(v3_map(&t, ref, 0, 1, V3_RW, &h) == GNTST_permission_denied);
	want(v3_map(&t, ref, 0, 1, V3_RO, &h) == GNTST_okay && v3_poke(&t, 0, 0, 1) == -EFAULT);
	want(v3_map(&t, ref, 1, 1, V3_RO, NULL) == GNTST_okay &&
	     v3_map(&t, ref, 2, 1, V3_RO, NULL) == GNTST_okay &&
	     v3_map(&t, ref, 3, 1, V3_RO, NULL) == GNTST_no_space);
	want(v3_revoke(&t, ref + 1, 1, GNTV3_REVOKE_BLOCK) == GNTST_okay &&
	     v3_map(&t, ref + 1, 3, 1, V3_RO, NULL) == GNTST_eagain);
	/* Another domain is not the grantee. */
	other = t;
	want(!fx_third(&other.f, &t.f,
		       (struct hv_domain_config){ .guest = HV_GUEST_TRANSLATED, .map_slots = 16 }));
	other.f.m = other.f.g;
	other.f.mv = other.f.gv;
	other.f.margs = other.f.gargs;
	other.f.g = t.f.g;
	want(v3_map(&other, ref, 4, 1, V3_RO, NULL) == GNTST_bad_gntref);
	/* Nor is a tree that was let go of there for more than to be unmapped. */
	want(v3_unregister(&t) == GNTST_okay &&
	     v3_map(&t, ref + 2, 5, 1, V3_RO, NULL) == GNTST_bad_gntref);
	want(v3_unmap(&t, h) == GNTST_okay);
	sane();
	fx_close(&t.f);
}

/* Two trees, and a page of each revoked. */
static void sinks(void)
{
	grant_v3_tree_t first;
	grant_v3_handle_t h;

	open_with(HV_IOMMU_NONE, 2, 2);
	want(v3_map(&t, 9, 0, 1, V3_SINK, &h) == GNTST_okay);
	first = t.tree;
	want(v3_register(&t, hv_domain_id(t.f.m), 2, 2, 0) == GNTST_okay &&
	     v3_map(&t, 9, 1, 1, V3_SINK, NULL) == GNTST_okay);
	want(v3_revoke(&t, 9, 1, 0) == GNTST_okay && v3_peek(&t, 1, 0) == 0 &&
	     !v3_poke(&t, 1, 0, 7));
	sane();
	t.tree = first;
	want(v3_revoke(&t, 9, 1, 0) == GNTST_okay && v3_peek(&t, 0, 0) == 0);
	want(v3_unmap(&t, h) == GNTST_okay);
	end();
}

static void memory(void)
{
	const struct hv_counters *c;
	grant_v3_handle_t h;
	uint64_t before = 0;

	open_with(HV_IOMMU_NONE, 2, 2);
	c = hv_vcpu_counters(t.f.mv);
	for (unsigned i = 0; i < 10; i++) {
		if (i == 4)
			before = c->bytes_allocated;
		want(v3_map(&t, i < 4 ? 100 + 600 * (i & 1) : i, 0, 1, V3_RW, &h) == GNTST_okay &&
		     v3_unmap(&t, h) == GNTST_okay);
		sane();
		if (i == 4)
			before = c->bytes_allocated;
	}
	want(c->bytes_allocated == before);
	end();
}

/* Of lists of frames so many are kept as a slice takes away: the same ranges mapped again allocate nothing. */
static void lists(void)
{
	const struct hv_counters *c;
	grant_v3_handle_t h[16];
	uint64_t before = 0;

	open_with(HV_IOMMU_NONE, 2, 2);
	c = hv_vcpu_counters(t.f.mv);
	for (unsigned round = 0; round < 3; round++) {
		before = c->bytes_allocated;
		for (unsigned i = 0; i < 16; i++)
			want(v3_map(&t, 32 * i, 32 * i, 32, V3_RW, &h[i]) == GNTST_okay);
		for (unsigned i = 0; i < 16; i++)
			want(v3_unmap(&t, h[i]) == GNTST_okay);
		sane();
	}
	want(c->bytes_allocated == before);
	/* Other lengths take their place, however many there are. */
	for (unsigned i = 0; i < 40; i++) {
		unsigned n = 2 + draw(400);

		want(v3_map(&t, i, i, n, V3_RW, h) == GNTST_okay &&
		     v3_unmap(&t, h[0]) == GNTST_okay);
		sane();
	}
	end();
}

/* An entry is read once; and version 1's unmap has no business with an entry of version 3. */
static void reads(void)
{
	unsigned ref = 8 + draw(100);
	grant_v3_handle_t h;
	uint32_t h1;

	open_with(HV_IOMMU_NONE, 1, 2);
	hv_probe_watch = (struct hv_probe_watch){ .at = v3_entry(&t, ref),
						  .size = 8,
						  .then = *v3_entry(&t, ref + 1) };
	want(v3_map(&t, ref, 0, 1, V3_RW, &h) == GNTST_okay && hv_probe_watch.reads == 1 &&
	     v3_peek(&t, 0, 0) == (uint8_t)ref);
	hv_probe_watch.at = NULL;
	fx_grant(&t.f, 20, ref, false);
	want(!fx_map(&t.f, 20, 1, GNTMAP_host_map, &h1));
	want(fx_unmap(&t.f, h1, 0, 0) == GNTST_general_error && v3_peek(&t, 0, 0) == (uint8_t)ref);
	want(!fx_unmap(&t.f, h1, 1, 0));
	end();
}

/* ---- two at once ---- */

static struct {
	pthread_t thread;
	bool done;
} revoker;

static void *revoke_9(void *arg)
{
	(void)arg;
	v3_revoke(&t, 9, 1, 0);
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

static void clear_and_revoke(void)
{
	v3_end(&t, 9);
	revoke_now();
}

/* The granter clears an entry and revokes it, while a map has just read it. */
static void map_against_revoke(void)
{
	open_with(HV_IOMMU_NONE, 1, 2);
	hv_probe_watch = (struct hv_probe_watch){ .at = v3_entry(&t, 9),
						  .size = 8,
						  .hook = clear_and_revoke };
	v3_map(&t, 9, 0, 1, V3_HOLE, NULL);
	hv_probe_watch.at = NULL;
	pthread_join(revoker.thread, NULL);
	want(t.rev.status == GNTST_okay && v3_peek(&t, 0, 0) == -1);
	end();
}

static void *unmap_it(void *handle)
{
	v3_unmap(&t, *(grant_v3_handle_t *)handle);
	return NULL;
}

/* An unmap has to wait with its flush for an access that goes on: so has a revoke. */
static void unmap_against_revoke(void)
{
	struct fx_opts o = { .mapper = { .vcpus = 2 } };
	grant_v3_handle_t h;
	struct hv_vcpu *v;
	pthread_t thread;
	bool waits;

	want(!v3_open(&t, o, 1, 2));
	want(v3_map(&t, 9, 0, 1, V3_HOLE, &h) == GNTST_okay && v3_peek(&t, 0, 1) == 9);
	v = hv_domain_vcpu(t.f.m, 1);
	__atomic_fetch_add(&v->access_seq, 1, __ATOMIC_SEQ_CST);
	pthread_create(&thread, NULL, unmap_it, &h);
	while (hv_pt_hw_get(t.f.host, &t.f.m->p2m.pt, HV_GFN_MAP_BASE, NULL))
		sched_yield();
	waits = !revoke_now();
	__atomic_fetch_add(&v->access_seq, 1, __ATOMIC_SEQ_CST);
	pthread_join(thread, NULL);
	pthread_join(revoker.thread, NULL);
	want(waits);
	end();
}

void hv_probe_v3(void)
{
	static const enum hv_iommu_mode modes[] = { HV_IOMMU_NONE, HV_IOMMU_STRICT, HV_IOMMU_SHARED,
						    HV_IOMMU_BATCHED };

	for (unsigned i = 0; i < 8; i++)
		goes(modes[i / 2], i % 2);
	rights();
	sinks();
	memory();
	lists();
	reads();
	map_against_revoke();
	unmap_against_revoke();
	hv_probe_v3_pv();
	hv_probe_v3_copy();
	hv_probe_v3_large();
	hv_probe_v3_notify();
	hv_probe_v3_protect();
	hv_probe_v3_bind();
	hv_probe_v3_cache();
}
