/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a benchmark file sees of the suite. One file is one family: a const descriptor with hooks,
 * registered by GNB_BENCH() and found by wildcard. See scripts/new-benchmark.
 *
 * The runner makes one cell per combination of parameters in the plan, and in a cell one side per
 * compared version. Sides run in turn, round by round, so that a drift of the machine hits them alike;
 * versions are compared as ratios within a round.
 */
#ifndef GNB_BENCH_H
#define GNB_BENCH_H

#include <string.h>

#include <gnb/target.h>
#include <gnb/clock.h>

#define GNB_METRICS_MAX 8
#define GNB_PARAMS_MAX	16
#define GNB_THREADS_MAX 64
#define GNB_EXTRAS_MAX	12

/* run() returns this when the round cannot be trusted (a peer was not running): dropped and counted. */
#define GNB_DROP 1

enum gnb_better { GNB_LOWER, GNB_HIGHER };

/*
 * A parameter and its sweep. The default plan holds every other parameter at its centre and walks one
 * sweep at a time. Parameters named mapper, iommu, flush, entry, args, lock and cpus set the machine's field of that
 * name; others are the benchmark's own.
 */
struct gnb_param {
	const char *name;
	const char *centre; /* one value */
	const char *sweep;  /* comma-separated values, the centre among them, or NULL */
	const char *help;
	unsigned long least, most; /* of a number; else both 0 */
	/* Where the file of a value is: 0 with its path, or -errno with what to say of the value in why, as in
	 * "cannot be read". A value without a slash is the name of one that comes along. NULL: no file. */
	int (*find)(const char *value, char *path, size_t len, char *why, size_t whylen);
	/* Is the file what the benchmark takes? 0, or -errno with a sentence in why. NULL: any is. */
	int (*check)(const char *path, char *why, size_t len);
};

/*
 * What values there are is data, and refused is what is not among them: whole numbers of a range, the values
 * of the sweep alone, or files. What no range can say, supported() does.
 */
#define GNB_NUMBER(name_, centre_, sweep_, help_, least_, most_)                                   \
	{                                                                                          \
		.name = name_, .centre = centre_, .sweep = sweep_, .help = help_, .least = least_, \
		.most = most_                                                                      \
	}
#define GNB_CHOICE(name_, centre_, sweep_, help_)                                                  \
	{                                                                                          \
		.name = name_, .centre = centre_, .sweep = sweep_, .help = help_                   \
	}
#define GNB_FILE(name_, centre_, help_, find_, check_)                                             \
	{                                                                                          \
		.name = name_, .centre = centre_, .help = help_, .find = find_, .check = check_    \
	}

/* A file that a parameter names, as it was when the plan was made: its content is what is measured. */
struct gnb_file {
	const char *path; /* NULL: it was not found */
	const char *why;  /* what is wrong with it, a sentence, or NULL */
	char sha256[65];
	uint64_t bytes, dev, ino; /* what changes with the content, in all likelihood */
	int64_t sec, nsec;
};

struct gnb_metric {
	const char *name; /* "map" */
	/* "ns/page", "bytes/GiB". Under an instruction clock "ns/page" becomes "instructions/page". */
	const char *unit;
	enum gnb_better better;
	bool latency; /* every timed span is kept in a histogram */
	bool exact;   /* an exact figure of class C set with gnb_set_exact(); no ratio of times */
	/* What of a grant table's work is in it (enum gnb_work); 0: any of it. Versions that differ from
	 * the first in nothing of that are not compared in a benchmark, and elsewhere a control. */
	unsigned work;
	/* What the guest does between hypercalls is the point of its spans: not measured on a target
	 * whose clock sees hypercalls only. */
	bool guest;
	/* Of such a span what its hypercalls take is a figure, too: there that is measured. */
	bool calls;
};

/* Is there nothing of it that the clock sees? */
static inline bool gnb_metric_unseen(const struct gnb_metric *m, const struct gnb_clock *c)
{
	return c->now && m->guest && !m->calls;
}

struct gnb_bench;
struct gnb_hist; /* record/hist.h */

/* One combination of parameters. */
struct gnb_cell {
	const struct gnb_bench *bench;
	const struct gnb_target *target;
	const char *value[GNB_PARAMS_MAX];	     /* by index of bench->params */
	const struct gnb_file *file[GNB_PARAMS_MAX]; /* of those that are files */
	struct gnb_machine_config machine;	     /* version is set per side */
	const char *name;			     /* "map_unmap/batch:64/access:rw/..." */
};

