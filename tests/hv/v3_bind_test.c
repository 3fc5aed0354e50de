// SPDX-License-Identifier: GPL-2.0-only
/* GNTTABOP_v3_bind and _ack in hv: who may, and that a binding is with one instance of a domain. */
#include "v3.h"

static void test_bind(enum hv_iommu_mode iommu, const char *name)
{
	struct fx_opts o = { .mapper = { .iommu = iommu } };
	grant_v3_handle_t h, kept = 0;
	struct v3 t;
	struct fx x;

	o.host.audit = o.host.poison = true;
	if (!ok(!v3_open_bind(&t, &x, o), "%s: set up", name))
		return;
	ok(v3_map(&t, 9, 0, 3, V3_SINK, &h) == GNTST_okay &&
		   v3_map(&t, 9, 3, 1, V3_RW, &kept) == GNTST_okay && v3_peek(&t, 0, 0) == 9,
	   "%s: mapped", name);
	ok(v3_bind(&t, t.f.mv, t.f.margs, hv_domain_id(x.g)) == GNTST_permission_denied &&
		   v3_bind(&t, t.f.gv, t.f.gargs, hv_domain_id(x.g)) == GNTST_permission_denied,
	   "%s: neither granter nor grantee may bind", name);
	ok(v3_bind(&t, x.gv, x.gargs, hv_domain_id(x.g)) == GNTST_eagain && v3_peek(&t, 3, 0) == 9,
	   "%s: what cannot be revoked refuses it", name);
	ok(v3_unmap(&t, kept) == GNTST_okay && !fx_check(&t.f, true), "%s: unmapped", name);
	ok(v3_bind(&t, x.gv, x.gargs, hv_domain_id(x.g)) == GNTST_okay && v3_peek(&t, 0, 0) == 0,
	   "%s: the toolstack binds, and what was mapped is a sink", name);
	ok(!fx_check(&t.f, true), "%s: invariants of a tree that is held", name);
	ok(v3_map(&t, 9, 4, 1, V3_HOLE, NULL) == GNTST_bad_gntref, "%s: the old grantee is none",
	   name);
	ok(v3_ack(&t, hv_domain_id(t.f.m)) == GNTST_bad_domain &&
		   v3_ack(&t, hv_domain_id(x.g)) == GNTST_okay,
	   "%s: the granter agrees to the new one", name);
	ok(v3_unmap(&t, h) == GNTST_okay && t.unmap.revoked && v3_peek(&t, 0, 0) == -1,
	   "%s: and the old one unmaps", name);
	ok(!fx_check(&t.f, true), "%s: invariants", name);
	hv_domain_kill(t.f.g);
	ok(!hv_host_violation(t.f.host), "%s: the granter dies", name);
	ok(!fx_check(&t.f, true), "%s: invariants again", name);
	fx_close(&t.f);
}

/* Domain numbers are used again. */
static void test_instance(void)
{
	struct hv_domain_config c = { .guest = HV_GUEST_TRANSLATED,
				      .pages = V3_PAGES,
				      .map_slots = 64 };
	unsigned number;
	struct v3 t;
	struct fx x;
	size_t bytes;

	if (!ok(!v3_open_bind(&t, &x, (struct fx_opts){ 0 }), "instance: set up"))
		return;
	number = hv_domain_id(t.f.m);
	v3_map(&t, 9, 0, 1, V3_RW, NULL);
	hv_domain_kill(t.f.m);
	ok(!hv_domain_create(t.f.host, &c, &t.f.m) && hv_domain_id(t.f.m) == number,
	   "instance: another domain has the number");
	t.f.mv = hv_domain_vcpu(t.f.m, 0);
	t.f.margs = hv_guest_args(t.f.m, &bytes);
	ok(v3_map(&t, 9, 0, 1, V3_RW, NULL) == GNTST_bad_gntref, "instance: the tree is not its");
	ok(v3_ack(&t, number) == GNTST_bad_domain &&
		   v3_map(&t, 9, 0, 1, V3_RW, NULL) == GNTST_bad_gntref,
	   "instance: and the granter's word does not make it so");
	ok(v3_bind(&t, x.gv, x.gargs, number) == GNTST_okay &&
		   v3_map(&t, 9, 0, 1, V3_RW, NULL) == GNTST_eagain,
	   "instance: it is when it was bound");
	ok(v3_ack(&t, number) == GNTST_okay && v3_map(&t, 9, 0, 1, V3_RW, NULL) == GNTST_okay &&
		   v3_peek(&t, 0, 0) == 9,
	   "instance: and agreed to");
	ok(!v3_close(&t), "instance: invariants");
}

/* A granter at its limit has no page for the heir; nothing is lost then. */
static void test_memory(void)
{
	struct fx_opts o = { .granter = { .max_v3_pages = 2 } };
	grant_v3_handle_t h;
	struct v3 t;
	struct fx x;

	if (!ok(!v3_open_bind(&t, &x, o), "memory: set up"))
		return;
	ok(v3_map(&t, 9, 0, 1, V3_HOLE, &h) == GNTST_okay &&
		   v3_bind(&t, x.gv, x.gargs, hv_domain_id(x.g)) == GNTST_no_space &&
		   v3_peek(&t, 0, 0) == -1,
	   "memory: no page more for the granter, and all is revoked");
	ok(v3_map(&t, 9, 1, 1, V3_HOLE, NULL) == GNTST_okay && v3_peek(&t, 1, 0) == 9,
	   "memory: the tree is its grantee's still");
	ok(v3_bind(&t, x.gv, x.gargs, hv_domain_id(t.f.m)) == GNTST_okay,
	   "memory: to be bound to the same one it takes none");
	ok(!v3_close(&t), "memory: invariants");
}

int main(void)
{
	test_bind(HV_IOMMU_NONE, "no IOMMU");
	test_bind(HV_IOMMU_STRICT, "strict");
	test_bind(HV_IOMMU_SHARED, "shared");
	test_instance();
	test_memory();
	return tap_done();
}
