/* SPDX-License-Identifier: GPL-2.0-only */
/* What the core of grant tables version 3 wants of a hypervisor (gv3_host.h), in Xen's terms. */
#ifndef XEN_GV3_SYS_H
#define XEN_GV3_SYS_H

#include <xen/domain_page.h>
#include <xen/event.h>
#include <xen/gnttab_v3.h>
#include <xen/guest_access.h>
#include <xen/iommu.h>
#include <xen/lib.h>
#include <xen/nospec.h>
#include <xen/paging.h>
#include <xen/rcupdate.h>
#include <xen/sched.h>
#include <xen/spinlock.h>
#include <xen/xmalloc.h>

#include <asm/flushtlb.h>
#include <asm/gv3_arch.h>
#include <asm/p2m.h>

#include <public/grant_table.h>
#include <xsm/xsm.h>

#include "stdint.h"

#include "grant_v3.h"

#define GV3_API static inline
/* A build with defects, for the tests: -DGV3_MUTANTS. */
#ifdef GV3_MUTANTS
#include "gv3_mutants.h"
#define GV3_MUTANT(name) (gv3_mutant == GV3_M_##name)
#else
#define GV3_MUTANT(name) 0
#endif

typedef struct vcpu gv3_cpu;
typedef struct domain gv3_dom;
typedef spinlock_t gv3_lock_t;
typedef XEN_GUEST_HANDLE_PARAM(char) gv3_guest;
typedef struct {
    struct page_info *page;
    const volatile uint64_t *at;
} gv3_node_t;

#include "gv3_host.h"

/* ---- domains ---- */

static inline gv3_dom *gv3_dom_self(gv3_cpu *cur)
{
    return cur->domain;
}

/* The call is in a read section of RCU, which is what it is good for. */
static inline gv3_dom *gv3_dom_find(gv3_cpu *cur, uint16_t id)
{
    gv3_dom *d = cur->domain;

    if ( id == d->domain_id )
        return d;
    d = rcu_lock_domain_by_id(id);
    if ( d )
        rcu_unlock_domain(d);
    return d;
}

static inline uint16_t gv3_dom_id(const gv3_dom *d)
{
    return d->domain_id;
}

static inline unsigned gv3_dom_flags(const gv3_dom *d)
{
    return (paging_mode_translate(d) ? GV3_TRANSLATED
            : need_iommu_pt_sync(d)  ? GV3_IOMMU
                                     : 0) |
           (d->grant_v3 && d->grant_v3->walk_cache ? GV3_WALK_CACHE : 0) |
           (ACCESS_ONCE(d->is_dying) ? GV3_DYING : 0);
}

static inline struct gv3_state *gv3_dom_state(gv3_dom *d)
{
    return d->grant_v3 ? d->grant_v3->state : NULL;
}

/* ---- the call ---- */

static inline int gv3_args_read(gv3_cpu *cur, void *to, gv3_guest from,
                                unsigned long off, unsigned bytes)
{
    return copy_from_guest_offset((char *)to, from, off, bytes) ? -EFAULT : 0;
}

static inline int gv3_args_write(gv3_cpu *cur, gv3_guest to, unsigned long off,
                                 const void *from, unsigned bytes)
{
    return copy_to_guest_offset(to, off, (const char *)from, bytes) ? -EFAULT
                                                                    : 0;
}

static inline bool gv3_preempt(gv3_cpu *cur)
{
    return hypercall_preempt_check();
}

/*
 * The checks of version 1. Giving a tree to another grantee is a control domain's: a hook of its own is for who wants
 * to say it finer.
 */
static inline int gv3_allowed(gv3_cpu *cur, unsigned op, gv3_dom *granter,
                              gv3_dom *mapper)
{
    switch ( op )
    {
    case GNTTABOP_v3_bind:
        if ( !is_control_domain(cur->domain) )
            return -EPERM;
        /* fallthrough */
    case GNTTABOP_v3_map:
        return xsm_grant_mapref(XSM_HOOK, mapper, granter, GNTMAP_host_map);
    case GNTTABOP_v3_copy:
        return xsm_grant_copy(XSM_HOOK, mapper, granter);
    default:
        return xsm_grant_setup(XSM_TARGET, cur->domain, granter);
    }
}

