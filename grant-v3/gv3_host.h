/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the core of grant tables version 3 wants of a hypervisor. Each one supplies gv3_sys.h, found by include path,
 * which defines the types below, GV3_API (static, where all is one file), integer types, bool, errno values, memset()
 * and memcpy(), and then includes this file; the functions may be inline.
 *
 *   gv3_cpu     who runs: a vCPU inside a hypercall, or the toolstack
 *   gv3_dom     a domain
 *   gv3_lock_t  a spinlock; gv3_guest: where arguments lie in the caller's memory
 *   gv3_node_t  what gv3_node() keeps for gv3_node_done()
 *
 * Context: T and S stand for the core's two locks (a tree, or two trees; a domain's list of trees), A for gv3_as_lock().
 * Order: T, S, A. A function may be called with no lock, and with those that its comment names. Nothing sleeps.
 */
#ifndef GV3_HOST_H
#define GV3_HOST_H

struct gv3_state;

/* ---- domains; with T, S, A ---- */

#define GV3_TRANSLATED 1u
#define GV3_DYING      2u /* set before its death step runs, and never cleared */
#define GV3_IOMMU      4u /* a PV domain, whose devices reach only what its IOMMU tables have */
#define GV3_WALK_CACHE 8u /* nodes of its trees are remembered between walks */

GV3_API gv3_dom *gv3_dom_self(gv3_cpu *cur);
/* NULL: there is none. What it returns is good until the call's end. */
GV3_API gv3_dom *gv3_dom_find(gv3_cpu *cur, uint16_t id);
GV3_API uint16_t gv3_dom_id(const gv3_dom *d);
GV3_API unsigned gv3_dom_flags(const gv3_dom *d);
/* What gv3_init() was given for it; NULL: it has none. */
GV3_API struct gv3_state *gv3_dom_state(gv3_dom *d);

/* ---- the call; with no lock, but for gv3_preempt() and gv3_allowed(), which T does not hinder ---- */

GV3_API int gv3_args_read(gv3_cpu *cur, void *to, gv3_guest from, unsigned long off,
			  unsigned bytes); /* -EFAULT */
GV3_API int gv3_args_write(gv3_cpu *cur, gv3_guest to, unsigned long off, const void *from,
			   unsigned bytes);
/* Should the vCPU leave here? Then the call returns how many of its list are left, and is made again with those. */
GV3_API bool gv3_preempt(gv3_cpu *cur);
/* The security module, or what there is in its place: -EPERM. GNTTABOP_v3_bind is the toolstack's. */
GV3_API int gv3_allowed(gv3_cpu *cur, unsigned op, gv3_dom *granter, gv3_dom *mapper);
/* GV3_BUFFER bytes that are this vCPU's alone until the call's end, not zeroed. */
#define GV3_BUFFER 4096u
GV3_API void *gv3_buffer(gv3_cpu *cur);

/* ---- memory, zeroed, charged to payer, which has a limit; with T, S; never in unmap, revoke, protect or death ---- */

GV3_API void *gv3_page_alloc(gv3_cpu *cur, gv3_dom *payer); /* NULL */
GV3_API void gv3_page_free(gv3_cpu *cur, gv3_dom *payer, void *p);
/* Free it when every call that runs now has ended: somebody may look at it still, without a lock. */
GV3_API void gv3_page_retire(gv3_cpu *cur, gv3_dom *payer, void *p);
/* It is charged to another domain from now on, whatever its limit. */
GV3_API void gv3_page_repay(gv3_cpu *cur, gv3_dom *from, gv3_dom *to, void *p);
GV3_API uint64_t gv3_page_mfn(gv3_cpu *cur, const void *p);
GV3_API void *gv3_mem_alloc(gv3_cpu *cur, gv3_dom *payer, unsigned bytes); /* NULL */
GV3_API void gv3_mem_free(gv3_cpu *cur, gv3_dom *payer, void *p, unsigned bytes);

/* ---- the granter's memory; with T, never with A ---- */

/* A page of the granter's RAM made readable, with a reference. NULL: it is none. */
GV3_API const volatile uint64_t *gv3_node(gv3_cpu *cur, gv3_dom *granter, uint64_t frame,
					  gv3_node_t *n);
