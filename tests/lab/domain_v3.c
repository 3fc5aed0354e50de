// SPDX-License-Identifier: GPL-2.0-only
/* Part of lab_domain: grant tables version 3 in a Xen that has them. Trees, and what they grant. */
#include "v3.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

uint64_t v3_mark(unsigned i)
{
	return 0x7633000000000000ull + i;
}

static uint64_t frame_of(const struct v3_pair *p, unsigned i)
{
	return gnb_domain_frame(p->granter, i);
}

static uint64_t entry_of(const struct v3_pair *p, unsigned i, uint64_t bits)
{
	return frame_of(p, i) << GNTV3_PAGE_SHIFT | bits;
}

/* The first page of the granter's whose frame begins a region, with all of the region behind it. */
static unsigned find_region(const struct v3_pair *p)
{
	unsigned i;

	for (i = 0; i + V3_REGION <= gnb_domain_pages(p->granter); i++)
		if (!(frame_of(p, i) % V3_REGION))
			return i;
	return 0;
}

static bool is_run(const struct v3_pair *p)
{
	unsigned i;

	for (i = 1; i < V3_REGION; i++)
		if (frame_of(p, p->pages + i) != frame_of(p, p->pages) + i)
			return false;
	return !(frame_of(p, p->pages) % V3_REGION);
}

static void build_nodes(struct v3_pair *p)
{
	uint64_t *large = p->root + V3_REGION, *turned = large + 2 * V3_REGION,
		 *readonly = large + 3 * V3_REGION;
	unsigned i;

	p->small = large + V3_REGION;
	memset(p->root, 0, 7 * 4096);
	for (i = 0; i < V3_REGION; i++) {
		large[i] = p->small[i] = entry_of(p, p->pages + i, GNTV3_LEAF);
		turned[i] = entry_of(p, p->pages + V3_REGION - 1 - i, GNTV3_LEAF);
		readonly[i] = entry_of(p, p->pages + i, GNTV3_LEAF | GNTV3_READONLY);
		*(uint64_t *)(p->data + i * 4096ul) = v3_mark(i);
	}
	for (i = 0; i < 4; i++)
		p->root[i] = entry_of(p, p->nodes + 1 + i, GNTV3_TABLE);
	if (p->runs)
		p->root[0] = entry_of(p, p->pages, GNTV3_LEAF);
}

void v3_begin(struct v3_pair *p, struct gnb_domain *mapper, struct gnb_domain *granter,
	      unsigned flags)
{
	struct gnttab_v3_register r = { .dom = mapper ? gnb_domain_id(mapper) : 0,
					.flags = (uint16_t)flags,
					.levels = 2,
					.max_maps = 4 };

	*p = (struct v3_pair){ .granter = granter, .mapper = mapper };
	snprintf(p->name, sizeof(p->name), "v3, %s maps of %s", mapper ? type_name(mapper) : "dom0",
		 type_name(granter));
	p->pv = mapper && gnb_domain_control(mapper)->type == GNB_DOMAIN_PV;
	p->pages = find_region(p);
	p->nodes = p->pages + V3_REGION;
	p->runs = is_run(p);
	p->data = gnb_domain_map(granter, p->pages, V3_REGION);
	p->root = gnb_domain_map(granter, p->nodes, 8);
	must(granter, p->data && p->root ? 0 : -errno, "map the granter's pages");
	build_nodes(p);
	r.root = frame_of(p, p->nodes);
	must(granter,
	     grant_op(granter, GNTTABOP_v3_register, &r, sizeof(r), 1, NULL) || r.status ? -EIO : 0,
	     "register a tree");
	p->tree = r.tree;
}

void v3_end(struct v3_pair *p)
{
	struct gnttab_v3_unregister u = { .tree = p->tree };
	int64_t rc = grant_op(p->granter, GNTTABOP_v3_unregister, &u, sizeof(u), 1, NULL);

	check(!rc && u.status == OK, "%s: unregistered (%d)", p->name, u.status);
}

int64_t v3_op(struct v3_pair *p, unsigned cmd, void *args, size_t bytes, unsigned count,
	      uint64_t *ticks)
{
	return p->mapper ? grant_op(p->mapper, cmd, args, bytes, count, ticks)
			 : v3_dom0_op(cmd, args, bytes, count, ticks);
}

uint64_t v3_slot(const struct v3_pair *p, unsigned i)
{
	/* 16 GiB: no memory of dom0's, and none of the machine's. */
	return p->mapper ? gnb_domain_slot(p->mapper, i) : (1ull << 34) + i * 4096ull;
}

