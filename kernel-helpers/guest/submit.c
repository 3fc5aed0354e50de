// SPDX-License-Identifier: GPL-2.0-only
/*
 * gnb_guest: operations. Arguments are copied in once and every decision is about the copy. A map or an unmap
 * first takes all of its slots (FREE or MAPPED to BUSY), so that neither two threads nor two operations of one
 * array can use one slot; what the hypervisor did to each decides what the slot becomes.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>
#include <asm/msr.h>
#include <asm/pgtable.h>
#include <asm/xen/hypercall.h>
#include <xen/features.h>

#include "session.h"

#define OP_MAX	 sizeof(struct gnttab_copy) /* the largest of the structures that are let through */
#define NOT_DONE 0x7fff /* a status that Xen does not have: the operation was not reached */

static bool take_slot(struct gnb_session *m, u64 cookie, int from, u32 *slot)
{
	*slot = cookie >> PAGE_SHIFT;
	return atomic_cmpxchg(&m->slot[*slot].state, from, GNB_SLOT_BUSY) == from;
}

static void give_slot(struct gnb_session *m, u32 slot, int to)
{
	atomic_set_release(&m->slot[slot].state, to);
}

static bool cookie_ok(const struct gnb_session *m, u64 cookie)
{
	return !(cookie & ~PAGE_MASK) && cookie >> PAGE_SHIFT < m->cfg.slots;
}

/* References of this domain are counted from the file's first. Others' are theirs to check, and Xen's. */
static int translate_ref(const struct gnb_session *m, u16 dom, u32 *ref)
{
	if (dom != DOMID_SELF && dom != m->domid)
		return 0;
	if (*ref >= m->cfg.refs)
		return -EINVAL;
	*ref += m->cfg.first_ref;
	return 0;
}

static u32 ref_back(const struct gnb_session *m, u16 dom, u32 ref)
{
	return dom == DOMID_SELF || dom == m->domid ? ref - m->cfg.first_ref : ref;
}

static int prepare_maps(struct gnb_session *m, struct gnttab_map_grant_ref *op, u32 n)
{
	u32 i, slot;
	int rc = 0;

	for (i = 0; i < n; i++) {
		rc = -EINVAL;
		if (op[i].flags & ~(GNTMAP_host_map | GNTMAP_readonly) ||
		    !(op[i].flags & GNTMAP_host_map) || !cookie_ok(m, op[i].host_addr) ||
		    translate_ref(m, op[i].dom, &op[i].ref))
			break;
		rc = -EBUSY;
		if (!take_slot(m, op[i].host_addr, GNB_SLOT_FREE, &slot))
			break;
		op[i].host_addr = gnb_slot_host_addr(m, slot);
		op[i].status = NOT_DONE;
		/* Where finish_maps() finds the slot again; Xen only writes it. */
		op[i].handle = slot;
		rc = 0;
	}
	while (rc && i--)
		give_slot(m, op[i].handle, GNB_SLOT_FREE);
	return rc;
}

static void finish_maps(struct gnb_session *m, struct gnttab_map_grant_ref *op, const u32 *slot,
			u32 n)
{
	for (u32 i = 0; i < n; i++) {
		bool done = op[i].status == GNTST_okay;

		if (done) {
			m->slot[slot[i]].handle = op[i].handle;
			m->slot[slot[i]].readonly = op[i].flags & GNTMAP_readonly;
		}
		give_slot(m, slot[i], done ? GNB_SLOT_MAPPED : GNB_SLOT_FREE);
		op[i].host_addr = (u64)slot[i] << PAGE_SHIFT;
		op[i].ref = ref_back(m, op[i].dom, op[i].ref);
	}
}

static int prepare_unmaps(struct gnb_session *m, struct gnttab_unmap_grant_ref *op, u32 *slot,
			  u32 n)
{
	u32 i;
	int rc = 0;

	for (i = 0; i < n; i++) {
		rc = -EINVAL;
		if (op[i].dev_bus_addr || !cookie_ok(m, op[i].host_addr))
			break;
		rc = -EBUSY;
		if (!take_slot(m, op[i].host_addr, GNB_SLOT_MAPPED, &slot[i]))
			break;
		/* A handle is an index into all mappings of the domain: only the slot's own will do. */
		if (op[i].handle != m->slot[slot[i]].handle) {
			give_slot(m, slot[i], GNB_SLOT_MAPPED);
			rc = -EINVAL;
			break;
		}
		op[i].host_addr = gnb_slot_host_addr(m, slot[i]);
		op[i].status = NOT_DONE;
		rc = 0;
	}
	while (rc && i--)
		give_slot(m, slot[i], GNB_SLOT_MAPPED);
	return rc;
}

static void finish_unmaps(struct gnb_session *m, struct gnttab_unmap_grant_ref *op, const u32 *slot,
			  u32 n)
{
	for (u32 i = 0; i < n; i++) {
		give_slot(m, slot[i], op[i].status == GNTST_okay ? GNB_SLOT_FREE : GNB_SLOT_MAPPED);
		op[i].host_addr = (u64)slot[i] << PAGE_SHIFT;
	}
}

