// SPDX-License-Identifier: GPL-2.0-only
/* grantbench history: the program of that name, which is apart so that this one needs no database. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "options.h"

static int history(int argc, char **argv)
{
	char exe[4096];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - sizeof("-history"));
	char *slash;

	(void)argc;
	exe[n > 0 ? n : 0] = '\0';
	slash = strrchr(exe, '/');
	if (slash && (size_t)(slash - exe) + sizeof("/grantbench-history") <= sizeof(exe)) {
		strcpy(slash, "/grantbench-history");
		execv(exe, argv);
	}
	fprintf(stderr,
		"grantbench: %s: %s; it is built where SQLite's header is: apt-get install libsqlite3-dev\n",
		slash ? exe : "grantbench-history", strerror(errno));
	return GNB_EXIT_MISSING;
}

static const struct gnb_command command = {
	.name = "history",
	.help = "what runs came to, over time, and where it changed; history --help",
	.main = history,
};
GNB_COMMAND(command);