int v3_map(struct v3_pair *p, unsigned slot, uint64_t ref, unsigned count, unsigned flags,
	   struct gnttab_v3_map *m)
{
	int64_t rc;

	*m = (struct gnttab_v3_map){ .ref = ref,
				     .addr = v3_slot(p, slot),
				     .tree = p->tree,
				     .count = count,
				     .dom = gnb_domain_id(p->granter),
				     .flags = (uint16_t)(GNTV3_MAP_HOST | flags) };
	rc = v3_op(p, GNTTABOP_v3_map, m, sizeof(*m), 1, NULL);
	return rc ? (int)rc : m->status;
}

int v3_unmap(struct v3_pair *p, const struct gnttab_v3_map *m, struct gnttab_v3_unmap *u)
{
	int64_t rc;

	*u = (struct gnttab_v3_unmap){ .tree = p->tree, .handle = m->handle, .dom = m->dom };
	rc = v3_op(p, GNTTABOP_v3_unmap, u, sizeof(*u), 1, NULL);
	return rc ? (int)rc : u->status;
}

int v3_revoke(struct v3_pair *p, uint64_t ref, uint64_t count, unsigned flags,
	      struct gnttab_v3_revoke *r)
{
	int64_t rc;

	*r = (struct gnttab_v3_revoke){
		.ref = ref, .count = count, .tree = p->tree, .flags = (uint16_t)flags
	};
	rc = grant_op(p->granter, GNTTABOP_v3_revoke, r, sizeof(*r), 1, NULL);
	return rc ? (int)rc : r->status;
}

uint64_t v3_word(struct v3_pair *p, unsigned slot)
{
	uint64_t word = 0;

	if (gnb_domain_read(p->mapper, gnb_domain_slot(p->mapper, slot), &word, sizeof(word),
			    GNB_DOMAIN_UNCHECKED, NULL))
		return ~0ull;
	return word;
}

/* How many of V3_REGION pages at a slot show what was written, or (none) nothing. */
static unsigned seen(struct v3_pair *p, unsigned slot, bool turned)
{
	unsigned i, n = 0;

	for (i = 0; i < V3_REGION; i++)
		n += v3_word(p, slot + i) == v3_mark(turned ? V3_REGION - 1 - i : i);
	return n;
}

static unsigned none(struct v3_pair *p, unsigned slot)
{
	unsigned i, n = 0;

	for (i = 0; i < V3_REGION; i++)
		n += v3_word(p, slot + i) == ~0ull;
	return n;
}

static bool can_write(struct v3_pair *p, unsigned slot, unsigned page)
{
	uint64_t word = 0x1234, *at = (uint64_t *)(p->data + page * 4096ul) + 1;
	bool did;

	*at = 0;
	gnb_domain_write(p->mapper, gnb_domain_slot(p->mapper, slot) + 8, &word, sizeof(word),
			 GNB_DOMAIN_UNCHECKED, NULL);
	did = *at == word;
	*at = 0;
	return did;
}

