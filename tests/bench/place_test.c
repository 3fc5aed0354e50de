/* SPDX-License-Identifier: GPL-2.0-only */
/* Which CPUs are used, on machines that are described and not owned: synthetic ones, and one read from XML. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "place.h"
#include "tap.h"

static unsigned cpu[GNB_CPUS_MAX], n;

static hwloc_topology_t synthetic(const char *text)
{
	hwloc_topology_t t;

	if (hwloc_topology_init(&t) || hwloc_topology_set_synthetic(t, text) ||
	    hwloc_topology_load(t)) {
		printf("Bail out! hwloc does not take '%s'\n", text);
		exit(1);
	}
	return t;
}

static void choose(hwloc_topology_t t, const char *allowed, enum gnb_pin pin, enum gnb_numa numa)
{
	hwloc_bitmap_t set = allowed ? hwloc_bitmap_alloc() : NULL;

	if (set)
		hwloc_bitmap_list_sscanf(set, allowed);
	n = gnb_place_choose(t, set, pin, numa, NULL, 0, cpu, GNB_CPUS_MAX);
	hwloc_bitmap_free(set);
}

/* The first few as a list, and how many there are. */
static int is(unsigned count, const char *want)
{
	char text[400] = "";
	size_t at = 0;

	for (unsigned i = 0; i < n && at + 8 < sizeof(text) && at < strlen(want); i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at, "%s%u", i ? "," : "", cpu[i]);
	if (n == count && !strcmp(text, want))
		return 1;
	printf("# %u: %s\n", n, text);
	return 0;
}

/* Two sockets of 64 cores with two threads each, a node for each socket, numbered as this kernel would: 0..255. */
static void big(void)
{
	hwloc_topology_t t = synthetic("pack:2 numa:1 l3:8 core:8 pu:2");

	choose(t, NULL, GNB_PIN_CORE, GNB_NUMA_ANY);
	ok(is(128, "0,2,4,6"), "2 x 64 cores: one CPU of each");
	choose(t, NULL, GNB_PIN_PU, GNB_NUMA_ANY);
	ok(is(256, "0,1,2,3"), "every CPU, siblings one behind the other");
	choose(t, NULL, GNB_PIN_CORE, GNB_NUMA_SPREAD);
	ok(is(128, "0,128,2,130,4"), "spread: sockets by turns");
	choose(t, NULL, GNB_PIN_CORE, GNB_NUMA_NEAR);
	ok(is(128, "0,2,4,6") && cpu[63] == 126 && cpu[64] == 128,
	   "near: a socket, then the other");
	choose(t, "200-210,3,5", GNB_PIN_CORE, GNB_NUMA_ANY);
	ok(is(8, "3,5,200,202,204,206,208,210"),
	   "of what is allowed: a core's second thread where the first may not");
	choose(t, "200-203,3,5", GNB_PIN_PU, GNB_NUMA_SPREAD);
	ok(is(6, "3,200,5,201,202,203"),
	   "spread with few of one node: the rest of the other behind");
	ok(gnb_place_node(t, 127) == 0 && gnb_place_node(t, 128) == 1 &&
		   gnb_place_node(t, 256) == -1,
	   "nodes of CPUs");
	n = gnb_place_choose(t, NULL, GNB_PIN_CORE, GNB_NUMA_ANY, NULL, 0, cpu, 3);
	ok(is(3, "0,2,4"), "no more than asked for");
	hwloc_topology_destroy(t);
}

static void idle(void)
{
	hwloc_topology_t t = synthetic("numa:2 core:4 pu:1");
	uint64_t ticks[8] = { 10, 12, 30, 12, 10, 60, 13, 10 };

	n = gnb_place_choose(t, NULL, GNB_PIN_CORE, GNB_NUMA_ANY, ticks, 8, cpu, 8);
	ok(is(8, "5,2,0,1,3,4,6,7"), "the idlest first; what is alike keeps its order");
	n = gnb_place_choose(t, NULL, GNB_PIN_CORE, GNB_NUMA_NEAR, ticks, 8, cpu, 8);
	ok(is(8, "5,4,6,7,2,0,1,3"), "near: the node of the idlest first");
	n = gnb_place_choose(t, NULL, GNB_PIN_CORE, GNB_NUMA_SPREAD, ticks, 8, cpu, 8);
	ok(is(8, "5,2,4,0,6,1,7,3"), "spread: by turns from the idlest on");
	n = gnb_place_choose(t, NULL, GNB_PIN_CORE, GNB_NUMA_ANY, ticks, 2, cpu, 8);
	ok(is(8, "0,1,2,3,4,5,6,7"), "figures of some CPUs order those alone");
	hwloc_topology_destroy(t);
}

static void odd(void)
{
	hwloc_topology_t t = synthetic("pu:3"), copy;
	unsigned order[] = { 900, 2, 0 };
	char *xml;
	int len;

	choose(t, NULL, GNB_PIN_CORE, GNB_NUMA_SPREAD);
	ok(is(3, "0,1,2"), "a machine that shows no cores: its CPUs");
	choose(t, "7", GNB_PIN_CORE, GNB_NUMA_ANY);
	ok(n == 0, "nothing of what is allowed is there: none");
	gnb_place_order(t, GNB_NUMA_NEAR, order, 3);
	ok(order[0] == 2 && order[1] == 0 && order[2] == 900,
	   "a CPU that is in no node comes last");
	hwloc_topology_destroy(t);

	/* As a file brings it. */
	t = synthetic("pack:2 die:2 numa:1 core:3 pu:2");
	if (hwloc_topology_export_xmlbuffer(t, &xml, &len, 0) || hwloc_topology_init(&copy) ||
	    hwloc_topology_set_xmlbuffer(copy, xml, len) || hwloc_topology_load(copy)) {
		ok(0, "a topology by XML");
		return;
	}
	choose(copy, NULL, GNB_PIN_CORE, GNB_NUMA_SPREAD);
	ok(is(12, "0,6,12,18,2"), "four nodes, by XML: by turns");
	hwloc_free_xmlbuffer(t, xml);
	hwloc_topology_destroy(copy);
	hwloc_topology_destroy(t);
}

int main(void)
{
	big();
	idle();
	odd();
	return tap_done();
}
