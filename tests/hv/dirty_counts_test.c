// SPDX-License-Identifier: GPL-2.0-only
/*
 * Work of log-dirty, against Xen 4.17: counted on a running 4.17.7, a PVH domain asked for by a PV dom0, nested paging as
 * AMD has it. Not compared: spin_locks of a fault (Xen takes one in each VM entry, for a vCPU's timers: pt_update_irq()),
 * and the maps of p2m tables (hv counts levels).
 */
#include "dirty.h"

#define C(field) offsetof(struct hv_counters, field)

struct expect {
	const char *what;
	size_t at;
	uint64_t n;
};

/* A write to a page whose tables no marks wait above: two exits, one for the page's own mark. */
static const struct expect write_after_clean[] = { { "exits", C(exits), 2 },
						   { "pcpu_writes", C(pcpu_writes), 3 },
						   { "recursive_locks", C(recursive_locks), 3 },
						   { "walks", C(walks), 3 },
						   { "recalcs", C(recalcs), 3 },
						   { "type_changes", C(type_changes), 1 },
						   { "entries_written", C(entries_written), 2 },
						   { "flushes", C(flushes), 2 },
						   { "pages_marked", C(pages_marked), 1 },
						   { NULL, 0, 0 } };

/* A write after ENABLE, in a large entry that was split. */
static const struct expect write_in_split[] = { { "exits", C(exits), 1 },
						{ "pcpu_writes", C(pcpu_writes), 2 },
						{ "recursive_locks", C(recursive_locks), 2 },
						{ "walks", C(walks), 3 },
						{ "recalcs", C(recalcs), 2 },
						{ "type_changes", C(type_changes), 1 },
						{ "entries_written", C(entries_written), 1 },
						{ "flushes", C(flushes), 1 },
						{ NULL, 0, 0 } };

/* With marks at the root already, as after an OFF. */
static const struct expect enable[] = { { "pcpu_writes", C(pcpu_writes), 1 },
					{ "flushes", C(flushes), 1 },
					{ "pauses", C(pauses), 1 },
					{ "entries_written", C(entries_written), 0 },
					{ NULL, 0, 0 } };

static const struct expect clean[] = { { "pcpu_writes", C(pcpu_writes), 1 },
				       { "recursive_locks", C(recursive_locks), 2 },
				       { "entries_written", C(entries_written), 1 },
				       { "flushes", C(flushes), 3 },
				       { "pauses", C(pauses), 1 },
				       { NULL, 0, 0 } };

static const struct expect peek[] = { { "pcpu_writes", C(pcpu_writes), 0 },
				      { "pcpu_reads", C(pcpu_reads), 0 },
				      { "recursive_locks", C(recursive_locks), 1 },
				      { "frame_maps", C(frame_maps), 4 },
				      { "flushes", C(flushes), 0 },
				      { "pauses", C(pauses), 1 },
				      { NULL, 0, 0 } };

/* Of a trie of five pages. */
static const struct expect off[] = { { "recursive_locks", C(recursive_locks), 8 },
				     { "flushes", C(flushes), 2 },
				     { "pcpu_writes", C(pcpu_writes), 1 },
				     { "pauses", C(pauses), 1 },
				     { NULL, 0, 0 } };

static struct fx f;
static struct hv_counters before;

static void begin(const struct hv_vcpu *v)
{
	before = *hv_vcpu_counters(v);
}

static void compare(const char *name, const struct hv_vcpu *v, const struct expect *e)
{
	const char *now = (const char *)hv_vcpu_counters(v);

	for (; e->what; e++) {
		uint64_t n = *(const uint64_t *)(now + e->at) -
			     *(const uint64_t *)((const char *)&before + e->at);

		ok(n == e->n, "%s: %s %lu (is %lu)", name, e->what, (unsigned long)e->n,
		   (unsigned long)n);
	}
}

static void asked(const char *name, unsigned nr, uint64_t pages, const struct expect *e)
{
	struct domctl *c = dirty_prepare(&f, nr, 0, pages);

	begin(f.mv);
	if (hv_domctl(f.mv, c))
		ok(0, "%s failed", name);
	compare(name, f.mv, e);
}

static void wrote(const char *name, uint64_t gfn, const struct expect *e)
{
	begin(f.gv);
	dirty_write(&f, gfn, 1);
	compare(name, f.gv, e);
}

/* ENABLE and CLEAN cost the same whatever the memory is, and a write whatever else is dirty. */
static uint64_t flat(unsigned pages, unsigned nr)
{
	struct fx_opts o = dirty_opts();
	struct domctl *c;
	uint64_t n = 0;

	o.granter.pages = pages;
	o.host.ram_pages = 16384;
	o.mapper.guest = HV_GUEST_PV;
	if (fx_open(&f, o))
		return UINT64_MAX;
	dirty_op(&f, SHADOW_ENABLE_LOGDIRTY, 0, 0);
	if (nr == SHADOW_ENABLE_LOGDIRTY)
		dirty_op(&f, SHADOW_OFF, 0, 0);
	c = dirty_prepare(&f, nr, 0, 0);
	begin(f.mv);
	hv_domctl(f.mv, c);
	for (unsigned i = 0; i < HV_NR_COUNTERS; i++)
		n += ((const uint64_t *)hv_vcpu_counters(f.mv))[i] - ((uint64_t *)&before)[i];
	fx_close(&f);
	return n;
}

int main(void)
{
	struct fx_opts o = dirty_opts();

	o.mapper.guest = HV_GUEST_PV;
	if (!dirty_open(&f, o, "counts"))
		return tap_done();
	dirty_op(&f, SHADOW_ENABLE_LOGDIRTY, 0, 0);
	dirty_op(&f, SHADOW_OFF, 0, 0);
	asked("ENABLE", SHADOW_ENABLE_LOGDIRTY, 0, enable);
	dirty_write(&f, 1, 1);
	wrote("write in a split entry", 2, write_in_split);
	asked("PEEK", SHADOW_PEEK, DIRTY_PAGES, peek);
	asked("CLEAN", SHADOW_CLEAN, DIRTY_PAGES, clean);
	dirty_write(&f, 1, 1);
	wrote("write after CLEAN", 2, write_after_clean);
	/* A page of another leaf of the trie, as a domain's shared info is. */
	hv_log_pfn(f.mv, f.g, HV_LOG_LEAF + 5);
	asked("OFF", SHADOW_OFF, 0, off);
	dirty_close(&f);
	ok(flat(512, SHADOW_ENABLE_LOGDIRTY) == flat(8192, SHADOW_ENABLE_LOGDIRTY) &&
		   flat(512, SHADOW_CLEAN) == flat(8192, SHADOW_CLEAN),
	   "ENABLE and CLEAN: the same work for 2 MiB of memory and for 32");
	return tap_done();
}
