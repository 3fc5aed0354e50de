// SPDX-License-Identifier: GPL-2.0-only
/*
 * Log-dirty as KVM has it: what each way finds, what it costs, and what it refuses. Counts are of what Linux 6.12 does
 * (docs/p2m.md): each page protected when it is enabled, one exit a write and no lock, one flush a call.
 */
#include "ways.h"

#include "log_bits.h"

static struct fx f;

static uint64_t leaves(unsigned want)
{
	unsigned order;
	uint64_t n = 0;

	for (uint64_t gfn = 0; gfn < DIRTY_PAGES; gfn += 1ull << order) {
		hv_pt_hw_get(f.host, &f.g->p2m.pt, gfn, &order);
		n += order == want;
	}
	return n;
}

/* What a guest writes is found, and nothing else; what it writes again, again. */
static void found(enum hv_log_way way)
{
	const char *name = way_names[way];
	uint64_t n;

	if (!dirty_open(&f, ways_opts(way), name))
		return;
	ok(leaves(9) == 2, "%s: two large entries", name);
	ok(!dirty_op(&f, SHADOW_ENABLE_LOGDIRTY, 0, 0) &&
		   dirty_op(&f, SHADOW_ENABLE_LOGDIRTY, 0, 0) == -EINVAL,
	   "%s: enabled, once", name);
	if (way == HV_WAY_ALL_SET) {
		n = dirty_exits(&f);
		ok(leaves(9) == 2 && !dirty_write(&f, 7, 1) && dirty_exits(&f) == n,
		   "%s: nothing is protected yet", name);
		ok(!ways_ask(&f, way, DIRTY_PAGES) && dirty_count(&f, DIRTY_PAGES) == DIRTY_PAGES,
		   "%s: and all is dirty", name);
		ok(!ways_clean(&f, way, DIRTY_PAGES), "%s: until it is cleared", name);
	}
	ok(leaves(0) == DIRTY_PAGES, "%s: each page has an entry", name);
	n = dirty_exits(&f);
	ok(!dirty_read(&f, 40) && dirty_exits(&f) == n, "%s: a read does not fault", name);
	ok(!dirty_write(&f, 40, 1) && !dirty_write(&f, 40, 2) && !dirty_write(&f, 600, 1) &&
		   dirty_exits(&f) == n + 2,
	   "%s: the first write to a page does, once", name);
	ok(!ways_ask(&f, way, DIRTY_PAGES) && dirty_has(&f, 40) && dirty_has(&f, 600) &&
		   dirty_count(&f, DIRTY_PAGES) == 2,
	   "%s: both pages are found, and no other", name);
	ok(!ways_clean(&f, way, DIRTY_PAGES) && !dirty_write(&f, 40, 3) && dirty_exits(&f) == n + 3,
	   "%s: cleaned, a write faults again", name);
	ok(!ways_fetch(&f, way, DIRTY_PAGES) && dirty_has(&f, 40) &&
		   dirty_count(&f, DIRTY_PAGES) == 1,
	   "%s: and is found again", name);
	ok(!fx_check(&f, true), "%s: invariants", name);
	ok(!dirty_op(&f, SHADOW_OFF, 0, 0) && leaves(9) == 2,
	   "%s: off, what was parted is large again", name);
	n = dirty_exits(&f);
	ok(!dirty_write(&f, 41, 1) && dirty_exits(&f) == n, "%s: and can be written", name);
	ok(!dirty_op(&f, SHADOW_OFF, 0, 0) && !dirty_op(&f, SHADOW_ENABLE_LOGDIRTY, 0, 0) &&
		   !ways_ask(&f, way, DIRTY_PAGES) &&
		   dirty_count(&f, DIRTY_PAGES) == (way == HV_WAY_ALL_SET ? DIRTY_PAGES : 0),
	   "%s: begun anew, nothing of before is there", name);
	dirty_close(&f);
}

