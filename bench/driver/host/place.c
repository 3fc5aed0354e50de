/* SPDX-License-Identifier: GPL-2.0-only */
/* The order of CPUs, by cores, by how idle they are, and by NUMA nodes. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "place.h"

const char *const gnb_numa_names[] = { "any", "near", "spread", "interleave", NULL };

int gnb_place_node(hwloc_topology_t topo, unsigned cpu)
{
	hwloc_obj_t node = NULL;

	while ((node = hwloc_get_next_obj_by_type(topo, HWLOC_OBJ_NUMANODE, node)))
		if (hwloc_bitmap_isset(node->cpuset, cpu))
			return (int)node->logical_index;
	return -1;
}

/* A busy neighbour is better left alone; a tick or two is chance. Stable: what is alike keeps hwloc's order. */
static void idlest_first(const uint64_t *idle, unsigned nr, unsigned *cpu, unsigned n)
{
	for (unsigned i = 1; i < n; i++)
		for (unsigned j = i; j > 0; j--) {
			unsigned a = cpu[j - 1], b = cpu[j];

			if (a >= nr || b >= nr || idle[b] <= idle[a] + 3)
				break;
			cpu[j - 1] = b;
			cpu[j] = a;
		}
}

/* Which turn of its node a CPU is: how many of the same node stand before it. */
static unsigned turn_of(const int *node, unsigned i)
{
	unsigned turn = 0;

	for (unsigned j = 0; j < i; j++)
		turn += node[j] == node[i];
	return turn;
}

/* Where a node stands among the nodes: the first place's is 0, then by number; what is of none comes last. */
static unsigned rank_of(int node, int first)
{
	return node < 0 ? ~0u : node == first ? 0 : 1 + (unsigned)node;
}

void gnb_place_order(hwloc_topology_t topo, enum gnb_numa numa, unsigned *cpu, unsigned n)
{
	int node[GNB_CPUS_MAX];
	struct key {
		unsigned major, minor;
	} key[GNB_CPUS_MAX];

	if (numa == GNB_NUMA_ANY || numa == GNB_NUMA_INTERLEAVE || n > GNB_CPUS_MAX)
		return;
	for (unsigned i = 0; i < n; i++)
		node[i] = gnb_place_node(topo, cpu[i]);
	for (unsigned i = 0; i < n; i++) {
		unsigned rank = rank_of(node[i], node[0]);

		if (numa == GNB_NUMA_NEAR)
			key[i] = (struct key){ rank, 0 };
		else
			key[i] = (struct key){ turn_of(node, i), rank };
	}
	/* By insertion: it keeps the order of what is alike. */
	for (unsigned i = 1; i < n; i++)
		for (unsigned j = i; j > 0; j--) {
			struct key k = key[j];
			unsigned c = cpu[j];

			if (k.major > key[j - 1].major ||
			    (k.major == key[j - 1].major && k.minor >= key[j - 1].minor))
				break;
			key[j] = key[j - 1];
			key[j - 1] = k;
			cpu[j] = cpu[j - 1];
			cpu[j - 1] = c;
		}
}

/* The CPUs of one core that are allowed: the first of them, or all. */
static unsigned of_core(hwloc_obj_t core, hwloc_const_bitmap_t allowed, bool all, unsigned *cpu,
			unsigned max)
{
	unsigned n = 0;
	int i;

	for (i = hwloc_bitmap_first(core->cpuset); i >= 0 && n < max;
	     i = hwloc_bitmap_next(core->cpuset, i)) {
		if (!hwloc_bitmap_isset(allowed, (unsigned)i))
			continue;
		cpu[n++] = (unsigned)i;
		if (!all)
			break;
	}
	return n;
}

unsigned gnb_place_choose(hwloc_topology_t topo, hwloc_const_bitmap_t allowed, enum gnb_pin pin,
			  enum gnb_numa numa, const uint64_t *idle, unsigned nr_idle, unsigned *cpu,
			  unsigned max)
{
	/* Some virtual machines show CPUs and no cores. */
	hwloc_obj_type_t type =
		hwloc_get_nbobjs_by_type(topo, HWLOC_OBJ_CORE) > 0 ? HWLOC_OBJ_CORE : HWLOC_OBJ_PU;
	hwloc_obj_t core = NULL;
	unsigned n = 0;

	if (!allowed)
		allowed = hwloc_topology_get_allowed_cpuset(topo);
	if (max > GNB_CPUS_MAX)
		max = GNB_CPUS_MAX;
	while (n < max && (core = hwloc_get_next_obj_by_type(topo, type, core)))
		n += of_core(core, allowed, pin != GNB_PIN_CORE, cpu + n, max - n);
	if (idle && pin == GNB_PIN_CORE)
		idlest_first(idle, nr_idle, cpu, n);
	gnb_place_order(topo, numa, cpu, n);
	return n;
}
