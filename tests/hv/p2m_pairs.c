// SPDX-License-Identifier: GPL-2.0-only
/*
 * hv's work for each operation of a toolstack that tests/lab/domain_p2m.c has on a running Xen, under the same names, as
 * lines of a cells.jsonl: scripts/lab-counts lays them side by side.
 */
#include <stdio.h>

#include "dirty.h"
#include "physmap.h"

#define ROUNDS 8
#define PAGES  32u
#define N      64u
#define LARGE  512u
#define PLACES 0x80000ull

static struct fx f;
static struct hv_counters before;
static unsigned bad;
static const char *first = "";

static void cell(const char *name)
{
	printf("{\"cell\":\"p2m/%s\",\"rows\":[", name);
	first = "";
}

static void end_cell(void)
{
	puts("]}");
}

static void begin(const struct hv_vcpu *v)
{
	before = *hv_vcpu_counters(v);
}

/* What a vCPU has done since, for each of n; said: only of the last round. */
static void row(const char *metric, const struct hv_vcpu *v, unsigned n, bool said)
{
	const uint64_t *x = (const uint64_t *)&before, *y = (const uint64_t *)hv_vcpu_counters(v);

	if (!said)
		return;
	printf("%s{\"version\":\"v1\",\"metric\":\"%s\",\"counts\":{", first, metric);
	for (unsigned i = 0; i < HV_NR_COUNTERS; i++)
		printf("%s\"%s\":%.9g", i ? "," : "", hv_counter_names[i],
		       (double)(y[i] - x[i]) / n);
	printf("}}");
	first = ",";
}

static void ask(const char *metric, unsigned nr, uint64_t pages, bool said)
{
	struct domctl *c = dirty_prepare(&f, nr, 0, pages);

	begin(f.mv);
	bad += hv_domctl(f.mv, c) != 0;
	row(metric, f.mv, 1, said);
}

static void write_all(bool said)
{
	for (unsigned i = 0; i < PAGES; i++) {
		begin(f.gv);
		bad += dirty_write(&f, i, 1) != 0;
		row("write", f.gv, 1, said && i == PAGES - 1);
	}
}

/* Another leaf of the trie has the domain's shared info, which it writes to whenever it is asked for something. */
static void shared_info(void)
{
	hv_log_pfn(f.gv, f.g, HV_LOG_LEAF + 5);
}

static void log_dirty(void)
{
	cell("log:empty");
	for (unsigned r = 0; r < ROUNDS; r++) {
		ask("log_enable", SHADOW_ENABLE_LOGDIRTY, 0, r == ROUNDS - 1);
		ask("log_off", SHADOW_OFF, 0, r == ROUNDS - 1);
	}
	end_cell();
	cell("log:split");
	ask("log_enable", SHADOW_ENABLE_LOGDIRTY, 0, false);
	write_all(true);
	shared_info();
	for (unsigned r = 0; r < ROUNDS; r++)
		ask("log_peek", SHADOW_PEEK, DIRTY_PAGES, r == ROUNDS - 1);
	end_cell();
	cell("log:cleaned");
	for (unsigned r = 0; r < ROUNDS; r++) {
		ask("log_clean", SHADOW_CLEAN, DIRTY_PAGES, r == ROUNDS - 1);
		write_all(r == ROUNDS - 1);
		shared_info();
	}
	end_cell();
	cell("log:filled");
	for (unsigned r = 0; r < ROUNDS; r++) {
		ask("log_off", SHADOW_OFF, 0, r == ROUNDS - 1);
		ask("log_enable", SHADOW_ENABLE_LOGDIRTY, 0, r == ROUNDS - 1);
		write_all(r == ROUNDS - 1);
		shared_info();
	}
	end_cell();
	ask("log_off", SHADOW_OFF, 0, false);
}

static void moved(const char *metric, uint64_t from, uint64_t to, bool range, bool said)
{
	begin(f.mv);
	bad += (range ? pm_add(&f, false, XENMAPSPACE_gmfn_range, from, to, N)
		      : pm_batch(&f, XENMAPSPACE_gmfn, from, to, N)) != 0;
	row(metric, f.mv, N, said);
}

static void extents(const char *metric, unsigned cmd, uint64_t at, bool said)
{
	struct xen_memory_reservation r = { .domid = hv_domain_id(f.g), .nr_extents = N };
	uint64_t *list = (uint64_t *)(f.margs + 8192);

	for (unsigned i = 0; i < N; i++)
		list[i] = at + i;
	set_xen_guest_handle(r.extent_start, list);
	begin(f.mv);
	bad += pm_call(&f, false, cmd, &r, sizeof(r)) != N;
	row(metric, f.mv, N, said);
}

static void moves(void)
{
	cell("move");
	for (unsigned r = 0; r < ROUNDS; r++) {
		moved("move", LARGE, PLACES, false, false);
		moved("move", PLACES, LARGE, false, r == ROUNDS - 1);
	}
	end_cell();
	cell("move_range");
	for (unsigned r = 0; r < ROUNDS; r++) {
		moved("move_range", LARGE, PLACES, true, false);
		moved("move_range", PLACES, LARGE, true, r == ROUNDS - 1);
	}
	end_cell();
	cell("extents");
	for (unsigned r = 0; r < ROUNDS; r++) {
		extents("decrease", XENMEM_decrease_reservation, LARGE, r == ROUNDS - 1);
		extents("populate", XENMEM_populate_physmap, LARGE, r == ROUNDS - 1);
	}
	end_cell();
}

static void placed(uint64_t gfn, unsigned n, bool map, bool said)
{
	uint64_t bar = hv_host_bar(f.host);

	begin(f.mv);
	bad += pm_map(&f, gfn, bar, n, map) != 0;
	row(map ? "device_map" : "device_unmap", f.mv, n, said);
}

static void device(void)
{
	uint64_t small = PLACES + 2 * LARGE, large = PLACES + 4 * LARGE;

	bad += pm_permit(&f, hv_host_bar(f.host), LARGE, true) != 0;
	cell("device:4K");
	placed(small + N, 1, true, false);
	for (unsigned r = 0; r < ROUNDS; r++) {
		placed(small, N, true, r == ROUNDS - 1);
		placed(small, N, false, r == ROUNDS - 1);
	}
	end_cell();
	cell("device:2M");
	for (unsigned r = 0; r < ROUNDS; r++) {
		placed(large, LARGE, true, r == ROUNDS - 1);
		placed(large, LARGE, false, r == ROUNDS - 1);
	}
	end_cell();
}

int main(void)
{
	struct fx_opts o = dirty_opts();

	o.mapper.guest = HV_GUEST_PV;
	o.host.bar_pages = 1024;
	if (fx_open(&f, o))
		return 1;
	log_dirty();
	moves();
	device();
	fx_close(&f);
	if (bad)
		fprintf(stderr, "p2m_pairs: %u operations failed\n", bad);
	return bad > 0;
}
