/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Log-dirty of a translated domain: which pages of its RAM were written to since somebody last asked. After Xen 4.17's
 * arch/x86/mm/paging.c, hap/hap.c and p2m-pt.c (docs/p2m.md).
 */
#ifndef HV_LOG_DIRTY_H
#define HV_LOG_DIRTY_H

#include <stdbool.h>
#include <stdint.h>

struct hv_domain;
struct hv_vcpu;

/* When may it be on though a device writes to the domain's memory? The rules that were proposed. */
enum hv_log_veto {
	HV_VETO_COMMITTED, /* Xen since 2019: never with a device assigned, whatever the tables */
	HV_VETO_BEFORE,	   /* before that: never with an IOMMU */
	HV_VETO_PROPOSED,  /* never with a device whose tables are the p2m */
	HV_VETO_PROPERTY,  /* if all that its devices write is known, or they write nothing */
	HV_VETO_NONE,	   /* always: the toolstack knows what it does */
	HV_NR_VETOES
};

/* What is known of a device. Only HV_VETO_PROPERTY asks for it. */
enum hv_device_kind {
	HV_DEVICE_WRITES,   /* nothing: it may write anywhere */
	HV_DEVICE_READS,    /* it only reads */
	HV_DEVICE_PROVIDER, /* somebody tells what it wrote (XEN_DMOP_modified_memory) */
	HV_DEVICE_KINDS
};

/*
 * How a domain's pages are logged. All but the first are KVM's (Linux 6.12), whose work is by the page where Xen's is by the
 * call, and the other way round; not in Xen (docs/p2m.md). Which operations there are goes by it; what is beside ENABLE and
 * OFF is -EOPNOTSUPP in all others.
 */
enum hv_log_way {
	HV_WAY_MARKS, /* Xen's: entries are marked, and looked at when they are used: PEEK, CLEAN */
	HV_WAY_GET,   /* each entry is protected, and again when its page is fetched: CLEAN */
	HV_WAY_MANUAL, /* fetched by PEEK, and protected again by CLEAR: of a part, whenever the toolstack likes */
	HV_WAY_ALL_SET, /* the same; ENABLE protects nothing, and says that all is dirty */
	HV_WAY_RING, /* a vCPU's fault puts the page into a ring of its own, and SHADOW_RESET protects again;
			 * what no fault of a vCPU wrote is in a bitmap: CLEAN */
	HV_LOG_WAYS
};

/*
 * HV_WAY_RING, the toolstack's half: the next page of a vCPU's ring is taken, and is protected by the RESET that follows.
 * False: there is none. By one thread at a time, from the first ENABLE on.
 */
bool hv_log_ring_take(struct hv_vcpu *v, uint64_t *gfn);

/* Beside XEN_DOMCTL_SHADOW_ENABLE_*: the toolstack overrides the veto. Not in Xen; -EINVAL but with HV_VETO_PROPERTY. */
#define HV_LOG_OVERRIDE (1u << 16)

/* What happened while it was on. What nobody recorded, only a model can know. */
struct hv_log_stats {
	uint64_t dma_writes;	 /* by the domain's device into its RAM */
	uint64_t dma_unrecorded; /* of these, such that neither the IOMMU nor the hypervisor saw */
	uint64_t dma_faults;	 /* refused, for tables that are the p2m had no right */
	uint64_t missed_pages;	 /* pages of those unrecorded that were in no bitmap since */
	uint64_t trie_bytes; /* what the log costs the domain now: its trie, or bitmaps and rings */
};
void hv_log_stats(struct hv_domain *d, struct hv_log_stats *out);

/*
 * Assign a device to the domain, or take one of the kind away. -EOPNOTSUPP: it has no IOMMU tables; -EXDEV: its pages
 * are logged, and the rule says no; -ENODEV: there is none of the kind. hv_device_access() plays a device whether one
 * was assigned or not: so it can be seen what a veto is for.
 */
int hv_device_assign(struct hv_domain *d, enum hv_device_kind kind);
int hv_device_remove(struct hv_domain *d, enum hv_device_kind kind);

/*
 * HYPERVISOR_domctl by a privileged domain: XEN_DOMCTL_shadow_op, XEN_DOMCTL_iomem_permission and
 * XEN_DOMCTL_memory_mapping with Xen's structures (shadow_op.h), in the caller's memory for arguments. -EFAULT, -EACCES (interface version), -ESRCH, -EPERM, -ENOSYS (another command), and what the
 * operation returns: -EINVAL, -EBUSY, -ENOMEM; -EOPNOTSUPP for a PV domain, whose log would need shadow page tables.
 */
long hv_domctl(struct hv_vcpu *v, void *uop);

/*
 * HYPERVISOR_dm_op by a privileged domain: XEN_DMOP_modified_memory and XEN_DMOP_track_dirty_vram, with Xen's structures
 * (shadow_op.h): nr_bufs of struct dmop_buf at bufs. -EOPNOTSUPP: another operation, or a PV domain.
 */
long hv_dm_op(struct hv_vcpu *v, uint16_t domid, unsigned nr_bufs, void *bufs);

#endif
