// SPDX-License-Identifier: GPL-2.0-only
/* Part of lab_domain: v1-super, 2 MiB by one entry of version 1. */
#include "domain_rivals.h"

#include <stdio.h>
#include <string.h>

#define IN_USE (GTF_permit_access | GTF_superpage | GTF_reading | GTF_writing)
#define REF    (RIVAL_REF + RIVAL_PAGES) /* of the superpage */

static struct gnttab_map_grant_ref map;

/* Publish the pages as one, whose frame says so with this order. */
static void publish(struct rival_pair *p, unsigned flags, unsigned order)
{
	struct grant_entry_v1 *e =
		(struct grant_entry_v1 *)gnb_domain_table(p->granter, REF / 512, false) + REF % 512;

	__atomic_store_n(&e->flags, 0, __ATOMIC_SEQ_CST);
	e->domid = gnb_domain_id(p->mapper);
	e->frame = GNTSUPER_FRAME(gnb_domain_frame(p->granter, p->first), order);
	__atomic_store_n(&e->flags, (uint16_t)flags, __ATOMIC_RELEASE);
}

static int do_map(struct rival_pair *p, unsigned flags, unsigned slot, uint64_t *ticks)
{
	int64_t rc;

	map = (struct gnttab_map_grant_ref){ .host_addr = gnb_domain_slot(p->mapper, slot),
					     .flags = GNTMAP_host_map | flags,
					     .ref = REF,
					     .dom = gnb_domain_id(p->granter) };
	rc = grant_op(p->mapper, GNTTABOP_map_grant_ref, &map, sizeof(map), 1, ticks);
	return rc ? (int)rc : map.status;
}

static int do_unmap(struct rival_pair *p, uint32_t handle, uint64_t address, uint64_t *ticks)
{
	struct gnttab_unmap_grant_ref op = { .host_addr = address, .handle = handle };
	int64_t rc = grant_op(p->mapper, GNTTABOP_unmap_grant_ref, &op, sizeof(op), 1, ticks);

	return rc ? (int)rc : op.status;
}

static int do_copy(struct rival_pair *p)
{
	struct gnttab_copy op = {
		.source = { .u.ref = REF, .domid = gnb_domain_id(p->granter) },
		.dest = { .u.gmfn = gnb_domain_frame(p->mapper, 20), .domid = DOMID_SELF },
		.len = 16,
		.flags = GNTCOPY_source_gref,
	};
	int64_t rc = grant_op(p->mapper, GNTTABOP_copy, &op, sizeof(op), 1, NULL);

	return rc ? (int)rc : op.status;
}

static void check_refused(struct rival_pair *p)
{
	const char *t = type_name(p->mapper);

	publish(p, GTF_permit_access | GTF_superpage, 9);
	check(do_map(p, 0, 0, NULL) == GNTST_general_error,
	      "%s, super: not for a mapper that does not know", t);
	check(do_copy(p) == GNTST_general_error, "%s, super: not to be copied from", t);
	check(do_map(p, GNTMAP_super_1g, 0, NULL) == GNTST_bad_virt_addr,
	      "%s, super: no room for 1 GiB", t);
	check(do_map(p, GNTMAP_super, 0, NULL) == GNTST_general_error, "%s, super: of both sizes",
	      t);
	check(do_map(p, GNTMAP_super_2m, 1, NULL) == GNTST_bad_virt_addr,
	      "%s, super: an address that is not aligned", t);
	publish(p, GTF_permit_access, 9);
	check(do_map(p, GNTMAP_super_2m, 0, NULL) == GNTST_general_error,
	      "%s, super: an entry of a page", t);
	publish(p, GTF_permit_access | GTF_superpage, 10);
	check(do_map(p, GNTMAP_super_2m, 0, NULL) == GNTST_general_error,
	      "%s, super: an entry of another size", t);
	publish(p, GTF_superpage, 9);
	check(do_map(p, GNTMAP_super_2m, 0, NULL) == GNTST_general_error &&
		      entry_flags(p->granter, REF) == GTF_superpage,
	      "%s, super: an entry that grants nothing, and stays as it is", t);
}

