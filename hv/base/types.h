/* SPDX-License-Identifier: GPL-2.0-only */
/* The hypervisor's own structures. */
#ifndef HV_TYPES_H
#define HV_TYPES_H

#include <errno.h>
#include <hv/device.h>
#include <hv/hv.h>
#include <hv/lend.h>
#include <hv/log_dirty.h>
#include <hv/pv_iommu.h>
#include <hv/locks.h>
#include <xen/xen.h>
#include <xen/grant_table.h>

#include <stdlib.h>
#include <string.h>

#include "mutant.h"
#include "mutex.h"

#define hv_likely(x)   __builtin_expect(!!(x), 1)
#define hv_unlikely(x) __builtin_expect(!!(x), 0)
/* Where the compiler's choice would decide what an operation costs: counts hold it still. */
#define hv_always_inline inline __attribute__((always_inline))
#define hv_noinline	 __attribute__((noinline))
#define HV_CACHELINE	 64
#define hv_aligned_line	 __attribute__((aligned(HV_CACHELINE)))

/* ---- locks (lock.h) ---- */

struct hv_spinlock {
	uint32_t head, tail; /* ticket lock, as Xen's */
};

struct hv_recursive_lock {
	struct hv_spinlock spin;
	struct hv_vcpu *owner;
	unsigned depth;
};

/* Xen's queue rwlock, reduced to its uncontended fast paths and a fair slow path. */
struct hv_rwlock {
	uint32_t cnts; /* bit 31: writer; bit 30: writer waiting; below: readers */
	struct hv_spinlock wait;
};

struct hv_percpu_rwlock {
	struct hv_rwlock rw;
	bool writer_activating;
	uint8_t class;	  /* enum hv_lock_class: which per-CPU slot its readers use */
	unsigned scanned; /* CPUs that a writer looks at */
};

enum hv_lock_class { HV_CLASS_GRANT, HV_CLASS_P2M, HV_LOCK_CLASSES };

/* ---- per CPU ---- */

struct hv_cpu {
	struct hv_percpu_rwlock
		*reading[HV_LOCK_CLASSES]; /* written by the CPU, scanned by writers */
	bool used;
	struct hv_vcpu *vcpu; /* that runs on it, or NULL */
} hv_aligned_line;

/* ---- frames ---- */

#define HV_PGC_ALLOCATED (1ull << 63) /* the owner holds its allocation reference */
#define HV_PGC_XEN_HEAP	 (1ull << 62)
#define HV_PGC_COUNT	 0xffffffffull

enum hv_page_type { HV_PGT_NONE, HV_PGT_WRITABLE, HV_PGT_L1, HV_PGT_TABLE };
#define HV_PGT_LOCKED	  (1u << 31)
#define HV_PGT_TYPE_SHIFT 28
#define HV_PGT_TYPE	  (3u << HV_PGT_TYPE_SHIFT)
#define HV_PGT_COUNT	  ((1u << HV_PGT_TYPE_SHIFT) - 1)

/* Xen's page_info. */
struct hv_page {
	uint64_t count_info;
	uint32_t type_info;
	bool free;  /* in the allocator */
	bool fixed; /* cannot be given up by the guest (argument memory, PV page tables) */
	uint16_t
		lent; /* small entries of borrowers that lead to it; under the owner's page_alloc_lock */
	struct hv_domain *owner;
	/* GFN at which the owner has it, or HV_INVALID. No lock: hv_load(), hv_store(). */
	uint64_t m2p;
	uint32_t next_free;
	uint16_t lent_large; /* and large ones that begin with it */
};

/* ---- translation tables (pt.h): for p2m, IOMMU, PV page tables, tracking tree ---- */

struct hv_pt {
	struct hv_domain *d; /* who pays for tables */
	uint64_t *root;
	bool replaces;	   /* a superpage takes the place of tables that map nothing */
	bool guest_tables; /* its tables are pages of the guest (PV), and freed with its RAM */
	bool spends;	   /* a split takes a table that was kept for it: hv_pt_set_kept() */
	unsigned nr_kept;
	uint64_t *kept; /* each begins with a pointer to the next */
};

