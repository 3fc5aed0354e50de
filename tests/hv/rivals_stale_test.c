// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ranges and superpages of version 1: when the granter's entries say that nobody has a page any more, nobody has. vCPUs of
 * the mapper map and unmap, read and write through their TLBs, and its device through the IOTLB. The granter ends an
 * entry that is not in use, uses the page for something else, gives it up and lets another domain have the frame, at
 * once; all frames of the host are in use, so that it is that very frame, and a frame that is freed is poisoned.
 *
 *   rivals_stale_test [ENDS]
 *
 * tap-timeout: 240
 */
#include "stale.h"

#include <pthread.h>

#include "grant_rivals.h"
#include "guest_pt.h"

#define ARGS   32
#define PV_PT  8    /* page tables of a PV mapper, for its slots */
#define REFS   16   /* references in use: reference 8 + i grants page i */
#define SUPER  7    /* the reference of 2 MiB */
#define LARGE  512  /* pages of it, the granter's first */
#define AREAS  8    /* of each mapping vCPU, of so many slots: */
#define SLOTS  4    /* ranges have up to so many pages, */
#define ALL    512  /* frames of a domain, of which none is left over, */
#define ALL_2M 1600 /* or so many of one that grants 2 MiB */

static struct {
	struct hv_host *host;
	struct hv_domain *g, *m, *t;
	grant_entry_v1_t *table;
	uint64_t dfn[2 * AREAS * LARGE]; /* where the device has a slot; 0: nowhere */
	unsigned slots;			 /* of an area */
	bool super, device, stop;
	uint64_t wanted, ended, in_use, raced, maps, handed;
	struct stale_seen seen;
	char bad[160];
} s;

static void bad(const char *what, uint64_t a, uint64_t b)
{
	stale_bad(s.bad, sizeof(s.bad), &s.stop, what, a, b);
}

/* ---- the mapper ---- */

static void look(uint64_t v)
{
	/* Zero: a page that its owner just got. */
	if (v && v - GTAG >= LARGE)
		bad("read what is not granted", v, 0);
}

/* By a vCPU or the device, at a slot that may be anything. */
static void touch(struct hv_vcpu *v, unsigned slot, bool dev, uint64_t *rand)
{
	uint64_t addr = hv_guest_map_addr(s.m, slot), dfn = get(&s.dfn[slot]);

	if (dev && !dfn)
		return;
	stale_touch(s.m, dev ? NULL : v, addr, dfn, WRITTEN | slot, &s.seen, rand);
}

struct mapper {
	unsigned n; /* its vCPU */
	uint64_t rand;
	uint32_t h[AREAS]; /* a handle and 1 more */
};

/* What is at the slots of an area, for the device: by frame of the mapper, which a PV domain's device has not. */
static void mapped(struct mapper *w, unsigned area, uint32_t handle, unsigned pages)
{
	unsigned first = (w->n * AREAS + area) * s.slots;

	w->h[area] = handle + 1;
	for (unsigned i = 0; i < pages && hv_translated(s.m); i++)
		set(&s.dfn[first + i], hv_guest_map_addr(s.m, first + i) >> HV_PAGE_SHIFT);
	more(&s.maps);
}

static void map_range(struct mapper *w, struct hv_vcpu *v, uint8_t *a, unsigned area)
{
	struct gnttab_range_map *m = (struct gnttab_range_map *)a;
	unsigned slot = (w->n * AREAS + area) * s.slots;

	*m = (struct gnttab_range_map){ .addr = hv_guest_map_addr(s.m, slot),
					.count = 1 + draw(&w->rand, SLOTS),
					.dom = hv_domain_id(s.g) };
	m->ref = 8 + draw(&w->rand, REFS - SLOTS + 1);
	hv_grant_table_op(v, GNTTABOP_range_map, m, 1);
	if (m->done)
		mapped(w, area, m->handle, m->done);
	if (m->status != GNTST_okay && m->status != GNTST_general_error &&
	    m->status != GNTST_bad_page)
		bad("a map gives", (uint64_t)(int64_t)m->status, m->ref);
}

