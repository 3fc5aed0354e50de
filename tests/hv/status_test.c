// SPDX-License-Identifier: GPL-2.0-only
/*
 * Status codes of map, unmap and copy, and whole-call errors, in Xen 4.17's check order: cases that
 * violate two checks at once say which comes first. Each case starts from an idle entry and leaves
 * one behind.
 */
#include "fixture.h"

#define PV1 1
#define PV2 2
#define TR1 4
#define TR2 8
#define PV  (PV1 | PV2)
#define TR  (TR1 | TR2)
#define V1  (PV1 | TR1)
#define V2  (PV2 | TR2)
#define ALL 15

#define REF	  20
#define REF2	  21
#define NO_DOMAIN 13
#define OTHER	  14 /* stands for a third domain's number */
#define PERMIT	  GTF_permit_access
#define RO	  GTF_readonly

enum frame { F_OK, F_WILD, F_FOREIGN, F_HUGE };
enum addr { A_SLOT, A_BAD, A_PTE, A_PTE_ODD, A_PTE_FOREIGN, A_ZERO, A_OTHER };

static const char *const combo_name[] = { "PV v1", "PV v2", "translated v1", "translated v2" };

static int which; /* index of the combination being run */

static int kind(void)
{
	return 1 << which;
}

static uint64_t frame_of(struct fx *f, enum frame fr)
{
	switch (fr) {
	case F_WILD:
		return 0xfffff0;
	case F_HUGE:
		return 0xffffffff;
	case F_FOREIGN:
		/* A translated granter cannot name another's page, but a hole of its own. */
		return which < 2 ? hv_guest_frame(f->m, 3) : 5000;
	default:
		return hv_guest_frame(f->g, 7);
	}
}

static uint64_t addr_of(struct fx *f, enum addr a)
{
	switch (a) {
	case A_BAD:
		return which < 2 ? 0x1000ull : ~0ull << 12;
	case A_PTE:
		return hv_guest_map_pte(f->m, 3);
	case A_PTE_ODD:
		return hv_guest_map_pte(f->m, 3) + 4;
	case A_PTE_FOREIGN:
		return hv_guest_frame(f->g, 1) << 12;
	case A_ZERO:
		return 0;
	case A_OTHER:
		return hv_guest_map_addr(f->m, 9);
	default:
		return hv_guest_map_addr(f->m, 3);
	}
}

/* ---- map ---- */

#define H   GNTMAP_host_map
#define D   GNTMAP_device_map
#define R   GNTMAP_readonly
#define PTE GNTMAP_contains_pte
#define APP GNTMAP_application_map
#define G   0 /* the granter */