enum hv_p2m_type {
	HV_P2M_INVALID,
	HV_P2M_RAM_RW,
	HV_P2M_RAM_LOGDIRTY,
	HV_P2M_MMIO_DIRECT,
	HV_P2M_GRANT_RW,
	HV_P2M_GRANT_RO,
	HV_P2M_RANGE_RW, /* a range of version 1's grants (v1-range): only its record changes it */
	HV_P2M_RANGE_RO,
	HV_P2M_SUPER_RW, /* a superpage by one grant of version 1 (v1-super): only its unmap does */
	HV_P2M_SUPER_RO,
	HV_P2M_V3_RW, /* a grant of version 3: only what made it changes it, not version 1's unmap */
	HV_P2M_V3_RO,
	HV_P2M_FOREIGN, /* a page of another domain's that a toolstack put there, with a reference */
	HV_P2M_LENT,	/* memory lent to the domain (lend.h): read-only without HV_PTE_WRITE */
	HV_P2M_LENT_ABSENT, /* what is lent and not there now: marked, so that each access faults */
	HV_P2M_XEN_SHARED,  /* a hypervisor page shared with the guest: grant and status frames */
};

struct hv_p2m {
	struct hv_percpu_rwlock lock;
	struct hv_vcpu *owner; /* recursive writer */
	unsigned depth;
	bool need_flush; /* at the outermost unlock */
	uint64_t
		changes; /* so far: what was looked up at some number still holds at the same one */
	uint64_t *near;	 /* near.c: the table of 4K entries that was looked at last, or NULL */
	uint64_t near_region;
	struct hv_pt pt;
	bool marks; /* there may be entries that are marked (marks.h) */
	bool global_logdirty;
	uint64_t log_first, log_end; /* and what of it is logged otherwise: dirty VRAM */
};

/* ---- the log of dirty pages (log_dirty.h) ---- */

/* An operation that was left, and goes on. */
struct hv_log_left {
	const struct hv_domain *by; /* NULL: none was */
	unsigned op;
	unsigned i4, i3; /* where in the trie */
	uint64_t done;	 /* pages; of OFF the result */
};

struct hv_log {
	bool on;	/* PG_log_dirty */
	uint8_t way;	/* enum hv_log_way; HV_LOG_WAYS: its pages cannot be logged */
	uint64_t **top; /* of the trie, or NULL; under the paging lock, as all that follows */
	unsigned allocs, failed_allocs;
	bool added; /* RAM came to the domain since the last CLEAN: it can be written, and is not logged */
	uint64_t dirty_count;
	struct hv_log_left left;
	unsigned devices[HV_DEVICE_KINDS]; /* assigned, of each kind */
	enum hv_log_veto veto;
	/* A page is dirty, by its number or its frame's: into the trie, or the bits. As dear as a call by name. */
	void (*mark)(struct hv_vcpu *cur, struct hv_domain *d, uint64_t pfn);
	void (*mark_frame)(struct hv_vcpu *cur, struct hv_domain *d, uint64_t mfn);
	/* Of a way that is not MARKS, and from the first ENABLE on: a bit a page, and room for as many to be handed out. */
	uint64_t *bits;
	uint64_t slot; /* pages from 0 on that are logged */
	unsigned ring; /* entries of a vCPU's */
	/* What is true, and nobody in Xen knows: pages that a device wrote to unrecorded, a bit each. */
	uint64_t *truth;
	struct hv_log_stats stats;
};

/* KVM's struct kvm_dirty_gfn: the hypervisor fills it, the toolstack takes it, the hypervisor empties it. */
struct hv_ring_entry {
	uint32_t flags; /* HV_RING_* */
	uint32_t slot;
	uint64_t gfn;
};

struct hv_ring {
	struct hv_ring_entry *entry;
	uint32_t dirty, reset; /* so many were put in and emptied so far */
	uint32_t taken;	       /* the toolstack's own */
	bool full;	       /* the vCPU's own: its last access was not done for it */
};

/* ---- frames that a domain may have mapped by number (iomem.h) ---- */

