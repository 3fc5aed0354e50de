/* SPDX-License-Identifier: GPL-2.0-only */
#include "pv.h"
#include "page.h"
#include "tlb.h"

static void each_table(const struct hv_host *host, const uint64_t *t, unsigned level,
		       hv_pv_table_fn fn, void *arg)
{
	fn(hv_page(host, hv_virt_to_mfn(host, t)), level, arg);
	for (unsigned i = 0; level > 1 && i < 512; i++)
		if (t[i] & HV_PTE_PRESENT)
			each_table(host, hv_virt(host, hv_pte_mfn(t[i])), level - 1, fn, arg);
}

void hv_pv_each_table(const struct hv_domain *d, hv_pv_table_fn fn, void *arg)
{
	if (d->pv.root)
		each_table(d->host, d->pv.root, HV_PT_LEVELS, fn, arg);
}

static void get_table_type(struct hv_page *pg, unsigned level, void *cur)
{
	hv_get_type(cur, pg, level == 1 ? HV_PGT_L1 : HV_PGT_TABLE);
}

/* A domain whose making failed may have tables that never got their type. */
static void put_table_type(struct hv_page *pg, unsigned level, void *cur)
{
	(void)level;
	if (hv_load(&pg->type_info) & HV_PGT_COUNT)
		hv_put_type(cur, pg);
}

int hv_pv_init(struct hv_vcpu *cur, struct hv_domain *d)
{
	int rc;

	d->pv.guest_tables = true;
	rc = hv_pt_init(cur, &d->pv, d);
	for (uint64_t i = 0; i < d->map_slots && !rc; i += 512)
		if (!hv_pt_slot(cur, &d->pv, (HV_PV_MAP_BASE >> HV_PAGE_SHIFT) + i, true))
			rc = -ENOMEM;
	/* As long as they are tables, nobody gets to write them. */
	if (!rc)
		hv_pv_each_table(d, get_table_type, cur);
	return rc;
}

/* put_page_from_l1e(): what a present entry held. */
static void put_from_entry(struct hv_vcpu *cur, struct hv_domain *d, uint64_t e)
{
	struct hv_page *pg = hv_page(cur->host, hv_pte_mfn(e));
	struct hv_domain *owner = hv_load(&pg->owner);

	if (owner && hv_mapping_has_type(!(e & HV_PTE_WRITE), d, owner))
		hv_put_type(cur, pg);
	hv_put_page(cur, pg);
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

void hv_pv_teardown(struct hv_vcpu *cur, struct hv_domain *d)
{
	struct teardown t = { cur, d };

	if (!d->pv.root)
		return;
	hv_pt_each(cur->host, &d->pv, teardown_one, &t);
	hv_pv_each_table(d, put_table_type, cur);
	d->pv.root = NULL;
}

/* Find the entry that addr names, and lock its page: 0, or -EINVAL. */
static int find_entry(struct hv_vcpu *cur, uint64_t addr, unsigned flags, uint64_t **pe,
		      struct hv_page **ppg)
{
	struct hv_domain *d = cur->d;
	uint64_t mfn;

	if (flags & GNTMAP_contains_pte) {
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
		*pe = hv_pt_slot(cur, &d->pv, addr >> HV_PAGE_SHIFT, false);
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

int hv_pv_create_mapping(struct hv_vcpu *cur, uint64_t addr, uint64_t mfn, unsigned flags)
{
	bool write = !(flags & GNTMAP_readonly);
	struct hv_page *pg;
	uint64_t *pe, old;

	if (find_entry(cur, addr, flags, &pe, &pg))
		return GNTST_general_error;
	old = hv_load(pe);
	cur->count.entries_written++;
	hv_store_release(pe, hv_pte(mfn, write ? HV_P2M_GRANT_RW : HV_P2M_GRANT_RO, write));
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

/* Write e in the place of an entry that maps mfn with these rights. */
static inline int replace_entry(struct hv_vcpu *cur, uint64_t addr, uint64_t mfn, unsigned flags,
				uint64_t e)
{
	bool write = !(flags & GNTMAP_readonly);
	int rc = GNTST_general_error;
	struct hv_page *pg;
	uint64_t *pe, old;

	if (find_entry(cur, addr, flags, &pe, &pg))
		return rc;
	old = hv_load(pe);
	if ((old & HV_PTE_PRESENT) && hv_pte_mfn(old) == mfn && !!(old & HV_PTE_WRITE) == write) {
		cur->count.entries_written++;
		hv_store_release(pe, e);
		rc = GNTST_okay;
	}
	put_entry(cur, pg);
	return rc;
}

int hv_pv_destroy_mapping(struct hv_vcpu *cur, uint64_t addr, uint64_t mfn, unsigned flags)
{
	return replace_entry(cur, addr, mfn, flags, 0);
}

/* steal_linear_address(): clear the entry for a linear address; what it held is the caller's. */
static int steal(struct hv_vcpu *cur, uint64_t addr, uint64_t *e)
{
	struct hv_page *pg;
	uint64_t *pe;

	if (find_entry(cur, addr, 0, &pe, &pg))
		return -EINVAL;
	*e = hv_load(pe);
	cur->count.entries_written++;
	if (!hv_mutant(REPLACE_COPIES))
		hv_store_release(pe, 0ull);
	put_entry(cur, pg);
	return 0;
}

int hv_pv_replace_mapping(struct hv_vcpu *cur, uint64_t addr, uint64_t mfn, uint64_t new_addr,
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
