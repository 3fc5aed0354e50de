// SPDX-License-Identifier: GPL-2.0-only
/* A process that is a side of `grantbench ab`: started, asked, ended. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gnb/clock.h>

#include "ab_process.h"
#include "ab_side.h"
#include "signalled.h"

#define HELLO_S	 20.0
#define END_S	 2.0
#define LINE_MAX (16u << 20) /* no answer is longer */
#define TICK_MS	 100

static int fail(struct gnb_ab_process *p, int rc, int code, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
static int fail(struct gnb_ab_process *p, int rc, int code, const char *fmt, ...)
{
	int n = snprintf(p->why, sizeof(p->why), "%s (%.200s): ", p->name, p->program);
	va_list ap;

	va_start(ap, fmt);
	if (n > 0 && (size_t)n < sizeof(p->why))
		vsnprintf(p->why + n, sizeof(p->why) - (size_t)n, fmt, ap);
	va_end(ap);
	p->code = code;
	return rc;
}

static void become(struct gnb_ab_process *p, char **argv, const cpu_set_t *cpus, size_t pad,
		   pid_t parent, int in, int out)
{
	char *more = malloc(pad + 1);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(127);
	sched_setaffinity(0, sizeof(*cpus), cpus);
	/* Where things lie is drawn once for both sides, not by the kernel for each. Forbidden in some containers. */
	if (personality(0xffffffff) != -1)
		personality((unsigned)personality(0xffffffff) | ADDR_NO_RANDOMIZE);
	if (more) {
		memset(more, 'x', pad);
		more[pad] = '\0';
		setenv("GRANTBENCH_AB_PAD", more, 1);
	}
	/* All three are above the standard ones, which are open from the beginning (standard.h). */
	dup2(in, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	dup2(p->err, STDERR_FILENO);
	signal(SIGPIPE, SIG_DFL);
	execv(p->program, argv);
	dprintf(STDERR_FILENO, "cannot be run: %s\n", strerror(errno));
	_exit(127);
}

int gnb_ab_start(struct gnb_ab_process *p, char **argv, const cpu_set_t *cpus, size_t pad)
{
	int to[2] = { -1, -1 }, from[2] = { -1, -1 };
	pid_t parent = getpid();

	p->pid = 0;
	p->in = p->out = -1;
	p->len = 0;
	p->err = memfd_create("grantbench-ab", MFD_CLOEXEC);
	if (p->err < 0 || pipe2(to, O_CLOEXEC) || pipe2(from, O_CLOEXEC)) {
		int rc = -errno;

		close(to[0]);
		close(to[1]);
		return fail(p, rc, GNB_EXIT_FAIL, "no pipe to it: %s", strerror(-rc));
	}
	p->pid = fork();
	if (!p->pid)
		become(p, argv, cpus, pad, parent, to[0], from[1]);
	close(to[0]);
	close(from[1]);
	p->in = to[1];
	p->out = from[0];
	if (p->pid < 0) {
		int rc = -errno;

		p->pid = 0;
		return fail(p, rc, GNB_EXIT_FAIL, "no process for it: %s", strerror(-rc));
	}
	return 0;
}

/* Wait for its end, at most so long. False: it still runs. */
static bool reaped(struct gnb_ab_process *p, double seconds, int *status)
{
	uint64_t end = gnb_now() + (uint64_t)(seconds * 1e9);

	while (p->pid) {
		pid_t pid = waitpid(p->pid, status, WNOHANG);

		if (pid == p->pid || (pid < 0 && errno == ECHILD))
			p->pid = 0;
		else if (gnb_now() > end)
			return false;
		else
			poll(NULL, 0, 2);
	}
	return true;
}

/* The first line of what it complained of, "" if of nothing. */
static void complaint(struct gnb_ab_process *p, char *text, size_t len)
{
	ssize_t n = pread(p->err, text, len - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	text[strcspn(text, "\n")] = '\0';
}

/* It is gone, and was not to be: why. */
static int gone(struct gnb_ab_process *p, bool greeted)
{
	static const char mine[] = "grantbench: ";
	char text[300], how[64];
	int status = 0;

	complaint(p, text, sizeof(text));
	if (!reaped(p, END_S, &status))
		snprintf(how, sizeof(how), "closed its output");
	else if (WIFSIGNALED(status))
		snprintf(how, sizeof(how), "was ended by signal %d", WTERMSIG(status));
	else
		snprintf(how, sizeof(how), "ended with exit code %d", WEXITSTATUS(status));
	if (greeted)
		return fail(p, -EPIPE, GNB_EXIT_FAIL, "it %s in the middle of measuring%s%s", how,
			    *text ? ": " : "", text);
	if (strstr(text, "--ab-side"))
		return fail(p, -ENOEXEC, GNB_EXIT_USAGE,
			    "this grantbench does not know ab: build one that does");
	if (strncmp(text, mine, strlen(mine)))
		return fail(p, -ENOEXEC, GNB_EXIT_USAGE,
			    "no grantbench that ab can speak to: it %s%s%s", how,
			    *text ? " and said: " : "", text);
	/* Its own word on an option, or on what is not here. */
	return fail(p, -EINVAL, WIFEXITED(status) ? WEXITSTATUS(status) : GNB_EXIT_FAIL, "%s",
		    text + strlen(mine));
}

/* One line, as a string in p->buf that is there until the next one. */
static int line_of(struct gnb_ab_process *p, double seconds, bool greeted, char **line)
{
	uint64_t end = gnb_now() + (uint64_t)(seconds * 1e9);
	size_t from = 0;

	for (;;) {
		struct pollfd f = { .fd = p->out, .events = POLLIN };
		char *nl = p->len > from ? memchr(p->buf + from, '\n', p->len - from) : NULL;
		ssize_t n;

		if (nl) {
			*nl = '\0';
			*line = p->buf;
			return 0;
		}
		from = p->len;
		if (gnb_signalled)
			return fail(p, -EINTR, 128 + (int)gnb_signalled, "interrupted");
		if (gnb_now() > end)
			return fail(p, -ETIMEDOUT, GNB_EXIT_FAIL, "no answer within %g s", seconds);
		if (p->len > LINE_MAX)
			return fail(p, -EPROTO, GNB_EXIT_USAGE,
				    "no grantbench that ab can speak to: it says no line");
		if (p->cap < p->len + 4096) {
			char *grown = realloc(p->buf, 2 * p->cap + 4096);

			if (!grown)
				return fail(p, -ENOMEM, GNB_EXIT_FAIL, "out of memory");
			p->buf = grown;
			p->cap = 2 * p->cap + 4096;
		}
		if (poll(&f, 1, TICK_MS) <= 0)
			continue;
		n = read(p->out, p->buf + p->len, p->cap - p->len);
		if (n <= 0)
			return gone(p, greeted);
		p->len += (size_t)n;
	}
}

static int object_of(struct gnb_ab_process *p, double seconds, bool greeted, struct json_object **o)
{
	char *line = NULL;
	int rc;

	*o = NULL;
	rc = line_of(p, seconds, greeted, &line);
	if (rc)
		return rc;
	*o = json_tokener_parse(line);
	/* It says one line for each that it is told: nothing is behind it. */
	p->len = 0;
	if (json_object_is_type(*o, json_type_object))
		return 0;
	json_object_put(*o);
	*o = NULL;
	return fail(p, -EPROTO, greeted ? GNB_EXIT_FAIL : GNB_EXIT_USAGE,
		    greeted ? "what it answers is no answer: %.60s"
			    : "no grantbench that ab can speak to: it says %.60s",
		    line);
}

int gnb_ab_hello(struct gnb_ab_process *p, struct json_object **hello)
{
	int rc = object_of(p, HELLO_S, false, hello);
	double version;

	if (rc)
		return rc;
	version = gnb_json_get_number(*hello, "grantbench_ab", 0);
	if (version == GNB_AB_PROTOCOL)
		return 0;
	json_object_put(*hello);
	*hello = NULL;
	return fail(p, -EPROTO, GNB_EXIT_USAGE,
		    "it speaks version %g of the protocol of ab, not %d", version, GNB_AB_PROTOCOL);
}

int gnb_ab_ask(struct gnb_ab_process *p, struct json_object *request, struct json_object **answer)
{
	const char *error;
	char *text = NULL;
	int n = asprintf(&text, "%s\n", gnb_json_line(request)), rc = 0;

	*answer = NULL;
	if (n < 0)
		rc = fail(p, -ENOMEM, GNB_EXIT_FAIL, "out of memory");
	for (int at = 0; at < n && !rc;) {
		ssize_t k = write(p->in, text + at, (size_t)(n - at));

		if (k > 0)
			at += (int)k;
		else if (errno == EPIPE)
			rc = gone(p, true);
		else if (errno != EINTR)
			rc = fail(p, -errno, GNB_EXIT_FAIL, "cannot be told: %s", strerror(errno));
	}
	if (n >= 0)
		free(text);
	json_object_put(request);
	if (!rc)
		rc = object_of(p, p->timeout, true, answer);
	if (rc)
		return rc;
	error = gnb_json_get_string(*answer, "error", NULL);
	if (error) {
		rc = fail(p, -EREMOTEIO, GNB_EXIT_FAIL, "%s", error);
		json_object_put(*answer);
		*answer = NULL;
	}
	return rc;
}

void gnb_ab_end(struct gnb_ab_process *p, bool kill_it)
{
	int status;

	if (p->in >= 0)
		close(p->in);
	if (p->pid && kill_it)
		kill(p->pid, SIGKILL);
	if (!reaped(p, END_S, &status)) {
		kill(p->pid, SIGKILL);
		reaped(p, END_S, &status);
	}
	if (p->out >= 0)
		close(p->out);
	if (p->err >= 0)
		close(p->err);
	free(p->buf);
	p->buf = NULL;
	p->cap = p->len = 0;
	p->in = p->out = p->err = -1;
}
