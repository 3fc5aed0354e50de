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

#include "json.h"
#include "topo.h"

static hwloc_topology_t topo;
static bool loaded, bound;
static unsigned cpu[GNB_CPUS_MAX], cpus; /* only the first GNB_PLACES_MAX are places */
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

/* What this process may use. */
static void choose(enum gnb_pin pin, enum gnb_numa numa)
{
	struct timespec nap = { 0, 150 * 1000 * 1000 };
	uint64_t *before = NULL, *idle = NULL;
	hwloc_bitmap_t mine = hwloc_bitmap_alloc();

	if (mine && hwloc_get_cpubind(topo, mine, HWLOC_CPUBIND_PROCESS))
		hwloc_bitmap_copy(mine, hwloc_topology_get_allowed_cpuset(topo));
	/* Of one there is nothing to choose, and so nothing to wait for. */
	if (pin == GNB_PIN_CORE && (!mine || hwloc_bitmap_weight(mine) != 1))
		before = calloc(2 * GNB_CPUS_MAX, sizeof(*before));
	if (before) {
		idle = before + GNB_CPUS_MAX;
		idle_ticks(before, GNB_CPUS_MAX);
		nanosleep(&nap, NULL);
		idle_ticks(idle, GNB_CPUS_MAX);
		for (unsigned i = 0; i < GNB_CPUS_MAX; i++)
			idle[i] -= before[i];
	}
	cpus = gnb_place_choose(topo, mine, pin, numa, idle, GNB_CPUS_MAX, cpu, GNB_CPUS_MAX);
	if (cpus > GNB_PLACES_MAX)
		cpus = GNB_PLACES_MAX;
	free(before);
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
	snprintf(err, len, "--pin=%s: write core, pu, none, or a list of CPUs such as 0,1", pin);
	return -EINVAL;
}

static const struct {
	const char *name;
	enum gnb_pin pin;
} pins[] = { { "core", GNB_PIN_CORE }, { "pu", GNB_PIN_PU }, { "none", GNB_PIN_NONE } };

static enum gnb_pin pin_of(const char *word)
{
	for (size_t i = 0; i < sizeof(pins) / sizeof(*pins); i++)
		if (!strcmp(pins[i].name, word))
			return pins[i].pin;
	return GNB_PIN_LIST;
}

static int numa_of(const char *word, enum gnb_numa *numa, char *err, size_t len)
{
	for (unsigned i = 0; gnb_numa_names[i]; i++)
		if (!strcmp(gnb_numa_names[i], word)) {
			*numa = (enum gnb_numa)i;
			if (*numa == GNB_NUMA_ANY || *numa == GNB_NUMA_NEAR || gnb_topo_nodes() > 1)
				return 0;
			snprintf(err, len,
				 "--numa=%s: this machine has one NUMA node; any and near are left",
				 word);
			return -ENODEV;
		}
	snprintf(err, len, "--numa=%s: write any, near, spread or interleave", word);
	return -EINVAL;
}

/* Of this thread and those that it makes. */
static int bind_memory(enum gnb_numa numa, char *err, size_t len)
{
	hwloc_const_bitmap_t nodes = hwloc_topology_get_allowed_nodeset(topo);
	hwloc_obj_t node = NULL;
	int rc = 0;

	if (numa == GNB_NUMA_INTERLEAVE) {
		rc = hwloc_set_membind(topo, nodes, HWLOC_MEMBIND_INTERLEAVE,
				       HWLOC_MEMBIND_THREAD | HWLOC_MEMBIND_BYNODESET);
	} else if (numa == GNB_NUMA_NEAR && gnb_topo_nodes() > 1) {
		node = hwloc_get_obj_by_type(topo, HWLOC_OBJ_NUMANODE,
					     (unsigned)gnb_place_node(topo, cpu[0]));
		rc = node ? hwloc_set_membind(topo, node->nodeset, HWLOC_MEMBIND_BIND,
					      HWLOC_MEMBIND_THREAD | HWLOC_MEMBIND_STRICT |
						      HWLOC_MEMBIND_BYNODESET)
			  : -1;
	}
	if (rc)
		snprintf(err, len, "--numa=%s: memory cannot be bound: %s", gnb_numa_names[numa],
			 strerror(errno));
	return rc ? -EIO : 0;
}

unsigned gnb_topo_nodes(void)
{
	int n = hwloc_get_nbobjs_by_type(topo, HWLOC_OBJ_NUMANODE);

	return n > 1 ? (unsigned)n : 1;
}

/* Bind to each place once, the first one last. False: one cannot be had, *which. */
static bool all_can_be_bound(unsigned *which)
{
	for (unsigned i = cpus; i-- > 0;)
		if (gnb_topo_bind(i)) {
			*which = i;
			return false;
		}
	return true;
}

int gnb_topo_init(const char *pin, const char *numa_word, char *err, size_t len)
{
	enum gnb_pin how = pin_of(pin);
	enum gnb_numa numa;
	unsigned wrong = 0;
	size_t n = 0;
	int rc;

	cpus = 0;
	if (hwloc_topology_init(&topo) || hwloc_topology_load(topo)) {
		snprintf(err, len, "hwloc cannot read the machine's topology: %s", strerror(errno));
		return -EIO;
	}
	loaded = true;
	bound = how != GNB_PIN_NONE;
	rc = numa_of(numa_word, &numa, err, len);
	if (rc)
		return rc;
	if (how == GNB_PIN_LIST)
		rc = parse_list(pin, err, len);
	else
		choose(how, numa);
	if (rc)
		return rc;
	for (unsigned i = 0; i < cpus; i++)
		n += (size_t)snprintf(list + n, sizeof(list) - n, "%s%u", i ? "," : "", cpu[i]);
	if (bound && !all_can_be_bound(&wrong)) {
		if (how == GNB_PIN_LIST) {
			snprintf(
				err, len,
				"--pin=%s: CPU %u is not here or not allowed; the allowed ones are "
				"in Cpus_allowed_list of /proc/self/status",
				pin, cpu[wrong]);
			return -EINVAL;
		}
		/* A sandbox may forbid it: measure unbound, and say so. */
		bound = false;
	}
	return bind_memory(numa, err, len);
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

struct json_object *gnb_topo_json(const char *pin, const char *numa)
{
	struct json_object *x = json_object_new_object();

	json_object_object_add(x, "pin", gnb_json_string(pin));
	json_object_object_add(x, "numa", gnb_json_string(numa));
	json_object_object_add(x, "cpus", gnb_json_string(gnb_topo_list()));
	json_object_object_add(x, "nodes", json_object_new_int64(gnb_topo_nodes()));
	return x;
}

unsigned gnb_topo_api(void)
{
	return hwloc_get_api_version();
}
