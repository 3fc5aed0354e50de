// SPDX-License-Identifier: GPL-2.0-only
/* The machine before and after the run, the noise in between, and who asked for what. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "program.h"
#include "report.h"
#include "topology.h"

/* Counters and loads: they change in every run. */
static bool moves_by_itself(const char *key)
{
	static const char *const keys[] = { "loadavg1", "procs_running", "steal_ticks",
					    "psi_cpu_some_us", "involuntary_switches" };

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		if (!strcmp(keys[i], key))
			return true;
	return false;
}

static const char *text_of(json_object *o)
{
	if (!o || json_object_is_type(o, json_type_null))
		return "not known";
	if (json_object_is_type(o, json_type_string))
		return json_object_get_string(o);
	return json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN |
							 JSON_C_TO_STRING_NOSLASHESCAPE);
}

struct pair {
	json_object *before, *after;
};

static struct pair both(struct gnb_rec_run *r)
{
	json_object *env = gnb_json_get(r->manifest, "environment", json_type_object);

	return (struct pair){ gnb_json_get(env, "before", json_type_object),
			      gnb_json_get(env, "after", json_type_object) };
}

static bool changed(json_object *a, json_object *after, const char *key)
{
	json_object *b = NULL;

	if (!after || !json_object_object_get_ex(after, key, &b))
		return false;
	return a != b && !json_object_equal(a, b);
}

char *gnb_environment_changes(struct gnb_rec_run *r)
{
	struct pair p = both(r);
	struct gnb_buf b = { 0 };

	if (!p.before)
		return gnb_take(&b);
	json_object_object_foreach(p.before, key,
				   value) if (!moves_by_itself(key) && changed(value, p.after, key))
		gnb_buf_fmt(&b, "%s%s", b.len ? ", " : "", key);
	return gnb_take(&b);
}

/* What a difference means. */
enum moves { CHANGED, BY_ITSELF };

/* name: in words. after: what has the key's value after the run, if the run got there; null is a value, too. */
static void line(struct gnb_doc *d, const char *name, json_object *before, json_object *after,
		 const char *key, enum moves moves)
{
	json_object *now = NULL;
	bool there = after && json_object_object_get_ex(after, key, &now),
	     differs = changed(before, after, key);
	char *was = gnb_strf("%s", text_of(before));

	gnb_doc_cell(d, "%s", name);
	gnb_doc_cell(d, "%s", was);
	gnb_doc_cell(d, "%s", !there ? "" : differs ? text_of(now) : "same");
	gnb_doc_cell(d, "%s", !differs ? "" : moves == BY_ITSELF ? "moves by itself" : "changed");
	free(was);
}

static void environment(struct gnb_figs *f)
{
	struct pair p = both(f->run);

	if (!p.before) {
		gnb_doc_para(f->doc, "The manifest does not describe the machine.");
		return;
	}
	if (!p.after)
		gnb_doc_note(f->doc, "The run did not reach its end, so the machine's state after "
				     "it is not known.");
	gnb_doc_table(f->doc, "The machine before and after", "Key|Before|After|Difference");
	json_object_object_foreach(p.before, key, value)
	{
		if (json_object_is_type(value, json_type_object)) {
			json_object *after = gnb_json_get(p.after, key, json_type_object);

			json_object_object_foreach(value, sub, inner)
			{
				char *name = gnb_strf("%s: %s", key, sub);

				line(f->doc, name, inner, after, sub, CHANGED);
				free(name);
			}
		} else {
			line(f->doc, key, value, p.after, key,
			     moves_by_itself(key) ? BY_ITSELF : CHANGED);
		}
	}
	gnb_doc_table_end(f->doc);
}

/* Of a run of several machines: who they were. A cell's is in cells.jsonl. */
static void machines(struct gnb_figs *f)
{
	json_object *all = gnb_json_get(f->run->manifest, "machines", json_type_array);
	struct gnb_buf b = { 0 };

	for (size_t i = 0; all && i < json_object_array_length(all); i++) {
		json_object *m = json_object_array_get_idx(all, i);
		json_object *env = gnb_json_get(m, "before", json_type_object);

		gnb_buf_fmt(&b, "%s%s (%s)", i ? ", " : "", gnb_json_get_string(m, "name", "?"),
			    gnb_json_get_string(env, "cpu_model", "processor not known"));
	}
	if (b.len)
		gnb_doc_para(f->doc,
			     "Measured by parts on: %s. What they do not agree on is not known "
			     "below; cells of different processors are not compared.",
			     gnb_str(&b));
	gnb_buf_free(&b);
}

static void pairs(struct gnb_figs *f, const char *key, const char *title, const char *heads,
		  const char *text)
{
	json_object *o = gnb_json_get(f->run->manifest, key, json_type_object);

	if (!o || !json_object_object_length(o))
		return;
	gnb_doc_heading(f->doc, 3, key, title);
	gnb_doc_para(f->doc, "%s", text);
	gnb_doc_table(f->doc, title, heads);
	json_object_object_foreach(o, name, value)
	{
		gnb_doc_cell(f->doc, "%s", name);
		gnb_doc_cell(f->doc, "%s", text_of(value));
	}
	gnb_doc_table_end(f->doc);
}

static void command(struct gnb_figs *f)
{
	json_object *argv = gnb_json_get(f->run->manifest, "command", json_type_array);
	const char *print = gnb_json_get_string(f->run->manifest, "fingerprint", NULL);
	struct gnb_buf b = { 0 };

	for (size_t i = 0; argv && i < json_object_array_length(argv); i++)
		gnb_buf_fmt(&b, "%s%s", i ? " " : "", text_of(json_object_array_get_idx(argv, i)));
	if (b.len)
		gnb_doc_para(f->doc, "Command: %s", gnb_str(&b));
	if (print)
		gnb_doc_para(f->doc,
			     "Fingerprint: %s. Runs with different fingerprints are not compared.",
			     print);
	gnb_buf_free(&b);
}

void gnb_report_environment(struct gnb_figs *f)
{
	gnb_doc_heading(f->doc, 2, "environment", "The machine");
	command(f);
	machines(f);
	gnb_fig_topology(f);
	gnb_doc_fold(f->doc, "The machine before and after, noise, options and notes");
	environment(f);
	if (f->run->exact)
		gnb_doc_para(f->doc, "Noise during the run was not looked at: under an exact clock "
				     "it is in no figure.");
	pairs(f, "noise", "Noise during the run", "Source|>Amount",
	      "What else went on while measuring. Time stolen by a hypervisor below and a large "
	      "foreign share of the CPUs widen the intervals.");
	pairs(f, "target_options", "Options of the target", "Option|Value", "Given with --target.");
	pairs(f, "meta", "Notes of the user", "Key|Value", "Given with --meta, printed as given.");
	gnb_doc_fold_end(f->doc);
}
