/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The seam between a benchmark and the hypervisor under it.
 *
 * A benchmark talks to a machine: one granter domain and one mapper domain on some hypervisor. What it
 * measures goes through one call, gnb_hypercall(), with the structures of Xen's public headers. The rest
 * of this header is what a guest kernel would do around that call: reach its own memory, write grant
 * entries, read through a mapping. A benchmark does not know which hypervisor answers; it asks, and a
 * cell that cannot run is skipped with the reason that the target gives.
 *
 * Locking: a machine belongs to one benchmark side. Different vCPUs of it may be used by different
 * threads at once, one thread per vCPU at a time.
 */
#ifndef GNB_TARGET_H
#define GNB_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gnb/operations.h>
#include <gnb/versions.h>

/* Lengths of one page and of a version 1 frame are Xen's: 4096 bytes, 512 entries. */
#define GNB_PAGE_SIZE  4096u
#define GNB_PAGE_SHIFT 12
#define GNB_OWN_PAGES  1024u /* RAM of the mapper at least */

enum gnb_mapper {
	GNB_MAPPER_PV,	       /* maps into page-table entries; one flush per 32 unmaps */
	GNB_MAPPER_TRANSLATED, /* maps into its p2m; one flush per unmap */
};

enum gnb_iommu {
	GNB_IOMMU_NONE,	   /* no IOMMU work for grants (a relaxed PV dom0) */
	GNB_IOMMU_SHARED,  /* the p2m is the IOMMU's table; translated mappers only */
	GNB_IOMMU_STRICT,  /* separate tables, one invalidation and wait per page */
	GNB_IOMMU_BATCHED, /* separate tables, one invalidation and wait per hypercall; not in Xen */
};

enum gnb_flush {
	GNB_FLUSH_COUNT,      /* flushes are done on the software TLBs and counted; no interrupt */
	GNB_FLUSH_MEMBARRIER, /* and a real inter-processor interrupt by membarrier(2) */
};

enum gnb_entry {
	GNB_ENTRY_NONE,	   /* a function call */
	GNB_ENTRY_SYSCALL, /* one real system call per hypercall, as a stand-in for the trap */
};

/* How the granter's RAM lies in the machine. */
enum gnb_ram {
	GNB_RAM_WHOLE, /* frames in order, by large entries of its p2m; a gigabyte of them is aligned */
	GNB_RAM_PIECES, /* frames in order, aligned if they come to a multiple of 2 MiB, by entries of 4K each */
	GNB_RAM_SCATTERED, /* no page's frame is followed by that of the next page */
};

enum gnb_args {
	GNB_ARGS_WALKED, /* arguments of a translated guest are found by its page tables */
	GNB_ARGS_DIRECT, /* or read where they are, as a PV guest's always are: what the walks cost; not in Xen */
};

/* The toolstack is there if the machine has a second mapper. */
enum gnb_role { GNB_GRANTER, GNB_MAPPER, GNB_TOOLSTACK, GNB_ROLES };

#define GNB_EVENT_PORT 1 /* an event channel that a role is free to use, where events can be seen */

