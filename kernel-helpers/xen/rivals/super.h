/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * v1-super: map_grant_ref of an entry whose flags say that it is a superpage
 * and whose frame says of which size. It has one word of flags, one pin, one
 * handle and one entry in the mapper's p2m, but a reference on each frame of
 * 4K, as frames are protected one by one. It goes by unmap_grant_ref.
 *
 * What an entry was when it was first pinned is latched with its frame, as
 * part of a page from which nothing can be copied: act->start is its order.
 */

/* Before anything else of the file: an entry that is no single page. */
static bool rivals_super_entry(const struct grant_table *gt,
                               const struct active_grant_entry *act,
                               const grant_entry_header_t *shah)
{
    return gnttab_rival(super) && gt->gt_version == 1 &&
           (act->pin ? act->is_sub_page
                     : ACCESS_ONCE(shah->flags) & GTF_superpage);
}

static bool rivals_is_super(unsigned int flags)
{
    return gnttab_rival(super) && (flags & GNTMAP_super);
}

static unsigned int super_order(unsigned int flags)
{
    return flags & GNTMAP_super_2m ? GNTSUPER_2M_ORDER : GNTSUPER_1G_ORDER;
}

/* The order in a frame's low bits: one more than how many of them are set. */
static unsigned int super_order_of(uint32_t frame)
{
    return ~frame ? ffs(~frame) : 0;
}

static unsigned int super_pin(unsigned int flags)
{
    return flags & GNTMAP_readonly ? GNTPIN_hstr_inc : GNTPIN_hstw_inc;
}

static bool super_typed(unsigned int flags, const struct domain *ld,
                        const struct domain *rd)
{
    return gnttab_host_mapping_get_page_type(flags & GNTMAP_readonly, ld, rd);
}

/* What a mapping holds of frames from to to - 1 behind mfn. */
static void super_put(mfn_t mfn, unsigned long from, unsigned long to,
                      unsigned int flags, struct domain *ld, struct domain *rd)
{
    bool dirty = !(flags & GNTMAP_readonly) && paging_mode_log_dirty(rd);
    struct page_info *pg = mfn_to_page(mfn);

    for ( ; from < to; from++ )
    {
        if ( dirty )
            gnttab_mark_dirty(rd, mfn_add(mfn, from));
        if ( super_typed(flags, ld, rd) )
            put_page_type(&pg[from]);
        put_page(&pg[from]);
    }
}

/* All but the first, which is given back as every mapping's page is. */
static void rivals_super_put_rest(mfn_t mfn, unsigned int flags,
                                  struct domain *ld, struct domain *rd)
{
    if ( rivals_is_super(flags) )
        super_put(mfn, 1, 1UL << super_order(flags), flags, ld, rd);
}

/* References on frames that are one run of rd's, if they still are. */
static bool super_get(mfn_t mfn, unsigned int flags, struct domain *ld,
                      struct domain *rd)
{
    unsigned long i, n = 1UL << super_order(flags);
    bool typed = super_typed(flags, ld, rd);
    struct page_info *pg = mfn_to_page(mfn);

    for ( i = 0; i < n; i++ )
    {
        if ( !mfn_valid(mfn_add(mfn, i)) || is_xen_heap_page(&pg[i]) ||
             !get_page(&pg[i], rd) )
            break;
        if ( typed && !get_page_type(&pg[i], PGT_writable_page) )
        {
            put_page(&pg[i]);
            break;
        }
    }
    if ( i == n )
        return true;

    super_put(mfn, 0, i, flags, ld, rd);

    return false;
}

/* The granter's frames: its RAM, neighbours, and aligned in the machine. */
static bool super_get_run(unsigned long gfn, mfn_t *mfn, unsigned int flags,
                          struct domain *ld, struct domain *rd)
{
    *mfn = _mfn(gfn);

    return paging_mode_translate(rd)
           ? !p2m_grant_run(rd, _gfn(gfn), super_order(flags), mfn)
           : super_get(*mfn, flags, ld, rd);
}

/*
 * A first pin, or a first that writes: marked, and the frames latched, with
 * references if *held. The entry's lock is held.
 */
