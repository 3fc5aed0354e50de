/* SPDX-License-Identifier: GPL-2.0-only */
/* Types in a p2m changed: of all RAM, of a range, of a page. */
#include "retype.h"
#include "log_trie.h"
#include "marks.h"
#include "p2m.h"
#include "tlb.h"
#include "violation.h"

void hv_marks_global(struct hv_vcpu *cur, struct hv_domain *d, bool log)
{
	hv_p2m_lock(cur, d);
	hv_store(&d->p2m.marks, true);
	hv_marks_root(cur, d);
	d->p2m.global_logdirty = log;
	hv_p2m_unlock(cur, d);
}

int hv_marks_range(struct hv_vcpu *cur, struct hv_domain *d, uint64_t first, uint64_t end, bool log)
{
	struct hv_p2m *p2m = &d->p2m;
	int rc;

	hv_p2m_lock(cur, d);
	hv_store(&p2m->marks, true);
	rc = hv_marks_pages(cur, d, first, end - 1);
	p2m->log_first = log ? first : 0;
	p2m->log_end = log ? end : 0;
	hv_p2m_unlock(cur, d);
	return rc;
}

enum hv_p2m_type hv_marks_type(struct hv_vcpu *cur, struct hv_domain *d, uint64_t gfn)
{
	uint64_t e = hv_pt_see(cur, &d->p2m.pt, gfn, NULL);

	if (!e)
		return HV_P2M_INVALID;
	return e & HV_PTE_MARK ? hv_marks_type_of(&d->p2m, hv_pte_type(e), gfn) : hv_pte_type(e);
}

/* A page that becomes writable is in the bitmap already, unless there was no memory for it. */
static void check_order(struct hv_vcpu *cur, struct hv_domain *d, uint64_t gfn, enum hv_p2m_type to)
{
	hv_paging_lock(cur, d);
	if (to == HV_P2M_RAM_RW && d->log.on && d->p2m.global_logdirty && !d->log.failed_allocs &&
	    !hv_log_has(d, gfn))
		hv_violate(cur->host, "d%u gfn %#lx can be written before its bit is set", d->id,
			   (unsigned long)gfn);
	hv_paging_unlock(cur, d);
	/* The model's own look. */
	cur->count.recursive_locks--;
	cur->count.atomic_rmws--;
}

int hv_retype(struct hv_vcpu *cur, struct hv_domain *d, uint64_t gfn, enum hv_p2m_type from,
	      enum hv_p2m_type to)
{
	uint64_t e, old, splits = cur->count.splits;
	unsigned order = 0;
	int rc = -EBUSY;

	cur->count.type_changes++;
	hv_p2m_lock(cur, d);
	if (hv_marks_type(cur, d, gfn) != from)
		goto out;
	rc = hv_recalc(cur, d, gfn);
	if (rc < 0)
		goto out;
	e = hv_pt_hw_get(cur->host, &d->p2m.pt, gfn, &order);
	if (hv_mutant(LOG_WHOLE_LEAF)) {
		e = hv_pt_hw_get(cur->host, &d->p2m.pt, gfn & ~((1ull << order) - 1), NULL);
		gfn &= ~((1ull << order) - 1);
	} else {
		e &= ~HV_PTE_LEAF;
		order = 0;
	}
	check_order(cur, d, gfn, to);
	hv_paging_lock(cur, d);
	hv_p2m_changes(d);
	rc = hv_pt_set(cur, &d->p2m.pt, gfn, order, hv_marks_retyped(e, to), &old);
	/* Each of the entries that a split writes is written so, and the last of them replaces what was there. */
	if (cur->count.splits != splits) {
		cur->count.recursive_locks += 513 * (cur->count.splits - splits);
		hv_flush_guest(cur, d);
	}
	if (!rc)
		hv_flush_guest(cur, d);
	hv_paging_unlock(cur, d);
	if (!rc)
		hv_marks_device(cur, d, gfn, order, old, hv_marks_retyped(e, to));
out:
	hv_p2m_unlock(cur, d);
	return rc;
}
