// SPDX-License-Identifier: GPL-2.0-only
/* grantbench history, grantbench dashboard: programs of those names, apart so that this one needs no database. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "options.h"
#include "folder.h"

static int apart(int argc, char **argv)
{
	char name[64], program[4200];
	int rc;

	(void)argc;
	snprintf(name, sizeof(name), "grantbench-%s", argv[0]);
	rc = gnb_beside(name, program, sizeof(program));
	if (!rc)
		execv(program, argv);
	fprintf(stderr,
		"grantbench: %s: %s; it is built where SQLite's header is: apt-get install libsqlite3-dev\n",
		rc ? name : program, strerror(rc ? -rc : errno));
	return GNB_EXIT_MISSING;
}

static const struct gnb_command history = {
	.name = "history",
	.help = "what runs came to, over time, and where it changed; history --help",
	.main = apart,
};
GNB_COMMAND(history);

static const struct gnb_command dashboard = {
	.name = "dashboard",
	.help = "that as pages for a browser; dashboard --help",
	.main = apart,
};
GNB_COMMAND(dashboard);
