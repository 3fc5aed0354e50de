// SPDX-License-Identifier: GPL-2.0-only
/*
 * Version 3: nothing is in reach any more when a revoke has returned. The granter clears an entry, revokes it, gives the
 * page up and lets another domain have the frame, at once, while vCPUs of the mapper map, unmap, read and write through
 * their TLBs, and its device through the IOTLB. All frames of the host are in use, so that it is that very frame; and a
 * frame that is freed is poisoned. Mappers are translated and PV. What is read is the granter's or the sink's, and what is
 * written goes nowhere else; nor does a copy read or write anything else.
 *
 * By entries of 4K; of 2M, made of runs, of which a page is revoked with the whole or, where that was paid for, by
 * itself; and of 1G. Large translations: hv's CPU TLBs hold them by 4K parts, so that each part that is not flushed can be
 * seen, its IOTLB as a whole.
 *
 * Or it asks its status page, and revokes only if something is mapped or copied.
 *
 *   v3_stale_test [REVOKES]
 *
 * tap-timeout: 240
 */
#include "v3_stale.h"

#include <pthread.h>

/* ---- the mapper ---- */

static void look(uint64_t v)
{
	/* Zero: the sink, or a page that its owner just got. */
	if (v && v - GTAG >= s.k->all)
		bad("read what is not the granter's", v, 0);
}

/* The page of a reference that is taken back; they lie at both ends of a region's runs, or all over what is large. */
static unsigned page_of(unsigned ref)
{
	return s.k->order ? ref * (s.k->pages / REFS) + ref % 3 : ref;
}

/* A slot of a place of a vCPU's, which may be anything. */
static unsigned some_slot(unsigned vcpu, uint64_t *rand)
{
	unsigned place = vcpu * s.areas + draw(rand, s.areas);

	return s.k->order ? place * s.k->pages + page_of(draw(rand, REFS)) + draw(rand, 2) : place;
}

/* By a vCPU or the device, at a slot that may be anything. */
static void touch(struct hv_vcpu *v, unsigned slot, bool dev, uint64_t *rand)
{
	uint64_t addr = hv_guest_map_addr(s.m, slot);
	/* A PV domain's device: by the machine address that it was told, whatever became of it. */
	uint64_t dfn = s.pv ? get(&s.bus[slot]) : addr >> HV_PAGE_SHIFT;

	stale_touch(s.m, dev ? NULL : v, addr, dfn, WRITTEN | slot, &s.seen, rand);
}

static void slow(struct hv_vcpu *v, unsigned slot, uint64_t *rand)
{
	stale_slow(s.host, v, hv_guest_map_addr(s.m, slot), &s.seen, rand);
}

struct mapper {
	unsigned n; /* its vCPU */
	uint64_t rand;
	grant_v3_handle_t h[SLOTS];
};

