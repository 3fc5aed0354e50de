/* SPDX-License-Identifier: GPL-2.0-only */
/* A cell measured anew in a process of its own, and what that process does. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gbench.h"
#include "input.h"
#include "launch.h"
#include "cell_limits.h"
#include "row.h"
#include "runner.h"
#include "signalled.h"
#include "threads.h"
#include "topo.h"

#define ARGS_MAX (GNB_LIST_MAX + 32)
/* Start-up, the last round and the files, beyond the time of the cell itself. */
#define GRACE_S 5.0

/* A process with its errors, if they are wanted, and a group of its own then: what it starts ends with it. */
static pid_t start(const char *file, const char **argv, int fd, int errors)
{
	pid_t parent = getpid(), pid = fork();

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(127);
	fcntl(fd, F_SETFD, 0);
	if (errors >= 0) {
		setpgid(0, 0);
		dup2(errors, STDERR_FILENO);
	}
	execv(file, (char *const *)argv);
	_exit(127);
}

/* Read until the end, the deadline or a signal. 0, -ETIMEDOUT, -EINTR. *text is the caller's. */
static int collect(int fd, double seconds, char **text)
{
	uint64_t end = gnb_now() + (uint64_t)(seconds * 1e9);
	char buf[4096];
	size_t len;
	FILE *f = open_memstream(text, &len);
	int rc = 0;

	for (;;) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		ssize_t n;

		if (gnb_signalled)
			rc = -EINTR;
		else if (gnb_now() > end)
			rc = -ETIMEDOUT;
		if (rc || !f)
			break;
		if (poll(&p, 1, 100) <= 0)
			continue;
		n = read(fd, buf, sizeof(buf));
		if (n <= 0)
			break;
		fwrite(buf, 1, (size_t)n, f);
	}
	if (f)
		fclose(f);
	return rc;
}

static struct json_object *parse(const char *text, const char *cell)
{
	struct json_object *line = text ? json_tokener_parse(text) : NULL;

	if (json_object_is_type(line, json_type_object) &&
	    !strcmp(gnb_json_get_string(line, "cell", ""), cell))
		return line;
	json_object_put(line);
	return NULL;
}

/* What a process said last of what is wrong with it, without its name; "" if it said nothing. */
static void last_words(int fd, char *why, size_t len)
{
	char text[4096], *line = text, *nl;
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);

	*why = '\0';
	text[n > 0 ? n : 0] = '\0';
	for (; *line; line = nl + (*nl == '\n')) {
		nl = line + strcspn(line, "\n");
		if (!strncmp(line, "gnb-probe: ", 11))
			snprintf(why, len, "%.*s", (int)(nl - line - 11), line + 11);
		if (!*nl)
			break;
	}
}

static void say_end(const struct gnb_options *o, int rc, int status, int errors, char *why,
		    size_t len)
{
	*why = '\0';
	if (errors >= 0)
		last_words(errors, why, len);
	if (rc == -ETIMEDOUT)
		snprintf(why, len, "re-launch not finished within --timeout=%g s", o->timeout);
	else if (*why)
		return;
	else if (WIFSIGNALED(status))
		snprintf(why, len, "re-launch ended by signal %d", WTERMSIG(status));
	else
		snprintf(why, len, "re-launch ended with exit code %d", WEXITSTATUS(status));
}

