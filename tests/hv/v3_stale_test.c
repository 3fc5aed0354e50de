// SPDX-License-Identifier: GPL-2.0-only
/*
 * Version 3: nothing is in reach any more when a revoke has returned. The granter clears an entry, revokes it, gives the
 * page up and lets another domain have the frame, at once, while vCPUs of the mapper map, unmap, read and write through
 * their TLBs, and its device through the IOTLB. All frames of the host are in use, so that it is that very frame; and a
 * frame that is freed is poisoned. What is read is the granter's or the sink's, and what is written goes nowhere else.
 *
 *   v3_stale_test [REVOKES]
 */
#include "v3.h"

#include <pthread.h>
#include <sched.h>

#include "guest_pt.h"
#include "page.h"

#define get(p)	  __atomic_load_n(p, __ATOMIC_ACQUIRE)
#define set(p, v) __atomic_store_n(p, v, __ATOMIC_RELEASE)

#define ALL	512 /* frames of a domain: none is left over */
#define PAGES	(ALL - ARGS - hv_guest_pt_pages(ARGS))
#define ARGS	32
#define REFS	16 /* references in use, each of a page of its own: of both ends of a region's runs */
#define SLOTS	32 /* of each mapping vCPU */
#define NODE	(PAGES - 4)
#define GTAG	0x6772616e74000000ull
#define TTAG	0x7468697264000000ull
#define WRITTEN 0x7772697474656e00ull
#define WHERE	64 /* in a page: what the mapper writes */

static struct {
	struct hv_host *host;
	struct hv_domain *g, *m, *t;
	grant_v3_tree_t tree;
	uint64_t *node;
	bool device, stop;
	uint64_t revokes, wanted, taken, turned, bound, raced, reads, writes, maps, handed;
	char bad[160];
} s;

static void bad(const char *what, uint64_t a, uint64_t b)
{
	static unsigned once;

	if (!__atomic_fetch_add(&once, 1, __ATOMIC_SEQ_CST))
		snprintf(s.bad, sizeof(s.bad), "%s: %#lx, %#lx", what, (unsigned long)a,
			 (unsigned long)b);
	set(&s.stop, true);
}

static unsigned draw(uint64_t *state, unsigned n)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return (unsigned)(*state >> 20) % n;
}

static uint8_t *args(struct hv_domain *d, unsigned vcpu)
{
	return (uint8_t *)hv_guest_args(d, &(size_t){ 0 }) + 8192 * vcpu;
}

/* ---- the mapper ---- */

static void look(uint64_t v)
{
	/* Zero: the sink, or a page that its owner just got. */
	if (v && v - GTAG >= PAGES)
		bad("read what is not the granter's", v, 0);
}

/* By a vCPU or the device, at a slot that may be anything. */
static void touch(struct hv_vcpu *v, unsigned slot, bool dev, uint64_t *rand)
{
	uint64_t addr = hv_guest_map_addr(s.m, slot), x = WRITTEN | slot;
	bool write = draw(rand, 2);
	int rc = dev ? hv_device_access(s.m, addr >> HV_PAGE_SHIFT, write ? WHERE : 0, &x, 8, write)
		     : hv_guest_access(v, addr, write ? WHERE : 0, &x, 8, write);

	if (rc)
		return;
	__atomic_fetch_add(write ? &s.writes : &s.reads, 1, __ATOMIC_RELAXED);
	if (!write)
		look(x);
}

/*
 * An access that takes long, as hv_guest_access() makes it: whoever flushes meanwhile waits. So revokes meet accesses on
 * a machine of one core, too.
 */
static void slow(struct hv_vcpu *v, unsigned slot, uint64_t *rand)
{
	uint64_t vpn = hv_guest_map_addr(s.m, slot) >> HV_PAGE_SHIFT, gen, *p;
	struct hv_tlb_entry *e = &v->tlb[vpn % HV_TLB_ENTRIES];

	__atomic_fetch_add(&v->access_seq, 1, __ATOMIC_SEQ_CST);
	gen = __atomic_load_n(&v->tlb_gen, __ATOMIC_SEQ_CST);
	if (e->gen == gen && e->vpn == vpn) {
		p = hv_virt(s.host, e->mfn);
		sched_yield();
		look(__atomic_load_n(p, __ATOMIC_RELAXED));
		if (e->writable && draw(rand, 2))
			__atomic_store_n(&p[WHERE / 8], WRITTEN, __ATOMIC_RELAXED);
	}
	__atomic_fetch_add(&v->access_seq, 1, __ATOMIC_SEQ_CST);
}

