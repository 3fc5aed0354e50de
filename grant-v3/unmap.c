/* SPDX-License-Identifier: GPL-2.0-only */
/* GNTTABOP_v3_unmap: a block of requests is a slice, with one flush, outside the tree's lock. */

/*
 * One piece, out of its mapping and of the mapper's space. GV3_FULL: there is no room in the slice; a status: its mapper
 * has changed it.
 */
static int take_piece(struct gv3_ctx *c, uint32_t n, struct gv3_rec *r)
{
	struct gv3_slice *s = c->slice;

	if (!slice_room(s, r))
		return GV3_FULL;
	if (!c->space)
		gv3_as_lock(c->cur, c->self);
	c->space = true;
	if (clear_entries(c->cur, c->tree, r, false))
		return GNTST_general_error;
	r->state = GV3_DYING_REC;
	if (GV3_MUTANT(STATUS_EARLY))
		note_rec(c->cur, c->tree, n, false);
	slice_add(s, c->tree, n, r);
	return GNTST_okay;
}

/* One request, as far as the slice has room: a status, or GV3_FULL. The first piece goes last, as it has the handle. */
static int unmap_one(struct gv3_ctx *c, struct gnttab_v3_unmap *u)
{
	struct gv3_rec *head, *r;
	uint32_t n;
	int rc;

	if (u->pad)
		return GNTST_general_error;
	rc = ctx_enter(c, u->dom, u->tree, true);
	if (rc != GNTST_okay)
		return rc;
	head = rec_of_handle(c->tree, u->handle);
	if (!head)
		return GNTST_bad_handle;
	while (head->chain) {
		n = head->chain;
		r = rec_at(c->tree, n);
		u->revoked |= r->revoked;
		rc = take_piece(c, n, r);
		if (rc != GNTST_okay)
			return rc;
		head->chain = r->chain;
	}
	u->revoked |= head->revoked;
	return take_piece(c, u->handle, head);
}