/* Map and unmap, in one entry and in many. */
static void check_maps(struct v3_pair *p)
{
	struct gnttab_v3_map m, n;
	struct gnttab_v3_unmap u;
	bool large = p->runs && !p->pv;
	int rc;

	rc = v3_map(p, 0, V3_LARGE, V3_REGION, GNTV3_ACCEPT_2M, &m);
	check(rc == OK && m.done == V3_REGION && m.large == (large ? 1 : 0),
	      "%s: 2 MiB by one call (%d), %u pages, %u large entries", p->name, rc, m.done,
	      m.large);
	check(seen(p, 0, false) == V3_REGION, "%s: all of it is seen", p->name);
	check(can_write(p, 7, 7), "%s: and can be written", p->name);
	rc = v3_map(p, 0, V3_SMALL, 1, 0, &n);
	check(rc == GNTST_bad_virt_addr, "%s: not where something is (%d)", p->name, rc);
	rc = v3_unmap(p, &m, &u);
	check(rc == OK && !u.revoked && none(p, 0) == V3_REGION, "%s: unmapped (%d)", p->name, rc);
	rc = v3_map(p, 0, V3_SMALL, V3_REGION, GNTV3_ACCEPT_2M, &m);
	check(rc == OK && m.large == (large ? 1 : 0) && seen(p, 0, false) == V3_REGION,
	      "%s: a run of leaves (%d), %u large entries", p->name, rc, m.large);
	check(v3_unmap(p, &m, &u) == OK, "%s: unmapped", p->name);
	rc = v3_map(p, 512, V3_TURNED, V3_REGION, GNTV3_ACCEPT_2M, &m);
	check(rc == OK && !m.large && seen(p, 512, true) == V3_REGION,
	      "%s: no run (%d), %u large entries", p->name, rc, m.large);
	check(v3_unmap(p, &m, &u) == OK && none(p, 512) == V3_REGION, "%s: unmapped", p->name);
	rc = v3_map(p, 512, V3_LARGE, V3_REGION, GNTV3_ACCEPT_2M, &m);
	check(rc == OK && m.large == (large ? 1 : 0) && seen(p, 512, false) == V3_REGION,
	      "%s: where single pages were before (%d), %u large entries", p->name, rc, m.large);
	check(v3_unmap(p, &m, &u) == OK && none(p, 512) == V3_REGION, "%s: unmapped", p->name);
	rc = v3_map(p, 3, V3_READONLY + 3, 1, 0, &m);
	check(rc == GNTST_permission_denied,
	      "%s: a leaf to be read is not mapped to be written (%d)", p->name, rc);
	rc = v3_map(p, 3, V3_READONLY + 3, 1, GNTV3_MAP_READONLY, &m);
	check(rc == OK && v3_word(p, 3) == v3_mark(3) && !can_write(p, 3, 3),
	      "%s: but to be read (%d)", p->name, rc);
	check(v3_unmap(p, &m, &u) == OK, "%s: unmapped", p->name);
	rc = v3_unmap(p, &m, &u);
	check(rc == GNTST_bad_handle, "%s: but not twice (%d)", p->name, rc);
	rc = v3_map(p, 3, 4 * V3_REGION, 1, 0, &m);
	check(rc == GNTST_bad_gntref, "%s: nothing is granted there (%d)", p->name, rc);
}

/* Named one by one in one call, some of them wrong. */
static void check_named(struct v3_pair *p)
{
	static struct gnttab_v3_map m[V3_REGION];
	static struct gnttab_v3_unmap u[V3_REGION];
	unsigned i, bad = 0;
	int64_t rc;

	for (i = 0; i < V3_REGION; i++)
		m[i] = (struct gnttab_v3_map){ .ref = i == 100 ? 4 * V3_REGION : V3_TURNED + i,
					       .addr = gnb_domain_slot(p->mapper, 512 + i),
					       .tree = p->tree,
					       .count = 1,
					       .dom = gnb_domain_id(p->granter),
					       .flags = GNTV3_MAP_HOST };
	rc = grant_op(p->mapper, GNTTABOP_v3_map, m, sizeof(m), V3_REGION, NULL);
	for (i = 0; i < V3_REGION; i++) {
		bad += m[i].status != (i == 100 ? GNTST_bad_gntref : OK);
		u[i] = (struct gnttab_v3_unmap){ .tree = p->tree,
						 .handle = m[i].handle,
						 .dom = m[i].dom };
	}
	check(!rc && !bad && seen(p, 512, true) == V3_REGION - 1,
	      "%s: 512 named in one call, one of them wrong (%d, %u)", p->name, (int)rc, bad);
	bad = 0;
	rc = grant_op(p->mapper, GNTTABOP_v3_unmap, u, sizeof(u), V3_REGION, NULL);
	for (i = 0; i < V3_REGION; i++)
		bad += u[i].status != (i == 100 ? GNTST_bad_handle : OK);
	check(!rc && !bad && none(p, 512) == V3_REGION, "%s: and unmapped (%d, %u)", p->name,
	      (int)rc, bad);
}

