// SPDX-License-Identifier: GPL-2.0-only
/* The executor: hypercalls. */
#include "exec.h"

#include <errno.h>
#include <string.h>
#include <xen/xen.h>
#include <xen/grant_table.h>
#include <xen/memory.h>

/* What output fields hold before the call, to see what was written. */
#define HANDLE_UNSET 0xdeadbee0u
#define BUS_UNSET    0xfeedfacef00dull

union arg {
	struct gnttab_map_grant_ref map;
	struct gnttab_unmap_grant_ref unmap;
	struct gnttab_unmap_and_replace replace;
	struct gnttab_copy copy;
	struct gnttab_transfer transfer;
	struct gnttab_swap_grant_ref swap;
	struct gnttab_setup_table setup;
	struct gnttab_query_size query;
	struct gnttab_set_version setver;
	struct gnttab_get_version getver;
	struct gnttab_get_status_frames getstatus;
};

static const struct {
	unsigned cmd;
	size_t size;
} calls[DIFF_KINDS] = {
	[DIFF_OP_map] = { GNTTABOP_map_grant_ref, sizeof(struct gnttab_map_grant_ref) },
	[DIFF_OP_unmap] = { GNTTABOP_unmap_grant_ref, sizeof(struct gnttab_unmap_grant_ref) },
	[DIFF_OP_replace] = { GNTTABOP_unmap_and_replace, sizeof(struct gnttab_unmap_and_replace) },
	[DIFF_OP_copy] = { GNTTABOP_copy, sizeof(struct gnttab_copy) },
	[DIFF_OP_transfer] = { GNTTABOP_transfer, sizeof(struct gnttab_transfer) },
	[DIFF_OP_swap] = { GNTTABOP_swap_grant_ref, sizeof(struct gnttab_swap_grant_ref) },
	[DIFF_OP_setup] = { GNTTABOP_setup_table, sizeof(struct gnttab_setup_table) },
	[DIFF_OP_query] = { GNTTABOP_query_size, sizeof(struct gnttab_query_size) },
	[DIFF_OP_setver] = { GNTTABOP_set_version, sizeof(struct gnttab_set_version) },
	[DIFF_OP_getver] = { GNTTABOP_get_version, sizeof(struct gnttab_get_version) },
	[DIFF_OP_getstatus] = { GNTTABOP_get_status_frames,
				sizeof(struct gnttab_get_status_frames) },
};

