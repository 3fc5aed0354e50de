// SPDX-License-Identifier: GPL-2.0-only
/* Part of lab_domain: v1-revoke, a granter that takes back what version 1 mapped. */
#include "domain_rivals.h"
#include "grant_v1_revoke.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define N      RIVAL_PAGES
#define IN_USE (GTF_permit_access | GTF_reading | GTF_writing)

static struct gnttab_map_grant_ref map[N];
static struct gnttab_unmap_grant_ref unmap[N];

static bool map_all(struct rival_pair *p, unsigned flags)
{
	unsigned bad = 0;

	rival_grant_all(p, GTF_permit_access);
	for (unsigned i = 0; i < N; i++)
		map[i] = (struct gnttab_map_grant_ref){ .host_addr = gnb_domain_slot(p->mapper, i),
							.flags = GNTMAP_host_map | flags,
							.ref = RIVAL_REF + i,
							.dom = gnb_domain_id(p->granter) };
	bad = grant_op(p->mapper, GNTTABOP_map_grant_ref, map, sizeof(map), N, NULL) != 0;
	for (unsigned i = 0; i < N; i++)
		bad += map[i].status != OK;
	return !bad;
}

/* How many have another status. */
static unsigned unmap_all(struct rival_pair *p, int status)
{
	unsigned bad;

	for (unsigned i = 0; i < N; i++)
		unmap[i] = (struct gnttab_unmap_grant_ref){ .host_addr = map[i].host_addr,
							    .handle = map[i].handle };
	bad = grant_op(p->mapper, GNTTABOP_unmap_grant_ref, unmap, sizeof(unmap), N, NULL) != 0;
	for (unsigned i = 0; i < N; i++)
		bad += unmap[i].status != status;
	return bad;
}

