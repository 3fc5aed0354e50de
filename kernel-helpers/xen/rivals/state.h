/* SPDX-License-Identifier: GPL-2.0-only */
/* What the rivals keep for a domain: the last field of its struct grant_table. */

#define RIVALS_BATCH 1024 /* the most unmaps that one flush covers */

/* Of a vCPU, while it is in a hypercall. Made when it is first needed. */
struct rivals_scratch {
    struct gnttab_unmap_common unmap[RIVALS_BATCH];
    unsigned long mfn[GNTRANGE_MAX_COUNT];
};

struct rivals_state {
    struct rivals_scratch **scratch; /* by vCPU */
    struct rivals_ranges ranges;
    struct rivals_back back;
};

static struct rivals_back *rivals_back(const struct grant_table *gt)
{
    return &gt->rivals->back;
}

static struct rivals_scratch *rivals_scratch(void)
{
    struct vcpu *v = current;
    struct rivals_state *s = v->domain->grant_table->rivals;
    struct rivals_scratch **at = &s->scratch[v->vcpu_id];

    if ( unlikely(!*at) )
        *at = vzalloc(sizeof(**at));

    return *at;
}

static int rivals_init(struct domain *d, struct grant_table *gt)
{
    struct rivals_state *s = xzalloc(struct rivals_state);

    gt->rivals = s;
    if ( !s )
        return -ENOMEM;

    s->scratch = xzalloc_array(struct rivals_scratch *, d->max_vcpus);
    if ( !s->scratch )
        return -ENOMEM;

    rivals_ranges_init(&s->ranges, gt->max_maptrack_frames);
    p2m_rivals_init(d);

    return gnttab_rival(revoke) ? back_init(&s->back, gt) : 0;
}

static void rivals_destroy(struct domain *d, struct grant_table *gt)
{
    struct rivals_state *s = gt->rivals;
    unsigned int i;

    if ( !s )
        return;

    rivals_ranges_destroy(&s->ranges);
    back_destroy(&s->back, gt);
    for ( i = 0; s->scratch && i < d->max_vcpus; i++ )
        vfree(s->scratch[i]);
    xfree(s->scratch);
    xfree(s);
}
