/* SPDX-License-Identifier: GPL-2.0-only */
/* The line of progress on a terminal. */
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "progress.h"

#define BAR 24

static bool on;

void gnb_progress_init(bool wanted)
{
	on = wanted && isatty(STDERR_FILENO);
}

void gnb_progress(size_t done, size_t all, const char *what, double left)
{
	struct winsize w;
	char bar[BAR + 1];
	int width = 80;

	if (!on)
		return;
	if (!ioctl(STDERR_FILENO, TIOCGWINSZ, &w) && w.ws_col)
		width = w.ws_col;
	for (int i = 0; i < BAR; i++)
		bar[i] = all && (size_t)i * all < done * BAR ? '#' : '.';
	bar[BAR] = '\0';
	/* Longer than the line, it would scroll instead of being replaced. */
	fprintf(stderr, "\r\033[K[%s] %zu/%zu %3.0f s left  %.*s", bar, done, all,
		left > 0 ? left : 0, width > BAR + 32 ? width - BAR - 32 : 0, what);
	fflush(stderr);
}

void gnb_progress_clear(void)
{
	if (!on)
		return;
	fprintf(stderr, "\r\033[K");
	fflush(stderr);
}
