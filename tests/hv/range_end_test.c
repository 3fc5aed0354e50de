// SPDX-License-Identifier: GPL-2.0-only
/* v1-range: pages that their owner gives up, deaths, what a mapper does to its own tables, and memory that runs out. */
#include "ranges.h"

/* ---- pages that their owner gives up, and deaths ---- */

static void given_up(struct fx_opts o, unsigned flags)
{
	uint32_t handle;

	o.host.audit = o.host.poison = true;
	if (!start("given up", o))
		return;
	ok(rv_map(&t, RV_REF, 0, 512, flags, &handle) == GNTST_okay &&
		   rv_good(&t, 0, 0, 512) == 512,
	   "given up: mapped, %u large", t.map.large);
	for (unsigned i = 0; i < 512; i += 7)
		rv_balloon(&t, i, true);
	ok(rv_good(&t, 0, 0, 512) == 512 && !fx_check(&t.f, true),
	   "pages that the granter gives up stay until they are unmapped");
	ok(rv_unmap(&t, handle) == GNTST_okay && rv_good(&t, 0, -1, 512) == 512 &&
		   !hv_host_violation(t.f.host),
	   "then they are freed, and nobody reaches them");
	ok(rv_map(&t, RV_REF, 0, 512, flags, &handle) == GNTST_bad_page && t.map.done == 0,
	   "they cannot be mapped any more");
	ok(rv_balloon(&t, 0, false) == 1 &&
		   (o.granter.guest == HV_GUEST_PV ||
		    (rv_map(&t, RV_REF, 0, 512, flags, &handle) == GNTST_bad_page &&
		     t.map.done == 7)),
	   "another page in the place of one is found, the run being broken");
	end("given up");
}

static void mapper_dies(struct fx_opts o, unsigned flags)
{
	uint32_t handle, h1;

	o.host.audit = o.host.poison = true;
	if (!start("mapper dies", o))
		return;
	ok(rv_map(&t, RV_REF, 0, 512, flags, &handle) == GNTST_okay &&
		   rv_map(&t, RV_REF + 5, 600, 40, GNTRANGE_READONLY, &handle) == GNTST_okay &&
		   fx_map(&t.f, RV_REF + 5, 800, GNTMAP_host_map, &h1) == GNTST_okay,
	   "mapper dies: mapped");
	rv_balloon(&t, 6, true);
	hv_domain_kill(t.f.m);
	ok(!hv_host_violation(t.f.host) && marked(RV_REF, 512, 0) == 512,
	   "all is given back when the mapper dies");
	end("mapper dies");
}

static void granter_dies(struct fx_opts o, unsigned flags)
{
	uint32_t handle;

	o.host.audit = o.host.poison = true;
	if (!start("granter dies", o))
		return;
	ok(rv_map(&t, RV_REF, 0, 512, flags, &handle) == GNTST_okay, "granter dies: mapped");
	hv_domain_kill(t.f.g);
	ok(rv_good(&t, 0, 0, 512) == 512 && !fx_check(&t.f, false),
	   "its pages stay as long as they are mapped");
	ok(rv_map(&t, RV_REF + 700, 600, 8, 0, NULL) != GNTST_okay, "no more can be");
	ok(rv_unmap(&t, handle) == GNTST_okay && rv_good(&t, 0, -1, 512) == 512,
	   "they go with the range");
	ok(!fx_check(&t.f, true) && !hv_host_violation(t.f.host), "granter dies: invariants");
	fx_close(&t.f);
}

/* ---- what a PV mapper does to its own page tables ---- */

static void overwritten(struct fx_opts o)
{
	uint32_t handle, h1 = 0;

	if (!start("overwritten", o))
		return;
	ok(rv_map(&t, RV_REF, 0, 16, 0, &handle) == GNTST_okay &&
		   fx_map(&t.f, RV_REF + 99, 5, GNTMAP_host_map, &h1) == GNTST_okay,
	   "a PV mapper puts another page into the place of one of a range");
	ok(rv_unmap(&t, handle) == GNTST_general_error && rv_good(&t, 6, -1, 10) == 10 &&
		   rv_good(&t, 0, 0, 5) == 5 && rv_peek(&t, 5, 0) == rv_byte(99) &&
		   hv_domain_mappings(t.f.m) == 7,
	   "what lies behind it goes, the rest stays");
	ok(fx_unmap(&t.f, h1, 5, 0) == GNTST_okay && rv_unmap(&t, handle) == GNTST_general_error,
	   "also when the other page has gone");
	hv_domain_kill(t.f.m);
	ok(marked(RV_REF, 16, 0) == 16, "its end takes it");
	end("overwritten");
}

