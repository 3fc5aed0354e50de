// SPDX-License-Identifier: GPL-2.0-only
/* The executor: entries, and everything visible at the end. */
#include "exec.h"

#include <errno.h>
#include <string.h>
#include <xen/xen.h>
#include <xen/grant_table.h>

bool diff_entry_access(struct diff_exec *x, unsigned dom, uint32_t ref, unsigned at, void *buf,
		       unsigned len, bool write)
{
	const struct diff_view *v = &x->view[dom];
	unsigned per = diff_per_frame(v), size = 4096 / per;

	if (ref / per >= v->frames || v->gframe[ref / per] == DIFF_NOWHERE)
		return false;
	return !diff_frame(x, dom, v->gframe[ref / per], ref % per * size + at, buf, len, write);
}

bool diff_status_access(struct diff_exec *x, unsigned dom, uint32_t ref, uint16_t *word, bool write)
{
	const struct diff_view *v = &x->view[dom];

	if (v->version != 2 || ref / 256 >= v->frames || v->sframe[ref / 2048] == DIFF_NOWHERE)
		return false;
	return !diff_frame(x, dom, v->sframe[ref / 2048], ref % 2048 * 2, word, 2, write);
}

void diff_forget_frame(struct diff_exec *x, uint64_t frame, bool given)
{
	for (unsigned d = 0; d < x->l->cfg.doms; d++) {
		const struct diff_view *v = &x->view[d];
		unsigned per = diff_per_frame(v), size = 4096 / per, at = v->version == 2 ? 8 : 4;
		uint64_t hole = DIFF_HOLE;
		uint8_t page[4096];

		if (x->l->cfg.translated[d] || !diff_alive(x, d))
			continue;
		if (x->l->cfg.version == 3)
			diff_v3_forget(x, d, frame);
		for (unsigned i = 0; i < v->frames * per; i++) {
			struct diff_entry e;

			if (i % per == 0 &&
			    diff_frame(x, d, v->gframe[i / per], 0, page, sizeof(page), false))
				break;
			diff_decode(&e, page + i % per * size, v->version);
			if ((e.frame ? e.frame : e.tref) != frame ||
			    (given && (e.flags & GTF_type_mask) == GTF_accept_transfer))
				continue;
			diff_entry_access(x, d, i, at, &hole, v->version == 2 ? 8 : 4, true);
		}
	}
}

void diff_decode(struct diff_entry *e, const void *at, unsigned version)
{
	union grant_entry_v2 e2;
	grant_entry_v1_t e1;

	memset(e, 0, sizeof(*e));
	if (version == 1) {
		memcpy(&e1, at, sizeof(e1));
		*e = (struct diff_entry){ .flags = e1.flags, .domid = e1.domid, .frame = e1.frame };
		return;
	}
	memcpy(&e2, at, sizeof(e2));
	e->flags = e2.hdr.flags;
	e->domid = e2.hdr.domid;
	if ((e->flags & GTF_type_mask) == GTF_transitive) {
		e->tdom = e2.transitive.trans_domid;
		e->tref = e2.transitive.gref;
		return;
	}
	e->frame = e2.full_page.frame;
	e->off = e2.sub_page.page_off;
	e->len = e2.sub_page.length;
}

bool diff_entry_read(struct diff_exec *x, unsigned dom, uint32_t ref, struct diff_entry *e)
{
	unsigned version = x->view[dom].version;
	uint8_t raw[16] = { 0 };

	if (!diff_entry_access(x, dom, ref, 0, raw, version == 2 ? 16 : 8, false))
		return false;
	diff_decode(e, raw, version);
	return version == 1 || diff_status_access(x, dom, ref, &e->status, false);
}

/* Did the domain write an entry with that offset? */
static bool offset_written(const struct diff_exec *x, unsigned dom, uint16_t off)
{
	const struct diff_op *op = x->l->op;

	for (unsigned i = 0; i < x->l->n && op[i].id <= x->now; i++)
		if (op[i].kind == DIFF_OP_entry && op[i].dom == dom &&
		    diff_field(&op[i], 0, 4)->type == DIFF_V_NUM &&
		    (uint16_t)diff_field(&op[i], 0, 4)->n == off)
			return true;
	return false;
}

