// SPDX-License-Identifier: GPL-2.0-only
/*
 * UNMAPs beside a device's accesses: as soon as one is answered its page is somebody else's, and no access may come to it before
 * it is mapped again. By answers one by one, and all of a kick at once. N unmaps: virtio_race_test [N].
 */
#include <pthread.h>
#include <sched.h>

#include "vio.h"

#define PAGES	64u
#define BATCH	8u
#define POISON	0xdeadull
#define DEVICES 2

static struct vio v;
static bool over;
static uint64_t *words[PAGES];
static uint32_t turn[PAGES]; /* odd: its UNMAP was answered, and nothing was asked since */
static uint64_t stale, accesses, refused;

static uint64_t next(uint64_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return *x;
}

static void *device(void *arg)
{
	uint64_t seed = (uintptr_t)arg + 77, n = 0, no = 0, late = 0;

	while (!__atomic_load_n(&over, __ATOMIC_RELAXED)) {
		unsigned i = (unsigned)(next(&seed) % PAGES);
		bool write = next(&seed) & 1;
		uint64_t word = i;
		uint32_t before = __atomic_load_n(&turn[i], __ATOMIC_SEQ_CST);
		int rc = hv_device_access_by(v.f.g, (unsigned)(uintptr_t)arg, 100 + i, 8, &word,
					     sizeof(word), write);

		n++;
		no += rc != 0;
		/* It began after the answer, and was over before another request. */
		late += !rc && (before & 1) &&
			__atomic_load_n(&turn[i], __ATOMIC_SEQ_CST) == before;
		late += !rc && !write && word == POISON;
	}
	__atomic_fetch_add(&accesses, n, __ATOMIC_RELAXED);
	__atomic_fetch_add(&refused, no, __ATOMIC_RELAXED);
	__atomic_fetch_add(&stale, late, __ATOMIC_RELAXED);
	return NULL;
}

/* Requests for n pages from first on by one kick. False: one of them was not okay. */
static bool ask(unsigned first, unsigned n, bool map)
{
	bool good = true;

	for (unsigned k = 0; k < n; k++) {
		struct virtio_iommu_map m =
			vio_a_map(1, 100 + first + k, 1, 20 + first + k, VIO_RW);
		struct virtio_iommu_unmap u = vio_an_unmap(1, 100 + first + k, 1);

		vio_put(&v, k, map ? (void *)&m : (void *)&u, map ? sizeof(m) : sizeof(u), 4);
		vio_offer(&v, (uint16_t)(2 * k));
	}
	good = vio_kick(&v) == n;
	for (unsigned k = 0; k < n; k++)
		good &= vio_take(&v) == (int)(2 * k) && !vio_status(&v, k, 4);
	return good;
}

static const char *round_of(uint64_t *seed)
{
	unsigned n = 1 + (unsigned)(next(seed) % BATCH),
		 first = (unsigned)(next(seed) % (PAGES - n));
	const char *wrong = NULL;

	if (!ask(first, n, false))
		return "an UNMAP";
	for (unsigned i = first; i < first + n; i++) {
		__atomic_store_n(&turn[i], turn[i] + 1, __ATOMIC_SEQ_CST);
		__atomic_store_n(words[i], POISON, __ATOMIC_RELAXED);
	}
	if (next(seed) % 4 == 0)
		sched_yield();
	for (unsigned i = first; i < first + n; i++) {
		if (__atomic_load_n(words[i], __ATOMIC_RELAXED) != POISON)
			wrong = "a device wrote to what was unmapped";
		__atomic_store_n(words[i], (uint64_t)i, __ATOMIC_RELAXED);
		__atomic_store_n(&turn[i], turn[i] + 1, __ATOMIC_SEQ_CST);
	}
	return wrong ? wrong : ask(first, n, true) ? NULL : "a MAP";
}

static void race(unsigned long n, bool per_batch)
{
	struct fx_opts o = vio_opts();
	uint64_t seed = 88172645463325252ull;
	unsigned long done = 0;
	const char *wrong = NULL;
	pthread_t t[DEVICES];

	o.host.audit = false;
	stale = accesses = refused = 0;
	over = false;
	memset(turn, 0, sizeof(turn));
	if (vio_open_with(&v, o, (struct hv_virtio_config){ .per_batch = per_batch }))
		wrong = "a device";
	for (unsigned i = 0; i < PAGES; i++) {
		words[i] = (uint64_t *)vio_page(&v, 20 + i) + 1;
		*words[i] = i;
	}
	for (unsigned i = 0; i < DEVICES; i++)
		if (vio_attach(&v, 1, i, 0))
			wrong = "an endpoint";
	for (unsigned i = 0; i < PAGES; i += BATCH)
		if (!ask(i, BATCH, true))
			wrong = "a MAP";
	for (uintptr_t i = 0; i < DEVICES; i++)
		pthread_create(&t[i], NULL, device, (void *)i);
	while (done < n && !wrong) {
		uint64_t before = hv_vcpu_counters(v.f.gv)->vq_unmaps;

		wrong = round_of(&seed);
		done += hv_vcpu_counters(v.f.gv)->vq_unmaps - before;
	}
	__atomic_store_n(&over, true, __ATOMIC_RELAXED);
	for (unsigned i = 0; i < DEVICES; i++)
		pthread_join(t[i], NULL);
	ok(!wrong && done >= n, "%s: %lu unmaps%s%s", per_batch ? "by batch" : "by request", done,
	   wrong ? ": " : "", wrong ? wrong : "");
	ok(!stale, "%lu of %lu accesses were to what had been unmapped", (unsigned long)stale,
	   (unsigned long)accesses);
	ok(refused > 0 && refused < accesses, "they overlapped: %lu were refused",
	   (unsigned long)refused);
	printf("# unmaps %lu, accesses %lu, stale %lu\n", done, (unsigned long)accesses,
	       (unsigned long)stale);
	vio_close(&v, "race");
}

int main(int argc, char **argv)
{
	unsigned long n = argc > 1 ? strtoul(argv[1], NULL, 10) : 8000;

	race(n / 2, false);
	race(n / 2, true);
	return tap_done();
}
