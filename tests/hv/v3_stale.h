/* SPDX-License-Identifier: GPL-2.0-only */
/* What tests/hv/v3_stale_test.c has and knows of its host, and calls of its granter and toolstack. */
#ifndef HV_TESTS_V3_STALE_H
#define HV_TESTS_V3_STALE_H

#include "guest_pt.h"
#include "stale.h"
#include "v3.h"

#define ALL    512 /* frames of the mapper and of the third domain: none is left over */
#define ARGS   32
#define OTHER  (ALL - ARGS - hv_guest_pt_pages(ARGS)) /* that are RAM */
#define REFS   16 /* references that are taken back, each of a page of its own */
#define SLOTS  32 /* places of each mapping vCPU; where entries are large, two of them */
#define HEAP   2048
#define TABLES 4 /* of a PV mapper */

/* What is mapped: by which entries, of how many pages of a granter that has all of these frames. */
static const struct kind {
	const char *name;
	unsigned order, levels, pages, all;
} by_4k = { "4K", 0, 1, REFS, ALL }, by_2m = { "2M", 9, 2, 512, 2 * ALL },
  by_1g = { "1G", 18, 3, 1u << 18, (1u << 18) + ALL };

static struct {
	struct hv_host *host;
	struct hv_domain *g, *m, *t;
	const struct kind *k;
	unsigned areas; /* places of each mapping vCPU */
	grant_v3_tree_t tree;
	uint64_t *node;		 /* that has the entries which are cleared */
	bool device, pv, stop;	 /* of the mapper */
	uint64_t bus[2 * SLOTS]; /* of entries of 4K: the frame that its device was told of, last */
	uint64_t status;	 /* GFN of a page that is asked before a revoke is made; 0: none */
	uint64_t spared;	 /* revokes, by it */
	uint64_t revokes, wanted, taken, raced, maps, copies, handed, large, more;
	uint64_t turned, bound;
	struct stale_seen seen;
	char bad[160];
} s;

static void bad(const char *what, uint64_t a, uint64_t b)
{
	stale_bad(s.bad, sizeof(s.bad), &s.stop, what, a, b);
}

/* ---- calls ---- */

static int set_status(void)
{
	struct gnttab_v3_notify_setup n = { .status_frame = s.status, .tree = s.tree };

	return v3_op(hv_domain_vcpu(s.g, 0), args(s.g, 0), GNTTABOP_v3_notify_setup, &n, sizeof(n),
		     &n.status);
}

/*
 * All at once, by the toolstack: the same mapper gets the tree, as when its backend has begun again. What the granter had
 * set up ends with that.
 */
static void bind(void)
{
	struct gnttab_v3_bind b = { .tree = s.tree,
				    .dom = hv_domain_id(s.g),
				    .to = hv_domain_id(s.m) };

	if (v3_op(hv_domain_vcpu(s.t, 0), args(s.t, 0), GNTTABOP_v3_bind, &b, sizeof(b),
		  &b.status) != GNTST_okay)
		bad("a bind gives", (uint64_t)(int64_t)b.status, 0);
	if (s.status && set_status())
		bad("a status page cannot be set up after a bind", 0, 0);
	s.bound++;
}

static void ack(void)
{
	struct gnttab_v3_ack a = { .tree = s.tree, .dom = hv_domain_id(s.m) };

	if (v3_op(hv_domain_vcpu(s.g, 0), args(s.g, 0), GNTTABOP_v3_ack, &a, sizeof(a),
		  &a.status) != GNTST_okay)
		bad("an ack gives", (uint64_t)(int64_t)a.status, 0);
}

static void protect(uint64_t ref, uint64_t count, unsigned flags)
{
	struct gnttab_v3_protect p = {
		.ref = ref, .count = count, .tree = s.tree, .flags = (uint16_t)flags
	};

	if (v3_op(hv_domain_vcpu(s.g, 0), args(s.g, 0), GNTTABOP_v3_protect, &p, sizeof(p),
		  &p.status) != GNTST_okay ||
	    p.outcomes & ~(s.k->order ? GNTV3_GOT_MORE : 0))
		bad("a protect gives", (uint64_t)(int64_t)p.status, p.outcomes);
	s.turned += p.pages;
}

#endif
