/* SPDX-License-Identifier: GPL-2.0-only */
/* The target of a run: how it is asked for on the command line, and what it tells of itself. */
#ifndef GNB_TARGET_ARG_H
#define GNB_TARGET_ARG_H

#include <stddef.h>

#include <gnb/target.h>

#include "json.h"

/*
 * Find the target of "NAME[:KEY=VALUE[,KEY=VALUE]...]" and give it its options. NULL: the first one
 * that is compiled in. 0; -ENOENT: there is no target of that name; -EINVAL: an option is wrong;
 * one line in err for both.
 */
int gnb_target_arg(const char *text, const struct gnb_target **t, char *err, size_t len);

/* The options that were given last, as an object of strings: a new one. */
struct json_object *gnb_target_given(void);

/* The target's facts as an object: a new one, or NULL if it has none to tell. */
struct json_object *gnb_target_facts(const struct gnb_target *t);

#endif
