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
#include <unistd.h>

enum { PAGES = 16, TIMES = 6, PUBLIC = 0x11, WRITTEN = 0x22, PRIVATE = 0xee };

/* How the pages are mapped. */
enum way { SINGLE, SINK, RANGE, LARGE, WAYS };
static const struct {
	const char *name;
	unsigned flags, count, maps;
	uint64_t ref;
} ways[WAYS] = {
	[SINGLE] = { "single pages", GNTV3_ACCEPT_HOLE, 1, PAGES, V3_SMALL },
	[SINK] = { "with sinks", GNTV3_ACCEPT_SINK, 1, PAGES, V3_SMALL },
	[RANGE] = { "ranges", GNTV3_ACCEPT_HOLE | GNTV3_ACCEPT_SINK, PAGES, 1, V3_SMALL },
	[LARGE] = { "2 MiB, with a reserve", GNTV3_ACCEPT_HOLE | GNTV3_ACCEPT_2M | GNTV3_RESERVE,
		    V3_REGION, 1, V3_SMALL },
};

/* The same pages again and again: a batch is so many times. Argument memory for each time: the mapper's, */
struct mapper_args {
	struct gnttab_v3_map map[PAGES], map_new[PAGES];
	struct gnttab_v3_unmap unmap[PAGES], unmap_new[PAGES];
	uint8_t read[2][PAGES][16], read_new[2 * PAGES * 16], write[16];
};

