// SPDX-License-Identifier: GPL-2.0-only
/* Looks for the deliberate defects of version 3's large entries, for tests/hv/mutant_probe.c. */
#include "v3_large.h"

#include "mutant_probe.h"

#define draw hv_probe_draw
#define PART (V3_LARGE | GNTV3_RESERVE)

static struct v3 t;
static bool dev;

static void open_with(enum hv_iommu_mode iommu)
{
	struct fx_opts o = { .mapper = { .iommu = iommu, .vcpus = 1 + draw(3) } };

	dev = iommu != HV_IOMMU_NONE;
	o.host.audit = o.host.poison = true;
	o.host.seed = 1 + draw(1000);
	want(!v3_open(&t, o, 2 + draw(2), 4));
}

static void sane(void)
{
	char why[200];

	if (hv_check(t.f.host, true, why, sizeof(why)))
		hv_probe_caught(why);
	if (hv_host_violation(t.f.host))
		hv_probe_caught(hv_host_violation(t.f.host));
}

static void end(void)
{
	sane();
	want(v3_unregister(&t) == GNTST_okay);
	sane();
	hv_domain_kill(t.f.m);
	if (hv_host_violation(t.f.host))
		hv_probe_caught(hv_host_violation(t.f.host));
	fx_close(&t.f);
}

/* By any vCPU or the device. */
static bool reached(unsigned slot)
{
	bool any = dev && v3_device(&t, slot, true) >= 0;

	for (unsigned v = 0; hv_domain_vcpu(t.f.m, v); v++)
		any |= !v3_poke(&t, slot, v, 1);
	return any;
}

static void map(unsigned slot, unsigned flags, unsigned large, grant_v3_handle_t *h)
{
	want(v3_map(&t, 0, slot, 512, flags, h) == GNTST_okay && t.map.large == large);
	sane();
}

/* Mapped over a table that 4K left, looked at here and there, given up, and taken away as a whole. */
static void whole(enum hv_iommu_mode iommu, bool revoked)
{
	unsigned slot = 512 * draw(4), at[8];
	grant_v3_handle_t h;

	open_with(iommu);
	want(v3_map(&t, 3, slot + draw(512), 1, V3_HOLE, &h) == GNTST_okay &&
	     v3_unmap(&t, h) == GNTST_okay);
	map(slot, V3_HOLE | (draw(2) ? V3_LARGE : PART), 1, &h);
	for (unsigned i = 0; i < 8; i++) {
		at[i] = 32 * (i + draw(8)) + draw(32);
		want(reached(slot + at[i]));
	}
	for (unsigned i = 0; i < 8; i++)
		v3_balloon(&t, at[i], true);
	sane();
	want(revoked ? v3_revoke(&t, 0, 512, 0) == GNTST_okay && t.rev.pages == 512
		     : v3_unmap(&t, h) == GNTST_okay);
	for (unsigned i = 0; i < 8; i++)
		want(!reached(slot + at[i]));
	end();
}

/* A part: of one that has no reserve, and of one that has. */
static void parts(enum hv_iommu_mode iommu)
{
	unsigned first = draw(400), n = 1 + draw(100);
	grant_v3_handle_t all, part, sink;

	open_with(iommu);
	map(0, V3_HOLE | V3_LARGE, 1, &all);
	map(512, V3_HOLE | PART, 1, &part);
	map(1024, V3_SINK | PART, 1, &sink);
	for (unsigned s = 0; s < 3; s++)
		want(reached(512 * s + first) && reached(512 * s + 511));
	want(v3_revoke(&t, first, n, 0) == GNTST_okay && t.rev.pages == 512 + 2 * n &&
	     t.rev.outcomes == (GNTV3_GOT_HOLE | GNTV3_GOT_SINK | GNTV3_GOT_MORE));
	sane();
	want(!reached(first) && !reached(511) && !reached(512 + first) && reached(1023) &&
	     v3_leads(&t, 512 + first + n, first + n, 512 - first - n) && reached(1535));
	v3_unmap(&t, draw(2) ? part : sink);
	sane();
	map(1536, V3_SINK | PART, 1, &part);
	v3_unmap(&t, part);
	end();
}

/* What is no run, by the granter's leaves or its p2m. */
static void runs(void)
{
	unsigned a = 1 + draw(511), b = 512 + draw(500);
	grant_v3_handle_t h;

	open_with(HV_IOMMU_NONE);
	v3_grant(&t, a, b, 0);
	map(0, V3_HOLE | V3_LARGE, 0, &h);
	want(v3_leads(&t, a, b, 1) && v3_unmap(&t, h) == GNTST_okay);
	v3_grant(&t, a, a, 0);
	v3_swap(&t, a, b);
	map(0, V3_HOLE | V3_LARGE, 0, &h);
	want(v3_leads(&t, a, b, 1) && v3_unmap(&t, h) == GNTST_okay);
	end();
}

void hv_probe_v3_large(void)
{
	static const enum hv_iommu_mode modes[] = { HV_IOMMU_NONE, HV_IOMMU_STRICT, HV_IOMMU_SHARED,
						    HV_IOMMU_BATCHED };

	for (unsigned i = 0; i < 8; i++)
		whole(modes[i / 2], i % 2);
	for (unsigned i = 0; i < 4; i++)
		parts(modes[i]);
	runs();
}
