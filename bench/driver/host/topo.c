/* SPDX-License-Identifier: GPL-2.0-only */
/* Cores, by hwloc: which are used in what order, and binding to them. */
#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <hwloc.h>

#include "topo.h"

static hwloc_topology_t topo;
static bool loaded, bound;
static unsigned cpu[GNB_PLACES_MAX], cpus;
static char list[GNB_PLACES_MAX * 6];

unsigned gnb_topo_places(void)
{
	return cpus ? cpus : 1;
}

/* Idle ticks of each CPU since boot. */
static void idle_ticks(uint64_t *ticks, unsigned n)
{
	FILE *f = fopen("/proc/stat", "re");
	char line[512];

	memset(ticks, 0, n * sizeof(*ticks));
	while (f && fgets(line, sizeof(line), f)) {
		unsigned long long v[5];
		unsigned i;

		if (sscanf(line, "cpu%u %llu %llu %llu %llu %llu", &i, &v[0], &v[1], &v[2], &v[3],
			   &v[4]) == 6 &&
		    i < n)
			ticks[i] = v[3] + v[4];
	}
	if (f)
		fclose(f);
}

/* A busy neighbour is better left alone: places are ordered by how idle their CPU is right now. */
static void idlest_first(void)
{
	struct timespec nap = { 0, 150 * 1000 * 1000 };
	uint64_t *before = calloc(2 * 4096, sizeof(*before)), *after = before + 4096;

	if (!before)
		return;
	idle_ticks(before, 4096);
	nanosleep(&nap, NULL);
	idle_ticks(after, 4096);
	for (unsigned i = 1; i < cpus; i++)
		for (unsigned j = i; j > 0; j--) {
			unsigned a = cpu[j - 1], b = cpu[j];

			/* A tick or two is chance. */
			if (a >= 4096 || b >= 4096 ||
			    after[b] - before[b] <= after[a] - before[a] + 3)
				break;
			cpu[j - 1] = b;
			cpu[j] = a;
		}
	free(before);
}

static void allowed_cores(bool one_per_core)
{
	hwloc_bitmap_t mine = hwloc_bitmap_alloc();
	hwloc_obj_t obj = NULL;
	hwloc_obj_type_t type = one_per_core ? HWLOC_OBJ_CORE : HWLOC_OBJ_PU;

	if (!mine || hwloc_get_cpubind(topo, mine, HWLOC_CPUBIND_PROCESS))
		hwloc_bitmap_copy(mine, hwloc_topology_get_allowed_cpuset(topo));
	while (cpus < GNB_PLACES_MAX && (obj = hwloc_get_next_obj_by_type(topo, type, obj))) {
		hwloc_bitmap_t set = hwloc_bitmap_dup(obj->cpuset);

		hwloc_bitmap_and(set, set, mine);
		if (!hwloc_bitmap_iszero(set))
			cpu[cpus++] = (unsigned)hwloc_bitmap_first(set);
		hwloc_bitmap_free(set);
	}
	hwloc_bitmap_free(mine);
}

static int parse_list(const char *pin, char *err, size_t len)
{
	for (const char *p = pin; *p;) {
		char *end;
		unsigned long a, b;

		if (!isdigit((unsigned char)*p))
			goto wrong;
		a = b = strtoul(p, &end, 10);
		if (*end == '-' && isdigit((unsigned char)end[1]))
			b = strtoul(end + 1, &end, 10);
		if ((*end && *end != ',') || b < a || b > 65535)
			goto wrong;
		for (; a <= b && cpus < GNB_PLACES_MAX; a++) {
			/* Threads that were promised cores of their own would share it. */
			for (unsigned i = 0; i < cpus; i++)
				if (cpu[i] == a) {
					snprintf(err, len,
						 "--pin=%s: CPU %lu is there twice; name each once",
						 pin, a);
					return -EINVAL;
				}
			cpu[cpus++] = (unsigned)a;
		}
		p = end + (*end == ',');
	}
	if (cpus)
		return 0;
wrong:
	snprintf(err, len, "--pin=%s: write core, none, or a list of CPUs such as 0,1", pin);
	return -EINVAL;
}

int gnb_topo_init(const char *pin, char *err, size_t len)
{
	size_t n = 0;

	cpus = 0;
	if (hwloc_topology_init(&topo) || hwloc_topology_load(topo)) {
		snprintf(err, len, "hwloc cannot read the machine's topology: %s", strerror(errno));
		return -EIO;
	}
	loaded = true;
	bound = strcmp(pin, "none") != 0;
	if (!bound || !strcmp(pin, "core")) {
		allowed_cores(bound);
		if (bound && cpus > 1)
			idlest_first();
	} else {
		int rc = parse_list(pin, err, len);

		if (rc)
			return rc;
	}
	for (unsigned i = 0; i < cpus; i++)
		n += (size_t)snprintf(list + n, sizeof(list) - n, "%s%u", i ? "," : "", cpu[i]);
	if (!bound)
		return 0;
	for (unsigned i = cpus; i-- > 0;)
		if (gnb_topo_bind(i)) {
			if (!strcmp(pin, "core")) { /* a sandbox may forbid it: measure unbound, and
						       say so */
				bound = false;
				return 0;
			}
			snprintf(
				err, len,
				"--pin=%s: CPU %u is not here or not allowed; the allowed ones are "
				"in Cpus_allowed_list of /proc/self/status",
				pin, cpu[i]);
			return -EINVAL;
		}
	return 0;
}

void gnb_topo_exit(void)
{
	if (loaded)
		hwloc_topology_destroy(topo);
	loaded = false;
}

int gnb_topo_bind(unsigned place)
{
	hwloc_bitmap_t set;
	int rc;

	if (!bound)
		return 0;
	if (place >= cpus)
		return -EINVAL;
	set = hwloc_bitmap_alloc();
	if (!set)
		return -ENOMEM;
	hwloc_bitmap_only(set, cpu[place]);
	rc = hwloc_set_cpubind(topo, set, HWLOC_CPUBIND_THREAD | HWLOC_CPUBIND_STRICT) ? -errno : 0;
	hwloc_bitmap_free(set);
	return rc;
}

const char *gnb_topo_list(void)
{
	return bound ? list : "none";
}

char *gnb_topo_xml(bool anonymize)
{
	char *buf, *copy;
	int len;

	if (!loaded || hwloc_topology_export_xmlbuffer(topo, &buf, &len, 0))
		return NULL;
	copy = strdup(buf);
	hwloc_free_xmlbuffer(topo, buf);
	for (char *p = copy; anonymize && p && (p = strstr(p, "<info name=\"HostName\""));) {
		char *end = strstr(p, "/>");

		if (!end)
			break;
		memmove(p, end + 2, strlen(end + 2) + 1);
	}
	return copy;
}

unsigned gnb_topo_api(void)
{
	return hwloc_get_api_version();
}
