// SPDX-License-Identifier: GPL-2.0-only
/*
 * The fuzz harness: large entries of version 3. A host of its own, with a granter whose RAM has two aligned runs of 2M and
 * a mapper with room for eight entries, made when an input first wants it. By well-behaved guests, where each page leads
 * and what a revoke takes is known here without the hypervisor; by hostile ones, whose words change while they are
 * read, the invariants are what is looked at.
 */
#include "fuzz.h"

#include "grant_v3.h"

#define RUN   512u
#define DATA  (2 * RUN) /* the granter's pages that are granted; its nodes come behind */
#define SLOTS (8 * RUN)
#define LIVE  24u
#define REGIONS                                                                                    \
	4u /* of references: two of 4K leaves, two that are a leaf of 2M or again 4K leaves */
#define TAG   0x6c61726765000000ull
#define WHERE 64 /* in a page: what the mapper writes */

enum state { HOLE, PAGE, SINK };

struct place {
	enum state state;
	int owner; /* in live[] */
	uint64_t mfn, ref;
	bool write, whole; /* whole: of a 2M entry that is in one piece */
};

static struct {
	struct hv_host *host;
	struct hv_domain *g, *m;
	struct hv_vcpu *gv, *mv;
	uint8_t *gargs, *margs;
	bool device, failing;
	unsigned max_maps, since_check;
	grant_v3_tree_t tree;
	struct live {
		bool live;
		grant_v3_tree_t tree;
		grant_v3_handle_t handle;
		unsigned flags;
	} live[LIVE];
	struct place place[SLOTS];
} s;

/* ---- the granter's memory ---- */

static uint64_t frame(unsigned page)
{
	return hv_guest_frame(s.g, page);
}

static uint64_t *node(unsigned i)
{
	return hv_virt(s.host, s.g->first_mfn + DATA + i);
}

/* The machine frame that a name of the granter's means, or HV_INVALID. */
static uint64_t machine(uint64_t name)
{
	uint64_t mfn = name;

	if (hv_translated(s.g)) {
		uint64_t e = hv_pt_hw_get(s.host, &s.g->p2m.pt, name, NULL);

		mfn = e ? hv_pte_mfn(e) : HV_INVALID;
	}
	return mfn < s.host->nr_frames && hv_page(s.host, mfn)->owner == s.g ? mfn : HV_INVALID;
}

/* What a reference grants; HV_INVALID: nothing. */
static uint64_t granted(uint64_t ref, bool *readonly)
{
	uint64_t e = ref / RUN < REGIONS ? node(0)[ref / RUN] : 0, in = 0;

	if ((e & GNTV3_TYPE) == GNTV3_TABLE)
		e = node(1 + (unsigned)(ref / RUN))[ref % RUN];
	else
		in = ref % RUN;
	*readonly = e & GNTV3_READONLY;
	return (e & GNTV3_TYPE) == GNTV3_LEAF ? machine(((e & GNTV3_FRAME) >> 12) + in)
					      : HV_INVALID;
}

static uint64_t leaf(unsigned page, uint64_t flags)
{
	return frame(page) << 12 | GNTV3_LEAF | flags;
}

/* A region as a run of 4K leaves. */
static void make_run(unsigned region, unsigned page)
{
	for (unsigned i = 0; i < RUN; i++)
		node(1 + region)[i] = leaf(page + i, 0);
	node(0)[region] = frame(DATA + 1 + region) << 12 | GNTV3_TABLE;
}

static void tag(uint64_t mfn)
{
	*(uint64_t *)hv_virt(s.host, mfn) = TAG | mfn;
}

/* ---- life ---- */

static void check(void)
{
	char why[200];

	s.since_check = 0;
	fz_stats.checks++;
	if (hv_check(s.host, !fz.hostile, why, sizeof(why)))
		fz_fail("large: invariant: %s", why);
}

static long call(struct hv_vcpu *v, unsigned cmd, void *args)
{
	long rc;

	fz_forget_reads();
	rc = hv_grant_table_op(v, cmd, args, 1);
	fz_stats.calls++;
	if (hv_host_violation(s.host))
		fz_fail("large: %s", hv_host_violation(s.host));
	if (rc && !fz.hostile)
		fz_fail("large: operation %u: %ld", cmd, rc);
	if (++s.since_check >= 64)
		check();
	return rc;
}

