// SPDX-License-Identifier: GPL-2.0-only
/* The fuzz harness: version 3's copy. What arrives is what was granted, and nothing comes where nobody may write. */
#include "fuzz_v3.h"

/* One end, by reference or by frame; what it may reach, if that can be said. */
static uint64_t end(const struct fz_dom *m, struct gnttab_v3_copy *op, bool dest)
{
	struct gnttab_v3_copy_end *e = dest ? &op->dest : &op->source;
	bool by_ref = fz_u8() & 1;
	struct fz_tree3 *t = NULL;
	uint64_t want = HV_INVALID, ref;
	struct fz_dom *g;

	/* One that is for the caller, if there is one soon. */
	for (unsigned i = 0; by_ref && i < 4; i++) {
		t = fz_v3_pick(&g, &ref);
		if (t && t->to == m->id)
			break;
	}
	if (t) {
		op->flags |= dest ? GNTV3_COPY_DEST : GNTV3_COPY_SOURCE;
		e->where = ref;
		e->tree = t->id;
		e->dom = (uint16_t)g->id;
		if (t->to == m->id)
			want = fz_v3_expect(g, t, ref, dest);
	} else {
		e->where = fz_own_frame(m);
		e->dom = DOMID_SELF;
		want = fz_translate(m, e->where);
	}
	if (fz_odd(32))
		e->dom = fz_u8() & 7;
	return want;
}

void fz_v3_copy(void)
{
	struct gnttab_v3_copy *u, in = { 0 };
	struct fz_dom *m = fz_live();
	uint64_t src = 0, dst = 0;
	struct fz_tag *t, was = { 0 };
	unsigned n = 1 + (fz_u8() & 3 ? 0 : fz_u8() % 40);
	long rc;

	u = (struct gnttab_v3_copy *)fz_args_page(m, 1);
	for (unsigned i = 0; i < n; i++) {
		memset(&in, 0, sizeof(in));
		src = end(m, &in, false);
		dst = end(m, &in, true);
		in.dest.offset = (uint16_t)(FZ_DATA + fz_u8() * 8);
		in.len = (uint16_t)(16 + fz_u8() * 7);
		if (fz_odd(16)) {
			in.source.offset = (uint16_t)fz_u32();
			in.dest.offset |= (uint16_t)fz_u32();
			in.len = (uint16_t)fz_u32();
			in.flags ^= (uint16_t)(fz_u8() & 7);
		}
		u[i] = in;
		u[i].status = 77;
	}
	if (src != HV_INVALID)
		was = *fz_page_tag(src);
	rc = fz_call(m, GNTTABOP_v3_copy, u, n);
	if (fz_unexpected(m, rc))
		fz_fail("v3 copy: %ld", rc);
	/* Of a list, one request may change what the next one finds; and words that change, whatever is read. */
	if (!rc && n == 1 && u->status == GNTST_okay && !fz.hostile) {
		fz_stats.copies_ok++;
		if (src == HV_INVALID || dst == HV_INVALID)
			fz_fail("d%u copied from frame %#lx to %#lx by version 3, and had no right to one of them",
				m->id, (unsigned long)src, (unsigned long)dst);
		t = (struct fz_tag *)((uint8_t *)fz_page_tag(dst) + in.dest.offset);
		if (!in.source.offset && fz_tag_good(&was) && memcmp(t, &was, sizeof(was)))
			fz_fail("d%u copied from frame %#lx by version 3, and something else arrived",
				m->id, (unsigned long)src);
	}
	fz_after(m);
}
