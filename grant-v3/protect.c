/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What GNTTABOP_v3_protect does to a record that its slice touches: as revoke, with the right to write in the place of
 * the page, and the two halves by which it comes back. A frame of a record says GV3_F_RO while the right is taken.
 */

/* An entry's frames are noted as having the right, or not. */
static void mark(struct gv3_rec *r, uint32_t i, bool readonly)
{
	uint32_t last = r->order && r->list ? rec_pages(r) - 1 : i;

	for (; i <= last; i++) {
		uint64_t *f = rec_frame(r, i);

		*f &= ~(GV3_F_TAKEN | GV3_F_RO);
		if (readonly)
			*f |= GV3_F_RO;
	}
}

/* The same frame with other rights. With A. */
static void turn(gv3_cpu *cur, struct gv3_tree *t, struct gv3_rec *r, uint32_t i, bool write)
{
	uint64_t mfn = *rec_frame(r, i) & GV3_F_MFN;

	if (gv3_as_point(cur, t->grantee, (r->where >> GNTV3_PAGE_SHIFT) + i, mfn,
			 (unsigned)r->order, mfn, write))
		gv3_broken(cur, t->grantee, "an entry is not what was mapped");
}

/* Before the flush: the right goes from the entries. With A. */
static void lose(gv3_cpu *cur, struct gv3_tree *t, struct gv3_rec *r, struct gv3_take *k)
{
	uint32_t i, to;

	if (r->state == GV3_DYING_REC) {
		/* Its entries are gone, and its vCPU has yet to flush. */
		if (!GV3_MUTANT(PROTECT_DYING_IGNORED))
			k->flush = true;
		return;
	}
	if (!r->write)
		return;
	if (!r->readonly && !GV3_MUTANT(PROTECTS_ALL)) {
		k->outcomes |= GNTV3_GOT_KEPT;
		return;
	}
	if (rec_pv(r)) {
		overlap(r, k, &i, &to);
		pv_lose(cur, t, r, k, i, to);
		return;
	}
	if (rec_reserve(r) && is_part(r, k) && !(*rec_frame(r, 0) & GV3_F_RO))
		split(r);
	for (overlap(r, k, &i, &to); i <= to; i++) {
		uint64_t *f = rec_frame(r, i);

		if (*f & (GV3_F_GONE | GV3_F_RO | GV3_F_TAKEN))
			continue;
		turn(cur, t, r, i, false);
		*f |= GV3_F_TAKEN;
		r->taken = 1;
		k->flush = true;
		k->pages += r->order ? rec_pages(r) : 1;
		if (r->order && is_more(r, k))
			k->outcomes |= GNTV3_GOT_MORE;
	}
}

/* After the flush: nobody writes there any more. */
static void lost(gv3_cpu *cur, struct gv3_tree *t, struct gv3_rec *r, struct gv3_take *k)
{
	uint32_t i, to;

	if (!r->taken)
		return;
	for (overlap(r, k, &i, &to); i <= to; i++) {
		uint64_t f = *rec_frame(r, i);

		if (rec_pv(r)) {
			pv_lost(cur, t, r, i);
			continue;
		}
		if (!(f & GV3_F_TAKEN))
			continue;
		if (!GV3_MUTANT(PROTECT_KEEPS_TYPE))
			gv3_run_readonly(cur, t->granter, f & GV3_F_MFN, (unsigned)r->order);
		mark(r, i, true);
	}
	r->taken = 0;
}

/*
 * Does the granter's entry grant the frame that is mapped, to be written, now? Then it is held as one that is. An entry
 * that grants something else by now gives nothing back.
 */
static bool granted(gv3_cpu *cur, struct gv3_tree *t, struct gv3_rec *r, uint32_t i,
		    const struct gv3_take *k)
{
	unsigned order = (unsigned)r->order;
	bool write = !GV3_MUTANT(REGAINS_ALL), same;
	uint64_t frame, mfn;

	if (order ? !large_frame(cur, t, r->ref, order, write, &frame)
		  : !k->leaf || leaf_frame(cur, k->leaf, r->ref + i, write, &frame) != GNTST_okay)
		return false;
	if (gv3_run_get(cur, t->granter, frame, order, true, &mfn))
		return false;
	same = mfn == (*rec_frame(r, i) & GV3_F_MFN) || GV3_MUTANT(REGAINS_OTHER);
	if (same && rec_pv(r))
		return pv_hold(cur, t, r, i);
	gv3_run_put(cur, t->granter, mfn, order, !same, false);
	return same;
}

/* What may have its right again: the types are taken. */
static void regain(gv3_cpu *cur, struct gv3_tree *t, struct gv3_rec *r, struct gv3_take *k)
{
	uint32_t i, to;

	if (r->state != GV3_LIVE)
		return;
	if (rec_reserve(r) && is_part(r, k) && *rec_frame(r, 0) & GV3_F_RO)
		split(r);
	for (overlap(r, k, &i, &to); i <= to; i++) {
		uint64_t *f = rec_frame(r, i);

		if (!(*f & GV3_F_RO))
			continue;
		/* A larger entry gets it as a whole, so all of it must be meant; by the slice of its first region. */
		if (r->order && !is_more(r, k) && (r->ref ^ k->first) >> GNTV3_LEVEL_BITS)
			continue;
		if ((r->order && is_more(r, k)) || !granted(cur, t, r, i, k)) {
			k->outcomes |= GNTV3_GOT_KEPT;
			continue;
		}
		*f |= rec_pv(r) ? 0 : GV3_F_TAKEN;
		r->taken = 1;
	}
}

/* And the entries have it. With A. */
static void regained(gv3_cpu *cur, struct gv3_tree *t, struct gv3_rec *r, struct gv3_take *k)
{
	uint32_t i, to;

	if (!r->taken)
		return;
	r->taken = 0;
	overlap(r, k, &i, &to);
	if (rec_pv(r)) {
		pv_regained(cur, t, r, k, i, to);
		return;
	}
	for (; i <= to; i++) {
		if (!(*rec_frame(r, i) & GV3_F_TAKEN))
			continue;
		turn(cur, t, r, i, true);
		mark(r, i, false);
		k->pages += r->order ? rec_pages(r) : 1;
	}
}
