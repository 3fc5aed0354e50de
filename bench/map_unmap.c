// SPDX-License-Identifier: GPL-2.0-only
/*
 * map_unmap: the mapper maps granted pages and unmaps them.
 *
 * Measures: the map and the unmap hypercall, per page, by batch size, rights, kind of mapper, IOMMU
 * mode, whether the vCPU that unmaps is the one that mapped, first or repeated pin, distance of the
 * references. A timed span covers at least 64 pages, so the clock's cost is spread.
 * Does not measure: the guest's work around the call (entries, ballooned address space), the first
 * use of a slot (page tables and maptrack are warm), TLB misses after the flush. Needs: nothing
 * special; flush:membarrier needs a second core.
 */
#include <gnb/mapper.h>

enum { MAP, UNMAP };

#define SPAN 64 /* pages in a timed span, at least */

struct state {
	struct gnb_gtab gtab;
	struct gnb_vcpu *mapper, *unmapper;
	struct gnb_maps maps, base; /* base: mapped throughout, if the pin is repeated */
	unsigned batch;
	bool repeat;
};

static const struct gnb_param params[] = {
	GNB_NUMBER("batch", "64", "1,2,4,8,16,31,32,33,64,128,256,512", "pages per hypercall", 1,
		   2048),
	GNB_CHOICE("access", "rw", "rw,ro", "rights of the grant and the mapping"),
	GNB_CHOICE("mapper", "translated", "translated,pv",
		   "what the mapper maps into: its p2m, or page-table entries"),
	GNB_CHOICE("iommu", "none", "none,shared,strict,batched", "how grants reach the IOMMU"),
	GNB_CHOICE("vcpu", "same", "same,other", "the vCPU that unmaps"),
	GNB_CHOICE("pin", "first", "first,repeat", "is the reference mapped elsewhere already?"),
	GNB_NUMBER("stride", "1", "1,2,8", "distance of the references used", 1, 255),
	GNB_CHOICE("flush", "count", "count,membarrier",
		   "TLB flush: counted, or with a real inter-processor interrupt"),
	GNB_CHOICE("entry", "none", "none,syscall",
		   "hypercall entry: a function call, or one real system call"),
	/* Two vCPUs map, one grants, and the toolstack has a CPU of its own. */
	GNB_NUMBER("cpus", "8", "8,64,256", "CPUs of the host that a per-CPU writer scans", 4,
		   4096),
	GNB_CHOICE(
		"args", "walked", "walked,direct",
		"how a translated guest's arguments are found: by its page tables, or not at all"),
	{ 0 }
};

static const struct gnb_metric metrics[] = {
	[MAP] = { .name = "map", .unit = "ns/page", .better = GNB_LOWER, .work = GNB_WORK_MAP },
	[UNMAP] = { .name = "unmap",
		    .unit = "ns/page",
		    .better = GNB_LOWER,
		    .work = GNB_WORK_UNMAP },
	{ 0 }
};

static bool read_only(const struct gnb_side *s)
{
	return !strcmp(gnb_s(s, "access"), "ro");
}

static unsigned pages_of(struct gnb_side *s)
{
	unsigned batch = gnb_u(s, "batch");

	return (SPAN + batch - 1) / batch * batch;
}

static unsigned refs_of(struct gnb_side *s)
{
	return pages_of(s) * gnb_u(s, "stride");
}

static int supported(struct gnb_side *s, struct gnb_machine_config *cfg, const char **why)
{
	/* The second one unmaps, or is what a modelled flush interrupts. */
	cfg->vcpus[GNB_MAPPER] = gnb_flush_vcpus(s);
	if (!strcmp(gnb_s(s, "vcpu"), "other"))
		cfg->vcpus[GNB_MAPPER] = 2;
	cfg->granter_pages = pages_of(s);
	cfg->map_slots = 2 * pages_of(s);
	return gnb_refs_room(cfg, refs_of(s), GNB_TREE_LEVELS, why);
}

/* Operations on the pages in slots from first_slot on. */
static int prepare(struct gnb_side *s, struct gnb_maps *m, unsigned first_slot)
{
	int rc = gnb_maps_init(m, s, pages_of(s));

	for (unsigned i = 0; i < m->n && !rc; i++)
		gnb_map_set(m, i, s->t->map_addr(s->m, first_slot + i),
			    GNB_FIRST_REF + i * gnb_u(s, "stride"), read_only(s));
	return rc;
}

static int setup(struct gnb_side *s)
{
	struct state *st = calloc(1, sizeof(*st));
	unsigned stride = gnb_u(s, "stride"), pages = pages_of(s);
	int rc;

	s->priv = st;
	if (!st)
		return -ENOMEM;
	st->batch = gnb_u(s, "batch");
	st->repeat = !strcmp(gnb_s(s, "pin"), "repeat");
	st->mapper = s->t->vcpu(s->m, GNB_MAPPER, 0);
	st->unmapper = s->t->vcpu(s->m, GNB_MAPPER, !strcmp(gnb_s(s, "vcpu"), "other"));
	rc = gnb_gtab_init(&st->gtab, s, refs_of(s), GNB_TREE_LEVELS);
	if (rc)
		return rc;
	for (unsigned i = 0; i < pages; i++)
		gnb_grant_publish(&st->gtab, GNB_FIRST_REF + i * stride,
				  s->t->domid(s->m, GNB_MAPPER), s->t->frame(s->m, i),
				  read_only(s));
	rc = prepare(s, &st->maps, 0);
	if (!rc && st->repeat)
		rc = prepare(s, &st->base, pages);
	if (!rc && st->repeat)
		rc = gnb_map(&st->base, st->mapper, 0, pages);
	return rc;
}

