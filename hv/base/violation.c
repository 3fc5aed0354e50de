/* SPDX-License-Identifier: GPL-2.0-only */
/* The first broken promise of a host, kept for whoever asks. */
#include "violation.h"
#include <stdarg.h>
#include <stdio.h>

void hv_violate(struct hv_host *host, const char *fmt, ...)
{
	va_list ap;

	hv_mutex_lock(&host->ram_lock);
	if (!host->violation[0]) {
		va_start(ap, fmt);
		vsnprintf(host->violation, sizeof(host->violation), fmt, ap);
		va_end(ap);
	}
	hv_mutex_unlock(&host->ram_lock);
}
