/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * GNTTABOP_v3_copy. The bytes move with the trees of both ends locked, and what was walked to is believed as long as
 * they stay so: a revoke comes before or after all of it. Requests of a block that name the same trees are one such
 * section, and an end that names the page of the request before is not walked to again.
 */

/* An end's page is let go. */
static void end_put(gv3_cpu *cur, struct gv3_end *e, bool write)
{
	if (!e->page)
		return;
	gv3_frame_done(cur, e->page);
	e->page = NULL;
	if (!GV3_MUTANT(COPY_LEAK))
		gv3_run_put(cur, e->owner, e->mfn, 0, write, write);
	if (e->tree)
		note_sub(cur, e->tree, e->held, 1);
}

static void ends_unlock(gv3_cpu *cur, struct gv3_ends *s)
{
	if (s->second)
		gv3_unlock(cur, &s->second->lock, GV3_LVL_TREE2);
	if (s->first)
		gv3_unlock(cur, &s->first->lock, GV3_LVL_TREE);
}

/* The section ends: no page is held, and no lock. */
static void ends_leave(gv3_cpu *cur, struct gv3_ends *s)
{
	end_put(cur, &s->source, false);
	end_put(cur, &s->dest, true);
	ends_unlock(cur, s);
	s->first = s->second = NULL;
	s->entered = false;
}

/*
 * By address, which is the one order that all trees have: a name is its granter's own, and another's tree may have the
 * same. One that both ends name is locked once.
 */
static void ends_lock(gv3_cpu *cur, struct gv3_ends *s)
{
	struct gv3_tree *a = s->source.tree, *b = s->dest.tree;

	if ((uintptr_t)a > (uintptr_t)b) {
		a = s->dest.tree;
		b = s->source.tree;
	}
	/* If there is only one, it is the higher. */
	s->first = a ? a : b;
	s->second = a && a != b ? b : NULL;
	if (s->first)
		gv3_lock(cur, &s->first->lock, GV3_LVL_TREE);
	if (s->second)
		gv3_lock(cur, &s->second->lock, GV3_LVL_TREE2);
}

/* Whose the page of an end is, and by which tree. A status; nothing is locked. */
static int end_find(struct gv3_ctx *c, const struct gnttab_v3_copy_end *n, bool ref,
		    struct gv3_end *e)
{
	e->named = *n;
	e->tree = NULL;
	e->owner = c->self;
	if (!ref)
		return GNTST_okay;
	e->owner = gv3_dom_find(c->cur, n->dom == DOMID_SELF ? gv3_dom_id(c->self) : n->dom);
	if (!e->owner)
		return GNTST_bad_domain;
	e->tree = slot_tree(gv3_dom_state(e->owner), n->tree);
	return e->tree ? GNTST_okay : GNTST_bad_gntref;
}

/* The same trees, or frames, as the request before? */
static bool end_same(const struct gv3_end *e, const struct gnttab_v3_copy_end *n, bool ref)
{
	return ref ? e->tree && e->named.tree == n->tree && e->named.dom == n->dom : !e->tree;
}

/* One of them is being bound, or waits for its ack. */
static bool ends_wait(const struct gv3_ends *s)
{
	return ((s->first && tree_waits(s->first)) || (s->second && tree_waits(s->second))) &&
	       !GV3_MUTANT(HELD_COPIES);
}

/* Both trees found and locked, if they were not by the request before. A status; at fault nothing is locked. */
static int ends_enter(struct gv3_ctx *c, const struct gnttab_v3_copy *r)
{
	bool source = r->flags & GNTV3_COPY_SOURCE, dest = r->flags & GNTV3_COPY_DEST;
	struct gv3_ends *s = c->ends;
	int rc;

	if (s->entered && end_same(&s->source, &r->source, source) &&
	    end_same(&s->dest, &r->dest, dest))
		return GNTST_okay;
	ends_leave(c->cur, s);
	rc = end_find(c, &r->source, source, &s->source);
	if (rc == GNTST_okay)
		rc = end_find(c, &r->dest, dest, &s->dest);
	if (rc != GNTST_okay)
		return rc;
	ends_lock(c->cur, s);
	if ((s->first && !tree_ours(c, s->first, false)) ||
	    (s->second && !tree_ours(c, s->second, false)))
		rc = GNTST_bad_gntref;
	else if ((source && gv3_allowed(c->cur, GNTTABOP_v3_copy, s->source.owner, c->self)) ||
		 (dest && gv3_allowed(c->cur, GNTTABOP_v3_copy, s->dest.owner, c->self)))
		rc = GNTST_permission_denied;
	else if (ends_wait(s))
		rc = GNTST_eagain;
	s->entered = rc == GNTST_okay;
	if (!s->entered)
		ends_leave(c->cur, s);
	return rc;
}

