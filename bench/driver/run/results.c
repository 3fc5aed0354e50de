/* SPDX-License-Identifier: GPL-2.0-only */
/* The run folder, from its lock to its final manifest. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "export.h"
#include "file.h"
#include "load.h"
#include "manifest.h"
#include "part.h"
#include "results.h"
#include "suite.h"
#include "target_arg.h"
#include "topo.h"

#define ADD(o, key, value) json_object_object_add(o, key, value)

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static struct json_object *get(struct json_object *o, const char *key)
{
	struct json_object *v = NULL;

	json_object_object_get_ex(o, key, &v);
	return v;
}

static int make_dirs(const char *path)
{
	char buf[4096];

	if ((size_t)snprintf(buf, sizeof(buf), "%s", path) >= sizeof(buf))
		return -ENAMETOOLONG;
	for (char *p = buf + 1;; p++) {
		if (*p && *p != '/')
			continue;
		char c = *p;

		*p = '\0';
		if (mkdir(buf, 0755) && errno != EEXIST)
			return -errno;
		*p = c;
		if (!c)
			return 0;
	}
}

int gnb_results_lock(struct gnb_results *r, const struct gnb_options *o, char *err, size_t len)
{
	char path[4200], pid[32] = "";
	int rc;

	r->cells_fd = r->lock_fd = -1;
	snprintf(r->root, sizeof(r->root), "%s", o->results);
	rc = make_dirs(r->root);
	if (rc) {
		snprintf(err, len, "cannot make the results folder %s: %s", r->root, strerror(-rc));
		return rc;
	}
	snprintf(path, sizeof(path), "%s/.lock", r->root);
	r->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (r->lock_fd < 0) {
		rc = -errno;
		snprintf(err, len, "cannot open the lock %s: %s", path, strerror(-rc));
		return rc;
	}
	if (flock(r->lock_fd, LOCK_EX | LOCK_NB)) {
		ssize_t n;

		rc = -errno;
		n = pread(r->lock_fd, pid, sizeof(pid) - 1, 0);
		pid[n > 0 ? n : 0] = '\0';
		pid[strcspn(pid, "\n")] = '\0';
		if (rc == -EWOULDBLOCK) {
			snprintf(err, len,
				 "another run (pid %s) is measuring into %s; wait for it, or use "
				 "another --results",
				 *pid ? pid : "unknown", r->root);
			return -EBUSY;
		}
		snprintf(err, len, "cannot lock %s: %s", path, strerror(-rc));
		return rc;
	}
	snprintf(pid, sizeof(pid), "%d\n", (int)getpid());
	/* Only for the message above: a full disk must not stop a run here. */
	if (!ftruncate(r->lock_fd, 0) && pwrite(r->lock_fd, pid, strlen(pid), 0) < 0)
		return 0;
	return 0;
}

/* results/latest -> the run, replaced in one step. Only a run that lies in the root is pointed to.
 */
static int point_latest(const struct gnb_results *r)
{
	char link[4200], temp[4200];
	const char *base = strrchr(r->dir, '/');

	snprintf(link, sizeof(link), "%s/latest", r->root);
	snprintf(temp, sizeof(temp), "%s/.latest.tmp", r->root);
	unlink(temp);
	if (symlink(base ? base + 1 : r->dir, temp) || rename(temp, link))
		return -errno;
	return 0;
}

