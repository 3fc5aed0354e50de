/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the core of grant tables version 3 wants of a hypervisor (grant-v3/gv3_host.h), in hv's terms. Work is counted
 * where hv counts it, in the wrappers that are called here.
 */
#ifndef HV_V3_SYS_H
#define HV_V3_SYS_H

#include "args.h"
#include "event.h"
#include "grant_v3.h"
#include "iommu.h"
#include "lifetime.h"
#include "log_trie.h"
#include "move.h"
#include "p2m.h"
#include "page.h"
#include "preempt.h"
#include "tlb.h"
#include "v3.h"
#include "violation.h"

#define GV3_API		 static inline
#define GV3_MUTANT(name) hv_mutant(V3_##name)

typedef struct hv_vcpu gv3_cpu;
typedef struct hv_domain gv3_dom;
typedef struct hv_spinlock gv3_lock_t;
typedef uint64_t gv3_guest; /* a linear address */
typedef struct hv_page *gv3_node_t;

#include "gv3_host.h"

/* ---- domains ---- */

static inline gv3_dom *gv3_dom_self(gv3_cpu *cur)
{
	return cur->d;
}

static inline gv3_dom *gv3_dom_find(gv3_cpu *cur, uint16_t id)
{
	return hv_domain_find(cur, id);
}

static inline uint16_t gv3_dom_id(const gv3_dom *d)
{
	return d->id;
}

static inline unsigned gv3_dom_flags(const gv3_dom *d)
{
	return (hv_translated(d)   ? GV3_TRANSLATED
		: hv_iommu_sync(d) ? GV3_IOMMU
				   : 0) |
	       (d->v3_walk_cache ? GV3_WALK_CACHE : 0) | (hv_load(&d->is_dying) ? GV3_DYING : 0);
}

static inline struct gv3_state *gv3_dom_state(gv3_dom *d)
{
	return d->v3;
}

/* ---- the call ---- */

static inline int gv3_args_read(gv3_cpu *cur, void *to, gv3_guest from, unsigned long off,
				unsigned bytes)
{
	return hv_copy_from_guest(cur, to, from + off, bytes);
}

static inline int gv3_args_write(gv3_cpu *cur, gv3_guest to, unsigned long off, const void *from,
				 unsigned bytes)
{
	return hv_copy_to_guest(cur, to + off, from, bytes);
}

static inline bool gv3_preempt(gv3_cpu *cur)
{
	return hv_preempt(cur);
}

/* hv has no security module. The toolstack is a domain that is privileged. */
static inline int gv3_allowed(gv3_cpu *cur, unsigned op, gv3_dom *granter, gv3_dom *mapper)
{
	(void)granter;
	(void)mapper;
	return op != GNTTABOP_v3_bind || cur->d->privileged || GV3_MUTANT(ANYBODY_BINDS) ? 0
											 : -EPERM;
}

static inline void *gv3_buffer(gv3_cpu *cur)
{
	return cur->v3_buffer;
}

/* ---- memory ---- */

/* hv charges a domain for all of its memory; version 3 has a limit of its own within that. */
static inline bool gv3_sys_charge(gv3_dom *payer, uint64_t bytes)
{
	if (hv_account_add(&payer->v3_bytes, bytes) + bytes <= payer->max_v3_bytes)
		return true;
	hv_account_sub(&payer->v3_bytes, bytes);
	return false;
}

static inline void gv3_sys_uncharge(gv3_dom *payer, uint64_t bytes)
{
	hv_account_sub(&payer->v3_bytes, bytes);
}

static inline void *gv3_page_alloc(gv3_cpu *cur, gv3_dom *payer)
{
	void *p;

	if (!gv3_sys_charge(payer, HV_PAGE_SIZE))
		return NULL;
	p = hv_alloc_heap_page(cur, payer);
	if (!p)
		gv3_sys_uncharge(payer, HV_PAGE_SIZE);
	return p;
}

