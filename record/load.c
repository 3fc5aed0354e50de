/* SPDX-License-Identifier: GPL-2.0-only */
/* Reading manifest.json, cells.jsonl and histograms. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "file.h"
#include "group.h"
#include "line.h"
#include "load.h"

#define SCHEMA 1

/* A cell that was done again (after --resume) replaces the earlier one. */
static int keep(struct gnb_rec_run *r, struct gnb_rec_launch *l)
{
	struct gnb_rec_launch **list;

	for (size_t i = 0; i < r->nr_launches; i++) {
		struct gnb_rec_launch *old = r->launch[i];

		if (old->number == l->number && !strcmp(old->cell, l->cell)) {
			gnb_line_free(old);
			r->launch[i] = l;
			return 0;
		}
	}
	list = reallocarray(r->launch, r->nr_launches + 1, sizeof(*list));
	if (!list) {
		gnb_line_free(l);
		return -ENOMEM;
	}
	r->launch = list;
	list[r->nr_launches++] = l;
	return 0;
}

static int read_lines(struct gnb_rec_run *r, char *text, size_t len)
{
	struct gnb_rec_launch *l;
	unsigned nr = 0;
	int rc = 0;

	for (char *p = text, *nl; !rc && p < text + len; p = nl + 1) {
		nl = memchr(p, '\n', (size_t)(text + len - p));
		if (!nl)
			nl = text + len;
		*nl = '\0';
		nr++;
		if (strspn(p, " \t\r") == (size_t)(nl - p))
			continue;
		rc = gnb_line_read(p, (size_t)(nl - p), &l);
		if (!rc) {
			rc = keep(r, l);
		} else if (rc == -EINVAL) {
			rc = 0;
			if (nl + 1 >= text + len)
				r->torn = true;
			else if (!r->broken++)
				r->broken_line = nr;
		}
	}
	return rc;
}

static int load_cells(struct gnb_rec_run *r, char *err, size_t size)
{
	char *path, *text;
	size_t len;
	int rc = 0;

	if (asprintf(&path, "%s/cells.jsonl", r->dir) < 0)
		return -ENOMEM;
	text = gnb_file_read(path, &len);
	if (text) {
		rc = read_lines(r, text, len);
	} else if (errno == ENOENT) {
		r->no_cells = true;
	} else {
		rc = errno == ENOMEM ? -ENOMEM : -EIO;
		snprintf(err, size, "cannot read %s: %s", path, strerror(errno));
	}
	free(text);
	free(path);
	return rc;
}

static const char mend[] = "give a folder that grantbench wrote, such as results/latest";

/* What is wrong with a folder whose manifest cannot be read, as errno says. */
static int no_manifest(const struct gnb_rec_run *r, const char *path, char *err, size_t size)
{
	int error = errno;
	struct stat st;

	if (error == ENOMEM)
		return -ENOMEM;
	if (stat(r->dir, &st) || !S_ISDIR(st.st_mode)) {
		snprintf(err, size, "%s: no such folder; %s", r->dir, mend);
		return -ENOENT;
	}
	if (error == EACCES) {
		snprintf(err, size, "%s: not readable; run as the user who made it", path);
		return -EACCES;
	}
	if (error != ENOENT) {
		snprintf(err, size, "cannot read %s: %s", path, strerror(error));
		return -EIO;
	}
	snprintf(err, size, "%s: not a results folder (no manifest.json); %s", r->dir, mend);
	return -ENOENT;
}

static int manifest_says(struct gnb_rec_run *r)
{
	struct json_object *clock = gnb_json_get(r->manifest, "clock", json_type_object);

	r->clock = gnb_json_get_string(clock, "name", "monotonic");
	r->clock_unit = gnb_json_get_string(clock, "unit", "ns");
	r->exact = json_object_get_boolean(gnb_json_get(clock, "exact", json_type_boolean));
	return 0;
}

static int read_manifest(struct gnb_rec_run *r, const char *text, char *err, size_t size)
{
	double schema;

	r->manifest = json_tokener_parse(text);
	if (!json_object_is_type(r->manifest, json_type_object)) {
		snprintf(err, size,
			 "%s: not a results folder (manifest.json is not valid JSON); %s", r->dir,
			 mend);
		return -EINVAL;
	}
	schema = gnb_json_get_number(r->manifest, "schema", NAN);
	if (isnan(schema) || (int)schema != SCHEMA) {
		snprintf(
			err, size,
			"%s: results of schema %g, this program reads %d; use the grantbench-report of the grantbench that wrote them",
			r->dir, schema, SCHEMA);
		return -ENOTSUP;
	}
	return manifest_says(r);
}

static int load_manifest(struct gnb_rec_run *r, char *err, size_t size)
{
	char *path, *text;
	size_t len;
	int rc;

	if (asprintf(&path, "%s/manifest.json", r->dir) < 0)
		return -ENOMEM;
	text = gnb_file_read(path, &len);
	rc = text ? read_manifest(r, text, err, size) : no_manifest(r, path, err, size);
	free(text);
	free(path);
	return rc;
}

int gnb_rec_load(struct gnb_rec_run *r, const char *dir, char *err, size_t len)
{
	int rc;

	*r = (struct gnb_rec_run){ .dir = dir };
	rc = load_manifest(r, err, len);
	if (!rc)
		rc = load_cells(r, err, len);
	if (!rc)
		rc = gnb_group_make(r);
	if (rc == -ENOMEM)
		snprintf(err, len, "out of memory");
	if (rc)
		gnb_rec_free(r);
	return rc;
}

int gnb_rec_take(struct gnb_rec_run *r, const char *dir, struct json_object *manifest,
		 struct json_object *lines)
{
	size_t n = json_object_array_length(lines);
	struct gnb_rec_launch *l;
	int rc;

	*r = (struct gnb_rec_run){ .dir = dir, .manifest = json_object_get(manifest) };
	rc = manifest_says(r);
	for (size_t i = 0; !rc && i < n; i++) {
		rc = gnb_line_take(json_object_get(json_object_array_get_idx(lines, i)), &l);
		if (!rc)
			rc = keep(r, l);
	}
	if (!rc)
		rc = gnb_group_make(r);
	if (rc)
		gnb_rec_free(r);
	return rc;
}

void gnb_rec_free(struct gnb_rec_run *r)
{
	gnb_group_free(r);
	for (size_t i = 0; i < r->nr_launches; i++)
		gnb_line_free(r->launch[i]);
	free(r->launch);
	json_object_put(r->manifest);
	*r = (struct gnb_rec_run){ 0 };
}

int gnb_rec_latency(const struct gnb_rec_run *r, const struct gnb_rec_row *row,
		    struct gnb_hist_bins *bins)
{
	const char *file = gnb_json_get_string(row->latency, "file", NULL);
	char *path;
	int rc;

	if (!file)
		return -ENODATA;
	/* A path that leaves the folder is none of ours. */
	if (!*file || *file == '/' || strstr(file, ".."))
		return -EINVAL;
	if (asprintf(&path, "%s/%s", r->dir, file) < 0)
		return -ENOMEM;
	rc = gnb_hist_read(bins, path);
	free(path);
	return rc;
}
