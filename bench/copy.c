// SPDX-License-Identifier: GPL-2.0-only
/*
 * copy: grant copy against its rival, mapping the page, touching it and unmapping it.
 *
 * Measures: moving some bytes of each of a batch of granted pages to the mapper, by grant copy,
 * and by map, read through the mapping, unmap. Per page. Each operation names another reference,
 * since neighbouring copies of one reference share its acquisition. With kind=part the copies go
 * through entries that grant only the part of a page that is moved (GTF_sub_page), which only
 * version 2 has; such an entry cannot be mapped, so what is mapped are entries of whole pages, as
 * ever. Does not measure: cold data (the pages are a quarter of a megabyte and stay in the cache),
 * the TLB misses that mapping causes later, or transitive entries, which take a third domain.
 * Needs: nothing special.
 */
#include <gnb/copies.h>

enum { COPY, MAP_TOUCH_UNMAP };

#define PAGES 64

struct state {
	struct gnb_gtab gtab;
	struct gnb_vcpu *mapper;
	struct gnb_copies copies;
	struct gnb_maps maps;
	unsigned bytes, batch;
};

static const struct gnb_param params[] = {
	GNB_NUMBER("bytes", "4096", "64,512,1500,4096", "bytes moved per page", 4, 4096),
	GNB_NUMBER("batch", "16", "1,16,64", "pages per hypercall", 1, PAGES),
	GNB_CHOICE("mapper", "translated", "translated,pv", "what the mapper maps into"),
	GNB_CHOICE("entry", "none", "none,syscall",
		   "hypercall entry: a function call, or one real system call"),
	GNB_CHOICE("kind", "page", "page,part",
		   "what the copied entries grant: pages, or parts of them"),
	{ 0 }
};

static const struct gnb_metric metrics[] = {
	[COPY] = { .name = "copy", .unit = "ns/page", .better = GNB_LOWER, .work = GNB_WORK_COPY },
	[MAP_TOUCH_UNMAP] = { .name = "map_touch_unmap",
			      .unit = "ns/page",
			      .better = GNB_LOWER,
			      .work = GNB_WORK_MAP | GNB_WORK_UNMAP,
			      .guest = true },
	{ 0 }
};

static bool parts(const struct gnb_side *s)
{
	return !strcmp(gnb_s(s, "kind"), "part");
}

/* Those of whole pages come first, those of parts after them. */
static unsigned refs(const struct gnb_side *s)
{
	return parts(s) ? 2 * PAGES : PAGES;
}

static uint32_t copied_ref(const struct gnb_side *s, unsigned page)
{
	return GNB_FIRST_REF + refs(s) - PAGES + page;
}

/* Grant the part that the copies move, read-only. */
static void publish_part(struct gnb_side *s, struct state *st, unsigned page)
{
	union grant_entry_v2 *e = gnb_entry_v2(&st->gtab, copied_ref(s, page));

	__atomic_store_n(&e->hdr.domid, s->t->domid(s->m, GNB_MAPPER), __ATOMIC_RELAXED);
	__atomic_store_n(&e->sub_page.page_off, (uint16_t)0, __ATOMIC_RELAXED);
	__atomic_store_n(&e->sub_page.length, (uint16_t)st->bytes, __ATOMIC_RELAXED);
	__atomic_store_n(&e->sub_page.frame, s->t->frame(s->m, page), __ATOMIC_RELAXED);
	__atomic_store_n(&e->hdr.flags, (uint16_t)(GTF_permit_access | GTF_sub_page | GTF_readonly),
			 __ATOMIC_RELEASE);
}

static int supported(struct gnb_side *s, struct gnb_machine_config *cfg, const char **why)
{
	unsigned long batch = gnb_u(s, "batch"), bytes = gnb_u(s, "bytes");

	cfg->granter_pages = PAGES;
	cfg->map_slots = PAGES;
	if (parts(s) && !gnb_is_v2(cfg->version->entries)) {
		*why = "only version 2 grants parts of pages";
		return -EOPNOTSUPP;
	}
	if (PAGES % batch == 0 && bytes % 4 == 0)
		return gnb_refs_room(cfg, refs(s), GNB_TREE_LEVELS, why);
	*why = "batch has to divide 64, and bytes be a multiple of 4";
	return -EOPNOTSUPP;
}

