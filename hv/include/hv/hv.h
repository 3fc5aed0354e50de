/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The reference hypervisor: domains, guest memory, p2m, grant tables 1 and 2, IOMMU, software TLBs, in
 * one process. It takes the locks, walks, flushes and references that Xen 4.17 takes, in Xen's order, so
 * that the cost of a design is the cost of its design. It knows nothing of benchmarks.
 *
 * Threads: any number of vCPUs may run at once, each driven by one thread at a time. Functions that take
 * a host or a domain and no vCPU are the toolstack's; they are serialised inside and may run beside
 * vCPUs unless the comment says otherwise.
 *
 * Errors are -errno. Statuses of grant operations are Xen's GNTST_* codes inside the arguments.
 */
#ifndef HV_HV_H
#define HV_HV_H

#include <hv/counters.h>
#include <hv/log_dirty.h>
#include <hv/pv_iommu.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HV_PAGE_SHIFT	  12
#define HV_PAGE_SIZE	  (1u << HV_PAGE_SHIFT)
#define HV_MAX_DOMAINS	  16
#define HV_MAX_VCPUS	  64 /* per domain */
#define HV_MAX_CPUS	  4096
#define HV_PORTS	  64 /* event channels of a domain; port 0 is none */
#define HV_INVALID	  UINT64_MAX
#define HV_GFN_MAP_BASE	  (1ull << 24) /* GFN of map slot 0 of a translated guest */
#define HV_GFN_GRANT_BASE (1ull << 26) /* a good place for its grant and status frames */

struct hv_host;
struct hv_domain;
struct hv_vcpu;

enum hv_guest {
	HV_GUEST_PV,	     /* maps grants into its page tables; frames in entries are MFNs */
	HV_GUEST_TRANSLATED, /* HVM or PVH: maps grants into its p2m; frames in entries are GFNs */
};

enum hv_flush_model {
	HV_FLUSH_COUNT,	     /* software TLBs are flushed and the flush counted */
	HV_FLUSH_MEMBARRIER, /* and each flush sends the host's interrupt by membarrier(2) */
};

enum hv_entry_model {
	HV_ENTRY_NONE,	  /* a hypercall is a function call */
	HV_ENTRY_SYSCALL, /* plus one real system call, a stand-in for the trap */
};

/* How grants reach the IOMMU (Xen: need_iommu_pt_sync, iommu_use_hap_pt). */
enum hv_iommu_mode {
	HV_IOMMU_NONE,	 /* no device, or a PV dom0 with a static identity map: no work per grant */
	HV_IOMMU_SHARED, /* the p2m is the IOMMU's table (EPT, sharept); translated only */
	HV_IOMMU_STRICT, /* tables of its own; invalidate and wait for every page */
	HV_IOMMU_BATCHED, /* tables of its own; one invalidation and wait per hypercall. Not in Xen. */
};

/* When the translations that an unmap took away are flushed. For the IOMMU's, its mode says it. */
enum hv_flush_policy {
	HV_FLUSH_PER_MAPPING, /* as Xen: for each mapping of a translated guest, for 32 of a PV guest */
	HV_FLUSH_PER_HYPERCALL, /* v1-batch: once, outside the entry lock. Not in Xen. */
};

struct hv_host_config {
	unsigned nr_cpus;    /* CPUs a per-CPU writer scans: 2..HV_MAX_CPUS; 0: 8 */
	unsigned heap_pages; /* hypervisor memory; 0: 8192 */
	unsigned ram_pages;  /* memory for domains, rounded up to 2 MiB; 0: 8192 */
	unsigned bar_pages;  /* memory of a device, nobody's RAM, rounded up likewise; 0: none */
	enum hv_flush_model flush;
	enum hv_entry_model entry;
	/* p2m locks are read-write locks of one word, as in a Xen without per-CPU ones. Not in Xen 4.17. */
	bool plain_p2m_lock;
	unsigned preempt_every; /* preempt a hypercall after so many checks; 0: never */
	bool poison;		/* fill freed frames with HV_POISON */
	bool audit; /* check on every free that no TLB or IOTLB still reaches the frame; one thread only */
	bool prefault; /* fault hypervisor memory in now, not at its first use */
	uint64_t seed; /* for maptrack stealing and where structures lie; 0: 1 */
};

