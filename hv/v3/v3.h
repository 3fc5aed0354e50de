/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Grant tables version 3 in hv: the core of grant-v3/, with what it wants of a hypervisor (gv3_sys.h). The operations
 * are for the table in hv/host/op.c; the rest is a domain's life, and the check of an idle host.
 */
#ifndef HV_V3_H
#define HV_V3_H

#include "types.h"

#define HV_V3_BUFFER	HV_PAGE_SIZE /* of every vCPU, and of the toolstack */
#define HV_V3_MAX_TREES 512	     /* of a domain */

/* GNTTABOP_v3_* on a list of arguments, from a linear address of the guest on: how many are left, 0, or -errno. */
long hv_v3_register(struct hv_vcpu *cur, uint64_t at, unsigned count);
long hv_v3_unregister(struct hv_vcpu *cur, uint64_t at, unsigned count);
long hv_v3_set_root(struct hv_vcpu *cur, uint64_t at, unsigned count);
long hv_v3_map(struct hv_vcpu *cur, uint64_t at, unsigned count);
long hv_v3_unmap(struct hv_vcpu *cur, uint64_t at, unsigned count);
long hv_v3_revoke(struct hv_vcpu *cur, uint64_t at, unsigned count);
long hv_v3_protect(struct hv_vcpu *cur, uint64_t at, unsigned count);
long hv_v3_query(struct hv_vcpu *cur, uint64_t at, unsigned count);
long hv_v3_copy(struct hv_vcpu *cur, uint64_t at, unsigned count);
long hv_v3_notify_setup(struct hv_vcpu *cur, uint64_t at, unsigned count);
long hv_v3_invalidate(struct hv_vcpu *cur, uint64_t at, unsigned count);
long hv_v3_bind(struct hv_vcpu *cur, uint64_t at, unsigned count);
long hv_v3_ack(struct hv_vcpu *cur, uint64_t at, unsigned count);

/* A new domain's part: 0, -ENOMEM. */
int hv_v3_init(struct hv_vcpu *cur, struct hv_domain *d, const struct hv_domain_config *c);

/*
 * It dies, runs no more, and still has its p2m: what it has mapped goes, and what others have of its trees. With the
 * toolstack's lock.
 */
void hv_v3_dies(struct hv_vcpu *cur, struct hv_domain *d);

/* Nobody finds it any more. */
void hv_v3_destroy(struct hv_vcpu *cur, struct hv_domain *d);

/* Pieces of mappings that it has by trees of others and its own, revoked ones included. */
unsigned hv_v3_mappings(const struct hv_domain *d);

/* Bytes that it is charged for, without what every domain has. */
uint64_t hv_v3_bytes(const struct hv_domain *d);

/* ---- run.c: of what the core wants (gv3_host.h), large entries ---- */

/*
 * gv3_run_get() of 2M and 1G, under the granter's p2m lock for reading, as p2m_get_run() would be in Xen: look-ups by
 * the size of the granter's own entries, a reference for each frame.
 */
int hv_v3_run_get(struct hv_vcpu *cur, struct hv_domain *granter, uint64_t frame, unsigned order,
		  bool write, uint64_t *mfn);
/* gv3_as_reserve(): tables are kept with the p2m, and with the IOMMU's tables if these are separate. */
int hv_v3_reserve(struct hv_vcpu *cur, struct hv_domain *d, int n);

/* ---- check.c ---- */

/* What version 3 accounts for: by frame, its references and types; by domain, its entries in the p2m. */
struct hv_v3_sum {
	uint32_t *refs, *types;
	uint64_t entries[HV_MAX_DOMAINS];
};

struct gv3_tree;

/*
 * A tree's status and notice pages: their references are added to *sum, the bytes that they cost its granter to *paid.
 * NULL, or what is wrong.
 */
const char *hv_v3_check_note(const struct gv3_tree *t, struct hv_v3_sum *sum, uint64_t *paid);
/* Nodes that its walks remember, likewise. */
const char *hv_v3_check_cached(const struct gv3_tree *t, struct hv_v3_sum *sum);

/*
 * The trees that d has registered, and those that are for it, of an idle host: recomputed from the records and compared
 * with everything that is kept beside them. What they account for is added to *sum. -EUCLEAN: why[len] says what is
 * wrong.
 */
int hv_v3_check(struct hv_domain *d, struct hv_v3_sum *sum, char *why, size_t len);

/*
 * After that, of a PV domain: for each frame, how many page-table entries its records can account for, and how its
 * device has it (as hv/grant/track.h counts).
 */
void hv_v3_check_pv(const struct hv_domain *d, uint32_t *mapped, uint64_t *track);

#endif
