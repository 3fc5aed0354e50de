// SPDX-License-Identifier: GPL-2.0-only
/* Where a trace is that a parameter names. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "find_trace.h"

int gnb_find_trace(const char *name, const char *ending, char *path, size_t len, char *why,
		   size_t whylen)
{
	static const char *const where[] = {
		"%.*s/../workloads/traces/%s.%s",
		"%.*s/../share/grantbench/traces/%s.%s",
	};
	char exe[4096];
	ssize_t n;

	if (strchr(name, '/')) {
		n = snprintf(path, len, "%s", name) >= (int)len ? ENAMETOOLONG
		    : access(path, R_OK)			? errno
								: 0;
		if (n)
			snprintf(why, whylen, "cannot be read: %s", strerror((int)n));
		return -(int)n;
	}
	n = readlink("/proc/self/exe", exe, sizeof(exe));
	while (n > 0 && exe[n - 1] != '/')
		n--;
	for (size_t i = 0; n > 0 && i < sizeof(where) / sizeof(where[0]); i++)
		if (snprintf(path, len, where[i], (int)n - 1, exe, name, ending) < (int)len &&
		    !access(path, R_OK))
			return 0;
	if (snprintf(path, len, "workloads/traces/%s.%s", name, ending) < (int)len &&
	    !access(path, R_OK))
		return 0;
	snprintf(
		why, whylen,
		"is none of the traces that come along; the name of a file of yours has a slash: ./%.100s",
		name);
	return -ENOENT;
}
