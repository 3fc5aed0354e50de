// SPDX-License-Identifier: GPL-2.0-only
/* grantbench-profile: commands and their options. */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "causes.h"
#include "prof.h"
#include "standard.h"

static const char help[] =
	"usage: grantbench-profile table|folded|flame|work|locks [OPTION]... PART...\n"
	"       grantbench-profile diff|causes [OPTION]... PART PART\n"
	"       grantbench-profile symbols --syms=FILE\n"
	"\n"
	"Where an unmodified hypervisor's instructions go, by function: what scripts/lab profile "
	"wrote.\n"
	"A PART is PATH[,op=map|unmap|copy|...][,count=N][,cell=TEXT][,cpu=N]: a folder of "
	"scripts/lab, or a profile.\n"
	"\n"
	"  table           instructions and calls per operation, by function\n"
	"  folded          stacks in one line each, as flame graph tools take them\n"
	"  flame           a flame graph (SVG) of one operation\n"
	"  diff            two parts, function by function\n"
	"  causes          two parts by cause: where in the operation, and what for; and what "
	"once a hypercall\n"
	"                  would save of the second\n"
	"  work            locks, references, look-ups and flushes per operation\n"
	"  symbols         where functions and their pieces begin and end, and whose they are\n"
	"  locks           who took which lock, and how many had to wait; all windows\n"
	"\n"
	"  --syms=FILE     the hypervisor with its symbols (xen-syms); again: of the second part "
	"of a diff\n"
	"  --build-id=HEX  of the hypervisor that ran, where no file \"environment\" says it\n"
	"  --format=FORMAT text, json or csv\n"
	"  --top=N         only the N functions with the most instructions\n"
	"  --mean          over all windows, not those with the fewest instructions\n"
	"  --interrupts    and what interrupts did in them (with --mean)\n"
	"  --split         pieces and clones of functions (.part, .cold, .constprop) apart\n"
	"  -h, --help      this text\n"
	"  -V, --version   the version\n"
	"\n"
	"Exit codes: 0 done; 1 a profile is broken; 2 usage, or nothing selected; 5 symbols of "
	"another build;\n"
	"6 a file is missing; 7 locks without an instruction clock.\n";

struct args {
	const char *syms[2], *build_id, *command;
	struct func_opts opts;
	enum prof_format format;
	unsigned top;
};

static void parse_format(struct args *a, const char *s)
{
	if (!strcmp(s, "text"))
		a->format = FORMAT_TEXT;
	else if (!strcmp(s, "json"))
		a->format = FORMAT_JSON;
	else if (!strcmp(s, "csv"))
		a->format = FORMAT_CSV;
	else
		prof_die(PROF_USAGE, "--format=%s: there are text, json and csv", s);
}

static void parse_top(struct args *a, const char *s)
{
	char *end;
	unsigned long v = strtoul(s, &end, 10);

	if (*end || !v || v > 1000000)
		prof_die(PROF_USAGE, "--top=%s: a number from 1 is needed", s);
	a->top = (unsigned)v;
}

