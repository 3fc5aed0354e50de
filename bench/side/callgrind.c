// SPDX-License-Identifier: GPL-2.0-only
/* Requests to callgrind: forget, and dump under a name. */
#include <stdio.h>
#include <valgrind/callgrind.h>

#include "callgrind.h"

/* Callgrind keeps a name in 512 bytes, its own words among them. */
#define NAME_MAX_BYTES 480

static void dump(const struct gnb_side *s, const char *what)
{
	char name[NAME_MAX_BYTES];

	snprintf(name, sizeof(name), "%s %s %s", s->cell->name, s->version->name, what);
	CALLGRIND_DUMP_STATS_AT(name);
}

void gnb_callgrind_watch(bool on)
{
	if (on)
		CALLGRIND_START_INSTRUMENTATION;
	else
		CALLGRIND_STOP_INSTRUMENTATION;
}

void gnb_callgrind_again(const struct gnb_side *s)
{
	if (RUNNING_ON_VALGRIND)
		dump(s, "-");
}

void gnb_callgrind_begin(void)
{
	CALLGRIND_ZERO_STATS;
}

void gnb_callgrind_end(const struct gnb_side *s, unsigned metric)
{
	if (RUNNING_ON_VALGRIND)
		dump(s, s->cell->bench->metrics[metric].name);
}
