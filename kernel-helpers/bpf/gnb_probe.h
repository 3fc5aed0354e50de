/* SPDX-License-Identifier: GPL-2.0-only */
/* What the programs of eBPF hand to the collector, and what it tells them. */
#ifndef GNB_PROBE_H
#define GNB_PROBE_H

#include <hv/locks.h>

enum gnb_record_type { GNB_RECORD_WAITS, GNB_RECORD_SAMPLES };

struct gnb_record_waits {
	uint32_t type, tid;
	uint32_t kind, final;
	uint32_t serial; /* of the vCPU */
	uint16_t domain, cpu;
	struct hv_lock_times times;
};

struct gnb_record_samples {
	uint32_t type, tid;
	uint32_t serial, n;
	struct hv_lock_sample sample[HV_SAMPLES];
};

/* What was seen of a vCPU by the clock: the kind of lock that it waits for, or one of these. */
#define GNB_SEEN_NO_WAIT HV_NR_LOCKS
#define GNB_SEEN_UNREAD	 (HV_NR_LOCKS + 1) /* its account could not be read: it has ended */

struct gnb_seen_key {
	uint32_t serial, kind, holder;
};

/* Counts of what went wrong in a program. */
enum gnb_lost { GNB_LOST_READ, GNB_LOST_ROOM, GNB_NR_LOST };

/* The account of the vCPU that a thread runs. */
struct gnb_account {
	uint64_t at;
	uint32_t serial, unused;
};

/* What the pair of probes around each wait has seen: waits, and nanoseconds of them. */
struct gnb_pair {
	uint64_t n, ns;
};

/* A lock of the kernel that a thread of the process waited for: who asked for it, and of what kind it is (LCB_F_*). */
struct gnb_kernel_key {
	int32_t stack; /* an index of the map kernel_stacks, or -errno */
	uint32_t flags;
};

/* A futex that a thread of the process waited for. */
struct gnb_futex_key {
	uint64_t at;
	int32_t stack; /* an index of the map user_stacks, or -errno */
	uint32_t op;   /* FUTEX_* */
};

#define GNB_KERNEL_BUCKETS 48

/* How often it was waited for, counted at the begin of a wait; the others at its end, in nanoseconds. */
struct gnb_kernel_times {
	uint64_t n, ended, ns, max;
	uint64_t hist[GNB_KERNEL_BUCKETS]; /* as of struct hv_lock_times */
};

/* Events as they come: a lock that is spun for first and slept for then has two begins and one end. */
enum gnb_kernel_event { GNB_KERNEL_BEGIN, GNB_KERNEL_END, GNB_KERNEL_LOST, GNB_NR_KERNEL };

#define GNB_KERNEL_FRAMES 32

/* Functions of Linux' own way to map and unmap grants of other domains (/dev/xen/gntdev), and how often and how long. */
#define GNB_XEN_FUNCTIONS(X)                                                                       \
	X(gntdev_mmap)                                                                             \
	X(gntdev_map_grant_pages)                                                                  \
	X(gnttab_map_refs)                                                                         \
	X(gntdev_invalidate)                                                                       \
	X(gnttab_unmap_refs_async)
#define GNB_XEN_ENUM(name) GNB_XEN_##name,
enum gnb_xen_function { GNB_XEN_FUNCTIONS(GNB_XEN_ENUM) GNB_NR_XEN_FUNCTIONS };

struct gnb_xen_times {
	struct gnb_kernel_times times; /* n: calls, ended: those that returned */
	uint64_t least;		       /* of these, ns; 0: none returned */
};

/*
 * Multicalls: hypercalls that a PV guest's kernel puts together. Those of its own that change page tables are gathered
 * while it works on many, and go to Xen at a flush.
 */
#define GNB_XEN_SIZES 33 /* a flush has at most 32 */
#define GNB_XEN_OPS   64
struct gnb_multicalls {
	uint64_t batches, issues, calls, extended, callbacks;
	uint64_t full; /* flushes because there was no room for one more */
	/* Flushes by the calls in them; calls by hypercall, where the last one has all that have no number below. */
	uint64_t flushes[GNB_XEN_SIZES], op[GNB_XEN_OPS];
};

/* Whose clock ticks count: the process, by its number in the collector's own name space of processes. */
struct gnb_whose {
	uint64_t dev, ino;
	uint32_t pid;
};

#endif