static void map(struct mapper *w, struct hv_vcpu *v, uint8_t *a, unsigned i)
{
	struct gnttab_v3_map m = {
		.ref = draw(&w->rand, REFS),
		.addr = hv_guest_map_addr(s.m,
					  (w->n * s.areas + i) * (s.k->order ? s.k->pages : 1)),
		.tree = s.tree,
		.count = 1,
		.dom = hv_domain_id(s.g),
		.flags = (draw(&w->rand, 2) ? V3_HOLE : V3_SINK) | GNTV3_ACCEPT_READONLY
	};

	if (s.k->order) {
		m.ref = 0;
		m.count = s.k->pages;
		m.flags |= GNTV3_ACCEPT_2M | GNTV3_ACCEPT_1G;
		/* Sinks in the place of 2M are for who has paid. */
		if (s.k->order == 18 || !draw(&w->rand, 2))
			m.flags |= GNTV3_ACCEPT_HOLE;
		else
			m.flags |= GNTV3_RESERVE;
	}
	/* Now and then a range: lists above the lowest. */
	if (!s.k->order && i + 4 <= SLOTS && !w->h[i + 1] && !w->h[i + 2] && !w->h[i + 3] &&
	    !draw(&w->rand, 4))
		m.count = 1 + draw(&w->rand, 4);
	if (!s.k->order && m.ref + m.count > REFS)
		m.count = 1;
	/* For its device there is no sink. */
	if (s.pv && s.device)
		m.flags |= GNTV3_ACCEPT_HOLE;
	v3_op(v, a, GNTTABOP_v3_map, &m, sizeof(m), &m.status);
	if (m.status != GNTST_okay && m.status != GNTST_bad_gntref && m.status != GNTST_no_space &&
	    m.status != GNTST_permission_denied && m.status != GNTST_eagain &&
	    m.status != GNTST_bad_page && m.status != GNTST_bad_virt_addr)
		bad("a map gives", (uint64_t)(int64_t)m.status, m.ref);
	w->h[i] = m.handle;
	if (m.done)
		set(&s.bus[w->n * SLOTS + i], m.dev_bus_addr >> HV_PAGE_SHIFT);
	__atomic_fetch_add(&s.maps, m.done, __ATOMIC_RELAXED);
	__atomic_fetch_add(&s.large, m.large, __ATOMIC_RELAXED);
}

static void *mapper(void *arg)
{
	struct mapper *w = arg;
	struct hv_vcpu *v = hv_domain_vcpu(s.m, w->n);
	uint8_t *a = args(s.m, w->n);

	while (!get(&s.stop)) {
		unsigned i = draw(&w->rand, s.areas);

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
			touch(v, some_slot(w->n, &w->rand), false, &w->rand);
		/* More threads than cores: a revoke waits for who was put aside in an access. */
		if (!draw(&w->rand, 4))
			sched_yield();
	}
	return NULL;
}

/* By a reference, either way: from its first word, to where the mapper writes. */
static void copies(struct hv_vcpu *v, unsigned vcpu, uint64_t *rand)
{
	struct gnttab_v3_copy c = { .len = 8 };
	struct gnttab_v3_copy_end ref = { .where = page_of(draw(rand, REFS)),
					  .tree = s.tree,
					  .dom = hv_domain_id(s.g) },
				  own = { .where = hv_guest_frame(s.m, 0), .dom = DOMID_SELF };
	uint64_t *p = hv_guest_frame_ptr(s.m, own.where);

	if (draw(rand, 2)) {
		c.source = ref;
		c.dest = own;
		c.flags = GNTV3_COPY_SOURCE;
		set(p, 0ull);
	} else {
		c.source = own;
		c.dest = ref;
		c.dest.offset = WHERE;
		c.flags = GNTV3_COPY_DEST;
		set(p, WRITTEN);
	}
	v3_op(v, args(s.m, vcpu), GNTTABOP_v3_copy, &c, sizeof(c), &c.status);
	if (c.status == GNTST_okay && c.flags == GNTV3_COPY_SOURCE)
		look(get(p));
	else if (c.status != GNTST_okay && c.status != GNTST_bad_gntref &&
		 c.status != GNTST_permission_denied && c.status != GNTST_eagain &&
		 c.status != GNTST_bad_page)
		bad("a copy gives", (uint64_t)(int64_t)c.status, ref.where);
	s.copies += c.status == GNTST_okay;
}

/* A vCPU that only looks and copies, at what all others map, and the device. */
static void *looker(void *arg)
{
	struct mapper *w = arg;
	struct hv_vcpu *v = hv_domain_vcpu(s.m, w->n);

	while (!get(&s.stop)) {
		unsigned slot = some_slot(draw(&w->rand, 2), &w->rand);

		touch(v, slot, false, &w->rand);
		if (!draw(&w->rand, 2))
			slow(v, slot, &w->rand);
		if (!draw(&w->rand, 2))
			copies(v, w->n, &w->rand);
		if (s.device)
			touch(v, some_slot(draw(&w->rand, 2), &w->rand), true, &w->rand);
		if (!draw(&w->rand, 4))
			sched_yield();
	}
	return NULL;
}

