/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every interleaving of a few hypercalls, over the core's own code: vCPUs are coroutines that may be
 * switched at each call of the core's to its host, and wait where a lock is held. All schedules with up
 * to a number of switches that no lock asks for are run.
 */
#include "scene.h"
#include "tap.h"
#include <stdlib.h>
#include <ucontext.h>

#define TASKS	    3
#define STACK	    (64 * 1024)
#define MAX_CHOICES 8192

struct task {
	ucontext_t at;
	void (*run)(void);
	bool done, waits;
	char stack[STACK];
};

static struct small *s;
static grant_v3_tree_t tree;
static struct task task[TASKS];
static ucontext_t outside;
static int now;

/* A schedule: at each choice, which task goes on; how many there were to choose from. */
static struct choice {
	uint8_t taken, of;
} choice[MAX_CHOICES];
static unsigned choices, switches, max_switches;
static unsigned long schedules, waits;

static bool can_run(int i)
{
	return task[i].run && !task[i].done && !task[i].waits;
}

static void go_to(int to)
{
	int from = now;

	now = to;
	if (from >= 0)
		swapcontext(&task[from].at, &task[to].at);
	else
		swapcontext(&outside, &task[to].at);
}

/* The n-th task that can run, this one first; *of: how many can. */
static int pick(unsigned n, unsigned *of)
{
	int i, found = -1;

	*of = 0;
	for (i = 0; i < TASKS; i++) {
		int t = now < 0 ? i : (now + i) % TASKS;

		if (!can_run(t))
			continue;
		if (*of == n)
			found = t;
		++*of;
	}
	return found;
}

/* Choose: what an earlier run has noted, or the first. free: whoever goes on, it is no switch to be counted. */
static int choose(bool is_free)
{
	struct choice *c = &choice[choices];
	unsigned of;
	int to;

	pick(0, &of);
	if (!of)
		return -1;
	if (choices == MAX_CHOICES)
		abort();
	if (!c->of) {
		c->taken = 0;
		c->of = (uint8_t)(is_free || switches < max_switches ? of : 1);
	}
	choices++;
	to = pick(c->taken, &of);
	if (c->taken && !is_free)
		switches++;
	return to;
}

static void at_step(struct small *host, struct small_cpu *cur, const char *what)
{
	int to;

	(void)host;
	(void)cur;
	(void)what;
	to = choose(false);
	if (to != now)
		go_to(to);
}

/* A lock is held: another goes on, and this one may look again after each of its steps. */
static void at_wait(struct small *host, struct small_cpu *cur)
{
	int me = now, to, i;

	(void)cur;
	waits++;
	task[me].waits = true;
	to = choose(true);
	if (to < 0) {
		small_violation(host, "all wait for each other");
		swapcontext(&task[me].at, &outside);
	}
	go_to(to);
	for (i = 0; i < TASKS; i++)
		task[i].waits = false;
}

static void wrap(void)
{
	int i, to;

	task[now].run();
	task[now].done = true;
	for (i = 0; i < TASKS; i++)
		task[i].waits = false;
	to = choose(true);
	if (to < 0) {
		now = -1;
		setcontext(&outside);
	}
	go_to(to);
}

static void start(int i, void (*run)(void))
{
	struct task *t = &task[i];

	t->run = run;
	t->done = t->waits = false;
	getcontext(&t->at);
	t->at.uc_stack.ss_sp = t->stack;
	t->at.uc_stack.ss_size = STACK;
	t->at.uc_link = NULL;
	makecontext(&t->at, wrap, 0);
}

/* Another schedule is left: the last choice that had one more. */
static bool next_schedule(void)
{
	while (choices--) {
		if (++choice[choices].taken < choice[choices].of) {
			unsigned i;

			for (i = choices + 1; i < MAX_CHOICES && choice[i].of; i++)
				choice[i].of = choice[i].taken = 0;
			return true;
		}
	}
	return false;
}

/* ---- what runs at once ---- */

static bool promised, readonly;
static struct gnttab_v3_map old_map, new_map;
static struct gnttab_v3_revoke last_revoke;

/* Whatever the mapper's vCPUs can reach of the page that is revoked, they may not after that. */
static void look(void)
{
	unsigned g;

	for (g = AT; g < AT + 4; g++)
		if (small_access(&s->dom[1], g, true) == DATA + 3 && (promised || readonly))
			small_violation(s, "a page is reached that is revoked or read-only");
}

