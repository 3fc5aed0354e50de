/* SPDX-License-Identifier: GPL-2.0-only */
/* What is true of an idle domain's log of dirty pages. */
#include <stdio.h>

#include "log_check.h"
#include "log_trie.h"
#include "log_bits.h"
#include "p2m.h"

struct look {
	const struct hv_domain *d;
	char *why;
	size_t len;
};

static bool is_dirty(const struct hv_domain *d, uint64_t gfn)
{
	if (d->log.way == HV_WAY_MARKS)
		return hv_log_has(d, gfn);
	return gfn >= d->log.slot || hv_log_way_has(d, gfn);
}

/* What can be written without a fault is in the bitmap. */
static int leaf(uint64_t gfn, unsigned order, uint64_t e, void *arg)
{
	const struct look *l = arg;

	if (!hv_p2m_is_ram(hv_pte_type(e)) || !(e & HV_PTE_WRITE) ||
	    hv_pt_hw_see(l->d->host, &l->d->p2m.pt, gfn, NULL) & HV_PTE_MARK)
		return 0;
	for (uint64_t i = 0; i < 1ull << order; i++)
		if (!is_dirty(l->d, gfn + i)) {
			snprintf(l->why, l->len,
				 "d%u gfn %#lx is logged, can be written, and is not in the bitmap",
				 l->d->id, (unsigned long)(gfn + i));
			return -EUCLEAN;
		}
	return 0;
}

static const char *broken(const struct hv_domain *d)
{
	unsigned pages = hv_log_pages(d);

	if (d->paging.owner || d->paging.depth || d->paging.spin.head != d->paging.spin.tail)
		return "its paging lock is held";
	if (pages != d->log.allocs)
		return "pages of its trie are not as many as were allocated";
	if (!d->log.on && !d->log.left.by && d->log.top)
		return "nothing is logged, and there is a trie";
	if (d->paused != (d->log.left.by != NULL))
		return "it is paused and no operation goes on, or the other way round";
	if (d->log.way != HV_WAY_MARKS && (d->log.top || d->p2m.global_logdirty || d->log.left.by))
		return "its pages are protected one by one, and are marked, too";
	if (d->log.stats.dma_unrecorded > d->log.stats.dma_writes)
		return "more writes of its device are unrecorded than there were";
	return NULL;
}

int hv_log_check(const struct hv_domain *d, char *why, size_t len)
{
	const char *what = broken(d);
	struct look l = { d, why, len };

	if (what) {
		snprintf(why, len, "d%u: %s", d->id, what);
		return -EUCLEAN;
	}
	/* A page that was put there since is not logged until the next CLEAN, as in Xen, or found when it is asked for. */
	if (!d->log.on || (d->log.way == HV_WAY_MARKS && !d->p2m.global_logdirty) ||
	    d->log.failed_allocs || d->log.added)
		return 0;
	return hv_pt_each(d->host, &d->p2m.pt, leaf, &l);
}
