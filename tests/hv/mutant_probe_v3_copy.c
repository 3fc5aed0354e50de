// SPDX-License-Identifier: GPL-2.0-only
/* Looks for the deliberate defects of version 3's copy, for tests/hv/mutant_probe.c. */
#include "v3.h"

#include "mutant_probe.h"

void hv_probe_v3_copy(void)
{
	unsigned ref = hv_probe_draw(100), page = hv_probe_draw(100);
	struct fx_opts o = { .host = { .seed = 1 + hv_probe_draw(1000) } };
	struct gnttab_v3_copy *c;
	uint64_t locks;
	char why[200];
	struct v3 t;

	want(!v3_open(&t, o, 1 + hv_probe_draw(2), 2));
	c = (struct gnttab_v3_copy *)t.f.margs;
	*c = (struct gnttab_v3_copy){
		.source = { .where = ref, .tree = t.tree, .dom = hv_domain_id(t.f.g) },
		.dest = { .where = hv_guest_frame(t.f.m, page), .dom = DOMID_SELF },
		.len = 1,
		.flags = GNTV3_COPY_SOURCE
	};
	/* The tree is locked once, for walk and bytes. */
	locks = hv_vcpu_counters(t.f.mv)->spin_locks;
	want(!hv_grant_table_op(t.f.mv, GNTTABOP_v3_copy, c, 1) && c->status == GNTST_okay);
	want(hv_vcpu_counters(t.f.mv)->spin_locks == locks + 1);
	want(*(uint8_t *)hv_guest_frame_ptr(t.f.m, c->dest.where) == (uint8_t)ref);
	/* Nothing is held afterwards. */
	if (hv_check(t.f.host, true, why, sizeof(why)))
		hv_probe_caught(why);
	fx_close(&t.f);
}
