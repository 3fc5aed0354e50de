/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef HV_SOAK_H
#define HV_SOAK_H

#include <hv/hv.h>

#define get(p)	  __atomic_load_n(p, __ATOMIC_ACQUIRE)
#define set(p, v) __atomic_store_n(p, v, __ATOMIC_RELEASE)

/* Two vCPUs unmap the same handle at the same time, often. How often there was not exactly one winner. */
int hv_duels(enum hv_guest kind);

/* Domains give each other pages. NULL, or what was wrong. */
const char *hv_moves(void);

#endif
