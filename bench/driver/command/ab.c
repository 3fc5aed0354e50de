// SPDX-License-Identifier: GPL-2.0-only
/* grantbench ab: two builds, or two settings of one, measured in turn until it is clear what they differ by. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ab.h"
#include "command.h"
#include "file.h"
#include "options.h"
#include "folder.h"
#include "rec.h"
#include "signalled.h"
#include "text.h"
#include "verdict.h"

#define WITH_MAX 64
/* Two builds of the same source differ by 1.3 % in time and more, by where their code lies. */
#define BUILDS	 0.02
#define SETTINGS 0.01

struct request {
	struct gnb_ab_options o;
	struct gnb_cmp_options cmp;
	struct gnb_verdict_where where;
	char *with[GNB_AB_SIDES][WITH_MAX + 1];
	unsigned n[GNB_AB_SIDES];
	char self[4096], *name[GNB_AB_SIDES];
	bool selected, own[GNB_AB_SIDES], effect_given;
};

static const char usage[] =
	"Usage: grantbench ab [OPTION]... [FILTER]\n"
	"Measure two sides in turn, round by round on one core, launch after launch, and stop as soon as\n"
	"it is clear: faster, slower, the same within a threshold, or unclear when time runs out. Sides\n"
	"are two builds of grantbench, or two settings of one. FILTER chooses cells as --filter does;\n"
	"without one these are the headline cells.\n"
	"\n"
	"      --base=PROGRAM     the build that the other is held against (default: this one)\n"
	"      --other=PROGRAM    the other build (default: this one)\n"
	"      --base-with=OPTION\n"
	"                         an option of grantbench for that side alone: --versions=v1,\n"
	"                         or --set=batch=64, --target=NAME:KEY=VALUE; repeatable\n"
	"      --other-with=OPTION\n"
	"                         the same for the other side\n"
	"      --with=OPTION      the same for both (without --versions: the first version alone)\n"
	"      --time=SECONDS     stop after so long, in all (default 60, of more than five\n"
	"                         cells 12 for each)\n"
	"      --launches=N       and after so many pairs of processes (default 500)\n"
	"      --min-effect=PERCENT\n"
	"                         no less than this is a difference (default 1 for two settings of\n"
	"                         one program, 2 for two builds)\n"
	"      --alpha=P          chance that anything in the verdict is wrong (default 0.01)\n"
	"      --seed=N           draw orders and layouts of memory from it (default: another each time)\n"
	"      --pin=HOW          core (default), pu, none, or a list of CPUs: the first measures\n"
	"      --timeout=SECONDS  most time for one step of a side (default 60)\n"
	"      --fail-on=LIST     verdicts that end with exit code 3: slower (default), faster,\n"
	"                         unclear, or none\n" GNB_VERDICT_HELP
	"      --allow-untrusted  measure although the processor is emulated\n"
	"      --no-progress      no progress bar\n"
	"  -h, --help             this text\n"
	"\n"
	"Exit codes: 0 passes; 1 failed; 2 usage, or no grantbench that speaks to ab; 3 a verdict of\n"
	"--fail-on; 4 every cell was skipped; 5 refused, not comparable; 6 something asked for by name\n"
	"is missing here; 7 the processor is emulated; 130, 143 interrupted.\n";

static int complain(int code, const char *text)
{
	fprintf(stderr, "grantbench ab: %s\n", text);
	return code;
}

/* Is it this option, with a value or without? */
static bool is(const char *word, const char *option)
{
	size_t n = strlen(option);

	return !strncmp(word, option, n) && (!word[n] || word[n] == '=');
}

/* An option for sides from..to. */
static const char *give(struct request *r, unsigned from, unsigned to, char *option)
{
	if (option[0] != '-' || option[1] != '-' || !option[2])
		return "write --with=OPTION with an option as --set=batch=64, in one word";
	for (unsigned s = from; s <= to; s++) {
		/* Room for what is put before and behind. */
		if (r->n[s] >= WITH_MAX - 2)
			return "more than 60 options of a side";
		r->with[s][r->n[s]++] = option;
		r->own[s] |= from == to;
	}
	r->selected |= is(option, "--filter") || is(option, "--set");
	return NULL;
}

static bool seconds(const char *v, double *to)
{
	return gnb_rec_number(v, to) && *to > 0 && *to <= 1e6;
}