/* A translated domain maps its own pages: they stay where they were, too. */
static void own(struct fx_opts o)
{
	uint32_t handle;

	o.self = true;
	if (!start("own pages", o))
		return;
	ok(rv_map(&t, RV_REF, 512, 512, GNTRANGE_ACCEPT_2M, &handle) == GNTST_okay &&
		   rv_good(&t, 512, 0, 512) == 512,
	   "own pages by a range: %u large", t.map.large);
	ok(*(uint8_t *)hv_guest_frame_ptr(t.f.g, hv_guest_frame(t.f.g, 77)) == rv_byte(77) &&
		   !fx_check(&t.f, true),
	   "they are where they were as well");
	ok(rv_unmap(&t, handle) == GNTST_okay && rv_good(&t, 512, -1, 512) == 512,
	   "and only there afterwards");
	end("own pages");
}

/* ---- memory ---- */

static void memory(struct fx_opts o, unsigned flags)
{
	unsigned fails = 0, n;
	bool good = true;

	/* What fails first: nothing is there yet, and at the end nothing is. */
	for (n = 1; n < 50; n++) {
		uint32_t handle;
		int rc;

		if (rv_open(&t, o))
			break;
		for (unsigned i = 0; i < 64; i++)
			rv_list(&t)[i] = RV_REF + i;
		hv_host_fail_alloc(t.f.host, n);
		rc = rv_map(&t, flags & GNTRANGE_LIST ? (uintptr_t)rv_list(&t) : RV_REF, 0,
			    flags & GNTRANGE_LIST ? 64 : 512, flags, &handle);
		hv_host_fail_alloc(t.f.host, 0);
		fails += rc == GNTST_no_space || t.map.large == 0;
		good &= rc == GNTST_okay || rc == GNTST_no_space;
		good &= !fx_check(&t.f, true);
		good &= t.map.handle == GNTRANGE_NO_HANDLE || rv_unmap(&t, handle) == GNTST_okay;
		good &= !fx_check(&t.f, true) && !hv_domain_mappings(t.f.m);
		fx_close(&t.f);
		if (rc == GNTST_okay && n > 12)
			break;
	}
	ok(good && fails > 2 && n < 50,
	   "each allocation fails once, flags %u: nothing is lost (%u)", flags, fails);
}

static void limits(struct fx_opts o)
{
	unsigned n = 0, lists = 0;
	uint32_t handle;

	o.mapper.max_maptrack_frames = 1;
	if (!start("limits", o))
		return;
	while (n < 1000 && rv_map(&t, RV_REF + n % 600, n, 1, 0, &handle) == GNTST_okay)
		n++;
	ok(n == 128 && t.map.status == GNTST_no_space, "as many ranges as a page has records: %u",
	   n);
	for (unsigned i = 0; i < n; i++)
		rv_unmap(&t, i);
	rv_list(&t)[0] = RV_REF;
	ok(rv_map(&t, (uintptr_t)rv_list(&t), 0, 1, GNTRANGE_LIST, &handle) == GNTST_no_space &&
		   lists == 0,
	   "a list is paid for, too");
	end("limits");
}

int main(void)
{
	struct fx_opts hvm = { .granter = { .guest = HV_GUEST_TRANSLATED },
			       .mapper = { .guest = HV_GUEST_TRANSLATED, .vcpus = 2 } },
		       pv = { .granter = { .guest = HV_GUEST_PV },
			      .mapper = { .guest = HV_GUEST_PV, .vcpus = 2 } },
		       o = hvm;

	for (unsigned flags = 0; flags <= GNTRANGE_ACCEPT_2M; flags += GNTRANGE_ACCEPT_2M) {
		given_up(hvm, flags);
		mapper_dies(hvm, flags);
		granter_dies(hvm, flags);
		memory(hvm, flags);
	}
	memory(hvm, GNTRANGE_LIST);
	o.mapper.iommu = HV_IOMMU_STRICT;
	memory(o, GNTRANGE_ACCEPT_2M);
	given_up(pv, 0);
	mapper_dies(pv, 0);
	granter_dies(pv, 0);
	overwritten(pv);
	own(hvm);
	own(pv);
	limits(hvm);
	return tap_done();
}
