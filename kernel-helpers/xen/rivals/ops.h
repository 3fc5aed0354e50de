/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Operations that version 1 does not have. What is left of a call that takes
 * too long is in its count, and for the rest in its structures.
 */

#define RIVALS_OP(name)                                                  \
    case GNTTABOP_##name:                                                \
    {                                                                    \
        XEN_GUEST_HANDLE_PARAM(gnttab_##name##_t) args =                 \
            guest_handle_cast(uop, gnttab_##name##_t);                   \
                                                                         \
        left = gnttab_##name(args, count);                               \
        if ( left > 0 )                                                  \
            guest_handle_add_offset(args, count - left);                 \
        uop = guest_handle_cast(args, void);                             \
        break;                                                           \
    }

static bool rivals_has_op(unsigned int cmd)
{
    switch ( cmd )
    {
    case GNTTABOP_range_map:
    case GNTTABOP_range_unmap:
        return gnttab_rival(range);

    case GNTTABOP_v1_revoke:
        return gnttab_rival(revoke);
    }

    return false;
}

static long rivals_op(unsigned int cmd, XEN_GUEST_HANDLE_PARAM(void) uop,
                      unsigned int count)
{
    long left = -ENOSYS;

    if ( !rivals_has_op(cmd) )
        return left;

    switch ( cmd )
    {
    RIVALS_OP(range_map)
    RIVALS_OP(range_unmap)
    RIVALS_OP(v1_revoke)
    }

    return left <= 0 ? left
                     : hypercall_create_continuation(
                           __HYPERVISOR_grant_table_op, "ihi", cmd, uop,
                           (unsigned int)left);
}
