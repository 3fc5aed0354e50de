// SPDX-License-Identifier: GPL-2.0-only
/*
 * Threads at work on one host: two domains of two vCPUs each map, unmap, copy, grow, balloon,
 * change versions and touch memory, while a toolstack thread makes and kills a granter and a
 * mapper. Between epochs everything stops and hv_check() looks. In even epochs guests keep to the
 * protocol, so the marks in their tables are checked too. Built with -fsanitize=thread it is also
 * the test for data races.
 *
 *   hv_soak [SECONDS [SEED]]
 */
#include "fixture.h"
#include "soak.h"

#include <pthread.h>
#include <sched.h>
#include <time.h>

#define PAGES SOAK_PAGES
#define SLOTS 64 /* of each vCPU */
#define REFS  SOAK_REFS
#define GIVEN (~0u)
#define RW    GNTMAP_host_map
#define RO    (GNTMAP_host_map | GNTMAP_readonly)

struct guest {
	struct hv_domain *d;
	unsigned id;
	bool translated;
	bool device;
	uint8_t *table; /* first shared frame */
	unsigned version;
	/* Slot and handle that the other vCPU shall unmap: 1 << 63 | slot << 32 | handle. */
	uint64_t handed[2];
};

struct worker {
	pthread_t thread;
	struct guest *g;
	struct hv_vcpu *v;
	unsigned n; /* of the vCPU */
	uint64_t rand;
	uint8_t *args;
	uint32_t handle[SLOTS];
	unsigned from[SLOTS]; /* domain + 1; 0: not mapped; GIVEN: the other vCPU is to unmap it */
	bool ro[SLOTS];
	uint64_t frame[PAGES / 2];
	uint64_t ops, mapped;
	char bad[120];
};

static struct hv_host *host;
static struct guest guest[2];
static struct worker worker[4];
static struct hv_soak_tool tool;
static bool stop, polite;

static unsigned draw(struct worker *w, unsigned n)
{
	return (unsigned)(hv_soak_random(&w->rand) >> 16) % n;
}

/* ---- what a guest does ---- */

