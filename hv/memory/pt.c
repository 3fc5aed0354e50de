/* SPDX-License-Identifier: GPL-2.0-only */
/* Four-level translation tables. */
#include "pt.h"
#include "dear.h"
#include "page.h"
#include "pt_inside.h"
#include "violation.h"

static uint64_t *new_table(struct hv_vcpu *cur, struct hv_pt *pt)
{
	uint64_t mfn;
	struct hv_page *pg;

	if (!pt->guest_tables)
		return hv_alloc_heap_page(cur, pt->d);
	mfn = hv_alloc_domain_page(cur, pt->d);
	if (mfn == HV_INVALID)
		return NULL;
	pg = hv_page(cur->host, mfn);
	pg->fixed = true;
	__builtin_memset(hv_virt(cur->host, mfn), 0, HV_PAGE_SIZE);
	return hv_virt(cur->host, mfn);
}

static uint64_t table_entry(const struct hv_host *host, const void *t)
{
	return hv_virt_to_mfn(host, t) << HV_PAGE_SHIFT | HV_PTE_PRESENT | HV_PTE_WRITE;
}

static void write_entry(struct hv_vcpu *cur, uint64_t *p, uint64_t e)
{
	cur->count.entries_written++;
	hv_store_release(p, e);
}

int hv_pt_init(struct hv_vcpu *cur, struct hv_pt *pt, struct hv_domain *d)
{
	pt->d = d;
	pt->root = new_table(cur, pt);
	return pt->root ? 0 : -ENOMEM;
}

static void free_tables(struct hv_vcpu *cur, struct hv_pt *pt, uint64_t *t, unsigned level)
{
	for (unsigned i = 0; level > 1 && i < 512; i++)
		if ((t[i] & HV_PTE_PRESENT) && !hv_pt_is_leaf(t[i], level))
			free_tables(cur, pt, hv_pt_table(cur->host, t[i]), level - 1);
	hv_free_heap_page(cur, pt->d, t);
}

void hv_pt_clear(struct hv_vcpu *cur, struct hv_pt *pt)
{
	for (unsigned i = 0; pt->root && i < 512; i++) {
		uint64_t e = pt->root[i];

		hv_store(&pt->root[i], (uint64_t)0);
		if ((e & HV_PTE_PRESENT) && !hv_pt_is_leaf(e, HV_PT_LEVELS))
			free_tables(cur, pt, hv_pt_table(cur->host, e), HV_PT_LEVELS - 1);
	}
}

void hv_pt_free(struct hv_vcpu *cur, struct hv_pt *pt)
{
	if (pt->root && !pt->guest_tables)
		free_tables(cur, pt, pt->root, HV_PT_LEVELS);
	pt->root = NULL;
}

static uint64_t walk(const struct hv_host *host, const struct hv_pt *pt, uint64_t index,
		     unsigned *order, unsigned *levels)
{
	const uint64_t *t = pt->root;

	for (unsigned level = HV_PT_LEVELS;; level--) {
		uint64_t e = hv_load_acquire(&t[hv_pt_slot_of(index, level)]);

		++*levels;
		*order = 9 * (level - 1);
		if (!(e & HV_PTE_PRESENT))
			return 0;
		if (hv_pt_is_leaf(e, level)) {
			uint64_t in = index & ((1ull << *order) - 1);

			return e + (in << HV_PAGE_SHIFT);
		}
		t = hv_pt_table(host, e);
	}
}

uint64_t hv_pt_hw_get(const struct hv_host *host, const struct hv_pt *pt, uint64_t index,
		      unsigned *order)
{
	unsigned levels = 0, o;

	if (index >= HV_PT_MAX_INDEX)
		return 0;
	return walk(host, pt, index, order ? order : &o, &levels);
}

