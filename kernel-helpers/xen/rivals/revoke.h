/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * GNTTABOP_v1_revoke (back.h says what it finds mappings by). A slice is up to
 * 512 references of one mapper, in the order that an unmap has: with the
 * entries' locks, handles are taken; with none of them, the mapper's entries
 * go, under one p2m lock, and there is one flush; with the locks again,
 * references, pins and marks go.
 *
 * Who revokes waits, for a map, unmap or copy that is on its way, only while
 * no handle is taken, and with no lock held; and who waits for a handle that
 * is taken holds no lock. So nobody waits in a circle.
 */

#define REVOKE_SLICE    512 /* references, and as many mappings as lead on */
#define REVOKE_REF_MAPS 512 /* the most of one: 128 of each of four kinds */
#define REVOKE_WAITS    256 /* for an entry that still grants */

#define REVOKE_AGAIN 1
#define REVOKE_OTHER 2 /* the next reference has another mapper */
#define REVOKE_BUSY  3 /* something of the next reference is on its way */
#define REVOKE_STILL 4 /* it grants, and must not */

/* The mappings of a reference lie one after the other. */
struct revoke_slice {
    struct domain *mapper; /* with a reference by RCU */
    struct gnttab_unmap_common *map;
    unsigned int n;
};

static unsigned int revoke_pins(unsigned int flags)
{
    bool ro = flags & GNTMAP_readonly;

    return (flags & GNTMAP_device_map ? ro ? GNTPIN_devr_inc : GNTPIN_devw_inc
                                      : 0) +
           (flags & GNTMAP_host_map ? ro ? GNTPIN_hstr_inc : GNTPIN_hstw_inc
                                    : 0);
}

/* Is anything of the reference on its way? The entry's lock is held. */
static bool revoke_on_its_way(struct grant_table *lgt, const struct back_ref *b)
{
    uint32_t h;

    if ( b->busy )
        return true;

    for ( h = b->first; h; h = back_handle(lgt, h - 1)->next )
    {
        uint16_t flags = read_atomic(&maptrack_entry(lgt, h - 1).flags);

        if ( !flags || (flags & MT_TAKEN) )
            return true;
    }
    smp_rmb();

    return false;
}

/* Take a handle. Its pins. */
static unsigned int revoke_take(struct revoke_slice *s, grant_ref_t ref,
                                mfn_t mfn, grant_handle_t handle)
{
    struct grant_table *lgt = s->mapper->grant_table;
    struct grant_mapping *map = &maptrack_entry(lgt, handle);
    struct gnttab_unmap_common *op = &s->map[s->n++];
    uint16_t flags = map->flags;

    write_atomic(&map->flags, flags | MT_TAKEN);
    op->handle = handle;
    op->host_addr = back_handle(lgt, handle)->where;
    op->mfn = mfn;
    op->ref = ref;
    op->done = flags & MT_GUEST;

    return revoke_pins(flags);
}

/* Take all handles of a reference, or none: 0, OTHER, BUSY or STILL. */
static int revoke_take_ref(struct grant_table *rgt, grant_ref_t ref,
                           struct gnttab_v1_revoke *r, struct revoke_slice *s)
{
    struct active_grant_entry *act = active_entry_acquire(rgt, ref);
    struct back_ref *b = back_ref(rgt, ref);
    unsigned int pins = act->pin;
    struct domain *ld = NULL;
    int rc = REVOKE_STILL;
    uint32_t h;

    if ( (r->flags & GNTV1_REVOKE_CHECK) &&
         back_grants(shared_entry_header(rgt, ref)) )
        goto out;

    rc = 0;
    if ( !pins )
        goto out;

    /* Of one that has no list the mapper may be anybody, or no more. */
    if ( b->first )
    {
        ld = s->mapper && s->mapper->domain_id == act->domid
             ? s->mapper : rcu_lock_domain_by_id(act->domid);
        /* What hangs is mapped by a domain that is there. */
        if ( !ld )
        {
            ASSERT_UNREACHABLE();
            goto kept;
        }
    }

    rc = REVOKE_BUSY;
    if ( revoke_on_its_way(ld ? ld->grant_table : NULL, b) )
        goto unlock;
    rc = REVOKE_OTHER;
    if ( ld && s->mapper && ld != s->mapper )
        goto unlock;

    rc = 0;
    if ( ld )
    {
        s->mapper = ld;
        for ( h = b->first; h; h = back_handle(ld->grant_table, h - 1)->next )
            pins -= revoke_take(s, ref, act->mfn, h - 1);
    }
 kept:
    if ( pins )
        r->outcomes |= GNTV1_GOT_KEPT;
    goto out;

