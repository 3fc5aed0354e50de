// SPDX-License-Identifier: GPL-2.0-only
/* grantbench-history: what runs came to, over time, and where it changed. */
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "standard.h"

static const char usage[] =
	"Usage: grantbench-history COMMAND [OPTION]... [ARGUMENT]...\n"
	"Keep what runs came to in a database, and find where it changed (docs/history.md).\n"
	"\n"
	"  add RESULTS_DIR...   add runs, and their instructions; those that are there change nothing\n"
	"  list                 the runs\n"
	"  show [REGEX]         what changed, the newest first; with REGEX (POSIX extended) the series\n"
	"                       whose name matches, with their changes\n"
	"  plot REGEX           a plot of each series whose name matches, changes marked\n"
	"  prune                forget runs: --keep or --before\n"
	"\n"
	"  -d, --db=FILE        the database (default: results/history.db), or a connection string of\n"
	"                       PostgreSQL: postgresql://HOST/DATABASE, 'host=HOST dbname=DATABASE'\n"
	"  -p, --points         show: every point\n"
	"  -o, --out=DIR        plot: the folder of the plots (default: results/history)\n"
	"      --keep=N         prune: all but the N newest runs\n"
	"      --before=DATE    prune: runs that began before, as in 2026-11-30\n"
	"  -h, --help           this text\n"
	"  -V, --version        the version\n"
	"\n"
	"Exit codes: 0 done; 1 failed; 2 usage, or not a results folder; 4 there is nothing to show;\n"
	"6 gnuplot or libpq5 is missing, or there is no history yet; 8 another process has been writing for too\n"
	"long.\n";

void gnb_history_say(const char *fmt, ...)
{
	va_list ap;

	fputs("grantbench-history: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}

char *gnb_history_plain(const char *text)
{
	char *copy = strdup(text);

	for (unsigned char *p = (unsigned char *)copy; p && *p; p++)
		if (*p < ' ' || *p == 0x7f)
			*p = '?';
	return copy;
}

int gnb_history_failed(const struct gnb_store *s, int rc)
{
	const char *why = rc == -ENOMEM ? "out of memory" : gnb_db_error(s->db);

	if (*why)
		gnb_history_say("%s", why);
	switch (rc) {
	case -EBUSY:
		return EXIT_BUSY;
	case -ENOENT:
		return EXIT_ABSENT;
	case -EINVAL:
		return EXIT_USAGE;
	default:
		return EXIT_FAILED;
	}
}

static const struct command {
	const char *name;
	int least, most; /* arguments */
	const char *wants;
	int (*run)(const struct gnb_history_options *o);
} commands[] = {
	{ "add", 1, 1 << 30, "folders of runs, such as results/latest", gnb_history_add },
	{ "list", 0, 0, "no argument", gnb_history_list },
	{ "show", 0, 1, "at most one regular expression", gnb_history_show },
	{ "plot", 1, 1, "one regular expression", gnb_history_plot },
	{ "prune", 0, 0, "--keep=N or --before=DATE", gnb_history_prune },
};

static const struct command *command_of(const char *name)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	return NULL;
}

static bool is_date(const char *s)
{
	return strspn(s, "0123456789-:TZ") == strlen(s) && strlen(s) >= 10 && s[4] == '-' &&
	       s[7] == '-';
}

/* -1 to go on, or an exit code. */
static int parse(int argc, char **argv, struct gnb_history_options *o)
{
	static const struct option options[] = {
		{ "db", required_argument, NULL, 'd' },
		{ "points", no_argument, NULL, 'p' },
		{ "out", required_argument, NULL, 'o' },
		{ "keep", required_argument, NULL, 'k' },
		{ "before", required_argument, NULL, 'b' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	char *end;
	int opt;

	while ((opt = getopt_long(argc, argv, "d:po:hV", options, NULL)) != -1) {
		switch (opt) {
		case 'd':
			o->db = optarg;
			break;
		case 'p':
			o->points = true;
			break;
		case 'o':
			o->out = optarg;
			break;
		case 'k':
			errno = 0;
			o->keep = strtol(optarg, &end, 10);
			if (end == optarg || *end || errno || o->keep < 0) {
				gnb_history_say("--keep=%s: write a number of runs", optarg);
				return EXIT_USAGE;
			}
			break;
		case 'b':
			o->before = optarg;
			if (!is_date(optarg)) {
				gnb_history_say("--before=%s: write a date, as in 2026-11-30",
						optarg);
				return EXIT_USAGE;
			}
			break;
		case 'h':
			fputs(usage, stdout);
			return EXIT_OK;
		case 'V':
			puts("grantbench-history " GNB_SUITE_VERSION);
			return EXIT_OK;
		default:
			fputs("Try grantbench-history --help.\n", stderr);
			return EXIT_USAGE;
		}
	}
	return -1;
}

static int with_filter(const struct command *c, struct gnb_history_options *o, const char *text)
{
	regex_t filter;
	int rc;

	if (regcomp(&filter, text, REG_EXTENDED | REG_NOSUB)) {
		gnb_history_say("%s: not a regular expression (POSIX extended)", text);
		return EXIT_USAGE;
	}
	o->filter = &filter;
	rc = c->run(o);
	regfree(&filter);
	return rc;
}

static int history(int argc, char **argv)
{
	struct gnb_history_options o = { .db = "results/history.db",
					 .out = "results/history",
					 .keep = -1 };
	const struct command *c;
	int rc = parse(argc, argv, &o), n;

	if (rc >= 0)
		return rc;
	if (optind == argc) {
		gnb_history_say("name a command: add, list, show, plot or prune; see --help");
		return EXIT_USAGE;
	}
	c = command_of(argv[optind]);
	n = argc - optind - 1;
	if (!c) {
		gnb_history_say("no command '%s'; there are add, list, show, plot and prune",
				argv[optind]);
		return EXIT_USAGE;
	}
	if (n < c->least || n > c->most ||
	    (c->run == gnb_history_prune && o.keep < 0 && !o.before)) {
		gnb_history_say("%s wants %s", c->name, c->wants);
		return EXIT_USAGE;
	}
	o.folder = argv + optind + 1;
	o.nr_folders = n;
	return c->most == 1 && n ? with_filter(c, &o, *o.folder) : c->run(&o);
}

int main(int argc, char **argv)
{
	gnb_standard_open();
	return gnb_standard_close("grantbench-history", history(argc, argv));
}