static const struct map_case {
	const char *name;
	int kinds;
	uint16_t flags; /* of the entry */
	int dom;	/* 0: the mapper */
	enum frame frame;
	uint32_t map, ref;
	int rd;
	enum addr addr;
	int status;
} maps[] = {
	{ "writable", ALL, PERMIT, 0, F_OK, H, REF, G, A_SLOT, 0 },
	{ "read-only", ALL, PERMIT, 0, F_OK, H | R, REF, G, A_SLOT, 0 },
	{ "read-only of a read-only entry", ALL, PERMIT | RO, 0, F_OK, H | R, REF, G, A_SLOT, 0 },
	{ "writable of a read-only entry", ALL, PERMIT | RO, 0, F_OK, H, REF, G, A_SLOT, -1 },
	{ "stray bits in the entry's flags", ALL, PERMIT | 0xfe00, 0, F_OK, H, REF, G, A_SLOT, 0 },
	{ "device", PV, PERMIT, 0, F_OK, D, REF, G, A_SLOT, 0 },
	{ "device read-only", PV, PERMIT | RO, 0, F_OK, D | R, REF, G, A_SLOT, 0 },
	{ "device and host", PV, PERMIT, 0, F_OK, D | H, REF, G, A_SLOT, 0 },
	{ "device alone needs no address", PV, PERMIT, 0, F_OK, D, REF, G, A_BAD, 0 },
	{ "device, translated", TR, PERMIT, 0, F_OK, D, REF, G, A_SLOT, -1 },
	{ "device and host, translated", TR, PERMIT, 0, F_OK, D | H, REF, G, A_SLOT, -1 },
	{ "application map", PV, PERMIT, 0, F_OK, H | APP, REF, G, A_SLOT, 0 },
	{ "application map, translated", TR, PERMIT, 0, F_OK, H | APP, REF, G, A_SLOT, -1 },
	{ "available bits", PV, PERMIT, 0, F_OK, H | 0x30000, REF, G, A_SLOT, 0 },
	{ "available bits, translated", TR, PERMIT, 0, F_OK, H | 0x30000, REF, G, A_SLOT, -1 },
	{ "contains_pte", PV, PERMIT, 0, F_OK, H | PTE, REF, G, A_PTE, 0 },
	{ "contains_pte, misaligned", PV, PERMIT, 0, F_OK, H | PTE, REF, G, A_PTE_ODD, -1 },
	{ "contains_pte, not the mapper's page", PV, PERMIT, 0, F_OK, H | PTE, REF, G,
	  A_PTE_FOREIGN, -1 },
	{ "contains_pte of a linear address", PV, PERMIT, 0, F_OK, H | PTE, REF, G, A_SLOT, -1 },
	{ "contains_pte, translated", TR, PERMIT, 0, F_OK, H | PTE, REF, G, A_SLOT, -1 },
	{ "no kind of mapping", ALL, PERMIT, 0, F_OK, 0, REF, G, A_SLOT, -3 },
	{ "no kind of mapping, read-only", ALL, PERMIT, 0, F_OK, R, REF, G, A_SLOT, -3 },
	{ "no such domain", ALL, PERMIT, 0, F_OK, H, REF, NO_DOMAIN, A_SLOT, -2 },
	{ "DOMID_SELF", ALL, PERMIT, 0, F_OK, H, REF, DOMID_SELF, A_SLOT, -2 },
	{ "DOMID_XEN", ALL, PERMIT, 0, F_OK, H, REF, DOMID_XEN, A_SLOT, -2 },
	{ "reference past the end", ALL, PERMIT, 0, F_OK, H, 512, G, A_SLOT, -3 },
	{ "reference past the end, v2", V2, PERMIT, 0, F_OK, H, 256, G, A_SLOT, -3 },
	{ "the largest reference", ALL, PERMIT, 0, F_OK, H, ~0u, G, A_SLOT, -3 },
	{ "invalid entry", ALL, GTF_invalid, 0, F_OK, H, REF, G, A_SLOT, -1 },
	{ "transfer entry", ALL, GTF_accept_transfer, 0, F_OK, H, REF, G, A_SLOT, -1 },
	{ "transitive entry", ALL, GTF_transitive, 0, F_OK, H, REF, G, A_SLOT, -1 },
	{ "sub-page entry", ALL, PERMIT | GTF_sub_page, 0, F_OK, H, REF, G, A_SLOT, -1 },
	{ "granted to another", ALL, PERMIT, OTHER, F_OK, H, REF, G, A_SLOT, -1 },
	{ "wild frame", ALL, PERMIT, 0, F_WILD, H, REF, G, A_SLOT, -9 },
	{ "largest frame of v1", ALL, PERMIT, 0, F_HUGE, H, REF, G, A_SLOT, -9 },
	{ "frame that is not the granter's", ALL, PERMIT, 0, F_FOREIGN, H, REF, G, A_SLOT, -9 },
	{ "frame that is not the granter's, device", PV, PERMIT, 0, F_FOREIGN, D, REF, G, A_SLOT,
	  -9 },
	{ "address that cannot be mapped", ALL, PERMIT, 0, F_OK, H, REF, G, A_BAD, -1 },
	{ "address 0", PV, PERMIT, 0, F_OK, H, REF, G, A_ZERO, -1 },
	/* Two at once. */
	{ "no kind before forbidden flag", TR, PERMIT, 0, F_OK, PTE, REF, G, A_SLOT, -3 },
	{ "no kind before domain", ALL, PERMIT, 0, F_OK, R, REF, NO_DOMAIN, A_SLOT, -3 },
	{ "forbidden flag before domain", TR, PERMIT, 0, F_OK, D, REF, NO_DOMAIN, A_SLOT, -1 },
	{ "domain, where device is allowed", PV, PERMIT, 0, F_OK, D, REF, NO_DOMAIN, A_SLOT, -2 },
	{ "available bits after domain", TR, PERMIT, 0, F_OK, H | 0x30000, REF, NO_DOMAIN, A_SLOT,
	  -2 },
	{ "available bits after frame", TR, PERMIT, 0, F_WILD, H | 0x30000, REF, G, A_SLOT, -9 },
	{ "domain before reference", ALL, PERMIT, 0, F_OK, H, ~0u, NO_DOMAIN, A_SLOT, -2 },
	{ "reference before address", ALL, PERMIT, 0, F_OK, H, 512, G, A_BAD, -3 },
	{ "type before frame", ALL, GTF_accept_transfer, 0, F_WILD, H, REF, G, A_SLOT, -1 },
	{ "grantee before frame", ALL, PERMIT, OTHER, F_WILD, H, REF, G, A_SLOT, -1 },
	{ "read-only before frame", ALL, PERMIT | RO, 0, F_WILD, H, REF, G, A_SLOT, -1 },
	{ "frame before address", ALL, PERMIT, 0, F_WILD, H, REF, G, A_BAD, -9 },
	{ "frame before misaligned entry", PV, PERMIT, 0, F_FOREIGN, H | PTE, REF, G, A_PTE_ODD,
	  -9 },
};