static void fill(const struct diff_exec *x, const struct diff_op *op, unsigned i, union arg *a)
{
	uint64_t list = x->dom[op->dom].args_addr + DIFF_LIST, f[DIFF_FIELDS];

	for (unsigned k = 0; k < diff_fields(op->kind); k++)
		f[k] = diff_resolve(x, op->dom, *diff_field(op, i, k));
	memset(a, 0, sizeof(*a));
	switch (op->kind) {
	case DIFF_OP_map:
		a->map = (struct gnttab_map_grant_ref){ .host_addr = f[0],
							.flags = (uint32_t)f[1],
							.ref = (grant_ref_t)f[2],
							.dom = (domid_t)f[3],
							.status = DIFF_UNSET,
							.handle = HANDLE_UNSET,
							.dev_bus_addr = BUS_UNSET };
		break;
	case DIFF_OP_unmap:
		a->unmap = (struct gnttab_unmap_grant_ref){ .host_addr = f[0],
							    .dev_bus_addr = f[1],
							    .handle = (grant_handle_t)f[2],
							    .status = DIFF_UNSET };
		break;
	case DIFF_OP_replace:
		a->replace = (struct gnttab_unmap_and_replace){ .host_addr = f[0],
								.new_addr = f[1],
								.handle = (grant_handle_t)f[2],
								.status = DIFF_UNSET };
		break;
	case DIFF_OP_copy:
		a->copy = (struct gnttab_copy){ .len = (uint16_t)f[6],
						.flags = (uint16_t)f[7],
						.status = DIFF_UNSET };
		if (f[7] & GNTCOPY_source_gref)
			a->copy.source.u.ref = (grant_ref_t)f[0];
		else
			a->copy.source.u.gmfn = f[0];
		a->copy.source.domid = (domid_t)f[1];
		a->copy.source.offset = (uint16_t)f[2];
		if (f[7] & GNTCOPY_dest_gref)
			a->copy.dest.u.ref = (grant_ref_t)f[3];
		else
			a->copy.dest.u.gmfn = f[3];
		a->copy.dest.domid = (domid_t)f[4];
		a->copy.dest.offset = (uint16_t)f[5];
		break;
	case DIFF_OP_transfer:
		a->transfer = (struct gnttab_transfer){ .mfn = f[0],
							.domid = (domid_t)f[1],
							.ref = (grant_ref_t)f[2],
							.status = DIFF_UNSET };
		break;
	case DIFF_OP_swap:
		a->swap = (struct gnttab_swap_grant_ref){ .ref_a = (grant_ref_t)f[0],
							  .ref_b = (grant_ref_t)f[1],
							  .status = DIFF_UNSET };
		break;
	case DIFF_OP_setup:
		a->setup = (struct gnttab_setup_table){ .dom = (domid_t)f[0],
							.nr_frames = (uint32_t)f[1],
							.status = DIFF_UNSET };
		set_xen_guest_handle(a->setup.frame_list,
				     (xen_pfn_t *)(uintptr_t)(f[2] ? 0 : list));
		break;
	case DIFF_OP_query:
		a->query = (struct gnttab_query_size){ .dom = (domid_t)f[0],
						       .nr_frames = HANDLE_UNSET,
						       .max_nr_frames = HANDLE_UNSET,
						       .status = DIFF_UNSET };
		break;
	case DIFF_OP_setver:
		a->setver.version = (uint32_t)f[0];
		break;
	case DIFF_OP_getver:
		a->getver =
			(struct gnttab_get_version){ .dom = (domid_t)f[0], .version = DIFF_UNSET };
		break;
	case DIFF_OP_getstatus:
		a->getstatus = (struct gnttab_get_status_frames){ .dom = (domid_t)f[0],
								  .nr_frames = (uint32_t)f[1],
								  .status = DIFF_UNSET };
		set_xen_guest_handle(a->getstatus.frame_list,
				     (uint64_t *)(uintptr_t)(f[2] ? 0 : list));
		break;
	default:
		break;
	}
}

static void say_status(struct diff_exec *x, struct diff_out *o, int16_t status)
{
	o->status = status;
	if (status == DIFF_UNSET)
		diff_say(x, "-");
	else
		diff_say(x, "%d", status);
}

static void say_list(struct diff_exec *x, unsigned dom, unsigned nr, bool status)
{
	const uint64_t *known = status ? x->view[dom].sframe : x->view[dom].gframe;
	unsigned max = status ? DIFF_STATUS_FRAMES : DIFF_GRANT_FRAMES;
	uint64_t list[DIFF_GRANT_FRAMES];

	memcpy(list, x->dom[dom].args + DIFF_LIST, sizeof(list));
	for (unsigned i = 0; i < nr && i < max; i++) {
		diff_say(x, " ");
		if (x->l->cfg.translated[dom] && list[i] == UINT64_MAX)
			diff_say(x, "none");
		else if (x->l->cfg.translated[dom] || list[i] == known[i])
			diff_say_frame(x, dom, list[i], false);
		else
			diff_say(x, known[i] == DIFF_NOWHERE && list[i] ? "new" : "changed");
	}
}

/*
 * A page that was to be transferred may be gone whatever the status says: it is taken before most
 * checks. It is looked for by its frame: an earlier structure of the call may have given it to its
 * own domain, under another name.
 */
