// SPDX-License-Identifier: GPL-2.0-only
/* Locks of the kernel that the process waited for: by whom in the kernel they were asked for. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probe.h"

struct kernel_waits kernel_waits;

struct sym {
	uint64_t at;
	char *name;
};

/* By address, as /proc/kallsyms nearly is. */
static struct sym *sym;
static size_t nr_syms;

static int by_address(const void *a, const void *b)
{
	const struct sym *x = a, *y = b;

	return (x->at > y->at) - (x->at < y->at);
}

/* Functions, and the marks between which those are that take locks. */
static void read_symbols(void)
{
	FILE *f = fopen("/proc/kallsyms", "re");
	char line[1024], name[512], type;
	unsigned long at;

	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%lx %c %511s", &at, &type, name) != 3 || !at ||
		    !strchr("tTwW", type))
			continue;
		if (!(nr_syms & (nr_syms - 1))) {
			sym = realloc(sym, (nr_syms ? 2 * nr_syms : 1) * sizeof(*sym));
			if (!sym)
				die(PROBE_FAILED, "out of memory");
		}
		sym[nr_syms++] = (struct sym){ at, strdup(name) };
	}
	if (f)
		fclose(f);
	if (nr_syms)
		qsort(sym, nr_syms, sizeof(*sym), by_address);
	kernel_waits.names = nr_syms > 0;
}

const char *kernel_symbol(uint64_t addr, uint64_t *offset)
{
	size_t lo = 0, hi = nr_syms;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (sym[mid].at <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (!lo)
		return NULL;
	*offset = addr - sym[lo - 1].at;
	return sym[lo - 1].name;
}

static uint64_t address_of(const char *name)
{
	for (size_t i = 0; i < nr_syms; i++)
		if (!strcmp(sym[i].name, name))
			return sym[i].at;
	return 0;
}

/* Is it a function that takes locks, and not one that wants one? The linker keeps them together. */
static bool takes_locks(uint64_t addr)
{
	static const char *const mark[] = { "__sched_text_start", "__sched_text_end",
					    "__lock_text_start", "__lock_text_end" };
	static uint64_t at[4];
	static bool known;

	for (unsigned i = 0; i < 4 && !known; i++)
		at[i] = address_of(mark[i]);
	known = true;
	return (addr >= at[0] && addr < at[1]) || (addr >= at[2] && addr < at[3]);
}

/* Slow paths that lie elsewhere, or are told by another place of the kernel than the waiting function. */
static bool slow_path(const char *name)
{
	static const char *const part[] = { "_slowpath",     "rwsem_",	    "__traceiter_",
					    "__percpu_down", "percpu_down", "__mutex_lock",
					    "rtlock_slow" };

	for (unsigned i = 0; i < sizeof(part) / sizeof(*part); i++)
		if (strstr(name, part[i]))
			return true;
	return !strcmp(name, "__down_read") || !strcmp(name, "__down_write");
}

/* Frames of the tracepoint itself go, and what is left begins with the function that waited. */
static void settle(struct kernel_wait *w)
{
	unsigned from = 0;

	for (unsigned i = 0; i < w->frames; i++) {
		uint64_t offset;
		const char *name = kernel_symbol(w->frame[i], &offset);

		if (name && (!strncmp(name, "bpf_trace_run", 13) ||
			     !strcmp(name, "__traceiter_contention_begin")))
			from = i + 1;
	}
	w->frames -= from;
	memmove(w->frame, w->frame + from, w->frames * sizeof(*w->frame));
	for (unsigned i = 0; i < w->frames && !w->caller; i++) {
		uint64_t offset;
		const char *name = kernel_symbol(w->frame[i], &offset);

		if (name && !takes_locks(w->frame[i]) && !slow_path(name))
			w->caller = name;
	}
}

static struct kernel_wait *one_more(struct kernel_wait **list, size_t *n)
{
	struct kernel_wait *more = realloc(*list, (*n + 1) * sizeof(*more));

	if (!more)
		die(PROBE_FAILED, "out of memory");
	*list = more;
	memset(&more[*n], 0, sizeof(*more));
	return &more[(*n)++];
}

static void add_frames(struct kernel_wait *w, const uint64_t *frame)
{
	while (w->frames < GNB_KERNEL_FRAMES && frame[w->frames]) {
		w->frame[w->frames] = frame[w->frames];
		w->frames++;
	}
}

void kernel_add_lock(const struct gnb_kernel_key *key, const struct gnb_kernel_times *t,
		     const uint64_t *frame)
{
	struct kernel_wait *w = one_more(&kernel_waits.lock, &kernel_waits.nr_locks);

	w->kind = key->flags;
	w->times = *t;
	add_frames(w, frame);
}

void kernel_add_futex(const struct gnb_futex_key *key, const struct gnb_kernel_times *t,
		      const uint64_t *frame)
{
	struct kernel_wait *w = one_more(&kernel_waits.futex, &kernel_waits.nr_futexes);

	w->futex = key->at;
	w->kind = key->op;
	w->times = *t;
	add_frames(w, frame);
}

static int most_first(const void *a, const void *b)
{
	const struct kernel_wait *x = a, *y = b;

	return (x->times.n < y->times.n) - (x->times.n > y->times.n);
}

static bool same(const struct kernel_wait *a, const struct kernel_wait *b)
{
	return a->kind == b->kind && a->caller && a->caller == b->caller;
}

static void add_times(struct gnb_kernel_times *to, const struct gnb_kernel_times *t)
{
	to->n += t->n;
	to->ended += t->ended;
	to->ns += t->ns;
	if (t->max > to->max)
		to->max = t->max;
	for (unsigned i = 0; i < GNB_KERNEL_BUCKETS; i++)
		to->hist[i] += t->hist[i];
}

void kernel_settle(void)
{
	struct kernel_wait *l = kernel_waits.lock;
	size_t n = 0;

	read_symbols();
	for (size_t i = 0; i < kernel_waits.nr_locks; i++)
		settle(&l[i]);
	/* The stack that is kept is the most frequent one. */
	if (kernel_waits.nr_locks)
		qsort(l, kernel_waits.nr_locks, sizeof(*l), most_first);
	for (size_t i = 0; i < kernel_waits.nr_locks; i++) {
		size_t k = 0;

		while (k < n && !same(&l[k], &l[i]))
			k++;
		if (k < n)
			add_times(&l[k].times, &l[i].times);
		else
			l[n++] = l[i];
	}
	kernel_waits.nr_locks = n;
	if (n)
		qsort(l, n, sizeof(*l), most_first);
	if (kernel_waits.nr_futexes)
		qsort(kernel_waits.futex, kernel_waits.nr_futexes, sizeof(*l), most_first);
}
