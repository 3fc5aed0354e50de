// SPDX-License-Identifier: GPL-2.0-only
/*
 * Part of lab_domain: a mapper and a granter, each on a CPU of its own, that map and take back the same pages. What is
 * in a page says whether it may be seen: PUBLIC from before its entry is written until it is revoked, PRIVATE after
 * that. So a byte of PRIVATE that the mapper reads, and one in a private page that the granter did not write, is an
 * access that outlived its revoke. Both run batches of requests by themselves; what came of them is looked at between.
 *
 * An entry changes by one byte of it, its type: its frame stays in it all the time.
 */
#include "v3.h"

#include <pthread.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { GROUP = 16, GROUPS = 6, PUBLIC = 0x11, WRITTEN = 0x22, PRIVATE = 0xee };

/* How a group is mapped. */
enum way { SINGLE, SINK, RANGE, LARGE, WAYS };
static const struct {
	const char *name;
	unsigned flags, count, maps;
	uint64_t ref;
} ways[WAYS] = {
	[SINGLE] = { "single pages", GNTV3_ACCEPT_HOLE, 1, GROUP, V3_SMALL },
	[SINK] = { "with sinks", GNTV3_ACCEPT_SINK, 1, GROUP, V3_SMALL },
	[RANGE] = { "ranges", GNTV3_ACCEPT_HOLE | GNTV3_ACCEPT_SINK, GROUP, 1, V3_SMALL },
	[LARGE] = { "2 MiB, with a reserve", GNTV3_ACCEPT_HOLE | GNTV3_ACCEPT_2M | GNTV3_RESERVE,
		    V3_REGION, 1, V3_SMALL },
};

/* The mapper's argument memory, for each group. */
struct mapper_args {
	struct gnttab_v3_map map[GROUP], map_new[GROUP];
	struct gnttab_v3_unmap unmap[GROUP], unmap_new[GROUP];
	uint8_t read[2][GROUP][16], read_new[2 * GROUP * 16], write[16];
};

struct granter_args {
	struct gnttab_v3_revoke revoke[GROUP], revoke_new[GROUP];
	uint8_t shut[GROUP * 8], open[GROUP * 8]; /* entries */
	uint8_t seen[GROUP][16], secret[16], public[16];
};

_Static_assert(sizeof(struct mapper_args) <= 4096 && sizeof(struct granter_args) <= 4096,
	       "a page of arguments for a group");

struct side {
	struct gnb_domain *d;
	unsigned n;	 /* requests of a batch */
	unsigned rounds; /* that are left; both go on until none of them has any */
	struct side *other;
	pthread_t thread;
	int rc;
	void (*look)(struct v3_pair *p, enum way way);
	struct v3_pair *p;
	enum way way;
};

static struct {
	unsigned long maps, maps_done, revokes, revoked, stale, bad;
	char what[200];
} sum;

static pthread_mutex_t summing = PTHREAD_MUTEX_INITIALIZER;

__attribute__((format(printf, 2, 3))) static void complain(bool stale, const char *fmt, ...)
{
	va_list ap;

	*(stale ? &sum.stale : &sum.bad) += 1;
	va_start(ap, fmt);
	if (!sum.what[0])
		vsnprintf(sum.what, sizeof(sum.what), fmt, ap);
	va_end(ap);
}

/* ---- batches ---- */

static uint64_t args_at(const struct gnb_domain *d, unsigned group, size_t off)
{
	return gnb_domain_args_address(d) + group * 4096ul + off;
}

static void add_copy(struct side *s, uint64_t to, uint64_t from, unsigned len)
{
	gnb_domain_requests(s->d)[s->n++] = (struct gnb_domain_request){
		.action = GNB_DOMAIN_COPY, .flags = GNB_DOMAIN_UNCHECKED, .arg = { to, from, len }
	};
}

static void add_op(struct side *s, unsigned cmd, uint64_t at, unsigned count)
{
	gnb_domain_requests(s->d)[s->n++] =
		(struct gnb_domain_request){ .action = GNB_DOMAIN_HYPERCALL,
					     .arg = { __HYPERVISOR_grant_table_op, cmd, at,
						      count } };
}

#define M(group, field) args_at(s->d, group, offsetof(struct mapper_args, field))
#define G(group, field) args_at(s->d, group, offsetof(struct granter_args, field))

