// SPDX-License-Identifier: GPL-2.0-only
/*
 * v1-args: arguments of map and unmap are copied 32 structures at a time. All other work is version 1's, to the count;
 * a block that cannot be read is not begun, and one that cannot be written back stays done.
 */
#include "fixture.h"
#include "guest_pt.h"
#include "types.h"

#define N     520 /* pages and references */
#define BLOCK 32
#define AT    8192 /* where lists lie in the memory for arguments */

static struct fx_opts opts(enum hv_guest guest, bool block, enum hv_flush_policy flush)
{
	return (struct fx_opts){
		.granter = { .guest = guest, .pages = N },
		.mapper = { .guest = guest, .pages = N, .args_block = block, .flush = flush },
		.frames = 2
	};
}

static struct gnttab_map_grant_ref *maps(struct fx *f, unsigned at)
{
	return (struct gnttab_map_grant_ref *)(f->margs + at);
}

static struct gnttab_unmap_grant_ref *unmaps(struct fx *f, unsigned at)
{
	return (struct gnttab_unmap_grant_ref *)(f->margs + at);
}

/* n arguments for references from 8 on at slots from 0 on. */
static void fill_maps(struct fx *f, unsigned at, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		maps(f, at)[i] =
			(struct gnttab_map_grant_ref){ .host_addr = hv_guest_map_addr(f->m, i),
						       .flags = GNTMAP_host_map,
						       .ref = 8 + i,
						       .dom = hv_domain_id(f->g),
						       .status = 77 };
}

static void fill_unmaps(struct fx *f, unsigned at, const uint32_t *handle, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		unmaps(f, at)[i] = (struct gnttab_unmap_grant_ref){
			.host_addr = hv_guest_map_addr(f->m, i), .handle = handle[i], .status = 77
		};
}

static long op(struct fx *f, unsigned cmd, unsigned at, unsigned n)
{
	return hv_grant_table_op(f->mv, cmd, f->margs + at, n);
}

static bool open_granted(struct fx *f, struct fx_opts o, unsigned n)
{
	if (fx_open(f, o))
		return false;
	for (unsigned i = 0; i < n; i++)
		fx_grant(f, 8 + i, i, false);
	return true;
}

/* ---- counts ---- */

static bool measure(struct fx_opts o, unsigned n, struct hv_counters d[2])
{
	uint32_t handle[N];
	bool good = true;
	struct fx f;

	if (!open_granted(&f, o, n))
		return false;
	/* The first round makes tables and handles. */
	for (int round = 0; round < 2; round++) {
		struct hv_counters c[3];

		fill_maps(&f, AT, n);
		c[0] = *hv_vcpu_counters(f.mv);
		good &= !op(&f, GNTTABOP_map_grant_ref, AT, n);
		c[1] = *hv_vcpu_counters(f.mv);
		for (unsigned i = 0; i < n; i++) {
			good &= maps(&f, AT)[i].status == GNTST_okay;
			handle[i] = maps(&f, AT)[i].handle;
		}
		fill_unmaps(&f, AT, handle, n);
		for (unsigned k = 0; k < HV_NR_COUNTERS; k++)
			((uint64_t *)&d[0])[k] = ((uint64_t *)&c[1])[k] - ((uint64_t *)&c[0])[k];
		c[1] = *hv_vcpu_counters(f.mv);
		good &= !op(&f, GNTTABOP_unmap_grant_ref, AT, n);
		c[2] = *hv_vcpu_counters(f.mv);
		for (unsigned i = 0; i < n; i++)
			good &= unmaps(&f, AT)[i].status == GNTST_okay;
		for (unsigned k = 0; k < HV_NR_COUNTERS; k++)
			((uint64_t *)&d[1])[k] = ((uint64_t *)&c[2])[k] - ((uint64_t *)&c[1])[k];
	}
	good &= !fx_check(&f, true) && !hv_domain_mappings(f.m);
	fx_close(&f);
	return good;
}

/* Pages that the copies of a list from AT on touch, by blocks of so many structures. */
static uint64_t pieces(unsigned n, size_t size, unsigned block)
{
	uint64_t k = 0;

	for (unsigned i = 0; i < n; i += block) {
		unsigned c = n - i < block ? n - i : block;
		size_t a = AT + i * size, b = a + c * size - 1;

		k += b / HV_PAGE_SIZE - a / HV_PAGE_SIZE + 1;
	}
	return k;
}