static void new_tree(void)
{
	struct gnttab_v3_register *r = (struct gnttab_v3_register *)s.gargs;

	s.max_maps = 1 + fz_u8() % 4;
	*r = (struct gnttab_v3_register){ .dom = hv_domain_id(s.m),
					  .levels = (uint8_t)(fz_u8() & 1 ? 2 : 3),
					  .max_maps = (uint8_t)s.max_maps,
					  .root = frame(DATA) };
	/* Three levels: the root's first entry leads to what is the root of two. */
	node(5)[0] = frame(DATA) << 12 | GNTV3_TABLE;
	if (r->levels == 3)
		r->root = frame(DATA + 5);
	s.tree = !call(s.gv, GNTTABOP_v3_register, r) && !r->status ? r->tree : 0;
}

static bool begin(void)
{
	uint8_t b = fz_u8();
	struct hv_host_config hc = { .nr_cpus = 8,
				     .heap_pages = 1024,
				     .ram_pages = 6 * RUN,
				     .audit = true,
				     .poison = true,
				     .preempt_every = b & 1 ? 1 + (b >> 5) : 0 };
	struct hv_domain_config c = { .guest = b & 2 ? HV_GUEST_PV : HV_GUEST_TRANSLATED,
				      .pages = DATA + 8,
				      .args_pages = 8 };
	size_t bytes;

	memset(&s, 0, sizeof(s));
	if (hv_host_create(&hc, &s.host))
		return false;
	if (hv_domain_create(s.host, &c, &s.g))
		fz_fail("large: no granter");
	c = (struct hv_domain_config){ .guest = HV_GUEST_TRANSLATED,
				       .pages = 64,
				       .args_pages = 8,
				       .vcpus = 2,
				       .map_slots = SLOTS,
				       .iommu = (enum hv_iommu_mode)(b >> 2 & 3),
				       .max_v3_pages = b & 16 ? 12 + fz_u8() % 32 : 0 };
	if (hv_domain_create(s.host, &c, &s.m))
		fz_fail("large: no mapper");
	s.device = c.iommu != HV_IOMMU_NONE;
	s.gv = hv_domain_vcpu(s.g, 0);
	s.mv = hv_domain_vcpu(s.m, 0);
	s.gargs = hv_guest_args(s.g, &bytes);
	s.margs = hv_guest_args(s.m, &bytes);
	for (unsigned i = 0; i < DATA; i++)
		tag(s.g->first_mfn + i);
	for (unsigned i = 0; i < REGIONS; i++)
		make_run(i, i % 2 * RUN);
	node(0)[2] = leaf(0, 0);
	new_tree();
	return true;
}

/* ---- what is taken ---- */

static bool accepts(const struct live *l, unsigned flag)
{
	return l->flags & flag;
}

/* A page goes as its mapper accepted it. */
static void take(unsigned slot, bool sink)
{
	struct place *p = &s.place[slot];
	uint64_t byte;

	p->state = sink ? SINK : HOLE;
	for (unsigned v = 0; v < 2 && !sink && !fz.hostile; v++)
		if (!hv_guest_access(hv_domain_vcpu(s.m, v), hv_guest_map_addr(s.m, slot), 0, &byte,
				     8, false))
			fz_fail("large: vCPU %u reaches slot %u, which was taken away", v, slot);
}

/* A 2M entry of which a revoke of from..to-1 takes something: its pages, or none; what is said of it. */
static unsigned take_whole(unsigned slot, uint64_t from, uint64_t to, unsigned *outcomes)
{
	const struct live *l = &s.live[s.place[slot].owner];
	uint64_t first = s.place[slot].ref & ~(uint64_t)(RUN - 1);
	bool part = from > first || to < first + RUN;
	unsigned base = slot & ~(RUN - 1);

	if (accepts(l, GNTV3_RESERVE) &&
	    (accepts(l, GNTV3_ACCEPT_SINK) || (accepts(l, GNTV3_ACCEPT_HOLE) && part))) {
		for (unsigned i = 0; i < RUN; i++)
			s.place[base + i].whole = false;
		fz_stats.v3_split++;
		return 0;
	}
	if (!accepts(l, GNTV3_ACCEPT_HOLE)) {
		*outcomes |= GNTV3_GOT_KEPT;
		return 0;
	}
	for (unsigned i = 0; i < RUN; i++)
		take(base + i, false);
	*outcomes |= GNTV3_GOT_HOLE | (part ? GNTV3_GOT_MORE : 0);
	return RUN;
}