static void mapper_group(struct side *s, struct v3_pair *p, enum way way, unsigned g)
{
	struct mapper_args *a = (void *)((char *)gnb_domain_args(s->d) + g * 4096ul);
	/* A group is anywhere in its region: with ranges and large entries the same one for all. */
	unsigned first = way == LARGE ? 0 : g * GROUP;

	memset(a, 0, sizeof(*a));
	memset(a->write, WRITTEN, sizeof(a->write));
	memset(a->read_new, 0xff, sizeof(a->read_new));
	for (unsigned i = 0; i < ways[way].maps; i++) {
		a->map_new[i] = (struct gnttab_v3_map){
			.ref = ways[way].ref + first + i,
			.addr = gnb_domain_slot(p->mapper, first + i),
			.tree = p->tree,
			.count = ways[way].count,
			.dom = gnb_domain_id(p->granter),
			.flags = (uint16_t)(GNTV3_MAP_HOST | ways[way].flags),
		};
		a->unmap_new[i] = (struct gnttab_v3_unmap){ .tree = p->tree,
							    .dom = gnb_domain_id(p->granter) };
	}
	add_copy(s, M(g, map), M(g, map_new), sizeof(a->map));
	add_copy(s, M(g, unmap), M(g, unmap_new), sizeof(a->unmap));
	add_copy(s, M(g, read), M(g, read_new), sizeof(a->read));
	add_op(s, GNTTABOP_v3_map, M(g, map), ways[way].maps);
	for (unsigned k = 0; k < 2; k++) {
		for (unsigned i = 0; i < GROUP; i++)
			add_copy(s, M(g, read[k][i]), gnb_domain_slot(s->d, g * GROUP + i), 16);
		for (unsigned i = 0; i < GROUP && !k; i++)
			add_copy(s, gnb_domain_slot(s->d, g * GROUP + i) + 8, M(g, write), 8);
	}
	for (unsigned i = 0; i < ways[way].maps; i++)
		add_copy(s, M(g, unmap[i].handle), M(g, map[i].handle), sizeof(grant_v3_handle_t));
	add_op(s, GNTTABOP_v3_unmap, M(g, unmap), ways[way].maps);
}

static void granter_group(struct side *s, struct v3_pair *p, enum way way, unsigned g)
{
	struct granter_args *a = (void *)((char *)gnb_domain_args(s->d) + g * 4096ul);
	unsigned first = g * GROUP, small = p->nodes + 2;
	uint64_t entries = gnb_domain_address(s->d, small) + first * 8ul;

	memset(a, 0, sizeof(*a));
	memset(a->secret, PRIVATE, sizeof(a->secret));
	memset(a->public, PUBLIC, sizeof(a->public));
	memcpy(a->open, p->small + first, sizeof(a->open));
	memcpy(a->shut, a->open, sizeof(a->shut));
	for (unsigned i = 0; i < GROUP; i++) {
		a->shut[i * 8] = 0;
		a->revoke_new[i] = (struct gnttab_v3_revoke){ .ref = ways[way].ref + first + i,
							      .count = 1,
							      .tree = p->tree };
	}
	add_copy(s, G(g, revoke), G(g, revoke_new), sizeof(a->revoke));
	add_copy(s, entries, G(g, shut), sizeof(a->shut));
	add_op(s, GNTTABOP_v3_revoke, G(g, revoke), GROUP);
	for (unsigned i = 0; i < GROUP; i++)
		add_copy(s, gnb_domain_address(s->d, p->pages + first + i), G(g, secret), 16);
	for (unsigned i = 0; i < GROUP; i++)
		add_copy(s, G(g, seen[i]), gnb_domain_address(s->d, p->pages + first + i), 16);
	for (unsigned i = 0; i < GROUP; i++)
		add_copy(s, gnb_domain_address(s->d, p->pages + first + i), G(g, public), 16);
	add_copy(s, entries, G(g, open), sizeof(a->open));
}

/* ---- what came of them ---- */

