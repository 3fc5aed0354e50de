/* SPDX-License-Identifier: GPL-2.0-only */
/* The p2m of translated guests. */
#include "p2m.h"
#include "iommu.h"
#include "lifetime.h"
#include "marks.h"
#include "page.h"
#include "tlb.h"

int hv_p2m_init(struct hv_vcpu *cur, struct hv_domain *d)
{
	hv_percpu_init(cur->host, &d->p2m.lock, HV_CLASS_P2M);
	d->p2m.pt.replaces = true;
	return hv_pt_init(cur, &d->p2m.pt, d);
}

void hv_p2m_destroy(struct hv_vcpu *cur, struct hv_domain *d)
{
	hv_pt_free(cur, &d->p2m.pt);
}

void hv_p2m_teardown(struct hv_vcpu *cur, struct hv_domain *d)
{
	hv_p2m_lock(cur, d);
	hv_p2m_changes(d);
	hv_pt_clear(cur, &d->p2m.pt);
	hv_p2m_unlock(cur, d);
}

void hv_p2m_lock(struct hv_vcpu *cur, struct hv_domain *d)
{
	struct hv_p2m *p2m = &d->p2m;

	if (hv_load(&p2m->owner) == cur) {
		p2m->depth++;
		return;
	}
	hv_percpu_write_lock(cur, &p2m->lock, HV_LVL_P2M);
	hv_store(&p2m->owner, cur);
	p2m->depth = 1;
}

void hv_p2m_unlock(struct hv_vcpu *cur, struct hv_domain *d)
{
	struct hv_p2m *p2m = &d->p2m;
	bool flush;

	if (--p2m->depth)
		return;
	flush = p2m->need_flush;
	p2m->need_flush = false;
	hv_store(&p2m->owner, (struct hv_vcpu *)NULL);
	hv_percpu_write_unlock(cur, &p2m->lock, HV_LVL_P2M);
	if (flush && !hv_flush_waits(cur, HV_LATE_TLB) && !hv_mutant(DROP_FLUSH))
		hv_flush_translated(cur, d);
}

/*
 * p2m_tlb_flush_sync(), and the tables that an entry replaced. Not even a flush that waits for the
 * end of the hypercall waits longer: processors may be on their way through these tables.
 */
static hv_noinline void free_replaced(struct hv_vcpu *cur, struct hv_domain *d, unsigned order,
				      uint64_t old)
{
	d->p2m.need_flush = false;
	hv_flush_translated(cur, d);
	if (!hv_mutant(KEEP_TABLE))
		hv_pt_free_below(cur, &d->p2m.pt, order, old);
}

uint64_t hv_p2m_get(struct hv_vcpu *cur, struct hv_domain *d, uint64_t gfn, enum hv_p2m_type *type)
{
	uint64_t e = hv_pt_get(cur, &d->p2m.pt, gfn, NULL);

	*type = e ? hv_pte_type(e) : HV_P2M_INVALID;
	return e ? hv_pte_mfn(e) : HV_INVALID;
}

/*
 * A change of this entry was refused, and it stays: the frame in it has its place again, which was
 * taken from it before (the end of Xen's p2m_remove_entry() and p2m_add_page(), XSA-389).
 */
static hv_noinline __attribute__((cold)) void stays(struct hv_vcpu *cur, struct hv_domain *d,
						    uint64_t gfn)
{
	uint64_t e = hv_pt_hw_get(cur->host, &d->p2m.pt, gfn, NULL);

	if (e && !hv_p2m_is_special(hv_pte_type(e)) && !hv_mutant(FORGET_PLACE))
		hv_store(&hv_page(cur->host, hv_pte_mfn(e))->m2p, gfn);
}

/* Pending changes of types. 0, 1 or -ENOMEM. */
static hv_noinline int before_change(struct hv_vcpu *cur, struct hv_domain *d, uint64_t gfn,
				     enum hv_p2m_type type)
{
	if (type == HV_P2M_RAM_RW && d->log.on)
		hv_store(&d->log.added, true);
	return hv_recalc(cur, d, gfn);
}

int hv_p2m_set(struct hv_vcpu *cur, struct hv_domain *d, uint64_t gfn, uint64_t mfn, unsigned order,
	       enum hv_p2m_type type)
{
	uint64_t e = mfn == HV_INVALID ? 0 : hv_pte(mfn, type, hv_p2m_writes(type)), old;
	int rc;

	/* First, as p2m_pt_set_entry(). */
	rc = hv_unlikely(d->p2m.marks) ? before_change(cur, d, gfn, type) : 0;
	hv_p2m_changes(d);
	if (rc >= 0)
		rc = hv_pt_set(cur, &d->p2m.pt, gfn, order, e, &old);
	if (rc) {
		stays(cur, d, gfn);
		return rc;
	}
	/* EPT: a flush is needed only if something was there (ept_set_entry()). */
	if (old & HV_PTE_PRESENT)
		d->p2m.need_flush = true;
	rc = hv_iommu_p2m_changed(cur, d, gfn, order, old, e);
	if (rc) {
		/* No memory for the IOMMU's tables: undone, which takes none. Xen crashes it. */
		uint64_t now;

		hv_pt_set(cur, &d->p2m.pt, gfn, order, hv_pt_replaced(order, old) ? 0 : old, &now);
		d->p2m.need_flush = true;
		stays(cur, d, gfn);
	}
	if (hv_unlikely(hv_pt_replaced(order, old)))
		free_replaced(cur, d, order, old);
	return rc;
}

struct hv_page *hv_p2m_get_page(struct hv_vcpu *cur, struct hv_domain *d, uint64_t gfn,
				enum hv_p2m_type *type)
{
	struct hv_page *pg = NULL;
	uint64_t mfn;

