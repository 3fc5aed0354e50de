// SPDX-License-Identifier: GPL-2.0-only
/* grantbench-report: a run's folder into report.html, report.md and plots. Reads results only. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "beside_doc.h"
#include "escape.h"
#include "exact.h"
#include "export.h"
#include "file.h"
#include "load.h"
#include "page.h"
#include "folder.h"
#include "program.h"
#include "rank.h"
#include "versions.h"
#include "report.h"
#include "stale.h"
#include "standard.h"

enum { EXIT_OK, EXIT_FAILED, EXIT_USAGE, EXIT_NOT_COMPARABLE = 5, EXIT_MISSING };

struct options {
	const char *dir;
	char *scripts, *beside; /* beside: comma-separated folders, or NULL */
	bool no_plots, summary;
};

static const char usage[] =
	"Usage: grantbench-report [OPTION]... RESULTS_DIR\n"
	"Write report.html, report.md and plots/ into the folder of a run. Instructions of the same\n"
	"cells are shown beside its times if DIR/instructions has them\n"
	"(scripts/hv-instructions --of=DIR).\n"
	"\n"
	"      --beside=DIR[,DIR...]\n"
	"                     more runs: Xen's instructions beside hv's, cell by cell, what\n"
	"                     versions cost more in both, and rank correlations; one of all runs\n"
	"                     is of target xen, another of target hv with instructions\n"
	"                     (scripts/hv-instructions)\n"
	"      --scripts=DIR  folder of the gnuplot scripts (default: found beside this program)\n"
	"      --no-plots     tables and data files only, do not run gnuplot\n"
	"      --summary      only summary.json, summary.csv and benchmark.json, made anew\n"
	"  -h, --help         this text\n"
	"  -V, --version      the version\n"
	"\n"
	"Exit codes: 0 done; 1 failed; 2 usage, or not a results folder; 5 the runs of --beside have\n"
	"no cell in common; 6 gnuplot is missing (the report is written, without plots).\n";

/* The folder in the source, or the one that `make install` makes; NULL if neither has the scripts. */
static char *find_scripts(void)
{
	static const char *const places[] = { "../plot/figures", "../share/grantbench/plot" };
	char dir[4200];

	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		char *file;
		bool found;

		if (gnb_beside(places[i], dir, sizeof(dir)))
			continue;
		file = gnb_strf("%s/style.gp", dir);
		found = !access(file, R_OK);
		free(file);
		if (found)
			return gnb_strf("%s", dir);
	}
	return NULL;
}

static char *given_scripts(const char *dir)
{
	char *file = gnb_strf("%s/style.gp", dir);
	bool found = !access(file, R_OK);

	free(file);
	if (!found)
		gnb_complain(
			"%s: no gnuplot scripts there (style.gp); give the folder of grantbench's .gp files",
			dir);
	return found ? gnb_strf("%s", dir) : NULL;
}

static void contents(struct gnb_figs *f, const struct gnb_beside *beside)
{
	struct gnb_headlines all = gnb_headlines(f->run);

	gnb_report_trust(f);
	gnb_report_answer(f, &all, gnb_report_worth(f));
	gnb_report_warnings(f);
	gnb_report_short(f, &all);
	gnb_headlines_free(&all);
	gnb_doc_contents(f->doc);
	gnb_report_run(f);
	gnb_report_reading(f);
	for (size_t i = 0; i < f->run->nr_benches; i++)
		gnb_report_bench(f, f->run->bench[i]);
	gnb_report_contention(f);
	gnb_report_dom0(f);
	if (beside->nr)
		gnb_report_beside(f, beside);
	gnb_report_self(f);
	gnb_report_missing(f);
	gnb_report_watched(f);
	gnb_report_environment(f);
	gnb_report_glossary(f);
}

static int write_report(const struct gnb_figs *f)
{
	struct gnb_rec_run *r = f->run;
	struct gnb_doc *d = f->doc;
	char *title = gnb_report_title(r), *file = gnb_strf("%s/report.html", r->dir);
	struct gnb_buf page = { 0 }, md = { 0 };
	size_t len;
	char *before = gnb_file_read(file, &len);
	int err;

	gnb_doc_page(d, title, &page);
	gnb_buf_add(&md, "# ");
	gnb_buf_md(&md, title);
	gnb_buf_fmt(&md, "\n\n%s", gnb_str(&d->md));
	err = gnb_written(gnb_file_write(r->dir, "report.html", gnb_str(&page)), r->dir,
			  "report.html");
	if (gnb_written(gnb_file_write(r->dir, "report.md", gnb_str(&md)), r->dir, "report.md"))
		err = -1;
	if (!err && !f->io_error)
		gnb_remove_stale(f->dir, before, gnb_str(&page));
	free(before);
	free(file);
	gnb_buf_free(&page);
	gnb_buf_free(&md);
	free(title);
	return err;
}

/* The exit code of a run that cannot be read, or of runs that cannot be compared. */
static int exit_code(int err)
{
	switch (err) {
	case -EIO:
	case -ENOMEM:
		return EXIT_FAILED;
	case -ENODATA:
		return EXIT_NOT_COMPARABLE;
	default:
		return EXIT_USAGE;
	}
}

