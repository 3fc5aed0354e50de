// SPDX-License-Identifier: GPL-2.0-only
/* The fuzz harness: version 3, trees that get another grantee, and what is remembered of them. */
#include "fuzz_v3.h"

static void ack(struct fz_dom *m, struct fz_tree3 *t)
{
	struct gnttab_v3_ack *u = (struct gnttab_v3_ack *)fz_args_page(m, 0);
	const struct fz_dom *to = fz_by_id(t->to);
	unsigned dom = fz_u8() & 7 ? t->to : fz_live()->id;
	long rc;

	*u = (struct gnttab_v3_ack){ .tree = t->id, .dom = (uint16_t)dom, .status = 77 };
	rc = fz_call(m, GNTTABOP_v3_ack, u, 1);
	if (fz_unexpected(m, rc))
		fz_fail("v3 ack: %ld", rc);
	if (!rc && u->status == GNTST_okay) {
		if (!to || to->serial != t->serial || dom != t->to)
			fz_fail("d%u agreed to d%u, to which tree %#x is not bound", m->id, dom,
				t->id);
		t->held = false;
	}
	fz_after(m);
}

void fz_v3_bind(void)
{
	struct fz_dom *m, *to = fz_live(), *by = fz_live();
	struct gnttab_v3_bind *u;
	uint64_t ref;
	struct fz_tree3 *t = fz_v3_pick(&m, &ref);
	unsigned kept = 0;
	long rc;

	if (!t)
		return;
	if (fz_u8() & 3) {
		ack(m, t);
		return;
	}
	for (unsigned i = 0; i < FZ_DOMAINS && !by->d->privileged; i++)
		by = fz_live();
	fz_v3_note();
	for (unsigned i = 0; i < FZ_MAPPED3; i++) {
		const struct fz_mapped3 *x = &fz_mapped3[i];

		kept += x->live && !x->gone && x->serial == m->serial && x->tree == t->id &&
			(x->lost || !(x->flags & (GNTV3_ACCEPT_HOLE | GNTV3_ACCEPT_SINK)));
	}
	u = (struct gnttab_v3_bind *)fz_args_page(by, 0);
	*u = (struct gnttab_v3_bind){
		.tree = t->id, .dom = (uint16_t)m->id, .to = (uint16_t)to->id, .status = 77
	};
	rc = fz_call(by, GNTTABOP_v3_bind, u, 1);
	if (fz_unexpected(by, rc))
		fz_fail("v3 bind: %ld", rc);
	if (!rc && !by->d->privileged && u->status == GNTST_okay)
		fz_fail("d%u bound a tree, and is not the toolstack's", by->id);
	if (!rc && u->status == GNTST_okay && kept)
		fz_fail("tree %#x of d%u was bound, and %u pages of it could not be revoked", t->id,
			m->id, kept);
	/* Whatever comes of it afterwards. */
	if (!rc &&
	    (u->status == GNTST_okay || u->status == GNTST_eagain || u->status == GNTST_no_space))
		fz_v3_take_range(m, t->id, 0, GNTV3_MAX_REF);
	if (!rc && u->status == GNTST_okay) {
		t->to = to->id;
		t->serial = to->serial;
		t->held = true;
		fz_stats.v3_bound++;
	}
	fz_after(by);
}

void fz_v3_invalidate(void)
{
	struct fz_dom *m;
	uint64_t ref;
	struct fz_tree3 *t = fz_v3_pick(&m, &ref);
	struct gnttab_v3_invalidate *u;
	long rc;

	if (!t)
		return;
	u = (struct gnttab_v3_invalidate *)fz_args_page(m, 0);
	*u = (struct gnttab_v3_invalidate){ .ref = ref, .count = 1 + fz_u8(), .tree = t->id };
	rc = fz_call(m, GNTTABOP_v3_invalidate, u, 1);
	if (fz_unexpected(m, rc))
		fz_fail("v3 invalidate: %ld", rc);
	fz_after(m);
}
