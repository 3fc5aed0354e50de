// SPDX-License-Identifier: GPL-2.0-only
/* Looks for the deliberate defects of version 3's bind and ack, for tests/hv/mutant_probe.c. */
#include "mutant_probe_v3.h"

#include "page.h"

static struct v3 t;
static struct fx x;

static bool held(unsigned page)
{
	return (hv_page(t.f.host, t.f.g->first_mfn + page)->count_info & HV_PGC_COUNT) > 1;
}

/* With a status page, which ends with a bind; and nothing is copied before the ack. */
static void beside(void)
{
	unsigned page = 900 + hv_probe_draw(50);
	struct gnttab_v3_notify_setup n = { 0 };
	struct gnttab_v3_copy c = { .len = 1, .flags = GNTV3_COPY_SOURCE };

	want(!v3_open_bind(&t, &x, (struct fx_opts){ 0 }));
	n.tree = t.tree;
	n.status_frame = hv_guest_frame(t.f.g, page);
	want(v3_op(t.f.gv, t.f.gargs, GNTTABOP_v3_notify_setup, &n, sizeof(n), &n.status) ==
		     GNTST_okay &&
	     held(page));
	want(v3_bind(&t, x.gv, x.gargs, hv_domain_id(t.f.m)) == GNTST_okay && !held(page));
	c.source = (struct gnttab_v3_copy_end){ .where = 9,
						.tree = t.tree,
						.dom = hv_domain_id(t.f.g) };
	c.dest =
		(struct gnttab_v3_copy_end){ .where = hv_guest_frame(t.f.m, 3), .dom = DOMID_SELF };
	want(v3_op(t.f.mv, t.f.margs, GNTTABOP_v3_copy, &c, sizeof(c), &c.status) == GNTST_eagain);
	hv_probe_v3_end(&t);
}

void hv_probe_v3_bind(void)
{
	unsigned ref = 8 + hv_probe_draw(100), to;
	grant_v3_tree_t other;
	grant_v3_handle_t h;

	want(!v3_open_bind(&t, &x, (struct fx_opts){ 0 }));
	to = hv_domain_id(x.g);
	want(v3_map(&t, ref, 0, 1, V3_HOLE, NULL) == GNTST_okay &&
	     v3_map(&t, ref, 1, 1, V3_RW, &h) == GNTST_okay);
	want(v3_bind(&t, t.f.mv, t.f.margs, to) == GNTST_permission_denied);
	want(v3_bind(&t, x.gv, x.gargs, to) == GNTST_eagain && v3_peek(&t, 0, 0) == -1);
	want(v3_unmap(&t, h) == GNTST_okay && v3_map(&t, ref, 0, 1, V3_HOLE, NULL) == GNTST_okay);
	want(v3_bind(&t, x.gv, x.gargs, hv_domain_id(t.f.m)) == GNTST_okay &&
	     v3_peek(&t, 0, 0) == -1);
	want(v3_map(&t, ref, 0, 1, V3_HOLE, NULL) == GNTST_eagain);
	want(v3_ack(&t, to) == GNTST_bad_domain);
	other = t.tree;
	want(v3_register(&t, hv_domain_id(t.f.m), 1, 2, 0) == GNTST_okay);
	want(v3_bind(&t, x.gv, x.gargs, to) == GNTST_permission_denied);
	t.tree = other;
	hv_probe_v3_end(&t);
	beside();
}