/* A revoke of references from..to-1 of a tree: how many pages it takes. */
static unsigned taken(grant_v3_tree_t tree, uint64_t from, uint64_t to, unsigned *outcomes)
{
	unsigned n = 0;

	*outcomes = 0;
	for (unsigned i = 0; i < SLOTS; i++) {
		struct place *p = &s.place[i];
		const struct live *l = &s.live[p->owner];

		if (p->state != PAGE || l->tree != tree || p->ref < from || p->ref >= to)
			continue;
		if (p->whole)
			n += take_whole(i, from, to, outcomes);
		if (p->state != PAGE || p->whole)
			continue;
		if (accepts(l, GNTV3_ACCEPT_HOLE | GNTV3_ACCEPT_SINK)) {
			take(i, accepts(l, GNTV3_ACCEPT_SINK));
			*outcomes |=
				accepts(l, GNTV3_ACCEPT_SINK) ? GNTV3_GOT_SINK : GNTV3_GOT_HOLE;
			n++;
		} else {
			*outcomes |= GNTV3_GOT_KEPT;
		}
	}
	return n;
}

/* ---- operations ---- */

static void change_entry(void)
{
	uint8_t b = fz_u8();
	unsigned region = b % REGIONS, i = fz_u32() % RUN;

	if (region >= 2 && b & 0x40)
		node(0)[region] =
			b & 0x30 ? leaf(b & 0x20 ? RUN : 0, b & 0x80 ? GNTV3_READONLY : 0) : 0;
	else if (b & 0x0c)
		make_run(region, b & 0x20 ? RUN : 0);
	else
		node(1 + region)[i] =
			b & 0x10 ? leaf(fz_u32() % DATA, b & 0x80 ? GNTV3_READONLY : 0) : 0;
}

/* What was mapped leads where the tree says, and by entries that the request allows. */
static void mapped(const struct gnttab_v3_map *in, const struct gnttab_v3_map *out, unsigned slot,
		   int n)
{
	unsigned large = 0;
	bool readonly;

	for (unsigned i = 0; i < out->done; i++) {
		struct place *p = &s.place[slot + i];
		unsigned order;
		uint64_t e = hv_pt_hw_get(s.host, &s.m->p2m.pt, HV_GFN_MAP_BASE + slot + i, &order),
			 want = granted(in->ref + i, &readonly);

		if (!e || hv_pte_mfn(e) != want || p->state != HOLE ||
		    (readonly && !(in->flags & GNTV3_MAP_READONLY)))
			fz_fail("large: reference %#lx at slot %u leads to %#lx, granted is %#lx",
				(unsigned long)in->ref + i, slot + i, (unsigned long)e,
				(unsigned long)want);
		if (order && !(in->flags & GNTV3_ACCEPT_2M))
			fz_fail("large: an entry of 2M that nobody wanted");
		large += order && !((slot + i) % RUN);
		*p = (struct place){ .state = PAGE,
				     .owner = n,
				     .mfn = want,
				     .ref = in->ref + i,
				     .write = !(in->flags & GNTV3_MAP_READONLY),
				     .whole = order };
	}
	if (large != out->large)
		fz_fail("large: %u entries of 2M, and it says %u", large, out->large);
	s.live[n] = (struct live){ out->done != 0, in->tree, out->handle, in->flags };
}

/* Why a request ended where it did. */
static void check_end(const struct gnttab_v3_map *in, const struct gnttab_v3_map *out,
		      unsigned slot)
{
	bool readonly, good = true;
	uint64_t mfn = granted(in->ref + out->done, &readonly);

	if (out->status == GNTST_okay)
		good = out->done == in->count;
	else if (out->status == GNTST_bad_gntref || out->status == GNTST_bad_page)
		good = mfn == HV_INVALID;
	else if (out->status == GNTST_permission_denied)
		good = readonly && !(in->flags & GNTV3_MAP_READONLY);
	else if (out->status == GNTST_bad_virt_addr)
		good = s.place[slot + out->done].state != HOLE;
	else
		good = out->status == GNTST_no_space ||
		       (s.failing && out->status == GNTST_no_device_space);
	if (!good)
		fz_fail("large: reference %#lx: status %d after %u of %u", (unsigned long)in->ref,
			out->status, out->done, in->count);
}

