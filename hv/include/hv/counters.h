/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Exact work counters. One set per vCPU, written only by the thread that runs it, and only from the lock,
 * atomic, walk, flush and reference wrappers. The same input gives the same counts on every machine.
 *
 * The Xen function that an entry stands for is named, so that the counts can be laid beside a profile of
 * the running hypervisor.
 */
#ifndef HV_COUNTERS_H
#define HV_COUNTERS_H

#include <stdint.h>

/* X(name, what it counts) */
#define HV_COUNTERS(X)                                                                             \
	X(hypercalls, "entries into the hypervisor by a guest")                                    \
	X(continuations, "hypercalls re-entered after preemption (hypercall_create_continuation)") \
	X(arg_copies, "copies of an argument structure, either way (copy_{from,to}_guest)")        \
	X(arg_walks, "page tables of a translated guest walked for them (guest_walk_tables)")      \
	X(walk_steps, "of these: tables of the guest looked up and read (map_domain_gfn)")         \
	X(domain_lookups, "domains looked up by id (rcu_lock_domain_by_id)")                       \
	X(spin_locks, "spinlocks taken (_spin_lock)")                                              \
	X(pcpu_reads, "per-CPU read locks taken (percpu_read_lock)")                               \
	X(pcpu_reads_slow, "of these, by the shared lock: nested or a writer was active")          \
	X(pcpu_writes, "per-CPU write locks taken (_percpu_write_lock)")                           \
	X(cpus_scanned, "per-CPU slots read by these writers")                                     \
	X(page_locks, "page-table pages locked (page_lock)")                                       \
	X(atomic_rmws, "atomic read-modify-writes on shared lines")                                \
	X(barriers, "full memory barriers (smp_mb)")                                               \
	X(guest_reads, "words read from grant entries and status (ACCESS_ONCE)")                   \
	X(guest_cmpxchgs, "compare-and-exchange on a guest-owned word (guest_cmpxchg)")            \
	X(status_sets, "grants marked in use (_set_status)")                                       \
	X(status_clears, "grants marked less used or unused (gnttab_clear_flags)")                 \
	X(frame_lookups, "frames of an entry translated and referenced (get_paged_frame)")         \
	X(p2m_lookups, "pages looked up by GFN and referenced (p2m_get_page_from_gfn)")            \
	X(mfn_checks, "validity checks of a machine frame (__mfn_valid)")                          \
	X(page_gets, "page references taken (get_page)")                                           \
	X(page_puts, "page references dropped (put_page)")                                         \
	X(type_gets, "type references taken (_get_page_type)")                                     \
	X(type_puts, "type references dropped (_put_page_type)")                                   \
	X(frame_maps, "frames made addressable (map_domain_page)")                                 \
	X(pte_lookups, "PV page-table entries looked up (map_guest_l1e)")                          \
	X(walks, "p2m and IOMMU table walks (get_entry, set_entry)")                               \
	X(levels, "table levels read by these walks")                                              \
	X(entries_written, "page-table, p2m and IOMMU entries written")                            \
	X(splits, "superpages split")                                                              \
	X(flushes, "TLB flushes asked for (flush_area_mask, on_selected_cpus)")                    \
	X(flush_locals, "of these, on the caller's own CPU (flush_area_local)")                    \
	X(flush_remotes, "other CPUs interrupted by them")                                         \
	X(iotlb_invs, "IOTLB invalidation descriptors queued")                                     \
	X(context_invs, "invalidations of where a device is queued (iommu_flush_context_device)")  \
	X(context_gets, "references taken on contexts of a guest's (iommu_get_context)")           \
	X(iotlb_waits, "wait descriptors queued and waited for")                                   \
	X(maptrack_gets, "maptrack handles taken (_get_maptrack_handle)")                          \
	X(maptrack_puts, "maptrack handles given back (put_maptrack_handle)")                      \
	X(maptrack_steals, "handles taken from another vCPU's list (steal_maptrack_handle)")       \
	X(events, "events sent to a domain (evtchn_port_set_pending)")                             \
	X(exits, "faults of a guest's access that its p2m took (VMEXIT_NPF)")                      \
	X(pauses, "domains paused (domain_pause)")                                                 \
	X(recursive_locks, "recursive spinlocks taken: the paging lock (_spin_lock_recursive)")    \
	X(recalcs, "ways to a GFN gone for marks (do_recalc)")                                     \
	X(recalc_levels, "table levels read by these")                                             \
	X(type_changes, "types of single pages changed (p2m_change_type_one)")                     \
	X(pages_marked, "pages marked dirty (paging_mark_pfn_dirty)")                              \
	X(bitmap_bytes, "bytes of bitmaps of dirty pages handed out")                              \
	X(bytes_allocated, "hypervisor memory allocated")                                          \
	X(bytes_copied, "bytes moved by grant copy")                                               \
	X(vq_kicks, "virtqueues that a driver said something is new in")                           \
	X(vq_requests, "buffers taken from them")                                                  \
	X(vq_maps, "of these: MAP requests of a virtio-iommu")                                     \
	X(vq_unmaps, "and UNMAP requests")                                                         \
	X(vq_desc_reads, "descriptors read for them")                                              \
	X(vq_completions, "times that used buffers were published")                                \
	X(vq_notifications, "drivers told of them")                                                \
	X(mapping_nodes, "nodes of trees of mappings looked at or changed")

struct hv_counters {
#define X(name, what) uint64_t name;
	HV_COUNTERS(X)
#undef X
};

/* Number of counters, and their names in order, for code that walks them as an array of uint64_t. */
#define X(name, what) +1
enum { HV_NR_COUNTERS = 0 HV_COUNTERS(X) };
#undef X
extern const char *const hv_counter_names[HV_NR_COUNTERS + 1];

#endif
