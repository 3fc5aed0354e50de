/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Lists of maps and unmaps. v1-args: arguments are copied in blocks, in and
 * out once, so a guest reads the statuses of a block when all of it is done.
 * v1-batch: all mappings that a hypercall takes away are flushed once, outside
 * of the entries' locks. With neither they do what version 1 does.
 */

#define RIVALS_BLOCK 32

static unsigned int rivals_block(void)
{
    return gnttab_rival(args) ? RIVALS_BLOCK : 1;
}

/*
 * A block that cannot be read to its end is not begun, and of one that cannot
 * be written back to its end all mappings stay.
 */
static long
gnttab_map_grant_ref(
    XEN_GUEST_HANDLE_PARAM(gnttab_map_grant_ref_t) uop, unsigned int count)
{
    struct gnttab_map_grant_ref op[RIVALS_BLOCK];
    unsigned int block = rivals_block(), i, k, n;

    for ( i = 0; i < count; i += n )
    {
        /* Between blocks only: no argument is read twice. */
        if ( i && hypercall_preempt_check() )
            return i;

        n = min(count - i, block);
        if ( unlikely(__copy_from_guest_offset(op, uop, i, n)) )
            return -EFAULT;

        for ( k = 0; k < n; k++ )
        {
            if ( unlikely(rivals_is_super(op[k].flags)) )
                rivals_map_super(&op[k]);
            else
                map_grant_ref(&op[k]);
        }

        if ( unlikely(__copy_to_guest_offset(uop, i, op, n)) )
            return -EFAULT;
    }

    return 0;
}

/*
 * The first half of n unmaps from uop on, by blocks. How many were begun: all
 * of a block whose statuses cannot be written, none of one that cannot be read.
 */
static unsigned int
unmap_blocks(
    XEN_GUEST_HANDLE_PARAM(gnttab_unmap_grant_ref_t) uop, unsigned int count,
    struct gnttab_unmap_common *common, int *rc)
{
    struct gnttab_unmap_grant_ref op[RIVALS_BLOCK];
    unsigned int block = rivals_block(), i, k, n;

    for ( i = 0; i < count; i += n )
    {
        n = min(count - i, block);
        *rc = -EFAULT;
        if ( unlikely(__copy_from_guest_offset(op, uop, i, n)) )
            return i;

        for ( k = 0; k < n; k++ )
            unmap_grant_ref(&op[k], &common[i + k]);

        if ( n == 1 )
        {
            guest_handle_add_offset(uop, i);
            *rc = __copy_field_to_guest(uop, op, status) ? -EFAULT : 0;
            guest_handle_add_offset(uop, -(int)i);
        }
        else
            *rc = __copy_to_guest_offset(uop, i, op, n) ? -EFAULT : 0;
        if ( unlikely(*rc) )
            return i + n;
    }

    return i;
}

static long
gnttab_unmap_grant_ref(
    XEN_GUEST_HANDLE_PARAM(gnttab_unmap_grant_ref_t) uop, unsigned int count)
{
    struct domain *currd = current->domain;
    struct gnttab_unmap_common few[GNTTAB_UNMAP_BATCH_SIZE], *common = few;
    struct rivals_scratch *scratch;
    unsigned int chunk = GNTTAB_UNMAP_BATCH_SIZE, done = 0, i, c;
    int rc = 0;

    if ( gnttab_rival(batch) && (scratch = rivals_scratch()) )
    {
        common = scratch->unmap;
        chunk = RIVALS_BATCH;
        p2m_rivals_flush_defer(currd);
    }

    while ( done < count )
    {
        c = unmap_blocks(uop, min(count - done, chunk), common, &rc);

        gnttab_flush_tlb(currd);
        p2m_rivals_flush_owed(currd);

        for ( i = 0; i < c; i++ )
            unmap_common_complete(&common[i]);

        done += c;
        guest_handle_add_offset(uop, c);
        if ( unlikely(rc) || (done < count && hypercall_preempt_check()) )
            break;
    }

    p2m_rivals_flush_resume(currd);

    return rc ?: done < count ? done : 0;
}