GV3_API void gv3_node_done(gv3_cpu *cur, gv3_dom *granter, gv3_node_t *n);
/* It is not looked at for now, and its reference stays; later it can be read again, or is given back from there. */
GV3_API void gv3_node_rest(gv3_cpu *cur, gv3_node_t *n);
GV3_API const volatile uint64_t *gv3_node_again(gv3_cpu *cur, gv3_node_t *n);
GV3_API void gv3_node_drop(gv3_cpu *cur, gv3_dom *granter, gv3_node_t *n);
/* One load of 64 bits of what the granter may change at any time. */
GV3_API uint64_t gv3_entry_read(gv3_cpu *cur, const volatile uint64_t *p);
/*
 * A reference, and for a PV granter's page that is to be written a type, on each of 1 << order frames that lie side by
 * side in the machine, the first a multiple of their number. -EINVAL: not so, a smaller order may do; -EAGAIN: paged
 * out, the guest tries again.
 */
GV3_API int gv3_run_get(gv3_cpu *cur, gv3_dom *granter, uint64_t frame, unsigned order, bool write,
			uint64_t *mfn);
/* Once more what that gave for one frame that is held: 0, or -EINVAL if it cannot be had so often. */
GV3_API int gv3_run_more(gv3_cpu *cur, gv3_dom *owner, uint64_t mfn, bool write);
/* Give them back; dirty: they may have been written. Also after the granter's death. */
GV3_API void gv3_run_put(gv3_cpu *cur, gv3_dom *granter, uint64_t mfn, unsigned order, bool write,
			 bool dirty);

/* ---- frames that are held by gv3_run_get(), to be read or written in place; with T, or no lock ---- */

GV3_API void *gv3_frame(gv3_cpu *cur, uint64_t mfn);
GV3_API void gv3_frame_done(gv3_cpu *cur, void *p);
GV3_API void gv3_frame_zero(gv3_cpu *cur, uint64_t mfn);
/* Bytes of such a page to another, or within one. Guests may be at both. */
GV3_API void gv3_move(gv3_cpu *cur, void *to, const void *from, unsigned bytes);

/* ---- what the granter looks at meanwhile, in such a page; and telling it ---- */

/* One store, after all that comes before it. */
GV3_API void gv3_byte_write(gv3_cpu *cur, volatile uint8_t *p, uint8_t v);
/* Set bits, atomically: what was there. */
GV3_API uint64_t gv3_word_or(gv3_cpu *cur, volatile uint64_t *p, uint64_t bits);
/* All stores before it are seen by everybody before anything behind it is read. */
GV3_API void gv3_mb(gv3_cpu *cur);
/* May this domain be told by this port? */
GV3_API bool gv3_port_ok(gv3_cpu *cur, gv3_dom *d, uint32_t port);
/* An event, if the domain and its port are still there. With T. */
GV3_API void gv3_notify(gv3_cpu *cur, gv3_dom *d, uint32_t port);
/* What was got to be written is so no more: it has been, the references stay, the types go. With T. */
GV3_API void gv3_run_readonly(gv3_cpu *cur, gv3_dom *granter, uint64_t mfn, unsigned order);

/* ---- the mapper's address space, CPU and IOMMU ---- */

/* With T. Between them the space is nobody else's; of a PV mapper they do nothing. What was taken away is in reach until gv3_as_flush(). */
GV3_API void gv3_as_lock(gv3_cpu *cur, gv3_dom *mapper);
GV3_API void gv3_as_unlock(gv3_cpu *cur, gv3_dom *mapper);
/* Nobody uses what was taken away from the mapper before. Once a slice. With no lock, or T; never with A. */
GV3_API void gv3_as_flush(gv3_cpu *cur, gv3_dom *mapper);
/*
 * With A. Where nothing is; an empty table in the way of a large entry goes. -EEXIST, -ENOMEM, -ENOSPC for the IOMMU:
 * nothing is done then.
 */
GV3_API int gv3_as_map(gv3_cpu *cur, gv3_dom *mapper, uint64_t gfn, uint64_t mfn, unsigned order,
		       bool write);
/*
 * With A. What maps mfn.. at gfn.. goes, if it is not gone already: an entry of this order, or 4K of one of 2M, for
 * which a table was reserved. -EILSEQ: something else is there. Never for lack of memory.
 */
GV3_API int gv3_as_clear(gv3_cpu *cur, gv3_dom *mapper, uint64_t gfn, uint64_t mfn, unsigned order);
/*
 * With A. To another frame, or with to == mfn to other rights. As clear, but for a hole, which is -EILSEQ. Where a right
 * is given back no flush follows: a unit that would fault by what it has cached, instead of looking again, is told by
 * this.
 */