static void map(void)
{
	static const uint16_t accepts[] = { 0, GNTV3_ACCEPT_HOLE, GNTV3_ACCEPT_SINK,
					    GNTV3_ACCEPT_HOLE | GNTV3_ACCEPT_SINK };
	struct gnttab_v3_map *u = (struct gnttab_v3_map *)s.margs, in;
	uint8_t b = fz_u8(), k = fz_u8();
	unsigned slot = k % 8 * RUN, n = 0;

	while (n < LIVE && s.live[n].live)
		n++;
	if (n == LIVE)
		return;
	in = (struct gnttab_v3_map){ .ref = (k >> 3) % REGIONS * RUN,
				     .tree = s.tree,
				     .count = b & 1 ? RUN : 2 * RUN,
				     .dom = hv_domain_id(s.g),
				     .flags = (uint16_t)(GNTV3_MAP_HOST | accepts[b >> 1 & 3]) };
	if (b & 0x08)
		in.flags |= GNTV3_MAP_READONLY;
	if (b & 0x30)
		in.flags |= GNTV3_ACCEPT_2M;
	if (b & 0x40)
		in.flags |= GNTV3_RESERVE;
	if (!(k & 0xc0)) {
		/* Not all of it, or not aligned. */
		unsigned off = fz_u32() % RUN;

		in.ref += off;
		slot += k & 0x20 ? off : fz_u8();
		in.count = 1 + (b & 0x80 ? fz_u32() % RUN : fz_u8() % 8u);
	}
	if (in.ref + in.count > REGIONS * RUN)
		in.count = (uint32_t)(REGIONS * RUN - in.ref);
	if (slot + in.count > SLOTS)
		in.count = SLOTS - slot;
	in.addr = hv_guest_map_addr(s.m, slot);
	*u = in;
	u->status = 77;
	fz_stats.maps++;
	s.failing = !(fz_u8() % 8);
	if (s.failing)
		hv_host_fail_alloc(s.host, 1 + fz_u8() % 8);
	if (call(s.mv, GNTTABOP_v3_map, u))
		u->done = 0;
	hv_host_fail_alloc(s.host, 0);
	if (fz.hostile) {
		s.live[n] = (struct live){ u->done != 0, in.tree, u->handle, in.flags };
		return;
	}
	if (s.tree)
		check_end(&in, u, slot);
	mapped(&in, u, slot, (int)n);
	fz_stats.v3_maps_ok += u->done;
	fz_stats.v3_large += u->large;
}

static void unmap(void)
{
	struct gnttab_v3_unmap *u = (struct gnttab_v3_unmap *)s.margs;
	unsigned n = fz_u8() % LIVE, steps = 0;
	long rc;

	while (steps++ < LIVE && !s.live[n].live)
		n = (n + 1) % LIVE;
	if (!s.live[n].live)
		return;
	*u = (struct gnttab_v3_unmap){ .tree = s.live[n].tree,
				       .handle = s.live[n].handle,
				       .dom = hv_domain_id(s.g) };
	rc = call(s.mv, GNTTABOP_v3_unmap, u);
	s.live[n].live = false;
	if (fz.hostile)
		return;
	if (rc || u->status)
		fz_fail("large: unmap: %ld, %d", rc, u->status);
	for (unsigned i = 0; i < SLOTS; i++)
		if (s.place[i].state != HOLE && s.place[i].owner == (int)n)
			take(i, false);
}

static void revoke(void)
{
	struct gnttab_v3_revoke *u = (struct gnttab_v3_revoke *)s.gargs;
	unsigned want, outcomes;
	uint8_t b = fz_u8();
	struct gnttab_v3_revoke r = { .ref = b % REGIONS * RUN, .count = RUN, .tree = s.tree };

	if (b & 0x10) {
		r.ref += fz_u32() % RUN;
		r.count = 1 + (b & 0x20 ? fz_u32() % (2 * RUN) : fz_u8() % 4u);
	} else if (b & 0x40) {
		r.count = fz_u32() % (REGIONS * RUN) + 1;
	}
	*u = r;
	if (call(s.gv, GNTTABOP_v3_revoke, u) || fz.hostile || !s.tree)
		return;
	want = taken(s.tree, r.ref, r.ref + r.count, &outcomes);
	if (u->status || u->done != r.count || u->pages != want || u->outcomes != outcomes)
		fz_fail("large: revoke of %lu from %#lx: status %d, %u pages and outcomes %#x, which should be %u and %#x",
			(unsigned long)r.count, (unsigned long)r.ref, u->status, u->pages,
			u->outcomes, want, outcomes);
	fz_stats.v3_revoked += want;
}

