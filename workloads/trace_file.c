// SPDX-License-Identifier: GPL-2.0-only
/* Files that workloads replay. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "trace_file.h"

int gnb_trace_find(const char *name, const char *ending, char *path, size_t len, char *why,
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

static void forget(struct gnb_trace_kind *k)
{
	if (k->kept)
		k->unload(k->kept);
	free(k->kept);
	free(k->path);
	k->kept = NULL;
	k->path = NULL;
}

static int load(struct gnb_trace_kind *k, const char *path, char *why, size_t whylen)
{
	int err = -ENOMEM;

	k->kept = calloc(1, k->size);
	k->path = strdup(path);
	if (k->kept && k->path)
		err = k->load(k->kept, path, why, whylen);
	else
		snprintf(why, whylen, "%s: out of memory", path);
	if (err)
		forget(k);
	return err;
}

int gnb_trace_get(struct gnb_trace_kind *k, const char *path, const void **t, char *why,
		  size_t whylen)
{
	int err = 0;

	if (!k->kept || strcmp(k->path, path)) {
		if (k->users) {
			snprintf(why, whylen, "%s: another %s, %s, is in use", path, k->what,
				 k->path);
			return -EBUSY;
		}
		forget(k);
		err = load(k, path, why, whylen);
	}
	if (err)
		return err;
	k->users++;
	*t = k->kept;
	return 0;
}

void gnb_trace_put(struct gnb_trace_kind *k, const void *t)
{
	if (t && t == k->kept)
		k->users--;
}

static uint64_t gcd(uint64_t a, uint64_t b)
{
	while (b) {
		uint64_t r = a % b;

		a = b;
		b = r;
	}
	return a;
}

/* The distance from one part to the next in their order: about the golden section of all, which spreads
 * any number of them evenly, and prime to their number, so that none comes twice. */
static uint64_t stride(uint64_t parts)
{
	uint64_t s = (uint64_t)((double)parts * 0.6180339887498949);

	while (s && gcd(s, parts) != 1)
		s--;
	return s ? s : 1;
}

uint64_t gnb_trace_part(uint64_t parts, uint64_t i)
{
	/* A number of rounds times a distance within the largest trace that is read: 2^24 times 2^39. */
	return i % parts * stride(parts) % parts;
}
