// SPDX-License-Identifier: GPL-2.0-only
/*
 * What valgrind's callgrind counts for the instructions claims: map and unmap of 256 pages a
 * hypercall, v1.
 *
 *   insn pv|translated map|unmap ROUNDS
 *
 * pv: a PV domain maps its own grants, as the measured Xen did. translated: a translated domain
 * maps another's. Only the hypercalls asked for are counted (--collect-atstart=no). One round
 * before them makes tables and handles.
 */
#include <stdio.h>
#include <valgrind/callgrind.h>

#include "fixture.h"

#define PAGES 256

static struct fx f;

static int hypercall(bool map, bool counted)
{
	void *args = map ? (void *)fx_map_args(&f, 0) : (void *)fx_unmap_args(&f, 0);
	long rc;

	if (counted)
		CALLGRIND_TOGGLE_COLLECT;
	rc = hv_grant_table_op(f.mv, map ? GNTTABOP_map_grant_ref : GNTTABOP_unmap_grant_ref, args,
			       PAGES);
	if (counted)
		CALLGRIND_TOGGLE_COLLECT;
	return rc != 0;
}

static int one_round(bool count_map, bool count_unmap)
{
	int bad;

	for (unsigned i = 0; i < PAGES; i++)
		*fx_map_args(&f, i) =
			(struct gnttab_map_grant_ref){ .host_addr = hv_guest_map_addr(f.m, i),
						       .flags = GNTMAP_host_map,
						       .ref = 8 + i,
						       .dom = hv_domain_id(f.g) };
	bad = hypercall(true, count_map);
	for (unsigned i = 0; i < PAGES; i++) {
		bad |= fx_map_args(&f, i)->status != GNTST_okay;
		*fx_unmap_args(&f, i) =
			(struct gnttab_unmap_grant_ref){ .host_addr = fx_map_args(&f, i)->host_addr,
							 .handle = fx_map_args(&f, i)->handle };
	}
	bad |= hypercall(false, count_unmap);
	for (unsigned i = 0; i < PAGES; i++)
		bad |= fx_unmap_args(&f, i)->status != GNTST_okay;
	return bad;
}

int main(int argc, char **argv)
{
	bool pv = argc > 1 && !strcmp(argv[1], "pv"), map = argc > 2 && !strcmp(argv[2], "map");
	enum hv_guest guest = pv ? HV_GUEST_PV : HV_GUEST_TRANSLATED;
	struct fx_opts o = {
		.granter = { .guest = guest }, .mapper = { .guest = guest }, .frames = 2, .self = pv
	};
	int bad;

	if (argc != 4 || (!pv && strcmp(argv[1], "translated") != 0) ||
	    (!map && strcmp(argv[2], "unmap") != 0)) {
		fprintf(stderr, "usage: insn pv|translated map|unmap ROUNDS\n");
		return 2;
	}
	bad = fx_open(&f, o);
	for (unsigned i = 0; i < PAGES && !bad; i++)
		fx_grant(&f, 8 + i, i, false);
	bad = bad || one_round(false, false);
	for (int n = atoi(argv[3]); n > 0 && !bad; n--)
		bad = one_round(map, !map);
	if (bad)
		fprintf(stderr, "insn: an operation failed\n");
	fx_close(&f);
	return bad;
}
