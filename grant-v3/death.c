/* SPDX-License-Identifier: GPL-2.0-only */
/* Trees that end: unregistered, or with their granter; and mappers that die. */

/*
 * It is in no slot any more. With its lock, which it drops: nobody finds it any more but who has still to unmap, and pays
 * for it.
 */
static void let_go(gv3_cpu *cur, struct gv3_tree *t)
{
	t->closing = t->detached = true;
	cache_forget(cur, t, 0, UINT64_MAX);
	note_drop(cur, t, &t->note);
	if (!t->live) {
		tree_drop(cur, t);
		return;
	}
	gv3_page_repay(cur, t->payer, t->grantee, t);
	t->payer = t->grantee;
	gv3_unlock(cur, &t->lock, GV3_LVL_TREE);
}

/* With its lock, which it drops: everything is revoked, and then it is let go of. GV3_AGAIN: to be gone on with. */
static int close_tree(gv3_cpu *cur, struct gv3_state *st, struct gv3_tree *t)
{
	struct gv3_take k = { .to = UINT64_MAX, .what = GV3_REVOKE };

	/* Nothing new is mapped meanwhile. */
	if (!t->closing) {
		t->sweep = 0;
		cache_forget(cur, t, 0, UINT64_MAX);
	}
	t->closing = true;
	if (take_range(cur, t, &t->sweep, GNTV3_MAX_REF, false, &k) == GV3_AGAIN) {
		gv3_unlock(cur, &t->lock, GV3_LVL_TREE);
		return GV3_AGAIN;
	}
	if (t->detached) {
		/* Another vCPU was faster. */
		gv3_unlock(cur, &t->lock, GV3_LVL_TREE);
		return GNTST_okay;
	}
	unplace(cur, st, t);
	let_go(cur, t);
	return GNTST_okay;
}

static int unregister_tree(gv3_cpu *cur, gv3_dom *self, const struct gnttab_v3_unregister *u)
{
	struct gv3_tree *t;

	if (u->pad)
		return GNTST_general_error;
	t = slot_lock(cur, gv3_dom_state(self), u->tree);
	return t ? close_tree(cur, gv3_dom_state(self), t) : GNTST_bad_gntref;
}

/* A slice of the records of a tree whose grantee dies. True: there are none left. */
static bool drain_slice(gv3_cpu *cur, struct gv3_tree *t)
{
	struct gv3_slice *s = gv3_buffer(cur);
	struct gv3_rec *r;
	unsigned i;

	s->n = s->entries = s->pages = 0;
	gv3_as_lock(cur, t->grantee);
	for (; t->drain < t->made; t->drain++) {
		r = rec_at(t, t->drain);
		if (r->state == GV3_FREE)
			continue;
		if (!slice_room(s, r))
			break;
		clear_entries(cur, t, r, true);
		slice_add(s, t, t->drain, r);
	}
	gv3_as_unlock(cur, t->grantee);
	if (s->n)
		gv3_as_flush(cur, t->grantee);
	for (i = 0; i < s->n; i++)
		finish(cur, t, s->piece[i].rec);
	return t->drain >= t->made;
}

/* As grantee: what it has mapped, tree by tree. */
static int mapper_dies(gv3_cpu *cur, gv3_dom *d, struct gv3_state *st)
{
	struct gv3_tree *t;

	for (;;) {
		gv3_lock(cur, &st->lock, GV3_LVL_STATE);
		t = st->mine;
		gv3_unlock(cur, &st->lock, GV3_LVL_STATE);
		if (!t)
			return 0;
		gv3_lock(cur, &t->lock, GV3_LVL_TREE);
		while (t->grantee == d && !drain_slice(cur, t)) {
			if (gv3_preempt(cur)) {
				gv3_unlock(cur, &t->lock, GV3_LVL_TREE);
				return GV3_AGAIN;
			}
		}
		t->drain = 0;
		if (t->grantee == d)
			tree_drop(cur, t);
		else
			gv3_unlock(cur, &t->lock, GV3_LVL_TREE);
	}
}

/* As granter: every tree that it has registered. */
static int granter_dies(gv3_cpu *cur, struct gv3_state *st)
{
	unsigned i;

	/* Who has this lock after us sees that it dies, and puts nothing into a slot. */
	gv3_lock(cur, &st->lock, GV3_LVL_STATE);
	gv3_unlock(cur, &st->lock, GV3_LVL_STATE);
	for (i = 0; st->slot && i < GV3_MAX_TREES; i++) {
		struct gv3_tree *t = st->slot[i];

		if (!t)
			continue;
		gv3_lock(cur, &t->lock, GV3_LVL_TREE);
		if (close_tree(cur, st, t) == GV3_AGAIN)
			return GV3_AGAIN;
	}
	return 0;
}
