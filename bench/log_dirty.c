// SPDX-License-Identifier: GPL-2.0-only
/*
 * log_dirty: which pages of a domain were written to, as migration asks for it.
 *
 * Measures: log-dirty enabled, the first write to each of some pages, what is dirty asked for, CLEAN or what stands for it,
 * the same writes after it, and OFF, of one domain, asked for by another. Each round has a machine of its own: a 2M leaf
 * that was split stays split. Does not measure: the copying of pages, what dom0 writes by foreign mappings (never recorded),
 * nor the time of real exits and flushes: their counts carry over, their time does not. Needs: a target with log-dirty.
 */
#include <gnb/dirty.h>

enum { ENABLE, FIRST, PEEK, CLEAN, AGAIN, OFF, MISSED, CLEAN_ALL };

#define CALLS  16 /* of a kind that are timed in a round */
#define CYCLES 4  /* in which all is written to, and cleaned */

struct state {
	struct gnb_dirty d;
	bool all; /* every page is dirty still */
};

static const struct gnb_param params[] = {
	GNB_NUMBER("memory", "256", "16,64,256", "memory of the domain, in MiB", 2, 1024),
	GNB_NUMBER("dirty", "512", "1,64,512,4096", "pages written to", 1, 1u << 16),
	GNB_NUMBER("density", "64", "8,64,512", "of them in each 2 MiB of memory", 1, 512),
	GNB_CHOICE("leaf", "2M", "2M,4K", "entries of the domain's p2m before anything is logged"),
	GNB_PARAM_LOG_TABLES,
	GNB_PARAM_WRITER,
	GNB_PARAM_WAY,
	{ 0 }
};

static const struct gnb_metric metrics[] = { [ENABLE] = GNB_COST("enable", "ns/call"),
					     [FIRST] = GNB_COST("first_write", "ns/page"),
					     [PEEK] = GNB_COST("peek", "ns/call"),
					     [CLEAN] = GNB_COST("clean", "ns/call"),
					     [AGAIN] = GNB_COST("write_again", "ns/page"),
					     [OFF] = GNB_COST("off", "ns/call"),
					     [MISSED] = GNB_EXACT_COST("missed", "pages"),
					     [CLEAN_ALL] = GNB_COST("clean_all", "ns/call"),
					     { 0 } };

static int supported(struct gnb_side *s, struct gnb_machine_config *cfg, const char **why)
{
	unsigned long pages = gnb_u(s, "memory") << 8, dirty = gnb_u(s, "dirty");
	int rc = gnb_dirty_config(s, cfg, pages, dirty, gnb_writer_of(s), why);

	if (!rc && (dirty + gnb_u(s, "density") - 1) / gnb_u(s, "density") * 512 > pages)
		*why = "so few of them in each 2 MiB need more memory than the domain has";
	else if (!rc && cfg->log_way == GNB_WAY_RING && dirty > 1u << 15)
		*why = "so many pages do not fit into a ring at once";
	if (*why)
		return -EOPNOTSUPP;
	cfg->ram = gnb_is(s, "leaf", "4K") ? GNB_RAM_PIECES : GNB_RAM_WHOLE;
	return rc;
}

static int setup(struct gnb_side *s)
{
	struct state *st = gnb_keep(s, sizeof(*st));
	unsigned n = gnb_u(s, "dirty"), density = gnb_u(s, "density");
	unsigned *page = gnb_keep(s, n * sizeof(*page));

	s->priv = st;
	if (!st || !page)
		return -ENOMEM;
	/* So many in each 2 MiB, evenly. */
	for (unsigned k = 0; k < n; k++)
		page[k] = k / density * 512 + k % density * (512 / density);
	return gnb_dirty_init(&st->d, s, gnb_u(s, "memory") << 8, page, n, gnb_writer_of(s));
}

/* The bitmap has each page that was written to, if anybody saw it; and no other, but the rest of a large entry. */
static int check(struct gnb_side *s, const char *of)
{
	struct state *st = s->priv;
	struct gnb_dirty *d = &st->d;
	unsigned seen = gnb_dirty_count(d);

	if (st->all)
		return seen == d->pages ? 0
					: gnb_fail(s, -EIO, "%s: %u of %u pages are dirty", of,
						   seen, d->pages);
	for (unsigned k = 0; k < d->n; k++)
		if (gnb_dirty_has(d, d->page[k]) == d->unseen)
			return gnb_fail(s, -EIO, "%s: page %u is %s in the bitmap", of, d->page[k],
					d->unseen ? "" : "not");
	if (d->writer != GNB_WRITER_DEVICE && seen != d->n)
		return gnb_fail(s, -EIO, "%s: %u pages are dirty, %u were written to", of, seen,
				d->n);
	return 0;
}

