/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What protect does to a record of a PV mapper. Its entry holds what it maps: one that loses the right, or gets it
 * again, is another entry for the same page, and what the old one held is given back.
 */

/* The entries' page is locked, if the record has entries and there is one; open: it is. */
static bool pv_open(gv3_cpu *cur, struct gv3_tree *t, const struct gv3_rec *r, uint64_t *at)
{
	return r->where & GV3_PV_HOST && !gv3_pv_lock(cur, t->grantee, pv_entry(r, 0), false, at);
}

/* Page i's device: the frame with other rights, which needs no memory. */
static void pv_device_turn(gv3_cpu *cur, struct gv3_tree *t, uint64_t mfn, bool write)
{
	if (gv3_dev_map(cur, t->grantee, mfn, write))
		gv3_broken(cur, t->grantee, "a device does not have what was mapped");
	else
		gv3_dev_unmap(cur, t->grantee, mfn, !write);
}

/* Of page i the entry cannot write any more. False: it is not what was made. */
static bool pv_lose_entry(gv3_cpu *cur, struct gv3_tree *t, const struct gv3_rec *r, uint32_t i,
			  uint64_t mfn)
{
	if (gv3_run_more(cur, t->granter, mfn, false))
		return false;
	if (!gv3_pv_point(cur, t->grantee, pv_entry(r, i), mfn, true, mfn, false))
		return true;
	gv3_run_put(cur, t->granter, mfn, 0, false, false);
	return false;
}

/* Before the flush, pages first..to. One whose entry is not there keeps the right, its device too. */
static void pv_lose(gv3_cpu *cur, struct gv3_tree *t, struct gv3_rec *r, struct gv3_take *k,
		    uint32_t first, uint32_t to)
{
	bool host = r->where & GV3_PV_HOST, open;
	uint64_t at = 0;
	uint32_t i;

	open = pv_open(cur, t, r, &at);
	for (i = first; i <= to; i++) {
		uint64_t *f = rec_frame(r, i);

		if (*f & (GV3_F_GONE | GV3_F_RO))
			continue;
		if (host && !(open && pv_lose_entry(cur, t, r, i, *f & GV3_F_MFN))) {
			if (!GV3_MUTANT(PV_PROTECT_UNSAID))
				k->outcomes |= GNTV3_GOT_KEPT;
			continue;
		}
		*f |= host ? GV3_F_TAKEN : 0;
		pv_device_due(r, f);
		r->taken = 1;
		k->flush = true;
		k->pages++;
	}
	if (open)
		gv3_pv_unlock(cur, t->grantee, at);
	for (i = first; i <= to; i++)
		if (*rec_frame(r, i) & GV3_F_DEVICE && !GV3_MUTANT(PV_DEVICE_WRITES))
			pv_device_turn(cur, t, *rec_frame(r, i) & GV3_F_MFN, false);
}

/* After the flush: what the old entry held goes, and the device's type. */
static void pv_lost(gv3_cpu *cur, struct gv3_tree *t, struct gv3_rec *r, uint32_t i)
{
	uint64_t *f = rec_frame(r, i), mfn = *f & GV3_F_MFN;

	if (!(*f & (GV3_F_TAKEN | GV3_F_DEVICE)))
		return;
	if (*f & GV3_F_TAKEN)
		gv3_run_put(cur, t->granter, mfn, 0, true, true);
	if (*f & GV3_F_DEVICE)
		gv3_run_readonly(cur, t->granter, mfn, 0);
	*f &= ~(GV3_F_TAKEN | GV3_F_DEVICE);
	*f |= GV3_F_RO;
}

/* What was granted is held for the entry, or for the device alone; if there are both, once more. False: it cannot be. */
static bool pv_hold(gv3_cpu *cur, struct gv3_tree *t, struct gv3_rec *r, uint32_t i)
{
	uint64_t *f = rec_frame(r, i), mfn = *f & GV3_F_MFN;
	bool host = r->where & GV3_PV_HOST;

	pv_device_due(r, f);
	if (host && *f & GV3_F_DEVICE && gv3_run_more(cur, t->granter, mfn, true)) {
		*f &= ~GV3_F_DEVICE;
		gv3_run_put(cur, t->granter, mfn, 0, true, false);
		return false;
	}
	*f |= host ? GV3_F_TAKEN : 0;
	return true;
}

/* Of page i, which is held to be written, the entry may. False: it is not what was made, and nothing is held more. */
static bool pv_regain_entry(gv3_cpu *cur, struct gv3_tree *t, struct gv3_rec *r, uint32_t i,
			    bool open)
{
	uint64_t *f = rec_frame(r, i), mfn = *f & GV3_F_MFN;

	if (open && !gv3_pv_point(cur, t->grantee, pv_entry(r, i), mfn, false, mfn, true)) {
		gv3_run_put(cur, t->granter, mfn, 0, false, false);
		return true;
	}
	gv3_run_put(cur, t->granter, mfn, 0, true, false);
	if (*f & GV3_F_DEVICE)
		gv3_run_put(cur, t->granter, mfn, 0, true, false);
	*f &= ~(GV3_F_TAKEN | GV3_F_DEVICE);
	return false;
}

/* The second half, pages first..to: entries, then devices. */
static void pv_regained(gv3_cpu *cur, struct gv3_tree *t, struct gv3_rec *r, struct gv3_take *k,
			uint32_t first, uint32_t to)
{
	uint64_t at = 0;
	bool open = pv_open(cur, t, r, &at);
	uint32_t i;

	for (i = first; i <= to; i++)
		if (*rec_frame(r, i) & GV3_F_TAKEN && !pv_regain_entry(cur, t, r, i, open))
			k->outcomes |= GNTV3_GOT_KEPT;
	if (open)
		gv3_pv_unlock(cur, t->grantee, at);
	for (i = first; i <= to; i++) {
		uint64_t *f = rec_frame(r, i), mfn = *f & GV3_F_MFN;

		if (!(*f & (GV3_F_TAKEN | GV3_F_DEVICE)))
			continue;
		if (*f & GV3_F_DEVICE) {
			pv_device_turn(cur, t, mfn, true);
			gv3_run_put(cur, t->granter, mfn, 0, false, false);
		}
		*f &= ~(GV3_F_TAKEN | GV3_F_DEVICE | GV3_F_RO);
		k->pages++;
	}
}