static int choose_dir(struct gnb_results *r, const struct gnb_options *o, char *err, size_t len)
{
	char stamp[64], host[256], path[4200];
	int rc;

	if (o->out) {
		struct stat st;

		snprintf(r->dir, sizeof(r->dir), "%s", o->out);
		for (size_t n = strlen(r->dir); n > 1 && r->dir[n - 1] == '/'; n--)
			r->dir[n - 1] = '\0';
		snprintf(path, sizeof(path), "%s/manifest.json", r->dir);
		if (!stat(path, &st)) {
			snprintf(err, len,
				 "--out=%s: there is a run already; resume it with --resume=%s, or "
				 "name another folder",
				 o->out, o->out);
			return GNB_EXIT_USAGE;
		}
		rc = make_dirs(r->dir);
	} else {
		gnb_manifest_now(stamp, sizeof(stamp), "%Y%m%dT%H%M%SZ");
		snprintf(host, sizeof(host), "%s",
			 o->anonymize || !*gnb_env_host() ? "anon" : gnb_env_host());
		for (char *p = host; *p; p++)
			if (*p == '/')
				*p = '_';
		for (int i = 1;; i++) {
			char nth[16] = "";

			if (i > 1)
				snprintf(nth, sizeof(nth), "-%d", i);
			if ((size_t)snprintf(r->dir, sizeof(r->dir), "%.3000s/%s-%s-%s%s", r->root,
					     stamp, GNB_GIT_SHA, host, nth) >= sizeof(r->dir))
				return GNB_EXIT_FAIL;
			rc = mkdir(r->dir, 0755) ? -errno : 0;
			if (rc != -EEXIST)
				break;
		}
		r->update_latest = true;
	}
	if (!rc) {
		snprintf(path, sizeof(path), "%s/histograms", r->dir);
		if (mkdir(path, 0755) && errno != EEXIST)
			rc = -errno;
	}
	if (rc)
		snprintf(err, len, "cannot make the run folder %s: %s", r->dir, strerror(-rc));
	return rc ? GNB_EXIT_FAIL : 0;
}

static struct json_object *plan_names(const struct gnb_plan *p)
{
	struct json_object *a = json_object_new_array();

	for (size_t i = 0; i < p->n; i++)
		json_object_array_add(a, gnb_json_string(p->cells[i].cell.name));
	return a;
}

static struct json_object *meta(const struct gnb_options *o)
{
	struct json_object *m = json_object_new_object();

	for (unsigned i = 0; i < o->metas; i++) {
		const char *eq = strchr(o->meta[i], '=');
		char *key = strndup(o->meta[i], (size_t)(eq - o->meta[i]));
		struct json_object *clean = gnb_json_string(key);

		if (o->anonymize && *gnb_env_host())
			gnb_json_replace(clean, gnb_env_host(), "anon");
		if (clean)
			ADD(m, json_object_get_string(clean), gnb_json_string(eq + 1));
		json_object_put(clean);
		free(key);
	}
	return m;
}

static int write_manifest(struct gnb_results *r)
{
	const char *text = json_object_to_json_string_ext(
		r->manifest,
		JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED | JSON_C_TO_STRING_NOSLASHESCAPE);

	return gnb_file_write(r->dir, "manifest.json", text);
}

static struct json_object *counts_object(struct gnb_results *r)
{
	unsigned n[GNB_STATUSES];
	struct json_object *o = json_object_new_object();

	gnb_results_counts(r, n);
	for (int i = 0; i < GNB_STATUSES; i++)
		ADD(o, gnb_status_names[i], json_object_new_int64(n[i]));
	return o;
}

static struct json_object *environment(struct gnb_results *r)
{
	struct json_object *e = gnb_env_read(r->target);

	if (r->anonymize)
		gnb_env_anonymize(e);
	return e;
}

static struct json_object *left_out(const struct gnb_plan *p)
{
	struct json_object *a = json_object_new_array();

	for (size_t i = 0; i < p->nleft_out; i++) {
		struct json_object *x = json_object_new_object();

		ADD(x, "what", gnb_json_string(p->left_out[i].what));
		ADD(x, "kind", gnb_json_string(p->left_out[i].bench ? "benchmark" : "parameter"));
		ADD(x, "reason", gnb_json_string(p->left_out[i].why));
		json_object_array_add(a, x);
	}
	return a;
}

static struct json_object *clock_object(const struct gnb_results *r)
{
	const struct gnb_clock *c = gnb_target_clock(r->target);
	struct json_object *o = json_object_new_object();

	ADD(o, "name", gnb_json_string(c->name));
	ADD(o, "unit", gnb_json_string(c->unit));
	ADD(o, "exact", json_object_new_boolean(c->exact));
	ADD(o, "trusted", json_object_new_boolean(!r->untrusted));
	ADD(o, "reason", r->untrusted ? gnb_json_string(r->untrusted) : NULL);
	return o;
}

/* Under an exact clock the rest of the machine is as virtual as its time: it tells nothing. */
static struct json_object *noise(const struct gnb_results *r, const struct gnb_noise *now)
{
	return gnb_target_clock(r->target)->exact ? NULL : gnb_noise_between(&r->noise, now);
}

