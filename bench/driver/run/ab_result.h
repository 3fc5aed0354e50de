/* SPDX-License-Identifier: GPL-2.0-only */
/* What `grantbench ab` is asked for, and what comes of it. */
#ifndef GNB_AB_RESULT_H
#define GNB_AB_RESULT_H

#include <stdbool.h>
#include <stdint.h>

#include "json.h"
#include "paired.h"

enum gnb_ab_which { GNB_AB_BASE, GNB_AB_OTHER, GNB_AB_SIDES };
extern const char *const gnb_ab_names[GNB_AB_SIDES];

struct gnb_ab_options {
	const char *program[GNB_AB_SIDES];
	char **with[GNB_AB_SIDES]; /* options of grantbench, NULL-terminated */
	bool headlines; /* nobody said which cells: those that a run measures again in processes of their own */
	bool in_order; /* cells of other names are paired in their order */
	const char *pin;
	double time;	/* seconds in all, 0: as long as is usual */
	double timeout; /* seconds for each step */
	double alpha;	/* of the whole verdict */
	double threshold;
	unsigned launches; /* at most */
	uint64_t seed;
	bool allow_untrusted, progress;
};

struct gnb_ab_result {
	struct json_object *summary
		[GNB_AB_SIDES]; /* what each says of itself, in the shape of summary.json; owned */
	struct gnb_paired *row; /* owned */
	size_t n;
	double alpha;	   /* of each row */
	unsigned launches; /* that were made */
	double seconds;
	char untrusted[120]; /* why times mean nothing here, "" : they do */
	char left_out[400];  /* cells that neither side can measure, and why; "": none */
};

void gnb_ab_free(struct gnb_ab_result *r);

#endif
