/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Counters of the processor and of the kernel by perf_event_open(2), of each thread that works. Many virtual machines
 * have none of the processor's; why each that is missing is missing is kept for the results. Main thread only.
 */
#ifndef GNB_PERF_H
#define GNB_PERF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define GNB_PERF_EVENTS 10
/* The first of them, which every run looks at. */
#define GNB_PERF_PLAIN 4

/* Whose events. Of the kernel's own counters (faults, switches) there are those of all only. */
enum gnb_perf_mode {
	GNB_PERF_USER,
	GNB_PERF_KERNEL,
	GNB_PERF_HYPERVISOR,
	GNB_PERF_ALL,
	GNB_PERF_MODES,
};

extern const char *const gnb_perf_mode_names[GNB_PERF_MODES];

/* What one counter came to. */
struct gnb_perf_value {
	double n;		   /* events, scaled where the counter was shared */
	uint64_t enabled, running; /* ns that it was wanted, and that it was on the processor */
};

/* What the counters of all threads came to while they were on: threads times events times modes. */
struct gnb_perf_sums {
	unsigned threads;
	struct gnb_perf_value (*of)[GNB_PERF_EVENTS][GNB_PERF_MODES];
};

struct gnb_perf_fd {
	int fd;
	bool leads; /* a group, which is switched as one */
	unsigned thread, event;
	enum gnb_perf_mode mode;
	struct gnb_perf_value before; /* as read last, unscaled */
};

struct gnb_perf {
	bool full;	/* asked for by --perf: all events, by mode */
	bool available; /* of the first GNB_PERF_PLAIN, any */
	unsigned threads, nr;
	struct gnb_perf_fd *fd;
	char reason[160];			  /* why none, or what is missing of them */
	int why[GNB_PERF_EVENTS][GNB_PERF_MODES]; /* errno; 0: there, or not asked for */
};

/*
 * Open what there is for these threads. full: all events, each by mode; otherwise the first GNB_PERF_PLAIN, of user and
 * kernel together, or of the user alone if no more is allowed. p->available says whether that is anything. 0 or
 * -ENOMEM; close it in any case.
 */
int gnb_perf_open(struct gnb_perf *p, const pid_t *tid, unsigned threads, bool full);
void gnb_perf_close(struct gnb_perf *p);

/* Count from here. */
void gnb_perf_on(struct gnb_perf *p);

/* Stop. */
void gnb_perf_off(struct gnb_perf *p);

/*
 * Add what was counted since this was called last to sums, which grows at first use; NULL: it counts for nothing, as the
 * run was dropped. 0 or -ENOMEM.
 */
int gnb_perf_take(struct gnb_perf *p, struct gnb_perf_sums *sums);

void gnb_perf_sums_free(struct gnb_perf_sums *s);

/* All threads together; running of none is 0, and then the counter never was on the processor. */
struct gnb_perf_value gnb_perf_total(const struct gnb_perf_sums *s, unsigned event,
				     enum gnb_perf_mode mode);

/* What an event is called. */
const char *gnb_perf_name(unsigned event);

/* Why one is missing, in words with what can be done. */
const char *gnb_perf_why(int error);

#endif
