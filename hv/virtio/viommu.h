/* SPDX-License-Identifier: GPL-2.0-only */
/* A virtio-iommu: its state, and what its files share. */
#ifndef HV_VIOMMU_H
#define HV_VIOMMU_H

#include <hv/virtio.h>
#include <virtio_iommu.h>

#include "context.h"
#include "mappings.h"
#include "queue.h"

/* Entries that are out of the tables and wait for an invalidation, with the references on their pages. */
#define HV_VIRTIO_GONE 512

#define HV_VIRTIO_PROBE_SIZE 64 /* bytes of properties that a PROBE gives */

#define HV_VIRTIO_CACHED 64

/* What a guest's own tables said of a page. */
struct hv_vcached {
	bool valid, write;
	uint64_t dfn, gfn;
};

/* A domain of the device's: an address space that the driver gave a number. It lives as long as an endpoint is attached. */
struct hv_vdomain {
	struct hv_vdomain *next;
	uint32_t id;
	bool table; /* draft: of the guest's own tables, from root on */
	uint64_t root;
	struct hv_vcached cached[HV_VIRTIO_CACHED]; /* of them; under the unit's tlb_lock */
	bool bypass;	    /* what is attached to it is in the hypervisor domain's own tables */
	unsigned endpoints; /* attached to it */
	struct hv_context context;
	struct hv_vmaps maps;
};

struct hv_viommu {
	struct hv_domain *d;
	struct hv_spinlock lock; /* all of it */
	struct hv_virtio_config cfg;
	uint64_t features; /* that the driver took */
	uint8_t status;
	bool bypass; /* where an endpoint is that is attached to nothing: its configuration says so */
	bool stopped;	/* a defect of a mutant */
	unsigned queue; /* selected */
	struct hv_vq vq[VIRTIO_IOMMU_QUEUES];
	struct hv_vdomain *domains, *of[HV_DEVICES];
	struct hv_vdomain *gone_of; /* whose entries wait; NULL: none do */
	uint64_t gone_first, gone_last;
	unsigned nr_gone;
	uint64_t gone[HV_VIRTIO_GONE]; /* each with its order in the low bits */
	struct hv_virtio_stats stats;
};

/* ---- domain.c: address spaces and what is mapped in them. The device's lock is held. ---- */

struct hv_vdomain *hv_vdomain_find(struct hv_viommu *v, uint32_t id);
enum hv_vdomain_kind { HV_VDOMAIN_MAPPED, HV_VDOMAIN_BYPASS, HV_VDOMAIN_TABLE };

/* Status codes, all of them. With attach, a domain that is not there is made. root: of a table. */
unsigned hv_vdomain_attach(struct hv_vcpu *cur, struct hv_viommu *v, uint32_t id, unsigned endpoint,
			   enum hv_vdomain_kind kind, uint64_t root);
unsigned hv_vdomain_detach(struct hv_vcpu *cur, struct hv_viommu *v, uint32_t id,
			   unsigned endpoint);
/* Pages first to last, which are in the input range. */
unsigned hv_vdomain_map(struct hv_vcpu *cur, struct hv_viommu *v, struct hv_vdomain *x,
			uint64_t first, uint64_t last, uint64_t gfn, uint32_t flags);
unsigned hv_vdomain_unmap(struct hv_vcpu *cur, struct hv_viommu *v, struct hv_vdomain *x,
			  uint64_t first, uint64_t last);
/* Every endpoint is attached to nothing, and no domain is left. */
void hv_vdomain_end_all(struct hv_vcpu *cur, struct hv_viommu *v);
/* Where endpoints are that are attached to nothing. */
void hv_vdomain_place(struct hv_vcpu *cur, struct hv_viommu *v);

/* ---- tables.c: entries and references ---- */

/* The pages of a mapping come in, each with a reference. A status; of an error none is left. */
unsigned hv_vtables_enter(struct hv_vcpu *cur, struct hv_viommu *v, struct hv_vdomain *x,
			  const struct hv_vmap *m);
/* Its pages first to last go out; their references go when that is settled. */
void hv_vtables_take(struct hv_vcpu *cur, struct hv_viommu *v, struct hv_vdomain *x,
		     const struct hv_vmap *m, uint64_t first, uint64_t last);
/* No device reaches what was taken out, and it is let go. */
void hv_vtables_settle(struct hv_vcpu *cur, struct hv_viommu *v);

/* ---- guest_table.c: draft ---- */

/* A new domain is one of the guest's own tables. */
void hv_vtable_init(struct hv_vdomain *x, uint64_t root);
/* A status: can such tables be walked? */
unsigned hv_vtable_good(const struct virtio_iommu_attach_table *r);
/* And of those of x, which the unit then looks at anew. */
unsigned hv_vtable_invalidate(struct hv_vcpu *cur, struct hv_viommu *v, struct hv_vdomain *x,
			      const struct virtio_iommu_invalidate *r);

/* ---- request.c ---- */

/* What a chain asks for is done, and answered there: how many bytes were written. */
uint32_t hv_virtio_request(struct hv_vcpu *cur, struct hv_viommu *v, const struct hv_vq_chain *c);

#endif
