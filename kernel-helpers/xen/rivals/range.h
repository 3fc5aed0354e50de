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

static unsigned int range_pin(const struct rivals_range *r)
{
    return r->readonly ? GNTPIN_hstr_inc : GNTPIN_hstw_inc;
}

static unsigned int range_flags(const struct rivals_range *r)
{
    return GNTMAP_host_map | (r->readonly ? GNTMAP_readonly : 0);
}

static uint16_t *range_status(struct grant_table *rgt, grant_ref_t ref)
{
    grant_entry_header_t *shah = shared_entry_header(rgt, ref);

    return evaluate_nospec(rgt->gt_version == 1) ? &shah->flags
                                                 : &status_entry(rgt, ref);
}

/* ---- what a range has of its granter's ---- */

static void range_put_page(struct page_info *pg, const struct rivals_range *r,
                           const struct domain *ld, const struct domain *rd)
{
    if ( gnttab_host_mapping_get_page_type(r->readonly, ld, rd) )
        put_page_type(pg);
    put_page(pg);
}

/* Pages from to to - 1, which nothing maps any more. */
static void range_give_back(struct domain *ld, struct domain *rd,
                            const struct rivals_range *r, unsigned int from,
                            unsigned int to, bool refs)
{
    struct grant_table *rgt = rd->grant_table;
    bool dirty = !r->readonly && paging_mode_log_dirty(rd);

    if ( from == to )
        return;

    grant_read_lock(rgt);
    for ( ; from < to; from++ )
    {
        grant_ref_t ref = range_ref(r, from);
        struct active_grant_entry *act = active_entry_acquire(rgt, ref);

        if ( dirty )
            gnttab_mark_dirty(rd, act->mfn);
        if ( refs )
            range_put_page(mfn_to_page(act->mfn), r, ld, rd);
        act->pin -= range_pin(r);
        reduce_status_for_pin(rd, act, range_status(rgt, ref), r->readonly);
        active_entry_release(act);
    }
    grant_read_unlock(rgt);
}

/*
 * Under the entry's lock: check, mark, latch, pin. *pg: the page that was
 * looked up just now, with a reference; NULL if it was pinned already.
 */
static int range_pin_entry(struct domain *ld, struct domain *rd,
                           const struct rivals_range *r, grant_ref_t ref,
                           struct active_grant_entry *act,
                           struct p2m_rivals_run *run, struct page_info **pg)
{
    struct grant_table *rgt = rd->grant_table;
    grant_entry_header_t *shah = shared_entry_header(rgt, ref);
    uint16_t *status = range_status(rgt, ref);
    unsigned long gfn;
    mfn_t mfn;
    int rc;

    if ( act->pin && (act->domid != ld->domain_id || act->is_sub_page ||
                      (act->pin & GNTPIN_incr2oflow_mask(range_pin(r)))) )
        return GNTST_general_error;

    if ( !act->pin || (!r->readonly &&
                       !(act->pin & (GNTPIN_hstw_mask | GNTPIN_devw_mask))) )
    {
        rc = _set_status(shah, status, rd, rgt->gt_version, act, r->readonly,
                         1, ld->domain_id);
        if ( rc != GNTST_okay )
            return rc;
    }

    if ( !act->pin )
    {
        gfn = evaluate_nospec(rgt->gt_version == 1)
              ? shared_entry_v1(rgt, ref).frame
              : shared_entry_v2(rgt, ref).full_page.frame;
        *pg = p2m_rivals_page(rd, gfn, run);
        if ( *pg )
            mfn = page_to_mfn(*pg);
        else
        {
            rc = get_paged_frame(gfn, &mfn, pg, r->readonly, rd);
            if ( rc != GNTST_okay )
            {
                reduce_status_for_pin(rd, act, status, r->readonly);
                return rc;
            }
        }
        act_set_gfn(act, _gfn(gfn));
        act->domid = ld->domain_id;
        act->mfn = mfn;
        act->start = 0;
        act->length = PAGE_SIZE;
        act->is_sub_page = false;
        act->trans_domain = rd;
        act->trans_gref = ref;
    }