 unlock:
    if ( ld && ld != s->mapper )
        rcu_unlock_domain(ld);
 out:
    active_entry_release(act);

    return rc;
}

static int revoke_pv_entry(struct domain *ld,
                           const struct gnttab_unmap_common *op)
{
    uint64_t entry;
    int rc;

    if ( op->host_addr == INVALID_PADDR ||
         pv_grant_lock(ld, op->host_addr, false, &entry) )
        return -EILSEQ;

    rc = pv_grant_clear(ld, entry, op->mfn, !(op->done & GNTMAP_readonly));
    pv_grant_unlock(entry);

    return rc;
}

/*
 * The mapper's entries, and the flush: what is not where it was mapped stays
 * as it is, and so does its handle.
 */
static void revoke_clear(struct revoke_slice *s)
{
    struct domain *ld = s->mapper;
    mfn_t sink = _mfn(virt_to_mfn(rivals_back(ld->grant_table)->sink));
    bool p2m = paging_mode_external(ld);
    unsigned int i;

    if ( p2m )
        p2m_rivals_revoke_begin(ld);

    for ( i = 0; i < s->n; i++ )
    {
        struct gnttab_unmap_common *op = &s->map[i];
        int rc = 0;

        if ( op->done & GNTMAP_host_map )
            rc = p2m ? p2m_rivals_revoke(ld, gaddr_to_gfn(op->host_addr),
                                         op->mfn,
                                         op->done & GNTMAP_accept_sink
                                         ? sink : INVALID_MFN)
                     : revoke_pv_entry(ld, op);
        op->status = rc ? GNTST_general_error : GNTST_okay;
    }

    if ( p2m )
        p2m_rivals_revoke_end(ld);
    else
        gnttab_flush_tlb(ld);
}

/* A PV mapper's device: each frame by its count. */
static void revoke_device(struct domain *rd, struct revoke_slice *s)
{
    struct domain *ld = s->mapper;
    unsigned int i;

    if ( ld == rd || !gnttab_need_iommu_mapping(ld) )
        return;

    this_cpu(iommu_dont_flush_iotlb) = true;
    for ( i = 0; i < s->n; i++ )
        if ( s->map[i].status == GNTST_okay )
            rivals_iommu_unmap(ld, s->map[i].mfn,
                               s->map[i].done & GNTMAP_readonly);
    this_cpu(iommu_dont_flush_iotlb) = false;
    if ( iommu_iotlb_flush_all(ld, IOMMU_FLUSHF_modified) )
        domain_crash(ld);
}

/* What a handle held of the page goes. The entry's lock is held. */
static void revoke_put(struct domain *ld, struct domain *rd,
                       const struct gnttab_unmap_common *op,
                       struct active_grant_entry *act)
{
    struct page_info *pg = mfn_to_page(op->mfn);
    bool ro = op->done & GNTMAP_readonly;

    if ( !ro )
        gnttab_mark_dirty(rd, op->mfn);
    if ( op->done & GNTMAP_device_map )
    {
        if ( !ro )
            put_page_type(pg);
        put_page(pg);
    }
    if ( op->done & GNTMAP_host_map )
    {
        if ( gnttab_host_mapping_get_page_type(ro, ld, rd) )
            put_page_type(pg);
        put_page(pg);
    }
    act->pin -= revoke_pins(op->done);
    reduce_status_for_pin(rd, act,
                          rd->grant_table->gt_version == 1
                          ? &shared_entry_header(rd->grant_table, op->ref)->flags
                          : &status_entry(rd->grant_table, op->ref), ro);
}

/* After the flush: what a handle held goes, or it is as it was. */
static void revoke_settle(struct domain *rd, const struct revoke_slice *s,
                          const struct gnttab_unmap_common *op,
                          struct active_grant_entry *act,
                          struct gnttab_v1_revoke *r)
{
    struct grant_table *lgt = s->mapper->grant_table;
    struct grant_mapping *map = &maptrack_entry(lgt, op->handle);
    bool sink = (op->done & GNTMAP_accept_sink) &&
                (op->done & GNTMAP_host_map);

    if ( op->status != GNTST_okay )
    {
        r->outcomes |= GNTV1_GOT_KEPT;
        smp_wmb();
        write_atomic(&map->flags, map->flags & ~MT_TAKEN);
        return;
    }

