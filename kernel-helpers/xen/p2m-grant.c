/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Entries of grant tables version 3 in a p2m: of every order, of a type of their own, compared before they change, and
 * flushed once for many.
 */
#include <xen/gnttab_v3.h>
#include <xen/iommu.h>
#include <xen/ioreq.h>
#include <xen/sched.h>
#include <xen/trace.h>

#include <asm/flushtlb.h>
#include <asm/gv3_arch.h>
#include <asm/hvm/nestedhvm.h>
#include <asm/p2m.h>

#include "mm-locks.h"

/* PTE flags of an entry of a grant, as p2m-pt.c has them. */
#define GRANT_FLAGS \
    (_PAGE_PRESENT | _PAGE_USER | _PAGE_DIRTY | _PAGE_ACCESSED | _PAGE_NX)

/* The table of single pages that was used last under the p2m's lock: which, and where it is mapped. NULL: none. */
struct near {
    unsigned long region;
    l1_pgentry_t *table;
};
static DEFINE_PER_CPU(struct near, near);

/* What this CPU has yet to tell the IOMMU: one range, or (from > to) more than one. */
struct owed {
    unsigned long from, to;
    bool any;
};
static DEFINE_PER_CPU(struct owed, owed);

void p2m_grant_lock(struct domain *d)
{
    p2m_lock(p2m_get_hostp2m(d));
}

static void forget(void)
{
    struct near *n = &this_cpu(near);

    if ( n->table )
        unmap_domain_page(n->table);
    n->table = NULL;
}

void p2m_grant_unlock(struct domain *d)
{
    forget();
    p2m_unlock(p2m_get_hostp2m(d));
}

/* All levels of a table for AMD's nested paging down to that of single pages. NULL: there is none, or it has to wait. */
static l1_pgentry_t *find_table(struct p2m_domain *p2m, unsigned long gfn)
{
    mfn_t mfn = pagetable_get_mfn(p2m_get_pagetable(p2m));
    l1_pgentry_t *table, e;
    unsigned int level;

    for ( level = 3; level; level-- )
    {
        table = map_domain_page(mfn);
        e = table[(gfn >> (level * PAGETABLE_ORDER)) &
                  ((1u << PAGETABLE_ORDER) - 1)];
        unmap_domain_page(table);
        /* A larger entry, or a change of types that is yet to come further down. */
        if ( (l1e_get_flags(e) & (_PAGE_PRESENT | _PAGE_PSE | _PAGE_USER)) !=
             (_PAGE_PRESENT | _PAGE_USER) )
            return NULL;
        mfn = l1e_get_mfn(e);
    }
    return map_domain_page(mfn);
}

/*
 * The entry of a single page, to be written in place: neighbours then cost a walk together, not two each. NULL: by
 * p2m_set_entry(), which knows all formats, IOMMUs, and nested and traced domains. The table stays what it is as long as
 * the lock is held, if nothing larger changes.
 */
static l1_pgentry_t *entry(struct domain *d, gfn_t gfn)
{
    struct p2m_domain *p2m = p2m_get_hostp2m(d);
    unsigned long region = gfn_x(gfn) >> PAGETABLE_ORDER;
    struct near *n = &this_cpu(near);

    if ( !n->table || n->region != region )
    {
        forget();
        if ( !hap_enabled(d) || p2m->tlb_flush || need_iommu_pt_sync(d) ||
             nestedhvm_enabled(d) || unlikely(tb_init_done) ||
             gfn_x(gfn) > p2m->max_mapped_pfn )
            return NULL;
        n->table = find_table(p2m, gfn_x(gfn));
        n->region = region;
        if ( !n->table )
            return NULL;
    }
    return &n->table[gfn_x(gfn) & ((1u << PAGETABLE_ORDER) - 1)];
}

static void set(l1_pgentry_t *p, mfn_t mfn, p2m_type_t t)
{
    unsigned int flags = ((unsigned int)t << 12) | GRANT_FLAGS |
                         (t == p2m_grant_v3_rw ? _PAGE_RW : 0);

    safe_write_pte(p, l1e_from_mfn(mfn, flags));
}

