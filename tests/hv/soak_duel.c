// SPDX-License-Identifier: GPL-2.0-only
/* Duels: two vCPUs unmap one handle at the same time. The entry's lock lets one win. */
#include "fixture.h"
#include "soak.h"

#include <pthread.h>
#include <sched.h>

#define DUELS 30000

struct duellist {
	pthread_t thread;
	struct hv_vcpu *v;
	struct gnttab_unmap_grant_ref *args;
	uint64_t addr;
	int16_t status;
};

static unsigned turn[2];
static uint32_t handle;

static void wait_for(const unsigned *what, unsigned value)
{
	for (unsigned spins = 0; get(what) != value; spins++)
		if (spins > 5000)
			sched_yield();
}

static void strike(struct duellist *w)
{
	*w->args = (struct gnttab_unmap_grant_ref){ .host_addr = w->addr, .handle = handle };
	hv_grant_table_op(w->v, GNTTABOP_unmap_grant_ref, w->args, 1);
	w->status = w->args->status;
}

static void *second(void *arg)
{
	for (unsigned i = 1; i <= DUELS; i++) {
		wait_for(&turn[0], i);
		strike(arg);
		set(&turn[1], i);
	}
	return NULL;
}

static bool one_winner(int16_t a, int16_t b)
{
	return (a == GNTST_okay && b == GNTST_bad_handle) ||
	       (b == GNTST_okay && a == GNTST_bad_handle);
}

int hv_duels(enum hv_guest kind)
{
	struct fx_opts o = { .granter = { .guest = kind },
			     .mapper = { .guest = kind, .vcpus = 2 } };
	uint64_t rand = 88172645463325252ull;
	struct duellist w[2];
	struct fx f;
	int odd = 0;

	if (fx_open(&f, o))
		return -1;
	fx_grant(&f, 8, 3, false);
	turn[0] = turn[1] = 0;
	for (unsigned i = 0; i < 2; i++) {
		w[i].v = hv_domain_vcpu(f.m, i);
		w[i].args = (struct gnttab_unmap_grant_ref *)(f.margs + 4096 * (60 + i));
		w[i].addr = hv_guest_map_addr(f.m, 0);
	}
	pthread_create(&w[1].thread, NULL, second, &w[1]);
	for (unsigned i = 1; i <= DUELS; i++) {
		odd += fx_map(&f, 8, 0, GNTMAP_host_map, &handle) != 0;
		set(&turn[0], i);
		/* The other one needs some time to notice: both sides of that are tried. */
		rand ^= rand << 13;
		rand ^= rand >> 7;
		rand ^= rand << 17;
		for (unsigned d = (unsigned)(rand >> 20) % 64; d; d--)
			get(&turn[1]);
		strike(&w[0]);
		wait_for(&turn[1], i);
		odd += !one_winner(w[0].status, w[1].status);
	}
	pthread_join(w[1].thread, NULL);
	odd += fx_check(&f, true) != 0;
	fx_close(&f);
	return odd;
}