GV3_API int gv3_as_point(gv3_cpu *cur, gv3_dom *mapper, uint64_t gfn, uint64_t mfn, unsigned order,
			 uint64_t to, bool write);

/*
 * With T, not A. n more tables (or, below 0, fewer) are kept for splitting 2M entries of the mapper's, charged to it:
 * clearing or pointing 4K of one takes such a table, and never fails if it was reserved. -ENOMEM.
 */
GV3_API int gv3_as_reserve(gv3_cpu *cur, gv3_dom *mapper, int n);

/*
 * A PV mapper: page-table entries, each of which holds a reference, and if it can write a type, of what it maps. Its
 * guest can change them too, and whoever does so drops what an entry held.
 *
 * lock, with T: the page-table page of an entry, by the entry's machine address, or by the linear address that it is
 * for (the caller's only); *entry: its machine address. -EINVAL: there is no such page-table page of the mapper's.
 * Until unlock, with that address, the entries of the page are nobody else's.
 */
GV3_API int gv3_pv_lock(gv3_cpu *cur, gv3_dom *mapper, uint64_t addr, bool linear, uint64_t *entry);
GV3_API void gv3_pv_unlock(gv3_cpu *cur, gv3_dom *mapper, uint64_t entry);
/* An entry of the page that is locked. map: where nothing is, or -EEXIST. It holds from now on what the caller took. */
GV3_API int gv3_pv_map(gv3_cpu *cur, gv3_dom *mapper, uint64_t entry, uint64_t mfn, bool write);
/* Does it map mfn with these rights? */
GV3_API bool gv3_pv_is(gv3_cpu *cur, gv3_dom *mapper, uint64_t entry, uint64_t mfn, bool write);
/*
 * Then it goes, or leads to another frame, or to mfn with other rights; what it held is the caller's to give back, after
 * a flush, and what it holds from now on the caller took. Else -EILSEQ.
 */
GV3_API int gv3_pv_clear(gv3_cpu *cur, gv3_dom *mapper, uint64_t entry, uint64_t mfn, bool write);
GV3_API int gv3_pv_point(gv3_cpu *cur, gv3_dom *mapper, uint64_t entry, uint64_t mfn, bool was,
			 uint64_t to, bool write);
/*
 * With T. A zeroed page of the mapper's RAM for sinks, held and, as long as it is, charged to it like one of
 * gv3_page_alloc(). -ENOMEM. free: it ends when no entry has it any more.
 */
GV3_API int gv3_pv_sink(gv3_cpu *cur, gv3_dom *mapper, uint64_t *mfn);
GV3_API void gv3_pv_sink_free(gv3_cpu *cur, gv3_dom *mapper, uint64_t mfn);
/*
 * With T. Devices of a PV mapper with an IOMMU reach mfn, by that number; each call is ended by one of the other, with
 * the same rights. -ENOSPC, but not for what they reach already, whatever the rights. What they reached they may reach until gv3_as_flush().
 */
GV3_API int gv3_dev_map(gv3_cpu *cur, gv3_dom *mapper, uint64_t mfn, bool write);
GV3_API void gv3_dev_unmap(gv3_cpu *cur, gv3_dom *mapper, uint64_t mfn, bool write);

/* ---- locks, order, events ---- */

/* TREE2: a second tree. */
enum gv3_level { GV3_LVL_TREE, GV3_LVL_TREE2, GV3_LVL_STATE };

GV3_API void gv3_lock_init(gv3_lock_t *l);
GV3_API void gv3_lock(gv3_cpu *cur, gv3_lock_t *l, enum gv3_level level);
GV3_API void gv3_unlock(gv3_cpu *cur, gv3_lock_t *l, enum gv3_level level);
/* Pointers that are read without a lock: release, and acquire (or what depends on it). */
GV3_API void gv3_publish(void **at, void *p);
GV3_API void *gv3_look(void *const *at);
/* i, or 0 if it is not below n, under speculation too. */
GV3_API unsigned long gv3_nospec(unsigned long i, unsigned long n);
/* After a check of rights: nothing behind it runs before the check is decided. */
GV3_API void gv3_fence(void);
/* A promise of the core's is broken: nothing sensible can follow for d. */
GV3_API void gv3_broken(gv3_cpu *cur, gv3_dom *d, const char *what);

#endif
