/* SPDX-License-Identifier: GPL-2.0-only */
/* Entries protected page by page, large ones parted for it and put together again. */
#include "log_protect.h"
#include "log_bits.h"
#include "marks.h"
#include "p2m.h"
#include "pt_inside.h"
#include "tlb.h"

#define NO_TABLE UINT32_MAX

/* RAM that can be written. */
static bool is_open(uint64_t e)
{
	return (e & HV_PTE_PRESENT) && hv_pte_type(e) == HV_P2M_RAM_RW;
}

static void protect(struct hv_vcpu *cur, uint64_t *p)
{
	uint64_t e = hv_load(p);

	/* What is protected a fault may open just now: then its bit is set after this. */
	if (is_open(e))
		hv_pt_write(cur, p, hv_marks_retyped(e, HV_P2M_RAM_LOGDIRTY));
}

bool hv_log_part(struct hv_vcpu *cur, struct hv_domain *d, uint64_t *p, unsigned level)
{
	if (hv_pt_split(cur, &d->p2m.pt, p, level))
		return false;
	hv_store(p, hv_load(p) | HV_PTE_PARTED);
	return true;
}

static void protect_below(struct hv_vcpu *cur, struct hv_domain *d, uint64_t *t, unsigned level,
			  uint64_t gfn, uint64_t end)
{
	uint64_t step = 1ull << 9 * (level - 1);

	cur->count.levels++;
	for (unsigned i = 0; i < 512 && gfn < end; i++, gfn += step) {
		uint64_t e = hv_load(&t[i]);

		if (!(e & HV_PTE_PRESENT))
			continue;
		if (hv_pt_is_leaf(e, level)) {
			if (level == 1 || !hv_p2m_is_ram(hv_pte_type(e)) ||
			    !hv_log_part(cur, d, &t[i], level)) {
				protect(cur, &t[i]);
				continue;
			}
			e = hv_load(&t[i]);
		}
		protect_below(cur, d, hv_pt_table(cur->host, e), level - 1, gfn, end);
	}
}

void hv_log_protect_all(struct hv_vcpu *cur, struct hv_domain *d, uint64_t end)
{
	cur->count.walks++;
	protect_below(cur, d, d->p2m.pt.root, HV_PT_LEVELS, 0, end);
}

void hv_log_protect(struct hv_vcpu *cur, struct hv_domain *d, uint64_t gfn, uint64_t mask)
{
	uint64_t *table, *p;
	unsigned order;

	for (;;) {
		uint64_t e = hv_pt_look(cur, &d->p2m.pt, gfn, &order, &table);

		if (table)
			break;
		if (!e || !hv_p2m_is_ram(hv_pte_type(e)) || hv_mutant(LOG_WAY_LARGE_OPEN))
			return;
		p = hv_pt_hw_leaf(cur->host, &d->p2m.pt, gfn);
		if (!hv_log_part(cur, d, p, order / 9 + 1)) {
			protect(cur, p);
			return;
		}
	}
	for (; mask; mask &= mask - 1)
		protect(cur, &table[(gfn + (unsigned)__builtin_ctzll(mask)) & 511]);
}

/* ---- new pages ---- */

struct news {
	struct hv_vcpu *cur;
	struct hv_domain *d;
};

static int new_leaf(uint64_t gfn, unsigned order, uint64_t e, void *arg)
{
	const struct news *n = arg;

	for (uint64_t i = 0; is_open(e) && i < 1ull << order; i++)
		hv_log_bit(n->cur, n->d, gfn + i);
	return 0;
}

void hv_log_new_pages(struct hv_vcpu *cur, struct hv_domain *d)
{
	struct news n = { cur, d };

	cur->count.walks++;
	hv_store(&d->log.added, false);
	if (!hv_mutant(LOG_WAY_NEW_CLEAN))
		hv_pt_each(cur->host, &d->p2m.pt, new_leaf, &n);
}

/* ---- put together ---- */

/* Is this table, whose entries are of level, RAM of neighbouring frames that a leaf can have? */
static bool is_whole(const uint64_t *t, unsigned level)
{
	uint64_t first = hv_pte_mfn(hv_load(&t[0])), step = 1ull << 9 * (level - 1);

	if (first & (step * 512 - 1))
		return false;
	for (unsigned i = 0; i < 512; i++) {
		uint64_t e = hv_load(&t[i]);

		if (!(e & HV_PTE_PRESENT) || !hv_pt_is_leaf(e, level) ||
		    !hv_p2m_is_ram(hv_pte_type(e)) ||
		    (hv_pte_mfn(e) != first + i * step && !hv_mutant(LOG_WAY_MERGES_ANY)))
			return false;
	}
	return true;
}

/* Of a table of this level; the tables that are not needed any more, by number, the last first. */
static uint32_t merge(struct hv_vcpu *cur, struct hv_domain *d, uint64_t *t, unsigned level,
		      uint32_t gone)
{
	struct hv_host *host = cur->host;

	cur->count.levels++;
	for (unsigned i = 0; i < 512; i++) {
		uint64_t e = hv_load(&t[i]), *below;

		if (!(e & HV_PTE_PRESENT) || hv_pt_is_leaf(e, level))
			continue;
		below = hv_pt_table(host, e);
		if (level > 2)
			gone = merge(cur, d, below, level - 1, gone);
		if (!(e & HV_PTE_PARTED) || !is_whole(below, level - 1))
			continue;
		hv_pt_write(cur, &t[i],
			    hv_marks_retyped(hv_load(&below[0]), HV_P2M_RAM_RW) | HV_PTE_LEAF);
		hv_page(host, hv_pte_mfn(e))->next_free = gone;
		gone = (uint32_t)hv_pte_mfn(e);
	}
	return gone;
}

void hv_log_merge(struct hv_vcpu *cur, struct hv_domain *d)
{
	uint32_t gone = NO_TABLE;

	hv_p2m_forget(d);
	hv_p2m_changes(d);
	cur->count.walks++;
	/* A device may be on its way through tables that are the p2m. */
	if (d->iommu.mode != HV_IOMMU_SHARED)
		gone = merge(cur, d, d->p2m.pt.root, HV_PT_LEVELS, gone);
	hv_flush_guest(cur, d);
	while (gone != NO_TABLE) {
		uint64_t *t = hv_virt(cur->host, gone);

		gone = hv_page(cur->host, gone)->next_free;
		hv_free_heap_page(cur, d, t);
	}
}
