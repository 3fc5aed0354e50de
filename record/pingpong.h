/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How far apart two cores are: the time in which a cache line goes from one to the other. It moves what several threads
 * do at once by more than what is compared, and a virtual machine's cores may lie elsewhere a minute later. So figures
 * are pooled within a group only (docs/methodology.md).
 */
#ifndef GNB_PINGPONG_H
#define GNB_PINGPONG_H

#include <stdbool.h>
#include <stddef.h>

struct json_object;

/* In a group are latencies of at most so many times the least of them. */
#define GNB_PINGPONG_APART 1.5

/* Of no group: the latency is not known. */
#define GNB_PINGPONG_UNKNOWN (~0u)

/* The group of each of n latencies, the nearest is group 0. Those that are NaN are of GNB_PINGPONG_UNKNOWN. */
void gnb_pingpong_groups(const double *ns, size_t n, unsigned *group);

/* Are both known, and of one group when they are looked at alone? Or both unknown? */
bool gnb_pingpong_same(double a, double b);

/* The group that most of n are of; of several the nearest; one that is not known comes last. */
unsigned gnb_pingpong_most(const unsigned *group, size_t n);

/* What a line of cells.jsonl says of its cores, the farthest pair of them: before and after it. NaN: it does not. */
void gnb_pingpong_of(struct json_object *line, double *before, double *after);

#endif