static void after_transfer(struct diff_exec *x, const struct diff_op *op, unsigned i,
			   const struct gnttab_transfer *a)
{
	const struct diff_value to = *diff_field(op, i, 1);
	struct diff_view *v = &x->view[op->dom], *w;
	uint64_t frame = a->mfn, probe;
	unsigned page;

	for (page = 0; page < DIFF_PAGES && (v->gone[page] || v->page[page] != frame); page++)
		;
	if (page == DIFF_PAGES || !diff_frame(x, op->dom, frame, 0, &probe, sizeof(probe), false))
		return;
	v->gone[page] = true;
	diff_forget_frame(x, frame, !a->status);
	if (a->status || to.type != DIFF_V_DOM || to.dom >= x->l->cfg.doms)
		return;
	w = &x->view[to.dom];
	for (unsigned k = 0; k < DIFF_PAGES && !x->l->cfg.translated[to.dom]; k++) {
		if (!w->gone[k])
			continue;
		w->page[k] = frame;
		w->gone[k] = false;
		diff_say(x, " p%u.%u", to.dom, k);
		break;
	}
}

/* The slot that an address names: entries are 8 bytes apart. */
static unsigned slot_of(struct diff_value v)
{
	if (v.type == DIFF_V_ADDR)
		return v.a + (unsigned)(v.n >> 12);
	return v.type == DIFF_V_PTE ? v.a + (unsigned)(v.n / 8) : DIFF_SLOTS;
}

static void lose(struct diff_exec *x, unsigned dom)
{
	x->lost = true;
	if (x->b->flush)
		x->b->flush(x->b, dom);
}

static void track(struct diff_exec *x, const struct diff_op *op, unsigned i)
{
	struct diff_view *v = &x->view[op->dom];
	unsigned slot = slot_of(*diff_field(op, i, 0)), from, h;

	if (x->l->cfg.translated[op->dom]) {
		/* A frame of the table was in the way: what is written there goes to the granter's
		 * page now, and entries have numbers that are each machine's own. */
		if (op->kind == DIFF_OP_map && op->out[i].status == GNTST_okay &&
		    (diff_field(op, i, 1)->n & GNTMAP_host_map))
			diff_forget_place(x, op->dom,
					  diff_resolve(x, op->dom, *diff_field(op, i, 0)) >> 12);
		return;
	}
	if (op->kind == DIFF_OP_replace && op->out[i].status == GNTST_general_error) {
		/* It may have failed after the entry at the new address was taken away. */
		from = slot_of(*diff_field(op, i, 1));
		if (from < DIFF_SLOTS && v->used[from])
			lose(x, op->dom);
	}
	if (op->out[i].status != GNTST_okay)
		return;
	if (op->kind == DIFF_OP_map) {
		h = op->out[i].handle % DIFF_HANDLES;
		v->held[h].host = diff_field(op, i, 1)->n & GNTMAP_host_map;
		if (!v->held[h].host || slot >= DIFF_SLOTS)
			return;
		if (v->used[slot])
			lose(x, op->dom);
		v->used[slot] = true;
		v->held[h].slot = (uint16_t)slot;
		return;
	}
	h = (unsigned)diff_resolve(x, op->dom, *diff_field(op, i, 2)) % DIFF_HANDLES;
	if (!v->held[h].host || slot >= DIFF_SLOTS)
		return;
	v->held[h].host = false;
	v->used[slot] = false;
	if (op->kind != DIFF_OP_replace)
		return;
	/* What was at the new address is at the old one. */
	from = slot_of(*diff_field(op, i, 1));
	if (from >= DIFF_SLOTS)
		return;
	v->used[slot] = v->used[from];
	v->used[from] = false;
	for (h = 0; h < DIFF_HANDLES; h++)
		if (v->held[h].host && v->held[h].slot == from)
			v->held[h].slot = (uint16_t)slot;
}

