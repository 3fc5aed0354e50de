/* SPDX-License-Identifier: GPL-2.0-only */
/* Grant mappings of PV guests, in page-table entries, and of translated guests, in the p2m. */
#include "mapping.h"
#include "p2m.h"

/* ---- PV guests ---- */

/* put_page_from_l1e(): what a present entry held. */
static void put_from_entry(struct hv_vcpu *cur, struct hv_domain *d, uint64_t e)
{
	struct hv_page *pg = hv_page(cur->host, hv_pte_mfn(e));
	struct hv_domain *owner = hv_load(&pg->owner);

	if (owner && hv_mapping_has_type(!(e & HV_PTE_WRITE), d, owner))
		hv_put_type(cur, pg);
	hv_put_page(cur, pg);
}

/* Find the entry that addr names, and lock its page: 0, or -EINVAL. */
static int find_entry(struct hv_vcpu *cur, struct hv_domain *d, uint64_t addr, bool contains_pte,
		      uint64_t **pe, struct hv_page **ppg)
{
	uint64_t mfn;

	if (contains_pte) {
		mfn = addr >> HV_PAGE_SHIFT;
		if (addr & 7)
			return -EINVAL;
		if (!hv_mfn_valid(cur, mfn))
			return -EINVAL;
		*ppg = hv_page(cur->host, mfn);
		if (!hv_get_page(cur, *ppg, d))
			return -EINVAL;
		*pe = (uint64_t *)((uint8_t *)hv_map_domain_page(cur, mfn) +
				   (addr & (HV_PAGE_SIZE - 1)));
	} else {
		cur->count.pte_lookups++;
		*pe = hv_pt_slot(cur, &d->pv, addr >> HV_PAGE_SHIFT, HV_PT_FIND);
		if (!*pe)
			return -EINVAL;
		cur->count.frame_maps++;
		mfn = hv_virt_to_mfn(cur->host, *pe);
		if (!hv_mfn_valid(cur, mfn))
			return -EINVAL;
		*ppg = hv_page(cur->host, mfn);
		if (!hv_get_page(cur, *ppg, d))
			return -EINVAL;
	}
	if (hv_page_lock(cur, *ppg)) {
		if ((hv_load(&(*ppg)->type_info) & HV_PGT_TYPE) == (uint32_t)HV_PGT_L1
									   << HV_PGT_TYPE_SHIFT)
			return 0;
		hv_page_unlock(cur, *ppg);
	}
	hv_put_page(cur, *ppg);
	return -EINVAL;
}

static void put_entry(struct hv_vcpu *cur, struct hv_page *pg)
{
	hv_page_unlock(cur, pg);
	hv_put_page(cur, pg);
}

/* The machine address of an entry in the page pg. */
static uint64_t address_of(const struct hv_vcpu *cur, const struct hv_page *pg, const uint64_t *pe)
{
	return hv_page_mfn(cur->host, pg) << HV_PAGE_SHIFT | ((uintptr_t)pe & (HV_PAGE_SIZE - 1));
}

static uint64_t granted(uint64_t mfn, bool write)
{
	return hv_pte(mfn, write ? HV_P2M_GRANT_RW : HV_P2M_GRANT_RO, write);
}

/* create_grant_pv_mapping(). *entry: as of hv_mapping_create_at(), unless it is NULL. */
static hv_always_inline int write_entry(struct hv_vcpu *cur, uint64_t addr, uint64_t mfn,
					unsigned flags, uint64_t *entry)
{
	bool write = !(flags & GNTMAP_readonly);
	struct hv_page *pg;
	uint64_t *pe, old;

	if (find_entry(cur, cur->d, addr, flags & GNTMAP_contains_pte, &pe, &pg))
		return GNTST_general_error;
	old = hv_load(pe);
	cur->count.entries_written++;
	hv_store_release(pe, granted(mfn, write));
	if (entry)
		*entry = address_of(cur, pg, pe);
	put_entry(cur, pg);
	if (old & HV_PTE_PRESENT) {
		/*
		 * A mapping was overwritten. Xen drops its references here and leaves the stale
		 * translation to the flush that precedes the frame's next use; hv flushes at once.
		 */
		hv_flush_pv(cur, cur->d);
		put_from_entry(cur, cur->d, old);
	}
	return GNTST_okay;
}

