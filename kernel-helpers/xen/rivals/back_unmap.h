/* SPDX-License-Identifier: GPL-2.0-only */
/* v1-revoke: an unmap of what may have been, or is being, revoked. */

/*
 * A handle whose flags say TAKEN or GONE: true, it is given back and a hole is
 * where the sink was, or another vCPU did that; false: it is mapped again.
 */
static bool back_unmap(struct grant_table *lgt, struct grant_mapping *map,
                       struct gnttab_unmap_common *op)
{
    uint16_t flags = back_settled(map);

    if ( !(flags & MT_GONE) )
        return false;

    op->status = GNTST_general_error;
    if ( op->new_addr )
        return true;

    op->status = GNTST_bad_handle;
    if ( cmpxchg(&map->flags, flags, 0) != flags )
        return true;

    /* Nobody else has the sink here, nor can put anything in its place. */
    if ( flags & MT_SINK )
        replace_grant_host_mapping(back_handle(lgt, op->handle)->where,
                                   _mfn(virt_to_mfn(rivals_back(lgt)->sink)), 0,
                                   GNTMAP_host_map);
    put_maptrack_handle(lgt, op->handle);
    op->status = GNTST_okay;

    return true;
}

static void rivals_unmap_common(struct gnttab_unmap_common *op)
{
    struct grant_table *lgt = current->domain->grant_table;
    struct grant_mapping *map;

    if ( !gnttab_rival(revoke) || op->handle >= lgt->maptrack_limit )
    {
        unmap_common(op);
        return;
    }

    smp_rmb();
    map = &maptrack_entry(lgt, op->handle);
    for ( ; ; )
    {
        if ( rivals_revoked(map) && back_unmap(lgt, map, op) )
            return;
        unmap_common(op);
        /* A revoke was quicker, or is over. */
        if ( op->done || (op->status != GNTST_eagain &&
                          (op->status == GNTST_okay || !rivals_revoked(map))) )
            return;
    }
}