/* ---- granter and the third ---- */

/* The entry by which a page is granted: of 1G there is one for all. */
static uint64_t *entry(unsigned page)
{
	return &s.node[s.k->order == 18 ? 0 : page];
}

static void publish(unsigned page)
{
	uint64_t *p = hv_guest_frame_ptr(s.g, page);

	set(p, GTAG | page);
	set(entry(page), (s.k->order == 18 ? 0 : (uint64_t)page << GNTV3_PAGE_SHIFT) | GNTV3_LEAF);
}

/* The third domain has the frame for a while: nobody writes there but it. */
static void use_third(uint64_t *rand)
{
	uint64_t gfn = ALL + 16, *p; /* of the third domain, where nothing is */
	unsigned i;

	/* A vCPU that is unmapping may have a reference for a moment longer. */
	for (i = 0; stale_balloon(s.t, gfn, false) != 1; i++) {
		if (i == 100)
			return;
		sched_yield();
	}
	p = hv_guest_frame_ptr(s.t, gfn);
	if (!stale_use(p, TTAG, rand, &i))
		bad("the third domain's page was written", i,
		    __atomic_load_n(&p[i], __ATOMIC_RELAXED));
	s.handed++;
	if (stale_balloon(s.t, gfn, true) != 1)
		bad("the third domain cannot give its page up", 0, 0);
}

static void take_back(unsigned page, uint64_t *rand)
{
	bool all = !draw(rand, s.k->order ? 8 : 16);
	struct gnttab_v3_revoke r = { .ref = page, .count = 1, .tree = s.tree };

	/* Clear, barrier, revoke. */
	__atomic_store_n(entry(page), GNTV3_NOTHING, __ATOMIC_SEQ_CST);
	s.raced += stale_busy(s.m);
	if (all)
		bind();
	else if (s.status && !get((uint8_t *)hv_guest_frame_ptr(s.g, s.status) + page))
		s.spared++;
	else if (v3_op(hv_domain_vcpu(s.g, 0), args(s.g, 0), GNTTABOP_v3_revoke, &r, sizeof(r),
		       &r.status) != GNTST_okay)
		bad("a revoke gives", (uint64_t)(int64_t)r.status, page);
	s.revokes++;
	s.taken += r.pages;
	s.more += !!(r.outcomes & GNTV3_GOT_MORE);
	if (stale_balloon(s.g, page, true) != 1)
		bad("the page cannot be given up", page, 0);
	use_third(rand);
	for (unsigned i = 0; stale_balloon(s.g, page, false) != 1; i++) {
		sched_yield();
		if (get(&s.stop))
			return;
	}
	publish(page);
	if (all)
		ack();
}

/* The page is the granter's alone to write, for a while. What is large loses the right as a whole. */
static void keep_still(unsigned page, uint64_t *rand)
{
	uint64_t *word = (uint64_t *)hv_guest_frame_ptr(s.g, page) + WHERE / 8,
		 mine = draw(rand, 99);

	__atomic_or_fetch(entry(page), GNTV3_READONLY, __ATOMIC_SEQ_CST);
	protect(page, 1, 0);
	for (unsigned i = 0; i < 4; i++) {
		__atomic_store_n(word, mine, __ATOMIC_SEQ_CST);
		if (!draw(rand, 4))
			sched_yield();
		if (__atomic_load_n(word, __ATOMIC_SEQ_CST) != mine)
			bad("a page was written that is read-only", page,
			    __atomic_load_n(word, __ATOMIC_SEQ_CST));
	}
	__atomic_and_fetch(entry(page), ~GNTV3_READONLY, __ATOMIC_SEQ_CST);
	if (s.k->order)
		protect(0, s.k->pages, GNTV3_PROTECT_WRITE);
	else
		protect(page, 1, GNTV3_PROTECT_WRITE);
}

