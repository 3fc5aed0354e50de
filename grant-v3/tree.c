/* SPDX-License-Identifier: GPL-2.0-only */
/* Trees: registered, found, given another root, left to their grantee. */

static struct gv3_tree *slot_tree(struct gv3_state *st, grant_v3_tree_t id)
{
	unsigned long i = id & ((1u << GV3_SLOT_BITS) - 1);
	void **slots = st ? gv3_look((void *const *)&st->slot) : NULL;
	struct gv3_tree *t;

	if (!slots || i >= GV3_MAX_TREES)
		return NULL;
	t = gv3_look(&slots[gv3_nospec(i, GV3_MAX_TREES)]);
	return t && t->id == id ? t : NULL;
}

/* A tree that is for self, by its name: also one that its granter has let go of, which is in no slot. Rare. */
static struct gv3_tree *left_tree(gv3_cpu *cur, gv3_dom *self, uint16_t dom, grant_v3_tree_t id)
{
	struct gv3_state *st = gv3_dom_state(self);
	struct gv3_tree *t;

	gv3_lock(cur, &st->lock, GV3_LVL_STATE);
	for (t = st->mine; t; t = t->next)
		if (t->id == id && t->granter_id == dom)
			break;
	gv3_unlock(cur, &st->lock, GV3_LVL_STATE);
	return t;
}

/* Its own address space is locked only with a tree. */
static inline void ctx_leave(struct gv3_ctx *c)
{
	if (!c->tree)
		return;
	if (c->space)
		gv3_as_unlock(c->cur, c->self);
	c->space = false;
	gv3_unlock(c->cur, &c->tree->lock, GV3_LVL_TREE);
	c->tree = NULL;
}

/* With its lock: is it the caller's to use? Another vCPU may have let go of it meanwhile. */
static bool tree_ours(const struct gv3_ctx *c, const struct gv3_tree *t, bool left)
{
	return (t->grantee == c->self || GV3_MUTANT(ANY_GRANTEE)) && !t->dead &&
	       (left || !t->closing);
}

/* The tree's lock, if it is the caller's to use. */
static bool lock_ours(const struct gv3_ctx *c, struct gv3_tree *t, bool left)
{
	gv3_lock(c->cur, &t->lock, GV3_LVL_TREE);
	if (tree_ours(c, t, left))
		return true;
	gv3_unlock(c->cur, &t->lock, GV3_LVL_TREE);
	return false;
}

/* The tree that a mapper names, when the request before named another. */
static int ctx_find(struct gv3_ctx *c, uint16_t dom, grant_v3_tree_t id, bool left)
{
	struct gv3_tree *t;
	gv3_dom *granter;

	if (GV3_MUTANT(LEFT_MAPS))
		left = true;
	if (dom == DOMID_SELF)
		dom = gv3_dom_id(c->self);
	ctx_leave(c);
	granter = gv3_dom_find(c->cur, dom);
	t = granter ? slot_tree(gv3_dom_state(granter), id) : NULL;
	if (!t || !lock_ours(c, t, left)) {
		/* Another domain may have the granter's number by now, and a tree of that name for somebody else. */
		t = left ? left_tree(c->cur, c->self, dom, id) : NULL;
		if (!t || !lock_ours(c, t, left))
			return granter ? GNTST_bad_gntref : GNTST_bad_domain;
	}
	c->tree = t;
	c->id = id;
	c->dom = dom;
	return GNTST_okay;
}

/* The tree that a mapper names, locked. GNTST_okay, or why not; left: one that is only there to be unmapped will do. */
static inline int ctx_enter(struct gv3_ctx *c, uint16_t dom, grant_v3_tree_t id, bool left)
{
	return c->tree && c->id == id && c->dom == dom ? GNTST_okay : ctx_find(c, dom, id, left);
}

/* The tree that has a slot, locked; NULL: none. What was let go of while it was waited for may have an heir there. */
static struct gv3_tree *slot_lock(gv3_cpu *cur, struct gv3_state *st, grant_v3_tree_t id)
{
	struct gv3_tree *t = slot_tree(st, id);

