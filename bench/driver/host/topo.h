/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Cores, by hwloc. Places are counted 0.. in the order in which they are used: the main thread and
 * thread 0 of a benchmark sit on place 0, helpers and further threads on the next ones.
 */
#ifndef GNB_TOPO_H
#define GNB_TOPO_H

#include <stdbool.h>
#include <stddef.h>

#include "place.h"

struct json_object;

/* More places than this are not used: a domain has no more vCPUs. */
#define GNB_PLACES_MAX 64

/*
 * Read the topology, choose the places, bind the calling thread to place 0, and say where memory shall lie.
 * pin: "core" (one CPU of each allowed core, the idlest of this moment first), "pu" (every allowed CPU, those of a core
 * one behind the other), "none" (nothing is bound), or a list "0,2" or "0-3", which is used in the user's order.
 * numa: one of gnb_numa_names. 0; -EINVAL: one of them is wrong, -ENODEV: the machine has no nodes for it, -EIO: hwloc
 * fails; each with one line in err.
 */
int gnb_topo_init(const char *pin, const char *numa, char *err, size_t len);
void gnb_topo_exit(void);

/* How many places there are: at least 1. */
unsigned gnb_topo_places(void);

/* Bind the calling thread to a place. 0 or -errno; with --pin=none nothing happens. */
int gnb_topo_bind(unsigned place);

/* The places as a list of CPUs, "1,0": what --pin takes. "none" if nothing is bound. */
const char *gnb_topo_list(void);

/* How many NUMA nodes the machine has: at least 1. */
unsigned gnb_topo_nodes(void);

/* The manifest's places object: where threads and memory are, as asked for, and what came of it. */
struct json_object *gnb_topo_json(const char *pin, const char *numa);

/* hwloc's XML of this machine, without the host's name if asked; free() it. NULL if it cannot be
 * had. */
char *gnb_topo_xml(bool anonymize);

/* hwloc's runtime version as "2.9" style numbers of its API. */
unsigned gnb_topo_api(void);

#endif
