// SPDX-License-Identifier: GPL-2.0-only
/* Spans of numbers that are in a set. */
#include "spans.h"

bool gnb_xen_spans_have(const struct gnb_xen_spans *s, uint64_t x)
{
	for (unsigned i = 0; i < s->n; i++)
		if (x >= s->span[i].first && x < s->span[i].end)
			return true;
	return false;
}

static void put(struct gnb_xen_spans *s, uint64_t first, uint64_t end)
{
	if (first == end || s->n == GNB_XEN_SPANS)
		return;
	s->span[s->n].first = first;
	s->span[s->n++].end = end;
}

void gnb_xen_spans_cut(struct gnb_xen_spans *s, uint64_t first, uint64_t n)
{
	uint64_t end = first + n;

	for (unsigned i = 0; i < s->n;) {
		uint64_t a = s->span[i].first, b = s->span[i].end;

		if (a >= end || b <= first) {
			i++;
			continue;
		}
		/* Its place is taken by the last one, and what is left of it comes behind. */
		s->span[i] = s->span[--s->n];
		put(s, a, first > a ? first : a);
		put(s, end < b ? end : b, b);
	}
}

void gnb_xen_spans_add(struct gnb_xen_spans *s, uint64_t first, uint64_t n)
{
	uint64_t end = first + n;

	gnb_xen_spans_cut(s, first, n);
	for (unsigned i = 0; i < s->n;) {
		if (s->span[i].end != first && s->span[i].first != end) {
			i++;
			continue;
		}
		first = s->span[i].first < first ? s->span[i].first : first;
		end = s->span[i].end > end ? s->span[i].end : end;
		s->span[i] = s->span[--s->n];
	}
	put(s, first, end);
}
