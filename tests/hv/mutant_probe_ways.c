// SPDX-License-Identifier: GPL-2.0-only
/* Looks for the deliberate defects of log-dirty as KVM has it, for tests/hv/mutant_probe.c. */
#include <pthread.h>

#include "mutant_probe.h"
#include "ways.h"

#define draw hv_probe_draw

static struct fx f;
static unsigned page;

static void open_logged(struct fx_opts o, enum hv_log_way way)
{
	o.host.seed = 1 + draw(1000);
	page = draw(DIRTY_PAGES - 64);
	want(!fx_open(&f, o));
	want(!dirty_op(&f, SHADOW_ENABLE_LOGDIRTY, 0, 0));
	want(way != HV_WAY_ALL_SET || !ways_fetch(&f, way, DIRTY_PAGES));
}

/* What is written to is found, it alone, and again. */
static void written(enum hv_log_way way)
{
	open_logged(ways_opts(way), way);
	for (unsigned i = 0; i < 3; i++) {
		want(!dirty_write(&f, page, 1) && !dirty_write(&f, page + 1, 1));
		want(!ways_fetch(&f, way, DIRTY_PAGES) && dirty_has(&f, page) &&
		     dirty_has(&f, page + 1) && dirty_count(&f, DIRTY_PAGES) == 2);
	}
	want(!ways_fetch(&f, way, DIRTY_PAGES) && !dirty_count(&f, DIRTY_PAGES));
	hv_probe_close(&f);
}

#define GETS   4000u
#define WRITES 40000u /* beside them, at least: both have to run at once */

static bool stop;
static unsigned written_on;

/* Pages of all words, one after the other with the same place in the TLB: so each access walks. */
static void *write_on(void *arg)
{
	for (unsigned i = 0; !__atomic_load_n(&stop, __ATOMIC_RELAXED); i++)
		if (dirty_write(&f, (i * 64 + i / 16) % DIRTY_PAGES, i))
			return &f;
		else
			__atomic_store_n(&written_on, i, __ATOMIC_RELAXED);
	return arg;
}

/* A page that is opened while bits are fetched has its bit then or later: one that was lost stays so. */
static void fetched(void)
{
	pthread_t t;
	void *bad;

	open_logged(ways_opts(HV_WAY_GET), HV_WAY_GET);
	stop = false;
	written_on = 0;
	want(!pthread_create(&t, NULL, write_on, NULL));
	for (unsigned i = 0; i < GETS || __atomic_load_n(&written_on, __ATOMIC_RELAXED) < WRITES;
	     i++)
		want(!dirty_op(&f, SHADOW_CLEAN, 0, DIRTY_PAGES));
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	pthread_join(t, &bad);
	want(!bad);
	hv_probe_close(&f);
}

static void cleared(void)
{
	unsigned word, bit, other;

	open_logged(ways_opts(HV_WAY_MANUAL), HV_WAY_MANUAL);
	word = page / 64;
	bit = page % 64;
	other = word * 64 + (bit + 1) % 64;
	want(!dirty_write(&f, page, 1) && !dirty_write(&f, other, 1));
	dirty_bits(&f)[0] = 1ull << bit;
	want(!dirty_op(&f, SHADOW_CLEAR, word, 64));
	want(!ways_ask(&f, HV_WAY_MANUAL, DIRTY_PAGES) && !dirty_has(&f, page) &&
	     dirty_has(&f, other));
	want(dirty_op(&f, SHADOW_CLEAR, 0, 65) == -EINVAL);
	hv_probe_close(&f);
}

/* Without memory to part it an entry is protected as a whole, and a write parts it. */
static void large(enum hv_log_way way)
{
	open_logged(ways_opts(way), way);
	want(!dirty_op(&f, SHADOW_OFF, 0, 0));
	hv_host_fail_alloc(f.host, 1);
	want(!dirty_op(&f, SHADOW_ENABLE_LOGDIRTY, 0, 0) && !ways_fetch(&f, way, DIRTY_PAGES));
	hv_host_fail_alloc(f.host, 0);
	page %= 500;
	want(!dirty_write(&f, page, 1) && !dirty_write(&f, page + 1, 1));
	want(!ways_fetch(&f, way, DIRTY_PAGES) && dirty_has(&f, page) && dirty_has(&f, page + 1) &&
	     dirty_count(&f, DIRTY_PAGES) == 2);
	hv_probe_close(&f);
}

static void moved(enum hv_log_way way)
{
	struct xen_memory_reservation r = { .nr_extents = 1, .domid = DOMID_SELF };
	uint64_t word = 0;

	open_logged(ways_opts(way), way);
	want(!ways_fetch(&f, way, DIRTY_PAGES));
	set_xen_guest_handle(r.extent_start, (xen_pfn_t *)(f.gargs + 4096));
	for (unsigned i = 0; i < 2; i++) {
		*(uint64_t *)(f.gargs + 4096) = page + i;
		memcpy(f.gargs, &r, sizeof(r));
		want(hv_memory_op(f.gv, XENMEM_decrease_reservation, f.gargs) == 1);
	}
	/* In another order, so that neighbours are none. */
	for (unsigned i = 0; i < 2; i++) {
		*(uint64_t *)(f.gargs + 4096) = page + i;
		memcpy(f.gargs, &r, sizeof(r));
		want(hv_memory_op(f.gv, XENMEM_populate_physmap, f.gargs) == 1);
		want(!dirty_write(&f, page + i, 100 + i));
	}
	want(!ways_fetch(&f, way, DIRTY_PAGES) && dirty_has(&f, page) && dirty_has(&f, page + 1));
	want(!dirty_op(&f, SHADOW_OFF, 0, 0));
	for (unsigned i = 0; i < 2; i++)
		want(!hv_guest_access(f.gv, (uint64_t)(page + i) << HV_PAGE_SHIFT, 8, &word,
				      sizeof(word), false) &&
		     word == 100 + i);
	hv_probe_close(&f);
}

static void ring(void)
{
	struct fx_opts o = ways_opts(HV_WAY_RING);
	int rc = 0;

	o.granter.log_ring = 256;
	open_logged(o, HV_WAY_RING);
	for (unsigned i = 0; i < 300 && !rc; i++)
		rc = dirty_write(&f, i, 1);
	want(rc == -ENOSPC);
	want(!dirty_op(&f, SHADOW_RESET, 0, 0));
	memset(dirty_bits(&f), 0, DIRTY_PAGES / 8);
	ways_take(&f);
	want(dirty_count(&f, DIRTY_PAGES) == 256 - 64);
	hv_probe_close(&f);
}

void hv_probe_ways(void)
{
	for (enum hv_log_way way = HV_WAY_GET; way < HV_LOG_WAYS; way++) {
		written(way);
		large(way);
		moved(way);
	}
	fetched();
	cleared();
	ring();
}