/* As a granter does: all entries end, and a full barrier. */
static void end_all(struct rival_pair *p)
{
	for (unsigned i = 0; i < N; i++) {
		struct grant_entry_v1 *e = (struct grant_entry_v1 *)gnb_domain_table(
						   p->granter, (RIVAL_REF + i) / 512, false) +
					   (RIVAL_REF + i) % 512;

		__atomic_fetch_and(&e->flags, (uint16_t)~GTF_type_mask, __ATOMIC_SEQ_CST);
	}
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

static struct gnttab_v1_revoke revoke(struct rival_pair *p, unsigned count, unsigned flags,
				      uint64_t *ticks)
{
	struct gnttab_v1_revoke r = { .ref = RIVAL_REF, .count = count, .flags = (uint16_t)flags };
	int64_t rc = grant_op(p->granter, GNTTABOP_v1_revoke, &r, sizeof(r), 1, ticks);

	if (rc)
		r.status = (int16_t)rc;
	return r;
}

static void check_hole(struct rival_pair *p)
{
	const char *t = type_name(p->mapper);
	struct gnttab_v1_revoke r;
	uint32_t handle;

	check(map_all(p, GNTMAP_accept_hole) && !rival_not_seen(p, 0, N),
	      "%s, revoke: 512 pages that may go", t);
	r = revoke(p, N, GNTV1_REVOKE_CHECK, NULL);
	check(r.status == GNTST_eagain && !r.done && !rival_not_seen(p, 0, N),
	      "%s, revoke: not while they are granted: %d", t, r.status);
	end_all(p);
	check(map_one(p->mapper, 600, gnb_domain_id(p->granter), RIVAL_REF, 0, &handle) ==
		      GNTST_general_error,
	      "%s, revoke: what has ended is not mapped once more", t);
	r = revoke(p, N, GNTV1_REVOKE_CHECK, NULL);
	check(!r.status && r.done == N && r.pages == N && r.outcomes == GNTV1_GOT_HOLE &&
		      !rival_still_seen(p, 0, N),
	      "%s, revoke: all go: status %d, %u references, %u pages, outcomes %x", t, r.status,
	      r.done, r.pages, r.outcomes);
	check(!rival_flags_not(p, 0, N, 0), "%s, revoke: and no entry is in use", t);
	r = revoke(p, N, GNTV1_REVOKE_CHECK, NULL);
	check(!r.status && r.done == N && !r.pages && !r.outcomes,
	      "%s, revoke: there is nothing any more", t);
	check(!unmap_all(p, OK), "%s, revoke: the mapper gives its handles back", t);
	check(!unmap_all(p, GNTST_bad_handle), "%s, revoke: once", t);
	check(map_all(p, GNTMAP_accept_hole) && !rival_not_seen(p, 0, N) && !unmap_all(p, OK) &&
		      !rival_flags_not(p, 0, N, GTF_permit_access),
	      "%s, revoke: the pages are mapped and unmapped again", t);
}

static void check_kept(struct rival_pair *p)
{
	const char *t = type_name(p->mapper);
	struct gnttab_v1_revoke r;

	check(map_all(p, 0), "%s, revoke: pages that are kept", t);
	end_all(p);
	r = revoke(p, N, 0, NULL);
	check(!r.status && r.done == N && !r.pages && r.outcomes == GNTV1_GOT_KEPT &&
		      !rival_not_seen(p, 0, N),
	      "%s, revoke: they stay: status %d, outcomes %x", t, r.status, r.outcomes);
	check(!unmap_all(p, OK) && !rival_flags_not(p, 0, N, 0),
	      "%s, revoke: until they are unmapped", t);
}

static void check_sink(struct rival_pair *p)
{
	struct gnttab_v1_revoke r;
	unsigned bad = 0, i;
	uint32_t w = 0;

	check(map_all(p, GNTMAP_accept_hole | GNTMAP_accept_sink),
	      "PVH, revoke: 512 pages that may become the sink");
	end_all(p);
	r = revoke(p, N, GNTV1_REVOKE_CHECK, NULL);
	check(!r.status && r.pages == N && r.outcomes == GNTV1_GOT_SINK,
	      "PVH, revoke: they do: status %d, outcomes %x", r.status, r.outcomes);
	w = 0xabcd;
	bad = gnb_domain_write(p->mapper, gnb_domain_slot(p->mapper, 5), &w, sizeof(w), 0, NULL) !=
	      0;
	for (i = 0; i < N; i++) {
		w = 0;
		bad += gnb_domain_read(p->mapper, gnb_domain_slot(p->mapper, i), &w, sizeof(w), 0,
				       NULL) ||
		       w != 0xabcd || *(uint32_t *)(p->page + i * 4096ul) != 0x10000 + i;
	}
	check(!bad, "PVH, revoke: all lead to one page, and none to the granter's");
	check(!unmap_all(p, OK), "PVH, revoke: the sinks are unmapped");
	for (bad = i = 0; i < N; i++) {
		w = 0;
		bad += !gnb_domain_read(p->mapper, gnb_domain_slot(p->mapper, i), &w, sizeof(w), 0,
					NULL) &&
		       w == 0xabcd;
	}
	check(!bad, "PVH, revoke: and leave holes");
}

static void check_refused(struct rival_pair *p)
{
	const char *t = type_name(p->mapper);
	struct gnttab_v1_revoke r = { .ref = 0, .count = 0 };
	uint32_t handle;

	check(!grant_op(p->granter, GNTTABOP_v1_revoke, &r, sizeof(r), 1, NULL) &&
		      r.status == GNTST_bad_gntref,
	      "%s, revoke: no references", t);
	r = (struct gnttab_v1_revoke){ .ref = 1u << 20, .count = 1 };
	check(!grant_op(p->granter, GNTTABOP_v1_revoke, &r, sizeof(r), 1, NULL) &&
		      r.status == GNTST_bad_gntref,
	      "%s, revoke: beyond the table", t);
	r = (struct gnttab_v1_revoke){ .ref = 8, .count = 1, .flags = 2 };
	check(!grant_op(p->granter, GNTTABOP_v1_revoke, &r, sizeof(r), 1, NULL) &&
		      r.status == GNTST_general_error,
	      "%s, revoke: an unknown flag", t);
	if (gnb_domain_control(p->mapper)->type == GNB_DOMAIN_PV)
		check(map_one(p->mapper, 0, gnb_domain_id(p->granter), RIVAL_REF,
			      GNTMAP_accept_sink, &handle) == GNTST_general_error,
		      "PV, revoke: no sink");
}

/* What is taken back is its mapper's to give back, though the granter be no more; and who dies leaves nothing. */
static void check_deaths(struct rival_pair *p)
{
	struct rival_pair q;
	struct gnttab_v1_revoke r;

	rival_pair(&q, gnb_domain_control(p->mapper)->type);
	check(map_all(&q, GNTMAP_accept_hole), "%s, revoke: of another pair", type_name(p->mapper));
	end_all(&q);
	r = revoke(&q, N, 0, NULL);
	end(q.granter);
	check(!r.status && !unmap_all(&q, OK), "%s, revoke: handles of a granter that has ended",
	      type_name(p->mapper));
	end(q.mapper);
	rival_pair(&q, gnb_domain_control(p->mapper)->type);
	check(map_all(&q, GNTMAP_accept_hole), "%s, revoke: and of another", type_name(p->mapper));
	end(q.mapper);
	end_all(&q);
	r = revoke(&q, N, GNTV1_REVOKE_CHECK, NULL);
	check(!r.status && r.done == N && !r.pages && !rival_flags_not(&q, 0, N, 0),
	      "%s, revoke: a mapper that ended holds nothing", type_name(p->mapper));
	end(q.granter);
}

static void cost(struct rival_pair *p, unsigned flags, const char *what)
{
	struct rival_cost c = { ~0ull, ~0ull };
	unsigned bad = 0;

	for (unsigned i = 0; i < RIVAL_ROUNDS; i++) {
		struct gnttab_v1_revoke r;
		uint64_t t;

		bad += !map_all(p, flags);
		end_all(p);
		r = revoke(p, N, GNTV1_REVOKE_CHECK, &t);
		bad += r.status != 0 || r.pages != N || unmap_all(p, OK);
		c.down = t < c.down ? t : c.down;
	}
	c.up = 0;
	check(!bad, "%s, revoke: %u times", type_name(p->mapper), RIVAL_ROUNDS);
	rival_cost(&c, p, what);
}

void check_revoke(struct rival_pair *p, bool there)
{
	bool pvh = gnb_domain_control(p->mapper)->type == GNB_DOMAIN_PVH;

	if (!there) {
		check(revoke(p, N, 0, NULL).status == -ENOSYS, "%s: nothing is taken back",
		      type_name(p->mapper));
		return;
	}
	check_hole(p);
	check_kept(p);
	if (pvh)
		check_sink(p);
	check_refused(p);
	check_deaths(p);
	cost(p, GNTMAP_accept_hole, "v1-revoke 512 pages (unmap: the revoke)");
	if (pvh)
		cost(p, GNTMAP_accept_sink, "v1-revoke 512 pages, to the sink (unmap: the revoke)");
	rival_grant_all(p, GTF_permit_access);
}