/* What takes long to map is looked at before it goes, or its right does. */
static void wait_for_large(void)
{
	uint64_t before = get(&s.seen.reads);

	for (unsigned i = 0; s.k->order == 18 && i < 20000 && get(&s.seen.reads) == before; i++)
		sched_yield();
}

static void granter(void)
{
	uint64_t rand = 77;

	while (!get(&s.stop) && s.revokes < s.wanted) {
		wait_for_large();
		take_back(page_of(draw(&rand, REFS)), &rand);
		wait_for_large();
		keep_still(page_of(draw(&rand, REFS)), &rand);
		if (!draw(&rand, 4))
			sched_yield();
	}
	set(&s.stop, true);
}

/* ---- set up ---- */

/* The frames between the hypervisor's and a granter that begins at a multiple of 1G are somebody's, too. */
static int fill_gap(void)
{
	uint64_t gap = s.g->first_mfn - HEAP - 2 * ALL;
	struct hv_domain_config c = { .guest = HV_GUEST_TRANSLATED,
				      .pages = (unsigned)gap - ARGS - hv_guest_pt_pages(ARGS),
				      .args_pages = ARGS };
	struct hv_domain *d;

	return s.k->order == 18 ? hv_domain_create(s.host, &c, &d) : 0;
}

static int make(enum hv_iommu_mode iommu, bool pv, bool status)
{
	struct hv_host_config hc = {
		.nr_cpus = 8, .heap_pages = HEAP, .ram_pages = 2 * ALL + s.k->all, .poison = true
	};
	struct hv_domain_config c = { .guest = HV_GUEST_TRANSLATED,
				      .pages = s.k->all - ARGS - hv_guest_pt_pages(ARGS),
				      .args_pages = ARGS };
	/* The nodes are the last of the granter's pages. */
	unsigned node = c.pages - 4;
	struct gnttab_v3_register r = { .levels = (uint8_t)s.k->levels,
					.max_maps = 8,
					.flags = GNTV3_REBINDABLE,
					.root = node };
	int rc;

	if (s.k->order == 18)
		hc.ram_pages = 2 * s.k->pages - HEAP + ALL;
	/* Its nodes are remembered or not: a leaf is read anew either way. */
	c.v3_walk_cache = iommu == HV_IOMMU_SHARED || iommu == HV_IOMMU_BATCHED;
	rc = hv_host_create(&hc, &s.host);
	if (!rc)
		rc = hv_domain_create(s.host, &c, &s.g);
	c.pages = OTHER;
	c.privileged = true;
	if (!rc)
		rc = hv_domain_create(s.host, &c, &s.t);
	c.privileged = false;
	c.map_slots = 2 * s.areas * (s.k->order ? s.k->pages : 1);
	c.vcpus = 3;
	c.iommu = iommu;
	if (pv) {
		/* Its page tables are RAM, and so is the tree's sink. */
		c.guest = HV_GUEST_PV;
		c.pages = ALL - ARGS - TABLES - 1;
	}
	if (!rc)
		rc = hv_domain_create(s.host, &c, &s.m);
	if (!rc)
		rc = fill_gap();
	if (rc)
		return rc;
	s.node = hv_guest_frame_ptr(s.g, node);
	if (s.k->order == 9) {
		set(s.node, (uint64_t)(node + 1) << GNTV3_PAGE_SHIFT | GNTV3_TABLE);
		s.node = hv_guest_frame_ptr(s.g, node + 1);
	}
	for (unsigned i = 0; i < (s.k->order == 9 ? s.k->pages : REFS); i++)
		publish(s.k->order == 9 ? i : page_of(i));
	r.dom = hv_domain_id(s.m);
	rc = v3_op(hv_domain_vcpu(s.g, 0), args(s.g, 0), GNTTABOP_v3_register, &r, sizeof(r),
		   &r.status);
	s.tree = r.tree;
	s.status = status ? node + 2 : 0;
	return rc || !status ? rc : set_status();
}