DECLARE_PER_CPU(uint64_t[GV3_BUFFER / sizeof(uint64_t)], gv3_buffer);

/* No vCPU leaves its CPU within a hypercall. */
static inline void *gv3_buffer(gv3_cpu *cur)
{
    return this_cpu(gv3_buffer);
}

/* ---- memory ---- */

static inline bool gv3_sys_charge(gv3_dom *payer, unsigned int bytes)
{
    struct grant_v3 *g = payer->grant_v3;

    if ( atomic_add_return(bytes, &g->bytes) <= g->max_bytes )
        return true;
    atomic_sub(bytes, &g->bytes);
    return false;
}

static inline void gv3_sys_uncharge(gv3_dom *payer, unsigned int bytes)
{
    atomic_sub(bytes, &payer->grant_v3->bytes);
}

static inline void *gv3_page_alloc(gv3_cpu *cur, gv3_dom *payer)
{
    void *p;

    if ( !gv3_sys_charge(payer, PAGE_SIZE) )
        return NULL;
    p = alloc_xenheap_page();
    if ( p )
        clear_page(p);
    else
        gv3_sys_uncharge(payer, PAGE_SIZE);
    return p;
}

static inline void gv3_page_free(gv3_cpu *cur, gv3_dom *payer, void *p)
{
    gv3_sys_uncharge(payer, PAGE_SIZE);
    free_xenheap_page(p);
}

/* At the end of the page, behind what somebody may look at still. */
static inline struct rcu_head *gv3_sys_rcu(void *p)
{
    return p + PAGE_SIZE - sizeof(struct rcu_head);
}

static inline void cf_check gv3_sys_retired(struct rcu_head *head)
{
    free_xenheap_page((void *)((unsigned long)head & PAGE_MASK));
}

static inline void gv3_page_retire(gv3_cpu *cur, gv3_dom *payer, void *p)
{
    gv3_sys_uncharge(payer, PAGE_SIZE);
    call_rcu(gv3_sys_rcu(p), gv3_sys_retired);
}

static inline void gv3_page_repay(gv3_cpu *cur, gv3_dom *from, gv3_dom *to,
                                  void *p)
{
    atomic_add(PAGE_SIZE, &to->grant_v3->bytes);
    gv3_sys_uncharge(from, PAGE_SIZE);
}

static inline uint64_t gv3_page_mfn(gv3_cpu *cur, const void *p)
{
    return virt_to_mfn(p);
}

static inline void *gv3_mem_alloc(gv3_cpu *cur, gv3_dom *payer, unsigned bytes)
{
    void *p;

    if ( !gv3_sys_charge(payer, bytes) )
        return NULL;
    p = xzalloc_bytes(bytes);
    if ( !p )
        gv3_sys_uncharge(payer, bytes);
    return p;
}

static inline void gv3_mem_free(gv3_cpu *cur, gv3_dom *payer, void *p,
                                unsigned bytes)
{
    gv3_sys_uncharge(payer, bytes);
    xfree(p);
}

/* ---- the granter's memory ---- */

/* A page of its RAM, with a reference. NULL, and why: it is none, or it is paged out. */
static inline struct page_info *gv3_sys_page(gv3_dom *granter, uint64_t frame,
                                             bool write, int *rc)
{
    struct page_info *page;

    if ( paging_mode_translate(granter) )
        return p2m_grant_page(granter, _gfn(frame), write, rc);
    *rc = -EINVAL;
    page = mfn_valid(_mfn(frame)) ? mfn_to_page(_mfn(frame)) : NULL;
    /* What the hypervisor shares with it is none of its RAM. */
    return page && !is_special_page(page) && get_page(page, granter) ? page
                                                                     : NULL;
}

