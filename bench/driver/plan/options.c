/* SPDX-License-Identifier: GPL-2.0-only */
/* The command line: one table of options, the parser, and --help. */
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <gnb/target.h>

#include "command.h"
#include "library.h"
#include "distance.h"
#include "options.h"
#include "probe_words.h"

enum kind { FLAG, ACTION, TEXT, SECONDS, UINT, SET, META, VERSIONS, BASELINE, LAUNCHES, FORMAT };

#define HIDDEN	 1 /* internal: not in --help */
#define OPTIONAL 2 /* the argument may be left out */
#define NO_ENV	 4 /* no twin in the environment */

static const struct option_row {
	const char *name;
	char letter;
	const char *arg;
	enum kind kind;
	size_t at; /* offset of the field, or the action */
	unsigned flags;
	const char *help;
} table[] = {
#define AT(f) offsetof(struct gnb_options, f)
	{ "help", 'h', NULL, ACTION, GNB_ACT_HELP, NO_ENV, "print this text" },
	{ "version", 'V', NULL, ACTION, GNB_ACT_VERSION, NO_ENV, "print the version" },
	{ "list", 'l', "json", TEXT, AT(list), OPTIONAL | NO_ENV,
	  "list benchmarks, parameters and versions" },
	{ "filter", 'f', "REGEX", TEXT, AT(filter), 0,
	  "run the cells whose name matches (POSIX extended); a leading '-' negates" },
	{ "set", 's', "KEY=A,B", SET, 0, 0,
	  "run the product of these parameter values; repeatable; BENCH.KEY=A for one benchmark" },
	{ "part", 0, "K/N", TEXT, AT(part), 0, "the K-th of N parts of these cells: every N-th" },
	{ "dry-run", 'n', NULL, ACTION, GNB_ACT_DRY_RUN, NO_ENV, "print the cells that would run" },
	{ "quick", 0, NULL, FLAG, AT(quick), 0,
	  "a first look: a budget of 20 s (up to 40 s on a busy machine), one re-launch" },
	{ "budget", 'b', "SECONDS", SECONDS, AT(budget), 0, "time to measure for (default 100)" },
	{ "repetitions", 'r', "N", UINT, AT(repetitions), 0,
	  "least number of rounds of a cell (default 8)" },
	{ "min-time", 0, "SECONDS", SECONDS, AT(min_time), 0,
	  "least time for each version in a cell (0.1 or 0.1s)" },
	{ "timeout", 0, "SECONDS", SECONDS, AT(timeout), 0, "most time for one cell (default 60)" },
	{ "launches", 0, "N", LAUNCHES, AT(launches), 0,
	  "re-launch headline cells N times, with --set every cell (default 7, 0: never)" },
	{ "pin", 0, "HOW", TEXT, AT(pin), 0, "core (default), pu, none, or a list of CPUs: 0,1" },
	{ "numa", 0, "HOW", TEXT, AT(numa), 0,
	  "any (default), near, spread over nodes, or interleave" },
	{ "perf", 0, NULL, FLAG, AT(perf), 0,
	  "counters of processor and kernel in every row, by mode and thread" },
	{ "target", 't', "NAME[:K=V,..]", TEXT, AT(target), 0,
	  "the hypervisor to measure (default: hv); K=V: options of it, see below" },
	{ "versions", 0, "A,B", VERSIONS, 0, 0,
	  "only these versions, in the order given; there are " },
	{ "baseline", 0, "A", BASELINE, 0, 0,
	  "the version that ratios are to (default: the first of --versions)" },
	{ "results", 0, "ROOT", TEXT, AT(results), 0, "folder of all results (default: results)" },
	{ "out", 'o', "DIR", TEXT, AT(out), 0, "folder of this run (default: a new one in ROOT)" },
	{ "resume", 0, "DIR", TEXT, AT(resume), OPTIONAL,
	  "finish an interrupted run (default: ROOT/latest)" },
	{ "probe", 0, "LIST", TEXT, AT(probe), 0,
	  "probe cells of several threads in runs of their own: lock, kernel, stacks, state" },
	{ "meta", 'm', "K=V", META, 0, 0, "a note for the results; repeatable" },
	{ "anonymize", 0, NULL, FLAG, AT(anonymize), 0, "no host name in any file" },
	{ "format", 0, "LIST", FORMAT, AT(format), 0,
	  "what goes to stdout: console (default), json" },
	{ "allow-untrusted", 0, NULL, FLAG, AT(allow_untrusted), 0,
	  "exit 0 although most cells were unstable, or the processor is emulated" },
	{ "no-progress", 0, NULL, FLAG, AT(no_progress), 0, "no progress bar" },
	{ "verbose", 'v', NULL, FLAG, AT(verbose), 0, "say more on stderr" },
	{ "quiet", 'q', NULL, FLAG, AT(quiet), 0, "no summary, no progress bar" },
	{ "self-test", 0, "overhead", TEXT, AT(self_test), NO_ENV,
	  "measure the driver itself and print JSON" },
	{ "counts-only", 0, NULL, FLAG, AT(counts_only), HIDDEN | NO_ENV, "" },
	{ "ab-side", 0, "PROTOCOL", UINT, AT(ab_side), HIDDEN | NO_ENV, "" },
	{ "child-cell", 0, "NAME", TEXT, AT(child_cell), HIDDEN | NO_ENV, "" },
	{ "child-launch", 0, "K", UINT, AT(child_launch), HIDDEN | NO_ENV, "" },
	{ "child-fd", 0, "FD", UINT, AT(child_fd), HIDDEN | NO_ENV, "" },
	{ "child-seconds", 0, "S", SECONDS, AT(child_seconds), HIDDEN | NO_ENV, "" },
	{ "child-most", 0, "S", SECONDS, AT(child_most), HIDDEN | NO_ENV, "" },
};
#define ROWS (sizeof(table) / sizeof(table[0]))