static int load(const struct options *o, struct gnb_rec_run *run, struct gnb_beside *beside)
{
	char text[8500] = "";
	int err = gnb_rec_load(run, o->dir, text, sizeof(text));

	if (!err && o->beside)
		err = gnb_beside_load(beside, run, o->beside, text, sizeof(text));
	if (!err)
		return EXIT_OK;
	gnb_complain("%s", text);
	return exit_code(err);
}

/* The files for machines: all of them, or those that a run of an older grantbench lacks. */
static int summary(const struct gnb_rec_run *r, bool anew)
{
	static const char *const names[] = { "summary.json", "summary.csv", "benchmark.json" };
	bool wanted = anew;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		char *file = gnb_strf("%s/%s", r->dir, names[i]);

		wanted |= access(file, F_OK) != 0;
		free(file);
	}
	return wanted && gnb_written(gnb_export_write(r), r->dir, names[0]) ? EXIT_FAILED : EXIT_OK;
}

static int report(const struct options *o)
{
	struct gnb_beside beside = { 0 };
	struct gnb_rec_run run, exact = { 0 };
	struct gnb_doc doc = { 0 };
	struct gnb_figs figs = { 0 };
	char why[8500];
	int ret = load(o, &run, &beside);

	if (!ret && o->summary) {
		ret = summary(&run, true);
		goto out;
	}
	if (!ret) {
		bool none = gnb_exact_load(&run, &exact, why, sizeof(why));

		ret = gnb_figs_init(&figs, &run, none ? NULL : &exact, &doc, o->scripts,
				    o->no_plots);
	}
	if (ret)
		goto out;
	figs.no_exact = why;
	if (*why)
		gnb_complain("instructions were not counted: %s", why);
	contents(&figs, &beside);
	if (summary(&run, false) || write_report(&figs) || figs.failed || figs.io_error)
		ret = EXIT_FAILED;
	if (run.torn)
		gnb_complain("%s/cells.jsonl: the last line is torn and was ignored", o->dir);
	if (run.broken)
		gnb_complain("%s/cells.jsonl: %u damaged lines were ignored, the first is line %u",
			     o->dir, run.broken, run.broken_line);
	if (figs.draw == GNB_DRAW_NO_GNUPLOT) {
		gnb_complain(
			"gnuplot is missing, the report has no plots: apt-get install gnuplot-nox");
		ret = ret ? ret : EXIT_MISSING;
	} else if (figs.draw == GNB_DRAW_NO_SCRIPTS) {
		gnb_complain(
			"the gnuplot scripts were not found, the report has no plots: give --scripts=DIR");
		ret = EXIT_FAILED;
	}
	if (beside.nr) {
		gnb_beside_print(&beside);
		gnb_versions_print(&beside);
	}
	if (!ret)
		printf("%s/report.html\n", o->dir);
out:
	gnb_beside_free(&beside);
	gnb_figs_free(&figs);
	gnb_exact_free(&exact);
	gnb_doc_free(&doc);
	gnb_rec_free(&run);
	return ret;
}

/* Folders of an option that may be repeated. */
static void add_folders(char **list, const char *more)
{
	char *all = gnb_strf("%s%s%s", *list ? *list : "", *list ? "," : "", more);

	free(*list);
	*list = all;
}

/* The action that the options ask for: -1 for a report, else the exit code. */
static int parse(int argc, char **argv, struct options *o)
{
	static const struct option options[] = {
		{ "beside", required_argument, NULL, 'b' },
		{ "scripts", required_argument, NULL, 's' },
		{ "no-plots", no_argument, NULL, 'n' },
		{ "summary", no_argument, NULL, 'S' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	bool given = false;
	int opt;

	while ((opt = getopt_long(argc, argv, "hV", options, NULL)) != -1) {
		switch (opt) {
		case 'b':
			if (!optarg[strspn(optarg, ",")]) {
				gnb_complain(
					"--beside: name folders of runs, such as build/lab/out/pv-v1/results/latest");
				return EXIT_USAGE;
			}
			add_folders(&o->beside, optarg);
			break;
		case 's':
			free(o->scripts);
			o->scripts = given_scripts(optarg);
			given = true;
			if (!o->scripts)
				return EXIT_USAGE;
			break;
		case 'n':
			o->no_plots = true;
			break;
		case 'S':
			o->summary = true;
			break;
		case 'h':
			fputs(usage, stdout);
			return EXIT_OK;
		case 'V':
			puts("grantbench-report " GNB_SUITE_VERSION);
			return EXIT_OK;
		default:
			fputs("Try grantbench-report --help.\n", stderr);
			return EXIT_USAGE;
		}
	}
	if (optind + 1 != argc) {
		gnb_complain("%s; try --help",
			     optind == argc ? "name the folder of a run, such as results/latest"
					    : "one folder at a time");
		return EXIT_USAGE;
	}
	if (!given)
		o->scripts = find_scripts();
	return -1;
}

int main(int argc, char **argv)
{
	struct options o = { 0 };
	int ret;

	gnb_standard_open();
	ret = parse(argc, argv, &o);

	if (ret < 0) {
		char *dir = gnb_strf("%s", argv[optind]);

		for (size_t n = strlen(dir); n > 1 && dir[n - 1] == '/'; n--)
			dir[n - 1] = '\0';
		o.dir = dir;
		ret = report(&o);
		free(dir);
	}
	free(o.scripts);
	free(o.beside);
	return gnb_standard_close("grantbench-report", ret);
}