static void parse(struct args *a, int argc, char **argv)
{
	static const struct option options[] = {
		{ "syms", required_argument, NULL, 's' },
		{ "build-id", required_argument, NULL, 'b' },
		{ "format", required_argument, NULL, 'f' },
		{ "top", required_argument, NULL, 't' },
		{ "mean", no_argument, NULL, 'm' },
		{ "interrupts", no_argument, NULL, 'i' },
		{ "split", no_argument, NULL, 'p' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	opterr = 0;
	while ((c = getopt_long(argc, argv, ":hV", options, NULL)) >= 0) {
		switch (c) {
		case 's':
			if (a->syms[1])
				prof_die(PROF_USAGE, "--syms is given three times");
			a->syms[a->syms[0] != NULL] = optarg;
			break;
		case 'b':
			a->build_id = optarg;
			break;
		case 'f':
			parse_format(a, optarg);
			break;
		case 't':
			parse_top(a, optarg);
			break;
		case 'm':
			a->opts.mean = true;
			break;
		case 'i':
			a->opts.interrupts = true;
			break;
		case 'p':
			a->opts.split = true;
			break;
		case 'h':
			fputs(help, stdout);
			exit(gnb_standard_close("grantbench-profile", PROF_OK));
		case 'V':
			puts("grantbench-profile " GNB_SUITE_VERSION);
			exit(gnb_standard_close("grantbench-profile", PROF_OK));
		default:
			prof_die(PROF_USAGE, "%s '%s', see --help",
				 c == ':' ? "no value for" : "unknown option", argv[optind - 1]);
		}
	}
	if (a->opts.interrupts && !a->opts.mean)
		prof_die(PROF_USAGE,
			 "--interrupts goes with --mean: the least windows are those without");
}

static void load(struct prof *p, struct syms *s, const struct args *a, unsigned i, const char *path)
{
	const char *file = a->syms[i] ? a->syms[i] : a->syms[0];

	prof_load(p, path);
	if (a->build_id)
		snprintf(p->build_id, sizeof(p->build_id), "%s", a->build_id);
	syms_load(s, file);
	syms_match(s, file, p);
}

static const struct prof_op *one_op(const struct prof *p, const struct prof_select *sel,
				    const char *arg)
{
	const struct prof_op *found = NULL;

	for (size_t i = 0; i < p->nops; i++) {
		if (!prof_selected(sel, &p->ops[i]))
			continue;
		if (found)
			prof_die(
				PROF_USAGE,
				"'%s' is more than one operation: give op=, count= and cell=", arg);
		found = &p->ops[i];
	}
	if (!found)
		prof_die(PROF_USAGE, "'%s': nothing was measured that this names", arg);
	return found;
}

static void diff(const struct args *a, char **part)
{
	const struct prof_op *op[2];
	struct prof_select sel[2];
	struct syms s[2];
	struct prof p[2];

	for (unsigned i = 0; i < 2; i++) {
		prof_select_parse(&sel[i], part[i]);
		load(&p[i], &s[i], a, i, sel[i].path);
		op[i] = one_op(&p[i], &sel[i], part[i]);
	}
	if (!strcmp(a->command, "causes"))
		causes_print(&p[0], op[0], &s[0], &p[1], op[1], &s[1], &a->opts, a->format);
	else
		diff_print(&p[0], op[0], &s[0], &p[1], op[1], &s[1], &a->opts, a->format, a->top);
	for (unsigned i = 0; i < 2; i++) {
		prof_free(&p[i]);
		syms_free(&s[i]);
		free(sel[i].path);
	}
}

/* A line each, by address: where it begins, where the next thing does, the function it belongs to. */
static void symbols(const struct args *a)
{
	struct syms s;

	syms_load(&s, a->syms[0]);
	for (size_t i = 0; i < s.n; i++)
		if (s.list[i].addr < s.list[i].end)
			printf("%016" PRIx64 " %016" PRIx64 " %s\n", s.list[i].addr, s.list[i].end,
			       s.list[s.list[i].function].base);
	syms_free(&s);
}

static int one_part(const struct args *a, const char *arg, struct table *t)
{
	int rc = PROF_OK;
	struct prof_select sel;
	unsigned n = 0;
	struct syms s;
	struct prof p;

	prof_select_parse(&sel, arg);
	load(&p, &s, a, 0, sel.path);
	for (size_t i = 0; i < p.nops; i++) {
		if (!prof_selected(&sel, &p.ops[i]))
			continue;
		n++;
		if (t)
			table_add(t, &p, &p.ops[i], &s, &a->opts, a->top);
	}
	if (!n)
		prof_die(PROF_USAGE, "'%s': nothing was measured that this names", arg);
	if (!strcmp(a->command, "folded"))
		stacks_folded(&p, &sel, &s, &a->opts);
	else if (!strcmp(a->command, "flame"))
		stacks_flame(&p, one_op(&p, &sel, arg), &s, &a->opts);
	else if (!strcmp(a->command, "work"))
		work_print(&p, &sel, &s, &a->opts, a->format);
	else if (!strcmp(a->command, "locks"))
		rc = locks_print(&p, &sel, &s, &a->opts, a->format);
	prof_free(&p);
	syms_free(&s);
	free(sel.path);
	return rc;
}

static int profile(int argc, char **argv)
{
	static const char *const commands[] = { "table", "folded", "flame",   "work", "locks",
						"diff",	 "causes", "symbols", NULL };
	struct args a = { .format = FORMAT_TEXT };
	struct table *t = NULL;
	int rc = PROF_OK, part;
	unsigned i;

	parse(&a, argc, argv);
	if (optind == argc)
		prof_die(
			PROF_USAGE,
			"write grantbench-profile table|folded|flame|work|locks|diff|causes|symbols "
			"PART..., see --help");
	a.command = argv[optind++];
	for (i = 0; commands[i] && strcmp(a.command, commands[i]);)
		i++;
	if (!commands[i])
		prof_die(PROF_USAGE, "there is no command '%s', see --help", a.command);
	if (optind == argc && strcmp(a.command, "symbols"))
		prof_die(PROF_USAGE, "%s: of what? Give a folder of scripts/lab profile",
			 a.command);
	if (!a.syms[0])
		prof_die(PROF_USAGE, "--syms=FILE is needed: the hypervisor with its symbols");
	if (!strcmp(a.command, "symbols")) {
		if (optind < argc)
			prof_die(PROF_USAGE, "symbols takes no part");
		symbols(&a);
		return PROF_OK;
	}
	if (!strcmp(a.command, "diff") || !strcmp(a.command, "causes")) {
		if (argc - optind != 2)
			prof_die(PROF_USAGE, "%s takes two parts", a.command);
		diff(&a, argv + optind);
		return PROF_OK;
	}
	if (!strcmp(a.command, "flame") && argc - optind != 1)
		prof_die(PROF_USAGE, "flame takes one part");
	if (!strcmp(a.command, "table"))
		t = table_begin(a.format);
	for (int k = optind; k < argc; k++) {
		part = one_part(&a, argv[k], t);
		rc = part ? part : rc;
	}
	if (t)
		table_end(t);
	return rc;
}

int main(int argc, char **argv)
{
	gnb_standard_open();
	return gnb_standard_close("grantbench-profile", profile(argc, argv));
}