/* End access as the protocol says; false while it is in use. */
static bool take_back(uint8_t *table, unsigned version, unsigned ref)
{
	uint16_t *flags = (uint16_t *)(table + ref * (version == 1 ? 8 : 16)), f = get(flags);

	if (f & (GTF_reading | GTF_writing))
		return false;
	return __atomic_compare_exchange_n(flags, &f, 0, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
}

static void publish(struct worker *w)
{
	struct guest *g = w->g;
	unsigned version = get(&g->version), ref = 8 + w->n * REFS + draw(w, REFS), to = draw(w, 4);
	uint64_t frame = w->frame[draw(w, PAGES / 2)];

	/*
	 * In version 2 use is marked elsewhere, and only an entry never used again is safe to
	 * write.
	 */
	if (frame == HV_INVALID || (version == 2 && polite) || !take_back(g->table, version, ref))
		return;
	hv_soak_entry(g->table, version, ref, GTF_permit_access | (draw(w, 4) ? 0 : GTF_readonly),
		      (domid_t)to, frame);
}

static void do_unmap(struct worker *w, unsigned slot, uint32_t handle)
{
	struct gnttab_unmap_grant_ref *op = (struct gnttab_unmap_grant_ref *)w->args;

	*op = (struct gnttab_unmap_grant_ref){ .host_addr = hv_guest_map_addr(w->g->d, slot),
					       .handle = handle };
	hv_grant_table_op(w->v, GNTTABOP_unmap_grant_ref, op, 1);
	if (op->status)
		snprintf(w->bad, sizeof(w->bad), "unmap of handle %u: %d", handle, op->status);
}

static void map(struct worker *w)
{
	struct gnttab_map_grant_ref *op = (struct gnttab_map_grant_ref *)w->args;
	unsigned n = 1 + draw(w, 4), s = draw(w, SLOTS), at[4], count = 0;

	for (unsigned i = 0; i < SLOTS && count < n; i++, s = (s + 1) % SLOTS) {
		unsigned from = draw(w, 3);

		if (w->from[s] || (from == w->g->id && w->g->translated))
			continue;
		op[count] = (struct gnttab_map_grant_ref){ .host_addr = hv_guest_map_addr(
								   w->g->d, w->n * SLOTS + s),
							   .flags = draw(w, 2) ? RW : RO,
							   .dom = (domid_t)from,
							   .ref = 8 + draw(w, 2 * REFS) };
		w->ro[s] = op[count].flags == RO;
		at[count++] = s;
	}
	if (!count)
		return;
	hv_grant_table_op(w->v, GNTTABOP_map_grant_ref, op, count);
	for (unsigned i = 0; i < count; i++) {
		if (op[i].status)
			continue;
		w->handle[at[i]] = op[i].handle;
		w->from[at[i]] = op[i].dom + 1u;
		w->mapped++;
	}
}

static void unmap(struct worker *w)
{
	unsigned s = draw(w, SLOTS), slot;
	uint64_t h = __atomic_exchange_n(&w->g->handed[w->n], 0, __ATOMIC_ACQ_REL);

	if (h)
		do_unmap(w, (unsigned)(h >> 32) & 0xffff, (uint32_t)h);
	for (unsigned i = 0; i < SLOTS && (!w->from[s] || w->from[s] == GIVEN); i++)
		s = (s + 1) % SLOTS;
	if (!w->from[s] || w->from[s] == GIVEN)
		return;
	slot = w->n * SLOTS + s;
	w->from[s] = 0;
	/* Now and then the other vCPU unmaps it; until then its slot of ours is taken by nobody. */
	if (!draw(w, 4)) {
		uint64_t none = 0, give = 1ull << 63 | (uint64_t)slot << 32 | w->handle[s];

		if (__atomic_compare_exchange_n(&w->g->handed[!w->n], &none, give, false,
						__ATOMIC_ACQ_REL, __ATOMIC_RELAXED)) {
			w->from[s] = GIVEN;
			return;
		}
	}
	do_unmap(w, slot, w->handle[s]);
}

/* Slots that were handed over are free again once the other one took them. */
static void reclaim(struct worker *w)
{
	if (get(&w->g->handed[!w->n]))
		return;
	for (unsigned s = 0; s < SLOTS; s++) {
		uint8_t byte;

		if (w->from[s] == GIVEN &&
		    hv_guest_access(w->v, hv_guest_map_addr(w->g->d, w->n * SLOTS + s), 0, &byte, 1,
				    false))
			w->from[s] = 0;
	}
}

static void touch(struct worker *w)
{
	unsigned s = draw(w, SLOTS);
	uint64_t addr = hv_guest_map_addr(w->g->d, w->n * SLOTS + s), v = w->rand;
	bool there = w->from[s] && w->from[s] != GIVEN;
	int rc;

	if (w->from[s] == GIVEN)
		return;
	if (there && !w->ro[s] && draw(w, 2)) {
		rc = hv_guest_access(w->v, addr, 64 + 8 * draw(w, 32), &v, 8, true);
	} else {
		rc = hv_guest_access(w->v, addr, 0, &v, 8, false);
		/* Zero: a page that its owner just got and has not tagged yet. */
		if (!rc && v && v != SOAK_TAG(w->from[s] - 1))
			snprintf(w->bad, sizeof(w->bad),
				 "domain %u reads %#lx through its mapping of domain %u's page",
				 w->g->id, (unsigned long)v, w->from[s] - 1);
	}
	if (!rc != there)
		snprintf(w->bad, sizeof(w->bad), "domain %u slot %u: access gives %d", w->g->id, s,
			 rc);
	if (w->g->device && w->g->translated && there) {
		rc = hv_device_access(w->g->d, addr >> 12, 0, &v, 8, false);
		if (rc || (v && v != SOAK_TAG(w->from[s] - 1)))
			snprintf(w->bad, sizeof(w->bad), "domain %u: device access gives %d, %#lx",
				 w->g->id, rc, (unsigned long)v);
	}
}

static void copy(struct worker *w)
{
	struct gnttab_copy *op = (struct gnttab_copy *)w->args;
	unsigned n = 1 + draw(w, 3);

	for (unsigned i = 0; i < n; i++) {
		uint64_t frame = w->frame[draw(w, PAGES / 2)];

		op[i] = (struct gnttab_copy){ .source.u.ref = 8 + draw(w, 2 * REFS),
					      .source.domid = (domid_t)draw(w, 3),
					      .source.offset = 64,
					      .dest.u.gmfn = frame,
					      .dest.domid = DOMID_SELF,
					      .dest.offset = (uint16_t)(64 + 64 * draw(w, 8)),
					      .len = 64,
					      .flags = GNTCOPY_source_gref };
	}
	hv_grant_table_op(w->v, GNTTABOP_copy, op, n);
}

static void balloon(struct worker *w)
{
	struct xen_memory_reservation r = { .domid = DOMID_SELF, .nr_extents = 1 };
	unsigned i = draw(w, PAGES / 2);
	bool out = w->frame[i] != HV_INVALID;
	uint64_t *list = (uint64_t *)(w->args + 1024), *p;

	*list = out ? w->frame[i] : w->n * (PAGES / 2) + i;
	set_xen_guest_handle(r.extent_start, (xen_pfn_t *)list);
	memcpy(w->args, &r, sizeof(r));
	if (hv_memory_op(w->v, out ? XENMEM_decrease_reservation : XENMEM_populate_physmap,
			 w->args) != 1)
		return;
	w->frame[i] = out ? HV_INVALID : *list;
	p = out ? NULL : hv_guest_frame_ptr(w->g->d, *list);
	if (p)
		__atomic_store_n(p, SOAK_TAG(w->g->id), __ATOMIC_RELAXED);
}

static void table(struct worker *w)
{
	struct gnttab_setup_table *s = (struct gnttab_setup_table *)w->args;
	struct gnttab_set_version *v = (struct gnttab_set_version *)w->args;
	struct gnttab_swap_grant_ref *x = (struct gnttab_swap_grant_ref *)w->args;
	struct xen_add_to_physmap *a = (struct xen_add_to_physmap *)w->args;

	switch (draw(w, 8)) {
	case 0:
		if (polite)
			return;
		v->version = 1 + draw(w, 2);
		hv_grant_table_op(w->v, GNTTABOP_set_version, v, 1);
		set(&w->g->version, v->version);
		return;
	case 1:
		*s = (struct gnttab_setup_table){ .dom = DOMID_SELF, .nr_frames = 1 + draw(w, 4) };
		set_xen_guest_handle(s->frame_list, (xen_pfn_t *)(w->args + 1024));
		hv_grant_table_op(w->v, GNTTABOP_setup_table, s, 1);
		return;
	case 2:
		*x = (struct gnttab_swap_grant_ref){ 8 + draw(w, 2 * REFS), 8 + draw(w, 2 * REFS),
						     0 };
		hv_grant_table_op(w->v, GNTTABOP_swap_grant_ref, x, 1);
		return;
	case 3:
		if (!w->g->translated)
			return;
		*a = (struct xen_add_to_physmap){ .domid = DOMID_SELF,
						  .space = XENMAPSPACE_grant_table,
						  .idx = draw(w, 3) };
		a->gpfn = HV_GFN_GRANT_BASE + a->idx + 8 * draw(w, 2);
		a->idx |= draw(w, 2) ? 0x80000000u : 0;
		a->gpfn += a->idx & 0x80000000u ? 64 : 0;
		hv_memory_op(w->v, XENMEM_add_to_physmap, a);
		return;
	default:
		*(struct gnttab_query_size *)w->args =
			(struct gnttab_query_size){ .dom = DOMID_SELF };
		hv_grant_table_op(w->v, GNTTABOP_query_size, w->args, 1);
	}
}

static void *work(void *arg)
{
	struct worker *w = arg;

	while (!get(&stop) && !w->bad[0]) {
		unsigned b = draw(w, 64);

		if (b < 16)
			map(w);
		else if (b < 28)
			unmap(w);
		else if (b < 44)
			touch(w);
		else if (b < 50)
			copy(w);
		else if (b < 58)
			publish(w);
		else if (b < 60)
			balloon(w);
		else if (b < 62)
			reclaim(w);
		else
			table(w);
		w->ops++;
	}
	return NULL;
}

/* ---- epochs ---- */

static int make_guest(unsigned i, enum hv_guest kind, enum hv_iommu_mode iommu)
{
	struct hv_domain_config c = { .guest = kind,
				      .iommu = iommu,
				      .pages = PAGES,
				      .vcpus = 2,
				      .map_slots = 2 * SLOTS,
				      .max_grant_frames = 4,
				      .max_maptrack_frames = 2,
				      .flush = i & 1 ? HV_FLUSH_PER_HYPERCALL
						     : HV_FLUSH_PER_MAPPING };
	struct guest *g = &guest[i];
	uint64_t f = HV_GFN_GRANT_BASE + 40;
	size_t bytes;
	uint8_t *args;
	int rc = hv_domain_create(host, &c, &g->d);

	if (rc)
		return rc;
	g->id = hv_domain_id(g->d);
	g->translated = kind == HV_GUEST_TRANSLATED;
	g->device = iommu != HV_IOMMU_NONE;
	g->version = 1;
	g->handed[0] = g->handed[1] = 0;
	args = hv_guest_args(g->d, &bytes);
	if (g->translated) {
		struct xen_add_to_physmap a = { .domid = DOMID_SELF,
						.space = XENMAPSPACE_grant_table,
						.gpfn = f };

		memcpy(args, &a, sizeof(a));
		rc = (int)hv_memory_op(hv_domain_vcpu(g->d, 0), XENMEM_add_to_physmap, args);
	} else {
		struct gnttab_setup_table s = { .dom = DOMID_SELF, .nr_frames = 1 };

		set_xen_guest_handle(s.frame_list, (xen_pfn_t *)(args + 1024));
		memcpy(args, &s, sizeof(s));
		rc = (int)hv_grant_table_op(hv_domain_vcpu(g->d, 0), GNTTABOP_setup_table, args, 1);
		memcpy(&f, args + 1024, 8);
	}
	g->table = hv_guest_frame_ptr(g->d, f);
	for (unsigned k = 0; k < PAGES; k++)
		*(uint64_t *)hv_guest_frame_ptr(g->d, hv_guest_frame(g->d, k)) = SOAK_TAG(g->id);
	for (unsigned n = 0; n < 2; n++) {
		struct worker *w = &worker[2 * i + n];

		memset(w->from, 0, sizeof(w->from));
		w->g = g;
		w->v = hv_domain_vcpu(g->d, n);
		w->n = n;
		w->args = args + 4096 * (1 + n);
		for (unsigned k = 0; k < PAGES / 2; k++)
			w->frame[k] = hv_guest_frame(g->d, n * (PAGES / 2) + k);
	}
	return g->table ? rc : -EINVAL;
}

static void epoch(unsigned n, double seconds)
{
	static const enum hv_iommu_mode modes[] = { HV_IOMMU_NONE, HV_IOMMU_STRICT, HV_IOMMU_SHARED,
						    HV_IOMMU_BATCHED };
	struct hv_host_config c = {
		.nr_cpus = 16, .heap_pages = 2048, .ram_pages = 8192, .poison = true
	};
	enum hv_iommu_mode mode = modes[n / 2 % 4];
	struct timespec t = { (time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9) };
	pthread_t thread;
	uint64_t ops = 0, mapped = 0;
	char why[200] = "";
	bool bad = false;
	int rc;

	polite = n % 2 == 0;
	c.preempt_every = n % 3 ? 7 : 0;
	c.seed = n + 1;
	rc = hv_host_create(&c, &host);
	if (!rc)
		rc = make_guest(0, HV_GUEST_TRANSLATED, mode);
	if (!rc)
		rc = make_guest(1, n % 4 ? HV_GUEST_PV : HV_GUEST_TRANSLATED,
				mode == HV_IOMMU_SHARED ? HV_IOMMU_NONE : mode);
	if (!ok(!rc, "epoch %u: set up (%d)", n, rc))
		return;
	stop = false;
	for (unsigned i = 0; i < 4; i++) {
		worker[i].ops = worker[i].mapped = 0;
		pthread_create(&worker[i].thread, NULL, work, &worker[i]);
	}
	tool.host = host;
	tool.stop = &stop;
	pthread_create(&thread, NULL, hv_soak_toolstack, &tool);
	nanosleep(&t, NULL);
	set(&stop, true);
	for (unsigned i = 0; i < 4; i++) {
		pthread_join(worker[i].thread, NULL);
		ops += worker[i].ops;
		mapped += worker[i].mapped;
		if (worker[i].bad[0]) {
			printf("# %s\n", worker[i].bad);
			bad = true;
			worker[i].bad[0] = 0;
		}
	}
	pthread_join(thread, NULL);
	ok(!bad, "epoch %u: what guests and devices saw", n);
	rc = hv_check(host, polite, why, sizeof(why));
	ok(!rc && !hv_host_violation(host), "epoch %u, %s guests: invariants %s", n,
	   polite ? "polite" : "rude", why);
	printf("# epoch %u: %lu actions, %lu mapped, %u domains made, %u killed\n", n,
	       (unsigned long)ops, (unsigned long)mapped, tool.made, tool.killed);
	ok(mapped > 100 && tool.killed > 1, "epoch %u: it did something", n);
	hv_host_destroy(host);
}

int main(int argc, char **argv)
{
	double seconds = argc > 1 ? atof(argv[1]) : 4;
	uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;
	const char *why;

	for (unsigned i = 0; i < 4; i++)
		worker[i].rand = (seed + i + 1) * 0x9e3779b97f4a7c15ull;
	tool.rand = (seed + 77) * 0x9e3779b97f4a7c15ull;
	for (unsigned n = 0; n < 8; n++)
		epoch(n, seconds / 8);
	ok(!hv_duels(HV_GUEST_PV), "PV: of two unmaps of one handle at the same time, one wins");
	ok(!hv_duels(HV_GUEST_TRANSLATED),
	   "translated: of two unmaps of one handle at the same time, one wins");
	why = hv_moves();
	ok(!why, "pages that change owners arrive, mappings that move are where they should be: %s",
	   why ? why : "all");
	for (unsigned pv = 0; pv < 2; pv++) {
		why = hv_trees(pv);
		ok(!why, "trees of version 3, revoked, left and mapped at once by who dies, %s: %s",
		   pv ? "PV mappers" : "translated mappers", why ? why : "all well");
	}
	return tap_done();
}
