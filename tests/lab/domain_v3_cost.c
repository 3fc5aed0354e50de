// SPDX-License-Identifier: GPL-2.0-only
/* Part of lab_domain: what version 3 costs in instructions of Xen, beside version 1. Figures are printed. */
#include "v3.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>

#include "gnb_guest.h"

#define ROUNDS 8

/* The module, which tells an instrument outside what comes; below 0: there is none to tell. */
static int marks = -1;

static struct gnttab_v3_map map[V3_REGION];
static struct gnttab_v3_unmap unmap[V3_REGION];
static struct gnttab_map_grant_ref map1[V3_REGION];
static struct gnttab_unmap_grant_ref unmap1[V3_REGION];

/* The least of some rounds, in instructions of the clock: two ticks are one. */
struct cost {
	uint64_t up, down;
};

static void least(struct cost *c, uint64_t up, uint64_t down)
{
	c->up = up < c->up ? up : c->up;
	c->down = down < c->down ? down : c->down;
}

static void say(const struct v3_pair *p, const char *what, unsigned bad, const struct cost *c)
{
	check(!bad, "%s: %s: map %.1f, unmap %.1f instructions", p->name, what, (double)c->up / 2,
	      (double)c->down / 2);
}

static void name_it(const struct v3_pair *p, const char *what, unsigned n)
{
	struct gnb_guest_mark k = { .name = "" };

	if (marks < 0)
		return;
	snprintf(k.name, sizeof(k.name), "%s/pages:%u/mapper:%s/granter:%s#v3", what, n,
		 type_name(p->mapper), type_name(p->granter));
	must(NULL, ioctl(marks, GNB_GUEST_MARK, &k) ? -errno : 0, "name a cell");
	gnb_domain_set_marked(p->mapper, true);
	gnb_domain_set_marked(p->granter, true);
}

/* n operations of version 1 at a slot, in one call. */
static void cost_v1(struct v3_pair *p, unsigned slot, unsigned n)
{
	struct cost c = { ~0ull, ~0ull };
	unsigned r, i, bad = 0;
	uint64_t up, down;
	char what[40];

	must(p->granter, gnb_domain_map_table(p->granter, 2, false), "map the table");
	name_it(p, "v1", n);
	for (i = 0; i < n; i++)
		grant(p->granter, 8 + i, p->pages + i, p->mapper ? gnb_domain_id(p->mapper) : 0,
		      GTF_permit_access);
	for (r = 0; r < ROUNDS; r++) {
		for (i = 0; i < n; i++)
			map1[i] = (struct gnttab_map_grant_ref){ .host_addr = v3_slot(p, slot + i),
								 .flags = GNTMAP_host_map,
								 .ref = 8 + i,
								 .dom = gnb_domain_id(p->granter) };
		bad += !!v3_op(p, GNTTABOP_map_grant_ref, map1, n * sizeof(*map1), n, &up);
		for (i = 0; i < n; i++) {
			bad += map1[i].status != OK;
			unmap1[i] = (struct gnttab_unmap_grant_ref){ .host_addr = map1[i].host_addr,
								     .handle = map1[i].handle };
		}
		bad += !!v3_op(p, GNTTABOP_unmap_grant_ref, unmap1, n * sizeof(*unmap1), n, &down);
		for (i = 0; i < n; i++)
			bad += unmap1[i].status != OK;
		least(&c, up, down);
	}
	snprintf(what, sizeof(what), "v1, %u in one call", n);
	say(p, what, bad, &c);
}

/* calls requests of count references each, from ref on, in one call. */
static void cost_v3(struct v3_pair *p, const char *what, unsigned slot, uint64_t ref,
		    unsigned calls, unsigned count, unsigned flags)
{
	struct cost c = { ~0ull, ~0ull };
	unsigned r, i, bad = 0;
	uint64_t up, down;

	name_it(p, calls > 1 ? "named" : flags ? "large" : "single", calls * count);
	for (r = 0; r < ROUNDS; r++) {
		for (i = 0; i < calls; i++)
			map[i] = (struct gnttab_v3_map){ .ref = ref + i,
							 .addr = v3_slot(p, slot + i),
							 .tree = p->tree,
							 .count = count,
							 .dom = gnb_domain_id(p->granter),
							 .flags = (uint16_t)(GNTV3_MAP_HOST |
									     flags) };
		bad += !!v3_op(p, GNTTABOP_v3_map, map, calls * sizeof(*map), calls, &up);
		for (i = 0; i < calls; i++) {
			bad += map[i].status != OK;
			unmap[i] = (struct gnttab_v3_unmap){ .tree = p->tree,
							     .handle = map[i].handle,
							     .dom = map[i].dom };
		}
		bad += !!v3_op(p, GNTTABOP_v3_unmap, unmap, calls * sizeof(*unmap), calls, &down);
		for (i = 0; i < calls; i++)
			bad += unmap[i].status != OK;
		least(&c, up, down);
	}
	say(p, what, bad, &c);
}

