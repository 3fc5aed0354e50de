/* SPDX-License-Identifier: GPL-2.0-only */
/* The two halves of an unmap, and what lies between them. */
#ifndef HV_UNMAP_H
#define HV_UNMAP_H

#include "mapping.h"
#include "status.h"

/* One unmap between its two halves (Xen: gnttab_unmap_common). */
struct hv_unmap {
	uint64_t host_addr, dev_bus_addr;
	uint64_t new_addr; /* unmap_and_replace only */
	uint32_t handle;
	int16_t status;
	uint16_t done;
	uint64_t mfn;
	struct hv_domain *rd;
	grant_ref_t ref;
};

#define HV_UNMAP_BATCH 32   /* GNTTAB_UNMAP_BATCH_SIZE */
#define HV_UNMAP_CHUNK 1024 /* the most that one flush of a batching domain covers */

/*
 * The second half, after the flush: what was done by ld of rd's page is given back, its references, its pin and the
 * marks of that. The entry's lock is held.
 */
static hv_always_inline void hv_unmap_put(struct hv_vcpu *cur, const struct hv_unmap *op,
					  struct hv_domain *ld, struct hv_domain *rd,
					  struct hv_active *act)
{
	bool readonly = op->done & GNTMAP_readonly;
	uint16_t *status = hv_use_word_left(rd->gt, op->ref);
	struct hv_page *pg = hv_mfn_valid(cur, op->mfn) ? hv_page(cur->host, op->mfn) : NULL;

	if (op->done & GNTMAP_device_map) {
		if (pg && !readonly)
			hv_put_type(cur, pg);
		if (pg)
			hv_put_page(cur, pg);
		act->pin -= readonly ? HV_PIN_DEVR : HV_PIN_DEVW;
	}
	if (op->done & GNTMAP_host_map) {
		hv_mapping_put(cur, pg, readonly, ld, rd);
		if (!hv_mutant(PIN_LEAK))
			act->pin -= readonly ? HV_PIN_HSTR : HV_PIN_HSTW;
	}
	hv_grant_reduce_status(cur, act, status, readonly);
}

#endif