static void look_mapper(struct v3_pair *p, enum way way)
{
	for (unsigned g = 0; g < GROUPS; g++) {
		struct mapper_args *a = (void *)((char *)gnb_domain_args(p->mapper) + g * 4096ul);
		unsigned i, k, b;

		for (i = 0; i < ways[way].maps; i++) {
			bool some = a->map[i].done;

			sum.maps++;
			sum.maps_done += some;
			if (a->map[i].status != OK && a->map[i].status != GNTST_bad_gntref)
				complain(false, "a map ends with %d", a->map[i].status);
			if (a->unmap[i].status != (some ? OK : GNTST_bad_handle))
				complain(false, "an unmap ends with %d", a->unmap[i].status);
		}
		for (i = 0; i < 2 * GROUP; i++)
			for (b = 0; b < 16; b++) {
				k = a->read[i / GROUP][i % GROUP][b];
				if (k == PRIVATE)
					complain(true, "page %u of group %u is read when private",
						 i % GROUP, g);
				else if (k != PUBLIC && k != WRITTEN && k != 0xff && k)
					complain(true, "page %u of group %u: %#x is nobody's",
						 i % GROUP, g, k);
			}
	}
}

static void look_granter(struct v3_pair *p, enum way way)
{
	(void)way;
	for (unsigned g = 0; g < GROUPS; g++) {
		struct granter_args *a = (void *)((char *)gnb_domain_args(p->granter) + g * 4096ul);

		for (unsigned i = 0; i < GROUP; i++) {
			sum.revokes++;
			sum.revoked += a->revoke[i].pages > 0;
			if (a->revoke[i].status != OK || a->revoke[i].outcomes & GNTV3_GOT_KEPT)
				complain(false, "a revoke ends with %d, outcomes %#x",
					 a->revoke[i].status, a->revoke[i].outcomes);
			for (unsigned b = 0; b < 16; b++)
				if (a->seen[i][b] != PRIVATE)
					complain(true,
						 "page %u of group %u is written when private", i,
						 g);
		}
	}
}

static unsigned left(const struct side *s)
{
	return __atomic_load_n(&s->rounds, __ATOMIC_RELAXED);
}

static void *work(void *arg)
{
	struct side *s = arg;

	while (!s->rc && !s->other->rc && (left(s) || left(s->other))) {
		s->rc = gnb_domain_run(s->d, s->n);
		pthread_mutex_lock(&summing);
		if (!s->rc)
			s->look(s->p, s->way);
		s->rounds -= s->rounds > 0;
		pthread_mutex_unlock(&summing);
	}
	return NULL;
}

static void race(struct v3_pair *p, enum way way, unsigned rounds)
{
	struct side m = { .d = p->mapper, .look = look_mapper },
		    g = { .d = p->granter, .look = look_granter };

	memset(&sum, 0, sizeof(sum));
	for (unsigned i = 0; i < GROUPS * GROUP; i++)
		memset(p->data + i * 4096ul, PUBLIC, 16);
	for (unsigned i = GROUPS * GROUP; way == LARGE && i < V3_REGION; i++)
		memset(p->data + i * 4096ul, PUBLIC, 16);
	for (unsigned i = 0; i < GROUPS; i++) {
		mapper_group(&m, p, way, i);
		granter_group(&g, p, way, i);
	}
	m.p = g.p = p;
	m.way = g.way = way;
	m.rounds = g.rounds = rounds;
	m.other = &g;
	g.other = &m;
	must(NULL, -pthread_create(&m.thread, NULL, work, &m), "a thread");
	must(NULL, -pthread_create(&g.thread, NULL, work, &g), "a thread");
	pthread_join(m.thread, NULL);
	pthread_join(g.thread, NULL);
	must(p->mapper, m.rc, "map, read, write, unmap");
	must(p->granter, g.rc, "revoke");
	check(!sum.stale && !sum.bad && sum.revoked && sum.maps_done,
	      "%s, %s: %lu maps (%lu found an entry) against %lu revokes (%lu took something): %lu stale, %lu odd%s%s",
	      p->name, ways[way].name, sum.maps, sum.maps_done, sum.revokes, sum.revoked, sum.stale,
	      sum.bad, sum.what[0] ? ": " : "", sum.what);
}

void v3_race(unsigned turns)
{
	static const enum gnb_domain_type types[] = { GNB_DOMAIN_PVH, GNB_DOMAIN_PV };
	unsigned rounds = 1 + turns / (GROUPS * GROUP * WAYS * 4);

	for (unsigned i = 0; i < 4; i++) {
		struct v3_pair p;

		v3_begin(&p, make(types[i / 2]), make(types[i % 2]), 0);
		for (enum way way = 0; way < WAYS; way++)
			race(&p, way, rounds);
		v3_end(&p);
		/* Of both nothing may be left. */
		end(p.mapper);
		end(p.granter);
	}
}