static int super_use(const struct gnttab_map_grant_ref *op, struct domain *ld,
                     struct domain *rd, struct active_grant_entry *act,
                     bool *held)
{
    struct grant_table *rgt = rd->grant_table;
    grant_entry_v1_t *sha = &shared_entry_v1(rgt, op->ref);
    bool readonly = op->flags & GNTMAP_readonly;
    unsigned int order = super_order(op->flags);
    uint32_t frame;
    mfn_t mfn = INVALID_MFN;
    int rc;

    rc = _set_status((grant_entry_header_t *)sha, &sha->flags, rd, 1, act,
                     readonly, 1, ld->domain_id);
    if ( rc != GNTST_okay || act->pin )
        return rc;

    /* Marked: a granter that keeps to the protocol leaves both as they are. */
    frame = ACCESS_ONCE(sha->frame);
    if ( (ACCESS_ONCE(sha->flags) & rivals_refused) != GTF_superpage ||
         super_order_of(frame) != order )
        rc = GNTST_general_error;
    else if ( !super_get_run(frame & ~((1UL << order) - 1), &mfn, op->flags,
                             ld, rd) )
        rc = GNTST_bad_page;
    if ( rc != GNTST_okay )
    {
        reduce_status_for_pin(rd, act, &sha->flags, readonly);
        return rc;
    }

    *held = true;
    act_set_gfn(act, _gfn(frame));
    act->domid = ld->domain_id;
    act->mfn = mfn;
    act->start = order;
    act->length = 0;
    act->is_sub_page = true;
    act->trans_domain = rd;
    act->trans_gref = op->ref;

    return GNTST_okay;
}

/* The entry is pinned, and *mfn its first frame; with references if *held. */
static int super_pin_entry(const struct gnttab_map_grant_ref *op,
                           struct domain *ld, struct domain *rd, mfn_t *mfn,
                           bool *held)
{
    struct grant_table *rgt = rd->grant_table;
    unsigned int incr = super_pin(op->flags);
    struct active_grant_entry *act;
    int rc = GNTST_okay;

    grant_read_lock(rgt);
    if ( op->ref >= nr_grant_entries(rgt) )
    {
        grant_read_unlock(rgt);
        return GNTST_bad_gntref;
    }
    if ( evaluate_nospec(rgt->gt_version != 1) )
    {
        grant_read_unlock(rgt);
        return GNTST_general_error;
    }

    act = active_entry_acquire(rgt, op->ref);
    if ( act->pin && (act->domid != ld->domain_id || !act->is_sub_page ||
                      act->start != super_order(op->flags) ||
                      (act->pin & GNTPIN_incr2oflow_mask(incr))) )
        rc = GNTST_general_error;
    else if ( !act->pin || (!(op->flags & GNTMAP_readonly) &&
                            !(act->pin & (GNTPIN_hstw_mask |
                                          GNTPIN_devw_mask))) )
        rc = super_use(op, ld, rd, act, held);
    if ( rc == GNTST_okay )
    {
        act->pin += incr;
        *mfn = act->mfn;
    }
    active_entry_release(act);
    grant_read_unlock(rgt);

    return rc;
}

static void super_unpin(const struct gnttab_map_grant_ref *op,
                        struct domain *rd)
{
    struct grant_table *rgt = rd->grant_table;
    struct active_grant_entry *act;

    grant_read_lock(rgt);
    act = active_entry_acquire(rgt, op->ref);
    act->pin -= super_pin(op->flags);
    reduce_status_for_pin(rd, act, &shared_entry_header(rgt, op->ref)->flags,
                          op->flags & GNTMAP_readonly);
    active_entry_release(act);
    grant_read_unlock(rgt);
}

/* Where nothing is: what is there stays, as for version 3. */
static int super_fill(const struct gnttab_map_grant_ref *op, mfn_t mfn,
                      struct domain *ld)
{
    int rc;

    p2m_grant_lock(ld);
    rc = p2m_grant_map(ld, gaddr_to_gfn(op->host_addr), mfn,
                       super_order(op->flags), !(op->flags & GNTMAP_readonly));
    p2m_grant_unlock(ld);

