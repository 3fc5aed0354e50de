/* SPDX-License-Identifier: GPL-2.0-only */
/* Pages of other domains in a hardware domain's bus address space, for its emulators. */
#include "bfn.h"
#include "context.h"
#include "lifetime.h"
#include "page.h"

/* The caller's entry for this frame, at this bus frame; HV_INVALID: at any. Under m2b_lock. */
static struct hv_m2b *find(struct hv_vcpu *cur, uint64_t mfn, unsigned ioserver, uint64_t bfn)
{
	struct hv_m2b *last = NULL;

	for (struct hv_m2b *e = *hv_m2b_bucket(cur->host, mfn); e; e = e->next) {
		if (e->mapper != cur->d)
			continue;
		if (e->mfn == mfn && e->ioserver == ioserver &&
		    (e->bfn == bfn || bfn == HV_INVALID))
			return e;
		last = e;
	}
	return hv_mutant(PVD_LAST_ENTRY) ? last : NULL;
}

/* The page of a guest that the caller may ask for, with a reference. 0 or -errno, in the order of the draft's checks. */
static int guest_page(struct hv_vcpu *cur, unsigned domid, uint64_t gfn, struct hv_page **pg)
{
	struct hv_domain *d = hv_domain_find(cur, (domid_t)domid);
	enum hv_p2m_type t;

	if (!d || hv_load(&d->is_dying))
		return -ENXIO;
	if (!hv_translated(d) || d == cur->d)
		return -EPERM;
	*pg = hv_bfn_ram(cur, d, gfn, &t);
	if (!*pg)
		return t == HV_P2M_INVALID ? -ENXIO : -EPERM;
	/* From here on what it gives up is looked for among foreign mappings. */
	hv_store(&d->watched, true);
	return 0;
}

/* Its owner has not given it up: then it is still to be told of. Under m2b_lock. */
static bool is_owned(const struct hv_page *pg)
{
	return hv_load(&pg->count_info) & HV_PGC_ALLOCATED;
}

/* The entry that is not in the list yet gets there, with the caller's reference. */
static void add(struct hv_vcpu *cur, struct hv_m2b *e)
{
	struct hv_m2b **first = hv_m2b_bucket(cur->host, e->mfn);

	e->next = *first;
	*first = e;
	hv_account_add(&cur->d->bfn.stats.held, 1);
}

static int map_new(struct hv_vcpu *cur, struct hv_page *pg, struct hv_m2b *e, bool write)
{
	int rc = 0;

	hv_m2b_lock(cur);
	if (!is_owned(pg))
		rc = -ENXIO;
	else if (find(cur, e->mfn, e->ioserver, e->bfn))
		rc = 1;
	if (!rc && hv_mutant(PVD_FAILURE_STAYS))
		add(cur, e);
	if (!rc)
		rc = hv_bfn_enter(cur, cur->d, e->bfn, hv_pte(e->mfn, HV_P2M_FOREIGN, write));
	if (!rc && !hv_mutant(PVD_FAILURE_STAYS))
		add(cur, e);
	hv_m2b_unlock(cur);
	return rc;
}

int hv_bfn_map_foreign(struct hv_vcpu *cur, const struct bfn_op *op)
{
	struct hv_page *pg;
	struct hv_m2b *e;
	int rc;

	if (!hv_bfn_maps(cur->d) || op->flags >> BFN_ORDER_SHIFT || !(op->flags & BFN_READABLE) ||
	    op->u.map_foreign.bfn >= HV_PT_MAX_INDEX || op->u.map_foreign.ioserver >= HV_IOSERVERS)
		return -EPERM;
	rc = guest_page(cur, op->u.map_foreign.domid, op->u.map_foreign.gfn, &pg);
	if (rc)
		return rc;
	e = hv_bfn_make_space(cur) ? NULL : hv_zalloc(cur, cur->d, sizeof(*e));
	rc = -ENOMEM;
	if (e) {
		*e = (struct hv_m2b){ .mfn = hv_page_mfn(cur->host, pg),
				      .bfn = op->u.map_foreign.bfn,
				      .mapper = cur->d,
				      .ioserver = op->u.map_foreign.ioserver,
				      .swap = op->flags & BFN_SWAP,
				      .mapped = true };
		rc = map_new(cur, pg, e, op->flags & BFN_WRITEABLE);
	}
	if (!rc)
		return 0;
	hv_put_page(cur, pg);
	if (e && (rc > 0 || !hv_mutant(PVD_FAILURE_STAYS)))
		hv_free(cur, cur->d, e, sizeof(*e));
	return rc > 0 ? 0 : rc;
}

