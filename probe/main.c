// SPDX-License-Identifier: GPL-2.0-only
/* gnb-probe: options, the process that is looked at, and its end. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "probe.h"
#include "standard.h"

#define POLL_MS	 50
#define HZ_MAX	 10000
#define LOOK_MAX 40 /* polls after which what is mapped is looked at only now and then */

static const char help[] =
	"usage: gnb-probe [OPTION]... --pid=N\n"
	"       gnb-probe [OPTION]... PROGRAM [ARGUMENT]...\n"
	"\n"
	"What the vCPUs of the reference hypervisor in a process wait for, seen from the kernel: which "
	"locks, how long,\n"
	"by whom asked for, and who has them. PROGRAM is run; with --pid a process that runs is looked "
	"at. Needs root.\n"
	"\n"
	"  --pid=N         the process; until it ends, or --for\n"
	"  --for=SECONDS   no longer than that (with --pid)\n"
	"  --out=FILE      what was seen (contention.json; docs/probes.md)\n"
	"  --what=LIST     of waits, callers, state; all of these; and kernel, the kernel's own locks "
	"and futexes; pair, by\n"
	"                  how much a probe before each wait and one after it would disturb; xen, in a domain of "
	"Xen's: its\n"
	"                  kernel's multicalls, and Linux' way to map grants (gntdev)\n"
	"  --hz=N          how often the clock looks at state, 1 to 10000 (1000)\n"
	"  --help          this text\n"
	"\n"
	"Exit codes: that of PROGRAM (128 and the signal's number if one ended it), or 0; 1 it failed, 2 usage, 6\n"
	"something is missing: a right, the process, its probes, libbpf.\n";

static volatile sig_atomic_t stopped;

void die(int code, const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "gnb-probe: ");
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(code);
}

