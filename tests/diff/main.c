// SPDX-License-Identifier: GPL-2.0-only
/* The command: see usage(). */
#include "run.h"
#include "standard.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static void usage(FILE *f)
{
	fputs("usage: hv_diff COMMAND [OPTION...] [FILE...]\n"
	      "  run           make and run a stream; print what it reached\n"
	      "  replay FILE   run the operations of a trace again\n"
	      "  cross         make and run a stream, run it on the other hypervisor, compare, "
	      "shrink the first difference\n"
	      "  shrink FILE   the same with the operations of a trace; without --against, shrink "
	      "what breaks an invariant\n"
	      "  compare A B   compare two traces\n"
	      "  topics        what --without can leave out\n"
	      "  -s, --seed=N        of the stream (1)\n"
	      "  -n, --count=N       operations in all (2000)\n"
	      "  -l, --length=N      operations per sub-stream, which has fresh domains (200)\n"
	      "  -f, --first=N       number of the first sub-stream (0)\n"
	      "  -v, --version=N     grant table version at the start, 1 or 2 (1); 3: trees beside one of version 1\n"
	      "      --cache         version 3: walks remember nodes; a real Xen has to be booted so\n"
	      "      --tools         dom0 logs and moves the domains' pages; versions 1 and 2, pvh,pvh\n"
	      "  -g, --guests=A,B    pv or pvh each (pv,pv)\n"
	      "  -d, --domains=N     1: one domain that grants to itself (2)\n"
	      "  -w, --without=A,B   topics to leave out\n"
	      "      --with=A,B      topics that are left out unless asked for (retry)\n"
	      "  -o, --output=FILE   the trace\n"
	      "  -q, --quiet         no table of what was reached\n"
	      "      --on=NAME       the hypervisor: hv; xen, in its dom0; or hv:N with defect N "
	      "in a build that has them (hv)\n"
	      "      --against=NAME  the other one\n"
	      "      --stop          cross: at the first difference, which is not shrunk\n"
	      "      --raw-handles   handles have to be the same numbers\n"
	      "Exit: 0 equal, or nothing wrong; 1 a difference, or a broken invariant; 2 usage; 6 "
	      "a file or hypervisor is missing.\n",
	      f);
}

static struct options {
	struct diff_config cfg;
	uint64_t seed, count;
	unsigned length, first;
	uint32_t without;
	const char *output, *on, *against;
	bool raw, quiet, stop;
} opt = { .cfg = { .version = 1, .doms = 2 },
	  .seed = 1,
	  .count = 2000,
	  .length = 200,
	  .without = GEN_USUALLY_WITHOUT,
	  .on = "hv" };

__attribute__((format(printf, 2, 3), noreturn)) static void quit(int code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fprintf(stderr, "hv_diff: ");
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
	exit(code);
}

static uint64_t number(const char *name, const char *s, uint64_t min, uint64_t max)
{
	char *end;
	uint64_t n;

	errno = 0;
	n = strtoull(s, &end, 0);
	if (errno || end == s || *end || s[0] == '-' || n < min || n > max)
		quit(2, "--%s=%s: give a number from %lu to %lu", name, s, (unsigned long)min,
		     (unsigned long)max);
	return n;
}

static void guests(const char *s)
{
	static const char *const names[] = { "pv", "pvh" };

	for (unsigned i = 0; i < 4; i++) {
		char both[16];

		snprintf(both, sizeof(both), "%s,%s", names[i & 1], names[i >> 1]);
		if (strcmp(s, both))
			continue;
		opt.cfg.translated[0] = i & 1;
		opt.cfg.translated[1] = i >> 1;
		return;
	}
	quit(2, "--guests=%s: give two of pv and pvh, as in pv,pvh", s);
}

static void topics(char *s, bool with)
{
	char *save, *word;
	unsigned t;

	for (word = strtok_r(s, ",", &save); word; word = strtok_r(NULL, ",", &save)) {
		for (t = 0; t < GEN_NR_TOPICS && strcmp(word, gen_topic_names[t]); t++)
			;
		if (t == GEN_NR_TOPICS)
			quit(2, "--with%s=%s: no such topic; `hv_diff topics` lists them",
			     with ? "" : "out", word);
		opt.without = with ? opt.without & ~(1u << t) : opt.without | 1u << t;
	}
}

static struct diff_backend *backend(const char *name)
{
	struct diff_backend *b;
	int mutant = 0;

	if (!strncmp(name, "hv:", 3)) {
#ifdef HV_MUTANT
		mutant = (int)number("on", name + 3, 0, 1000);
#else
		quit(6, "%s: this build has no defects; make SAN=hvmutants", name);
#endif
	} else if (strcmp(name, "hv") && strcmp(name, "xen")) {
		quit(6, "no hypervisor %s; there are hv and xen", name);
	}
	b = strcmp(name, "xen") ? diff_backend_hv(mutant) : diff_backend_xen();
	if (!b)
		quit(1, "out of memory");
	return b;
}

