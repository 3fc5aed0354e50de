// SPDX-License-Identifier: GPL-2.0-only
/* Stale windows, as the model's device sees them. */
#include <errno.h>

#include "viommu_watch.h"

#define LONGEST 100000u /* microseconds that are told apart; what is longer counts as so long */

int viommu_watch_init(struct viommu_watch *w, struct gnb_side *s, unsigned device)
{
	*w = (struct viommu_watch){ .s = s,
				    .device = device,
				    .room = GNB_VIOMMU_MOST + GNB_VIOMMU_SETS };
	w->left = gnb_keep(s, w->room * sizeof(*w->left));
	w->times = gnb_keep(s, (LONGEST + 1) * sizeof(*w->times));
	return w->left && w->times ? 0 : -ENOMEM;
}

int viommu_watch_access(struct viommu_watch *w, uint64_t dfn, bool write)
{
	uint64_t word = 0;
	struct gnb_virtqueue q = { .device = w->device,
				   .dma = { .dfn = dfn, .len = sizeof(word), .buf = &word },
				   .write = write };

	return (int)w->s->t->operation(w->s->m, w->s->t->vcpu(w->s->m, GNB_GRANTER, 0),
				       GNB_OP_VIRTQUEUE, GNB_VIRTQUEUE_ACCESS, &q);
}

static struct viommu_left *nth(struct viommu_watch *w, unsigned i)
{
	return &w->left[(w->head + i) % w->room];
}

void viommu_watch_unmapped(struct viommu_watch *w, uint64_t dfn, unsigned n, uint64_t now,
			   uint64_t calls)
{
	w->lost |= w->nr == w->room;
	if (w->lost)
		return;
	*nth(w, w->nr++) = (struct viommu_left){ .dfn = dfn, .since = now, .calls = calls, .n = n };
	w->pages += n;
}

/* The window of one of them is over. */
static void over(struct viommu_watch *w, const struct viommu_left *x, uint64_t now, uint64_t calls)
{
	uint64_t us = (now - x->since) / 1000;

	w->sum.ranges++;
	w->times[us < LONGEST ? us : LONGEST]++;
	if (now - x->since > w->sum.longest)
		w->sum.longest = now - x->since;
	if (calls - x->calls > w->sum.longest_calls)
		w->sum.longest_calls = calls - x->calls;
	w->pages -= x->n;
}

void viommu_watch_mapped(struct viommu_watch *w, uint64_t dfn, uint64_t now, uint64_t calls)
{
	unsigned i = 0;

	while (i < w->nr && nth(w, i)->dfn != dfn)
		i++;
	if (i == w->nr)
		return;
	over(w, nth(w, i), now, calls);
	for (w->nr--; i < w->nr; i++)
		*nth(w, i) = *nth(w, i + 1);
}

int viommu_watch_look(struct viommu_watch *w, uint64_t now, uint64_t calls)
{
	while (w->nr) {
		const struct viommu_left *x = nth(w, 0);
		int first = viommu_watch_access(w, x->dfn, true);
		int last = viommu_watch_access(w, x->dfn + x->n - 1, true);

		if ((first && first != -EFAULT) || (last && last != -EFAULT))
			return gnb_fail(w->s, first ? first : last, "a device's access returned %d",
					first ? first : last);
		if (!first || !last)
			break;
		over(w, x, now, calls);
		w->head = (w->head + 1) % w->room;
		w->nr--;
	}
	if (w->pages << GNB_PAGE_SHIFT > w->sum.exposed)
		w->sum.exposed = w->pages << GNB_PAGE_SHIFT;
	return 0;
}

struct gnb_viommu_window viommu_watch_sum(const struct viommu_watch *w)
{
	struct gnb_viommu_window sum = w->sum;
	uint64_t seen = 0;
	unsigned us = 0;

	while (us < LONGEST && (seen += w->times[us]) * 100 < sum.ranges * 99)
		us++;
	sum.p99 = us * 1000ull;
	return sum;
}