static void on_signal(int sig)
{
	stopped = sig;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static long number(const char *option, const char *text, long least, long most)
{
	char *end;
	long n;

	errno = 0;
	n = strtol(text, &end, 10);
	if (errno || *end || end == text || n < least || n > most)
		die(PROBE_USAGE, "--%s=%s: a number from %ld to %ld", option, text, least, most);
	return n;
}

static unsigned what(const char *list)
{
	static const char *const names[] = { "waits", "callers", "state", "kernel",
					     "pair",  "xen",	 NULL };
	unsigned bits = 0;

	while (*list) {
		size_t len = strcspn(list, ",");
		unsigned i = 0;

		while (names[i] && (strlen(names[i]) != len || strncmp(names[i], list, len)))
			i++;
		if (!names[i])
			die(PROBE_USAGE,
			    "--what=%.*s: there are waits, callers, state, kernel, pair, xen",
			    (int)len, list);
		bits |= 1u << i;
		list += len + (list[len] == ',');
	}
	if (!bits)
		die(PROBE_USAGE, "--what: name one of waits, callers, state, kernel, pair, xen");
	return bits;
}

/* As the shell would find it. */
static char *find_program(const char *name)
{
	const char *path = getenv("PATH");
	char file[PATH_MAX];

	if (strchr(name, '/'))
		return realpath(name, NULL);
	while (path && *path) {
		size_t len = strcspn(path, ":");

		snprintf(file, sizeof(file), "%.*s/%s", (int)len, path, name);
		if (!access(file, X_OK))
			return realpath(file, NULL);
		path += len + (path[len] == ':');
	}
	errno = ENOENT;
	return NULL;
}

/* A child that becomes the program once *go is written to. */
static pid_t start(const char *file, char **argv, int *go)
{
	int fd[2];
	pid_t pid;
	char c;

	if (pipe2(fd, O_CLOEXEC) || (pid = fork()) < 0)
		die(PROBE_FAILED, "cannot start a process: %s", strerror(errno));
	if (pid) {
		close(fd[0]);
		*go = fd[1];
		return pid;
	}
	close(fd[1]);
	/* Nobody there to say so: then there is nobody to run for. */
	if (read(fd[0], &c, 1) != 1)
		_exit(PROBE_FAILED);
	execv(file, argv);
	die(127, "%s: %s", file, strerror(errno));
}

/* Does it run its program already? Before that it is a copy of this one. */
static bool runs(const struct probe *p)
{
	char path[64], exe[PATH_MAX];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/exe", p->pid);
	n = readlink(path, exe, sizeof(exe) - 1);
	if (n < 0)
		return false;
	exe[n] = 0;
	return !strcmp(exe, p->file);
}

static char *program_of(pid_t pid)
{
	char path[64], exe[PATH_MAX];
	ssize_t n;

	if (kill(pid, 0) && errno == ESRCH)
		die(PROBE_MISSING, "no process %d", pid);
	snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	n = readlink(path, exe, sizeof(exe) - 1);
	if (n < 0)
		die(PROBE_MISSING, "%s: %s: it has ended, or is another user's", path,
		    strerror(errno));
	exe[n] = 0;
	return strdup(exe);
}

/* Until it ends, time is over or somebody says stop. What wait() said of a child, else -1. */
static int watch(struct attached *a, const struct probe *p, bool child, double until)
{
	int status = -1, told = 0;

	for (unsigned turn = 0;; turn++) {
		poll(NULL, 0, POLL_MS);
		attached_poll(a);
		if (p->what & WHAT_PAIR)
			pair_turn(a, p, now());
		if ((p->what & (WHAT_CALLERS | WHAT_KERNEL)) &&
		    (turn < LOOK_MAX || !(turn % LOOK_MAX)) && runs(p))
			symbols_look(p->pid);
		if (child) {
			if (waitpid(p->pid, &status, WNOHANG) == p->pid)
				return status;
			if (stopped && stopped != told) {
				told = stopped;
				kill(p->pid, told);
			}
		} else if (stopped || now() >= until || (kill(p->pid, 0) && errno == ESRCH)) {
			return -1;
		}
	}
}

static void collect(struct probe *p, char **argv, const char *out, double most)
{
	struct about about = { .p = p, .ended = -1 };
	struct sigaction sa = { .sa_handler = on_signal };
	double begin = now(), up, end;
	uint64_t tick;
	struct attached *a;
	int go = -1, rc;

	need_rights(p);
	need_probes(p);
	if (p->what & WHAT_XEN)
		need_xen();
	if (argv)
		p->pid = start(p->file, argv, &go);
	begin = now();
	a = attach(p);
	up = now();
	tick = __builtin_ia32_rdtsc();
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	if (argv && write(go, "", 1) != 1)
		die(PROBE_FAILED, "its process is gone before it began");
	about.ended = watch(a, p, argv != NULL, most ? up + most : 1e300);
	end = now();
	tick = __builtin_ia32_rdtsc() - tick;
	detach(a);
	about.attach_ms = 1e3 * (up - begin);
	about.detach_ms = 1e3 * (now() - end);
	about.seconds = end - up;
	about.ticks_per_ns = (double)tick / (1e9 * (end - up));
	attached_poll(a);
	attached_counts(a, about.lost);
	rc = write_contention(out, &about);
	if (rc)
		die(PROBE_FAILED, "%s: %s", out, strerror(-rc));
	if (about.lost[GNB_LOST_READ] || about.lost[GNB_LOST_ROOM])
		fprintf(stderr,
			"gnb-probe: %lu reads failed and %lu records found no room: they are not in %s\n",
			(unsigned long)about.lost[GNB_LOST_READ],
			(unsigned long)about.lost[GNB_LOST_ROOM], out);
	if ((p->what & WHAT_KERNEL) && !kernel_waits.names)
		fprintf(stderr,
			"gnb-probe: /proc/kallsyms does not say where the kernel's functions are: its "
			"locks have no names in %s; run it as root, with kernel.kptr_restrict=0 or 1\n",
			out);
	if (p->what & WHAT_PAIR)
		pair_say(about.ticks_per_ns);
	if (about.ended >= 0)
		exit(WIFSIGNALED(about.ended) ? 128 + WTERMSIG(about.ended)
					      : WEXITSTATUS(about.ended));
	exit(0);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "pid", required_argument, NULL, 'p' },
		{ "for", required_argument, NULL, 'f' },
		{ "out", required_argument, NULL, 'o' },
		{ "what", required_argument, NULL, 'w' },
		{ "hz", required_argument, NULL, 'z' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	struct probe p = { .what = WHAT_WAITS | WHAT_CALLERS | WHAT_STATE, .hz = 1000 };
	const char *out = "contention.json";
	double most = 0;
	int c;

	gnb_standard_open();
	while ((c = getopt_long(argc, argv, "+", options, NULL)) != -1) {
		switch (c) {
		case 'p':
			p.pid = (pid_t)number("pid", optarg, 1, INT_MAX);
			break;
		case 'f':
			most = (double)number("for", optarg, 1, 1000000);
			break;
		case 'o':
			out = optarg;
			break;
		case 'w':
			p.what = what(optarg);
			break;
		case 'z':
			p.hz = (unsigned)number("hz", optarg, 1, HZ_MAX);
			break;
		case 'h':
			fputs(help, stdout);
			return gnb_standard_close("gnb-probe", 0);
		default:
			fputs("gnb-probe: see --help\n", stderr);
			return PROBE_USAGE;
		}
	}
	if (!p.pid == (optind == argc))
		die(PROBE_USAGE, "name a program to run, or --pid=N; see --help");
	if (most && !p.pid)
		die(PROBE_USAGE, "--for goes with --pid: a program is looked at until it ends");
	if (p.pid) {
		p.file = program_of(p.pid);
		collect(&p, NULL, out, most);
	}
	p.file = find_program(argv[optind]);
	if (!p.file)
		die(PROBE_MISSING, "%s: %s", argv[optind], strerror(errno));
	collect(&p, &argv[optind], out, most);
}
