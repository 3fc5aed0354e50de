// SPDX-License-Identifier: GPL-2.0-only
/*
 * Domains of our own on a real Xen: that they do what is asked of them, in both types and in pairs,
 * that they fail in the open, leave nothing behind, and what their operations cost. Runs in dom0,
 * as root: scripts/lab domain. With the argument "pairs" it only maps and unmaps, marked for an
 * instrument outside: scripts/lab profile --job=domain; with "p2m" it logs and moves pages. With "v3" it is about grant tables version 3, in a Xen that has
 * them (docs/grant-v3-in-xen.md). With "rivals" and names it looks for what version 1 could have (domain_rivals.c);
 * those that are not named must not be there; "rivals-dom0" has dom0 map by ranges and superpages. "v3-race TURNS" has
 * a mapper and a granter at it at once, and "v3-deaths N SEED" ends one of them meanwhile.
 */
#include "v3.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tap.h"

static char why[300];

int check(int cond, const char *fmt, ...)
{
	char line[400];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	return ok(cond, "%s", line);
}

void must(struct gnb_domain *d, int rc, const char *what)
{
	if (!rc)
		return;
	printf("Bail out! %s: %s, %s\n", what, strerror(-rc), d ? gnb_domain_why(d) : why);
	exit(1);
}

struct gnb_domain *make(enum gnb_domain_type type)
{
	/* A PV domain's sink is a page more of its own. */
	struct gnb_domain_options o = { .type = type, .headroom = 8 };
	struct gnb_domain *d;

	must(NULL, gnb_domain_create(&o, &d, why, sizeof(why)), "create");
	return d;
}

void end(struct gnb_domain *d)
{
	must(NULL, gnb_domain_destroy(d, why, sizeof(why)), "destroy");
}

const char *type_name(const struct gnb_domain *d)
{
	return gnb_domain_control(d)->type == GNB_DOMAIN_PV ? "PV" : "PVH";
}

int64_t grant_op(struct gnb_domain *d, unsigned cmd, void *args, size_t bytes, unsigned count,
		 uint64_t *ticks)
{
	int64_t result;

	must(d,
	     gnb_domain_op(d, __HYPERVISOR_grant_table_op, cmd, args, bytes, count, &result, ticks),
	     "hypercall");
	return result;
}

void grant(struct gnb_domain *d, unsigned ref, unsigned page, uint16_t domid, unsigned flags)
{
	struct grant_entry_v1 *e =
		(struct grant_entry_v1 *)gnb_domain_table(d, ref / 512, false) + ref % 512;

	e->domid = domid;
	e->frame = (uint32_t)gnb_domain_frame(d, page);
	__atomic_store_n(&e->flags, (uint16_t)flags, __ATOMIC_RELEASE);
}

uint16_t entry_flags(struct gnb_domain *d, unsigned ref)
{
	struct grant_entry_v1 *e =
		(struct grant_entry_v1 *)gnb_domain_table(d, ref / 512, false) + ref % 512;

	return __atomic_load_n(&e->flags, __ATOMIC_ACQUIRE);
}

int map_one(struct gnb_domain *d, unsigned slot, uint16_t dom, unsigned ref, unsigned flags,
	    uint32_t *handle)
{
	struct gnttab_map_grant_ref op = { .host_addr = gnb_domain_slot(d, slot),
					   .flags = GNTMAP_host_map | flags,
					   .ref = ref,
					   .dom = dom };
	int64_t rc = grant_op(d, GNTTABOP_map_grant_ref, &op, sizeof(op), 1, NULL);

	*handle = op.handle;
	return rc ? (int)rc : op.status;
}

int unmap_one(struct gnb_domain *d, unsigned slot, uint32_t handle)
{
	struct gnttab_unmap_grant_ref op = { .host_addr = gnb_domain_slot(d, slot),
					     .handle = handle };
	int64_t rc = grant_op(d, GNTTABOP_unmap_grant_ref, &op, sizeof(op), 1, NULL);

	return rc ? (int)rc : op.status;
}

