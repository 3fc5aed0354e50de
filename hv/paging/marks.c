/* SPDX-License-Identifier: GPL-2.0-only */
/* Marks in a p2m, made, pushed down and taken. */
#include "marks.h"
#include "log_trie.h"
#include "p2m_type.h"
#include "pt.h"
#include "pt_inside.h"
#include "tlb.h"
#include "unit.h"

static bool changeable(enum hv_p2m_type t)
{
	return t == HV_P2M_RAM_RW || t == HV_P2M_RAM_LOGDIRTY;
}

/* p2m_is_logdirty_range(): all of it, none (0) or a part (-1). */
static int logged(const struct hv_p2m *p2m, uint64_t first, uint64_t last)
{
	if (p2m->global_logdirty || (first >= p2m->log_first && last < p2m->log_end))
		return 1;
	return last >= p2m->log_first && first < p2m->log_end ? -1 : 0;
}

/* p2m_recalc_type_range(). */
static enum hv_p2m_type recalculated(const struct hv_p2m *p2m, enum hv_p2m_type t, uint64_t first,
				     uint64_t last)
{
	if (!changeable(t))
		return t;
	return logged(p2m, first, last) ? HV_P2M_RAM_LOGDIRTY : HV_P2M_RAM_RW;
}

uint64_t hv_marks_retyped(uint64_t e, enum hv_p2m_type t)
{
	e &= ~(HV_PTE_TYPE_MASK | HV_PTE_WRITE | HV_PTE_MARK);
	return e | (uint64_t)t << HV_PTE_TYPE_SHIFT | (hv_p2m_writes(t) ? HV_PTE_WRITE : 0);
}

/* write_p2m_entry(): under the paging lock, and flushed there if something was there (hap_write_p2m_entry_post()). */
static void write_entry(struct hv_vcpu *cur, struct hv_domain *d, uint64_t *p, uint64_t e)
{
	uint64_t old = hv_load(p);

	hv_paging_lock(cur, d);
	hv_p2m_changes(d);
	hv_pt_write(cur, p, e);
	if (old & HV_PTE_PRESENT)
		hv_flush_guest(cur, d);
	hv_paging_unlock(cur, d);
}

void hv_marks_device(struct hv_vcpu *cur, struct hv_domain *d, uint64_t gfn, unsigned order,
		     uint64_t old, uint64_t e)
{
	if (d->iommu.mode == HV_IOMMU_SHARED && (old & HV_PTE_WRITE) && !(e & HV_PTE_WRITE) &&
	    !hv_mutant(LOG_NO_IOTLB))
		hv_unit_invalidate(cur, d, gfn >> order << order, order, HV_SCOPE_RANGE);
}

static bool wants_mark(uint64_t e)
{
	return (e & HV_PTE_PRESENT) && !(e & HV_PTE_MARK);
}

/* Entries of a table are marked; how many were not. */
static unsigned mark_entries(struct hv_vcpu *cur, struct hv_domain *d, uint64_t *t, unsigned first,
			     unsigned last)
{
	unsigned changed = 0;

	for (unsigned i = first; i <= last; i++) {
		uint64_t e = hv_load(&t[i]);

		if (wants_mark(e)) {
			write_entry(cur, d, &t[i], e | HV_PTE_MARK);
			changed++;
		}
	}
	return changed;
}

void hv_marks_root(struct hv_vcpu *cur, struct hv_domain *d)
{
	if (mark_entries(cur, d, d->p2m.pt.root, 0, 511))
		hv_flush_guest(cur, d);
}

/* p2m_pt_set_recalc_range(): the entries of one table of this level for these pages. */
static int mark_table(struct hv_vcpu *cur, struct hv_domain *d, unsigned level, uint64_t first,
		      uint64_t last)
{
	uint64_t *t = d->p2m.pt.root;
	int rc;

	for (unsigned l = HV_PT_LEVELS; l > level; l--) {
		uint64_t *p = &t[hv_pt_slot_of(first, l)], e = hv_load(p);

		if (!(e & HV_PTE_PRESENT))
			return 0;
		if (hv_pt_is_leaf(e, l)) {
			rc = hv_pt_split(cur, &d->p2m.pt, p, l);
			if (rc)
				return rc;
			hv_flush_guest(cur, d);
		}
		t = hv_pt_table(cur->host, hv_load(p));
	}
	mark_entries(cur, d, t, hv_pt_slot_of(first, level), hv_pt_slot_of(last, level));
	return 0;
}

