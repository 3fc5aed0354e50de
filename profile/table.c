// SPDX-License-Identifier: GPL-2.0-only
/* One operation, function by function. */
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>

#include "prof.h"

struct table {
	enum prof_format format;
	struct json_object *list;
	unsigned n;
};

struct table *table_begin(enum prof_format f)
{
	struct table *t = calloc(1, sizeof(*t));

	if (!t)
		prof_die(PROF_FAIL, "out of memory");
	t->format = f;
	if (f == FORMAT_JSON)
		t->list = json_object_new_array();
	return t;
}

static void add_text(const struct prof_op *op, const struct funcs *f, const struct func_opts *o,
		     unsigned top)
{
	double rest = 0;
	size_t i;

	printf("%s\n%s, %" PRIu32 " in a hypercall: %.2f instructions each, %s of %" PRIu64
	       " windows",
	       op->cell, prof_cmd_name(op->cmd) ? prof_cmd_name(op->cmd) : "?", op->count, f->insns,
	       o->mean ? "the mean" : "the least", op->windows);
	if (!o->mean)
		printf(" (%" PRIu64 " of them alike)", op->least_windows);
	printf("\n%" PRIu64 " to %" PRIu64 " instructions in a window; %" PRIu64
	       " interrupts of Xen's, %" PRIu64 " instructions, apart",
	       op->least, op->most, op->interrupts, op->interrupt_sum);
	if (op->cut)
		printf("; %" PRIu64 " windows not counted, their track was lost", op->cut);
	printf("\n\n%12s %10s  %s\n", "instructions", "calls", "function");
	for (i = 0; i < f->n && (!top || i < top); i++)
		printf("%12.2f %10.4f  %s%s%s%s\n", f->list[i].insns, f->list[i].calls,
		       f->list[i].name, f->list[i].file ? " (" : "",
		       f->list[i].file ? f->list[i].file : "", f->list[i].file ? ")" : "");
	for (size_t k = i; k < f->n; k++)
		rest += f->list[k].insns;
	if (i < f->n)
		printf("%12.2f %10s  %zu others\n", rest, "", f->n - i);
	printf("\n");
}

static struct json_object *function_json(const struct func *f)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "function", json_object_new_string(f->name));
	json_object_object_add(o, "file", f->file ? json_object_new_string(f->file) : NULL);
	json_object_object_add(o, "instructions", json_object_new_double(f->insns));
	json_object_object_add(o, "calls", json_object_new_double(f->calls));
	json_object_object_add(o, "locked", json_object_new_double(f->locked));
	json_object_object_add(o, "fences", json_object_new_double(f->fences));
	return o;
}

static struct json_object *op_json(const struct prof *p, const struct prof_op *op,
				   const struct funcs *f, const struct func_opts *opts,
				   unsigned top)
{
	struct json_object *o = json_object_new_object(), *list = json_object_new_array();
	const char *name = prof_cmd_name(op->cmd);
	const struct {
		const char *name;
		uint64_t v;
	} n[] = { { "count", op->count },
		  { "windows", op->windows },
		  { "skipped", op->skipped },
		  { "cut", op->cut },
		  { "least", op->least },
		  { "least_windows", op->least_windows },
		  { "most", op->most },
		  { "sum", op->sum },
		  { "interrupts", op->interrupts },
		  { "interrupt_instructions", op->interrupt_sum } };

	json_object_object_add(o, "run", json_object_new_string(p->path));
	json_object_object_add(o, "cell", json_object_new_string(op->cell));
	json_object_object_add(o, "op", name ? json_object_new_string(name) : NULL);
	for (size_t i = 0; i < sizeof(n) / sizeof(n[0]); i++)
		json_object_object_add(o, n[i].name, json_object_new_int64((int64_t)n[i].v));
	json_object_object_add(o, "of", json_object_new_string(opts->mean ? "mean" : "least"));
	json_object_object_add(o, "instructions", json_object_new_double(f->insns));
	for (size_t i = 0; i < f->n && (!top || i < top); i++)
		json_object_array_add(list, function_json(&f->list[i]));
	json_object_object_add(o, "functions", list);
	return o;
}

void table_add(struct table *t, const struct prof *p, const struct prof_op *op,
	       const struct syms *s, const struct func_opts *o, unsigned top)
{
	const char *name = prof_cmd_name(op->cmd);
	struct funcs f;

	funcs_make(&f, p, op, s, o);
	if (!t->n++ && t->format == FORMAT_CSV)
		puts("run,cell,op,count,function,file,instructions,calls,locked,fences");
	if (t->format == FORMAT_TEXT)
		add_text(op, &f, o, top);
	else if (t->format == FORMAT_JSON)
		json_object_array_add(t->list, op_json(p, op, &f, o, top));
	/* No name has a comma or a quote in it: a cell has no commas, a symbol neither. */
	for (size_t i = 0; t->format == FORMAT_CSV && i < f.n && (!top || i < top); i++)
		printf("%s,%s,%s,%" PRIu32 ",%s,%s,%.6g,%.6g,%.6g,%.6g\n", p->path, op->cell,
		       name ? name : "?", op->count, f.list[i].name,
		       f.list[i].file ? f.list[i].file : "", f.list[i].insns, f.list[i].calls,
		       f.list[i].locked, f.list[i].fences);
	funcs_free(&f);
}

void table_end(struct table *t)
{
	if (t->list) {
		puts(json_object_to_json_string_ext(t->list, JSON_C_TO_STRING_PRETTY));
		json_object_put(t->list);
	}
	free(t);
}
