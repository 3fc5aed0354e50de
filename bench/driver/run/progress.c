/* SPDX-License-Identifier: GPL-2.0-only */
/* The line of progress on a terminal. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "progress.h"

#define BAR	 24
#define LINE_MAX 512
#define NARROW	 60 /* columns: without the bar the figures and some of the name have room */

static bool on;

void gnb_progress_init(bool wanted)
{
	const char *term = getenv("TERM");

	/* A terminal that cannot go back in its line would be filled with lines. */
	on = wanted && isatty(STDERR_FILENO) && term && *term && strcmp(term, "dumb") != 0;
}

/* Columns of the terminal: what it says itself goes before what the shell knew. */
static int columns(void)
{
	const char *v = getenv("COLUMNS");
	struct winsize w;
	int n = v ? atoi(v) : 0;

	if (!ioctl(STDERR_FILENO, TIOCGWINSZ, &w) && w.ws_col)
		n = w.ws_col;
	return n > 0 && n < LINE_MAX ? n : n > 0 ? LINE_MAX : 80;
}

void gnb_progress(size_t done, size_t all, const char *what, double left)
{
	char line[LINE_MAX], bar[BAR + 1];
	int width;

	if (!on)
		return;
	width = columns();
	for (int i = 0; i < BAR; i++)
		bar[i] = all && (size_t)i * all < done * BAR ? '#' : '.';
	bar[BAR] = '\0';
	/* Longer than the line, it would scroll instead of being replaced. */
	snprintf(line, sizeof(line), "%s%s%s%zu/%zu %3.0f s left  %s", width < NARROW ? "" : "[",
		 width < NARROW ? "" : bar, width < NARROW ? "" : "] ", done, all,
		 left > 0 ? left : 0, what);
	fprintf(stderr, "\r\033[K%.*s", width - 1, line);
	fflush(stderr);
}

void gnb_progress_clear(void)
{
	if (!on)
		return;
	fprintf(stderr, "\r\033[K");
	fflush(stderr);
}
