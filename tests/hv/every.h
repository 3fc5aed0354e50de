/* SPDX-License-Identifier: GPL-2.0-only */
/* An operation tried with each of its allocations failing. */
#ifndef HV_EVERY_H
#define HV_EVERY_H

#include "fixture.h"

#define MOST 2000 /* allocations of one operation; more would be a loop */

/* Run op with its 1st, 2nd, ... allocation failing until none does; undo what succeeded. */
__attribute__((unused)) static void every(struct fx *f, const char *name, const char *what,
					  int (*op)(struct fx *), void (*undo)(struct fx *),
					  int want, int or)
{
	unsigned n, wrong = 0;
	int rc = -1, last = 0;

	for (n = 1; n <= MOST; n++) {
		uint64_t made;

		hv_host_fail_alloc(f->host, n);
		rc = op(f);
		made = hv_host_fail_alloc(f->host, 0);
		if (made < n)
			break;
		/* An allocation that can be done without does not fail the operation. */
		if (!rc) {
			undo(f);
		} else if (rc != want && rc != or) {
			wrong++;
			last = rc;
		}
		if (fx_check(f, true)) {
			ok(0, "%s, %s: invariants after failing allocation %u", name, what, n);
			return;
		}
	}
	ok(!wrong, "%s, %s: %u allocations fail with %d (%u others, %d)", name, what, n - 1, want,
	   wrong, last);
	ok(n <= MOST && !rc && !fx_check(f, true), "%s, %s: succeeds afterwards (%d)", name, what,
	   rc);
	if (!rc)
		undo(f);
}

__attribute__((unused)) static void nothing(struct fx *f)
{
	(void)f;
}

#endif