static void map_super(struct mapper *w, struct hv_vcpu *v, uint8_t *a, unsigned area)
{
	struct gnttab_map_grant_ref *m = (struct gnttab_map_grant_ref *)a;
	unsigned slot = (w->n * AREAS + area) * s.slots;

	*m = (struct gnttab_map_grant_ref){ .host_addr = hv_guest_map_addr(s.m, slot),
					    .flags = GNTMAP_host_map | GNTMAP_super_2m,
					    .ref = SUPER,
					    .dom = hv_domain_id(s.g) };
	hv_grant_table_op(v, GNTTABOP_map_grant_ref, m, 1);
	if (m->status == GNTST_okay)
		mapped(w, area, m->handle, LARGE);
	else if (m->status != GNTST_general_error && m->status != GNTST_bad_page)
		bad("a map gives", (uint64_t)(int64_t)m->status, m->ref);
}

static void unmap(struct mapper *w, struct hv_vcpu *v, uint8_t *a, unsigned area)
{
	unsigned slot = (w->n * AREAS + area) * s.slots;
	int16_t status;

	if (s.super) {
		struct gnttab_unmap_grant_ref *u = (struct gnttab_unmap_grant_ref *)a;

		*u = (struct gnttab_unmap_grant_ref){ .host_addr = hv_guest_map_addr(s.m, slot),
						      .handle = w->h[area] - 1 };
		hv_grant_table_op(v, GNTTABOP_unmap_grant_ref, u, 1);
		status = u->status;
	} else {
		struct gnttab_range_unmap *u = (struct gnttab_range_unmap *)a;

		*u = (struct gnttab_range_unmap){ .handle = w->h[area] - 1 };
		hv_grant_table_op(v, GNTTABOP_range_unmap, u, 1);
		status = u->status;
	}
	w->h[area] = 0;
	if (status != GNTST_okay)
		bad("an unmap gives", (uint64_t)(int64_t)status, area);
}

static void *mapper(void *arg)
{
	struct mapper *w = arg;
	struct hv_vcpu *v = hv_domain_vcpu(s.m, w->n);
	uint8_t *a = args(s.m, w->n);

	while (!get(&s.stop)) {
		unsigned area = draw(&w->rand, AREAS);

		/* Most of the time nothing is mapped, or no entry could ever be ended. */
		for (unsigned i = 0; i < AREAS; i++)
			if (w->h[i])
				unmap(w, v, a, i);
		/* Who is put aside with something mapped keeps the granter from it for as long. */
		if (!draw(&w->rand, 4))
			sched_yield();
		if (s.super)
			map_super(w, v, a, area);
		else
			map_range(w, v, a, area);
		for (unsigned k = 0; k < 4; k++)
			touch(v, (w->n * AREAS + area) * s.slots + draw(&w->rand, s.slots), false,
			      &w->rand);
		if (!draw(&w->rand, 4))
			sched_yield();
	}
	return NULL;
}

/* A vCPU that only looks, at what all others map, and the device. */
static void *looker(void *arg)
{
	struct mapper *w = arg;
	struct hv_vcpu *v = hv_domain_vcpu(s.m, w->n);

	while (!get(&s.stop)) {
		unsigned slot = draw(&w->rand, 2 * AREAS * s.slots);

		touch(v, slot, false, &w->rand);
		if (!draw(&w->rand, 2))
			stale_slow(s.host, v, hv_guest_map_addr(s.m, slot), &s.seen, &w->rand);
		if (s.device)
			touch(v, draw(&w->rand, 2 * AREAS * s.slots), true, &w->rand);
		if (!draw(&w->rand, 4))
			sched_yield();
	}
	return NULL;
}

/* ---- granter and the third ---- */

static grant_entry_v1_t *entry(unsigned page)
{
	return &s.table[s.super ? SUPER : 8 + page];
}

