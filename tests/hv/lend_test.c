// SPDX-License-Identifier: GPL-2.0-only
/* Memory lent and taken back: what each operation says and does, rule by rule, by a lender that is PV and one that is not. */
#include <pthread.h>
#include <sched.h>

#include "loans.h"

static void lend_serve_revoke(enum hv_guest lender)
{
	struct hv_lend_stats stats;
	struct fx f;
	uint64_t word;

	fx_open(&f, ln_opts(lender));
	*ln_word(&f, 3) = 0x33;
	ok(!ln_lend(&f, 64, LEND_WRITE) && ln_read(&f, 3, &word) == -EAGAIN,
	   "what is lent and absent is waited for");
	ok(!ln_fault(&f) && ln_args(&f)->gfn == LN_AT + 3 && ln_args(&f)->vcpu == 0 &&
		   !ln_args(&f)->flags,
	   "and the lender is told by whom, and what for");
	ok(!ln_serve(&f, 3, 1, 3, 0) && !ln_read(&f, 3, &word) && word == 0x33,
	   "it is served, and seen");
	ok(ln_fault(&f) == -ENOENT, "nobody waits any more");
	ok(!ln_write(&f, 3, 0x34) && *ln_word(&f, 3) == 0x34, "and written");
	ok(!ln_serve(&f, 3, 1, 3, 0) && ln_serve(&f, 3, 1, 4, 0) == -EBUSY,
	   "the same page again is no error, another is: -EBUSY");
	ok(ln_give_up(&f, 3) == 0, "its lender cannot give it up");
	ok(!ln_revoke(&f, 0, 64) && ln_give_up(&f, 3) == 1 && !hv_host_violation(f.host),
	   "after a revoke it can, at once");
	ok(ln_read(&f, 3, &word) == -EAGAIN, "and the borrower waits");
	ok(ln_serve(&f, 5, 1, 5, 0) == -EAGAIN, "what is being revoked is not served: -EAGAIN");
	ok(!ln_end(&f, 0, 64) && ln_serve(&f, 5, 1, 5, 0) == -EAGAIN,
	   "nor what was looked up before the end");
	ok(!ln_serve(&f, 5, 1, 5, ln_seq(&f)) && !ln_read(&f, 5, &word), "what was after it is");
	ok(ln_end(&f, 0, 64) == -ENOENT, "no revoke: -ENOENT");
	ok(!ln_op(&f, LEND_RETURN, LN_AT, 0, 0, 0, 0) && ln_read(&f, 5, &word) == -EFAULT &&
		   ln_order(&f, 5) == -1,
	   "when the loan is over nothing is there");
	hv_lend_stats(f.g, &stats);
	ok(stats.loans == 1 && stats.revokes == 1 && stats.served == 3 && stats.stale == 2 &&
		   stats.work_max == 1,
	   "and all of it was counted");
	ln_close(&f, "lend, serve, revoke");
}

