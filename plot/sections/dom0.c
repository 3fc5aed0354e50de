// SPDX-License-Identifier: GPL-2.0-only
/* What gnb-probe saw in the kernel of a domain of Xen's: dom0/ of a run in the lab (docs/lab.md), and of Xen what nobody sees. */
#include <dirent.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "escape.h"
#include "file.h"
#include "fmt.h"
#include "program.h"
#include "report.h"
#include "seen.h"

#define LOCKS_MOST 10 /* of each program */

/* A program that was looked at. */
struct seen {
	char *name; /* of its file, without the end */
	json_object *doc;
};

struct dom0 {
	struct gnb_figs *f;
	char *dir;
	struct seen *seen;
	size_t n;
};

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct seen *)a)->name, ((const struct seen *)b)->name);
}

static void read_seen(struct dom0 *d)
{
	DIR *dir = opendir(d->dir);
	struct dirent *e;

	while (dir && (e = readdir(dir))) {
		size_t len = strlen(e->d_name), size;
		char *path, *json;

		if (len < 6 || strcmp(e->d_name + len - 5, ".json"))
			continue;
		path = gnb_strf("%s/%s", d->dir, e->d_name);
		json = gnb_file_read(path, &size);
		d->seen = gnb_grow(d->seen, d->n + 1, sizeof(*d->seen));
		d->seen[d->n++] = (struct seen){ gnb_strf("%.*s", (int)len - 5, e->d_name),
						 json ? json_tokener_parse(json) : NULL };
		free(json);
		free(path);
	}
	if (dir)
		closedir(dir);
	if (d->n)
		qsort(d->seen, d->n, sizeof(*d->seen), by_name);
}

static void not_there(const struct dom0 *d, const char *what, const char *reason)
{
	gnb_doc_note(d->f->doc, "Not looked at here: %s. %s", what, reason);
}

/* What the boot found missing before anything ran, "WORD REASON" a line; and what one program's document lacks. */
static void lacks(const struct dom0 *d)
{
	char *path = gnb_strf("%s/missing.txt", d->dir), *save, *line;
	size_t len;
	char *all = gnb_file_read(path, &len);

	for (line = all ? strtok_r(all, "\n", &save) : NULL; line;
	     line = strtok_r(NULL, "\n", &save)) {
		size_t word = strcspn(line, " ");
		char *what = gnb_strf("%.*s", (int)word, line);

		not_there(d, what, line[word] ? line + word + 1 : "");
		free(what);
	}
	for (size_t i = 0; i < d->n; i++) {
		json_object *missing =
			gnb_seen_array(gnb_seen_object(d->seen[i].doc, "xen"), "missing");

		if (!d->seen[i].doc)
			gnb_doc_note(d->f->doc, "dom0/%s.json of this run cannot be read.",
				     d->seen[i].name);
		for (size_t k = 0; k < gnb_seen_length(missing); k++) {
			char *what =
				gnb_strf("%s of %s", gnb_seen_text(gnb_seen_at(missing, k), "what"),
					 d->seen[i].name);

			not_there(d, what, gnb_seen_text(gnb_seen_at(missing, k), "reason"));
			free(what);
		}
	}
	free(all);
	free(path);
}

/* Where the emulator's clock is its instructions, times are a number of them. */
static double unit_of(const struct dom0 *d)
{
	for (size_t i = 0; i < d->n; i++) {
		double ns = gnb_seen_number(gnb_seen_object(d->seen[i].doc, "xen"),
					    "ns_per_instruction");

		if (ns > 0)
			return ns;
	}
	return NAN;
}

static void put_time(const struct dom0 *d, double ns)
{
	double unit = unit_of(d);

	gnb_doc_cell(d->f->doc, "%s", gnb_fmt_num(unit > 0 ? ns / unit : ns).s);
}

static void put_count(const struct dom0 *d, json_object *o, const char *key)
{
	gnb_doc_cell(d->f->doc, "%s", gnb_fmt_exact(gnb_seen_number(o, key)).s);
}

/* With the unit of its times in the caption. */
static void open_table(const struct dom0 *d, const char *caption, const char *heads)
{
	char *title = gnb_strf("%s; times in %s", caption, unit_of(d) > 0 ? "instructions" : "ns");

	gnb_doc_table(d->f->doc, title, heads);
	free(title);
}

static void kernel_locks(const struct dom0 *d)
{
	const char *title = "Locks of dom0's kernel that a program's threads waited for";
	bool open = false, any = false;

	for (size_t i = 0; i < d->n; i++) {
		json_object *kernel = gnb_seen_object(d->seen[i].doc, "kernel"),
			    *locks = gnb_seen_array(kernel, "locks");

		any |= kernel != NULL;
		for (size_t k = 0; k < gnb_seen_length(locks) && k < LOCKS_MOST; k++) {
			json_object *l = gnb_seen_at(locks, k);

			if (!open)
				open_table(d, title,
					   "Program|Asked for by|Kind|>Waits|>Mean|>Longest");
			open = true;
			gnb_doc_cell(d->f->doc, "%s", d->seen[i].name);
			gnb_doc_cell(d->f->doc, "%s", gnb_seen_text(l, "caller"));
			gnb_doc_cell(d->f->doc, "%s", gnb_seen_text(l, "type"));
			put_count(d, l, "contended");
			put_time(d, gnb_seen_number(l, "wait_ns") / gnb_seen_number(l, "ended"));
			put_time(d, gnb_seen_number(l, "wait_max_ns"));
		}
	}
	if (open)
		gnb_doc_table_end(d->f->doc);
	else if (any)
		gnb_doc_para(d->f->doc, "%s: nobody waited for one.", title);
}

