/* SPDX-License-Identifier: GPL-2.0-only */
/* Coroutines that run on the small host, and the schedules of what they do: for tests/v3/explore_test.c. */
#ifndef V3_EXPLORE_H
#define V3_EXPLORE_H

#include "scene.h"
#include <stdlib.h>
#include <ucontext.h>

#define TASKS	    3
#define STACK	    (64 * 1024)
#define MAX_CHOICES 8192

struct task {
	ucontext_t at;
	void (*run)(void);
	bool done, waits;
	const char *before; /* the host was called for this last */
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
static bool large; /* by entries of 2M */

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
	struct task *me = &task[now];
	bool again = large && me->before && !strcmp(what, me->before);
	int to;

	(void)host;
	(void)cur;
	/* Of 512 entries of one record: before the first of them. */
	me->before = what;
	if (again)
		return;
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
	t->before = NULL;
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

#endif