static void say_result(struct diff_exec *x, struct diff_op *op, unsigned i, const union arg *a)
{
	struct diff_out *o = &op->out[i];

	o->status = DIFF_UNSET;
	switch (op->kind) {
	case DIFF_OP_map:
		say_status(x, o, a->map.status);
		if (a->map.status == GNTST_okay) {
			o->handle = a->map.handle;
			o->bus = a->map.dev_bus_addr;
			diff_say(x, " ");
			diff_say_handle(x, op->dom, o->handle);
			diff_say(x, " ");
			diff_say_bus(x, o->bus);
		} else {
			if (a->map.handle != HANDLE_UNSET)
				diff_say(x, " handle written");
			if (a->map.dev_bus_addr != BUS_UNSET)
				diff_say(x, " dev_bus_addr written");
		}
		break;
	case DIFF_OP_unmap:
		say_status(x, o, a->unmap.status);
		break;
	case DIFF_OP_replace:
		say_status(x, o, a->replace.status);
		break;
	case DIFF_OP_copy:
		say_status(x, o, a->copy.status);
		break;
	case DIFF_OP_transfer:
		say_status(x, o, a->transfer.status);
		after_transfer(x, op, i, &a->transfer);
		break;
	case DIFF_OP_swap:
		say_status(x, o, a->swap.status);
		break;
	case DIFF_OP_setup:
		say_status(x, o, a->setup.status);
		if (a->setup.status == GNTST_okay)
			say_list(x, op->dom, a->setup.nr_frames, false);
		break;
	case DIFF_OP_query:
		say_status(x, o, a->query.status);
		diff_say(x, " %u/%u", a->query.nr_frames, a->query.max_nr_frames);
		break;
	case DIFF_OP_setver:
		diff_say(x, "v%u", a->setver.version);
		break;
	case DIFF_OP_getver:
		diff_say(x, "v%u", a->getver.version);
		break;
	case DIFF_OP_getstatus:
		say_status(x, o, a->getstatus.status);
		if (a->getstatus.status == GNTST_okay)
			say_list(x, op->dom, a->getstatus.nr_frames, true);
		break;
	default:
		break;
	}
}

static void grant_op(struct diff_exec *x, struct diff_op *op)
{
	size_t size = calls[op->kind].size;
	union arg a;

	/* A structure may name what an earlier one of the same call returns only in later calls. */
	for (unsigned i = 0; i < op->n; i++) {
		fill(x, op, i, &a);
		memcpy(x->dom[op->dom].args + i * size, &a, size);
	}
	memset(x->dom[op->dom].args + DIFF_LIST, 0, DIFF_GRANT_FRAMES * 8);
	op->rc = diff_call(x, op->dom, DIFF_GNTTAB, calls[op->kind].cmd, 0, op->n);
	if (!diff_alive(x, op->dom))
		return;
	diff_say(x, "%ld", op->rc);
	if (op->kind == DIFF_OP_transfer)
		diff_new_frames(x);
	for (unsigned i = 0; i < op->n; i++) {
		memcpy(&a, x->dom[op->dom].args + i * size, size);
		diff_say(x, i ? "; " : " | ");
		say_result(x, op, i, &a);
		if (op->kind == DIFF_OP_map || op->kind == DIFF_OP_unmap ||
		    op->kind == DIFF_OP_replace)
			track(x, op, i);
	}
	if (op->kind == DIFF_OP_setup || op->kind == DIFF_OP_setver) {
		diff_new_frames(x);
		diff_refresh(x, op->dom);
	}
}

static void raw(struct diff_exec *x, struct diff_op *op)
{
	memset(x->dom[op->dom].args, 0, DIFF_ARGS);
	op->rc = diff_call(x, op->dom, DIFF_GNTTAB, (unsigned)diff_field(op, 0, 0)->n,
			   diff_field(op, 0, 2)->n ? DIFF_NULL : 0,
			   (unsigned)diff_field(op, 0, 1)->n);
	if (diff_alive(x, op->dom))
		diff_say(x, "%ld", op->rc);
}

