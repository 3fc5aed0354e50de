/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a comparison is made of: a run's folder, summary.json, benchmark.json or a baseline, each read into one and the
 * same document, that of summary.json (docs/results.md).
 */
#ifndef GNB_SOURCE_H
#define GNB_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

#include "json.h"

struct gnb_source {
	const char *name;	 /* as it was given; the caller's */
	char *path;		 /* the folder or file */
	bool baseline;		 /* by name, so that what is accepted can be kept with it */
	struct json_object *doc; /* in the shape of summary.json */
	struct json_object
		*instructions; /* the same cells in instructions, in that shape, or NULL */
	char why[400];	       /* why there are none, or "" */
};

/*
 * Read what is meant by name: a folder or file of this path, or, of a word without a slash, root/baselines/NAME.json.
 * 0; or with a sentence in err and nothing left to free: -ENOENT, -EACCES, -EINVAL, -ENOTSUP: not there, not readable,
 * no results, of another schema; -EIO, -ENOMEM.
 */
int gnb_source_load(struct gnb_source *s, const char *name, const char *root, char *err,
		    size_t len);
void gnb_source_free(struct gnb_source *s);

/* benchmark.json as such a document, new; NULL without memory. */
struct json_object *gnb_source_benchmark(struct json_object *file);

#endif
