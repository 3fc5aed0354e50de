/* SPDX-License-Identifier: GPL-2.0-only */
/* Operations of a lender: who may, and which frames. What they do is in hv/paging/lend*.c. */
#include "args.h"
#include "iomem.h"
#include "lend.h"
#include "lend_entry.h"
#include "lend_fault.h"
#include "lend_op.h"
#include "lend_seq.h"
#include "lifetime.h"
#include "page.h"

/* ---- the lender's frames ---- */

/* Frames side by side from the one that the lender names so on. HV_INVALID: there is no RAM. */
static uint64_t run_of(struct hv_vcpu *cur, uint64_t frame, uint64_t pages, uint64_t *n)
{
	struct hv_p2m *p2m = &cur->d->p2m;
	unsigned order = 0;
	uint64_t e = 0;

	*n = pages;
	if (!hv_translated(cur->d))
		return frame < cur->host->nr_frames && pages <= cur->host->nr_frames - frame
			       ? frame
			       : HV_INVALID;
	cur->count.p2m_lookups++;
	hv_percpu_read_lock(cur, &p2m->lock, HV_LVL_P2M);
	if (frame < HV_PT_MAX_INDEX)
		e = hv_pt_get(cur, &p2m->pt, frame, &order);
	hv_percpu_read_unlock(cur, &p2m->lock, HV_LVL_P2M);
	if (!e || !hv_p2m_is_ram(hv_pte_type(e)))
		return HV_INVALID;
	if (*n > (1ull << order) - (frame & ((1ull << order) - 1)))
		*n = (1ull << order) - (frame & ((1ull << order) - 1));
	return hv_pte_mfn(e);
}

/* One run of what is served: under the p2m lock, with a look whether it may still be entered. */
static int serve_run(struct hv_vcpu *cur, struct hv_domain *d, const struct lend_op *op,
		     uint64_t off, uint64_t mfn, uint64_t n)
{
	uint64_t gfn = op->gfn + off, done = 0;
	struct hv_loan *l;
	bool early = false;
	int rc = -ENOENT;

	if (hv_mutant(LEND_SEQ_EARLY)) {
		l = hv_loan_find(d, cur->d, gfn, n);
		early = l && !hv_lend_stale(cur, d, l, gfn, n, op->seq);
	}
	hv_p2m_lock(cur, d);
	l = hv_load(&d->is_dying) ? NULL : hv_loan_find(d, cur->d, gfn, n);
	if (l)
		rc = !early && hv_lend_stale(cur, d, l, gfn, n, op->seq)
			     ? -EAGAIN
			     : hv_lent_enter(cur, d, l, gfn, n, mfn, &done);
	if (done) {
		hv_lend_lock(cur, d);
		hv_lend_wake(d, gfn, done);
		d->lend.stats.served += done;
		hv_lend_unlock(cur, d);
	}
	hv_p2m_unlock(cur, d);
	return rc;
}

static int serve(struct hv_vcpu *cur, struct hv_domain *d, const struct lend_op *op, bool bar)
{
	int rc = bar && !hv_iomem_permitted(cur, op->frame, op->pages) ? -EPERM : 0;

	for (uint64_t off = 0, n; off < op->pages && !rc; off += n) {
		uint64_t mfn = op->frame + off;

		n = op->pages - off;
		if (!bar)
			mfn = run_of(cur, mfn, n, &n);
		rc = mfn == HV_INVALID ? -EINVAL : serve_run(cur, d, op, off, mfn, n);
	}
	return rc;
}

/* Is the loan of a device's memory? -ENOENT: there is none with these pages. */
static int is_bar(struct hv_vcpu *cur, struct hv_domain *d, const struct lend_op *op)
{
	const struct hv_loan *l;
	int rc = -ENOENT;

	hv_lend_lock(cur, d);
	l = hv_loan_find(d, cur->d, op->gfn, op->pages);
	if (l)
		rc = l->bar;
	hv_lend_unlock(cur, d);
	return rc;
}

/* ---- operations ---- */

static int do_serve(struct hv_vcpu *cur, struct hv_domain *d, struct lend_op *op)
{
	int bar = is_bar(cur, d, op);

	return bar < 0 ? bar : serve(cur, d, op, bar);
}

static int do_lend(struct hv_vcpu *cur, struct hv_domain *d, struct lend_op *op)
{
	struct hv_loan l = { .lender = cur->d,
			     .gfn = op->gfn,
			     .pages = op->pages,
			     .write = op->flags & LEND_WRITE,
			     .bar = op->flags & LEND_BAR,
			     .policy = (uint8_t)op->policy };
	int rc;

	if (op->policy > LEND_EMULATE || (op->flags & ~(LEND_WRITE | LEND_BAR | LEND_NOW)))
		return -EINVAL;
	/* What the p2m has, such a device reaches. */
	if (d->iommu.mode == HV_IOMMU_SHARED)
		return -EOPNOTSUPP;
	rc = hv_lend(cur, d, &l);
	if (rc || !(op->flags & LEND_NOW))
		return rc;
	op->seq = 0;
	rc = serve(cur, d, op, l.bar);
	if (rc)
		hv_lend_return(cur, d, op->gfn);
	return rc;
}

