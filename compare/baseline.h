/* SPDX-License-Identifier: GPL-2.0-only */
/* Baselines: runs that are kept to compare with, as ROOT/baselines/NAME.json. */
#ifndef GNB_BASELINE_H
#define GNB_BASELINE_H

#include "source.h"

/*
 * Keep a run, with its instructions if it has some, under a name: letters, digits, '.', '_' and '-', a letter or digit
 * first. 0; -EINVAL: no such name can be; -EEXIST: there is one, and it is not to be replaced; or -errno of the file;
 * with a sentence in err.
 */
int gnb_baseline_save(const struct gnb_source *s, const char *root, const char *name, bool replace,
		      char *err, size_t len);

/* Write a baseline's file anew, whole or not at all. 0 or -errno. */
int gnb_baseline_write(const char *path, struct json_object *doc);

#endif
