// SPDX-License-Identifier: GPL-2.0-only
/*
 * vfio_map: a process maps its memory for a device that it drives by itself, and unmaps it.
 *
 * Measures: VFIO_IOMMU_MAP_DMA and VFIO_IOMMU_UNMAP_DMA of a region, of small pages or of large ones, with the system
 * call. Does not measure: the device. Needs: a target with a device that is VFIO's (GNB_DRIVER_VFIO).
 */
#include <errno.h>
#include <gnb/readings.h>
#include <string.h>

enum { MAP, UNMAP = MAP + GNB_READINGS };

#define ROW   64u     /* readings of the smallest region in a run */
#define LEAST 5u      /* and of the largest */
#define BYTES 65536ul /* regions up to this are read ROW times */

struct state {
	uint64_t bytes, map[ROW], unmap[ROW];
	unsigned row;
	bool huge;
	struct gnb_vcpu *v;
};

static const struct gnb_param params[] = {
	GNB_CHOICE("bytes", "4096", "4096,65536,2097152,33554432", "of the region"),
	GNB_CHOICE("memory", "small", "small,huge", "of which pages the process' memory is"),
	{ 0 }
};

static const struct gnb_metric metrics[] = { [MAP] = GNB_READINGS_OF("map", "ns/call"),
					     [UNMAP] = GNB_READINGS_OF("unmap", "ns/call"),
					     { 0 } };

static int supported(struct gnb_side *s, struct gnb_machine_config *cfg, const char **why)
{
	bool huge = gnb_is(s, "memory", "huge");
	unsigned long bytes = gnb_u(s, "bytes");

	*why = gnb_target_lacks(s->t, GNB_OP_DRIVER, GNB_DRIVER_VFIO);
	if (!*why && huge && bytes < 2097152)
		*why = "a large page has 2 MiB, and is mapped as a whole";
	if (!*why && !huge && bytes > 2097152)
		*why = "more small pages than 2 MiB take as long as their number says";
	cfg->driver = true;
	return *why ? -EOPNOTSUPP : 0;
}

static long row(struct gnb_side *s, unsigned n, bool marked)
{
	struct state *st = s->priv;
	struct gnb_driver_row r = { .n = n,
				    .calls = 1,
				    .bytes = st->bytes,
				    .huge = st->huge,
				    .marked = marked,
				    .map = st->map,
				    .unmap = st->unmap };
	long rc = s->t->operation(s->m, st->v, GNB_OP_DRIVER, GNB_DRIVER_VFIO, &r);

	return rc ? rc : r.unmapped == st->bytes ? 0 : -EIO;
}

static int setup(struct gnb_side *s)
{
	struct state *st = gnb_keep(s, sizeof(*st));
	long rc;

	s->priv = st;
	if (!st)
		return -ENOMEM;
	st->bytes = gnb_u(s, "bytes");
	st->huge = gnb_is(s, "memory", "huge");
	st->row = st->bytes <= BYTES ? ROW : LEAST;
	st->v = s->t->vcpu(s->m, GNB_MAPPER, 0);
	rc = row(s, 1, false);
	if (!rc)
		return 0;
	if (rc == -ENOMEM)
		return gnb_fail(s, -EOPNOTSUPP, "the process cannot have so much memory%s",
				gnb_is(s, "memory", "huge")
					? ": vm.nr_hugepages is the number of large pages"
					: ", or may not keep it in place: ulimit -l");
	return gnb_fail(s, (int)rc, "VFIO returned %ld", rc);
}

static int run(struct gnb_side *s, uint64_t iters)
{
	struct state *st = s->priv;

	while (iters) {
		unsigned n = iters < st->row ? (unsigned)iters : st->row;
		long rc = row(s, n, s->counting);

		if (rc)
			return gnb_fail(s, (int)rc, "VFIO returned %ld", rc);
		gnb_readings(s, MAP, st->map, n, 1);
		gnb_readings(s, UNMAP, st->unmap, n, 1);
		/* Of large regions fewer are as long. */
		iters -= iters < ROW ? iters : ROW;
	}
	return 0;
}

/* Each row has proved that what was mapped was unmapped, as a whole: once more. */
static int verify(struct gnb_side *s)
{
	long rc = row(s, 1, false);

	return rc ? gnb_fail(s, (int)rc, "VFIO returned %ld", rc) : 0;
}

static const char *const centres[] = { "memory=small", "memory=huge;bytes=2097152", NULL };

static const struct gnb_bench vfio_map = {
	.name = "vfio_map",
	.summary = "a process maps its memory for a device that it drives, and unmaps it",
	.measures =
		"A region of a process' memory mapped for a device by VFIO, and unmapped: the system call, the pages "
		"held in place, the IOMMU's tables and its invalidations. Whose work: Linux'. map and unmap are means "
		"over a row; _p50 and _min are of single readings.",
	.not_measured =
		"A device. Interrupts are not held back: a mean may hold some, a median does not. What a region of "
		"small pages costs depends on how many of them lie in a row.",
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
GNB_BENCH(vfio_map);
