// SPDX-License-Identifier: GPL-2.0-only
/*
 * log_dirty: which pages of a domain were written to, as migration asks for it.
 *
 * Measures: log-dirty enabled, the first write to each of some pages, PEEK, CLEAN, the same writes after it, and OFF, of
 * one domain, asked for by another. Each round has a machine of its own: a 2M leaf that was split stays split. Does not
 * measure: the copying of pages, what dom0 writes by foreign mappings (never recorded), nor the time of real exits and
 * flushes: their counts carry over, their time does not. Needs: a target with log-dirty.
 */
#include <gnb/copies.h>
#include <gnb/grant.h>

enum { ENABLE, FIRST, PEEK, CLEAN, AGAIN, OFF, MISSED };
enum writer { CPU, GRANT, COPY, DEVICE };

#define CALLS  16 /* of a kind that are timed in a round */
#define CYCLES 4  /* in which all is written to, and cleaned */

struct state {
	uint64_t base; /* the first frame number of the domain's memory */
	unsigned pages, dirty, density;
	enum writer writer;
	bool unseen; /* nobody records it */
	struct gnb_vcpu *guest, *tools;
	struct gnb_log log;
	struct gnb_gtab gtab;
	struct gnb_maps maps;
	struct gnb_copies copies;
};

static const struct gnb_param params[] = {
	GNB_NUMBER("memory", "256", "16,64,256", "memory of the domain, in MiB", 2, 1024),
	GNB_NUMBER("dirty", "512", "1,64,512,4096", "pages written to", 1, 1u << 16),
	GNB_NUMBER("density", "64", "8,64,512", "of them in each 2 MiB of memory", 1, 512),
	GNB_CHOICE("leaf", "2M", "2M,4K", "entries of the domain's p2m before anything is logged"),
	GNB_CHOICE(
		"tables", "none", "none,separate,shared,bits",
		"tables of the domain's device; bits: separate ones that say what was written to"),
	GNB_CHOICE("writer", "cpu", "cpu,grant,copy,device",
		   "who writes: its own CPU, who maps its pages, a grant copy, its device"),
	{ 0 }
};

static const struct gnb_metric metrics[] = { [ENABLE] = GNB_COST("enable", "ns/call"),
					     [FIRST] = GNB_COST("first_write", "ns/page"),
					     [PEEK] = GNB_COST("peek", "ns/call"),
					     [CLEAN] = GNB_COST("clean", "ns/call"),
					     [AGAIN] = GNB_COST("write_again", "ns/page"),
					     [OFF] = GNB_COST("off", "ns/call"),
					     [MISSED] = { .name = "missed",
							  .unit = "pages",
							  .better = GNB_LOWER,
							  .exact = true,
							  .work = GNB_WORK_NO_GRANTS },
					     { 0 } };

static enum writer writer_of(const struct gnb_side *s)
{
	const char *w = gnb_s(s, "writer");

	return !strcmp(w, "cpu")     ? CPU
	       : !strcmp(w, "grant") ? GRANT
	       : !strcmp(w, "copy")  ? COPY
				     : DEVICE;
}

static int supported(struct gnb_side *s, struct gnb_machine_config *cfg, const char **why)
{
	unsigned long pages = gnb_u(s, "memory") << 8, dirty = gnb_u(s, "dirty");
	const char *tables = gnb_s(s, "tables");

	*why = gnb_target_lacks(s->t, GNB_OP_LOG_DIRTY, GNB_LOG_CLEAN);
	if (!*why && writer_of(s) == DEVICE)
		*why = !strcmp(tables, "none") ? "without tables the domain has no device"
		       : !strcmp(tables, "shared")
			       ? "a device whose tables are the p2m faults where it may not "
				 "write, and nothing resumes it"
			       : gnb_target_lacks(s->t, GNB_OP_DEVICE, GNB_DEVICE_WRITE);
	if (!*why && (dirty + gnb_u(s, "density") - 1) / gnb_u(s, "density") * 512 > pages)
		*why = "so few of them in each 2 MiB need more memory than the domain has";
	if (*why)
		return -EOPNOTSUPP;
	cfg->mapper = GNB_MAPPER_TRANSLATED;
	cfg->logged = true;
	cfg->log_bits = !strcmp(tables, "bits");
	cfg->log_iommu = !strcmp(tables, "none")     ? GNB_IOMMU_NONE
			 : !strcmp(tables, "shared") ? GNB_IOMMU_SHARED
						     : GNB_IOMMU_STRICT;
	cfg->ram = gnb_is(s, "leaf", "4K") ? GNB_RAM_PIECES : GNB_RAM_WHOLE;
	cfg->granter_pages = pages;
	cfg->map_slots = dirty;
	cfg->args_pages = pages / 8 / GNB_PAGE_SIZE + dirty / 64 + 2;
	return gnb_refs_room(cfg, dirty, GNB_TREE_LEVELS, why);
}

