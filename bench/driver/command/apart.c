// SPDX-License-Identifier: GPL-2.0-only
/* grantbench history, grantbench dashboard: programs of those names, apart so that this one needs no database. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "options.h"

static int apart(int argc, char **argv)
{
	char exe[4096], program[4200];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	char *slash;

	(void)argc;
	exe[n > 0 ? n : 0] = '\0';
	slash = strrchr(exe, '/');
	if (slash)
		*slash = '\0';
	snprintf(program, sizeof(program), "%s/grantbench-%s", exe, argv[0]);
	execv(program, argv);
	fprintf(stderr,
		"grantbench: %s: %s; it is built where SQLite's header is: apt-get install libsqlite3-dev\n",
		program, strerror(errno));
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