static FILE *open_file(const char *name, const char *mode)
{
	FILE *f = fopen(name, mode);

	if (!f)
		quit(6, "%s: %s", name, strerror(errno));
	return f;
}

static void close_output(FILE *f)
{
	if (f && (fflush(f) || ferror(f)))
		quit(1, "%s: %s", opt.output, strerror(errno));
	if (f)
		fclose(f);
}

static bool broken(int rc)
{
	if (rc && rc != -EUCLEAN)
		quit(rc == -ENOENT || rc == -EPERM ? 6 : 1, "no domains: %s%s%s", strerror(-rc),
		     diff_xen_why()[0] ? ": " : "", diff_xen_why());
	return rc;
}

static struct diff_list list(unsigned number)
{
	return (struct diff_list){ .cfg = opt.cfg, .seed = opt.seed, .number = number };
}

static unsigned rest(uint64_t done)
{
	return opt.count - done < opt.length ? (unsigned)(opt.count - done) : opt.length;
}

static int run(void)
{
	struct diff_backend *b = backend(opt.on);
	FILE *f = opt.output ? open_file(opt.output, "w") : NULL;
	static struct diff_cover cover;
	unsigned number = opt.first, bad = 0;

	for (uint64_t done = 0; done < opt.count; number++) {
		struct diff_list l = list(number);
		unsigned n = rest(done);

		if (broken(diff_generate(b, &l, n, opt.without, f, &cover)) && !bad++)
			fprintf(stderr,
				"hv_diff: sub-stream %u broke an invariant; the trace says which\n",
				number);
		diff_list_free(&l);
		done += n;
	}
	close_output(f);
	if (!opt.quiet)
		diff_cover_print(&cover, stdout);
	b->free(b);
	return bad > 0;
}

/* The next sub-stream of a trace. */
static bool next(FILE *f, const char *name, struct diff_list *l, unsigned *line)
{
	int rc;

	*l = (struct diff_list){ 0 };
	rc = diff_read(f, l, line);
	if (rc < 0)
		quit(2, "%s:%u: not a line of a trace", name, *line);
	return rc;
}

static int replay(const char *name)
{
	struct diff_backend *b = backend(opt.on);
	FILE *in = open_file(name, "r"), *f = opt.output ? open_file(opt.output, "w") : NULL;
	static struct diff_cover cover;
	unsigned line = 0, bad = 0;
	struct diff_list l;

	while (next(in, name, &l, &line)) {
		bad += broken(diff_replay(b, &l, f, &cover));
		diff_list_free(&l);
	}
	fclose(in);
	close_output(f);
	if (!opt.quiet)
		diff_cover_print(&cover, stdout);
	b->free(b);
	return bad > 0;
}

/* Write the shortest list with its results. */
static void report(struct diff_backend *a, struct diff_backend *b, struct diff_list *l)
{
	static struct diff_where w;
	unsigned before = l->n;
	long runs = diff_shrink(a, b, l, opt.raw, &w);
	FILE *f;

	if (runs < 0) {
		printf("  not again when replayed\n");
		return;
	}
	printf("  %u of %u operations are enough (%ld runs):\n", l->n, before, runs);
	for (unsigned i = 0; i < l->n; i++) {
		static char line[DIFF_LINE];

		diff_op_print(line, sizeof(line), &l->op[i]);
		printf("  %s\n", line);
	}
	if (b) {
		printf("  where they differ:\n");
		diff_where_print(&w, opt.on, opt.against, stdout);
	}
	if (!opt.output)
		return;
	f = open_file(opt.output, "w");
	diff_replay(a, l, f, NULL);
	close_output(f);
}

static int cross(const char *name)
{
	struct diff_backend *a = backend(opt.on), *b = backend(opt.against);
	FILE *in = name ? open_file(name, "r") : NULL;
	unsigned number = opt.first, line = 0, differ = 0, bad = 0;
	static struct diff_where w;

	for (uint64_t done = 0; (in || done < opt.count) && !(opt.stop && differ); number++) {
		struct diff_list l = list(number);
		unsigned n = rest(done);

		if (in && !next(in, name, &l, &line))
			break;
		if (!in)
			bad += broken(diff_generate(a, &l, n, opt.without, NULL, NULL));
		if (diff_both(a, b, &l, opt.raw, &w)) {
			printf("sub-stream %u, line %u\n", l.number, w.line);
			diff_where_print(&w, opt.on, opt.against, stdout);
			if (!differ++ && !opt.stop)
				report(a, b, &l);
			fflush(stdout);
		}
		diff_list_free(&l);
		done += n;
	}
	printf("%u of %u sub-streams differ\n", differ, number - opt.first);
	if (bad)
		printf("%u sub-streams broke an invariant of %s; `run` with --output says which\n",
		       bad, opt.on);
	if (in)
		fclose(in);
	a->free(a);
	b->free(b);
	return differ || bad;
}

