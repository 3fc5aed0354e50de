/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory that the mapper lends to the granter: operations of the reference hypervisor by number. */
#ifndef GNB_HV_LEND_H
#define GNB_HV_LEND_H

#include "hv_machine.h"

/* GNB_OP_LENDING (gnb/operations.h) by a vCPU of the mapper. -EOPNOTSUPP: it is no toolstack. */
long gnb_hv_lending(struct gnb_machine *m, struct hv_vcpu *v, unsigned nr, struct gnb_lend *x);

#endif
