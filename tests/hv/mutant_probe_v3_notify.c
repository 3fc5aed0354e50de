// SPDX-License-Identifier: GPL-2.0-only
/* Looks for the deliberate defects of version 3's status and notice pages, for tests/hv/mutant_probe.c. */
#include "v3_note.h"

#include <pthread.h>
#include <sched.h>

#include "mutant_probe.h"
#include "pt.h"

static unsigned ref;
static bool seen;

static void sane(void)
{
	char why[200];

	if (hv_check(t.f.host, true, why, sizeof(why)))
		hv_probe_caught(why);
}

/* The entry is read: is the byte set by now? */
static void at_read(void)
{
	seen = status()[ref];
}

static void *unmaps(void *handle)
{
	v3_unmap(&t, *(grant_v3_handle_t *)handle);
	return NULL;
}

/* An unmap that waits with its flush for an access that goes on: the byte stands. */
static void stands_until_flushed(grant_v3_handle_t h)
{
	struct hv_vcpu *v = hv_domain_vcpu(t.f.m, 1);
	pthread_t thread;
	bool stood = true;

	want(v3_peek(&t, 0, 1) == (uint8_t)ref);
	__atomic_fetch_add(&v->access_seq, 1, __ATOMIC_SEQ_CST);
	pthread_create(&thread, NULL, unmaps, &h);
	while (hv_pt_hw_get(t.f.host, &t.f.m->p2m.pt, HV_GFN_MAP_BASE, NULL))
		sched_yield();
	for (unsigned i = 0; i < 2000; i++) {
		stood &= __atomic_load_n(&status()[ref], __ATOMIC_ACQUIRE);
		sched_yield();
	}
	__atomic_fetch_add(&v->access_seq, 1, __ATOMIC_SEQ_CST);
	pthread_join(thread, NULL);
	want(stood);
}

void hv_probe_v3_notify(void)
{
	struct fx_opts o = { .host = { .seed = 1 + hv_probe_draw(1000) },
			     .mapper = { .vcpus = 2 } };
	const struct hv_counters *c;
	uint64_t barriers, again;
	grant_v3_handle_t h;

	want(!v3_open(&t, o, 1, 2));
	c = hv_vcpu_counters(t.f.mv);
	ref = 8 + hv_probe_draw(100);
	/* Memory and tables are there. */
	want(v3_map(&t, ref, 0, 1, V3_HOLE, &h) == GNTST_okay && v3_unmap(&t, h) == GNTST_okay);
	want(setup(both(0, 0)) == GNTST_okay);
	hv_probe_watch =
		(struct hv_probe_watch){ .at = v3_entry(&t, ref), .size = 8, .hook = at_read };
	barriers = c->barriers;
	want(v3_map(&t, ref, 0, 1, V3_HOLE, &h) == GNTST_okay && seen);
	barriers = c->barriers - barriers;
	hv_probe_watch.at = NULL;
	/* The second mapping of a page makes one barrier less. */
	again = c->barriers;
	want(v3_map(&t, ref, 1, 1, V3_HOLE, NULL) == GNTST_okay);
	want(c->barriers - again + 1 == barriers);
	sane();
	want(v3_revoke(&t, ref, 1, 0) == GNTST_okay && !status()[ref]);
	want(notice()[ref / 64] == 1ull << ref % 64 && hv_domain_events(t.f.g, PORT) == 1);
	sane();
	want(v3_unmap(&t, h) == GNTST_okay && v3_map(&t, ref, 0, 1, V3_HOLE, &h) == GNTST_okay);
	stands_until_flushed(h);
	want(!status()[ref] && hv_domain_events(t.f.g, PORT) == 1);
	want(setup((struct gnttab_v3_notify_setup){ .tree = t.tree }) == GNTST_okay);
	sane();
	fx_close(&t.f);
}