struct mapper {
	unsigned n; /* its vCPU */
	uint64_t rand;
	grant_v3_handle_t h[SLOTS];
};

static void map(struct mapper *w, struct hv_vcpu *v, uint8_t *a, unsigned i)
{
	struct gnttab_v3_map m = { .ref = draw(&w->rand, REFS),
				   .addr = hv_guest_map_addr(s.m, w->n * SLOTS + i),
				   .tree = s.tree,
				   .count = 1,
				   .dom = hv_domain_id(s.g),
				   .flags = (draw(&w->rand, 2) ? V3_HOLE : V3_SINK) |
					    GNTV3_ACCEPT_READONLY };

	/* Now and then a range: lists above the lowest. */
	if (i + 4 <= SLOTS && !w->h[i + 1] && !w->h[i + 2] && !w->h[i + 3] && !draw(&w->rand, 4))
		m.count = 1 + draw(&w->rand, 4);
	if (m.ref + m.count > REFS)
		m.count = 1;
	v3_op(v, a, GNTTABOP_v3_map, &m, sizeof(m), &m.status);
	if (m.status != GNTST_okay && m.status != GNTST_bad_gntref && m.status != GNTST_no_space &&
	    m.status != GNTST_permission_denied && m.status != GNTST_eagain &&
	    m.status != GNTST_bad_page && m.status != GNTST_bad_virt_addr)
		bad("a map gives", (uint64_t)(int64_t)m.status, m.ref);
	w->h[i] = m.handle;
	__atomic_fetch_add(&s.maps, m.done, __ATOMIC_RELAXED);
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
			struct gnttab_v3_unmap u = { .tree = s.tree,
						     .handle = w->h[i],
						     .dom = hv_domain_id(s.g) };

			w->h[i] = 0;
			if (v3_op(v, a, GNTTABOP_v3_unmap, &u, sizeof(u), &u.status) != GNTST_okay)
				bad("an unmap gives", (uint64_t)(int64_t)u.status, u.handle);
		}
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

static long balloon(struct hv_domain *d, uint64_t gfn, bool out)
{
	struct xen_memory_reservation r = { .domid = DOMID_SELF, .nr_extents = 1 };
	uint8_t *a = args(d, 0);

	memcpy(a + 4096, &gfn, 8);
	set_xen_guest_handle(r.extent_start, (xen_pfn_t *)(a + 4096));
	memcpy(a, &r, sizeof(r));
	return hv_memory_op(hv_domain_vcpu(d, 0),
			    out ? XENMEM_decrease_reservation : XENMEM_populate_physmap, a);
}

static void publish(unsigned ref)
{
	uint64_t *p = hv_guest_frame_ptr(s.g, ref);

	set(p, GTAG | ref);
	set(&s.node[ref], (uint64_t)ref << GNTV3_PAGE_SHIFT | GNTV3_LEAF);
}

/* Is the mapper in the middle of something? */
static bool busy(void)
{
	for (unsigned i = 0; i < s.m->nr_vcpus; i++)
		if ((get(&s.m->vcpu[i]->access_seq) | get(&s.m->vcpu[i]->call_seq)) & 1)
			return true;
	return false;
}

/* The third domain has the frame for a while: nobody writes there but it. */
static void use_third(uint64_t *rand)
{
	uint64_t gfn = ALL + 16, *p;

	/* A vCPU that is unmapping may have a reference for a moment longer. */
	for (unsigned i = 0; balloon(s.t, gfn, false) != 1; i++) {
		if (i == 100)
			return;
		sched_yield();
	}
	p = hv_guest_frame_ptr(s.t, gfn);
	for (unsigned i = 0; i < 512; i += 8)
		__atomic_store_n(&p[i], TTAG | i, __ATOMIC_RELAXED);
	if (!draw(rand, 8))
		sched_yield();
	for (unsigned i = 0; i < 512; i += 8)
		if (__atomic_load_n(&p[i], __ATOMIC_RELAXED) != (TTAG | i))
			bad("the third domain's page was written", i,
			    __atomic_load_n(&p[i], __ATOMIC_RELAXED));
	s.handed++;
	if (balloon(s.t, gfn, true) != 1)
		bad("the third domain cannot give its page up", 0, 0);
}

