/* SPDX-License-Identifier: GPL-2.0-only */
/* A vCPU's access that met what is lent and absent: it waits, tries again, or is done by the lender. */
#include "lend_fault.h"
#include "lend_op.h"
#include "lend_seq.h"

static bool in(const struct hv_fault *f, uint64_t gfn, uint64_t pages)
{
	return f->gfn >= gfn && f->gfn - gfn < pages;
}

void hv_lend_wake(struct hv_domain *d, uint64_t gfn, uint64_t pages)
{
	for (unsigned i = 0; i < d->nr_vcpus; i++) {
		struct hv_fault *f = &d->vcpu[i]->fault;

		if (f->state == HV_FAULT_WAITS && in(f, gfn, pages))
			hv_store(&f->state, HV_FAULT_NONE);
	}
}

bool hv_lend_fault(struct hv_vcpu *v, uint64_t gfn, bool write)
{
	struct hv_fault *f = &v->fault;
	struct hv_domain *d = v->d;
	struct hv_loan *l;
	bool again = true;

	hv_lend_lock(v, d);
	l = hv_loan_find(d, NULL, gfn, 1);
	if (l && write && !l->write) {
		again = false;
	} else if (l && f->state != HV_FAULT_NONE && f->gfn == gfn) {
		/* It waits still, or something came of it: hv_lend_blocked(). */
		again = false;
	} else if (l) {
		*f = (struct hv_fault){ .state = HV_FAULT_WAITS,
					.gfn = gfn,
					.write = write,
					.data = hv_mutant(LEND_LEAK) ? f->data : 0 };
		d->lend.stats.faults++;
		/* Who serves enters the page first and looks who waits then. */
		again = hv_pte_type(hv_pt_hw_get(v->host, &d->p2m.pt, gfn, NULL)) !=
			HV_P2M_LENT_ABSENT;
		if (again)
			f->state = HV_FAULT_NONE;
	}
	f->met = l && !again && (!write || l->write);
	hv_lend_unlock(v, d);
	return again;
}

int hv_lend_blocked(struct hv_vcpu *v, uint64_t addr, void *buf, unsigned len, bool write)
{
	struct hv_fault *f = &v->fault;
	unsigned off = addr & (HV_PAGE_SIZE - 1);
	int rc = -EFAULT;

	f->met = false;
	hv_lend_lock(v, v->d);
	if (f->gfn != addr >> HV_PAGE_SHIFT)
		goto out;
	if (f->state == HV_FAULT_DONE && f->off == off && f->len == len && f->write == write) {
		if (!write)
			__builtin_memcpy(buf, &f->data, f->answer);
		f->state = HV_FAULT_NONE;
		rc = 0;
	} else if (f->state == HV_FAULT_FAILED) {
		f->state = HV_FAULT_NONE;
	} else if (f->state != HV_FAULT_NONE) {
		f->state = HV_FAULT_WAITS;
		f->off = off;
		f->len = len;
		f->write = write;
		if (write && len <= sizeof(f->data))
			__builtin_memcpy(&f->data, buf, len);
		rc = -EAGAIN;
	} else {
		/* It was served between: the access is tried again by who made it. */
		rc = -EAGAIN;
	}
out:
	hv_lend_unlock(v, v->d);
	return rc;
}

int hv_lend_poll(struct hv_vcpu *cur, struct hv_domain *d, unsigned *vcpu, struct hv_fault *out)
{
	int rc = -ENOENT;

	hv_lend_lock(cur, d);
	for (unsigned i = 0; i < d->nr_vcpus && rc; i++) {
		const struct hv_fault *f = &d->vcpu[i]->fault;

		/* Without a length the access has not come to where it waits. */
		if (f->state == HV_FAULT_WAITS && f->len && hv_loan_find(d, cur->d, f->gfn, 1)) {
			*vcpu = i;
			*out = *f;
			rc = 0;
		}
	}
	hv_lend_unlock(cur, d);
	return rc;
}

int hv_lend_resolve(struct hv_vcpu *cur, struct hv_domain *d, unsigned vcpu, bool fail,
		    uint64_t data, unsigned len)
{
	struct hv_fault *f;
	struct hv_loan *l;
	int rc = -ENOENT;

	if (vcpu >= d->nr_vcpus)
		return -EINVAL;
	hv_lend_lock(cur, d);
	f = &d->vcpu[vcpu]->fault;
	l = f->state == HV_FAULT_WAITS ? hv_loan_find(d, cur->d, f->gfn, 1) : NULL;
	if (!l || !f->len)
		goto out;
	rc = -EINVAL;
	/* Only what an ioreq has room for, and where the loan says so. */
	if (!fail && (l->policy != LEND_EMULATE || f->len > sizeof(f->data)))
		goto out;
	rc = 0;
	/* The server says what, and not how much. */
	f->answer = hv_mutant(LEND_ANSWER_SIZE) ? len : f->len;
	if (!fail && !f->write)
		f->data = data;
	hv_store(&f->state, fail ? HV_FAULT_FAILED : HV_FAULT_DONE);
	d->lend.stats.failed += fail;
	d->lend.stats.answered += !fail;
out:
	hv_lend_unlock(cur, d);
	return rc;
}
