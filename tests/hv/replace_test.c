// SPDX-License-Identifier: GPL-2.0-only
/*
 * GNTTABOP_unmap_and_replace and GNTTABOP_cache_flush, which only PV guests have: statuses and
 * errors in Xen 4.17's order, and what they leave.
 */
#include "fixture.h"
#include "table.h"
#include "page.h"

#define H   GNTMAP_host_map
#define D   GNTMAP_device_map
#define R   GNTMAP_readonly
#define PTE GNTMAP_contains_pte

/* Slot 3 has the mapping at hand (page 7), slot 5 another one (page 8), slot 9 none. */
enum addr { NONE, AT, OTHER, HOLE, BAD, ENTRY };
enum handle { GOOD, LIMIT, FREE };

static const struct replace_case {
	const char *name;
	uint32_t map, map_other;
	enum handle handle;
	enum addr host, new;
	int status;
	bool live;     /* the handle survives */
	int at, other; /* page seen there afterwards, -1: nothing */
} cases[] = {
	{ "by another mapping", H, H, GOOD, AT, OTHER, 0, false, 8, -1 },
	{ "read-only by writable", H | R, H, GOOD, AT, OTHER, 0, false, 8, -1 },
	{ "writable by read-only", H, H | R, GOOD, AT, OTHER, 0, false, 8, -1 },
	{ "by nothing at all", H, H, GOOD, AT, NONE, 0, false, -1, 8 },
	{ "by what is not mapped", H, H, GOOD, AT, HOLE, 0, false, -1, 8 },
	{ "device half stays", D | H, H, GOOD, AT, OTHER, 0, true, 8, -1 },
	{ "no address leaves both", H, H, GOOD, NONE, OTHER, 0, true, 7, 8 },
	{ "free handle", H, H, FREE, AT, OTHER, -4, true, 7, 8 },
	{ "handle past the end", H, H, LIMIT, AT, OTHER, -4, true, 7, 8 },
	{ "by an address without tables", H, H, GOOD, AT, BAD, -1, true, 7, 8 },
	{ "of a mapping through its entry", H | PTE, H, GOOD, ENTRY, OTHER, -1, true, 7, 8 },
	{ "of the same by nothing", H | PTE, H, GOOD, ENTRY, NONE, 0, false, -1, 8 },
	/* What was to come into the place is gone by then. */
	{ "at another's address", H, H, GOOD, HOLE, OTHER, -1, true, 7, -1 },
	{ "at an address without tables", H, H, GOOD, BAD, OTHER, -1, true, 7, -1 },
	{ "by itself", H, H, GOOD, AT, AT, -1, true, -1, 8 },
	/* Two at once. */
	{ "handle before addresses", H, H, FREE, BAD, BAD, -4, true, 7, 8 },
	{ "new address before the old one", H, H, GOOD, BAD, BAD, -1, true, 7, 8 },
};

static uint64_t addr_of(struct fx *f, enum addr a)
{
	static const unsigned slot[] = { [AT] = 3, [OTHER] = 5, [HOLE] = 9 };

	if (a == NONE)
		return 0;
	if (a == BAD)
		return 0x1000;
	return a == ENTRY ? hv_guest_map_pte(f->m, 3) : hv_guest_map_addr(f->m, slot[a]);
}

static int map_at(struct fx *f, unsigned ref, unsigned slot, uint32_t flags, uint32_t *h)
{
	struct gnttab_map_grant_ref *op = fx_map_args(f, 0);

	*op = (struct gnttab_map_grant_ref){ .host_addr = flags & PTE
								  ? hv_guest_map_pte(f->m, slot)
								  : hv_guest_map_addr(f->m, slot),
					     .flags = flags,
					     .ref = ref,
					     .dom = hv_domain_id(f->g) };
	hv_grant_table_op(f->mv, GNTTABOP_map_grant_ref, op, 1);
	*h = op->handle;
	return op->status;
}

/* The number of the page seen there, -1 if there is none. */
static int seen(struct fx *f, unsigned slot)
{
	uint8_t byte;

	return fx_peek(f, slot, &byte) ? -1 : byte;
}

static int replace(struct fx *f, uint64_t host, uint64_t new, uint32_t handle)
{
	struct gnttab_unmap_and_replace *op = (struct gnttab_unmap_and_replace *)f->margs;

	*op = (struct gnttab_unmap_and_replace){
		.host_addr = host, .new_addr = new, .handle = handle, .status = 99
	};
	return hv_grant_table_op(f->mv, GNTTABOP_unmap_and_replace, op, 1) ? 98 : op->status;
}

