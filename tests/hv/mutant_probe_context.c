// SPDX-License-Identifier: GPL-2.0-only
/* Looks for the deliberate defects of address spaces of devices, for tests/hv/mutant_probe.c. */
#include "contexts.h"
#include "mutant_probe.h"

#define draw hv_probe_draw

void hv_probe_context(void)
{
	unsigned dev = draw(HV_DEVICES);
	struct hv_context a, b;
	uint64_t dfn = draw(1000);
	struct fx f;

	want(!fx_open(&f, cx_opts(draw(2) ? HV_IOMMU_STRICT : HV_IOMMU_NONE)));
	cx_number(&f);
	want(!hv_context_init(f.gv, &a, f.g) && !hv_context_init(f.gv, &b, f.g));
	want(!cx_set(&f, &a, dfn, 7, true) && !cx_set(&f, &b, dfn, 9, false));
	want(!hv_device_attach(f.gv, f.g, dev, &a) && cx_read(&f, dev, dfn) == 7);
	want(!hv_device_attach(f.gv, f.g, dev, &b) && cx_read(&f, dev, dfn) == 9);
	want(!hv_device_attach(f.gv, f.g, dev, &f.g->nowhere) && cx_read(&f, dev, dfn) == -EFAULT);
	want(!hv_device_attach(f.gv, f.g, dev, NULL));
	hv_context_free(f.gv, &a);
	hv_context_free(f.gv, &b);
	hv_probe_close(&f);
}
