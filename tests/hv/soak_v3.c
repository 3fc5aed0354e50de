// SPDX-License-Identifier: GPL-2.0-only
/*
 * Grant tables version 3 by threads: a granter of two vCPUs publishes, revokes, registers and lets go of trees; a mapper
 * of two maps and unmaps by whatever name it is told; and a toolstack makes and kills domains that are granter and mapper
 * to both. A page carries its owner's number, which is what a mapper has to find there.
 */
#include "fixture.h"
#include "grant_v3.h"
#include "soak.h"

#include <pthread.h>
#include <sched.h>

#define REFS   32
#define NODE   (SOAK_PAGES - 1)
#define TREES  4
#define MOVES  3000
#define SLOTS  16
#define STATUS 40 /* pages of a granter's */
#define NOTICE 41
#define INTO   50 /* and of a mapper's, one for each vCPU */
#define ACCEPT (GNTV3_ACCEPT_HOLE | GNTV3_ACCEPT_SINK)

/* A tree as its granter tells of it: name << 16 | domain; 0: there is none. */
static uint64_t told[TREES + 1];
static bool mapped_all; /* the mappers have done what they do */

struct v3_vcpu {
	struct hv_domain *d;
	unsigned n;
	uint64_t rand;
	unsigned done, taken, copied;
	char bad[100];
};

static unsigned draw(struct v3_vcpu *w, unsigned n)
{
	return (unsigned)(hv_soak_random(&w->rand) >> 20) % n;
}

static void *args(const struct v3_vcpu *w)
{
	return (uint8_t *)hv_guest_args(w->d, &(size_t){ 0 }) + 4096 * w->n;
}

static uint64_t *node(struct hv_domain *d)
{
	return hv_guest_frame_ptr(d, hv_guest_frame(d, NODE));
}

static void publish(struct hv_domain *d, unsigned ref)
{
	set(&node(d)[ref], hv_guest_frame(d, ref) << GNTV3_PAGE_SHIFT | GNTV3_LEAF);
}

static grant_v3_tree_t do_register(struct v3_vcpu *w, unsigned dom)
{
	struct gnttab_v3_register *r = args(w);

	*r = (struct gnttab_v3_register){
		.dom = (uint16_t)dom, .levels = 1, .max_maps = 4, .root = hv_guest_frame(w->d, NODE)
	};
	hv_grant_table_op(hv_domain_vcpu(w->d, w->n), GNTTABOP_v3_register, r, 1);
	return r->status == GNTST_okay ? r->tree : 0;
}

/* Two vCPUs may do it at once: one of them finds nothing, or that it is done. */
static void do_unregister(struct v3_vcpu *w, uint64_t name)
{
	struct gnttab_v3_unregister *u = args(w);

	*u = (struct gnttab_v3_unregister){ .tree = (grant_v3_tree_t)(name >> 16) };
	hv_grant_table_op(hv_domain_vcpu(w->d, w->n), GNTTABOP_v3_unregister, u, 1);
	if (u->status != GNTST_okay && u->status != GNTST_bad_gntref)
		snprintf(w->bad, sizeof(w->bad), "unregister gives %d", u->status);
}

/* Status and notice page, or one, or none; the same pages for all of its trees. */
static void do_notify(struct v3_vcpu *w, uint64_t name)
{
	struct gnttab_v3_notify_setup *n = args(w);
	unsigned which = draw(w, 4);

	*n = (struct gnttab_v3_notify_setup){ .tree = (grant_v3_tree_t)(name >> 16) };
	if (which & 1)
		n->status_frame = hv_guest_frame(w->d, STATUS);
	if (which & 2) {
		n->notice_frame = hv_guest_frame(w->d, NOTICE);
		n->port = 1;
	}
	hv_grant_table_op(hv_domain_vcpu(w->d, w->n), GNTTABOP_v3_notify_setup, n, 1);
	if (n->status != GNTST_okay && n->status != GNTST_bad_gntref)
		snprintf(w->bad, sizeof(w->bad), "notify_setup gives %d", n->status);
}

