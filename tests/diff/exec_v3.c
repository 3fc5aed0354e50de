// SPDX-License-Identifier: GPL-2.0-only
/* The executor: version 3. Its names, of trees and handles, are compared as they are: both hosts have one core. */
#include "exec.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <xen/xen.h>
#include <xen/grant_table.h>

#include "grant_v3.h"

/* What output fields hold before the call, to see what was written. */
#define BUS_UNSET  0xfeedfacef00dull
#define WORD_UNSET 0x5a5a

union arg {
	struct gnttab_v3_register reg;
	struct gnttab_v3_unregister unreg;
	struct gnttab_v3_set_root root;
	struct gnttab_v3_map map;
	struct gnttab_v3_unmap unmap;
	struct gnttab_v3_revoke revoke;
	struct gnttab_v3_protect protect;
	struct gnttab_v3_copy copy;
	struct gnttab_v3_query query;
	struct gnttab_v3_invalidate inval;
	struct gnttab_v3_notify_setup notify;
	struct gnttab_v3_bind bind;
	struct gnttab_v3_ack ack;
};

#define CALL(name)                                                                                 \
	{                                                                                          \
		GNTTABOP_v3_##name, sizeof(struct gnttab_v3_##name),                               \
			offsetof(struct gnttab_v3_##name, status)                                  \
	}
static const struct {
	unsigned cmd;
	size_t size, status; /* where in it the status is */
} calls[DIFF_KINDS] = {
	[DIFF_OP_reg] = CALL(register),
	[DIFF_OP_unreg] = CALL(unregister),
	[DIFF_OP_root] = CALL(set_root),
	[DIFF_OP_v3map] = CALL(map),
	[DIFF_OP_v3unmap] = CALL(unmap),
	[DIFF_OP_revoke] = CALL(revoke),
	[DIFF_OP_protect] = CALL(protect),
	[DIFF_OP_v3copy] = CALL(copy),
	[DIFF_OP_v3query] = CALL(query),
	[DIFF_OP_inval] = CALL(invalidate),
	[DIFF_OP_notify] = CALL(notify_setup),
	[DIFF_OP_bind] = CALL(bind),
	[DIFF_OP_ack] = CALL(ack),
};
#undef CALL

static void fill(const struct diff_exec *x, const struct diff_op *op, unsigned i, union arg *a)
{
	const int16_t unset = DIFF_UNSET;
	uint64_t f[DIFF_FIELDS];

	for (unsigned k = 0; k < diff_fields(op->kind); k++)
		f[k] = diff_resolve(x, op->dom, *diff_field(op, i, k));
	memset(a, 0, sizeof(*a));
	switch (op->kind) {
	case DIFF_OP_reg:
		a->reg = (struct gnttab_v3_register){ .dom = (uint16_t)f[0],
						      .flags = (uint16_t)f[1],
						      .levels = (uint8_t)f[2],
						      .max_maps = (uint8_t)f[3],
						      .root = f[4] };
		break;
	case DIFF_OP_unreg:
		a->unreg = (struct gnttab_v3_unregister){ .tree = (uint32_t)f[0] };
		break;
	case DIFF_OP_root:
		a->root = (struct gnttab_v3_set_root){ .root = f[0],
						       .tree = (uint32_t)f[1],
						       .levels = (uint8_t)f[2] };
		break;
	case DIFF_OP_v3map:
		a->map = (struct gnttab_v3_map){ .ref = f[0],
						 .addr = f[1],
						 .tree = (uint32_t)f[2],
						 .count = (uint32_t)f[3],
						 .dom = (uint16_t)f[4],
						 .flags = (uint16_t)f[5],
						 .done = (uint32_t)f[6],
						 .handle = (uint32_t)f[7],
						 .large = WORD_UNSET,
						 .dev_bus_addr = BUS_UNSET };
		break;
	case DIFF_OP_v3unmap:
		a->unmap = (struct gnttab_v3_unmap){ .tree = (uint32_t)f[0],
						     .handle = (uint32_t)f[1],
						     .dom = (uint16_t)f[2] };
		break;
	case DIFF_OP_revoke:
		a->revoke = (struct gnttab_v3_revoke){ .ref = f[0],
						       .count = f[1],
						       .done = f[2],
						       .tree = (uint32_t)f[3],
						       .flags = (uint16_t)f[4] };
		break;
	case DIFF_OP_protect:
		a->protect = (struct gnttab_v3_protect){ .ref = f[0],
							 .count = f[1],
							 .done = f[2],
							 .tree = (uint32_t)f[3],
							 .flags = (uint16_t)f[4] };
		break;
	case DIFF_OP_v3copy:
		a->copy = (struct gnttab_v3_copy){ .source = { .where = f[0],
							       .tree = (uint32_t)f[1],
							       .dom = (uint16_t)f[2],
							       .offset = (uint16_t)f[3] },
						   .dest = { .where = f[4],
							     .tree = (uint32_t)f[5],
							     .dom = (uint16_t)f[6],
							     .offset = (uint16_t)f[7] },
						   .len = (uint16_t)f[8],
						   .flags = (uint16_t)f[9] };
		break;
	case DIFF_OP_v3query:
		a->query = (struct gnttab_v3_query){ .ref = f[0],
						     .tree = (uint32_t)f[1],
						     .dom = (uint16_t)f[2],
						     .maps = WORD_UNSET };
		break;
	case DIFF_OP_inval:
		a->inval = (struct gnttab_v3_invalidate){ .ref = f[0],
							  .count = f[1],
							  .tree = (uint32_t)f[2] };
		break;
	case DIFF_OP_notify:
		a->notify = (struct gnttab_v3_notify_setup){ .status_frame = f[0],
							     .notice_frame = f[1],
							     .first = f[2],
							     .tree = (uint32_t)f[3],
							     .port = (uint32_t)f[4],
							     .order = (uint8_t)f[5] };
		break;
	case DIFF_OP_bind:
		a->bind = (struct gnttab_v3_bind){ .tree = (uint32_t)f[0],
						   .dom = (uint16_t)f[1],
						   .to = (uint16_t)f[2] };
		break;
	default:
		a->ack = (struct gnttab_v3_ack){ .tree = (uint32_t)f[0], .dom = (uint16_t)f[1] };
		break;
	}
	memcpy((uint8_t *)a + calls[op->kind].status, &unset, sizeof(unset));
}

static int16_t status_of(enum diff_kind kind, const union arg *a)
{
	int16_t status;

	memcpy(&status, (const uint8_t *)a + calls[kind].status, sizeof(status));
	return status;
}

static void say_map(struct diff_exec *x, const struct gnttab_v3_map *m, struct diff_out *o)
{
	o->handle = m->handle;
	o->done = m->done;
	diff_say(x, " %u v%u", m->done, m->handle);
	if (m->large != WORD_UNSET)
		diff_say(x, " large %u", m->large);
	if (m->dev_bus_addr == BUS_UNSET)
		return;
	o->bus = m->dev_bus_addr;
	diff_say(x, " ");
	diff_say_bus(x, m->dev_bus_addr);
}

static void say_result(struct diff_exec *x, struct diff_op *op, unsigned i, const union arg *a)
{
	struct diff_out *o = &op->out[i];

	o->status = status_of(op->kind, a);
	if (o->status == DIFF_UNSET)
		diff_say(x, "-");
	else
		diff_say(x, "%d", o->status);
	switch (op->kind) {
	case DIFF_OP_reg:
		o->handle = a->reg.tree;
		diff_say(x, " y%#x", a->reg.tree);
		break;
	case DIFF_OP_v3map:
		say_map(x, &a->map, o);
		break;
	case DIFF_OP_v3unmap:
		diff_say(x, "%s", a->unmap.revoked ? " revoked" : "");
		break;
	case DIFF_OP_revoke:
		o->done = (uint32_t)a->revoke.done;
		diff_say(x, " %lu %u %#x", (unsigned long)a->revoke.done, a->revoke.pages,
			 a->revoke.outcomes);
		break;
	case DIFF_OP_protect:
		diff_say(x, " %lu %u %#x", (unsigned long)a->protect.done, a->protect.pages,
			 a->protect.outcomes);
		break;
	case DIFF_OP_v3query:
		if (a->query.maps != WORD_UNSET)
			diff_say(x, " %u %u %u", a->query.maps, a->query.order, a->query.writes);
		break;
	default:
		break;
	}
}

/* What a mapping may have taken the place of: translated, a frame of the table. */
static void place(struct diff_exec *x, const struct diff_op *op, unsigned i)
{
	uint64_t gfn = diff_resolve(x, op->dom, *diff_field(op, i, 1)) >> 12;

	for (unsigned k = 0; k < op->out[i].done && x->l->cfg.translated[op->dom]; k++)
		diff_forget_place(x, op->dom, gfn + k);
}

static void hypercall(struct diff_exec *x, struct diff_op *op)
{
	size_t size = calls[op->kind].size;
	bool dom0 = op->kind == DIFF_OP_bind && diff_field(op, 0, 3)->n;
	union arg a;

	for (unsigned i = 0; i < op->n; i++) {
		fill(x, op, i, &a);
		memcpy(x->dom[op->dom].args + i * size, &a, size);
	}
	if (dom0) {
		fill(x, op, 0, &a);
		op->rc = x->b->toolstack(x->b, calls[op->kind].cmd, &a, size);
		memcpy(x->dom[op->dom].args, &a, size);
	} else {
		op->rc = diff_call(x, op->dom, DIFF_GNTTAB, calls[op->kind].cmd, 0, op->n);
	}
	if (!diff_alive(x, op->dom))
		return;
	diff_say(x, "%ld", op->rc);
	for (unsigned i = 0; i < op->n; i++) {
		memcpy(&a, x->dom[op->dom].args + i * size, size);
		diff_say(x, i ? "; " : " | ");
		say_result(x, op, i, &a);
		if (op->kind == DIFF_OP_v3map)
			place(x, op, i);
	}
}

/* Ones are no padding, no flags and no tree. */
static void raw3(struct diff_exec *x, struct diff_op *op)
{
	memset(x->dom[op->dom].args, 0xff, DIFF_ARGS);
	op->rc = diff_call(x, op->dom, DIFF_GNTTAB, (unsigned)diff_field(op, 0, 0)->n,
			   diff_field(op, 0, 2)->n ? DIFF_NULL : 0,
			   (unsigned)diff_field(op, 0, 1)->n);
	if (diff_alive(x, op->dom))
		diff_say(x, "%ld %016lx", op->rc,
			 (unsigned long)diff_checksum(x->dom[op->dom].args, 256));
}

void diff_v3_forget(struct diff_exec *x, unsigned dom, uint64_t frame)
{
	const struct diff_view *v = &x->view[dom];
	const uint64_t hole = (uint64_t)DIFF_HOLE << GNTV3_PAGE_SHIFT;
	uint64_t e[GNTV3_ENTRIES], new;

	for (unsigned p = 0; p < DIFF_PAGES; p++) {
		if (!v->node[p] || v->gone[p] ||
		    diff_frame(x, dom, v->page[p], 0, e, sizeof(e), false))
			continue;
		for (unsigned i = 0; i < GNTV3_ENTRIES; i++) {
			if ((e[i] & GNTV3_FRAME) >> GNTV3_PAGE_SHIFT != frame)
				continue;
			new = (e[i] & ~GNTV3_FRAME) | hole;
			diff_frame(x, dom, v->page[p], (unsigned)(i * sizeof(*e)), &new,
				   sizeof(new), true);
		}
	}
}

static void write_node(struct diff_exec *x, const struct diff_op *op)
{
	struct diff_view *v = &x->view[op->dom];
	uint64_t e[GNTV3_ENTRIES];
	int rc = 0;

	for (unsigned i = 0; i < op->n && !rc; i++) {
		uint64_t page = diff_field(op, i, 0)->n % DIFF_PAGES,
			 from = diff_field(op, i, 1)->n % GNTV3_ENTRIES,
			 n = diff_field(op, i, 2)->n,
			 frame = diff_resolve(x, op->dom, *diff_field(op, i, 3)),
			 step = diff_field(op, i, 4)->n, bits = diff_field(op, i, 5)->n;

		n = n > GNTV3_ENTRIES - from ? GNTV3_ENTRIES - from : n;
		for (uint64_t k = 0; k < n; k++)
			e[k] = ((frame + k * step) << GNTV3_PAGE_SHIFT & GNTV3_FRAME) | bits;
		rc = v->gone[page] && !x->l->cfg.translated[op->dom]
			     ? -EFAULT
			     : diff_frame(x, op->dom, v->page[page], (unsigned)(from * sizeof(*e)),
					  e, (unsigned)(n * sizeof(*e)), true);
		v->node[page] |= !rc;
	}
	diff_say(x, rc ? "none" : "0");
}

static void read_own(struct diff_exec *x, const struct diff_op *op)
{
	unsigned page = (unsigned)diff_field(op, 0, 0)->n % DIFF_PAGES;
	struct diff_view *v = &x->view[op->dom];
	uint64_t word = 0;

	if ((v->gone[page] && !x->l->cfg.translated[op->dom]) ||
	    diff_frame(x, op->dom, v->page[page], (unsigned)diff_field(op, 0, 1)->n & 0xff8, &word,
		       sizeof(word), false))
		diff_say(x, "none");
	else if (v->node[page])
		diff_say(x, "node");
	else
		diff_say(x, "%#lx", (unsigned long)word);
}

static void scan(struct diff_exec *x, unsigned dom, uint64_t addr, unsigned n)
{
	uint64_t word[DIFF_BLOCK];
	unsigned none = 0;
	int rc = x->b->scan(x->b, dom, addr, n, word);

	if (rc == -EIO)
		x->view[dom].crashed = true;
	for (unsigned i = 0; i < n && !rc; i++)
		none += word[i] == UINT64_MAX;
	if (!rc)
		diff_say(x, "%u of %u none, %016lx", none, n,
			 (unsigned long)diff_checksum(word, n * (unsigned)sizeof(*word)));
}

void diff_v3_op(struct diff_exec *x, struct diff_op *op)
{
	uint64_t n;
	int rc;

	switch (op->kind) {
	case DIFF_OP_raw3:
		raw3(x, op);
		break;
	case DIFF_OP_node:
		write_node(x, op);
		break;
	case DIFF_OP_own:
		read_own(x, op);
		break;
	case DIFF_OP_scan:
		n = diff_field(op, 0, 1)->n;
		scan(x, op->dom, diff_resolve(x, op->dom, *diff_field(op, 0, 0)),
		     n < DIFF_BLOCK ? (unsigned)n : DIFF_BLOCK);
		break;
	case DIFF_OP_events:
		rc = x->b->event(x->b, op->dom);
		if (rc == -EIO)
			x->view[op->dom].crashed = true;
		diff_say(x, rc == -ENOSYS ? "unseen" : "%d", rc);
		break;
	default:
		hypercall(x, op);
		break;
	}
}

/* By one structure; after a result that is not asked for. */
static void one(struct diff_exec *x, FILE *f, struct diff_op *op)
{
	struct diff_out out = { .status = DIFF_UNSET };

	op->n = 1;
	op->out = &out;
	diff_say(x, "d%u %s ", op->dom, diff_kind_name(op->kind));
	hypercall(x, op);
	diff_end_line(x, f);
}

static void end_mapping(struct diff_exec *x, FILE *f, const struct diff_op *map, unsigned i)
{
	struct diff_value v[3] = { *diff_field(map, i, 2),
				   { .n = map->out[i].handle },
				   *diff_field(map, i, 4) };
	struct diff_op op = { .kind = DIFF_OP_v3unmap, .dom = map->dom, .v = v };

	one(x, f, &op);
}

void diff_v3_finish(struct diff_exec *x, FILE *f)
{
	const struct diff_list *l = x->l;

	for (unsigned d = 0; d < l->cfg.doms; d++)
		for (unsigned s = 0; s < DIFF_ROOM && diff_alive(x, d); s += DIFF_BLOCK) {
			diff_say(x, "d%u slots %u ", d, s);
			scan(x, d, x->dom[d].slot_addr[s], DIFF_BLOCK);
			diff_end_line(x, f);
		}
	for (unsigned i = 0; i < l->n; i++)
		for (unsigned k = 0; l->op[i].kind == DIFF_OP_v3map && k < l->op[i].n; k++)
			if (l->op[i].out[k].done && diff_alive(x, l->op[i].dom))
				end_mapping(x, f, &l->op[i], k);
	for (unsigned i = 0; i < l->n; i++)
		for (unsigned k = 0; l->op[i].kind == DIFF_OP_reg && k < l->op[i].n; k++) {
			struct diff_value v = { .n = l->op[i].out[k].handle };
			struct diff_op op = { .kind = DIFF_OP_unreg, .dom = l->op[i].dom, .v = &v };

			if (!l->op[i].out[k].status && diff_alive(x, op.dom))
				one(x, f, &op);
		}
	for (unsigned d = 0; d < l->cfg.doms; d++)
		if (diff_alive(x, d)) {
			diff_say(x, "d%u block %016lx", d,
				 (unsigned long)diff_checksum(x->dom[d].words, DIFF_BLOCK * 4096));
			diff_end_line(x, f);
		}
}
