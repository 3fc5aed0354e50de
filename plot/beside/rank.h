/* SPDX-License-Identifier: GPL-2.0-only */
/* Whether hv's cells stand in the same order as Xen's. */
#ifndef GNB_RANK_H
#define GNB_RANK_H

#include "beside.h"

/* How well two orders agree. */
struct gnb_rank {
	double rho;	  /* Spearman's rank correlation; NAN if there is none */
	double *xen, *hv; /* ranks from 1, ties with their mean; by index into the list given */
	size_t worst;	  /* index of the greatest difference of ranks */
	size_t n;
};

/* Ranks of n pairs, of which which[] has the indices. To be freed with gnb_rank_free(). */
struct gnb_rank gnb_rank(const struct gnb_beside *b, const size_t *which, size_t n);

/* Free its ranks. */
void gnb_rank_free(struct gnb_rank *r);

/* One line on stdout: the rank correlation of all pairs. */
void gnb_beside_print(const struct gnb_beside *b);

#endif
