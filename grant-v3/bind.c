/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * GNTTABOP_v3_bind and _ack: a tree gets another grantee. What the old one has still to unmap stays with the old tree,
 * as after an unregister; another one with the same name takes its slot, and is held until the granter agrees.
 */

/* The same tree, of which nothing is mapped, for nobody yet. NULL: memory. */
static struct gv3_tree *heir(gv3_cpu *cur, const struct gv3_tree *t)
{
	struct gv3_tree *next = gv3_page_alloc(cur, t->granter);

	if (!next)
		return NULL;
	gv3_lock_init(&next->lock);
	next->id = t->id;
	next->granter = next->payer = t->granter;
	next->granter_id = t->granter_id;
	next->flags = t->flags;
	next->levels = t->levels;
	next->max_maps = t->max_maps;
	next->root = t->root;
	next->idle = GV3_NO_REGION;
	next->note.status = next->note.notice = GV3_NO_FRAME;
	memcpy(next->block, t->block, sizeof(t->block));
	next->blocks = t->blocks;
	next->caches = t->caches;
	next->held = true;
	return next;
}

/* It takes the slot of t, unless their granter dies, who goes through its slots then. */
static bool succeed(gv3_cpu *cur, struct gv3_tree *t, struct gv3_tree *next)
{
	struct gv3_state *st = gv3_dom_state(t->granter);
	bool dies;

	gv3_lock(cur, &st->lock, GV3_LVL_STATE);
	dies = gv3_dom_flags(t->granter) & GV3_DYING;
	if (!dies)
		gv3_publish(&st->slot[t->id & ((1u << GV3_SLOT_BITS) - 1)], next);
	gv3_unlock(cur, &st->lock, GV3_LVL_STATE);
	return !dies;
}

/* A tree of which everything is revoked goes to `to`. With its lock, which it drops. */
static int hand_over(gv3_cpu *cur, struct gv3_tree *t, gv3_dom *to)
{
	struct gv3_tree *next;
	int rc = GNTST_no_space;

	if (t->grantee == to) {
		t->held = true;
		cache_forget(cur, t, 0, UINT64_MAX);
		/* As of a tree that goes to another: what is set up ends with the bind. */
		if (!GV3_MUTANT(BIND_NOTES))
			note_drop(cur, t, &t->note);
		gv3_unlock(cur, &t->lock, GV3_LVL_TREE);
		return GNTST_okay;
	}
	next = heir(cur, t);
	if (next) {
		rc = bind_tree(cur, next, to);
		if (rc == GNTST_okay && succeed(cur, t, next)) {
			let_go(cur, t);
			return GNTST_okay;
		}
	}
	gv3_unlock(cur, &t->lock, GV3_LVL_TREE);
	if (next && rc == GNTST_okay) {
		/* Its new grantee may have found it. */
		gv3_lock(cur, &next->lock, GV3_LVL_TREE);
		next->closing = next->detached = true;
		tree_drop(cur, next);
		return GNTST_bad_domain;
	}
	if (next)
		gv3_page_free(cur, next->payer, next);
	/* It has still to unmap what it had by that name. */
	return rc == GV3_AGAIN ? GNTST_eagain : rc;
}

/* What is mapped goes; then the tree does, which is locked, and is not afterwards. */
static int rebind(gv3_cpu *cur, struct gv3_tree *t, gv3_dom *to)
{
	struct gv3_take k = { .to = UINT64_MAX, .what = GV3_REVOKE };
	int rc;

	if (!t->binding)
		t->sweep = t->kept = 0;
	t->binding = true;
	rc = GV3_MUTANT(BIND_NO_REVOKE) ? GNTST_okay
					: take_range(cur, t, &t->sweep, GNTV3_MAX_REF, false, &k);
	t->kept |= !!(k.outcomes & GNTV3_GOT_KEPT);
	if (rc != GV3_AGAIN)
		t->binding = false;
	if (rc != GV3_AGAIN && (!t->kept || GV3_MUTANT(BIND_KEPT)))
		return hand_over(cur, t, to);
	gv3_unlock(cur, &t->lock, GV3_LVL_TREE);
	return rc == GV3_AGAIN ? rc : GNTST_eagain;
}

static gv3_dom *dom_named(gv3_cpu *cur, gv3_dom *self, uint16_t id)
{
	gv3_dom *d = id == DOMID_SELF ? self : gv3_dom_find(cur, id);

	return d && gv3_dom_state(d) ? d : NULL;
}

/* One request: a status, or GV3_AGAIN. */
static int bind_one(gv3_cpu *cur, gv3_dom *self, const struct gnttab_v3_bind *b)
{
	gv3_dom *granter, *to;
	struct gv3_tree *t;

	if (b->pad)
		return GNTST_general_error;
	granter = dom_named(cur, self, b->dom);
	to = dom_named(cur, self, b->to);
	if (!granter || !to || gv3_dom_flags(to) & GV3_DYING)
		return GNTST_bad_domain;
	if (gv3_allowed(cur, GNTTABOP_v3_bind, granter, to))
		return GNTST_permission_denied;
	t = own_tree(cur, granter, b->tree);
	if (!t)
		return GNTST_bad_gntref;
	if (t->flags & GNTV3_REBINDABLE || GV3_MUTANT(BINDS_FIXED))
		return rebind(cur, t, to);
	gv3_unlock(cur, &t->lock, GV3_LVL_TREE);
	return GNTST_permission_denied;
}

/* By number: who had it before is no grantee of any tree any more. */
static int ack_one(gv3_cpu *cur, gv3_dom *self, const struct gnttab_v3_ack *a)
{
	struct gv3_tree *t = own_tree(cur, self, a->tree);
	uint16_t dom = a->dom == DOMID_SELF ? gv3_dom_id(self) : a->dom;
	int rc = GNTST_bad_domain;

	if (!t)
		return GNTST_bad_gntref;
	if (t->grantee && (gv3_dom_id(t->grantee) == dom || GV3_MUTANT(ACK_ANY))) {
		/* A bind that was begun begins again, or its caller is no more. */
		t->held = t->binding = false;
		rc = GNTST_okay;
	}
	gv3_unlock(cur, &t->lock, GV3_LVL_TREE);
	return rc;
}