/* Mapped, and then revoked by the granter. */
static void cost_revoke(struct v3_pair *p, const char *what, unsigned slot, uint64_t ref,
			unsigned count, unsigned flags)
{
	uint64_t least_ticks = ~0ull, ticks;
	unsigned i, bad = 0;

	name_it(p, flags ? "revoke-large" : "revoke", count);
	for (i = 0; i < ROUNDS; i++) {
		struct gnttab_v3_revoke r = { .ref = ref, .count = count, .tree = p->tree };
		struct gnttab_v3_unmap u;
		struct gnttab_v3_map m;

		bad += v3_map(p, slot, ref, count, flags | GNTV3_ACCEPT_HOLE, &m) != OK;
		bad += !!grant_op(p->granter, GNTTABOP_v3_revoke, &r, sizeof(r), 1, &ticks);
		bad += r.status != OK || r.pages != count;
		bad += v3_unmap(p, &m, &u) != OK;
		least_ticks = ticks < least_ticks ? ticks : least_ticks;
	}
	check(!bad, "%s: %s: revoke %.1f instructions", p->name, what, (double)least_ticks / 2);
}

/* A call that does nothing is what all others hold. */
static void cost_call(struct v3_pair *p)
{
	uint64_t least_ticks = ~0ull, ticks;
	unsigned i, bad = 0;

	for (i = 0; i < ROUNDS; i++) {
		bad += !!v3_op(p, GNTTABOP_v3_map, map, 0, 0, &ticks);
		least_ticks = ticks < least_ticks ? ticks : least_ticks;
	}
	check(!bad, "%s: a call of nothing: %.1f instructions", p->name, (double)least_ticks / 2);
}

void v3_measure(struct gnb_domain *mapper, struct gnb_domain *granter)
{
	struct v3_pair p;

	v3_begin(&p, mapper, granter, 0);
	cost_call(&p);
	cost_v1(&p, 0, V3_REGION);
	cost_v1(&p, 0, 1);
	cost_v3(&p, "v3, 2 MiB by one leaf", 512, V3_LARGE, 1, V3_REGION, GNTV3_ACCEPT_2M);
	cost_v3(&p, "v3, 2 MiB by 512 leaves", 512, V3_SMALL, 1, V3_REGION, GNTV3_ACCEPT_2M);
	cost_v3(&p, "v3, 512 pages by one request", 1024, V3_SMALL, 1, V3_REGION, 0);
	cost_v3(&p, "v3, 512 named, neighbours", 1536, V3_SMALL, V3_REGION, 1, 0);
	cost_v3(&p, "v3, one page", 1536, V3_SMALL, 1, 1, 0);
	cost_revoke(&p, "v3, 2 MiB by one leaf", 512, V3_LARGE, V3_REGION, GNTV3_ACCEPT_2M);
	cost_revoke(&p, "v3, 512 pages by one request", 1024, V3_SMALL, V3_REGION, 0);
	cost_revoke(&p, "v3, one page", 1536, V3_SMALL, 1, 0);
	v3_end(&p);
}

void v3_profile(void)
{
	static const enum gnb_domain_type types[] = { GNB_DOMAIN_PVH, GNB_DOMAIN_PV };
	struct gnb_domain *granter = make(GNB_DOMAIN_PVH), *mapper;

	marks = open(GNB_GUEST_DEVICE, O_RDWR | O_CLOEXEC);
	must(NULL, marks < 0 ? -errno : 0, GNB_GUEST_DEVICE);
	for (unsigned i = 0; i < 2; i++) {
		mapper = make(types[i]);
		v3_measure(mapper, granter);
		end(mapper);
	}
	end(granter);
}
