/* SPDX-License-Identifier: GPL-2.0-only */
/* Whole files: read, and written so that a reader sees the old one or the new one. */
#ifndef GNB_FILE_H
#define GNB_FILE_H

#include <stddef.h>

/* Write text to dir/name through a temporary name. 0 or -errno. */
int gnb_file_write(const char *dir, const char *name, const char *text);
/* Whole file as a string to free(), or NULL with errno. */
char *gnb_file_read(const char *path, size_t *len);

#endif
