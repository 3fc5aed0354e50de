/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PV-IOMMU: a guest's own IOMMU contexts (docs/iommu.md). A domain may have it if it was made with pv_iommu and has an
 * IOMMU; a privileged one for others, too. Not in Xen.
 */
#ifndef HV_PV_IOMMU_H
#define HV_PV_IOMMU_H

#include <stdbool.h>
#include <stdint.h>

struct hv_domain;
struct hv_vcpu;

/*
 * iommu_op() of pv-iommu v7: an operation of pv_iommu.h (kernel-helpers/include), whose structure is in the caller's
 * memory for arguments. 0, or: -ENODEV: no IOMMU, not allowed, or no such device; -EFAULT; -EOPNOTSUPP: no such operation
 * or flag; and by operation
 *
 *   init      -EINVAL no contexts; -EACCES it was done before; -E2BIG too many; -ENOMEM
 *   alloc     -ENOSPC none is left; -ENOMEM, also of the arena
 *   free      -EINVAL context 0, or it is being freed; -ENOENT; -EBUSY it has devices
 *   reattach  -ENOENT no such context; -EINVAL it is being freed
 *   map       -EINVAL no such context, range or right; of a page, and those before it are mapped: -EADDRNOTAVAIL reserved;
 *             -ENOENT nothing is at the guest's frame; -EPERM it is not its RAM; -EADDRINUSE; -ENOMEM
 *   unmap     -EINVAL as above; of a page: -EADDRNOTAVAIL; -ENOENT nothing is mapped there; -EINVAL of another size
 *   remote    -EPERM the caller is not privileged; -ENOENT no such domain; -EINVAL a remote one in it
 */
long hv_iommu_op(struct hv_vcpu *v, unsigned subop, void *arg);

#define HV_RESERVED_RANGES 4

/*
 * By the toolstack: the domain's device frames dfn on are not the guest's to map (VT-d: an RMRR). In each context they lead
 * to the RAM that the domain has at the same frame numbers now. -EINVAL: no such range; -ENOSPC: too many; -ENOENT: that is
 * no RAM of its own; -EBUSY: the domain has contexts already.
 */
int hv_domain_reserve_dfns(struct hv_domain *d, uint64_t dfn, uint64_t pages);

/* What a domain's contexts were asked for so far, and what they hold now. */
struct hv_pv_iommu_stats {
	uint64_t contexts, attaches;	 /* allocated, and devices put into one or back, so far */
	uint64_t mapped, unmapped;	 /* pages of 4 KiB */
	uint64_t invalidations;		 /* that these operations made */
	uint64_t dma_faults;		 /* accesses of its devices that no context let through */
	uint64_t arena_bytes, arena_max; /* of tables now, and the most there may be */
};
void hv_pv_iommu_stats(const struct hv_domain *d, struct hv_pv_iommu_stats *out);

/* ---- PV-IOMMU of 2016 (draft D), of a privileged domain ---- */

/* What its devices may reach of themselves. A domain without an IOMMU stands for a host without one. */
enum hv_dom0_iommu {
	HV_DOM0_NONE,	 /* it has not this interface */
	HV_DOM0_STRICT,	 /* what it maps of its own */
	HV_DOM0_RELAXED, /* all but the hypervisor's, by frame, until it maps something itself */
	HV_DOM0_PASSTHROUGH, /* all, for ever: it can map nothing */
};

#define HV_IOSERVERS 4 /* of a domain: 0 to 3 */

/*
 * iommu_op(arg, count) of 2016: an array of pv_iommu_2016.h's (kernel-helpers/include) in the caller's memory for arguments.
 * 0 with a status in each; -ENOSYS: not for this domain; -EINVAL: too many; -EFAULT, with those before it done. Statuses are
 * -errno; those of a page that its owner gave up meanwhile are -ENXIO.
 */
long hv_bfn_op(struct hv_vcpu *v, void *arg, unsigned count);

/*
 * By an emulator of v's domain: the next bus frame whose page its owner gave up, out of the ring of this server; false: there
 * is none. Who gives a page up waits for a ring that is full.
 */
bool hv_ioserver_take(struct hv_vcpu *v, unsigned ioserver, uint64_t *bfn);

/* What happened to the domain's bus addresses so far. */
struct hv_bfn_stats {
	uint64_t held;	   /* other domains' frames that it has now, each with a reference */
	uint64_t buffered; /* requests that its emulators were sent */
	uint64_t waited;   /* of these, for which somebody had to wait */
	uint64_t swapped;  /* places that lead to a scratch page since */
};
void hv_bfn_stats(const struct hv_domain *d, struct hv_bfn_stats *out);

#endif
