// SPDX-License-Identifier: GPL-2.0-only
/* Part of lab_domain: v1-range, by first reference and by list, by pages and by one entry of 2 MiB. */
#include "domain_rivals.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define IN_USE (GTF_permit_access | GTF_reading | GTF_writing)

static struct {
	struct gnttab_range_map op;
	uint32_t list[RIVAL_PAGES];
} a;

/* What a request says, whose fields others change first. */
static struct gnttab_range_map *request(struct rival_pair *p)
{
	memset(&a, 0, sizeof(a));
	a.op.addr = gnb_domain_slot(p->mapper, 0);
	a.op.ref = RIVAL_REF;
	a.op.count = RIVAL_PAGES;
	a.op.dom = gnb_domain_id(p->granter);
	return &a.op;
}

static int64_t submit(struct rival_pair *p, uint64_t *ticks)
{
	return grant_op(p->mapper, GNTTABOP_range_map, &a, sizeof(a), 1, ticks);
}

/* The list says the pages backwards: so it is no run. */
static void by_list(struct rival_pair *p, bool backwards)
{
	a.op.flags |= GNTRANGE_LIST;
	a.op.ref = gnb_domain_args_address(p->mapper) + offsetof(__typeof__(a), list);
	for (unsigned i = 0; i < RIVAL_PAGES; i++)
		a.list[i] = RIVAL_REF + (backwards ? RIVAL_PAGES - 1 - i : i);
}

static int take_away(struct rival_pair *p, uint32_t handle, uint64_t *ticks)
{
	struct gnttab_range_unmap op = { .handle = handle, .status = 99 };
	int64_t rc = grant_op(p->mapper, GNTTABOP_range_unmap, &op, sizeof(op), 1, ticks);

	return rc ? (int)rc : op.status;
}

static void whole(struct rival_pair *p, unsigned flags, bool list, unsigned large, const char *what)
{
	struct gnttab_range_map *op = request(p);
	unsigned bad;
	int rc;

	op->flags = (uint16_t)flags;
	if (list)
		by_list(p, false);
	rc = (int)submit(p, NULL);
	bad = rc || op->status != OK || op->done != RIVAL_PAGES || op->large != large;
	bad += rival_not_seen(p, 0, RIVAL_PAGES) + rival_flags_not(p, 0, RIVAL_PAGES, IN_USE);
	check(!bad, "%s, range, %s: %d, status %d, %u pages, %u of 2M; all are seen",
	      type_name(p->mapper), what, rc, op->status, op->done, op->large);
	rc = take_away(p, op->handle, NULL);
	bad = rival_still_seen(p, 0, RIVAL_PAGES) +
	      rival_flags_not(p, 0, RIVAL_PAGES, GTF_permit_access);
	check(!rc && !bad, "%s, range, %s: and gone (status %d, %u wrong)", type_name(p->mapper),
	      what, rc, bad);
	rc = take_away(p, op->handle, NULL);
	check(rc == GNTST_bad_handle, "%s, range, %s: only once", type_name(p->mapper), what);
}

static void refused(struct rival_pair *p, const char *what, int status, unsigned done)
{
	int64_t rc = submit(p, NULL);
	unsigned n = a.op.done;

	check(!rc && a.op.status == status && n == done &&
		      (n != 0) == (a.op.handle != GNTRANGE_NO_HANDLE),
	      "%s, range, %s: status %d, %u pages", type_name(p->mapper), what, a.op.status, n);
	check(!rival_not_seen(p, 0, n) && (!n || !take_away(p, a.op.handle, NULL)) &&
		      !rival_still_seen(p, 0, RIVAL_PAGES) &&
		      !rival_flags_not(p, n + 1, RIVAL_PAGES, GTF_permit_access),
	      "%s, range, %s: what was done was there, and is gone", type_name(p->mapper), what);
}