/* Everything that fixes a machine. Zeroed fields take the target's defaults where one is named. */
struct gnb_machine_config {
	const struct gnb_version *version; /* NULL only if all is zero: is there anything at all? */
	enum gnb_mapper mapper;
	enum gnb_iommu iommu;
	enum gnb_flush flush;
	enum gnb_entry entry;
	enum gnb_args args;
	bool plain_lock;	   /* the p2m lock is one word, as before per-CPU locks */
	unsigned host_cpus;	   /* CPUs that a per-CPU write lock scans; 0: 8 */
	unsigned vcpus[GNB_ROLES]; /* 0: 1 */
	unsigned granter_pages;	   /* RAM of the granter in pages; 0: 1024 */
	unsigned own_pages;	   /* RAM of the mapper in pages; GNB_OWN_PAGES at least */
	unsigned map_slots;	   /* page slots the mapper can map grants at; 0: 1024 */
	unsigned max_grant_frames; /* 0: Xen's default, 64 */
	unsigned grant_frames;	   /* frames the granter sets up at once; 0: 1 */
	bool cold;		   /* it sets up none */
	/* What the mapper may have of handles (256 a frame), and each of them of version 3; 0: 1024, Xen's default. */
	unsigned max_maptrack_frames, max_v3_pages;
	unsigned args_pages; /* memory for arguments, of each role, beyond what there is always */
	enum gnb_ram ram;
	unsigned
		nodes; /* pages of the granter's RAM beside granter_pages, for the nodes of trees */
	bool no_walk_cache; /* the hypervisor remembers no nodes of the granter\'s trees */
	bool second;	 /* there is a second mapper, like the first, who waits; and a toolstack */
	bool self;	 /* the mapper is the granter's own domain */
	uint64_t layout; /* where the hypervisor's structures lie: drawn anew for each; 0: as 1 */
	bool prefault;	 /* hypervisor memory is faulted in by the host before use */
	/*
	 * The pages of the granter can be logged: it is a translated domain, the mapper its toolstack. Its device goes by
	 * tables of log_iommu; with log_bits they are separate ones that say what was written to (not in Xen).
	 */
	bool logged, log_bits;
	enum gnb_iommu log_iommu;
	enum gnb_log_way log_way; /* how, if the target has it: lacks(GNB_OP_LOG_WAY, log_way) */
	unsigned
		log_ring; /* GNB_WAY_RING: entries of a vCPU's ring, a power of two, 256 to 65536; 0: 65536 */
	unsigned device_pages; /* memory of a device, for a toolstack to map into the granter */
	bool lends;	       /* such a toolstack can lend memory of its own to the granter */
	/* The granter is a translated domain with a virtio-iommu; its answers come by batch; with a draft's operations. */
	bool viommu, viommu_batch, viommu_relaxed;
	/* The granter has devices with tables of their own, and contexts of its own (PV-IOMMU); by 2 MiB: not in Xen. */
	bool pv_iommu, pv_iommu_large;
	bool iommu_direct; /* the mapper also gets a device and direct IOMMU operations */
	bool driver; /* nothing is asked of it but GNB_OP_DRIVER: a Linux with a device, and no grants */
};

struct gnb_machine;
struct gnb_vcpu;

/*
 * Work counts, exact, one slot per name in gnb_count_names[]. Which names exist is the target's affair:
 * hv counts work, Xen under an instruction clock counts instructions.
 */
#define GNB_COUNTS_MAX 128
struct gnb_counts {
	uint64_t v[GNB_COUNTS_MAX];
};

/* Locks that were taken, those of them after a wait, and how long that was: all vCPUs of a machine together. */
struct gnb_waits {
	uint64_t acquisitions, contended, ticks; /* of the processor's time stamp counter */
};

/*
 * What the spans of benchmarks are measured with. Values are stable: name and unit are written to
 * results.
 */
struct gnb_clock {
	const char *name; /* "monotonic", "hypercalls", "instructions" */
	const char *unit; /* "ns" or "instructions" */
	/*
	 * What the machine has spent within hypercalls so far, all vCPUs together, in the unit. Called
	 * at both ends of a span, while no vCPU is in a hypercall. NULL: spans are timed by gnb_now(),
	 * with all that is in them.
	 */
	uint64_t (*now)(struct gnb_machine *m);
	/* The same work gives the same figure on every host: figures are counts, of class C. */
	bool exact;
};

/* A parameter of benchmarks that is no choice on a target. */
struct gnb_fixed {
	const char *param;
	const char *value; /* what it always is; NULL: it means nothing here */
	const char *why;   /* a sentence without its end, for whoever asks for another value */
};

/* What can be chosen with --target=NAME:KEY=VALUE. */
struct gnb_target_option {
	const char *key;
	const char *values; /* in words or as a list: "self" */
	const char *help;
};

struct gnb_target {
	const char *name;    /* "hv", "xen" */
	const char *summary; /* one line for --list and reports */

	/* NULL-terminated names of the counts, at most GNB_COUNTS_MAX. */
	const char *const *count_names;

	/*
	 * Something else than the work may add to the counts (an interrupt of the hypervisor's): they
	 * are taken in so many runs, and of each metric the run with the least is kept. 0: they are
	 * exact, and one run is enough.
	 */
	unsigned counting_runs;

	/* What can be chosen here, ended by a NULL key; NULL: nothing. */
	const struct gnb_target_option *options;

	/*
	 * Choose: before anything else is asked of the target. 0, or -EINVAL with *why: there is such
	 * an option, but not this value. NULL without options.
	 */
	int (*option)(const char *key, const char *value, const char **why);

	/* The clock, known after supported() was called once. NULL: gnb_now(). */
	const struct gnb_clock *(*clock)(void);

	/*
	 * Parameters that are no choice here, ended by a NULL param; known after supported() was called
	 * once. Their sweeps are left out of the plan; those without a value also of the names of
	 * cells, and gnb_s() then gives the benchmark's centre. NULL: all are a choice.
	 */
	const struct gnb_fixed *(*fixed)(void);

