/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every interleaving of a few hypercalls, over the core's own code: vCPUs are coroutines that may be
 * switched at each call of the core's to its host, and wait where a lock is held. All schedules with up
 * to a number of switches that no lock asks for are run. tap-timeout: 240
 */
#include "explore.h"
#include "tap.h"

#define ANY (GNTV3_ACCEPT_HOLE | GNTV3_ACCEPT_SINK)

/* ---- what runs at once ---- */

static bool promised, readonly;
static struct gnttab_v3_map old_map, new_map;
static struct gnttab_v3_revoke last_revoke;

/* Where the third page of a mapping is, and which reference and frame it has. */
#define AT_2M 1024
#define REF   (large ? GNTV3_ENTRIES + 3u : 3u)
#define FRAME (large ? SMALL_RUN + 3u : DATA + 3u)

/* Whatever the mapper's vCPUs can reach of the page that is revoked, they may not after that. */
static void look(void)
{
	unsigned g = large ? AT_2M + 3 : AT, end = large ? AT_2M + 1024 : AT + 4;

	for (; g < end; g += large ? 512 : 1)
		if (small_access(&s->dom[1], g, true) == FRAME && (promised || readonly))
			small_violation(s, "a page is reached that is revoked or read-only");
	if (s->dom[1].pv && small_dma(&s->dom[1], DATA + 3, false) && promised)
		small_violation(s, "a revoked page is reached by a device");
	if (s->dom[1].pv && small_dma(&s->dom[1], DATA + 3, true) && readonly)
		small_violation(s, "a device writes a page that is read-only");
}

static void maps(void)
{
	new_map = large ? scene_map(&s->cpu[1][0], tree, 512, 512, AT_2M + 512,
				    GNTV3_ACCEPT_HOLE | GNTV3_ACCEPT_READONLY | GNTV3_ACCEPT_2M)
			: scene_map(&s->cpu[1][0], tree, 3, 1, AT + 2,
				    GNTV3_ACCEPT_HOLE | GNTV3_ACCEPT_READONLY);
	look();
}

static void unmaps(void)
{
	look();
	scene_unmap(&s->cpu[1][1], tree, old_map.handle);
	look();
}

static void revokes(void)
{
	small_ram(&s->dom[0], large ? ROOT : NODE)[large ? 1 : 3] = GNTV3_NOTHING;
	last_revoke = scene_revoke(&s->cpu[0][0], tree, REF, 1, GNTV3_REVOKE_CHECK);
	promised = last_revoke.status == GNTST_okay && !(last_revoke.outcomes & GNTV3_GOT_KEPT);
	small_give_away(&s->dom[0], FRAME);
	look();
}

/* Of the page no new mapping is to write, and the old ones no more. */
static void protects(void)
{
	struct gnttab_v3_protect p;

	small_ram(&s->dom[0], large ? ROOT : NODE)[large ? 1 : 3] |= GNTV3_READONLY;
	p = scene_protect(&s->cpu[0][0], tree, REF - 1, 2, 0);
	readonly = p.status == GNTST_okay && !(p.outcomes & GNTV3_GOT_KEPT);
	look();
}

/* As long as it is read-only nothing comes back. */
static void unprotects(void)
{
	scene_protect(&s->cpu[0][1], tree, REF - 1, 2, GNTV3_PROTECT_WRITE);
	look();
}

static void blocks(void)
{
	last_revoke = scene_revoke(&s->cpu[0][0], tree, REF - 1, 2, GNTV3_REVOKE_BLOCK);
	promised = last_revoke.status == GNTST_okay;
	look();
}

/* To a domain that nobody acks: whoever had it has nothing of it, and nobody gets it. */
static void binds(void)
{
	struct gnttab_v3_map m;

	promised = scene_bind(s, tree, 2) == GNTST_okay;
	m = scene_map(&s->cpu[2][0], tree, 3, 1, AT, GNTV3_ACCEPT_HOLE);
	if (m.status == GNTST_okay)
		small_violation(s, "a tree is mapped from that waits for its ack");
	look();
}

