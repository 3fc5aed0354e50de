/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The IOMMU of a PV domain, 1 to 1, and its count of mappings by frame: what
 * map_grant_ref() and unmap_common() do in their midst, for one frame.
 */

static int rivals_iommu_map(struct domain *d, mfn_t mfn, bool readonly)
{
    struct grant_table *gt = d->grant_table;
    union maptrack_node node, old = {};
    unsigned int kind = 0;
    void **slot;
    int rc = 0;

    grant_write_lock(gt);

    slot = radix_tree_lookup_slot(&gt->maptrack_tree, mfn_x(mfn));
    if ( slot )
        old.raw = radix_tree_ptr_to_ulong(*slot);

    node = old;
    if ( !(readonly ? ++node.cnt.rd : ++node.cnt.wr) )
        rc = -EBUSY;
    else if ( !readonly && !old.cnt.wr )
        kind = IOMMUF_readable | IOMMUF_writable;
    else if ( readonly && !old.cnt.rd && !old.cnt.wr )
        kind = IOMMUF_readable;

    if ( !rc && !slot )
        rc = radix_tree_insert(&gt->maptrack_tree, mfn_x(mfn),
                               radix_tree_ulong_to_ptr(node.raw));
    if ( !rc && kind )
    {
        rc = iommu_legacy_map(d, _dfn(mfn_x(mfn)), mfn, 1, kind);
        if ( rc && !slot )
            radix_tree_delete(&gt->maptrack_tree, mfn_x(mfn));
    }
    if ( !rc && slot )
        radix_tree_replace_slot(slot, radix_tree_ulong_to_ptr(node.raw));

    grant_write_unlock(gt);

    return rc;
}

static int rivals_iommu_unmap(struct domain *d, mfn_t mfn, bool readonly)
{
    struct grant_table *gt = d->grant_table;
    union maptrack_node node;
    void **slot;
    int rc = 0;

    grant_write_lock(gt);

    slot = radix_tree_lookup_slot(&gt->maptrack_tree, mfn_x(mfn));
    node.raw = likely(slot) ? radix_tree_ptr_to_ulong(*slot) : 0;

    /* Refcount must not underflow. */
    if ( !(readonly ? node.cnt.rd-- : node.cnt.wr--) )
        BUG();

    if ( !node.raw )
        rc = iommu_legacy_unmap(d, _dfn(mfn_x(mfn)), 1);
    else if ( !readonly && !node.cnt.wr )
        rc = iommu_legacy_map(d, _dfn(mfn_x(mfn)), mfn, 1, IOMMUF_readable);

    if ( rc )
        ;
    else if ( !node.raw )
        radix_tree_delete(&gt->maptrack_tree, mfn_x(mfn));
    else
        radix_tree_replace_slot(slot, radix_tree_ulong_to_ptr(node.raw));

    grant_write_unlock(gt);

    return rc;
}
