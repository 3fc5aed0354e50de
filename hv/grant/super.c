/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * v1-super: map_grant_ref of an entry whose flags say that it is a superpage and whose frame says of which size. It has
 * one word of flags, one pin, one handle and one entry in the mapper's p2m, but a reference on each frame of 4K, as Xen
 * protects frames one by one. It goes by unmap_grant_ref, as all of version 1.
 *
 * What an entry was when it was first pinned is latched with its frame. So whoever pins it again, while its granter
 * changes it, maps the same or is refused.
 */
#include "super.h"
#include "grant_rivals.h"
#include "lifetime.h"
#include "mapping.h"
#include "maptrack.h"
#include "p2m.h"
#include "page.h"
#include "status.h"
#include "table.h"
#include "words.h"

/* The order that stands in a frame's low bits: one more than how many are set before the first that is not. */
static unsigned order_of(uint32_t frame)
{
	return frame == ~0u ? 0 : (unsigned)__builtin_ctz(~frame) + 1;
}

static uint8_t latched_as(unsigned order)
{
	return order == GNTSUPER_2M_ORDER ? HV_LATCHED_2M : HV_LATCHED_1G;
}

/* What a mapping holds of n frames from pg on. */
static void put_frames(struct hv_vcpu *cur, struct hv_page *pg, uint64_t n, bool readonly,
		       const struct hv_domain *ld, const struct hv_domain *rd)
{
	for (uint64_t i = 0; i < n; i++)
		hv_mapping_put(cur, pg + i, readonly, ld, rd);
}

void hv_super_put_rest(struct hv_vcpu *cur, struct hv_page *pg, unsigned flags,
		       const struct hv_domain *ld, const struct hv_domain *rd)
{
	if (!hv_mutant(SUPER_ONE_REF))
		put_frames(cur, pg + 1, (1ull << hv_super_order(flags)) - 1,
			   flags & GNTMAP_readonly, ld, rd);
}

/* References, and types if need be, on 1 << order frames that are one run of rd's. */
static bool get_frames(struct hv_vcpu *cur, struct hv_domain *rd, uint64_t mfn, unsigned order,
		       bool readonly)
{
	struct hv_page *pg = hv_page(cur->host, mfn);
	uint64_t i, n = hv_mutant(SUPER_ONE_REF) ? 1 : 1ull << order;

	if (!hv_mfn_valid(cur, mfn + (1ull << order) - 1))
		return false;
	for (i = 0; i < n; i++) {
		if (!hv_get_page(cur, pg + i, rd))
			break;
		if (hv_mapping_has_type(readonly, cur->d, rd) &&
		    !hv_get_type(cur, pg + i, HV_PGT_WRITABLE)) {
			hv_put_page(cur, pg + i);
			break;
		}
	}
	if (i == n)
		return true;
	put_frames(cur, pg, i, readonly, cur->d, rd);
	return false;
}

/* A frame that the granter may be asked for at all: the hypervisor's own, shared with it, are none of its RAM. */
static bool grantable(const struct hv_page *pg)
{
	return !(hv_load(&pg->count_info) & HV_PGC_XEN_HEAP);
}

/*
 * The granter's frames from `frame` on: *mfn is the first, if they are its RAM, neighbours and aligned in the machine.
 * With references, which are taken while its p2m cannot change. In steps of what is there.
 */
static bool get_run(struct hv_vcpu *cur, struct hv_domain *rd, uint64_t frame, unsigned order,
		    bool readonly, uint64_t *mfn)
{
	uint64_t i, n = 1ull << order, e;
	bool good = true;
	unsigned o;

	cur->count.frame_lookups++;
	if (!hv_translated(rd)) {
		*mfn = frame;
		for (i = 0; i < n && good; i++)
			good = hv_mfn_valid(cur, frame + i) &&
			       grantable(hv_page(cur->host, frame + i));
		return good && get_frames(cur, rd, frame, order, readonly);
	}
	cur->count.p2m_lookups++;
	hv_percpu_read_lock(cur, &rd->p2m.lock, HV_LVL_P2M);
	for (i = 0; i < n && good; i += (1ull << o) - ((frame + i) & ((1ull << o) - 1))) {
		e = hv_pt_get(cur, &rd->p2m.pt, frame + i, &o);
		if (!i)
			*mfn = hv_pte_mfn(e);
		good = e && hv_p2m_is_ram(hv_pte_type(e)) &&
		       (hv_pte_mfn(e) == *mfn + i || hv_mutant(SUPER_ANY_FRAMES)) &&
		       !(*mfn & (n - 1));
	}
	good = good && get_frames(cur, rd, *mfn, order, readonly);
	hv_percpu_read_unlock(cur, &rd->p2m.lock, HV_LVL_P2M);
	return good;
}