/* NULL, or what would be right. */
static const char *apply(struct request *r, int option, char *v)
{
	double n = 0;

	switch (option) {
	case 'B':
		r->o.program[GNB_AB_BASE] = v;
		return *v ? NULL : "write --base=PROGRAM";
	case 'O':
		r->o.program[GNB_AB_OTHER] = v;
		return *v ? NULL : "write --other=PROGRAM";
	case 'b':
		return give(r, GNB_AB_BASE, GNB_AB_BASE, v);
	case 'o':
		return give(r, GNB_AB_OTHER, GNB_AB_OTHER, v);
	case 'w':
		return give(r, GNB_AB_BASE, GNB_AB_OTHER, v);
	case 't':
		return seconds(v, &r->o.time) ? NULL : "write --time=SECONDS, for example 60";
	case 'T':
		return seconds(v, &r->o.timeout) ? NULL : "write --timeout=SECONDS";
	case 'n':
		if (!gnb_rec_number(v, &n) || n < 1 || n > 1e5 || n != (unsigned)n)
			return "write --launches=N, a whole number from 1 on";
		r->o.launches = (unsigned)n;
		return NULL;
	case 's':
		if (!gnb_rec_number(v, &n) || n < 0 || n > 4294967295.0 || n != (double)(uint64_t)n)
			return "write --seed=N, a whole number below 4294967296";
		r->o.seed = (uint64_t)n;
		return NULL;
	case 'e':
		r->effect_given = true;
		return gnb_verdict_percent(v, &r->cmp.min_effect) && r->cmp.min_effect > 0
			       ? NULL
			       : "write --min-effect=PERCENT, more than 0, for example 2";
	case 'a':
		return gnb_rec_number(v, &r->cmp.alpha) && r->cmp.alpha >= 1e-6 && r->cmp.alpha < 1
			       ? NULL
			       : "write --alpha=P, from 0.000001 on and less than 1";
	case 'f':
		return gnb_verdict_fail_on(v, &r->cmp.fail_on) &&
				       !(r->cmp.fail_on &
					 ~(1u << GNB_CMP_SLOWER | 1u << GNB_CMP_FASTER |
					   1u << GNB_CMP_UNCLEAR))
			       ? NULL
			       : "write --fail-on=LIST of slower, faster, unclear, or none";
	case 'p':
		r->o.pin = v;
		return NULL;
	case 'U':
		r->o.allow_untrusted = true;
		return NULL;
	case 'P':
		r->o.progress = false;
		return NULL;
	default:
		return gnb_verdict_option(&r->where, option, v);
	}
}