static domid_t domain_of(struct fx *f, int rd)
{
	return rd ? (domid_t)rd : hv_domain_id(f->g);
}

static void map_cases(struct fx *f)
{
	for (unsigned i = 0; i < sizeof(maps) / sizeof(*maps); i++) {
		const struct map_case *c = &maps[i];
		struct gnttab_map_grant_ref *op = fx_map_args(f, 0);
		struct gnttab_unmap_grant_ref *un = fx_unmap_args(f, 0);
		uint16_t marks = c->map & R ? GTF_reading : GTF_reading | GTF_writing, use;
		bool good;
		long rc;

		if (!(c->kinds & kind()))
			continue;
		fx_entry(f, REF, c->flags, c->dom ? (domid_t)c->dom : hv_domain_id(f->m),
			 frame_of(f, c->frame));
		*op = (struct gnttab_map_grant_ref){ .host_addr = addr_of(f, c->addr),
						     .flags = c->map,
						     .ref = c->ref,
						     .dom = domain_of(f, c->rd),
						     .status = 99,
						     .handle = 0xabc };
		rc = hv_grant_table_op(f->mv, GNTTABOP_map_grant_ref, op, 1);
		use = *fx_use_word(f, REF);
		good = !rc && op->status == c->status;
		if (op->status) {
			good &= op->handle == 0xabc && !(use & (GTF_reading | GTF_writing));
		} else {
			good &= (use & (GTF_reading | GTF_writing)) == marks;
			good &= (op->dev_bus_addr & 0xfff) == 0 && op->dev_bus_addr;
			*un = (struct gnttab_unmap_grant_ref){ .host_addr = op->host_addr,
							       .handle = op->handle,
							       .dev_bus_addr = op->dev_bus_addr };
			good &= !hv_grant_table_op(f->mv, GNTTABOP_unmap_grant_ref, un, 1) &&
				!un->status;
			good &= !(*fx_use_word(f, REF) & (GTF_reading | GTF_writing));
		}
		ok(good, "%s: map: %s: %d (is %d)", combo_name[which], c->name, c->status,
		   op->status);
	}
	ok(!fx_check(f, true) && !hv_domain_mappings(f->m), "%s: nothing is left of the maps",
	   combo_name[which]);
}

/* ---- unmap ---- */

enum handle { U_GOOD, U_LIMIT, U_MAX, U_FREE };
enum dev { B_NONE, B_GOOD, B_WRONG };

