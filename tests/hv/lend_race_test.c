// SPDX-License-Identifier: GPL-2.0-only
/*
 * Revokes beside accesses: as soon as one has returned its pages are poisoned, and given to somebody else; no vCPU may read that,
 * or write there, before its page was served again. Borrowers mostly go where the next revoke is, so that many revokes begin
 * while an access to what they take is in progress. N revokes: lend_race_test [N].
 */
#include <pthread.h>

#include "loans.h"

#define PAGES  1024u
#define POISON 0xdeadull
#define VCPUS  3

static struct fx f;
static bool over;
static uint64_t stale_reads, accesses, waits;
static struct {
	uint64_t page; /* that a vCPU's access in progress is to, plus one; or 0 */
} __attribute__((aligned(64))) at[VCPUS];
static uint64_t hot; /* the next revoke's pages: the first, and how many << 32 */

static uint64_t next(uint64_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return *x;
}

static void *borrow(void *arg)
{
	uint64_t seed = (uintptr_t)arg + 1, n = 0, waited = 0, stale = 0;
	struct hv_vcpu *v = hv_domain_vcpu(f.g, (unsigned)(uintptr_t)arg);

	while (!__atomic_load_n(&over, __ATOMIC_RELAXED)) {
		uint64_t h = __atomic_load_n(&hot, __ATOMIC_RELAXED), off = next(&seed) % PAGES,
			 word;
		bool write = next(&seed) & 1;
		int rc;

		if (h && next(&seed) & 3)
			off = (uint32_t)h + off % (h >> 32);
		word = off;
		__atomic_store_n(&at[v->id].page, off + 1, __ATOMIC_SEQ_CST);
		rc = hv_guest_access(v, (LN_AT + off) << HV_PAGE_SHIFT, 8, &word, sizeof(word),
				     write);
		__atomic_store_n(&at[v->id].page, 0, __ATOMIC_RELEASE);
		n++;
		waited += rc == -EAGAIN;
		/* A vCPU that waits does not run. */
		if (rc == -EAGAIN)
			sched_yield();
		stale += !rc && !write && word != off;
		if (rc && rc != -EAGAIN)
			stale += 1000000;
	}
	__atomic_fetch_add(&stale_reads, stale, __ATOMIC_RELAXED);
	__atomic_fetch_add(&accesses, n, __ATOMIC_RELAXED);
	__atomic_fetch_add(&waits, waited, __ATOMIC_RELAXED);
	return NULL;
}

static uint64_t *words[PAGES];

static bool poisoned(unsigned first, unsigned n)
{
	bool all = true;

	for (unsigned i = first; i < first + n; i++)
		all &= __atomic_exchange_n(words[i], i, __ATOMIC_RELAXED) == POISON;
	return all;
}

/* Is an access to one of these pages in progress? */
static bool in_progress(unsigned first, unsigned n)
{
	for (unsigned i = 0; i < VCPUS; i++)
		if (__atomic_load_n(&at[i].page, __ATOMIC_SEQ_CST) - 1 - first < n)
			return true;
	return false;
}

static unsigned long overlapped;

/* Borrowers come to where the revoke is, and it begins. */
static void meet(unsigned first, unsigned n)
{
	bool met = false;

	__atomic_store_n(&hot, first | (uint64_t)n << 32, __ATOMIC_RELAXED);
	for (unsigned i = 0; i < 200 && !met; i++) {
		met = in_progress(first, n);
		if (!met && i == 50)
			sched_yield();
	}
	overlapped += met;
}

/* One revoke of some pages, and what comes after it. 0, or what went wrong. */
static const char *round_of(uint64_t *seed)
{
	static const unsigned sizes[] = { 1, 1, 1, 1, 4, 16, 64, 512 };
	unsigned n = sizes[next(seed) % 8], first = next(seed) % (PAGES / n) * n;

	meet(first, n);
	if (ln_revoke(&f, first, n))
		return "a revoke";
	for (unsigned i = first; i < first + n; i++)
		__atomic_store_n(words[i], POISON, __ATOMIC_RELAXED);
	/* Somebody else has them for a while. */
	if (next(seed) % 4 == 0)
		sched_yield();
	if (!poisoned(first, n))
		return "a write to what was revoked";
	if (ln_end(&f, first, n) || ln_serve(&f, first, n, first, ln_seq(&f)))
		return "the end, or what is served after it";
	return NULL;
}

int main(int argc, char **argv)
{
	unsigned long n = argc > 1 ? strtoul(argv[1], NULL, 10) : 400, done = 0;
	struct fx_opts o = ln_opts(HV_GUEST_PV);
	uint64_t seed = 88172645463325252ull;
	struct hv_lend_stats stats;
	const char *wrong = NULL;
	pthread_t t[VCPUS];

	o.host.audit = false;
	o.granter.vcpus = VCPUS;
	fx_open(&f, o);
	for (unsigned i = 0; i < PAGES; i++) {
		words[i] = ln_word(&f, i);
		*words[i] = i;
	}
	ok(!ln_lend(&f, PAGES, LEND_WRITE | LEND_NOW), "%u pages are lent", PAGES);
	for (uintptr_t i = 0; i < VCPUS; i++)
		pthread_create(&t[i], NULL, borrow, (void *)i);
	/* Until a tenth of them met an access: on a busy machine that takes more of them. */
	for (; (done < n || overlapped * 10 < n) && done < 50 * n && !wrong; done++)
		wrong = round_of(&seed);
	__atomic_store_n(&over, true, __ATOMIC_RELAXED);
	for (unsigned i = 0; i < VCPUS; i++)
		pthread_join(t[i], NULL);
	hv_lend_stats(f.g, &stats);
	ok(!wrong && done >= n, "%lu revokes%s%s", done, wrong ? ": " : "", wrong ? wrong : "");
	ok(!stale_reads, "%lu of %lu accesses found what was revoked", (unsigned long)stale_reads,
	   (unsigned long)accesses);
	ok(stats.faults > 0 && overlapped * 10 >= n,
	   "revokes that began within an access to their pages: %lu; %lu faults", overlapped,
	   (unsigned long)stats.faults);
	ok(stats.work_max <= 512, "a revoke changed at most its pages: %lu",
	   (unsigned long)stats.work_max);
	printf("# revokes %lu, overlapped %lu, faults %lu, waits %lu, stale accesses %lu\n", done,
	       overlapped, (unsigned long)stats.faults, (unsigned long)waits,
	       (unsigned long)stale_reads);
	ln_close(&f, "race");
	return tap_done();
}
