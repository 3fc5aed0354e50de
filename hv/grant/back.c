/* SPDX-License-Identifier: GPL-2.0-only */
/* Back-pointers from references to handles (back.h). */
#include "back.h"
#include "mapping.h"
#include "maptrack.h"
#include "page.h"

/* ---- lists ---- */

void hv_back_hang(struct hv_grant_table *rgt, grant_ref_t ref, struct hv_grant_table *lgt,
		  uint32_t handle)
{
	struct hv_back_ref *b = hv_back_ref(rgt, ref);
	struct hv_back_handle *h = hv_back_handle(lgt, handle);

	h->prev = 0;
	h->next = b->first;
	if (b->first)
		hv_back_handle(lgt, b->first - 1)->prev = handle + 1;
	b->first = handle + 1;
}

void hv_back_unhang(struct hv_grant_table *rgt, grant_ref_t ref, struct hv_grant_table *lgt,
		    uint32_t handle)
{
	struct hv_back_ref *b = hv_back_ref(rgt, ref);
	struct hv_back_handle *h = hv_back_handle(lgt, handle);

	if (h->prev)
		hv_back_handle(lgt, h->prev - 1)->next = h->next;
	else
		b->first = h->next;
	if (h->next)
		hv_back_handle(lgt, h->next - 1)->prev = h->prev;
}

/* ---- the mapper, when it comes to a handle that was or is being revoked ---- */

uint16_t hv_back_settled(const struct hv_maptrack *map)
{
	unsigned spins = 0;
	uint16_t flags;

	while ((flags = hv_load_acquire(&map->flags)) & HV_MT_TAKEN)
		hv_backoff(&spins);
	return flags;
}

int hv_back_unmap(struct hv_vcpu *cur, uint32_t handle)
{
	struct hv_grant_table *lgt = cur->d->gt;
	struct hv_maptrack *map = hv_maptrack(lgt, handle);
	uint16_t flags = hv_back_settled(map);

	if (!(flags & HV_MT_GONE))
		return GNTST_eagain;
	if (!hv_cmpxchg(cur, &map->flags, &flags, 0))
		return GNTST_bad_handle;
	/* Nobody else has the sink at this place, and nobody can put anything in its place. */
	if (flags & HV_MT_SINK && !hv_mutant(V1R_SINK_STAYS))
		hv_mapping_destroy(cur, hv_back_handle(lgt, handle)->where,
				   hv_virt_to_mfn(cur->host, lgt->sink), GNTMAP_host_map);
	hv_maptrack_put(cur, lgt, handle);
	return GNTST_okay;
}