	/*
	 * Tell what the target is: add(arg, key, value) for each fact, in a fixed order; value NULL:
	 * not known. Goes into the environment of the results, and with it into the fingerprint: what
	 * changes by itself is no fact. NULL: there is nothing to tell.
	 */
	void (*facts)(void (*add)(void *arg, const char *key, const char *value), void *arg);

	/*
	 * Can a machine of this configuration be had here? 0, or -EOPNOTSUPP with *why set to a static
	 * or machine-independent sentence that ends up in the results.
	 */
	int (*supported)(const struct gnb_machine_config *cfg, const char **why);

	/*
	 * The machine that is opened next, and all that is done with it, belongs to this cell and version:
	 * for instruments outside of the guest, which see hypercalls but not whose they are. Machines of
	 * several versions take turns: the target tells the instrument of each. Called before each open();
	 * may be NULL. cell has no spaces.
	 */
	void (*cell)(const char *cell, const struct gnb_version *version);

	/* Make a machine. -ENOMEM, -EPERM, -EOPNOTSUPP, with *why set. */
	int (*open)(const struct gnb_machine_config *cfg, struct gnb_machine **m, const char **why);

	/*
	 * End it. Checks that nothing leaked: 0, or -EBUSY with the first leak written to why[len]. The
	 * machine is gone in both cases.
	 */
	int (*close)(struct gnb_machine *m, char *why, size_t len);

	struct gnb_vcpu *(*vcpu)(struct gnb_machine *m, enum gnb_role role, unsigned i);

	/* The domain id of a role, for the dom fields of operations and entries. */
	uint16_t (*domid)(struct gnb_machine *m, enum gnb_role role);

	/*
	 * HYPERVISOR_grant_table_op(cmd, args, count) by that vCPU. args must come from args_alloc() of
	 * the same role. Returns what the hypervisor returns: 0 or -errno; statuses are in the args.
	 */
	long (*hypercall)(struct gnb_vcpu *v, unsigned cmd, void *args, unsigned count);

	/*
	 * Guest memory of a role for hypercall arguments, page aligned, zeroed; lives as long as the
	 * machine. NULL when the guest has no more.
	 */
	void *(*args_alloc)(struct gnb_machine *m, enum gnb_role role, size_t bytes);
	/* Where the guest itself sees what lies at p, in memory of args_alloc(): for arguments that name others. */
	uint64_t (*args_address)(struct gnb_machine *m, enum gnb_role role, const void *p);

	/* Frame number of the granter's RAM page i as it belongs in a grant entry; i < granter_pages. */
	uint64_t (*frame)(struct gnb_machine *m, unsigned i);

	/* The granter's own view of its RAM page i. */
	void *(*ram)(struct gnb_machine *m, unsigned i);

	/* The same for the mapper's own RAM, GNB_OWN_PAGES of it: the far side of a grant copy. */
	uint64_t (*own_frame)(struct gnb_machine *m, unsigned i);
	void *(*own_ram)(struct gnb_machine *m, unsigned i);

	/*
	 * The granter's view of shared grant frame i or, with status, of status frame i (v2). NULL if the
	 * table has fewer. May change after a set-up of more frames: ask again.
	 */
	void *(*grant_frame)(struct gnb_machine *m, unsigned i, bool status);

	/*
	 * The granter's view of a page for a node, and its frame as it belongs in an entry; i < nodes. NULL: the
	 * target has no trees.
	 */
	void *(*node)(struct gnb_machine *m, unsigned i, uint64_t *frame);

	/* Grow the granter's table to nr frames (setup_table, and for translated guests the mapping of
	 * the new frames). 0 or -errno. */
	int (*grow)(struct gnb_machine *m, unsigned nr);

	/* host_addr of map slot i; i < map_slots. */
	uint64_t (*map_addr)(struct gnb_machine *m, unsigned i);

	/*
	 * Read or write through the mapper's mapping, as its CPU would: software TLB first, then a walk.
	 * One page at most. 0, or -EFAULT if there is no such mapping or right.
	 */
	int (*touch)(struct gnb_vcpu *v, uint64_t host_addr, unsigned off, void *buf, unsigned len,
		     bool write);

	/*
	 * Read or write as the mapper's device would, by device frame number. -EOPNOTSUPP without an
	 * IOMMU, -EFAULT if the IOMMU refuses.
	 */
	int (*dma)(struct gnb_machine *m, uint64_t dfn, unsigned off, void *buf, unsigned len,
		   bool write);