static const struct unmap_case {
	const char *name;
	int kinds;
	uint32_t map;
	enum handle handle;
	enum addr addr;
	enum dev dev;
	int status;
	bool live; /* the handle survives */
} unmaps[] = {
	{ "plain", ALL, H, U_GOOD, A_SLOT, B_NONE, 0, false },
	{ "read-only", ALL, H | R, U_GOOD, A_SLOT, B_NONE, 0, false },
	{ "handle past the end", ALL, H, U_LIMIT, A_SLOT, B_NONE, -4, true },
	{ "the largest handle", ALL, H, U_MAX, A_SLOT, B_NONE, -4, true },
	{ "free handle", ALL, H, U_FREE, A_SLOT, B_NONE, -4, true },
	{ "no address leaves the mapping", ALL, H, U_GOOD, A_ZERO, B_NONE, 0, true },
	{ "another address", ALL, H, U_GOOD, A_OTHER, B_NONE, -1, true },
	{ "impossible address", ALL, H, U_GOOD, A_BAD, B_NONE, -1, true },
	{ "device address of a host mapping is not looked at", ALL, H, U_GOOD, A_SLOT, B_WRONG, 0,
	  false },
	{ "device", PV, D, U_GOOD, A_ZERO, B_GOOD, 0, false },
	{ "device, wrong address", PV, D, U_GOOD, A_ZERO, B_WRONG, -6, true },
	{ "device without its address", PV, D, U_GOOD, A_ZERO, B_NONE, 0, true },
	{ "host half only", PV, D | H, U_GOOD, A_SLOT, B_NONE, 0, true },
	{ "device half only", PV, D | H, U_GOOD, A_ZERO, B_GOOD, 0, true },
	{ "both halves", PV, D | H, U_GOOD, A_SLOT, B_GOOD, 0, false },
	{ "through its entry", PV, H | PTE, U_GOOD, A_PTE, B_NONE, 0, false },
	{ "entry at a misaligned address", PV, H | PTE, U_GOOD, A_PTE_ODD, B_NONE, -1, true },
	/* Two at once. */
	{ "handle before address", ALL, H, U_FREE, A_BAD, B_NONE, -4, true },
	{ "handle before device address", PV, D, U_FREE, A_ZERO, B_WRONG, -4, true },
	{ "device address before host address", PV, D | H, U_GOOD, A_OTHER, B_WRONG, -6, true },
	{ "host address fails before the device half goes", PV, D | H, U_GOOD, A_OTHER, B_GOOD, -1,
	  true },
};

static void unmap_cases(struct fx *f)
{
	for (unsigned i = 0; i < sizeof(unmaps) / sizeof(*unmaps); i++) {
		const struct unmap_case *c = &unmaps[i];
		struct gnttab_map_grant_ref *op = fx_map_args(f, 0);
		struct gnttab_unmap_grant_ref *un = fx_unmap_args(f, 0);
		uint32_t handle[] = { 0, 256, ~0u, 77 };
		int status;
		bool live;

		if (!(c->kinds & kind()))
			continue;
		fx_grant(f, REF, 7, false);
		*op = (struct gnttab_map_grant_ref){ .host_addr = addr_of(f, c->map & PTE ? A_PTE
											  : A_SLOT),
						     .flags = c->map,
						     .ref = REF,
						     .dom = hv_domain_id(f->g) };
		if (hv_grant_table_op(f->mv, GNTTABOP_map_grant_ref, op, 1) || op->status) {
			ok(0, "%s: unmap: %s: map first", combo_name[which], c->name);
			continue;
		}
		handle[U_GOOD] = op->handle;
		*un = (struct gnttab_unmap_grant_ref){
			.host_addr = addr_of(f, c->addr),
			.handle = handle[c->handle],
			.dev_bus_addr = c->dev == B_NONE
						? 0
						: op->dev_bus_addr + (c->dev == B_WRONG ? 4096 : 0)
		};
		status =
			hv_grant_table_op(f->mv, GNTTABOP_unmap_grant_ref, un, 1) ? 99 : un->status;
		live = hv_domain_mappings(f->m) == 1;
		ok(status == c->status && live == c->live && !fx_check(f, true),
		   "%s: unmap: %s: %d (is %d)", combo_name[which], c->name, c->status, status);
		/* Whatever is left of it, a full unmap ends it, and a second one finds nothing. */
		*un = (struct gnttab_unmap_grant_ref){ .host_addr = op->host_addr,
						       .handle = op->handle,
						       .dev_bus_addr = op->dev_bus_addr };
		if (live)
			hv_grant_table_op(f->mv, GNTTABOP_unmap_grant_ref, un, 1);
		hv_grant_table_op(f->mv, GNTTABOP_unmap_grant_ref, un, 1);
		if (un->status != -4 || hv_domain_mappings(f->m))
			ok(0, "%s: unmap: %s: the handle is dead at last", combo_name[which],
			   c->name);
	}
	ok(!fx_check(f, true), "%s: nothing is left of the unmaps", combo_name[which]);
}

/* ---- copy: by the mapper; sides are its own frame or a reference of the granter ---- */

#define SRC  GNTCOPY_source_gref
#define DST  GNTCOPY_dest_gref
#define SELF DOMID_SELF

