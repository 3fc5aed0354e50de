// SPDX-License-Identifier: GPL-2.0-only
/*
 * lend_revoke: memory lent to a domain, and taken back at any time.
 *
 * Measures: 2 MiB lent, part of it or all revoked, the revoke's end, each page of it accessed again by the borrower, and the
 * loan's end. Each loan is revoked once, since an entry that was split stays split. Does not measure: how the lender's kernel
 * comes by its pages, nor a revoke beside vCPUs that run. Needs: a target with lending.
 */
#include <errno.h>
#include <gnb/bench.h>
#include <stdlib.h>
#include <string.h>

enum { LEND, REVOKE, END, ACCESS, RETURN, MOST };
enum policy { RETRY, EMULATE, REMAP };

#define LOANS 8u	   /* in a round */
#define LARGE 512u	   /* pages of a loan */
#define GAP   (2 * LARGE)  /* from one loan's pages to the next's, of borrower and lender */
#define PLACE 0x200000ull  /* where the first begins; the one behind the last is never there */
#define STAMP (1ull << 40) /* what the lender's pages begin with, and which one it is */

struct state {
	unsigned pages, off, waiting;
	enum policy policy;
	struct gnb_vcpu *guest, *tools;
};

static const struct gnb_param params[] = {
	GNB_NUMBER("pages", "64", "1,16,64,512", "pages of a revoke", 1, LARGE),
	GNB_CHOICE("entries", "2M", "2M,4K", "of the borrower's p2m, while all is lent"),
	GNB_CHOICE(
		"policy", "retry", "retry,emulate,remap",
		"what was revoked is served where it is accessed; or that access is done by the lender; or it "
		"is all there again at the end of the revoke"),
	GNB_NUMBER("waiting", "0", "0,1,8", "other vCPUs that wait for lent pages meanwhile", 0, 8),
	GNB_CHOICE("tables", "none", "none,separate,shared", "tables of the borrower's device"),
	{ 0 }
};

static const struct gnb_metric metrics[] = { [LEND] = GNB_COST("lend", "ns/call"),
					     [REVOKE] = GNB_COST("revoke", "ns/call"),
					     [END] = GNB_COST("end", "ns/call"),
					     [ACCESS] = GNB_COST("access_again", "ns/page"),
					     [RETURN] = GNB_COST("return", "ns/call"),
					     [MOST] = { .name = "worst_revoke",
							.unit = "entries",
							.better = GNB_LOWER,
							.exact = true,
							.work = GNB_WORK_NO_GRANTS },
					     { 0 } };

static int supported(struct gnb_side *s, struct gnb_machine_config *cfg, const char **why)
{
	*why = gnb_target_lacks(s->t, GNB_OP_LENDING,
				gnb_is(s, "policy", "emulate") ? GNB_LENDING_ANSWER
							       : GNB_LENDING_SERVE);
	if (!*why && gnb_is(s, "tables", "shared"))
		*why = "a device whose tables are the p2m would reach what is lent, so nothing can be";
	if (*why)
		return -EOPNOTSUPP;
	cfg->mapper = GNB_MAPPER_TRANSLATED;
	cfg->logged = cfg->lends = true;
	cfg->log_iommu = gnb_is(s, "tables", "none") ? GNB_IOMMU_NONE : GNB_IOMMU_STRICT;
	cfg->own_pages = (LOANS + 1) * GAP;
	cfg->vcpus[GNB_GRANTER] = 1 + gnb_u(s, "waiting");
	cfg->host_cpus = 16;
	return 0;
}

static long ask(struct gnb_side *s, enum gnb_lending_op op, struct gnb_lend *x)
{
	struct state *st = s->priv;

	return s->t->operation(s->m, st->tools, GNB_OP_LENDING, op, x);
}

/* A loan, or so many pages of it. */
static struct gnb_lend loan(const struct state *st, unsigned k, uint64_t pages, bool now)
{
	return (struct gnb_lend){ .gfn = PLACE + k * GAP,
				  .pages = pages,
				  .first = k * GAP + st->off,
				  .now = now,
				  .emulate = st->policy == EMULATE };
}