    act->pin += range_pin(r);

    /* Such mappings are for single pages. */
    if ( (shah->flags & rivals_refused) && paging_mode_external(ld) )
    {
        act->pin -= range_pin(r);
        reduce_status_for_pin(rd, act, status, r->readonly);
        if ( *pg )
            put_page(*pg);
        return GNTST_general_error;
    }

    return GNTST_okay;
}

/* A reference, and a type if need be, on a page that is pinned. */
static int range_reference(struct domain *ld, struct domain *rd,
                           const struct rivals_range *r, mfn_t mfn,
                           struct page_info *pg)
{
    const struct domain *owner;

    if ( pg )
        owner = page_get_owner(pg);
    else
    {
        pg = mfn_valid(mfn) ? mfn_to_page(mfn) : NULL;
        owner = pg ? page_get_owner_and_reference(pg) : NULL;
        if ( !owner )
            return GNTST_general_error;
    }

    if ( owner == rd &&
         (!gnttab_host_mapping_get_page_type(r->readonly, ld, rd) ||
          get_page_type(pg, PGT_writable_page)) )
        return GNTST_okay;

    put_page(pg);

    return GNTST_general_error;
}

/* Page i: pinned and referenced. The table is locked, its entry not. */
static int range_pin_page(struct domain *ld, struct domain *rd,
                          const struct rivals_range *r, unsigned int i,
                          struct p2m_rivals_run *run, unsigned long *frame)
{
    struct grant_table *rgt = rd->grant_table;
    grant_ref_t ref = range_ref(r, i);
    struct active_grant_entry *act;
    struct page_info *pg = NULL;
    mfn_t mfn;
    int rc;

    /* The second: numbers that wrap. */
    if ( ref >= nr_grant_entries(rgt) || (!r->list && ref < r->ref) )
        return GNTST_bad_gntref;
    block_speculation();

    act = active_entry_acquire(rgt, ref);
    rc = range_pin_entry(ld, rd, r, ref, act, run, &pg);
    mfn = act->mfn;
    active_entry_release(act);
    if ( rc != GNTST_okay )
        return rc;

    *frame = mfn_x(mfn);
    rc = range_reference(ld, rd, r, mfn, pg);
    if ( rc != GNTST_okay )
    {
        act = active_entry_acquire(rgt, ref);
        act->pin -= range_pin(r);
        reduce_status_for_pin(rd, act, range_status(rgt, ref), r->readonly);
        active_entry_release(act);
    }

    return rc;
}

/* The first half: how many pages from the first on are pinned. */
static unsigned int range_pin_all(struct domain *ld, struct domain *rd,
                                  const struct rivals_range *r,
                                  unsigned int count, unsigned long *frame,
                                  int *rc)
{
    struct p2m_rivals_run run = {};
    unsigned int i;

    grant_read_lock(rd->grant_table);
    for ( i = 0; i < count; i++ )
    {
        *rc = range_pin_page(ld, rd, r, i, &run, &frame[i]);
        if ( *rc != GNTST_okay )
            break;
    }
    grant_read_unlock(rd->grant_table);

    return i;
}

/* ---- the mapper's side ---- */

/* Do the pages from i on, of which there are n, make one entry of 2M? */
static bool range_makes_2m(const struct rivals_range *r, unsigned int i,
                           unsigned int n, const unsigned long *frame)
{
    unsigned int k;

    if ( n - i < 512 || ((PFN_DOWN(r->addr) + i) | frame[i]) & 511 )
        return false;

    for ( k = 1; k < 512; k++ )
        if ( frame[i + k] != frame[i] + k )
            return false;

    return true;
}