static void physmap(struct diff_exec *x, struct diff_op *op)
{
	op->rc = diff_place(x, op->dom, (unsigned)diff_field(op, 0, 0)->n, diff_field(op, 0, 1)->n,
			    diff_resolve(x, op->dom, *diff_field(op, 0, 2)));
	diff_new_frames(x);
	if (!diff_alive(x, op->dom))
		return;
	diff_say(x, "%ld", op->rc);
	/* It may have grown the table, or taken a frame of it from its place. */
	diff_refresh(x, op->dom);
}

/* Pages given back or asked for. A PV guest learns the new frame from the list. */
static void reservation(struct diff_exec *x, struct diff_op *op, bool add)
{
	struct xen_memory_reservation r = { .nr_extents = op->n, .domid = DOMID_SELF };
	struct diff_dom *d = &x->dom[op->dom];
	struct diff_view *v = &x->view[op->dom];
	bool translated = x->l->cfg.translated[op->dom];
	uint64_t list[DIFF_ITEMS];

	set_xen_guest_handle(r.extent_start, (xen_pfn_t *)(uintptr_t)(d->args_addr + DIFF_LIST));
	for (unsigned i = 0; i < op->n; i++) {
		const struct diff_value page = *diff_field(op, i, 0);

		list[i] = add && !translated ? page.a : diff_resolve(x, op->dom, page);
	}
	memcpy(d->args, &r, sizeof(r));
	memcpy(d->args + DIFF_LIST, list, op->n * sizeof(*list));
	op->rc = diff_call(x, op->dom, DIFF_MEMORY,
			   add ? XENMEM_populate_physmap : XENMEM_decrease_reservation, 0, 1);
	if (!diff_alive(x, op->dom))
		return;
	diff_say(x, "%ld", op->rc);
	memcpy(list, d->args + DIFF_LIST, op->n * sizeof(*list));
	diff_new_frames(x);
	for (unsigned i = 0; i < op->n && (long)i < op->rc; i++) {
		const struct diff_value page = *diff_field(op, i, 0);

		if (page.type != DIFF_V_PAGE || page.dom != op->dom || page.a >= DIFF_PAGES)
			continue;
		v->gone[page.a] = !add;
		if (translated)
			diff_forget_place(x, op->dom, v->page[page.a]);
		if (!add && !translated)
			diff_forget_frame(x, v->page[page.a], false);
		if (!add)
			continue;
		if (!translated)
			v->page[page.a] = list[i];
		diff_fill_page(x, op->dom, page.a, op->id + 2ull);
	}
	diff_refresh(x, op->dom);
}

void diff_exec_op(struct diff_exec *x, struct diff_op *op)
{
	size_t result;

	x->now = op->id;
	x->at = diff_op_print(x->line, DIFF_LINE, op);
	diff_say(x, " -> ");
	result = x->at;
	op->rc = 0;
	for (unsigned i = 0; i < op->n; i++)
		op->out[i] = (struct diff_out){ .status = DIFF_UNSET };
	op->crashed = !diff_alive(x, op->dom);
	if (op->crashed) {
		diff_say(x, "no domain");
		return;
	}
	if (op->kind == DIFF_OP_kill) {
		x->view[op->dom].dead = true;
		x->b->kill(x->b, op->dom);
		diff_say(x, "0");
	} else if (op->kind >= DIFF_OP_log) {
		diff_tools_op(x, op);
	} else if (op->kind >= DIFF_OP_reg) {
		diff_v3_op(x, op);
	} else if (op->kind == DIFF_OP_raw) {
		raw(x, op);
	} else if (op->kind == DIFF_OP_physmap) {
		physmap(x, op);
	} else if (op->kind == DIFF_OP_decrease || op->kind == DIFF_OP_populate) {
		reservation(x, op, op->kind == DIFF_OP_populate);
	} else if (op->kind < DIFF_OP_raw) {
		grant_op(x, op);
	} else {
		diff_guest_op(x, op);
	}
	op->crashed = op->kind != DIFF_OP_kill && !diff_alive(x, op->dom);
	if (!op->crashed)
		return;
	x->at = result;
	diff_say(x, "crash");
}
