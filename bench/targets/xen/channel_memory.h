/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A grantbench domain's memory and grant table, as the client sees them. Same rules as channel.h.
 */
#ifndef GNB_XEN_CHANNEL_MEMORY_H
#define GNB_XEN_CHANNEL_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

struct gnb_domain;

/* Pages of RAM that the client may use as it likes, numbered from 0. */
unsigned gnb_domain_pages(const struct gnb_domain *d);

/*
 * Frame number of page i as it belongs in a grant entry, a grant copy or an operation of the page
 * tables; and the linear address at which the domain sees it. i < gnb_domain_pages().
 */
uint64_t gnb_domain_frame(const struct gnb_domain *d, unsigned i);
uint64_t gnb_domain_address(const struct gnb_domain *d, unsigned i);

/*
 * Pages first..first+n-1 in this process, mapped until the domain is detached; asking again for the
 * same range costs a mapping each. NULL with errno: EINVAL out of range, ENOMEM, or as
 * gnb_privcmd_map().
 */
void *gnb_domain_map(struct gnb_domain *d, unsigned first, unsigned n);

/* Address to map a grant at (host_addr), slot i below GNB_DOMAIN_SLOTS; nothing is there at first.
 */
uint64_t gnb_domain_slot(const struct gnb_domain *d, unsigned i);

/* --- the domain's grant table --- */

/*
 * Map the first frames shared frames and, for version 2, the status frames that go with them
 * (status; ignored with false), in place of what was mapped before. Has to be done anew after the
 * table grew, and after a change of its version, before which it has to be undone (frames 0):
 * status frames that are in use keep their version. Grows a table that has less. 0 or as
 * gnb_privcmd_map_table().
 */
int gnb_domain_map_table(struct gnb_domain *d, unsigned frames, bool status);

/* Frame i of what is mapped, shared or status; NULL: not mapped. */
void *gnb_domain_table(const struct gnb_domain *d, unsigned i, bool status);

#endif
