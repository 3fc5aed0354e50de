/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A list of unmaps, after Xen's gnttab_unmap_grant_ref() and gnttab_unmap_and_replace(): mappings go first, then the
 * flush, then references and pins. The two differ in what comes into the place of a mapping, which is why it is a
 * constant wherever it is passed. So is whether the caller's mappings can be taken away (back, see back.h): each has its
 * own, so that version 1 costs what it costs in Xen.
 *
 * A domain that flushes per hypercall (v1-batch, not in Xen) differs in one thing: translated mappers do not flush under
 * the entry's lock for each page, and PV mappers not for each 32; there is one flush per hypercall.
 */
#ifndef HV_UNMAP_LIST_H
#define HV_UNMAP_LIST_H

#include "args.h"
#include "dear.h"
#include "preempt.h"
#include "unmap_halves.h"

static hv_always_inline void hv_unmap_complete(struct hv_vcpu *cur, unsigned to, const bool back)
{
	for (unsigned i = 0; i < to; i++)
		hv_unmap_second(cur, &cur->unmap[i], false, back);
}

/*
 * Operation i of the batch: what it asks for, and its first half. -EFAULT: with common->done unset
 * it was not even read, else its status cannot be written.
 */
static hv_always_inline int hv_unmap_one(struct hv_vcpu *cur, uint64_t uop, struct hv_unmap *common,
					 const bool back)
{
	struct gnttab_unmap_grant_ref op;

	common->done = 0;
	if (hv_unlikely(hv_copy_from_guest(cur, &op, uop, sizeof(op))))
		return -EFAULT;
	common->host_addr = op.host_addr;
	common->dev_bus_addr = op.dev_bus_addr;
	common->handle = op.handle;
	hv_unmap_first(cur, common, HV_UNMAP, back);
	return hv_copy_to_guest(cur, uop + offsetof(struct gnttab_unmap_grant_ref, status),
				&common->status, sizeof(op.status));
}

static inline int hv_replace_one(struct hv_vcpu *cur, uint64_t uop, struct hv_unmap *common,
				 const bool back)
{
	struct gnttab_unmap_and_replace op;

	common->done = 0;
	if (hv_unlikely(hv_copy_from_guest(cur, &op, uop, sizeof(op))))
		return -EFAULT;
	common->host_addr = op.host_addr;
	common->new_addr = op.new_addr;
	common->dev_bus_addr = 0;
	common->handle = op.handle;
	hv_unmap_first(cur, common, HV_REPLACE, back);
	return hv_copy_to_guest(cur, uop + offsetof(struct gnttab_unmap_and_replace, status),
				&common->status, sizeof(op.status));
}

static hv_always_inline long hv_unmap_list(struct hv_vcpu *cur, uint64_t uop, unsigned count,
					   const enum hv_unmap_what what, const bool back)
{
	const size_t size = what == HV_REPLACE ? sizeof(struct gnttab_unmap_and_replace)
					       : sizeof(struct gnttab_unmap_grant_ref);
	unsigned late = cur->d->flush_late;
	unsigned chunk = late ? HV_UNMAP_CHUNK : HV_UNMAP_BATCH;
	unsigned done = 0;
	int rc = 0;

	hv_mapping_begin(cur);
	while (done < count) {
		unsigned c = count - done < chunk ? count - done : chunk;

		for (unsigned i = 0; i < c; i++, uop += size) {
			rc = what == HV_REPLACE ? hv_replace_one(cur, uop, &cur->unmap[i], back)
						: hv_unmap_one(cur, uop, &cur->unmap[i], back);
			if (hv_unlikely(rc)) {
				/* What was taken away is finished; the rest is not looked at. */
				c = i + 1;
				break;
			}
			/* Late invalidations do not change when CPUs are flushed. */
			if (!(late & HV_LATE_TLB) && (i + 1) % HV_UNMAP_BATCH == 0 && i + 1 < c)
				hv_mapping_flush(cur);
		}
		if (hv_mutant(REORDER_FLUSH))
			hv_unmap_complete(cur, c, back);
		hv_mapping_settle(cur);
		if (!hv_mutant(REORDER_FLUSH))
			hv_unmap_complete(cur, c, back);
		done += c;
		if (hv_unlikely(rc) || (done < count && hv_preempt(cur)))
			break;
	}
	if (hv_dear(FLUSH) && hv_translated(cur->d))
		hv_flush_translated(cur, cur->d);
	else if (hv_dear(FLUSH))
		hv_flush_pv(cur, cur->d);
	hv_mapping_end(cur);
	return rc ? (long)rc : (long)(count - done);
}

#endif