/* What a side has measured of one metric in the current round. */
struct gnb_meter {
	uint64_t spent;		  /* in timed spans of this round, in the clock's unit */
	uint64_t ops;		  /* operations in them */
	uint64_t t0;		  /* start of the open span */
	struct gnb_counts before; /* counting rounds only */
	struct gnb_counts counts; /* counting rounds only, summed over spans */
	double exact;		  /* exact metrics */
	struct gnb_hist *hist;	  /* latency metrics, kept over all rounds */
};

struct gnb_side {
	const struct gnb_cell *cell;
	const struct gnb_target *t;
	struct gnb_machine *m;
	const struct gnb_version *version;
	void *priv;    /* the benchmark's own */
	void *kept;    /* gnb_keep() */
	uint32_t tree; /* by which its mapper names the granter's tree, if the version has trees */
	const struct gnb_clock *clock;
	bool counting; /* this round collects counts; its times are not used */
	bool slow; /* spans take more than two readings of gnb_now(): counts, or the target's clock */
	/* Number of the round, the same for every side in it: for work that differs from round to round. */
	unsigned round;
	/* Parts of the benchmark's input, of which a round times one, each once before any comes again: how
	 * much of it was timed is in the results. Set by setup(); 0: it has none. */
	uint64_t parts;
	bool quick; /* --quick: work may be smaller, never different in kind */
	struct gnb_meter meter[GNB_METRICS_MAX];
	/* The counting round: open spans that no harness work may be in, a bit each; and the metric of one
	 * that some was in, or NULL. */
	unsigned open;
	const char *leak;
	unsigned threads;		      /* threads whose shares are set, or 0 */
	uint64_t thread_ops[GNB_THREADS_MAX]; /* operations of each thread in this run() */
	char why[200];			      /* a sentence for a failure, for the row */
};

struct gnb_bench {
	const char *name;
	const char *summary; /* one line */
	/* For readers of reports, in whole sentences: what is measured and whose work it is; and what a
	 * figure here does not show. */
	const char *measures, *not_measured;
	unsigned def_version;		  /* counted up when what is measured changes */
	const struct gnb_param *params;	  /* ends with a NULL name */
	const struct gnb_metric *metrics; /* ends with a NULL name */
	/* Operations of one run() call at the start; the runner scales it to the round's length. 0: 1. */
	unsigned iters;
	bool fixed_iters; /* state grows: never scale, one run() call on a fresh machine per round */
	bool in_default;  /* part of the default plan */
	/* Centres of the default plan, as overrides "mapper=pv" of the parameters' centre values; each axis is
	 * walked around each of them. NULL: one, the centre values. One with more threads than the sweep of
	 * `threads` has on this machine is left out. */
	const char *const *centres;
	/* Parameter sets "batch=1;mapper=pv" (NULL-terminated) that are re-launched as separate processes
	 * in a default run. */
	const char *const *headline;
	/* Parameter sets that belong to a default run and are never timed in it: their work is counted, and their
	 * instructions by scripts/hv-instructions. */
	const char *const *counted;

	/*
	 * Can this side run? 0, or -EOPNOTSUPP with *why. May change the machine's configuration (pages,
	 * slots, vCPUs). Called before the machine is made. Not required.
	 */
	int (*supported)(struct gnb_side *s, struct gnb_machine_config *cfg, const char **why);
	/* Make the side's own state on a fresh machine. 0 or -errno. Required. */
	int (*setup)(struct gnb_side *s);
	/*
	 * Do iters operations, timing them with gnb_start() and gnb_stop(). 0, GNB_DROP, or -errno with
	 * s->why. Required.
	 */
	int (*run)(struct gnb_side *s, uint64_t iters);
	/*
	 * Exact figures of the state that run() has left, which take long to find: not timed. Called where iters are
	 * fixed, once for each machine, before verify(). 0, or -errno with s->why. Not required.
	 */
	int (*figures)(struct gnb_side *s);
	/* Prove the effect after the rounds: data, table state. 0, or -errno with s->why. Required. */
	int (*verify)(struct gnb_side *s);
	/* Give back what setup made of the machine, and memory that is not gnb_keep()'s; the machine's own leak check
	 * follows. Not required. */
	void (*teardown)(struct gnb_side *s);
};

/* A metric of time, of work that is no grant table's. */
#define GNB_COST(name_, unit_)                                                                     \
	{                                                                                          \
		.name = name_, .unit = unit_, .better = GNB_LOWER, .work = GNB_WORK_NO_GRANTS      \
	}

