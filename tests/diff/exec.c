// SPDX-License-Identifier: GPL-2.0-only
/* The executor: opening, names, and the guest's view of its own table. */
#include "exec.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <xen/xen.h>
#include <xen/grant_table.h>
#include <xen/memory.h>

#define STATUS_INDEX 0x80000000u /* XENMAPIDX_grant_table_status */
#define NO_HANDLE    0xfffffff0u

void diff_say(struct diff_exec *x, const char *fmt, ...)
{
	size_t room = x->at < DIFF_LINE ? DIFF_LINE - x->at : 0;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(room ? x->line + x->at : NULL, room, fmt, ap);
	va_end(ap);
	x->at += n > 0 ? (size_t)n : 0;
}

bool diff_alive(const struct diff_exec *x, unsigned dom)
{
	return dom < x->l->cfg.doms && !x->view[dom].dead && !x->view[dom].crashed;
}

long diff_call(struct diff_exec *x, unsigned dom, enum diff_call which, unsigned cmd, size_t off,
	       unsigned count)
{
	long rc = x->b->call(x->b, dom, which, cmd, off, count);

	if (rc == -EIO)
		x->view[dom].crashed = true;
	return rc;
}

int diff_frame(struct diff_exec *x, unsigned dom, uint64_t frame, unsigned off, void *buf,
	       unsigned len, bool write)
{
	int rc = x->b->frame(x->b, dom, frame, off, buf, len, write);

	if (rc == -EIO)
		x->view[dom].crashed = true;
	return rc;
}

int diff_touch(struct diff_exec *x, unsigned dom, uint64_t addr, unsigned off, void *buf,
	       unsigned len, bool write)
{
	int rc = x->b->touch(x->b, dom, addr, off, buf, len, write);

	if (rc == -EIO)
		x->view[dom].crashed = true;
	return rc;
}

/* ---- names to numbers ---- */

