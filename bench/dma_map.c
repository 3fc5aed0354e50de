// SPDX-License-Identifier: GPL-2.0-only
/*
 * dma_map: a Linux driver maps memory for its device, and unmaps it.
 *
 * Measures: dma_map_page() and dma_map_sg() with their unmaps, the IOMMU's own iommu_map() and iommu_unmap() one by one,
 * the same with one invalidation for all unmaps, and the unmap of a part of 2 MiB. Each row is done with interrupts held
 * back. Does not measure: a device, nor what it waits for. Needs: a target with a driver (GNB_OP_DRIVER).
 */
#include <errno.h>
#include <gnb/readings.h>
#include <string.h>

enum { MAP, UNMAP = MAP + GNB_READINGS, TAKEN = UNMAP + GNB_READINGS, LEFT };

#define ROW   1024u	/* times in a row at most */
#define WORK  4096u	/* times by calls: interrupts are held back for so long */
#define LEAST 8u	/* readings of a run, however many calls each is of */
#define LARGE 2097152ul /* memory that there is */

struct state {
	enum gnb_driver_op op;
	unsigned calls, row;
	uint64_t bytes, map[ROW], unmap[ROW];
	struct gnb_vcpu *v;
};

static const struct gnb_param params[] = {
	GNB_CHOICE(
		"call", "page", "page,list,each,fast,part",
		"dma_map_page(); dma_map_sg(); iommu_map() and iommu_unmap(), one by one; these with one "
		"invalidation for all; iommu_unmap() of a part of 2 MiB"),
	GNB_CHOICE("bytes", "4096", "4096,65536,2097152", "of a call; of part what is unmapped"),
	GNB_NUMBER("calls", "1", "1,8,64,256,512",
		   "made before the first unmap; of list its entries", 1, 512),
	{ 0 }
};

static const struct gnb_metric metrics[] = { [MAP] = GNB_READINGS_OF("map", "ns/call"),
					     [UNMAP] = GNB_READINGS_OF("unmap", "ns/call"),
					     [TAKEN] = GNB_EXACT_COST("taken", "bytes/unmap"),
					     [LEFT] = GNB_EXACT_COST("left", "bytes"),
					     { 0 } };

static enum gnb_driver_op operation(const struct gnb_side *s)
{
	static const char *const names[] = { [GNB_DRIVER_PAGE] = "page",
					     [GNB_DRIVER_LIST] = "list",
					     [GNB_DRIVER_EACH] = "each",
					     [GNB_DRIVER_FAST] = "fast" };

	for (unsigned i = GNB_DRIVER_PAGE; i <= GNB_DRIVER_FAST; i++)
		if (gnb_is(s, "call", names[i]))
			return i;
	return GNB_DRIVER_PART;
}

static int supported(struct gnb_side *s, struct gnb_machine_config *cfg, const char **why)
{
	enum gnb_driver_op op = operation(s);
	unsigned long calls = gnb_u(s, "calls");

	*why = gnb_target_lacks(s->t, GNB_OP_DRIVER, op);
	if (!*why && op == GNB_DRIVER_LIST && gnb_u(s, "bytes") != GNB_PAGE_SIZE)
		*why = "entries of a list are pages of 4096 bytes here";
	if (!*why && op == GNB_DRIVER_LIST && calls > 256)
		*why = "a list has at most 256 entries here";
	if (!*why && op == GNB_DRIVER_PART && calls != 1)
		*why = "a part is unmapped of one mapping";
	cfg->driver = true;
	return *why ? -EOPNOTSUPP : 0;
}

static int setup(struct gnb_side *s)
{
	struct state *st = gnb_keep(s, sizeof(*st));

	s->priv = st;
	if (!st)
		return -ENOMEM;
	st->op = operation(s);
	st->bytes = gnb_u(s, "bytes");
	st->calls = gnb_u(s, "calls");
	st->row = WORK / st->calls < ROW ? WORK / st->calls : ROW;
	st->v = s->t->vcpu(s->m, GNB_MAPPER, 0);
	return 0;
}

