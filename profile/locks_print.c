// SPDX-License-Identifier: GPL-2.0-only
/* Who waited for which lock, printed. */
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "locks.h"

static double ratio(uint64_t a, uint64_t b)
{
	return b ? (double)a / (double)b : 0;
}

static double beyond(const struct row *r)
{
	return (double)r->insns - r->least * (double)r->calls;
}

static const char *trust(const struct prof *p)
{
	return !strcmp(p->clock, "icount") ? "repeatable"
	       : !strcmp(p->clock, "free") ? "untrusted"
					   : "unknown";
}

static void print_label(const struct prof *p)
{
	bool exact = !strcmp(p->clock, "icount");

	printf("%s, %u CPU%s: ", p->path, p->cpus, p->cpus == 1 ? "" : "s");
	if (exact && p->cpus == 1)
		printf("instruction clock; nobody waits for a lock");
	else if (exact)
		printf("instruction clock, in turn%s%s%s: the same in every boot; who waits gives "
		       "up the turn",
		       p->turn[0] ? ", at most " : "", p->turn,
		       p->turn[0] ? " instructions each" : "");
	else if (!strcmp(p->clock, "free"))
		printf("UNTRUSTED: the emulator ran freely; other figures in every boot");
	else
		printf("it is not known which clock the emulator had");
	printf("\n\n");
}

static bool beside(const struct group *a, const struct group *b)
{
	return !locks_compare(a, b);
}

static const struct row *same_row(const struct group *g, const struct row *r)
{
	for (size_t i = 0; i < g->n; i++)
		if (g->rows[i].function == r->function && g->rows[i].caller == r->caller)
			return &g->rows[i];
	return NULL;
}

static void print_row(const struct group *g, const struct row *r)
{
	const char *threads = strstr(g->op->cell, "/threads:");
	char beyond_call[24] = "-", share[24] = "-";

	if (r->least > 0 && r->calls)
		snprintf(beyond_call, sizeof(beyond_call), "%.3f", beyond(r) / (double)r->calls);
	if (r->calls)
		snprintf(share, sizeof(share), "%.3f %%", 100 * ratio(r->waited, r->calls));
	printf("%7.*s %10" PRIu64 " %8" PRIu64 " %10s %9.2f %11s  %s, %s%s\n",
	       threads ? (int)strspn(threads + 9, "0123456789") : 1, threads ? threads + 9 : "-",
	       r->calls, r->waited, share, ratio(r->rounds, r->waited), beyond_call,
	       r->function->base, r->caller, r->lock ? "" : " (no lock)");
}

/* What was called less often than in every second hypercall, and never waited, is not of it. */
static bool matters(const struct group *g, const struct row *r)
{
	return r->waited || 2 * r->calls >= g->windows;
}

/* Groups that differ only in the number of threads are neighbours, those with more behind. */
static size_t end_of(const struct group *all, size_t n, size_t from)
{
	size_t to = from + 1;

	while (to < n && beside(&all[from], &all[to]))
		to++;
	return to;
}

static bool printed(const struct group *from, const struct group *to, const struct row *r)
{
	for (; from < to; from++) {
		const struct row *x = same_row(from, r);

		if (x && matters(from, x))
			return true;
	}
	return false;
}

/* Rows in the order of the group with the most threads, and what only others have. */
static void print_text(const struct group *from, const struct group *to)
{
	const char *name = prof_cmd_name(from->op->cmd);
	char cell[LOCKS_CELL];

	locks_without_threads(from->op->cell, cell);
	printf("%s\n%s, %" PRIu32 " in a hypercall\n", cell, name ? name : "?", from->op->count);
	for (const struct group *g = from; g < to; g++)
		printf("%s: %" PRIu64 " hypercalls on %u CPU%s\n", g->op->cell, g->windows, g->cpus,
		       g->cpus == 1 ? "" : "s");
	printf("\n%7s %10s %8s %10s %9s %11s  %s\n", "threads", "calls", "waited", "share",
	       "rounds/w", "beyond/call", "function, from");
	for (const struct group *g = to; g-- > from;)
		for (size_t k = 0; k < g->n; k++) {
			const struct row *r = &g->rows[k];

			if (!matters(g, r) || printed(g + 1, to, r))
				continue;
			for (const struct group *h = from; h < to; h++)
				if (same_row(h, r))
					print_row(h, same_row(h, r));
		}
	puts("");
}