static void put_operations(const struct dom0 *d, json_object *list)
{
	struct gnb_buf b = { 0 };

	for (size_t i = 0; i < gnb_seen_length(list); i++)
		gnb_buf_fmt(&b, "%s%s %s", i ? ", " : "",
			    gnb_seen_text(gnb_seen_at(list, i), "hypercall"),
			    gnb_fmt_exact(gnb_seen_number(gnb_seen_at(list, i), "calls")).s);
	gnb_doc_cell(d->f->doc, "%s", b.len ? gnb_str(&b) : "none");
	gnb_buf_free(&b);
}

static void multicalls(const struct dom0 *d)
{
	bool open = false;

	for (size_t i = 0; i < d->n; i++) {
		json_object *m =
			gnb_seen_object(gnb_seen_object(d->seen[i].doc, "xen"), "multicalls");

		if (!m)
			continue;
		if (!open)
			gnb_doc_table(
				d->f->doc,
				"Multicalls: hypercalls that dom0's kernel put together for a program, which are not those of the suite",
				"Program|>Batches|>Calls|>Flushes|>Empty ones|>Most calls in one|>For want of room|Calls by hypercall");
		open = true;
		gnb_doc_cell(d->f->doc, "%s", d->seen[i].name);
		put_count(d, m, "batches");
		put_count(d, m, "calls");
		put_count(d, m, "flushes");
		put_count(d, m, "empty");
		put_count(d, m, "most");
		put_count(d, m, "full");
		put_operations(d, gnb_seen_array(m, "operations"));
	}
	if (open)
		gnb_doc_table_end(d->f->doc);
}

/* What the functions do that gnb-probe knows. */
static const char *does(const char *function)
{
	static const char *const known[][2] = {
		{ "gntdev_mmap", "mmap() of granted pages: all of it" },
		{ "gntdev_map_grant_pages", "of that, what maps them" },
		{ "gnttab_map_refs", "of that, the hypercall and what follows it" },
		{ "gntdev_invalidate", "the notifier: the process's pages go" },
		{ "gnttab_unmap_refs_async", "of that, the hypercall that unmaps" },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (!strcmp(function, known[i][0]))
			return known[i][1];
	return "";
}

static void gntdev(const struct dom0 *d)
{
	bool open = false;

	for (size_t i = 0; i < d->n; i++) {
		json_object *list =
			gnb_seen_array(gnb_seen_object(d->seen[i].doc, "xen"), "gntdev");

		for (size_t k = 0; k < gnb_seen_length(list); k++) {
			json_object *x = gnb_seen_at(list, k);

			if (!(gnb_seen_number(x, "calls") > 0))
				continue;
			if (!open)
				open_table(
					d, "Linux' own way to map grants for a program, gntdev",
					"Program|Function|What it is|>Calls|>Least|>Mean|>Longest");
			open = true;
			gnb_doc_cell(d->f->doc, "%s", d->seen[i].name);
			gnb_doc_cell(d->f->doc, "%s", gnb_seen_text(x, "function"));
			gnb_doc_cell(d->f->doc, "%s", does(gnb_seen_text(x, "function")));
			put_count(d, x, "calls");
			put_time(d, gnb_seen_number(x, "least_ns"));
			put_time(d, gnb_seen_number(x, "ns") / gnb_seen_number(x, "returned"));
			put_time(d, gnb_seen_number(x, "max_ns"));
		}
	}
	if (!open)
		return;
	gnb_doc_table_end(d->f->doc);
	gnb_doc_para(
		d->f->doc,
		"Each is from the function's begin to its end, with whatever came between. What one calls is in it, with the two probes of each, which take time of their own: the innermost ones are nearest to the truth.");
}

static void of_xen(const struct dom0 *d)
{
	gnb_doc_para(
		d->f->doc,
		"Of Xen's own locks (the p2m's, those of grant tables and their entries) this run has no figure: Xen shows them to no program, on no machine. In the lab the emulator's plugin counts who goes round in them (make lab-contention).");
}

void gnb_report_dom0(struct gnb_figs *f)
{
	struct dom0 d = { .f = f, .dir = gnb_strf("%s/dom0", f->run->dir) };
	char *waits = gnb_strf("%s/contention.json", f->run->dir);
	bool there = !access(d.dir, F_OK);

	if (there ||
	    (!access(waits, F_OK) && !strcmp(gnb_seen_text(f->run->manifest, "target"), "xen"))) {
		gnb_doc_heading(f->doc, 2, "dom0", "In dom0's kernel, and in Xen");
		read_seen(&d);
		lacks(&d);
		if (d.n)
			gnb_doc_para(
				f->doc, "gnb-probe looked at these programs while they ran. %s",
				f->run->exact
					? "Figures of the suite are instructions within hypercalls, where it has no part."
					: "That takes time, also in figures of the suite.");
		kernel_locks(&d);
		multicalls(&d);
		gntdev(&d);
		of_xen(&d);
	}
	for (size_t i = 0; i < d.n; i++) {
		free(d.seen[i].name);
		json_object_put(d.seen[i].doc);
	}
	free(d.seen);
	free(d.dir);
	free(waits);
}
