/* SPDX-License-Identifier: GPL-2.0-only */
/* What a manifest says of the suite, so that readers of a run need not know it. */
#ifndef GNB_SUITE_H
#define GNB_SUITE_H

#include "cells.h"
#include "compared.h"
#include "json.h"

/* The versions that are compared, in order, the baseline first: an array of a new object each. */
struct json_object *gnb_suite_versions(const struct gnb_compared *c);

/* All benchmarks there are, with their words for readers: an array of a new object each. */
struct json_object *gnb_suite_benches(void);

/* The versions of a manifest as gnb_compared_text() has them. False: it does not say, as runs before that key. */
bool gnb_suite_was(struct json_object *manifest, char text[GNB_COMPARED_LEN]);

/* The files that cells of the plan read: an array of {bench, param, value, sha256, bytes}, each once; a new one. */
struct json_object *gnb_suite_files(const struct gnb_plan *p);

/*
 * Has a file of the plan another content than the manifest says? Then a sentence is in why[len]. Manifests of before
 * that key say nothing, and nothing is held against them.
 */
bool gnb_suite_other_file(struct json_object *manifest, const struct gnb_plan *p, char *why,
			  size_t len);

#endif