static inline const volatile uint64_t *gv3_node(gv3_cpu *cur, gv3_dom *granter,
                                                uint64_t frame, gv3_node_t *n)
{
    int rc;

    n->page = gv3_sys_page(granter, frame, false, &rc);
    n->at = n->page ? __map_domain_page(n->page) : NULL;
    return n->at;
}

static inline void gv3_node_done(gv3_cpu *cur, gv3_dom *granter, gv3_node_t *n)
{
    unmap_domain_page((const void *)n->at);
    put_page(n->page);
}

static inline void gv3_node_rest(gv3_cpu *cur, gv3_node_t *n)
{
    unmap_domain_page((const void *)n->at);
}

static inline const volatile uint64_t *gv3_node_again(gv3_cpu *cur,
                                                      gv3_node_t *n)
{
    n->at = __map_domain_page(n->page);
    return n->at;
}

static inline void gv3_node_drop(gv3_cpu *cur, gv3_dom *granter, gv3_node_t *n)
{
    put_page(n->page);
}

static inline uint64_t gv3_entry_read(gv3_cpu *cur, const volatile uint64_t *p)
{
    return *p;
}

/* Does a page of it that is written have a type? */
static inline bool gv3_sys_typed(const gv3_dom *granter, bool write)
{
    return write && !paging_mode_translate(granter);
}

/* One more reference, and type, on a frame. */
static inline int gv3_run_more(gv3_cpu *cur, gv3_dom *owner, uint64_t mfn,
                               bool write)
{
    struct page_info *page = mfn_to_page(_mfn(mfn));

    return (gv3_sys_typed(owner, write)
            ? get_page_and_type(page, owner, PGT_writable_page)
            : get_page(page, owner)) ? 0 : -EINVAL;
}

static inline void gv3_run_put(gv3_cpu *cur, gv3_dom *granter, uint64_t mfn,
                               unsigned order, bool write, bool dirty)
{
    struct page_info *page = mfn_to_page(_mfn(mfn));
    bool typed = gv3_sys_typed(granter, write);
    unsigned long i;

    if ( unlikely(dirty && paging_mode_log_dirty(granter)) )
        for ( i = 0; i < 1UL << order; i++ )
            paging_mark_dirty(granter, _mfn(mfn + i));
    for ( i = 0; i < 1UL << order; i++, page++ )
    {
        if ( typed )
            put_page_type(page);
        put_page(page);
    }
}

/* A PV granter names machine frames. */
static inline int gv3_sys_pv_run(gv3_cpu *cur, gv3_dom *granter, uint64_t mfn,
                                 unsigned order, bool write)
{
    unsigned long i;

    for ( i = 0; i < 1UL << order; i++ )
        if ( !mfn_valid(_mfn(mfn + i)) ||
             is_special_page(mfn_to_page(_mfn(mfn + i))) ||
             gv3_run_more(cur, granter, mfn + i, write) )
            break;
    if ( i == 1UL << order )
        return 0;
    while ( i-- )
        gv3_run_put(cur, granter, mfn + i, 0, write, false);
    return -EINVAL;
}

static inline int gv3_run_get(gv3_cpu *cur, gv3_dom *granter, uint64_t frame,
                              unsigned order, bool write, uint64_t *mfn)
{
    struct page_info *page;
    mfn_t first;
    int rc;

    *mfn = 0;
    if ( order && !paging_mode_translate(granter) )
    {
        *mfn = frame;
        return gv3_sys_pv_run(cur, granter, frame, order, write);
    }
    if ( order )
    {
        rc = p2m_grant_run(granter, _gfn(frame), order, &first);
        *mfn = mfn_x(first);
        return rc;
    }
    page = gv3_sys_page(granter, frame, write, &rc);
    if ( !page )
        return rc;
    if ( gv3_sys_typed(granter, write) &&
         !get_page_type(page, PGT_writable_page) )
    {
        put_page(page);
        return -EINVAL;
    }
    *mfn = mfn_x(page_to_mfn(page));
    return 0;
}

