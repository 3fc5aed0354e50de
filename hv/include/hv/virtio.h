/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A virtio-iommu of a translated domain: its devices are the endpoints, its requests come by a virtqueue in the guest's memory
 * (kernel-helpers/include/virtio_iommu.h; docs/iommu.md). The registers are those of any virtio device, each access an exit.
 */
#ifndef HV_VIRTIO_H
#define HV_VIRTIO_H

#include <stdbool.h>
#include <stdint.h>

struct hv_domain;
struct hv_vcpu;

/*
 * What a device is made with. Zeroed fields take the value that is named. The draft ATTACH_TABLE wants a domain whose p2m is the
 * unit's table (HV_IOMMU_SHARED): it is the second stage.
 */
struct hv_virtio_config {
	uint64_t
		features; /* offered beside VERSION_1; 0: all of the specification's that there are */
	uint64_t page_size_mask;	   /* 0: 4K and all above */
	uint64_t input_start, input_end;   /* both 0: 48 bits */
	uint32_t domain_start, domain_end; /* both 0: any number */
	uint64_t reserved_start,
		reserved_end;  /* for MSIs, told by PROBE and not to be mapped; both 0: none is */
	unsigned max_mappings; /* 0: 65536; each costs the domain memory */
	bool blocked; /* an endpoint that is attached to nothing reaches nothing, until the driver says else */
	bool superpages;  /* entries of 2M where a mapping has room for them */
	bool per_batch;	  /* the answers of one kick are given at once, after one invalidation */
	unsigned port[2]; /* by which the guest is told of answers, and of faults; 0: it is not */
};

/*
 * By the toolstack, before the guest does anything: the domain has one. -EINVAL: it is a PV domain, or one with PV-IOMMU, or
 * a field is wrong; -EEXIST; -ENOMEM.
 */
int hv_virtio_create(struct hv_domain *d, const struct hv_virtio_config *cfg);

/*
 * The guest writes a register of enum virtio_reg. 0, of NOTIFY how many buffers were taken; -ENODEV: there is none; -EINVAL: no such register, or a
 * value that it may not have now; -EFAULT: a queue that is not in its RAM. After an error the device is as before.
 */
long hv_virtio_write(struct hv_vcpu *v, unsigned reg, uint64_t value);
/* It reads one; of what is not there 0. */
uint64_t hv_virtio_read(struct hv_vcpu *v, unsigned reg);
/* It reads the device's configuration (struct virtio_iommu_config) from off on; what is behind it is 0. -ENODEV. */
int hv_virtio_read_config(struct hv_vcpu *v, unsigned off, void *buf, unsigned len);

/* What the device did so far, and has now. */
struct hv_virtio_stats {
	uint64_t answered[9]; /* requests, by their status */
	uint64_t ignored; /* requests that got no status: their type or their buffer was wrong */
	uint64_t refused; /* kicks of a queue that could not be so */
	uint64_t faults,
		faults_dropped; /* accesses of endpoints; no buffer was there for the last */
	uint64_t replaced,
		kept; /* mappings that a later MAP replaced, or was the same as (draft) */
	uint64_t nested_walks,
		nested_loads; /* of tables of the guest's own; words read for them, of both stages (draft) */
	uint64_t pinned; /* pages that devices reach, or that wait for an invalidation, now */
	unsigned domains, mappings; /* now */
};
void hv_virtio_stats(const struct hv_domain *d, struct hv_virtio_stats *out);

#endif