/*
 * A first pin, or a first that writes: marked, and the frames latched, with references if *referenced. The entry's lock
 * is held.
 */
static int use_entry(struct hv_vcpu *cur, struct hv_domain *rd,
		     const struct gnttab_map_grant_ref *op, const struct hv_words *words,
		     struct hv_active *act, bool *referenced)
{
	bool readonly = op->flags & GNTMAP_readonly;
	unsigned order = hv_super_order(op->flags);
	struct hv_grant_table *rgt = rd->gt;
	int rc = hv_grant_set_status(cur, rgt, words, act, readonly, HV_USE_MAP, cur->d->id);
	uint64_t frame, mfn = 0;

	if (rc != GNTST_okay || act->pin)
		return rc;
	/* Marked: a granter that keeps to the protocol leaves both words as they are. */
	rc = GNTST_general_error;
	if ((hv_guest_read(cur, words->header) & rgt->refused) != GTF_superpage)
		goto clear;
	frame = hv_entry_frame(cur, rgt, op->ref);
	if (order_of((uint32_t)frame) != order)
		goto clear;
	frame &= ~((1ull << order) - 1);
	rc = GNTST_bad_page;
	if (!get_run(cur, rd, frame, order, readonly, &mfn))
		goto clear;
	*referenced = true;
	act->domid = cur->d->id;
	act->mfn = mfn;
	act->start = 0;
	act->length = 0;
	act->latched = latched_as(order);
	act->trans_domain = rd;
	act->trans_gref = op->ref;
	return GNTST_okay;
clear:
	hv_grant_reduce_status(cur, act, words->use, readonly);
	return rc;
}

/* Its entry is pinned, and *mfn its first frame; references are taken if *referenced. */
static int pin(struct hv_vcpu *cur, struct hv_domain *rd, const struct gnttab_map_grant_ref *op,
	       uint32_t incr, uint64_t *mfn, bool *referenced)
{
	struct hv_grant_table *rgt = rd->gt;
	bool readonly = op->flags & GNTMAP_readonly;
	struct hv_active *act;
	struct hv_words words;
	int rc = GNTST_general_error;

	hv_grant_read_lock(cur, rgt);
	if (op->ref >= hv_nr_grant_entries(rgt)) {
		rc = GNTST_bad_gntref;
		goto unlock;
	}
	if (rgt->version != 1 || !(rgt->refused & GTF_superpage))
		goto unlock;
	words = hv_entry_words(rgt, op->ref);
	act = hv_active_entry_acquire(cur, rgt, op->ref);
	if (act->pin && (act->domid != cur->d->id || (act->pin & HV_PIN_OVERFLOW(incr)) ||
			 act->latched != latched_as(hv_super_order(op->flags))))
		goto release;
	rc = GNTST_okay;
	if (!act->pin || (!readonly && !(act->pin & HV_PIN_WRITE_MASK)))
		rc = use_entry(cur, rd, op, &words, act, referenced);
	if (rc == GNTST_okay) {
		act->pin += incr;
		*mfn = act->mfn;
	}
release:
	hv_active_entry_release(cur, act);
unlock:
	hv_grant_read_unlock(cur, rgt);
	return rc;
}

static void unpin(struct hv_vcpu *cur, struct hv_domain *rd, const struct gnttab_map_grant_ref *op,
		  uint32_t incr)
{
	struct hv_grant_table *rgt = rd->gt;
	struct hv_active *act;

	hv_grant_read_lock(cur, rgt);
	act = hv_active_entry_acquire(cur, rgt, op->ref);
	act->pin -= incr;
	hv_grant_reduce_status(cur, act, hv_use_word_left(rgt, op->ref),
			       op->flags & GNTMAP_readonly);
	hv_active_entry_release(cur, act);
	hv_grant_read_unlock(cur, rgt);
}