/* The k-th page that is written to: so many in each 2 MiB, evenly. */
static unsigned page_of(const struct state *st, unsigned k)
{
	return k / st->density * 512 + k % st->density * (512 / st->density);
}

static bool dirty(const struct state *st, unsigned page)
{
	uint64_t gfn = st->base + page;

	return st->log.bitmap[gfn / 8] >> gfn % 8 & 1;
}

static int setup(struct gnb_side *s)
{
	struct state *st = calloc(1, sizeof(*st));
	int rc;

	s->priv = st;
	if (!st)
		return -ENOMEM;
	st->pages = gnb_u(s, "memory") << 8;
	st->dirty = gnb_u(s, "dirty");
	st->density = gnb_u(s, "density");
	st->writer = writer_of(s);
	st->unseen = st->writer == DEVICE && strcmp(gnb_s(s, "tables"), "bits") != 0;
	st->guest = s->t->vcpu(s->m, GNB_GRANTER, 0);
	st->tools = s->t->vcpu(s->m, GNB_MAPPER, 0);
	st->base = s->t->frame(s->m, 0);
	st->log.bitmap = s->t->args_alloc(s->m, GNB_MAPPER, (st->base + st->pages + 7) / 8);
	if (!st->log.bitmap)
		return gnb_fail(s, -ENOMEM, "no memory for the bitmap");
	if (st->writer != GRANT && st->writer != COPY)
		return 0;
	rc = gnb_gtab_init(&st->gtab, s, st->dirty, GNB_TREE_LEVELS);
	if (!rc)
		rc = st->writer == COPY ? gnb_copies_init(&st->copies, s, st->dirty)
					: gnb_maps_init(&st->maps, s, st->dirty);
	for (unsigned k = 0; k < st->dirty && !rc; k++) {
		gnb_grant_publish(&st->gtab, GNB_FIRST_REF + k, s->t->domid(s->m, GNB_MAPPER),
				  s->t->frame(s->m, page_of(st, k)), false);
		if (st->writer == COPY)
			gnb_copy_set_into(&st->copies, k, 0, GNB_FIRST_REF + k, 8);
		else
			gnb_map_set(&st->maps, k, s->t->map_addr(s->m, k), GNB_FIRST_REF + k,
				    false);
	}
	return rc;
}

/* By its own CPU or its device, page by page. */
static int write_page(struct gnb_side *s, struct state *st, unsigned k)
{
	uint64_t word = k, gfn = st->base + page_of(st, k);
	struct gnb_dma d = { .dfn = gfn, .len = sizeof(word), .buf = &word };

	if (st->writer == CPU)
		return s->t->touch(st->guest, gfn << GNB_PAGE_SHIFT, 0, &word, sizeof(word), true);
	return (int)s->t->operation(s->m, st->guest, GNB_OP_DEVICE, GNB_DEVICE_WRITE, &d);
}

/* Each page is written to once: of who maps them, what is timed is the unmap, by which they become dirty. */
static int write_all(struct gnb_side *s, unsigned metric)
{
	struct state *st = s->priv;
	uint64_t word = 1;
	int rc = 0;

	if (st->writer == COPY)
		return gnb_copy_timed(&st->copies, st->tools, metric, st->dirty);
	if (st->writer == GRANT) {
		rc = gnb_map(&st->maps, st->tools, 0, st->dirty);
		for (unsigned k = 0; k < st->dirty && !rc; k++)
			rc = s->t->touch(st->tools, gnb_map_addr(&st->maps, k), 0, &word,
					 sizeof(word), true);
		return rc ? rc : gnb_unmap_timed(&st->maps, st->tools, metric, st->dirty);
	}
	gnb_start(s, metric);
	for (unsigned k = 0; k < st->dirty && !rc; k++)
		rc = write_page(s, st, k);
	gnb_stop(s, metric, st->dirty);
	return rc ? gnb_fail(s, rc, "a write returned %d", rc) : 0;
}

