/* SPDX-License-Identifier: GPL-2.0-only */
/* grantbench: options, what they ask for, and the exit code. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ab_side.h"
#include "command.h"
#include "export_benchmark.h"
#include "gbench.h"
#include "input.h"
#include "launch.h"
#include "load.h"
#include "peer.h"
#include "run.h"
#include "selftest.h"
#include "signalled.h"
#include "standard.h"
#include "suite.h"
#include "summary.h"
#include "target_arg.h"
#include "threads.h"
#include "topo.h"

/* Static, so that what hangs on them is still reachable at exit. */
static struct gnb_options opts, typed;
static struct gnb_results results;
static struct gnb_plan plan;

static int die(int code, const char *why)
{
	fprintf(stderr, "grantbench: %s\n", why);
	return code;
}

static void on_signal(int sig)
{
	gnb_signalled = sig;
}

static void catch_signals(void)
{
	struct sigaction sa = { .sa_handler = on_signal };

	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	/* A reader that goes away (| head) must not take the results with it. */
	signal(SIGPIPE, SIG_IGN);
	/* Nor must a limit on the size of files: a write that fails is reported. */
	signal(SIGXFSZ, SIG_IGN);
}

/*
 * To resume is to go on as it was begun: the options of then, and those of now over them. A
 * selection of now replaces the one of then, and is refused later if it is not the same.
 */
static int merge_with_resumed(int argc, char **argv, char *err, size_t len)
{
	struct json_object *command = NULL;
	const char *resume = opts.resume;
	char was[GNB_COMPARED_LEN], are[GNB_COMPARED_LEN];
	char **old;
	int n, rc;

	json_object_object_get_ex(results.manifest, "command", &command);
	n = command ? (int)json_object_array_length(command) : 0;
	old = calloc((size_t)n + 1, sizeof(*old));
	if (!old)
		return -ENOMEM;
	for (int i = 0; i < n; i++)
		old[i] = (char *)json_object_get_string(
			json_object_array_get_idx(command, (size_t)i));
	gnb_options_free(&opts);
	rc = gnb_options_env(&opts, err, len);
	if (!rc && n)
		rc = gnb_options_parse(&opts, n, old, err, len);
	free(old);
	if (rc)
		return rc;
	if (gnb_suite_was(results.manifest, was)) {
		opts.compared.base = NULL;
		rc = gnb_compared_parse(&opts.compared, was, err, len);
		if (rc)
			return rc;
	} else {
		gnb_compared_text(&opts.compared, was);
	}
	if (typed.filter)
		opts.filter = NULL;
	if (typed.sets)
		opts.sets = 0;
	opts.action = GNB_ACT_RUN;
	opts.out = NULL;
	opts.metas = 0;
	rc = gnb_options_parse(&opts, argc, argv, err, len);
	opts.resume = resume;
	gnb_compared_text(&opts.compared, are);
	if (rc || !strcmp(was, are))
		return rc;
	snprintf(err, len,
		 "--resume: %.400s was made with other --versions, or another --baseline: give the "
		 "same, or none",
		 results.dir);
	return -EXDEV;
}

static int read_options(int argc, char **argv, char *err, size_t len)
{
	int rc;

	gnb_options_init(&typed);
	rc = gnb_options_parse(&typed, argc, argv, err, len);
	if (rc)
		return rc;
	gnb_options_init(&opts);
	/* A re-launch has been told everything on its command line. */
	if (!typed.child_cell)
		rc = gnb_options_env(&opts, err, len);
	if (!rc)
		rc = gnb_options_parse(&opts, argc, argv, err, len);
	return rc ? rc : gnb_options_finish(&opts, err, len);
}

/* 0, or an exit code with a line in err. */
static int choose_target(const struct gnb_target **t, char *err, size_t len)
{
	struct gnb_machine_config cfg = { 0 };
	const char *why = NULL;
	int rc = gnb_target_arg(opts.target, t, err, len);

	if (rc)
		return rc == -EINVAL ? GNB_EXIT_USAGE : GNB_EXIT_MISSING;
	if (opts.target && (*t)->supported(&cfg, &why)) {
		snprintf(err, len, "--target=%s: not available here: %s", opts.target,
			 why ? why : "no reason given");
		return GNB_EXIT_MISSING;
	}
	return 0;
}

