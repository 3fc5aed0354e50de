/* SPDX-License-Identifier: GPL-2.0-only */
/* Grant tables version 3: what the rest of Xen calls. The core is common/gv3/. */
#ifndef XEN_GNTTAB_V3_H
#define XEN_GNTTAB_V3_H

#include <xen/mm.h>
#include <xen/sched.h>

/* Numbers of HYPERVISOR_grant_table_op. */
#define GNTTABOP_V3_FIRST 16
#define GNTTABOP_V3_LAST 28

#ifdef CONFIG_GRANT_V3

struct gv3_state;

/* A domain's part. */
struct grant_v3 {
    struct gv3_state *state;      /* the core's */
    atomic_t bytes;               /* what it is charged */
    unsigned int max_bytes;
    bool walk_cache;
    unsigned int kept;            /* tables, with the p2m's lock */
    struct page_list_head tables; /* for splitting large entries */
};

/* HYPERVISOR_grant_table_op with a number of version 3's. */
long gnttab_v3_op(unsigned int cmd, XEN_GUEST_HANDLE_PARAM(void) uop,
                  unsigned int count);
/* Part of `gnttab=`, from s to ss: is it version 3's? */
bool gnttab_v3_param(const char *s, const char *ss);
/* Is it offered to guests? */
bool gnttab_v3_enabled(void);

int gnttab_v3_init(struct domain *d);
/* The first step of its death, with its p2m and IOMMU tables there. -ERESTART: again. */
int gnttab_v3_dies(struct domain *d);
/* Nobody finds it any more. */
void gnttab_v3_destroy(struct domain *d);

#else

static inline long gnttab_v3_op(unsigned int cmd,
                                XEN_GUEST_HANDLE_PARAM(void) uop,
                                unsigned int count)
{
    return -ENOSYS;
}

static inline bool gnttab_v3_param(const char *s, const char *ss)
{
    return false;
}

static inline bool gnttab_v3_enabled(void)
{
    return false;
}

static inline int gnttab_v3_init(struct domain *d)
{
    return 0;
}

static inline int gnttab_v3_dies(struct domain *d)
{
    return 0;
}

static inline void gnttab_v3_destroy(struct domain *d) {}

#endif

#endif
