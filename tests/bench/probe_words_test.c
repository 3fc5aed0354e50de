// SPDX-License-Identifier: GPL-2.0-only
/* Words of --probe: what a list comes to, and which of them have something to look at on a target. */
#include <errno.h>
#include <string.h>

#include <gnb/target.h>

#include "probe_words.h"
#include "tap.h"

/* The words that have nothing to look at there, as bits. */
static unsigned hidden(const char *target)
{
	const struct gnb_target *t = gnb_target_find(target);
	unsigned bits = 0;

	for (unsigned i = 0; t && gnb_probe_words[i]; i++) {
		const char *why = gnb_probe_hidden(i, t->waits != NULL);

		if (why && *why)
			bits |= 1u << i;
	}
	return t ? bits : ~0u;
}

int main(void)
{
	unsigned all, kernel = 0;
	char err[200];

	ok(!gnb_probe_what("lock,kernel,stacks,state", &all, err, sizeof(err)) && all == 15 &&
		   !gnb_probe_what("kernel", &kernel, err, sizeof(err)) && kernel == 2,
	   "a list of words");
	ok(gnb_probe_what("lock,waits", NULL, err, sizeof(err)) == -EINVAL &&
		   strstr(err, "lock, kernel, stacks, state"),
	   "a word that is none is told with those that there are");
	ok(hidden("hv") == 0, "hv tells what is waited for: all can be seen");
	ok(hidden("xen") == (all & ~kernel),
	   "Xen shows its locks to no program: of the words only kernel has something to look at");
	return tap_done();
}
