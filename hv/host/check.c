/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The invariants of an idle host. Everything here is recomputed from the roots (handles, page
 * tables, p2m) and compared with the counts that the operations kept: nothing is taken from the
 * code under test.
 */
#include <stdarg.h>
#include <stdio.h>

#include "back.h"
#include "bfn.h"
#include "check_tlb.h"
#include "domain.h"
#include "iommu.h"
#include "lend_check.h"
#include "lifetime.h"
#include "log_check.h"
#include "mapping.h"
#include "p2m.h"
#include "page.h"
#include "range.h"
#include "pv.h"
#include "pviommu.h"
#include "super.h"
#include "table.h"
#include "track.h"
#include "v3.h"
#include "virtio.h"

struct check {
	struct hv_host *host;
	bool trusting;
	char *why;
	size_t len;
	int rc;
	uint32_t *refs, *types;		/* expected, by MFN */
	uint32_t *pins[HV_MAX_DOMAINS]; /* expected, by reference */
	uint32_t *mapped;		/* host mappings by the domain at hand, by MFN */
	struct hv_super_sum super;
	uint64_t *track; /* expected IOMMU node of the domain at hand, by MFN */
	struct hv_v3_sum v3;
	uint64_t v3_entries; /* in the p2m of the domain at hand */
	struct hv_range_sum ranges;
	uint64_t range_entries;
	struct hv_domain *d;
};

