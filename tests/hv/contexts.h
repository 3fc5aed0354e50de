/* SPDX-License-Identifier: GPL-2.0-only */
/* What the tests of address spaces of devices share. */
#ifndef HV_TEST_CONTEXTS_H
#define HV_TEST_CONTEXTS_H

#include <hv/device.h>

#include "context.h"
#include "device.h"
#include "fixture.h"
#include "pte.h"

static inline struct fx_opts cx_opts(enum hv_iommu_mode own)
{
	struct fx_opts o = { 0 };

	o.host.audit = o.host.poison = true;
	o.granter.guest = HV_GUEST_TRANSLATED;
	o.granter.iommu = own;
	return o;
}

/* The granter's page at dfn of the context, or nothing (page < 0); what hv_context_set() says. */
static inline int cx_set(struct fx *f, struct hv_context *c, uint64_t dfn, int page, bool write)
{
	uint64_t old;

	return hv_context_set(
		f->gv, c, dfn, 0,
		page < 0 ? 0 : hv_pte(f->g->first_mfn + (unsigned)page, HV_P2M_RAM_RW, write),
		&old);
}

/* What a device reads there, or -errno. The pages hold their numbers. */
static inline int cx_read(struct fx *f, unsigned dev, uint64_t dfn)
{
	uint64_t word;
	int rc = hv_device_access_by(f->g, dev, dfn, 8, &word, sizeof(word), false);

	return rc ? rc : (int)word;
}

static inline void cx_number(struct fx *f)
{
	for (unsigned i = 0; i < FX_PAGES; i++) {
		uint64_t word = i;

		memcpy((uint8_t *)hv_guest_frame_ptr(f->g, hv_guest_frame(f->g, i)) + 8, &word,
		       sizeof(word));
	}
}

/* With a look at everything that can be looked at. */
static inline void cx_close(struct fx *f)
{
	ok(!fx_check(f, true), "everything adds up");
	fx_close(f);
}

#endif
