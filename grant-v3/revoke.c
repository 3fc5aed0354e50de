/* SPDX-License-Identifier: GPL-2.0-only */
/* What a revoke does to a record that its slice touches: the two halves, before and after the flush. */

/* The pages of a record within the slice, relative to its first; of a larger entry that is one. */
static void overlap(const struct gv3_rec *r, const struct gv3_take *k, uint32_t *from, uint32_t *to)
{
	uint64_t last = r->ref + rec_pages(r) - 1;

	*from = *to = 0;
	if (r->order)
		return;
	*from = k->first > r->ref ? (uint32_t)(k->first - r->ref) : 0;
	*to = (uint32_t)((k->last < last ? k->last : last) - r->ref);
}

/* Does the slice cover a part of it only? */
static bool is_part(const struct gv3_rec *r, const struct gv3_take *k)
{
	return k->first > r->ref || k->last < r->ref + rec_pages(r) - 1;
}

/* Is there more of a larger entry than the request speaks of? */
static bool is_more(const struct gv3_rec *r, const struct gv3_take *k)
{
	return r->ref < k->from || r->ref + rec_pages(r) - 1 > k->to;
}

/* From here on it has 4K entries: the first one that is changed splits it, by the reserve. */
static void split(struct gv3_rec *r)
{
	r->order = 0;
	r->pages = GV3_SLOTS;
}

/* A larger entry goes as a whole. With A. */
static void take_entry(gv3_cpu *cur, struct gv3_tree *t, struct gv3_rec *r, struct gv3_take *k)
{
	if (*rec_frame(r, 0) & (GV3_F_GONE | GV3_F_TAKEN))
		return;
	if (!r->hole) {
		k->outcomes |= GNTV3_GOT_KEPT;
		return;
	}
	if (gv3_as_clear(cur, t->grantee, r->where >> GNTV3_PAGE_SHIFT,
			 *rec_frame(r, 0) & GV3_F_MFN, (unsigned)r->order))
		gv3_broken(cur, t->grantee, "a large entry is not what was mapped");
	*rec_frame(r, 0) |= GV3_F_TAKEN;
	r->taken = 1;
	k->flush = true;
	k->pages += rec_pages(r);
	k->outcomes |= GNTV3_GOT_HOLE;
	if (is_more(r, k) && !GV3_MUTANT(MORE_UNSAID))
		k->outcomes |= GNTV3_GOT_MORE;
}

/* Entries away, or to the sink: what of them the slice covers. With A. */
static void take(gv3_cpu *cur, struct gv3_tree *t, struct gv3_rec *r, struct gv3_take *k)
{
	uint64_t gfn = r->where >> GNTV3_PAGE_SHIFT;
	uint32_t i, to;

	if (r->state == GV3_DYING_REC) {
		/* Its entries are gone, and its vCPU has yet to flush. */
		if (!GV3_MUTANT(DYING_IGNORED))
			k->flush = true;
		return;
	}
	if (rec_pv(r)) {
		overlap(r, k, &i, &to);
		pv_take(cur, t, r, k, i, to);
		return;
	}
	if (r->order) {
		if (!rec_reserve(r) || !(r->sink || (r->hole && is_part(r, k))) ||
		    GV3_MUTANT(RESERVE_UNUSED)) {
			take_entry(cur, t, r, k);
			return;
		}
		split(r);
	}
	for (overlap(r, k, &i, &to); i <= to; i++) {
		uint64_t *f = rec_frame(r, i), mfn = *f & GV3_F_MFN;
		int rc;

		if (*f & GV3_F_GONE)
			continue;
		if (!r->hole && !r->sink && !GV3_MUTANT(TAKES_ALL)) {
			k->outcomes |= GNTV3_GOT_KEPT;
			continue;
		}
		if (r->sink)
			rc = gv3_as_point(cur, t->grantee, gfn + i, mfn, 0,
					  GV3_MUTANT(ONE_SINK) && t->next ? t->next->sink_mfn
									  : t->sink_mfn,
					  r->write);
		else
			rc = gv3_as_clear(cur, t->grantee, gfn + i, mfn, 0);
		if (rc)
			gv3_broken(cur, t->grantee, "an entry is not what was mapped");
		*f |= GV3_F_TAKEN;
		r->taken = 1;
		k->flush = true;
		k->pages++;
		k->outcomes |= r->sink ? GNTV3_GOT_SINK : GNTV3_GOT_HOLE;
	}
}

/* After the flush: the references of what was taken, and the record if nothing of it is left. */
static void settle(gv3_cpu *cur, struct gv3_tree *t, uint32_t n, struct gv3_rec *r,
		   struct gv3_take *k)
{
	uint32_t i, to;

	if (!r->taken)
		return;
	for (overlap(r, k, &i, &to); i <= to; i++) {
		uint64_t *f = rec_frame(r, i);

		if (*f & GV3_F_GONE)
			continue;
		if (rec_pv(r)) {
			pv_settle(cur, t, r, f);
		} else if (*f & GV3_F_TAKEN) {
			if (!GV3_MUTANT(KEEPS_REF))
				gv3_run_put(cur, t->granter, *f & GV3_F_MFN, (unsigned)r->order,
					    rec_writes(r, *f), rec_writes(r, *f));
			*f = r->sink && !r->order ? GV3_F_SINK : GV3_F_HOLE;
		}
		if (*f & GV3_F_GONE && !GV3_MUTANT(REVOKE_SILENT))
			note_taken(cur, t, n, i);
	}
	r->taken = 0;
	if (!rec_pv(r))
		r->revoked = 1;
	for (i = 0; i < rec_entries(r); i++)
		if (!(*rec_frame(r, i) & GV3_F_GONE))
			return;
	if (rec_reserve(r))
		gv3_as_reserve(cur, t->grantee, -1);
	shadow_del(cur, t, n, r);
	r->state = GV3_GONE;
}
