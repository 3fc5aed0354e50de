/* SPDX-License-Identifier: GPL-2.0-only */
/* Where a program lies, and what lies beside it. */
#ifndef GNB_FOLDER_H
#define GNB_FOLDER_H

#include <stddef.h>

/*
 * The path of NAME from the folder that the running program's file is in, or of that file itself if name is NULL; it need
 * not exist. 0; or -errno, and then path is "".
 */
int gnb_beside(const char *name, char *path, size_t len);

/* Remove a folder with all that is in it, links as such. Best effort. */
void gnb_remove_tree(const char *dir);

#endif
