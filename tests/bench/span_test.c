// SPDX-License-Identifier: GPL-2.0-only
/* Harness work inside a span is found, in benchmarks that are wrong on purpose. On the reference hypervisor. */
#include <gnb/copies.h>

#include "runner.h"
#include "tap.h"

enum { MAP, UNMAP, TOUCHED };

#define PAGES 4

struct state {
	struct gnb_gtab gtab;
	struct gnb_vcpu *v;
	struct gnb_maps maps;
	struct gnb_copies copies;
};

static const struct gnb_param params[] = { GNB_CHOICE("how", "timed", NULL, ""), { 0 } };
static const struct gnb_metric metrics[] = {
	[MAP] = { .name = "the_map", .unit = "ns/page" },
	[UNMAP] = { .name = "the_unmap", .unit = "ns/page" },
	[TOUCHED] = { .name = "touched", .unit = "ns/page", .guest = true },
	{ 0 }
};

static int supported(struct gnb_side *s, struct gnb_machine_config *cfg, const char **why)
{
	(void)s;
	return gnb_refs_room(cfg, PAGES, GNB_TREE_LEVELS, why);
}

static void set(struct gnb_side *s)
{
	struct state *st = s->priv;

	for (unsigned i = 0; i < PAGES; i++)
		gnb_map_set(&st->maps, i, s->t->map_addr(s->m, i), GNB_FIRST_REF + i, false);
}

static int setup(struct gnb_side *s)
{
	struct state *st = calloc(1, sizeof(*st));
	int rc = st ? 0 : -ENOMEM;

	s->priv = st;
	if (rc)
		return rc;
	st->v = s->t->vcpu(s->m, GNB_MAPPER, 0);
	rc = gnb_gtab_init(&st->gtab, s, PAGES, GNB_TREE_LEVELS);
	if (!rc)
		rc = gnb_maps_init(&st->maps, s, PAGES);
	if (!rc)
		rc = gnb_copies_init(&st->copies, s, 1);
	for (unsigned i = 0; !rc && i < PAGES; i++)
		gnb_grant_publish(&st->gtab, GNB_FIRST_REF + i, s->t->domid(s->m, GNB_MAPPER),
				  s->t->frame(s->m, i), false);
	if (!rc)
		set(s);
	return rc;
}

/* Map, in the way that the cell says. */
static int map(struct gnb_side *s, const char *how)
{
	struct state *st = s->priv;
	unsigned metric = !strcmp(how, "guest") ? TOUCHED : MAP;
	int rc;

	if (!strcmp(how, "timed"))
		return gnb_map_timed(&st->maps, st->v, MAP, 2);
	gnb_start(s, metric);
	if (!strcmp(how, "set") || !strcmp(how, "guest"))
		set(s);
	if (!strcmp(how, "check") || !strcmp(how, "guest"))
		rc = gnb_map(&st->maps, st->v, 0, PAGES);
	else
		rc = gnb_map_call(&st->maps, st->v, 0, PAGES);
	if (!strcmp(how, "copy"))
		gnb_copy_set_own(&st->copies, 0, 0, 1, 8);
	gnb_stop(s, metric, PAGES);
	return rc;
}

static int run(struct gnb_side *s, uint64_t iters)
{
	struct state *st = s->priv;
	const char *how = gnb_s(s, "how");
	int rc = 0;

	for (uint64_t n = 0; n < iters && !rc; n++) {
		rc = map(s, how);
		if (rc)
			break;
		if (strcmp(how, "undo")) {
			rc = gnb_unmap_timed(&st->maps, st->v, UNMAP, PAGES);
			continue;
		}
		gnb_start(s, UNMAP);
		gnb_unmap_set_all(&st->maps, 0, PAGES);
		rc = gnb_unmap_call(&st->maps, st->v, 0, PAGES);
		gnb_stop(s, UNMAP, PAGES);
	}
	return rc;
}

static int verify(struct gnb_side *s)
{
	(void)s;
	return 0;
}

static void teardown(struct gnb_side *s)
{
	struct state *st = s->priv;

	gnb_gtab_fini(&st->gtab);
	free(st);
}

static const struct gnb_bench bench = {
	.name = "spans",
	.summary = "made up",
	.params = params,
	.metrics = metrics,
	.supported = supported,
	.setup = setup,
	.run = run,
	.verify = verify,
	.teardown = teardown,
};

/* One cell of it for one version, its counting round alone; found is the metric that is named, NULL: none is. */
static void cell(const char *version, const char *how, const char *found)
{
	struct gnb_plan_cell pc = { .cell = { .bench = &bench,
					      .target = gnb_target_default(),
					      .machine = { .mapper = GNB_MAPPER_TRANSLATED },
					      .value = { how },
					      .name = "spans" } };
	struct gnb_run_limits lim = { .seconds = 0.05, .timeout = 20, .counts_only = true };
	struct gnb_outcome o;
	char word[64];

	lim.compared.list[lim.compared.n++] = gnb_version_find(version, strlen(version));
	snprintf(word, sizeof(word), "inside a span of %s ", found ? found : "");
	gnb_run_cell(&pc, 0, &lim, &o);
	ok(found ? o.status == GNB_ERROR && strstr(o.reason, word) : o.status == GNB_OK,
	   "%s, %s: %s", version, how, o.reason[0] ? o.reason : gnb_status_names[o.status]);
	gnb_outcome_free(&o);
}

int main(void)
{
	static const char *const versions[] = { "v1", "v3" };

	for (unsigned i = 0; i < 2; i++) {
		cell(versions[i], "timed", NULL);
		/* The requests of a range are written by the call that makes them. */
		cell(versions[i], "calls", i ? "the_map" : NULL);
		cell(versions[i], "guest", NULL);
		cell(versions[i], "set", "the_map");
		cell(versions[i], "check", "the_map");
		cell(versions[i], "copy", "the_map");
		cell(versions[i], "undo", "the_unmap");
	}
	return tap_done();
}