static int setup(struct gnb_side *s)
{
	struct state *st = calloc(1, sizeof(*st));
	int rc;

	s->priv = st;
	if (!st)
		return -ENOMEM;
	st->bytes = gnb_u(s, "bytes");
	st->batch = gnb_u(s, "batch");
	st->mapper = s->t->vcpu(s->m, GNB_MAPPER, 0);
	rc = gnb_copies_init(&st->copies, s, PAGES);
	if (!rc)
		rc = gnb_maps_init(&st->maps, s, PAGES);
	if (!rc)
		rc = gnb_gtab_init(&st->gtab, s, refs(s), GNB_TREE_LEVELS);
	for (unsigned i = 0; i < PAGES && !rc; i++) {
		gnb_grant_publish(&st->gtab, GNB_FIRST_REF + i, s->t->domid(s->m, GNB_MAPPER),
				  s->t->frame(s->m, i), true);
		if (parts(s))
			publish_part(s, st, i);
		gnb_copy_set(&st->copies, i, copied_ref(s, i), i, (uint16_t)st->bytes);
		gnb_map_set(&st->maps, i, s->t->map_addr(s->m, i), GNB_FIRST_REF + i, true);
		for (unsigned b = 0; b < GNB_PAGE_SIZE; b += 8)
			memset((uint8_t *)s->t->ram(s->m, i) + b, (int)(i + 1), 8);
	}
	return rc;
}

static int map_touch_unmap(struct gnb_side *s)
{
	struct state *st = s->priv;
	int rc = 0;

	for (unsigned i = 0; i < PAGES && !rc; i += st->batch) {
		rc = gnb_map_call(&st->maps, st->mapper, i, st->batch);
		for (unsigned k = i; k < i + st->batch && !rc; k++) {
			rc = s->t->touch(st->mapper, gnb_map_addr(&st->maps, k), 0,
					 s->t->own_ram(s->m, k), st->bytes, false);
			if (rc)
				gnb_fail(s, rc, "reading page %u returned %d", k, rc);
		}
		gnb_unmap_set_all(&st->maps, i, st->batch);
		if (!rc)
			rc = gnb_unmap_call(&st->maps, st->mapper, i, st->batch);
	}
	return rc;
}

static int check_maps(struct gnb_side *s)
{
	struct state *st = s->priv;
	int rc = 0;

	for (unsigned i = 0; i < PAGES && !rc; i++) {
		rc = gnb_map_check(&st->maps, i);
		if (!rc)
			rc = gnb_unmap_check(&st->maps, i);
	}
	return rc;
}

static int run(struct gnb_side *s, uint64_t iters)
{
	struct state *st = s->priv;
	int rc = 0;

	for (uint64_t n = 0; n < iters && !rc; n++) {
		rc = gnb_copy_timed(&st->copies, st->mapper, COPY, st->batch);
		if (rc)
			break;
		gnb_start(s, MAP_TOUCH_UNMAP);
		rc = map_touch_unmap(s);
		gnb_stop(s, MAP_TOUCH_UNMAP, PAGES);
		if (!rc)
			rc = check_maps(s);
	}
	return rc;
}

static int arrived(struct gnb_side *s, const char *how)
{
	struct state *st = s->priv;

	for (unsigned i = 0; i < PAGES; i++) {
		uint8_t *to = s->t->own_ram(s->m, i), *from = s->t->ram(s->m, i);

		if (memcmp(to, from, st->bytes))
			return gnb_fail(s, -EIO, "page %u did not arrive by %s", i, how);
		memset(to, 0, GNB_PAGE_SIZE);
	}
	return 0;
}

static int verify(struct gnb_side *s)
{
	struct state *st = s->priv;
	int rc;

	for (unsigned i = 0; i < PAGES; i++)
		memset(s->t->own_ram(s->m, i), 0, GNB_PAGE_SIZE);
	rc = gnb_copy(&st->copies, st->mapper, st->batch);
	if (!rc)
		rc = arrived(s, "copy");
	if (!rc)
		rc = map_touch_unmap(s);
	if (!rc)
		rc = arrived(s, "map");
	for (unsigned i = 0; i < refs(s) && !rc; i++)
		if (gnb_grant_in_use(&st->gtab, GNB_FIRST_REF + i))
			rc = gnb_fail(s, -EIO, "reference %u is still marked in use",
				      GNB_FIRST_REF + i);
	return rc;
}

static void teardown(struct gnb_side *s)
{
	struct state *st = s->priv;

	if (!st)
		return;
	gnb_gtab_fini(&st->gtab);
	free(st);
}

static const char *const headline[] = { "bytes=4096", NULL };

static const struct gnb_bench copy = {
	.name = "copy",
	.summary = "grant copy against map, touch and unmap",
	.measures = "Grant copy by the hypervisor, against mapping the page, copying from it and "
		    "unmapping it, by number of bytes.",
	.not_measured = "Cold data: source and destination stay in the caches, so large copies "
			"look cheaper than in a loaded system.",
	.def_version = 1,
	.params = params,
	.metrics = metrics,
	.in_default = true,
	.headline = headline,
	.supported = supported,
	.setup = setup,
	.run = run,
	.verify = verify,
	.teardown = teardown,
};
GNB_BENCH(copy);
