// SPDX-License-Identifier: GPL-2.0-only
/* Reading files whole; writing them so that a reader sees the old or the new one, never half. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "buf.h"

void gnb_complain(const char *fmt, ...)
{
	va_list ap;

	fflush(stdout);
	fputs("grantbench-report: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}

char *gnb_read_file(const char *path, size_t *len)
{
	struct gnb_buf b = { 0 };
	char chunk[65536];
	ssize_t n;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return NULL;
	gnb_buf_addn(&b, "", 0);
	while ((n = read(fd, chunk, sizeof(chunk))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			int err = errno;

			close(fd);
			gnb_buf_free(&b);
			errno = err;
			return NULL;
		}
		gnb_buf_addn(&b, chunk, (size_t)n);
	}
	close(fd);
	*len = b.len;
	return b.s;
}

static int write_all(int fd, const char *data, size_t len)
{
	while (len) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

static int sync_and_close(int fd, int err)
{
	if (!err && fsync(fd))
		err = -errno;
	if (close(fd) && !err)
		err = -errno;
	return err;
}

static int rename_synced(const char *dir, const char *from, const char *to)
{
	int fd;

	if (rename(from, to))
		return -errno;
	/* The name itself is on disk once the folder is; some file systems cannot sync a folder. */
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0) {
		(void)fsync(fd);
		close(fd);
	}
	return 0;
}

int gnb_write_file(const char *dir, const char *name, const char *data, size_t len)
{
	char *tmp = gnb_strf("%s/%s.tmp.%ld", dir, name, (long)getpid());
	char *path = gnb_strf("%s/%s", dir, name);
	int fd, err;

	fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	err = fd < 0 ? -errno : sync_and_close(fd, write_all(fd, data, len));
	if (!err)
		err = rename_synced(dir, tmp, path);
	if (err) {
		gnb_complain("cannot write %s: %s", path, strerror(-err));
		unlink(tmp);
	}
	free(tmp);
	free(path);
	return err;
}

int gnb_commit_file(const char *dir, const char *tmp, const char *name)
{
	char *from = gnb_strf("%s/%s", dir, tmp);
	char *to = gnb_strf("%s/%s", dir, name);
	int fd = open(from, O_RDONLY | O_CLOEXEC);
	int err = fd < 0 ? -errno : sync_and_close(fd, 0);

	if (!err)
		err = rename_synced(dir, from, to);
	if (err) {
		gnb_complain("cannot write %s: %s", to, strerror(-err));
		unlink(from);
	}
	free(from);
	free(to);
	return err;
}
