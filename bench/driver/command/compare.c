/* SPDX-License-Identifier: GPL-2.0-only */
/* grantbench compare: runs held against a base, and an exit code that a gate can use. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "accept.h"
#include "baseline.h"
#include "command.h"
#include "options.h"
#include "rec.h"
#include "verdict.h"

struct request {
	struct gnb_cmp_options o;
	struct gnb_verdict_where where;
	const char *accept, *reason, *root, *save;
};

static const char usage[] =
	"Usage: grantbench compare [OPTION]... BASE OTHER...\n"
	"       grantbench compare --save-baseline=NAME RUN\n"
	"Hold runs against a base, figure by figure. Each is a folder of results, a summary.json, a\n"
	"benchmark.json, or the name of a baseline in ROOT/baselines. Counts of work are compared\n"
	"exactly; instructions beyond a gate; ratios of time by ranks over launches, on the same\n"
	"processor, compiler and flags alone; a single time never.\n"
	"\n"
	"      --only=LIST        of counts, instructions, ratios: compare these alone, and refuse\n"
	"                         if one of them may not be compared\n"
	"      --fail-on=LIST     verdicts that end with exit code 3: slower, changed, missing\n"
	"                         (default), untrusted, faster, new, unclear, or none\n"
	"      --gate=PERCENT     of instructions: no more than this is the same (default 0.2)\n"
	"      --min-effect=PERCENT\n"
	"                         of ratios: no less than this is a difference (default 2); what\n"
	"                         identical work differed by in the runs may raise it\n"
	"      --alpha=P          chance of a false alarm among all ratios (default 0.05)\n"
	"      --accept=REGEX     keep the failing rows of this name with the baseline as they are\n"
	"                         now; CELL/VERSION/METRIC/FIGURE, POSIX extended\n"
	"      --reason=TEXT      why, kept beside it\n" GNB_VERDICT_HELP
	"      --save-baseline=NAME\n"
	"                         compare nothing: keep a run, with its instructions, as\n"
	"                         ROOT/baselines/NAME.json\n"
	"      --force            compare what may not be compared, and say so in each row; replace\n"
	"                         a baseline\n"
	"      --results=ROOT     folder of all results (default: results)\n"
	"  -h, --help             this text\n"
	"\n"
	"Exit codes: 0 passes; 1 failed; 2 usage, or no results; 3 a verdict of --fail-on; 5 refused,\n"
	"not comparable: the keys that differ are named; 7 no cell was stable in both runs.\n";

static int complain(int code, const char *text)
{
	fprintf(stderr, "grantbench compare: %s\n", text);
	return code;
}

/* NULL, or what would be right. */
static const char *apply(struct request *r, int option, const char *v)
{
	switch (option) {
	case 'o':
		return gnb_verdict_names(v, gnb_kind_names, GNB_KINDS, &r->o.only)
			       ? NULL
			       : "write --only=LIST of counts, instructions, ratios";
	case 'f':
		return gnb_verdict_fail_on(v, &r->o.fail_on)
			       ? NULL
			       : "write --fail-on=LIST of slower, changed, missing, untrusted, faster, new, "
				 "unclear, or none";
	case 'g':
		return gnb_verdict_percent(v, &r->o.gate) ? NULL
							  : "write --gate=PERCENT, for example 0.2";
	case 'e':
		return gnb_verdict_percent(v, &r->o.min_effect)
			       ? NULL
			       : "write --min-effect=PERCENT, for example 2";
	case 'a':
		return gnb_rec_number(v, &r->o.alpha) && r->o.alpha > 0 && r->o.alpha < 1
			       ? NULL
			       : "write --alpha=P, more than 0 and less than 1";
	case 'F':
	case 'j':
	case 'm':
	case 'u':
	case 'l':
		return gnb_verdict_option(&r->where, option, v);
	default:
		return NULL;
	}
}