static const struct copy_case {
	const char *name;
	int kinds;
	uint16_t entry, entry2; /* flags of REF and REF2 */
	uint16_t flags;
	int sdom;
	uint64_t src; /* reference, or page number of the caller */
	unsigned soff;
	int ddom;
	uint64_t dst;
	unsigned doff, len;
	int status;
} copies[] = {
	{ "from a reference", ALL, PERMIT, 0, SRC, G, REF, 0, SELF, 4, 0, 4096, 0 },
	{ "to a reference", ALL, PERMIT, 0, DST, SELF, 4, 8, G, REF, 16, 100, 0 },
	{ "between references", ALL, PERMIT | RO, PERMIT, SRC | DST, G, REF, 0, G, REF2, 0, 4096,
	  0 },
	{ "between own frames", ALL, 0, 0, 0, SELF, 4, 0, SELF, 5, 0, 64, 0 },
	{ "nothing", ALL, PERMIT, 0, SRC, G, REF, 4096, SELF, 4, 4096, 0, 0 },
	{ "to a read-only entry", ALL, PERMIT | RO, 0, DST, SELF, 4, 0, G, REF, 0, 8, -1 },
	{ "from an invalid entry", ALL, 0, 0, SRC, G, REF, 0, SELF, 4, 0, 8, -1 },
	{ "from a transitive entry, v1", V1, GTF_transitive, 0, SRC, G, REF, 0, SELF, 4, 0, 8, -1 },
	{ "source past its page", ALL, PERMIT, 0, SRC, G, REF, 4090, SELF, 4, 0, 8, -10 },
	{ "destination past its page", ALL, PERMIT, 0, SRC, G, REF, 0, SELF, 4, 4095, 2, -10 },
	{ "source offset out of range", ALL, PERMIT, 0, SRC, G, REF, 65535, SELF, 4, 0, 1, -10 },
	{ "source frame of another", ALL, 0, 0, 0, G, 4, 0, SELF, 4, 0, 8, -8 },
	{ "destination frame of another", ALL, 0, 0, 0, SELF, 4, 0, G, 4, 0, 8, -8 },
	{ "no such source domain", ALL, 0, 0, SRC, NO_DOMAIN, REF, 0, SELF, 4, 0, 8, -2 },
	{ "no such destination domain", ALL, 0, 0, DST, SELF, 4, 0, NO_DOMAIN, REF, 0, 8, -2 },
	{ "bad source reference", ALL, 0, 0, SRC, G, 512, 0, SELF, 4, 0, 8, -3 },
	{ "bad destination reference", ALL, 0, 0, DST, SELF, 4, 0, G, 512, 0, 8, -3 },
	{ "bad source frame", ALL, 0, 0, 0, SELF, 0xfffff0, 0, SELF, 4, 0, 8, -9 },
	{ "bad destination frame", ALL, 0, 0, 0, SELF, 4, 0, SELF, 0xfffff0, 0, 8, -9 },
	/* Two at once. */
	{ "domain before permission, one side", ALL, 0, 0, 0, NO_DOMAIN, 4, 0, SELF, 4, 0, 8, -2 },
	{ "source domain before destination's permission", ALL, 0, 0, SRC, NO_DOMAIN, REF, 0, G, 4,
	  0, 8, -2 },
	{ "destination domain before source's permission", ALL, 0, 0, DST, G, 4, 0, NO_DOMAIN, REF,
	  0, 8, -2 },
	{ "source before destination's permission", ALL, 0, 0, SRC, G, 512, 0, G, 4, 0, 8, -3 },
	{ "destination's permission before its frame", ALL, 0, 0, 0, SELF, 4, 0, G, 0xfffff0, 0, 8,
	  -8 },
	{ "domains before references", ALL, 0, 0, SRC | DST, G, 512, 0, NO_DOMAIN, REF, 0, 8, -2 },
	{ "source before destination", ALL, 0, 0, SRC | DST, G, REF, 0, G, 512, 0, 8, -1 },
	{ "source frame before destination", ALL, 0, 0, DST, SELF, 0xfffff0, 0, G, 512, 0, 8, -9 },
	{ "reference before length", ALL, 0, 0, SRC, G, 512, 4090, SELF, 4, 0, 8, -3 },
	{ "destination before length", ALL, PERMIT, 0, SRC, G, REF, 4090, SELF, 0xfffff0, 0, 8,
	  -9 },
	{ "nothing is copied, but all is checked", ALL, 0, 0, SRC, G, 512, 0, SELF, 4, 0, 0, -3 },
};