#define HV_POISON 0xc2

struct hv_domain_config {
	enum hv_guest guest;
	enum hv_iommu_mode iommu;
	unsigned pages;		   /* RAM; at least 1 */
	unsigned args_pages;	   /* memory for hypercall arguments; 0: 16 */
	unsigned vcpus;		   /* 0: 1 */
	unsigned map_slots;	   /* PV: pages of address space with page tables, for mappings */
	unsigned max_grant_frames; /* 0: 64, Xen's default */
	unsigned max_maptrack_frames; /* 0: 1024 */
	unsigned max_grant_version;   /* 0: 2 */
	unsigned max_v3_trees;	      /* trees of version 3 that it may register; 0: 64 */
	unsigned max_v3_pages; /* what version 3 may cost it as granter and mapper; 0: 1024 */
	enum hv_log_veto
		log_veto; /* when the pages of a translated domain can be logged: hv/log_dirty.h */
	enum hv_log_way
		log_way; /* and how. All but the first: not in Xen; translated domains only */
	unsigned
		log_ring; /* HV_WAY_RING: entries of a vCPU's ring, a power of two, 256 to 65536; 0: 65536 */
	bool iommu_dirty_bits; /* its IOMMU's own tables say what its device wrote to. Not in Xen. */
	bool v3_walk_cache; /* version 3 remembers nodes of its trees: docs/grant-v3.md, invalidate */
	bool privileged; /* the toolstack's: may set up another domain's table, and bind its trees */
	/*
	 * v1-revoke: what is mapped of its pages by versions 1 and 2 can be taken away, from mappers that are revocable, too
	 * (kernel-helpers/include/grant_v1_revoke.h). Not in Xen. -EINVAL with super or args_block; and no range of
	 * v1-range can be mapped by it, nor of its pages.
	 */
	bool revocable;
	enum hv_flush_policy flush;
	bool args_direct; /* a translated domain's arguments are read where they are, as a PV domain's. Not in Xen: for
			   * what it costs to walk to them */
	bool lends; /* it may lend memory (hv/lend.h): to any if it is privileged, else to whom it is the lender of */
	bool pv_iommu; /* it may have IOMMU contexts of its own (hv/pv_iommu.h). Not in Xen. */
	enum hv_dom0_iommu
		dom0_iommu;  /* of a privileged one: its bus addresses by the draft of 2016 */
	bool pv_iommu_large; /* and map there by 2 MiB, which the proposal has not */
	bool super; /* v1-super: superpages by one entry of version 1, in its table and as it maps. Not in Xen. */
	bool args_block; /* v1-args: map and unmap copy their arguments 32 at a time. Not in Xen. */
	uint64_t heap_limit; /* bytes of hypervisor memory it may cost; 0: no limit */
#ifdef HV_SLOW
	bool slow; /* what it maps costs more instructions (base/slow.h) */
#endif
};

/* ---- host ---- */

/* -EINVAL for a bad field, -ENOMEM, -ENOSYS if membarrier was asked for and is not there. */
int hv_host_create(const struct hv_host_config *cfg, struct hv_host **host);

/* Ends all domains and frees everything. No vCPU may be running. */
void hv_host_destroy(struct hv_host *host);

/*
 * Fail the n-th allocation from now on (1: the next), once; 0 switches it off. Returns how many
 * allocations were made since the last call. For tests of the error paths.
 */
uint64_t hv_host_fail_alloc(struct hv_host *host, uint64_t n);

/* The first machine frame of the device's memory (bar_pages), by which a toolstack has it mapped; HV_INVALID: there is none. */
uint64_t hv_host_bar(const struct hv_host *host);

/* ---- domains (toolstack) ---- */

/* Creates it with the next free id. -EINVAL, -ENOMEM, -ENOSPC when there are HV_MAX_DOMAINS. */
int hv_domain_create(struct hv_host *host, const struct hv_domain_config *cfg,
		     struct hv_domain **d);