/* The second half, of a translated domain: how many of n pages are mapped. */
static unsigned int range_fill_p2m(struct domain *ld, struct rivals_range *r,
                                   unsigned int n, const unsigned long *frame,
                                   bool accept_2m, uint16_t *large, int *rc)
{
    p2m_type_t t = r->readonly ? p2m_grant_map_ro : p2m_grant_map_rw;
    gfn_t gfn = gaddr_to_gfn(r->addr);
    unsigned int i, order;
    int err;

    p2m_rivals_lock(ld);
    for ( i = 0; i < n; i += 1u << order )
    {
        order = accept_2m && range_makes_2m(r, i, n, frame) ? PAGE_ORDER_2M : 0;
        err = p2m_rivals_fill(ld, gfn_add(gfn, i), _mfn(frame[i]), order, t);

        /* Something is among the 512, or they cannot be one. */
        if ( err && order )
        {
            order = 0;
            err = p2m_rivals_fill(ld, gfn_add(gfn, i), _mfn(frame[i]), 0, t);
        }
        if ( err )
        {
            *rc = err == -EEXIST ? GNTST_bad_virt_addr : GNTST_no_space;
            break;
        }
        *large += order != 0;
    }
    p2m_rivals_unlock(ld);

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

static int range_check(const struct domain *ld,
                       const struct gnttab_range_map *op)
{
    if ( (op->flags & ~RANGE_FLAGS) || op->pad || !op->count ||
         op->count > GNTRANGE_MAX_COUNT )
        return GNTST_general_error;
    if ( op->addr & ~PAGE_MASK )
        return GNTST_bad_virt_addr;
    if ( paging_mode_external(ld) &&
         (op->addr >> ld->arch.cpuid->extd.maxphysaddr ||
          (op->addr + ((uint64_t)op->count << PAGE_SHIFT) - 1) >>
          ld->arch.cpuid->extd.maxphysaddr) )
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
                            &op->large, rc)
           : range_fill_pv(ld, rd, r, n, frame, rc);
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
    op->status = range_check(ld, op);
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

/* As for the other operations: 0, -EFAULT, or how many are done. */
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
            return i + k;
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

/* All entries go from the p2m, by the order of what is there. */
static void range_clear_p2m(struct domain *ld, struct domain *rd,
                            struct rivals_range *r)
{
    gfn_t gfn = gaddr_to_gfn(r->addr);
    unsigned int i;
    int order;

    p2m_rivals_lock(ld);
    for ( i = 0; i < r->count; i += 1u << order )
    {
        order = p2m_rivals_clear(ld, gfn_add(gfn, i),
                                 range_frame(rd->grant_table, r, i));
        if ( order < 0 )
        {
            gprintk(XENLOG_ERR, "GFN %#lx: the entry of a range is gone\n",
                    gfn_x(gfn) + i);
            domain_crash(ld);
            order = 0;
        }
    }
    p2m_rivals_unlock(ld);

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

/* What one hypercall takes away. */
struct range_taken {
    uint32_t first;     /* chained by next */
    bool io;            /* the IOMMU's flushes are put off */
};

/* The first half: the mappings go. */
static int range_take_away(struct domain *ld,
                           const struct gnttab_range_unmap *op,
                           struct range_taken *taken)
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

    r->next = taken->first;
    taken->first = op->handle;
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
    unsigned int count, struct range_taken *taken, int *rc)
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

static long gnttab_range_unmap(
    XEN_GUEST_HANDLE_PARAM(gnttab_range_unmap_t) uop, unsigned int count)
{
    struct domain *ld = current->domain;
    struct range_taken taken = {
        .first = RANGE_NONE,
        .io = need_iommu_pt_sync(ld),
    };
    unsigned int done;
    int rc = 0;

    p2m_rivals_flush_defer(ld);
    this_cpu(iommu_dont_flush_iotlb) = taken.io;

    done = range_take_all(ld, uop, count, &taken, &rc);

    this_cpu(iommu_dont_flush_iotlb) = false;
    if ( taken.io && taken.first != RANGE_NONE &&
         iommu_iotlb_flush_all(ld, IOMMU_FLUSHF_modified) )
        domain_crash(ld);
    gnttab_flush_tlb(ld);
    p2m_rivals_flush_resume(ld);

    range_finish(ld, taken.first);

    return rc ?: done < count ? done : 0;
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
