// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two toolstacks at once: each asks for what the other's domain wrote to. Who pauses a domain waits for its hypercalls, and
 * those must not wait for who pauses.
 */
#include <pthread.h>
#include <unistd.h>

#include "dirty.h"
#include "tlb.h"

#define TIMES 3000

static struct fx f;
static unsigned times, done;

/* The logged domain, which is a toolstack as well, follows a range of the other's. */
static void *follow(void *arg)
{
	struct dmop_buf *buf = (struct dmop_buf *)f.gargs;
	struct dmop *op = (struct dmop *)(f.gargs + 64);
	unsigned *wrong = arg;

	*op = (struct dmop){ .op = DMOP_TRACK_DIRTY_VRAM };
	op->u.track_dirty_vram.nr = 64;
	buf[0] = (struct dmop_buf){ (uintptr_t)op, sizeof(*op) };
	buf[1] = (struct dmop_buf){ (uintptr_t)(f.gargs + DIRTY_BITMAP), 8 };
	for (unsigned i = 0; i < times; i++) {
		*wrong += hv_dm_op(f.gv, hv_domain_id(f.m), 2, buf) != 0;
		__atomic_store_n(&done, i + 1, __ATOMIC_RELEASE);
	}
	return NULL;
}

/* A toolstack has the lock already, and then pauses the domain whose hypercall wants it. */
static void in_the_middle(void)
{
	unsigned wrong = 0;
	pthread_t t;

	times = 1;
	hv_domctl_begin(f.mv);
	if (!ok(!pthread_create(&t, NULL, follow, &wrong), "a thread"))
		return;
	while (!(hv_load(&f.gv->call_seq) & 1))
		;
	/* What does not come back ends the test. */
	alarm(20);
	hv_domain_pause(f.mv, f.g);
	alarm(0);
	ok(!__atomic_load_n(&done, __ATOMIC_ACQUIRE),
	   "a domain is paused whose hypercall wants the lock");
	hv_domain_unpause(f.mv, f.g);
	hv_domctl_end(f.mv);
	pthread_join(t, NULL);
	ok(!wrong && done == 1, "which is done when the lock is free");
}

static void raced(void)
{
	unsigned wrong = 0, late = 0;
	pthread_t t;

	times = TIMES;
	ok(!dirty_op(&f, SHADOW_ENABLE_LOGDIRTY, 0, 0), "one domain's pages are logged");
	if (!ok(!pthread_create(&t, NULL, follow, &wrong), "a thread"))
		return;
	for (unsigned i = 0; i < TIMES; i++)
		late += dirty_op(&f, SHADOW_CLEAN, 0, DIRTY_PAGES) != 0;
	pthread_join(t, NULL);
	ok(!late, "each CLEAN comes back");
	ok(!wrong, "and each look at the other domain");
}

int main(void)
{
	struct fx_opts o = dirty_opts();

	o.granter.privileged = true;
	if (!dirty_open(&f, o, "two toolstacks"))
		return tap_done();
	in_the_middle();
	raced();
	dirty_close(&f);
	return tap_done();
}
