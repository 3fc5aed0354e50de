// SPDX-License-Identifier: GPL-2.0-only
/*
 * p2m_lock: several vCPUs of one mapper on the lock of its one p2m.
 *
 * Measures: map and unmap of single pages by some threads (each takes the p2m lock for writing
 * twice) beside threads that copy within the domain by frame number (each takes it for reading
 * twice), with uniformly random think time. Time per operation of all threads together, and each
 * thread's share. A round ends when the first thread has done its number; threads run pinned, one
 * per core. Does not measure: more threads than this machine has cores, so no scaling curve; the
 * time in which a peer was not running (such rounds are dropped and counted). Needs: as many cores
 * as threads.
 */
/* Its span is what the threads do, each with the operations that it prepares and checks. */
#define GNB_WHOLE_SPANS
#include <gnb/copies.h>

enum { OP };

#define PER_THREAD 32  /* slots and references of a writer; it works on them in turn */
#define OPS	   400 /* of the fastest thread in an iteration */

struct worker {
	struct gnb_vcpu *v;
	struct gnb_maps maps;
	struct gnb_copies copy;
	bool reader;
	uint64_t rand, ops;
} __attribute__((aligned(128)));

struct state {
	struct gnb_gtab gtab;
	struct worker w[GNB_THREADS_MAX];
	unsigned threads, think;
	uint64_t target; /* operations after which a thread ends the round */
	int stop __attribute__((aligned(128)));
};

static const struct gnb_param params[] = {
	GNB_NUMBER("threads", "2", gnb_threads_sweep, "threads, one vCPU each", 1, GNB_THREADS_MAX),
	GNB_NUMBER("readers", "0", "0,1", "how many of them only read", 0, GNB_THREADS_MAX - 1),
	GNB_NUMBER("think", "200", "0,200,2000",
		   "mean of the random work between operations, in pauses of a loop", 0, 100000),
	GNB_CHOICE("ranges", "disjoint", "disjoint,overlap",
		   "each thread's own slots and references, or interleaved ones"),
	GNB_NUMBER("cpus", "8", "8,64", "CPUs of the host that a per-CPU writer scans", 4, 4096),
	GNB_CHOICE(
		"lock", "percpu", "percpu,plain",
		"the p2m lock: Xen's, which readers take in a line of their CPU's, or one word for all"),
	GNB_CHOICE("entry", "none", "none,syscall",
		   "hypercall entry: a function call, or one real system call"),
	{ 0 }
};

static const struct gnb_metric metrics[] = {
	[OP] = { .name = "op",
		 .unit = "ns/op",
		 .better = GNB_LOWER,
		 .work = GNB_WORK_MAP | GNB_WORK_UNMAP | GNB_WORK_COPY },
	{ 0 },
};

static int supported(struct gnb_side *s, struct gnb_machine_config *cfg, const char **why)
{
	unsigned long n = gnb_u(s, "threads");

	cfg->mapper = GNB_MAPPER_TRANSLATED;
	if (n > gnb_cores()) {
		*why = "more threads than there are cores allowed here";
		return -EOPNOTSUPP;
	}
	if (gnb_u(s, "readers") >= n) {
		*why = "at least one thread has to write";
		return -EOPNOTSUPP;
	}
	if (s->clock->exact && n > 1) {
		*why = "an emulator with an instruction clock runs one vCPU at a time: nobody "
		       "waits for a lock";
		return -EOPNOTSUPP;
	}
	cfg->vcpus[GNB_MAPPER] = n;
	cfg->granter_pages = cfg->map_slots = n * PER_THREAD;
	return gnb_refs_room(cfg, n * PER_THREAD, GNB_TREE_LEVELS, why);
}

/* Slot and reference k of thread i. */
static unsigned index_of(const struct gnb_side *s, unsigned threads, unsigned i, unsigned k)
{
	return strcmp(gnb_s(s, "ranges"), "overlap") ? i * PER_THREAD + k : k * threads + i;
}

static int setup_worker(struct gnb_side *s, struct state *st, unsigned i)
{
	struct worker *w = &st->w[i];
	int rc;

	w->v = s->t->vcpu(s->m, GNB_MAPPER, i);
	w->reader = i >= st->threads - gnb_u(s, "readers");
	w->rand = 0x9e3779b97f4a7c15ull * (i + 1);
	rc = gnb_maps_init(&w->maps, s, PER_THREAD);
	if (!rc)
		rc = gnb_copies_init(&w->copy, s, 1);
	if (rc)
		return rc;
	for (unsigned k = 0; k < PER_THREAD; k++) {
		unsigned x = index_of(s, st->threads, i, k);

		gnb_grant_publish(&st->gtab, GNB_FIRST_REF + x, s->t->domid(s->m, GNB_MAPPER),
				  s->t->frame(s->m, x), false);
		gnb_map_set(&w->maps, k, s->t->map_addr(s->m, x), GNB_FIRST_REF + x, false);
	}
	gnb_copy_set_own(&w->copy, 0, 2 * i, 2 * i + 1, 8);
	return 0;
}

