/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sleeping locks of the model itself: the toolstack, the allocator of domain frames, the inside of
 * the IOMMU's hardware. They stand for nothing that a hypervisor does in an operation and are not
 * counted.
 */
#ifndef HV_MUTEX_H
#define HV_MUTEX_H

#include <pthread.h>

typedef pthread_mutex_t hv_mutex;

#define hv_mutex_init(m)   pthread_mutex_init(m, NULL)
#define hv_mutex_lock(m)   pthread_mutex_lock(m)
#define hv_mutex_unlock(m) pthread_mutex_unlock(m)

#endif
