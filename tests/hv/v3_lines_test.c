// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which cache lines version 3 locks while nobody revokes: two mappers with a tree each of one granter share none of
 * them, the references of pages apart, and lock none in the granter's own memory. What both need of the host all the same
 * is told by name: the lock under which flushes are sent, which is Xen's and version 1's, too.
 */
#include "locked.h"
#include "page.h"
#include "table.h"
#include "v3.h"

#define PAGES 8 /* of each mapper */
#define SLOT  0

struct side {
	struct hv_domain *d;
	struct hv_vcpu *v;
	uint8_t *args;
	grant_v3_tree_t tree;
	unsigned first; /* page and reference */
	grant_v3_handle_t handle[PAGES];
	struct locked map, unmap;
};

static struct v3 t;

/* A tree of two levels with the side's pages. */
static int make_tree(struct side *s)
{
	size_t bytes;

	s->v = hv_domain_vcpu(s->d, 0);
	s->args = hv_guest_args(s->d, &bytes);
	t.root = v3_node(&t);
	t.levels = 2;
	if (v3_register(&t, hv_domain_id(s->d), 2, 0, 0))
		return -1;
	s->tree = t.tree;
	for (unsigned i = 0; i < PAGES; i++)
		v3_grant(&t, s->first + i, s->first + i, 0);
	return 0;
}

/* Map its pages in one hypercall: by a request each, or one for all. What that locks, to *l; or NULL. */
static int map(struct side *s, bool range, struct locked *l)
{
	struct gnttab_v3_map *m = (struct gnttab_v3_map *)s->args;
	unsigned n = range ? 1 : PAGES;
	int bad = 0;
	long rc;

	for (unsigned i = 0; i < n; i++)
		m[i] = (struct gnttab_v3_map){ .ref = s->first + i,
					       .addr = hv_guest_map_addr(s->d, SLOT + i),
					       .tree = s->tree,
					       .count = range ? PAGES : 1,
					       .dom = hv_domain_id(t.f.g),
					       .flags = V3_SINK };
	if (l)
		locked_begin(l);
	rc = hv_grant_table_op(s->v, GNTTABOP_v3_map, m, n);
	if (l)
		locked_end();
	for (unsigned i = 0; i < n; i++) {
		bad |= m[i].status;
		s->handle[i] = m[i].handle;
	}
	return rc || bad;
}

static int unmap(struct side *s, bool range, struct locked *l)
{
	struct gnttab_v3_unmap *u = (struct gnttab_v3_unmap *)s->args;
	unsigned n = range ? 1 : PAGES;
	int bad = 0;
	long rc;

	for (unsigned i = 0; i < n; i++)
		u[i] = (struct gnttab_v3_unmap){ .tree = s->tree,
						 .handle = s->handle[i],
						 .dom = hv_domain_id(t.f.g) };
	if (l)
		locked_begin(l);
	rc = hv_grant_table_op(s->v, GNTTABOP_v3_unmap, u, n);
	if (l)
		locked_end();
	for (unsigned i = 0; i < n; i++)
		bad |= u[i].status;
	return rc || bad;
}

static bool within(uint64_t line, const void *p, size_t bytes)
{
	uint64_t at = (uintptr_t)p;

	return line >= at / 64 && line <= (at + bytes - 1) / 64;
}

/* Of the frames: references and types. */
static bool page_info(uint64_t line)
{
	return within(line, t.f.host->frames, t.f.host->nr_frames * sizeof(struct hv_page));
}

static bool granters(uint64_t line)
{
	for (unsigned i = 0; i < V3_PAGES; i++)
		if (within(line, v3_page(&t, hv_guest_frame(t.f.g, i)), HV_PAGE_SIZE))
			return true;
	return false;
}

static bool flush_lock(uint64_t line)
{
	return within(line, &t.f.host->call_lock, sizeof(t.f.host->call_lock));
}

static const char *name(uint64_t line)
{
	struct hv_host *h = t.f.host;
	struct hv_domain *g = t.f.g;

	return within(line, &h->alloc_count, 8)	       ? "the host's count of allocations"
	       : within(line, &h->heap_lock, 8)	       ? "the host's heap lock"
	       : within(line, h, sizeof(*h))	       ? "the host"
	       : within(line, &g->p2m, sizeof(g->p2m)) ? "the granter's p2m"
	       : within(line, g, sizeof(*g))	       ? "the granter's domain"
	       : within(line, g->gt, sizeof(*g->gt))   ? "the granter's table"
	       : within(line, t.f.gv, sizeof(*t.f.gv)) ? "the granter's vCPU"
	       : within(line, t.f.m, sizeof(*t.f.m))   ? "the mapper"
	       : within(line, t.f.mv, sizeof(*t.f.mv)) ? "the mapper's vCPU"
						       : "something";
}

/* Lines that both lock; those that are allowed are only counted. */
static unsigned shared(const struct locked *a, const struct locked *b, unsigned *infos,
		       unsigned *flushes)
{
	unsigned n = 0;

	for (unsigned i = 0; i < a->n; i++)
		for (unsigned k = 0; k < b->n; k++) {
			if (a->line[i] != b->line[k])
				continue;
			if (page_info(a->line[i])) {
				++*infos;
			} else if (flush_lock(a->line[i])) {
				++*flushes;
			} else {
				n++;
				printf("# both: %s, line %#lx\n", name(a->line[i]),
				       (unsigned long)a->line[i]);
			}
		}
	return n;
}

