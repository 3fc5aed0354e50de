/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The two ends of a paravirtual disk, as far as they share memory: a frontend (the granter) and a
 * backend (the mapper), one request at a time.
 *
 * Locking: one thread per pair.
 */
#ifndef GNB_BLOCK_PAIR_H
#define GNB_BLOCK_PAIR_H

#include <sys/queue.h>

/* Spans are whole requests, from the granter's first entry to its last. */
#define GNB_WHOLE_SPANS
#include <gnb/mapper.h>

#define GNB_BLK_USER_PAGES 512 /* the guest's own pages, by offset on the disk */
#define GNB_BLK_RING_SEGS  11  /* BLKIF_MAX_SEGMENTS_PER_REQUEST */
#define GNB_BLK_SEGS_MAX   256 /* what blkback accepts of indirect segments */
#define GNB_BLK_SECTOR	   512u

/* One grant of the pool. per_request lends it the request's page, persistent gives it one for good.
 */
struct gnb_blk_slot {
	TAILQ_ENTRY(gnb_blk_slot) free;
	uint32_t ref;
	unsigned idx;		      /* also its map slot */
	unsigned page;		      /* of the granter's RAM */
	bool published, mapped, kept; /* kept: stays mapped when its request is done */
	grant_handle_t handle;
	uint64_t used; /* number of the last request */
};
TAILQ_HEAD(gnb_blk_slots, gnb_blk_slot);

struct gnb_blk_pair {
	/* Fixed by the caller before gnb_blk_pair_init(). */
	bool persistent;
	unsigned segs; /* pages of a request at most, 1 to GNB_BLK_SEGS_MAX */
	unsigned cap;  /* mappings that the backend keeps at most */

	bool full; /* whole segments cross and are compared, in place of their first 64 bytes */
	unsigned kept;
	struct gnb_blk_slot *seg[GNB_BLK_SEGS_MAX]; /* of the request under way */
	unsigned nr_slots;
	struct gnb_blk_slot *slot;
	struct gnb_blk_slots free;
	struct gnb_gtab tab;
	uint64_t seq;
	uint16_t mapper;
	struct gnb_vcpu *back;
	struct gnb_maps maps; /* operations of one hypercall */
	void *ram[GNB_BLK_USER_PAGES + GNB_BLK_SEGS_MAX + 1];
	uint64_t frame[GNB_BLK_USER_PAGES + GNB_BLK_SEGS_MAX + 1];
	uint64_t addr[GNB_BLK_SEGS_MAX + 1];
};

/* One request as it is on the ring. The caller sets the first three. */
struct gnb_blk_request {
	bool write; /* to the disk: the mapper reads */
	unsigned first_page, bytes;
	unsigned n;    /* segments */
	bool overflow; /* a page found no place among the kept ones */
};

/* Grants that a pair needs: one more for the indirect page. */
unsigned gnb_blk_slots_of(unsigned segs);

/*
 * Make the pair on the side's machine, which has GNB_BLK_USER_PAGES + gnb_blk_slots_of() pages, as
 * many map slots and grants. 0 or -errno with s->why. gnb_blk_pair_fini() undoes it, also after a
 * failure.
 */
int gnb_blk_pair_init(struct gnb_side *s, struct gnb_blk_pair *r);
void gnb_blk_pair_fini(struct gnb_blk_pair *r);

/* The whole of one request: frontend, backend, frontend. 0 or -errno with s->why. */
int gnb_blk_request(struct gnb_side *s, struct gnb_blk_pair *r, struct gnb_blk_request *q);

/* The backend's housekeeping after a request that overflowed. 0 or -errno with why of the side. */
int gnb_blk_purge(struct gnb_blk_pair *r);

/* Is the table what the frontend believes it to be? 0 or -EIO with s->why. */
int gnb_blk_check_table(struct gnb_side *s, struct gnb_blk_pair *r);

#endif