/* Taken back: all, a part, with what its mapper accepts. */
static void check_revoke(struct v3_pair *p)
{
	struct gnttab_v3_map m;
	struct gnttab_v3_unmap u;
	struct gnttab_v3_revoke r;
	bool large = p->runs && !p->pv;
	int rc;

	v3_map(p, 0, V3_LARGE, V3_REGION, GNTV3_ACCEPT_2M | GNTV3_ACCEPT_HOLE, &m);
	rc = v3_revoke(p, V3_LARGE, V3_REGION, 0, &r);
	check(rc == OK && r.pages == V3_REGION && r.outcomes == GNTV3_GOT_HOLE &&
		      none(p, 0) == V3_REGION,
	      "%s: 2 MiB revoked (%d), %u pages, outcome %#x", p->name, rc, r.pages, r.outcomes);
	rc = v3_unmap(p, &m, &u);
	check(rc == OK && u.revoked, "%s: its mapper unmaps what is gone (%d)", p->name, rc);
	v3_map(p, 0, V3_LARGE, V3_REGION, GNTV3_ACCEPT_2M | GNTV3_ACCEPT_HOLE, &m);
	rc = v3_revoke(p, V3_LARGE + 7, 1, 0, &r);
	check(rc == OK && r.outcomes == (GNTV3_GOT_HOLE | (large ? GNTV3_GOT_MORE : 0)) &&
		      none(p, 0) == (large ? V3_REGION : 1),
	      "%s: one page of it (%d), outcome %#x", p->name, rc, r.outcomes);
	check(v3_unmap(p, &m, &u) == OK, "%s: unmapped", p->name);
	v3_map(p, 0, V3_LARGE, V3_REGION, GNTV3_ACCEPT_2M, &m);
	rc = v3_revoke(p, V3_LARGE, V3_REGION, 0, &r);
	check(rc == OK && r.outcomes == GNTV3_GOT_KEPT && seen(p, 0, false) == V3_REGION,
	      "%s: what accepts nothing is kept (%d), outcome %#x", p->name, rc, r.outcomes);
	check(v3_unmap(p, &m, &u) == OK, "%s: unmapped", p->name);
	rc = v3_map(p, 0, V3_LARGE, V3_REGION,
		    GNTV3_ACCEPT_2M | GNTV3_ACCEPT_HOLE | GNTV3_ACCEPT_SINK | GNTV3_RESERVE, &m);
	check(rc == OK && m.large == (large ? 1 : 0) && seen(p, 0, false) == V3_REGION,
	      "%s: with a reserve (%d), %u large entries", p->name, rc, m.large);
	rc = v3_revoke(p, V3_LARGE + 7, 2, 0, &r);
	check(rc == OK && r.pages == 2 && r.outcomes == GNTV3_GOT_SINK &&
		      seen(p, 0, false) == V3_REGION - 2 && !v3_word(p, 7) && !v3_word(p, 8),
	      "%s: two pages of it become sinks (%d), outcome %#x", p->name, rc, r.outcomes);
	check(!can_write(p, 7, 7) && can_write(p, 9, 9), "%s: and only they are cut off", p->name);
	rc = v3_revoke(p, V3_LARGE, V3_REGION, 0, &r);
	check(rc == OK && r.pages == V3_REGION - 2 && !seen(p, 0, false) && !none(p, 0),
	      "%s: and the rest (%d), %u pages", p->name, rc, r.pages);
	rc = v3_unmap(p, &m, &u);
	check(rc == OK && u.revoked && none(p, 0) == V3_REGION, "%s: unmapped (%d)", p->name, rc);
	v3_map(p, 1024, V3_SMALL, V3_REGION, GNTV3_ACCEPT_HOLE, &m);
	rc = v3_revoke(p, V3_SMALL + 100, 200, 0, &r);
	check(rc == OK && r.pages == 200 && none(p, 1024) == 200 &&
		      seen(p, 1024, false) == V3_REGION - 200,
	      "%s: 200 of 512 single pages (%d)", p->name, rc);
	rc = v3_unmap(p, &m, &u);
	check(rc == OK && none(p, 1024) == V3_REGION, "%s: unmapped (%d)", p->name, rc);
}

static int protect(struct v3_pair *p, uint64_t ref, unsigned count, unsigned flags,
		   struct gnttab_v3_protect *r)
{
	int64_t rc;

	*r = (struct gnttab_v3_protect){
		.ref = ref, .count = count, .tree = p->tree, .flags = (uint16_t)flags
	};
	rc = grant_op(p->granter, GNTTABOP_v3_protect, r, sizeof(*r), 1, NULL);
	return rc ? (int)rc : r->status;
}

static void check_protect(struct v3_pair *p)
{
	struct gnttab_v3_protect r;
	struct gnttab_v3_unmap u;
	struct gnttab_v3_map m;
	int rc;

	v3_map(p, 0, V3_LARGE, V3_REGION, GNTV3_ACCEPT_2M | GNTV3_ACCEPT_READONLY, &m);
	rc = protect(p, V3_LARGE, V3_REGION, 0, &r);
	check(rc == OK && r.pages == V3_REGION && !r.outcomes && seen(p, 0, false) == V3_REGION &&
		      !can_write(p, 5, 5),
	      "%s: the right to write taken away (%d), %u pages, outcome %#x", p->name, rc, r.pages,
	      r.outcomes);
	rc = protect(p, V3_LARGE, V3_REGION, GNTV3_PROTECT_WRITE, &r);
	check(rc == OK && !r.outcomes && can_write(p, 5, 5), "%s: and given back (%d), outcome %#x",
	      p->name, rc, r.outcomes);
	check(v3_unmap(p, &m, &u) == OK && none(p, 0) == V3_REGION, "%s: unmapped", p->name);
}

