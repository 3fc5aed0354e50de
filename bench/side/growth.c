// SPDX-License-Identifier: GPL-2.0-only
/* Tables and trees that grow from nothing. */
#include <stdlib.h>
#include <string.h>

#include <gnb/growth.h>

/* References of a leaf's node. */
static uint64_t node_refs(unsigned level)
{
	return 1ull << GNTV3_LEVEL_BITS * (level + 1);
}

int gnb_growth_room(struct gnb_machine_config *cfg, uint32_t refs, unsigned level,
		    unsigned max_frames, const char **why)
{
	cfg->cold = true;
	cfg->prefault = true;
	cfg->max_grant_frames = max_frames;
	if (gnb_is_tree(cfg->version->entries)) {
		/* Numbers of a tree begin with 0: of larger leaves all are there. */
		cfg->nodes = gnb_tree_nodes(refs >> GNTV3_LEVEL_BITS * level, 1);
		/* By entries of 2 MiB in the granter's own p2m, however few they are: looking one up costs the same. */
		cfg->nodes = (cfg->nodes + GNTV3_ENTRIES - 1) & ~(GNTV3_ENTRIES - 1);
		return 0;
	}
	if (level) {
		*why = "an entry of a table grants a page of 4 KiB";
		return -EOPNOTSUPP;
	}
	if (refs <= (uint64_t)max_frames * gnb_refs_per_frame(cfg->version->entries))
		return 0;
	*why = "more references than the frames of a grant table hold: see max_frames";
	return -EOPNOTSUPP;
}

static int init_tree(struct gnb_growth *g)
{
	const struct gnb_target *t = g->s->t;
	int rc = gnb_tree_begin(&g->gtab.tree, t, g->s->m, g->want >> GNTV3_LEVEL_BITS * g->level);

	if (rc)
		return rc;
	g->pages = gnb_tree_nodes(g->want >> GNTV3_LEVEL_BITS * g->level, 1);
	g->page = calloc(g->pages, sizeof(*g->page));
	g->frame = calloc(g->pages, sizeof(*g->frame));
	g->set_root = t->args_alloc(g->s->m, GNB_GRANTER, sizeof(*g->set_root));
	if (!g->page || !g->frame || !g->set_root)
		return -ENOMEM;
	for (unsigned i = 0; i < g->pages; i++) {
		g->page[i] = t->node(g->s->m, i, &g->frame[i]);
		if (!g->page[i])
			return -ENOMEM;
		/* What was in it before. */
		memset(g->page[i], 0xa5, GNB_PAGE_SIZE);
	}
	return 0;
}

int gnb_growth_init(struct gnb_growth *g, struct gnb_side *s, uint32_t refs, unsigned level)
{
	unsigned per = gnb_refs_per_frame(s->version->entries), frames = (refs + per - 1) / per;
	int rc = 0;

	memset(g, 0, sizeof(*g));
	g->s = s;
	g->want = refs;
	g->level = level;
	g->dom = s->t->domid(s->m, GNB_MAPPER);
	g->gtab.entries = s->version->entries;
	if (gnb_is_tree(g->gtab.entries)) {
		rc = init_tree(g);
	} else {
		g->gtab.shared = calloc(frames, sizeof(*g->gtab.shared));
		g->gtab.status = calloc(frames, sizeof(*g->gtab.status));
		rc = g->gtab.shared && g->gtab.status ? 0 : -ENOMEM;
	}
	return rc ? gnb_fail(s, rc, "no memory to grow to %u references", refs) : 0;
}

void gnb_growth_fini(struct gnb_growth *g)
{
	gnb_gtab_fini(&g->gtab);
	free(g->page);
	free(g->frame);
	memset(g, 0, sizeof(*g));
}

/* An empty node; its number among the pages. */
static unsigned new_node(struct gnb_growth *g)
{
	memset(g->page[g->used], 0, GNB_PAGE_SIZE);
	return g->used++;
}

/* The entry that leads to a node, which is complete: one store. */
static void lead_to(grant_v3_entry_t *e, uint64_t frame)
{
	__atomic_store_n(e, frame << GNTV3_PAGE_SHIFT | GNTV3_TABLE, __ATOMIC_RELEASE);
}