static void run(const struct kind *k, enum hv_iommu_mode iommu, bool pv, bool status,
		uint64_t revokes)
{
	static const char *const modes[] = { [HV_IOMMU_NONE] = "no IOMMU",
					     [HV_IOMMU_SHARED] = "shared",
					     [HV_IOMMU_STRICT] = "strict",
					     [HV_IOMMU_BATCHED] = "batched" };
	struct mapper w[3] = { { .n = 0, .rand = 1 },
			       { .n = 1, .rand = 2 },
			       { .n = 2, .rand = 3 } };
	char why[200] = "", name[40];
	pthread_t thread[3];
	int rc;

	snprintf(name, sizeof(name), "%s%s, %s%s", pv ? "PV, " : "", k->name, modes[iommu],
		 status ? ", status page" : "");
	memset(&s, 0, sizeof(s));
	s.seen.look = look;
	s.k = k;
	s.areas = k->order ? 2 : SLOTS;
	s.device = iommu != HV_IOMMU_NONE;
	s.pv = pv;
	s.wanted = revokes;
	if (!ok(!make(iommu, pv, status), "%s: set up", name))
		return;
	for (unsigned i = 0; i < 3; i++)
		pthread_create(&thread[i], NULL, i < 2 ? mapper : looker, &w[i]);
	granter();
	for (unsigned i = 0; i < 3; i++)
		pthread_join(thread[i], NULL);
	ok(!s.bad[0], "%s: %lu revokes, and nothing was in reach afterwards %s", name,
	   (unsigned long)s.revokes, s.bad);
	printf("# %s: %lu pages taken away, %lu rights, %lu revokes while the mapper was busy, %lu frames given to another, "
	       "%lu mapped, %lu copied, %lu large entries, %lu that went for a page, %lu read, %lu written\n",
	       name, (unsigned long)s.taken, (unsigned long)s.turned, (unsigned long)s.raced,
	       (unsigned long)s.handed, (unsigned long)s.maps, (unsigned long)s.copies,
	       (unsigned long)s.large, (unsigned long)s.more, (unsigned long)s.seen.reads,
	       (unsigned long)s.seen.writes);
	ok(s.revokes == revokes && (s.spared > revokes / 1000) == status &&
		   s.taken > revokes / 1000 && s.raced > revokes / 1000 &&
		   s.turned > revokes / 500 && s.bound > revokes / 50 && s.handed > revokes / 2 &&
		   s.seen.reads && s.seen.writes && s.copies &&
		   (!k->order || (s.large > revokes / 100 && s.more > revokes / 100)),
	   "%s: it did something", name);
	rc = hv_check(s.host, true, why, sizeof(why));
	ok(!rc && !hv_host_violation(s.host), "%s: invariants %s", name, why);
	/* Nobody looks at it any more, and there may be gigabytes of it. */
	s.host->cfg.poison = false;
	hv_host_destroy(s.host);
}

int main(int argc, char **argv)
{
	uint64_t revokes = argc > 1 ? strtoull(argv[1], NULL, 0) : 24000;

	for (unsigned iommu = HV_IOMMU_NONE; iommu <= HV_IOMMU_BATCHED; iommu++) {
		run(&by_4k, iommu, false, false, revokes / 8);
		run(&by_4k, iommu, false, true, revokes / 8);
		run(&by_2m, iommu, false, false, revokes / 16);
		if (iommu != HV_IOMMU_SHARED)
			run(&by_4k, iommu, true, false, revokes / 8);
	}
	for (unsigned iommu = HV_IOMMU_NONE; iommu <= HV_IOMMU_STRICT; iommu++)
		run(&by_1g, iommu, false, false, revokes / 800);
	return tap_done();
}