static void rules(void)
{
	struct fx_opts o = ln_opts(HV_GUEST_PV);
	struct fx f;
	uint64_t word;

	fx_open(&f, o);
	ok(!ln_lend(&f, 8, 0) && ln_lend(&f, 8, 0) == -EEXIST, "where something is: -EEXIST");
	ok(ln_op(&f, LEND_LEND, 5, 1, 0, 0, 0) == -EEXIST, "RAM, too");
	ok(ln_op(&f, LEND_LEND, LN_AT, 0, 0, 0, 0) == -EINVAL &&
		   ln_op(&f, LEND_LEND, HV_PT_MAX_INDEX - 1, 2, 0, 0, 0) == -EINVAL &&
		   ln_op(&f, LEND_LEND, LN_AT + 99, 1, 0, 0, 1u << 9) == -EINVAL,
	   "none, beyond, or what is not known: -EINVAL");
	ok(ln_revoke(&f, 4, 5) == -ENOENT && ln_serve(&f, 8, 1, 0, 0) == -ENOENT,
	   "beyond the loan: -ENOENT");
	ok(!ln_serve(&f, 0, 1, 0, 0) && ln_write(&f, 0, 1) == -EFAULT &&
		   ln_write(&f, 1, 1) == -EFAULT,
	   "what is lent for reading is not written, there or not");
	ok(hv_lend_op(f.mv, LEND_CMDS, f.margs) == -ENOSYS, "another operation: -ENOSYS");
	*ln_args(&f) = (struct lend_op){ .borrower = 99 };
	ok(hv_lend_op(f.mv, LEND_SEQ, f.margs) == -ESRCH, "nobody: -ESRCH");
	for (unsigned i = 1; i < HV_MAX_LOANS; i++)
		ln_op(&f, LEND_LEND, LN_AT + 16 * i, 1, 0, 0, 0);
	ok(ln_op(&f, LEND_LEND, LN_AT + 4096, 1, 0, 0, 0) == -ENOSPC, "too many loans: -ENOSPC");
	ok(ln_read(&f, 16, &word) == -EAGAIN && !ln_fault(&f) && ln_args(&f)->gfn == LN_AT + 16,
	   "each is served by its own");
	ln_close(&f, "rules");
	o.granter.iommu = HV_IOMMU_SHARED;
	fx_open(&f, o);
	ok(ln_lend(&f, 8, 0) == -EOPNOTSUPP, "where a device has the p2m: -EOPNOTSUPP");
	ln_close(&f, "shared");
	o.granter.guest = HV_GUEST_PV;
	o.granter.iommu = HV_IOMMU_NONE;
	fx_open(&f, o);
	ok(ln_lend(&f, 8, 0) == -EOPNOTSUPP, "to a PV domain: -EOPNOTSUPP");
	ln_close(&f, "PV");
}

/* A driver domain lends to whom the toolstack says. */
static void driver_domain(void)
{
	struct fx_opts o = ln_opts(HV_GUEST_TRANSLATED);
	uint64_t word;
	struct fx f;

	o.mapper.privileged = false;
	fx_open(&f, o);
	ok(ln_lend(&f, 8, 0) == -EPERM, "a driver domain may not lend to anybody: -EPERM");
	ok(hv_domain_set_lender(f.g, f.g) == -EINVAL && !hv_domain_set_lender(f.g, f.m) &&
		   !ln_lend(&f, 8, LEND_NOW) && !ln_read(&f, 2, &word),
	   "but to whom it is the lender of");
	ok(!hv_domain_set_lender(f.g, NULL) && ln_revoke(&f, 0, 8) == -EPERM, "and no longer");
	ln_close(&f, "driver domain");
}

static void large(void)
{
	struct hv_lend_stats stats;
	struct fx f;
	uint64_t word, at;

	fx_open(&f, ln_opts(HV_GUEST_TRANSLATED));
	*ln_word(&f, 7) = 0x77;
	ok(!ln_lend(&f, 1024, LEND_NOW) && ln_order(&f, 0) == 9 && ln_order(&f, 600) == 9 &&
		   !ln_read(&f, 7, &word) && word == 0x77,
	   "large pages are lent by large entries, at once");
	ok(ln_give_up(&f, 700) == 0, "none of which can be given up");
	at = hv_vcpu_counters(f.mv)->entries_written;
	ok(!ln_revoke(&f, 0, 512) && hv_vcpu_counters(f.mv)->entries_written - at == 1,
	   "a large entry is revoked by one");
	ok(!ln_end(&f, 0, 512) && !ln_serve(&f, 0, 512, 0, ln_seq(&f)) && ln_order(&f, 0) == 9,
	   "and is large again");
	ok(!ln_revoke(&f, 9, 1) && ln_order(&f, 8) == 0 && !ln_read(&f, 8, &word) &&
		   !ln_read(&f, 511, &word) && ln_write(&f, 8, 1) == -EFAULT &&
		   ln_read(&f, 9, &word) == -EAGAIN,
	   "one page of it is, and the others keep frame and right");
	ok(ln_give_up(&f, 9) == 1 && ln_give_up(&f, 10) == 0,
	   "that one can be given up, others not");
	ok(!fx_check(&f, true), "counts");
	/* Without memory to part an entry more is revoked than was asked for. */
	hv_host_fail_alloc(f.host, 1);
	ok(!ln_revoke(&f, 600, 2) && ln_read(&f, 599, &word) == -EAGAIN && ln_order(&f, 599) == 9,
	   "without memory all of it is revoked");
	hv_host_fail_alloc(f.host, 0);
	hv_lend_stats(f.g, &stats);
	ok(stats.work_max <= 2, "a revoke changes no more than its entries");
	ln_close(&f, "large");
}