/* The largest tables that lie within, and smaller ones at the ends. */
int hv_marks_pages(struct hv_vcpu *cur, struct hv_domain *d, uint64_t first, uint64_t last)
{
	uint64_t mask = 511;

	for (unsigned level = 1; level <= HV_PT_LEVELS;) {
		int rc;

		if (first & mask) {
			uint64_t end = (first | mask) < last ? first | mask : last;

			rc = mark_table(cur, d, level, first, end);
			if (rc || end >= last)
				return rc;
			first = end + 1;
		} else if ((last & mask) != mask) {
			uint64_t start = first > (last & ~mask) ? first : last & ~mask;

			rc = mark_table(cur, d, level, start, last);
			if (rc || start <= first)
				return rc;
			last = start - 1;
		} else {
			level++;
			mask |= mask << 9;
		}
	}
	return 0;
}

/* A superpage on the way: can it keep its size when its type is looked at anew? */
static bool keeps_size(const struct hv_p2m *p2m, uint64_t e, uint64_t first, uint64_t last)
{
	return !(e & HV_PTE_MARK) || !changeable(hv_pte_type(e)) || logged(p2m, first, last) >= 0;
}

/* The leaf at *p for gfn is looked at anew, if it is marked. */
static bool recalc_leaf(struct hv_vcpu *cur, struct hv_domain *d, uint64_t *p, uint64_t gfn,
			unsigned order)
{
	uint64_t in = (1ull << order) - 1, e = hv_load(p), new;

	if (!(e & HV_PTE_PRESENT) || !(e & HV_PTE_MARK))
		return false;
	new = hv_marks_retyped(e, recalculated(&d->p2m, hv_pte_type(e), gfn & ~in, gfn | in));
	/* What cannot change keeps its right. */
	if (!changeable(hv_pte_type(e)))
		new = e & ~HV_PTE_MARK;
	write_entry(cur, d, p, new);
	hv_marks_device(cur, d, gfn, order, e, new);
	return true;
}

int hv_recalc(struct hv_vcpu *cur, struct hv_domain *d, uint64_t gfn)
{
	struct hv_p2m *p2m = &d->p2m;
	unsigned level = HV_PT_LEVELS;
	uint64_t *t = p2m->pt.root;
	bool done = false;

	cur->count.recalcs++;
	if (gfn >= HV_PT_MAX_INDEX)
		return 0;
	hv_p2m_forget(d);
	for (; level > 1; level--) {
		uint64_t in = (1ull << 9 * (level - 1)) - 1;
		uint64_t *p = &t[hv_pt_slot_of(gfn, level)], e = hv_load(p);

		cur->count.recalc_levels++;
		if (!(e & HV_PTE_PRESENT))
			return done;
		if (hv_pt_is_leaf(e, level)) {
			if (keeps_size(p2m, e, gfn & ~in, gfn | in))
				break;
			if (hv_pt_split(cur, &p2m->pt, p, level))
				return -ENOMEM;
			hv_flush_guest(cur, d);
			e = hv_load(p);
		}
		t = hv_pt_table(cur->host, e);
		if (e & HV_PTE_MARK) {
			mark_entries(cur, d, t, 0, 511);
			write_entry(cur, d, p, e & ~HV_PTE_MARK);
			done = true;
		}
	}
	if (level == 1)
		cur->count.recalc_levels++;
	return recalc_leaf(cur, d, &t[hv_pt_slot_of(gfn, level)], gfn, 9 * (level - 1)) || done;
}

enum hv_p2m_type hv_marks_type_of(const struct hv_p2m *p2m, enum hv_p2m_type t, uint64_t gfn)
{
	return recalculated(p2m, t, gfn, gfn);
}