static long ask(struct gnb_side *s, enum gnb_log_op op)
{
	struct state *st = s->priv;

	st->log.pages = st->base + st->pages;
	return s->t->operation(s->m, st->tools, GNB_OP_LOG_DIRTY, op, &st->log);
}

static int timed(struct gnb_side *s, enum gnb_log_op op, unsigned metric)
{
	long rc;

	gnb_start(s, metric);
	rc = ask(s, op);
	gnb_stop(s, metric, 1);
	return rc ? gnb_fail(s, (int)rc, "%s returned %ld", metrics[metric].name, rc) : 0;
}

static unsigned dirty_pages(const struct state *st)
{
	unsigned n = 0;

	for (unsigned page = 0; page < st->pages; page++)
		n += dirty(st, page);
	return n;
}

/* The bitmap has each page that was written to, if anybody saw it; and no other, but the rest of a large entry. */
static int check(struct gnb_side *s, const char *of)
{
	struct state *st = s->priv;
	unsigned seen = dirty_pages(st);

	for (unsigned k = 0; k < st->dirty; k++) {
		unsigned page = page_of(st, k);

		if (!dirty(st, page) != st->unseen)
			return gnb_fail(s, -EIO, "%s: page %u is %s in the bitmap", of, page,
					st->unseen ? "" : "not");
	}
	if (st->writer != DEVICE && seen != st->dirty)
		return gnb_fail(s, -EIO, "%s: %u pages are dirty, %u were written to", of, seen,
				st->dirty);
	return 0;
}

static int run(struct gnb_side *s, uint64_t iters)
{
	struct state *st = s->priv;
	int rc = 0;

	if (iters != 1)
		return gnb_fail(s, -EINVAL, "a large entry is split once");
	/* While nothing was written to, on and off can be had again and again. */
	for (unsigned i = 0; i < CALLS && !rc; i++) {
		rc = timed(s, GNB_LOG_ENABLE, ENABLE);
		rc = rc ? rc : timed(s, GNB_LOG_OFF, OFF);
	}
	if (!rc)
		rc = (int)ask(s, GNB_LOG_ENABLE);
	rc = rc ? rc : write_all(s, FIRST);
	for (unsigned i = 0; i < CALLS && !rc; i++)
		rc = timed(s, GNB_LOG_PEEK, PEEK);
	rc = rc ? rc : check(s, "peek");
	for (unsigned i = 0; i < CYCLES && !rc; i++) {
		rc = timed(s, GNB_LOG_CLEAN, CLEAN);
		rc = rc ? rc : check(s, "clean");
		rc = rc ? rc : write_all(s, AGAIN);
	}
	if (!rc)
		rc = (int)ask(s, GNB_LOG_PEEK);
	rc = rc ? rc : check(s, "the last peek");
	if (!rc && !gnb_target_lacks(s->t, GNB_OP_LOG_DIRTY, GNB_LOG_STATS)) {
		ask(s, GNB_LOG_STATS);
		gnb_set_exact(s, MISSED, (double)st->log.missed);
	}
	return rc;
}

/* What it was is over: it can be enabled again, and then nothing is dirty. */
static int verify(struct gnb_side *s)
{
	struct state *st = s->priv;
	long rc = ask(s, GNB_LOG_OFF);

	rc = rc ? rc : ask(s, GNB_LOG_ENABLE);
	rc = rc ? rc : ask(s, GNB_LOG_PEEK);
	if (rc || dirty_pages(st))
		return gnb_fail(s, -EIO, "enabled anew it returned %ld, with %u dirty pages", rc,
				dirty_pages(st));
	return (int)ask(s, GNB_LOG_OFF);
}

static void teardown(struct gnb_side *s)
{
	struct state *st = s->priv;

	if (st && (st->writer == GRANT || st->writer == COPY))
		gnb_gtab_fini(&st->gtab);
	free(st);
}

static const char *const centres[] = { "leaf=2M", "leaf=4K", "tables=separate;writer=device",
				       NULL };

static const struct gnb_bench log_dirty = {
	.name = "log_dirty",
	.summary = "which pages of a domain were written to: enable, write, peek, clean, off",
	.measures =
		"Log-dirty, by which a migration finds what to send again: switching it on and off, the first "
		"write to a page after that and after a CLEAN, and asking. Whose work: the hypervisor's, in "
		"the guest's faults and in the toolstack's calls. A mapper's writes become dirty at its unmap.",
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
