// SPDX-License-Identifier: GPL-2.0-only
/*
 * Part of lab_domain: a mapper whose pool of tables is empty. It has 2 MiB of another domain twice by one entry each,
 * with a reserve and without; then it maps single pages far from each other, each of which needs a table, until it can
 * have none. A part of both is taken back: where there is a reserve only the part goes, else all of it; and nothing asks
 * for memory.
 */
#include "v3.h"

#include <string.h>

enum { FAR = 1u << 20 }; /* GFN, beyond whatever the domain has */

static struct gnttab_v3_map far_map[V3_REGION];

static int map_far(struct v3_pair *p, unsigned i)
{
	struct gnttab_v3_map *m = &far_map[i];
	int64_t rc;

	*m = (struct gnttab_v3_map){ .ref = V3_TURNED + i,
				     .addr = (FAR + (uint64_t)i * V3_REGION) << 12,
				     .tree = p->tree,
				     .count = 1,
				     .dom = gnb_domain_id(p->granter),
				     .flags = GNTV3_MAP_HOST | GNTV3_ACCEPT_HOLE };
	rc = grant_op(p->mapper, GNTTABOP_v3_map, m, sizeof(*m), 1, NULL);
	return rc ? (int)rc : m->status;
}

void v3_check_pool(void)
{
	const unsigned flags = GNTV3_ACCEPT_HOLE | GNTV3_ACCEPT_2M;
	struct gnttab_v3_map kept, whole;
	struct gnttab_v3_revoke r;
	struct gnttab_v3_unmap u;
	unsigned n, bad = 0;
	struct v3_pair p;
	int rc;

	v3_begin(&p, make(GNB_DOMAIN_PVH), make(GNB_DOMAIN_PVH), 0);
	check(v3_map(&p, 0, V3_LARGE, V3_REGION, flags | GNTV3_RESERVE, &kept) == OK &&
		      v3_map(&p, V3_REGION, V3_LARGE, V3_REGION, flags, &whole) == OK &&
		      kept.large == 1 && whole.large == 1,
	      "%s: 2 MiB twice by one entry, with a reserve and without", p.name);
	for (n = 0, rc = OK; n < V3_REGION && rc == OK; n++)
		rc = map_far(&p, n);
	check(rc == GNTST_no_space, "%s: no table can be had after %u single pages (%d)", p.name, n,
	      rc);
	n -= rc != OK;
	rc = v3_revoke(&p, V3_LARGE + 7, 1, 0, &r);
	check(rc == OK && r.pages == 1 + V3_REGION &&
		      r.outcomes == (GNTV3_GOT_HOLE | GNTV3_GOT_MORE),
	      "%s: one page taken back of both (%d): %u pages, outcomes %#x", p.name, rc, r.pages,
	      r.outcomes);
	check(v3_word(&p, 7) == ~0ull && v3_word(&p, 6) == v3_mark(6) &&
		      v3_word(&p, 511) == v3_mark(511) && v3_word(&p, V3_REGION + 6) == ~0ull,
	      "%s: of that with a reserve only the part", p.name);
	check(v3_unmap(&p, &kept, &u) == OK && v3_unmap(&p, &whole, &u) == OK, "%s: unmapped",
	      p.name);
	while (n--)
		bad += v3_unmap(&p, &far_map[n], &u) != OK;
	check(!bad, "%s: and what was far", p.name);
	v3_end(&p);
	end(p.mapper);
	end(p.granter);
}