static hv_noinline int create_pv(struct hv_vcpu *cur, uint64_t addr, uint64_t mfn, unsigned flags)
{
	return write_entry(cur, addr, mfn, flags, NULL);
}

/* Write e in the place of an entry that maps mfn with these rights. */
static inline int replace_entry(struct hv_vcpu *cur, uint64_t addr, uint64_t mfn, unsigned flags,
				uint64_t e)
{
	bool write = !(flags & GNTMAP_readonly);
	int rc = GNTST_general_error;
	struct hv_page *pg;
	uint64_t *pe, old;

	if (find_entry(cur, cur->d, addr, flags & GNTMAP_contains_pte, &pe, &pg))
		return rc;
	old = hv_load(pe);
	if (hv_entry_maps(old, mfn, write)) {
		cur->count.entries_written++;
		hv_store_release(pe, e);
		rc = GNTST_okay;
	}
	put_entry(cur, pg);
	return rc;
}

static hv_noinline int destroy_pv(struct hv_vcpu *cur, uint64_t addr, uint64_t mfn, unsigned flags)
{
	return replace_entry(cur, addr, mfn, flags, 0);
}

/* steal_linear_address(): clear the entry for a linear address; what it held is the caller's. */
static int steal(struct hv_vcpu *cur, uint64_t addr, uint64_t *e)
{
	struct hv_page *pg;
	uint64_t *pe;

	if (find_entry(cur, cur->d, addr, false, &pe, &pg))
		return -EINVAL;
	*e = hv_load(pe);
	cur->count.entries_written++;
	if (!hv_mutant(REPLACE_COPIES))
		hv_store_release(pe, 0ull);
	put_entry(cur, pg);
	return 0;
}

/* ---- PV guests, by entry: version 3, and version 1 with revoke ---- */

int hv_entry_lock(struct hv_vcpu *cur, struct hv_domain *d, uint64_t addr, bool linear,
		  uint64_t *entry)
{
	struct hv_page *pg;
	uint64_t *pe;

	if (find_entry(cur, d, addr, !linear, &pe, &pg))
		return -EINVAL;
	*entry = address_of(cur, pg, pe);
	return 0;
}

void hv_entry_unlock(struct hv_vcpu *cur, uint64_t entry)
{
	put_entry(cur, hv_page(cur->host, entry >> HV_PAGE_SHIFT));
}

static uint64_t *entry_at(const struct hv_vcpu *cur, uint64_t entry)
{
	return (uint64_t *)((uint8_t *)hv_virt(cur->host, entry >> HV_PAGE_SHIFT) +
			    (entry & (HV_PAGE_SIZE - 1)));
}

uint64_t hv_entry_get(const struct hv_vcpu *cur, uint64_t entry)
{
	return hv_load(entry_at(cur, entry));
}

void hv_entry_set(struct hv_vcpu *cur, uint64_t entry, uint64_t mfn, bool write)
{
	cur->count.entries_written++;
	hv_store_release(entry_at(cur, entry), mfn == HV_INVALID ? 0 : granted(mfn, write));
}

/* ---- translated guests ---- */

/* create_grant_p2m_mapping(). */
static int create_p2m(struct hv_vcpu *cur, uint64_t addr, uint64_t mfn, unsigned flags,
		      uint32_t cache)
{
	if (cache || (flags & ~GNTMAP_readonly) != GNTMAP_host_map)
		return GNTST_general_error;
	return hv_p2m_add_page(cur, cur->d, addr >> HV_PAGE_SHIFT, mfn,
			       flags & GNTMAP_readonly && !hv_mutant(RO_IS_RW) ? HV_P2M_GRANT_RO
									       : HV_P2M_GRANT_RW)
		       ? GNTST_general_error
		       : GNTST_okay;
}