/* An exact figure of such work (gnb_set_exact()). */
#define GNB_EXACT_COST(name_, unit_)                                                               \
	{                                                                                          \
		.name = name_, .unit = unit_, .better = GNB_LOWER, .exact = true,                  \
		.work = GNB_WORK_NO_GRANTS                                                         \
	}

/* Parameter values of the side's cell. The name must exist; gnb_u() is for those whose values
 * are whole numbers, and within their range. */
const char *gnb_s(const struct gnb_side *s, const char *param);
unsigned long gnb_u(const struct gnb_side *s, const char *param);

/* Is this the value of that parameter? */
static inline bool gnb_is(const struct gnb_side *s, const char *param, const char *value)
{
	return !strcmp(gnb_s(s, param), value);
}

/* Path of the file that a parameter names. */
const char *gnb_path(const struct gnb_side *s, const char *param);

/* Zeroed memory that lives as long as the side's machine, or NULL; and its end, which is the runner's. */
void *gnb_keep(struct gnb_side *s, size_t bytes);
void gnb_keep_end(struct gnb_side *s);

/*
 * vCPUs to ask for when one makes all hypercalls: 2 where flushes are modelled, so that there is one
 * to interrupt; 1 on a target that flushes where it has to.
 */
unsigned gnb_flush_vcpus(const struct gnb_side *s);

/* printf-style reason into s->why; returns err, for `return gnb_fail(s, -EIO, "...")`. */
int gnb_fail(struct gnb_side *s, int err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

void gnb_start_slow(struct gnb_side *s, unsigned i);
void gnb_stop_slow(struct gnb_side *s, unsigned i, uint64_t ns, uint64_t ops);

/* Open a timed span of metric i (an index into bench->metrics). Spans of one metric do not nest. */
static inline void gnb_start(struct gnb_side *s, unsigned i)
{
	if (__builtin_expect(s->slow, 0)) {
		gnb_start_slow(s, i);
		return;
	}
	s->meter[i].t0 = gnb_now();
}

/* Close it: ops operations were done in it. */
static inline void gnb_stop(struct gnb_side *s, unsigned i, uint64_t ops)
{
	uint64_t ns = gnb_now() - s->meter[i].t0;

	if (__builtin_expect(s->slow || s->meter[i].hist, 0)) {
		gnb_stop_slow(s, i, ns, ops);
		return;
	}
	s->meter[i].spent += ns;
	s->meter[i].ops += ops;
}

/* Set an exact metric. */
static inline void gnb_set_exact(struct gnb_side *s, unsigned i, double v)
{
	s->meter[i].exact = v;
}

/*
 * Run fn(s, i, arg) on n threads at once, each pinned to its own core, and wait for all. Returns 0,
 * GNB_DROP if any thread returned it or, of several, was preempted for more than a tenth of the run, or the first
 * -errno. n larger than the number of cores allowed here: -EINVAL.
 */
int gnb_threads_run(struct gnb_side *s, unsigned n,
		    int (*fn)(struct gnb_side *s, unsigned i, void *arg), void *arg);

/*
 * The same in a span of metric m that lasts from the first thread's start to the last one's end, without what starting
 * and ending threads takes; by a target's own clock, each thread's part of what all of them spent. fn adds what it did
 * to s->thread_ops[i]; the sum is the span's operations.
 */
int gnb_threads_span(struct gnb_side *s, unsigned m, unsigned n,
		     int (*fn)(struct gnb_side *s, unsigned i, void *arg), void *arg);

/* The sweep of a parameter that says how many: 1, 2, 4 and so on, to the cores of this machine and at most 16. */
extern char gnb_threads_sweep[32];

/* Cores that this process may use. */
unsigned gnb_cores(void);

/* xorshift64*: a small generator for think times and strides; *state must not be 0. */
static inline uint64_t gnb_rand(uint64_t *state)
{
	uint64_t x = *state;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	*state = x;
	return x * 0x2545f4914f6cdd1dULL;
}

#define GNB_BENCH(desc)                                                                            \
	static const struct gnb_bench *const gnb_bench_ptr_##desc                                  \
		__attribute__((used, section("gnb_benches"))) = &desc

extern const struct gnb_bench *const __start_gnb_benches[];
extern const struct gnb_bench *const __stop_gnb_benches[];
#define gnb_for_each_bench(b)                                                                      \
	for (const struct gnb_bench *const *b = __start_gnb_benches; b < __stop_gnb_benches; b++)

#endif