/* A read of a page of a loan by a vCPU of the borrower: 0 with what the lender has there, or want. */
static int see(struct gnb_side *s, struct gnb_vcpu *v, unsigned k, unsigned i, int want)
{
	struct state *st = s->priv;
	uint64_t word = 0;
	int rc = s->t->touch(v, (PLACE + k * GAP + i) << GNB_PAGE_SHIFT, 0, &word, sizeof(word),
			     false);

	if (rc != want || (!want && word != STAMP + k * GAP + st->off + i))
		return gnb_fail(s, -EIO, "page %u of loan %u: a read returned %d, not %d, of %#lx",
				i, k, rc, want, (unsigned long)word);
	return 0;
}

static int setup(struct gnb_side *s)
{
	struct state *st = calloc(1, sizeof(*st));
	struct gnb_lend x;
	int rc;

	s->priv = st;
	if (!st)
		return -ENOMEM;
	st->pages = gnb_u(s, "pages");
	/* A large entry takes a frame that is aligned. */
	st->off = gnb_is(s, "entries", "4K");
	st->waiting = gnb_u(s, "waiting");
	st->policy = gnb_is(s, "policy", "retry")     ? RETRY
		     : gnb_is(s, "policy", "emulate") ? EMULATE
						      : REMAP;
	st->guest = s->t->vcpu(s->m, GNB_GRANTER, 0);
	st->tools = s->t->vcpu(s->m, GNB_MAPPER, 0);
	for (unsigned i = 0; i < (LOANS + 1) * GAP; i++)
		*(uint64_t *)s->t->own_ram(s->m, i) = STAMP + i;
	x = loan(st, LOANS, LARGE, false);
	rc = (int)ask(s, GNB_LENDING_LEND, &x);
	if (rc)
		return gnb_fail(s, rc, "lending returned %d", rc);
	for (unsigned i = 0; i < st->waiting && !rc; i++)
		rc = see(s, s->t->vcpu(s->m, GNB_GRANTER, 1 + i), LOANS, i, -EAGAIN);
	return rc;
}

static int timed(struct gnb_side *s, unsigned metric, enum gnb_lending_op op, struct gnb_lend x)
{
	long rc;

	gnb_start(s, metric);
	rc = ask(s, op, &x);
	gnb_stop(s, metric, 1);
	return rc ? gnb_fail(s, (int)rc, "%s returned %ld", metrics[metric].name, rc) : 0;
}

/* The lender looks who waits, and gives it what it waits for. */
static long serve(struct gnb_side *s, unsigned k, unsigned i)
{
	struct state *st = s->priv;
	struct gnb_lend x = { 0 };
	long rc = ask(s, GNB_LENDING_FAULT, &x);

	if (!rc && x.gfn != PLACE + k * GAP + i)
		return -EIO;
	x.pages = 1;
	x.first = k * GAP + st->off + i;
	x.data = STAMP + x.first;
	if (!rc && st->policy == EMULATE)
		return ask(s, GNB_LENDING_ANSWER, &x);
	rc = rc ? rc : ask(s, GNB_LENDING_SEQ, &x);
	return rc ? rc : ask(s, GNB_LENDING_SERVE, &x);
}

static int access_again(struct gnb_side *s, unsigned k)
{
	struct state *st = s->priv;
	int rc = 0;

	gnb_start(s, ACCESS);
	for (unsigned i = 0; i < st->pages && !rc; i++) {
		if (st->policy != REMAP) {
			rc = see(s, st->guest, k, i, -EAGAIN);
			rc = rc ? rc : (int)serve(s, k, i);
		}
		rc = rc ? rc : see(s, st->guest, k, i, 0);
	}
	gnb_stop(s, ACCESS, st->pages);
	return rc && !*s->why ? gnb_fail(s, rc, "serving a page returned %d", rc) : rc;
}

