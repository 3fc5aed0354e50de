/* SPDX-License-Identifier: GPL-2.0-only */
/* The page tables of translated guests: how the builder makes them, and how they are walked. */
#include "guest_pt.h"
#include "log_trie.h"
#include "p2m.h"
#include "page.h"
#include "words.h"

#define LEVELS 4
/* Addresses of 48 bits, as wide as a p2m: a number beyond it is a reserved bit of its entry. */
#define FRAME	 0x0000fffffffff000ull
#define RESERVED 0x000f000000000000ull

static unsigned slot_of(uint64_t linear, unsigned level)
{
	return linear >> (HV_PAGE_SHIFT + 9 * (level - 1)) & 511;
}

/* ---- the builder's ---- */

unsigned hv_guest_pt_pages(unsigned args_pages)
{
	/* A table for each 2 MiB, 1 GiB and 512 GiB that they may touch, and the root. */
	return (args_pages / 512 + 2) + (args_pages / (512 * 512) + 2) + 2 + 1;
}

/* Frames from n on are free: the table below entry *e, which is made if there is none. */
static uint64_t *table_below(const struct hv_domain *d, uint64_t *e, unsigned *n)
{
	uint64_t first = (uint64_t)d->nr_pages + d->args_pages;

	if (!*e)
		*e = (first + (*n)++) << HV_PAGE_SHIFT | HV_GPT_TABLE;
	return hv_virt(d->host, d->first_mfn + (*e >> HV_PAGE_SHIFT));
}

void hv_guest_pt_init(struct hv_domain *d)
{
	uint64_t base = (uintptr_t)hv_virt(d->host, d->first_args_mfn), root = 0;
	unsigned used = 0;

	for (unsigned i = 0; i < d->args_pages; i++) {
		uint64_t linear = base + ((uint64_t)i << HV_PAGE_SHIFT), *e = &root;

		for (unsigned level = LEVELS; level; level--)
			e = &table_below(d, e, &used)[slot_of(linear, level)];
		*e = ((uint64_t)d->nr_pages + i) << HV_PAGE_SHIFT | HV_GPT_TABLE;
	}
	for (unsigned i = 0; i < d->nr_vcpus; i++)
		d->vcpu[i]->cr3 = root & FRAME;
}

/* ---- the walk ---- */

/* One step of a walk, which holds a reference to the table. */
struct step {
	struct hv_page *pg;
	uint64_t *at, e; /* the entry, and what it was */
};

static bool reserved(uint64_t e, unsigned level)
{
	uint64_t bits = RESERVED;

	if (level == LEVELS)
		bits |= HV_GPT_LARGE;
	else if (level > 1 && (e & HV_GPT_LARGE)) /* bit 12 is a large page's PAT */
		bits |= ((1ull << (9 * (level - 1))) - 2) << HV_PAGE_SHIFT;
	return e & bits;
}

/* map_domain_gfn(), and what the walk reads there. False: not the guest's own memory. */
static bool enter(struct hv_vcpu *cur, struct step *s, uint64_t gfn, unsigned slot)
{
	enum hv_p2m_type t;

	s->pg = hv_p2m_get_page(cur, cur->d, gfn, &t);
	if (!s->pg)
		return false;
	s->at = (uint64_t *)hv_map_domain_page(cur, hv_page_mfn(cur->host, s->pg)) + slot;
	s->e = hv_guest_value(s->at, hv_load(s->at));
	cur->count.walk_steps++;
	return true;
}

/* set_ad_bits(): unless the guest changed the entry meanwhile. */
static void mark(struct hv_vcpu *cur, struct step *s, bool dirty)
{
	uint64_t e = s->e, marked = e | HV_GPT_ACCESSED | (dirty ? HV_GPT_DIRTY : 0);

	if (marked != e) {
		hv_cmpxchg(cur, s->at, &e, marked);
		hv_mark_dirty(cur, cur->d, hv_page_mfn(cur->host, s->pg));
	}
}

/* guest_walk_tables(): the leaf's level, 0 if there is no translation or no right to it. */
static unsigned walk_tables(struct hv_vcpu *cur, uint64_t linear, bool write,
			    struct step step[LEVELS + 1])
{
	uint64_t rights = HV_GPT_WRITE;
	unsigned level = LEVELS;

	for (;; level--) {
		uint64_t e = step[level].e;

		if (!(e & HV_GPT_PRESENT) || reserved(e, level))
			return 0;
		rights &= e;
		if (level == 1 || (e & HV_GPT_LARGE))
			break;
		if (!enter(cur, &step[level - 1], (e & FRAME) >> HV_PAGE_SHIFT,
			   slot_of(linear, level - 1)))
			return 0;
	}
	if (write && !rights && !hv_mutant(WALK_NO_RIGHTS))
		return 0;
	for (unsigned l = level; l <= LEVELS; l++)
		mark(cur, &step[l], write && l == level);
	return level;
}

uint64_t hv_guest_walk(struct hv_vcpu *cur, uint64_t linear, bool write)
{
	uint64_t root = (hv_load(&cur->cr3) & FRAME) >> HV_PAGE_SHIFT, gfn = HV_INVALID, in;
	struct step step[LEVELS + 1] = { 0 };
	struct hv_page *pg;
	enum hv_p2m_type t;
	unsigned leaf;

	cur->count.arg_walks++;
	if (hv_unlikely(!enter(cur, &step[LEVELS], root, slot_of(linear, LEVELS))))
		return HV_INVALID;
	leaf = walk_tables(cur, linear, write, step);
	if (hv_likely(leaf)) {
		in = (1ull << (9 * (leaf - 1))) - 1;
		gfn = ((step[leaf].e & FRAME) >> HV_PAGE_SHIFT & ~in) |
		      (linear >> HV_PAGE_SHIFT & in);
	}
	for (unsigned l = LEVELS; l--;)
		if (step[l].pg)
			hv_put_page(cur, step[l].pg);
	hv_put_page(cur, step[LEVELS].pg);
	if (gfn == HV_INVALID)
		return gfn;
	/* hap_p2m_ga_to_gfn(): is it paged out? It would be brought in; hv pages nothing. */
	pg = hv_p2m_get_page(cur, cur->d, gfn, &t);
	if (pg)
		hv_put_page(cur, pg);
	return gfn;
}
