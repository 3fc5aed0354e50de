/* SPDX-License-Identifier: GPL-2.0-only */
/* A small set of numbers, as spans of them: what of a domain's frame numbers is a device's memory. */
#ifndef GNB_XEN_SPANS_H
#define GNB_XEN_SPANS_H

#include <stdbool.h>
#include <stdint.h>

#define GNB_XEN_SPANS 64

struct gnb_xen_spans {
	struct {
		uint64_t first, end;
	} span[GNB_XEN_SPANS];
	unsigned n;
};

/* Is there room for whatever an addition or a cut may need? */
static inline bool gnb_xen_spans_room(const struct gnb_xen_spans *s)
{
	return s->n < GNB_XEN_SPANS;
}

bool gnb_xen_spans_have(const struct gnb_xen_spans *s, uint64_t x);
/* Numbers that are in it already may be among them. */
void gnb_xen_spans_add(struct gnb_xen_spans *s, uint64_t first, uint64_t n);
void gnb_xen_spans_cut(struct gnb_xen_spans *s, uint64_t first, uint64_t n);

#endif
