/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * GNTTABOP_range_map and range_unmap (v1-range): references of version 1 by
 * the hundred, each pinned, marked and referenced as map_grant_ref() does it,
 * but with the granter's table locked once, its p2m looked at once for each
 * run, one record, the mapper's p2m locked once, and one flush for all that a
 * hypercall takes away.
 *
 * Entries are locked one after the other, each from its mark to its pin, and
 * never while a p2m is locked: what is pinned cannot change its frame, nor its
 * table its version. So between the halves, in which entries are pinned and
 * then mapped, nothing of the granter's is locked.
 */

#define RANGE_FLAGS (GNTRANGE_READONLY | GNTRANGE_LIST | GNTRANGE_ACCEPT_2M)
#define RANGE_BLOCK 8 /* requests copied at once */

/* ---- the mapper's side ---- */

/* Do its n pages make one entry of 2M? */
static bool range_makes_2m(const struct rivals_range *r, unsigned int n,
                           const unsigned long *frame)
{
    unsigned int k;

    if ( n != 512 || !hap_has_2mb || (PFN_DOWN(r->addr) | frame[0]) & 511 )
        return false;

    for ( k = 1; k < 512; k++ )
        if ( frame[k] != frame[0] + k )
            return false;

    return true;
}

/* The second half, of a translated domain: how many of n pages are mapped. */
static unsigned int range_fill_p2m(struct domain *ld, struct rivals_range *r,
                                   unsigned int n, const unsigned long *frame,
                                   bool accept_2m, int *rc)
{
    gfn_t gfn = gaddr_to_gfn(r->addr);
    unsigned int i = 0;
    int err;

    p2m_grant_lock(ld);

    if ( accept_2m && range_makes_2m(r, n, frame) &&
         !p2m_grant_map(ld, gfn, _mfn(frame[0]), PAGE_ORDER_2M, !r->readonly) )
    {
        r->large = true;
        i = n;
    }

    /* Also where something is among the 512, or memory is out. */
    for ( ; i < n; i++ )
    {
        err = p2m_grant_map(ld, gfn_add(gfn, i), _mfn(frame[i]), 0,
                            !r->readonly);
        if ( err )
        {
            *rc = err == -EEXIST ? GNTST_bad_virt_addr : GNTST_no_space;
            break;
        }
    }

    p2m_grant_unlock(ld);

    return i;
}

/* The same of a PV domain: entries of page tables, and the IOMMU's. */
static unsigned int range_fill_pv(struct domain *ld, struct domain *rd,
                                  const struct rivals_range *r, unsigned int n,
                                  const unsigned long *frame, int *rc)
{
    bool io = ld != rd && gnttab_need_iommu_mapping(ld);
    unsigned int flags = range_flags(r), i;

    for ( i = 0; i < n; i++ )
    {
        uint64_t addr = r->addr + ((uint64_t)i << PAGE_SHIFT);
        mfn_t mfn = _mfn(frame[i]);
        int err = create_grant_host_mapping(addr, mfn, flags, 0);

        if ( err != GNTST_okay )
        {
            *rc = err;
            break;
        }
        if ( io && rivals_iommu_map(ld, mfn, r->readonly) )
        {
            replace_grant_host_mapping(addr, mfn, 0, flags);
            gnttab_flush_tlb(ld);
            *rc = GNTST_no_device_space;
            break;
        }
    }

    return i;
}

/* ---- map ---- */

static int range_check(const struct gnttab_range_map *op)
{
    if ( (op->flags & ~RANGE_FLAGS) || op->pad || !op->count ||
         op->count > GNTRANGE_MAX_COUNT )
        return GNTST_general_error;
    if ( op->addr & ~PAGE_MASK )
        return GNTST_bad_virt_addr;

    return GNTST_okay;
}

/* The references of a new range, from where the guest has them. */
static int range_read_refs(const struct gnttab_range_map *op,
                           struct rivals_range *r)
{
    XEN_GUEST_HANDLE_PARAM(uint32) list = { (uint32_t *)op->ref };

    if ( !r->list )
    {
        r->ref = op->ref;
        return op->ref == r->ref ? GNTST_okay : GNTST_bad_gntref;
    }

    return copy_from_guest(r->list, list, op->count) ? GNTST_bad_virt_addr
                                                     : GNTST_okay;
}

/* The two halves; what the second does not reach is given back. */
static unsigned int range_map_pages(struct domain *ld, struct domain *rd,
                                    struct gnttab_range_map *op,
                                    struct rivals_range *r,
                                    unsigned long *frame, int *rc)
{
    unsigned int n = range_pin_all(ld, rd, r, op->count, frame, rc), done;

    done = paging_mode_external(ld)
           ? range_fill_p2m(ld, r, n, frame, op->flags & GNTRANGE_ACCEPT_2M,
                            rc)
           : range_fill_pv(ld, rd, r, n, frame, rc);
    op->large = r->large;
    range_give_back(ld, rd, r, done, n, true);

    return done;
}