static void copy_cases(struct fx *f)
{
	for (unsigned i = 0; i < sizeof(copies) / sizeof(*copies); i++) {
		const struct copy_case *c = &copies[i];
		struct gnttab_copy *op = (struct gnttab_copy *)f->margs;
		bool good;

		if (!(c->kinds & kind()))
			continue;
		fx_entry(f, REF, c->entry, hv_domain_id(f->m), hv_guest_frame(f->g, 7));
		fx_entry(f, REF2, c->entry2, hv_domain_id(f->m), hv_guest_frame(f->g, 8));
		*op = (struct gnttab_copy){ .source.domid = domain_of(f, c->sdom),
					    .source.offset = (uint16_t)c->soff,
					    .dest.domid = domain_of(f, c->ddom),
					    .dest.offset = (uint16_t)c->doff,
					    .len = (uint16_t)c->len,
					    .flags = c->flags,
					    .status = 99 };
		if (c->flags & SRC)
			op->source.u.ref = (grant_ref_t)c->src;
		else
			op->source.u.gmfn =
				c->src > 64 ? c->src : hv_guest_frame(f->m, (unsigned)c->src);
		if (c->flags & DST)
			op->dest.u.ref = (grant_ref_t)c->dst;
		else
			op->dest.u.gmfn =
				c->dst > 64 ? c->dst : hv_guest_frame(f->m, (unsigned)c->dst);
		fx_fill(f, 8, 0x11);
		good = !hv_grant_table_op(f->mv, GNTTABOP_copy, op, 1) && op->status == c->status;
		good &= !((*fx_use_word(f, REF) | *fx_use_word(f, REF2)) &
			  (GTF_reading | GTF_writing));
		ok(good, "%s: copy: %s: %d (is %d)", combo_name[which], c->name, c->status,
		   op->status);
	}
	ok(!fx_check(f, true), "%s: nothing is left of the copies", combo_name[which]);
}

/* ---- the whole call ---- */

enum where { W_OK, W_NULL, W_OUTSIDE, W_END, W_ODD };

