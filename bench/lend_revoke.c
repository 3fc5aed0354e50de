// SPDX-License-Identifier: GPL-2.0-only
/*
 * lend_revoke: memory lent to a domain, and taken back at any time.
 *
 * Measures: 2 MiB lent, part of it or all revoked, the revoke's end, each page of it accessed again by the borrower, and the
 * loan's end; and hypercalls of another vCPU of the borrower beside all that. Each loan is revoked once, since an entry that
 * was split stays split. Does not measure: how the lender's kernel comes by its pages. Needs: a target with lending.
 */
#include <errno.h>
#include <gnb/calls.h>
#include <string.h>

enum { LEND, REVOKE, END, ACCESS, RETURN, MOST, HELD, BESIDE };
enum policy { RETRY, EMULATE, REMAP };

#define LOANS 8u	   /* in a round */
#define LARGE 512u	   /* pages of a loan */
#define GAP   (2 * LARGE)  /* from one loan's pages to the next's, of borrower and lender */
#define PLACE 0x200000ull  /* where the first begins; the one behind the last is never there */
#define STAMP (1ull << 40) /* what the lender's pages begin with, and which one it is */

struct state {
	unsigned pages, off, waiting;
	bool working, by_entry;
	bool over; /* all loans are */
	enum policy policy;
	struct gnb_vcpu *guest;
	void *copy; /* what the vCPU beside does */
};

static const struct gnb_param params[] = {
	GNB_NUMBER("pages", "64", "1,16,64,512", "pages of a revoke", 1, LARGE),
	GNB_CHOICE("entries", "2M", "2M,4K", "of the borrower's p2m, while all is lent"),
	GNB_CHOICE(
		"policy", "retry", "retry,emulate,remap",
		"what was revoked is served where it is accessed; or that access is done by the lender; or it "
		"is all there again at the end of the revoke"),
	GNB_NUMBER("waiting", "0", "0,1,8", "other vCPUs that wait for lent pages meanwhile", 0, 8),
	GNB_PARAM_TABLES("tables of the borrower's device"),
	GNB_CHOICE("held", "range", "range,entry",
		   "the borrower's p2m is locked for all of a revoke, or for each entry anew"),
	GNB_NUMBER("working", "0", "0,1", "other vCPUs of the borrower that work meanwhile", 0, 1),
	{ 0 }
};

static const struct gnb_metric metrics[] = { [LEND] = GNB_COST("lend", "ns/call"),
					     [REVOKE] = GNB_COST("revoke", "ns/call"),
					     [END] = GNB_COST("end", "ns/call"),
					     [ACCESS] = GNB_COST("access_again", "ns/page"),
					     [RETURN] = GNB_COST("return", "ns/call"),
					     [MOST] = GNB_EXACT_COST("worst_revoke", "entries"),
					     [HELD] = GNB_EXACT_COST("worst_hold", "entries"),
					     [BESIDE] = GNB_COST("copy_beside", "ns/op"),
					     { 0 } };

static int supported(struct gnb_side *s, struct gnb_machine_config *cfg, const char **why)
{
	*why = gnb_target_lacks(s->t, GNB_OP_LENDING,
				gnb_is(s, "policy", "emulate") ? GNB_LENDING_ANSWER
							       : GNB_LENDING_SERVE);
	if (!*why && gnb_is(s, "tables", "shared"))
		*why = "a device whose tables are the p2m would reach what is lent, so nothing can be";
	if (!*why && gnb_is(s, "held", "entry"))
		*why = gnb_target_lacks(s->t, GNB_OP_LENDING, GNB_LENDING_BY_ENTRY);
	if (!*why && gnb_u(s, "working") && !s->t->hypercall)
		*why = "this target has no grants, and so no copies of them";
	if (!*why && gnb_u(s, "working") && gnb_cores() < 2)
		*why = "there is one core here, and one vCPU would wait for the other";
	if (!*why && gnb_u(s, "working") && s->clock->exact)
		*why = "an emulator with an instruction clock runs one vCPU at a time";
	if (*why)
		return -EOPNOTSUPP;
	cfg->mapper = GNB_MAPPER_TRANSLATED;
	cfg->logged = cfg->lends = true;
	cfg->log_iommu = gnb_tables_of(s);
	cfg->own_pages = (LOANS + 1) * GAP;
	cfg->vcpus[GNB_GRANTER] = 1 + gnb_u(s, "waiting") + gnb_u(s, "working");
	cfg->host_cpus = 16;
	return 0;
}

static long ask(struct gnb_side *s, enum gnb_lending_op op, struct gnb_lend *x)
{
	return gnb_operation(s, GNB_OP_LENDING, op, x);
}

