// SPDX-License-Identifier: GPL-2.0-only
/* Runs, their files and baselines, read into one shape. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "exact.h"
#include "export.h"
#include "file.h"
#include "load.h"
#include "source.h"

#define SCHEMA 1

static const char mend[] =
	"give a folder that grantbench wrote, its summary.json or benchmark.json, or a baseline's name";

/* Does the document hold no times, but instructions alone? */
static bool counted(struct json_object *doc)
{
	struct json_object *clock = gnb_json_get(doc, "clock", json_type_object);

	return json_object_get_boolean(gnb_json_get(clock, "exact", json_type_boolean));
}

static int load_folder(struct gnb_source *s, char *err, size_t len)
{
	struct gnb_rec_run run, exact;
	int rc = gnb_rec_load(&run, s->path, err, len);

	if (rc)
		return rc;
	s->doc = gnb_export_summary(&run);
	if (s->doc && !run.exact && !gnb_exact_load(&run, &exact, s->why, sizeof(s->why))) {
		s->instructions = gnb_export_summary(&exact);
		gnb_exact_free(&exact);
		if (!s->instructions)
			rc = -ENOMEM;
	}
	if (!s->doc)
		rc = -ENOMEM;
	if (!rc && run.broken)
		fprintf(stderr,
			"%s/cells.jsonl: %u damaged lines were ignored, the first is line %u\n",
			s->path, run.broken, run.broken_line);
	gnb_rec_free(&run);
	return rc;
}

static int not_ours(const struct gnb_source *s, const char *what, char *err, size_t len)
{
	snprintf(err, len, "%s: %s; %s", s->path, what, mend);
	return -EINVAL;
}

static int take_document(struct gnb_source *s, struct json_object *o, char *err, size_t len)
{
	double schema = gnb_json_get_number(o, "schema", NAN);

	if (gnb_json_get(o, "benchmarks", json_type_array)) {
		s->doc = gnb_source_benchmark(o);
		return s->doc ? 0 : -ENOMEM;
	}
	if (isnan(schema) || !gnb_json_get(o, "cells", json_type_array))
		return not_ours(s, "neither a summary nor a benchmark.json", err, len);
	if ((int)schema != SCHEMA) {
		snprintf(
			err, len,
			"%s: results of schema %g, this program reads %d; use the grantbench that wrote them",
			s->path, schema, SCHEMA);
		return -ENOTSUP;
	}
	s->doc = json_object_get(o);
	/* One that a hand has emptied is none. */
	if (gnb_json_get(gnb_json_get(o, "instructions", json_type_object), "cells",
			 json_type_array))
		s->instructions =
			json_object_get(gnb_json_get(o, "instructions", json_type_object));
	return 0;
}

static int load_file(struct gnb_source *s, char *err, size_t len)
{
	struct json_object *o;
	size_t n;
	char *text = gnb_file_read(s->path, &n);
	int rc;

	if (!text) {
		rc = errno == EACCES || errno == ENOMEM ? -errno : -EIO;
		snprintf(err, len, "cannot read %s: %s", s->path, strerror(errno));
		return rc;
	}
	o = json_tokener_parse(text);
	free(text);
	rc = json_object_is_type(o, json_type_object) ? take_document(s, o, err, len)
						      : not_ours(s, "not valid JSON", err, len);
	json_object_put(o);
	return rc;
}

/* The path of what is meant; NULL without memory. */
static char *resolve(struct gnb_source *s, const char *root, char *err, size_t len, int *rc)
{
	char *named = NULL, *path = strdup(s->name);
	bool word = *s->name && !strchr(s->name, '/'), here, kept;
	struct stat st;

	*rc = 0;
	if (!path || (word && asprintf(&named, "%s/baselines/%s.json", root, s->name) < 0)) {
		free(path);
		*rc = -ENOMEM;
		return NULL;
	}
	here = !stat(path, &st);
	kept = word && !stat(named, &st);
	for (size_t n = strlen(path); n > 1 && path[n - 1] == '/'; n--)
		path[n - 1] = '\0';
	s->baseline = kept && !here;
	if (here && kept) {
		snprintf(err, len, "%s is a baseline and a path: write %s, or ./%s", s->name, named,
			 s->name);
		*rc = -EINVAL;
	} else if (!here && !kept) {
		snprintf(err, len, "%s: no such folder or file%s%s; %s", s->name,
			 word ? ", nor " : "", word ? named : "", mend);
		*rc = -ENOENT;
	} else if (kept) {
		free(path);
		return named;
	}
	free(named);
	if (!*rc)
		return path;
	free(path);
	return NULL;
}

int gnb_source_load(struct gnb_source *s, const char *name, const char *root, char *err, size_t len)
{
	struct stat st;
	int rc;

	*s = (struct gnb_source){ .name = name };
	s->path = resolve(s, root, err, len, &rc);
	if (!rc)
		rc = !stat(s->path, &st) && S_ISDIR(st.st_mode) ? load_folder(s, err, len)
								: load_file(s, err, len);
	if (!rc && counted(s->doc) && !s->instructions)
		s->instructions = json_object_get(s->doc);
	if (rc == -ENOMEM)
		snprintf(err, len, "out of memory");
	if (rc)
		gnb_source_free(s);
	return rc;
}

void gnb_source_free(struct gnb_source *s)
{
	json_object_put(s->doc);
	json_object_put(s->instructions);
	free(s->path);
	*s = (struct gnb_source){ 0 };
}
