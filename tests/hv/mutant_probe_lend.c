// SPDX-License-Identifier: GPL-2.0-only
/* Looks for the deliberate defects of memory lent, for tests/hv/mutant_probe.c. */
#include "loans.h"
#include "mutant_probe.h"

#define draw hv_probe_draw

static struct fx f;

static void open_with(struct fx_opts o)
{
	o.host.seed = 1 + draw(1000);
	want(!fx_open(&f, o));
}

/* What is revoked is not reached, and can be given up then and not before. */
static void revoked(void)
{
	unsigned page = draw(64);
	uint64_t word;

	open_with(ln_opts(HV_GUEST_PV));
	want(!ln_lend(&f, 64, LEND_NOW) && !ln_read(&f, page, &word));
	want(ln_give_up(&f, page) == 0);
	want(!ln_revoke(&f, page, 1) && ln_read(&f, page, &word) == -EAGAIN);
	want(ln_give_up(&f, page) == 1);
	hv_probe_close(&f);
}

static void sequence(void)
{
	uint64_t seq;

	open_with(ln_opts(HV_GUEST_PV));
	want(!ln_lend(&f, 64, 0));
	want(!ln_revoke(&f, 0, 4) && !ln_revoke(&f, 40, 4));
	want(ln_serve(&f, 1, 1, 1, ln_seq(&f)) == -EAGAIN);
	want(!ln_end(&f, 0, 4) && !ln_end(&f, 40, 4));
	/* Looked up while it is revoked, and entered when that has ended. */
	want(!ln_revoke(&f, 8, 4));
	seq = ln_seq(&f);
	want(!ln_end(&f, 8, 4) && ln_serve(&f, 9, 1, 9, seq) == -EAGAIN);
	hv_probe_close(&f);
}

static void parted(void)
{
	unsigned page = draw(512);

	open_with(ln_opts(HV_GUEST_TRANSLATED));
	want(!ln_lend(&f, 512, LEND_NOW) && !ln_revoke(&f, page, 1));
	want(ln_write(&f, page ^ 1, 1) == -EFAULT);
	hv_probe_close(&f);
}

static void device(void)
{
	struct fx_opts o = ln_opts(HV_GUEST_PV);
	uint64_t word;

	o.granter.iommu = HV_IOMMU_STRICT;
	open_with(o);
	want(!ln_lend(&f, 8, LEND_NOW));
	want(hv_device_access(f.g, LN_AT + draw(8), 0, &word, 8, false) == -EFAULT);
	hv_probe_close(&f);
}

static void lender_ends(void)
{
	uint64_t word;

	open_with(ln_opts(HV_GUEST_PV));
	want(!ln_lend(&f, 8, LEND_NOW) && !ln_read(&f, draw(8), &word));
	hv_domain_kill(f.m);
	hv_probe_kept(&f);
	hv_probe_sane(&f);
	want(ln_read(&f, 0, &word) == -EFAULT);
	fx_close(&f);
}

/* An answer is as long as what was asked for; and nothing that was written is shown with a read. */
static void answers(void)
{
	uint64_t word[3] = { 1, 2, 3 };

	open_with(ln_opts(HV_GUEST_PV));
	*ln_args(&f) = (struct lend_op){ .borrower = hv_domain_id(f.g),
					 .policy = LEND_EMULATE,
					 .gfn = LN_AT,
					 .pages = 64,
					 .flags = LEND_WRITE };
	want(!hv_lend_op(f.mv, LEND_LEND, ln_args(&f)));
	want(ln_write(&f, 3, 0x5ec2e7) == -EAGAIN && !ln_resolve(&f, LEND_ANSWER, 0, 0, 8) &&
	     !ln_write(&f, 3, 0x5ec2e7));
	want(ln_read(&f, 4, &word[0]) == -EAGAIN && !ln_fault(&f) && !ln_args(&f)->data);
	want(!ln_resolve(&f, LEND_ANSWER, 0, 7, 0) && !ln_read(&f, 4, &word[0]) && word[0] == 7);
	want(word[1] == 2);
	hv_probe_close(&f);
}

/* It waits for the p2m while a revoke begins. */
static void late(void)
{
	struct fx_opts o = ln_opts(HV_GUEST_PV);

	o.mapper.vcpus = 2;
	open_with(o);
	want(!ln_lend(&f, 8, 0));
	want(ln_serve_late(&f) == -EAGAIN);
	fx_close(&f);
}

void hv_probe_lend(void)
{
	revoked();
	sequence();
	parted();
	device();
	lender_ends();
	answers();
	late();
}
