// SPDX-License-Identifier: GPL-2.0-only
/*
 * What valgrind's callgrind counts for the rivals: 512 pages of one granter, mapped and unmapped by a translated domain
 * without an IOMMU, everything warm.
 *
 *   rivals_insn v1|args|pieces|run|2m|super map|unmap ROUNDS
 *
 * v1, args: one hypercall of 512 operations. pieces: a range of entries of 4K, of a granter whose p2m is of pages of 4K;
 * run: of one whose p2m is of 2M; 2m: mapped by one entry of 2M. super: one entry of version 1. Only the hypercalls
 * asked for are counted (--collect-atstart=no).
 */
#include <stdio.h>
#include <valgrind/callgrind.h>

#include "rivals.h"

#define PAGES 512

static struct rv t;
static uint32_t handle[PAGES];

static long call(unsigned cmd, void *args, unsigned n, bool counted)
{
	long rc;

	if (counted)
		CALLGRIND_TOGGLE_COLLECT;
	rc = hv_grant_table_op(t.f.mv, cmd, args, n);
	if (counted)
		CALLGRIND_TOGGLE_COLLECT;
	return rc;
}

/* One round of version 1's operations on n entries from ref on. */
static bool by_v1(unsigned n, grant_ref_t ref, unsigned flags, bool map, bool unmap)
{
	struct gnttab_map_grant_ref *m = (struct gnttab_map_grant_ref *)(t.f.margs + 8192);
	struct gnttab_unmap_grant_ref *u = (struct gnttab_unmap_grant_ref *)(t.f.margs + 8192);
	bool good;

	for (unsigned i = 0; i < n; i++)
		m[i] = (struct gnttab_map_grant_ref){ .host_addr = hv_guest_map_addr(t.f.m, i),
						      .flags = GNTMAP_host_map | flags,
						      .ref = ref + i,
						      .dom = hv_domain_id(t.f.g) };
	good = !call(GNTTABOP_map_grant_ref, m, n, map);
	for (unsigned i = 0; i < n; i++) {
		good &= m[i].status == GNTST_okay;
		handle[i] = m[i].handle;
	}
	for (unsigned i = 0; i < n; i++)
		u[i] = (struct gnttab_unmap_grant_ref){ .host_addr = hv_guest_map_addr(t.f.m, i),
							.handle = handle[i] };
	good &= !call(GNTTABOP_unmap_grant_ref, u, n, unmap);
	for (unsigned i = 0; i < n; i++)
		good &= u[i].status == GNTST_okay;
	return good;
}

static bool by_range(unsigned flags, bool map, bool unmap)
{
	struct gnttab_range_map *m = (struct gnttab_range_map *)t.f.margs;
	struct gnttab_range_unmap *u = (struct gnttab_range_unmap *)(t.f.margs + 4096);
	bool good;

	*m = rv_args(&t, RV_REF, 0, PAGES, flags);
	good = !call(GNTTABOP_range_map, m, 1, map) && m->status == GNTST_okay &&
	       m->large == (flags != 0);
	*u = (struct gnttab_range_unmap){ .handle = m->handle };
	return good && !call(GNTTABOP_range_unmap, u, 1, unmap) && u->status == GNTST_okay;
}

static bool one_round(const char *what, bool map, bool unmap)
{
	if (!strcmp(what, "v1") || !strcmp(what, "args"))
		return by_v1(PAGES, RV_REF, 0, map, unmap);
	if (!strcmp(what, "super"))
		return by_v1(1, RV_REF + RV_PAGES, GNTMAP_super_2m, map, unmap);
	return by_range(!strcmp(what, "2m") ? GNTRANGE_ACCEPT_2M : 0, map, unmap);
}

/* Of each 2M of the granter's p2m one page is exchanged, and so both are of 4K. */
static bool shatter(void)
{
	for (unsigned page = 0; page < 1024; page += PAGES)
		if (rv_balloon(&t, page, true) != 1 || rv_balloon(&t, page, false) != 1)
			return false;
	return true;
}

int main(int argc, char **argv)
{
	static const char *const names[] = { "v1", "args", "pieces", "run", "2m", "super" };
	struct fx_opts o = { .granter = { .guest = HV_GUEST_TRANSLATED },
			     .mapper = { .guest = HV_GUEST_TRANSLATED } };
	const char *what = argc == 4 ? argv[1] : "";
	bool map = argc == 4 && !strcmp(argv[2], "map"), good = false;

	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		good |= !strcmp(what, names[i]);
	if (!good || (!map && strcmp(argv[2], "unmap") != 0)) {
		fprintf(stderr,
			"usage: rivals_insn v1|args|pieces|run|2m|super map|unmap ROUNDS\n");
		return 2;
	}
	o.mapper.args_block = !strcmp(what, "args");
	o.mapper.super = o.granter.super = !strcmp(what, "super");
	good = !rv_open(&t, o) && (strcmp(what, "pieces") != 0 || shatter());
	fx_entry(&t.f, RV_REF + RV_PAGES, GTF_permit_access | GTF_superpage, hv_domain_id(t.f.m),
		 GNTSUPER_FRAME(0, GNTSUPER_2M_ORDER));
	for (unsigned i = 0; i < 2 && good; i++)
		good = one_round(what, false, false);
	for (int n = atoi(argv[3]); n > 0 && good; n--)
		good = one_round(what, map, !map);
	if (!good)
		fprintf(stderr, "rivals_insn: an operation failed\n");
	fx_close(&t.f);
	return !good;
}
