// SPDX-License-Identifier: GPL-2.0-only
/* What a unit is of. */
#include <stddef.h>
#include <string.h>

#include "units.h"

bool gnb_unit_is(const char *unit, const char *base)
{
	size_t n = strlen(base);

	return !strncmp(unit, base, n) && (!unit[n] || unit[n] == '/');
}

const char *gnb_unit_of_time(const char *unit)
{
	static const char *const known[] = { "ns", "us", "ms", "s" };

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (gnb_unit_is(unit, known[i]))
			return known[i];
	return NULL;
}