/* What one walk for a piece of arguments counts: six look-ups with a reference, four tables, the page itself. */
static const struct {
	const char *name;
	size_t at;
	unsigned each;
} walk[] = {
#define W(counter, n)                                                                              \
	{                                                                                          \
#counter, offsetof(struct hv_counters, counter), n                                 \
	}
	W(arg_walks, 1), W(walk_steps, 4),  W(p2m_lookups, 6), W(pcpu_reads, 6), W(mfn_checks, 6),
	W(page_gets, 6), W(page_puts, 6),   W(walks, 6),       W(frame_maps, 5), W(barriers, 6),
	W(levels, 0),	 W(atomic_rmws, 0), W(arg_copies, 0),
};

static void compare(const char *name, const struct hv_counters *v1, const struct hv_counters *args,
		    uint64_t saved_walks, uint64_t copies)
{
	unsigned other = 0;

	for (unsigned k = 0; k < HV_NR_COUNTERS; k++) {
		bool argument = false;

		for (unsigned i = 0; i < sizeof(walk) / sizeof(walk[0]); i++)
			argument |= walk[i].at == k * sizeof(uint64_t);
		other += !argument && ((uint64_t *)v1)[k] != ((uint64_t *)args)[k];
	}
	ok(!other, "%s: all that is no copy of arguments is version 1's", name);
	ok(args->arg_copies == copies, "%s: %lu copies", name, (unsigned long)args->arg_copies);
	for (unsigned i = 0; i < sizeof(walk) / sizeof(walk[0]); i++) {
		uint64_t a = *(const uint64_t *)((const char *)v1 + walk[i].at),
			 b = *(const uint64_t *)((const char *)args + walk[i].at);

		if (walk[i].each)
			ok(a - b == walk[i].each * saved_walks, "%s: %lu %s less", name,
			   (unsigned long)(a - b), walk[i].name);
	}
}

static void counts(enum hv_guest guest, enum hv_flush_policy flush, unsigned n, const char *name)
{
	struct hv_counters v1[2], args[2];
	uint64_t map = sizeof(struct gnttab_map_grant_ref),
		 unmap = sizeof(struct gnttab_unmap_grant_ref), blocks = (n + BLOCK - 1) / BLOCK;
	bool walks = guest == HV_GUEST_TRANSLATED;
	char what[80];

	ok(measure(opts(guest, false, flush), n, v1) && measure(opts(guest, true, flush), n, args),
	   "%s, %u pages: done", name, n);
	snprintf(what, sizeof(what), "%s, map %u", name, n);
	compare(what, &v1[0], &args[0], walks ? 2 * (pieces(n, map, 1) - pieces(n, map, BLOCK)) : 0,
		2 * blocks);
	snprintf(what, sizeof(what), "%s, unmap %u", name, n);
	/* Version 1 writes back a status, which no page boundary cuts. */
	compare(what, &v1[1], &args[1],
		walks ? n + pieces(n, unmap, 1) - 2 * pieces(n, unmap, BLOCK) : 0, 2 * blocks);
}

/* ---- out of reach ---- */

static uint64_t *entry(const struct fx *f, const void *linear)
{
	uint64_t *e = NULL, gfn = hv_guest_cr3(f->mv) >> 12;

	for (unsigned shift = 39; shift >= 12; shift -= 9) {
		e = (uint64_t *)hv_guest_frame_ptr(f->m, gfn) + ((uintptr_t)linear >> shift & 511);
		gfn = *e >> 12 & 0xfffffffff;
	}
	return e;
}

static unsigned live(struct fx *f, unsigned slot)
{
	uint8_t v;

	return !fx_peek(f, slot, &v);
}

