// SPDX-License-Identifier: GPL-2.0-only
/*
 * Part of lab_domain: what version 1 could have (gnttab-rival=, docs/grant-v3-in-xen.md). Each rival does what its
 * header says or, where it was not asked for, is not there; version 1 itself goes on beside them; and what 512 pages
 * cost, in instructions, beside version 1 in one hypercall.
 */
#include "domain_rivals.h"

#include <stdio.h>
#include <string.h>

static struct gnttab_map_grant_ref map[RIVAL_PAGES];
static struct gnttab_unmap_grant_ref unmap[RIVAL_PAGES];

void rival_pair(struct rival_pair *p, enum gnb_domain_type type)
{
	unsigned i = 0;

	*p = (struct rival_pair){ .mapper = make(type), .granter = make(GNB_DOMAIN_PVH) };
	must(p->granter, gnb_domain_map_table(p->granter, 3, false), "map the table");
	while (gnb_domain_frame(p->granter, i) & 511)
		i++;
	p->first = i;
	p->page = gnb_domain_map(p->granter, i, RIVAL_PAGES);
	must(p->granter, p->page ? 0 : -1, "map the pages");
	for (i = 0; i < RIVAL_PAGES; i++)
		memset(p->page + i * 4096ul, 0, 4096);
	rival_grant_all(p, GTF_permit_access);
}

void rival_end(struct rival_pair *p)
{
	end(p->mapper);
	end(p->granter);
}

void rival_grant_all(struct rival_pair *p, unsigned flags)
{
	for (unsigned i = 0; i < RIVAL_PAGES; i++) {
		grant(p->granter, RIVAL_REF + i, p->first + i, gnb_domain_id(p->mapper), flags);
		*(uint32_t *)(p->page + i * 4096ul) = 0x10000 + i;
	}
}

unsigned rival_flags_not(struct rival_pair *p, unsigned from, unsigned to, unsigned flags)
{
	unsigned bad = 0;

	for (unsigned i = from; i < to; i++)
		bad += entry_flags(p->granter, RIVAL_REF + i) != flags;
	return bad;
}

unsigned rival_not_seen(struct rival_pair *p, unsigned from, unsigned to)
{
	unsigned bad = 0;

	for (unsigned i = from; i < to; i++) {
		uint32_t w = 0;

		bad += gnb_domain_read(p->mapper, gnb_domain_slot(p->mapper, i), &w, sizeof(w), 0,
				       NULL) ||
		       w != 0x10000 + i;
	}
	return bad;
}

unsigned rival_still_seen(struct rival_pair *p, unsigned from, unsigned to)
{
	unsigned bad = 0;

	for (unsigned i = from; i < to; i++) {
		uint32_t w = 0;

		bad += !gnb_domain_read(p->mapper, gnb_domain_slot(p->mapper, i), &w, sizeof(w), 0,
					NULL) &&
		       w == 0x10000 + i;
	}
	return bad;
}

void rival_cost(struct rival_cost *c, const struct rival_pair *p, const char *what)
{
	printf("# cost %s %s: map %llu unmap %llu\n", type_name(p->mapper), what,
	       (unsigned long long)c->up / 2, (unsigned long long)c->down / 2);
}

/* ---- version 1, and with it args and batch, which change nothing that is seen ---- */

