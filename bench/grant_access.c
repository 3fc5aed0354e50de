// SPDX-License-Identifier: GPL-2.0-only
/*
 * grant_access: the granter's side, in its own memory, without a hypercall.
 *
 * Measures: publishing an entry, ending access while nobody has it mapped, and finding that it is
 * still mapped (which is as far as versions 1 and 2 let a granter go). Per grant. Does not measure:
 * the reference allocator of a guest kernel, cache misses on lines that the hypervisor wrote from
 * another CPU. Needs: nothing special.
 */
#include <gnb/mapper.h>

enum { PUBLISH, END_IDLE, END_BUSY };

#define GRANTS 256

struct state {
	struct gnb_gtab gtab;
	struct gnb_vcpu *mapper;
	struct gnb_maps busy; /* and one that is tried */
	uint64_t frame[GRANTS];
	unsigned stride;
	uint16_t dom;
	bool ro;
};

/* 64 grant frames, Xen's default limit, hold 2 * GRANTS references at a distance of 31. */
static const struct gnb_param params[] = {
	GNB_NUMBER("stride", "1", "1,2,8", "distance of the references used", 1, 31),
	GNB_CHOICE("access", "rw", "rw,ro", "rights of the grant"),
	GNB_CHOICE("mapper", "translated", "translated,pv",
		   "kind of both guests: frames are GFNs or MFNs"),
	{ 0 }
};

static const struct gnb_metric metrics[] = { [PUBLISH] = { .name = "publish",
							   .unit = "ns/grant",
							   .better = GNB_LOWER,
							   .work = GNB_WORK_GRANT,
							   .guest = true },
					     [END_IDLE] = { .name = "end_idle",
							    .unit = "ns/grant",
							    .better = GNB_LOWER,
							    .work = GNB_WORK_GRANT,
							    .guest = true },
					     [END_BUSY] = { .name = "end_busy",
							    .unit = "ns/grant",
							    .better = GNB_LOWER,
							    .work = GNB_WORK_GRANT,
							    .guest = true },
					     { 0 } };

/* The first GRANTS references stay idle, the next GRANTS are mapped throughout. */
static uint32_t idle_ref(const struct state *st, unsigned i)
{
	return GNB_FIRST_REF + i * st->stride;
}

static uint32_t busy_ref(const struct state *st, unsigned i)
{
	return GNB_FIRST_REF + (GRANTS + i) * st->stride;
}

static unsigned refs_of(const struct gnb_side *s)
{
	return 2 * GRANTS * gnb_u(s, "stride");
}

static int supported(struct gnb_side *s, struct gnb_machine_config *cfg, const char **why)
{
	cfg->granter_pages = GRANTS;
	cfg->map_slots = GRANTS + 1; /* one that stays free, for verify() */
	return gnb_refs_room(cfg, refs_of(s), GNB_TREE_LEVELS, why);
}

static int setup(struct gnb_side *s)
{
	struct state *st = calloc(1, sizeof(*st));
	int rc;

	s->priv = st;
	if (!st)
		return -ENOMEM;
	st->stride = gnb_u(s, "stride");
	st->ro = !strcmp(gnb_s(s, "access"), "ro");
	st->dom = s->t->domid(s->m, GNB_MAPPER);
	st->mapper = s->t->vcpu(s->m, GNB_MAPPER, 0);
	rc = gnb_maps_init(&st->busy, s, GRANTS + 1);
	if (!rc)
		rc = gnb_gtab_init(&st->gtab, s, refs_of(s), GNB_TREE_LEVELS);
	if (!rc)
		rc = gnb_gtab_watch(&st->gtab, s);
	if (rc)
		return rc;
	for (unsigned i = 0; i < GRANTS; i++) {
		st->frame[i] = s->t->frame(s->m, i);
		gnb_grant_publish(&st->gtab, busy_ref(st, i), st->dom, st->frame[i], st->ro);
		gnb_map_set(&st->busy, i, s->t->map_addr(s->m, i), busy_ref(st, i), st->ro);
	}
	return gnb_map(&st->busy, st->mapper, 0, GRANTS);
}

/* Entries of all versions but the first lost what they grant when their end was tried; put it back, as a new grant would. */
static void restore_busy(struct state *st)
{
	for (unsigned i = 0; i < GRANTS; i++)
		if (st->gtab.entries != GNB_ENTRIES_V1)
			gnb_grant_publish(&st->gtab, busy_ref(st, i), st->dom, st->frame[i],
					  st->ro);
}

static int run(struct gnb_side *s, uint64_t iters)
{
	struct state *st = s->priv;

	for (uint64_t n = 0; n < iters; n++) {
		unsigned idle = 0, busy = 0;

		gnb_start(s, PUBLISH);
		for (unsigned i = 0; i < GRANTS; i++)
			gnb_grant_publish(&st->gtab, idle_ref(st, i), st->dom, st->frame[i],
					  st->ro);
		gnb_stop(s, PUBLISH, GRANTS);
		gnb_start(s, END_IDLE);
		for (unsigned i = 0; i < GRANTS; i++)
			idle += gnb_grant_end(&st->gtab, idle_ref(st, i)) == 0;
		gnb_stop(s, END_IDLE, GRANTS);
		gnb_start(s, END_BUSY);
		for (unsigned i = 0; i < GRANTS; i++)
			busy += gnb_grant_end(&st->gtab, busy_ref(st, i)) == -EBUSY;
		gnb_stop(s, END_BUSY, GRANTS);
		if (idle != GRANTS || busy != GRANTS)
			return gnb_fail(s, -EIO,
					"%u idle grants ended and %u busy ones refused of %u each",
					idle, busy, GRANTS);
		restore_busy(st);
	}
	return 0;
}

/* An ended grant can no longer be mapped. */
static int verify(struct gnb_side *s)
{
	struct state *st = s->priv;
	int rc, status;

	if (!gnb_grant_is_free(&st->gtab, idle_ref(st, 0)))
		return gnb_fail(s, -EIO, "an ended grant is not free");
	gnb_map_set(&st->busy, GRANTS, s->t->map_addr(s->m, GRANTS), idle_ref(st, 0), st->ro);
	rc = gnb_map_call(&st->busy, st->mapper, GRANTS, 1);
	status = gnb_map_status(&st->busy, GRANTS);
	if (!rc && status != gnb_grant_refused(&st->gtab))
		rc = gnb_fail(s, -EIO, "mapping an ended grant: status %d", status);
	return rc;
}

static void teardown(struct gnb_side *s)
{
	struct state *st = s->priv;

	if (!st)
		return;
	gnb_unmap(&st->busy, st->mapper, 0, GRANTS);
	gnb_gtab_fini(&st->gtab);
	free(st);
}

static const char *const headline[] = { "stride=1", NULL };

static const struct gnb_bench grant_access = {
	.name = "grant_access",
	.summary = "publish a grant, end it idle, find it busy",
	.measures = "The granter's side, in its own memory: publish a grant, end access "
		    "while nobody has it mapped, and try to end access while it is mapped.",
	.not_measured = "How a guest waits for a mapper that does not let go: ending access to a "
			"page in use fails at once here, while a real frontend polls or leaks the "
			"page.",
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
GNB_BENCH(grant_access);
