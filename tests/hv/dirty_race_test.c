// SPDX-License-Identifier: GPL-2.0-only
/*
 * No write is lost: a domain's pages are written to by its own CPU, by who maps them, by copies and by a device whose IOMMU
 * has dirty bits, while its toolstack cleans, peeks and ends the log and begins it anew, as a migration does that copies
 * what is dirty. In the end, of each epoch, the copy is the domain's memory. The same for each way in which pages are
 * logged.
 *
 *   dirty_race_test [WRITES [WAY]]   so many at least of each, 8000 without; of this way alone
 */
#include <pthread.h>
#include <sched.h>

#include "ways.h"

#define EACH	64u /* pages of each writer, and writes of it in an epoch */
#define WRITERS 4
#define AREA(w) ((w)*512u) /* in a large entry of its own */
#define ALL	(WRITERS * 512u)
#define ASKED	12

enum { CPU, GRANT, COPY, DEVICE };

static struct fx f;
static enum hv_log_way way;
static pthread_barrier_t gate;
static bool over;      /* all epochs are */
static unsigned asked; /* operations of the toolstack in this epoch */
static unsigned failed, running;
static uint64_t writes;
static uint64_t image[ALL];

/* What writer w does in an epoch: its pages in an order of its own, each with another value each time. */
static unsigned page_of(unsigned w, unsigned epoch, unsigned i)
{
	return AREA(w) + (i * 29 + epoch * 7) % EACH;
}

static bool by_cpu(uint64_t page, uint64_t value)
{
	int rc;

	/* Its ring is full: until the toolstack was there. */
	while ((rc = hv_guest_access(f.gv, page << HV_PAGE_SHIFT, 0, &value, sizeof(value),
				     true)) == -ENOSPC)
		sched_yield();
	return !rc;
}

/* The mapper's vCPUs: 0 is the toolstack's, 1 maps, 2 copies. */
static bool by_grant(uint64_t page, uint64_t value)
{
	struct hv_vcpu *v = hv_domain_vcpu(f.m, 1);
	uint8_t *at = f.margs + 16 * 4096;
	struct gnttab_map_grant_ref *m = (void *)at;
	struct gnttab_unmap_grant_ref *u = (void *)(at + 2048);
	uint64_t addr = hv_guest_map_addr(f.m, 0);
	bool good;

	*m = (struct gnttab_map_grant_ref){ .host_addr = addr,
					    .flags = GNTMAP_host_map,
					    .ref = (grant_ref_t)(8 + page % 512),
					    .dom = hv_domain_id(f.g) };
	if (hv_grant_table_op(v, GNTTABOP_map_grant_ref, m, 1) || m->status)
		return false;
	good = !hv_guest_access(v, addr, 0, &value, sizeof(value), true);
	*u = (struct gnttab_unmap_grant_ref){ .host_addr = addr, .handle = m->handle };
	return !hv_grant_table_op(v, GNTTABOP_unmap_grant_ref, u, 1) && !u->status && good;
}

static bool by_copy(uint64_t page, uint64_t value)
{
	struct hv_vcpu *v = hv_domain_vcpu(f.m, 2);
	struct gnttab_copy *c = (void *)(f.margs + 17 * 4096);

	*(uint64_t *)hv_guest_frame_ptr(f.m, hv_guest_frame(f.m, 9)) = value;
	*c = (struct gnttab_copy){ .source.domid = DOMID_SELF,
				   .dest.domid = hv_domain_id(f.g),
				   .len = 8,
				   .flags = GNTCOPY_dest_gref };
	c->source.u.gmfn = hv_guest_frame(f.m, 9);
	c->dest.u.ref = (grant_ref_t)(8 + EACH + page % 512);
	return !hv_grant_table_op(v, GNTTABOP_copy, c, 1) && !c->status;
}

static bool by_device(uint64_t page, uint64_t value)
{
	return !hv_device_access(f.g, page, 0, &value, sizeof(value), true);
}

static unsigned done(void)
{
	return __atomic_load_n(&asked, __ATOMIC_RELAXED);
}

static void *writer(void *arg)
{
	static bool (*const by[])(uint64_t, uint64_t) = { by_cpu, by_grant, by_copy, by_device };
	unsigned w = (unsigned)(uintptr_t)arg;

	for (unsigned epoch = 0;; epoch++) {
		unsigned n = 0;

		pthread_barrier_wait(&gate);
		if (over)
			return NULL;
		/* Until the toolstack was there so often, and so many between. */
		while (n < EACH || done() < ASKED) {
			if (n >= EACH * (done() + 1)) {
				sched_yield();
				continue;
			}
			if (!by[w](page_of(w, epoch, n), ((uint64_t)epoch << 24 | n) + 1))
				__atomic_fetch_add(&failed, 1, __ATOMIC_RELAXED);
			n++;
		}
		__atomic_fetch_add(&writes, n, __ATOMIC_RELAXED);
		__atomic_fetch_sub(&running, 1, __ATOMIC_RELEASE);
		pthread_barrier_wait(&gate);
	}
}