    return !rc ? GNTST_okay : rc == -EEXIST ? GNTST_bad_virt_addr
                                            : GNTST_no_space;
}

static int super_map(const struct gnttab_map_grant_ref *op, struct domain *ld,
                     struct domain *rd, mfn_t *mfn)
{
    bool held = false;
    int rc = super_pin_entry(op, ld, rd, mfn, &held);

    if ( rc != GNTST_okay )
        return rc;

    if ( !held && !super_get(*mfn, op->flags, ld, rd) )
    {
        super_unpin(op, rd);
        return GNTST_general_error;
    }

    rc = super_fill(op, *mfn, ld);
    if ( rc != GNTST_okay )
    {
        super_put(*mfn, 0, 1UL << super_order(op->flags), op->flags, ld, rd);
        super_unpin(op, rd);
    }

    return rc;
}

static int super_check(const struct gnttab_map_grant_ref *op,
                       const struct domain *ld)
{
    unsigned int flags = op->flags & ~(GNTMAP_readonly | GNTMAP_super |
                                       GNTMAP_guest_avail_mask);

    /* One of both sizes, by a translated domain, for its CPUs. */
    if ( flags != GNTMAP_host_map || !paging_mode_external(ld) ||
         (op->flags & GNTMAP_super) == GNTMAP_super )
        return GNTST_general_error;
    if ( op->host_addr & ((PAGE_SIZE << super_order(op->flags)) - 1) )
        return GNTST_bad_virt_addr;

    return GNTST_okay;
}

/* Of a domain that has superpages: a map whose mapper says that it knows. */
static void rivals_map_super(struct gnttab_map_grant_ref *op)
{
    struct domain *ld = current->domain, *rd;
    struct grant_mapping *mt;
    grant_handle_t handle;
    mfn_t mfn = INVALID_MFN;

    op->status = super_check(op, ld);
    if ( op->status != GNTST_okay )
        return;

    rd = rcu_lock_domain_by_id(op->dom);
    if ( !rd )
    {
        op->status = GNTST_bad_domain;
        return;
    }

    op->status = GNTST_permission_denied;
    if ( xsm_grant_mapref(XSM_HOOK, ld, rd, op->flags) )
        goto out;

    op->status = GNTST_no_space;
    handle = get_maptrack_handle(ld->grant_table);
    if ( handle == INVALID_MAPTRACK_HANDLE )
        goto out;

    op->status = super_map(op, ld, rd, &mfn);
    if ( op->status != GNTST_okay )
    {
        put_maptrack_handle(ld->grant_table, handle);
        goto out;
    }

    /* As for a page: flags last. Its place is remembered in units of 2M. */
    mt = &maptrack_entry(ld->grant_table, handle);
    mt->domid = op->dom;
    mt->ref = op->ref;
    mt->pad = op->host_addr >> (PAGE_SHIFT + GNTSUPER_2M_ORDER);
    smp_wmb();
    write_atomic(&mt->flags, op->flags);

    op->dev_bus_addr = mfn_to_maddr(mfn);
    op->handle = handle;

 out:
    rcu_unlock_domain(rd);
}

/* Of an unmap: what is at its place goes, all of it. */
static int rivals_super_clear(const struct gnttab_unmap_common *op,
                              const struct grant_mapping *map,
                              unsigned int flags)
{
    struct domain *ld = current->domain;
    int rc;

    /* Another mapping's entry may be of the same frames. */
    if ( op->new_addr || (op->host_addr & ~PAGE_MASK) ||
         op->host_addr != (uint64_t)map->pad << (PAGE_SHIFT +
                                                 GNTSUPER_2M_ORDER) )
        return GNTST_general_error;

    p2m_grant_lock(ld);
    rc = p2m_grant_clear(ld, gaddr_to_gfn(op->host_addr), op->mfn,
                         super_order(flags));
    p2m_grant_unlock(ld);
    if ( !p2m_rivals_flush_owe(ld) )
        p2m_grant_flush(ld);

    return rc ? GNTST_general_error : GNTST_okay;
}