/* Where nothing is: what is there stays, as for version 3. */
static int fill(struct hv_vcpu *cur, const struct gnttab_map_grant_ref *op, uint64_t mfn)
{
	bool readonly = op->flags & GNTMAP_readonly;
	int rc;

	hv_p2m_lock(cur, cur->d);
	rc = hv_p2m_fill(cur, cur->d, op->host_addr >> HV_PAGE_SHIFT, mfn,
			 hv_super_order(op->flags), readonly ? HV_P2M_SUPER_RO : HV_P2M_SUPER_RW);
	hv_p2m_near_unlock(cur, cur->d);
	return rc == 0 ? GNTST_okay : rc == -EEXIST ? GNTST_bad_virt_addr : GNTST_no_space;
}

static int map(struct hv_vcpu *cur, struct hv_domain *rd, const struct gnttab_map_grant_ref *op,
	       uint64_t *mfn)
{
	bool readonly = op->flags & GNTMAP_readonly, referenced = false;
	uint32_t incr = readonly ? HV_PIN_HSTR : HV_PIN_HSTW;
	unsigned order = hv_super_order(op->flags);
	int rc = pin(cur, rd, op, incr, mfn, &referenced);

	if (rc != GNTST_okay)
		return rc;
	if (!referenced && !get_frames(cur, rd, *mfn, order, readonly)) {
		unpin(cur, rd, op, incr);
		return GNTST_general_error;
	}
	rc = fill(cur, op, *mfn);
	if (rc == GNTST_okay)
		return rc;
	hv_mapping_put(cur, hv_page(cur->host, *mfn), readonly, cur->d, rd);
	hv_super_put_rest(cur, hv_page(cur->host, *mfn), op->flags, cur->d, rd);
	unpin(cur, rd, op, incr);
	return rc;
}

static int check_args(const struct hv_vcpu *cur, const struct gnttab_map_grant_ref *op)
{
	uint32_t flags = op->flags & ~(GNTMAP_readonly | GNTMAP_super | GNTMAP_guest_avail_mask);

	/* One of both sizes, by a translated domain, for its CPUs. */
	if (flags != GNTMAP_host_map || !hv_translated(cur->d) ||
	    (op->flags & GNTMAP_super) == GNTMAP_super)
		return GNTST_general_error;
	if (op->host_addr & (((uint64_t)HV_PAGE_SIZE << hv_super_order(op->flags)) - 1))
		return GNTST_bad_virt_addr;
	return GNTST_okay;
}

void hv_map_super(struct hv_vcpu *cur, struct gnttab_map_grant_ref *op)
{
	struct hv_domain *ld = cur->d, *rd;
	struct hv_maptrack *mt;
	uint64_t mfn = 0;
	uint32_t handle;
	int rc = check_args(cur, op);

	op->status = (int16_t)rc;
	if (rc != GNTST_okay)
		return;
	op->status = GNTST_bad_domain;
	rd = hv_domain_find(cur, op->dom);
	if (!rd)
		return;
	op->status = GNTST_no_space;
	handle = hv_maptrack_get(cur, ld->gt);
	if (handle == HV_MAPTRACK_NONE)
		return;
	op->status = (int16_t)map(cur, rd, op, &mfn);
	if (op->status != GNTST_okay) {
		hv_maptrack_put(cur, ld->gt, handle);
		return;
	}
	/* As for a page: flags last. */
	mt = hv_maptrack(ld->gt, handle);
	hv_store(&mt->domid, op->dom);
	hv_store(&mt->ref, op->ref);
	hv_wmb();
	hv_store_release(&mt->flags, (uint16_t)op->flags);
	op->dev_bus_addr = mfn << HV_PAGE_SHIFT;
	op->handle = handle;
}

/* ---- the check of an idle host ---- */

static uint32_t one_of(unsigned order)
{
	return order == GNTSUPER_2M_ORDER ? 1u : 0x10000u;
}

void hv_super_count(const struct hv_domain *d, unsigned flags, uint64_t mfn,
		    const struct hv_domain *rd, struct hv_super_sum *sum)
{
	uint64_t end = mfn + (1ull << hv_super_order(flags));

	sum->of[mfn] += one_of(hv_super_order(flags));
	sum->left++;
	while (++mfn < end && mfn < sum->nr_frames) {
		sum->refs[mfn]++;
		sum->types[mfn] += hv_mapping_has_type(flags & GNTMAP_readonly, d, rd);
	}
}

int hv_super_find(struct hv_super_sum *sum, uint64_t mfn, unsigned order)
{
	if (!order || sum->of[mfn] < one_of(order))
		return -ENOENT;
	sum->of[mfn] -= one_of(order);
	sum->left--;
	return 0;
}