static const struct call_case {
	const char *name;
	int kinds;
	unsigned cmd;
	enum where where;
	unsigned count;
	long rc;
} calls[] = {
	{ "map: nothing to do", ALL, GNTTABOP_map_grant_ref, W_OK, 0, 0 },
	{ "map: no buffer", ALL, GNTTABOP_map_grant_ref, W_NULL, 1, -EFAULT },
	{ "map: buffer of another domain", ALL, GNTTABOP_map_grant_ref, W_OUTSIDE, 1, -EFAULT },
	{ "map: buffer runs over the end", ALL, GNTTABOP_map_grant_ref, W_END, 2, -EFAULT },
	{ "map: more than any buffer", ALL, GNTTABOP_map_grant_ref, W_OK, 0x7fffffff, -EFAULT },
	{ "map: negative count", ALL, GNTTABOP_map_grant_ref, W_OK, 0x80000000, -EINVAL },
	{ "unmap: no buffer", ALL, GNTTABOP_unmap_grant_ref, W_NULL, 1, -EFAULT },
	{ "copy: buffer runs over the end", ALL, GNTTABOP_copy, W_END, 2, -EFAULT },
	{ "swap: no buffer", ALL, GNTTABOP_swap_grant_ref, W_NULL, 1, -EFAULT },
	{ "setup_table: no buffer", ALL, GNTTABOP_setup_table, W_NULL, 1, -EFAULT },
	{ "setup_table: count 0", ALL, GNTTABOP_setup_table, W_OK, 0, -EINVAL },
	{ "setup_table: count 2", ALL, GNTTABOP_setup_table, W_OK, 2, -EINVAL },
	{ "query_size: count 2", ALL, GNTTABOP_query_size, W_OK, 2, -EINVAL },
	{ "get_status_frames: count 2", PV, GNTTABOP_get_status_frames, W_OK, 2, -EINVAL },
	{ "get_status_frames, translated", TR, GNTTABOP_get_status_frames, W_OK, 1, -ENOSYS },
	{ "set_version: no buffer", ALL, GNTTABOP_set_version, W_NULL, 1, -EFAULT },
	{ "get_version: no buffer", ALL, GNTTABOP_get_version, W_NULL, 1, -EFAULT },
	{ "transfer: nothing to do", PV, GNTTABOP_transfer, W_OK, 0, 0 },
	{ "transfer: no buffer", PV, GNTTABOP_transfer, W_NULL, 1, -EFAULT },
	{ "transfer: buffer runs over the end", PV, GNTTABOP_transfer, W_END, 2, -EFAULT },
	{ "transfer, translated", TR, GNTTABOP_transfer, W_OK, 1, -ENOSYS },
	{ "dump_table", ALL, GNTTABOP_dump_table, W_OK, 1, -ENOSYS },
	{ "unmap_and_replace: no buffer", PV, GNTTABOP_unmap_and_replace, W_NULL, 1, -EFAULT },
	{ "unmap_and_replace: buffer runs over the end", PV, GNTTABOP_unmap_and_replace, W_END, 2,
	  -EFAULT },
	{ "cache_flush: no buffer", PV, GNTTABOP_cache_flush, W_NULL, 1, -EFAULT },
	{ "cache_flush: nothing to do", PV, GNTTABOP_cache_flush, W_OK, 0, 0 },
	{ "cache_flush: going on, nothing to do", PV, 0x1000 | GNTTABOP_cache_flush, W_OK, 0, 0 },
	{ "cache_flush: no buffer to go on with", PV, 0x1000 | GNTTABOP_cache_flush, W_NULL, 1,
	  -EFAULT },
	{ "cookie above transfer", PV, 0x1000 | GNTTABOP_transfer, W_OK, 1, -EINVAL },
	{ "unmap_and_replace, translated", TR, GNTTABOP_unmap_and_replace, W_OK, 1, -ENOSYS },
	{ "cache_flush, translated", TR, GNTTABOP_cache_flush, W_OK, 1, -ENOSYS },
	{ "operation 13", ALL, 13, W_OK, 1, -ENOSYS },
	{ "operation 4095", ALL, 4095, W_OK, 1, -ENOSYS },
	{ "cookie above the operation", PV, 0x1000 | GNTTABOP_copy, W_OK, 1, -EINVAL },
	{ "cookie above the operation, translated", TR, 0x1000 | GNTTABOP_copy, W_OK, 1, -ENOSYS },
	/* Two at once. */
	{ "count before buffer: map", ALL, GNTTABOP_map_grant_ref, W_NULL, 0x80000000, -EINVAL },
	{ "count before buffer: setup_table", ALL, GNTTABOP_setup_table, W_NULL, 2, -EINVAL },
	{ "count before buffer: query_size", ALL, GNTTABOP_query_size, W_NULL, 0, -EINVAL },
	{ "count before buffer: get_status_frames", PV, GNTTABOP_get_status_frames, W_NULL, 0,
	  -EINVAL },
	{ "count before operation", PV, 13, W_NULL, 0x80000000, -EINVAL },
	{ "operation before count, translated", TR, 13, W_NULL, 0x80000000, -ENOSYS },
	{ "cookie before buffer", PV, 0x1000 | GNTTABOP_transfer, W_NULL, 1, -EINVAL },
	{ "count before cookie's operation", PV, 0x1000 | GNTTABOP_cache_flush, W_NULL, 0x80000000,
	  -EINVAL },
};

static void call_cases(struct fx *f)
{
	size_t bytes;
	uint8_t *args = hv_guest_args(f->m, &bytes);

	for (unsigned i = 0; i < sizeof(calls) / sizeof(*calls); i++) {
		const struct call_case *c = &calls[i];
		uint8_t *p[] = { args, NULL, f->gargs, args + bytes - 40, args + 2 };
		long rc;

		if (!(c->kinds & kind()))
			continue;
		memset(args, 0, 4096);
		rc = hv_grant_table_op(f->mv, c->cmd, p[c->where], c->count);
		ok(rc == c->rc, "%s: call: %s: %ld (is %ld)", combo_name[which], c->name, c->rc,
		   rc);
	}
	ok(!fx_check(f, true), "%s: nothing is left of the calls", combo_name[which]);
}

int main(void)
{
	for (which = 0; which < 4; which++) {
		enum hv_guest guest = which < 2 ? HV_GUEST_PV : HV_GUEST_TRANSLATED;
		struct fx_opts o = { .granter = { .guest = guest },
				     .mapper = { .guest = guest },
				     .version = 1 + which % 2 };
		struct fx f;

		o.host.audit = o.host.poison = true;
		if (!ok(!fx_open(&f, o), "%s: set up", combo_name[which]))
			continue;
		map_cases(&f);
		unmap_cases(&f);
		copy_cases(&f);
		call_cases(&f);
		fx_close(&f);
	}
	return tap_done();
}
