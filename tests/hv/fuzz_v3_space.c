// SPDX-License-Identifier: GPL-2.0-only
/* The fuzz harness: what is where on the host for large entries of version 3, and what goes when it is taken. */
#include "fuzz_v3_large.h"

struct fz_large fz_large;

/* ---- the granter's memory ---- */

static uint64_t frame(unsigned page)
{
	return hv_guest_frame(fz_large.g, page);
}

uint64_t *fzl_node(unsigned i)
{
	return hv_virt(fz_large.host, fz_large.g->first_mfn + DATA + i);
}

uint64_t fzl_machine(uint64_t name)
{
	uint64_t mfn = name;

	if (hv_translated(fz_large.g)) {
		uint64_t e = hv_pt_hw_get(fz_large.host, &fz_large.g->p2m.pt, name, NULL);

		mfn = e ? hv_pte_mfn(e) : HV_INVALID;
	}
	return mfn < fz_large.host->nr_frames && hv_page(fz_large.host, mfn)->owner == fz_large.g
		       ? mfn
		       : HV_INVALID;
}

uint64_t fzl_granted(uint64_t ref, bool *readonly)
{
	uint64_t e = ref / RUN < REGIONS ? fzl_node(0)[ref / RUN] : 0, in = 0;

	if ((e & GNTV3_TYPE) == GNTV3_TABLE)
		e = fzl_node(1 + (unsigned)(ref / RUN))[ref % RUN];
	else
		in = ref % RUN;
	*readonly = e & GNTV3_READONLY;
	return (e & GNTV3_TYPE) == GNTV3_LEAF ? fzl_machine(((e & GNTV3_FRAME) >> 12) + in)
					      : HV_INVALID;
}

uint64_t fzl_leaf(unsigned page, uint64_t flags)
{
	return frame(page) << 12 | GNTV3_LEAF | flags;
}

void fzl_make_run(unsigned region, unsigned page)
{
	for (unsigned i = 0; i < RUN; i++)
		fzl_node(1 + region)[i] = fzl_leaf(page + i, 0);
	fzl_node(0)[region] = frame(DATA + 1 + region) << 12 | GNTV3_TABLE;
}

void fzl_tag(uint64_t mfn)
{
	*(uint64_t *)hv_virt(fz_large.host, mfn) = TAG | mfn;
}

/* ---- life ---- */

static void check(void)
{
	char why[200];

	fz_large.since_check = 0;
	fz_stats.checks++;
	if (hv_check(fz_large.host, !fz.hostile, why, sizeof(why)))
		fz_fail("large: invariant: %s", why);
}

long fzl_call(struct hv_vcpu *v, unsigned cmd, void *args)
{
	long rc;

	fz_forget_reads();
	rc = hv_grant_table_op(v, cmd, args, 1);
	fz_stats.calls++;
	if (hv_host_violation(fz_large.host))
		fz_fail("large: %s", hv_host_violation(fz_large.host));
	if (rc && !fz.hostile)
		fz_fail("large: operation %u: %ld", cmd, rc);
	if (++fz_large.since_check >= 64)
		check();
	return rc;
}

void fzl_new_tree(void)
{
	struct gnttab_v3_register *r = (struct gnttab_v3_register *)fz_large.gargs;

	fz_large.max_maps = 1 + fz_u8() % 4;
	*r = (struct gnttab_v3_register){ .dom = hv_domain_id(fz_large.m),
					  .levels = (uint8_t)(fz_u8() & 1 ? 2 : 3),
					  .max_maps = (uint8_t)fz_large.max_maps,
					  .root = frame(DATA) };
	/* Three levels: the root's first entry leads to what is the root of two. */
	fzl_node(5)[0] = frame(DATA) << 12 | GNTV3_TABLE;
	if (r->levels == 3)
		r->root = frame(DATA + 5);
	fz_large.tree = !fzl_call(fz_large.gv, GNTTABOP_v3_register, r) && !r->status ? r->tree : 0;
}