/* One end of a copy: a reference, or a page of this file by its frame number. */
static int prepare_end(const struct gnb_session *m, bool ref, u16 domid, u32 *gref, u64 gfn)
{
	if (ref)
		return translate_ref(m, domid, gref);
	return domid == DOMID_SELF && xa_load((struct xarray *)&m->gfns, gfn) ? 0 : -EINVAL;
}

static int prepare_copies(struct gnb_session *m, struct gnttab_copy *op, u32 n)
{
	for (u32 i = 0; i < n; i++) {
		if (op[i].flags & ~(GNTCOPY_source_gref | GNTCOPY_dest_gref) ||
		    prepare_end(m, op[i].flags & GNTCOPY_source_gref, op[i].source.domid,
				&op[i].source.u.ref, op[i].source.u.gmfn) ||
		    prepare_end(m, op[i].flags & GNTCOPY_dest_gref, op[i].dest.domid,
				&op[i].dest.u.ref, op[i].dest.u.gmfn))
			return -EINVAL;
		op[i].status = NOT_DONE;
	}
	return 0;
}

static void finish_copies(struct gnb_session *m, struct gnttab_copy *op, u32 n)
{
	for (u32 i = 0; i < n; i++) {
		if (op[i].flags & GNTCOPY_source_gref)
			op[i].source.u.ref = ref_back(m, op[i].source.domid, op[i].source.u.ref);
		if (op[i].flags & GNTCOPY_dest_gref)
			op[i].dest.u.ref = ref_back(m, op[i].dest.domid, op[i].dest.u.ref);
	}
}

/* Bytes of one operation, 0 for what is not let through. */
static size_t op_size(u32 cmd)
{
	switch (cmd) {
	case GNTTABOP_map_grant_ref:
		return sizeof(struct gnttab_map_grant_ref);
	case GNTTABOP_unmap_grant_ref:
		return sizeof(struct gnttab_unmap_grant_ref);
	case GNTTABOP_copy:
		return sizeof(struct gnttab_copy);
	case GNTTABOP_query_size:
		return sizeof(struct gnttab_query_size);
	case GNTTABOP_get_version:
		return sizeof(struct gnttab_get_version);
	default:
		return 0;
	}
}

/*
 * An interrupt of the guest between the two readings would be counted as the hypervisor's work: a tick is as much
 * as twenty maps. Held back, they come right after; Xen's own interrupts are Xen's business. GNB_GUEST_MAX_OPS
 * bounds for how long.
 */
static void call(struct gnb_guest_submit *s, void *ops)
{
	unsigned long flags;

	local_irq_save(flags);
	GNB_MARK_HERE(GNB_MARK_BEGIN);
	s->tsc_before = rdtsc_ordered();
	s->result = HYPERVISOR_grant_table_op(s->cmd, ops, s->count);
	s->tsc_after = rdtsc_ordered();
	GNB_MARK_HERE(GNB_MARK_END);
	local_irq_restore(flags);
}

static int prepare(struct gnb_session *m, struct gnb_guest_submit *s, void *ops, u32 *slot)
{
	struct gnttab_map_grant_ref *map = ops;
	int rc;

	BUILD_BUG_ON(sizeof(struct gnttab_map_grant_ref) > OP_MAX ||
		     sizeof(struct gnttab_unmap_grant_ref) > OP_MAX ||
		     sizeof(struct gnttab_query_size) > OP_MAX ||
		     sizeof(struct gnttab_get_version) > OP_MAX);
	switch (s->cmd) {
	case GNTTABOP_map_grant_ref:
		rc = prepare_maps(m, map, s->count);
		for (u32 i = 0; !rc && i < s->count; i++)
			slot[i] = map[i].handle;
		return rc;
	case GNTTABOP_unmap_grant_ref:
		return prepare_unmaps(m, ops, slot, s->count);
	case GNTTABOP_copy:
		return prepare_copies(m, ops, s->count);
	default:
		return s->count == 1 ? 0 : -EINVAL;
	}
}

/*
 * Pages of their own, the same ones each time, mapped by small page-table entries as those of Linux' backends are (a
 * vmalloc'ed structure, or a stack). For a translated guest Xen walks the guest's tables at each copy, and a level more
 * or less, as the direct map happens to have it, is a tenth of the cost of a map. Who comes while they are in use gets
 * others.
 */
static void *take_args(struct gnb_session *m)
{
	void *args = xchg(&m->args, NULL);

	return args ? args : __vmalloc(PAGE_ALIGN(GNB_GUEST_MAX_OPS * OP_MAX), GFP_KERNEL_ACCOUNT);
}

static void give_args(struct gnb_session *m, void *args)
{
	vfree(xchg(&m->args, args));
}