/* What is kept out is all that is being revoked. */
static void revokes_overlap(void)
{
	struct fx f;

	fx_open(&f, ln_opts(HV_GUEST_PV));
	ln_lend(&f, 64, LEND_NOW);
	ok(!ln_revoke(&f, 0, 4) && !ln_revoke(&f, 40, 4), "two revokes");
	ok(ln_serve(&f, 1, 1, 1, 0) == -EAGAIN && ln_serve(&f, 41, 1, 41, 0) == -EAGAIN,
	   "keep out the pages of both");
	ok(!ln_serve(&f, 60, 1, 60, 0), "and no others behind them");
	ok(!ln_end(&f, 0, 4) && ln_serve(&f, 41, 1, 41, ln_seq(&f)) == -EAGAIN &&
		   !ln_end(&f, 40, 4) && !ln_serve(&f, 41, 1, 41, ln_seq(&f)),
	   "until the last has ended");
	ln_close(&f, "revokes overlap");
}

/* Policy remap: the end of a revoke brings the pages. */
static void remap(void)
{
	uint64_t word, seq;
	struct fx f;

	fx_open(&f, ln_opts(HV_GUEST_PV));
	*ln_word(&f, 100) = 0x64;
	ln_lend(&f, 64, LEND_NOW);
	ok(!ln_revoke(&f, 0, 64) && ln_read(&f, 0, &word) == -EAGAIN, "revoked");
	seq = ln_seq(&f);
	*ln_args(&f) = (struct lend_op){ .borrower = hv_domain_id(f.g),
					 .flags = LEND_NOW,
					 .gfn = LN_AT,
					 .pages = 64,
					 .frame = hv_guest_frame(f.m, 100),
					 .seq = seq };
	ok(!hv_lend_op(f.mv, LEND_END, ln_args(&f)) && !ln_read(&f, 0, &word) && word == 0x64,
	   "other pages are there at the end, and who waited finds them");
	ok(ln_fault(&f) == -ENOENT, "nobody waits");
	ln_close(&f, "remap");
}

static void bar(void)
{
	struct fx f;
	uint64_t first, word;

	fx_open(&f, ln_opts(HV_GUEST_PV));
	first = hv_host_bar(f.host);
	*ln_args(&f) = (struct lend_op){ .borrower = hv_domain_id(f.g),
					 .gfn = LN_AT,
					 .pages = 512,
					 .flags = LEND_WRITE | LEND_BAR | LEND_NOW,
					 .frame = first };
	ok(!hv_lend_op(f.mv, LEND_LEND, ln_args(&f)) && ln_order(&f, 0) == 9 &&
		   !ln_write(&f, 5, 6) &&
		   *(uint64_t *)((uint8_t *)hv_virt(f.host, first + 5) + 8) == 6,
	   "a device's memory is lent by the same call");
	ok(!ln_revoke(&f, 5, 1) && ln_read(&f, 5, &word) == -EAGAIN && !ln_read(&f, 6, &word),
	   "and revoked");
	ok(!ln_end(&f, 5, 1), "the end");
	*ln_args(&f) = (struct lend_op){
		.borrower = hv_domain_id(f.g), .gfn = LN_AT + 5, .pages = 1, .seq = 1, .frame = 5
	};
	ok(hv_lend_op(f.mv, LEND_SERVE, ln_args(&f)) == -EPERM, "RAM is none of it: -EPERM");
	ln_close(&f, "device memory");
}

