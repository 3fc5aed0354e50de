/* SPDX-License-Identifier: GPL-2.0-only */
/* What a manifest, and a side of `grantbench ab`, say of themselves: when, of which commit, and of what selection. */
#ifndef GNB_RUN_MANIFEST_H
#define GNB_RUN_MANIFEST_H

#include "json.h"
#include "options.h"

/* Now in UTC, by strftime(3). */
void gnb_manifest_now(char *buf, size_t len, const char *fmt);

/* {sha, dirty} of this program's source, new; NULL if it knows no commit. */
struct json_object *gnb_manifest_git(void);

/* What chose the cells and versions, for whoever wants to have the same: a new array of options. */
struct json_object *gnb_manifest_selection(const struct gnb_options *o);

#endif
