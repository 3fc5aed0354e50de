/* SPDX-License-Identifier: GPL-2.0-only */
/* What a slice of a revoke does to a record of a PV mapper. */

/*
 * The entry of a page, of which f is the frame, goes, or leads to the sink, by the rights that it was made with. False: it
 * is not what was made.
 */
static bool pv_take_entry(gv3_cpu *cur, struct gv3_tree *t, const struct gv3_rec *r, uint64_t entry,
			  uint64_t f)
{
	uint64_t mfn = f & GV3_F_MFN;
	bool was = rec_writes(r, f);

	if (!r->sink)
		return !gv3_pv_clear(cur, t->grantee, entry, mfn, was);
	/* The new entry holds the sink as any other holds its page. */
	if (gv3_run_more(cur, t->grantee, t->sink_mfn, r->write))
		return false;
	if (!gv3_pv_point(cur, t->grantee, entry, mfn, was, t->sink_mfn, r->write))
		return true;
	gv3_run_put(cur, t->grantee, t->sink_mfn, 0, r->write, false);
	return false;
}

/* Entries of pages first..to away, or to the sink, and what a device reaches. */
static void pv_take(gv3_cpu *cur, struct gv3_tree *t, struct gv3_rec *r, struct gv3_take *k,
		    uint32_t first, uint32_t to)
{
	bool host = r->where & GV3_PV_HOST, open = false;
	uint64_t at = 0;
	uint32_t i;

	if (!r->hole && !r->sink) {
		for (i = first; i <= to; i++)
			if (!(*rec_frame(r, i) & GV3_F_GONE))
				k->outcomes |= GNTV3_GOT_KEPT;
		return;
	}
	if (host)
		open = !gv3_pv_lock(cur, t->grantee, pv_entry(r, 0), false, &at);
	for (i = first; i <= to; i++) {
		uint64_t *f = rec_frame(r, i);

		if (*f & GV3_F_GONE)
			continue;
		pv_device_due(r, f);
		if (!host || (open && pv_take_entry(cur, t, r, pv_entry(r, i), *f))) {
			*f |= host ? GV3_F_TAKEN : 0;
			k->pages++;
			k->outcomes |= host && r->sink ? GNTV3_GOT_SINK : GNTV3_GOT_HOLE;
		} else {
			/* Its mapper may have it elsewhere, and nothing tells where. */
			*f |= GV3_F_LOST;
			if (!GV3_MUTANT(PV_LOST_GONE))
				k->outcomes |= GNTV3_GOT_KEPT;
		}
		if (*f & (GV3_F_TAKEN | GV3_F_DEVICE)) {
			k->flush = true;
			r->taken = 1;
		}
	}
	if (open)
		gv3_pv_unlock(cur, t->grantee, at);
	pv_devices_off(cur, t, r, first, to);
}

/* After the flush: what is due of a page, and what became of it. */
static void pv_settle(gv3_cpu *cur, struct gv3_tree *t, struct gv3_rec *r, uint64_t *f)
{
	uint64_t was = *f;

	if (!(was & (GV3_F_TAKEN | GV3_F_DEVICE)))
		return;
	pv_put(cur, t, r, was);
	if (!(r->where & GV3_PV_HOST))
		*f = GV3_F_HOLE;
	else if (was & GV3_F_TAKEN)
		*f = r->sink ? GV3_F_SINK : GV3_F_HOLE;
	else
		*f = was & ~GV3_F_DEVICE;
	r->revoked |= !!(*f & GV3_F_GONE);
}
