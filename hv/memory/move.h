/* SPDX-License-Identifier: GPL-2.0-only */
/* Bytes moved from a guest's page to a guest's page. */
#ifndef HV_MOVE_H
#define HV_MOVE_H

#include "types.h"

/*
 * Xen's memcpy() between frames that are addressable. Others may be at them meanwhile, as on real memory. Where the
 * two overlap, what arrives is what Xen's gives on x86.
 */
void hv_move(struct hv_vcpu *cur, uint8_t *to, const uint8_t *from, unsigned len);

#endif