static int range_map_of(struct domain *ld, struct domain *rd,
                        struct gnttab_range_map *op)
{
    struct rivals_ranges *rs = &ld->grant_table->rivals->ranges;
    struct rivals_scratch *scratch = rivals_scratch();
    struct rivals_range *r;
    uint32_t n;
    int rc;

    if ( xsm_grant_mapref(XSM_HOOK, ld, rd, GNTMAP_host_map |
                          (op->flags & GNTRANGE_READONLY ? GNTMAP_readonly
                                                         : 0)) )
        return GNTST_permission_denied;

    /* No revoke would find it. */
    if ( gnttab_rival(revoke) )
        return GNTST_general_error;

    n = scratch ? range_get(rs, op->flags & GNTRANGE_LIST ? op->count : 0)
                : RANGE_NONE;
    if ( n == RANGE_NONE )
        return GNTST_no_space;

    /* Nobody else finds it before it is published. */
    r = range_record(rs, n);
    r->addr = op->addr;
    r->domid = op->dom;
    r->readonly = op->flags & GNTRANGE_READONLY;
    rc = range_read_refs(op, r);
    if ( rc == GNTST_okay )
        op->done = range_map_pages(ld, rd, op, r, scratch->mfn, &rc);

    if ( !op->done )
    {
        range_put(rs, n);
        return rc;
    }

    r->count = op->done;
    range_publish(rs, n);
    op->handle = n;

    return rc;
}

static void range_map(struct gnttab_range_map *op)
{
    struct domain *ld = current->domain, *rd;

    op->done = op->large = 0;
    op->handle = GNTRANGE_NO_HANDLE;
    op->status = range_check(op);
    if ( op->status != GNTST_okay )
        return;

    rd = rcu_lock_domain_by_id(op->dom);
    if ( !rd )
    {
        op->status = GNTST_bad_domain;
        return;
    }

    op->status = range_map_of(ld, rd, op);
    rcu_unlock_domain(rd);
}

/* How many are left, or -EFAULT. */
static long gnttab_range_map(
    XEN_GUEST_HANDLE_PARAM(gnttab_range_map_t) uop, unsigned int count)
{
    struct gnttab_range_map op[RANGE_BLOCK];
    unsigned int i, k, n;

    for ( i = 0; i < count; i += k )
    {
        n = min_t(unsigned int, count - i, RANGE_BLOCK);
        if ( copy_from_guest_offset(op, uop, i, n) )
            return -EFAULT;

        for ( k = 0; k < n && !(i + k && hypercall_preempt_check()); k++ )
            range_map(&op[k]);

        if ( k && copy_to_guest_offset(uop, i, op, k) )
            return -EFAULT;
        if ( k < n )
            return count - i - k;
    }

    return 0;
}

/* ---- unmap ---- */

/* As long as it is pinned, a frame is what it was when it was pinned. */
static mfn_t range_frame(struct grant_table *rgt, const struct rivals_range *r,
                         unsigned int i)
{
    return _active_entry(rgt, range_ref(r, i)).mfn;
}

/* All entries go from the p2m, which are where the record says. */
static void range_clear_p2m(struct domain *ld, struct domain *rd,
                            struct rivals_range *r)
{
    unsigned int order = r->large ? PAGE_ORDER_2M : 0, i;
    gfn_t gfn = gaddr_to_gfn(r->addr);

    p2m_grant_lock(ld);
    for ( i = 0; i < r->count; i += 1u << order )
        if ( p2m_grant_clear(ld, gfn_add(gfn, i),
                             range_frame(rd->grant_table, r, i), order) )
        {
            gprintk(XENLOG_ERR, "GFN %#lx: the entry of a range is gone\n",
                    gfn_x(gfn) + i);
            domain_crash(ld);
        }
    p2m_grant_unlock(ld);

    r->left = 0;
}

/* From the last page on, to the first that is not as it was made. */
static int range_clear_pv(struct domain *ld, struct domain *rd,
                          struct rivals_range *r)
{
    bool io = ld != rd && gnttab_need_iommu_mapping(ld);

    for ( r->left = r->count; r->left; r->left-- )
    {
        unsigned int i = r->left - 1;
        mfn_t mfn = range_frame(rd->grant_table, r, i);
        int rc = replace_grant_host_mapping(
                     r->addr + ((uint64_t)i << PAGE_SHIFT), mfn, 0,
                     range_flags(r));

        if ( rc != GNTST_okay )
            return rc;
        if ( io && rivals_iommu_unmap(ld, mfn, r->readonly) )
            return GNTST_general_error;
    }