static unsigned v1_once(struct rival_pair *p, struct rival_cost *c, unsigned flags)
{
	uint64_t up, down;
	unsigned bad = 0, i;

	for (i = 0; i < RIVAL_PAGES; i++)
		map[i] = (struct gnttab_map_grant_ref){ .host_addr = gnb_domain_slot(p->mapper, i),
							.flags = GNTMAP_host_map | flags,
							.ref = RIVAL_REF + i,
							.dom = gnb_domain_id(p->granter) };
	bad += grant_op(p->mapper, GNTTABOP_map_grant_ref, map, sizeof(map), RIVAL_PAGES, &up) != 0;
	if (!c)
		bad += rival_not_seen(p, 0, RIVAL_PAGES) +
		       rival_flags_not(p, 0, RIVAL_PAGES,
				       GTF_permit_access | GTF_reading | GTF_writing);
	for (i = 0; i < RIVAL_PAGES; i++) {
		bad += map[i].status != OK;
		unmap[i] = (struct gnttab_unmap_grant_ref){ .host_addr = map[i].host_addr,
							    .handle = map[i].handle,
							    .status = 99 };
	}
	bad += grant_op(p->mapper, GNTTABOP_unmap_grant_ref, unmap, sizeof(unmap), RIVAL_PAGES,
			&down) != 0;
	for (i = 0; i < RIVAL_PAGES; i++)
		bad += unmap[i].status != OK;
	if (c) {
		c->up = up < c->up ? up : c->up;
		c->down = down < c->down ? down : c->down;
	} else {
		bad += rival_still_seen(p, 0, RIVAL_PAGES) +
		       rival_flags_not(p, 0, RIVAL_PAGES, GTF_permit_access);
	}
	return bad;
}

/* A list in whose midst one operation cannot be done. */
static void check_list(struct rival_pair *p)
{
	static const unsigned odd[] = { 0, 31, 40, 63 };
	unsigned bad = 0, i, n = 64;

	for (i = 0; i < n; i++)
		map[i] = (struct gnttab_map_grant_ref){ .host_addr = gnb_domain_slot(p->mapper, i),
							.flags = GNTMAP_host_map,
							.ref = RIVAL_REF + i,
							.dom = gnb_domain_id(p->granter) };
	for (i = 0; i < 4; i++)
		map[odd[i]].ref = 1u << 20;
	bad += grant_op(p->mapper, GNTTABOP_map_grant_ref, map, n * sizeof(*map), n, NULL) != 0;
	for (i = 0; i < n; i++) {
		bool is_odd = i == 0 || i == 31 || i == 40 || i == 63;

		bad += map[i].status != (is_odd ? GNTST_bad_gntref : OK);
		unmap[i] = (struct gnttab_unmap_grant_ref){ .host_addr = map[i].host_addr,
							    .handle = is_odd ? 1u << 30
									     : map[i].handle,
							    .status = 99 };
	}
	bad += grant_op(p->mapper, GNTTABOP_unmap_grant_ref, unmap, n * sizeof(*unmap), n, NULL) !=
	       0;
	for (i = 0; i < n; i++)
		bad += unmap[i].status != (unmap[i].handle == 1u << 30 ? GNTST_bad_handle : OK);
	check(!bad && !rival_still_seen(p, 0, n) && !rival_flags_not(p, 0, n, GTF_permit_access),
	      "%s, version 1: a list in which some cannot be done has each status in its place",
	      type_name(p->mapper));
}

static void check_v1(struct rival_pair *p)
{
	struct rival_cost c = { ~0ull, ~0ull };
	unsigned bad = v1_once(p, NULL, 0);

	check(!bad, "%s, version 1: 512 pages at once are seen, and are gone after unmap",
	      type_name(p->mapper));
	check_list(p);
	bad = 0;
	for (unsigned i = 0; i < RIVAL_ROUNDS; i++)
		bad += v1_once(p, &c, 0);
	check(!bad, "%s, version 1: again, %u times", type_name(p->mapper), RIVAL_ROUNDS);
	rival_cost(&c, p, "v1 512 pages");
}

static bool asked(int argc, char **argv, const char *what)
{
	for (int i = 2; i < argc; i++)
		if (!strcmp(argv[i], what))
			return true;
	return false;
}

void check_rivals(int argc, char **argv)
{
	static const enum gnb_domain_type types[] = { GNB_DOMAIN_PVH, GNB_DOMAIN_PV };
	struct rival_pair p;

	for (unsigned i = 0; i < 2; i++) {
		rival_pair(&p, types[i]);
		check_v1(&p);
		check_range(&p, asked(argc, argv, "range"));
		check_super(&p, asked(argc, argv, "super"));
		check_revoke(&p, asked(argc, argv, "revoke"));
		check_v1(&p);
		rival_end(&p);
	}
}