uint64_t hv_pt_get(struct hv_vcpu *cur, const struct hv_pt *pt, uint64_t index, unsigned *order)
{
	unsigned levels = 0, o;
	uint64_t e;

	cur->count.walks++;
	if (index >= HV_PT_MAX_INDEX)
		return 0;
	if (hv_dear(LEVEL)) {
		(void)hv_load_acquire(&pt->root[hv_pt_slot_of(index, HV_PT_LEVELS)]);
		levels++;
	}
	e = walk(cur->host, pt, index, order ? order : &o, &levels);
	cur->count.levels += levels;
	return e;
}

uint64_t hv_pt_look(struct hv_vcpu *cur, const struct hv_pt *pt, uint64_t index, unsigned *order,
		    uint64_t **table_of_4k)
{
	unsigned level = HV_PT_LEVELS;
	uint64_t *t = pt->root, e;

	cur->count.walks++;
	for (;; level--) {
		e = hv_load(&t[hv_pt_slot_of(index, level)]);
		cur->count.levels++;
		if (!(e & HV_PTE_PRESENT) || hv_pt_is_leaf(e, level))
			break;
		t = hv_pt_table(cur->host, e);
	}
	*order = 9 * (level - 1);
	*table_of_4k = level == 1 ? t : NULL;
	return e & HV_PTE_PRESENT ? e + ((index & ((1ull << *order) - 1)) << HV_PAGE_SHIFT) : 0;
}

void hv_pt_write(struct hv_vcpu *cur, uint64_t *p, uint64_t e)
{
	write_entry(cur, p, e);
}

/* ---- tables that are kept ---- */

static uint64_t *take_kept(struct hv_pt *pt)
{
	uint64_t *t = pt->kept;

	if (t) {
		pt->kept = (uint64_t *)(uintptr_t)t[0];
		pt->nr_kept--;
		t[0] = 0;
	}
	return t;
}

int hv_pt_keep(struct hv_vcpu *cur, struct hv_pt *pt)
{
	uint64_t *t = hv_alloc_heap_page(cur, pt->d);

	if (!t)
		return -ENOMEM;
	t[0] = (uintptr_t)pt->kept;
	pt->kept = t;
	pt->nr_kept++;
	return 0;
}

void hv_pt_unkeep(struct hv_vcpu *cur, struct hv_pt *pt)
{
	uint64_t *t = take_kept(pt);

	if (t)
		hv_free_heap_page(cur, pt->d, t);
	else
		hv_violate(cur->host, "d%u: a table is given back that was not kept", pt->d->id);
}

int hv_pt_set_kept(struct hv_vcpu *cur, struct hv_pt *pt, uint64_t index, unsigned order,
		   uint64_t e, uint64_t *old)
{
	int rc;

	pt->spends = true;
	rc = hv_pt_set(cur, pt, index, order, e, old);
	pt->spends = false;
	return rc;
}

/* ---- entries ---- */

/* Replace the superpage at *p by a table of the same translations. */
static hv_always_inline int split(struct hv_vcpu *cur, struct hv_pt *pt, uint64_t *p,
				  unsigned level)
{
	uint64_t e = *p, step = HV_PAGE_SIZE << (9 * (level - 2));
	bool kept = pt->spends && !hv_mutant(V3_SPLIT_ALLOCS);
	uint64_t *t = kept ? take_kept(pt) : new_table(cur, pt);

	if (!t)
		return -ENOMEM;
	if (level == 2)
		e &= ~HV_PTE_LEAF;
	for (unsigned i = 0; i < 512u - (pt->spends && hv_mutant(V3_SPLIT_SHORT)); i++, e += step)
		write_entry(cur, &t[i], e);
	cur->count.splits++;
	write_entry(cur, p, table_entry(cur->host, t));
	return 0;
}

int hv_pt_split(struct hv_vcpu *cur, struct hv_pt *pt, uint64_t *p, unsigned level)
{
	return split(cur, pt, p, level);
}

