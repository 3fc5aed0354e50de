/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Records of ranges that a domain has mapped (v1-range). A lock for all of a
 * domain's, held for a few words.
 */

/*
 * BUSY: of the vCPU that makes it or takes it away, not to be found by others.
 */
enum rivals_range_state { RANGE_FREE, RANGE_BUSY, RANGE_LIVE };

struct rivals_range {
    uint64_t addr;
    grant_ref_t *list; /* its references; NULL: ref and those that follow */
    grant_ref_t ref;   /* with a list: how many it has room for */
    uint32_t next;     /* free, or taken away by this hypercall */
    uint16_t count;
    uint16_t left;     /* while it is taken away: pages that stay */
    domid_t domid;
    uint8_t state;
    bool readonly:1;
    bool large:1;      /* all of it is one entry of 2M */
};

#define RANGE_NONE     (~0u)
#define RANGE_PER_PAGE (PAGE_SIZE / sizeof(struct rivals_range))

/* They and their lists take at most as much again as handles may. */
struct rivals_ranges {
    spinlock_t lock;
    struct rivals_range **page; /* NULL before the first */
    unsigned int limit;         /* numbers below it have a record */
    unsigned int max_pages;
    uint32_t free;
    atomic_t bytes;
};

static struct rivals_range *range_record(const struct rivals_ranges *rs,
                                         uint32_t n)
{
    n = array_index_nospec(n, rs->limit);

    return &rs->page[n / RANGE_PER_PAGE][n % RANGE_PER_PAGE];
}

static grant_ref_t range_ref(const struct rivals_range *r, unsigned int i)
{
    return r->list ? r->list[i] : r->ref + i;
}

static unsigned int range_list_bytes(const struct rivals_range *r)
{
    return r->list ? r->ref * sizeof(grant_ref_t) : 0;
}

static void rivals_ranges_init(struct rivals_ranges *rs, unsigned int max_pages)
{
    spin_lock_init(&rs->lock);
    rs->free = RANGE_NONE;
    rs->max_pages = min_t(unsigned int, max_pages, INT_MAX >> (PAGE_SHIFT + 1));
}

static void rivals_ranges_destroy(struct rivals_ranges *rs)
{
    unsigned int n;

    for ( n = 0; n < rs->limit; n += RANGE_PER_PAGE )
        free_xenheap_page(rs->page[n / RANGE_PER_PAGE]);
    vfree(rs->page);
}

static bool range_charge(struct rivals_ranges *rs, unsigned int bytes)
{
    if ( atomic_add_return(bytes, &rs->bytes) <= rs->max_pages << PAGE_SHIFT )
        return true;

    atomic_sub(bytes, &rs->bytes);

    return false;
}

/* With the lock: one more page of records. */
static bool range_grow(struct rivals_ranges *rs)
{
    struct rivals_range *page;
    unsigned int i;

    if ( !rs->page )
        rs->page = vzalloc(rs->max_pages * sizeof(*rs->page));
    if ( !rs->page || !range_charge(rs, PAGE_SIZE) )
        return false;

    page = alloc_xenheap_page();
    if ( !page )
    {
        atomic_sub(PAGE_SIZE, &rs->bytes);
        return false;
    }

    clear_page(page);
    for ( i = 0; i < RANGE_PER_PAGE; i++ )
        page[i].next = i + 1 < RANGE_PER_PAGE ? rs->limit + i + 1 : rs->free;
    rs->page[rs->limit / RANGE_PER_PAGE] = page;
    rs->free = rs->limit;
    smp_wmb();
    rs->limit += RANGE_PER_PAGE;

    return true;
}

/* A record, BUSY, with room for so many references if that is not 0. */
static uint32_t range_get(struct rivals_ranges *rs, unsigned int list)
{
    unsigned int bytes = list * sizeof(grant_ref_t);
    grant_ref_t *refs = NULL;
    uint32_t n = RANGE_NONE;

    if ( list && !range_charge(rs, bytes) )
        return n;

    if ( !list || (refs = xmalloc_bytes(bytes)) )
    {
        spin_lock(&rs->lock);
        if ( rs->free != RANGE_NONE || range_grow(rs) )
        {
            struct rivals_range *r = range_record(rs, rs->free);

            n = rs->free;
            rs->free = r->next;
            *r = (struct rivals_range){ .list = refs, .ref = list,
                                        .state = RANGE_BUSY };
        }
        spin_unlock(&rs->lock);
    }

    if ( n == RANGE_NONE && list )
    {
        xfree(refs);
        atomic_sub(bytes, &rs->bytes);
    }

    return n;
}

/* BUSY to LIVE. */
static void range_publish(struct rivals_ranges *rs, uint32_t n)
{
    spin_lock(&rs->lock);
    range_record(rs, n)->state = RANGE_LIVE;
    spin_unlock(&rs->lock);
}

/* LIVE to BUSY; NULL if there is none. */
static struct rivals_range *range_take(struct rivals_ranges *rs, uint32_t n)
{
    struct rivals_range *r = NULL;

    spin_lock(&rs->lock);
    if ( n < rs->limit && range_record(rs, n)->state == RANGE_LIVE )
    {
        r = range_record(rs, n);
        r->state = RANGE_BUSY;
    }
    spin_unlock(&rs->lock);

    return r;
}

/* BUSY to FREE. */
static void range_put(struct rivals_ranges *rs, uint32_t n)
{
    struct rivals_range *r = range_record(rs, n);

    atomic_sub(range_list_bytes(r), &rs->bytes);
    xfree(r->list);

    spin_lock(&rs->lock);
    *r = (struct rivals_range){ .next = rs->free };
    rs->free = n;
    spin_unlock(&rs->lock);
}
