/* SPDX-License-Identifier: GPL-2.0-only */
/* What the manifest of a run says of the suite that made it: its versions, and what its benchmarks are. */
#ifndef GNB_MANIFEST_H
#define GNB_MANIFEST_H

#include "rec.h"

/*
 * 0xrrggbb of a version, so that it looks the same in every figure: the manifest's. A version that the manifest does
 * not name has the one of today, or if there is none one of a fixed palette by index, its place in the figure.
 */
unsigned gnb_colour(const struct gnb_rec_run *r, const char *version, size_t index);

/* The i-th version that is compared, with what it is in words; *words can be NULL. NULL: there are no more. */
const char *gnb_version_at(const struct gnb_rec_run *r, size_t i, const char **words);

/* What a benchmark measures and what its figures do not show. Never NULL: a run that does not say gets a sentence. */
struct gnb_about {
	const char *measures, *not_measured;
};
struct gnb_about gnb_about(const struct gnb_rec_run *r, const char *bench);

/* The i-th benchmark of the suite, or NULL. */
const char *gnb_bench_at(const struct gnb_rec_run *r, size_t i);

#endif