static bool is(l1_pgentry_t e, mfn_t mfn)
{
    return (l1e_get_flags(e) & _PAGE_PRESENT) && mfn_eq(l1e_get_mfn(e), mfn) &&
           p2m_is_grant_v3(p2m_flags_to_type(l1e_get_flags(e)));
}

static void owe(struct domain *d, gfn_t gfn, unsigned int order)
{
    struct owed *o = &this_cpu(owed);
    unsigned long from = gfn_x(gfn), to = from + (1UL << order);

    if ( !need_iommu_pt_sync(d) )
        return;
    if ( !o->any )
        *o = (struct owed){ .from = from, .to = to, .any = true };
    else if ( o->to == from )
        o->to = to;
    else if ( o->from == to )
        o->from = from;
    else
        o->from = ~0UL;
}

static void pay(struct domain *d)
{
    struct owed *o = &this_cpu(owed);
    int rc;

    if ( !o->any )
        return;
    o->any = false;
    rc = o->from < o->to
         ? iommu_iotlb_flush(d, _dfn(o->from), o->to - o->from,
                             IOMMU_FLUSHF_modified)
         : iommu_iotlb_flush_all(d, IOMMU_FLUSHF_modified);
    /* A flush that fails has crashed any domain but the hardware's. */
    if ( rc )
        printk(XENLOG_ERR "%pd: IOTLB flush for grants: %d\n", d, rc);
}

void p2m_grant_flush(struct domain *d)
{
    ioreq_request_mapcache_invalidate(d);
    /* EPT has flushed when its lock was dropped. */
    if ( !p2m_get_hostp2m(d)->tlb_flush )
        guest_flush_tlb_mask(d, d->dirty_cpumask);
    pay(d);
}

static void cf_check no_flush(struct p2m_domain *p2m, unsigned int oflags)
{
}

/* A table that was kept, for whoever has the p2m's lock; others get one of the pool. */
static struct page_info *cf_check kept_page(struct domain *d)
{
    struct grant_v3 *g = d->grant_v3;
    struct page_info *page = NULL;

    if ( p2m_locked_by_me(p2m_get_hostp2m(d)) )
        page = page_list_remove_head(&g->tables);
    if ( !page )
        return NULL;
    g->kept--;
    /* It is the p2m's from here on. */
    atomic_sub(PAGE_SIZE, &g->bytes);
    return page;
}

/*
 * An entry, or 4K of a larger one, changes. p2m and IOMMU flush with each entry that was there, by their own hooks: not
 * under these. A table is taken from what was kept, and the hook for that is nobody else's under the p2m's lock but of
 * nested p2ms, of which a domain with version 3 has none.
 */
static int change(struct domain *d, gfn_t gfn, mfn_t mfn, unsigned int order,
                  p2m_type_t t)
{
    struct p2m_domain *p2m = p2m_get_hostp2m(d);
    void (*post)(struct p2m_domain *, unsigned int) = p2m->write_p2m_entry_post;
    struct page_info *(*alloc)(struct domain *) = d->arch.paging.alloc_page;
    bool *dont = &this_cpu(iommu_dont_flush_iotlb), was = *dont;
    int rc;

    forget();
    if ( hap_enabled(d) && post )
        p2m->write_p2m_entry_post = no_flush;
    if ( d->grant_v3->kept && !order )
        d->arch.paging.alloc_page = kept_page;
    *dont = true;
    rc = p2m_set_entry(p2m, gfn, mfn, order, t, p2m->default_access);
    *dont = was;
    d->arch.paging.alloc_page = alloc;
    p2m->write_p2m_entry_post = post;
    owe(d, gfn, order);
    return rc;
}

/* How much of what is at gfn, in an entry of this order, lies from there on. */
static unsigned long rest(gfn_t gfn, unsigned int order)
{
    return (1UL << order) - (gfn_x(gfn) & ((1UL << order) - 1));
}

