/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * v1-revoke: back-pointers from a granter's references to the handles of its
 * mapper. What version 1's structures have no room for lies beside them: 8
 * bytes for each reference, 16 for each handle.
 *
 * The handles of a reference are those of one domain, which the active entry
 * names while it is pinned. They hang in a list under that entry's lock: from
 * the map's pin on, and until the mapping is gone. What is in the list while
 * its flags are still 0 is being mapped: whoever revokes waits until it is
 * done, with no lock held. So it does while the entry is busy: an unmap is
 * between its two halves, or a copy goes on.
 *
 * flags of a handle, besides the guest's:
 *   HUNG   it is in its reference's list
 *   TAKEN  a revoke has begun with it: all others wait, with no lock held,
 *          until it is GONE or as it was. A revoke that has handles in this
 *          state waits for nobody
 *   GONE   and nothing else but SINK: it holds nothing; its granter may be no
 *          more. Free by a compare-and-exchange
 *   SINK   the mapper's sink is where it was mapped
 */

#define MT_GUEST   0x03ffu
#define MT_HUNG    0x1000u
#define MT_TAKEN   0x2000u
#define MT_GONE    0x4000u
#define MT_SINK    0x8000u
#define MT_REVOKED (MT_TAKEN | MT_GONE)

#define MAP_ACCEPTS (GNTMAP_accept_hole | GNTMAP_accept_sink)

/* Of a reference, under its entry's lock. */
struct back_ref {
    uint32_t first; /* a handle and 1 more; 0: none */
    uint32_t busy;
};
#define BACK_REFS_PER_PAGE (PAGE_SIZE / sizeof(struct back_ref))

/* Of a handle; the links under its entry's lock. */
struct back_handle {
    uint64_t where;      /* physical, or of a PV domain its entry's machine
                            address; written before the flags */
    uint32_t next, prev; /* as first */
};

/* A page of refs for each frame of the table, one of handles for each of those. */
struct rivals_back {
    struct back_ref **refs;
    struct back_handle **handles;
    void *sink;
};

/* Defined with the rest of what a domain has. */
static struct rivals_back *rivals_back(const struct grant_table *gt);

static struct back_ref *back_ref(const struct grant_table *rgt, grant_ref_t ref)
{
    return &rivals_back(rgt)->refs[ref / BACK_REFS_PER_PAGE]
                                  [ref % BACK_REFS_PER_PAGE];
}

static struct back_handle *back_handle(const struct grant_table *lgt,
                                       grant_handle_t handle)
{
    return &rivals_back(lgt)->handles[handle / MAPTRACK_PER_PAGE]
                                     [handle % MAPTRACK_PER_PAGE];
}

/*
 * Does an entry that is in use still grant anything? A granter that ended it
 * wants no more of it in use, though what was latched would do.
 */
static bool back_grants(const grant_entry_header_t *shah)
{
    return (ACCESS_ONCE(shah->flags) & GTF_type_mask) != GTF_invalid;
}

/* ---- room ---- */

static int back_init(struct rivals_back *b, const struct grant_table *gt)
{
    BUILD_BUG_ON(MAPTRACK_PER_PAGE * sizeof(struct back_handle) != PAGE_SIZE);

    b->refs = xzalloc_array(struct back_ref *, gt->max_grant_frames);
    b->handles = vzalloc(gt->max_maptrack_frames * sizeof(*b->handles));
    b->sink = alloc_xenheap_page();
    if ( b->sink )
        clear_page(b->sink);

    return b->refs && (b->handles || !gt->max_maptrack_frames) && b->sink
           ? 0 : -ENOMEM;
}

static void back_destroy(struct rivals_back *b, const struct grant_table *gt)
{
    unsigned int i;

    for ( i = 0; b->refs && i < gt->max_grant_frames; i++ )
        free_xenheap_page(b->refs[i]);
    xfree(b->refs);
    for ( i = 0; b->handles && i < gt->max_maptrack_frames; i++ )
        free_xenheap_page(b->handles[i]);
    vfree(b->handles);
    free_xenheap_page(b->sink);
}

/* A page in the place of one that is not there. */
static bool back_grow(void **at)
{
    void *page;

    if ( *at )
        return true;

    page = alloc_xenheap_page();
    if ( !page )
        return false;

    clear_page(page);
    *at = page;

    return true;
}

/* Before so many frames of references, or one more of handles, are there. */
static bool rivals_grow_refs(const struct grant_table *gt, unsigned int frames)
{
    unsigned int i;

    if ( !gnttab_rival(revoke) )
        return true;

    for ( i = nr_grant_frames(gt); i < frames; i++ )
        if ( !back_grow((void **)&rivals_back(gt)->refs[i]) )
            return false;

    return true;
}

static bool rivals_grow_handles(struct grant_table *gt)
{
    return !gnttab_rival(revoke) ||
           back_grow((void **)&rivals_back(gt)->handles[nr_maptrack_frames(gt)]);
}