/* Who else writes: a copy at once, who maps a page at its unmap, a device by dirty bits. */
static void others(enum hv_log_way way)
{
	const char *name = way_names[way];
	struct fx_opts o = ways_opts(way);
	uint64_t word = 1;
	uint32_t h = 0;

	o.granter.iommu = HV_IOMMU_STRICT;
	o.granter.iommu_dirty_bits = true;
	o.granter.log_veto = HV_VETO_PROPERTY;
	if (!dirty_open(&f, o, name))
		return;
	fx_grant(&f, 8, 20, false);
	fx_grant(&f, 9, 21, false);
	ok(!hv_device_assign(f.g, HV_DEVICE_WRITES) &&
		   !dirty_op(&f, SHADOW_ENABLE_LOGDIRTY, 0, 0) && !ways_fetch(&f, way, DIRTY_PAGES),
	   "%s: with a device that is seen", name);
	ok(!fx_map(&f, 8, 0, GNTMAP_host_map, &h) && !dirty_copy(&f, 9, true) &&
		   !hv_device_access(f.g, 600, 0, &word, sizeof(word), true) &&
		   !dirty_report(&f, 23, 1),
	   "%s: one maps, one copies, a device writes, and a page is reported", name);
	/* A device's bit is that of its entry, which is large. */
	ok(!ways_fetch(&f, way, DIRTY_PAGES) && !dirty_has(&f, 20) && dirty_has(&f, 21) &&
		   dirty_has(&f, 600) && dirty_has(&f, 23) && dirty_count(&f, 512) == 2,
	   "%s: three are found", name);
	ok(!fx_unmap(&f, h, 0, 0) && !ways_fetch(&f, way, DIRTY_PAGES) && dirty_has(&f, 20) &&
		   dirty_count(&f, DIRTY_PAGES) == 1,
	   "%s: and what was mapped, when it is unmapped", name);
	dirty_close(&f);
}

/* A page that comes while pages are logged is dirty, whoever wrote it; without memory to part an entry all of it is protected. */
static void memory(enum hv_log_way way)
{
	const char *name = way_names[way];
	struct fx_opts o = ways_opts(way);
	struct xen_memory_reservation r = { .nr_extents = 1, .domid = DOMID_SELF };
	struct hv_log_stats stats;
	uint64_t before, after;

	if (!dirty_open(&f, o, name))
		return;
	hv_host_fail_alloc(f.host, 1);
	ok(dirty_op(&f, SHADOW_ENABLE_LOGDIRTY, 0, 0) == -ENOMEM, "%s: no memory for bits", name);
	hv_host_fail_alloc(f.host, 0);
	hv_domain_usage(f.g, &after, &before);
	ok(!dirty_op(&f, SHADOW_ENABLE_LOGDIRTY, 0, 0), "%s: enabled", name);
	hv_log_stats(f.g, &stats);
	hv_domain_usage(f.g, &after, &after);
	ok(stats.trie_bytes && after - before >= stats.trie_bytes,
	   "%s: the domain is charged for them", name);
	ways_fetch(&f, way, DIRTY_PAGES);
	set_xen_guest_handle(r.extent_start, (xen_pfn_t *)(f.gargs + 4096));
	*(uint64_t *)(f.gargs + 4096) = 50;
	memcpy(f.gargs, &r, sizeof(r));
	ok(hv_memory_op(f.gv, XENMEM_decrease_reservation, f.gargs) == 1 &&
		   hv_memory_op(f.gv, XENMEM_populate_physmap, f.gargs) == 1 &&
		   !dirty_write(&f, 50, 1),
	   "%s: a page goes, and another comes there", name);
	ok(!ways_fetch(&f, way, DIRTY_PAGES) && dirty_has(&f, 50) &&
		   dirty_count(&f, DIRTY_PAGES) == 1 && !dirty_write(&f, 50, 2) &&
		   !ways_fetch(&f, way, DIRTY_PAGES) && dirty_has(&f, 50),
	   "%s: it is dirty, and again", name);
	dirty_op(&f, SHADOW_OFF, 0, 0);
	ok(leaves(0) == 512 && leaves(9) == 1, "%s: where it is nothing is large again", name);
	dirty_close(&f);

	if (!dirty_open(&f, o, name))
		return;
	dirty_op(&f, SHADOW_ENABLE_LOGDIRTY, 0, 0);
	dirty_op(&f, SHADOW_OFF, 0, 0);
	hv_host_fail_alloc(f.host, 1);
	ok(!dirty_op(&f, SHADOW_ENABLE_LOGDIRTY, 0, 0) && !ways_fetch(&f, way, DIRTY_PAGES),
	   "%s: no memory to part an entry", name);
	hv_host_fail_alloc(f.host, 0);
	/* What is cleared word by word has another try with the next one. */
	ok(leaves(9) == (way != HV_WAY_ALL_SET), "%s: it stays large", name);
	hv_host_fail_alloc(f.host, 1);
	ok(dirty_write(&f, 5, 1) == (way == HV_WAY_ALL_SET ? 0 : -EFAULT),
	   "%s: a write without memory fails", name);
	hv_host_fail_alloc(f.host, 0);
	ok(!dirty_write(&f, 5, 1) && !ways_fetch(&f, way, DIRTY_PAGES) && dirty_has(&f, 5) &&
		   dirty_count(&f, DIRTY_PAGES) == 1,
	   "%s: with it, it is found, and it alone", name);
	dirty_close(&f);
}