static struct fx_opts pv(unsigned version)
{
	struct fx_opts o = { .granter = { .guest = HV_GUEST_PV },
			     .mapper = { .guest = HV_GUEST_PV },
			     .version = version };

	o.host.audit = o.host.poison = true;
	return o;
}

static void replaces(unsigned version)
{
	for (unsigned i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct replace_case *c = &cases[i];
		uint32_t h, other, handle[3];
		uint64_t flushes;
		struct fx f;
		int status;
		bool good;

		fx_open(&f, pv(version));
		fx_fill(&f, 7, 7);
		fx_fill(&f, 8, 8);
		fx_grant(&f, 20, 7, false);
		fx_grant(&f, 21, 8, false);
		good = !map_at(&f, 20, 3, c->map, &h) && !map_at(&f, 21, 5, c->map_other, &other);
		/* Into the TLB, from where only a flush takes them. */
		good &= seen(&f, 3) == 7 && seen(&f, 5) == 8;
		handle[GOOD] = h;
		handle[LIMIT] = 256;
		handle[FREE] = 77;
		flushes = hv_vcpu_counters(f.mv)->flushes;
		status = replace(&f, addr_of(&f, c->host), addr_of(&f, c->new), handle[c->handle]);
		good &= status == c->status && hv_vcpu_counters(f.mv)->flushes > flushes;
		good &= (hv_domain_mappings(f.m) == 2) == c->live;
		good &= seen(&f, 3) == c->at && seen(&f, 5) == c->other;
		ok(good && !fx_check(&f, true), "v%u: replaced %s: %d (is %d)", version, c->name,
		   c->status, status);
		/* A mapping that moved is unmapped where it is now. */
		if (!status && c->host == AT && c->new == OTHER)
			ok(fx_unmap(&f, other, 5, 0) == -1 && !fx_unmap(&f, other, 3, 0) &&
				   !fx_check(&f, true),
			   "v%u: and unmapped there", version);
		fx_close(&f);
	}
}

static void batch(void)
{
	struct fx_opts o = pv(1);
	struct gnttab_unmap_and_replace *op;
	uint32_t h[40];
	unsigned done = 0;
	uint64_t flushes;
	struct fx f;

	o.host.preempt_every = 1;
	fx_open(&f, o);
	op = (struct gnttab_unmap_and_replace *)f.margs;
	for (unsigned i = 0; i < 40; i++) {
		fx_fill(&f, i, (uint8_t)i);
		fx_grant(&f, 20 + i, i, false);
		map_at(&f, 20 + i, i, H, &h[i]);
	}
	/* Each takes the place of the one before; the last one's handle and slot are left. */
	for (unsigned i = 0; i < 39; i++)
		op[i] = (struct gnttab_unmap_and_replace){ .host_addr = hv_guest_map_addr(f.m, i),
							   .new_addr =
								   hv_guest_map_addr(f.m, i + 1),
							   .handle = h[i] };
	flushes = hv_vcpu_counters(f.mv)->flushes;
	ok(!hv_grant_table_op(f.mv, GNTTABOP_unmap_and_replace, op, 39), "39 in one call");
	for (unsigned i = 0; i < 39; i++)
		done += op[i].status == 0;
	/* Only the first one's mapping is where it was; each place has its successor's. */
	ok(done == 1 && seen(&f, 0) == 1, "the first is done (%u)", done);
	ok(hv_vcpu_counters(f.mv)->flushes - flushes >= 2, "with a flush for each 32");
	ok(!fx_check(&f, true), "and everything adds up");
	fx_close(&f);
}

/* ---- cache_flush ---- */

enum page { P_OWN, P_MAPPED, P_FOREIGN, P_WILD, P_FREE, P_TABLE };
#define CLEAN GNTTAB_CACHE_CLEAN
#define INVAL GNTTAB_CACHE_INVAL

