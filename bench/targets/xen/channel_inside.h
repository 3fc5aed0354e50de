/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared by the two halves of the channel: requests (channel.c) and memory (channel_memory.c). */
#ifndef GNB_XEN_CHANNEL_INSIDE_H
#define GNB_XEN_CHANNEL_INSIDE_H

#include <stdbool.h>
#include <stdint.h>

#include "gnb_domain.h"

/* Page numbers in a page of a PV domain's list of frames. */
#define GNB_P2M_ENTRIES 512u

struct gnb_domain_mapping {
	struct gnb_domain_mapping *next;
	void *addr;
	unsigned n;
};

struct gnb_domain {
	uint16_t domid;
	int privcmd, evtchn;
	uint32_t port; /* ours; the domain's is in control */
	bool broken, marked;
	unsigned timeout_ms;
	struct gnb_domain_control *control;
	struct gnb_domain_request *requests;
	void *args;
	uint64_t *frames; /* of all of its RAM, by page number */
	struct gnb_domain_mapping *mappings;
	void *shared, *status;
	unsigned shared_frames, status_frames;
	char why[256];
};

/* Fill in d->frames from the control page. 0 or -errno. */
int gnb_domain_find_frames(struct gnb_domain *d);

/* Map n pages of RAM from page number pfn until the end of d. NULL with *rc set to -errno. */
void *gnb_domain_map_pages(struct gnb_domain *d, unsigned pfn, unsigned n, int *rc);

/* Undo all that gnb_domain_map_pages() and gnb_domain_map_table() did. */
void gnb_domain_unmap_all(struct gnb_domain *d);

#endif
