/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who waited for which lock of the hypervisor, and how long: an account per vCPU, written only by the thread that runs
 * it, and only where it has to wait. An acquisition that finds its lock free does nothing for it; how many there were,
 * the counters say (hv/counters.h). Programs of eBPF read these structures, so they are of fixed width.
 *
 * A wait is counted in ticks of the processor's time stamp counter, from when the lock was found taken until it was had.
 */
#ifndef HV_LOCKS_H
#define HV_LOCKS_H

#include <stdint.h>

struct hv_vcpu;
struct hv_host;

/* X(name, what it is). Of a read-write lock its readers and its writers are accounted for apart. */
#define HV_LOCKS(X)                                                                                \
	X(tree, "a tree of version 3, and the second one of a copy")                               \
	X(trees, "a domain's list of trees of version 3")                                          \
	X(grant_read, "grant_table.lock, read")                                                    \
	X(grant_write, "grant_table.lock, written")                                                \
	X(entry, "an active entry, and the second one of a swap")                                  \
	X(maptrack, "maptrack_lock, and a domain's ranges")                                        \
	X(freelist, "a vCPU's list of free handles")                                               \
	X(p2m_read, "a domain's p2m, read")                                                        \
	X(p2m_write, "a domain's p2m, written")                                                    \
	X(paging, "a domain's paging lock: its log of dirty pages")                                \
	X(alloc, "page_alloc_lock of a domain")                                                    \
	X(iommu, "a domain's IOMMU tables and contexts, and what waits for its invalidation")      \
	X(queue, "the invalidation queue of an IOMMU")                                             \
	X(flush, "flush_lock and call_lock of the host")                                           \
	X(domctl, "domctl_lock of the host")                                                       \
	X(heap, "free hypervisor frames")                                                          \
	X(page, "a page-table page (page_lock)")

enum hv_lock {
#define X(name, what) HV_LOCK_##name,
	HV_LOCKS(X)
#undef X
		HV_NR_LOCKS
};

/* Names in order, and NULL. */
extern const char *const hv_lock_names[HV_NR_LOCKS + 1];

#define HV_LOCK_BUCKETS 64

/* How often, and how long. hist[k]: from 1 << k to below 1 << (k + 1) ticks; hist[0] also those of no tick. */
struct hv_lock_times {
	uint64_t n, ticks, max; /* how many, all ticks together, the longest */
	uint64_t hist[HV_LOCK_BUCKETS];
};

/* What a vCPU waits for now. Written in this order at the begin of a wait: kind, holder, lock; at its end lock. */
struct hv_lock_state {
	uint64_t lock; /* its address; 0: it does not wait */
	uint32_t kind; /* enum hv_lock */
	uint32_t
		holder; /* serial of the vCPU that has it, where the lock knows: the p2m's writer and readers; 0 */
};

#define HV_SAMPLE_FRAMES 14
/* One of so many waits is kept as a sample while somebody wants them, with who asked for the lock. */
#define HV_SAMPLE_EVERY 64
#define HV_SAMPLES	32 /* that are kept before they are told */

struct hv_lock_sample {
	uint64_t ticks;
	uint32_t kind, frames;		  /* enum hv_lock, and how many follow */
	uint64_t frame[HV_SAMPLE_FRAMES]; /* return addresses, the innermost first */
};

#define HV_LOCKS_NO_DOMAIN 0xffff

/* Whole times of a kind are told each time that so many more waits for it are over, and when the vCPU ends. */
#define HV_TELL_EVERY 4096

struct hv_lock_account {
	struct hv_lock_state state;
	uint32_t serial; /* of the vCPU, in this process, from 1 */
	uint16_t domain,
		cpu; /* whose it is or HV_LOCKS_NO_DOMAIN, and which CPU of the host it runs on */
	uint64_t nr_waits;   /* of all kinds */
	uint64_t counts;     /* where the vCPU's struct hv_counters is: how many locks it took */
	uint64_t thread;     /* that waited last, as gettid() has it; 0: nobody yet */
	uint64_t told;	     /* its state was told by the probe lock_state */
	uint64_t nr_samples; /* so far; those not told yet are in samples[] */
	struct hv_lock_times waits[HV_NR_LOCKS];
	struct hv_lock_times holds[HV_NR_LOCKS]; /* all zero unless hv_lock_holds() */
	struct hv_lock_sample samples[HV_SAMPLES];
} __attribute__((aligned(64)));

/* The vCPU's account so far. Exact when its thread is not inside a hypercall. */
const struct hv_lock_account *hv_vcpu_locks(const struct hv_vcpu *v);

/* The same of what is done by no vCPU: building and ending domains. */
const struct hv_lock_account *hv_host_locks(const struct hv_host *host);

/* How long locks are held is accounted for, too: built with HOLD=1. Each acquisition then costs two readings of time. */
int hv_lock_holds(void);

/* The places for probes are in this build: sys/sdt.h was there (docs/probes.md). */
int hv_lock_probes(void);

#endif
