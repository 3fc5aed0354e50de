/* SPDX-License-Identifier: GPL-2.0-only */
/* Where a program lies, and folders that go. */
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "folder.h"

int gnb_beside(const char *name, char *path, size_t len)
{
	char exe[4096];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	int rc = n < 0 ? -errno : 0;
	size_t folder;

	*path = '\0';
	if (rc)
		return rc;
	exe[n] = '\0';
	folder = (size_t)(strrchr(exe, '/') - exe) + 1;
	n = snprintf(path, len, "%.*s%s", name ? (int)folder : (int)n, exe, name ? name : "");
	if ((size_t)n < len)
		return 0;
	*path = '\0';
	return -ENAMETOOLONG;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

void gnb_remove_tree(const char *dir)
{
	nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}