static void refused(void)
{
	static const unsigned ops[] = { SHADOW_PEEK, SHADOW_CLEAN, SHADOW_CLEAR, SHADOW_RESET };
	static const bool has[HV_LOG_WAYS][4] = { [HV_WAY_GET] = { false, true },
						  [HV_WAY_MANUAL] = { true, false, true },
						  [HV_WAY_ALL_SET] = { true, false, true },
						  [HV_WAY_RING] = { false, true, false, true } };
	struct hv_domain_config c = { .guest = HV_GUEST_PV, .pages = 8, .log_way = HV_WAY_GET };
	struct hv_domain *d;

	for (unsigned way = HV_WAY_GET; way < HV_LOG_WAYS; way++) {
		unsigned wrong = 0;

		if (!dirty_open(&f, ways_opts(way), way_names[way]))
			return;
		dirty_op(&f, SHADOW_ENABLE_LOGDIRTY, 0, 0);
		for (unsigned i = 0; i < 4; i++)
			wrong += dirty_op(&f, ops[i], 0, DIRTY_PAGES) !=
				 (has[way][i] ? 0 : -EOPNOTSUPP);
		ok(!wrong, "%s: the operations that it has", way_names[way]);
		ok(dirty_vram(&f, 0, 16) == -EOPNOTSUPP, "%s: no dirty VRAM", way_names[way]);
		ok(way == HV_WAY_RING || way == HV_WAY_GET ||
			   (dirty_op(&f, SHADOW_CLEAR, 1u << 20, 64) == -EINVAL &&
			    dirty_op(&f, SHADOW_CLEAR, 0, 1u << 20) == -EINVAL &&
			    dirty_op(&f, SHADOW_CLEAR, 0, 65) == -EINVAL),
		   "%s: CLEAR of whole words of what is logged", way_names[way]);
		dirty_close(&f);
	}
	if (!dirty_open(&f, dirty_opts(), "others"))
		return;
	ok(dirty_op(&f, SHADOW_CLEAR, 0, 64) == -EINVAL &&
		   dirty_op(&f, SHADOW_RESET, 0, 64) == -EINVAL,
	   "Xen's way has neither CLEAR nor RESET");
	ok(hv_domain_create(f.host, &c, &d) == -EINVAL, "a PV domain has no such way");
	c = (struct hv_domain_config){
		.guest = HV_GUEST_TRANSLATED, .pages = 8, .log_way = HV_WAY_RING, .log_ring = 300
	};
	ok(hv_domain_create(f.host, &c, &d) == -EINVAL, "a ring has a power of two of entries");
	dirty_close(&f);
}

/* A part of what is dirty is cleared, the rest stays. */
static void in_part(void)
{
	if (!dirty_open(&f, ways_opts(HV_WAY_MANUAL), "in part"))
		return;
	dirty_op(&f, SHADOW_ENABLE_LOGDIRTY, 0, 0);
	dirty_write(&f, 64, 1);
	dirty_write(&f, 65, 1);
	dirty_write(&f, 200, 1);
	ok(!ways_ask(&f, HV_WAY_MANUAL, DIRTY_PAGES) && dirty_count(&f, DIRTY_PAGES) == 3,
	   "three pages");
	/* Bit 1 of the word is page 65; bit 5 was never set. */
	dirty_bits(&f)[0] = 1ull << 1 | 1ull << 5;
	ok(!dirty_op(&f, SHADOW_CLEAR, 1, 64) && !ways_ask(&f, HV_WAY_MANUAL, DIRTY_PAGES) &&
		   dirty_has(&f, 64) && !dirty_has(&f, 65) && dirty_has(&f, 200),
	   "one of them is cleared");
	dirty_close(&f);
}