static inline void gv3_page_free(gv3_cpu *cur, gv3_dom *payer, void *p)
{
	gv3_sys_uncharge(payer, HV_PAGE_SIZE);
	hv_free_heap_page(cur, payer, p);
}

/* Its payer may be gone before it is freed, so it costs nobody until then: hv_v3_collect(). */
static inline void gv3_page_retire(gv3_cpu *cur, gv3_dom *payer, void *p)
{
	uint64_t mfn = hv_virt_to_mfn(cur->host, p);

	gv3_sys_uncharge(payer, HV_PAGE_SIZE);
	hv_account_sub(&payer->heap_bytes, HV_PAGE_SIZE);
	hv_page(cur->host, mfn)->next_free = cur->v3_retired;
	cur->v3_retired = (uint32_t)mfn;
}

static inline void gv3_page_repay(gv3_cpu *cur, gv3_dom *from, gv3_dom *to, void *p)
{
	(void)cur;
	(void)p;
	hv_account_add(&to->v3_bytes, HV_PAGE_SIZE);
	hv_account_add(&to->heap_bytes, HV_PAGE_SIZE);
	gv3_sys_uncharge(from, HV_PAGE_SIZE);
	hv_account_sub(&from->heap_bytes, HV_PAGE_SIZE);
}

static inline uint64_t gv3_page_mfn(gv3_cpu *cur, const void *p)
{
	return hv_virt_to_mfn(cur->host, p);
}

static inline void *gv3_mem_alloc(gv3_cpu *cur, gv3_dom *payer, unsigned bytes)
{
	void *p;

	if (!gv3_sys_charge(payer, bytes))
		return NULL;
	p = hv_zalloc(cur, payer, bytes);
	if (!p)
		gv3_sys_uncharge(payer, bytes);
	return p;
}

static inline void gv3_mem_free(gv3_cpu *cur, gv3_dom *payer, void *p, unsigned bytes)
{
	(void)cur;
	gv3_sys_uncharge(payer, bytes);
	hv_free(cur, payer, p, bytes);
}

/* ---- the granter's memory ---- */

/* Frames that the hypervisor shares with it are none of its RAM. */
static inline struct hv_page *gv3_sys_page(gv3_cpu *cur, gv3_dom *granter, uint64_t frame)
{
	enum hv_p2m_type type;
	struct hv_page *pg;

	if (hv_translated(granter))
		return hv_p2m_get_page(cur, granter, frame, &type);
	pg = hv_mfn_valid(cur, frame) ? hv_page(cur->host, frame) : NULL;
	return pg && !(hv_load(&pg->count_info) & HV_PGC_XEN_HEAP) && hv_get_page(cur, pg, granter)
		       ? pg
		       : NULL;
}

static inline const volatile uint64_t *gv3_node(gv3_cpu *cur, gv3_dom *granter, uint64_t frame,
						gv3_node_t *n)
{
	*n = gv3_sys_page(cur, granter, frame);
	return *n ? hv_map_domain_page(cur, hv_page_mfn(cur->host, *n)) : NULL;
}

static inline void gv3_node_done(gv3_cpu *cur, gv3_dom *granter, gv3_node_t *n)
{
	(void)granter;
	hv_put_page(cur, *n);
}

static inline void gv3_node_rest(gv3_cpu *cur, gv3_node_t *n)
{
	(void)cur;
	(void)n;
}

static inline const volatile uint64_t *gv3_node_again(gv3_cpu *cur, gv3_node_t *n)
{
	return hv_map_domain_page(cur, hv_page_mfn(cur->host, *n));
}

static inline void gv3_node_drop(gv3_cpu *cur, gv3_dom *granter, gv3_node_t *n)
{
	(void)granter;
	hv_put_page(cur, *n);
}

static inline uint64_t gv3_entry_read(gv3_cpu *cur, const volatile uint64_t *p)
{
	return hv_guest_read(cur, (const uint64_t *)(uintptr_t)p);
}

static inline bool gv3_sys_typed(const gv3_dom *granter, bool write)
{
	return write && !hv_translated(granter);
}

