// SPDX-License-Identifier: GPL-2.0-only
/* Keeping runs by name. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "baseline.h"
#include "file.h"

int gnb_baseline_write(const char *path, struct json_object *doc)
{
	char *dir = strdup(path), *slash = dir ? strrchr(dir, '/') : NULL;
	const char *text = json_object_to_json_string_ext(
		doc, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE);
	int rc = -ENOMEM;

	if (dir && text) {
		if (slash)
			*slash = '\0';
		rc = gnb_file_write(slash ? dir : ".", slash ? slash + 1 : dir, text);
	}
	free(dir);
	return rc;
}

static bool is_name(const char *s)
{
	if (!isalnum((unsigned char)*s) || strlen(s) > 100)
		return false;
	for (; *s; s++)
		if (!isalnum((unsigned char)*s) && !strchr("._-", *s))
			return false;
	return true;
}

static int make_dir(const char *path)
{
	return mkdir(path, 0777) && errno != EEXIST ? -errno : 0;
}

static int save(const struct gnb_source *s, const char *root, const char *dir, const char *path)
{
	/* Its own object: the source stays as it is. */
	struct json_object *doc = NULL;
	int rc = make_dir(root);

	if (!rc)
		rc = make_dir(dir);
	if (!rc && json_object_deep_copy(s->doc, &doc, NULL))
		rc = -ENOMEM;
	if (!rc && s->instructions && s->instructions != s->doc)
		rc = json_object_object_add(doc, "instructions", json_object_get(s->instructions))
			     ? -ENOMEM
			     : 0;
	if (!rc)
		rc = gnb_baseline_write(path, doc);
	json_object_put(doc);
	return rc;
}

int gnb_baseline_save(const struct gnb_source *s, const char *root, const char *name, bool replace,
		      char *err, size_t len)
{
	char *dir = NULL, *path = NULL;
	int rc = -ENOMEM;

	if (!is_name(name)) {
		snprintf(err, len,
			 "--save-baseline=%.200s: a name is of letters, digits, '.', '_' and '-'",
			 name);
		return -EINVAL;
	}
	if (asprintf(&dir, "%s/baselines", root) >= 0 &&
	    asprintf(&path, "%s/%s.json", dir, name) >= 0)
		rc = !replace && !access(path, F_OK) ? -EEXIST : save(s, root, dir, path);
	if (rc == -EEXIST)
		snprintf(err, len,
			 "%.400s is there already: --force replaces it, with what was accepted",
			 path);
	else if (rc)
		snprintf(err, len, "cannot write %.400s: %s", path ? path : name, strerror(-rc));
	free(dir);
	free(path);
	return rc;
}