	for (; t; t = slot_tree(st, id)) {
		gv3_lock(cur, &t->lock, GV3_LVL_TREE);
		if (!t->detached)
			break;
		gv3_unlock(cur, &t->lock, GV3_LVL_TREE);
	}
	return t;
}

/* The tree that its granter names, locked; NULL: there is none. */
static struct gv3_tree *own_tree(gv3_cpu *cur, gv3_dom *self, grant_v3_tree_t id)
{
	struct gv3_tree *t = slot_lock(cur, gv3_dom_state(self), id);

	if (!t || !t->closing)
		return t;
	gv3_unlock(cur, &t->lock, GV3_LVL_TREE);
	return NULL;
}

/* Nothing is mapped by it now: it waits for an ack, or what was mapped is being revoked for a bind. */
static bool tree_waits(const struct gv3_tree *t)
{
	return (t->held || t->binding) && !GV3_MUTANT(HELD_MAPS);
}

static bool is_page(gv3_cpu *cur, gv3_dom *d, uint64_t frame)
{
	gv3_node_t n;

	if (!gv3_node(cur, d, frame, &n))
		return false;
	gv3_node_done(cur, d, &n);
	return true;
}

/* With the granter's S: a slot and a name for the tree, and it can be found. */
static bool place(gv3_cpu *cur, struct gv3_state *st, struct gv3_tree *t)
{
	unsigned i;

	if (gv3_dom_flags(st->d) & GV3_DYING || st->trees >= st->max_trees)
		return false;
	if (!st->slot) {
		void *page = gv3_page_alloc(cur, st->d);

		if (!page)
			return false;
		gv3_publish((void **)&st->slot, page);
	}
	for (i = 0; st->slot[i]; i++)
		;
	st->generation = (st->generation + 1) & ((1u << (32 - GV3_SLOT_BITS)) - 1);
	if (!st->generation)
		st->generation = 1;
	t->id = st->generation << GV3_SLOT_BITS | i;
	st->trees++;
	gv3_publish(&st->slot[i], t);
	return true;
}

/* The slot is free; whoever has found the tree sees under its lock that it is detached. */
static void unplace(gv3_cpu *cur, struct gv3_state *st, struct gv3_tree *t)
{
	gv3_lock(cur, &st->lock, GV3_LVL_STATE);
	gv3_publish(&st->slot[t->id & ((1u << GV3_SLOT_BITS) - 1)], NULL);
	st->trees--;
	gv3_unlock(cur, &st->lock, GV3_LVL_STATE);
}

/*
 * It is for d, if d lives. GV3_AGAIN: d still has a tree of that name, which its granter has let go of: another
 * generation of this domain, or one that had its number before.
 */
static int bind_tree(gv3_cpu *cur, struct gv3_tree *t, gv3_dom *d)
{
	struct gv3_state *st = gv3_dom_state(d);
	struct gv3_tree *other;
	int rc = GNTST_okay;

	gv3_lock(cur, &st->lock, GV3_LVL_STATE);
	for (other = st->mine; other; other = other->next)
		if (other->id == t->id && other->granter_id == t->granter_id)
			rc = GV3_AGAIN;
	if (gv3_dom_flags(d) & GV3_DYING)
		rc = GNTST_bad_domain;
	if (rc == GNTST_okay) {
		t->grantee = d;
		t->kind = gv3_dom_flags(d);
		t->next = st->mine;
		st->mine = t;
	}
	gv3_unlock(cur, &st->lock, GV3_LVL_STATE);
	return rc;
}

static void unbind_tree(gv3_cpu *cur, struct gv3_tree *t)
{
	struct gv3_state *st = gv3_dom_state(t->grantee);
	struct gv3_tree **at;

	gv3_lock(cur, &st->lock, GV3_LVL_STATE);
	for (at = &st->mine; *at != t; at = &(*at)->next)
		;
	*at = t->next;
	gv3_unlock(cur, &st->lock, GV3_LVL_STATE);
}

/*
 * What is left of a tree of which nothing is mapped, once it has no granter or no grantee: with its
 * lock, which it drops. Nobody finds it after this, and who has found it sees that it is dead.
 */