static void query(void)
{
	struct gnttab_v3_query *q = (struct gnttab_v3_query *)s.gargs;
	uint64_t ref = fz_u32() % (REGIONS * RUN);
	unsigned n = 0, order = 0;

	*q = (struct gnttab_v3_query){ .ref = ref, .tree = s.tree, .dom = DOMID_SELF };
	if (call(s.gv, GNTTABOP_v3_query, q) || fz.hostile || !s.tree)
		return;
	for (unsigned i = 0; i < SLOTS; i++)
		if (s.place[i].state == PAGE && s.place[i].ref == ref &&
		    s.live[s.place[i].owner].tree == s.tree) {
			n++;
			order = s.place[i].whole ? 9 : order;
		}
	if (q->status || q->maps != n || q->order != order)
		fz_fail("large: reference %#lx is mapped %u times by order %u, and known are %u and %u",
			(unsigned long)ref, q->maps, q->order, n, order);
}

/* By a vCPU or the device: what is there, and a word written beside the tag. */
static void look(void)
{
	unsigned slot = fz_u32() % SLOTS;
	const struct place *p = &s.place[slot];
	bool dev = s.device && fz_u8() & 1;
	uint64_t at = hv_guest_map_addr(s.m, slot), x = 0, y = 77;
	struct hv_vcpu *v = hv_domain_vcpu(s.m, fz_u8() & 1);
	int rc = dev ? hv_device_access(s.m, at >> 12, 0, &x, 8, false)
		     : hv_guest_access(v, at, 0, &x, 8, false),
	    wr = dev ? hv_device_access(s.m, at >> 12, WHERE, &y, 8, true)
		     : hv_guest_access(v, at, WHERE, &y, 8, true);

	fz_stats.reads++;
	if (fz.hostile)
		return;
	if (!rc != (p->state != HOLE) || !wr != (p->state != HOLE && p->write) ||
	    (p->state == PAGE && x != (TAG | p->mfn)) || (p->state == SINK && x))
		fz_fail("large: slot %u, state %u: read %d, written %d, found %#lx", slot, p->state,
			rc, wr, (unsigned long)x);
}

/* A page of the granter's goes, and another comes into its place: its p2m is in pieces, and no run. */
static void balloon(void)
{
	struct xen_memory_reservation r = { .domid = DOMID_SELF, .nr_extents = 1 };
	uint64_t gfn = fz_u32() % DATA, mfn;

	if (!hv_translated(s.g))
		return;
	for (unsigned out = 2; out--;) {
		memcpy(s.gargs + 4096, &gfn, 8);
		set_xen_guest_handle(r.extent_start, (xen_pfn_t *)(s.gargs + 4096));
		memcpy(s.gargs, &r, sizeof(r));
		fz_forget_reads();
		hv_memory_op(s.gv, out ? XENMEM_decrease_reservation : XENMEM_populate_physmap,
			     s.gargs);
		fz_stats.calls++;
	}
	mfn = machine(gfn);
	if (mfn != HV_INVALID)
		tag(mfn);
}

static void unregister(void)
{
	struct gnttab_v3_unregister *u = (struct gnttab_v3_unregister *)s.gargs;
	unsigned outcomes;

	*u = (struct gnttab_v3_unregister){ .tree = s.tree };
	if (!call(s.gv, GNTTABOP_v3_unregister, u) && !fz.hostile)
		taken(s.tree, 0, GNTV3_MAX_REF, &outcomes);
	new_tree();
}

/* Either dies, the other sees what is left, and all ends. */
void fz_v3_large_end(void)
{
	unsigned outcomes;

	if (!s.host)
		return;
	check();
	if (fz_u8() & 1) {
		hv_domain_kill(s.m);
	} else {
		hv_domain_kill(s.g);
		taken(s.tree, 0, GNTV3_MAX_REF, &outcomes);
	}
	check();
	hv_host_destroy(s.host);
	memset(&s, 0, sizeof(s));
}

void fz_v3_large(void)
{
	if (!s.host && !begin())
		return;
	for (unsigned n = 1 + fz_u8() % 16; n--;) {
		uint8_t b = fz_u8();

		if (b < 8)
			unregister();
		else if (b < 12)
			balloon();
		else if (b < 40)
			change_entry();
		else if (b < 110)
			map();
		else if (b < 160)
			unmap();
		else if (b < 200)
			revoke();
		else if (b < 210)
			query();
		else
			look();
	}
	/* Now and then from the start: what was shattered stays so, and what died is missed. */
	if (!fz_u8() || hv_domain_crashed(s.g) || hv_domain_crashed(s.m))
		fz_v3_large_end();
}