static inline void gv3_run_readonly(gv3_cpu *cur, gv3_dom *granter,
                                    uint64_t mfn, unsigned order)
{
    struct page_info *page = mfn_to_page(_mfn(mfn));
    unsigned long i;

    for ( i = 0; i < 1UL << order; i++ )
    {
        paging_mark_dirty(granter, _mfn(mfn + i));
        if ( gv3_sys_typed(granter, true) )
            put_page_type(&page[i]);
    }
}

/* ---- frames that are held ---- */

static inline void *gv3_frame(gv3_cpu *cur, uint64_t mfn)
{
    return map_domain_page(_mfn(mfn));
}

static inline void gv3_frame_done(gv3_cpu *cur, void *p)
{
    unmap_domain_page(p);
}

static inline void gv3_frame_zero(gv3_cpu *cur, uint64_t mfn)
{
    clear_domain_page(_mfn(mfn));
}

static inline void gv3_move(gv3_cpu *cur, void *to, const void *from,
                            unsigned bytes)
{
    memcpy(to, from, bytes);
}

static inline void gv3_byte_write(gv3_cpu *cur, volatile uint8_t *p, uint8_t v)
{
    smp_wmb();
    *p = v;
}

static inline uint64_t gv3_word_or(gv3_cpu *cur, volatile uint64_t *p,
                                   uint64_t bits)
{
    uint64_t old = *p, seen;

    while ( (seen = cmpxchg(p, old, old | bits)) != old )
        old = seen;
    return old;
}

static inline void gv3_mb(gv3_cpu *cur)
{
    smp_mb();
}

/* ---- the mapper's address space ---- */

static inline void gv3_as_lock(gv3_cpu *cur, gv3_dom *mapper)
{
    if ( paging_mode_translate(mapper) )
        p2m_grant_lock(mapper);
}

static inline void gv3_as_unlock(gv3_cpu *cur, gv3_dom *mapper)
{
    if ( paging_mode_translate(mapper) )
        p2m_grant_unlock(mapper);
}

static inline void gv3_as_flush(gv3_cpu *cur, gv3_dom *mapper)
{
    if ( paging_mode_translate(mapper) )
        p2m_grant_flush(mapper);
    else
        flush_tlb_mask(mapper->dirty_cpumask);
}

static inline int gv3_as_map(gv3_cpu *cur, gv3_dom *mapper, uint64_t gfn,
                             uint64_t mfn, unsigned order, bool write)
{
    return p2m_grant_map(mapper, _gfn(gfn), _mfn(mfn), order, write);
}

static inline int gv3_as_clear(gv3_cpu *cur, gv3_dom *mapper, uint64_t gfn,
                               uint64_t mfn, unsigned order)
{
    return p2m_grant_clear(mapper, _gfn(gfn), _mfn(mfn), order);
}

static inline int gv3_as_point(gv3_cpu *cur, gv3_dom *mapper, uint64_t gfn,
                               uint64_t mfn, unsigned order, uint64_t to,
                               bool write)
{
    return p2m_grant_point(mapper, _gfn(gfn), _mfn(mfn), order, _mfn(to),
                           write);
}

/* Each is a table; the lists of frames are the core's own. */
static inline int gv3_as_reserve(gv3_cpu *cur, gv3_dom *mapper, int n)
{
    for ( ; n < 0; n++ )
    {
        p2m_grant_unkeep(mapper);
        gv3_sys_uncharge(mapper, PAGE_SIZE);
    }
    for ( ; n > 0; n-- )
    {
        if ( !gv3_sys_charge(mapper, PAGE_SIZE) )
            return -ENOMEM;
        if ( p2m_grant_keep(mapper) )
        {
            gv3_sys_uncharge(mapper, PAGE_SIZE);
            return -ENOMEM;
        }
    }
    return 0;
}

#include "gv3_sys_pv.h"

#endif
