/* SPDX-License-Identifier: GPL-2.0-only */
/* GNTTABOP_v3_notify_setup: the granter says where it wants to be told what goes on in a tree, or that it does not. */

/* A page of the granter's RAM, held as one that is written; 0: none is wanted. */
static int note_page(gv3_cpu *cur, const struct gv3_tree *t, uint64_t frame, uint64_t *mfn)
{
	int rc = GNTST_okay;

	if (frame)
		rc = frame_status(gv3_run_get(cur, t->granter, frame, 0, true, mfn));
	if (rc != GNTST_okay)
		*mfn = GV3_NO_FRAME;
	return rc;
}

/* All that it takes, or nothing: what there was before stands until then. */
static int note_begin(gv3_cpu *cur, struct gv3_tree *t, const struct gnttab_v3_notify_setup *r)
{
	struct gv3_note o = { .status = GV3_NO_FRAME, .notice = GV3_NO_FRAME, .asked = *r };
	unsigned i;
	int rc;

	o.first = r->first;
	o.order = r->order;
	o.port = r->port;
	o.groups = r->status_frame ? 1u << GNTV3_PAGE_SHIFT : 8u << GNTV3_PAGE_SHIFT;
	o.end = o.first + ((uint64_t)o.groups << o.order);
	rc = note_page(cur, t, r->status_frame, &o.status);
	if (rc == GNTST_okay)
		rc = note_page(cur, t, r->notice_frame, &o.notice);
	for (i = 0; rc == GNTST_okay && i < o.groups / NOTE_COUNTS; i++) {
		o.count[i] = gv3_page_alloc(cur, t->granter);
		if (!o.count[i])
			rc = GNTST_no_space;
	}
	if (rc != GNTST_okay) {
		note_drop(cur, t, &o);
		return rc;
	}
	if (o.status != GV3_NO_FRAME)
		gv3_frame_zero(cur, o.status);
	if (o.notice != GV3_NO_FRAME)
		gv3_frame_zero(cur, o.notice);
	note_drop(cur, t, &t->note);
	/* The record of number 0 is none: it stands for a copy. */
	o.counted = 1;
	t->note = o;
	return GNTST_okay;
}

/* What is mapped already, record by record. GV3_AGAIN: to be gone on with; what is mapped meanwhile is counted, too. */
static int note_scan(gv3_cpu *cur, struct gv3_tree *t)
{
	struct gv3_note *o = &t->note;
	unsigned work = 0;

	while (o->counted < t->made) {
		uint32_t n = o->counted++;
		struct gv3_rec *r = rec_at(t, n);

		work++;
		if (r->listed) {
			note_mark(cur, t, r->ref, rec_pages(r));
			note_rec(cur, t, n, true);
			note_unmark(cur, t, r->ref, rec_pages(r));
			work += rec_entries(r);
		}
		if (work < GV3_SLICE || o->counted >= t->made)
			continue;
		work = 0;
		if (gv3_preempt(cur))
			return GV3_AGAIN;
	}
	o->counted = NOTE_ALL;
	return GNTST_okay;
}

/* Is it the one that was left in the middle? */
static bool note_asked(const struct gv3_note *o, const struct gnttab_v3_notify_setup *r)
{
	return o->groups && o->counted != NOTE_ALL && o->asked.status_frame == r->status_frame &&
	       o->asked.notice_frame == r->notice_frame && o->first == r->first &&
	       o->port == r->port && o->order == r->order;
}

static int check_notify(const struct gnttab_v3_notify_setup *r)
{
	unsigned i, pad = 0;

	for (i = 0; i < sizeof(r->pad); i++)
		pad |= r->pad[i];
	if (pad || r->order > GNTV3_LEVEL_BITS || r->first & ((1ull << r->order) - 1))
		return GNTST_general_error;
	/* A page is for one thing; a port is for notices; and where there are no pages there is nothing else. */
	if ((r->status_frame && r->status_frame == r->notice_frame) ||
	    (!r->notice_frame && r->port) || (!r->status_frame && !r->notice_frame && r->first))
		return GNTST_general_error;
	return r->first < GNTV3_MAX_REF ? GNTST_okay : GNTST_bad_gntref;
}

/* One request: a status, or GV3_AGAIN. */
static int notify_setup(gv3_cpu *cur, gv3_dom *self, const struct gnttab_v3_notify_setup *r)
{
	struct gv3_tree *t;
	int rc = check_notify(r);

	if (rc != GNTST_okay)
		return rc;
	t = own_tree(cur, self, r->tree);
	if (!t)
		return GNTST_bad_gntref;
	if (r->notice_frame && !gv3_port_ok(cur, self, r->port)) {
		rc = GNTST_general_error;
	} else if (!r->status_frame && !r->notice_frame) {
		note_drop(cur, t, &t->note);
	} else {
		if (!note_asked(&t->note, r))
			rc = note_begin(cur, t, r);
		if (rc == GNTST_okay)
			rc = note_scan(cur, t);
	}
	gv3_unlock(cur, &t->lock, GV3_LVL_TREE);
	return rc;
}