int hv_bfn_lookup_foreign(struct hv_vcpu *cur, struct bfn_op *op)
{
	unsigned ioserver = op->u.lookup_foreign.ioserver;
	struct hv_m2b *e, *new;
	struct hv_page *pg;
	int rc;

	if (ioserver >= HV_IOSERVERS)
		return -EPERM;
	rc = guest_page(cur, op->u.lookup_foreign.domid, op->u.lookup_foreign.gfn, &pg);
	if (rc)
		return rc;
	new = hv_bfn_is_1to1(cur->d) ? hv_zalloc(cur, cur->d, sizeof(*new)) : NULL;
	hv_m2b_lock(cur);
	e = find(cur, hv_page_mfn(cur->host, pg), ioserver, HV_INVALID);
	if (!e && !is_owned(pg)) {
		rc = -ENXIO;
	} else if (!e && !new) {
		rc = hv_bfn_is_1to1(cur->d) ? -ENOMEM : -ENOENT;
	} else if (!e) {
		*new = (struct hv_m2b){ .mfn = hv_page_mfn(cur->host, pg),
					.bfn = hv_page_mfn(cur->host, pg),
					.mapper = cur->d,
					.ioserver = (uint16_t)ioserver };
		add(cur, new);
		e = new;
	}
	if (!rc)
		op->u.lookup_foreign.bfn = e->bfn;
	hv_m2b_unlock(cur);
	/* With an entry of its own it keeps the reference. */
	if (rc || e != new)
		hv_put_page(cur, pg);
	if (new &&e != new)
		hv_free(cur, cur->d, new, sizeof(*new));
	return rc;
}

/* Does another emulator have this page at the same place? Under m2b_lock. */
static bool is_shared(struct hv_vcpu *cur, const struct hv_m2b *gone)
{
	for (const struct hv_m2b *e = *hv_m2b_bucket(cur->host, gone->mfn); e; e = e->next)
		if (e != gone && e->mapper == gone->mapper && e->bfn == gone->bfn && e->mapped)
			return true;
	return false;
}

/* Out of its list. Under m2b_lock. */
static void take_out(struct hv_vcpu *cur, struct hv_m2b *e)
{
	struct hv_m2b **where = hv_m2b_bucket(cur->host, e->mfn);

	while (*where != e)
		where = &(*where)->next;
	*where = e->next;
	cur->d->bfn.server[e->ioserver].untold -= e->gone && !e->told;
	hv_account_sub(&cur->d->bfn.stats.held, 1);
}

/* What the caller's space has at bfn. */
static uint64_t entry_at(struct hv_vcpu *cur, uint64_t bfn)
{
	return hv_load(&cur->d->bfn.made) ? hv_context_get(cur, &cur->d->bfn.ctx, bfn, NULL) : 0;
}

int hv_bfn_unmap_foreign(struct hv_vcpu *cur, const struct bfn_op *op, struct hv_bfn_batch *b)
{
	uint64_t bfn = op->u.unmap_foreign.bfn, entry, old;
	struct hv_m2b *e;

	hv_m2b_lock(cur);
	entry = entry_at(cur, bfn);
	/* Where frames are their own addresses there is no entry. */
	e = find(cur, hv_pte_type(entry) == HV_P2M_FOREIGN ? hv_pte_mfn(entry) : bfn,
		 op->u.unmap_foreign.ioserver, bfn);
	/* A scratch page is there: what it stood for was let go of long ago. */
	if ((e && e->mapped && !is_shared(cur, e)) || hv_pte_type(entry) == HV_P2M_XEN_SHARED) {
		hv_context_set(cur, &cur->d->bfn.ctx, bfn, 0, 0, &old);
		b->owed = true;
	}
	if (e)
		take_out(cur, e);
	hv_m2b_unlock(cur);
	if (!e)
		return -ENOENT;
	hv_bfn_let_go(cur, b, e->mfn);
	hv_free(cur, cur->d, e, sizeof(*e));
	return 0;
}