static void publish(unsigned page)
{
	grant_entry_v1_t *e = entry(page);
	uint32_t frame = s.super ? GNTSUPER_FRAME(0, GNTSUPER_2M_ORDER) : page;

	set((uint64_t *)hv_guest_frame_ptr(s.g, page), GTAG | page);
	__atomic_store_n(&e->domid, hv_domain_id(s.m), __ATOMIC_RELAXED);
	__atomic_store_n(&e->frame, frame, __ATOMIC_RELAXED);
	set(&e->flags, (uint16_t)(GTF_permit_access | (s.super ? GTF_superpage : 0)));
}

static void use(uint64_t *p, uint64_t tag, const char *who, uint64_t *rand)
{
	unsigned i;

	if (!stale_use(p, tag, rand, &i))
		bad(who, i, __atomic_load_n(&p[i], __ATOMIC_RELAXED));
}

/* The third domain has the frame for a while: nobody writes there but it. */
static bool use_third(uint64_t *rand)
{
	uint64_t gfn = ALL_2M; /* where nothing is */

	/* A vCPU that has just unmapped it may have the reference for a moment longer. */
	for (unsigned i = 0; stale_balloon(s.t, gfn, false) != 1; i++) {
		if (i == 1000)
			return false;
		sched_yield();
	}
	use(hv_guest_frame_ptr(s.t, gfn), TTAG, "the third domain's page was written", rand);
	s.handed++;
	if (stale_balloon(s.t, gfn, true) != 1)
		bad("the third domain cannot give its page up", 0, 0);
	return true;
}

/* A page of an entry that nobody uses goes elsewhere. Of 2 MiB one page does. */
static void take_back(uint64_t *rand)
{
	unsigned page = draw(rand, s.super ? LARGE : REFS);
	uint16_t idle = (uint16_t)(GTF_permit_access | (s.super ? GTF_superpage : 0));

	/* As gnttab_end_foreign_access() does. */
	if (!__atomic_compare_exchange_n(&entry(page)->flags, &idle, 0, false, __ATOMIC_SEQ_CST,
					 __ATOMIC_SEQ_CST)) {
		s.in_use++;
		sched_yield();
		return;
	}
	s.raced += stale_busy(s.m);
	s.ended++;
	use(hv_guest_frame_ptr(s.g, page), OWN, "the granter's page was written", rand);
	/* Of 2 MiB the frame has to come back, or there is no entry for them any more: it is used, and not given away. */
	if (!s.super) {
		if (stale_balloon(s.g, page, true) != 1)
			bad("the page cannot be given up", page, 0);
		use_third(rand);
		for (unsigned i = 0; stale_balloon(s.g, page, false) != 1; i++) {
			if (i == 1000) {
				bad("a page cannot be had back", page, 0);
				return;
			}
			sched_yield();
		}
	}
	if (!get(&s.stop))
		publish(page);
}

/* ---- set up ---- */

static int make(enum hv_guest guest, enum hv_iommu_mode iommu)
{
	unsigned all = s.super ? ALL_2M : ALL, pages = all - ARGS - hv_guest_pt_pages(ARGS);
	struct hv_host_config hc = {
		.nr_cpus = 10,
		.heap_pages = 4096,
		/* Pieces of 2 MiB are aligned. */
		.ram_pages = 3 * all + (s.super ? 4 * LARGE : 0),
		.poison = true,
	};
	struct hv_domain_config c = { .guest = HV_GUEST_TRANSLATED,
				      .pages = pages,
				      .args_pages = ARGS,
				      .vcpus = 1,
				      .super = s.super };
	struct xen_add_to_physmap a = { .domid = DOMID_SELF,
					.space = XENMAPSPACE_grant_table,
					.gpfn = HV_GFN_GRANT_BASE };
	int rc = hv_host_create(&hc, &s.host);

	if (!rc)
		rc = hv_domain_create(s.host, &c, &s.g);
	if (!rc)
		rc = hv_domain_create(s.host, &c, &s.t);
	c.guest = guest;
	c.pages = guest == HV_GUEST_PV ? all - ARGS - PV_PT : pages;
	c.vcpus = 3;
	c.iommu = iommu;
	c.map_slots = 2 * AREAS * s.slots;
	if (!rc)
		rc = hv_domain_create(s.host, &c, &s.m);
	if (rc)
		return rc;
	memcpy(args(s.g, 0), &a, sizeof(a));
	rc = (int)hv_memory_op(hv_domain_vcpu(s.g, 0), XENMEM_add_to_physmap, args(s.g, 0));
	s.table = hv_guest_frame_ptr(s.g, HV_GFN_GRANT_BASE);
	for (unsigned i = 0; !rc && i < (s.super ? LARGE : REFS); i++)
		publish(i);
	return rc;
}