static void fail(struct check *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void fail(struct check *c, const char *fmt, ...)
{
	va_list ap;

	if (c->rc)
		return;
	c->rc = -EUCLEAN;
	va_start(ap, fmt);
	vsnprintf(c->why, c->len, fmt, ap);
	va_end(ap);
}

static unsigned nr_active(const struct hv_grant_table *gt)
{
	return gt->nr_active_pages * (unsigned)HV_ACTIVE_PER_PAGE;
}

/* One live handle of c->d. */
static void count_handle(struct check *c, uint32_t handle, const struct hv_maptrack *m)
{
	struct hv_domain *ld = c->d,
			 *rd = m->domid < HV_MAX_DOMAINS ? c->host->domain[m->domid] : NULL;
	bool ro = m->flags & GNTMAP_readonly, dev = m->flags & GNTMAP_device_map,
	     host = m->flags & GNTMAP_host_map;
	struct hv_active *act;

	if (!rd || m->ref >= nr_active(rd->gt)) {
		fail(c, "d%u handle %u names d%u reference %u, which is not there", ld->id, handle,
		     m->domid, m->ref);
		return;
	}
	act = hv_active_entry(rd->gt, m->ref);
	if (!act->pin || act->domid != ld->id || act->mfn >= c->host->nr_frames) {
		fail(c, "d%u handle %u: d%u reference %u has pin %#x for d%u", ld->id, handle,
		     rd->id, m->ref, act->pin, act->domid);
		return;
	}
	if (dev) {
		c->pins[rd->id][m->ref] += ro ? HV_PIN_DEVR : HV_PIN_DEVW;
		c->refs[act->mfn]++;
		c->types[act->mfn] += !ro;
	}
	if (m->flags & GNTMAP_super)
		hv_super_count(c->d, m->flags, act->mfn, rd, &c->super);
	if (host) {
		c->pins[rd->id][m->ref] += ro ? HV_PIN_HSTR : HV_PIN_HSTW;
		c->mapped[act->mfn] += !(m->flags & GNTMAP_super);
		/* A PV domain's references belong to its page-table entries. */
		if (hv_translated(ld)) {
			c->refs[act->mfn]++;
			c->types[act->mfn] += hv_mapping_has_type(ro, ld, rd);
		}
	}
	if (hv_grant_need_iommu(ld) && ld != rd)
		c->track[act->mfn] += ro ? 1ull : 1ull << 32;
}

static void check_maptrack(struct check *c)
{
	struct hv_grant_table *gt = c->d->gt;
	uint32_t live = 0, listed = 0;

	for (uint32_t h = 0; h < gt->maptrack_limit; h++) {
		const struct hv_maptrack *m = hv_maptrack(gt, h);

		if (m->flags) {
			live++;
			if (!(m->flags & HV_MT_GONE))
				count_handle(c, h, m);
			else if (m->flags & HV_MT_SINK)
				c->mapped[hv_virt_to_mfn(c->host, gt->sink)]++;
		}
	}
	for (unsigned i = 0; i < c->d->nr_vcpus; i++) {
		const struct hv_vcpu *v = c->d->vcpu[i];
		uint32_t h = v->maptrack_head, last = HV_MAPTRACK_TAIL;

		for (; h != HV_MAPTRACK_TAIL && listed <= gt->maptrack_limit;
		     h = hv_maptrack(gt, h)->ref) {
			if (h >= gt->maptrack_limit || hv_maptrack(gt, h)->flags) {
				fail(c, "d%u: live or wild handle %u on the list of vCPU %u",
				     c->d->id, h, i);
				return;
			}
			if (hv_maptrack(gt, h)->vcpu != i)
				fail(c, "d%u: handle %u of vCPU %u on the list of vCPU %u",
				     c->d->id, h, hv_maptrack(gt, h)->vcpu, i);
			last = h;
			listed++;
		}
		if (last != v->maptrack_tail)
			fail(c, "d%u: list of vCPU %u ends at %u, not at its tail %u", c->d->id, i,
			     last, v->maptrack_tail);
	}
	if (live + listed != gt->maptrack_limit)
		fail(c, "d%u: %u handles live and %u free of %u", c->d->id, live, listed,
		     gt->maptrack_limit);
}

/* That RAM is logged is no affair of the device's. */
static bool device_writes(uint64_t e)
{
	return (e & HV_PTE_WRITE) || hv_pte_type(e) == HV_P2M_RAM_LOGDIRTY;
}

static int p2m_leaf(uint64_t gfn, unsigned order, uint64_t e, void *arg)
{
	struct check *c = arg;
	uint64_t mfn = hv_pte_mfn(e);
	enum hv_p2m_type t = hv_pte_type(e);
	const struct hv_page *pg = hv_page(c->host, mfn);

	if (mfn + (1ull << order) > c->host->nr_machine ||
	    (mfn + (1ull << order) > c->host->nr_frames && t != HV_P2M_MMIO_DIRECT &&
	     t != HV_P2M_LENT)) {
		fail(c, "d%u gfn %#lx: wild mfn %#lx", c->d->id, (unsigned long)gfn,
		     (unsigned long)mfn);
		return 1;
	}
	if (hv_p2m_is_v3(t)) {
		/* Each is where a record says, and there are as many: check_mappings(). */
		c->v3_entries += 1ull << order;
	} else if (hv_p2m_is_range(t)) {
		c->range_entries += 1ull << order;
	} else if (hv_p2m_is_super(t)) {
		if (hv_super_find(&c->super, mfn, order))
			fail(c, "d%u gfn %#lx: a superpage without a handle", c->d->id,
			     (unsigned long)gfn);
	} else if (hv_p2m_is_lent(t)) {
		/* hv_lend_check(), the device's tables too. */
		return c->rc;
	} else if (t == HV_P2M_MMIO_DIRECT) {
		/* Whoever had it mapped answers for it: it holds nothing. */
	} else if (t == HV_P2M_FOREIGN) {
		c->refs[mfn]++;
		if (pg->owner == c->d || !pg->owner)
			fail(c, "d%u gfn %#lx: mfn %#lx is no other domain's", c->d->id,
			     (unsigned long)gfn, (unsigned long)mfn);
	} else if (hv_p2m_is_grant(t)) {
		if (!(pg->count_info & HV_PGC_COUNT) && hv_virt(c->host, mfn) != c->d->gt->sink)
			fail(c, "d%u gfn %#lx maps freed mfn %#lx", c->d->id, (unsigned long)gfn,
			     (unsigned long)mfn);
		if (!c->mapped[mfn])
			fail(c, "d%u gfn %#lx: a grant entry without a handle", c->d->id,
			     (unsigned long)gfn);
		else
			c->mapped[mfn]--;
	} else {
		for (uint64_t i = 0; i < 1ull << order; i++)
			if (pg[i].owner != c->d || !(pg[i].count_info & HV_PGC_COUNT))
				fail(c, "d%u gfn %#lx translates to mfn %#lx, which is not its",
				     c->d->id, (unsigned long)(gfn + i), (unsigned long)(mfn + i));
			else if (pg[i].m2p != gfn + i)
				fail(c, "d%u gfn %#lx has mfn %#lx, which was last put at %#lx",
				     c->d->id, (unsigned long)(gfn + i), (unsigned long)(mfn + i),
				     (unsigned long)pg[i].m2p);
	}
	if (hv_iommu_sync(c->d)) {
		unsigned have;
		uint64_t io = hv_pt_hw_get(c->host, &c->d->iommu.pt, gfn, &have);

		if (!io || hv_pte_mfn(io) != mfn || !!(io & HV_PTE_WRITE) != device_writes(e) ||
		    (hv_p2m_is_v3(t) && have != order))
			fail(c, "d%u gfn %#lx: the IOMMU does not follow the p2m", c->d->id,
			     (unsigned long)gfn);
	}
	return c->rc;
}

/* The IOMMU's own tables lead to what the p2m has there, to what is tracked (check_track()), or, mapped
 * directly, to RAM of the domain. */
static int iommu_leaf(uint64_t dfn, unsigned order, uint64_t e, void *arg)
{
	struct check *c = arg;
	uint64_t mfn = hv_pte_mfn(e);

	for (uint64_t i = 0; i < 1ull << order && !c->rc; i++) {
		const struct hv_page *pg = hv_page(c->host, mfn + i);
		uint64_t in_p2m;

		if (mfn + i < c->host->nr_frames && pg->owner == c->d &&
		    (pg->count_info & HV_PGC_COUNT))
			continue;
		in_p2m = hv_translated(c->d) ? hv_pt_hw_get(c->host, &c->d->p2m.pt, dfn + i, NULL)
					     : 0;
		if (in_p2m ? hv_pte_mfn(in_p2m) != mfn + i
			   : dfn != mfn || dfn >= c->host->nr_frames || !c->track[dfn])
			fail(c, "d%u dfn %#lx: the IOMMU leads to mfn %#lx, which is not its",
			     c->d->id, (unsigned long)(dfn + i), (unsigned long)(mfn + i));
	}
	return c->rc;
}

static int pv_leaf(uint64_t vpn, unsigned order, uint64_t e, void *arg)
{
	struct check *c = arg;
	uint64_t mfn = hv_pte_mfn(e);
	const struct hv_page *pg = hv_page(c->host, mfn);

	(void)order;
	if (mfn >= c->host->nr_frames || !pg->owner) {
		fail(c, "d%u vpn %#lx: an entry for freed mfn %#lx", c->d->id, (unsigned long)vpn,
		     (unsigned long)mfn);
		return 1;
	}
	c->refs[mfn]++;
	c->types[mfn] += hv_mapping_has_type(!(e & HV_PTE_WRITE), c->d, pg->owner);
	/* What was a sink of version 3 is the domain's to keep. */
	if (!c->mapped[mfn] && pg->fixed && pg->owner == c->d)
		return c->rc;
	if (!c->mapped[mfn])
		fail(c, "d%u vpn %#lx: an entry without a handle", c->d->id, (unsigned long)vpn);
	else
		c->mapped[mfn]--;
	return c->rc;
}

static void count_table(struct hv_page *pg, unsigned level, void *arg)
{
	struct check *c = arg;

	(void)level;
	c->types[hv_page_mfn(c->host, pg)]++;
}

static void check_mappings(struct check *c)
{
	struct hv_domain *d = c->d;

	if (hv_translated(d)) {
		c->v3_entries = c->range_entries = 0;
		hv_pt_each(c->host, &d->p2m.pt, p2m_leaf, c);
		if (d->p2m.near)
			fail(c, "d%u: a table of its p2m is remembered without the lock", d->id);
		if (c->v3_entries != c->v3.entries[d->id])
			fail(c, "d%u: %lu entries of version 3 in the p2m, records say %lu", d->id,
			     (unsigned long)c->v3_entries, (unsigned long)c->v3.entries[d->id]);
		if (c->range_entries != c->ranges.entries)
			fail(c, "d%u: %lu pages by ranges in the p2m, records say %lu", d->id,
			     (unsigned long)c->range_entries, (unsigned long)c->ranges.entries);
		if (c->super.left)
			fail(c, "d%u: %u superpages without an entry", d->id, c->super.left);
		for (uint64_t m = 0; m < c->host->nr_frames && !c->rc; m++)
			/* A self-grant's entry can also go by giving up the page. */
			if (c->mapped[m] && hv_page(c->host, m)->owner != d)
				fail(c, "d%u: %u handles for mfn %#lx without an entry", d->id,
				     c->mapped[m], (unsigned long)m);
	} else {
		hv_pt_each(c->host, &d->pv, pv_leaf, c);
		hv_pv_each_table(d, count_table, c);
	}
	if (hv_iommu_sync(d))
		hv_pt_each(c->host, &d->iommu.pt, iommu_leaf, c);
}

static void check_track(struct check *c)
{
	struct hv_domain *d = c->d;

	if (!hv_grant_need_iommu(d))
		return;
	for (uint64_t m = c->host->first_ram; m < c->host->nr_frames && !c->rc; m++) {
		uint64_t *slot = hv_pt_slot(&c->host->toolstack, &d->gt->tree, m, HV_PT_FIND);
		uint64_t have = slot ? *slot : 0, io = hv_pt_hw_get(c->host, &d->iommu.pt, m, NULL);

		if (have != c->track[m])
			fail(c, "d%u mfn %#lx: tracked as %u ro %u rw, handles say %u and %u",
			     d->id, (unsigned long)m, hv_track_ro(have), hv_track_rw(have),
			     hv_track_ro(c->track[m]), hv_track_rw(c->track[m]));
		if (!!io != !!have || (io && !!(io & HV_PTE_WRITE) != !!hv_track_rw(have)))
			fail(c, "d%u mfn %#lx: the IOMMU's entry does not match the mappings",
			     d->id, (unsigned long)m);
	}
}

static void check_active(struct check *c)
{
	struct hv_grant_table *gt = c->d->gt;

	if (gt->nr_v2_ops)
		fail(c, "d%u: %u copies of version 2 in progress, and nobody copies", c->d->id,
		     gt->nr_v2_ops);
	for (uint32_t ref = 0; ref < nr_active(gt) && !c->rc; ref++) {
		const struct hv_active *act = hv_active_entry(gt, ref);
		uint16_t marks = 0, want = 0;

		if (act->pin != c->pins[c->d->id][ref]) {
			fail(c, "d%u reference %u: pin %#x, handles say %#x", c->d->id, ref,
			     act->pin, c->pins[c->d->id][ref]);
			return;
		}
		if (act->lock.head != act->lock.tail)
			fail(c, "d%u reference %u: lock still held", c->d->id, ref);
		for (unsigned s = 0; s < 32; s += 8)
			if (((act->pin >> s) & 0xff) > 128)
				fail(c, "d%u reference %u: more than 128 mappings of a kind",
				     c->d->id, ref);
		if (act->pin && hv_page(c->host, act->mfn)->owner != c->d)
			fail(c, "d%u reference %u: pinned mfn %#lx is not its", c->d->id, ref,
			     (unsigned long)act->mfn);
		if (!c->trusting || ref >= hv_nr_grant_entries(gt))
			continue;
		/* Version 1: the same bits say how far a transfer is. */
		if (!act->pin && gt->version == 1 &&
		    (*hv_use_word(gt, ref) & GTF_type_mask) == GTF_accept_transfer)
			continue;
		marks = *hv_use_word(gt, ref) & (GTF_reading | GTF_writing);
		if (act->pin)
			want = GTF_reading | (act->pin & HV_PIN_WRITE_MASK ? GTF_writing : 0);
		if (marks != want)
			fail(c, "d%u reference %u: marks %#x, pin says %#x", c->d->id, ref, marks,
			     want);
	}
}

static void check_frames(struct check *c)
{
	uint64_t owned[HV_MAX_DOMAINS] = { 0 };
	struct hv_domain *d;

	for (uint64_t m = c->host->first_ram; m < c->host->nr_frames && !c->rc; m++) {
		const struct hv_page *pg = hv_page(c->host, m);
		uint32_t want = c->refs[m] + !!(pg->count_info & HV_PGC_ALLOCATED);

		if ((pg->count_info & HV_PGC_COUNT) != want)
			fail(c, "mfn %#lx: %lu references, %u accounted for", (unsigned long)m,
			     (unsigned long)(pg->count_info & HV_PGC_COUNT), want);
		if ((pg->type_info & HV_PGT_COUNT) != c->types[m] ||
		    (pg->type_info & HV_PGT_LOCKED))
			fail(c, "mfn %#lx: type %#x, %u references accounted for", (unsigned long)m,
			     pg->type_info, c->types[m]);
		if (pg->free == !!want)
			fail(c, "mfn %#lx: %s the allocator with %u references", (unsigned long)m,
			     pg->free ? "in" : "not in", want);
		if (pg->owner)
			owned[pg->owner->id]++;
	}
	hv_for_each_domain (c->host, d) {
		if (d->nr_owned != owned[d->id] + !d->is_dying)
			fail(c, "d%u: %lu frames accounted, %lu found", d->id,
			     (unsigned long)d->nr_owned, (unsigned long)owned[d->id]);
	}
}

static void check_idle(struct check *c)
{
	for (unsigned i = 0; i < c->host->cfg.nr_cpus; i++)
		for (unsigned k = 0; k < HV_LOCK_CLASSES; k++)
			if (c->host->cpus[i].reading[k] != c->host->idle[k])
				fail(c, "CPU %u still holds a read lock", i);
	if (c->host->violation[0])
		fail(c, "%s", c->host->violation);
}

static void check_domain(struct check *c, struct hv_domain *d)
{
	uint64_t n = c->host->nr_frames;

	c->d = d;
	memset(c->mapped, 0, n * sizeof(*c->mapped));
	memset(c->super.of, 0, n * sizeof(*c->super.of));
	memset(c->track, 0, n * sizeof(*c->track));
	c->super.left = 0;
	/* A dying domain has given back its handles; its tables are no longer walked by anyone. */
	if (d->is_dying)
		return;
	check_maptrack(c);
	if (!c->rc && !hv_translated(d))
		hv_v3_check_pv(d, c->mapped, c->track);
	c->ranges.entries = 0;
	if (!c->rc)
		c->rc = hv_range_check(d, &c->ranges, c->why, c->len);
	if (!c->rc)
		c->rc = hv_log_check(d, c->why, c->len);
	if (!c->rc)
		check_mappings(c);
	if (!c->rc)
		check_track(c);
	if (!c->rc)
		c->rc = hv_tlb_check(d, c->why, c->len);
}

int hv_check(struct hv_host *host, bool trusting, char *why, size_t len)
{
	struct check c = { .host = host, .trusting = trusting, .why = why, .len = len };
	uint64_t n = host->nr_frames;
	struct hv_domain *d;

	hv_mutex_lock(&host->toolstack_lock);
	hv_domain_reap(host);
	c.refs = calloc(n, sizeof(*c.refs));
	c.types = calloc(n, sizeof(*c.types));
	c.mapped = calloc(n, sizeof(*c.mapped));
	c.super = (struct hv_super_sum){ c.refs, c.types, calloc(n, sizeof(*c.super.of)), 0, n };
	c.track = calloc(n, sizeof(*c.track));
	c.rc = c.refs && c.types && c.mapped && c.super.of && c.track ? 0 : -ENOMEM;
	if (c.rc)
		snprintf(why, len, "no memory for the check");
	hv_for_each_domain (host, d) {
		c.pins[d->id] = c.rc ? NULL : calloc(nr_active(d->gt) + 1, sizeof(uint32_t));
		if (!c.pins[d->id] && !c.rc)
			fail(&c, "no memory for the check");
	}
	check_idle(&c);
	c.ranges = (struct hv_range_sum){ c.refs, c.types, c.mapped, c.pins, c.track, 0 };
	if (!c.rc)
		c.rc = hv_back_check(host, why, len);
	if (!c.rc)
		c.rc = hv_lend_check(host, why, len);
	if (!c.rc)
		c.rc = hv_pviommu_check(host, c.refs, c.types, why, len);
	if (!c.rc)
		c.rc = hv_bfn_check(host, c.refs, c.types, why, len);
	c.v3.refs = c.refs;
	c.v3.types = c.types;
	hv_for_each_domain (host, d) {
		if (!c.rc)
			c.rc = hv_v3_check(d, &c.v3, why, len);
	}
	hv_for_each_domain (host, d) {
		if (!c.rc)
			c.rc = hv_virtio_check(d, c.refs, why, len);
	}
	hv_for_each_domain (host, d) {
		if (!c.rc)
			check_domain(&c, d);
	}
	hv_for_each_domain (host, d) {
		c.d = d;
		if (!c.rc)
			check_active(&c);
	}
	if (!c.rc)
		check_frames(&c);
	for (unsigned i = 0; i < HV_MAX_DOMAINS; i++)
		free(c.pins[i]);
	free(c.refs);
	free(c.types);
	free(c.mapped);
	free(c.super.of);
	free(c.track);
	hv_mutex_unlock(&host->toolstack_lock);
	return c.rc;
}
