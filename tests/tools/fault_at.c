// SPDX-License-Identifier: GPL-2.0-only
/*
 * Preloaded into a program: a fault at its n-th call that changes a file or folder.
 *
 *   KILL_AT=n         SIGKILL before the call
 *   KILL_HALF=1       only writes count, and half of the n-th is done before: a torn file
 *   FULL_AT=n         this call and all after it that need room fail: no space left on device
 *   COUNT_FILE=FILE   write the number of calls there at the end
 *
 * Only in the process that was started with it: the variables are taken away before main().
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static atomic_ulong calls;
static unsigned long kill_at, full_at;
static int half;
static char *count_file;

#define REAL(f) ((__typeof__(&f))dlsym(RTLD_NEXT, #f))

static unsigned long number(const char *name)
{
	const char *v = getenv(name);
	unsigned long n = v ? strtoul(v, NULL, 10) : 0;

	unsetenv(name);
	return n;
}

__attribute__((constructor)) static void start(void)
{
	kill_at = number("KILL_AT");
	half = number("KILL_HALF") != 0;
	full_at = number("FULL_AT");
	count_file = getenv("COUNT_FILE");
	unsetenv("COUNT_FILE");
	unsetenv("LD_PRELOAD");
}

__attribute__((destructor)) static void end(void)
{
	FILE *f = count_file ? REAL(fopen)(count_file, "w") : NULL;

	if (f) {
		fprintf(f, "%lu\n", atomic_load(&calls));
		fclose(f);
	}
}

/* Count a call; -1 with errno if it has to fail. Does not return if it is the one to be killed at. */
static int pass(int needs_room)
{
	unsigned long n = half ? 0 : atomic_fetch_add(&calls, 1) + 1;

	if (n && n == kill_at)
		raise(SIGKILL);
	if (full_at && n >= full_at && needs_room) {
		errno = ENOSPC;
		return -1;
	}
	return 0;
}

#define WRAP(f, room, params, ...)                                                                 \
	int f params                                                                               \
	{                                                                                          \
		return pass(room) ? -1 : REAL(f)(__VA_ARGS__);                                     \
	}

WRAP(fsync, 0, (int fd), fd)
WRAP(fdatasync, 0, (int fd), fd)
WRAP(rename, 0, (const char *from, const char *to), from, to)
WRAP(unlink, 0, (const char *path), path)
WRAP(symlink, 1, (const char *to, const char *path), to, path)
WRAP(mkdir, 1, (const char *path, mode_t mode), path, mode)

/* A pipe is no file, and the hypervisor's memory has no name. */
static int is_file(int fd)
{
	struct stat st;

	return !fstat(fd, &st) && S_ISREG(st.st_mode) && st.st_nlink;
}

int ftruncate(int fd, off_t len)
{
	return is_file(fd) && pass(0) ? -1 : REAL(ftruncate)(fd, len);
}

ssize_t write(int fd, const void *buf, size_t n)
{
	if (!is_file(fd))
		return REAL(write)(fd, buf, n);
	if (half && atomic_fetch_add(&calls, 1) + 1 == kill_at) {
		REAL(write)(fd, buf, n / 2);
		raise(SIGKILL);
	}
	return pass(1) ? -1 : REAL(write)(fd, buf, n);
}

int open(const char *path, int flags, ...)
{
	va_list ap;
	mode_t mode = 0;

	if (flags & O_CREAT) {
		va_start(ap, flags);
		mode = va_arg(ap, mode_t);
		va_end(ap);
		if (pass(1))
			return -1;
	}
	return REAL(open)(path, flags, mode);
}

FILE *fopen(const char *path, const char *mode)
{
	return mode[0] != 'r' && pass(1) ? NULL : REAL(fopen)(path, mode);
}