static int run(struct gnb_side *s, uint64_t iters)
{
	struct state *st = s->priv;
	int rc = 0;

	for (uint64_t n = 0; n < iters && !rc; n++) {
		rc = gnb_map_timed(&st->maps, st->mapper, MAP, st->batch);
		if (!rc)
			rc = gnb_unmap_timed(&st->maps, st->unmapper, UNMAP, st->batch);
	}
	return rc;
}

/* Data goes through the mapping both ways, and not past the unmap; a read-only mapping takes no
 * write. */
static int verify(struct gnb_side *s)
{
	struct state *st = s->priv;
	bool ro = read_only(s);
	unsigned last = st->maps.n - 1;
	uint64_t word = 0x67726e7462656e63ull ^ s->version->entries, back = 0;
	int rc = gnb_map(&st->maps, st->mapper, 0, st->maps.n);

	if (rc)
		return rc;
	for (unsigned i = 0; i <= last; i++) {
		uint64_t tag = word + i;

		memcpy(s->t->ram(s->m, i), &tag, sizeof(tag));
		if (s->t->touch(st->mapper, gnb_map_addr(&st->maps, i), 0, &back, sizeof(back),
				false) ||
		    back != tag)
			return gnb_fail(s, -EIO, "page %u does not read through its mapping", i);
		if (!gnb_grant_in_use(&st->gtab, gnb_map_ref(&st->maps, i)))
			return gnb_fail(s, -EIO, "reference %u is mapped and not marked",
					gnb_map_ref(&st->maps, i));
	}
	rc = s->t->touch(st->mapper, gnb_map_addr(&st->maps, last), 8, &word, sizeof(word), true);
	if (ro ? rc != -EFAULT
	       : rc || memcmp((char *)s->t->ram(s->m, last) + 8, &word, sizeof(word)))
		return gnb_fail(s, -EIO, "a write through %s mapping had the wrong effect",
				ro ? "a read-only" : "the");
	rc = gnb_unmap(&st->maps, st->unmapper, 0, st->maps.n);
	if (!rc && s->t->touch(st->mapper, gnb_map_addr(&st->maps, 0), 0, &back, sizeof(back),
			       false) != -EFAULT)
		rc = gnb_fail(s, -EIO, "a page can be read after it was unmapped");
	if (!rc && gnb_grant_in_use(&st->gtab, GNB_FIRST_REF) != st->repeat)
		rc = gnb_fail(s, -EIO, "reference %u is marked wrongly after the unmap",
			      GNB_FIRST_REF);
	return rc;
}

static void teardown(struct gnb_side *s)
{
	struct state *st = s->priv;

	if (!st)
		return;
	if (st->repeat)
		gnb_unmap(&st->base, st->mapper, 0, st->base.n);
	gnb_gtab_fini(&st->gtab);
	free(st);
}

static const char *const headline[] = {
	"batch=64;mapper=translated",
	"batch=64;mapper=translated;flush=membarrier",
	"batch=64;mapper=translated;entry=syscall",
	"batch=64;mapper=pv",
	NULL,
};

/* By which a version is judged: one page, pages named one by one, a range; with and without finding the arguments. */
static const char *const counted[] = {
	"batch=1;mapper=translated",
	"batch=1;mapper=translated;args=direct",
	"batch=1;mapper=pv",
	"batch=64;stride=2;mapper=translated",
	"batch=64;stride=2;mapper=translated;args=direct",
	"batch=64;stride=2;mapper=pv",
	"batch=256;mapper=translated",
	"batch=256;mapper=translated;args=direct",
	"batch=256;mapper=pv",
	NULL,
};

static const char *const centres[] = { "mapper=translated", "mapper=pv", "entry=syscall", NULL };

static const struct gnb_bench map_unmap = {
	.name = "map_unmap",
	.summary = "map granted pages and unmap them",
	.measures = "A mapper maps pages that a granter has granted and unmaps them again, a "
		    "batch of references per hypercall. It is what every Xen backend does that "
		    "touches a guest's data in place. Cost is per page.",
	.not_measured = "Nothing is done with the pages beyond the check that the right data is "
			"there, so the cost of cold caches and TLBs after a flush is not in these "
			"figures. One mapper runs at a time: contention is measured by p2m_lock.",
	.def_version = 1,
	.params = params,
	.metrics = metrics,
	.in_default = true,
	.centres = centres,
	.headline = headline,
	.counted = counted,
	.supported = supported,
	.setup = setup,
	.run = run,
	.verify = verify,
	.teardown = teardown,
};
GNB_BENCH(map_unmap);
