/* SPDX-License-Identifier: GPL-2.0-only */
/* Where the granter has its pages, as its toolstack changes it: operations of the reference hypervisor by number. */
#ifndef GNB_HV_PHYSMAP_H
#define GNB_HV_PHYSMAP_H

#include "hv_machine.h"

/* GNB_OP_MEMORY and GNB_OP_MAPPING (gnb/operations.h) by a vCPU of the mapper. -EOPNOTSUPP: it is no toolstack. */
long gnb_hv_memory(struct gnb_machine *m, struct hv_vcpu *v, unsigned nr, struct gnb_memory *x);
long gnb_hv_mapping(struct gnb_machine *m, struct hv_vcpu *v, unsigned nr, struct gnb_placing *x);

#endif