static void say_left_out(const struct gnb_target *t)
{
	for (size_t i = 0; i < plan.nleft_out; i++)
		fprintf(stderr, "grantbench: %s %s on target %s: %s\n", plan.left_out[i].what,
			plan.left_out[i].bench ? "cannot run" : "is no choice", t->name,
			plan.left_out[i].why);
}

static int dry_run(const struct gnb_target *t)
{
	size_t headline = 0;

	for (size_t i = 0; i < plan.n; i++) {
		printf("%s\n", plan.cells[i].cell.name);
		headline += plan.cells[i].headline;
	}
	if (!opts.quiet && gnb_target_clock(t)->exact)
		fprintf(stderr, "%zu cell%s, each a fixed amount of work\n", plan.n,
			plan.n == 1 ? "" : "s");
	else if (!opts.quiet)
		fprintf(stderr, "%zu cell%s, %zu of them re-launched %d times, within %g s\n",
			plan.n, plan.n == 1 ? "" : "s", opts.launches ? headline : 0, opts.launches,
			gnb_budget(&opts, &plan));
	return GNB_EXIT_OK;
}

/* What was measured, as its readers have it. */
static void print_results(void)
{
	struct json_object *doc;
	struct gnb_rec_run run;

	if (gnb_rec_take(&run, results.dir, results.manifest, results.cells)) {
		fprintf(stderr, "grantbench: no memory for the summary; the results are in %s\n",
			results.dir);
		return;
	}
	if (opts.console && !opts.quiet)
		gnb_summary(stdout, &results, &run);
	if (opts.json) {
		doc = gnb_export_benchmark(&run);
		printf("%s\n",
		       json_object_to_json_string_ext(doc, JSON_C_TO_STRING_PRETTY |
								   JSON_C_TO_STRING_NOSLASHESCAPE));
		json_object_put(doc);
	}
	gnb_rec_free(&run);
}

