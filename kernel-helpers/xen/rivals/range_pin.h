/* SPDX-License-Identifier: GPL-2.0-only */
/* What a range has of its granter's: pins, marks and references (range.h). */

static unsigned int range_pin(const struct rivals_range *r)
{
    return r->readonly ? GNTPIN_hstr_inc : GNTPIN_hstw_inc;
}

static unsigned int range_flags(const struct rivals_range *r)
{
    return GNTMAP_host_map | (r->readonly ? GNTMAP_readonly : 0);
}

/* A granter's table, while it is locked: so its version and size stay. */
struct range_table {
    struct domain *rd;
    struct grant_table *gt;
    unsigned int entries;
    bool v1;
};

static void range_lock(struct domain *rd, struct range_table *t)
{
    t->rd = rd;
    t->gt = rd->grant_table;
    grant_read_lock(t->gt);
    t->v1 = t->gt->gt_version == 1;
    t->entries = nr_grant_entries(t->gt);
    block_speculation();
}

static always_inline grant_entry_header_t *
range_header(const struct range_table *t, grant_ref_t ref)
{
    return t->v1 ? (grant_entry_header_t *)&shared_entry_v1(t->gt, ref)
                 : &shared_entry_v2(t->gt, ref).hdr;
}

static always_inline uint16_t *range_status(const struct range_table *t,
                                           grant_ref_t ref)
{
    return t->v1 ? &shared_entry_v1(t->gt, ref).flags
                 : &status_entry(t->gt, ref);
}

/* ---- what a range has of its granter's ---- */

static void range_put_page(struct page_info *pg, const struct rivals_range *r,
                           const struct domain *ld, const struct domain *rd)
{
    if ( gnttab_host_mapping_get_page_type(r->readonly, ld, rd) )
        put_page_type(pg);
    put_page(pg);
}

/* The entry, whose lock is held, gives a pin back, and the marks it leaves. */
static always_inline void range_unpin(const struct range_table *t,
                                      const struct rivals_range *r,
                                      grant_ref_t ref,
                                      struct active_grant_entry *act)
{
    act->pin -= range_pin(r);
    /* While others have it pinned alike it stays marked. */
    if ( !act->pin || !r->readonly )
        reduce_status_for_pin(t->rd, act, range_status(t, ref), r->readonly);
}

/* Pages from to to - 1, which nothing maps any more. */
static void range_give_back(struct domain *ld, struct domain *rd,
                            const struct rivals_range *r, unsigned int from,
                            unsigned int to, bool refs)
{
    bool dirty = !r->readonly && paging_mode_log_dirty(rd);
    struct range_table t;

    if ( from == to )
        return;

    range_lock(rd, &t);
    for ( ; from < to; from++ )
    {
        grant_ref_t ref = range_ref(r, from);
        struct active_grant_entry *act = active_entry_acquire(t.gt, ref);

        if ( dirty )
            gnttab_mark_dirty(rd, act->mfn);
        if ( refs )
            range_put_page(mfn_to_page(act->mfn), r, ld, rd);
        range_unpin(&t, r, ref, act);
        active_entry_release(act);
    }
    grant_read_unlock(t.gt);
}

/*
 * What it is to be pinned for: by whom, how, which flags no such entry may
 * have, and what is known of the granter's p2m.
 */
struct range_pinning {
    struct domain *ld;
    const struct rivals_range *r;
    struct p2m_rivals_run run;
    unsigned int incr;
    uint16_t refused;
    bool readonly;
    bool typed;
};

/* A first pin: the frame is latched. *pg: its page, with a reference. */
static always_inline int range_latch(const struct range_table *t,
                                     struct range_pinning *by, grant_ref_t ref,
                                     struct active_grant_entry *act,
                                     struct page_info **pg)
{
    unsigned long gfn = t->v1 ? shared_entry_v1(t->gt, ref).frame
                              : shared_entry_v2(t->gt, ref).full_page.frame;
    mfn_t mfn;
    int rc;

    *pg = p2m_rivals_page(t->rd, gfn, &by->run);
    if ( *pg )
        mfn = page_to_mfn(*pg);
    else
    {
        rc = get_paged_frame(gfn, &mfn, pg, by->readonly, t->rd);
        if ( rc != GNTST_okay )
            return rc;
        if ( page_get_owner(*pg) != t->rd )
        {
            put_page(*pg);
            return GNTST_general_error;
        }
    }

