/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Spans of a counting round under valgrind's callgrind (scripts/hv-instructions): it collects what
 * the hypervisor's entries execute, and writes one dump per span. Without callgrind nothing
 * happens.
 */
#ifndef GNB_CALLGRIND_H
#define GNB_CALLGRIND_H

#include <gnb/bench.h>

/* Watch what runs from now on, or let it pass by unwatched, which is several times as quick (--instr-atstart=no). */
void gnb_callgrind_watch(bool on);

/* The counting round was dropped and is made again: what was dumped of it does not count. */
void gnb_callgrind_again(const struct gnb_side *s);

/* A span begins: what was collected before it is forgotten. */
void gnb_callgrind_begin(void);

/* It ends: dump what was collected since, under the name "CELL VERSION METRIC". */
void gnb_callgrind_end(const struct gnb_side *s, unsigned metric);

#endif
