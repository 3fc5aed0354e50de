/* SPDX-License-Identifier: GPL-2.0-only */
/* What the core of grant tables version 3 wants for mappers that are PV domains, in hv's terms. */
#ifndef HV_V3_PV_H
#define HV_V3_PV_H

#include "mapping.h"
#include "track.h"

static inline int gv3_pv_lock(gv3_cpu *cur, gv3_dom *mapper, uint64_t addr, bool linear,
			      uint64_t *entry)
{
	return hv_entry_lock(cur, mapper, addr, linear, entry);
}

static inline void gv3_pv_unlock(gv3_cpu *cur, gv3_dom *mapper, uint64_t entry)
{
	(void)mapper;
	hv_entry_unlock(cur, entry);
}

static inline int gv3_pv_map(gv3_cpu *cur, gv3_dom *mapper, uint64_t entry, uint64_t mfn,
			     bool write)
{
	(void)mapper;
	if (hv_entry_get(cur, entry) && !GV3_MUTANT(PV_OVER))
		return -EEXIST;
	hv_entry_set(cur, entry, mfn, write);
	return 0;
}

static inline bool gv3_pv_is(gv3_cpu *cur, gv3_dom *mapper, uint64_t entry, uint64_t mfn,
			     bool write)
{
	(void)mapper;
	return hv_entry_maps(hv_entry_get(cur, entry), mfn, write) || GV3_MUTANT(PV_NO_COMPARE);
}

static inline int gv3_pv_clear(gv3_cpu *cur, gv3_dom *mapper, uint64_t entry, uint64_t mfn,
			       bool write)
{
	if (!gv3_pv_is(cur, mapper, entry, mfn, write))
		return -EILSEQ;
	hv_entry_set(cur, entry, HV_INVALID, false);
	return 0;
}

static inline int gv3_pv_point(gv3_cpu *cur, gv3_dom *mapper, uint64_t entry, uint64_t mfn,
			       bool was, uint64_t to, bool write)
{
	if (!gv3_pv_is(cur, mapper, entry, mfn, was))
		return -EILSEQ;
	hv_entry_set(cur, entry, to, write);
	return 0;
}

/* A frame that its guest cannot give up, with a reference and a type of ours: it lasts, and can always be written. */
static inline int gv3_pv_sink(gv3_cpu *cur, gv3_dom *mapper, uint64_t *mfn)
{
	uint64_t got = HV_INVALID;
	struct hv_page *pg;

	if (!gv3_sys_charge(mapper, HV_PAGE_SIZE))
		return -ENOMEM;
	hv_spin_lock(cur, &mapper->page_alloc_lock, HV_LVL_ALLOC);
	if (!hv_load(&mapper->is_dying) && hv_domain_has_room(mapper))
		got = hv_alloc_domain_page(cur, mapper);
	hv_spin_unlock(cur, &mapper->page_alloc_lock, HV_LVL_ALLOC);
	if (got == HV_INVALID) {
		gv3_sys_uncharge(mapper, HV_PAGE_SIZE);
		return -ENOMEM;
	}
	pg = hv_page(cur->host, got);
	pg->fixed = true;
	hv_get_page(cur, pg, mapper);
	hv_get_type(cur, pg, HV_PGT_WRITABLE);
	*mfn = got;
	return 0;
}

static inline void gv3_pv_sink_free(gv3_cpu *cur, gv3_dom *mapper, uint64_t mfn)
{
	struct hv_page *pg = hv_page(cur->host, mfn);

	gv3_sys_uncharge(mapper, HV_PAGE_SIZE);
	hv_put_type(cur, pg);
	hv_put_alloc_ref(cur, pg);
	hv_put_page(cur, pg);
}

static inline int gv3_dev_map(gv3_cpu *cur, gv3_dom *mapper, uint64_t mfn, bool write)
{
	return hv_grant_iommu_map(cur, mapper->gt, mfn, !write) ? -ENOSPC : 0;
}

/* The invalidation is gv3_as_flush()'s, and so is what is owed for it. */
static inline void gv3_dev_unmap(gv3_cpu *cur, gv3_dom *mapper, uint64_t mfn, bool write)
{
	uint8_t late = cur->flush_late;

	if (GV3_MUTANT(PV_DEVICE_STAYS))
		return;
	cur->flush_late |= HV_LATE_IOTLB;
	hv_grant_iommu_unmap(cur, mapper->gt, mfn, !write);
	cur->flush_late = late;
}

#endif