    act_set_gfn(act, _gfn(gfn));
    act->domid = by->ld->domain_id;
    act->mfn = mfn;
    act->start = 0;
    act->length = PAGE_SIZE;
    act->is_sub_page = false;
    act->trans_domain = t->rd;
    act->trans_gref = ref;

    return GNTST_okay;
}

/*
 * Under the entry's lock: check, mark, latch, pin. *pg: the page that was
 * looked up just now, with a reference; NULL if it was pinned already.
 */
static always_inline int range_pin_entry(const struct range_table *t,
                                         struct range_pinning *by,
                                         grant_ref_t ref,
                                         struct active_grant_entry *act,
                                         struct page_info **pg)
{
    grant_entry_header_t *shah = range_header(t, ref);
    int rc;

    if ( act->pin &&
         (act->domid != by->ld->domain_id || act->is_sub_page ||
          (act->pin & GNTPIN_incr2oflow_mask(by->incr))) )
        return GNTST_general_error;

    if ( !act->pin || (!by->readonly &&
                       !(act->pin & (GNTPIN_hstw_mask | GNTPIN_devw_mask))) )
    {
        rc = t->v1 ? _set_status_v1(shah, t->rd, act, by->readonly, 1,
                                    by->ld->domain_id)
                   : _set_status_v2(shah, &status_entry(t->gt, ref), t->rd,
                                    act, by->readonly, 1, by->ld->domain_id);
        if ( rc != GNTST_okay )
            return rc;
        if ( !act->pin )
        {
            rc = range_latch(t, by, ref, act, pg);
            if ( rc != GNTST_okay )
            {
                reduce_status_for_pin(t->rd, act, range_status(t, ref),
                                      by->readonly);
                return rc;
            }
        }
    }

    act->pin += by->incr;

    if ( unlikely(shah->flags & by->refused) )
    {
        range_unpin(t, by->r, ref, act);
        if ( *pg )
            put_page(*pg);
        return GNTST_general_error;
    }

    return GNTST_okay;
}

/* A reference, and a type if need be, on a page that is pinned. */
static always_inline int range_reference(const struct range_table *t,
                                         const struct range_pinning *by,
                                         mfn_t mfn, struct page_info *pg)
{
    if ( !pg )
    {
        pg = mfn_valid(mfn) ? mfn_to_page(mfn) : NULL;
        if ( !pg || !get_page(pg, t->rd) )
            return GNTST_general_error;
    }

    if ( !by->typed || get_page_type(pg, PGT_writable_page) )
        return GNTST_okay;

    put_page(pg);

    return GNTST_general_error;
}

/* Page i: pinned and referenced. The table is locked, its entry not. */
static always_inline int range_pin_page(const struct range_table *t,
                                        struct range_pinning *by,
                                        grant_ref_t ref, unsigned long *frame)
{
    struct active_grant_entry *act;
    struct page_info *pg = NULL;
    mfn_t mfn;
    int rc;

    if ( unlikely(ref >= t->entries) )
        return GNTST_bad_gntref;
    ref = array_index_nospec(ref, t->entries);

    act = active_entry_acquire(t->gt, ref);
    rc = range_pin_entry(t, by, ref, act, &pg);
    mfn = act->mfn;
    active_entry_release(act);
    if ( rc != GNTST_okay )
        return rc;

    *frame = mfn_x(mfn);
    rc = range_reference(t, by, mfn, pg);
    if ( rc != GNTST_okay )
    {
        act = active_entry_acquire(t->gt, ref);
        range_unpin(t, by->r, ref, act);
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
    struct range_pinning by = {
        .ld = ld,
        .r = r,
        .incr = range_pin(r),
        /* Such a mapping is of single pages. */
        .refused = paging_mode_external(ld) ? rivals_refused : 0,
        .readonly = r->readonly,
        .typed = gnttab_host_mapping_get_page_type(r->readonly, ld, rd),
    };
    struct range_table t;
    unsigned int i;

    range_lock(rd, &t);
    for ( i = 0; i < count; i++ )
    {
        grant_ref_t ref = range_ref(r, i);

        /* The second: numbers that wrap. */
        *rc = r->list || ref >= r->ref
              ? range_pin_page(&t, &by, ref, &frame[i]) : GNTST_bad_gntref;
        if ( *rc != GNTST_okay )
            break;
    }
    grant_read_unlock(t.gt);

    return i;
}
