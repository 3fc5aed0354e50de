/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Cores, by hwloc. Places are counted 0.. in the order in which they are used: the main thread and
 * thread 0 of a benchmark sit on place 0, helpers and further threads on the next ones.
 */
#ifndef GNB_TOPO_H
#define GNB_TOPO_H

#include <stdbool.h>
#include <stddef.h>

/* More cores than this are not used. */
#define GNB_PLACES_MAX 64

/*
 * Read the topology, choose the places and bind the calling thread to place 0. pin: "core" (one CPU
 * of each allowed core, the idlest of this moment first), "none" (nothing is bound), or a list
 * "0,2" or "0-3". 0; -EINVAL: the list is wrong, with one line in err; -EIO: hwloc fails, with one
 * line in err.
 */
int gnb_topo_init(const char *pin, char *err, size_t len);
void gnb_topo_exit(void);

/* How many places there are: at least 1. */
unsigned gnb_topo_places(void);

/* Bind the calling thread to a place. 0 or -errno; with --pin=none nothing happens. */
int gnb_topo_bind(unsigned place);

/* The places as a list of CPUs, "1,0": what --pin takes. "none" if nothing is bound. */
const char *gnb_topo_list(void);

/* hwloc's XML of this machine, without the host's name if asked; free() it. NULL if it cannot be
 * had. */
char *gnb_topo_xml(bool anonymize);

/* hwloc's runtime version as "2.9" style numbers of its API. */
unsigned gnb_topo_api(void);

#endif