/* Of a superpage: the entry that maps these frames by just this size, and was made so. */
static hv_noinline int destroy_super(struct hv_vcpu *cur, uint64_t addr, uint64_t mfn,
				     unsigned flags)
{
	unsigned order = hv_super_order(flags), have;
	struct hv_domain *d = cur->d;
	int rc = GNTST_general_error;
	uint64_t e;

	hv_p2m_lock(cur, d);
	e = hv_pt_get(cur, &d->p2m.pt, addr >> HV_PAGE_SHIFT, &have);
	if (e && hv_p2m_is_super(hv_pte_type(e)) && have == order && hv_pte_mfn(e) == mfn &&
	    !hv_p2m_set(cur, d, addr >> HV_PAGE_SHIFT, HV_INVALID, order, HV_P2M_INVALID))
		rc = GNTST_okay;
	hv_p2m_unlock(cur, d);
	return rc;
}

/* replace_grant_p2m_mapping(): get_gfn_query() holds the p2m lock to the end. */
static hv_always_inline int destroy_p2m(struct hv_vcpu *cur, uint64_t addr, uint64_t mfn,
					unsigned flags)
{
	uint64_t gfn = addr >> HV_PAGE_SHIFT, have;
	struct hv_domain *d = cur->d;
	int rc = GNTST_general_error;
	enum hv_p2m_type t;

	if (hv_unlikely(flags & (GNTMAP_contains_pte | GNTMAP_super)))
		return flags & GNTMAP_super ? destroy_super(cur, addr, mfn, flags) : rc;
	hv_p2m_lock(cur, d);
	have = hv_p2m_get(cur, d, gfn, &t);
	if ((hv_p2m_is_grant(t) || (hv_mutant(V3_V1_UNMAPS) && hv_p2m_is_v3(t)) ||
	     (hv_mutant(SUPER_V1_UNMAPS) && hv_p2m_is_super(t))) &&
	    have == mfn && !hv_p2m_remove_page(cur, d, gfn, mfn))
		rc = GNTST_okay;
	hv_p2m_unlock(cur, d);
	return rc;
}

/* ---- of either kind ---- */

int hv_mapping_create(struct hv_vcpu *cur, uint64_t addr, uint64_t mfn, unsigned flags,
		      uint32_t cache)
{
	if (!hv_translated(cur->d))
		return cache & GTF_superpage ? GNTST_general_error
					     : create_pv(cur, addr, mfn, flags);
	return create_p2m(cur, addr, mfn, flags, cache);
}

int hv_mapping_create_at(struct hv_vcpu *cur, uint64_t addr, uint64_t mfn, unsigned flags,
			 uint32_t cache, uint64_t *entry)
{
	*entry = addr;
	if (hv_translated(cur->d))
		return create_p2m(cur, addr, mfn, flags, cache);
	return cache & GTF_superpage ? GNTST_general_error
				     : write_entry(cur, addr, mfn, flags, entry);
}

int hv_mapping_destroy(struct hv_vcpu *cur, uint64_t addr, uint64_t mfn, unsigned flags)
{
	if (!hv_translated(cur->d))
		return destroy_pv(cur, addr, mfn, flags);
	return destroy_p2m(cur, addr, mfn, flags);
}

int hv_mapping_replace(struct hv_vcpu *cur, uint64_t addr, uint64_t mfn, uint64_t new_addr,
		       unsigned flags)
{
	uint64_t e = 0;
	int rc;

	if (new_addr && ((flags & GNTMAP_contains_pte) || steal(cur, new_addr, &e)))
		return GNTST_general_error;
	rc = replace_entry(cur, addr, mfn, flags, e);
	if (rc != GNTST_okay && (e & HV_PTE_PRESENT)) {
		/* It is not put back. As when a mapping is overwritten, hv flushes first. */
		hv_flush_pv(cur, cur->d);
		put_from_entry(cur, cur->d, e);
	}
	return rc;
}

struct teardown {
	struct hv_vcpu *cur;
	struct hv_domain *d;
};

static int teardown_one(uint64_t index, unsigned order, uint64_t e, void *arg)
{
	struct teardown *t = arg;

	(void)index;
	(void)order;
	put_from_entry(t->cur, t->d, e);
	return 0;
}

void hv_mapping_teardown(struct hv_vcpu *cur, struct hv_domain *d)
{
	struct teardown t = { cur, d };

	if (d->pv.root)
		hv_pt_each(cur->host, &d->pv, teardown_one, &t);
}
