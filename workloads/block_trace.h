/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A trace as work for a paravirtual disk: its reads and writes, cut into parts of about equal size, so
 * that a round of a measurement can take one. Trims, syncs and waits carry no pages and are left out.
 *
 * The parts have a fixed order that jumps over the whole trace (trace_file.h).
 *
 * Locking: main thread only.
 */
#ifndef GNB_BLOCK_TRACE_H
#define GNB_BLOCK_TRACE_H

#include "block_pair.h"
#include "iolog.h"

/* Pages of a part at least, if the trace has as many: enough that neither a clock nor the way from one
 * request to the next is seen in what a page costs, and short against a scheduler's slice. */
#define GNB_BLK_PART_PAGES 256

struct gnb_blk_trace {
	struct gnb_iolog_rec *rec; /* reads and writes */
	size_t n;
	uint64_t *before; /* pages before each of them, and at [n] those of all */
	uint64_t parts;
};

/* Where the next request comes from: a record, and pages of it that went before. */
struct gnb_blk_cursor {
	size_t rec;
	uint64_t page;
	uint64_t left; /* pages to go, of the part */
};

/*
 * The trace in a file, as gnb_trace_get(). 0 or -errno with a one-line reason in why[whylen]; *t is given back with
 * gnb_blk_trace_put().
 */
int gnb_blk_trace_get(const char *path, const struct gnb_blk_trace **t, char *why, size_t whylen);
void gnb_blk_trace_put(const struct gnb_blk_trace *t);

/* The beginning of the i-th part in their fixed order, which begins anew after the last; requests are
 * split at segs pages, 1 to GNB_BLK_SEGS_MAX. */
struct gnb_blk_cursor gnb_blk_part(const struct gnb_blk_trace *t, unsigned segs, uint64_t i);

/* The next request of a part, as the block layer splits records: full ones first. False at its end. */
bool gnb_blk_next(const struct gnb_blk_trace *t, unsigned segs, struct gnb_blk_cursor *at,
		  struct gnb_blk_request *q);

#endif
