// SPDX-License-Identifier: GPL-2.0-only
/* Version 3's status page against a list of what is mapped, at random; and what the two pages cost. */
#include "v3_note.h"

/* ---- at random, against a list of what is mapped ---- */

#define MAPS 24

struct one {
	grant_v3_handle_t h;
	unsigned ref, n;
	bool hole, gone[40];
};

static unsigned draw(unsigned n)
{
	static uint64_t seed = 99;

	seed = seed * 6364136223846793005ull + 1442695040888963407ull;
	return (unsigned)(seed >> 33) % n;
}

/* Is every byte what the list says? */
static bool as_listed(const struct one *m, uint64_t first, unsigned order)
{
	static uint8_t want[HV_PAGE_SIZE];

	memset(want, 0, sizeof(want));
	for (unsigned i = 0; i < MAPS; i++)
		for (unsigned k = 0; m[i].h && k < m[i].n; k++)
			if (!m[i].gone[k] && m[i].ref + k >= first &&
			    (m[i].ref + k - first) >> order < HV_PAGE_SIZE)
				want[(m[i].ref + k - first) >> order] = 1;
	return !memcmp(want, status(), sizeof(want));
}

static void step(struct one *m, unsigned i)
{
	unsigned first = draw(900), n = 1 + draw(60);

	if (!m->h && draw(3)) {
		*m = (struct one){ .ref = first, .n = 1 + draw(40), .hole = draw(4) };
		v3_map(&t, m->ref, i * 40, m->n, m->hole ? V3_HOLE : V3_RW, &m->h);
		m->n = t.map.done;
	} else if (m->h && draw(2)) {
		v3_unmap(&t, m->h);
		m->h = 0;
	} else {
		m -= i;
		v3_revoke(&t, first, n, 0);
		for (i = 0; i < MAPS; i++)
			for (unsigned k = 0; m[i].h && m[i].hole && k < m[i].n; k++)
				m[i].gone[k] |= m[i].ref + k >= first && m[i].ref + k < first + n;
	}
}

static void test_random(void)
{
	struct fx_opts o = { .host = { .preempt_every = 5 } };
	struct one m[MAPS] = { { 0 } };
	unsigned bad = 0, order = 0;
	uint64_t first = 0;

	if (!ok(!v3_open(&t, o, 2, 3), "random: set up"))
		return;
	setup(both(0, 0));
	for (unsigned i = 0; i < 4000 && !bad; i++) {
		unsigned k = draw(MAPS);

		if (!draw(50)) {
			order = draw(10);
			first = (uint64_t)draw(4) << 9;
			bad += setup(both(first, order)) != GNTST_okay;
		}
		step(&m[k], k);
		bad += !as_listed(m, first, order);
		if (!draw(100))
			bad += fx_check(&t.f, true) != 0;
	}
	ok(!bad, "random: 4000 operations, and every byte is right after each");
	ok(!v3_close(&t), "random: invariants");
}

/* ---- work ---- */

static struct hv_counters since(const struct hv_counters *before)
{
	struct hv_counters d = *hv_vcpu_counters(t.f.mv);

	for (unsigned i = 0; i < HV_NR_COUNTERS; i++)
		((uint64_t *)&d)[i] -= ((const uint64_t *)before)[i];
	return d;
}

/* One page mapped and unmapped: beside the same without pages, what more it is. */
static void more(const char *what, const struct hv_counters *without, bool map, unsigned stores,
		 unsigned bits, unsigned events)
{
	struct hv_counters before = *hv_vcpu_counters(t.f.mv), d;
	static grant_v3_handle_t h;

	if (map)
		v3_map(&t, 1, 1, 1, V3_HOLE, &h);
	else
		v3_unmap(&t, h);
	d = since(&before);
	ok(d.status_sets + d.status_clears == stores &&
		   d.barriers - without->barriers == (map ? stores : 0) &&
		   d.frame_maps - without->frame_maps == stores + bits &&
		   d.atomic_rmws - without->atomic_rmws == bits + events && d.events == events &&
		   d.spin_locks == without->spin_locks && d.page_gets == without->page_gets &&
		   d.bytes_allocated == 0,
	   "work: %s: %u stores, %u barriers, %u bits, %u events more", what, stores,
	   map ? stores : 0, bits, events);
}

static void test_work(void)
{
	struct hv_counters before, map, unmap;
	grant_v3_handle_t h, other;

	if (!ok(!v3_open(&t, (struct fx_opts){ .host = { .nr_cpus = 8 } }, 2, 4), "work: set up"))
		return;
	for (unsigned i = 0; i < 2; i++) {
		before = *hv_vcpu_counters(t.f.mv);
		v3_map(&t, 1, 1, 1, V3_HOLE, &h);
		map = since(&before);
		before = *hv_vcpu_counters(t.f.mv);
		v3_unmap(&t, h);
		unmap = since(&before);
	}
	setup(both(0, 4));
	more("the first of a group is mapped", &map, true, 1, 0, 0);
	more("the last one is unmapped", &unmap, false, 1, 1, 1);
	more("and again, where a bit stands", &map, true, 1, 0, 0);
	more("", &unmap, false, 1, 1, 0);
	v3_map(&t, 2, 2, 1, V3_HOLE, &other);
	more("another of a group that is mapped", &map, true, 0, 0, 0);
	more("and not the last one goes", &unmap, false, 0, 0, 0);
	ok(!v3_close(&t), "work: invariants");
}

int main(void)
{
	test_random();
	test_work();
	return tap_done();
}
