/* SPDX-License-Identifier: GPL-2.0-only */
/* Operations beside grants (gnb/operations.h): which of them the xen target has, and why it lacks the others. */
#ifndef GNB_XEN_OPERATIONS_H
#define GNB_XEN_OPERATIONS_H

#include "choice.h"
#include "tools.h"

/*
 * Why there is no such operation with what was chosen, in this domain; NULL: there is. Makes no hypercall. Valid until
 * the next call.
 */
const char *gnb_xen_operation_refused(enum gnb_op_kind kind, unsigned nr,
				      const struct gnb_guest_info *info,
				      const struct gnb_xen_means *means);

/* Do it, by the toolstack t, which may be NULL: the machine was made without. */
long gnb_xen_operation(struct gnb_xen_tools *t, struct gnb_vcpu *v, enum gnb_op_kind kind,
		       unsigned nr, void *args);

#endif
