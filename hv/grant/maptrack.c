/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Handles of mappings: a free list per vCPU, taken at the head and given back at the tail, whose
 * last entry is never taken. After Xen's {,_}get_maptrack_handle(), steal_maptrack_handle(),
 * put_maptrack_handle().
 */
#include "maptrack.h"
#include "page.h"
#include "rand.h"
#include "table.h"

static uint32_t pop(struct hv_vcpu *cur, struct hv_grant_table *t, struct hv_vcpu *v)
{
	uint32_t head, next;

	cur->count.maptrack_gets++;
	hv_spin_lock(cur, &v->freelist_lock, HV_LVL_FREELIST);
	head = v->maptrack_head;
	if (head != HV_MAPTRACK_TAIL) {
		next = hv_load(&hv_maptrack(t, head)->ref);
		if (next == HV_MAPTRACK_TAIL)
			head = HV_MAPTRACK_NONE;
		else
			v->maptrack_head = next;
	}
	hv_spin_unlock(cur, &v->freelist_lock, HV_LVL_FREELIST);
	return head;
}

static uint32_t steal(struct hv_vcpu *cur, struct hv_grant_table *t)
{
	unsigned n = cur->d->nr_vcpus, first = hv_rand(&cur->rand) % n, i = first;

	do {
		uint32_t handle = pop(cur, t, cur->d->vcpu[i]);

		if (handle != HV_MAPTRACK_NONE) {
			cur->count.maptrack_steals++;
			hv_store(&hv_maptrack(t, handle)->vcpu, cur->id);
			return handle;
		}
		i = (i + 1) % n;
	} while (i != first);
	return HV_MAPTRACK_NONE;
}

/* No page to be had: a list that never had one first needs an entry for its tail. */
static uint32_t steal_with_tail(struct hv_vcpu *cur, struct hv_grant_table *t)
{
	uint32_t handle;

	if (cur->maptrack_tail == HV_MAPTRACK_TAIL) {
		handle = steal(cur, t);
		if (handle == HV_MAPTRACK_NONE)
			return handle;
		hv_spin_lock(cur, &cur->freelist_lock, HV_LVL_FREELIST);
		hv_store(&hv_maptrack(t, handle)->ref, HV_MAPTRACK_TAIL);
		cur->maptrack_tail = handle;
		if (cur->maptrack_head == HV_MAPTRACK_TAIL)
			cur->maptrack_head = handle;
		hv_spin_unlock(cur, &cur->freelist_lock, HV_LVL_FREELIST);
	}
	return steal(cur, t);
}

uint32_t hv_maptrack_get(struct hv_vcpu *cur, struct hv_grant_table *lgt)
{
	struct hv_maptrack *page = NULL;
	uint32_t handle = pop(cur, lgt, cur);
	unsigned i, frames;

	if (hv_likely(handle != HV_MAPTRACK_NONE))
		return handle;
	hv_spin_lock(cur, &lgt->maptrack_lock, HV_LVL_MAPTRACK);
	frames = lgt->maptrack_limit / HV_MAPTRACK_PER_PAGE;
	if (frames < lgt->max_maptrack_frames)
		page = hv_alloc_heap_page(cur, lgt->d);
	if (page && lgt->back_handles) {
		lgt->back_handles[frames] = hv_alloc_heap_page(cur, lgt->d);
		if (!lgt->back_handles[frames]) {
			hv_free_heap_page(cur, lgt->d, page);
			page = NULL;
		}
	}
	if (!page) {
		hv_spin_unlock(cur, &lgt->maptrack_lock, HV_LVL_MAPTRACK);
		return steal_with_tail(cur, lgt);
	}
	handle = lgt->maptrack_limit;
	for (i = 0; i < HV_MAPTRACK_PER_PAGE; i++) {
		page[i].ref = handle + i + 1;
		page[i].vcpu = cur->id;
	}
	if (cur->maptrack_tail == HV_MAPTRACK_TAIL)
		cur->maptrack_tail = handle + HV_MAPTRACK_PER_PAGE - 1;
	hv_store(&lgt->maptrack[frames], page);
	hv_wmb();
	hv_store_release(&lgt->maptrack_limit, handle + (unsigned)HV_MAPTRACK_PER_PAGE);
	hv_spin_unlock(cur, &lgt->maptrack_lock, HV_LVL_MAPTRACK);
	hv_spin_lock(cur, &cur->freelist_lock, HV_LVL_FREELIST);
	hv_store(&page[i - 1].ref, cur->maptrack_head);
	cur->maptrack_head = handle + 1;
	hv_spin_unlock(cur, &cur->freelist_lock, HV_LVL_FREELIST);
	return handle;
}

void hv_maptrack_put(struct hv_vcpu *cur, struct hv_grant_table *lgt, uint32_t handle)
{
	struct hv_maptrack *m = hv_maptrack(lgt, handle);
	struct hv_vcpu *home = cur->d->vcpu[hv_load(&m->vcpu)];
	uint32_t tail;

	cur->count.maptrack_puts++;
	hv_store(&m->ref, HV_MAPTRACK_TAIL);
	hv_spin_lock(cur, &home->freelist_lock, HV_LVL_FREELIST);
	tail = home->maptrack_tail;
	home->maptrack_tail = handle;
	hv_store(&hv_maptrack(lgt, tail)->ref, handle);
	hv_spin_unlock(cur, &home->freelist_lock, HV_LVL_FREELIST);
}
