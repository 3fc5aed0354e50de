/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The two ends of a paravirtual network interface, as far as they share memory: a frontend (the granter) and a backend
 * (the mapper), packets in batches, as a backend takes them from its rings.
 *
 * Locking: one thread per pair.
 */
#ifndef GNB_NET_PAIR_H
#define GNB_NET_PAIR_H

/* Spans are whole batches, from the granter's first entry to its last. */
#define GNB_WHOLE_SPANS
#include <gnb/copies.h>

#define GNB_NET_RING 256u /* slots of a ring of one page: XEN_NETIF_TX_RING_SIZE */
#define GNB_NET_HEAD                                                                               \
	128u /* bytes of a sent packet that are copied in any case: XEN_NETBACK_TX_COPY_LEN */
#define GNB_NET_TOUCH 64u /* bytes of a page that a backend looks at which hands packets on */

/* Who moves the data. */
enum gnb_net_way {
	GNB_NET_LINUX,	    /* sent: the head copied, the rest mapped; received: copied */
	GNB_NET_COPY,	    /* all by grant copy */
	GNB_NET_MAP,	    /* all pages are mapped for their batch */
	GNB_NET_PERSISTENT, /* a pool stays mapped; the frontend copies into it and out of it */
	GNB_NET_WAYS
};

struct gnb_net_packet {
	bool sent; /* by the frontend; else it receives it */
	unsigned bytes;
	unsigned slot, slots; /* where it begins, and how many it has: gnb_net_batch()'s */
};

struct gnb_net_pair {
	/* Fixed by the caller before gnb_net_pair_init(). */
	enum gnb_net_way way;
	bool scattered; /* references of neighbouring slots are no neighbours */
	bool all;	/* a backend looks at all of what it has mapped, not at its first bytes */

	bool full; /* whole packets are written and compared, in place of the first bytes of each page */
	struct gnb_side *s;
	struct gnb_vcpu *back;
	struct gnb_gtab tab;
	struct gnb_maps maps;
	struct gnb_copies copies;
	uint64_t seq; /* of batches: what is in their packets */
	grant_handle_t handle[GNB_NET_RING];
	bool mapped[GNB_NET_RING], published[GNB_NET_RING];
	uint32_t ref[GNB_NET_RING];
	void *ram[GNB_NET_RING];  /* the frontend's page that is granted */
	void *user[GNB_NET_RING]; /* persistent: where the frontend has the data itself */
	uint64_t frame[GNB_NET_RING], addr[GNB_NET_RING];
};

/* Pages of the frontend, and map slots and references, that a pair needs of a machine. */
#define GNB_NET_PAGES (2 * GNB_NET_RING)

/* Slots of a packet of so many bytes. */
static inline unsigned gnb_net_slots(unsigned bytes)
{
	return (bytes + GNB_PAGE_SIZE - 1) / GNB_PAGE_SIZE;
}

/* Make the pair on the side's machine. 0 or -errno with s->why. gnb_net_pair_fini() undoes it, also after a failure. */
int gnb_net_pair_init(struct gnb_side *s, struct gnb_net_pair *r);
void gnb_net_pair_fini(struct gnb_net_pair *r);

/* n packets of GNB_NET_RING slots together at most: frontend, backend, frontend. 0 or -errno with s->why. */
int gnb_net_batch(struct gnb_net_pair *r, struct gnb_net_packet *packet, unsigned n);

/* Is the table what the frontend believes it to be? 0 or -EIO with s->why. */
int gnb_net_check_table(struct gnb_net_pair *r);

#endif