static void *granter(void *arg)
{
	struct gnttab_v3_revoke *r;
	struct v3_vcpu *w = arg;

	while (!get(&mapped_all) && !w->bad[0]) {
		unsigned k = draw(w, TREES), ref = draw(w, REFS);
		uint64_t name = get(&told[k]);

		if (!name) {
			grant_v3_tree_t t = do_register(w, 1 + draw(w, 3));

			if (t)
				set(&told[k], (uint64_t)t << 16 | hv_domain_id(w->d));
		} else if (!draw(w, 16)) {
			if (draw(w, 2))
				set(&told[k], 0ull);
			do_unregister(w, name);
			set(&told[k], 0ull);
		} else if (!draw(w, 16)) {
			do_notify(w, name);
		} else {
			__atomic_store_n(&node(w->d)[ref], GNTV3_NOTHING, __ATOMIC_SEQ_CST);
			r = args(w);
			*r = (struct gnttab_v3_revoke){ .ref = ref,
							.count = 1 + draw(w, 8),
							.tree = (grant_v3_tree_t)(name >> 16) };
			hv_grant_table_op(hv_domain_vcpu(w->d, w->n), GNTTABOP_v3_revoke, r, 1);
			w->taken += r->pages;
			publish(w->d, ref);
		}
		if (!draw(w, 2))
			sched_yield();
	}
	return NULL;
}

struct v3_map {
	grant_v3_handle_t handle;
	grant_v3_tree_t tree;
	uint16_t dom;
};

static void unmap(struct v3_vcpu *w, struct v3_map *m)
{
	struct gnttab_v3_unmap *u = args(w);

	*u = (struct gnttab_v3_unmap){ .tree = m->tree, .handle = m->handle, .dom = m->dom };
	hv_grant_table_op(hv_domain_vcpu(w->d, w->n), GNTTABOP_v3_unmap, u, 1);
	/* Only what it has mapped and not unmapped is asked for: that is there, whoever of the others died. */
	if (u->status != GNTST_okay)
		snprintf(w->bad, sizeof(w->bad), "unmap of %u, tree %#x of d%u gives %d", m->handle,
			 m->tree, m->dom, u->status);
	m->handle = 0;
}

static void map(struct v3_vcpu *w, unsigned i, struct v3_map *to)
{
	uint64_t name = get(&told[draw(w, TREES + 1)]), tag;
	struct gnttab_v3_map *m = args(w);
	uint64_t addr = hv_guest_map_addr(w->d, w->n * SLOTS + i);

	if (!name)
		return;
	*m = (struct gnttab_v3_map){ .ref = draw(w, REFS),
				     .addr = addr,
				     .count = 1,
				     .tree = (grant_v3_tree_t)(name >> 16),
				     .dom = (uint16_t)name };
	m->flags = (uint16_t)(GNTV3_MAP_HOST | GNTV3_MAP_READONLY |
			      (draw(w, 4) ? ACCEPT & ~(draw(w, 2) << 4) : 0));
	hv_grant_table_op(hv_domain_vcpu(w->d, w->n), GNTTABOP_v3_map, m, 1);
	if (!m->done)
		return;
	*to = (struct v3_map){ m->handle, m->tree, m->dom };
	w->done++;
	/* Its owner's, the sink's zero, or nothing any more. */
	if (!hv_guest_access(hv_domain_vcpu(w->d, w->n), addr, 0, &tag, 8, false) && tag &&
	    tag != SOAK_TAG(to->dom))
		snprintf(w->bad, sizeof(w->bad), "a page of d%u holds %#lx", to->dom,
			 (unsigned long)tag);
}

/* By a reference that is told: what arrives is its granter's. */
static void copies(struct v3_vcpu *w)
{
	uint64_t name = get(&told[draw(w, TREES + 1)]), tag;
	struct gnttab_v3_copy *c = args(w);

	if (!name)
		return;
	*c = (struct gnttab_v3_copy){ .source = { .where = draw(w, REFS),
						  .tree = (grant_v3_tree_t)(name >> 16),
						  .dom = (uint16_t)name },
				      .dest = { .where = hv_guest_frame(w->d, INTO + w->n),
						.dom = DOMID_SELF },
				      .len = 8,
				      .flags = GNTV3_COPY_SOURCE };
	hv_grant_table_op(hv_domain_vcpu(w->d, w->n), GNTTABOP_v3_copy, c, 1);
	if (c->status != GNTST_okay)
		return;
	w->copied++;
	tag = get((uint64_t *)hv_guest_frame_ptr(w->d, hv_guest_frame(w->d, INTO + w->n)));
	if (tag != SOAK_TAG((uint16_t)name))
		snprintf(w->bad, sizeof(w->bad), "a copy from d%u gives %#lx", (uint16_t)name,
			 (unsigned long)tag);
}

static void *mapper(void *arg)
{
	struct v3_map have[SLOTS] = { { 0 } };
	struct v3_vcpu *w = arg;

	for (unsigned n = 0; n < MOVES && !w->bad[0]; n++) {
		unsigned i = draw(w, SLOTS);

		if (have[i].handle)
			unmap(w, &have[i]);
		else
			map(w, i, &have[i]);
		if (!draw(w, 4))
			copies(w);
		if (!draw(w, 2))
			sched_yield();
	}
	return NULL;
}