/* The node is unlinked, and its page given away: no map finds it when that was said. */
static void unlinks(void)
{
	struct gnttab_v3_invalidate i = { .ref = 0, .count = 512, .tree = tree };
	unsigned before;

	small_ram(&s->dom[0], ROOT)[0] = GNTV3_NOTHING;
	small_hypercall(&s->cpu[0][0], GNTTABOP_v3_invalidate, &i, 1);
	before = s->frame[DATA + 7].refs;
	small_give_away(&s->dom[0], NODE);
	if (s->frame[NODE].owner != -1)
		small_violation(s, "a node is held that was forgotten");
	scene_map(&s->cpu[1][1], tree, 7, 1, AT + 8, GNTV3_ACCEPT_HOLE);
	if (s->frame[DATA + 7].refs != before)
		small_violation(s, "a node that was forgotten grants a page");
}

static void unregisters(void)
{
	struct gnttab_v3_unregister u = { .tree = tree };

	small_hypercall(&s->cpu[0][0], GNTTABOP_v3_unregister, &u, 1);
	if (u.status != GNTST_okay)
		small_violation(s, "a tree is not found by its granter");
	promised = true;
	look();
}

static void maps_too(void)
{
	struct gnttab_v3_map m = scene_map(&s->cpu[1][1], tree, 3, 1, AT + 3, 0);

	look();
	scene_unmap(&s->cpu[1][1], tree, m.handle);
	look();
}

static void unmaps_new(void)
{
	maps();
	scene_unmap(&s->cpu[1][0], tree, new_map.handle);
	look();
}

/* What the mapper copied is what was granted; after the promise the granter writes what is for nobody. */
#define SECRET 0x5ec4e7ull
#define INTO   3 /* a page of the mapper's own */

static void copies(void)
{
	struct gnttab_v3_copy c = { .source = { .where = 3, .tree = tree },
				    .dest = { .where = INTO, .dom = DOMID_SELF },
				    .len = 8,
				    .flags = GNTV3_COPY_SOURCE };

	small_hypercall(&s->cpu[1][0], GNTTABOP_v3_copy, &c, 1);
	if (small_ram(&s->dom[1], INTO)[0] == SECRET)
		small_violation(s, "a revoked page is copied");
}

static void revokes_and_writes(void)
{
	small_ram(&s->dom[0], NODE)[3] = GNTV3_NOTHING;
	last_revoke = scene_revoke(&s->cpu[0][0], tree, 3, 1, GNTV3_REVOKE_CHECK);
	if (last_revoke.status == GNTST_okay)
		small_ram(&s->dom[0], DATA + 3)[0] = SECRET;
}

/* The mapper's domain gets the tree anew, and nobody acks that: the granter has its pages to itself. */
static void binds_and_writes(void)
{
	if (scene_bind(s, tree, 1) == GNTST_okay)
		small_ram(&s->dom[0], DATA + 3)[0] = SECRET;
}

/* A PV mapper moves the entry of a page that may be revoked, as soon as nobody has its page table. */
static void moves(void)
{
	look();
	while (s->dom[1].table_held)
		at_wait(s, &s->cpu[1][0]);
	small_move(&s->dom[1], AT + 3, AT + 1);
	look();
}

/* The granter asks the status page: nothing is mapped and nothing will be, or it waits for a notice. */
static bool waiting;

static void asks(void)
{
	small_ram(&s->dom[0], NODE)[3] = GNTV3_NOTHING;
	small_step(&s->cpu[0][0], "barrier");
	waiting = scene_status(s, 3);
	if (waiting)
		return;
	promised = true;
	small_ram(&s->dom[0], DATA + 3)[0] = SECRET;
	small_give_away(&s->dom[0], DATA + 3);
	look();
}

/* Nothing runs any more: what the granter waits for has come, or is still to come. */
static void told(void)
{
	if (waiting && !scene_status(s, 3) && (!scene_notice(s, 3) || !s->dom[0].events))
		small_violation(s, "the granter waits for ever");
}

struct mix {
	const char *name;
	void (*run[TASKS])(void);
	uint16_t accept;
	const char *defect[2]; /* with each, a schedule is found in which something is broken */
	bool pv;	       /* the mapper, which has a device */
	bool large;
	bool cache; /* walks remember nodes */
	bool notes; /* of the two pages that are mapped before, one; and status and notice page */
};

