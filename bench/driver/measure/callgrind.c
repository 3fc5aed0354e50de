// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <valgrind/callgrind.h>

#include "callgrind.h"

/* Callgrind keeps a name in 512 bytes, its own words among them. */
#define NAME_MAX_BYTES 480

void gnb_callgrind_begin(void)
{
	CALLGRIND_ZERO_STATS;
}

void gnb_callgrind_end(const struct gnb_side *s, unsigned metric)
{
	char name[NAME_MAX_BYTES];

	if (!RUNNING_ON_VALGRIND)
		return;
	snprintf(name, sizeof(name), "%s %s %s", s->cell->name, s->version->name,
		 s->cell->bench->metrics[metric].name);
	CALLGRIND_DUMP_STATS_AT(name);
}