static bool hole(p2m_type_t t)
{
    return t == p2m_mmio_dm || t == p2m_invalid;
}

static p2m_type_t grant_type(bool write)
{
    return write ? p2m_grant_v3_rw : p2m_grant_v3_ro;
}

int p2m_grant_map(struct domain *d, gfn_t gfn, mfn_t mfn, unsigned int order,
                  bool write)
{
    struct p2m_domain *p2m = p2m_get_hostp2m(d);
    unsigned long i, n = 1UL << order;
    p2m_access_t a;
    unsigned int o;
    p2m_type_t t;
    l1_pgentry_t *p;
    int rc;

    if ( (gfn_x(gfn) + n - 1) >> (paging_max_paddr_bits(d) - PAGE_SHIFT) )
        return -EEXIST;
    p = order ? NULL : entry(d, gfn);
    if ( p && !l1e_get_intpte(*p) )
    {
        set(p, mfn, grant_type(write));
        return 0;
    }
    for ( i = 0; i < n; i += rest(gfn_add(gfn, i), o) )
    {
        p2m->get_entry(p2m, gfn_add(gfn, i), &t, &a, 0, &o, NULL);
        if ( !hole(t) )
            return -EEXIST;
    }
    forget();
    rc = p2m_set_entry(p2m, gfn, mfn, order, grant_type(write),
                       p2m->default_access);
    if ( likely(!rc) )
        return 0;
    /* If the IOMMU did not have it the CPU has it all the same. */
    p2m->get_entry(p2m, gfn, &t, &a, 0, NULL, NULL);
    if ( hole(t) )
        return -ENOMEM;
    if ( p2m_set_entry(p2m, gfn, INVALID_MFN, order, p2m_invalid,
                       p2m->default_access) )
        domain_crash(d);
    return -ENOSPC;
}

/* What is there from gfn on: 0 for frames from mfn on, or pieces of that and holes; some: not holes alone. */
static int look(struct p2m_domain *p2m, gfn_t gfn, mfn_t mfn,
                unsigned int order, bool *some)
{
    unsigned long i;
    p2m_access_t a;
    unsigned int o;
    p2m_type_t t;

    *some = false;
    for ( i = 0; i < 1UL << order; i += rest(gfn_add(gfn, i), o) )
    {
        mfn_t there = p2m->get_entry(p2m, gfn_add(gfn, i), &t, &a, 0, &o, NULL);

        if ( hole(t) )
            continue;
        if ( !p2m_is_grant_v3(t) || !mfn_eq(there, mfn_add(mfn, i)) )
            return -EILSEQ;
        *some = true;
    }
    return 0;
}

int p2m_grant_clear(struct domain *d, gfn_t gfn, mfn_t mfn, unsigned int order)
{
    l1_pgentry_t *p = order ? NULL : entry(d, gfn);
    bool some;
    int rc;

    if ( p && is(*p, mfn) )
    {
        safe_write_pte(p, l1e_empty());
        return 0;
    }
    rc = look(p2m_get_hostp2m(d), gfn, mfn, order, &some);
    return rc || !some ? rc : change(d, gfn, INVALID_MFN, order, p2m_invalid);
}

int p2m_grant_point(struct domain *d, gfn_t gfn, mfn_t mfn, unsigned int order,
                    mfn_t to, bool write)
{
    l1_pgentry_t *p = order ? NULL : entry(d, gfn);
    bool some;
    int rc;

    if ( p && is(*p, mfn) )
    {
        set(p, to, grant_type(write));
        return 0;
    }
    rc = look(p2m_get_hostp2m(d), gfn, mfn, order, &some);
    if ( !rc && !some )
        rc = -EILSEQ;
    if ( !rc )
        rc = change(d, gfn, to, order, grant_type(write));
    /* Where a right is given back nobody flushes after this. */
    if ( write && mfn_eq(to, mfn) )
        pay(d);
    return rc;
}

