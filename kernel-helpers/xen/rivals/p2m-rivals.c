/* SPDX-License-Identifier: GPL-2.0-only */
/* Runs of frames of a p2m, and one flush for many entries of version 1. */
#include <xen/iommu.h>
#include <xen/mm.h>
#include <xen/percpu.h>
#include <xen/sched.h>
#include <asm/flushtlb.h>
#include <asm/hap.h>
#include <asm/gv3_arch.h>
#include <asm/p2m-rivals.h>

#include "mm-locks.h"

/* The domain whose flushes this CPU puts off, and whether there was one. */
static DEFINE_PER_CPU(struct domain *, deferred);
static DEFINE_PER_CPU(bool, owed);

/* As hap_write_p2m_entry_post(). */
static void cf_check write_post(struct p2m_domain *p2m, unsigned int oflags)
{
    struct domain *d = p2m->domain;

    if ( !(oflags & _PAGE_PRESENT) )
        return;

    if ( this_cpu(deferred) == d )
        this_cpu(owed) = true;
    else
        guest_flush_tlb_mask(d, d->dirty_cpumask);
}

void p2m_rivals_init(struct domain *d)
{
    if ( paging_mode_translate(d) && hap_enabled(d) )
        p2m_get_hostp2m(d)->write_p2m_entry_post = write_post;
}

void p2m_rivals_flush_defer(struct domain *d)
{
    if ( paging_mode_translate(d) )
        this_cpu(deferred) = d;
}

void p2m_rivals_flush_owed(struct domain *d)
{
    if ( !this_cpu(owed) )
        return;

    this_cpu(owed) = false;
    p2m_grant_flush(d);
}

bool p2m_rivals_flush_owe(const struct domain *d)
{
    if ( this_cpu(deferred) != d )
        return false;

    this_cpu(owed) = true;

    return true;
}

void p2m_rivals_flush_resume(struct domain *d)
{
    p2m_rivals_flush_owed(d);
    this_cpu(deferred) = NULL;
}

void p2m_rivals_revoke_begin(struct domain *d)
{
    p2m_rivals_flush_defer(d);
    this_cpu(iommu_dont_flush_iotlb) = true;
    p2m_lock(p2m_get_hostp2m(d));
}

int p2m_rivals_revoke(struct domain *d, gfn_t gfn, mfn_t mfn, mfn_t to)
{
    struct p2m_domain *p2m = p2m_get_hostp2m(d);
    unsigned int order;
    p2m_type_t t;
    p2m_access_t a;
    mfn_t there = p2m->get_entry(p2m, gfn, &t, &a, 0, &order, NULL);

    if ( !p2m_is_grant_map(t) || order || !mfn_eq(there, mfn) )
        return -EILSEQ;

    return p2m_set_entry(p2m, gfn, to, order,
                         mfn_eq(to, INVALID_MFN) ? p2m_invalid : t, a);
}

void p2m_rivals_revoke_end(struct domain *d)
{
    p2m_unlock(p2m_get_hostp2m(d));
    this_cpu(iommu_dont_flush_iotlb) = false;
    p2m_rivals_flush_resume(d);
    if ( need_iommu_pt_sync(d) &&
         iommu_iotlb_flush_all(d, IOMMU_FLUSHF_modified) )
        domain_crash(d);
}

struct page_info *p2m_rivals_look(struct domain *d, unsigned long gfn,
                                  struct p2m_rivals_run *run)
{
    struct p2m_domain *p2m = p2m_get_hostp2m(d);
    struct page_info *pg;
    unsigned int order;
    p2m_type_t t;
    p2m_access_t a;
    mfn_t mfn;

    run->nr = 0;
    if ( !paging_mode_translate(d) )
        return NULL;

    p2m_read_lock(p2m);
    mfn = p2m->get_entry(p2m, _gfn(gfn), &t, &a, 0, &order, NULL);
    pg = (t == p2m_ram_rw || t == p2m_ram_logdirty) && mfn_valid(mfn)
         ? mfn_to_page(mfn) : NULL;
    if ( pg && !get_page(pg, d) )
        pg = NULL;
    p2m_read_unlock(p2m);

    if ( pg )
    {
        unsigned long off = gfn & ((1UL << order) - 1);

        run->gfn = gfn - off;
        run->mfn = mfn_x(mfn) - off;
        run->nr = 1UL << order;
    }

    return pg;
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
