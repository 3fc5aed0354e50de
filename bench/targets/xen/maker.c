/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The program grantbench-domain, run or asked. It is a program and not a library here, since its libraries are those
 * of one Xen version: the suite has to run where there is none of them.
 */
#include "maker.h"

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

const char *gnb_domain_maker(void)
{
	const char *path = getenv("GNB_DOMAIN_MAKER");

	return path && *path ? path : "grantbench-domain";
}

bool gnb_domain_maker_is_here(void)
{
	const char *name = gnb_domain_maker(), *path = getenv("PATH");
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
 * reads. 0, or -errno with one line in line[GNB_DOMAIN_LINE].
 */
static int start(char *const argv[], pid_t *pid, int *in, int *out, char *line)
{
	posix_spawn_file_actions_t a;
	int from[2], to[2] = { -1, -1 }, rc;

	if (pipe2(from, O_CLOEXEC)) {
		rc = errno;
		snprintf(line, GNB_DOMAIN_LINE, "no pipe: %s", strerror(rc));
		return -rc;
	}
	if (in && pipe2(to, O_CLOEXEC)) {
		rc = errno;
		close(from[0]);
		close(from[1]);
		snprintf(line, GNB_DOMAIN_LINE, "no pipe: %s", strerror(rc));
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
	snprintf(line, GNB_DOMAIN_LINE, "%s cannot be run: %s; see GNB_DOMAIN_MAKER in docs/xen.md",
		 argv[0], strerror(rc));
	return -rc;
}

/* The process of gnb_domain_serve(). */
static FILE *ask, *answer;

/* As gnb_domain_ask(), by that process. */
static int run_served(char *const argv[], char *line)
{
	char s[GNB_DOMAIN_LINE];
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
			snprintf(line, GNB_DOMAIN_LINE, "%s", s);
	}
	snprintf(line, GNB_DOMAIN_LINE, "%s has ended", argv[0]);
	return -EIO;
}

int gnb_domain_serve(char *why, size_t len)
{
	char *argv[] = { (char *)gnb_domain_maker(), "serve", NULL }, line[GNB_DOMAIN_LINE];
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

int gnb_domain_ask(char *const argv[], char *line)
{
	int fd, rc, status;
	pid_t pid;

	if (ask)
		return run_served(argv, line);
	rc = start(argv, &pid, NULL, &fd, line);
	if (rc)
		return rc;
	read_all(fd, line, GNB_DOMAIN_LINE);
	close(fd);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	snprintf(line, GNB_DOMAIN_LINE, "%s ended by signal %d", argv[0], WTERMSIG(status));
	return -EIO;
}

int gnb_domain_state(uint16_t domid, char *word, size_t len)
{
	char id[8], line[GNB_DOMAIN_LINE];
	char *argv[] = { (char *)gnb_domain_maker(), "state", id, NULL };
	int rc;

	snprintf(id, sizeof(id), "%u", domid);
	rc = gnb_domain_ask(argv, line);
	snprintf(word, len, "%s", line);
	return rc ? -EIO : 0;
}