static void maps(void)
{
	new_map = scene_map(&s->cpu[1][0], tree, 3, 1, AT + 2,
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
	small_ram(&s->dom[0], NODE)[3] = GNTV3_NOTHING;
	last_revoke = scene_revoke(&s->cpu[0][0], tree, 3, 1, GNTV3_REVOKE_CHECK);
	promised = last_revoke.status == GNTST_okay;
	small_give_away(&s->dom[0], DATA + 3);
	look();
}

/* Of the page no new mapping is to write, and the old ones no more. */
static void protects(void)
{
	small_ram(&s->dom[0], NODE)[3] |= GNTV3_READONLY;
	readonly = scene_protect(&s->cpu[0][0], tree, 2, 2, 0).status == GNTST_okay;
	look();
}

/* As long as it is read-only nothing comes back. */
static void unprotects(void)
{
	scene_protect(&s->cpu[0][1], tree, 2, 2, GNTV3_PROTECT_WRITE);
	look();
}

static void blocks(void)
{
	last_revoke = scene_revoke(&s->cpu[0][0], tree, 2, 2, GNTV3_REVOKE_BLOCK);
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

static void unmaps_new(void)
{
	maps();
	scene_unmap(&s->cpu[1][0], tree, new_map.handle);
	look();
}

struct mix {
	const char *name;
	void (*run[TASKS])(void);
	uint16_t accept;
};

static const struct mix mixes[] = {
	{ "map against revoke", { maps, revokes }, GNTV3_ACCEPT_HOLE },
	{ "unmap against revoke", { unmaps, revokes }, GNTV3_ACCEPT_SINK },
	{ "map and unmap against revoke", { maps, unmaps, revokes }, GNTV3_ACCEPT_HOLE },
	{ "map, unmap, unmap against revoke", { unmaps_new, unmaps, revokes }, GNTV3_ACCEPT_SINK },
	{ "map and unmap against protect", { maps, unmaps, protects }, GNTV3_ACCEPT_READONLY },
	{ "unmap against protect and its end",
	  { unmaps, protects, unprotects },
	  GNTV3_ACCEPT_READONLY | GNTV3_ACCEPT_SINK },
	{ "map and unmap against block", { maps, unmaps, blocks }, GNTV3_ACCEPT_HOLE },
	{ "map and unmap against bind", { maps, unmaps, binds }, GNTV3_ACCEPT_SINK },
	{ "unmap against bind and unregister", { unmaps, binds, unregisters }, GNTV3_ACCEPT_SINK },
	{ "map and unmap against unregister", { maps, unmaps, unregisters }, GNTV3_ACCEPT_SINK },
};

/* With nodes that walks remember. */
static const struct mix cached_mixes[] = {
	{ "map against revoke, nodes remembered", { maps, revokes }, GNTV3_ACCEPT_HOLE },
	{ "map and unmap against revoke, likewise", { maps, unmaps, revokes }, GNTV3_ACCEPT_HOLE },
	{ "map against unlink and invalidate", { maps, unlinks }, GNTV3_ACCEPT_HOLE },
};
static bool cache;

/* One schedule of a mix: what was broken, or NULL. */
static const char *run_once(const struct mix *m)
{
	int i;

	s = small_new(0);
	s->walk_cache = cache;
	tree = scene_tree(s, GNTV3_REBINDABLE, 0);
	promised = readonly = false;
	old_map = scene_map(&s->cpu[1][1], tree, 2, 2, AT, m->accept);
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
	small_check(s);
	schedules++;
	return small_free(s);
}

static void explore(const struct mix *m)
{
	unsigned long before = schedules, waited = waits;
	const char *why;

	memset(choice, 0, sizeof(choice));
	do
		why = run_once(m);
	while (!why && next_schedule());
	ok(!why && schedules - before > 50 && waits > waited,
	   "%s: %lu schedules of up to %u switches, a lock waited for %lu times%s%s", m->name,
	   schedules - before, max_switches, waits - waited, why ? ": " : "", why ? why : "");
}

int main(int argc, char **argv)
{
	unsigned i;

	max_switches = argc > 1 ? (unsigned)atoi(argv[1]) : 2;
	for (i = 0; i < sizeof(mixes) / sizeof(mixes[0]); i++)
		explore(&mixes[i]);
	cache = true;
	for (i = 0; i < sizeof(cached_mixes) / sizeof(cached_mixes[0]); i++)
		explore(&cached_mixes[i]);
	return tap_done();
}