/* The frame that a reference grants, with a reference on it, as map takes it. */
static int end_walk(gv3_cpu *cur, struct gv3_end *e, uint64_t ref, bool write)
{
	struct gv3_tree *t = e->tree;
	struct gv3_leaf leaf;
	uint64_t frame;
	int rc;

	if (beyond(t, ref))
		return GNTST_bad_gntref;
	if (blocked(t, ref, 1))
		return GNTST_eagain;
	note_mark(cur, t, ref, 1);
	rc = walk(cur, t, ref, &leaf);
	if (rc == GNTST_okay)
		rc = leaf_frame(cur, &leaf, ref, write, &frame);
	if (rc == GNTST_okay)
		rc = frame_status(gv3_run_get(cur, t->granter, frame, 0, write, &e->mfn));
	walk_done(cur, t, &leaf);
	e->held = ref;
	if (rc == GNTST_okay)
		note_add(cur, t, ref, 1);
	else
		note_unmark(cur, t, ref, 1);
	return rc;
}

/* The page of an end, held and addressable. */
static int end_claim(gv3_cpu *cur, struct gv3_end *e, const struct gnttab_v3_copy_end *n,
		     bool write)
{
	int rc;

	if (e->page && e->named.where == n->where)
		return GNTST_okay;
	end_put(cur, e, write);
	e->named.where = n->where;
	if (e->tree)
		rc = end_walk(cur, e, n->where, write);
	else
		rc = frame_status(gv3_run_get(cur, e->owner, n->where, 0, write, &e->mfn));
	if (rc == GNTST_okay)
		e->page = gv3_frame(cur, e->mfn);
	return rc;
}

/* What an end says, looked at alone. */
static int check_end(const struct gnttab_v3_copy_end *n, bool ref)
{
	if (ref)
		return n->where < GNTV3_MAX_REF ? GNTST_okay : GNTST_bad_gntref;
	if (n->tree)
		return GNTST_general_error;
	return n->dom == DOMID_SELF ? GNTST_okay : GNTST_permission_denied;
}

static int check_copy(const struct gnttab_v3_copy *r)
{
	uint32_t most = 1u << GNTV3_PAGE_SHIFT;
	int rc;

	if (r->pad || r->flags & ~(GNTV3_COPY_SOURCE | GNTV3_COPY_DEST))
		return GNTST_general_error;
	rc = check_end(&r->source, r->flags & GNTV3_COPY_SOURCE);
	if (rc == GNTST_okay)
		rc = check_end(&r->dest, r->flags & GNTV3_COPY_DEST);
	if (rc == GNTST_okay && ((uint32_t)r->source.offset + r->len > most ||
				 (uint32_t)r->dest.offset + r->len > most))
		rc = GNTST_bad_copy_arg;
	return rc;
}

/* One request: a status. The trees stay locked, and the pages held, for the next one of the block. */
static int copy_one(struct gv3_ctx *c, const struct gnttab_v3_copy *r)
{
	struct gv3_ends *s = c->ends;
	int rc = check_copy(r);

	if (rc == GNTST_okay)
		rc = ends_enter(c, r);
	if (rc == GNTST_okay)
		rc = end_claim(c->cur, &s->source, &r->source, false);
	if (rc == GNTST_okay)
		rc = end_claim(c->cur, &s->dest, &r->dest, true);
	if (rc != GNTST_okay)
		return rc;
	if (GV3_MUTANT(COPY_UNLOCKED))
		ends_unlock(c->cur, s);
	gv3_move(c->cur, (uint8_t *)s->dest.page + r->dest.offset,
		 (const uint8_t *)s->source.page + r->source.offset, r->len);
	if (GV3_MUTANT(COPY_UNLOCKED))
		ends_lock(c->cur, s);
	return GNTST_okay;
}
