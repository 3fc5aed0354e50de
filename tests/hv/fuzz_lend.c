// SPDX-License-Identifier: GPL-2.0-only
/*
 * The fuzz harness: memory lent. A guest lends pages of its own to another one, takes some of them back, ends that, serves
 * whoever waits or does its access, and has the loan returned; between all that is done with grants, version 3, moves and
 * log-dirty. What the borrower reaches must be the page that was served last, and nothing from a revoke on.
 */
#include "fuzz.h"

#include "lend_op.h"

#define AT	(HV_GFN_GRANT_BASE + (5u << 20)) /* where no other operation puts anything */
#define LOANS	2u				 /* of a borrower */
#define PAGES	8u				 /* of a loan */
#define NOTHING UINT64_MAX

/* The harness' view of a loan. */
struct loan {
	uint32_t lender, borrower; /* serials; 0: none */
	unsigned by;		   /* which of the domains lends */
	bool write, emulate;
	unsigned revokes; /* that go on, and the pages of all of them */
	unsigned first, end;
	uint64_t seq;
	uint64_t mfn[PAGES]; /* what was served there, or NOTHING */
};

static struct loan loans[FZ_DOMAINS][LOANS];

void fz_lend_begin(void)
{
	memset(loans, 0, sizeof(loans));
}

/* The loan of x with this number, if both live still. */
static struct loan *loan_of(const struct fz_dom *x, unsigned k)
{
	struct loan *l = &loans[x - fz.dom][k];

	if (l->lender &&
	    (l->borrower != x->serial || !fz.dom[l->by].d || fz.dom[l->by].serial != l->lender))
		memset(l, 0, sizeof(*l));
	return l->lender ? l : NULL;
}

static uint64_t place(unsigned k, unsigned i)
{
	return AT + k * 2 * PAGES + i;
}

static long call(struct fz_dom *m, unsigned cmd, struct lend_op *op)
{
	struct lend_op *at = (struct lend_op *)fz_args_page(m, 0);
	long rc;

	memcpy(at, op, sizeof(*op));
	fz_forget_reads();
	rc = hv_lend_op(fz_vcpu(m), cmd, at);
	memcpy(op, at, sizeof(*op));
	/* What a hostile guest said may be read otherwise: then nothing is known of loans any more. */
	if (fz.hostile)
		fz_lend_begin();
	fz_unexpected(m, rc);
	return rc;
}

/* Pages of the lender side by side, as it names them; which frame each is goes into the loan. */
static void served(struct loan *l, const struct fz_dom *m, unsigned i, unsigned n, uint64_t frame)
{
	for (unsigned k = 0; k < n; k++)
		if (l->mfn[i + k] == NOTHING)
			l->mfn[i + k] = fz_translate(m, frame + k);
}

static void lend(struct fz_dom *m, struct fz_dom *x, unsigned k)
{
	uint8_t b = fz_u8();
	uint64_t frame = fz_u8() % FZ_PAGES;
	struct lend_op op = { .borrower = (uint16_t)x->id,
			      .policy = b & 1,
			      .flags = (b & 2 ? LEND_WRITE : 0) | (b & 4 ? LEND_NOW : 0),
			      .gfn = place(k, 0),
			      .pages = PAGES,
			      .frame = frame };
	struct loan *l = loan_of(x, k);
	long rc;

	if (fz_odd(16))
		op.gfn = fz_u8() & 1 ? fz_u8() % FZ_RAM : fz_u64();
	if (fz_odd(16))
		op.pages = fz_u8() & 1 ? 512 : fz_u64();
	if (fz_odd(16))
		op.flags |= LEND_BAR;
	rc = call(m, LEND_LEND, &op);
	if (fz.hostile || rc) {
		if (!fz.hostile && !l && rc == -EEXIST)
			fz_fail("d%u: nothing is lent at %#lx, and yet something is there", x->id,
				(unsigned long)op.gfn);
		return;
	}
	if (l || x == m || !x->translated || x->iommu == HV_IOMMU_SHARED)
		fz_fail("d%u lent to d%u what it may not", m->id, x->id);
	l = &loans[x - fz.dom][k];
	*l = (struct loan){ .lender = m->serial,
			    .borrower = x->serial,
			    .by = (unsigned)(m - fz.dom),
			    .write = b & 2,
			    .emulate = b & 1 };
	memset(l->mfn, 0xff, sizeof(l->mfn));
	if (op.flags & LEND_NOW)
		served(l, m, 0, PAGES, frame);
	fz_stats.lent++;
}