/*
 * Without a length the offset may be of an entry of another kind: the domain that a transitive one
 * named, whose other half is DIFF_FILLER, or the frame of one of version 1.
 */
static void say_part(struct diff_exec *x, unsigned dom, const struct diff_entry *e)
{
	bool transitive = e->frame >> 32 == DIFF_FILLER;

	if (e->len || (!transitive && offset_written(x, dom, e->off))) {
		diff_say(x, " part %u+%u", e->off, e->len);
		return;
	}
	diff_say(x, " part ");
	if (!diff_say_own_domid(x, e->off))
		diff_say_frame(x, dom, e->off, true);
}

void diff_say_entry(struct diff_exec *x, unsigned dom, const struct diff_entry *e)
{
	bool v1 = x->view[dom].version == 1;

	diff_say(x, "flags %#x dom ", e->flags);
	diff_say_domid(x, e->domid);
	if (!v1 && (e->flags & GTF_type_mask) == GTF_transitive) {
		diff_say(x, " via ");
		diff_say_domid(x, e->tdom);
		diff_say(x, " ");
		/* Of an entry whose type was changed it is the frame that the entry named. */
		diff_say_frame(x, dom, e->tref, true);
	} else {
		diff_say(x, " frame ");
		diff_say_frame(x, dom, e->frame, v1);
		if (e->off || e->len)
			say_part(x, dom, e);
	}
	if (!v1)
		diff_say(x, " status %#x", e->status);
}

void diff_end_line(struct diff_exec *x, FILE *f)
{
	if (f && x->at)
		fprintf(f, "= %s\n", x->line);
	x->at = 0;
	x->line[0] = 0;
}

static bool blank(const struct diff_entry *e)
{
	static const struct diff_entry zero;

	return !memcmp(e, &zero, sizeof(zero));
}

/* All entries that are not empty; or, in_use, only those with marks of the hypervisor. */
static void say_table(struct diff_exec *x, unsigned dom, FILE *f, bool in_use)
{
	const struct diff_view *v = &x->view[dom];
	unsigned per = diff_per_frame(v), size = 4096 / per;
	uint16_t status[2048] = { 0 };
	uint8_t page[4096];

	for (unsigned i = 0; i < v->frames; i++) {
		bool there = v->gframe[i] != DIFF_NOWHERE &&
			     !diff_frame(x, dom, v->gframe[i], 0, page, sizeof(page), false);

		if (v->version == 2 && i % 8 == 0)
			there = there && v->sframe[i / 8] != DIFF_NOWHERE &&
				!diff_frame(x, dom, v->sframe[i / 8], 0, status, sizeof(status),
					    false);
		if (!there) {
			diff_say(x, "d%u frame %u out of reach", dom, i);
			diff_end_line(x, f);
		}
		for (unsigned k = 0; k < per && there; k++) {
			struct diff_entry e;

			diff_decode(&e, page + k * size, v->version);
			if (v->version == 2)
				e.status = status[(i * per + k) % 2048];
			if (blank(&e) || (in_use && !((v->version == 2 ? e.status : e.flags) &
						      (GTF_reading | GTF_writing))))
				continue;
			diff_say(x, "d%u entry %u ", dom, i * per + k);
			diff_say_entry(x, dom, &e);
			diff_end_line(x, f);
		}
	}
}

uint64_t diff_checksum(const void *from, unsigned n)
{
	const uint8_t *p = from;
	uint64_t h = 0xcbf29ce484222325ull;

	for (unsigned i = 0; i < n; i++)
		h = (h ^ p[i]) * 0x100000001b3ull;
	return h;
}

/* Is a frame of the table where the page was? Its content would be numbers that are each machine's
 * own. */