/*
 * Xen's domain_kill: releases the domain's own mappings, then its memory. No vCPU of it may run. What
 * others still map stays allocated and the domain a zombie until they let go; the id is free after that.
 * The pointer must not be used afterwards.
 */
void hv_domain_kill(struct hv_domain *d);

uint16_t hv_domain_id(const struct hv_domain *d);
struct hv_vcpu *hv_domain_vcpu(struct hv_domain *d, unsigned i); /* NULL if there is no such vCPU */

/* A domain that misbehaved in a way for which Xen crashes it; its hypercalls then return -EIO. */
bool hv_domain_crashed(const struct hv_domain *d);

/* Bytes: domain memory in use, hypervisor memory it costs. */
void hv_domain_usage(const struct hv_domain *d, uint64_t *guest_bytes, uint64_t *hv_bytes);

/*
 * Bytes of its grant table alone: frames shared with the guest (shared and status), and hypervisor-side
 * structures (active entries, maptrack, tracking tree).
 */
void hv_domain_grant_bytes(const struct hv_domain *d, uint64_t *guest_bytes, uint64_t *hv_bytes);

/* Bytes of its handles of what it has mapped by versions 1 and 2, which are among the above. */
uint64_t hv_domain_maptrack_bytes(const struct hv_domain *d);

/*
 * Bytes of the hypervisor that version 3 costs it: the trees that it has registered; and of those that are for it
 * records, lists of frames, shadows and sinks. Nodes are RAM of its own.
 */
uint64_t hv_domain_v3_bytes(const struct hv_domain *d);

/* Grants that the domain has mapped now. */
unsigned hv_domain_mappings(const struct hv_domain *d);

/* ---- what a guest sees ---- */

/* The number by which the guest names its RAM page i: a GFN, or an MFN for a PV guest. */
uint64_t hv_guest_frame(const struct hv_domain *d, unsigned i);

/* The guest's own view of a frame it owns or shares (RAM, grant frames), or NULL. */
void *hv_guest_frame_ptr(const struct hv_domain *d, uint64_t frame);

/*
 * Its memory for hypercall arguments. The guest's code runs in this process: its linear addresses are those
 * here. A PV guest's handles must lie inside this memory. A translated guest's are looked up in its own page
 * tables, of four levels, which the builder put into the RAM behind this memory, and which map nothing else.
 */
void *hv_guest_args(const struct hv_domain *d, size_t *bytes);

/* Translated: the vCPU's CR3, where its page tables begin by GFN << 12. The guest may have others. */
uint64_t hv_guest_cr3(const struct hv_vcpu *v);
void hv_guest_set_cr3(struct hv_vcpu *v, uint64_t cr3);

/* Address at which map slot i is mapped by a grant operation: linear for PV, physical otherwise. */
uint64_t hv_guest_map_addr(const struct hv_domain *d, unsigned i);

/* PV: machine address of the page-table entry of map slot i, for GNTMAP_contains_pte; else HV_INVALID. */
uint64_t hv_guest_map_pte(const struct hv_domain *d, unsigned i);

/*
 * A guest access through the vCPU's software TLB: off + len within one page, off from addr. Fills the TLB
 * on a miss, and keeps using what is in there until a flush. -EFAULT if there is no mapping or no right; -EAGAIN if
 * what is there is lent and absent (hv/lend.h): the vCPU waits, and is to try again when it was served; -ENOSPC if its
 * ring of dirty pages is full: again when the toolstack has taken some and reset them.
 */
int hv_guest_access(struct hv_vcpu *v, uint64_t addr, unsigned off, void *buf, unsigned len,
		    bool write);

/* A device access by the domain's device, through the IOTLB. -EOPNOTSUPP if iommu is none. */
int hv_device_access(struct hv_domain *d, uint64_t dfn, unsigned off, void *buf, unsigned len,
		     bool write);

/*
 * Event channels: ports 1 to HV_PORTS - 1 are the domain's to be told by (GNTTABOP_v3_notify_setup). Take the ports by
 * which an event is pending, bit by bit: none is pending then.
 */