#define HV_IOMEM_RANGES 16

struct hv_iomem {
	struct {
		uint64_t first, end;
	} range[HV_IOMEM_RANGES]; /* apart from one another */
	unsigned nr;
};

/* ---- memory lent (lend.h) ---- */

#define HV_MAX_LOANS 16 /* of a borrower */

struct hv_loan {
	struct hv_domain *lender;
	uint64_t gfn, pages;
	bool write, bar;
	uint8_t policy;
	unsigned revokes;		   /* that have begun and not ended */
	uint64_t revoke_first, revoke_end; /* a range that has all of theirs */
	uint64_t seq;			   /* revokes that have ended */
};

struct hv_lend {
	struct hv_spinlock lock;
	unsigned nr;
	struct hv_loan loan[HV_MAX_LOANS]; /* changed with the p2m lock and this one */
	uint64_t
		stepped_max; /* entries that one revoke changed, at most, one with the lock at a time */
	struct hv_lend_stats stats;
};

/* A vCPU's access that met what is lent and absent; under the domain's lend lock. */
struct hv_fault {
	enum hv_fault_state {
		HV_FAULT_NONE,
		HV_FAULT_WAITS,
		HV_FAULT_DONE, /* by the lender, with this answer */
		HV_FAULT_FAILED
	} state;
	unsigned off, len, answer;
	bool write;
	bool met; /* the vCPU's own: its last fault was such a one, whatever became of it since */
	uint64_t gfn, data;
};

/* ---- flushes (tlb.h) ---- */

/*
 * What is flushed once, at the end of a hypercall, and not at once as in Xen: translations in the
 * TLBs of a domain's CPUs (v1-batch), those of its device in the IOTLB (iommu batched), or both.
 */
enum hv_late { HV_LATE_NONE, HV_LATE_TLB, HV_LATE_IOTLB, HV_LATE_BOTH };

/* ---- software TLB ---- */

#define HV_TLB_ENTRIES 64
struct hv_tlb_entry {
	uint64_t vpn, mfn, gen;
	bool writable;
};

/* ---- IOMMU ---- */

#define HV_IOTLB_ENTRIES 64
#define HV_QI_LENGTH	 256

/*
 * What the unit knows an address space by (VT-d: a domain id): the domain's number for its own tables, and from
 * HV_MAX_DOMAINS on a number of its own for each context.
 */
#define HV_IOMMU_TAGS 1024

struct hv_iotlb_entry {
	bool valid, writable, dirty;
	uint16_t tag;
	uint8_t order;
	uint64_t dfn, mfn; /* of the first page */
};

struct hv_qi_desc {
	/* A word is written: whoever waits for it goes on, or what was seen of a device is seen no more. */
	enum { HV_QI_PAGES, HV_QI_DOMAIN, HV_QI_WORD } kind;
	uint16_t tag;
	uint8_t order;
	uint64_t dfn;
	uint64_t *word; /* HV_QI_WORD: where to write */
	uint64_t value;
};

/* One remapping unit of the host (VT-d: a DRHD). */
struct hv_iommu_unit {
	struct hv_spinlock register_lock; /* the queue */
	struct hv_qi_desc queue[HV_QI_LENGTH];
	unsigned head, tail;
	hv_mutex tlb_lock; /* the hardware's own: one access or invalidation at a time */
	struct hv_iotlb_entry tlb[HV_IOTLB_ENTRIES];
	uint64_t tags[HV_IOMMU_TAGS / 64]; /* of contexts, taken; under register_lock */
};

struct hv_iommu {
	enum hv_iommu_mode mode;
	bool dirty_bits; /* its entries say what was written to */
	struct hv_spinlock mapping_lock;
	struct hv_pt pt; /* strict and batched */
};

/* An address space of devices beside the domain's own (context.h). */
struct hv_context {
	struct hv_domain *d;	 /* who pays for its tables, and whose device is in it */
	struct hv_context *next; /* of the domain's; under its device_lock */
	struct hv_spinlock lock; /* its tables */
	struct hv_pt pt;
	uint16_t tag;
	unsigned devices; /* in it; under device_lock */
	/* NULL: by pt. Else how the unit translates: what is at dfn, or 0, and the order of it. Takes no lock. */
	uint64_t (*walk)(struct hv_context *c, uint64_t dfn, unsigned *order);
};