static const struct mix mixes[] = {
	{ .name = "map against revoke",
	  .run = { maps, revokes },
	  .accept = GNTV3_ACCEPT_HOLE,
	  .defect = { "WALK_UNLOCKED" } },
	{ .name = "unmap against revoke",
	  .run = { unmaps, revokes },
	  .accept = GNTV3_ACCEPT_SINK,
	  .defect = { "DYING_IGNORED" } },
	{ .name = "map and unmap against revoke",
	  .run = { maps, unmaps, revokes },
	  .accept = GNTV3_ACCEPT_HOLE },
	{ .name = "map, unmap, unmap against revoke",
	  .run = { unmaps_new, unmaps, revokes },
	  .accept = GNTV3_ACCEPT_SINK },
	{ .name = "map and unmap against protect",
	  .run = { maps, unmaps, protects },
	  .accept = GNTV3_ACCEPT_READONLY },
	{ .name = "unmap against protect and its end",
	  .run = { unmaps, protects, unprotects },
	  .accept = GNTV3_ACCEPT_READONLY | GNTV3_ACCEPT_SINK },
	{ .name = "map and unmap against block",
	  .run = { maps, unmaps, blocks },
	  .accept = GNTV3_ACCEPT_HOLE,
	  .defect = { "BLOCK_IGNORED" } },
	{ .name = "map and unmap against bind",
	  .run = { maps, unmaps, binds },
	  .accept = GNTV3_ACCEPT_SINK,
	  .defect = { "HELD_MAPS" } },
	{ .name = "unmap against bind and unregister",
	  .run = { unmaps, binds, unregisters },
	  .accept = GNTV3_ACCEPT_SINK },
	{ .name = "map and unmap against unregister",
	  .run = { maps, unmaps, unregisters },
	  .accept = GNTV3_ACCEPT_SINK },
	{ .name = "copy against revoke",
	  .run = { copies, revokes_and_writes },
	  .accept = GNTV3_ACCEPT_HOLE,
	  .defect = { "COPY_UNLOCKED" } },
	{ .name = "copy against bind",
	  .run = { copies, binds_and_writes },
	  .accept = GNTV3_ACCEPT_HOLE,
	  .defect = { "HELD_COPIES" } },
	{ .name = "PV: map and unmap against protect",
	  .run = { maps, unmaps, protects },
	  .accept = GNTV3_ACCEPT_READONLY,
	  .defect = { "PV_DEVICE_WRITES" },
	  .pv = true },
	{ .name = "PV: a move against protect and its end",
	  .run = { moves, protects, unprotects },
	  .accept = GNTV3_ACCEPT_READONLY,
	  .defect = { "PV_PROTECT_UNSAID" },
	  .pv = true },
	{ .name = "PV: an unmap and a move against protect",
	  .run = { moves, unmaps, protects },
	  .accept = GNTV3_ACCEPT_READONLY | ANY,
	  .pv = true },
	{ .name = "PV: map and unmap against revoke",
	  .run = { maps, unmaps, revokes },
	  .accept = ANY,
	  .pv = true },
	{ .name = "PV: a move and an unmap against revoke",
	  .run = { moves, unmaps, revokes },
	  .accept = ANY,
	  .pv = true },
	{ .name = "PV: a move and a map against revoke",
	  .run = { moves, maps, revokes },
	  .accept = GNTV3_ACCEPT_HOLE,
	  .pv = true },
	{ .name = "2M, map and unmap against revoke",
	  .run = { maps, unmaps, revokes },
	  .accept = GNTV3_ACCEPT_HOLE,
	  .large = true },
	{ .name = "2M, map and unmap against revoke of a part",
	  .run = { maps, unmaps, revokes },
	  .accept = GNTV3_ACCEPT_HOLE | GNTV3_RESERVE,
	  .large = true },
	{ .name = "2M, map and unmap against protect",
	  .run = { maps, unmaps, protects },
	  .accept = GNTV3_ACCEPT_READONLY,
	  .large = true },
	{ .name = "2M, unmap against protect of a part and its end",
	  .run = { unmaps, protects, unprotects },
	  .accept = GNTV3_ACCEPT_READONLY | GNTV3_RESERVE,
	  .large = true },
	{ .name = "2M, map and unmap against block of a part, by sinks",
	  .run = { maps, unmaps, blocks },
	  .accept = GNTV3_ACCEPT_SINK | GNTV3_RESERVE,
	  .large = true },
	{ .name = "2M, map and unmap against unregister",
	  .run = { maps, unmaps, unregisters },
	  .accept = GNTV3_ACCEPT_HOLE | GNTV3_RESERVE,
	  .large = true },
	{ .name = "map against revoke, nodes remembered",
	  .run = { maps, revokes },
	  .accept = GNTV3_ACCEPT_HOLE,
	  .cache = true },
	{ .name = "map and unmap against revoke, likewise",
	  .run = { maps, unmaps, revokes },
	  .accept = GNTV3_ACCEPT_HOLE,
	  .cache = true },
	{ .name = "map against unlink and invalidate",
	  .run = { maps, unlinks },
	  .accept = GNTV3_ACCEPT_HOLE,
	  .defect = { "INVALIDATES_NOTHING" },
	  .cache = true },
	{ .name = "map against the status page",
	  .run = { maps, asks },
	  .defect = { "STATUS_LATE", "STATUS_NO_BARRIER" },
	  .notes = true },
	{ .name = "map and unmap against the status page",
	  .run = { unmaps_new, asks },
	  .defect = { "STATUS_EARLY", "NO_NOTICE" },
	  .notes = true },
	{ .name = "map, map, unmap against the status page",
	  .run = { maps_too, maps, asks },
	  .defect = { "NO_EVENT" },
	  .notes = true },
	{ .name = "copy against the status page",
	  .run = { copies, asks },
	  .defect = { "STATUS_LATE", "STATUS_NO_BARRIER" },
	  .notes = true },
};