static void out_of_reach(void)
{
	/* 40 structures, of which the last two lie on another page. */
	const unsigned n = 40, size = sizeof(struct gnttab_map_grant_ref),
		       usize = sizeof(struct gnttab_unmap_grant_ref);
	unsigned at = 3 * 4096 - 38 * size, uat = 3 * 4096 - 38 * usize, i, mapped = 0;
	uint32_t handle[N];
	uint64_t *e;
	struct fx f;

	if (!ok(open_granted(&f, opts(HV_GUEST_TRANSLATED, true, HV_FLUSH_PER_MAPPING), N),
		"out of reach: set up"))
		return;
	e = entry(&f, f.margs + 3 * 4096);
	fill_maps(&f, at, n);
	*e &= ~HV_GPT_PRESENT;
	ok(op(&f, GNTTABOP_map_grant_ref, at, n) == -EFAULT,
	   "map: the second block is not all there");
	for (i = 0; i < n; i++)
		mapped += live(&f, i);
	*e |= HV_GPT_PRESENT;
	ok(mapped == BLOCK && hv_domain_mappings(f.m) == BLOCK, "and not begun (%u are mapped)",
	   mapped);
	for (i = 0; i < BLOCK && maps(&f, at)[i].status == GNTST_okay; i++)
		handle[i] = maps(&f, at)[i].handle;
	ok(i == BLOCK && maps(&f, at)[BLOCK].status == 77, "the first is done, and says so");
	*e &= ~HV_GPT_WRITE;
	ok(op(&f, GNTTABOP_map_grant_ref, at + BLOCK * size, n - BLOCK) == -EFAULT,
	   "map: of the last block the end cannot be written");
	*e |= HV_GPT_WRITE;
	ok(hv_domain_mappings(f.m) == n && maps(&f, at)[37].status == GNTST_okay &&
		   maps(&f, at)[38].status == 77,
	   "all of it is mapped, and what could be written tells so");
	for (i = BLOCK; i < n; i++)
		handle[i] = i < 38 ? maps(&f, at)[i].handle : handle[i - 1] + 1;
	/* The handles that were not told: those that come next. */
	fill_unmaps(&f, uat, handle, n);
	*e &= ~HV_GPT_PRESENT;
	ok(op(&f, GNTTABOP_unmap_grant_ref, uat, n) == -EFAULT &&
		   hv_domain_mappings(f.m) == n - BLOCK,
	   "unmap: a block that is not all there is not begun");
	*e |= HV_GPT_PRESENT;
	ok(unmaps(&f, uat)[BLOCK - 1].status == GNTST_okay && unmaps(&f, uat)[BLOCK].status == 77 &&
		   !live(&f, 0) && live(&f, BLOCK) && !fx_check(&f, true),
	   "what was done is finished");
	*e &= ~HV_GPT_WRITE;
	ok(op(&f, GNTTABOP_unmap_grant_ref, uat + BLOCK * usize, n - BLOCK) == -EFAULT,
	   "unmap: of the last block the end cannot be written");
	*e |= HV_GPT_WRITE;
	ok(!hv_domain_mappings(f.m) && !live(&f, n - 1), "it is unmapped, and flushed");
	ok(!fx_check(&f, true), "out of reach: invariants");
	fx_close(&f);
}

/* ---- preempted after each block, or each second ---- */

static void preempted(unsigned every)
{
	struct fx_opts o = opts(HV_GUEST_TRANSLATED, true, HV_FLUSH_PER_MAPPING);
	uint32_t handle[N];
	bool good = true;
	struct fx f;

	o.host.preempt_every = every;
	if (!ok(open_granted(&f, o, N), "preempted after %u: set up", every))
		return;
	fill_maps(&f, AT, 100);
	good &= !op(&f, GNTTABOP_map_grant_ref, AT, 100);
	for (unsigned i = 0; i < 100; i++) {
		good &= maps(&f, AT)[i].status == GNTST_okay;
		handle[i] = maps(&f, AT)[i].handle;
	}
	fill_unmaps(&f, AT, handle, 100);
	good &= !op(&f, GNTTABOP_unmap_grant_ref, AT, 100);
	for (unsigned i = 0; i < 100; i++)
		good &= unmaps(&f, AT)[i].status == GNTST_okay;
	ok(good && hv_vcpu_counters(f.mv)->continuations > 0 && !hv_domain_mappings(f.m),
	   "preempted after %u: each is done once (%lu times begun again)", every,
	   (unsigned long)hv_vcpu_counters(f.mv)->continuations);
	ok(!fx_check(&f, true), "preempted after %u: invariants", every);
	fx_close(&f);
}

int main(void)
{
	static const unsigned ns[] = { 1, 64, 512 };

	for (unsigned i = 0; i < 3; i++) {
		counts(HV_GUEST_TRANSLATED, HV_FLUSH_PER_MAPPING, ns[i], "translated");
		counts(HV_GUEST_PV, HV_FLUSH_PER_MAPPING, ns[i], "PV");
		counts(HV_GUEST_TRANSLATED, HV_FLUSH_PER_HYPERCALL, ns[i], "v1-batch");
	}
	out_of_reach();
	preempted(1);
	preempted(2);
	return tap_done();
}