/* ---- lists. The entry's lock is held ---- */

static void back_hang(struct grant_table *rgt, grant_ref_t ref,
                      struct grant_table *lgt, grant_handle_t handle)
{
    struct back_ref *b = back_ref(rgt, ref);
    struct back_handle *h = back_handle(lgt, handle);

    h->prev = 0;
    h->next = b->first;
    if ( b->first )
        back_handle(lgt, b->first - 1)->prev = handle + 1;
    b->first = handle + 1;
}

static void back_unhang(struct grant_table *rgt, grant_ref_t ref,
                        struct grant_table *lgt, grant_handle_t handle)
{
    struct back_ref *b = back_ref(rgt, ref);
    struct back_handle *h = back_handle(lgt, handle);

    if ( h->prev )
        back_handle(lgt, h->prev - 1)->next = h->next;
    else
        b->first = h->next;
    if ( h->next )
        back_handle(lgt, h->next - 1)->prev = h->prev;
}

/* An operation begins (1) or ends (-1). */
static void rivals_busy(const struct grant_table *rgt, grant_ref_t ref, int more)
{
    if ( gnttab_rival(revoke) )
        back_ref(rgt, ref)->busy += more;
}

/* ---- hooks of map ---- */

/* Does a pinned entry that grants nothing any more have one more use? */
static bool rivals_ended(const struct active_grant_entry *act,
                         const grant_entry_header_t *shah)
{
    return gnttab_rival(revoke) && act->pin && !back_grants(shah);
}

static bool rivals_hangs(unsigned int flags)
{
    return gnttab_rival(revoke) && (flags & MAP_ACCEPTS);
}

/* What of a map's flags is about the mapping, not about its end. */
static unsigned int rivals_host_flags(unsigned int flags)
{
    return gnttab_rival(revoke) ? flags & ~MAP_ACCEPTS : flags;
}

/* What a new mapping's handle says. Before that: where a revoke finds it. */
static uint16_t rivals_map_flags(struct domain *ld, grant_handle_t handle,
                                 const struct gnttab_map_grant_ref *op)
{
    uint64_t where = op->host_addr;

    if ( !gnttab_rival(revoke) )
        return op->flags;

    /* Between here and the map it may have become another's: then it stays. */
    if ( (op->flags & GNTMAP_host_map) && !paging_mode_external(ld) &&
         !(op->flags & GNTMAP_contains_pte) )
    {
        if ( pv_grant_lock(ld, op->host_addr, true, &where) )
            where = INVALID_PADDR;
        else
            pv_grant_unlock(where);
    }
    back_handle(ld->grant_table, handle)->where = where;

    return (op->flags & MT_GUEST) | (rivals_hangs(op->flags) ? MT_HUNG : 0);
}

/* ---- hooks of unmap ---- */

/* The handle's flags when no revoke is in the midst of it. No lock held. */
static uint16_t back_settled(const struct grant_mapping *map)
{
    uint16_t flags;

    while ( (flags = read_atomic(&map->flags)) & MT_TAKEN )
        cpu_relax();
    smp_rmb();

    return flags;
}

static bool rivals_revoked(const struct grant_mapping *map)
{
    return gnttab_rival(revoke) && (read_atomic(&map->flags) & MT_REVOKED);
}

/*
 * Under the entry's lock, of a handle that is mapped: another handle's place,
 * or a revoke was quicker (GNTST_eagain).
 */
static int rivals_unmap_check(struct domain *ld,
                              const struct gnttab_unmap_common *op,
                              unsigned int flags)
{
    if ( !gnttab_rival(revoke) )
        return GNTST_okay;

    if ( flags & MT_REVOKED )
        return GNTST_eagain;

    if ( paging_mode_external(ld) && op->host_addr &&
         (flags & GNTMAP_host_map) &&
         PFN_DOWN(op->host_addr ^
                  back_handle(ld->grant_table, op->handle)->where) )
        return GNTST_bad_virt_addr;

    return GNTST_okay;
}

/* What a revoke sees of it: it is between its halves, or all that it did. */
static void rivals_unmap_tell(struct grant_table *lgt, struct grant_table *rgt,
                              const struct gnttab_unmap_common *op,
                              unsigned int flags, bool put)
{
    if ( !gnttab_rival(revoke) )
        return;

    if ( op->done )
        back_ref(rgt, op->ref)->busy++;
    if ( put && (flags & MT_HUNG) )
        back_unhang(rgt, op->ref, lgt, op->handle);
}

/* Of a dying mapper's handle. The entry's lock is held. */
static void rivals_release_one(struct grant_table *lgt, struct grant_table *rgt,
                               const struct grant_mapping *map,
                               grant_handle_t handle)
{
    if ( gnttab_rival(revoke) && (map->flags & MT_HUNG) )
        back_unhang(rgt, map->ref, lgt, handle);
}