/* The action that the options ask for: -1 to compare, else the exit code. */
static int parse(int argc, char **argv, struct request *r)
{
	static const struct option options[] = {
		{ "only", required_argument, NULL, 'o' },
		{ "fail-on", required_argument, NULL, 'f' },
		{ "gate", required_argument, NULL, 'g' },
		{ "min-effect", required_argument, NULL, 'e' },
		{ "alpha", required_argument, NULL, 'a' },
		{ "accept", required_argument, NULL, 'A' },
		{ "reason", required_argument, NULL, 'R' },
		GNB_VERDICT_OPTIONS,
		{ "force", no_argument, NULL, 'x' },
		{ "results", required_argument, NULL, 'r' },
		{ "save-baseline", required_argument, NULL, 's' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	const char *wrong;
	int opt;

	while ((opt = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		wrong = apply(r, opt, optarg);
		if (wrong)
			return complain(GNB_EXIT_USAGE, wrong);
		if (opt == 'A')
			r->accept = optarg;
		else if (opt == 'R')
			r->reason = optarg;
		else if (opt == 'r')
			r->root = optarg;
		else if (opt == 's')
			r->save = optarg;
		else if (opt == 'x')
			r->o.force = true;
		else if (opt == 'h') {
			fputs(usage, stdout);
			return GNB_EXIT_OK;
		} else if (opt == '?') {
			fputs("Try grantbench compare --help.\n", stderr);
			return GNB_EXIT_USAGE;
		}
	}
	if (r->save && argc - optind != 1)
		return complain(GNB_EXIT_USAGE,
				"--save-baseline: name one run, that is to be kept");
	if (!r->save && argc - optind < 2)
		return complain(GNB_EXIT_USAGE,
				"name a base and what is held against it, such as a baseline and "
				"results/latest");
	if (r->reason && !r->accept)
		return complain(GNB_EXIT_USAGE, "--reason is of --accept, which is not there");
	if (r->accept && argc - optind > 2)
		return complain(GNB_EXIT_USAGE, "--accept: one other at a time");
	return -1;
}

static int usage_or_failure(int rc)
{
	return rc == -EIO || rc == -ENOMEM ? GNB_EXIT_FAIL : GNB_EXIT_USAGE;
}

/* A base without a figure would let everything pass. */
static bool empty(const struct gnb_source *s)
{
	struct json_object *cells = gnb_json_get(s->doc, "cells", json_type_array);

	for (size_t i = 0; i < json_object_array_length(cells); i++) {
		struct json_object *rows =
			gnb_json_get(json_object_array_get_idx(cells, i), "rows", json_type_array);

		if (rows && json_object_array_length(rows))
			return false;
	}
	return true;
}

static int load(const struct request *r, struct gnb_source *s, size_t n, char **names)
{
	char err[8500];

	for (size_t i = 0; i < n; i++) {
		int rc = gnb_source_load(&s[i], names[i], r->root, err, sizeof(err));

		if (rc)
			return complain(usage_or_failure(rc), err);
	}
	if (empty(&s[0])) {
		snprintf(err, sizeof(err),
			 "%s holds no figures: there is nothing to hold others against", s[0].name);
		return complain(GNB_EXIT_USAGE, err);
	}
	if (r->accept && !s[0].baseline)
		return complain(
			GNB_EXIT_USAGE,
			"--accept keeps with a baseline: name one of ROOT/baselines as the base");
	return GNB_EXIT_OK;
}

/* What is accepted is part of the base from then on: an exit code, or -1 to compare anew. */
static int accept_rows(const struct request *r, const struct gnb_comparison *c)
{
	char err[600];
	size_t n;
	int rc = gnb_accept(c, r->root, r->accept, r->reason, &n, err, sizeof(err));

	if (rc)
		return complain(rc == -EINVAL ? GNB_EXIT_USAGE : GNB_EXIT_FAIL, err);
	if (!n) {
		snprintf(err, sizeof(err), "--accept=%.400s: no row that fails has such a name",
			 r->accept);
		return complain(GNB_EXIT_USAGE, err);
	}
	fprintf(stderr, "accepted %zu row%s, kept in %s\n", n, n == 1 ? "" : "s",
		c->source[0].path);
	return -1;
}

static int compare_sources(const struct request *r, struct gnb_source *s, size_t n)
{
	struct gnb_comparison c;
	char err[8500];
	int code = -1;

	if (gnb_compare(&c, s, n, &r->o))
		return complain(GNB_EXIT_FAIL, "out of memory");
	if (r->accept) {
		const char *name = s[0].name;

		code = accept_rows(r, &c);
		gnb_compare_free(&c);
		if (code >= 0)
			return code;
		gnb_source_free(&s[0]);
		if (gnb_source_load(&s[0], name, r->root, err, sizeof(err)))
			return complain(GNB_EXIT_FAIL, err);
		if (gnb_compare(&c, s, n, &r->o))
			return complain(GNB_EXIT_FAIL, "out of memory");
	}
	code = gnb_verdict_tell(&r->where, &c);
	gnb_compare_free(&c);
	return code;
}

static int save(const struct request *r, const struct gnb_source *s)
{
	char err[700];
	int rc = gnb_baseline_save(s, r->root, r->save, r->o.force, err, sizeof(err));

	if (rc)
		return complain(rc == -EINVAL || rc == -EEXIST ? GNB_EXIT_USAGE : GNB_EXIT_FAIL,
				err);
	printf("%s/baselines/%s.json\n", r->root, r->save);
	return GNB_EXIT_OK;
}

static int compare(int argc, char **argv)
{
	struct request r = {
		.o = { .alpha = 0.05,
		       .min_effect = 0.02,
		       .gate = 0.002,
		       .fail_on = 1u << GNB_CMP_SLOWER | 1u << GNB_CMP_CHANGED |
				  1u << GNB_CMP_MISSING },
		.where.format = "console",
		.root = "results",
	};
	int code = parse(argc, argv, &r);
	size_t n;
	struct gnb_source *s;

	if (code >= 0)
		return code;
	/* A reader that goes away (| head) must not take the verdict's files with it. */
	signal(SIGPIPE, SIG_IGN);
	/* Nor must a limit on the size of files: a write that fails is reported. */
	signal(SIGXFSZ, SIG_IGN);
	n = (size_t)(argc - optind);
	s = calloc(n, sizeof(*s));
	if (!s)
		return complain(GNB_EXIT_FAIL, "out of memory");
	code = load(&r, s, n, argv + optind);
	if (!code)
		code = r.save ? save(&r, s) : compare_sources(&r, s, n);
	for (size_t i = 0; i < n; i++)
		gnb_source_free(&s[i]);
	free(s);
	return code;
}

static const struct gnb_command command = {
	.name = "compare",
	.help = "hold runs against a base: faster, slower, same; exit code 3 on a regression",
	.main = compare,
};
GNB_COMMAND(command);
