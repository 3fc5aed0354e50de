// SPDX-License-Identifier: GPL-2.0-only
/* Accepting steps. */
#include <errno.h>
#include <fcntl.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "accept.h"
#include "baseline.h"
#include "file.h"

#define ADD(o, key, value) json_object_object_add(o, key, value)

static struct json_object *entry(const struct gnb_cmp_row *r, const char *reason)
{
	struct json_object *o = json_object_new_object();
	time_t now = time(NULL);
	char text[40];
	struct tm tm;

	gmtime_r(&now, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	ADD(o, "at", gnb_json_string(text));
	ADD(o, "reason", gnb_json_string(reason));
	/* NULL: it may be gone. */
	ADD(o, "row", json_object_get(r->now_row));
	return o;
}

/* The file as it is now: another may have accepted something since it was read. NULL with errno. */
static struct json_object *read_again(const char *path)
{
	size_t n;
	char *text = gnb_file_read(path, &n);
	struct json_object *o = text ? json_tokener_parse(text) : NULL;

	if (text && !json_object_is_type(o, json_type_object)) {
		json_object_put(o);
		o = NULL;
		errno = EINVAL;
	}
	free(text);
	return o;
}

static size_t collect(const struct gnb_comparison *c, const regex_t *re, const char *reason,
		      struct json_object *to)
{
	size_t n = 0;

	for (size_t i = 0; i < c->nr_rows; i++) {
		char name[1000];

		gnb_cmp_name(&c->row[i], name, sizeof(name));
		if (!c->row[i].fails || regexec(re, name, 0, NULL, 0))
			continue;
		ADD(to, name, entry(&c->row[i], reason));
		n++;
	}
	return n;
}

static int keep(const struct gnb_comparison *c, const regex_t *re, const char *reason, size_t *n)
{
	struct json_object *doc = read_again(c->source[0].path), *to;
	int rc = 0;

	if (!doc)
		return -errno;
	to = gnb_json_get(doc, "accepted", json_type_object);
	if (!to) {
		to = json_object_new_object();
		ADD(doc, "accepted", to);
	}
	*n = collect(c, re, reason, to);
	if (*n)
		rc = gnb_baseline_write(c->source[0].path, doc);
	json_object_put(doc);
	return rc;
}

int gnb_accept(const struct gnb_comparison *c, const char *root, const char *pattern,
	       const char *reason, size_t *n, char *err, size_t len)
{
	char why[160];
	regex_t re;
	int rc = regcomp(&re, pattern, REG_EXTENDED | REG_NOSUB), fd;

	*n = 0;
	if (rc) {
		regerror(rc, &re, why, sizeof(why));
		snprintf(err, len, "--accept=%s: not an extended regular expression: %s", pattern,
			 why);
		return -EINVAL;
	}
	/* Who accepts waits for who does; the folder of baselines is locked by each writing of a file. */
	fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	while (fd >= 0 && flock(fd, LOCK_EX) && errno == EINTR)
		;
	rc = keep(c, &re, reason, n);
	if (rc)
		snprintf(err, len, "cannot keep it in %s: %s", c->source[0].path, strerror(-rc));
	if (fd >= 0)
		close(fd);
	regfree(&re);
	return rc;
}
