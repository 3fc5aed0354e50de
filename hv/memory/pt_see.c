/* SPDX-License-Identifier: GPL-2.0-only */
/* Walks that look at more than the translation: at marks on the way, or for the place of the leaf. */
#include "pt.h"
#include "pt_inside.h"

/* Down to the leaf or the hole for index. */
static uint64_t *down(const struct hv_host *host, const struct hv_pt *pt, uint64_t index,
		      unsigned *order, unsigned *levels, uint64_t *found)
{
	uint64_t *t = pt->root, marks = 0;

	for (unsigned level = HV_PT_LEVELS;; level--) {
		uint64_t *p = &t[hv_pt_slot_of(index, level)], e = hv_load_acquire(p);

		++*levels;
		*order = 9 * (level - 1);
		if (!(e & HV_PTE_PRESENT))
			return NULL;
		marks |= e & HV_PTE_MARK;
		if (hv_pt_is_leaf(e, level)) {
			*found = e | marks;
			return p;
		}
		t = hv_pt_table(host, e);
	}
}

static uint64_t see(const struct hv_host *host, const struct hv_pt *pt, uint64_t index,
		    unsigned *order, unsigned *levels)
{
	uint64_t e;

	if (!down(host, pt, index, order, levels, &e))
		return 0;
	return e + ((index & ((1ull << *order) - 1)) << HV_PAGE_SHIFT);
}

uint64_t hv_pt_hw_see(const struct hv_host *host, const struct hv_pt *pt, uint64_t index,
		      unsigned *order)
{
	unsigned levels = 0, o;

	return index < HV_PT_MAX_INDEX ? see(host, pt, index, order ? order : &o, &levels) : 0;
}

uint64_t hv_pt_see(struct hv_vcpu *cur, const struct hv_pt *pt, uint64_t index, unsigned *order)
{
	unsigned levels = 0, o;
	uint64_t e;

	cur->count.walks++;
	if (index >= HV_PT_MAX_INDEX)
		return 0;
	e = see(cur->host, pt, index, order ? order : &o, &levels);
	cur->count.levels += levels;
	return e;
}

uint64_t *hv_pt_see_leaf(struct hv_vcpu *cur, const struct hv_pt *pt, uint64_t index,
			 unsigned *order)
{
	unsigned levels = 0;
	uint64_t e, *p;

	cur->count.walks++;
	p = index < HV_PT_MAX_INDEX ? down(cur->host, pt, index, order, &levels, &e) : NULL;
	cur->count.levels += levels;
	return p;
}

uint64_t *hv_pt_hw_leaf(const struct hv_host *host, const struct hv_pt *pt, uint64_t index)
{
	unsigned levels = 0, order;
	uint64_t e;

	return index < HV_PT_MAX_INDEX ? down(host, pt, index, &order, &levels, &e) : NULL;
}