int gnb_launch_as(struct gnb_options *o, const struct gnb_launch *l, struct json_object **line)
{
	const char *argv[ARGS_MAX + 1];
	char cell[2048], k[40], fd_arg[40], secs[60], upto[60], out[4200], pin[512], versions[80],
		why[300];
	int n = 0, first, rc, status, pipefd[2], errors = -1;
	const char *file = "/proc/self/exe";
	uint64_t t0 = gnb_now();
	char *text = NULL;
	double seconds;
	pid_t pid;

	/* What is not the same any more has another name for the child. */
	if (gnb_input_same(&l->pc->cell, why, sizeof(why))) {
		*line = gnb_record_bare(l->pc, l->number, GNB_ERROR, why, 0);
		return *line ? 0 : -ENOMEM;
	}
	for (; l->under && l->under[n]; n++)
		argv[n] = l->under[n];
	if (l->under)
		file = argv[0];
	else
		argv[n++] = "grantbench";
	first = n;
	n = gnb_options_export(o, argv + first, ARGS_MAX - first - 9);
	if (n < 0)
		return n;
	n += first;
	if (pipe2(pipefd, O_CLOEXEC))
		return -errno;
	if (l->under)
		errors = memfd_create("errors", MFD_CLOEXEC);
	snprintf(cell, sizeof(cell), "--child-cell=%s", l->pc->cell.name);
	snprintf(k, sizeof(k), "--child-launch=%u", l->number);
	snprintf(fd_arg, sizeof(fd_arg), "--child-fd=%d", pipefd[1]);
	snprintf(secs, sizeof(secs), "--child-seconds=%.6f",
		 l->seconds > 0.001 ? l->seconds : 0.001);
	snprintf(upto, sizeof(upto), "--child-most=%.6f", l->most > 0.001 ? l->most : 0.001);
	snprintf(out, sizeof(out), "--out=%s", l->dir);
	snprintf(pin, sizeof(pin), "--pin=%s", gnb_topo_list());
	argv[n++] = cell;
	argv[n++] = k;
	argv[n++] = fd_arg;
	argv[n++] = secs;
	argv[n++] = upto;
	argv[n++] = out;
	argv[n++] = pin;
	if (l->version) {
		snprintf(versions, sizeof(versions), "--versions=%s", l->version->name);
		argv[n++] = versions;
	}
	argv[n] = NULL;

	pid = start(file, argv, pipefd[1], errors);
	close(pipefd[1]);
	if (pid < 0) {
		close(pipefd[0]);
		return -errno;
	}
	rc = collect(pipefd[0], o->timeout + GRACE_S, &text);
	close(pipefd[0]);
	if (rc)
		kill(l->under ? -pid : pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	*line = parse(text, l->pc->cell.name);
	free(text);
	seconds = (double)(gnb_now() - t0) / 1e9;
	if (rc == -EINTR) {
		json_object_put(*line);
		*line = NULL;
	} else if (!*line) {
		say_end(o, rc, status, errors, why, sizeof(why));
		*line = gnb_record_bare(l->pc, l->number, rc ? GNB_TIMEOUT : GNB_ERROR, why,
					seconds);
		rc = *line ? 0 : -ENOMEM;
	} else {
		rc = 0;
	}
	if (errors >= 0)
		close(errors);
	return rc;
}

int gnb_launch(struct gnb_options *o, const struct gnb_plan_cell *pc, unsigned launch,
	       double seconds, double most, const char *dir, struct json_object **line)
{
	struct gnb_launch l = {
		.pc = pc, .number = launch, .seconds = seconds, .most = most, .dir = dir
	};

	return gnb_launch_as(o, &l, line);
}

struct child {
	const struct gnb_options *o;
	const struct gnb_plan_cell *pc;
	int rc;
};

static void child_cell(void *arg, struct gnb_gbench_result *out)
{
	struct child *c = arg;
	struct gnb_run_limits lim = gnb_limits(c->o, c->pc, c->o->child_seconds, c->o->child_most);
	struct json_object *line;
	struct gnb_outcome outcome;

	gnb_run_cell(c->pc, c->o->child_launch, &lim, &outcome);
	out->seconds = outcome.seconds;
	c->rc = outcome.interrupted ? -EINTR : gnb_record_make(&outcome, c->o->out, &line);
	gnb_outcome_free(&outcome);
	if (c->rc)
		return;
	if (dprintf((int)c->o->child_fd, "%s\n", gnb_json_line(line)) < 0)
		c->rc = -errno;
	json_object_put(line);
}

int gnb_launch_child(const struct gnb_options *o, struct gnb_plan *p)
{
	struct child c = { .o = o, .pc = gnb_plan_find(p, o->child_cell) };
	unsigned matched, errors;
	char err[256];

	/* Whoever is between it and the run ends with the run. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (!c.pc) {
		fprintf(stderr, "grantbench: a re-launch does not find its cell %s\n",
			o->child_cell);
		return GNB_EXIT_FAIL;
	}
	if (gnb_topo_init(o->pin, o->numa, err, sizeof(err))) {
		fprintf(stderr, "grantbench: %s\n", err);
		return GNB_EXIT_FAIL;
	}
	if (gnb_gbench_register(c.pc->cell.name, child_cell, &c) ||
	    gnb_gbench_run(&matched, &errors))
		c.rc = -EIO;
	gnb_threads_exit();
	gnb_topo_exit();
	return c.rc ? GNB_EXIT_FAIL : GNB_EXIT_OK;
}