/* Where a device is: what its entry says, and what the unit has of that. */
struct hv_attached {
	struct hv_context *context, *seen; /* NULL: the domain's own tables */
	uint64_t is_seen; /* the unit has it, and looks no more; 0: not. Under tlb_lock */
};

/* Ranges that were unmapped and wait for one invalidation of the domain (hv_iommu_unmap_later()). */
struct hv_iommu_later {
	struct hv_spinlock lock;
	uint64_t ranges, pages; /* that wait now */
	uint64_t unmaps,
		first; /* all so far, and how many there were before the oldest that waits */
	struct hv_iommu_stale stale; /* the largest window so far */
};

#include "pv_types.h"

/* ---- vCPUs, domains, host ---- */

#define HV_MAX_HELD 8

#ifdef HV_HOLD
/* A lock that is held since then. */
#define HV_MAX_HOLDS 16
struct hv_hold {
	const void *lock;
	enum hv_lock kind;
	uint64_t since;
};
#endif

/* Freed blocks of a size. */
struct hv_kept {
	void *first; /* whose first word is the next */
	unsigned blocks;
};

#define HV_KEPT_SIZES 64 /* multiples of 64 bytes, up to a page */

struct hv_vcpu {
	struct hv_domain *d;
	struct hv_host *host;
	struct hv_cpu *cpu;
	uint64_t cr3; /* translated: where its page tables begin, by GFN */
	unsigned id;
	struct hv_counters count hv_aligned_line;
	unsigned preempt_tick;
	unsigned preempt_every; /* the host's; 1 once the domain is crashed */
	uint32_t op_cookie;	/* what stands above the command of a grant operation */
	uint64_t rand;
	uint8_t flush_late; /* enum hv_late: the domain's inside of an unmap, else none */
	uint8_t flush_owed; /* taken away, and not flushed yet */
	bool no_alloc;	    /* in what must not take memory: an allocation is a violation */
	uint64_t qi_status, qi_seq;
	struct hv_unmap *unmap; /* HV_UNMAP_CHUNK of them */
	uint64_t *frames;	/* of a range between its two halves: GNTRANGE_MAX_COUNT */
	void *v3_buffer;	/* GV3_BUFFER bytes */
	uint32_t
		v3_retired; /* frames that are free when every hypercall of now has ended; 0: none */
#ifdef HV_DEBUG
	unsigned held[HV_MAX_HELD];
	unsigned nr_held, held_before;
#endif
	/* maptrack free list */
	struct hv_spinlock freelist_lock hv_aligned_line;
	unsigned maptrack_head, maptrack_tail;
	/* written by flushers, read by the guest */
	uint64_t tlb_gen hv_aligned_line;
	uint64_t access_seq hv_aligned_line; /* odd: inside an access */
	uint64_t call_seq;		     /* odd: inside a hypercall */
	struct hv_tlb_entry tlb[HV_TLB_ENTRIES];
	struct hv_kept kept[HV_KEPT_SIZES];
	struct hv_lock_account *locks; /* waits.h */
	struct hv_fault fault;
	struct hv_ring ring;
#ifdef HV_HOLD
	struct hv_hold hold[HV_MAX_HOLDS];
	unsigned nr_holds;
#endif
};