static void build_manifest(struct gnb_results *r, const struct gnb_options *o,
			   const struct gnb_plan *p, const struct gnb_target *t, double budget,
			   int argc, char **argv)
{
	struct json_object *m = json_object_new_object(), *x, *env, *keys;
	char hex[65], now[64];

	r->manifest = m;
	gnb_manifest_now(now, sizeof(now), "%Y-%m-%dT%H:%M:%SZ");
	ADD(m, "schema", json_object_new_int(1));
	ADD(m, "suite", gnb_json_string(GNB_SUITE_VERSION));
	ADD(m, "git", gnb_manifest_git());
	ADD(m, "started", gnb_json_string(now));
	ADD(m, "ended", NULL);
	ADD(m, "status", gnb_json_string("running"));
	ADD(m, "exit", NULL);
	x = json_object_new_array();
	for (int i = 0; i < argc; i++)
		json_object_array_add(x, gnb_json_string(argv[i]));
	if (r->anonymize && *gnb_env_host())
		gnb_json_replace(x, gnb_env_host(), "anon");
	ADD(m, "command", x);
	x = gnb_manifest_selection(o);
	if (r->anonymize && *gnb_env_host())
		gnb_json_replace(x, gnb_env_host(), "anon");
	ADD(m, "selection", x);
	ADD(m, "target", gnb_json_string(t->name));
	x = gnb_target_given();
	if (r->anonymize && *gnb_env_host())
		gnb_json_replace(x, gnb_env_host(), "anon");
	ADD(m, "target_options", x);
	ADD(m, "places", gnb_topo_json(o->pin, o->numa));
	ADD(m, "budget_s", gnb_json_number(budget));
	ADD(m, "measured_s", gnb_json_number(0));
	ADD(m, "quick", json_object_new_boolean(o->quick));
	x = meta(o);
	if (r->anonymize && *gnb_env_host())
		gnb_json_replace(x, gnb_env_host(), "anon");
	ADD(m, "meta", x);
	x = gnb_suite_versions(&o->compared);
	ADD(m, "versions", x);
	ADD(m, "baseline", json_object_get(get(json_object_array_get_idx(x, 0), "name")));
	ADD(m, "benches", gnb_suite_benches());
	ADD(m, "plan", plan_names(p));
	ADD(m, "part", gnb_part_object(p));
	x = gnb_suite_files(p);
	if (r->anonymize && *gnb_env_host())
		gnb_json_replace(x, gnb_env_host(), "anon");
	ADD(m, "files", x);
	ADD(m, "left_out", left_out(p));
	ADD(m, "counts", counts_object(r));
	env = gnb_env_read(t);
	r->untrusted = gnb_env_untrusted(env, gnb_target_clock(t));
	gnb_env_fingerprint(env, t->name, hex, &keys);
	if (r->anonymize)
		gnb_env_anonymize(env);
	x = json_object_new_object();
	ADD(x, "before", env);
	ADD(x, "after", NULL);
	ADD(m, "environment", x);
	ADD(m, "clock", clock_object(r));
	ADD(m, "noise", noise(r, &r->noise));
	ADD(m, "fingerprint", gnb_json_string(hex));
	ADD(m, "fingerprint_keys", keys);
	ADD(m, "fingerprints", gnb_env_fingerprints(m));
}

static int open_cells(struct gnb_results *r, char *err, size_t len)
{
	char path[4200];

	snprintf(path, sizeof(path), "%s/cells.jsonl", r->dir);
	r->cells_fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	if (r->cells_fd >= 0)
		return 0;
	snprintf(err, len, "cannot open %s: %s", path, strerror(errno));
	return GNB_EXIT_FAIL;
}

