/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Mappers that are PV domains. They have single pages, in entries of page tables that they can change themselves (by
 * version 1's operations, for instance): an entry, and no record, holds the reference and type of what it maps, as all
 * page-table entries do. So what is taken away is compared first, and nothing is dropped for an entry that is not there
 * any more: who changed it has done that.
 *
 * The entries of a piece lie in one page of a page table. What a device reaches by the frame's own number has a
 * reference, and type, of its own, which the record holds.
 */

static bool is_pv(unsigned kind)
{
	return !(kind & GV3_TRANSLATED);
}

/* Machine address of the entry of page i. */
static uint64_t pv_entry(const struct gv3_rec *r, uint32_t i)
{
	return (r->where & ~GV3_PV_BITS) + i * (uint64_t)sizeof(uint64_t);
}

/* What the record of a request to map keeps of where it is wanted, until pv_map() knows the entries. */
static uint64_t pv_where(const struct gv3_tree *t, const struct gnttab_v3_map *m)
{
	uint64_t where = m->addr;

	if (m->flags & GNTV3_MAP_HOST)
		where |= GV3_PV_HOST;
	if (!(m->flags & GNTV3_MAP_PTE))
		where = (where + ((uint64_t)m->done << GNTV3_PAGE_SHIFT)) | GV3_PV_LINEAR;
	/* A device reaches its own domain's memory in any case. */
	if (t->kind & GV3_IOMMU && t->granter != t->grantee)
		where |= GV3_PV_DEVICE;
	return where;
}

/* Pages from the request's next one on whose entries lie in one page of a page table. */
static uint32_t pv_room(const struct gnttab_v3_map *m)
{
	return GV3_SLOTS - (uint32_t)(((m->addr >> GNTV3_PAGE_SHIFT) + m->done) & (GV3_SLOTS - 1));
}

/* ---- map ---- */

/* A device no longer reaches pages from..to-1, which it may have until the next flush. */
static void pv_device_off(gv3_cpu *cur, struct gv3_tree *t, struct gv3_rec *r, uint32_t from,
			  uint32_t to)
{
	for (; from < to; from++)
		gv3_dev_unmap(cur, t->grantee, *rec_frame(r, from) & GV3_F_MFN,
			      rec_writes(r, *rec_frame(r, from)));
}

/* A device reaches frames that were latched, with a reference more if entries will have the first: how many of n. */
static uint32_t pv_device_on(gv3_cpu *cur, struct gv3_tree *t, struct gv3_rec *r, uint32_t n,
			     int *rc)
{
	bool more = r->where & GV3_PV_HOST;
	uint32_t i;

	for (i = 0; i < n; i++) {
		uint64_t mfn = *rec_frame(r, i);

		if (more && gv3_run_more(cur, t->granter, mfn, r->write)) {
			*rc = GNTST_bad_page;
			break;
		}
		if (gv3_dev_map(cur, t->grantee, mfn, r->write)) {
			if (more)
				gv3_run_put(cur, t->granter, mfn, 0, r->write, false);
			*rc = GNTST_no_device_space;
			break;
		}
	}
	return i;
}

/* Entries for n frames, as far as nothing is there. They then hold what was taken of the frames. */
static uint32_t pv_entries_on(gv3_cpu *cur, struct gv3_tree *t, struct gv3_rec *r, uint32_t n,
			      int *rc)
{
	uint64_t at = r->where & ~GV3_PV_BITS;
	uint32_t i = 0;

	if (gv3_pv_lock(cur, t->grantee, at, r->where & GV3_PV_LINEAR, &at)) {
		*rc = GNTST_bad_virt_addr;
		return 0;
	}
	r->where = at | (r->where & GV3_PV_BITS);
	while (i < n && !gv3_pv_map(cur, t->grantee, pv_entry(r, i), *rec_frame(r, i), r->write))
		i++;
	gv3_pv_unlock(cur, t->grantee, at);
	if (i < n)
		*rc = GNTST_bad_virt_addr;
	return i;
}

/* Map what was latched, n frames, as far as it goes: for the device first, which can be taken back in any case. */
static int pv_map(gv3_cpu *cur, struct gv3_tree *t, struct gv3_rec *r, uint32_t n, uint32_t *done)
{
	bool device = r->where & GV3_PV_DEVICE;
	int rc = GNTST_okay;
	uint32_t i;

	if (device)
		n = pv_device_on(cur, t, r, n, &rc);
	*done = r->where & GV3_PV_HOST ? pv_entries_on(cur, t, r, n, &rc) : n;
	r->where &= ~(uint64_t)GV3_PV_LINEAR;
	if (!device || *done == n)
		return rc;
	pv_device_off(cur, t, r, *done, n);
	gv3_as_flush(cur, t->grantee);
	for (i = *done; i < n; i++)
		gv3_run_put(cur, t->granter, *rec_frame(r, i), 0, r->write, r->write);
	return rc;
}

/* ---- take away ---- */

/* Is every entry of it that maps a page of the granter's as it was made? With its page-table page locked. */
static bool pv_intact(gv3_cpu *cur, struct gv3_tree *t, struct gv3_rec *r)
{
	uint32_t i;

	for (i = 0; i < rec_entries(r); i++) {
		uint64_t f = *rec_frame(r, i);

		if (!(f & GV3_F_GONE) &&
		    !gv3_pv_is(cur, t->grantee, pv_entry(r, i), f & GV3_F_MFN, rec_writes(r, f)))
			return false;
	}
	return true;
}

/* What a device reaches of page i goes; its reference is due. */
static void pv_device_due(struct gv3_rec *r, uint64_t *f)
{
	if (r->where & GV3_PV_DEVICE && !(*f & (GV3_F_GONE | GV3_F_LOST)))
		*f |= GV3_F_DEVICE;
}

static void pv_devices_off(gv3_cpu *cur, struct gv3_tree *t, struct gv3_rec *r, uint32_t from,
			   uint32_t to)
{
	for (; from <= to; from++)
		if (*rec_frame(r, from) & GV3_F_DEVICE)
			pv_device_off(cur, t, r, from, from + 1);
}

/*
 * All of a record goes, sinks too, if all of it is as it was made; else -EILSEQ, and nothing has changed. force: its
 * mapper dies, and what is not there goes with its page tables. What is due after the flush is marked.
 */
static int pv_clear(gv3_cpu *cur, struct gv3_tree *t, struct gv3_rec *r, bool force)
{
	bool host = r->where & GV3_PV_HOST, must = host && !force && r->state != GV3_GONE;
	uint32_t i, n = rec_entries(r);
	uint64_t at = 0;

	if (host && gv3_pv_lock(cur, t->grantee, pv_entry(r, 0), false, &at)) {
		/* The page is no page table of its mapper any more. */
		if (must)
			return -EILSEQ;
		host = false;
	}
	if (must && n > 1 && !GV3_MUTANT(PV_HALF) && !pv_intact(cur, t, r)) {
		gv3_pv_unlock(cur, t->grantee, at);
		return -EILSEQ;
	}
	for (i = 0; i < n; i++) {
		uint64_t *f = rec_frame(r, i);

		if (host && !(*f & GV3_F_HOLE) &&
		    !gv3_pv_clear(cur, t->grantee, pv_entry(r, i),
				  *f & GV3_F_SINK ? t->sink_mfn : *f & GV3_F_MFN,
				  rec_writes(r, *f))) {
			*f |= GV3_F_TAKEN;
		} else if (must && !(*f & GV3_F_GONE)) {
			/* The only one. */
			gv3_pv_unlock(cur, t->grantee, at);
			return -EILSEQ;
		}
		pv_device_due(r, f);
	}
	if (host)
		gv3_pv_unlock(cur, t->grantee, at);
	pv_devices_off(cur, t, r, 0, n - 1);
	return 0;
}

/* The references that are due of page i, after the flush. */
static void pv_put(gv3_cpu *cur, struct gv3_tree *t, struct gv3_rec *r, uint64_t f)
{
	uint64_t mfn = f & GV3_F_MFN;
	bool writes = rec_writes(r, f);

	if (f & GV3_F_TAKEN && f & GV3_F_SINK)
		gv3_run_put(cur, t->grantee, t->sink_mfn, 0, r->write, r->write);
	else if (f & GV3_F_TAKEN)
		gv3_run_put(cur, t->granter, mfn, 0, writes, writes);
	if (f & GV3_F_DEVICE)
		gv3_run_put(cur, t->granter, mfn, 0, writes, writes);
}

/* ---- the tree's sink ---- */

/*
 * Of a tree that has none yet. A page of its mapper's RAM: page tables that the mapper changes itself may have it for longer
 * than the tree.
 */
static bool pv_have_sink(gv3_cpu *cur, struct gv3_tree *t)
{
	return !gv3_pv_sink(cur, t->grantee, &t->sink_mfn);
}

static void free_sink(gv3_cpu *cur, struct gv3_tree *t)
{
	if (t->sink)
		gv3_page_free(cur, t->grantee, t->sink);
	else if (t->sink_mfn)
		gv3_pv_sink_free(cur, t->grantee, t->sink_mfn);
	t->sink = NULL;
	t->sink_mfn = 0;
}
