// SPDX-License-Identifier: GPL-2.0-only
/*
 * Domains made and ended by the program grantbench-domain. It is a program and not a library here,
 * since its libraries are those of one Xen version: the suite has to run where there is none of
 * them.
 */
#include "channel.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

#define LINE 512

static const char *maker(void)
{
	const char *path = getenv("GNB_DOMAIN_MAKER");

	return path && *path ? path : "grantbench-domain";
}

bool gnb_domain_maker_is_here(void)
{
	const char *name = maker(), *path = getenv("PATH");
	char file[4096];

	if (strchr(name, '/'))
		return !access(name, X_OK);
	for (; path && *path; path += strspn(path, ":")) {
		int n = (int)strcspn(path, ":");

		if (snprintf(file, sizeof(file), "%.*s/%s", n, path, name) < (int)sizeof(file) &&
		    !access(file, X_OK))
			return true;
		path += n;
	}
	return false;
}

/* All of what comes, as far as it has room, without the last end of line. */
static void read_all(int fd, char *buf, size_t len)
{
	size_t have = 0;
	char rest[64];
	ssize_t n;

	do {
		bool room = have < len - 1;

		n = read(fd, room ? buf + have : rest, room ? len - 1 - have : sizeof(rest));
		if (n > 0 && room)
			have += (size_t)n;
	} while (n > 0 || (n < 0 && errno == EINTR));
	while (have && buf[have - 1] == '\n')
		have--;
	buf[have] = '\0';
}

/*
 * Start it with pipes: out is what it says, both of its outputs; in (may be NULL: none) what it
 * reads. 0, or -errno with one line in line[LINE].
 */
static int start(char *const argv[], pid_t *pid, int *in, int *out, char *line)
{
	posix_spawn_file_actions_t a;
	int from[2], to[2] = { -1, -1 }, rc;

	if (pipe2(from, O_CLOEXEC)) {
		rc = errno;
		snprintf(line, LINE, "no pipe: %s", strerror(rc));
		return -rc;
	}
	if (in && pipe2(to, O_CLOEXEC)) {
		rc = errno;
		close(from[0]);
		close(from[1]);
		snprintf(line, LINE, "no pipe: %s", strerror(rc));
		return -rc;
	}
	posix_spawn_file_actions_init(&a);
	if (in)
		posix_spawn_file_actions_adddup2(&a, to[0], STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&a, from[1], STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&a, from[1], STDERR_FILENO);
	rc = posix_spawnp(pid, argv[0], &a, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&a);
	close(from[1]);
	if (in)
		close(to[0]);
	*out = from[0];
	if (in)
		*in = to[1];
	if (!rc)
		return 0;
	close(from[0]);
	if (in)
		close(to[1]);
	snprintf(line, LINE, "%s cannot be run: %s; see GNB_DOMAIN_MAKER in docs/xen.md", argv[0],
		 strerror(rc));
	return -rc;
}

/* The process of gnb_domain_serve(). */
static FILE *ask, *answer;

/* As run(), by that process. */
static int run_served(char *const argv[], char *line)
{
	char s[LINE];
	int code;

	line[0] = '\0';
	for (unsigned i = 1; argv[i]; i++)
		fprintf(ask, "%s%c", argv[i], argv[i + 1] ? ' ' : '\n');
	fflush(ask);
	while (fgets(s, sizeof(s), answer)) {
		s[strcspn(s, "\n")] = '\0';
		if (sscanf(s, "exit %d", &code) == 1)
			return code;
		if (!line[0])
			snprintf(line, LINE, "%s", s);
	}
	snprintf(line, LINE, "%s has ended", argv[0]);
	return -EIO;
}

int gnb_domain_serve(char *why, size_t len)
{
	char *argv[] = { (char *)maker(), "serve", NULL }, line[LINE];
	int in, out, rc;
	pid_t pid;

	if (ask)
		return 0;
	signal(SIGPIPE, SIG_IGN);
	rc = start(argv, &pid, &in, &out, line);
	if (rc) {
		snprintf(why, len, "%s", line);
		return rc;
	}
	ask = fdopen(in, "w");
	answer = fdopen(out, "r");
	return ask && answer ? 0 : -ENOMEM;
}

