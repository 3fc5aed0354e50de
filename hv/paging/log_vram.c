/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Dirty VRAM: a range of pages that are logged alone, without the trie. What was written to since the last call is found by
 * the types of its pages. After Xen's hap_track_dirty_vram() and paging_log_dirty_range().
 */
#include "log_vram.h"
#include "log_out.h"
#include "log_trie.h"
#include "p2m.h"
#include "retype.h"
#include "tlb.h"

/* The range that is followed now ends, and another begins. All of it counts as written to. */
static int follow(struct hv_vcpu *cur, struct hv_domain *d, uint64_t first, uint64_t nr)
{
	struct hv_p2m *p2m = &d->p2m;
	int rc = 0;

	if (p2m->log_end > p2m->log_first)
		rc = hv_marks_range(cur, d, p2m->log_first, p2m->log_end, false);
	if (!rc && nr)
		rc = hv_marks_range(cur, d, first, first + nr, true);
	hv_flush_guest(cur, d);
	return rc;
}

/* paging_log_dirty_range(). */
static void look(struct hv_vcpu *cur, struct hv_domain *d, uint64_t first, uint64_t nr,
		 uint64_t *bits)
{
	hv_p2m_lock(cur, d);
	for (uint64_t i = 0; i < nr; i++)
		if (!hv_retype(cur, d, first + i, HV_P2M_RAM_RW, HV_P2M_RAM_LOGDIRTY))
			bits[i / 64] |= 1ull << i % 64;
	hv_p2m_unlock(cur, d);
	hv_flush_guest(cur, d);
}

int hv_log_vram(struct hv_vcpu *cur, struct hv_domain *d, uint64_t first, uint64_t nr,
		uint64_t bitmap)
{
	struct hv_p2m *p2m = &d->p2m;
	size_t bytes = (nr + 7) / 8;
	uint64_t *bits;
	bool same;
	int rc;

	if (d->log.way != HV_WAY_MARKS)
		return -EOPNOTSUPP;
	if (nr > 1u << 18 || first > HV_PT_MAX_INDEX - nr)
		return -EINVAL;
	if (!nr)
		return p2m->log_end > p2m->log_first ? follow(cur, d, 0, 0) : 0;
	bits = hv_may_alloc(cur, NULL, 0) ? calloc(1, (bytes + 7) & ~(size_t)7) : NULL;
	if (!bits)
		return -ENOMEM;
	hv_paging_lock(cur, d);
	same = p2m->log_first == first && p2m->log_end == first + nr;
	hv_paging_unlock(cur, d);
	hv_domain_pause(cur, d);
	rc = 0;
	if (same) {
		look(cur, d, first, nr, bits);
	} else {
		rc = follow(cur, d, first, nr);
		memset(bits, 0xff, bytes);
	}
	hv_domain_unpause(cur, d);
	if (!rc && hv_log_out(cur, bitmap, bits, bytes))
		rc = -EFAULT;
	free(bits);
	return rc;
}