static bool did_something(void)
{
	return s.raced && s.in_use && get(&s.maps) && get(&s.seen.reads) && get(&s.seen.writes);
}

static void run(enum hv_guest guest, enum hv_iommu_mode iommu, const char *name, uint64_t ends)
{
	struct mapper w[3] = { { .n = 0, .rand = 1 },
			       { .n = 1, .rand = 2 },
			       { .n = 2, .rand = 3 } };
	bool super = name[0] == '2';
	char why[200] = "";
	pthread_t thread[3];
	uint64_t rand = 77;

	memset(&s, 0, sizeof(s));
	s.seen.look = look;
	s.super = super;
	s.slots = super ? LARGE : SLOTS;
	s.device = iommu != HV_IOMMU_NONE;
	s.wanted = ends;
	if (!ok(!make(guest, iommu), "%s: set up", name))
		return;
	for (unsigned i = 0; i < 3; i++)
		pthread_create(&thread[i], NULL, i < 2 ? mapper : looker, &w[i]);
	/* On a busy machine the mapper may have to be waited for. */
	while (!get(&s.stop) &&
	       (s.ended < s.wanted || (!did_something() && s.ended < 1000 * s.wanted))) {
		take_back(&rand);
		if (!draw(&rand, 4))
			sched_yield();
	}
	set(&s.stop, true);
	for (unsigned i = 0; i < 3; i++)
		pthread_join(thread[i], NULL);
	ok(!s.bad[0], "%s: %lu entries ended, and nothing was in reach afterwards %s", name,
	   (unsigned long)s.ended, s.bad);
	printf("# %s: %lu ended while the mapper was busy, %lu found in use, %lu frames given to another, %lu mapped, "
	       "%lu read, %lu written\n",
	       name, (unsigned long)s.raced, (unsigned long)s.in_use, (unsigned long)s.handed,
	       (unsigned long)s.maps, (unsigned long)s.seen.reads, (unsigned long)s.seen.writes);
	ok(s.ended >= ends && did_something() && (super || s.handed > ends / 2),
	   "%s: it did something", name);
	ok(!hv_check(s.host, true, why, sizeof(why)) && !hv_host_violation(s.host),
	   "%s: invariants %s", name, why);
	hv_host_destroy(s.host);
}

int main(int argc, char **argv)
{
	uint64_t ends = argc > 1 ? strtoull(argv[1], NULL, 0) : 12000;

	run(HV_GUEST_TRANSLATED, HV_IOMMU_NONE, "ranges, no IOMMU", ends / 6);
	run(HV_GUEST_TRANSLATED, HV_IOMMU_STRICT, "ranges, strict", ends / 6);
	run(HV_GUEST_TRANSLATED, HV_IOMMU_SHARED, "ranges, shared", ends / 6);
	run(HV_GUEST_PV, HV_IOMMU_NONE, "ranges, PV", ends / 6);
	/* Its one entry is nearly always in use. */
	run(HV_GUEST_TRANSLATED, HV_IOMMU_NONE, "2 MiB, no IOMMU", ends / 6);
	run(HV_GUEST_TRANSLATED, HV_IOMMU_SHARED, "2 MiB, shared", ends / 6);
	return tap_done();
}