int gnb_results_create(struct gnb_results *r, const struct gnb_options *o, const struct gnb_plan *p,
		       const struct gnb_target *t, double budget, int argc, char **argv, char *err,
		       size_t len)
{
	char *xml;
	int rc;

	r->anonymize = o->anonymize;
	r->target = t;
	r->cells = json_object_new_array();
	gnb_noise_read(&r->noise);
	rc = choose_dir(r, o, err, len);
	if (rc)
		return rc;
	build_manifest(r, o, p, t, budget, argc, argv);
	xml = gnb_topo_xml(o->anonymize);
	rc = write_manifest(r);
	if (!rc && xml)
		rc = gnb_file_write(r->dir, "topology.xml", xml);
	free(xml);
	if (rc) {
		snprintf(err, len, "cannot write into %s: %s", r->dir, strerror(-rc));
		return GNB_EXIT_FAIL;
	}
	rc = open_cells(r, err, len);
	if (!rc && r->update_latest && (rc = point_latest(r))) {
		snprintf(err, len, "cannot make %s/latest: %s", r->root, strerror(-rc));
		rc = GNB_EXIT_FAIL;
	}
	return rc;
}

bool gnb_results_has(struct gnb_results *r, const char *cell, unsigned launch)
{
	for (size_t i = 0; i < json_object_array_length(r->cells); i++) {
		struct json_object *c = json_object_array_get_idx(r->cells, i);

		if (!strcmp(gnb_json_get_string(c, "cell", ""), cell) &&
		    gnb_json_get_number(c, "launch", 0) == (double)launch)
			return true;
	}
	return false;
}

int gnb_results_append(struct gnb_results *r, struct json_object *line)
{
	const char *text = gnb_json_line(line);
	size_t len = strlen(text);
	char *buf = malloc(len + 1);
	off_t end;
	ssize_t n;
	int rc = 0;

	if (!buf) {
		json_object_put(line);
		return -ENOMEM;
	}
	memcpy(buf, text, len);
	buf[len] = '\n';
	pthread_mutex_lock(&lock);
	end = lseek(r->cells_fd, 0, SEEK_END);
	n = write(r->cells_fd, buf, len + 1);
	if (n != (ssize_t)len + 1)
		rc = n < 0 ? -errno : -ENOSPC;
	else if (fdatasync(r->cells_fd))
		rc = -errno;
	/* Half a line would be read as a torn one: harmless, but untidy. */
	if (rc && n > 0 && end >= 0 && ftruncate(r->cells_fd, end))
		rc = rc ? rc : -errno;
	if (rc)
		json_object_put(line);
	else
		json_object_array_add(r->cells, line);
	pthread_mutex_unlock(&lock);
	free(buf);
	return rc;
}

void gnb_results_counts(struct gnb_results *r, unsigned counts[GNB_STATUSES])
{
	memset(counts, 0, GNB_STATUSES * sizeof(*counts));
	for (size_t i = 0; i < json_object_array_length(r->cells); i++) {
		const char *s = gnb_json_get_string(json_object_array_get_idx(r->cells, i),
						    "status", "error");

		for (int k = 0; k < GNB_STATUSES; k++)
			if (!strcmp(s, gnb_status_names[k]))
				counts[k]++;
	}
}

int gnb_results_finish(struct gnb_results *r, const char *status, int exit_code)
{
	struct json_object *m = r->manifest;
	struct gnb_rec_run run;
	struct gnb_noise now;
	double seconds = 0;
	char stamp[64];
	int rc, rc2;

	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < json_object_array_length(r->cells); i++)
		seconds +=
			gnb_json_get_number(json_object_array_get_idx(r->cells, i), "seconds", 0);
	gnb_noise_read(&now);
	gnb_manifest_now(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%SZ");
	ADD(m, "ended", gnb_json_string(stamp));
	ADD(m, "status", gnb_json_string(status));
	ADD(m, "exit", json_object_new_int(exit_code));
	ADD(m, "measured_s", gnb_json_number(seconds));
	ADD(m, "counts", counts_object(r));
	ADD(get(m, "environment"), "after", environment(r));
	ADD(m, "noise", noise(r, &now));
	rc = gnb_rec_take(&run, r->dir, r->manifest, r->cells);
	if (!rc)
		rc = gnb_export_write(&run);
	gnb_rec_free(&run);
	rc2 = write_manifest(r);
	pthread_mutex_unlock(&lock);
	return rc ? rc : rc2;
}

void gnb_results_free(struct gnb_results *r)
{
	json_object_put(r->manifest);
	json_object_put(r->cells);
	if (r->cells_fd >= 0)
		close(r->cells_fd);
	if (r->lock_fd >= 0)
		close(r->lock_fd);
}