static void check_copy(struct v3_pair *p)
{
	struct gnttab_v3_copy c = { .source = { .where = V3_SMALL + 9,
						.tree = p->tree,
						.dom = gnb_domain_id(p->granter) },
				    .dest = { .where = gnb_domain_frame(p->mapper, 20),
					      .dom = DOMID_SELF,
					      .offset = 64 },
				    .len = 8,
				    .flags = GNTV3_COPY_SOURCE };
	char *page = gnb_domain_map(p->mapper, 20, 1);
	int64_t rc;

	must(p->mapper, page ? 0 : -errno, "map a page");
	rc = grant_op(p->mapper, GNTTABOP_v3_copy, &c, sizeof(c), 1, NULL);
	check(!rc && c.status == OK && *(uint64_t *)(page + 64) == v3_mark(9),
	      "%s: a copy from a reference (%d)", p->name, c.status);
	c.source.where = 4 * V3_REGION;
	rc = grant_op(p->mapper, GNTTABOP_v3_copy, &c, sizeof(c), 1, NULL);
	check(!rc && c.status == GNTST_bad_gntref, "%s: and from none (%d)", p->name, c.status);
}

/* A node that is unlinked grants nothing, once it is forgotten. */
static void check_nodes(struct v3_pair *p)
{
	struct gnttab_v3_invalidate i = { .ref = V3_SMALL, .count = V3_REGION, .tree = p->tree };
	uint64_t link = p->root[1];
	struct gnttab_v3_unmap u;
	struct gnttab_v3_map m;
	int64_t rc;

	check(v3_map(p, 0, V3_SMALL, 1, 0, &m) == OK && v3_unmap(p, &m, &u) == OK,
	      "%s: through a node", p->name);
	__atomic_store_n(&p->root[1], 0, __ATOMIC_SEQ_CST);
	rc = grant_op(p->granter, GNTTABOP_v3_invalidate, &i, sizeof(i), 1, NULL);
	check(!rc && i.status == OK && v3_map(p, 0, V3_SMALL, 1, 0, &m) == GNTST_bad_gntref,
	      "%s: and not when it is unlinked and forgotten", p->name);
	__atomic_store_n(&p->root[1], link, __ATOMIC_SEQ_CST);
}

/* By whom nothing can be had. */
static void check_others(struct v3_pair *p)
{
	struct gnttab_v3_register r = { .dom = 0x7000, .levels = 2, .root = 1 };
	struct gnttab_v3_map m = { .count = 1,
				   .tree = p->tree,
				   .dom = DOMID_SELF,
				   .flags = GNTV3_MAP_HOST,
				   .addr = gnb_domain_slot(p->granter, 0) };
	int64_t rc = grant_op(p->granter, GNTTABOP_v3_register, &r, sizeof(r), 1, NULL);

	check(!rc && r.status == GNTST_bad_domain, "%s: a tree for nobody (%d)", p->name, r.status);
	r.dom = gnb_domain_id(p->mapper);
	r.levels = 5;
	rc = grant_op(p->granter, GNTTABOP_v3_register, &r, sizeof(r), 1, NULL);
	check(!rc && r.status == GNTST_general_error, "%s: of five levels (%d)", p->name, r.status);
	r.levels = 1;
	r.root = 0xfffffffff;
	rc = grant_op(p->granter, GNTTABOP_v3_register, &r, sizeof(r), 1, NULL);
	check(!rc && r.status == GNTST_bad_page, "%s: without a page (%d)", p->name, r.status);
	rc = grant_op(p->granter, GNTTABOP_v3_map, &m, sizeof(m), 1, NULL);
	check(!rc && m.status == GNTST_bad_gntref, "%s: its granter is not its grantee (%d)",
	      p->name, m.status);
	rc = gnb_domain_pages(p->granter);
	m.dom = gnb_domain_id(p->granter);
	check(grant_op(p->mapper, GNTTABOP_v3_map, &m, 0, 0, NULL) == 0 &&
		      grant_op(p->mapper, GNTTABOP_v3_ack + 1, &m, sizeof(m), 1, NULL) == -ENOSYS,
	      "%s: an empty list, and no such operation", p->name);
}

void v3_check(struct gnb_domain *mapper, struct gnb_domain *granter)
{
	struct v3_pair p;

	v3_begin(&p, mapper, granter, 0);
	check_maps(&p);
	check_named(&p);
	check_revoke(&p);
	check_protect(&p);
	check_copy(&p);
	check_nodes(&p);
	check_others(&p);
	v3_end(&p);
}