/* One schedule of a mix: what was broken, or NULL. */
static const char *run_once(const struct mix *m)
{
	int i;

	s = small_new(0);
	s->dom[1].pv = s->dom[1].iommu = m->pv;
	s->walk_cache = m->cache;
	tree = scene_tree(s, GNTV3_REBINDABLE, 0);
	promised = readonly = waiting = false;
	large = m->large;
	if (large)
		small_ram(&s->dom[0], ROOT)[1] = leaf(SMALL_RUN);
	old_map =
		large ? scene_map(&s->cpu[1][1], tree, 512, 512, AT_2M, m->accept | GNTV3_ACCEPT_2M)
		      : scene_map(&s->cpu[1][1], tree, 2, m->notes ? 1 : 2, AT, m->accept);
	if (m->notes)
		scene_notify(s, tree, 0, true);
	s->step = at_step;
	s->wait = at_wait;
	choices = switches = 0;
	now = -1;
	for (i = 0; i < TASKS; i++) {
		task[i].run = NULL;
		if (m->run[i])
			start(i, m->run[i]);
	}
	go_to(choose(true));
	s->wait = NULL;
	s->step = NULL;
	look();
	told();
	small_check(s);
	schedules++;
	return small_free(s);
}

/* All schedules, or those up to the first in which something is broken. */
static const char *all_of(const struct mix *m)
{
	const char *why;

	memset(choice, 0, sizeof(choice));
	do
		why = run_once(m);
	while (!why && next_schedule());
	return why;
}

static void explore(const struct mix *m)
{
	unsigned long before = schedules, waited = waits;
	const char *why;
	unsigned i;

	why = all_of(m);
	ok(!why && schedules - before > 50 && (m->notes || waits > waited),
	   "%s: %lu schedules of up to %u switches, a lock waited for %lu times%s%s", m->name,
	   schedules - before, max_switches, waits - waited, why ? ": " : "", why ? why : "");
	for (i = 0; i < 2 && m->defect[i]; i++) {
		small_mutant = m->defect[i];
		before = schedules;
		why = all_of(m);
		small_mutant = NULL;
		ok(why != NULL, "%s: %s is found, by schedule %lu: %s", m->name, m->defect[i],
		   schedules - before, why ? why : "no");
	}
}

int main(int argc, char **argv)
{
	unsigned i;

	max_switches = argc > 1 ? (unsigned)atoi(argv[1]) : 2;
	for (i = 0; i < sizeof(mixes) / sizeof(mixes[0]); i++)
		explore(&mixes[i]);
	return tap_done();
}