/* What goes: all of it, once, and from no other place. */
static void check_whole(struct rival_pair *p)
{
	uint32_t handle, one;
	uint64_t at = gnb_domain_slot(p->mapper, 0);

	publish(p, GTF_permit_access | GTF_superpage, 9);
	check(!do_map(p, GNTMAP_super_2m, 0, NULL) && !rival_not_seen(p, 0, RIVAL_PAGES) &&
		      entry_flags(p->granter, REF) == IN_USE,
	      "PVH, super: 2 MiB by one entry are seen: status %d", map.status);
	handle = map.handle;
	check(do_copy(p) == GNTST_general_error, "PVH, super: nor copied from when it is in use");
	check(do_map(p, 0, 512, NULL) == GNTST_general_error, "PVH, super: nor mapped by a page");
	check(do_map(p, GNTMAP_super_2m, 0, NULL) == GNTST_bad_virt_addr,
	      "PVH, super: not where something is");
	check(!do_map(p, GNTMAP_super_2m, 512, NULL),
	      "PVH, super: a second time elsewhere: status %d", map.status);
	check(do_unmap(p, map.handle, at, NULL) == GNTST_general_error &&
		      !rival_not_seen(p, 0, RIVAL_PAGES),
	      "PVH, super: it does not go from the first one's place");
	check(!do_unmap(p, map.handle, gnb_domain_slot(p->mapper, 512), NULL) &&
		      entry_flags(p->granter, REF) == IN_USE,
	      "PVH, super: it goes from its own, and the first stays");
	check(!do_unmap(p, handle, at, NULL) && !rival_still_seen(p, 0, RIVAL_PAGES) &&
		      entry_flags(p->granter, REF) == (GTF_permit_access | GTF_superpage),
	      "PVH, super: and that goes, too");
	check(do_unmap(p, handle, at, NULL) == GNTST_bad_handle, "PVH, super: once");
	check(!map_one(p->mapper, 9, gnb_domain_id(p->granter), RIVAL_REF + 9, 0, &one) &&
		      do_map(p, GNTMAP_super_2m, 0, NULL) == GNTST_bad_virt_addr &&
		      !unmap_one(p->mapper, 9, one),
	      "PVH, super: not over a page");
	check(!do_map(p, GNTMAP_super_2m | GNTMAP_readonly, 0, NULL) &&
		      !rival_not_seen(p, 0, RIVAL_PAGES) &&
		      entry_flags(p->granter, REF) ==
			      (GTF_permit_access | GTF_superpage | GTF_reading) &&
		      !do_unmap(p, map.handle, at, NULL),
	      "PVH, super: read only");
}

static void check_mapper_dies(struct rival_pair *p)
{
	struct gnb_domain *own = p->mapper;

	p->mapper = make(GNB_DOMAIN_PVH);
	publish(p, GTF_permit_access | GTF_superpage, 9);
	check(!do_map(p, GNTMAP_super_2m, 0, NULL) && entry_flags(p->granter, REF) == IN_USE,
	      "PVH, super: another domain maps it");
	end(p->mapper);
	p->mapper = own;
	check(entry_flags(p->granter, REF) == (GTF_permit_access | GTF_superpage),
	      "PVH, super: and its end gives it back");
}

static void cost(struct rival_pair *p)
{
	struct rival_cost c = { ~0ull, ~0ull };
	unsigned bad = 0;

	publish(p, GTF_permit_access | GTF_superpage, 9);
	for (unsigned i = 0; i < RIVAL_ROUNDS; i++) {
		uint64_t up = ~0ull, down = ~0ull;

		bad += do_map(p, GNTMAP_super_2m, 0, &up) ||
		       do_unmap(p, map.handle, map.host_addr, &down);
		c.up = up < c.up ? up : c.up;
		c.down = down < c.down ? down : c.down;
	}
	check(!bad, "PVH, super: %u times", RIVAL_ROUNDS);
	rival_cost(&c, p, "v1-super 2 MiB");
}

void check_super(struct rival_pair *p, bool there)
{
	if (!there) {
		publish(p, GTF_permit_access | GTF_superpage, 9);
		if (gnb_domain_control(p->mapper)->type == GNB_DOMAIN_PV)
			check(!do_map(p, GNTMAP_super_2m, 0, NULL) &&
				      !do_unmap(p, map.handle, map.host_addr, NULL),
			      "PV: flags that mean nothing map a page");
		else
			check(do_map(p, GNTMAP_super_2m, 0, NULL) == GNTST_general_error,
			      "PVH: flags that mean nothing are refused");
	} else if (gnb_domain_control(p->mapper)->type == GNB_DOMAIN_PV) {
		publish(p, GTF_permit_access | GTF_superpage, 9);
		check(do_map(p, GNTMAP_super_2m, 0, NULL) == GNTST_general_error,
		      "PV: no superpages");
	} else {
		check_refused(p);
		check_whole(p);
		check_mapper_dies(p);
		cost(p);
	}
	publish(p, 0, 9);
}