/* The tree has a level more: references keep their numbers, below entry 0 of the new root. */
static int new_root(struct gnb_growth *g)
{
	struct gnb_tree *tr = &g->gtab.tree;
	unsigned i = new_node(g);
	long rc;

	lead_to(g->page[i], g->root);
	*g->set_root = (struct gnttab_v3_set_root){ .root = g->frame[i],
						    .tree = tr->id,
						    .levels = (uint8_t)(tr->levels + 1) };
	rc = tr->t->hypercall(tr->v, GNTTABOP_v3_set_root, g->set_root, 1);
	if (rc || g->set_root->status != GNTST_okay)
		return -EIO;
	g->root = g->frame[i];
	g->newest[tr->levels++] = g->page[i];
	return 0;
}

static int first_node(struct gnb_growth *g)
{
	struct gnb_tree *tr = &g->gtab.tree;
	unsigned i = new_node(g);
	int rc;

	tr->levels = g->level + 1;
	tr->leaf[0] = g->newest[g->level] = g->page[i];
	g->root = g->frame[i];
	rc = gnb_tree_register(tr, g->s->m, g->root);
	g->s->tree = tr->id;
	return rc;
}

/* One more node for leaves, and what leads to it. */
static int grow_tree(struct gnb_growth *g)
{
	struct gnb_tree *tr = &g->gtab.tree;
	uint64_t ref = g->refs;
	int rc = 0;

	if (!ref)
		return first_node(g);
	if (ref >> GNTV3_LEVEL_BITS * tr->levels)
		rc = new_root(g);
	for (unsigned level = tr->levels - 1; level > g->level && !rc; level--) {
		unsigned below = GNTV3_LEVEL_BITS * level, i;
		grant_v3_entry_t *e = g->newest[level] + (ref >> below) % GNTV3_ENTRIES;

		if (*e)
			continue;
		i = new_node(g);
		lead_to(e, g->frame[i]);
		g->newest[level - 1] = g->page[i];
	}
	tr->leaf[ref / node_refs(g->level)] = g->newest[g->level];
	return rc;
}

int gnb_growth_step(struct gnb_growth *g)
{
	int rc;

	if (gnb_is_tree(g->gtab.entries)) {
		rc = grow_tree(g);
		g->refs += (uint32_t)node_refs(g->level);
		return rc;
	}
	rc = g->s->t->grow(g->s->m, g->gtab.nr_frames + 1);
	g->gtab.nr_frames++;
	g->refs += gnb_refs_per_frame(g->gtab.entries);
	return rc;
}

int gnb_growth_look(struct gnb_growth *g)
{
	const struct gnb_target *t = g->s->t;
	unsigned last = g->gtab.nr_frames - 1,
		 status = last * GNB_V2_PER_FRAME / GNB_STATUS_PER_FRAME;

	if (gnb_is_tree(g->gtab.entries))
		return 0;
	g->gtab.shared[last] = t->grant_frame(g->s->m, last, false);
	if (gnb_is_v2(g->gtab.entries) && !g->gtab.status[status])
		g->gtab.status[status] = t->grant_frame(g->s->m, status, true);
	return g->gtab.shared[last] && (!gnb_is_v2(g->gtab.entries) || g->gtab.status[status])
		       ? 0
		       : gnb_fail(g->s, -ENOENT, "frame %u of the table is not there", last);
}

unsigned gnb_growth_pages(const struct gnb_growth *g)
{
	return g->used;
}

bool gnb_done_known(const struct gnb_side *s)
{
	for (unsigned i = 0; s->t->count_names[i]; i++)
		if (!strcmp(s->t->count_names[i], "bytes_allocated"))
			return true;
	return false;
}

struct gnb_done gnb_done(const struct gnb_side *s)
{
	struct gnb_done d = { 0 };
	struct gnb_counts c;

	s->t->counts(s->m, &c);
	for (unsigned i = 0; s->t->count_names[i]; i++) {
		if (!strcmp(s->t->count_names[i], "bytes_allocated"))
			d.bytes = c.v[i];
		else if (strncmp(s->t->count_names[i], "bytes_", 6))
			d.events += c.v[i];
	}
	return d;
}