/* The first sub-stream of a trace that breaks an invariant, shortened. */
static int shrink_broken(const char *name)
{
	struct diff_backend *a = backend(opt.on);
	FILE *in = open_file(name, "r");
	unsigned line = 0, bad = 0;
	struct diff_list l;

	while (!bad && next(in, name, &l, &line)) {
		if (broken(diff_replay(a, &l, NULL, NULL)) && !bad++)
			report(a, NULL, &l);
		diff_list_free(&l);
	}
	fclose(in);
	a->free(a);
	return bad > 0;
}

static int compare(char **files)
{
	long n = diff_files(files[0], files[1], opt.raw, stdout);

	if (n < 0)
		quit(6, "%s or %s: cannot be read", files[0], files[1]);
	printf("%ld sub-streams differ\n", n);
	return n > 0;
}

static void parse(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "seed", 1, 0, 's' },
		{ "count", 1, 0, 'n' },
		{ "length", 1, 0, 'l' },
		{ "first", 1, 0, 'f' },
		{ "version", 1, 0, 'v' },
		{ "guests", 1, 0, 'g' },
		{ "domains", 1, 0, 'd' },
		{ "without", 1, 0, 'w' },
		{ "output", 1, 0, 'o' },
		{ "quiet", 0, 0, 'q' },
		{ "on", 1, 0, 1 },
		{ "against", 1, 0, 2 },
		{ "raw-handles", 0, 0, 3 },
		{ "with", 1, 0, 4 },
		{ "cache", 0, 0, 5 },
		{ "stop", 0, 0, 6 },
		{ "tools", 0, 0, 7 },
		{ "help", 0, 0, 'h' },
		{ 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "s:n:l:f:v:g:d:w:o:qh", longs, NULL)) != -1) {
		if (c == 's')
			opt.seed = number("seed", optarg, 0, UINT64_MAX);
		else if (c == 'n')
			opt.count = number("count", optarg, 1, 1u << 30);
		else if (c == 'l')
			opt.length = (unsigned)number("length", optarg, 1, 100000);
		else if (c == 'f')
			opt.first = (unsigned)number("first", optarg, 0, UINT32_MAX);
		else if (c == 'v')
			opt.cfg.version = (unsigned)number("version", optarg, 1, 3);
		else if (c == 'g')
			guests(optarg);
		else if (c == 'd')
			opt.cfg.doms = (unsigned)number("domains", optarg, 1, DIFF_DOMS);
		else if (c == 'w')
			topics(optarg, false);
		else if (c == 'o')
			opt.output = optarg;
		else if (c == 'q')
			opt.quiet = true;
		else if (c == 1)
			opt.on = optarg;
		else if (c == 2)
			opt.against = optarg;
		else if (c == 3)
			opt.raw = true;
		else if (c == 6)
			opt.stop = true;
		else if (c == 7)
			opt.cfg.tools = true;
		else if (c == 5)
			opt.cfg.cache = true;
		else if (c == 4)
			topics(optarg, true);
		else if (c == 'h') {
			usage(stdout);
			exit(gnb_standard_close("hv_diff", 0));
		} else
			exit(2);
	}
}

static int diff(int argc, char **argv)
{
	const char *command;
	int left;

	parse(argc, argv);
	if (opt.cfg.tools &&
	    (opt.cfg.version == 3 || !opt.cfg.translated[0] || !opt.cfg.translated[1]))
		quit(2, "--tools: of versions 1 and 2, and --guests=pvh,pvh");
	command = optind < argc ? argv[optind++] : "";
	left = argc - optind;
	if (!strcmp(command, "run") && !left)
		return run();
	if (!strcmp(command, "replay") && left == 1)
		return replay(argv[optind]);
	if (!strcmp(command, "compare") && left == 2)
		return compare(argv + optind);
	if (!strcmp(command, "shrink") && left == 1 && !opt.against)
		return shrink_broken(argv[optind]);
	if ((!strcmp(command, "cross") && !left) || (!strcmp(command, "shrink") && left == 1)) {
		if (!opt.against)
			quit(2, "%s: --against=NAME says which hypervisor to compare with",
			     command);
		return cross(left ? argv[optind] : NULL);
	}
	if (!strcmp(command, "topics") && !left) {
		for (unsigned t = 0; t < GEN_NR_TOPICS; t++)
			printf("%-11s %s\n", gen_topic_names[t], gen_topic_whats[t]);
		return 0;
	}
	usage(stderr);
	return 2;
}

int main(int argc, char **argv)
{
	gnb_standard_open();
	return gnb_standard_close("hv_diff", diff(argc, argv));
}