static unsigned in_granter(const struct locked *l)
{
	unsigned n = 0;

	for (unsigned i = 0; i < l->n; i++)
		n += granters(l->line[i]);
	return n;
}

/* When everything is warm, and what the first time makes is made. */
static int turns(struct side *s, bool range)
{
	for (unsigned i = 0; i < 2; i++)
		if (map(s, range, NULL) || unmap(s, range, NULL))
			return -1;
	return map(s, range, &s->map) || unmap(s, range, &s->unmap);
}

static void compare(const char *what, struct side *a, struct side *b, bool range)
{
	unsigned infos = 0, flushes = 0, n;

	ok(!turns(a, range) && !turns(b, range) && !a->map.full && !a->unmap.full, "%s", what);
	n = shared(&a->map, &b->map, &infos, &flushes);
	ok(a->map.insns > PAGES && b->map.insns == a->map.insns && !n && !flushes,
	   "%s: %u locked instructions map on each side; they share %u lines", what, a->map.insns,
	   n);
	n = shared(&a->unmap, &b->unmap, &infos, &flushes);
	ok(a->unmap.insns > PAGES && !n && flushes == 1,
	   "%s: %u unmap; they share %u lines, and the lock of %u flush", what, a->unmap.insns, n,
	   flushes);
	n = shared(&a->map, &b->unmap, &infos, &flushes);
	ok(!n, "%s: nor do one that maps and one that unmaps", what);
	ok(!in_granter(&a->map) && !in_granter(&a->unmap),
	   "%s: none of them is in the granter's memory", what);
	ok(!infos, "%s: nor is a page of theirs by the other's", what);
}

/* The same by version 1: what is looked for here is there to be found. */
static void version_1(void)
{
	struct locked l[2];
	uint32_t handle;
	unsigned in;

	fx_grant(&t.f, 8, 0, false);
	for (unsigned i = 0; i < 2; i++) {
		locked_begin(&l[0]);
		fx_map(&t.f, 8, SLOT, GNTMAP_host_map, &handle);
		locked_end();
		locked_begin(&l[1]);
		fx_unmap(&t.f, handle, SLOT, 0);
		locked_end();
	}
	in = 0;
	for (unsigned i = 0; i < l[0].n; i++)
		in += within(l[0].line[i], fx_frame(&t.f, 0, false), HV_PAGE_SIZE);
	ok(in == 1, "version 1 locks a line that the granter writes");
	ok(in_granter(&l[0]) == 0 && l[1].insns > 0, "and no other of its");
}

static int decode(void)
{
	/* lock addl $1,0x10(%rsp); lock xaddq %rax,(%r8,%rcx,4); xchg %rax,8(%rip); lock cmpxchg %ecx,(%rbx); add */
	static const uint8_t code[][10] = {
		{ 0xf0, 0x83, 0x44, 0x24, 0x10, 0x01 },
		{ 0xf0, 0x49, 0x0f, 0xc1, 0x04, 0x88 },
		{ 0x48, 0x87, 0x05, 0x08, 0, 0, 0 },
		{ 0xf0, 0x0f, 0xb1, 0x0b },
		{ 0x48, 0x01, 0x03 },
		{ 0x87, 0xd8 },
		{ 0xf0, 0x81, 0x05, 1, 0, 0, 0, 9 },
	};
	uint64_t regs[16];

	for (unsigned i = 0; i < 16; i++)
		regs[i] = 0x1000 * (i + 1);
	return locked_address(code[0], regs) == 0x5010 &&
	       locked_address(code[1], regs) == 0x9000 + 4 * 0x2000 &&
	       locked_address(code[2], regs) == (uintptr_t)code[2] + 7 + 8 &&
	       locked_address(code[3], regs) == 0x4000 && !locked_address(code[4], regs) &&
	       !locked_address(code[5], regs) &&
	       locked_address(code[6], regs) == (uintptr_t)code[6] + 11 + 1;
}

int main(void)
{
	struct side a = { 0 }, b = { .first = 512 };
	struct hv_domain_config second = {
		.guest = HV_GUEST_TRANSLATED, .pages = V3_PAGES, .args_pages = 64, .map_slots = 64
	};
	struct locked probe;

#ifdef __SANITIZE_THREAD__
	printf("1..0 # SKIP signals come late under ThreadSanitizer\n");
	return 0;
#endif
	if (!locked_begin(&probe)) {
		printf("1..0 # SKIP the processor takes no single steps here\n");
		return 0;
	}
	locked_end();
	ok(decode(), "the addresses of locked instructions");
	if (!ok(!v3_open(&t, (struct fx_opts){ .host = { .nr_cpus = 8 } }, 0, 0), "set up"))
		return tap_done();
	a.d = t.f.m;
	ok(!hv_domain_create(t.f.host, &second, &b.d), "another mapper");
	ok(!make_tree(&a) && !make_tree(&b), "a tree for each");
	compare("pages by themselves", &a, &b, false);
	compare("a range", &a, &b, true);
	version_1();
	ok(!v3_close(&t), "invariants");
	return tap_done();
}