static inline int gv3_run_get(gv3_cpu *cur, gv3_dom *granter, uint64_t frame, unsigned order,
			      bool write, uint64_t *mfn)
{
	struct hv_page *pg;

	if (order)
		return hv_v3_run_get(cur, granter, frame, order, write, mfn);
	pg = gv3_sys_page(cur, granter, frame);
	if (!pg)
		return -EINVAL;
	if (gv3_sys_typed(granter, write) && !GV3_MUTANT(NO_TYPE) &&
	    !hv_get_type(cur, pg, HV_PGT_WRITABLE)) {
		hv_put_page(cur, pg);
		return -EINVAL;
	}
	*mfn = hv_page_mfn(cur->host, pg);
	if (GV3_MUTANT(NO_REF))
		hv_put_page(cur, pg);
	return 0;
}

static inline int gv3_run_more(gv3_cpu *cur, gv3_dom *owner, uint64_t mfn, bool write)
{
	struct hv_page *pg = hv_page(cur->host, mfn);

	if (GV3_MUTANT(PV_NO_MORE))
		return 0;
	if (!hv_get_page(cur, pg, owner))
		return -EINVAL;
	if (!gv3_sys_typed(owner, write) || hv_get_type(cur, pg, HV_PGT_WRITABLE))
		return 0;
	hv_put_page(cur, pg);
	return -EINVAL;
}

static hv_always_inline void gv3_one_unref(gv3_cpu *cur, gv3_dom *granter, uint64_t mfn, bool write)
{
	struct hv_page *pg = hv_page(cur->host, mfn);

	if (gv3_sys_typed(granter, write))
		hv_put_type(cur, pg);
	if (!GV3_MUTANT(NO_REF))
		hv_put_page(cur, pg);
}

/* A loop by itself: what its callers keep would cost each page of it. */
static hv_noinline __attribute__((unused)) void
gv3_run_unref(gv3_cpu *cur, gv3_dom *granter, uint64_t mfn, unsigned order, bool write)
{
	for (uint64_t i = 0; i < 1ull << order; i++) {
		if (i && (GV3_MUTANT(LARGE_ONE_REF) || GV3_MUTANT(LARGE_KEEPS)))
			break;
		gv3_one_unref(cur, granter, mfn + i, write);
	}
}

static inline void gv3_run_put(gv3_cpu *cur, gv3_dom *granter, uint64_t mfn, unsigned order,
			       bool write, bool dirty)
{
	if (dirty)
		hv_mark_run(cur, granter, mfn, order);
	if (order)
		gv3_run_unref(cur, granter, mfn, order, write);
	else
		gv3_one_unref(cur, granter, mfn, write);
}

static inline void *gv3_frame(gv3_cpu *cur, uint64_t mfn)
{
	return hv_map_domain_page(cur, mfn);
}

static inline void gv3_frame_done(gv3_cpu *cur, void *p)
{
	(void)cur;
	(void)p;
}

static inline void gv3_frame_zero(gv3_cpu *cur, uint64_t mfn)
{
	uint64_t *p = hv_map_domain_page(cur, mfn);
	unsigned i;

	for (i = 0; i < HV_PAGE_SIZE / sizeof(*p); i++)
		hv_store(&p[i], 0ull);
}

static inline void gv3_move(gv3_cpu *cur, void *to, const void *from, unsigned bytes)
{
	hv_move(cur, to, from, bytes);
}

static inline void gv3_byte_write(gv3_cpu *cur, volatile uint8_t *p, uint8_t v)
{
	if (v)
		cur->count.status_sets++;
	else
		cur->count.status_clears++;
	hv_store_release(p, v);
}

static inline uint64_t gv3_word_or(gv3_cpu *cur, volatile uint64_t *p, uint64_t bits)
{
	return hv_fetch_or(cur, p, bits);
}

static inline void gv3_mb(gv3_cpu *cur)
{
	hv_mb(cur);
}

static inline bool gv3_port_ok(gv3_cpu *cur, gv3_dom *d, uint32_t port)
{
	(void)cur;
	(void)d;
	return hv_event_port(port);
}