	cur->count.p2m_lookups++;
	hv_percpu_read_lock(cur, &d->p2m.lock, HV_LVL_P2M);
	mfn = hv_p2m_get(cur, d, gfn, type);
	/*
	 * Frames shared with the guest are neither granted on nor read here (a listed difference); nor is what a grant
	 * of version 3 put there, which can be the domain's own page at a second place.
	 */
	if (mfn != HV_INVALID &&
	    (hv_p2m_is_ram(*type) || hv_p2m_is_grant(*type) ||
	     (hv_mutant(V3_ALIAS_NAMED) && hv_p2m_is_v3(*type))) &&
	    hv_mfn_valid(cur, mfn)) {
		/* A page of another domain, mapped here by a grant, fails the owner comparison. */
		pg = hv_page(cur->host, mfn);
		if (!hv_get_page(cur, pg, d))
			pg = NULL;
	}
	hv_percpu_read_unlock(cur, &d->p2m.lock, HV_LVL_P2M);
	return pg;
}

struct hv_page *hv_p2m_get_page_of_run(struct hv_vcpu *cur, struct hv_domain *d, uint64_t gfn,
				       struct hv_run *run)
{
	struct hv_p2m *p2m = &d->p2m;
	uint64_t e, in, mfn;
	struct hv_page *pg;
	unsigned order;

	/* What gfn was read from was written before this is looked at. */
	hv_rmb();
	in = gfn - run->gfn;
	if (hv_likely(in < run->pages &&
		      (hv_load(&p2m->changes) == run->changes || hv_mutant(RANGE_STALE_RUN)))) {
		mfn = run->mfn + in;
		pg = hv_page(cur->host, mfn);
		cur->count.mfn_checks++;
		return hv_get_page(cur, pg, d) ? pg : NULL;
	}
	run->pages = 0;
	cur->count.p2m_lookups++;
	hv_percpu_read_lock(cur, &p2m->lock, HV_LVL_P2M);
	e = hv_pt_get(cur, &p2m->pt, gfn, &order);
	pg = NULL;
	if (e && (hv_p2m_is_ram(hv_pte_type(e)) || hv_p2m_is_any_grant(hv_pte_type(e))) &&
	    hv_mfn_valid(cur, hv_pte_mfn(e))) {
		in = gfn & ((1ull << order) - 1);
		*run = (struct hv_run){ gfn - in, hv_pte_mfn(e) - in, 1ull << order,
					hv_load(&p2m->changes) };
		pg = hv_page(cur->host, hv_pte_mfn(e));
		if (!hv_get_page(cur, pg, d))
			pg = NULL;
	}
	hv_percpu_read_unlock(cur, &p2m->lock, HV_LVL_P2M);
	return pg;
}

static int remove_entry(struct hv_vcpu *cur, struct hv_domain *d, uint64_t gfn, uint64_t mfn)
{
	enum hv_p2m_type t;
	uint64_t have = hv_p2m_get(cur, d, gfn, &t);

	if (t != HV_P2M_INVALID && (t == HV_P2M_MMIO_DIRECT || have != mfn))
		return -EILSEQ;
	/* Xen checks the frame twice and looks the entry up once more, for the M2P. */
	cur->count.mfn_checks += 2;
	hv_p2m_get(cur, d, gfn, &t);
	/* Also if nothing is there: the frame has no place then. */
	if (!hv_p2m_is_grant(t))
		hv_store(&hv_page(cur->host, mfn)->m2p, HV_INVALID);
	return hv_p2m_set(cur, d, gfn, HV_INVALID, 0, HV_P2M_INVALID);
}

int hv_p2m_remove_page(struct hv_vcpu *cur, struct hv_domain *d, uint64_t gfn, uint64_t mfn)
{
	int rc;

	hv_p2m_lock(cur, d);
	rc = remove_entry(cur, d, gfn, mfn);
	hv_p2m_unlock(cur, d);
	return rc;
}

int hv_p2m_add_page(struct hv_vcpu *cur, struct hv_domain *d, uint64_t gfn, uint64_t mfn,
		    enum hv_p2m_type type)
{
	struct hv_page *pg = hv_page(cur->host, mfn);
	enum hv_p2m_type ot;
	uint64_t omfn;
	int rc = 0;

	cur->count.mfn_checks++;
	hv_p2m_lock(cur, d);
	omfn = hv_p2m_get(cur, d, gfn, &ot);
	if (hv_p2m_is_special(ot)) {
		rc = -EPERM;
		goto out;
	}
	/* RAM in the way is orphaned: still owned, no longer reachable. */
	if (hv_p2m_is_ram(ot) || ot == HV_P2M_XEN_SHARED)
		hv_store(&hv_page(cur->host, omfn)->m2p, HV_INVALID);
	if (hv_load(&pg->owner) == d) {
		uint64_t ogfn = hv_load(&pg->m2p);

		if (ogfn != HV_INVALID && ogfn != gfn) {
			omfn = hv_p2m_get(cur, d, ogfn, &ot);
			if ((hv_p2m_is_ram(ot) || ot == HV_P2M_XEN_SHARED) && omfn == mfn) {
				rc = remove_entry(cur, d, ogfn, mfn);
				if (rc) {
					/* What was in the way, which Xen forgets here. */
					stays(cur, d, gfn);
					goto out;
				}
			}
		}
	}
	rc = hv_p2m_set(cur, d, gfn, mfn, 0, type);
	if (!rc && !hv_p2m_is_grant(type))
		hv_store(&pg->m2p, gfn);
out:
	hv_p2m_unlock(cur, d);
	if (rc == -EPERM)
		hv_domain_crash(d);
	return rc;
}