static int setup(struct gnb_side *s)
{
	struct state *st = aligned_alloc(128, sizeof(*st));
	int rc;

	s->priv = st;
	if (!st)
		return -ENOMEM;
	memset(st, 0, sizeof(*st));
	st->threads = gnb_u(s, "threads");
	st->think = gnb_u(s, "think");
	rc = gnb_gtab_init(&st->gtab, s, st->threads * PER_THREAD, GNB_TREE_LEVELS);
	for (unsigned i = 0; i < st->threads && !rc; i++)
		rc = setup_worker(s, st, i);
	return rc;
}

static int write_op(struct worker *w, unsigned i)
{
	int rc = gnb_map_one(&w->maps, w->v, i);

	return rc ? rc : gnb_unmap_one(&w->maps, w->v, i);
}

static void think(struct worker *w, unsigned mean)
{
	uint64_t n = mean ? gnb_rand(&w->rand) % (2 * mean) : 0;

	for (uint64_t i = 0; i < n; i++)
		__asm__ volatile("" ::: "memory");
}

static int worker(struct gnb_side *s, unsigned i, void *arg)
{
	struct state *st = arg;
	struct worker *w = &st->w[i];
	int rc = 0;

	w->ops = 0;
	while (!__atomic_load_n(&st->stop, __ATOMIC_RELAXED)) {
		rc = w->reader ? gnb_copy_one(&w->copy, w->v, 0) : write_op(w, w->ops % PER_THREAD);
		if (rc || ++w->ops == st->target)
			__atomic_store_n(&st->stop, 1, __ATOMIC_RELAXED);
		think(w, st->think);
	}
	s->thread_ops[i] += w->ops;
	return rc;
}

static int run(struct gnb_side *s, uint64_t iters)
{
	struct state *st = s->priv;
	int rc;

	st->stop = 0;
	st->target = iters * OPS;
	rc = gnb_threads_span(s, OP, st->threads, worker, st);
	return rc < 0 ? gnb_fail(s, rc, "an operation of a thread failed") : rc;
}

/* Every grant is idle again, and each thread can still map and read its page. */
static int verify(struct gnb_side *s)
{
	struct state *st = s->priv;

	for (unsigned i = 0; i < st->threads; i++) {
		struct worker *w = &st->w[i];
		unsigned x = index_of(s, st->threads, i, 0), ref = gnb_map_ref(&w->maps, 0);
		uint64_t word = 77 + i, back = 0;

		if (gnb_grant_in_use(&st->gtab, ref))
			return gnb_fail(s, -EIO, "reference %u is still marked in use", ref);
		memcpy(s->t->ram(s->m, x), &word, sizeof(word));
		if (gnb_map_one(&w->maps, w->v, 0) ||
		    s->t->touch(w->v, gnb_map_addr(&w->maps, 0), 0, &back, sizeof(back), false) ||
		    back != word)
			return gnb_fail(s, -EIO, "page %u does not read through its mapping", x);
		if (gnb_unmap_one(&w->maps, w->v, 0))
			return gnb_fail(s, -EIO, "page %u cannot be unmapped", x);
	}
	return 0;
}

static void teardown(struct gnb_side *s)
{
	struct state *st = s->priv;

	if (!st)
		return;
	gnb_gtab_fini(&st->gtab);
	free(st);
}

/* A host of 8 CPUs, and one that more threads fit on. */
static const char *const centres[] = { "", "cpus=64;threads=8", NULL };
static const char *const headline[] = { "threads=2", NULL };

static const struct gnb_bench p2m_lock = {
	.name = "p2m_lock",
	.summary = "vCPUs contending for the lock of one p2m",
	.measures = "Threads that change one guest's physical-to-machine map at the same time, on "
		    "disjoint or overlapping ranges, with or without readers beside them. Each "
		    "thread's share is shown: a good total with one starved thread is not a good "
		    "result.",
	.not_measured = "Scaling beyond the cores of this machine. Nothing is extrapolated from "
			"two points; the counts of shared cache lines written are what carries "
			"over to larger machines.",
	.def_version = 1,
	.params = params,
	.metrics = metrics,
	.in_default = true,
	.centres = centres,
	.headline = headline,
	.supported = supported,
	.setup = setup,
	.run = run,
	.verify = verify,
	.teardown = teardown,
};
GNB_BENCH(p2m_lock);
