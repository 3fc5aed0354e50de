// SPDX-License-Identifier: GPL-2.0-only
/* Words of the command line. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "spelling.h"

const char *const gnb_probe_words[] = { "lock", "kernel", "stacks", "state", NULL };
const char *const gnb_probe_whats[] = { "waits", "kernel", "callers",
					/* Which thread runs a vCPU, the waits say. */
					"waits,state", NULL };

unsigned gnb_distance(const char *a, size_t n, const char *b)
{
	unsigned row[64], m = (unsigned)strlen(b);

	if (n >= 64 || m >= 63)
		return 99;
	for (unsigned j = 0; j <= m; j++)
		row[j] = j;
	for (size_t i = 1; i <= n; i++) {
		unsigned diag = row[0];

		row[0] = (unsigned)i;
		for (unsigned j = 1; j <= m; j++) {
			unsigned up = row[j], best = diag + (a[i - 1] != b[j - 1]);

			if (up + 1 < best)
				best = up + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
			diag = up;
		}
	}
	return row[m];
}

int gnb_probe_what(const char *list, unsigned *bits, char *err, size_t len)
{
	unsigned all = 0;

	for (const char *p = list; *p;) {
		size_t n = strcspn(p, ",");
		unsigned i = 0;

		while (gnb_probe_words[i] &&
		       (strlen(gnb_probe_words[i]) != n || strncmp(gnb_probe_words[i], p, n)))
			i++;
		if (!gnb_probe_words[i]) {
			snprintf(err, len, "--probe=%s: there are lock, kernel, stacks, state",
				 list);
			return -EINVAL;
		}
		all |= 1u << i;
		p += n + (p[n] == ',');
	}
	if (bits)
		*bits = all;
	return 0;
}
