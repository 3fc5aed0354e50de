/* SPDX-License-Identifier: GPL-2.0-only */
/* A cell measured anew in a process of its own, and what that process does. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

static pid_t start(const char **argv, int fd)
{
	pid_t parent = getpid(), pid = fork();

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(127);
	fcntl(fd, F_SETFD, 0);
	execv("/proc/self/exe", (char *const *)argv);
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

int gnb_launch(struct gnb_options *o, const struct gnb_plan_cell *pc, unsigned launch,
	       double seconds, double most, const char *dir, struct json_object **line)
{
	const char *argv[ARGS_MAX + 1];
	char cell[2048], k[40], fd_arg[40], secs[60], upto[60], out[4200], pin[512], why[200];
	char *text = NULL;
	uint64_t t0 = gnb_now();
	int n, rc, status, pipefd[2];
	pid_t pid;

	/* What is not the same any more has another name for the child. */
	if (gnb_input_same(&pc->cell, why, sizeof(why))) {
		*line = gnb_record_bare(pc, launch, GNB_ERROR, why, 0);
		return *line ? 0 : -ENOMEM;
	}
	argv[0] = "grantbench";
	n = gnb_options_export(o, argv + 1, ARGS_MAX - 8);
	if (n < 0)
		return n;
	n++;
	if (pipe2(pipefd, O_CLOEXEC))
		return -errno;
	snprintf(cell, sizeof(cell), "--child-cell=%s", pc->cell.name);
	snprintf(k, sizeof(k), "--child-launch=%u", launch);
	snprintf(fd_arg, sizeof(fd_arg), "--child-fd=%d", pipefd[1]);
	snprintf(secs, sizeof(secs), "--child-seconds=%.6f", seconds > 0.001 ? seconds : 0.001);
	snprintf(upto, sizeof(upto), "--child-most=%.6f", most > 0.001 ? most : 0.001);
	snprintf(out, sizeof(out), "--out=%s", dir);
	snprintf(pin, sizeof(pin), "--pin=%s", gnb_topo_list());
	argv[n++] = cell;
	argv[n++] = k;
	argv[n++] = fd_arg;
	argv[n++] = secs;
	argv[n++] = upto;
	argv[n++] = out;
	argv[n++] = pin;
	argv[n] = NULL;

	pid = start(argv, pipefd[1]);
	close(pipefd[1]);
	if (pid < 0) {
		close(pipefd[0]);
		return -errno;
	}
	rc = collect(pipefd[0], o->timeout + GRACE_S, &text);
	close(pipefd[0]);
	if (rc)
		kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	*line = parse(text, pc->cell.name);
	free(text);
	seconds = (double)(gnb_now() - t0) / 1e9;
	if (rc == -EINTR) {
		json_object_put(*line);
		return rc;
	}
	if (*line)
		return 0;
	if (rc == -ETIMEDOUT)
		snprintf(why, sizeof(why), "re-launch not finished within --timeout=%g s",
			 o->timeout);
	else if (WIFSIGNALED(status))
		snprintf(why, sizeof(why), "re-launch ended by signal %d", WTERMSIG(status));
	else
		snprintf(why, sizeof(why), "re-launch ended with exit code %d",
			 WEXITSTATUS(status));
	*line = gnb_record_bare(pc, launch, rc ? GNB_TIMEOUT : GNB_ERROR, why, seconds);
	return *line ? 0 : -ENOMEM;
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