/* A loan, or so many pages of it. */
static struct gnb_lend loan(const struct state *st, unsigned k, uint64_t pages, bool now)
{
	return (struct gnb_lend){ .gfn = PLACE + k * GAP,
				  .pages = pages,
				  .first = k * GAP + st->off,
				  .now = now,
				  .emulate = st->policy == EMULATE,
				  .by_entry = st->by_entry };
}

/* A read of a page of a loan by a vCPU of the borrower: 0 with what the lender has there, or want. */
static int see(struct gnb_side *s, struct gnb_vcpu *v, unsigned k, unsigned i, int want)
{
	struct state *st = s->priv;

	return gnb_word_read(s, v, PLACE + k * GAP + i, want, STAMP + k * GAP + st->off + i);
}

static int setup(struct gnb_side *s)
{
	struct state *st = gnb_keep(s, sizeof(*st));
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
	for (unsigned i = 0; i < (LOANS + 1) * GAP; i++)
		*(uint64_t *)s->t->own_ram(s->m, i) = STAMP + i;
	x = loan(st, LOANS, LARGE, false);
	rc = (int)ask(s, GNB_LENDING_LEND, &x);
	if (rc)
		return gnb_fail(s, rc, "lending returned %d", rc);
	for (unsigned i = 0; i < st->waiting && !rc; i++)
		rc = see(s, s->t->vcpu(s->m, GNB_GRANTER, 1 + i), LOANS, i, -EAGAIN);
	st->by_entry = gnb_is(s, "held", "entry");
	st->working = gnb_u(s, "working");
	if (!st->working || rc)
		return rc;
	st->copy = gnb_own_copy_init(s);
	return st->copy ? 0 : gnb_fail(s, -ENOMEM, "no memory for a copy");
}

static int timed(struct gnb_side *s, unsigned metric, enum gnb_lending_op op, struct gnb_lend x)
{
	return gnb_operation_timed(s, metric, 1, GNB_OP_LENDING, op, &x, 0);
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

static int one_loan(struct gnb_side *s, unsigned k)
{
	struct state *st = s->priv;
	int rc = timed(s, LEND, GNB_LENDING_LEND, loan(st, k, LARGE, true));

	for (unsigned i = 0; i < LARGE && !rc; i++)
		rc = see(s, st->guest, k, i, 0);
	/* The device does not reach what is lent. */
	rc = rc ? rc : gnb_device_reaches(s, PLACE + k * GAP, false);
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

static int all_loans(struct gnb_side *s)
{
	struct state *st = s->priv;
	int rc = 0;

	for (unsigned k = 0; k < LOANS && !rc; k++)
		rc = one_loan(s, k);
	__atomic_store_n(&st->over, true, __ATOMIC_RELEASE);
	return rc;
}

/* The lender's thread, and one of a vCPU that copies from one page of its domain's to another, and looks both up for it. */
static int thread(struct gnb_side *s, unsigned i, void *arg)
{
	struct state *st = arg;
	struct gnb_vcpu *v = s->t->vcpu(s->m, GNB_GRANTER, 1 + st->waiting);
	uint64_t n = 0;
	int rc = 0;

	if (!i)
		return all_loans(s);
	gnb_start(s, BESIDE);
	while (!rc && !__atomic_load_n(&st->over, __ATOMIC_ACQUIRE)) {
		rc = gnb_own_copy(s, v, st->copy);
		n++;
	}
	gnb_stop(s, BESIDE, n);
	return rc ? gnb_fail(s, rc, "a copy beside returned %d", rc) : 0;
}

static int run(struct gnb_side *s, uint64_t iters)
{
	struct state *st = s->priv;
	struct gnb_lend x = { 0 };
	int rc;

	if (iters != 1)
		return gnb_fail(s, -EINVAL, "a large entry is split once");
	/* Counts are of all vCPUs: those of a revoke are taken while nobody works. */
	rc = st->working && !s->counting ? gnb_threads_run(s, 2, thread, st) : all_loans(s);
	if (!rc && !gnb_target_lacks(s->t, GNB_OP_LENDING, GNB_LENDING_STATS)) {
		ask(s, GNB_LENDING_STATS, &x);
		gnb_set_exact(s, MOST, (double)x.most);
		gnb_set_exact(s, HELD, (double)x.held);
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

static const char *const centres[] = { "entries=2M", "entries=4K", "entries=2M;pages=512",
				       "entries=4K;pages=512;held=entry", NULL };

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
		"is not a processor's. worst_revoke has the entries taken away, and worst_hold those with the "
		"p2m's lock held at once, not those of a table that parts a large one.",
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
};
GNB_BENCH(lend_revoke);
