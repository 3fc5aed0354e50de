/* SPDX-License-Identifier: GPL-2.0-only */
/* The rest of what the core of version 3 wants: PV mappers, locks, events. */
#ifndef XEN_GV3_SYS_PV_H
#define XEN_GV3_SYS_PV_H

/* ---- PV mappers ---- */

static inline int gv3_pv_lock(gv3_cpu *cur, gv3_dom *mapper, uint64_t addr,
                              bool linear, uint64_t *entry)
{
    return pv_grant_lock(mapper, addr, linear, entry);
}

static inline void gv3_pv_unlock(gv3_cpu *cur, gv3_dom *mapper, uint64_t entry)
{
    pv_grant_unlock(entry);
}

static inline int gv3_pv_map(gv3_cpu *cur, gv3_dom *mapper, uint64_t entry,
                             uint64_t mfn, bool write)
{
    return pv_grant_map(mapper, entry, _mfn(mfn), write);
}

static inline bool gv3_pv_is(gv3_cpu *cur, gv3_dom *mapper, uint64_t entry,
                             uint64_t mfn, bool write)
{
    return pv_grant_is(entry, _mfn(mfn), write);
}

static inline int gv3_pv_clear(gv3_cpu *cur, gv3_dom *mapper, uint64_t entry,
                               uint64_t mfn, bool write)
{
    return pv_grant_clear(mapper, entry, _mfn(mfn), write);
}

static inline int gv3_pv_point(gv3_cpu *cur, gv3_dom *mapper, uint64_t entry,
                               uint64_t mfn, bool was, uint64_t to, bool write)
{
    return pv_grant_point(mapper, entry, _mfn(mfn), was, _mfn(to), write);
}

/* A page of the mapper's RAM, with a reference and a type of ours: it lasts, and can always be written. */
static inline int gv3_pv_sink(gv3_cpu *cur, gv3_dom *mapper, uint64_t *mfn)
{
    struct page_info *page;

    if ( !gv3_sys_charge(mapper, PAGE_SIZE) )
        return -ENOMEM;
    page = mapper->is_dying ? NULL : alloc_domheap_page(mapper, 0);
    if ( page && get_page_and_type(page, mapper, PGT_writable_page) )
    {
        clear_domain_page(page_to_mfn(page));
        set_gpfn_from_mfn(mfn_x(page_to_mfn(page)), INVALID_M2P_ENTRY);
        *mfn = mfn_x(page_to_mfn(page));
        return 0;
    }
    gv3_sys_uncharge(mapper, PAGE_SIZE);
    return -ENOMEM;
}

static inline void gv3_pv_sink_free(gv3_cpu *cur, gv3_dom *mapper, uint64_t mfn)
{
    struct page_info *page = mfn_to_page(_mfn(mfn));

    gv3_sys_uncharge(mapper, PAGE_SIZE);
    put_page_alloc_ref(page);
    put_page_and_type(page);
}

/*
 * Version 1 counts what a PV domain's IOMMU maps by looking through its handles (mapkind()), which does not know of
 * these. Until both have one count a device reaches nothing by version 3.
 */
static inline int gv3_dev_map(gv3_cpu *cur, gv3_dom *mapper, uint64_t mfn,
                              bool write)
{
    return -ENOSPC;
}

static inline void gv3_dev_unmap(gv3_cpu *cur, gv3_dom *mapper, uint64_t mfn,
                                 bool write)
{
    ASSERT_UNREACHABLE();
}

/* ---- locks, order, events ---- */

static inline void gv3_lock_init(gv3_lock_t *l)
{
    spin_lock_init(l);
}

static inline void gv3_lock(gv3_cpu *cur, gv3_lock_t *l, enum gv3_level level)
{
#ifdef GV3_COUNT_LOCKS
    if ( level == GV3_LVL_TREE )
    {
        perfc_incr(lock_v3_tree);
        if ( spin_is_locked(l) )
            perfc_incr(lock_v3_tree_held);
    }
#endif
    spin_lock(l);
}

static inline void gv3_unlock(gv3_cpu *cur, gv3_lock_t *l, enum gv3_level level)
{
    spin_unlock(l);
}

static inline void gv3_publish(void **at, void *p)
{
    smp_wmb();
    write_atomic(at, p);
}

static inline void *gv3_look(void *const *at)
{
    return read_atomic(at);
}

static inline unsigned long gv3_nospec(unsigned long i, unsigned long n)
{
    return array_index_nospec(i, n);
}

static inline void gv3_fence(void)
{
    block_speculation();
}

/* As if the domain sent by it: to itself, by an IPI's or one that is bound to it, or to whom it has bound it to. */
static inline void gv3_notify(gv3_cpu *cur, gv3_dom *d, uint32_t port)
{
    if ( port && !d->is_dying )
        evtchn_send(d, port);
}

static inline bool gv3_port_ok(gv3_cpu *cur, gv3_dom *d, uint32_t port)
{
    struct evtchn *chn;
    bool ok = false;

    if ( !port_is_valid(d, port) )
        return false;
    chn = evtchn_from_port(d, port);
    read_lock(&d->event_lock);
    if ( chn->state == ECS_IPI || chn->state == ECS_INTERDOMAIN )
        ok = !chn->xen_consumer;
    read_unlock(&d->event_lock);
    return ok;
}

static inline void gv3_broken(gv3_cpu *cur, gv3_dom *d, const char *what)
{
    printk(XENLOG_ERR "%pd: grant tables version 3: %s\n", d, what);
    ASSERT_UNREACHABLE();
    domain_crash(d);
}

#endif
