// SPDX-License-Identifier: GPL-2.0-only
/*
 * The fuzz harness: copies, and what they may reach through whole pages, parts of pages and grants
 * that are passed on.
 */
#include "fuzz.h"

struct window {
	unsigned start, length;
	bool sure;   /* what the entry says cannot change under the operation */
	bool passed; /* by way of another domain's entry */
};

static bool in_window(const struct window *w, unsigned offset, unsigned len)
{
	return offset >= w->start && offset + len <= w->start + w->length;
}

/*
 * What a copy by the domain that `id` numbers may reach by x's entry: the frame, or HV_INVALID if
 * it must fail. passed: the copy comes from another entry that is passed on. *known: it can be
 * said.
 */
static uint64_t reach(const struct fz_dom *m, const struct fz_dom *x, grant_ref_t ref,
		      bool readonly, bool passed, struct window *w, bool *known)
{
	struct hv_grant_table *gt = x->d->gt;
	const grant_entry_v2_t *e;
	const struct fz_dom *y;

	*w = (struct window){ 0, HV_PAGE_SIZE, !fz.hostile || gt->version == 1, passed };
	if (gt->version == 1 || ref >= hv_nr_grant_entries(gt))
		return fz_expect(m, x, ref, readonly, false);
	e = hv_entry_v2(gt, ref);
	if ((e->hdr.flags & GTF_type_mask) != GTF_transitive) {
		if (!hv_active_entry(gt, ref)->pin && (e->hdr.flags & GTF_sub_page)) {
			w->start = e->sub_page.page_off & 0x7fff;
			w->length = e->sub_page.length;
		}
		return fz_expect(m, x, ref, readonly, false);
	}
	/* Pinned by a map, which only another entry allowed: never again as long as that lives. */
	if (passed || hv_active_entry(gt, ref)->pin || e->transitive.trans_domid == x->id)
		return HV_INVALID;
	if (!fz.hostile && (e->hdr.domid != m->id || (!readonly && (e->hdr.flags & GTF_readonly))))
		return HV_INVALID;
	y = fz_by_id(e->transitive.trans_domid);
	/* It may be one that died and still has pages. */
	if (!y) {
		*known = false;
		return HV_INVALID;
	}
	return reach(x, y, e->transitive.gref, readonly, true, w, known);
}

uint64_t fz_own_frame(const struct fz_dom *m)
{
	uint64_t f = m->frame[fz_u8() % FZ_PAGES];

	if (fz_odd(16))
		return fz_u8() & 1 ? fz_u32() % 8192 : fz_u64();
	return f == HV_INVALID ? 0xffffffff : f;
}

/* One side: by reference or by frame; what it may reach, if that can be said. */
static uint64_t side(struct fz_dom *m, struct gnttab_copy *op, bool dest, struct window *w,
		     bool *known)
{
	bool by_ref = fz_u8() & 1, ro;
	struct fz_dom *x = m;
	domid_t id = DOMID_SELF;
	uint64_t name;

	if (by_ref) {
		x = fz_pick(&id);
		if (id == DOMID_SELF)
			x = m;
		name = fz_pick_ref(m, x, &ro);
		op->flags |= dest ? GNTCOPY_dest_gref : GNTCOPY_source_gref;
	} else {
		name = fz_own_frame(m);
		if (fz_odd(32))
			fz_pick(&id);
	}
	if (dest) {
		op->dest.domid = id;
		op->dest.u.gmfn = name;
	} else {
		op->source.domid = id;
		op->source.u.gmfn = name;
	}
	*w = (struct window){ 0, HV_PAGE_SIZE, true, false };
	*known = x != NULL;
	if (!x || (!by_ref && id != DOMID_SELF))
		return HV_INVALID;
	return by_ref ? reach(m, x, (grant_ref_t)name, !dest, false, w, known)
		      : fz_translate(m, name);
}

/* Both sides in what was granted, if there is room for that. */
static void stay_inside(struct gnttab_copy *op, const struct window *ws, const struct window *wd)
{
	unsigned end = wd->start + wd->length, len = op->len;

	op->source.offset = (uint16_t)ws->start;
	if (wd->length != HV_PAGE_SIZE)
		op->dest.offset = (uint16_t)(wd->start > FZ_DATA ? wd->start : FZ_DATA);
	if (len > ws->length)
		len = ws->length;
	if (op->dest.offset < end && len > end - op->dest.offset)
		len = end - op->dest.offset;
	op->len = (uint16_t)len;
}

void fz_copy(void)
{
	struct fz_dom *m = fz_live();
	struct gnttab_copy *u = (struct gnttab_copy *)fz_args_page(m, 1), in = { 0 };
	unsigned n = fz_batch(90);
	uint64_t src = 0, dst = 0;
	bool src_known = false, dst_known = false;
	struct window ws, wd;
	struct fz_tag *t, was;
	long rc;

	for (unsigned i = 0; i < n; i++) {
		memset(&in, 0, sizeof(in));
		src = side(m, &in, false, &ws, &src_known);
		dst = side(m, &in, true, &wd, &dst_known);
		in.dest.offset = (uint16_t)(FZ_DATA + fz_u8() * 8);
		in.len = (uint16_t)(16 + fz_u8() * 7);
		if (fz_u8() & 3)
			stay_inside(&in, &ws, &wd);
		if (fz_odd(16)) {
			in.source.offset = (uint16_t)fz_u32();
			in.dest.offset |= (uint16_t)fz_u32();
			in.len = (uint16_t)fz_u32();
		}
		u[i] = in;
		u[i].status = 77;
	}
	was = src != HV_INVALID && src_known ? *fz_page_tag(src) : (struct fz_tag){ 0 };
	rc = fz_call(m, GNTTABOP_copy, u, n);
	/* -EINTR: an entry that is pinned otherwise and now names another domain's. */
	if (fz_unexpected(m, rc) && !(fz.hostile && rc == -EINTR))
		fz_fail("copy: %ld", rc);
	/* What a batch does may be overwritten by itself; a single one can be told from outside. */
	if (!rc && n == 1 && u->status == GNTST_okay && src_known && dst_known) {
		fz_stats.copies_ok++;
		if (src == HV_INVALID || dst == HV_INVALID)
			fz_fail("d%u copied from frame %#lx to %#lx: "
				"it had no right to one of them",
				m->id, (unsigned long)src, (unsigned long)dst);
		if ((ws.sure && !in_window(&ws, in.source.offset, in.len)) ||
		    (wd.sure && !in_window(&wd, in.dest.offset, in.len)))
			fz_fail("d%u copied %u bytes from %u to %u, "
				"granted were %u from %u and %u from %u",
				m->id, in.len, in.source.offset, in.dest.offset, ws.length,
				ws.start, wd.length, wd.start);
		if (ws.length != HV_PAGE_SIZE || wd.length != HV_PAGE_SIZE)
			fz_stats.parts_ok++;
		if (ws.passed || wd.passed)
			fz_stats.passed_ok++;
		t = (struct fz_tag *)((uint8_t *)fz_page_tag(dst) + in.dest.offset);
		if (!in.source.offset && in.len >= sizeof(*t) && fz_tag_good(&was) &&
		    memcmp(t, &was, sizeof(was)))
			fz_fail("d%u copied from frame %#lx, and something else arrived", m->id,
				(unsigned long)src);
	}
	fz_after(m);
}
