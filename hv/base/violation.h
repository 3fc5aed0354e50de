/* SPDX-License-Identifier: GPL-2.0-only */
/* Broken promises: what an audit or a debug assertion finds. Read by hv_host_violation(). */
#ifndef HV_VIOLATION_H
#define HV_VIOLATION_H

#include "types.h"

/* Record the first one; the run goes on, so that the test can report it. */
void hv_violate(struct hv_host *host, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