    return GNTST_okay;
}

/* The first half: the mappings go. */
static int range_take_away(struct domain *ld,
                           const struct gnttab_range_unmap *op,
                           uint32_t *taken)
{
    struct rivals_ranges *rs = &ld->grant_table->rivals->ranges;
    struct rivals_range *r;
    struct domain *rd;
    int rc = GNTST_okay;

    if ( op->pad )
        return GNTST_general_error;

    r = range_take(rs, op->handle);
    if ( !r )
        return GNTST_bad_handle;

    rd = rcu_lock_domain_by_id(r->domid);
    if ( !rd )
    {
        /* As for version 1: a PV domain has put something else there. */
        range_publish(rs, op->handle);
        domain_crash(ld);
        return GNTST_okay;
    }

    if ( xsm_grant_unmapref(XSM_HOOK, ld, rd) )
    {
        range_publish(rs, op->handle);
        rcu_unlock_domain(rd);
        return GNTST_permission_denied;
    }

    if ( paging_mode_external(ld) )
        range_clear_p2m(ld, rd, r);
    else
        rc = range_clear_pv(ld, rd, r);

    r->next = *taken;
    *taken = op->handle;
    rcu_unlock_domain(rd);

    return rc;
}

/* The second half, after the flush. */
static void range_finish(struct domain *ld, uint32_t n)
{
    struct rivals_ranges *rs = &ld->grant_table->rivals->ranges;

    while ( n != RANGE_NONE )
    {
        struct rivals_range *r = range_record(rs, n);
        uint32_t next = r->next;
        /* It is there as long as pages of it are pinned and referenced. */
        struct domain *rd = rcu_lock_domain_by_id(r->domid);

        if ( rd )
        {
            range_give_back(ld, rd, r, r->left, r->count, true);
            rcu_unlock_domain(rd);
        }
        r->count = r->left;
        if ( r->count )
            range_publish(rs, n);
        else
            range_put(rs, n);
        n = next;
    }
}

/* As many as there are, until one fails: how many were begun. */
static unsigned int range_take_all(
    struct domain *ld, XEN_GUEST_HANDLE_PARAM(gnttab_range_unmap_t) uop,
    unsigned int count, uint32_t *taken, int *rc)
{
    struct gnttab_range_unmap op[RIVALS_BLOCK];
    unsigned int i, k, n;

    for ( i = 0; i < count; i += k )
    {
        n = min_t(unsigned int, count - i, RIVALS_BLOCK);
        *rc = copy_from_guest_offset(op, uop, i, n) ? -EFAULT : 0;
        if ( *rc )
            return i;

        for ( k = 0; k < n && !(i + k && hypercall_preempt_check()); k++ )
            op[k].status = range_take_away(ld, &op[k], taken);

        if ( k )
            *rc = copy_to_guest_offset(uop, i, op, k) ? -EFAULT : 0;
        if ( *rc || k < n )
            return i + k;
    }

    return i;
}

/* How many are left, or -EFAULT. */
static long gnttab_range_unmap(
    XEN_GUEST_HANDLE_PARAM(gnttab_range_unmap_t) uop, unsigned int count)
{
    struct domain *ld = current->domain;
    uint32_t taken = RANGE_NONE;
    unsigned int done;
    int rc = 0;

    done = range_take_all(ld, uop, count, &taken, &rc);

    if ( taken != RANGE_NONE && paging_mode_external(ld) )
        p2m_grant_flush(ld);
    else
        gnttab_flush_tlb(ld);

    range_finish(ld, taken);

    return rc ?: (long)(count - done);
}

/* ---- the end of a mapper ---- */

/* All that a dying domain has mapped by ranges. -ERESTART: some more. */
static int rivals_ranges_release(struct domain *d)
{
    struct rivals_ranges *rs = &d->grant_table->rivals->ranges;
    uint32_t n;

    for ( n = 0; n < rs->limit; n++ )
    {
        struct rivals_range *r = range_record(rs, n);
        struct domain *rd;
        unsigned int i;

        if ( r->state == RANGE_FREE )
            continue;

        rd = rcu_lock_domain_by_id(r->domid);
        if ( rd )
        {
            for ( i = 0; rd != d && gnttab_need_iommu_mapping(d) &&
                         i < r->count; i++ )
                rivals_iommu_unmap(d, range_frame(rd->grant_table, r, i),
                                   r->readonly);
            /* A PV domain's references go with its page tables' entries. */
            range_give_back(d, rd, r, 0, r->count,
                            gnttab_release_host_mappings(d));
            rcu_unlock_domain(rd);
        }
        range_put(rs, n);

        if ( hypercall_preempt_check() )
            return -ERESTART;
    }

    return 0;
}
