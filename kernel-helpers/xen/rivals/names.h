/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The second copy of common/grant_table.c: its functions by names of their own.
 *
 * ENTRIES are those that others call. At boot the first copy's become jumps
 * to the second's, all or none: so the structures of one copy are never seen
 * by the other, and the first, when nothing is asked for, is what it was.
 */
#ifndef GRANT_RIVALS_NAMES_H
#define GRANT_RIVALS_NAMES_H

#define GRANT_RIVALS_ENTRIES(entry) \
    entry(do_grant_table_op)        \
    entry(compat_grant_table_op)    \
    entry(hvm_grant_table_op)       \
    entry(gnttab_acquire_resource)  \
    entry(gnttab_map_frame)         \
    entry(gnttab_release_mappings)  \
    entry(gnttab_resource_max_frames) \
    entry(grant_table_destroy)      \
    entry(grant_table_init)         \
    entry(grant_table_init_vcpu)    \
    entry(grant_table_warn_active_grants)

#ifdef GNTTAB_RIVALS
#define do_grant_table_op              rivals_do_grant_table_op
#define compat_grant_table_op          rivals_compat_grant_table_op
#define hvm_grant_table_op             rivals_hvm_grant_table_op
#define gnttab_acquire_resource        rivals_gnttab_acquire_resource
#define gnttab_map_frame               rivals_gnttab_map_frame
#define gnttab_release_mappings        rivals_gnttab_release_mappings
#define gnttab_resource_max_frames     rivals_gnttab_resource_max_frames
#define grant_table_destroy            rivals_grant_table_destroy
#define grant_table_init               rivals_grant_table_init
#define grant_table_init_vcpu          rivals_grant_table_init_vcpu
#define grant_table_warn_active_grants rivals_grant_table_warn_active_grants
/* Of the command line, which both copies read. */
#define opt_max_grant_frames           rivals_opt_max_grant_frames
#define opt_gnttab_max_version         rivals_opt_gnttab_max_version
#endif

#endif