static bool kept_out(const struct loan *l, unsigned i, unsigned n)
{
	return l->revokes && i < l->end && i + n > l->first;
}

static void revoke(struct fz_dom *m, struct fz_dom *x, struct loan *l, unsigned k)
{
	unsigned i = fz_u8() % PAGES, n = 1 + fz_u8() % (PAGES - i);
	struct lend_op op = { .borrower = (uint16_t)x->id, .gfn = place(k, i), .pages = n };
	uint64_t before = x->d->lend.stats.revoked_entries;
	long rc = call(m, LEND_REVOKE, &op);

	if (fz.hostile)
		return;
	if (rc)
		fz_fail("d%u could not revoke its own pages: %ld", m->id, rc);
	if (x->d->lend.stats.revoked_entries - before > n)
		fz_fail("d%u: a revoke of %u pages changed more entries", m->id, n);
	l->first = l->revokes && l->first < i ? l->first : i;
	l->end = l->revokes && l->end > i + n ? l->end : i + n;
	l->revokes++;
	for (; n; n--, i++)
		l->mfn[i] = NOTHING;
	fz_stats.lend_revoked++;
}

static void end_revoke(struct fz_dom *m, struct fz_dom *x, struct loan *l, unsigned k)
{
	struct lend_op op = { .borrower = (uint16_t)x->id, .gfn = place(k, 0), .pages = PAGES };
	long rc = call(m, LEND_END, &op);

	if (fz.hostile)
		return;
	if (!rc != (l->revokes > 0))
		fz_fail("d%u ended a revoke, of which there are %u: %ld", m->id, l->revokes, rc);
	if (rc)
		return;
	l->revokes--;
	l->seq++;
}

static void serve(struct fz_dom *m, struct fz_dom *x, struct loan *l, unsigned k)
{
	unsigned i = fz_u8() % PAGES, n = 1 + fz_u8() % (PAGES - i);
	uint8_t b = fz_u8();
	struct lend_op op = { .borrower = (uint16_t)x->id, .gfn = place(k, 0), .pages = PAGES };
	uint64_t frame = fz_u8() % FZ_PAGES, seq;
	long rc = call(m, LEND_SEQ, &op);

	if (!fz.hostile && (rc || op.seq != l->seq))
		fz_fail("d%u: the sequence is %lu, not %lu: %ld", m->id, (unsigned long)op.seq,
			(unsigned long)l->seq, rc);
	seq = b & 7 ? op.seq : op.seq - 1 - (b >> 4);
	op = (struct lend_op){ .borrower = (uint16_t)x->id,
			       .gfn = place(k, i),
			       .pages = n,
			       .frame = frame,
			       .seq = seq };
	rc = call(m, LEND_SERVE, &op);
	if (fz.hostile)
		return;
	if (!rc && (kept_out(l, i, n) || seq != l->seq))
		fz_fail("d%u served what is revoked, or was looked up before", m->id);
	if (rc == -EAGAIN && !kept_out(l, i, n) && seq == l->seq)
		fz_fail("d%u could not serve what nobody revokes", m->id);
	/* A part of it may be there. */
	for (unsigned p = i; p < i + n && rc; p++) {
		uint64_t e = hv_pt_hw_get(fz.host, &x->d->p2m.pt, place(k, p), NULL);

		if (hv_pte_type(e) == HV_P2M_LENT && l->mfn[p] == NOTHING) {
			if (kept_out(l, p, 1) || seq != l->seq)
				fz_fail("d%u: a page is there that is revoked", x->id);
			l->mfn[p] = hv_pte_mfn(e);
		}
	}
	if (!rc)
		served(l, m, i, n, frame);
}

