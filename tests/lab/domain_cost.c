// SPDX-License-Identifier: GPL-2.0-only
/* Part of lab_domain: what things cost. Figures are printed; that they are there is what is
 * checked. */
#include "domain.h"

#include <stdio.h>
#include <time.h>

#define PAGES  256
#define ROUNDS 20

static struct gnttab_map_grant_ref map[PAGES];
static struct gnttab_unmap_grant_ref unmap[PAGES];

static unsigned round_trip(struct gnb_domain *m, uint16_t dom, unsigned batch, uint64_t *up,
			   uint64_t *down)
{
	unsigned bad = 0;
	uint64_t t;

	*up = *down = 0;
	for (unsigned i = 0; i < PAGES; i++)
		map[i] = (struct gnttab_map_grant_ref){ .host_addr = gnb_domain_slot(m, i),
							.flags = GNTMAP_host_map,
							.ref = 8 + i,
							.dom = dom };
	for (unsigned i = 0; i < PAGES; i += batch, *up += t)
		bad += grant_op(m, GNTTABOP_map_grant_ref, map + i, batch * sizeof(*map), batch,
				&t) != 0;
	for (unsigned i = 0; i < PAGES; i++) {
		bad += map[i].status != OK;
		unmap[i] = (struct gnttab_unmap_grant_ref){ .host_addr = map[i].host_addr,
							    .handle = map[i].handle };
	}
	for (unsigned i = 0; i < PAGES; i += batch, *down += t)
		bad += grant_op(m, GNTTABOP_unmap_grant_ref, unmap + i, batch * sizeof(*unmap),
				batch, &t) != 0;
	for (unsigned i = 0; i < PAGES; i++)
		bad += unmap[i].status != OK;
	return bad;
}

void measure(struct gnb_domain *mapper, struct gnb_domain *granter, unsigned batch)
{
	uint64_t up, down, min_up = ~0ull, min_down = ~0ull, sum_up = 0, sum_down = 0;
	unsigned bad = 0;

	must(granter, gnb_domain_map_table(granter, 1, false), "map the table");
	for (unsigned i = 0; i < PAGES; i++)
		grant(granter, 8 + i, i, gnb_domain_id(mapper), GTF_permit_access);
	for (unsigned r = 0; r < ROUNDS; r++) {
		bad += round_trip(mapper, gnb_domain_id(granter), batch, &up, &down);
		sum_up += up;
		sum_down += down;
		min_up = up < min_up ? up : min_up;
		min_down = down < min_down ? down : min_down;
	}
	for (unsigned i = 0; i < PAGES; i++)
		bad += entry_flags(granter, 8 + i) != GTF_permit_access;
	check(!bad,
	      "%s maps of %s, batch %3u: map min %llu mean %.1f, unmap min %llu mean %.1f ticks "
	      "per page",
	      type_name(mapper), type_name(granter), batch, (unsigned long long)(min_up / PAGES),
	      (double)sum_up / PAGES / ROUNDS, (unsigned long long)(min_down / PAGES),
	      (double)sum_down / PAGES / ROUNDS);
	for (unsigned i = 0; i < PAGES; i++)
		grant(granter, 8 + i, 0, 0, 0);
}

static double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

void measure_channel(enum gnb_domain_type type)
{
	double start = now_us(), made, one, many, page;
	struct gnb_domain *d = make(type);
	unsigned n = GNB_DOMAIN_REQUESTS;
	int rc = 0;

	made = now_us() - start;
	for (unsigned i = 0; i < n; i++)
		gnb_domain_requests(d)[i] =
			(struct gnb_domain_request){ .action = GNB_DOMAIN_HYPERCALL,
						     .arg = { __HYPERVISOR_xen_version, 0 } };
	start = now_us();
	for (unsigned i = 0; i < 100; i++)
		rc |= gnb_domain_run(d, 1);
	one = (now_us() - start) / 100;
	start = now_us();
	for (unsigned i = 0; i < 10; i++)
		rc |= gnb_domain_run(d, n);
	many = (now_us() - start) / 10;
	check(!rc && gnb_domain_requests(d)[n - 1].result > 0x40000,
	      "%s: Xen says its version %u times in a batch", type_name(d), n);
	start = now_us();
	rc = !gnb_domain_map(d, 0, 3072);
	page = now_us() - start;
	check(!rc,
	      "%s: made in %.1f ms, one request %.1f us, a batch of %u %.1f us, mapping 3072 pages "
	      "%.1f ms",
	      type_name(d), made / 1e3, one, n, many, page / 1e3);
	start = now_us();
	end(d);
	printf("# ended in %.1f ms\n", (now_us() - start) / 1e3);
}