/* The device does not reach what is lent. */
static int device(struct gnb_side *s, unsigned k)
{
	struct state *st = s->priv;
	uint64_t word = 0;
	struct gnb_dma d = { .dfn = PLACE + k * GAP, .len = sizeof(word), .buf = &word };
	long rc;

	if (gnb_is(s, "tables", "none") || gnb_target_lacks(s->t, GNB_OP_DEVICE, GNB_DEVICE_WRITE))
		return 0;
	rc = s->t->operation(s->m, st->guest, GNB_OP_DEVICE, GNB_DEVICE_WRITE, &d);
	return rc == -EFAULT ? 0 : gnb_fail(s, -EIO, "a device's write to it returned %ld", rc);
}

static int one_loan(struct gnb_side *s, unsigned k)
{
	struct state *st = s->priv;
	int rc = timed(s, LEND, GNB_LENDING_LEND, loan(st, k, LARGE, true));

	for (unsigned i = 0; i < LARGE && !rc; i++)
		rc = see(s, st->guest, k, i, 0);
	rc = rc ? rc : device(s, k);
	rc = rc ? rc : timed(s, REVOKE, GNB_LENDING_REVOKE, loan(st, k, st->pages, false));
	/* No page of it is reached any more; all others are, as before. */
	for (unsigned i = 0; i < LARGE && !rc; i++)
		rc = see(s, st->guest, k, i, i < st->pages ? -EAGAIN : 0);
	rc = rc ? rc : timed(s, END, GNB_LENDING_END, loan(st, k, st->pages, st->policy == REMAP));
	rc = rc ? rc : access_again(s, k);
	rc = rc ? rc : timed(s, RETURN, GNB_LENDING_RETURN, loan(st, k, LARGE, false));
	for (unsigned i = 0; i < LARGE && !rc; i++)
		rc = see(s, st->guest, k, i, -EFAULT);
	return rc;
}

static int run(struct gnb_side *s, uint64_t iters)
{
	struct gnb_lend x = { 0 };
	int rc = 0;

	if (iters != 1)
		return gnb_fail(s, -EINVAL, "a large entry is split once");
	for (unsigned k = 0; k < LOANS && !rc; k++)
		rc = one_loan(s, k);
	if (!rc && !gnb_target_lacks(s->t, GNB_OP_LENDING, GNB_LENDING_STATS)) {
		ask(s, GNB_LENDING_STATS, &x);
		gnb_set_exact(s, MOST, (double)x.most);
	}
	return rc;
}

/* Whoever waited all the while still does, and gets what it waits for; nobody else does. */
static int verify(struct gnb_side *s)
{
	struct state *st = s->priv;
	struct gnb_lend x = { 0 };
	int rc = 0;

	for (unsigned i = 0; i < st->waiting && !rc; i++) {
		rc = (int)serve(s, LOANS, i);
		if (rc)
			return gnb_fail(s, rc, "serving one that waits returned %d", rc);
		rc = see(s, s->t->vcpu(s->m, GNB_GRANTER, 1 + i), LOANS, i, 0);
	}
	if (!rc && ask(s, GNB_LENDING_FAULT, &x) != -ENOENT)
		return gnb_fail(s, -EIO, "a vCPU waits that should not");
	return rc;
}

static void teardown(struct gnb_side *s)
{
	free(s->priv);
}

static const char *const centres[] = { "entries=2M", "entries=4K", "entries=2M;pages=512", NULL };

static const struct gnb_bench lend_revoke = {
	.name = "lend_revoke",
	.summary = "memory lent to a domain and revoked at any time, and had again",
	.measures =
		"Memory that is not pinned, lent to a domain by 2 MiB and taken back whenever its owner says so: "
		"lending, a revoke of part of it or all, and each page accessed again, with the fault and the "
		"lender's answer. Whose work: the hypervisor's, in the lender's calls and the borrower's faults.",
	.not_measured =
		"How the lender's kernel comes by its pages, and how long a vCPU waits for it to run. No Xen "
		"has this: the figures are of a proposal. Exits and flushes are counted exactly; their time "
		"is not a processor's. worst_revoke has the entries taken away, not those of a table that parts a "
		"large one.",
	.def_version = 1,
	.params = params,
	.metrics = metrics,
	.iters = 1,
	.fixed_iters = true,
	.in_default = false,
	.centres = centres,
	.supported = supported,
	.setup = setup,
	.run = run,
	.verify = verify,
	.teardown = teardown,
};
GNB_BENCH(lend_revoke);