static bool holds_table(const struct diff_view *v, uint64_t frame)
{
	for (unsigned i = 0; i < DIFF_GRANT_FRAMES; i++)
		if (v->gframe[i] == frame)
			return true;
	for (unsigned i = 0; i < DIFF_STATUS_FRAMES; i++)
		if (v->sframe[i] == frame)
			return true;
	return false;
}

static void say_pages(struct diff_exec *x, unsigned dom, FILE *f)
{
	const struct diff_view *v = &x->view[dom];
	uint8_t page[4096];

	for (unsigned i = 0; i < DIFF_PAGES; i++) {
		if (v->gone[i] && !x->l->cfg.translated[dom])
			continue;
		diff_say(x, "d%u page %u ", dom, i);
		if (holds_table(v, v->page[i]))
			diff_say(x, "table");
		else if (v->node[i])
			diff_say(x, "node");
		else if (diff_frame(x, dom, v->page[i], 0, page, sizeof(page), false))
			diff_say(x, "none");
		else
			diff_say(x, "%016lx", (unsigned long)diff_checksum(page, sizeof(page)));
		diff_end_line(x, f);
	}
}

static bool live(const struct diff_list *l, const struct diff_op *map, unsigned item,
		 const struct diff_op *end)
{
	if (map->out[item].status != GNTST_okay)
		return false;
	/* Its number was handed out again: the later one is the live one. */
	for (const struct diff_op *op = map; op < end && op < l->op + l->n; op++)
		for (unsigned i = op == map ? item + 1 : 0;
		     op->kind == DIFF_OP_map && op->dom == map->dom && i < op->n; i++)
			if (op->out[i].status == GNTST_okay &&
			    op->out[i].handle == map->out[item].handle)
				return false;
	return true;
}

/* Unmap what may still be mapped: by the address and bus address of its map operation. */
static void unmap_all(struct diff_exec *x, FILE *f)
{
	const struct diff_list *l = x->l;
	struct gnttab_unmap_grant_ref u;

	for (unsigned i = 0; i < l->n; i++) {
		const struct diff_op *op = &l->op[i];

		for (unsigned k = 0; op->kind == DIFF_OP_map && k < op->n && diff_alive(x, op->dom);
		     k++) {
			uint64_t flags = diff_field(op, k, 1)->n;

			if (!live(l, op, k, l->op + l->n))
				continue;
			u = (struct gnttab_unmap_grant_ref){
				.host_addr =
					flags & GNTMAP_host_map
						? diff_resolve(x, op->dom, *diff_field(op, k, 0))
						: 0,
				.dev_bus_addr = flags & GNTMAP_device_map ? op->out[k].bus : 0,
				.handle = op->out[k].handle,
				.status = DIFF_UNSET,
			};
			memcpy(x->dom[op->dom].args, &u, sizeof(u));
			diff_call(x, op->dom, DIFF_GNTTAB, GNTTABOP_unmap_grant_ref, 0, 1);
			memcpy(&u, x->dom[op->dom].args, sizeof(u));
			diff_say(x, "d%u unmap h%u.%u %d", op->dom, op->id, k,
				 diff_alive(x, op->dom) ? u.status : -EIO);
			diff_end_line(x, f);
		}
	}
}

void diff_exec_finish(struct diff_exec *x, FILE *f)
{
	x->at = 0;
	for (unsigned d = 0; d < x->l->cfg.doms; d++) {
		diff_refresh(x, d);
		if (!diff_alive(x, d)) {
			diff_say(x, "d%u %s", d, x->view[d].dead ? "dead" : "crashed");
			diff_end_line(x, f);
			continue;
		}
		diff_say(x, "d%u version %u frames %u", d, x->view[d].version, x->view[d].frames);
		diff_end_line(x, f);
		say_table(x, d, f, false);
		say_pages(x, d, f);
	}
	unmap_all(x, f);
	if (x->l->cfg.version == 3)
		diff_v3_finish(x, f);
	for (unsigned d = 0; d < x->l->cfg.doms; d++)
		if (diff_alive(x, d))
			say_table(x, d, f, true);
}
