/* SPDX-License-Identifier: GPL-2.0-only */
/* Operations of the reference hypervisor beside grants: hooks of the target (gnb/target.h). */
#ifndef GNB_HV_LOG_H
#define GNB_HV_LOG_H

#include "hv_machine.h"

const char *gnb_hv_lacks(enum gnb_op_kind kind, unsigned nr);
long gnb_hv_operation(struct gnb_machine *m, struct gnb_vcpu *v, enum gnb_op_kind kind, unsigned nr,
		      void *args);

#endif
