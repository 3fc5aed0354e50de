/* SPDX-License-Identifier: GPL-2.0-only */
/* Files that are read whole, and appear whole or not at all. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "file.h"
#include "text.h"

static int write_all(int fd, const char *text, size_t len)
{
	while (len) {
		ssize_t n = write(fd, text, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		text += n;
		len -= (size_t)n;
	}
	return 0;
}

static int sync_and_close(int fd, int rc)
{
	if (!rc && fsync(fd))
		rc = -errno;
	if (close(fd) && !rc)
		rc = -errno;
	return rc;
}

/*
 * The folder, with its lock: two writers of one name would take each other's temporary file. Some
 * file systems can neither lock nor sync a folder; the files are written all the same.
 */
static int lock_folder(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	while (fd >= 0 && flock(fd, LOCK_EX) && errno == EINTR)
		;
	return fd;
}

/* The name itself is on disk once the folder is. */
static void unlock_folder(int fd, int rc)
{
	if (fd < 0)
		return;
	if (!rc)
		(void)fsync(fd);
	close(fd);
}

/* Give the file the name if all went well so far, else remove it. */
static int finish(const char *temp, const char *path, int rc)
{
	if (!rc && rename(temp, path))
		rc = -errno;
	if (rc)
		unlink(temp);
	return rc;
}

static char *joined(const char *dir, const char *name, const char *end)
{
	char *path;

	return asprintf(&path, "%s/%s%s", dir, name, end) < 0 ? NULL : path;
}

int gnb_file_write(const char *dir, const char *name, const char *text)
{
	char *path = joined(dir, name, ""), *temp = joined(dir, name, ".tmp");
	int fd, folder, rc = -ENOMEM;

	if (path && temp) {
		folder = lock_folder(dir);
		fd = open(temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
		rc = fd < 0 ? -errno : sync_and_close(fd, write_all(fd, text, strlen(text)));
		rc = finish(temp, path, rc);
		unlock_folder(folder, rc);
	}
	free(path);
	free(temp);
	return rc;
}

int gnb_file_commit(const char *dir, const char *temp, const char *name)
{
	char *from = joined(dir, temp, ""), *to = joined(dir, name, "");
	int fd, folder, rc = -ENOMEM;

	if (from && to) {
		folder = lock_folder(dir);
		fd = open(from, O_RDONLY | O_CLOEXEC);
		rc = finish(from, to, fd < 0 ? -errno : sync_and_close(fd, 0));
		unlock_folder(folder, rc);
	}
	free(from);
	free(to);
	return rc;
}

char *gnb_file_read(const char *path, size_t *len)
{
	struct gnb_buf b = { 0 };
	char chunk[65536], *text;
	int fd = open(path, O_RDONLY | O_CLOEXEC), err = 0;
	ssize_t n;

	if (fd < 0)
		return NULL;
	while (!err && (n = read(fd, chunk, sizeof(chunk))) != 0) {
		if (n > 0)
			gnb_buf_addn(&b, chunk, (size_t)n);
		else if (errno != EINTR)
			err = errno;
	}
	close(fd);
	*len = b.len;
	text = gnb_buf_take(&b);
	if (err)
		free(text);
	if (err || !text)
		errno = err ? err : ENOMEM;
	return err ? NULL : text;
}
