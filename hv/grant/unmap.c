/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * GNTTABOP_unmap_grant_ref and unmap_and_replace, after Xen's unmap_common(),
 * unmap_common_complete(), gnttab_unmap_grant_ref() and gnttab_unmap_and_replace(): mappings go
 * first, then the flush, then references and pins. The two differ in what comes into the place of a
 * mapping, which is why it is a constant wherever it is passed.
 *
 * A domain that flushes per hypercall (v1-batch, not in Xen) differs in one thing: translated
 * mappers do not flush under the entry's lock for each page, and PV mappers not for each 32; there
 * is one flush per hypercall.
 */
#include "args.h"
#include "handlers.h"
#include "preempt.h"
#include "unmap_halves.h"

static hv_always_inline void complete(struct hv_vcpu *cur, unsigned from, unsigned to)
{
	for (unsigned i = from; i < to; i++)
		hv_unmap_second(cur, &cur->unmap[i], false);
}

/*
 * Operation i of the batch: what it asks for, and its first half. -EFAULT: with common->done unset
 * it was not even read, else its status cannot be written.
 */
static hv_always_inline int unmap_one(struct hv_vcpu *cur, uint64_t uop, struct hv_unmap *common)
{
	struct gnttab_unmap_grant_ref op;

	common->done = 0;
	if (hv_unlikely(hv_copy_from_guest(cur, &op, uop, sizeof(op))))
		return -EFAULT;
	common->host_addr = op.host_addr;
	common->dev_bus_addr = op.dev_bus_addr;
	common->handle = op.handle;
	hv_unmap_first(cur, common, HV_UNMAP);
	return hv_copy_to_guest(cur, uop + offsetof(struct gnttab_unmap_grant_ref, status),
				&common->status, sizeof(op.status));
}

static int replace_one(struct hv_vcpu *cur, uint64_t uop, struct hv_unmap *common)
{
	struct gnttab_unmap_and_replace op;

	common->done = 0;
	if (hv_unlikely(hv_copy_from_guest(cur, &op, uop, sizeof(op))))
		return -EFAULT;
	common->host_addr = op.host_addr;
	common->new_addr = op.new_addr;
	common->dev_bus_addr = 0;
	common->handle = op.handle;
	hv_unmap_first(cur, common, HV_REPLACE);
	return hv_copy_to_guest(cur, uop + offsetof(struct gnttab_unmap_and_replace, status),
				&common->status, sizeof(op.status));
}

static hv_always_inline long unmap_all(struct hv_vcpu *cur, uint64_t uop, unsigned count,
				       const enum hv_unmap_what what)
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
			rc = what == HV_REPLACE ? replace_one(cur, uop, &cur->unmap[i])
						: unmap_one(cur, uop, &cur->unmap[i]);
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
			complete(cur, 0, c);
		hv_mapping_settle(cur);
		if (!hv_mutant(REORDER_FLUSH))
			complete(cur, 0, c);
		done += c;
		if (hv_unlikely(rc) || (done < count && hv_preempt(cur)))
			break;
	}
	hv_mapping_end(cur);
	return rc ? (long)rc : (long)(count - done);
}

long hv_op_unmap(struct hv_vcpu *cur, uint64_t uop, unsigned count)
{
	return unmap_all(cur, uop, count, HV_UNMAP);
}

long hv_op_unmap_and_replace(struct hv_vcpu *cur, uint64_t uop, unsigned count)
{
	return unmap_all(cur, uop, count, HV_REPLACE);
}
