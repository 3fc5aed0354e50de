// SPDX-License-Identifier: GPL-2.0-only
/*
 * Balloons against foreign mappings: a guest gives pages up and has others for them, while two emulators map them, and a
 * third domain takes every frame that is free. A device never reads in a mapped page what is not the guest's, nor writes
 * to a frame that is somebody else's by then: no frame is used again before all emulators and devices have let go.
 *
 *   bfn_race_test [BALLOONS]   so many at least; 3000 without
 */
#include <pthread.h>
#include <sched.h>

#include "bfns.h"

#define PAGES	  12u
#define EMULATORS 2u
#define GUESTS                                                                                     \
	0x6e57ull /* what the guest's pages hold, if they hold anything yet, and devices write there */
#define TAKERS 0x7a4e4ull

static struct fx f, taker;
static uint64_t balloons, mapped, wrong, failed;
static bool over;

static void count(uint64_t *n)
{
	__atomic_add_fetch(n, 1, __ATOMIC_RELAXED);
}

static bool is_over(void)
{
	return __atomic_load_n(&over, __ATOMIC_ACQUIRE);
}

static uint64_t *word_of(struct fx *x, unsigned page)
{
	return (uint64_t *)((uint8_t *)hv_guest_frame_ptr(x->g, page) + 8);
}

/* One page goes and another comes in its place, which is not so long as too many are held. */
static void balloon(struct fx *x, unsigned page, uint64_t tag)
{
	if (bf_change(x, page, XENMEM_decrease_reservation) != 1)
		count(&failed);
	while (bf_change(x, page, XENMEM_populate_physmap) != 1)
		sched_yield();
	__atomic_store_n(word_of(x, page), tag, __ATOMIC_RELAXED);
}

static void *guest(void *arg)
{
	uint64_t most = *(uint64_t *)arg, before = 0, now;

	for (uint64_t i = 0; i < most; i++) {
		/* Emulators have mapped something since the last one. */
		while ((now = __atomic_load_n(&mapped, __ATOMIC_RELAXED)) == before)
			sched_yield();
		before = now;
		balloon(&f, (unsigned)(i * 7 % PAGES), GUESTS);
		count(&balloons);
	}
	__atomic_store_n(&over, true, __ATOMIC_RELEASE);
	return NULL;
}

static void *takes(void *arg)
{
	(void)arg;
	for (unsigned i = 0; !is_over(); i++) {
		unsigned page = i % PAGES;

		/* Nobody else has it. */
		if (__atomic_load_n(word_of(&taker, page), __ATOMIC_RELAXED) != TAKERS)
			count(&wrong);
		balloon(&taker, page, TAKERS);
		sched_yield();
	}
	return NULL;
}

/* What a device finds in a page of the guest's, or in the scratch page. */
static void use(uint64_t bfn)
{
	uint64_t word = 0;

	if (bf_dma(&f, bfn, &word, false))
		return;
	if (word && word != GUESTS)
		count(&wrong);
	word = GUESTS;
	bf_dma(&f, bfn, &word, true);
}

static void *emulates(void *arg)
{
	unsigned server = (unsigned)(uintptr_t)arg, v = 1 + server;
	uint64_t base = BF_AT + server * 1000, bfn;

	for (unsigned i = 0; !is_over(); i++) {
		unsigned page = i * 5 % PAGES, swap = page % 3 ? 0 : BFN_SWAP;
		int rc = bf_one(&f, v, bf_foreign(&f, page, base + page, server, BF_RW | swap));

		if (!rc)
			count(&mapped);
		else if (rc != -ENXIO && rc != -EPERM)
			count(&failed);
		use(base + page);
		use(base + (page + 3) % PAGES);
		while (hv_ioserver_take(hv_domain_vcpu(f.m, v), server, &bfn)) {
			use(bfn);
			rc = bf_one(&f, v, bf_unmapping(bfn, server));
			if (rc && rc != -ENOENT)
				count(&failed);
		}
		if (i % 3 == 0)
			bf_one(&f, v, bf_unmapping(base + (page + 4) % PAGES, server));
		/* So that on few cores all come in turn. */
		sched_yield();
	}
	return NULL;
}

int main(int argc, char **argv)
{
	uint64_t most = argc > 1 ? strtoull(argv[1], NULL, 0) : 3000;
	struct hv_domain_config c = { .guest = HV_GUEST_TRANSLATED, .pages = PAGES };
	struct fx_opts o = bf_opts(HV_DOM0_STRICT);
	pthread_t t[2 + EMULATORS];
	struct hv_bfn_stats s;

	o.host.audit = false;
	o.granter.pages = PAGES;
	fx_open(&f, o);
	fx_third(&taker, &f, c);
	for (unsigned i = 0; i < PAGES; i++) {
		*word_of(&f, i) = GUESTS;
		*word_of(&taker, i) = TAKERS;
	}
	pthread_create(&t[0], NULL, guest, &most);
	pthread_create(&t[1], NULL, takes, NULL);
	for (uintptr_t i = 0; i < EMULATORS; i++)
		pthread_create(&t[2 + i], NULL, emulates, (void *)i);
	for (unsigned i = 0; i < 2 + EMULATORS; i++)
		pthread_join(t[i], NULL);
	hv_bfn_stats(f.m, &s);
	ok(balloons >= most && !failed, "%lu balloons, %lu pages mapped, none failed (%lu did)",
	   (unsigned long)balloons, (unsigned long)mapped, (unsigned long)failed);
	ok(!wrong, "in none of them was a frame used again that a device reached (%lu were)",
	   (unsigned long)wrong);
	ok(s.buffered && s.swapped, "%lu notifications, %lu of them waited for, %lu places swapped",
	   (unsigned long)s.buffered, (unsigned long)s.waited, (unsigned long)s.swapped);
	ok(!fx_check(&f, true) && !hv_host_violation(f.host), "invariants");
	fx_close(&f);
	return tap_done();
}
