/* SPDX-License-Identifier: GPL-2.0-only */
/* Who writes runs and who reads them, in one program: all headers of the driver and of record. */
#include <errno.h>
#include <string.h>

#include "every_header.h"
#include "tap.h"

int main(void)
{
	struct gnb_options o;
	struct gnb_rec_run run;
	const struct gnb_plan_cell cell = { .headline = true };
	struct gnb_run_limits limits;
	char err[8192] = "";

	gnb_options_init(&o);
	limits = gnb_limits(&o, &cell, 1, 2);
	ok(limits.seconds == 1, "the driver's run");
	ok(gnb_rec_load(&run, "/nonexistent", err, sizeof(err)) == -ENOENT &&
		   strstr(err, "no such folder"),
	   "and the reader's");
	gnb_options_free(&o);
	return tap_done();
}
