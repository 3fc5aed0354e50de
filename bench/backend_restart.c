// SPDX-License-Identifier: GPL-2.0-only
/*
 * backend_restart: what a granter has lent to one mapper it lends to the next, as after a backend's restart.
 *
 * Measures: handing over, by granter and toolstack together; the old mapper's hypercalls that let go of what it had; and
 * the new one's that map. Two domains take turns. Does not measure: how a toolstack makes a domain or tells the granter
 * of it; what the hypervisor does for a domain that died with pages mapped. Needs: a hypervisor with four domains.
 */
#include <gnb/handover.h>
#include <gnb/look.h>

enum { HANDOVER, RELEASE, MAP };

struct mapper {
	struct gnb_vcpu *v;
	struct gnb_maps maps;
};

struct state {
	struct gnb_gtab gtab;
	struct gnb_handover handover;
	struct mapper mapper[2];
	unsigned now; /* who has the role */
	unsigned pages;
	bool gone; /* the old one had let go of all */
};

static const struct gnb_param params[] = {
	GNB_NUMBER("pages", "64", "64,512", "pages that the mapper keeps mapped", 1, 4096),
	GNB_CHOICE(
		"old", "alive", "alive,gone",
		"the old mapper has everything mapped still; or is gone, and the hypervisor has unmapped it"),
	GNB_CHOICE("mapper", "translated", "translated,pv", "what both map into"),
	{ 0 }
};

static const struct gnb_metric metrics[] = {
	[HANDOVER] = { .name = "handover",
		       .unit = "ns/page",
		       .better = GNB_LOWER,
		       .work = GNB_WORK_GRANT | GNB_WORK_REVOKE,
		       .guest = true },
	[RELEASE] = { .name = "release",
		      .unit = "ns/page",
		      .better = GNB_LOWER,
		      .work = GNB_WORK_UNMAP },
	[MAP] = { .name = "map", .unit = "ns/page", .better = GNB_LOWER, .work = GNB_WORK_MAP },
	{ 0 }
};

static int supported(struct gnb_side *s, struct gnb_machine_config *cfg, const char **why)
{
	unsigned pages = gnb_u(s, "pages");

	if (!s->t->swap_mappers) {
		*why = "there is one mapper, and nobody who could take its place";
		return -EOPNOTSUPP;
	}
	cfg->second = true;
	cfg->vcpus[GNB_MAPPER] = gnb_flush_vcpus(s);
	cfg->granter_pages = cfg->map_slots = pages;
	gnb_maps_room(cfg, pages, pages);
	return gnb_refs_room(cfg, pages, GNB_TREE_LEVELS, why);
}

/* The other one has the role. */
static void swap(struct gnb_side *s, struct state *st)
{
	s->t->swap_mappers(s->m);
	st->now ^= 1;
}

static int setup_mapper(struct gnb_side *s, struct state *st)
{
	struct mapper *m = &st->mapper[st->now];
	int rc = gnb_maps_init(&m->maps, s, st->pages);

	m->v = s->t->vcpu(s->m, GNB_MAPPER, 0);
	for (unsigned i = 0; i < st->pages && !rc; i++)
		gnb_map_set(&m->maps, i, s->t->map_addr(s->m, i), GNB_FIRST_REF + i, false);
	return rc;
}

static int setup(struct gnb_side *s)
{
	struct state *st = calloc(1, sizeof(*st));
	int rc;

	s->priv = st;
	if (!st)
		return -ENOMEM;
	st->pages = gnb_u(s, "pages");
	st->gone = !strcmp(gnb_s(s, "old"), "gone");
	rc = gnb_gtab_init_rebindable(&st->gtab, s, st->pages, GNB_TREE_LEVELS);
	if (!rc)
		rc = gnb_handover_init(&st->handover, s, &st->gtab, st->pages);
	for (unsigned k = 0; k < 2 && !rc; k++) {
		rc = setup_mapper(s, st);
		swap(s, st);
	}
	for (unsigned i = 0; i < st->pages && !rc; i++)
		gnb_grant_publish(&st->gtab, GNB_FIRST_REF + i, s->t->domid(s->m, GNB_MAPPER),
				  s->t->frame(s->m, i), false);
	return rc;
}

static int release(struct state *st, struct mapper *m)
{
	return gnb_unmap_timed(&m->maps, m->v, RELEASE, st->pages);
}

