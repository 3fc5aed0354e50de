/* SPDX-License-Identifier: GPL-2.0-only */
/* The core of grant tables version 3, compiled into Xen, and the ways into it. */
#include "gv3_sys.h"

DEFINE_PER_CPU(uint64_t[GV3_BUFFER / sizeof(uint64_t)], gv3_buffer);

#include "gv3_core.c"

static bool __ro_after_init opt_v3 = true;
static bool __ro_after_init opt_cache;
static unsigned int __ro_after_init opt_trees = 64;
static unsigned int __ro_after_init opt_pages = 1024;
#ifdef GV3_MUTANTS
unsigned int __ro_after_init gv3_mutant;
#endif

bool gnttab_v3_enabled(void)
{
    return opt_v3;
}

/* A number of at most `most`, that ends at ss. */
static bool __init number(const char *s, const char *ss, unsigned int most,
                          unsigned int *v)
{
    const char *end;
    unsigned long n = simple_strtoul(s, &end, 0);

    if ( end == s || end != ss || n > most )
        return false;
    *v = n;
    return true;
}

bool __init gnttab_v3_param(const char *s, const char *ss)
{
    int val;

    if ( (val = parse_boolean("v3", s, ss)) >= 0 )
        opt_v3 = val;
    else if ( (val = parse_boolean("v3-cache", s, ss)) >= 0 )
        opt_cache = val;
    else if ( !strncmp(s, "v3-trees:", 9) )
        return number(s + 9, ss, GV3_MAX_TREES, &opt_trees);
#ifdef GV3_MUTANTS
    else if ( !strncmp(s, "v3-mutant:", 10) )
        return number(s + 10, ss, UINT_MAX, &gv3_mutant);
#endif
    else if ( !strncmp(s, "v3-pages:", 9) )
        return number(s + 9, ss, INT_MAX >> (PAGE_SHIFT + 1), &opt_pages);
    else
        return false;
    return true;
}

long gnttab_v3_op(unsigned int cmd, XEN_GUEST_HANDLE_PARAM(void) uop,
                  unsigned int count)
{
    gv3_guest args = guest_handle_cast(uop, char);
    long left;

    BUILD_BUG_ON(GNTTABOP_V3_FIRST != GNTTABOP_v3_register ||
                 GNTTABOP_V3_LAST != GNTTABOP_v3_ack);
    /* For all domains and trees that are found without a lock. */
    rcu_read_lock(&domlist_read_lock);
    switch ( cmd )
    {
        /* Those that a guest makes all the time have a loop each. */
    case GNTTABOP_v3_map:
        left = gv3_call(current, GNTTABOP_v3_map, args, count);
        break;
    case GNTTABOP_v3_unmap:
        left = gv3_call(current, GNTTABOP_v3_unmap, args, count);
        break;
    default:
        left = gv3_call(current, cmd, args, count);
        break;
    }
    rcu_read_unlock(&domlist_read_lock);
    if ( left <= 0 )
        return left;
    guest_handle_add_offset(args, (count - left) * shape_of(cmd)->size);
    return hypercall_create_continuation(__HYPERVISOR_grant_table_op, "ihi",
                                         cmd, args, (unsigned int)left);
}

int gnttab_v3_init(struct domain *d)
{
    struct grant_v3 *g;

    if ( !opt_v3 || is_idle_domain(d) )
        return 0;
    g = xzalloc(struct grant_v3);
    if ( !g )
        return -ENOMEM;
    INIT_PAGE_LIST_HEAD(&g->tables);
    /* This much it has in any case. */
    g->max_bytes = (opt_pages << PAGE_SHIFT) + sizeof(struct gv3_state);
    g->walk_cache = opt_cache;
    d->grant_v3 = g;
    g->state = gv3_init(current, d, opt_trees);
    return g->state ? 0 : -ENOMEM;
}

int gnttab_v3_dies(struct domain *d)
{
    int rc;

    if ( !d->grant_v3 )
        return 0;
    rcu_read_lock(&domlist_read_lock);
    rc = gv3_dies(current, d);
    rcu_read_unlock(&domlist_read_lock);
    return rc ? -ERESTART : 0;
}

void gnttab_v3_destroy(struct domain *d)
{
    if ( !d->grant_v3 )
        return;
    ASSERT(page_list_empty(&d->grant_v3->tables));
    if ( d->grant_v3->state )
        gv3_free(current, d, d->grant_v3->state);
    ASSERT(!atomic_read(&d->grant_v3->bytes));
    XFREE(d->grant_v3);
}

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
