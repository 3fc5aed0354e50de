/* SPDX-License-Identifier: GPL-2.0-only */
/* How far two words are apart. */
#include <string.h>

#include "distance.h"

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
