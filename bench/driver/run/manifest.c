// SPDX-License-Identifier: GPL-2.0-only
/* Parts of a manifest. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "manifest.h"

#define ADD(o, key, value) json_object_object_add(o, key, value)

void gnb_manifest_now(char *buf, size_t len, const char *fmt)
{
	time_t now = time(NULL);
	struct tm tm;

	gmtime_r(&now, &tm);
	strftime(buf, len, fmt, &tm);
}

struct json_object *gnb_manifest_git(void)
{
	struct json_object *o = NULL;

	if (strcmp(GNB_GIT_SHA, "nogit")) {
		o = json_object_new_object();
		ADD(o, "sha", gnb_json_string(GNB_GIT_SHA));
		ADD(o, "dirty", json_object_new_boolean(GNB_GIT_DIRTY));
	}
	return o;
}

struct json_object *gnb_manifest_selection(const struct gnb_options *o)
{
	struct json_object *a = json_object_new_array();
	char *s;

	for (unsigned i = 0; (s = gnb_options_selection(o, i)); i++) {
		json_object_array_add(a, gnb_json_string(s));
		free(s);
	}
	return a;
}