static const struct diff_op *find_op(const struct diff_list *l, unsigned id)
{
	unsigned lo = 0, hi = l->n;

	while (lo < hi) {
		unsigned mid = (lo + hi) / 2;

		if (l->op[mid].id < id)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < l->n && l->op[lo].id == id ? &l->op[lo] : NULL;
}

static uint64_t domain_id(const struct diff_exec *x, unsigned name)
{
	switch (name) {
	case DIFF_D0:
	case DIFF_D1:
		return name < x->l->cfg.doms ? x->dom[name].id : DIFF_NO_DOMID;
	case DIFF_SELF:
		return DOMID_SELF;
	case DIFF_IO:
		return DOMID_IO;
	case DIFF_XEN:
		return DOMID_XEN;
	case DIFF_COW:
		return DOMID_COW;
	case DIFF_INVALID:
		return DOMID_INVALID;
	case DIFF_IDLE:
		return DOMID_IDLE;
	case DIFF_DOM0:
		return 0;
	default:
		return DIFF_NO_DOMID;
	}
}

static uint64_t in_list(const uint64_t *list, unsigned n, unsigned i)
{
	return i < n && list[i] != DIFF_NOWHERE ? list[i] : DIFF_HOLE;
}

uint64_t diff_resolve(const struct diff_exec *x, unsigned dom, struct diff_value v)
{
	const struct diff_view *view = &x->view[v.dom % DIFF_DOMS];
	const struct diff_dom *d = &x->dom[v.dom % DIFF_DOMS];
	bool there = v.dom < x->l->cfg.doms;
	const struct diff_op *op;

	switch (v.type) {
	case DIFF_V_NUM:
		return v.n;
	case DIFF_V_DOM:
		return domain_id(x, v.dom);
	case DIFF_V_PAGE:
		/* A PV guest has no name for what it gave up. */
		if (!there || v.a >= DIFF_PAGES ||
		    (view->gone[v.a] && !x->l->cfg.translated[v.dom]))
			return DIFF_HOLE;
		return view->page[v.a] + v.n;
	case DIFF_V_GFRAME:
		return there ? in_list(view->gframe, DIFF_GRANT_FRAMES, v.a) : DIFF_HOLE;
	case DIFF_V_SFRAME:
		return there ? in_list(view->sframe, DIFF_STATUS_FRAMES, v.a) : DIFF_HOLE;
	case DIFF_V_SLOT:
		return there && v.a < DIFF_ROOM ? d->slot_addr[v.a] >> 12 : DIFF_HOLE;
	case DIFF_V_WINDOW:
		return there && x->l->cfg.translated[v.dom] ? d->window + v.a : DIFF_HOLE;
	case DIFF_V_ADDR:
		return v.a < DIFF_ROOM ? x->dom[dom].slot_addr[v.a] + v.n : v.n;
	case DIFF_V_PTE:
		return v.a < DIFF_ROOM ? x->dom[dom].slot_pte[v.a] + v.n : v.n;
	case DIFF_V_RAM:
		return x->l->cfg.translated[dom] && v.a < DIFF_PAGES
			       ? (x->view[dom].page[v.a] << 12) + v.n
			       : v.n;
	case DIFF_V_HANDLE:
		op = find_op(x->l, v.a);
		if (!op || v.b >= op->n || op->kind != DIFF_OP_map || op->out[v.b].status)
			return NO_HANDLE;
		return op->out[v.b].handle + v.n;
	case DIFF_V_BUS:
		op = find_op(x->l, v.a);
		if (!op || v.b >= op->n || op->kind != DIFF_OP_map || op->out[v.b].status)
			return v.n;
		return op->out[v.b].bus + v.n;
	case DIFF_V_BLOCK:
		return there ? d->block + v.a + v.n : DIFF_HOLE;
	case DIFF_V_TREE:
		op = find_op(x->l, v.a);
		if (!op || v.b >= op->n || op->kind != DIFF_OP_reg)
			return NO_HANDLE;
		return op->out[v.b].handle + v.n;
	case DIFF_V_MAPPED:
		op = find_op(x->l, v.a);
		if (!op || v.b >= op->n || op->kind != DIFF_OP_v3map)
			return NO_HANDLE;
		return op->out[v.b].handle + v.n;
	case DIFF_V_PORT:
		return x->dom[dom].port;
	default:
		return 0;
	}
}

/* ---- numbers to names ---- */

static bool say_if(struct diff_exec *x, const uint64_t *list, unsigned n, uint64_t frame,
		   uint64_t mask, char letter, unsigned dom)
{
	for (unsigned i = 0; i < n; i++) {
		if (list[i] == DIFF_NOWHERE || (list[i] & mask) != frame)
			continue;
		diff_say(x, "%c%u.%u", letter, dom, i);
		return true;
	}
	return false;
}

/* What one domain has under that frame number; gone: what it had. */
static bool say_of(struct diff_exec *x, unsigned dom, uint64_t frame, uint64_t mask, bool gone)
{
	const struct diff_view *v = &x->view[dom];
	const struct diff_dom *d = &x->dom[dom];

	for (unsigned i = 0; i < DIFF_PAGES; i++) {
		if (v->gone[i] != gone || (v->page[i] & mask) != frame)
			continue;
		diff_say(x, "p%u.%u", dom, i);
		return true;
	}
	if (gone)
		return false;
	if (!x->l->cfg.translated[dom])
		return say_if(x, v->gframe, DIFF_GRANT_FRAMES, frame, mask, 'g', dom) ||
		       say_if(x, v->sframe, DIFF_STATUS_FRAMES, frame, mask, 's', dom);
	if (frame - (d->window & mask) < DIFF_WINDOW) {
		diff_say(x, "w%u.%u", dom, (unsigned)(frame - (d->window & mask)));
		return true;
	}
	for (unsigned i = 0; i < DIFF_SLOTS; i++) {
		if (((d->slot_addr[i] >> 12) & mask) != frame)
			continue;
		diff_say(x, "m%u.%u", dom, i);
		return true;
	}
	return false;
}

/* Numbers that mean the same everywhere: references, and those with which entries are made. */
static bool is_plain(uint64_t frame)
{
	return frame < 64 || frame == DIFF_HOLE || frame >= UINT32_MAX;
}

void diff_say_frame(struct diff_exec *x, unsigned dom, uint64_t frame, bool v1)
{
	uint64_t mask = v1 ? UINT32_MAX : UINT64_MAX;
	bool pv = !x->l->cfg.translated[dom];

	if (is_plain(frame)) {
		diff_say(x, frame ? "%#lx" : "0", (unsigned long)frame);
		return;
	}
	for (int gone = 0; gone < 2; gone++) {
		if (say_of(x, dom, frame, mask, gone))
			return;
		/* Machine frames of PV guests have one meaning for all of them. */
		for (unsigned i = 0; i < x->l->cfg.doms && pv; i++)
			if (i != dom && !x->l->cfg.translated[i] && say_of(x, i, frame, mask, gone))
				return;
	}
	diff_say(x, "other");
}

/* What has been given up has no name: its frame may be anybody's by now. */
void diff_say_bus(struct diff_exec *x, uint64_t bus)
{
	unsigned i;

	for (i = 0; i < x->l->cfg.doms; i++)
		if (!x->l->cfg.translated[i] && say_of(x, i, bus >> 12, UINT64_MAX, false))
			goto offset;
	for (i = 0; i < x->buses && x->bus[i] != bus >> 12; i++)
		;
	if (i == x->buses && x->buses < DIFF_BUSES)
		x->bus[x->buses++] = bus >> 12;
	diff_say(x, "f%u", x->bus_base + i);
offset:
	if (bus & 0xfff)
		diff_say(x, "+%#lx", (unsigned long)(bus & 0xfff));
}

void diff_new_frames(struct diff_exec *x)
{
	x->bus_base += x->buses;
	x->buses = 0;
}

/* "h3/17": the fourth number seen, and the number itself, which a comparison may ignore. */
void diff_say_handle(struct diff_exec *x, unsigned dom, uint32_t handle)
{
	struct diff_view *v = &x->view[dom];
	unsigned i;

	for (i = 0; i < v->handles && v->handle[i] != handle; i++)
		;
	if (i == v->handles && v->handles < DIFF_HANDLES)
		v->handle[v->handles++] = handle;
	diff_say(x, "h%u/%u", i, handle);
}

void diff_say_domid(struct diff_exec *x, uint16_t id)
{
	char s[16];

	for (unsigned i = 0; i < DIFF_DOMNAMES; i++) {
		if ((i < DIFF_DOMS && i >= x->l->cfg.doms) || domain_id(x, i) != id)
			continue;
		diff_value_print(s, sizeof(s),
				 (struct diff_value){ .type = DIFF_V_DOM, .dom = (uint8_t)i });
		diff_say(x, "%s", s);
		return;
	}
	diff_say(x, "%#x", id);
}

bool diff_say_own_domid(struct diff_exec *x, uint16_t id)
{
	for (unsigned i = 0; i < x->l->cfg.doms; i++)
		if (x->dom[i].id == id) {
			diff_say(x, "d%u", i);
			return true;
		}
	return false;
}

/* ---- the table ---- */

void diff_forget_place(struct diff_exec *x, unsigned dom, uint64_t gfn)
{
	struct diff_view *v = &x->view[dom];

	for (unsigned k = 0; k < DIFF_GRANT_FRAMES; k++)
		if (v->gframe[k] == gfn)
			v->gframe[k] = DIFF_NOWHERE;
	for (unsigned k = 0; k < DIFF_STATUS_FRAMES; k++)
		if (v->sframe[k] == gfn)
			v->sframe[k] = DIFF_NOWHERE;
}

long diff_place(struct diff_exec *x, unsigned dom, unsigned space, uint64_t idx, uint64_t gfn)
{
	struct xen_add_to_physmap a = {
		.domid = DOMID_SELF, .space = space, .idx = idx, .gpfn = gfn
	};
	struct diff_view *v = &x->view[dom];
	bool status = idx & STATUS_INDEX;
	uint64_t i = idx & ~(uint64_t)STATUS_INDEX;
	long rc;

	memcpy(x->dom[dom].args, &a, sizeof(a));
	rc = diff_call(x, dom, DIFF_MEMORY, XENMEM_add_to_physmap, 0, 1);
	if (rc || space != XENMAPSPACE_grant_table)
		return rc;
	diff_forget_place(x, dom, gfn);
	if (status && i < DIFF_STATUS_FRAMES)
		v->sframe[i] = gfn;
	else if (!status && i < DIFF_GRANT_FRAMES)
		v->gframe[i] = gfn;
	return 0;
}

static void list_frames(struct diff_exec *x, unsigned dom, bool status, unsigned n, uint64_t *to)
{
	uint64_t list = x->dom[dom].args_addr + DIFF_LIST;
	struct gnttab_setup_table s = { .dom = DOMID_SELF, .nr_frames = n };
	struct gnttab_get_status_frames g = { .dom = DOMID_SELF, .nr_frames = n };
	uint8_t *args = x->dom[dom].args;
	long rc;

	set_xen_guest_handle(s.frame_list, (xen_pfn_t *)(uintptr_t)list);
	set_xen_guest_handle(g.frame_list, (uint64_t *)(uintptr_t)list);
	if (status)
		memcpy(args, &g, sizeof(g));
	else
		memcpy(args, &s, sizeof(s));
	rc = diff_call(x, dom, DIFF_GNTTAB,
		       status ? GNTTABOP_get_status_frames : GNTTABOP_setup_table, 0, 1);
	if (!rc)
		memcpy(to, args + DIFF_LIST, n * sizeof(*to));
}

void diff_refresh(struct diff_exec *x, unsigned dom)
{
	struct gnttab_query_size q = { .dom = DOMID_SELF };
	struct gnttab_get_version g = { .dom = DOMID_SELF };
	struct diff_view *v = &x->view[dom];
	uint8_t *args = x->dom[dom].args;
	unsigned status;

	if (!diff_alive(x, dom))
		return;
	memcpy(args, &q, sizeof(q));
	diff_call(x, dom, DIFF_GNTTAB, GNTTABOP_query_size, 0, 1);
	memcpy(&q, args, sizeof(q));
	v->frames = q.nr_frames < DIFF_GRANT_FRAMES ? q.nr_frames : DIFF_GRANT_FRAMES;
	memcpy(args, &g, sizeof(g));
	diff_call(x, dom, DIFF_GNTTAB, GNTTABOP_get_version, 0, 1);
	memcpy(&g, args, sizeof(g));
	if (g.version != v->version)
		for (unsigned i = 0; i < DIFF_STATUS_FRAMES; i++)
			v->sframe[i] = DIFF_NOWHERE;
	v->version = g.version;
	status = v->version == 2 ? (v->frames + 7) / 8 : 0;
	if (!x->l->cfg.translated[dom]) {
		list_frames(x, dom, false, v->frames, v->gframe);
		if (status)
			list_frames(x, dom, true, status, v->sframe);
		return;
	}
	for (unsigned i = 0; i < v->frames; i++)
		if (v->gframe[i] == DIFF_NOWHERE)
			diff_place(x, dom, XENMAPSPACE_grant_table, i, x->dom[dom].window + i);
	for (unsigned i = 0; i < status; i++)
		if (v->sframe[i] == DIFF_NOWHERE)
			diff_place(x, dom, XENMAPSPACE_grant_table, i | STATUS_INDEX,
				   x->dom[dom].window + DIFF_WIN_STATUS + i);
}

void diff_fill_page(struct diff_exec *x, unsigned dom, unsigned page, uint64_t value)
{
	uint64_t buf[512],
		w = value * 0x9e3779b97f4a7c15ull + (page + 1) * 0xbf58476d1ce4e5b9ull + dom;

	for (unsigned i = 0; i < 512; i++) {
		w ^= w << 13;
		w ^= w >> 7;
		w ^= w << 17;
		buf[i] = w;
	}
	/* What a PV guest gave up may be its own again under no name, as a sink. */
	if (page < DIFF_PAGES && (!x->view[dom].gone[page] || x->l->cfg.translated[dom]))
		x->view[dom].node[page] =
			diff_frame(x, dom, x->view[dom].page[page], 0, buf, sizeof(buf), true) != 0;
}

int diff_exec_open(struct diff_exec *x, struct diff_backend *b, const struct diff_list *l,
		   char *line)
{
	int rc;

	memset(x, 0, sizeof(*x));
	x->b = b;
	x->l = l;
	x->line = line;
	rc = b->open(b, &l->cfg, x->dom);
	if (rc)
		return rc;
	for (unsigned d = 0; d < l->cfg.doms; d++) {
		struct gnttab_set_version s = { .version = 2 };
		struct diff_view *v = &x->view[d];

		memset(v->gframe, 0xff, sizeof(v->gframe));
		memset(v->sframe, 0xff, sizeof(v->sframe));
		memcpy(v->page, x->dom[d].page, sizeof(v->page));
		for (unsigned i = 0; i < DIFF_PAGES; i++)
			diff_fill_page(x, d, i, 1);
		v->version = 1;
		memcpy(x->dom[d].args, &s, sizeof(s));
		if (l->cfg.version == 2)
			diff_call(x, d, DIFF_GNTTAB, GNTTABOP_set_version, 0, 1);
		diff_refresh(x, d);
	}
	return 0;
}
