// SPDX-License-Identifier: GPL-2.0-only
/* Operations and lists of them. */
#include "diff.h"

#include <stdlib.h>
#include <string.h>

static const struct {
	const char *name, *fields;
} kinds[DIFF_KINDS] = {
#define X(name, fields) { #name, fields },
	DIFF_OPS(X)
#undef X
};

unsigned diff_fields(enum diff_kind kind)
{
	unsigned n = kinds[kind].fields[0] != 0;

	for (const char *p = kinds[kind].fields; *p; p++)
		n += *p == ' ';
	return n;
}

const char *diff_kind_name(enum diff_kind kind)
{
	return kinds[kind].name;
}

static void *need(void *p)
{
	if (!p) {
		fprintf(stderr, "diff: out of memory\n");
		exit(1);
	}
	return p;
}

struct diff_op *diff_list_add(struct diff_list *l, enum diff_kind kind, unsigned dom, unsigned n)
{
	struct diff_op *op;

	if (l->n == l->room) {
		l->room = l->room ? 2 * l->room : 256;
		l->op = need(realloc(l->op, l->room * sizeof(*l->op)));
	}
	op = &l->op[l->n];
	*op = (struct diff_op){ .kind = kind, .dom = dom, .n = n };
	op->id = l->n ? l->op[l->n - 1].id + 1 : 0;
	op->v = need(calloc((size_t)n * diff_fields(kind) + 1, sizeof(*op->v)));
	op->out = need(calloc((size_t)n + 1, sizeof(*op->out)));
	l->n++;
	return op;
}

void diff_list_free(struct diff_list *l)
{
	for (unsigned i = 0; i < l->n; i++) {
		free(l->op[i].v);
		free(l->op[i].out);
	}
	free(l->op);
	l->op = NULL;
	l->n = l->room = 0;
}

void diff_list_filter(struct diff_list *to, const struct diff_list *l, const bool *keep)
{
	*to = (struct diff_list){ .cfg = l->cfg, .seed = l->seed, .number = l->number };
	for (unsigned i = 0; i < l->n; i++) {
		const struct diff_op *from = &l->op[i];
		struct diff_op *op;

		if (!keep[i])
			continue;
		op = diff_list_add(to, from->kind, from->dom, from->n);
		op->id = from->id;
		memcpy(op->v, from->v, from->n * diff_fields(from->kind) * sizeof(*op->v));
	}
}
