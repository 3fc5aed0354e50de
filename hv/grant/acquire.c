/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A granted page for the time of a copy, after Xen's acquire_grant_for_copy() and
 * release_grant_for_copy(): whole pages, parts of pages (GTF_sub_page) and grants passed on
 * (GTF_transitive, one level). What neither locks nor references need is in copy.c.
 */
#include "acquire.h"
#include "back.h"
#include "lifetime.h"
#include "log_trie.h"
#include "page.h"
#include "status.h"
#include "grant_rivals.h"
#include "table.h"
#include "words.h"

/* Xen keeps 15 bits of a part's offset. */
#define START_MASK 0x7fff

/*
 * Parts and passed-on grants in use: version 1 has no room for what their entries say, so a table
 * does not go back to it meanwhile.
 */
static void begin_v2_op(struct hv_vcpu *cur, struct hv_grant_table *gt)
{
	hv_fetch_add(cur, &gt->nr_v2_ops, 1u);
}

static void end_v2_op(struct hv_vcpu *cur, struct hv_grant_table *gt)
{
	hv_fetch_add(cur, &gt->nr_v2_ops, -1u);
}

void hv_grant_release(struct hv_vcpu *cur, struct hv_domain *rd, grant_ref_t ref, bool readonly)
{
	struct hv_grant_table *rgt = rd->gt;
	struct hv_domain *td = rd;
	grant_ref_t trans_gref = ref;
	struct hv_active *act;
	uint16_t *status;

	hv_grant_read_lock(cur, rgt);
	act = hv_active_entry_acquire(cur, rgt, ref);
	/* The version of a table may change while a reserved reference is in use. */
	status = hv_use_word_left(rgt, ref);
	if (rgt->version == 2) {
		td = act->trans_domain;
		trans_gref = act->trans_gref;
	}
	if (!readonly && !hv_mutant(LOG_COPY_CLEAN))
		hv_mark_dirty(cur, rd, act->mfn);
	if (!hv_mutant(COPY_LEAK))
		act->pin -= readonly ? HV_PIN_HSTR : HV_PIN_HSTW;
	hv_back_busy(rgt, ref, -1u);
	hv_grant_reduce_status(cur, act, status, readonly);
	if (!act->pin && act->latched == HV_LATCHED_PART)
		end_v2_op(cur, rgt);
	hv_active_entry_release(cur, act);
	hv_grant_read_unlock(cur, rgt);
	/* Once: a grant is passed on over one level only. */
	if (td != rd && !hv_mutant(TRANS_LEAK))
		hv_grant_release(cur, td, trans_gref, readonly);
}

static bool first_use(const struct hv_active *act, bool readonly)
{
	return !act->pin || (!readonly && !(act->pin & HV_PIN_WRITE_MASK));
}

static void pin(struct hv_active *act, bool readonly, struct hv_window *w)
{
	act->pin += readonly ? HV_PIN_HSTR : HV_PIN_HSTW;
	w->start = act->start;
	w->length = act->length;
}

/*
 * A first or first writable use of a page: mark it, look up the frame, latch it or compare with
 * what is latched.
 */
static int use_entry(struct hv_vcpu *cur, struct hv_domain *rd, grant_ref_t ref, domid_t ldom,
		     bool readonly, const struct hv_words *words, struct hv_active *act,
		     struct hv_page **page)
{
	struct hv_grant_table *rgt = rd->gt;
	uint16_t start = 0, length = HV_PAGE_SIZE;
	bool sub_page = false;
	uint64_t mfn;
	int rc;

	rc = hv_grant_set_status(cur, rgt, words, act, readonly, HV_USE_COPY, ldom);
	if (rc != GNTST_okay)
		return rc;
	if (rgt->version == 2)
		sub_page = hv_guest_read(cur, words->header) & GTF_sub_page;
	rc = hv_grant_get_frame(cur, rd, hv_entry_frame(cur, rgt, ref), page);
	if (rc != GNTST_okay)
		goto clear;
	if (sub_page) {
		start = hv_guest_read(cur, &hv_entry_v2(rgt, ref)->sub_page.page_off);
		length = hv_guest_read(cur, &hv_entry_v2(rgt, ref)->sub_page.length);
	}
	mfn = hv_page_mfn(cur->host, *page);
	if (!act->pin) {
		act->domid = ldom;
		act->latched = sub_page ? HV_LATCHED_PART : HV_LATCHED_PAGE;
		act->start = start & START_MASK;
		act->length = length;
		act->trans_domain = rd;
		act->trans_gref = ref;
		act->mfn = mfn;
		if (sub_page)
			begin_v2_op(cur, rgt);
	} else if (act->mfn != mfn || act->trans_domain != rd || act->trans_gref != ref ||
		   (act->latched && (!sub_page || act->start != start || act->length != length))) {
		hv_put_page(cur, *page);
		*page = NULL;
		rc = GNTST_general_error;
		goto clear;
	}
	return GNTST_okay;
clear:
	hv_grant_reduce_status(cur, act, words->use, readonly);
	return rc;
}