static void emulate(void)
{
	struct fx f;
	uint64_t word = 0;

	fx_open(&f, ln_opts(HV_GUEST_PV));
	*ln_args(&f) = (struct lend_op){ .borrower = hv_domain_id(f.g),
					 .policy = LEND_EMULATE,
					 .gfn = LN_AT,
					 .pages = 64,
					 .flags = LEND_WRITE };
	ok(!hv_lend_op(f.mv, LEND_LEND, ln_args(&f)), "a loan whose lender does accesses");
	ok(ln_write(&f, 3, 0x5ec2e7) == -EAGAIN && !ln_fault(&f) && ln_args(&f)->data == 0x5ec2e7 &&
		   ln_args(&f)->len == 8 && ln_args(&f)->flags == LEND_WRITE,
	   "is told what is written");
	ok(!ln_resolve(&f, LEND_ANSWER, 0, 0, 8) && !ln_write(&f, 3, 0x5ec2e7),
	   "and says when it is");
	ok(ln_read(&f, 4, &word) == -EAGAIN && !ln_fault(&f) && !ln_args(&f)->data,
	   "of a read it is told nothing");
	ok(!ln_resolve(&f, LEND_ANSWER, 0, 0x77, 4096) && !ln_read(&f, 4, &word) && word == 0x77,
	   "what it says comes, and no more of it");
	ok(ln_read(&f, 4, &word) == -EAGAIN, "once");
	ok(!ln_resolve(&f, LEND_FAIL, 0, 0, 0) && ln_read(&f, 4, &word) == -EFAULT, "or it fails");
	ok(ln_resolve(&f, LEND_ANSWER, 0, 0, 0) == -ENOENT &&
		   ln_resolve(&f, LEND_FAIL, 7, 0, 0) == -EINVAL,
	   "of whom does not wait, or is not there, nothing is done");
	ln_close(&f, "emulate");
	fx_open(&f, ln_opts(HV_GUEST_PV));
	ln_lend(&f, 8, 0);
	ln_read(&f, 4, &word);
	ok(ln_resolve(&f, LEND_ANSWER, 0, 1, 8) == -EINVAL, "of another loan no access is done");
	ln_close(&f, "retry");
}

static void ends(void)
{
	struct fx f;
	uint64_t word;

	fx_open(&f, ln_opts(HV_GUEST_TRANSLATED));
	ln_lend(&f, 600, LEND_NOW | LEND_WRITE);
	ln_read(&f, 3, &word);
	hv_domain_kill(f.m);
	ok(ln_read(&f, 3, &word) == -EFAULT && ln_order(&f, 3) == -1,
	   "a lender ends, its loans with it");
	ln_close(&f, "lender");
	fx_open(&f, ln_opts(HV_GUEST_TRANSLATED));
	ln_lend(&f, 600, LEND_NOW | LEND_WRITE);
	ln_read(&f, 3, &word);
	hv_domain_kill(f.g);
	ok(ln_give_up(&f, 3) == 1 && ln_give_up(&f, 520) == 1,
	   "a borrower ends, and all can be given up");
	ln_close(&f, "borrower");
}

static void late(void)
{
	struct fx_opts o = ln_opts(HV_GUEST_PV);
	struct fx f;

	o.mapper.vcpus = 2;
	fx_open(&f, o);
	ln_lend(&f, 8, 0);
	ok(ln_serve_late(&f) == -EAGAIN,
	   "what waited for the p2m while a revoke began is not entered");
	ln_close(&f, "late");
}

int main(void)
{
	lend_serve_revoke(HV_GUEST_PV);
	lend_serve_revoke(HV_GUEST_TRANSLATED);
	rules();
	driver_domain();
	large();
	revokes_overlap();
	remap();
	bar();
	emulate();
	ends();
	late();
	return tap_done();
}
