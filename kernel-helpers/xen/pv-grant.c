/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Entries of grant tables version 3 in page tables of PV domains. They are named by their machine address, so that a
 * granter's revoke finds what its mapper has.
 */
#include <xen/domain_page.h>
#include <xen/sched.h>

#include <asm/gv3_arch.h>
#include <asm/p2m.h>
#include <asm/pv/mm.h>

#include "mm.h"

/* The page that an entry lies in, referenced and locked, if it is a page table of d's of the lowest level. */
static bool lock_table(struct domain *d, mfn_t mfn)
{
    struct page_info *page = get_page_from_mfn(mfn, d);

    if ( !page )
        return false;
    if ( page_lock(page) )
    {
        if ( (page->u.inuse.type_info & PGT_type_mask) == PGT_l1_page_table )
            return true;
        page_unlock(page);
    }
    put_page(page);
    return false;
}

int pv_grant_lock(struct domain *d, uint64_t addr, bool linear, uint64_t *entry)
{
    l1_pgentry_t *pl1e;
    mfn_t mfn;

    if ( !linear )
    {
        *entry = addr;
        return lock_table(d, maddr_to_mfn(addr)) ? 0 : -EINVAL;
    }
    ASSERT(d == current->domain);
    if ( is_pv_32bit_domain(d) && addr != (uint32_t)addr )
        return -EINVAL;
    pl1e = map_guest_l1e(addr, &mfn);
    if ( !pl1e )
        return -EINVAL;
    unmap_domain_page(pl1e);
    if ( !lock_table(d, mfn) )
        return -EINVAL;
    *entry = mfn_to_maddr(mfn) + l1_table_offset(addr) * sizeof(*pl1e);
    return 0;
}

void pv_grant_unlock(uint64_t entry)
{
    struct page_info *page = maddr_to_page(entry);

    page_unlock(page);
    put_page(page);
}

/* With its page locked, until unmap_domain_page(). */
static l1_pgentry_t *map_entry(uint64_t entry)
{
    return map_domain_page(maddr_to_mfn(entry)) + (entry & ~PAGE_MASK);
}

static bool maps(l1_pgentry_t e, mfn_t mfn, bool write)
{
    return (l1e_get_flags(e) & _PAGE_PRESENT) && mfn_eq(l1e_get_mfn(e), mfn) &&
           !(l1e_get_flags(e) & _PAGE_RW) == !write;
}

static l1_pgentry_t make(const struct domain *d, mfn_t mfn, bool write)
{
    unsigned int flags = _PAGE_PRESENT | _PAGE_ACCESSED | _PAGE_DIRTY |
                         _PAGE_GNTTAB | _PAGE_NX | (write ? _PAGE_RW : 0);

    return adjust_guest_l1e(l1e_from_mfn(mfn, flags), d);
}

/* The domain's entry becomes another; any vCPU of it will do, for shadow tables. */
static int update(struct domain *d, uint64_t entry, l1_pgentry_t *pl1e,
                  l1_pgentry_t old, l1_pgentry_t new)
{
    struct vcpu *v = d == current->domain ? current : d->vcpu[0];

    return UPDATE_ENTRY(l1, pl1e, old, new, maddr_to_mfn(entry), v, 0) ? 0 : -EILSEQ;
}

int pv_grant_map(struct domain *d, uint64_t entry, mfn_t mfn, bool write)
{
    l1_pgentry_t *pl1e = map_entry(entry), old = *pl1e;
    int rc = -EEXIST;

    /* What is not present is the guest's all the same. */
    if ( !l1e_get_intpte(old) )
        rc = update(d, entry, pl1e, old, make(d, mfn, write));
    unmap_domain_page(pl1e);
    return rc;
}

bool pv_grant_is(uint64_t entry, mfn_t mfn, bool write)
{
    l1_pgentry_t *pl1e = map_entry(entry), e = *pl1e;

    unmap_domain_page(pl1e);
    return maps(e, mfn, write);
}

int pv_grant_clear(struct domain *d, uint64_t entry, mfn_t mfn, bool write)
{
    l1_pgentry_t *pl1e = map_entry(entry), old = *pl1e;
    int rc = -EILSEQ;

    if ( maps(old, mfn, write) )
        rc = update(d, entry, pl1e, old, l1e_empty());
    unmap_domain_page(pl1e);
    return rc;
}

int pv_grant_point(struct domain *d, uint64_t entry, mfn_t mfn, bool was,
                   mfn_t to, bool write)
{
    l1_pgentry_t *pl1e = map_entry(entry), old = *pl1e;
    int rc = -EILSEQ;

    if ( maps(old, mfn, was) )
        rc = update(d, entry, pl1e, old, make(d, to, write));
    unmap_domain_page(pl1e);
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