int gnb_session_submit(struct gnb_session *m, struct gnb_guest_submit *s)
{
	size_t size = op_size(s->cmd);
	void *ops;
	u32 *slot;
	int rc;

	if (s->count > GNB_GUEST_MAX_OPS)
		return -EINVAL;
	if (s->cmd >= 13 && s->cmd < 48) {
		if (s->count || s->args)
			return -EINVAL;
		gnb_mark_call(s->cmd, s->count);
		call(s, NULL);
		return 0;
	}
	if (!size)
		return -EOPNOTSUPP;
	ops = take_args(m);
	slot = kvmalloc_array(max(s->count, 1u), sizeof(*slot), GFP_KERNEL_ACCOUNT);
	rc = ops && slot ? 0 : -ENOMEM;
	if (!rc && copy_from_user(ops, u64_to_user_ptr(s->args), size * s->count))
		rc = -EFAULT;
	if (!rc)
		rc = prepare(m, s, ops, slot);
	if (!rc) {
		gnb_mark_call(s->cmd, s->count);
		call(s, ops);
		if (s->cmd == GNTTABOP_map_grant_ref)
			finish_maps(m, ops, slot, s->count);
		else if (s->cmd == GNTTABOP_unmap_grant_ref)
			finish_unmaps(m, ops, slot, s->count);
		else if (s->cmd == GNTTABOP_copy)
			finish_copies(m, ops, s->count);
		if (copy_to_user(u64_to_user_ptr(s->args), ops, size * s->count))
			rc = -EFAULT;
	}
	give_args(m, ops);
	kvfree(slot);
	return rc;
}

/*
 * A PV guest's own table says it: Xen writes it when it maps and unmaps. What a translated guest has there, it
 * cannot see, and a look at the memory itself would be an access to a device; so what Xen answered has to do.
 */
static bool slot_allows(const struct gnb_slot *slot, int state, void *addr, bool write)
{
	unsigned int level;
	pte_t *pte;

	if (xen_feature(XENFEAT_auto_translated_physmap))
		return state == GNB_SLOT_MAPPED && (!write || !slot->readonly);
	pte = lookup_address((unsigned long)addr, &level);
	return pte && level == PG_LEVEL_4K && pte_present(*pte) && (!write || pte_write(*pte));
}

int gnb_session_access(struct gnb_session *m, const struct gnb_guest_access *a)
{
	bool write = a->flags & GNB_GUEST_WRITE;
	int state, rc = 0;
	u8 *buf, *addr;

	if (a->slot >= m->cfg.slots || a->flags & ~GNB_GUEST_WRITE || !a->len ||
	    a->len > PAGE_SIZE || a->offset > PAGE_SIZE - a->len)
		return -EINVAL;
	buf = kmalloc(a->len, GFP_KERNEL_ACCOUNT);
	if (!buf)
		return -ENOMEM;
	if (write && copy_from_user(buf, u64_to_user_ptr(a->buf), a->len))
		rc = -EFAULT;
	state = atomic_read(&m->slot[a->slot].state);
	if (!rc && (state == GNB_SLOT_BUSY || state == GNB_SLOT_LOST ||
		    atomic_cmpxchg(&m->slot[a->slot].state, state, GNB_SLOT_BUSY) != state))
		rc = -EBUSY;
	if (rc)
		goto out;
	addr = page_address(m->slot_page[a->slot]);
	if (!slot_allows(&m->slot[a->slot], state, addr, write))
		rc = -EFAULT;
	else if (write)
		memcpy(addr + a->offset, buf, a->len);
	else
		memcpy(buf, addr + a->offset, a->len);
	give_slot(m, a->slot, state);
	if (!rc && !write && copy_to_user(u64_to_user_ptr(a->buf), buf, a->len))
		rc = -EFAULT;
out:
	kfree(buf);
	return rc;
}

u32 gnb_session_mapped(struct gnb_session *m)
{
	u32 n = 0;

	for (u32 i = 0; i < m->cfg.slots; i++)
		n += atomic_read(&m->slot[i].state) == GNB_SLOT_MAPPED;
	return n;
}

u32 gnb_session_unmap_all(struct gnb_session *m)
{
	u32 lost = 0;

	for (u32 i = 0; i < m->cfg.slots; i++) {
		struct gnttab_unmap_grant_ref op = { .handle = m->slot[i].handle,
						     .status = NOT_DONE };

		if (atomic_read(&m->slot[i].state) != GNB_SLOT_MAPPED)
			continue;
		op.host_addr = gnb_slot_host_addr(m, i);
		if (HYPERVISOR_grant_table_op(GNTTABOP_unmap_grant_ref, &op, 1) ||
		    op.status != GNTST_okay) {
			atomic_set(&m->slot[i].state, GNB_SLOT_LOST);
			lost++;
		} else {
			atomic_set(&m->slot[i].state, GNB_SLOT_FREE);
		}
		cond_resched();
	}
	return lost;
}
