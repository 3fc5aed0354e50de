/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Standard input, output and error at a program's two ends. Every program of the suite calls the one first thing in
 * main(), and leaves through the other. Locking: none; the main thread's.
 */
#ifndef GNB_STANDARD_H
#define GNB_STANDARD_H

/*
 * Descriptors 0 to 2 are open from here: a closed one becomes /dev/null. Otherwise the next file that is opened gets
 * its number, and what is meant for the terminal lands in the results.
 */
void gnb_standard_open(void);

/*
 * The exit code of a program that would end with `code`: that, or 1 with a line on standard error if code is 0 and
 * something that was printed to standard output did not arrive. Standard output is closed afterwards.
 */
int gnb_standard_close(const char *program, int code);

#endif
