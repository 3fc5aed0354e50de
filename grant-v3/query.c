/* SPDX-License-Identifier: GPL-2.0-only */
/* GNTTABOP_v3_query: what is mapped by a reference. */

static void query_list(const struct gv3_tree *t, uint32_t n, struct gnttab_v3_query *q)
{
	for (; n; n = rec_at(t, n)->next) {
		struct gv3_rec *r = rec_at(t, n);
		uint64_t f;

		if (q->ref < r->ref || q->ref - r->ref >= rec_pages(r))
			continue;
		f = *rec_frame(r, r->order ? 0 : (uint32_t)(q->ref - r->ref));
		if (f & GV3_F_GONE)
			continue;
		q->maps++;
		q->writes |= rec_writes(r, f);
		if (r->order > q->order)
			q->order = (uint8_t)r->order;
	}
}

static void query_tree(const struct gv3_tree *t, struct gnttab_v3_query *q)
{
	const struct gv3_region *region = shadow_find(t, q->ref, 0);
	unsigned h, level;

	for (h = GV3_SLOTS + slot_of(q->ref, 0); region && h; h >>= 1)
		query_list(t, region->head[h], q);
	for (level = 1; level <= t->top_level; level++) {
		const struct gv3_shadow *s = shadow_find(t, q->ref, level);

		if (s)
			query_list(t, s->head[slot_of(q->ref, level)], q);
	}
}

static int query_one(struct gv3_ctx *c, struct gnttab_v3_query *q)
{
	struct gv3_tree *t;
	int rc;

	q->maps = 0;
	q->order = q->writes = 0;
	if (q->pad)
		return GNTST_general_error;
	if (q->ref >= GNTV3_MAX_REF)
		return GNTST_bad_gntref;
	if (q->dom == DOMID_SELF) {
		ctx_leave(c);
		t = own_tree(c->cur, c->self, q->tree);
		if (!t)
			return GNTST_bad_gntref;
		query_tree(t, q);
		gv3_unlock(c->cur, &t->lock, GV3_LVL_TREE);
		return GNTST_okay;
	}
	rc = ctx_enter(c, q->dom, q->tree, true);
	if (rc == GNTST_okay)
		query_tree(c->tree, q);
	return rc;
}
