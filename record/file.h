/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whole files: read, and written so that a reader sees the old one or the new one, never half.
 * Locking: writers of one folder, in whatever process, take turns.
 */
#ifndef GNB_FILE_H
#define GNB_FILE_H

#include <stddef.h>

/*
 * Write text to dir/name through dir/name.tmp, which is on disk before it gets the name. 0; or
 * -errno, and then what had the name before still has it.
 */
int gnb_file_write(const char *dir, const char *name, const char *text);

/* The same with a file dir/temp that somebody else wrote: it is on disk before it becomes dir/name.
 * 0; or -errno, and then temp is gone. */
int gnb_file_commit(const char *dir, const char *temp, const char *name);

/* The whole file as a string to free(), and in *len its length without the NUL; or NULL with errno. */
char *gnb_file_read(const char *path, size_t *len);

#endif
