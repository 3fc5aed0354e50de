/* SPDX-License-Identifier: GPL-2.0-only */
/* The operations that an HVM domain has, and the rivals' among them. */

static bool hvm_has_op(unsigned int cmd)
{
    switch ( cmd )
    {
    case GNTTABOP_query_size:
    case GNTTABOP_setup_table:
    case GNTTABOP_set_version:
    case GNTTABOP_get_version:
    case GNTTABOP_copy:
    case GNTTABOP_map_grant_ref:
    case GNTTABOP_unmap_grant_ref:
    case GNTTABOP_swap_grant_ref:
    case GNTTABOP_V3_FIRST ... GNTTABOP_V3_LAST:
        return true;
    }

    return rivals_has_op(cmd);
}

long hvm_grant_table_op(
    unsigned int cmd, XEN_GUEST_HANDLE_PARAM(void) uop, unsigned int count)
{
    if ( !hvm_has_op(cmd) )
        return -ENOSYS;

    return current->hcall_compat ? compat_grant_table_op(cmd, uop, count)
                                 : do_grant_table_op(cmd, uop, count);
}
