/* SPDX-License-Identifier: GPL-2.0-only */
/* What commands that come to a verdict have in common: options, where it is told, and the exit code. */
#ifndef GNB_VERDICT_H
#define GNB_VERDICT_H

#include "compare.h"

/* Where a verdict goes: to standard output in a format, and into files. */
struct gnb_verdict_where {
	const char *format, *json, *markdown, *junit;
	bool all; /* on the console every row */
};

/* Its options for getopt_long(3), and their part of --help. */
#define GNB_VERDICT_OPTIONS                                                                        \
	{ "format", required_argument, NULL, 'F' }, { "json", required_argument, NULL, 'j' },      \
		{ "markdown", required_argument, NULL, 'm' },                                      \
		{ "junit", required_argument, NULL, 'u' },                                         \
	{                                                                                          \
		"all", no_argument, NULL, 'l'                                                      \
	}
#define GNB_VERDICT_HELP                                                                           \
	"      --format=NAME      what goes to stdout: console (default), markdown, junit or\n"    \
	"                         json\n"                                                          \
	"      --json=FILE        the verdict for programs, into a file as well\n"                 \
	"      --markdown=FILE    the table for a pull request, into a file as well\n"             \
	"      --junit=FILE       rows as test cases, into a file as well\n"                       \
	"      --all              on the console every row, also those that are the same\n"

/* One of them was given. NULL, or what would be right. */
const char *gnb_verdict_option(struct gnb_verdict_where *w, int option, const char *v);

/* "2" or "2%" as a part of 1. False: it is none. */
bool gnb_verdict_percent(const char *s, double *v);

/* Bits of the names in a list; false if one is none of them. */
bool gnb_verdict_names(const char *list, const char *const *names, size_t n, unsigned *to);

/* The list of --fail-on: verdicts, or none. False: it is no such list. */
bool gnb_verdict_fail_on(const char *list, unsigned *to);

/* Say everything: on standard output, and in files. The exit code. */
int gnb_verdict_tell(const struct gnb_verdict_where *w, const struct gnb_comparison *c);

#endif
