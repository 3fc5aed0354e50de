/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest's access to its memory, with what the hypervisor does when it faults: a translated domain's p2m may be marked,
 * or log who writes. After Xen's VMEXIT_NPF (hvm/svm/svm.c) and hvm_hap_nested_page_fault().
 */
#include "guest_access.h"
#include "lend_fault.h"
#include "lifetime.h"
#include "log_fast.h"
#include "log_trie.h"
#include "marks.h"
#include "p2m.h"
#include "retype.h"
#include "tlb.h"

/* A write to what is logged: the page is marked, and can be written from then on, it alone. */
static bool write_logged(struct hv_vcpu *v, uint64_t gfn)
{
	int rc;

	if (hv_mutant(LOG_EARLY_TYPE)) {
		rc = hv_retype(v, v->d, gfn, HV_P2M_RAM_LOGDIRTY, HV_P2M_RAM_RW);
		hv_mark_pfn_dirty(v, v->d, gfn);
	} else {
		hv_mark_pfn_dirty(v, v->d, gfn);
		rc = hv_retype(v, v->d, gfn, HV_P2M_RAM_LOGDIRTY, HV_P2M_RAM_RW);
	}
	/* -EBUSY: another vCPU was quicker. Without memory for the split Xen's guest tries for ever; hv's gives up. */
	return !rc || rc == -EBUSY;
}

/* hvm_hap_nested_page_fault(), of RAM. */
static bool fault_in_ram(struct hv_vcpu *v, uint64_t gfn, bool write)
{
	bool again;

	hv_p2m_lock(v, v->d);
	again = hv_p2m_is_ram(hv_marks_type(v, v->d, gfn));
	if (again && write)
		again = write_logged(v, gfn);
	hv_p2m_unlock(v, v->d);
	return again;
}

/* One exit: true if the guest tries again. */
static hv_noinline bool fault(struct hv_vcpu *v, uint64_t gfn, bool write)
{
	struct hv_domain *d = v->d;
	uint64_t e = hv_pt_hw_get(d->host, &d->p2m.pt, gfn, NULL);
	int rc;

	if (!e)
		return false;
	v->count.exits++;
	if (hv_pte_type(e) == HV_P2M_LENT_ABSENT)
		return hv_lend_fault(v, gfn, write);
	/* p2m_pt_handle_deferred_changes(). */
	hv_p2m_lock(v, d);
	rc = hv_recalc(v, d, gfn);
	hv_p2m_unlock(v, d);
	if (rc < 0) {
		hv_domain_crash(d);
		return false;
	}
	/* It came while the guest was on its way here. */
	if (!rc && hv_pte_type(e) == HV_P2M_LENT)
		return !write || (e & HV_PTE_WRITE);
	return rc ? true : fault_in_ram(v, gfn, write);
}

/* Out of line: what a guest's exits cost is counted from here. */
hv_noinline bool hv_guest_fault(struct hv_vcpu *v, uint64_t gfn, bool write)
{
	bool again;

	/* Paused before it got here: it tries again when that is over. */
	if (!hv_exit_begin(v))
		return true;
	again = fault(v, gfn, write);
	hv_exit_end(v);
	return again;
}

/* One exit, as the domain's pages are logged: true if the guest tries again. */
static bool exit_for(struct hv_vcpu *v, uint64_t gfn, bool write)
{
	bool again;

	if (v->d->log.way != HV_WAY_MARKS) {
		v->ring.full = false;
		if (write && hv_way_write(v, gfn, &again))
			return again;
	}
	return hv_guest_fault(v, gfn, write);
}

int hv_guest_access(struct hv_vcpu *v, uint64_t addr, unsigned off, void *buf, unsigned len,
		    bool write)
{
	int rc;

	do {
		rc = hv_tlb_access(v, addr, off, buf, len, write);
	} while (hv_unlikely(rc == -EFAULT) && hv_load(&v->d->p2m.marks) &&
		 exit_for(v, (addr + off) >> HV_PAGE_SHIFT, write));
	if (hv_unlikely(rc == -EFAULT) && v->fault.met)
		rc = hv_lend_blocked(v, addr + off, buf, len, write);
	if (hv_unlikely(rc == -EFAULT) && v->ring.full)
		rc = -ENOSPC;
	return rc;
}