struct hv_domain {
	struct hv_host *host;
	domid_t id;
	enum hv_guest guest;
	bool privileged;
	uint8_t flush_late; /* enum hv_late: its flush policy */
	bool args_walked;   /* its arguments are found by its page tables */
	uint16_t super;	    /* GNTMAP_super if it maps superpages (v1-super), else 0 */
	bool beyond_v1;	    /* it maps by other ways than version 1's own (hv/host/op.c) */
	uint8_t args_block; /* structures that map and unmap copy at once (v1-args); 0: as version 1 does */
	bool is_dying, crashed;
#ifdef HV_SLOW
	bool slow;
#endif
	struct hv_domain *next_ended;
	unsigned nr_vcpus;
	struct hv_vcpu **vcpu;
	unsigned nr_pages, args_pages, map_slots;
	unsigned table_pages; /* behind those: its page tables, if it is translated (guest_pt.h) */
	uint64_t first_mfn, first_args_mfn;
	int memfd;
	uint64_t nr_owned;		    /* frames with this owner, hypervisor pages apart */
	struct hv_spinlock page_alloc_lock; /* what it may own, and whether it still may */
	uint64_t heap_bytes, heap_limit;
	struct hv_p2m p2m; /* translated */
	struct hv_pt pv;   /* PV page tables of the map area */
	struct hv_iommu iommu;
	struct hv_grant_table *gt;
	struct hv_iommu_later later;
	struct gv3_state *v3;			   /* its part of grant tables version 3 */
	uint64_t events_pending, events[HV_PORTS]; /* by port: a bit, and how many were sent */
	uint64_t v3_bytes, max_v3_bytes;	   /* what these cost it, within heap_bytes */
	bool v3_walk_cache;			   /* nodes of its trees are remembered */
	struct hv_recursive_lock paging;
	unsigned paused; /* so often: its guest does nothing */
	struct hv_log log;
	struct hv_iomem iomem;
	struct hv_lend lend;		/* translated */
	bool lends;			/* it may be a lender: what it gives up is looked at */
	domid_t lender;			/* beside the privileged ones, or DOMID_INVALID */
	struct hv_spinlock device_lock; /* where its devices are, and its contexts */
	struct hv_attached device[HV_DEVICES];
	struct hv_context *contexts;
	struct hv_context nowhere; /* where a device reaches nothing */
	/* Told of an access that was refused, in the thread of it and with no lock held; NULL: nobody is. */
	void (*device_fault)(struct hv_domain *d, unsigned dev, uint64_t dfn, bool write);
	struct hv_viommu *viommu; /* its virtio-iommu, or NULL (hv/virtio/) */
	struct hv_pviommu pvi;
	struct hv_bfn_space bfn;
	bool watched; /* others may have its pages in such a space: what it gives up is looked for there */
};

struct hv_host {
	struct hv_host_config cfg;
	struct hv_cpu *cpus;
	/* Of each class of per-CPU locks: what a CPU reads when it reads nothing, or of plain locks. */
	struct hv_percpu_rwlock *idle[HV_LOCK_CLASSES], nobodys;
	uint8_t *directmap;
	uint64_t nr_frames, first_ram; /* frames below first_ram are the hypervisor's */
	uint64_t nr_machine; /* those from nr_frames on are a device's memory: no struct hv_page */
	uint64_t ram_top;    /* no frame from here on is free; under ram_lock */
	struct hv_page *frames;
	struct hv_spinlock heap_lock; /* free list of hypervisor frames */
	uint32_t heap_free;
	uint64_t heap_nr_free;
	uint64_t alloc_count, alloc_fail_at;
	uint64_t rand; /* for the layout; under toolstack_lock */
	struct hv_domain *domain[HV_MAX_DOMAINS];
	struct hv_domain *ended;  /* out of the list, to be freed; under ram_lock */
	struct hv_vcpu toolstack; /* CPU 0: counts and locks of operations by no vCPU */
	hv_mutex toolstack_lock;
	struct hv_spinlock domctl_lock;		  /* taken by trying */
	struct hv_spinlock caps_lock;		  /* struct hv_iomem of all domains */
	hv_mutex ram_lock;			  /* the allocator of domain frames */
	struct hv_spinlock flush_lock, call_lock; /* host-wide, as in Xen */
	uint32_t tlbflush_clock;
	struct hv_iommu_unit iommu;
	char violation[200];
	struct {
		struct hv_spinlock lock;
		struct hv_m2b *bucket[HV_M2B_BUCKETS]; /* by frame */
	} m2b;
};

static inline bool hv_translated(const struct hv_domain *d)
{
	return d->guest == HV_GUEST_TRANSLATED;
}

#endif
