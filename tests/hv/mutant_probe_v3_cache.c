// SPDX-License-Identifier: GPL-2.0-only
/* Looks for the deliberate defects of the nodes that version 3's walks remember, for tests/hv/mutant_probe.c. */
#include "mutant_probe_v3.h"

static struct v3 t;

static int invalidate(uint64_t ref)
{
	struct gnttab_v3_invalidate i = { .ref = ref, .count = 1, .tree = t.tree };

	return v3_op(t.f.gv, t.f.gargs, GNTTABOP_v3_invalidate, &i, sizeof(i), &i.status);
}

void hv_probe_v3_cache(void)
{
	struct fx_opts o = { .granter = { .v3_walk_cache = true } };
	unsigned ref = 8 + hv_probe_draw(100);
	uint64_t *up, e;

	o.host.audit = o.host.poison = true;
	want(!v3_open(&t, o, 2, 4));
	up = v3_page(&t, t.root);
	e = *up;
	for (unsigned i = 0; i < 3; i++) {
		want(v3_map(&t, ref, 4 * i, 1, V3_HOLE, NULL) == GNTST_okay);
		hv_probe_v3_sane(&t);
		v3_store(up, GNTV3_NOTHING);
		if (!i)
			want(invalidate(ref) == GNTST_okay);
		else if (i == 1)
			want(v3_revoke(&t, ref + 1, 1, 0) == GNTST_okay);
		else
			want(v3_set_root(&t, t.root, 2) == GNTST_okay);
		want(v3_map(&t, ref + 1, 4 * i + 1, 1, V3_HOLE, NULL) == GNTST_bad_gntref);
		v3_store(up, e);
	}
	hv_probe_v3_end(&t);
}
