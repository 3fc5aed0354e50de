// SPDX-License-Identifier: GPL-2.0-only
/* grantbench-export: a run in the format of another program. Reads results only. */
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "format.h"
#include "load.h"
#include "standard.h"

enum { EXIT_OK, EXIT_FAILED, EXIT_USAGE, EXIT_NOTHING = 4 };

struct options {
	const char *out, *classes, *filter;
};

__attribute__((format(printf, 1, 2))) static void complain(const char *fmt, ...)
{
	va_list ap;

	fputs("grantbench-export: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}

static void usage(void)
{
	fputs("Usage: grantbench-export [OPTION]... FORMAT RESULTS_DIR\n"
	      "Write a run as another program reads it, to standard output. Formats, what reads them and\n"
	      "what its traps are: docs/export.md.\n"
	      "\n"
	      "Formats:\n",
	      stdout);
	gnb_for_each_format(f)
		printf("  %-22s %s%s%s%s\n", (*f)->name, (*f)->help, (*f)->classes ? " (" : "",
		       (*f)->classes ? (*f)->classes : "", (*f)->classes ? ")" : "");
	fputs("\n"
	      "  -o, --out=FILE         to this file, which is whole at any moment\n"
	      "  -c, --class=LETTERS    figures of these classes: C exact, H ratios with an interval, X\n"
	      "                         without one and absolute times (default: as above)\n"
	      "  -f, --filter=REGEX     series whose whole name matches (POSIX extended)\n"
	      "  -h, --help             this text\n"
	      "  -V, --version          the version\n"
	      "\n"
	      "Exit codes: 0 done; 1 failed; 2 usage, or not a results folder; 4 there is nothing to write.\n",
	      stdout);
}

static const struct gnb_format *format_of(const char *name)
{
	gnb_for_each_format(f) if (!strcmp((*f)->name, name)) return *f;
	return NULL;
}

/* 0, or the exit code of a failure. */
static int deliver(const char *to, char *text)
{
	char *slash = to ? strrchr(to, '/') : NULL, *dir;
	int rc;

	if (!to) {
		fputs(text, stdout);
		return EXIT_OK;
	}
	if (!*(slash ? slash + 1 : to)) {
		complain("--out=%s: name a file, not a folder", to);
		return EXIT_USAGE;
	}
	dir = slash ? strndup(to, slash > to ? (size_t)(slash - to) : 1) : strdup(".");
	rc = dir ? gnb_file_write(dir, slash ? slash + 1 : to, text) : -ENOMEM;
	free(dir);
	if (!rc)
		return EXIT_OK;
	complain("cannot write %s: %s", to, strerror(-rc));
	return EXIT_FAILED;
}

/* What a reader of the file would not see. */
static void say_left_out(const struct gnb_rec_run *r, const struct gnb_out *x)
{
	const char *status = gnb_json_get_string(r->manifest, "status", "unknown");
	size_t bad = 0;

	for (size_t i = 0; i < r->nr_cells; i++)
		bad += strcmp(gnb_rec_main(r, r->cell[i])->status, "ok") != 0;
	if (strcmp(status, "complete"))
		complain("%s: the run is not complete, its status is %s", r->dir, status);
	if (r->torn || r->broken)
		complain("%s/cells.jsonl: %u damaged lines were ignored", r->dir,
			 r->broken + r->torn);
	if (bad)
		complain("%zu of %zu cells did not end ok and have no figures", bad, r->nr_cells);
	if (x->left_out)
		complain("%zu figures left out, %zu written", x->left_out, x->written);
}

static int export_run(const struct options *o, const struct gnb_format *f, const char *dir)
{
	struct gnb_out x = { .classes = o->classes ? o->classes : f->classes };
	struct gnb_rec_run run;
	char err[8500], *text;
	regex_t filter;
	int rc;

	if (!f->classes && (o->classes || o->filter)) {
		complain("%s has all rows: leave out --class and --filter", f->name);
		return EXIT_USAGE;
	}
	if (o->filter && regcomp(&filter, o->filter, REG_EXTENDED | REG_NOSUB)) {
		complain("--filter=%s: not a regular expression (POSIX extended)", o->filter);
		return EXIT_USAGE;
	}
	x.filter = o->filter ? &filter : NULL;
	rc = gnb_rec_load(&run, dir, err, sizeof(err));
	if (rc) {
		complain("%s", err);
		rc = rc == -EIO || rc == -ENOMEM ? EXIT_FAILED : EXIT_USAGE;
		goto out;
	}
	x.run = &run;
	f->write(&x);
	text = gnb_buf_take(&x.text);
	if (!text || x.failed) {
		complain("out of memory");
		rc = EXIT_FAILED;
	} else {
		say_left_out(&run, &x);
		if (!x.written)
			complain("%s has nothing to write in this format: nothing was written",
				 dir);
		rc = x.written ? deliver(o->out, text) : EXIT_NOTHING;
	}
	free(text);
	gnb_rec_free(&run);
out:
	if (o->filter)
		regfree(&filter);
	return rc;
}

static int grantbench_export(int argc, char **argv)
{
	static const struct option options[] = {
		{ "out", required_argument, NULL, 'o' },
		{ "class", required_argument, NULL, 'c' },
		{ "filter", required_argument, NULL, 'f' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	const struct gnb_format *f;
	struct options o = { 0 };
	int opt;

	while ((opt = getopt_long(argc, argv, "o:c:f:hV", options, NULL)) != -1) {
		switch (opt) {
		case 'o':
			o.out = optarg;
			break;
		case 'c':
			o.classes = optarg;
			if (!*optarg || optarg[strspn(optarg, "CHX")]) {
				complain("--class=%s: letters are C, H and X", optarg);
				return EXIT_USAGE;
			}
			break;
		case 'f':
			o.filter = optarg;
			break;
		case 'h':
			usage();
			return EXIT_OK;
		case 'V':
			puts("grantbench-export " GNB_SUITE_VERSION);
			return EXIT_OK;
		default:
			fputs("Try grantbench-export --help.\n", stderr);
			return EXIT_USAGE;
		}
	}
	if (optind + 2 != argc) {
		complain(
			"name a format and the folder of a run, as in: grantbench-export csv results/latest");
		return EXIT_USAGE;
	}
	f = format_of(argv[optind]);
	if (!f) {
		complain("no format '%s'; grantbench-export --help lists them", argv[optind]);
		return EXIT_USAGE;
	}
	return export_run(&o, f, argv[optind + 1]);
}

int main(int argc, char **argv)
{
	gnb_standard_open();
	return gnb_standard_close("grantbench-export", grantbench_export(argc, argv));
}
