/* SPDX-License-Identifier: GPL-2.0-only */
/* iommu_op() of pv-iommu v7: who may, arguments in and out, and calls that are left and go on. */
#include "pv_inside.h"
#include "args.h"
#include "lifetime.h"
#include "page.h"

union args {
	struct pv_iommu_capabilities caps;
	struct pv_iommu_init init;
	struct pv_iommu_alloc alloc;
	struct pv_iommu_free free;
	struct pv_iommu_reattach reattach;
	struct pv_iommu_map map;
	struct pv_iommu_unmap unmap;
};

static int do_caps(struct hv_vcpu *cur, struct hv_domain *d, union args *a, uint64_t *done)
{
	(void)cur;
	(void)done;
	a->caps = (struct pv_iommu_capabilities){
		.max_iova_addr = (HV_PT_MAX_INDEX << HV_PAGE_SHIFT) - 1,
		.cap_flags = hv_translated(d) ? PV_IOMMU_CAP_DEFAULT_IDENTITY : 0,
		.pgsize_mask = HV_PAGE_SIZE | (d->pvi.large ? HV_PAGE_SIZE << 9 : 0),
		.max_ctx_no = HV_PV_CONTEXTS
	};
	return 0;
}

static int do_alloc(struct hv_vcpu *cur, struct hv_domain *d, union args *a, uint64_t *done)
{
	(void)done;
	return hv_pvi_alloc(cur, d, &a->alloc);
}

static int do_init(struct hv_vcpu *cur, struct hv_domain *d, union args *a, uint64_t *done)
{
	int rc = hv_pvi_init(cur, d, &a->init);

	/* With no end of its own it is the beginning of the next one. */
	return !rc && hv_mutant(PVI_INIT_ALLOCS) ? do_alloc(cur, d, &(union args){ 0 }, done) : rc;
}

static int do_free(struct hv_vcpu *cur, struct hv_domain *d, union args *a, uint64_t *done)
{
	return hv_pvi_free(cur, d, &a->free, done);
}

static int do_reattach(struct hv_vcpu *cur, struct hv_domain *d, union args *a, uint64_t *done)
{
	(void)done;
	return hv_pvi_reattach(cur, d, &a->reattach);
}

static int do_map(struct hv_vcpu *cur, struct hv_domain *d, union args *a, uint64_t *done)
{
	int rc = hv_pvi_map(cur, d, &a->map, done);

	a->map.mapped = (uint32_t)*done;
	return rc;
}

static int do_unmap(struct hv_vcpu *cur, struct hv_domain *d, union args *a, uint64_t *done)
{
	int rc = hv_pvi_unmap(cur, d, &a->unmap, done);

	a->unmap.unmapped = (uint32_t)*done;
	return rc;
}

enum out { NOTHING, IF_DONE, ALWAYS };

static const struct {
	int (*fn)(struct hv_vcpu *cur, struct hv_domain *d, union args *a, uint64_t *done);
	uint8_t size;
	uint8_t in; /* does what is there matter? */
	uint8_t out;
} ops[PV_IOMMU_CMDS] = {
	[PV_IOMMU_CAPABILITIES] = { do_caps, sizeof(struct pv_iommu_capabilities), 0, IF_DONE },
	[PV_IOMMU_INIT] = { do_init, sizeof(struct pv_iommu_init), 1, NOTHING },
	[PV_IOMMU_ALLOC_CONTEXT] = { do_alloc, sizeof(struct pv_iommu_alloc), 1, IF_DONE },
	[PV_IOMMU_FREE_CONTEXT] = { do_free, sizeof(struct pv_iommu_free), 1, NOTHING },
	[PV_IOMMU_REATTACH] = { do_reattach, sizeof(struct pv_iommu_reattach), 1, NOTHING },
	[PV_IOMMU_MAP_PAGES] = { do_map, sizeof(struct pv_iommu_map), 1, ALWAYS },
	[PV_IOMMU_UNMAP_PAGES] = { do_unmap, sizeof(struct pv_iommu_unmap), 1, ALWAYS },
};

static bool may_use(const struct hv_domain *d)
{
	return d->pvi.allowed && d->iommu.mode != HV_IOMMU_NONE;
}

/* An operation for d, by a structure in the caller's memory. */
static long operation(struct hv_vcpu *cur, struct hv_domain *d, unsigned subop, uint64_t at,
		      uint64_t *done)
{
	union args a = { 0 };
	size_t size;
	int rc;

	if (subop == PV_IOMMU_NOOP)
		return 0;
	if (subop >= PV_IOMMU_CMDS || !ops[subop].fn)
		return hv_mutant(PVI_NESTED) && subop < PV_IOMMU_CMDS ? 0 : -EOPNOTSUPP;
	size = ops[subop].size;
	if (!hv_guest_handle_okay(cur->d, at, 1, size) ||
	    (ops[subop].in && hv_copy_from_guest(cur, &a, at, size)))
		return -EFAULT;
	rc = ops[subop].fn(cur, d, &a, done);
	if (ops[subop].out == ALWAYS || (ops[subop].out == IF_DONE && !rc))
		if (hv_copy_to_guest(cur, at, &a, size) && rc != -HV_ERESTART)
			rc = -EFAULT;
	return rc;
}

/* The same for another domain. */
static long remote(struct hv_vcpu *cur, uint64_t at, uint64_t *done)
{
	struct pv_iommu_remote r;
	struct hv_domain *d;

	if (!cur->d->privileged && !hv_mutant(PVI_ANY_REMOTE))
		return -EPERM;
	if (!hv_guest_handle_okay(cur->d, at, 1, sizeof(r)) ||
	    hv_copy_from_guest(cur, &r, at, sizeof(r)))
		return -EFAULT;
	d = hv_domain_find(cur, r.domid);
	if (!d || hv_load(&d->is_dying))
		return -ENOENT;
	if (r.subop == PV_IOMMU_REMOTE)
		return -EINVAL;
	if (!may_use(d))
		return -ENODEV;
	if (hv_mutant(PVI_REMOTE_FORGETS))
		*done = 0;
	return operation(cur, d, r.subop, r.arg, done);
}

long hv_iommu_op_step(struct hv_vcpu *cur, unsigned subop, void *arg, uint64_t *done)
{
	long rc;

	hv_hypercall_enter(cur);
	if (hv_domain_crashed(cur->d))
		rc = -EIO;
	else if (!may_use(cur->d))
		rc = -ENODEV;
	else if (subop == PV_IOMMU_REMOTE)
		rc = remote(cur, (uintptr_t)arg, done);
	else
		rc = operation(cur, cur->d, subop, (uintptr_t)arg, done);
	hv_hypercall_exit(cur);
	return rc;
}

long hv_iommu_op(struct hv_vcpu *cur, unsigned subop, void *arg)
{
	uint64_t done = 0;
	long rc;

	while ((rc = hv_iommu_op_step(cur, subop, arg, &done)) == -HV_ERESTART)
		cur->count.continuations++;
	return rc;
}

void hv_pv_iommu_stats(const struct hv_domain *d, struct hv_pv_iommu_stats *out)
{
	*out = d->pvi.stats;
}
