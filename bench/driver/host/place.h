/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which CPUs are used in what order, of any topology: this machine's, or one that a test describes. Nothing is bound
 * here (topo.h). Main thread only.
 */
#ifndef GNB_PLACE_H
#define GNB_PLACE_H

#include <stdint.h>

#include <hwloc.h>

/* More CPUs than this are not looked at. */
#define GNB_CPUS_MAX 4096

enum gnb_pin {
	GNB_PIN_CORE, /* one CPU of each core */
	GNB_PIN_PU,   /* every CPU, those of a core one behind the other */
	GNB_PIN_NONE, /* as GNB_PIN_PU, but nothing is bound */
	GNB_PIN_LIST, /* the user's order */
};

enum gnb_numa {
	GNB_NUMA_ANY,	     /* the order of cores; memory where it is touched first */
	GNB_NUMA_NEAR,	     /* the first place's node before the others, and all memory on it */
	GNB_NUMA_SPREAD,     /* nodes by turns; memory where it is touched first */
	GNB_NUMA_INTERLEAVE, /* the order of cores; memory by turns over nodes */
};

/* What each is called, for options and results; NULL ends the list. */
extern const char *const gnb_numa_names[];

/*
 * Choose at most max CPUs of those in allowed (NULL: all that the topology allows) by pin (core, pu or none) and order
 * them by numa. idle: a figure for each CPU of which the highest come first within what both leave open, indexed by
 * the system's number and nr_idle long, or NULL; figures that are at most 3 apart are alike. Returns how many.
 */
unsigned gnb_place_choose(hwloc_topology_t topo, hwloc_const_bitmap_t allowed, enum gnb_pin pin,
			  enum gnb_numa numa, const uint64_t *idle, unsigned nr_idle, unsigned *cpu,
			  unsigned max);

/* Order n CPUs that somebody else chose by numa; what is of no node comes last. */
void gnb_place_order(hwloc_topology_t topo, enum gnb_numa numa, unsigned *cpu, unsigned n);

/* The NUMA node of a CPU, by its place in the topology; -1 if it is in none. */
int gnb_place_node(hwloc_topology_t topo, unsigned cpu);

#endif
