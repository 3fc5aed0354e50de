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

/* The probes of provider hv, and their names. */
enum { SITE_WAITS, SITE_SAMPLES, SITE_STATE, SITE_BEGIN, SITE_END, PROBE_SITES };
extern const char *const probe_names[PROBE_SITES];

enum {
	WHAT_WAITS = 1,
	WHAT_CALLERS = 2,
	WHAT_STATE = 4,
	WHAT_KERNEL = 8, /* locks of the kernel, which any process waits for */
	WHAT_PAIR = 16,	 /* a probe before each wait and one after it, to see how wrong that is */
	WHAT_XEN = 32,	 /* what the kernel of a domain asks of Xen for it */
};
#define WHAT_OF_HV (WHAT_WAITS | WHAT_CALLERS | WHAT_STATE | WHAT_PAIR)

struct json_object;

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
/* There is Xen beneath this kernel: what kind of a domain it is, into xen_seen. */
void need_xen(void);

/* attach.c: programs loaded and attached. The process need not run yet. */
struct attached;
struct attached *attach(const struct probe *p);
/* Records that came so far go to gather_record(). */
void attached_poll(struct attached *a);
/* Counts of the clock go to gather_seen(); what was lost, by enum gnb_lost. */
void attached_counts(struct attached *a, uint64_t lost[GNB_NR_LOST]);
void detach(struct attached *a);
/* The pair of probes: on, or off. */
void attached_pair(struct attached *a, const struct probe *p, bool on);
/* What the pair has seen, and the accounts of the process's vCPUs by thread: at most `most`, how many there are. */
struct gnb_pair attached_pair_seen(const struct attached *a);
size_t attached_accounts(const struct attached *a, struct gnb_account *list, size_t most);

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
/* An address of the process as text: a function, FILE+OFFSET, or the number. */
struct json_object *symbol_json(uint64_t addr);

/* kernel.c: locks of the kernel, and futexes, by who asked; the most waits first. */
struct kernel_wait {
	const char *caller; /* a function; NULL: not known */
	uint64_t futex;	    /* its address */
	uint32_t kind;	    /* LCB_F_*, or FUTEX_* */
	struct gnb_kernel_times times;
	uint64_t frame[GNB_KERNEL_FRAMES]; /* the innermost first */
	unsigned frames;
};
struct kernel_waits {
	struct kernel_wait *lock, *futex;
	size_t nr_locks, nr_futexes;
	uint64_t event[GNB_NR_KERNEL];
	bool names; /* the kernel tells where its functions are */
};
extern struct kernel_waits kernel_waits;
void kernel_add_lock(const struct gnb_kernel_key *key, const struct gnb_kernel_times *t,
		     const uint64_t *frame);
void kernel_add_futex(const struct gnb_futex_key *key, const struct gnb_kernel_times *t,
		      const uint64_t *frame);
/* Callers are named, and what has the same caller and kind is one. */
void kernel_settle(void);
const char *kernel_symbol(uint64_t addr, uint64_t *offset);

/* attach_xen.c: what a domain's kernel asked of Xen; and why something of it was not looked at. */
struct xen_missing {
	const char *what;
	char reason[160];
};
struct xen_seen {
	char guest_type[16]; /* PV, PVH or HVM, as the kernel calls it */
	bool multicalls, gntdev, function[GNB_NR_XEN_FUNCTIONS]; /* that were looked at */
	struct gnb_multicalls mc;
	struct gnb_xen_times times[GNB_NR_XEN_FUNCTIONS];
	struct xen_missing missing[GNB_NR_XEN_FUNCTIONS + 1];
	unsigned nr_missing;
};
extern struct xen_seen xen_seen;
extern const char *const xen_functions[GNB_NR_XEN_FUNCTIONS];

/*
 * pair.c: the pair is attached for a while and not attached for a while, in turn. What the vCPUs' own accounts say of
 * both is by how much it is wrong.
 */
struct pair_side {
	double seconds;				 /* of vCPUs */
	uint64_t acquisitions, contended, ticks; /* in them */
	unsigned windows;
};
struct pair_sides {
	struct pair_side without, with;
	struct gnb_pair says; /* what it has measured itself */
};
extern struct pair_sides pair_sides;
/* Called now and then; it is time for the other one, or not. */
void pair_turn(struct attached *a, const struct probe *p, double now);

/* write_xen.c */
struct json_object *xen_json(double ticks_per_ns);

/* write_kernel.c */
struct json_object *kernel_json(void);
struct json_object *pair_json(double ticks_per_ns);
/* By how much the pair is wrong, as a line. */
void pair_say(double ticks_per_ns);

/* write.c: contention.json. -errno. */
struct about {
	const struct probe *p;
	double attach_ms, detach_ms, seconds, ticks_per_ns;
	uint64_t lost[GNB_NR_LOST];
	int ended; /* as wait() has it; -1: it goes on */
};
int write_contention(const char *path, const struct about *about);

#endif
