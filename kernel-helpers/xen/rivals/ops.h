/* SPDX-License-Identifier: GPL-2.0-only */
/* Operations that version 1 does not have. As do_grant_table_op(): rc > 0 is how many are done. */

static long rivals_op(unsigned int cmd, XEN_GUEST_HANDLE_PARAM(void) *uop,
                      unsigned int count)
{
    long rc = -ENOSYS;

    switch ( cmd )
    {
    case GNTTABOP_range_map:
    {
        XEN_GUEST_HANDLE_PARAM(gnttab_range_map_t) map =
            guest_handle_cast(*uop, gnttab_range_map_t);

        if ( !gnttab_rival(range) )
            break;
        rc = gnttab_range_map(map, count);
        guest_handle_add_offset(map, rc > 0 ? rc : 0);
        *uop = guest_handle_cast(map, void);
        break;
    }

    case GNTTABOP_range_unmap:
    {
        XEN_GUEST_HANDLE_PARAM(gnttab_range_unmap_t) unmap =
            guest_handle_cast(*uop, gnttab_range_unmap_t);

        if ( !gnttab_rival(range) )
            break;
        rc = gnttab_range_unmap(unmap, count);
        guest_handle_add_offset(unmap, rc > 0 ? rc : 0);
        *uop = guest_handle_cast(unmap, void);
        break;
    }
    }

    return rc;
}