/*
 * Run it. Its exit code with its one line in line[LINE], or -ENOENT or another error of starting
 * it. Both outputs are one: it writes either an answer or a complaint.
 */
static int run(char *const argv[], char *line)
{
	int fd, rc, status;
	pid_t pid;

	if (ask)
		return run_served(argv, line);
	rc = start(argv, &pid, NULL, &fd, line);
	if (rc)
		return rc;
	read_all(fd, line, LINE);
	close(fd);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	snprintf(line, LINE, "%s ended by signal %d", argv[0], WTERMSIG(status));
	return -EIO;
}

int gnb_domain_state(uint16_t domid, char *word, size_t len)
{
	char id[8], line[LINE];
	char *argv[] = { (char *)maker(), "state", id, NULL };
	int rc;

	snprintf(id, sizeof(id), "%u", domid);
	rc = run(argv, line);
	snprintf(word, len, "%s", line);
	return rc ? -EIO : 0;
}

/* what: a command of the program that takes a domain. */
static int end(const char *what, uint16_t domid, char *why, size_t len)
{
	char id[8], line[LINE];
	char *argv[] = { (char *)maker(), (char *)what, id, NULL };
	int rc;

	snprintf(id, sizeof(id), "%u", domid);
	rc = run(argv, line);
	if (rc)
		snprintf(why, len, "%s", line);
	return rc ? -EBUSY : 0;
}

/* Exit codes of the program, see its --help. */
static int error_of(int code)
{
	switch (code) {
	case 2:
		return -EINVAL;
	case 6:
		return -EPERM;
	default:
		return code < 0 ? code : -EIO;
	}
}

int gnb_domain_create(const struct gnb_domain_options *o, struct gnb_domain **d, char *why,
		      size_t len)
{
	char memory[32], grant[40], maptrack[40], version[32], room[32], line[LINE];
	char *argv[12] = { (char *)maker(), "create" };
	unsigned domid, n = 2;
	unsigned long long control;
	int rc;

	*d = NULL;
	argv[n++] = o->type == GNB_DOMAIN_PV ? "--type=pv" : "--type=pvh";
	if (o->memory) {
		snprintf(memory, sizeof(memory), "--memory=%u", o->memory);
		argv[n++] = memory;
	}
	if (o->max_grant_frames) {
		snprintf(grant, sizeof(grant), "--max-grant-frames=%u", o->max_grant_frames);
		argv[n++] = grant;
	}
	if (o->max_maptrack_frames) {
		snprintf(maptrack, sizeof(maptrack), "--max-maptrack-frames=%u",
			 o->max_maptrack_frames);
		argv[n++] = maptrack;
	}
	if (o->version_limit) {
		snprintf(version, sizeof(version), "--version-limit=%u", o->version_limit);
		argv[n++] = version;
	}
	if (o->headroom) {
		snprintf(room, sizeof(room), "--headroom=%u", o->headroom);
		argv[n++] = room;
	}
	rc = run(argv, line);
	if (rc) {
		snprintf(why, len, "%s", line);
		return error_of(rc);
	}
	if (sscanf(line, "domid=%u type=%*s control=%llx", &domid, &control) != 2) {
		snprintf(why, len, "%s said '%.100s'", argv[0], line);
		return -EIO;
	}
	rc = gnb_domain_attach((uint16_t)domid, control, d, why, len);
	if (rc) {
		char ignored[LINE];

		end("destroy", (uint16_t)domid, ignored, sizeof(ignored));
	}
	return rc;
}

int gnb_domain_destroy(struct gnb_domain *d, char *why, size_t len)
{
	uint16_t domid = gnb_domain_id(d);

	gnb_domain_detach(d);
	return end("destroy", domid, why, len);
}

int gnb_domain_kill(struct gnb_domain *d, char *why, size_t len)
{
	uint16_t domid = gnb_domain_id(d);

	gnb_domain_detach(d);
	return end("kill", domid, why, len);
}

int gnb_domain_wait_gone(uint16_t domid, char *why, size_t len)
{
	return end("gone", domid, why, len);
}