/* All at once, by the toolstack: the same mapper gets the tree, as when its backend has begun again. */
static void bind(void)
{
	struct gnttab_v3_bind b = { .tree = s.tree,
				    .dom = hv_domain_id(s.g),
				    .to = hv_domain_id(s.m) };

	if (v3_op(hv_domain_vcpu(s.t, 0), args(s.t, 0), GNTTABOP_v3_bind, &b, sizeof(b),
		  &b.status) != GNTST_okay)
		bad("a bind gives", (uint64_t)(int64_t)b.status, 0);
	s.bound++;
}

static void ack(void)
{
	struct gnttab_v3_ack a = { .tree = s.tree, .dom = hv_domain_id(s.m) };

	if (v3_op(hv_domain_vcpu(s.g, 0), args(s.g, 0), GNTTABOP_v3_ack, &a, sizeof(a),
		  &a.status) != GNTST_okay)
		bad("an ack gives", (uint64_t)(int64_t)a.status, 0);
}

static void take_back(unsigned ref, uint64_t *rand)
{
	bool all = !draw(rand, 16);
	struct gnttab_v3_revoke r = { .ref = ref, .count = 1, .tree = s.tree };

	/* Clear, barrier, revoke. */
	__atomic_store_n(&s.node[ref], GNTV3_NOTHING, __ATOMIC_SEQ_CST);
	s.raced += busy();
	if (all)
		bind();
	else if (v3_op(hv_domain_vcpu(s.g, 0), args(s.g, 0), GNTTABOP_v3_revoke, &r, sizeof(r),
		       &r.status) != GNTST_okay)
		bad("a revoke gives", (uint64_t)(int64_t)r.status, ref);
	s.revokes++;
	s.taken += r.pages;
	if (balloon(s.g, ref, true) != 1)
		bad("the page cannot be given up", ref, 0);
	use_third(rand);
	for (unsigned i = 0; balloon(s.g, ref, false) != 1; i++) {
		sched_yield();
		if (get(&s.stop))
			return;
	}
	publish(ref);
	if (all)
		ack();
}

static void protect(unsigned ref, unsigned flags)
{
	struct gnttab_v3_protect p = {
		.ref = ref, .count = 1, .tree = s.tree, .flags = (uint16_t)flags
	};

	if (v3_op(hv_domain_vcpu(s.g, 0), args(s.g, 0), GNTTABOP_v3_protect, &p, sizeof(p),
		  &p.status) != GNTST_okay ||
	    p.outcomes)
		bad("a protect gives", (uint64_t)(int64_t)p.status, p.outcomes);
	s.turned += p.pages;
}

/* The page is the granter's alone to write, for a while. */
static void keep_still(unsigned ref, uint64_t *rand)
{
	uint64_t *word = (uint64_t *)hv_guest_frame_ptr(s.g, ref) + WHERE / 8,
		 mine = draw(rand, 99);

	__atomic_or_fetch(&s.node[ref], GNTV3_READONLY, __ATOMIC_SEQ_CST);
	protect(ref, 0);
	for (unsigned i = 0; i < 4; i++) {
		__atomic_store_n(word, mine, __ATOMIC_SEQ_CST);
		if (!draw(rand, 4))
			sched_yield();
		if (__atomic_load_n(word, __ATOMIC_SEQ_CST) != mine)
			bad("a page was written that is read-only", ref,
			    __atomic_load_n(word, __ATOMIC_SEQ_CST));
	}
	__atomic_and_fetch(&s.node[ref], ~GNTV3_READONLY, __ATOMIC_SEQ_CST);
	protect(ref, GNTV3_PROTECT_WRITE);
}