static const struct flush_case {
	const char *name;
	enum page page;
	unsigned offset, length;
	uint32_t op, cookie;
	long rc;
} flushes[] = {
	{ "an own page", P_OWN, 0, 4096, CLEAN, 0, 0 },
	{ "both ways", P_OWN, 0, 4096, CLEAN | INVAL, 0, 0 },
	{ "a mapped page", P_MAPPED, 64, 64, CLEAN, 0, 0 },
	{ "a grant frame of its own", P_TABLE, 0, 64, CLEAN, 0, 0 },
	{ "invalidate alone is not for x86", P_OWN, 0, 64, INVAL, 0, -EOPNOTSUPP },
	{ "nothing", P_OWN, 64, 0, CLEAN, 0, 0 },
	{ "nothing to do", P_OWN, 64, 64, 0, 0, 0 },
	{ "a page of another", P_FOREIGN, 0, 64, CLEAN, 0, -EINVAL },
	{ "a frame that is not there", P_WILD, 0, 64, CLEAN, 0, -EINVAL },
	{ "a page of nobody", P_FREE, 0, 64, CLEAN, 0, -EPERM },
	{ "offset past the page", P_OWN, 4096, 0, CLEAN, 0, -EINVAL },
	{ "length past the page", P_OWN, 0, 4097, CLEAN, 0, -EINVAL },
	{ "both past the page", P_OWN, 4095, 2, CLEAN, 0, -EINVAL },
	{ "an unknown operation", P_OWN, 0, 64, 4, 0, -EINVAL },
	{ "by reference", P_OWN, 0, 64, CLEAN | GNTTAB_CACHE_SOURCE_GREF, 0, -EINVAL },
	{ "going on where nothing is left", P_MAPPED, 0, 64, CLEAN, 4096, -EINVAL },
	{ "going on with nothing", P_OWN, 0, 0, CLEAN, 4096, -EILSEQ },
	/* Two at once. */
	{ "range before page", P_WILD, 4096, 64, CLEAN, 0, -EINVAL },
	{ "nothing before page", P_WILD, 0, 0, CLEAN, 0, 0 },
	{ "page before operation", P_FOREIGN, 0, 64, INVAL, 0, -EINVAL },
};

static void cache_flushes(void)
{
	struct gnttab_cache_flush *op;
	uint64_t mfn[6];
	uint32_t h;
	struct fx f;

	fx_open(&f, pv(1));
	op = (struct gnttab_cache_flush *)f.margs;
	fx_grant(&f, 20, 7, false);
	map_at(&f, 20, 3, H | R, &h);
	mfn[P_OWN] = hv_guest_frame(f.m, 1);
	mfn[P_MAPPED] = hv_guest_frame(f.g, 7);
	mfn[P_FOREIGN] = hv_guest_frame(f.g, 8);
	mfn[P_WILD] = 0xfffff0;
	mfn[P_FREE] = f.host->nr_frames - 600;
	mfn[P_TABLE] = hv_virt_to_mfn(f.host, f.m->gt->shared[0]);
	for (unsigned i = 0; i < sizeof(flushes) / sizeof(*flushes); i++) {
		const struct flush_case *c = &flushes[i];
		long rc;

		*op = (struct gnttab_cache_flush){ .a.dev_bus_addr = mfn[c->page] << 12 | 5,
						   .offset = (uint16_t)c->offset,
						   .length = (uint16_t)c->length,
						   .op = c->op };
		rc = hv_grant_table_op(f.mv, GNTTABOP_cache_flush | c->cookie, op, 1);
		ok(rc == c->rc, "cache_flush: %s: %ld (is %ld)", c->name, c->rc, rc);
	}
	ok(!fx_check(&f, true), "and nothing is left of them");
	fx_close(&f);
}

/* The search for the mapping is preempted after each 4096 references, and goes on there. */
static void long_search(void)
{
	struct fx_opts o = pv(1);
	struct gnttab_cache_flush *op;
	const struct hv_counters *c;
	uint64_t locks;
	uint32_t h;
	struct fx f;

	o.frames = 20;
	o.host.preempt_every = 1;
	fx_open(&f, o);
	c = hv_vcpu_counters(f.mv);
	op = (struct gnttab_cache_flush *)f.margs;
	fx_grant(&f, 9000, 7, false);
	map_at(&f, 9000, 3, H, &h);
	for (unsigned i = 0; i < 2; i++)
		op[i] = (struct gnttab_cache_flush){ .a.dev_bus_addr = hv_guest_frame(f.g, 7) << 12,
						     .length = 64,
						     .op = CLEAN };
	locks = c->spin_locks;
	ok(!hv_grant_table_op(f.mv, GNTTABOP_cache_flush, op, 1) && c->continuations == 2 &&
		   c->spin_locks - locks == 9001,
	   "found behind 9000 references, in three steps");
	ok(!hv_grant_table_op(f.mv, GNTTABOP_cache_flush, op, 2) && c->continuations == 7,
	   "and a second one from the start again (%lu)", (unsigned long)c->continuations);
	fx_unmap(&f, h, 3, 0);
	ok(hv_grant_table_op(f.mv, GNTTABOP_cache_flush, op, 1) == -EINVAL,
	   "no more when unmapped");
	ok(!fx_check(&f, true), "and nothing is left of it");
	fx_close(&f);
}

int main(void)
{
	replaces(1);
	replaces(2);
	batch();
	cache_flushes();
	long_search();
	return tap_done();
}