/* -1 to compare, else the exit code. */
static int parse(int argc, char **argv, struct request *r)
{
	static const struct option options[] = {
		{ "base", required_argument, NULL, 'B' },
		{ "other", required_argument, NULL, 'O' },
		{ "base-with", required_argument, NULL, 'b' },
		{ "other-with", required_argument, NULL, 'o' },
		{ "with", required_argument, NULL, 'w' },
		{ "time", required_argument, NULL, 't' },
		{ "timeout", required_argument, NULL, 'T' },
		{ "launches", required_argument, NULL, 'n' },
		{ "min-effect", required_argument, NULL, 'e' },
		{ "alpha", required_argument, NULL, 'a' },
		{ "seed", required_argument, NULL, 's' },
		{ "pin", required_argument, NULL, 'p' },
		{ "fail-on", required_argument, NULL, 'f' },
		GNB_VERDICT_OPTIONS,
		{ "allow-untrusted", no_argument, NULL, 'U' },
		{ "no-progress", no_argument, NULL, 'P' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	static char filter[4096];
	const char *wrong = NULL;
	int opt;

	while ((opt = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (opt == 'h') {
			fputs(usage, stdout);
			return GNB_EXIT_OK;
		}
		if (opt == '?') {
			fputs("Try grantbench ab --help.\n", stderr);
			return GNB_EXIT_USAGE;
		}
		wrong = apply(r, opt, optarg);
		if (wrong)
			return complain(GNB_EXIT_USAGE, wrong);
	}
	if (argc - optind > 1)
		return complain(GNB_EXIT_USAGE,
				"one FILTER at most; programs are named with --base and --other");
	if (argc - optind == 1) {
		if (strlen(argv[optind]) >= sizeof(filter) - 16)
			return complain(GNB_EXIT_USAGE, "a shorter FILTER");
		snprintf(filter, sizeof(filter), "--filter=%s", argv[optind]);
		wrong = give(r, GNB_AB_BASE, GNB_AB_OTHER, filter);
	}
	return wrong ? complain(GNB_EXIT_USAGE, wrong) : -1;
}

/* Whoever names no version compares the first one alone: each more is a row more that can be wrong. */
static void choose_versions(struct request *r)
{
	static char first[128];

	snprintf(first, sizeof(first), "--versions=%s", gnb_versions[0].name);
	for (unsigned s = 0; s < GNB_AB_SIDES; s++) {
		bool named = false;

		for (unsigned i = 0; i < r->n[s]; i++)
			named |= is(r->with[s][i], "--versions");
		if (!named)
			r->with[s][r->n[s]++] = first;
		r->o.with[s] = r->with[s];
	}
}

/* Is it one program on both sides, by its content? -1: it cannot be read, with a line in err. */
static int one_program(const struct request *r, char *err, size_t len)
{
	char *text[GNB_AB_SIDES] = { NULL, NULL };
	size_t n[GNB_AB_SIDES];
	int same = -1;

	for (unsigned s = 0; s < GNB_AB_SIDES; s++) {
		struct stat st;

		errno = 0;
		if (stat(r->o.program[s], &st) || access(r->o.program[s], X_OK))
			snprintf(err, len, "%s: cannot run %.400s: %s", gnb_ab_names[s],
				 r->o.program[s], strerror(errno));
		else if (!S_ISREG(st.st_mode))
			snprintf(err, len, "%s: %.400s is no program", gnb_ab_names[s],
				 r->o.program[s]);
		else if (!(text[s] = gnb_file_read(r->o.program[s], &n[s])))
			snprintf(err, len, "%s: cannot read %.400s: %s", gnb_ab_names[s],
				 r->o.program[s], strerror(errno));
		if (!text[s])
			break;
	}
	if (text[0] && text[1])
		same = n[0] == n[1] && !memcmp(text[0], text[1], n[0]);
	free(text[0]);
	free(text[1]);
	return same;
}

/* What a reader calls a side: its program, and what was given to it. */
static char *side_name(const struct request *r, unsigned s)
{
	struct gnb_buf b = { 0 };

	gnb_buf_add(&b, r->o.program[s]);
	for (unsigned i = 0; i < r->n[s]; i++)
		gnb_buf_fmt(&b, " %s", r->with[s][i]);
	return gnb_buf_take(&b);
}

static int tell(const struct request *r, const struct gnb_ab_result *res, bool one)
{
	struct gnb_source source[GNB_AB_SIDES] = { 0 };
	struct gnb_comparison c;
	char note[800];
	struct gnb_cmp_turns turns = { .launches = res->launches,
				       .seconds = res->seconds,
				       .alpha = res->alpha,
				       .seed = r->o.seed,
				       .note = note };
	int code;

	snprintf(
		note, sizeof(note), "%s%s%s%s%s",
		one ? "both sides are one program"
		    : "two builds of one source differ by 1.3 % and more in time, by where their code lies",
		*res->untrusted ? "; times mean nothing here: " : "", res->untrusted,
		*res->left_out ? "; left out, since neither side can measure it: " : "",
		res->left_out);
	for (unsigned s = 0; s < GNB_AB_SIDES; s++)
		source[s] = (struct gnb_source){ .name = r->name[s],
						 .path = (char *)r->o.program[s],
						 .doc = res->summary[s] };
	if (gnb_compare_paired(&c, source, res->row, res->n, &r->cmp, &turns))
		return complain(GNB_EXIT_FAIL, "out of memory");
	code = gnb_verdict_tell(&r->where, &c);
	gnb_compare_free(&c);
	return code;
}

/* Both sides are known: measure, and tell. */
static int measure(struct request *r, bool one)
{
	struct gnb_ab_result res;
	char err[1000];
	int code;

	if (!r->effect_given)
		r->cmp.min_effect = one ? SETTINGS : BUILDS;
	r->o.alpha = r->cmp.alpha;
	r->o.threshold = r->cmp.min_effect;
	r->o.headlines = !r->selected;
	r->o.in_order = r->own[0] || r->own[1];
	code = gnb_ab(&r->o, &res, err, sizeof(err));
	if (gnb_signalled)
		code = 128 + (int)gnb_signalled;
	if (code)
		complain(code, err);
	else
		code = tell(r, &res, one);
	gnb_ab_free(&res);
	return code;
}

static int ab(int argc, char **argv)
{
	struct request r = {
		.cmp = { .alpha = 0.01, .fail_on = 1u << GNB_CMP_SLOWER },
		.where.format = "console",
		.o = { .timeout = 60, .launches = 500, .pin = "core", .progress = true },
	};
	uint32_t lot = 1;
	char err[1000];
	int code, one;

	gnb_beside(NULL, r.self, sizeof(r.self));
	r.o.program[GNB_AB_BASE] = r.o.program[GNB_AB_OTHER] = r.self;
	if (getrandom(&lot, sizeof(lot), 0) == sizeof(lot))
		r.o.seed = lot;
	code = parse(argc, argv, &r);
	if (code >= 0)
		return code;
	/* A reader or a side that goes away must not end this without a word. */
	signal(SIGPIPE, SIG_IGN);
	/* Nor must a limit on the size of files: a write that fails is reported. */
	signal(SIGXFSZ, SIG_IGN);
	one = one_program(&r, err, sizeof(err));
	if (one < 0)
		return complain(GNB_EXIT_USAGE, err);
	choose_versions(&r);
	r.name[0] = side_name(&r, 0);
	r.name[1] = side_name(&r, 1);
	code = r.name[0] && r.name[1] ? measure(&r, one) : complain(GNB_EXIT_FAIL, "out of memory");
	free(r.name[0]);
	free(r.name[1]);
	return code;
}

static const struct gnb_command command = {
	.name = "ab",
	.help = "two builds or settings measured in turn: faster, slower, same; ab --help",
	.main = ab,
};
GNB_COMMAND(command);
