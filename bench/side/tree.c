// SPDX-License-Identifier: GPL-2.0-only
/* A tree of version 3 as its granter makes it: nodes first, then the entries that lead to them, then its registration. */
#include <stdlib.h>
#include <string.h>

#include <gnb/grant.h>
#include <gnb/tree.h>

static unsigned levels_for(uint64_t refs, unsigned levels)
{
	while (levels < GNTV3_MAX_LEVELS && refs > 1ull << GNTV3_LEVEL_BITS * levels)
		levels++;
	return levels;
}

/* Nodes of a level, 0 the lowest. */
static uint64_t nodes_of(uint64_t refs, unsigned level)
{
	uint64_t per = 1ull << GNTV3_LEVEL_BITS * (level + 1);

	return refs ? (refs + per - 1) / per : 1;
}

unsigned gnb_tree_nodes(uint64_t refs, unsigned levels)
{
	return gnb_tree_nodes_from(refs, 0, levels);
}

unsigned gnb_tree_nodes_from(uint64_t refs, unsigned first, unsigned levels)
{
	uint64_t n = 0;

	levels = levels_for(refs, levels);
	for (unsigned level = first; level < levels; level++)
		n += nodes_of(refs, level);
	return (unsigned)n;
}

/* The entry that leads to a node, which is complete. */
static void lead_to(grant_v3_entry_t *e, uint64_t frame)
{
	__atomic_store_n(e, frame << GNTV3_PAGE_SHIFT | GNTV3_TABLE, __ATOMIC_RELEASE);
}

/* All nodes, level by level from the lowest: an entry leads to a node that is complete. *root: the last one's frame. */
static int make_nodes(struct gnb_tree *tr, struct gnb_machine *m, unsigned first, uint64_t *root)
{
	for (unsigned level = 0; level < tr->levels; level++) {
		uint64_t n = nodes_of(tr->refs, level);
		grant_v3_entry_t **nodes = level ? calloc(n, sizeof(*nodes)) : tr->leaf;

		tr->frame[level] = calloc(n, sizeof(*tr->frame[level]));
		if (level)
			tr->upper[level] = nodes;
		if (!nodes || !tr->frame[level])
			return -ENOMEM;
		for (uint64_t i = 0; i < n; i++) {
			uint64_t below = level ? nodes_of(tr->refs, level - 1) : 0;

			nodes[i] = tr->t->node(m, first++, root);
			if (!nodes[i])
				return -ENOMEM;
			tr->frame[level][i] = *root;
			memset(nodes[i], 0, GNB_PAGE_SIZE);
			for (uint64_t k = i * GNTV3_ENTRIES;
			     k < (i + 1) * GNTV3_ENTRIES && k < below; k++)
				lead_to(&nodes[i][k % GNTV3_ENTRIES], tr->frame[level - 1][k]);
		}
	}
	return 0;
}

int gnb_tree_begin(struct gnb_tree *tr, const struct gnb_target *t, struct gnb_machine *m,
		   uint64_t refs)
{
	memset(tr, 0, sizeof(*tr));
	if (!t->node)
		return -EOPNOTSUPP;
	tr->t = t;
	tr->v = t->vcpu(m, GNB_GRANTER, 0);
	tr->refs = refs;
	tr->leaf = calloc(nodes_of(refs, 0), sizeof(*tr->leaf));
	tr->reg = t->args_alloc(m, GNB_GRANTER, sizeof(*tr->reg));
	tr->query = t->args_alloc(m, GNB_GRANTER, sizeof(*tr->query));
	tr->revoke = t->args_alloc(m, GNB_GRANTER, sizeof(*tr->revoke));
	return tr->leaf && tr->reg && tr->query && tr->revoke ? 0 : -ENOMEM;
}

int gnb_tree_register(struct gnb_tree *tr, struct gnb_machine *m, uint64_t root)
{
	long rc;

	*tr->reg = (struct gnttab_v3_register){
		.dom = tr->t->domid(m, GNB_MAPPER),
		.flags = (uint16_t)tr->terms,
		.levels = (uint8_t)tr->levels,
		.max_maps = (uint8_t)tr->max_maps,
		.root = root,
	};
	rc = tr->t->hypercall(tr->v, GNTTABOP_v3_register, tr->reg, 1);
	if (rc)
		return rc < 0 ? (int)rc : -EIO;
	if (tr->reg->status != GNTST_okay)
		return tr->reg->status == GNTST_no_space ? -ENOSPC : -EIO;
	tr->id = tr->reg->tree;
	return 0;
}

int gnb_tree_init(struct gnb_tree *tr, const struct gnb_target *t, struct gnb_machine *m,
		  unsigned first, uint64_t refs, unsigned levels, unsigned max_maps, unsigned terms)
{
	uint64_t root;
	int rc = gnb_tree_begin(tr, t, m, refs);

	tr->levels = levels_for(refs, levels);
	tr->max_maps = max_maps;
	tr->terms = terms;
	if (!rc)
		rc = make_nodes(tr, m, first, &root);
	if (!rc)
		rc = gnb_tree_register(tr, m, root);
	if (rc)
		gnb_tree_fini(tr);
	return rc;
}

void gnb_tree_fini(struct gnb_tree *tr)
{
	free(tr->leaf);
	for (unsigned level = 0; level < GNTV3_MAX_LEVELS; level++) {
		free(tr->upper[level]);
		free(tr->frame[level]);
	}
	memset(tr, 0, sizeof(*tr));
}