/* Google Benchmark ends the process where it cannot open a file, without a reason: better before anything is made. */
static int few_files(char *err, size_t len)
{
	int fd[8], n = 0, error = 0;

	while (n < 8 && (fd[n] = open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0)
		n++;
	if (n < 8)
		error = errno;
	while (n)
		close(fd[--n]);
	if (error)
		snprintf(err, len,
			 "a run has more files open than it can here (%s): raise ulimit -n",
			 strerror(error));
	return -error;
}

static int measure(const struct gnb_target *t, int argc, char **argv)
{
	char err[1024];
	int rc;

	/* A wrong --pin is found before anything is made on the disk. */
	rc = gnb_topo_init(opts.pin, opts.numa, err, sizeof(err));
	if (rc)
		return die(gnb_exit_of(rc), err);
	rc = gnb_results_lock(&results, &opts, err, sizeof(err));
	if (rc)
		return die(rc == -EBUSY ? GNB_EXIT_BUSY : GNB_EXIT_FAIL, err);
	catch_signals();
	rc = opts.resume ? gnb_results_resume(&results, &opts, &plan, t, err, sizeof(err))
			 : gnb_results_create(&results, &opts, &plan, t, gnb_budget(&opts, &plan),
					      argc, argv, err, sizeof(err));
	if (rc)
		return die(rc, err);
	rc = gnb_run(&opts, &plan, t, &results);
	print_results();
	return rc;
}

/* A run that was killed before it had a folder is resumed by starting it. */
static bool nothing_to_resume(void)
{
	char path[4200];

	if (!opts.resume || *opts.resume || opts.child_cell)
		return false;
	snprintf(path, sizeof(path), "%s/latest", opts.results);
	if (!access(path, F_OK))
		return false;
	fprintf(stderr, "grantbench: there is no %s to resume: starting a new run\n", path);
	return true;
}

/* Everything that needs a plan. */
static int with_plan(int argc, char **argv)
{
	const struct gnb_target *t;
	char err[1024] = "";
	int rc;

	if (opts.ab_side > GNB_AB_PROTOCOL) {
		snprintf(err, sizeof(err), "it speaks version %d of the protocol of ab, not %u",
			 GNB_AB_PROTOCOL, opts.ab_side);
		return die(GNB_EXIT_USAGE, err);
	}
	if (nothing_to_resume())
		opts.resume = NULL;
	if (opts.action == GNB_ACT_RUN && opts.resume && !opts.child_cell) {
		rc = gnb_results_open(&results, &opts, err, sizeof(err));
		if (rc)
			return die(rc, err);
		rc = merge_with_resumed(argc, argv, err, sizeof(err));
		if (!rc)
			rc = gnb_options_finish(&opts, err, sizeof(err));
		if (rc)
			return die(rc == -EXDEV ? GNB_EXIT_REFUSED : GNB_EXIT_USAGE, err);
	}
	rc = choose_target(&t, err, sizeof(err));
	if (rc)
		return die(rc, err);
	rc = gnb_plan_make(&plan, &opts, t, err, sizeof(err));
	/* Another process would count the same again; and many cells would share the time of one. */
	if (!opts.launches_given &&
	    (gnb_target_clock(t)->exact || (opts.sets && plan.n > GNB_LAUNCHES_CELLS)))
		opts.launches = 0;
	if (rc)
		return die(rc == -EINVAL ? (opts.resume ? GNB_EXIT_REFUSED : GNB_EXIT_USAGE)
					 : GNB_EXIT_FAIL,
			   *err ? err : strerror(-rc));
	if (!opts.child_cell && !opts.ab_side && !opts.quiet)
		say_left_out(t);
	if (opts.action == GNB_ACT_DRY_RUN)
		return dry_run(t);
	if (few_files(err, sizeof(err)) || gnb_gbench_init(err, sizeof(err)))
		return die(GNB_EXIT_FAIL, err);
	if (opts.ab_side)
		return gnb_ab_side(&opts, &plan, t);
	return opts.child_cell ? gnb_launch_child(&opts, &plan) : measure(t, argc, argv);
}

/* The command of this name that has options of its own, or NULL. */
static const struct gnb_command *own_options(const char *word)
{
	gnb_for_each_command (c)
		if ((*c)->main && word && !strcmp((*c)->name, word))
			return *c;
	return NULL;
}

static int grantbench(int argc, char **argv)
{
	const struct gnb_command *own = own_options(argc > 1 ? argv[1] : NULL);
	char err[512];
	int rc;

	if (own)
		return own->main(argc - 1, argv + 1);
	gnb_env_init();
	results.lock_fd = results.cells_fd = -1;
	if (read_options(argc, argv, err, sizeof(err)))
		return die(GNB_EXIT_USAGE, err);
	switch (opts.action) {
	case GNB_ACT_HELP:
		gnb_options_help(stdout);
		return GNB_EXIT_OK;
	case GNB_ACT_VERSION:
		printf("grantbench %s (%s%s, %s)\n", GNB_SUITE_VERSION, GNB_GIT_SHA,
		       GNB_GIT_DIRTY ? "+" : "", gnb_gbench_version());
		return GNB_EXIT_OK;
	case GNB_ACT_LIST:
		gnb_list(stdout, &opts);
		return GNB_EXIT_OK;
	case GNB_ACT_COMMAND:
		return opts.command->run(&opts);
	case GNB_ACT_SELF_TEST:
		return gnb_selftest_overhead(opts.pin);
	default:
		break;
	}
	rc = with_plan(argc, argv);
	gnb_threads_exit();
	gnb_peer_stop();
	gnb_topo_exit();
	gnb_results_free(&results);
	gnb_plan_free(&plan);
	gnb_input_free();
	return rc;
}

int main(int argc, char **argv)
{
	gnb_standard_open();
	return gnb_standard_close("grantbench", grantbench(argc, argv));
}
