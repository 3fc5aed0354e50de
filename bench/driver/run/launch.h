/* SPDX-License-Identifier: GPL-2.0-only */
/* Re-launches: one cell measured anew in a process of its own, since one process is one sample. */
#ifndef GNB_LAUNCH_H
#define GNB_LAUNCH_H

#include "json.h"
#include "options.h"
#include "plan.h"

/*
 * Measure a cell in a new process for so many seconds, or at most `most` while its interval is
 * wide; histograms go to dir. 0 and its line; -EINTR if a signal came (then there is none). A
 * process that fails or hangs gives a line with status error or timeout. -errno if no process can
 * be made.
 */
int gnb_launch(struct gnb_options *o, const struct gnb_plan_cell *pc, unsigned launch,
	       double seconds, double most, const char *dir, struct json_object **line);

/* What to launch: more than a cell's own re-launch takes. */
struct gnb_launch {
	const struct gnb_plan_cell *pc;
	unsigned number;
	double seconds, most;
	const char *dir;
	const struct gnb_version *version; /* this one alone; NULL: those of the run */
	/* The program that it is run under, with its arguments, ended by NULL; NULL: none. Its last message is the
	 * reason if there is no line. */
	const char *const *under;
};

/* As gnb_launch(). */
int gnb_launch_as(struct gnb_options *o, const struct gnb_launch *l, struct json_object **line);

/* In the new process: run the cell that the options name and write its line to their descriptor.
 * Returns the exit code. */
int gnb_launch_child(const struct gnb_options *o, struct gnb_plan *p);

#endif
