/* SPDX-License-Identifier: GPL-2.0-only */
/* A borrower (f.g of the fixture), and a privileged lender (f.m), by its operations. */
#ifndef HV_LOANS_H
#define HV_LOANS_H

#include <pthread.h>
#include <sched.h>

#include "fixture.h"
#include "lend.h"
#include "lend_seq.h"
#include "lend_op.h"
#include "page.h"
#include "shadow_op.h"

#define LN_AT 0x200000ull /* where a loan begins, aligned for a large entry */

__attribute__((unused)) static struct fx_opts ln_opts(enum hv_guest lender)
{
	struct fx_opts o = {
		.host = { .audit = true, .poison = true, .bar_pages = 1024, .ram_pages = 8192 },
		.granter = { .guest = HV_GUEST_TRANSLATED, .vcpus = 2 },
		.mapper = { .guest = lender, .pages = 1024, .privileged = true, .lends = true },
	};

	return o;
}

__attribute__((unused)) static struct lend_op *ln_args(struct fx *f)
{
	return (struct lend_op *)f->margs;
}

/* An operation on these pages; page: of the lender's RAM. */
__attribute__((unused)) static long ln_op(struct fx *f, unsigned cmd, uint64_t gfn, uint64_t pages,
					  unsigned page, uint64_t seq, unsigned flags)
{
	*ln_args(f) = (struct lend_op){ .borrower = hv_domain_id(f->g),
					.flags = flags,
					.gfn = gfn,
					.pages = pages,
					.frame = hv_guest_frame(f->m, page),
					.seq = seq };
	return hv_lend_op(f->mv, cmd, ln_args(f));
}

__attribute__((unused)) static long ln_lend(struct fx *f, uint64_t pages, unsigned flags)
{
	return ln_op(f, LEND_LEND, LN_AT, pages, 0, 0, flags);
}

__attribute__((unused)) static long ln_revoke(struct fx *f, uint64_t off, uint64_t pages)
{
	return ln_op(f, LEND_REVOKE, LN_AT + off, pages, 0, 0, 0);
}

__attribute__((unused)) static long ln_end(struct fx *f, uint64_t off, uint64_t pages)
{
	return ln_op(f, LEND_END, LN_AT + off, pages, 0, 0, 0);
}

__attribute__((unused)) static uint64_t ln_seq(struct fx *f)
{
	return ln_op(f, LEND_SEQ, LN_AT, 1, 0, 0, 0) ? HV_INVALID : ln_args(f)->seq;
}

__attribute__((unused)) static long ln_serve(struct fx *f, uint64_t off, uint64_t pages,
					     unsigned page, uint64_t seq)
{
	return ln_op(f, LEND_SERVE, LN_AT + off, pages, page, seq, 0);
}

/* The next vCPU that waits, in *ln_args(). */
__attribute__((unused)) static long ln_fault(struct fx *f)
{
	return ln_op(f, LEND_FAULT, 0, 0, 0, 0, 0);
}

/* The access of a vCPU is done, or fails. */
__attribute__((unused)) static long ln_resolve(struct fx *f, unsigned cmd, unsigned vcpu,
					       uint64_t data, unsigned len)
{
	*ln_args(f) = (struct lend_op){
		.borrower = hv_domain_id(f->g), .vcpu = vcpu, .data = data, .len = len
	};
	return hv_lend_op(f->mv, cmd, ln_args(f));
}

__attribute__((unused)) static int ln_read(struct fx *f, uint64_t off, uint64_t *word)
{
	return hv_guest_access(f->gv, (LN_AT + off) << HV_PAGE_SHIFT, 8, word, sizeof(*word),
			       false);
}

__attribute__((unused)) static int ln_write(struct fx *f, uint64_t off, uint64_t word)
{
	return hv_guest_access(f->gv, (LN_AT + off) << HV_PAGE_SHIFT, 8, &word, sizeof(word), true);
}

/* The same word of a page as its lender has it. */
__attribute__((unused)) static uint64_t *ln_word(struct fx *f, unsigned page)
{
	return (uint64_t *)((uint8_t *)hv_guest_frame_ptr(f->m, hv_guest_frame(f->m, page)) + 8);
}

__attribute__((unused)) static int ln_order(struct fx *f, uint64_t off)
{
	unsigned order;

	return hv_pt_hw_get(f->host, &f->g->p2m.pt, LN_AT + off, &order) ? (int)order : -1;
}

/* The lender gives up a page of its own. */
__attribute__((unused)) static long ln_give_up(struct fx *f, unsigned page)
{
	struct xen_memory_reservation r = { .domid = DOMID_SELF, .nr_extents = 1 };

	set_xen_guest_handle(r.extent_start, (xen_pfn_t *)(f->margs + 8192));
	*(uint64_t *)(f->margs + 8192) = hv_guest_frame(f->m, page);
	memcpy(f->margs, &r, sizeof(r));
	return hv_memory_op(f->mv, XENMEM_decrease_reservation, f->margs);
}

__attribute__((unused)) static void ln_close(struct fx *f, const char *what)
{
	ok(!fx_check(f, true) && !hv_host_violation(f->host), "%s: invariants", what);
	fx_close(f);
}

struct ln_late {
	struct fx *f;
	long rc;
};

__attribute__((unused)) static void *ln_serve_other(void *arg)
{
	struct ln_late *late = arg;
	struct fx *f = late->f;
	struct lend_op *op = (struct lend_op *)(f->margs + 4096);

	*op = (struct lend_op){ .borrower = hv_domain_id(f->g),
				.gfn = LN_AT,
				.pages = 1,
				.frame = hv_guest_frame(f->m, 0) };
	late->rc = hv_lend_op(hv_domain_vcpu(f->m, 1), LEND_SERVE, op);
	return NULL;
}

/*
 * A page of a loan of 8 that was looked up before a revoke: the lender's second vCPU waits for the p2m to serve it while
 * the revoke begins. What that comes to; 1: no thread.
 */
__attribute__((unused)) static long ln_serve_late(struct fx *f)
{
	struct ln_late late = { f, 1 };
	const uint64_t *waits = &hv_vcpu_counters(hv_domain_vcpu(f->m, 1))->pcpu_writes;
	uint64_t before;
	pthread_t t;

	hv_p2m_lock(f->mv, f->g);
	before = *waits;
	if (pthread_create(&t, NULL, ln_serve_other, &late)) {
		hv_p2m_unlock(f->mv, f->g);
		return 1;
	}
	/* Its look at the sequence, if that comes first, is over when it waits for the lock. */
	while (__atomic_load_n(waits, __ATOMIC_RELAXED) == before)
		sched_yield();
	hv_lend_begin(f->mv, f->g, &f->g->lend.loan[0], LN_AT, 8);
	hv_p2m_unlock(f->mv, f->g);
	pthread_join(t, NULL);
	return late.rc;
}

#endif
