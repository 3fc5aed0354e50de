/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What two runs have in common and what they differ in, in two parts: the machine, which decides what may be
 * compared, and the subject, whose difference is what a comparison is made for.
 */
#ifndef GNB_IDENTITY_H
#define GNB_IDENTITY_H

#include "json.h"

/* What a figure is of, by what has to be the same of two machines for it to be compared. */
enum gnb_identity_of {
	GNB_IDENTITY_COUNTS,
	GNB_IDENTITY_INSTRUCTIONS,
	GNB_IDENTITY_RATIOS,
};

/* The keys of gnb_identity_machine() that have to be equal, besides the target; NULL ends them. */
const char *const *gnb_identity_keys(enum gnb_identity_of of);

/*
 * Of a manifest: its machine (processor, kernel, what is set on them, compiler, library, clock and counter, and where a target's machines differ under one name what they are) and its
 * subject (source, target and its facts, grant versions, notes), new objects of the same keys in each run; a value that
 * the manifest does not have is null. NULL without memory.
 */
struct json_object *gnb_identity_machine(struct json_object *manifest);
struct json_object *gnb_identity_subject(struct json_object *manifest);

/*
 * The manifest as the machine would have it that measured a line of cells.jsonl: the run's own, or, of a run that was
 * merged from those of several machines, one with that machine's environment. A new reference, NULL without memory.
 */
struct json_object *gnb_identity_where(struct json_object *manifest, struct json_object *line);

/* Of such a run: {name: machine}, new; NULL of any other. */
struct json_object *gnb_identity_machines(struct json_object *manifest);

#endif
