// SPDX-License-Identifier: GPL-2.0-only
/*
 * PV-IOMMU v7 with several at once. A device that goes from one context to another and back finds at every moment what one
 * of them has; and while one vCPU maps and unmaps, another makes and frees the same contexts and moves devices there, the
 * toolstack does the same for the guest, and devices read, no page is reached that was let go of.
 *
 *   pviommu_race_test [TURNS]   of each; 800 without
 */
#include <pthread.h>
#include <sched.h>

#include "pv_contexts.h"

#define PAGES	 32u
#define CONTEXTS 3u
#define MARK	 0x9a9e0000ull /* and the page's number, in each page of the guest's */

static struct fx f;
static uint64_t turns = 800, wrong, seen, done;
static bool over;

static void count(uint64_t *n)
{
	__atomic_add_fetch(n, 1, __ATOMIC_RELAXED);
}

/* A device sees the first context's page or the second's. */
static void *looks(void *arg)
{
	uint64_t word;

	(void)arg;
	while (!__atomic_load_n(&over, __ATOMIC_ACQUIRE)) {
		if (pi_read(&f, 1, PI_DFN, &word) || (word != MARK + 1 && word != MARK + 2))
			count(&wrong);
		count(&seen);
	}
	return NULL;
}

static void moves(void)
{
	pthread_t t;
	uint64_t at;

	pi_open(&f, pi_opts(HV_GUEST_TRANSLATED));
	for (unsigned i = 0; i < PAGES; i++)
		*pi_word(&f, i) = MARK + i;
	pi_alloc(&f);
	pi_map(&f, 1, 1, PI_DFN, 1, PI_RW, NULL);
	pi_map(&f, 2, 2, PI_DFN, 1, PI_RW, NULL);
	pthread_create(&t, NULL, looks, NULL);
	for (uint64_t i = 0; i < turns; i++) {
		at = __atomic_load_n(&seen, __ATOMIC_RELAXED);
		if (pi_attach(&f, 1, 1 + (i & 1)))
			count(&wrong);
		while (i % 16 == 0 && __atomic_load_n(&seen, __ATOMIC_RELAXED) == at)
			sched_yield();
	}
	__atomic_store_n(&over, true, __ATOMIC_RELEASE);
	pthread_join(t, NULL);
	ok(!wrong && seen,
	   "%lu accesses of a device that is moved, each by one context or the other",
	   (unsigned long)seen);
	pi_close(&f, "moves");
}

/* What was asked for may have gone meanwhile; nothing else may be said. */
static void fine(long rc)
{
	if (rc && rc != -EINVAL && rc != -ENOENT && rc != -EADDRINUSE && rc != -EBUSY &&
	    rc != -ENOSPC && rc != -ENOMEM)
		count(&wrong);
	count(&done);
	/* So that on few cores all come in turn. */
	sched_yield();
}

static void *maps(void *arg)
{
	struct hv_vcpu *v = arg;
	bool remote = v->d != f.g;

	for (uint64_t i = 0; i < turns; i++) {
		unsigned page = (unsigned)(i * 7 % (PAGES - 4)), ctx = 1 + i % CONTEXTS;
		struct pv_iommu_map m = pi_mapping(&f, ctx, page, PI_DFN + page, 1 + i % 4, PI_RW);
		struct pv_iommu_unmap u = { .ctx_no = (uint16_t)ctx,
					    .dfn = PI_DFN + page,
					    .pgsize = 4096,
					    .nr_pages = 1 + (uint32_t)(i % 4) };

		fine(remote ? pi_remote(&f, v, hv_domain_id(f.g), PV_IOMMU_MAP_PAGES, &m, sizeof(m))
			    : pi_op(v, PV_IOMMU_MAP_PAGES, &m, sizeof(m)));
		if (i % 3)
			fine(remote ? pi_remote(&f, v, hv_domain_id(f.g), PV_IOMMU_UNMAP_PAGES, &u,
						sizeof(u))
				    : pi_op(v, PV_IOMMU_UNMAP_PAGES, &u, sizeof(u)));
	}
	return NULL;
}

static void *makes(void *arg)
{
	struct hv_vcpu *v = arg;

	for (uint64_t i = 0; i < turns; i++) {
		struct pv_iommu_alloc a = { 0 };
		struct pv_iommu_reattach r = { .ctx_no = (uint16_t)(1 + i % CONTEXTS),
					       .dev = { .devfn = (uint8_t)(8 << i % 2) } };
		struct pv_iommu_free fr = { .ctx_no = (uint16_t)(1 + i % CONTEXTS),
					    .free_flags = 1 };

		fine(pi_op(v, PV_IOMMU_ALLOC_CONTEXT, &a, sizeof(a)));
		fine(pi_op(v, PV_IOMMU_REATTACH, &r, sizeof(r)));
		if (i % 5 == 0)
			fine(pi_op(v, PV_IOMMU_FREE_CONTEXT, &fr, sizeof(fr)));
	}
	return NULL;
}

/* Each page that a device finds is the guest's that was mapped there. */
static void *reads(void *arg)
{
	uint64_t word;

	(void)arg;
	for (uint64_t i = 0; !__atomic_load_n(&over, __ATOMIC_ACQUIRE); i++) {
		unsigned page = (unsigned)(i % PAGES);

		if (!pi_read(&f, 1 + i % 2, PI_DFN + page, &word) && word != MARK + page)
			count(&wrong);
	}
	return NULL;
}

static void all_at_once(void)
{
	struct fx_opts o = pi_opts(HV_GUEST_TRANSLATED);
	struct hv_pv_iommu_stats s;
	pthread_t t[4];

	over = false;
	wrong = 0;
	o.host.audit = false;
	o.host.nr_cpus = 12;
	o.granter.vcpus = 3;
	o.granter.args_direct = true;
	fx_open(&f, o);
	for (unsigned i = 0; i < PAGES; i++)
		*pi_word(&f, i) = MARK + i;
	pi_init(&f, CONTEXTS, 5);
	for (unsigned i = 0; i < CONTEXTS; i++)
		pi_alloc(&f);
	pthread_create(&t[0], NULL, maps, hv_domain_vcpu(f.g, 0));
	pthread_create(&t[1], NULL, maps, hv_domain_vcpu(f.m, 0));
	pthread_create(&t[2], NULL, makes, hv_domain_vcpu(f.g, 2));
	pthread_create(&t[3], NULL, reads, NULL);
	for (unsigned i = 0; i < 3; i++)
		pthread_join(t[i], NULL);
	__atomic_store_n(&over, true, __ATOMIC_RELEASE);
	pthread_join(t[3], NULL);
	hv_pv_iommu_stats(f.g, &s);
	ok(!wrong && s.mapped && s.unmapped && s.contexts > CONTEXTS,
	   "%lu calls, %lu pages mapped and %lu unmapped in %lu contexts, nothing odd (%lu were)",
	   (unsigned long)done, (unsigned long)s.mapped, (unsigned long)s.unmapped,
	   (unsigned long)s.contexts, (unsigned long)wrong);
	pi_close(&f, "all at once");
}

int main(int argc, char **argv)
{
	if (argc > 1)
		turns = strtoull(argv[1], NULL, 0);
	moves();
	all_at_once();
	return tap_done();
}
