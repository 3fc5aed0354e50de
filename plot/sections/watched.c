// SPDX-License-Identifier: GPL-2.0-only
/* What perf saw of a run that it watched: the files that grantbench-perf left, and the functions with the most samples. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "program.h"
#include "report.h"

#define FUNCTIONS 15

struct function {
	char *name;
	double samples;
};

static int by_samples(const void *a, const void *b)
{
	const struct function *x = a, *y = b;

	return x->samples < y->samples	 ? 1
	       : x->samples > y->samples ? -1
					 : strcmp(x->name, y->name);
}

/* "root;...;leaf N" into the samples of leaf. */
static void add_line(struct function **f, size_t *n, char *line)
{
	char *count = strrchr(line, ' '), *leaf;
	double samples;
	size_t i;

	if (!count || !gnb_rec_number(count + 1, &samples) || !(samples > 0))
		return;
	*count = '\0';
	leaf = strrchr(line, ';');
	leaf = leaf ? leaf + 1 : line;
	for (i = 0; i < *n && strcmp((*f)[i].name, leaf); i++)
		;
	if (i == *n) {
		*f = gnb_grow(*f, *n + 1, sizeof(**f));
		(*f)[(*n)++] = (struct function){ gnb_strf("%s", leaf), 0 };
	}
	(*f)[i].samples += samples;
}

static void functions(struct gnb_figs *f, char *text)
{
	struct function *all = NULL;
	char *save, *line;
	double sum = 0;
	size_t n = 0;

	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		add_line(&all, &n, line);
	for (size_t i = 0; i < n; i++)
		sum += all[i].samples;
	if (n) {
		qsort(all, n, sizeof(*all), by_samples);
		gnb_doc_table(
			f->doc,
			"Functions with the most samples of their own, of the program and the kernel",
			"Function|>Samples|>Share");
		for (size_t i = 0; i < n && i < FUNCTIONS; i++) {
			gnb_doc_cell(f->doc, "%s", all[i].name);
			gnb_doc_cell(f->doc, "%.0f", all[i].samples);
			gnb_doc_cell(f->doc, "%.1f %%", 100 * all[i].samples / sum);
		}
		gnb_doc_table_end(f->doc);
	}
	for (size_t i = 0; i < n; i++)
		free(all[i].name);
	free(all);
}

void gnb_report_watched(struct gnb_figs *f)
{
	static const struct {
		const char *name, *what;
	} files[] = {
		{ "stat.txt", "counters of the whole run, by perf stat" },
		{ "folded.txt",
		  "stacks, one a line with its samples: what flame graph tools take" },
		{ "perf.data", "the samples, for perf report -i" },
		{ "lock.txt",
		  "locks of the kernel that threads of the machine waited for, by perf lock" },
		{ "lock.data", "the same, for perf lock -i" },
	};
	char *stacks = NULL;
	bool any = false;
	size_t len;

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		char *path = gnb_strf("%s/perf/%s", f->run->dir, files[i].name),
		     *href = gnb_strf("perf/%s", files[i].name);

		if (!access(path, R_OK)) {
			if (!any) {
				gnb_doc_heading(f->doc, 2, "watched", "Watched by perf");
				gnb_doc_para(
					f->doc,
					"perf watched this run (grantbench-perf), which costs time: its "
					"figures are of a watched run, set-up and checks included.");
			}
			any = true;
			gnb_doc_link(f->doc, href, "%s: %s", files[i].name, files[i].what);
			if (!strcmp(files[i].name, "folded.txt"))
				stacks = gnb_file_read(path, &len);
		}
		free(path);
		free(href);
	}
	if (stacks)
		functions(f, stacks);
	free(stacks);
}