    revoke_put(s->mapper, rd, op, act);
    back_unhang(rd->grant_table, op->ref, lgt, op->handle);
    r->outcomes |= sink ? GNTV1_GOT_SINK : GNTV1_GOT_HOLE;
    r->pages++;
    /* From here on it is the mapper's to free. */
    smp_wmb();
    write_atomic(&map->flags, MT_GONE | (sink ? MT_SINK : 0));
}

static void revoke_settle_all(struct domain *rd, const struct revoke_slice *s,
                              struct gnttab_v1_revoke *r)
{
    struct grant_table *rgt = rd->grant_table;
    unsigned int i = 0;

    grant_read_lock(rgt);
    while ( i < s->n )
    {
        grant_ref_t ref = s->map[i].ref;
        struct active_grant_entry *act = active_entry_acquire(rgt, ref);

        for ( ; i < s->n && s->map[i].ref == ref; i++ )
            revoke_settle(rd, s, &s->map[i], act, r);
        active_entry_release(act);
    }
    grant_read_unlock(rgt);
}

/*
 * From reference *at on, below end; *at is how far it came. What there is to
 * say of the next one, or GNTST_bad_gntref.
 */
static int revoke_slice(struct rivals_scratch *scratch, grant_ref_t *at,
                        grant_ref_t end, struct gnttab_v1_revoke *r)
{
    struct domain *rd = current->domain;
    struct grant_table *rgt = rd->grant_table;
    struct revoke_slice s = { .map = scratch->unmap };
    unsigned int i;
    int rc = 0;

    BUILD_BUG_ON(REVOKE_SLICE + REVOKE_REF_MAPS > RIVALS_BATCH);

    grant_read_lock(rgt);
    if ( end > nr_grant_entries(rgt) )
        rc = GNTST_bad_gntref;
    block_speculation();
    for ( i = 0; !rc && *at < end && i < REVOKE_SLICE &&
                 s.n <= REVOKE_SLICE; i++ )
    {
        rc = revoke_take_ref(rgt, *at, r, &s);
        *at += !rc;
    }
    grant_read_unlock(rgt);

    if ( s.n )
    {
        revoke_clear(&s);
        revoke_device(rd, &s);
        revoke_settle_all(rd, &s, r);
        rcu_unlock_domain(s.mapper);
    }

    return rc;
}

/* The next one is busy: a moment. False: it still grants, maybe without end. */
static bool revoke_wait(grant_ref_t ref, unsigned int *waits)
{
    struct grant_table *rgt = current->domain->grant_table;
    bool grants = true;

    grant_read_lock(rgt);
    if ( ref < nr_grant_entries(rgt) )
        grants = back_grants(shared_entry_header(rgt, ref));
    grant_read_unlock(rgt);
    cpu_relax();

    return !grants || ++*waits < REVOKE_WAITS;
}

/* A status, or AGAIN: it goes on from what is done. */
static int revoke_one(struct gnttab_v1_revoke *r)
{
    struct rivals_scratch *scratch = rivals_scratch();
    unsigned int waits = 0;

    if ( (r->flags & ~GNTV1_REVOKE_CHECK) || r->pad )
        return GNTST_general_error;
    if ( !r->count || r->count > UINT_MAX - r->ref || r->done > r->count )
        return GNTST_bad_gntref;
    if ( !scratch )
        return GNTST_no_space;

    while ( r->done < r->count )
    {
        grant_ref_t at = r->ref + r->done, from = at;
        int rc = revoke_slice(scratch, &at, r->ref + r->count, r);

        r->done = at - r->ref;
        if ( rc < 0 )
            return rc;
        if ( at != from )
            waits = 0;
        else if ( rc == REVOKE_STILL || !revoke_wait(at, &waits) )
            return GNTST_eagain;
        if ( r->done < r->count && hypercall_preempt_check() )
            return REVOKE_AGAIN;
    }

    return GNTST_okay;
}

/* How many are left, the first of which says itself how far it is. */
static long gnttab_v1_revoke(
    XEN_GUEST_HANDLE_PARAM(gnttab_v1_revoke_t) uop, unsigned int count)
{
    struct gnttab_v1_revoke op;
    unsigned int i;
    int rc;

    for ( i = 0; i < count; i++ )
    {
        if ( i && hypercall_preempt_check() )
            return count - i;

        if ( unlikely(copy_from_guest_offset(&op, uop, i, 1)) )
            return -EFAULT;

        rc = revoke_one(&op);
        op.status = rc == REVOKE_AGAIN ? 0 : rc;
        if ( unlikely(copy_to_guest_offset(uop, i, &op, 1)) )
            return -EFAULT;
        if ( rc == REVOKE_AGAIN )
            return count - i;
    }

    return 0;
}
