// SPDX-License-Identifier: GPL-2.0-only
/* The granter's table or tree, looked up or made. */
#include <gnb/grant.h>

static void **frames(struct gnb_side *s, unsigned n, bool status, int *err)
{
	void **f = calloc(n ? n : 1, sizeof(*f));

	*err = f ? 0 : -ENOMEM;
	for (unsigned i = 0; i < n && !*err; i++) {
		f[i] = s->t->grant_frame(s->m, i, status);
		if (!f[i])
			*err = -ENOENT;
	}
	return f;
}

static int init(struct gnb_gtab *g, struct gnb_side *s, unsigned first, unsigned refs,
		unsigned levels, unsigned max_maps, unsigned terms)
{
	int err;

	memset(g, 0, sizeof(*g));
	g->entries = s->version->entries;
	g->super = s->version->mapping == GNB_MAP_SUPER;
	if (gnb_is_tree(g->entries)) {
		err = gnb_tree_init(&g->tree, s->t, s->m, first, refs, levels, max_maps, terms);
		s->tree = g->tree.id;
		return err ? gnb_fail(s, err, "no tree can be had for %u references", refs) : 0;
	}
	g->nr_frames = gnb_frames_for(s->version, refs);
	g->shared = frames(s, g->nr_frames, false, &err);
	if (!err && gnb_is_v2(g->entries))
		g->status = frames(s,
				   (g->nr_frames * GNB_V2_PER_FRAME + GNB_STATUS_PER_FRAME - 1) /
					   GNB_STATUS_PER_FRAME,
				   true, &err);
	if (err)
		gnb_gtab_fini(g);
	return err ? gnb_fail(s, err, "the table does not have frames for %u references", refs) : 0;
}

int gnb_gtab_init(struct gnb_gtab *g, struct gnb_side *s, unsigned refs, unsigned levels)
{
	return gnb_gtab_init_maps(g, s, refs, levels, 0);
}

int gnb_gtab_init_maps(struct gnb_gtab *g, struct gnb_side *s, unsigned refs, unsigned levels,
		       unsigned max_maps)
{
	return init(g, s, 0, refs, levels, max_maps, 0);
}

int gnb_gtab_init_at(struct gnb_gtab *g, struct gnb_side *s, unsigned first, unsigned refs,
		     unsigned levels)
{
	return init(g, s, first, refs, levels, 0, 0);
}

int gnb_gtab_init_rebindable(struct gnb_gtab *g, struct gnb_side *s, unsigned refs, unsigned levels)
{
	return init(g, s, 0, refs, levels, 0, GNTV3_REBINDABLE);
}

int gnb_gtab_watch(struct gnb_gtab *g, struct gnb_side *s)
{
	int rc;

	if (!gnb_is_tree(g->entries))
		return 0;
	rc = gnb_tree_watch(&g->tree, s->m, gnb_tree_nodes(g->tree.refs, g->tree.levels));
	return rc ? gnb_fail(s, rc, "no status page can be had for the tree") : 0;
}

int gnb_gtab_notify(struct gnb_gtab *g, struct gnb_side *s)
{
	int rc = gnb_tree_notify(&g->tree, s->m, gnb_tree_nodes(g->tree.refs, g->tree.levels));

	return rc ? gnb_fail(s, rc, "no pages can be had to tell the granter of the tree") : 0;
}

int gnb_gtab_ends(struct gnb_gtab *g, struct gnb_side *s, unsigned revokes)
{
	int rc;

	if (!revokes || !gnb_is_tree(g->entries))
		return gnb_gtab_watch(g, s);
	rc = gnb_tree_revokes(&g->tree, s->m, revokes);
	return rc ? gnb_fail(s, rc, "no memory for %u requests to take back", revokes) : 0;
}
