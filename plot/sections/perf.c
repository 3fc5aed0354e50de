// SPDX-License-Identifier: GPL-2.0-only
/* Counters of the processor and the kernel: those of every run, and all of them by mode where --perf was given. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fmt.h"
#include "program.h"
#include "report.h"

/* Hardware counters where there are any, else each reason once. */
static void plain(struct gnb_figs *f, const struct gnb_rec_bench *bench)
{
	const char *said = NULL;
	bool open = false;

	for (size_t i = 0; i < bench->nr_cells; i++) {
		const struct gnb_rec_cell *cell = bench->cell[i];
		json_object *events = cell->nr_launches ? gnb_json_get(cell->launch[0]->perf,
								       "events", json_type_object)
							: NULL;

		if (!events || !json_object_object_length(events))
			continue;
		if (!open) {
			gnb_doc_table(
				f->doc,
				"Hardware counters per operation (perf_event_open), of the first launch",
				"Cell|Event|>Per operation");
		}
		open = true;
		json_object_object_foreach(events, name, value)
		{
			gnb_doc_cell(f->doc, "%s", cell->label);
			gnb_doc_cell(f->doc, "%s", name);
			gnb_doc_cell(f->doc, "%s", gnb_fmt_num(json_object_get_double(value)).s);
		}
	}
	if (open)
		gnb_doc_table_end(f->doc);
	for (size_t i = 0; i < bench->nr_cells; i++) {
		const char *why = bench->cell[i]->nr_launches
					  ? gnb_json_get_string(bench->cell[i]->launch[0]->perf,
								"reason", NULL)
					  : NULL;

		if (!why || (said && !strcmp(said, why)))
			continue;
		gnb_doc_para(f->doc, "Hardware counters are not available%s: %s%s",
			     open || said ? " in some cells" : "", why,
			     *why && why[strlen(why) - 1] != '.' ? "." : "");
		said = why;
	}
}

/* One counter: user, kernel, hypervisor, or all of them where the kernel counts them together. */
static void event(struct gnb_figs *f, const char *cell, const char *version, const char *name,
		  json_object *modes)
{
	static const char *const mode[] = { "user", "kernel", "hypervisor", "all" };
	double counted = 1;

	gnb_doc_cell(f->doc, "%s", cell);
	gnb_doc_cell(f->doc, "%s", version);
	gnb_doc_cell(f->doc, "%s", name);
	for (size_t i = 0; i < sizeof(mode) / sizeof(*mode); i++) {
		json_object *v = gnb_json_get(modes, mode[i], json_type_object);

		gnb_doc_cell(f->doc, "%s", gnb_fmt_num(gnb_json_get_number(v, "per_op", NAN)).s);
		counted = v ? fmin(counted, gnb_json_get_number(v, "counted", 1)) : counted;
	}
	gnb_doc_cell(f->doc, counted < 1 ? "scaled, counted for %.0f %%" : "all of it",
		     counted * 100);
}

/* The threads of a version, where there are several: a row each and event. */
static void of_version(struct gnb_figs *f, const char *cell, json_object *version)
{
	const char *name = gnb_json_get_string(version, "version", "?");
	json_object *events = gnb_json_get(version, "events", json_type_object),
		    *threads = gnb_json_get(version, "threads", json_type_array);

	if (events) {
		json_object_object_foreach(events, key, modes) event(f, cell, name, key, modes);
	}
	for (size_t t = 0; threads && t < json_object_array_length(threads); t++) {
		json_object *one = json_object_array_get_idx(threads, t);
		char *who = gnb_strf("%s, thread %zu", name, t);

		if (json_object_is_type(one, json_type_object)) {
			json_object_object_foreach(one, key, modes) event(f, cell, who, key, modes);
		}
		free(who);
	}
}

/* Is it missing for one reason in all that it was asked for? That reason, or NULL. */
static const char *one_reason(json_object *modes)
{
	const char *why = NULL;

	json_object_object_foreach(modes, mode, value)
	{
		(void)mode;
		if (why && strcmp(why, json_object_get_string(value)))
			return NULL;
		why = json_object_get_string(value);
	}
	return why;
}

struct absent {
	struct gnb_buf names;
	const char *why;
};

static void say_absent(struct gnb_figs *f, struct absent *a)
{
	if (a->why)
		gnb_doc_para(f->doc, "Missing: %s: %s.", gnb_str(&a->names), a->why);
	gnb_buf_free(&a->names);
	*a = (struct absent){ 0 };
}

static void add_absent(struct gnb_figs *f, struct absent *a, const char *name, const char *mode,
		       const char *why)
{
	if (a->why && strcmp(a->why, why))
		say_absent(f, a);
	a->why = why;
	gnb_buf_fmt(&a->names, "%s%s%s%s%s", a->names.len ? ", " : "", name, mode ? " (" : "",
		    mode ? mode : "", mode ? ")" : "");
}

/* What was asked for and is not there: neighbours with one reason are named together. */
static void missing(struct gnb_figs *f, json_object *perf)
{
	json_object *all = gnb_json_get(perf, "missing", json_type_object);
	struct absent a = { 0 };

	if (!all)
		return;
	json_object_object_foreach(all, name, modes)
	{
		const char *why;

		if (!json_object_is_type(modes, json_type_object))
			continue;
		why = one_reason(modes);
		if (why) {
			add_absent(f, &a, name, NULL, why);
			continue;
		}
		json_object_object_foreach(modes, mode, value)
			add_absent(f, &a, name, mode, json_object_get_string(value));
	}
	say_absent(f, &a);
}

static bool by_mode(struct gnb_figs *f, const struct gnb_rec_bench *bench)
{
	json_object *first = NULL;
	bool open = false;

	for (size_t i = 0; i < bench->nr_cells; i++) {
		const struct gnb_rec_cell *cell = bench->cell[i];
		json_object *perf = cell->nr_launches ? cell->launch[0]->perf : NULL,
			    *versions = gnb_json_get(perf, "versions", json_type_array);

		if (!versions)
			continue;
		first = first ? first : perf;
		for (size_t v = 0; v < json_object_array_length(versions); v++) {
			if (!open)
				gnb_doc_table(
					f->doc,
					"Counters for each operation (--perf), of the first launch",
					"Cell|Version|Counter|>User|>Kernel|>Hypervisor|>All|Counted");
			open = true;
			of_version(f, cell->label, json_object_array_get_idx(versions, v));
		}
	}
	if (open)
		gnb_doc_table_end(f->doc);
	missing(f, first);
	return first;
}

void gnb_report_perf(struct gnb_figs *f, const struct gnb_rec_bench *bench)
{
	if (!by_mode(f, bench))
		plain(f, bench);
}