static void granter(void)
{
	uint64_t rand = 77;

	while (!get(&s.stop) && s.revokes < s.wanted) {
		take_back(draw(&rand, REFS), &rand);
		keep_still(draw(&rand, REFS), &rand);
		if (!draw(&rand, 4))
			sched_yield();
	}
	set(&s.stop, true);
}

/* ---- set up ---- */

static int make(enum hv_iommu_mode iommu)
{
	struct hv_host_config hc = {
		.nr_cpus = 8, .heap_pages = 2048, .ram_pages = 3 * ALL, .poison = true
	};
	struct hv_domain_config c = { .guest = HV_GUEST_TRANSLATED,
				      .pages = PAGES,
				      .args_pages = ARGS,
				      .map_slots = 2 * SLOTS };
	struct gnttab_v3_register r = {
		.levels = 1, .max_maps = 8, .flags = GNTV3_REBINDABLE, .root = NODE
	};
	int rc = hv_host_create(&hc, &s.host);

	/* Its nodes are remembered or not: a leaf is read anew either way. */
	c.v3_walk_cache = iommu == HV_IOMMU_SHARED || iommu == HV_IOMMU_BATCHED;
	if (!rc)
		rc = hv_domain_create(s.host, &c, &s.g);
	c.privileged = true;
	if (!rc)
		rc = hv_domain_create(s.host, &c, &s.t);
	c.privileged = false;
	c.vcpus = 3;
	c.iommu = iommu;
	if (!rc)
		rc = hv_domain_create(s.host, &c, &s.m);
	if (rc)
		return rc;
	s.node = hv_guest_frame_ptr(s.g, NODE);
	for (unsigned i = 0; i < REFS; i++)
		publish(i);
	r.dom = hv_domain_id(s.m);
	rc = v3_op(hv_domain_vcpu(s.g, 0), args(s.g, 0), GNTTABOP_v3_register, &r, sizeof(r),
		   &r.status);
	s.tree = r.tree;
	return rc;
}

static void run(enum hv_iommu_mode iommu, const char *name, uint64_t revokes)
{
	struct mapper w[3] = { { .n = 0, .rand = 1 },
			       { .n = 1, .rand = 2 },
			       { .n = 2, .rand = 3 } };
	pthread_t thread[3];
	char why[200] = "";
	int rc;

	memset(&s, 0, sizeof(s));
	s.device = iommu != HV_IOMMU_NONE;
	s.wanted = revokes;
	if (!ok(!make(iommu), "%s: set up", name))
		return;
	for (unsigned i = 0; i < 3; i++)
		pthread_create(&thread[i], NULL, i < 2 ? mapper : looker, &w[i]);
	granter();
	for (unsigned i = 0; i < 3; i++)
		pthread_join(thread[i], NULL);
	ok(!s.bad[0], "%s: %lu revokes, and nothing was in reach afterwards %s", name,
	   (unsigned long)s.revokes, s.bad);
	printf("# %s: %lu pages taken away, %lu rights, %lu revokes while the mapper was busy, %lu frames given to another, "
	       "%lu mapped, %lu read, %lu written\n",
	       name, (unsigned long)s.taken, (unsigned long)s.turned, (unsigned long)s.raced,
	       (unsigned long)s.handed, (unsigned long)s.maps, (unsigned long)s.reads,
	       (unsigned long)s.writes);
	ok(s.revokes == revokes && s.taken > revokes / 1000 && s.turned > revokes / 500 &&
		   s.bound > revokes / 50 && s.raced > revokes / 1000 && s.handed > revokes / 2 &&
		   s.reads && s.writes,
	   "%s: it did something", name);
	rc = hv_check(s.host, true, why, sizeof(why));
	ok(!rc && !hv_host_violation(s.host), "%s: invariants %s", name, why);
	hv_host_destroy(s.host);
}

int main(int argc, char **argv)
{
	uint64_t revokes = argc > 1 ? strtoull(argv[1], NULL, 0) : 40000;

	run(HV_IOMMU_NONE, "no IOMMU", revokes / 4);
	run(HV_IOMMU_STRICT, "strict", revokes / 4);
	run(HV_IOMMU_SHARED, "shared", revokes / 4);
	run(HV_IOMMU_BATCHED, "batched", revokes / 4);
	return tap_done();
}
