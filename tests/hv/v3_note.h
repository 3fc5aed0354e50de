/* SPDX-License-Identifier: GPL-2.0-only */
/* For tests of version 3's status and notice pages: the one host of the test, and the two pages of its granter. */
#ifndef HV_TEST_V3_NOTE_H
#define HV_TEST_V3_NOTE_H

#include "v3.h"

#include "types.h"

#define STATUS 900 /* pages of the granter's */
#define NOTICE 901
#define PORT   5

static struct v3 t;

V3_UNUSED int setup(struct gnttab_v3_notify_setup n)
{
	n.status = 77;
	return v3_op(t.f.gv, t.f.gargs, GNTTABOP_v3_notify_setup, &n, sizeof(n), &n.status);
}

V3_UNUSED struct gnttab_v3_notify_setup both(uint64_t first, unsigned order)
{
	return (struct gnttab_v3_notify_setup){ .status_frame = hv_guest_frame(t.f.g, STATUS),
						.notice_frame = hv_guest_frame(t.f.g, NOTICE),
						.first = first,
						.tree = t.tree,
						.port = PORT,
						.order = (uint8_t)order };
}

V3_UNUSED uint8_t *status(void)
{
	return hv_guest_frame_ptr(t.f.g, hv_guest_frame(t.f.g, STATUS));
}

V3_UNUSED uint64_t *notice(void)
{
	return hv_guest_frame_ptr(t.f.g, hv_guest_frame(t.f.g, NOTICE));
}

#endif