static int bad(char *err, size_t len, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
static int bad(char *err, size_t len, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(err, len, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

static char *keep(struct gnb_options *o, char *s)
{
	if (s && o->mades < sizeof(o->made) / sizeof(o->made[0]))
		o->made[o->mades++] = s;
	return s;
}

void gnb_options_init(struct gnb_options *o)
{
	memset(o, 0, sizeof(*o));
	o->launches = -1;
}

void gnb_options_free(struct gnb_options *o)
{
	for (unsigned i = 0; i < o->mades; i++)
		free(o->made[i]);
	gnb_options_init(o);
}

static int seconds(const char *v, double *out)
{
	char *end;

	errno = 0;
	*out = strtod(v, &end);
	if (end == v || errno || (*end && strcmp(end, "s") != 0) || !isfinite(*out) || *out <= 0 ||
	    *out > 1e9)
		return -EINVAL;
	return 0;
}

static int number(const char *v, unsigned long max, unsigned long *out)
{
	char *end;

	errno = 0;
	*out = strtoul(v, &end, 10);
	return !isdigit((unsigned char)*v) || *end || errno || *out > max ? -EINVAL : 0;
}

static int parse_set(struct gnb_options *o, const char *v, char *err, size_t len)
{
	struct gnb_set *s = &o->set[o->sets];
	char *text = keep(o, strdup(v)), *eq = text ? strchr(text, '=') : NULL, *dot;

	if (!eq || eq == text || !eq[1] || eq[1] == ',' || eq[strlen(eq) - 1] == ',' ||
	    strstr(eq, ",,"))
		return bad(err, len, "--set %s: write --set KEY=VALUE[,VALUE...]", v);
	if (o->sets == GNB_LIST_MAX)
		return bad(err, len, "--set %s: more than %d of them", v, GNB_LIST_MAX);
	*eq = '\0';
	dot = strchr(text, '.');
	if (dot)
		*dot = '\0';
	*s = (struct gnb_set){ dot ? text : NULL, dot ? dot + 1 : text, eq + 1, v };
	o->sets++;
	return 0;
}

static int apply(struct gnb_options *o, const struct option_row *r, const char *v, char *err,
		 size_t len)
{
	void *field = (char *)o + r->at;
	unsigned long n;

	switch (r->kind) {
	case ACTION:
		if (o->action != GNB_ACT_HELP)
			o->action = (enum gnb_action)r->at;
		return 0;
	case FLAG:
		*(bool *)field = true;
		return 0;
	case TEXT:
		if (!*v && !(r->flags & OPTIONAL))
			return bad(err, len, "--%s: needs a value; write --%s=%s", r->name, r->name,
				   r->arg);
		*(const char **)field = v;
		return 0;
	case SECONDS:
		if (seconds(v, field))
			return bad(err, len,
				   "--%s=%s: not a number of seconds; write for example --%s=30",
				   r->name, v, r->name);
		return 0;
	case UINT:
	case LAUNCHES:
		if (number(v, 1000000, &n) || (!strcmp(r->name, "repetitions") && !n))
			return bad(err, len,
				   "--%s=%s: not a whole number; write for example --%s=10",
				   r->name, v, r->name);
		*(unsigned *)field = (unsigned)n;
		return 0;
	case SET:
		return parse_set(o, v, err, len);
	case META:
		if (!strchr(v, '=') || *v == '=')
			return bad(err, len, "--meta %s: write --meta KEY=VALUE", v);
		if (o->metas == GNB_LIST_MAX)
			return bad(err, len, "--meta %s: more than %d of them", v, GNB_LIST_MAX);
		o->meta[o->metas++] = v;
		return 0;
	case VERSIONS:
		return gnb_compared_parse(&o->compared, v, err, len);
	case BASELINE:
		return gnb_compared_parse_base(&o->compared, v, err, len);
	case FORMAT:
		o->format = v;
		o->console = o->json = false;
		for (const char *p = v; *p;) {
			size_t k = strcspn(p, ",");

			if (k == 7 && !strncmp(p, "console", k))
				o->console = true;
			else if (k == 4 && !strncmp(p, "json", k))
				o->json = true;
			else
				return bad(err, len,
					   "--format=%s: write console, json or console,json", v);
			p += k + (p[k] == ',');
		}
		return 0;
	}
	return -EINVAL;
}

static int unknown(const char *arg, size_t n, char *err, size_t len)
{
	const struct option_row *best = NULL;
	unsigned d = 4;

	for (size_t i = 0; i < ROWS; i++) {
		unsigned e = table[i].flags & HIDDEN ? 99 : gnb_distance(arg, n, table[i].name);

		if (e < d) {
			d = e;
			best = &table[i];
		}
	}
	if (best)
		return bad(err, len, "unknown option --%.*s; did you mean --%s?", (int)n, arg,
			   best->name);
	return bad(err, len, "unknown option --%.*s; grantbench --help lists them all", (int)n,
		   arg);
}

static const struct option_row *find(const char *name, size_t n, char letter)
{
	for (size_t i = 0; i < ROWS; i++)
		if (letter ? table[i].letter == letter
			   : strlen(table[i].name) == n && !strncmp(table[i].name, name, n))
			return &table[i];
	return NULL;
}

/* A word that is no option: a command. */
static int command_word(struct gnb_options *o, const char *word, char *err, size_t len)
{
	char names[256] = "";

	gnb_for_each_command (c) {
		size_t n = strlen(names);

		if (!strcmp((*c)->name, word)) {
			o->action = GNB_ACT_COMMAND;
			o->command = *c;
			return (*c)->main ? bad(err, len, "%s has to come first", word) : 0;
		}
		snprintf(names + n, sizeof(names) - n, "%s%s", n ? ", " : "", (*c)->name);
	}
	return bad(err, len,
		   "unknown command '%s'; there is %s, and cells are chosen with --filter", word,
		   names);
}

int gnb_options_parse(struct gnb_options *o, int argc, char **argv, char *err, size_t len)
{
	for (int i = 1; i < argc; i++) {
		const struct option_row *r;
		char *arg = argv[i];
		const char *value = NULL;
		int rc;

		if (!strncmp(arg, "--benchmark_", 12)) {
			bool list = false;

			rc = gnb_library_option(arg, &o->filter, &list, err, len);
			if (list)
				o->action = GNB_ACT_DRY_RUN;
			if (rc)
				return rc;
			continue;
		}
		if (arg[0] != '-' || !arg[1]) {
			rc = command_word(o, arg, err, len);
			if (rc)
				return rc;
			continue;
		}
		if (arg[1] == '-') {
			size_t n = strcspn(arg + 2, "=");

			r = find(arg + 2, n, 0);
			if (!r)
				return unknown(arg + 2, n, err, len);
			if (arg[2 + n] == '=')
				value = arg + 3 + n;
		} else {
			r = find(NULL, 0, arg[1]);
			if (!r || (arg[2] && !r->arg))
				return bad(err, len,
					   "unknown option %s; grantbench --help lists them all",
					   arg);
			if (arg[2])
				value = arg + 2;
		}
		if (!r->arg && value)
			return bad(err, len, "--%s takes no value; write --%s", r->name, r->name);
		if (r->arg && !value) {
			if (r->flags & OPTIONAL)
				value = "";
			else if (i + 1 < argc)
				value = argv[++i];
			else
				return bad(err, len, "--%s: needs a value; write --%s=%s", r->name,
					   r->name, r->arg);
		}
		rc = apply(o, r, value, err, len);
		if (rc)
			return rc;
	}
	return 0;
}

int gnb_options_env(struct gnb_options *o, char *err, size_t len)
{
	for (size_t i = 0; i < ROWS; i++) {
		const struct option_row *r = &table[i];
		char name[64] = "GRANTBENCH_", why[256];
		const char *v;
		size_t n = strlen(name);

		if (r->flags & NO_ENV)
			continue;
		for (const char *p = r->name; *p && n < sizeof(name) - 1; p++)
			name[n++] = *p == '-' ? '_' : (char)toupper((unsigned char)*p);
		v = getenv(name);
		if (!v || (!*v && !(r->flags & OPTIONAL)) || (r->kind == FLAG && !strcmp(v, "0")))
			continue;
		if (apply(o, r, v, why, sizeof(why)))
			return bad(err, len, "%s in the environment: %s", name, why);
	}
	return 0;
}

int gnb_options_finish(struct gnb_options *o, char *err, size_t len)
{
	if (o->list && *o->list && strcmp(o->list, "json"))
		return bad(err, len, "--list=%s: write --list or --list=json", o->list);
	if (o->list && o->action == GNB_ACT_RUN)
		o->action = GNB_ACT_LIST;
	if (o->self_test && strcmp(o->self_test, "overhead"))
		return bad(err, len, "--self-test=%s: the only one is overhead", o->self_test);
	if (o->self_test && o->action == GNB_ACT_RUN)
		o->action = GNB_ACT_SELF_TEST;
	if (o->resume && o->out && !o->child_cell)
		return bad(
			err, len,
			"--out and --resume: the run to resume has its folder already; drop --out");
	if (o->probe && gnb_probe_what(o->probe, NULL, err, len))
		return -EINVAL;
	if (gnb_compared_check(&o->compared, err, len))
		return -EINVAL;
	if (!o->format)
		o->console = true;
	if (!o->results)
		o->results = "results";
	if (!o->pin)
		o->pin = "core";
	if (!o->numa)
		o->numa = "any";
	if (o->timeout == 0)
		o->timeout = 60;
	o->launches_given = o->launches >= 0;
	if (o->launches < 0)
		o->launches = o->quick && !o->sets ? 1 : GNB_LAUNCHES;
	return 0;
}

char *gnb_options_selection(const struct gnb_options *o, unsigned i)
{
	char *s = NULL, text[GNB_COMPARED_LEN];
	int rc = -1;

	if (i < o->sets) {
		rc = asprintf(&s, "--set=%s", o->set[i].text);
	} else if (i == o->sets) {
		/* In order: its first is the baseline. */
		gnb_compared_text(&o->compared, text);
		rc = asprintf(&s, "--versions=%s", text);
	} else if (i == o->sets + 1 && o->filter) {
		rc = asprintf(&s, "--filter=%s", o->filter);
	}
	return rc < 0 ? NULL : s;
}

int gnb_options_export(struct gnb_options *o, const char **argv, int max)
{
	char buf[GNB_COMPARED_LEN + 16];
	int n = 0;

#define PUT(...)                                                                                   \
	do {                                                                                       \
		char *s_;                                                                          \
		snprintf(buf, sizeof(buf), __VA_ARGS__);                                           \
		s_ = keep(o, strdup(buf));                                                         \
		if (!s_ || n == max || strlen(buf) == sizeof(buf) - 1)                             \
			return -E2BIG;                                                             \
		argv[n++] = s_;                                                                    \
	} while (0)
	for (char *s; (s = gnb_options_selection(o, (unsigned)n)); n++) {
		if (n == max || !keep(o, s))
			return -E2BIG;
		argv[n] = s;
	}
	if (o->target)
		PUT("--target=%s", o->target);
	if (o->quick)
		PUT("--quick");
	if (o->repetitions)
		PUT("--repetitions=%u", o->repetitions);
	if (o->min_time > 0)
		PUT("--min-time=%.9g", o->min_time);
	PUT("--launches=%d", o->launches);
	PUT("--timeout=%.9g", o->timeout);
#undef PUT
	return n;
}

void gnb_options_help(FILE *f)
{
	fprintf(f, "Usage: grantbench [OPTIONS]");
	gnb_for_each_command (c)
		fprintf(f, " | %s", (*c)->name);
	fprintf(f,
		"\nBenchmarks of hypervisor memory sharing: versions of Xen's grant tables, side by side.\n\n");
	gnb_for_each_command (c)
		fprintf(f, "  %-26s %s\n", (*c)->name, (*c)->help);
	fprintf(f, "\n");
	for (size_t i = 0; i < ROWS; i++) {
		const struct option_row *r = &table[i];
		char left[64], letter[8] = "    ";

		if (r->flags & HIDDEN)
			continue;
		if (r->letter)
			snprintf(letter, sizeof(letter), "-%c, ", r->letter);
		snprintf(left, sizeof(left), "--%s%s%s%s%s", r->name,
			 r->flags & OPTIONAL ? "[" : "", r->arg ? "=" : "", r->arg ? r->arg : "",
			 r->flags & OPTIONAL ? "]" : "");
		fprintf(f, "  %s%-24s %s%s\n", letter, left, r->help,
			r->kind == VERSIONS ? gnb_version_list() : "");
	}
	fprintf(f,
		"      --benchmark_*            Google Benchmark's: filter=REGEX and list_tests\n\n");
	gnb_for_each_target (t)
		for (const struct gnb_target_option *k = (*t)->options; k && k->key; k++)
			fprintf(f, "Option of the target: %s:%s=%s  %s\n", (*t)->name, k->key,
				k->values, k->help);
	fprintf(f,
		"\n"
		"Each option of a run can also be set as GRANTBENCH_<NAME> in the environment,\n"
		"for example GRANTBENCH_BUDGET=30.\n\n"
		"Exit codes: 0 ok; 1 a benchmark or the harness failed; 2 usage, or nothing "
		"matched;\n"
		"3 regression (compare, ab); 4 everything was skipped; 5 refused, not comparable;\n"
		"6 something asked for by name is missing here; 7 most cells were unstable, or "
		"the\nprocessor is emulated: not to be trusted, results kept;\n"
		"8 another run holds the results folder: nothing was measured;\n"
		"130, 143 interrupted, results kept.\n");
}
