// SPDX-License-Identifier: GPL-2.0-only
/*
 * hv's work for each pair of mapper and granter that tests/lab/domain_pairs.c has on a running Xen,
 * under the same names, as lines of a cells.jsonl: scripts/lab-counts lays them side by side.
 *
 *   hv_pairs pv|pvh      the type of dom0: a PVH one has tables of its own in the IOMMU
 */
#include <stdio.h>

#include "fixture.h"

#define PAGES 256

static struct gnttab_map_grant_ref map[PAGES];
static struct gnttab_unmap_grant_ref unmap[PAGES];

/* From where arguments begin, each time, as a domain of the lab and the module do it. */
static bool submit(struct fx *f, unsigned cmd, void *args, size_t bytes, unsigned batch)
{
	long rc;

	memcpy(f->margs + 8192, args, bytes);
	rc = hv_grant_table_op(f->mv, cmd, f->margs + 8192, batch);
	memcpy(args, f->margs + 8192, bytes);
	return !rc;
}

static bool round_trip(struct fx *f, unsigned batch, struct hv_counters c[3])
{
	bool good = true;

	for (unsigned i = 0; i < PAGES; i++)
		map[i] = (struct gnttab_map_grant_ref){ .host_addr = hv_guest_map_addr(f->m, i),
							.flags = GNTMAP_host_map,
							.ref = 8 + i,
							.dom = hv_domain_id(f->g) };
	c[0] = *hv_vcpu_counters(f->mv);
	for (unsigned at = 0; at < PAGES; at += batch)
		good &= submit(f, GNTTABOP_map_grant_ref, map + at, batch * sizeof(*map), batch);
	c[1] = *hv_vcpu_counters(f->mv);
	for (unsigned i = 0; i < PAGES; i++)
		unmap[i] = (struct gnttab_unmap_grant_ref){ .host_addr = map[i].host_addr,
							    .handle = map[i].handle };
	for (unsigned at = 0; at < PAGES; at += batch)
		good &= submit(f, GNTTABOP_unmap_grant_ref, unmap + at, batch * sizeof(*unmap),
			       batch);
	c[2] = *hv_vcpu_counters(f->mv);
	for (unsigned i = 0; i < PAGES; i++)
		good &= map[i].status == GNTST_okay && unmap[i].status == GNTST_okay;
	return good;
}

static void print_counts(const char *metric, unsigned version, const struct hv_counters *a,
			 const struct hv_counters *b)
{
	const uint64_t *x = (const uint64_t *)a, *y = (const uint64_t *)b;

	printf("{\"version\":\"v%u\",\"metric\":\"%s\",\"counts\":{", version, metric);
	for (unsigned i = 0; i < HV_NR_COUNTERS; i++)
		printf("%s\"%s\":%.9g", i ? "," : "", hv_counter_names[i],
		       (double)(y[i] - x[i]) / PAGES);
	printf("}}");
}

/* The work of the second round, in which tables and handles are there. */
static bool cell(const char *name, struct fx_opts o, unsigned batch)
{
	struct hv_counters c[3];
	struct fx f;
	bool good;

	if (fx_open(&f, o))
		return false;
	for (unsigned i = 0; i < PAGES; i++)
		fx_grant(&f, 8 + i, i, false);
	good = round_trip(&f, batch, c) && round_trip(&f, batch, c);
	fx_close(&f);
	printf("{\"cell\":\"%s\",\"rows\":[", name);
	print_counts("map", o.version, &c[0], &c[1]);
	printf(",");
	print_counts("unmap", o.version, &c[1], &c[2]);
	printf("]}\n");
	return good;
}

static bool pair(const char *who, unsigned batch, bool mapper_pv, bool granter_pv, bool strict,
		 unsigned version)
{
	struct fx_opts o = {
		.granter.guest = granter_pv ? HV_GUEST_PV : HV_GUEST_TRANSLATED,
		.mapper.guest = mapper_pv ? HV_GUEST_PV : HV_GUEST_TRANSLATED,
		.mapper.iommu = strict ? HV_IOMMU_STRICT : HV_IOMMU_NONE,
		.version = version,
		.frames = 2,
	};
	char name[100];

	snprintf(name, sizeof(name), "%s/batch:%u/mapper:%s/granter:%s/iommu:%s", who, batch,
		 mapper_pv ? "pv" : "translated", granter_pv ? "pv" : "translated",
		 strict ? "strict" : "none");
	return cell(name, o, batch);
}

/* dom0's own grants, as the xen target maps them: its name of the cell. */
static bool self(unsigned batch, unsigned version)
{
	struct fx_opts o = { .granter.guest = HV_GUEST_PV,
			     .mapper.guest = HV_GUEST_PV,
			     .version = version,
			     .frames = 2,
			     .self = true };
	char name[100];

	snprintf(name, sizeof(name),
		 "map_unmap/batch:%u/access:rw/mapper:pv/vcpu:same/pin:first/stride:1", batch);
	return cell(name, o, batch);
}

int main(int argc, char **argv)
{
	static const unsigned batches[] = { 1, 32, 256 };
	bool pv = argc > 1 && !strcmp(argv[1], "pv"), good = true;

	if (argc != 2 || (!pv && strcmp(argv[1], "pvh") != 0)) {
		fprintf(stderr, "usage: hv_pairs pv|pvh\n");
		return 2;
	}
	for (unsigned version = 1; version <= 2; version++)
		for (unsigned granter_pv = 0; granter_pv < 2; granter_pv++)
			for (unsigned b = 0; b < 3; b++) {
				if (pv && !granter_pv)
					good &= self(batches[b], version);
				good &= pair("dom0", batches[b], pv, granter_pv, !pv, version);
				good &= pair("domain", batches[b], true, granter_pv, false,
					     version);
				good &= pair("domain", batches[b], false, granter_pv, false,
					     version);
			}
	if (!good)
		fprintf(stderr, "hv_pairs: an operation failed\n");
	return !good;
}