/*
 * From one to the other: what cannot be taken from the old one it lets go of before, and what is taken from it after
 * that. One that is gone has nothing.
 */
static int restart(struct gnb_side *s, struct state *st)
{
	struct mapper *old = &st->mapper[st->now];
	bool takes = gnb_handover_takes(s->version);
	int rc = 0;

	if (st->gone)
		rc = gnb_unmap(&old->maps, old->v, 0, st->pages);
	else if (!takes)
		rc = release(st, old);
	swap(s, st);
	if (rc)
		return rc;
	gnb_start(s, HANDOVER);
	rc = gnb_handover(&st->handover);
	gnb_stop(s, HANDOVER, st->pages);
	if (!rc && !st->gone && takes)
		rc = release(st, old);
	return rc;
}

static int run(struct gnb_side *s, uint64_t iters)
{
	struct state *st = s->priv;
	struct mapper *m = &st->mapper[st->now];
	int rc = gnb_map(&m->maps, m->v, 0, st->pages);

	for (uint64_t n = 0; n < iters && !rc; n++) {
		rc = restart(s, st);
		m = &st->mapper[st->now];
		if (!rc)
			rc = gnb_map_timed(&m->maps, m->v, MAP, st->pages);
	}
	return rc ? rc : gnb_unmap(&m->maps, m->v, 0, st->pages);
}

/* Is each page what a mapper sees through its mapping, or can it see nothing there? */
static int look(struct gnb_side *s, struct state *st, struct mapper *m, enum gnb_sight want)
{
	for (unsigned i = 0; i < st->pages; i++)
		if (gnb_look(&m->maps, m->v, i, i) != want)
			return gnb_fail(s, -EIO, "page %u is %s reach of the %s mapper", i,
					want == GNB_SEES_PAGE ? "out of" : "in",
					m == &st->mapper[st->now] ? "new" : "old");
	return 0;
}

/* The new mapper has all pages, by the same references; the old one has none, and can map none. */
static int verify(struct gnb_side *s)
{
	struct state *st = s->priv;
	struct mapper *old = &st->mapper[st->now], *new = &st->mapper[!st->now];
	int rc = gnb_map(&old->maps, old->v, 0, st->pages);

	if (!rc)
		rc = look(s, st, old, GNB_SEES_PAGE);
	if (!rc)
		rc = restart(s, st);
	if (!rc)
		rc = look(s, st, old, GNB_SEES_NOTHING);
	if (!rc)
		rc = gnb_map_call(&old->maps, old->v, 0, 1);
	if (!rc && gnb_map_status(&old->maps, 0) != gnb_grant_refused(&st->gtab))
		rc = gnb_fail(s, -EIO, "the old mapper mapped a page again: status %d",
			      gnb_map_status(&old->maps, 0));
	if (!rc)
		rc = gnb_map(&new->maps, new->v, 0, st->pages);
	if (!rc)
		rc = look(s, st, new, GNB_SEES_PAGE);
	return rc ? rc : gnb_unmap(&new->maps, new->v, 0, st->pages);
}

static void teardown(struct gnb_side *s)
{
	struct state *st = s->priv;

	if (!st)
		return;
	gnb_gtab_fini(&st->gtab);
	free(st);
}

static const char *const counted[] = { "pages=512;old=gone", NULL };

static const struct gnb_bench backend_restart = {
	.name = "backend_restart",
	.summary = "hand what is lent to one mapper on to another",
	.measures =
		"A backend that keeps a granter's pages mapped is restarted: another domain takes its place, and maps the "
		"same pages by the same references. Entries of versions 1 and 2 name the domain, so that the granter ends "
		"each of them and makes it anew; the old backend has to let go of them before, unless the granter can take "
		"them back. A tree is given to the new backend by the toolstack, which takes back what is mapped, and the "
		"granter agrees; no entry changes. `handover` is the work of granter and toolstack, `release` that of the "
		"old backend, which is none if it is gone (old:gone), `map` that of the new one.",
	.not_measured =
		"The death of a domain: for old:gone the old backend unmaps outside of any figure, what the hypervisor "
		"does for one that died with pages mapped is not shown. Making a domain, telling the granter of it, and "
		"telling the new backend its references: rings and xenstore.",
	.def_version = 1,
	.params = params,
	.metrics = metrics,
	.in_default = true,
	.counted = counted,
	.supported = supported,
	.setup = setup,
	.run = run,
	.verify = verify,
	.teardown = teardown,
};
GNB_BENCH(backend_restart);