static struct gnb_driver_row row_of(struct state *st, unsigned n)
{
	return (struct gnb_driver_row){
		.n = n, .calls = st->calls, .bytes = st->bytes, .map = st->map, .unmap = st->unmap
	};
}

static int ask(struct gnb_side *s, struct gnb_driver_row *r)
{
	struct state *st = s->priv;
	long rc = s->t->operation(s->m, st->v, GNB_OP_DRIVER, st->op, r);

	return rc ? gnb_fail(s, (int)rc, "a row of mappings returned %ld", rc) : 0;
}

/* What an unmap of a part says that it took away, and how much is still reached. */
static int part(struct gnb_side *s)
{
	struct state *st = s->priv;
	struct gnb_driver_row r = row_of(st, 1);
	int rc;

	r.check = true;
	rc = ask(s, &r);
	if (rc)
		return rc;
	gnb_set_exact(s, TAKEN, (double)r.unmapped);
	gnb_set_exact(s, LEFT, (double)r.left * GNB_PAGE_SIZE);
	return 0;
}

static int run(struct gnb_side *s, uint64_t iters)
{
	struct state *st = s->priv;
	unsigned per = st->op == GNB_DRIVER_LIST ? 1 : st->calls;

	/* As many calls, however many of them are one reading. */
	iters = (iters + st->calls - 1) / st->calls;
	if (iters < LEAST)
		iters = LEAST;
	while (iters) {
		struct gnb_driver_row r = row_of(st, iters < st->row ? (unsigned)iters : st->row);
		int rc;

		r.marked = s->counting;
		rc = ask(s, &r);
		if (rc)
			return rc;
		gnb_readings(s, MAP, r.map, r.n, per);
		gnb_readings(s, UNMAP, r.unmap, r.n, per);
		iters -= r.n;
	}
	return st->op == GNB_DRIVER_PART ? part(s) : 0;
}

/* Pages of 4096 bytes that one time maps. */
static uint64_t pages(const struct state *st)
{
	return (st->op == GNB_DRIVER_PART ? LARGE : st->bytes * st->calls) / GNB_PAGE_SIZE;
}

/*
 * Each page is found where it was mapped, and none after its unmap. What an unmap of a part takes with it, and what it
 * leaves, is the IOMMU driver's affair: it is a figure.
 */
static int verify(struct gnb_side *s)
{
	struct state *st = s->priv;
	struct gnb_driver_row r = row_of(st, 1);
	int rc;

	r.check = true;
	rc = ask(s, &r);
	if (rc)
		return rc;
	if (r.reached != pages(st))
		return gnb_fail(s, -EIO, "%lu of %lu pages were where they were mapped",
				(unsigned long)r.reached, (unsigned long)pages(st));
	if (st->op == GNB_DRIVER_PART)
		return 0;
	if (r.left || r.unmapped != st->bytes * st->calls)
		return gnb_fail(s, -EIO, "an unmap took %lu bytes away, and left %lu pages",
				(unsigned long)r.unmapped, (unsigned long)r.left);
	return 0;
}

static const char *const centres[] = { "call=page", "call=list", "call=each",
				       "call=fast", "call=part", NULL };

static const struct gnb_bench dma_map = {
	.name = "dma_map",
	.summary = "a Linux driver maps memory for its device, and unmaps it",
	.measures =
		"A driver's mappings for its device: pages, scatter lists, the IOMMU's own operations one by one and "
		"with one invalidation for all, and the unmap of a part of a large one. Whose work: Linux', in the "
		"IOMMU's layer and the driver of the unit. map and unmap are means over a row; _p50 and _min are of "
		"single readings.",
	.not_measured =
		"A device, and what it waits for. Under an emulator's instruction clock the unit's own work costs "
		"nothing, so the figure is the length of Linux' way; what the unit is asked for is counted beside it.",
	.def_version = 1,
	.params = params,
	.metrics = metrics,
	.iters = ROW,
	.in_default = false,
	.centres = centres,
	.supported = supported,
	.setup = setup,
	.run = run,
	.verify = verify,
};
GNB_BENCH(dma_map);
