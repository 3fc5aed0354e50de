/* SPDX-License-Identifier: GPL-2.0-only */
/* Going on with a run that was killed or interrupted. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "results.h"
#include "suite.h"
#include "target_arg.h"

static struct json_object *get(struct json_object *o, const char *key)
{
	struct json_object *v = NULL;

	json_object_object_get_ex(o, key, &v);
	return v;
}

int gnb_results_open(struct gnb_results *r, const struct gnb_options *o, char *err, size_t len)
{
	char path[4200], *text, *real;
	size_t n;

	if (*o->resume)
		snprintf(r->dir, sizeof(r->dir), "%s", o->resume);
	else
		snprintf(r->dir, sizeof(r->dir), "%.4000s/latest", o->results);
	/* latest may be pointed elsewhere by the next run. */
	real = realpath(r->dir, NULL);
	if (real && strlen(real) < sizeof(r->dir) && !*o->resume)
		snprintf(r->dir, sizeof(r->dir), "%.3000s/%.1000s", o->results,
			 strrchr(real, '/') ? strrchr(real, '/') + 1 : real);
	free(real);
	snprintf(path, sizeof(path), "%s/manifest.json", r->dir);
	text = gnb_file_read(path, &n);
	if (!text && errno != ENOENT && errno != ENOTDIR) {
		snprintf(err, len, "--resume: cannot read %s: %s", path, strerror(errno));
		return GNB_EXIT_FAIL;
	}
	r->manifest = text ? json_tokener_parse(text) : NULL;
	free(text);
	if (!json_object_is_type(r->manifest, json_type_object) ||
	    !json_object_is_type(get(r->manifest, "plan"), json_type_array) ||
	    !json_object_is_type(get(r->manifest, "environment"), json_type_object)) {
		json_object_put(r->manifest);
		r->manifest = NULL;
		snprintf(err, len,
			 "--resume: %s is not the folder of a run (no manifest.json that can be "
			 "read); name one with --resume=DIR",
			 r->dir);
		return GNB_EXIT_USAGE;
	}
	return 0;
}

static bool same_plan(struct json_object *names, const struct gnb_plan *p)
{
	if (json_object_array_length(names) != p->n)
		return false;
	for (size_t i = 0; i < p->n; i++)
		if (strcmp(json_object_get_string(json_object_array_get_idx(names, i)),
			   p->cells[i].cell.name))
			return false;
	return true;
}

static bool same_options(struct json_object *were)
{
	struct json_object *are = gnb_target_given();
	bool same = json_object_equal(were, are);

	json_object_put(are);
	return same;
}

/* Read the lines and cut the file after the last whole one. 0 or -errno. */
static int read_cells(struct gnb_results *r)
{
	char path[4200], *text, *p;
	size_t n = 0, good = 0;
	int rc = 0;

	r->cells = json_object_new_array();
	snprintf(path, sizeof(path), "%s/cells.jsonl", r->dir);
	r->cells_fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	if (r->cells_fd < 0)
		return -errno;
	text = gnb_file_read(path, &n);
	if (!text)
		return -errno;
	for (p = text; p < text + n;) {
		char *end = memchr(p, '\n', (size_t)(text + n - p));
		struct json_object *line;

		if (!end)
			break;
		*end = '\0';
		line = json_tokener_parse(p);
		/* A line that is whole but is no result is the end of what can be trusted. */
		if (!json_object_is_type(line, json_type_object) || !get(line, "cell")) {
			json_object_put(line);
			break;
		}
		json_object_array_add(r->cells, line);
		p = end + 1;
		good = (size_t)(p - text);
	}
	if (good < n && ftruncate(r->cells_fd, (off_t)good))
		rc = -errno;
	free(text);
	return rc;
}

int gnb_results_resume(struct gnb_results *r, const struct gnb_options *o, const struct gnb_plan *p,
		       const struct gnb_target *t, char *err, size_t len)
{
	struct json_object *env, *before = get(get(r->manifest, "environment"), "before");
	const char *was = gnb_json_get_string(r->manifest, "suite", "?");
	char hex[65], path[4200], why[300];
	int rc;

	if (strcmp(was, GNB_SUITE_VERSION)) {
		snprintf(err, len,
			 "--resume: %s was made by grantbench %s, this is %s: start a new run",
			 r->dir, was, GNB_SUITE_VERSION);
		return GNB_EXIT_REFUSED;
	}
	/* Before the plan, in whose names is a file's content. */
	if (gnb_suite_other_file(r->manifest, p, why, sizeof(why))) {
		snprintf(err, len, "--resume: %.300s: %s", r->dir, why);
		return GNB_EXIT_REFUSED;
	}
	if (strcmp(gnb_json_get_string(r->manifest, "target", "?"), t->name) ||
	    !same_options(get(r->manifest, "target_options")) ||
	    json_object_get_boolean(get(r->manifest, "quick")) != o->quick ||
	    !same_plan(get(r->manifest, "plan"), p)) {
		snprintf(err, len,
			 "--resume: %s was made with another plan: give the same --filter, --set, "
			 "--target and --quick, or none of them",
			 r->dir);
		return GNB_EXIT_REFUSED;
	}
	r->target = t;
	env = gnb_env_read(t);
	r->untrusted = gnb_env_untrusted(env, gnb_target_clock(t));
	gnb_env_fingerprint(env, t->name, hex, NULL);
	if (strcmp(hex, gnb_json_get_string(r->manifest, "fingerprint", ""))) {
		size_t n = (size_t)snprintf(
			err, len,
			"--resume: this is not the machine or build of %s; different:", r->dir);

		json_object_object_foreach(env, key, v)
		{
			static const char varies[] =
				" host memory_bytes loadavg1 procs_running steal_ticks "
				"psi_cpu_some_us involuntary_switches ";
			char word[80];

			snprintf(word, sizeof(word), " %s ", key);
			if (n < len && !strstr(varies, word) &&
			    !json_object_equal(v, get(before, key)))
				n += (size_t)snprintf(err + n, len - n, " %s", key);
		}
		if (n < len && err[n - 1] == ':')
			snprintf(err + n, len - n, " its fingerprint");
		json_object_put(env);
		return GNB_EXIT_REFUSED;
	}
	json_object_put(env);
	/* What was asked for then holds: a host name left out stays out. */
	r->anonymize = o->anonymize || !get(before, "host");
	gnb_noise_read(&r->noise);
	snprintf(path, sizeof(path), "%s/histograms", r->dir);
	mkdir(path, 0755);
	rc = read_cells(r);
	if (rc) {
		snprintf(err, len, "cannot go on in %s: %s", r->dir, strerror(-rc));
		return GNB_EXIT_FAIL;
	}
	json_object_object_add(r->manifest, "status", gnb_json_string("running"));
	json_object_object_add(r->manifest, "ended", NULL);
	json_object_object_add(r->manifest, "exit", NULL);
	rc = gnb_file_write(r->dir, "manifest.json",
			    json_object_to_json_string_ext(
				    r->manifest, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED |
							 JSON_C_TO_STRING_NOSLASHESCAPE));
	if (rc)
		snprintf(err, len, "cannot write into %s: %s", r->dir, strerror(-rc));
	return rc ? GNB_EXIT_FAIL : 0;
}