static void check_refused(struct rival_pair *p)
{
	bool pvh = gnb_domain_control(p->mapper)->type == GNB_DOMAIN_PVH;
	uint32_t handle = 0;

	request(p)->flags = 8;
	refused(p, "an unknown flag", GNTST_general_error, 0);
	request(p)->pad = 1;
	refused(p, "padding", GNTST_general_error, 0);
	request(p)->count = 0;
	refused(p, "no pages", GNTST_general_error, 0);
	request(p)->count = RIVAL_PAGES + 1;
	refused(p, "too many", GNTST_general_error, 0);
	request(p)->addr++;
	refused(p, "an address within a page", GNTST_bad_virt_addr, 0);
	request(p)->dom = 0x7000;
	refused(p, "no such domain", GNTST_bad_domain, 0);
	request(p)->ref = 1u << 20;
	refused(p, "a reference beyond the table", GNTST_bad_gntref, 0);
	request(p)->ref = 1ull << 32;
	refused(p, "one beyond 32 bits", GNTST_bad_gntref, 0);
	request(p)->flags = GNTRANGE_LIST;
	a.op.ref = 0x7fff00000000;
	refused(p, "a list that is not there", GNTST_bad_virt_addr, 0);
	request(p)->ref = 3 * 512 - 5;
	refused(p, "references that end in its midst, and grant nothing", GNTST_general_error, 0);
	grant(p->granter, RIVAL_REF + 100, 0, 0, 0);
	request(p);
	refused(p, "an entry that grants nothing", GNTST_general_error, 100);
	grant(p->granter, RIVAL_REF + 100, p->first + 100, gnb_domain_id(p->mapper),
	      GTF_permit_access);
	if (pvh &&
	    !check(!map_one(p->mapper, 77, gnb_domain_id(p->granter), RIVAL_REF + 77, 0, &handle),
		   "version 1 maps one page"))
		return;
	if (pvh) {
		request(p);
		check(!submit(p, NULL) && a.op.status == GNTST_bad_virt_addr && a.op.done == 77 &&
			      !take_away(p, a.op.handle, NULL),
		      "PVH, range: it ends before a page that is there: status %d, %u pages",
		      a.op.status, a.op.done);
		request(p)->flags = GNTRANGE_ACCEPT_2M;
		check(!submit(p, NULL) && a.op.status == GNTST_bad_virt_addr && a.op.done == 77 &&
			      !a.op.large && !take_away(p, a.op.handle, NULL),
		      "PVH, range: and so it does by 2M");
		check(!unmap_one(p->mapper, 77, handle), "PVH: which then goes");
	}
	check(take_away(p, 12345678, NULL) == GNTST_bad_handle,
	      "%s, range: a handle that never was", type_name(p->mapper));
}

static void check_readonly(struct rival_pair *p)
{
	uint32_t w = 7;
	int rc;

	request(p)->flags = GNTRANGE_READONLY | GNTRANGE_ACCEPT_2M;
	rc = (int)submit(p, NULL);
	check(!rc && a.op.status == OK && !rival_not_seen(p, 0, RIVAL_PAGES) &&
		      !rival_flags_not(p, 0, RIVAL_PAGES, GTF_permit_access | GTF_reading),
	      "%s, range, read only: seen, and marked as read", type_name(p->mapper));
	/* A translated domain that writes does so to a device that is not there. */
	rc = gnb_domain_control(p->mapper)->type == GNB_DOMAIN_PV
		     ? gnb_domain_write(p->mapper, gnb_domain_slot(p->mapper, 3), &w, sizeof(w), 0,
					NULL)
		     : -EFAULT;
	check(rc == -EFAULT && *(uint32_t *)(p->page + 3 * 4096ul) == 0x10003,
	      "%s, range, read only: not written", type_name(p->mapper));
	check(!take_away(p, a.op.handle, NULL) &&
		      !rival_flags_not(p, 0, RIVAL_PAGES, GTF_permit_access),
	      "%s, range, read only: gone", type_name(p->mapper));
}