/* Whoever waits has its access done, or it fails. */
static void resolve(struct fz_dom *m, struct fz_dom *x)
{
	struct lend_op op = { .borrower = (uint16_t)x->id };
	unsigned cmd = fz_u8() & 3 ? LEND_ANSWER : LEND_FAIL;

	if (call(m, LEND_FAULT, &op))
		return;
	op.data = fz_u64();
	op.len = fz_odd(4) ? fz_u8() : op.len;
	call(m, cmd, &op);
}

static void give_back(struct fz_dom *m, struct fz_dom *x, struct loan *l, unsigned k)
{
	struct lend_op op = { .borrower = (uint16_t)x->id, .gfn = place(k, 0) };
	long rc = call(m, LEND_RETURN, &op);

	if (!fz.hostile && rc)
		fz_fail("d%u: a loan could not be returned: %ld", m->id, rc);
	if (!fz.hostile)
		memset(l, 0, sizeof(*l));
}

/* Of the borrower: its vCPU, and its device, which reaches nothing that is lent. */
static void access(struct fz_dom *x, unsigned k)
{
	struct loan *l = loan_of(x, k);
	unsigned i = fz_u8() % PAGES;
	uint64_t addr = place(k, i) << 12, word = fz_u8();
	bool write = word & 1, answered = false;
	struct hv_vcpu *v = fz_vcpu(x);
	struct fz_tag t = { 0 };
	int rc;

	if (x->iommu != HV_IOMMU_NONE && !hv_device_access(x->d, place(k, i), 0, &t, 8, false) &&
	    !fz.hostile)
		fz_fail("d%u: its device reached what is lent", x->id);
	/* What the lender has said to the vCPU is no page's content. */
	answered = v->fault.state == HV_FAULT_DONE || v->fault.state == HV_FAULT_FAILED;
	if (write)
		rc = hv_guest_access(v, addr, FZ_DATA, &word, sizeof(word), true);
	else
		rc = hv_guest_access(v, addr, 0, &t, sizeof(t), false);
	if (fz.hostile || answered)
		return;
	if (!l || (write && !l->write)) {
		if (!rc)
			fz_fail("d%u reached %#lx, which is %s", x->id, (unsigned long)addr,
				l ? "read-only" : "not lent");
	} else if (l->mfn[i] == NOTHING) {
		if (rc != -EAGAIN)
			fz_fail("d%u: what is lent and not there was accessed: %d", x->id, rc);
	} else if (rc) {
		fz_fail("d%u does not reach what is lent to it: %d", x->id, rc);
	} else if (!write && (!fz_tag_good(&t) || t.serial != l->lender || t.mfn != l->mfn[i])) {
		fz_fail("d%u: lent is frame %#lx, it read %#lx of serial %u", x->id,
			(unsigned long)l->mfn[i], (unsigned long)t.mfn, t.serial);
	}
}

void fz_lend(void)
{
	struct fz_dom *m = fz_live(), *x = fz_live();
	unsigned k = fz_u8() % LOANS;
	uint8_t b = fz_u8() % 16;
	struct loan *l;

	if (!x->translated)
		return;
	l = loan_of(x, k);
	if (b < 6 && (l || !b)) {
		access(x, k);
		fz_after(x);
		return;
	}
	/* By who lends, or who may. */
	if (l && !fz_odd(8))
		m = &fz.dom[l->by];
	for (unsigned i = 0; i < FZ_DOMAINS && !m->d->lends; i++)
		m = fz.dom[i].d ? &fz.dom[i] : m;
	/* A driver domain, which the toolstack names while nobody else's loans are there. */
	if (m->d->lends && !m->d->privileged && !loan_of(x, 0) && !loan_of(x, 1) && m != x)
		hv_domain_set_lender(x->d, m->d);
	if (!l)
		lend(m, x, k);
	else if (b < 9)
		revoke(m, x, l, k);
	else if (b < 11)
		end_revoke(m, x, l, k);
	else if (b < 14)
		serve(m, x, l, k);
	else if (b < 15)
		resolve(m, x);
	else
		give_back(m, x, l, k);
	if (m->d)
		fz_after(m);
}
