/* SPDX-License-Identifier: GPL-2.0-only */
/* TAP from a C program: ok() per claim, tap_done() at the end; exit status 1 if anything failed. */
#ifndef TAP_H
#define TAP_H

#include <stdarg.h>
#include <stdio.h>

static unsigned tap_run, tap_failed, tap_planned;

/* Say how many there will be; without it tap_done() prints the plan, which a crash then leaves out. */
__attribute__((unused)) static void tap_plan(unsigned n)
{
	tap_planned = n;
	printf("1..%u\n", n);
}

__attribute__((format(printf, 2, 3), unused)) static int ok(int cond, const char *fmt, ...)
{
	va_list ap;

	printf("%s %u - ", cond ? "ok" : "not ok", ++tap_run);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);
	tap_failed += !cond;
	return cond;
}

__attribute__((unused)) static int tap_done(void)
{
	if (!tap_planned)
		printf("1..%u\n", tap_run);
	/* What did not arrive is not passed. */
	return tap_failed || (tap_planned && tap_planned != tap_run) || fflush(stdout) ||
	       ferror(stdout);
}

#endif
