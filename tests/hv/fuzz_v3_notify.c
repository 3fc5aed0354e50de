// SPDX-License-Identifier: GPL-2.0-only
/* The fuzz harness: version 3's status and notice pages. */
#include "fuzz_v3.h"

/* One of the two pages that have no tag; a hostile guest may also name what is none of its. */
static uint64_t page(const struct fz_dom *m, unsigned i)
{
	uint64_t base = m->translated ? 0 : m->d->first_mfn;

	return fz_odd(16) ? fz_u64() : base + FZ_RAM - FZ_NOTES + i;
}

void fz_v3_notify(void)
{
	struct gnttab_v3_notify_setup *u, n = { 0 };
	struct fz_dom *m;
	uint64_t ref;
	struct fz_tree3 *t = fz_v3_pick(&m, &ref);
	uint8_t b = fz_u8();
	long rc;

	if (!t)
		return;
	u = (struct gnttab_v3_notify_setup *)fz_args_page(m, 0);
	n.tree = t->id;
	n.order = b & 7;
	if (b & 8)
		n.status_frame = page(m, b >> 5 & 1);
	if (b & 16) {
		n.notice_frame = page(m, !(b >> 5 & 1));
		n.port = 1 + (b & 3);
	}
	if (b & 24)
		n.first = ref >> 9 << 9;
	if (fz_odd(16)) {
		/* Not of the frames: that could be any page, and its tag is zeroed. */
		unsigned at = 16 + fz_u8() % (unsigned)(sizeof(n) - 16);

		((uint8_t *)&n)[at] ^= (uint8_t)(1u << (fz_u8() & 7));
	}
	*u = n;
	u->status = 77;
	rc = fz_call(m, GNTTABOP_v3_notify_setup, u, 1);
	if (fz_unexpected(m, rc))
		fz_fail("v3 notify_setup: %ld", rc);
	if (!rc && u->status == 77)
		fz_fail("v3 notify_setup: not done");
	if (hv_guest_take_events(m->d) & 1)
		fz_fail("d%u was told by port 0", m->id);
	fz_after(m);
}