static int do_return(struct hv_vcpu *cur, struct hv_domain *d, struct lend_op *op)
{
	return hv_lend_return(cur, d, op->gfn);
}

static int do_revoke(struct hv_vcpu *cur, struct hv_domain *d, struct lend_op *op)
{
	if (op->flags & LEND_BY_ENTRY)
		return hv_lend_revoke_by_entry(cur, d, op->gfn, op->pages);
	return hv_lend_revoke(cur, d, op->gfn, op->pages);
}

/* The loan of the pages, for what only the sequence is asked of. */
static int with_loan(struct hv_vcpu *cur, struct hv_domain *d, struct lend_op *op, bool end)
{
	struct hv_loan *l;
	int rc = -ENOENT;

	hv_p2m_lock(cur, d);
	l = hv_loan_find(d, cur->d, op->gfn, op->pages);
	if (l)
		rc = end ? hv_lend_end(cur, d, l) : 0;
	if (l)
		op->seq = hv_lend_seq(cur, d, l);
	hv_p2m_unlock(cur, d);
	return rc;
}

static int do_end(struct hv_vcpu *cur, struct hv_domain *d, struct lend_op *op)
{
	int rc = with_loan(cur, d, op, true);

	return rc || !(op->flags & LEND_NOW) ? rc : do_serve(cur, d, op);
}

static int do_seq(struct hv_vcpu *cur, struct hv_domain *d, struct lend_op *op)
{
	return with_loan(cur, d, op, false);
}

static int do_fault(struct hv_vcpu *cur, struct hv_domain *d, struct lend_op *op)
{
	struct hv_fault f;
	int rc = hv_lend_poll(cur, d, &op->vcpu, &f);

	if (rc)
		return rc;
	op->gfn = f.gfn;
	op->len = f.len;
	op->flags = f.write ? LEND_WRITE : 0;
	op->data = f.data;
	return 0;
}

static int do_answer(struct hv_vcpu *cur, struct hv_domain *d, struct lend_op *op)
{
	return hv_lend_resolve(cur, d, op->vcpu, false, op->data, op->len);
}

static int do_fail(struct hv_vcpu *cur, struct hv_domain *d, struct lend_op *op)
{
	return hv_lend_resolve(cur, d, op->vcpu, true, 0, 0);
}

static const struct {
	int (*fn)(struct hv_vcpu *cur, struct hv_domain *d, struct lend_op *op);
	bool range, out; /* it names pages; it says something */
} ops[LEND_CMDS] = {
	[LEND_LEND] = { do_lend, true, false },	    [LEND_RETURN] = { do_return, false, false },
	[LEND_REVOKE] = { do_revoke, true, false }, [LEND_END] = { do_end, true, false },
	[LEND_SEQ] = { do_seq, true, true },	    [LEND_FAULT] = { do_fault, false, true },
	[LEND_SERVE] = { do_serve, true, false },   [LEND_ANSWER] = { do_answer, false, false },
	[LEND_FAIL] = { do_fail, false, false },
};

/* The calling domain lends to d. */
static bool is_lender(const struct hv_vcpu *cur, const struct hv_domain *d)
{
	return d != cur->d && cur->d->lends &&
	       (cur->d->privileged || hv_load(&d->lender) == cur->d->id);
}

static long lend_op(struct hv_vcpu *cur, unsigned cmd, uint64_t at)
{
	struct hv_domain *d;
	struct lend_op op;
	int rc;

	if (cmd >= LEND_CMDS)
		return -ENOSYS;
	if (!hv_guest_handle_okay(cur->d, at, 1, sizeof(op)) ||
	    hv_copy_from_guest(cur, &op, at, sizeof(op)))
		return -EFAULT;
	d = hv_domain_find(cur, op.borrower);
	if (!d)
		return -ESRCH;
	if (!is_lender(cur, d))
		return -EPERM;
	if (!hv_translated(d))
		return -EOPNOTSUPP;
	/* No sum before both are known to be small. */
	if (op.gfn >= HV_PT_MAX_INDEX ||
	    (ops[cmd].range && (!op.pages || op.pages > HV_PT_MAX_INDEX - op.gfn)))
		return -EINVAL;
	rc = ops[cmd].fn(cur, d, &op);
	if (!rc && ops[cmd].out && hv_copy_to_guest(cur, at, &op, sizeof(op)))
		rc = -EFAULT;
	return rc;
}

long hv_lend_op(struct hv_vcpu *cur, unsigned cmd, void *uop)
{
	long rc;

	hv_hypercall_enter(cur);
	rc = hv_domain_crashed(cur->d) ? -EIO : lend_op(cur, cmd, (uintptr_t)uop);
	hv_hypercall_exit(cur);
	return rc;
}

int hv_domain_set_lender(struct hv_domain *borrower, const struct hv_domain *lender)
{
	if (lender && (!lender->lends || lender == borrower))
		return -EINVAL;
	hv_mutex_lock(&borrower->host->toolstack_lock);
	hv_store(&borrower->lender, lender ? lender->id : DOMID_INVALID);
	hv_mutex_unlock(&borrower->host->toolstack_lock);
	return 0;
}
