/* SPDX-License-Identifier: GPL-2.0-only */
/* Domains made and killed by the toolstack. After Xen's common/domain.c. */
#ifndef HV_DOMAIN_H
#define HV_DOMAIN_H

#include "types.h"

/* Free domains that ended, once no vCPU can still be looking at them. Toolstack lock held. */
void hv_domain_reap(struct hv_host *host);

#endif