/* Is nothing mapped by these tables? */
static bool is_empty(const struct hv_host *host, const uint64_t *t, unsigned level)
{
	for (unsigned i = 0; i < 512; i++) {
		uint64_t e = hv_load(&t[i]);

		if ((e & HV_PTE_PRESENT) &&
		    (hv_pt_is_leaf(e, level) || !is_empty(host, hv_pt_table(host, e), level - 1)))
			return false;
	}
	return true;
}

void hv_pt_free_below(struct hv_vcpu *cur, struct hv_pt *pt, unsigned order, uint64_t old)
{
	free_tables(cur, pt, hv_pt_table(cur->host, old), order / 9);
}

int hv_pt_set(struct hv_vcpu *cur, struct hv_pt *pt, uint64_t index, unsigned order, uint64_t e,
	      uint64_t *old)
{
	unsigned target = order / 9 + 1;
	uint64_t *t = pt->root;

	*old = 0;
	cur->count.walks++;
	if (index >= HV_PT_MAX_INDEX)
		return -EINVAL;
	for (unsigned level = HV_PT_LEVELS;; level--) {
		uint64_t *p = &t[hv_pt_slot_of(index, level)], have = hv_load(p);

		cur->count.levels++;
		if (level == target) {
			/* Pieces in the way of a superpage: the caller uses smaller ones. */
			if ((have & HV_PTE_PRESENT) && !hv_pt_is_leaf(have, level) &&
			    (!pt->replaces ||
			     !is_empty(cur->host, hv_pt_table(cur->host, have), level - 1)))
				return -EEXIST;
			*old = have;
			if (have == 0 && e == 0)
				return 0;
			write_entry(cur, p, e && level > 1 ? e | HV_PTE_LEAF : e);
			return 0;
		}
		if (!(have & HV_PTE_PRESENT)) {
			uint64_t *n;

			if (!e)
				return 0;
			n = new_table(cur, pt);
			if (!n)
				return -ENOMEM;
			write_entry(cur, p, table_entry(cur->host, n));
		} else if (hv_pt_is_leaf(have, level)) {
			int rc = split(cur, pt, p, level);

			if (rc)
				return rc;
		}
		t = hv_pt_table(cur->host, *p);
	}
}

uint64_t *hv_pt_slot(struct hv_vcpu *cur, struct hv_pt *pt, uint64_t index, enum hv_pt_want want)
{
	uint64_t *t = pt->root;

	if (index >= HV_PT_MAX_INDEX)
		return NULL;
	for (unsigned level = HV_PT_LEVELS; level > 1; level--) {
		uint64_t *p = &t[hv_pt_slot_of(index, level)], have = hv_load(p);

		if (!(have & HV_PTE_PRESENT)) {
			uint64_t *n = want == HV_PT_MAKE ? new_table(cur, pt) : NULL;

			if (!n)
				return NULL;
			have = table_entry(cur->host, n);
			write_entry(cur, p, have);
		}
		t = hv_pt_table(cur->host, have);
	}
	return &t[hv_pt_slot_of(index, 1)];
}

static int each(const struct hv_host *host, const uint64_t *t, unsigned level, uint64_t base,
		int (*fn)(uint64_t, unsigned, uint64_t, void *), void *arg)
{
	int rc = 0;

	for (unsigned i = 0; i < 512 && !rc; i++) {
		uint64_t index = base + ((uint64_t)i << (9 * (level - 1))), e = hv_load(&t[i]);

		if (!(e & HV_PTE_PRESENT))
			continue;
		if (hv_pt_is_leaf(e, level))
			rc = fn(index, 9 * (level - 1), e, arg);
		else
			rc = each(host, hv_pt_table(host, e), level - 1, index, fn, arg);
	}
	return rc;
}

int hv_pt_each(const struct hv_host *host, const struct hv_pt *pt,
	       int (*fn)(uint64_t index, unsigned order, uint64_t e, void *arg), void *arg)
{
	return pt->root ? each(host, pt->root, HV_PT_LEVELS, 0, fn, arg) : 0;
}