/* Several by one hypercall, one of which is bad. */
static void check_many(struct rival_pair *p)
{
	struct gnttab_range_map op[40];
	struct gnttab_range_unmap un[40];
	unsigned bad = 0, i;
	int64_t rc;

	memset(op, 0, sizeof(op));
	for (i = 0; i < 40; i++) {
		op[i].addr = gnb_domain_slot(p->mapper, i * 12);
		op[i].ref = RIVAL_REF + i * 12;
		op[i].count = 12;
		op[i].dom = i == 9 ? 0x7000 : gnb_domain_id(p->granter);
	}
	rc = grant_op(p->mapper, GNTTABOP_range_map, op, sizeof(op), 40, NULL);
	for (i = 0; i < 40; i++) {
		bad += op[i].status != (i == 9 ? GNTST_bad_domain : OK) ||
		       (i != 9 && rival_not_seen(p, i * 12, i * 12 + 12));
		un[i] = (struct gnttab_range_unmap){ .handle = op[i].handle };
	}
	check(!rc && !bad, "%s, range: 40 by one hypercall, of which one is bad",
	      type_name(p->mapper));
	rc = grant_op(p->mapper, GNTTABOP_range_unmap, un, sizeof(un), 40, NULL);
	for (bad = i = 0; i < 40; i++)
		bad += un[i].status != (i == 9 ? GNTST_bad_handle : OK);
	check(!rc && !bad && !rival_still_seen(p, 0, RIVAL_PAGES) &&
		      !rival_flags_not(p, 0, RIVAL_PAGES, GTF_permit_access),
	      "%s, range: and all go by one", type_name(p->mapper));
}

static void cost(struct rival_pair *p, unsigned flags, bool list, bool backwards, const char *what)
{
	struct rival_cost c = { ~0ull, ~0ull };
	unsigned bad = 0;

	for (unsigned i = 0; i < RIVAL_ROUNDS; i++) {
		uint64_t up = ~0ull, down = ~0ull;

		request(p)->flags = (uint16_t)flags;
		if (list)
			by_list(p, backwards);
		bad += submit(p, &up) || a.op.status != OK || a.op.done != RIVAL_PAGES ||
		       take_away(p, a.op.handle, &down) != OK;
		c.up = up < c.up ? up : c.up;
		c.down = down < c.down ? down : c.down;
	}
	check(!bad, "%s, range, %s: %u times", type_name(p->mapper), what, RIVAL_ROUNDS);
	rival_cost(&c, p, what);
}

/* A mapper that dies with ranges leaves the granter's entries free. */
static void check_mapper_dies(struct rival_pair *p)
{
	struct gnb_domain *own = p->mapper;

	p->mapper = make(gnb_domain_control(own)->type);
	rival_grant_all(p, GTF_permit_access);
	request(p)->flags = GNTRANGE_ACCEPT_2M;
	check(!submit(p, NULL) && a.op.status == OK && !rival_flags_not(p, 0, RIVAL_PAGES, IN_USE),
	      "%s, range: another domain maps all", type_name(p->mapper));
	end(p->mapper);
	p->mapper = own;
	check(!rival_flags_not(p, 0, RIVAL_PAGES, GTF_permit_access),
	      "%s, range: its end gives all back", type_name(p->mapper));
	rival_grant_all(p, GTF_permit_access);
}

void check_range(struct rival_pair *p, bool there)
{
	unsigned pvh = gnb_domain_control(p->mapper)->type == GNB_DOMAIN_PVH;

	request(p);
	if (!there) {
		check(submit(p, NULL) == -ENOSYS, "%s: there are no ranges", type_name(p->mapper));
		check(take_away(p, 0, NULL) == -ENOSYS, "%s: and none is unmapped",
		      type_name(p->mapper));
		return;
	}
	whole(p, 0, false, 0, "512 pages");
	whole(p, 0, true, 0, "512 pages by list");
	whole(p, GNTRANGE_ACCEPT_2M, false, pvh, "2 MiB");
	whole(p, GNTRANGE_ACCEPT_2M, true, pvh, "2 MiB by list");
	whole(p, 0, false, 0, "512 pages after 2 MiB");
	check_refused(p);
	check_readonly(p);
	check_many(p);
	check_mapper_dies(p);
	cost(p, 0, false, false, "v1-range 512 pages");
	cost(p, 0, true, false, "v1-range 512 pages by list");
	cost(p, 0, true, true, "v1-range 512 pages by list, backwards");
	cost(p, GNTRANGE_ACCEPT_2M, false, false, "v1-range 2 MiB");
}
