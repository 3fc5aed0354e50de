/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pages that their owner gives up while emulators have them: told by a buffered request, or where that ring is full by one
 * that is waited for; and swapped for a scratch page if every one agreed.
 */
#include "bfn.h"
#include "context.h"
#include "device.h"
#include "lifetime.h"
#include "page.h"

/* ---- requests ---- */

/* IOREQ_TYPE_INVALIDATE for an emulator. False: its ring is full. Under m2b_lock. */
static bool buffer(struct hv_m2b *e)
{
	struct hv_ioserver *s = &e->mapper->bfn.server[e->ioserver];

	if (s->tail - s->head == HV_BUFFERED)
		return false;
	s->bfn[s->tail++ % HV_BUFFERED] = e->bfn;
	s->untold--;
	e->told = true;
	hv_account_add(&e->mapper->bfn.stats.buffered, 1);
	return true;
}

/* The page is its owner's no more. Under m2b_lock. */
static void mark(struct hv_host *host, uint64_t mfn)
{
	for (struct hv_m2b *e = *hv_m2b_bucket(host, mfn); e; e = e->next)
		if (e->mfn == mfn && !e->gone) {
			e->gone = true;
			e->mapper->bfn.server[e->ioserver].untold++;
		}
}

/* All who have the page are told as far as their rings have room. One that has none, or NULL. Under m2b_lock. */
static struct hv_m2b *tell(struct hv_host *host, uint64_t mfn)
{
	for (struct hv_m2b *e = *hv_m2b_bucket(host, mfn); e; e = e->next)
		if (e->mfn == mfn && !e->told && !buffer(e))
			return e;
	return NULL;
}

/* What an emulator was not told for want of room, where nobody could wait for it. Under m2b_lock. */
static void tell_late(struct hv_vcpu *v, unsigned ioserver)
{
	struct hv_ioserver *s = &v->d->bfn.server[ioserver];

	for (unsigned i = 0; i < HV_M2B_BUCKETS && s->untold; i++)
		for (struct hv_m2b *e = v->host->m2b.bucket[i]; e; e = e->next)
			if (e->mapper == v->d && e->ioserver == ioserver && e->gone && !e->told &&
			    !buffer(e))
				return;
}

bool hv_ioserver_take(struct hv_vcpu *v, unsigned ioserver, uint64_t *bfn)
{
	struct hv_ioserver *s = &v->d->bfn.server[ioserver % HV_IOSERVERS];
	bool any;

	hv_m2b_lock(v);
	if (s->head == s->tail && s->untold)
		tell_late(v, ioserver % HV_IOSERVERS);
	any = s->head != s->tail;
	if (any)
		*bfn = s->bfn[s->head++ % HV_BUFFERED];
	hv_m2b_unlock(v);
	return any;
}

/* ---- the scratch page ---- */

/* Has every emulator that has it agreed? Nobody: no. Under m2b_lock. */
static bool all_agreed(struct hv_host *host, uint64_t mfn)
{
	bool any = false, all = true;

	for (const struct hv_m2b *e = *hv_m2b_bucket(host, mfn); e; e = e->next) {
		if (e->mfn != mfn)
			continue;
		any |= e->mapped;
		all &= e->swap || (e->mapped && hv_mutant(PVD_SWAPS_ANY));
	}
	return any && all;
}

/* Each place of it leads to the scratch page of that mapper, and when no device reaches it any more it is let go. */
static void swap(struct hv_vcpu *cur, uint64_t mfn)
{
	struct hv_m2b **where = hv_m2b_bucket(cur->host, mfn), *e, *gone = NULL;
	uint64_t old;

	while ((e = *where)) {
		struct hv_bfn_space *b = &e->mapper->bfn;

		if (e->mfn != mfn) {
			where = &e->next;
			continue;
		}
		*where = e->next;
		e->next = gone;
		gone = e;
		b->server[e->ioserver].untold -= !e->told;
		hv_account_sub(&b->stats.held, 1);
		hv_account_add(&b->stats.swapped, 1);
		/* An entry is there already: no table is made for it. */
		hv_context_set(
			cur, &b->ctx, e->bfn, 0,
			hv_pte(hv_virt_to_mfn(cur->host, b->scratch), HV_P2M_XEN_SHARED, true),
			&old);
		hv_context_invalidate(cur, &b->ctx, e->bfn, 1, HV_SCOPE_RANGE);
	}
	while ((e = gone)) {
		gone = e->next;
		hv_put_page(cur, hv_page(cur->host, mfn));
		hv_free(cur, e->mapper, e, sizeof(*e));
	}
}

