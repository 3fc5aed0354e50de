/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The interface of a virtio-iommu as its driver sees it: a split virtqueue and the requests in it, after virtio 1.2 (sections 2.7
 * and 5.13); all fields are little-endian. What stands under "drafts" no specification has: it is after proposals, and named so.
 */
#ifndef VIRTIO_IOMMU_H
#define VIRTIO_IOMMU_H

#include <stdint.h>

/* ---- a split virtqueue ---- */

#define VRING_DESC_NEXT	    (1u << 0)
#define VRING_DESC_WRITE    (1u << 1) /* the device writes to it */
#define VRING_DESC_INDIRECT (1u << 2)

struct vring_desc {
	uint64_t addr;
	uint32_t len;
	uint16_t flags, next;
};

#define VRING_AVAIL_NO_INTERRUPT (1u << 0)

struct vring_avail {
	uint16_t flags, idx;
	uint16_t ring[];
};

struct vring_used_elem {
	uint32_t id, len;
};

struct vring_used {
	uint16_t flags, idx;
	struct vring_used_elem ring[];
};

/* ---- the device ---- */

enum { VIRTIO_IOMMU_REQUESTS, VIRTIO_IOMMU_EVENTS, VIRTIO_IOMMU_QUEUES };

/* Registers of a virtio device, whatever bus it is on. */
enum virtio_reg {
	VIRTIO_REG_STATUS,   /* written as 0: all is as at the begin */
	VIRTIO_REG_FEATURES, /* read: offered; written: what the driver takes of it */
	VIRTIO_REG_QUEUE,    /* which queue the next five are of */
	VIRTIO_REG_NUM,	     /* its descriptors; read: how many it may have */
	VIRTIO_REG_DESC,     /* and where its parts are, by the guest's physical address */
	VIRTIO_REG_AVAIL,
	VIRTIO_REG_USED,
	VIRTIO_REG_ENABLE,
	VIRTIO_REG_BYPASS, /* the only field of a virtio-iommu's configuration that can be written */
	VIRTIO_REG_NOTIFY, /* written: there is something new in this queue */
	VIRTIO_REGS
};

/* Status of the device. */
#define VIRTIO_ACKNOWLEDGE (1u << 0)
#define VIRTIO_DRIVER	   (1u << 1)
#define VIRTIO_DRIVER_OK   (1u << 2)
#define VIRTIO_FEATURES_OK (1u << 3)

/* Features. */
#define VIRTIO_IOMMU_F_INPUT_RANGE   (1ull << 0)
#define VIRTIO_IOMMU_F_DOMAIN_RANGE  (1ull << 1)
#define VIRTIO_IOMMU_F_MAP_UNMAP     (1ull << 2)
#define VIRTIO_IOMMU_F_BYPASS	     (1ull << 3)
#define VIRTIO_IOMMU_F_PROBE	     (1ull << 4)
#define VIRTIO_IOMMU_F_MMIO	     (1ull << 5)
#define VIRTIO_IOMMU_F_BYPASS_CONFIG (1ull << 6)
#define VIRTIO_F_VERSION_1	     (1ull << 32)

struct virtio_iommu_config {
	uint64_t page_size_mask;
	uint64_t input_start, input_end;
	uint32_t domain_start, domain_end;
	uint32_t probe_size;
	uint8_t bypass, reserved[3];
};

/* ---- requests: a head and fields that the device reads, a tail that it writes ---- */

enum virtio_iommu_type {
	VIRTIO_IOMMU_T_ATTACH = 1,
	VIRTIO_IOMMU_T_DETACH,
	VIRTIO_IOMMU_T_MAP,
	VIRTIO_IOMMU_T_UNMAP,
	VIRTIO_IOMMU_T_PROBE,
};

enum virtio_iommu_status {
	VIRTIO_IOMMU_S_OK,
	VIRTIO_IOMMU_S_IOERR,
	VIRTIO_IOMMU_S_UNSUPP,
	VIRTIO_IOMMU_S_DEVERR,
	VIRTIO_IOMMU_S_INVAL,
	VIRTIO_IOMMU_S_RANGE,
	VIRTIO_IOMMU_S_NOENT,
	VIRTIO_IOMMU_S_FAULT,
	VIRTIO_IOMMU_S_NOMEM,
};

struct virtio_iommu_head {
	uint8_t type, reserved[3];
};

struct virtio_iommu_tail {
	uint8_t status, reserved[3];
};

#define VIRTIO_IOMMU_ATTACH_BYPASS (1u << 0)

struct virtio_iommu_attach {
	struct virtio_iommu_head head;
	uint32_t domain, endpoint, flags;
	uint8_t reserved[4];
};

struct virtio_iommu_detach {
	struct virtio_iommu_head head;
	uint32_t domain, endpoint;
	uint8_t reserved[8];
};

#define VIRTIO_IOMMU_MAP_READ  (1u << 0)
#define VIRTIO_IOMMU_MAP_WRITE (1u << 1)
#define VIRTIO_IOMMU_MAP_MMIO  (1u << 2)

