/* SPDX-License-Identifier: GPL-2.0-only */
/* The page tables of PV guests. */
#include "pv.h"
#include "page.h"

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
		if (!hv_pt_slot(cur, &d->pv, (HV_PV_MAP_BASE >> HV_PAGE_SHIFT) + i, HV_PT_MAKE))
			rc = -ENOMEM;
	/* As long as they are tables, nobody gets to write them. */
	if (!rc)
		hv_pv_each_table(d, get_table_type, cur);
	return rc;
}

void hv_pv_teardown(struct hv_vcpu *cur, struct hv_domain *d)
{
	if (!d->pv.root)
		return;
	hv_pv_each_table(d, put_table_type, cur);
	d->pv.root = NULL;
}