uint64_t hv_guest_take_events(struct hv_domain *d);

/* Events that were sent by a port so far, also those that found one pending; 0 for what is no port. */
uint64_t hv_domain_events(const struct hv_domain *d, unsigned port);

/* ---- hypercalls ---- */

/*
 * HYPERVISOR_grant_table_op(cmd, uop, count): Xen's public structures, and those of
 * grant-v3/include/grant_v3.h. uop is a linear address of the guest (hv_guest_args()). 0, or -EFAULT, -EINVAL, -ENOSYS, -EOPNOTSUPP, -ESRCH, -EBUSY, -EAGAIN, -ERANGE,
 * -ENOMEM, -EPERM, -EILSEQ as Xen 4.17 returns them; -EIO for a crashed domain; -EINTR for a copy that can
 * only be tried again, which in Xen the guest's vCPU does by itself: what is not done has its old status.
 */
long hv_grant_table_op(struct hv_vcpu *v, unsigned cmd, void *uop, unsigned count);

/*
 * HYPERVISOR_memory_op: XENMEM_add_to_physmap (spaces grant_table, by which translated guests map their grant and status
 * frames, gmfn and gmfn_range), XENMEM_add_to_physmap_batch (and gmfn_foreign), XENMEM_remove_from_physmap,
 * XENMEM_decrease_reservation and XENMEM_populate_physmap (up to order 9), of the caller, or of any domain by a privileged
 * one. The last two return the number of extents done.
 */
long hv_memory_op(struct hv_vcpu *v, unsigned cmd, void *uop);

/* ---- direct IOMMU work, in the manner of Xen's iommu_map(), iommu_unmap(), iommu_iotlb_flush() ---- */

enum hv_flush_scope { HV_SCOPE_PAGE, HV_SCOPE_RANGE, HV_SCOPE_DOMAIN };

/*
 * Map n pages at dfn onto the domain's own RAM from page first on, with superpages up to order (0, 9, 18)
 * where alignment and contiguity allow. No flush. -EOPNOTSUPP without separate or shared tables.
 */
int hv_iommu_map(struct hv_vcpu *v, uint64_t dfn, unsigned first, uint64_t n, unsigned order);
int hv_iommu_unmap(struct hv_vcpu *v, uint64_t dfn, uint64_t n);
int hv_iommu_flush(struct hv_vcpu *v, uint64_t dfn, uint64_t n, enum hv_flush_scope scope);

/*
 * Unmap, and leave the invalidation for later: when `length` ranges of the domain wait (1..65536), one of
 * the whole domain makes good for all of them. Not in Xen; after the flush queues of Linux' DMA mappings.
 * Until then a device may still reach what was unmapped. Also -EINVAL for such a length.
 */
int hv_iommu_unmap_later(struct hv_vcpu *v, uint64_t dfn, uint64_t n, unsigned length);

/* Pay now what waits, if anything does. -EOPNOTSUPP without separate tables. */
int hv_iommu_settle(struct hv_vcpu *v);

/* The largest stale window that hv_iommu_unmap_later() has left open so far. */
struct hv_iommu_stale {
	uint64_t
		unmaps; /* of the domain, from one that waited to the invalidation, its own among them */
	uint64_t bytes; /* in reach of the device at once though no longer mapped */
};
void hv_iommu_stale(const struct hv_domain *d, struct hv_iommu_stale *stale);

/* ---- observation ---- */

/* The vCPU's counters so far. Exact when its thread is not inside a hypercall. */
const struct hv_counters *hv_vcpu_counters(const struct hv_vcpu *v);

/*
 * Check every invariant of the whole host, which must be idle: pins against handles, references against
 * pages, p2m and page tables against mappings, IOMMU counts, lists, accounting. 0, or -EUCLEAN with the
 * first violation in why[len]. trusting: guests keep to the protocol, so flags in their memory are
 * checked too.
 */
int hv_check(struct hv_host *host, bool trusting, char *why, size_t len);

/* The first violation that an audit or a debug assertion found, or NULL. */
const char *hv_host_violation(const struct hv_host *host);

#endif
