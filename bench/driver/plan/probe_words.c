// SPDX-License-Identifier: GPL-2.0-only
/* Words of --probe. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "probe_words.h"

const char *const gnb_probe_words[] = { "lock", "kernel", "stacks", "state", NULL };
const char *const gnb_probe_whats[] = { "waits", "kernel", "callers",
					/* Which thread runs a vCPU, the waits say. */
					"waits,state", NULL };

const char *gnb_probe_hidden(unsigned word, bool waits)
{
	if (waits || !strcmp(gnb_probe_words[word], "kernel"))
		return NULL;
	return "this hypervisor shows its locks to no program: those of hv are seen, and of Xen those that the lab's "
	       "emulator counts (make lab-contention)";
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