/* A page that is pinned already, and marked for this kind of use: the entry is not looked at. */
static int use_pinned(struct hv_vcpu *cur, struct hv_domain *rd, bool readonly,
		      const struct hv_words *words, struct hv_active *act, struct hv_page **page)
{
	struct hv_page *pg = hv_page(cur->host, act->mfn);
	struct hv_domain *owner = hv_get_owner_and_page(cur, pg);

	/* Pinned by the way of another domain, or about to be mapped from a dying one. */
	if (owner != rd || hv_load(&rd->is_dying)) {
		if (owner)
			hv_put_page(cur, pg);
		hv_grant_reduce_status(cur, act, words->use, readonly);
		return GNTST_bad_domain;
	}
	*page = pg;
	return GNTST_okay;
}

/* What a passed-on grant leads to, from its entry. */
struct trans {
	struct hv_domain *td;
	grant_ref_t gref;
};

/* Is the entry still as it was before its lock was dropped? */
static bool unchanged(const struct hv_grant_table *rgt, const struct hv_active *act,
		      uint32_t old_pin, domid_t ldom, const struct trans *t, uint64_t mfn,
		      const struct hv_window *w)
{
	return rgt->version == 2 && act->pin == old_pin &&
	       (!old_pin || (act->domid == ldom && act->mfn == mfn && act->start == w->start &&
			     act->length == w->length && act->trans_domain == t->td &&
			     act->trans_gref == t->gref && act->latched));
}

/* The other domain's part is held, but ours changed meanwhile: give it up and begin again. */
static int give_up(struct hv_vcpu *cur, struct hv_domain *rd, grant_ref_t ref, bool readonly,
		   const struct trans *t, uint16_t *status, struct hv_window *w)
{
	struct hv_grant_table *rgt = rd->gt;
	struct hv_active *act;

	hv_grant_release(cur, t->td, t->gref, readonly);
	hv_grant_read_lock(cur, rgt);
	end_v2_op(cur, rgt);
	act = hv_active_entry_acquire(cur, rgt, ref);
	hv_grant_reduce_status(cur, act, status, readonly);
	hv_active_entry_release(cur, act);
	hv_grant_read_unlock(cur, rgt);
	hv_put_page(cur, w->page);
	w->page = NULL;
	return HV_RESTART;
}

/* Where the entry leads. Every word is read once. */
static int follow(struct hv_vcpu *cur, struct hv_domain *rd, grant_ref_t ref, struct trans *t)
{
	grant_entry_v2_t *e = hv_entry_v2(rd->gt, ref);
	domid_t domid = hv_guest_read(cur, &e->transitive.trans_domid);

	t->gref = hv_guest_read(cur, &e->transitive.gref);
	if (domid == rd->id)
		return GNTST_general_error;
	/* Back to the domain that asks is allowed. */
	t->td = hv_domain_find(cur, domid);
	return t->td ? GNTST_okay : GNTST_general_error;
}

/*
 * A passed-on grant. Two entries are never locked at once: ours is marked and let go while the
 * other domain's is acquired, then looked at again. Both locks are held on entry and dropped on
 * return.
 */
static int use_transitive(struct hv_vcpu *cur, struct hv_domain *rd, grant_ref_t ref, domid_t ldom,
			  bool readonly, const struct hv_words *words, struct hv_active *act,
			  enum hv_pass pass, struct hv_window *w)
{
	struct hv_grant_table *rgt = rd->gt;
	uint32_t old_pin = act->pin;
	struct trans t = { 0 };
	int rc = GNTST_okay;
	uint64_t mfn;