int p2m_grant_keep(struct domain *d)
{
    struct p2m_domain *p2m = p2m_get_hostp2m(d);
    struct page_info *page;

    /* There is no such reserve of the IOMMU's tables. */
    if ( need_iommu_pt_sync(d) || nestedhvm_enabled(d) )
        return -ENOMEM;
    page = d->arch.paging.alloc_page(d);
    if ( !page )
        return -ENOMEM;
    p2m_lock(p2m);
    page_list_add(page, &d->grant_v3->tables);
    d->grant_v3->kept++;
    p2m_unlock(p2m);
    return 0;
}

void p2m_grant_unkeep(struct domain *d)
{
    struct p2m_domain *p2m = p2m_get_hostp2m(d);
    struct page_info *page;

    p2m_lock(p2m);
    page = page_list_remove_head(&d->grant_v3->tables);
    d->grant_v3->kept--;
    p2m_unlock(p2m);
    d->arch.paging.free_page(d, page);
}

struct page_info *p2m_grant_page(struct domain *d, gfn_t gfn, bool write,
                                 int *rc)
{
    struct p2m_domain *p2m = p2m_get_hostp2m(d);
    struct page_info *page = NULL;
    p2m_access_t a;
    p2m_type_t t;
    mfn_t mfn;

    *rc = -EINVAL;
    p2m_read_lock(p2m);
    mfn = p2m->get_entry(p2m, gfn, &t, &a, 0, NULL, NULL);
    if ( likely(t == p2m_ram_rw) || t == p2m_ram_logdirty )
    {
        page = mfn_to_page(mfn);
        if ( is_special_page(page) || !get_page(page, d) )
            page = NULL;
    }
    p2m_read_unlock(p2m);
    if ( likely(page) || (!p2m_is_pod(t) && !p2m_is_paging(t) &&
                          !p2m_is_shared(t)) )
        return page;
    /* It can be had, or will be. */
    *rc = check_get_page_from_gfn(d, gfn, !write, &t, &page);
    if ( !*rc && t != p2m_ram_rw && t != p2m_ram_logdirty )
    {
        put_page(page);
        *rc = -EINVAL;
    }
    if ( *rc && *rc != -EAGAIN )
        *rc = -EINVAL;
    return *rc ? NULL : page;
}

/* With the p2m's read lock. INVALID_MFN: no run; then rc says why. */
static mfn_t find_run(struct p2m_domain *p2m, gfn_t gfn, unsigned int order,
                      int *rc)
{
    mfn_t first = INVALID_MFN, mfn;
    unsigned long i;
    p2m_access_t a;
    unsigned int o;
    p2m_type_t t;

    *rc = -EINVAL;
    for ( i = 0; i < 1UL << order; i += rest(gfn_add(gfn, i), o) )
    {
        mfn = p2m->get_entry(p2m, gfn_add(gfn, i), &t, &a, 0, &o, NULL);
        if ( p2m_is_paging(t) )
            *rc = -EAGAIN;
        if ( t != p2m_ram_rw && t != p2m_ram_logdirty )
            return INVALID_MFN;
        if ( !i )
            first = mfn;
        else if ( !mfn_eq(mfn, mfn_add(first, i)) )
            return INVALID_MFN;
    }
    return mfn_x(first) & ((1UL << order) - 1) ? INVALID_MFN : first;
}

int p2m_grant_run(struct domain *d, gfn_t gfn, unsigned int order, mfn_t *mfn)
{
    struct p2m_domain *p2m = p2m_get_hostp2m(d);
    unsigned long i = 0, n = 1UL << order;
    struct page_info *page = NULL;
    int rc;

    p2m_read_lock(p2m);
    *mfn = find_run(p2m, gfn, order, &rc);
    if ( !mfn_eq(*mfn, INVALID_MFN) )
    {
        page = mfn_to_page(*mfn);
        while ( i < n && get_page(&page[i], d) )
            i++;
        rc = i < n ? -EINVAL : 0;
    }
    p2m_read_unlock(p2m);
    while ( rc && i-- )
        put_page(&page[i]);
    return rc;
}

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