void hv_bfn_gone(struct hv_vcpu *cur, struct hv_page *pg, bool waits)
{
	uint64_t mfn = hv_page_mfn(cur->host, pg);
	unsigned spins = 0;
	struct hv_m2b *full;

	hv_m2b_lock(cur);
	if (!hv_mutant(PVD_SILENT))
		mark(cur->host, mfn);
	while (!hv_mutant(PVD_SILENT) && (full = tell(cur->host, mfn)) && waits) {
		hv_account_add(&full->mapper->bfn.stats.waited, !full->waited);
		full->waited = true;
		hv_m2b_unlock(cur);
		/* Until that emulator has taken one, or has let go, or its domain ends. */
		hv_backoff(&spins);
		hv_m2b_lock(cur);
	}
	if (all_agreed(cur->host, mfn))
		swap(cur, mfn);
	hv_m2b_unlock(cur);
}

/* ---- ends ---- */

/* Nobody is waited for: who is to be told does not hold up a domain's end. */
void hv_bfn_owner_ends(struct hv_vcpu *cur, struct hv_domain *d)
{
	for (uint64_t mfn = cur->host->first_ram; mfn < cur->host->nr_frames && d->watched; mfn++)
		if (hv_load(&hv_page(cur->host, mfn)->owner) == d)
			hv_bfn_gone(cur, hv_page(cur->host, mfn), false);
}

/* What the domain has of others': out of all lists. */
static struct hv_m2b *take_all(struct hv_vcpu *cur, const struct hv_domain *d)
{
	struct hv_m2b *gone = NULL;

	hv_m2b_lock(cur);
	for (unsigned i = 0; i < HV_M2B_BUCKETS; i++)
		for (struct hv_m2b **where = &cur->host->m2b.bucket[i], *e; (e = *where);) {
			if (e->mapper != d) {
				where = &e->next;
				continue;
			}
			*where = e->next;
			e->next = gone;
			gone = e;
		}
	hv_m2b_unlock(cur);
	return gone;
}

/* What is left in its tables is its own. */
static void put_own(struct hv_vcpu *cur, struct hv_domain *d)
{
	uint64_t dfn = 0, e;
	unsigned order;

	for (; dfn < HV_PT_MAX_INDEX; dfn = (dfn | ((1ull << order) - 1)) + 1) {
		struct hv_page *pg;

		e = hv_pt_hw_get(cur->host, &d->bfn.ctx.pt, dfn, &order);
		if (!e || hv_pte_type(e) != HV_P2M_RAM_RW)
			continue;
		pg = hv_page(cur->host, hv_pte_mfn(e));
		if ((e & HV_PTE_WRITE) && !hv_translated(hv_load(&pg->owner)))
			hv_put_type(cur, pg);
		hv_put_page(cur, pg);
	}
}

void hv_bfn_mapper_ends(struct hv_vcpu *cur, struct hv_domain *d)
{
	struct hv_m2b *gone = take_all(cur, d), *e;

	if (d->bfn.made) {
		for (unsigned dev = 0; dev < HV_DEVICES; dev++)
			hv_device_attach(cur, d, dev, &d->nowhere);
		hv_context_invalidate(cur, &d->bfn.ctx, 0, 1, HV_SCOPE_DOMAIN);
		put_own(cur, d);
		hv_context_free(cur, &d->bfn.ctx);
		hv_free_heap_page(cur, d, d->bfn.scratch);
		d->bfn.made = false;
	}
	while ((e = gone)) {
		gone = e->next;
		hv_put_page(cur, hv_page(cur->host, e->mfn));
		hv_free(cur, d, e, sizeof(*e));
	}
	d->bfn.stats.held = 0;
}
