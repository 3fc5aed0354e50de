/* SPDX-License-Identifier: GPL-2.0-only */
/* What a vCPU's account of waits has, a line for each kind: "SERIAL KIND N TICKS MAX HIST...". */
#ifndef PROBE_ACCOUNT_H
#define PROBE_ACCOUNT_H

#include <stdio.h>

#include <hv/locks.h>

static void print_account(const struct hv_lock_account *a)
{
	for (unsigned k = 0; k < HV_NR_LOCKS; k++) {
		const struct hv_lock_times *t = &a->waits[k];

		if (!t->n)
			continue;
		printf("%u %s %lu %lu %lu", a->serial, hv_lock_names[k], (unsigned long)t->n,
		       (unsigned long)t->ticks, (unsigned long)t->max);
		for (unsigned i = 0; i < HV_LOCK_BUCKETS; i++)
			printf(" %lu", (unsigned long)t->hist[i]);
		printf("\n");
	}
}

#endif
