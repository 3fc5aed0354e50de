/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A translated domain whose pages are logged (f.g of the fixture), and a privileged one that asks (f.m). The toolstack's
 * arguments: an operation at the begin of its memory for them, the bitmap behind it.
 */
#ifndef HV_DIRTY_H
#define HV_DIRTY_H

#include "domctl.h"
#include "fixture.h"
#include "log_ops.h"
#include "log_trie.h"
#include "pt.h"
#include "shadow_op.h"

#define DIRTY_PAGES  1024u /* of the domain: two large entries */
#define DIRTY_BITMAP 4096u

__attribute__((unused)) static struct fx_opts dirty_opts(void)
{
	struct fx_opts o = { .granter = { .guest = HV_GUEST_TRANSLATED, .pages = DIRTY_PAGES },
			     .mapper = { .guest = HV_GUEST_TRANSLATED, .privileged = true } };

	return o;
}

__attribute__((unused)) static struct domctl *dirty_args(struct fx *f)
{
	return (struct domctl *)f->margs;
}

__attribute__((unused)) static uint64_t *dirty_bits(struct fx *f)
{
	return (uint64_t *)(f->margs + DIRTY_BITMAP);
}

/* The operation is in the toolstack's memory; pages 0: no bitmap. */
__attribute__((unused)) static struct domctl *dirty_prepare(struct fx *f, unsigned nr,
							    unsigned mode, uint64_t pages)
{
	struct domctl *c = dirty_args(f);

	*c = (struct domctl){ .cmd = DOMCTL_SHADOW_OP,
			      .interface_version = DOMCTL_INTERFACE,
			      .domain = hv_domain_id(f->g) };
	c->u.shadow_op.op = nr;
	c->u.shadow_op.mode = mode;
	c->u.shadow_op.pages = pages;
	c->u.shadow_op.bitmap = pages ? (uintptr_t)dirty_bits(f) : 0;
	return c;
}

__attribute__((unused)) static long dirty_op(struct fx *f, unsigned nr, unsigned mode,
					     uint64_t pages)
{
	return hv_domctl(f->mv, dirty_prepare(f, nr, mode, pages));
}

__attribute__((unused)) static bool dirty_has(struct fx *f, uint64_t gfn)
{
	return dirty_bits(f)[gfn / 64] >> gfn % 64 & 1;
}

/* Bits that are set of the first pages. */
__attribute__((unused)) static unsigned dirty_count(struct fx *f, unsigned pages)
{
	unsigned n = 0;

	for (unsigned i = 0; i < pages; i++)
		n += dirty_has(f, i);
	return n;
}

/* A word of the logged domain's own memory, by its vCPU. */
__attribute__((unused)) static int dirty_write(struct fx *f, uint64_t gfn, uint64_t value)
{
	return hv_guest_access(f->gv, gfn << HV_PAGE_SHIFT, 8, &value, sizeof(value), true);
}

__attribute__((unused)) static int dirty_read(struct fx *f, uint64_t gfn)
{
	uint64_t value;

	return hv_guest_access(f->gv, gfn << HV_PAGE_SHIFT, 8, &value, sizeof(value), false);
}

/* XEN_DMOP_modified_memory of one extent, by the toolstack. */
__attribute__((unused)) static long dirty_report(struct fx *f, uint64_t gfn, unsigned nr)
{
	struct dmop_buf *buf = (struct dmop_buf *)f->margs;
	struct dmop *op = (struct dmop *)(f->margs + 64);
	struct dmop_extent *e = (struct dmop_extent *)(f->margs + 256);

	*op = (struct dmop){ .op = DMOP_MODIFIED_MEMORY };
	op->u.modified_memory.nr_extents = 1;
	*e = (struct dmop_extent){ .first_pfn = gfn, .nr = nr };
	buf[0] = (struct dmop_buf){ (uintptr_t)op, sizeof(*op) };
	buf[1] = (struct dmop_buf){ (uintptr_t)e, sizeof(*e) };
	return hv_dm_op(f->mv, hv_domain_id(f->g), 2, buf);
}

/* XEN_DMOP_track_dirty_vram; bits behind the operation's page. */
__attribute__((unused)) static long dirty_vram(struct fx *f, uint64_t gfn, unsigned nr)
{
	struct dmop_buf *buf = (struct dmop_buf *)f->margs;
	struct dmop *op = (struct dmop *)(f->margs + 64);

	*op = (struct dmop){ .op = DMOP_TRACK_DIRTY_VRAM };
	op->u.track_dirty_vram.nr = nr;
	op->u.track_dirty_vram.first_pfn = gfn;
	buf[0] = (struct dmop_buf){ (uintptr_t)op, sizeof(*op) };
	buf[1] = (struct dmop_buf){ (uintptr_t)dirty_bits(f), (nr + 7) / 8 };
	return hv_dm_op(f->mv, hv_domain_id(f->g), 2, buf);
}

__attribute__((unused)) static bool dirty_open(struct fx *f, struct fx_opts o, const char *name)
{
	return ok(!fx_open(f, o), "%s: set up", name);
}

__attribute__((unused)) static void dirty_close(struct fx *f)
{
	ok(!fx_check(f, true), "invariants");
	fx_close(f);
}

/* Faults of its guest so far. */
__attribute__((unused)) static uint64_t dirty_exits(struct fx *f)
{
	return hv_vcpu_counters(f->gv)->exits;
}

/* A grant copy of 64 bytes into the page that is granted by ref, or out of it. 0, -errno, or the status. */
__attribute__((unused)) static long dirty_copy(struct fx *f, grant_ref_t ref, bool into)
{
	struct gnttab_copy *op = (struct gnttab_copy *)(f->margs + 8192);
	long rc;

	*op = (struct gnttab_copy){ .len = 64,
				    .flags = into ? GNTCOPY_dest_gref : GNTCOPY_source_gref };
	(into ? &op->source : &op->dest)->domid = DOMID_SELF;
	(into ? &op->source : &op->dest)->u.gmfn = hv_guest_frame(f->m, 3);
	(into ? &op->dest : &op->source)->domid = hv_domain_id(f->g);
	(into ? &op->dest : &op->source)->u.ref = ref;
	rc = hv_grant_table_op(f->mv, GNTTABOP_copy, op, 1);
	return rc ? rc : op->status;
}

#endif