static uint64_t now_in(unsigned page)
{
	return __atomic_load_n((uint64_t *)hv_guest_frame_ptr(f.g, page), __ATOMIC_RELAXED);
}

static void send(bool all)
{
	for (unsigned page = 0; page < ALL; page++)
		if (all || dirty_has(&f, page))
			image[page] = now_in(page);
}

static uint64_t peeked[ALL / 64];

/* CLEAN, and what is dirty is copied. False: it failed, or what was peeked at is gone. */
static bool clean(void)
{
	bool good = way == HV_WAY_MARKS ? !dirty_op(&f, SHADOW_CLEAN, 0, ALL)
					: !ways_fetch(&f, way, ALL);

	for (unsigned i = 0; i < ALL / 64; i++)
		good &= !(peeked[i] & ~dirty_bits(&f)[i]);
	memset(peeked, 0, sizeof(peeked));
	send(false);
	return good;
}

/* One of the toolstack's operations. */
static bool step(unsigned n)
{
	bool good;

	if (n % 7 == 6) {
		good = !dirty_op(&f, SHADOW_OFF, 0, 0) &&
		       !dirty_op(&f, SHADOW_ENABLE_LOGDIRTY, 0, 0);
		/* Begun anew: all of it. */
		memset(peeked, 0, sizeof(peeked));
		send(true);
		return good;
	}
	if (n % 3 != 1 || way == HV_WAY_GET || way == HV_WAY_RING)
		return clean();
	good = !dirty_op(&f, SHADOW_PEEK, 0, ALL);
	memcpy(peeked, dirty_bits(&f), sizeof(peeked));
	return good;
}

static unsigned lost(void)
{
	unsigned n = 0;

	for (unsigned page = 0; page < ALL; page++)
		n += image[page] != now_in(page);
	return n;
}

static bool set_up(void)
{
	struct fx_opts o = dirty_opts();

	o.granter.pages = ALL;
	o.granter.iommu = HV_IOMMU_STRICT;
	o.granter.iommu_dirty_bits = true;
	o.granter.log_veto = HV_VETO_PROPERTY;
	o.granter.log_way = way;
	o.granter.log_ring = 256;
	o.mapper.vcpus = 3;
	o.host.ram_pages = 8192;
	if (fx_open(&f, o) || hv_device_assign(f.g, HV_DEVICE_WRITES))
		return false;
	for (unsigned i = 0; i < EACH; i++) {
		fx_grant(&f, 8 + i, AREA(GRANT) + i, false);
		fx_grant(&f, 8 + EACH + i, AREA(COPY) + i, false);
	}
	return true;
}

static void race(uint64_t want)
{
	unsigned bad = 0, steps = 0, ends = 0, epochs = 0;
	pthread_t t[WRITERS];

	writes = failed = 0;
	over = false;
	memset(peeked, 0, sizeof(peeked));
	if (!ok(set_up(), "%s: set up", way_names[way]))
		return;
	ok(!dirty_op(&f, SHADOW_ENABLE_LOGDIRTY, 0, 0), "enabled");
	send(true);
	pthread_barrier_init(&gate, NULL, WRITERS + 1);
	for (uintptr_t w = 0; w < WRITERS; w++)
		pthread_create(&t[w], NULL, writer, (void *)w);
	for (; writes < want || epochs < 8; epochs++) {
		running = WRITERS;
		asked = 0;
		pthread_barrier_wait(&gate);
		while (__atomic_load_n(&running, __ATOMIC_ACQUIRE)) {
			bad += !step(steps++);
			__atomic_fetch_add(&asked, 1, __ATOMIC_RELAXED);
			sched_yield();
		}
		pthread_barrier_wait(&gate);
		/* Nobody writes: what is dirty now is the rest. */
		bad += !clean();
		ends += lost();
	}
	over = true;
	pthread_barrier_wait(&gate);
	for (unsigned w = 0; w < WRITERS; w++)
		pthread_join(t[w], NULL);
	ok(!failed, "%s: %lu writes, none failed", way_names[way], (unsigned long)writes);
	ok(!bad,
	   "%u operations of the toolstack beside them, none failed, nothing peeked at was gone",
	   steps);
	ok(!ends, "in none of %u epochs is a page different from its copy (%u are)", epochs, ends);
	ok(!fx_check(&f, true), "invariants");
	fx_close(&f);
	pthread_barrier_destroy(&gate);
}

int main(int argc, char **argv)
{
	uint64_t want = argc > 1 ? strtoul(argv[1], NULL, 10) : 8000;

	for (way = HV_WAY_MARKS; way < HV_LOG_WAYS; way++)
		if (argc <= 2 || !strcmp(argv[2], way_names[way]))
			race(want);
	return tap_done();
}
