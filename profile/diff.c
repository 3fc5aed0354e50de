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

static void print_text(const struct pair *list, size_t n, const struct prof_op *op[2],
		       const struct funcs f[2])
{
	for (unsigned i = 0; i < 2; i++)
		printf("%c %s: %s, %" PRIu32 " in a hypercall: %.2f instructions each\n", "ab"[i],
		       op[i] -> cell, prof_cmd_name(op[i]->cmd) ? prof_cmd_name(op[i]->cmd) : "?",
		       op[i]->count, f[i].insns);
	printf("\n%10s %10s %10s %9s %9s  %s\n", "a", "b", "b - a", "calls a", "calls b",
	       "function");
	for (size_t i = 0; i < n; i++)
		printf("%10.2f %10.2f %+10.2f %9.4f %9.4f  %s%s%s%s\n", list[i].insns[0],
		       list[i].insns[1], change(&list[i]), list[i].calls[0], list[i].calls[1],
		       list[i].name, list[i].file ? " (" : "", list[i].file ? list[i].file : "",
		       list[i].file ? ")" : "");
	printf("%10.2f %10.2f %+10.2f %9s %9s  all\n", f[0].insns, f[1].insns,
	       f[1].insns - f[0].insns, "", "");
}

static void print_json(const struct pair *list, size_t n)
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
	struct funcs f[2];
	struct pair *list;
	size_t n = 0;

	funcs_make(&f[0], a, x, sa, o);
	funcs_make(&f[1], b, y, sb, o);
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
		print_json(list, n);
	else if (format == FORMAT_TEXT)
		print_text(list, n, op, f);
	else
		puts("function,file,a,b,calls_a,calls_b");
	for (size_t i = 0; format == FORMAT_CSV && i < n; i++)
		printf("%s,%s,%.6g,%.6g,%.6g,%.6g\n", list[i].name,
		       list[i].file ? list[i].file : "", list[i].insns[0], list[i].insns[1],
		       list[i].calls[0], list[i].calls[1]);
	free(list);
	funcs_free(&f[0]);
	funcs_free(&f[1]);
}