static struct json_object *row_json(const struct row *r)
{
	struct json_object *o = json_object_new_object();
	const struct {
		const char *name;
		uint64_t v;
	} n[] = { { "calls", r->calls },
		  { "waited", r->waited },
		  { "rounds", r->rounds },
		  { "instructions", r->insns } };

	json_object_object_add(o, "function", json_object_new_string(r->function->base));
	json_object_object_add(
		o, "file", r->function->file ? json_object_new_string(r->function->file) : NULL);
	json_object_object_add(o, "caller", json_object_new_string(r->caller));
	json_object_object_add(o, "lock", json_object_new_boolean(r->lock));
	for (size_t i = 0; i < sizeof(n) / sizeof(n[0]); i++)
		json_object_object_add(o, n[i].name, json_object_new_int64((int64_t)n[i].v));
	json_object_object_add(o, "waited_share",
			       r->calls ? json_object_new_double(ratio(r->waited, r->calls))
					: NULL);
	json_object_object_add(o, "rounds_per_waited",
			       r->waited ? json_object_new_double(ratio(r->rounds, r->waited))
					 : NULL);
	json_object_object_add(o, "least", r->least > 0 ? json_object_new_double(r->least) : NULL);
	json_object_object_add(o, "beyond",
			       r->least > 0 ? json_object_new_double(beyond(r)) : NULL);
	return o;
}

static struct json_object *group_json(const struct prof *p, const struct group *g)
{
	struct json_object *o = json_object_new_object(), *list = json_object_new_array();
	const char *name = prof_cmd_name(g->op->cmd);

	json_object_object_add(o, "run", json_object_new_string(p->path));
	json_object_object_add(o, "clock", p->clock[0] ? json_object_new_string(p->clock) : NULL);
	json_object_object_add(o, "trust", json_object_new_string(trust(p)));
	json_object_object_add(o, "turn", p->turn[0] ? json_object_new_string(p->turn) : NULL);
	json_object_object_add(o, "cell", json_object_new_string(g->op->cell));
	json_object_object_add(o, "op", name ? json_object_new_string(name) : NULL);
	json_object_object_add(o, "count", json_object_new_int64(g->op->count));
	json_object_object_add(o, "windows", json_object_new_int64((int64_t)g->windows));
	json_object_object_add(o, "cpus", json_object_new_int64(g->cpus));
	for (size_t i = 0; i < g->n; i++)
		json_object_array_add(list, row_json(&g->rows[i]));
	json_object_object_add(o, "locks", list);
	return o;
}

static void print_csv(const struct prof *p, const struct group *g)
{
	const char *name = prof_cmd_name(g->op->cmd);

	for (size_t i = 0; i < g->n; i++) {
		const struct row *r = &g->rows[i];

		printf("%s,%s,%s,%s,%" PRIu32 ",%s,%s,%d,%" PRIu64 ",%" PRIu64 ",%" PRIu64
		       ",%" PRIu64,
		       p->path, trust(p), g->op->cell, name ? name : "?", g->op->count,
		       r->function->base, r->caller, r->lock, r->calls, r->waited, r->rounds,
		       r->insns);
		if (r->least > 0)
			printf(",%.6g\n", beyond(r));
		else
			puts(",");
	}
}

int locks_print(const struct prof *p, const struct prof_select *sel, const struct syms *s,
		const struct func_opts *o, enum prof_format format)
{
	struct json_object *list = json_object_new_array();
	struct group *all = calloc(p->nops + 1, sizeof(*all));
	size_t n;

	if (!all)
		prof_die(PROF_FAIL, "out of memory");
	n = locks_find(all, p, sel, s, o);
	if (format == FORMAT_TEXT)
		print_label(p);
	else if (format == FORMAT_CSV)
		puts("run,trust,cell,op,count,function,caller,lock,calls,waited,rounds,instructions,beyond");
	for (size_t i = 0; i < n; i++) {
		if (format == FORMAT_TEXT && (!i || !beside(&all[i - 1], &all[i])))
			print_text(&all[i], &all[end_of(all, n, i)]);
		else if (format == FORMAT_JSON)
			json_object_array_add(list, group_json(p, &all[i]));
		else if (format == FORMAT_CSV)
			print_csv(p, &all[i]);
	}
	for (size_t i = 0; i < n; i++)
		free(all[i].rows);
	if (format == FORMAT_JSON)
		puts(json_object_to_json_string_ext(list, JSON_C_TO_STRING_PRETTY));
	json_object_put(list);
	free(all);
	return strcmp(p->clock, "free") ? PROF_OK : PROF_UNTRUSTED;
}