bool fzl_begin(void)
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

	memset(&fz_large, 0, sizeof(fz_large));
	if (hv_host_create(&hc, &fz_large.host))
		return false;
	if (hv_domain_create(fz_large.host, &c, &fz_large.g))
		fz_fail("large: no granter");
	c = (struct hv_domain_config){ .guest = HV_GUEST_TRANSLATED,
				       .pages = 64,
				       .args_pages = 8,
				       .vcpus = 2,
				       .map_slots = SLOTS,
				       .iommu = (enum hv_iommu_mode)(b >> 2 & 3),
				       .max_v3_pages = b & 16 ? 12 + fz_u8() % 32 : 0 };
	if (hv_domain_create(fz_large.host, &c, &fz_large.m))
		fz_fail("large: no mapper");
	fz_large.device = c.iommu != HV_IOMMU_NONE;
	fz_large.gv = hv_domain_vcpu(fz_large.g, 0);
	fz_large.mv = hv_domain_vcpu(fz_large.m, 0);
	fz_large.gargs = hv_guest_args(fz_large.g, &bytes);
	fz_large.margs = hv_guest_args(fz_large.m, &bytes);
	for (unsigned i = 0; i < DATA; i++)
		fzl_tag(fz_large.g->first_mfn + i);
	for (unsigned i = 0; i < REGIONS; i++)
		fzl_make_run(i, i % 2 * RUN);
	fzl_node(0)[2] = fzl_leaf(0, 0);
	fzl_new_tree();
	return true;
}

/* ---- what is taken ---- */

static bool accepts(const struct live *l, unsigned flag)
{
	return l->flags & flag;
}

void fzl_take(unsigned slot, bool sink)
{
	struct place *p = &fz_large.place[slot];
	uint64_t byte;

	p->state = sink ? SINK : HOLE;
	for (unsigned v = 0; v < 2 && !sink && !fz.hostile; v++)
		if (!hv_guest_access(hv_domain_vcpu(fz_large.m, v),
				     hv_guest_map_addr(fz_large.m, slot), 0, &byte, 8, false))
			fz_fail("large: vCPU %u reaches slot %u, which was taken away", v, slot);
}

/* A 2M entry of which a revoke of from..to-1 takes something: its pages, or none; what is said of it. */
static unsigned take_whole(unsigned slot, uint64_t from, uint64_t to, unsigned *outcomes)
{
	const struct live *l = &fz_large.live[fz_large.place[slot].owner];
	uint64_t first = fz_large.place[slot].ref & ~(uint64_t)(RUN - 1);
	bool part = from > first || to < first + RUN;
	unsigned base = slot & ~(RUN - 1);

	if (accepts(l, GNTV3_RESERVE) &&
	    (accepts(l, GNTV3_ACCEPT_SINK) || (accepts(l, GNTV3_ACCEPT_HOLE) && part))) {
		for (unsigned i = 0; i < RUN; i++)
			fz_large.place[base + i].whole = false;
		fz_stats.v3_split++;
		return 0;
	}
	if (!accepts(l, GNTV3_ACCEPT_HOLE)) {
		*outcomes |= GNTV3_GOT_KEPT;
		return 0;
	}
	for (unsigned i = 0; i < RUN; i++)
		fzl_take(base + i, false);
	*outcomes |= GNTV3_GOT_HOLE | (part ? GNTV3_GOT_MORE : 0);
	return RUN;
}

unsigned fzl_taken(grant_v3_tree_t tree, uint64_t from, uint64_t to, unsigned *outcomes)
{
	unsigned n = 0;

	*outcomes = 0;
	for (unsigned i = 0; i < SLOTS; i++) {
		struct place *p = &fz_large.place[i];
		const struct live *l = &fz_large.live[p->owner];

		if (p->state != PAGE || l->tree != tree || p->ref < from || p->ref >= to)
			continue;
		if (p->whole)
			n += take_whole(i, from, to, outcomes);
		if (p->state != PAGE || p->whole)
			continue;
		if (accepts(l, GNTV3_ACCEPT_HOLE | GNTV3_ACCEPT_SINK)) {
			fzl_take(i, accepts(l, GNTV3_ACCEPT_SINK));
			*outcomes |=
				accepts(l, GNTV3_ACCEPT_SINK) ? GNTV3_GOT_SINK : GNTV3_GOT_HOLE;
			n++;
		} else {
			*outcomes |= GNTV3_GOT_KEPT;
		}
	}
	return n;
}

/* Either dies, the other sees what is left, and all ends. */
void fz_v3_large_end(void)
{
	unsigned outcomes;

	if (!fz_large.host)
		return;
	check();
	if (fz_u8() & 1) {
		hv_domain_kill(fz_large.m);
	} else {
		hv_domain_kill(fz_large.g);
		fzl_taken(fz_large.tree, 0, GNTV3_MAX_REF, &outcomes);
	}
	check();
	hv_host_destroy(fz_large.host);
	memset(&fz_large, 0, sizeof(fz_large));
}
