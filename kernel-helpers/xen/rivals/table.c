/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The grant tables with the rivals in them: common/grant_table.c once more.
 * See rivals.c for why, and names.h for what is called how.
 */
#define GNTTAB_RIVALS 1
#include "names.h"

#include <xen/init.h>
#include <xen/param.h>
#include <xen/rwlock.h>
#include <xen/guest_access.h>
#include <xen/sched.h>
#include <asm/gv3_arch.h>
#include <asm/p2m-rivals.h>
#include <public/grant_table.h>

#include "grant_rivals.h"
#include "grant_v1_revoke.h"
#include "rivals.h"

typedef struct gnttab_range_map gnttab_range_map_t;
DEFINE_XEN_GUEST_HANDLE(gnttab_range_map_t);
typedef struct gnttab_range_unmap gnttab_range_unmap_t;
DEFINE_XEN_GUEST_HANDLE(gnttab_range_unmap_t);
typedef struct gnttab_v1_revoke gnttab_v1_revoke_t;
DEFINE_XEN_GUEST_HANDLE(gnttab_v1_revoke_t);

/* Flags that no entry has which is mapped by single pages for a p2m. */
#define rivals_refused                 \
    (GTF_PAT | GTF_PWT | GTF_PCD |     \
     (gnttab_rival(super) ? GTF_superpage : 0))

/*
 * The lock's readers are known by one variable for both copies, for the debug
 * key, which stays the first's: this one's fields come after all of its own.
 */
DECLARE_PERCPU_RWLOCK_GLOBAL(grant_rwlock);
#undef __initcall
#define __initcall(fn)

/* The words of the command line are read by both, but hypfs shows the first's. */
#undef CONFIG_HYPFS
#undef custom_runtime_param
#define custom_runtime_param(name, fn, init) custom_param(name, fn)

#pragma GCC diagnostic ignored "-Wunused-function"
#include <grant_table.c>
#include "hvm.h"