/* What is dirty is asked for, and from then on is not. */
static int fetch_and_clean(struct gnb_side *s)
{
	struct state *st = s->priv;
	unsigned metric = st->all ? CLEAN_ALL : CLEAN;
	int rc;

	if (gnb_way_has(st->d.way, GNB_LOG_CLEAN)) {
		rc = gnb_dirty_timed(&st->d, GNB_LOG_CLEAN, CLEAN);
		return rc ? rc : check(s, "clean");
	}
	rc = gnb_dirty_timed(&st->d, st->d.way == GNB_WAY_RING ? GNB_LOG_COLLECT : GNB_LOG_PEEK,
			     PEEK);
	rc = rc ? rc : check(s, "what was asked for");
	st->all = false;
	return rc ? rc : gnb_dirty_timed(&st->d, GNB_LOG_CLEAR, metric);
}

/* The last of it, by what asks and leaves as much as can be. */
static int ask_last(struct gnb_side *s)
{
	struct state *st = s->priv;
	enum gnb_log_op op = gnb_way_has(st->d.way, GNB_LOG_PEEK)      ? GNB_LOG_PEEK
			     : gnb_way_has(st->d.way, GNB_LOG_COLLECT) ? GNB_LOG_COLLECT
								       : GNB_LOG_CLEAN;

	return (int)gnb_dirty_ask(&st->d, op);
}

static int run(struct gnb_side *s, uint64_t iters)
{
	struct state *st = s->priv;
	struct gnb_dirty *d = &st->d;
	bool marks = d->way == GNB_WAY_MARKS;
	int rc = 0;

	if (iters != 1)
		return gnb_fail(s, -EINVAL, "a large entry is split once");
	/* While nothing was written to, marks can be had again and again: they split nothing. */
	for (unsigned i = 0; i < CALLS && !rc && marks; i++) {
		rc = gnb_dirty_timed(d, GNB_LOG_ENABLE, ENABLE);
		rc = rc ? rc : gnb_dirty_timed(d, GNB_LOG_OFF, OFF);
	}
	if (!rc)
		rc = marks ? (int)gnb_dirty_ask(d, GNB_LOG_ENABLE)
			   : gnb_dirty_timed(d, GNB_LOG_ENABLE, ENABLE);
	st->all = d->way == GNB_WAY_ALL_SET;
	rc = rc ? rc : gnb_dirty_write(d, FIRST);
	for (unsigned i = 0; i < CALLS && !rc && gnb_way_has(d->way, GNB_LOG_PEEK); i++)
		rc = gnb_dirty_timed(d, GNB_LOG_PEEK, PEEK);
	if (!rc && gnb_way_has(d->way, GNB_LOG_PEEK))
		rc = check(s, "peek");
	for (unsigned i = 0; i < CYCLES && !rc; i++) {
		rc = fetch_and_clean(s);
		rc = rc ? rc : gnb_dirty_write(d, AGAIN);
	}
	rc = rc ? rc : ask_last(s);
	rc = rc ? rc : check(s, "the last of it");
	if (!rc && !gnb_target_lacks(s->t, GNB_OP_LOG_DIRTY, GNB_LOG_STATS)) {
		gnb_dirty_ask(d, GNB_LOG_STATS);
		gnb_set_exact(s, MISSED, (double)d->log.missed);
	}
	return rc || marks ? rc : gnb_dirty_timed(d, GNB_LOG_OFF, OFF);
}

/* What it was is over: it can be enabled again, and then nothing is dirty, or all is. */
static int verify(struct gnb_side *s)
{
	struct state *st = s->priv;
	struct gnb_dirty *d = &st->d;
	unsigned want = d->way == GNB_WAY_ALL_SET ? d->pages : 0;
	long rc = d->way == GNB_WAY_MARKS ? gnb_dirty_ask(d, GNB_LOG_OFF) : 0;

	rc = rc ? rc : gnb_dirty_ask(d, GNB_LOG_ENABLE);
	rc = rc ? rc : ask_last(s);
	if (rc || gnb_dirty_count(d) != want)
		return gnb_fail(s, -EIO, "enabled anew it returned %ld, with %u dirty pages", rc,
				gnb_dirty_count(d));
	return (int)gnb_dirty_ask(d, GNB_LOG_OFF);
}

static void teardown(struct gnb_side *s)
{
	struct state *st = s->priv;

	if (st)
		gnb_dirty_fini(&st->d);
}

static const char *const centres[] = { "leaf=2M", "leaf=4K",  "tables=separate;writer=device",
				       "way=get", "way=ring", NULL };

static const struct gnb_bench log_dirty = {
	.name = "log_dirty",
	.summary = "which pages of a domain were written to: enable, write, peek, clean, off",
	.measures =
		"Log-dirty, by which a migration finds what to send again: switching it on and off, the first "
		"write to a page after that and after a CLEAN, and asking; as Xen does it, or as KVM. Whose "
		"work: the hypervisor's, in the guest's faults and in the toolstack's calls. A mapper's writes "
		"become dirty at its unmap.",
	.not_measured =
		"Sending the pages, and a guest's slow-down by it. How dear an exit and a flush are is the "
		"machine's affair: their numbers are exact, as AMD's nested paging has them, their time "
		"is not a processor's. What dom0 writes by foreign mappings nobody records.",
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
GNB_BENCH(log_dirty);