static inline void gv3_notify(gv3_cpu *cur, gv3_dom *d, uint32_t port)
{
	hv_event_send(cur, d, port);
}

static inline void gv3_run_readonly(gv3_cpu *cur, gv3_dom *granter, uint64_t mfn, unsigned order)
{
	uint64_t i;

	hv_mark_run(cur, granter, mfn, order);
	for (i = 0; i < 1ull << order && gv3_sys_typed(granter, true); i++)
		hv_put_type(cur, hv_page(cur->host, mfn + i));
}

/* ---- the mapper's address space ---- */

static inline void gv3_as_lock(gv3_cpu *cur, gv3_dom *mapper)
{
	if (hv_translated(mapper))
		hv_p2m_lock(cur, mapper);
}

static inline void gv3_as_unlock(gv3_cpu *cur, gv3_dom *mapper)
{
	if (hv_translated(mapper))
		hv_p2m_near_unlock(cur, mapper);
}

static inline void gv3_as_flush(gv3_cpu *cur, gv3_dom *mapper)
{
	if (hv_translated(mapper)) {
		hv_p2m_v3_flush(cur, mapper);
		return;
	}
	hv_flush_pv(cur, GV3_MUTANT(PV_FLUSH_SELF) && cur->d ? cur->d : mapper);
	/* Of a domain other than the caller's too: no flush of version 1 is to pay it. */
	cur->flush_owed &= (uint8_t)~HV_LATE_IOTLB;
	hv_iommu_flush_all(cur, mapper);
}

static inline int gv3_as_map(gv3_cpu *cur, gv3_dom *mapper, uint64_t gfn, uint64_t mfn,
			     unsigned order, bool write)
{
	return hv_p2m_v3_map(cur, mapper, gfn, mfn, order, write || GV3_MUTANT(RO_IS_RW));
}

static inline int gv3_as_clear(gv3_cpu *cur, gv3_dom *mapper, uint64_t gfn, uint64_t mfn,
			       unsigned order)
{
	return hv_p2m_v3_clear(cur, mapper, gfn, mfn, order);
}

static inline int gv3_as_point(gv3_cpu *cur, gv3_dom *mapper, uint64_t gfn, uint64_t mfn,
			       unsigned order, uint64_t to, bool write)
{
	return hv_p2m_v3_point(cur, mapper, gfn, mfn, order, to, write);
}

static inline int gv3_as_reserve(gv3_cpu *cur, gv3_dom *mapper, int n)
{
	return hv_v3_reserve(cur, mapper, n);
}

#include "gv3_pv.h"

/* ---- locks, order, events ---- */

static inline unsigned gv3_sys_level(enum gv3_level level)
{
	return level == GV3_LVL_TREE	? HV_LVL_TREE
	       : level == GV3_LVL_TREE2 ? HV_LVL_TREE2
					: HV_LVL_TREES;
}

static inline void gv3_lock_init(gv3_lock_t *l)
{
	hv_spin_init(l);
}

static inline void gv3_lock(gv3_cpu *cur, gv3_lock_t *l, enum gv3_level level)
{
	hv_spin_lock(cur, l, gv3_sys_level(level));
}

static inline void gv3_unlock(gv3_cpu *cur, gv3_lock_t *l, enum gv3_level level)
{
	hv_spin_unlock(cur, l, gv3_sys_level(level));
}

static inline void gv3_publish(void **at, void *p)
{
	hv_store_release(at, p);
}

static inline void *gv3_look(void *const *at)
{
	return hv_load_acquire(at);
}

/* hv guards against no speculation, of any version. */
static inline unsigned long gv3_nospec(unsigned long i, unsigned long n)
{
	return i < n ? i : 0;
}

static inline void gv3_fence(void)
{
}

static inline void gv3_broken(gv3_cpu *cur, gv3_dom *d, const char *what)
{
	hv_violate(cur->host, "d%u, version 3: %s", d->id, what);
}

#endif