static struct hv_domain *make(struct hv_host *host, enum hv_guest guest, unsigned vcpus,
			      enum hv_iommu_mode iommu)
{
	struct hv_domain_config c = { .guest = guest,
				      .pages = SOAK_PAGES,
				      .vcpus = vcpus,
				      .map_slots = 2 * SLOTS,
				      .iommu = iommu };
	struct hv_domain *d;

	if (hv_domain_create(host, &c, &d))
		return NULL;
	for (unsigned i = 0; i < SOAK_PAGES; i++)
		set((uint64_t *)hv_guest_frame_ptr(d, hv_guest_frame(d, i)),
		    SOAK_TAG(hv_domain_id(d)));
	for (unsigned i = 1; i < REFS; i++)
		publish(d, i);
	return d;
}

struct mortals {
	struct hv_host *host;
	bool over, pv;
	unsigned killed, mapped;
};

/* Domains that grant to the mapper, map from the granter, and die with all of it. */
static void *mortal(void *arg)
{
	struct mortals *t = arg;

	for (unsigned n = 1; !get(&t->over); n++) {
		struct v3_map have[SLOTS] = { { 0 } };
		struct v3_vcpu w = { .rand = n };

		if (t->pv && n % 4 < 2)
			w.d = make(t->host, HV_GUEST_PV, 1,
				   n % 2 ? HV_IOMMU_NONE : HV_IOMMU_STRICT);
		else
			w.d = make(t->host, HV_GUEST_TRANSLATED, 1,
				   n % 2 ? HV_IOMMU_NONE : HV_IOMMU_SHARED);
		if (!w.d)
			continue;
		set(&told[TREES], (uint64_t)do_register(&w, 1) << 16 | hv_domain_id(w.d));
		do_notify(&w, get(&told[TREES]));
		for (unsigned i = 0; i < SLOTS; i++) {
			map(&w, i, &have[i]);
			if (!draw(&w, 4))
				sched_yield();
		}
		t->mapped += w.done;
		set(&told[TREES], 0ull);
		hv_domain_kill(w.d);
		t->killed++;
	}
	return NULL;
}

const char *hv_trees(bool pv)
{
	static char why[200];
	struct hv_host_config c = { .nr_cpus = 12,
				    .heap_pages = 2048,
				    .ram_pages = 4096,
				    .poison = true,
				    .preempt_every = 3 };
	struct mortals t = { .pv = pv };
	struct v3_vcpu w[4];
	pthread_t thread[4], killer;

	memset(told, 0, sizeof(told));
	mapped_all = false;
	if (hv_host_create(&c, &t.host))
		return "no host";
	for (unsigned i = 0; i < 4; i++) {
		w[i] = (struct v3_vcpu){ .n = i % 2, .rand = i + 99 };
		w[i].d = i % 2 ? w[i - 1].d
			       : make(t.host, pv && i ? HV_GUEST_PV : HV_GUEST_TRANSLATED, 2,
				      i ? HV_IOMMU_STRICT : HV_IOMMU_NONE);
		if (!w[i].d)
			return "no domains";
	}
	for (unsigned i = 0; i < 4; i++)
		pthread_create(&thread[i], NULL, i < 2 ? granter : mapper, &w[i]);
	pthread_create(&killer, NULL, mortal, &t);
	pthread_join(thread[2], NULL);
	pthread_join(thread[3], NULL);
	set(&mapped_all, true);
	pthread_join(thread[0], NULL);
	pthread_join(thread[1], NULL);
	set(&t.over, true);
	pthread_join(killer, NULL);
	printf("# %u and %u pages mapped, %u copied, %u taken away, %u domains killed that had mapped %u\n",
	       w[2].done, w[3].done, w[2].copied + w[3].copied, w[0].taken + w[1].taken, t.killed,
	       t.mapped);
	for (unsigned i = 0; i < 4 && !why[0]; i++)
		memcpy(why, w[i].bad, sizeof(w[i].bad));
	if (!why[0] && (!w[2].done || !w[3].done || !w[2].copied || !(w[0].taken + w[1].taken) ||
			!t.killed || !t.mapped))
		snprintf(why, sizeof(why), "too little was done");
	if (!why[0])
		hv_check(t.host, true, why, sizeof(why));
	if (!why[0] && hv_host_violation(t.host))
		snprintf(why, sizeof(why), "%s", hv_host_violation(t.host));
	hv_host_destroy(t.host);
	return why[0] ? why : NULL;
}