/* Its fields are not aligned as those of the C language are. */
struct virtio_iommu_map {
	struct virtio_iommu_head head;
	uint32_t domain;
	uint64_t virt_start, virt_end, phys_start;
	uint32_t flags;
} __attribute__((packed, aligned(4)));

struct virtio_iommu_unmap {
	struct virtio_iommu_head head;
	uint32_t domain;
	uint64_t virt_start, virt_end;
	uint8_t reserved[4];
} __attribute__((packed, aligned(4)));

/* Behind it, in what the device writes: probe_size bytes of properties, and the tail. */
struct virtio_iommu_probe {
	struct virtio_iommu_head head;
	uint32_t endpoint;
	uint8_t reserved[64];
};

#define VIRTIO_IOMMU_PROBE_RESV_MEM 1u
#define VIRTIO_IOMMU_RESV_RESERVED  0u
#define VIRTIO_IOMMU_RESV_MSI	    1u

struct virtio_iommu_resv_mem {
	uint16_t type, length; /* length: of what follows */
	uint8_t subtype, reserved[3];
	uint64_t start, end;
};

/* ---- what the device writes into buffers of the event queue ---- */

#define VIRTIO_IOMMU_FAULT_UNKNOWN 0u
#define VIRTIO_IOMMU_FAULT_DOMAIN  1u /* the endpoint is attached to none */
#define VIRTIO_IOMMU_FAULT_MAPPING 2u

#define VIRTIO_IOMMU_FAULT_READ	   (1u << 0)
#define VIRTIO_IOMMU_FAULT_WRITE   (1u << 1)
#define VIRTIO_IOMMU_FAULT_ADDRESS (1u << 8)

struct virtio_iommu_fault {
	uint8_t reason, reserved[3];
	uint32_t flags, endpoint;
	uint8_t reserved2[4];
	uint64_t address;
};

/* ---- drafts ---- */

/*
 * Relaxed operations, after "virtio-iommu: future work" (2017), III: a MAP over what is mapped replaces the overlap, an identical
 * one is kept, and an UNMAP may split. The proposal gives the feature no number; this one is ours.
 */
#define VIRTIO_IOMMU_F_RELAXED (1ull << 24)

/*
 * Tables of the guest's own, after draft 0.12 of the specification: they are attached, and invalidated by requests. What the
 * draft leaves to a format, of which it names the numbers, is ours: one, of four levels as a processor walks them.
 */
#define VIRTIO_IOMMU_F_ATTACH_TABLE (1ull << 7)
#define VIRTIO_IOMMU_T_ATTACH_TABLE 6
#define VIRTIO_IOMMU_T_INVALIDATE   7

#define VIRTIO_IOMMU_TABLE_INTEL 2u

struct virtio_iommu_attach_table {
	struct virtio_iommu_head head;
	uint32_t domain, endpoint;
	uint8_t format;
	uint8_t levels, reserved[2]; /* from here on the format's descriptor */
	uint64_t root;		     /* by the guest's physical address */
	uint8_t reserved2[100];
} __attribute__((packed, aligned(4)));

#define VIRTIO_IOMMU_SCOPE_DOMAIN  1u
#define VIRTIO_IOMMU_SCOPE_PASID   2u
#define VIRTIO_IOMMU_SCOPE_ADDRESS 3u
#define VIRTIO_IOMMU_CACHE_PASID   (1u << 0)
#define VIRTIO_IOMMU_CACHE_TLB	   (1u << 1)
#define VIRTIO_IOMMU_INV_LEAF	   (1u << 0)

struct virtio_iommu_invalidate {
	struct virtio_iommu_head head;
	uint8_t scope, caches;
	uint16_t flags;
	uint32_t domain, pasid;
	uint64_t id, address, nr_pages;
	uint8_t page_size; /* a power of two */
	uint8_t reserved[19];
} __attribute__((packed, aligned(4)));

/* A property: the format that the unit walks. Its number is that of VT-d's in the draft, what follows is ours. */
#define VIRTIO_IOMMU_PROBE_TABLE 3u

struct virtio_iommu_probe_table {
	uint16_t type, length;
	uint8_t format, levels, reserved[2];
	uint64_t page_sizes;
};

_Static_assert(sizeof(struct virtio_iommu_attach_table) == 124 &&
		       sizeof(struct virtio_iommu_invalidate) == 60,
	       "a draft's requests");
_Static_assert(sizeof(struct virtio_iommu_config) == 40, "virtio-iommu's config");
_Static_assert(sizeof(struct virtio_iommu_attach) == 20 &&
		       sizeof(struct virtio_iommu_detach) == 20 &&
		       sizeof(struct virtio_iommu_map) == 36 &&
		       sizeof(struct virtio_iommu_unmap) == 28 &&
		       sizeof(struct virtio_iommu_probe) == 72,
	       "virtio-iommu's requests");
_Static_assert(sizeof(struct virtio_iommu_fault) == 24, "virtio-iommu's fault");

#endif