	/* The device frame number at which a device sees map slot i, when frame is mapped there. */
	uint64_t (*map_dfn)(struct gnb_machine *m, unsigned i, uint64_t dev_bus_addr);

	/*
	 * Direct IOMMU work of the mapper's domain for iotlb_flush (NULL: not here). n pages from dfn,
	 * backed by contiguous frames, with superpages up to the given order (0, 9 or 18).
	 */
	int (*iommu_map)(struct gnb_vcpu *v, uint64_t dfn, uint64_t n, unsigned order);
	int (*iommu_unmap)(struct gnb_vcpu *v, uint64_t dfn, uint64_t n);
	/* scope: 0 one invalidation per page, 1 one for the range, 2 the whole domain. */
	int (*iommu_flush)(struct gnb_vcpu *v, uint64_t dfn, uint64_t n, unsigned scope);
	/*
	 * For iotlb_queue, with the above: unmap, and invalidate the domain when queue ranges wait for it;
	 * pay now what waits; the largest window so far, in unmaps, and in bytes that the device still
	 * reached.
	 */
	int (*iommu_unmap_later)(struct gnb_vcpu *v, uint64_t dfn, uint64_t n, unsigned queue);
	int (*iommu_settle)(struct gnb_vcpu *v);
	void (*iommu_stale)(struct gnb_machine *m, uint64_t *unmaps, uint64_t *bytes);

	/*
	 * The mapper that waits takes the mapper's role, and the one that had it waits: all that is asked of the role is
	 * asked of the other then, and what was given out before stays whose it was. NULL: there is only one.
	 */
	void (*swap_mappers)(struct gnb_machine *m);

	/*
	 * Take the ports by which events are pending for a role, bit by bit: none is pending then. NULL: its events
	 * cannot be seen.
	 */
	uint64_t (*take_events)(struct gnb_machine *m, enum gnb_role role);

	/*
	 * Operations beside grants (gnb/operations.h), by kind and number, by that vCPU: 0, a number, or -errno as the
	 * hypervisor returns it; -EOPNOTSUPP where lacks() gives a reason. Both NULL: it answers grants only.
	 */
	long (*operation)(struct gnb_machine *m, struct gnb_vcpu *v, enum gnb_op_kind kind,
			  unsigned nr, void *args);
	/* Why there is no such operation, a sentence without its end that ends up in the results, or NULL: there is. */
	const char *(*lacks)(enum gnb_op_kind kind, unsigned nr);

	/* Sum of the counts of all vCPUs of the machine. */
	void (*counts)(struct gnb_machine *m, struct gnb_counts *out);

	/* Add what its vCPUs waited for so far. NULL: the hypervisor does not tell. */
	void (*waits)(struct gnb_machine *m, struct gnb_waits *add);

	/*
	 * Bytes that grants of the machine's version cost now. guest: the frames of its table that the granter sees;
	 * the nodes of trees are not among them, since the hypervisor does not know them. hv: the hypervisor's, for
	 * the granter, whatever is mapped; mapper: for what the mapper has mapped. UINT64_MAX, of the last two: the
	 * hypervisor does not tell.
	 */
	void (*footprint)(struct gnb_machine *m, uint64_t *guest, uint64_t *hv, uint64_t *mapper);
};

/* Make a target known: in its own file. The one that is linked first is the default. */
#define GNB_TARGET(desc)                                                                           \
	static const struct gnb_target *const gnb_target_ptr_##desc                                \
		__attribute__((used, section("gnb_targets"))) = &desc

extern const struct gnb_target *const __start_gnb_targets[];
extern const struct gnb_target *const __stop_gnb_targets[];
#define gnb_for_each_target(t)                                                                     \
	for (const struct gnb_target *const *t = __start_gnb_targets; t < __stop_gnb_targets; t++)

/* The default one. */
static inline const struct gnb_target *gnb_target_default(void)
{
	return __start_gnb_targets[0];
}

/* NULL if there is none of that name. */
const struct gnb_target *gnb_target_find(const char *name);

/* The target's clock, never NULL. */
const struct gnb_clock *gnb_target_clock(const struct gnb_target *t);

/* Why the target has no such operation, or NULL: it has. */
const char *gnb_target_lacks(const struct gnb_target *t, enum gnb_op_kind kind, unsigned nr);

/* The target's entry for a parameter, or NULL if it is a choice. */
const struct gnb_fixed *gnb_target_fixed(const struct gnb_target *t, const char *param);

#endif
