// SPDX-License-Identifier: GPL-2.0-only
/* Why a cell lacks versions or metrics, in the words that its line has. */
#include <stdio.h>
#include <string.h>

#include "metric.h"
#include "notes.h"

/* Note why a version is absent: once for all versions that are absent for the same reason. */
void gnb_note_absent(char *skipped, size_t len, const char *why)
{
	const char *reason = strchr(why, ':'), *old = strchr(skipped, ':');
	size_t n = strlen(skipped);
	char all[512];

	if (!n) {
		snprintf(skipped, len, "%s", why);
	} else if (reason && old && !strcmp(reason, old)) {
		snprintf(all, sizeof(all), "%.*s, %s", (int)(old - skipped), skipped, why);
		snprintf(skipped, len, "%s", all);
	} else {
		snprintf(skipped + n, len - n, "; %s", why);
	}
}

/* Metrics that the target's clock does not see have no row: say so once. */
void gnb_note_unseen(const struct gnb_measure *c, char *text, size_t len)
{
	const struct gnb_metric *m = c->bench->metrics;
	size_t n = strlen(text);

	for (unsigned i = 0; m[i].name; i++)
		if (gnb_metric_unseen(&m[i], c->o->lanes[0].side.clock) && n < len)
			n += (size_t)snprintf(text + n, len - n,
					      "%s%s: left out: the clock sees hypercalls only, and "
					      "this is the guest's own work too",
					      n ? "; " : "", m[i].name);
}
