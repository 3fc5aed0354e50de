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

/* Whose clock ticks count: the process, by its number in the collector's own name space of processes. */
struct gnb_whose {
	uint64_t dev, ino;
	uint32_t pid;
};

#endif