	if (first_use(act, readonly))
		rc = hv_grant_set_status(cur, rgt, words, act, readonly, HV_USE_COPY, ldom);
	if (rc != GNTST_okay)
		goto release;
	rc = pass == HV_PASS_FOLLOW ? follow(cur, rd, ref, &t) : GNTST_general_error;
	if (rc != GNTST_okay)
		goto clear;
	begin_v2_op(cur, rgt);
	hv_active_entry_release(cur, act);
	hv_grant_read_unlock(cur, rgt);

	rc = hv_grant_acquire(cur, t.td, t.gref, rd->id, readonly, HV_PASS_REFUSE, w);

	hv_grant_read_lock(cur, rgt);
	act = hv_active_entry_acquire(cur, rgt, ref);
	if (rc != GNTST_okay) {
		end_v2_op(cur, rgt);
		goto clear;
	}
	mfn = hv_page_mfn(cur->host, w->page);
	if (!unchanged(rgt, act, old_pin, ldom, &t, mfn, w)) {
		hv_active_entry_release(cur, act);
		hv_grant_read_unlock(cur, rgt);
		return give_up(cur, rd, ref, readonly, &t, words->use, w);
	}
	if (old_pin) {
		end_v2_op(cur, rgt);
	} else {
		act->domid = ldom;
		act->start = w->start;
		act->length = w->length;
		act->trans_domain = t.td;
		act->trans_gref = t.gref;
		act->mfn = mfn;
		/* Whether it is a part or not: that keeps it from being mapped. */
		act->latched = HV_LATCHED_PART;
	}
	pin(act, readonly, w);
	hv_back_busy(rgt, ref, 1);
	goto release;
clear:
	hv_grant_reduce_status(cur, act, words->use, readonly);
release:
	hv_active_entry_release(cur, act);
	hv_grant_read_unlock(cur, rgt);
	return rc;
}

int hv_grant_acquire(struct hv_vcpu *cur, struct hv_domain *rd, grant_ref_t ref, domid_t ldom,
		     bool readonly, enum hv_pass pass, struct hv_window *w)
{
	struct hv_grant_table *rgt = rd->gt;
	uint32_t incr = readonly ? HV_PIN_HSTR : HV_PIN_HSTW;
	int rc = GNTST_bad_gntref;
	struct hv_active *act;
	struct hv_words words;

	w->page = NULL;
	hv_grant_read_lock(cur, rgt);
	if (ref >= hv_nr_grant_entries(rgt))
		goto unlock;
	words = hv_entry_words(rgt, ref);
	act = hv_active_entry_acquire(cur, rgt, ref);
	rc = GNTST_general_error;
	if (act->pin && (act->domid != ldom || (act->pin & HV_PIN_OVERFLOW(incr)) ||
			 (act->latched > HV_LATCHED_PART && !hv_mutant(SUPER_COPIED))))
		goto release;
	/* Which page of a superpage is meant cannot be said. */
	if (hv_unlikely(rgt->refused & GTF_superpage) && rgt->version == 1 &&
	    !hv_mutant(SUPER_COPIED) && (hv_guest_read(cur, words.header) & GTF_superpage))
		goto release;
	/* The type is read here to choose the way, and once more by the check that counts. */
	if (rgt->version == 2 &&
	    (hv_guest_read(cur, words.header) & GTF_type_mask) == GTF_transitive)
		return use_transitive(cur, rd, ref, ldom, readonly, &words, act, pass, w);
	if (first_use(act, readonly))
		rc = use_entry(cur, rd, ref, ldom, readonly, &words, act, &w->page);
	else
		rc = use_pinned(cur, rd, readonly, &words, act, &w->page);
	if (rc == GNTST_okay && hv_unlikely(rgt->back_refs != NULL) && act->pin &&
	    !hv_back_grants(hv_guest_read(cur, words.header))) {
		hv_grant_reduce_status(cur, act, words.use, readonly);
		hv_put_page(cur, w->page);
		w->page = NULL;
		rc = GNTST_general_error;
	}
	if (rc == GNTST_okay) {
		pin(act, readonly, w);
		hv_back_busy(rgt, ref, 1);
	}
release:
	hv_active_entry_release(cur, act);
unlock:
	hv_grant_read_unlock(cur, rgt);
	return rc;
}