/* A page of the granter's for the hypervisor to write into, and its frame. */
static void *own_page(struct gnb_tree *tr, struct gnb_machine *m, unsigned i, uint64_t *frame)
{
	void *page = tr->t->node(m, i, frame);

	if (page)
		memset(page, 0, GNB_PAGE_SIZE);
	return page;
}

static int set_up_pages(struct gnb_tree *tr, struct gnb_machine *m, unsigned i, bool notices)
{
	struct gnttab_v3_notify_setup *set = tr->t->args_alloc(m, GNB_GRANTER, sizeof(*set));
	uint64_t frame = 0, notice_frame = 0;
	uint8_t *page = own_page(tr, m, i, &frame);
	uint64_t *notice = notices ? own_page(tr, m, i + 1, &notice_frame) : NULL;
	unsigned order = 0;
	long rc;

	while (tr->refs > (uint64_t)GNB_PAGE_SIZE << order)
		order++;
	if (!set || !page || (notices && !notice))
		return -ENOMEM;
	*set = (struct gnttab_v3_notify_setup){ .status_frame = frame,
						.notice_frame = notice_frame,
						.tree = tr->id,
						.port = notices ? GNB_EVENT_PORT : 0,
						.order = (uint8_t)order };
	rc = tr->t->hypercall(tr->v, GNTTABOP_v3_notify_setup, set, 1);
	if (rc)
		return rc < 0 ? (int)rc : -EIO;
	if (set->status != GNTST_okay)
		return set->status == GNTST_no_space ? -ENOSPC : -EIO;
	tr->status = page;
	tr->notice = notice;
	tr->order = order;
	return 0;
}

int gnb_tree_watch(struct gnb_tree *tr, struct gnb_machine *m, unsigned i)
{
	return set_up_pages(tr, m, i, false);
}

int gnb_tree_notify(struct gnb_tree *tr, struct gnb_machine *m, unsigned i)
{
	return set_up_pages(tr, m, i, true);
}

int gnb_tree_maps(const struct gnb_tree *tr, uint64_t ref)
{
	long rc;

	*tr->query = (struct gnttab_v3_query){ .ref = ref, .tree = tr->id, .dom = DOMID_SELF };
	rc = tr->t->hypercall(tr->v, GNTTABOP_v3_query, tr->query, 1);
	return rc || tr->query->status != GNTST_okay ? -EIO : tr->query->maps;
}

int gnb_tree_revokes(struct gnb_tree *tr, struct gnb_machine *m, unsigned n)
{
	tr->revoke = tr->t->args_alloc(m, GNB_GRANTER, n * sizeof(*tr->revoke));
	return tr->revoke ? 0 : -ENOMEM;
}

int gnb_tree_revoke_list(const struct gnb_tree *tr, const uint32_t *ref, unsigned n)
{
	struct gnttab_v3_revoke *r = tr->revoke - 1;
	unsigned reqs = 0;
	long rc;

	for (unsigned i = 0; i < n; i++) {
		if (i && ref[i] == ref[i - 1] + 1) {
			r->count++;
			continue;
		}
		*++r = (struct gnttab_v3_revoke){ .ref = gnb_tree_ref(ref[i]),
						  .count = 1,
						  .tree = tr->id };
		reqs++;
	}
	rc = tr->t->hypercall(tr->v, GNTTABOP_v3_revoke, tr->revoke, reqs);
	if (rc)
		return rc < 0 ? (int)rc : -EIO;
	for (r = tr->revoke; reqs--; r++) {
		if (r->status != GNTST_okay)
			return -EIO;
		if (r->outcomes & GNTV3_GOT_KEPT)
			rc = -EBUSY;
	}
	return (int)rc;
}

int gnb_tree_revoke(const struct gnb_tree *tr, uint64_t ref, uint64_t count)
{
	long rc;

	*tr->revoke = (struct gnttab_v3_revoke){ .ref = ref, .count = count, .tree = tr->id };
	rc = tr->t->hypercall(tr->v, GNTTABOP_v3_revoke, tr->revoke, 1);
	if (rc || tr->revoke->status != GNTST_okay)
		return -EIO;
	return tr->revoke->outcomes & GNTV3_GOT_KEPT ? -EBUSY : 0;
}

void gnb_tree_split(const struct gnb_tree *tr, uint64_t ref, unsigned level)
{
	for (; level; level--) {
		grant_v3_entry_t *e = gnb_tree_slot(tr, ref, level), leaf = *e;
		uint64_t below = ref >> GNTV3_LEVEL_BITS * level, step = level - 1;
		grant_v3_entry_t *node = step ? tr->upper[step][below] : tr->leaf[below];

		for (uint64_t k = 0; k < GNTV3_ENTRIES; k++)
			node[k] = leaf + (k << (GNTV3_LEVEL_BITS * step + GNTV3_PAGE_SHIFT));
		__atomic_store_n(e, GNTV3_NOTHING, __ATOMIC_RELEASE);
		lead_to(e, tr->frame[step][below]);
	}
}

int gnb_tree_unlink(const struct gnb_tree *tr, uint64_t ref, unsigned level)
{
	uint64_t size = 1ull << GNTV3_LEVEL_BITS * level;

	__atomic_store_n(gnb_tree_slot(tr, ref, level), GNTV3_NOTHING, __ATOMIC_RELAXED);
	gnb_full_barrier();
	return gnb_tree_revoke(tr, ref & ~(size - 1), size);
}
