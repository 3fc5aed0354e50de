/* SPDX-License-Identifier: GPL-2.0-only */
/* The interface of version 3 includes it; here Xen's types are meant. */
#ifndef GV3_STDINT_H
#define GV3_STDINT_H

#include <xen/types.h>

#ifndef UINT64_MAX
#define UINT64_MAX (~(uint64_t)0)
#endif

#endif
