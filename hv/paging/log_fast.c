/* SPDX-License-Identifier: GPL-2.0-only */
/* A write to a protected page: the entry is opened where it is found, and then the page is said to be dirty. */
#include "log_fast.h"
#include "log_protect.h"
#include "log_ring.h"
#include "log_bits.h"
#include "marks.h"
#include "p2m.h"
#include "tlb.h"

#define TRIES 4 /* before the lock is taken, as there */

enum outcome { AGAIN, NOT_MINE, FULL, SLOW, NO_MEMORY };

/* The page can be written: whoever opened it says so. A GET that comes between leaves it to the next. */
static void opened(struct hv_vcpu *v, uint64_t gfn)
{
	if (!hv_load(&v->d->log.on) || hv_mutant(LOG_WAY_UNSAID))
		return;
	if (v->d->log.way == HV_WAY_RING)
		hv_log_ring_put(v, gfn);
	else
		hv_log_bit(v, v->d, gfn);
}

static enum outcome fast(struct hv_vcpu *v, uint64_t gfn)
{
	for (unsigned i = 0; i < TRIES; i++) {
		unsigned order;
		uint64_t e, *p = hv_pt_see_leaf(v, &v->d->p2m.pt, gfn, &order);

		if (!p)
			return NOT_MINE;
		e = hv_load_acquire(p);
		if (hv_pte_type(e) != HV_P2M_RAM_LOGDIRTY)
			return hv_pte_type(e) == HV_P2M_RAM_RW ? AGAIN : NOT_MINE;
		if (order)
			return SLOW;
		if (hv_cmpxchg(v, p, &e, hv_marks_retyped(e, HV_P2M_RAM_RW))) {
			v->count.entries_written++;
			opened(v, gfn);
			return AGAIN;
		}
	}
	return SLOW;
}

/* A large entry, parted for this page; or one that others change all the time. */
static enum outcome slow(struct hv_vcpu *v, uint64_t gfn)
{
	struct hv_domain *d = v->d;
	enum outcome rc = AGAIN;
	unsigned order;
	uint64_t *p, e;

	hv_p2m_lock(v, d);
	hv_p2m_changes(d);
	do {
		p = hv_pt_see_leaf(v, &d->p2m.pt, gfn, &order);
		e = p ? hv_load(p) : 0;
	} while (p && order && hv_pte_type(e) == HV_P2M_RAM_LOGDIRTY &&
		 !hv_mutant(LOG_WAY_WHOLE_LEAF) && hv_log_part(v, d, p, order / 9 + 1));
	if (p && hv_pte_type(e) == HV_P2M_RAM_LOGDIRTY) {
		if (order && !hv_mutant(LOG_WAY_WHOLE_LEAF)) {
			rc = NO_MEMORY;
		} else {
			hv_pt_write(v, p, hv_marks_retyped(e, HV_P2M_RAM_RW));
			opened(v, gfn);
		}
	}
	hv_p2m_unlock(v, d);
	return rc;
}

/* Out of line: what such an exit costs is counted from here. */
hv_noinline bool hv_way_write(struct hv_vcpu *v, uint64_t gfn, bool *again)
{
	enum outcome rc = FULL;

	*again = true;
	if (!hv_exit_begin(v))
		return true;
	if (v->d->log.way != HV_WAY_RING || !hv_log_ring_full(v)) {
		hv_lockless_begin(v);
		rc = fast(v, gfn);
		hv_lockless_end(v);
		if (rc == SLOW)
			rc = slow(v, gfn);
	}
	hv_exit_end(v);
	v->count.exits += rc != NOT_MINE;
	v->ring.full = rc == FULL;
	*again = rc == AGAIN;
	return rc != NOT_MINE;
}
