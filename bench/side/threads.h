/* SPDX-License-Identifier: GPL-2.0-only */
/* The pool behind gnb_threads_run() (gnb/bench.h): threads live on, bound, so that a round does not
 * pay for making them. */
#ifndef GNB_THREADS_H
#define GNB_THREADS_H

#include <sys/types.h>

/* End the pool's threads. Call from the main thread, with no gnb_threads_run() under way. */
void gnb_threads_exit(void);

/*
 * The threads that there are: the calling one, which is the main thread, and those of the pool, in the order of their
 * places; at most max. Returns how many.
 */
unsigned gnb_threads_ids(pid_t *tid, unsigned max);

#endif
