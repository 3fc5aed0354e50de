// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stacks: a node of the profile is a chain of return addresses, so that its functions are those
 * that the calls are in, and the last one is the block's own. A function that was left by a jump to
 * another one is not in it.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "prof.h"

#define DEPTH 260 /* more than a stack of the plugin can have */

struct frame {
	const char *name;
	struct frame *child, *sibling;
	double value;
};

static const char *name_of(const struct syms *s, uint64_t addr, const struct func_opts *o)
{
	const struct sym *y = syms_find(s, addr);

	return !y ? "?" : o->split ? y->name : s->list[y->function].base;
}

static struct frame *child(struct frame *f, const char *name)
{
	struct frame *c;

	for (c = f->child; c && strcmp(c->name, name);)
		c = c->sibling;
	if (c)
		return c;
	c = calloc(1, sizeof(*c));
	if (!c)
		prof_die(PROF_FAIL, "out of memory");
	*c = (struct frame){ .name = name, .sibling = f->child };
	f->child = c;
	return c;
}

/* Walk down from the root along a node's calls. */
static struct frame *walk(struct frame *root, const struct prof *p, uint32_t node,
			  const struct syms *s, const struct func_opts *o)
{
	const char *names[DEPTH];
	unsigned n = 0;

	for (; node && n < DEPTH; node = p->nodes[node].parent)
		if (p->nodes[node].kind == PROF_CALL)
			names[n++] = name_of(s, p->nodes[node].addr - 1, o);
		else if (p->nodes[node].kind == PROF_INTERRUPT)
			names[n++] = "interrupt";
	while (n--)
		root = child(root, names[n]);
	return root;
}

static void add_count(struct frame *at, const struct prof_block *b, unsigned done, double v,
		      const struct syms *s, const struct func_opts *o)
{
	uint64_t pc = b->pc;

	for (unsigned i = 0; i < done; i++) {
		child(at, name_of(s, pc, o))->value += v;
		pc += b->len[i];
	}
}

static void build(struct frame *root, const struct prof *p, const struct prof_op *op,
		  const struct syms *s, const struct func_opts *o, double scale)
{
	for (size_t i = 0; i < p->ncounts; i++) {
		const struct prof_count *c = &p->counts[i];
		uint64_t v = c->op == op->id ? prof_value(c, p, o) : 0;

		if (v)
			add_count(walk(root, p, c->node, s, o), &p->blocks[c->block], c->done,
				  (double)v * scale, s, o);
	}
}

static void release(struct frame *f)
{
	while (f->child) {
		struct frame *c = f->child;

		f->child = c->sibling;
		release(c);
		free(c);
	}
}

static void fold(const struct frame *f, char *path, size_t len, size_t size)
{
	for (const struct frame *c = f->child; c; c = c->sibling) {
		int n = snprintf(path + len, size - len, ";%s", c->name);

		if (n < 0 || (size_t)n >= size - len)
			prof_die(PROF_FAIL, "a stack is too deep to print");
		if (c->value > 0)
			printf("%s %.0f\n", path, c->value);
		fold(c, path, len + (size_t)n, size);
		path[len] = '\0';
	}
}

void stacks_folded(const struct prof *p, const struct prof_select *sel, const struct syms *s,
		   const struct func_opts *o)
{
	static char path[65536];

	for (size_t i = 0; i < p->nops; i++) {
		struct frame root = { .name = "" };
		const char *name = prof_cmd_name(p->ops[i].cmd);

		if (!prof_selected(sel, &p->ops[i]))
			continue;
		build(&root, p, &p->ops[i], s, o, 1);
		fold(&root, path,
		     (size_t)snprintf(path, sizeof(path), "%s;%s:%" PRIu32, p->ops[i].cell,
				      name ? name : "?", p->ops[i].count),
		     sizeof(path));
		release(&root);
	}
}

/* ---- flame graph ---- */

#define WIDTH	1200.0
#define ROW	18
#define MARGIN	10
#define PER_CHR 6.6 /* of the font, in pixels */

static double total(const struct frame *f)
{
	double v = f->value;

	for (const struct frame *c = f->child; c; c = c->sibling)
		v += total(c);
	return v;
}

static unsigned height(const struct frame *f)
{
	unsigned h = 0;

	for (const struct frame *c = f->child; c; c = c->sibling) {
		unsigned n = 1 + height(c);

		h = n > h ? n : h;
	}
	return h;
}

/* By name, so that two graphs of like things look alike. */
static void sort(struct frame *f)
{
	struct frame *sorted = NULL, *c, **at;

	while ((c = f->child)) {
		f->child = c->sibling;
		for (at = &sorted; *at && strcmp((*at)->name, c->name) < 0;)
			at = &(*at)->sibling;
		c->sibling = *at;
		*at = c;
		sort(c);
	}
	f->child = sorted;
}

static unsigned hue(const char *name)
{
	unsigned h = 5381;

	for (; *name; name++)
		h = h * 33 + (unsigned char)*name;
	return h % 50;
}

static void draw(const struct frame *f, double x, double px, unsigned row, unsigned rows,
		 double all)
{
	double w = total(f) * px;
	unsigned y = 40 + (rows - row - 1) * ROW,
		 fits = w > 2 * PER_CHR ? (unsigned)((w - 6) / PER_CHR) : 0;

	if (w >= 0.1) {
		printf("<g><title>%s: %.2f instructions, %.2f of its own, %.1f %%</title><rect "
		       "x=\"%.1f\" y=\"%u\" "
		       "width=\"%.1f\" height=\"%u\" fill=\"hsl(%u,75%%,62%%)\"/>",
		       f->name, total(f), f->value, 100 * total(f) / all, x, y, w, ROW - 1,
		       5 + hue(f->name));
		if (fits >= 3)
			printf("<text x=\"%.1f\" y=\"%u\">%.*s%s</text>", x + 3, y + ROW - 5,
			       (int)(strlen(f->name) > fits ? fits - 2 : fits), f->name,
			       strlen(f->name) > fits ? ".." : "");
		puts("</g>");
	}
	for (const struct frame *c = f->child; c; c = c->sibling) {
		draw(c, x, px, row + 1, rows, all);
		x += total(c) * px;
	}
}

/* A frame's own instructions are a child of the same name in the tree, since the leaf is by block:
 * fold it in. */
static void own(struct frame *f)
{
	struct frame **at = &f->child, *c;

	while ((c = *at)) {
		own(c);
		if (!strcmp(c->name, f->name) && !c->child) {
			f->value += c->value;
			*at = c->sibling;
			free(c);
		} else {
			at = &c->sibling;
		}
	}
}

void stacks_flame(const struct prof *p, const struct prof_op *op, const struct syms *s,
		  const struct func_opts *o)
{
	struct frame root = { .name = "all" };
	const char *name = prof_cmd_name(op->cmd);
	unsigned rows;

	build(&root, p, op, s, o, prof_scale(op, o));
	own(&root);
	sort(&root);
	rows = 1 + height(&root);
	printf("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%u\" "
	       "font-family=\"monospace\" "
	       "font-size=\"11\">\n<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n",
	       WIDTH + 2 * MARGIN, 50 + rows * ROW);
	printf("<text x=\"%u\" y=\"18\" font-size=\"13\">%s, %" PRIu32
	       " in a hypercall: %.1f instructions each</text>\n"
	       "<text x=\"%u\" y=\"34\">%s</text>\n",
	       MARGIN, name ? name : "?", op->count, total(&root), MARGIN, op->cell);
	draw(&root, MARGIN, WIDTH / total(&root), 0, rows, total(&root));
	puts("</svg>");
	release(&root);
}
