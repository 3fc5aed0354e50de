// SPDX-License-Identifier: GPL-2.0-only
/*
 * Part of lab_domain: dom0 maps by version 1 and its rivals, which are those that it has. On pvh+domu with its IOMMU, at
 * addresses where it has no memory: nobody looks at the data, but entries, statuses and what it costs are there.
 */
#include "domain_rivals.h"
#include "v3.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define N      RIVAL_PAGES
#define AT     (1ull << 34) /* no memory of dom0's, and none of the machine's */
#define IN_USE (GTF_permit_access | GTF_reading | GTF_writing)

static struct gnttab_map_grant_ref map[N];
static struct gnttab_unmap_grant_ref unmap[N];
static struct gnb_domain *granter;
static unsigned first;

static void say(const char *what, uint64_t up, uint64_t down)
{
	printf("# cost dom0 %s: map %llu unmap %llu\n", what, (unsigned long long)up / 2,
	       (unsigned long long)down / 2);
}

static void least(uint64_t *min, uint64_t t)
{
	if (!*min || t < *min)
		*min = t;
}

static unsigned not_marked(unsigned flags)
{
	unsigned bad = 0;

	for (unsigned i = 0; i < N; i++)
		bad += entry_flags(granter, RIVAL_REF + i) != flags;
	return bad;
}

static void v1(void)
{
	uint64_t up = 0, down = 0, t;
	unsigned bad = 0, i;

	for (unsigned k = 0; k < RIVAL_ROUNDS; k++) {
		for (i = 0; i < N; i++)
			map[i] = (struct gnttab_map_grant_ref){ .host_addr = AT + i * 4096ull,
								.flags = GNTMAP_host_map,
								.ref = RIVAL_REF + i,
								.dom = gnb_domain_id(granter) };
		bad += v3_dom0_op(GNTTABOP_map_grant_ref, map, sizeof(map), N, &t) != 0;
		least(&up, t);
		bad += not_marked(IN_USE);
		for (i = 0; i < N; i++) {
			bad += map[i].status != OK;
			unmap[i] = (struct gnttab_unmap_grant_ref){ .host_addr = map[i].host_addr,
								    .handle = map[i].handle };
		}
		bad += v3_dom0_op(GNTTABOP_unmap_grant_ref, unmap, sizeof(unmap), N, &t) != 0;
		least(&down, t);
		for (i = 0; i < N; i++)
			bad += unmap[i].status != OK;
		bad += not_marked(GTF_permit_access);
	}
	check(!bad, "dom0, version 1: 512 pages, %u times", RIVAL_ROUNDS);
	say("v1 512 pages", up, down);
}

static void range(unsigned flags, const char *what)
{
	uint64_t up = 0, down = 0, t;
	unsigned bad = 0;

	for (unsigned k = 0; k < RIVAL_ROUNDS; k++) {
		struct gnttab_range_map m = { .addr = AT,
					      .ref = RIVAL_REF,
					      .count = N,
					      .dom = gnb_domain_id(granter),
					      .flags = (uint16_t)flags };
		struct gnttab_range_unmap u = { 0 };

		bad += v3_dom0_op(GNTTABOP_range_map, &m, sizeof(m), 1, &t) || m.status ||
		       m.done != N || not_marked(IN_USE) || m.large != !!flags;
		least(&up, t);
		u.handle = m.handle;
		bad += v3_dom0_op(GNTTABOP_range_unmap, &u, sizeof(u), 1, &t) || u.status ||
		       not_marked(GTF_permit_access);
		least(&down, t);
	}
	check(!bad, "dom0, %s, %u times", what, RIVAL_ROUNDS);
	say(what, up, down);
}

static void super(void)
{
	struct grant_entry_v1 *e =
		(struct grant_entry_v1 *)gnb_domain_table(granter, 1, false) + RIVAL_REF;
	uint64_t up = 0, down = 0, t;
	unsigned bad = 0;

	e->domid = 0;
	e->frame = GNTSUPER_FRAME(gnb_domain_frame(granter, first), 9);
	__atomic_store_n(&e->flags, GTF_permit_access | GTF_superpage, __ATOMIC_RELEASE);
	for (unsigned k = 0; k < RIVAL_ROUNDS; k++) {
		struct gnttab_map_grant_ref m = { .host_addr = AT,
						  .flags = GNTMAP_host_map | GNTMAP_super_2m,
						  .ref = RIVAL_REF + 512,
						  .dom = gnb_domain_id(granter) };
		struct gnttab_unmap_grant_ref u = { .host_addr = AT };

		bad += v3_dom0_op(GNTTABOP_map_grant_ref, &m, sizeof(m), 1, &t) || m.status;
		least(&up, t);
		u.handle = m.handle;
		bad += v3_dom0_op(GNTTABOP_unmap_grant_ref, &u, sizeof(u), 1, &t) || u.status;
		least(&down, t);
	}
	check(!bad && entry_flags(granter, RIVAL_REF + 512) == (GTF_permit_access | GTF_superpage),
	      "dom0, v1-super 2 MiB, %u times", RIVAL_ROUNDS);
	say("v1-super 2 MiB", up, down);
}

void rivals_dom0(void)
{
	struct gnttab_range_unmap u = { .handle = 0 };

	granter = make(GNB_DOMAIN_PVH);
	must(granter, gnb_domain_map_table(granter, 3, false), "map the table");
	while (gnb_domain_frame(granter, first) & 511)
		first++;
	for (unsigned i = 0; i < N; i++)
		grant(granter, RIVAL_REF + i, first + i, 0, GTF_permit_access);
	v1();
	if (v3_dom0_op(GNTTABOP_range_unmap, &u, sizeof(u), 1, NULL) != -ENOSYS) {
		range(0, "v1-range 512 pages");
		range(GNTRANGE_ACCEPT_2M, "v1-range 2 MiB");
		super();
	}
	v1();
	end(granter);
}
