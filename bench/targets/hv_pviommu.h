/* SPDX-License-Identifier: GPL-2.0-only */
/* The granter's IOMMU contexts: operations of the reference hypervisor by number. */
#ifndef GNB_HV_PVIOMMU_H
#define GNB_HV_PVIOMMU_H

#include "hv_machine.h"

/* GNB_OP_PV_IOMMU (gnb/operations.h) by a vCPU of the granter. */
long gnb_hv_pv_iommu(struct gnb_machine *m, struct hv_vcpu *v, unsigned nr, struct gnb_context *x);

#endif