/* A ring that is full: the vCPU goes on when its toolstack has taken some. */
static void full(void)
{
	struct fx_opts o = ways_opts(HV_WAY_RING);
	unsigned n = 0;
	int rc;

	o.granter.log_ring = 256;
	if (!dirty_open(&f, o, "full"))
		return;
	dirty_op(&f, SHADOW_ENABLE_LOGDIRTY, 0, 0);
	while (n < DIRTY_PAGES && !(rc = dirty_write(&f, n, 1)))
		n++;
	ok(n == 256 - 64 && rc == -ENOSPC, "a ring of 256 takes 192 pages (%u), then %d", n, rc);
	ok(!dirty_read(&f, n) && !dirty_write(&f, 3, 2), "what does not fault goes on");
	ok(!dirty_op(&f, SHADOW_RESET, 0, 0) && dirty_write(&f, n, 1) == -ENOSPC,
	   "what nobody took stays");
	memset(dirty_bits(&f), 0, DIRTY_PAGES / 8);
	ways_take(&f);
	ok(dirty_count(&f, DIRTY_PAGES) == n && dirty_write(&f, n, 1) == -ENOSPC,
	   "taken, its room is not free yet");
	ok(!dirty_op(&f, SHADOW_RESET, 0, 0) && !dirty_write(&f, n, 1), "after a RESET it is");
	for (unsigned i = 0; i < 3 * DIRTY_PAGES; i++) {
		if (dirty_write(&f, i % DIRTY_PAGES, i) != -ENOSPC)
			continue;
		ways_take(&f);
		dirty_op(&f, SHADOW_RESET, 0, 0);
		i--;
	}
	ok(!fx_check(&f, true), "round it goes");
	dirty_close(&f);
}

/* ---- work ---- */

static uint64_t count(const struct hv_vcpu *v, size_t at)
{
	return *(const uint64_t *)((const char *)hv_vcpu_counters(v) + at);
}

#define C(field) offsetof(struct hv_counters, field)
/* What the statement adds to a count of the vCPU. */
#define ADDS(v, field, statement)                                                                  \
	({                                                                                         \
		uint64_t n_ = count(v, C(field));                                                  \
		statement;                                                                         \
		count(v, C(field)) - n_;                                                           \
	})

static void work(enum hv_log_way way)
{
	const char *name = way_names[way];
	/* Arguments are read where they are: no walk is for them. */
	struct fx_opts o = ways_opts(way);
	bool all = way == HV_WAY_ALL_SET;
	uint64_t n;

	o.mapper.guest = HV_GUEST_PV;
	if (!dirty_open(&f, o, name))
		return;
	n = ADDS(f.mv, entries_written, dirty_op(&f, SHADOW_ENABLE_LOGDIRTY, 0, 0));
	/* Two tables filled and linked, then each page; and those for arguments and page tables behind them. */
	ok(all ? n == 0 : n == 2 * 513 + f.g->log.slot, "%s: ENABLE writes %lu entries", name,
	   (unsigned long)n);
	dirty_op(&f, SHADOW_OFF, 0, 0);
	n = ADDS(f.mv, flushes, dirty_op(&f, SHADOW_ENABLE_LOGDIRTY, 0, 0));
	ok(n == !all, "%s: and flushes %lu times", name, (unsigned long)n);
	ways_fetch(&f, way, DIRTY_PAGES);
	ok(ADDS(f.gv, entries_written, dirty_write(&f, 9, 1)) == 1, "%s: a write changes one entry",
	   name);
	ok(ADDS(f.gv, pcpu_writes, dirty_write(&f, 10, 1)) == 0 &&
		   ADDS(f.gv, recursive_locks, dirty_write(&f, 11, 1)) == 0 &&
		   ADDS(f.gv, flushes, dirty_write(&f, 12, 1)) == 0,
	   "%s: without a lock or a flush", name);
	for (unsigned i = 0; i < 128; i++)
		dirty_write(&f, i, 1);
	ways_ask(&f, way, 0);
	if (way != HV_WAY_GET) {
		ways_ask(&f, way, DIRTY_PAGES);
		n = ADDS(f.mv, walks, ways_clean(&f, way, DIRTY_PAGES));
		ok(n == 2 || way == HV_WAY_RING, "%s: 128 neighbours take two walks (%lu)", name,
		   (unsigned long)n);
	}
	for (unsigned i = 0; i < 128; i++)
		dirty_write(&f, i, 1);
	if (way != HV_WAY_GET)
		ways_ask(&f, way, DIRTY_PAGES);
	n = ADDS(f.mv, flushes,
		 way == HV_WAY_GET ? ways_ask(&f, way, DIRTY_PAGES)
				   : ways_clean(&f, way, DIRTY_PAGES));
	ok(n == 1, "%s: one flush for all of them", name);
	n = ADDS(f.mv, flushes, ways_fetch(&f, way, DIRTY_PAGES));
	ok(n == 0, "%s: and none for nothing", name);
	dirty_close(&f);
}

int main(void)
{
	for (enum hv_log_way way = HV_WAY_GET; way < HV_LOG_WAYS; way++) {
		found(way);
		others(way);
		memory(way);
		work(way);
	}
	refused();
	in_part();
	full();
	return tap_done();
}
