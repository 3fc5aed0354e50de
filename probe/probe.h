/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * gnb-probe: attaches to the probes of hv in a process, gathers what its vCPUs waited for, and writes contention.json.
 * Who cannot go on calls die(): one line, and an exit code of docs/design.md.
 */
#ifndef PROBE_H
#define PROBE_H

#include <gnb_probe.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { PROBE_FAILED = 1, PROBE_USAGE = 2, PROBE_MISSING = 6 };

#define PROBE_SITES 3
/* Names of the probes of provider hv, in order: waits, samples, state. */
extern const char *const probe_names[PROBE_SITES];

enum { WHAT_WAITS = 1, WHAT_CALLERS = 2, WHAT_STATE = 4 };

struct probe {
	pid_t pid;	  /* whom */
	const char *file; /* its program */
	unsigned what;	  /* WHAT_* */
	unsigned hz;	  /* of the clock, for WHAT_STATE */
};

__attribute__((noreturn, format(printf, 2, 3))) void die(int code, const char *fmt, ...);

/* needs.c: what can be known before. Each ends the program with a line if it is not so. */
void need_rights(const struct probe *p);
/* Its program has the probes. */
void need_probes(const struct probe *p);

/* attach.c: programs loaded and attached. The process need not run yet. */
struct attached;
struct attached *attach(const struct probe *p);
/* Records that came so far go to gather_record(). */
void attached_poll(struct attached *a);
/* Counts of the clock go to gather_seen(); what was lost, by enum gnb_lost. */
void attached_counts(struct attached *a, uint64_t lost[GNB_NR_LOST]);
void detach(struct attached *a);

/* gather.c */
void gather_record(const void *record, size_t bytes);
void gather_seen(const struct gnb_seen_key *key, uint64_t n);

/* The last that was heard of a kind of lock of one vCPU. */
struct heard {
	struct gnb_record_waits last;
	bool final;
};
/* One stack: how often it waited for a kind, and how long. */
struct stack {
	uint32_t kind, frames;
	uint64_t frame[HV_SAMPLE_FRAMES];
	uint64_t n, ticks;
};
struct seen {
	struct gnb_seen_key key;
	uint64_t n;
};
struct gathered {
	struct heard *heard;
	struct stack *stack;
	struct seen *seen;
	size_t nr_heard, nr_stacks, nr_seen;
};
extern struct gathered gathered;

/* symbols.c: what is mapped where in the process, looked up while it lives; a name for an address, or NULL. */
void symbols_look(pid_t pid);
const char *symbol_of(uint64_t addr, uint64_t *offset, const char **file);

/* write.c: contention.json. -errno. */
struct about {
	const struct probe *p;
	double attach_ms, detach_ms, seconds, ticks_per_ns;
	uint64_t lost[GNB_NR_LOST];
	int ended; /* as wait() has it; -1: it goes on */
};
int write_contention(const char *path, const struct about *about);

#endif
