// SPDX-License-Identifier: GPL-2.0-only
/* The executor: what a toolstack does to a translated domain's pages. */
#include "exec.h"

#include <shadow_op.h>
#include <string.h>
#include <xen/xen.h>
#include <xen/memory.h>

#define BITS (8ull * 4096 * (DIFF_TOOLS_PAGES - 2)) /* that the bitmap has room for */

static uint64_t value(const struct diff_exec *x, const struct diff_op *op, unsigned i,
		      unsigned field)
{
	return diff_resolve(x, op->dom, *diff_field(op, i, field));
}

/* Which of the domain's named pages are dirty; behind the last byte that was asked for, nothing may be written. */
static void say_dirty(struct diff_exec *x, unsigned dom, const uint8_t *bits, uint64_t pages)
{
	for (unsigned i = 0; i < DIFF_PAGES; i++) {
		uint64_t gfn = x->view[dom].page[i];

		if (!(bits[gfn / 8] >> gfn % 8 & 1))
			continue;
		if (gfn < pages)
			diff_say(x, " p%u.%u", dom, i);
		else if (gfn / 8 > pages / 8)
			diff_say(x, " beyond");
	}
}

static void log_op(struct diff_exec *x, struct diff_op *op)
{
	uint64_t pages = value(x, op, 0, 2), nr = value(x, op, 0, 0);
	bool list = !value(x, op, 0, 3);
	uint8_t *args = x->b->tools_args(x->b), *bits = args + DIFF_TOOLS_BITS;
	struct domctl c = { .cmd = DOMCTL_SHADOW_OP,
			    .interface_version = DOMCTL_INTERFACE,
			    .domain = x->dom[op->dom].id };

	pages = pages < BITS ? pages : BITS;
	c.u.shadow_op.op = (uint32_t)nr;
	c.u.shadow_op.mode = (uint32_t)value(x, op, 0, 1);
	c.u.shadow_op.pages = pages;
	c.u.shadow_op.bitmap = list ? (uintptr_t)bits : 0;
	memset(bits, 0, BITS / 8);
	memcpy(args, &c, sizeof(c));
	op->rc = x->b->tools(x->b, DIFF_DOMCTL, 0);
	memcpy(&c, args, sizeof(c));
	diff_say(x, "%ld", op->rc);
	if (op->rc || (nr != SHADOW_CLEAN && nr != SHADOW_PEEK))
		return;
	diff_say(x, c.u.shadow_op.pages == pages ? " |" : " of fewer |");
	say_dirty(x, op->dom, bits, pages);
}

/* A toolstack's lists: of n numbers each, and of statuses. */
static void *list(struct diff_exec *x, unsigned i)
{
	return x->b->tools_args(x->b) + DIFF_TOOLS_LIST + i * DIFF_ITEMS * sizeof(uint64_t);
}

static void shift(struct diff_exec *x, struct diff_op *op)
{
	struct xen_add_to_physmap_batch b = { .domid = x->dom[op->dom].id,
					      .space = XENMAPSPACE_gmfn,
					      .size = (uint16_t)op->n };
	uint64_t *from = list(x, 0), *to = list(x, 1);
	int *status = list(x, 2);

	for (unsigned i = 0; i < op->n; i++) {
		from[i] = value(x, op, i, 0);
		to[i] = value(x, op, i, 1);
		status[i] = DIFF_UNSET;
	}
	set_xen_guest_handle(b.idxs, (xen_ulong_t *)from);
	set_xen_guest_handle(b.gpfns, (xen_pfn_t *)to);
	set_xen_guest_handle(b.errs, status);
	memcpy(x->b->tools_args(x->b), &b, sizeof(b));
	op->rc = x->b->tools(x->b, DIFF_MEMORY, XENMEM_add_to_physmap_batch);
	diff_say(x, "%ld |", op->rc);
	for (unsigned i = 0; i < op->n; i++) {
		op->out[i].status = status[i];
		diff_say(x, " %d", status[i]);
		if (!status[i])
			diff_forget_place(x, op->dom, to[i]);
	}
}

static void slide(struct diff_exec *x, struct diff_op *op)
{
	struct xen_add_to_physmap a = { .domid = x->dom[op->dom].id,
					.space = XENMAPSPACE_gmfn_range,
					.idx = value(x, op, 0, 0),
					.gpfn = value(x, op, 0, 1),
					.size = (uint16_t)value(x, op, 0, 2) };

	memcpy(x->b->tools_args(x->b), &a, sizeof(a));
	op->rc = x->b->tools(x->b, DIFF_MEMORY, XENMEM_add_to_physmap);
	diff_say(x, "%ld", op->rc);
	for (unsigned i = 0; i < value(x, op, 0, 2); i++)
		diff_forget_place(x, op->dom, a.gpfn + i);
}

/* What was had anew says nothing, until it is written to. */
static void write_to(struct diff_exec *x, const struct diff_op *op, uint64_t gfn)
{
	uint64_t page[512];

	for (unsigned i = 0; i < 512; i++)
		page[i] = (op->id + 1ull) << 32 | i;
	diff_frame(x, op->dom, gfn, 0, page, sizeof(page), true);
}

static void extents(struct diff_exec *x, struct diff_op *op, bool have)
{
	struct xen_memory_reservation r = { .domid = x->dom[op->dom].id,
					    .nr_extents = op->n,
					    .extent_order = (unsigned)value(x, op, 0, 1) };
	uint64_t *frame = list(x, 0);

	for (unsigned i = 0; i < op->n; i++)
		frame[i] = value(x, op, i, 0);
	set_xen_guest_handle(r.extent_start, (xen_pfn_t *)frame);
	memcpy(x->b->tools_args(x->b), &r, sizeof(r));
	op->rc = x->b->tools(x->b, DIFF_MEMORY,
			     have ? XENMEM_populate_physmap : XENMEM_decrease_reservation);
	diff_say(x, "%ld", op->rc);
	for (unsigned i = 0; i < op->n && (long)i < op->rc; i++) {
		uint64_t gfn = value(x, op, i, 0);

		diff_forget_place(x, op->dom, gfn);
		if (have && diff_alive(x, op->dom))
			write_to(x, op, gfn);
	}
}

void diff_tools_op(struct diff_exec *x, struct diff_op *op)
{
	switch (op->kind) {
	case DIFF_OP_log:
		log_op(x, op);
		break;
	case DIFF_OP_shift:
		shift(x, op);
		break;
	case DIFF_OP_slide:
		slide(x, op);
		break;
	default:
		extents(x, op, op->kind == DIFF_OP_have);
		break;
	}
	diff_new_frames(x);
}