/* and the granter's. */
struct granter_args {
	struct gnttab_v3_revoke revoke[PAGES], revoke_new[PAGES];
	uint8_t shut[PAGES * 8], open[PAGES * 8]; /* entries */
	uint8_t seen[PAGES][16], secret[16], public[16];
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

static bool ending; /* one of them is destroyed meanwhile */
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

static void mapper_times(struct side *s, struct v3_pair *p, enum way way, unsigned g)
{
	struct mapper_args *a = (void *)((char *)gnb_domain_args(s->d) + g * 4096ul);

	memset(a, 0, sizeof(*a));
	memset(a->write, WRITTEN, sizeof(a->write));
	memset(a->read_new, 0xff, sizeof(a->read_new));
	for (unsigned i = 0; i < ways[way].maps; i++) {
		a->map_new[i] = (struct gnttab_v3_map){
			.ref = ways[way].ref + i,
			.addr = gnb_domain_slot(p->mapper, i),
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
		for (unsigned i = 0; i < PAGES; i++)
			add_copy(s, M(g, read[k][i]), gnb_domain_slot(s->d, i), 16);
		for (unsigned i = 0; i < PAGES && !k; i++)
			add_copy(s, gnb_domain_slot(s->d, i) + 8, M(g, write), 8);
	}
	for (unsigned i = 0; i < ways[way].maps; i++)
		add_copy(s, M(g, unmap[i].handle), M(g, map[i].handle), sizeof(grant_v3_handle_t));
	add_op(s, GNTTABOP_v3_unmap, M(g, unmap), ways[way].maps);
}

static void granter_times(struct side *s, struct v3_pair *p, enum way way, unsigned g)
{
	struct granter_args *a = (void *)((char *)gnb_domain_args(s->d) + g * 4096ul);
	uint64_t entries = gnb_domain_address(s->d, p->nodes + 2);

	memset(a, 0, sizeof(*a));
	memset(a->secret, PRIVATE, sizeof(a->secret));
	memset(a->public, PUBLIC, sizeof(a->public));
	memcpy(a->open, p->small, sizeof(a->open));
	memcpy(a->shut, a->open, sizeof(a->shut));
	for (unsigned i = 0; i < PAGES; i++) {
		a->shut[i * 8] = 0;
		a->revoke_new[i] = (struct gnttab_v3_revoke){ .ref = ways[way].ref + i,
							      .count = 1,
							      .tree = p->tree };
	}
	add_copy(s, G(g, revoke), G(g, revoke_new), sizeof(a->revoke));
	add_copy(s, entries, G(g, shut), sizeof(a->shut));
	add_op(s, GNTTABOP_v3_revoke, G(g, revoke), PAGES);
	for (unsigned i = 0; i < PAGES; i++)
		add_copy(s, gnb_domain_address(s->d, p->pages + i), G(g, secret), 16);
	for (unsigned i = 0; i < PAGES; i++)
		add_copy(s, G(g, seen[i]), gnb_domain_address(s->d, p->pages + i), 16);
	for (unsigned i = 0; i < PAGES; i++)
		add_copy(s, gnb_domain_address(s->d, p->pages + i), G(g, public), 16);
	add_copy(s, entries, G(g, open), sizeof(a->open));
}

/* ---- what came of them ---- */

static void look_mapper(struct v3_pair *p, enum way way)
{
	for (unsigned g = 0; g < TIMES; g++) {
		struct mapper_args *a = (void *)((char *)gnb_domain_args(p->mapper) + g * 4096ul);
		unsigned i, k, b;

		for (i = 0; i < ways[way].maps; i++) {
			bool some = a->map[i].done;

			sum.maps++;
			sum.maps_done += some;
			/* Of a granter that dies there is one thing or the other. */
			if (ending)
				continue;
			if (a->map[i].status != OK && a->map[i].status != GNTST_bad_gntref)
				complain(false, "a map ends with %d", a->map[i].status);
			if (a->unmap[i].status != (some ? OK : GNTST_bad_handle))
				complain(false, "an unmap ends with %d", a->unmap[i].status);
		}
		for (i = 0; i < 2 * PAGES; i++)
			for (b = 0; b < 16; b++) {
				k = a->read[i / PAGES][i % PAGES][b];
				if (k == PRIVATE)
					complain(true, "page %u, time %u, is read when private",
						 i % PAGES, g);
				else if (k != PUBLIC && k != WRITTEN && k != 0xff && k)
					complain(true, "page %u, time %u: %#x is nobody's",
						 i % PAGES, g, k);
			}
	}
}

static void look_granter(struct v3_pair *p, enum way way)
{
	(void)way;
	for (unsigned g = 0; g < TIMES; g++) {
		struct granter_args *a = (void *)((char *)gnb_domain_args(p->granter) + g * 4096ul);

		for (unsigned i = 0; i < PAGES; i++) {
			sum.revokes++;
			sum.revoked += a->revoke[i].pages > 0;
			if (a->revoke[i].status != OK || a->revoke[i].outcomes & GNTV3_GOT_KEPT)
				complain(false, "a revoke ends with %d, outcomes %#x",
					 a->revoke[i].status, a->revoke[i].outcomes);
			for (unsigned b = 0; b < 16; b++)
				if (a->seen[i][b] != PRIVATE)
					complain(true, "page %u, time %u, is written when private",
						 i, g);
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
	for (unsigned i = 0; i < V3_REGION; i++)
		memset(p->data + i * 4096ul, PUBLIC, 16);
	for (unsigned i = 0; i < TIMES; i++) {
		mapper_times(&m, p, way, i);
		granter_times(&g, p, way, i);
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

/* One of them is destroyed while the other is at it; what it does then is looked at as before. */
static void one_death(enum gnb_domain_type mapper, enum gnb_domain_type granter, enum way way,
		      bool mapper_dies, unsigned us)
{
	struct side s = { .look = mapper_dies ? look_granter : look_mapper, .rounds = 1 },
		    done = { .rounds = 1 };
	struct v3_pair p;
	uint16_t gone;
	char why[300];
	int rc;

	v3_begin(&p, make(mapper), make(granter), 0);
	memset(&sum, 0, sizeof(sum));
	for (unsigned i = 0; i < V3_REGION; i++)
		memset(p.data + i * 4096ul, PUBLIC, 16);
	s.d = mapper_dies ? p.granter : p.mapper;
	s.p = &p;
	s.way = way;
	s.other = &done;
	for (unsigned i = 0; i < TIMES; i++)
		(mapper_dies ? granter_times : mapper_times)(&s, &p, way, i);
	ending = true;
	must(NULL, -pthread_create(&s.thread, NULL, work, &s), "a thread");
	usleep(us);
	gone = gnb_domain_id(mapper_dies ? p.mapper : p.granter);
	rc = gnb_domain_kill(mapper_dies ? p.mapper : p.granter, why, sizeof(why));
	__atomic_store_n(&done.rounds, 0, __ATOMIC_RELAXED);
	pthread_join(s.thread, NULL);
	ending = false;
	must(s.d, s.rc, "go on");
	if (mapper_dies)
		v3_end(&p);
	end(s.d);
	rc = rc ? rc : gnb_domain_wait_gone(gone, why, sizeof(why));
	check(!rc && !sum.stale && !sum.bad,
	      "%s, %s: the %s dies after %u us: %lu maps, %lu revokes, %lu stale, %lu odd%s%s%s%s",
	      p.name, ways[way].name, mapper_dies ? "mapper" : "granter", us, sum.maps, sum.revokes,
	      sum.stale, sum.bad, sum.what[0] ? ": " : "", sum.what, rc ? ": " : "", rc ? why : "");
}

void v3_deaths(unsigned n, unsigned seed)
{
	static const enum gnb_domain_type types[] = { GNB_DOMAIN_PVH, GNB_DOMAIN_PV };

	srandom(seed);
	for (unsigned i = 0; i < n; i++)
		one_death(types[i & 1], types[i >> 1 & 1], (enum way)(random() % WAYS),
			  random() & 1, (unsigned)random() % 20000);
}

void v3_race(unsigned turns)
{
	static const enum gnb_domain_type types[] = { GNB_DOMAIN_PVH, GNB_DOMAIN_PV };
	unsigned rounds = 1 + turns / (TIMES * PAGES * WAYS * 4);

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