static void all_v3(void)
{
	static const enum gnb_domain_type types[] = { GNB_DOMAIN_PVH, GNB_DOMAIN_PV };
	struct gnb_domain *d[2][2];

	for (unsigned i = 0; i < 4; i++)
		d[i / 2][i % 2] = make(types[i % 2]);
	for (unsigned i = 0; i < 4; i++)
		v3_check(d[0][i / 2], d[1][i % 2]);
	for (unsigned i = 0; i < 2; i++)
		v3_check_told(d[0][i], d[1][0]);
	v3_check_self(d[0][0]);
	for (unsigned i = 0; i < 4; i++)
		v3_measure(d[0][i / 2], d[1][i % 2]);
	for (unsigned i = 0; i < 4; i++)
		end(d[i / 2][i % 2]);
	for (unsigned i = 0; i < 4; i++)
		v3_check_death(types[i / 2], types[i % 2]);
}

int main(int argc, char **argv)
{
	struct gnb_domain *pvh, *pvh2, *pv, *pv2;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc > 1 && !strcmp(argv[1], "pairs")) {
		profile_pairs();
		return tap_done();
	}
	if (argc > 1 && !strcmp(argv[1], "p2m")) {
		profile_p2m();
		return tap_done();
	}
	if (argc > 1 && !strcmp(argv[1], "rivals-dom0")) {
		rivals_dom0();
		return tap_done();
	}
	if (argc > 1 && !strcmp(argv[1], "rivals")) {
		check_rivals(argc, argv);
		return tap_done();
	}
	if (argc > 1 && !strcmp(argv[1], "v3-dom0")) {
		v3_dom0(argc > 2 ? (unsigned)atoi(argv[2]) : 0, argc > 3);
		return tap_done();
	}
	if (argc > 1 && !strcmp(argv[1], "v3-profile")) {
		v3_profile();
		return tap_done();
	}
	if (argc > 1 && !strcmp(argv[1], "v3-race")) {
		v3_race(argc > 2 ? (unsigned)atoi(argv[2]) : 20000);
		return tap_done();
	}
	if (argc > 1 && !strcmp(argv[1], "v3-deaths")) {
		v3_deaths(argc > 2 ? (unsigned)atoi(argv[2]) : 16,
			  argc > 3 ? (unsigned)atoi(argv[3]) : 1);
		v3_check_pool();
		return tap_done();
	}
	if (argc > 1 && !strcmp(argv[1], "v3")) {
		all_v3();
		return tap_done();
	}
	pvh = make(GNB_DOMAIN_PVH);
	pv = make(GNB_DOMAIN_PV);
	pvh2 = make(GNB_DOMAIN_PVH);
	pv2 = make(GNB_DOMAIN_PV);
	ok(gnb_domain_pages(pvh) >= 3072 && gnb_domain_pages(pv) >= 3072,
	   "pages to use: PVH %u, PV %u", gnb_domain_pages(pvh), gnb_domain_pages(pv));
	check_table(pvh);
	check_table(pv);
	check_access(pvh);
	check_access(pv);
	check_pair(pvh, pvh2);
	check_pair(pv, pvh);
	check_pair(pvh, pv);
	check_pair(pv, pv2);
	check_v2(pv, pvh);
	check_v2(pvh, pv);
	check_pte(pv, pv2);
	check_self(pvh2);
	check_self(pv2);
	measure(pv, pv2, 1);
	measure(pv, pv2, 256);
	measure(pv, pvh, 1);
	measure(pv, pvh, 256);
	measure(pvh, pv, 1);
	measure(pvh, pv, 256);
	measure(pvh, pvh2, 1);
	measure(pvh, pvh2, 256);
	end(pvh);
	end(pv);
	end(pvh2);
	end(pv2);
	check_options(GNB_DOMAIN_PVH);
	check_options(GNB_DOMAIN_PV);
	check_death(GNB_DOMAIN_PVH);
	check_death(GNB_DOMAIN_PV);
	measure_channel(GNB_DOMAIN_PVH);
	measure_channel(GNB_DOMAIN_PV);
	check_cycles(GNB_DOMAIN_PVH);
	check_cycles(GNB_DOMAIN_PV);
	return tap_done();
}