static void tree_drop(gv3_cpu *cur, struct gv3_tree *t)
{
	bool dead = t->detached;
	gv3_dom *payer = t->payer;

	if (t->idle != GV3_NO_REGION)
		shadow_trim(cur, t, t->idle << GNTV3_LEVEL_BITS);
	cache_forget(cur, t, 0, UINT64_MAX);
	recs_free(cur, t);
	t->idle = GV3_NO_REGION;
	free_sink(cur, t);
	t->dead = dead;
	if (t->grantee)
		unbind_tree(cur, t);
	t->grantee = NULL;
	gv3_unlock(cur, &t->lock, GV3_LVL_TREE);
	/* Not what it says now: if it was not dead it may have died since, by another's hand. */
	if (dead)
		gv3_page_retire(cur, payer, t);
}

/* A tree for `to`, as it was asked for: a status, or GV3_AGAIN if its name is not free. */
static int make_tree(gv3_cpu *cur, gv3_dom *self, gv3_dom *to, struct gnttab_v3_register *r)
{
	struct gv3_state *st = gv3_dom_state(self);
	struct gv3_tree *t = gv3_page_alloc(cur, self);
	int rc = GNTST_no_space;
	bool placed;

	if (!t)
		return rc;
	gv3_lock_init(&t->lock);
	t->granter = t->payer = self;
	t->granter_id = gv3_dom_id(self);
	t->flags = r->flags;
	t->levels = r->levels;
	t->max_maps = r->max_maps ? r->max_maps : 2;
	t->root = r->root;
	t->caches = gv3_dom_flags(self) & GV3_WALK_CACHE;
	t->idle = GV3_NO_REGION;
	t->note.status = t->note.notice = GV3_NO_FRAME;
	/* Who finds it from here on, by a name that nobody was told, waits until it is decided what it is. */
	gv3_lock(cur, &t->lock, GV3_LVL_TREE);
	gv3_lock(cur, &st->lock, GV3_LVL_STATE);
	placed = place(cur, st, t);
	gv3_unlock(cur, &st->lock, GV3_LVL_STATE);
	if (placed) {
		rc = bind_tree(cur, t, to);
		if (rc != GNTST_okay)
			unplace(cur, st, t);
	}
	if (rc == GNTST_okay)
		r->tree = t->id;
	else
		t->closing = t->detached = t->dead = true;
	gv3_unlock(cur, &t->lock, GV3_LVL_TREE);
	if (rc != GNTST_okay)
		gv3_page_retire(cur, self, t);
	return rc;
}

static int register_tree(gv3_cpu *cur, gv3_dom *self, struct gnttab_v3_register *r)
{
	gv3_dom *to = r->dom == DOMID_SELF ? self : gv3_dom_find(cur, r->dom);
	int rc;

	if (!to || !gv3_dom_state(to) || gv3_dom_flags(to) & GV3_DYING)
		return GNTST_bad_domain;
	if (gv3_allowed(cur, GNTTABOP_v3_register, self, to))
		return GNTST_permission_denied;
	if (r->flags & ~(GNTV3_REVOCABLE_ONLY | GNTV3_TRANSLATED_ONLY | GNTV3_REBINDABLE) ||
	    !r->levels || r->levels > GNTV3_MAX_LEVELS || r->max_maps > 127 || r->pad)
		return GNTST_general_error;
	if (!is_page(cur, self, r->root))
		return GNTST_bad_page;
	do
		rc = make_tree(cur, self, to, r);
	while (rc == GV3_AGAIN);
	return rc;
}

static int set_root(gv3_cpu *cur, gv3_dom *self, const struct gnttab_v3_set_root *r)
{
	struct gv3_tree *t;
	int rc = GNTST_okay;

	if (r->pad)
		return GNTST_general_error;
	t = own_tree(cur, self, r->tree);
	if (!t)
		return GNTST_bad_gntref;
	if (r->levels < t->levels || r->levels > GNTV3_MAX_LEVELS) {
		rc = GNTST_general_error;
	} else if (!is_page(cur, self, r->root)) {
		rc = GNTST_bad_page;
	} else {
		t->root = r->root;
		t->levels = r->levels;
		if (!GV3_MUTANT(ROOT_KEEPS_NODES))
			cache_forget(cur, t, 0, UINT64_MAX);
	}
	gv3_unlock(cur, &t->lock, GV3_LVL_TREE);
	return rc;
}
