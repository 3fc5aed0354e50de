// SPDX-License-Identifier: GPL-2.0-only
/* Two profiles, function by function. */
#include <inttypes.h>
#include <json-c/json.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "prof.h"

struct pair {
	const char *name, *file;
	double insns[2], calls[2];
};

/* Calls of a function by one of its callers. */
struct from {
	const char *name, *file, *caller;
	double calls[2];
};

struct froms {
	struct from *list;
	size_t n;
};

static bool same(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static struct pair *find(struct pair *list, size_t *n, const struct func *f)
{
	for (size_t i = 0; i < *n; i++)
		if (same(list[i].name, f->name) && same(list[i].file, f->file))
			return &list[i];
	list[*n] = (struct pair){ .name = f->name, .file = f->file };
	return &list[(*n)++];
}

static void add_call(struct froms *f, const struct call *c, unsigned k)
{
	size_t i;

	for (i = 0; i < f->n; i++)
		if (same(f->list[i].name, c->name) && same(f->list[i].file, c->file) &&
		    same(f->list[i].caller, c->caller))
			break;
	if (i == f->n) {
		f->list = prof_grow(f->list, f->n, sizeof(*f->list));
		f->list[f->n++] =
			(struct from){ .name = c->name, .file = c->file, .caller = c->caller };
	}
	f->list[i].calls[k] += c->calls;
}

/* The callers of a function, one after the other: 0, or one behind the last that was returned. */
static size_t next_from(const struct froms *f, size_t i, const struct pair *p)
{
	for (; i < f->n; i++)
		if (same(f->list[i].name, p->name) && same(f->list[i].file, p->file))
			return i + 1;
	return 0;
}

static double change(const struct pair *p)
{
	return p->insns[1] - p->insns[0];
}

static int by_change(const void *x, const void *y)
{
	double a = fabs(change(x)), b = fabs(change(y));

	/* Sums of fractions: less than this is none. */
	if (fabs(a - b) > 1e-9)
		return a > b ? -1 : 1;
	return strcmp(((const struct pair *)x)->name, ((const struct pair *)y)->name);
}

/* Who calls it more or less often. */
static void print_froms(const struct froms *f, const struct pair *p)
{
	for (size_t i = 0; (i = next_from(f, i, p));) {
		const struct from *x = &f->list[i - 1];

		if (fabs(x->calls[1] - x->calls[0]) > 1e-9)
			printf(", called by %s %+.4f", x->caller, x->calls[1] - x->calls[0]);
	}
}

static void print_text(const struct pair *list, size_t n, const struct froms *from,
		       const struct prof_op *op[2], const struct funcs f[2])
{
	for (unsigned i = 0; i < 2; i++)
		printf("%c %s: %s, %" PRIu32 " in a hypercall: %.2f instructions each\n", "ab"[i],
		       op[i] -> cell, prof_cmd_name(op[i]->cmd) ? prof_cmd_name(op[i]->cmd) : "?",
		       op[i]->count, f[i].insns);
	printf("\n%10s %10s %10s %9s %9s  %s\n", "a", "b", "b - a", "calls a", "calls b",
	       "function");
	for (size_t i = 0; i < n; i++) {
		printf("%10.2f %10.2f %+10.2f %9.4f %9.4f  %s%s%s%s", list[i].insns[0],
		       list[i].insns[1], change(&list[i]), list[i].calls[0], list[i].calls[1],
		       list[i].name, list[i].file ? " (" : "", list[i].file ? list[i].file : "",
		       list[i].file ? ")" : "");
		print_froms(from, &list[i]);
		putchar('\n');
	}
	printf("%10.2f %10.2f %+10.2f %9s %9s  all\n", f[0].insns, f[1].insns,
	       f[1].insns - f[0].insns, "", "");
}

static struct json_object *froms_json(const struct froms *f, const struct pair *p)
{
	struct json_object *all = json_object_new_array();

	for (size_t i = 0; (i = next_from(f, i, p));) {
		const struct from *x = &f->list[i - 1];
		struct json_object *o = json_object_new_object();

		json_object_object_add(o, "caller", json_object_new_string(x->caller));
		json_object_object_add(o, "calls_a", json_object_new_double(x->calls[0]));
		json_object_object_add(o, "calls_b", json_object_new_double(x->calls[1]));
		json_object_array_add(all, o);
	}
	return all;
}

static void print_json(const struct pair *list, size_t n, const struct froms *from)
{
	struct json_object *all = json_object_new_array();

	for (size_t i = 0; i < n; i++) {
		struct json_object *o = json_object_new_object();

		json_object_object_add(o, "function", json_object_new_string(list[i].name));
		json_object_object_add(o, "file",
				       list[i].file ? json_object_new_string(list[i].file) : NULL);
		json_object_object_add(o, "a", json_object_new_double(list[i].insns[0]));
		json_object_object_add(o, "b", json_object_new_double(list[i].insns[1]));
		json_object_object_add(o, "calls_a", json_object_new_double(list[i].calls[0]));
		json_object_object_add(o, "calls_b", json_object_new_double(list[i].calls[1]));
		json_object_object_add(o, "called_by", froms_json(from, &list[i]));
		json_object_array_add(all, o);
	}
	puts(json_object_to_json_string_ext(all, JSON_C_TO_STRING_PRETTY));
	json_object_put(all);
}

void diff_print(const struct prof *a, const struct prof_op *x, const struct syms *sa,
		const struct prof *b, const struct prof_op *y, const struct syms *sb,
		const struct func_opts *o, enum prof_format format, unsigned top)
{
	const struct prof_op *op[2] = { x, y };
	struct froms from = { NULL, 0 };
	struct calls calls[2];
	struct funcs f[2];
	struct pair *list;
	size_t n = 0;

	funcs_make(&f[0], a, x, sa, o);
	funcs_make(&f[1], b, y, sb, o);
	calls_make(&calls[0], a, x, sa, o);
	calls_make(&calls[1], b, y, sb, o);
	for (unsigned k = 0; k < 2; k++)
		for (size_t i = 0; i < calls[k].n; i++)
			add_call(&from, &calls[k].list[i], k);
	list = calloc(f[0].n + f[1].n + 1, sizeof(*list));
	if (!list)
		prof_die(PROF_FAIL, "out of memory");
	for (unsigned k = 0; k < 2; k++)
		for (size_t i = 0; i < f[k].n; i++) {
			struct pair *p = find(list, &n, &f[k].list[i]);

			p->insns[k] += f[k].list[i].insns;
			p->calls[k] += f[k].list[i].calls;
		}
	qsort(list, n, sizeof(*list), by_change);
	n = top && top < n ? top : n;
	if (format == FORMAT_JSON)
		print_json(list, n, &from);
	else if (format == FORMAT_TEXT)
		print_text(list, n, &from, op, f);
	else
		puts("function,file,a,b,calls_a,calls_b");
	for (size_t i = 0; format == FORMAT_CSV && i < n; i++)
		printf("%s,%s,%.6g,%.6g,%.6g,%.6g\n", list[i].name,
		       list[i].file ? list[i].file : "", list[i].insns[0], list[i].insns[1],
		       list[i].calls[0], list[i].calls[1]);
	free(list);
	free(from.list);
	for (unsigned k = 0; k < 2; k++) {
		funcs_free(&f[k]);
		calls_free(&calls[k]);
	}
}
