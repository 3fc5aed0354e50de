// SPDX-License-Identifier: GPL-2.0-only
/*
 * Version 1 with revoke: nothing is in reach any more when a revoke has returned. The granter clears entries, revokes
 * them, uses the pages for something else, gives them up and lets another domain have the frames, at once, while vCPUs of
 * the mapper map, unmap, copy, read and write through their TLBs, and its device through the IOTLB; another vCPU of the
 * granter revokes at the same time what it likes. All frames of the host are in use, so that it is that very frame; and a
 * frame that is freed is poisoned.
 *
 * Then a mapper that is made and killed again and again, with what it has mapped, while both vCPUs of its granter revoke.
 *
 *   v1_revoke_stale_test [REVOKES]
 *
 * tap-timeout: 240
 */
#include "stale.h"
#include "v1_revoke.h"

#include <pthread.h>

#include "guest_pt.h"

#define ALL   512 /* frames of a domain: none is left over */
#define ARGS  32
#define PAGES (ALL - ARGS - hv_guest_pt_pages(ARGS))
#define PV_PT 4	 /* page tables of a PV mapper, for its slots */
#define REFS  16 /* references in use: reference 8 + i grants page i */
#define SLOTS 32 /* of each mapping vCPU */

static struct {
	struct hv_host *host;
	struct hv_domain *g, *m, *t;
	grant_entry_v1_t *table;
	uint64_t dfn[2 * SLOTS]; /* where the device has a slot; 0: nowhere */
	bool device, sinks, stop;
	uint64_t revokes, wanted, taken, raced, maps, handed, copies, others;
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
	/* Zero: the sink, or a page that its owner just got. */
	if (v && v - GTAG >= PAGES)
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

static void slow(struct hv_vcpu *v, unsigned slot, uint64_t *rand)
{
	stale_slow(s.host, v, hv_guest_map_addr(s.m, slot), &s.seen, rand);
}

struct mapper {
	unsigned n; /* its vCPU */
	uint64_t rand;
	uint32_t h[SLOTS]; /* a handle and 1 more */
};

static void map(struct mapper *w, struct hv_vcpu *v, uint8_t *a, unsigned i)
{
	struct gnttab_map_grant_ref *m = (struct gnttab_map_grant_ref *)a;
	unsigned slot = w->n * SLOTS + i;

	*m = (struct gnttab_map_grant_ref){ .host_addr = hv_guest_map_addr(s.m, slot),
					    .flags = s.sinks && draw(&w->rand, 2) ? V1R_SINK
										  : V1R_HOLE,
					    .ref = 8 + draw(&w->rand, REFS),
					    .dom = hv_domain_id(s.g) };
	hv_grant_table_op(v, GNTTABOP_map_grant_ref, m, 1);
	if (m->status == GNTST_okay) {
		w->h[i] = m->handle + 1;
		set(&s.dfn[slot], (s.sinks ? m->host_addr : m->dev_bus_addr) >> HV_PAGE_SHIFT);
		more(&s.maps);
	} else if (m->status != GNTST_general_error && m->status != GNTST_bad_page) {
		bad("a map gives", (uint64_t)(int64_t)m->status, m->ref);
	}
}

/* A copy into the granter's page: none goes on when a revoke has returned. */
static void copy(struct mapper *w, struct hv_vcpu *v, uint8_t *a)
{
	struct gnttab_copy *c = (struct gnttab_copy *)a;

	*c = (struct gnttab_copy){ .len = 8 * 56, .flags = GNTCOPY_dest_gref };
	c->source.domid = DOMID_SELF;
	c->source.u.gmfn = hv_guest_frame(s.m, 5);
	c->dest.domid = hv_domain_id(s.g);
	c->dest.u.ref = 8 + draw(&w->rand, REFS);
	c->dest.offset = WHERE;
	hv_grant_table_op(v, GNTTABOP_copy, c, 1);
	if (c->status == GNTST_okay)
		more(&s.copies);
}

static void *mapper(void *arg)
{
	struct mapper *w = arg;
	struct hv_vcpu *v = hv_domain_vcpu(s.m, w->n);
	uint8_t *a = args(s.m, w->n);

	while (!get(&s.stop)) {
		unsigned i = draw(&w->rand, SLOTS);

		if (!w->h[i]) {
			map(w, v, a, i);
		} else if (!draw(&w->rand, 3)) {
			struct gnttab_unmap_grant_ref *u = (struct gnttab_unmap_grant_ref *)a;

			*u = (struct gnttab_unmap_grant_ref){ .host_addr = hv_guest_map_addr(
								      s.m, w->n * SLOTS + i),
							      .handle = w->h[i] - 1 };
			w->h[i] = 0;
			hv_grant_table_op(v, GNTTABOP_unmap_grant_ref, u, 1);
			if (u->status != GNTST_okay)
				bad("an unmap gives", (uint64_t)(int64_t)u->status, u->handle);
		}
		if (!draw(&w->rand, 4))
			copy(w, v, a);
		for (unsigned k = 0; k < 4; k++)
			touch(v, w->n * SLOTS + draw(&w->rand, SLOTS), false, &w->rand);
		/* More threads than cores: a revoke waits for who was put aside in an access. */
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
		unsigned slot = draw(&w->rand, 2 * SLOTS);

		touch(v, slot, false, &w->rand);
		if (!draw(&w->rand, 2))
			slow(v, slot, &w->rand);
		if (s.device)
			touch(v, draw(&w->rand, 2 * SLOTS), true, &w->rand);
		if (!draw(&w->rand, 4))
			sched_yield();
	}
	return NULL;
}

/* ---- granter and the third ---- */

static void publish(unsigned page, const struct hv_domain *to)
{
	grant_entry_v1_t *e = &s.table[8 + page];

	set((uint64_t *)hv_guest_frame_ptr(s.g, page), GTAG | page);
	__atomic_store_n(&e->domid, hv_domain_id(to), __ATOMIC_RELAXED);
	__atomic_store_n(&e->frame, page, __ATOMIC_RELAXED);
	set(&e->flags, GTF_permit_access);
}

static void use(uint64_t *p, uint64_t tag, const char *who, uint64_t *rand)
{
	unsigned i;

	if (!stale_use(p, tag, rand, &i))
		bad(who, i, __atomic_load_n(&p[i], __ATOMIC_RELAXED));
}

/* The third domain has the frame for a while: nobody writes there but it. */
static void use_third(uint64_t *rand)
{
	uint64_t gfn = ALL + 16;

	if (stale_balloon(s.t, gfn, false) != 1) {
		bad("the frame is not free", 0, 0);
		return;
	}
	use(hv_guest_frame_ptr(s.t, gfn), TTAG, "the third domain's page was written", rand);
	s.handed++;
	if (stale_balloon(s.t, gfn, true) != 1)
		bad("the third domain cannot give its page up", 0, 0);
}

static int16_t revoke(unsigned vcpu, unsigned ref, unsigned count, uint64_t *pages, unsigned *got)
{
	struct gnttab_v1_revoke *r = (struct gnttab_v1_revoke *)args(s.g, vcpu);

	*r = (struct gnttab_v1_revoke){ .ref = ref, .count = count };
	if (hv_grant_table_op(hv_domain_vcpu(s.g, vcpu), GNTTABOP_v1_revoke, r, 1))
		return -1000;
	*pages += r->pages;
	*got = r->outcomes;
	return r->status;
}

static void take_back(unsigned page, unsigned n, uint64_t *rand)
{
	unsigned got;
	int16_t rc;

	/* Clear, barrier, revoke. */
	for (unsigned i = 0; i < n; i++)
		__atomic_store_n(&s.table[8 + page + i].flags, 0, __ATOMIC_SEQ_CST);
	s.raced += stale_busy(s.m);
	rc = revoke(0, 8 + page, n, &s.taken, &got);
	if (rc != GNTST_okay || got & GNTV1_GOT_KEPT)
		bad("a revoke gives", (uint64_t)(int64_t)rc, got);
	s.revokes++;
	for (unsigned i = page; i < page + n; i++) {
		if (get(&s.table[8 + i].flags))
			bad("an entry that was revoked is in use", i, get(&s.table[8 + i].flags));
		use(hv_guest_frame_ptr(s.g, i), OWN, "the granter's page was written", rand);
		if (stale_balloon(s.g, i, true) != 1)
			bad("the page cannot be given up", i, 0);
		use_third(rand);
		if (stale_balloon(s.g, i, false) != 1)
			bad("a page cannot be had back", i, 0);
		if (get(&s.stop))
			return;
		publish(i, s.m);
	}
}

static void granter(void)
{
	uint64_t rand = 77;

	while (!get(&s.stop) && s.revokes < s.wanted) {
		unsigned n = draw(&rand, 8) ? 1 : 1 + draw(&rand, 4), page = draw(&rand, REFS);

		take_back(page, page + n > REFS ? 1 : n, &rand);
		if (!draw(&rand, 4))
			sched_yield();
	}
	set(&s.stop, true);
}

/* The granter's other vCPU, whatever the entries say: maps begin anew at once, and it may be told to come again. */
static void *other_granter(void *arg)
{
	uint64_t rand = 99;
	unsigned got;

	(void)arg;
	while (!get(&s.stop)) {
		uint64_t pages = 0;
		int16_t rc = revoke(1, 8 + draw(&rand, REFS - 4), 1 + draw(&rand, 4), &pages, &got);

		__atomic_fetch_add(&s.others, pages, __ATOMIC_RELAXED);
		if (rc != GNTST_okay && rc != GNTST_eagain)
			bad("a revoke beside another gives", (uint64_t)(int64_t)rc, got);
		sched_yield();
	}
	return NULL;
}

/* ---- set up ---- */

static struct hv_domain_config config(enum hv_guest guest)
{
	return (struct hv_domain_config){ .guest = guest,
					  .pages =
						  guest == HV_GUEST_PV ? ALL - ARGS - PV_PT : PAGES,
					  .args_pages = ARGS,
					  .vcpus = 2,
					  .map_slots = 2 * SLOTS,
					  .revocable = true };
}

static int make(enum hv_guest guest, enum hv_iommu_mode iommu, unsigned ram)
{
	struct hv_host_config hc = {
		.nr_cpus = 10, .heap_pages = 2048, .ram_pages = ram, .poison = true
	};
	struct hv_domain_config c = config(HV_GUEST_TRANSLATED);
	struct xen_add_to_physmap a = { .domid = DOMID_SELF,
					.space = XENMAPSPACE_grant_table,
					.gpfn = HV_GFN_GRANT_BASE };
	int rc = hv_host_create(&hc, &s.host);

	if (!rc)
		rc = hv_domain_create(s.host, &c, &s.g);
	if (!rc)
		rc = hv_domain_create(s.host, &c, &s.t);
	c = config(guest);
	c.vcpus = 3;
	c.iommu = iommu;
	if (!rc)
		rc = hv_domain_create(s.host, &c, &s.m);
	if (rc)
		return rc;
	memcpy(args(s.g, 0), &a, sizeof(a));
	rc = (int)hv_memory_op(hv_domain_vcpu(s.g, 0), XENMEM_add_to_physmap, args(s.g, 0));
	s.table = hv_guest_frame_ptr(s.g, HV_GFN_GRANT_BASE);
	for (unsigned i = 0; !rc && i < REFS; i++)
		publish(i, s.m);
	return rc;
}

static void end(const char *name)
{
	char why[200] = "";
	int rc = hv_check(s.host, true, why, sizeof(why));

	ok(!rc && !hv_host_violation(s.host), "%s: invariants %s", name, why);
	hv_host_destroy(s.host);
}

static void run(enum hv_guest guest, enum hv_iommu_mode iommu, const char *name, uint64_t revokes)
{
	struct mapper w[3] = { { .n = 0, .rand = 1 },
			       { .n = 1, .rand = 2 },
			       { .n = 2, .rand = 3 } };
	pthread_t thread[4];

	memset(&s, 0, sizeof(s));
	s.seen.look = look;
	s.device = iommu != HV_IOMMU_NONE;
	s.sinks = guest == HV_GUEST_TRANSLATED;
	s.wanted = revokes;
	if (!ok(!make(guest, iommu, 3 * ALL), "%s: set up", name))
		return;
	for (unsigned i = 0; i < 3; i++)
		pthread_create(&thread[i], NULL, i < 2 ? mapper : looker, &w[i]);
	pthread_create(&thread[3], NULL, other_granter, NULL);
	granter();
	for (unsigned i = 0; i < 4; i++)
		pthread_join(thread[i], NULL);
	ok(!s.bad[0], "%s: %lu revokes, and nothing was in reach afterwards %s", name,
	   (unsigned long)s.revokes, s.bad);
	printf("# %s: %lu mappings taken away, and %lu by the other vCPU, %lu revokes while the mapper was busy, "
	       "%lu frames given to another, %lu mapped, %lu read, %lu written, %lu copied\n",
	       name, (unsigned long)s.taken, (unsigned long)s.others, (unsigned long)s.raced,
	       (unsigned long)s.handed, (unsigned long)s.maps, (unsigned long)s.seen.reads,
	       (unsigned long)s.seen.writes, (unsigned long)s.copies);
	ok(s.revokes == revokes && s.taken > revokes / 100 && s.raced > revokes / 1000 &&
		   s.handed >= revokes && s.seen.reads && s.seen.writes && s.copies && s.others,
	   "%s: it did something", name);
	end(name);
}

/* ---- a mapper that dies ---- */

static void deaths(enum hv_guest guest, enum hv_iommu_mode iommu, const char *name, unsigned lives)
{
	struct hv_domain_config c = config(guest);
	pthread_t thread;
	uint64_t rand = 5;
	unsigned made = 1;

	memset(&s, 0, sizeof(s));
	s.seen.look = look;
	if (!ok(!make(guest, iommu, 8 * ALL), "%s, dying: set up", name))
		return;
	c.pages = 16;
	c.vcpus = 3;
	c.iommu = iommu;
	pthread_create(&thread, NULL, other_granter, NULL);
	/* On a busy machine the other vCPU may have to be waited for. */
	while ((made < lives || (!get(&s.others) && made < 50 * lives)) && !get(&s.stop)) {
		struct mapper w = { .rand = rand + made };
		unsigned got;

		for (unsigned i = 0; i < SLOTS; i++)
			map(&w, hv_domain_vcpu(s.m, 0), args(s.m, 0), i);
		if (draw(&rand, 2))
			sched_yield();
		if (draw(&rand, 2))
			revoke(0, 8, REFS, &s.taken, &got);
		hv_domain_kill(s.m);
		made += !hv_domain_create(s.host, &c, &s.m);
	}
	set(&s.stop, true);
	pthread_join(thread, NULL);
	printf("# %s, dying: %lu mapped, %lu and %lu taken away\n", name, (unsigned long)s.maps,
	       (unsigned long)s.taken, (unsigned long)s.others);
	ok(!s.bad[0] && made >= lives && s.maps && s.taken && s.others, "%s, dying: %u times %s",
	   name, made, s.bad);
	end(name);
}

int main(int argc, char **argv)
{
	uint64_t revokes = argc > 1 ? strtoull(argv[1], NULL, 0) : 35000;

	run(HV_GUEST_TRANSLATED, HV_IOMMU_NONE, "no IOMMU", revokes / 7);
	run(HV_GUEST_TRANSLATED, HV_IOMMU_STRICT, "strict", revokes / 7);
	run(HV_GUEST_TRANSLATED, HV_IOMMU_SHARED, "shared", revokes / 7);
	run(HV_GUEST_TRANSLATED, HV_IOMMU_BATCHED, "batched", revokes / 7);
	run(HV_GUEST_PV, HV_IOMMU_NONE, "PV, no IOMMU", revokes / 7);
	run(HV_GUEST_PV, HV_IOMMU_STRICT, "PV, strict", revokes / 7);
	run(HV_GUEST_PV, HV_IOMMU_BATCHED, "PV, batched", revokes / 7);
	deaths(HV_GUEST_TRANSLATED, HV_IOMMU_STRICT, "strict", (unsigned)(revokes / 100));
	deaths(HV_GUEST_PV, HV_IOMMU_STRICT, "PV, strict", (unsigned)(revokes / 100));
	return tap_done();
}
